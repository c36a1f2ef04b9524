#!/usr/bin/perl

# A user changes his mobile number, and goes.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(workers => 2, ca => 'ec', http => <<'EOF');
    hpf_password cost=10;
    hpf_session cache=off;
EOF

my @people = map { $t->person($_) } 0 .. 9;
my $n = 0;


sub another { return sprintf '139%08d', $n++ }


sub outcome {
    my ($r) = @_;
    return $r->status if $r->status < 400;
    return $r->json->{code} if $r->status != 422;
    return join ' ', map { "$_->{pointer} $_->{rule}" } @{ $r->json->{errors} };
}


sub login {
    my ($user, $mobile, @more) = @_;
    my ($id, $code) = $t->challenge($mobile, 'login');

    return $t->call('POST', '/v1/sessions', body => {
        user => $user,
        factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                     @more ],
    });
}


sub move {
    my ($token, $mobile, $purpose) = @_;
    my ($id, $code) = $t->challenge($mobile, $purpose || 'mobile');

    return $t->call('PUT', '/v1/session/mobile', token => $token, body => {
        mobile => $mobile,
        factors => [ { factor => 'sms', challenge_id => $id,
                       code => $code } ],
    });
}


sub alive {
    my ($token) = @_;
    my %seen = map { outcome($t->call('GET', '/v1/session',
                                      token => $token)) => 1 } 1 .. 8;
    return join ' ', sort keys %seen;
}


sub leave { $t->call('DELETE', '/v1/session/user', token => $_[0]) }


sub told {
    my ($mobile) = @_;
    return join ' ', map { $_->{template} }
           grep { $_->{mobile} eq $mobile && !defined $_->{code} } $t->outbox;
}


my $ID = { factor => 'id-card' };
my $one = $people[0];
my $token = $t->enter($one);
my $other = $t->enter($one);
my $weak = $t->login($one);
my $new = another();


# another mobile

is(outcome(move($weak, $new)), 'step-up-required', 'level 1 is too low');
is(outcome(move($token, $new, 'login')), 'factor-failed',
   'a code for something else');
is(outcome($t->call('PUT', '/v1/session/mobile', token => $token,
                    body => { mobile => $new, factors => [ $ID ] })),
   '/factors contains', 'without a code');

my ($id, $code) = $t->challenge($one->{mobile}, 'mobile');
is(outcome($t->call('PUT', '/v1/session/mobile', token => $token, body => {
       mobile => $new, factors => [ { factor => 'sms',
       challenge_id => $id, code => $code } ] })), 'factor-failed',
   'a code of the old number');
is(alive($other), '200', 'nothing has happened');

my $r = move($token, $new);
is(outcome($r), 200, 'changed');
is($r->json->{mobile}, '139****0000', 'it is masked');
like($r->json->{device}, qr/^[\w-]{43}$/, 'this device is known');

is(alive($token), '200', 'this session goes on');
is(alive($other), 'session-expired', 'another has ended');
is(told($one->{mobile}), 'mobile-changed', 'the old number is told');

is(outcome(login({ mobile => $new }, $new)), 201, 'log-in with the new one');
is(outcome(login({ id_no => $one->{id_no} }, $new)), 201, 'by ID number, too');
is(outcome(login({ mobile => $one->{mobile} }, $one->{mobile})),
   'factor-failed', 'not with the old one');
is(outcome(login({ id_no => $one->{id_no} }, $one->{mobile})),
   'factor-failed', 'nor by ID number');

is(outcome(move($token, $new)), 200, 'the same once more');
is(outcome(login({ mobile => $new }, $new)), 201, 'changes nothing');


# the number was somebody else's meanwhile

my $two = $people[1];
my $user2 = $t->register({ %$two, mobile => $one->{mobile} })
            ->json->{user_id};
is(login({ mobile => $one->{mobile} }, $one->{mobile})
   ->json->{user}{user_id}, $user2, 'the old number has another owner');
$new = another();
is(outcome(move($token, $new)), 200, 'who is not touched by');
is(outcome(login({ mobile => $one->{mobile} }, $one->{mobile})), 201,
   'a change of the one before');


# the message cannot be sent

$t->demo('POST', '/_control', { target => '/sms', mode => 'fail',
                                status => 500, match => 'mobile-changed' });
$new = another();
is(outcome(move($token, $new)), 200, 'the change stands all the same');
$t->demo('DELETE', '/_control');


# a handler of a unit has his own

my $unit = $t->unit(0);
($id, $code) = $t->challenge($unit->{handler}{mobile}, 'register');
$t->call('POST', '/v1/users', body => {
    user_type => 'unit', %$unit,
    factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                 $ID ],
});
my $admin = login({ uscc => $unit->{uscc} }, $unit->{handler}{mobile}, $ID)
            ->json->{token};
my $third = $people[2];
($id, $code) = $t->challenge($third->{mobile}, 'handler');
is(outcome($t->call('POST', '/v1/session/handlers', token => $admin, body => {
       map({ $_ => $third->{$_} } qw/ name id_no mobile /),
       factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                    $ID ] })), 201, 'a unit with two handlers');

is(outcome(move($admin, $third->{mobile})), '/mobile unique',
   "another handler's number");
my $his = another();
is(outcome(move($admin, $his)), 200, 'one of his own');
is(outcome(login({ uscc => $unit->{uscc} }, $his)), 201, 'is his now');
is(outcome(login({ uscc => $unit->{uscc} }, $unit->{handler}{mobile})),
   'factor-failed', 'the old one is nobody\'s');
is(outcome(login({ uscc => $unit->{uscc} }, $third->{mobile})), 201,
   'the other handler has his');


# the end

$weak = login({ mobile => $new }, $new)->json->{token};
is(outcome(leave($weak)), 'step-up-required', 'level 1 does not close it');
$other = login({ mobile => $new }, $new, $ID)->json->{token};

$t->redis('HSET', $_, 'factors',
          $t->redis('HGET', $_, 'factors') =~ s/=\d+/=1000/gr)
    for @{ $t->redis('KEYS', 'hpf:{s:*}') };
is(outcome(leave($other)), 'step-up-required', 'nor an old session');

$token = login({ mobile => $new }, $new, $ID);
my $user = $token->json->{user}{user_id};
$token = $token->json->{token};

$t->user_cert('one', $one->{id_no});
my %cert = %{ $t->cert_factor('one', 'bind') };
delete $cert{factor};
is(outcome($t->call('POST', '/v1/session/certificates', token => $token,
                    body => \%cert)), 201, 'he has a certificate');

is(outcome(leave($token)), 204, 'a new one does');
is(alive($_), 'session-expired', 'sessions have ended')
    for $token, $other, $weak;
is(told($new), 'user-closed', 'he is told');
is(outcome(login({ mobile => $new }, $new)), 'factor-failed', 'no log-in');
is(outcome(login({ id_no => $one->{id_no} }, $new)), 'factor-failed',
   'by nothing');
is_deeply($t->redis('KEYS', "hpf:{u:$user}:*"), [], 'nothing is kept');

$r = $t->register({ %$one, mobile => $new });
is(outcome($r), 201, 'he may register again');
isnt($r->json->{user_id}, $user, 'as another user');

%cert = %{ $t->cert_factor('one', 'bind') };
delete $cert{factor};
is(outcome($t->call('POST', '/v1/session/certificates',
       token => login({ mobile => $new }, $new, $ID)->json->{token},
       body => \%cert)), 201, 'with his certificate');


# a log-in that was under way

my $last = $people[4];
$token = $t->enter($last);
($id, $code) = $t->challenge($last->{mobile}, 'login');
$t->demo('POST', '/_hold', { target => '/police' });
my $body = JSON::PP->new->encode({
    user => { mobile => $last->{mobile} },
    factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                 $ID ],
});
my $c = client(8080);
$c->send("POST /v1/sessions HTTP/1.1\r\nHost: a\r\nX-HPF-Channel: app\r\n"
         . 'Content-Length: ' . length($body) . "\r\n\r\n$body");
$t->demo('GET', '/_held?target=/police&n=1');
is(outcome(leave($token)), 204, 'he goes');
$t->demo('POST', '/_release', { target => '/police' });
is(outcome($c->response), 'factor-failed', 'and makes no session');


# a unit

$third = login({ uscc => $unit->{uscc} }, $third->{mobile}, $ID)
         ->json->{token};
is(outcome(leave($third)), 'handler-refused', 'a handler does not close it');
$admin = login({ uscc => $unit->{uscc} }, $his, $ID)->json;
is(outcome(leave($admin->{token})), 204, 'its administrator does');
is(alive($third), 'session-expired', "and all handlers' sessions have ended");
is_deeply($t->redis('KEYS', "hpf:{u:$admin->{user}{user_id}}:*"), [],
          'nothing is kept');

done_testing();
