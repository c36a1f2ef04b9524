package HPF::Bench::Parts;

# What measurements share.
#
#   median(NUMBERS)  cores()
#   pin(CORE, PIDS)             where there are two cores or more
#   cpu(PID)                    nanoseconds of CPU, as the scheduler counts it
#   settle()                    what was written before goes to the disk, or
#                               the next one would be measured with that, and
#                               the page cache is given back where that is
#                               allowed: in a virtual machine memory that was
#                               never used costs ten times as much
#   frame(DIR, NAME, HTTP, MAIN)
#                               the text of an nginx of one worker; MAIN stands
#                               at its top
#   serve(TEST, NAME, CONF, %o) starts it under an HPF::Test and returns the
#                               process of its worker; addr => where it listens,
#                               env => [ "NAME=value", ... ]
#   wrk(URL, CONNECTIONS, SECONDS)
#                               requests that were answered; none may fail

use warnings;
use strict;

use HPF::Test ();
use HPF::Test::HTTP;

use base qw/ Exporter /;

our @EXPORT = qw/ median cores pin cpu settle frame serve wrk /;


sub median {
    my @s = sort { $a <=> $b } @_;
    return $s[ @s / 2 ];
}


sub cores {
    chomp(my $n = `nproc`);
    return $n;
}


sub pin {
    my ($core, @pids) = @_;

    return if cores() < 2;

    for my $pid (@pids) {
        system("taskset -a -p -c $core $pid >/dev/null") == 0
            or die "cannot pin $pid\n";
    }
}


sub cpu {
    my ($pid) = @_;
    open my $f, '<', "/proc/$pid/schedstat" or die "no schedstat: $!\n";
    return (split ' ', <$f>)[0];
}


sub settle {
    system('sync') == 0 or die "cannot sync\n";

    if (open my $f, '>', '/proc/sys/vm/drop_caches') {
        syswrite $f, "1\n";
    }
}


sub frame {
    my ($dir, $name, $http, $main) = @_;
    my $user = $> == 0 ? 'user root root;' : '';

    $main = '' unless defined $main;

    return <<"EOF_CONF";
$main
daemon off;
$user
worker_processes 1;
pid $dir/run/$name.pid;
error_log $dir/logs/error.log warn;
events { worker_connections 8192; }
http {
    access_log off;
    keepalive_requests 10000000;
    client_body_temp_path $dir/temp/$name-body;
    proxy_temp_path $dir/temp/$name-proxy;
    fastcgi_temp_path $dir/temp/$name-f;
    uwsgi_temp_path $dir/temp/$name-u;
    scgi_temp_path $dir/temp/$name-s;
$http
}
EOF_CONF
}


sub serve {
    my ($t, $name, $conf, %opts) = @_;
    my $dir = $t->dir;

    $t->write_file("conf/$name.conf", $conf);
    $t->write_file($_, '') for 'run/.keep', 'temp/.keep';

    $t->spawn($name, 'TERM', 'env', @{ $opts{env} || [] }, $t->{nginx},
              '-p', "$dir/", '-c', "conf/$name.conf",
              '-e', "$dir/logs/error.log");

    my $worker;

    $t->wait_for(sub {
        my $r = eval { HPF::Test::HTTP->connect($opts{addr})
                                      ->request('GET', '/up') };
        ($worker) = HPF::Test::workers_of($t->{procs}{$name}{pid});
        return $r && $worker;
    }) or die "$name does not start\n" . $t->read_file("logs/$name.out");

    return $worker;
}


sub wrk {
    my ($url, $connections, $seconds) = @_;
    my $where = cores() > 1 ? 'taskset -c 1' : '';
    my $out = `$where wrk -t1 -c$connections -d${seconds}s --timeout 20s $url`;
    my ($n) = $out =~ /(\d+) requests in/;

    die "wrk: $out\n" if !$n || $out =~ /Non-2xx|Socket errors/;

    return $n;
}


1;
