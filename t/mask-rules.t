#!/usr/bin/perl

# Rules of masking: what nginx -t says of wrong ones, in lines and in files.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new;
my $dir = $t->dir;

my $KEY = 'c2Vjb25kLWtleS1vZi10aGlydHktdHdvLWJ5dGVzLTE=';

$t->write_file("$_.key", $KEY) for qw/ mask open /;
chmod 0600, "$dir/mask.key";
chmod 0644, "$dir/open.key";


sub check {
    my ($http, $location) = @_;

    return $t->config_test("%%TEST_GLOBALS%%\nhttp {\n$http\n"
        . "server { listen 127.0.0.1:8080; location / {\n"
        . (defined $location ? $location : '') . "\n} }\n}\n");
}


sub refused {
    my ($want, @conf) = @_;
    my ($ok, $out) = check(@conf);

    ok(!$ok && $out =~ /\[emerg\].*\Q$want\E.* in \S*test\.conf:\d+/,
       "refused: $conf[0]") or diag($ok ? 'accepted' : $out);
}


sub accepted {
    my ($name, @conf) = @_;
    my ($ok, $out) = check(@conf);

    ok($ok, $name) or diag($out);
}


# lines

refused(@$_[1], "hpf_mask_rule $_->[0];") for
    [ 'keys x kind=name', 'it must be "key", "path" or "value"' ],
    [ 'key x', '"kind=" is expected after the keys "x"' ],
    [ 'path /x', '"kind=" is expected after the paths "/x"' ],
    [ 'key x kind=nome', 'invalid kind in "kind=nome", it must be "name", '
                         . '"id-card", "mobile", "bank-card", "account", '
                         . '"address", "email", "passport", "uscc", "amount", '
                         . '"all", "hash", "drop" or "none"' ],
    [ 'key x kind=id-card-15', 'invalid kind' ],
    [ 'key x,,y kind=name', 'invalid key "", names of 1 to 128 bytes' ],
    [ 'key x, kind=name', 'names of 1 to 128 bytes' ],
    [ 'key ' . 'x' x 129 . ' kind=name', 'names of 1 to 128 bytes' ],
    [ 'path x/y kind=name', 'invalid path "x/y", it must begin with "/"' ],
    [ 'path /x,y kind=name', 'invalid path "y", it must begin with "/"' ],
    [ 'path /x/a* kind=name', 'a star must be a component of its own' ],
    [ 'path /x~ kind=name', '"~" must be written "~0"' ],
    [ 'path ' . '/x' x 17 . ' kind=name', 'more than 16 components' ],
    [ 'path /' . 'x' x 129 . ' kind=name', 'longer than 128 bytes' ],
    [ 'key x kind=id-card keep=6', 'as in "keep=6,4"' ],
    [ 'key x kind=id-card keep=6,x', 'as in "keep=6,4"' ],
    [ 'key x kind=id-card keep=65,4', 'two numbers up to 64' ],
    ( map { [ "key x kind=$_ keep=1,1",
              'invalid parameter "keep=1,1", it has no meaning' ] }
      qw/ name address email amount hash drop none / ),
    [ 'key x kind=name char=xy', 'it must be one character' ],
    [ 'key x kind=name char=', 'it must be one character' ],
    [ 'key x kind=drop char=#', 'it has no meaning for this kind' ],
    [ 'key x kind=name reveal=0', 'a level, 1 to 3, is expected' ],
    [ 'key x kind=name reveal=4', 'a level, 1 to 3, is expected' ],
    [ 'key x kind=name reveal=two', 'a level, 1 to 3, is expected' ],
    [ 'key x kind=none reveal=1', 'it has no meaning for this kind' ],
    [ 'key x kind=name keeps=1', '"keep=", "char=" or "reveal=" is expected' ],
    [ 'value name on', 'invalid kind of value "name", it must be "id-card"' ],
    [ 'value mobile maybe', '"keep=", "char=" or "reveal=" is expected' ],
    [ 'value email keep=1,1', 'it has no meaning for this kind' ],
    [ 'value mobile on reveal=1', 'only rules for keys and paths' ];

accepted("accepted: $_", "hpf_mask_rule $_;") for
    'key x,y,姓名,*z* kind=all keep=1,1 char=× reveal=3',
    'path /a/*/b,/c/0,/d~1e kind=drop reveal=1', 'path / kind=passport',
    'value all off', 'value all keep=1,1 char=#', 'value id-card-15',
    'value passport on keep=1,3', 'value uscc', 'value email off';

# too many, also together with a channel's

my $paths = join '', map { "hpf_mask_rule path /p$_ kind=all;\n" } 1 .. 64;

accepted('64 paths', $paths);
refused('there may be 65535 names and 64 paths',
        "$paths hpf_mask_rule path /more kind=all;");
refused('there may be 65535 names and 64 paths', $paths,
        'hpf_mask_rule path /more kind=all;');
accepted('one of them again', $paths, 'hpf_mask_rule path /p1 kind=name;');

refused('those of a location and of a channel together',
        "hpf_channel a { name a; kind public;\n"
        . "mask_rule path /more kind=all; }\n$paths");
refused('invalid kind in "kind=x"', 'hpf_channel a { name a; kind public; '
        . 'mask_rule key x kind=x; }');
refused('invalid number of arguments in "mask_rule"', 'hpf_channel a { '
        . 'name a; kind public; mask_rule key; }');

# the key of hashes

refused('the kind "hash" needs "hpf_mask_key"',
        'hpf_mask_rule key x kind=hash;');
refused('the kind "hash" needs "hpf_mask_key"',
        '', 'hpf_mask_rule path /x kind=hash;');
refused('the kind "hash" needs "hpf_mask_key"', 'hpf_channel a { name a; '
        . 'kind public; mask_rule key x kind=hash; }');
refused('the kind "hash" needs "hpf_mask_key"', '',
        'hpf_mask_header X kind=hash;');
accepted('with a key', 'hpf_mask_rule key x kind=hash; hpf_mask_key mask.key;');
refused('none.key', 'hpf_mask_key none.key;');
refused('open.key', 'hpf_mask_key open.key;');
refused('is duplicate', 'hpf_mask_key mask.key; hpf_mask_key mask.key;');


# files

sub file {
    my ($want, $text) = @_;

    $t->write_file('rules.json', $text);
    my ($ok, $out) = check('hpf_mask_rules rules.json;');
    my ($what, $at) = @$want;

    ok(!$ok && $out =~ m|\Q$what\E.*in \Q$dir\E/rules\.json:$at in \S+conf:\d+|,
       "a file: $what") or diag($ok ? 'accepted' : $out);
}

file(@$_) for
    [ [ 'no JSON: ', '2:\d+' ], "{\n\"keys\": [}" ],
    [ [ 'no JSON: duplicate', '2:\d+' ], "{\"keys\": [],\n\"keys\": []}" ],
    [ [ 'an object with "keys"', 1 ], '[]' ],
    [ [ 'unknown "kyes", did you mean "keys"?', 2 ], "{\n\"kyes\": []}" ],
    [ [ 'a list of rules is expected, at "/paths"', 1 ], '{"paths": {}}' ],
    [ [ 'an object is expected, at "/keys/1"', 2 ],
      "{\"keys\": [{\"names\": [\"a\"], \"kind\": \"all\"},\n 1]}" ],
    [ [ 'unknown "knid", did you mean "kind"?, at "/keys/0"', 2 ],
      "{\"keys\": [{\"names\": [\"a\"],\n\"knid\": \"all\"}]}" ],
    [ [ 'no "kind", it must be "name"', 1 ], '{"keys": [{"names": ["a"]}]}' ],
    [ [ 'invalid "kind", it must be "name"', 3 ],
      "{\"keys\": [{\"names\": [\"a\"],\n\n\"kind\": \"nmae\"}]}" ],
    [ [ 'invalid "kind", it must be "id-card", "id-card-15"', 1 ],
      '{"values": [{"kind": "name"}]}' ],
    [ [ 'invalid "names", a list of strings', 1 ],
      '{"keys": [{"kind": "all"}]}' ],
    [ [ 'invalid "names", a list of strings', 1 ],
      '{"keys": [{"names": [], "kind": "all"}]}' ],
    [ [ 'invalid "names", a list of strings', 1 ],
      '{"keys": [{"names": ["a", 1], "kind": "all"}]}' ],
    [ [ 'names of 1 to 128 bytes', 1 ],
      '{"keys": [{"names": [""], "kind": "all"}]}' ],
    [ [ 'invalid path "a/b", it must begin with "/", at "/paths/0"', 2 ],
      "{\"paths\": [{\n\"paths\": [\"a/b\"], \"kind\": \"all\"}]}" ],
    [ [ 'invalid "keep", two numbers up to 64', 1 ],
      '{"keys": [{"names": ["a"], "kind": "all", "keep": [1]}]}' ],
    [ [ 'invalid "keep", two numbers up to 64', 1 ],
      '{"keys": [{"names": ["a"], "kind": "all", "keep": [1, "2"]}]}' ],
    [ [ 'invalid "keep", it has no meaning for this kind', 1 ],
      '{"keys": [{"names": ["a"], "kind": "name", "keep": [1, 2]}]}' ],
    [ [ 'invalid "char", it must be one character', 1 ],
      '{"keys": [{"names": ["a"], "kind": "name", "char": ""}]}' ],
    [ [ 'invalid "reveal", a level, 1 to 3', 1 ],
      '{"keys": [{"names": ["a"], "kind": "name", "reveal": "2"}]}' ],
    [ [ 'invalid "on", true or false is expected', 1 ],
      '{"values": [{"kind": "mobile", "on": 1}]}' ],
    [ [ 'unknown "reveal"', 1 ],
      '{"values": [{"kind": "mobile", "reveal": 1}]}' ];

$t->write_file('rules.json', '{"keys": [{}, {"names": ["a"]}], "x": 1}');
my (undef, $out) = check('hpf_mask_rules rules.json;');
is(scalar(() = $out =~ /rules\.json:1/g), 4, 'all of it is told at once');

$t->write_file('rules.json',
               '{"keys": [{"names": ["a"], "kind": "hash"}]}');
refused('the kind "hash" needs "hpf_mask_key"', 'hpf_mask_rules rules.json;');
refused('none.json', 'hpf_mask_rules none.json;');
refused('is no file of rules', "hpf_mask_rules $dir;");
accepted('an empty file of rules', 'hpf_mask_rules empty.json;')
    if $t->write_file('empty.json', '{}');

$t->write_file('many.json', '{"keys": [{"kind": "name", "names": ['
               . join(',', map { "\"field$_\"" } 1 .. 30000) . ']}]}');
accepted('30000 names', 'hpf_mask_rules many.json;');

done_testing();
