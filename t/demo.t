#!/usr/bin/perl

# The demo's back end: who is in it, what is paid once, and whether it does
# what tests tell it.

use warnings;
use strict;

use IO::Select;
use JSON::PP ();
use Test::More;
use Time::HiRes qw/ time /;

use HPF::Test;

my $t = HPF::Test->new->plan(115);
my $dir = $t->dir;

$t->start_demo;


sub connection { HPF::Test::HTTP->connect($t->demo_addr, @_) }


sub get { $t->demo('GET', $_[0]) }


sub post { $t->demo('POST', @_) }


# (status, code) of an answer

sub fault { ($_[0]->status, ($_[0]->json || {})->{error}) }


sub fen {
    my ($money) = @_;
    return $money =~ /^(\d+)\.(\d\d)$/ ? $1 * 100 + $2 : undef;
}


sub balance { fen(get("/core/account?id_no=$_[0]{id_no}")->json->{balance}) }


sub lines {
    my ($name, $text) = ($_[0], $t->read_file($_[0]));
    return map { JSON::PP->new->utf8->decode($_) } split /\n/, $text;
}


sub id_ok {
    my @w = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2);
    my $sum = 0;

    return 0 unless $_[0] =~ /^[1-6]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])
                              (?:0[1-9]|1\d|2[0-8])\d{3}[0-9X]$/x;

    $sum += $w[$_] * substr $_[0], $_, 1 for 0 .. 16;

    return substr('10X98765432', $sum % 11, 1) eq substr $_[0], 17;
}


sub luhn_ok {
    my ($sum, $double) = (0, 0);

    return 0 unless $_[0] =~ /^62\d{17}$/;

    for my $d (reverse split //, $_[0]) {
        my $n = $double ? 2 * $d : $d;
        $sum += $n > 9 ? $n - 9 : $n;
        $double = !$double;
    }

    return $sum % 10 == 0;
}


sub uscc_ok {
    my $alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY';
    my ($sum, $weight) = (0, 1);

    return 0 unless $_[0] =~ /^[$alphabet]{18}$/;

    for my $c (split //, substr $_[0], 0, 17) {
        $sum += $weight * index $alphabet, $c;
        $weight = $weight * 3 % 31;
    }

    return (31 - $sum % 31) % 31 == index $alphabet, substr $_[0], 17;
}


sub unique {
    my %seen = map { $_ => 1 } @_;
    return scalar keys %seen;
}


# who there is

is(get('/healthz')->status, 200, 'healthy');

my @people = lines('demo/people.jsonl');
my @units = lines('demo/units.jsonl');

is(scalar @people, 200, 'people.jsonl');
is(scalar @units, 50, 'units.jsonl');
is_deeply([ sort keys %{ $people[0] } ],
          [ sort qw/ name id_no mobile bank_card balance married
                     owns_house / ], 'a person');
is_deeply([ sort keys %{ $units[0] } ], [ sort qw/ unit_name uscc handler / ],
          'a unit');
is_deeply([ sort keys %{ $units[0]{handler} } ],
          [ sort qw/ name id_no mobile / ], 'its handler');

my @all = map { @{ get("/_people?from=${_}000&n=1000")->json->{people} } }
          0 .. 9;

is(scalar @all, 10000, 'everybody');
is_deeply([ @all[0 .. 199] ], \@people, 'the first 200');
is(unique(map { $_->{id_no} } @all), 10000, 'ID numbers are unique');
is(unique(map { $_->{mobile} } @all), 10000, 'mobile numbers are unique');
is(unique(map { $_->{bank_card} } @all), 10000, 'bank cards are unique');
is(scalar(grep { !id_ok($_->{id_no}) } @all), 0, 'ID check characters');
is(scalar(grep { !luhn_ok($_->{bank_card}) } @all), 0, 'bank card checks');
is(scalar(grep { $_->{mobile} !~ /^1[3-9]\d{9}$/ } @all), 0, 'mobiles');
is(scalar(grep { !uscc_ok($_->{uscc}) } @units), 0, 'USCC check characters');
is(unique(map { $_->{uscc} } @units), 50, 'USCCs are unique');
is(scalar(grep { $_->{name} !~ /^\p{Han}{2,4}$/ } @all), 0, 'names');

my @kinds = map { ($_->{married} || 0) . ($_->{owns_house} || 0) } @people;
is(unique(@kinds), 4, 'married or not, with a house or not');

# a second one is the same

my %first = map { $_ => $t->read_file("demo/$_.jsonl") } qw/ people units /;

$t->end('demo');
unlink glob("$dir/demo/*");
$t->start_demo;

is($t->read_file('demo/people.jsonl'), $first{people}, 'the same people');
is($t->read_file('demo/units.jsonl'), $first{units}, 'the same units');


# the core's queries

my ($a, $b) = @people;
my $r = get("/core/account?id_no=$a->{id_no}")->json;

is_deeply([ @$r{qw/ name id_no mobile bank_card balance status
                    last_paid_month / } ],
          [ @$a{qw/ name id_no mobile bank_card balance / }, 'normal',
            '2026-10' ], 'account');
like($r->{account_no}, qr/^\d{12}$/, 'account number');
like($r->{opened}, qr/^20\d\d-\d\d-\d\d$/, 'opened');
ok(fen($r->{monthly_deposit}), 'monthly deposit');

my ($x) = grep { $_->{id_no} =~ /X$/ } @people;
is(get('/core/account?id_no=' . lc $x->{id_no})->json->{id_no}, $x->{id_no},
   'a small x');

is_deeply([ fault(get('/core/account?id_no=11010119900307101X')) ],
          [ 404, 'no-account' ], 'nobody');
is_deeply([ fault(get('/core/account')) ], [ 404, 'no-account' ],
          'no number');

my %status = map { $_->{status} => $_ } map {
    get("/core/account?id_no=$all[$_]{id_no}")->json } 237, 283, 300;
is_deeply([ sort keys %status ], [ qw/ closed normal sealed / ], 'statuses');
is($status{closed}{balance}, '0.00', 'a closed account is empty');

my ($page, $pages, @items) = (1, 1);

while ($page <= $pages) {
    $r = get("/core/details?id_no=$a->{id_no}&page=$page&size=25")->json;
    $pages = $r->{pages};
    push @items, @{ $r->{items} };
    $page++;
}

is(scalar @items, $r->{total}, 'all movements');
is($items[0]{balance}, $a->{balance}, 'the last one has the balance');

my ($wrong, $sum) = (0, 0);

for my $m (reverse @items) {
    $sum += $m->{kind} eq 'withdrawal' ? -fen($m->{amount})
                                       : fen($m->{amount});
    $wrong++ if $sum != fen($m->{balance});
}

is($wrong, 0, 'balances add up');
is(join(' ', map { $_->{date} } @items),
   join(' ', reverse sort map { $_->{date} } @items), 'the newest first');
is_deeply([ sort keys %{{ map { $_->{kind} => 1 } @items }} ],
          [ qw/ back-pay deposit interest withdrawal / ], 'kinds');

$r = get("/core/details?id_no=$a->{id_no}&from=2025-06-01&to=2025-06-30")
     ->json;
is_deeply([ map { $_->{kind} } @{ $r->{items} } ],
          [ map { $_->{kind} } grep { $_->{date} =~ /^2025-06/ } @items ],
          'a range');
is_deeply([ fault(get("/core/details?id_no=$a->{id_no}&from=2025-02-30")) ],
          [ 422, 'invalid' ], 'no such day');
is_deeply(get("/core/details?id_no=$a->{id_no}&page=1000")->json->{items}, [],
          'a page past the end');

my ($loan) = map { @{ $_->{loans} } }
             map { get("/core/loans?id_no=$_->{id_no}")->json } @people;
is(fen($loan->{balance}) * $loan->{months},
   fen($loan->{amount}) * ($loan->{months} - $loan->{paid_months}), 'a loan');


# the registers

is_deeply(post('/police/verify', { name => $a->{name},
          id_no => $a->{id_no} })->json, { match => JSON::PP::true }, 'police');
is_deeply(post('/police/verify', { name => $b->{name},
          id_no => $a->{id_no} })->json, { match => JSON::PP::false },
          'another name');
ok(!post('/police/verify', { name => 7 })->json->{match}, 'not even texts');
ok(post('/police/face', { id_no => $a->{id_no},
        capture => "face:$a->{id_no}" })->json->{match}, 'face');
ok(!post('/police/face', { id_no => $a->{id_no},
         capture => "face:$b->{id_no}" })->json->{match}, 'another face');

my %bank = (name => $a->{name}, id_no => $a->{id_no},
            card_no => $a->{bank_card}, mobile => $a->{mobile});
ok(post('/bank/verify', \%bank)->json->{match}, 'bank');
ok(!post('/bank/verify', { %bank, mobile => $b->{mobile} })->json->{match},
   'another mobile');

$wrong = 0;

for my $p (@people) {
    my $m = get("/civil/marriage?id_no=$p->{id_no}")->json;
    my $h = post('/realestate/houses', { id_no => $p->{id_no} })->json;

    $wrong++ if !$m->{married} != !$p->{married};
    $wrong++ if !@{ $h->{houses} } != !$p->{owns_house};

    next unless $m->{married};

    my $back = post('/civil/marriage', { id_no => $m->{spouse}{id_no} })->json;
    $wrong++ if $back->{spouse}{id_no} ne $p->{id_no}
                || $back->{spouse}{name} ne $p->{name}
                || $back->{since} ne $m->{since};
}

is($wrong, 0, 'marriages go both ways, houses are as exported');

my ($owner) = grep { $_->{owns_house} } @people;
my $houses = get("/realestate/houses?id_no=$owner->{id_no}")->json->{houses};
my ($city) = $houses->[0]{address} =~ /^(.+?\x{5e02})/;

is_deeply(post('/realestate/houses', { id_no => $owner->{id_no},
          city => $city })->json->{houses}, $houses, 'houses of a city');
ok(!@{ post('/realestate/houses', { id_no => $owner->{id_no},
       city => 'Atlantis' })->json->{houses} }, 'another city');
like(get("/credit/report?id_no=$a->{id_no}")->json->{score}, qr/^\d{3}$/,
     'credit');
is(get('/credit/report?id_no=1')->status, 404, 'no credit report');


# SMS

my %sms = (mobile => $a->{mobile}, template => 'code', code => '123456',
           text => "\x{9a8c}\x{8bc1}\x{7801} 123456");
is(post('/sms/send', \%sms)->status, 202, 'sms');
is(post('/sms/send', { %sms, mobile => '1' })->status, 422, 'no mobile');

my @sent = lines('outbox.jsonl');
like(delete $sent[0]{at}, qr/^\d{4}-\d\d-\d\dT[\d:.]+\+08:00$/, 'its time');
is_deeply(\@sent, [ \%sms ], 'its line');


# applications

my $n = 0;

sub application {
    my ($p, $amount, %more) = @_;
    return { case_no => 'CASE-' . ++$n, item => 'withdraw-rent',
             id_no => $p->{id_no}, amount => $amount,
             bank_card => $p->{bank_card}, %more };
}

my $case = application($a, '1500.50');
my $before = balance($a);
my $answer = post('/core/applications', $case);

is($answer->status, 201, 'application');
is_deeply([ @{ $answer->json }{qw/ case_no status amount / } ],
          [ $case->{case_no}, 'approved', '1500.50' ], 'approved');
is(balance($a), $before - 150050, 'is paid');

my $again = post('/core/applications', $case);
is($again->status, 200, 'the same again');
is($again->body, $answer->body, 'has the same answer');
is(balance($a), $before - 150050, 'is not paid again');

is_deeply([ fault(post('/core/applications', { %$case, amount => '1.00' })) ],
          [ 409, 'case-conflict' ], 'the number with another amount');
is_deeply([ fault(post('/core/applications', application($a, '9999999.00'))) ],
          [ 422, 'insufficient-balance' ], 'too much');
is_deeply([ fault(post('/core/applications', application($a, 5))) ],
          [ 422, 'invalid' ], 'no text of money');
is_deeply([ fault(post('/core/applications', application({ id_no => '1' },
          '1.00'))) ], [ 404, 'no-account' ], 'of nobody');
is(get("/core/applications/$case->{case_no}")->body, $answer->body, 'record');
is_deeply([ fault(get('/core/applications/none')) ], [ 404, 'no-case' ],
          'no record');
is(scalar @{ get("/core/applications?id_no=$a->{id_no}")
             ->json->{applications} }, 1, 'one of this person');

my $last = get("/core/details?id_no=$a->{id_no}&size=1")->json->{items}[0];
is_deeply([ @$last{qw/ kind amount / }, fen($last->{balance}) ],
          [ 'withdrawal', '1500.50', $before - 150050 ], 'its movement');

# many at once

$before = balance($b);
$case = application($b, '10.00');

my @c = map { connection() } 1 .. 40;
$_->send($_->build('POST', '/core/applications', body => $case)) for @c;
my @status = map { $_->response->status } @c;

is(scalar(grep { $_ == 201 } @status), 1, 'one of 40 is the first');
is(scalar(grep { $_ == 200 } @status), 39, 'the others are told the same');
is(balance($b), $before - 1000, 'paid once');


# modes

sub control {
    my ($target, $mode, %more) = @_;
    return post('/_control', { target => $target, mode => $mode, %more });
}

sub stat_of { get('/_stats')->json->{$_[0]} }

is(control('/core/applications', 'lose', count => 1)->status, 200, 'lose');
$case = application($b, '20.00');
is(post('/core/applications', $case), undef, 'no answer');
is(balance($b), $before - 3000, 'but it is paid');
is(post('/core/applications', $case)->status, 200, 'and told the next time');

control('/core', 'close', match => 'CASE');
$case = application($b, '30.00');
is(post('/core/applications', $case), undef, 'closed');
is(balance($b), $before - 3000, 'and not paid');
control('/core', 'ok');

control('/core', 'fail', status => 503, count => 2);
is(post('/core/applications', $case)->status, 503, 'fails');
is(get("/core/account?id_no=$b->{id_no}")->status, 503, 'twice');
is(balance($b), $before - 3000, 'and not paid either');

control('/police', 'garbage');
$r = post('/police/verify', {});
is($r->status, 200, 'garbage');
is($r->json, undef, 'is no JSON');
is($t->demo('DELETE', '/_control')->status, 200, 'clear');
ok(post('/police/verify', {})->json, 'JSON again');

is(control('/core', 'fast')->status, 400, 'no such mode');
is(control('core', 'fail')->status, 400, 'no path');

my $start = time;
my $slow = connection();
control('/core/account', 'slow', ms => 1000, count => 1);
$slow->send($slow->build('GET', "/core/account?id_no=$a->{id_no}"));
$t->wait_for(sub { stat_of('/core/account')->{told} });
ok(!IO::Select->new($slow->socket)->can_read(0), 'slow, others are not');
is($slow->response->json->{name}, $a->{name}, 'and right');
cmp_ok(time - $start, '>=', 0.99, 'after its time');

# hold

$before = balance($b);
my $done = stat_of('/core/applications')->{done};

post('/_hold', { target => '/core/applications' });
@c = map { connection() } 1 .. 3;
my $watch = connection();
$watch->send($watch->build('GET', '/_held?target=/core&n=3'));
$_->send($_->build('POST', '/core/applications',
                   body => application($b, '1.00'))) for @c;

is($watch->response->json->{held}, 3, 'three are held');
is(stat_of('/core/applications')->{done}, $done, 'and not begun');

$c[2]->close;

is(post('/_release', { target => '/core/applications' })->json->{released}, 3,
   'released');
is_deeply([ map { $_->response->status } @c[0, 1] ], [ 201, 201 ], 'answers');
is(balance($b), $before - 300, 'also for who has left');
is(get('/_held?target=/core&n=1&ms=5')->status, 408, 'nobody comes');


# the rest of the interface

my $c = connection();
$r = $c->request('PATCH', '/echo?a=1&b=%20', body => "\xff{",
                 headers => [ 'X-A' => '1', 'x-a' => '2' ]);
is_deeply([ @{ $r->json }{qw/ method path query length / },
            $r->json->{headers}{'x-a'} ],
          [ 'PATCH', '/echo', 'a=1&b=%20', 2, '1, 2' ], 'echo');
is($c->get('/bytes?n=100000')->body, substr('abcdefghijklmnopqrstuvwxyz' x 3847,
   0, 100000), 'bytes');
is(unique(map { length $c->get("/person/$_")->body } 0 .. 99), 1,
   'persons have one size');
is($c->get('/person/0')->json->{id_no}, $a->{id_no}, 'a person');
is($c->get('/person/10000')->status, 404, 'no person');
is($c->request('HEAD', '/healthz')->status, 200, 'HEAD');
is($c->post('/police/verify', '[1]')->status, 400, 'no object');
is($c->post('/police/verify', '{"name":"\xff"}')->status, 400, 'no UTF-8');
is($c->post('/core/account', {})->status, 405, 'another method');
is($c->get('/core')->status, 404, 'another path');
is($c->post('/echo', 'x' x (1024 * 1024))->json->{length}, 1024 * 1024,
   'a large body');
is($c->post('/echo', 'x' x (1024 * 1024 + 1))->status, 413, 'too large');

@c = map { connection() } 1 .. 300;
my $good = 0;

for (1 .. 2) {
    $_->send($_->build('GET', '/person/1')) for @c;
    $good += grep { $_->response->status == 200 } @c;
}

is($good, 600, '300 connections');


# what was paid is known after a crash

$before = balance($a);
$t->kill_demo->start_demo;

is(balance($a), $before, 'the balance is kept');
is(post('/core/applications', application($a, '1.00', case_no => 'CASE-1'))
   ->status, 409, 'and the case');

# a request that waits does not keep it from ending

post('/_hold', { target => '/healthz' });
$c = connection();
$c->send($c->build('GET', '/healthz'));
get('/_held?target=/healthz&n=1');
$t->end('demo', 'TERM');

is($?, 0, 'ends cleanly');
is($c->response, undef, 'without an answer');
ok(!-e "$dir/run/demo.sock", 'and without its socket');


# on a port

$t->spawn('demo', 'TERM', $t->demo_program, '--listen', '127.0.0.1:0',
          '--data', "$dir/demo", '--outbox', "$dir/outbox.jsonl");
$t->wait_for(sub { $t->read_file('logs/demo.out') =~ /^listening .*\n/m });

my ($at) = $t->read_file('logs/demo.out') =~ /^listening (127\.0\.0\.1:\d+)$/m;
is(HPF::Test::HTTP->connect($at)->get('/healthz')->status, 200, 'a free port');

is(system($t->demo_program . ' --listen 127.0.0.1:0 2>/dev/null') >> 8, 2,
   'options are missing');
