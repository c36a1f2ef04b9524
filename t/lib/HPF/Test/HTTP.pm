package HPF::Test::HTTP;

# A small HTTP/1.1 client for tests: says exactly what it is told to say.
#
#   my $c = HPF::Test::HTTP->connect("127.0.0.1:8080");    or "unix:/path"
#   my $r = $c->request('POST', '/v1/x', body => {a => 1}, headers => [...]);
#   $c->send($bytes); $r = $c->response; $c->pipeline(\@raw); $c->closed;
#
#   $r->status  $r->header('Name')  $r->headers('Name')  $r->body
#   $r->json  $r->code (of a problem document)  $r->raw  $r->head

use warnings;
use strict;

use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP ();
use Socket qw/ MSG_NOSIGNAL SHUT_WR SOL_SOCKET SO_LINGER IPPROTO_TCP
               TCP_NODELAY /;
use Time::HiRes qw/ time /;

our $TIMEOUT = 30;


sub connect {
    my ($class, $addr, %opts) = @_;
    my $s;

    if ($addr =~ /^unix:(.+)/) {
        $s = IO::Socket::UNIX->new(Peer => $1);

    } else {
        $s = IO::Socket::INET->new(Proto => 'tcp', PeerAddr => $addr,
                                   Timeout => $opts{timeout} || $TIMEOUT);
    }

    die "cannot connect to $addr: $!\n" unless $s;

    $s->blocking(0);
    $s->autoflush(1);
    setsockopt($s, IPPROTO_TCP, TCP_NODELAY, 1) if $addr !~ /^unix:/;

    return bless {
        s => $s, buf => '', eof => 0,
        host => $addr =~ /^unix:/ ? 'localhost' : $addr,
        timeout => $opts{timeout} || $TIMEOUT,
    }, $class;
}


sub socket { $_[0]{s} }


# the bytes of a request; a body that is a reference is sent as JSON

sub build {
    my ($self, $method, $path, %opts) = @_;
    my @headers = @{ $opts{headers} || [] };
    my ($body, $out) = ($opts{body}, '');
    my %seen;

    if (ref $body) {
        $body = JSON::PP->new->utf8->canonical->encode($body);
        push @headers, 'Content-Type', 'application/json'
            unless grep { lc $_ eq 'content-type' } @headers;
    }

    for (my $i = 0; $i < @headers; $i += 2) {
        $seen{lc $headers[$i]} = 1;
        $out .= "$headers[$i]: $headers[$i + 1]\r\n";
    }

    $out = "Host: " . ($opts{host} || $self->{host}) . "\r\n$out"
        unless $seen{host};

    if (defined $body && !$seen{'content-length'}
        && !$seen{'transfer-encoding'})
    {
        $out .= "Content-Length: " . length($body) . "\r\n";
    }

    return "$method $path HTTP/1.1\r\n$out\r\n" . (defined $body ? $body : '');
}


sub request {
    my ($self, $method, $path, %opts) = @_;

    $self->send($self->build($method, $path, %opts));

    return $self->response(method => $method);
}


sub get  { my $self = shift; return $self->request('GET', @_) }


sub post {
    my ($self, $path, $body, %opts) = @_;
    return $self->request('POST', $path, %opts, body => $body);
}


sub send {
    my ($self, $data) = @_;
    my $deadline = time + $self->{timeout};
    my $sel = IO::Select->new($self->{s});

    while (length $data) {
        my $n = send($self->{s}, $data, MSG_NOSIGNAL);

        if (defined $n) {
            substr($data, 0, $n, '');
            next;
        }

        return 0 unless $!{EAGAIN} || $!{EINTR};

        my $left = $deadline - time;
        return 0 if $left <= 0;
        $sel->can_write($left);
    }

    return 1;
}


# all requests in one write, then as many responses

sub pipeline {
    my ($self, @raw) = @_;

    $self->send(join '', @raw);

    return map { $self->response(method => /^(\S+)/ ? $1 : 'GET') } @raw;
}


sub shutdown { shutdown($_[0]{s}, SHUT_WR) }
sub close { close $_[0]{s}; $_[0]{eof} = 1 }


# a reset instead of an orderly end

sub abort {
    my ($self) = @_;

    setsockopt($self->{s}, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0));
    $self->close;
}


# more bytes into the buffer; false at the end or when time is over

sub fill {
    my ($self, $deadline) = @_;

    return 0 if $self->{eof};

    while (1) {
        my $n = sysread($self->{s}, $self->{buf}, 65536,
                        length $self->{buf});

        return 1 if $n;

        if (defined $n) {
            $self->{eof} = 1;
            return 0;
        }

        if (!$!{EAGAIN} && !$!{EINTR}) {
            $self->{eof} = 1;
            return 0;
        }

        my $left = $deadline - time;
        return 0 if $left <= 0;
        IO::Select->new($self->{s})->can_read($left);
    }
}


# whether the peer has closed (waits for it)

sub closed {
    my ($self, $timeout) = @_;
    my $deadline = time + ($timeout || $self->{timeout});

    1 while $self->fill($deadline);

    return $self->{eof};
}


sub line {
    my ($self, $deadline) = @_;

    while (1) {
        return $1 if $self->{buf} =~ s/\A([^\n]*?)\r?\n//;
        $self->fill($deadline) or return;
    }
}


sub bytes {
    my ($self, $n, $deadline) = @_;

    while (length $self->{buf} < $n) {
        $self->fill($deadline) or last;
    }

    return substr($self->{buf}, 0, $n, '');
}


sub chunked {
    my ($self, $r, $deadline) = @_;

    while (1) {
        my $line = $self->line($deadline);
        return unless defined $line && $line =~ /^([0-9a-f]+)/i;

        my $size = hex $1;
        last if $size == 0;

        $r->{body} .= $self->bytes($size, $deadline);
        $self->line($deadline);
        $r->{chunks}++;
    }

    while (defined(my $line = $self->line($deadline))) {
        if ($line eq '') {
            $r->{complete} = 1;
            return;
        }
    }
}


# the next response, undef when there is none

sub response {
    my ($self, %opts) = @_;
    my $deadline = time + ($opts{timeout} || $self->{timeout});
    my $method = $opts{method} || 'GET';

    while (1) {
        my $r = bless {
            status => 0, head => '', headers => {}, body => '', chunks => 0,
            complete => 0,
        }, 'HPF::Test::Response';

        my $line = $self->line($deadline);
        return unless defined $line;

        $r->{head} = "$line\r\n";
        $r->{status} = $1 if $line =~ m|^HTTP/1\.\d (\d{3})|;

        while (defined($line = $self->line($deadline)) && $line ne '') {
            $r->{head} .= "$line\r\n";
            push @{ $r->{headers}{lc $1} }, $2
                if $line =~ /^([^:\s]+):\s*(.*?)\s*$/;
        }

        next if $r->{status} >= 100 && $r->{status} < 200
                && $r->{status} != 101;

        if ($method eq 'HEAD' || $r->{status} == 204 || $r->{status} == 304) {
            $r->{complete} = 1;

        } elsif (lc($r->header('transfer-encoding') || '') eq 'chunked') {
            $self->chunked($r, $deadline);

        } elsif (defined(my $n = $r->header('content-length'))) {
            $r->{body} = $self->bytes($n, $deadline);
            $r->{complete} = length $r->{body} == $n;

        } else {
            1 while $self->fill($deadline);
            $r->{body} = $self->{buf};
            $r->{complete} = $self->{eof};
            $self->{buf} = '';
        }

        return $r;
    }
}


package HPF::Test::Response;

use warnings;
use strict;


sub status   { $_[0]{status} }
sub head     { $_[0]{head} }
sub body     { $_[0]{body} }
sub chunks   { $_[0]{chunks} }
sub complete { $_[0]{complete} }
sub raw      { $_[0]{head} . "\r\n" . $_[0]{body} }
sub headers  { @{ $_[0]{headers}{lc $_[1]} || [] } }


sub header {
    my ($self, $name) = @_;
    my $values = $self->{headers}{lc $name};

    return $values ? join(', ', @$values) : undef;
}


# the body as data, undef when it is no JSON

sub json {
    my ($self) = @_;
    return scalar eval { JSON::PP->new->utf8->decode($self->{body}) };
}


# the code of a problem document, '' when it is none

sub code {
    my ($self) = @_;

    return '' unless ($self->header('content-type') || '')
                     =~ m|^application/problem\+json|;

    my $json = $self->json;

    return ref $json eq 'HASH' && $json->{code} || '';
}


1;
