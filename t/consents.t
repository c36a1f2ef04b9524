#!/usr/bin/perl

# A third party sees of a user what he has agreed to, for as long as he does,
# and nothing else; he says so where it is not the third party that asks.

use warnings;
use strict;
use utf8;

use POSIX qw/ strftime /;
use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway;
my $b = HPF::Test->new->gateway(beside => $t);

my $one = $t->person(0);
my @ALL = qw/ account-balance account-holder /;


sub outcome {
    my ($r) = @_;
    return $r->status if $r->status < 400;
    return $r->json->{code};
}


sub faults {
    my ($r) = @_;
    return join ' ', map { "$_->{pointer} $_->{rule}" }
                     @{ $r->json->{errors} || [] };
}


sub at { strftime '%Y-%m-%dT%H:%M:%SZ', gmtime(time + $_[0]) }


sub agree {
    my ($token, $scope, %o) = @_;
    my $more = delete $o{more} || {};
    my $party = delete $o{party} || 'partner';
    return $t->call('PUT', "/v1/consents/$party", token => $token, %o, body => {
        scope => $scope, purpose => '贷款审批', expires_at => at(3600),
        %$more,
    });
}


sub withdraw {
    my ($token, %o) = @_;
    return $t->call('DELETE', '/v1/consents/partner', token => $token, %o);
}


sub consents {
    my ($token, %o) = @_;
    my $r = $t->call('GET', '/v1/consents', token => $token, %o);
    return join ' ', map { $_->{party}, @{ $_->{scope} } }
                     @{ $r->json->{consents} };
}


sub query {
    my ($token, %o) = @_;
    my $node = delete $o{node} || $t;
    return $node->call('POST', '/v1/items/account-query', token => $token,
                       channel => 'partner', %o, body => {});
}


sub members {
    my ($r) = @_;
    return outcome($r) if $r->status != 200;
    return join ' ', sort keys %{ $r->json->{result} };
}


my $token = $t->enter($one);


# without a consent

my $r = query($token);
is($r->status, 403, 'without a consent');
is(join(' ', @{ $r->json }{qw/ code party /}), 'consent-required partner',
   'whose is needed');
is_deeply([ sort @{ $r->json->{scope} } ], \@ALL, 'and what could be agreed');
is(outcome(query($token, channel => 'gov')), 200, 'others need none');
is(consents($token), '', 'none is listed');


# a consent

$r = agree($token, [ 'account-balance' ], more => { text_version => '3' });
is($r->status, 200, 'agreed') or diag($r->raw);
is(join(' ', sort keys %{ $r->json }),
   'channel expires_at given_at party purpose scope text_version', 'answer');
is($r->json->{purpose}, '贷款审批', 'for what');
is($t->call('GET', '/v1/consents/partner', token => $token)->body, $r->body,
   'it can be read');
is(consents($token), 'partner account-balance', 'and is listed');

$r = query($token);
is($r->status, 200, 'now the party gets an answer') or diag($r->raw);
is(members($r), 'balance last_paid_month status', 'of what was agreed');
is($r->json->{result}{balance}, $one->{balance}, 'as it is');

is(members(query($token, channel => 'app')),
   'account_no balance id_no last_paid_month mobile name status',
   'others get all of it');

agree($token, \@ALL);
$r = query($token);
is(members($r), 'account_no balance id_no last_paid_month mobile name status',
   'more was agreed');
unlike($r->body, qr/$one->{id_no}|$one->{mobile}|$one->{name}/,
       'what is personal is masked all the same');

agree($token, [ 'account-holder' ]);
is(members(query($token)), 'account_no id_no mobile name', 'another scope');


# elements of lists

sub details {
    my ($token) = @_;
    return $t->call('POST', '/v1/items/account-details', token => $token,
                    channel => 'partner', body => {});
}

is(outcome(details($token)), 'consent-required', 'of another item nothing');
agree($token, [ 'account-balance' ]);
$r = details($token);
is(members($r), 'items page pages', 'a list');
is(join(' ', sort keys %{ $r->json->{result}{items}[0] }), 'balance date',
   'of which parts were agreed');
agree($token, [ 'account-balance', 'account-history' ]);
is(join(' ', sort keys %{ details($token)->json->{result}{items}[0] }),
   'amount balance date kind', 'what either scope has');


# the end of one

agree($token, [ 'account-history' ]);
is(outcome(query($token)), 'consent-required', 'outside of the consent');
agree($token, \@ALL);
is(outcome(query($token, node => $b)), 200, 'on another node');
is(outcome(withdraw($token)), 204, 'withdrawn');
is(outcome(query($token, node => $b)), 'consent-required', 'at once there');
is(outcome(query($token)), 'consent-required', 'and here');
is(outcome(withdraw($token)), 204, 'once more');
is($t->call('GET', '/v1/consents/partner', token => $token)->status, 404,
   'there is none');

# for two seconds, or more where they are too short for a question

for my $seconds (2, 4, 8) {
    agree($token, \@ALL, more => { expires_at => at($seconds) });
    $r = query($token);
    last if $r->status == 200;
}

is(outcome($r), 200, 'for some seconds');
ok($t->wait_for(sub { consents($token) eq '' }), 'which end');
is(outcome(query($token)), 'consent-required', 'and it with them');


# how a party gets a user

my $ticket = $t->call('POST', '/v1/session/tickets', token => $token,
                      body => { channel => 'partner' })->json->{ticket};
my $party = $t->call('POST', '/v1/sessions', channel => 'partner',
                     body => { ticket => $ticket })->json->{token};
is(outcome(query($party)), 'consent-required', 'by a ticket');
agree($token, [ 'account-balance' ]);
is(members(query($party)), 'balance last_paid_month status', 'with consent');

my $direct = $t->login($one, channel => 'partner');
is(members(query($direct)), 'balance last_paid_month status',
   'or by a log-in there');


# what it cannot do with him

is(outcome(query($party, channel => 'app')), 'session-expired',
   'its session is good on no other channel');
is(outcome(query($party, channel => 'gov')), 'session-expired',
   'signed or not');
is(outcome(query($direct, channel => 'hall')), 'session-expired',
   'nor that of a log-in');
is(outcome(agree($party, \@ALL, channel => 'partner')), 'consent-required',
   'agree for him');
is(members(query($party)), 'balance last_paid_month status', 'so it did not');

for my $call ([ 'GET', '/v1/consents' ], [ 'GET', '/v1/sessions' ],
              [ 'DELETE', '/v1/session/all' ], [ 'GET', '/v1/cases' ],
              [ 'GET', '/v1/session/bindings' ], [ 'GET', '/files/1' ])
{
    is(outcome($t->call(@$call, token => $party, channel => 'partner')),
       'consent-required', "@$call");
}

is(outcome($t->call('GET', '/v1/consents/partner', token => $party,
                    channel => 'partner')), 200, 'its own consent it sees');
is(outcome(withdraw($party, channel => 'partner')), 204, 'and gives back');
is(outcome($t->call('GET', '/v1/session', token => $party,
                    channel => 'partner')), 200, 'its session it sees');
is(outcome($t->call('DELETE', '/v1/session', token => $party,
                    channel => 'partner')), 204, 'and ends');


# faults

is(outcome(agree($token, \@ALL, party => 'hall')), 'not-found',
   'a channel that is no party');
is(outcome(agree($token, \@ALL, party => 'nobody')), 'not-found', 'nobody');
is(faults(agree($token, [ 'account-balance', 'everything' ])),
   '/scope/1 enum', 'a scope that there is not');
is(faults(agree($token, [])), '/scope minItems', 'to nothing');
is(faults(agree($token, \@ALL, more => { expires_at => at(-1) })),
   '/expires_at enum', 'for a time that is over');
is(faults($t->call('PUT', '/v1/consents/partner', token => $token,
                   body => {})),
   '/scope required /purpose required /expires_at required', 'nothing');
is(outcome(agree(undef, \@ALL)), 'session-required', 'nobody agrees');


# the record

my @audit = $t->audit;
my ($given) = grep { ($_->{event} || '') eq 'consented' } @audit;
is(join(' ', $given->{party}, @{ $given->{scope} }),
   'partner account-balance', 'to what was agreed');
my ($shown) = grep { ($_->{channel} || '') eq 'partner' && $_->{scope}
                     && $_->{outcome} eq 'ok' } @audit;
is(join(' ', $shown->{item}, @{ $shown->{scope} }),
   'account-query account-balance', 'what was shown');
is(join(' ', sort keys %{ { map { $_->{reason} => 1 }
                            grep { $_->{reason} } @audit } }),
   'no-consent not-for-parties outside-consent session-of-another-channel',
   'and why not');


# a consent that cannot be asked for is none

agree($token, \@ALL);
is(outcome(query($token)), 200, 'with a consent');
$t->kill_redis;
is(outcome($t->call('GET', '/v1/session', token => $token)), 200,
   'without the store a user goes on');
is(outcome(query($token)), 'store-unavailable', 'a third party does not');
is(outcome(withdraw($token)), 'store-unavailable',
   'nor is it said that something has ended');
$t->start_redis;

done_testing();
