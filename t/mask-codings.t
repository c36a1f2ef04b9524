#!/usr/bin/perl

# A back end that compresses although it was asked not to: the filter inflates
# what it knows, as a stream, and nothing that it cannot read gets out.

use warnings;
use strict;

use Compress::Zlib qw/ memGzip /;
use IO::Compress::Deflate qw/ deflate /;
use IO::Compress::RawDeflate qw/ rawdeflate /;
use IO::Uncompress::Gunzip qw/ gunzip /;
use Test::More;

use HPF::Test;
use HPF::Test::Mask;

my $t = HPF::Test->new;

$t->write_conf(<<'EOT');
%%TEST_GLOBALS%%

http {
    %%TEST_GLOBALS_HTTP%%

    gzip_min_length 0;
    gzip_types application/json;

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

        location /coding/ {
            gzip on;
            gzip_http_version 1.0;
            proxy_pass http://127.0.0.1:8081/;
        }

        location /both/ {
            gunzip on;
            gzip on;
            gzip_http_version 1.0;
            proxy_pass http://127.0.0.1:8081/;
        }

        location /pass/ {
            hpf_mask_unscannable pass;
            proxy_pass http://127.0.0.1:8081/;
        }
    }
}
EOT

my %coded = (
    gzip => memGzip($PERSON),
    members => join('', map { memGzip($_) } $PERSON =~ /.{1,20}/gs),
    zlib => coded(\&deflate, $PERSON),
    raw => coded(\&rawdeflate, $PERSON),
    none => '',
);

$t->start_backend(8081, \&backend);
$t->run;


# what can be read

for my $case (['gzip', 'gzip'], ['x-gzip', 'gzip'], ['GZIP', 'gzip'],
              ['gzip', 'members'], ['deflate', 'zlib'], ['deflate', 'raw'])
{
    my ($coding, $name) = @$case;
    my $r = http_get("/$name?$coding");

    is($r->body, $MASKED, "$coding: $name");
    ok($r->complete, 'whole');
    is($r->header('Content-Encoding'), undef, 'without a coding');
    is($r->header('Content-Length'), undef, 'without that length');
}

is(http_get('/none?gzip')->body, '', 'nothing at all');
is(http_get('/plain?identity')->body, $MASKED, 'the coding that is none');
is(http_request('HEAD', '/gzip?gzip')->header('Content-Encoding'), undef,
   'HEAD says what GET would');

my @ok = grep { http_get("/flowing/split/$_/gzip?gzip")->body eq $MASKED }
         1 .. length $coded{gzip};

is(scalar @ok, length $coded{gzip}, 'every split');

# nginx's own filters on either side

my $r = http_get('/coding/gzip?gzip', headers => ['Accept-Encoding', 'gzip']);
my $text = '';

is($r->header('Content-Encoding'), 'gzip', 'coded again for the client');
gunzip(\$r->body, \$text);
is($text, $MASKED, 'after it was masked');

is(http_get('/both/gzip?gzip')->body, $MASKED, 'gunzip for the client');
$r = http_get('/both/gzip?gzip', headers => ['Accept-Encoding', 'gzip']);
gunzip(\$r->body, \$text);
is($text, $MASKED, 'gzip for the client');

# what cannot be read

for my $coding ('br', 'zstd', 'compress', 'gzip,%20gzip', 'gzip,br', 'twice') {
    my $r = http_get("/gzip?$coding");

    is($r->code, 'mask-unscannable', "no $coding");
    is($r->header('Content-Encoding'), undef, 'and the problem has no coding');
}

$r = http_get('/pass/gzip?br');

is($r->body, $coded{gzip}, 'pass');
is($r->header('Content-Encoding'), 'br', 'as it came');
is(http_get('/pass/gzip?gzip')->body, $MASKED, 'what can be read is, anyway');

# damaged: no byte gets out unmasked, and no client takes it for whole

for my $name ('gzip', 'zlib', 'raw') {
    my $coding = $name eq 'gzip' ? 'gzip' : 'deflate';
    my (@leaks, @whole, %status);

    for my $n (1 .. length($coded{$name}) - 1) {
        my $r = http_get(($n % 2 ? '' : '/flowing') . "/cut/$n/$name?$coding");

        $status{$r ? $r->status : 'none'}++;

        next if !$r || $r->status == 502;

        push @whole, $n if $r->complete;
        push @leaks, $n if index($MASKED, $r->body) != 0;
    }

    is("@whole", '', "$name cut off is never whole");
    is("@leaks", '', 'nor unmasked');
    cmp_ok($status{502}, '>', 0, 'and a problem where the header could wait');
}

is(http_get('/cut/1/gzip?gzip')->code, 'mask-unscannable', 'which one');

for my $fault ('garbage', 'checksum', 'plain') {
    my $r = http_get("/$fault?gzip");

    ok(!$r || $r->status == 502 || !$r->complete, "$fault: not whole");
    unlike($r ? $r->raw : '', qr/13800138000/, "$fault: nothing leaks");

    my $c = client(8080);

    $c->send("GET /$fault?gzip HTTP/1.0\r\n\r\n");

    ok(!ended($c->socket) || $c->{buf} =~ / 502 /, 'nor with HTTP/1.0');
}

done_testing();


sub coded {
    my ($function, $text) = @_;
    my $out;

    $function->(\$text, \$out);

    return $out;
}


# whether the connection ends in good order

sub ended {
    my ($s) = @_;

    $s->blocking(1);

    while (1) {
        my $n = sysread($s, my $buf, 65536);

        return 0 if !defined $n;
        return 1 if $n == 0;

        fail('a number leaks') if $buf =~ /13800138000/;
        return 0 if $buf =~ m|^HTTP/1.1 502|;
    }
}


sub backend {
    my ($request, $s) = @_;
    my ($path, $coding) = $request =~ m!^\S+ /(\S*?)\?(.*?) HTTP!;

    $coding =~ s/%20/ /g;
    $coding =~ s/twice/gzip\r\nContent-Encoding: gzip/;

    my $head = "HTTP/1.1 200 OK\r\nConnection: close\r\n"
               . "Content-Type: application/json\r\n"
               . "Content-Encoding: $coding\r\n";

    if ($path =~ m!^split/(\d+)/(\w+)!) {
        print $s "$head\r\n" . substr($coded{$2}, 0, $1);
        select undef, undef, undef, 0.002;
        print $s substr($coded{$2}, $1);

    } elsif ($path =~ m!^cut/(\d+)/(\w+)!) {
        print $s "$head\r\n" . substr($coded{$2}, 0, $1);

    } elsif ($path eq 'garbage') {
        print $s "$head\r\n$coded{gzip}$PERSON";

    } elsif ($path eq 'plain') {
        print $s "$head\r\n$PERSON";

    } elsif ($path eq 'checksum') {
        my $bad = $coded{gzip};
        substr($bad, -8, 1) ^= "\x01";
        print $s "$head\r\n$bad";

    } else {
        print $s $head . 'Content-Length: ' . length($coded{$path})
            . "\r\n\r\n$coded{$path}";
    }

    close $s;
}
