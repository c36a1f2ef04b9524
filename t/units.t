#!/usr/bin/perl

# Units: one user for a unified social credit code, who acts through named
# handlers.  Each is known by his own mobile, may be limited to service items,
# and is out at once when he is removed.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(workers => 2, ca => 'ec',
                               plugins => plugins());

my $unit = $t->unit(0);
my ($admin, $second) = ($unit->{handler}, $t->person(7));


# Two service items for units, which tell what they know of their caller.

sub plugins {
    my $dir = File::Temp::tempdir(CLEANUP => 1);

    for my $id (qw/ unit-one unit-two /) {
        mkdir "$dir/$id" or die;
        put("$dir/$id/manifest.json", JSON::PP->new->encode({
            id => $id, version => '1.0.0', language => 'lua', level => 1,
            name => { zh => $id }, users => ['unit'], channels => ['*'],
            mode => 'query', time_limit => { days => 0 },
        }));
        put("$dir/$id/$id.lua", <<'LUA');
return {
    handle = function(request)
        local user = request.user

        return { type = user.type, handler = user.handler, id_no = user.id_no,
                 code = user.uscc and #user.uscc }
    end,
}
LUA
    }

    system('cp', '-r', HPF::Test->new->build_dir . '/plugins/id-card', $dir)
        == 0 or die;

    return $dir;
}


sub put {
    my ($file, $text) = @_;
    open my $f, '>', $file or die;
    print $f $text;
    close $f;
}


sub outcome {
    my ($r) = @_;
    return $r->status if $r->status < 400;
    return $r->json->{code} if $r->status != 422;
    return join ' ', map { "$_->{pointer} $_->{rule}" } @{ $r->json->{errors} };
}


sub register {
    my ($unit, $handler, @factors) = @_;
    my ($id, $code) = $t->challenge($handler->{mobile}, 'register');

    return $t->call('POST', '/v1/users', body => {
        user_type => 'unit',
        map({ $_ => $unit->{$_} } qw/ unit_name uscc /),
        handler => { map({ $_ => $handler->{$_} } qw/ name id_no mobile /) },
        factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                     @factors ],
    });
}


sub login {
    my ($unit, $mobile, @factors) = @_;
    my ($id, $code) = $t->challenge($mobile, 'login');

    return $t->call('POST', '/v1/sessions', body => {
        user => { uscc => $unit->{uscc} },
        factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                     @factors ],
    });
}


sub add {
    my ($token, $person, %more) = @_;
    my ($id, $code) = $t->challenge($person->{mobile}, 'handler');

    return $t->call('POST', '/v1/session/handlers', token => $token, body => {
        map({ $_ => $person->{$_} } qw/ name id_no mobile /),
        factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                     { factor => 'id-card' } ],
        %more,
    });
}


sub item {
    my ($token, $id) = @_;
    return $t->call('POST', "/v1/items/$id", token => $token, body => {});
}


my $ID = { factor => 'id-card' };


# registration

is(outcome(register({ %$unit, unit_name => '没有这个单位' }, $admin, $ID)),
   'factor-failed', 'a unit that the market regulator does not know');
is(outcome(register($unit, { %$admin, name => '王小明' }, $ID)),
   'factor-failed', 'a handler whom the police does not know');
is(outcome($t->call('POST', '/v1/users', body => { user_type => 'unit',
       name => 'x', factors => [ $ID ] })),
   '/factors contains /unit_name required /uscc required'
   . ' /handler required /name false', 'what a unit needs');
is(outcome($t->call('POST', '/v1/users', body => { user_type => 'unit',
       unit_name => 'x', uscc => '911100000000000000', factors => [ $ID ],
       handler => {} })),
   '/uscc format /handler/name required /handler/id_no required'
   . ' /handler/mobile required /factors contains', 'and its handler');

my $r = register($unit, $admin, $ID);
is(outcome($r), 201, 'registered');
is($r->json->{level}, 2, 'under real names');

my $user = $r->json->{user_id};
is(register($unit, $admin, $ID)->json->{user_id}, $user, 'again: the same');
is(outcome(register($unit, $second, $ID)), 'factor-failed',
   'nobody else becomes a handler by that');


# two registrations at once are one unit

my $twice = $t->unit(1);
my @codes = map { [ $t->challenge($twice->{handler}{mobile}, 'register') ] }
            1, 2;
my @clients = map { client(8080) } @codes;

for my $i (0, 1) {
    my $body = JSON::PP->new->utf8->encode({
        user_type => 'unit',
        map({ $_ => $twice->{$_} } qw/ unit_name uscc handler /),
        factors => [ { factor => 'sms', challenge_id => $codes[$i][0],
                       code => $codes[$i][1] } ],
    });
    $clients[$i]->send("POST /v1/users HTTP/1.1\r\nHost: a\r\n"
        . "X-HPF-Channel: app\r\nContent-Length: " . length($body)
        . "\r\n\r\n$body");
}

my @both = map { $_->response } @clients;
is(join(' ', map { $_->status } @both), '201 201', 'two at once');
is($both[0]->json->{user_id}, $both[1]->json->{user_id}, 'are one unit');


# log-in: the code's number tells who acts

$r = login($unit, $admin->{mobile});
is(outcome($r), 201, 'the first handler');
is($r->json->{level}, 1, 'with one factor');
is($r->json->{user}{user_type}, 'unit', 'is the unit');
is($r->json->{user}{user_id}, $user, 'the one that was registered');
is($r->json->{user}{unit_name}, $unit->{unit_name}, 'by its name');
unlike($r->body, qr/$admin->{mobile}|$admin->{name}/, 'he himself is masked');

my $handler = $r->json->{user}{handler};
my $weak = $r->json->{token};

$r = login($unit, $admin->{mobile}, $ID);
is($r->json->{level}, 2, 'with two factors');
my $token = $r->json->{token};

is($t->call('GET', '/v1/session', token => $token)->json->{user}{handler},
   $handler, 'the session says who acts');

my @failed = (login($unit, $second->{mobile}),
              login($t->unit(2), $second->{mobile}));
is(outcome($failed[0]), 'factor-failed', 'the code of somebody else');
my @problems = map { my $p = $_->json; delete $p->{instance}; $p } @failed;
is_deeply($problems[0], $problems[1], 'the same for a unit that is not there');
is(outcome($t->call('POST', '/v1/sessions', body => {
       user => { uscc => $unit->{uscc} }, factors => [ $ID ] })),
   '/factors contains', 'an ID card alone is no log-in');
is(outcome($t->call('POST', '/v1/sessions', body => {
       user => { id_no => $admin->{id_no}, handler => $admin->{mobile} },
       factors => [ { factor => 'sms', challenge_id => 'x',
                      code => '123456' } ] })),
   '/user/uscc dependentRequired', 'only units have handlers');


# what plugins and the record get to know

$r = item($token, 'unit-one');
is_deeply($r->json->{result}, { type => 'unit', handler => $handler,
                                code => 18 }, 'what a plugin knows');

my $line;
ok($t->wait_for(sub {
    ($line) = grep { /"item":"unit-one"/ }
              split /\n/, $t->read_file('audit/audit.jsonl');
}), 'the record');
is(json($line)->{handler}, $handler, 'the record says who acted');
is(json($line)->{user}, $user, 'and for whom');


# by a ticket it is the same handler who is on another channel

$r = $t->call('POST', '/v1/session/tickets', token => $token,
              body => { channel => 'hall' });
$r = $t->call('POST', '/v1/sessions', channel => 'hall',
              body => { ticket => $r->json->{ticket} });
is(outcome($r), 201, 'a ticket');
is($r->json->{user}{handler}, $handler, 'takes who acts along');
is($r->json->{level}, 2, 'with his level');
is(outcome($t->call('PUT', '/v1/session/bindings/wechat', token => $token,
                    channel => 'wechat', body => { subject => 'openid' })),
   'user-type', 'an account of a channel is of one person');


# handlers

is(outcome(add($weak, $second)), 'step-up-required',
   'one factor does not change handlers');

my $person = $t->enter($t->person(3));
is(outcome($t->call('GET', '/v1/session/handlers', token => $person)),
   'user-type', 'an individual has none');

$r = add($token, $second, items => ['unit-one']);
is(outcome($r), 201, 'another handler');
my $other = $r->json->{id};
is(outcome(add($token, $second)), '/mobile unique', 'once');

$r = $t->call('GET', '/v1/session/handlers', token => $weak);
is_deeply([ sort { $a->[1] cmp $b->[1] }
            map { [ $_->{id}, $_->{administrator} ? 'a' : 'b',
                    $_->{real_name} ? 1 : 0, $_->{items} ] }
            @{ $r->json->{handlers} } ],
          [ [ $handler, 'a', 1, undef ], [ $other, 'b', 1, ['unit-one'] ] ],
          'the list');
unlike($r->body, qr/$second->{mobile}|$second->{name}|$second->{id_no}/,
       'is masked');

my $limited = login($unit, $second->{mobile}, $ID)->json->{token};
is(outcome(item($limited, 'unit-one')), 200, 'an item that he may do');
$r = item($limited, 'unit-two');
is(outcome($r), 'handler-refused', 'one that he may not');
is($r->status, 403, 'status');
is_deeply($r->json->{items}, ['unit-one'], 'which he may');
is(outcome($t->call('DELETE', "/v1/session/handlers/$handler",
                    token => $limited)), 'handler-refused',
   'nor may he change handlers');

is(outcome($t->call('PUT', "/v1/session/handlers/$other", token => $token,
                    body => { items => undef })), 204, 'no limit any more');
is(outcome(item($limited, 'unit-one')), 'session-expired',
   'his session has ended');
$limited = login($unit, $second->{mobile}, $ID)->json->{token};
is(outcome(item($limited, 'unit-two')), 200, 'he may do all');


# a certificate is that of a handler, with his number or the unit's

$t->user_cert('his', $unit->{uscc});
$t->user_cert('other', $t->unit(5)->{uscc});

sub bind_to {
    my ($token, $name) = @_;
    my %factor = %{ $t->cert_factor($name, 'bind') };
    delete $factor{factor};

    return $t->call('POST', '/v1/session/certificates', token => $token,
                    body => \%factor);
}


sub by_cert {
    my (%user) = @_;
    return $t->call('POST', '/v1/sessions', body => {
        user => { uscc => $unit->{uscc}, %user },
        factors => [ $t->cert_factor('his') ] });
}


is(outcome(bind_to($limited, 'other')), 'factor-failed', "another unit's");
$r = bind_to($limited, 'his');
is(outcome($r), 201, 'a certificate of his unit');
my $cert = $r->json->{id};
$r = by_cert(handler => $second->{mobile});
is(outcome($r), 201, 'opens it for him');
is($r->json->{user}{handler}, $other, 'as himself');
is(outcome(by_cert()), 'factor-failed', 'and not as the administrator');
is(outcome($t->call('DELETE', "/v1/session/certificates/$cert",
                    token => $limited)), 'handler-refused',
   'he does not end it');
is(outcome($t->call('DELETE', "/v1/session/certificates/$cert",
                    token => $token)), 204, 'the administrator does');
is(outcome(by_cert(handler => $second->{mobile})), 'factor-failed', 'at once');


# out at once

is(outcome($t->call('DELETE', "/v1/session/handlers/$_->[0]",
                    token => $token)), $_->[1], $_->[2])
    for [ $handler, 'handler-refused', 'the administrator stays' ],
        [ 'A' x 8, 'not-found', 'nobody' ], [ 'A' x 200, 'not-found', 'odd' ],
        [ $other, 204, 'a handler is removed' ];

is(outcome(item($limited, 'unit-two')), 'session-expired', 'he is out')
    for 1 .. 8;
is(outcome(login($unit, $second->{mobile})), 'factor-failed',
   'and does not come in again');
is(outcome(item($token, 'unit-two')), 200, 'others go on');


# a log-in that was under way when he was removed

is(outcome($r = add($token, $second)), 201, 'he is there again');
my ($id, $code) = $t->challenge($second->{mobile}, 'login');
$t->demo('POST', '/_hold', { target => '/police' });
my $c = client(8080);
my $body = JSON::PP->new->encode({
    user => { uscc => $unit->{uscc} },
    factors => [ { factor => 'sms', challenge_id => $id, code => $code },
                 $ID ],
});
$c->send("POST /v1/sessions HTTP/1.1\r\nHost: a\r\nX-HPF-Channel: app\r\n"
         . 'Content-Length: ' . length($body) . "\r\n\r\n$body");
$t->demo('GET', '/_held?target=/police&n=1');
is(outcome($t->call('DELETE', '/v1/session/handlers/' . $r->json->{id},
                    token => $token)), 204, 'he is removed');
$t->demo('POST', '/_release', { target => '/police' });
is(outcome($c->response), 'factor-failed', 'makes no session');

# one that was not given out goes without being waited for

my $gone = $r->json->{id};
ok($t->wait_for(sub {
    !grep { ($t->redis('HGET', $_, 'handler') || '') =~ /\Q$gone\E/ }
          @{ $t->redis('KEYS', 'hpf:{s:*}') };
}), 'none is left');


# the market regulator does not answer

$t->demo('POST', '/_control', { target => '/market', mode => 'fail',
                                status => 500, count => 1 });
$r = register($t->unit(3), $t->unit(3)->{handler}, $ID);
is(outcome($r), 'backend-unavailable', 'the regulator fails');
is($r->json->{backend}, 'market', 'which');
is(outcome(register($t->unit(3), $t->unit(3)->{handler}, $ID)), 201,
   'one may try again');


# nothing of persons in clear

my $all = join ' ', map { my $type = $t->redis('TYPE', $_); $_,
    $type eq 'hash' ? @{ $t->redis('HGETALL', $_) }
    : $type eq 'string' ? $t->redis('GET', $_)
    : $type eq 'zset' ? @{ $t->redis('ZRANGE', $_, 0, -1) } : () }
    @{ $t->redis('KEYS', '*') };

unlike($all . $t->log_text . $t->read_file('audit/audit.jsonl'),
       qr/\Q$unit->{uscc}\E|$admin->{id_no}|$admin->{mobile}|$admin->{name}/,
       'neither in Redis, logs nor record');

done_testing();
