#!/usr/bin/perl

# A primary with two replicas under three sentinels, while clients keep asking:
# whoever becomes the primary is followed, in between only what needs the store
# is refused, and what was acknowledged is still there.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/ time /;

use HPF::Test;

my $SAN = ($ENV{TEST_BUILD} || '') =~ m|/san$|;
my $TIMEOUT = $SAN ? 1500 : 1000;
my $SLACK = $SAN ? 1000 : 50;

my $t = HPF::Test->new->start_sentinels;


sub conf {
    my ($replicas) = @_;

    return (
        redis => $t->sentinel_url . " timeout=${TIMEOUT}ms reconnect=100ms; "
                 . "hpf_redis_wait $replicas; hpf_limit_dry_run on",
        edit => sub { $_[0] =~ s/rate=200r.s burst=400/rate=5000r\/s/r },
    );
}


$t->gateway(conf(2));

my ($one, $two, $three) = $t->savers;
my $primary = 'r0';
my $asked;
my $token = $t->enter($one);


sub session {
    my ($of) = @_;
    return $t->call('GET', '/v1/session', token => $of)->status;
}


# what clients do meanwhile: look at their session, which is cached; read from
# the store; and write to it something that must not be lost

sub begin {
    my $id = $_[0];

    $asked = $t->audit;

    return $t->load(sub {
        my ($client, $n) = @_;
        my $key = "$id-$$-$n";

        return ($t->call('GET', '/v1/session', client => $client,
                         token => $token), 'cached') if $n % 3 == 0;

        return ($t->call('GET', '/v1/cases', client => $client,
                         token => $token), 'read') if $n % 3 == 1;

        return (item('account-query', $key, $client), $key);
    });
}


sub item {
    my ($item, $key, $client) = @_;

    return $t->call('POST', "/v1/items/$item", client => $client,
                    token => $token, body => {},
                    headers => [ 'Idempotency-Key' => $key ]);
}


# until those sentinels that run agree on another one

sub switched {
    my ($from) = @_;
    my $now;

    $t->wait_for(sub { $now = $t->primary; $now && $now ne $from }, 60)
        or die "no failover\n";

    return $now;
}


# The answers until all is well again: a second after the switch, and for what
# so many replicas must have a second after there are that many.

sub judge {
    my ($name, $load, $replicas) = @_;
    my ($switched, $began) = (time, $t->began);

    $t->followed($primary, $replicas);

    my $copied = time;

    $t->load_more($load, 30) while time < $copied + 1.2 + $t->lost($began);

    my $lost = $t->lost($began);
    my @answers = $t->load_end($load);
    my @later = grep {
        $_->{begin} > 1 + $lost + ($_->{note} =~ /-/ ? $copied : $switched)
    } @answers;
    my @refused = grep { $_->{status} != 200 } @answers;

    like($t->outcomes(@answers), qr/^200(?:, 503 store-unavailable)?$/,
         "$name: no other answers");
    is($t->outcomes(grep { $_->{note} eq 'cached' } @answers), 200,
       "$name: cached sessions go on");
    is($t->outcomes(@later), 200, "$name: as before a second later");

    # with all cores busy one or the other is late

    my ($middle, $longest) = $t->refusals($asked);
    my $slack = $SLACK + 1000 * $t->lost($load->{began});

    cmp_ok($middle, '<=', $TIMEOUT + $slack, "$name: refused in time");
    cmp_ok($longest, '<=', 2 * $TIMEOUT + $slack, "$name: all of them");

    note(sprintf '%s: %d answers, %d refused from %.2f s before to %.2f s '
         . 'after the switch; replicas after %.2f s; longest %d ms',
         $name, scalar @answers, scalar @refused,
         @refused ? ($switched - $refused[0]{begin},
                     $refused[-1]{end} - $switched) : (0, 0),
         $copied - $switched, $longest);

    # of what was acknowledged the key is known, and cannot be another one's

    my @keys = map { $_->{note} }
               grep { $_->{status} == 200 && $_->{note} =~ /-/ } @answers;
    my $client = client(8080);
    my @lost = grep { item('account-details', $_, $client)->code
                      ne 'idempotency-conflict' } @keys;

    ok(@keys > 0, "$name: requests with a key");
    is("@lost", '', "$name: none that was acknowledged is lost");
}


is(session($token), 200, 'a session');
is($t->withdraw($one, $token)->json->{status}, 'approved', 'an application');
is($t->gateway_links('r1') + $t->gateway_links('r2'), 0,
   'replicas are not asked');


# The operators hand over to another server.  For a moment there are two that
# take writes: only all replicas are enough.

my $load = begin('handed');

$t->store('s0', 'SENTINEL', 'FAILOVER', 'main');

$primary = switched('r0');
judge('handed over', $load, 2);

ok($t->wait_for(sub { $t->gateway_links('r0') == 0 }),
   'the old primary is left');
is(session($token), 200, 'the session is still valid');

my $other = $t->enter($two);

is($t->withdraw($two, $other)->json->{status}, 'approved',
   'another user, another application');

is(join(' ', map { session($other) } 1 .. 8), join(' ', (200) x 8),
   'whose session both workers have in the cache');
is($t->call('DELETE', '/v1/session', token => $other)->status, 204,
   'ends');
is($t->wait_for(sub { 8 == grep { session($other) == 401 } 1 .. 8 }), 1,
   'on both workers');


# the primary dies, and one replica is left to it

$t->gateway_conf(conf(1));
$t->reload(wait_old => 1);
$t->replicates('r0');
$load = begin('killed');
$t->load_more($load, 30);
$t->kill_store($primary);

my $old = $primary;

$primary = switched($old);
judge('killed', $load, 1);
is(session($token), 200, 'the session is still valid');

$t->start_store($old)->replicates($old);
ok($t->wait_for(sub {
    3 == grep { $t->sentinel_sees($_, 2, 2) } qw/ s0 s1 s2 /
}, 60), 'it comes back as a replica');


# it hangs: connections stand, and nothing is answered

$load = begin('hung');
$t->load_more($load, 30);
$t->pause_store($primary);

$old = $primary;
$primary = switched($old);
judge('hung', $load, 1);

$t->resume_store($old)->replicates($old);
ok($t->wait_for(sub {
    3 == grep { $t->sentinel_sees($_, 2, 2) } qw/ s0 s1 s2 /
}, 60), 'it is a replica when it goes on');
is(join(' ', map { session($token) } 1 .. 8), join(' ', (200) x 8),
   'and nobody returns to it');


# sentinels die, first the one that is listened to

$t->kill_store('s0');
$load = begin('alone');
$t->load_more($load, 30);
is($t->outcomes($t->load_end($load)), 200, 'one sentinel less');

$load = begin('two');
$t->load_more($load, 30);
$t->kill_store($primary);

$old = $primary;
$primary = switched($old);
judge('two sentinels', $load, 1);

$t->start_store($old)->replicates($old);
$t->start_store('s0');
$t->sentinel_haste('s0');
$t->kill_store('s1');
ok($t->wait_for(sub {
    2 == grep { $t->sentinel_sees($_, 2, 2) } qw/ s0 s2 /
}, 60), 'the first is back, another one is gone');


# no sentinel is there at all: whom it knows as the primary is enough

$t->pause_store($_) for qw/ s0 s2 /;
$load = begin('none');
$t->load_more($load, 120);
is($t->outcomes($t->load_end($load)), 200, 'no sentinel');
$t->resume_store($_) for qw/ s0 s2 /;


# a primary that is made a replica, and nobody announces it

my ($next) = grep { $_ ne $primary } qw/ r0 r1 r2 /;
my @at = ('127.0.0.1', $t->store_port($next));

$t->store($_, 'SENTINEL', 'REMOVE', 'main') for qw/ s0 s2 /;
$t->store($next, 'REPLICAOF', 'NO', 'ONE');
$t->store($primary, 'REPLICAOF', @at);
$t->store($_, 'SENTINEL', 'MONITOR', 'main', @at, 2) for qw/ s0 s2 /;

my $begin = $t->began;

ok($t->wait_for(sub { eval { $t->enter($three) } }),
   'a demoted primary is left');
cmp_ok($t->took($begin), '<', 1.5, 'at once');
ok($t->wait_for(sub { $t->gateway_links($primary) == 0 }),
   'by all workers, also if they have nothing to write');
is(session($token), 200, 'and the session is still valid');

done_testing();
