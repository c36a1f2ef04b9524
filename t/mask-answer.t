#!/usr/bin/perl

# The headers of "hpf_mask_header": redirects, cookies and text are masked in
# every answer, of a back end and of nginx, and all others stay.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new;

$t->write_conf(<<'EOT');
%%TEST_GLOBALS%%

http {
    %%TEST_GLOBALS_HTTP%%

    hpf_mask_rule key zjh kind=id-card keep=3,2;
    hpf_mask_rule key trace kind=drop;
    hpf_mask_rule key open kind=none;

    hpf_mask_header Location;
    hpf_mask_header Set-Cookie;
    hpf_mask_header X-Note;
    hpf_mask_header Link;
    hpf_mask_header Content-Disposition;
    hpf_mask_header Refresh;
    hpf_mask_header X-Card kind=all keep=2,3 char=#;
    hpf_mask_header X-Name kind=name;
    hpf_mask_header X-Gone kind=drop;
    hpf_mask_header X-Same kind=none;

    server {
        listen 127.0.0.1:8080;
        listen 127.0.0.1:8082 http2;

        location / {
            proxy_pass http://127.0.0.1:8081;
        }

        location /redirect/ {
            proxy_redirect http://other/ /redirect/;
            proxy_pass http://127.0.0.1:8081/;
        }

        location /static/ {
            add_header X-Note "call 13800138000" always;
            add_header Set-Cookie "mobile=13800138000; Path=/" always;
            alias %%TESTDIR%%/;
        }

        location /return {
            return 302 /next?mobile=13800138000;
        }

        location /absolute {
            return 301 http://x/13800138000?mobile=13800138000;
        }

        location /hidden {
            proxy_hide_header X-Note;
            proxy_pass http://127.0.0.1:8081;
        }

        location /error {
            proxy_intercept_errors on;
            error_page 404 = /return;
            proxy_pass http://127.0.0.1:8081;
        }

        location /own {
            hpf_mask_header X-Own;
            proxy_pass http://127.0.0.1:8081;

            location /own/inner {
                hpf_mask_rule key mobile kind=none;
                proxy_pass http://127.0.0.1:8081;
            }
        }
    }

    server {
        listen 127.0.0.1:8083;

        hpf_mask_header X-Own kind=mobile;

        location / {
            proxy_pass http://127.0.0.1:8081;
        }
    }
}
EOT

$t->write_file('file', 'text');
$t->start_backend(8081, \&backend);
$t->run;


# queries of a redirect, by keys and by values

one(Location => $_->[0], $_->[1] // $_->[0]) for
    [ '/next?mobile=13800138000&x=1', '/next?mobile=138****8000&x=1' ],
    [ '/next?mobile=1380013800%30&x=1', '/next?mobile=138****800%30&x=1' ],
    [ '/next?q=%3138001380%30%30', '/next?q=%3138****0%30%30' ],
    [ '/next?%6Dobile=123456789', '/next?%6Dobile=******789' ],
    [ '/next?x=1&zjh=11010519491231002X#top',
      '/next?x=1&zjh=110*************2X#top' ],
    [ 'http://x/13800138000/?a=b', 'http://x/138****8000/?a=b' ],
    [ '/a?trace=secret&b=1', '/a?b=1' ],
    [ '/a?b=1&trace=secret', '/a?b=1' ],
    [ '/a?open=13800138000' ], [ '/next?x=1' ], [ '/' ], [ '/a%20b?' ],
    [ '/?=&&=%zz%' ];

# a cookie by its name; attributes are no data

for my $case ([ 'mobile=13800138000; Path=/; HttpOnly',
                'mobile=138****8000; Path=/; HttpOnly' ],
              [ 'zjh="11010519491231002X"; Secure',
                'zjh="110*************2X"; Secure' ],
              [ 'mobile=13800138000', 'mobile=138****8000' ],
              [ 'sid=13800138000; Domain=example.cn; Max-Age=3600',
                'sid=138****8000; Domain=example.cn; Max-Age=3600' ],
              [ 'trace=secret; Path=/', 'trace=; Path=/' ],
              [ 'sid=abc; Path=/mobile=123', 'sid=abc; Path=/mobile=123' ],
              [ 'mobile=; Path=/', 'mobile=; Path=/' ],
              [ 'open; Secure', 'open; Secure' ])
{
    one('Set-Cookie' => @$case);
}

my @cookies = sent([ 'Set-Cookie' => 'mobile=13800138000; Path=/a' ],
                   [ 'X-Other' => '13800138000' ],
                   [ 'Set-Cookie' => 'a=b' ],
                   [ 'SET-COOKIE' => 'zjh=11010519491231002X' ])
              ->headers('Set-Cookie');

is_deeply(\@cookies, [ 'mobile=138****8000; Path=/a', 'a=b',
                       'zjh=110*************2X' ], 'cookies each for itself');

# text, with names and values in it

one('X-Note' => @$_) for
    [ 'call 13800138000', 'call 138****8000' ],
    [ '13800138000, 13900139000', '138****8000, 139****9000' ],
    [ 'who="13800138000"; zjh="11010519491231002X"',
      'who="138****8000"; zjh="110*************2X"' ],
    [ 'zjh="11010519491231002X', 'zjh="110*************2X' ],
    [ 'zjh=11010519491231002X;x=y', 'zjh=110*************2X;x=y' ],
    [ 'nothing; at="all", <here>', 'nothing; at="all", <here>' ],
    [ '"', '"' ], [ '=""', '=""' ], [ '=', '=' ], [ 'a="";b=', 'a="";b=' ],
    [ '13800138000' x 2000, '13800138000' x 2000 ];

one(Link => '</p?mobile=13800138000>; rel="next", </q?a=1>; rel="13800138000"',
    '</p?mobile=138****8000>; rel="next", </q?a=1>; rel="138****8000"');
one('Content-Disposition' =>
    'attachment; filename="13800138000.pdf"; zjh="11010519491231002X"',
    'attachment; filename="138****8000.pdf"; zjh="110*************2X"');
one('Content-Disposition' =>
    "attachment; filename*=UTF-8''%3138001380%30%30.pdf",
    "attachment; filename*=UTF-8''%3138****0%30%30.pdf");
one(Refresh => '5; url=/next?mobile=13800138000&x=1',
    '5; url=/next?mobile=138****8000&x=1');
one(Refresh => '5; url="/next?mobile=13800138000&x=1"',
    '5; url="/next?mobile=138****8000&x=1"');

# whole values

one('X-Card' => 'abcdefgh', 'ab###fgh');
one('X-Name' => '张小三', '张*三');
one('X-Gone' => 'anything', undef);
one('X-Same' => '13800138000', '13800138000');
one('X-Other' => '13800138000', '13800138000');
one('x-CARD' => '', undef);

# answers that no back end made, and of any status

my $r = http_get('/return');

is($r->status, 302, 'return');
like($r->header('Location'), qr!/next\?mobile=138\*{4}8000$!, 'is masked');
is(http_get('/absolute')->header('Location'),
   'http://x/138****8000?mobile=138****8000', 'an address');

for my $path ('/static/file', '/static/none') {
    $r = http_get($path);
    is($r->status, $path =~ /none/ ? 404 : 200, $path);
    is($r->header('X-Note'), 'call 138****8000', 'add_header');
    is($r->header('Set-Cookie'), 'mobile=138****8000; Path=/', 'and a cookie');
}

is(http_get('/static/file', headers => [ Range => 'bytes=0-1' ])
   ->header('X-Note'), 'call 138****8000', 'a part');

for my $status (201, 204, 304, 400, 404, 500) {
    $r = sent([ 'X-Status' => $status ], [ 'X-Note' => '13800138000' ]);
    is($r->status, $status, $status);
    is($r->header('X-Note'), '138****8000', 'is masked');
}

is(to('/', HEAD => [ 'X-Note' => '13800138000' ])->header('X-Note'),
   '138****8000', 'HEAD');
is(to('/redirect/', GET => [ Location => 'http://other/a?mobile=13800138000' ])
   ->header('Location') =~ s!^http://[^/]+!!r,
   '/redirect/a?mobile=138****8000', 'proxy_redirect');
is(to('/hidden', GET => [ 'X-Note' => '13800138000' ])->header('X-Note'), undef,
   'one that is hidden');
like(to('/error', GET => [ 'X-Status' => 404 ])->header('Location'),
     qr!/next\?mobile=138\*{4}8000$!, 'error_page');

SKIP: {
    skip 'curl without HTTP/2', 1 unless `curl -V` =~ /HTTP2/;

    like(scalar `curl -s -m 10 -i --http2-prior-knowledge @{[
             'http://127.0.0.1:' . port(8082) ]}/return`,
         qr!^location: \S*/next\?mobile=138\*{4}8000\r$!mi, 'HTTP/2');
}

# a level has its own headers or those above it; rules are of the place

my @own = ([ 'X-Own' => 'mobile=13800138000' ],
           [ 'X-Note' => 'mobile=13800138000' ]);

for my $case ([ '/', 8080, 'mobile=13800138000', 'mobile=138****8000' ],
              [ '/own', 8080, 'mobile=138****8000', 'mobile=13800138000' ],
              [ '/', 8083, 'm***********8000', 'mobile=13800138000' ])
{
    my ($path, $port, $own, $note) = @$case;

    $r = to($path, GET => @own, { port => $port });
    is($r->header('X-Own') =~ s/^mob\*+/m***********/r, $own, "$path of $port");
    is($r->header('X-Note'), $note, 'the other');
}

# wrong ones

refused(@$_) for
    ( map { [ "$_;", 'header "' . lc . '" cannot be masked' ] }
      qw/ Content-Length CONTENT-TYPE etag Transfer-Encoding Connection / ),
    [ 'X-A; hpf_mask_header x-a;', 'header "x-a" is duplicate' ],
    [ 'X-A keep=1,1;', 'invalid parameter "keep=1,1", "kind=" is expected' ],
    [ 'X-A kind=nome;', 'invalid kind in "kind=nome", it must be "name"' ],
    [ 'X-A kind=name keep=1,1;', 'it has no meaning for this kind' ],
    [ 'X-A kind=name reveal=2;', '"reveal=" has no meaning for a header' ],
    [ 'X-A kind=hash;', 'the kind "hash" needs "hpf_mask_key"' ],
    [ '"";', 'invalid header ""' ],
    [ ';', 'invalid number of arguments' ];

done_testing();


sub refused {
    my ($line, $want) = @_;
    my ($ok, $out) = $t->config_test("%%TEST_GLOBALS%%\nhttp {\n"
                                     . "hpf_mask_header $line\n}\n");

    ok(!$ok && $out =~ /\[emerg\].*\Q$want\E.* in \S*test\.conf:\d+/,
       "refused: $line") or diag($ok ? 'accepted' : $out);
}


# the answer to a request that names the headers of it

sub to {
    my ($path, $method, @want) = @_;
    my $o = ref $want[-1] eq 'HASH' ? pop @want : {};

    return http_request($method, $path, %$o,
                        headers => [ map { ("Want-$_->[0]", $_->[1]) } @want ]);
}


sub sent { return to('/', GET => @_) }


sub one {
    my ($name, $value, $want) = @_;
    my $got = sent([ $name => $value ])->header($name);

    is($got, $want, "$name: " . substr $value, 0, 50);
}


sub backend {
    my ($request) = @_;
    my ($status) = $request =~ /^Want-X-Status: (\d+)/mi;
    my $head = join '', $request =~ /^Want-(?!X-Status)(.*\r\n)/gm;

    return 'HTTP/1.1 ' . ($status // 200) . " Status\r\nConnection: close\r\n"
           . "${head}Content-Length: 0\r\n\r\n";
}
