#!/usr/bin/perl

# No answer of Redis reaches the wrong request: each asks for a session of its
# own that is not cached, while answers come late, in pieces, too late, or not
# at all, and clients leave.
#
# TEST_TAGS is how many are asked, 8000 unless it is given (a million take some
# 20 minutes and want TEST_LIMIT=3000).

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/ sleep time /;

use HPF::Test;
use HPF::Test::Proxy;

my $SAN = ($ENV{TEST_BUILD} || '') =~ m|/san$|;
my $TOTAL = $ENV{TEST_TAGS} || ($SAN ? 2000 : 8000);
my $CLIENTS = 4;
my $BATCH = 25;

my $t = HPF::Test->new->start_redis;
my $proxy = HPF::Test::Proxy->start($t);

$t->gateway(
    redis => $proxy->url . ' timeout=400ms connect=400ms reconnect=50ms',
    http => 'hpf_session cache=off; hpf_limit_dry_run on;',
    edit => sub { $_[0] =~ s/error_log (\S+) \w+;/error_log $1 warn;/r },
);

# with all cores busy an answer comes too late now and then

sub user {
    my ($person) = @_;

    return $t->wait_for(sub {
        my $token = eval { $t->enter($person) } or return;
        my $r = $t->call('GET', '/v1/session', token => $token);

        return $r->status == 200
               && { token => $token, id => $r->json->{user}{user_id} };
    });
}

my @users = map { user($_) } ($t->savers)[0 .. 39];

is(scalar(keys %{ { map { $_->{id} => 1 } @users } }), 40, 'forty users');

my @workers = $t->workers;


# a client: batches of requests in one packet, answers in order; in its file,
# which is of one line: batches, right, wrong, refused, gone

sub run {
    my ($number) = @_;
    my $n = $number * 7;

    my @sum = (0) x 5;

    my $c;
    my $left = $TOTAL / $CLIENTS;

    while ($left > 0) {
        $c ||= IO::Socket::INET->new(PeerAddr => '127.0.0.1:'
                                     . HPF::Test::port(8080)) or next;

        my @asked = map { $users[($n += 11) % @users] } 1 .. $BATCH;
        my %seen = (right => 0, wrong => 0, refused => 0, gone => 0);

        syswrite $c, join '', map {
            "GET /v1/session HTTP/1.1\r\nHost: a\r\nX-HPF-Channel: app\r\n"
            . "Authorization: Bearer $_->{token}\r\n\r\n"
        } @asked;

        # each eighth batch is left alone with its answers

        if ($n % 8 == 0) {
            close $c;
            undef $c;
            $seen{gone} = $BATCH;

        } else {
            my $text = '';

            for my $user (@asked) {
                my ($status, $body) = answer($c, \$text);

                if (!$status) {
                    $seen{gone}++;
                    undef $c;
                    last;
                }

                $seen{ $status != 200 ? 'refused'
                       : $body =~ /"user_id":"\Q$user->{id}\E"/ ? 'right'
                       : 'wrong' }++;
            }
        }

        my @seen = (1, @seen{qw/ right wrong refused gone /});

        $sum[$_] += $seen[$_] for 0 .. 4;
        $left -= $BATCH;

        $t->write_file("logs/tags-$number.new", "@sum\n");
        rename $t->path("logs/tags-$number.new"),
               $t->path("logs/tags-$number");
    }
}


sub answer {
    my ($c, $text) = @_;

    for ( ;; ) {
        if ($$text =~ /\A(HTTP.1.1 (\d+).*?\r\n\r\n)/s) {
            my ($head, $status) = ($1, $2);
            my ($n) = $head =~ /^Content-Length: (\d+)/mi;

            if (length $$text >= length($head) + $n) {
                my $whole = substr($$text, 0, length($head) + $n, '');
                return ($status, substr($whole, length $head));
            }
        }

        sysread($c, $$text, 65536, length $$text) or return;
    }
}


sub counts {
    my @names = qw/ batches right wrong refused gone /;
    my %sum = map { $_ => 0 } @names;

    for my $file (map { "logs/tags-$_" } 1 .. $CLIENTS) {
        my @n = split ' ', eval { $t->read_file($file) } || '0 0 0 0 0';
        $sum{ $names[$_] } += $n[$_] for 0 .. 4;
    }

    return \%sum;
}


for my $number (1 .. $CLIENTS) {
    $t->spawn("tags-$number", 'KILL', sub { run($number) });
}

# another fault every so many answers, or when there are too few of them

my @faults = ([ 'latency', 3 ], [ 'slice' ], [ 'none' ], [ 'reset', 5000 ],
              [ 'latency', 500 ], [ 'none' ], [ 'kill' ], [ 'latency', 60 ],
              [ 'reset', 700 ], [ 'none' ]);
my ($now, $turn) = (0, 0);
my $batches = int($TOTAL / $CLIENTS / $BATCH) * $CLIENTS;

while ($now < $batches) {
    $proxy->fault(@{ $faults[$turn++ % @faults] });

    my $until = $now + 8;

    $t->wait_for(sub { ($now = counts()->{batches}) >= $until
                       || $now >= $batches }, 0.3);
}

$proxy->fault('none');

my $sum = counts();
my $all = $sum->{right} + $sum->{wrong} + $sum->{refused} + $sum->{gone};

is($sum->{wrong}, 0, 'nobody got the session of another');
cmp_ok($sum->{right}, '>', $all / 4, "right: $sum->{right} of $all");
cmp_ok($sum->{refused}, '>', 0, "refused meanwhile: $sum->{refused}");
cmp_ok($turn, '>=', 10, "faults: $turn");
is(join(' ', $t->workers), join(' ', @workers), 'no worker has died');

# the clients end by themselves

delete $t->{procs}{"tags-$_"} for 1 .. $CLIENTS;

done_testing();
