#!/usr/bin/perl

# Changes of the folder are seen where inotify does not tell of them: on a
# network file system (watch=poll), and where the system has no more watches.

use warnings;
use strict;

use File::Path qw/ rmtree /;
use Test::More;

use HPF::Test;
use HPF::Test::Plugin;

my $t = HPF::Test->new;
my $conf = sub { return $_[0] =~ s,(/run/plugins);,$1 watch=poll;,r };


# a library that takes inotify away from nginx

sub without_inotify {
    my ($call) = @_;
    my $so = $t->path("no-$call.so");

    $t->write_file("no-$call.c", <<"EOF_C");
#include <errno.h>
#include <stdint.h>

int $call(int fd, const char *name, uint32_t mask);

int
$call(int fd, const char *name, uint32_t mask)
{
    errno = ENOSPC;
    return -1;
}
EOF_C

    system('cc', '-shared', '-fPIC', '-fno-builtin', '-o', $so,
           $t->path("no-$call.c")) == 0 or die "no $call: $?\n";

    return $so;
}


sub watches {
    return grep { (readlink($_) || '') =~ /inotify/ }
           map { glob("/proc/$_/fd/*") } $t->workers;
}


sub code {
    my ($value) = @_;
    return "return { handle = function() return { value = '$value' } end }";
}


# what is added, changed, written over in place and removed

sub changes {
    my ($how) = @_;

    plugin_install($t, 'hello', $t->write_file('hello.lua', code('one')));
    plugin_becomes($t, "$how: a new plugin", 'hello', 'one');

    plugin_install($t, 'hello', $t->write_file('hello.lua', code('two')));
    plugin_becomes($t, "$how: a change", 'hello', 'two');

    open my $f, '>', $t->path('plugins/hello/hello.lua') or die "open: $!\n";
    print $f code('six');
    close $f;
    plugin_becomes($t, "$how: one in place and of the same length", 'hello',
                   'six');

    rmtree($t->path('plugins/hello'));
    plugin_becomes($t, "$how: a removal", 'hello', 'item-unknown');
}


$t->gateway(edit => sub {
    return $conf->($_[0]) =~ s/rate=200r/rate=100000r/r;
});

changes('watch=poll');
is(scalar(watches()), 0, 'nothing is watched');

my $before = () = $t->log_text =~ /is being prepared/g;
plugin_install($t, 'other', $t->write_file('other.lua', code('one')));
plugin_becomes($t, 'another one', 'other', 'one');
my $after = () = $t->log_text =~ /is being prepared/g;
is($after, $before + 1, 'what has not changed is not prepared again');

$t->stop->gateway_conf(edit => sub {
    return $_[0] =~ s/rate=200r/rate=100000r/r;
});

for my $call (qw/ inotify_init1 inotify_add_watch /) {
    local $ENV{LD_PRELOAD} = without_inotify($call);
    local $ENV{ASAN_OPTIONS} = "$ENV{ASAN_OPTIONS}:verify_asan_link_order=0";

    $t->run->wait_ready;
    ok($t->wait_log(qr/\[warn\].*$call\(\) failed, changes are looked for/),
       "$call() fails");
    changes("no $call()");
    is(scalar(watches()), 0, 'nothing is watched');
    $t->stop;
}

$t->run->wait_ready;
ok($t->wait_for(sub { watches() == 2 }), 'with inotify each worker watches');

done_testing();
