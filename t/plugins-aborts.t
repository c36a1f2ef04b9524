#!/usr/bin/perl

# A client that resets its connection while a plugin waits, for each point at
# which it can: the plugin comes to its end in the same worker, nobody is
# alarmed, other clients are served meanwhile, and nothing is left that would
# keep the version from being unloaded.

use warnings;
use strict;

use Test::More;

use HPF::Test;
use HPF::Test::Plugin;

my $t = HPF::Test->new->gateway(workers => 1, store => 'timeout=20s',
                                edit => sub {
    return $_[0] =~ s/rate=200r/rate=100000r/r;
});

my ($person) = $t->savers;
my $token = $t->enter($person);
my ($worker) = $t->workers;

# where it waits, and what lets it wait and go on

my $hold = [ sub { $t->demo('POST', '/_hold', { target => '/core/loans' }) },
             sub { $t->demo('POST', '/_release',
                            { target => '/core/loans' }) } ];
my $pause = [ sub { $t->pause_redis }, sub { $t->resume_redis } ];
my $none = [ sub { }, sub { } ];

my %points = (
    backend => $hold, kv => $pause, redis => $pause, case => $pause,
    sleep => $none, all => $hold,
);

my %code = (
    c => plugin_build($t, 't/plugins/waits.c', '-DID="waits-c"',
                      '-DSTATUS=201'),
    lua => $t->root . '/t/plugins/waits.lua',
);


sub put {
    my ($language, $version) = @_;

    plugin_install($t, "waits-$language", $code{$language},
                   version => $version, mode => 'application', level => 1,
                   users => [ 'individual' ]);
    ok($t->wait_for(sub { rows("waits-$language") == 1
                          && versions("waits-$language") }),
       "waits-$language $version");
}


sub rows {
    my ($id) = @_;
    return grep { $_->{id} eq $id }
           @{ $t->admin('GET', '/admin/v1/plugins')->json->{plugins} };
}


# the one version that there is, when it is another than before

my %seen;

sub versions {
    my ($id) = @_;
    my ($row) = rows($id);

    return 0 if !$row->{in_force} || ($seen{$id} || '') eq $row->{digest};
    $seen{$id} = $row->{digest};

    return 1;
}


sub waiting { scalar(() = $t->log_text =~ /"waits-\w+": .*waits/g) }

sub running {
    my ($id) = @_;
    my $n = 0;

    $n += $_->{running} for rows($id);

    return $n;
}


sub begin {
    my ($id, $at) = @_;
    my $c = client(8080);

    $c->send($c->build('POST', "/v1/items/$id", body => { at => $at, n => 1 },
                       headers => [ 'X-HPF-Channel' => 'app',
                                    Authorization => "Bearer $token" ]));

    return $c;
}


sub whole {
    my ($id, $at) = @_;
    my $r = $t->call('POST', "/v1/items/$id", token => $token,
                     body => { at => $at, n => 7 });

    return $r->status == 201 && $at eq 'case' ? 7 : $r->json->{result}{n};
}


# three at once leave at the same point

sub leaves {
    my ($id, $at) = @_;
    my ($stop, $go) = @{ $points{$at} };
    my $before = waiting();

    is(whole($id, $at), 7, "$id, $at: a client that stays") or return;
    $stop->();

    my @c = map { begin($id, $at) } 1 .. 3;

    ok($t->wait_for(sub { waiting() == $before + 4 }), 'three wait');
    $_->abort for @c;
    is($t->admin('GET', '/healthz')->status, 200, 'the worker goes on');
    $go->();
    ok($t->wait_for(sub { running($id) == 0 }), 'those that left have ended');
    is(whole($id, $at), 7, 'the next one is served');
}


for my $language (qw/ c lua /) {
    my $id = "waits-$language";

    put($language, '1.0.0');
    leaves($id, $_) for grep { $language eq 'lua' || $_ ne 'all' }
                        sort keys %points;

    my ($row) = rows($id);
    is($row->{errors}, 0, 'no call of them has failed');

    put($language, '1.0.1');
    ok($t->wait_log(qr/"$id" unloaded, digest $row->{digest}, \d+ calls/),
       'nothing has kept the version that they were in');
}


# a version that goes while clients leave it

for my $language (qw/ c lua /) {
    my $id = "waits-$language";
    my ($row) = rows($id);
    my $before = waiting();

    $hold->[0]->();
    my @c = map { begin($id, 'backend') } 1 .. 3;
    ok($t->wait_for(sub { waiting() == $before + 3 }), "$id: three wait");

    plugin_install($t, $id, $code{$language}, version => '1.0.2',
                   mode => 'application', level => 1,
                   users => [ 'individual' ]);
    ok($t->wait_for(sub { grep { $_->{state} eq 'draining' } rows($id) }),
       'another version comes');

    $_->abort for @c;
    $hold->[1]->();
    ok($t->wait_log(qr/"$id" unloaded, digest $row->{digest}, \d+ calls/),
       'the one that they have left goes');
}

is_deeply([ $t->workers ], [ $worker ], 'the worker is the first one');

done_testing();
