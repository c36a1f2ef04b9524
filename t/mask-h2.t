#!/usr/bin/perl

# The filter over HTTP/2: whole answers, those that are cut off,
# and clients that leave after each chunk.

use warnings;
use strict;

use Compress::Zlib qw/ memGzip /;
use Test::More;

use HPF::Test;
use HPF::Test::Mask;

plan(skip_all => 'curl without HTTP/2') unless `curl -V` =~ /HTTP2/;

my $t = HPF::Test->new;

$t->write_conf(<<'EOT');
%%TEST_GLOBALS%%

http {
    %%TEST_GLOBALS_HTTP%%

    server {
        listen 127.0.0.1:8080 http2;

        http2_chunk_size 1k;
        hpf_mask on;
        hpf_mask_header X-Text;

        location / {
            proxy_pass http://127.0.0.1:8081;
        }

        location /flowing/ {
            proxy_pass http://127.0.0.1:8081/;
            proxy_buffering off;
        }
    }
}
EOT

my %body = (
    plain => $PERSON,
    large => $PERSON x 3000,
    gzip => memGzip($PERSON x 3000),
    cut => substr(memGzip(join '', map { "$PERSON$_" } 1 .. 9000), 0, -100),
    bad => 'no gzip',
);

$t->start_backend(8081, \&backend);
$t->run;

my $base = 'http://127.0.0.1:' . port(8080);


for my $where ('', '/flowing') {
    is(curl("$where/plain"), $MASKED, "$where/plain");
    ok(curl("$where/large") eq $MASKED x 3000, "$where/large");
    ok(curl("$where/gzip") eq $MASKED x 3000, "$where/gzip");
    like(curl("$where/bad"), qr/"mask-unscannable"/, "$where/bad");

    my $out = curl("$where/cut");

    isnt($? >> 8, 0, "$where/cut: the client is told");
    unlike($out, qr/13800138000/, 'and nothing leaks');

    is(curl("$where/plain"), $MASKED, 'others go on');
}

# what has no body, and the headers of what has

for my $name (qw/ 204 304 plain /) {
    my $head = `curl -s -m 20 --http2-prior-knowledge -I $base/$name`;

    like($head, qr/^x-text: call 138\*{4}8000\r$/m, "$name: headers");
    unlike($head, qr/^content-length:/m, 'no length of another body');
    is(curl("/$name"), $name eq 'plain' ? $MASKED : '', 'the body');
}

# clients that leave: after each of the first chunks, at each kind of body

for my $name (qw/ large gzip cut /) {
    for my $n (1 .. 20) {
        my $size = 1024 * $n;
        my $path = ($n % 2 ? '' : '/flowing') . "/$name";

        system("curl -s -m 10 --http2-prior-knowledge $base$path"
               . " | head -c $size >/dev/null");
    }
}

is(curl('/plain'), $MASKED, 'after clients that left');
like(http("GET / HTTP/1.1\r\n\r\n"), qr/./s, 'and one of HTTP/1.1');

done_testing();


sub curl {
    my ($path) = @_;

    return scalar `curl -s -m 20 --http2-prior-knowledge $base$path`;
}


sub backend {
    my ($request, $s) = @_;
    my ($name) = $request =~ m!^\S+ \S*/(\w+)!;

    my $coding = $name =~ /gzip|cut|bad/ ? "Content-Encoding: gzip\r\n" : '';

    my $status = $name =~ /^\d+$/ ? $name : 200;

    print $s "HTTP/1.1 $status Status\r\nConnection: close\r\n"
        . "X-Text: call 13800138000\r\n"
        . "Content-Type: application/json\r\n$coding\r\n"
        . ($body{$name} // '');
    close $s;
}
