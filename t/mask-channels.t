#!/usr/bin/perl

# Rules of masking of an item and of a channel: a manifest wins over the
# location, a channel over both, and without rules of either the location's
# are used as they are.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use HPF::Test;

my $t = HPF::Test->new;

my %who = (name => '张小三', note => 'call 13800138000',
           map { $_ => '1234567890' } qw/ one two three four /);


sub install {
    my ($id, %more) = @_;

    my $fields = join ', ', map { "$_ = \"$who{$_}\"" } sort keys %who;

    $t->write_file("new/$id/$id.lua",
                   "return { handle = function() return { $fields } end }");
    $t->write_file("new/$id/manifest.json", JSON::PP->new->canonical->encode({
        id => $id, version => '1.0.0', language => 'lua', name => $id,
        users => [ 'anyone' ], level => 0, channels => [ '*' ],
        form => { type => 'object' }, %more,
    }));

    rename $t->path("new/$id"), $t->path("plugins/$id") or die "rename: $!";
}


sub item {
    my ($id, $channel) = @_;

    my $r = $t->call('POST', "/v1/items/$id", body => {}, channel => $channel);

    return $r->status == 200 ? values_of($r->body) : $r->json->{code};
}


# values without their names, in the order of these

sub values_of {
    my ($body) = @_;

    return join ' ', map { $body =~ /"$_":"([^"]*)"/ ? $1 : '-' }
                     qw/ one two three four name note /;
}


sub becomes {
    my ($id, $want, $name) = @_;
    my $got;

    ok($t->wait_for(sub {
        return 8 == grep { ($got = item($id, 'plain')) eq $want } 1 .. 8;
    }), $name) or diag("got: $got");
}


sub gate {
    my ($channel) = @_;
    return values_of($t->call('GET', '/gate', channel => $channel)->body);
}


my $json = join ', ', map { "\"$_\":\"$who{$_}\"" } sort keys %who;

mkdir $t->path('plugins');

install('bare');
install('ruled', mask => [
    { keys => [ 'two', 'three' ], kind => 'all', left => 2, right => 2 },
    { keys => [ 'name' ], kind => 'none' },
]);

$t->write_file('index.json', "{$json}");

$t->gateway(edit => sub { $_[0] =~ s/hpf_api on;/$&
                          hpf_mask_rule key one,two kind=all keep=1,1;/r },
            http => <<'EOT', channels => <<'EOT');
    hpf_mask_rule key one,two,three,four kind=all;

    hpf_channel plain { name plain; kind public; }

    hpf_channel strict {
        name strict;
        kind public;
        mask_rule key three,name kind=all;
        mask_rule key four kind=account keep=0,1 char=#;
        mask_rule value mobile off;
    }

    hpf_channel other {
        name other;
        kind public;
        mask_rule key one kind=none;
    }
EOT
        location = /gate {
            hpf_gate on;
            hpf_mask on;
            hpf_mask_rule key four kind=all keep=3,3;
            default_type application/json;
            alias %%TESTDIR%%/index.json;
        }

        location = /unmasked {
            hpf_gate on;
            default_type application/json;
            alias %%TESTDIR%%/index.json;
        }
EOT

is(item('bare', 'plain'),
   '1********0 1********0 *** *** 张*三 call 138****8000',
   'an item without rules, by the location');
is(item('ruled', 'plain'),
   '1********0 12******90 12******90 *** 张小三 call 138****8000',
   'a manifest wins over the location');
is(item('ruled', 'strict'),
   '1********0 12******90 *** #########0 *** call 13800138000',
   'a channel wins over both');
is(item('bare', 'strict'),
   '1********0 1********0 *** #########0 *** call 13800138000',
   'also without rules of the item');
is(item('ruled', 'other'),
   '1234567890 12******90 12******90 *** 张小三 call 138****8000',
   'each channel has its own');
is(item('ruled', 'strict'),
   '1********0 12******90 *** #########0 *** call 13800138000',
   'again, as it was made before');

is(gate('plain'), '*** *** *** 123****890 张*三 call 138****8000',
   'a gate before other content, by the location');
is(gate('strict'), '*** *** *** #########0 *** call 13800138000',
   'and by the channel on top');

$t->call('GET', '/unmasked', channel => $_) for qw/ strict plain /;
is(values_of($t->call('GET', '/unmasked', channel => 'strict')->body),
   '1234567890 1234567890 1234567890 1234567890 张小三 call 13800138000',
   'rules of a channel mask nothing where nothing is masked');


# a generation that comes gets rules of its own, and leaves those before it

my $manifest = $t->read_file('plugins/ruled/manifest.json');

$t->write_file('new/m', $manifest =~ s/"left":2/"left":1/r);
rename $t->path('new/m'), $t->path('plugins/ruled/manifest.json');

becomes('ruled', '1********0 1*******90 1*******90 *** 张小三 call 138****8000',
        'another manifest');
is(item('ruled', 'strict'),
   '1********0 1*******90 *** #########0 *** call 13800138000',
   'under the same rules of a channel');


# more rules than there may be, with those of the channels

$t->write_file('new/m', $manifest =~ s|"mask":\[|$&$_|r) for
    '{"kind":"all","paths":["' . join('","', map { "/$_" } 1 .. 64) . '"]},'
    . '{"kind":"all","paths":["/x"]},';
rename $t->path('new/m'), $t->path('plugins/ruled/manifest.json');

$t->wait_log(qr/"ruled" has too many rules of masking/);
is(item('ruled', 'plain'),
   '1********0 1*******90 1*******90 *** 张小三 call 138****8000',
   'a manifest with too many changes nothing');

done_testing();
