#!/usr/bin/perl

# A record that cannot be written now is not lost: its lines wait in shared
# memory, also when the worker that made them is killed, until there is room.
# What there is no place for any more is counted.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $FILE = 'audit/audit.jsonl';

my $t = HPF::Test->new;

$t->write_file('audit/.keep', '');
symlink '/dev/full', $t->path($FILE) or die "symlink: $!\n";

$t->gateway(workers => 1, http => 'hpf_limit_dry_run on;');
$t->allow_log(qr/a record was not written to/);
$t->allow_log(qr/exited on signal 9/);

my @asked;

sub ask {
    my ($n) = @_;

    my $client = HPF::Test::client(8080);

    push @asked, map {
        $t->call('GET', '/v1/channels', client => $client)
          ->header('X-Request-Id')
    } 1 .. $n;
}


# a disk that has room again is another file under the same name

sub room {
    my ($file) = @_;

    unlink $t->path($FILE);
    symlink $file, $t->path($FILE) or die "symlink: $!\n";
    kill 'USR1', $t->master;
}


sub lost {
    my ($n) = $t->admin('GET', '/metrics')->body
              =~ /^hpf_audit_lost_total (\d+)/m;
    return $n || 0;
}


ask(50);

like($t->log_text, qr/hpf audit: a record was not written .* \(28: No/,
     'the disk is full: it is said');
is(lost(), 0, 'and nothing is lost');

$t->kill_worker;

ask(10);
is(lost(), 0, 'not when a worker is killed either');

$t->write_file('audit/later.jsonl', '');
room($t->path('audit/later.jsonl'));

# the next request writes what waits, but for the worker to have the new file

ok($t->wait_for(sub {
       ask(1);
       return -s $t->path('audit/later.jsonl');
   }), 'there is room: it is written');

$t->wait_for(sub { $t->read_file($FILE) =~ /$asked[-1]/ });

my %made = map { ($_->{id} || '') => 1 } $t->jsonl($FILE);

is_deeply([ grep { !$made{$_} } @asked ], [], 'every line of them');
is((grep { !$_ } $t->jsonl($FILE)), 0, 'whole ones');

@asked = ();
room('/dev/full');

ok($t->wait_for(sub { ask(50); return lost() }),
   'a disk that stays full: in the end lines are lost, and counted');

my $lost = lost();

ask(20);
cmp_ok(lost(), '>', $lost, 'each of them');

room($t->path('audit/later.jsonl'));

ok($t->wait_for(sub {
       ask(1);
       return $t->read_file($FILE) =~ /$asked[-1]/;
   }), 'room again');

$lost = lost();
%made = map { ($_->{id} || '') => 1 } $t->jsonl($FILE);

is(scalar(grep { !$made{$_} } @asked), $lost,
   'what is not there was counted');

done_testing();
