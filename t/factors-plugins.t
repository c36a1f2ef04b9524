#!/usr/bin/perl

# Factors come, change and go while people prove who they are, and whatever
# one of them does, nobody is let in by it: it errs, is late, answers
# something else, reaches for more than it is given, or ends its worker.

use warnings;
use strict;
use utf8;

use File::Copy qw/ copy /;
use Test::More;
use Time::HiRes qw/ time /;

use HPF::Test;
use HPF::Test::Faulty;
use HPF::Test::Plugin;

my $t = HPF::Test->new->gateway(workers => 2, start => 0, http => <<'EOF');
    hpf_plugin_quarantine 1 60s;
EOF

crashes_are_expected($t);
$t->run->wait_ready;

my $one = $t->person(0);
my $json = JSON::PP->new->utf8->canonical;

$t->register($one);

my $token = $t->login($one);


sub outcome {
    my ($r) = @_;
    return 'none' unless $r;
    return $r->status if $r->status < 400;
    return join ' ', grep { defined } $r->status,
                     @{ $r->json }{qw/ code item backend limit /},
                     map { "$_->{pointer} $_->{rule}" }
                         @{ $r->json->{errors} || [] };
}


# a step-up; the session is that of the new token

sub keep {
    my ($r) = @_;
    $token = $r->json->{token} if $r->status == 200;
    return $r;
}


sub body { return { factors => [ map { ref $_ ? $_ : { factor => $_ } } @_ ] } }


sub step_up {
    return keep($t->call('POST', '/v1/session/factors', token => $token,
                         body => body(@_), timeout => 30));
}


sub begin {
    my $body = $json->encode(body(@_));
    my $c = client(8080);

    $c->send("POST /v1/session/factors HTTP/1.1\r\nHost: a\r\n"
             . "X-HPF-Channel: app\r\nAuthorization: Bearer $token\r\n"
             . 'Content-Length: ' . length($body) . "\r\n\r\n$body");

    return $c;
}


sub of {
    my ($id) = @_;
    my @all = @{ $t->admin('GET', '/admin/v1/plugins')->json->{plugins} };
    my ($of) = grep { $_->{id} eq $id && $_->{in_force} } @all;

    return $of || {};
}


# a factor takes the place of the one that is there, manifest and code together;
# FILE or the body of handle

my $n = 0;

sub factor {
    my ($id, $code, %more) = @_;
    my $before = of($id)->{digest} || '';
    my $new = 'new-' . ++$n;
    my $suffix = $code =~ /\.so$/ ? 'so' : 'lua';

    $t->write_file("$new/manifest.json", $json->encode({
        id => $id, kind => 'factor', version => '1.0.0', name => $id,
        language => $suffix eq 'so' ? 'c' : 'lua', person => [ 'id_no' ],
        backends => [ 'police' ], form => { type => 'object' }, %more }));

    if ($suffix eq 'so') {
        copy($code, $t->path("$new/$id.so")) or die "copy: $!\n";

    } else {
        $t->write_file("$new/$id.lua",
                       "return { handle = function(request)\n$code\nend }");
    }

    rename $t->path("plugins/$id"), $t->path("old-$n") or die "$id: $!\n";
    rename $t->path($new), $t->path("plugins/$id") or die "$id: $!\n";

    $t->wait_for(sub { (of($id)->{digest} || $before) ne $before })
        or die "$id does not change\n";
}


sub hold { $t->demo('POST', '/_hold', { target => $_[0] }) }
sub release { $t->demo('POST', '/_release', { target => $_[0] }) }


# another version comes while the police are asked by the one before

hold('/police');
my $c = begin('id-card');
is($t->demo('GET', '/_held?n=1&target=/police')->json->{held}, 1,
   'the police are asked');
factor('id-card', 'return false');
is(outcome(step_up('id-card')), '401 factor-failed', 'a new version answers');
release('/police');
my $r = keep($c->response);
is(outcome($r), 200, 'who began with the old one ends with it');
is($r->json->{level}, 2, 'and has what it proves');


# it goes while it is asked

my $ASK = 'hpf.backend("police", { path = "/face", json = {} })';

factor('id-card', "$ASK return true");
hold('/police');
$c = begin('id-card');
ok($t->wait_for(sub { of('id-card')->{running} == 1 }), 'one is under way');
rename $t->path('plugins/id-card'), $t->path('plugins/.gone') or die "$!\n";
ok($t->wait_for(sub { !of('id-card')->{id} }), 'it is taken away');
release('/police');
is(outcome(keep($c->response)), 200, 'it ends, though its plugin is gone');
is(outcome(step_up('id-card')), '422 form-invalid /factors/0/factor enum',
   'the next one does not know it');
is(outcome($t->register($t->person(1))),
   '422 form-invalid /factors/1/factor enum', 'nor does a registration');

my $low = $t->login($one);
is_deeply($t->withdraw($one, $low)->json->{factors},
          [ qw/ password bank-card face / ],
          'and it is not said that it would do');

rename $t->path('plugins/.gone'), $t->path('plugins/id-card') or die "$!\n";
ok($t->wait_for(sub { of('id-card')->{id} }), 'it is back');
is(outcome(step_up('id-card')), 200, 'and known');


# one after the other: what the first has left behind is not the second's

factor('face', plugin_build($t, 't/plugins/factor.c'));
factor('id-card', 'hpf.sleep(300) return true');

my $at = time;
is(outcome(step_up({ factor => 'face', do => 'early' }, 'id-card')), 200,
   'two in one request');
cmp_ok(time - $at, '>=', 0.3, 'the second waits for its own operation');
is(outcome(step_up('id-card', { factor => 'face', do => 'false' })),
   '401 factor-failed', 'both count');


# in C: what it is told, and what it may answer

my %C = (
    true => 200, false => '401 factor-failed', facts => 200,
    case => '401 factor-failed', twice => '401 factor-failed',
    object => '500 plugin-failed face', nothing => '500 plugin-failed face',
    silent => '500 plugin-failed face', problem => '500 plugin-failed face',
    declined => '500 plugin-failed face', cannot => '502 backend-unavailable',
);

for my $do (sort keys %C) {
    $r = step_up({ factor => 'face', do => $do });
    is(outcome($r), $C{$do}, "in C: $do");
    unlike($r->body, qr/for the client|"do"/, "$do: nothing of it goes out");
}

like($t->log_text, qr/"face" is a factor, which has no cases/, 'no case');
like($t->log_text, qr/"face" answered neither true nor false/, 'no object');
like($t->log_text, qr/"face" failed with "not-found", a factor may with/,
     'no other problem');
like($t->log_text, qr/"face" ended a call without an answer/, 'no silence');


# in Lua: what it is told

factor('face', <<'EOF', person => [ 'name' ]);
    local keys, person = {}, {}

    for key in pairs(request) do keys[#keys + 1] = key end
    for key in pairs(request.person) do person[#person + 1] = key end

    table.sort(keys)
    hpf.log.notice("keys: " .. table.concat(keys, " "))
    hpf.log.notice("person: " .. table.concat(person, " "))
    hpf.audit("score", "0.97")

    return hpf.kv.incr("tries", 1, 60) == "1" or request.form.a == 1
EOF

is(outcome(step_up({ factor => 'face', a => 1 })), 200, 'Lua: what was sent');
like($t->log_text, qr/keys: channel form item language person request_id,/,
     'it gets no user');
like($t->log_text, qr/person: name,/, 'and of the person what it asks for');
is($t->redis('GET', 'hpf:{p:face}:tries'), 1, 'its keys are its own');
ok($t->wait_for(sub {
    grep { ($_->{notes}{score} || '') eq '0.97'
           && $_->{call} eq 'session-step-up' }
    map { json($_) || {} } split /\n/, $t->read_file('audit/audit.jsonl')
}), 'its note is in the record');


# and what it may answer

for my $of (
    [ 'error("x")', '500 plugin-failed face' ],
    [ 'return', '500 plugin-failed face' ],
    [ 'return 1', '500 plugin-failed face' ],
    [ 'return "true"', '500 plugin-failed face' ],
    [ 'return { match = true }', '500 plugin-failed face' ],
    [ 'hpf.fail("factor-failed")', '500 plugin-failed face' ],
    [ 'while true do end', '500 plugin-failed face' ],
    [ 'hpf.case.open("checking") return true', '500 plugin-failed face' ],
    [ 'hpf.backend("core", { path = "/account" }) return true',
      '500 plugin-failed face' ],
    [ 'hpf.sleep(60000) return true', '500 plugin-failed face' ],
)
{
    my ($code, $want) = @$of;

    factor('face', $code, resources => { time => 600 });
    is(outcome(step_up('face')), $want, "Lua: $code");
}


# too late because of a back end; too many

factor('face', "return $ASK.ok", resources => { time => 1000 });
hold('/police');
is(outcome(step_up('face')), '504 backend-unavailable police',
   'a back end is waited for too long');
release('/police');

factor('face', "$ASK hpf.kv.incr(\"ended\", 1, 60) return true",
       resources => { concurrency => 1 });
hold('/police');
$c = begin('face');
ok($t->wait_for(sub { of('face')->{running} == 1 }), 'one is under way');
is(outcome(step_up('face')), '429 rate-limited face-concurrency',
   'another is one too many');


# a client that leaves: it goes on to its end, and nothing is left of it

$c->close;
release('/police');
ok($t->wait_for(sub { of('face')->{running} == 0 }), 'the client has left');
is($t->redis('GET', 'hpf:{p:face}:ended'), 1, 'it has gone on to its end');

$token = $t->login($one);
hold('/police');
$c = begin('face');
ok($t->wait_for(sub { of('face')->{running} == 1 }), 'another one is asked');
$c->abort;
release('/police');
ok($t->wait_for(sub { of('face')->{running} == 0 }), 'and reset');
is($t->redis('GET', 'hpf:{p:face}:ended'), 2, 'that as well');

$token = $t->login($one);


# one that ends its worker is not asked again

factor('face', plugin_build($t, 't/plugins/factor.c', '-O0'));
is(outcome(eval { step_up({ factor => 'face', do => 'crash' }) }), 'none',
   'a crash has no answer');
ok($t->wait_for(sub { of('face')->{state} eq 'quarantined' }), 'quarantined');
ok($t->wait_for(sub { $t->workers == 2 }), 'another worker comes');
$t->wait_ready;
is(outcome(step_up({ factor => 'face', do => 'true' })),
   '503 plugin-quarantined face', 'who asks for it is told');
is(outcome(step_up('id-card')), 200, 'others go on');

done_testing();
