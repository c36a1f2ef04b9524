#!/usr/bin/perl

# Redis killed, paused and started without its data, under requests: sessions
# in the cache go on, what has to be stored says store-unavailable before a
# back end hears of it, and all is well again without a reload.

use warnings;
use strict;

use Test::More;

use HPF::Test;

# with all cores busy an answer may take its time

my $t = HPF::Test->new->gateway(workers => 2,
                                store => 'timeout=1500ms reconnect=100ms',
                                http => 'hpf_session stale=60s;');

my @people = grep { !$_->{married} && !$_->{owns_house}
                    && $_->{balance} > 5000 }
             map { $t->person($_) } 0 .. 199;

my ($one, $two, $three) = @people;
my %token;


sub enter {
    my ($person) = @_;

    $t->register($person);

    my ($id, $code) = $t->challenge($person->{mobile}, 'login');

    return $t->call('POST', '/v1/sessions', body => {
        user => { mobile => $person->{mobile} },
        factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                     { factor => 'id-card' } ],
    })->json->{token};
}


sub query {
    my ($token, %o) = @_;
    return $t->call('POST', '/v1/items/account-query', token => $token,
                    body => {}, %o);
}


sub withdraw {
    my ($person, $token, @headers) = @_;

    return $t->call('POST', '/v1/items/withdraw-rent', token => $token,
        headers => \@headers, body => {
            amount => '100.00', bank_card => $person->{bank_card},
            months => 3,
        });
}


sub paid {
    my ($person) = @_;
    my $r = $t->demo('GET', "/core/applications?id_no=$person->{id_no}");
    return scalar @{ $r->json->{applications} };
}


sub challenge {
    my ($person) = @_;
    return $t->call('POST', '/v1/challenges', body => {
        factor => 'sms', mobile => $person->{mobile}, purpose => 'login',
    });
}


sub workers_say { $t->workers_say(@_) }


# "STATUS CODE", and what a 503 has to have

sub problem {
    my ($r) = @_;
    return $r->raw unless $r->code;
    return 'no Retry-After'
        if $r->status == 503 && !($r->header('Retry-After') || 0);
    return $r->status . ' ' . $r->code;
}


sub requests { $t->demo('GET', '/_stats')->json }

sub asked {
    my ($path) = @_;
    my $stats = requests();
    return ($stats->{$path} || $stats->{paths}{$path} || {})->{requests} || 0;
}


%token = map { $_ => enter($_) } $one, $two, $three;

# known to the cache: asked once

$t->heard;

is(query($token{$one})->status, 200, 'a session');
is(query($token{$two})->status, 200, 'another');

my ($id, $code) = $t->challenge($two->{mobile}, 'login');


# killed, while requests are under way

my @under = map { client(8080) } 1 .. 20;

$_->send("POST /v1/items/account-query HTTP/1.1\r\nHost: a\r\n"
         . "X-HPF-Channel: app\r\nAuthorization: Bearer $token{$one}\r\n"
         . "Content-Length: 2\r\n\r\n{}") for @under;

$t->kill_redis;

is(join(' ', map { $_->response->status } @under),
   join(' ', (200) x 20), 'requests under way, of a cached session');

ok(workers_say(503), 'not ready');

my $r = $t->admin('GET', '/readyz');
is($r->json->{checks}{store}, 'unavailable', 'for that reason');
is($r->header('Retry-After'), 1, 'for now');
is($t->admin('GET', '/healthz')->status, 200, 'but alive');
like($t->admin('GET', '/metrics')->body, qr/^hpf_redis_up\{[^}]*\} 0$/m,
     'the metric says so');

my $sms = $t->outbox;

for (1 .. 6) {
    is(query($token{$one})->status, 200, 'a cached session goes on');
}

is($t->call('GET', '/v1/session', token => $token{$two})->status, 200,
   'another one too');
is(problem(query($token{$three})), '503 store-unavailable',
   'a session that is not in the cache');
is(problem(query('x' x 43)), '503 store-unavailable',
   'a token that may be one');
is(problem(query('x')), '401 session-expired', 'a token that cannot be one');
is(problem(query(undef)), '401 session-required', 'no token');

is(problem(challenge($one)), '503 store-unavailable', 'a challenge');
is($t->outbox, $sms, 'sends no message');

is(problem($t->call('POST', '/v1/sessions', body => {
    user => { mobile => $two->{mobile} },
    factors => [ { factor => 'sms', challenge_id => $id, code => $code } ],
})), '503 store-unavailable', 'a log-in');

is(problem($t->call('POST', '/v1/users', body => {
    user_type => 'individual', name => $two->{name}, id_no => $two->{id_no},
    mobile => $two->{mobile},
    factors => [ { factor => 'sms', challenge_id => $id, code => $code } ],
})), '503 store-unavailable', 'a registration');

is(problem($t->call('DELETE', '/v1/session', token => $token{$two})),
   '503 store-unavailable', 'a log-out');
is(problem(query($token{$two})), '503 store-unavailable',
   'leaves nothing in the cache');
is(problem($t->call('GET', '/v1/cases', token => $token{$one})),
   '503 store-unavailable', 'cases');
is(problem($t->call('GET', '/v1/cases/20260101000000000000',
                    token => $token{$one})),
   '503 store-unavailable', 'a case');

is(problem(withdraw($one, $token{$one})), '503 store-unavailable',
   'an application');
is(problem(withdraw($one, $token{$one}, 'Idempotency-Key' => 'a')),
   '503 store-unavailable', 'an application with a key');
is(problem(query($token{$one}, headers => [ 'Idempotency-Key' => 'b' ])),
   '503 store-unavailable', 'a query with a key');
is(paid($one), 0, 'nothing was paid');

is($t->call('GET', '/v1/items')->status, 200, 'what needs no store works');
is($t->call('GET', '/v1/channels', channel => 'gov')->status, 200,
   'signed too');


# back, with its data

$t->start_redis;

ok(workers_say(200), 'ready again');
is($t->wait_for(sub { query($token{$three})->status == 200 }), 1,
   'all sessions are back');
is(query($token{$one})->status, 200, 'the others are still there');

my ($login, $answer) = $t->login($two);
ok($login, 'a log-in');
is(withdraw($one, $token{$one}, 'Idempotency-Key' => 'a')->json->{status},
   'approved', 'an application');
is(paid($one), 1, 'is paid');

is($t->call('DELETE', '/v1/session', token => $login)->status, 204,
   'a log-out');
is(problem(query($login)), '401 session-expired', 'is heard of again');


# paused: connected, and no reply comes

is(query($token{$one})->status, 200, 'in the cache');
is(query($token{$two})->status, 200, 'in the cache');

$t->pause_redis;

is(query($token{$one})->status, 200, 'paused: a cached session goes on');
is(problem(challenge($three)), '503 store-unavailable', 'paused: a challenge');
is(problem(query($login =~ tr/A-Za-z/B-ZAb-za/r)), '503 store-unavailable',
   'paused: a token that may be one');
is(problem(withdraw($two, $token{$two}, 'Idempotency-Key' => 'c')),
   '503 store-unavailable', 'paused: an application with a key');
is(problem(withdraw($two, $token{$two})), '503 store-unavailable',
   'paused: an application');
is(paid($two), 0, 'paused: nothing is paid');
ok(workers_say(503), 'paused: not ready');
is($t->call('GET', '/v1/session', token => $token{$one})->status, 200,
   'paused: a cached session still goes on');

$t->resume_redis;

ok(workers_say(200), 'resumed: ready');
is($t->wait_for(sub { query($token{$three})->status == 200 }), 1,
   'resumed: sessions');
is($t->wait_for(sub { query($token{$one})->status == 200 }), 1,
   'resumed: sessions that were cached');
is(paid($two), 0, 'resumed: nothing is paid');

ok($t->wait_for(sub {
    !@{ $t->call('GET', '/v1/cases', token => $token{$two})->json->{cases} };
}), 'resumed: what was told to have failed is no case');

$r = withdraw($two, $token{$two}, 'Idempotency-Key' => 'c');
is($r->status, 201, 'resumed: the application once more') or diag($r->raw);
is($t->call('GET', '/v1/cases/' . $r->json->{case_no}, token => $token{$two})
   ->json->{status}, 'approved', 'resumed: is approved');
is(paid($two), 1, 'resumed: is paid once');


# paused in the middle: the case is open, the core has paid

$t->demo('POST', '/_hold', { target => '/core/applications' });

my $c = client(8080);
my $body = '{"amount":"100.00","bank_card":"' . $three->{bank_card}
           . '","months":1}';
$c->send("POST /v1/items/withdraw-rent HTTP/1.1\r\nHost: a\r\n"
         . "X-HPF-Channel: app\r\nAuthorization: Bearer $token{$three}\r\n"
         . "Idempotency-Key: d\r\n"
         . 'Content-Length: ' . length($body) . "\r\n\r\n$body");

is($t->demo('GET', '/_held?n=1')->json->{held}, 1, 'the core has it');
$t->pause_redis;
$t->demo('POST', '/_release', { target => '/core/applications' });

$r = $c->response;
is($r->status, 201, 'paid, and the store is paused');
is($r->json->{status}, 'pending-backend', 'what is not written is not said');
my $no = $r->json->{case_no};

$t->resume_redis;

ok(workers_say(200), 'resumed');
is($t->wait_for(sub { query($token{$three})->status == 200 }), 1,
   'sessions are back');
is($t->call('GET', "/v1/cases/$no", token => $token{$three})->json->{status},
   'approved', 'the case knows it in the end');
$r = $t->call('POST', '/v1/items/withdraw-rent', token => $token{$three},
              headers => [ 'Idempotency-Key' => 'd' ], body => $body);
is($r->status, 201, 'the same key') or diag($r->raw);
is($r->json->{case_no}, $no, 'has the same case');
is(paid($three), 1, 'paid once');


# paused when a case is about to be opened: it may be, when Redis goes on

sub cases {
    my ($person) = @_;
    return scalar @{ $t->call('GET', '/v1/cases', token => $token{$person})
                     ->json->{cases} };
}

my ($paid, $cases) = (paid($three), cases($three));

$t->demo('POST', '/_hold', { target => '/civil' });
$c = client(8080);
$c->send("POST /v1/items/withdraw-rent HTTP/1.1\r\nHost: a\r\n"
         . "X-HPF-Channel: app\r\nAuthorization: Bearer $token{$three}\r\n"
         . 'Content-Length: ' . length($body) . "\r\n\r\n$body");
is($t->demo('GET', '/_held?n=1')->json->{held}, 1, 'the register is asked');
$t->pause_redis;
$t->demo('POST', '/_release', { target => '/civil' });

is(problem($c->response), '503 store-unavailable', 'the case is not opened');
$t->resume_redis;

ok(workers_say(200), 'resumed once more');
ok($t->wait_for(sub { cases($three) == $cases }),
   'what was told to have failed is no case');
is(paid($three), $paid, 'and is not paid');


# restarted without its data

$t->kill_redis;
ok(workers_say(503), 'gone');
rename $t->path('redis'), $t->path('redis.old') or die "$!";
$t->start_redis;
ok(workers_say(200), 'back, empty');

for my $person ($one, $two, $three) {
    is($t->wait_for(sub {
        problem(query($token{$person})) eq '401 session-expired';
    }), 1, 'a session that is lost');
}

is(problem($t->call('GET', '/v1/cases', token => $token{$one})),
   '401 session-expired', 'and no cases');
is(problem($t->call('POST', '/v1/sessions', body => {
    user => { mobile => $two->{mobile} },
    factors => [ { factor => 'sms', challenge_id => $id, code => $code } ],
})), '401 factor-failed', 'a code that is lost');

is($t->register($one)->status, 201, 'who registers again');
ok($t->login($one), 'can log in');


# a store that is full, or has forgotten its scripts

$t->redis('SCRIPT', 'FLUSH');
my $full = $t->login($one);
ok($full, 'scripts are sent again');
is(query($full)->status, 200, 'a session');

$t->redis('CONFIG', 'SET', 'maxmemory', '1');
is(problem(challenge($three)), '503 store-unavailable', 'full: a challenge');
is(query($full)->status, 200, 'full: a session goes on');
$t->redis('CONFIG', 'SET', 'maxmemory', '0');
is(challenge($three)->status, 201, 'not full: a challenge');


# a store that has lost a part: whatever is missing, nothing ends in a 500

my $four = $people[3];

withdraw($four, enter($four), 'Idempotency-Key' => 'lost');

my %kinds;

for my $key (@{ $t->redis('KEYS', 'hpf:*') }) {
    $key =~ s/\{(\w+):[^}]*\}/{$1:*}/;
    $key =~ s/(:case:|:idem:).*/$1*/;
    $kinds{$key} = 1;
}

cmp_ok(scalar keys %kinds, '>', 9, 'kinds of keys');

my @more = @people[4 .. 40];

for my $kind (sort keys %kinds) {
    my $person = shift @more;
    my $token = enter($person);
    my $case = withdraw($person, $token, 'Idempotency-Key' => 'lost');
    my $no = $case->json->{case_no};
    my ($id, $code) = $t->challenge($person->{mobile}, 'login');

    $t->redis('DEL', @{ $t->redis('KEYS', $kind) }, 'none');

    my @seen = map { $_->status } (
        query($token),
        withdraw($person, $token, 'Idempotency-Key' => 'lost'),
        $t->call('GET', '/v1/cases', token => $token),
        $t->call('GET', "/v1/cases/$no", token => $token),
        $t->call('GET', '/v1/session', token => $token),
        $t->call('POST', '/v1/sessions', body => {
            user => { id_no => $person->{id_no} },
            factors => [ { factor => 'sms', challenge_id => $id,
                           code => $code }, { factor => 'id-card' } ] }),
        $t->call('DELETE', '/v1/session', token => $token),
        $t->register($person),
    );

    is(scalar(grep { $_ >= 500 || $_ == 429 } @seen), 0, "lost: $kind")
        or diag("@seen");
    note("lost: $kind: @seen");
}


# restarts under a stream of requests: nothing but these two answers

for my $round (1 .. 5) {
    my @c = map { client(8080) } 1 .. 8;
    my %seen;

    my $send = sub {
        $_->send("GET /v1/session HTTP/1.1\r\nHost: a\r\nX-HPF-Channel: app\r\n"
                 . "Authorization: Bearer $token{$one}\r\n\r\n") for @c;
    };

    my $read = sub { $seen{problem($_->response)}++ for @c };

    $send->();
    $t->kill_redis;
    $read->();
    $send->();
    $t->start_redis;
    $read->();

    ok(workers_say(200), "round $round: ready");
    delete @seen{ '401 session-expired', '503 store-unavailable' };
    is_deeply(\%seen, {}, "round $round: answers");
}

unlike($t->admin('GET', '/metrics')->body, qr/outcome="internal"/,
       'nothing was an internal error');

done_testing();
