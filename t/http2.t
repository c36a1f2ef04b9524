#!/usr/bin/perl

# The API over HTTP/2, where a body may come without a length.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new;

plan(skip_all => 'curl without HTTP/2') unless `curl -V` =~ /HTTP2/;

my $port = port(8085);

$t->gateway(edit => sub {
    return $_[0] =~ s/(listen 127\.0\.0\.1:\d+;)/$1
        listen 127.0.0.1:$port http2;/r;
});

$t->register($t->person(0));

my $token = $t->login($t->person(0));


# (status, version, body) of one request, its body from a pipe or not at all

sub curl {
    my ($path, $body, @more) = @_;

    $t->write_file('body', $body);

    my $out = join ' ', 'curl -s -m 10 --http2-prior-knowledge',
        "-H 'X-HPF-Channel: app' -H 'Authorization: Bearer $token'",
        "-w '\\n%{http_code} %{http_version}'", @more,
        "http://127.0.0.1:$port$path", '<', $t->path('body');

    $out = `$out`;

    my ($text, $status, $version) = $out =~ /^(.*)\n(\d+) (\S+)$/s;

    return ("$status $version", $text);
}


my @with = ('-X POST', '--data-binary @-');
my @without = ('-X POST', '-T -');

my ($got, $text) = curl('/v1/items', '', '-X GET');
is($got, '200 2', 'a list');

($got, $text) = curl('/v1/items/account-query', '{}', @with);
is($got, '200 2', 'an item');
is(json($text)->{result}{status}, 'normal', 'its answer');

is((curl('/v1/items/account-query', '{}', @without))[0], '200 2',
   'a body without a length');
is((curl('/v1/items/account-details', '{"page":1}', @without))[0], '200 2',
   'a plugin in Lua');
is((curl('/v1/items/account-query', ' ' x 70000, @without))[0], '413 2',
   'a body that turns out too large');
is((curl('/v1/items/nothing', '', '-X GET'))[0], '404 2', 'no such item');

($got, $text) = curl('/files/1', '', '-X GET');
is($got, '200 2', 'the gate before a proxy');
like($text, qr/\*\*\*\*/, 'masked');

done_testing();
