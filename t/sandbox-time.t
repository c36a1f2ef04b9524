#!/usr/bin/perl

# Lua code that would never end, or that would end the worker: nothing of it
# takes more than its share of time, and other requests go on meanwhile.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my %code = (
    # the error of the limit cannot be caught for good

    pcall => 'while true do pcall(function() while true do end end) end',
    pcall_nested => 'local function f() while true do pcall(f) end end f()',
    pcall_pcall => 'while true do pcall(pcall, pcall, error) end',
    xpcall => 'while true do xpcall(error, function() end) end',
    handler => 'xpcall(error, function() while true do end end)',
    handler_late => 'xpcall(function() while true do end end, '
                        . 'function() while true do end end)',
    handler_nested => 'local function f() while true do xpcall(f, f) end end '
                      . 'f()',
    handler_fails => 'local function f() error("x") end '
                     . 'while true do xpcall(f, f) end',

    # loops that are no loops of instructions

    goto => '::again:: goto again',
    tostring => 'return { x = tostring(setmetatable({}, '
                . '{ __tostring = tostring })) }',
    format => 'local o = setmetatable({}, {}) getmetatable(o).__tostring = '
              . 'function() return string.format("%s", o) end '
              . 'return { x = tostring(o) }',
    index => 'local t = setmetatable({}, {}) getmetatable(t).__index = '
             . 'function(t, k) return t[k] end return { x = t.x }',
    index_chain => 'local t = {} for i = 1, 1000 do '
                   . 't = setmetatable({}, { __index = t }) end return t.x.y',
    index_self => 'local t = {} setmetatable(t, { __index = t }) return t.x',
    eq => 'local mt = {} mt.__eq = function(a, b) return a == b end '
          . 'return { x = setmetatable({}, mt) == setmetatable({}, mt) }',
    lt => 'local mt = {} mt.__lt = function(a, b) return a < b end '
          . 'return { x = setmetatable({}, mt) < setmetatable({}, mt) }',
    concat => 'local mt = {} mt.__concat = function(a, b) return a .. b end '
              . 'return { x = setmetatable({}, mt) .. "x" }',
    call => 'local t = setmetatable({}, {}) getmetatable(t).__call = '
            . 'function(t) return t() + 1 end return { x = t() }',
    newindex => 'local t = setmetatable({}, {}) getmetatable(t).__newindex = '
                . 'function(t, k, v) t[k] = v end t.x = 1',
    iterator => 'for x in function() return 1 end do end',

    # recursion through C eats the stack of the worker

    gsub => 'local function f() return (("a"):gsub("a", f)) end f()',
    gsub_index => 'local t = setmetatable({}, {}) getmetatable(t).__index = '
                  . 'function() return (("a"):gsub("a", t)) end '
                  . '("a"):gsub("a", t)',
    sort => 'local function f() table.sort({ 1, 2 }, f) end f()',
    sort_lt => 'local mt, a, b = {} '
               . 'mt.__lt = function() table.sort({ a, b }) end '
               . 'a, b = setmetatable({}, mt), setmetatable({}, mt) '
               . 'table.sort({ a, b })',
    time => 'local o = setmetatable({}, {}) getmetatable(o).__index = '
            . 'function() return os.time(o) end os.time(o)',
    recursion => 'local function f(...) return select("#", ...) + f(1, ...) '
                 . 'end f()',

    # one call of C that takes long

    set => 'return (("x"):rep(6000):match("[" .. ("a"):rep(240) .. "x]-c"))',
    percent => 'return (("%" .. ("a"):rep(3000)):match("[%%].-.-.-.-b"))',
    balance => 'return (("[]" .. ("a"):rep(3000)):match("%b[].-.-.-.-b"))',
    frontier => 'return (("a"):rep(3000):match("%f[%%].-.-.-.-b"))',
    reference => 'return (("a"):rep(3000):match("(.-)%1(.-)%2b"))',
    gmatch => 'local f = ("a"):rep(6000):gmatch(".-b") while true do f() end',
    match => 'local s = ("a"):rep(6000) while true do s:match(".-b") end',
    insert => 'table.insert({}, -2147483647, 1)',
    insert_far => 'table.insert({}, 2147483647, 1)',
    sort_strings => 'local s, t = ("x"):rep(3000000), {} for i = 1, 10000 do '
                    . 't[i] = s end table.sort(t)',
    unpack => 'return (unpack({}, 1, 1e7))',
    unpack_far => 'return (unpack({}, -2147483648, 2147483647))',

    # instructions that take long: the CPU's time is the limit

    number => 'local s, x = ("1"):rep(2000000) while true do '
              . 'x = s + 1 x = s + 1 x = s + 1 x = s + 1 x = s + 1 end',
    lower => 'local s = ("A"):rep(2000000) local kept = s:lower() '
             . 'while true do s:lower() end',
    double => 'local s = ("A"):rep(2000000) local kept, x = s .. "x" '
              . 'while true do x = s .. "x" end',
    less => 'local a, b, x = ("A"):rep(1500000) .. "a", '
            . '("A"):rep(1500000) .. "b" while true do x = a < b end',
);

my $t = HPF::Test->new->gateway(workers => 1, start => 0);

$t->lua_handle("x-$_" =~ tr/_/-/r, $code{$_}) for keys %code;

$t->lua_handle('good', 'hpf.sleep(1) return { a = 1 }');

# the answer is made, what follows is not waited for

$t->lua_handle('answered',
               'pcall(hpf.fail, "not-found") while true do end');

# frames of pcall() that the library lays over the end of the stack

$t->lua_handle('frames', <<'EOF');
local t, many = setmetatable({}, {}), {}

getmetatable(t).__call = pcall

for i = 1, 5000 do
    many[i] = pcall
end

return { call = pcall(t), many = pcall(unpack(many)) }
EOF

# what the limits leave alone

$t->lua_handle('honest', <<'EOF');
local t, words = {}, {}

for i = 1, 2000 do
    t[i] = ("%06d"):format((i * 7919) % 10007)
end

table.sort(t)
table.insert(t, 1, "x")
table.insert(t, "y")

for word in ("a1,b2;c3"):gmatch("[%w]+") do
    words[#words + 1] = word
end

local failed, why = xpcall(function() error({ code = 7 }) end,
                           function(e) return e.code end)

return {
    first = t[1], second = t[2], last = t[#t],
    words = hpf.array(words), failed = failed, why = why,
    found = ("key = [value]"):match("^%w+%s*=%s*%[([^%]]*)%]$"),
    replaced = (("a.b"):gsub("%.", { ["."] = "-" })),
    text = tostring(setmetatable({}, {
        __tostring = function() return "o" end })),
    hex = ("0x1F"):match("^0[xX]([%da-fA-F]+)$"),
}
EOF

$t->run->wait_ready;

my ($worker) = $t->workers;
my $load = $t->load(sub {
    return $_[0]->request('POST', '/v1/items/good', body => '{}', headers => [
        'X-HPF-Channel' => 'app', 'Content-Type' => 'application/json' ]);
}, clients => 1, pause => 0.02);

for my $id (sort keys %code) {
    is($t->lua_attack("x-$id" =~ tr/_/-/r), '', $id);
}

is($t->lua_run('answered')->status, 404, 'an answer and no end');
is($t->lua_run('frames')->status, 200, 'frames of pcall()');

is_deeply($t->lua_run('honest')->json->{result}, {
    first => 'x', second => '000008', last => 'y',
    words => [ qw/ a1 b2 c3 / ], failed => JSON::PP::false, why => 7,
    found => 'value', replaced => 'a-b', text => 'o', hex => '1F',
}, 'an honest one is not disturbed');

$t->load_more($load, 5);
is($t->outcomes($t->load_end($load)), '200', 'nor is any other request');
is(($t->workers)[0], $worker, 'the worker has seen it all');

done_testing();
