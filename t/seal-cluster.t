#!/usr/bin/perl

# In a cluster, what is sealed with an old key is sealed anew on every master:
# also what was on its way to another one, or on one that has gone, while the
# walk passed by.

use warnings;
use strict;
use utf8;

use MIME::Base64 qw/ decode_base64 encode_base64 /;
use Test::More;

use HPF::Test;

my $t = HPF::Test->new->start_cluster;

$t->gateway(conf());

my @savers = $t->savers;


sub conf {
    my ($key) = @_;

    return (redis => $t->cluster_url, workers => 2,
            http => $key ? "hpf_seal aes-256-gcm key=$key;" : '');
}


sub seal_with {
    my ($key) = @_;

    $t->gateway_conf(conf($key));
    $t->reload(wait_old => 1);
    $t->wait_ready;
}


sub key {
    my ($id) = @_;

    $t->write_file("secrets/seal.key.$id",
                   encode_base64(pack 'C*', $id .. $id + 31));
    chmod 0600, $t->path("secrets/seal.key.$id");
}


# the profiles of a master: by key, the ids of the keys they are sealed with

sub profiles {
    my ($name) = @_;
    my %of;

    for my $key (@{ $t->store($name, 'KEYS', 'hpf:{u:*}:profile') }) {
        my $got = eval { $t->store($name, 'HMGET', $key, 'mobile', 'id_no') };

        for my $text (grep { defined } @{ $got || [] }) {
            my (undef, $id) = unpack 'CC',
                decode_base64(substr($text, 0, 4) =~ tr|_-|/+|r);
            $of{$key}{$id} = 1;
        }
    }

    return \%of;
}


sub seals {
    my %ids = map { map { %$_ } values %{ profiles($_) } } @_ ? @_
              : $t->primaries;
    return join ' ', sort keys %ids;
}


sub state {
    return eval { $t->cluster('HGET', 'hpf:cfg:reseal', $_[0]) } || '';
}


sub done {
    my ($key) = @_;
    return $t->wait_for(sub { state('done') =~ /^1:$key:[0-9a-f]{40}\z/ }, 60);
}


# Somebody else does it and does not get on: what follows is not in the middle
# of a walk.

sub hold {
    $t->cluster('HSET', 'hpf:cfg:reseal', 'owner', 'x', 'until', 9999999999);
}

sub release { $t->cluster('HSET', 'hpf:cfg:reseal', 'until', 0) }


# users on each of the masters

my %who;

for my $person (@savers) {
    my $uid = $t->register($person)->json->{user_id};
    my $key = "hpf:{u:$uid}:profile";

    push @{ $who{ $t->owner_of($key) } }, { %$person, key => $key };
    last if keys %who == 3 && 2 <= @{ $who{c0} };
}

is(join(' ', sort keys %who), 'c0 c1 c2', 'a user on each master');
ok(done(1), 'all is sealed with the first key');


# another key

key($_) for 2, 3, 4;
seal_with(2);

ok(done(2), 'and with the second, by and by');
is(seals(), '2', 'on every master');
ok($t->wait_log(qr/hpf reseal: [1-9]\d* records from slot 5461 on/),
   'the log tells how far it is');
ok($t->wait_log(qr/all is sealed with key 2, [1-9]/), 'and that it is done');

my $page = $t->admin('GET', '/metrics')->body;
my ($texts) = $page =~ /^hpf_reseal_texts_total (\d+)/m;
cmp_ok($texts, '>=', 6, 'and so do the metrics');
like($page, qr/^hpf_reseal_records_total [1-9]/m, 'also how much is looked at');


# A slot is on its way: what has moved is where nobody may ask for it yet.

hold();
seal_with(3);

my ($moving) = @{ $who{c0} };
my $slot = $t->slot($moving->{key});

$t->slot_open($slot, 'c1');
is($t->slot_move($slot, [ $moving->{key} ]), 1, 'a profile has moved');
release();
ok(done(3), 'what can be read is sealed anew');

my $before = state('done');

$t->slot_move($slot);
$t->slot_close($slot);
is($t->owner_of($moving->{key}), 'c1', 'the slot has moved');
ok($t->wait_for(sub { done(3) && state('done') ne $before
                      && seals() eq '3' }, 60),
   'and with it the walk began anew') or diag seals();


# a master goes without a word before the walk comes to it

hold();

my $old = $t->store('c0', 'HGET', $who{c0}[1]{key}, 'mobile');

seal_with(4);
$t->kill_store('c2');

$t->wait_for(sub { eval { release(); 1 } }, 60) or die "no failover\n";

ok(done(4), 'a master goes: all is done yet');
is(seals('c5'), '4', 'by its successor');


# a replica that takes its master's place may lack what was written last

$before = state('done');
$t->store('c0', 'HSET', $who{c0}[1]{key}, 'mobile', $old);
is($t->store('c0', 'WAIT', 1, 30000), 1, 'its replica has an old text');
is(seals('c0'), '3 4', 'when all was done');
$t->promote('c3');
ok($t->wait_for(sub { done(4) && state('done') ne $before
                      && seals() eq '4' }, 60),
   'is found at the next master') or diag seals();


# everybody is still there

for my $person (map { @$_ } values %who) {
    is($t->enter($person) ? 1 : 0, 1, 'a user logs in');
}

done_testing();
