#!/usr/bin/perl

# Back ends that are down, slow, answer rubbish, hang up or lose their answer:
# a problem that names them, nothing else suffers, and whatever becomes of a
# submission the core pays once.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/ time /;

use HPF::Test;

my $t = HPF::Test->new->gateway(workers => 2, start => 0);

# a back end need not be waited for so long here

my $conf = $t->read_file('conf/backends.conf');
$conf =~ s/(proxy_read_timeout) 5s/$1 1500ms/ or die 'no time-out to shorten';
$t->write_file('conf/backends.conf', $conf);

$t->run->wait_ready;

my @tenants = grep { !$_->{married} && !$_->{owns_house}
                     && $_->{balance} > 5000 }
              map { $t->person($_) } 0 .. 199;


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


sub body {
    my ($person) = @_;
    return { amount => '100.00', bank_card => $person->{bank_card},
             months => 3 };
}


sub withdraw {
    my ($person, $token, $key) = @_;
    return $t->call('POST', '/v1/items/withdraw-rent', token => $token,
        headers => [ $key ? ('Idempotency-Key' => $key) : () ],
        body => body($person));
}


sub status {
    my ($no, $token) = @_;
    return $t->call('GET', "/v1/cases/$no", token => $token)->json->{status};
}


# how often the core has paid, by its applications and by its accounts

sub paid {
    my ($person) = @_;
    my $id = $person->{id_no};

    my $list = $t->demo('GET', "/core/applications?id_no=$id")->json;
    my $account = $t->demo('GET', "/core/account?id_no=$id")->json;
    my $n = @{ $list->{applications} };

    my $gone = sprintf '%.2f', $person->{balance} - $account->{balance};
    return $gone == 100 * $n ? $n : "$n applications and $gone yuan";
}


sub control {
    my ($target, $mode, %o) = @_;
    my $r = $t->demo('POST', '/_control',
                     { target => $target, mode => $mode, %o });
    die $r->raw unless $r->status < 300;
}


sub calm { $t->demo('DELETE', '/_control') }


# "STATUS CODE BACKEND"

sub problem {
    my ($r) = @_;
    return $r->raw unless $r->code;
    return join ' ', grep { defined } $r->status,
                     @{ $r->json }{qw/ code backend /};
}


my $one = shift @tenants;
my $token = enter($one);

sub query { $t->call('POST', '/v1/items/account-query', token => $token,
                     body => {}) }
sub details { $t->call('POST', '/v1/items/account-details', token => $token,
                       body => {}) }


# queries, by an item in C and one in Lua

my @bad = (
    [ fail => 502, status => 500 ], [ fail => 502, status => 503 ],
    [ fail => 502, status => 418 ], [ close => 502 ], [ lose => 502 ],
    [ garbage => 502 ], [ slow => 504, ms => 5000 ],
);

for (@bad) {
    my ($mode, $status, %o) = @$_;
    my $name = join ' ', $mode, $o{status} // ();

    control('/core', $mode, %o);

    is(problem(query()), "$status backend-unavailable core",
       "a core in mode $name");
    is(problem(details()), "$status backend-unavailable core",
       "a core in mode $name, from Lua");

    calm();
}

is(query()->status, 200, 'back to normal');
is(details()->status, 200, 'from Lua too');

control('/core', 'fail', status => 404);
is(problem(query()), '404 not-found', 'a core that knows nobody');
calm();


# the case is opened, and the core does what it wants

sub unknown {
    my ($mode, $before, %o) = @_;
    my $person = shift @tenants;
    my $tok = enter($person);
    my $name = join ' ', $mode, $o{status} // ();

    control('/core/applications', $mode, %o);

    my $r = withdraw($person, $tok, 'key');
    is($r->status, 201, "$name: an application");
    is($r->json->{status}, 'pending-backend', "$name: is not decided");

    my $no = $r->json->{case_no};

    is(status($no, $tok), 'pending-backend', "$name: as long as that lasts")
        if $mode ne 'lose';
    is(withdraw($person, $tok, 'key')->json->{case_no}, $no,
       "$name: the request again");

    calm();
    is(paid($person), $before, "$name: paid by then") if $mode ne 'lose';

    # two looks on each worker, at the same time

    my @clients = map { client(8080) } 1 .. 4;
    $_->send("GET /v1/cases/$no HTTP/1.1\r\nHost: a\r\nX-HPF-Channel: app\r\n"
             . "Authorization: Bearer $tok\r\n\r\n") for @clients;
    my @seen = map { $_->response->status } @clients;

    is("@seen", '200 200 200 200', "$name: looks at the case");

    $r = $t->call('GET', "/v1/cases/$no", token => $tok);
    is($r->json->{status}, 'approved', "$name: approved in the end");
    is(scalar(grep { $_->{status} eq 'approved' } @{ $r->json->{steps} }), 1,
       "$name: in one step");
    is(paid($person), 1, "$name: paid once");
    is(withdraw($person, $tok, 'key')->json->{case_no}, $no,
       "$name: and the request once more");
    is(paid($person), 1, "$name: pays nothing more");
}

unknown('lose', 1);
unknown('slow', 1, ms => 5000);
unknown('close', 0);
unknown('garbage', 0);
unknown('fail', 0, status => 500);
unknown('fail', 0, status => 503);
unknown('fail', 0, status => 429);


# a core that refuses: decided, and nothing to ask for again

my $two = shift @tenants;
my $tok = enter($two);

control('/core/applications', 'fail', status => 422);
is(withdraw($two, $tok)->json->{status}, 'rejected', 'a core that refuses');
calm();
is(paid($two), 0, 'has not paid');


# requests with the same key that come while the first one is under way

$t->demo('POST', '/_hold', { target => '/core/applications' });

my @same = map { client(8080) } 1 .. 6;
my $json = JSON::PP->new->canonical->encode(body($two));
my $request = "POST /v1/items/withdraw-rent HTTP/1.1\r\nHost: a\r\n"
              . "X-HPF-Channel: app\r\nAuthorization: Bearer $tok\r\n"
              . "Idempotency-Key: same\r\nContent-Length: " . length($json)
              . "\r\n\r\n$json";

$same[0]->send($request);
is($t->demo('GET', '/_held?n=1')->json->{held}, 1, 'an application is held');
$_->send($request) for @same[1 .. 5];

is($t->call('GET', '/v1/session', token => $tok)->status, 200,
   'other requests do not wait');
is(query()->status, 200, 'not even for the same back end');

# with the time-out of a back end that is shorter than that of the core

$t->demo('POST', '/_release', { target => '/core/applications' });

my %cases;
$cases{ $_->response->json->{case_no} // 'none' }++ for @same;
is_deeply([ values %cases ], [ 6 ], 'all have the same case') or diag(%cases);
is(status(keys %cases, $tok), 'approved', 'approved');
is(paid($two), 1, 'paid once');


# a core that dies with an application in its hands

my $three = shift @tenants;
$tok = enter($three);

$t->demo('POST', '/_hold', { target => '/core/applications' });

my $c = client(8080);
$c->send($request =~ s/Bearer \S+/Bearer $tok/r);
is($t->demo('GET', '/_held?n=1')->json->{held}, 1, 'an application is held');

$t->kill_demo;

my $r = $c->response;
is($r->status, 201, 'a core that dies');
is($r->json->{status}, 'pending-backend', 'is not known to have paid');
my $no = $r->json->{case_no};


# nobody is there

is(status($no, $tok), 'pending-backend', 'a case cannot go on without core');
is(problem(query()), '502 backend-unavailable core', 'no core');
is(problem(details()), '502 backend-unavailable core', 'no core, from Lua');
like(problem(withdraw($three, $tok)),
     qr/^502 backend-unavailable (civil|realestate)$/, 'no registers');
is($t->call('GET', '/v1/items')->status, 200, 'what needs none works');

my $four = shift @tenants;

is(problem($t->call('POST', '/v1/challenges', body =>
    { factor => 'sms', mobile => $four->{mobile}, purpose => 'register' })),
   '502 backend-unavailable sms', 'no messages');
is($t->admin('GET', '/readyz')->status, 200, 'the gateway is ready');

like($t->log_text, qr{ upstream: "[^"]+/account\?id_no=\d+\*+},
     'what could not be asked is in the error log');
unlike($t->log_text, qr/\b\d{17}[\dX]\b/, 'and nobody\'s ID card number');

$t->start_demo;

is(status($no, $tok), 'approved', 'the case goes on when it is back');
is(paid($three), 1, 'paid once');
is(query()->status, 200, 'a query too');

is(scalar(grep { $_->{mobile} eq $four->{mobile} } $t->outbox), 0,
   'no message was sent');
my ($id, $code) = $t->challenge($four->{mobile}, 'register', resend => 1);
ok($id, 'and the next one need not wait');


# messages

for (@bad) {
    my ($mode, $status, %o) = @$_;
    my $mobile = (shift @tenants)->{mobile};
    my $name = join ' ', $mode, $o{status} // ();

    next if $mode eq 'garbage';     # what is in the answer matters to nobody

    control('/sms', $mode, %o);

    is(problem($t->call('POST', '/v1/challenges', body =>
        { factor => 'sms', mobile => $mobile, purpose => 'login' })),
       "$status backend-unavailable sms", "messages in mode $name");

    calm();

    my ($id) = $t->challenge($mobile, 'login', resend => 1);
    ok($id, 'can be asked for again at once');
}


# the police, at the registration and at the log-in

sub users { scalar @{ $t->redis('KEYS', 'hpf:{u:*}:profile') } }

my $users = users();

for (@bad) {
    my ($mode, $status, %o) = @$_;
    my $name = join ' ', $mode, $o{status} // ();

    control('/police', $mode, %o);
    is(problem($t->register($four)), "$status backend-unavailable police",
       "a registration with the police in mode $name");
    calm();
}

is(users(), $users, 'nobody was registered');
is($t->register($four)->status, 201, 'until they are back');

for (@bad) {
    my ($mode, $status, %o) = @$_;
    my $name = join ' ', $mode, $o{status} // ();
    my ($id, $code) = $t->challenge($four->{mobile}, 'login');

    control('/police', $mode, %o);
    is(problem($t->call('POST', '/v1/sessions', body => {
        user => { mobile => $four->{mobile} },
        factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                     { factor => 'id-card' } ],
    })), "$status backend-unavailable police",
       "a log-in with the police in mode $name");
    calm();
}


# the registers that a withdrawal asks: nothing is decided without them

my $five = shift @tenants;
$tok = enter($five);

for (@bad) {
    my ($mode, $status, %o) = @$_;
    my $name = join ' ', $mode, $o{status} // ();

    for my $register (qw/ civil realestate /) {
        control("/$register", $mode, %o);
        is(problem(withdraw($five, $tok, "$name $register" =~ tr/ /-/r)),
           "$status backend-unavailable $register", "$register in mode $name");
        calm();
    }

    # so many in a minute are too many for one

    $tok = enter($five = shift @tenants) if $mode ne 'slow';
}

is_deeply($t->call('GET', '/v1/cases', token => $tok)->json->{cases}, [],
          'no case was made');
is(withdraw($five, $tok, 'slow-civil')->json->{status}, 'approved',
   'a key that led to a problem can be used again');
is(paid($five), 1, 'paid once');


# an answer of another shape than was agreed is the back end's fault as well

my @six = map { [ $_, enter($_) ] } splice @tenants, 0, 2;

$t->start_backend(8090, sub {
    my $shape = $t->read_file('shape');
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
           . 'Content-Length: ' . length($shape) . "\r\n\r\n$shape";
});

my $other = '127.0.0.1:' . port(8090);

$t->write_file('conf/backends.conf', $conf =~ s{//demo(?=/)}{//$other}gr);
$t->reload(wait_old => 1);

for my $shape ('[]', '{}', '1', '"x"', 'null', '', '{"items":1}',
               '{"houses":1,"married":1,"spouse":1,"items":[1,{}]}',
               '{"houses":[],"married":true,"spouse":{"id_no":5}}', '[' x 5000)
{
    my $name = substr $shape, 0, 50;

    $t->write_file('shape', $shape);

    @six = reverse @six;

    is(problem(query()), '502 backend-unavailable core',
       "the shape $name of an account");

    for my $r (details(), withdraw(@{ $six[0] })) {
        ok($r->status < 300 || $r->code eq 'backend-unavailable',
           "the shape $name") or diag($r->raw);
    }
}

done_testing();
