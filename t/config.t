#!/usr/bin/perl

# What nginx -t says of a wrong configuration: file, line, directive, and what
# was expected.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new;
my $dir = $t->dir;

my $KEY = 'c2Vjb25kLWtleS1vZi10aGlydHktdHdvLWJ5dGVzLTE=';

$t->write_file("secrets/$_.key", $KEY) for qw/ seal index token a /;
chmod 0600, glob "$dir/secrets/*";
$t->write_file('secrets/open.key', $KEY);
chmod 0644, "$dir/secrets/open.key";
$t->write_file('secrets/short.key', 'c2hvcnQ=');
$t->write_file('secrets/odd.key', '!!!');
$t->write_file('secrets/zero.key', 'A' x 43 . '=');
$t->write_file('secrets/known.key',
               'YW4tZXhhbXBsZS1rZXktb2YtMzItYnl0ZXMtMTIzNDU=');
chmod 0600, map { "$dir/secrets/$_.key" } qw/ short odd zero known /;
mkdir "$dir/plugins";

my $NODE = <<"EOF";
hpf_zone hpf:8m;
hpf_redis unix:$dir/none.sock;
hpf_secrets $dir/secrets;
EOF

my $A = 'hpf_channel a { name A; kind public; }';


# (passed, output) for an http block, a server and a location

sub try {
    my (%part) = @_;
    my ($http, $location) = map { defined $_ ? $_ : '' }
                            @part{qw/ http location /};

    return $t->config_test(<<"EOF");
%%TEST_GLOBALS%%
http {
    %%TEST_GLOBALS_HTTP%%
# HERE
$http
    server {
        listen 127.0.0.1:8080;
        location / {
$location
        }
    }
}
EOF
}


sub refused {
    my ($name, $want, %part) = @_;
    my ($ok, $out) = try(%part);

    ok(!$ok && $out =~ /\[emerg\].*$want.*test\.conf:\d+/s, $name)
        or diag($ok ? 'accepted' : $out);
}


sub accepted {
    my ($name, %part) = @_;
    my ($ok, $out) = try(%part);

    ok($ok, $name) or diag($out);
}


accepted('nothing of ours');
accepted('a whole node', http => "$NODE $A", location => 'hpf_gate on;');
accepted('another reminder', http => 'hpf_notice 谨防诈骗 Beware;');
accepted('an API', http => "$NODE $A", location => 'hpf_api on;');


# what a gate needs

refused('a gate without a channel', 'hpf_channel', http => $NODE,
        location => 'hpf_gate on;');
refused('a gate without a zone', 'hpf_zone',
        http => "$A hpf_redis unix:/x;", location => 'hpf_gate on;');
refused('users without a store', 'hpf_redis',
        http => "$A hpf_zone a:8m;", location => 'hpf_gate on; hpf_level 1;');
accepted('channels and limits need none', http => "$A hpf_zone a:8m;",
         location => 'hpf_gate on;');
refused('a gate that is no flag', '"on" or "off"', http => "$NODE $A",
        location => 'hpf_gate yes;');


# the node

refused('a zone without a size', 'hpf_zone|NAME:SIZE', http => 'hpf_zone x;');
refused('a zone that is too small', 'small|at least', http => 'hpf_zone x:8k;');
refused('a URL of another scheme', 'invalid URL, "redis://"',
        http => 'hpf_redis http://x;');
refused('a parameter that there is not', 'x=1',
        http => 'hpf_redis unix:/x x=1;');



# the record

$t->audit_key;

my $AUDIT = 'hpf_zone a:16m; hpf_audit audit.jsonl;';
my $LEDGER = "hpf_audit_ledger ledger.jsonl key=$dir/secrets/audit.key";

accepted('a ledger', http => "$AUDIT $LEDGER;");
accepted('with everything', http => "$AUDIT $LEDGER digest=sm3 node=a.b_c-1 "
                                    . 'interval=5s segment=1m;');
accepted('before the record', http => "$LEDGER; $AUDIT");
refused('a second one', 'duplicate', http => "$AUDIT $LEDGER; $LEDGER;");
refused('without a record', 'hpf_audit', http => "hpf_zone a:16m; $LEDGER;");
refused('in a small zone', 'at least 16m',
        http => "hpf_zone a:15m; hpf_audit audit.jsonl; $LEDGER;");
refused('without a key', 'key=', http => "$AUDIT hpf_audit_ledger l node=a;");
refused('a key that is none', 'no private key',
        http => "$AUDIT hpf_audit_ledger l key=$dir/secrets/seal.key;");
refused('a key that others may read', '0600',
        http => "$AUDIT hpf_audit_ledger l key=$dir/secrets/open.key;");
refused('a parameter that there is not', 'invalid parameter "x=1"',
        http => "$AUDIT $LEDGER x=1;");
refused('another digest', 'digest=md5', http => "$AUDIT $LEDGER digest=md5;");
refused('an interval that is too short', 'interval=9ms',
        http => "$AUDIT $LEDGER interval=9ms;");
refused('a segment that is too short', 'segment=9k',
        http => "$AUDIT $LEDGER segment=9k;");
refused('a node with a quote', 'node=', http => qq($AUDIT $LEDGER 'node=a"';));
refused('a folder that there is not', 'open\(\)',
        http => "$AUDIT hpf_audit_ledger none/l key=$dir/secrets/audit.key;");

my $ZONE = 'hpf_zone a:8m;';

sub store {
    my ($directive) = @_;
    return (http => "$ZONE $directive;");
}

accepted('sentinels', store('hpf_redis redis-sentinel://:p%40ss@127.0.0.1,'
    . '127.0.0.2:26380/centre/2?sentinel_user=u&sentinel_password=p'));
accepted('a cluster', store('hpf_redis redis-cluster://u:p@127.0.0.1:7001,'
    . '[::1]:7002'));
accepted('all times', store('hpf_redis redis://127.0.0.1/3 connect=1s '
    . 'timeout=300ms idle=2s reconnect=3s reply=8k'));
accepted('replicas', store('hpf_redis unix:/x; hpf_redis_wait 2'));

refused('sentinels without the name of a master', 'no name of a master',
        store('hpf_redis redis-sentinel://127.0.0.1,127.0.0.2'));
refused('a database of a cluster', 'has no databases',
        store('hpf_redis redis-cluster://127.0.0.1/1'));
refused('a password of sentinels where there are none', 'sentinel_password',
        store('hpf_redis redis://127.0.0.1?sentinel_password=x'));
refused('an empty host', 'host', store('hpf_redis redis-cluster://127.0.0.1,'));
refused('a port', 'invalid port',
        store('hpf_redis redis-cluster://127.0.0.1:99999,127.0.0.2'));
refused('certificates without TLS', '"rediss"',
        store('hpf_redis redis://127.0.0.1 ca=/x'));
refused('half a certificate', 'needed together',
        store('hpf_redis rediss://127.0.0.1 cert=/x'));
refused('a file that is not there', 'nowhere',
        store("hpf_redis rediss://127.0.0.1 ca=$dir/nowhere.pem"));
refused('a flag', 'verify=maybe',
        store('hpf_redis rediss://127.0.0.1 verify=maybe'));
refused('no time', 'idle=0', store('hpf_redis unix:/x idle=0'));
refused('too many replicas', 'a number of replicas expected',
        store('hpf_redis unix:/x; hpf_redis_wait many'));
refused('replicas of nothing', 'needs "hpf_redis"', store('hpf_redis_wait 1'));
refused('replicas that may take longer than all', 'has to be shorter',
        store('hpf_redis unix:/x; hpf_redis_wait 1 timeout=1s'));

refused('a folder of secrets that is not there', 'nowhere',
        http => "hpf_secrets $dir/nowhere;");


# channels

sub channel {
    my ($lines) = @_;
    return (http => "$NODE hpf_channel c { $lines }");
}

refused('an id', 'invalid channel id "C!"',
        http => "$NODE hpf_channel C! { name x; kind public; }");
refused('two channels of an id', 'channel "a" is duplicate',
        http => "$NODE $A $A");
refused('no name', 'needs "name" and "kind"', channel('kind public;'));
refused('no kind', 'needs "name" and "kind"', channel('name x;'));
refused('another kind', 'invalid kind "tls".*"signed" or "mtls" expected',
        channel('name x; kind tls;'));
refused('a member that there is not', 'unknown "colour" in channel "c"',
        channel('colour red;'));
refused('a member with too many values', 'invalid number of arguments',
        channel('entry a b;'));
refused('a capacity', 'invalid capacity "many"', channel('capacity many;'));
refused('an origin', 'invalid origin "x/".*SCHEME://HOST',
        channel('origin x/;'));
refused('signed without a key', 'needs a "key"',
        channel('name x; kind signed;'));
refused('public with a key', 'others take none',
        channel("name x; kind public; key 1 $dir/secrets/a.key;"));
refused('three keys', 'more than 2 keys',
        channel(join ' ', map { "key $_ $dir/secrets/a.key;" } 1 .. 3));
refused('two keys of a name', 'key "1" of channel "c" is duplicate',
        channel(join ' ', map { "key 1 $dir/secrets/a.key;" } 1 .. 2));
refused('a key that is not there', 'none.key',
        channel("name x; kind signed; key 1 $dir/secrets/none.key;"));
refused('a key that others can read', 'open.key',
        channel("name x; kind signed; key 1 $dir/secrets/open.key;"));
refused('a key that is too short', 'short.key',
        channel("name x; kind signed; key 1 $dir/secrets/short.key;"));
refused('a key that is no base64', 'odd.key',
        channel("name x; kind signed; key 1 $dir/secrets/odd.key;"));
refused('a key of zeros', 'zero.key.*is not random',
        channel("name x; kind signed; key 1 $dir/secrets/zero.key;"));
refused('the key of the documents', 'known.key.*example of the documents',
        channel("name x; kind signed; key 1 $dir/secrets/known.key;"));
refused('a lifetime', 'idle=TIME', channel('session idle=soon;'));


# limits

refused('a rate', 'invalid parameter "rate=5"',
        http => $NODE, location => 'hpf_limit x by=user rate=5;');
refused('no rate', 'limit "x" has no "rate="',
        http => $NODE, location => 'hpf_limit x by=user;');
for my $name ("'a\"b'", "'a b'", "'a\\\\b'", "''", "\xc3\xa9", 'x' x 65) {
    refused('a name of a limit', 'invalid limit name', http => $NODE,
            location => "hpf_limit $name by=user rate=1r/s;");
}

accepted('a limit with a long name', http => $NODE,
         location => 'hpf_limit ' . 'x' x 64 . ' by=user rate=1r/s;');
refused('another subject', 'invalid parameter "by=moon"', http => $NODE,
        location => 'hpf_limit x by=moon rate=1r/s;');
refused('a limit of all nodes without a store', 'needs "hpf_redis" before it',
        http => 'hpf_zone x:8m;',
        location => 'hpf_limit x rate=1r/s scope=leased;');
refused('another scope', 'scope=world', http => $NODE,
        location => 'hpf_limit x rate=1r/s scope=world;');
refused('too many limits', '16 limits are the most', http => $NODE,
        location => join ' ', map { "hpf_limit x$_ rate=1r/s;" } 1 .. 17);
refused('a limit of all nodes without a store', 'needs "hpf_redis" before it',
        http => 'hpf_zone x:8m;',
        location => 'hpf_limit x rate=1r/s scope=leased;');
refused('another scope', 'scope=world', http => $NODE,
        location => 'hpf_limit x rate=1r/s scope=world;');
refused('too many limits', '16 limits are the most', http => $NODE,
        location => join ' ', map { "hpf_limit x$_ rate=1r/s;" } 1 .. 17);
refused('a limit without a zone', 'hpf_zone',
        location => 'hpf_limit x by=address rate=1r/s;');


# switches, back ends, sessions, plugins, levels

refused('a switch', 'invalid switch "door"', http => 'hpf_closed door;');
refused('a back end without a location', 'invalid URI "core"',
        http => 'hpf_backend core core;');
refused('a back end without a slash', 'invalid URI "/_core"',
        http => 'hpf_backend core /_core;');
refused('two back ends of a name', 'back end "x" is duplicate',
        http => 'hpf_backend x /_x/; hpf_backend x /_y/;');
refused('a cost', 'invalid parameter "cost=9"', http => 'hpf_password cost=9;');
refused('a pool', 'unknown thread pool "x"', http => 'hpf_password pool=x;');
refused('a suite', 'invalid suite "rot13"', http => 'hpf_seal rot13;');
refused('a key of the seal', 'key 3 of "hpf_seal" is not in',
        http => "$NODE hpf_seal aes-256-gcm key=3;");
refused('a key that is none', 'invalid parameter "key=0"',
        http => 'hpf_seal aes-256-gcm key=0;');
refused('a lock', 'invalid parameter "user=0"', http => 'hpf_lock user=0;');
refused('a pause', 'invalid parameter "first=x"', http => 'hpf_lock first=x;');
refused('a circuit', 'invalid parameter "circuit=1"',
        http => 'hpf_backend x /_x/ circuit=1;');
refused('too many failures', 'invalid parameter "failures=1001"',
        http => 'hpf_backend x /_x/ failures=1001;');
refused('a pause that is none', 'invalid parameter "pause=10ms"',
        http => 'hpf_backend x /_x/ pause=10ms;');
accepted('both', http => 'hpf_backend x /_x/ failures=0 pause=1h;');
refused('a session', 'idle=', http => 'hpf_session idle=x;');
refused('a folder of plugins that is not there', 'nowhere',
        http => "$NODE $A hpf_plugins $dir/nowhere;");
refused('a way to watch that there is not',
        'invalid parameter "watch=dog": cache=DIRECTORY, watch=inotify',
        http => "$NODE $A hpf_plugins $dir/plugins watch=dog;");
refused('an activation', 'invalid value "manual"',
        http => 'hpf_plugin_activation manual;');
refused('two activations', 'duplicate',
        http => 'hpf_plugin_activation auto; hpf_plugin_activation approve;');
refused('approval without a store',
        '"hpf_plugin_activation approve" needs "hpf_redis"',
        http => "hpf_plugins $dir/plugins;");
refused('a watchdog that bites too early', 'invalid time "50ms"',
        http => 'hpf_plugin_watchdog 50ms;');
refused('a watchdog without a time', 'invalid time "soon"',
        http => 'hpf_plugin_watchdog soon;');
refused('two watchdogs', 'duplicate',
        http => 'hpf_plugin_watchdog 0; hpf_plugin_watchdog 2s;');
refused('a quarantine without a time', 'invalid number or time',
        http => 'hpf_plugin_quarantine 3;');
refused('a quarantine for nothing', 'invalid number or time',
        http => 'hpf_plugin_quarantine 0 60s;');
refused('a quarantine after too many', 'invalid number or time',
        http => 'hpf_plugin_quarantine 17 60s;');
refused('two quarantines', 'duplicate',
        http => 'hpf_plugin_quarantine off; hpf_plugin_quarantine 3 60s;');
accepted('neither', http => 'hpf_plugin_watchdog 0; '
         . 'hpf_plugin_quarantine off;');
refused('a level', 'value must be', location => 'hpf_level 4;');
refused('a size', 'hpf_body_max', location => 'hpf_body_max x;');
refused('a directive in the wrong place', 'not allowed here',
        location => 'hpf_zone x:8m;');


# a plugin whose manifest is wrong: its own file and line

mkdir "$dir/plugins/bad";
$t->write_file('plugins/bad/manifest.json',
               "{\n  \"id\": \"bad\",\n  nonsense\n}\n");
my ($ok, $out) = try(http => "$NODE $A hpf_plugins $dir/plugins;");
ok(!$ok && $out =~ m|plugins/bad/manifest\.json:3|,
   'a manifest is told by line') or diag($out);

# a manifest that hashes, and no key for that

$t->write_file('hashing/a/a.lua', 'return { handle = function() end }');
$t->write_file('hashing/a/manifest.json', <<'EOF');
{
  "id": "a", "version": "1.0.0", "language": "lua", "name": "A",
  "users": ["anyone"], "level": 0, "channels": ["*"],
  "form": {"type": "object"},
  "mask": [
    {"keys": ["x"], "kind": "all"},
    {"keys": ["y"],
     "kind": "hash"}
  ]
}
EOF

my $HASHING = "$NODE $A hpf_plugins $dir/hashing;";

($ok, $out) = try(http => $HASHING);
ok(!$ok && $out =~ m|"hash"\ needs\ "hpf_mask_key".*"/mask/1/kind"\ in
                     \ \Q$dir\E/hashing/a/manifest\.json:8|x,
   'a manifest that hashes without a key') or diag($out);

accepted('with a key',
         http => "$HASHING hpf_mask_key $dir/secrets/seal.key;");

done_testing();
