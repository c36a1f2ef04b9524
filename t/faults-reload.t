#!/usr/bin/perl

# A hundred reloads with requests running, and workers that are killed: no
# request of a client fails that has not sent it into a dying worker, old
# workers go, the master does not grow, and what is shared stays whole.

use warnings;
use strict;

use File::Path qw/ mkpath /;
use POSIX qw/ _exit /;
use Test::More;

use HPF::Test;

my $RELOADS = $ENV{TEST_RELOADS} || 100;

my $t = HPF::Test->new;

my $dir = $t->path('with');
my $build = $t->build_dir;

mkpath($dir);
system('cp', '-r', glob("$build/plugins/*"), $dir) == 0 or die;


# an item that asks the core and says which version of it did

sub generation {
    my ($where, $version) = @_;

    $t->write_file("$where/asker/asker.lua", <<"EOL");
local function handle(request)
    local answer = hpf.backend("core", { path = "/account?id_no=x" })

    return { version = "$version", status = answer.status }
end

return { handle = handle }
EOL
    $t->write_file("$where/asker/manifest.json", <<"EOJ");
{
  "id": "asker", "version": "$version", "language": "lua",
  "name": {"zh": "查询", "en": "Asker"}, "category": "query",
  "users": ["individual"], "level": 1, "channels": ["*"],
  "backends": ["core"], "time_limit": {"days": 0},
  "form": {"type": "object"}
}
EOJ
}

generation('with', '1.0.0');

$t->gateway(workers => 2, plugins => $dir, edit => sub {
    my ($conf) = @_;
    $conf =~ s/rate=200r\/s burst=400/rate=9000r\/s burst=90000/
        or die 'no limit';
    return $conf;
});

my $person = $t->person(0);

$t->register($person);

my ($token, $idle) = map { scalar $t->login($person) } 1 .. 2;
my $bearer = "Authorization: Bearer $token\r\n";


sub ask { $t->call('POST', '/v1/items/asker', token => $token, body => {}, @_) }

is(ask()->json->{result}{version}, '1.0.0', 'an item');
is($t->call('GET', '/v1/session', token => $idle)->status, 200, 'a session');

my @nonces = map { "nonce-$_" } 1 .. 10;

sub signed {
    my ($nonce) = @_;
    my $r = $t->call('GET', '/v1/channels', channel => 'gov',
                     sign => { nonce => $nonce });
    return $r->json->{reason} // $r->status;
}

is(join(' ', map { signed($_) } @nonces), join(' ', (200) x 10), 'nonces');


# Clients in processes of their own; each runs until it is told to stop and
# writes how many requests it made and what was wrong.

my %REQUEST = (
    cached => "GET /v1/session HTTP/1.1\r\nHost: a\r\nX-HPF-Channel: app\r\n"
              . $bearer,
    stored => "GET /v1/cases HTTP/1.1\r\nHost: a\r\nX-HPF-Channel: app\r\n"
              . $bearer,
    item => "POST /v1/items/asker HTTP/1.1\r\nHost: a\r\n"
            . "X-HPF-Channel: app\r\nContent-Length: 2\r\n" . $bearer,
);

my @clients;


sub fault {
    my ($r) = @_;

    return 'no answer' unless $r;
    return 'cut off' unless $r->complete;
    return $r->status == 200 ? '' : $r->status . ' ' . $r->code;
}


# every request on a connection of its own

sub closing {
    my ($kind) = @_;
    my $c = client(8080);

    $c->send($REQUEST{$kind} . "Connection: close\r\n\r\n"
             . ($kind eq 'item' ? '{}' : ''));

    return fault($c->response);
}


# Many on one.  A connection that is closed before a byte of the answer may
# have been closed while it was idle: that is no failure, a client sends again.

my $kept;

sub keeping {
    my ($kind) = @_;

    for (1 .. 50) {
        $kept ||= client(8080);

        my $sent = $kept->send("$REQUEST{$kind}\r\n"
                               . ($kind eq 'item' ? '{}' : ''));
        my $r = $kept->response;

        if (!$r && $kept->{eof} && $kept->{buf} eq '') {
            undef $kept;
            next;
        }

        undef $kept if !$sent || !$r
                       || ($r->header('Connection') || '') eq 'close';

        return fault($r);
    }

    return 'closed again and again';
}


sub start_clients {
    my (@kinds) = @_;

    @clients = ();

    for my $kind (@kinds) {
        my ($how, $what) = split / /, $kind;
        my $name = @clients . '.client';

        pipe(my $in, my $out) or die "pipe: $!\n";

        my $pid = fork;
        die "fork: $!\n" unless defined $pid;

        if ($pid == 0) {
            my ($n, %wrong) = (0);
            my $stop = 0;

            close $in;
            $SIG{TERM} = sub { $stop = 1 };
            alarm 0;

            until ($stop) {
                my $fault = eval {
                    $how eq 'closing' ? closing($what) : keeping($what);
                };

                $fault = $@ =~ s/\n//r if $@;
                $n++;
                $wrong{$fault}++ if $fault;
            }

            print $out "$n ", join(', ', map { "$wrong{$_} x $_" }
                                         sort keys %wrong), "\n";
            close $out;
            _exit(0);
        }

        close $out;
        push @clients, { pid => $pid, in => $in, kind => $kind };
    }
}


# (kind, requests, what was wrong), ...

sub stop_clients {
    my @result;

    kill 'TERM', map { $_->{pid} } @clients;

    for my $c (@clients) {
        my $line = readline $c->{in};

        waitpid $c->{pid}, 0;

        my ($n, $wrong) = ($line // '') =~ /^(\d+) (.*)$/;
        push @result, [ $c->{kind}, $n // 0, $wrong // 'died' ];
    }

    return @result;
}


END { kill 'KILL', map { $_->{pid} } @clients if @clients && $$ == $t->{pid} }

$t->{pid} = $$;


sub fds {
    opendir my $d, '/proc/' . $t->master . '/fd' or die "proc: $!\n";
    return scalar grep { !/^\./ } readdir $d;
}


# private memory of the master, KiB

sub memory {
    open my $f, '<', '/proc/' . $t->master . '/smaps_rollup' or return 0;
    my $text = join '', <$f>;
    my ($n) = $text =~ /^Private_Dirty: +(\d+)/m;
    my ($shared) = $text =~ /^Shared_Dirty: +(\d+)/m;
    return ($n // 0) + ($shared // 0);
}


sub settled { $t->wait_for(sub { $t->workers == 2 }) }


start_clients('closing cached', 'closing item', 'keeping cached',
              'keeping item', 'keeping stored');

my ($fds, $memory);

for my $i (1 .. $RELOADS) {
    $t->reload or die "reload $i\n";

    if ($i == int($RELOADS / 5)) {
        settled();
        ($fds, $memory) = (fds(), memory());
    }
}

my @results = stop_clients();

for (@results) {
    my ($kind, $n, $wrong) = @$_;

    is($wrong, '', "$kind: none of $n failed");
    cmp_ok($n, '>', 10, "$kind: there were many");
}

ok(settled(), 'the old workers are gone');
ok($t->wait_for(sub { fds() <= $fds }),
   'the master has no more files open') or diag("$fds before, now ", fds());

SKIP: {
    skip 'a sanitizer keeps what is freed', 1 if $build =~ m|/san$|;

    cmp_ok(memory(), '<', $memory * 1.1 + 512, 'and is not larger')
        or diag("$memory KiB before, now ", memory());
}

note("master: $fds files, $memory KiB, now ", memory());
is($t->call('GET', '/v1/session', token => $idle)->status, 200,
   'a session that was not used is there');
is(ask()->json->{result}{version}, '1.0.0', 'the item too');
is(join(' ', map { signed($_) } @nonces), join(' ', ('replayed') x 10),
   'nonces are not accepted again');


# a request under way stays with its worker and its generation

$t->demo('POST', '/_hold', { target => '/core/account' });

my $c = client(8080);

$c->send($REQUEST{item} . "\r\n{}");
is($t->demo('GET', '/_held?n=1')->json->{held}, 1, 'a request under way');

generation('plugins', '2.0.0');

ok($t->wait_for(sub {
    $t->call('GET', '/v1/items/asker')->json->{version} eq '2.0.0';
}), 'a new generation of the item');

$t->reload;
generation('plugins', '3.0.0');

ok($t->wait_for(sub {
    $t->call('GET', '/v1/items/asker')->json->{version} eq '3.0.0';
}), 'and another one after a reload');

my $c3 = client(8080);

$c3->send($REQUEST{item} . "\r\n{}");
is($t->demo('GET', '/_held?n=2')->json->{held}, 2, 'another request');
cmp_ok(scalar($t->workers), '>', 2, 'the old worker has not gone');

$t->demo('POST', '/_release', { target => '/core/account' });

my ($old, $new) = map { $_->response } $c, $c3;

is($old->json->{result}{version}, '1.0.0', 'the first ends on the first');
is($new->json->{result}{version}, '3.0.0', 'the other on the last');
$c->close;
ok(settled(), 'now the old worker goes');


# workers that are killed

$t->allow_log(qr/exited on signal 9/);

$t->demo('POST', '/_hold', { target => '/core/account' });

my @lost = map { client(8080) } 1 .. 6;

$_->send($REQUEST{item} . "\r\n{}") for @lost;
is($t->demo('GET', '/_held?n=6')->json->{held}, 6, 'requests under way');

$t->kill_worker('KILL', $_) for $t->workers;

is(join(' ', map { $_->response ? 'answer' : 'lost' } @lost),
   join(' ', ('lost') x 6), 'go with the workers');

$t->demo('POST', '/_release', { target => '/core/account' });
$t->demo('DELETE', '/_control');
$t->wait_ready;

is(ask()->status, 200, 'the next one is answered');

# by the time that both rows have a new worker

ok($t->wait_for(sub {
    my ($app) = grep { $_->{id} eq 'app' }
                @{ $t->call('GET', '/v1/channels', channel => 'hall')
                   ->json->{channels} };
    return $app->{load} == 0;
}), 'what was lost is no load');

is(join(' ', map { signed($_) } @nonces), join(' ', ('replayed') x 10),
   'nonces are still not accepted again');


# an application that the core has when its worker is killed: paid once, and
# who asks again under its key gets its case

my ($tenant) = grep { !$_->{married} && !$_->{owns_house}
                      && $_->{balance} > 5000 }
               map { $t->person($_) } 1 .. 99;

$t->register($tenant);

my ($id, $code) = $t->challenge($tenant->{mobile}, 'login');
my $strong = $t->call('POST', '/v1/sessions', body => {
    user => { mobile => $tenant->{mobile} },
    factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                 { factor => 'id-card' } ],
})->json->{token};

my %application = (
    token => $strong, headers => [ 'Idempotency-Key' => 'killed' ],
    body => { amount => '100.00', bank_card => $tenant->{bank_card},
              months => 3 },
);

$t->demo('POST', '/_hold', { target => '/core/applications' });

my $dying = fork;
die "fork: $!\n" unless defined $dying;

if ($dying == 0) {
    eval { $t->call('POST', '/v1/items/withdraw-rent', %application) };
    _exit(0);
}

is($t->demo('GET', '/_held?n=1')->json->{held}, 1, 'an application');
$t->kill_worker('KILL', $_) for $t->workers;
waitpid $dying, 0;
$t->demo('POST', '/_release', { target => '/core/applications' });
$t->wait_ready;

my $again = $t->call('POST', '/v1/items/withdraw-rent', %application);
is($again->status, 201, 'the same again') or diag($again->raw);

my $cases = $t->call('GET', '/v1/cases', token => $strong)->json->{cases};
is(scalar @$cases, 1, 'is the same case');
is($t->call('GET', "/v1/cases/$cases->[0]{case_no}", token => $strong)
   ->json->{status}, 'approved', 'which the core confirms');
is(scalar @{ $t->demo('GET', "/core/applications?id_no=$tenant->{id_no}")
             ->json->{applications} }, 1, 'and has paid once');


# again and again, in the middle of whatever they do

start_clients('closing cached', 'closing item', 'keeping stored');

for my $i (1 .. 20) {
    $t->kill_worker('KILL') or die "kill $i\n";
}

for (stop_clients()) {
    my ($kind, $n, $wrong) = @$_;

    # a request in a worker that dies is lost, and nothing else

    unlike($wrong, qr/\b(?!503)[45]\d\d\b/, "$kind: $n, and no error");
    cmp_ok($n, '>', 0, "$kind: there were some") or diag($wrong);
}

$t->wait_ready;

is(join(' ', map { ask()->status } 1 .. 8), join(' ', (200) x 8),
   'all is well afterwards');
is($t->call('GET', '/v1/session', token => $idle)->status, 200,
   'sessions too');
is(join(' ', map { signed($_) } @nonces), join(' ', ('replayed') x 10),
   'and nonces');
unlike($t->admin('GET', '/metrics')->body,
       qr/outcome="(internal|plugin-failed)"/, 'nothing went wrong inside');

done_testing();
