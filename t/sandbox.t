#!/usr/bin/perl

# A Lua plugin that is wrong or hostile: its request ends with plugin-failed
# within the budget, the worker lives, and the next request finds nothing of
# it.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my %code = (
    # out of the VM

    io => 'return io.open("/etc/passwd"):read("*a")',
    execute => 'os.execute("true")',
    exit => 'os.exit(1)',
    getenv => 'return os.getenv("PATH")',
    require => 'require "ffi"',
    package => 'return package.loadlib("libc.so.6", "*")',
    debug => 'return debug.getregistry()',
    ffi => 'return ffi.C',
    jit => 'jit.on()',
    jit_util => 'require "jit.util"',
    table_new => 'require "table.new"',
    string_buffer => 'require "string.buffer"',
    module => 'module("x")',
    preload => 'return package.preload["table.new"]',
    literal => 'return (1LL).x',
    literal_call => 'return (1LL)()',
    literal_index => 'return (hpf.null + 1LL)[0]',
    literal_set => 'local x = 2i x[0] = 1',
    literal_result => 'return { x = 1LL }',
    create => 'coroutine.create(function() end)',

    # code from data

    load => 'return load("return 1")()',
    loadstring => 'return loadstring("\27LJ")()',
    loadfile => 'return loadfile("/etc/passwd")',
    dofile => 'return dofile("/etc/passwd")',
    dump => 'return string.dump(function() end)',

    # what others share

    string_table => 'string.rep = function() return "x" end',
    string_meta => 'getmetatable("").__index.x = 1',
    string_set => 'getmetatable("").__index = nil',
    setmeta => 'setmetatable(string, {})',
    setfenv => 'setfenv(0, {})',
    getfenv => 'return getfenv(0)',
    global => 'leak = 1',
    rawset => 'rawset(_G, "leak", 1)',
    g => '_G.leak = 1',
    hpf => 'hpf.fail = nil',
    newproxy => 'newproxy(true)',
    collect => 'collectgarbage("stop")',

    # time

    loop => 'while true do end',
    repeat_loop => 'repeat local x = 1 until false',
    recursion => 'local function f() return 1 + f() end return f()',
    tail => 'local function f() return f() end return f()',
    pcall => 'while true do pcall(error) end',
    pcall_loop => 'while true do pcall(function() while true do end end) end',
    xpcall => 'while true do xpcall(error, function() end) end',
    coroutine => 'coroutine.wrap(function() while true do end end)()',
    tostring => 'error(setmetatable({}, { __tostring = function() '
                . 'while true do end end }))',
    index => 'local t = setmetatable({}, { __index = function(t, k) '
             . 'return t[k] end }) return t.x',
    sort => 'local t = {} for i = 1, 1000 do t[i] = i end while true do '
            . 'table.sort(t, function(a, b) return a < b end) end',
    insert => 'local t = {} for i = 1, 200000 do t[i] = 1 end '
              . 'while true do table.insert(t, 1, 1) table.remove(t, 1) end',
    concat => 'local s = ("x"):rep(500000) '
              . 'while true do local t = s .. "y" end',
    backtrack => 'return string.find(("a"):rep(50), ("a?"):rep(50) .. '
                 . '("a"):rep(50))',
    lazy => 'return (("a"):rep(3000)):match("^(.-)(.-)(.-)(.-)b$")',
    gsub => 'return (("a"):rep(30000)):gsub(".-b", "")',
    gmatch => 'for x in (("a"):rep(30000)):gmatch(".-.-b") do end',
    balance => 'return (("("):rep(30000)):find("%b()")',
    plain => 'while true do (("a"):rep(20000)):find(("a"):rep(10000) '
             . '.. "b", 1, true) end',

    # memory

    rep => 'return (("a"):rep(1e9))',
    grow => 'local t = {} while true do t[#t + 1] = {} end',
    double => 'local s = "x" while true do s = s .. s end',
    keep => 'local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(1000) .. i end',
    swallow => 'local t = {} while true do pcall(function() '
               . 'for i = 1, 1e6 do t[#t + 1] = {} end end) end',

    # answers that are none

    cycle => 'local t = {} t.t = t return t',
    func => 'return { f = print or pcall }',
    key => 'return { [{}] = 1 }',
    nan => 'return { n = 0 / 0 }',
    bytes => 'return { s = "\255\254" }',

    # the host's functions

    yield => 'local t = { 2, 1 } table.sort(t, function() hpf.sleep(1) '
             . 'return true end)',
    gsub_yield => '(("a")):gsub("a", function() hpf.sleep(1) end)',
    backend => 'hpf.backend("police", { path = "/verify" })',
    backend_args => 'hpf.backend("core", "/account")',
    path => 'hpf.backend("core", { path = 7 })',
    crlf => 'hpf.backend("core", { path = "/account HTTP/1.1\r\nX: y" })',
    dots => 'hpf.backend("core", { path = "/../police/verify" })',
    method => 'hpf.backend("core", { path = "/account", method = "GET /x" })',
    many => 'local t = {} for i = 1, 40 do t[i] = { "core", '
            . '{ path = "/account" } } end hpf.all(unpack(t))',
    ttl => 'hpf.kv.set("k", "v", 0)',
    case => 'hpf.case.set("approved")',
    code => 'hpf.fail("no-such-code")',
    sleep => 'hpf.sleep(-1)',
);

# all there is, as a newer LuaJIT may have more

my $library = join ' ', sort qw/
    _G _VERSION assert error getmetatable ipairs next pairs pcall rawequal
    rawget select setmetatable tonumber tostring type unpack xpcall hpf
    bit.arshift bit.band bit.bnot bit.bor bit.bswap bit.bxor bit.lshift
    bit.rol bit.ror bit.rshift bit.tobit bit.tohex
    math.abs math.acos math.asin math.atan math.atan2 math.ceil math.cos
    math.cosh math.deg math.exp math.floor math.fmod math.frexp math.huge
    math.ldexp math.log math.log10 math.max math.min math.modf math.pi
    math.pow math.rad math.random math.randomseed math.sin math.sinh
    math.sqrt math.tan math.tanh
    os.clock os.date os.time
    string.byte string.char string.find string.format string.gmatch
    string.gsub string.len string.lower string.match string.rep
    string.reverse string.sub string.upper
    table.concat table.foreach table.foreachi table.getn table.insert
    table.maxn table.move table.remove table.sort
/;

my $t = HPF::Test->new->gateway(workers => 1, start => 0);

sub plugin {
    my ($id, $code) = @_;

    $t->lua_plugin($id, $code,
                   resources => { memory => 4, instructions => 2000000 });
}

plugin("x-$_" =~ tr/_/-/r,
       "return { handle = function(request)\n$code{$_}\nend }\n")
    for keys %code;

plugin('good', <<'EOF');
local seen = 0
count = 10

local function values()
    local a, b, c = ("2026-11-23"):match("^(%d+)-(%d+)-(%d+)$")
    local trimmed = ("  x y "):match("^%s*(.-)%s*$")
    local ok, why = pcall(error, "caught")

    return a .. b .. c .. trimmed .. tostring(ok) .. tostring(why)
end

return { handle = function(request)
    return {
        leak = tostring(rawget(_G, "leak")), global = tostring(leak),
        count = count, values = values(), rep = ("ab"):rep(2),
        fen = hpf.fen("12.30"), minus = hpf.fen("-0.05"),
        huge = hpf.fen("99999999999999.99"), none = hpf.fen("12.3"),
        yuan = hpf.yuan(1230),
        escape = hpf.escape("a b/公"), list = hpf.array(), null = hpf.null,
        year = os.date("%Y") + 0 > 2000, sorted = table.concat({ 3, 1 }, ","),
        bits = bit.band(6, 3), echo = request.form,
    }
end }
EOF

# waits where it cannot, and answers all the same: what it has begun ends later

plugin('orphan', <<'EOF');
return { handle = function()
    local ok = pcall(string.gsub, "a", "a", function()
        hpf.backend("core", { path = "/account?id_no=1" })
    end)

    return { ok = ok }
end }
EOF

plugin('library', <<'EOF');
local names = {}

for name, value in pairs(_G) do
    if type(value) == "table" and name ~= "_G" and name ~= "hpf" then
        for member in pairs(value) do
            names[#names + 1] = name .. "." .. member
        end

    else
        names[#names + 1] = name
    end
end

table.sort(names)

return { handle = function() return { names = table.concat(names, " ") } end }
EOF

# no code of Lua runs when its tables are collected

plugin('gc', <<'EOF');
local function never()
    while true do end
end

return { handle = function()
    for i = 1, 50000 do
        setmetatable({ i }, { __gc = never, __close = never, __mode = "kv" })
    end

    return { ok = true }
end }
EOF

$t->run->wait_ready;

my ($worker) = $t->workers;


sub run {
    my ($id) = @_;
    return $t->lua_run($id, { a => [ 1, {}, [] ] });
}


my $good = run('good');
is($good->status, 200, 'a good one') or diag($good->raw);
is_deeply($good->json->{result}, {
    leak => 'nil', global => 'nil', count => 10, rep => 'abab',
    values => '20261123x yfalsecaught', fen => 1230,
    minus => -5, yuan => '12.30',
    escape => 'a%20b%2F%E5%85%AC', list => [], null => undef,
    year => JSON::PP::true, sorted => '3,1', bits => 2,
    echo => { a => [ 1, {}, [] ] },
}, 'and what it finds') or diag($good->body);

for my $id (sort keys %code) {
    my $begin = $t->began;
    my $r = run("x-$id" =~ tr/_/-/r);
    my $time = $t->took($begin);

    ok($r->status == 500 && $r->json->{code} eq 'plugin-failed' && $time < 5,
       $id) or diag($r->body, " after $time s");
}

is(run('library')->json->{result}{names}, $library, 'what there is at all');
is(run('gc')->status, 200, 'collecting runs nothing');

my @orphans = map { run('orphan') } 1 .. 5;
is(join(' ', map { $_->status } @orphans), '200 200 200 200 200',
   'an answer before the end of what was begun');

is_deeply(run('good')->json->{result}, $good->json->{result},
          'the good one finds the same as before');
is(($t->workers)[0], $worker, 'by the same worker');

like($t->log_text, qr/"x-loop": failed: x-loop\.lua:2: the limit of/,
     'the log tells why');
like($t->log_text, qr/"x-rep": failed: .*memory/, 'and of memory');

my @huge = grep { length > 2000 } split /\n/, $t->log_text;
is(scalar @huge, 0, 'in lines that have an end');

done_testing();
