package HPF::Test::Proxy;

# Something between the gateway and Redis that does what networks do.
#
#   my $proxy = HPF::Test::Proxy->start($t);   before the gateway, behind Redis
#   $t->gateway(redis => $proxy->url);
#   $proxy->fault('latency', 20);
#   $proxy->fault('none');
#
# Faults hold for all connections until another is set; it is in force when
# fault() returns.
#
#   none
#   latency MS    each way
#   refuse        no connection is accepted, those that are end
#   hole          all is swallowed, new connections are accepted
#   reset N       a connection is reset behind the Nth byte of answers
#   slice         one byte at a time
#   garbage       answers are random bytes
#   flip          one bit of each piece of answers is another
#   text TEXT     each answer is these bytes, \r and \n as in Perl
#   kill          all connections end, once
#
# "text" is for links that take commands: the first two answers of a
# connection, its greeting, come from Redis, and so does what a feed hears.

use warnings;
use strict;

use Errno qw/ EAGAIN EINPROGRESS /;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Socket qw/ SOL_SOCKET SO_LINGER TCP_NODELAY IPPROTO_TCP /;
use Time::HiRes qw/ time /;

my $GREETING = 2;
my $PIECES = 50;        # at a time, so that others get their turn


sub start {
    my ($class, $t) = @_;
    my $self = bless { port => HPF::Test::port('proxy') }, $class;
    my $redis = $t->redis_addr =~ s/^unix://r;

    pipe(my $in, $self->{say}) or die "no pipe: $!\n";
    pipe($self->{hear}, my $out) or die "no pipe: $!\n";

    $self->{say}->autoflush(1);
    $out->autoflush(1);

    $t->spawn('proxy', 'KILL', sub {
        run({ port => $self->{port}, redis => $redis, in => $in,
              out => $out, fault => 'none', arg => '' });
    });

    close $in;
    close $out;

    $self->fault('none');

    return $self;
}


sub url { "redis://127.0.0.1:$_[0]{port}" }


sub fault {
    my ($self, $fault, $arg) = @_;

    $arg = '' unless defined $arg;
    print { $self->{say} } unpack('H*', "$fault $arg"), "\n";

    readline($self->{hear}) or die "the proxy has died\n";
}


# from here on in a process of its own

sub run {
    my ($p) = @_;

    $SIG{PIPE} = 'IGNORE';
    listen_there($p);

    for ( ;; ) {
        my $r = IO::Select->new($p->{in}, $p->{listen} || ());
        my $w = IO::Select->new;

        for my $c (@{ $p->{conns} }) {
            for my $side (@$c{qw/ client server /}) {
                $r->add($side->{s});
                $w->add($side->{s}) if pending($side);
            }
        }

        my ($readable, $writable) = IO::Select->select($r, $w, undef, 0.002);
        my %ready = map { $_ => 1 } @{ $readable || [] };

        hear($p) if $ready{ $p->{in} };
        take($p) if $p->{listen} && $ready{ $p->{listen} };

        for my $c (@{ $p->{conns} }) {
            carry($p, $c, $c->{client}, $c->{server})
                if $ready{ $c->{client}{s} };
            carry($p, $c, $c->{server}, $c->{client})
                if $ready{ $c->{server}{s} };
            deliver($p, $c, $c->{$_}) for qw/ client server /;
        }

        $p->{conns} = [ grep { !$_->{ended} } @{ $p->{conns} } ];
    }
}


sub listen_there {
    my ($p) = @_;

    $p->{listen} ||= IO::Socket::INET->new(
        Listen => 64, ReuseAddr => 1, Proto => 'tcp',
        LocalAddr => "127.0.0.1:$p->{port}",
    ) or die "the proxy cannot listen: $!\n";
}


sub hear {
    my ($p) = @_;

    $p->{said} = '' unless defined $p->{said};

    sysread($p->{in}, $p->{said}, 65536, length $p->{said}) or exit 0;
    $p->{said} =~ s/^(.*)\n// or return;

    my ($fault, $arg) = split / /, pack('H*', $1), 2;

    @$p{qw/ fault arg /} = ($fault, $arg);

    if ($fault eq 'refuse') {
        close delete $p->{listen};

    } else {
        listen_there($p);
    }

    # bytes that were swallowed or changed are missed by both ends

    if ($fault =~ /^(?:refuse|kill)$/) {
        end($_) for @{ $p->{conns} };
        $p->{conns} = [];
    }

    for my $c (@{ $p->{conns} }) {
        $c->{bytes} = 0;
        end($c) if $c->{damaged};
    }

    $p->{conns} = [ grep { !$_->{ended} } @{ $p->{conns} } ];

    print { $p->{out} } "ok\n";
}


sub take {
    my ($p) = @_;
    my $client = $p->{listen}->accept or return;
    my $server = IO::Socket::UNIX->new(Peer => $p->{redis});

    if (!$server) {
        close $client;
        return;
    }

    setsockopt($client, IPPROTO_TCP, TCP_NODELAY, 1);
    $_->blocking(0) for $client, $server;

    push @{ $p->{conns} }, {
        client => { s => $client, out => [] },
        server => { s => $server, out => [] },
        bytes => 0, answers => 0, rest => '', feed => 0,
    };
}


sub end {
    my ($c, $reset) = @_;

    setsockopt($c->{client}{s}, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0))
        if $reset;

    close $c->{$_}{s} for qw/ client server /;
    $c->{ended} = 1;
}


# what one side has said, on its way to the other

sub carry {
    my ($p, $c, $from, $to) = @_;

    return if $c->{ended};

    my $n = sysread($from->{s}, my $data, 65536);

    return if !defined $n && $! == EAGAIN;
    return end($c) unless $n;

    $c->{feed} = 1 if $data =~ /hpf-feed/;

    $data = damage($p, $c, $data) if $from == $c->{server};

    if ($p->{fault} eq 'hole') {
        $c->{damaged} = 1;
        return;
    }

    my $at = time + ($p->{fault} eq 'latency' ? $p->{arg} / 1000 : 0);

    push @{ $to->{out} }, [ $at, $data ] if length $data;
}


sub damage {
    my ($p, $c, $data) = @_;
    my $fault = $p->{fault};

    if ($fault eq 'garbage') {
        $c->{damaged} = 1;
        return join '', map { chr int rand 256 } 1 .. length $data;
    }

    if ($fault eq 'flip') {
        my $at = int rand length $data;

        $c->{damaged} = 1;
        substr($data, $at, 1) ^= chr(1 << int rand 8);
        return $data;
    }

    return $data if $c->{feed};

    my $out = '';

    $c->{rest} .= $data;

    while (my $n = whole($c->{rest}, 0)) {
        my $answer = substr($c->{rest}, 0, $n, '');

        $answer = $p->{arg}
            if $c->{answers}++ >= $GREETING && $fault eq 'text';
        $out .= $answer;
    }

    return $out;
}


# the end of an answer that begins at $at; 0: it is not all there

sub whole {
    my ($text, $at) = @_;
    my $end = index($text, "\r\n", $at);

    return 0 if $end < 0;

    my ($type, $n) = (substr($text, $at, 1), substr($text, $at + 1,
                                                     $end - $at - 1));
    $end += 2;

    return $end if $type =~ /[-+:]/ || $n < 0;

    if ($type eq '$') {
        $end += $n + 2;
        return $end <= length $text ? $end : 0;
    }

    for (1 .. $n) {
        $end = whole($text, $end) or return 0;
    }

    return $end;
}


sub pending {
    my ($side) = @_;
    return @{ $side->{out} } && $side->{out}[0][0] <= time;
}


sub deliver {
    my ($p, $c, $side) = @_;
    my $pieces = 0;

    while (!$c->{ended} && pending($side)) {
        my $data = \$side->{out}[0][1];
        my $n = length $$data;

        $n = 1 if $p->{fault} eq 'slice';

        if ($p->{fault} eq 'reset' && $side == $c->{client}) {
            my $left = $p->{arg} - $c->{bytes};

            return end($c, 1) if $left <= 0;
            $n = $left if $left < $n;
        }

        $n = syswrite($side->{s}, $$data, $n);

        return if !defined $n && $! == EAGAIN;
        return end($c) unless $n;

        $c->{bytes} += $n if $side == $c->{client};

        substr($$data, 0, $n, '');
        shift @{ $side->{out} } unless length $$data;

        return if $p->{fault} eq 'slice' && ++$pieces == $PIECES;
    }
}


1;
