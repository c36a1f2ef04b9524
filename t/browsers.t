#!/usr/bin/perl

# Pages of a channel in a browser: the session is a cookie that no script can
# read, what changes something needs a token that only such a page can know, and
# pages of others get nothing.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $HALL = 'https://hall.example.gov.cn';
my $EVIL = 'https://evil.example';

my $t = HPF::Test->new->gateway(http => <<'EOF');
    hpf_channel other {
        name 另一 Other;
        kind public;
        origin https://other.example.gov.cn;
    }
EOF

my $person = $t->person(0);
my $id_card = { factor => 'id-card' };

$t->register($person);


sub code {
    my ($r) = @_;
    return $r->status < 400 ? $r->status : $r->json->{code};
}


# one request of a page: origin, cookie, csrf; the channel is that of the origin

sub page {
    my ($method, $path, %o) = @_;
    my @h = @{ $o{headers} || [] };

    my $origin = exists $o{origin} ? $o{origin} : $HALL;

    push @h, Origin => $origin if defined $origin;
    push @h, Cookie => "__Host-hpf=$o{cookie}" if defined $o{cookie};
    push @h, 'X-CSRF-Token' => $o{csrf} if defined $o{csrf};

    return $t->call($method, $path, channel => $o{channel} || '',
                    headers => \@h, body => $o{body}, token => $o{token});
}


sub factors {
    my ($purpose) = @_;
    my ($id, $code) = $t->challenge($person->{mobile}, $purpose);
    return [ { factor => 'sms', challenge_id => $id, code => $code } ];
}


sub login {
    my (%o) = @_;
    return page('POST', '/v1/sessions', %o, body => {
        user => { mobile => $person->{mobile} },
        factors => factors('login'),
    });
}


sub cookie_of { ($_[0]->header('Set-Cookie') || '') =~ /^__Host-hpf=([^;]*)/
                and $1 }


# what a browser asks first

my $r = page('OPTIONS', '/v1/sessions', headers => [
    'Access-Control-Request-Method' => 'POST',
    'Access-Control-Request-Headers' => 'content-type,x-csrf-token' ]);

is($r->status, 204, 'a preflight');
is($r->header('Access-Control-Allow-Origin'), $HALL, 'for this origin');
is($r->header('Access-Control-Allow-Credentials'), 'true', 'with cookies');
like($r->header('Access-Control-Allow-Methods'), qr/\bDELETE\b/, 'methods');
like($r->header('Access-Control-Allow-Headers'), qr/\bX-CSRF-Token\b/,
     'headers');
like($r->header('Access-Control-Allow-Headers'), qr/\bX-HPF-Device\b/,
     'nor with the device');
like($r->header('Access-Control-Max-Age'), qr/^\d+$/, 'for a while');
like($r->header('Vary'), qr/\bOrigin\b/, 'to be cached by origin');
is($r->body, '', 'without a body');

for my $origin ($EVIL, 'null', "$HALL.evil.example",
                'http://hall.example.gov.cn', "$HALL:8443", "$HALL/", uc $HALL,
                '*', '', "$HALL $EVIL")
{
    $r = page('OPTIONS', '/v1/sessions', origin => $origin, headers => [
        'Access-Control-Request-Method' => 'POST' ]);
    isnt($r->status, 204, "none for \"$origin\"");
    is(join('', grep { /access-control/i } $r->head), '', 'nothing is allowed');

    $r = page('GET', '/v1/items', origin => $origin, channel => 'hall');
    is($r->status, 200, 'a client that only says so is served');
    unlike($r->head, qr/access-control/i, 'and no page reads it');
    like($r->header('Vary'), qr/\bOrigin\b/, 'nor gets it from a cache');
}

$r = page('OPTIONS', '/v1/sessions');
is(code($r), 'method-not-allowed', 'OPTIONS that is no preflight');


# what nginx refuses before the gate has seen it

$r = page('POST', '/v1/challenges', body => 'x' x 1100000);
is(code($r), 'body-too-large', 'more than nginx takes');
is($r->header('Access-Control-Allow-Origin'), $HALL, 'can be read');
$r = page('POST', '/v1/challenges', origin => $EVIL, body => 'x' x 1100000);
unlike($r->head, qr/access-control/i, 'but not by another page');


# every answer, also those that are problems

for my $try ([ 'GET', '/v1/items', 200 ], [ 'GET', '/v1/nothing', 'not-found' ],
             [ 'GET', '/v1/session', 'session-required' ],
             [ 'PUT', '/v1/items', 'method-not-allowed' ],
             [ 'POST', '/v1/sessions', 'form-invalid' ])
{
    my ($method, $path, $want) = @$try;

    $r = page($method, $path, body => $method eq 'POST' ? {} : undef);
    is(code($r), $want, "$method $path: $want");
    is($r->header('Access-Control-Allow-Origin'), $HALL, 'can be read');
    like($r->header('Access-Control-Expose-Headers'),
         qr/X-Request-Id.*RateLimit.*Retry-After.*Location/, 'with headers');
}

$r = http_get('/v1/items?' . 'x' x 20000,
              headers => [ Origin => $HALL, 'X-HPF-Channel' => 'hall' ]);
is($r->status, 414, 'what nginx itself refuses');

$r = page('GET', '/v1/items', headers => [ Origin => $HALL ]);
is(code($r), 'channel-unknown', 'two origins are none');
$r = page('GET', '/v1/items', channel => 'other');
is(code($r), 200, 'an origin of another channel than that which is named');
unlike($r->head, qr/access-control/i, 'is not one of it');


# a log-in

$r = login();
is($r->status, 201, 'logged in from a page');
is($r->json->{token}, undef, 'no script gets the token');
is($r->json->{token_type}, undef, 'nor what it would be');

my $csrf = $r->json->{csrf_token};
my $cookie = cookie_of($r);

like($csrf, qr/^[A-Za-z0-9_-]{43}$/, 'but a token against forged requests');
like($r->header('Set-Cookie'), qr/^__Host-hpf=[A-Za-z0-9_-]{43};/,
     'the cookie');
is((split /; /, $r->header('Set-Cookie'), 2)[1],
   'Path=/; Secure; HttpOnly; SameSite=Strict', 'what it says');
cmp_ok(length $r->header('Set-Cookie'), '<=', 4096, 'no browser cuts it off');
is($r->header('Cache-Control'), 'no-store', 'is not kept');
unlike($r->body, qr/\Q$cookie\E/, 'is not in the body');
isnt($csrf, $cookie, 'the one is not the other');

my $bearer = $t->login($person, channel => 'hall');
ok($bearer, 'without an origin the token is in the body');

($bearer, $r) = $t->login($person, channel => 'hall',
                          headers => [ Origin => $EVIL ]);
ok($bearer && !defined $r->header('Set-Cookie'), 'also with another one');


# what it is good for

my %in = (cookie => $cookie, csrf => $csrf);

$r = page('GET', '/v1/session', cookie => $cookie);
is($r->status, 200, 'the session');
is($r->json->{csrf_token}, $csrf, 'tells the token again');
is(page('GET', '/v1/session', cookie => $cookie, origin => undef,
        channel => 'hall')->status, 200, 'of the same origin, without Origin');
is(page('HEAD', '/v1/session', cookie => $cookie)->status, 200, 'HEAD');

for my $site (qw/ same-origin none /) {
    is(code(page('GET', '/v1/session', cookie => $cookie, origin => undef,
                 channel => 'hall', headers => [ 'Sec-Fetch-Site' => $site ])),
       200, "a browser that says $site");
}

for my $site (qw/ cross-site same-site /) {
    is(code(page('GET', '/v1/session', cookie => $cookie, origin => undef,
                 channel => 'hall', headers => [ 'Sec-Fetch-Site' => $site ])),
       'csrf', "and one that says $site");
}

sub query {
    my (%o) = @_;
    return page('POST', '/v1/items/account-query', body => {}, %o);
}

is(code(query(%in)), 200, 'a query');
is($t->call('GET', '/v1/session', channel => 'hall', token => $cookie)->status,
   200, 'it is a session like others');


# who cannot have made it

for my $origin ($EVIL, 'null', 'https://other.example.gov.cn') {
    is(code(query(%in, origin => $origin, channel => 'hall')), 'csrf',
       "from $origin");
    is(code(page('GET', '/v1/session', %in, origin => $origin,
                 channel => 'hall')), 'csrf', 'and what changes nothing');
}

is(code(query(%in, origin => undef, channel => 'hall')), 'csrf',
   'without an origin');

my $wrong = $csrf;
substr($wrong, 20, 1) = substr($wrong, 20, 1) eq 'A' ? 'B' : 'A';

for my $bad (undef, '', 'x', $wrong, $cookie, substr($csrf, 1), "${csrf}A",
             uc $csrf, "$csrf, $csrf")
{
    $r = query(cookie => $cookie, csrf => $bad);
    is(code($r), 'csrf',
       'a token that is ' . (defined $bad ? "\"$bad\"" : 'not there'));
}

is($r->status, 403, 'status');
is(code(query(%in, headers => [ 'X-CSRF-Token' => $csrf ])), 'csrf', 'twice');

for my $path ('/v1/session', '/v1/session/all') {
    is(code(page('DELETE', $path, cookie => $cookie)), 'csrf',
       "DELETE $path is protected");
}

is(code(page('POST', '/v1/session/factors', cookie => $cookie,
             body => { factors => [ $id_card ] })), 'csrf', 'a step-up, too');

is(code(page('GET', '/v1/session', cookie => $cookie, origin => undef,
             channel => 'app')), 'session-required',
   'a channel without origins knows no cookies');
is(code($t->call('GET', '/v1/session', channel => 'gov',
                 headers => [ Cookie => "__Host-hpf=$cookie" ])),
   'session-required', 'nor does a signed one');


# odd cookies

sub raw { page('GET', '/v1/session', headers => [ map { (Cookie => $_) } @_ ]) }

is(code(raw("a=b; __Host-hpf=$cookie; c=\"d; e")), 200, 'among others');
is(code(raw('a=b', "__Host-hpf=$cookie")), 200, 'in a line of its own');
is(code(raw("__Host-hpf=$cookie; __Host-hpf=$cookie")), 'bad-request', 'twice');
is(code(raw("__Host-hpf=x; __Host-hpf=$cookie")), 'bad-request',
   'twice, one of them made up');
is(code(raw("__Host-hpf=$cookie", "__Host-hpf=$cookie")), 'bad-request',
   'in two lines');
is(code(raw("__host-hpf=$cookie")), 'session-required', 'in other case');
is(code(raw("hpf=$cookie")), 'session-required', 'without the prefix');
is(code(raw("__Host-hpf=\"$cookie\"")), 'session-expired', 'in quotes');
is(code(raw("__Host-hpf=")), 'session-expired', 'empty');
is(code(raw('a=' . 'b' x 5000, "__Host-hpf=$cookie; c=" . 'd' x 4000)),
   'bad-request', 'too much of them');
is(code(raw(join '; ', map { "c$_=v" } 1 .. 500)), 'session-required', 'many');


# a Bearer token wins: it cannot be sent by mistake

is(code(query(token => $bearer, cookie => $cookie)), 200,
   'with both, the header counts');
is(code(page('GET', '/v1/session', token => 'A' x 43, cookie => $cookie)),
   'session-expired', 'also when it is worth nothing');


# step-up: another cookie, and the old one is dead

$r = page('POST', '/v1/session/factors', %in,
          body => { factors => [ $id_card ] });
is($r->status, 200, 'stepped up');
is($r->json->{token}, undef, 'no token in the body');

my ($old, %new) = ($cookie, cookie => cookie_of($r),
                   csrf => $r->json->{csrf_token});

isnt($new{cookie}, $old, 'another cookie');
isnt($new{csrf}, $csrf, 'another token');
is(code(query(%new)), 200, 'they work');
is(code(query(cookie => $new{cookie}, csrf => $csrf)), 'csrf',
   'the old token does not');

$r = page('GET', '/v1/session', cookie => $old);
is(code($r), 'session-expired', 'nor the old cookie');
like($r->header('Set-Cookie'), qr/^__Host-hpf=;.*Max-Age=0/, 'which is ended');


# whoever has an old cookie can log in again

$r = login(cookie => $old);
is($r->status, 201, 'a log-in with an old cookie');
isnt(cookie_of($r), $old, 'gets a new one');
is(code(page('GET', '/v1/items', cookie => $old)), 200,
   'what needs no session does not look at it');


# log-out

$r = page('DELETE', '/v1/session', %new);
is($r->status, 204, 'logged out');
is($r->header('Set-Cookie'),
   '__Host-hpf=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict',
   'the cookie is ended');
is(code(query(%new)), 'session-expired', 'and the session');

$r = login();
$r = page('DELETE', '/v1/session/all', cookie => cookie_of($r),
          csrf => $r->json->{csrf_token});
is($r->status, 204, 'everywhere');
like($r->header('Set-Cookie'), qr/^__Host-hpf=;/, 'with the cookie');


# nothing of it is written down

for my $file ('logs/error.log', 'audit/audit.jsonl') {
    my $text = $t->read_file($file);
    is(scalar(grep { index($text, $_) >= 0 } $cookie, $csrf, $new{cookie}), 0,
       "no secret in $file");
}

my %reasons = map { $_->{reason} => 1 }
              grep { ($_->{outcome} || '') eq 'csrf' }
              map { json($_) } split /\n/, $t->read_file('audit/audit.jsonl');

is_deeply([ sort keys %reasons ],
          [ 'another X-CSRF-Token', 'another origin', 'another site',
            'no X-CSRF-Token', 'no origin' ], 'the record says why');

done_testing();
