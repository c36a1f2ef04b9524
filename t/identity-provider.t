#!/usr/bin/perl

# Tokens of an identity provider, such as a government platform: who is logged
# in by one, at which level, on which channels and how often; and how new keys
# of the provider come in.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;
use HPF::Test::Token;

my $t = HPF::Test->new;
my $idp = HPF::Test::Token->new($t->path('idp'));

$idp->key('one', 'ES256')->key('two', 'RS256')->key('three', 'SM2')
    ->key('later', 'ES256')->key('stranger', 'ES256');

$t->write_file('jwks.json', $idp->jwks('one', 'two', 'three'));
$t->write_file('served.json', $idp->jwks('one'));
$t->write_file('asked', '');

# who serves keys, and notes that it was asked

$t->start_backend(8085, sub {
    my $body = $t->read_file('served.json');

    open my $f, '>>', $t->path('asked');
    print $f 'x';
    close $f;

    return "HTTP/1.1 200 OK\r\nContent-Length: " . length($body)
           . "\r\n\r\n$body";
});

my $rules = <<'EOT';
        issuer https://idp.gov.example;
        audience hpf;
        channel gov hall;
        algorithm ES256 RS256 SM2;
        claims id_no name phone;
        level acr low=1 real=2 face=3;
EOT

$t->gateway(workers => 1, http => <<"EOT", channels => <<'EOT');
    hpf_identity_provider gov {
$rules
        keys file %%TESTDIR%%/jwks.json;
    }

    hpf_identity_provider served {
$rules
        keys backend idp /jwks.json;
    }

    hpf_identity_provider eager {
$rules
        keys backend idp /jwks.json;
        refresh 1s;
    }

    hpf_backend idp /_idp/;
EOT
        location /_idp/ {
            internal;
            proxy_pass http://127.0.0.1:8085/;
        }
EOT

my @people = map { $t->person($_) } 0 .. 9;
my $jti = 0;


sub claims {
    my ($person, %more) = @_;

    return {
        iss => 'https://idp.gov.example', aud => 'hpf', iat => time,
        exp => time + 300, jti => 'j' . ++$jti, acr => 'real',
        id_no => $person->{id_no}, name => $person->{name}, %more,
    };
}


sub assert_token {
    my ($token, %o) = @_;

    return $t->call('POST', '/v1/sessions', channel => $o{channel} || 'gov',
        body => { assertion => { provider => $o{provider} || 'gov',
                                 token => $token } });
}


sub enter {
    my ($person, %more) = @_;
    my %o = map { $_ => delete $more{$_} } grep { exists $more{$_} }
            qw/ key channel provider header /;

    return assert_token($idp->token($o{key} || 'one',
                                    claims($person, %more),
                                    header => $o{header}), %o);
}


sub outcome {
    my ($r) = @_;
    return $r->status if $r->status < 400;
    return join ' ', grep { defined } @{ $r->json }{qw/ code attempts_left /};
}


sub reason {
    my ($r) = @_;
    my $id = $r->header('X-Request-Id');
    my $line;

    $t->wait_for(sub {
        ($line) = grep { /$id/ } split /\n/, $t->read_file('audit/audit.jsonl');
    });

    return json($line)->{reason};
}


sub refused {
    my ($r, $reason, $what) = @_;
    is(outcome($r), 'factor-failed 0', $what);
    is(reason($r), "assertion: $reason", "$what: the record knows");
}


# a new user, and the same one ever after

my $r = enter($people[0]);
is($r->status, 201, 'a real name makes a user') or diag $r->raw;
is($r->json->{level}, 2, 'and a session of level 2');
like($r->json->{token}, qr/^[\w-]{43}$/, 'with a token');

my $user = $r->json->{user}{user_id};
my $token = $r->json->{token};

is(enter($people[0], channel => 'hall')->json->{user}{user_id}, $user,
   'is the same user on another channel');
is($t->call('GET', '/v1/session', token => $token)->json->{level}, 2,
   'the session is one on every channel');
is($t->call('POST', '/v1/items/account-query', token => $token, body => {})
   ->status, 200, 'that items are done in');

is(enter($people[0], key => $_)->status, 201, "signed by $_")
    for qw/ two three /;


# who was registered before is that user

my $known = $t->register($people[1])->json->{user_id};
is(enter($people[1])->json->{user}{user_id}, $known,
   'who was registered is that user');


# who came by the provider registers with his mobile later, and is the same

$r = $t->register($people[0]);
is($r->json->{user_id}, $user, 'a registration later is the same user');
ok($t->login($people[0]), 'who logs in by SMS from then on');

is(enter($people[2], phone => $people[2]{mobile})->status, 201,
   'a provider that has the number');
ok($t->login($people[2]), 'saves the registration');


# levels

is(enter($people[0], acr => 'low')->json->{level}, 1, 'a low level');
is(enter($people[0], acr => 'face')->json->{level}, 3, 'a high one');
refused(enter($people[0], acr => 'other'), 'no level', 'one that says nothing');
refused(enter($people[3], acr => 'low'), 'not registered',
        'a low level makes no user');
refused(enter($people[3], name => ''), 'not registered',
        'nor does a token without a name');

$token = enter($people[0], acr => 'face')->json->{token};
my ($id, $code) = $t->challenge($people[0]{mobile}, 'step-up');
$r = $t->call('POST', '/v1/session/factors', token => $token, body => {
    factors => [ { factor => 'sms', challenge_id => $id, code => $code } ] });
is($r->json->{level}, 3, 'a step up leads nowhere below');


# what is refused

my $once = $idp->token('one', claims($people[0]));
is(assert_token($once)->status, 201, 'a token');
refused(assert_token($once), 'used before', 'is good once');

refused(enter($people[0], channel => 'app'), 'no such provider here',
        'on a channel where it is not taken');
refused(enter($people[0], provider => 'nobody'), 'no such provider here',
        'a provider that there is not');
refused(enter($people[0], iss => 'https://evil'), 'another issuer',
        'of another issuer');
refused(enter($people[0], aud => 'other'), 'for another audience',
        'for others');
refused(enter($people[0], exp => time - 61, iat => time - 300), 'expired',
        'an old one');
refused(enter($people[0], exp => time + 9000), 'it holds too long',
        'one that holds for long');
refused(enter($people[0], key => 'stranger'), 'no such key', 'of a stranger');
refused(enter($people[0], key => 'stranger', header => { kid => 'one' }),
        'the signature is not of this key', 'in the name of a key');
refused(enter($people[0], header => { alg => 'none' }),
        'an algorithm that is not taken', 'without a signature');
refused(enter($people[0], id_no => '110105194912310021'), 'no ID number',
        'for a number that is none');
refused(assert_token('x'), 'no token', 'nonsense');

is(join(' ', map { "$_->{pointer} $_->{rule}" }
        @{ $t->call('POST', '/v1/sessions', channel => 'gov', body => {
               assertion => { provider => 'gov' },
               user => { id_no => $people[0]{id_no} },
           })->json->{errors} }),
   '/assertion/token required  maxProperties', 'faults of the form');


# a token a hundred times at once: one session

my $body = JSON::PP->new->utf8->encode({ assertion => {
    provider => 'gov', token => $idp->token('one', claims($people[0])) } });
my @clients = map { client(8080) } 1 .. 100;

$_->send("POST /v1/sessions HTTP/1.1\r\nHost: a\r\nX-HPF-Channel: hall\r\n"
         . 'Content-Length: ' . length($body) . "\r\n\r\n$body") for @clients;

my %n;
$n{$_->response->status}++ for @clients;
is_deeply(\%n, { 201 => 1, 401 => 99 }, 'once, however many ask');


# new keys: of a file, which the worker looks at

$t->write_file('jwks.json', 'no keys');
$t->wait_log(qr/new keys of "gov" cannot be used/);
is(enter($people[0])->status, 201, 'keys that cannot be used change nothing');
$t->write_file('jwks.json', $idp->jwks('later', 'two'));
ok($t->wait_log(qr/new keys of "gov"$/m), 'new ones are read');
is(enter($people[0], key => 'later')->status, 201, 'and good');
refused(enter($people[0]), 'no such key', 'one that was taken back');


# and of a back end, which is asked when a token names one that is not known

is(enter($people[0], provider => 'served')->status, 201, 'keys are fetched');
is(enter($people[0], provider => 'served')->status, 201, 'and used again');
is(length $t->read_file('asked'), 1, 'and fetched once');

refused(enter($people[0], provider => 'served', key => 'later'), 'no such key',
        'a key that is not known');
is(length $t->read_file('asked'), 1, 'a back end is not asked all the time');

is(enter($people[0], provider => 'eager')->status, 201, 'keys of a short life');
$t->write_file('served.json', $idp->jwks('later'));
ok($t->wait_for(sub {
    enter($people[0], provider => 'eager', key => 'later')->status == 201;
}), 'new ones come by themselves');
refused(enter($people[0], provider => 'eager'), 'no such key',
        'and the old ones go');


# nothing of it in logs

unlike($t->log_text . $t->read_file('audit/audit.jsonl'),
       qr/eyJ|$people[0]{id_no}/, 'no token is in a log');


# what nginx refuses

sub conf {
    my ($text) = @_;
    my ($ok, $out) = $t->config_test(<<"EOT");
%%TEST_GLOBALS%%
http {
    %%TEST_GLOBALS_HTTP%%
    hpf_channel hall { name x; kind public; }
    hpf_channel gov { name y; kind public; }
    $text
    server { listen 127.0.0.1:8080; }
}
EOT
    return $ok ? '' : $out =~ /\[emerg\] [^:]*: (.*)/ ? $1 : $out;
}


my $file = "keys file $t->{dir}/jwks.json;";

is(conf("hpf_identity_provider a { $rules $file }"), '', 'a good one');
like(conf("hpf_identity_provider a { $rules }"), qr/needs "issuer"/,
     'without keys');
like(conf("hpf_identity_provider a { $rules $file x; }"),
     qr/unknown directive "x"/, 'an unknown directive');
like(conf("hpf_identity_provider a { $rules $file }"
          . "hpf_identity_provider a { $rules $file }"), qr/is duplicate/,
     'a second one of the name');
like(conf("hpf_identity_provider a { $rules $file channel nowhere; }"),
     qr/there is no channel "nowhere"/, 'a channel that there is not');
like(conf("hpf_identity_provider a { $rules keys backend b /x; }"),
     qr/there is no back end "b"/, 'a back end that there is not');
like(conf("hpf_identity_provider a { $rules keys file /none; }"),
     qr/cannot be used: the file cannot be read/, 'a file that there is not');
like(conf("hpf_identity_provider a { $rules $file algorithm HS256; }"),
     qr/must be of RS256, ES256 and SM2/, 'an algorithm that is not taken');
like(conf("hpf_identity_provider a { $rules $file leeway 2d; }"),
     qr/at most a day/, 'a leeway of days');
like(conf("hpf_identity_provider a { $rules $file issuer x; }"),
     qr/"issuer" of .* is duplicate/, 'two issuers');

done_testing();
