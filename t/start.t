#!/usr/bin/perl

# make start and stop: what scripts rely on.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->plan(33);
my $dir = $t->dir;
my $tool = $t->root . '/tools/gateway';


# (exit status, output) of tools/gateway COMMAND in a home of that name

sub gateway {
    my $line = line(@_);
    my $out = `$line 2>&1 </dev/null`;

    return ($? >> 8, $out);
}


sub line {
    my ($command, $home, @ports) = @_;

    my $env = "HPF_HOME=$dir/$home HPF_PORT=" . port($ports[0])
              . ' HPF_ADMIN_PORT=' . port($ports[1]) . ' HPF_WORKERS=1'
              . ' HPF_BUILD=' . $t->build_dir . " HPF_NGINX=$t->{nginx}";

    return "exec env -u HPF_REDIS $env $tool $command";
}


sub mode { sprintf '%o', (stat "$dir/$_[0]")[2] & 07777 }


sub pids {
    my ($home) = @_;
    return map { $t->read_file("$home/run/$_.pid") =~ /(\d+)/ }
           qw/ nginx redis demo /;
}


my ($rc, $out) = gateway('start', 'a', 8080, 8081);
is($rc, 0, 'start') or diag($out);

my $channels = '127.0.0.1:' . port(8080);
like($out, qr|http://\Q$channels\E|, 'address');
is(http_get('/readyz', port => 8081)->status, 200, 'ready');

my @first = pids('a');
is(scalar @first, 3, 'three pid files');
is(kill(0, @first), 3, 'three processes');

is(mode('a/secrets'), '700', 'mode of secrets');
is(mode('a/secrets/seal.key'), '600', 'mode of a key');

my @keys = map { $t->read_file("a/secrets/channels/$_.key") }
           qw/ wechat kiosk hotline sms gov partner /;
is(scalar(grep { m|^[A-Za-z0-9+/]{43}=\n$| } @keys), 6, 'keys of channels');
is(keys %{{ map { $_ => 1 } @keys }}, 6, 'no two keys are equal');

ok(-S "$dir/a/run/redis.sock", 'socket of redis');
ok(-d "$dir/a/plugins", 'plugins');
ok(-s "$dir/a/logs/error.log", 'error log');

# again, and another beside it

($rc, $out) = gateway('start', 'a', 8080, 8081);
like($out, qr/already running/, 'second start in the same home');
is_deeply([ pids('a') ], \@first, 'nothing was started');

($rc, $out) = gateway('start', 'b', 8082, 8083);
is($rc, 0, 'start beside') or diag($out);
is(http_get('/readyz', port => 8083)->status, 200, 'ready beside');

# a port that is taken

($rc, $out) = gateway('start', 'c', 8080, 8085);
is($rc, 1, 'port is taken');
like($out, qr/Address already in use/, 'reason');
is(scalar pids('c'), 0, 'what was started has ended');

# a file that names a process of somebody else harms nobody

my @second = pids('b');
$t->write_file('b/run/demo.pid', "$$\n");

($rc, $out) = gateway('stop', 'b', 8082, 8083);
is($rc, 0, 'stop beside, with a wrong pid file');
kill 'TERM', $second[2];

is(kill(0, @first), 3, 'the first goes on');

# one in the foreground loses its Redis, and another start takes its place:
# the first one goes, and leaves to the other what is the other's

open my $foreground, '-|', line('run', 'd', 8086, 8087) . ' 2>&1'
    or die "cannot run: $!\n";

my $said = '';
$said = <$foreground> until $said =~ /^hpf: / || eof $foreground;
is($said, "hpf: ready\n", 'in the foreground');

my @third = pids('d');
kill 'KILL', $third[1];
ok($t->wait_for(sub { http_get('/readyz', port => 8087)->status != 200 }),
   'without its Redis it is not ready');

($rc, $out) = gateway('start', 'd', 8086, 8087);
is($rc, 0, 'another start') or diag($out);
unlike($out, qr/No such file/, 'says nothing that is of no use');

like(join('', <$foreground>), qr/hpf: another start runs here now/,
     'the one in the foreground ends');
close $foreground;
is(http_get('/readyz', port => 8087)->status, 200, 'and the other goes on');


# without its back end a gateway is no use, ready or not

push @second, @third, pids('d');
my $demo = (pids('d'))[2];
kill 'KILL', $demo;
ok($t->wait_for(sub { !kill(0, $demo) }), 'the demo back end is gone');

($rc, $out) = gateway('start', 'd', 8086, 8087);
is($rc, 0, 'another start') or diag($out);
isnt((pids('d'))[2], $demo, 'brings it back');

push @second, pids('d');
gateway('stop', 'd', 8086, 8087);


# a master that was killed leaves its worker

kill 'KILL', $first[0];
($rc, $out) = gateway('stop', 'a', 8080, 8081);
is($rc, 0, 'stop after a kill');

ok($t->wait_for(sub { !kill(0, @first, @second) }), 'no process is left');

my $left = `find /proc/[0-9]*/fd -lname '$dir/*' 2>/dev/null`;
is($left, '', 'no file is held open');
