#!/usr/bin/perl

# doccheck.pl: run in the project's folder.  Every directive in the code has
# a heading in docs/directives.md and is used in a test or in the example's
# configuration, which the tests run; and no heading is about another one.
#
# What else the code offers by name is in the document of its readers: see
# @NAMED.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";

use HPF::Source;

my $DOCS = 'docs/directives.md';
my (%directives, %headings, $used);

# file, what is named in it, document, how it is written there

my $M = 'ngx_hpf_module';
my @NAMED = (
    [ "$M/http/ngx_http_hpf_route.c", qr/NGX_HTTP_(\w+, "\S+)",/,
      'docs/api.md', sub { $_[0] =~ s/, "/ /r =~ s|{}|\\{[a-z]+\\}|r } ],
    [ "$M/http/ngx_http_hpf_problem.c", qr/^ +\{ "([a-z-]+)", \d+,/m,
      'docs/api.md', sub { "`$_[0]`" } ],
    [ "$M/shm/ngx_hpf_stat_render.c", qr/"(hpf_\w+)",/,
      'docs/api.md', sub { "`$_[0]`" } ],
    [ "$M/core/hpf_manifest.schema.json",
      qr/^ {4}"(?!text"|list")(\w+)": \{/m,
      'docs/manifest.md', sub { "`$_[0]`" } ],
    [ "$M/core/hpf_form_formats.c", qr/^ +\{ "([a-z-]+)", hpf/m,
      'docs/manifest.md', sub { "`$_[0]`" } ],
    [ "$M/core/hpf_schema_keyword.c",
      qr/^ +\{ "([a-zA-Z]+)", HPF_SCHEMA_(?!NOTE|ID|DIALECT)/m,
      'docs/manifest.md', sub { "`$_[0]`" } ],
    [ "$M/plugin/ngx_hpf_lua_api.c", qr/^ +\{ "(\w+)", ngx/m,
      'docs/plugins.md', sub { "hpf\\.$_[0]\\(" } ],
    [ "$M/plugin/ngx_hpf_lua_ops.c", qr/^ +\{ "(\w+)", ngx/m,
      'docs/plugins.md', sub { "hpf\\.(?:kv\\.|case\\.)?$_[0]\\(" } ],
    [ "$M/http/ngx_http_hpf_variable.c", qr/^ +\{ ngx_string\("(\w+)"/m,
      'docs/directives.md', sub { "`\\\$$_[0]`" } ],
    [ "$M/http/ngx_http_hpf_channel.c",
      qr/^ +\{ ngx_string\("(\w+)"\), \d/m,
      'docs/directives.md', sub { "\\| `$_[0] " } ],
);

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

for my $named (@NAMED) {
    my ($file, $what, $docs, $written) = @$named;
    my $text = load($file)->{text};
    my $document = load($docs)->{text};
    my $n = 0;

    while ($text =~ /$what/g) {
        my $name = $1;
        my $line = 1 + substr($text, 0, $-[1]) =~ tr/\n//;
        my $pattern = $written->($name);

        $n++;
        fault($file, $line, "$name is not in $docs")
            unless $document =~ /$pattern/;
    }

    fault($file, 1, "names nothing that $docs should have") unless $n;
}

exit faults();
