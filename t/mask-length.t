#!/usr/bin/perl

# A short answer, of which the back end says how long it is, is masked before
# its header goes out: the client gets the length of what it gets.

use warnings;
use strict;

use Encode ();
use Test::More;

use HPF::Test;
use HPF::Test::Mask;

my $t = HPF::Test->new;

$t->write_conf(<<'EOT');
%%TEST_GLOBALS%%

http {
    %%TEST_GLOBALS_HTTP%%

    proxy_cache_path %%TESTDIR%%/cache keys_zone=cache:1m;

    hpf_mask_key mask.key;
    default_type application/json;

    server {
        listen 127.0.0.1:8080;

        hpf_mask on;
        hpf_mask_rule key gone kind=drop;
        hpf_mask_rule key token kind=hash;

        # several buffers for what has a length, and one for the header

        proxy_buffer_size 4k;
        proxy_buffers 8 4k;

        location / {
            proxy_pass http://127.0.0.1:8081;
        }

        location /unbuffered/ {
            proxy_buffering off;
            proxy_pass http://127.0.0.1:8081/;
        }

        location /cached/ {
            proxy_cache cache;
            proxy_cache_valid 200 1h;
            proxy_pass http://127.0.0.1:8081/;
        }

        location /gzip/ {
            gzip on;
            gzip_types application/json;
            gzip_min_length 1;
            proxy_pass http://127.0.0.1:8081/;
        }

        location /replaced/ {
            sub_filter_types application/json;
            sub_filter name NAME;
            proxy_pass http://127.0.0.1:8081/;
        }

        location /return {
            return 200 '{"mobile":13800138000}';
        }

        location /files/ {
            alias %%TESTDIR%%/;
        }
    }
}
EOT

$t->write_file('mask.key', 'c2Vjb25kLWtleS1vZi10aGlydHktdHdvLWJ5dGVzLTE=');
chmod 0600, $t->path('mask.key');

my $gbk = Encode::encode('gbk', Encode::decode('UTF-8', $PERSON));

# what the back end sends, and what becomes of it; most in pieces

my %bodies = (
    person => [$PERSON, $MASKED],
    one => [$PERSON, $MASKED],
    letters => [$PERSON, $MASKED],
    empty => ['', ''],
    byte => ['1', '1'],
    longer => ['[' . join(',', (13800138000) x 9) . ']',
               '[' . join(',', ('"138****8000"') x 9) . ']'],
    shorter => ['{"gone":"' . 'x' x 900 . '"}', '{}'],
    open => ['{"a":"13800138000', '{"a":"138****8000'],
    gbk => [$gbk, $MASKED],
    text => ["call 13800138000\n", "call 138****8000\n"],
    nothing => ['{"a":[1,2,3]}', '{"a":[1,2,3]}'],
    large => [filled(16384, $PERSON), filled(16384, $PERSON, $MASKED)],
    larger => [filled(16385, $PERSON), filled(16385, $PERSON, $MASKED)],
);

$t->write_file('person.json', $PERSON);

$t->start_backend(8081, \&backend);
$t->run;


# of any size and type, however it comes

for my $name (sort keys %bodies) {
    my $r = http_get("/$name");

    ok($r->complete && $r->body eq $bodies{$name}[1], "$name: masked");
    is($r->header('Content-Length'),
       $name eq 'larger' ? undef : length $bodies{$name}[1], 'its length');
    is($r->header('Transfer-Encoding'), $name eq 'larger' ? 'chunked' : undef,
       'in chunks beyond 16 KiB alone');

    $r = http_request('HEAD', "/$name");

    is($r->status . $r->body, '200', "HEAD $name");
    is($r->header('Content-Length'), undef, 'no length');
    is($r->header('Transfer-Encoding'), undef, 'and no chunks');
}

for my $path ('/return', '/files/person.json', '/cached/person',
              '/cached/person')
{
    my $r = http_get($path);
    my $masked = $path eq '/return' ? '{"mobile":"138****8000"}' : $MASKED;

    is($r->body, $masked, $path);
    is($r->header('Content-Length'), length $masked, 'its length');
}

like(http_get('/hash')->body, qr/^\{"token":"[0-9a-f]{32}"\}$/, 'a hash');
is(http_get('/hash')->header('Content-Length'), 44, 'its length');

# on one connection, and all asked for at once: none takes another's bytes

my @names = qw/ person empty shorter larger longer large byte person /;
my $c = client(8080);
my @answers = $c->pipeline(map {
    ($c->build('GET', "/$_"), $c->build('HEAD', "/$_"))
} @names);

for my $name (@names) {
    my ($get, $head) = splice @answers, 0, 2;

    ok($get && $get->complete && $get->body eq $bodies{$name}[1],
       "$name, pipelined");
    is($head ? $head->status : 0, 200, 'and HEAD');
}

$c = client(8080);

for (1 .. 2) {
    $c->send("GET /person HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    is($c->response->body, $MASKED, 'HTTP/1.0 is kept alive');
}

# what has no length, or is changed later, has none afterwards

for my $path ('/close', '/replaced/person') {
    my $r = http_get($path);
    my $masked = $path =~ /replaced/ ? $MASKED =~ s/name/NAME/r : $MASKED;

    is($r->body, $masked, $path);
    is($r->header('Content-Length'), undef, 'no length');
}

my $r = http_get('/gzip/person', headers => ['Accept-Encoding' => 'gzip']);

is($r->header('Content-Encoding'), 'gzip', 'coded for the client');
is($r->header('Content-Length'), undef, 'no length');

# without buffering it does not wait

$c = client(8080);
$c->send("GET /unbuffered/halves HTTP/1.1\r\nHost: x\r\n\r\n");

1 while $c->{buf} !~ /张\*三/ && $c->fill(time + 30);

like($c->{buf}, qr/张\*三/, 'the first half, before the other is sent');
$t->write_file('go', '');

$r = $c->response;

is($r->body, $MASKED, 'both');
is($r->header('Content-Length'), undef, 'no length');

# what is cut off is not taken for whole

for my $path ('/cut', '/unbuffered/cut') {
    $r = http_get($path);

    ok(!defined $r || !$r->complete, "$path is not complete");
    unlike($r ? $r->raw : '', qr/13800138000/, 'and masked');
}

is(http_get('/person')->body, $MASKED, 'and afterwards all is as before');

$t->allow_log(qr/prematurely closed connection/);

done_testing();


# so many bytes of the document, as a string in an array; masked, as much of it

sub filled {
    my ($size, $in, $out) = @_;
    my $n = int(($size - 6) / (1 + length $in));
    my $rest = $size - 4 - $n * (1 + length $in);

    return '[' . join('', map { "$_," } ($out // $in) x $n)
           . '"' . 'x' x $rest . '"]';
}


sub backend {
    my ($request, $s) = @_;
    my ($method, $name) = $request =~ m!^(\S+) /(\w+)!;
    my $body = $bodies{$name} ? $bodies{$name}[0]
               : $name eq 'hash' ? '{"token":"13800138000"}' : $PERSON;
    my $type = $name eq 'gbk' ? 'application/json; charset=gbk'
               : $name eq 'text' ? 'text/plain' : 'application/json';
    my $length = length($body) + ($name eq 'cut' ? 100 : 0);

    my $head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: $type\r\n"
               . ($name eq 'close' ? '' : "Content-Length: $length\r\n")
               . "\r\n";

    return $head if $method eq 'HEAD';
    return $head . $body if $name eq 'one';

    syswrite $s, $head;

    my $piece = $name eq 'letters' ? 1 : $name eq 'halves' ? 60 : 1000;

    while (length $body) {
        syswrite $s, substr $body, 0, $piece, '';
        $t->wait_for(sub { -e $t->path('go') }) if $name eq 'halves';
    }

    return;
}
