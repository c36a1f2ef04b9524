package HPF::Test::Faulty;

# A plugin that misbehaves, t/faulty/faulty.c: built, put into the folder of
# plugins and called.
#
# faulty($t, ID, \%defines, %manifest)   builds it and puts it there, in one
#                                        rename, or over the one that is there
# ask($t, ID, WORD)                      a request; the status, value or code
# records($t, EVENT)                     of the audit
# crashes_are_expected($t)               before nginx starts

use warnings;
use strict;

use base qw/ Exporter /;

our @EXPORT = qw/ faulty ask records crashes_are_expected /;

my $n = 0;


sub faulty {
    my ($t, $id, $defines, %more) = @_;
    my $dir = 'new/' . ++$n . "/$id";
    my $json = JSON::PP->new->utf8->canonical;

    $t->write_file("$dir/manifest.json", $json->encode({
        id => $id, version => '1.0.0', language => 'c', name => $id,
        users => [ 'anyone' ], level => 0, channels => [ '*' ],
        backends => [ 'core' ], form => { type => 'object' }, %more,
    }));

    my %define = (ID => "\"$id\"", %{ $defines || {} });

    system('cc', '-shared', '-fPIC', '-O1',
           '-I', $t->root . '/plugins/include',
           map({ "-D$_=$define{$_}" } sort keys %define),
           '-o', $t->path("$dir/$id.so"),
           $t->root . '/t/faulty/faulty.c') == 0
        or die "faulty.c is not compiled\n";

    if (-d $t->path("plugins/$id")) {
        rename $t->path("$dir/$_"), $t->path("plugins/$id/$_") or die "$!\n"
            for "$id.so", 'manifest.json';

    } else {
        rename $t->path($dir), $t->path("plugins/$id") or die "$!\n";
    }
}


# a worker that dies answers nothing

sub ask {
    my ($t, $id, $what) = @_;

    my $r = eval {
        $t->call('POST', "/v1/items/$id", body => { do => $what || 'answer' })
    };

    return 'none' unless $r && $r->status;
    return $r->status == 200 ? $r->json->{result}{value} : $r->json->{code};
}


sub records {
    my ($t, $event) = @_;

    return grep { ($_->{event} || '') eq $event }
           $t->jsonl('audit/audit.jsonl');
}


# a signal is what this is about, and no report of a sanitizer

sub crashes_are_expected {
    my ($t) = @_;

    $ENV{ASAN_OPTIONS} .= ':handle_segv=0';

    $t->allow_log(qr/exited on signal/)
      ->allow_log(qr/hpf plugin: worker \d+ (?:died|was ended)/)
      ->allow_log(qr/hpf plugin: "[\w-]+" has not come back/)
      ->allow_log(qr/hpf plugin: "[\w-]+" is quarantined/);
}


1;
