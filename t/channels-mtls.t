#!/usr/bin/perl

# Channels that are told by the client's certificate, over real TLS: by the
# fingerprint of one certificate, or by a subject that an authority has signed
# for.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new;
my $dir = $t->path('tls');

mkdir $dir;


sub openssl {
    my ($line) = @_;
    system("cd $dir && openssl $line >/dev/null 2>&1") == 0
        or die "openssl $line\n";
}


# NAME.key and NAME.crt, signed by another one or by itself

sub certificate {
    my ($name, $subject, $by, $days) = @_;

    openssl("req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
            . " -keyout $name.key -out $name.csr -subj '$subject'");
    openssl("x509 -req -in $name.csr -out $name.crt -days " . ($days || 2)
            . ($by ? " -CA $by.crt -CAkey $by.key -CAcreateserial"
                   : " -signkey $name.key"));
}


sub fingerprint {
    my ($name) = @_;
    my ($f) = `openssl x509 -in $dir/$name.crt -noout -fingerprint -sha256`
              =~ /=(\S+)/;
    return $f;
}



for my $ca (qw/ ca other /) {
    openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
            . " -keyout $ca.key -out $ca.crt -subj '/O=CA/CN=$ca' -days 2");
}

certificate('server', '/CN=gateway', 'ca');
certificate('bank', '/O=Bank/CN=bank', 'ca');
certificate('second', '/O=Bank/CN=bank', 'other');
certificate('near', '/O=Bank/CN=bank.', 'ca');
certificate('pinned', '/CN=pinned');
certificate('twin', '/CN=pinned');
certificate('old', '/CN=old', undef, -1);
certificate('late', '/O=Bank/CN=bank', 'ca', -1);
certificate('stranger', '/CN=stranger', 'ca');

my $colons = fingerprint('pinned');
my $plain = lc fingerprint('old') =~ s/://gr;

my $server = <<'EOF';
        ssl_certificate %%TESTDIR%%/tls/server.crt;
        ssl_certificate_key %%TESTDIR%%/tls/server.key;
        ssl_client_certificate %%TESTDIR%%/tls/ca.crt;
        include problem.conf;
        location /v1/ { hpf_api on; }
EOF

$t->gateway(http => <<"EOF");
    hpf_channel bank {
        name 银行 Bank;
        kind mtls;
        certificate subject "CN=bank,O=Bank" issuer "CN=ca,O=CA";
    }

    hpf_channel office {
        name 机关 Office;
        kind mtls;
        certificate sha256 $colons;
        certificate sha256 $plain;
    }

    server {
        listen 127.0.0.1:8400 ssl;
        ssl_verify_client optional_no_ca;
        $server
    }

    server {
        listen 127.0.0.1:8401 ssl http2;
        ssl_verify_client optional;
        $server
    }

    server {
        listen 127.0.0.1:8402 ssl;
        ssl_verify_client optional_no_ca;
        server_name asks;
        $server
    }

    server {
        listen 127.0.0.1:8402 ssl;
        server_name asks-not;
        $server
    }
EOF


# the channel of a request, from the record; or its problem, or its status

my $id;

sub channel {
    my ($cert, %o) = @_;
    my $port = port($o{port} || 8400);
    my $args = $cert ? "--cert $dir/$cert.crt --key $dir/$cert.key" : '';

    $args .= " -H '$_'" for @{ $o{headers} || [] };

    my $out = `curl -sik -m 10 -w '\\n%{http_code}' $args \\
                   https://127.0.0.1:$port/v1/items`;

    my ($head, $body, $status) = $out =~ /(.*?)\r\n\r\n(.*)\n(\d+)/s;
    my $json = eval { json($body) } or return $status;

    ($id) = $head =~ /X-Request-Id: (\w+)/i;

    return $json->{code} || record()->{channel};
}


# that of the last request, which is written after the answer has gone out

sub record {
    return $t->wait_for(sub {
        my ($record) = grep { $_->{id} eq $id }
                       $t->jsonl('audit/audit.jsonl');
        return $record;
    });
}


is(channel('bank'), 'bank', 'by the subject');
is_deeply([ @{ record() }{qw/ caller key /} ],
          [ 'certificate', lc fingerprint('bank') =~ s/://gr ],
          'the record says so');
is(channel('bank', headers => [ 'X-HPF-Channel: bank' ]), 'bank', 'and named');
is(channel('bank', port => 8401), 'bank', 'where all must be verified; HTTP/2');
is(channel('pinned'), 'office', 'by the fingerprint, of no authority');
is(channel('pinned', headers => [ 'X-HPF-Channel: office' ]), 'office',
   'and named');


# what is not that

is(channel(undef), 'channel-unknown', 'without a certificate');
is(channel(undef, headers => [ 'X-HPF-Channel: bank' ]), 'channel-unknown',
   'the name alone does not do');
is(record()->{reason}, 'no certificate', 'the record says why');
is(channel('second'), 'channel-unknown', 'the same name of another authority');
is(channel('second', headers => [ 'X-HPF-Channel: bank' ]), 'channel-unknown',
   'and named');
like(record()->{reason}, qr/not verified/, 'the record says why');
is(channel('near'), 'channel-unknown', 'almost the same name');
is(channel('twin'), 'channel-unknown', 'another one with a name like that');
is(channel('stranger', headers => [ 'X-HPF-Channel: bank' ]),
   'channel-unknown', 'somebody else of the authority');
is(channel('bank', headers => [ 'X-HPF-Channel: office' ]), 'channel-unknown',
   'the one of another channel');
is(channel('pinned', headers => [ 'X-HPF-Channel: bank' ]), 'channel-unknown',
   'and the reverse');
is(channel('pinned', port => 8401), 400,
   'of no authority where all must be verified');

for my $cert (qw/ old late /) {
    is(channel($cert), 400, "one that is over: $cert");
}

is(channel('old', port => 8402, headers => [ 'Host: asks-not' ]),
   'channel-unknown', 'also by way of a server that does not ask for any');
is(record()->{reason}, 'no channel is named', 'which it is not');
is(channel('old', port => 8402, headers => [ 'Host: asks-not',
                                             'X-HPF-Channel: office' ]),
   'channel-unknown', 'nor when it is named');


# others on the same listener

is(channel('bank', headers => [ 'X-HPF-Channel: hall' ]), 'hall',
   'a public channel by its name');
is(channel('stranger', headers => [ 'Origin: https://hall.example.gov.cn' ]),
   'hall', 'or by its origin');
my $r = $t->call('GET', '/v1/items', channel => 'bank');
is($r->json->{code}, 'channel-unknown', 'without TLS there is no certificate');
$id = $r->header('X-Request-Id');
is(record()->{reason}, 'no TLS', 'the record says why');


# what nginx -t says

my $conf = $t->read_file('conf/nginx.conf');

$conf =~ s/include (\w+\.conf)/include conf\/$1/g;

sub refused {
    my ($members, $re) = @_;
    my $text = $conf;

    $text =~ s/(hpf_channel bank \{)[^}]*/$1 name x; $members/ or die;

    my ($ok, $out) = $t->config_test($text);

    ok(!$ok && $out =~ $re, "refused: $members") or diag($out);
}

refused('kind mtls;', qr/needs a "certificate"/);
refused("kind public; certificate sha256 $plain;", qr/others take none/);
refused('kind mtls; certificate sha256 abc;', qr/64 hexadecimal digits/);
refused("kind mtls; certificate sha256 ${plain}00;", qr/64 hexadecimal/);
refused('kind mtls; certificate sha1 abc;', qr/"sha256"/);
refused('kind mtls; certificate subject "";', qr/"subject" DN/);
refused('kind mtls; certificate subject a by b;', qr/\["issuer" DN\]/);
refused('kind mtls; certificate subject a issuer;', qr/\["issuer" DN\]/);
refused('kind tls;', qr/"mtls" expected/);

done_testing();
