#!/usr/bin/perl

# A request that nginx sends on from one location to another is asked for all
# that the second one asks for, whatever it has passed before.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(channels => <<'EOF');
        location = /limited {
            hpf_limit limited by=address rate=1000r/s;
            proxy_pass http://demo/there-is-no-such;
            proxy_intercept_errors on;
            error_page 404 = @one;
        }

        location /tried/ {
            hpf_limit tried by=address rate=1000r/s;
            try_files /nothing @one;
        }

        location /open/ {
            hpf_gate on;
            try_files /nothing @one;
        }

        location /open-error/ {
            hpf_gate on;
            proxy_pass http://demo/there-is-no-such/;
            proxy_intercept_errors on;
            error_page 404 = @two;
        }

        location /item/ {
            hpf_gate on;
            hpf_item account-query;
            try_files /nothing @application;
        }

        location @one {
            hpf_gate on;
            hpf_level 1;
            rewrite ^ /healthz break;
            proxy_pass http://demo;
        }

        location @two {
            hpf_gate on;
            hpf_level 2;
            rewrite ^ /healthz break;
            proxy_pass http://demo;
        }

        location @application {
            hpf_gate on;
            hpf_item withdraw-rent;
            rewrite ^ /healthz break;
            proxy_pass http://demo;
        }
EOF

my ($first, $second) = ($t->person(0), $t->person(1));

$t->register($first);
my $low = $t->login($first);
my $high = $t->enter($second);


sub get {
    my ($path, $token, %opts) = @_;
    my $r = $t->call('GET', $path, token => $token, %opts);
    return $r->status == 200 ? 'ok' : $r->json->{code};
}


is(get('/limited'), 'session-required', 'from a limit into a gate');
is(get('/limited', undef, headers => [ 'X-HPF-Channel' => 'nobody' ],
       channel => ''), 'channel-unknown', 'of which nothing is left out');
is(get('/limited', $low), 'ok', 'who may passes');
is(get('/tried/x'), 'session-required', 'by try_files');
is(get('/tried/x', $low), 'ok', 'who may passes');

is(get('/open/x'), 'session-required', 'from a gate that anybody passes');
is(get('/open/x', $low), 'ok', 'who may passes');
is(get('/open-error/x', $low), 'step-up-required', 'into one of a level');
is(get('/open-error/x', $high), 'ok', 'who may passes');

is(get('/item/x', $low), 'step-up-required', 'from an item to another one');
is(get('/item/x', $high), 'ok', 'who may passes');

# of signed channels too: the same signature is not seen twice

is(get('/open/x', $low, channel => 'wechat'), 'ok', 'a signed channel');

my $n;

ok($t->wait_for(sub {
    ($n) = $t->admin('GET', '/metrics')->body
           =~ /^hpf_requests_total\{[^}]*channel="wechat"[^}]*\} (\d+)/m;
    return $n;
}), 'a request is counted');
is($n, 1, 'once');

done_testing();
