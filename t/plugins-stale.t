#!/usr/bin/perl

# A C plugin that uses what has ended, answers twice or never, or begins too
# much: it is refused and told of in the log, the request has its one answer,
# and no other request notices.

use warnings;
use strict;

use Test::More;

use HPF::Test;
use HPF::Test::Plugin;

my $t = HPF::Test->new->gateway(workers => 1, start => 0, edit => sub {
    return $_[0] =~ s/rate=200r/rate=100000r/r
                 =~ s/(worker_shutdown_timeout) \w+/$1 100ms/r;
});

my $file = plugin_build($t, 't/plugins/abi-stale.c');

plugin_install($t, 'abi-stale', $file, resources => { memory => 1 });
$t->run->wait_ready;

sub run {
    my ($do) = @_;
    return $t->call('POST', '/v1/items/abi-stale', body => { do => $do });
}

sub value { plugin_value($t, 'abi-stale', { do => $_[0] }) }

sub alerts { scalar grep { /\[alert\]/ } split /\n/, $t->log_text }


# the handle of a call that has ended, in a later one

is(value('keep'), 1, 'a call ends, and its handle is kept');
is(value('use'), 12, 'no function takes it in another call');
is(alerts(), 14, 'each time is an alert');
like($t->log_text, qr/call \S+ was used, which has ended/, 'that says so');
is(value('keep'), 1, 'the next one is as if nothing had been');


# one answer

my $r = run('twice');
is($r->json->{result}{value}, 1, 'the first of two answers counts');
like($t->log_text, qr/"abi-stale" answered twice/, 'the second is told');
like($t->log_text, qr/no second answer.*nothing begun/s,
     'and refused, as is an operation behind it');

$r = run('never');
is($r->json->{code}, 'plugin-failed', 'no answer and nothing to wait for');
like($t->log_text, qr/"abi-stale" ended a call without an answer/, 'is told');


# the client leaves: the plugin goes on, and its answer goes nowhere

sub begin {
    my ($do) = @_;
    my $c = client(8080);
    my $body = "{\"do\":\"$do\"}";

    $c->send("POST /v1/items/abi-stale HTTP/1.1\r\nHost: a\r\n"
             . 'X-HPF-Channel: app' . "\r\nContent-Length: " . length($body)
             . "\r\n\r\n$body");

    return $c;
}

begin('linger')->close;
ok($t->wait_log(qr/"abi-stale": answered/), 'a client leaves');
is(value('keep'), 1, 'and the next one comes');
is(alerts(), 14, 'which is nothing to be alarmed at');


# too many at once

$r = run('many');
is_deeply($r->json->{result}, { begun => 32, refused => 9968, ended => 32 },
          'of 10000 operations 32 are begun, and each of them ends once');
is(scalar(() = $t->log_text =~ /began an operation with too many/g), 1,
   'the others are told of in one line');


# memory that outlives a call

is(value('alloc'), 4, 'memory up to the limit of the manifest');
is(alerts(), 17, 'what it does not have it cannot give back');

plugin_install($t, 'abi-stale', $file, version => '1.0.1');
ok($t->wait_for(sub {
    value('keep');
    return $t->log_text =~ /"abi-stale" has not given back 925921 bytes/;
}), 'what it has kept in the end is told');


# the worker has to end

my $c = begin('wait');
ok($t->wait_log(qr/"abi-stale": waiting/), 'a call waits');
$t->reload(wait_old => 1);
like($t->log_text, qr/closing request.*"abi-stale": cancelled$/ms,
     'a plugin whose call has to end is told, and can begin nothing more');

$t->allow_log(qr/call \S+ was used, which has ended/);
$t->allow_log(qr/gives back memory that it does not have/);

done_testing();
