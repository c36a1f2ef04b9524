#!/usr/bin/perl

# What is malformed, too large, too deep or out of place gets a clear problem
# document with a stable code, never a 500, and a connection that stays open
# stays in step with its requests.

use warnings;
use strict;

use Test::More;

use HPF::Test;
use HPF::Test::Problem;

my $t = HPF::Test->new->gateway(edit => sub {
    my ($conf) = @_;
    $conf =~ s/rate=200r\/s burst=400/rate=2000r\/s burst=4000/;
    return $conf;
});

my $person = $t->person(0);
$t->register($person);
my $token = $t->login($person);

my $PROBE = "GET /v1/channels HTTP/1.1\r\nHost: probe\r\n"
            . "X-HPF-Channel: app\r\n\r\n";


# "STATUS CODE" of a response that is a problem, else what is wrong with it

sub problem {
    my ($r) = @_;
    my $fault = fault($r);

    return "$fault: " . ($r ? $r->body : '') if $fault;
    return $r->status . ' ' . $r->json->{code};
}


# Raw bytes; the problem that answers them.  Where nginx keeps the connection,
# a request behind it gets its own answer and nothing else comes.

sub raw {
    my ($bytes, $want, $name) = @_;
    my $c = client(8080);

    $c->send($bytes);

    my $r = $c->response(method => $bytes =~ /^HEAD/ ? 'HEAD' : 'GET');
    my $got = problem($r);

    if ($got eq $want && ($r->header('Connection') || '') ne 'close') {
        $c->send($PROBE);
        my $next = $c->response;

        $got .= ', then ' . ($next ? $next->raw : 'nothing')
            unless $next && $next->status == 200 && $next->json->{channels};
    }

    # without more to come nginx does not linger

    $c->shutdown;
    $got .= ', not closed' unless $c->closed;
    $got .= ", then $c->{buf}" if length $c->{buf};

    is($got, $want, $name);
}


sub request {
    my ($line, $headers, $body) = @_;
    return "$line HTTP/1.1\r\nHost: a\r\nX-HPF-Channel: app\r\n"
           . join('', map { "$_\r\n" } @{ $headers || [] }) . "\r\n"
           . ($body // '');
}


# a body with its true length, to a call without and with a session

sub post {
    my ($body, $want, $name, @headers) = @_;
    raw(request('POST /v1/challenges',
                [ 'Content-Length: ' . length $body, @headers ], $body),
        $want, $name);
}


sub item {
    my ($body, @headers) = @_;
    return request('POST /v1/items/account-query',
                   [ "Authorization: Bearer $token",
                     'Content-Length: ' . length $body, @headers ], $body);
}


sub chunks {
    my (@parts) = @_;
    return join '', map({ sprintf("%x\r\n%s\r\n", length, $_) } @parts),
                    "0\r\n\r\n";
}


# bodies that are no JSON, or none that is taken

post('', '422 form-invalid', 'no body');
post('{', '400 json-malformed', 'an open object');
post('{}x', '400 json-malformed', 'something behind it');
post("{\"factor\":\"sms\"\0}", '400 json-malformed', 'a NUL');
post('{"factor":"sms\u0000"}', '400 json-malformed', 'a NUL as an escape');
post("{\"factor\":\"\xff\xfe\"}", '400 json-malformed', 'bad UTF-8');
post("{\"factor\":\"\xc0\xaf\"}", '400 json-malformed', 'overlong UTF-8');
post("{\"factor\":\"\xed\xa0\x80\"}", '400 json-malformed',
     'a surrogate in UTF-8');
post("{\"factor\":\"\xf4\x90\x80\x80\"}", '400 json-malformed',
     'beyond Unicode');
post("{\"factor\":\"\xe4\xb8\"}", '400 json-malformed', 'half a character');
post('{"factor":"\ud800"}', '400 json-malformed', 'half a surrogate pair');
post("\xef\xbb\xbf{}", '400 json-malformed', 'a byte order mark');
post('{"a":1,"a":1}', '400 json-malformed', 'a key twice');
post('{"factor":"sms","f\u0061ctor":"sms"}', '400 json-malformed',
     'a key twice, once escaped');
post("{'factor':'sms'}", '400 json-malformed', 'other quotes');
post('{"a":01}', '400 json-malformed', 'a leading zero');
post('{"a":NaN}', '400 json-malformed', 'no number');
post('{"a":1e999}', '400 json-malformed', 'a number beyond a double');
post('{"a":' . '9' x 400 . '}', '400 json-malformed', 'a huge integer');
post('{"a":' . '[' x 5000 . ']' x 5000 . '}', '400 json-malformed',
     'deep nesting');
post('[' x 60000, '400 json-malformed', 'deeper, and open');
post('{"a":"' . 'x' x 60000, '400 json-malformed', 'an open string');
post("factor=sms&mobile=1", '400 json-malformed', 'a form of HTML',
     'Content-Type: application/x-www-form-urlencoded');

for my $body (qw/ null true 1 "x" [] [{}] /) {
    post($body, '422 form-invalid', "no object: $body");
}

post('{"factor":"sms","mobile":13800138000,"purpose":"login"}',
     '422 form-invalid', 'a number for a string');
post('{"factor":"sms","mobile":"' . '1' x 50000 . '","purpose":"login"}',
     '422 form-invalid', 'a long string');
post('{' . join(',', map { "\"k$_\":$_" } 1 .. 4000) . '}',
     '422 form-invalid', '4000 unknown members');

my $r = $t->call('POST', '/v1/challenges', body => '{"factor":"sms", x}');
is($r->json->{offset}, 17, 'where a body is no JSON')
    or diag($r->body);

for my $size (65535, 65536) {
    post('{' . ' ' x ($size - 2) . '}', '422 form-invalid', "$size bytes");
}

post('{' . ' ' x 65535 . '}', '413 body-too-large', '65537 bytes');
post('{' . ' ' x 3000000 . '}', '413 body-too-large', 'three million bytes');


# lengths that are not what comes

raw(request('POST /v1/challenges', [ 'Content-Length: 99999999999' ], '{}'),
    '413 body-too-large', 'a length that is far too large');
raw(request('POST /v1/challenges', [ 'Content-Length: 9' x 1 . '9' x 40 ],
            '{}'),
    '400 bad-request', 'a length that is no number of 64 bits');

for my $length ('-1', 'x', '2x', '0x2', '+2', '2, 2', '', ' ', '2 2') {
    raw(request('POST /v1/challenges', [ "Content-Length: $length" ], '{}'),
        '400 bad-request', "the length \"$length\"");
}

raw(request('POST /v1/challenges',
            [ 'Content-Length: 2', 'Content-Length: 2' ], '{}'),
    '400 bad-request', 'two lengths');
raw(request('POST /v1/challenges',
            [ 'Content-Length: 2', 'Transfer-Encoding: chunked' ], '{}'),
    '400 bad-request', 'a length and chunks');
raw(request('POST /v1/challenges', [ 'Transfer-Encoding: gzip, chunked' ]),
    '501 bad-request', 'an encoding that is not known');
raw("POST /v1/challenges HTTP/1.0\r\nTransfer-Encoding: chunked\r\n"
    . "X-HPF-Channel: app\r\n\r\n" . chunks('{}'),
    '400 bad-request', 'chunks in HTTP/1.0');

# less than was announced: the end of the connection

my $c = client(8080);
$c->send(request('POST /v1/challenges', [ 'Content-Length: 100' ], '{}'));
$c->shutdown;
ok($c->closed, 'less than was announced');
is($c->{buf}, '', 'gets no answer');

# more than was announced is the next request

raw(request('POST /v1/challenges', [ 'Content-Length: 1' ], '{'),
    '400 json-malformed', 'a short length');
$c = client(8080);
$c->send(request('POST /v1/challenges', [ 'Content-Length: 1' ], '{}'));
is(problem($c->response), '400 json-malformed', 'more than was announced');
is(problem($c->response), '400 bad-request', 'is the next request');
ok($c->closed, 'and the end');


# chunks

my @chunked = ('Transfer-Encoding: chunked');

raw(request('POST /v1/challenges', \@chunked, chunks('{', '}')),
    '422 form-invalid', 'chunks');
raw(request('POST /v1/challenges', \@chunked, chunks('{', ' ' x 65534, '}')),
    '422 form-invalid', '65536 bytes in chunks');
raw(request('POST /v1/challenges', \@chunked, chunks('{', ' ' x 65535, '}')),
    '413 body-too-large', '65537 bytes in chunks');
raw(request('POST /v1/challenges', \@chunked,
            chunks('{', (' ' x 30000) x 30, '}')),
    '413 body-too-large', '900000 bytes in chunks');
raw(request('POST /v1/challenges', \@chunked,
            chunks('{', (' ' x 30000) x 60, '}')),
    '413 body-too-large', 'more than nginx takes in chunks');
raw(request('POST /v1/challenges', \@chunked, "x\r\n"),
    '400 bad-request', 'a chunk without a size');
raw(request('POST /v1/challenges', \@chunked, "-1\r\n{}\r\n0\r\n\r\n"),
    '400 bad-request', 'a chunk of a negative size');
raw(request('POST /v1/challenges', \@chunked, "ffffffffffffffffff\r\n{}"),
    '400 bad-request', 'a chunk of more than 64 bits');
raw(request('POST /v1/challenges', \@chunked, "7fffffffffffff\r\n{}"),
    '413 body-too-large', 'a chunk of 55 bits');
raw(request('POST /v1/challenges', \@chunked,
            "2\r\n{}\r\n0\r\nContent-Length: 5\r\n\r\n"),
    '422 form-invalid', 'a trailer');


# tokens

sub authorization {
    my ($value, $want, $name) = @_;
    my $begin = length $value > 30 ? substr($value, 0, 30) . '...' : $value;
    $begin =~ s/[^ -~]/./g;

    raw(request('GET /v1/session', [ "Authorization:$value" ]), $want,
        $name || "authorization \"$begin\"");
}

my $long = 'x' x 43;

for my $value ('', ' ', ' Basic YTpi', " Basic $token", ' Digest x',
               " $token", ' bearer', ' Bearer', ' Bearers x', " \"Bearer x\"",
               ',', " Bearer\t$token", " Token $token", ' =')
{
    authorization($value, '401 session-required');
}

for my $value (' Bearer x', " Bearer $long", " Bearer $token$token",
               " Bearer ${token}x", ' Bearer ' . substr($token, 1),
               " Bearer $token,Bearer $token", " Bearer $token $token",
               " Bearer \"$token\"", " bearer $long", ' Bearer ' . '=' x 43,
               " Bearer \xff" . 'x' x 42, " Bearer '" . 'x' x 42,
               ' Bearer ' . 'x' x 5000, ' Bearer ..', ' Bearer *')
{
    authorization($value, '401 session-expired');
}

authorization(' Bearer ' . 'x' x 1000000, '400 bad-request',
              'an authorization of a million bytes');

raw(request('GET /v1/session', [ "Authorization: Bearer $token",
                                 'Authorization: Bearer x' ]),
    '400 bad-request', 'two authorizations');

$r = $t->call('GET', '/v1/session',
              headers => [ Authorization => "bEaReR   $token  " ]);
is($r->status, 200, 'a scheme in any case, with spaces');

$r = $t->call('GET', '/v1/session', headers => [ Authorization => 'x' ]);
is($r->header('WWW-Authenticate'), 'Bearer', 'what a session takes');


# the same before an item

raw(item('{'), '400 json-malformed', 'an item with a bad form');
raw(item('{"x":1}'), '422 form-invalid', 'an item with an unknown member');


# paths

for my $path (qw{ /v1/items/%00 /v1/items/%2e%2e%2f%2e%2e%2f..%2f%2e%2e
                  /v1/../../x /%2e%2e/%2e%2e /v1/%zz /v1/items/% * x })
{
    raw(request("GET $path"), '400 bad-request', "the path $path");
}

for my $path ('/v1', '/v1/', '/v1//', '/v1/items/', '/v1/items/../x',
              '/v1/items/a/b', '/v1/items/%2f', '/V1/items', '/v1/itemsx',
              '/v1/cases/', '/v1/cases/1/2', '/', '/_core/account',
              '/_sms/send', '/metrics', '/readyz', '/admin/v1/changes',
              '/v1/openapi.json/', '/v1/session/', '/v1/session/x')
{
    raw(request("GET $path", [ "Authorization: Bearer $token" ]),
        '404 not-found', "the path $path");
}

for my $id ('x', '%20', '%27', '%22%3Cb%3E', '%E4%BD%A0', '%FF%FE', 'x' x 3000,
            '.account-query', 'account-query%00x', 'account-query%20', '{}',
            'account%2Dquer', '%25s%25n', '*', 'include', '-', '~',
            'account-query.lua', "\xe4\xbd\xa0", "\xff", '$name', '%0d%0aX:1')
{
    my $want = $id =~ /%00/ ? '400 bad-request' : '404 item-unknown';
    my $name = substr $id, 0, 30;
    $name =~ s/[^ -~]/./g;

    raw(request("GET /v1/items/$id"), $want, "the item $name");
    raw(request("POST /v1/items/$id", [ "Authorization: Bearer $token",
                                        'Content-Length: 2' ], '{}'),
        $want, "the item $name, done");
}

for my $no ("'", '%27', '%20', '{u}', '*', '%0a', '%0d%0a', '1' x 3000, '-1',
            '%E4%BD%A0', '%FF', "\xff", 'x}:cases', '..%5c', '"', '<b>',
            '20260101000000000000', '$', '%25')
{
    my $name = substr $no, 0, 30;
    $name =~ s/[^ -~]/./g;

    raw(request("GET /v1/cases/$no", [ "Authorization: Bearer $token" ]),
        '404 case-unknown', "the case $name");
}

raw(request('GET /v1/' . 'x' x 9000), '414 bad-request', 'a long path');
raw(request("GET /v1/items?category=" . 'x' x 9000), '414 bad-request',
    'a long query');

for my $query ('category=%', 'category=%00', 'user_type=%ff&&&=', '?', '&=&',
               'status=' . 'x' x 3000, "category=\xff", 'category[]=x')
{
    $r = $t->call('GET', "/v1/items?$query");
    ok($r && $r->status == 200 && $r->json, 'the query '
       . substr($query =~ s/[^ -~]/./gr, 0, 30));
}

$r = $t->call('GET', "/v1/cases?status=%27%22*%00", token => $token);
is($r->status, 200, 'a status that there is not');
is_deeply($r->json, { cases => [] }, 'has no cases');


# methods

for my $method (qw/ PUT PATCH DELETE OPTIONS PROPFIND MKCOL LOCK /) {
    raw(request("$method /v1/items"), '405 method-not-allowed', $method);
}

for my $method (qw/ CONNECT TRACE /) {
    raw(request("$method /v1/items"), '405 method-not-allowed', $method);
}

raw(request('PURGE /v1/items'), '405 method-not-allowed', 'PURGE');
raw(request('get /v1/items'), '400 bad-request', 'a method in small letters');
raw(request('G=T /v1/items'), '400 bad-request', 'no method');
raw(request('GET /v1/session/factors'), '405 method-not-allowed',
    'no GET there');
raw(request('POST /v1/session', [ 'Content-Length: 2' ], '{}'),
    '405 method-not-allowed', 'no POST there');

$r = $t->call('DELETE', '/v1/items');
is($r->header('Allow'), 'GET, HEAD', 'what is allowed');
is($t->call('PUT', '/v1/items/x')->header('Allow'), 'GET, HEAD, POST',
   'what is allowed of an item');

$c = client(8080);
$c->send(request('HEAD /v1/channels'));
$r = $c->response(method => 'HEAD');
is($r->status, 200, 'HEAD');
cmp_ok($r->header('Content-Length'), '>', 100, 'has the length of GET');
$c->send(request('HEAD /v1/none'));
$r = $c->response(method => 'HEAD');
is($r->status, 404, 'HEAD of nothing');
is(fault($r, 1), undef, 'is a problem too');
$c->send($PROBE);
is($c->response->status, 200, 'and has no body');


# what is no HTTP

raw("\r\n\r\n\r\nx\r\n\r\n", '400 bad-request', 'no request line');
raw("GET\r\n\r\n", '400 bad-request', 'a method alone');
raw("GET /v1/items HTTP/9.9\r\n\r\n", '505 bad-request', 'another version');
raw("GET /v1/items HTTP/1.1\r\nX-HPF-Channel: app\r\n\r\n",
    '400 bad-request', 'no host');
raw("GET /v1/items HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    '400 bad-request', 'two hosts');
raw("GET /v1/items HTTP/1.1\r\nHost: a/b\r\n\r\n", '400 bad-request',
    'no name of a host');
raw("GET /v1/items HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
    '400 bad-request', 'a NUL in a header');
raw("GET /v1/items HTTP/1.1\r\nHost: a\r\n" . "X: y\r\n" x 3
    . 'X: ' . 'y' x 40000 . "\r\n\r\n", '400 bad-request', 'a long header');
raw("GET /v1/items HTTP/1.1\r\nHost: a\r\n"
    . join('', map { "X$_: " . 'y' x 2000 . "\r\n" } 1 .. 100) . "\r\n",
    '400 bad-request', 'many headers');
raw("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" . 'x' x 300,
    '400 bad-request', 'TLS');


# headers of ours in every odd form

for my $value ('', ' ', ',', ';q=', 'en;q=', 'en;q=9', 'en;q=0.99999999999',
               'zh;q==', '*', '*;q=0', "\xff\xfe", 'x' x 3000, 'en' . ',' x 900,
               'en;', 'q=1', ';;;;', 'en-', 'e', 'z,h')
{
    $r = $t->call('GET', '/v1/none',
                  headers => [ 'Accept-Language' => $value ]);
    is(problem($r), '404 not-found', 'the language '
       . substr($value =~ s/[^ -~]/./gr, 0, 20));
}

for my $value ('', 'app ', 'APP', 'app,hall', '../app', "app\xff", 'x' x 3000,
               'app;hall', '"app"')
{
    $c = client(8080);
    $c->send("GET /v1/items HTTP/1.1\r\nHost: a\r\nX-HPF-Channel: $value\r\n"
             . "\r\n");
    $r = $c->response;

    if ($value eq 'app ') {
        is($r->status, 200, 'spaces behind a channel');

    } else {
        is(problem($r), '401 channel-unknown', 'the channel '
           . substr($value =~ s/[^ -~]/./gr, 0, 20));
    }
}

raw("GET /v1/items HTTP/1.1\r\nHost: a\r\nX-HPF-Channel: app\r\n"
    . "X-HPF-Channel: hall\r\n\r\n", '401 channel-unknown', 'two channels');

for my $value ('', '00', '00-' . '0' x 32 . '-' . '1' x 16 . '-01',
               '00-' . 'A' x 32 . '-' . '1' x 16 . '-01',
               'ff-' . '1' x 32 . '-' . '1' x 16 . '-01',
               '00-' . '1' x 32 . '-' . '1' x 16 . '-01-x',
               '00-' . '1' x 32 . '-' . '1' x 16 . "-0\xff", 'x' x 55)
{
    $r = $t->call('GET', '/v1/none', headers => [ traceparent => $value ]);
    is(problem($r), '404 not-found', "the trace \"" . ($value =~ s/[^ -~]/./gr)
       . '"');
    unlike($r->header('X-Request-Id'), qr/^([01])\1{31}$/, 'is not taken over');
}

for my $key ('', ' ', 'a b', "\xe4\xbd\xa0", 'x' x 129, "x\x7f", '"', '""',
             '"a', '"a" b', "\"\xe4\xbd\xa0\"", '"' . 'x' x 129 . '"')
{
    my $want = '400 bad-request';
    raw(item('{}', "Idempotency-Key: $key"), $want,
        'the idempotency key ' . substr($key =~ s/[^ -~]/./gr, 0, 20));
}

raw(item('{}', 'Idempotency-Key: a', 'Idempotency-Key: b'), '400 bad-request',
    'two idempotency keys');

$r = $t->call('POST', '/v1/items/account-query', token => $token, body => {},
              headers => [ Expect => '100-continue' ]);
is($r->status, 200, 'a client that asks before it sends');
raw(request('POST /v1/challenges', [ 'Content-Length: 70000',
                                     'Expect: 100-continue' ], 'x' x 70000),
    '413 body-too-large', 'and one that is told no');


# refused requests with bodies, all in one write: each has its own answer

my @pipeline;

for my $i (1 .. 8) {
    push @pipeline,
        [ request('POST /v1/none', [ 'Content-Length: 30' ],
                  'GET /v1/x HTTP/1.1' . ' ' x 12), '404 not-found' ],
        [ request('POST /v1/items/none', [ 'Content-Length: 5' ], '{"a":'),
          '404 item-unknown' ],
        [ request('PUT /v1/items', \@chunked, chunks('GET / HTTP/1.1', 'x')),
          '405 method-not-allowed' ],
        [ request('POST /v1/items/account-query', [ 'Content-Length: 2' ],
                  '{}'), '401 session-required' ],
        [ request('GET /v1/items', [ 'X-HPF-Channel: x',
                                     'Content-Length: 4' ], 'GET '),
          '401 channel-unknown' ],
        [ request('POST /v1/challenges', [ 'Content-Length: 4' ], '{"a"'),
          '400 json-malformed' ],
        [ request('POST /other', \@chunked, chunks('x' x 100)),
          '404 not-found' ];
}

$c = client(8080);
my @r = $c->pipeline(map { $_->[0] } @pipeline);

is_deeply([ map { problem($_) } @r ], [ map { $_->[1] } @pipeline ],
          scalar(@pipeline) . ' requests in one write');

$c->send($PROBE);
is($c->response->status, 200, 'and one more');


# a byte at a time

$c = client(8080);
my $bytes = request('POST /v1/challenges', \@chunked, chunks('{', '"a":', '1}'))
            . $PROBE;
$c->send($_) for split //, $bytes;
is(problem($c->response), '422 form-invalid', 'a byte at a time');
is($c->response->status, 200, 'and the next');


# bodies that nginx has put into a file

$t->gateway_conf(edit => sub {
    return $_[0] =~ s/client_body_buffer_size \K64k/1k/r;
});
$t->reload(wait_old => 1);

raw(request('POST /v1/challenges', \@chunked, chunks('{', ' ' x 65534, '}')),
    '422 form-invalid', '65536 bytes in chunks, in a file');
raw(request('POST /v1/challenges', \@chunked, chunks('{', ' ' x 65535, '}')),
    '413 body-too-large', '65537 bytes in chunks, in a file');
post('{' . ' ' x 65534 . '}', '422 form-invalid', '65536 bytes in a file');
post('{' . ' ' x 65533 . 'x}', '400 json-malformed', 'no JSON in a file');


is($t->call('GET', '/v1/session', token => $token)->status, 200,
   'the session is as it was');
unlike($t->admin('GET', '/metrics')->body, qr/outcome="internal"/,
       'nothing was an internal error');

done_testing();
