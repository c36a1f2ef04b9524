#!/usr/bin/perl

# What a back end behind a gate is told of the caller: the gate says so, and
# nobody else can, in whatever spelling.  The session's token stays in front.

use warnings;
use strict;

use Test::More;

use HPF::Test;

my $t = HPF::Test->new;

$t->start_backend(8300, sub {
    my ($request, $socket) = @_;
    my ($head) = split /\r\n\r\n/, $request;
    print $socket "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
        . "Access-Control-Allow-Origin: *\r\n"
        . "Content-Length: " . length($head) . "\r\n\r\n$head";
});

$t->gateway(http => 'underscores_in_headers on; ignore_invalid_headers off;',
            channels => <<'EOF');
        location /open/ {
            hpf_gate on;
            proxy_pass http://127.0.0.1:8300;
        }

        location /inner/ {
            hpf_gate on;
            hpf_level 2;
            proxy_pass http://127.0.0.1:8300;
            proxy_set_header X-Seen $http_x_hpf_user;
            proxy_set_header X-HPF-Channel "as configured";
        }

        location /bare/ {
            proxy_pass http://127.0.0.1:8300;
        }
EOF

my $person = $t->person(0);
my $token = $t->enter($person);
my $user = $t->call('GET', '/v1/session', token => $token)->json->{user};
my $uid = $user->{user_id};


# the headers that the back end got, by names in lower case

sub seen {
    my ($path, %o) = @_;
    my $r = $t->call('GET', $path, %o);
    my %seen;

    return { status => $r->status } unless $r->status == 200;

    for (split /\r\n/, $r->body) {
        push @{ $seen{lc $1} }, $2 if /^([^:]+): ?(.*)/;
    }

    return \%seen;
}


# all that looks like one of ours

sub ours {
    my ($seen) = @_;
    return { map { ($_ => "@{ $seen->{$_} }") }
             grep { /^x.?hpf/ } keys %$seen };
}


my $seen = seen('/open/', channel => 'hall');

like($seen->{'x-hpf-request-id'}[0], qr/^[0-9a-f]{32}$/, 'the id');
is_deeply(ours($seen),
          { 'x-hpf-channel' => 'hall', 'x-hpf-level' => 0,
            'x-hpf-request-id' => $seen->{'x-hpf-request-id'}[0] },
          'nobody is logged in');

$seen = seen('/open/', token => $token);
my %want = ('x-hpf-channel' => 'app', 'x-hpf-level' => 2,
            'x-hpf-user' => $uid);

is_deeply(ours($seen),
          { %want, 'x-hpf-request-id' => $seen->{'x-hpf-request-id'}[0] },
          'somebody is');
is($seen->{authorization}, undef, 'the token is not passed on');

$seen = seen('/open/', channel => 'gov', token => $token);
is($seen->{'x-hpf-channel'}[0], 'gov', 'a signed channel');
is($seen->{'x-hpf-user'}[0], $uid, 'with a user');


# what a client may try

my @spellings = (
    'X-HPF-User', 'x-hpf-user', 'X-Hpf-User', 'X-HPF-USER', 'x-HPF-uSER',
    'X_HPF_User', 'X_HPF-User', 'X-HPF_User', 'x_hpf_user', 'X.HPF.User',
    'X-HPF.User', 'X~HPF~User', 'X-HPF-User-', 'X-HPF-User_', 'X-HPF--User',
    'X-HPF-Level', 'X_HPF_LEVEL', 'X-HPF-Request-Id', 'X-HPF-Item',
    'X-HPF-Operator', 'X-HPF-', 'X_HPF_', 'X-HPF-User-Type', 'X_HPF_CHANNEL',
);

for my $name (@spellings) {
    $seen = seen('/open/', token => $token, headers => [ $name => 'forged' ]);

    is_deeply(ours($seen),
              { %want, 'x-hpf-request-id' => $seen->{'x-hpf-request-id'}[0] },
              "$name is dropped");
}

for my $line ("X-HPF-User: a\r\nX-HPF-User: b", "X-HPF-User:\tforged \t",
              "X-HPF-User:", 'X-HPF-User: ' . 'x' x 4000,
              "X-HPF-User: a\r\n\tb", 'X-HPF-User : forged',
              join("\r\n", map { "X-HPF-User: $_\r\nX-Other-$_: $_" } 1 .. 60))
{
    my $name = substr $line, 0, 24;
    my $c = client(8080);

    $c->send("GET /open/ HTTP/1.1\r\nHost: x\r\nX-HPF-Channel: app\r\n"
             . "$line\r\nConnection: close\r\n\r\n");

    my $r = $c->response;

    $name =~ s/[\r\n\t]/./g;

    if ($r->status == 200) {
        unlike($r->body, qr/x.hpf.user/i, "\"$name\" is dropped");

    } else {
        is($r->status, 400, "\"$name\" is refused");
    }
}

$seen = seen('/open/', headers => [ map { ("X-Other-$_" => $_) } 1 .. 60 ]);
is(scalar(grep { /^x-other-/ } keys %$seen), 60, 'others stay, all of them');
is($seen->{'x-hpf-channel'}[0], 'app', 'with ours behind');

$seen = seen('/open/', headers => [ 'X-Hpfx' => 1, 'X-HPFUser' => 2,
                                    'XHPF-User' => 3, 'XX-HPF-User' => 4 ]);
is(scalar(grep { defined $seen->{$_} }
          qw/ x-hpfx x-hpfuser xhpf-user xx-hpf-user /), 4,
   'what only looks like one is no name of ours');


# no session, no user; and what is no token of ours is not ours to keep

$seen = seen('/open/', headers => [ Authorization => 'Basic YTpi' ]);
is($seen->{authorization}[0], 'Basic YTpi', 'another authorization');
is($seen->{'x-hpf-user'}, undef, 'makes no user');
is(seen('/inner/', headers => [ 'X-HPF-User' => $uid,
                                'X-HPF-Level' => 3 ])->{status},
   401, 'nor does a header open a gate');

$seen = seen('/inner/', token => $token);
is($seen->{'x-seen'}[0], $uid, 'variables have the true one');
is($seen->{'x-hpf-channel'}[0], 'as configured', 'what is configured wins');

$seen = seen('/bare/', headers => [ 'X-HPF-User' => 'anything' ]);
is($seen->{'x-hpf-user'}[0], 'anything', 'without a gate all is as it was');


# the session of a browser

my $origin = 'https://hall.example.gov.cn';
my ($id, $code) = $t->challenge($person->{mobile}, 'login');

my $r = $t->call('POST', '/v1/sessions', channel => '',
    headers => [ Origin => $origin ], body => {
        user => { mobile => $person->{mobile} },
        factors => [ { factor => 'sms', challenge_id => $id,
                       code => $code } ],
    });

my ($cookie) = $r->header('Set-Cookie') =~ /^([^;]*)/;

sub cookies {
    my (@lines) = @_;
    return seen('/open/', channel => '', headers => [
        Origin => $origin, map { (Cookie => $_) } @lines ]);
}

$seen = cookies("a=b; $cookie; c=d");
is($seen->{'x-hpf-user'}[0], $uid, 'a browser');
is("@{ $seen->{cookie} }", 'a=b; c=d', 'keeps its other cookies');
is(cookies($cookie)->{cookie}, undef, 'or has none');
is("@{ cookies('a=b', $cookie)->{cookie} }", 'a=b', 'in lines of their own');

$r = $t->call('GET', '/open/', channel => '', headers => [
    Origin => $origin, Cookie => $cookie ]);
is($r->header('Access-Control-Allow-Origin'), $origin,
   'what the back end says of origins');

$r = $t->call('GET', '/open/', channel => 'hall',
              headers => [ Origin => 'https://evil.example' ]);
is($r->status, 200, 'another origin');
is($r->header('Access-Control-Allow-Origin'), undef, 'does not count');

$r = $t->call('POST', '/open/', channel => '', body => 'x', headers => [
    Origin => $origin, Cookie => $cookie ]);
is($r->json->{code}, 'csrf', 'a gate asks for X-CSRF-Token, too');

done_testing();
