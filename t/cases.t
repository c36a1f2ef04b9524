#!/usr/bin/perl

# withdraw-rent from the form to the money: registers are asked, the case is
# durable before the core hears of it, and whatever becomes of an answer the
# core pays once.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(workers => 3);

my @people = map { $t->person($_) } 0 .. 199;


# somebody of the demo, registered and logged in with two factors

sub enter {
    my ($person) = @_;

    $t->register($person);

    my ($id, $code) = $t->challenge($person->{mobile}, 'login');
    my $r = $t->call('POST', '/v1/sessions', body => {
        user => { mobile => $person->{mobile} },
        factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                     { factor => 'id-card' } ],
    });

    return $r->json->{token};
}


sub withdraw {
    my ($person, $token, %o) = @_;
    my $key = delete $o{key};
    my $amount = delete $o{amount} || '100.00';

    return $t->call('POST', '/v1/items/withdraw-rent', token => $token,
        headers => [ $key ? ('Idempotency-Key' => $key) : () ], %o, body => {
            amount => $amount, bank_card => $person->{bank_card}, months => 3,
        });
}


sub paid {
    my ($person) = @_;
    my $r = $t->demo('GET', "/core/applications?id_no=$person->{id_no}");
    my $list = $r->json;
    $list = $list->{applications} if ref $list eq 'HASH';
    return scalar @$list;
}


sub rich { $_[0]{balance} > 5000 }

my @tenants = grep { !$_->{married} && !$_->{owns_house} && rich($_) } @people;
my ($owner) = grep { !$_->{married} && $_->{owns_house} && rich($_) } @people;


# the way that it should go

my $one = shift @tenants;
my $token = enter($one);

my $r = withdraw($one, $token);
is($r->status, 201, 'an application');

my $case = $r->json;
like($case->{case_no}, qr/^\d{20}$/, 'case number');
is($case->{status}, 'approved', 'status');
like($case->{due}, qr/^\d{4}-\d\d-\d\dT23:59:59\+08:00$/, 'due');
is($r->header('Location'), "/v1/cases/$case->{case_no}", 'location');
is($r->header('Cache-Control'), 'no-store', 'is not stored');
is(paid($one), 1, 'paid');

$r = $t->call('GET', "/v1/cases/$case->{case_no}", token => $token);
is($r->status, 200, 'the case');
is($r->json->{item}, 'withdraw-rent', 'item');
is($r->json->{status}, 'approved', 'status');
ok(!$r->json->{overdue}, 'not overdue');
is_deeply([ map { $_->{status} } @{ $r->json->{steps} } ],
          [ qw/ pending-backend approved / ], 'its steps');
is_deeply($r->json->{missing_documents}, [], 'nothing is missing');

$r = $t->call('GET', '/v1/cases', token => $token, channel => 'wechat');
is(scalar @{ $r->json->{cases} }, 1, 'the list, on another channel');
is(scalar @{ $t->call('GET', '/v1/cases?status=rejected', token => $token)
             ->json->{cases} }, 0, 'of another status');
is(scalar @{ $t->call('GET', '/v1/cases?status=%61pproved', token => $token)
   ->json->{cases} }, 1, 'a coded status');
is(scalar @{ $t->call('GET', '/v1/cases?status=approved', token => $token)
             ->json->{cases} }, 1, 'of that status');

my $new = $t->call('POST', '/v1/items/account-query', token => $token,
                   body => {})->json->{result}{balance};
is(sprintf('%.2f', $one->{balance} - $new), '100.00', 'the balance is less');


# somebody else's

my $two = shift @tenants;
my $other = enter($two);

$r = $t->call('GET', "/v1/cases/$case->{case_no}", token => $other);
is($r->json->{code}, 'case-unknown', "somebody else's case");
is($r->status, 404, 'status');
is($t->call('GET', '/v1/cases/20260101000000000000', token => $other)
   ->json->{code}, 'case-unknown', 'no case at all');
is($t->call('GET', '/v1/cases/x', token => $other)->json->{code},
   'case-unknown', 'no case number');
is_deeply($t->call('GET', '/v1/cases', token => $other)->json->{cases}, [],
          'none of his own');


# what the form, the level and the registers say

$r = $t->call('POST', '/v1/items/withdraw-rent', token => $token, body => {
    amount => '1', bank_card => '6222021234567890123', months => 13, x => 1,
});
is(join(' ', sort map { $_->{pointer} } @{ $r->json->{errors} }),
   '/amount /amount /bank_card /months /x', 'every fault of a form');
is(withdraw($one, $token, amount => '0.00')->json->{code}, 'form-invalid',
   'nothing at all');

my $weak = $t->login($one);
$r = withdraw($one, $weak);
is($r->status, 403, 'with one factor');
is($r->json->{code}, 'step-up-required', 'code');
is($r->json->{required_level}, 2, 'level that is needed');
is($r->json->{level}, 1, 'level that there is');
ok((grep { $_ eq 'id-card' } @{ $r->json->{factors} }), 'how to get there');

my $owners = enter($owner);
$r = withdraw($owner, $owners);
is($r->json->{status}, 'rejected', 'somebody who owns a home');
is(paid($owner), 0, 'is not paid');
like($t->call('GET', "/v1/cases/" . $r->json->{case_no}, token => $owners)
     ->json->{steps}[-1]{note}, qr/住房/, 'and is told why');

my ($couple) = grep { $_->{married} && !$_->{owns_house} && rich($_)
    && @{ $t->demo('POST', '/realestate/houses', { id_no =>
          $t->demo('POST', '/civil/marriage', { id_no => $_->{id_no} })
          ->json->{spouse}{id_no} })->json->{houses} } } @people;

if ($couple) {
    is(withdraw($couple, enter($couple))->json->{status}, 'rejected',
       "somebody whose spouse owns a home");

} else {
    fail('there is nobody whose spouse owns a home');
}

is(withdraw($one, $token, amount => '9000000.00')->json->{status}, 'rejected',
   'more than there is');


# idempotency

my $three = shift @tenants;
my $tok = enter($three);

my $first = withdraw($three, $tok, key => 'k-1');
my $again = withdraw($three, $tok, key => 'k-1');
is($again->status, 201, 'the same request again');
is($again->body, $first->body, 'gets the same answer');
is($again->header('Location'), $first->header('Location'), 'and location');
is(paid($three), 1, 'paid once');

is(withdraw($three, $tok, key => '"k-1"')->body, $first->body,
   'the key in quotes is the same key');
is(withdraw($three, $tok, key => '"k-1";a=1')->body, $first->body,
   'also with a parameter');
is(paid($three), 1, 'still paid once');

$r = withdraw($three, $tok, key => 'k-1', amount => '101.00');
is($r->status, 409, 'another request with that key');
is($r->json->{code}, 'idempotency-conflict', 'code');

isnt(withdraw($three, $tok, key => 'k-2')->json->{case_no},
     $first->json->{case_no}, 'another key');
is(paid($three), 2, 'is another application');
isnt(withdraw($two, $other, key => 'k-1')->json->{case_no},
     $first->json->{case_no}, "somebody else's key is another");
is(withdraw($three, $tok, key => 'x' x 300)->status, 400,
   'a key that is too long');


# the same request 20 times at once, on all workers

my $four = shift @tenants;
my $tok4 = enter($four);
my @clients = map { client(8080) } 1 .. 20;
my $body = JSON::PP->new->canonical->encode({ amount => '50.00', months => 1,
               bank_card => $four->{bank_card} });

$_->send("POST /v1/items/withdraw-rent HTTP/1.1\r\nHost: a\r\n"
         . "X-HPF-Channel: app\r\nAuthorization: Bearer $tok4\r\n"
         . "Idempotency-Key: race\r\nContent-Length: " . length($body)
         . "\r\n\r\n$body") for @clients;

my %seen;

for (@clients) {
    my $res = $_->response;
    $seen{ $res->status == 201 ? $res->json->{case_no} : $res->status }++;
}

delete @seen{qw/ 409 429 /};
is(keys %seen, 1, 'one case') or diag(join ' ', %seen);
is(paid($four), 1, 'paid once');


# the core does the work and loses the answer

my $five = shift @tenants;
my $tok5 = enter($five);

$t->demo('POST', '/_control', { target => '/core/applications', mode => 'lose',
                                count => 1 });
$r = withdraw($five, $tok5, key => 'lost');
is($r->status, 201, 'an answer that got lost');
is($r->json->{status}, 'pending-backend', 'leaves the case open');
is(paid($five), 1, 'the core has paid');

my $no = $r->json->{case_no};

is(withdraw($five, $tok5, key => 'lost')->json->{case_no}, $no,
   'the same request again is the same case');
is($t->call('GET', "/v1/cases/$no", token => $tok5)->json->{status},
   'approved', 'a look at the case asks the core');
is(paid($five), 1, 'which does not pay twice');


# the core fails before it has done anything

my $six = shift @tenants;
my $tok6 = enter($six);

$t->demo('POST', '/_control', { target => '/core/applications', mode => 'fail',
                                status => 503, count => 1 });
$r = withdraw($six, $tok6);
is($r->json->{status}, 'pending-backend', 'a core that fails');
is(paid($six), 0, 'has not paid');
is($t->call('GET', '/v1/cases/' . $r->json->{case_no}, token => $tok6)
   ->json->{status}, 'approved', 'a look at the case asks again');
is(paid($six), 1, 'and it has paid once');

$t->demo('POST', '/_control', { target => '/civil', mode => 'fail',
                                status => 500, count => 1 });
$r = withdraw($six, $tok6);
is($r->json->{code}, 'backend-unavailable', 'a register that fails');
is($r->json->{backend}, 'civil', 'which');
is($r->status, 502, 'status');
is(paid($six), 1, 'nothing was asked of the core');


# cases are kept, and say nothing to those who only look into Redis

my $dump = join ' ', map { my $k = $_; map { ref $_ ? @$_ : $_ }
    $t->redis('TYPE', $k) eq 'hash' ? $t->redis('HGETALL', $k) : () }
    @{ $t->redis('KEYS', 'hpf:*case*') };
ok(length $dump > 500, 'cases are in Redis');
unlike($dump, qr/$one->{id_no}|$one->{bank_card}|$five->{id_no}/,
       'without a number in clear');

$t->stop;
$t->run->wait_ready;
is($t->call('GET', "/v1/cases/$no", token => $tok5)->json->{status},
   'approved', 'after a restart');

# a plugin that fails when it has opened a case: the user learns of the case

$t->write_file('new/half/manifest.json', JSON::PP->new->encode({
    id => 'half', version => '1.0.0', language => 'lua', name => 'half',
    mode => 'application', users => [ 'individual' ], level => 1,
    channels => [ '*' ],
}));
$t->write_file('new/half/half.lua', <<'EOL');
return { handle = function()
    hpf.case.open("received")
    error("and no further")
end }
EOL
rename $t->path('new/half'), $t->path('plugins/half') or die "rename: $!";

$t->wait_for(sub { $t->call('GET', '/v1/items/half')->status == 200 });

$r = $t->call('POST', '/v1/items/half', token => $tok6, body => {});
is($r->json->{code}, 'plugin-failed', 'a plugin fails with a case');
is($t->call('GET', '/v1/cases/' . ($r->json->{case_no} // 'none'),
            token => $tok6)->json->{status}, 'received', 'which is named');

done_testing();
