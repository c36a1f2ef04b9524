#!/usr/bin/perl

# The guide of docs/plugins-c.md, followed: an empty folder with the header,
# the code and the manifest as they stand there, its commands, its answer.

use warnings;
use strict;
use utf8;

use File::Path qw/ mkpath /;
use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(workers => 1);
my $root = $t->root;
my $home = $t->path('guide');

open my $f, '<:encoding(UTF-8)', "$root/docs/plugins-c.md" or die "$!\n";
my ($guide) = join('', <$f>) =~ /^## In ten minutes\n(.*?)^## /ms;

# the steps, and the indented lines of each

my ($begin, $code, $manifest, $build, $install, $request)
    = map { join "\n", /^ {4}(.*)/mg }
      (split /^\*\*\d\. /m, $guide)[1 .. 6];


# 1 to 5, in a copy of nothing but the header

mkpath([ "$home/plugins/include" ]);
symlink $t->path(''), "$home/var" or die "symlink: $!\n";
system('cp', "$root/plugins/include/hpf_plugin.h", "$home/plugins/include")
    == 0 or die "cp\n";

sub sh {
    my ($name, $script) = @_;
    my $out = `cd $home && set -e && $script 2>&1`;

    is($?, 0, $name) or diag($out);
    is($out, '', 'without a word');
}

sh('the folder', join ' && ', split /\n/, $begin);
$t->write_file('guide/deposit-estimate/deposit-estimate.c', "$code\n");
$t->write_file('guide/deposit-estimate/manifest.json', "$manifest\n");
sh('the library', "cd deposit-estimate && $build");
sh('is put in', 'cd deposit-estimate && ' . join ' && ', split /\n/, $install);


# 6

my ($curl, $answer) = $request =~ /^(curl.*?)\n(\{.*)/s;
my $port = port(8080);
my $got;

$curl =~ s/:8080/:$port/;

$t->wait_for(sub {
    $got = `$curl -s`;
    return $got =~ /result/;
});

is_deeply(json($got), json($answer), 'the answer of the guide');

my $r = $t->call('POST', '/v1/items/deposit-estimate',
                 body => { base => '1e3', percent => 5 });
is($r->json->{code}, 'form-invalid', 'what is no sum of money');
$r = $t->call('POST', '/v1/items/deposit-estimate',
              body => { base => '1000.10', percent => 5 });
is($r->json->{result}{monthly}, '50.01', 'and one that is rounded');

done_testing();
