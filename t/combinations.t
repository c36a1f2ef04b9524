#!/usr/bin/perl

# Whatever is asked by whomever gets one of the contract's answers: calls,
# methods, channels, sessions, headers and bodies are put together at random,
# most of them senseless.  No worker dies, no answer is a plain error of nginx,
# each problem has its status and its members.
#
# TEST_COMBINATIONS (1000) requests from TEST_SEED (1) on.

use warnings;
use strict;

use MIME::Base64 qw/ encode_base64 /;
use Test::More;

use HPF::Test;
use HPF::Test::Problem;

my $requests = $ENV{TEST_COMBINATIONS} || 1000;
my $seed = $ENV{TEST_SEED} || 1;

alarm 60 + $requests / 20;

my $t = HPF::Test->new->gateway(ca => 'ec', edit => sub {
    return $_[0] =~ s/(rate=)\d+(r\/\w)( burst=)\d+/${1}100000$2${3}100000/gr
                 =~ s/^( *)hpf_lock .*;/$1hpf_lock off;/mgr
                 =~ s/(hpf_secrets)/hpf_lock off;\n    $1/r;
});

my %STATUS = (
    'channel-unknown' => 401, 'channel-signature' => 401,
    'channel-stopped' => 503, 'item-unknown' => 404, 'item-stopped' => 503,
    'item-not-on-channel' => 403, 'rate-limited' => 429, 'diverted' => 503,
    'session-required' => 401, 'session-expired' => 401,
    'step-up-required' => 403, 'user-type' => 403, 'consent-required' => 403,
    'factor-failed' => 401, 'factor-locked' => 429, 'body-too-large' => 413,
    'json-malformed' => 400, 'form-invalid' => 422,
    'idempotency-conflict' => 409, 'case-unknown' => 404, 'case-state' => 409,
);

my %ADDS = (
    'channel-signature' => [ 'reason' ], 'form-invalid' => [ 'errors' ],
    'item-not-on-channel' => [ 'channels' ], 'json-malformed' => [ 'offset' ],
    'step-up-required' => [ qw/ required_level level factors / ],
    'rate-limited' => [ qw/ limit retry_after / ],
    'factor-failed' => [ 'attempts_left' ],
    'factor-locked' => [ 'retry_after' ],
    'consent-required' => [ qw/ party scope / ], 'case-state' => [ 'status' ],
);

my @people = map { $t->person($_) } 0 .. 2;
my $unit = $t->unit(0);
my $capture = encode_base64('a face', '');


# --- what requests are made of

my $paths = $t->call('GET', '/v1/openapi.json', channel => '')->json->{paths};

my @calls = map {
    my $path = $_;
    map { [ uc, $path ] } grep { $paths->{$path}{$_} } qw/ get post put delete /
} sort keys %$paths;

cmp_ok(scalar @calls, '>', 30, 'the calls of the description');

my @segments = (
    (qw/ account-query account-details withdraw-rent partner gov wechat /) x 3,
    'x', '1', '%00', '%2F', '%2e%2e', '%e5%85%ac', '..', 'a%20b', "'", '%',
    'x' x 300,
);

my @channels = ('', 'nobody', ('app') x 12, ('hall') x 3,
                qw/ wechat kiosk hotline sms gov partner /);

my @odd = (
    undef, 0, -1, 1e300, '', ' ', 'x' x 5000, "\x{5f20}\x{4e09}", "\x{1f3e0}",
    "\0", '0', [], [ [] ], {}, { a => 1 }, JSON::PP::true(), '1.005',
    '2026-13-45', '11010519491231002X', '13800138000',
    18446744073709551615,
);

my @headers = (
    ([]) x 30,
    [ 'Accept-Language' => 'en' ], [ 'Accept-Language' => 'x;q=9, *;q=0,,' ],
    [ 'Idempotency-Key' => '"k1"' ], [ 'Idempotency-Key' => 'k2' ],
    [ 'Idempotency-Key' => 'x' x 300 ], [ 'Idempotency-Key' => '""' ],
    [ Origin => 'https://evil.example' ], [ Origin => 'null' ],
    [ Cookie => '__Host-hpf=x' ], [ Cookie => '=;;__Host-hpf; a=b' ],
    [ 'X-CSRF-Token' => 'x' ], [ 'X-HPF-Device' => 'x' ],
    [ traceparent => '00-' . 'ab' x 16 . '-' . 'cd' x 8 . '-01' ],
    [ traceparent => '00-' . '0' x 32 . '-x-' ], [ Range => 'bytes=0-1' ],
    [ 'If-None-Match' => '*' ], [ 'If-Modified-Since' => 'yesterday' ],
    [ Accept => 'text/html' ], [ 'Accept-Encoding' => 'gzip, br' ],
    [ 'Signature-Input' => 'hpf=("@method")', Signature => 'hpf=:eA==:' ],
    [ 'Signature-Input' => 'hpf=(', Signature => '' ],
    [ 'Content-Digest' => 'sha-256=:eA==:' ], [ 'X-Forwarded-For' => 'x, ::' ],
    [ Authorization => 'Basic eDp5' ], [ Authorization => 'Bearer' ],
    [ Authorization => "Bearer a", Authorization => 'Bearer b' ],
    [ Expect => 'x' ], [ 'X-HTTP-Method-Override' => 'DELETE' ],
);

my @queries = ('', '', '', '', '?', '?status=received', '?status=%00', '?a=b&a',
               '?category=&user_type=unit', '?category=%e5', '?page=-1', '?%');


# what calls want, nearly

my @bodies = (
    [ qr/challenges$/ => sub { { factor => 'sms', mobile => $_[0]{mobile},
          purpose => pick(qw/ login register step-up mobile x /) } } ],
    [ qr/challenges$/ => sub { { factor => 'cert' } } ],
    [ qr/users$/ => sub { { user_type => 'individual', factors => factors(@_),
          map { $_ => $_[0]{$_} } qw/ name id_no mobile / } } ],
    [ qr/users$/ => sub { { user_type => 'unit', factors => factors(@_),
          map { $_ => $unit->{$_} } qw/ unit_name uscc handler / } } ],
    [ qr/sessions$/ => sub { { user => { mobile => $_[0]{mobile} },
          factors => factors(@_) } } ],
    [ qr/sessions$/ => sub { { user => { id_no => $_[0]{id_no} },
          factors => factors(@_) } } ],
    [ qr/sessions$/ => sub { { user => { uscc => $unit->{uscc} },
          factors => factors(@_) } } ],
    [ qr/sessions$/ => sub { { ticket => 'x' } } ],
    [ qr/factors$/ => sub { { factors => factors(@_) } } ],
    [ qr/tickets$/ => sub { { channel => pick(qw/ hall gov x /) } } ],
    [ qr/bindings/ => sub { { subject => 'openid' } } ],
    [ qr/password$/ => sub { { password => 'Gong-Ji-Jin-2026' } } ],
    [ qr/consents/ => sub { { scope => [ 'account-query' ], purpose => 'loan',
          expires => '2099-01-01T00:00:00+08:00' } } ],
    [ qr/withdraw/ => sub { { amount => '100.00', months => 3,
          bank_card => $_[0]{bank_card} } } ],
    [ qr/details/ => sub { { from => '2026-01-01', to => '2026-02-01',
          page => 1 } } ],
    [ qr/certificates/ => sub { { certificate => 'x', challenge_id => 'x',
          signature => 'eA==' } } ],
    [ qr/mobile$/ => sub { { mobile => $_[0]{mobile},
          factors => factors(@_) } } ],
    [ qr/handlers/ => sub { { items => [ '*' ], factors => factors(@_),
          map { $_ => $_[0]{$_} } qw/ name id_no mobile / } } ],
    [ qr/items|cases/ => sub { {} } ],
);

my @factors = (
    sub { { factor => 'sms', challenge_id => pick(challenge_id($_[0]), 'x'),
            code => $t->code($_[0]{mobile}) || '000000' } },
    sub { { factor => 'id-card' } },
    sub { { factor => 'password', password => 'x' } },
    sub { { factor => 'bank-card', card_no => $_[0]{bank_card},
            mobile => $_[0]{mobile} } },
    sub { { factor => 'face', capture => $capture } },
    sub { { factor => 'binding', subject => 'openid' } },
    sub { { factor => 'cert', challenge_id => 'x', certificate => 'x',
            signature => 'eA==' } },
    sub { { factor => 'nothing' } },
);

sub factors { return [ map { pick(@factors)->(@_) } 1 .. 1 + int rand 2 ] }


my %challenge;

sub challenge_id {
    my ($p) = @_;

    $challenge{$p->{mobile}} = ($t->challenge($p->{mobile}, 'login'))[0]
        if !$challenge{$p->{mobile}} || rand() < 0.05;

    return $challenge{$p->{mobile}};
}


sub pick { $_[int rand @_] }


# one of its values, however deep, is another

sub spoil {
    my ($value) = @_;

    if (ref $value eq 'HASH' && %$value) {
        my %copy = %$value;
        my $key = pick(sort keys %copy);

        if (rand() < 0.2) {
            delete $copy{$key};
        } elsif (rand() < 0.2) {
            $copy{pick('extra', '', '__proto__', "\x{4e09}")} = pick(@odd);
        } else {
            $copy{$key} = spoil($copy{$key});
        }

        return \%copy;
    }

    if (ref $value eq 'ARRAY' && @$value) {
        my @copy = @$value;
        my $i = int rand @copy;

        $copy[$i] = spoil($copy[$i]);

        return rand() < 0.2 ? [ (@copy) x 20 ] : \@copy;
    }

    return pick(@odd);
}


sub body {
    my ($path) = @_;
    my $n = rand;

    return undef if $n < 0.15;
    return pick('', '{', '[]', 'null', '"x"', '{}', "{}\xff", '{"a":1,"a":2}',
                '{"a":"\ud800"}', '[' x 3000, "\xef\xbb\xbf{}", '{} x', '1e999')
        if $n < 0.3;

    my @fit = $n < 0.9 ? grep { $path =~ $_->[0] } @bodies : ();
    my $body = pick(@fit ? @fit : @bodies)->[1]->(pick(@people));

    $body = spoil($body) if $n > 0.6;
    $body = spoil($body) if $n > 0.85;

    utf8::encode($body) if defined $body && !ref $body;

    return $body;
}


my @tokens;

sub token {
    my $n = rand;

    @tokens = tokens() if !@tokens || $n > 0.995;

    return pick(@tokens) if $n < 0.7;
    return pick('x', 'A' x 43, 'x' x 5000, $tokens[0] . 'x') if $n < 0.8;
    return;
}


# sessions of each level; what was asked for before may have closed the user

sub tokens {
    my @new = grep { $_ } map {
        $t->register($_);
        scalar $t->login($_);
    } @people[0, 1];

    %challenge = ();

    push @new, eval { $t->enter($people[2]) } || ();

    return @new ? @new : 'x' x 43;
}


# --- one of them

sub request {
    my ($method, $path) = @{ pick(@calls) };
    my $token = token();

    $path =~ s/\{[^}]*\}/pick(@segments)/ge;

    my $body = $method eq 'GET' && rand() < 0.8 ? undef : body($path);

    $path .= pick('/', 'x', '//') if rand() < 0.05;
    $path .= pick(@queries);
    $method = pick(qw/ GET HEAD POST PUT DELETE OPTIONS PATCH TRACE BREW /)
        if rand() < 0.15;

    my %o = (channel => pick(@channels), body => $body,
             headers => [ @{ pick(@headers) }, @{ pick(@headers) } ]);

    $o{token} = $token if defined $token;
    $o{sign} = 0 if rand() < 0.05;
    push @{ $o{headers} }, Origin => "https://$o{channel}.example"
        if rand() < 0.1;

    return ($method, $path, %o);
}


sub wrong {
    my ($method, $path, $r) = @_;

    return 'no answer' unless $r;
    return 'cut off' unless $r->complete;

    # what is no HTTP is nginx's own to refuse

    return $r->body =~ /nginx/ ? 'of nginx' : undef
        if $r->status == 405 && $method eq 'TRACE';
    return 'status 500' if $r->status == 500;

    if ($r->status >= 400) {
        my $fault = fault($r, $method eq 'HEAD');

        return $fault if $fault;
        return if $method eq 'HEAD';

        my $p = $r->json;
        my $status = $STATUS{$p->{code}} || $r->status;

        return "$p->{code} has status " . $r->status
            if $r->status != $status;

        my @none = grep { !exists $p->{$_} } @{ $ADDS{$p->{code}} || [] };

        return "$p->{code} without @none" if @none;
        return 'no Retry-After'
            if $r->status =~ /^(?:429|503)$/ && !$r->header('Retry-After');
        return 'no WWW-Authenticate'
            if $p->{code} =~ /^session-/ && !$r->header('WWW-Authenticate');
        return 'no Allow' if $r->status == 405 && !$r->header('Allow');
        return 'a secret' if $r->body =~ /\Q$capture\E|Gong-Ji-Jin/;
        return;
    }

    return 'no request id'
        unless ($r->header('X-Request-Id') || '') =~ /^[0-9a-f]{32}$/;
    return 'a body' if $method eq 'HEAD' && length $r->body;
    return if $r->status =~ /^(?:204|304)$/ || $method =~ /^(?:HEAD|OPTIONS)$/;

    # the description takes JSON::PP a second

    return 'no JSON' unless $path =~ /openapi/ || eval { ref $r->json };
    return;
}


my $workers = join ' ', sort { $a <=> $b } $t->workers;
my (@wrong, %seen);

srand $seed;

for my $n (1 .. $requests) {
    my ($method, $path, %o) = request();
    my $r = eval { $t->call($method, $path, %o) };
    my $wrong = wrong($method, $path, $r);

    $seen{$r->status}++ if $r;
    push @wrong, "$n: $method $path, $o{channel}: $wrong: "
                 . ($r ? substr $r->raw, 0, 600 : $@) if $wrong;
    last if @wrong > 5;
}

is(join("\n", @wrong), '', "$requests requests, from seed $seed on");
is(join(' ', sort { $a <=> $b } $t->workers), $workers, 'no worker has died');
is_deeply([ grep { !$seen{$_} } 200, 204, 400, 401, 403, 404, 405, 422 ], [],
          'there were answers of all kinds');
diag(join ', ', map { "$_: $seen{$_}" } sort keys %seen) if $ENV{TEST_VERBOSE};

done_testing();
