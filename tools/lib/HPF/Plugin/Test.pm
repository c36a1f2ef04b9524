package HPF::Plugin::Test;

# hpf-plugin test: the files in tests/ say what a user sends, what back ends
# are asked and answer then, and what the user gets.  A factor is sent to step
# up a session.

use warnings;
use strict;

use JSON::PP ();

use HPF::Plugin;
use HPF::Plugin::Gateway;

my %FILE = map { $_ => 1 } qw/ tests /;
my %TEST = map { $_ => 1 } qw/ name user form channel language
                               idempotency_key calls down answer case /;
my %FACTOR = map { $_ => 1 } qw/ name user form channel language calls down
                                 answer /;
my %CASE = map { $_ => 1 } qw/ calls down answer /;
my %CALL = map { $_ => 1 } qw/ backend method path json answer /;
my %USER = map { $_ => 1 } qw/ id_no name mobile level /;
my %PERSON = map { $_ => 1 } qw/ id_no name mobile /;
my %ANSWER = map { $_ => 1 } qw/ status body /;
my %GIVEN = map { $_ => 1 } qw/ status json body /;

my $JSON = JSON::PP->new->utf8->canonical->allow_nonref;

my %SOMEBODY = (id_no => '11010519491231002X', name => "\x{5f20}\x{4e09}",
                mobile => '13800138000');


sub run {
    my (undef, $dir, $only) = @_;
    my $plugin = HPF::Plugin::checked($dir);

    my @tests = grep { !defined $only || index($_->{name}, $only) >= 0 }
                read_tests($plugin);

    fault(defined $only ? "no test has \"$only\" in its name"
                        : "$plugin->{dir}/tests has no tests") unless @tests;

    my $gateway = HPF::Plugin::Gateway->start($plugin);
    my ($n, $failed) = (0, 0);

    if (!is_loaded($gateway, $plugin)) {
        print STDERR $gateway->log_lines(0);
        fault("the gateway does not load \"$plugin->{id}\"");
    }

    print '1..' . @tests . "\n";

    for my $test (@tests) {
        my $from = $gateway->log_size;
        my @faults = run_test($gateway, $test);

        $n++;
        $failed++ if @faults;
        print @faults ? 'not ' : '', "ok $n - ", utf8($test->{name}), "\n";
        print map { "#   $_\n" } map { split /\n/ } @faults,
              @faults ? $gateway->log_lines($from) : ();
    }

    print "# $failed of $n failed\n" if $failed;

    return $failed ? 1 : 0;
}


sub is_loaded {
    my ($gateway, $plugin) = @_;

    return ($gateway->call('GET', "/v1/items/$plugin->{id}"))[0] == 200
        unless is_factor($plugin);

    my (undef, $api) = $gateway->call('GET', '/v1/openapi.json');

    return index($api, "urn:hpf:factor:$plugin->{id}\"") >= 0;
}


sub utf8 {
    my ($text) = @_;

    utf8::encode($text);

    return $text;
}


# all of them are read before any is run

sub read_tests {
    my ($plugin) = @_;
    my @tests;

    for my $file (sort glob("\Q$plugin->{dir}\E/tests/*.json")) {
        my $tree = json($file);

        known($file, $tree, \%FILE);
        fault("$file: \"tests\" is a list")
            unless ref $tree->{tests} eq 'ARRAY';

        my $n = 0;

        for my $test (@{ $tree->{tests} }) {
            check_test($plugin, "$file: tests/" . $n++, $test);
            push @tests, $test;
        }
    }

    return @tests;
}


sub check_test {
    my ($plugin, $at, $test) = @_;

    known($at, $test, is_factor($plugin) ? \%FACTOR : \%TEST);
    fault("$at: \"name\" is missing") unless defined $test->{name};
    fault("$at: \"answer\" is missing") unless defined $test->{answer};
    fault("$at/user: a factor is about somebody")
        if is_factor($plugin) && exists $test->{user} && !defined $test->{user};
    known("$at/user", $test->{user}, is_factor($plugin) ? \%PERSON : \%USER)
        if defined $test->{user};

    check_step($plugin, $at, $test);

    if (defined $test->{case}) {
        known("$at/case", $test->{case}, \%CASE);
        check_step($plugin, "$at/case", $test->{case});
    }
}


sub check_step {
    my ($plugin, $at, $step) = @_;
    my %may = map { $_ => 1 } @{ $plugin->{manifest}{backends} || [] };
    my $n = 0;

    known("$at/answer", $step->{answer}, \%ANSWER) if defined $step->{answer};

    for my $call (@{ $step->{calls} || [] }) {
        my $here = "$at/calls/" . $n++;

        known($here, $call, \%CALL);
        fault("$here: \"backend\" is missing") unless defined $call->{backend};

        known("$here/answer", $call->{answer}, \%GIVEN)
            unless ($call->{answer} || 'none') =~ /^(?:none|timeout)$/;
    }

    for my $name (map({ $_->{backend} } @{ $step->{calls} || [] }),
                  @{ $step->{down} || [] })
    {
        fault("$at: the manifest does not name the back end \"$name\"")
            unless $may{$name};
    }
}


sub known {
    my ($at, $object, $names) = @_;

    fault("$at: an object is expected") unless ref $object eq 'HASH';

    for my $name (sort keys %$object) {
        fault("$at: unknown member \"$name\", there are "
              . join ', ', sort keys %$names) unless $names->{$name};
    }
}


# what is wrong, a line each; nothing is left of the test before

sub run_test {
    my ($gateway, $test) = @_;

    $gateway->redis('FLUSHALL');
    $gateway->down;

    my $token = eval { token($gateway, $test) };

    return "no session: $@" if $@;

    my $opts = { channel => $test->{channel}, token => $token };
    my ($path, $form) = request($gateway->{plugin}, $test->{form});
    my @headers = map { defined $_->[1] ? @$_ : () }
                  [ 'Accept-Language' => $test->{language} ],
                  [ 'Idempotency-Key' => $test->{idempotency_key} ];

    my ($body, @faults) = step($gateway, $test, sub {
        return $gateway->call('POST', $path, $opts, \@headers,
                              $JSON->encode($form));
    });

    if ($test->{case} && !@faults) {
        my $no = ref $body eq 'HASH' ? $body->{case_no} : undef;

        return 'no case was opened' unless defined $no;

        (undef, @faults) = step($gateway, $test->{case}, sub {
            return $gateway->call('GET', "/v1/cases/$no", $opts, \@headers);
        });
    }

    return @faults;
}


sub request {
    my ($plugin, $form) = @_;

    $form = {} unless defined $form;

    return ("/v1/items/$plugin->{id}", $form) unless is_factor($plugin);

    return ('/v1/session/factors',
            { factors => [ { %$form, factor => $plugin->{id} } ] });
}


# the user of the test, or the one whom the manifest asks for

sub token {
    my ($gateway, $test) = @_;
    my $level = is_factor($gateway->{plugin})
                ? 1 : $gateway->{plugin}{manifest}{level};

    return if exists $test->{user} ? !defined $test->{user} : $level == 0;

    my %user = (%SOMEBODY, level => $level || 1, %{ $test->{user} || {} });

    return $gateway->session(\%user, $test->{channel});
}


# a request, the calls that it leads to, and its answer

sub step {
    my ($gateway, $step, $request) = @_;
    my @left = @{ $step->{calls} || [] };
    my @faults;

    $gateway->down(@{ $step->{down} || [] });

    local $gateway->{serve} = sub {
        my ($backend, $method, $path, $body) = @_;
        my $tree = length $body ? eval { $JSON->decode($body) } : undef;

        for my $i (0 .. $#left) {
            next unless is_call($left[$i], $backend, $method, $path, $tree);
            return given(splice(@left, $i, 1)->{answer});
        }

        push @faults, "unexpected call: $backend $method $path"
                      . (length $body ? " $body" : '');

        return [ 500, '{}' ];
    };

    my ($status, $text) = $request->();
    my $body = eval { $JSON->decode($text) };
    my $want = $step->{answer} || {};

    push @faults, map { 'not called: ' . $JSON->encode($_) } @left;
    push @faults, "status: $status, not $want->{status}"
        if defined $want->{status} && $status != $want->{status};
    push @faults, differs('body', $body, $want->{body}) if exists $want->{body};
    push @faults, "the answer: $status $text" if @faults;

    return ($body, @faults);
}


sub is_call {
    my ($call, $backend, $method, $path, $tree) = @_;

    return $call->{backend} eq $backend
           && $method eq ($call->{method}
                          || (exists $call->{json} ? 'POST' : $method))
           && $path eq (defined $call->{path} ? $call->{path} : $path)
           && (!exists $call->{json} || !differs('', $tree, $call->{json}));
}


sub given {
    my ($answer) = @_;

    return [ 200, '{}' ] unless defined $answer;
    return $answer unless ref $answer;

    return [ $answer->{status} || 200,
             exists $answer->{json} ? $JSON->encode($answer->{json})
             : defined $answer->{body} ? $answer->{body} : '{}' ];
}


# Members that are not wanted may be there; lists are compared whole.

sub differs {
    my ($at, $got, $want) = @_;

    if (ref $want eq 'HASH') {
        return "$at is no object" unless ref $got eq 'HASH';
        return map { exists $got->{$_}
                     ? differs("$at/$_", $got->{$_}, $want->{$_})
                     : "$at/$_ is missing" } sort keys %$want;
    }

    if (ref $want eq 'ARRAY') {
        return "$at is no list" unless ref $got eq 'ARRAY';
        return "$at has " . @$got . ' items, not ' . @$want
            if @$got != @$want;
        return map { differs("$at/$_", $got->[$_], $want->[$_]) } 0 .. $#$want;
    }

    my ($one, $two) = map { $JSON->encode($_) } $got, $want;

    return $one eq $two ? () : "$at: $one, not $two";
}


1;
