#!/usr/bin/perl

# Who one is: by a bank card, by the identity card, by the face.  Each is a
# plugin that asks a back end; they make a registration a real one and lift a
# session to where items need it, and whoever fails is told nothing more.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(channels => <<'EOF');
        location = /v1/session/factors {
            hpf_api on;
            hpf_body_max 3m;
            client_max_body_size 3m;
        }
EOF

$t->lua_plugin('strict', 'return { handle = function() return true end }',
               users => [ 'individual' ], level => 3);

my @people = map { $t->person($_) } 0 .. 9;


sub outcome {
    my ($r) = @_;
    return $r->status if $r->status < 400;
    return join ' ', grep { defined } @{ $r->json }{qw/ code backend /};
}


sub faults {
    my ($r) = @_;
    return outcome($r) if $r->status != 422;
    return join ' ', map { "$_->{pointer} $_->{rule}" } @{ $r->json->{errors} };
}


sub sms {
    my ($person, $purpose) = @_;
    my ($id, $code) = $t->challenge($person->{mobile}, $purpose);
    return { factor => 'sms', challenge_id => $id, code => $code };
}


sub card {
    my ($person, %other) = @_;
    return { factor => 'bank-card', card_no => $person->{bank_card},
             mobile => $person->{mobile}, %other };
}


sub face { { factor => 'face', capture => "face:$_[0]{id_no}" } }


sub register {
    my ($person, @factors) = @_;

    return $t->call('POST', '/v1/users', body => {
        user_type => 'individual',
        map({ $_ => $person->{$_} } qw/ name id_no mobile /),
        factors => [ sms($person, 'register'), @factors ],
    });
}


sub login {
    my ($person, @factors) = @_;

    return $t->call('POST', '/v1/sessions', body => {
        user => { mobile => $person->{mobile} },
        factors => [ sms($person, 'login'), @factors ],
    });
}


sub step_up {
    my ($token, @factors) = @_;
    return $t->call('POST', '/v1/session/factors', token => $token,
                    body => { factors => \@factors });
}


sub asked {
    my ($path) = @_;
    my $of = $t->demo('GET', '/_stats')->json;

    return (($of->{paths} || $of)->{$path} || {})->{requests} || 0;
}


sub control { $t->demo('POST', '/_control', { target => $_[0], @_[1 .. $#_] }) }
sub calm { $t->demo('DELETE', '/_control') }


# registered with a bank card: name and number are the bank's to confirm

my $one = $people[0];
my $r = register($one, card($one));
is($r->status, 201, 'registered with a bank card') or diag($r->body);
is($r->json->{level}, 2, 'under his real name');

$r = login($one, card($one));
is(outcome($r), 201, 'logged in with it');
is($r->json->{level}, 2, 'at level 2');

my $two = $people[1];
is(outcome(register($two, card($two, card_no => $one->{bank_card}))),
   'factor-failed', 'with the card of somebody else');
is(outcome(register($two, card($two, mobile => $one->{mobile}))),
   'factor-failed', 'with a mobile that the bank does not know');
is(outcome(register({ %$two, name => '王小明' }, card($two))),
   'factor-failed', 'under the name of somebody else');


# step by step to level 3

my $token = login($one)->json->{token};

sub strict { $t->call('POST', '/v1/items/strict', token => $token, body => {}) }

$r = strict();
is(outcome($r), 'step-up-required', 'an item for real persons alone');
is_deeply($r->json->{factors}, [ 'face' ], 'says what would do');

$r = step_up($token, face($people[3]));
is(outcome($r), 'factor-failed', 'the face of somebody else');
is($r->status, 401, 'as whatever is wrong');
is(outcome(strict()), 'step-up-required', 'lifts nothing');

$r = step_up($token, face($one));
is(outcome($r), 200, 'his own') or diag($r->body);
is($r->json->{level}, 3, 'does, to level 3');

my $old = $token;
$token = $r->json->{token};
is(outcome(strict()), 200, 'and the item is done');
is(outcome($t->call('GET', '/v1/session', token => $old)), 'session-expired',
   'the token before is dead');


# several at once, and a face that is in another name

my $three = $people[2];
is(register($three, { factor => 'id-card' }, face($three))->json->{level}, 3,
   'registered with the card and the face');
is(login($three, face($three), card($three), { factor => 'id-card' })
   ->json->{level}, 3, 'logged in with all that there is');
is(outcome(login($three, { factor => 'id-card' }, face($one))),
   'factor-failed', 'one of them wrong');
is(outcome(register({ %{ $people[4] }, name => '王小明' }, face($people[4]))),
   'factor-failed', 'a face does not prove another name');
is(register($people[4], face($people[4]))->json->{level}, 3,
   'but his own');


# what is sent is checked before anybody is asked

my $before = asked('/bank/verify');

is(faults(login($one, card($one, card_no => '1', more => 1),
                { factor => 'face' })),
   '/factors/1/card_no format /factors/1/more additionalProperties'
   . ' /factors/2/capture required', 'every fault, by its place');
is(faults(step_up($token, { factor => 'id-card', x => 1 }, {},
                  { factor => 7 })),
   '/factors/1/factor required /factors/2/factor type'
   . ' /factors/0/x additionalProperties', 'of all kinds');

$r = $t->call('POST', '/v1/session/factors', token => $token,
              headers => [ 'Accept-Language' => 'en' ],
              body => { factors => [ { factor => 'hukou' } ] });
is(faults($r), '/factors/0/factor enum', 'a factor that there is not');
is($r->json->{errors}[0]{message}, '"factor" must be one of sms, id-card, '
   . 'password, bank-card, face, binding', 'those that there are');
is(faults(step_up($token, map { { factor => 'x' } } 1 .. 9000)),
   join(' ', '/factors maxItems', map { "/factors/$_/factor enum" } 0 .. 7),
   'a great many');

is(asked('/bank/verify'), $before, 'nobody was asked');


# a picture is large: where there is room for it, it goes through

my $pictures = asked('/police/face');

is(outcome(login($one, { factor => 'face', capture => 'x' x 70000 })),
   'body-too-large', 'a picture where there is none');
is(outcome(step_up($token, { factor => 'face', capture => 'x' x 900000 })),
   'factor-failed', 'one where there is');
is(asked('/police/face'), $pictures + 1, 'has been looked at');
is(faults(step_up($token, { factor => 'face', capture => 'x' x 2100000 })),
   '/factors/0/capture maxLength', 'one beyond what its form takes');


# of somebody who is not registered nobody is asked either

my $nobody = $people[7];
$r = login($nobody, card($nobody), face($nobody));
is(outcome($r), 'factor-failed', 'nobody');
is_deeply([ sort keys %{ $r->json } ],
          [ sort keys %{ login($one, face($nobody))->json } ],
          'is answered as somebody with a wrong face');
is(asked('/bank/verify'), $before, 'and the bank hears nothing of it');


# a back end that cannot say

for my $of ([ '/bank', 'bank', card($one) ],
            [ '/police/face', 'police', face($one) ],
            [ '/police/verify', 'police', face($one) ],
            [ '/police/verify', 'police', { factor => 'id-card' } ])
{
    my ($target, $backend, $factor) = @$of;

    for my $mode (qw/ fail close lose garbage /) {
        control($target, mode => $mode);
        is(outcome(login($one, $factor)), "backend-unavailable $backend",
           "$factor->{factor} with $target in mode $mode");
        calm();
    }
}

control('/police/verify', mode => 'fail');
is(outcome(login($one, face($three))), 'factor-failed',
   'a wrong face is wrong, whatever else is not known');
calm();
is(outcome(login($one, face($one))), 201, 'well again');


# factors are no service items

is(outcome($t->call('POST', '/v1/items/face', token => $token,
                    body => { capture => 'x' })), 'item-unknown',
   'one is not done');
is(outcome($t->call('GET', '/v1/items/face')), 'item-unknown',
   'and has no guide');
is(scalar(grep { $_->{id} =~ /card|face/ }
          @{ $t->call('GET', '/v1/items')->json->{items} }), 0,
   'nor is it in the list');

my $api = $t->call('GET', '/v1/openapi.json')->json;
is(scalar(grep { m,/v1/items/(?:face|id-card|bank-card), }
          keys %{ $api->{paths} }), 0, 'nor a path of the API');

my $form = $api->{paths}{'/v1/sessions'}{post}{requestBody}{content}
               {'application/json'}{schema}{'$defs'}{factor};
is_deeply($form->{properties}{factor}{enum},
          [ qw/ sms id-card password bank-card face binding / ],
          'whose forms have them');
ok((grep { ($_->{then}{'$id'} || '') eq 'urn:hpf:factor:bank-card'
           && $_->{then}{properties}{card_no}{format} eq 'bank-card' }
    @{ $form->{allOf} }), 'with what is sent');

my %kind = map { $_->{id} => "$_->{kind} $_->{language} $_->{state}" }
           @{ $t->admin('GET', '/admin/v1/plugins')->json->{plugins} };
is(join(', ', @kind{qw/ id-card bank-card face account-query /}),
   'factor lua serving, factor lua serving, factor c serving, item c serving',
   'operators see what they are');


# a card is a means, and nothing that is kept

my $all = join ' ', map { my $type = $t->redis('TYPE', $_); $_,
    $type eq 'hash' ? @{ $t->redis('HGETALL', $_) }
    : $type eq 'string' ? $t->redis('GET', $_) : () }
    @{ $t->redis('KEYS', '*') };

unlike($all . $t->log_text . $t->read_file('audit/audit.jsonl'),
       qr/$one->{bank_card}|face:\d/, 'neither card nor picture is kept');

done_testing();
