#!/usr/bin/perl

# tools/abicheck lets the plugin header grow at its ends, and nothing else.

use warnings;
use strict;

use Cwd qw/ abs_path /;
use File::Basename;
use File::Temp qw/ tempdir /;
use Test::More;

my $root = abs_path(dirname(__FILE__) . '/..');
my $dir = tempdir('hpf-abi-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $frozen = "$root/t/fixtures/abi-1.0/hpf_plugin.h";

open my $in, '<', $frozen or die "$frozen: $!\n";
my $header = join '', <$in>;


# what it says of the header with a change, and its status

sub check {
    my ($from, $to) = @_;
    my $text = $header;

    $text =~ s/$from/$to/s or die "nothing to change: $from\n";

    open my $out, '>', "$dir/hpf_plugin.h" or die "$!\n";
    print $out $text;
    close $out;

    my $said = `$root/tools/abicheck $dir/hpf_plugin.h $frozen 2>&1`;

    return ($? >> 8, $said);
}

for (
    [ 'a member at an end', qr/(\(\*now\)\(void\);)/,
      '(*now)(void); int (*more)(int);' ],
    [ 'a longer result', qr/(    hpf_str_t    value;)/,
      '    hpf_str_t value; int64_t more;' ],
    [ 'a new constant', qr/(#define HPF_DECLINED)/,
      "#define HPF_MORE  7\n#define HPF_DECLINED" ],
    [ 'another minor version', qr/HPF_ABI_MINOR      0/, 'HPF_ABI_MINOR 7' ],
) {
    my ($name, @change) = @$_;
    my ($status, $said) = check(@change);

    is($status, 0, $name) or diag($said);
}

for (
    [ 'a member before others', qr/(    uint32_t     abi;)/,
      'uint32_t more; uint32_t abi;', qr/offset changed/ ],
    [ 'another type', qr/int32_t      status;/, 'int64_t status;',
      qr/hpf_result_t::status/ ],
    [ 'a function that returns another', qr/int64_t    \(\*now\)/,
      'int32_t (*now)', qr/hpf_host_s::now/ ],
    [ 'one more argument', qr/\(\*append\)\(hpf_json_t \*array/,
      '(*append)(int more, hpf_json_t *array', qr/append/ ],
    [ 'a member that is gone', qr/    hpf_str_t  \(\*fact\)[^;]*;/, '',
      qr/deletion/ ],
    [ 'members in another order', qr/(int32_t      outcome;[^\n]*\n)(.*?\n)/,
      "int32_t status; int32_t outcome;\n", qr/offset changed/ ],
    [ 'a constant that is gone', qr/#define HPF_TIMEOUT [^\n]*\n/, '',
      qr/HPF_TIMEOUT/ ],
    [ 'another number of a constant', qr/HPF_REFUSED        4/,
      'HPF_REFUSED 5', qr/HPF_REFUSED 4/ ],
    [ 'another major version', qr/HPF_ABI_MAJOR      1/, 'HPF_ABI_MAJOR 2',
      qr/HPF_ABI_MAJOR/ ],
    [ 'a table that is gone', qr/\} hpf_iface_kv_t;/, '} hpf_iface_k_t;',
      qr/unknown type name/ ],
) {
    my ($name, @change) = @$_;
    my $want = pop @change;
    my ($status, $said) = check(@change);

    isnt($status, 0, $name);
    like($said, $want, 'is told');
}

done_testing();
