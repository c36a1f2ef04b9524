#!/usr/bin/perl

# Requests of one plugin share a VM, and see nothing of one another: neither
# through globals and libraries, nor through what the gateway gives to them,
# however they take turns.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(workers => 1, start => 0);

# each tries to leave a mark wherever it can, waits, and looks for all marks

$t->lua_plugin('mark', <<'EOF');
settings = { name = "set while the file ran" }

local function try(f, ...)
    local ok = pcall(f, ...)
    return ok
end

local function leave(mark, request)
    local open = {}
    local ways = {
        global = function() leak = mark end,
        g = function() _G.leak = mark end,
        insert_g = function() table.insert(_G, mark) end,
        insert_string = function() table.insert(string, mark) end,
        insert_hpf = function() table.insert(hpf, mark) end,
        insert_kv = function() table.insert(hpf.kv, mark) end,
        meta_g = function() setmetatable(_G, {}) leak = mark end,
        array_g = function() hpf.array(_G) leak = mark end,
        array_string = function() hpf.array(string) string.leak = mark end,
        string = function() string.leak = mark end,
        string_meta = function() getmetatable("").leak = mark end,
        string_index = function() getmetatable("").__index.leak = mark end,
        string_value = function() ("").leak = mark end,
        hpf = function() hpf.leak = mark end,
        kv = function() hpf.kv.leak = mark end,
        case = function() hpf.case.leak = mark end,
        log = function() hpf.log.leak = mark end,
        array = function() getmetatable(hpf.array()).leak = mark end,
        array_index = function()
            getmetatable(hpf.array()).__index = { leak = mark }
        end,
        array_meta = function() setmetatable(hpf.array(), { leak = 1 }) end,
        null = function() hpf.null.leak = mark end,
        os = function() os.leak = mark end,
        sort = function() table.sort(_G) table.sort(hpf) leak = mark end,
    }

    for name, way in pairs(ways) do
        if try(way) then
            open[#open + 1] = name
        end
    end

    -- these are the request's own

    request.leak = mark
    request.form.leak = mark
    request.form.list[1] = mark

    return table.concat(open, " ")
end

local function found(request)
    return tostring(leak) .. tostring(_G[1]) .. tostring(string.leak)
        .. tostring(hpf.leak) .. tostring(hpf.kv.leak) .. tostring(hpf[1])
        .. tostring(hpf.array().leak) .. tostring(os.leak)
        .. tostring(request.leak) .. tostring(request.form.leak)
        .. tostring(request.form.list[1])
end

return { handle = function(request)
    local mark = request.form.mark
    local before = found(request)
    local open = leave(mark, request)

    hpf.backend("core", { path = "/account?id_no=" .. mark })

    return {
        before = before, open = open, mine = request.leak,
        settings = settings.name, leak = tostring(leak),
    }
end }
EOF

$t->run->wait_ready;


# all wait for the back end at a time: none has ended when the last begins

$t->demo('POST', '/_hold', { target => '/core/account' });

my @clients = map {
    my $c = client(8080);
    my $body = qq({"mark":"m$_","list":["x"]});

    $c->send("POST /v1/items/mark HTTP/1.1\r\nHost: a\r\n"
             . "X-HPF-Channel: app\r\nContent-Length: " . length($body)
             . "\r\n\r\n$body");
    $c;
} 1 .. 10;

$t->demo('GET', '/_held?target=/core/account&n=10&ms=30000');
$t->demo('POST', '/_release', { target => '/core/account' });

for my $n (1 .. 10) {
    my $r = $clients[$n - 1]->response;

    is_deeply($r->json->{result}, {
        before => 'nil' x 10 . 'x', open => '', mine => "m$n", leak => 'nil',
        settings => 'set while the file ran',
    }, "request $n has met none of the others") or diag($r->raw);
}


# one after the other

my $r = $t->lua_run('mark', { mark => 'last', list => [ 'x' ] });
is($r->json->{result}{before}, 'nil' x 10 . 'x', 'nor one that came later');


# what each sees of the libraries can be walked all the same

$t->lua_handle('walk', <<'EOF');
local names = {}

for name in pairs(math) do
    names[#names + 1] = name
end

return { names = names, next = tostring(next(math)) }
EOF

ok($t->wait_for(sub { $t->lua_run('walk')->status == 200 }), 'another');
my $walk = $t->lua_run('walk')->json->{result};
ok((grep { $_ eq 'floor' } @{ $walk->{names} }), 'pairs() walks a library')
    or diag("@{ $walk->{names} }");
is($walk->{next}, 'nil', 'next() finds the proxy empty');

done_testing();
