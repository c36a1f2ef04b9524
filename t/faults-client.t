#!/usr/bin/perl

# A client that leaves, by an orderly end or a reset, in the middle of every
# step that waits: what was begun is finished or safely recorded, nothing is
# paid twice, nothing leaks, and the others do not notice.

use warnings;
use strict;

use File::Path qw/ mkpath /;
use Test::More;

use HPF::Test;

my $CAPACITY = 100;

my $t = HPF::Test->new;

my $dir = $t->path('with');
my $build = $t->build_dir;

mkpath($dir);
system('cp', '-r', glob("$build/plugins/*"), $dir) == 0 or die;

$t->write_file('with/nap/manifest.json', <<'EOJ');
{
  "id": "nap", "version": "1.0.0", "language": "lua",
  "name": {"zh": "等待", "en": "Nap"}, "category": "query",
  "users": ["anyone"], "level": 0, "channels": ["*"],
  "time_limit": {"days": 0},
  "form": {"type": "object"}
}
EOJ

$t->write_file('with/nap/nap.lua', <<'EOL');
local function handle(request)
    local n = hpf.kv.incr("begun", 1, 60)

    repeat
        hpf.sleep(request.form.ms or 50)
    until not request.form.sound
          or tonumber(hpf.kv.get("awake") or 0) >= n

    if request.form.case then
        hpf.case.open("checking")
        error("after that")
    end

    hpf.kv.incr("ended", 1, 60)

    return { ok = true }
end

return { handle = handle }
EOL

$t->gateway(workers => 2, plugins => $dir, start => 0,
            store => 'timeout=10s', edit => sub {
    my ($conf) = @_;
    $conf =~ s/rate=200r\/s burst=400/rate=2000r\/s burst=9000/
        or die 'no limit';
    return $conf;
});

my $channels = $t->read_file('conf/channels.conf');
$channels =~ s/(hpf_channel app \{[^}]* capacity) \d+;/$1 $CAPACITY;/
    or die 'no channel';
$t->write_file('conf/channels.conf', $channels);

$t->run->wait_ready;

my @tenants = grep { !$_->{married} && !$_->{owns_house}
                     && $_->{balance} > 5000 }
              map { $t->person($_) } 0 .. 199;


sub enter {
    my ($person) = @_;

    $t->register($person);

    my ($id, $code) = $t->challenge($person->{mobile}, 'login');

    return $t->call('POST', '/v1/sessions', body => {
        user => { mobile => $person->{mobile} },
        factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                     { factor => 'id-card' } ],
    })->json->{token};
}


sub raw {
    my ($line, $token, $body, @headers) = @_;
    my $json = ref $body ? JSON::PP->new->utf8->canonical->encode($body)
                         : $body;

    push @headers, "Authorization: Bearer $token" if $token;
    push @headers, 'Content-Length: ' . length $json if defined $json;

    return join("\r\n", "$line HTTP/1.1", 'Host: a', 'X-HPF-Channel: app',
                @headers, '', '') . ($json // '');
}


sub withdraw {
    my ($person, $token, $key) = @_;

    return raw('POST /v1/items/withdraw-rent', $token,
               { amount => '100.00', bank_card => $person->{bank_card},
                 months => 3 }, $key ? "Idempotency-Key: $key" : ());
}


# requests under way on the channel, by its load; asked on another one

sub under_way {
    my ($list) = grep { $_->{id} eq 'app' }
                 @{ $t->call('GET', '/v1/channels', channel => 'hall')
                    ->json->{channels} };

    return sprintf '%.0f', $list->{load} * $CAPACITY;
}


sub reaches {
    my ($n) = @_;
    return $t->wait_for(sub { under_way() == $n });
}


sub asked {
    my ($raw) = @_;
    my $c = client(8080);

    $c->send($raw);

    return $c;
}


my %LEAVE = (
    'an end' => sub { $_[0]->close },
    'a reset' => sub { $_[0]->abort },
    'half an end and a reset' => sub { $_[0]->shutdown; $_[0]->abort },
);


# each in turn; $begin gives clients in the middle of something, $release lets
# that go on, $check looks at what became of it

sub leave {
    my ($name, $begin, $release, $check) = @_;

    for my $how (sort keys %LEAVE) {
        my @c = $begin->();

        ok(reaches(scalar @c), "$name: under way") or diag(under_way());

        $LEAVE{$how}->($_) for @c;

        is($t->admin('GET', '/healthz')->status, 200, "$name: $how");

        $release->();

        ok(reaches(0), "$name: all is gone") or diag(under_way());
        $check->() if $check;
    }
}


sub control { $t->demo('POST', $_[0], { target => $_[1] }) }

sub paid {
    my ($person) = @_;
    my $r = $t->demo('GET', "/core/applications?id_no=$person->{id_no}");
    return scalar @{ $r->json->{applications} };
}

sub cases {
    my ($token) = @_;
    return @{ $t->call('GET', '/v1/cases', token => $token)->json->{cases} };
}


my $one = shift @tenants;
my $token = enter($one);
my $spare = $t->login($one);
my $r;

is($t->call('GET', '/v1/session', token => $token)->status, 200, 'a session');
ok(reaches(0), 'nothing is under way');


# the body

leave('half a body', sub {
    map { asked($_) }
        substr(raw('POST /v1/challenges', undef, '{"factor":"sms"}'), 0, -8),
        substr(withdraw($one, $token), 0, -20),
        raw('POST /v1/challenges', undef, undef,
            'Transfer-Encoding: chunked') . "5\r\n{\"a"
}, sub { });


# the store

my $n = 0;

sub mobile { sprintf '139%08d', ++$n }

sub challenge {
    return raw('POST /v1/challenges', undef,
               { factor => 'sms', mobile => mobile(), purpose => 'login' });
}

leave('the store', sub {
    $t->pause_redis;

    return map { asked($_) }
        challenge(),
        raw('GET /v1/session', sprintf '%043d', ++$n),
        raw('GET /v1/cases', $token),
        raw('GET /v1/cases/20260101000000000000', $token),
        raw('POST /v1/items/nap', undef, {}),
        withdraw($one, $token, 'k' . ++$n),
        raw('POST /v1/sessions', undef, {
            user => { mobile => $one->{mobile} },
            factors => [ { factor => 'sms', challenge_id => 'x' x 22,
                           code => '000000' } ] });
}, sub { $t->resume_redis });

is($t->call('GET', '/v1/session', token => $token)->status, 200,
   'the session is still there');

# the log-out that was sent takes place

leave('a log-out', sub {
    $t->pause_redis;
    return asked(raw('DELETE /v1/session', $spare));
}, sub { $t->resume_redis }, sub {
    is($t->call('GET', '/v1/session', token => $spare)->status, 401,
       'it took place');
    $spare = $t->login($one);
});


# back ends: whatever they were asked for is done

for my $back ([ '/sms', challenge() ],
              [ '/core/account', raw('POST /v1/items/account-query', $token,
                                     {}) ],
              [ '/core/details', raw('POST /v1/items/account-details', $token,
                                     {}) ])
{
    my ($target, $raw) = @$back;

    leave($target, sub {
        control('/_hold', $target);

        my $c = asked($target eq '/sms' ? challenge() : $raw);
        is($t->demo('GET', "/_held?n=1&target=$target")->json->{held}, 1,
           "$target: has it");
        return $c;
    }, sub { control('/_release', $target) }, sub {
        is($t->call('POST', '/v1/items/account-query', token => $token,
                    body => {})->status, 200, "$target: the next one")
    });
}


# nginx' own proxy behind the gate: in the session step, and at the back end

leave('a gate', sub {
    $t->pause_redis;
    return map { asked(raw('GET /files/1', sprintf '%043d', ++$n)) } 1 .. 3;
}, sub { $t->resume_redis });

leave('a proxy', sub {
    control('/_hold', '/person');

    my @c = map { asked(raw("GET /files/$_", $token)) } 1 .. 3;
    is($t->demo('GET', '/_held?n=3&target=/person')->json->{held}, 3,
       'a proxy: has them');
    return @c;
}, sub { control('/_release', '/person') }, sub {
    is($t->call('GET', '/files/1', token => $token)->status, 200,
       'a proxy: the next one');
});


# a registration, which is one although nobody heard of it

leave('/police', sub {
    my $person = shift @tenants;
    my ($id, $code) = $t->challenge($person->{mobile}, 'register');

    control('/_hold', '/police');
    unshift @tenants, $person;

    my $c = asked(raw('POST /v1/users', undef, {
        user_type => 'individual',
        map({ $_ => $person->{$_} } qw/ name id_no mobile /),
        factors => [
            { factor => 'sms', challenge_id => $id, code => $code },
            { factor => 'id-card' },
        ],
    }));

    is($t->demo('GET', '/_held?n=1&target=/police')->json->{held}, 1,
       '/police: has it');
    return $c;
}, sub { control('/_release', '/police') }, sub {
    ok($t->login(shift @tenants), '/police: who was registered can log in');
});


# an application, at each of the back ends that it needs

for my $target (qw{ /civil /realestate /core/applications }) {
    my ($person, $tok);

    leave($target, sub {
        $person = shift @tenants;
        $tok = enter($person);

        control('/_hold', $target);

        my $c = asked(withdraw($person, $tok, 'key'));
        is($t->demo('GET', "/_held?n=1&target=$target")->json->{held}, 1,
           "$target: has it");
        return $c;
    }, sub { control('/_release', $target) }, sub {
        my @cases = cases($tok);

        is(@cases, 1, "$target: there is one case");
        is($cases[0]{status}, 'approved', "$target: it is approved");
        is(paid($person), 1, "$target: paid once");

        my $r = $t->call('POST', '/v1/items/withdraw-rent', token => $tok,
                         headers => [ 'Idempotency-Key' => 'key' ],
                         body => { amount => '100.00', months => 3,
                                   bank_card => $person->{bank_card} });
        is($r->json->{case_no}, $cases[0]{case_no},
           "$target: the request again is the same case");
        is(paid($person), 1, "$target: nothing more is paid");
    });
}


# while a repeat waits for the first

my ($person, $tok);

leave('a repeat', sub {
    $person = shift @tenants;
    $tok = enter($person);

    control('/_hold', '/core/applications');

    my $first = asked(withdraw($person, $tok, 'key'));
    is($t->demo('GET', '/_held?n=1')->json->{held}, 1, 'a repeat: first');

    return $first, map { asked(withdraw($person, $tok, 'key')) } 1 .. 5;
}, sub { control('/_release', '/core/applications') }, sub {
    is(paid($person), 1, 'a repeat: paid once');
    is(scalar(cases($tok)), 1, 'a repeat: one case');
});


# while a plugin sleeps

sub naps {
    my ($which) = @_;
    return $t->redis('GET', "hpf:{p:nap}:$which") || 0;
}

leave('a nap', sub {
    my $begun = naps('begun');
    my @c = map { asked(raw('POST /v1/items/nap', undef,
                            { sound => JSON::PP::true })) } 1 .. 4;

    ok($t->wait_for(sub { naps('begun') == $begun + 4 }), 'a nap: begun');
    return @c;
}, sub {
    $t->redis('SET', 'hpf:{p:nap}:awake', naps('begun'));
}, sub { is(naps('ended'), naps('begun'), 'a nap: ended') });


# a plugin that errs behind the case it has opened: the problem names it, and
# the request again is answered with it

my %errs = (token => $token, headers => [ 'Idempotency-Key' => 'errs' ],
            body => { ms => 1, case => JSON::PP::true });

$r = $t->call('POST', '/v1/items/nap', %errs);
is($r->code, 'plugin-failed', 'a plugin that errs');
like($r->json->{case_no}, qr/^\d{20}$/, 'names its case');

my $no = $r->json->{case_no};

$r = $t->call('POST', '/v1/items/nap', %errs);
is($r->status, 201, 'the request again');
is($r->json->{case_no}, $no, 'is that case');


# with the next request already sent

leave('a pipeline', sub {
    control('/_hold', '/core/account');

    my $query = raw('POST /v1/items/account-query', $token, {});
    my $c = asked($query . $query . raw('GET /v1/items') . challenge());

    is($t->demo('GET', '/_held?n=1')->json->{held}, 1, 'a pipeline: first');
    return $c;
}, sub { control('/_release', '/core/account') });


# a client that only sends no more still gets its answers

control('/_hold', '/core/account');

my $c = asked(raw('POST /v1/items/account-query', $token, {}));
is($t->demo('GET', '/_held?n=1')->json->{held}, 1, 'half an end');
$c->shutdown;
control('/_release', '/core/account');
is($c->response->status, 200, 'is none');
$c->close;


# many at once, of all kinds

my $round = 1;

$person = shift @tenants;
$tok = enter($person);

leave('many', sub {
    control('/_hold', '/');

    my @c = map { asked($_) } map {(
        raw('POST /v1/items/account-query', $spare, {}),
        raw('POST /v1/items/account-details', $spare, {}),
        withdraw($person, $tok, "many-$round"),
        challenge(),
    )} 1 .. 3;

    # of the withdrawals one asks two registers, two wait for that one

    is($t->demo('GET', '/_held?n=11')->json->{held}, 11, 'many: held');

    return @c;
}, sub {
    control('/_release', '/');
    $t->demo('DELETE', '/_control');
}, sub { is(paid($person), $round++, 'many: paid once') });


is($t->call('GET', '/v1/session', token => $token)->status, 200,
   'all goes on');
unlike($t->admin('GET', '/metrics')->body,
       qr/outcome="internal"/, 'nothing went wrong inside');


# no call holds on to its plugin: the old workers can let all of them go

$t->stop;

my %unloaded;
$unloaded{$_}++ for $t->log_text =~ /plugin: "([\w-]+)" unloaded/g;
is_deeply(\%unloaded, { map { $_ => 2 } qw/ account-query account-details
                                            withdraw-rent nap id-card
                                            bank-card face / },
          'every plugin was unloaded by both workers');

done_testing();
