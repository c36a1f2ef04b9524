#!/usr/bin/perl

# A plugin is changed again and again, from Lua to C and back, while clients
# keep asking on connections that stay: none is refused or cut off, none gets
# the answer of a version that was gone before it asked, and what was let go
# leaves no memory behind.
#
# TEST_SWAPS is how many changes there are, 60 unless it is given.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/ time /;

use HPF::Test;

my $SWAPS = $ENV{TEST_SWAPS} || 60;
my $PLACE = '@@number@@';

alarm 60 + $SWAPS;

my $t = HPF::Test->new->gateway(workers => 2, edit => sub {
    return $_[0] =~ s/rate=200r/rate=100000r/r;
});


# the library is built once, with a place for the number of the version

sub library {
    $t->write_file('swap.c', <<"EOF");
#include <string.h>
#include "hpf_plugin.h"

static const hpf_iface_call_t  *call_iface;
static const hpf_iface_json_t  *json_iface;
static char                     number[] = "$PLACE";

static int
event(hpf_plugin_t *plugin, int event, const hpf_host_t *host)
{
    if (event == HPF_EVENT_LOAD) {
        call_iface = host->iface(HPF_IFACE_CALL, 1);
        json_iface = host->iface(HPF_IFACE_JSON, 1);
    }

    return (call_iface && json_iface) ? HPF_OK : HPF_ERROR;
}

static int
start(hpf_call_t *call)
{
    return call_iface->sleep(call, 1) > 0 ? HPF_AGAIN : HPF_ERROR;
}

static int
resume(hpf_call_t *call, const hpf_result_t *result)
{
    hpf_str_t    value;
    hpf_json_t  *answer;

    value.data = number;
    value.len = strlen(number);

    answer = json_iface->new_object(call);
    json_iface->set(answer, "value", json_iface->new_string(call, value));

    return call_iface->reply(call, 200, answer);
}

static const hpf_plugin_def_t  def = {
    sizeof(hpf_plugin_def_t), HPF_ABI_MAJOR, HPF_ABI_MINOR,
    "swap", "1.0.0", event, start, resume, NULL, NULL, { NULL }
};

const hpf_plugin_def_t *
hpf_plugin_entry(uint32_t host_abi)
{
    return &def;
}
EOF

    system('cc', '-shared', '-fPIC', '-O1', '-I',
           $t->root . '/plugins/include', '-o', $t->path('swap.so'),
           $t->path('swap.c')) == 0 or die "swap.c is not compiled\n";

    return $t->read_file('swap.so');
}


# both kinds of code are there all the time; the manifest says which counts

sub swap {
    my ($n, $library) = @_;
    my $language = $n % 2 ? 'c' : 'lua';
    my $file = $language eq 'c' ? 'swap.so' : 'swap.lua';

    $t->write_file("new/$file", $language eq 'lua' ? <<"EOF"
return { handle = function()
    hpf.sleep(1)
    return { value = "$n" }
end }
EOF
        : $library =~ s/\Q$PLACE\E/$n . "\0" x (length($PLACE) - length $n)/er);

    $t->write_file('new/manifest.json', JSON::PP->new->encode({
        id => 'swap', version => "1.0.$n", language => $language,
        name => 'swap', users => [ 'anyone' ], level => 0,
        channels => [ '*' ], form => { type => 'object' },
    }));

    mkdir $t->path('plugins/swap');

    for my $name ($file, 'manifest.json') {
        rename $t->path("new/$name"), $t->path("plugins/swap/$name")
            or die "rename: $!\n";
    }
}


sub ask {
    my (%opts) = @_;
    return $t->call('POST', '/v1/items/swap', body => {}, %opts);
}


sub number {
    my ($r) = @_;
    return $r && $r->status == 200 ? $r->json->{result}{value} : -1;
}


# kB of the workers' own

sub memory {
    my $sum = 0;

    for my $pid ($t->workers) {
        open my $in, '<', "/proc/$pid/smaps_rollup" or die "no memory: $!\n";
        $sum += (join '', <$in>) =~ /^Private_Dirty:\s+(\d+)/m ? $1 : 0;
    }

    return $sum;
}


my $library = library();

swap(0, $library);
ok($t->wait_for(sub { number(ask()) == 0 }), 'a plugin');

my @workers = $t->workers;
my $load = $t->load(sub {
    my ($client) = @_;
    my $r = ask(client => $client);
    return ($r, number($r));
}, clients => 4);

my (@since, $before);
my $came = 0;

for my $n (1 .. $SWAPS) {
    swap($n, $library);
    $came += $t->wait_for(sub { number(ask()) == $n }) ? 1 : 0;
    $since[$n] = time;
    $before = memory() if $n == int($SWAPS / 3);
}

is($came, $SWAPS, "$SWAPS changes come");

my $grown = memory() - $before;
my @answers = $t->load_end($load);

is($t->outcomes(@answers), '200', 'and nobody is refused or cut off')
    or diag(scalar(@answers) . ' answers');

my ($late, $n) = (0, 0);

for my $answer (@answers) {
    $n++ while $n < $SWAPS && $since[$n + 1] < $answer->{begin};
    $late++ if $answer->{note} < $n;
}

is($late, 0, 'no answer is of a version that was gone when it was asked for');
is_deeply([ sort @{[ $t->workers ]} ], [ sort @workers ],
          'the workers are the same');

SKIP: {
    skip 'freed memory is kept by the sanitizers', 1 if $ENV{SAN};

    cmp_ok($grown, '<', 2 * 2048, 'nor have they more memory of their own');
}

note(scalar(@answers) . " answers, $grown kB");

done_testing();
