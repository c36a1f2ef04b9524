#!/usr/bin/perl

# Somebody has registered with the ID number of another person, by nothing but
# a code to his own mobile.  Whose number it is gets it back by proving more,
# and nothing of the other one is left in the account.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(
    workers => 2, ca => 'ec',
    http => 'hpf_lock off; hpf_password cost=10; hpf_session cache=5m;');

my $ID = { factor => 'id-card' };
my $password = 'Tr0ubadour&3';
my @others = map { "1390000000$_" } 0 .. 3;


sub outcome {
    my ($r) = @_;
    return $r->status < 400 ? $r->status : $r->json->{code};
}


sub sms {
    my ($mobile, $purpose) = @_;
    my ($id, $code) = $t->challenge($mobile, $purpose);
    return { factor => 'sms', challenge_id => $id, code => $code };
}


sub face { return { factor => 'face', capture => "face:$_[0]{id_no}" } }


sub bank_card {
    my ($person) = @_;
    return { factor => 'bank-card', card_no => $person->{bank_card},
             mobile => $person->{mobile} };
}


sub register {
    my ($person, $mobile, @factors) = @_;

    return $t->call('POST', '/v1/users', body => {
        user_type => 'individual', mobile => $mobile,
        map({ $_ => $person->{$_} } qw/ name id_no /),
        factors => [ sms($mobile, 'register'), @factors ],
    });
}


sub login {
    my ($user, @factors) = @_;
    return $t->call('POST', '/v1/sessions',
                    body => { user => $user, factors => \@factors });
}


sub state {
    my ($token) = @_;
    return outcome($t->call('GET', '/v1/session', token => $token));
}


sub event {
    my ($r) = @_;
    my $id = $r->header('X-Request-Id');
    my $line;

    $t->wait_for(sub { ($line) = grep { ($_->{id} || '') eq $id } $t->audit });

    return $line;
}


# Somebody knows the number, and makes himself at home.

my ($one, $two, $three, $four) = map { $t->person($_) } 0 .. 3;
my $mine = $one->{mobile};
my $his = shift @others;

$t->user_cert('his');

my $r = register({ %$one, name => '不知道' }, $his, $t->cert_factor('his',
                                                                  'register'),
                 { factor => 'password', password => $password });
is(outcome($r), 201, 'a number that is somebody else\'s');
my $user = $r->json->{user_id};

my $session = login({ mobile => $his }, sms($his, 'login'))->json->{token};
is(state($session), 200, 'he has a session');
is(outcome(login({ id_no => $one->{id_no} },
                 { factor => 'password', password => $password })), 201,
   'a password');
is(outcome(login({ id_no => $one->{id_no} }, $t->cert_factor('his'))), 201,
   'and a certificate');


# what is not enough

is(outcome(register($one, $mine)), 'factor-failed', 'a code is not enough');
$r = register($one, $mine, $ID);
is(outcome($r), 'factor-failed', 'nor what others know');
is(event($r)->{reason}, 'other-mobile', 'as the record says');
is(outcome(register($one, $mine, face($two))), 'factor-failed',
   'nor somebody else\'s face');

$t->user_cert('nameless');
$t->user_cert('foreign', $two->{id_no});
is(outcome(register($one, $mine, $ID, $t->cert_factor($_, 'register'))),
   'factor-failed', "nor a certificate that is $_")
    for qw/ nameless foreign /;
is(state($session), 200, 'nothing has changed');


# whose it is

$r = register($one, $mine, face($one));
is(outcome($r), 201, 'a face is');
is($r->json->{user_id}, $user, 'there is one user for a number');
is($r->json->{level}, 3, 'of that level');

my $line = event($r);
is($line->{event}, 'registration-taken-back', 'the record tells');
is($line->{subject}, $user, 'of whom');

ok($t->wait_for(sub { grep { $_->{mobile} eq $his
                             && $_->{template} eq 'registration-taken-back' }
                      $t->outbox }), 'the other one is told');


# nothing of him is left

is(state($session), 'session-expired', 'his session has ended');
is(outcome(login({ mobile => $his }, sms($his, 'login'))), 'factor-failed',
   'his mobile leads nowhere');
is(outcome(login({ id_no => $one->{id_no} }, sms($his, 'login'))),
   'factor-failed', 'and his codes open nothing');
is(outcome(login({ id_no => $one->{id_no} },
                 { factor => 'password', password => $password })),
   'factor-failed', 'nor does his password');
is(outcome(login({ id_no => $one->{id_no} }, $t->cert_factor('his'))),
   'factor-failed', 'nor his certificate');
is_deeply($t->redis('KEYS', 'hpf:{x:*}'), [], 'which is nobody\'s');

$r = login({ id_no => $one->{id_no} }, sms($mine, 'login'), $ID);
is(outcome($r), 201, 'his owner logs in');
like($r->json->{user}{name}, qr/^\Q@{[ substr $one->{name}, 0, 1 ]}\E/,
     'under his name');

my $token = $r->json->{token};


# and it is not taken from him

is(outcome(register($one, $his, $ID)), 'factor-failed', 'not by a name');
is(outcome(register($one, $his, face($one))), 'factor-failed',
   'nor by what he has taken it with');
is(state($token), 200, 'his session goes on');


# by other proofs, with a password of his own

$his = shift @others;
register($two, $his, { factor => 'password', password => $password });
$r = register($two, $two->{mobile}, bank_card($two),
              { factor => 'password', password => "$password-own" });
is(outcome($r), 201, 'a bank card');
is(outcome(login({ id_no => $two->{id_no} },
                 { factor => 'password', password => "$password$_->[0]" })),
   $_->[1], "the password$_->[0]") for [ '', 'factor-failed' ], [ '-own', 201 ];

$his = shift @others;
register($three, $his);
$t->user_cert('own', $three->{id_no});
is(outcome(register($three, $three->{mobile}, $ID,
                    $t->cert_factor('own', 'register'))), 201,
   'a certificate with his number');
is(outcome(login({ id_no => $three->{id_no} }, $t->cert_factor('own'))), 201,
   'is his from then on');


# a centre whose level 2 asks for more

$t->gateway_conf(workers => 2, ca => 'ec', http =>
    'hpf_lock off; hpf_password cost=10; hpf_level_rule 2 face+any;');
$t->reload(wait_old => 1);
$t->wait_ready;

$his = shift @others;
register($four, $his);
is(outcome(register($four, $four->{mobile}, bank_card($four))),
   'factor-failed', 'a bank card is not enough there');
is(outcome(register($four, $four->{mobile}, face($four))), 201,
   'a face is');

done_testing();
