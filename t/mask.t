#!/usr/bin/perl

# The masking filter in a plain proxy, with nothing else of ours: what goes to
# the back end, what comes back, in every split and with every header that
# masking makes untrue.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use HPF::Test;

my $t = HPF::Test->new;

$t->write_conf(<<'EOT');
%%TEST_GLOBALS%%

http {
    %%TEST_GLOBALS_HTTP%%

    types { application/json json; text/plain txt; image/png png; }

    gzip_min_length 0;
    gzip_types application/json;

    log_format masked $hpf_masked_fields;

    proxy_cache_path %%TESTDIR%%/cache keys_zone=one:1m;

    server {
        listen 127.0.0.1:8080;

        hpf_mask on;

        location / {
            proxy_pass http://127.0.0.1:8081;
            access_log %%TESTDIR%%/logs/masked.log masked;
        }

        location /unbuffered/ {
            proxy_pass http://127.0.0.1:8081/;
            proxy_buffering off;
        }

        location /http11/ {
            proxy_pass http://127.0.0.1:8081/;
            proxy_http_version 1.1;
        }

        location /gzip/ {
            gzip on;
            gzip_http_version 1.0;
            proxy_pass http://127.0.0.1:8081/;
        }

        location /pass/ {
            hpf_mask_unscannable pass;
            proxy_pass http://127.0.0.1:8081/;
        }

        location /off/ {
            hpf_mask off;
            proxy_pass http://127.0.0.1:8081/;
        }

        location /cached/ {
            proxy_cache one;
            proxy_cache_key one;
            proxy_cache_valid any 1h;
            proxy_pass http://127.0.0.1:8081/;
        }

        location /uncovered/ {
            hpf_mask off;
            proxy_cache one;
            proxy_cache_key one;
            proxy_cache_valid any 1h;
            proxy_pass http://127.0.0.1:8081/;
        }

        location /upgrade {
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_pass http://127.0.0.1:8081;
        }

        location /types/ {
            hpf_mask_types application/x-other;
            proxy_pass http://127.0.0.1:8081/;
        }

        location /rules/ {
            hpf_mask_rule key serial,ywlsh kind=none;
            hpf_mask_rule key *code* kind=all;
            hpf_mask_rule key id_no kind=id-card keep=3,4 char=#;
            hpf_mask_rule value mobile off;
            hpf_mask_rule value id-card on keep=1,1;
            proxy_pass http://127.0.0.1:8081/;
        }

        location /static/ { alias %%TESTDIR%%/; }

        location /return {
            default_type application/json;
            return 200 '{"name":"abc"}';
        }

        location /sub/ {
            sub_filter_types application/json;
            sub_filter "***" "a text in its place";
            sub_filter "13800138000" "leaked";
            proxy_pass http://127.0.0.1:8081/;
        }

        location /ssi/ {
            ssi on;
            proxy_pass http://127.0.0.1:8081/;
        }

        location /redirect/ {
            error_page 404 = @other;
            proxy_intercept_errors on;
            proxy_pass http://127.0.0.1:8081/;
        }

        location @other {
            default_type text/plain;
            return 200 "call 13800138000";
        }
    }
}
EOT

my $person = '{"name":"张小三","idNo":"11010519491231002X",'
             . '"mobile":13800138000,"note":"卡6217000010012345677。"}';
my $masked = '{"name":"张*三","idNo":"110105********002X",'
             . '"mobile":"138****8000","note":"卡***************5677。"}';

$t->write_file('person.json', $person);
$t->write_file('note.txt', 'call 13800138000');
$t->write_file('number.png', 'call 13800138000');

$t->start_backend(8081, \&backend);
$t->run;


# the plain case

my $r = http_get('/person');

is($r->status, 200, 'status');
is($r->body, $masked, 'masked');
is($r->header('Content-Length'), length $masked, 'length of this body');
is($r->header('ETag'), 'W/"tag"', 'weak etag');
is($r->header('Last-Modified'), undef, 'no last-modified');
is($r->header('Accept-Ranges'), undef, 'no accept-ranges');
is($r->header('Content-Digest'), undef, 'no digest of the old body');

ok($t->wait_for(sub { $t->read_file('logs/masked.log') =~ /^4$/m }),
   'masked fields in the log');

# what the back end is asked

$r = http_get('/echo', headers => ['Accept-Encoding' => 'gzip, br',
                                   'Range' => 'bytes=0-3',
                                   'If-Range' => '"tag"',
                                   'X-Kept' => 'yes']);

like($r->body, qr/^accept-encoding: identity\r$/mi, 'asked not to code');
unlike($r->body, qr/^(if-)?range:/mi, 'not asked for a part');
like($r->body, qr/^x-kept: yes\r$/mi, 'other headers stay');

$r = http_get('/off/echo', headers => ['Accept-Encoding' => 'gzip',
                                       'Range' => 'bytes=0-3']);

like($r->body, qr/^accept-encoding: gzip\r$/mi, 'off: coding');
like($r->body, qr/^range: bytes=0-3\r$/mi, 'off: range');

$r = http_get('/gzip/person', headers => ['Accept-Encoding' => 'gzip']);

is($r->header('Content-Encoding'), 'gzip', 'gzip of our own for the client');
is(gunzipped($r->body), $masked, 'of the masked body');

# methods, versions, statuses

$r = http_request('HEAD', '/person');

is($r->status, 200, 'HEAD');
is($r->header('Content-Length'), undef, 'HEAD, no length');

like(http("GET /person HTTP/1.0\r\nHost: x\r\n\r\n"), qr/\Q$masked\E$/,
     'HTTP/1.0');

is(http_get('/304')->status, 304, 'not modified');
is(http_get('/204')->status, 204, 'no content');
is(http_get('/204')->body, '', 'has no body');

$r = http_get('/500');

is($r->status, 500, 'error of the back end');
is($r->body, '{"detail":"no user 138****8000"}', 'its body is masked');

is(http_get('/http11/chunked')->body, $masked x 3, 'chunks');
is(http_get('/return')->body, '{"name":"a*c"}', 'local answer');
is(http_get('/redirect/missing')->body, 'call 138****8000',
   'internal redirect');

# types

is(http_get('/type/text/plain')->body, 'call 138****8000 {"name":"abc"}',
   'text has value rules alone');
is(http_get('/type/text/html')->body, 'call 138****8000 {"name":"abc"}',
   'html');
is(http_get('/type/application/problem+json')->body,
   'call 138****8000 {"name":"a*c"}', 'problem');
for my $type (qw! application/x-json application/json5 text/json
                  application/hal+json application/geo+json-seq
                  application/jsonlines application/ecmascript !,
              'application/json,application/json')
{
    is(http_get("/type/$type")->body, 'call 138****8000 {"name":"a*c"}',
       "$type: JSON");
}

for my $type (qw! application/yaml application/csv text/x-other !) {
    is(http_get("/type/$type")->body, 'call 138****8000 {"name":"abc"}',
       "$type: values");
}

is(http_get('/type/image/png')->body, 'call 13800138000 {"name":"abc"}',
   'image');
is(http_get('/type/')->body, 'call 138****8000 {"name":"a*c"}', 'no type');
is(http_get('/types/type/text/plain')->body,
   'call 13800138000 {"name":"abc"}', 'types, another');
is(http_get('/types/type/application/x-other')->body,
   'call 138****8000 {"name":"abc"}', 'types, one of them');

# what cannot be scanned

$r = http_get('/coded');

is($r->status, 502, 'coded body');
is($r->header('Content-Type'), 'application/problem+json', 'is a problem');
is($r->header('Content-Encoding'), undef, 'not coded');
is(json($r->body)->{code}, 'mask-unscannable', 'and says why');
is(http_request('HEAD', '/coded')->status, 502, 'the same for HEAD');
is(http_get('/206')->status, 502, 'a part');
is(http_get('/parts')->status, 502, 'parts');
is(http_get('/bigcoded')->status, 502, 'a large coded body');
is(http_get('/pass/coded')->body, $person, 'pass');

# static files

$r = http_get('/static/person.json', headers => [Range => 'bytes=0-20']);

is($r->status, 200, 'no part of a file');
is($r->body, $masked, 'a file');

$r = http_get('/static/number.png', headers => [Range => 'bytes=0-6']);

is($r->status, 206, 'a part of an image');
is($r->body, 'call 13', 'as it is');

# every split of the back end's answer

my $split = 0;
my $expected = "\xef\xbb\xbf" . $masked;

for my $n (1 .. length($person) + 2) {
    $split++ if http_get("/unbuffered/split/$n")->body eq $expected;
}

is($split, length($person) + 2, 'each split');
is(http_get('/unbuffered/bytes')->body, $masked, 'byte by byte');

# with other filters

is(http_get('/sub/secret')->body, '{"pwd":"a text in its place","x":'
   . '"138****8000"}', 'sub_filter sees the masked body');
is(http_get('/ssi/page')->body, 'a 138****8000 b 138****8000 c',
   'ssi and its part');

# with a cache: it keeps what the back end sent, masked is what leaves

is(http_get('/cached/person')->body, $masked, 'into the cache');
is(http_get('/cached/gone')->body, $masked, 'from the cache');
is(http_get('/uncovered/gone')->body, $person, 'which is not masked');
is(http_get('/cached/gone', headers => [Range => 'bytes=0-20'])->body,
   $masked, 'no part from the cache');

# connections that go on

is(scalar(() = http("GET /person HTTP/1.1\r\nHost: x\r\n\r\n" x 3
                    . "GET /return HTTP/1.1\r\nHost: x\r\n"
                    . "Connection: close\r\n\r\n")
               =~ /\Q"110105********002X"\E/g),
   3, 'pipelined');

like(http("GET /upgrade HTTP/1.1\r\nHost: x\r\nUpgrade: x\r\n"
          . "Connection: upgrade\r\n\r\n"),
     qr/^HTTP\/1.1 101 .*\r\n\r\n13800138000$/s, 'a tunnel is not masked');

# rules

is(http_get('/rules/rules')->body, '{"serial":"11010519491231002X",'
   . '"Code1":"***","id_no":"110###########002X","x":"1****************X",'
   . '"sjh":"138****8000","y":"13800138000"}', 'rules of a location');

# a large body, part of it without anything to mask

my $worker;

$t->wait_for(sub { ($worker) = $t->workers }) or die "no worker\n";

http_get('/person') for 1 .. 20;

my $before = memory($worker);

for my $path ('/large', '/unbuffered/large') {
    my ($size, $count) = large($path);

    is($size, 64 * 1024 * 1024 + 1024 * length($masked), "size of $path");
    is($count, 1024, 'masked throughout');
    cmp_ok(memory($worker) - $before, '<', 1024, 'in flat memory');
}

# a source faster than its client: a file

$t->write_file('file.json', $person x 120_000);
is((large('/static/file.json'))[0], 120_000 * length $masked,
   'size of a large file');
cmp_ok(memory($worker) - $before, '<', 1024, 'in flat memory too');

# clients that leave

for my $n (1 .. 20) {
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . port(8080))
        or die "connect: $!\n";

    print $s "GET /unbuffered/large HTTP/1.0\r\nHost: x\r\n\r\n";
    sysread($s, my $buf, 5000 * $n);
    close $s;
}

is(http_get('/person')->body, $masked, 'after clients that left');

done_testing();


sub gunzipped {
    my ($body) = @_;
    my $text;

    require IO::Uncompress::Gunzip;
    IO::Uncompress::Gunzip::gunzip(\$body, \$text);

    return $text;
}


sub memory {
    my ($worker) = @_;

    open my $f, '<', "/proc/$worker/status" or return 0;
    local $/;

    return <$f> =~ /^VmRSS:\s+(\d+)/m ? $1 : 0;
}


sub large {
    my ($path) = @_;
    my ($buf, $size, $count, $rest, $head) = ('', 0, 0, '', 0);

    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . port(8080))
        or die "connect: $!\n";

    print $s "GET $path HTTP/1.0\r\nHost: x\r\n\r\n";

    while (sysread($s, $buf, 262144)) {
        $rest .= $buf;

        if (!$head) {
            $rest =~ s/\A.*?\r\n\r\n//s or next;
            $head = 1;
        }

        # twelve bytes may be the beginning of a field of thirteen

        my $n = length($rest) > 12 ? length($rest) - 12 : 0;

        $count++ while $rest =~ /"\Q138****8000\E"/g;
        $rest = substr($rest, $n);
        $size += $n;
    }

    $count++ while $rest =~ /"\Q138****8000\E"/g;

    return ($size + length $rest, $count);
}


sub answer {
    my ($s, $head, $body) = @_;

    print $s "HTTP/1.1 200 OK\r\nConnection: close\r\n$head\r\n$body";
}


sub backend {
    my ($request, $s) = @_;
    my ($path) = $request =~ m!^\S+ (\S+)!;
    my $json = "Content-Type: application/json\r\n";
    my $text = 'call 13800138000 {"name":"abc"}';

    $s->autoflush(1);

    if ($path eq '/person') {
        answer($s, $json . 'Content-Length: ' . length($person) . "\r\n"
               . "ETag: \"tag\"\r\nAccept-Ranges: bytes\r\n"
               . "Content-Digest: sha-256=:AAAA:\r\n"
               . "Last-Modified: Mon, 28 Sep 1970 06:00:00 GMT\r\n", $person);

    } elsif ($path eq '/echo') {
        answer($s, "Content-Type: image/png\r\n", $request);

    } elsif ($path =~ m!^/type/(.*)!) {
        answer($s, $1 ? "Content-Type: $1\r\n" : '', $text);

    } elsif ($path eq '/304') {
        print $s "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n";

    } elsif ($path eq '/204') {
        print $s "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

    } elsif ($path eq '/500') {
        print $s "HTTP/1.1 500 Error\r\nConnection: close\r\n$json\r\n"
            . '{"detail":"no user 13800138000"}';

    } elsif ($path eq '/missing') {
        print $s "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n";

    } elsif ($path =~ m!^/(big)?coded$!) {
        answer($s, "${json}Content-Encoding: br\r\n",
               $1 ? join '', map { rand } 1 .. 20000 : $person);

    } elsif ($path eq '/206') {
        print $s "HTTP/1.1 206 Partial Content\r\nConnection: close\r\n$json"
            . "Content-Range: bytes 30-39/200\r\n\r\n0519491231";

    } elsif ($path eq '/parts') {
        print $s "HTTP/1.1 206 Partial Content\r\nConnection: close\r\n"
            . "Content-Type: multipart/byteranges; boundary=x\r\n\r\n--x--";

    } elsif ($path eq '/chunked') {
        answer($s, "${json}Transfer-Encoding: chunked\r\n",
               join('', map { sprintf("%x\r\n%s\r\n", length $_, $_) }
                        ($person x 3) =~ /.{1,7}/gs) . "0\r\n\r\n");

    } elsif ($path =~ m!^/split/(\d+)$!) {
        my $all = "\xef\xbb\xbf" . $person;
        answer($s, $json, substr($all, 0, $1));
        select undef, undef, undef, 0.002;
        print $s substr($all, $1);

    } elsif ($path eq '/bytes') {
        answer($s, $json, '');

        for (split //, $person) {
            print $s $_;
            select undef, undef, undef, 0.001;
        }

    } elsif ($path eq '/secret') {
        answer($s, $json, '{"pwd":"x","x":"13800138000"}');

    } elsif ($path eq '/page') {
        answer($s, "Content-Type: text/html\r\n", 'a 13800138000 b '
               . '<!--#include virtual="/ssi/part" --> c');

    } elsif ($path eq '/part') {
        answer($s, "Content-Type: text/html\r\n", '13800138000');

    } elsif ($path eq '/rules') {
        answer($s, $json, '{"serial":"11010519491231002X","Code1":"abc",'
               . '"id_no":"11010519491231002X","x":"11010519491231002X",'
               . '"sjh":"13800138000","y":"13800138000"}');

    } elsif ($path eq '/upgrade') {
        print $s "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\n"
            . "Upgrade: x\r\n\r\n13800138000";

    } elsif ($path eq '/large') {
        answer($s, $json, '');
        my $fill = '"' . ('plain words ' x 6000);
        $fill = substr($fill, 0, 65535) . '"';
        print $s $fill . $person for 1 .. 1024;
    }

    close $s;
}
