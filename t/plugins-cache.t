#!/usr/bin/perl

# Copies of plugins and old catalogues do not pile up: what no worker has any
# more, of this nginx or another that uses the same cache, is removed.

use warnings;
use strict;

use Fcntl qw/ :flock /;
use File::Basename qw/ dirname /;
use Test::More;

use HPF::Test;
use HPF::Test::Plugin;

my $t = HPF::Test->new->gateway(start => 0, edit => sub {
    return $_[0] =~ s/rate=200r/rate=100000r/r;
});

# a call lasts for longer than it may take until somebody looks

my $conf = $t->read_file('conf/backends.conf');
$conf =~ s/(proxy_read_timeout) 5s/$1 60s/ or die 'no time-out';
$t->write_file('conf/backends.conf', $conf);
$t->run->wait_ready;

my $cache = $t->path('run/plugins');

my $HOLD = <<'EOF';
return { handle = function(request)
    if request.form.hold then
        hpf.backend("core", { path = "/loans?id_no=1" })
    end
    return { value = "%s" }
end }
EOF


sub install {
    my ($id, $value) = @_;

    plugin_install($t, $id, $t->write_file("$id.lua", sprintf $HOLD, $value),
                   resources => { time => 60000 });
    plugin_becomes($t, "$id $value", $id, $value);

    my ($row) = grep { $_->{id} eq $id && $_->{in_force} }
                @{ $t->admin('GET', '/admin/v1/plugins')->json->{plugins} };

    return dirname($row->{path});
}


# everything looks as if it had been made long ago

sub age {
    my $then = time - 1000;
    utime $then, $then, glob("$cache/*") or die "utime: $!\n";
}


sub gone {
    my ($dir, $name) = @_;
    ok($t->wait_for(sub { !-e $dir }, 50), $name);
}


# three plugins; the first has a call under way that will last, and another
# nginx has the second

my %old = map { $_ => install($_, 'one') } qw/ busy other idle /;

mkdir "$cache/mine" or die "mkdir: $!\n";
$t->write_file('run/plugins/notes.1', 'not ours');
$t->write_file("run/plugins/catalogue-7.$$", 'left by a worker that died');

$t->demo('POST', '/_hold', { target => '/core/loans' });
my $c = client(8080);
$c->send($c->build('POST', '/v1/items/busy', body => { hold => 1 },
                   headers => [ 'X-HPF-Channel' => 'app' ]));
$t->demo('GET', '/_held?target=/core/loans&n=1&ms=30000');

open my $hold, '<', $old{other} or die "open: $!\n";
flock($hold, LOCK_SH) or die "flock: $!\n";

age();
my %new = map { $_ => install($_, 'two') } qw/ busy other idle /;

gone($old{idle}, 'the copy of a version that nobody has');
gone("$cache/catalogue-1", 'the first catalogue');
gone("$cache/catalogue-7.$$", 'what was left half made');
ok(-e "$old{busy}/busy.lua", 'one that a call has stays');
ok(-e "$old{other}/other.lua", 'one that another nginx has stays');
ok(-e "$_/manifest.json", 'what is in force stays') for values %new;
ok(-e "$cache/mine" && -e "$cache/notes.1", 'what is not ours, too');


# the call ends, and the other nginx

$t->demo('POST', '/_release', { target => '/core/loans' });
is($c->response->json->{result}{value}, 'one', 'the call ends');
close $hold;
age();
install('idle', 'three');

gone($old{busy}, 'the copy of the version it had');
gone($old{other}, 'and that of the other nginx');
gone($new{idle}, 'and the last but one');

$t->stop->run->wait_ready;
plugin_becomes($t, 'after a start', 'idle', 'three');

done_testing();
