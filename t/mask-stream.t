#!/usr/bin/perl

# A stream of events reaches the client as it comes: the header before the
# first event, each event before the next is sent, coded or not.

use warnings;
use strict;

use Compress::Zlib;
use Test::More;
use Time::HiRes qw/ time /;

use HPF::Test;
use HPF::Test::Mask;

my $t = HPF::Test->new;

$t->write_conf(<<'EOT');
%%TEST_GLOBALS%%

http {
    %%TEST_GLOBALS_HTTP%%

    server {
        listen 127.0.0.1:8080;

        hpf_mask on;
        proxy_buffering off;

        location / {
            proxy_pass http://127.0.0.1:8081;
        }

        location /http11/ {
            proxy_http_version 1.1;
            proxy_pass http://127.0.0.1:8081/;
        }
    }
}
EOT

my $event = "data: call 13800138000\n\n";
my $masked = "data: call 138****8000\n\n";

$t->start_backend(8081, \&backend);
$t->run;

for my $path ('/events', '/http11/chunked', '/ndjson', '/seq', '/text',
              '/html', '/part', '/xml')
{
    stream_of($path, 1);
}

stream_of('/gzip', 0);

# the text that may be in any characters waits for four bytes and no more

my $c = client(8080);

unlink glob $t->path('go.*');
$c->send("GET /text HTTP/1.1\r\nHost: x\r\n\r\n");
release(1);
ok(received($c, qr/\Q$masked\E/), 'a first piece');
$c->abort;

# clients that leave in the middle of a stream, at each event

for my $n (1 .. 10) {
    $c = client(8080);
    unlink glob $t->path('go.*');
    $c->send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    release($n);
    received($c, qr/(?:\Q$masked\E.*){$n}/s);
    $n % 2 ? $c->abort : $c->close;
}

release(99);
is(http_get('/json')->body, $MASKED, 'after clients that left');

done_testing();


sub stream_of {
    my ($path, $early) = @_;
    my $c = client(8080);

    unlink glob $t->path('go.*');
    $c->send("GET $path HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

    ok(received($c, qr/\r\n\r\n/), "$path: header before any event")
        if $early && $path !~ /text|html|part|xml/;

    for my $n (1 .. 5) {
        release($n);
        ok(received($c, qr/(?:\Q$masked\E.*){$n}/s), "$path: event $n");
    }

    release(99);
    ok($c->closed, "$path ends");
    unlike($c->{buf}, qr/13800138000/, 'masked');
}


# the back end may send up to the event of that number

sub release {
    my ($n) = @_;

    $t->write_file("go.$_", '') for 1 .. $n;
}


sub received {
    my ($c, $re) = @_;
    my $end = time + 30;

    while ($c->{buf} =~ s/\r\n[0-9a-f]+\r\n//i, $c->{buf} !~ $re) {
        $c->fill($end) or return 0;
    }

    return 1;
}


sub backend {
    my ($request, $s) = @_;
    my ($name) = $request =~ m!^\S+ /(\w+)!;

    my %type = (ndjson => 'application/x-ndjson', text => 'text/plain',
                seq => 'application/json-seq', json => 'application/json',
                html => 'text/html', part => 'text/html', xml => 'text/xml');
    my %start = (part => '张三',
                 html => "<!DOCTYPE html>\n<html><head><title>a</title></head>"
                         . '<body>',
                 xml => '<?xml version="1.0"?><events>');

    my $head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: "
               . ($type{$name} || 'text/event-stream') . "\r\n";

    if ($name eq 'json') {
        print $s "$head\r\n$PERSON";
        return;
    }

    $head .= "Content-Encoding: gzip\r\n" if $name eq 'gzip';
    $head .= "Transfer-Encoding: chunked\r\n" if $name eq 'chunked';

    print $s "$head\r\n";

    my ($z) = Compress::Zlib::deflateInit(-WindowBits => 31);

    for my $n (1 .. 99) {
        $t->wait_for(sub { -e $t->path("go.$n") }, 60) or last;
        last if -e $t->path('go.99');

        my $piece = $event;

        $piece = "<p>$event</p>" if $name =~ /html|part|xml/;
        $piece = ($start{$name} // '') . $piece if $n == 1;

        if ($name eq 'gzip') {
            $piece = $z->deflate($piece);
            $piece .= $z->flush(Compress::Zlib::Z_SYNC_FLUSH());
        }

        $piece = sprintf "%x\r\n%s\r\n", length $piece, $piece
            if $name eq 'chunked';
        print $s $piece or last;
    }

    print $s $z->flush if $name eq 'gzip';
    print $s "0\r\n\r\n" if $name eq 'chunked';
    close $s;
}
