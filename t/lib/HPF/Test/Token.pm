package HPF::Test::Token;

# An identity provider in a test: keys and tokens, made with openssl.
#
#   my $idp = HPF::Test::Token->new($t->path('idp'));
#   $idp->key('one', 'ES256');                   # or RS256, SM2
#   $t->write_file('jwks.json', $idp->jwks('one'));
#   my $token = $idp->token('one', { iss => ..., ... }, header => { ... });

use warnings;
use strict;

use File::Path qw/ mkpath /;
use JSON::PP ();
use MIME::Base64 qw/ encode_base64 /;


sub new {
    my ($class, $dir) = @_;

    mkpath($dir);
    return bless { dir => $dir, alg => {} }, $class;
}


sub base64url {
    my ($bytes) = @_;
    return encode_base64($bytes, '') =~ tr{+/=}{-_}dr;
}


sub openssl {
    my ($self, @args) = @_;

    open my $out, '-|', "openssl @args 2>$self->{dir}/openssl.log"
        or die "cannot run openssl: $!\n";
    binmode $out;
    my $bytes = join '', <$out>;
    close $out or die "openssl @args failed\n";

    return $bytes;
}


sub key {
    my ($self, $kid, $alg) = @_;
    my $file = "$self->{dir}/$kid.key";

    $self->openssl($alg eq 'RS256' ? "genrsa -out $file 2048"
                   : 'ecparam -genkey -noout -name '
                     . ($alg eq 'SM2' ? 'SM2' : 'prime256v1')
                     . " -out $file");
    $self->{alg}{$kid} = $alg;

    return $self;
}


# the set of the public keys of that name, as JSON

sub jwks {
    my ($self, @kids) = @_;

    return JSON::PP->new->canonical->encode({ keys => [
        map { $self->jwk($_) } @kids
    ] });
}


sub jwk {
    my ($self, $kid) = @_;
    my $alg = $self->{alg}{$kid};
    my $file = "$self->{dir}/$kid.key";

    if ($alg eq 'RS256') {
        my ($n) = $self->openssl("rsa -in $file -noout -modulus")
                  =~ /=([0-9A-F]+)/;

        return { kty => 'RSA', kid => $kid, alg => $alg, use => 'sig',
                 n => base64url(pack 'H*', $n), e => 'AQAB' };
    }

    # the point is at the end of the key's DER

    my $point = substr $self->openssl("pkey -in $file -pubout -outform DER"),
                -64;

    return { kty => 'EC', kid => $kid, use => 'sig',
             crv => $alg eq 'SM2' ? 'SM2' : 'P-256',
             x => base64url(substr $point, 0, 32),
             y => base64url(substr $point, 32) };
}


sub token {
    my ($self, $kid, $claims, %opts) = @_;
    my $json = JSON::PP->new->utf8->canonical;
    my $alg = $self->{alg}{$kid};
    my $text = base64url($json->encode({ alg => $alg, kid => $kid,
                                         typ => 'JWT',
                                         %{ $opts{header} || {} } }))
               . '.' . base64url($json->encode($claims));
    my $in = "$self->{dir}/text";

    open my $f, '>', $in or die "cannot write $in: $!\n";
    print $f $text;
    close $f;

    my $signature = $self->openssl($alg eq 'SM2'
        ? "pkeyutl -sign -rawin -digest sm3 -pkeyopt distid:1234567812345678"
          . " -inkey $self->{dir}/$kid.key -in $in"
        : "dgst -sha256 -sign $self->{dir}/$kid.key $in");

    if ($alg ne 'RS256') {
        my ($r, $s) = $signature =~ /^\x30.\x02(.)(.*)/s
                      ? (substr($2, 0, ord $1), substr($2, ord($1) + 2)) : ();

        $signature = join '', map { substr "\0" x 32 . $_, -32 } $r, $s;
    }

    return "$text." . base64url($signature);
}


1;
