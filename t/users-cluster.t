#!/usr/bin/perl

# Users and units in a Redis Cluster: what belongs together is in one slot, and
# nothing else is asked for at once.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->start_cluster;

$t->gateway(redis => $t->cluster_url, workers => 2, http => <<'EOF');
    hpf_password cost=10;
    hpf_lock user=3;
EOF

my $unit = $t->unit(0);
my ($one, $two, $three) = map { $t->person($_) } 5 .. 7;
my $password = 'Tr0ubadour&3';
my $ID = { factor => 'id-card' };


sub outcome {
    my ($r) = @_;
    return $r->status < 400 ? $r->status : $r->json->{code};
}


sub sms {
    my ($mobile, $purpose) = @_;
    my ($id, $code) = $t->challenge($mobile, $purpose);
    return { factor => 'sms', challenge_id => $id, code => $code };
}


sub login {
    my ($user, @factors) = @_;
    return $t->call('POST', '/v1/sessions',
                    body => { user => $user, factors => \@factors });
}


sub unit {
    return $t->call('POST', '/v1/users', body => {
        user_type => 'unit', %$unit, factors => [
            sms($unit->{handler}{mobile}, 'register'), $ID,
            { factor => 'password', password => $password } ],
    });
}


# a unit

is(outcome(unit()), 201, 'a unit');
is(outcome(unit()), 201, 'again');

my $r = login({ uscc => $unit->{uscc} }, $ID,
              { factor => 'password', password => $password });
is(outcome($r), 201, 'log-in of its administrator');
is($r->json->{level}, 2, 'level');
my $token = $r->json->{token};

my $id;
for my $items (undef, ['x']) {
    my $person = $items ? $two : $one;

    $r = $t->call('POST', '/v1/session/handlers', token => $token, body => {
        map({ $_ => $person->{$_} } qw/ name id_no mobile /),
        items => $items, factors => [ sms($person->{mobile}, 'handler') ] });
    is(outcome($r), 201, 'a handler');
    $id = $r->json->{id};
}

is(scalar @{ $t->call('GET', '/v1/session/handlers', token => $token)
             ->json->{handlers} }, 3, 'the list');

my $other = login({ uscc => $unit->{uscc} }, sms($two->{mobile}, 'login'))
            ->json->{token};
is(outcome($t->call('PUT', "/v1/session/handlers/$id", token => $token,
                    body => { items => [] })), 204, 'one is limited');
is(outcome($t->call('GET', '/v1/session', token => $other)),
   'session-expired', 'his session has ended');
is(outcome($t->call('DELETE', "/v1/session/handlers/$id", token => $token)),
   204, 'and removed');


# his mobile, and the unit's end

is(outcome($t->call('PUT', '/v1/session/mobile', token => $token, body => {
       mobile => '13900000001', factors => [ sms('13900000001', 'mobile') ],
   })), 200, 'another mobile of a handler');
is(outcome($t->call('DELETE', '/v1/session/user', token => $token)), 204,
   'the unit goes');
is(outcome($t->call('GET', '/v1/session', token => $token)),
   'session-expired', 'its sessions have ended');


# an individual

$t->register($three);
$token = login({ id_no => $three->{id_no} }, sms($three->{mobile}, 'login'),
               $ID)->json->{token};
is(outcome($t->call('PUT', '/v1/session/password', token => $token,
                    body => { password => $password })), 200, 'a password');
is(outcome(login({ mobile => $three->{mobile} },
                 { factor => 'password', password => $_->[0] })), $_->[1],
   'log-in') for [ $password, 201 ], [ 'no', 'factor-failed' ],
    [ 'no', 'factor-failed' ], [ 'no', 'factor-failed' ],
    [ $password, 'factor-locked' ];

is(outcome($t->call('PUT', '/v1/session/mobile', token => $token, body => {
       mobile => '13900000002', factors => [ sms('13900000002', 'mobile') ],
   })), 200, 'another mobile');
is(outcome(login({ mobile => '13900000002' }, sms('13900000002', 'login'))),
   201, 'is used');
is(outcome($t->call('DELETE', '/v1/session/user', token => $token)), 204,
   'he goes');
is(outcome(login({ mobile => '13900000002' }, sms('13900000002', 'login'))),
   'factor-failed', 'and is gone');

done_testing();
