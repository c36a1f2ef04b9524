#!/usr/bin/perl

# Requests that are harder to mask: in other characters, coded, in parts,
# with other modules, and of clients that leave.

use warnings;
use strict;

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

    client_body_buffer_size 4k;
    client_max_body_size 0;

    server {
        listen 127.0.0.1:8080;

        hpf_mask_request on;

        location / {
            proxy_pass http://127.0.0.1:8081;
        }

        location /pass {
            hpf_mask_unscannable pass;
            proxy_pass http://127.0.0.1:8081;
        }

        location /refuse {
            hpf_mask_charset refuse;
            proxy_pass http://127.0.0.1:8081;
        }

        location /mirroring {
            mirror /mirrored;
            proxy_pass http://127.0.0.1:8081;
        }

        location /mirrored {
            internal;
            proxy_pass http://127.0.0.1:8081/mirrored;
        }

        location /errors {
            proxy_intercept_errors on;
            error_page 404 = @again;
            proxy_pass http://127.0.0.1:8081/404;
        }

        location @again {
            proxy_method POST;
            proxy_pass http://127.0.0.1:8081;
        }
    }
}
EOT

$t->start_backend(8081, \&backend);
$t->run;

my @json = ('Content-Type' => 'application/json');


my $r;


# characters

my $gbk = encode('gbk', decode('UTF-8', $PERSON));

$r = sent(POST => '/x', $gbk, 'Content-Type' => 'application/json;charset=gbk');
is($r->{body}, $MASKED, 'GBK');
is($r->{head}{'content-type'}, 'application/json; charset=utf-8',
   'and its name');
is(sent(POST => '/x', encode('UTF-16', decode('UTF-8', $PERSON)),
        @json)->{body},
   "\xef\xbb\xbf$MASKED", 'UTF-16');

# what cannot be masked

my %odd = (
    coded => [memGzip($PERSON), @json, 'Content-Encoding' => 'gzip'],
    parts => ["--x\r\n\r\n13800138000\r\n--x--\r\n",
              'Content-Type' => 'multipart/form-data; boundary=x'],
    unknown => [$PERSON, 'Content-Type' => 'text/plain; charset=x-mine'],
);

for my $name (sort keys %odd) {
    my ($body, @headers) = @{ $odd{$name} };

    $r = http_post('/x', $body, headers => \@headers);

    is($r->status, 415, "$name: refused");
    is($r->code, 'mask-unscannable', 'with a problem');
    is(sent(POST => '/pass', $body, @headers)->{body}, $body, 'or passed');
}

is(http_post('/refuse', $gbk, headers => [
       'Content-Type' => 'application/json; charset=gbk' ])->status, 415,
   'characters that are refused');

# other modules

is(sent(POST => '/errors', $PERSON, @json)->{body}, $MASKED,
   'a second time for an error page');
is(sent(POST => '/mirroring', $PERSON, @json)->{body}, $MASKED, 'mirror');
ok($t->wait_for(sub { $t->read_file('mirrored') }), 'the mirror is asked');
is($t->read_file('mirrored'), $MASKED, 'and sees no more');

my $c = client(8080);

is($c->post('/x', $PERSON, headers => [@json])->body, $MASKED, 'one request')
    for 1 .. 3;

# clients that leave in the middle

for my $n (1 .. 20) {
    $c = client(8080);
    $c->send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
             . "Content-Length: 3000000\r\n\r\n" . $PERSON x (700 * $n));
    $n % 2 ? $c->abort : $c->close;
}

$c = client(8080);
$c->send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
         . 'Content-Length: ' . (20000 * length $PERSON) . "\r\n\r\n"
         . $PERSON x 20000);
$c->abort;

is(sent(POST => '/x', $PERSON, @json)->{body}, $MASKED, 'after they left');

done_testing();


# what the back end got

sub sent {
    my ($method, $path, $body, @headers) = @_;

    my $r = http_request($method, $path, headers => \@headers,
                         defined $body ? (body => $body) : ());

    my %head = map { lc s/^X-Got-//r => $r->header($_) }
               $r->head =~ /^(X-Got-[\w-]+):/gm;

    return { uri => $r->header('X-Line'), body => $r->body, head => \%head };
}


sub backend {
    my ($request, $s) = @_;
    my ($head, $body) = $request =~ /\A(.*?\r\n)\r\n(.*)\z/s;
    my ($uri) = $head =~ m!^\S+ (\S+)!;

    $t->write_file('mirrored', $body) if $uri eq '/mirrored';

    return "HTTP/1.1 404 Nothing\r\nConnection: close\r\n\r\n"
        if $uri eq '/404';

    my (undef, @lines) = split /\r\n/, $head;
    my $got = join '', map { "X-Got-$_\r\n" }
              grep { !/^(?:Host|Connection):/i } @lines;

    return "HTTP/1.1 200 OK\r\nConnection: close\r\nX-Line: $uri\r\n$got"
           . "Content-Type: image/png\r\nContent-Length: " . length($body)
           . "\r\n\r\n$body";
}
