#!/usr/bin/perl

# A bank wants to see what a citizen has saved.  It sees what he agreed to while
# he agrees, an operator ends what looks odd, and afterwards the record tells
# what was allowed and refused, and why: without a word that would be of use to
# who reads it.

use warnings;
use strict;
use utf8;

use POSIX qw/ strftime /;
use Test::More;

use HPF::Test;

my $PASSWORD = 'Tr0ubadour&3';
my $OPENID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';
my $HALL = 'https://hall.example.gov.cn';

my $t = HPF::Test->new->gateway(http => 'hpf_password cost=10;');

my ($me) = $t->savers;
my $new_mobile = '13900008888';

# what was asked and came of it, and what nobody may find later

my (@asked, %secret);


sub secret {
    my ($what, @values) = @_;
    $secret{$_} = $what for grep { defined && length } @values;
}


sub outcome {
    my ($r) = @_;
    return $r->status < 400 ? $r->status : $r->json->{code};
}


sub note_answer {
    my ($r) = @_;

    push @asked, $r;
    return $r unless $r->body =~ /^\{/;

    secret($_, $r->json->{$_}) for qw/ token ticket device csrf_token nonce /;
    secret('cookie', $1)
        if ($r->header('Set-Cookie') || '') =~ /^__Host-hpf=([^;]+)/;

    return $r;
}


sub call { note_answer($t->call(@_)) }


sub sms {
    my ($mobile, $purpose) = @_;
    my ($id, $code) = $t->challenge($mobile, $purpose || 'login');

    secret('code', $code);

    return { factor => 'sms', challenge_id => $id, code => $code };
}


sub login {
    my ($channel, @factors) = @_;
    return call('POST', '/v1/sessions', channel => $channel, body => {
        user => { mobile => $me->{mobile} }, factors => \@factors });
}


sub agree {
    my ($token, @scope) = @_;
    return call('PUT', '/v1/consents/partner', token => $token, body => {
        scope => \@scope, purpose => '贷款审批',
        expires_at => strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + 3600)) });
}


sub query {
    my ($token, $item) = @_;
    return call('POST', '/v1/items/' . ($item || 'account-query'),
                token => $token, channel => 'partner', body => {});
}


sub members {
    my ($r) = @_;
    return $r->status == 200 ? join ' ', sort keys %{ $r->json->{result} }
                             : outcome($r);
}


# a citizen with all that he can have

my $r = call('POST', '/v1/users', body => {
    user_type => 'individual',
    map({ $_ => $me->{$_} } qw/ name id_no mobile /),
    factors => [ sms($me->{mobile}, 'register'), { factor => 'id-card' },
                 { factor => 'password', password => $PASSWORD } ],
});
is(outcome($r), 201, 'a citizen') or diag($r->raw);
my $user = $r->json->{user_id};

my $app = login('app', sms($me->{mobile}), { factor => 'id-card' })
          ->json->{token};
is(outcome(call('PUT', '/v1/session/bindings/wechat', token => $app,
                channel => 'wechat', body => { subject => $OPENID })), 204,
   'with WeChat');
is(outcome(call('POST', '/v1/sessions', channel => 'wechat', body => {
       factors => [ { factor => 'binding', subject => $OPENID } ] })), 201,
   'that he uses');
$r = call('POST', '/v1/sessions', channel => 'hall',
          headers => [ Origin => $HALL ],
          body => { user => { mobile => $me->{mobile} },
                    factors => [ { factor => 'password',
                                   password => $PASSWORD } ] });
is(outcome($r), 201, 'a password and a browser');
is(outcome(call('POST', '/v1/items/withdraw-rent', token => $app, body => {
       amount => '100.00', months => 3, bank_card => $me->{bank_card} })), 201,
   'a case');


# the bank gets him by a ticket; that alone shows it nothing

my $ticket = call('POST', '/v1/session/tickets', token => $app,
                  body => { channel => 'partner' })->json->{ticket};
my $bank = call('POST', '/v1/sessions', channel => 'partner',
                body => { ticket => $ticket })->json->{token};

is(outcome(query($bank)), 'consent-required', 'a bank without his consent');
is(outcome(agree($bank, 'account-balance')), 'session-expired',
   'does not go elsewhere');
is(outcome(call('PUT', '/v1/consents/partner', token => $bank,
                channel => 'partner', body => {
                    scope => [ 'account-balance' ], purpose => 'x',
                    expires_at => '2099-01-01T00:00:00Z' })),
   'consent-required', 'nor agrees for him');


# with it

is(outcome(agree($app, 'account-history')), 200, 'he agrees to one thing');
is(outcome(query($bank)), 'consent-required', 'and it asks for another');
is(outcome(agree($app, 'account-balance')), 200, 'so he agrees to that');
$r = query($bank);
is(members($r), 'balance last_paid_month status', 'which it sees');
is($r->json->{result}{balance},
   call('POST', '/v1/items/account-query', token => $app, body => {})
   ->json->{result}{balance}, 'as it is');
is(join(' ', sort keys %{ query($bank, 'account-details')
                          ->json->{result}{items}[0] }), 'balance date',
   'and of his history no more than that');
is(outcome(query($bank, 'withdraw-rent')), 'item-not-on-channel',
   'least of all does it take his money');
is(outcome(call('GET', '/v1/cases', token => $bank, channel => 'partner')),
   'consent-required', 'or sees what he did');

is(outcome(call('DELETE', '/v1/consents/partner', token => $app)), 204,
   'he thinks better of it');
is(outcome(query($bank)), 'consent-required', 'and it sees nothing any more')
    for 1 .. 6;


# whoever tries, in his name

my @wrong = (
    [ 'another password', 'factor-failed',
      sub { login('app', { factor => 'password',
                           password => "$PASSWORD-no" }) } ],
    [ 'another code', 'factor-failed',
      sub { my $sms = sms($me->{mobile});
            login('app', { %$sms, code => $sms->{code} eq '000000'
                                          ? '000001' : '000000' }) } ],
    [ 'a ticket again', 'factor-failed',
      sub { call('POST', '/v1/sessions', channel => 'partner',
                 body => { ticket => $ticket }) } ],
    [ 'an account of nobody', 'factor-failed',
      sub { call('POST', '/v1/sessions', channel => 'wechat', body => {
                factors => [ { factor => 'binding',
                               subject => "$OPENID-x" } ] }) } ],
    [ 'a wrong signature', 'channel-signature',
      sub { call('GET', '/v1/session', channel => 'partner',
                 token => $bank, sign => { key => 'x' x 32 }) } ],
    [ 'a session of nobody', 'session-expired',
      sub { call('GET', '/v1/session', token => 'A' x 43) } ],
    [ 'no session', 'session-required', sub { call('GET', '/v1/session') } ],
);

is(outcome($_->[2]->()), $_->[1], $_->[0]) for @wrong;


# an operator

sub operator {
    my ($method, $query, @who) = @_;
    my $r = $t->admin($method, "/admin/v1/sessions$query",
                      headers => [ Connection => 'close', @who ]);
    push @asked, $r;
    return $r;
}

my @list = @{ operator('GET', "?user=$user")->json->{sessions} };
my ($odd) = grep { $_->{channel} eq 'partner' } @list;
my @WHO = ('X-HPF-Operator' => 'li');

ok($odd, 'an operator sees where he is');
is(outcome(operator('DELETE', "?session=$odd->{id}", @WHO)), 204,
   'and ends what is odd');
is(outcome(query($bank)), 'session-expired', 'the bank is out') for 1 .. 6;
is(outcome(call('GET', '/v1/session', token => $app)), 200, 'he is not');
is(outcome(operator('DELETE', "?user=$user")), 'bad-request',
   'nobody does so without a name');
is(outcome(operator('DELETE', "?user=$user", @WHO)), 204, 'or ends all');
is(outcome(call('GET', '/v1/session', token => $app)), 'session-expired',
   'now he is out, too') for 1 .. 6;


# he moves, and goes

$app = login('app', sms($me->{mobile}), { factor => 'id-card' })
       ->json->{token};
secret('new mobile', $new_mobile);
is(outcome(call('PUT', '/v1/session/mobile', token => $app, body => {
       mobile => $new_mobile, factors => [ sms($new_mobile, 'mobile') ] })),
   200, 'another number');


# the record has every request, what came of it, and of refusals the reason

my %line;
ok($t->wait_for(sub {
    %line = map { $_->{id} => $_ } $t->audit;
    return !grep { !$line{$_->header('X-Request-Id')} } @asked;
}), 'the record has each request');

my (@differs, %why);

for my $r (@asked) {
    my $line = $line{$r->header('X-Request-Id')} or next;
    my $code = $r->status < 400 ? 'ok' : $r->json->{code};

    push @differs, "$line->{call} $line->{status} $line->{outcome}, but "
                   . $r->status . " $code"
        if $line->{status} != $r->status || $line->{outcome} ne $code;

    $why{$code}{ defined $line->{reason} ? $line->{reason} : '-' } = 1;
}

is(join("\n", @differs), '', 'with what came of it');

my %want = (
    'channel-signature' => 'it is not that of the key over this request',
    'consent-required' => 'no-consent not-for-parties outside-consent',
    'factor-failed' => 'not-bound password sms ticket-unknown',
);

is(join(' ', sort keys %{ $why{$_} }), $want{$_}, "why: $_")
    for sort keys %want;
like(join(' ', keys %{ $why{'session-expired'} }),
     qr/session-of-another-channel/, 'why: session-expired');

my %is = map { $_->{event} => $_ } grep { $_->{event} } $t->audit;
is($is{'sessions-ended'}{operator}, 'li', 'who ended his sessions');
is($is{consented}{party}, 'partner', 'to whom he agreed');
ok($is{$_}, $_)
    for qw/ registered logged-in bound ticket-issued consent-withdrawn
            session-ended mobile-changed /;


# and nothing that helps who reads it

utf8::encode(my $name = $me->{name});
secret('name', $name);
secret('number', $me->{id_no});
secret('mobile', $me->{mobile});
secret('card', $me->{bank_card});
secret('account', $OPENID);
secret('password', $PASSWORD);

for my $file (glob($t->path('secrets/*.key')),
              glob($t->path('secrets/channels/*.key')))
{
    open my $in, '<', $file or die "$file: $!\n";
    chomp(my $key = <$in>);
    secret('key', $key);
}

my %GET = (hash => [ 'HGETALL' ], string => [ 'GET' ],
           zset => [ 'ZRANGE', 0, -1 ], list => [ 'LRANGE', 0, -1 ],
           set => [ 'SMEMBERS' ], stream => [ 'XRANGE', '-', '+' ]);

sub flat { map { ref $_ ? flat(@$_) : $_ } grep { defined } @_ }


sub in_store {
    my ($key) = @_;
    my ($get, @args) = @{ $GET{$t->redis('TYPE', $key)} || [] };

    return $get ? ($key, flat($t->redis($get, $key, @args))) : ();
}


my %text = (record => $t->read_file('audit/audit.jsonl'),
            'error log' => $t->log_text,
            store => join "\n", map { in_store($_) }
                                @{ $t->redis('KEYS', '*') });

for my $where (sort keys %text) {
    my %found;

    for my $value (keys %secret) {
        $found{$secret{$value}}++
            if $text{$where} =~ /(?<![0-9A-Za-z_-])\Q$value\E(?![0-9A-Za-z_-])/;
    }

    is(join(', ', sort keys %found), '', "nothing of it is in the $where");
}

like($text{$_}, qr/(?<![\w-])\Q$user\E(?![\w-])/, "who it is about: $_")
    for qw/ record store /;

done_testing();
