package HPF::Test::Plugin;

# Plugins that a test makes: folders with a manifest and code in Lua or C.
#
#   plugin_manifest(ID, %members)     JSON; anyone may run it, on any channel
#   plugin_build(T, SOURCE, FLAGS...) a library of a file of the tree, built as
#                                     anybody would, with the public header:
#                                     its path
#   plugin_install(T, ID, FILE, %members)
#                                     puts manifest and code in, as tools do it,
#                                     by renames; FILE is the code's path
#   plugin_value(T, ID, BODY)         runs it: "value" of the result, or the
#                                     code of the problem
#   plugin_becomes(T, NAME, ID, WANT, BODY)
#                                     a test: value() is WANT in twelve
#                                     connections in a row

use warnings;
use strict;

use File::Copy qw/ copy /;
use JSON::PP ();
use Test::More ();

use base qw/ Exporter /;

our @EXPORT = qw/ plugin_manifest plugin_build plugin_install plugin_value
                  plugin_becomes /;

my $built = 0;


sub plugin_manifest {
    my ($id, %more) = @_;

    return JSON::PP->new->utf8->canonical->pretty->encode({
        id => $id, version => '1.0.0', language => 'lua', name => $id,
        users => [ 'anyone' ], level => 0, channels => [ '*' ],
        backends => [ 'core' ], form => { type => 'object' }, %more,
    });
}


sub plugin_build {
    my ($t, $source, @flags) = @_;
    my $root = $t->root;
    my $out = $t->path('built-' . ++$built . '.so');

    # a header that is named in the flags comes before the one of today

    system('cc', '-O1', '-g', '-Wall', '-Wextra', '-Wno-unused-parameter',
           '-Werror', '-fPIC', '-shared', '-fvisibility=hidden',
           '-o', $out, "$root/$source", @flags, "-I$root/plugins/include")
        == 0 or die "cannot build $source\n";

    return $out;
}


sub plugin_install {
    my ($t, $id, $file, %more) = @_;
    my ($suffix) = $file =~ /\.(\w+)$/;
    my $dir = $t->path("plugins/$id");

    $t->write_file("new/$id/manifest.json",
                   plugin_manifest($id, language => $suffix eq 'so' ? 'c'
                                                                    : 'lua',
                                   %more));
    copy($file, $t->path("new/$id/$id.$suffix")) or die "copy: $!\n";

    if (-d $dir) {
        rename $t->path("new/$id/$_"), "$dir/$_" or die "rename: $!\n"
            for "$id.$suffix", 'manifest.json';

    } else {
        rename $t->path("new/$id"), $dir or die "rename: $!\n";
    }
}


sub plugin_value {
    my ($t, $id, $body) = @_;
    my $r = $t->call('POST', "/v1/items/$id", body => $body || {});

    return $r->status == 200 ? $r->json->{result}{value} : $r->json->{code};
}


sub plugin_becomes {
    my ($t, $name, $id, $want, $body) = @_;
    my $last = '';

    Test::More::ok($t->wait_for(sub {
        my @got = map { $last = plugin_value($t, $id, $body) } 1 .. 12;
        return 12 == grep { $_ eq $want } @got;
    }), $name) or Test::More::diag("last: $last");
}


1;
