#!/usr/bin/perl

# The disk is full: what has to be recorded is refused before it is done, all
# else goes on, and it is said.  When there is room again all is well, and the
# chain is whole.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $FILE = 'audit/audit.jsonl';

my $t = HPF::Test->new;

$t->gateway(workers => 1, http => 'hpf_limit_dry_run on;');
$t->allow_log(qr/was not written to/);

my $person = $t->person(0);
my $token = $t->enter($person);


sub room {
    my ($file) = @_;

    rename $t->path($FILE), $t->path("$FILE.1") if !-l $t->path($FILE);
    unlink $t->path($FILE);
    symlink $file, $t->path($FILE) or die "symlink: $!\n";
    kill 'USR1', $t->master;
}


sub failing {
    my ($n) = $t->admin('GET', '/metrics')->body
              =~ /^hpf_audit_failing (\d+)/m;
    return $n || 0;
}


sub query {
    $t->call('POST', '/v1/items/account-query', token => $token, body => {})
}


sub withdraw {
    $t->call('POST', '/v1/items/withdraw-rent', token => $token,
             body => { amount => 1 })
}


is(query()->status, 200, 'a query');
is(withdraw()->status, 422, 'an application, if only with a fault');

room('/dev/full');

ok($t->wait_for(sub { query(); return failing() }),
   'the disk is full: a metric says so');
like($t->log_text, qr/requests that have to be recorded are refused/,
     'and the log');

is(query()->status, 200, 'a query goes on');
is($t->call('GET', '/v1/session', token => $token)->status, 200,
   'so does what only shows');

my $r = withdraw();
is($r->status, 503, 'an application is refused');
is($r->code, 'store-unavailable', 'for this');
like($r->header('Retry-After'), qr/^\d+$/, 'for a while');

my $before = $t->outbox;
is($t->call('POST', '/v1/challenges',
            body => { factor => 'sms', mobile => $person->{mobile},
                      purpose => 'login' })->code,
   'store-unavailable', 'so is the beginning of a log-in');
is(scalar $t->outbox, $before, 'and no message is sent');

is($t->admin('POST', '/admin/v1/plugins?release=account-query',
             headers => [ 'X-HPF-Operator' => 'one' ])->status, 503,
   'and a change by an operator');

is($t->call('DELETE', '/v1/session', token => $token)->status, 204,
   'but a session can be ended');

$t->write_file("$FILE.2", '');
room($t->path("$FILE.2"));

ok($t->wait_for(sub { withdraw()->code ne 'store-unavailable' }),
   'there is room: it goes on');
is(failing(), 0, 'the metric says so');
like($t->log_text, qr/records are written to \S+ again/, 'the log as well');

$t->stop;
$t->allow_log(qr/was not closed/);

my $records = $t->read_file("$FILE.2");
my @refused = grep { ($_->{outcome} || '') eq 'store-unavailable' }
              map { HPF::Test::json($_) } split /\n/, $records;

cmp_ok(@refused, '>=', 2, 'the refusals are on record');

my ($lost) = grep { ($_->{event} || '') eq 'records-lost' }
             map { HPF::Test::json($_) } split /\n/, $records;

ok(!$lost, 'the zone had room for all of it');

unlink $t->path($FILE);
my $said = `@{[ $t->build_dir ]}/hpf-audit verify --key @{[
              $t->path('secrets/audit.pub') ]} @{[ $t->path('audit') ]} 2>&1`;

is($? >> 8, 0, 'the chain is whole') or diag $said;


# the ledger alone cannot be written: no segment is begun of which it would
# not know

unlink $t->path('audit/ledger.jsonl');
symlink '/dev/full', $t->path('audit/ledger.jsonl') or die "symlink: $!\n";

$t->run->wait_ready;

is($t->call('GET', '/v1/channels')->status, 200, 'what only shows goes on');
is($t->call('POST', '/v1/challenges',
            body => { factor => 'sms', mobile => $person->{mobile},
                      purpose => 'login' })->code,
   'store-unavailable', 'what changes something does not');
is(-s $t->path($FILE) || 0, 0, 'nothing is in the file');
cmp_ok(($t->admin('GET', '/metrics')->body
        =~ /^hpf_audit_lost_total (\d+)/m)[0], '>=', 2, 'which is counted');

done_testing();
