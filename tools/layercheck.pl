#!/usr/bin/perl

# layercheck.pl DIR: the folders under DIR are layers.  An include points down
# or sideways, a library's headers stay behind its fence, a symbol's prefix
# tells its file, and headers include each other in no circle.

use warnings;
use strict;

use File::Basename;
use FindBin;
use lib "$FindBin::Bin/lib";

use HPF::Source;

my @LAYERS = qw/ core crypto shm redis audit plugin http /;
my %RANK = map { $LAYERS[$_] => $_ } 0 .. $#LAYERS;

my %PREFIX = (core => 'hpf', crypto => 'hpf', http => 'ngx_http_hpf',
              map { $_ => 'ngx_hpf' } qw/ shm redis audit plugin /);

my @FENCES = (
    [ qr|^openssl/|,              qw/ crypto / ],
    [ qr|^hiredis/|,              qw/ redis / ],
    [ qr|^dlfcn\.h$|,             qw/ plugin / ],
    [ qr/^(?:lua|lauxlib|lualib|luajit)\.h(?:pp)?$/, qw/ plugin / ],
    [ qr|^jansson\.h$|,           qw/ core audit plugin http / ],
    [ qr|^ngx_http(?!_hpf)\w*\.h$|, qw/ http / ],
    [ qr|^ngx_(?:config\|core\|event\w*\|crypt\|md5\|sha1)\.h$|,
                                  qw/ shm redis audit plugin http / ],
);

# files whose symbols carry the prefix of the layer alone: the one that holds
# the module objects, the one with all directives, what all of a layer shares

my $SHARED = qr/_(?:module|conf|util|var)$/;

my $dir = shift || 'ngx_hpf_module';
my (%files, %owner, %graph);

for my $file (source_files(qr/\.[ch]$/, $dir)) {
    my $layer = basename(dirname($file));

    if (!defined $RANK{$layer}) {
        fault($file, 1, "\"$layer\" is no layer");
        next;
    }

    $files{$file} = { layer => $layer, src => load($file) };
    $owner{basename($file)} = $file if $file =~ /\.h$/;
}

for my $file (sort keys %files) {
    check_includes($file, $files{$file});
    check_names($file, $files{$file});
}

check_cycles();
exit faults();


sub check_includes {
    my ($file, $f) = @_;
    my $n = 0;

    for my $line (@{ $f->{src}{lines} }) {
        $n++;
        next unless $line =~ /^\s*#\s*include\s*[<"]([^>"]+)[>"]/;

        my $header = $1;

        for my $fence (@FENCES) {
            my ($re, @may) = @$fence;

            fault($file, $n, "\"$header\" belongs in " . join(', ', @may)
                             . " and not in $f->{layer}")
                if $header =~ $re && !grep { $_ eq $f->{layer} } @may;
        }

        my $target = $owner{basename($header)} or next;
        my $layer = $files{$target}{layer};

        fault($file, $n, "$f->{layer} includes \"$header\" of $layer, which"
                         . ' is above it')
            if $RANK{$layer} > $RANK{$f->{layer}};

        push @{ $graph{$file} }, [ $target, $n ] if $file =~ /\.h$/;
    }
}


# x_mask_json.c may hold x_mask_json_... and x_mask_..., not x_...; what a
# header of the layer declares for others has that header's prefix

sub check_names {
    my ($file, $f) = @_;
    my $stem = basename($file) =~ s/\.[ch]$//r;
    my $prefix = $PREFIX{$f->{layer}};

    if ($stem !~ /^\Q$prefix\E(?:_|$)/) {
        fault($file, 1, "a file in $f->{layer} begins with ${prefix}_");
        return;
    }

    my @may = ($stem);
    my $parent = $stem =~ s/_[^_]+$//r;

    push @may, $parent if length $parent > length $prefix;
    push @may, $prefix if $stem =~ $SHARED || $stem eq $prefix;

    for my $function (@{ $f->{src}{functions} }) {
        my $name = $function->{name};

        fault($file, $function->{line}, "$name() does not begin with ${stem}_")
            unless grep { $name =~ /^\Q$_\E(?:_|$)/ }
                        @may, declared($f->{layer}, $function);
    }
}


# the stems of the headers that declare it

sub declared {
    my ($layer, $function) = @_;

    return if $function->{static};

    return map { basename($_) =~ s/\.h$//r }
           grep { $files{$_}{layer} eq $layer
                  && grep { /(?<!\w)\Q$function->{name}\E\(/ }
                          @{ $files{$_}{src}{code} } }
           values %owner;
}


sub check_cycles {
    my %done;

    my $visit;
    $visit = sub {
        my ($file, %above) = @_;

        return if $done{$file};

        for my $edge (@{ $graph{$file} || [] }) {
            my ($to, $n) = @$edge;

            if ($above{$to} || $to eq $file) {
                fault($file, $n, 'includes in a circle: ' . basename($to));
                next;
            }

            $visit->($to, %above, $file => 1);
        }

        $done{$file} = 1;
    };

    $visit->($_) for sort keys %files;
}
