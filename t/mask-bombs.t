#!/usr/bin/perl

# A small coded body that stands for a large one: no more of it is inflated
# than the client takes.  TEST_BIG=1 makes it a GiB.

use warnings;
use strict;

use Compress::Zlib qw/ memGzip /;
use Test::More;

use HPF::Test;
use HPF::Test::Mask;

my $MIB = $ENV{TEST_BIG} ? 1024 : 256;

my $t = HPF::Test->new;

$t->write_conf(<<'EOT');
%%TEST_GLOBALS%%

http {
    %%TEST_GLOBALS_HTTP%%

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
    }
}
EOT

my $small = memGzip($PERSON);

# 16 MiB of it are 16 KiB, and a member of its own

my $filler = '"' . 'x' x (16 * 1024 * 1024 - 3 - length $PERSON) . '",';
my $bomb = memGzip($filler . $PERSON);

$t->start_backend(8081, sub {
    my ($request, $s) = @_;

    print $s "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: "
        . "application/json\r\nContent-Encoding: gzip\r\n\r\n";

    if ($request =~ m!/bomb!) {
        print $s $bomb for 1 .. $MIB / 16;

    } else {
        print $s $small;
    }

    close $s;
});

$t->run;

my $worker;

$t->wait_for(sub { ($worker) = $t->workers }) or die "no worker\n";

http_get('/small') for 1 .. 20;

for my $where ('', '/flowing') {
    my $before = memory($worker);
    my ($most, $last) = (0, '');

    my ($size, $whole) = stream("$where/bomb", sub {
        my $now = memory($worker);

        $most = $now if $now > $most;
        $last = substr($last . $_[0], -length $MASKED);
    });

    is($size, $MIB / 16 * length($filler . $MASKED),
       "$MIB MiB of $where/bomb");
    ok($whole, 'whole');
    is($last, $MASKED, 'masked');
    cmp_ok($most - $before, '<', 1024, 'in flat memory');
}


# clients that leave with most of it yet to come

for my $n (1 .. 20) {
    my $c = client(8080);

    $c->send('GET ' . ($n % 2 ? '' : '/flowing') . "/bomb HTTP/1.1\r\n"
             . "Host: x\r\n\r\n");
    $c->bytes(100_000 * $n, time + 30);
    $n % 3 ? $c->abort : $c->close;
}

is(http_get('/small')->body, $MASKED, 'after clients that left');

done_testing();
