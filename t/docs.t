#!/usr/bin/perl

# What the documents show works as it stands: the README's commands, plugin
# and configurations, the same in both languages, and the signatures of
# docs/api.md.

use warnings;
use strict;
use utf8;

use Digest::SHA qw/ hmac_sha256_base64 /;
use Test::More;

use HPF::Test;

my $t = HPF::Test->new;
my $dir = $t->dir;


sub slurp {
    my ($file) = @_;

    open my $f, '<:encoding(UTF-8)', $t->root . "/$file"
        or die "$file: $!\n";
    local $/;

    return scalar <$f>;
}


# the indented blocks of a document, by the number of their section

sub blocks {
    my ($file) = @_;
    my ($section, $block, @sections) = (0, '');

    for my $line (split /^/, slurp($file)) {

        if ($line =~ /^ {4}(.*)/s) {
            $block .= $1;
            next;
        }

        if ($block ne '' && $line eq "\n") {
            $block .= "\n";
            next;
        }

        push @{ $sections[$section] }, $block if $block ne '';
        $block = '';
        $section++ if $line =~ /^## /;
    }

    push @{ $sections[$section] }, $block if $block ne '';

    return @sections;
}


# blocks with nothing but blank lines between them are one in blocks()

my @readme = blocks('README.md');
my ($COMMANDS, $PLUGIN, $CONF) = (2, 4, 5);

{
    my @chinese = blocks('README.zh-CN.md');

    is(scalar @chinese, scalar @readme, 'as many sections in Chinese');

    for my $n ($COMMANDS, $PLUGIN, $CONF) {
        my ($one, $two) = map { join('', @{ $_->[$n] }) =~ s/#.*//gr }
                              \@readme, \@chinese;
        is($two, $one, "the same examples in section $n");
    }
}


# configurations

sub accepted {
    my ($name, $http) = @_;

    for ($http) {
        s|/etc/hpf/secrets|$dir/secrets|;
        s|/etc/hpf/audit\.key|$dir/secrets/audit.key|;
        s|/var/log/hpf|$dir/logs|g;
        s|/var/lib/hpf/plugins|$dir/plugins|;
        s|/var/lib/hpf/cache|$dir/cache|;
        s|core\.example\.internal|127.0.0.1:9000|;
    }

    my ($ok, $out) = $t->config_test(<<"EOC");
%%TEST_GLOBALS%%
http {
    %%TEST_GLOBALS_HTTP%%
$http
}
EOC

    ok($ok, $name) or diag($out);
}

$t->gateway(start => 0);

my @conf = @{ $readme[$CONF] };
my ($alone) = $conf[0] =~ /^http \{\n(.*)^\}/ms;
my ($node) = $conf[1] =~ /^(.*?)^server/ms;

accepted('masking alone', $alone);
accepted('a gate before proxy_pass', $conf[1]);
accepted('the API', $node . $conf[2]);


# commands, pasted

$t->run->wait_ready;

sub shell {
    my ($name, $text, @args) = @_;
    my $at = '127.0.0.1:' . port(8080);

    $text =~ s/127\.0\.0\.1:8080/$at/g;
    $text =~ s/^home=var$/home=$dir/m;
    utf8::encode($text);
    $t->write_file("$name.sh", $text);

    my $out = `cd $dir && bash $name.sh @args 2>&1`;
    utf8::decode($out);

    return $out;
}

my $commands = join "\n", grep { !/^\{/ } @{ $readme[$COMMANDS] };
my $out = shell('readme', $commands);

unlike($out, qr/urn:hpf:problem|rror:/, 'commands without a problem')
    or diag($out);

my ($balance) = grep { /balance/ } @{ $readme[$COMMANDS] };
my %shown = $balance =~ /"(\w+)":"([^"]*)"/g;
my %got = $out =~ /"(name|id_no|account_no|balance|mobile)":"([^"]*)"/g;

is($got{$_}, $shown{$_}, "the $_ that is shown")
    for qw/ name id_no account_no balance mobile /;
like($out, qr/"case_no":"\d{20}","status":"approved"/, 'and the case');


# the plugin

my ($manifest, $lua) = @{ $readme[$PLUGIN] };
utf8::encode($manifest);

$t->write_file('plugins/.new/manifest.json', $manifest);
$t->write_file('plugins/.new/loan-query.lua', $lua);
rename $t->path('plugins/.new'), $t->path('plugins/loan-query')
    or die "rename: $!";

ok($t->wait_for(sub {
    $t->call('GET', '/v1/items/loan-query')->status == 200
}), 'the plugin is taken');

my $token = $t->login($t->person(0));
my $r = $t->call('POST', '/v1/items/loan-query', token => $token, body => {});
is($r->status, 200, 'and works') or diag($r->raw);
ok(ref $r->json->{result}{loans} eq 'ARRAY', 'with a list');


# signatures

my @api = map { @{ $_ || [] } } blocks('docs/api.md');
my ($script) = grep { /^#!/ } @api;

like(shell('sign', $script, 'GET', "'/v1/items?category=query'"),
     qr/"items":\[\{/, 'a signed query');
like(shell('sign', "TOKEN=$token\n$script", 'POST',
           '/v1/items/account-query', "'{}'"),
     qr/"account_no"/, 'a signed call of a user');

my ($base) = grep { /^"\@method": POST/ } @api;
my ($key, $signature) = slurp("docs/api.md")
    =~ /with the 32 bytes\s+`(.*?)`.*?Its signature is\s+`(.*?)`/s;
$base =~ s/\n+\z//;
is(hmac_sha256_base64($base, $key) . '=', $signature, 'the example');

done_testing();
