#!/usr/bin/perl

# What a plugin in Lua finds in "hpf" is what hpf-api.json describes, no more
# and no less; who waits and who does not is true of each function; what is
# made of the description has been made anew; and hpf.all() waits for all kinds.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(workers => 1, start => 0);

my $file = $t->root . '/plugins/include/hpf-api.json';
open my $f, '<:raw', $file or die "cannot open $file: $!\n";
my $api = json(join '', <$f>);

$t->lua_handle('walk', <<'EOF');
local found = {}

local function walk(name, t)
    for key, value in pairs(t) do
        local full = name .. "." .. key

        if type(value) == "table" then
            walk(full, value)
        else
            found[full] = type(value)
        end
    end
end

walk("hpf", hpf)

return found
EOF

# those that wait say so where they cannot

$t->lua_handle('waits', <<'EOF');
local waits = {}

for _, name in ipairs(request.form.names) do
    local f = hpf

    for part in name:gmatch("[^.]+") do
        f = part == "hpf" and hpf or f[part]
    end

    local _, why

    ("x"):gsub("x", function()
        _, why = pcall(f, unpack(request.form.args))
    end)

    waits[name] = tostring(why):find("cannot wait inside", 1, true) ~= nil
end

return waits
EOF

$t->lua_handle('all', <<'EOF');
hpf.kv.set("a", "1", 60)

local a, n, slept, none, added, core = hpf.all(
    { hpf.kv.get, "a" },
    { hpf.kv.incr, "n", 2, 60 },
    { hpf.sleep, 1 },
    { hpf.kv.get, "none" },
    { hpf.kv.add, "a", "2", 60 },
    { "core", { path = "/account?id_no=1" } })

return {
    a = a, n = n, slept = slept, none = tostring(none), core = core.status,
    added = tostring(added),
    values = select("#", hpf.all({ hpf.kv.add, "a", "2", 60 })),
    alone = select("#", hpf.kv.add("a", "2", 60)),
}
EOF

$t->run->wait_ready;

is_deeply($t->lua_run('walk')->json->{result}, {
    map({ $_->{name} => 'function' } @{ $api->{functions} }),
    map({ $_->[0] => 'userdata' } @{ $api->{values} }),
}, 'the table hpf is as described');


# hpf.fail() would end the request

my %described = map { $_->{name} => $_->{waits} ? 1 : 0 }
                grep { !$_->{ends} } @{ $api->{functions} };
my $r = $t->lua_run('waits', { names => [ sort keys %described ],
                               args => [ 1, 1, 1 ] });
my $waits = $r->json->{result};

is_deeply({ map { $_ => $waits->{$_} ? 1 : 0 } keys %$waits }, \%described,
          'those that are said to wait do, and no others') or diag($r->raw);


# all are under way while one of them is held

$t->demo('POST', '/_hold', { target => '/core/account' });

my $c = client(8080);
$c->send("POST /v1/items/all HTTP/1.1\r\nHost: a\r\nX-HPF-Channel: app\r\n"
         . "Content-Length: 2\r\n\r\n{}");

$t->demo('GET', '/_held?target=/core/account&n=1&ms=30000');
is($t->wait_for(sub { $t->redis('GET', 'hpf:{p:all}:n') }), 2,
   'the store has been asked while a back end is');
$t->demo('POST', '/_release', { target => '/core/account' });

is_deeply($c->response->json->{result}, {
    a => '1', n => 2, slept => JSON::PP::true, none => 'nil', added => 'nil',
    core => 404, values => 1, alone => 2,
}, 'hpf.all() has one value of each');


my $root = $t->root;
is(`cd $root && tools/luaapi.pl 2>&1`, '', 'what is made of it is up to date');

done_testing();
