package HPF::Plugin;

# What the commands of hpf-plugin share, and the short ones among them.  A
# command gets its options and words, and returns its exit status.

use warnings;
use strict;

use Cwd qw/ abs_path /;
use Digest::SHA ();
use File::Basename;
use JSON::PP ();

use base qw/ Exporter /;

our @EXPORT = qw/ say fault missing slurp write_file json root build_dir
                  plugin checked is_factor tool gateway_digest /;

my $ROOT = abs_path(dirname(abs_path(__FILE__)) . '/../../..');


sub say { print "@_\n" }


# what is wrong with the plugin, and what is with this machine

sub fault {
    my ($why) = @_;

    print STDERR "hpf-plugin: $why\n";
    exit 1;
}


sub missing {
    my ($why) = @_;

    print STDERR "hpf-plugin: $why\n";
    exit 3;
}


sub root { $ROOT }
sub build_dir { $ENV{HPF_BUILD} ? abs_path($ENV{HPF_BUILD}) : "$ROOT/build" }


sub slurp {
    my ($file) = @_;

    open my $f, '<:raw', $file or fault("$file: $!");
    local $/;
    my $text = <$f>;

    return defined $text ? $text : '';
}


sub write_file {
    my ($file, $text) = @_;

    open my $f, '>:raw', $file or fault("$file: $!");
    print $f $text;
    close $f or fault("$file: $!");
}


sub json {
    my ($file) = @_;
    my $tree = eval { JSON::PP->new->utf8->decode(slurp($file)) };

    return $tree if defined $tree;

    my $why = $@ =~ s/ at \S+ line \d+\.?\n//r;

    fault("$file: $why");
}


# a program that has to be there

sub tool {
    my ($name) = @_;

    for my $dir (split(/:/, $ENV{PATH}), qw| /usr/sbin /sbin |) {
        return "$dir/$name" if -x "$dir/$name" && !-d _;
    }

    return $name if $name =~ m|/| && -x $name;

    missing("$name is missing; \"make deps\" in the project installs it");
}


# a plugin's folder: what it is called

sub plugin {
    my ($dir) = @_;

    fault("$dir is no folder") unless -d $dir;

    $dir =~ s|(?<=.)/+$||;

    return { dir => $dir, id => basename(abs_path($dir)) };
}


# a plugin with which nothing is wrong; all that is has been told

sub checked {
    my ($dir) = @_;
    my $plugin = plugin($dir);
    my $checker = build_dir() . '/hpf-plugin-check';

    missing("$checker is missing; \"make\" in the project builds it")
        unless -x $checker;

    open my $out, '-|', $checker, $plugin->{dir} or missing("$checker: $!");
    my $line = <$out>;
    close $out;

    my $status = $?;

    if (!defined $line) {
        hint($plugin, $status);
        exit 1;
    }

    chomp $line;
    @$plugin{qw/ id version language digest /} = split / /, $line;
    $plugin->{manifest} = json("$plugin->{dir}/manifest.json");
    $plugin->{code} = $plugin->{id}
                      . ($plugin->{language} eq 'c' ? '.so' : '.lua');

    return $plugin;
}


sub is_factor { ($_[0]{manifest}{kind} || 'item') eq 'factor' }


sub hint {
    my ($plugin, $status) = @_;
    my ($dir, $id) = @$plugin{qw/ dir id /};

    if ($status & 127) {
        print STDERR "$dir/$id.so: it crashes when it is loaded, signal ",
                     $status & 127, "\n";

    } elsif ($status == 0) {
        print STDERR "$dir/$id.so: it ends the program that loads it\n";

    } elsif (!-e "$dir/$id.so" && -e "$dir/$id.c") {
        print STDERR "try \"hpf-plugin build $dir\" first\n";
    }
}


sub check {
    my (undef, $dir) = @_;
    my $plugin = checked($dir);
    my $manifest = $plugin->{manifest};
    my $fields = keys %{ $manifest->{form}{properties} || {} };

    say("$plugin->{dir}: \"$plugin->{id}\" $plugin->{version},",
        is_factor($plugin) ? 'a factor'
        : ($manifest->{mode} || 'query') eq 'query' ? 'a query'
        : 'an application', 'in', $plugin->{language} eq 'c' ? 'C,' : 'Lua,',
        "form of $fields field" . ($fields == 1 ? '' : 's'));
    say("digest $plugin->{digest}");

    return 0;
}


# of any folder or machine, and without running any of the code

sub digest {
    my (undef, $dir) = @_;
    my $plugin = plugin($dir);
    my $manifest = "$plugin->{dir}/manifest.json";
    my $language = json($manifest)->{language} || '';
    my %suffix = (c => 'so', lua => 'lua');

    fault("$manifest: no language") unless $suffix{$language};

    say(gateway_digest($manifest,
                       "$plugin->{dir}/$plugin->{id}.$suffix{$language}"));

    return 0;
}


sub gateway_digest {
    my ($manifest, $code) = @_;
    my ($suffix) = $code =~ /([^.]+)$/;
    my $text = slurp($manifest);

    return Digest::SHA::sha256_hex(pack('Q<', length $text), $text, $suffix,
                                   slurp($code));
}


# no symbol may be left that the header does not give

sub build {
    my (undef, $dir) = @_;
    my $plugin = plugin($dir);
    my @sources = sort glob("\Q$plugin->{dir}\E/*.c");
    my $so = "$plugin->{dir}/$plugin->{id}.so";

    fault("$plugin->{dir} has no *.c; a plugin in Lua is not built")
        unless @sources;

    my @cmd = (split(' ', $ENV{CC} || 'cc'), qw/ -std=c99 -O2 -g -Wall -Wextra
               -Wno-unused-parameter -fPIC -shared -fvisibility=hidden /,
               '-Wl,-z,defs', '-I', "$ROOT/plugins/include",
               split(' ', $ENV{CFLAGS} || ''), '-o', "$so.tmp", @sources);

    tool($cmd[0]);

    if (system(@cmd) != 0) {
        unlink "$so.tmp";
        return 1;
    }

    rename "$so.tmp", $so or fault("$so: $!");
    say("$so is built");

    return 0;
}


1;
