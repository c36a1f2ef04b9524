#!/usr/bin/perl

# The service items: their list and their guides, what is asked before one is
# done, and what account-query and account-details answer, masked.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway;

my $person = $t->person(0);
my $token;


sub item {
    my ($id, $body, %o) = @_;
    return $t->call('POST', "/v1/items/$id", body => $body, token => $token,
                    %o);
}


sub faults {
    my ($r) = @_;
    return $r->status if $r->status != 422;
    return join ' ', map { "$_->{pointer} $_->{rule}" } @{ $r->json->{errors} };
}


# the list

my $r = $t->call('GET', '/v1/items');
is($r->status, 200, 'the list');

my %item = map { $_->{id} => $_ } @{ $r->json->{items} };
is(join(' ', sort keys %item), 'account-details account-query withdraw-rent',
   'items');
is_deeply([ sort keys %{ $item{'withdraw-rent'} } ],
          [ qw/ category channels id level name open time_limit users / ],
          'what is said of one');
is($item{'withdraw-rent'}{name}, '租房提取住房公积金', 'its name');
is($item{'withdraw-rent'}{level}, 2, 'its level');
is_deeply($item{'withdraw-rent'}{time_limit}, { days => 3, unit => 'working' },
          'its time limit');
is_deeply($item{'withdraw-rent'}{channels},
          [ qw/ hall app wechat kiosk hotline gov / ], 'its channels');
ok($item{'withdraw-rent'}{open}, 'open');

$r = $t->call('GET', '/v1/items', headers => [ 'Accept-Language' => 'en' ]);
is((grep { $_->{id} eq 'account-query' } @{ $r->json->{items} })[0]{name},
   'Account query', 'in English');

my $version = $r->json->{version};
is($t->call('GET', '/v1/items')->json->{version}, $version,
   'a version that stays');

is_deeply([ map { $_->{id} }
            @{ $t->call('GET', '/v1/items?category=query')->json->{items} } ],
          [ qw/ account-details account-query / ], 'of a category');
is_deeply($t->call('GET', '/v1/items?user_type=unit')->json->{items}, [],
          'for units');
is(@{ $t->call('GET', '/v1/items?user_type=individual')->json->{items} }, 3,
   'for individuals');


# the query as clients make it: coded, and with names that say nothing

sub listed {
    my ($query, %o) = @_;
    my $items = $t->call('GET', "/v1/items?$query", %o)->json->{items};
    return join ' ', map { $_->{id} } @$items;
}

is(listed('category=with%64raw'), 'withdraw-rent', 'a coded category');
is(listed('category=&user_type='), listed('x=1'), 'empty is any');
is(listed('category=&user_type=unit'), '', 'of two, one says something');
is(listed('user_type=%75nit'), '', 'a coded type');
is(listed('category=%E6%9F%A5'), '', 'a category that there is not');

$r = $t->call('GET', '/v1/items', channel => 'partner');
is_deeply({ map { $_->{id} => $_->{open} ? 1 : 0 } @{ $r->json->{items} } },
          { 'account-details' => 1, 'account-query' => 1,
            'withdraw-rent' => 0 }, 'what a channel does not have is not open');


# a guide

$r = $t->call('GET', '/v1/items/withdraw-rent');
is($r->status, 200, 'a guide');
is($r->json->{version}, '1.0.0', 'version');
is($r->json->{form}{properties}{months}{maximum}, 12, 'form');
like($r->json->{documents}[0], qr/身份证/, 'documents');
like($r->json->{commitment}, qr/承诺/, 'commitment');
is_deeply($r->json->{tolerates}, [], 'tolerates');
is($r->json->{fees}, '不收费', 'fees');

is($t->call('GET', '/v1/items/nothing')->json->{code}, 'item-unknown',
   'no such item');
is($t->call('GET', '/v1/items/')->status, 404, 'no id');
is($t->call('PUT', '/v1/items/account-query', body => {})->status, 405,
   'no such method');
is($t->call('GET', '/v1/openapi.json', channel => '')->json->{openapi},
   '3.1.0', 'the description needs no channel');

# whoever asks, as a browser or a client that always sends its token

my $known = $t->enter($t->person(1));
my %pid = map { $_ => 1 } $t->workers;

is(join(' ', map { $t->call('GET', '/v1/openapi.json', channel => '',
                            token => $_)->status }
             $known, $known, 'A' x 43, 'x'),
   '200 200 200 200', 'nor a session, and is not kept from who has one');
is(scalar(grep { !$pid{$_} } $t->workers), 0, 'by the same workers');

my $api = $t->call('GET', '/v1/openapi.json', channel => '')->json;

ok($api->{paths}{'/v1/items/account-query'}{post}, 'and has the items');
is(join(' ', sort keys %{ $api->{paths}{'/v1/items/withdraw-rent'}{post}
                          {responses} }), '201 default', 'what they answer');
ok($api->{paths}{'/v1/session/factors'}{post}{responses}{200}
   {content}{'application/json'}{schema}{properties}{token},
   'as the fixed calls');
is_deeply($api->{paths}{'/v1/cases/{id}'}{get}{responses}{200}{content}
          {'application/json'}{schema}{properties}{due}{type},
          [ qw/ string null / ], 'of what is done at once nothing is due');
ok((grep { $_ eq 'mask-unscannable' }
    @{ $api->{components}{responses}{Problem}{content}
       {'application/problem+json'}{schema}{properties}{code}{enum} }),
   'codes that another part sends');


# what it says follows what is loaded, in each worker and language

sub described {
    my ($what, @headers) = @_;

    utf8::encode($what);

    return scalar grep {
        $t->call('GET', '/v1/openapi.json', channel => '',
                 headers => \@headers)->body =~ /\Q$what\E/
    } 1 .. 12;
}


my @english = ('Accept-Language' => 'en');

is(described('/v1/items/lately'), 0, 'what is not there is not described');
$t->lua_plugin('lately', 'return { handle = function() return {} end }',
               name => { zh => '新近', en => 'A late one' });
ok($t->wait_for(sub { described('/v1/items/lately') == 12 }), 'then it is');
is(described('A late one', @english), 12, 'in English');
is(described('新近'), 12, 'in Chinese');
is(described('新近', @english), 0, 'one at a time');
rename $t->path('plugins/lately'), $t->path('lately') or die "rename: $!\n";
ok($t->wait_for(sub { described('/v1/items/lately') == 0 }),
   'and not when it is gone');


# every reference leads somewhere: within what has an id, or the whole

sub dangling {
    my ($node, $base) = @_;
    my @bad;

    if (ref $node eq 'ARRAY') {
        return map { dangling($_, $base) } @$node;
    }

    return unless ref $node eq 'HASH';

    $base = $node if exists $node->{'$id'};

    if (defined $node->{'$ref'} && !ref $node->{'$ref'}) {
        my $at = $base;

        for ($node->{'$ref'} =~ m|([^/#]+)|g) {
            $at = ref $at eq 'HASH' ? $at->{$_} : undef;
        }

        push @bad, $node->{'$ref'} unless defined $at;
    }

    return (@bad, map { dangling($_, $base) } values %$node);
}

is(join(' ', dangling($api, $api)), '', 'no reference leads nowhere');


# who may

is(item('account-query', {})->json->{code}, 'session-required', 'nobody');

$t->register($person);
$token = $t->login($person);


# account-query: a plugin in C

my $first = $r = item('account-query', {});
is($r->status, 200, 'account-query');
is($r->header('Cache-Control'), 'no-store', 'is not stored');
is_deeply([ sort keys %{ $r->json->{result} } ],
          [ qw/ account_no balance id_no last_paid_month mobile name status / ],
          'members');
is($r->json->{result}{balance}, $person->{balance}, 'balance');
is($r->json->{result}{id_no},
   substr($person->{id_no}, 0, 6) . '********' . substr($person->{id_no}, -4),
   'id_no is masked');
is($r->json->{result}{mobile},
   substr($person->{mobile}, 0, 3) . '****' . substr($person->{mobile}, -4),
   'mobile is masked');
like($r->json->{result}{name}, qr/^.\*+.?$/, 'name is masked');
like($r->json->{result}{account_no}, qr/^\*+\d{4}$/, 'account_no is masked');
unlike($r->body, qr/$person->{id_no}|$person->{mobile}/, 'nothing shows');

is(item('account-query', undef)->status, 200, 'no body is an empty form');
is(faults(item('account-query', { x => 1 })), '/x additionalProperties',
   'what the form does not have');
is(faults(item('account-query', [])), ' type', 'a list is no form');
is($t->call('POST', '/v1/items/account-query', token => $token,
            body => '{"a":')->json->{code}, 'json-malformed', 'no JSON');
is($t->call('POST', '/v1/items/account-query', token => $token,
            body => '{"a":')->json->{offset}, 5, 'and where');

$t->call('PUT', '/v1/consents/partner', token => $token, body => {
    scope => [ 'account-holder' ], purpose => 'x',
    expires_at => '2999-01-01T00:00:00Z' });

for my $channel (qw/ hall wechat kiosk hotline sms gov partner /) {
    is(item('account-query', {}, channel => $channel)->status, 200,
       "on $channel");
}

is($t->call('POST', '/v1/items/account-query', token => $token, body => {},
            headers => [ 'Accept-Language' => 'en' ])
   ->header('Content-Language'), 'en', 'in English');


# account-details: a plugin in Lua

$r = item('account-details', {});
is($r->status, 200, 'account-details');
is_deeply([ sort keys %{ $r->json->{result} } ], [ qw/ items page pages / ],
          'members');
is($r->json->{result}{page}, 1, 'page');

my @all = @{ $r->json->{result}{items} };
ok(@all > 2, 'items');
is_deeply([ sort keys %{ $all[0] } ], [ qw/ amount balance date kind / ],
          'what is said of one');
is(join(' ', map { $_->{date} } @all),
   join(' ', reverse sort map { $_->{date} } @all), 'newest first');

if ($r->json->{result}{pages} > 1) {
    my $second = item('account-details', { page => 2 })->json->{result};
    is($second->{page}, 2, 'the second page');
    ok($second->{items}[0]{date} le $all[-1]{date}, 'goes on');

} else {
    pass('there is one page') for 1 .. 2;
}

my ($from, $to) = ($all[2]{date}, $all[1]{date});
my @some = @{ item('account-details', { from => $from, to => $to })
              ->json->{result}{items} };
ok(@some && !(grep { $_->{date} lt $from || $_->{date} gt $to } @some),
   'of some days');
is(scalar @{ item('account-details', { from => '1990-01-01',
                                       to => '1990-01-02' })
             ->json->{result}{items} }, 0, 'of days with nothing');

is(faults(item('account-details', { from => '2026-02-30', to => 'x',
                                    page => 0, y => 1 })),
   '/from format /to format /page minimum /y additionalProperties',
   'every fault is told');
is(faults(item('account-details', { from => '2026-02-01',
                                    to => '2026-01-01' })),
   '/to order', 'what only the plugin can know');
is($r = item('account-details', { page => 'one' })->json->{errors}[0]{message},
   '“页码”应为整数', 'a fault in Chinese');
is(item('account-details', { page => 'one' }, headers =>
        [ 'Accept-Language' => 'en' ])->header('Content-Language'), 'en',
   'or in English');


# an item that this channel does not carry

$r = item('withdraw-rent', {}, channel => 'partner');
is($r->status, 403, 'withdraw-rent on a partner');
is($r->json->{code}, 'item-not-on-channel', 'code');
is_deeply($r->json->{channels}, $item{'withdraw-rent'}{channels}, 'channels');


# what came, went out and was masked is on record

my $record = $t->record($first);

is($record->{item}, 'account-query', 'the item in the record');
is($record->{outcome}, 'ok', 'outcome');
is($record->{masked}, 4, 'fields masked');
like($record->{user}, qr/^[\w-]{20,}$/, 'a pseudonym');
unlike($t->read_file('audit/audit.jsonl'), qr/$person->{id_no}|\Q$token\E/,
       'no number and no token');

done_testing();
