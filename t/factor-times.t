#!/usr/bin/perl

# Who tries numbers learns nothing of who is registered: whether there is no
# such user, or his password or code is another one, or too much was tried, the
# answers are the same to the byte and take the same time.
#
# HPF_TEST_ROUNDS: how often each is tried.  From 1000 on, on a quiet machine,
# medians must not differ by 50 us.  With less the machine may be busy: then it
# is the quickest tenth that counts, the bound is what a password that is not
# hashed still exceeds, and one series of ten has to keep to it.

use warnings;
use strict;
use utf8;

use Test::More;
use Time::HiRes qw/ time /;

use HPF::Test;

my $ROUNDS = $ENV{HPF_TEST_ROUNDS} || 40;
my $STRICT = $ROUNDS >= 1000;
my $CODE_TRIES = 5;

my $PASSWORD = 'Tr0ubadour&3';

# an attempt from a network of its own is the first from there, while all that
# come from this one are too many

my $LOCKED = '192.0.2.1';

my $t = HPF::Test->new->gateway(workers => 1, edit => sub {
    my ($conf) = @_;
    $conf =~ s/^ *hpf_limit address .*$//m;
    $conf =~ s/keepalive_requests \d+/keepalive_requests 1000000/;
    return $conf;
}, http => <<'EOF', channels => <<'EOF2');
    hpf_lock user=3 total=1000000 address=1000000 prefix=1000000
             first=9000s longest=9000s window=9000s;
    hpf_password cost=10;
EOF
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Forwarded-For;
EOF2

my ($one, $plain, $nobody) = map { $t->person($_) } 0 .. 2;
my $c = client(8080);
my $net = 0;


sub elsewhere {
    $net++;
    return sprintf '10.%d.%d.1', $net >> 8, $net & 255;
}


sub sms {
    my ($person) = @_;
    my ($id, $code) = $t->challenge($person->{mobile}, 'login');
    return { factor => 'sms', challenge_id => $id, code => $code };
}


sub wrong {
    my ($sms) = @_;
    return { %$sms, code => $sms->{code} eq '123456' ? '654321' : '123456' };
}


sub password { return { factor => 'password', password => $_[0] } }


# the answer, and how long it took to come

sub try {
    my ($person, $factor, $from) = @_;

    my $bytes = $c->build('POST', '/v1/sessions',
        headers => [ 'X-HPF-Channel' => 'app', 'X-Forwarded-For' => $from ],
        body => { user => { mobile => $person->{mobile} },
                  factors => [ $factor ] });

    my $begin = time;
    $c->send($bytes);
    my $r = $c->response;

    return ($r, (time() - $begin) * 1e6);
}


# an answer without what counts: requests, and the seconds that pass

sub text {
    my ($r) = @_;
    my $text = join "\n", grep { !/^(?:Date|X-Request-Id|RateLimit)/i }
                          split /\r\n/, $r->head;

    $text =~ s/^(Retry-After: )\d{4}$/$1N/m;

    return "$text\n\n" . $r->body =~ s/"instance":"[0-9a-f]{32}"//r
                              =~ s/"retry_after":\d{4}\b/"retry_after":N/r;
}


# Each way has a name and code that returns person, factor and network.  They
# take turns: each comes first, second and so on, and before and after the same
# others, as often as all do, for what came before can be felt.

sub series {
    my ($way) = @_;
    my @names = sort keys %$way;
    my (%us, %text, %code);

    for my $round (0 .. $ROUNDS - 1) {
        my @order = $round % 2 ? reverse @names : @names;

        for my $i (0 .. $#names) {
            my $name = $order[($i + ($round >> 1)) % @names];
            my ($r, $us) = try($way->{$name}->($round));

            $code{$r->status < 400 ? $r->status : $r->json->{code}} = 1;
            push @{ $us{$name} }, $us;
            push @{ $text{$name} }, text($r);
        }
    }

    my $at = int($ROUNDS * ($STRICT ? 0.5 : 0.1));

    return (\%code, \%text,
            { map { $_ => (sort { $a <=> $b } @{ $us{$_} })[$at] } @names });
}


sub alike {
    my ($what, $want, %way) = @_;
    my ($apart, $bound);

    for ($STRICT ? 1 : 1 .. 10) {
        my ($code, $text, $us) = series(\%way);
        my ($first, @names) = sort keys %way;

        is(join(' ', sort keys %$code), $want, "$what: $want");
        is_deeply($text->{$_}, $text->{$first},
                  "$what: $_ as $first, to the byte") for @names;

        my ($least, $most) = (sort { $a <=> $b } values %$us)[0, -1];

        note("$what: ", join ', ', map { sprintf '%s %.0f us', $_, $us->{$_} }
                                   $first, @names);

        ($apart, $bound) = ($most - $least, $STRICT ? 50 : 100 + 0.3 * $most);
        last if $apart < $bound;
    }

    cmp_ok($apart, '<', $bound, "$what: in the same time");
}


# a user with a password, one without, and who is not there

is($t->call('POST', '/v1/users', body => {
       user_type => 'individual',
       map({ $_ => $one->{$_} } qw/ name id_no mobile /),
       factors => [ do { my ($id, $code) = $t->challenge($one->{mobile},
                                                         'register');
                         { factor => 'sms', challenge_id => $id,
                           code => $code } },
                    password($PASSWORD) ],
   })->status, 201, 'a user with a password');
is($t->register($plain)->status, 201, 'one without');
is((try($one, password($PASSWORD), elsewhere()))[0]->status, 201,
   'who is right comes in');


# passwords

alike('password', 'factor-failed',
      wrong => sub { ($one, password("$PASSWORD!"), elsewhere()) },
      none => sub { ($plain, password($PASSWORD), elsewhere()) },
      nobody => sub { ($nobody, password($PASSWORD), elsewhere()) });


# codes: those of one message are tried until it is used up

my %code;

sub code_of {
    my ($person, $round) = @_;

    $code{$person->{mobile}} = wrong(sms($person))
        if $round % $CODE_TRIES == 0;

    return ($person, $code{$person->{mobile}}, elsewhere());
}

alike('code', 'factor-failed',
      wrong => sub { code_of($one, @_) },
      nobody => sub { code_of($nobody, @_) });

alike('no code', 'factor-failed', map {
    my ($name, $person) = @$_;
    ($name => sub { ($person, { factor => 'sms', code => '123456',
                                challenge_id => 'A' x 22 }, elsewhere()) });
} [ wrong => $one ], [ nobody => $nobody ]);


# too much was tried, of both alike; what is right makes no difference then

for my $person ($one, $plain, $nobody) {
    try($person, password('no'), $LOCKED) for 1 .. 3;
}

alike('locked, password', 'factor-locked',
      right => sub { ($one, password($PASSWORD), $LOCKED) },
      wrong => sub { ($one, password("$PASSWORD!"), $LOCKED) },
      none => sub { ($plain, password($PASSWORD), $LOCKED) },
      nobody => sub { ($nobody, password($PASSWORD), $LOCKED) });

my ($mine, $theirs) = map { sms($_) } $one, $nobody;

alike('locked, code', 'factor-locked',
      right => sub { ($one, $mine, $LOCKED) },
      wrong => sub { ($one, wrong($mine), $LOCKED) },
      nobody => sub { ($nobody, $theirs, $LOCKED) });


# the code itself has not been touched by all that

is((try($one, $mine, elsewhere()))[0]->status, 201,
   'and from elsewhere the code is good');

my ($right, $other) = map { text((try(@$_, elsewhere()))[0]) }
    [ $nobody, $theirs ], [ $one, wrong(sms($one)) ];

is($right =~ s/"attempts_left":\d//r, $other =~ s/"attempts_left":\d//r,
   'the right code of nobody is as a wrong one');

done_testing();
