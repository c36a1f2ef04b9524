#!/usr/bin/perl

# A worker keeps the memory of masked output for the answers to come.  Those
# that are under way at the same time never share any, whether their clients
# are slow, quick, or gone.

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

    server {
        listen 127.0.0.1:8080 sndbuf=16k;

        hpf_mask on;
        proxy_buffers 16 16k;

        location / {
            proxy_pass http://127.0.0.1:8081;
        }
    }
}
EOT

$t->start_backend(8081, \&backend);
$t->run;

my $clients = 24;

for my $round (1 .. 3) {
    my @c = map { client(8080, timeout => 60) } 1 .. $clients;

    for my $n (0 .. $#c) {
        $c[$n]->send("GET /$round$n HTTP/1.1\r\nHost: x\r\n"
                     . "Connection: close\r\n\r\n");
    }

    # each has begun; a third of them leave, and their memory is for others

    for my $c (@c) {
        1 while $c->{buf} !~ /\r\n\r\n./s && $c->fill(time + 60);
    }

    $c[$_]->abort for grep { $_ % 3 == 0 } 0 .. $#c;

    is(http_get('/small')->body, document('small', $MASKED, 10),
       'another in between');

    my @wrong = grep {
        $_ % 3 && $c[$_]->response->body ne document("$round$_", $MASKED)
    } 0 .. $#c;

    is("@wrong", '', "round $round: each client has its own answer");
}

$t->allow_log(qr/prematurely closed connection|Connection reset|Broken pipe/);

done_testing();


sub document {
    my ($name, $person, $n) = @_;

    return '[' . join(',', map { qq({"of":"$name","n":$_,"p":$person}) }
                           1 .. $n // 1000) . ']';
}


sub backend {
    my ($request, $s) = @_;
    my ($name) = $request =~ m!^\S+ /(\w+)!;
    my $body = document($name, $PERSON, $name eq 'small' ? 10 : 1000);

    return "HTTP/1.1 200 OK\r\nConnection: close\r\n"
           . "Content-Type: application/json\r\n"
           . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}
