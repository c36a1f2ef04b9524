package HPF::Bench::Renewal;

# What happens to a running gateway beside requests, for bench/identity: keys,
# lists and sets of keys that are replaced, sessions of which there are many,
# and the seal that is renewed.
#
#   my $renewal = HPF::Bench::Renewal->new($login);
#   for my $event ($renewal->events) {    [ NAME, CODE ]
#       my $do = $event->[1]->();         what is not measured,
#       $do->();                          and what is
#   }
#
# The last one takes the worker's place: the file of another configuration.

use warnings;
use strict;

use HPF::Bench::Crl;
use HPF::Test;
use HPF::Test::Sign qw/ key_pair /;

my $ENTRIES = 1_000_000;
my $SESSIONS = 1000;
my $LONG = 60;                         # s until a list has been read


sub new {
    my ($class, $login, %o) = @_;

    return bless {
        login => $login, t => $login->{t},
        entries => $o{entries} || $ENTRIES,
        sessions => $o{sessions} || $SESSIONS,
    }, $class;
}


# does it, and meanwhile something else, until the log has a line more

sub until_log {
    my ($self, $re, $do, $meanwhile) = @_;
    my $t = $self->{t};
    my $before = () = $t->log_text =~ /$re/g;

    $do->();

    $t->wait_for(sub {
        $meanwhile->() if $meanwhile;
        return $before < (() = $t->log_text =~ /$re/g);
    }, $LONG) or die "not in the log: $re\n" . $t->log_text;
}


# a list of the first authority in the place of its own, and log-ins meanwhile

sub lists {
    my ($self, $re, $of, $meanwhile) = @_;
    my ($login, $t) = @$self{qw/ login t /};
    my $ca = $t->path('secrets/ca-ec');
    my $text = $t->read_file('secrets/ca/crl.pem');
    my $old = $t->read_file('secrets/ca-ec/issuing.crl');

    my $new = crl_of($old, key => "$ca/issuing.key", %$of);
    $text =~ s/\Q$self->{list}\E/$new/ if $self->{list};
    $text =~ s/\Q$old\E/$new/ unless $self->{list};
    $self->{list} = $new;

    $t->write_file('secrets/ca/next.pem', $text);

    my $c = client(8080);

    return sub {
        $self->until_log($re, sub {
            rename $t->path('secrets/ca/next.pem'),
                   $t->path('secrets/ca/crl.pem') or die "rename: $!\n";
        }, $meanwhile && sub {
            my $r = $login->enter($login->{person},
                                  $login->cert('ec', 'login'))->($c);
            die 'a log-in: ' . $r->raw . "\n" if $r->status != 201;
        });
    };
}


sub keys_of_channel {
    my ($self, $name, $alg) = @_;
    my $t = $self->{t};

    key_pair($t->path("keys/new-$name"), $alg);

    return sub {
        $self->until_log(qr/"by-$name:1" was read/, sub {
            rename $t->path("keys/new-$name.pub"), $t->path("keys/$name.pub")
                or die "rename: $!\n";
        });
    };
}


sub keys_of_provider {
    my ($self) = @_;
    my ($idp, $t) = ($self->{login}{idp}, $self->{t});
    my @names = map { "more-$_" } 1 .. 7;

    $idp->key($_, 'RS256') for @names;
    $t->write_file('next.json',
                   $idp->jwks(@names, qw/ RS256 ES256 SM2 /));

    return sub {
        $self->until_log(qr/new keys of "gov"/, sub {
            rename $t->path('next.json'), $t->path('jwks.json')
                or die "rename: $!\n";
        });
    };
}


# many sessions of one user; the token of the last one

sub many_sessions {
    my ($self) = @_;
    my $login = $self->{login};
    my $c = client(8080);

    my $enter = $login->post('/v1/sessions', {
        factors => [ { factor => 'binding', subject => 'openid-1' } ],
    }, channel => 'wechat');

    # each request is signed by itself

    $enter->($c) for 2 .. $self->{sessions};

    return $login->session;
}


sub call_sessions {
    my ($self, $method, $path, $status, $n) = @_;
    my $t = $self->{t};
    my $token = $self->many_sessions;

    return sub {
        my $r = $t->call($method, $path, token => $token, channel => 'wechat',
                         timeout => 60);

        die "$path: " . $r->raw . "\n" if $r->status != $status;
        die "$path: not all sessions\n"
            if $n && @{ $r->json->{sessions} } < $n;
    };
}


# another key for the seal: the whole store is gone through

sub seal {
    my ($self) = @_;
    my $t = $self->{t};

    $t->secret('secrets/seal.key.2');

    # what was left by measurements before would be looked at for minutes

    $t->forget($_) for 'hpf:{n:*', 'hpf:{s:*', 'hpf:idle:*';

    return sub {
        $t->gateway_conf($self->{login}->conf(
            'hpf_seal sm4-ctr-hmac-sm3 key=2;'));
        $t->redis('DEL', 'hpf:cfg:reseal');
        $t->reload(wait_old => 1);
        $t->wait_log(qr/all is sealed with key 2/, $LONG)
            or die "the seal is not renewed\n";
    };
}


sub events {
    my ($self) = @_;
    my $read = qr/read again/;
    my $n = $self->{entries};

    return (
        [ "list of $n entries read, log-ins by cert",
          sub { $self->lists($read, { entries => $n }, 1) } ],
        [ 'and another one in its place',
          sub { $self->lists($read, { entries => $n }, 1) } ],
        [ 'list that has ended, in its place',
          sub { $self->lists(qr/is stale/, { ended => 1 }) } ],
        [ 'key of a channel, ECDSA P-256',
          sub { $self->keys_of_channel('ecdsa', 'ecdsa-p256-sha256') } ],
        [ 'key of a channel, RSA 2048',
          sub { $self->keys_of_channel('rsa', 'rsa-v1_5-sha256') } ],
        [ 'key of a channel, SM2',
          sub { $self->keys_of_channel('sm2', 'sm2-sm3') } ],
        [ 'ten keys of a provider', sub { $self->keys_of_provider } ],
        [ "list of $self->{sessions} sessions",
          sub { $self->call_sessions('GET', '/v1/sessions', 200,
                                     $self->{sessions}) } ],
        [ 'end of all of them',
          sub { $self->call_sessions('DELETE', '/v1/session/all', 204) } ],
        [ 'the seal is renewed', sub { $self->seal } ],
    );
}


1;
