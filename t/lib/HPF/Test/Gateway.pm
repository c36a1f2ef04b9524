package HPF::Test::Gateway;

# The whole gateway in a test: the project's own conf/nginx.conf.in, Redis and
# the demo back end.  These are methods of HPF::Test.
#
#   my $t = HPF::Test->new->plan(2)->gateway;
#   my $token = $t->login($t->person(0));
#   my $r = $t->call('POST', '/v1/items/account-query', token => $token,
#                    body => {});
#
# gateway(%parts): main, http, channels, operators => text for those places of
#   the configuration; edit => sub that gets the configuration and returns
#   another; workers => 2; plugins => folder instead of build/plugins;
#   ca => 'ec', 'rsa' or 'sm2': certificates, see HPF::Test::Cert;
#   start => 0: all but nginx is started; redis => the store, then none is
#   started; store => what hpf_redis gets behind that, instead of times that a
#   busy machine keeps as well.  The channels are port(8080), the operators
#   port(8081).
#   beside => another gateway: a second node with the store, the back end and
#   the keys of that one, on port(8180) and port(8181).
# quiet(): returns when the gateway has done what it does at the store unasked,
#   for tests that count what a request costs there
# store_did(): what Redis did: reads of its sockets, scripts that came by their
#   text and by their digest, those that were unknown, and those that were run;
#   store_cost(CODE): how much of each by that
# workers_say(STATUS): whether /readyz of each worker comes to have that; waits
# heard(): returns when each worker is ready and has come to what the store told
#   it of until now: that is known late, and takes nothing out of the cache
# call(METHOD, PATH, %o): one request; channel => 'app', token => TOKEN,
#   headers, body, client => an HPF::Test::HTTP to use again, and what
#   http_request takes.  A signed channel's request is signed;
#   sign => {...} overrides what sign_request gets, sign => 0 leaves it out.
# admin(METHOD, PATH, %o): the same on the operators' listener, plain.
# person(N), unit(N): from the demo's lists
# code(MOBILE): the code of the last SMS to it; outbox(): all messages
# challenge(MOBILE, PURPOSE, %o): (challenge_id, code); forgets the minute that
#   must lie between two codes unless resend => 1
# register(PERSON, %o): registers with a code and the ID card; the response
# login(PERSON, %o): logs in with a code; the token, in a list with the response
# enter(PERSON, %o): registers him and logs him in with his ID card as well,
#   so that he may apply; the token
# savers(): people whose withdrawals for rent are approved; withdraw(PERSON,
#   TOKEN, %o) applies for one
# demo(METHOD, PATH, BODY): a request to the demo back end itself

use warnings;
use strict;

use File::Path qw/ mkpath /;
use IO::File;
use JSON::PP ();
use MIME::Base64 qw/ decode_base64 encode_base64 /;
use Time::HiRes qw/ sleep /;

use HPF::Test::HTTP;
use HPF::Test::Sign qw/ sign_request /;

my %SIGNED = map { $_ => 1 } qw/ wechat kiosk hotline sms gov partner /;


sub gateway {
    my ($self, %parts) = @_;
    my $dir = $self->dir;

    $self->{beside} = $parts{beside};

    mkpath([ map { "$dir/$_" } qw/ run logs audit conf temp demo
                                   secrets secrets\/channels / ]);

    for my $name (qw/ seal index token /, map { "channels/$_" } keys %SIGNED) {
        $self->secret("secrets/$name.key");
    }

    $self->audit_key if !-e "$dir/secrets/audit.key";
    $self->ca($parts{ca}) if $parts{ca} && !$self->{ca};

    my $plugins = $parts{plugins} || $self->build_dir . '/plugins';

    if (!-d "$dir/plugins") {
        system('cp', '-r', $plugins, "$dir/plugins") == 0
            or die "cannot copy $plugins\n";
    }

    $self->start_redis unless $self->{procs}{redis} || $parts{redis}
                              || $parts{beside};
    $self->start_demo unless $self->{procs}{demo} || $parts{beside};
    $self->gateway_conf(%parts);

    return $self if defined $parts{start} && !$parts{start};

    return $self->run->wait_ready;
}


# random, or that of the first node

sub secret {
    my ($self, $name) = @_;

    if ($self->{beside}) {
        $self->write_file($name, $self->{beside}->read_file($name));
        chmod 0600, $self->path($name);
        return;
    }

    my $random = IO::File->new('/dev/urandom', 'r')
        or die "cannot open /dev/urandom: $!\n";

    $random->binmode;
    $random->read(my $bytes, 32);
    $self->write_file($name, encode_base64($bytes));
    chmod 0600, $self->path($name);
}


# what signs the ledger of the record, and what verifies that

sub audit_key {
    my ($self, $curve) = @_;
    my ($key, $public) = map { $self->path("secrets/audit.$_") } qw/ key pub /;

    $curve ||= 'P-256';

    system("umask 077; openssl genpkey -algorithm EC -out $key -pkeyopt "
           . "ec_paramgen_curve:$curve && openssl pkey -in $key -pubout "
           . "-out $public") == 0
        or die "openssl made no key\n";
}


sub listens { $_[0]{beside} ? $_[1] + 100 : $_[1] }


# conf/ as make start renders it; may be called again before a reload

sub gateway_conf {
    my ($self, %parts) = @_;
    my ($dir, $root) = ($self->dir, $self->root);

    my %place = (
        HOME => $dir, ROOT => $root, MODULE => $self->{module},
        PORT => HPF::Test::port($self->listens(8080)),
        ADMIN_PORT => HPF::Test::port($self->listens(8081)),
        WORKERS => $parts{workers} || 2,
        REDIS => $self->gateway_redis(%parts),
        DEMO => $self->demo_addr,
        USER => $> == 0 ? 'user root root;' : '',
    );

    for my $file (glob("$root/conf/*")) {
        my $in = IO::File->new($file, 'r') or next;
        my $text = join '', <$in>;
        my ($name) = $file =~ m|([^/]+)$|;

        $text =~ s/\@(\w+)\@/exists $place{$1} ? $place{$1} : $&/ge
            if $name =~ s/\.in$//;

        $text = $self->gateway_extend($text, %parts) if $name eq 'nginx.conf';
        $text = '' if $name eq 'certificates.conf' && !$self->{ca};

        $self->write_file("conf/$name", $text);
    }

    $self->{conf} = 'conf/nginx.conf';

    return $self;
}


sub gateway_redis {
    my ($self, %parts) = @_;
    my $redis = $parts{redis} || ($parts{beside} || $self)->redis_addr;

    return $redis if $redis =~ /timeout=/;
    return "$redis " . ($parts{store} || 'connect=5s timeout=5s');
}


sub gateway_extend {
    my ($self, $text, %parts) = @_;
    my $dir = $self->dir;

    $text =~ s/^error_log .*$/error_log $dir\/logs\/error.log debug;/m
        if $ENV{TEST_DEBUG};

    for my $part (qw/ main http channels operators /) {
        my $place = '# @MORE_' . uc($part) . '@';
        my $more = defined $parts{$part} ? $self->expand($parts{$part}) : '';

        $text =~ s/\Q$place\E/$more/ || $more eq ''
            or die "no place for \"$part\" in conf/nginx.conf.in\n";
    }

    $text = "daemon off;\n$text";
    $text = $parts{edit}->($text) if $parts{edit};

    return $text;
}


sub wait_ready {
    my ($self) = @_;
    my $r;

    my $ok = $self->wait_for(sub {
        die "nginx ended before it was ready\n" unless $self->alive('nginx');
        $r = eval { $self->admin('GET', '/readyz') };
        return $r && $r->status == 200;
    });

    die 'the gateway does not get ready: ' . ($r ? $r->raw : 'no answer') . "\n"
        unless $ok;

    return $self;
}


# after a start old seals are looked for

sub quiet {
    my ($self) = @_;

    $self->wait_for(sub { $self->redis('HGET', 'hpf:cfg:reseal', 'done') })
        or die "the gateway does not come to rest\n";

    return $self;
}


sub store_did {
    my ($self) = @_;
    my $info = $self->redis('INFO', 'all');
    my %n = (text => 0, digest => 0, unknown => 0);

    ($n{reads}) = $info =~ /^total_reads_processed:(\d+)/m;
    $n{text} = $1 if $info =~ /^cmdstat_eval:calls=(\d+)/m;
    @n{qw/ digest unknown /} = ($1, $2)
        if $info =~ /^cmdstat_evalsha:calls=(\d+).*failed_calls=(\d+)/m;

    $n{run} = $n{text} + $n{digest} - $n{unknown};

    return \%n;
}


sub store_cost {
    my ($self, $try) = @_;
    my $before = $self->store_did;
    $try->();
    my $after = $self->store_did;

    # this one has read as well

    return { map { $_ => $after->{$_} - $before->{$_} - ($_ eq 'reads') }
                 keys %$after };
}


# All come to one worker while it is idle: of several requests at a time some
# find it busy and go to the others.

sub workers_say {
    my ($self, $status) = @_;
    my %said;

    return $self->wait_for(sub {
        my @c = map { HPF::Test::client($self->listens(8081)) } 1 .. 12;

        $_->send("GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n") for @c;

        for my $r (grep { $_ } map { $_->response } @c) {
            $said{ $r->json->{checks}{worker} } = $r->status;
        }

        return !grep { ($said{$_} || 0) != $status } $self->workers;
    });
}


# a worker takes what was there before a request before that

sub heard {
    my ($self) = @_;

    $self->workers_say(200) or die "not all workers are ready\n";
    return $self;
}


# the demo back end, on a socket of its own

sub demo_addr { 'unix:' . home($_[0])->dir . '/run/demo.sock' }
sub home { $_[0]{beside} || $_[0] }


# the one of this build, or else that of the usual one

sub demo_program {
    my ($self) = @_;
    my ($file) = grep { -x } map { "$_/hpf-demo" }
                 $self->build_dir, $self->root . '/build';

    return $ENV{TEST_DEMO} || $file || 'hpf-demo';
}


sub start_demo {
    my ($self) = @_;
    my $dir = $self->dir;

    mkpath([ "$dir/run", "$dir/demo" ]);
    unlink "$dir/run/demo.sock";

    $self->write_file('outbox.jsonl', '') if !-e "$dir/outbox.jsonl";

    $self->spawn('demo', 'TERM', $self->demo_program,
                 '--listen', $self->demo_addr, '--data', "$dir/demo",
                 '--outbox', "$dir/outbox.jsonl");

    my $up = $self->wait_for(sub {
        return -1 unless $self->alive('demo');
        my $r = eval { $self->demo('GET', '/healthz') };
        return $r && $r->status == 200;
    }, 20);

    die "the demo back end does not start\n" . $self->read_file('logs/demo.out')
        unless $up == 1;

    return $self;
}


sub kill_demo {
    my ($self) = @_;
    $self->end('demo', 'KILL');
    return $self;
}


sub demo {
    my ($self, $method, $path, $body) = @_;
    my $c = HPF::Test::HTTP->connect($self->demo_addr);

    return $c->request($method, $path, headers => [ Connection => 'close' ],
                       body => $body);
}


# requests

sub call {
    my ($self, $method, $path, %opts) = @_;
    my $channel = defined $opts{channel} ? $opts{channel} : 'app';
    my $c = $opts{client}
            || HPF::Test::client($opts{port} || $self->listens(8080),
                                 timeout => $opts{timeout});
    my @headers = @{ $opts{headers} || [] };
    my $body = $opts{body};

    push @headers, Authorization => "Bearer $opts{token}" if $opts{token};

    if (ref $body) {
        $body = JSON::PP->new->utf8->canonical->encode($body);
        push @headers, 'Content-Type' => 'application/json';
    }

    if ($SIGNED{$channel}) {
        @headers = $self->signed($channel, $method, $path, $body, \@headers,
                                 $opts{sign})
            unless defined $opts{sign} && !$opts{sign};

    } else {
        push @headers, 'X-HPF-Channel' => $channel if $channel ne '';
    }

    push @headers, Connection => 'close' unless $opts{client};

    return $c->request($method, $path, headers => \@headers, body => $body);
}


sub signed {
    my ($self, $channel, $method, $path, $body, $headers, $sign) = @_;

    return sign_request(
        method => $method, path => $path, body => $body, headers => $headers,
        authority => '127.0.0.1:' . HPF::Test::port($self->listens(8080)),
        key => $self->channel_key($channel), keyid => "$channel:1",
        ref $sign ? %$sign : (),
    );
}


sub channel_key {
    my ($self, $channel) = @_;
    return decode_base64($self->read_file("secrets/channels/$channel.key"));
}


sub admin {
    my ($self, $method, $path, %opts) = @_;
    return HPF::Test::http_request($method, $path,
                                   port => $self->listens(8081), %opts);
}


# people and their messages

sub jsonl {
    my ($self, $file) = @_;
    return map { HPF::Test::json($_) }
           split /\n/, home($self)->read_file($file);
}


sub person { ($_[0]->jsonl('demo/people.jsonl'))[$_[1]] }
sub unit { ($_[0]->jsonl('demo/units.jsonl'))[$_[1]] }
sub outbox { $_[0]->jsonl('outbox.jsonl') }


sub code {
    my ($self, $mobile) = @_;

    my @codes = map { $_->{code} }
                grep { $_->{mobile} eq $mobile && defined $_->{code} }
                $self->outbox;

    return $codes[-1];
}


sub challenge {
    my ($self, $mobile, $purpose, %opts) = @_;
    my $before = grep { $_->{mobile} eq $mobile } $self->outbox;

    # a test cannot wait the minute between two codes

    $self->forget('hpf:{m:*}:sms*') unless $opts{resend};

    my $r = $self->call('POST', '/v1/challenges', %opts, body => {
        factor => 'sms', mobile => $mobile, purpose => $purpose || 'login',
    });

    die 'no challenge: ' . $r->raw . "\n" unless $r->status == 201;

    $self->wait_for(sub {
        $before < grep { $_->{mobile} eq $mobile } $self->outbox;
    }) or die "no message to $mobile\n";

    return ($r->json->{challenge_id}, $self->code($mobile));
}


sub register {
    my ($self, $person, %opts) = @_;
    my ($id, $code) = $self->challenge($person->{mobile}, 'register', %opts);

    return $self->call('POST', '/v1/users', %opts, body => {
        user_type => 'individual',
        map({ $_ => $person->{$_} } qw/ name id_no mobile /),
        factors => [
            { factor => 'sms', challenge_id => $id, code => $code },
            { factor => 'id-card' },
        ],
    });
}


sub login {
    my ($self, $person, %opts) = @_;
    my ($id, $code) = $self->challenge($person->{mobile}, 'login', %opts);

    my $r = $self->call('POST', '/v1/sessions', %opts, body => {
        user => { mobile => $person->{mobile} },
        factors => [
            { factor => 'sms', challenge_id => $id, code => $code },
        ],
    });

    my $token = $r->status == 201 ? $r->json->{token} : undef;

    return wantarray ? ($token, $r) : $token;
}


sub enter {
    my ($self, $person, %opts) = @_;

    $self->register($person, %opts);

    my ($id, $code) = $self->challenge($person->{mobile}, 'login', %opts);

    my $r = $self->call('POST', '/v1/sessions', %opts, body => {
        user => { mobile => $person->{mobile} },
        factors => [
            { factor => 'sms', challenge_id => $id, code => $code },
            { factor => 'id-card' },
        ],
    });

    die 'no session: ' . $r->raw . "\n" unless $r->status == 201;

    return $r->json->{token};
}


sub savers {
    my ($self) = @_;

    return grep { !$_->{married} && !$_->{owns_house}
                  && $_->{balance} > 5000 } $self->jsonl('demo/people.jsonl');
}


sub withdraw {
    my ($self, $person, $token, %opts) = @_;

    return $self->call('POST', '/v1/items/withdraw-rent', token => $token,
        %opts, body => {
            amount => '100.00', months => 3,
            bank_card => $person->{bank_card},
        });
}


1;
