#!/usr/bin/perl

# Codes by SMS: who may ask for one and how often, what one is good for, and
# that nothing tells whether a number is known.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(workers => 2, http => 'hpf_lock off;');

my ($known, $other, $third, $fourth) = map { $t->person($_) } 0 .. 3;
my $stranger = '13900009999';


sub ask {
    my ($mobile, %more) = @_;
    my %o = map { $_ => delete $more{$_} } grep { /^(channel|headers)$/ }
            keys %more;

    return $t->call('POST', '/v1/challenges', %o, body => {
        factor => 'sms', mobile => $mobile, purpose => 'login', %more,
    });
}


sub faults {
    my ($r) = @_;
    return $r->status if $r->status != 422;
    return join ' ', map { "$_->{pointer} $_->{rule}" } @{ $r->json->{errors} };
}


sub login {
    my ($mobile, $id, $code) = @_;
    return $t->call('POST', '/v1/sessions', body => {
        user => { mobile => $mobile },
        factors => [ { factor => 'sms', challenge_id => $id, code => $code } ],
    });
}


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


# how one is asked for

$t->register($known);

my $r = ask($known->{mobile});
is($r->status, 201, 'a code');
like($r->json->{challenge_id}, qr/^[\w-]{22}$/, 'challenge_id');
is($r->json->{expires_in}, 300, 'expires_in');
is($r->json->{resend_after}, 60, 'resend_after');
is($r->header('Cache-Control'), 'no-store', 'is not stored');

my ($message) = grep { $_->{mobile} eq $known->{mobile} } reverse $t->outbox;
like($message->{code}, qr/^\d{6}$/, 'six digits');
like($message->{text}, qr/$message->{code}/, 'in the text');
unlike($r->body, qr/$message->{code}/, 'and not in the answer');


# and how not

is(faults(ask('12345')), '/mobile format', 'no number');
is(faults(ask('13800138000', purpose => 'fun')), '/purpose enum',
   'no such purpose');
is(faults($t->call('POST', '/v1/challenges', body => {})),
   '/factor required /mobile required', 'nothing');
is(faults(ask('13800138000', x => 1)), '/x additionalProperties',
   'something else');
is(faults(ask('13800138000', purpose => 'bind')), '/purpose not',
   'a purpose of certificates');
is(faults(ask('13800138000', factor => 'cert', purpose => 'handler')),
   '/mobile false /purpose not', 'and one that certificates have not');


# not again within a minute

$r = ask($known->{mobile});
is($r->status, 429, 'again at once');
cmp_ok($r->header('Retry-After'), '<=', 60, 'Retry-After');
cmp_ok($r->header('Retry-After'), '>', 50, 'is what is left of the minute');
is($r->json->{retry_after}, $r->header('Retry-After'), 'in the problem, too');
is($r->header('RateLimit-Policy'), '"sms-resend";q=1;w=60', 'the limit');
is($r->header('RateLimit'), '"sms-resend";r=0;t='
   . $r->header('Retry-After'), 'with nothing left');
is(outcome(ask($known->{mobile}, channel => 'hall')), 'rate-limited',
   'on another channel');
is(ask($other->{mobile})->status, 201, 'for another number');


# nor more than twenty a day, which are a hundred attempts for a million codes

sub another {
    $t->forget('hpf:{m:*}:sms:login');
    return ask($fourth->{mobile});
}

is(join(' ', map { another()->status } 1 .. 20), join(' ', (201) x 20),
   'twenty for a number');
$r = another();
is(join(' ', $r->status, $r->json->{limit}), '429 sms-day', 'and no more');
cmp_ok($r->json->{retry_after}, '>', 86300, 'for a day');
is($r->header('RateLimit-Policy'), '"sms-day";q=20;w=86400', 'as the headers');
is($r->header('RateLimit'), '"sms-day";r=0;t=' . $r->json->{retry_after},
   'say');
is(outcome(ask($fourth->{mobile}, purpose => 'register')), 'rate-limited',
   'for whatever purpose');
is(ask('13900008888')->status, 201, 'others get theirs');
$t->forget('hpf:{m:*}:sms*');


# nothing tells whether a number is known

my ($a, $b) = (ask($third->{mobile}), ask($stranger));
is($a->status, $b->status, 'status of a known and an unknown number');
is(join(' ', sort keys %{ $a->json }), join(' ', sort keys %{ $b->json }),
   'members');
is(length $a->body, length $b->body, 'length');

my ($id, $code) = $t->challenge($stranger, 'login');
is(outcome(login($stranger, $id, $code)), 'factor-failed 4',
   'the right code of a number without a user');
($id, $code) = $t->challenge($known->{mobile}, 'login');
my $wrong = wrong($code);
my $mine = login($known->{mobile}, $id, $wrong);
my ($id2, $code2) = $t->challenge($stranger, 'login');
my $theirs = login($stranger, $id2, wrong($code2));

for ($mine, $theirs) {
    my $json = $_->json;
    delete $json->{instance};
    $_ = $json;
}

is_deeply($mine, $theirs, 'a wrong code says the same for both');


# five attempts

is($mine->{attempts_left}, 4, 'four attempts are left');
is(join(' ', map { outcome(login($known->{mobile}, $id, $wrong)) } 1 .. 4),
   'factor-failed 3 factor-failed 2 factor-failed 1 factor-failed 0',
   'and then none');
is(outcome(login($known->{mobile}, $id, $code)), 'factor-failed 0',
   'the right code comes too late');


# what one is good for

($id, $code) = $t->challenge($known->{mobile}, 'login');
is(outcome(login($other->{mobile}, $id, $code)), 'factor-failed 4',
   "somebody else's number");
is(outcome($t->call('POST', '/v1/users', body => {
       user_type => 'individual',
       map({ $_ => $known->{$_} } qw/ name id_no mobile /),
       factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                    { factor => 'id-card' } ],
   })), 'factor-failed 3', 'another purpose');
is(outcome(login($known->{mobile}, $id, $code)), 201, 'what it was for');
is(outcome(login($known->{mobile}, $id, $code)), 'factor-failed 0',
   'and only once');
is(outcome(login($known->{mobile}, 'A' x 22, $code)), 'factor-failed 0',
   'a challenge that there is not');

($id, $code) = $t->challenge($known->{mobile}, 'login');
$t->redis('DEL', "hpf:{ch:$id}");
is(outcome(login($known->{mobile}, $id, $code)), 'factor-failed 0',
   'one that has expired');

my ($key) = @{ $t->redis('KEYS', 'hpf:{ch:*}') };
my $ttl = $t->redis('TTL', $key);
ok($ttl > 200 && $ttl <= 300, 'they expire after 300 s');


# the right code 100 times at once: one session

($id, $code) = $t->challenge($known->{mobile}, 'login');

my $body = JSON::PP->new->encode({
    user => { mobile => $known->{mobile} },
    factors => [ { factor => 'sms', challenge_id => $id, code => $code } ],
});
my @clients = map { client(8080) } 1 .. 100;

$_->send("POST /v1/sessions HTTP/1.1\r\nHost: a\r\nX-HPF-Channel: app\r\n"
         . 'Content-Length: ' . length($body) . "\r\n\r\n$body") for @clients;

my %n;
$n{$_->response->status}++ for @clients;
is_deeply(\%n, { 201 => 1, 401 => 99 }, 'one of a hundred');


# one in ten begins with a zero, which belongs to it: of 200 some do

for my $n (1 .. 200) {
    $t->forget('hpf:{m:*}:sms*');
    ($id, $code) = $t->challenge($known->{mobile}, 'login');
    last if $code =~ /^0/;
}

like($code, qr/^0\d{5}$/, 'a code that begins with a zero');
is(outcome(login($known->{mobile}, $id, $code =~ s/^0+//r)), 'form-invalid',
   'is none without it');
is(outcome(login($known->{mobile}, $id, "$code")), 201, 'and good with it');


# what stands in Redis and in the logs

($id, $code) = $t->challenge($fourth->{mobile}, 'login');

my @all;

for my $k (@{ $t->redis('KEYS', '*') }) {
    my $type = $t->redis('TYPE', $k);
    my $v = $type eq 'hash' ? $t->redis('HGETALL', $k)
            : $type eq 'string' ? [ $t->redis('GET', $k) ]
            : $type eq 'zset' ? $t->redis('ZRANGE', $k, 0, -1)
            : $type eq 'set' ? $t->redis('SMEMBERS', $k) : [];
    push @all, $k, @$v;
}

ok(@all > 10, 'Redis');
unlike(join(' ', @all), qr/$fourth->{mobile}|$known->{mobile}|$known->{id_no}/,
       'has no number in clear');
is(scalar(grep { $_ eq $code } @all), 0, 'and no code');
unlike($t->log_text . $t->read_file('audit/audit.jsonl'),
       qr/$fourth->{mobile}|$known->{mobile}|$known->{id_no}|"$code"/,
       'nor have the logs');


# no SMS, no code, and one may ask again

$t->demo('POST', '/_control', { target => '/sms', mode => 'fail',
                                status => 500, count => 1 });
my $fifth = $t->person(4)->{mobile};
$r = ask($fifth);
is($r->status, 502, 'the SMS platform fails');
is($r->json->{code}, 'backend-unavailable', 'code');
is($r->json->{backend}, 'sms', 'which');
is(ask($fifth)->status, 201, 'one may ask again at once');

done_testing();
