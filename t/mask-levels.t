#!/usr/bin/perl

# Rules of masking of http, server and location, in lines and in files: which
# of them wins.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use HPF::Test;

my $t = HPF::Test->new;

$t->write_file('mask.key', 'c2Vjb25kLWtleS1vZi10aGlydHktdHdvLWJ5dGVzLTE=');
chmod 0600, $t->path('mask.key');

$t->write_file('http.json', <<'EOT');
{"$schema": "x",
 "keys":   [{"names": ["a", "b", "from_file"], "kind": "all", "keep": [1, 1]},
            {"names": ["*_secret"], "kind": "all"}],
 "values": [{"kind": "bank-card", "on": false},
            {"kind": "mobile", "keep": [1, 1], "char": "#"}]}
EOT

$t->write_file('later.json', '{"keys": [{"names": ["a"], "kind": "none"}]}');

my $body = '{"name":"张小三","a":"1234567","b":"1234567","from_file":"1234567",'
           . '"x_secret":"1234567","c":"1234567","note":"13800138000"}';

$t->write_conf(<<"EOT");
%%TEST_GLOBALS%%

http {
    %%TEST_GLOBALS_HTTP%%

    default_type application/json;

    hpf_mask on;
    hpf_mask_key mask.key;
    hpf_mask_rules http.json;
    hpf_mask_rule key b kind=all keep=2,2;

    server {
        listen 127.0.0.1:8080;

        location /http { return 200 '$body'; }
    }

    server {
        listen 127.0.0.1:8081;

        hpf_mask_rule key A,c kind=all keep=3,0;
        hpf_mask_rule key X_SECRET kind=none;

        location /server { return 200 '$body'; }

        location /location {
            hpf_mask_rule key a kind=all;
            hpf_mask_rule key name kind=none;
            hpf_mask_rule key from_* kind=none;
            hpf_mask_rule key c kind=all keep=0,1;
            hpf_mask_rule value mobile off;

            return 200 '$body';

            location /location/inner {
                hpf_mask_rule key a kind=all;
                hpf_mask_rules later.json;
                hpf_mask_rule value mobile on;

                return 200 '$body';
            }
        }
    }
}
EOT

$t->run;

is(http_get('/http')->body,
   '{"name":"张*三","a":"1*****7","b":"12***67","from_file":"1*****7",'
   . '"x_secret":"***","c":"1234567","note":"1#########0"}',
   'built-in rules, a file, and a line after it');

is(http_get('/server', port => 8081)->body,
   '{"name":"张*三","a":"123****","b":"12***67","from_file":"1*****7",'
   . '"x_secret":"1234567","c":"123****","note":"1#########0"}',
   'a server wins over http, in any case, and an exact name over a pattern');

is(http_get('/location', port => 8081)->body,
   '{"name":"张小三","a":"***","b":"12***67","from_file":"1*****7",'
   . '"x_secret":"1234567","c":"******7","note":"13800138000"}',
   'a location wins over its server, a pattern over nothing');

is(http_get('/location/inner', port => 8081)->body,
   '{"name":"张小三","a":"1234567","b":"12***67","from_file":"1*****7",'
   . '"x_secret":"1234567","c":"******7","note":"1#########0"}',
   'a file wins over the line before it; a form comes from above');

done_testing();
