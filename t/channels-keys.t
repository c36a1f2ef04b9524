#!/usr/bin/perl

# Signed channels with public keys: ECDSA on P-256, RSA and SM2.  The key says
# by itself what it is for, and the message cannot say otherwise.  Keys change
# without a reload, and one that is gone is not accepted any more.

use warnings;
use strict;

use Test::More;

use HPF::Test;
use HPF::Test::Sign qw/ key_pair /;

my @ALGS = qw/ ecdsa-p256-sha256 rsa-v1_5-sha256 sm2-sm3 /;
my %FILE = ('ecdsa-p256-sha256' => 'ec', 'rsa-v1_5-sha256' => 'rsa',
            'sm2-sm3' => 'sm2');

my $t = HPF::Test->new;

secret('keys/secret.key', 'a-secret-of-thirty-two-bytes-aaa');
secret('keys/folder/first.key', 'a-secret-of-thirty-two-bytes-fff');

for my $alg (@ALGS) {
    key_pair($t->path("keys/$_$FILE{$alg}"), $alg) for '', 'other-';
}

$t->gateway(workers => 2, http => <<'EOF');
    hpf_channel ec {
        name 甲 A;
        kind signed;
        key 1 %%TESTDIR%%/keys/ec.pub;
        key 2 %%TESTDIR%%/keys/secret.key;
    }

    hpf_channel rsa {
        name 乙 B;
        kind signed;
        key 1 %%TESTDIR%%/keys/rsa.pub rsa-v1_5-sha256;
    }

    hpf_channel sm2 {
        name 丙 C;
        kind signed;
        key 1 %%TESTDIR%%/keys/sm2.pub;
    }

    hpf_channel folder {
        name 丁 D;
        kind signed;
        keys %%TESTDIR%%/keys/folder;
    }
EOF


sub secret {
    my ($name, $bytes) = @_;
    $t->write_file($name, MIME::Base64::encode_base64($bytes));
    chmod 0600, $t->path($name);
}


sub outcome {
    my ($r) = @_;
    return $r->status if $r->status < 400;
    return join ' ', grep { defined } @{ $r->json }{qw/ code reason /};
}


# one request that is signed with a key pair, or with a secret

sub signed {
    my ($keyid, %sign) = @_;

    $sign{pem} = $t->path("keys/$sign{pem}.pem") if $sign{pem};

    my @h = sign_request(method => 'GET', path => '/v1/items',
                         authority => '127.0.0.1:' . port(8080),
                         keyid => $keyid, %sign);

    return outcome(http_get('/v1/items', headers => \@h));
}


my $bad = 'channel-signature mismatch';

for my $alg (@ALGS) {
    my $ch = $FILE{$alg};
    my %good = (alg => $alg, pem => $ch);
    is(signed("$ch:1", %good), 200, $alg);
    is(signed("$ch:1", %good, claim => undef), 200, "$alg that is not named");

    for my $claim (grep({ $_ ne $alg } @ALGS), 'hmac-sha256', 'none') {
        is(signed("$ch:1", %good, claim => $claim), $bad,
           "$alg as \"$claim\"");
    }

    is(signed("$ch:1", %good, pem => "other-$ch"), $bad,
       "$alg by another key");
    is(signed("$ch:1", %good, base => sub { "$_[0] " }), $bad,
       "$alg over another base");
    is(signed("$ch:1", %good, signature => sub { "$_[0]\0" }), $bad,
       "$alg with a byte behind");
    is(signed("$ch:1", %good, signature => sub { substr $_[0], 1 }), $bad,
       "$alg that is cut off");
    is(signed("$ch:1", %good, signature => sub { "\0" x length $_[0] }), $bad,
       "$alg of zeroes");

    # what everybody knows is no secret to sign with

    for my $claim ('hmac-sha256', $alg) {
        is(signed("$ch:1", key => $t->read_file("keys/$ch.pub"),
                  claim => $claim), $bad,
           "HMAC with the public key as $claim");
    }
}

is(signed('ec:2', key => 'a-secret-of-thirty-two-bytes-aaa'), 200,
   'a secret beside a public key');
is(signed('ec:2', alg => 'ecdsa-p256-sha256', pem => 'ec'), $bad,
   'each key for its own algorithm');


# many at a time, of which some are wrong, and clients that do not wait

my (@clients, @sent);

for my $i (1 .. 40) {
    my $c = client(8080);
    my @h = sign_request(method => 'GET', path => '/v1/items',
        authority => '127.0.0.1:' . port(8080), keyid => 'sm2:1',
        alg => 'sm2-sm3',
        pem => $t->path($i % 2 ? 'keys/sm2.pem' : 'keys/other-sm2.pem'));

    push @clients, $c;
    push @sent, $c->build('GET', '/v1/items', headers => \@h);
}

$clients[$_]->send($sent[$_]) for 0 .. $#sent;
$clients[$_]->abort for 30 .. 39;

is(join(' ', map { outcome($clients[$_]->response) } 0 .. 29),
   join(' ', (200, $bad) x 15), 'many at a time');


# what changes is taken up without a reload

my %ec = (alg => 'ecdsa-p256-sha256');
my %secret = (key => 'a-secret-of-thirty-two-bytes-aaa');
my %first = (key => 'a-secret-of-thirty-two-bytes-fff');
my $began;

sub within {
    my ($name, $want, $try) = @_;

    ok($t->wait_for(sub { 4 == grep { $try->() eq $want } 1 .. 4 }), $name);

    my $took = $t->took($began);

    ok($took < 5, "$name: within 5 s") or diag("$took s");
}


sub told {
    my ($re) = @_;
    return scalar(() = $t->log_text =~ /$re/g);
}


# a key is replaced, and another one is put into a folder

is(signed('folder:first', %first), 200, 'a key of a folder');
is(signed('folder:second', alg => 'rsa-v1_5-sha256', pem => 'rsa'), $bad,
   'one that is not there yet');

$began = $t->began;
$t->write_file('keys/ec.pub', $t->read_file('keys/other-ec.pub'));
$t->write_file('keys/folder/second.pem', $t->read_file('keys/rsa.pub'));

within('a key that was replaced', $bad,
       sub { signed('ec:1', %ec, pem => 'ec') });
within('is followed by the new one', 200,
       sub { signed('ec:1', %ec, pem => 'other-ec') });
within('a key that was put into a folder', 200,
       sub { signed('folder:second', alg => 'rsa-v1_5-sha256',
                    pem => 'rsa') });
is(signed('folder:first', %first), 200, 'is there beside the old one');


# what cannot be used changes nothing, and is told once by each worker

$began = $t->began;
$t->write_file('keys/ec.pub', 'what is this?');
$t->write_file('keys/folder/third.pem', $t->read_file('keys/sm2.pub'));

my $unusable = qr/ec\.pub" of channel "ec" cannot be used/;
my $crowded = qr/there are more than two keys in it/;

ok($t->wait_for(sub { told($unusable) == 2 && told($crowded) == 2 }),
   'a file that is no key, and a third key, are told of');
is(signed('ec:1', %ec, pem => 'other-ec'), 200, 'the key stays');
is(signed('folder:third', alg => 'sm2-sm3', pem => 'sm2'), $bad,
   'the third one is not taken');


# keys that are gone

$began = $t->began;
unlink $t->path('keys/ec.pub'), $t->path('keys/folder/first.key');

within('a key that is gone', $bad,
       sub { signed('ec:1', %ec, pem => 'other-ec') });
is(signed('ec:2', %secret), 200, 'leaves the other one');
within('the old one of a folder', $bad,
       sub { signed('folder:first', %first) });
within('makes room', 200,
       sub { signed('folder:third', alg => 'sm2-sm3', pem => 'sm2') });
is(told($unusable) . told($crowded), '22', 'each was told once');

$began = $t->began;
$t->write_file('keys/ec.pub', $t->read_file('keys/sm2.pub'));

within('one that comes again, of another kind', 200,
       sub { signed('ec:1', alg => 'sm2-sm3', pem => 'sm2') });


# the record says how

my @lines = map { json($_) }
            split /\n/, $t->read_file('audit/audit.jsonl');
my ($ok) = grep { ($_->{channel} || '') eq 'sm2' } @lines;

is_deeply([ @{$ok}{qw/ caller key outcome /} ], [ qw/ signature 1 ok / ],
          'the record of a request that was accepted');
is_deeply([ sort keys %{ { map { $_->{reason} => 1 }
                           grep { $_->{outcome} eq 'channel-signature' }
                           @lines } } ],
          [ 'it is not that of the key over this request',
            'the key is for another algorithm', 'the key is not known' ],
          'and of those that were not');


# what nginx -t says

my $dir = $t->path('keys');
my $conf = $t->read_file('conf/nginx.conf');

$conf =~ s/include (\w+\.conf)/include conf\/$1/g;
$t->write_file('keys/folder/fourth.pem', '');

sub refused {
    my ($key, $re) = @_;
    my $text = $conf;

    $text =~ s/(hpf_channel rsa \{[^}]*?)key 1 [^;]*;/$1$key/
        or die 'no place';

    my ($ok, $out) = $t->config_test($text);

    ok(!$ok && $out =~ $re, "refused: $key") or diag($out);
}

refused("key 1 $dir/rsa.pub sm2-sm3;", qr/another algorithm/);
refused("key 1 $dir/rsa.pub hmac-sha256;", qr/no secret/);
refused("key 1 $dir/rsa.pub md5;", qr/not known/);
refused("key 1 $dir/rsa.pem;", qr/no public key/);
refused("key 1 $dir/none.pub;", qr/No such file/);
refused("keys $dir/none;", qr/No such file/);
refused("keys $dir/folder;", qr/more than two/);
refused("keys $dir/folder; key 1 $dir/rsa.pub;", qr/is not used together/);
refused("key 1 $dir/rsa.pub; keys $dir/folder;", qr/is not used together/);
refused("keys $dir/folder; keys $dir/folder;", qr/duplicate/);
refused("key \"a b\" $dir/rsa.pub;", qr/invalid key id/);

done_testing();
