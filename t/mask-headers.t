#!/usr/bin/perl

# What is said of a body that was masked: nothing that held only for the one
# that the back end sent, whatever the method, the status or the version.  Of
# HEAD no length is known.

use warnings;
use strict;

use Test::More;

use HPF::Test;
use HPF::Test::Mask;

my $t = HPF::Test->new;

$t->write_conf(<<'EOT');
%%TEST_GLOBALS%%

http {
    %%TEST_GLOBALS_HTTP%%

    types { application/json json; image/png png; }

    server {
        listen 127.0.0.1:8080;

        hpf_mask on;

        location / {
            proxy_pass http://127.0.0.1:8081;
        }

        location /forced/ {
            proxy_force_ranges on;
            proxy_pass http://127.0.0.1:8081/;
        }

        location /files/ {
            alias %%TESTDIR%%/;
        }

        location /direct/ {
            sendfile on;
            directio 512;
            output_buffers 2 4k;
            alias %%TESTDIR%%/;
        }
    }
}
EOT

$t->write_file('person.json', $PERSON);
$t->write_file('image.png', $PERSON);
$t->write_file('large.json', $PERSON x 3000);

$t->start_backend(8081, \&backend);
$t->run;


# of each answer with a body: everything that depends on it is gone

for my $path ('/200', '/201', '/206ok', '/400', '/404', '/500', '/forced/200',
              '/files/person.json', '/direct/person.json')
{
    for my $method ('GET', 'HEAD') {
        my $r = http_request($method, $path);
        my $name = "$method $path";

        is($r->body, $method eq 'HEAD' ? '' : $MASKED, "$name: body");
        like($r->header('ETag') // 'W/', qr/^W\//, 'no strong ETag');

        is($r->header('Content-Length'),
           $method eq 'HEAD' ? undef : length $MASKED, 'its length');

        for my $header (qw/ Last-Modified Accept-Ranges Content-MD5 Digest
                            Content-Digest Repr-Digest /)
        {
            is($r->header($header), undef, "$name: no $header");
        }
    }
}

is(http_get('/weak')->header('ETag'), 'W/"tag"', 'a weak ETag stays');
is(http_get('/200')->header('X-Other'), 'kept', 'other headers stay');

# versions

like(http("GET /200 HTTP/1.0\r\n\r\n"), qr/\r\n\r\n\Q$MASKED\E$/s, 'HTTP/1.0');
unlike(http("GET /200 HTTP/1.0\r\n\r\n"), qr/^Transfer-Encoding/mi,
       'has no chunks');
like(http("GET /200\r\n"), qr/\A\Q$MASKED\E\z/s, 'HTTP/0.9');

my $c = client(8080);

for my $path ('/200', '/head', '/200', '/204', '/304', '/200', '/empty') {
    my $r = $c->request($path eq '/head' ? 'HEAD' : 'GET', $path);

    ok($r && $r->complete, "$path on one connection");
    is($r->body, $MASKED, 'masked') if $path eq '/200';
    is($r->body, '', 'no body') if $path ne '/200';
}

# ranges are not given of what is masked, and are of what is not

for my $range ('bytes=0-20', 'bytes=-5', 'bytes=0-3,10-14', 'bytes=9999-') {
    for my $path ('/forced/200', '/files/person.json', '/direct/person.json') {
        my $r = http_get($path, headers => [Range => $range]);

        is($r->status, 200, "$range of $path");
        is($r->body, $MASKED, 'is the whole');
    }
}

is(http_get('/files/image.png', headers => [Range => 'bytes=1-4'])->body,
   '"nam', 'a part of what is not masked');

# conditions

my $tag = http_get('/files/person.json')->header('ETag');
my $r = http_get('/files/person.json', headers => ['If-None-Match' => $tag]);

is($r->status, 304, 'If-None-Match');
is($r->header('ETag'), $tag, 'of the same tag');
is($r->header('Last-Modified'), undef, 'and still no date');

$r = http_get('/files/person.json',
              headers => ['If-Range' => $tag, Range => 'bytes=0-3']);

is($r->status, 200, 'If-Range');
is($r->body, $MASKED, 'is the whole');

$r = http_get('/files/person.json',
              headers => ['If-Match' => $tag =~ s/^W.//r]);

ok($r->status == 412 || $r->body eq $MASKED, 'If-Match');

$r = http_get('/304');

is($r->status, 304, '304 of a back end');
is($r->header('ETag'), 'W/"tag"', 'with the tag of what was masked');

# files in any way that they are read

for my $path ('/files/large.json', '/direct/large.json') {
    my $masked = '';

    stream($path, sub { $masked .= $_[0] });
    ok($masked eq $MASKED x 3000, $path);
}

done_testing();


sub backend {
    my ($request, $s) = @_;
    my ($method, $status) = $request =~ m!^(\S+) \S*/(\w+)!;

    my $head = "Content-Type: application/json\r\nETag: \"tag\"\r\n"
               . "Last-Modified: Mon, 28 Sep 1970 06:00:00 GMT\r\n"
               . "Accept-Ranges: bytes\r\nContent-MD5: AA==\r\n"
               . "Digest: sha-256=AA==\r\nContent-Digest: sha-256=:AA==:\r\n"
               . "Repr-Digest: sha-256=:AA==:\r\nX-Other: kept\r\n"
               . "Repr-Digest: sha-512=:AA==:\r\n";

    return "HTTP/1.1 304 Not Modified\r\nETag: \"tag\"\r\n"
           . "Content-Type: application/json\r\nConnection: close\r\n\r\n"
        if $status eq '304';
    return "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
        if $status eq '204';
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
           . "Content-Length: 0\r\nConnection: close\r\n\r\n"
        if $status eq 'empty';

    $head =~ s/"tag"/W\/"tag"/ if $status eq 'weak';
    $status = 200 if $status =~ /^(?:head|weak|206ok)$/;

    return "HTTP/1.1 $status Status\r\nConnection: close\r\n$head"
           . 'Content-Length: ' . length($PERSON) . "\r\n\r\n"
           . ($method eq 'HEAD' ? '' : $PERSON);
}
