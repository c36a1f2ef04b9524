package HPF::Test::Sign;

# HTTP Message Signatures (RFC 9421), as a signed channel makes them: with
# hmac-sha256 and a secret, or with a private key of openssl.
#
#   my @headers = sign_request(method => 'POST', authority => 'x:80',
#       path => '/v1/items?a=b', body => $bytes, key => $raw_key,
#       keyid => 'gov:1', headers => [Authorization => '...'],
#       created => time, nonce => '...', base => sub { ... });
#
# returns the headers to send, those given first.  "cover" lists components
# instead of those that the contract asks for, "base" is the hook that sees
# and may change the signature base, "signature" that of the signature's bytes;
# "more" are further parameters.
# "pem" is the file of a private key instead of "key"; alg tells what it is, and
# "claim" what the message says it is.
#
#   my $public = key_pair('/tmp/ec', 'sm2-sm3');
#
# makes /tmp/ec.pem and /tmp/ec.pub and returns the name of the latter.

use warnings;
use strict;

use Digest::SHA qw/ hmac_sha256 sha256 /;
use File::Temp ();
use MIME::Base64 qw/ encode_base64 /;

use base qw/ Exporter /;

our @EXPORT_OK = qw/ sign_request content_digest key_pair /;

my %PAIR = (
    'ecdsa-p256-sha256' => 'EC -pkeyopt ec_paramgen_curve:P-256',
    'rsa-v1_5-sha256' => 'RSA -pkeyopt rsa_keygen_bits:2048',
    'sm2-sm3' => 'SM2',
);

my $count = 0;


sub content_digest {
    my ($body) = @_;
    return 'sha-256=:' . encode_base64(sha256($body), '') . ':';
}


sub key_pair {
    my ($name, $alg) = @_;

    system("openssl genpkey -algorithm $PAIR{$alg} -out $name.pem 2>/dev/null "
           . "&& openssl pkey -in $name.pem -pubout -out $name.pub") == 0
        or die "cannot make a key for $alg\n";

    return "$name.pub";
}


# by openssl, whose ECDSA and SM2 give a SEQUENCE of r and s in DER

sub sign_pem {
    my ($alg, $pem, $base) = @_;

    my $tmp = File::Temp->new;
    print $tmp $base;
    $tmp->flush;

    my $how = $alg eq 'sm2-sm3'
              ? "pkeyutl -sign -rawin -digest sm3 -inkey $pem"
                . " -pkeyopt distid:1234567812345678 -in $tmp"
              : "dgst -sha256 -sign $pem $tmp";

    my $bytes = `openssl $how`;
    die "cannot sign with $pem\n" if $?;

    return $bytes if $alg eq 'rsa-v1_5-sha256';

    my ($r, $s) = unpack 'x3 C/a x C/a', $bytes;

    return join '', map { substr "\0" x 32 . $_, -32 } $r, $s;
}


sub sign_request {
    my (%r) = @_;
    my @headers = @{ $r{headers} || [] };
    my ($path, $query) = $r{path} =~ /^([^?]*)(\?.*)?$/;
    my (%field, @cover);

    push @headers, 'Content-Digest', content_digest($r{body})
        if defined $r{body} && length $r{body}
           && !grep { lc $_ eq 'content-digest' } @headers;

    for (my $i = 0; $i < @headers; $i += 2) {
        $field{lc $headers[$i]} = $headers[$i + 1];
    }

    $field{'@method'} = $r{method};
    $field{'@authority'} = lc $r{authority};
    $field{'@path'} = $path;
    $field{'@query'} = $query if defined $query;
    $field{'@scheme'} = 'http';
    $field{'@target-uri'} = 'http://' . lc($r{authority}) . $r{path};
    $field{'@request-target'} = $r{path};

    @cover = $r{cover} ? @{ $r{cover} }
             : grep { defined $field{$_} }
                    qw/ @method @authority @path @query content-digest
                        authorization /;

    my $created = defined $r{created} ? $r{created} : time;
    my $nonce = defined $r{nonce} ? $r{nonce}
                : sprintf('%x-%x-%x-%x', $$, time, ++$count, rand(2 ** 31));
    my $alg = $r{alg} || 'hmac-sha256';
    my $claim = exists $r{claim} ? $r{claim} : $alg;

    my $params = '(' . join(' ', map { "\"$_\"" } @cover) . ')'
                 . ";created=$created;nonce=\"$nonce\""
                 . ";keyid=\"$r{keyid}\""
                 . (defined $claim ? ";alg=\"$claim\"" : '')
                 . (defined $r{more} ? $r{more} : '');

    my $base = join '', map { "\"$_\": $field{$_}\n" } @cover;
    $base .= "\"\@signature-params\": $params";
    $base = $r{base}->($base) if $r{base};

    my $bytes = $r{pem} ? sign_pem($alg, $r{pem}, $base)
                        : hmac_sha256($base, $r{key});
    $bytes = $r{signature}->($bytes) if $r{signature};

    my $signature = encode_base64($bytes, '');

    return (@headers, 'Signature-Input', "hpf=$params",
            'Signature', "hpf=:$signature:");
}


1;
