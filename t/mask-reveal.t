#!/usr/bin/perl

# What a rule masks is shown to a session of its level: in items and behind a
# gate, not on a channel whose own rule says otherwise, and it is on record.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use HPF::Test;

my $t = HPF::Test->new;

my $json = '{"idNo":"11010519491231002X","mobile":"13800138000",'
           . '"name":"张小三","amount":12.5}';


$t->write_file('plugins/own/own.lua', 'return { handle = function() return { '
               . 'idNo = "11010519491231002X", mobile = "13800138000", '
               . 'name = "张小三", note = "13800138000" } end }');
$t->write_file('plugins/own/manifest.json', JSON::PP->new->encode({
    id => 'own', version => '1.0.0', language => 'lua', name => 'own',
    users => [ 'anyone' ], level => 0, channels => [ '*' ],
    form => { type => 'object' },
    mask => [ { keys => [ 'idNo' ], kind => 'id-card', reveal => 2 },
              { keys => [ 'mobile' ], kind => 'mobile', reveal => 1,
                left => 3, right => 4 } ],
}));
system('cp', '-r', $t->build_dir . '/plugins/id-card', $t->path('plugins'))
    == 0 or die "cp: $?\n";
$t->write_file('own.json', $json);
$t->write_file('page.txt', '<!--# include virtual="/part" --> 13800138000');

$t->gateway(http => <<'EOT', channels => <<'EOT');
    hpf_channel own { name own; kind public; }

    hpf_channel third {
        name third;
        kind public;
        mask_rule key mobile kind=mobile;
    }

    hpf_mask_rule key mobile kind=mobile reveal=2;
    hpf_mask_rule key idNo kind=id-card reveal=3;
    hpf_mask_rule key amount kind=amount reveal=1;
EOT
        location = /gate {
            hpf_gate on;
            hpf_mask on;
            hpf_mask_header Link;
            add_header Link "</x?mobile=13800138000>; rel=next";
            default_type application/json;
            alias %%TESTDIR%%/own.json;
        }

        location = /alone {
            hpf_mask on;
            default_type application/json;
            alias %%TESTDIR%%/own.json;
        }

        location = /part {
            internal;
            hpf_mask on;
            default_type application/json;
            alias %%TESTDIR%%/own.json;
        }

        location = /page {
            hpf_gate on;
            hpf_mask on;
            ssi on;
            ssi_types text/plain;
            default_type text/plain;
            alias %%TESTDIR%%/page.txt;
        }
EOT

my $answer;

sub get {
    my ($path, $token, $channel) = @_;

    $answer = $t->call('GET', $path, channel => $channel || 'own',
                       token => $token);
    return $answer->body;
}


sub own {
    my ($token, $channel) = @_;

    $answer = $t->call('POST', '/v1/items/own', body => {}, token => $token,
                       channel => $channel || 'own');

    return join ' ', map { $answer->body =~ /"$_":"([^"]*)"/ ? $1 : '-' }
                     qw/ idNo mobile name note /;
}


# the record of the last answer, which is written after that has gone out

sub record {
    my $id = $answer->header('X-Request-Id');

    return $t->wait_for(sub {
        my ($record) = grep { ($_->{id} || '') eq $id }
                       $t->jsonl('audit/audit.jsonl');
        return $record;
    });
}


my $person = $t->person(0);

$t->register($person);

my $low = $t->login($person);
my $high = $t->enter($t->person(1));

is(own(), '110105********002X 138****8000 张*三 138****8000', 'nobody');

is(own($low), '110105********002X 13800138000 张*三 138****8000', 'level 1');

my $record = record();
is_deeply($record->{revealed}, [ 'mobile' ], 'what was shown is on record');
is($record->{masked}, 3, 'beside what was masked');

is(own($high), '11010519491231002X 13800138000 张*三 138****8000', 'level 2');
is_deeply(record()->{revealed}, [ 'id-card', 'mobile' ], 'both kinds');

is(own($high, 'third'), '11010519491231002X 138****8000 张*三 138****8000',
   'a rule of the channel without a level');

is(get('/gate'), '{"idNo":"110105********002X","mobile":"138****8000",'
                 . '"name":"张*三","amount":"***"}', 'a gate, nobody');
ok(!exists record()->{revealed}, 'nothing is said of nothing');
is(get('/gate', $low), '{"idNo":"110105********002X",'
   . '"mobile":"138****8000","name":"张*三","amount":12.5}',
   'a number at level 1');
is(get('/gate', $high), '{"idNo":"110105********002X",'
   . '"mobile":"13800138000","name":"张*三","amount":12.5}', 'level 2');
is($t->call('GET', '/gate', channel => 'own', token => $high)->header('Link'),
   '</x?mobile=138****8000>; rel=next', 'no header shows it');
is(get('/gate', $high, 'third'), '{"idNo":"110105********002X",'
   . '"mobile":"138****8000","name":"张*三","amount":12.5}',
   'but not on that channel');
is(get('/alone', $high), '{"idNo":"110105********002X",'
   . '"mobile":"138****8000","name":"张*三","amount":"***"}',
   'without a gate there is no session');

is(get('/page', $high), '{"idNo":"110105********002X",'
   . '"mobile":"13800138000","name":"张*三","amount":12.5} 138****8000',
   'a subrequest, by the level of the request that it is of');

$record = record();
is_deeply($record->{revealed}, [ 'mobile', 'amount' ], 'in its record');
is($record->{masked}, 3, 'and what was masked in both');

like($t->admin('GET', '/metrics')->body,
     qr/^hpf_mask_revealed_total\{channel="own"\} \d+$/m, 'counted');

done_testing();
