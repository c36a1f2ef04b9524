#!/usr/bin/perl

# A C plugin that crashes, blocks or exits ends its worker and nothing else:
# the others go on, another worker comes, and it is known which plugin it was.
# At the third time it is quarantined on this node, until another version of
# it comes.

use warnings;
use strict;

use Test::More;

use HPF::Test;
use HPF::Test::Faulty;

my $t = HPF::Test->new->gateway(workers => 3, edit => sub {
    return $_[0] =~ s,rate=200r,rate=100000r,r;
}, start => 0, http => <<'EOF');
    hpf_plugin_watchdog 400ms;
    hpf_plugin_quarantine 3 60s;
EOF

crashes_are_expected($t);
$t->run->wait_ready;


# until it answers so on twelve connections in a row

sub becomes {
    my ($name, $id, $want) = @_;
    my $last = '';

    ok($t->wait_for(sub {
        return 12 == grep { ($last = ask($t, $id)) eq $want } 1 .. 12;
    }), $name) or diag("last: $last");
}


sub settled {
    my ($event, $n) = @_;
    return $t->wait_for(sub { records($t, $event) == $n });
}


sub metric {
    my ($name) = @_;
    my ($n) = $t->admin('GET', '/metrics')->body =~ /^\Q$name\E (\S+)$/m;
    return $n;
}


# one that works, beside which the other misbehaves

faulty($t, 'steady');
faulty($t, 'shaky');
becomes('a plugin in C', 'steady', 'one');
becomes('and another', 'shaky', 'one');


# a crash

is(ask($t, 'shaky', 'crash'), 'none', 'a crash has no answer');
ok(settled('plugin-crashed', 1), 'and is in the audit');

my ($record) = records($t, 'plugin-crashed');
is($record->{item}, 'shaky', 'with the plugin');
like($record->{plugin}, qr/^[0-9a-f]{64}$/, 'and its digest');
like($t->log_text,
     qr/\[alert\].*worker \d+ died inside "shaky", calling, digest \w{64}/,
     'the log has it, too');
is(metric('hpf_plugin_crashes_total{item="shaky",end="crashed"}'), 1,
   'it is counted');
becomes('the others go on', 'steady', 'one');
becomes('and so does the plugin', 'shaky', 'one');


# the same by abort() is one more, and the second is not the third

is(ask($t, 'shaky', 'abort'), 'none', 'abort()');
ok(settled('plugin-crashed', 2), 'is one, too');
becomes('two are not too many', 'shaky', 'one');


# a loop: the watchdog ends the worker

is(ask($t, 'shaky', 'loop'), 'none', 'a loop is ended');
like($t->log_text, qr/"shaky" has not come back for 400ms, calling: worker/,
     'the log says why');
ok(settled('plugin-stuck', 1), 'it is in the audit');


# that was the third

ok(settled('plugin-quarantined', 1), 'it is quarantined');
becomes('its requests are told', 'shaky', 'plugin-quarantined');
becomes('the other is served', 'steady', 'one');

my $r = $t->call('POST', '/v1/items/shaky', body => { do => 'crash' });
is($r->status, 503, 'status of the problem');
is($r->json->{item}, 'shaky', 'it names the item');
is($r->header('Retry-After'), 60, 'and when to come again');
is(records($t, 'plugin-crashed'), 2, 'its code is not run any more');
is(metric('hpf_plugin_quarantined{item="shaky"}'), 1, 'a gauge shows it');


# neither a worker that comes nor a reload forgets

$t->kill_worker;
becomes('with a new worker', 'shaky', 'plugin-quarantined');
ok($t->reload(wait_old => 1), 'a reload');
becomes('changes nothing', 'shaky', 'plugin-quarantined');
becomes('of any plugin', 'steady', 'one');


# another version is another plugin, and the old one stays what it was

faulty($t, 'shaky', { VALUE => '"two"' }, version => '2.0.0');
becomes('another version is served', 'shaky', 'two');
is(metric('hpf_plugin_quarantined{item="shaky"}'), 0, 'the item is well');
faulty($t, 'shaky');
ok($t->wait_log(qr/it is quarantined.*catalogue \d+ is refused/s),
   'the old one does not come back');
is(ask($t, 'shaky'), 'two', 'the good one stays');


# exit() ends nothing but its worker: the master would take exit(2) for the end

is(ask($t, 'shaky', 'exit'), 'none', 'exit(2)');
ok(settled('plugin-exited', 1), 'is in the audit');
ok($t->wait_for(sub { $t->workers == 3 }), 'there is another worker');
becomes('which serves', 'shaky', 'two');


# blocked in a system call is as stuck as a loop

is(ask($t, 'shaky', 'block'), 'none', 'one that blocks is ended');
ok(settled('plugin-stuck', 2), 'and counted');


# one without a stack left is known as well

is(ask($t, 'shaky', 'deep'), 'none', 'one that calls itself');
ok(settled('plugin-crashed', 3), 'has crashed');

done_testing();
