package HPF::Test::Load;

# Clients that keep asking while a test does something to what they depend on.
# These are methods of HPF::Test.
#
#   my $load = $t->load(sub { my ($client) = @_; return response });
#   ...
#   for my $answer ($t->load_end($load)) { $answer->{status} ... }
#
# load(CODE, %o): clients => 2 processes, each with a connection of its own,
#   ask with a pause => 0.005 s between two requests until load_end().  CODE
#   gets the client and the number of the request, and may return a word for
#   note behind the response.
# load_end(LOAD): what they got, by time: { begin, end, status, code, note },
#   status 0 when there was no answer
# load_more(LOAD, N): returns when there are N more answers
# outcomes(ANSWERS): "200" or "200, 503 store-unavailable": all that there are
# audit(): the lines of the record
# record(RESPONSE): that of one response, which is written when it is on its way
# refusals(SINCE): how many milliseconds it took to say store-unavailable, the
#   middle and the longest, of the lines of the record since that one

use warnings;
use strict;

use Time::HiRes qw/ sleep time /;

my $count = 0;


sub load {
    my ($self, $code, %o) = @_;
    my $n = ++$count;
    my @names = map { "load-$n-$_" } 1 .. $o{clients} || 2;

    for my $name (@names) {
        $self->spawn($name, 'KILL', sub {
            load_run($self->path("logs/$name"), $code, $o{pause} || 0.005);
        });
    }

    my $load = { names => \@names, began => $self->began };

    # it is under way when each has had an answer

    $self->wait_for(sub { @names == grep { -s $self->path("logs/$_") } @names })
        or die "no load\n";

    return $load;
}


sub load_run {
    my ($file, $code, $pause) = @_;
    my ($n, $c) = (0);

    open my $log, '>', $file or die "cannot write $file: $!\n";

    while (1) {
        my $begin = time;

        $c ||= HPF::Test::client(8080);

        my ($r, $note) = eval { $code->($c, ++$n) };

        syswrite $log, sprintf("%.4f %.4f %d %s %s\n", $begin, time,
                               $r ? $r->status : 0, $r && $r->code || '-',
                               defined $note ? $note : '-');

        # one without an answer, or the last on its connection

        undef $c if !$r || lc($r->header('Connection') || '') eq 'close';

        sleep $pause;
    }
}


sub load_lines {
    my ($self, $load) = @_;
    return map { split /\n/, $self->read_file("logs/$_") } @{ $load->{names} };
}


sub load_more {
    my ($self, $load, $n) = @_;
    my $count = () = $self->load_lines($load);

    $self->wait_for(sub {
        my $now = () = $self->load_lines($load);
        return $now >= $count + $n;
    }, 60) or die "the load stands still\n";
}


sub load_end {
    my ($self, $load) = @_;

    $self->end($_) for @{ $load->{names} };

    return sort { $a->{begin} <=> $b->{begin} }
           map { my %answer;
                 @answer{qw/ begin end status code note /} = split ' ';
                 \%answer } $self->load_lines($load);
}


sub outcomes {
    my ($self, @answers) = @_;
    my %seen = map { $_->{status} . ($_->{code} eq '-' ? '' : " $_->{code}")
                     => 1 } @answers;

    return join ', ', sort keys %seen;
}


sub audit {
    my ($self) = @_;
    return map { HPF::Test::json($_) }
           split /\n/, $self->read_file('audit/audit.jsonl');
}


sub record {
    my ($self, $response) = @_;
    my $id = $response->header('X-Request-Id');

    return $self->wait_for(sub {
        my ($line) = grep { ($_->{id} || '') eq $id } $self->audit;
        return $line;
    });
}


sub refusals {
    my ($self, $since) = @_;
    my @lines = $self->audit;

    my @ms = sort { $a <=> $b } map { $_->{ms} }
             grep { ($_->{outcome} || '') eq 'store-unavailable' }
             @lines[$since .. $#lines];

    return @ms ? ($ms[@ms / 2], $ms[-1]) : (0, 0);
}


1;
