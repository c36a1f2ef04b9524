#!/usr/bin/perl

# What requests of one turn of the event loop ask of Redis goes out in one
# write, each gets its answer, and a script that Redis has forgotten is sent
# again in the midst of it.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $N = 24;

my $t = HPF::Test->new->gateway(
    workers => 1,
    http => 'hpf_session cache=off; hpf_limit_dry_run on;',
)->quiet;

my @people = ($t->savers)[0 .. $N - 1];
my @tokens = map { scalar $t->enter($_) } @people;
my @clients = map { client(8080) } 1 .. $N;
my ($worker) = $t->workers;

my @users = map { user($t->call('GET', '/v1/session', token => $_)) } @tokens;


sub user { $_[0]->status == 200 ? $_[0]->json->{user}{user_id} : $_[0]->raw }


# each client asks for its own session, all while the worker stands still

sub all_at_once {
    kill 'STOP', $worker;

    $clients[$_]->send("GET /v1/session HTTP/1.1\r\nHost: a\r\n"
                       . "X-HPF-Channel: app\r\n"
                       . "Authorization: Bearer $tokens[$_]\r\n\r\n")
        for 0 .. $N - 1;

    kill 'CONT', $worker;

    return join ' ', map { user($_->response) } @clients;
}


is(all_at_once(), "@users", 'each gets its own');

# a ping, or a request that came a turn later, may be in between

my $few;

for (1 .. 20) {
    $few = $t->store_cost(sub { is(all_at_once(), "@users", 'again') });
    last if $few->{reads} == 1;
}

is($few->{digest}, $N, 'as many questions as requests');
is($few->{reads}, 1, 'in one read of Redis');

$t->redis('SCRIPT', 'FLUSH');

my $more = $t->store_cost(sub {
    is(all_at_once(), "@users", 'a script that was forgotten');
});

is($more->{unknown}, $N, 'all asked for it');
is($more->{text}, $N, 'and sent it');
cmp_ok($more->{reads}, '<=', 12, "in few writes: $more->{reads}");

is($t->store_cost(\&all_at_once)->{digest}, $N, 'then it is known again');
is($t->store_cost(\&all_at_once)->{unknown}, 0, 'to all');

done_testing();
