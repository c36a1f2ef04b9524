#!/usr/bin/perl

# A session that a certificate has helped to make ends with it: when the
# certificate is over, and when a list names it, in whatever session it has
# gone on.

use warnings;
use strict;
use utf8;

use POSIX qw/ strftime /;
use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(
    workers => 2, ca => 'ec', http => 'hpf_lock off; hpf_session cache=1s;');

my ($one, $two) = map { $t->person($_) } 0, 1;
my $ID = { factor => 'id-card' };


sub outcome {
    my ($r) = @_;
    return $r->status < 400 ? $r->status : $r->json->{code};
}


sub login {
    my ($person, @factors) = @_;
    my $r = $t->call('POST', '/v1/sessions', body => {
        user => { id_no => $person->{id_no} }, factors => \@factors,
    });

    return $r->json->{token} || die outcome($r) . "\n";
}


sub step_up {
    my ($token, @factors) = @_;
    my $r = $t->call('POST', '/v1/session/factors', token => $token,
                     body => { factors => \@factors });

    return $r->json->{token} || die outcome($r) . "\n";
}


sub sms {
    my ($person, $purpose) = @_;
    my ($id, $code) = $t->challenge($person->{mobile}, $purpose);
    return { factor => 'sms', challenge_id => $id, code => $code };
}


# to another channel and its session there

sub ticket {
    my ($token) = @_;
    my $r = $t->call('POST', '/v1/session/tickets', token => $token,
                     body => { channel => 'hall' });
    $r = $t->call('POST', '/v1/sessions', channel => 'hall',
                  body => { ticket => $r->json->{ticket} });

    return $r->json->{token} || die outcome($r) . "\n";
}


# The one session of a user: how long will it live at most?

sub lives {
    my ($uid) = @_;
    my ($key) = grep { ($t->redis('HGET', $_, 'uid') || '') eq $uid }
                @{ $t->redis('KEYS', 'hpf:{s:*}') };

    return $t->redis('HGET', $key, 'ends') - time;
}


sub end_all {
    my ($token) = @_;
    $t->call('DELETE', '/v1/session/all', token => $token);
}


sub state {
    my ($token, @more) = @_;
    return outcome($t->call('GET', '/v1/session', token => $token, @more));
}


# a certificate that will be over soon

sub over_in {
    my ($name, $s) = @_;

    local $ENV{HPF_CA_UNTIL} = strftime('%Y%m%d%H%M%SZ', gmtime(time + $s));
    $t->user_cert($name);
}


sub bind_to {
    my ($token, $name) = @_;
    my %factor = %{ $t->cert_factor($name, 'bind') };
    delete $factor{factor};

    return outcome($t->call('POST', '/v1/session/certificates',
                            token => $token, body => \%factor));
}


my $uid = $t->register($one)->json->{user_id};
my $token = $t->enter($one);

over_in('short', 3600);
$t->user_cert($_) for qw/ long one two /;
is(bind_to($token, $_), 201, "\"$_\" is bound") for qw/ short long /;
cmp_ok(lives($uid), '>', 28000, 'without one a session has its eight hours');
end_all($token);

$token = login($one, $t->cert_factor('long'), $ID);
cmp_ok(lives($uid), '>', 28000, 'and so with one that holds longer');
end_all($token);


# it is over

$token = login($one, $t->cert_factor('short'), $ID);
cmp_ok(lives($uid), '<=', 3600, 'a session does not outlive its certificate');
$token = step_up($token, sms($one, 'step-up'));
cmp_ok(lives($uid), '<=', 3600, 'nor does one that it is stepped up to');
$token = step_up($token, $t->cert_factor('long', 'step-up'));
cmp_ok(lives($uid), '>', 28000, 'unless by a certificate that holds longer');
end_all($token);

$token = $t->enter($one);
over_in('seconds', 25);
is(bind_to($token, 'seconds'), 201, '"seconds" is bound');
$token = step_up($token, $t->cert_factor('seconds', 'step-up'));
is($t->call('GET', '/v1/session', token => $token)->json->{level}, 3,
   'a step-up by one for some seconds');
my $there = ticket($token);
ok($t->wait_for(sub { state($token) eq 'session-expired' }, 40),
   'ends after these');
is(state($there, channel => 'hall'), 'session-expired',
   'also where a ticket has led to');


# a list names it

$t->register($two);
is(bind_to($t->enter($one), 'one'), 201, '"one" is bound');
is(bind_to($t->enter($two), 'two'), 201, 'and "two"');

my %session = (
    plain => login($one, sms($one, 'login')),
    made => login($one, $t->cert_factor('one'), $ID),
    'stepped up' => step_up(login($one, $t->cert_factor('long'), $ID),
                            $t->cert_factor('one', 'step-up')),
    'stepped up again' => step_up(login($one, $t->cert_factor('one'), $ID),
                                  sms($one, 'step-up')),
    other => login($two, $t->cert_factor('two'), $ID),
);
my $hall = ticket($session{made});

is(join(' ', map { state($_) } values %session), '200 200 200 200 200',
   'sessions with and without it');

$t->demo_ca('revoke', 'one');

for my $name ('made', 'stepped up', 'stepped up again') {
    ok($t->wait_for(sub { state($session{$name}) eq 'session-expired' }),
       "revoked: the session that was $name ends");
}

ok($t->wait_for(sub { state($hall, channel => 'hall') eq 'session-expired' },
                20), 'and the one that a ticket has led to');
is(state($session{$_}), 200, "the $_ one goes on") for qw/ plain other /;

ok($t->wait_for(sub {
    grep { ($_->{reason} || '') eq 'certificate-revoked' } $t->audit
}), 'the record has the reason');
is(scalar(grep { $t->redis('HGET', $_, 'cert') }
          @{ $t->redis('KEYS', 'hpf:{s:*}') }), 1, 'they are gone');

done_testing();
