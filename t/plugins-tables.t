#!/usr/bin/perl

# What a plugin in C has beside the request and its back ends: money and texts,
# digests and the seal, metrics, members of the record, lines of the log, and
# structures in Redis.

use warnings;
use strict;

use Test::More;

use HPF::Test;
use HPF::Test::Plugin;

my $t = HPF::Test->new->gateway(workers => 2, start => 0, edit => sub {
    return $_[0] =~ s/rate=200r/rate=100000r/r;
});

plugin_install($t, 'abi-tables',
               plugin_build($t, 't/plugins/abi-tables.c'));
$t->run->wait_ready;

my $r;

sub run {
    my (%form) = @_;
    $r = $t->call('POST', '/v1/items/abi-tables', body => \%form);
    return $r->json->{result};
}


# texts

is_deeply(run(do => 'text'), {
    '1024.00' => 102400, '-0.01' => -1, yuan => '-1024.05', rc => 0,
    escape => 'a%20b%2F%E5%85%AC%3F%26',
}, 'money and what is escaped');

is_deeply(run(do => 'json', n => 5), {
    half => 2.5, second => 'n', third => '', rc => 0,
    form => '{"do":"json","n":5}',
}, 'trees: a real number, names of members, a text') or diag($r->raw);


# cryptography; the digests of "abc" are those of the standards

my $crypto = run(do => 'crypto');
my $sealed = delete $crypto->{sealed};

is_deeply($crypto, {
    sha256 => 'ba7816bf8f01cfea414140de5dae2223'
              . 'b00361a396177a9cb410ff61f20015ad',
    sm3 => '66c7f0f462eeedd9d1f2d46bdc10e4e2'
           . '4167c4875cf2f7a2297da02b8f4ba8e0',
    hmac => 'nBluMtwBdfhvSxy4konWYZ3mvuaZ5MN45oMJ7Zehpqs',
    base64 => 'YWI=', unbase64 => 'ab', wrong => 0, rc => 0,
}, 'digests and texts of bytes') or diag($r->raw);

is(length $sealed, 48, 'a sealed text has the length that was told');
is_deeply(run(do => 'open', sealed => $sealed),
          { opened => 'secret', elsewhere => -1, rc => 0 },
          'it opens where it belongs and nowhere else');

substr($sealed, 20, 1) =~ tr/A-Za-z0-9_-/B-ZAb-za1-90\-_/;
is(run(do => 'open', sealed => $sealed)->{opened}, '',
   'nor when it was changed');


# metrics

is(run(do => 'metric')->{rc}, -4,
   'metrics are of one kind, and registered while loading');
run(do => 'metric');

my $page = $t->admin('GET', '/metrics')->body;
like($page, qr/^hpf_plugin_done_total\{plugin="abi-tables"\} 6$/m,
     'a counter of all workers');
like($page, qr/^hpf_plugin_core_seconds_count\{plugin="abi-tables"\} 2$/m,
     'a histogram');
like($page, qr/^hpf_plugin_core_seconds_sum\{plugin="abi-tables"\} 0\.003/m,
     'in seconds');
like($t->log_text, qr/cannot have a metric: it has 16 already/, '16 at most');
like($t->log_text, qr/cannot have a metric: it is loaded already/,
     'none later');


# the record

is(run(do => 'audit', key => 'branch', note => "east \"2\"")->{rc}, 0,
   'a member of the record');
is(last_record()->{notes}{branch}, 'east "2"', 'is there');

run(do => 'text');
ok(!exists last_record()->{notes}, 'and not in the next one');

my ($id_no, $mobile) = @{ $t->person(0) }{qw/ id_no mobile /};

for (
    [ 'an identity number', note => $id_no ],
    [ 'a telephone number in a sentence', note => "call $mobile now" ],
    [ 'more than 64 bytes', note => 'x' x 65 ],
    [ 'a line break', note => "a\nb" ],
    [ 'a key that is none', key => 'a b' ],
) {
    my ($name, %form) = @$_;

    is(run(do => 'audit', key => 'k', note => 'n', %form)->{rc}, -1,
       "$name is refused");
    ok(!exists last_record()->{notes}, 'and is not there');
}


# the log

run(do => 'log');
my $id = $r->header('x-request-id');
like($t->log_text,
     qr/"abi-tables": request \Q$id\E: one line, not two, client/,
     'a line of the log has the id of the request');


# Redis

sub redis {
    my ($argv, $ttl) = @_;
    my $x = run(do => 'redis', argv => $argv, ttl => $ttl || 0);
    return $x ? [ @$x{qw/ outcome status reply /} ] : $r->json->{code};
}

is_deeply(redis([ qw/ HSET h a 1 b /, '二' ], 60), [ 0, 200, 2 ], 'a hash');
is_deeply(redis([ qw/ HGET h b / ]), [ 0, 200, '二' ], 'a field');
is_deeply(redis([ qw/ HMGET h a none / ]), [ 0, 200, [ '1', undef ] ],
          'an array');
is_deeply(redis([ qw/ HGET h none / ]), [ 0, 404, undef ], 'nothing');
is_deeply(redis([ qw/ ZADD z 1.5 x / ], 60), [ 0, 200, 1 ], 'a sorted set');
is_deeply(redis([ qw/ ZRANGE z 0 -1 WITHSCORES / ]),
          [ 0, 200, [ 'x', '1.5' ] ], 'in order');
is_deeply(redis([ qw/ LLEN h / ]), [ 4, 0, undef ], 'a wrong type');
is_deeply(redis([ qw/ LPUSH h x / ], 60), [ 4, 0, undef ],
          'is refused in writing, too');

is($t->redis('HGET', 'hpf:{p:abi-tables}r:h', 'a'), 1,
   'it is under its own key');
cmp_ok($t->redis('TTL', 'hpf:{p:abi-tables}r:h'), '>', 50,
       'which does not live for ever');

for (
    [ 'a command that is not for plugins', [ qw/ FLUSHALL x / ] ],
    [ 'nor is one in small letters', [ qw/ flushall x / ] ],
    [ 'a script', [ 'EVAL', 'return 1', '0' ] ],
    [ 'a write without a time to live', [ qw/ HSET h a 1 / ] ],
    [ 'a time to live for what only reads', [ qw/ HGET h a / ], 60 ],
    [ 'no key', [ 'HGETALL' ] ],
    [ 'an empty key', [ 'HGETALL', '' ] ],
    [ 'two keys', [ qw/ UNLINK a b / ] ],
    [ 'too many words', [ 'SADD', 's', 1 .. 63 ], 60 ],
) {
    my ($name, @args) = @$_;
    is(redis(@args), 'bad-request', "$name is refused");
}

like($t->log_text, qr/may not send this to Redis: the command is not one of/,
     'and the log says why');

done_testing();


sub last_record {
    my $last;

    $t->wait_for(sub {
        ($last) = grep { ($_->{id} || '') eq $r->header('x-request-id') }
                       $t->jsonl('audit/audit.jsonl');
        return $last;
    });

    return $last || {};
}
