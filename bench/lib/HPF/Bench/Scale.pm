package HPF::Bench::Scale;

# Gateways of different sizes before one back end, and requests that are spread
# over what there is much of; an HPF::Bench otherwise.
#
#   my $b = HPF::Bench::Scale->new($limit);
#   $b->sessions(10_000);                 into Redis, of 10,000 users
#   $b->gate('many', edit => sub { $_[0] =~ s/.../.../r });
#   my $n = $b->load('many', { tokens => 10_000 }, 1);      for a second
#
# sessions(N)        numbers 0 to N - 1; those that are there stay.  They go
#                    into Redis before there is a gate, which is told of each.
# token(N)           of such a session
# gate(NAME, %o)     edit => sub, of the configuration; workers => 1;
#                    under => [ command ] that runs nginx; start(NAME, %o)
#                    only writes the configuration
# ends(NAME)         it is gone
# check(NAME)        seconds that "nginx -t" takes with its configuration
# started(NAME)      seconds until it answered
# warm(NAME, N)      each of N sessions is used once
# load(NAME, SPREAD, SECONDS)
#                    requests that were answered, none of which may fail
# ask(NAME, SPREAD, N)
#                    N requests on one connection, one after the other
#
# SPREAD: what a request names at random, 0 to NUMBER - 1: tokens => NUMBER of
# sessions, channels => NUMBER with the name "c-N", paths => NUMBER with the
# path /i/N; else it is channel "hall" and path /bench.  With origins the
# channel is not named but the origin of its pages.

use warnings;
use strict;

use Digest::SHA qw/ hmac_sha256_hex /;
use MIME::Base64 qw/ decode_base64 /;
use Time::HiRes qw/ time /;

use HPF::Bench::Parts qw/ cores pin /;
use HPF::Test;
use HPF::Test::HTTP;

use base qw/ HPF::Bench /;

my $USERS = 10_000;

# more than any row takes, so that only numbers differ

my $ZONE = '256m';

my $TIMES = 'hpf_session idle=8h life=10h cache=2h;';

my $LOCATION = <<'EOF_CONF';
            hpf_gate on;
            hpf_level 1;
            hpf_mask on;
            hpf_limit bench by=user rate=1000000r/s burst=1000000;
EOF_CONF

# of the gate what a session needs, and nothing else

my $WARM = <<'EOF_CONF';
        location = /warm {
            hpf_gate on;
            hpf_level 1;
            empty_gif;
        }
EOF_CONF

# a script of many sessions: what session_create.lua does for one

my $MANY = <<'EOF_LUA';
local second = redis.call("TIME")[1]

for i = 1, #ARGV, 2 do
    local s = "{s:" .. ARGV[i] .. "}"

    redis.call("HSET", "hpf:" .. s, "uid", ARGV[i + 1], "type", "i",
               "level", "2", "subj", string.rep("A", 60), "idle", "28800",
               "ends", second + 36000, "channel", "hall",
               "factors", "sms=" .. second .. ",id-card=" .. second,
               "began", second .. "000", "handler", "")
    redis.call("EXPIRE", "hpf:" .. s, 36000)
    redis.call("SET", "hpf:idle:" .. s, "1", "EX", 28800)
end

return #ARGV / 2
EOF_LUA


sub start {
    my ($self) = @_;
    my $t = $self->{t};

    $self->{sessions} = 0;

    $t->gateway(start => 0, workers => 1, http => $self->upstream,
                channels => $WARM . $self->location('/bench'), edit => sub {
        $_[0] =~ s/ info;/ warn;/r
              =~ s/worker_connections \d+/worker_connections 16384/r
              =~ s/rate=\d+r\/s( burst=\d+)?/rate=1000000r\/s burst=1000000/gr
              =~ s/(keepalive_requests) \d+/$1 100000000/r
              =~ s/(hpf_redis [^;]+)/$1 connect=5s timeout=5s/r
              =~ s/(hpf_zone hpf):\w+/$1:$ZONE/r
              =~ s/(hpf_secrets)/$TIMES\n    $1/r;
    });

    # the item's own limit would refuse whoever is drawn 30 times a minute

    my $manifest = 'plugins/account-query/manifest.json';
    my $text = $t->read_file($manifest);

    $text =~ s/"limits": \[.*?\],\n//s or die "$manifest has no limits\n";
    $t->write_file($manifest, $text);

    $self->redis_keeps('nothing');
    $self->back;
    $self->plain;
}


# a location of the gate, of which more may be said

sub location {
    my ($self, $path, $more) = @_;

    return "        location $path {\n$LOCATION" . ($more || '')
           . $self->proxy . "        }\n";
}


sub enter { }


# --- sessions

sub token {
    my ($self, $n) = @_;
    return sprintf '%08d%s', $n, 's' x 35;
}


sub sessions {
    my ($self, $n) = @_;
    my $t = $self->{t};
    my $key = decode_base64($t->read_file('secrets/token.key'));
    my $redis = HPF::Test::Redis->connect($t->redis_addr);
    my $sha = $redis->cmd('SCRIPT', 'LOAD', $MANY);
    my $under_way = 0;

    while ($self->{sessions} < $n) {
        my $last = $self->{sessions} + 500;
        $last = $n if $last > $n;

        $redis->send('EVALSHA', $sha, 0, map {
            (hmac_sha256_hex($self->token($_), $key),
             sprintf('%022d', $_ % $USERS))
        } $self->{sessions} .. $last - 1);

        $self->{sessions} = $last;
        $redis->reply(60) if ++$under_way > 8;
    }

    $redis->reply(60) for 1 .. ($under_way > 8 ? 8 : $under_way);
}


# --- gates

sub gate {
    my ($self, $name, %opts) = @_;

    $self->write_gate($name, %opts);

    my $start = time;
    my $conf = $self->{t}->read_file("conf/$name.conf");

    $self->server($name, $conf, [ map { "$name $_" } 0, 1 ],
                  @{ $opts{under} || [] });
    $self->{started}{$name} = time - $start;

    $self->{t}->wait_for(sub {
        my $r = eval {
            http_get('/readyz', port => '127.0.0.1:' . port("$name 1"))
        };
        return $r && $r->status == 200;
    }, 60) or die "$name does not get ready\n";

    pin(0, $self->pid_of($name)) unless $opts{workers};
}


sub write_gate {
    my ($self, $name, %opts) = @_;
    my $edit = $opts{edit} || sub { $_[0] };
    my $workers = $opts{workers} || 1;

    $self->ports($name, map { "$name $_" } 0, 1);

    my $conf = $self->form($name, 'gate', $name, sub {
        $edit->($_[0]) =~ s/worker_processes \d+/worker_processes $workers/r;
    });

    # callgrind does not listen in a process that was forked

    $conf = "master_process off;\n$conf" if $opts{under};

    $self->{t}->write_file("conf/$name.conf", $conf);
}


sub check {
    my ($self, $name) = @_;
    my $t = $self->{t};
    my $start = time;

    my $out = `$t->{nginx} -t -p $t->{dir}/ -c conf/$name.conf 2>&1`;
    die "nginx -t: $out\n" if $?;

    return time - $start;
}


sub started { $_[0]{started}{$_[1]} }
sub ends { $_[0]{t}->end($_[1]) }


# --- load

sub script {
    my ($self, $spread, $in_turn) = @_;
    my @parts = ("'GET '");
    my $draw = $in_turn ? 'turn' : 'draw';

    push @parts, $in_turn ? "'/warm'"
                 : $spread->{paths} ? ("'/i/'", "draw($spread->{paths})")
                 : "'/bench'";
    push @parts, "' HTTP/1.1\\r\\nHost: x\\r\\n'";
    push @parts, $spread->{origins}
        ? ("'Origin: https://c-'", "draw($spread->{origins})", "'.cn'")
        : $spread->{channels}
          ? ("'X-HPF-Channel: c-'", "draw($spread->{channels})")
          : "'X-HPF-Channel: hall'";
    push @parts, "'\\r\\nAuthorization: Bearer '",
        "string.format('%08d', $draw($spread->{tokens}))",
        "'" . ('s' x 35) . "\\r\\n\\r\\n'";

    my $request = join ' .. ', @parts;

    # wrk itself ends when its time is over and not before

    my $stop = $in_turn ? <<"EOF_LUA" : '';
local answers, others = 0, 0
response = function(status)
    answers = answers + 1
    others = others + (status == 200 and 0 or 1)

    if answers >= $spread->{tokens} + 128 then
        print(answers .. " requests in all")
        if others > 0 then print("Non-2xx") end
        io.stdout:flush()
        os.exit(0)
    end
end
EOF_LUA

    return <<"EOF_LUA";
local random, at = math.random, -1
local function draw(n) return random(n) - 1 end
local function turn(n) at = (at + 1) % n return at end
init = function() math.randomseed(os.time()) end
request = function() return $request end
$stop
EOF_LUA
}


sub wrk_with {
    my ($self, $name, $script, $args, $where) = @_;
    my $t = $self->{t};
    my $file = $t->write_file("conf/$name.lua", $script);
    my $url = 'http://127.0.0.1:' . port($self->port_of($name)) . '/';

    $where = cores() > 1 ? 'taskset -c 1' : '' unless defined $where;

    my $out = `$where wrk --timeout 20s $args -s $file $url`;
    my ($n) = $out =~ /(\d+) requests in/;

    die "$name: $out\n" . $self->refused($name)
        if !$n || $out =~ /Non-2xx|Socket errors/;

    return $n;
}


# what its record says of answers that were not as they should be

sub refused {
    my ($self, $name) = @_;
    my $file = $self->{t}->path("audit/$name-audit.jsonl");
    my %n;

    open my $in, '<', $file or return '';

    while (my $line = <$in>) {
        next unless $line =~ /"outcome":"([^"]+)","status":(\d+)/;
        $n{"$2 $1"}++ unless $1 eq 'ok';
    }

    return join '', map { "$n{$_} times $_\n" } sort keys %n;
}


sub load {
    my ($self, $name, $spread, $seconds) = @_;
    return $self->wrk_with($name, $self->script($spread),
                           "-t1 -c32 -d${seconds}s");
}


# all workers, on all cores

sub load_all {
    my ($self, $name, $spread, $seconds) = @_;
    return $self->wrk_with($name, $self->script($spread),
                           "-t2 -c64 -d${seconds}s", '');
}


sub warm {
    my ($self, $name, $n) = @_;

    $self->wrk_with($name, $self->script({ tokens => $n }, 1),
                    '-t1 -c128 -d600s');
}


sub ask {
    my ($self, $name, $spread, $n) = @_;
    my $c = HPF::Test::HTTP->connect('127.0.0.1:'
                                     . port($self->port_of($name)));
    my $r;

    for my $i (1 .. $n) {
        my $draw = sub { int($_[0] * ($i - 1) / $n) };

        $r = $c->request('GET',
            $spread->{paths} ? '/i/' . $draw->($spread->{paths}) : '/bench',
            headers => [
                $spread->{origins}
                ? (Origin => 'https://c-' . $draw->($spread->{origins}) . '.cn')
                : ('X-HPF-Channel' => $spread->{channels}
                   ? 'c-' . $draw->($spread->{channels}) : 'hall'),
                Authorization => 'Bearer '
                                 . $self->token($draw->($spread->{tokens})),
            ]);

        die "$name: " . $r->raw . "\n" unless $r->status == 200;
    }

    return $r;
}


1;
