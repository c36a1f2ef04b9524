package HPF::Test::Redis;

# A RESP2 client in a few lines.
#
#   my $redis = HPF::Test::Redis->connect("unix:/path");      or host:port
#   $redis->cmd('SET', 'k', 'v');       dies with what an error reply says
#
# Integers and strings are scalars, nil is undef, arrays are references.

use warnings;
use strict;

use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Time::HiRes qw/ time /;

our $TIMEOUT = 30;


sub connect {
    my ($class, $addr) = @_;

    my $s = $addr =~ /^unix:(.+)/
            ? IO::Socket::UNIX->new(Peer => $1)
            : IO::Socket::INET->new(Proto => 'tcp', PeerAddr => $addr);

    die "cannot connect to redis at $addr: $!\n" unless $s;

    $s->autoflush(1);

    return bless { s => $s, buf => '' }, $class;
}


sub cmd {
    my ($self, @args) = @_;

    $self->send(@args);

    return $self->reply;
}


sub send {
    my ($self, @args) = @_;
    my $out = '*' . scalar(@args) . "\r\n";

    local $SIG{PIPE} = 'IGNORE';

    for my $arg (@args) {
        utf8::encode($arg) if utf8::is_utf8($arg);
        $out .= '$' . length($arg) . "\r\n$arg\r\n";
    }

    print { $self->{s} } $out or die "redis: cannot send: $!\n";
}


sub fill {
    my ($self, $deadline) = @_;
    my $left = $deadline - time;

    die "redis: no reply in time\n"
        if $left <= 0 || !IO::Select->new($self->{s})->can_read($left);

    sysread($self->{s}, $self->{buf}, 65536, length $self->{buf})
        or die "redis: connection closed\n";
}


sub reply {
    my ($self, $timeout) = @_;
    my $deadline = time + ($timeout || $TIMEOUT);

    $self->fill($deadline) until $self->{buf} =~ /\r\n/;

    my ($type, $value) = $self->{buf} =~ /\A(.)([^\r]*)\r\n/;
    substr($self->{buf}, 0, 3 + length $value, '');

    die "redis: $value\n" if $type eq '-';
    return $value if $type eq '+' || $type eq ':';

    if ($type eq '*') {
        return undef if $value < 0;
        return [ map { scalar $self->reply($timeout) } 1 .. $value ];
    }

    die "redis: unknown reply type \"$type\"\n" if $type ne '$';
    return undef if $value < 0;

    while (length $self->{buf} < $value + 2) {
        $self->fill($deadline);
    }

    my $string = substr($self->{buf}, 0, $value + 2, '');

    return substr($string, 0, $value);
}


1;
