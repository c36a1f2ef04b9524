#!/usr/bin/perl

# A unit that pays for its people: its handler registers it, binds the UKey of
# its certificate, and acts with that at level 3; another handler may do one
# item, until he is out; and a certificate that only bears the name is nothing.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $ID = { factor => 'id-card' };
my @OWN = (users => [ 'unit' ], channels => [ '*' ]);

my $t = HPF::Test->new->gateway(start => 0, workers => 3, ca => 'sm2');

$t->lua_handle('unit-report', 'return { ok = true }', @OWN, level => 2);
$t->lua_handle('unit-names', 'return { ok = true }', @OWN, level => 2);
$t->lua_handle('unit-pay', 'return { by = request.user.handler }', @OWN,
               level => 3);

$t->run->wait_ready;

my $node = HPF::Test->new->gateway(workers => 3, beside => $t,
                                   plugins => $t->path('plugins'));

my $unit = $t->unit(0);
my ($boss, $clerk) = ($unit->{handler}, $t->person(7));

# another authority, of the same names

my $forger = HPF::Test->new->ca('sm2');

$_->user_cert('ukey', $unit->{uscc}) for $t, $forger;


sub outcome {
    my ($r) = @_;
    return $r->status < 400 ? $r->status : $r->json->{code};
}


sub reason {
    my ($r) = @_;
    my $id = $r->header('X-Request-Id');
    my $line;

    $t->wait_for(sub { ($line) = grep { $_->{id} eq $id } $t->audit });

    return $line->{reason};
}


sub sms {
    my ($person, $purpose) = @_;
    my ($id, $code) = $t->challenge($person->{mobile}, $purpose);
    return { factor => 'sms', challenge_id => $id, code => $code };
}


# whose key: that of the unit, or of the forger

sub cert {
    my ($purpose, $whose) = @_;
    my ($id, $text) = $t->cert_challenge($purpose);

    return { factor => 'cert', challenge_id => $id,
             certificate => $whose->read_file('secrets/ca/ukey.pem'),
             signature => $whose->cert_sign('ukey', $text) };
}


sub bind_cert {
    my ($token, $whose) = @_;
    my %factor = %{ cert('bind', $whose) };
    delete $factor{factor};

    return $t->call('POST', '/v1/session/certificates', token => $token,
                    body => \%factor);
}


sub login {
    my ($user, @factors) = @_;
    return $t->call('POST', '/v1/sessions', body => {
        user => { uscc => $unit->{uscc}, %$user }, factors => \@factors });
}


sub item {
    my ($id, $token, %o) = @_;
    return $t->call('POST', "/v1/items/$id", token => $token, %o, body => {});
}


# by all workers of both nodes

sub everywhere {
    my ($token) = @_;
    my %seen;

    for my $at ($t, $node) {
        $seen{outcome($at->call('GET', '/v1/session', token => $token))} = 1
            for 1 .. 12;
    }

    return join ' ', sort keys %seen;
}


# its handler registers it

my $r = $t->call('POST', '/v1/users', body => {
    user_type => 'unit', map({ $_ => $unit->{$_} } qw/ unit_name uscc /),
    handler => { map { $_ => $boss->{$_} } qw/ name id_no mobile / },
    factors => [ sms($boss, 'register'), $ID ],
});
is($r->status, 201, 'a unit is registered') or diag($r->raw);
is($r->json->{level}, 2, 'that the regulator knows, by whom the police does');

my $user = $r->json->{user_id};
my $token = login({}, sms($boss, 'login'), $ID)->json->{token};

$r = item('unit-pay', $token);
is(outcome($r), 'step-up-required', 'to pay takes more than two factors');
is_deeply([ sort @{ $r->json->{factors} } ], [ qw/ cert face / ],
          'the certificate, or his face');


# the UKey

is(outcome(login({}, cert('login', $t), $ID)), 'factor-failed',
   'a certificate that is not bound opens nothing');

$r = bind_cert($token, $t);
is($r->status, 201, 'it is bound') or diag($r->raw);

$r = login({}, cert('login', $t), sms($boss, 'login'));
is(outcome($r), 201, 'and opens the account');
is($r->json->{level}, 3, 'at level 3, beside a code');
is($r->json->{user}{user_id}, $user, 'of the unit');

my $handler = $r->json->{user}{handler};
my $strong = $r->json->{token};

$r = item('unit-pay', $strong);
is(outcome($r), 200, 'it pays');
is($r->json->{result}{by}, $handler, 'by this handler');

$r = $t->call('POST', '/v1/session/factors', token => $token,
              body => { factors => [ cert('step-up', $t) ] });
is($r->json->{level}, 3, 'a session steps up by it');
$token = $r->json->{token};


# the same name by another authority

for my $try (sub { bind_cert($strong, $forger) },
             sub { login({}, cert('login', $forger), $ID) },
             sub { login({}, cert('login', $forger), sms($boss, 'login')) },
             sub { $t->call('POST', '/v1/session/factors', token => $strong,
                            body => { factors => [ cert('step-up',
                                                        $forger) ] }) })
{
    $r = $try->();
    is(outcome($r), 'factor-failed', 'it neither is bound nor opens anything');
    like(reason($r), qr/^cert: (?:unable|certificate signature)/,
         'its authority is none');
}

my ($id, $text) = $t->cert_challenge('login');
$r = login({}, { factor => 'cert', challenge_id => $id,
                 certificate => $t->read_file('secrets/ca/ukey.pem'),
                 signature => $forger->cert_sign('ukey', $text) }, $ID);
is(outcome($r), 'factor-failed', 'the right certificate, signed by another');
is(reason($r), 'cert: the signature is not of this key', 'key');
is(scalar @{ $t->call('GET', '/v1/session/certificates', token => $strong)
             ->json->{certificates} }, 1, 'one is bound');


# another handler, for one item

sub hire {
    my (%more) = @_;
    return $t->call('POST', '/v1/session/handlers', token => $strong, body => {
        map({ $_ => $clerk->{$_} } qw/ name id_no mobile /),
        factors => [ sms($clerk, 'handler'), $ID ], %more });
}

is(outcome(login({}, sms($clerk, 'login'), $ID)), 'factor-failed',
   'a clerk who is no handler');
$r = hire(items => [ 'unit-report' ]);
is(outcome($r), 201, 'becomes one') or diag($r->raw);

my $hired = $r->json->{id};

$r = login({}, sms($clerk, 'login'), $ID);
is(outcome($r), 201, 'and comes in');
is($r->json->{user}{user_id}, $user, 'for the unit');
is($r->json->{user}{handler}, $hired, 'as himself');

my $his = $r->json->{token};
is(outcome(item('unit-report', $his)), 200, 'he does what he may');

$r = item('unit-names', $his);
is(outcome($r), 'handler-refused', 'and nothing else');
is_deeply($r->json->{items}, [ 'unit-report' ], 'but what is his');
isnt(item('unit-pay', $his)->status, 200, 'least of all does he pay');

is(outcome(login({ handler => $clerk->{mobile} }, cert('login', $t), $ID)),
   'factor-failed', 'the UKey of another is not his');
is(outcome($t->call('DELETE', "/v1/session/handlers/$handler",
                    token => $his)), 'handler-refused',
   'he does not put out who hired him');
is(outcome($t->call('PUT', "/v1/session/handlers/$hired", token => $his,
                    body => { items => undef })), 'handler-refused',
   'nor gives himself more');

my $ticket = $t->call('POST', '/v1/session/tickets', token => $his,
                      body => { channel => 'hall' })->json->{ticket};
my $hall = $t->call('POST', '/v1/sessions', channel => 'hall',
                    body => { ticket => $ticket })->json->{token};
is(outcome(item('unit-report', $hall, channel => 'hall')), 200,
   'in the web hall it is the same');
is(outcome(item('unit-names', $hall, channel => 'hall')), 'handler-refused',
   'limit');


# out

is(everywhere($_), 200, 'where he is') for $his, $hall;

my $unused = $t->call('POST', '/v1/session/tickets', token => $his,
                      body => { channel => 'hall' })->json->{ticket};
my $code = sms($clerk, 'login');

is(outcome($t->call('DELETE', "/v1/session/handlers/$hired",
                    token => $strong)), 204, 'he is put out');
is(everywhere($_), 'session-expired', 'of everything, at once')
    for $his, $hall;
is(outcome(item('unit-report', $his)), 'session-expired', 'does nothing');
is(outcome($t->call('POST', '/v1/sessions', channel => 'hall',
                    body => { ticket => $unused })), 'factor-failed',
   'a ticket that he kept');
is(outcome(login({}, $code, $ID)), 'factor-failed',
   'or a code that he got before');
is(outcome(login({}, sms($clerk, 'login'), $ID)), 'factor-failed',
   'or gets now');
is(everywhere($_), 200, 'the others go on') for $token, $strong;
is(outcome(item('unit-pay', $strong)), 200, 'and pay');


# the record knows who acted, and tells no number

my ($acted) = grep { ($_->{item} || '') eq 'unit-report'
                     && $_->{outcome} eq 'ok' } $t->audit;
is(join(' ', @$acted{qw/ user handler /}), "$user $hired", 'who acted');

my ($refused) = grep { $_->{outcome} eq 'handler-refused' } $t->audit;
is(join(' ', @$refused{qw/ user handler item /}), "$user $hired unit-names",
   'and who was refused what');

my $all = join '', map { $_->read_file('audit/audit.jsonl'), $_->log_text }
                   $t, $node;

unlike($all, qr/\Q$_\E/, 'no number, token or text that was signed')
    for $unit->{uscc}, map({ $_->{id_no}, $_->{mobile} } $boss, $clerk),
        $strong, $his, $hall, $unused, 'hpf:login:', 'BEGIN CERT';

done_testing();
