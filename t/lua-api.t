#!/usr/bin/perl

# What a plugin in Lua finds in "hpf" is what hpf-api.json describes, no more
# and no less; who waits and who does not is true of each function; and what is
# made of the description has been made anew.

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


my $root = $t->root;
is(`cd $root && tools/luaapi.pl 2>&1`, '', 'what is made of it is up to date');

done_testing();
