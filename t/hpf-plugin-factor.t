#!/usr/bin/perl

# hpf-plugin knows factors: a first one that works, in both languages; what
# is wrong with one; tests that say what is sent and whom it is about.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new;
my $work = $t->path('work');
my $json = JSON::PP->new->utf8->canonical;

mkdir $_ or die "$_: $!\n" for $work, $t->path('tmp');

$ENV{HPF_BUILD} = $t->build_dir;
$ENV{HPF_NGINX} = $t->{nginx};
$ENV{TMPDIR} = $t->path('tmp');


# the exit status and all that it says

sub tool {
    my ($args) = @_;
    my $program = $t->root . '/tools/hpf-plugin';
    my $out = `cd $work && $program $args 2>&1 </dev/null`;

    utf8::decode($out);

    return ($? & 127 ? "signal $?" : $? >> 8) . " $out";
}


sub edit {
    my ($name, $change) = @_;
    my $tree = json($t->read_file("work/$name"));

    $change->($tree);
    $t->write_file("work/$name", $json->encode($tree));
}


# a first one

like(tool('new hukou --kind factor'),
     qr/^1 .*"hukou" is no factor: id-card, bank-card or face/,
     'one that sessions do not know');
like(tool('new face --kind thing'), qr/^1 .*--kind is item or factor/,
     'a kind that there is not');

like(tool('new face --kind factor'), qr/^0 .*tests\/face\.json/s, 'in Lua');
like(tool('check face'), qr/^0 .*"face" 1\.0\.0, a factor in Lua, form of 1/,
     'nothing is wrong with it');
like(tool('test face'), qr/^0 1\.\.4\n(?:ok .*\n){4}$/, 'its tests pass');

like(tool('new bank-card --kind factor --c'), qr/^0 /, 'in C');
like(tool('build bank-card'), qr/^0 /, 'it builds');
like(tool('check bank-card'), qr/^0 .*a factor in C/, 'nothing is wrong');
like(tool('test bank-card'), qr/^0 1\.\.4\n(?:ok .*\n){4}$/, 'and passes');

system('openssl', 'genpkey', '-algorithm', 'ed25519', '-out',
       "$work/key.pem") == 0 or die "openssl: $?\n";
like(tool('pack face --key key.pem'), qr/^0 face-1\.0\.0\.hpf/, 'it is packed');


# those of the project

like(tool('test ' . $t->root . "/plugins/$_"),
     qr/^0 1\.\.6\n(?:ok .*\n){6}$/, "$_ passes its tests")
    for qw/ id-card bank-card /;

system('cp', '-r', $t->root . '/plugins/face', $t->build_dir . '/plugins/face',
       $t->path('tmp')) == 0 or die "cp: $?\n";
like(tool('test ../tmp/face'), qr/^0 1\.\.5\n(?:ok .*\n){5}$/,
     'face passes its tests');


# a test that does not hold

edit('face/tests/face.json', sub {
    $_[0]{tests} = [
        { name => 'whom it is about', form => { number => '654321' },
          user => { id_no => '110105194912310038' },
          calls => [ { backend => 'register',
                       json => { id_no => '110105194912310038' },
                       answer => { json => { match => JSON::PP::true } } } ],
          answer => { status => 200, body => { level => 1 } } },
        { name => 'said to be somebody else', form => { number => '654321' },
          calls => [ { backend => 'register',
                       answer => { json => { match => JSON::PP::false } } } ],
          answer => { status => 200 } },
    ];
});

like(tool('test face'),
     qr/^1 1\.\.2\nok 1 .*\nnot ok 2 .*\n#.*status: 401, not 200/,
     'is told');

edit('face/tests/face.json', sub { $_[0]{tests}[0]{user}{level} = 2 });
like(tool('test face'), qr/^1 .*unknown member "level"/, 'no level');
edit('face/tests/face.json', sub { $_[0]{tests}[0]{user} = undef });
like(tool('test face'), qr/^1 .*a factor is about somebody/, 'not nobody');
edit('face/tests/face.json', sub {
    $_[0]{tests}[0]{user} = {};
    $_[0]{tests}[0]{case} = {};
});
like(tool('test face'), qr/^1 .*unknown member "case"/, 'no case');


# a manifest

edit('face/manifest.json', sub { $_[0]{level} = 1; $_[0]{limits} = [] });
my $said = tool('check face');
like($said, qr/^1 .*manifest\.json:1: "level" is of service items/m, 'level');
like($said, qr/manifest\.json:1: "limits" is of service items/, 'limits');

done_testing();
