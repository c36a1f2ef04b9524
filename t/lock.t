#!/usr/bin/perl

# Limits of guessing: so many attempts for a number from a network, in all, and
# from an address; then pauses that grow.  Nothing tells whether there is such a
# user, and who has logged in on a device is not kept out of it by others.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(
    workers => 2, http => <<'EOF', channels => <<'E2');
    hpf_lock user=3 total=5 address=12 prefix=16 first=60s longest=240s;
    hpf_password cost=10;
EOF
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Forwarded-For;
E2

my @people = map { $t->person($_) } 0 .. 9;
my $good = 'Tr0ubadour&3';
my $net = 0;


sub password { return { factor => 'password', password => $_[0] } }


sub register {
    my ($person) = @_;
    my ($id, $code) = $t->challenge($person->{mobile}, 'register');

    my $r = $t->call('POST', '/v1/users', body => {
        user_type => 'individual',
        map({ $_ => $person->{$_} } qw/ name id_no mobile /),
        factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                     { factor => 'id-card' }, password($good) ],
    });

    die $r->raw unless $r->status == 201;
}


# o: from, device, channel

sub login {
    my ($person, $password, %o) = @_;
    my @headers = ('X-Forwarded-For' => $o{from} || '192.0.2.1');

    push @headers, 'X-HPF-Device' => $o{device} if defined $o{device};

    return $t->call('POST', '/v1/sessions', headers => \@headers,
        channel => $o{channel} || 'app',
        body => { user => { mobile => $person->{mobile} },
                  factors => [ password($password) ] });
}


sub elsewhere { $net++; return "198.51.$net.1" }


sub outcome {
    my ($r) = @_;
    return $r->status if $r->status < 400;
    return join ' ', grep { defined } @{ $r->json }{qw/ code attempts_left /};
}


sub outcomes { return join ', ', map { outcome($_) } @_ }


# as if the pauses were over

sub wait_out {
    $t->redis('HSET', $_, 'until', 1)
        for grep { $t->redis('HEXISTS', $_, 'until') }
            @{ $t->redis('KEYS', 'hpf:{f*') };
}


sub forget { $t->forget('hpf:{f*') }


register($_) for @people[0 .. 3];
forget();

my ($one, $two) = @people;
my $nobody = $people[9];


# so many, then pauses

my $r = login($one, $good);
is(outcome($r), 201, 'the right one');
my $device = $r->json->{device};
like($device, qr/^[\w-]{43}$/, 'this is a device of his now');

is(outcomes(map { login($one, 'wrong') } 1 .. 3),
   'factor-failed 2, factor-failed 1, factor-failed 0', 'wrong ones');
$r = login($one, 'wrong');
is(outcome($r), 'factor-locked', 'then it is locked');
is($r->status, 429, 'status');
cmp_ok($r->json->{retry_after}, '<=', 60, 'for a minute');
cmp_ok($r->json->{retry_after}, '>', 50, 'from now');
is($r->header('Retry-After'), $r->json->{retry_after}, 'as the header says');
is(outcome(login($one, $good)), 'factor-locked', 'for the right one as well');
is(outcome(login($one, $good, from => '192.0.2.77')), 'factor-locked',
   'and for the network');
is(outcome(login($two, $good)), 201, 'not for others there');

for my $pause (120, 240, 240) {
    wait_out();
    is(outcome(login($one, 'wrong')), 'factor-failed 0', 'another attempt');
    $r = login($one, 'wrong');
    cmp_ok(abs($pause - $r->json->{retry_after}), '<', 10,
           "and $pause seconds");
    $t->forget('hpf:{f:*}:all');
}

wait_out();
is(outcome(login($one, $good)), 201, 'the right one in the end');
is(outcomes(map { login($one, 'wrong') } 1 .. 2),
   'factor-failed 2, factor-failed 1', 'begins anew');
is(outcome(login($one, $good)), 201, 'and again');


# elsewhere he is not locked, and in all there are so many

forget();
is(outcomes(map { login($one, 'wrong') } 1 .. 4),
   'factor-failed 2, factor-failed 1, factor-failed 0, factor-locked',
   'locked in one network');
is(outcome(login($one, $good, from => elsewhere())), 201, 'not in another');
is(outcomes(map { login($one, 'wrong', from => elsewhere()) } 1 .. 3),
   'factor-failed 1, factor-failed 0, factor-locked', 'wherever it comes from');
is(outcome(login($one, $good, from => elsewhere())), 'factor-locked',
   'he is slowed on a new device');


# his own device

$r = login($one, $good, from => elsewhere(), device => $device);
is(outcome($r), 201, 'but not on his own');
is(outcome(login($one, $good, device => $device)), 201,
   'nor where somebody else tries');
isnt($r->json->{device}, $device, 'it gets another token each time');

my $theirs = login($two, $good)->json->{device};
is(outcome(login($one, $good, device => $_)), 'factor-locked', 'none of his')
    for $theirs, 'A' x 43, '', 'x',
        $device =~ s/^(.)/$1 eq 'A' ? 'B' : 'A'/er,
        $device =~ s/(?<=^.{30})(.)/$1 eq 'A' ? 'B' : 'A'/er;

is(outcomes(map { login($one, 'wrong', device => $device) } 1 .. 4),
   'factor-failed 2, factor-failed 1, factor-failed 0, factor-locked',
   'from there it is limited as well');
$r = login($one, $good, device => $r->json->{device});
is(outcome($r), 201, 'by itself');

my $token = $r->json->{token};
my $fresh = $r->json->{device};
$r = $t->call('PUT', '/v1/session/password', token => $token,
              body => { password => "$good-2", current => $good });
is(outcome($r), 200, 'a new password');
is(outcome(login($one, "$good-2", device => $fresh)), 'factor-locked',
   'makes devices strange');
is(outcome(login($one, "$good-2", device => $r->json->{device})), 201,
   'but for this one');


# nobody is locked alike

forget();
my (@known, @unknown);

for (1 .. 6) {
    push @known, login($two, 'wrong', from => '203.0.113.1');
    push @unknown, login($nobody, 'wrong', from => '203.0.114.1');
}

for (@known, @unknown) {
    my $head = join "\n", grep { !/^(?:X-Request-Id|Date|RateLimit):/ }
                          split /\r\n/, $_->head;
    my %body = %{ $_->json };

    delete @body{qw/ instance retry_after /};
    $_ = [ $head =~ s/^(Retry-After: )\d+/$1/mr, \%body ];
}

is_deeply(\@unknown, \@known, 'a user who is not there');


# many at once

forget();
my $body = JSON::PP->new->encode({ user => { mobile => $two->{mobile} },
                                   factors => [ password('wrong') ] });
my @c = map { client(8080) } 1 .. 20;
$_->send("POST /v1/sessions HTTP/1.1\r\nHost: a\r\nX-HPF-Channel: app\r\n"
         . 'Content-Length: ' . length($body) . "\r\n\r\n$body") for @c;
my %n;
$n{$_->response->status}++ for @c;
is_deeply(\%n, { 401 => 3, 429 => 17 }, 'twenty at once are three');


# from one place for many numbers

forget();
my $i = 0;

sub spray {
    my ($n, $from, %o) = @_;
    return outcomes(map { login({ mobile => '' . (13900000000 + $i++) },
                                'wrong', from => $from, %o) } 1 .. $n);
}

unlike(spray(12, '192.0.2.1'), qr/locked/, 'twelve');
is(spray(1, '192.0.2.1'), 'factor-locked', 'and no more from an address');
unlike(spray(4, '192.0.2.2'), qr/locked/, 'four from its neighbour');
is(spray(1, '192.0.2.3'), 'factor-locked', 'and no more from the network');
is(spray(1, elsewhere()), 'factor-failed 2', 'elsewhere');
is(outcome(login($two, $good, from => '192.0.2.1', device => $theirs)), 201,
   'who is known there may');

unlike(spray(12, '2001:db8::1:1'), qr/locked/, 'IPv6');
is(spray(1, '2001:db8::1:1'), 'factor-locked', 'by address');
unlike(spray(4, '2001:db8::2:2'), qr/locked/, 'and');
is(spray(1, '2001:db8::3:3'), 'factor-locked', 'by /64');
is(spray(1, '2001:db8:0:1::1'), 'factor-failed 2', 'not by more');

unlike(spray(18, '192.0.2.50', channel => 'wechat'), qr/locked/,
       'behind a signed channel are many');


# what was no attempt

forget();
$t->demo('POST', '/_control', { target => '/police', mode => 'fail',
                                status => 500, count => 5 });

is(outcome($t->call('POST', '/v1/sessions', body => {
       user => { mobile => $two->{mobile} },
       factors => [ password($good), { factor => 'id-card' } ],
   })), 'backend-unavailable', 'the police is away') for 1 .. 5;
ok($t->wait_for(sub { !@{ $t->redis('KEYS', 'hpf:{f:*') } }),
   'is none of his failures');


# who is logged in guesses no better

($token, my $other) = map { login($two, $good)->json->{token} } 1, 2;

sub step_up {
    my ($token, $password) = @_;
    return $t->call('POST', '/v1/session/factors', token => $token,
                    body => { factors => [ password($password) ] });
}

is(outcomes(step_up($token, 'a'), step_up($token, 'b'),
            $t->call('PUT', '/v1/session/password', token => $token,
                     body => { password => $good, current => 'c' }),
            step_up($token, $good)),
   'factor-failed 2, factor-failed 1, factor-failed 0, factor-locked',
   'a session has so many');
is(outcome(step_up($other, $good)), 200, 'another one has its own');


# the record says why

my %why;
ok($t->wait_for(sub {
    %why = map { ($_->{reason} || '') . ' ' . ($_->{outcome} || '') => 1 }
           map { json($_) } split /\n/, $t->read_file('audit/audit.jsonl');
    return $why{'session factor-locked'};
}), 'the record');
ok($why{$_}, $_) for 'password factor-failed', 'unknown-user factor-failed',
    map { "$_ factor-locked" } qw/ network total address prefix device /;
unlike($t->log_text . $t->read_file('audit/audit.jsonl'),
       qr/wrong"|\Q$good\E|\Q$theirs\E/, 'and what, it does not');

my $all = join ' ', map { my $type = $t->redis('TYPE', $_); $_,
    $type eq 'hash' ? @{ $t->redis('HGETALL', $_) } : () }
    @{ $t->redis('KEYS', '*') };
unlike($all, qr/\Q$theirs\E|192\.0\.2|$two->{mobile}/,
       'nor does Redis know devices, addresses and numbers');

done_testing();
