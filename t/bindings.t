#!/usr/bin/perl

# A channel's own account, as a WeChat openid, leads to one user: only the
# channel that vouches for it makes or uses a binding, and the user ends it
# wherever he is.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(http => 'hpf_lock off;');

my ($one, $two, $three) = map { $t->person($_) } 0 .. 2;
my $OPENID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';


sub outcome {
    my ($r) = @_;
    return $r->status if $r->status < 400;
    return join ' ', grep { defined }
                     @{ $r->json }{qw/ code reason attempts_left /};
}


sub faults {
    my ($r) = @_;
    return join ' ', map { "$_->{pointer} $_->{rule}" }
                     @{ $r->json->{errors} || [] };
}


sub bind_to {
    my ($token, $subject, %o) = @_;
    my $to = $o{to} || 'wechat';
    return $t->call('PUT', "/v1/session/bindings/$to", token => $token,
                    channel => 'wechat', %o, body => { subject => $subject });
}


sub unbind {
    my ($token, %o) = @_;
    return $t->call('DELETE', '/v1/session/bindings/wechat',
                    token => $token, %o);
}


sub bindings {
    my ($token) = @_;
    my $r = $t->call('GET', '/v1/session/bindings', token => $token);
    return join ' ', map { "$_->{channel} $_->{subject}" }
                     sort { $a->{channel} cmp $b->{channel} }
                     @{ $r->json->{bindings} };
}


sub enter {
    my ($subject, %o) = @_;
    my $more = delete $o{body} || {};
    my $factors = delete $o{factors} || [];
    return $t->call('POST', '/v1/sessions', channel => 'wechat', %o, body => {
        factors => [ { factor => 'binding', subject => $subject },
                     @$factors ],
        %$more,
    });
}


sub user {
    my ($token) = @_;
    return $t->call('GET', '/v1/session', token => $token)
           ->json->{user}{user_id};
}


my ($token, $token2) = map { $t->enter($_) } $one, $two;
my ($user, $user2) = map { user($_) } $token, $token2;


# who vouches

is(outcome(bind_to($token, $OPENID, channel => 'hall')),
   'channel-signature missing', 'a user cannot say whose an openid is');
is(outcome(bind_to($token, $OPENID, channel => 'kiosk')),
   'channel-signature missing', 'nor another channel');
is(outcome(bind_to($token, $OPENID, to => 'hall', channel => 'hall')),
   'not-found', 'a channel that does not sign has none');
is(outcome(bind_to($token, $OPENID, to => 'nowhere')), 'not-found',
   'a channel that there is not');
is(outcome(bind_to(undef, $OPENID)), 'session-required', 'without a user');
is(outcome(enter($OPENID)), 'factor-failed 0', 'so it leads nowhere');
is(bindings($token), '', 'and is not listed');

is(outcome(bind_to($token, $OPENID)), 204, 'the channel does');
like(bindings($token), qr/^wechat \*+eS6o$/, 'listed and masked');


# log-in

my $r = enter($OPENID);
is($r->status, 201, 'no more is needed to log in') or diag($r->raw);
is($r->json->{level}, 1, 'at level 1');
is($r->json->{user}{user_id}, $user, 'as the user');
ok($r->json->{notice}, 'with the reminder');

is(outcome(enter($OPENID, channel => 'kiosk')), 'factor-failed 0',
   'the same subject of another channel is another');
is(outcome(enter($OPENID, channel => 'hall')), 'factor-failed 0',
   'nobody vouches on a public channel');
is(outcome(enter($OPENID, sign => { key => 'x' x 32 })),
   'channel-signature mismatch', 'the wrong signature');
is(outcome(enter($OPENID . 'x')), 'factor-failed 0', 'another subject');

is(outcome(enter($OPENID, body => { user => { mobile => $one->{mobile} } })),
   201, 'saying who one is');
is(outcome(enter($OPENID, body => { user => { mobile => $two->{mobile} } })),
   'factor-failed 0', 'or is not');
is(outcome(enter($OPENID, body => { user => { mobile => $three->{mobile} } })),
   'factor-failed 0', 'or nobody');

my ($id, $code) = $t->challenge($one->{mobile}, 'login');
is(enter($OPENID, factors => [ { factor => 'sms', challenge_id => $id,
                                 code => $code } ])->json->{level}, 2,
   'with a code besides it is two factors');

is(faults(enter('')), '/factors/0/subject pattern', 'no subject');
is(faults($t->call('POST', '/v1/sessions', channel => 'wechat', body => {
       factors => [ { factor => 'binding' } ] })),
   '/factors/0/subject required', 'or none given');
is(faults($t->call('POST', '/v1/sessions', channel => 'wechat', body => {
       factors => [ { factor => 'id-card' } ] })),
   '/user required /factors contains', 'others say who they are');


# one subject, one user

is(outcome(bind_to($token2, $OPENID)), 204, 'bound to another user');
is(enter($OPENID)->json->{user}{user_id}, $user2, 'it leads to him');
is(bindings($token), '', 'and no more to the first');
like(bindings($token2), qr/^wechat /, 'who has it now');
is(outcome(unbind($token)), 204, 'what the first ends');
is(enter($OPENID)->json->{user}{user_id}, $user2, 'is his own alone');


# one user, one subject of a channel

is(outcome(bind_to($token2, "$OPENID-2")), 204, 'another openid');
is(enter("$OPENID-2")->json->{user}{user_id}, $user2, 'leads to him');
is(outcome(enter($OPENID)), 'factor-failed 0', 'the one before does not');
is(outcome(bind_to($token2, 'card-17', to => 'kiosk', channel => 'kiosk')),
   204, 'an account of another channel');
like(bindings($token2), qr/^kiosk \*+d-17 wechat \*+6o-2$/, 'he has both');


# the end

is(outcome(unbind($token2, channel => 'hall')), 204, 'ended from the hall');
is(outcome(enter("$OPENID-2")), 'factor-failed 0', 'is ended');
like(bindings($token2), qr/^kiosk \S+$/, 'the other one is not');
is(outcome(unbind($token2)), 204, 'once more');
is(scalar(@{ $t->redis('KEYS', 'hpf:{b:*}') }), 1, 'nothing else leads on');

is(outcome(bind_to($token, 'gone')), 204, 'of a user');
$t->redis('DEL', "hpf:{u:$user}:profile");
is(outcome(enter('gone')), 'factor-failed 0', 'who is there no more');


# what is kept, and what the record says

my $all = join ' ', map { my $type = $t->redis('TYPE', $_); $_,
    $type eq 'hash' ? @{ $t->redis('HGETALL', $_) }
    : $type eq 'string' ? $t->redis('GET', $_) : () }
    @{ $t->redis('KEYS', '*') };
unlike($all . $t->log_text . $t->read_file('audit/audit.jsonl'),
       qr/card-17|\Q$OPENID\E/, 'no subject is in Redis, logs or record');

my ($bound) = grep { ($_->{event} || '') eq 'bound' && $_->{status} == 204 }
              $t->audit;
is(join(' ', @$bound{qw/ user party channel /}), "$user wechat wechat",
   'who was bound where');

done_testing();
