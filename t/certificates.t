#!/usr/bin/perl

# Certificates of users: bound once they are proved, good for a log-in of level
# 3 beside another factor, each text signed for one purpose and once, and
# listed and ended by their user.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(workers => 2, ca => 'sm2',
                               http => 'hpf_lock off;');

my ($one, $two, $three) = map { $t->person($_) } 0 .. 2;

$t->user_cert('one', $one->{id_no});
$t->user_cert('other', $two->{id_no});
$t->user_cert('plain');


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


# The record of a request is written when its answer is on its way.

sub reason {
    my ($r) = @_;
    my $id = $r->header('X-Request-Id');
    my $line;

    $t->wait_for(sub {
        ($line) = grep { /$id/ } split /\n/, $t->read_file('audit/audit.jsonl');
    });

    return json($line)->{reason};
}


sub login {
    my ($person, @factors) = @_;
    return $t->call('POST', '/v1/sessions', body => {
        user => { id_no => $person->{id_no} }, factors => \@factors,
    });
}


sub bind_to {
    my ($token, $name, $purpose) = @_;
    my %factor = %{ $t->cert_factor($name, $purpose || 'bind') };
    delete $factor{factor};

    return $t->call('POST', '/v1/session/certificates', token => $token,
                    body => \%factor);
}


sub listed {
    my ($token) = @_;
    return $t->call('GET', '/v1/session/certificates', token => $token)
           ->json->{certificates};
}


# a text to sign

my $r = $t->call('POST', '/v1/challenges', body => { factor => 'cert' });
is($r->status, 201, 'a challenge');
is(join(' ', sort keys %{ $r->json }), 'challenge_id expires_in nonce',
   'what it has');
like($r->json->{nonce}, qr/^hpf:login:[\w-]{43}$/, 'it says what it is for');
is($r->json->{expires_in}, 300, 'and holds for a while');

my $ttl = $t->redis('TTL', 'hpf:{ch:' . $r->json->{challenge_id} . '}');
ok($ttl > 200 && $ttl <= 300, 'no longer');

is(faults($t->call('POST', '/v1/challenges', body => {
       factor => 'cert', purpose => 'else' })), '/purpose enum',
   'for nothing else');
is(faults($t->call('POST', '/v1/challenges', body => {
       factor => 'sms', mobile => $one->{mobile}, purpose => 'bind' })),
   '/purpose not', 'an SMS binds nothing');
is(faults($t->call('POST', '/v1/challenges', body => { factor => 'sms' })),
   '/mobile required', 'and needs a number');


# bound in a session of level 2

my $weak = do { $t->register($one); $t->login($one) };
is(outcome(bind_to($weak, 'one')), 'step-up-required',
   'one factor is not enough to bind it');

my $token = $t->enter($one);
is_deeply(listed($token), [], 'none is bound');

$r = bind_to($token, 'one');
is($r->status, 201, 'one is bound') or diag $r->raw;
is(join(' ', sort keys %{ $r->json }),
   'bound_at id issuer serial subject until', 'what is told');
is($r->json->{issuer}, 'HPF demo issuing', 'its issuer');
is($r->json->{subject}, 'one', 'its subject');

my $id = $r->json->{id};
is_deeply([ map { $_->{id} } @{ listed($token) } ], [ $id ], 'it is listed');
is(bind_to($token, 'one')->json->{id}, $id, 'once, however often it is bound');
is(scalar @{ listed($token) }, 1, 'it is');

my $kept = join ' ', map { @{ $t->redis('HGETALL', $_) } }
           @{ $t->redis('KEYS', 'hpf:{u:*}:certs') },
           @{ $t->redis('KEYS', 'hpf:{x:*}') };
unlike($kept, qr/demo|$one->{id_no}/, 'what is known of it is sealed');


# log-in

$r = login($one, $t->cert_factor('one', 'login'));
is($r->status, 201, 'logs in') or diag $r->raw;
is($r->json->{level}, 1, 'by itself it is one factor');

$r = login($one, $t->cert_factor('one', 'login'), { factor => 'id-card' });
is($r->json->{level}, 3, 'beside another one it is level 3');

my ($sms, $code) = $t->challenge($one->{mobile}, 'login');
$r = login($one, $t->cert_factor('one', 'login'),
           { factor => 'sms', challenge_id => $sms, code => $code });
is($r->json->{level}, 3, 'whichever');

$r = $t->call('POST', '/v1/session/factors', token => $weak, body => {
    factors => [ $t->cert_factor('one', 'step-up') ] });
is($r->status, 200, 'steps up');
is($r->json->{level}, 3, 'to level 3');


# what fails, and what only the record knows

$r = login($two, $t->cert_factor('one', 'login'));
is(outcome($r), 'factor-failed 0', 'as somebody who is not registered');
is(reason($r), 'cert: not of this user', 'the record knows why');
$t->register($two);
is(outcome(login($two, $t->cert_factor('one', 'login'))), 'factor-failed 0',
   'as somebody who is');
is(outcome(login($one, $t->cert_factor('plain', 'login'))), 'factor-failed 0',
   'with a certificate that was never bound');
$r = login($one, $t->cert_factor('one', 'step-up'));
is(outcome($r), 'factor-failed 0', 'a text for another purpose');
is(reason($r), 'cert: no such challenge', 'is none');

my $factor = $t->cert_factor('one', 'login');
$r = login($one, { %$factor,
    signature => $t->cert_sign('one', 'hpf:login:' . 'A' x 43) });
is(outcome($r), 'factor-failed 0', 'another text');
is(reason($r), 'cert: the signature is not of this key', 'another text: why');
is(outcome(login($one, $factor)), 'factor-failed 0',
   'and the right one comes too late');
is(outcome(login($one, { %{ $t->cert_factor('one', 'login') },
                         challenge_id => 'A' x 22 })), 'factor-failed 0',
   'a challenge that there is not');
is(faults(login($one, { factor => 'cert' })),
   join(' ', map { "/factors/0/$_ required" }
        qw/ challenge_id certificate signature /),
   'what it needs');
is(outcome(login($one, { %{ $t->cert_factor('one', 'login') },
                         certificate => 'no PEM' })), 'factor-failed 0',
   'no certificate');
is(outcome(login($one, { %{ $t->cert_factor('one', 'login') },
                         signature => 'AAA' })), 'factor-failed 0',
   'no base64');

# another authority of the same names

my $others = HPF::Test->new;
$others->ca('sm2');
$others->user_cert('one', $one->{id_no});

my ($cid, $text) = $t->cert_challenge('login');
$r = login($one, {
    factor => 'cert', challenge_id => $cid,
    certificate => $others->read_file('secrets/ca/one.pem'),
    signature => $others->cert_sign('one', $text),
});
is(outcome($r), 'factor-failed 0', 'of another authority with the same name');
like(reason($r), qr/^cert: (?:unable|certificate signature)/, 'is not known');


# whose number it has

$r = bind_to($token, 'other');
is(outcome($r), 'factor-failed 0', "with somebody else's number");
is(reason($r), "cert: another's number", 'and the record knows');
is(outcome(bind_to($token, 'one', 'login')), 'factor-failed 0',
   'a text that was not for binding');
is(bind_to($token, 'plain')->status, 201, 'without a number');

my $strong = $t->enter($two);
$r = bind_to($strong, 'plain');
is(outcome($r), 'factor-failed 0', 'what is bound is bound to one');
is(reason($r), 'cert: of another user', 'whose it is is in the record');
is_deeply(listed($strong), [], 'and is not listed with another');


# one of a hundred

sub login_request {
    my $body = JSON::PP->new->utf8->encode({
        user => { id_no => $one->{id_no} },
        factors => [ $t->cert_factor('one', 'login') ],
    });

    return "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nX-HPF-Channel: app\r\n"
           . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}


my $request = login_request();
my @clients = map { client(8080) } 1 .. 100;

$_->send($request) for @clients;

my %n;
$n{$_->response->status}++ for @clients;
is_deeply(\%n, { 201 => 1, 401 => 99 }, 'a signature is good once');


# clients that leave while a thread is at it

for (1 .. 20) {
    my $left = client(8080);

    $left->send(login_request());
    $left->abort;
}

is(login($one, $t->cert_factor('one', 'login'))->status, 201,
   'clients that leave disturb nobody');


# registration with a certificate

$t->user_cert('three', $three->{id_no});

($sms, $code) = $t->challenge($three->{mobile}, 'register');
$r = $t->call('POST', '/v1/users', body => {
    user_type => 'individual',
    map({ $_ => $three->{$_} } qw/ name id_no mobile /),
    factors => [ { factor => 'sms', challenge_id => $sms, code => $code },
                 { factor => 'id-card' },
                 $t->cert_factor('three', 'register') ],
});
is($r->status, 201, 'registered with it') or diag $r->raw;
is($r->json->{level}, 3, 'level');

$r = login($three, $t->cert_factor('three', 'login'), { factor => 'id-card' });
is($r->json->{level}, 3, 'and logs in with it');


# the end

is(outcome($t->call('DELETE', "/v1/session/certificates/$id",
                    token => $strong)), 'not-found',
   "somebody else's is not there");
is(login($one, $t->cert_factor('one', 'login'))->status, 201, 'and holds');
is($t->call('DELETE', "/v1/session/certificates/$id", token => $token)->status,
   204, 'one is ended');
is(outcome($t->call('DELETE', "/v1/session/certificates/$id",
                    token => $token)), 'not-found', 'once');
is(outcome(login($one, $t->cert_factor('one', 'login'))), 'factor-failed 0',
   'and opens nothing');
is_deeply([ map { $_->{subject} } @{ listed($token) } ], [ 'plain' ],
          'the other one stays');


# nothing of it in logs

unlike($t->log_text . $t->read_file('audit/audit.jsonl'),
       qr/$one->{id_no}|hpf:login:|BEGIN CERT/, 'nothing of it is in logs');

done_testing();
