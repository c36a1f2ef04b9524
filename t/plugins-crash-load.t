#!/usr/bin/perl

# A C plugin whose loading ends the worker: nothing changes, the version before
# it goes on, and the workers do not die of it for ever.

use warnings;
use strict;

use Test::More;

use HPF::Test;
use HPF::Test::Faulty;

my $t = HPF::Test->new->gateway(workers => 2, start => 0, http => <<'EOF');
    hpf_plugin_watchdog 400ms;
EOF

crashes_are_expected($t);
$t->run->wait_ready;


# a new version is refused; until it is, the old one is served

sub refused {
    my ($name, $id, $defines) = @_;
    my $before = () = $t->log_text =~ /catalogue \d+ is refused/g;

    faulty($t, $id, $defines);

    ok($t->wait_for(sub {
        my $now = () = $t->log_text =~ /catalogue \d+ is refused/g;
        return $now > $before && $t->workers == 2;
    }), "$name is refused");

    # another worker may have been in the middle of it

    $t->heard;

    is(ask($t, $id), 'one', 'what was before goes on');
}


faulty($t, 'shaky');
ok($t->wait_for(sub { ask($t, 'shaky') eq 'one' }), 'a plugin');

refused('a crash in LOAD', 'shaky', { LOADING => 'raise(SIGSEGV)' });
refused('a constructor that exits', 'shaky',
        { CONSTRUCTING => 'faulty_end("exit")' });
refused('one that aborts', 'shaky', { CONSTRUCTING => 'abort()' });
refused('a loop in LOAD', 'shaky', { LOADING => 'while (forever) { }' });

cmp_ok(records($t, 'plugin-crashed') + records($t, 'plugin-exited')
       + records($t, 'plugin-stuck'), '<=', 4 * 4,
       'each was tried a few times at most');
is(records($t, 'plugin-quarantined'), 4, 'each is quarantined');

# after _exit(2) of a worker nginx starts no other: a library that would call it
# is not opened, and so is one with its relatives

for my $name (qw/ _exit _Exit exit quick_exit /) {
    faulty($t, 'shaky', {
        LOADING => "if (!forever) $name(2)", VALUE => "\"$name\"",
    });
    ok($t->wait_log(qr/"shaky" not loaded: it calls $name\(\), which would/),
       "a call of $name() is seen");
    is(ask($t, 'shaky'), 'one', 'and what was before goes on');
}

faulty($t, 'shaky', { VALUE => '"two"' });
ok($t->wait_for(sub { ask($t, 'shaky') eq 'two' }), 'a good one comes in');


# what was loaded once crashes the workers of the next start

sub crashes { return scalar records($t, 'plugin-crashed') }

faulty($t, 'late', {
    LOADING => 'if (access("' . $t->path('evil') . '", F_OK) == 0) abort()',
});
ok($t->wait_for(sub { ask($t, 'late') eq 'one' }), 'one that loads today');

my $before = crashes();
$t->write_file('evil', '');
$t->stop->run->wait_ready;

ok($t->wait_for(sub { ask($t, 'shaky') eq 'two' }), 'after a start');
is(ask($t, 'late'), 'plugin-quarantined', 'the one that crashes is shut out');
ok($t->wait_for(sub { crashes() - $before >= 2 }), 'it was tried twice');
cmp_ok(crashes() - $before, '<=', 3, 'and no more than all workers do at once');

unlink $t->path('evil');
ok($t->reload(wait_old => 1), 'a reload');
is(ask($t, 'late'), 'plugin-quarantined', 'does not try it again');

faulty($t, 'late', { VALUE => '"two"' });
ok($t->wait_for(sub { ask($t, 'late') eq 'two' }), 'another version is tried');

done_testing();
