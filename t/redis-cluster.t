#!/usr/bin/perl

# A cluster of three masters with a replica each.  Users do not notice it;
# what is on one server does not suffer from another one; who takes a server's
# place is found.

use warnings;
use strict;
use utf8;

use Test::More;
use Time::HiRes qw/ time /;

use HPF::Test;

my $SAN = ($ENV{TEST_BUILD} || '') =~ m|/san$|;
my $TIMEOUT = $SAN ? 1500 : 1000;
my $SLACK = $SAN ? 1000 : 50;

my $t = HPF::Test->new->start_cluster;

$t->gateway(
    redis => $t->cluster_url . " timeout=${TIMEOUT}ms reconnect=100ms; "
             . 'hpf_limit_dry_run on',
    edit => sub { $_[0] =~ s/rate=200r.s burst=400/rate=5000r\/s/r },
);

my @savers = $t->savers;


sub session {
    my ($token, %o) = @_;
    return $t->call('GET', '/v1/session', token => $token, %o);
}


sub cases {
    my ($token, %o) = @_;
    return $t->call('GET', '/v1/cases', token => $token, %o);
}


sub outcome {
    my ($r) = @_;
    return $r->status < 400 ? $r->status : $r->json->{code};
}


sub keys_like {
    my ($pattern) = @_;
    return map { @{ $t->store($_, 'KEYS', $pattern) } } $t->primaries;
}


# what the code returns, and the key that it has made, wherever that is

sub new_key {
    my ($pattern, $code) = @_;
    my %old = map { $_ => 1 } keys_like($pattern);

    my $value = $code->();
    my ($new) = grep { !$old{$_} } keys_like($pattern);

    return ($value, $new);
}


# everything that a user does, here and there

my ($one, $two) = splice @savers, 0, 2;

is($t->register($one)->status, 201, 'registered');
is($t->register($one, channel => 'gov')->status, 201, 'on another channel too');

my $token = $t->enter($one);

is(outcome(session($token)), 200, 'logged in');
is($t->call('POST', '/v1/items/account-query', token => $token,
            body => {})->status, 200, 'a query');

my @key = (headers => [ 'Idempotency-Key' => 'once' ]);
my @twice = map { $t->withdraw($one, $token, @key)->json } 1, 2;

is($twice[0]{status}, 'approved', 'an application');
is($twice[1]{case_no}, $twice[0]{case_no}, 'sent twice it is the same');
is(scalar @{ cases($token)->json->{cases} }, 1, 'and one case');
is(outcome($t->call('GET', "/v1/cases/$twice[0]{case_no}", token => $token)),
   200, 'that can be looked at');

my ($hall, $response) = $t->login($one, channel => 'hall');

is($response->status, 201, 'logged in on another channel');
is($t->call('DELETE', '/v1/session/all', token => $token)->status, 204,
   'logged out everywhere');
ok($t->wait_for(sub {
    8 == grep { outcome(session($token)) eq 'session-expired'
                && outcome(session($hall, channel => 'hall'))
                   eq 'session-expired' } 1 .. 8;
}), 'in all places');

$t->cluster('HSET', 'hpf:cfg:switch', 'channel:hall', '{"open":false}');
ok($t->wait_for(sub {
    8 == grep { outcome($t->call('GET', '/v1/items', channel => 'hall'))
                eq 'channel-stopped' } 1 .. 8;
}), 'a switch');
$t->cluster('HDEL', 'hpf:cfg:switch', 'channel:hall');


# sessions end wherever they are kept: each server tells both workers

my $user = $t->enter($two);
my %held;

for (1 .. 40) {
    last if keys %held == 3;

    my ($of, $key) = new_key('hpf:{s:*', sub { scalar $t->login($two) });

    $held{ $t->owner_of($key) } ||= $of;
}

is(join(' ', sort keys %held), 'c0 c1 c2', 'a session on each server');

for my $name (sort keys %held) {
    is(join(' ', map { outcome(session($held{$name})) } 1 .. 8),
       join(' ', (200) x 8), "of $name: in the cache of both workers");
    $t->call('DELETE', '/v1/session', token => $held{$name});
    ok($t->wait_for(sub {
        8 == grep { outcome(session($held{$name})) eq 'session-expired' }
             1 .. 8;
    }), "of $name: ends");
}


# a user for each server, whose session is there as well

my %who;

while (my $person = shift @savers) {
    my $r = $t->register($person);
    my $name = $t->owner_of('hpf:{u:' . $r->json->{user_id} . '}:cases');

    next if $who{$name};

    for (1 .. 40) {
        my ($of, $key) = new_key('hpf:{s:*', sub { $t->enter($person) });

        next if $t->owner_of($key) ne $name;

        $who{$name} = {
            token => $of, session => $key,
            key => 'hpf:{u:' . $r->json->{user_id} . '}:cases',
        };
        last;
    }

    last if keys %who == 3;
}

is(join(' ', sort keys %who), 'c0 c1 c2', 'a user of each server');


# each asks for what only his server knows

sub begin {
    return {
        map { my $of = $who{$_}{token};
              $_ => $t->load(sub {
                  cases($of, client => $_[0]);
              }) } keys %who
    };
}


sub end {
    my ($loads) = @_;
    return map { $_ => [ $t->load_end($loads->{$_}) ] } keys %$loads;
}


sub more {
    my ($loads, $n) = @_;
    $t->load_more($_, $n) for values %$loads;
}


# the operators make a replica the master

my $loads = begin();

more($loads, 20);
$t->promote('c3');
more($loads, 40);

my %got = end($loads);

is($t->outcomes(map { @$_ } values %got), 200,
   'another master for c0: nobody notices');
is($t->owner_of($who{c0}{key}), 'c3', 'it has the keys');
ok($t->wait_for(sub { $t->gateway_links('c0') == 0 }),
   'the old one is left');


# a master goes without a word, and its replica takes its place

sub lose {
    my ($name, $lost, $heir, $code) = @_;
    my $loads = begin();
    my $began = $t->began;
    my $asked = scalar $t->audit;

    more($loads, 20);
    $code->();

    my $gone = time;
    my $ready;

    # a busy machine may not get to ask before the replica is the master

    ok($t->wait_for(sub {
        $ready = $t->admin('GET', '/readyz');
        return $ready->json->{checks}{store} eq 'partial'
               || eval { $t->owner_of($who{$lost}{key}) eq $heir };
    }), "$name: /readyz tells");
    is($ready->status, 200, "$name: ready for the others");

    $t->wait_for(sub {
        eval { $t->owner_of($who{$lost}{key}) eq $heir }
    }, 60) or die "no failover\n";

    my $promoted = time;

    my $since = $t->began;

    more($loads, 20) while time < $promoted + 1.2 + $t->lost($since);

    my $late = $promoted + 1 + $t->lost($since);

    my %got = end($loads);
    my @own = @{ delete $got{$lost} };
    my @refused = grep { $_->{status} != 200 } @own;
    my ($middle, $longest) = $t->refusals($asked);

    is($t->outcomes(map { @$_ } values %got), 200,
       "$name: users of others do not notice");
    is($t->outcomes(@own), '200, 503 store-unavailable',
       "$name: its users are told");
    is($t->outcomes(grep { $_->{begin} > $late } @own), 200,
       "$name: for a second more than it has no successor");

    # with all cores busy one or the other is late

    my $slack = $SLACK + 1000 * $t->lost($began);

    cmp_ok($middle, '<=', $TIMEOUT + $slack, "$name: refused in time");
    cmp_ok($longest, '<=', 2 * $TIMEOUT + $slack, "$name: all of them");

    note(sprintf '%s: %.2f s without a master; %d answers of it, %d refused, '
         . 'the last %.2f s after the promotion; longest %d ms', $name,
         $promoted - $gone, scalar @own, scalar @refused,
         @refused ? $refused[-1]{end} - $promoted : 0, $longest);
}


lose('killed', 'c1', 'c4', sub { $t->kill_store('c1') });

for my $name (sort keys %who) {
    is(join(' ', map { outcome(session($who{$name}{token})) } 1 .. 8),
       join(' ', (200) x 8), "of $name: the session is there");
}

$t->start_store('c1')->replicates('c1')->cluster_well;

lose('stopped', 'c2', 'c5', sub { $t->pause_store('c2') });

$t->resume_store('c2')->replicates('c2')->cluster_well;
ok($t->wait_for(sub { $t->gateway_links('c2') == 0 }),
   'who comes back as a replica is left alone');


# and what ends on the successor is told to both workers

$t->call('DELETE', '/v1/session', token => $who{c1}{token});
ok($t->wait_for(sub {
    8 == grep { outcome(session($who{c1}{token})) eq 'session-expired' }
         1 .. 8;
}), 'a session on a successor ends');


# a slot that nobody serves (CLUSTERDOWN)

my $slot = $t->slot($who{c2}{key});

$t->store('c5', 'CLUSTER', 'DELSLOTS', $slot);

my $begin = $t->began;

is(outcome(cases($who{c2}{token})), 'store-unavailable',
   'a slot that nobody serves');
cmp_ok($t->took($begin), '<', 2 * $TIMEOUT / 1000, 'is told in time');
is(outcome(cases($who{c0}{token})), 200, 'others are served');

$t->store('c5', 'CLUSTER', 'ADDSLOTS', $slot);
ok($t->wait_for(sub { outcome(cases($who{c2}{token})) eq '200' }),
   'and it is, when it has one again');


# half of the servers die: the cluster stops, and begins again

$t->kill_store($_) for qw/ c2 c5 /;
$t->store($_, 'CONFIG', 'SET', 'cluster-require-full-coverage', 'yes')
    for qw/ c0 c1 c3 c4 /;

ok($t->wait_for(sub {
    $t->store('c3', 'CLUSTER', 'INFO') =~ /cluster_state:fail/
        && outcome(cases($who{c0}{token})) eq 'store-unavailable';
}, 30), 'a cluster that is down');
is($t->call('GET', '/v1/items')->status, 200, 'what needs no store works');

$t->begin_store($_) for qw/ c2 c5 /;
$t->wait_stores(qw/ c2 c5 /)->cluster_well;

ok($t->wait_for(sub { outcome(cases($who{c0}{token})) eq '200' }),
   'is up again');
ok($t->wait_for(sub { $t->admin('GET', '/readyz')->json->{checks}{store}
                      eq 'ok' }), 'with all its servers');

done_testing();
