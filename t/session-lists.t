#!/usr/bin/perl

# A user sees where he is logged in and ends what he does not want; there are
# no more of his sessions on a channel than it allows; an operator ends what
# has to end.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(workers => 4, http => <<'EOF');
    hpf_channel few {
        name few;
        kind public;
        session max=2;
    }
EOF

my ($one, $two) = map { $t->person($_) } 0, 1;


sub outcome {
    my ($r) = @_;
    return $r->status < 400 ? $r->status : $r->json->{code};
}


sub session {
    my ($token, %o) = @_;
    return $t->call('GET', '/v1/session', token => $token, %o);
}


# on all workers

sub everywhere {
    my ($token) = @_;
    my %seen = map { outcome(session($token)) => 1 } 1 .. 16;
    return join ' ', sort keys %seen;
}


sub list {
    my ($token, %o) = @_;
    my $r = $t->call('GET', '/v1/sessions', token => $token, %o);
    return @{ $r->json->{sessions} };
}


sub end_one {
    my ($token, $id) = @_;
    return $t->call('DELETE', "/v1/sessions/$id", token => $token);
}


my $app = $t->enter($one);
my $hall = $t->login($one, channel => 'hall');
my $other = $t->enter($two);


# the list

my @list = list($app);
is(scalar(@list), 2, 'his sessions');
is(join(' ', sort keys %{ $list[0] }),
   'channel created_at current ends_at id last_used level', 'members');
is(join(' ', map { "$_->{channel} $_->{level}" } @list), 'hall 1 app 2',
   'where he is, the latest first');
is(join(' ', map { $_->{current} ? 1 : 0 } @list), '0 1', 'and which is this');
like($_, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/, 'a time')
    for @{ $list[0] }{qw/ created_at last_used ends_at /};
ok($list[0]{created_at} le $list[0]{last_used}
   && $list[0]{last_used} lt $list[0]{ends_at}, 'in their order');
is(session($list[0]{id})->status, 401, 'an id is no token');
is(outcome($t->call('GET', '/v1/sessions')), 'session-required', 'of nobody');


# an end

my ($id) = map { $_->{id} } list($other);
is(outcome(end_one($app, $id)), 'not-found', 'that of another user');
is(everywhere($other), 200, 'goes on');
is(outcome(end_one($app, '0' x 64)), 'not-found', 'one that there is not');
is(outcome(end_one($app, 'x')), 'not-found', 'no id');

is(everywhere($hall), 200, 'on every worker');
is(outcome(end_one($app, $list[0]{id})), 204, 'one of his own');
is(everywhere($hall), 'session-expired', 'is dead on every worker');
is(join(' ', map { $_->{channel} } list($app)), 'app', 'and not listed');
is(outcome(end_one($app, $list[0]{id})), 'not-found', 'it cannot end twice');
is(outcome(end_one($app, $list[1]{id})), 204, 'and the present one');
is(everywhere($app), 'session-expired', 'as a log-out does');


# not more than so many at a time

my @few = map { scalar $t->login($one, channel => 'few') } 1 .. 2;
$app = $t->login($one);
is(everywhere($few[0]), 200, 'two are allowed');
push @few, scalar $t->login($one, channel => 'few');
is(join(' ', map { everywhere($_) } @few), 'session-expired 200 200',
   'of three the oldest ends');
is(everywhere($app), 200, 'on other channels none does');

my ($challenge, $code) = $t->challenge($one->{mobile}, 'step-up');
my $r = $t->call('POST', '/v1/session/factors', token => $few[1],
    channel => 'few', body => { factors => [ { factor => 'sms',
        challenge_id => $challenge, code => $code } ] });
is($r->status, 200, 'a step-up');
is(join(' ', map { everywhere($_) } $r->json->{token}, $few[2]), '200 200',
   'takes nobody else\'s place');

my $ticket = $t->call('POST', '/v1/session/tickets', token => $app,
                      body => { channel => 'few' })->json->{ticket};
my $by = $t->call('POST', '/v1/sessions', channel => 'few',
                  body => { ticket => $ticket })->json->{token};
is(join(' ', map { everywhere($_) } $few[2], $r->json->{token}, $by),
   'session-expired 200 200', 'a ticket does');


# operators

sub admin {
    my ($method, $query, @who) = @_;
    return $t->admin($method, "/admin/v1/sessions$query",
                     headers => [ Connection => 'close', @who ]);
}

my $user = session($app)->json->{user}{user_id};
my $user2 = session($other)->json->{user}{user_id};
my @WHO = ('X-HPF-Operator' => 'li');

$r = admin('GET', "?user=$user");
is($r->status, 200, 'an operator sees them') or diag($r->raw);
is(join(' ', sort keys %{ $r->json->{sessions}[0] }),
   'channel created_at ends_at id last_used level', 'members');
is(join(' ', sort map { $_->{channel} } @{ $r->json->{sessions} }),
   'app few few', 'where the user is');
is(scalar(@{ admin('GET', '?user=nobody')->json->{sessions} }), 0,
   'of nobody');

($id) = map { $_->{id} } grep { $_->{channel} eq 'app' }
        @{ $r->json->{sessions} };
is(outcome(admin('DELETE', "?session=$id")), 'bad-request',
   'who does it has to be said');
is(outcome(admin('DELETE', "?session=$id", @WHO)), 204, 'an end to one');
is(everywhere($app), 'session-expired', 'is one');
is(everywhere($by), 200, 'to that alone');
is(outcome(admin('DELETE', "?session=$id", @WHO)), 'not-found', 'twice');
is(outcome(admin('DELETE', "?user=$user", @WHO)), 204, 'an end to all');
is(everywhere($by), 'session-expired', 'is one');
is(everywhere($other), 200, 'of others none');
is(outcome(admin('GET', '')), 'bad-request', 'of whom?');
is(outcome(admin('GET', '?user=%2a%0d%0a')), 'bad-request', 'no user id');
is(outcome(admin('DELETE', '?session=1', @WHO)), 'bad-request', 'no session');
is(outcome(admin('POST', "?user=$user2", @WHO)), 'method-not-allowed', 'POST');


# the record

# each worker writes its lines when the answer is on its way

sub recorded {
    my ($want, $members, $which, $name) = @_;
    my @lines;

    $t->wait_for(sub {
        @lines = map { join ' ', grep { defined } @$_{@$members} }
                 grep { $_->{event} && $which->($_)
                        && ($_->{status} || 0) == 204 }
                 $t->audit;
        return @lines >= @$want;
    });

    is_deeply([ sort @lines ], [ sort @$want ], $name);
}

recorded([ map { "$user $_->{id}" } @list ], [ qw/ user session / ], sub {
    $_[0]{event} eq 'session-ended' && $_[0]{user};
}, 'what users ended');
recorded([ "session-ended li $user $id", "sessions-ended li $user" ],
         [ qw/ event operator subject session / ], sub { $_[0]{operator} },
         'what an operator ended');

# however many there are, all of them end: here the real ones are the oldest

my $three = $t->person(2);
$t->register($three);

my @old = map { scalar $t->login($three) } 1, 2;
my $index = 'hpf:{u:' . session($old[0])->json->{user}{user_id} . '}:sessions';

$t->redis('ZADD', $index, map { (time + 90000 + $_, sprintf '%064x', $_) }
                              1 .. 1500);
is($t->call('DELETE', '/v1/session/all', token => $old[0])->status, 204,
   'one of very many ends all');
is(everywhere($old[1]), 'session-expired', 'the oldest as well');
is($t->redis('ZCARD', $index), 0, 'none is left');

done_testing();
