#!/usr/bin/perl

# mask_request of a channel: what a third party signed is verified as it came,
# and what goes on to the back end behind the gate is masked.

use warnings;
use strict;

use Test::More;

use HPF::Test;
use HPF::Test::Mask;

my $t = HPF::Test->new;

$t->gateway(start => 0, channels => <<'EOT');
    location /third/ {
        hpf_gate on;
        proxy_pass http://127.0.0.1:8090;
    }
EOT

my $channels = $t->read_file('conf/channels.conf');

$channels =~ s/(hpf_channel partner \{)/$1\n    mask_request on;/
    or die 'no channel';
$t->write_file('conf/channels.conf', $channels);

$t->start_backend(8090, sub {
    my ($request) = @_;
    my ($head, $body) = $request =~ /\A(.*?\r\n)\r\n(.*)\z/s;
    my $said = join ' ', map { lc }
               $head =~ /^((?:Content-)?Digest|Signature)/gmi;

    return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: image/png\r\n"
           . "X-Line: " . ($head =~ /^\S+ (\S+)/)[0] . "\r\nX-Said: $said\r\n"
           . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
});

$t->run->wait_ready;

my @json = (headers => ['Content-Type' => 'application/json']);


my $r = $t->call('POST', '/third/x?mobile=13800138000', channel => 'partner',
                 body => $PERSON, @json);

is($r->status, 200, 'what was signed is verified');
is($r->body, $MASKED, 'the body is masked');
is($r->header('X-Line'), '/third/x?mobile=138****8000', 'the query too');
is($r->header('X-Said'), '', 'and what was signed is not passed on');
ok($t->wait_for(sub {
    $t->read_file('audit/audit.jsonl') =~ /"channel":"partner".*"masked":5,/;
}), 'the record has what was masked');

$r = $t->call('POST', '/third/x', channel => 'partner', body => $PERSON,
              headers => ['Content-Digest' => content_digest($MASKED)]);

isnt($r->status, 200, 'another body than was signed');

$r = $t->call('POST', '/third/x?mobile=13800138000', channel => 'app',
              body => $PERSON, @json);

is($r->body, $PERSON, 'another channel');
is($r->header('X-Line'), '/third/x?mobile=13800138000', 'and its query');

$t->write_file('conf/channels.conf',
               $channels =~ s/mask_request on/mask_request maybe/r);

like(scalar `/usr/sbin/nginx -t -c ${\ $t->path('conf/nginx.conf') } 2>&1`,
     qr/invalid mask_request "maybe" of channel "partner"/, 'refused: maybe')
    if !$ENV{TEST_NGINX_BINARY};

done_testing();
