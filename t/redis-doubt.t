#!/usr/bin/perl

# A link to Redis was lost and stands again: what is cached is in doubt and is
# read anew.  When that fails, too, it is good for "stale" since the link was
# lost, but not what has ended meanwhile.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/ time /;

use HPF::Test;
use HPF::Test::Proxy;

my $STALE = 8;

my $t = HPF::Test->new->start_redis;
my $proxy = HPF::Test::Proxy->start($t);

$t->gateway(
    workers => 1,
    redis => $proxy->url . ' timeout=5s reconnect=50ms idle=60s',
    http => "hpf_session stale=${STALE}s;",
    channels => <<'CONF');
        location = /limited {
            hpf_gate on;
            hpf_level 1;
            hpf_limit strict by=user rate=1r/h burst=2 scope=cluster;
            hpf_limit tried by=user rate=1r/h burst=9 scope=cluster dry_run;
            proxy_pass http://demo/healthz;
        }
CONF
$t->quiet;

my @people = $t->savers;
my %key;


# a session, and its key in Redis

sub enter {
    my %before = map { $_ => 1 } @{ $t->redis('KEYS', 'hpf:{s:*') };
    my $token = $t->enter(shift @people);

    # the last one has all factors

    my @new = grep { !$before{$_} } @{ $t->redis('KEYS', 'hpf:{s:*') };

    $key{$token} = \@new;

    return $token;
}


sub said {
    my ($r) = @_;
    return $r->code ? $r->status . ' ' . $r->code : $r->status;
}


sub session { said($t->call('GET', '/v1/session', token => $_[0])) }
sub limited { said($t->call('GET', '/limited', token => $_[0])) }


# commands that Redis was asked meanwhile, by the one worker

sub commands {
    return $t->admin('GET', '/metrics')->body
           =~ /^hpf_redis_commands(?:\{[^}]*\})? (\d+)/m ? $1 : 0;
}


sub cost {
    my ($try) = @_;
    my $before = commands();
    $try->();
    return commands() - $before;
}


sub links { $t->redis('CLIENT', 'LIST') =~ /^id=(\d+) .* name=hpf/mg }


# all links end, and stand again

sub lose {
    my %old = map { $_ => 1 } links();
    my $before = commands();

    $proxy->fault('kill');

    $t->wait_for(sub {
        my @now = links();
        return @now >= keys %old && !grep { $old{$_} } @now;
    }) or die "the links stay away\n";

    $t->wait_for(sub { $t->admin('GET', '/readyz')->status == 200 })
        or die "changes are not heard\n";

    # two questions of the worker's own, what has changed meanwhile

    $t->wait_for(sub { commands() >= $before + 2 })
        or die "nothing is read anew\n";
}


sub answer { $proxy->fault('none') }
sub refuse { $proxy->fault('text', "-LOADING of some kind\r\n") }


my ($stay, $out, $gone, $other) = map { enter() } 1 .. 4;

is(session($_), 200, 'a session') for $stay, $out, $gone, $other;
is(cost(sub { session($stay) }), 0, 'is cached');

lose();

is(cost(sub { is(session($stay), 200, 'is good') }), 1, 'but read anew');
is(cost(sub { session($stay) }), 0, 'and cached again');


# it cannot be read anew

my $begin = time;

lose();

is($t->call('DELETE', '/v1/session', token => $out)->status, 204, 'one ends');

# what Redis tells comes in order

$t->redis('DEL', @{ $key{$gone} });
$t->redis('DEL', @{ $key{$other} });
ok($t->wait_for(sub { session($other) eq '401 session-expired' }),
   'two end elsewhere');

refuse();

is(session($stay), 200, 'goes on without Redis') for 1 .. 3;
is(session($out), '503 store-unavailable', 'not the one that has ended');
is(session($gone), '503 store-unavailable', 'nor those that ended elsewhere');
is(session($other), '401 session-expired', 'which the node knows');

is(cost(sub { is(limited($stay), 200, 'a limit of all nodes') }), 1,
   'Redis is not asked again');
is(limited($stay), 200, 'it holds for this node') for 1 .. 2;
is(limited($stay), '429 rate-limited', 'until there is no room');

is(cost(sub {
    is(said($t->call('GET', '/v1/cases', token => $stay)),
       '503 store-unavailable', 'what has to be read is refused');
}), 1, 'at once');
is(cost(sub {
    is(said($t->withdraw($t->person(0), $stay,
                         headers => [ 'Idempotency-Key' => 'x' ])),
       '503 store-unavailable', 'and what has to be kept');
}), 1, 'at once');

ok($t->wait_for(sub { session($stay) eq '503 store-unavailable' },
                $STALE + 30), 'it is too old');

my $took = time - $begin;

cmp_ok($took, '>=', $STALE - 1, sprintf('after %.1f s', $took));

answer();
ok($t->wait_for(sub { session($stay) eq '200' }), 'and good once it is read');


# what is known to be void is no doubt

my $last = enter();

is(session($last), 200, 'one more');
$t->redis('FLUSHALL');
ok($t->wait_for(sub { session($last) eq '401 session-expired' }),
   'Redis was emptied');
refuse();
is(session($stay), '503 store-unavailable', 'and nothing of before counts');

done_testing();
