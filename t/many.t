#!/usr/bin/perl

# As much of everything as a large centre may come to have: thousands of
# channels, each with its name, origin and capacity, of switches, and of headers
# that are masked.  The last of them is as good as the first.

use warnings;
use strict;

use IO::Socket::INET;
use Test::More;

use HPF::Test;

my $N = 3000;

my $t = HPF::Test->new;

my $lines = join '', map {
    "hpf_channel c-$_ { name C$_; kind public; capacity " . ($_ == $N ? 1 : 9)
    . "; origin https://c-$_.example.cn; }\n"
    . "hpf_closed channel:d-$_ later;\n"
} 1 .. $N;

$lines .= "hpf_closed channel:c-7 \"closed in the file\";\n";
$lines .= "hpf_mask_header X-H-$_ kind=mobile;\n" for 1 .. $N;

$t->gateway(http => $lines, channels => <<'EOF', edit => \&room);
        location /wait/ {
            hpf_gate on;
            proxy_pass http://127.0.0.1:8090;
        }
EOF


sub room {
    return $_[0] =~ s/hpf_zone hpf:\w+/hpf_zone hpf:128m/r
                 =~ s/rate=200r/rate=10000r/r =~ s/burst=400/burst=20000/r;
}


# a request to /wait/on is under way until it is told to end

$t->start_backend(8090, sub {
    my ($request) = @_;

    $t->wait_for(sub { -e $t->path('go') }, 60) if $request =~ m{/wait/on };

    return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-H-$N: 13800138000\r\n"
           . "x-h-2999: 13912345678\r\nX-Other: 13912345678\r\n\r\nok";
});


sub ask {
    my ($channel, %o) = @_;
    return $t->call('GET', $o{path} || '/v1/items', channel => $channel, %o);
}


sub code {
    my ($r) = @_;
    return $r->status < 400 ? $r->status : $r->json->{code};
}


# by name, by origin

for my $n (1, 2, 1500, $N) {
    my $origin = "https://c-$n.example.cn";

    is(code(ask("c-$n")), 200, "channel $n by its name");
    is(ask('', headers => [ Origin => $origin ])
           ->header('Access-Control-Allow-Origin'), $origin,
       'and by its origin');
}

is(code(ask('c-' . ($N + 1))), 'channel-unknown', 'one more is none');
is(code(ask('', headers => [ Origin => 'https://c-0.example.cn' ])),
   'channel-unknown', 'nor does another origin name one');


# switches: of the configuration, and as many from Redis

is(ask('c-7')->json->{reason}, 'closed in the file',
   'a channel that is closed');

$t->redis('HSET', 'hpf:cfg:switch',
          map { ("channel:c-$_", '{"open":false,"reason":"by hand"}') }
          20 .. 2020);

for my $n (20, 1000, 2020) {
    ok($t->wait_for(sub {
           my $r = ask("c-$n");
           return $r->status == 503 && $r->json->{reason} eq 'by hand';
       }), "channel $n is closed");
}

is(code(ask('c-2021')), 200, 'the next is not');

$t->redis('DEL', 'hpf:cfg:switch');

for my $n (20, 1000, 2020) {
    ok($t->wait_for(sub { code(ask("c-$n")) eq 200 }),
       "channel $n is open again");
}


# headers

my $r = ask('hall', path => '/wait/no');

is($r->header("X-H-$N"), '138****8000', 'the last header is masked');
is($r->header('X-H-2999'), '139****5678', 'in other letters, too');
is($r->header('X-Other'), '13912345678', 'another is not');


# requests at once are counted of the last channel as well

my $slow = IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . port(8080))
    or die "cannot connect: $!\n";

syswrite($slow, "GET /wait/on HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                . "X-HPF-Channel: c-$N\r\n\r\n");

ok($t->wait_for(sub { code(ask("c-$N")) eq 'diverted' }),
   'a capacity of one is used up');

$t->write_file('go', '');
like(join('', <$slow>), qr/ 200 OK\r.*ok$/s, 'what was under way ends');

ok($t->wait_for(sub { code(ask("c-$N")) eq 200 }), 'and free again');


# a folder with more plugins than there may be is refused, whichever comes last

$t->write_file("more/p-$_/manifest.json",
               '{"id":"p-' . $_ . '","version":"1.0.0","language":"lua",'
               . '"name":"P","users":["anyone"],"level":0,"channels":["*"]}'),
$t->write_file("more/p-$_/p-$_.lua", 'return { handle = print }')
    for 1 .. 513;

my ($good, $out) = plugins('more');

ok(!$good, '513 plugins');
like($out, qr/more than 512 plugins/, 'that is why');

rename $t->path('more/p-77'), $t->path('p-77') or die "rename: $!\n";

($good, $out) = plugins('more');

ok($good, '512 plugins') or diag($out);


sub plugins {
    my ($folder) = @_;

    return $t->config_test(<<"EOF_CONF");
%%TEST_GLOBALS%%
http {
    %%TEST_GLOBALS_HTTP%%
    hpf_plugin_activation auto;
    hpf_plugins %%TESTDIR%%/$folder cache=%%TESTDIR%%/run/more;
}
EOF_CONF
}


unlike($t->log_text, qr/no room/, 'there was room for all');

done_testing();
