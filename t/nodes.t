#!/usr/bin/perl

# Two nodes before one Redis: a user does not notice on which one he is, and
# what ends or closes on one ends and closes on the other within a second.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $a = HPF::Test->new->gateway;
my $b = HPF::Test->new->gateway(beside => $a);

my ($one, $two) = grep { !$_->{married} && !$_->{owns_house}
                         && $_->{balance} > 5000 }
                  map { $a->person($_) } 0 .. 199;


sub query {
    my ($t, $token) = @_;
    return $t->call('POST', '/v1/items/account-query', token => $token,
                    body => {});
}


sub session {
    my ($t, $token) = @_;
    return $t->call('GET', '/v1/session', token => $token);
}


sub outcome {
    my ($r) = @_;
    return $r->status < 400 ? $r->status : $r->json->{code};
}


# every worker of a node has it in the cache, or rather has been asked

sub known {
    my ($t, $token) = @_;
    return join ' ', sort keys %{ { map { outcome(session($t, $token)) => 1 }
                                    1 .. 12 } };
}


# on all workers of both nodes, a second later at most: of three tries in a
# row on each

sub soon {
    my ($name, $want, $try) = @_;
    my $begin = $a->began;

    my @nodes = grep {
        my $t = $_;
        $t->wait_for(sub {
            return 6 == grep { outcome($try->($t)) eq $want } 1 .. 6;
        });
    } $a, $b;

    my $took = $a->took($begin);

    is(scalar @nodes, 2, $name);
    ok($took < 1.5, "$name: within a second") or diag("$took s");
}


# one user of both

is($a->register($one)->status, 201, 'registered on one node');

my ($token, $r) = $b->login($one);
is($r->status, 201, 'logged in on the other');
is(known($a, $token), 200, 'a session of the other');
is(known($b, $token), 200, 'and on the other');
is(query($a, $token)->body, query($b, $token)->body, 'the same answer');

my $again = $a->login($one);
is(known($b, $again), 200, 'a second session');


# a log-out

is($a->call('DELETE', '/v1/session', token => $token)->status, 204,
   'logged out on one');
soon('a session that was cached on both', 'session-expired',
     sub { session($_[0], $token) });
is(known($b, $again), 200, 'the other session goes on');

is($b->call('DELETE', '/v1/session/all', token => $again)->status, 204,
   'logged out everywhere');
soon('all sessions', 'session-expired', sub { session($_[0], $again) });


# switches

sub hall { $_[0]->call('GET', '/v1/items', channel => 'hall') }

$a->redis('HSET', 'hpf:cfg:switch', 'channel:hall', '{"open":false}');
soon('a channel that was closed', 'channel-stopped', \&hall);

$a->redis('HDEL', 'hpf:cfg:switch', 'channel:hall');
soon('and opened again', 200, \&hall);


# an application is made once, whatever the node

is($a->register($two)->status, 201, 'another user');

my ($id, $code) = $a->challenge($two->{mobile}, 'login');

$r = $b->call('POST', '/v1/sessions', body => {
    user => { mobile => $two->{mobile} },
    factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                 { factor => 'id-card' } ],
});
is($r->status, 201, 'with a code that was asked for on the other node');
$token = $r->json->{token};

my @answers = map {
    $_->call('POST', '/v1/items/withdraw-rent', token => $token,
             headers => [ 'Idempotency-Key' => 'once' ],
             body => { amount => '100.00', months => 3,
                       bank_card => $two->{bank_card} });
} $a, $b;

is($answers[0]->json->{status}, 'approved', 'an application');
is($answers[1]->json->{case_no}, $answers[0]->json->{case_no},
   'the same one, sent to the other node');

$r = $a->demo('GET', "/core/applications?id_no=$two->{id_no}");
is(scalar @{ $r->json->{applications} }, 1, 'is paid once');

$r = $b->call('GET', '/v1/cases/' . $answers[0]->json->{case_no},
              token => $token);
is($r->json->{status}, 'approved', 'and seen there');


# a node that goes takes nothing with it

$a->stop;
is(session($b, $token)->status, 200, 'one node is gone, the session is not');
is($b->call('DELETE', '/v1/session', token => $token)->status, 204,
   'logged out on the other');

$a->run->wait_ready;
is(outcome(session($a, $token)), 'session-expired', 'also where it was not');

done_testing();
