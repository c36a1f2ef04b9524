package HPF::Bench::Peers;

# What the gate is compared with, each in front of the same back end, one
# worker or thread each.
#
#   log          nginx proxy_pass and a JSON line for each request, unbuffered
#   auth         the same, limit_req and auth_request that asks the back end;
#                nothing is masked
#   njs          the same with a table of tokens that is read at start, and
#                masking by njs
#   haproxy      HAProxy: a map of tokens, a stick table, a JSON line; nothing
#                is masked
#   lua-dict     nginx-lua: session and limit in shared dictionaries, masking by
#                ngx.re.gsub, the line
#   lua-script   the same with one script of Redis for session and limit
#   lua-redis    the same with a command of Redis for each
#
#   my $peers = HPF::Bench::Peers->new($bench, DIR of what was unpacked);
#   $peers->names;      in this order
#   $peers->does(NAME)  whether there is a "session" and a "mask"
#
# Each listens for HTTP and, when the bench does, for HTTPS and HTTP/2.

use warnings;
use strict;

use HPF::Bench::Parts;
use HPF::Test;
use HPF::Test::HTTP;

my $UID = 'hNkzWunz9TOqcrDjusPlMA';

# in one round trip: who it is, and how many requests he has made

my $SCRIPT = <<'EOF_LUA';
local uid = redis.call("GET", KEYS[1])
if not uid then return {} end
local key = "bench:count:" .. uid .. ":" .. ARGV[1]
local n = redis.call("INCR", key)
if n == 1 then redis.call("EXPIRE", key, 120) end
return { uid, n }
EOF_LUA

my $LINE = q{log_format line escape=json '{"time":"$time_iso8601",'
        '"id":"$request_id","channel":"hall","call":"bench","user":"$user",'
        '"level":1,"outcome":"ok","status":$status,"masked":4,'
        '"ms":$request_time}';};

my %LUA = ('lua-dict' => 'dict', 'lua-script' => 'script',
           'lua-redis' => 'redis');


sub names { qw/ log auth njs haproxy lua-dict lua-script lua-redis / }


sub does {
    my ($self, $name) = @_;

    return {} if $name eq 'log';
    return { session => 1 } if $name eq 'auth';
    return { session => 1, mask => scalar $name =~ /^(?:lua|njs)/ };
}


sub new {
    my ($class, $bench, $unpacked) = @_;
    my $self = bless { bench => $bench, dir => $bench->test->dir,
                       unpacked => $unpacked }, $class;

    $self->enter_redis;

    my $port = 8110;

    for my $name ($self->names) {
        my $conf = $name eq 'haproxy' ? undef : $self->nginx_conf($name, $port);

        defined $conf ? $bench->server($name, $conf, [ $port ], $self->env)
                      : $self->haproxy($port);

        $port++;
    }

    $self->enter_dict;

    return $self;
}


sub env {
    my ($self) = @_;

    return 'LD_LIBRARY_PATH=' . join ':', map { "$self->{unpacked}/$_" }
           'usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu';
}


sub enter_redis {
    my ($self) = @_;
    my $t = $self->{bench}->test;

    $t->redis('SET', 'bench:session:' . $self->{bench}->token, $UID);
    $self->{script} = $t->redis('SCRIPT', 'LOAD', $SCRIPT);
}


sub enter_dict {
    my ($self) = @_;
    my $r = http_get('/enter?token=' . $self->{bench}->token . "&user=$UID",
                     port => $self->{bench}->port_of('lua-dict'));

    die "nobody is entered: " . $r->raw . "\n" unless $r->status == 200;
}


sub nginx_conf {
    my ($self, $name, $port) = @_;
    my $dir = $self->{dir};
    my $modules = "$self->{unpacked}/usr/lib/nginx/modules";
    my ($main, $http, $location, $more) = ('', '', '', '');

    if ($LUA{$name}) {
        my $share = "$self->{unpacked}/usr";
        my $root = $self->{bench}->test->root;

        $main = "load_module $modules/ndk_http_module.so;\n"
                . "load_module $modules/ngx_http_lua_module.so;\n"
                . "pcre_jit on;\n";
        $http = <<"EOF_CONF";
    lua_package_path "$root/bench/?.lua;$share/share/lua/5.1/?.lua;;";
    lua_package_cpath "$share/lib/x86_64-linux-gnu/lua/5.1/?.so;;";
    lua_shared_dict sessions 16m;
    lua_shared_dict counts 16m;
EOF_CONF
        $location = <<"EOF_CONF";
            access_by_lua_block { require("gate_peers").$LUA{$name}() }
            header_filter_by_lua_block { ngx.header.content_length = nil }
            body_filter_by_lua_block {
                local m = require("mask_peers")
                m.filter(m.regex)
            }
EOF_CONF
        $more = <<'EOF_CONF';
        location = /enter {
            access_log off;
            content_by_lua_block { require("gate_peers").enter() }
        }
EOF_CONF
    }

    if ($name eq 'njs') {
        my $root = $self->{bench}->test->root;

        $self->{bench}->test->write_file('conf/sessions.json',
            '{"' . $self->{bench}->token . "\":\"$UID\"}");

        $main = "load_module $modules/ngx_http_js_module.so;\n";
        $http = <<"EOF_CONF";
    js_path $root/bench;
    js_import gate from gate_peers.js;
    js_preload_object sessions from $dir/conf/sessions.json;
    limit_req_zone \$http_authorization zone=users:16m rate=1000000r/s;
EOF_CONF
        $location = <<'EOF_CONF';
            auth_request /check;
            auth_request_set $user $sent_http_x_user;
            limit_req zone=users burst=1000000 nodelay;
            js_header_filter gate.head;
            js_body_filter gate.mask;
EOF_CONF
        $more = <<'EOF_CONF';
        location = /check {
            internal;
            js_content gate.check;
        }
EOF_CONF
    }

    if ($name eq 'auth') {
        $http = '    limit_req_zone $http_authorization zone=users:16m '
                . "rate=1000000r/s;\n";
        $location = <<'EOF_CONF';
            auth_request /auth;
            limit_req zone=users burst=1000000 nodelay;
EOF_CONF
        $more = <<"EOF_CONF";
        location = /auth {
            internal;
            proxy_pass http://bench/auth;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
        }
EOF_CONF
    }

    return frame($dir, $name, <<"EOF_CONF", $main);
@{[ $self->{bench}->upstream ]}
$http
    $LINE
    server {
        access_log $dir/logs/$name-line.log line;
        listen 127.0.0.1:@{[ port($port) ]};
        @{[ $self->{bench}->tls($port) ]}
        set \$user "$UID";
        set \$script "$self->{script}";
        set \$redis "$dir/run/redis.sock";

        location / {
@{[ $self->{bench}->proxy ]}
$location
        }
$more
    }
EOF_CONF
}


sub haproxy {
    my ($self, $port) = @_;
    my $dir = $self->{dir};
    my $bench = $self->{bench};
    my $t = $bench->test;
    my $tls = port("tls of $port");
    my $token = 'req.hdr(authorization),word(2,\ )';
    my $line = '{"time":"%tr","id":"%ID","channel":"hall","call":"bench",'
               . '"user":"%[var(txn.user)]","level":1,"outcome":"ok",'
               . '"status":%ST,"ms":%Ta}';
    my ($crt, $key) = map { $t->read_file("conf/bench.$_") } qw/ crt key /;

    $t->write_file('conf/haproxy.pem', $crt . $key);
    $t->write_file('conf/tokens.map', $bench->token . " $UID\n");
    $t->write_file('conf/haproxy.cfg', <<"EOF_CONF");
global
    nbthread 1
    log stdout format raw local0
    maxconn 4096

defaults
    mode http
    log global
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    http-reuse always

frontend channels
    bind 127.0.0.1:@{[ port($port) ]}
    bind 127.0.0.1:$tls ssl crt $dir/conf/haproxy.pem alpn h2,http/1.1
    unique-id-format %[rand(2147483647),hex]%[rand(2147483647),hex]
    unique-id-header X-Request-Id
    stick-table type string len 64 size 100k expire 2m store http_req_rate(1m)
    http-request set-var(txn.user) $token,map_str($dir/conf/tokens.map)
    http-request deny deny_status 401 unless { var(txn.user) -m found }
    http-request track-sc0 var(txn.user)
    http-request deny deny_status 429 if { sc_http_req_rate(0) gt 600000000 }
    log-format '$line'
    default_backend bench

backend bench
    server back unix\@$dir/run/bench.sock
EOF_CONF

    $t->spawn('haproxy', 'TERM', 'env', $self->env,
              "$self->{unpacked}/usr/sbin/haproxy", '-db', '-f',
              "$dir/conf/haproxy.cfg");

    $bench->add('haproxy', $port, $t->{procs}{haproxy}{pid});
}


1;
