#!/usr/bin/perl

# Reloads leave nothing behind: no old worker, no connection to Redis, no file
# descriptor and no memory of the master, and clients do not notice them.
#
# TEST_RELOADS is how many there are, 40 unless it is given.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $RELOADS = $ENV{TEST_RELOADS} || 40;
my $FIRST = $RELOADS / 2;

my $t = HPF::Test->new->gateway(workers => 2, http => <<'EOF');
    hpf_limit_dry_run on;
    hpf_redis_wait 0;
EOF

my ($person) = $t->savers;
my $token = $t->enter($person);


sub descriptors {
    my ($pid) = @_;
    return scalar(() = glob "/proc/$pid/fd/*");
}


# kB of the master that are its own

sub memory {
    open my $in, '<', '/proc/' . $t->master . '/smaps_rollup'
        or die "no memory of the master: $!\n";

    return (join '', <$in>) =~ /^Private_Dirty:\s+(\d+)/m ? $1 : 0;
}


# names of connections that Redis has from the gateway: hpf:PID, hpf-feed:PID

sub links {
    my $list = $t->redis('CLIENT', 'LIST');
    return join ' ', sort $list =~ / name=(hpf\S*)/g;
}


sub links_of { join ' ', sort map { ("hpf:$_", "hpf-feed:$_") } @_ }


# connections of clients that the workers have not closed yet

sub connections {
    my $port = sprintf '%04X', port(8080);

    open my $in, '<', '/proc/net/tcp' or die "no connections: $!\n";

    # established, or closed by the client

    return scalar grep { /^ *\d+: [0-9A-F]{8}:$port \S+ 0[18] / } <$in>;
}


# what is there when all is quiet

sub settled {
    my ($name) = @_;

    ok($t->wait_for(sub { $t->workers == 2
                          && links() eq links_of($t->workers)
                          && !connections() }),
       "$name: two workers, and no other is connected") or diag(links());

    return { master => descriptors($t->master), memory => memory(),
             workers => join ' ', map { descriptors($_) } $t->workers };
}


sub reloads {
    my ($n) = @_;

    my $load = $t->load(sub {
        my ($client, $i) = @_;
        return $t->call('GET', $i % 2 ? '/v1/cases' : '/v1/session',
                        client => $client, token => $token);
    });

    for (1 .. $n) {
        $t->reload(wait_old => 1, timeout => 60)
            or die "the old workers stay\n";
    }

    # a connection that is closed between two requests has lost none

    my @answers = grep { $_->{status} } $t->load_end($load);

    is($t->outcomes(@answers), '200', "$n reloads: clients get their answers");
}


settled('at first');
reloads($FIRST);

my $before = settled('half way');

reloads($RELOADS - $FIRST);

my $after = settled('at last');

is($after->{master}, $before->{master}, 'descriptors of the master');
is($after->{workers}, $before->{workers}, 'and of the workers');

# of a sanitizer freed memory stays for a while

cmp_ok($after->{memory} - $before->{memory}, '<', 1024,
       "memory of the master: $before->{memory} kB, then $after->{memory} kB")
    unless ($ENV{TEST_BUILD} || '') =~ m|/san$|;

done_testing();
