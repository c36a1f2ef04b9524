#!/usr/bin/perl

# The name of the store is asked for at each attempt, and nobody waits for the
# answer who does not need it.  The store may so move, and the URL may name a
# database.

use warnings;
use strict;

use IO::Socket::INET;
use Test::More;

use HPF::Test;

my $t = HPF::Test->new;
my $dns = HPF::Test::port('dns');
my $port = $t->store_port('here');


# a name server: what it answers is in a file, "" is nothing

sub answers { $t->write_file('address', $_[0]) }

sub serve {
    my $s = IO::Socket::INET->new(Proto => 'udp',
                                  LocalAddr => "127.0.0.1:$dns")
        or die "no name server: $!\n";

    while (1) {
        $s->recv(my $query, 512);

        my ($id, undef, $n) = unpack 'nnn', $query;
        my $address = $t->read_file('address');

        # the header and one question come back, with one address

        $s->send(pack('nnnnnn', $id, 0x8180, 1, 1, 0, 0) . substr($query, 12)
                 . pack('nnnNna4', 0xc00c, 1, 1, 1, 4,
                        pack('C4', split /\./, $address)))
            if $n == 1 && $address ne '';
    }
}


$t->spawn('dns', 'KILL', \&serve);
answers('127.0.0.1');

$t->start_store('here');
$t->gateway(
    redis => "redis://localhost:$port/3 connect=2s timeout=2s "
             . 'reconnect=100ms',
    http => "resolver 127.0.0.1:$dns ipv6=off valid=1s;",
);

my ($one, $two) = $t->savers;
my $token = $t->enter($one);

# that it is new, after which it stays in the cache

$t->heard;


sub said {
    my ($r) = @_;
    return $r->code ? $r->status . ' ' . $r->code : $r->status;
}


sub session { said($t->call('GET', '/v1/session', token => $token)) }


is(join(' ', map { session() } 1 .. 8), join(' ', (200) x 8), 'by name');
like($t->store('here', 'INFO', 'keyspace'), qr/^db3:keys=/m,
     'the database of the URL');
unlike($t->store('here', 'INFO', 'keyspace'), qr/^db0:/m, 'and no other');
like($t->store('here', 'CLIENT', 'LIST'), qr/ name=hpf:\d+ .* db=3 /,
     'links have a name');


# the store is gone, and so is the name

answers('');
$t->kill_store('here');
ok($t->wait_log(qr/connection to "localhost:$port" failed: /),
   'the log names the host');

my $begin = $t->began;

is($t->call('GET', '/v1/items')->status, 200, 'what needs no store')
    for 1 .. 10;

cmp_ok($t->took($begin), '<', 1.5, 'waits for no name');

is(session(), 200, 'nor does a session that is cached');
is(said($t->call('GET', '/v1/cases', token => $token)),
   '503 store-unavailable', 'what needs the store is refused');


# it has moved

$t->start_store('there', conf => [ 'bind 127.0.0.2', "port $port" ]);
answers('127.0.0.2');

ok($t->wait_for(sub { $t->admin('GET', '/readyz')->status == 200 }),
   'it is found elsewhere');
ok($t->gateway_links('there') > 0, 'where the name leads');
ok($t->wait_for(sub { session() eq '401 session-expired' }),
   'with what it has');
ok($t->enter($two), 'and what it is given');

done_testing();
