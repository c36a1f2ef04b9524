#!/usr/bin/perl

# How the gateway and its store know each other: by password, by a user of
# Redis' access list, and with TLS by certificates.  Who is not who he should
# be gets nothing, the log says why, and never with the password.

use warnings;
use strict;

use IO::Socket::INET;
use Test::More;

use HPF::Test;

my $SECRET = 'p@ss w%rd';
my $CODED = 'p%40ss%20w%25rd';

my $t = HPF::Test->new;
my $dir = $t->certificates;

$t->begin_store('plain', password => 'geheim7')
  ->begin_store('tls', tls => 1, password => 'geheim7')
  ->begin_store('demands', tls => 1, demand => 1)
  ->begin_store('expired', tls => 1, cert => 'expired')
  ->begin_store('elsewhere', tls => 1, cert => 'elsewhere')
  ->begin_store('stranger', tls => 1, cert => 'stranger')
  ->wait_stores(qw/ plain tls demands expired elsewhere stranger /);

my $person;


# the directive's value takes effect: whether the node is ready, and what was
# logged since

sub configure {
    my ($redis) = @_;
    my $before = length $t->log_text;

    $t->gateway_conf(redis => $redis);
    $t->reload(wait_old => 1) or die "no reload\n";

    return sub { substr $t->log_text, $before };
}


sub works {
    my ($name, $redis) = @_;
    my $log = configure($redis);

    my $ready = $t->wait_for(sub {
        return $t->admin('GET', '/readyz')->status == 200;
    });

    ok($ready, $name) or diag($log->());
    return unless $ready;

    # a session is written, read, and dropped where it is cached

    $t->register($person);
    my $token = $t->login($person);
    my $session = sub {
        return $t->call('GET', '/v1/session', token => $token)->status;
    };

    is($session->(), 200, "$name: a session");
    $t->call('DELETE', '/v1/session', token => $token);
    is($session->(), 401, "$name: that ends");
}


sub fails {
    my ($name, $redis, $reason) = @_;
    my $log = configure($redis);
    my ($where) = $redis =~ /(?:\@|\/\/)([^\/\@]+:\d+)/;

    ok($t->wait_for(sub { $log->() =~ $reason }), $name) or diag($log->());
    like($log->(), qr/hpf redis: .*"\Q$where\E".*$reason/,
         "$name: where, and why");

    my $r = $t->admin('GET', '/readyz');
    is($r->status, 503, "$name: not ready");

    $r = $t->call('POST', '/v1/challenges', body => {
        factor => 'sms', mobile => $person->{mobile}, purpose => 'login',
    });
    is($r->code, 'store-unavailable', "$name: nothing is given to it");
}


sub url {
    my ($store, $host, $login) = @_;
    my $url = $t->store_url($store, $host);

    $url =~ s|//(?:.*\@)?|//$login\@| if defined $login;
    return $url;
}


# by password

$t->gateway(redis => url('plain'));
$person = $t->person(0);

works('a password', url('plain'));
fails('another password', url('plain', undef, ':wrong-1'),
      qr/WRONGPASS|invalid password/i);
fails('no password', url('plain', undef, '') =~ s/\@//r, qr/NOAUTH/);

$t->store('plain', 'ACL', 'SETUSER', 'gate', 'on', ">$SECRET", '~*', '&*',
          '+@all');
works('a user, with signs that have a meaning in a URL',
      url('plain', undef, "gate:$CODED"));
fails('the password of another user', url('plain', undef, 'gate:geheim7'),
      qr/WRONGPASS/);
fails('a user that there is not', url('plain', undef, 'nobody:geheim7'),
      qr/WRONGPASS/);


# a user who may do what docs/directives.md lists, and nothing else

sub documented {
    open my $f, '<', $t->root . '/docs/directives.md' or die "no docs: $!\n";
    my ($acl) = join('', <$f>)
                =~ /ACL SETUSER gateway on >PASSWORD (.*?)\n\n/s;

    return split ' ', $acl;
}

$t->store('plain', 'ACL', 'SETUSER', 'gateway', 'on', '>geheim9',
          documented());
works('a user with a short list', url('plain', undef, 'gateway:geheim9'));

my @refused = grep { /username gateway / }
              map { "@$_" } @{ $t->store('plain', 'ACL', 'LOG') };
is("@refused", '', 'and nothing was refused it');


# TLS

my $ca = "ca=$dir/ca.pem";
my $client = "cert=$dir/client.pem key=$dir/client.key";

works('TLS, by address', url('tls') . " $ca");
works('TLS, by name', url('tls', 'localhost') . " $ca");

# what a chain lacks has several names

my $unknown = qr/TLS: (?:self.signed certificate|unable to (?:get|verify))/;

fails('an authority that the system does not know', url('tls'), $unknown);
fails('another authority', url('tls') . " ca=$dir/other-ca.pem", $unknown);
fails('a certificate of another authority', url('stranger') . " $ca",
      $unknown);
fails('a certificate for another name', url('elsewhere', 'localhost') . " $ca",
      qr/TLS: hostname mismatch/i);
fails('a certificate without the address', url('elsewhere') . " $ca",
      qr/TLS: IP address mismatch/i);
fails('an expired certificate', url('expired') . " $ca",
      qr/TLS: certificate has expired/);
works('an expired one, by wish', url('expired') . ' verify=off');
works('another name, by wish', url('elsewhere') . " $ca verify=off");

fails('no TLS where there is', url('tls') =~ s/rediss/redis/r,
      qr/closed by the server|reset by peer/i);
fails('TLS where there is none', url('plain') =~ s/redis/rediss/r . " $ca",
      qr/TLS/);
fails('another password inside TLS', url('tls', undef, ':wrong-2') . " $ca",
      qr/WRONGPASS/);

works('a certificate of our own', url('demands') . " $ca $client");
fails('none, where one is demanded', url('demands') . " $ca",
      qr/TLS: \S+ alert certificate required/);
fails('one of another authority', url('demands') . " $ca "
      . "cert=$dir/stranger.pem key=$dir/stranger.key",
      qr/TLS: \S+ alert unknown ca/);


# the name of the server goes ahead of the handshake (SNI), an address does not

sub hello {
    my ($host) = @_;
    my $listen = IO::Socket::INET->new(Listen => 8, Proto => 'tcp',
                                       LocalAddr => '127.0.0.1')
        or die "cannot listen: $!\n";

    configure("rediss://$host:" . $listen->sockport . " $ca");

    my $c = $listen->accept;
    sysread $c, my $hello, 4096;

    return $hello;
}

my $sni = "\0\0\0\x0e\0\x0c\0\0\x09localhost";

like(hello('localhost'), qr/\Q$sni\E/, 'SNI');
unlike(hello('127.0.0.1'), qr/127\.0\.0\.1/, 'no SNI of an address');


# and back to where it began, without a restart

works('the first one again', url('plain'));

my $log = $t->log_text;

unlike($log, qr/$_/, 'no password in the log')
    for qw/ geheim7 geheim9 wrong-1 wrong-2 /, quotemeta $SECRET, $CODED;

done_testing();
