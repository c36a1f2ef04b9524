#!/usr/bin/perl

# A body of any length takes no more memory than a short one: an answer with
# a length and in chunks, to a fast client and a slow one, and a request.
# TEST_BIG=1 makes it a GiB.

use warnings;
use strict;

use Test::More;

use HPF::Test;
use HPF::Test::Mask;

my $MIB = $ENV{TEST_BIG} ? 1024 : 256;
my $SENT = $ENV{TEST_BIG} ? 1024 : 64;

my $t = HPF::Test->new;

$t->write_conf(<<'EOT');
%%TEST_GLOBALS%%

http {
    %%TEST_GLOBALS_HTTP%%

    client_max_body_size 0;
    client_body_buffer_size 16k;

    server {
        listen 127.0.0.1:8080;

        hpf_mask on;

        location / {
            proxy_http_version 1.1;
            proxy_max_temp_file_size 0;
            proxy_pass http://127.0.0.1:8081;
        }

        location /flowing/ {
            proxy_http_version 1.1;
            proxy_buffering off;
            proxy_pass http://127.0.0.1:8081/;
        }

        location /sent {
            hpf_mask_request on;
            proxy_pass http://127.0.0.1:8081;
        }
    }
}
EOT

# 64 KiB, four fields in each of them, and a piece with no boundary

my $piece = "{\"rows\":[$PERSON,\"" . 'plain words ' x 5200 . '"]},';
my $masked = "{\"rows\":[$MASKED,\"" . 'plain words ' x 5200 . '"]},';
my $n = int($MIB * 1024 * 1024 / length $piece);

$t->start_backend(8081, \&backend);
$t->run;

my $worker;

$t->wait_for(sub { ($worker) = $t->workers }) or die "no worker\n";

http_get('/warm') for 1 .. 20;
http_post('/sent', $piece, headers => ['Content-Type', 'application/json'])
    for 1 .. 5;


for my $path ('/plain', '/chunked', '/flowing/plain', '/flowing/chunked') {
    for my $slow (0, 1) {

        # the slow client is one that reads little at once: there is always
        # more for it than the sockets hold

        next if $slow && $path ne '/chunked' && $path ne '/flowing/plain';

        my $before = memory($worker);
        my ($most, $count, $rest) = (0, 0, '');

        my ($size, $whole) = stream($path, sub {
            my ($piece, $total) = @_;

            $rest .= $piece;
            $count++ while $rest =~ /"\Q138****8000\E"/g;
            $rest = substr $rest, -13 if length $rest > 13;
            $rest =~ s/\A"\Q138****8000\E"\z//;

            my $now = memory($worker);
            $most = $now if $now > $most;

            select undef, undef, undef, 0.0005 if $slow && $total % 7 == 0;
        });

        my $name = $path . ($slow ? ' slowly' : '');

        is($size, $n * length $masked, "$MIB MiB of $name");
        ok($whole, 'whole');
        is($count, $n, 'masked throughout');
        cmp_ok($most - $before, '<=', 1024, 'in flat memory');
        diag(sprintf '%s: %d KiB more than before', $name, $most - $before);
    }
}

# a request, by way of files

my $sent = int($SENT * 1024 * 1024 / length $piece);
my $before = memory($worker);
my $most = 0;
my $c = client(8080, timeout => 120);

$c->send("POST /sent HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
         . "Content-Type: application/json\r\nContent-Length: "
         . $sent * length($piece) . "\r\n\r\n");

for (1 .. $sent) {
    $c->send($piece);

    my $now = memory($worker);
    $most = $now if $now > $most;
}

ok($t->wait_for(sub {
    my $now = memory($worker);
    $most = $now if $now > $most;
    return $c->{buf} =~ /^\d+ \d+ \d/m || !$c->fill(time + 0.02) && $c->{eof};
}, 90), "$SENT MiB of a request");

like($c->{buf}, qr/^${\ ($sent * length $masked)} $sent 0\r?$/m,
     'all of it, masked');
cmp_ok($most - $before, '<=', 1024, 'in flat memory');
diag(sprintf 'request: %d KiB more than before', $most - $before);

done_testing();


sub backend {
    my ($request, $s) = @_;
    my ($path) = $request =~ m!^\S+ (\S+)!;

    if ($path eq '/sent') {
        my ($body) = $request =~ /\r\n\r\n(.*)\z/s;
        my $out = length($body) . ' ' . (() = $body =~ /"138\*{4}8000"/g)
                  . ' ' . (() = $body =~ /13800138000/g);

        return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: "
               . "text/plain\r\n\r\n$out";
    }

    my $head = "HTTP/1.1 200 OK\r\nConnection: close\r\n"
               . "Content-Type: application/json\r\n";
    my $times = $path eq '/warm' ? 1 : $n;

    if ($path eq '/chunked') {
        print $s "${head}Transfer-Encoding: chunked\r\n\r\n";
        my $chunk = sprintf "%x\r\n%s\r\n", length $piece, $piece;
        print $s $chunk for 1 .. $times;
        print $s "0\r\n\r\n";

    } else {
        print $s $head . 'Content-Length: ' . $times * length($piece)
            . "\r\n\r\n";
        print $s $piece for 1 .. $times;
    }

    close $s;
}
