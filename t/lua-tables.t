#!/usr/bin/perl

# What a plugin in C has as tables one in Lua has as functions, and they do the
# same: digests and the seal, metrics, members of the record, lines of the log
# with the request's id, and structures in Redis.

use warnings;
use strict;

use Test::More;

use HPF::Test;
use HPF::Test::Plugin;

my $t = HPF::Test->new->gateway(workers => 1, start => 0, edit => sub {
    return $_[0] =~ s/rate=200r/rate=100000r/r;
});

plugin_install($t, 'lua-tables', $t->root . '/t/plugins/lua-tables.lua');

# 17 metrics, and one whose name is none

for (
    [ 'lua-many', 'for i = 1, 17 do hpf.metric.counter("n" .. i) end' ],
    [ 'lua-name', 'hpf.metric.histogram("Core")' ],
) {
    my ($id, $code) = @$_;
    my $file = $t->write_file("$id.lua",
                              "$code\nreturn { handle = function() end }\n");

    plugin_install($t, $id, $file);
}

$t->run->wait_ready;

my $r;

sub run {
    my (%form) = @_;
    $r = $t->call('POST', '/v1/items/lua-tables', body => \%form);
    return $r->json->{result} || $r->json->{code};
}


# cryptography, as in C

my $crypto = run(do => 'crypto');
my $sealed = delete $crypto->{sealed};

is_deeply($crypto, {
    sha256 => 'ba7816bf8f01cfea414140de5dae2223'
              . 'b00361a396177a9cb410ff61f20015ad',
    sm3 => '66c7f0f462eeedd9d1f2d46bdc10e4e2'
           . '4167c4875cf2f7a2297da02b8f4ba8e0',
    hmac => 'nBluMtwBdfhvSxy4konWYZ3mvuaZ5MN45oMJ7Zehpqs',
    unhmac => '0102', base64 => 'YWI=', unbase64 => 'ab', bytes => 'ab',
    random => 16, equal => JSON::PP::true, unequal => JSON::PP::false,
}, 'digests and texts of bytes') or diag($r->raw);

is_deeply(run(do => 'open', sealed => $sealed),
          { opened => 'secret', why => 'changed' },
          'what was sealed opens where it belongs and nowhere else');

my $began = $t->began;
is(run(do => 'costly'), 'plugin-failed', 'digests without end are ended');
cmp_ok($t->took($began), '<', 5, 'by what they cost');


# metrics

run(do => 'metric') for 1, 2;

my $page = $t->admin('GET', '/metrics')->body;
like($page, qr/^hpf_plugin_done_total\{plugin="lua-tables"\} 6$/m,
     'a counter');
like($page, qr/^hpf_plugin_core_seconds_sum\{plugin="lua-tables"\} 0\.003/m,
     'a histogram');

is(run(do => 'late'), 'plugin-failed', 'none is made by a request');
like($t->log_text, qr/"lua-many" cannot have a metric: it has 16 already/,
     'nor a seventeenth');
like($t->log_text, qr/"lua-name" cannot have a metric: its name is none/,
     'nor one without a proper name');


# the record

ok(run(do => 'audit', key => 'branch', note => 'east')->{ok},
   'a member of the record');
is(last_record()->{notes}{branch}, 'east', 'is there');
is_deeply(run(do => 'audit', key => 'who', note => $t->person(0)->{id_no}), {},
          'no personal data');
ok(!exists last_record()->{notes}, 'is not there');


# the log

run(do => 'log');

my $id = $r->header('x-request-id');
like($t->log_text, qr/"lua-tables": request \Q$id\E: one line, not two, client/,
     'a line of the log has the id of the request');


# Redis

sub redis {
    my ($argv, $ttl) = @_;
    return run(do => 'redis', argv => $argv, $ttl ? (ttl => $ttl) : ());
}

is_deeply(redis([ qw/ RPUSH l a /, 2 ], 60), { reply => 2 }, 'a list');
is_deeply(redis([ qw/ LRANGE l 0 -1 / ]), { reply => [ 'a', '2' ] },
          'an array');
is_deeply(redis([ qw/ LINDEX l 9 / ]), {}, 'nothing');
is_deeply(run(do => 'together'), { length => 2, first => 'a' },
          'several at once');
is_deeply(redis([ qw/ HGETALL l / ]), { why => 'refused' }, 'a wrong type');
is(redis([ qw/ FLUSHALL x / ]), 'plugin-failed',
   'a command that is not for plugins');
is(redis([ qw/ SADD s x / ]), 'plugin-failed',
   'a write without a time to live');

is($t->redis('LLEN', 'hpf:{p:lua-tables}r:l'), 2, 'it is under its own key');

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
