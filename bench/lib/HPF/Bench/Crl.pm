package HPF::Bench::Crl;

# Revocation lists for measurements: openssl would take long for a large one.
#
#   my $pem = crl_of($pem, key => 'issuing.key', entries => 1_000_000);
#   my $old = crl_of($pem, key => 'issuing.key', ended => 1);
#
# is the list $pem of an authority with keys of P-256, with so many random
# entries, or with an end an hour ago, signed anew.

use warnings;
use strict;

use File::Temp ();
use MIME::Base64 qw/ decode_base64 encode_base64 /;
use POSIX qw/ strftime /;

use base qw/ Exporter /;

our @EXPORT = qw/ crl_of /;


sub tlv {
    my ($tag, $value) = @_;
    my $n = length $value;

    my $len = $n < 128 ? chr $n
                       : do { my $b = pack('N', $n) =~ s/^\0+//r;
                              chr(0x80 | length $b) . $b };

    return chr($tag) . $len . $value;
}


# what a value consists of, each with its head: [ tag, bytes, content ]

sub parts {
    my ($der) = @_;
    my ($at, @parts) = (0);

    while ($at < length $der) {
        my ($tag, $n) = unpack 'CC', substr $der, $at, 2;
        my $head = 2;

        if ($n > 128) {
            $head += $n & 127;
            $n = unpack 'N', substr "\0" x 4
                                    . substr($der, $at + 2, $n & 127), -4;
        }

        push @parts, [ $tag, substr($der, $at, $head + $n),
                       substr($der, $at + $head, $n) ];
        $at += $head + $n;
    }

    return @parts;
}


# serial numbers of 16 bytes, with the same date

sub entries {
    my ($n, $date) = @_;

    open my $random, '<:raw', '/dev/urandom' or die "urandom: $!\n";
    read $random, my $bytes, 15 * $n;

    return tlv(0x30, join '', map {
        "\x30\x21\x02\x10\x40" . substr($bytes, 15 * $_, 15) . $date
    } 0 .. $n - 1);
}


sub crl_of {
    my ($pem, %o) = @_;
    my ($text) = $pem =~ /BEGIN X509 CRL-+\n(.*?)-+END/s;
    my ($list) = parts(decode_base64($text));
    my ($tbs, $alg) = parts($list->[2]);
    my @parts = parts($tbs->[2]);          # version, alg, issuer, times, …
    my $last = pop @parts;

    splice @parts, 5;

    if ($o{ended}) {
        $parts[$_][1] = tlv(0x17, strftime('%y%m%d%H%M%SZ',
                                           gmtime(time - 3600 * (5 - $_))))
            for 3, 4;
    }

    push @parts, [ 0, entries($o{entries}, tlv(0x17, '260101000000Z')) ]
        if $o{entries};

    my $body = tlv(0x30, join '', map { $_->[1] } @parts, $last);
    my $tmp = File::Temp->new;

    binmode $tmp;
    print $tmp $body;
    $tmp->flush;

    my $signature = `openssl dgst -sha256 -sign $o{key} $tmp`;
    die "cannot sign a list\n" if $?;

    return "-----BEGIN X509 CRL-----\n"
           . encode_base64(tlv(0x30, $body . $alg->[1]
                                     . tlv(0x03, "\0$signature")))
           . "-----END X509 CRL-----\n";
}


1;
