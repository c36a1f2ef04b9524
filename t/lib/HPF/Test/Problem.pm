package HPF::Test::Problem;

# Whether an answer is a whole problem document (RFC 9457), as docs/api.md has
# it.
#
#   my $wrong = fault($response);          nothing when nothing is wrong
#   my $wrong = fault($response, 1);       of HEAD, which has no body

use warnings;
use strict;

use base qw/ Exporter /;

our @EXPORT = qw/ fault /;


sub fault {
    my ($r, $head) = @_;

    return 'no response' unless $r;
    return 'cut off' unless $r->complete;
    return 'status ' . $r->status if $r->status < 400 || $r->status == 500;

    my $type = $r->header('Content-Type') || 'none';
    return "type $type" unless $type eq 'application/problem+json';

    my $id = $r->header('X-Request-Id') || '';
    return "request id $id" unless $id =~ /^[0-9a-f]{32}$/;
    return 'no language' unless $r->header('Content-Language');
    return 'may be cached' unless ($r->header('Cache-Control') || '')
                                  eq 'no-store';
    return if $head;

    my $p = $r->json;
    return 'no JSON: ' . $r->body unless ref $p eq 'HASH';

    for my $member (qw/ type title status detail instance code /) {
        return "no $member" unless length($p->{$member} // '');
    }

    return 'instance' unless $p->{instance} eq $id;
    return "status $p->{status}" unless $p->{status} == $r->status;
    return "type $p->{type}" unless $p->{type} eq "urn:hpf:problem:$p->{code}";
    return;
}


1;
