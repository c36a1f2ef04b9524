#!/usr/bin/perl

# Rules for places, members that go, and hashes: of a location, a file and an
# item.

use warnings;
use strict;

use Digest::SHA qw/ hmac_sha256_hex /;
use MIME::Base64 qw/ decode_base64 /;
use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use HPF::Test;

my $t = HPF::Test->new;

my $KEY = 'c2Vjb25kLWtleS1vZi10aGlydHktdHdvLWJ5dGVzLTE=';

$t->write_file('mask.key', $KEY);
chmod 0600, $t->path('mask.key');

$t->write_file('rules.json', <<'EOT');
{"paths": [{"paths": ["/rows/*/memo", "/a~1b"], "kind": "all"},
           {"paths": ["/rows/1/memo"], "kind": "all", "keep": [1, 0]}]}
EOT

$t->write_file('rows.json', '{"rows":[{"memo":"first","name":"张三"},'
               . '{"memo":"second","name":"张三"}],"memo":"kept",'
               . '"name":"张三","a/b":"x","k":{"rows":[{"memo":"kept"}]}}');
$t->write_file('drop.json', '{"pwd":"a","x":1,"pwd":"b","list":[1,{"pwd":2}],'
               . '"pwd":{"y":[1]}}');
$t->write_file('hash.json', '{"a":"13800138000","b":"\u0031\u0033800138000",'
               . '"c":"13800138001"}');

$t->write_conf(<<'EOT');
%%TEST_GLOBALS%%

http {
    %%TEST_GLOBALS_HTTP%%

    default_type application/json;

    hpf_mask on;
    hpf_mask_key mask.key;

    server {
        listen 127.0.0.1:8080;

        location /rows {
            hpf_mask_rules rules.json;
            hpf_mask_rule path /rows/0/name kind=none;
            alias %%TESTDIR%%/rows.json;
        }

        location /drop {
            hpf_mask_rule key pwd kind=drop;
            alias %%TESTDIR%%/drop.json;
        }

        location /hash {
            hpf_mask_rule key a,b,c kind=hash;
            alias %%TESTDIR%%/hash.json;
        }
    }
}
EOT

$t->run;

is(http_get('/rows')->body, '{"rows":[{"memo":"***","name":"张三"},'
   . '{"memo":"s*****","name":"张*"}],"memo":"kept",'
   . '"name":"张*","a/b":"***","k":{"rows":[{"memo":"kept"}]}}',
   'places, of which the later wins, and over a key');

is(http_get('/drop')->body, '{"x":1,"list":[1,{}]}', 'members that go');

my ($first, $second, $other) =
    http_get('/hash')->body =~ /^{"a":"(.*)","b":"(.*)","c":"(.*)"}$/;

is($first, substr(hmac_sha256_hex('13800138000', decode_base64($KEY)), 0, 32),
   'a hash with the key');
is($second, $first, 'of the value, however it is written');
isnt($other, $first, 'another of another');

done_testing();
