#!/usr/bin/perl

# What a third party sends is masked before a back end gets it: the query and
# the body, of every length and type, and however it came.

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

    client_body_buffer_size 4k;
    client_max_body_size 0;

    map $request_uri $early { default $request_uri; }

    log_format masked "[$uri] $hpf_masked_fields";

    server {
        listen 127.0.0.1:8080;
        listen 127.0.0.1:8082 http2;

        hpf_mask_request on;

        location / {
            proxy_pass http://127.0.0.1:8081;
        }

        location /part/ {
            proxy_pass http://127.0.0.1:8081/uri/;
        }

        location /unbuffered {
            proxy_request_buffering off;
            proxy_http_version 1.1;
            proxy_pass http://127.0.0.1:8081;
        }

        location /in_file {
            client_body_in_file_only clean;
            proxy_pass http://127.0.0.1:8081;
        }

        location /early {
            if ($early = x) { return 404; }
            proxy_set_header X-Uri $request_uri;
            proxy_pass http://127.0.0.1:8081;
        }

        location /counted {
            access_log %%TESTDIR%%/logs/masked.log masked;
            proxy_pass http://127.0.0.1:8081;
        }

        location /off {
            hpf_mask_request off;
            proxy_pass http://127.0.0.1:8081;
        }
    }
}
EOT

$t->start_backend(8081, \&backend);
$t->run;

my @json = ('Content-Type' => 'application/json');


# the query, as a form

for my $case (['/x?mobile=13800138000&a=b', '/x?mobile=138****8000&a=b'],
              ['/x?q=%31380013800%30', '/x?q=%3138****800%30'],
              ['/x?id=1', '/x?id=1'], ['/x?', '/x?'],
              ['/a%2Fb%20c?mobile=13800138000',
               '/a%2Fb%20c?mobile=138****8000'],
              ['/part/x?mobile=13800138000', '/uri/x?mobile=138****8000'],
              ['/early?mobile=13800138000', '/early?mobile=138****8000'],
              ['/off?mobile=13800138000', '/off?mobile=13800138000'])
{
    is(sent(GET => $case->[0])->{uri}, $case->[1], $case->[0]);
}

is(sent(GET => '/early?mobile=13800138000')->{head}{'x-uri'},
   '/early?mobile=138****8000', 'a variable that was asked before');

# bodies, by type

for my $case (['application/json', $PERSON, $MASKED],
              [undef, $PERSON, $MASKED],
              ['application/x-www-form-urlencoded',
               'mobile=13800138000&x=%31%33800138000&y=z',
               'mobile=138****8000&x=%31%338****8000&y=z'],
              ['text/plain', 'call 13800138000', 'call 138****8000'],
              ['application/xml', '<a><mobile>13800138000</mobile></a>',
               '<a><mobile>138****8000</mobile></a>'],
              ['text/csv', "mobile,x\n13800138000,1\n",
               "mobile,x\n138****8000,1\n"],
              ['application/x-ndjson', "$PERSON\n$PERSON\n",
               "$MASKED\n$MASKED\n"],
              ['image/png', 'call 13800138000', 'call 13800138000'],
              ['application/json', '', ''])
{
    my ($type, $body, $masked) = @$case;

    is(sent(POST => '/x', $body, $type ? ('Content-Type', $type) : ())->{body},
       $masked, ($type // 'no type') . ' of ' . length $body);
}

is(sent(POST => '/off', $PERSON, @json)->{body}, $PERSON, 'off');

# by length: in memory, in a file, and where it changes from one to the other

for my $n (1, 20, 24, 25, 26, 27, 28, 300, 20_000) {
    for my $path ('/x', '/unbuffered', '/in_file') {
        my $r = sent(POST => $path, $PERSON x $n, @json);

        ok($r->{body} eq $MASKED x $n, "$n times on $path");
        is($r->{head}{'content-length'}, length $MASKED x $n, 'its length');
    }
}

# and however it comes

my $chunk = sprintf "%x\r\n%s\r\n", length $PERSON, $PERSON;

for my $n (0, 1, 100) {
    for my $path ('/x', '/unbuffered') {
        my $r = http("POST $path HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                     . "Content-Type: application/json\r\n"
                     . "Transfer-Encoding: chunked\r\n\r\n"
                     . $chunk x $n . "0\r\n\r\n");

        is($r =~ s/\A.*?\r\n\r\n//sr, $MASKED x $n, "$n chunks on $path");
        unlike($r, qr/13800138000/, 'masked');
        unlike($r, qr/^X-Transfer/m, 'with a length');
    }
}

like(http("POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
          . "Expect: 100-continue\r\nContent-Type: application/json\r\n"
          . 'Content-Length: ' . length($PERSON) . "\r\n\r\n$PERSON"),
     qr/\AHTTP\/1.1 100 .*\Q$MASKED\E\z/s, 'Expect');

SKIP: {
    skip 'curl without HTTP/2', 3 unless `curl -V` =~ /HTTP2/;

    $t->write_file('body', $PERSON x 100);

    my $curl = 'curl -s -m 10 --http2-prior-knowledge -X POST -H '
               . '"Content-Type: application/json" http://127.0.0.1:'
               . port(8082);
    my $file = $t->path('body');

    is(`$curl/x --data-binary \@$file`, $MASKED x 100, 'HTTP/2');
    is(`$curl/x -T - <$file`, $MASKED x 100, 'HTTP/2 without a length');
    is(`$curl/unbuffered -T - <$file`, $MASKED x 100, 'the same unbuffered');
}

# what was masked is counted

sent(POST => '/counted?mobile=13800138000', $PERSON x 2, @json);
ok($t->wait_for(sub { $t->read_file('logs/masked.log') }), 'a line');
is($t->read_file('logs/masked.log'), "[/counted] 9\n",
   'fields of the query and of the body');

# what was said of the body, or signed, goes

my $r = sent(POST => '/x', $PERSON, @json, map { $_ => 'x' }
             qw/ Content-Digest Digest Repr-Digest Content-MD5 Signature
                 Signature-Input X-Kept /);

is($r->{head}{$_}, undef, "no $_")
    for qw/ content-digest digest repr-digest content-md5 signature
            signature-input /;
is($r->{head}{'x-kept'}, 'x', 'others stay');

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

    my (undef, @lines) = split /\r\n/, $head;
    my $got = join '', map { "X-Got-$_\r\n" }
              grep { !/^(?:Host|Connection):/i } @lines;

    return "HTTP/1.1 200 OK\r\nConnection: close\r\nX-Line: $uri\r\n$got"
           . "Content-Type: image/png\r\nContent-Length: " . length($body)
           . "\r\n\r\n$body";
}
