#!/usr/bin/perl

# A worker that ends is not hurt by the timer that watches over its Lua code,
# whenever its signal comes: here all the time.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(workers => 1);

my $end = 6;

for my $n (1 .. $end) {
    my ($worker) = $t->workers;
    my $sent = 0;

    # the timer is there with the first catalogue, which is then asked

    is($t->call('GET', '/v1/items')->status, 200, "worker $n");

    kill 'HUP', $t->master;

    $sent++ while kill 'VTALRM', $worker;

    ok($t->wait_for(sub { !grep { $_ == $worker } $t->workers }),
       "has ended after $sent signals");
    ok($t->workers_say(200), 'and there is another one');
}

my @codes = $t->log_text =~ /worker process \d+ (exited \w+ \w+ \d+)/g;

is_deeply(\@codes, [ ('exited with code 0') x $end ], 'all by themselves');

done_testing();
