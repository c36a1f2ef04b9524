package HPF::Bench::Turns;

# Turns of a worker's event loop, as bench/lib/turns.c counts them.
#
#   my $turns = HPF::Bench::Turns->new($t);    before nginx is started
#   $turns->run;                               starts it, with the shim
#   my @turns = $turns->of(sub { ... });       those that ended meanwhile: of
#                                              each [ CPU us, us, events ]
#   my $sum = $turns->sum(@turns);             { n, median, most, wall, events,
#                                              over1, over2 }: of CPU, in us;
#                                              events of the longest turn
#
# There is one worker; after a reload it is another one, of which all turns
# count.  of() waits for the end of the turn that is under way.

use warnings;
use strict;

use Time::HiRes qw/ sleep time /;

my $RING = 1 << 20;                    # as in turns.c
my $HEAD = 16;                         # bytes before it
my $SIZE = 12;                         # of a record
my $WAIT = 30;                         # s, for the end of a turn


sub new {
    my ($class, $t) = @_;
    my $shim = $t->build_dir . '/bench/turns.so';

    die "$shim is not built: make benches\n" unless -e $shim;

    return bless { t => $t, shim => $shim }, $class;
}


sub run {
    my ($self) = @_;
    my $t = $self->{t};

    local $ENV{LD_PRELOAD} = $self->{shim};
    local $ENV{HPF_TURNS} = $t->path('turns');

    $t->run->wait_ready;

    return $self;
}


sub file {
    my ($self) = @_;
    my ($worker) = $self->{t}->workers;

    if (!$self->{worker} || $self->{worker} != $worker) {
        my $name = $self->{t}->path("turns.$worker");

        open my $f, '<:raw', $name or die "cannot open $name: $!\n";
        @$self{qw/ worker file /} = ($worker, $f);
    }

    return $self->{file};
}


sub bytes {
    my ($self, $at, $n) = @_;
    my $f = $self->file;

    sysseek $f, $at, 0 or die "seek: $!\n";
    (sysread($f, my $bytes, $n) || 0) == $n or die "the turns are cut off\n";

    return $bytes;
}


# how many have ended, none being under way

sub count {
    my ($self) = @_;
    my $end = time + $WAIT;

    while (time < $end) {
        my ($count, $busy) = unpack 'QQ', $self->bytes(0, $HEAD);
        return $count unless $busy;
        sleep 0.0002;
    }

    die "a turn does not end\n";
}


sub of {
    my ($self, $do) = @_;
    my $from = $self->count;
    my $worker = $self->{worker};

    $do->();

    my $to = $self->count;

    # the first turn of another worker is the rest of its start

    $from = 1 if $worker != $self->{worker};

    die "more turns than are kept\n" if $to - $from > $RING;

    return map {
        my ($cpu, $wall, $events)
            = unpack 'L3', $self->bytes($HEAD + $_ % $RING * $SIZE, $SIZE);
        [ $cpu / 1000, $wall / 1000, $events ];
    } $from .. $to - 1;
}


sub sum {
    my ($self, @turns) = @_;
    my @cpu = sort { $a->[0] <=> $b->[0] } @turns;
    my @wall = sort { $a <=> $b } map { $_->[1] } @turns;

    return { n => 0, map { $_ => 0 } qw/ median most wall events over1 over2 / }
        unless @turns;

    return {
        n => scalar @turns,
        median => $cpu[ @cpu / 2 ][0],
        most => $cpu[-1][0],
        events => $cpu[-1][2],
        wall => $wall[-1],
        over1 => scalar(grep { $_->[0] > 1000 } @turns),
        over2 => scalar(grep { $_->[0] > 2000 } @turns),
    };
}


1;
