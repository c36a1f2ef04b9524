package HPF::Test::Mask;

# What the tests of the masking filter share: a document and its masked form,
# and how much memory a worker has.
#
#   $PERSON $MASKED
#   memory(PID): resident KiB
#   stream(PATH, CODE, %o): asks for PATH and gives CODE each piece of the
#     body as it comes; (bytes, whether the answer was whole); version => '1.0'

use warnings;
use strict;

use HPF::Test;

use base qw/ Exporter /;

our @EXPORT = qw/ $PERSON $MASKED memory stream /;

our $PERSON = '{"name":"张小三","idNo":"11010519491231002X",'
              . '"mobile":13800138000,"note":"卡6217000010012345677。"}';
our $MASKED = '{"name":"张*三","idNo":"110105********002X",'
              . '"mobile":"138****8000","note":"卡***************5677。"}';


sub memory {
    my ($pid) = @_;

    open my $f, '<', "/proc/$pid/status" or return 0;
    local $/;

    return <$f> =~ /^VmRSS:\s+(\d+)/m ? $1 : 0;
}


sub stream {
    my ($path, $code, %o) = @_;
    my $c = client($o{port} || 8080, timeout => 60);
    my $version = $o{version} || '1.1';
    my ($total, $left) = (0, 0);

    $c->send("GET $path HTTP/$version\r\nHost: x\r\nConnection: close\r\n\r\n");

    1 while $c->{buf} !~ /\r\n\r\n/ && $c->fill(time + 60);

    $c->{buf} =~ s/\A(.*?\r\n\r\n)//s or return (0, 0);

    my $chunked = $1 =~ /^Transfer-Encoding: chunked/mi;

    while (1) {
        if ($chunked && $left == 0) {
            1 while $c->{buf} !~ /\A(?:\r\n)?[0-9a-f]+\r\n/
                    && $c->fill(time + 60);
            $c->{buf} =~ s/\A(?:\r\n)?([0-9a-f]+)\r\n// or return ($total, 0);
            $left = hex $1;
            return ($total, 1) if $left == 0;
        }

        if ($c->{buf} eq '') {
            $c->fill(time + 60) or return ($total, !$chunked);
        }

        my $n = $chunked && $left < length $c->{buf} ? $left
                                                     : length $c->{buf};
        my $piece = substr($c->{buf}, 0, $n, '');

        $left -= $n if $chunked;
        $total += $n;
        $code->($piece, $total);
    }
}


1;
