#!/usr/bin/perl

# What operators see of plugins, for all workers of the node together, and how
# they end a quarantine.

use warnings;
use strict;

use Test::More;

use HPF::Test;
use HPF::Test::Faulty;

my $t = HPF::Test->new->gateway(workers => 2, start => 0, http => <<'EOF');
    hpf_plugin_watchdog 0;
    hpf_plugin_quarantine 1 60s;
EOF

crashes_are_expected($t);
$t->run->wait_ready;

my $URI = '/admin/v1/plugins';


# what the operators read: from another worker, if the one that took the
# connection goes into a call that does not end

sub told {
    my ($path) = @_;

    return $t->wait_for(sub { $t->admin('GET', $path, timeout => 1) })->json;
}


# versions of a plugin that are in a state

sub seen {
    my ($id, $state) = @_;

    return grep { $_->{id} eq $id && (!$state || $_->{state} eq $state) }
           @{ told($URI)->{plugins} };
}


sub release {
    my ($id, @headers) = @_;
    return $t->admin('POST', "$URI?release=$id", headers => \@headers)->status;
}


# one that serves

my ($item) = seen('account-query');

is($item->{state}, 'serving', 'a plugin of the project');
like($item->{digest}, qr/^[0-9a-f]{64}$/, 'its digest');
is("$item->{language} $item->{kind} $item->{abi}", 'c item 1.1', 'what it is');
ok(-e $item->{path}, 'where it is');
ok($item->{in_force}, 'it is in force');
is($item->{workers}, 2, 'in all workers');

my ($lua) = seen('withdraw-rent');
is($lua->{language}, 'lua', 'one in Lua');
cmp_ok($lua->{memory}, '>', 2 * 10000, 'has memory in each worker');
ok(!exists $lua->{abi}, 'and no ABI');

my @ids = map { $_->{id} } @{ $t->admin('GET', $URI)->json->{plugins} };
is_deeply(\@ids, [ sort @ids ], 'they are in order');


# calls of all workers

faulty($t, 'shaky', {}, resources => { time => 1000 });
ok($t->wait_for(sub { ask($t, 'shaky') eq 'one' }), 'a plugin');
my ($before) = seen('shaky');
ask($t, 'shaky') for 1 .. 20;
ask($t, 'shaky', 'sleep') for 1 .. 2;
my ($after) = seen('shaky');
is($after->{calls} - $before->{calls}, 22, 'calls are counted');
is($after->{errors} - $before->{errors}, 2, 'and errors');
is($after->{running}, 0, 'none is under way');


# memory that a C plugin has of the gateway

is($after->{memory}, 0, 'it has no memory of its own');
ask($t, 'shaky', 'keep');
is((seen('shaky'))[0]{memory}, 100000, 'what it takes is counted');
like($t->admin('GET', '/metrics')->body,
     qr/^hpf_plugin_memory_bytes\{item="shaky"\} 100000$/m, 'and measured');


# a worker that does not come out again

my $c = client(8080);
$c->send($c->build('POST', '/v1/items/shaky', body => { do => 'block' },
                   headers => [ 'X-HPF-Channel' => 'app' ]));
ok($t->wait_for(sub { (seen('shaky'))[0]{inside_ms} > 100 }),
   'a call that blocks is seen by the other worker');
is((seen('shaky'))[0]{inside}, 1, 'in one of them');

my $asked = told('/readyz')->{checks}{worker};
$t->kill_worker('KILL', (grep { $_ != $asked } $t->workers)[0]);
ok($t->wait_for(sub { (seen('shaky'))[0]{ended}{killed} == 1 }),
   'a worker that was killed there');
ok($t->wait_for(sub { (seen('shaky'))[0]{inside} == 0 }), 'is inside no more');
ok($t->wait_for(sub { records($t, 'plugin-killed') == 1 }),
   'and has a record');


# an old version that has a call is drained

faulty($t, 'shaky', { VALUE => '"two"' });
ok($t->wait_for(sub { ask($t, 'shaky') eq 'two' }), 'one without a time');

$t->demo('POST', '/_hold', { target => '/core/loans' });
$c = client(8080);
$c->send($c->build('POST', '/v1/items/shaky', body => { do => 'hold' },
                   headers => [ 'X-HPF-Channel' => 'app' ]));
$t->demo('GET', '/_held?target=/core/loans&n=1&ms=30000');

faulty($t, 'shaky', { VALUE => '"three"' });
ok($t->wait_for(sub { ask($t, 'shaky') eq 'three' }), 'another');

my ($old) = seen('shaky', 'draining');
is($old->{running}, 1, 'the old one has a call');
ok(!$old->{in_force}, 'and is not in force');

$t->demo('POST', '/_release', { target => '/core/loans' });
is($c->response->json->{result}{value}, 'two', 'which ends');
ok($t->wait_for(sub { seen('shaky') == 1 }), 'then it goes');


# one that does not load is shown until it is mended

faulty($t, 'shaky', { ID => '"other"' });
ok($t->wait_for(sub { seen('shaky', 'refused') == 1 }), 'one that is refused');
is(seen('shaky', 'serving'), 1, 'beside the one that serves');

faulty($t, 'shaky', { VALUE => '"four"' });
ok($t->wait_for(sub { ask($t, 'shaky') eq 'four' }), 'a good one');
is(seen('shaky', 'refused'), 0, 'makes that an old story');


# quarantine, and its end

is(release('shaky', 'X-HPF-Operator' => 'li'), 404, 'nothing to release');

ask($t, 'shaky', 'crash');
ok($t->wait_for(sub { seen('shaky', 'quarantined') }), 'one that has crashed');
my ($bad) = seen('shaky', 'quarantined');
is($bad->{ended}{crashed}, 1, 'says how often');
is(ask($t, 'shaky'), 'plugin-quarantined', 'it is not called');

is(release('shaky'), 400, 'nobody releases it without a name');
is(release('shaky', 'X-HPF-Operator' => "l\x07i"), 400, 'or with such a one');
is(ask($t, 'shaky'), 'plugin-quarantined', 'nothing has changed');

is(release('shaky', 'X-HPF-Operator' => 'li'), 204, 'an operator does');
is_deeply([ map { ask($t, 'shaky') } 1 .. 8 ], [ ('four') x 8 ],
          'workers call it again, also the one that never had its code');
is(seen('shaky', 'serving'), 1, 'it serves');
is((records($t, 'plugin-released'))[0]{by}, 'li', 'the record has who');

ask($t, 'shaky', 'crash');
ok($t->wait_for(sub { seen('shaky', 'quarantined') }), 'it may come again');

is($t->admin('DELETE', $URI)->status, 405, 'another method');
is($t->admin('DELETE', $URI)->header('Allow'), 'GET, HEAD, POST',
   'and what is allowed');
is($t->admin('PUT', '/admin/v1/sessions')->header('Allow'),
   'GET, HEAD, DELETE', 'of sessions');

my $metrics = $t->admin('GET', '/metrics')->body;
my %help = map { $_ => 1 } $metrics =~ /^# HELP (\S+) \S/mg;
my @own = grep { !/^hpf_plugin_.*_(total|seconds)$/ }
          $metrics =~ /^# TYPE (\S+)/mg;
is(join(' ', grep { !$help{$_} } @own), '', 'each metric says what it is');

done_testing();
