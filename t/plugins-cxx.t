#!/usr/bin/perl

# A plugin in C++: its exceptions are its own.  One that it keeps inside is
# nobody's business; one that leaves it ends the worker as a crash does, is
# known as one, and is not let happen again and again.

use warnings;
use strict;

use Test::More;

use HPF::Test;
use HPF::Test::Faulty;
use HPF::Test::Plugin;

my $t = HPF::Test->new->gateway(workers => 2, start => 0, http => <<'EOF');
    hpf_plugin_quarantine 2 60s;
EOF

crashes_are_expected($t);
$t->run->wait_ready;

my $so = $t->path('thrower.so');

system('g++', qw/ -O1 -g -Wall -Wextra -Wno-unused-parameter -Werror -fPIC
                  -shared -fvisibility=hidden /, '-o', $so,
       '-I', $t->root . '/plugins/include',
       $t->root . '/t/plugins/thrower.cc') == 0
    or die "thrower.cc is not compiled\n";

plugin_install($t, 'thrower', $so);
plugin_becomes($t, 'C++ works', 'thrower', 'caught');


# out of the plugin into nginx

for my $n (1, 2) {
    is(ask($t, 'thrower', 'throw'), 'none', "exception $n has no answer");
    ok($t->wait_for(sub { records($t, 'plugin-crashed') == $n }),
       'it is a crash of the plugin');
    ok($t->wait_for(sub { $t->workers == 2 }), 'another worker comes');
}

like($t->log_text, qr/worker \d+ died inside "thrower", calling/,
     'the log says where');
plugin_becomes($t, 'two are enough', 'thrower', 'plugin-quarantined');

my $r = $t->call('GET', '/v1/items');
is($r->status, 200, 'all else goes on');

done_testing();
