package HPF::Plugin::Gateway;

# A gateway for one plugin, on unix sockets in a folder that is thrown away:
# Redis, nginx with the module, and back ends that are served from here while
# a request is under way.
#
#   my $g = HPF::Plugin::Gateway->start($plugin);
#   $g->{serve} = sub { my ($backend, $method, $path, $body) = @_; ... };
#   my ($status, $body) = $g->call('POST', '/v1/items/x', {}, [], '{}');
#
# serve returns [STATUS, BODY], 'none' to close without an answer, or 'timeout'
# to leave the request there.  end() comes by itself when the program ends.

use warnings;
use strict;

use File::Copy qw/ copy /;
use File::Path qw/ rmtree /;
use File::Temp qw/ tempdir /;
use IO::Select;
use IO::Socket::UNIX;
use JSON::PP ();
use MIME::Base64 qw/ encode_base64 /;
use POSIX qw/ WNOHANG _exit /;
use Time::HiRes qw/ time /;

use HPF::Plugin;

my $TIMEOUT = 1;                       # seconds that a back end has

my (@running, $own);


sub start {
    my ($class, $plugin) = @_;
    my $self = bless {
        plugin => $plugin, procs => [], tokens => {},
        dir => tempdir('hpf-plugin-XXXXXX', TMPDIR => 1),
    }, $class;

    $own = $$;
    push @running, $self;
    $SIG{$_} = sub { exit 3 } for qw/ INT TERM HUP /;
    $SIG{PIPE} = 'IGNORE';

    my $module = build_dir() . '/ngx_http_hpf_module.so';
    my $nginx = tool($ENV{HPF_NGINX} || 'nginx');

    missing("$module is missing; \"make\" in the project builds it")
        unless -e $module;

    $self->{module} = $module;
    $self->set_up;

    $self->spawn('redis', tool('redis-server'), '--port', '0', '--unixsocket',
                 $self->path('redis.sock'), '--dir', $self->{dir},
                 '--save', '', '--daemonize', 'no',
                 '--maxmemory-policy', 'noeviction');
    $self->until_ready('redis', sub { $self->redis('PING') =~ /PONG/ });

    $self->spawn('nginx', $nginx, '-p', "$self->{dir}/", '-c', 'nginx.conf',
                 '-e', $self->path('error.log'));
    $self->until_ready('nginx', sub {
        ($self->request('admin', 'GET', '/readyz'))[0] == 200
    });

    return $self;
}


sub path { "$_[0]{dir}/$_[1]" }


sub set_up {
    my ($self) = @_;
    my $plugin = $self->{plugin};
    my $dir = $self->{dir};
    my $folder = "$dir/plugins/$plugin->{id}";

    mkdir $_ or missing("$_: $!")
        for map({ "$dir/$_" } qw/ plugins temp secrets /), $folder;

    for my $name (qw/ seal index token mask /) {
        open my $random, '<:raw', '/dev/urandom' or missing("urandom: $!");
        read $random, my $bytes, 32;
        write_file("$dir/secrets/$name.key", encode_base64($bytes));
        chmod 0600, "$dir/secrets/$name.key";
    }

    # a test has its own pace

    my $manifest = slurp("$plugin->{dir}/manifest.json");

    $manifest =~ s/("limits"\s*:\s*)\[[^\]]*\]/$1\[\]/;
    write_file("$folder/manifest.json", $manifest);
    copy("$plugin->{dir}/$plugin->{code}", "$folder/$plugin->{code}")
        or missing("$plugin->{code}: $!");

    $self->helper($_) for grep { $_ ne $plugin->{id} } qw/ id-card face /;
    $self->listen_for($_) for $self->backends;
    write_file("$dir/nginx.conf", $self->conf);
}


# a factor that takes anybody, so that sessions have any level

sub helper {
    my ($self, $id) = @_;
    my $folder = "$self->{dir}/plugins/$id";

    mkdir $folder or missing("$folder: $!");
    write_file("$folder/$id.lua",
               "return { handle = function() return true end }\n");
    write_file("$folder/manifest.json", JSON::PP->new->encode({
        id => $id, kind => 'factor', version => '1.0.0', language => 'lua',
        name => $id, person => [ 'id_no' ],
    }));
}


# those of the manifest, and whom the gateway itself asks

sub backends {
    my ($self) = @_;
    my $may = $self->{plugin}{manifest}{backends} || [];
    my %names = map { $_ => 1 } 'sms', @$may;

    return sort keys %names;
}


sub channels {
    my ($self) = @_;
    return map { $_ eq '*' ? 'test' : $_ }
           @{ $self->{plugin}{manifest}{channels} || [ '*' ] };
}


sub conf {
    my ($self) = @_;
    my $dir = $self->{dir};
    my $user = $> == 0 ? 'user root root;' : '';
    my ($n, $http, $server) = (0, '', '');

    for my $name ($self->channels) {
        $http .= "hpf_channel $name { name $name; kind public;"
                 . " entry https://$name.example/; capacity 100; }\n";
    }

    for my $name ($self->backends) {
        $http .= "hpf_backend \"$name\" /_$n/;\n";
        $server .= "location /_$n/ { internal;"
                   . " proxy_pass http://unix:$self->{sockets}{$name}:/; }\n";
        $n++;
    }

    return <<"EOT";
$user
load_module $self->{module};
worker_processes 1;
daemon off;
pid $dir/nginx.pid;
lock_file $dir/nginx.lock;
error_log $dir/error.log info;

events { worker_connections 256; }

http {
    client_body_temp_path $dir/temp/body;
    proxy_temp_path $dir/temp/proxy;
    fastcgi_temp_path $dir/temp/fastcgi;
    uwsgi_temp_path $dir/temp/uwsgi;
    scgi_temp_path $dir/temp/scgi;
    access_log off;

    hpf_zone hpf:8m;
    hpf_redis unix:$dir/redis.sock;
    hpf_secrets $dir/secrets;
    hpf_mask_key $dir/secrets/mask.key;
    hpf_audit $dir/audit.jsonl;
    hpf_plugins $dir/plugins cache=$dir/cache;
    hpf_plugin_activation auto;

$http
    server {
        listen unix:$dir/http.sock;
        subrequest_output_buffer_size 256k;
        proxy_read_timeout ${TIMEOUT}s;
        proxy_next_upstream off;

        location /v1/ {
            hpf_api on;
            client_body_buffer_size 64k;
        }

$server
    }

    server {
        listen unix:$dir/admin.sock;

        location = /readyz { hpf_ready; }
    }
}
EOT
}


# processes

sub spawn {
    my ($self, $name, @cmd) = @_;
    my $pid = fork;

    missing("fork: $!") unless defined $pid;

    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw/ INT TERM HUP PIPE /;
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', $self->path("$name.out");
        open STDERR, '>&', \*STDOUT;
        exec { $cmd[0] } @cmd or _exit(127);
    }

    unshift @{ $self->{procs} }, { name => $name, pid => $pid };
}


sub until_ready {
    my ($self, $name, $check) = @_;
    my $deadline = time + 20;

    until (eval { $check->() }) {
        my ($gone) = grep { waitpid($_->{pid}, WNOHANG) != 0 }
                     @{ $self->{procs} };

        if ($gone || time > $deadline) {
            $gone->{pid} = 0 if $gone;
            print STDERR slurp($self->path("$name.out"));
            print STDERR $self->log_lines(0) if -e $self->path('error.log');
            missing("$name does not start");
        }

        select undef, undef, undef, 0.02;
    }
}


sub end {
    my ($self) = @_;

    for my $proc (@{ $self->{procs} }) {
        my $deadline = time + 5;

        next unless $proc->{pid};

        kill 'TERM', $proc->{pid};

        while (waitpid($proc->{pid}, WNOHANG) == 0) {
            kill 'KILL', $proc->{pid} if time > $deadline;
            select undef, undef, undef, 0.01;
        }
    }

    rmtree($self->{dir});
}


END {
    if (defined $own && $own == $$) {
        my $status = $?;

        $_->end for @running;
        $? = $status;
    }
}


# what the log says of the plugin since that many bytes

sub log_size { -s $_[0]->path('error.log') || 0 }


sub log_lines {
    my ($self, $from) = @_;

    return map { s/^\S+ \S+ (\[\w+\]) \d+#\d+: (?:\*\d+ )?/$1 /r }
           grep { /\[(?:warn|error|crit|alert|emerg)\]/ }
           split /^/, substr slurp($self->path('error.log')), $from;
}


sub redis {
    my ($self, $command) = @_;
    my $s = IO::Socket::UNIX->new($self->path('redis.sock')) or return '';

    print $s "$command\r\n";

    return scalar(<$s>) || '';
}


# back ends: a socket each, so that one alone can be taken away

sub listen_for {
    my ($self, $name) = @_;

    $self->{sockets}{$name} ||= $self->path('b' . keys %{ $self->{sockets} });
    unlink $self->{sockets}{$name};

    my $s = IO::Socket::UNIX->new(Local => $self->{sockets}{$name},
                                  Listen => 64)
        or missing("$self->{sockets}{$name}: $!");

    $self->{listeners}{$name} = $s;
}


# those that are down refuse a connection

sub down {
    my ($self, @names) = @_;
    my %down = map { $_ => 1 } @names;

    for my $name ($self->backends) {
        if ($down{$name}) {
            delete $self->{listeners}{$name};

        } elsif (!$self->{listeners}{$name}) {
            $self->listen_for($name);
        }
    }
}


# a request on a channel; headers as [Name => value, ...]

sub call {
    my ($self, $method, $path, $opts, $headers, $body) = @_;
    my @all = ('X-HPF-Channel' => $opts->{channel} || ($self->channels)[0],
               $opts->{token} ? (Authorization => "Bearer $opts->{token}") : (),
               @{ $headers || [] });

    return $self->request('http', $method, $path, \@all, $body);
}


# the status and the body of the answer; serves back ends till it is there

sub request {
    my ($self, $socket, $method, $path, $headers, $body) = @_;
    my $c = IO::Socket::UNIX->new($self->path("$socket.sock")) or return 0;
    my $head = "$method $path HTTP/1.1\r\nHost: localhost\r\n"
               . "Connection: close\r\n";
    my @headers = @{ $headers || [] };

    while (my ($name, $value) = splice @headers, 0, 2) {
        $head .= "$name: $value\r\n";
    }

    $head .= "Content-Type: application/json\r\nContent-Length: "
             . length($body) . "\r\n" if defined $body;

    syswrite $c, "$head\r\n" . (defined $body ? $body : '');

    my $answer = $self->serve_until($c);
    my ($start, $status, $rest) =
        $answer =~ m|\A(HTTP/1\.1 (\d+).*?\r\n\r\n)(.*)\z|s or return (0, '');

    return ($status, $start =~ /^Transfer-Encoding: chunked/m ? dechunk($rest)
                                                             : $rest);
}


sub dechunk {
    my ($body) = @_;
    my ($out, $n) = ('');

    while ($body =~ s/\A([0-9a-f]+)\r\n//i && ($n = hex $1)) {
        $out .= substr $body, 0, $n, '';
        $body =~ s/\A\r\n//;
    }

    return $out;
}


sub serve_until {
    my ($self, $client) = @_;
    my $select = IO::Select->new($client, values %{ $self->{listeners} });
    my $listeners = $self->{listeners};
    my %name = map { $listeners->{$_} => $_ } keys %$listeners;
    my ($answer, %in, %of) = ('');
    my $deadline = time + 30;

    while (time < $deadline) {
        for my $s ($select->can_read(0.2)) {
            if ($s == $client) {
                sysread($s, $answer, 65536, length $answer) or return $answer;

            } elsif ($name{$s}) {
                my $c = $s->accept or next;

                $of{$c} = $name{$s};
                $in{$c} = '';
                $select->add($c);

            } else {
                my $n = sysread $s, $in{$s}, 65536, length $in{$s};

                $select->remove($s)
                    if !$n || $self->serve_one($s, $of{$s}, $in{$s});
            }
        }
    }

    return $answer;
}


# true: nothing more is to be read from it

sub serve_one {
    my ($self, $c, $backend, $in) = @_;
    my ($head, $body) = $in =~ /\A(.*?\r\n\r\n)(.*)\z/s or return 0;
    my ($n) = $head =~ /^Content-Length: *(\d+)/mi;

    return 0 if length $body < ($n || 0);

    my ($method, $path) = $head =~ /\A(\S+) (\S+)/;
    my $answer = $self->{serve}->($backend, $method, $path, $body);

    if ($answer eq 'timeout') {
        push @{ $self->{left} }, $c;
        return 1;
    }

    if (ref $answer) {
        my ($status, $text) = @$answer;

        syswrite $c, "HTTP/1.0 $status Status\r\nContent-Length: "
                     . length($text) . "\r\nContent-Type: application/json"
                     . "\r\n\r\n$text";
    }

    shutdown $c, 2;

    return 1;
}


# a session of that level; who it is does not matter but for his id_no

sub session {
    my ($self, $user, $channel) = @_;
    my @real = is_factor($self->{plugin}) ? () : ({ factor => 'id-card' });
    my @factors = map { { factor => $_ } } $user->{level} > 2 ? 'face'
                  : $user->{level} > 1 ? 'id-card' : ();
    my $code;

    local $self->{serve} = sub {
        my (undef, undef, undef, $body) = @_;

        $code = JSON::PP->new->utf8->decode($body)->{code};
        return [ 202, '{}' ];
    };

    my $sms = sub {
        my $r = $self->post($channel, '/v1/challenges', {
            factor => 'sms', mobile => $user->{mobile}, purpose => $_[0],
        });

        return { factor => 'sms', challenge_id => $r->{challenge_id},
                 code => $code };
    };

    $self->post($channel, '/v1/users', {
        user_type => 'individual',
        map({ $_ => $user->{$_} } qw/ name id_no mobile /),
        factors => [ $sms->('register'), @real ],
    });

    return $self->post($channel, '/v1/sessions', {
        user => { mobile => $user->{mobile} },
        factors => [ $sms->('login'), @factors ],
    })->{token};
}


sub post {
    my ($self, $channel, $path, $body) = @_;
    my ($status, $text) = $self->call('POST', $path, { channel => $channel },
        [], JSON::PP->new->utf8->encode($body));

    die "$path: $status $text\n" unless $status == 201;

    return JSON::PP->new->utf8->decode($text);
}


1;
