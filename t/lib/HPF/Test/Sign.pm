package HPF::Test::Sign;

# HTTP Message Signatures (RFC 9421) with hmac-sha256, as a signed channel
# makes them.
#
#   my @headers = sign_request(method => 'POST', authority => 'x:80',
#       path => '/v1/items?a=b', body => $bytes, key => $raw_key,
#       keyid => 'gov:1', headers => [Authorization => '...'],
#       created => time, nonce => '...', base => sub { ... });
#
# returns the headers to send, those given first.  "cover" lists components
# instead of those that the contract asks for, "base" is the hook that sees
# and may change the signature base.

use warnings;
use strict;

use Digest::SHA qw/ hmac_sha256 sha256 /;
use MIME::Base64 qw/ encode_base64 /;

use base qw/ Exporter /;

our @EXPORT_OK = qw/ sign_request content_digest /;

my $count = 0;


sub content_digest {
    my ($body) = @_;
    return 'sha-256=:' . encode_base64(sha256($body), '') . ':';
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

    @cover = $r{cover} ? @{ $r{cover} }
             : grep { defined $field{$_} }
                    qw/ @method @authority @path @query content-digest
                        authorization /;

    my $created = defined $r{created} ? $r{created} : time;
    my $nonce = defined $r{nonce} ? $r{nonce}
                : sprintf('%x-%x-%x-%x', $$, time, ++$count, rand(2 ** 31));
    my $alg = $r{alg} || 'hmac-sha256';

    my $params = '(' . join(' ', map { "\"$_\"" } @cover) . ')'
                 . ";created=$created;nonce=\"$nonce\""
                 . ";keyid=\"$r{keyid}\";alg=\"$alg\"";

    my $base = join '', map { "\"$_\": $field{$_}\n" } @cover;
    $base .= "\"\@signature-params\": $params";
    $base = $r{base}->($base) if $r{base};

    my $signature = encode_base64(hmac_sha256($base, $r{key}), '');

    return (@headers, 'Signature-Input', "hpf=$params",
            'Signature', "hpf=:$signature:");
}


1;
