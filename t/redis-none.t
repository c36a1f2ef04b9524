#!/usr/bin/perl

# Made-up tokens do not reach Redis more than once in a few seconds, whichever
# worker they come to, and do not push out sessions.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/ time /;

use HPF::Test;

my $t = HPF::Test->new->gateway(http => 'hpf_limit_dry_run on;')
                  ->quiet;

my $token = $t->enter(($t->savers)[0]);


sub said {
    my ($of) = @_;
    my $r = $t->call('GET', '/v1/session', token => $of);
    return $r->code ? $r->status . ' ' . $r->code : $r->status;
}


# scripts that Redis was asked for

sub cost { $t->store_cost($_[0])->{digest} }


sub made_up { sprintf '%043d', $_[0] }

is(cost(sub {
    is(join(' ', map { said(made_up(1)) } 1 .. 40),
       join(' ', ('401 session-expired') x 40), 'a token that leads nowhere');
}), 1, 'is asked for once');

is(said($token), 200, 'a session');

# within the few seconds, if they are enough on a busy machine

my ($n, $once, $again) = (1);

for (1 .. 10) {
    my @tokens = map { made_up(++$n) } 1 .. 40;
    my $begin = time;

    $once = cost(sub { said($_) for @tokens });
    $again = cost(sub { said($_) for @tokens });

    last if time - $begin < 4;
}

is($once, 40, 'each of many once');
is($again, 0, 'and not again');
is(cost(sub { is(said($token), 200, 'the session') }), 0,
   'is still in the cache');

my $begin = $t->began;

ok($t->wait_for(sub { cost(sub { said(made_up($n)) }) == 1 }),
   'after some seconds it is asked for again');
cmp_ok($t->took($begin), '<', 10, 'it could be one by then');

done_testing();
