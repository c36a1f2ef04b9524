package HPF::Bench::LogIn;

# Ways to say who one is, for bench/identity: a gateway of one worker, and for
# each way code that makes what is sent and code that sends it.
#
#   my $login = HPF::Bench::LogIn->new($t);
#   $login->parts;                      what gateway() gets, and files for it;
#                                       conf(MORE): that again, and more
#   $login->prepare;                    users and what they log in with
#   for my $way ($login->ways) {        [ NAME, STATUS, CODE, %o ]
#       my $send = $way->[2]->();       what is not measured,
#       my $r = $send->($client);       and what is: the response
#   }
#
# %o: most => how often at most, since it uses up people; burst => 1: good for
# several clients at a time.

use warnings;
use strict;

use File::Path qw/ mkpath /;

use HPF::Test;
use HPF::Test::Sign qw/ key_pair /;
use HPF::Test::Token;

my $PASSWORD = 'correct horse 7 battery';
my @CERTS = ([ ec => 'ECDSA P-256' ], [ rsa => 'RSA 2048' ],
             [ rsa4096 => 'RSA 4096' ], [ sm2 => 'SM2' ]);
my @TOKENS = qw/ RS256 ES256 SM2 /;
my %CHANNEL = (
    hmac => 'hmac-sha256',
    ecdsa => 'ecdsa-p256-sha256',
    rsa => 'rsa-v1_5-sha256',
    sm2 => 'sm2-sm3',
);
my $NEW = 20;                          # people from here on are strangers


sub new {
    my ($class, $t) = @_;

    return bless {
        t => $t, new => $NEW, tokens => 0,
        idp => HPF::Test::Token->new($t->path('idp')),
    }, $class;
}


sub parts {
    my ($self) = @_;

    $self->files;

    return $self->conf('');
}


sub files {
    my ($self) = @_;
    my $t = $self->{t};

    mkpath($t->path('keys'));
    $self->authorities;

    $self->{idp}->key($_, $_) for @TOKENS;
    $t->write_file('jwks.json', $self->{idp}->jwks(@TOKENS));

    for my $name (keys %CHANNEL) {
        $name eq 'hmac' ? $t->secret("keys/$name.pub")
                        : key_pair($t->path("keys/$name"), $CHANNEL{$name});
    }
}


# what gateway() gets, and gateway_conf() before a reload

sub conf {
    my ($self, $more) = @_;
    my $t = $self->{t};

    my $channels = join '', map {
        "hpf_channel by-$_ { name $_; kind signed; key 1 "
        . $t->path("keys/$_.pub") . " $CHANNEL{$_}; }\n"
    } sort keys %CHANNEL;

    return (workers => 1, edit => \&edit, http => <<"EOF_HTTP");
    hpf_lock user=1000000 total=1000000 address=1000000 prefix=1000000;

    hpf_identity_provider gov {
        issuer https://idp.example;
        audience hpf;
        channel app;
        algorithm RS256 ES256 SM2;
        claims id_no name;
        level acr real=2;
        keys file @{[ $t->path('jwks.json') ]};
    }

    $channels
    $more
EOF_HTTP
}


# nothing is limited

sub edit {
    my ($conf) = @_;

    my $n = 1000000;

    return $conf =~ s/rate=\d+r\/s( burst=\d+)?/rate=${n}r\/s burst=$n/gr
                 =~ s/keepalive_requests \d+/keepalive_requests 1000000/r
                 =~ s/ info;/ notice;/r;
}


# one authority for each kind of keys; the gateway knows them all

sub authorities {
    my ($self) = @_;
    my $t = $self->{t};
    my ($authorities, $lists) = ('', '');

    for my $kind (map { $_->[0] } @CERTS) {
        $t->{ca} = $t->path("secrets/ca-$kind");

        local $ENV{HPF_CA_KEYS} = $kind;
        $t->demo_ca('init');

        $authorities .= $t->read_file("secrets/ca-$kind/ca.pem");
        $lists .= $t->read_file("secrets/ca-$kind/crl.pem");
    }

    $t->{ca} = $t->path('secrets/ca');
    $t->write_file('secrets/ca/ca.pem', $authorities);
    $t->write_file('secrets/ca/crl.pem', $lists);
}


sub in_ca {
    my ($self, $kind, @command) = @_;

    local $self->{t}{ca} = $self->{t}->path("secrets/ca-$kind");
    return $self->{t}->demo_ca(@command);
}


sub prepare {
    my ($self) = @_;
    my $t = $self->{t};

    @$self{qw/ person plain nobody /} = map { $t->person($_) } 0 .. 2;

    my $token = $self->{token} = $t->enter($self->{person});
    $t->register($self->{plain});

    $self->ok(PUT => '/v1/session/password', token => $token,
              body => { password => $PASSWORD });
    $self->ok(PUT => '/v1/session/bindings/wechat', token => $token,
              channel => 'wechat', body => { subject => 'openid-1' });

    for my $kind (map { $_->[0] } @CERTS) {
        $self->in_ca($kind, 'issue', 'user', $self->{person}{id_no});

        my %factor = %{ $self->cert($kind, 'bind') };
        delete $factor{factor};

        $self->ok(POST => '/v1/session/certificates', token => $token,
                  body => \%factor);
    }
}


sub ok {
    my ($self, $method, $path, %o) = @_;
    my $r = $self->{t}->call($method, $path, %o);

    die "$path: " . $r->raw . "\n" if $r->status >= 300;

    return $r;
}


# factors

sub sms {
    my ($self, $person, $purpose) = @_;
    my ($id, $code) = $self->{t}->challenge($person->{mobile}, $purpose);

    return { factor => 'sms', challenge_id => $id, code => $code };
}


sub password {
    my ($self, $text) = @_;
    return { factor => 'password', password => $text };
}


sub cert {
    my ($self, $kind, $purpose) = @_;
    my ($id, $text) = $self->{t}->cert_challenge($purpose);

    return {
        factor => 'cert', challenge_id => $id,
        certificate => $self->{t}->read_file("secrets/ca-$kind/user.pem"),
        signature => $self->in_ca($kind, 'sign', 'user', $text),
    };
}


# a session of level 1, without much ado

sub session {
    my ($self) = @_;

    return $self->ok(POST => '/v1/sessions', channel => 'wechat', body => {
        factors => [ { factor => 'binding', subject => 'openid-1' } ],
    })->json->{token};
}


# what is sent, as code that sends it

sub post {
    my ($self, $path, $body, %o) = @_;
    return sub { $self->{t}->call('POST', $path, body => $body, %o,
                                  client => $_[0]) };
}


sub enter {
    my ($self, $person, @factors) = @_;

    return $self->post('/v1/sessions', {
        user => { id_no => $person->{id_no} }, factors => \@factors });
}


sub register {
    my ($self, @more) = @_;
    my $person = $self->{t}->person($self->{new}++);

    return $self->post('/v1/users', {
        user_type => 'individual',
        map({ $_ => $person->{$_} } qw/ name id_no mobile /),
        factors => [ $self->sms($person, 'register'), @more ],
    });
}


sub assertion {
    my ($self, $alg) = @_;

    my $token = $self->{idp}->token($alg, {
        iss => 'https://idp.example', aud => 'hpf', iat => time,
        exp => time + 300, jti => "$$-" . ++$self->{tokens}, acr => 'real',
        id_no => $self->{person}{id_no}, name => $self->{person}{name},
    });

    return $self->post('/v1/sessions', {
        assertion => { provider => 'gov', token => $token } });
}


sub ticket {
    my ($self) = @_;

    my $r = $self->ok(POST => '/v1/session/tickets', token => $self->{token},
                      body => { channel => 'hall' });

    return $self->post('/v1/sessions', { ticket => $r->json->{ticket} },
                       channel => 'hall');
}


# a call of a signed channel; with a body it is a form of 60 KiB

sub call {
    my ($self, $name, $long) = @_;
    my $t = $self->{t};

    my ($method, $path, $body) = $long
        ? ('POST', '/v1/sessions', '{"x":"' . 'x' x 60000 . '"}')
        : ('GET', '/v1/channels');

    my @headers = sign_request(
        method => $method, path => $path, body => $body,
        headers => [ $body ? ('Content-Type' => 'application/json') : () ],
        authority => '127.0.0.1:' . port(8080), keyid => "by-$name:1",
        alg => $CHANNEL{$name},
        $name eq 'hmac'
            ? (key => MIME::Base64::decode_base64(
                          $t->read_file("keys/$name.pub")))
            : (pem => $t->path("keys/$name.pem")),
    );

    return sub { $_[0]->request($method, $path, headers => \@headers,
                                body => $body) };
}


sub ways {
    my ($self) = @_;
    my ($one, $plain, $nobody) = @$self{qw/ person plain nobody /};
    my $id_card = { factor => 'id-card' };

    return (
        [ 'registration, sms and id-card', 201,
          sub { $self->register($id_card) }, most => 40 ],
        [ 'registration, sms and password', 201,
          sub { $self->register($self->password($PASSWORD)) }, most => 20 ],
        [ 'sms', 201,
          sub { $self->enter($one, $self->sms($one, 'login')) } ],
        [ 'sms and id-card', 201,
          sub { $self->enter($one, $self->sms($one, 'login'), $id_card) } ],
        [ 'password', 201,
          sub { $self->enter($one, $self->password($PASSWORD)) },
          burst => 1, most => 60 ],
        [ 'password, a wrong one', 401,
          sub { $self->enter($one, $self->password("$PASSWORD!")) },
          most => 30 ],
        [ 'password, who has none', 401,
          sub { $self->enter($plain, $self->password($PASSWORD)) },
          most => 30 ],
        [ 'password, who is not there', 401,
          sub { $self->enter($nobody, $self->password($PASSWORD)) },
          most => 30 ],
        [ 'binding', 201, sub {
            $self->post('/v1/sessions', {
                factors => [ { factor => 'binding', subject => 'openid-1' } ],
            }, channel => 'wechat');
          }, burst => 1 ],
        (map {
            my ($kind, $name) = @$_;
            [ "cert, $name", 201,
              sub { $self->enter($one, $self->cert($kind, 'login')) },
              burst => 1 ];
        } @CERTS),
        (map { my $alg = $_; [ "provider, $alg", 201,
                               sub { $self->assertion($alg) }, burst => 1 ];
        } @TOKENS),
        [ 'ticket', 201, sub { $self->ticket } ],
        [ 'step-up, id-card', 200, sub {
            $self->post('/v1/session/factors', { factors => [ $id_card ] },
                        channel => 'wechat', token => $self->session);
          } ],
        (map { my $name = $_; [ "signed, $CHANNEL{$_}", 200,
                                sub { $self->call($name) }, burst => 1 ];
        } sort keys %CHANNEL),
        [ 'signed, hmac-sha256, 60 KiB', 422, sub { $self->call('hmac', 1) } ],
    );
}


1;
