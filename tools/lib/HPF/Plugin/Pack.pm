package HPF::Plugin::Pack;

# hpf-plugin pack and verify: one file with the manifest and the code, the
# digests of both and of the plugin as the gateway has it, and a signature of
# these.  The same plugin and key give the same bytes.
#
#   digests     "hpf-plugin 1", "ID VERSION DIGEST", then as sha256sum does
#   signature   Ed25519 over digests, 64 bytes
#   ID/manifest.json, ID/ID.lua or ID/ID.so

use warnings;
use strict;

use Digest::SHA ();
use File::Copy qw/ copy /;
use File::Temp qw/ tempdir /;

use HPF::Plugin;


sub create {
    my ($opts, $dir) = @_;

    fault('pack needs --key: an Ed25519 private key, as of "openssl genpkey '
          . '-algorithm ed25519"') unless $opts->{key};

    key_kind($opts->{key}, 'Private');

    my $plugin = HPF::Plugin::checked($dir);
    my ($id, $version) = @$plugin{qw/ id version /};
    my $out = $opts->{out} || "$id-$version.hpf";
    my $tmp = tempdir('hpf-pack-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    my @files = ("$id/manifest.json", "$id/$plugin->{code}");

    mkdir "$tmp/$id" or fault("$tmp/$id: $!");

    for my $file (@files) {
        my ($name) = $file =~ m|([^/]+)$|;

        copy("$plugin->{dir}/$name", "$tmp/$file") or fault("$name: $!");
    }

    write_file("$tmp/digests", digests($tmp, $plugin, @files));
    openssl(qw/ pkeyutl -sign -rawin -inkey /, $opts->{key},
            '-in', "$tmp/digests", '-out', "$tmp/signature")
        or fault("$opts->{key} does not sign");

    archive($tmp, $out, 'digests', 'signature', @files);

    say("$out: \"$id\" $version");
    say("digest $plugin->{digest}");

    return 0;
}


sub digests {
    my ($tmp, $plugin, @files) = @_;

    return join '', "hpf-plugin 1\n",
        "$plugin->{id} $plugin->{version} $plugin->{digest}\n",
        map { sha256("$tmp/$_") . "  $_\n" } @files;
}


sub sha256 { Digest::SHA->new(256)->addfile($_[0], 'b')->hexdigest }


# neither the time nor the owner nor the mode of a file goes in

sub archive {
    my ($tmp, $out, @files) = @_;
    my $gzip = tool('gzip');

    system(tool('tar'), '-C', $tmp, '-cf', "$tmp/tar", '--format=ustar',
           qw/ --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=0644 /,
           @files) == 0 or fault('tar failed');

    system('sh', '-c', '"$1" -9n < "$2" > "$3.tmp"', 'sh', $gzip, "$tmp/tar",
           $out) == 0 or fault("$out is not written");

    rename "$out.tmp", $out or fault("$out: $!");
}


sub verify {
    my ($opts, $file) = @_;

    fault('verify needs --key: the public key of whom you trust')
        unless $opts->{key};

    key_kind($opts->{key}, 'Public');
    fault("$file: $!") unless -r $file;

    my $tmp = tempdir('hpf-verify-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    my @names = unpack_to($file, $tmp);

    openssl(qw/ pkeyutl -verify -rawin -pubin -inkey /, $opts->{key},
            '-in', "$tmp/digests", '-sigfile', "$tmp/signature")
        or fault("$file: the signature is not of this key");

    my ($id, $version, $digest, %sum) = read_digests($file, "$tmp/digests");

    for my $name (grep { m|/| } @names) {
        my $want = delete $sum{$name};

        fault("$file: $name is not among the digests") unless $want;
        fault("$file: $name is not what was signed")
            unless sha256("$tmp/$name") eq $want;
    }

    fault("$file: $_ is missing") for sort keys %sum;

    fault("$file: the digest is not that of the plugin")
        unless $digest eq gateway_digest(map { "$tmp/$_" } @names[2, 3]);

    say("$file: \"$id\" $version, whole and signed by this key");
    say("digest $digest");

    return 0;
}


# nothing is unpacked whose name is not as pack makes it

sub unpack_to {
    my ($file, $tmp) = @_;
    my $tar = tool('tar');

    open my $list, '-|', 'sh', '-c', '"$1" -tvzf "$2" 2>/dev/null', 'sh',
        $tar, $file or missing("tar: $!");
    my @lines = <$list>;
    close $list or fault("$file is no packed plugin");

    my @names = map { /^-\S+ +\S+ +\d+ +\S+ +\S+ (.*)$/ ? $1
                      : fault("$file has something that is no file") } @lines;
    my ($id) = ($names[2] || '') =~ m|^([a-z][a-z0-9-]*)/manifest\.json$|;

    fault("$file is no packed plugin")
        unless @names == 4 && $id && $names[0] eq 'digests'
               && $names[1] eq 'signature'
               && $names[3] =~ m|^\Q$id/$id\E\.(?:lua\|so)$|;

    system($tar, '-xzf', $file, '-C', $tmp, '--no-same-owner') == 0
        or fault("$file is no packed plugin");

    return @names;
}


sub read_digests {
    my ($file, $name) = @_;
    my ($kind, $plugin, @sums) = split /\n/, slurp($name);

    fault("$file is of another version of hpf-plugin")
        unless ($kind || '') eq 'hpf-plugin 1';

    return (split(/ /, $plugin),
            map { /^([0-9a-f]{64})  (.+)$/ ? ($2 => $1) : () } @sums);
}


sub key_kind {
    my ($key, $kind) = @_;
    my @public = $kind eq 'Public' ? '-pubin' : ();

    fault("$key: $!") unless -r $key;

    open my $out, '-|', 'sh', '-c', '"$@" 2>/dev/null </dev/null', 'sh',
        tool('openssl'), 'pkey', '-in', $key, @public, qw/ -noout -text /
        or missing("openssl: $!");
    my $line = <$out>;
    close $out;

    fault("$key is no Ed25519 \L$kind\E key")
        unless ($line || '') =~ /^ED25519 $kind-Key:/;
}


sub openssl {
    my (@args) = @_;

    return system('sh', '-c', '"$@" >/dev/null 2>&1 </dev/null', 'sh',
                  tool('openssl'), @args) == 0;
}


1;
