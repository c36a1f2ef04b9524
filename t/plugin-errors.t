#!/usr/bin/perl

# What is wrong with a plugin in Lua is told in the log, with file and line, and
# to nobody else.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(workers => 1, start => 0);

# the file, and what the log says of it

my %files = (
    syntax => [ "local x = 1\nreturn { handle = function( }",
                qr/syntax\.lua:2: .*expected near '}'/ ],
    unfinished => [ "return {\n  handle = function()\n",
                    qr/unfinished\.lua:3: 'end' expected/ ],
    bytecode => [ "\x1bLJ\x02\x02\x08\x00\x00\x01\x00",
                  qr/chunk with wrong mode, in bytecode\.lua/ ],
    empty => [ '', qr/return a table with "handle", in empty\.lua/ ],
    number => [ 'return 7', qr/return a table with "handle"/ ],
    nohandle => [ 'return { reconcile = error }',
                  qr/"handle" of its table must be a function/ ],
    text => [ 'return { handle = "x" }',
                qr/"handle" of its table must be a function/ ],
    raises => [ "\n\nerror('not today')", qr/raises\.lua:3: not today/ ],
    fails => [ "local t\nreturn t.x", qr/fails\.lua:2: attempt to index/ ],
    object => [ "error({ secret = 1 })",
                qr/an error that is a table, no text, in object\.lua/ ],
    loop => [ "\nwhile true do end", qr/loop\.lua:2: the limit of instr/ ],
    memory => [ "\nlocal s = 'x' while true do s = s .. s end",
                qr/not enough memory, in memory\.lua/ ],
    calls => [ "\nhpf.sleep(1)", qr/calls\.lua:2: hpf\.sleep\(\) is for a/ ],
    stack => [ "local function f() return 1 + f() end f()",
               qr/stack overflow, in stack\.lua/ ],
);

# the body of handle(), which begins in line 2, and what the log says

my %bodies = (
    text => [ 'error("secret")', qr/text\.lua:2: secret/ ],
    bare => [ 'error("secret", 0)', qr/failed: secret, x-bare\.lua:2/ ],
    nil => [ 'error()', qr/is a nil, no text, x-nil\.lua:2/ ],
    table => [ 'error({ secret = 1 })', qr/is a table, .*x-table\.lua:2/ ],
    object => [ 'error(setmetatable({}, { __tostring = function() '
                . 'while true do end end }))',
                qr/is a table, .*object\.lua:2/ ],
    boolean => [ 'error(false)', qr/is a boolean, .*x-boolean\.lua:2/ ],
    func => [ 'error(error)', qr/is a function, .*x-func\.lua:2/ ],
    null => [ 'error(hpf.null)', qr/is a userdata, .*x-null\.lua:2/ ],
    index => [ "local t\n\nreturn t.secret",
               qr/index\.lua:4: attempt to index/ ],
    call => [ 'local secret secret()', qr/call\.lua:2: attempt to call/ ],
    assert => [ 'assert(false, "secret")',
                qr/assert\.lua:2: secret/ ],
    argument => [ 'string.rep()', qr/argument\.lua:2: bad argument #1 to / ],
    caller => [ "local function f() error('secret') end\nf()",
                qr/caller\.lua:2: secret, x-caller\.lua:2, x-caller\.lua:3/ ],
    lines => [ 'error("secret\r\n2026/11/29 [info] forged")',
               qr/secret  2026.11.29 \[info\] forged/ ],
    bytes => [ 'error("\0secret")', qr/bytes\.lua:2: / ],
    long => [ 'error(("secret"):rep(10000))', qr/long\.lua:2: secretsecret/ ],
    result => [ 'return { secret = error }',
                qr/returns: a function cannot be put .*result\.lua:1/ ],
    key => [ 'return { [{}] = 1 }', qr/a key of a JSON object .*key\.lua:1/ ],
    zero => [ 'return { ["a\0b"] = 1 }',
              qr/cannot be a key of .*zero\.lua:1/ ],
    utf8 => [ 'return { s = "\255" }',
              qr/a string cannot be put .*utf8\.lua:1/ ],
    code => [ 'hpf.fail("no-such-code")', qr/unknown code "no-such-code"/ ],
    detail => [ 'hpf.fail("not-found", "\255")',
                qr/detail\.lua:2: bad argument #2 to 'fail' \(a text/ ],
    twice => [ 'pcall(hpf.fail, "no-such-code") hpf.fail("not-found")',
               qr/unknown code "no-such-code"/ ],
    tail => [ 'return string.rep()', qr/in the function of x-tail\.lua:1/ ],
    waits => [ "hpf.sleep(1)\nerror('secret')", qr/waits\.lua:3: secret/ ],
    inside => [ '("a"):gsub("a", function() hpf.sleep(1) end)',
                qr/inside\.lua:2: hpf\.sleep\(\) cannot wait inside of a/ ],
    together => [ 'hpf.all({ hpf.kv.get, "k" }, { string.rep, "x", 3 })',
                  qr/together\.lua:2: bad argument #2 to 'all' \(it is/ ],
    value => [ 'hpf.all({ hpf.kv.set, "k", {}, 5 })',
               qr/bad argument #2 to .*value\.lua:2/ ],
    number => [ 'hpf.kv.incr("k", 0 / 0, 60)',
                qr/number\.lua:2: bad argument #2 to 'incr' \(a whole/ ],
);


sub line {
    my ($id) = @_;

    return (grep { /\[error\] .*"\Q$id\E"/ } split /\n/, $t->log_text)[0];
}


$t->lua_plugin($_, $files{$_}[0]) for keys %files;
$t->lua_handle("x-$_", $bodies{$_}[0]) for keys %bodies;

$t->run->wait_ready;

my ($worker) = $t->workers;

for my $id (sort keys %files) {
    like(line($id), $files{$id}[1], "$id: the log tells");
    is($t->lua_run($id)->status, 404, 'there is no such item');
}

for my $id (sort keys %bodies) {
    my $r = $t->lua_run("x-$id");

    is($r->status . ' ' . $r->json->{code}, '500 plugin-failed', $id);
    unlike($r->raw, qr/secret|\.lua|table:|attempt|forged/,
           'nothing of it is in the answer');

    my $line = line("x-$id");

    like($line, $bodies{$id}[1], 'the log tells');
    ok(length $line < 2000, 'in a line that has an end');
}

is(($t->workers)[0], $worker, 'the worker lives on');

done_testing();
