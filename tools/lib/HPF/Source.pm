package HPF::Source;

# What the checkers know of C: lines with and without comments and strings,
# and where the functions are.

use warnings;
use strict;

use File::Find ();

use base qw/ Exporter /;

our @EXPORT = qw/ source_files load fault faults /;

my @faults;


# the files under the folders whose names end so, sorted

sub source_files {
    my ($re, @dirs) = @_;
    my @files;

    File::Find::find({ no_chdir => 1, wanted => sub {
        push @files, $_ if -f && /$re/ && !m|/\.|;
    } }, grep { -e } @dirs);

    return sort @files;
}


sub fault {
    my ($file, $line, $what) = @_;
    push @faults, "$file:$line: $what";
}


# prints what was found; the exit status

sub faults {
    my %seen;

    print "$_\n" for grep { !$seen{$_}++ } @faults;

    return @faults ? 1 : 0;
}


# {name, lines (as written), code (without comments, strings emptied),
#  functions [{name, static, line, end, params}]}

sub load {
    my ($name) = @_;

    open my $f, '<:raw', $name or die "cannot open $name: $!\n";
    local $/;
    my $text = <$f>;
    $text = '' unless defined $text;

    my $code = $text;
    my $blank = sub { my $s = shift; $s =~ s/[^\n]/ /g; return $s };

    $code =~ s{(/\*.*?\*/) | "((?:[^"\\\n]|\\.)*)" | '((?:[^'\\\n]|\\.)*)'}
              {defined $1 ? $blank->($1)
               : defined $2 ? '"' . $blank->($2) . '"'
               : "'" . $blank->($3) . "'"}gsex;

    my $self = {
        name => $name,
        text => $text,
        lines => [ split /\n/, $text, -1 ],
        code => [ split /\n/, $code, -1 ],
    };

    $self->{functions} = [ functions($self->{code}) ];

    return $self;
}


# A function's body is a brace pair at column 0 whose header, above it, has
# its name at column 0 and its type on the line before that.

sub functions {
    my ($code) = @_;
    my @found;

    for (my $i = 0; $i < @$code; $i++) {
        next unless $code->[$i] =~ /^\{\s*$/;

        my $start = $i - 1;
        $start-- while $start >= 0 && $code->[$start] =~ /^\s+\S/;
        next if $start < 0;

        my $head = join ' ', @$code[$start .. $i - 1];
        next unless $head =~ /^([\w\s*]*?)(\w+)\s*\((.*)\)\s*$/s;

        my ($type, $name, $params) = ($1, $2, $3);
        next if $name =~ /^(?:if|for|while|switch)$/;

        my $own_line = $type !~ /\S/;
        $type = $start > 0 ? $code->[$start - 1] : '' if $own_line;

        my $end = $i;
        $end++ while $end < $#$code && $code->[$end] !~ /^\}/;

        push @found, {
            name => $name,
            own_line => $own_line,
            static => $type =~ /\bstatic\b/ ? 1 : 0,
            line => $start + 1,
            body => $i + 1,
            end => $end + 1,
            params => count_params($params),
        };

        $i = $end;
    }

    return @found;
}


sub count_params {
    my ($params) = @_;

    return 0 if $params =~ /^\s*(?:void)?\s*$/;

    1 while $params =~ s/\([^()]*\)//g;

    return 1 + ($params =~ tr/,//);
}


1;
