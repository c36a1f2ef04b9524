#!/usr/bin/perl

# The module in a plain nginx.conf with nothing else of ours.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->plan(6);

my $conf = <<'EOF';

%%TEST_GLOBALS%%

http {
    %%TEST_GLOBALS_HTTP%%

    server {
        listen 127.0.0.1:8080;

        location / {
            proxy_pass http://127.0.0.1:8081;
        }
    }
}

EOF

my ($ok, $out) = $t->config_test($conf);
ok($ok, 'configuration test') or diag($out);

($ok, $out) = $t->config_test($conf =~ s/proxy_pass/hpf_nonsense on; $&/r);
like($out, qr/unknown directive "hpf_nonsense".*test\.conf:\d+/,
     'unknown directive');

$t->start_backend(8081, sub {
    return "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nplain\n";
});

$t->write_conf($conf)->run;

my $r = http_get('/');
is($r->status, 200, 'status');
is($r->body, "plain\n", 'body');

ok($t->reload(wait_old => 1), 'reload');
is(http_get('/')->body, "plain\n", 'body after reload');
