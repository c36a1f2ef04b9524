#!/usr/bin/perl

# hpf_plugin_activation approve: what comes into the folder is shown and not
# served until its digest is approved, then it is, on all workers and nodes,
# within a second; what leaves the folder stays until its removal is approved.
# A start knows what was approved without Redis, and never loads anything else.

use warnings;
use strict;

use File::Path qw/ rmtree /;
use Test::More;

use HPF::Test;
use HPF::Test::Plugin;

my $URI = '/admin/v1/plugins';
my %strict = (edit => sub {
    return $_[0] =~ s/hpf_plugin_activation auto;//r
                 =~ s/rate=200r/rate=100000r/r;
});

my $a = HPF::Test->new->gateway(%strict);
my $b = HPF::Test->new->gateway(%strict, beside => $a);


sub lua {
    my ($t, $id, $value, $code) = @_;
    my $file = $t->write_file("code/$id.lua", $code
        || "return { handle = function() return { value = '$value' } end }");

    plugin_install($t, $id, $file);
}


# rows of a plugin, and the one in a state

sub rows {
    my ($t, $id) = @_;
    return grep { $_->{id} eq $id }
           @{ $t->admin('GET', $URI)->json->{plugins} };
}


sub row {
    my ($t, $id, $state) = @_;
    return $t->wait_for(sub {
        my ($row) = grep { $_->{state} eq $state } rows($t, $id);
        return $row;
    });
}


sub wish {
    my ($t, $id, $digest, $state, %o) = @_;

    return $t->admin('POST', $URI,
        headers => $o{headers} || [ 'X-HPF-Operator' => 'li' ],
        body => $o{body} || { id => $id, digest => $digest,
                              state => $state || 'approved' })->status;
}


sub value { return plugin_value(@_) }


# of six tries in a row on each node, and how long it took

sub everywhere {
    my ($name, $id, $want) = @_;
    my $begin = $a->began;

    my @nodes = grep {
        my $t = $_;
        $t->wait_for(sub { 6 == grep { value($t, $id) eq $want } 1 .. 6 });
    } $a, $b;

    my $took = $a->took($begin);

    is(scalar @nodes, 2, $name);
    ok($took < 1.5, "$name: within a second") or diag("$took s");
}


# nothing was approved

is(value($a, 'account-query'), 'item-unknown', 'nothing is served at first');

my $first = row($a, 'account-query', 'awaiting-approval');
ok($first, 'but shown');
is("$first->{language} $first->{kind} $first->{workers} $first->{in_force}",
   'c item 0 0', 'as what it is, and in no worker');
ok(!exists $first->{fault}, 'with nothing against it');
like($first->{digest}, qr/^[0-9a-f]{64}$/, 'and its digest');


# a new one

lua($_, 'hello', 'one') for $a, $b;
my $one = row($a, 'hello', 'awaiting-approval');
is(row($b, 'hello', 'awaiting-approval')->{digest}, $one->{digest},
   'the same files have the same digest on another node');

is(wish($a, 'hello', $one->{digest}, undef, headers => []), 400,
   'nobody approves without a name');
is(wish($a, 'hello', 'f' x 64), 404, 'what is not here is not approved');
is(wish($a, 'other', $one->{digest}), 404, 'or is another plugin');
is(wish($a, 'hello', $one->{digest}, 'perhaps'), 400, 'or another word');
is(wish($a, 'hello', 'abc'), 400, 'or no digest');
is(wish($a, 0, 0, 0, body => '[]'), 400, 'or something else');
is(wish($a, 0, 0, 0, body => '{"id":"' . 'x' x 5000 . '"}'), 413,
   'or too much');
is(value($a, 'hello'), 'item-unknown', 'it is not served yet');

is(wish($a, 'hello', $one->{digest}), 204, 'it is approved');
everywhere('approved on one node', 'hello', 'one');
is(wish($b, 'hello', $one->{digest}), 204, 'twice is once');

my ($record) = grep { ($_->{event} || '') eq 'plugin-approved' }
               $a->jsonl('audit/audit.jsonl');
is("$record->{item} $record->{by} $record->{plugin}", "hello li $one->{digest}",
   'the record has who and what');
is($a->redis('HGET', 'hpf:cfg:plugins', 'hello'), $one->{digest},
   'the store has it');


# a change

lua($_, 'hello', 'two') for $a, $b;
my $two = row($a, 'hello', 'awaiting-approval');
ok(row($b, 'hello', 'awaiting-approval'), 'a change waits');
isnt($two->{digest}, $one->{digest}, 'it has another digest');
is(row($a, 'hello', 'serving')->{digest}, $one->{digest},
   'beside the one that serves');
is(value($a, 'hello'), 'one', 'which goes on');

is(wish($b, 'hello', $two->{digest}), 204, 'it is approved on the other');
everywhere('the change', 'hello', 'two');


# what would not load is seen before, without running any of it

lua($a, 'broken', '', "return {\n  handle = function(\n}\n");
like(row($a, 'broken', 'awaiting-approval')->{fault}, qr/^broken\.lua:3: /,
     'a syntax error is told');

lua($a, 'greedy', '', 'error("it was run")');
ok(row($a, 'greedy', 'awaiting-approval'), 'one that must not be run');
unlike($a->log_text, qr/it was run/, 'is not run');


# a library whose constructor would tell

my @EVIL = ('t/faulty/faulty.c', '-DID="evil"', '-include', 'fcntl.h',
            '-DCONSTRUCTING=(void) creat("' . $a->path('was-run')
            . '", 0600)');

plugin_install($a, 'evil', plugin_build($a, @EVIL));
my $evil = row($a, 'evil', 'awaiting-approval');
ok($evil, 'a library');
ok(!-e $a->path('was-run'), 'is not opened');
is(wish($a, 'evil', $evil->{digest}), 204, 'before it is approved');
plugin_becomes($a, 'and then is', 'evil', 'one');
ok(-e $a->path('was-run'), 'with its constructor');


# approved, and not there: the other node has not got its files

ok(row($b, 'evil', 'missing'), 'a node without the files says so');
is(value($b, 'evil'), 'item-unknown', 'and does not serve it');

lua($a, 'hello', 'three');
is(wish($a, 'hello', row($a, 'hello', 'awaiting-approval')->{digest}), 204,
   'a version of which one node has the files');
plugin_becomes($a, 'is served there', 'hello', 'three');
ok(row($b, 'hello', 'missing'), 'the other');
is(value($b, 'hello'), 'two', 'goes on with what it has');
lua($b, 'hello', 'three');
plugin_becomes($b, 'until the files come', 'hello', 'three');
is(scalar(rows($b, 'hello')), 1, 'then nothing waits');


# what is taken out of the folder stays until that is approved

rmtree($a->path('plugins/hello'));
my $leaving = row($a, 'hello', 'awaiting-removal');
ok($leaving && $leaving->{in_force}, 'a folder that is gone');
is(value($a, 'hello'), 'three', 'is served on');

is(wish($a, 'hello', $one->{digest}, 'removed'), 404,
   'a version that is not approved is not removed');
is(wish($a, 'hello', $leaving->{digest}, 'removed'), 204, 'it is removed');
everywhere('its removal', 'hello', 'item-unknown');
ok(row($b, 'hello', 'awaiting-approval'),
   'where the files still are they wait again');


# Redis loses what was approved: the nodes have not

is(wish($a, 'account-query', $first->{digest}), 204, 'one more');
everywhere('it', 'account-query', 'session-required');

my $number = $a->redis('HGET', 'hpf:cfg:plugins', '#');
$a->redis('FLUSHALL');
ok($a->wait_for(sub {
    ($a->redis('HGET', 'hpf:cfg:plugins', '#') || 0) == $number
}), 'a node gives it back');
is($a->redis('HGET', 'hpf:cfg:plugins', 'account-query'), $first->{digest},
   'all of it');
everywhere('and it', 'account-query', 'session-required');


# what is in Redis that is no digest approves nothing

$a->redis('HSET', 'hpf:cfg:plugins', 'greedy', '../../etc');
$a->redis('HINCRBY', 'hpf:cfg:plugins', '#', 1);
ok($a->wait_log(qr/"greedy" is approved by what is no digest/), 'no digest');
is(value($a, 'greedy'), 'item-unknown', 'is no approval');
$a->redis('HDEL', 'hpf:cfg:plugins', 'greedy');


# a reload, a new worker and a start without Redis

$a->reload(wait_old => 1);
plugin_becomes($a, 'after a reload', 'evil', 'one');
$a->allow_log(qr/exited on signal 9/)->kill_worker;
plugin_becomes($a, 'with a new worker', 'evil', 'one');

lua($a, 'late', 'never');
row($a, 'late', 'awaiting-approval');
$a->stop;
$b->stop;
rmtree($a->path('plugins/evil'));
$a->kill_redis->run;
ok($a->wait_for(sub { eval { value($a, 'evil') eq 'one' } }),
   'without Redis what was approved is served, from the copy');
is(value($a, 'late'), 'item-unknown', 'and nothing else');
$a->start_redis->wait_ready;


# a copy that somebody has changed

my $copy = row($a, 'evil', 'awaiting-removal')->{path};
$a->stop;
chmod 0600, $copy;
open my $f, '>>', $copy or die "$copy: $!\n";
print $f 'x';
close $f;
$a->allow_log(qr/the copy of "evil" in the cache is not what it was/)->run
  ->wait_ready;
is(value($a, 'evil'), 'item-unknown', 'is not loaded');
ok(row($a, 'evil', 'refused'), 'which operators see');
is(value($a, 'account-query'), 'session-required', 'and takes no other along');

plugin_install($a, 'evil', plugin_build($a, @EVIL));
$a->stop->run->wait_ready;
plugin_becomes($a, 'with its files a start makes it anew', 'evil', 'one');


# Redis is away: nothing can be approved

$a->pause_redis;
is(wish($a, 'late', row($a, 'late', 'awaiting-approval')->{digest}), 503,
   'no store, no approval');
$a->resume_redis;

done_testing();
