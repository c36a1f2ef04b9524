#!/usr/bin/perl

# A back end that fails again and again is not waited for any more: its calls
# end at once, in all workers, and one at a time finds out when it is back.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/ time /;

use HPF::Test;
use HPF::Test::Faulty;

my $t = HPF::Test->new->gateway(workers => 3, edit => sub {
    return circuit($_[0], 'failures=4 pause=4s');
});


# the back end's, where it may be asked as often as one likes

sub circuit {
    my ($conf, $how) = @_;

    $conf =~ s/^( *hpf_backend core .*);/$1 $how;/m
        or die "no back end to change\n";

    return $conf =~ s/rate=200r/rate=100000r/r;
}


$t->write_file('new/teller/teller.lua', <<'EOF');
return { handle = function(request)
    local a, b = hpf.all({ "core", { path = "/account?id_no=1" } },
                         { "civil", { path = "/marriage?id_no=1" } })
    local again = hpf.backend("core", { path = "/account?id_no=2" })
    return { value = a.outcome .. " " .. a.status .. " " .. b.outcome .. " "
                     .. again.outcome }
end }
EOF
$t->write_file('new/teller/manifest.json', JSON::PP->new->utf8->encode({
    id => 'teller', version => '1.0.0', language => 'lua', name => 'teller',
    users => [ 'anyone' ], level => 0, channels => [ '*' ],
    backends => [ 'core', 'civil' ], form => { type => 'object' },
}));
rename $t->path('new/teller'), $t->path('plugins/teller') or die "rename: $!\n";
ok($t->wait_for(sub { ask($t, 'teller') =~ /^done/ }), 'a plugin with two');


sub core {
    my ($mode, %o) = @_;

    $t->demo('POST', '/_control', { target => '/core', mode => $mode, %o });
}


sub calm { $t->demo('DELETE', '/_control') }


sub metric {
    my ($name) = @_;
    my ($n) = $t->admin('GET', '/metrics')->body
              =~ /^hpf_backend_\Q$name\E\{backend="core"\} (\S+)$/m;
    return $n;
}


# an error of the program in it is an answer

core('fail', status => 500);
is(ask($t, 'teller'), 'done 500 done done', 'an answer, if none that one likes')
    for 1 .. 4;
calm();
is(metric('open'), undef, 'is no reason not to ask');


# failures with an answer between them are not in a row

for (1 .. 3) {
    core('close', count => 2);
    ask($t, 'teller');
    ask($t, 'teller');
}
calm();
is(metric('open'), undef, 'nor are two failures at a time');


# in a row they are, whichever worker they are in

core('close');
ask($t, 'teller') for 1 .. 2;
ok($t->wait_log(qr/\[warn\].*"core" has failed 4 times in a row and is tried/),
   'four in a row are, and the log says so');
is(metric('open'), 1, 'and a gauge');

is(ask($t, 'teller'), 'unavailable 0 done unavailable',
   'what is not asked is not available; another back end is');
cmp_ok(metric('refused_total'), '>=', 2, 'that is counted');
is(ask($t, 'faulty-none'), 'item-unknown', 'the gateway serves');


# it hangs: one tries and waits, and nobody else does

sub begin {
    my $c = client(8080);

    $c->send($c->build('POST', '/v1/items/teller', body => {},
                       headers => [ 'X-HPF-Channel' => 'app' ]));
    return $c;
}


calm();
$t->demo('POST', '/_hold', { target => '/core' });


# one after another, so that it is known whose request is held

my $c;

ok($t->wait_for(sub {
    $c = begin() if !$c || $c->fill(time);
    return $t->demo('GET', '/_held?target=/core&n=1&ms=20')->json->{held};
}), 'after the pause one is asked');

my ($begin, @others) = (time);

push @others, ask($t, 'teller') while time - $begin < 0.5;
is_deeply([ grep { $_ ne 'unavailable 0 done unavailable' } @others ], [],
          'the others are not, in the meantime');


# it is back; the pause may have ended between the first call and the second

calm();
like($c->response->json->{result}{value},
     qr/^(?:done \d+|unavailable 0) done done$/,
     'the one that waited has its answer');
ok($t->wait_log(qr/\[notice\].*"core" answers again/), 'the log says so');
is(metric('open'), 0, 'and the gauge');
is(scalar(grep { ask($t, 'teller') =~ /^done \d+ done done$/ } 1 .. 12), 12,
   'by every worker');


# off: it is always asked

core('close');
$t->wait_for(sub { ask($t, 'teller'); metric('open') == 1 });

$t->gateway_conf(workers => 3, edit => sub {
    return circuit($_[0], 'failures=0');
});
ok($t->reload(wait_old => 1), 'a reload without');
is(metric('open'), 0, 'ends it');
my %seen = map { ask($t, 'teller') => 1 } 1 .. 10;
is_deeply([ keys %seen ], [ 'unknown 0 done unknown' ], 'it is always asked');

done_testing();
