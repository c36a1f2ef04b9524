#!/usr/bin/perl

# What a bad plugin can do that no other test has: jumps across calls, memory
# without end, and more calls at once than there are places.  docs/plugins.md
# has the whole table.

use warnings;
use strict;

use Test::More;

use HPF::Test;
use HPF::Test::Faulty;
use HPF::Test::Plugin;

# each is a connection of this process

my $FILES = `sh -c 'ulimit -n'`;
my $CALLS = $FILES =~ /^\d+$/ && $FILES < 10500
            ? 2 * int(($FILES - 500) / 2) : 10000;

my $t = HPF::Test->new->gateway(workers => 2, start => 0,
                                store => 'timeout=60s', edit => sub {
    return $_[0] =~ s/rate=200r/rate=100000r/r
                 =~ s/burst=400/burst=100000/r
                 =~ s/worker_connections 4096/worker_connections 16384/r;
});

my $channels = $t->read_file('conf/channels.conf');
$t->write_file('conf/channels.conf',
               $channels =~ s/capacity 2000/capacity 100000/gr);

crashes_are_expected($t);
$t->run->wait_ready;


sub row {
    my ($id) = @_;
    my ($row) = grep { $_->{id} eq $id }
                @{ $t->admin('GET', '/admin/v1/plugins')->json->{plugins} };

    return $row || { running => -1 };
}


faulty($t, 'steady');
faulty($t, 'shaky', {}, resources => { memory => 8 });
ok($t->wait_for(sub { ask($t, $_) eq 'one' }), "$_ is there")
    for qw/ steady shaky /;


# a jump into a call that has ended

is(ask($t, 'shaky', 'mark'), 'one', 'a place to jump to');
is(ask($t, 'shaky', 'jump'), 'none', 'a jump to it has no answer');
ok($t->wait_for(sub { records($t, 'plugin-crashed') == 1 }),
   'the worker has died inside of the plugin');
ok($t->wait_for(sub { ask($t, 'steady') eq 'one' }), 'another item is served');


# memory, as far as it is the gateway's

is(ask($t, 'shaky', 'bomb'), 'one', 'memory without end has one');
like($t->log_text, qr/"shaky" wants 1000000 bytes of memory, with 8000000/,
     'that of the manifest');
is(row('shaky')->{memory}, 8000000, 'which operators see');


# 10000 calls at once, half of them in C and half in Lua, each with its answer

plugin_install($t, 'many-c', plugin_build($t, 't/plugins/waits.c',
                                          '-DID="many-c"', '-DSTATUS=200'),
               resources => { concurrency => 10000, time => 60000 });
plugin_install($t, 'many-lua', $t->root . '/t/plugins/waits.lua',
               resources => { concurrency => $CALLS / 2, time => 60000,
                              memory => 256 });
ok($t->wait_for(sub { row($_)->{in_force} }), "$_ is there")
    for qw/ many-c many-lua /;

my @workers = $t->workers;
my @c;

$t->pause_redis;

for my $n (1 .. $CALLS) {
    my $c = client(8080, timeout => 60);
    my $body = "{\"at\":\"kv\",\"n\":$n}";

    $c->send('POST /v1/items/many-' . ($n % 2 ? 'c' : 'lua') . " HTTP/1.1\r\n"
             . "Host: a\r\nX-HPF-Channel: app\r\n"
             . 'Content-Length: ' . length($body) . "\r\n\r\n$body");
    push @c, $c;
}

ok($t->wait_for(sub {
    row('many-c')->{running} + row('many-lua')->{running} == $CALLS
}, 60), "$CALLS calls are under way")
    or diag(row('many-c')->{running}, ' ', row('many-lua')->{running});

is($t->call('POST', '/v1/items/many-lua', body => { at => 'kv' })->json->{code},
   'rate-limited', 'one more than the manifest says is refused');
is(ask($t, 'steady'), 'one', 'another item is served');

$t->resume_redis;

my $right = 0;

for my $n (1 .. $CALLS) {
    $right++ if $c[$n - 1]->response->body =~ /"n":$n\b/;
}

is($right, $CALLS, 'each has its own answer');
is(row($_)->{running}, 0, "$_: none is left") for qw/ many-c many-lua /;
is(row($_)->{errors}, 0, "$_: none has failed") for qw/ many-c /;
is_deeply([ $t->workers ], \@workers, 'the workers are the same');

done_testing();
