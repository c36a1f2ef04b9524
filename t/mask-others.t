#!/usr/bin/perl

# The filter among nginx's other modules: parts of pages, error pages, what is
# asked and what is mirrored, files sent by name, bodies that others change.

use warnings;
use strict;

use Compress::Zlib qw/ memGzip /;
use Test::More;

use HPF::Test;
use HPF::Test::Mask;

my $t = HPF::Test->new;

$t->write_conf(<<'EOT');
%%TEST_GLOBALS%%

http {
    %%TEST_GLOBALS_HTTP%%

    types { application/json json; text/html html; }

    server {
        listen 127.0.0.1:8080;

        hpf_mask on;

        location / {
            proxy_pass http://127.0.0.1:8081;
        }

        location /files/ { alias %%TESTDIR%%/; gzip_static on; }

        location /ssi/ {
            ssi on;
            proxy_pass http://127.0.0.1:8081;
        }

        location /off/ {
            hpf_mask off;
            proxy_pass http://127.0.0.1:8081/;
        }

        location /addition {
            addition_types application/json;
            add_before_body /text/before;
            add_after_body /text/after;
            proxy_pass http://127.0.0.1:8081/json;
        }

        location /added/ {
            addition_types application/json;
            add_after_body /text/after;
            alias %%TESTDIR%%/;
        }

        location /sub {
            sub_filter_types application/json;
            sub_filter_once off;
            sub_filter "138****8000" "<13912345678>";
            proxy_pass http://127.0.0.1:8081/json;
        }

        location /asking {
            auth_request /asked;
            proxy_pass http://127.0.0.1:8081/json;
        }

        location /asked {
            internal;
            proxy_pass_request_body off;
            proxy_pass http://127.0.0.1:8081/gzip;
        }

        location /mirroring {
            mirror /mirrored;
            proxy_pass http://127.0.0.1:8081/json;
        }

        location /mirrored {
            internal;
            proxy_pass http://127.0.0.1:8081/mirrored;
        }

        location /intercepted/ {
            proxy_intercept_errors on;
            error_page 404 /files/error.json;
            error_page 500 = /text/error;
            error_page 502 503 =200 @named;
            proxy_pass http://127.0.0.1:8081/;
        }

        location @named {
            proxy_pass http://127.0.0.1:8081;
        }

        location /returned {
            default_type application/json;
            return 403 '{"mobile":"13800138000"}';
        }

        location /tried/ {
            root %%TESTDIR%%;
            try_files /nothing /file.json =404;
        }

        location /moved {
            rewrite ^ /json last;
        }

        location /hidden/ {
            internal;
            alias %%TESTDIR%%/;
        }

        location /slow {
            limit_rate 400k;
            proxy_pass http://127.0.0.1:8081/large;
        }
    }
}
EOT

$t->write_file('file.json', $PERSON);
$t->write_file('file.json.gz', memGzip($PERSON));
$t->write_file('error.json', $PERSON);
$t->write_file('large.json', $PERSON x 3000);

$t->start_backend(8081, \&backend);
$t->run;


is(http_get('/ssi/page')->body,
   '[138****8000][call 138****8000]' . "[$MASKED][$MASKED]\[" . $MASKED . ']',
   'parts: of text, JSON, a file, and one that was coded');

is(http_get('/ssi/set')->body, "[call 138****8000][$MASKED][$MASKED]",
   'parts that go into variables');
like(http_get('/ssi/bad')->body, qr/\A\[\{.*"mask-unscannable".*\}\]\z/s,
     'a part that cannot be scanned');
is(http_get('/ssi/off')->body, '[call 13800138000]',
   'a part that is not masked');

is(http_get('/addition')->body, "call 138****8000${MASKED}call 138****8000",
   'addition');
is(http_get('/added/file.json')->body, "${MASKED}call 138****8000",
   'addition to a file, whose last buffer has bytes');
ok(http_get('/added/large.json')->body
   eq $MASKED x 3000 . 'call 138****8000', 'and to a large one');
is(http_get('/sub')->body, $MASKED =~ s/138\*{4}8000/<13912345678>/r,
   'what sub_filter puts there is its own');
is(http_get('/asking')->body, $MASKED, 'auth_request');
is(http_get('/mirroring')->body, $MASKED, 'mirror');

is(http_get('/intercepted/404')->body, $MASKED, 'error page, a file');
is(http_get('/intercepted/404')->status, 404, 'of that status');
is(http_get('/intercepted/500')->body, 'call 138****8000',
   'error page, of the back end');
is(http_get('/intercepted/503')->body, 'call 138****8000',
   'error page, a named location');
is(http_get('/returned')->body, '{"mobile":"138****8000"}', 'return');
is(http_get('/tried/x')->body, $MASKED, 'try_files');
is(http_get('/moved')->body, $MASKED, 'rewrite');
is(http_get('/accel')->body, $MASKED, 'X-Accel-Redirect');
is(http_get('/files/error.json')->body, $MASKED, 'a file');
is(http_get('/files/file.json', headers => ['Accept-Encoding', 'gzip'])->body,
   $MASKED, 'a file that was coded before');

my $slow = '';

my ($size, $whole) = stream('/slow', sub { $slow .= $_[0] });

ok($whole, 'limit_rate: whole');
ok($slow eq $MASKED x 3000, 'masked');

# many clients leave a page with parts

for my $n (1 .. 20) {
    my $c = client(8080);

    $c->send("GET /ssi/page HTTP/1.1\r\nHost: x\r\n\r\n" x 2);
    $c->bytes($n * 20, time + 30);
    $n % 2 ? $c->abort : $c->close;
}

is(http_get('/json')->body, $MASKED, 'after clients that left');

done_testing();


sub backend {
    my ($request, $s) = @_;
    my ($path) = $request =~ m!^\S+ (\S+)!;

    my %page = (
        '/ssi/page' => '[13800138000]' . join('', map {
            "[<!--#include virtual=\"$_\" -->]"
        } '/text/1', '/json', '/files/file.json', '/gzip'),
        '/ssi/set' => join('', map {
            "<!--#include virtual=\"$_\" set=\"x\" wait=\"yes\" -->"
            . '[<!--#echo var="x" encoding="none" -->]'
        } '/text/1', '/gzip', '/files/file.json'),
        '/ssi/bad' => '[<!--#include virtual="/br" -->]',
        '/ssi/off' => '[<!--#include virtual="/off/text/1" -->]',
    );

    my $head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: ";

    if ($page{$path}) {
        print $s "${head}text/html\r\n\r\n$page{$path}";

    } elsif ($path =~ m!^/text|/intercepted/503!) {
        print $s "${head}text/plain\r\n\r\ncall 13800138000";

    } elsif ($path =~ m!^/(404|500|503)!) {
        print $s "HTTP/1.1 $1 Error\r\nConnection: close\r\n\r\n13800138000";

    } elsif ($path eq '/gzip') {
        print $s "${head}application/json\r\nContent-Encoding: gzip\r\n\r\n"
            . memGzip($PERSON);

    } elsif ($path eq '/br') {
        print $s "${head}text/plain\r\nContent-Encoding: br\r\n\r\n13800138000";

    } elsif ($path eq '/accel') {
        print $s "${head}application/json\r\nX-Accel-Redirect: "
            . "/hidden/file.json\r\n\r\n";

    } elsif ($path eq '/large') {
        print $s "${head}application/json\r\n\r\n" . $PERSON x 3000;

    } else {
        print $s "${head}application/json\r\n\r\n$PERSON";
    }

    close $s;
}
