package HPF::Test::Cluster;

# A Redis Cluster of six: masters c0 c1 c2, each with a third of the slots, and
# their replicas c3 c4 c5.  These are methods of HPF::Test; the nodes are
# servers of HPF::Test::Store.
#
# start_cluster(%o): ready, with the options of start_store() for each; a slot
#   that is not served does not stop the others unless full => 1
# cluster_url()
# slot(KEY), owner(SLOT): its number, and the name of its master; owner_of(KEY)
# replicas_of(NAME): names
# cluster(CMD, KEY, ARGS...): the command where the key is
# promote(REPLICA): CLUSTER FAILOVER; returns when it is a master
#
# A slot moves in steps, between which a test may look:
# slot_open(SLOT, TO): its keys may move (ASK for those that are gone)
# slot_move(SLOT, N): N keys move, or all, or those in [KEYS]; how many did
# slot_close(SLOT): it belongs to the other one (MOVED)

use warnings;
use strict;

use File::Path qw/ mkpath /;

my @NODES = map { "c$_" } 0 .. 5;


sub start_cluster {
    my ($self, %o) = @_;
    my $full = delete $o{full} ? 'yes' : 'no';
    my @more = @{ delete $o{conf} || [] };

    push @more, 'tls-cluster yes' if $o{tls};

    for my $name (@NODES) {

        # each knows all others from the beginning: nothing has to spread

        mkpath($self->path("store/$name"));
        $self->write_file("store/$name/nodes.conf", $self->cluster_map($name));

        $self->begin_store($name, %o, conf => [
            'cluster-enabled yes', 'cluster-config-file nodes.conf',
            'cluster-port ' . $self->cluster_bus($name),
            'cluster-node-timeout 800', 'cluster-replica-validity-factor 0',
            "cluster-require-full-coverage $full",
            'cluster-allow-replica-migration no', @more,
        ]);
    }

    $self->wait_stores(@NODES);
    $self->replicates(@NODES[3 .. 5]);
    $self->cluster_well;

    return $self;
}


sub cluster_bus { HPF::Test::port("bus-$_[1]") }


sub cluster_id {
    my ($name) = @_;
    return substr($name, 1) . 'a' x 39;
}


sub cluster_map {
    my ($self, $myself) = @_;
    my @slots = ('0-5460', '5461-10922', '10923-16383');
    my $map = '';

    for my $i (0 .. $#NODES) {
        my $name = $NODES[$i];
        my $me = $name eq $myself ? 'myself,' : '';

        $map .= sprintf "%s 127.0.0.1:%d\@%d %s%s 0 0 %d connected%s\n",
            cluster_id($name), $self->store_port($name),
            $self->cluster_bus($name), $me,
            $i < 3 ? 'master -' : 'slave ' . cluster_id($NODES[$i - 3]),
            $i % 3 + 1, $i < 3 ? " $slots[$i]" : '';
    }

    return $map . "vars currentEpoch 3 lastVoteEpoch 0\n";
}


# until those that run say that all is served

sub cluster_well {
    my ($self) = @_;

    for my $name (grep { $self->store_runs($_) } @NODES) {
        $self->wait_for(sub {
            my $info = eval { $self->store($name, 'CLUSTER', 'INFO') } || '';
            return $info =~ /^cluster_state:ok\r/m
                   && $info =~ /^cluster_slots_ok:16384\r/m;
        }, 30) or die "the cluster is not well at \"$name\":\n"
                      . $self->store_log($name);
    }

    return $self;
}


sub cluster_url {
    my ($self) = @_;
    my $s = $self->{stores}{c0};

    return ($s->{tls} ? 'rediss' : 'redis') . '-cluster://'
           . HPF::Test::Store::store_login($s)
           . join ',', map { '127.0.0.1:' . $self->store_port($_) }
                       @NODES[0 .. 2];
}


# CRC16 of the hash tag

sub slot {
    my ($self, $key) = @_;
    my $crc = 0;

    $key = $1 if $key =~ /\A[^{]*\{([^}]+)\}/;

    for my $byte (unpack 'C*', $key) {
        $crc ^= $byte << 8;

        for (1 .. 8) {
            $crc = $crc & 0x8000 ? $crc << 1 ^ 0x1021 : $crc << 1;
            $crc &= 0xffff;
        }
    }

    return $crc % 16384;
}


# names of the nodes that serve a slot, its master first

sub cluster_nodes_of {
    my ($self, $slot) = @_;
    my %name = map { cluster_id($_) => $_ } @NODES;
    my ($asked) = grep { $self->store_runs($_) } @NODES;

    for my $range (@{ $self->store($asked, 'CLUSTER', 'SLOTS') }) {
        my ($first, $last, @nodes) = @$range;

        return map { $name{ $_->[2] } } @nodes
            if $first <= $slot && $slot <= $last;
    }

    return;
}


sub owner { ($_[0]->cluster_nodes_of($_[1]))[0] }
sub owner_of { $_[0]->owner($_[0]->slot($_[1])) }


sub replicas_of {
    my ($self, $name) = @_;
    my $id = cluster_id($name);
    my ($asked) = grep { $self->store_runs($_) } @NODES;
    my $nodes = $self->store($asked, 'CLUSTER', 'NODES');

    return grep { my $own = cluster_id($_);
                  $nodes =~ /^$own \S+ \S*slave\S* $id /m } @NODES;
}


sub cluster {
    my ($self, $cmd, $key, @args) = @_;
    return $self->store($self->owner_of($key), $cmd, $key, @args);
}


sub promote {
    my ($self, $name) = @_;

    $self->store($name, 'CLUSTER', 'FAILOVER');
    $self->wait_for(sub { $self->store($name, 'ROLE')->[0] eq 'master' }, 30)
        or die "\"$name\" does not become a master\n";

    return $self;
}


sub slot_open {
    my ($self, $slot, $to) = @_;
    my $from = $self->owner($slot);

    $self->store($to, 'CLUSTER', 'SETSLOT', $slot, 'IMPORTING',
                 cluster_id($from));
    $self->store($from, 'CLUSTER', 'SETSLOT', $slot, 'MIGRATING',
                 cluster_id($to));

    $self->{moving}{$slot} = { from => $from, to => $to };

    return $self;
}


sub slot_move {
    my ($self, $slot, $n) = @_;
    my ($from, $to) = @{ $self->{moving}{$slot} }{qw/ from to /};
    my $s = $self->{stores}{$to};

    my $keys = ref $n ? $n
               : $self->store($from, 'CLUSTER', 'GETKEYSINSLOT', $slot,
                              defined $n ? $n : 10000);

    return 0 unless @$keys;

    my @auth = !defined $s->{password} ? ()
               : defined $s->{user} ? ('AUTH2', @$s{qw/ user password /})
               : ('AUTH', $s->{password});

    $self->store($from, 'MIGRATE', '127.0.0.1', $self->store_port($to), '', 0,
                 5000, @auth, 'KEYS', @$keys);

    return scalar @$keys;
}


sub slot_close {
    my ($self, $slot) = @_;
    my ($from, $to) = @{ delete $self->{moving}{$slot} }{qw/ from to /};
    my %done;

    # the new owner first, so that there is one at any time

    for my $name ($to, $from, grep { /^c/ } $self->primaries) {
        $self->store($name, 'CLUSTER', 'SETSLOT', $slot, 'NODE',
                     cluster_id($to))
            unless $done{$name}++;
    }

    return $self;
}


1;
