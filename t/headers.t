#!/usr/bin/perl

# Headers that every request may have and every answer has: the language that
# was asked for, the id of a trace, and by what a cache tells answers apart.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway;


sub get {
    my ($path, @headers) = @_;
    return $t->call('GET', $path, headers => \@headers);
}


sub language {
    my $r = get('/v1/none', map { ('Accept-Language', $_) } @_);
    my $en = $r->json->{title} =~ /^[ -~]+$/ ? 'en' : 'zh-CN';

    return $r->header('Content-Language') eq $en ? $en : 'neither';
}


# RFC 9110, 12.5.4

for my $en ('en', 'EN', 'en-US', "\ten\t", 'fr, en;q=0.1', ', ,en',
            'zh;q=0.5,en;q=0.8', 'en;Q=0.3,zh;Q=0.2', 'zh-CN;q=0,en;q=0.1',
            'en-GB;q=0.2,zh-HK;q=0.1', 'en;q=0.001', 'zh;q=0, *',
            '*;q=0.1, zh;q=0', 'en, *;q=0.5', 'zh;q=0.3, *;q=0.5',
            "en\t;q=1, zh;q=0.5")
{
    is(language($en), 'en', "English: $en");
}

for my $zh ('', 'zh', 'zh-TW', 'fr', '*', 'zh, en', 'en, zh', 'en;q=0',
            'en;q=0, *', 'en;q=0.5, zh;q=0.8', 'en;q=0.1, *;q=0.5',
            'fr, *;q=0.1', 'eng', 'english', 'en_US', 'x-en', 'enm, zh;q=0.1')
{
    is(language($zh), 'zh-CN', "Chinese: $zh");
}

is(language('zh;q=0.2', 'en'), 'en', 'two lines are one list');
is(language('en;q=0.2', 'zh'), 'zh-CN', 'in any order');


# W3C Trace Context, 3.2: the id of a trace becomes that of the request

my ($trace, $span) = ('4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7');

sub taken {
    my $r = get('/v1/items', map { (traceparent => $_) } @_);
    my $id = $r->header('X-Request-Id');

    return $id eq $trace ? 1 : $id =~ /^[0-9a-f]{32}$/ ? 0 : $id;
}

for my $value ("00-$trace-$span-01", "00-$trace-$span-00", "00-$trace-$span-ff",
               " 00-$trace-$span-01 ", "\t00-$trace-$span-01",
               "00-$trace-$span-01\t", "\t 00-$trace-$span-01 \t",
               "cc-$trace-$span-01", "cc-$trace-$span-01-what-the-future")
{
    is(taken($value), 1, "taken over: \"$value\"");
}

for my $value ("00-$trace-$span-FF", "00-$trace-$span-1",
               "00-$trace-$span-01-", "00-$trace-$span-01-more",
               "cc-$trace-$span-01.more", "ff-$trace-$span-01",
               '00-' . uc($trace) . "-$span-01", "00-$trace-" . uc($span)
               . '-01', '00-' . '0' x 32 . "-$span-01",
               "00-$trace-" . '0' x 16 . '-01', "0-$trace-$span-01",
               "00-$trace-${span}0-01", "00_${trace}_${span}_01")
{
    is(taken($value), 0, "another one: \"$value\"");
}

is(taken("00-$trace-$span-01", "00-$trace-$span-01"), 0, 'nor one of two');


# tabs are white space

is(get('/v1/items', 'X-HPF-Channel' => "\tapp\t")->json->{code},
   'channel-unknown', 'a channel twice');
is($t->call('GET', '/v1/items', channel => '',
            headers => [ 'X-HPF-Channel' => "\tapp \t" ])->status,
   200, 'tabs around a channel');


# what an answer was chosen by

for my $path ('/v1/items', '/v1/channels', '/v1/openapi.json', '/v1/none') {
    is_deeply([ sort split /, /, lc get($path)->header('Vary') ],
              [ qw/ accept-language origin x-hpf-channel / ], "Vary of $path");
}


# each 401 says what would do (RFC 9110, 15.5.2)

sub wanted {
    my ($method, $path, %o) = @_;
    my $r = $t->call($method, $path, %o);
    return join ' ', $r->status, $r->json->{code},
                     $r->header('WWW-Authenticate') || 'nothing';
}

is(wanted('GET', '/v1/session'), '401 session-required Bearer', 'a session');
is(wanted('GET', '/v1/session', token => 'A' x 43),
   '401 session-expired Bearer', 'another session');
is(wanted('GET', '/v1/items', channel => 'x'),
   '401 channel-unknown HPF-Channel', 'a channel');
is(wanted('GET', '/v1/items', channel => 'gov', sign => { key => 'x' x 32 }),
   '401 channel-signature HPF-Channel', 'its signature');
is(wanted('POST', '/v1/sessions', body => { ticket => 'A' x 43 }),
   '401 factor-failed HPF-Factor', 'a proof');


# the operators' pages have what every answer has, and leave no record

my $asked = 'ab' x 16;

for my $path (qw{ /metrics /healthz /readyz /admin/v1/plugins }) {
    my $r = $t->admin('GET', $path, headers =>
                      [ traceparent => "00-$asked-$span-01" ]);

    is($r->status, 200, $path);
    is($r->header('X-Request-Id'), $asked, 'has the id of the trace');
    is($r->header('Cache-Control'), 'no-store', 'is not stored');
    is($r->header('Content-Language'), 'zh-CN', 'and has a language');
}

my $last = get('/v1/none')->header('X-Request-Id');
ok($t->wait_for(sub { $t->read_file('audit/audit.jsonl') =~ /$last/ }),
   'the next request is recorded');
unlike($t->read_file('audit/audit.jsonl'), qr/$asked/,
       'and those are not');


# RFC 9110, 10.1.1: who asks before he sends is told yes or no

sub asked {
    my ($path, $length, @more) = @_;
    my $c = client(8080);

    $c->send("POST $path HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
             . join('', map { "$_\r\n" } @more)
             . "Content-Length: $length\r\n\r\n");

    my $first = $c->line(time + 30);
    return $first unless $first =~ m{^HTTP/1.1 100 };

    $c->line(time + 30);
    $c->send(' ' x $length);
    return "$first, then " . $c->line(time + 30);
}

my $app = 'X-HPF-Channel: app';

like(asked('/v1/challenges', 2, $app),
     qr{^HTTP/1.1 100 Continue, then HTTP/1.1 400 }, 'go on');
like(asked('/v1/challenges', 70000, $app), qr{^HTTP/1.1 413 }, 'too much');
like(asked('/v1/challenges', 2), qr{^HTTP/1.1 401 }, 'of whom nobody knows');
like(asked('/v1/none', 2, $app), qr{^HTTP/1.1 404 }, 'to nowhere');
like(asked('/v1/session/factors', 2, $app), qr{^HTTP/1.1 401 },
     'who is not logged in');

done_testing();
