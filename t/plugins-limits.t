#!/usr/bin/perl

# What one item may take of its node: a call has a time after which it is
# ended, and only so many are under way at once, of all workers together.

use warnings;
use strict;

use Test::More;

use HPF::Test;
use HPF::Test::Faulty;

my $t = HPF::Test->new->gateway(workers => 3);


sub lua {
    my ($id, $code, %resources) = @_;

    $t->write_file("new/$id/$id.lua", $code);
    $t->write_file("new/$id/manifest.json", JSON::PP->new->utf8->encode({
        id => $id, version => '1.0.0', language => 'lua', name => $id,
        users => [ 'anyone' ], level => 0, channels => [ '*' ],
        form => { type => 'object' }, resources => \%resources,
    }));

    rename $t->path("new/$id"), $t->path("plugins/$id") or die "rename: $!\n";
    $t->wait_for(sub { ask($t, $id) eq 'one' }) or die "no $id\n";
}


# begins a request whose back end does not answer, and returns when it waits

sub begin {
    my ($id, $n) = @_;
    my $c = client(8080);

    $c->send($c->build('POST', "/v1/items/$id", body => { do => 'hold' },
                       headers => [ 'X-HPF-Channel' => 'app' ]));
    $t->demo('GET', "/_held?target=/core/loans&n=$n&ms=30000");

    return $c;
}


sub hold { $t->demo('POST', '/_hold', { target => '/core/loans' }) }
sub release { $t->demo('POST', '/_release', { target => '/core/loans' }) }
sub logged { my ($qr) = @_; return scalar(() = $t->log_text =~ /$qr/g) }


sub running {
    my ($id) = @_;
    my $sum = 0;

    $sum += $_->{running} for grep { $_->{id} eq $id }
        @{ $t->admin('GET', '/admin/v1/plugins')->json->{plugins} };

    return $sum;
}


# time, in C

faulty($t, 'late', {}, resources => { time => 1000 });
ok($t->wait_for(sub { ask($t, 'late') eq 'one' }), 'a plugin with a second');

my $r = $t->call('POST', '/v1/items/late', body => { do => 'sleep' });
is($r->status, 500, 'one that only sleeps has failed');
is($r->json->{code}, 'plugin-failed', 'by itself');
is($r->json->{item}, 'late', 'and is named');
ok($t->wait_log(qr/"late" did not answer within 1000ms/), 'the log says why');
is(logged(qr/"late": cancelled/), 1, 'it was told, once');

hold();
$r = begin('late', 1)->response;
is($r->status, 504, 'one that waits for a back end');
is($r->json->{code}, 'backend-unavailable', 'has its problem');
is($r->json->{backend}, 'core', 'which is named');
is(logged(qr/"late": cancelled/), 2, 'it was told as well');
release();

is(ask($t, 'late', 'ask'), 'one', 'the answer that came too late does no harm');
is(logged(qr/"late": cancelled/), 2, 'one that answers is not cancelled');


# and in Lua

lua('sleeper', <<'EOF', time => 1000);
return { handle = function(request)
    if request.form["do"] == "sleep" then
        hpf.sleep(50000)
    end
    return { value = "one" }
end }
EOF

$r = $t->call('POST', '/v1/items/sleeper', body => { do => 'sleep' });
is($r->json->{code}, 'plugin-failed', 'a coroutine is given up');
is(ask($t, 'sleeper'), 'one', 'others of its machine go on');


# two at once, whichever workers they are in

faulty($t, 'narrow', {}, resources => { concurrency => 2 });
ok($t->wait_for(sub { ask($t, 'narrow') eq 'one' }), 'one for two at a time');

hold();
my @held = map { begin('narrow', $_) } 1, 2;

$r = $t->call('POST', '/v1/items/narrow', body => {});
is($r->status, 429, 'the third');
is($r->json->{code}, 'rate-limited', 'is too many');
is($r->json->{limit}, 'narrow-concurrency', 'of this limit');
is($r->header('Retry-After'), 1, 'and may come again');
is_deeply([ map { ask($t, 'narrow') } 1 .. 6 ], [ ('rate-limited') x 6 ],
          'in every worker');
is(ask($t, 'late'), 'one', 'another item has room');

# a new version shares the room with the calls of the old one

faulty($t, 'narrow', { VALUE => '"two"' }, resources => { concurrency => 2 });
ok($t->wait_log(qr/catalogue \d+ is in force(?!.*is being prepared)/s),
   'a new version');
is(ask($t, 'narrow'), 'rate-limited', 'begins with what the old one has');

release();
is($_->response->json->{result}{value}, 'one', 'what was held ends') for @held;
ok($t->wait_for(sub { ask($t, 'narrow') eq 'two' }), 'there is room again');


# a client that leaves gives its place back when the back end is done

hold();
@held = map { begin('narrow', $_) } 1, 2;
undef @held;
release();
ok($t->wait_for(sub { !running('narrow') }), 'clients that left');


# and so does a worker that dies

hold();
@held = map { begin('narrow', $_) } 1, 2;
is(ask($t, 'narrow'), 'rate-limited', 'full once more');

$t->allow_log(qr/exited on signal 9/);
$t->kill_worker('KILL', $_) for $t->workers;
ok($t->wait_for(sub { ask($t, 'narrow') eq 'two' }),
   'what dead workers had under way is counted out');
release();

done_testing();
