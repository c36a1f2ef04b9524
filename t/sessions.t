#!/usr/bin/perl

# Users and sessions: one registration for every channel, levels by factors,
# a session that works everywhere, ends everywhere, and is never kept but as
# a hash.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(workers => 4, http => <<'EOF');
    hpf_notice 谨防诈骗 "Beware of fraud";

    hpf_channel short {
        name short;
        kind public;
        session idle=20s life=30s;
    }
EOF

my @people = map { $t->person($_) } 0 .. 19;


# A number that was reckoned with would go out as one: the copy is.

sub wrong {
    my ($code) = @_;
    return sprintf '%06d', ($code + 1) % 1000000;
}


sub outcome {
    my ($r) = @_;
    return $r->status if $r->status < 400;
    return join ' ', grep { defined } @{ $r->json }{qw/ code attempts_left /};
}


sub faults {
    my ($r) = @_;
    return outcome($r) if $r->status != 422;
    return join ' ', map { "$_->{pointer} $_->{rule}" } @{ $r->json->{errors} };
}


sub register {
    my ($person, %more) = @_;
    my ($id, $code) = $t->challenge($person->{mobile}, 'register');

    return $t->call('POST', '/v1/users', body => {
        user_type => 'individual',
        map({ $_ => $person->{$_} } qw/ name id_no mobile /),
        factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                     { factor => 'id-card' } ],
        %more,
    });
}


sub login {
    my ($user, $mobile, @factors) = @_;
    my ($id, $code) = $t->challenge($mobile, 'login');

    return $t->call('POST', '/v1/sessions', body => {
        user => $user,
        factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                     @factors ],
    });
}


sub session {
    my ($token, %o) = @_;
    return $t->call('GET', '/v1/session', token => $token, %o);
}


# a dozen connections, so that every worker is asked

sub everywhere {
    my ($token) = @_;
    my %seen = map { outcome(session($token)) => 1 } 1 .. 24;
    return join ' ', sort keys %seen;
}


# registration

my $one = $people[0];
my $r = register($one);
is($r->status, 201, 'registered');
is(join(' ', sort keys %{ $r->json }), 'level user_id', 'answer');
is($r->json->{level}, 2, 'with two factors and a real name');

my $user = $r->json->{user_id};
like($user, qr/^[\w-]{22}$/, 'user_id says nothing');
is($r->header('Cache-Control'), 'no-store', 'is not stored');

$r = register($one);
is($r->json->{user_id}, $user, 'the same person again is the same user');

is(outcome(register({ %$one, mobile => $people[1]{mobile} })),
   'factor-failed 0', 'with another mobile');
is(outcome(register({ %{ $people[2] }, name => '王小明' })),
   'factor-failed 0', 'a name that is not that of the number');
my $two = $people[4];
my ($id, $code) = $t->challenge($two->{mobile}, 'register');
is(outcome($t->call('POST', '/v1/users', body => {
       user_type => 'individual',
       map({ $_ => $two->{$_} } qw/ name id_no mobile /),
       factors => [ { factor => 'sms', challenge_id => $id,
                      code => wrong($code) },
                    { factor => 'id-card' } ],
   })), 'factor-failed 4', 'a wrong code');

is(faults($t->call('POST', '/v1/users', body => {
       user_type => 'martian', name => '', id_no => '110105194912310021',
       mobile => '1', factors => [], x => 1,
   })), '/user_type enum /name minLength /id_no format /mobile format'
        . ' /factors minItems /factors contains'
        . ' /x additionalProperties',
   'every fault is told');


# two registrations of a person at once: one user

my $three = $people[5];
my @codes = map { [ $t->challenge($three->{mobile}, 'register') ] } 1 .. 2;
my @clients = map { client(8080) } @codes;

for my $i (0, 1) {
    my $body = JSON::PP->new->utf8->encode({
        user_type => 'individual',
        map({ $_ => $three->{$_} } qw/ name id_no mobile /),
        factors => [ { factor => 'sms', challenge_id => $codes[$i][0],
                       code => $codes[$i][1] }, { factor => 'id-card' } ],
    });
    $clients[$i]->send("POST /v1/users HTTP/1.1\r\nHost: a\r\n"
        . "X-HPF-Channel: app\r\nContent-Length: " . length($body)
        . "\r\n\r\n$body");
}

my @both = map { $_->response } @clients;
is(join(' ', map { $_->status } @both), '201 201', 'two at once');
is($both[0]->json->{user_id}, $both[1]->json->{user_id}, 'are one user');


# a registration whose answer got lost is made again with its key

my $four = $people[6];
my ($kid, $kcode) = $t->challenge($four->{mobile}, 'register');
my @again = map { $t->call('POST', '/v1/users',
    headers => [ 'Idempotency-Key' => 'one' ], channel => $_, body => {
        user_type => 'individual',
        map({ $_ => $four->{$_} } qw/ name id_no mobile /),
        factors => [ { factor => 'sms', challenge_id => $kid,
                       code => "$kcode" }, { factor => 'id-card' } ],
    }) } qw/ app app hall /;
is(join(' ', map { outcome($_) } @again), '201 201 factor-failed 0',
   'the same answer, on the same channel');
is($again[1]->body, $again[0]->body, 'word for word');
is($again[1]->header('Cache-Control'), 'no-store', 'is not stored');

$t->redis('DEL', @{ $t->redis('KEYS', 'hpf:{m:*}:sms*') });
my @asked = map { $t->call('POST', '/v1/challenges',
    headers => [ 'Idempotency-Key' => 'two' ], body => {
        factor => 'sms', mobile => $four->{mobile}, purpose => 'login',
    })->body } 1 .. 2;
is($asked[0], $asked[1], 'nor is a second code sent');


# log-in

$r = login({ mobile => $one->{mobile} }, $one->{mobile});
is($r->status, 201, 'by mobile');
is(join(' ', sort keys %{ $r->json }),
   'device expires_in level notice token token_type user', 'answer');
like($r->json->{token}, qr/^[\w-]{43}$/, 'a token of 256 bits');
is($r->json->{token_type}, 'Bearer', 'token_type');
is($r->json->{expires_in}, 1800, 'expires_in');
is($r->json->{level}, 1, 'one factor is level 1');
is($r->json->{notice}, '谨防诈骗', 'the reminder');
is($r->json->{user}{user_id}, $user, 'user');
unlike($r->body, qr/$one->{mobile}|$one->{name}/, 'masked');

my $token = $r->json->{token};

$r = login({ id_no => $one->{id_no} }, $one->{mobile},
           { factor => 'id-card' });
is($r->status, 201, 'by number, with two factors');
is($r->json->{level}, 2, 'is level 2');

my $strong = $r->json->{token};

is(outcome(login({ mobile => $people[9]{mobile} }, $people[9]{mobile})),
   outcome(login({ mobile => $one->{mobile} }, $people[8]{mobile})),
   'nobody, and the code of another number');
is(faults($t->call('POST', '/v1/sessions', body => { user => {} })),
   '/user oneOf /factors required', 'nothing');


# one session, every channel

$r = session($token);
is($r->status, 200, 'the session');
is($r->json->{level}, 1, 'its level');
is($r->json->{user}{user_id}, $user, 'its user');
ok($r->json->{expires_in} > 1700 && $r->json->{expires_in} <= 1800,
   'what is left of it');
is($r->header('Cache-Control'), 'no-store', 'is not stored');

is(outcome(session($token, channel => $_)), 200, "on $_")
    for qw/ hall wechat kiosk gov partner /;


# what is no token

is(outcome(session(undef)), 'session-required', 'no token');
is(session(undef)->header('WWW-Authenticate'), 'Bearer', 'what is wanted');
is(outcome(session('A' x 43)), 'session-expired', 'a token of nobody');
is(session('A' x 43)->header('WWW-Authenticate'), 'Bearer', 'what is wanted');

for my $odd ('Bearer', 'Bearer ', 'Basic YTpi', "Bearer $token x", $token,
             'Bearer ' . 'A' x 5000, "Bearer \xff\xfe", 'Bearer a b c')
{
    like(outcome(session(undef, headers => [ Authorization => $odd ])),
         qr/^session-(required|expired)$/, 'Authorization: '
         . substr($odd =~ s/[^ -~]/?/gr, 0, 20));
}

is(outcome(session(undef, headers => [ Authorization => "bearer $token" ])),
   200, 'the scheme has no case');
is(session(undef, headers => [ 'Accept-Language' => 'en' ])
   ->header('Content-Language'), 'en', 'in English');


# step-up: a stronger token, and the old one is dead

$r = $t->call('POST', '/v1/items/withdraw-rent', token => $token, body => {
    amount => '1.00', bank_card => $one->{bank_card}, months => 1,
});
is(outcome($r), 'step-up-required', 'an item asks for more');

($id, $code) = $t->challenge($one->{mobile}, 'step-up');
$r = $t->call('POST', '/v1/session/factors', token => $token, body => {
    factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                 { factor => 'id-card' } ],
});
is($r->status, 200, 'step-up') or diag($r->body);
is($r->json->{level}, 2, 'level');
isnt($r->json->{token}, $token, 'a new token');
is(everywhere($token), 'session-expired', 'the old one is dead');

$token = $r->json->{token};
is(everywhere($token), '200', 'the new one works');


# the end of one is its end everywhere

is(outcome(session($strong, channel => 'hall')), 200, 'another session');
is($t->call('DELETE', '/v1/session', token => $token, channel => 'wechat')
   ->status, 204, 'log out on one channel');
is(everywhere($token), 'session-expired', 'on every worker');
is(everywhere($strong), '200', 'other sessions go on');

my @more = map { login({ mobile => $one->{mobile} }, $one->{mobile})
                 ->json->{token} } 1 .. 2;
is(everywhere($more[0]), '200', 'more sessions');
is($t->call('DELETE', '/v1/session/all', token => $more[1])->status, 204,
   'an end to all of them');
is(everywhere($_), 'session-expired', 'is an end') for @more, $strong;


# another node ends it: this one hears of it

$token = $t->login($one);
is(everywhere($token), '200', 'a session that is cached');
my @keys = @{ $t->redis('KEYS', 'hpf:{s:*}') };

my $began = $t->began;

$t->redis('DEL', $_) for @keys;
ok($t->wait_for(sub { everywhere($token) eq 'session-expired' }),
   'is heard of');
cmp_ok($t->took($began), '<', 1.5, 'within a second');


# a mobile number that has gone to somebody else

my ($old, $new) = @people[10, 11];
register($old);
is(outcome(login({ mobile => $old->{mobile} }, $old->{mobile})), 201,
   'the owner of a number');

my $user2 = register({ %$new, mobile => $old->{mobile} })->json->{user_id};
is(login({ mobile => $old->{mobile} }, $old->{mobile})->json->{user}{user_id},
   $user2, 'the next owner');
like(outcome(login({ id_no => $old->{id_no} }, $old->{mobile})),
     qr/^factor-failed/, 'who cannot log in as the one before');
is(outcome(login({ id_no => $new->{id_no} }, $old->{mobile})), 201,
   'but as himself');


# short lives

my ($cid, $ccode) = $t->challenge($one->{mobile}, 'login');
$r = $t->call('POST', '/v1/sessions', channel => 'short', body => {
    user => { mobile => $one->{mobile} },
    factors => [ { factor => 'sms', challenge_id => $cid, code => $ccode } ],
});
is($r->json->{expires_in}, 20, 'the times of a channel');
ok((grep { my $ttl = $t->redis('TTL', $_); $ttl > 0 && $ttl <= 20 }
    @{ $t->redis('KEYS', 'hpf:idle:*') }), 'idle time in Redis');
ok((grep { my $ttl = $t->redis('TTL', $_); $ttl > 600 && $ttl <= 630 }
    @{ $t->redis('KEYS', 'hpf:{s:*}') }),
   'and all of its life, and ten minutes in which it is known to be over');


# a session that no worker has seen yet, and whose time is over in Redis

sub unseen {
    my %known = map { $_ => 1 } @{ $t->redis('KEYS', 'hpf:{s:*}') };
    my $new = $t->login($one);
    my ($k) = grep { !$known{$_} } @{ $t->redis('KEYS', 'hpf:{s:*}') };

    return ($new, $k);
}

my ($unused, $k) = unseen();
$t->redis('DEL', $k =~ s/^hpf:/hpf:idle:/r);
is(outcome(session($unused)), 'session-expired', 'not used for too long');

my $now = $t->redis('TIME')->[0];
($unused, $k) = unseen();
$t->redis('HSET', $k, 'ends', $now + 100);
is(outcome(session($unused)), 200, 'before its absolute end');
$t->redis('HSET', $k, 'ends', $now);
ok($t->wait_for(sub { everywhere($unused) eq 'session-expired' }),
   'and after it, although it was in use');


# what is kept of a token

my $all = join ' ', map { my $type = $t->redis('TYPE', $_); $_,
    $type eq 'hash' ? @{ $t->redis('HGETALL', $_) }
    : $type eq 'string' ? $t->redis('GET', $_)
    : $type eq 'zset' ? @{ $t->redis('ZRANGE', $_, 0, -1) } : () }
    @{ $t->redis('KEYS', '*') };

$token = $t->login($one);
unlike($all . $t->log_text . $t->read_file('audit/audit.jsonl'),
       qr/\Q$token\E|$one->{id_no}|$one->{mobile}|\Q$one->{name}\E/,
       'neither token nor person is in Redis, logs or record');

my @audit = map { json($_) } grep { /"event":"logged-in"/ }
            split /\n/, $t->read_file('audit/audit.jsonl');
is($audit[0]{user}, $user, 'the record has the pseudonym');
is($audit[0]{call}, 'session-create', 'and the call');

done_testing();
