#!/usr/bin/perl

# Who registers: with every way to prove it at once, under the names that
# people and units have, and by numbers in their one spelling.

use warnings;
use strict;
use utf8;

use Test::More;

use HPF::Test;

binmode Test::More->builder->$_, ':utf8' for qw/ output failure_output /;

my $t = HPF::Test->new->gateway(http => 'hpf_lock off;');
my @people = map { $t->person($_) } 0 .. 3;

my %none = (factor => 'sms', challenge_id => 'A' x 22, code => '123456');


sub faults {
    my ($r) = @_;

    return $r->json->{code} || $r->status if $r->status != 422;
    return join ' ', map { "$_->{pointer} $_->{rule}" } @{ $r->json->{errors} };
}


# whoever gets beyond the form fails at a code that there is not

sub form {
    my (%with) = @_;

    return faults($t->call('POST', '/v1/users', body => {
        user_type => 'individual', name => '张三',
        id_no => '11010519491231002X', mobile => '13800138000',
        factors => [ \%none ], %with,
    }));
}


sub unit {
    my ($name) = @_;

    return faults($t->call('POST', '/v1/users', body => {
        user_type => 'unit', unit_name => $name, uscc => '91350100M000100Y43',
        handler => { name => '张三', id_no => '11010519491231002X',
                     mobile => '13800138000' },
        factors => [ \%none ],
    }));
}


# all factors that a person may register with

sub all {
    my ($person, $purpose) = @_;
    my ($id, $code) = $t->challenge($person->{mobile}, $purpose);

    return [
        { factor => 'sms', challenge_id => $id, code => $code },
        { factor => 'id-card' },
        { factor => 'bank-card', card_no => $person->{bank_card},
          mobile => $person->{mobile} },
        { factor => 'face', capture => "face:$person->{id_no}" },
        { factor => 'password', password => 'correct Horse 9 battery' },
    ];
}

my ($person) = @people;
my $r = $t->call('POST', '/v1/users', body => {
    user_type => 'individual', factors => all($person, 'register'),
    map { $_ => $person->{$_} } qw/ name id_no mobile /,
});

is($r->status, 201, 'five factors at once') or diag($r->body);
is($r->json->{level}, 3, 'and their level');

$r = $t->call('POST', '/v1/sessions', body => {
    user => { id_no => $person->{id_no} }, factors => all($person, 'login'),
});
is($r->status, 201, 'a log-in with as many') or diag($r->body);

my $token = $r->json->{token};
$r = $t->call('POST', '/v1/session/factors', token => $token,
              body => { factors => all($person, 'step-up') });
is($r->status, 200, 'and a step-up') or diag($r->body);
is(form(factors => [ (\%none) x 8 ]), '/factors maxItems /factors maxContains',
   'no more than there are');


# names

for my $name ('欧阳娜娜', '阿不都热依木·买买提', '阿不都热依木•买买提',
              '𠮷野家', 'John F. Kennedy', "O'Brien", '张' x 120)
{
    is(form(name => $name), 'factor-failed', 'a name: ' . substr $name, 0, 20);
}

for my $name ('  ', ' 张三', "张三\x{3000}", "张\n三", "张\x{200b}三",
              "张\x{200d}三", "张\x{202e}三", "\x{feff}张三")
{
    is(form(name => $name), '/name format', 'none: ' . $name =~ s/[^ -~]/./gr);
    is(unit($name), '/unit_name format', 'nor of a unit');
}

is(form(name => ''), '/name minLength', 'none at all');
is(form(name => '张' x 121), '/name maxLength', 'a long one');
is(unit('深圳市启明信息技术（集团）有限公司'), 'factor-failed', 'of a unit');

$r = $t->call('POST', '/v1/users', body => {
    user_type => 'individual', name => "张\x{200b}三", factors => [ \%none ],
    id_no => '11010519491231002X', mobile => '13800138000',
});
like($r->json->{errors}[0]{message}, qr/不可见/, 'says what is wrong');

# a password must not hold the name, whose dot has one spelling

for my $dot ('·', '•', '・', '．', '.') {
    my ($id, $code) = $t->challenge('13800138001', 'register');

    is(form(name => "艾力${dot}买买提", mobile => '13800138001', factors => [
           { factor => 'sms', challenge_id => $id, code => $code },
           { factor => 'password', password => 'aB1!艾力·买买提!xyz' } ]),
       '/factors/1/password own', "the dot $dot");
}


# numbers

for my $id_no (qw/ 11010519491231002X 11010519491231002x 440524188001010014
                   810000199408230021 931156198102281118 /)
{
    is(form(id_no => $id_no), 'factor-failed', "the ID number $id_no");
}

for my $id_no ('110105491231002', '110105194912310021', '110101199002300014',
               '１１０１０５１９４９１２３１００２Ｘ', ' 11010519491231002X',
               '11010519491231002Х', '11010520991231002X', '')
{
    is(form(id_no => $id_no), '/id_no format', "not $id_no");
}

done_testing();
