#!/usr/bin/perl

# doccheck.pl: run in the project's folder.  Every directive in the code has
# a heading in docs/directives.md and is used in a test or in the example's
# configuration, which the tests run; and no heading is about another one.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";

use HPF::Source;

my $DOCS = 'docs/directives.md';
my (%directives, %headings, $used);

for my $file (source_files(qr/\.c$/, 'ngx_hpf_module')) {
    my $src = load($file);
    my $lines = $src->{lines};

    # a directive's name is followed by where it is allowed, a variable's not

    for my $i (0 .. $#$lines - 1) {
        next unless $lines->[$i + 1] =~ /NGX_\w+_CONF/;

        $directives{$1} ||= [ $file, $i + 1 ]
            if $lines->[$i] =~ /^ +\{ ngx_string\("(hpf_\w+)"\),\s*$/;
    }
}

if (-e $DOCS) {
    my $n = 0;

    for my $line (@{ load($DOCS)->{lines} }) {
        $n++;
        next unless $line =~ /^#+ /;
        $headings{$1} ||= $n while $line =~ /\b(hpf_\w+)/g;
    }
}

$used = join '', map { load($_)->{text} }
                     source_files(qr/\.t$/, 't'),
                     source_files(qr/\.(?:in|conf)$/, 'conf');

for my $name (sort keys %directives) {
    my ($file, $line) = @{ $directives{$name} };

    fault($file, $line, "\"$name\" has no heading in $DOCS")
        unless $headings{$name};
    fault($file, $line, "\"$name\" is in no test")
        unless $used =~ /\b\Q$name\E\b/;
}

for my $name (sort keys %headings) {
    fault($DOCS, $headings{$name}, "\"$name\" is no directive")
        unless $directives{$name};
}

exit faults();
