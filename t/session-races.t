#!/usr/bin/perl

# Many come at once with what is good once: a ticket, a code, a text that was
# signed, a request of a channel, an account of a channel, a person who is not
# registered yet.  However they come, one of them gets it.
#
# HPF_TEST_ROUNDS: how often each is tried.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $ROUNDS = $ENV{HPF_TEST_ROUNDS} || 3;
my $CLIENTS = 100;

my $t = HPF::Test->new->gateway(workers => 4, ca => 'ec', edit => sub {
    my ($conf) = @_;
    $conf =~ s/^ *hpf_limit address .*$//m;
    $conf =~ s/keepalive_requests \d+/keepalive_requests 1000000/;
    return $conf;
}, http => <<'EOF');
    hpf_lock off;

    hpf_channel few {
        name few;
        kind public;
        session max=3;
    }
EOF

my @people = map { $t->person($_) } 0 .. 3;
my @clients = map { client(8080) } 1 .. $CLIENTS;


# all of them at once: each is given to a worker before any is answered

sub at_once {
    my ($make) = @_;

    $clients[$_]->send($make->($clients[$_], $_)) for 0 .. $#clients;

    return map { $_->response } @clients;
}


sub request {
    my ($c, $channel, $body) = @_;
    return $c->build('POST', '/v1/sessions', body => $body,
                     headers => [ 'X-HPF-Channel' => $channel ]);
}


sub count {
    my %n;
    $n{ $_->status < 300 ? $_->status : $_->json->{code} }++ for @_;
    return join ', ', map { "$n{$_} $_" } sort keys %n;
}


# the messages before are of no use, and are read each time

sub new_code {
    truncate $t->path('outbox.jsonl'), 0 or die "truncate: $!\n";
    return $t->challenge(@_);
}


my $WANT = '1 201, ' . ($CLIENTS - 1) . ' factor-failed';
my @tokens = map { $t->enter($_) } @people;
my @users = map { $t->call('GET', '/v1/session', token => $_)
                  ->json->{user}{user_id} } @tokens;


# a ticket

my %seen;

for (1 .. $ROUNDS) {
    my $ticket = $t->call('POST', '/v1/session/tickets', token => $tokens[0],
                          body => { channel => 'hall' })->json->{ticket};

    $seen{ count(at_once(sub {
        request($_[0], 'hall', { ticket => $ticket });
    })) }++;
}

is(join('; ', keys %seen), $WANT, 'one ticket, one session');


# a code

%seen = ();

for (1 .. $ROUNDS) {
    my ($id, $code) = new_code($people[0]{mobile}, 'login');

    $seen{ count(at_once(sub {
        request($_[0], 'hall', {
            user => { mobile => $people[0]{mobile} },
            factors => [ { factor => 'sms', challenge_id => $id,
                           code => "$code" } ],
        });
    })) }++;
}

is(join('; ', keys %seen), $WANT, 'one code, one session');


# a text that a certificate's key has signed

$t->user_cert('cert', $people[0]{id_no});

my %bind = %{ $t->cert_factor('cert', 'bind') };
delete $bind{factor};
is($t->call('POST', '/v1/session/certificates', token => $tokens[0],
            body => \%bind)->status, 201, 'a certificate');

%seen = ();

for (1 .. $ROUNDS) {
    my $factor = $t->cert_factor('cert', 'login');

    $seen{ count(at_once(sub {
        request($_[0], 'hall', { user => { id_no => $people[0]{id_no} },
                                 factors => [ $factor ] });
    })) }++;
}

is(join('; ', keys %seen), $WANT, 'one signature, one session');


# a signed request

%seen = ();

for (1 .. $ROUNDS) {
    my @headers = $t->signed('gov', 'GET', '/v1/items', undef, []);

    $seen{ count(at_once(sub {
        $_[0]->build('GET', '/v1/items', headers => \@headers);
    })) }++;
}

is(join('; ', keys %seen), '1 200, ' . ($CLIENTS - 1) . ' channel-signature',
   'one nonce, one request');


# a person who is not registered yet, by two codes

sub id_no {
    my ($n) = @_;
    my $digits = sprintf '110105%04d0101%03d', 1950 + $n / 1000, $n % 1000;
    my @weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2);
    my $sum = 0;

    $sum += substr($digits, $_, 1) * $weights[$_] for 0 .. 16;

    return $digits . substr '10X98765432', $sum % 11, 1;
}

sub profiles { scalar @{ $t->redis('KEYS', 'hpf:{u:*}:profile') } }

%seen = ();

for my $round (1 .. $ROUNDS) {
    my %person = (name => '王小明', id_no => id_no($round),
                  mobile => sprintf('139%08d', $round));
    my @codes = map { [ new_code($person{mobile}, 'register') ] } 1, 2;
    my $before = profiles();

    my @all = at_once(sub {
        my ($c, $n) = @_;
        my ($id, $code) = @{ $codes[$n % @codes] };

        $c->build('POST', '/v1/users', headers => [ 'X-HPF-Channel' => 'hall' ],
            body => { user_type => 'individual', %person, factors => [
                { factor => 'sms', challenge_id => $id, code => "$code" } ] });
    });

    my %user = map { $_->json->{user_id} => 1 }
               grep { $_->status == 201 } @all;

    $seen{ count(@all) . '; ' . keys(%user) . ' user, '
           . (profiles() - $before) . ' made' }++;
}

is(join('; ', keys %seen),
   '2 201, ' . ($CLIENTS - 2) . ' factor-failed; 1 user, 1 made',
   'one code, one answer, and one user of them all');


# an account of a channel that several users claim

sub put {
    my ($c, $n, $subject) = @_;
    my $path = '/v1/session/bindings/wechat';
    my $body = JSON::PP->new->encode({ subject => $subject });
    my @headers = $t->signed('wechat', 'PUT', $path, $body,
        [ Authorization => "Bearer $tokens[$n % @tokens]" ]);

    return $c->build('PUT', $path, headers => \@headers, body => $body);
}

%seen = ();

for my $round (1 .. $ROUNDS) {
    my $subject = "openid-$round";
    my $all = count(at_once(sub { put(@_, $subject) }));

    my @owners = grep {
        my $r = $t->call('GET', '/v1/session/bindings', token => $tokens[$_]);
        @{ $r->json->{bindings} };
    } 0 .. $#tokens;

    my $r = $t->call('POST', '/v1/sessions', channel => 'wechat', body => {
        factors => [ { factor => 'binding', subject => $subject } ] });

    $seen{ "$all; " . @owners . ' owner' . ($r->status == 201
           && $r->json->{user}{user_id} eq $users[$owners[0]]
           ? ', who it leads to' : ', but ' . $r->raw) }++;
}

is(join('; ', keys %seen), "$CLIENTS 204; 1 owner, who it leads to",
   'one account, one user');


# places on a channel, of a user whose other sessions have ended

$t->call('DELETE', '/v1/session/all', token => $tokens[0]);
$tokens[0] = $t->enter($people[0]);

%seen = ();

for (1 .. $ROUNDS) {
    my @tickets = map {
        $t->call('POST', '/v1/session/tickets', token => $tokens[0],
                 body => { channel => 'few' })->json->{ticket};
    } 1 .. 12;

    my @c = @clients[0 .. $#tickets];
    $c[$_]->send(request($c[$_], 'few', { ticket => $tickets[$_] }))
        for 0 .. $#c;
    my @new = map { $_->response } @c;

    my $r = $t->call('GET', '/v1/sessions', token => $tokens[0]);
    my $few = grep { $_->{channel} eq 'few' } @{ $r->json->{sessions} };

    $seen{ count(@new) . "; $few stay" }++;
}

is(join('; ', keys %seen), '12 201; 3 stay', 'no more than there may be');

done_testing();
