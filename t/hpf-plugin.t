#!/usr/bin/perl

# hpf-plugin: from an empty folder to a signed plugin that a gateway takes, in
# both languages; what is wrong is told as the gateway would tell it.

use warnings;
use strict;
use utf8;

use File::Path qw/ mkpath rmtree /;
use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway;
my $work = $t->path('work');

mkpath([ $work, $t->path('tmp') ]);

$ENV{HPF_BUILD} = $t->build_dir;
$ENV{HPF_NGINX} = $t->{nginx};
$ENV{TMPDIR} = $t->path('tmp');


# the exit status and all that it says

sub tool {
    my ($args) = @_;
    my $program = $t->root . '/tools/hpf-plugin';
    my $out = `cd $work && $program $args 2>&1 </dev/null`;

    utf8::decode($out);

    return ($? & 127 ? "signal $?" : $? >> 8, $out);
}


sub done {
    my ($args, $want, $name) = @_;
    my ($status, $out) = tool($args);

    ok($status == 0 && $out =~ $want, $name) or diag("$status\n$out");

    return $out;
}


sub refused {
    my ($args, $want, $name, $wanted) = @_;
    my ($status, $out) = tool($args);

    $wanted ||= 1;
    ok($status eq $wanted && $out =~ $want, $name) or diag("$status\n$out");

    return $out;
}


sub edit {
    my ($name, $code) = @_;
    local $_ = $t->read_file("work/$name");

    utf8::decode($_);
    $code->();
    utf8::encode($_);
    $t->write_file("work/$name", $_);
}


# what it is asked

refused('', qr/a command is missing/, 'no command', 2);
refused('pakc x', qr/no command "pakc"/, 'a command that there is not', 2);
refused('check', qr/check takes DIR/, 'a word is missing', 2);
refused('check a b', qr/check takes DIR/, 'or too many', 2);
refused('new x --python', qr/has no option --python/, 'another language', 2);
refused('pack x --key', qr/--key needs a value/, 'a key that is not named', 2);
done('help', qr/^usage: hpf-plugin .*^exit status/ms, 'help');


# two plugins that work as they are

refused('new Loan_Query', qr/is no id/, 'an id that is none');
refused('new include', qr/is no id/, 'a name that is taken');
refused('new x --c --lua', qr/not both/, 'two languages');
done('new of-lua', qr/of-lua\.lua/, 'new in Lua');
done('new of-c --c', qr/of-c\.c/, 'new in C');
refused('new of-c', qr/of-c is already there/, 'not over another');

done('check of-lua',
     qr/"of-lua" 1\.0\.0, a query in Lua, form of 1 field\ndigest \w{64}\n/,
     'check');
refused('check of-c', qr/of-c\.so: No such file.*hpf-plugin build of-c/s,
        'C has to be built');
refused('build of-lua', qr/a plugin in Lua is not built/, 'Lua has not');
done('build of-c', qr/of-c\.so is built/, 'build');
done('check of-c', qr/"of-c" 1\.0\.0, a query in C/, 'check what was built');

for my $id (qw/ of-lua of-c /) {
    my ($digest) = (tool("check $id"))[1] =~ /digest (\w{64})/;

    is((tool("digest $id"))[1], "$digest\n", "digest of $id");
}

refused('digest nowhere', qr/nowhere is no folder/, 'digest of nothing');

done('test of-lua', qr/^1\.\.6\n(?:ok.*\n){6}\z/, 'test in Lua');
done('test of-c', qr/^1\.\.6\n(?:ok.*\n){6}\z/, 'test in C');
done('test of-lua nobody', qr/^1\.\.1\nok 1 - nobody/, 'one of the tests');
refused('test of-lua nothing', qr/no test has "nothing"/, 'none of them');
done('check ' . $t->root . '/plugins/withdraw-rent', qr/an application in Lua/,
     'the demo is checked');
done('test ' . $t->root . '/plugins/withdraw-rent',
     qr/^1\.\.8\n(?:ok.*\n){8}\z/, 'and tested, cases and all');


# a plugin that does not do what its tests say

edit('of-lua/of-lua.lua', sub { s/"not-found"/"not-fuond"/ });
my $out = refused('test of-lua', qr/^not ok 3 - somebody/m, 'a failure');
like($out, qr/^#   status: 500, not 404$/m, 'what was wanted');
like($out, qr/^#   .*unknown code "not-fuond"/m, 'what the gateway says');
edit('of-lua/of-lua.lua', sub { s/"not-fuond"/"not-found"/ });

edit('of-lua/of-lua.lua', sub { s/path = path \}/path = "\/x" }/ });
like(refused('test of-lua today', qr/^not ok/m, 'another call'),
     qr/unexpected call: core GET \/x\n.*not called: .*"\/account/s,
     'the call that came, and the one that did not');
edit('of-lua/of-lua.lua', sub { s/path = "\/x"/path = path/ });

edit('of-lua/tests/of-lua.json', sub { s/"form"/"from"/ });
refused('test of-lua',
        qr/of-lua\.json: tests\/1: unknown member "from", there are .*form/,
        'a test that is none');
edit('of-lua/tests/of-lua.json', sub { s/"from"/"form"/; s/"core"/"bank"/ });
refused('test of-lua', qr/does not name the back end "bank"/,
        'a back end that the plugin may not call');
edit('of-lua/tests/of-lua.json', sub { s/"bank"/"core"/ });


# what is wrong is told by line, all of it

sub wrong {
    my ($file, $change, $want, $name) = @_;
    my $saved = $t->read_file("work/$file");
    my ($dir) = $file =~ m|^([^/]+)|;

    edit($file, $change);
    tool("build $dir") if $file =~ /\.c$/;
    refused("check $dir", $want, $name);
    $t->write_file("work/$file", $saved);
}

my $manifest = 'of-lua/manifest.json';

edit($manifest, sub { s/"level"/"mode": "application", "level"/ });
done('check of-lua', qr/warning: an application without "reconcile"/,
     'what is allowed and seldom right');
edit($manifest, sub { s/"mode": "application", // });

my $lua = 'of-lua/of-lua.lua';

wrong($manifest, sub { s/"fees"/"fess"/; s/"level": 1/"level": 4/ },
      qr/json:8: "level" must not .* 3,.*json:23: unknown .* mean "fees"\?/s,
      'members of the manifest');
wrong($manifest, sub { s/"1\.0\.0"/"1"/ },
      qr/json:3: "version" .*: three numbers, as "1\.0\.0"/, 'a version');
wrong($manifest, sub { s/"month"\n/"mnth"\n/ },
      qr/json:19: unknown format "mnth", did you mean "month"\?/, 'a format');
wrong($manifest, sub { s/"format"/"minLenght": 1, "format"/ },
      qr/json:19: keyword "minLenght" .* did you mean "minLength"\?/,
      'a keyword of the form');
wrong($manifest, sub { s/of-lua/of-lua-2/ },
      qr/json:2: it must be the name of the folder/, 'another id');
wrong($lua, sub { s/then/than/ }, qr/of-lua\.lua:6: /, 'a fault of syntax');
wrong($lua, sub { s/return \{ handle.*/return handle/ },
      qr/of-lua\.lua: it must return a table with "handle"/, 'no table');
wrong($lua, sub { s/\z/io.open("x")/; s/return \{ handle.*// },
      qr/of-lua\.lua:\d+: .*global 'io'/, 'what the sandbox has not');
wrong($lua, sub { s/\A/hpf.backend("core", { path = "\/" })\n/ },
      qr/of-lua\.lua:1: hpf\.backend\(\) is for a request/, 'a call too early');
wrong($lua, sub { s/\A/while true do end\n/ },
      qr/of-lua\.lua:1: the limit of instructions/, 'a loop without end');
wrong($lua, sub { s/\A/local s = ("x"):rep(2^30)\n/ },
      qr/of-lua\.lua: not enough memory/, 'too much memory');
wrong('of-c/of-c.c', sub { s/\.id = "of-c"/.id = "of-b"/ },
      qr/of-c\.so: it says it is "of-b"/, 'a library of another id');
wrong('of-c/of-c.c', sub { s/HPF_ABI_MAJOR/99/ },
      qr/of-c\.so: it is for ABI 99, this gateway has \d+/, 'another ABI');
wrong('of-c/of-c.c', sub { s/\bhpf_plugin_entry\b/hpf_entry/ },
      qr/of-c\.so: it does not export hpf_plugin_entry\(\)/, 'no entry');
wrong('of-c/of-c.c', sub { s/\.start = .*// },
      qr/of-c\.so: its definition is incomplete/, 'no start');
my $LOADED = "#include <stdlib.h>\n__attribute__((constructor)) static void\n"
             . 'x(void)';

wrong('of-c/of-c.c', sub { s/\z/$LOADED { abort(); }\n/ },
      qr/of-c\.so: it crashes when it is loaded, signal 6/, 'one that crashes');
wrong('of-c/of-c.c', sub { s/\z/$LOADED { _Exit(0); }\n/ },
      qr/of-c\.so: it calls _Exit\(\), which would end the worker/,
      'one that would end it all');
wrong('of-c/of-c.c', sub {
    s/\z/#include <sys\/syscall.h>\nextern long syscall(long, ...);\n/;
    s/\z/$LOADED { syscall(SYS_exit_group, 0); }\n/;
}, qr/of-c\.so: it ends the program that loads it/, 'or does, by itself');

done('build of-c', qr/is built/, 'the library as it was');
truncate $t->path('work/of-c/of-c.so'), 4096 or die "truncate: $!";
refused('check of-c', qr/of-c\.so: the file is cut off/, 'a part of a library');

edit('of-c/of-c.c', sub { s/\? HPF_OK : /? HPF_ERROR : / });
done('build of-c', qr/is built/, 'one that will not be loaded');
refused('test of-c', qr/"of-c" not loaded: it refused.*does not load "of-c"/s,
        'is told by a gateway');
edit('of-c/of-c.c', sub { s/\? HPF_ERROR : /? HPF_OK : / });
edit('of-c/of-c.c', sub { s/memcpy\(p/ngx_memcpy(p/ });
refused('build of-c', qr/ngx_memcpy/, 'what the header does not give');
edit('of-c/of-c.c', sub { s/ngx_memcpy/memcpy/ });
done('build of-c', qr/is built/, 'built again');


# packed, signed

system("cd $work && for k in one two; do openssl genpkey -algorithm ed25519"
       . " -out \$k.pem && openssl pkey -in \$k.pem -pubout -out \$k.pub;"
       . ' done') == 0 or die "openssl: $?\n";

my %digest;

for my $id (qw/ of-lua of-c /) {
    ($digest{$id}) = done("check $id", qr/digest/, "check $id")
                     =~ /^digest (\S+)/m;
    done("pack $id --key one.pem", qr/^digest $digest{$id}$/m, "pack $id");
    done("verify $id-1.0.0.hpf --key one.pub",
         qr/"$id" 1\.0\.0, whole .*^digest $digest{$id}$/ms, "verify $id");
}

done('pack of-c --key=one.pem --out again', qr/again/, 'pack it again');
is($t->read_file('work/again'), $t->read_file('work/of-c-1.0.0.hpf'),
   'the same bytes');

refused('verify again --key two.pub', qr/the signature is not of this key/,
        'a key of somebody else');
refused('verify again --key one.pem', qr/is no Ed25519 public key/,
        'a private key to verify');
refused('pack of-c --key one.pub', qr/is no Ed25519 private key/,
        'a public key to sign');
refused('pack of-c', qr/pack needs --key/, 'no key');
refused('verify one.pem --key one.pub', qr/is no packed plugin/,
        'what was not packed');

sub repacked {
    my ($change, $want, $name) = @_;

    rmtree("$work/open");
    system("mkdir $work/open && cd $work/open && tar xzf ../again && $change"
           . ' && tar czf ../changed digests signature of-c/*') == 0
        or die "tar: $?\n";
    refused('verify changed --key one.pub', $want, $name);
}

repacked('sed -i s/1024/1025/ of-c/manifest.json; echo >> of-c/of-c.so',
         qr/of-c\.so is not what was signed/, 'a library that was changed');
repacked('sed -i 2s/1.0.0/1.0.1/ digests', qr/the signature is not of this key/,
         'digests that were changed');
repacked('rm of-c/of-c.so', qr/is no packed plugin/, 'one without its code');
repacked('ln -sf /etc/passwd of-c/of-c.so', qr/something that is no file/,
         'a link');
repacked('echo > of-c/more', qr/is no packed plugin/, 'a file more');


# the gateway has the same digests

for my $id (qw/ of-lua of-c /) {
    system("cd $work && mkdir -p unpacked && tar xzf $id-1.0.0.hpf -C unpacked"
           . " && mv unpacked/$id ../plugins/$id") == 0 or die "tar: $?\n";
    ok($t->wait_log(qr/"$id" loaded, digest $digest{$id}/),
       "the gateway takes $id, with this digest");
}


# and its sandbox is the one in which a plugin is checked

open my $described, '<', $t->root . '/plugins/include/hpf-api.json'
    or die "no description of hpf: $!\n";
my $api = JSON::PP->new->utf8->decode(join '', <$described>);

my @names = (
    qw/ assert collectgarbage coroutine debug dofile error gcinfo getfenv
        getmetatable io ipairs jit load loadfile loadstring module newproxy
        next package pairs pcall print rawequal rawget rawset require select
        setfenv setmetatable tonumber tostring type unpack xpcall _G _VERSION /,
    map({ "string.$_" } qw/ byte char dump find format gfind gmatch gsub len
                            lower match rep reverse sub upper /),
    map({ "table.$_" } qw/ concat foreach foreachi getn insert maxn move
                           remove sort unpack /),
    map({ "math.$_" } qw/ abs floor huge max min pi random randomseed sqrt /),
    map({ "bit.$_" } qw/ band bor bxor tobit tohex /),
    map({ "os.$_" } qw/ clock date difftime execute exit getenv remove rename
                        setlocale time tmpname /),
    map({ $_->{name} } @{ $api->{functions} }),
    map({ $_->[0] } @{ $api->{values} }),
);

mkpath("$work/probe");
$t->write_file('work/probe/manifest.json', $t->read_file("work/$manifest")
                                           =~ s/of-lua/probe/r);
$t->write_file('work/probe/probe.lua', join "\n", 'local seen = {}',
    map({ "seen[#seen + 1] = $_ == nil and '-' or type($_):sub(1, 1)" } @names),
    'error("sees " .. table.concat(seen), 0)');

my ($seen) = refused('check probe', qr/sees \S{70}/, 'a probe')
             =~ /sees (\S+)/;
rename "$work/probe", $t->path('plugins/probe') or die "rename: $!";
ok($t->wait_log(qr/"probe": not loaded: sees \Q$seen\E(?![-a-z])/),
   'sees the same in a gateway')
    or diag(join "\n", $seen, $t->log_text =~ /sees (\S+)/);


# what needs no request can be used while the file runs, here as there

$t->write_file('work/eager/manifest.json', $t->read_file("work/$manifest")
                                           =~ s/of-lua/eager/r);
$t->write_file('work/eager/eager.lua', <<'EOF');
local asked, took = hpf.metric.counter("asked"), hpf.metric.histogram("took")
asked() asked(2) took(0.25)

local c = hpf.crypto
local sha256 = "ba7816bf8f01cfea414140de5dae2223"
               .. "b00361a396177a9cb410ff61f20015ad"
local sm3 = "66c7f0f462eeedd9d1f2d46bdc10e4e2"
            .. "4167c4875cf2f7a2297da02b8f4ba8e0"

assert(c.hex(c.digest("sha256", "abc")) == sha256)
assert(c.hex(c.digest("sm3", "abc")) == sm3)
assert(#c.hmac("sha256", "key", "text") == 32 and #c.random(16) == 16)
assert(c.unhex("6869") == "hi" and c.unhex("x") == nil)
assert(c.base64("hi?>") == "aGk/Pg==" and c.base64url("hi?>") == "aGk_Pg")
assert(c.unbase64("aGk/Pg==") == "hi?>" and c.unbase64url("!") == nil)
assert(c.equal("a", "a") and not c.equal("a", "b"))
assert(not pcall(hpf.metric.counter, "Asked"))
assert(not pcall(c.digest, "md5", ""))

return { handle = function() return { value = sm3 } end }
EOF

my ($status, $told) = tool('check eager');
is($status, 0, 'a plugin that does something while it is loaded')
    or diag($told);
rename $t->path('work/eager'), $t->path('plugins/eager') or die "rename: $!";
ok($t->wait_log(qr/"eager" loaded, digest/), 'is loaded by a gateway, too');


# nothing is left behind

is_deeply([ glob($t->path('tmp/*')) ], [], 'no files');

done_testing();
