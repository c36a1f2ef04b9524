#!/usr/bin/perl

# A citizen, from the day on which he registers at a kiosk: WeChat knows him,
# the web hall gets him from there, an application wants more of him than a
# chat does, a phone is lost, and the government platform means the same man.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;
use HPF::Test::Token;

my $HALL = 'https://hall.example.gov.cn';
my $OPENID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';
my $ID = { factor => 'id-card' };

my $t = HPF::Test->new;
my $idp = HPF::Test::Token->new($t->path('idp'))->key('one', 'SM2');

$t->write_file('jwks.json', $idp->jwks('one'));

my $PROVIDER = <<"EOF";
    hpf_identity_provider gov {
        issuer https://idp.gov.example;
        audience hpf;
        channel gov;
        algorithm SM2;
        keys file @{[ $t->path('jwks.json') ]};
        claims id_no name;
        level acr real=2;
    }
EOF

$t->gateway(http => $PROVIDER);

my $node = HPF::Test->new->gateway(http => $PROVIDER, beside => $t);

my ($me, $other) = $t->savers;
my $new_mobile = '13900009999';


sub outcome {
    my ($r) = @_;
    return $r->status < 400 ? $r->status : $r->json->{code};
}


sub sms {
    my ($mobile, $purpose, %o) = @_;
    my ($id, $code) = $t->challenge($mobile, $purpose, %o);
    return { factor => 'sms', challenge_id => $id, code => $code };
}


sub wechat {
    my (@more) = @_;
    return $t->call('POST', '/v1/sessions', channel => 'wechat', body => {
        factors => [ { factor => 'binding', subject => $OPENID }, @more ] });
}


# what a page in the browser sends: its origin, the cookie, the token

my ($cookie, $csrf);

sub page {
    my ($method, $path, $body, %o) = @_;
    my $at = delete $o{at} || $t;

    my $r = $at->call($method, $path, channel => '', body => $body,
        headers => [ Origin => $HALL, %o,
            defined $cookie ? (Cookie => "__Host-hpf=$cookie") : (),
            defined $csrf ? ('X-CSRF-Token' => $csrf) : () ]);

    ($cookie, $csrf) = ($1, $r->json->{csrf_token})
        if ($r->header('Set-Cookie') || '') =~ /^__Host-hpf=([^;]+)/;

    return $r;
}


# on all channels, of both nodes, by whichever worker

sub everywhere {
    my ($token) = @_;
    my %seen;

    for my $at ($t, $node) {
        for my $channel ((qw/ app hall wechat kiosk gov /) x 2) {
            $seen{outcome($at->call('GET', '/v1/session', token => $token,
                                    channel => $channel))} = 1;
        }
    }

    return join ' ', sort keys %seen;
}


# at the kiosk, with his ID card and his number

my $r = $t->register($me, channel => 'kiosk');
is($r->status, 201, 'a citizen registers at a kiosk') or diag($r->raw);
is($r->json->{level}, 2, 'under his real name');

my $user = $r->json->{user_id};
my $kiosk = $t->login($me, channel => 'kiosk');
ok($kiosk, 'and logs in there');


# WeChat, which vouches for his account

is(outcome(wechat()), 'factor-failed', 'WeChat does not know him yet');

my $app = $t->login($me);
is(outcome($t->call('PUT', '/v1/session/bindings/wechat', token => $app,
                    channel => 'wechat', body => { subject => $OPENID })),
   204, 'his account is bound');

$r = wechat();
is(outcome($r), 201, 'from then on that is how he comes in');
is($r->json->{user}{user_id}, $user, 'as himself');
is($r->json->{level}, 1, 'at level 1');
unlike($r->body, qr/$me->{mobile}/, 'his number is masked');

my $wechat = $r->json->{token};


# on to the web hall, in a browser

my $ticket = $t->call('POST', '/v1/session/tickets', token => $wechat,
                      channel => 'wechat', body => { channel => 'hall' })
             ->json->{ticket};

$r = page('POST', '/v1/sessions', { ticket => $ticket });
is(outcome($r), 201, 'a link opens the web hall') or diag($r->raw);
is($r->json->{user}{user_id}, $user, 'for him');
ok(!exists $r->json->{token}, 'no script of the page gets his token');
like($cookie, qr/^[\w-]{43}$/, 'the browser keeps it');
is($r->json->{level}, 1, 'at the level that he had');

is(outcome(page('GET', '/v1/session')), 200, 'a page of the hall sees him');
is(outcome($t->call('POST', '/v1/items/account-query', channel => 'hall',
                    headers => [ Origin => 'https://evil.example',
                                 Cookie => "__Host-hpf=$cookie" ],
                    body => {})), 'csrf', 'another page does not');
is(outcome($t->call('POST', '/v1/sessions', channel => 'hall',
                    body => { ticket => $ticket })), 'factor-failed',
   'the link is good once');


# an application

my %form = (amount => '100.00', months => 3, bank_card => $me->{bank_card});

sub apply { page('POST', '/v1/items/withdraw-rent', \%form, @_) }

$r = apply();
is(outcome($r), 'step-up-required', 'his money takes more than a chat');
is($r->json->{required_level}, 2, 'a second factor');
ok((grep { $_ eq 'sms' } @{ $r->json->{factors} }), 'such as a code')
    or diag($r->raw);

my $before = $cookie;
$r = page('POST', '/v1/session/factors',
          { factors => [ sms($me->{mobile}, 'step-up') ] });
is(outcome($r), 200, 'he proves that he has his phone') or diag($r->raw);
is($r->json->{level}, 2, 'level 2');
isnt($cookie, $before, 'in a new session');
is(everywhere($before), 'session-expired', 'the one before is dead');

$r = apply('Idempotency-Key' => 'rent-1');
is(outcome($r), 201, 'his application is a case') or diag($r->raw);

my $case = $r->json->{case_no};
is(apply('Idempotency-Key' => 'rent-1')->json->{case_no}, $case,
   'clicked twice it is one');
is(page('GET', "/v1/cases/$case")->json->{status}, 'approved', 'approved');
is($t->call('GET', "/v1/cases/$case", token => $wechat, channel => 'wechat')
   ->json->{case_no}, $case, 'he sees it in WeChat, too');

my $stranger = $t->enter($other);
is(outcome($t->call('GET', "/v1/cases/$case", token => $stranger)),
   'case-unknown', 'nobody else does');


# he loses his phone; what he has left is WeChat and his ID card

is(everywhere($_), 200, 'where he is logged in') for $app, $wechat, $cookie;

$r = wechat($ID);
is($r->json->{level}, 2, 'WeChat and ID card are two factors');

my $safe = $r->json->{token};

sub move {
    my ($from) = @_;
    return $t->call('PUT', '/v1/session/mobile', token => $safe,
        channel => 'wechat', body => { mobile => $new_mobile,
            factors => [ sms($from, 'mobile', channel => 'wechat') ] });
}

is(outcome(move($me->{mobile})), 'factor-failed',
   'a code of the lost phone moves nothing');
is(everywhere($_), 200, 'nor ends anything') for $app, $cookie;

$r = move($new_mobile);
is(outcome($r), 200, 'he has a new number') or diag($r->raw);

is(everywhere($_), 'session-expired', 'what was open is dead everywhere')
    for $kiosk, $app, $wechat, $cookie;
is(outcome(page('GET', '/v1/session', undef, at => $node)),
   'session-expired', 'also in the browser');
is(everywhere($safe), 200, 'he goes on');

for my $who ({ mobile => $me->{mobile} }, { id_no => $me->{id_no} }) {
    is(outcome($t->call('POST', '/v1/sessions', body => {
           user => $who, factors => [ sms($me->{mobile}, 'login'), $ID ] })),
       'factor-failed', 'who found the phone gets nowhere');
}

is(outcome($t->call('POST', '/v1/session/factors', token => $safe, body => {
       factors => [ sms($me->{mobile}, 'step-up') ] })), 'factor-failed',
   'nor further');
is(outcome($t->register($me)), 'factor-failed', 'nor by registering');


# the account on the lost phone

is(outcome(wechat()), 201, 'it has WeChat, too');
is(outcome($t->call('DELETE', '/v1/session/bindings/wechat', token => $safe,
                    channel => 'app')), 204, 'which he ends');
is(outcome(wechat()), 'factor-failed', 'it opens nothing');
is_deeply($t->call('GET', '/v1/session/bindings', token => $safe)
          ->json->{bindings}, [], 'and is not listed');

my $token = $t->login({ mobile => $new_mobile }, channel => 'hall');
is($t->call('GET', '/v1/session', token => $token)->json->{user}{user_id},
   $user, 'with the new phone he is who he was');
is($t->call('GET', '/v1/cases', token => $token)->json->{cases}[0]{case_no},
   $case, 'with his case');


# the government platform sends somebody

sub assertion {
    my ($person, $jti) = @_;

    return $node->call('POST', '/v1/sessions', channel => 'gov', body => {
        assertion => { provider => 'gov', token => $idp->token('one', {
            iss => 'https://idp.gov.example', aud => 'hpf', iat => time,
            exp => time + 300, jti => $jti, acr => 'real',
            map { $_ => $person->{$_} } qw/ id_no name / }) } });
}

$r = assertion($me, 'one');
is(outcome($r), 201, 'who comes from the government platform') or diag($r->raw);
is($r->json->{user}{user_id}, $user, 'is the same man');
is($r->json->{level}, 2, 'with what it knows of him');
is($t->call('GET', "/v1/cases/$case", token => $r->json->{token})
   ->json->{case_no}, $case, 'and his case');
isnt(assertion($other, 'two')->json->{user}{user_id}, $user,
     'somebody else is not');


# all that happened to him is in the record, and nothing of him in clear

my %event = map { $_->{event} => 1 }
            grep { $_->{event} && ($_->{user} || '') eq $user } $t->audit;
ok($event{$_}, "the record has: $_") or diag(join ' ', keys %event)
    for qw/ bound unbound /;

my $all = join '', map { $_->read_file('audit/audit.jsonl'), $_->log_text }
                   $t, $node;
utf8::encode(my $name = $me->{name});

unlike($all, qr/\Q$_->[1]\E/, "no $_->[0] is there")
    for [ 'number', $me->{id_no} ], [ 'mobile', $me->{mobile} ],
        [ 'new mobile', $new_mobile ], [ 'card', $me->{bank_card} ],
        [ 'name', $name ], [ 'account', $OPENID ], [ 'ticket', $ticket ],
        [ 'cookie', $cookie ], [ 'token of a page', $csrf ],
        map { [ 'token', $_ ] } $safe, $wechat, $app, $kiosk;

done_testing();
