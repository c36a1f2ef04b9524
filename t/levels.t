#!/usr/bin/perl

# Which factors make which level is a rule that the centre sets; an item may
# want a proof from just now; and who is refused is told what would do.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(start => 0, http => <<'EOF');
    hpf_level_rule 2 sms+id-card;
    hpf_level_rule 3 sms+id-card+binding cert+any;

    hpf_channel low {
        name low;
        kind public;
        session level=1;
    }
EOF

my @OWN = (users => [ 'individual' ], channels => [ '*' ]);

$t->lua_handle('strong', 'return { ok = true }', @OWN, level => 3);
$t->lua_handle('middle', 'return { ok = true }', @OWN, level => 2);
$t->lua_handle('fresh', 'return { ok = true }', @OWN, level => 1,
               fresh => { factors => [ 'sms', 'face' ], within => 300 });

$t->run->wait_ready;

my ($one, $two) = map { $t->person($_) } 0, 1;


sub outcome {
    my ($r) = @_;
    my $p = $r->json;
    return $r->status if $r->status < 400;
    return $p->{code} if $p->{code} ne 'step-up-required';
    return join ' ', "$p->{level} of $p->{required_level}:",
                     @{ $p->{factors} };
}


sub item {
    my ($id, $token, %o) = @_;
    return outcome($t->call('POST', "/v1/items/$id", token => $token, %o,
                            body => {}));
}


sub step_up {
    my ($person, $token, $factors, %o) = @_;
    my @factors = @$factors;

    for my $factor (@factors) {
        next unless $factor->{factor} eq 'sms';
        @$factor{qw/ challenge_id code /} =
            $t->challenge($person->{mobile}, 'step-up');
    }

    return $t->call('POST', '/v1/session/factors', token => $token, %o,
                    body => { factors => \@factors });
}


# the age of a proof, in the store: caches are told

sub aged {
    my ($by) = @_;

    for my $key (@{ $t->redis('KEYS', 'hpf:{s:*}') }) {
        my $factors = $t->redis('HGET', $key, 'factors');
        $factors =~ s/=(\d+)/'=' . ($1 - $by)/ge;
        $t->redis('HSET', $key, 'factors', $factors);
    }
}


# levels by rules

$t->register($one);
my $token = $t->login($one);

is(item('middle', $token), '1 of 2: id-card', 'what a level lacks');
is(item('strong', $token), '1 of 3:', 'a level that cannot be had here');
is(item('strong', $token, channel => 'wechat'), '1 of 3: id-card binding',
   'and on a channel that can bind');
is(item('middle', $token, channel => 'low'), '1 of 2:',
   'nor one that a channel does not allow');

my $r = step_up($one, $token, [ { factor => 'id-card' } ]);
is($r->json->{level}, 2, 'the sum of a rule');
my $two_factors = $r->json->{token};
is(item('middle', $two_factors), 200, 'is enough');
is(item('strong', $two_factors, channel => 'wechat'), '2 of 3: binding',
   'what is there need not be proved again');

$t->call('PUT', '/v1/session/bindings/wechat', token => $two_factors,
         channel => 'wechat', body => { subject => 'openid-1' });
$r = step_up($one, $two_factors,
             [ { factor => 'binding', subject => 'openid-1' } ],
             channel => 'wechat');
is($r->json->{level}, 3, 'three factors') or diag($r->raw);
is(item('strong', $r->json->{token}), 200, 'on every channel');

$r = $t->call('POST', '/v1/sessions', channel => 'wechat', body => {
    factors => [ { factor => 'binding', subject => 'openid-1' },
                 { factor => 'id-card' } ] });
is($r->json->{level}, 1, 'two factors that no rule has');
is(item('middle', $r->json->{token}), '1 of 2: sms', 'and what they lack');


# freshness

$token = $t->login($one);
is(item('fresh', $token), 200, 'proved just now');

aged(200);
ok($t->wait_for(sub { item('fresh', $token) eq 200 }), 'not long ago');
aged(110);
ok($t->wait_for(sub { item('fresh', $token) eq '1 of 1: sms face' }),
   'too long ago');
is($t->call('POST', '/v1/items/fresh', token => $token, body => {})
   ->json->{within}, 300, 'how long it may be');

$r = step_up($one, $token, [ { factor => 'id-card' } ]);
is(item('fresh', $r->json->{token}), '2 of 1: sms face',
   'another factor does not make it so');
my $old = $r->json->{token};
$r = step_up($one, $old, [ { factor => 'sms' } ]);
$token = $r->json->{token};
is(item('fresh', $token), 200, 'the factor itself does');
is($r->json->{level}, 2, 'the others count on');
is(item('fresh', $old), 'session-expired', 'the token before is dead');

my $ticket = $t->call('POST', '/v1/session/tickets', token => $token,
                      body => { channel => 'hall' })->json->{ticket};
aged(400);
$token = $t->call('POST', '/v1/sessions', channel => 'hall',
                  body => { ticket => $ticket })->json->{token};
is(item('fresh', $token), '2 of 1: sms face', 'a ticket makes nothing fresh');

aged(100000);
ok($t->wait_for(sub { item('fresh', $token) eq '2 of 1: sms face' }),
   'a day ago is long ago');


# the configuration

for my $bad ([ '0 sms', 'invalid level "0": 1 to 3 expected' ],
             [ '4 sms', 'invalid level "4": 1 to 3 expected' ],
             [ '2 sms+iris', 'invalid rule "sms+iris"' ],
             [ '2 sms+sms', 'invalid rule "sms+sms"' ],
             [ '2 sms+', 'invalid rule "sms+"' ],
             [ '2 ""', 'invalid rule ""' ],
             [ "2 any;\n hpf_level_rule 2 any", 'is duplicate' ])
{
    my ($ok, $out) = $t->config_test(<<"EOF");
%%TEST_GLOBALS%%
http {
    hpf_level_rule $bad->[0];
}
EOF
    ok(!$ok && $out =~ /\Q$bad->[1]\E/, "rule $bad->[0]") or diag($out);
}

for my $level (0, 4) {
    my ($ok, $out) = $t->config_test(<<"EOF");
%%TEST_GLOBALS%%
http {
    hpf_real_name $level;
}
EOF
    ok(!$ok && $out =~ /value must be between 1 and 3 in \S+:\d+/,
       "hpf_real_name $level") or diag($out);
}

for my $bad ([ 'session level=4', 'invalid "level=4"' ],
             [ 'session max=0', 'invalid "max=0"' ],
             [ 'session max=101', 'invalid "max=101"' ],
             [ 'session idle=19h', 'invalid "idle=19h"' ],
             [ 'session life=', 'invalid "life="' ],
             [ 'session often', 'invalid "often"' ],
             [ 'consent wanted', 'invalid consent "wanted"' ],
             [ 'consent required', 'are not for public channels' ],
             [ 'sharing a', 'are not for public channels' ],
             [ "sharing a;\n sharing b", 'is duplicate' ])
{
    my ($ok, $out) = $t->config_test(<<"EOF");
%%TEST_GLOBALS%%
http {
    hpf_channel x {
        name x;
        kind public;
        $bad->[0];
    }
}
EOF
    ok(!$ok && $out =~ /\Q$bad->[1]\E/, $bad->[0]) or diag($out);
}

# a number is anybody's to name: where the centre wants it so, nobody gets
# anything that is asked about one without a proof that it is his

my $three = $t->person(2);

sub register_by_sms {
    my (%whom) = @_;
    my ($id, $code) = $t->challenge($whom{mobile}, 'register');

    return $t->call('POST', '/v1/users', body => {
        user_type => 'individual', %whom,
        factors => [ { factor => 'sms', challenge_id => $id,
                       code => $code } ],
    });
}

$t->gateway_conf(http => 'hpf_real_name 1;');
$t->reload(wait_old => 1);

my %stranger = (name => '王小明', id_no => $three->{id_no},
                mobile => '13900009999');

my $r3 = register_by_sms(%stranger);
is($r3->status, 201, 'a number of somebody, registered by SMS alone');
is($r3->json->{level}, 0, 'has no level');

my $unproved = $t->login(\%stranger);
is($t->call('GET', '/v1/session', token => $unproved)->json->{level}, 0,
   'nor has its session');
is(item('account-query', $unproved), '0 of 1:', 'which shows no account');
is(item('account-details', $unproved), '0 of 1:', 'nor what was paid');

my $four = $t->person(3);
register_by_sms(map { $_ => $four->{$_} } qw/ name id_no mobile /);
is(item('account-query', scalar $t->login($four)), '0 of 1:',
   'also to whom it belongs');
$t->register($four);
is(item('account-query', scalar $t->login($four)), 200,
   'until the police has said so');

done_testing();
