#!/usr/bin/perl

# Bodies in other characters than UTF-8: they are converted and masked as any
# other, or refused, and never passed over.

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

    types { application/json json; }

    server {
        listen 127.0.0.1:8080;

        hpf_mask on;

        location / {
            proxy_pass http://127.0.0.1:8081;
        }

        location /flowing/ {
            proxy_pass http://127.0.0.1:8081/;
            proxy_buffering off;
        }

        location /refuse/ {
            hpf_mask_charset refuse;
            proxy_pass http://127.0.0.1:8081/;
        }

        location /pass/ {
            hpf_mask_unscannable pass;
            proxy_pass http://127.0.0.1:8081/;
        }

        location /files/ {
            alias %%TESTDIR%%/;
            hpf_mask_charset convert default=gb18030;
        }

        location /typed {
            default_type 'text/plain; charset="gbk"';
            alias %%TESTDIR%%/note.gbk;
        }

        location /twice {
            charset utf-8;
            override_charset on;
            proxy_pass http://127.0.0.1:8081;
        }
    }
}
EOT

my $person = decode('UTF-8', $PERSON);
my $page = '<p>张三：13800138000</p>';
my $json = 'application/json';

# name => charset, body, what it is in UTF-8 if not the person

my %body = (
    gbk => ["$json; charset=GBK", encode('gbk', $person)],
    quoted => ["$json; charset=\"gb2312\"", encode('gbk', $person)],
    gb18030 => ["$json; charset=gb18030", encode('gbk', $person)],
    params => ["$json; charset=GBK; version=\"1\"", encode('gbk', $person)],
    odd => ["$json ;\tx=1 ; charset=\"gbk\" ; q=1", encode('gbk', $person)],
    big5 => ["$json; charset=Big5", encode('big5', '{"name":"張小三"}'),
             '{"name":"張*三"}'],
    utf16 => ["$json; charset=utf-16", encode('UTF-16LE', "\x{feff}$person"),
              "\x{feff}" . decode('UTF-8', $MASKED)],
    utf16be => ["$json; charset=UTF-16BE", encode('UTF-16BE', $person)],
    utf32 => ["$json; charset=utf-32le", encode('UTF-32LE', $person)],
    zipped => ["$json; charset=gbk", memGzip(encode('gbk', $person)), undef,
               "Content-Encoding: gzip\r\n"],
    more => ["$json; charset=utf-8; odata.metadata=none",
             encode('UTF-8', $person)],
    latin => ["$json; charset=ISO-8859-1", '{"x":"13800138000"}',
              '{"x":"138****8000"}'],

    # a character of four bytes, and its halves
    four => ["$json; charset=gb18030",
             "{\"a\":\"\x95\x32\x82\x36 13800138000\"}",
             "{\"a\":\"\x{20000} 138****8000\"}"],
    bad => ["$json; charset=gbk", "{\"a\":\"\xff\x81\",\"x\":\"13800138000\"}",
            "{\"a\":\"\x{fffd}\x{fffd}\",\"x\":\"138****8000\"}"],
    half => ["$json; charset=gbk", "{\"a\":\"x\"}\xb0",
             "{\"a\":\"x\"}\x{fffd}"],

    # not said in a header
    mark => [$json, encode('UTF-16BE', "\x{feff}$person"),
             "\x{feff}" . decode('UTF-8', $MASKED)],
    lie => ["$json; charset=utf-8", encode('UTF-16LE', "\x{feff}$person"),
            "\x{feff}" . decode('UTF-8', $MASKED)],
    zeros => [$json, encode('UTF-16LE', $person)],
    xml => ['text/xml', encode('gbk',
                "<?xml version=\"1.0\" encoding='gbk'?>$page"),
            "<?xml version=\"1.0\" encoding='gbk'?>"
            . '<p>张三：138****8000</p>'],
    meta => ['text/html', encode('gbk', '<html><META http-equiv=Content-Type '
                 . 'content="text/html; charset = gb2312">' . $page),
             '<html><META http-equiv=Content-Type content="text/html; '
             . 'charset = gb2312"><p>张三：138****8000</p>'],
    late => ['text/html', encode('gbk', "<!DOCTYPE html>\n<html>\n<head>"
                 . "<title>张三</title>\n<script src=x></script>"
                 . "<meta charset=gbk></head>$page"),
             "<!DOCTYPE html>\n<html>\n<head><title>张三</title>\n"
             . '<script src=x></script><meta charset=gbk></head>'
             . '<p>张三：138****8000</p>'],
    plain => ['text/html', encode('UTF-8', "<meta charset=utf-16>$page"),
              '<meta charset=utf-16><p>张三：138****8000</p>'],
    accel => ["text/plain", encode('gbk', '电话13800138000'),
              '电话138****8000', "X-Accel-Charset: gbk\r\n"],
    events => ['text/event-stream; charset=gbk',
               encode('gbk', "data: 电话13800138000\n\n"),
               "data: 电话138****8000\n\n"],

    # what cannot be
    unknown => ["$json; charset=x-mine", encode('UTF-8', $person)],
    utf7 => ["$json; charset=utf-7", encode('UTF-8', $person)],
    declared => ['text/xml', "<?xml encoding=\"x-mine\"?>13800138000"],
    stream => ['text/event-stream', encode('UTF-16LE', "data: 13800138000\n")],
);

$t->write_file('note.gbk', $body{accel}[1]);
$t->write_file('file.json', $body{gbk}[1]);

$t->start_backend(8081, \&backend);
$t->run;


for my $name (qw/ gbk quoted gb18030 params odd big5 utf16 utf16be utf32 zipped
                  latin four bad half mark lie zeros xml meta late plain accel
                  events /)
{
    my $r = http_get("/$name");
    my $text = $body{$name}[2] // decode('UTF-8', $MASKED);

    is($r->body, encode('UTF-8', $text), "$name: masked");
    ok($r->complete, 'whole');
    like($r->header('Content-Type'), qr/^[\w\/-]+; charset=utf-8$/,
         'and says what it is now') unless $name =~ /latin|plain/;
}

is(http_get('/latin')->header('Content-Type'), "$json; charset=ISO-8859-1",
   'what can be read as it is stays');

my $r = http_get('/more');
is($r->body, $MASKED, 'UTF-8, and something more about it');
is($r->header('Content-Type'), "$json; charset=utf-8; odata.metadata=none",
   'which stays');
is(http_request('HEAD', '/gbk')->header('Content-Type'),
   "$json; charset=utf-8", 'HEAD says what GET would');

for my $name (qw/ gbk four utf16 xml meta late /) {
    my $text = encode('UTF-8', $body{$name}[2] // decode('UTF-8', $MASKED));
    my @bad = grep { http_get("/flowing/split/$_/$name")->body ne $text }
              1 .. length($body{$name}[1]) - 1;

    is("@bad", '', "$name: every split");
}

is(http_get('/files/file.json')->body, $MASKED, 'a file, by default=');
$t->write_file('utf8.json', "\xef\xbb\xbf$PERSON");
is(http_get('/files/utf8.json')->body, "\xef\xbb\xbf$MASKED",
   'unless its mark says more');
is(http_request('HEAD', '/files/file.json')->header('Content-Type'),
   "$json; charset=utf-8", 'HEAD of a file');
is(http_get('/typed')->body, encode('UTF-8', '电话138****8000'),
   'a file, by its type');
is(http_get('/twice?gbk')->header('Content-Type'), "$json; charset=utf-8",
   'nginx\'s own charset leaves it as it is');

# refused

for my $path (qw! /unknown /utf7 /declared /refuse/gbk /refuse/utf16
                  /refuse/mark /refuse/xml !)
{
    my $r = http_get($path);

    is($r->code, 'mask-unscannable', "$path is refused");
    unlike($r->body, qr/13800138000/, 'nothing leaks');
}

$r = http_get('/flowing/stream');

ok(!$r || !$r->complete, 'known too late: cut off');
unlike($r ? $r->raw : '', qr/1.?3.?8.?0.?0.?1.?3/s, 'before anything leaks');

is(http_get('/pass/unknown')->body, encode('UTF-8', $person), 'or passed');
is(http_get('/pass/declared')->body,
   '<?xml encoding="x-mine"?>138****8000', 'or masked as far as it goes');

for my $fault (['maybe', '"convert" or "refuse"'],
               ['convert charset=gbk', '"default=" is expected'],
               ['convert default=x-mine', 'unknown charset in'],
               ["refuse;\nhpf_mask_charset refuse", 'is duplicate'])
{
    my ($ok, $out) = $t->config_test("%%TEST_GLOBALS%%\nhttp {\n"
        . "hpf_mask_charset $fault->[0];\n}\n");

    like($out, qr/\Q$fault->[1]\E.* in \S*test\.conf:\d+/,
         "refused: $fault->[0]");
}

done_testing();


sub backend {
    my ($request, $s) = @_;
    my ($name) = $request =~ m!^\S+ \S*?(\w+)(?:\?\w+)? HTTP!;
    my ($split) = $request =~ m!^\S+ /split/(\d+)!;

    ($name) = $request =~ m!\?(\w+)! if $name eq 'twice';

    my ($type, $body, undef, $more) = @{ $body{$name} };

    $split //= length $body;

    print $s "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: $type\r\n"
        . ($more // '') . "\r\n" . substr($body, 0, $split);

    select undef, undef, undef, 0.002 if $split < length $body;

    print $s substr($body, $split);
    close $s;
}
