#!/usr/bin/perl

# The record is a chain, and its ledger is signed: it is whole after workers
# were killed, reloads, files opened again and a crash of all, and whatever is
# done to it afterwards is found, and named.

use warnings;
use strict;

use File::Path qw/ remove_tree /;
use IO::File;
use Test::More;

use HPF::Test;

my $t = HPF::Test->new;

$t->gateway(workers => 2, edit => sub {
    my ($conf) = @_;
    $conf =~ s/(hpf_audit_ledger [^;]+);/$1 interval=100ms node=one;/
        or die 'no ledger';
    $conf =~ s/rate=200r\/s burst=400/rate=9000r\/s burst=90000/
        or die 'no limit';
    return $conf;
});

$t->allow_log(qr/exited on signal 9/);
$t->allow_log(qr/another gateway writes/);
$t->allow_log(qr/was not closed|is torn/);

my $tool = $t->build_dir . '/hpf-audit';
my $key = $t->path('secrets/audit.pub');


# (exit status, what it said)

sub verify {
    my ($dir, @options) = @_;
    my $said = `$tool verify --key $key @options $dir 2>&1`;

    return ($? >> 8, $said);
}


sub whole {
    my ($what, @options) = @_;
    my ($status, $said) = verify($t->path('audit'), @options);

    is($status, 0, $what) or diag $said;

    return $said;
}


sub ledger { $t->jsonl('audit/ledger.jsonl') }
sub entries { my ($event) = @_; grep { $_->{event} eq $event } ledger() }


sub records {
    return map { HPF::Test::json($_) } map { split /\n/ }
           map { $t->read_file("audit/$_") }
           map { m|([^/]+)$| } glob($t->path('audit/audit.jsonl*'));
}


# under load: workers are killed, the configuration is read again, and files
# are moved away and opened anew

my $load = $t->load(sub {
    my ($client) = @_;
    my $r = $t->call('GET', '/v1/channels', client => $client);
    return ($r, $r && $r->header('X-Request-Id'));
}, clients => 4, pause => 0.001);

my $kills = 3;

for my $n (1 .. $kills) {
    $t->load_more($load, 100);
    ok($t->kill_worker, "worker $n is killed");

    $t->load_more($load, 100);
    ok($t->reload(wait_old => 1), 'a reload');

    $t->load_more($load, 100);
    rename $t->path('audit/audit.jsonl'), $t->path("audit/audit.jsonl.$n");
    kill 'USR1', $t->master;

    ok($t->wait_for(sub { -s $t->path('audit/audit.jsonl') }),
       'the file is opened anew');
}

# a checkpoint says that what it vouches for is on the disk

ok($t->wait_for(sub { entries('checkpoint') }), 'there are checkpoints');

my @answers = $t->load_end($load);

$t->stop;

my %count;
$count{$_->{id}}++ for grep { $_->{id} } records();

my @answered = map { $_->{note} } grep { $_->{status} == 200 } @answers;
my @lost = grep { !$count{$_} } @answered;

cmp_ok(@answered, '>', 900, 'requests were answered');
cmp_ok(@lost, '<=', $kills,
       'of a killed worker no more than the one it was at is missing');
is((grep { $_ > 1 } values %count), 0, 'none is there twice');

my $said = whole('all is as it was written');

is((grep { !$_ } records()), 0, 'each line is JSON');

my %chains = map { $_->{chain} => 1 } records();
my %of = map { $_->{chain} => 1 } entries('opened');

is_deeply(\%chains, \%of, 'the ledger has all chains');
ok((grep { $_->{segment} > 1 } ledger()), 'of several segments');
is((grep { $_->{node} ne 'one' } ledger()), 0, 'of this node');

my %end;
$end{$_->{event}}++ for ledger();

# of a worker that ends right after that, the next segment tells the end

cmp_ok($end{closed}, '>=', $kills, 'segments were closed');
cmp_ok($end{closed}, '<=', $end{opened}, 'each once');


# a copy, to which things are done

my $copy = $t->path('copy');


sub copy {
    remove_tree($copy);
    system('cp', '-r', $t->path('audit'), $copy) == 0 or die "cp: $!\n";
}


sub edit {
    my ($file, $code) = @_;
    my $path = "$copy/$file";
    my @lines = split /^/, $t->read_file("copy/$file");

    $code->(\@lines);
    $t->write_file("copy/$file", join '', @lines);
}


sub found {
    my ($what, $re, @options) = @_;
    my ($status, $said) = verify($copy, @options);

    is($status, 1, "$what: not as it was written");
    like($said, $re, 'it is said where');
    copy();
}


# a line in the midst of a file that is a request, from 0

sub request {
    my ($file) = @_;
    my @lines = split /^/, $t->read_file("audit/$file");

    for my $i (@lines / 2 .. $#lines - 3) {
        return ($i, map { HPF::Test::json($_) } @lines[$i, $i + 1])
            if $lines[$i] =~ /"id":/ && $lines[$i + 1] =~ /"id":/;
    }

    die "no request in $file\n";
}

copy();

my $file = 'audit.jsonl.2';
my ($at, $line) = request($file);
my $number = $at + 1;
my $gap = "records $line->{seq} to $line->{seq} of chain $line->{chain}";
my $place = qr/\Q$copy\E\/\Q$file\E:$number: record $line->{seq} /;

edit($file, sub { $_[0][$at] =~ s/"channel":"app"/"channel":"APP"/ or die });
found('a record changed', qr/^${place}of chain $line->{chain} was changed/m);

edit($file, sub { $_[0][$at] =~ s/"status":200/"status":201/ or die });
found('another member', qr/^${place}of/m);

edit($file, sub { splice @{ $_[0] }, $at, 1 });
found('a record removed', qr/\Q$file\E:\d+: $gap are missing/);

edit($file, sub { splice @{ $_[0] }, $at, 0, $_[0][$at] });
found('a record inserted again', qr/\Q$file\E:@{[$number + 1]}: record/);

edit($file, sub {
    splice @{ $_[0] }, $at, 0, qq({"time":"2026-11-29T08:00:00.000+08:00"}\n)
});
found('a line inserted', qr/\Q$file\E:$number: no record of a chain/);

edit($file, sub {
    my ($lines) = @_;
    my ($first, $next) = grep { $lines->[$_] =~ /$line->{chain}/ }
                              $at .. $#$lines;
    @$lines[$first, $next] = @$lines[$next, $first];
});
found('two records in another order', qr/$gap are missing/);

edit('audit.jsonl', sub { $#{ $_[0] } -= 5 });
found('the end cut off', qr/is cut off after record \d+: entry \d+ of the/);

edit('audit.jsonl.1', sub { splice @{ $_[0] }, 0, 3 });
found('the beginning', qr/begins here with record|are missing/);

unlink "$copy/audit.jsonl.2";
found('a file removed', qr/are missing before this one/);

unlink glob("$copy/audit.jsonl*");
found('all files removed', qr/is cut off after record 0/);

# hashes need no key: somebody may make all of them anew

edit($file, sub { $_[0][$at] =~ s/"ms":/"ms":9/ or die });
system($^X, '-e', <<'EOS', $copy, $line->{chain}) == 0 or die 'no new hashes';
use Digest::SHA qw/ sha256 /;
my ($dir, $chain) = @ARGV;
my $prev = "\0" x 32;
for my $file (map { "$dir/audit.jsonl$_" } qw/ .1 .2 .3 /, '') {
    open my $f, '<', $file or die;
    my @lines = <$f>;
    for (@lines) {
        next unless /"chain":"$chain"/;
        s/"prev":"\w{64}"/'"prev":"' . unpack('H*', $prev) . '"'/e;
        my ($text) = /^(.*),"hash":"\w{64}"}$/ or die;
        $prev = sha256($prev . $text);
        $_ = $text . ',"hash":"' . unpack('H*', $prev) . qq("}\n);
    }
    open $f, '>', $file or die;
    print $f @lines;
}
EOS
found('a record changed, and all hashes made anew',
      qr/is not what entry \d+ of the ledger vouches for/);

# the ledger

my $n = int(ledger() / 2);

edit('ledger.jsonl', sub { $_[0][$n] =~ s/"seq":\d/"seq":9/ or die });
found('an entry changed', qr/ledger\.jsonl:@{[$n + 1]}: entry @{[$n + 1]} was/);

edit('ledger.jsonl', sub { splice @{ $_[0] }, $n, 1 });
found('an entry removed',
      qr/ledger\.jsonl:@{[$n + 1]}: entries @{[$n + 1]} to @{[$n + 1]} are/);

edit('ledger.jsonl', sub { splice @{ $_[0] }, $n, 0, $_[0][3] });
found('an entry inserted', qr/ledger\.jsonl:@{[$n + 1]}: entry 4 comes after/);

edit('ledger.jsonl', sub { @{ $_[0] }[2, 3] = @{ $_[0] }[3, 2] });
found('entries in another order', qr/ledger\.jsonl:3: entries 3 to 3 are/);

edit('ledger.jsonl', sub { $#{ $_[0] } = 0 });
found('the ledger cut off', qr/the ledger does not know of the segment/);

# of its very end one has to know from elsewhere

my $head = `$tool head @{[ $t->path('audit') ]}`;
chomp $head;

is((verify($copy, "--expect $head"))[0], 0, 'the head of the ledger');

edit('ledger.jsonl', sub { $#{ $_[0] }-- });
found('the ledger without its last entry', qr/has no entry/,
      "--expect $head");

my $other = HPF::Test->new;
$other->write_file('secrets/.keep', '');
$other->audit_key;

is((verify($copy, '--key', $other->path('secrets/audit.pub')))[0], 0,
   'another key beside its own');
like(`$tool verify --key @{[ $other->path('secrets/audit.pub') ]} $copy`,
     qr/is signed by key \w{16}, which was not given/, 'another key alone');
is(`$tool key @{[ $t->path('secrets/audit.key') ]}`,
   $t->read_file('secrets/audit.pub'), 'the public key of a private one');

# segments that are kept elsewhere

my $last = (ledger())[-1]{n};

unlink "$copy/audit.jsonl.1";
is((verify($copy, "--from $last"))[0], 0, 'old segments may be put away');
found('without', qr/segment 1 of chain \w+ is missing/);


# a crash of all of the gateway: what it was writing is torn

$t->run->wait_ready;

is($t->call('GET', '/v1/channels')->status, 200, 'it runs again');
ok($t->wait_for(sub { $t->read_file('audit/audit.jsonl') =~ /"id"[^\n]+\n\z/ }),
   'there is a record');

$t->crash;

my $f = IO::File->new($t->path('audit/audit.jsonl'), 'a');
print $f '{"time":"2026-11-29T08:0';
$f->close;

like(whole('a crash is nobody\'s fault'),
     qr/note: \S+audit\.jsonl:\d+: torn: a record was being written/,
     'the torn line is told');

$t->run->wait_ready;
$t->call('GET', '/v1/channels');
ok($t->wait_for(sub { $t->read_file('audit/audit.jsonl') =~ /"id"[^\n]+\n\z/ }),
   'it goes on');

is(scalar entries('recovered'), 1, 'the ledger says where the chain ended');
like(whole('the record is whole'), qr/note: chain \w+ was not closed/,
     'which is told');


# two gateways in one folder

my $out = `$t->{nginx} -p $t->{dir}/ -c conf/nginx.conf -e logs/two.log 2>&1`;

isnt($?, 0, 'a second gateway does not start');
like($out . $t->read_file('logs/two.log'),
     qr/another gateway writes to the ledger "\S+ledger\.jsonl"/, 'and why');

system("$t->{nginx} -t -q -p $t->{dir}/ -c conf/nginx.conf") == 0
    ? pass('the configuration may be looked at') : fail('nginx -t');
$t->stop;


# the Chinese algorithms

my $old = $t->path('secrets/old.pub');
rename $key, $old;
$t->audit_key('SM2');

$t->gateway(workers => 2, edit => sub {
    my ($conf) = @_;
    $conf =~ s/(hpf_audit_ledger [^;]+);/$1 interval=100ms digest=sm3;/
        or die 'no ledger';
    $conf =~ s/(hpf_audit_ledger [^;]+);/$1 node=one;/;
    return $conf;
});

$t->call('GET', '/v1/channels');
ok($t->wait_for(sub { (ledger())[-1]{event} eq 'checkpoint' }),
   'SM2 and SM3, from now on');
$t->stop;

is((ledger())[-1]{alg}, 'sm3', 'it says so');
is((verify($t->path('audit')))[0], 1, 'the key of before is needed');
whole('with both', '--key', $old);

copy();
my ($sm3) = grep { $_->{alg} && $_->{alg} eq 'sm3' } records();

edit('audit.jsonl', sub {
    for (@{ $_[0] }) { s/"channel":"app"/"channel":"APP"/ if /$sm3->{chain}/ }
});
found('a record changed', qr/of chain $sm3->{chain} was changed/,
      '--key', $old);

done_testing();
