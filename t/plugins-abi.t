#!/usr/bin/perl

# The C interface of plugins lasts: what was built for 1.0 goes on working, the
# header compiles as every C and C++ there is, and a library that is wrong in
# whatever way is refused with file and reason, while the one before it serves.

use warnings;
use strict;

use Test::More;

use HPF::Test;
use HPF::Test::Plugin;

my $t = HPF::Test->new->gateway(workers => 2, start => 0);
my $root = $t->root;
my $source = 't/plugins/abi-load.c';


# the header by itself, as the oldest and newest compilers take it

$t->write_file('header.c', "#include \"hpf_plugin.h\"\n"
                           . "extern hpf_plugin_def_t  none;\n");

for my $as ('cc -std=c89', 'cc -std=c99', 'cc -std=c17',
            'c++ -x c++ -std=c++98', 'c++ -x c++ -std=c++17')
{
    my $out = `$as -pedantic -Wall -Wextra -Werror -fsyntax-only \\
               -I$root/plugins/include @{[ $t->path('header.c') ]} 2>&1`;

    is($?, 0, "the header is fit for $as") or diag($out);
}


# one of 1.0, built with the header of that time

plugin_install($t, 'abi-one',
               plugin_build($t, 't/fixtures/abi-1.0/abi-one.c',
                            "-I$root/t/fixtures/abi-1.0"));
plugin_install($t, 'abi-load', plugin_build($t, $source));

$t->run->wait_ready;

like($t->log_text, qr/"abi-one": abi-one is there/, 'a plugin of 1.0 loads');

for my $n (1, 2) {
    my $r = $t->call('POST', '/v1/items/abi-one', body => {});

    is($r->status, 200, 'it works') or diag($r->raw);
    is($r->json->{result}{runs}, $n, 'with keys');
    is($r->json->{result}{status}, 404, 'back ends');
    is_deeply($r->json->{result}{list}[3], 'x', 'and trees');
}

is($t->call('POST', '/v1/items/abi-one', body => { fail => 'not-found' })
   ->json->{detail}, 'as asked for', 'and fails as it wants to');

my @events = $t->log_text =~ /"abi-load": event (\d)/g;
is_deeply([ @events[0 .. 1] ], [ 1, 3 ],
          'one of today is loaded, then warmed');


# each of these is put over the one that is good

my $none = $t->path("none.so");

$t->write_file('none.c', "int abi_none(void) { return 1; }\n");
system('cc', '-shared', '-fPIC', '-o', $none, $t->path('none.c')) == 0
    or die "cannot build\n";

my @wrong = (
    [ 'another major version', qr/it is for ABI 2, this gateway has 1/,
      '-DMAJOR=2' ],
    [ 'a definition that is too short', qr/its definition is incomplete/,
      '-DSIZE=16' ],
    [ 'another id', qr/it says it is "abi-other"/, '-DID="abi-other"' ],
    [ 'no entry', qr/it does not export hpf_plugin_entry\(\)/, '-DHIDDEN' ],
    [ 'no definition', qr/not loaded: it refused/,
      '-DNOTHING', '-Wno-unused-variable' ],
    [ 'LOAD refused', qr/it refused/, '-DREFUSE=HPF_EVENT_LOAD' ],
    [ 'WARM refused', qr/it refused to be warmed/,
      '-DREFUSE=HPF_EVENT_WARM' ],
    [ 'a symbol that nobody has', qr/undefined symbol: abi_none/, '-DNEEDS' ],
    [ 'a library that is missing', qr/none\.so: cannot open shared object/,
      '-DNEEDS', $none ],
);

for (@wrong) {
    my ($name, $reason, @flags) = @$_;
    my $file = plugin_build($t, $source, @flags);

    unlink $none if grep { $_ eq $none } @flags;
    refused($name, $reason, $file);
}


# and files that are no libraries, or not all of one

my $whole = plugin_build($t, $source, '-DVALUE="cut"');
my $size = -s $whole;
my $bytes = $t->read_file($whole =~ s|.*/||r);

for my $part (0, 40, 300, 4096, $size / 3, $size / 2) {
    my $file = $t->write_file('cut.so', substr($bytes, 0, $part));

    refused('the first ' . int($part) . " bytes of $size", qr/./, $file);
}

refused('a text', qr/file too short|invalid ELF header/,
        $t->write_file('text.so', "this is no library at all, is it?\n" x 9));

is(scalar(grep { /exited on signal/ } split /\n/, $t->log_text), 0,
   'no worker has died of them');


# newer ones, of which this gateway does not know everything

for (
    [ 'a newer minor version with a larger definition', 'newer',
      '-DMINOR=99', '-DLARGER' ],
    [ 'a smaller definition, with rubbish behind it', 'smaller',
      '-DSMALLER' ],
) {
    my ($name, $value, @flags) = @$_;

    plugin_install($t, 'abi-load',
                   plugin_build($t, $source, "-DVALUE=\"$value\"", @flags));
    plugin_becomes($t, $name, 'abi-load', $value);
}

done_testing();


# the log has file and reason, and the one before goes on

sub refused {
    my ($name, $reason, $file) = @_;
    my $seen = () = refusals();

    plugin_install($t, 'abi-load', $file);

    ok($t->wait_for(sub { $seen < refusals() }), "$name is refused");

    my ($line) = (refusals())[$seen];

    like($line, $reason, 'with the reason');
    like($line, qr|/abi-load\.so|, 'and the file');
    plugin_becomes($t, 'and changes nothing', 'abi-load', 'good');
}


sub refusals { grep { /"abi-load" not loaded/ } split /\n/, $t->log_text }
