package HPF::Test::Store;

# Redis servers by name, each with a folder, a configuration and a port of its
# own: alone, under sentinels, with TLS.  These are methods of HPF::Test; a
# cluster is in HPF::Test::Cluster.
#
# start_store(NAME, %o): one server, ready.  user, password: who may log in,
#   and acl => what he may; tls => 1: TLS on its port; demand => 1: and it
#   demands a certificate; cert => NAME of the certificate it shows; conf =>
#   [ lines ].  Without options: the server of that name again, with its data.
# begin_store(NAME, %o), wait_stores(NAMES): the same in two steps, so that
#   several start at once
# start_sentinels(%o): primary r0, replicas r1 r2, sentinels s0 s1 s2 that call
#   it "main", all in agreement; options as above go to all six, but that who
#   logs in at a sentinel needs sentinel_password
# sentinel_url(), store_url(NAME, HOST)
#
# store(NAME, CMD, ARGS...): a command to that server
# kill_store(NAME) pause_store(NAME) resume_store(NAME) store_runs(NAME)
# store_pid(NAME) store_port(NAME) store_log(NAME) store_info(NAME, FIELD)
# replicates(NAMES): waits until those replicas have what their primary has
# followed(NAME, N): waits until N replicas tell their primary what they have
# primary(): the name on which all running sentinels agree, '' when on none
# sentinel_sees(NAME, REPLICAS, SENTINELS): whether all is well at a sentinel
# gateway_links(NAME): connections of the gateway to that server
# forget(PATTERN): deletes keys wherever they are
#
# certificates(): files ca.pem, other-ca.pem and server, client, expired,
#   elsewhere, stranger (.pem and .key) in a folder, which it returns;
#   elsewhere is for another name, stranger of another authority

use warnings;
use strict;

use File::Path qw/ mkpath /;
use POSIX qw/ WNOHANG /;

use HPF::Test::Redis;

my $MASTER = 'main';


# a server

sub begin_store {
    my ($self, $name, %o) = @_;
    my $dir = "store/$name";

    mkpath([ $self->path($dir), $self->path('run') ]);
    unlink $self->path("run/$name.sock");

    my $s = $self->{stores}{$name} ||= { name => $name, %o };

    # what a server wrote into its file holds when it is started again

    $self->write_file("$dir/redis.conf", join '', map { "$_\n" }
                      $self->store_conf($s))
        if !-e $self->path("$dir/redis.conf");

    delete @$s{qw/ link paused /};

    $self->spawn("store-$name", 'TERM', 'redis-server',
                 $self->path("$dir/redis.conf"),
                 $s->{sentinel} ? '--sentinel' : ());

    return $self;
}


sub start_store {
    my ($self, $name, %o) = @_;
    return $self->begin_store($name, %o)->wait_stores($name);
}


sub store_conf {
    my ($self, $s) = @_;
    my $name = $s->{name};
    my $port = $self->store_port($name);

    my @conf = (
        'bind 127.0.0.1', 'daemonize no', 'protected-mode no',
        'dir ' . $self->path("store/$name"),
        'unixsocket ' . $self->path("run/$name.sock"),
        $self->store_conf_tls($s, $port), @{ $s->{conf} || [] },
    );

    if ($s->{sentinel}) {
        push @conf, "requirepass $s->{password}",
                    "sentinel sentinel-pass $s->{password}"
            if defined $s->{password};

        return @conf;
    }

    if (defined $s->{password}) {
        push @conf, "masterauth $s->{password}", defined $s->{user}
            ? ("user $s->{user} on >$s->{password} "
               . ($s->{acl} || '~* &* +@all'),
               'user default off', "masteruser $s->{user}")
            : "requirepass $s->{password}";
    }

    # a replica gets the data at once, and asks whether its primary is there

    return (@conf, 'appendonly yes', 'appendfsync everysec', 'save ""',
            'maxmemory-policy noeviction', 'repl-diskless-sync yes',
            'repl-diskless-sync-delay 0', 'repl-ping-replica-period 1');
}


sub store_conf_tls {
    my ($self, $s, $port) = @_;

    return "port $port" unless $s->{tls};

    my $dir = $self->certificates;
    my $cert = $s->{cert} || 'server';

    return (
        'port 0', "tls-port $port", 'tls-replication yes',
        "tls-cert-file $dir/$cert.pem", "tls-key-file $dir/$cert.key",
        "tls-ca-cert-file $dir/ca.pem",
        'tls-auth-clients ' . ($s->{demand} ? 'yes' : 'no'),
    );
}


# until each answers, and has read what it had

sub wait_stores {
    my ($self, @names) = @_;

    for my $name (@names) {
        my $pong = $self->wait_for(sub {
            return 'dead' unless $self->alive("store-$name");
            return eval { $self->store($name, 'PING') };
        }, 30);

        die "redis \"$name\" does not start:\n" . $self->store_log($name)
            unless $pong eq 'PONG';
    }

    return $self;
}


sub store {
    my ($self, $name, @cmd) = @_;
    my $s = $self->{stores}{$name} or die "no store \"$name\"\n";
    my $used = $s->{link};

    if (!$used) {
        $s->{link} = HPF::Test::Redis->connect(
            'unix:' . $self->path("run/$name.sock"));

        $s->{link}->cmd('AUTH', grep { defined } @$s{qw/ user password /})
            if defined $s->{password};
    }

    my $reply = eval { $s->{link}->cmd(@cmd) };

    if ($@) {
        die $@ if $@ =~ /^redis: [A-Z]/;

        # a failover ends connections

        delete $s->{link};
        die $@ unless $used && $@ =~ /cannot send|closed/;

        return $self->store($name, @cmd);
    }

    return $reply;
}


sub store_port { HPF::Test::port("store-$_[1]") }
sub store_log { $_[0]->read_file("logs/store-$_[1].out") }


sub store_pid {
    my ($self, $name) = @_;
    my $p = $self->{procs}{"store-$name"};
    return $p ? $p->{pid} : 0;
}


sub store_runs {
    my ($self, $name) = @_;
    return $self->store_pid($name) && !$self->{stores}{$name}{paused};
}


sub store_url {
    my ($self, $name, $host) = @_;
    my $s = $self->{stores}{$name};

    return ($s->{tls} ? 'rediss://' : 'redis://') . store_login($s)
           . ($host || '127.0.0.1') . ':' . $self->store_port($name);
}


sub store_login {
    my ($s) = @_;

    return '' unless defined $s->{password};
    return (defined $s->{user} ? $s->{user} : '') . ":$s->{password}\@";
}


sub kill_store {
    my ($self, $name, $signal) = @_;
    delete $self->{stores}{$name}{link};
    $self->end("store-$name", $signal || 'KILL');
    return $self;
}


sub pause_store {
    my ($self, $name) = @_;
    $self->{stores}{$name}{paused} = 1;
    kill 'STOP', $self->store_pid($name);
    return $self;
}


sub resume_store {
    my ($self, $name) = @_;
    delete $self->{stores}{$name}{paused};
    kill 'CONT', $self->store_pid($name);
    return $self;
}


sub store_info {
    my ($self, $name, $field) = @_;
    my ($value) = $self->store($name, 'INFO', 'all') =~ /^$field:([^\r]*)/m;
    return defined $value ? $value : '';
}


sub replicates {
    my ($self, @names) = @_;

    for my $name (@names) {
        $self->wait_for(sub {
            my $link = eval { $self->store_info($name, 'master_link_status') };
            return defined $link && $link eq 'up';
        }, 30) or die "\"$name\" does not replicate:\n"
                      . $self->store_log($name);
    }

    return $self;
}


# a replica that is "online" for its primary may have told nothing yet

sub followed {
    my ($self, $name, $n) = @_;

    $self->wait_for(sub {
        $self->store($name, 'SET', 'followed', 1);
        return $n <= $self->store($name, 'WAIT', $n, 100);
    }, 30) or die "\"$name\" has too few replicas\n";

    return $self;
}


# links of the gateway have names that begin with "hpf"

sub gateway_links {
    my ($self, $name) = @_;
    my $list = $self->store($name, 'CLIENT', 'LIST');
    return scalar(() = $list =~ / name=hpf/g);
}


# names of servers that take writes

sub primaries {
    my ($self) = @_;

    return grep {
        $self->store_runs($_)
            && ($self->{stores}{$_}{sentinel} ? 0
                : eval { $self->store($_, 'ROLE')->[0] eq 'master' });
    } sort keys %{ $self->{stores} };
}


sub forget {
    my ($self, $pattern) = @_;

    return $self->{beside}->forget($pattern) if $self->{beside};

    my @servers = map { my $name = $_; sub { $self->store($name, @_) } }
                  $self->primaries;

    push @servers, sub { $self->redis(@_) } if $self->{procs}{redis};

    for my $server (@servers) {

        # in a cluster one by one, and what has just moved is not there

        for my $key (@{ $server->('KEYS', $pattern) }) {
            eval { $server->('DEL', $key); 1 } or $@ =~ /^redis: [A-Z]/
                or die $@;
        }
    }

    return $self;
}


# sentinels

sub start_sentinels {
    my ($self, %o) = @_;
    my @servers = qw/ r0 r1 r2 /;
    my @sentinels = qw/ s0 s1 s2 /;
    my @more = @{ delete $o{conf} || [] };
    my $secret = delete $o{sentinel_password};

    my $of = '127.0.0.1 ' . $self->store_port('r0');

    $self->begin_store('r0', %o, conf => [ @more ]);
    $self->begin_store($_, %o, conf => [ @more, "replicaof $of" ])
        for qw/ r1 r2 /;

    # not all at the same moment, or each votes for itself, and again later

    my %after = (s0 => 500, s1 => 700, s2 => 900);

    $self->begin_store($_, %o, sentinel => 1, user => undef,
                       password => $secret, conf => [
        "sentinel monitor $MASTER $of 2",
        "sentinel down-after-milliseconds $MASTER $after{$_}",
        "sentinel failover-timeout $MASTER 2000",
        "sentinel parallel-syncs $MASTER 2",
        defined $o{password}
            ? "sentinel auth-pass $MASTER $o{password}" : (),
        defined $o{user} ? "sentinel auth-user $MASTER $o{user}" : (),
    ]) for @sentinels;

    $self->wait_stores(@servers, @sentinels);
    $self->sentinel_haste($_) for @sentinels;
    $self->replicates(qw/ r1 r2 /)->followed('r0', 2);

    $self->wait_for(sub {
        return @sentinels == grep { $self->sentinel_sees($_, 2, 2) }
                             @sentinels;
    }, 30) or die "the sentinels do not agree\n";

    return $self;
}


# What takes a second or ten takes tenths of a second, with two bounds.  In a
# failover replicas are looked at once a second: five periods of PING must be
# longer, or none of them is good enough, and four of PUBLISH, after which a
# replica that has become the primary is made a replica again.

sub sentinel_haste {
    my ($self, $name) = @_;

    $self->store($name, 'SENTINEL', 'DEBUG', qw/ INFO-PERIOD 100
        PING-PERIOD 300 ASK-PERIOD 100 PUBLISH-PERIOD 500 /);
}


# whether one sees the primary, so many replicas of it and so many sentinels

sub sentinel_sees {
    my ($self, $name, $replicas, $sentinels) = @_;
    my %m = @{ $self->store($name, 'SENTINEL', 'MASTER', $MASTER) };

    return 0 if $m{flags} ne 'master'
                || $m{'num-other-sentinels'} != $sentinels;

    return $replicas == grep {
        my %r = @$_;
        $r{flags} eq 'slave' && $r{'role-reported'} eq 'slave'
            && $r{'master-link-status'} eq 'ok';
    } @{ $self->store($name, 'SENTINEL', 'REPLICAS', $MASTER) };
}


sub sentinel_url {
    my ($self) = @_;
    my $s = $self->{stores}{r0};

    return ($s->{tls} ? 'rediss' : 'redis') . '-sentinel://' . store_login($s)
           . join(',', map { '127.0.0.1:' . $self->store_port($_) }
                       qw/ s0 s1 s2 /)
           . "/$MASTER" . (defined $self->{stores}{s0}{password}
              ? "?sentinel_password=$self->{stores}{s0}{password}" : '');
}


sub primary {
    my ($self) = @_;
    my (%port, %said);

    for my $name (keys %{ $self->{stores} }) {
        $port{ $self->store_port($name) } = $name;

        next unless $self->{stores}{$name}{sentinel}
                    && $self->store_runs($name);

        my $addr = $self->store($name, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME',
                                $MASTER);
        $said{ $addr->[1] } = 1;
    }

    my ($port, @more) = keys %said;

    return defined $port && !@more ? $port{$port} : '';
}


# certificates

sub certificates {
    my ($self) = @_;
    my $dir = $self->path('tls');

    return $dir if -d $dir;

    mkpath($dir);
    $self->authority($_) for qw/ ca other-ca /;

    my $here = 'DNS:localhost,IP:127.0.0.1';

    $self->certificate('server', 'ca', $here, 2);
    $self->certificate('client', 'ca', 'DNS:gateway', 2);
    $self->certificate('expired', 'ca', $here, -1);
    $self->certificate('elsewhere', 'ca', 'DNS:redis.example', 2);
    $self->certificate('stranger', 'other-ca', $here, 2);

    return $dir;
}


sub authority {
    my ($self, $name) = @_;

    $self->key($name);
    $self->openssl(qw/ req -x509 -new -days 2 -key /, "$name.key",
                   '-subj', "/CN=$name", '-out', "$name.pem");
}


sub certificate {
    my ($self, $name, $ca, $names, $days) = @_;

    $self->write_file("tls/$name.ext", "subjectAltName=$names\n");
    $self->key($name);
    $self->openssl(qw/ req -new -key /, "$name.key", '-subj', "/CN=$name",
                   '-out', "$name.csr");
    $self->openssl(qw/ x509 -req -CAcreateserial -days /, $days,
                   '-in', "$name.csr", '-CA', "$ca.pem", '-CAkey', "$ca.key",
                   '-extfile', "$name.ext", '-out', "$name.pem");
}


sub key {
    my ($self, $name) = @_;
    $self->openssl(qw/ ecparam -name prime256v1 -genkey -noout -out /,
                   "$name.key");
}


sub openssl {
    my ($self, @args) = @_;
    my $dir = $self->path('tls');

    my $out = `cd $dir && openssl @args 2>&1`;

    die "openssl @args: $out\n" if $?;
}


1;
