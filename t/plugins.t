#!/usr/bin/perl

# Plugins come, change and go while requests run: no reload of nginx, no lost
# request, all workers together; one that is wrong changes nothing and says
# where.

use warnings;
use strict;
use utf8;

use File::Path qw/ rmtree /;
use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(workers => 3, edit => sub {
    return $_[0] =~ s/rate=200r/rate=100000r/r;
});


sub manifest {
    my ($id, %more) = @_;

    return JSON::PP->new->utf8->canonical->pretty->encode({
        id => $id, version => '1.0.0', language => 'lua', name => $id,
        users => [ 'anyone' ], level => 0, channels => [ '*' ],
        backends => [ 'core' ], form => { type => 'object' }, %more,
    });
}


# a plugin is put into the folder as tools do it: all of it, by one rename

sub install {
    my ($id, $code, %more) = @_;

    $t->write_file("new/$id/manifest.json", manifest($id, %more));
    $t->write_file("new/$id/$id.lua", $code) if defined $code;

    if (-d $t->path("plugins/$id")) {
        rename $t->path("new/$id/$_"), $t->path("plugins/$id/$_")
            for defined $code ? "$id.lua" : (), 'manifest.json';

    } else {
        rename $t->path("new/$id"), $t->path("plugins/$id") or die "rename: $!";
    }
}


sub run {
    my ($id, $body) = @_;
    return $t->call('POST', "/v1/items/$id", body => $body || {});
}


sub value {
    my ($r) = @_;
    return $r->status == 200 ? $r->json->{result}{value} : $r->json->{code};
}


# until all workers agree: twelve connections in a row

sub becomes {
    my ($name, $id, $want) = @_;
    my $last;

    ok($t->wait_for(sub {
        my @got = map { $last = value(run($id)) } 1 .. 12;
        return 12 == grep { $_ eq $want } @got;
    }), $name) or diag("last: $last");
}


# a new one

is(value(run('hello')), 'item-unknown', 'there is none');

install('hello', 'return { handle = function() return { value = "one" } end }');
becomes('a new plugin', 'hello', 'one');
ok((grep { $_->{id} eq 'hello' }
    @{ $t->call('GET', '/v1/items')->json->{items} }), 'is in the list');


# without a form

install('after', 'return { handle = function() return { value = "a" } end }',
        form => {});
becomes('another one', 'after', 'a');
is_deeply($t->call('GET', '/v1/items/after')->json->{form},
          { type => 'object', additionalProperties => JSON::PP::false },
          'a form that is not given takes nothing, and says so');


# a change while requests run: each gets the old or the new, none fails

my (%got, @order);
install('hello', 'return { handle = function() return { value = "two" } end }');

$t->wait_for(sub {
    my $v = value(run('hello'));
    $got{$v}++;
    push @order, $v if !@order || $order[-1] ne $v;
    return $got{two} && $got{two} > 20;
});

is(join(' ', @order), @order > 1 ? 'one two' : 'two',
   'all workers change at once') or diag(join ' ', %got);


# a request under way ends on what it began with

install('slow', <<'EOF');
return { handle = function(request)
    local answer = hpf.backend("core", {
        path = (request.form.path or "/account") .. "?id_no=1",
    })
    return { value = "old " .. answer.outcome }
end }
EOF
becomes('one that waits', 'slow', 'old done');

$t->demo('POST', '/_hold', { target => '/core/loans' });
my $c = client(8080);
$c->send("POST /v1/items/slow HTTP/1.1\r\nHost: a\r\nX-HPF-Channel: app\r\n"
         . "Content-Length: 17\r\n\r\n{\"path\":\"/loans\"}");
$t->demo('GET', '/_held?target=/core/loans&n=1&ms=30000');

install('slow', 'return { handle = function() return { value = "new" } end }');
becomes('is changed', 'slow', 'new');
$t->demo('POST', '/_release', { target => '/core/loans' });
my $old = $c->response;
is(value($old), 'old done', 'and the old one ends its request')
    or diag($old->raw);


# what is wrong changes nothing, and the log has the line

install('hello', "return {\n  handle = function()\n    return }\n");
ok($t->wait_log(qr/hello\.lua:3:/), 'a syntax error is told by line');
becomes('the old one goes on', 'hello', 'two');

install('hello', 'return 7');
ok($t->wait_log(qr/must return a table with "handle"/), 'no table');
install('hello', 'return { handle = function() return { value = "2b" } end }');
becomes('a good one follows', 'hello', '2b');

install('hello', undef, level => 9, colour => 'red');
ok($t->wait_log(qr|"colour".*plugins/hello/manifest\.json:\d+|),
   'a fault of the manifest');
ok($t->wait_log(qr|"level".*plugins/hello/manifest\.json:\d+|), 'and another');
becomes('the old one still goes on', 'hello', '2b');

install('other', 'error("not today")');
ok($t->wait_log(qr/other\.lua:1: not today/), 'one that fails when loaded');
is(value(run('other')), 'item-unknown', 'is not there');

install('hello', 'return { handle = function() return { value = "three" } '
                 . 'end }');
becomes('and keeps no other from changing', 'hello', 'three');


# an error in a request

install('broken', <<'EOF');
local function deep(x)
    return x.y.z
end

return { handle = function(request)
    return { value = deep(request.form) }
end }
EOF
becomes('a plugin that fails', 'broken', 'plugin-failed');

my $r = run('broken');
is($r->status, 500, 'status');
is($r->json->{item}, 'broken', 'item');
unlike($r->body, qr/lua|nil|deep/, 'tells nothing of the inside');
like($t->log_text, qr/"broken": failed: broken\.lua:2: .*broken\.lua:6/,
     'the log has the line and who called');


# a plugin in C

my $build = $t->build_dir;
is(value(run('account-query')), 'session-required', 'one in C');
rename $t->path('plugins/account-query'), $t->path('gone') or die;
becomes('is taken away', 'account-query', 'item-unknown');
rename $t->path('gone'), $t->path('plugins/account-query') or die;
becomes('and comes back', 'account-query', 'session-required');

$t->write_file('plugins/account-query/account-query.so.new', 'no library');
rename $t->path('plugins/account-query/account-query.so.new'),
       $t->path('plugins/account-query/account-query.so');
ok($t->wait_log(qr/"account-query" not loaded/), 'a library that is none');
is(value(run('account-query')), 'session-required', 'changes nothing');


# taken away

rmtree($t->path('plugins/hello'));
becomes('a plugin that is taken away', 'hello', 'item-unknown');


# a start with one that does not load serves the others

$t->stop;
$t->run->wait_ready;
is(value(run('slow')), 'new', 'after a restart');
is(value(run('other')), 'item-unknown', 'the bad one is left out');


# a reload and a worker that died find the same

$t->reload(wait_old => 1);
becomes('after a reload', 'slow', 'new');
$t->kill_worker;
becomes('with a new worker', 'slow', 'new');
$t->allow_log(qr/exited on signal 9/);

done_testing();
