#!/usr/bin/perl

# A ticket takes a user from one channel to another: once, to that one alone,
# for a minute, with no more than his session there has, and not after it has
# ended.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(http => <<'EOF');
    hpf_notice 谨防诈骗 "Beware of fraud";

    hpf_channel low {
        name low;
        kind public;
        session level=1 life=1m;
    }
EOF

my $one = $t->person(0);


sub outcome {
    my ($r) = @_;
    return $r->status if $r->status < 400;
    return join ' ', grep { defined } @{ $r->json }{qw/ code attempts_left /};
}


sub faults {
    my ($r) = @_;
    return join ' ', map { "$_->{pointer} $_->{rule}" }
                     @{ $r->json->{errors} || [] };
}


sub issue {
    my ($token, $to, %o) = @_;
    return $t->call('POST', '/v1/session/tickets', token => $token, %o,
                    body => { channel => $to });
}


sub ticket { issue(@_)->json->{ticket} }


sub enter {
    my ($ticket, $channel, %o) = @_;
    return $t->call('POST', '/v1/sessions', channel => $channel, %o,
                    body => { ticket => $ticket });
}


sub session {
    my ($token, %o) = @_;
    return $t->call('GET', '/v1/session', token => $token, %o);
}


my $token = $t->enter($one);


# from the app to WeChat

my $r = issue($token, 'wechat');
is($r->status, 201, 'a ticket');
is(join(' ', sort keys %{ $r->json }), 'expires_in ticket', 'answer');
is($r->json->{expires_in}, 60, 'expires_in');
like($r->json->{ticket}, qr/^[\w-]{43}$/, '256 bits');
is($r->header('Cache-Control'), 'no-store', 'is not stored');

my $ticket = $r->json->{ticket};

is(outcome(enter($ticket, 'hall')), 'factor-failed 0', 'on another channel');
is(outcome(enter($ticket, 'kiosk')), 'factor-failed 0', 'on another signed');

$r = enter($ticket, 'wechat', headers => [ 'Accept-Language' => 'en' ]);
is($r->status, 201, 'on its channel') or diag($r->raw);
is(join(' ', sort keys %{ $r->json }),
   'device expires_in level notice token token_type user',
   'a log-in as any other');
is($r->json->{level}, 2, 'of the same level');
is($r->json->{notice}, 'Beware of fraud', 'with the reminder');
isnt($r->json->{token}, $token, 'a session of its own');

my $other = $r->json->{token};

is(session($other)->json->{user}{user_id},
   session($token)->json->{user}{user_id}, 'of the same user');
is(outcome(enter($ticket, 'wechat')), 'factor-failed 0', 'a second time');

is($t->call('DELETE', '/v1/session', token => $token)->status, 204,
   'the first session ends');
is(outcome(session($other)), 200, 'the second goes on');


# a session that ended takes its tickets with it

$token = $t->login($one);
$ticket = ticket($token, 'hall');
$t->call('DELETE', '/v1/session', token => $token);
is(outcome(enter($ticket, 'hall')), 'factor-failed 0',
   'of a session that has ended');

$token = $t->login($one);
$ticket = ticket($token, 'hall');
my ($id, $code) = $t->challenge($one->{mobile}, 'step-up');
$r = $t->call('POST', '/v1/session/factors', token => $token, body => {
    factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                 { factor => 'id-card' } ] });
is($r->json->{level}, 2, 'a step-up');
is($r->json->{notice}, '谨防诈骗', 'has the reminder as well');
is(outcome(enter($ticket, 'hall')), 'factor-failed 0',
   'of the session before it');


# no more than the session has, and than the channel lets it

$token = $t->login($one);
is(enter(ticket($token, 'hall'), 'hall')->json->{level}, 1, 'level 1 stays 1');

$token = $t->enter($one);
$r = enter(ticket($token, 'low'), 'low');
is($r->json->{level}, 1, 'a channel caps it');

$r = enter(ticket($r->json->{token}, 'hall', channel => 'low'), 'hall');
is($r->json->{level}, 1, 'and the cap goes with it');
ok($r->json->{expires_in} <= 60, 'as does the end of its life');

is(session($token, channel => 'low')->json->{level}, 1,
   'a stronger session counts for no more there');
is(session($token)->json->{level}, 2, 'and for all of it elsewhere');


# a minute later, as it were

$ticket = ticket($token, 'hall');
my ($key) = @{ $t->redis('KEYS', 'hpf:{t:*}') };
my $ttl = $t->redis('TTL', $key);
ok($ttl > 50 && $ttl <= 60, 'lives for a minute');
$t->redis('PEXPIRE', $key, 1);
$t->wait_for(sub { !$t->redis('EXISTS', $key) });
is(outcome(enter($ticket, 'hall')), 'factor-failed 0', 'too late');


# what is no ticket

is(outcome(enter('A' x 43, 'hall')), 'factor-failed 0',
   'one that there is not');
is(outcome(enter($token, 'hall')), 'factor-failed 0', 'a token is none');
is(outcome(session(ticket($token, 'hall'))), 'session-expired',
   'nor a ticket a token');
is(faults(enter('short', 'hall')), '/ticket pattern', 'no such text');
is(faults($t->call('POST', '/v1/sessions', body => {})),
   '/factors required /user required', 'nothing at all');
is(faults($t->call('POST', '/v1/sessions', body => {
       ticket => 'A' x 43, user => { mobile => $one->{mobile} } })),
   ' maxProperties', 'a ticket and a user');
is(faults(issue($token, 'nowhere')), '/channel enum',
   'to a channel that there is not');
is(faults(issue($token, 'No Where')), '/channel pattern', 'or cannot be');
is(outcome(issue(undef, 'hall')), 'session-required', 'without a session');
is(outcome(issue($token, 'hall', channel => 'partner')), 'consent-required',
   'a third party takes nobody elsewhere');


# what is kept of it, and what the record says

$ticket = ticket($token, 'hall');
my $all = join ' ', map { my $type = $t->redis('TYPE', $_); $_,
    $type eq 'hash' ? @{ $t->redis('HGETALL', $_) } : () }
    @{ $t->redis('KEYS', '*') };
unlike($all . $t->log_text . $t->read_file('audit/audit.jsonl'),
       qr/\Q$ticket\E/, 'a ticket is nowhere');

my @want = (('not-for-parties') x 1, ('ticket-of-an-ended-session') x 2,
            ('ticket-of-another-channel') x 2, ('ticket-unknown') x 4,
            'unknown-token');
my @why;

# workers write their lines when the answer is on its way, so in any order

$t->wait_for(sub {
    @why = sort map { $_->{reason} } grep { $_->{reason} } $t->audit;
    return @why >= @want;
});
is("@why", "@want", 'why each was refused');

done_testing();
