#!/usr/bin/perl

# A signed request is accepted once: by whichever worker of whichever node,
# after a reload and the death of a worker, and while Redis is gone by the node
# that it was sent to.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $a = HPF::Test->new->gateway(workers => 3);
my $b = HPF::Test->new->gateway(workers => 3, beside => $a);


sub outcome {
    my ($r) = @_;
    return 'none' unless $r;
    return $r->status if $r->status < 400;
    return join ' ', grep { defined } @{ $r->json }{qw/ code reason /};
}


# the same bytes, whatever the node: it signs for one authority

sub request {
    my ($method, $path, %o) = @_;
    my $host = '127.0.0.1:' . port(8080);

    my @h = sign_request(method => $method, path => $path, body => $o{body},
        authority => $host, keyid => 'gov:1', headers => $o{headers} || [],
        key => $a->channel_key('gov'), nonce => $o{nonce});

    return client(8080)->build($method, $path, host => $host,
                               headers => \@h, body => $o{body});
}


sub to {
    my ($t, $bytes) = @_;
    my $c = client($t == $a ? 8080 : 8180);

    $c->send($bytes);

    return $c->response(method => $bytes =~ /^(\S+)/);
}


# 100 at once, over both nodes; each is a connection of its own, so that all
# workers have some

sub storm {
    my ($bytes, @nodes) = @_;
    my @clients = map { client($nodes[$_ % @nodes] == $a ? 8080 : 8180) }
                  1 .. 100;
    my %seen;

    $_->send($bytes) for @clients;
    $seen{outcome($_->response)}++ for @clients;

    return \%seen;
}


my $replayed = 'channel-signature replayed';

is_deeply(storm(request('GET', '/v1/items'), $a, $b),
          { 200 => 1, $replayed => 99 },
          '100 times the same query, over two nodes of three workers');


# one that does something: an SMS is sent once

my $person = $a->person(0);
my $sms = JSON::PP->new->canonical->encode({
    factor => 'sms', mobile => $person->{mobile}, purpose => 'login' });

is_deeply(storm(request('POST', '/v1/challenges', body => $sms), $a, $b),
          { 201 => 1, $replayed => 99 }, 'a code is asked for once');
is(scalar(grep { $_->{mobile} eq $person->{mobile} } $a->outbox), 1,
   'and sent once');


# a request that was captured

my $bytes = request('GET', '/v1/items');

is(outcome(to($a, $bytes)), 200, 'on the first node');
is(outcome(to($b, $bytes)), $replayed, 'then on the second');
is(outcome(to($a, $bytes)), $replayed, 'and again on the first');

$a->reload(wait_old => 1);
$b->reload(wait_old => 1);
is(outcome(to($_, $bytes)), $replayed, 'after a reload') for $a, $b;

$a->allow_log(qr/exited on signal 9/);
$a->kill_worker('KILL');
is(outcome(to($a, $bytes)), $replayed, 'after the death of a worker');

my $line = $a->wait_for(sub {
    my ($line) = grep { ($_->{reason} || '') =~ /another node/ }
                 map { json($_) }
                 split /\n/, $b->read_file('audit/audit.jsonl');
    return $line;
});

is($line->{outcome}, 'channel-signature', 'the record says who saw it before');


# only a signature that holds uses one up

$bytes = request('GET', '/v1/items', nonce => 'kept');
my $forged = $bytes;
$forged =~ s/(Signature: hpf=:)(.)/$1 . ($2 eq 'A' ? 'B' : 'A')/e;

is(outcome(to($a, $forged)), 'channel-signature mismatch', 'a forged one');
is(outcome(to($b, $bytes)), 200, 'leaves the nonce to the right one');

my @keys = @{ $a->redis('KEYS', 'hpf:{n:*}') };

is(scalar(grep { my $ttl = $a->redis('TTL', $_); $ttl < 500 || $ttl > 610 }
          @keys), 0, 'nonces go by themselves');


# somebody is logged in, and all workers know it; nothing of it is lost when
# Redis is killed

$a->redis('CONFIG', 'SET', 'appendfsync', 'always');

my $token = $a->enter($person, channel => 'app');
my @bearer = (Authorization => "Bearer $token");

sub query {
    return request('POST', '/v1/items/account-query', body => '{}',
                   headers => [ @bearer ]);
}

$a->heard;

for (1 .. 12) {
    $a->call('GET', '/v1/session', token => $token);
}

is(outcome(to($a, query())), 200, 'a query of a user');


# Redis is gone: what changes nothing goes on, by the node's own table

$_->allow_log(qr/hpf/) for $a, $b;
$a->kill_redis;
$a->wait_for(sub { $a->admin('GET', '/readyz')->status == 503
                   && $b->admin('GET', '/readyz')->status == 503 });

$bytes = request('GET', '/v1/items');
is(outcome(to($a, $bytes)), 200, 'without Redis a query goes on');
is(outcome(to($a, $bytes)), $replayed, 'once on each node');

$bytes = request('GET', '/v1/session', headers => [ @bearer ]);
is(outcome(to($a, $bytes)), 200, 'also of a user whose session is known');
is(outcome(to($a, query())), 'store-unavailable', 'what may change does not');
is($a->call('POST', '/v1/items/account-query', token => $token,
            body => {})->status, 200, 'on a public channel it does');

$a->start_redis;
$_->heard for $a, $b;

is(outcome(to($b, request('GET', '/v1/items'))), 200, 'Redis is back');
is(outcome(to($b, query())), 200, 'for all of it');


# each node for itself

$a->gateway_conf(workers => 3, http => 'hpf_nonce node;');
$a->reload(wait_old => 1);

$bytes = request('GET', '/v1/items');
is(outcome(to($b, $bytes)), 200, '"hpf_nonce node": on the other node');
is(outcome(to($a, $bytes)), 200, 'is not asked for');
is(outcome(to($a, $bytes)), $replayed, 'but the node itself remembers');

my ($ok, $out) = $a->config_test(<<'EOF');
    %%TEST_GLOBALS%%
    http { hpf_nonce somewhere; }
EOF

ok(!$ok && $out =~ /invalid value "somewhere"/, 'another scope is refused');

done_testing();
