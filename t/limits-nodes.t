#!/usr/bin/perl

# Limits that hold for all nodes: decided in Redis, with what has to be asked
# there anyway in one round trip, or leased in portions, so that hardly any
# request asks at all.  Without Redis each node goes on alone.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/ time /;

use HPF::Test;

my %parts = (channels => <<'EOF', http => <<'MORE');
        location = /channel {
            hpf_gate on;
            hpf_limit everybody by=channel rate=1r/h burst=59 scope=cluster;
            proxy_pass http://demo/healthz;
        }

        location = /user {
            hpf_gate on;
            hpf_level 1;
            hpf_limit mine by=user rate=1r/h burst=9 scope=cluster;
            hpf_limit also by=user rate=1r/h burst=49 scope=cluster;
            proxy_pass http://demo/healthz;
        }

        location = /dry {
            hpf_gate on;
            hpf_level 1;
            hpf_limit dry by=user rate=1r/h burst=0 scope=cluster dry_run;
            proxy_pass http://demo/healthz;
        }

        location = /leased {
            hpf_gate on;
            hpf_limit wide by=channel rate=10000r/h burst=3999 scope=leased;
            proxy_pass http://demo/healthz;
        }

        location = /spare {
            hpf_gate on;
            hpf_limit spare by=channel rate=1r/h burst=999 scope=leased;
            proxy_pass http://demo/healthz;
        }
EOF
    hpf_channel slow {
        name slow;
        kind public;
        limit per-user by=user rate=1r/h burst=4 scope=cluster;
    }
MORE

my $one = HPF::Test->new->gateway(%parts)->quiet;
my $before = scripts();
my $two = HPF::Test->new->gateway(%parts, beside => $one);

# the second one asks once whether it has anything to do at the store

$one->wait_for(sub { scripts() > $before }) or die "it does not ask\n";

my @nodes = ($one, $two);

my ($person, $other) = map { $one->person($_) } 0, 1;

$one->register($_) for $person, $other;

my $token = $one->login($person);


# answers of n requests, in turns at the nodes, and how many there were of each

sub turns {
    my ($n, $path, %o) = @_;
    my %seen;

    $seen{$nodes[$_ % 2]->call('GET', $path, %o)->status}++ for 1 .. $n;

    return join ', ', map { "$_: $seen{$_}" } sort keys %seen;
}


# scripts that Redis has run

sub scripts { $one->store_did->{run} }
sub cost { $one->store_cost($_[0])->{run} }


sub keys_of { @{ $one->redis('KEYS', $_[0]) } }


# decided in Redis

is(turns(80, '/channel'), '200: 60, 429: 20', 'one limit for both nodes');

my $r = $two->call('GET', '/channel');

is($r->json->{code}, 'rate-limited', 'the problem');
is($r->json->{limit}, 'everybody', 'and which limit');
ok($r->header('Retry-After') > 3500, 'when there is room');
like($r->header('RateLimit'), qr/^"everybody";r=0;t=3/, 'as a header');
like($r->header('RateLimit-Policy'), qr/^"everybody";q=60;w=216000$/,
     'and the policy');

my $ttl = $one->redis('PTTL', keys_of('hpf:{l:*}:limit'));
ok($ttl > 0 && $ttl <= 60 * 3600 * 1000, 'no longer kept than it counts');


# with the session, or alone: never more than one round trip

is(cost(sub {
    is($one->call('GET', '/user', token => $token)->status, 200, 'not cached');
}), 1, 'the session and two limits in one');

for my $t (@nodes) {
    $t->wait_for(sub {
        cost(sub { $t->call('GET', '/v1/session', token => $token) }) == 0;
    });
}

is(cost(sub { $r = $two->call('GET', '/user', token => $token) }), 1,
   'the limits of a cached session in one');
like($r->header('RateLimit'), qr/^"mine";r=8;/, 'of which the tightest shows');

is(turns(12, '/user', token => $token), '200: 8, 429: 4',
   'both nodes count together');
is(turns(4, '/user', token => scalar $two->login($other)), '200: 4',
   'and each user alone');

$r = $one->call('GET', '/user', token => $token);
is($r->json->{limit}, 'mine', 'a refusal names the limit without room');

is(scalar(() = keys_of('hpf:{u:*}:limit:*')), 4, 'two limits of two users');

is(turns(3, '/dry', token => $token), '200: 3', 'a trial refuses nobody');
is(scalar(grep { $_->log_text =~ /"dry" would refuse/ } @nodes), 2,
   'but says so');


# with the beginning of a submission

sub submit {
    my ($t, $key) = @_;
    return $t->call('POST', '/v1/items/account-query', token => $token,
                    channel => 'slow', body => {},
                    headers => [ 'Idempotency-Key' => $key ]);
}

is(cost(sub { is(submit($one, 'a')->status, 200, 'a submission') }), 2,
   'the limit and the beginning in one, and the end');
is(cost(sub { is(submit($two, 'a')->status, 200, 'it is repeated') }), 1,
   'which counts as well');
is(submit($one, 'b')->status, 200, 'a third');
is(submit($two, 'c')->status, 200, 'a fourth');
is(submit($one, 'd')->status, 200, 'the last');
is(submit($two, 'e')->status, 429, 'and no other on any node');
is(scalar(() = keys_of('hpf:{u:*}:idem:*')), 4,
   'what was refused has not begun');


# leased

my $begin = time;
my $status;
my $asked = cost(sub { $status = turns(2000, '/leased') });

is($status, '200: 2000', 'half of a limit of 4000');
ok($asked <= 100, "asked Redis at one in twenty: $asked");

$asked = cost(sub { $status = turns(3000, '/leased') });

my ($passed) = $status =~ /200: (\d+)/;

# some came back meanwhile

my $back = 1 + int(10000 / 3600 * (time - $begin));

cmp_ok($passed, '<=', 2080 + $back, "no more than 2 % beyond it: $passed");
cmp_ok($passed, '>=', 1920, 'and not much less');
ok($asked <= 150, "nor asked more often when it is used up: $asked");
like($one->admin('GET', '/metrics')->body,
     qr/^hpf_limit_decisions_total\{[^}]*source="lease"\} \d{3}/m,
     'the metric tells who decided');


# Redis is gone, and comes back

$one->kill_redis;

is(turns(20, '/channel'), '200: 20', 'each node goes on alone');
is(turns(20, '/spare'), '200: 20', 'also where it would lease');
is(scalar(grep { $_->log_text =~ /hold for this node alone/ } @nodes), 2,
   'which is logged');

$one->start_redis;

for my $t (@nodes) {
    $t->wait_for(sub { $t->admin('GET', '/readyz')->status == 200 });

    ok($t->wait_for(sub {
        $t->call('GET', '/channel');
        return $t->log_text =~ /limits hold for all nodes again/;
    }), 'then it holds for all again');
}

ok($one->wait_for(sub { cost(sub { turns(20, '/spare') }) > 0 }),
   'and is leased again');

done_testing();
