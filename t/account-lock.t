#!/usr/bin/perl

# An operator locks an account: sessions end everywhere, and whoever tries to
# get another one is told what he would be told of nobody.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(workers => 4, ca => 'ec',
    http => 'hpf_lock off; hpf_password cost=10;');

my $ID = { factor => 'id-card' };
my $password = 'Tr0ubadour&3';
my @WHO = (headers => [ 'X-HPF-Operator' => 'li' ]);
my $why = '%E6%89%8B%E6%9C%BA%E8%A2%AB%E7%9B%97';        # 手机被盗
my ($one, $two) = map { $t->person($_) } 0, 1;
my $unit = $t->unit(0);


sub outcome {
    my ($r) = @_;
    return $r->status < 400 ? $r->status : $r->json->{code};
}


sub lock {
    my ($method, $query, @more) = @_;
    return $t->admin($method, "/admin/v1/locks$query", @more);
}


sub sms {
    my ($mobile, $purpose) = @_;
    my ($id, $code) = $t->challenge($mobile, $purpose);
    return { factor => 'sms', challenge_id => $id, code => $code };
}


sub login {
    my ($user, @factors) = @_;
    return $t->call('POST', '/v1/sessions',
                    body => { user => $user, factors => \@factors });
}


# on all workers

sub everywhere {
    my ($token, @more) = @_;
    my %seen = map {
        outcome($t->call('GET', '/v1/session', token => $token, @more)) => 1
    } 1 .. 16;

    return join ' ', sort keys %seen;
}


# what somebody is told, and nothing that differs by itself

sub told {
    my ($r) = @_;
    my %told = %{ $r->json };

    delete $told{instance};

    return join ' ', $r->status, map { "$_=$told{$_}" } sort keys %told;
}


# somebody with everything: a password, a certificate, a ticket, sessions

$t->register($two);
my $user = do {
    my $r = $t->call('POST', '/v1/users', body => {
        user_type => 'individual',
        map({ $_ => $one->{$_} } qw/ name id_no mobile /),
        factors => [ sms($one->{mobile}, 'register'), $ID,
                     { factor => 'password', password => $password } ] });
    $r->json->{user_id};
};

my $token = $t->enter($one);
my $hall = $t->login($one, channel => 'hall');
my $else = $t->enter($two);

$t->user_cert('one');
my %factor = %{ $t->cert_factor('one', 'bind') };
delete $factor{factor};
is($t->call('POST', '/v1/session/certificates', body => \%factor,
            token => $token)->status, 201, 'a certificate');
my $ticket = $t->call('POST', '/v1/session/tickets', token => $token,
                      body => { channel => 'hall' })->json->{ticket};

is_deeply(lock('GET', "?user=$user")->json,
          { user_id => $user, locked => undef }, 'an account');


# who may do it, and to whom

is(outcome(lock('PUT', "?user=$user&reason=x")), 'bad-request',
   'who does it has to be said');
is(outcome(lock('PUT', "?user=$user$_", @WHO)), 'bad-request',
   "no reason: \"$_\"") for '', '&reason=', '&reason=%0a', '&reason=%ff',
    '&reason=' . 'x' x 201;
is(outcome(lock('PUT', '?reason=x', @WHO)), 'bad-request', 'whom?');
is(outcome(lock('POST', "?user=$user&reason=x", @WHO)), 'method-not-allowed',
   'POST');
is(outcome(lock('PUT', '?user=nobody&reason=x', @WHO)), 'not-found', 'nobody');
is(outcome(lock('GET', '?user=nobody')), 'not-found', 'nobody is seen');
is(outcome(lock('DELETE', "?user=$user", @WHO)), 'not-found', 'no lock yet');
is(everywhere($token), 200, 'nothing has happened');


# locked

is(outcome(lock('PUT', "?user=$user&reason=$why", @WHO)), 204, 'locked');

is(everywhere($token), 'session-expired', 'his session has ended');
is(everywhere($hall, channel => 'hall'), 'session-expired',
   'on every channel');
is(everywhere($else), 200, 'nobody else\'s has');

my $lock = lock('GET', "?user=$user")->json->{locked};
is($lock->{reason}, '手机被盗', 'it is seen why');
is($lock->{by}, 'li', 'by whom');
like($lock->{at}, qr/^\d{4}-\d\d-\d\dT[\d:]+\+08:00$/, 'and since when');


# whatever he comes with, right or wrong: as of somebody who is not there

my $nobody = $t->person(2);

for my $right ($password, 'wrong') {
    my @factors = ({ factor => 'password', password => $right });

    is(told(login({ id_no => $one->{id_no} }, @factors)),
       told(login({ id_no => $nobody->{id_no} }, @factors)),
       "the password \"$right\"");
}

is(told(login({ mobile => $one->{mobile} }, sms($one->{mobile}, 'login'))),
   told(login({ mobile => $nobody->{mobile} },
              sms($nobody->{mobile}, 'login'))), 'a code');
is(told(login({ id_no => $one->{id_no} }, $t->cert_factor('one'))),
   told(login({ id_no => $nobody->{id_no} }, $t->cert_factor('one'))),
   'a certificate');
is(outcome($t->call('POST', '/v1/sessions', channel => 'hall',
                    body => { ticket => $ticket })), 'factor-failed',
   'a ticket');
is(outcome($t->call('POST', '/v1/users', body => {
       user_type => 'individual',
       map({ $_ => $one->{$_} } qw/ name id_no mobile /),
       factors => [ sms($one->{mobile}, 'register'), $ID ] })),
   'factor-failed', 'and he cannot register anew');
is(outcome(login({ id_no => $two->{id_no} }, sms($two->{mobile}, 'login'))),
   201, 'others log in');


# and not any more

is(outcome(lock('DELETE', "?user=$user", @WHO)), 204, 'unlocked');
is(lock('GET', "?user=$user")->json->{locked}, undef, 'it is seen');
is(everywhere($token), 'session-expired', 'what has ended has ended');
is(outcome(login({ id_no => $one->{id_no} },
                 { factor => 'password', password => $password })), 201,
   'he logs in with his password');
is(outcome(login({ mobile => $one->{mobile} }, sms($one->{mobile}, 'login'))),
   201, 'and by a code');


# a unit, with all who act for it

my $r = $t->call('POST', '/v1/users', body => {
    user_type => 'unit', %$unit,
    factors => [ sms($unit->{handler}{mobile}, 'register'), $ID ] });
my $uid = $r->json->{user_id};

$token = login({ uscc => $unit->{uscc} },
               sms($unit->{handler}{mobile}, 'login'))->json->{token};
is(everywhere($token), 200, 'a unit');
is(outcome(lock('PUT', "?user=$uid&reason=x", @WHO)), 204, 'is locked');
is(everywhere($token), 'session-expired', 'its handlers\' sessions end');
is(outcome(login({ uscc => $unit->{uscc} },
                 sms($unit->{handler}{mobile}, 'login'))), 'factor-failed',
   'and they do not log in');


# the record

sub recorded {
    my ($want, $which, @members) = @_;
    my @lines;

    $t->wait_for(sub {
        @lines = map { join ' ', @$_{@members} } grep { $which->($_) }
                 $t->audit;
        return @lines >= @$want;
    });

    return [ sort @lines ];
}

is_deeply(recorded([ 1 .. 3 ], sub {
    ($_[0]{event} || '') =~ /^account-/ && $_[0]{status} == 204
}, qw/ event operator subject /),
          [ sort "account-locked li $user", "account-unlocked li $user",
                 "account-locked li $uid" ], 'the record has it');
ok(scalar(grep { ($_->{event} || '') eq 'account-locked'
                 && $_->{reason} eq '手机被盗' } $t->audit), 'with the reason');
is(scalar @{ recorded([ 1 .. 5 ], sub {
    ($_[0]{reason} || '') eq 'account-locked'
        && $_[0]{outcome} eq 'factor-failed'
}, 'outcome') }, 5, 'and why log-ins have failed');

done_testing();
