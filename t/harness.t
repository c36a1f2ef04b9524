#!/usr/bin/perl

# The harness itself: it sees what went wrong, and leaves nothing behind.

use warnings;
use strict;

use File::Temp qw/ tempdir /;
use MIME::Base64 qw/ decode_base64 /;
use Test::More;

use HPF::Test;

my $t = HPF::Test->new->plan(29);
my $tmp = tempdir('hpf-test-XXXXXX', TMPDIR => 1, CLEANUP => 1);

my $CONF = <<'EOF';
%%TEST_GLOBALS%%
http {
    %%TEST_GLOBALS_HTTP%%
    default_type text/html;
    server {
        listen 127.0.0.1:8080;
        location / { return 200 "a=$http_a"; }
        location /chunked { add_before_body /part; return 200 "b"; }
        location /part { return 200 "first "; }
        location /backend { proxy_pass http://127.0.0.1:8081; }
    }
}
EOF


# what becomes of a test file with this in the middle: (status, output)

sub child {
    my ($code) = @_;

    my $file = "$tmp/child.t";
    open my $f, '>', $file or die "$file: $!\n";
    print $f "use Test::More; use HPF::Test;\n"
             . "my \$t = HPF::Test->new->plan(1);\n"
             . "\$t->write_conf(<<'EOF')->run;\n${CONF}EOF\n"
             . "print STDERR 'dir=', \$t->dir, ' pid=', \$t->master, \"\\n\";\n"
             . "$code\nok(1, 'end');\n";
    close $f;

    my $out = `TMPDIR=$tmp $^X -I$HPF::Test::ROOT/t/lib $file 2>&1`;

    return ($? >> 8, $out);
}


my ($rc, $out) = child('');
is($rc, 0, 'nothing wrong') or diag($out);

my ($dir, $pid) = $out =~ /dir=(\S+) pid=(\d+)/;
ok(!-e $dir, 'no folder is left');
ok(!kill(0, $pid), 'no process is left');

($rc, $out) = child('ok(0); exit 0;');
isnt($rc, 0, 'a failed check');

($rc, $out) = child('$t->kill_worker;');
isnt($rc, 0, 'an alert in the log');
like($out, qr/exited on signal 9/, 'and which');

($rc, $out) = child('$t->allow_log(qr/signal 9/); $t->kill_worker;');
is($rc, 0, 'an alert that was expected') or diag($out);

($rc, $out) = child('kill KILL => $t->workers, $t->master;'
                    . '$t->wait_for(sub { !$t->alive("nginx") });');
isnt($rc, 0, 'nginx died');
like($out, qr/nginx ended by itself/, 'and the harness says so');

($rc, $out) = child('$t->write_file("sanitizer.1", "AddressSanitizer: x");');
isnt($rc, 0, 'a report of a sanitizer');

($rc, $out) = child('die "oops\n";');
isnt($rc, 0, 'a test that dies');
($pid) = $out =~ / pid=(\d+)/;
ok(!kill(0, $pid), 'and leaves no process');

# the client

$t->start_backend(8081, sub {
    my ($request, $socket) = @_;
    my ($body) = $request =~ /\r\n\r\n(.*)/s;

    return "HTTP/1.1 201 Created\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: "
           . length($body) . "\r\n\r\n$body";
});

$t->write_conf($CONF)->run;

my $c = client(8080);
is($c->get('/', headers => [ A => 1 ])->body, 'a=1', 'request');
is($c->get('/', headers => [ A => 2 ])->body, 'a=2', 'on the same connection');

my @r = $c->pipeline(map { $c->build('GET', '/', headers => [ A => $_ ]) }
                     3 .. 5);
is(join(' ', map { $_->body } @r), 'a=3 a=4 a=5', 'pipeline');

is($c->get('/chunked')->header('transfer-encoding'), 'chunked', 'chunked');

my $r = http_post('/backend', { b => [ 1, "\x{7f34}" ] });
is($r->status, 201, 'status');
is($r->json->{b}[1], "\x{7f34}", 'json');
is($r->header('x-a'), '1, 2', 'header');
is(scalar(() = $r->headers('X-A')), 2, 'headers');
is($r->code, '', 'no problem');

ok($t->reload(wait_old => 1), 'reload');

# redis keeps what it had

$t->start_redis;
is($t->redis('SET', 'k', "a\r\nb"), 'OK', 'set');
$t->kill_redis->start_redis;
is($t->redis('GET', 'k'), "a\r\nb", 'get after a restart');
is_deeply($t->redis('MGET', 'k', 'none'), [ "a\r\nb", undef ], 'array, nil');
ok(!eval { $t->redis('LPUSH', 'k', 1) } && $@ =~ /^redis: WRONGTYPE/, 'error');

# signatures: the key and the text of RFC 9421, B.2.5

my $vector = join "\n",
    '"date": Tue, 20 Apr 2021 02:07:55 GMT', '"@authority": example.com',
    '"content-type": application/json',
    '"@signature-params": ("date" "@authority" "content-type")'
    . ';created=1618884473;keyid="test-shared-secret"';

my $base;
my %headers = sign_request(
    method => 'GET', path => '/x?a=b', authority => 'Example.com',
    keyid => 'gov:1', created => 5, nonce => 'n',
    key => decode_base64('uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJj'
                         . 'xBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=='),
    base => sub { $base = $_[0]; return $vector },
);

is($headers{Signature}, 'hpf=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:',
   'signature');
is($base, join("\n", '"@method": GET', '"@authority": example.com',
               '"@path": /x', '"@query": ?a=b',
               '"@signature-params": ("@method" "@authority" "@path" "@query")'
               . ';created=5;nonce="n";keyid="gov:1";alg="hmac-sha256"'),
   'signature base');
is(content_digest('{"hello": "world"}'),
   'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:', 'digest');
