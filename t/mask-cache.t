#!/usr/bin/perl

# The filter behind a cache: what is kept is what the back end sent, and each
# client gets what its location says, from the back end and from the cache.

use warnings;
use strict;
use utf8;

use Compress::Zlib qw/ memGzip /;
use Encode qw/ encode decode /;
use Test::More;

use HPF::Test;
use HPF::Test::Mask;

my $t = HPF::Test->new;

$t->write_conf(<<'EOT');
%%TEST_GLOBALS%%

http {
    %%TEST_GLOBALS_HTTP%%

    proxy_cache_path %%TESTDIR%%/cache keys_zone=one:1m;

    proxy_cache one;
    proxy_cache_key $uri;
    proxy_cache_valid any 1h;
    proxy_cache_use_stale error timeout http_500;
    add_header X-Cache $upstream_cache_status always;

    server {
        listen 127.0.0.1:8080;

        hpf_mask on;

        location / {
            proxy_pass http://127.0.0.1:8081;
        }

        location /again/ {
            proxy_cache_valid any 1s;
            proxy_cache_revalidate on;
            proxy_pass http://127.0.0.1:8081;
        }

        location /stored {
            proxy_cache off;
            proxy_store %%TESTDIR%%/stored;
            proxy_pass http://127.0.0.1:8081;
        }
    }

    server {
        listen 127.0.0.1:8082;

        location / {
            proxy_pass http://127.0.0.1:8081;
        }
    }

    server {
        listen 127.0.0.1:8083;

        hpf_mask on;
        hpf_mask_rule key name kind=none;

        location / {
            proxy_pass http://127.0.0.1:8081;
        }
    }
}
EOT

my %body = (
    plain => $PERSON,
    large => $PERSON x 3000,
    gzip => memGzip($PERSON),
    gbk => encode('gbk', decode('UTF-8', $PERSON)),
    utf16 => encode('UTF-16', decode('UTF-8', $PERSON)),
    bad => memGzip($PERSON x 300) =~ s/.{20}$//sr,
    404 => $PERSON,
);

my %masked = (
    large => $MASKED x 3000,
    utf16 => "\xef\xbb\xbf" . $MASKED,
);

$t->start_backend(8081, \&backend);
$t->run;


for my $name (qw/ plain large gzip gbk utf16 404 /) {
    my $masked = $masked{$name} // $MASKED;

    for my $n (1 .. 3) {
        my $r = http_get("/$name");

        is($r->header('X-Cache'), $n == 1 ? 'MISS' : 'HIT', "$name: state");
        ok($r->body eq $masked, 'masked');
        ok($r->complete, 'whole');
    }

    is(http_request('HEAD', "/$name")->header('Content-Length'), undef,
       'HEAD from the cache');

    my $r = http_get("/$name", headers => [Range => 'bytes=3-9']);

    is($r->status, $name eq '404' ? 404 : 200, 'no part from the cache');
    ok($r->body eq $masked, 'but all');

    # the same entry, where it is not masked, and where it is in another way

    $r = http_get("/$name", port => 8082);

    is($r->header('X-Cache'), 'HIT', 'another server, the same entry');
    ok($r->body eq $body{$name}, 'as the back end sent it');

    my $shown = encode('UTF-8', '张小三');

    ok(http_get("/$name", port => 8083)->body
       eq $masked =~ s/张\*三|\xe5\xbc\xa0\*\xe4\xb8\x89/$shown/gr,
       'by other rules');
}

# the entry first made where it is not masked

is(http_get('/other', port => 8082)->body, $PERSON, 'made unmasked');
is(http_get('/other')->body, $MASKED, 'masked on its way out');

# a file that is stored

is(http_get('/stored')->body, $MASKED, 'masked, and stored');
ok($t->wait_for(sub { $t->read_file('stored') eq $PERSON }),
   'as the back end sent it');

# a damaged one is refused each time

for my $n (1 .. 2) {
    my $r = http_get('/bad');

    ok(!$r || !$r->complete, 'a damaged entry is cut off');
    unlike($r ? $r->body : '', qr/13800138000/, 'and leaks nothing');
}

# revalidated

my $r;

ok($t->wait_for(sub {
    $r = http_get('/again/plain');
    return $r->header('X-Cache') eq 'REVALIDATED';
}), 'revalidated');

is($r->body, $MASKED, 'masked');

done_testing();


sub backend {
    my ($request, $s) = @_;
    my ($name) = $request =~ m!^\S+ \S*/(\w+)!;
    my $body = $body{$name} // $PERSON;
    my $charset = $name eq 'gbk' ? '; charset=gbk' : '';
    my $coding = $name =~ /gzip|bad/ ? "Content-Encoding: gzip\r\n" : '';
    my $status = $name eq '404' ? 404 : 200;

    return "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n"
           . "Connection: close\r\n\r\n" if $request =~ /^If-None-Match/mi;

    return "HTTP/1.1 $status Status\r\nConnection: close\r\n"
           . "Content-Type: application/json$charset\r\n$coding"
           . "ETag: \"x\"\r\n"
           . "Last-Modified: Mon, 28 Sep 1970 06:00:00 GMT\r\n"
           . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}
