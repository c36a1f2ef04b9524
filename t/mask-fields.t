#!/usr/bin/perl

# Headers of an answer by hpf_mask_header: values are found in them as in any
# text, names have the rules of keys, and the header stays what it is.

use warnings;
use strict;

use Digest::SHA qw/ hmac_sha256_hex /;
use MIME::Base64 qw/ encode_base64 /;
use Test::More;

use HPF::Test;
use HPF::Test::Mask;

my $t = HPF::Test->new;

$t->write_conf(<<'EOT');
%%TEST_GLOBALS%%

http {
    %%TEST_GLOBALS_HTTP%%

    hpf_mask_key mask.key;
    log_format masked "[$uri] $hpf_masked_fields";

    hpf_mask_header X-Text;
    hpf_mask_header Location;
    hpf_mask_header Content-Location;
    hpf_mask_header Refresh;
    hpf_mask_header Link;
    hpf_mask_header Set-Cookie;
    hpf_mask_header Content-Disposition;

    server {
        listen 127.0.0.1:8080;

        access_log %%TESTDIR%%/logs/masked.log masked;

        location / {
            hpf_mask_rule key trace kind=none;
            hpf_mask_rule key token kind=hash;
            hpf_mask_rule key secret kind=drop;
            hpf_mask_rule key title kind=name;
            proxy_pass http://127.0.0.1:8081;
        }

        location /kinds/ {
            hpf_mask_header X-Name kind=name;
            hpf_mask_header x-number kind=mobile keep=1,1 char=#;
            hpf_mask_header X-All kind=all;
            hpf_mask_header X-Gone kind=drop;
            hpf_mask_header X-None kind=none;
            proxy_pass http://127.0.0.1:8081/;
        }

        location /rules/ {
            hpf_mask_rule key nick kind=all;
            hpf_mask_rule value mobile off;
            proxy_pass http://127.0.0.1:8081/;
        }

        location /files/ {
            add_header X-Text "call 13800138000" always;
            alias %%TESTDIR%%/;
        }

        location /return {
            return 302 /x?mobile=13800138000&id=7;
        }
    }
}
EOT

my $key = 'a-key-of-thirty-two-bytes-or-so!';
my $hash = substr(hmac_sha256_hex('13800138000', $key), 0, 32);

$t->write_file('mask.key', encode_base64($key));
chmod 0600, $t->path('mask.key');

my %cases = (
    'X-Text' => [
        ['call 13800138000', 'call 138****8000'],
        ['138 0013 8000', '138 **** 8000'],
        ['mobile=13800138000, name="张小三"; x="y"',
         'mobile=138****8000, name="张*三"; x="y"'],
        ['"13800138000"', '"138****8000"'],
        ['', ''],
        ['nothing', 'nothing'],
        ['name="open', 'name="o***'],
        ['name="a\\"bcd"; x=1', 'name="a*****"; x=1'],
        ['a=1 13800138000', 'a=1 138****8000'],
        ['x="13800138000"', 'x="138****8000"'],

        # names come before values

        ['trace=13800138000; call 13800138000',
         'trace=13800138000; call 138****8000'],
        ['trace="13800138000", 13800138000',
         'trace="13800138000", 138****8000'],
        ['trace=7 13800138000', 'trace=7 138****8000'],
        ['token=13800138000; a', "token=$hash; a"],
        ['token="13800138000"', "token=\"$hash\""],

        # a value in groups is one

        ['x=138 0013 8000; y', 'x=138 **** 8000; y'],
        ['mobile=138 0013 8000, y', 'mobile=138******8000, y'],
        ['mobile="138 0013 8000"', 'mobile="138******8000"'],
        ['trace=138 0013 8000, y', 'trace=138 0013 8000, y'],
        ['idNo=110105 19491231 002X.', 'idNo=110105**********002X.'],
        ['password=12 34 5x=1', 'password=*** 5x=1'],
    ],
    Location => [
        ['/x?mobile=13800138000&a=b#top', '/x?mobile=138****8000&a=b#top'],
        ['http://a/user/13800138000/x', 'http://a/user/138****8000/x'],
        ['/x?q=%313800138000', '/x?q=%3138****8000'],
        ['/x?name=%E5%BC%A0%E5%B0%8F%E4%B8%89&y=1',
         '/x?name=%E5%BC%A0*%E4%B8%89&y=1'],
        ['/x?id=7', '/x?id=7'],
        ['/x?mobile=13800138000#top', '/x?mobile=138****8000#top'],
        ['/x?a=b#13800138000', '/x?a=b#138****8000'],
        ['http://a/cb#state=x&mobile=13800138000&a=b',
         'http://a/cb#state=x&mobile=138****8000&a=b'],
        ['/app#/user?mobile=13800138000&a=b',
         '/app#/user?mobile=138****8000&a=b'],
        ['/x?password=ab,cd;ef&y=1', '/x?password=***&y=1'],
        ['/x?trace=13800138000#trace=13912345678',
         '/x?trace=13800138000#trace=13912345678'],
        ["/x?token=13800138000", "/x?token=$hash"],
    ],
    'Content-Location' => [
        ['/x?password=ab,cd', '/x?password=***'],
    ],
    Refresh => [
        ['5; url=/x?mobile=13800138000', '5; url=/x?mobile=138****8000'],
    ],
    Link => [
        ['</x?mobile=13800138000&p=2>; rel="next", </13800138000>; rel=a',
         '</x?mobile=138****8000&p=2>; rel="next", </138****8000>; rel=a'],
        ['</x?password=ab,cd;ef>; rel=next', '</x?password=***>; rel=next'],
    ],
    'Content-Disposition' => [
        ['attachment; filename="13800138000.pdf"',
         'attachment; filename="138****8000.pdf"'],

        # RFC 8187: a rule is for both spellings, and a star has to be coded

        ["attachment; title*=UTF-8''%E5%BC%A0%E5%B0%8F%E4%B8%89",
         "attachment; title*=UTF-8''%E5%BC%A0%2A%E4%B8%89"],
        ["attachment; title=x; TITLE*=utf-8'zh-CN'%E5%BC%A0%E4%B8%89; a=b",
         "attachment; title=*; TITLE*=utf-8'zh-CN'%E5%BC%A0%2A; a=b"],
        ["attachment; title*=GBK''%D5%C5%C8%FD",
         "attachment; title*=GBK''%2A%2A%2A"],
        ['attachment; title*="UTF-8\'\'%E5%BC%A0%E4%B8%89"',
         'attachment; title*="UTF-8\'\'%E5%BC%A0%2A"'],
        ["attachment; filename*=UTF-8''13800138000.pdf",
         "attachment; filename*=UTF-8''138%2A%2A%2A%2A8000.pdf"],
        ["attachment; filename*=UTF-8''%E4%B8%89%2A.pdf; size=2",
         "attachment; filename*=UTF-8''%E4%B8%89%2A.pdf; size=2"],
        ['attachment; title*=%E5%BC%A0%E4%B8%89',
         'attachment; title*=%E5%BC%A0%2A'],
        ["attachment; title*=UTF-8''; title=x",
         "attachment; title*=UTF-8''; title=*"],
    ],
    'Set-Cookie' => [
        ['mobile=13800138000; Path=/; Expires=Thu, 01 Jan 2032 00:00:00 GMT',
         'mobile=138****8000; Path=/; Expires=Thu, 01 Jan 2032 00:00:00 GMT'],
        ['mobile="13800138000"; Secure', 'mobile="138****8000"; Secure'],
        ['sid=a8f3; name=x; HttpOnly', 'sid=a8f3; name=x; HttpOnly'],
        ['who=13800138000', 'who=138****8000'],
        ['password=secret; Secure', 'password=***; Secure'],
        ['flag', 'flag'],
        ['trace=13800138000; Path=/13800138000',
         'trace=13800138000; Path=/138****8000'],
        ['token=13800138000; Secure', "token=$hash; Secure"],

        # all of the value is the cookie's

        ['secret=a&b; Secure', 'secret=; Secure'],
        ['secret="a&b=c&d"; Secure', 'secret=""; Secure'],
        ['secret=a&mobile=13800138000', 'secret='],
        ['password=a&b=c', 'password=***'],
        ['title=%E5%BC%A0%26x&%E4%B8%89', 'title=%E5%BC%A0****'],
        ['trace=1&mobile=13800138000', 'trace=1&mobile=13800138000'],
        ['x=1&mobile=13800138000', 'x=1&mobile=138****8000'],
        ['secret=; Secure', 'secret=; Secure'],
    ],
);

$t->write_file('a.txt', 'x');

$t->start_backend(8081, \&backend);
$t->run;


for my $name (sort keys %cases) {
    my $n = 0;

    for my $case (@{ $cases{$name} }) {
        is(value("/$name/" . $n++, $name), $case->[1], "$name: $case->[0]");
    }
}

# several of a name, and more headers than a list's part holds

my $r = http_get('/many');

is(join(' ', $r->headers('Set-Cookie')),
   join(' ', map { "c$_=138****8000" } 1 .. 30), 'many cookies');
is($r->header('X-Other'), '13800138000', 'others stay');

# whole values

$r = http_get('/kinds/all');

is($r->header('X-Name'), '张*三', 'kind=name');
is($r->header('X-Number'), '1#########0', 'kind=mobile with its form');
is($r->header('X-All'), '***', 'kind=all');
is($r->header('X-Gone'), undef, 'kind=drop');
is($r->header('X-None'), '13800138000', 'kind=none');
is($r->header('X-Text'), 'call 13800138000',
   'a level with headers of its own has no others');

is(value('/rules/one', 'X-Text'), 'nick=***; call 13800138000',
   'by the rules of the location');

# answers that are made here

$r = http_get('/files/a.txt');

is($r->header('X-Text'), 'call 138****8000', 'a file');
is(http_get('/files/none')->header('X-Text'), 'call 138****8000', 'an error');
like(http_get('/return')->header('Location'),
     qr!^http://[^/]+/x\?mobile=138\*\*\*\*8000&id=7$!, 'a redirect');
is(http_request('HEAD', '/files/a.txt')->header('X-Text'), 'call 138****8000',
   'HEAD');

# and counted, as fields of a body are

is(counted('/many'), 30, 'values in headers');
is(counted('/kinds/all'), 4, 'whole values');
is(counted('/rules/one'), 1, 'a name');
is(counted('/X-Text/8'), 1, 'what is shown is not');

for my $fault (['""', 'invalid header "", a name such as "Location" is '
                      . 'expected'],
               ['X: kind=all', 'invalid header "X:"'],
               ['"X Y"', 'invalid header "X Y"'],
               ['Content-Length', 'cannot be masked'],
               ['ETag kind=all', 'cannot be masked'],
               ['X keep=1,1', '"kind=" is expected'],
               ['X kind=nome', 'invalid kind in'],
               ['X kind=name reveal=2', 'has no meaning for a header'],
               ['X kind=id-card keep=6', 'as in "keep=6,4"'],
               ["X;\nhpf_mask_header x", 'is duplicate'])
{
    my ($ok, $out) = $t->config_test("%%TEST_GLOBALS%%\nhttp {\n"
        . "hpf_mask_header $fault->[0];\n}\n");

    like($out, qr/\Q$fault->[1]\E.* in \S*test\.conf:\d+/,
         "refused: $fault->[0]");
}

done_testing();


sub counted {
    my ($path) = @_;
    my ($n, $lines);

    http_get($path);

    $t->wait_for(sub {
        $lines = $t->read_file('logs/masked.log');
        return $lines =~ /\[\Q$path\E\] (\d+)\n\z/ && (($n = $1), 1);
    });

    return $n;
}


sub value {
    my ($path, $name) = @_;
    return http_get($path)->header($name) =~ s!^http://127[^/]+/!/!r;
}


sub backend {
    my ($request, $s) = @_;
    my ($name, $n) = $request =~ m!^\S+ /([\w-]+)(?:/(\d+))?!;
    my $head = '';

    if ($cases{$name}) {
        $head = "$name: $cases{$name}[$n][0]\r\n";

    } elsif ($name eq 'many') {
        $head = "X-Other: 13800138000\r\n"
                . join '', map { "Set-Cookie: c$_=13800138000\r\n" } 1 .. 30;

    } elsif ($name eq 'all') {
        $head = "X-Name: 张小三\r\nX-Number: 13800138000\r\nX-All: 1\r\n"
                . "X-Gone: x\r\nX-None: 13800138000\r\n"
                . "X-Text: call 13800138000\r\n";

    } else {
        $head = "X-Text: nick=joe; call 13800138000\r\n";
    }

    return "HTTP/1.1 200 OK\r\nConnection: close\r\n${head}"
           . "Content-Length: 1\r\n\r\nx";
}
