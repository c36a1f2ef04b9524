#!/usr/bin/perl

# What an access log sees of a request by $hpf_masked_uri, $hpf_masked_args and
# $hpf_masked_referer: no number of a person, no character that it must not.
# What nginx adds to lines of the error log is masked without being told to.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new;

$t->write_conf(<<'EOT');
%%TEST_GLOBALS%%

http {
    %%TEST_GLOBALS_HTTP%%

    log_format masked escape=none
               '[$hpf_masked_uri] [$hpf_masked_args] [$hpf_masked_referer]';

    server {
        listen 127.0.0.1:8080;

        access_log %%TESTDIR%%/logs/masked.log masked;

        location / {
            return 200;
        }

        location /rules/ {
            hpf_mask_rule key nick kind=all;
            hpf_mask_rule value mobile off;
            return 200;
        }

        location /rewritten {
            rewrite ^ /other?q=13800138000 last;
        }

        location /gone/ {
            proxy_pass http://127.0.0.1:8089/account/;
        }

        location /rules/gone/ {
            hpf_mask_rule key nick kind=all;
            hpf_mask_rule value mobile off;
            proxy_pass http://127.0.0.1:8089/;
        }
    }
}
EOT

$t->run;

my $seen = 0;


for my $case (
    ['/', '/', ''],
    ['/x?', '/x?', ''],
    ['/x?a=b&c', '/x?a=b&c', 'a=b&c'],
    ['/user/13800138000/card/6217000010012345677',
     '/user/138****8000/card/***************5677', ''],
    ['/u/%31380013800%30', '/u/%3138****800%30', ''],
    ['/x?mobile=13800138000', '/x?mobile=138****8000', 'mobile=138****8000'],
    ['/x?name=%E5%BC%A0%E5%B0%8F%E4%B8%89&q=1',
     '/x?name=%E5%BC%A0*%E4%B8%89&q=1', 'name=%E5%BC%A0*%E4%B8%89&q=1'],
    ['/x?a=13800138000&a=13912345678',
     '/x?a=138****8000&a=139****5678', 'a=138****8000&a=139****5678'],
    ['/13800138000?13800138000', '/138****8000?138****8000', '138****8000'],
    ['/rules/x?nick=joe&m=13800138000', '/rules/x?nick=***&m=13800138000',
     'nick=***&m=13800138000'],
    ['/x?y=%0d%0a13800138000', '/x?y=%0d%0a138****8000',
     'y=%0d%0a138****8000'],
    ['/rewritten?p=13800138000', '/rewritten?p=138****8000',
     'q=138****8000&p=138****8000'],
)
{
    is(logged("GET $case->[0] HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"),
       "[$case->[1]] [$case->[2]] []", $case->[0]);
}

is(logged("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
          . "Referer: http://a/13800138000?name=x&mobile=13800138000\r\n"),
   '[/] [] [http://a/138****8000?name=*&mobile=138****8000]', 'a referer');

is(logged("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
          . "Referer: a\tb\x01c\r\n"), '[/] [] [a?b?c]',
   'no control characters');

# requests that are none

http("GET\r\n\r\n");
http("GET /13800138000 HTTP/1.1\r\nBad\r\n\r\n");
http('GET /' . '1' x 20000 . " HTTP/1.1\r\nHost: x\r\n\r\n");

is(logged("GET /x HTTP/1.0\r\n"), '[/x] [] []', 'after requests that are none');
is(join(' ', grep { /13800138000/ && !/nick/ }
             split /\n/, $t->read_file('logs/masked.log')), '', 'nothing raw');

# lines of the error log

port(8089);

my $target = "/gone/13800138000?mobile=13912345678&x=%3A6217000010012345677";
my $gone = told("GET $target HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                . "Referer: http://a/?name=%E5%BC%A0%E5%B0%8F%E4%B8%89\r\n");

like($gone, qr/connect\(\) failed .* client: 127\.0\.0\.1, server: /,
     'a back end that is gone');

my $args = qr/\?mobile=139\*{4}5678&x=%3A\*{15}5677/;

like($gone, qr{ request: "GET /gone/138\*{4}8000$args HTTP/1\.1", },
     'the request');
like($gone, qr{ upstream: "http://127\.0\.0\.1:\d+/account/138\*{4}8000$args", },
     'what the back end was asked');
like($gone, qr{ host: "x", referrer: "http://a/\?name=%E5%BC%A0\*%E4%B8%89"$},
     'the referrer');

like(told("GET /rules/gone/?nick=joe&m=13800138000 HTTP/1.0\r\n"),
     qr/ request: "GET \S+nick=\*\*\*&m=13800138000 HTTP/,
     'by the rules of the location');

my $long = told('GET /gone/?' . 'mobile=13800138000&' x 100
                . " HTTP/1.0\r\n");

like($long, qr/ request: "GET \S+mobile=138\*{4}8000&/, 'a long line');
unlike($long, qr/13800138/, 'of which the rest is cut off');

done_testing();


# the line of the error log that this request added

sub told {
    my ($head) = @_;
    my $from = length $t->log_text;
    my $line;

    http("$head\r\n");

    $t->wait_for(sub {
        ($line) = substr($t->log_text, $from) =~ /^(.*\[error\].*)\n/m;
    });

    return $line;
}


# the last line that this request added

sub logged {
    my ($head) = @_;
    my @lines;

    http("$head\r\n");

    $t->wait_for(sub {
        @lines = split /\n/, $t->read_file('logs/masked.log');
        return @lines > $seen;
    });

    $seen = @lines;

    return $lines[-1];
}
