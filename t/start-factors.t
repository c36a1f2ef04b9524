#!/usr/bin/perl

# A home whose plugins are from before there were factors: make start adds
# them once, since nobody could prove who he is without; who takes one away
# afterwards is not brought it again.

use warnings;
use strict;

use File::Path qw/ rmtree /;
use Test::More;

use HPF::Test;

my $t = HPF::Test->new;
my $home = $t->path('home');
my @factors = qw/ id-card bank-card face /;


sub gateway {
    my ($command) = @_;
    my $env = "HPF_HOME=$home HPF_PORT=" . port(8080) . ' HPF_ADMIN_PORT='
              . port(8081) . ' HPF_WORKERS=1 HPF_BUILD=' . $t->build_dir
              . " HPF_NGINX=$t->{nginx}";
    my $tool = $t->root . '/tools/gateway';
    my $out = `exec env -u HPF_REDIS $env $tool $command 2>&1 </dev/null`;

    return "$? $out";
}


sub loaded {
    return join ' ', sort map { $_->{kind} eq 'factor' ? $_->{id} : () }
           @{ http_get('/admin/v1/plugins', port => 8081)->json->{plugins} };
}


# as an older version has left it, with one of the operators' own

$t->write_file('home/plugins/face/face.lua',
               'return { handle = function() return false end }');
$t->write_file('home/plugins/face/manifest.json', <<'EOJ');
{"id": "face", "version": "9.0.0", "kind": "factor", "language": "lua",
 "name": "face", "person": ["id_no"]}
EOJ

my $said = gateway('start');
like($said, qr/^0 hpf: plugins\/id-card is new: .*\n.*plugins\/bank-card is/,
     'they are added, and it is said');
unlike($said, qr/face is new/, 'not over one that is there');
is(loaded(), 'bank-card face id-card', 'they are loaded');
like($t->read_file('home/plugins/face/manifest.json'), qr/9\.0\.0/,
     'the one that was there as it was');
like(gateway('stop'), qr/^0 /, 'stopped');


# taken away

rmtree("$home/plugins/bank-card");
$said = gateway('start');
unlike($said, qr/ is new/, 'what was taken away is not brought again');
is(loaded(), 'face id-card', 'the others are there');
like(gateway('stop'), qr/^0 /, 'stopped');


# a new home has them all

rmtree($home);
unlike(gateway('start'), qr/ is new/, 'a new home');
is(loaded(), 'bank-card face id-card', 'has them');
like(gateway('stop'), qr/^0 /, 'stopped');

done_testing();
