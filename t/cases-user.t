#!/usr/bin/perl

# What a user does with a case of his: he takes it back before it is decided,
# and says how it was when it is.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(workers => 2, start => 0);

# an item whose cases stand as its form says

$t->lua_handle('waiting', 'hpf.case.open(request.form.status)',
               mode => 'application', users => [ 'individual' ], level => 1,
               form => { type => 'object', required => [ 'status' ],
                         properties => { status => { type => 'string' } } });

$t->run->wait_ready;

my ($one, $two) = $t->savers;
my $token = $t->enter($one);
my $other = $t->enter($two);


sub opened {
    my ($status) = @_;
    my $r = $t->call('POST', '/v1/items/waiting', token => $token,
                     body => { status => $status });
    return $r->json->{case_no};
}


sub on {
    my ($no, $call, $body, %o) = @_;
    return $t->call('POST', "/v1/cases/$no/$call", token => $token,
                    body => $body, %o);
}


sub stored {
    my ($no) = @_;
    my $key = $t->redis('KEYS', "hpf:{u:*}:case:$no")->[0];
    return join ' ', @{ $t->redis('HGETALL', $key) };
}


sub refused {
    my ($r) = @_;
    my $json = $r->json;
    return join ' ', $r->status, $json->{code}, $json->{case_status} // ();
}


sub faults {
    my ($r) = @_;
    return $r->status if $r->status != 422;
    return join ' ', map { "$_->{pointer} $_->{rule}" } @{ $r->json->{errors} };
}


# cancelling

for my $status (qw/ received checking supplement /) {
    my $no = opened($status);
    my $r = on($no, 'cancel', { reason => '不需要了' });

    is($r->status, 200, "$status: cancelled");
    is($r->json->{status}, 'cancelled', 'says the case');
    is_deeply([ map { $_->{status} } @{ $r->json->{steps} } ],
              [ $status, 'cancelled' ], 'its steps');
    is($r->json->{steps}[1]{by}, 'user', 'by whom');
    is($r->json->{reason}, '不需要了', 'and why');
    is_deeply($t->call('GET', "/v1/cases/$no", token => $token)->json, $r->json,
              'so it stays');
    is(refused(on($no, 'cancel', {})), '409 case-state cancelled', 'once');
    is(refused(on($no, 'evaluation', { score => 5 })),
       '409 case-state cancelled', 'nothing was done that could be evaluated');
}

is(refused(on(opened('pending-backend'), 'cancel', {})),
   '409 case-state pending-backend',
   'what may have been done already cannot be taken back');

my $no = opened('received');

is(refused(on($no, 'cancel', {}, token => $other)), '404 case-unknown',
   "somebody else's");
is(refused(on('20200101000000000000', 'cancel', {})), '404 case-unknown',
   'none');
is(refused(on($no, 'cancel', {}, token => undef)), '401 session-required',
   'without a session');
is(faults(on($no, 'cancel', { why => 'x' })), '/why additionalProperties',
   'another member');
is(faults(on($no, 'cancel', { reason => 'x' x 201 })), '/reason maxLength',
   'a long reason');
is($t->call('GET', "/v1/cases/$no", token => $token)->json->{status},
   'received', 'nothing has happened');
is($t->call('POST', "/v1/cases/$no/cancel", token => $token)->status, 200,
   'no body is needed');


# with a key the first answer comes again

$no = opened('received');
my @key = (headers => [ 'Idempotency-Key' => 'back' ]);
my $why = { reason => 'because' };
my $first = on($no, 'cancel', $why, @key);
is($first->status, 200, 'with a key');
is(on($no, 'cancel', $why, @key)->body, $first->body, 'again');
is(refused(on(opened('received'), 'cancel', $why, @key)),
   '409 idempotency-conflict', 'of another case it is another request');
unlike(stored($no), qr/because/, 'in the store the reason is sealed');


# evaluating

is(refused(on(opened('checking'), 'evaluation', { score => 5 })),
   '409 case-state checking', 'not before it is decided');

$no = $t->withdraw($one, $token)->json->{case_no};

for ([ { }, '/score required' ], [ { score => 6 }, '/score maximum' ],
     [ { score => 0 }, '/score minimum' ], [ { score => 4.5 }, '/score type' ],
     [ { score => '5' }, '/score type' ], [ { score => undef }, '/score type' ],
     [ { score => 5, tags => 'x' }, '/tags type' ],
     [ { score => 5, tags => [ 1 ] }, '/tags/0 type' ],
     [ { score => 5, tags => [ 'a', 'a' ] }, '/tags uniqueItems' ],
     [ { score => 5, comment => 'x' x 1001 }, '/comment maxLength' ],
     [ { score => 5, stars => 5 }, '/stars additionalProperties' ])
{
    is(faults(on($no, 'evaluation', $_->[0])), $_->[1], $_->[1]);
}

is(refused(on($no, 'evaluation', { score => 5 }, token => $other)),
   '404 case-unknown', "somebody else's");

my $words = { score => 4, tags => [ '快', '方便' ],
              comment => "很好，我的手机是$one->{mobile}" };
my $r = on($no, 'evaluation', $words);

is($r->status, 201, 'evaluated');
is($r->json->{case_no}, $no, 'the case');
is($r->json->{evaluation}{score}, 4, 'score');
is_deeply($r->json->{evaluation}{tags}, $words->{tags}, 'tags');
like($r->json->{evaluation}{comment}, qr/^很好，我的手机是1\d\d\*{4}\d{4}$/,
     'comment, masked');
like($r->json->{evaluation}{at}, qr/^\d{4}-\d\d-\d\dT[\d:]{8}\+08:00$/, 'when');
is_deeply($t->call('GET', "/v1/cases/$no", token => $token)->json, $r->json,
          'it is kept');
is(refused(on($no, 'evaluation', { score => 1 })), '409 case-state approved',
   'once');
is(refused(on($no, 'cancel', {})), '409 case-state approved',
   'what is decided is not cancelled');
is($t->call('GET', "/v1/cases/$no", token => $token)->json->{evaluation}{score},
   4, 'the first one counts');
like(stored($no), qr/approved/, 'what is in the store');
unlike(stored($no), qr/$one->{mobile}/, 'is sealed');

is($t->call('GET', "/v1/cases/$no/cancel", token => $token)->header('Allow'),
   'POST', 'other methods');

done_testing();
