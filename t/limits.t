#!/usr/bin/perl

# Limits by address, channel and item: what fits passes, what does not gets
# 429 with the standard headers, and all workers count together.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(workers => 4, http => <<'EOF',
    hpf_channel tight {
        name tight;
        kind public;
        limit tight rate=2r/h burst=4;
    }
EOF
    channels => <<'EOF');
        location = /address {
            hpf_limit one by=address rate=1r/h burst=2;
            proxy_pass http://demo/healthz;
        }

        location = /long-name {
            hpf_limit wide by=address rate=3600r/h burst=9;
            hpf_limit narrow by=address rate=6r/h burst=2;
            proxy_pass http://demo/healthz;
        }

        location = /dry {
            hpf_limit dry by=address rate=1r/h burst=0 dry_run;
            proxy_pass http://demo/healthz;
        }

        location = /dry-location {
            hpf_limit dry2 by=address rate=1r/h burst=0;
            hpf_limit_dry_run on;
            proxy_pass http://demo/healthz;
        }

        location = /gate {
            hpf_gate on;
            hpf_limit items by=item rate=1r/h burst=1;
            hpf_item account-query;
            proxy_pass http://demo/healthz;
        }

        location = /off {
            hpf_limit off;
            proxy_pass http://demo/healthz;
        }
EOF


sub statuses {
    my ($n, $try) = @_;
    return join ' ', map { $try->()->status } 1 .. $n;
}


# by address, counted in one place for all workers

my $path = '/address';
my $try = sub { http_get($path, headers => [ Connection => 'close' ]) };

is(statuses(5, $try), '200 200 200 429 429', 'burst and one, then no more');

my $r = $try->();
is($r->header('Content-Type'), 'application/problem+json', 'a problem');
is($r->json->{code}, 'rate-limited', 'code');
is($r->json->{limit}, 'one', 'which limit');
is($r->json->{retry_after}, $r->header('Retry-After'), 'when to come again');
cmp_ok($r->header('Retry-After'), '>', 3000, 'in about an hour');
cmp_ok($r->header('Retry-After'), '<=', 3600, 'and not later');
is($r->header('RateLimit-Policy'), '"one";q=3;w=10800', 'policy');
like($r->header('RateLimit'), qr/^"one";r=0;t=\d+$/, 'state');

$r = http_get('/address', headers => [ 'Accept-Language' => 'en' ]);
is($r->header('Content-Language'), 'en', 'English on request');


# a body that was announced is not taken for the next request

my $c = client(8080);
$r = $c->request('POST', '/address', body => "GET /x HTTP/1.1\r\n\r\n",
                 headers => []);
is($r->status, 429, 'a refused request with a body');
is($c->request('GET', '/off')->status, 200, 'the connection goes on')
    or diag('closed');


# the tightest one is told

$path = '/long-name';
$r = $try->();
is($r->status, 200, 'two limits');
like($r->header('RateLimit'), qr/^"narrow";r=2;/, 'the tightest');
is(statuses(4, $try), '200 200 429 429', 'which then refuses');
is($try->()->json->{limit}, 'narrow', 'by name');


# dry run: all passes, the log and the metrics tell what would not

$path = '/dry';
is(statuses(3, $try), '200 200 200', 'dry run of a limit');
$path = '/dry-location';
is(statuses(3, $try), '200 200 200', 'dry run of a location');
like($t->log_text, qr/limit: "dry" would refuse, dry run/, 'in the log');


# by channel

sub channel { $t->call('GET', '/v1/items', channel => 'tight') }

is(statuses(7, \&channel), '200 200 200 200 200 429 429', 'by channel');
is(channel()->json->{limit}, 'tight', 'which');
is($t->call('GET', '/v1/items', channel => 'hall')->status, 200,
   'another channel');


# by item, whoever calls

sub item {
    my ($channel) = @_;
    return $t->call('GET', '/gate', channel => $channel);
}

is(join(' ', map { item($_)->status } qw/ hall app wechat /), '401 401 429',
   'by item, before anybody is asked to log in');


# many at once: not one too many

my @clients = map { client(8080) } 1 .. 40;
$_->send("GET /long-name HTTP/1.1\r\nHost: x\r\n\r\n") for @clients;
my %n;
$n{$_->response->status}++ for @clients;
is($n{429}, 40, 'nothing has come free');


# reload keeps what was counted

$t->reload(wait_old => 1);
$path = '/address';
is($try->()->status, 429, 'after a reload');

like($t->admin('GET', '/metrics')->body,
     qr/hpf_requests_total\{[^}]*rate-limited/, 'metric');

done_testing();
