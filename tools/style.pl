#!/usr/bin/perl

# style.pl FILE...: how lines look.  nginx's own style, as far as a program
# can tell; what it prints is file:line: what.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";

use HPF::Source;

my $KIND = qr/(?:unsigned|signed|struct|const|volatile|static|enum|union)/;

my %BANNED = map { $_ => 1 } qw/
    sprintf vsprintf strcpy strcat strncat strtok gets sleep usleep
    nanosleep system popen gethostbyname getaddrinfo alloca setjmp
/;

# a program's standard output is its own business; a module has none

my %BANNED_IN_MODULE = map { $_ => 1 } qw/
    printf fprintf vprintf puts putchar perror exit abort rand srand
/;

# what a stranger guesses at: how long a comparison takes would tell him

my $COMPARE = qr/\b(?:ngx_)?(?:mem|strn?|strncase)cmp\(/;
my $SECRET = qr/\b(?:mac|csrf|token|code|secret|password|pepper|tag)/;


for my $file (@ARGV) {
    my $src = load($file);

    check_text($src);

    if ($file =~ /\.[ch]$/) {
        check_head($src);
        check_code($src);
        check_blank_lines($src);
        check_functions($src);
        check_declarations($src);
        check_guard($src) if $file =~ /\.h$/;
    }

    check_test($src) if $file =~ m|\bt/[^/]*\.t$|;
}

exit faults();


# the width on a terminal: Han characters take two columns

sub width {
    my ($line) = @_;

    utf8::decode($line);

    return length($line)
           + scalar(() = $line =~ /[\x{1100}-\x{115f}\x{2e80}-\x{a4cf}
                                    \x{ac00}-\x{d7a3}\x{f900}-\x{faff}
                                    \x{fe30}-\x{fe6f}\x{ff00}-\x{ff60}
                                    \x{20000}-\x{3fffd}]/gxx);
}


sub check_text {
    my ($src) = @_;
    my ($file, $n, $blank) = ($src->{name}, 0, 0);
    my $heredoc = 0;

    for my $line (@{ $src->{lines} }) {
        $n++;

        fault($file, $n, 'line is longer than 80 columns')
            if width($line) > 80 && !excused($file, $line);
        fault($file, $n, 'tab') if $line =~ /\t/;
        fault($file, $n, 'trailing blank') if $line =~ /[ \t]$/;
        fault($file, $n, 'carriage return') if $line =~ /\r/;

        # built of parts, so that this file passes itself

        fault($file, $n, "$1 without an issue's number")
            if $line =~ /\b(TO(?:)DO|FIX(?:)ME|X(?:)XX|HA(?:)CK)\b/
               && $line !~ /issue \d/ && $line !~ /\(\?:\)/;
    }

    my $lines = $src->{lines};

    fault($file, scalar @$lines, 'no newline at the end of the file')
        if @$lines && $lines->[-1] ne '';
    fault($file, scalar @$lines, 'blank line at the end of the file')
        if @$lines > 1 && $lines->[-2] eq '';
}


# what cannot be broken: an address, and what a reader is to paste

sub excused {
    my ($file, $line) = @_;
    return 1 if $line =~ m{https?://\S{40,}|^/\* links:};
    return $file !~ /\.[ch]$/ && $line =~ /curl|sed |-d '\{/;
}


sub check_head {
    my ($src) = @_;
    my @lines = @{ $src->{lines} };

    shift @lines if @lines && $lines[0] =~ m|^/\* *links:|;
    shift @lines while @lines && $lines[0] eq '';

    fault($src->{name}, 1, 'no copyright comment at the top')
        unless @lines > 3 && $lines[0] eq '/*'
               && $lines[1] eq ' * Copyright (C) the HPF gateway authors'
               && $lines[2] =~ m|^ \*/?$|;
}


sub check_code {
    my ($src) = @_;
    my ($file, $code) = @$src{qw/ name code /};
    my $module = $file =~ m#(?:^|/)(?:ngx_hpf_module|plugins)/#;

    for (my $i = 0; $i < @$code; $i++) {
        my $line = $code->[$i];
        my $n = $i + 1;
        my $macro = $line =~ /\\$/ || ($i > 0 && $code->[$i - 1] =~ /\\$/);

        fault($file, $n, 'comment with //') if $line =~ m|//|;
        fault($file, $n, 'code that is switched off')
            if $line =~ /^\s*#\s*if\s+\(?\s*0\s*\)?\s*$/;

        fault($file, $n, 'no blank line before "} else"')
            if $line =~ /^\s*\} else\b/ && !$macro && $i > 0
               && $src->{lines}[$i - 1] !~ /^\s*$/;

        fault($file, $n, "no space after \"$1\"")
            if $line =~ /\b(if|for|while|switch)\(/;
        fault($file, $n, 'endless loop is written "for ( ;; )"')
            if $line =~ /for \(;;\)|while \((?:1|true)\)/;
        fault($file, $n, 'assignment in a condition')
            if $line =~ /\bif \(.*[^=!<>+\-*\/|&^%]=[^=]/;
        fault($file, $n, 'no space after a cast')
            if $line =~ /\(\w[\w ]* \*+\)[\w(&]/ && $line !~ /sizeof/;
        fault($file, $n, 'no space around an operator')
            if $line =~ /\w(?:==|!=|<=|>=|&&|\|\|)\w/
               && $line !~ /^\s*#\s*include/;

        fault($file, $n, 'secrets are compared by hpf_crypto_equal()')
            if $module && $line =~ /$COMPARE/
               && "$line $code->[$n]" =~ /$COMPARE[^;{]*$SECRET(?:\.data)?,/;

        check_braces($file, $n, $line, $code->[$n]) unless $macro;

        while ($line =~ /(?<![\w.>])(\w+)\s*\(/g) {
            fault($file, $n, "$1() is not used here")
                if $BANNED{$1} || ($module && $BANNED_IN_MODULE{$1});
        }
    }
}


# a condition on one line has its brace there, or alone on the next line when
# it does not fit, and its statement below

sub check_braces {
    my ($file, $n, $line, $next) = @_;

    return unless $line =~ /^\s*(?:\} else )?(?:if|for|while|switch) (\(.*)$/;

    my ($rest, $depth) = ($1, 0);

    for my $i (0 .. length($rest) - 1) {
        my $c = substr $rest, $i, 1;

        $depth++ if $c eq '(';
        $depth-- if $c eq ')';
        next if $depth;

        my $after = substr $rest, $i + 1;

        fault($file, $n, 'no brace at the end of the condition')
            if $after !~ /^ \{\s*\}?$/
               && ($after =~ /\S/ || length $line < 78
                   || $next !~ /^\s*\{$/);
        return;
    }
}


sub check_blank_lines {
    my ($src) = @_;
    my ($file, $lines) = @$src{qw/ name lines /};

    for (my $i = 0; $i < @$lines; $i++) {
        fault($file, $i + 1, 'more than two blank lines')
            if $i >= 2 && $i < $#$lines && $lines->[$i] eq ''
               && $lines->[$i - 1] eq '' && $lines->[$i - 2] eq '';

        next unless $lines->[$i] eq '}';

        my $next = $i + 1;
        $next++ while $next < @$lines && $lines->[$next] eq '';

        next if $next >= @$lines || $lines->[$next] =~ /^#/;

        fault($file, $i + 1, 'not two blank lines after a function')
            if $next - $i != 3;
    }
}


sub check_functions {
    my ($src) = @_;

    for my $f (@{ $src->{functions} }) {
        fault($src->{name}, $f->{line},
              "the type of $f->{name}() is not on a line of its own")
            unless $f->{own_line};
    }
}


# The block of declarations at the top of a function: names in one column, at
# least two blanks after the longest type, shorter types first.

sub check_declarations {
    my ($src) = @_;
    my ($file, $code) = @$src{qw/ name code /};

    for my $f (@{ $src->{functions} }) {
        my ($column, $last, $gap) = (undef, 0, 99);

        for my $i ($f->{body} .. $f->{end} - 1) {
            my $line = $code->[$i];

            last if $line =~ /^\s*$/;
            last unless $line =~ /^[ ]{4}((?:$KIND\s+)*\w+(?:\s+(?:int|char|long
                                  |short))*)(\s+)(\**)(\w+)\s*[\[;,=]/x;

            my ($type, $space, $stars, $name) = ($1, $2, $3, $4);
            last if $type =~ /^(?:return|goto|case|else)\b/;

            my $at = 4 + length($type) + length($space) + length($stars);
            my $length = length $type;

            $column = $at unless defined $column;

            fault($file, $i + 1, "\"$name\" is not in the column of the"
                                 . ' names above')
                if $at != $column;
            fault($file, $i + 1, 'less than two blanks after the type')
                if length($space) < 2 && $line !~ / = /;
            fault($file, $i + 1, 'a shorter type below a longer one')
                if $length < $last;

            $last = $length;
        }
    }
}


sub check_guard {
    my ($src) = @_;
    my ($name) = $src->{name} =~ m|([^/]+)\.h$|;
    my $guard = '_' . uc($name) . '_H_INCLUDED_';

    return if $name eq 'hpf_plugin' && $src->{text} =~ /#ifndef _?HPF_PLUGIN_H/;

    fault($src->{name}, 1, "no guard $guard")
        unless $src->{text} =~ /^#ifndef \Q$guard\E\n#define \Q$guard\E\n/m;
}


sub check_test {
    my ($src) = @_;
    my $n = 0;

    for my $line (@{ $src->{lines} }) {
        $n++;

        fault($src->{name}, $n, 'a test waits on conditions, not by sleep')
            if $line =~ /^[^#]*(?<!hpf\.)(?<!iface->)
                         \b(?:sleep|usleep)\b\s*[(\d]/x;
        fault($src->{name}, $n, 'a test that may fail')
            if $line =~ /todo_skip|local \$TO(?:)DO/;
    }
}
