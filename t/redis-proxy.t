#!/usr/bin/perl

# What networks do between the gateway and Redis, crossed with all that is
# asked there: each request is answered within the time-out, by the policy for
# the store's absence, nothing is done twice, and a second after the fault all
# is as before.  On a machine that does nothing else, TEST_SLACK=0.05 shows how
# much longer than its time-out a request takes at the most.

use warnings;
use strict;

use Test::More;

use HPF::Test;
use HPF::Test::Proxy;

my $SAN = ($ENV{TEST_BUILD} || '') =~ m|/san$|;
my $TIMEOUT = $ENV{TEST_SLACK} ? 0.25 : $SAN ? 1.5 : 1;
my $SLACK = $ENV{TEST_SLACK} || ($SAN ? 3 : 0.5);
my $SOON = $ENV{TEST_SLACK} ? 1 : $SAN ? 10 : 3;

my $t = HPF::Test->new->start_redis;
my $proxy = HPF::Test::Proxy->start($t);
my $ms = $TIMEOUT * 1000;

$t->gateway(
    redis => $proxy->url . " connect=${ms}ms timeout=${ms}ms reconnect=100ms "
             . 'idle=100ms reply=64k',
    http => 'hpf_session stale=60s; hpf_limit_dry_run on;',
    channels => <<'EOF');
        location = /limited {
            hpf_gate on;
            hpf_level 1;
            hpf_limit strict by=user rate=1000r/s scope=cluster;
            proxy_pass http://demo/healthz;
        }
EOF

my @people = $t->savers;
my $payer = shift @people;
my $cached = $t->enter($payer);
my @workers = $t->workers;
my $n = 0;

# bits that flip on the way may be those of a sealed number, or of a session

$t->allow_log(qr/hpf seal: a record in the store does not open/);
$t->allow_log(qr/hpf session: a record in the store is damaged/);

is($t->call('GET', '/v1/session', token => $cached)->status, 200, 'cached')
    for 1 .. 3;


sub said {
    my ($r) = @_;
    return $r->code ? $r->status . ' ' . $r->code : $r->status;
}


# what is asked of Redis, each by its name; a token is asked for once

my @fresh;
my @order = qw/ cached limit nonce session login case /;

my %ask = (
    cached => sub { $t->call('GET', '/v1/session', token => $cached) },
    limit => sub { $t->call('GET', '/limited', token => $cached) },
    nonce => sub { $t->call('GET', '/v1/items', channel => 'partner') },
    session => sub { $t->call('GET', '/v1/session', token => $fresh[0]) },

    login => sub {
        return $t->call('POST', '/v1/challenges', body => {
            factor => 'sms', purpose => 'login',
            mobile => sprintf('139%08d', $n++),
        });
    },

    case => sub {
        return $t->withdraw($payer, $cached,
                            headers => [ 'Idempotency-Key' => "case-$n" ]);
    },
);

my %well = (cached => 200, limit => 200, nonce => 200, session => 200,
            login => 201, case => 201);


sub paid {
    my $r = $t->demo('GET', "/core/applications?id_no=$payer->{id_no}");
    return scalar @{ $r->json->{applications} };
}


# each answer, and that it came in time: of those that wait for Redis more
# than once each time

sub ask {
    my ($what, $times) = @_;
    my $begin = $t->began;
    my $said = said($ask{$what}->());
    my $took = $t->took($begin);

    return $said if $took <= $times * $TIMEOUT + $SLACK;
    return sprintf '%s after %.3f s', $said, $took;
}


# harmless: all is well, if slower.  gone: what needs the store says so.
# odd: answers may be as if all were well, or as if it were gone, or a fault
# that was noticed; never in between.  flipped: that, or a limit that is none.

my %expected = (
    harmless => sub { $_[1] eq $well{$_[0]} },
    gone => sub {
        return $_[1] eq $well{$_[0]} if $_[0] =~ /^(?:cached|limit|nonce)$/;
        return $_[1] eq '503 store-unavailable';
    },
    odd => sub {
        return $_[1] eq $well{$_[0]}
               || $_[1] =~ /^(?:503 store-unavailable|500 internal)$/
               || $_[0] =~ /^(?:session|case)$/
                  && $_[1] =~ /^(?:401|403|409|429|503) /;
    },
);

# a bit of a limit is as good as any

$expected{flipped} = sub {
    return $expected{odd}->(@_)
           || $_[0] eq 'login' && $_[1] eq '429 rate-limited';
};


sub switch {
    my ($open) = @_;

    $t->redis('HSET', 'hpf:cfg:switch', 'item:account-details',
              $open ? '{"open":true}' : '{"open":false,"reason":"x"}');
}


sub details { said($t->call('POST', '/v1/items/account-details',
                            token => $cached, body => {})) }


sub within {
    my ($try) = @_;
    my $begin = $t->began;

    return $t->wait_for($try) && $t->took($begin) <= $SOON;
}


# both workers are ready, and have the session in the cache: what they drop
# when they hear of changes again is asked for once

sub trips {
    my $metrics = $t->admin('GET', '/metrics')->body;
    my $n = 0;

    $n += $1 while $metrics =~ /^hpf_store_requests_total\{[^}]*\} (\d+)/mg;

    return $n;
}


sub settled {
    return $t->workers_say(200) && $t->wait_for(sub {
        my $before = trips();
        $ask{cached}->() for 1 .. 6;
        return trips() == $before;
    });
}


for my $case (
    [ 'some latency', 'harmless', 'latency', 5 ],
    [ 'one byte at a time', 'harmless', 'slice' ],
    [ 'all connections end', 'odd', 'kill' ],
    [ 'no connection', 'gone', 'refuse' ],
    [ 'latency beyond the time-out', 'gone', 'latency', 4 * $ms ],
    [ 'a black hole', 'gone', 'hole' ],
    [ 'a reset at once', 'gone', 'reset', 0 ],
    [ 'a reset in the greeting', 'gone', 'reset', 7 ],
    [ 'a reset in an answer', 'odd', 'reset', 40 ],
    [ 'garbage', 'gone', 'garbage' ],
    [ 'flipped bits', 'flipped', 'flip' ],
    [ 'a huge string', 'gone', 'text', "\$2147483647\r\n" ],
    [ 'a huge array', 'gone', 'text', "*2147483647\r\n" ],
    [ 'an array without end', 'gone', 'text', "*100000\r\n" . ":1\r\n" x 99 ],
    [ 'deep nesting', 'gone', 'text', "*1\r\n" x 5000 ],
    [ 'more answers than questions', 'odd', 'text', "+OK\r\n+OK\r\n" ],
    [ 'answers of another kind', 'odd', 'text', "+OK\r\n" ],
    map {
        [ "an error $_", 'gone', 'text', "-$_ of some kind\r\n" ]
    } 'LOADING', 'READONLY', 'MOVED 1 127.0.0.1:1', 'NOAUTH', 'OOM', 'BUSY',
      'MISCONF', 'TRYAGAIN', 'CLUSTERDOWN', 'NOSCRIPT', 'ERR',
) {
    my ($name, $kind, @fault) = @$case;
    my $paid = paid();

    settled() or die "it does not settle before $name\n";

    $n++;
    @fresh = map { scalar $t->enter($people[$_]) } 0 .. 1;
    @people = @people[2 .. $#people] if @people > 60;

    $proxy->fault(@fault);
    switch(0);

    # a challenge asks three times, a case four

    my %got = map {
        $_ => ask($_, $_ eq 'login' ? 3 : $_ eq 'case' ? 4 : 1)
    } @order;

    my @wrong = grep { !$expected{$kind}->($_, $got{$_}) } @order;

    ok(!@wrong, $name)
        or diag(join "\n", map { "$_: $got{$_}" } @wrong);

    $proxy->fault('none');

    shift @fresh;

    ok(within(sub { details() eq '503 item-stopped' }),
       'after which a switch that was set meanwhile holds')
        or diag(details());
    switch(1);

    ok(within(sub {
        return 6 == grep { said($ask{cached}->()) eq '200'
                           && details() eq '200' } 1 .. 6;
    }), 'all is well') or diag(details());

    ok(within(sub { said($ask{session}->()) eq '200' }), 'with the store');

    # the case is done, and once: one that was opened while its opener was told
    # otherwise is done when somebody looks

    my $again;
    ok(within(sub { ($again = $ask{case}->())->status == 201 }),
       'the case can be had') or diag(said($again));

    my $no = $again->json->{case_no};
    ok($t->wait_for(sub {
        return $t->call('GET', "/v1/cases/$no", token => $cached)
               ->json->{status} ne 'pending-backend';
    }), 'is no longer pending');
    is(paid(), $paid + 1, 'and was done once');
}

is(join(' ', $t->workers), join(' ', @workers), 'no worker has died');

done_testing();
