#!/usr/bin/perl

# What Redis holds of persons is sealed: by either suite, with keys that are
# changed while the gateway runs.  A dump of it has nothing of anybody.

use warnings;
use strict;
use utf8;

use MIME::Base64 qw/ decode_base64 encode_base64 /;
use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(workers => 2, http => conf(''));

my ($one, $two) = $t->savers;
my $unit = $t->unit(0);
my $password = 'Tr0ubadour&3';
my @secrets = ($password);


sub conf { return "hpf_password cost=10;\n$_[0]\n" }


sub outcome {
    my ($r) = @_;
    return $r->status < 400 ? $r->status : $r->json->{code};
}


sub token {
    my ($r) = @_;
    push @secrets, grep { defined } @{ $r->json }{qw/ token device /};
    return $r->json->{token};
}


sub login {
    my ($user, $mobile, @more) = @_;
    my ($id, $code) = $t->challenge($mobile, 'login');

    return $t->call('POST', '/v1/sessions', body => {
        user => $user, factors => [ { factor => 'sms', challenge_id => $id,
                                      code => $code }, @more ],
    });
}


# suite and key of each sealed text of the records that stay

sub heads {
    my (@keys) = @_;
    my %seen;

    @keys = grep { /:profile$|:handler:[\w-]+$|:case:\d+$/ }
            @{ $t->redis('KEYS', 'hpf:{u:*') } if !@keys;

    for my $key (@keys) {
        my %h = @{ $t->redis('HGETALL', $key) };

        for my $text (grep { defined && length }
                      @h{qw/ name mobile id_no data result /})
        {
            my ($head, $id) = unpack 'CC',
                decode_base64(substr($text, 0, 4) =~ tr|_-|/+|r);
            $seen{($head & 15) . ":$id"}++;
        }
    }

    return join ' ', sort keys %seen;
}


# users, a unit, cases

my $ID = { factor => 'id-card' };
my ($id, $code) = $t->challenge($one->{mobile}, 'register');
my $r = $t->call('POST', '/v1/users', headers => [ 'Idempotency-Key' => 'a' ],
    body => {
        user_type => 'individual',
        map({ $_ => $one->{$_} } qw/ name id_no mobile /),
        factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                     $ID, { factor => 'password', password => $password } ],
    });
is(outcome($r), 201, 'a user');
my $user = $r->json->{user_id};

$t->register($two);

($id, $code) = $t->challenge($unit->{handler}{mobile}, 'register');
is(outcome($t->call('POST', '/v1/users', body => {
       user_type => 'unit', %$unit,
       factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                    $ID ] })), 201, 'a unit');

my $token = token($r = login({ mobile => $one->{mobile} }, $one->{mobile},
                             $ID));
$r = $t->withdraw($one, $token, headers => [ 'Idempotency-Key' => 'b' ]);
is(outcome($r), 201, 'a case');
my $no = $r->json->{case_no};

token(login({ uscc => $unit->{uscc} }, $unit->{handler}{mobile}, $ID));
token(login({ mobile => $two->{mobile} }, $two->{mobile}));
is(outcome($t->call('POST', '/v1/sessions', body => {
       user => { id_no => $one->{id_no} },
       factors => [ { factor => 'password', password => $_ } ] })),
   $_ eq $password ? 201 : 'factor-failed', 'a log-in by password')
    for "$password-wrong", $password;
$t->challenge($two->{mobile}, 'step-up');

is(heads(), '1:1', 'AES-256-GCM, the first key');


# another key and suite: what is read is renewed

sub key {
    my ($name, @bytes) = @_;
    $t->write_file("secrets/$name", encode_base64(pack "C*", @bytes));
    chmod 0600, $t->path("secrets/$name");
}


key('seal.key.2', 1 .. 32);
ok($t->wait_for(sub { $t->redis('HGET', 'hpf:cfg:reseal', 'done') }),
   'all was looked at');
is($t->redis('HGET', 'hpf:cfg:reseal', 'done'), '1:1', 'once');

# not in the background: somebody else does it, and never ends

$t->redis('HSET', 'hpf:cfg:reseal', 'owner', 'x', 'until', 9999999999);
$t->gateway_conf(http => conf('hpf_seal sm4-ctr-hmac-sm3 key=2;'));
$t->reload(wait_old => 1);
$t->wait_ready;

is(outcome($t->call('GET', "/v1/cases/$no", token => $token)), 200,
   'sessions and cases are still read');
$r = login({ mobile => $one->{mobile} }, $one->{mobile}, $ID);
is(outcome($r), 201, 'and users');
$token = token($r);
ok($t->wait_for(sub { heads("hpf:{u:$user}:profile") eq '2:2' }),
   'who logs in is sealed anew');
like(heads(), qr/1:1/, 'others are not yet');
is(outcome(login({ mobile => $one->{mobile} }, $one->{mobile}, $ID)), 201,
   'he still logs in');


# and all of it in the background

$t->redis('DEL', 'hpf:cfg:reseal');
ok($t->wait_for(sub { heads() eq '2:2' }), 'SM4-CTR with HMAC-SM3, key 2')
    or diag heads();
ok($t->wait_log(qr/all is sealed with key 2, [1-9]\d* texts/),
   'the log says so');
ok($t->wait_for(sub {
    ($t->redis('HGET', 'hpf:cfg:reseal', 'done') || '') eq '2:2';
}), 'and Redis');


# the first key is not needed any more

rename $t->path('secrets/seal.key'), $t->path('seal.key.away');
$t->gateway_conf(http => conf('hpf_seal sm4-ctr-hmac-sm3 key=2;'));
$t->reload(wait_old => 1);
$t->wait_ready;

$r = $t->call('GET', "/v1/cases/$no", token => $token);
is(outcome($r), 200, 'the case');
is($r->json->{result}{amount}, '100.00', 'its result');
is(outcome(login({ uscc => $unit->{uscc} }, $unit->{handler}{mobile}, $ID)),
   201, 'the unit');
is(outcome(login({ mobile => $two->{mobile} }, $two->{mobile})), 201,
   'a user who was not there meanwhile');
$t->withdraw($one, $token, headers => [ 'Idempotency-Key' => 'c' ]);


# all of Redis, and everything that was written down

my %read = (
    hash => sub { @{ $t->redis('HGETALL', $_[0]) } },
    string => sub { $t->redis('GET', $_[0]) },
    zset => sub { @{ $t->redis('ZRANGE', $_[0], 0, -1) } },
    set => sub { @{ $t->redis('SMEMBERS', $_[0]) } },
    list => sub { @{ $t->redis('LRANGE', $_[0], 0, -1) } },
);
my @dump;

for my $key (@{ $t->redis('KEYS', '*') }) {
    my $type = $t->redis('TYPE', $key);
    push @dump, $key, $read{$type}->($key);
}

cmp_ok(scalar @dump, '>', 100, 'a dump');

my $all = join "\n", grep { defined } @dump;
my $logs = $t->log_text . $t->read_file('audit/audit.jsonl');

push @secrets, $unit->{uscc}, $unit->{unit_name},
    map { @{ $_ }{qw/ name id_no mobile bank_card /} } $one, $two,
    { %{ $unit->{handler} }, bank_card => $one->{bank_card} };

for my $secret (@secrets) {
    utf8::encode(my $bytes = $secret);
    ok(index($all, $bytes) < 0, 'not in Redis');
    ok(index($logs, $bytes) < 0, 'nor in the logs');
}

done_testing();
