#!/usr/bin/perl

# Signers that others have written: what RFC 9421 and RFC 9530 let them do is
# understood, and what they have signed is all that counts.

use warnings;
use strict;

use Digest::SHA qw/ sha256 sha512 /;
use MIME::Base64 qw/ encode_base64 /;
use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway;
my @MUST = qw/ @method @authority @path /;


sub outcome {
    my ($r) = @_;
    return $r->status if $r->status < 400;
    return join ' ', grep { defined } @{ $r->json }{qw/ code reason /};
}


sub get {
    my ($path, %sign) = @_;
    return outcome($t->call('GET', $path, channel => 'gov', sign => \%sign));
}


# what may be covered

is(get('/v1/items', cover => [ reverse @MUST ]), 200, 'in another order');
is(get('/v1/items', cover => [ @MUST, '@scheme' ]), 200, 'the scheme');
is(get('/v1/items', cover => [ @MUST, '@target-uri' ]), 200, 'the whole URI');
is(get('/v1/items?category=a%20b', cover => [ @MUST, '@query', '@target-uri',
                                              '@request-target' ]),
   200, 'with its query, and the target');
is(get('/v1/items', cover => [ @MUST, '@target-uri' ], base => sub {
       return $_[0] =~ s/"\@target-uri": http\K/s/r;
   }), 'channel-signature mismatch', 'a URI of another scheme');


# parameters

is(get('/v1/items', more => ';tag="app";x="y";z;n=1.50'),
   'channel-signature mismatch', 'parameters that are not written as they are');
is(get('/v1/items', more => ';tag="app";x="y";z;n=1.5'), 200,
   'parameters that nobody knows');
is(get('/v1/items', claim => undef), 200, 'no algorithm');
is(get('/v1/items', claim => ''), 'channel-signature mismatch',
   'one without a name');


# spaces that a proxy has put in are not what was signed

sub edited {
    my ($edit, @more) = @_;
    my @h = $t->signed('gov', 'GET', '/v1/items', undef, []);
    my %h = @h;

    $edit->() for $h{'Signature-Input'};

    return outcome(http_get('/v1/items', headers => [ %h, @more ]));
}

is(edited(sub { s/" "/"   "/g; s/\(/( /; s/;/;  /g }), 200,
   'other spaces between the parts');
is(edited(sub { s/created=/created=000/ }), 200, 'zeros in front');
is(edited(sub { s/\@method/\@Method/ }), 'channel-signature mismatch',
   'another spelling of a name');


# signatures of others beside ours, and without ours

my @other = ('Signature-Input', 'sig1=("@method";req);created=1;keyid="x"',
             'Signature', 'sig1=:AAAA:');

is(edited(sub { s/^/sig1=("\@method"), / }, Signature => 'sig1=:AAAA:'), 200,
   'another one before ours');
is(outcome($t->call('GET', '/v1/items', channel => 'hall',
                    headers => \@other)), 200, 'of a public channel');
is(outcome($t->call('GET', '/v1/items', channel => '',
                    headers => [ @other, Origin =>
                                 'https://hall.example.gov.cn' ])),
   200, 'and of its page');
is(outcome($t->call('GET', '/v1/items', channel => '', headers => \@other)),
   'channel-signature missing', 'is not the one of a signed channel');
is(outcome($t->call('GET', '/v1/items', channel => '',
                    headers => [ @other, 'X-HPF-Channel' => 'gov' ])),
   'channel-signature missing', 'nor that of the one that is named');


# digests; a body that is believed gets to the form

my $body = '{"factor":"none"}';
my %digest = (
    256 => 'sha-256=:' . encode_base64(sha256($body), '') . ':',
    512 => 'sha-512=:' . encode_base64(sha512($body), '') . ':',
    other256 => 'sha-256=:' . encode_base64(sha256('x'), '') . ':',
    other512 => 'sha-512=:' . encode_base64(sha512('x'), '') . ':',
    md5 => 'md5=:AAAAAAAAAAAAAAAAAAAAAA==:',
);

sub post {
    my (@digests) = @_;
    my @headers = ('Content-Digest' => join ', ', @digest{@digests});

    return outcome($t->call('POST', '/v1/challenges', channel => 'gov',
                            body => $body, headers => \@headers));
}

is(post(256), 'form-invalid', 'SHA-256');
is(post(512), 'form-invalid', 'SHA-512');
is(post(512, 256), 'form-invalid', 'both');
is(post('md5', 512), 'form-invalid', 'and one that is not known');
is(post('md5'), 'channel-signature digest', 'that alone');
is(post(qw/ 256 other512 /), 'channel-signature digest', 'SHA-512 of another');
is(post(qw/ other256 512 /), 'channel-signature digest', 'SHA-256 of another');


# a body cannot be taken away

sub without {
    my ($method, $path, $signed, $bytes) = @_;
    my $c = client(8080);
    my @h = $t->signed('gov', $method, $path, $signed, []);

    $c->send($c->build($method, $path, host => '127.0.0.1:' . port(8080),
                       headers => \@h) =~ s/\r\n\r\n$/\r\n$bytes/r);

    return outcome($c->response);
}

is(without('POST', '/v1/challenges', $body, "Content-Length: 17\r\n\r\n$body"),
   'form-invalid', 'a body as it was signed');
is(without('POST', '/v1/challenges', $body, "Content-Length: 0\r\n\r\n"),
   'channel-signature digest', 'a body that is empty on arrival');
is(without('POST', '/v1/challenges', $body, "\r\n"),
   'channel-signature digest', 'one that is gone');
is(without('POST', '/v1/challenges', $body,
           "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
   'channel-signature digest', 'and with no chunk');
is(without('GET', '/v1/items', $body, "\r\n"), 'channel-signature digest',
   'of a GET too');

my @empty = ('Content-Digest' =>
             'sha-256=:' . encode_base64(sha256(''), '') . ':');
is(outcome($t->call('POST', '/v1/challenges', channel => 'gov',
                    headers => \@empty)),
   'form-invalid', 'the digest of no body');

done_testing();
