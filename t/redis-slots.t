#!/usr/bin/perl

# A slot moves from one server of a cluster to another, key by key, as
# redis-cli does it, while its users work.  They do not notice.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $SAN = ($ENV{TEST_BUILD} || '') =~ m|/san$|;
my $TIMEOUT = $SAN ? 1500 : 1000;

my $t = HPF::Test->new->start_cluster;

$t->gateway(
    redis => $t->cluster_url . " timeout=${TIMEOUT}ms reconnect=100ms; "
             . 'hpf_limit_dry_run on',
    edit => sub { $_[0] =~ s/rate=200r.s burst=400/rate=5000r\/s/r },
);

my ($one) = $t->savers;
my $user = $t->register($one)->json->{user_id};
my $token = $t->enter($one);
my $slot = $t->slot("hpf:{u:$user}:cases");
my $from = $t->owner($slot);
my ($to) = grep { $_ ne $from } qw/ c0 c1 c2 /;


# what the back end has paid to him

sub paid {
    my $r = $t->demo('GET', "/core/applications?id_no=$one->{id_no}");
    return scalar @{ $r->json->{applications} };
}


# a few cases, each a key of the slot

$t->withdraw($one, $token) for 1 .. 6;


sub outcome {
    my ($r) = @_;
    return $r->status < 400 ? $r->status : $r->json->{code};
}


sub cases {
    my $r = $t->call('GET', '/v1/cases', token => $token, @_);
    return $r;
}


sub query {
    my ($key, %o) = @_;

    return $t->call('POST', '/v1/items/account-query', token => $token,
                    body => {}, headers => [ 'Idempotency-Key' => $key ], %o);
}


my $count = @{ cases()->json->{cases} };

is($count, 6, 'cases');


# the same all the time: look at one case, write, and look at the list

my ($no) = map { $_->{case_no} } @{ cases()->json->{cases} };

sub begin {
    my ($kinds) = @_;

    return $t->load(sub {
        my ($client, $n) = @_;
        my $kind = $n % $kinds;

        return ($t->call('GET', "/v1/cases/$no", client => $client,
                         token => $token), 'case') if $kind == 0;

        return (query("$$-$n", client => $client), "$$-$n") if $kind == 1;

        my $r = cases(client => $client);
        return ($r, 'cases=' . @{ ($r->json || {})->{cases} || [] });
    });
}


# returns the keys of what was written

sub judge {
    my ($name, $load) = @_;
    my @answers = $t->load_end($load);
    my %lists = map { $_->{note} => 1 }
                grep { $_->{note} =~ /^cases/ } @answers;

    is($t->outcomes(@answers), 200, "$name: all answers");
    is(join(' ', sort keys %lists), "cases=$count", "$name: all cases")
        if %lists;

    my ($slowest) = sort { $b <=> $a } map { $_->{end} - $_->{begin} } @answers;
    note(sprintf '%s: %d answers, slowest %.0f ms', $name, scalar @answers,
         1000 * $slowest);

    return map { $_->{note} } grep { $_->{note} =~ /^\d/ } @answers;
}


# opened, and nothing has moved: new keys are made on the other server (ASK)

$t->slot_open($slot, $to);

my $load = begin(3);

$t->load_more($load, 60);

my @keys = judge('opened', $load);

ok(@keys && $t->store($to, 'CLUSTER', 'COUNTKEYSINSLOT', $slot),
   'new keys are on the other server');


# Half of it has moved, and it goes no further: what needs one key goes on,
# wherever that is.  What needs several has to wait (TRYAGAIN), in vain, and is
# neither answered with a half nor done by half.

my $case = "hpf:{u:$user}:case:$no";

for my $which ([ 'the list', "hpf:{u:$user}:cases" ], [ 'a case', $case ]) {
    my ($name, $key) = @$which;

    is($t->slot_move($slot, [ $key ]), 1, "$name has moved");

    $load = begin(2);
    $t->load_more($load, 40);
    push @keys, judge("$name has moved", $load);

    my $begin = $t->began;

    is(outcome(cases()), 'store-unavailable', "$name has moved: the list");
    is(outcome($t->withdraw($one, $token)), 'store-unavailable',
       "$name has moved: an application");
    cmp_ok($t->took($begin), '<', 2 * $TIMEOUT / 1000 + 0.5,
           "$name has moved: both are told in time");
}

is(paid(), $count, 'nothing was paid');


# the rest moves, one key after the other without a pause: who has to wait
# waits for that

sub send_request {
    my $c = client(8080);

    $c->send($c->build(@_, headers => [
        'X-HPF-Channel' => 'app', Authorization => "Bearer $token",
    ]));

    return $c;
}

my $list = send_request('GET', '/v1/cases');

$load = begin(2);

my $moved = 0;

$moved++ while $t->slot_move($slot, 1);

$t->load_more($load, 30);
push @keys, judge('moving', $load);
cmp_ok($moved, '>', 6, 'keys have moved');
is(scalar @{ ($list->response->json || {})->{cases} || [] }, $count,
   'a list that had to wait');


# All have moved, the slot has not changed hands yet: there is but one thing
# left that has to wait, several keys of which one is new.

$load = begin(3);
$t->load_more($load, 60);
push @keys, judge('moved', $load);

$load = begin(2);
$t->load_more($load, 30);

my $application = send_request('POST', '/v1/items/withdraw-rent', body => {
    amount => '100.00', months => 3, bank_card => $one->{bank_card},
});

$t->slot_close($slot);
$t->load_more($load, 60);
push @keys, judge('closed', $load);

is($application->response->json->{status}, 'approved',
   'an application that had to wait');
is(paid(), ++$count, 'is paid');
is($t->owner($slot), $to, 'it is the other one\'s now');


# everything that was done meanwhile is known, to both workers

is(scalar(grep { $t->call('POST', '/v1/items/account-details', body => {},
                          token => $token,
                          headers => [ 'Idempotency-Key' => $_ ])->code
                 ne 'idempotency-conflict' } @keys), 0,
   'no key is forgotten');
is($t->withdraw($one, $token)->json->{status}, 'approved', 'an application');
is(scalar @{ cases()->json->{cases} }, $count + 1, 'is among the cases');
is(paid(), $count + 1, 'and paid');

done_testing();
