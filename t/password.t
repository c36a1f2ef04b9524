#!/usr/bin/perl

# Passwords: what one has to be, log-in with it and without, its change, and
# that the work it makes neither stops a worker nor piles up.

use warnings;
use strict;
use utf8;

use IO::Select;
use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(workers => 2, http => conf('cost=10'));

my ($one, $two, $three) = map { $t->person($_) } 0 .. 2;
my $unit = $t->unit(0);

my $good = 'Tr0ubadour&3';
my $other = '我家的小猫爱吃鱼Xy7';


sub conf {
    return "hpf_session cache=off;\nhpf_lock off;\nhpf_password $_[0];\n";
}


sub outcome {
    my ($r) = @_;
    return $r->status if $r->status < 400;
    return $r->json->{code} if $r->status != 422;
    return join ' ', map { "$_->{pointer} $_->{rule}" } @{ $r->json->{errors} };
}


sub password { return { factor => 'password', password => $_[0] } }


sub register {
    my ($person, $password, @more) = @_;
    my ($id, $code) = $t->challenge($person->{mobile}, 'register');

    return $t->call('POST', '/v1/users', body => {
        user_type => 'individual',
        map({ $_ => $person->{$_} } qw/ name id_no mobile /),
        factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                     { factor => 'id-card' }, password($password) ],
    }, @more);
}


sub login {
    my ($user, @factors) = @_;
    return $t->call('POST', '/v1/sessions',
                    body => { user => $user, factors => \@factors });
}


sub change {
    my ($token, %body) = @_;
    return $t->call('PUT', '/v1/session/password', token => $token,
                    body => \%body);
}


# as if the session had been made an hour ago

sub age {
    $t->redis('HSET', $_, 'factors',
              $t->redis('HGET', $_, 'factors') =~ s/=\d+/=1000/gr)
        for @{ $t->redis('KEYS', 'hpf:{s:*}') };
}


sub record {
    my ($user) = @_;
    return $t->redis('HGET', "hpf:{u:$user}:profile", 'pw');
}


# what it has to be

for (['short1A', 'length'], ['abcdefgh1', 'classes'], ['Aa123456', 'common'],
     ["Zz!$one->{mobile}", 'own'], ["Zz1!-q-$one->{name}", 'own'],
     ["tab\tInIt99", 'control'], ['Aa1' . 'x!' x 80, 'length'])
{
    is(outcome(register($one, $_->[0])), "/factors/2/password $_->[1]",
       "not: $_->[1]");
}

my $r = register($one, 'a', headers => [ 'Accept-Language' => 'en' ]);
is($r->json->{errors}[0]{rule}, 'length', 'every fault is told');
like($r->json->{errors}[0]{message}, qr/too short/, 'in English');
is(scalar @{ $r->json->{errors} }, 3, 'all of them');

$r = register($one, $good);
is(outcome($r), 201, 'registered with a password');
is($r->json->{level}, 2, 'which is no proof by then');

my $user = $r->json->{user_id};
like(record($user), qr/^scrypt\$10\$8\$1\$[\w-]{22}\$[\w-]{43}$/,
     'is kept as a hash');
$t->register($two);


# log-in

$r = login({ mobile => $one->{mobile} }, password($good));
is(outcome($r), 201, 'a password alone');
is($r->json->{level}, 1, 'is level 1');
my $token = $r->json->{token};

$r = login({ id_no => $one->{id_no} }, password($good),
           { factor => 'id-card' });
is($r->json->{level}, 2, 'with another factor level 2');
my $second = $r->json->{token};

my @failed = (login({ mobile => $one->{mobile} }, password("$good!")),
              login({ mobile => $two->{mobile} }, password($good)),
              login({ mobile => $three->{mobile} }, password($good)),
              login({ id_no => $three->{id_no} }, password('')));
is(join(' ', map { outcome($_) } @failed),
   'factor-failed factor-failed factor-failed factor-failed',
   'a wrong one, a user without one, nobody, an empty one');

my %same;
for (@failed) {
    my $head = join "\n", grep { !/^(?:X-Request-Id|Date|RateLimit):/ }
                          split /\r\n/, $_->head;
    $same{$head . JSON::PP->new->canonical->encode(
        { %{ $_->json }, instance => '' })} = 1;
}
is(scalar keys %same, 1, 'are one answer');

my ($id, $code) = $t->challenge($one->{mobile}, 'login');
$r = login({ mobile => $one->{mobile} }, password($good),
           { factor => 'sms', challenge_id => $id, code => $code });
is($r->json->{level}, 2, 'password and code');


# step-up by it

my $weak = $t->login($one);
$r = $t->call('POST', '/v1/session/factors', token => $weak,
              body => { factors => [ password($good) ] });
is(outcome($r), 200, 'a second factor');
is($r->json->{level}, 2, 'for level 2');


# who registers again changes no password

is(outcome(register($one, $other)), 201, 'registered again');
is(outcome(login({ mobile => $one->{mobile} }, password($other))),
   'factor-failed', 'keeps the password');
is(outcome(register($two, $other)), 201, 'who had none');
is(outcome(login({ mobile => $two->{mobile} }, password($other))), 201,
   'gets it');


# change

is(outcome(change($token, password => 'Aa123456', current => $good)),
   '/password common', 'a bad one');
is(outcome(change($token, password => $other, current => 'no')),
   'factor-failed', 'the present one is wrong');
is(outcome(change($token, password => $good, current => $good)),
   '/password history', 'the present one again');
age();
$r = change($token, password => $other);
is(outcome($r), 'step-up-required', 'an old session without the present one');
is_deeply($r->json->{factors}, [ 'sms', 'password' ], 'what would do');

is(outcome(change($token, password => $other, current => $good)), 200,
   'changed');
is(outcome($t->call('GET', '/v1/session', token => $token)), 200,
   'this session goes on');
is(outcome($t->call('GET', '/v1/session', token => $second)),
   'session-expired', 'others have ended') for 1 .. 6;
is(outcome(login({ mobile => $one->{mobile} }, password($good))),
   'factor-failed', 'the old one is of no use');
is(outcome(login({ mobile => $one->{mobile} }, password($other))), 201,
   'the new one is');

my $now = $other;
for (1 .. 4) {
    is(outcome(change($token, password => "Tr0ubadour&3-$_",
                      current => $now)), 200, "another, $_");
    is(outcome(change($token, password => $good,
                      current => "Tr0ubadour&3-$_")), '/password history',
       'the first is remembered') if $_ < 4;
    $now = "Tr0ubadour&3-$_";
}
is(outcome(change($token, password => $good, current => $now)), 200,
   'the last five are');

# forgotten: a fresh proof does

($token) = $t->login($one);
is(outcome(change($token, password => $other)), 200, 'after a code just now');

$weak = $t->login($one);
age();
$r = $t->call('POST', '/v1/session/factors', token => $weak,
              body => { factors => [ { factor => 'id-card' } ] });
is(outcome(change($r->json->{token}, password => $good)), 'step-up-required',
   'but not after what others know as well');


# handlers of a unit have one each

($id, $code) = $t->challenge($unit->{handler}{mobile}, 'register');
is(outcome($t->call('POST', '/v1/users', body => {
       user_type => 'unit', %$unit,
       factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                    { factor => 'id-card' }, password($good) ],
   })), 201, 'a unit');
$r = login({ uscc => $unit->{uscc} }, password($good), { factor => 'id-card' });
is(outcome($r), 201, 'its administrator logs in');

my ($hid, $hcode) = $t->challenge($three->{mobile}, 'handler');
is(outcome($t->call('POST', '/v1/session/handlers',
       token => $r->json->{token}, body => {
           map({ $_ => $three->{$_} } qw/ name id_no mobile /),
           factors => [ { factor => 'sms', challenge_id => $hid,
                          code => $hcode }, password($other) ],
   })), 201, 'another handler');

$r = login({ uscc => $unit->{uscc}, handler => $three->{mobile} },
           password($other));
is(outcome($r), 201, 'who is named by his mobile');
is(outcome(login({ uscc => $unit->{uscc} }, password($other))),
   'factor-failed', 'and nobody else');
is(outcome(change($r->json->{token}, password => $good, current => $other)),
   200, 'changes his own');
is(outcome(login({ uscc => $unit->{uscc} }, password($good))), 201,
   'and not that of the administrator');


# another cost: the record is made anew when it is used

$t->gateway_conf(http => conf('cost=16 threads=1 queue=1'), workers => 1);
$t->reload(wait_old => 1);
$t->wait_ready;

like(record($user), qr/^scrypt\$10\$/, 'an old cost');
is(outcome(login({ mobile => $one->{mobile} }, password($other))), 201,
   'is still read');
ok($t->wait_for(sub { record($user) =~ /^scrypt\$16\$/ }), 'and renewed');
is(outcome(login({ mobile => $one->{mobile} }, password($other))), 201,
   'and read again');


# the worker does not wait for it, and does not take on more than it can do

my $body = JSON::PP->new->utf8->encode({
    user => { mobile => $one->{mobile} }, factors => [ password($other) ] });
my $request = "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nX-HPF-Channel: app\r\n"
              . 'Content-Length: ' . length($body) . "\r\n\r\n$body";

my @c = map { client(8080) } 1 .. 5;
$_->send($request) for @c;

is(outcome($t->call('GET', '/v1/channels')), 200, 'others are served');
ok(!IO::Select->new($c[0]->socket)->can_read(0), 'while it is at work');

my @answers = map { $_->response } @c;
my %n;
$n{outcome($_)}++ for @answers;
is($n{'store-unavailable'}, 3, 'one works, one waits, others are refused')
    or diag explain \%n;
is($n{201}, 2, 'these two are done');
my ($busy) = grep { $_->status == 503 } @answers;
is($busy->header('Retry-After'), 1, 'the others may come again');


# a client who leaves

@c = map { client(8080) } 1 .. 2;
$_->send($request) for @c;
is(outcome($t->call('GET', '/v1/channels')), 200, 'two have come');
$_->socket->close for @c;
ok($t->wait_for(sub {
    login({ mobile => $one->{mobile} }, password($other))->status == 201;
}), 'and gone, and the next one is served');


# nothing in clear, and no digest that could be tried out

my @records = grep { /"call":"(?:session|user|password)-/ }
              split /\n/, $t->read_file('audit/audit.jsonl');
cmp_ok(scalar @records, '>', 20, 'the record');
unlike(join(' ', @records), qr/"digest"/, 'has no digests of these');

my $all = join ' ', map { my $type = $t->redis('TYPE', $_); $_,
    $type eq 'hash' ? @{ $t->redis('HGETALL', $_) }
    : $type eq 'string' ? $t->redis('GET', $_) : () }
    @{ $t->redis('KEYS', '*') };

utf8::encode(my $bytes = $other);
unlike($all . $t->log_text . $t->read_file('audit/audit.jsonl'),
       qr/\Q$good\E|\Q$bytes\E/, 'no password in Redis, logs or record');

done_testing();
