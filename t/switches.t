#!/usr/bin/perl

# What is open: the platform, a channel, an item, an item on a channel.  The
# configuration says how they stand at first; an override in Redis reaches
# every worker of the node within a second and outlives restarts.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(workers => 3, http => <<'EOF');
    hpf_closed channel:partner 合同到期;
    hpf_closed item:account-details@kiosk;
EOF

my %state;


sub outcome {
    my ($r) = @_;
    return $r->status < 400 ? $r->status : $r->json->{code};
}


# a stopped item shows before the log-in that it needs

sub item {
    my ($item, $channel) = @_;
    return $t->call('POST', "/v1/items/$item", channel => $channel || 'app',
                    body => {});
}


sub list {
    my ($channel) = @_;
    return $t->call('GET', '/v1/items', channel => $channel || 'app');
}


# an override as the operators' console will write it

sub set {
    my ($switch, $set) = @_;

    if ($set) {
        $t->redis('HSET', 'hpf:cfg:switch', $switch,
                  ref $set ? JSON::PP->new->utf8->encode($set) : $set);

    } else {
        $t->redis('HDEL', 'hpf:cfg:switch', $switch);
    }
}


# within a second on every worker: twelve connections in a row agree

sub soon {
    my ($name, $want, $try) = @_;
    my $begin = $t->began;

    my $ok = $t->wait_for(sub {
        return 12 == grep { outcome($try->()) eq $want } 1 .. 12;
    });
    my $took = $t->took($begin);

    ok($ok && $took < 1.5, $name)
        or diag(outcome($try->()), " after $took s");
}


# as configured

is(outcome(list('hall')), 200, 'open by default');
is(outcome(list('partner')), 'channel-stopped', 'a channel closed there');
is(list('partner')->json->{reason}, '合同到期', 'with its reason');
is(outcome(item('account-details', 'kiosk')), 'item-stopped',
   'an item on a channel');
is(outcome(item('account-details', 'app')), 'session-required',
   'the item on another channel');
is(outcome(item('account-query', 'kiosk')), 'session-required',
   'another item on the channel');

my ($shown) = grep { $_->{id} eq 'partner' }
              @{ $t->call('GET', '/v1/channels')->json->{channels} };
ok(!$shown->{open}, 'the list of channels says so');

($shown) = grep { $_->{id} eq 'account-details' }
           @{ list('kiosk')->json->{items} };
ok(!$shown->{open}, 'the list of items on that channel says so');


# a channel

set('channel:hall', { open => JSON::PP::false, reason => '系统维护',
                      until => '2036-01-01T00:00:00+08:00' });

soon('a channel is closed', 'channel-stopped', sub { list('hall') });

my $r = list('hall');
is($r->status, 503, 'status');
cmp_ok($r->header('Retry-After'), '>', 0, 'when to come again');
is($r->json->{reason}, '系统维护', 'reason');
is($r->json->{until}, '2036-01-01T00:00:00+08:00', 'until');

my @ids = map { $_->{channel} } @{ $r->json->{alternatives} };
ok((grep { $_ eq 'app' } @ids), 'alternatives name an open channel');
ok(!(grep { $_ eq 'hall' || $_ eq 'partner' } @ids), 'and no closed one');
is(join(' ', sort keys %{ $r->json->{alternatives}[0] }),
   'channel entry load name', 'what is said of one');
is(outcome(list('app')), 200, 'other channels go on');

set('channel:hall');
soon('and open again', 200, sub { list('hall') });

set('channel:partner', { open => JSON::PP::true });
soon('an override opens what the configuration closed', 200,
     sub { list('partner') });


# of two that are open the one with less to do comes first, however little it is

$t->demo('POST', '/_hold', { target => '/sms/' });

my $c = client(8080);
$c->send($c->build('POST', '/v1/challenges',
                   headers => [ 'X-HPF-Channel' => 'hall' ],
                   body => { factor => 'sms', mobile => '13800138000' }));
is($t->demo('GET', '/_held?target=/sms/&n=1')->json->{held}, 1,
   'one request on the web hall');

set('channel:gov', { open => JSON::PP::false });
soon('another is closed', 'channel-stopped', sub { list('gov') });

my ($last) = reverse @{ list('gov')->json->{alternatives} };
is($last->{channel}, 'hall', 'who has something to do is named last');
cmp_ok($last->{load}, '>', 0, 'and has a load');
unlike(list('gov')->body, qr/"load":0\.\d{5}/, 'of four digits at most');

$t->demo('POST', '/_release', { target => '/sms/' });
is($c->response->status, 201, 'it was only slow');

set('channel:gov');
soon('it is open again', 200, sub { list('gov') });


# the end of a time passes by itself

set('channel:hall', { open => JSON::PP::false,
                      until => '2020-01-01T00:00:00Z' });
soon('an end that has passed closes nothing', 200, sub { list('hall') });


# an item, everywhere and on one channel

set('item:account-query', { open => JSON::PP::false, reason => '结息' });
soon('an item is closed', 'item-stopped', sub { item('account-query') });
is(item('account-query')->json->{reason}, '结息', 'its reason');
is_deeply(item('account-query')->json->{alternatives}, [],
          'nowhere else to go');

set('item:account-query');
set('item:account-query@app', { open => JSON::PP::false });
soon('an item on one channel', 'item-stopped',
     sub { item('account-query', 'app') });
soon('is open on another', 'session-required',
     sub { item('account-query', 'hall') });
ok((grep { $_->{channel} eq 'hall' }
    @{ item('account-query', 'app')->json->{alternatives} }),
   'which is among the alternatives');
is(outcome($t->call('GET', '/v1/items/account-query')), 200,
   'the guide can still be read');
set('item:account-query@app');


# the platform

set('platform', { open => JSON::PP::false, reason => '停机升级' });
soon('the platform is closed', 'channel-stopped', sub { list('gov') });
is_deeply(list('gov')->json->{alternatives}, [], 'no alternatives');
is($t->admin('GET', '/healthz')->status, 200, 'the node is well');

for my $path (qw! /healthz /readyz /metrics !) {
    my $r = $t->admin('POST', $path);
    is($r->status, 405, "POST $path");
    is($r->header('Allow'), 'GET, HEAD', 'what is allowed');
}

is($t->admin($_, '/admin/v1/none')->status, 404, "$_ of what is not there")
    for qw/ GET POST OPTIONS DELETE /;

set('platform');
soon('and open again', 200, sub { list('gov') });


# what cannot be read is closed, and the log says so

set('channel:hall', '{"open":"yes"}');
soon('a state that cannot be read', 'channel-stopped', sub { list('hall') });
like($t->log_text, qr/"channel:hall" has an unreadable state/, 'is logged');
set('channel:hall', { open => JSON::PP::false });


# reload and restart

$t->reload(wait_old => 1);
is(outcome(list('hall')), 'channel-stopped', 'after a reload');

$t->stop;
$t->run->wait_ready;
soon('after a restart', 'channel-stopped', sub { list('hall') });


# all of Redis restarted: what it holds is read again

$t->kill_redis->start_redis;
$t->redis('HDEL', 'hpf:cfg:switch', 'channel:hall');
soon('after a restart of Redis', 200, sub { list('hall') });

done_testing();
