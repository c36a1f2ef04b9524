#!/usr/bin/perl

# Lua code that wants all memory there is, inside of its VM or outside of it,
# at once or a little with each request.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $full = 'local t = {} '
           . 'pcall(function() while true do t[#t + 1] = {} end end) ';

my %code = (
    rep => 'return (("a"):rep(1e9))',
    rep_between => 'return (("a"):rep(1e9, "b"))',
    double => 'local s = "x" while true do s = s .. s end',
    tables => 'local t = {} while true do t = { t } end',
    array => 'local t = {} for i = 1, 1e9 do t[i] = i end',
    concat => 'local t = {} for i = 1, 100000 do t[i] = ("x"):rep(1000) end '
              . 'return (table.concat(t))',
    gsub => 'return (("a"):rep(10000):gsub("a", ("b"):rep(10000)))',
    width => 'return (("%99999999d"):format(1))',
    format => 'return ((("%s"):rep(5000)):format(unpack({ ("x"):rep(10000), '
              . '("x"):rep(10000) })))',
    date => 'return (os.date(("%c"):rep(1000000)))',
    closures => 'local f = error while true do local g = f '
                . 'f = function() return g end end',
    error_text => 'error(("x"):rep(1e9))',
    in_handler => $full . 'xpcall(error, function() t[#t + 1] = {} '
                  . 'while true do t = { t } end end)',
    swallowed => $full . 'while true do pcall(function() '
                 . 'while true do t[#t + 1] = {} end end) end',

    # waits, with a VM that has no room for what it waits for

    wait => $full . 'local u = {} for i = 1, 30 do u[i] = { "core", '
            . '{ path = "/account?id_no=1" } } end return hpf.all(unpack(u))',

    # JSON grows outside of the VM

    json_shared => 'local t = {} for i = 1, 60 do t = { t, t } end return t',
    json_strings => 'local s, t = ("x"):rep(1000000), {} '
                    . 'for i = 1, 3000 do t[i] = s end return t',
    json_keys => 'local k, t = ("x"):rep(1000000), {} '
                 . 'for i = 1, 3000 do t[i] = { [k] = 1 } end return t',
    json_deep => 'local t = {} for i = 1, 1000 do t = { t } end return t',
    json_sent => 'local s = ("x"):rep(500000) for i = 1, 100 do '
                 . 'hpf.backend("core", { path = "/account", json = { s } }) '
                 . 'end',
    json_case => 'local t = {} for i = 1, 60 do t = { t, t } end '
                 . 'hpf.case.open("received", t)',
    json_fail => 'local t = {} for i = 1, 60 do t = { t, t } end '
                 . 'hpf.fail("not-found", nil, t)',

    # so do operations and lines of the log

    backends => 'for i = 1, 1000 do '
                . 'hpf.backend("core", { path = "/account?id_no=1" }) end',
    sleeps => 'while true do hpf.sleep(0) end',
    values => 'while true do pcall(hpf.kv.get, "k") end',
    value => 'hpf.kv.set("k", ("v"):rep(1000000), 60)',
    key => 'hpf.kv.get(("k"):rep(1000))',
);

my $t = HPF::Test->new->gateway(workers => 1, start => 0, edit => sub {
    return $_[0] =~ s/rate=200r/rate=100000r/r;
});

$t->lua_handle("x-$_" =~ tr/_/-/r, $code{$_}, resources => { memory => 4 })
    for keys %code;

# the log is no place to fill, either

$t->lua_handle('log', <<'EOF');
for i = 1, 10000 do
    hpf.log.warn("line " .. i)
end
EOF

$t->lua_handle('refused', <<'EOF');
while true do
    pcall(hpf.backend, "police", { path = "/verify" })
    hpf.sleep(0)
end
EOF

# fills its VM to the last bytes, and waits for a back end then

$t->lua_handle('fill', <<'EOF', resources => { memory => 1 });
local options = { path = "/account?id_no=1" }

hpf.backend("core", { path = "/loans?id_no=1" })

local t, n = {}, 0

local function fill(size)
    while request.form.full do
        n = n + 1
        t[n] = ("x"):rep(size) .. n
    end
end

pcall(fill, 8192)
pcall(fill, 1024)
pcall(fill, 64)

if request.form.full then
    hpf.backend("core", options)
end

return { n = n }
EOF

# what a request leaves behind is collected: 200 of them are more than the VM

$t->lua_handle('garbage', <<'EOF', resources => { memory => 1 });
local t = {}

for i = 1, 200 do
    t[i] = { name = "item " .. request.request_id .. i }
end

pcall(error, t)
hpf.sleep(0)

return { n = #t, list = t }
EOF

$t->run->wait_ready;

my ($worker) = $t->workers;


sub rss {
    open my $f, '<', "/proc/$worker/status" or die "no worker: $!\n";
    return (map { /^VmRSS:\s+(\d+)/ ? $1 : () } <$f>)[0];
}


for my $id (sort keys %code) {
    is($t->lua_attack("x-$id" =~ tr/_/-/r), '', $id);
}


# lines

is($t->lua_run('log')->status, 200, 'many lines');
is(scalar(() = $t->log_text =~ m{"log": request \w+: line \d+}g), 99,
   'some of them');
is(scalar(() = $t->log_text =~ /"log" writes no more lines/g), 1, 'and why');

is($t->lua_run('refused')->status, 500, 'what is refused again and again');
cmp_ok(scalar(() = $t->log_text =~ /may not call back end "police"/g), '<=',
       100, 'does not fill the log');


# a VM that is full when its client goes away serves the next request

for (1 .. 5) {
    my $c = client(8080);
    my $body = '{"full":true}';

    $t->demo('POST', '/_hold', { target => '/core/account' });
    $c->send("POST /v1/items/fill HTTP/1.1\r\nHost: a\r\n"
             . "X-HPF-Channel: app\r\nContent-Length: " . length($body)
             . "\r\n\r\n$body");
    $t->demo('GET', '/_held?target=/core/account&n=1&ms=30000');
    $c->close;
    $t->demo('POST', '/_release', { target => '/core/account' });

    is($t->lua_run('fill')->status, 200, 'a VM that was full');
}

# many requests

my $c = client(8080);
my $garbage = sub {
    for (1 .. 500) {
        my $r = $t->call('POST', '/v1/items/garbage', body => {},
                         client => $c);
        return $r->raw unless $r->status == 200;
    }
    return '';
};

is($garbage->(), '', 'requests leave nothing behind in their VM');

my $before = rss();
is($garbage->(), '', 'however many they are');

SKIP: {
    skip 'a sanitizer keeps what was freed', 1
        if ($ENV{TEST_BUILD} || '') =~ m|/san$|;

    cmp_ok(rss() - $before, '<', 1024, 'nor in the worker');
}


is(($t->workers)[0], $worker, 'the worker has seen it all');

done_testing();
