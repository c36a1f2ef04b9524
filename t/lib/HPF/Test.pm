package HPF::Test;

# The harness of the functional tests: one nginx (and, where asked for, one
# Redis and one demo back end) per test file, in a folder of its own.
#
#   my $t = HPF::Test->new->plan(3);
#   $t->write_conf(<<'EOF');
#   %%TEST_GLOBALS%%
#   http {
#       %%TEST_GLOBALS_HTTP%%
#       server { listen 127.0.0.1:8080; location / { return 200 "ok"; } }
#   }
#   EOF
#   $t->run;
#   is(http_get('/')->body, 'ok', 'answer');
#
# In a configuration 127.0.0.1:8NNN stands for a free port, port(8NNN) tells
# which; %%TESTDIR%%, %%ROOT%%, %%BUILD%% and %%PORT_8NNN%% are replaced too.
#
# nginx     write_conf(TEXT) run() stop() reload() kill_worker() crash()
#           workers() master() config_test(TEXT) -> (ok, output)
# files     dir() root() build_dir() path(NAME) write_file(NAME, TEXT)
#           read_file(NAME)
# log       log_text() wait_log(QR) allow_log(QR)
# redis     start_redis() kill_redis() pause_redis() resume_redis()
#           redis(CMD, ARGS...) redis_addr()
# stores    start_store(NAME) start_sentinels() start_cluster(), and what can
#           happen to them: see HPF::Test::Store and HPF::Test::Cluster
# servers   start_backend(8NNN, sub { my ($request, $socket) = @_; ... })
# waiting   wait_for(SUB, SECONDS): its true value, or false in the end; it
#           takes long only where something is wrong
# time      began() and took(BEGAN): the seconds since, for what has to be done
#           within some, without those in which this machine had other things
#           to do; lost(BEGAN): how many those may be, four at the most
# load      load(CODE) load_end(LOAD): see HPF::Test::Load
# plugins   lua_plugin(ID, CODE): see HPF::Test::Lua
# whole     gateway(%parts): Redis, the demo back end and nginx with the
#           project's own configuration, ready for requests, and what one does
#           with it: see HPF::Test::Gateway
# exported  http(RAW) http_get(PATH, %o) http_post(PATH, BODY, %o)
#           http_request(METHOD, PATH, %o) client(PORT) port(N)
#           sign_request(%o) content_digest(BODY) json(TEXT)
#           %o: port => 8080, headers => [Name => value, ...], body, timeout;
#           a BODY that is a reference goes as JSON.  See HPF::Test::HTTP.
#
# At the end everything started is stopped, and the test fails if the error
# log has an [alert], [emerg] or [crit] that allow_log() did not announce, if
# a sanitizer reported, a process died by itself, or something would not stop.
#
# Environment: TEST_NGINX_BINARY, TEST_NGINX_MODULE, TEST_BUILD (the folder
# build/ to use), TEST_DEBUG=1 (debug log), TEST_LEAVE=1 (keep the folder;
# "failed": where the test failed).

use warnings;
use strict;

use Cwd qw/ abs_path /;
use Errno ();
use Fcntl qw/ F_SETFD /;
use File::Basename qw/ dirname /;
use File::Path qw/ rmtree mkpath /;
use File::Temp qw/ tempdir /;
use IO::Socket::INET;
use JSON::PP ();
use POSIX qw/ WNOHANG _exit /;
use Socket qw/ AF_UNIX SOCK_STREAM /;
use Test::More ();
use Time::HiRes qw/ sleep time /;

use HPF::Test::Cert;
use HPF::Test::Cluster;
use HPF::Test::Gateway;
use HPF::Test::HTTP;
use HPF::Test::Load;
use HPF::Test::Lua;
use HPF::Test::Redis;
use HPF::Test::Sign qw/ sign_request content_digest /;
use HPF::Test::Store;

use base qw/ Exporter HPF::Test::Gateway HPF::Test::Store HPF::Test::Cluster
             HPF::Test::Load HPF::Test::Lua HPF::Test::Cert /;

our @EXPORT = qw/ http http_get http_post http_request client port json
                  sign_request content_digest /;

our $ROOT = abs_path(dirname(__FILE__) . '/../../..');

my $pid = $$;
my (%ports, @locks, @tests);

# a test that hangs is a failed test, not a hanging run

my $LIMIT = $ENV{TEST_LIMIT} || ($ENV{TEST_BIG} ? 1800 : 300);

$SIG{PIPE} = 'IGNORE';
$SIG{INT} = $SIG{TERM} = $SIG{HUP} = sub { exit 130 };
$SIG{ALRM} = sub { die "the test took more than $LIMIT s\n" };
alarm $LIMIT;


sub new {
    my ($class) = @_;

    my $build = abs_path($ENV{TEST_BUILD} || "$ROOT/build");
    my $module = $ENV{TEST_NGINX_MODULE} || "$build/ngx_http_hpf_module.so";
    my $dir = tempdir('hpf-test-XXXXXX', TMPDIR => 1);

    my $self = bless {
        dir => $dir,
        build => $build,
        module => abs_path($module) || $module,
        nginx => $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx',
        procs => {},
        allowed => [],
        faults => [],
    }, $class;

    # a report in a file survives whatever the process' stderr is; leaks are
    # not looked for: LuaJIT keeps its objects in memory that LeakSanitizer
    # does not scan, so all they own would be called lost

    my $common = "log_path=$dir/sanitizer:exitcode=99";

    $ENV{ASAN_OPTIONS} = "$common:detect_leaks=0:detect_odr_violation=0:"
                         . "abort_on_error=0";
    $ENV{UBSAN_OPTIONS} = "$common:print_stacktrace=1:"
                          . "suppressions=$ROOT/tools/ubsan.supp";

    mkpath("$dir/logs");
    push @tests, $self;

    return $self;
}


sub plan {
    my ($self, $n) = @_;
    Test::More::plan(tests => $n);
    return $self;
}


sub dir { $_[0]{dir} }
sub root { $ROOT }
sub build_dir { $_[0]{build} }
sub path { "$_[0]{dir}/$_[1]" }


sub write_file {
    my ($self, $name, $text) = @_;
    my $file = $self->path($name);

    mkpath(dirname($file));
    open my $f, '>:raw', "$file.tmp~" or die "cannot write $file: $!\n";
    utf8::encode($text) if utf8::is_utf8($text);
    print $f $text;
    close $f or die "cannot write $file: $!\n";
    rename "$file.tmp~", $file or die "cannot rename to $file: $!\n";

    return $file;
}


sub read_file { slurp($_[0]->path($_[1])) }


sub slurp {
    my ($file) = @_;

    open my $f, '<:raw', $file or return '';
    local $/;
    my $text = <$f>;

    return defined $text ? $text : '';
}


# Ports are shared with whatever else tests on this machine: a name in the
# abstract socket space is held for as long as the test runs and is free by
# itself afterwards.

sub port {
    my ($n) = @_;

    return $ports{$n} if $ports{$n};

    my $try = 10000 + ($$ * 37 + keys(%ports) * 11) % 20000;

    for (1 .. 20000) {
        $try = $try >= 29999 ? 10000 : $try + 1;

        socket(my $lock, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!\n";
        bind($lock, pack('S a*', AF_UNIX, "\0hpf-test-port-$try")) or next;

        IO::Socket::INET->new(Proto => 'tcp', LocalAddr => "127.0.0.1:$try",
                              Listen => 1, ReuseAddr => 1)
            or next;

        push @locks, $lock;
        return $ports{$n} = $try;
    }

    die "no free port\n";
}


sub expand {
    my ($self, $text) = @_;
    my $dir = $self->{dir};
    my $level = $ENV{TEST_DEBUG} ? 'debug' : 'info';

    # "user" is ignored with a warning where the master is not root

    my $user = $> == 0 ? "user root root;\n" : '';

    my $globals = "${user}daemon off;\npid $dir/nginx.pid;\n"
                  . "error_log $dir/logs/error.log $level;\n"
                  . "lock_file $dir/nginx.lock;\n"
                  . "load_module $self->{module};\n";

    # an own "events" block in the test takes the place of the usual one

    $globals .= "events { worker_connections 1024; }\n"
        unless $text =~ /^\s*events\s*\{/m;

    my $http = "access_log off;\nroot $dir;\n";

    for my $name (qw/ client_body proxy fastcgi uwsgi scgi /) {
        $http .= "${name}_temp_path $dir/temp_$name;\n";
    }

    $text =~ s/%%TEST_GLOBALS%%/$globals/g;
    $text =~ s/%%TEST_GLOBALS_HTTP%%/$http/g;
    $text =~ s/%%TESTDIR%%/$dir/g;
    $text =~ s/%%ROOT%%/$ROOT/g;
    $text =~ s/%%BUILD%%/$self->{build}/g;
    $text =~ s/%%MODULE%%/$self->{module}/g;
    $text =~ s/%%PORT_(\d+)%%/port($1)/ge;
    $text =~ s/\b127\.0\.0\.1:(8\d\d\d)\b/'127.0.0.1:' . port($1)/ge;

    return $text;
}


sub write_conf {
    my ($self, $text) = @_;
    $self->write_file('nginx.conf', $self->expand($text));
    return $self;
}


# what nginx -t says to a configuration

sub config_test {
    my ($self, $text) = @_;

    $self->write_file('test.conf', $self->expand($text));

    my $out = `$self->{nginx} -t -p $self->{dir}/ -c test.conf 2>&1 </dev/null`;

    return ($? == 0, $out);
}


# processes: each has a name, ends on a signal, and must not end by itself

sub spawn {
    my ($self, $name, $quit, @cmd) = @_;

    my $child = fork;
    die "cannot fork: $!\n" unless defined $child;

    if ($child == 0) {
        $SIG{$_} = 'DEFAULT' for qw/ INT TERM HUP PIPE ALRM /;
        alarm 0;
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$self->{dir}/logs/$name.out";
        open STDERR, '>&', \*STDOUT;

        if (ref $cmd[0] eq 'CODE') {
            eval { $cmd[0]->(); 1 } or print STDERR $@;
            _exit(0);
        }

        exec { $cmd[0] } @cmd or do {
            print STDERR "cannot run $cmd[0]: $!\n";
            _exit(127);
        };
    }

    $self->{procs}{$name} = { pid => $child, quit => $quit };

    return $child;
}


# whether it still runs; a death nobody asked for is a fault

sub alive {
    my ($self, $name) = @_;
    my $p = $self->{procs}{$name} or return 0;

    return 1 if waitpid($p->{pid}, WNOHANG) == 0;

    delete $self->{procs}{$name};
    push @{ $self->{faults} }, "$name ended by itself, status $?\n"
        . tail($self->read_file("logs/$name.out"));

    return 0;
}


sub end {
    my ($self, $name, $signal) = @_;
    my $p = delete $self->{procs}{$name} or return;
    my $deadline = time + 30;

    if (waitpid($p->{pid}, WNOHANG) != 0) {
        push @{ $self->{faults} }, "$name ended by itself, status $?\n"
            . tail($self->read_file("logs/$name.out"));
        return;
    }

    kill 'CONT', $p->{pid};
    kill $signal || $p->{quit}, $p->{pid};

    until (waitpid($p->{pid}, WNOHANG) != 0) {
        if (time > $deadline) {
            push @{ $self->{faults} }, "$name did not stop";
            kill 'KILL', workers_of($p->{pid}), $p->{pid};
            waitpid($p->{pid}, 0);
            last;
        }

        sleep 0.002;
    }

    push @{ $self->{faults} }, "$name ended with status $?"
        if $name eq 'nginx' && !$signal && $?;
}


sub wait_for {
    my ($self, $check, $seconds) = @_;
    my $begin = time;

    while (1) {
        my $value = $check->();
        return $value if $value;

        my $waited = time - $begin;
        return 0 if $waited > ($seconds || 30);

        # who looks often for long is over the limits of a node

        sleep($waited < 0.2 ? 0.003 : $waited < 2 ? $waited / 20 : 0.1);
    }
}


# What the kernel says of how long some process could not run since all
# processors were busy, or the disk was; 0 where it does not say.

sub stalled {
    my $sum = 0;

    for my $what (qw/ cpu io /) {
        slurp("/proc/pressure/$what") =~ /^some .* total=(\d+)/ or next;
        $sum += $1 / 1e6;
    }

    return $sum;
}


sub began { return [ time, stalled() ] }


sub took {
    my ($self, $began) = @_;
    my ($time, $stalled) = @$began;
    my $took = time - $time - (stalled() - $stalled);

    return $took > 0 ? $took : 0;
}


sub lost {
    my ($self, $began) = @_;
    my $lost = stalled() - $began->[1];

    return $lost < 4 ? $lost : 4;
}


sub run {
    my ($self) = @_;
    my $dir = $self->{dir};

    my $conf = $self->{conf} || 'nginx.conf';
    my ($pid_file) = $self->read_file($conf) =~ /^pid (.*);$/m;

    unlink $pid_file;

    $self->spawn('nginx', 'QUIT', $self->{nginx}, '-p', "$dir/",
                 '-c', $conf, '-e', "$dir/logs/error.log");

    # the pid file comes after the sockets listen

    my $up = $self->wait_for(sub {
        return 1 if -s $pid_file;
        return !$self->alive('nginx');
    });

    if (!$up || !-s $pid_file) {
        $self->{faults} = [];
        die "nginx does not start:\n" . tail($self->read_file('logs/nginx.out'))
            . tail($self->log_text);
    }

    return $self;
}


sub stop {
    my ($self) = @_;
    $self->end('nginx');
    return $self;
}


sub master { $_[0]{procs}{nginx} ? $_[0]{procs}{nginx}{pid} : 0 }


sub workers_of {
    my ($master) = @_;

    return split ' ', slurp("/proc/$master/task/$master/children");
}


sub workers { workers_of($_[0]->master) }


# Returns when workers of the new configuration run; with wait_old => 1 when
# those of the old one are gone too.

sub reload {
    my ($self, %opts) = @_;
    my %old = map { $_ => 1 } $self->workers;

    kill 'HUP', $self->master;

    return $self->wait_for(sub {
        my @now = $self->workers;
        my @new = grep { !$old{$_} } @now;

        return 0 if !@new || ($opts{wait_old} && @new != @now);
        return 1;
    }, $opts{timeout});
}


# kills one worker and returns when another has taken its place

sub kill_worker {
    my ($self, $signal, $worker) = @_;
    my @old;

    # the master may not have come to it yet

    $self->wait_for(sub { @old = $self->workers }) or die "no workers\n";
    $worker ||= $old[0];

    kill $signal || 'KILL', $worker;

    return $self->wait_for(sub {
        my @now = $self->workers;
        return @now >= @old && !grep { $_ == $worker } @now;
    });
}


# the crash of a machine: returns when the master and all workers are gone

sub crash {
    my ($self) = @_;
    my $master = (delete $self->{procs}{nginx})->{pid};
    my @workers = workers_of($master);

    # a master that stands still puts no worker in the place of a dead one

    kill 'STOP', $master;
    kill 'KILL', @workers, $master;
    waitpid($master, 0);

    # they are nobody's children now, or those of one who does not wait

    my $runs = sub { slurp("/proc/$_[0]/stat") =~ /\) [^ZX]/ };

    $self->wait_for(sub { !grep { $runs->($_) } @workers })
        or die "workers that do not end\n";

    return $self;
}


sub log_text { $_[0]->read_file('logs/error.log') }


sub wait_log {
    my ($self, $re, $seconds) = @_;
    return $self->wait_for(sub { $self->log_text =~ $re }, $seconds);
}


sub allow_log {
    my ($self, $re) = @_;
    push @{ $self->{allowed} }, $re;
    return $self;
}


# Redis: private, on a unix socket; a second start has the first one's data

sub redis_addr { "unix:$_[0]{dir}/run/redis.sock" }


sub start_redis {
    my ($self, @more) = @_;
    my $dir = $self->{dir};

    mkpath([ "$dir/redis", "$dir/run" ]);
    unlink "$dir/run/redis.sock";
    delete $self->{redis};

    $self->spawn('redis', 'TERM', 'redis-server', '--port', '0',
        '--unixsocket', "$dir/run/redis.sock", '--dir', "$dir/redis",
        '--appendonly', 'yes', '--appendfsync', 'everysec', '--save', '',
        '--daemonize', 'no', '--maxmemory-policy', 'noeviction',
        '--tcp-backlog', 4096, @more);

    my $pong = $self->wait_for(sub {
        return -1 unless $self->alive('redis');
        return eval { $self->redis('PING') };
    });

    die "redis does not start:\n" . tail($self->read_file('logs/redis.out'))
        unless $pong eq 'PONG';

    return $self;
}


sub kill_redis {
    my ($self) = @_;
    delete $self->{redis};
    $self->end('redis', 'KILL');
    return $self;
}


sub pause_redis { kill 'STOP', $_[0]{procs}{redis}{pid}; $_[0] }
sub resume_redis { kill 'CONT', $_[0]{procs}{redis}{pid}; $_[0] }


sub redis {
    my ($self, @cmd) = @_;

    $self->{redis} ||= HPF::Test::Redis->connect($self->redis_addr);

    my $reply = eval { $self->{redis}->cmd(@cmd) };

    if ($@) {
        # a broken connection is of no use to the next command
        delete $self->{redis} if $@ !~ /^redis: [A-Z]/;
        die $@;
    }

    return $reply;
}


# a server in Perl: the code gets each connection's request and its socket

sub start_backend {
    my ($self, $n, $code) = @_;

    my $s = IO::Socket::INET->new(Proto => 'tcp', Listen => 128,
        LocalAddr => '127.0.0.1:' . port($n), ReuseAddr => 1)
        or die "cannot listen on " . port($n) . ": $!\n";

    $self->spawn("backend-$n", 'TERM', sub {
        local $SIG{CHLD} = 'IGNORE';

        while (1) {
            my $c = $s->accept or next;

            if (fork) {
                close $c;
                next;
            }

            close $s;
            backend_serve($c, $code);
            _exit(0);
        }
    });

    close $s;

    return $self;
}


sub backend_serve {
    my ($c, $code) = @_;
    my $buf = '';

    $c->autoflush(1);

    while (1) {
        until ($buf =~ /\r\n\r\n/) {
            sysread($c, $buf, 65536, length $buf) or return;
        }

        my ($head) = $buf =~ /\A(.*?\r\n\r\n)/s;
        my ($n) = $head =~ /^Content-Length: *(\d+)/mi;
        my $size = length($head) + ($n || 0);

        while (length $buf < $size) {
            sysread($c, $buf, 65536, length $buf) or return;
        }

        my $request = substr($buf, 0, $size, '');
        my $answer = $code->($request, $c);

        return unless defined $answer && length $answer;

        syswrite($c, $answer);
        return if $answer =~ /^Connection: close/mi || $request =~ m| HTTP/1\.0|
                  || $answer !~ /^(?:Content-Length|Transfer-Encoding):/mi;
    }
}


# exported helpers

sub client {
    my ($n, %opts) = @_;

    return HPF::Test::HTTP->connect(
        $n =~ /^\d+$/ ? '127.0.0.1:' . port($n) : $n, %opts);
}


sub http_request {
    my ($method, $path, %opts) = @_;
    my $c = client($opts{port} || 8080, timeout => $opts{timeout});

    $opts{headers} = [ @{ $opts{headers} || [] }, Connection => 'close' ];

    return $c->request($method, $path, %opts);
}


sub http_get {
    my ($path, %opts) = @_;
    return http_request('GET', $path, %opts);
}


sub http_post {
    my ($path, $body, %opts) = @_;
    return http_request('POST', $path, %opts, body => $body);
}


# raw bytes out, raw bytes in, until the server closes

sub http {
    my ($raw, %opts) = @_;
    my $c = client($opts{port} || 8080, timeout => $opts{timeout});

    $c->send($raw);
    $c->closed;

    return $c->{buf};
}


sub json {
    my ($text) = @_;
    return scalar eval { JSON::PP->new->utf8->decode($text) };
}


# the end

sub tail {
    my ($text) = @_;
    my @lines = split /^/, $text;

    splice @lines, 0, @lines - 20 if @lines > 20;

    return join '', @lines;
}


sub check_log {
    my ($self) = @_;
    my @bad;

    LINE: for my $line (split /^/, $self->log_text) {
        next unless $line =~ /\[(?:alert|emerg|crit)\]/
                    || $line =~ /http request count is zero/;

        for my $re (@{ $self->{allowed} }) {
            next LINE if $line =~ $re;
        }

        push @bad, $line;
    }

    return @bad;
}


sub finish {
    my ($self) = @_;
    my $dir = $self->{dir};
    my $procs = $self->{procs};

    # nginx first: what it talks to must not vanish under it

    $self->end($_) for sort { ($b eq 'nginx') <=> ($a eq 'nginx') }
                            keys %$procs;

    my @faults = @{ $self->{faults} };

    push @faults, map { "in the error log: $_" } $self->check_log;

    push @faults, "a core file: $_" for glob("$dir/core*");

    for my $file (glob("$dir/sanitizer*"), glob("$dir/logs/*.out")) {
        my $text = $self->read_file(substr $file, length($dir) + 1);

        push @faults, "in $file:\n" . substr($text, 0, 8000)
            if $text =~ /runtime error:|Sanitizer/;
    }

    return @faults;
}


END {
    # a forked child comes here too

    if ($$ == $pid) {
        my $status = $?;

        alarm 0;


        # a node that was started beside another one ends before it

        for my $self (reverse @tests) {
            my @faults = $self->finish;
            my $failed = $status || !Test::More->builder->is_passing;

            for my $fault (@faults) {
                Test::More->builder->ok(0, 'a clean end');
                Test::More::diag($fault);
                $status ||= 1;
            }

            Test::More::diag("end of the error log:\n" . tail($self->log_text))
                if $failed || @faults;

            my $leave = $ENV{TEST_LEAVE} || '';

            if ($leave && ($leave ne 'failed' || $failed || @faults)) {
                Test::More::diag("left: $self->{dir}");

            } else {
                rmtree($self->{dir});
            }
        }

        $? = $status;
    }
}


1;
