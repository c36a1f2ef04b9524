#!/usr/bin/perl

# sizecheck.pl FILE...: no file, function or list of parameters too long.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";

use HPF::Source;

my ($FILE, $FUNCTION, $PARAMS) = (800, 120, 5);

# scanners and tables that are clearer in one piece, and callbacks whose
# parameters somebody else decided; each with the reason

my %EXEMPT = (
    tap_is_int => 'a macro adds file and line',
    tap_is_str => 'a macro adds file and line',
    demo_http_handle => 'a callback of libmicrohttpd',
);

for my $file (@ARGV) {
    my $src = load($file);
    my $lines = @{ $src->{lines} } - 1;

    fault($file, 1, "file has $lines lines, $FILE are enough")
        if $lines > $FILE;

    for my $f (@{ $src->{functions} }) {
        next if $EXEMPT{$f->{name}};

        my $length = $f->{end} - $f->{line} + 1;

        fault($file, $f->{line},
              "$f->{name}() has $length lines, $FUNCTION are enough")
            if $length > $FUNCTION;
        fault($file, $f->{line},
              "$f->{name}() has $f->{params} parameters, $PARAMS are enough")
            if $f->{params} > $PARAMS;
    }
}

exit faults();
