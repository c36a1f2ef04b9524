#!/usr/bin/perl

# Revocation lists: who is on one is out, also without a restart and while
# others log in; files that cannot be used change nothing; and a configuration
# that could let somebody in by mistake is refused.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new->gateway(workers => 2, ca => 'ec',
                               http => 'hpf_lock off;');
my ($one, $two) = map { $t->person($_) } 0, 1;
my $ca = $t->path('secrets/ca');

for my $who ([ one => $one ], [ two => $two ]) {
    my ($name, $person) = @$who;

    $t->user_cert($name);

    my %factor = %{ $t->cert_factor($name, 'bind') };
    delete $factor{factor};

    is($t->call('POST', '/v1/session/certificates', body => \%factor,
                token => $t->enter($person))->status, 201, "$name is bound");
}


# a dozen connections, so that every worker is asked

sub everywhere {
    my ($person, $name) = @_;
    my %seen = map {
        $t->call('POST', '/v1/sessions', body => {
            user => { id_no => $person->{id_no} },
            factors => [ $t->cert_factor($name, 'login') ],
        })->status => 1
    } 1 .. 12;

    return join ' ', sort keys %seen;
}


sub reads {
    my ($what) = @_;
    my $n = () = $t->log_text =~ /hpf cert: \Q$what\E/g;
    return $n;
}


is(everywhere($one, 'one'), 201, 'one logs in');
is(everywhere($two, 'two'), 201, 'and two');


# revoked: both workers have read the new list

$t->demo_ca('revoke', 'one');
ok($t->wait_for(sub { reads('read again') >= 2 }), 'a new list is read');
is(everywhere($one, 'one'), 401, 'one is out');
is(everywhere($two, 'two'), 201, 'two is not');


# a list that is broken changes nothing, and a later good one does

$t->allow_log(qr/changed files cannot be used/);

$t->write_file('secrets/ca/crl.pem', 'nothing');
ok($t->wait_for(sub { reads('changed files cannot be used') >= 2 }),
   'a broken one is told of');
is(everywhere($one, 'one'), 401, 'and what was read before holds');
is(everywhere($two, 'two'), 201, 'for both');

$t->demo_ca('revoke', 'two');
ok($t->wait_for(sub { reads('read again') >= 4 }), 'the next one is read');
is(everywhere($two, 'two'), 401, 'and two is out');

$t->reload(wait_old => 1);
is(everywhere($one, 'one'), 401, 'a reload changes nothing');


# what nginx refuses

sub refused {
    my ($lines) = @_;
    my ($ok, $out) = $t->config_test(<<"EOT");
%%TEST_GLOBALS%%
http {
    %%TEST_GLOBALS_HTTP%%
    $lines
    server { listen 127.0.0.1:8080; }
}
EOT
    return $ok ? '' : $out =~ /\[emerg\] [^:]*: (.*)/ ? $1 : $out;
}


my ($a, $r) = ("hpf_certificate_authorities $ca/ca.pem",
               "hpf_certificate_revocation $ca/crl.pem");

is(refused("$a; $r;"), '', 'a good configuration');
is(refused("$a depth=3 policy=1.2.156.1 number=1.2.156.10260.4.1.1;"
           . " $r grace=1h;"), '', 'with everything');

like(refused("$a;"), qr/need each other/, 'authorities alone');
like(refused("$r;"), qr/need each other/, 'lists alone');
like(refused("$a; $a; $r;"), qr/is duplicate/, 'authorities twice');
like(refused("$a; $r; $r;"), qr/is duplicate/, 'lists twice');
like(refused("$a depth=1; $r;"), qr/invalid parameter "depth=1"/, 'depth');
like(refused("$a depth=99; $r;"), qr/invalid parameter/, 'too deep');
like(refused("$a policy=x; $r;"), qr/invalid parameter/, 'no OID');
like(refused("$a; $r grace=x;"), qr/grace=TIME expected/, 'no time');
like(refused("hpf_certificate_authorities $ca/none.pem; $r;"),
     qr/none.pem" cannot be read/, 'a file that is not there');
like(refused("hpf_certificate_authorities $ca/issuing.pem; $r;"),
     qr/there is no anchor/, 'an authority that nobody vouches for');
like(refused("$a; hpf_certificate_revocation $ca/ca.pem;"),
     qr/it is no revocation list/, 'certificates for lists');
like(refused("hpf_certificate_authorities $ca/root.pem; $r;"),
     qr/list 2: it is not signed by one of the authorities/,
     'a list of an authority that is not known');

done_testing();
