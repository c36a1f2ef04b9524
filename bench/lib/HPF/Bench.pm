package HPF::Bench;

# What is compared, one worker each before one back end that answers from
# memory:
#
#   plain   nginx proxy_pass
#   gate    the gate before the same proxy_pass, a session that is cached, a
#           limit of the node
#   strict  the same with a limit of all nodes: a round trip to Redis for each
#           request
#   store   the same with "cache=off": in that round trip the session as well
#
#   my $b = HPF::Bench->new($limit);      seconds that all of it may take
#   my $r = $b->turn('store', 64, 1);     64 connections, for a second
#
#   my $b = HPF::Bench->new($limit, https => 1);      HTTPS as well
#
# turn(NAME, CONNECTIONS, SECONDS, %o): of one of them; store => 1: it asks
#   Redis for each request, which is checked; nobody => 1: without a session
#   cpu      microseconds of CPU of the worker for a request
#   redis    the same of Redis
#   batch    requests of a read of Redis
#   script   microseconds of its scripts for a request, as Redis tells
#   rate     requests a second
# rate(NAME, WORKERS, SECONDS): requests a second of a gate of so many workers,
#   on all cores
# redis_keeps(HOW): Redis writes "nothing", "everysec" or "always" to its disk
# variant(NAME, EDIT): another gate, its configuration is that of "gate" after
#   EDIT->(TEXT)
# add(NAME, PORT, PID): another server; server(NAME, CONF, [ PORTS ], ENV)
#   starts an nginx; upstream(), proxy(), tls(PORT): what one needs in its
#   configuration; back(), plain(): these two of the above; ports(NAME, PORTS),
#   form(NAME, OF, PORTS, EDIT): another configuration made of one
# port_of(NAME), tls_of(NAME), pid_of(NAME): where it listens, and its worker
# test(): the HPF::Test under it; token(): of who is logged in; redis_pid(),
#   nginx(): its version, size(): bytes of the answer; median(NUMBERS)
#
# Load, back end and Redis run on another core than the worker where there are
# two.

use warnings;
use strict;

use Test::More ();

use HPF::Bench::Parts qw/ cores cpu frame median pin settle /;
use HPF::Test;
use HPF::Test::HTTP;


# 1 KiB of JSON with four fields that are masked

my $BODY = '{"name":"张三","idNo":"11010519491231002X",'
           . '"mobile":"13800138000","bankCard":"6222021234567890128",'
           . '"entries":[' . join(',', map {
                 sprintf '{"no":%d,"kind":"deposit","amount":"%d.50",'
                         . '"text":"monthly payment"}', $_, 900 + $_
             } 1 .. 12) . ']}';

my $UPSTREAM = <<'EOF_CONF';
    upstream bench {
        server unix:%%TESTDIR%%/run/bench.sock;
        keepalive 64;
    }
EOF_CONF

my $PROXY = <<'EOF_CONF';
            proxy_pass http://bench;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
EOF_CONF

# what listens where: the port of requests, and of the operators if any

my %PORTS = (plain => [ 8091 ], gate => [ 8080, 8081 ],
             strict => [ 8092, 8097 ], store => [ 8093, 8094 ],
             many => [ 8095, 8096 ]);


sub new {
    my ($class, $limit, %opts) = @_;

    alarm $limit;

    my $self = bless { t => HPF::Test->new, worker => {}, %opts }, $class;

    $self->certificate if $self->{https};

    $self->start;
    $self->enter;
    $self->pin_all;

    return $self;
}


sub test { $_[0]{t} }
sub size { length $BODY }
sub token { $_[0]{token} }
sub upstream { $UPSTREAM }
sub proxy { $PROXY }
sub port_of { $PORTS{$_[1]}[0] }
sub tls_of { "tls of $PORTS{$_[1]}[0]" }
sub pid_of { $_[0]{worker}{$_[1]} }


sub add {
    my ($self, $name, $port, $pid) = @_;

    $PORTS{$name} = [ $port ];
    $self->{worker}{$name} = $pid;
}


sub certificate {
    my ($self) = @_;
    my $conf = $self->{t}->path('conf');

    $self->{t}->write_file('conf/.keep', '');

    system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
           . "-nodes -days 2 -subj /CN=localhost -keyout $conf/bench.key "
           . "-out $conf/bench.crt 2>/dev/null") == 0
        or die "no certificate\n";
}


sub tls {
    my ($self, $port) = @_;

    return '' unless $self->{https};
    return 'listen 127.0.0.1:' . port("tls of $port") . ' ssl http2;'
           . " ssl_certificate $self->{t}{dir}/conf/bench.crt;"
           . " ssl_certificate_key $self->{t}{dir}/conf/bench.key;";
}


sub nginx {
    my ($self) = @_;
    return `$self->{t}{nginx} -v 2>&1` =~ s/nginx version: //r =~ s/\n//r;
}


# the gateway itself, for somebody to be logged in, and the others

sub start {
    my ($self) = @_;
    my $t = $self->{t};
    my $dir = $t->dir;

    $t->gateway(workers => 1, http => $UPSTREAM, channels => <<"EOF_CONF",
        @{[ $self->tls(8080) ]}
        location /bench {
            hpf_gate on;
            hpf_level 1;
            hpf_mask on;
            hpf_limit bench by=user rate=1000000r/s burst=1000000;
$PROXY
        }
EOF_CONF
        edit => sub {
            $_[0] =~ s/ info;/ warn;/r
                  =~ s/(keepalive_requests) \d+/$1 1000000/r;
        });

    ($self->{worker}{gate}) = $t->workers;

    $t->register($t->person(0));
    $self->{token} = $t->login($t->person(0)) or die "nobody is logged in\n";

    $self->back;
    $self->plain;

    $self->server('strict', $self->form('strict', 'gate', 'strict', sub {
        $_[0] =~ s|(burst=1000000);|$1 scope=cluster;|r;
    }));

    $self->server('store', $self->form('store', 'strict', 'store', sub {
        $_[0] =~ s|(hpf_secrets)|hpf_session cache=off;\n    $1|r;
    }));
}


# what all of them stand before

sub back {
    my ($self) = @_;
    my $t = $self->{t};
    my $dir = $t->dir;
    my $token = defined $self->{token} ? $self->{token} : '';

    $t->write_file('big.json', '[' . join(',', ($BODY) x 68) . ']');
    $self->server('back', frame($dir, 'back', <<"EOF_CONF"));
    server {
        listen unix:$dir/run/bench.sock backlog=4096;
        default_type application/json;
        location / { return 200 '$BODY'; }
        location = /bench/64 { alias $dir/big.json; }
        location = /auth {
            if (\$http_authorization != "Bearer $token") {
                return 401;
            }
            return 204;
        }
    }
EOF_CONF
}


sub plain {
    my ($self) = @_;
    my $dir = $self->{t}->dir;

    $self->server('plain', frame($dir, 'plain', "$UPSTREAM
    server {
        listen 127.0.0.1:8091;
        @{[ $self->tls(8091) ]}
        location / {
$PROXY
        }
    }"));
}


sub ports {
    my ($self, $name, @ports) = @_;
    $PORTS{$name} = \@ports;
}


# a configuration under another name and with other ports

sub form {
    my ($self, $name, $of, $ports, $edit) = @_;
    my $dir = $self->{t}->dir;
    my $conf = $edit->($self->{t}->read_file(
                   $of eq 'gate' ? 'conf/nginx.conf' : "conf/$of.conf"));

    for my $i (0, 1) {
        my ($from, $to) = map { port($_->[$i]) } @PORTS{ $of, $ports };
        $conf =~ s/:$from;/:$to;/;
    }

    if ($self->{https}) {
        my ($from, $to) = map { $self->tls($PORTS{$_}[0]) } $of, $ports;
        $conf =~ s/\Q$from/$to/;
    }

    $conf =~ s|^pid .*|pid $dir/run/$name.pid;|m;
    $conf =~ s|(run/plugins)[^;]*;|$1-$name;|;
    $conf =~ s{/audit/(?:\w[\w-]*-)?(audit|ledger)\.jsonl}
              {/audit/$name-$1.jsonl}g;

    return $conf;
}


sub server {
    my ($self, $name, $conf, $ports, @env) = @_;
    my $t = $self->{t};
    my $dir = $t->dir;

    $PORTS{$name} ||= $ports if ref $ports;

    $t->write_file("conf/$name.conf", $t->expand($conf));
    $t->spawn($name, 'TERM', 'env', @env, $t->{nginx}, '-p', "$dir/", '-c',
              "conf/$name.conf", '-e', "$dir/logs/error.log");

    my $at = $PORTS{ $ports && !ref $ports ? $ports : $name };
    my $addr = $name eq 'back' ? "unix:$dir/run/bench.sock"
               : '127.0.0.1:' . port($at->[0]);

    $t->wait_for(sub {
        die "$name has ended\n" unless $t->alive($name);
        my $r = eval { HPF::Test::HTTP->connect($addr)->request('GET', '/') };
        ($self->{worker}{$name}) =
            $conf =~ /^master_process off/m ? $t->{procs}{$name}{pid}
            : HPF::Test::workers_of($t->{procs}{$name}{pid});
        return $r && $self->{worker}{$name};
    }, 120) or die "$name does not start\n";
}


# who is logged in gets what all get

sub enter {
    my ($self) = @_;

    for my $name (qw/ plain gate strict store /) {
        my $r = http_get('/bench', port => $PORTS{$name}[0], headers => [
            'X-HPF-Channel' => 'hall',
            Authorization => "Bearer $self->{token}",
        ]);

        die "$name: " . $r->raw . "\n" unless $r->status == 200;
        die "$name is not masked\n"
            if $name ne 'plain' && $r->body =~ /19491231|13800138000/;
    }
}


sub pin_all {
    my ($self) = @_;
    my %worker = %{ $self->{worker} };

    pin(1, delete $worker{back}, $self->redis_pid);
    pin(0, values %worker);
}


sub variant {
    my ($self, $name, $edit) = @_;

    my $port = 8200 + 2 * keys %PORTS;

    $PORTS{$name} = [ $port, $port + 1 ];
    $self->server($name, $self->form($name, 'gate', $name, $edit));
}


sub redis_pid { $_[0]{t}{procs}{redis}{pid} }


sub redis_keeps {
    my ($self, $how) = @_;
    my $t = $self->{t};

    $t->redis('CONFIG', 'SET', 'appendfsync',
              $how eq 'always' ? 'always' : 'everysec');
    $t->redis('CONFIG', 'SET', 'appendonly',
              $how eq 'nothing' ? 'no' : 'yes');

    # the file is written anew in a process of its own

    $t->wait_for(sub {
        $t->redis('INFO', 'persistence')
            !~ /aof_rewrite_(?:in_progress|scheduled):1/;
    }) or die "Redis does not end its rewriting\n";
}


# what Redis has done

sub redis_did {
    my ($self) = @_;
    my $info = $self->{t}->redis('INFO', 'all');
    my %did = (cpu => cpu($self->redis_pid));

    # those that a script calls are no commands that were read

    ($did{reads}) = $info =~ /^total_reads_processed:(\d+)/m;
    ($did{usec}) = $info =~ /^cmdstat_evalsha:calls=\d+,usec=(\d+)/m;

    # a script takes limits of many requests; of each it sets one key

    ($did{takes}) = $info =~ /^cmdstat_set:calls=(\d+)/m;

    return \%did;
}


sub wrk {
    my ($self, $port, $args, $where, $nobody) = @_;
    my $token = $nobody ? '' : "-H 'Authorization: Bearer $self->{token}'";
    my $url = 'http://127.0.0.1:' . port($port) . '/bench';
    my $out = `$where wrk $args -H 'X-HPF-Channel: hall' $token $url`;

    my ($n) = $out =~ /(\d+) requests in/;
    my ($rate) = $out =~ m|Requests/sec:\s+([\d.]+)|;

    die "wrk: $out\n" if !$n || $out =~ /Non-2xx|Socket errors/;

    return ($n, $rate);
}


sub turn {
    my ($self, $name, $connections, $seconds, %o) = @_;
    my $worker = $self->{worker}{$name};
    my $where = cores() > 1 ? 'taskset -c 1' : '';

    settle();

    my $redis = $self->redis_did;
    my $used = cpu($worker);
    my ($n, $rate) = $self->wrk($PORTS{$name}[0],
                                "-t1 -c$connections -d${seconds}s", $where,
                                $o{nobody});

    $used = cpu($worker) - $used;

    my $then = $self->redis_did;
    my %did = map { $_ => $then->{$_} - ($redis->{$_} || 0) } keys %$then;

    # what is measured has to be what is said to be measured

    die "$did{takes} limits in Redis for $n requests\n"
        if $o{store} || $name =~ /^st/ ? $did{takes} < $n
                                       : $did{takes} > $n / 10 + 100;

    return {
        cpu => $used / 1000 / $n, redis => $did{cpu} / 1000 / $n,
        batch => $did{takes} / $did{reads}, rate => $rate,
        script => $did{usec} / $n,
    };
}


sub rate {
    my ($self, $name, $workers, $seconds) = @_;
    my $t = $self->{t};
    my $server = "$name-$workers";

    $self->server($server, $self->form($server, $name, 'many', sub {
        $_[0] =~ s|worker_processes \d+|worker_processes $workers|r;
    }), 'many');

    my @rates = map { ($self->wrk($PORTS{many}[0], "-t2 -c32 -d${seconds}s",
                                  ''))[1] } 1 .. 6;

    $t->end($server);

    return median(@rates[1 .. 5]);
}


1;
