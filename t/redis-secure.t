#!/usr/bin/perl

# Sentinels and a cluster with all that can be asked for: TLS with certificates
# on both sides, a user, and a password of the sentinels.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new;
my $dir = $t->certificates;

my %who = (tls => 1, demand => 1, user => 'gate', password => 'geheim7');
my $files = "ca=$dir/ca.pem cert=$dir/client.pem key=$dir/client.key "
            . 'reconnect=100ms';

$t->start_sentinels(%who, sentinel_password => 'geheim8');
$t->gateway(redis => $t->sentinel_url . " $files");

my ($one) = $t->savers;


sub works {
    my ($name) = @_;
    my $token = $t->wait_for(sub { eval { $t->enter($one) } });

    ok($token, "$name: a session") or return;

    is(join(' ', map { $t->call('GET', '/v1/session',
                                token => $token)->status } 1 .. 8),
       join(' ', (200) x 8), "$name: for both workers");
    is($t->withdraw($one, $token)->json->{status}, 'approved',
       "$name: an application");

    $t->call('DELETE', '/v1/session', token => $token);

    ok($t->wait_for(sub {
        8 == grep { $t->call('GET', '/v1/session',
                             token => $token)->status == 401 } 1 .. 8;
    }), "$name: ends");
}


sub refused {
    my ($name, $url, $re) = @_;
    my $before = length $t->log_text;

    $t->gateway_conf(redis => "$url $files");
    $t->reload(wait_old => 1);

    ok($t->wait_for(sub { substr($t->log_text, $before) =~ $re }), $name)
        or diag(substr $t->log_text, $before);
    is($t->admin('GET', '/readyz')->status, 503, "$name: not ready");
}


works('sentinels');

$t->kill_store('r0');
$t->wait_for(sub { ($t->primary || 'r0') ne 'r0' }, 60) or die "no failover\n";

works('another primary');

my $url = $t->sentinel_url;

refused('a wrong password of the sentinels', $url =~ s/geheim8/wrong-8/r,
        qr/sentinel connection to "127\.0\.0\.1:\d+" failed: .*WRONGPASS/);
refused('none', $url =~ s/\?.*//r, qr/sentinel connection .*NOAUTH/);
refused('a wrong password of the servers', $url =~ s/geheim7/wrong-7/r,
        qr/connection to "127\.0\.0\.1:\d+" failed: .*WRONGPASS/);
refused('a master that they do not know', $url =~ s|/main|/other|r,
        qr/no master "other" is known to it/);


$t->start_cluster(%who);
$t->gateway_conf(redis => $t->cluster_url . " $files");
$t->reload(wait_old => 1);
$t->wait_ready;

works('a cluster');

$t->promote('c4');

works('another master');

refused('a wrong password of the cluster',
        $t->cluster_url =~ s/geheim7/wrong-9/r,
        qr/map connection to "127\.0\.0\.1:\d+" failed: .*WRONGPASS/);

unlike($t->log_text, qr/$_/, 'no password in the log')
    for qw/ geheim7 geheim8 wrong-7 wrong-8 wrong-9 /;

done_testing();
