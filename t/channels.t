#!/usr/bin/perl

# Who is calling: public channels by name or origin, signed ones by an HTTP
# message signature that covers what it must, is young, and comes once.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new;

$t->write_file('secrets/second.key',
               "c2Vjb25kLWtleS1vZi10aGlydHktdHdvLWJ5dGVzLTE=\n");
chmod 0600, $t->path('secrets/second.key');

$t->gateway(http => <<'EOF', workers => 4, edit => \&small_buffers);
    hpf_channel bank {
        name 银行 Bank;
        kind signed;
        key old %%TESTDIR%%/secrets/channels/gov.key;
        key new %%TESTDIR%%/secrets/second.key;
    }
EOF


# bodies of more than 1k are in a file

sub small_buffers { return $_[0] =~ s/client_body_buffer_size \K64k/1k/r }


# one request; the code of its problem, with the reason when there is one

sub outcome {
    my ($r) = @_;
    return $r->status if $r->status < 400;
    return join ' ', grep { defined } @{ $r->json }{qw/ code reason /};
}


sub get {
    my ($channel, %o) = @_;
    return $t->call('GET', '/v1/items', channel => $channel, %o);
}


sub signed {
    my (%sign) = @_;
    return outcome(get('gov', sign => \%sign));
}


# public channels

is(outcome(get('hall')), 200, 'a public channel by its name');
is(outcome(get('')), 'channel-unknown', 'a request without a channel');
is(outcome(get('nobody')), 'channel-unknown', 'a channel that there is not');
is(outcome(get("ha\xe4ll")), 'channel-unknown', 'a name that is no name');
is(outcome(get('', headers => [ Origin => 'https://hall.example.gov.cn' ])),
   200, 'by the origin of a browser');
is(outcome(get('', headers => [ Origin => 'https://evil.example' ])),
   'channel-unknown', 'by another origin');

my $r = get('nobody');
is($r->status, 401, 'status');
is($r->header('Content-Type'), 'application/problem+json', 'type');
is($r->json->{type}, 'urn:hpf:problem:channel-unknown', 'type of the problem');
is($r->json->{instance}, $r->header('X-Request-Id'), 'instance');
is($r->header('Content-Language'), 'zh-CN', 'Chinese by default');

$r = get('nobody', headers => [ 'Accept-Language' => 'en-GB, zh;q=0.5' ]);
is($r->header('Content-Language'), 'en', 'English on request');
like($r->json->{title}, qr/channel/, 'title in English');


# signed channels

is(signed(), 200, 'a signed request');
is(outcome(get('gov', sign => 0)), 'channel-unknown', 'no name, no signature');
is(outcome(get('gov', sign => 0, headers => [ 'X-HPF-Channel' => 'gov' ])),
   'channel-signature missing', 'a signed channel by its name alone');
is(signed(keyid => 'nobody:1'), 'channel-unknown', 'an unknown channel');
is(signed(keyid => 'hall:1'), 'channel-unknown', 'a public one');
is(signed(keyid => 'gov:2'), 'channel-signature mismatch', 'an unknown key');
is(signed(key => 'x' x 32), 'channel-signature mismatch', 'a wrong key');
is(signed(alg => 'hmac-sha512'), 'channel-signature mismatch',
   'an algorithm that the channel does not use');
is(signed(base => sub { "$_[0] " }), 'channel-signature mismatch',
   'another base');
is(outcome(get('gov', headers => [ 'X-HPF-Channel' => 'wechat' ])),
   'channel-unknown', 'a name that is not that of the signature');


# what it covers

for my $c (qw/ @method @authority @path /) {
    my @cover = grep { $_ ne $c } qw/ @method @authority @path /;
    like(signed(cover => \@cover), qr/channel-signature (missing|mismatch)/,
         "$c has to be covered");
}

sub query {
    my ($path, %sign) = @_;
    return outcome($t->call('GET', $path, channel => 'gov', sign => \%sign));
}

is(query('/v1/items?category=x&user_type=unit'), 200, 'a query');
like(query('/v1/items?category=x', cover => [ qw/ @method @authority @path / ]),
     qr/channel-signature (missing|mismatch)/, 'a query that is not covered');
is(query('/v1/items?category=%E6%8F%90%E5%8F%96'), 200, 'an escaped query');

# a request whose path was changed on its way

my @headers = $t->signed('gov', 'GET', '/v1/items', undef, []);
$r = http_get('/v1/channels', headers => \@headers);
is(outcome($r), 'channel-signature mismatch', 'another path');

$r = http_get('/v1/items?a', headers =>
              [ $t->signed('gov', 'GET', '/v1/items', undef, []) ]);
like(outcome($r), qr/channel-signature (missing|mismatch)/, 'a query added');

$r = http_request('GET', '/v1/items', headers =>
                  [ $t->signed('gov', 'GET', '/v1/items', undef, []),
                    Authorization => 'Bearer x' ]);
like(outcome($r), qr/channel-signature (missing|mismatch)/,
     'an authorization added');

# whatever of a request is changed on its way, the signature holds no more

sub changed {
    my ($from, $to) = @_;
    my $host = '127.0.0.1:' . port(8080);
    my $path = '/v1/items/account-query?a=1&b=2';
    my $sent = '{"a":"1"}';

    my @h = sign_request(method => 'POST', path => $path,
        authority => $host, body => $sent, keyid => 'gov:1',
        nonce => 'n' . rand, headers => [ Authorization => 'Bearer x' ],
        key => $t->channel_key('gov'));
    my $c = client(8080);
    my $bytes = $c->build('POST', $path, host => $host, headers => \@h,
                          body => $sent);

    die "nothing to change: $from\n" if $to && $bytes !~ s/$from/$to/;
    $c->send($bytes);

    return outcome($c->response);
}

is(changed(), 'session-expired', 'as it was signed it goes on');

my @changes = (
    [ method => '^POST', 'GET' ], [ path => 'query\?', 'details?' ],
    [ query => 'a=1&b=2', 'b=2&a=1' ],
    [ host => '(?<=Host: )[\d.]+', 'other' ],
    [ authorization => 'Bearer x', 'Bearer y' ], [ body => '"1"', '"2"' ],
    [ digest => '(?<=Digest: sha-256=:).', '/' ],
    [ time => 'created=\d+', 'created=' . (time - 100) ],
    [ nonce => 'nonce="n', 'nonce="m' ],
    [ key => 'keyid="gov:1"', 'keyid="wechat:1"' ],
    [ algorithm => 'alg="hmac-sha256"', 'alg="none"' ],
    [ signature => '(?<=Signature: hpf=:).{4}', 'AAAA' ],
);

like(changed(@$_[1, 2]), qr/^channel-signature /, "another $_->[0]")
    for @changes;


# the body

my $body = '{"factor":"sms","mobile":"1","purpose":"login"}';

sub post {
    my ($sent, @signed) = @_;
    my @h = $t->signed('gov', 'POST', '/v1/challenges', @signed);
    return outcome(http_post('/v1/challenges', $sent, headers => \@h));
}

is(post($body, $body, []), 'form-invalid', 'a signed body gets to the form');
is(post("$body ", $body, []), 'channel-signature digest', 'a changed body');
like(post($body, undef, []), qr/channel-signature (missing|mismatch|digest)/,
     'a body that is not covered');
is(post($body, $body, [ 'Content-Digest' => 'sha-256=:AAAA:' ]),
   'channel-signature digest', 'a digest of another length');
is(post($body, $body, [ 'Content-Digest' => 'md5=:AAAA:' ]),
   'channel-signature digest', 'no digest that is known');
is(post('', undef, []), 'form-invalid', 'no body counts as {}');

my $long = '{' . ' ' x 5000 . '}';
is(post($long, $long, []), 'form-invalid', 'a body in a file');
is(post($long =~ s/ }/\t}/r, $long, []), 'channel-signature digest',
   'a changed one');


# the clock

is(signed(created => time - 290), 200, 'signed 290 s ago');
is(signed(created => time + 290), 200, 'by a clock that is 290 s fast');
is(signed(created => time - 310), 'channel-signature expired', '310 s ago');
is(signed(created => time + 310), 'channel-signature expired', '310 s ahead');


# a nonce is accepted once, by any worker, and after a reload

my @nonces = map { signed(nonce => "once-$_") } 1 .. 8;
is("@nonces", "200 200 200 200 200 200 200 200", 'fresh nonces');

@nonces = map { signed(nonce => 'once-1') } 1 .. 12;
is(scalar(grep { $_ eq 'channel-signature replayed' } @nonces), 12,
   'a nonce that was used');

$t->reload(wait_old => 1);
is(signed(nonce => 'once-2'), 'channel-signature replayed',
   'and after a reload');

is(outcome(get('kiosk', sign => { nonce => 'once-1' })), 200,
   'the same one of another channel');

my ($ok) = map { signed(nonce => 'twice', key => 'y' x 32) } 1;
is(signed(nonce => 'twice'), 200, 'a bad signature uses no nonce up');


# two keys at a time

sub bank {
    my ($id, $file) = @_;
    my @h = sign_request(method => 'GET', path => '/v1/items',
        authority => '127.0.0.1:' . port(8080), keyid => "bank:$id",
        key => MIME::Base64::decode_base64($t->read_file($file)));
    return outcome(http_get('/v1/items', headers => \@h));
}

is(bank('old', 'secrets/channels/gov.key'), 200, 'the old key');
is(bank('new', 'secrets/second.key'), 200, 'the new key');
is(bank('old', 'secrets/second.key'), 'channel-signature mismatch',
   'a key under the other name');


# malformed fields never end in more than a problem

for my $input ('', 'x', 'hpf=', 'hpf=(', 'hpf=("@method")', 'hpf=();created=x',
               'other=("@method")', 'hpf=("@method");created=1;created=2',
               'hpf=' . '(' x 500, "hpf=(\"\@method\");keyid=\"\xff\"",
               'hpf=("@method");nonce="' . 'n' x 5000 . '"')
{
    my $res = http_get('/v1/items', headers =>
        [ 'Signature-Input' => $input, Signature => 'hpf=:AAAA:' ]);
    my $name = substr $input, 0, 30;
    utf8::decode($name) or $name = 'bytes';
    like(outcome($res), qr/^(channel-signature|channel-unknown)/,
         "malformed: $name");
}


# the list, with one that says of no entry

my $list = $t->call('GET', '/v1/channels', channel => 'hall');
is($list->status, 200, 'the list of channels');
is_deeply([ map { $_->{entry} } grep { $_->{id} eq 'bank' }
            @{ $list->json->{channels} } ], [ '' ], 'one without an entry');

$t->redis('HSET', 'hpf:cfg:switch', 'channel:app', '{"open":false}');
ok($t->wait_for(sub { outcome(get('app')) =~ /^channel-stopped/ }),
   'is an alternative all the same');

done_testing();
