#!/usr/bin/perl

# Who comes with a session that is none any more gets one and the same answer;
# the record says why it is none.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(workers => 2, http => <<'EOF');
    hpf_lock off;
    hpf_password cost=10;

    hpf_channel few {
        name few;
        kind public;
        session max=1;
    }

    hpf_channel short {
        name short;
        kind public;
        session life=2s;
    }
EOF

my ($one, $two) = map { $t->person($_) } 0, 1;
my $ID = { factor => 'id-card' };
my %body;

$t->register($_) for $one, $two;


sub sms {
    my ($person, $purpose) = @_;
    my ($id, $code) = $t->challenge($person->{mobile}, $purpose);
    return { factor => 'sms', challenge_id => $id, code => $code };
}


# why the record says that this token was refused

sub why {
    my ($token, @more) = @_;
    my $r = $t->call('GET', '/v1/session', token => $token, @more);
    my $id = $r->header('X-Request-Id');
    my $line;

    return $r->status if $r->status != 401;

    my %told = %{ $r->json };

    delete $told{instance};
    $body{ join ' ', map { "$_=$told{$_}" } sort keys %told } = 1;

    $t->wait_for(sub { ($line) = grep { $_->{id} eq $id } $t->audit });

    return $line->{reason};
}


# the key of a session that was made just now

sub made {
    my ($code) = @_;
    my %old = map { $_ => 1 } @{ $t->redis('KEYS', 'hpf:{s:*}') };
    my $token = $code->();
    my ($key) = grep { !$old{$_} } @{ $t->redis('KEYS', 'hpf:{s:*}') };

    return ($token, $key);
}


# by itself

is(why('A' x 43), 'unknown-token', 'a token that is none');
is(why('A' x 42), 'malformed-token', 'and one that cannot be');

my ($token, $key) = made(sub { scalar $t->login($one) });
$t->redis('DEL', $key =~ s/^hpf:/hpf:idle:/r);
is(why($token), 'idle', 'not used for too long');

$token = $t->login($one, channel => 'short');
ok($t->wait_for(sub { why($token, channel => 'short') ne '200' }, 20),
   'a short life ends');
ok($t->wait_for(sub { why($token, channel => 'short') eq 'life' }, 20),
   'because it is over');


# by its user

$token = $t->login($one);
$t->call('DELETE', '/v1/session', token => $token);
is(why($token), 'logged-out', 'logged out');

my $other = $t->login($one);
$token = $t->login($one);
$t->call('DELETE', '/v1/session/all', token => $token);
is(why($other), 'ended-by-user', 'ended from another one');

$token = $t->login($one);
my $new = $t->call('POST', '/v1/session/factors', token => $token,
                   body => { factors => [ $ID ] })->json->{token};
is(why($token), 'stepped-up', 'replaced by a step-up');

$other = $t->login($one);
$t->call('PUT', '/v1/session/password', token => $new,
         body => { password => 'Tr0ubadour&3' });
is(why($other), 'account-changed', 'ended by another password');

$token = $t->login($one, channel => 'few');
$t->login($one, channel => 'few');
is(why($token, channel => 'few'), 'too-many', 'one too many on a channel');


# by an operator

my @who = (headers => [ 'X-HPF-Operator' => 'li' ]);

$token = $t->login($two);
my $user = $t->call('GET', '/v1/session', token => $token)
           ->json->{user}{user_id};
$t->admin('DELETE', "/admin/v1/sessions?user=$user", @who);
is(why($token), 'ended-by-operator', 'ended by an operator');

$token = $t->login($two);
$t->admin('PUT', "/admin/v1/locks?user=$user&reason=x", @who);
is(why($token), 'account-locked', 'locked');


# whoever asks is told one and the same

is(scalar keys %body, 1, 'one answer') or diag join "\n", keys %body;
like(join('', keys %body), qr/code=session-expired/, 'that it has expired');

my ($end) = @{ $t->redis('KEYS', 'hpf:end:*') };
my $ttl = $t->redis('TTL', $end);
ok($ttl > 0 && $ttl <= 600, 'it is known for ten minutes');

done_testing();
