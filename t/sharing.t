#!/usr/bin/perl

# Another department asks about a person who is not there: where item and
# channel allow it, for a purpose and in a matter that it names and signs, and
# of all that there is it gets its scopes.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(start => 0);
my $channels = $t->read_file('conf/channels.conf');

$channels =~ s/(hpf_channel gov \{)/$1\n    sharing account-balance;/;
$channels =~ s/(hpf_channel hotline \{)/$1\n    sharing something-else;/;
$t->write_file('conf/channels.conf', $channels);
$t->run->wait_ready;

my ($one, $two) = map { $t->person($_) } 0, 1;
my @WHY = ('X-HPF-Purpose' => 'housing subsidy review',
           'X-HPF-Case' => 'ZJ-2026-0017');
my @COVER = qw/ @method @authority @path content-digest
                x-hpf-purpose x-hpf-case /;


sub outcome {
    my ($r) = @_;
    return $r->status if $r->status < 400;
    return join ' ', grep { defined } @{ $r->json }{qw/ code reason /};
}


sub ask {
    my ($person, %o) = @_;
    my $item = delete $o{item} || 'account-query';
    my $channel = $o{channel} || 'gov';
    return $t->call('POST', "/v1/items/$item", channel => $channel,
        headers => \@WHY, sign => { cover => \@COVER }, %o,
        body => { person => { id_no => $person->{id_no} } });
}


# nobody has registered or logged in

my $r = ask($one);
is($r->status, 200, 'an answer about a person') or diag($r->raw);
is(join(' ', sort keys %{ $r->json->{result} }),
   'balance last_paid_month status', 'of the scope of the channel');
is($r->json->{result}{balance}, $one->{balance}, 'about that one');
is(ask($two)->json->{result}{balance}, $two->{balance}, 'or another');
is($r->header('Cache-Control'), 'no-store', 'is not stored');


# why it is asked for

is(outcome(ask($one, headers => [], sign => {})), 'consent-required',
   'without a reason');
is(outcome(ask($one, headers => [ @WHY[0, 1] ], sign => {})),
   'consent-required',
   'without a matter');
is(outcome(ask($one, headers => [ @WHY[2, 3] ], sign => {})),
   'consent-required',
   'without a purpose');
is(outcome(ask($one, headers => [ @WHY, @WHY[0, 1] ], sign => {})),
   'consent-required',
   'with two');
is(outcome(ask($one, headers => [ @WHY[0, 1], 'X-HPF-Case', 'x' x 129 ])),
   'consent-required', 'too long');
is(outcome(ask($one, sign => {})), 'channel-signature missing',
   'what is not signed does not count');


# who may ask for what

$r = ask($one, channel => 'hotline');
is(outcome($r), 'consent-required', 'a channel without a scope of the item');
is(join(' ', $r->json->{party}, sort @{ $r->json->{scope} }),
   'hotline account-balance account-holder', 'which there are');
is(outcome(ask($one, channel => 'kiosk')), 'session-required',
   'a channel without any');
is(outcome(ask($one, item => 'account-details')), 'session-required',
   'an item that does not allow it');
is(outcome(ask($one, item => 'withdraw-rent')), 'session-required',
   'or does something');


# about whom

sub faults {
    my ($body) = @_;
    my $r = $t->call('POST', '/v1/items/account-query', channel => 'gov',
        headers => \@WHY, sign => { cover => \@COVER }, body => $body);
    return join ' ', map { "$_->{pointer} $_->{rule}" }
                     @{ $r->json->{errors} };
}

is(faults({}), '/person/id_no enum', 'nobody');
is(faults({ person => { id_no => '110105194912310021' } }),
   '/person/id_no enum', 'a number that is none');
is(faults({ person => { id_no => $one->{id_no}, name => 'x' } }),
   '/person/id_no enum', 'more than a number');
is(faults({ person => { id_no => $one->{id_no} }, x => 1 }),
   '/x additionalProperties', 'the rest is the form of the item');


# with a user it is as on any channel

my $token = $t->enter($one);
$r = $t->call('POST', '/v1/items/account-query', channel => 'gov',
              token => $token, body => {});
is(join(' ', sort keys %{ $r->json->{result} }),
   'account_no balance id_no last_paid_month mobile name status',
   'a user sees his own data');
is($t->call('POST', '/v1/items/account-query', channel => 'gov',
            token => $token, headers => \@WHY, body => {
                person => { id_no => $two->{id_no} } })->status, 422,
   'and nobody else');


# the record

my ($asked) = grep { $_->{purpose} } $t->audit;
is(join(' ', @$asked{qw/ channel key item outcome purpose matter /}),
   'gov 1 account-query ok housing subsidy review ZJ-2026-0017',
   'who asked for what, and why');
is_deeply($asked->{scope}, [ 'account-balance' ], 'and what was shown');
like($asked->{person}, qr/^[0-9a-f]{32}$/, 'about whom, by a hash');
ok(!$asked->{user}, 'who is no user');
unlike($t->read_file('audit/audit.jsonl') . $t->log_text,
       qr/$one->{id_no}|$two->{id_no}/, 'no number is there');

done_testing();
