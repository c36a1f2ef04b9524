package HPF::Test::Cert;

# Certificates of users in a test, made with tools/demo-ca.  These are methods
# of HPF::Test.
#
# ca(KIND): an authority in secrets/ca; what gateway(ca => KIND) does
# demo_ca(COMMAND, ARGS...): another command of tools/demo-ca, as "revoke"
# user_cert(NAME, NUMBER): a certificate of that name, in PEM
# cert_challenge(PURPOSE, %o): (challenge_id, text to sign)
# cert_factor(NAME, PURPOSE): the factor, with a challenge of its own
# cert_sign(NAME, TEXT): a signature in base64

use warnings;
use strict;

use File::Path qw/ mkpath /;


sub ca {
    my ($self, $kind) = @_;

    mkpath($self->path('secrets'));
    $self->{ca} = $self->path('secrets/ca');

    local $ENV{HPF_CA_KEYS} = $kind;
    $self->demo_ca('init');

    return $self;
}


sub demo_ca {
    my ($self, $command, @args) = @_;

    open my $out, '-|', $self->root . '/tools/demo-ca', $command, $self->{ca},
                        @args or die "cannot run tools/demo-ca: $!\n";
    my $text = join '', <$out>;

    close $out or die "demo-ca $command failed\n";

    return $text;
}


sub user_cert {
    my ($self, $name, $number) = @_;

    $self->demo_ca('issue', $name, defined $number ? $number : ());

    return $self->read_file("secrets/ca/$name.pem");
}


sub cert_challenge {
    my ($self, $purpose, %opts) = @_;

    my $r = $self->call('POST', '/v1/challenges', %opts, body => {
        factor => 'cert', purpose => $purpose || 'login',
    });

    die 'no challenge: ' . $r->raw . "\n" unless $r->status == 201;

    return ($r->json->{challenge_id}, $r->json->{nonce});
}


sub cert_factor {
    my ($self, $name, $purpose) = @_;
    my ($id, $text) = $self->cert_challenge($purpose);

    return {
        factor => 'cert', challenge_id => $id,
        certificate => $self->read_file("secrets/ca/$name.pem"),
        signature => $self->cert_sign($name, $text),
    };
}


sub cert_sign {
    my ($self, $name, $text) = @_;
    return $self->demo_ca('sign', $name, $text);
}


1;
