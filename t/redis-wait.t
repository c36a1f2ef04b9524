#!/usr/bin/perl

# What must not be lost is answered when a replica has it.  When none can tell
# so, the call says store-unavailable and what it did is taken back; what only
# reads does not wait.  And a store that may lose what it is given is told of.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new;

$t->start_store('primary', conf => [ 'min-replicas-to-write 0' ]);
$t->start_store('replica', conf => [
    'replicaof 127.0.0.1 ' . $t->store_port('primary') ]);
$t->replicates('replica')->followed('primary', 1);

$t->gateway(redis => $t->store_url('primary') . " timeout=5s; "
                     . 'hpf_redis_wait 1 timeout=1500ms',
            http => 'hpf_session cache=off;');

my ($one) = $t->savers;


sub waits {
    my $stats = $t->store('primary', 'INFO', 'commandstats');
    return $stats =~ /^cmdstat_wait:calls=(\d+)/m ? $1 : 0;
}


sub withdraw {
    my ($person, $token, $key) = @_;
    return $t->withdraw($person, $token,
                        headers => [ 'Idempotency-Key' => $key ]);
}


sub paid {
    my ($person) = @_;
    my $r = $t->demo('GET', "/core/applications?id_no=$person->{id_no}");
    return scalar @{ $r->json->{applications} };
}


sub cases {
    my ($token) = @_;
    return scalar @{ $t->call('GET', '/v1/cases', token => $token)
                     ->json->{cases} };
}


# with a replica that answers

my $before = waits();
my $token = $t->enter($one);

ok(waits() > $before, 'a registration waited for the replica');
is(withdraw($one, $token, 'a')->status, 201, 'a case');
is(cases($token), 1, 'is in the list');

$before = waits();
is($t->call('GET', '/v1/session', token => $token)->status, 200, 'a read');
is(waits(), $before, 'waits for nobody');


# with one that has stopped

$t->pause_store('replica');

my $start = $t->began;
my $r = withdraw($one, $token, 'b');

is($r->status . ' ' . $r->code, '503 store-unavailable',
   'a case of which no replica knows');
cmp_ok($t->took($start), '<', 4, 'told when the time is over');
is(paid($one), 1, 'and the back end was not asked');
ok($t->wait_log(qr/not available: \S+ on "[^"]*": 0 of 1 replicas have it/),
   'the log says why');

$start = $t->began;
is($t->call('GET', '/v1/session', token => $token)->status, 200,
   'meanwhile a read');
cmp_ok($t->took($start), '<', 1, 'is not held up');


# and goes on again

$t->resume_store('replica');
$t->followed('primary', 1);

ok($t->wait_for(sub { cases($token) == 1 }), 'there is no second case');
is(withdraw($one, $token, 'b')->status, 201, 'the key may be used again');
is(paid($one), 2, 'and what it stands for was done once');
is(cases($token), 2, 'two cases');

is($t->admin('GET', '/readyz')->json->{warnings}[0], undef, 'no warning');


# a store that may lose what it is given

$t->start_store('careless', conf => [ 'maxmemory 100mb' ]);
$t->store('careless', 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
$t->store('careless', 'CONFIG', 'SET', 'appendonly', 'no');

$t->gateway_conf(redis => $t->store_url('careless'));
$t->reload;

ok($t->wait_for(sub {
    $r = $t->admin('GET', '/readyz');
    return @{ $r->json->{warnings} } == 2;
}), 'is told of');
is($r->status, 200, 'but it serves');
is(join('; ', @{ $r->json->{warnings} }),
   'store evicts; store does not persist', 'what it does');

my $log = $t->log_text;
my @told = $log =~ /\[warn\].*(is "allkeys-lru" and|without "appendonly)/g;

is(scalar @told, 2, 'and the log has each once');

done_testing();
