#!/usr/bin/perl

# What many users' limits of all nodes ask in one turn of the event loop is one
# script for Redis; each is told of his own, whatever becomes of the others'.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $N = 24;

my $t = HPF::Test->new->gateway(
    workers => 1,
    http => 'hpf_limit_dry_run on;',
    channels => <<'EOF',
        location = /user {
            hpf_gate on;
            hpf_level 1;
            hpf_limit_dry_run off;
            hpf_limit mine by=user rate=1r/h burst=99 scope=cluster;
            hpf_limit also by=user rate=1r/h burst=999 scope=cluster;
            hpf_limit here by=address rate=1r/h burst=9999 scope=cluster;
            proxy_pass http://demo/healthz;
        }
EOF
)->quiet;

my @tokens = map { scalar $t->enter($_) } ($t->savers)[0 .. $N - 1];
my ($worker) = $t->workers;

# each has a session in the cache, and is another number of requests ahead

$t->heard;

my @left = map { 99 - $_ } 0 .. $N - 1;

for my $i (0 .. $N - 1) {
    $t->call('GET', '/user', token => $tokens[$i]) for 0 .. $i;
}


sub left {
    my ($r) = @_;
    my ($left) = ($r->header('RateLimit') || '') =~ /^"mine";r=(\d+)/;

    return $r->status == 200 ? $left : $r->status . ' ' . ($r->code || '');
}


# requests for the users of these numbers, all while the worker stands still;
# what each has left then

sub at_once {
    my @clients = map { client(8080) } @_;

    # so that the worker has accepted them

    $_->request('GET', '/v1/channels', headers => [ 'X-HPF-Channel' => 'app' ])
        for @clients;

    kill 'STOP', $worker;

    $clients[$_]->send("GET /user HTTP/1.1\r\nHost: a\r\n"
                       . "X-HPF-Channel: app\r\n"
                       . "Authorization: Bearer $tokens[$_[$_]]\r\n\r\n")
        for 0 .. $#_;

    kill 'CONT', $worker;

    return join ' ', map { left($_->response) } @clients;
}


# what they have to have left: each takes one

sub expected { join ' ', map { --$left[$_] } @_ }


my @all = 0 .. $N - 1;

is(at_once(@all), expected(@all), 'each is told of his own');

# some may come a turn later

my $few;

for (1 .. 20) {
    $few = $t->store_cost(sub { is(at_once(@all), expected(@all), 'again') });
    last if $few->{run} == 2;
}

is($few->{run}, 2, 'by one script for their address, and one for them');

is(at_once(3, 3, 5, 3), expected(3, 3, 5, 3), 'somebody three times');

my @many = (@all) x 6;

is(at_once(@many), expected(@many), 'more than go into one script');

$few = $t->store_cost(sub { at_once(@many); expected(@many) });
cmp_ok($few->{run}, '<', @many / 4, "in few: $few->{run}");

$t->redis('SCRIPT', 'FLUSH');

my $more = $t->store_cost(sub {
    is(at_once(@all), expected(@all), 'a script that was forgotten');
});

cmp_ok($more->{unknown}, '<=', 4, 'is not sent by each of them');


# who has none left

until ($left[$N - 1] == 0) {
    $t->call('GET', '/user', token => $tokens[$N - 1]);
    $left[$N - 1]--;
}

my @others = 0 .. $N - 2;

is(at_once($N - 1, @others), join(' ', '429 rate-limited', expected(@others)),
   'is refused alone');


# who leaves before the answer

my $gone = client(8080);
$gone->request('GET', '/v1/channels', headers => [ 'X-HPF-Channel' => 'app' ]);
$t->pause_redis;
$gone->send("GET /user HTTP/1.1\r\nHost: a\r\nX-HPF-Channel: app\r\n"
            . "Authorization: Bearer $tokens[0]\r\n\r\n");
$gone->close;
$t->resume_redis;

is(at_once(1 .. $N - 2), expected(1 .. $N - 2), 'does not matter to others');


# keys that are none of limits: this node goes on alone

my @keys = @{ $t->redis('KEYS', 'hpf:{u:*}:limit:*') };

for my $key (@keys) {
    $t->redis('DEL', $key);
    $t->redis('RPUSH', $key, 'x');
}

unlike(at_once(@others), qr/[45]\d\d /, 'what Redis cannot tell');
ok($t->wait_log(qr/hold for this node alone: WRONGTYPE/), 'is in the log');

$t->redis('DEL', @keys);
at_once(@others);
ok($t->wait_log(qr/limits hold for all nodes again/), 'it goes on');


# a worker that ends while they wait

$t->pause_redis;

my @clients = map { client(8080) } @others;
$clients[$_]->send("GET /user HTTP/1.1\r\nHost: a\r\nX-HPF-Channel: app\r\n"
                   . "Authorization: Bearer $tokens[$_]\r\n\r\n")
    for @others;

$t->reload;
$t->resume_redis;

is(join(' ', map { $_->response->status } @clients),
   join(' ', (200) x @clients), 'a reload loses none');


# Redis is gone

$t->wait_for(sub { ($worker) = $t->workers; $t->workers == 1 })
    or die "the old worker does not end\n";
$t->kill_redis;

unlike(at_once(@others), qr/[45]\d\d /, 'without Redis each node is alone');

done_testing();
