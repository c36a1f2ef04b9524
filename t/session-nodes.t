#!/usr/bin/perl

# A session that ends, by whatever and on whichever of the channels, has ended
# on all of them and on both nodes within a second, however often it was used
# there before.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

# many requests from one address

sub unlimited { $_[0] =~ s/^ *hpf_limit address .*$//mr }

my $MORE = <<'EOF';
    hpf_channel single {
        name single;
        kind public;
        session max=1;
    }
EOF

my $a = HPF::Test->new->gateway(workers => 4, http => $MORE,
                                edit => \&unlimited);
my $b = HPF::Test->new->gateway(workers => 4, http => $MORE,
                                edit => \&unlimited, beside => $a);

# partner's own sessions are good there alone; those of others are good there

my @CHANNELS = qw/ hall app wechat kiosk hotline sms gov partner /;

my $one = $a->person(0);

$a->register($one);


sub outcome {
    my ($r) = @_;
    return $r->status < 400 ? $r->status : $r->json->{code};
}


# on every channel and both nodes, several times: all workers have it

sub everywhere {
    my ($token, @channels) = @_;
    my %seen;

    for my $node ($a, $b) {
        for my $channel ((@channels ? @channels : @CHANNELS) x 2) {
            $seen{ outcome($node->call('GET', '/v1/session', token => $token,
                                       channel => $channel)) } = 1;
        }
    }

    return join ' ', sort keys %seen;
}


sub dead {
    my ($name, $token, @channels) = @_;
    my $begin = $a->began;

    # one answer of each node and it is over; then all of them have to say so

    $_->wait_for(sub {
        outcome($_->call('GET', '/v1/session', token => $token,
                         channel => $channels[0] || 'app'))
        eq 'session-expired';
    }) for $a, $b;

    ok($a->took($begin) < 1, "$name: within a second");
    is(everywhere($token, @channels), 'session-expired', "$name: everywhere");
}


sub log_in {
    my ($channel) = @_;
    return scalar $a->login($one, channel => $channel);
}


for my $channel (@CHANNELS) {
    my @only = $channel eq 'partner' ? ('partner') : ();
    my $token = log_in($channel);

    is(everywhere($token, @only), 200, "a session of $channel");
    is($b->call('DELETE', '/v1/session', token => $token, channel => $channel)
       ->status, 204, 'ends');
    dead("ended on $channel", $token, @only);
}

my %all = map { $_ => log_in($_) } @CHANNELS;

everywhere($all{$_}, $_ eq 'partner' ? $_ : ()) for @CHANNELS;
is($b->call('DELETE', '/v1/session/all', token => $all{app})->status, 204,
   'all of them end');
dead("all, of $_", $all{$_}, $_ eq 'partner' ? $_ : ()) for @CHANNELS;


# by the user from another place, by an operator, by one more log-in, by a
# step-up

my ($here, $there) = map { log_in($_) } qw/ app wechat /;
everywhere($there);
my ($id) = map { $_->{id} } grep { $_->{channel} eq 'wechat' }
    @{ $b->call('GET', '/v1/sessions', token => $here)->json->{sessions} };
is($b->call('DELETE', "/v1/sessions/$id", token => $here)->status, 204,
   'one of them');
dead('from another place', $there);

is(everywhere($here), 200, 'this one goes on');
my $user = $a->call('GET', '/v1/session', token => $here)
           ->json->{user}{user_id};
is($b->admin('DELETE', "/admin/v1/sessions?user=$user",
             headers => [ 'X-HPF-Operator' => 'li' ])->status, 204,
   'an operator');
dead('by an operator', $here);

my $first = log_in('single');
everywhere($first);
my $second = log_in('single');
dead('by one too many', $first);

is(everywhere($second), 200, 'the new one goes on');
my ($challenge, $code) = $a->challenge($one->{mobile}, 'step-up');
my $r = $b->call('POST', '/v1/session/factors', token => $second, body => {
    factors => [ { factor => 'sms', challenge_id => $challenge,
                   code => $code } ] });
is($r->status, 200, 'a step-up');
dead('the one before a step-up', $second);
is(everywhere($r->json->{token}), 200, 'the one behind it lives');

done_testing();
