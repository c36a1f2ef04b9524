#!/usr/bin/perl

# Each of the project's own checkers finds what it is there to find.

use warnings;
use strict;

use Cwd qw/ abs_path /;
use File::Basename;
use File::Path qw/ mkpath /;
use File::Temp qw/ tempdir /;
use Test::More;

my $root = abs_path(dirname(__FILE__) . '/..');
my $dir = tempdir('hpf-lint-XXXXXX', TMPDIR => 1, CLEANUP => 1);

my $HEAD = "/*\n * Copyright (C) the HPF gateway authors\n */\n\n\n";

my $GOOD = $HEAD . <<'EOF';
#include "hpf_x.h"


static int
hpf_x_sum(const char *p, size_t len)
{
    size_t         i;
    unsigned       sum;
    const u_char  *c;

    for (i = 0; i < len; i++) {
        if (p[i] == '/') {
            sum += 1;

        } else {
            sum += (u_char) p[i];
        }
    }

    return sum;
}


int
hpf_x_two(void)
{
    return 2;
}
EOF


# what CHECKER says to a text in a file of that name

sub check {
    my ($checker, $name, $text) = @_;

    mkpath(dirname("$dir/$name"));
    open my $f, '>:raw', "$dir/$name" or die "$name: $!\n";
    print $f $text;
    close $f;

    return `cd $dir && $root/tools/$checker $name 2>&1`;
}


sub style {
    my ($from, $to, $re, $name) = @_;
    my $text = $GOOD;

    $text =~ s/$from/$to/ or die "no $from\n";
    like(check('style.pl', 'ngx_hpf_module/core/hpf_x.c', $text), $re, $name);
}


is(check('style.pl', 'ngx_hpf_module/core/hpf_x.c', $GOOD), '', 'good file');
is($?, 0, 'good status');

style(qr/sum \+= 1;/, 'sum += 1;' . (' ' x 70) . '1;', qr/^\S+:18: .*80/,
      'long line');
isnt($?, 0, 'bad status');
style(qr/sum \+= 1;/, 'sum += 1; /* ' . ("\xe7\xbc\xb4" x 35) . ' */',
      qr/80 columns/, 'wide characters');
is(check('style.pl', 'x.lua', '-- ' . ("\xe7\xbc\xb4" x 38) . "\n"), '',
   'wide characters that fit');
style(qr/    return 2/, "\treturn 2", qr/:32: tab/, 'tab');
style(qr/return 2;/, 'return 2; ', qr/trailing blank/, 'trailing blank');
style(qr/return 2;/, 'return 2; // two', qr|comment with //|, 'comment');
style(qr/\n\n        \} else/, "\n        } else", qr/before "\} else"/,
      'else');
style(qr/\}\n\n\nint/, "}\n\nint", qr/not two blank lines/, 'two blank lines');
style(qr/unsigned       sum/, 'unsigned      sum', qr/"sum" is not in the/,
      'column of a name');
style(qr/size_t         i;/, 'ngx_uint_t     i;', qr/shorter type below/,
      'order of types');
style(qr/static int\nhpf/, 'static int hpf', qr/line of its own/,
      'type of a function');
style(qr/sum \+= 1;/, 'sprintf(p, "x");', qr/sprintf\(\) is not used/,
      'banned call');
style(qr/sum \+= 1;/, 'printf("x");', qr/printf\(\) is not used/, 'leftover');
style(qr/sum \+= 1;/, 's = "sprintf(";', qr/^$/, 'not in a string');
style(qr/sum \+= 1;/, "sum = ngx_memcmp(p,$_ 32);", qr/hpf_crypto_equal/,
      'a comparison that takes its time')
    for ' mac,', "\n                       person->code.data,";
style(qr/sum \+= 1;/, 'sum = memcmp(mac, p, 32);', qr/hpf_crypto_equal/,
      'whichever of the two it is');
style(qr/sum \+= 1;/, 'sum = ngx_memcmp(p, password->cost, 32);', qr/^$/,
      'one of what is no secret');
style(qr/if \(p\[i\] == '\/'\) \{/, 'if (p[i])', qr/no brace/, 'brace');
style(qr/if \(p/, 'if(p', qr/no space after "if"/, 'space');
style(qr/p\[i\] == '/, "p[i] = '", qr/assignment/, 'assignment');
style(qr/\(u_char\) p/, '*(u_char *)p', qr/after a cast/, 'cast');
style(qr/sum \+= 1;/, '/* TO' . 'DO: more */', qr/without an issue/, 'todo');
style(qr/ \* Copy.*\n/, " * Someone\n", qr/no copyright/, 'head');
style(qr/return 2;\n\}\n/, "return 2;\n}\n\n", qr/blank line at the end/,
      'end of file');
style(qr/    return 2/, "#if 0\n    x();\n#endif\n    return 2",
      qr/switched off/, 'dead code');

like(check('style.pl', 'hpf_x.h', $HEAD), qr/no guard _HPF_X_H_INCLUDED_/,
     'guard');
like(check('style.pl', 't/x.t', 'sle' . "ep 1;\n"), qr/not by sleep/, 'sleep');

# sizes

is(check('sizecheck.pl', 'x.c', $GOOD), '', 'good sizes');
like(check('sizecheck.pl', 'x.c', $GOOD . "\n" x 800), qr/^x.c:1: file has/,
     'long file');
like(check('sizecheck.pl', 'x.c',
           $GOOD =~ s/return 2;/"return 2;\n" . "\n" x 120/er),
     qr/hpf_x_two\(\) has \d+ lines/, 'long function');
like(check('sizecheck.pl', 'x.c',
           $GOOD =~ s/\(void\)/(int a, int b, int c, int d, int e, int f)/r),
     qr/hpf_x_two\(\) has 6 parameters/, 'parameters');

# layers

sub layers {
    my (%files) = @_;

    system('rm', '-rf', "$dir/m");

    for my $name (keys %files) {
        check('sizecheck.pl', "m/$name", $files{$name});
    }

    return `$root/tools/layercheck.pl $dir/m`;
}

is(layers('core/hpf_x.c' => $GOOD, 'core/hpf_x.h' => ''), '', 'good layers');
like(layers('core/hpf_x.c' => "#include \"ngx_hpf_y.h\"\n",
            'shm/ngx_hpf_y.h' => ''), qr/x\.c:1: .*above/, 'include upwards');
is(layers('core/hpf_x.h' => '', 'shm/ngx_hpf_y.c' => "#include <hpf_x.h>\n"),
   '', 'include downwards');
like(layers('http/ngx_http_hpf_x.c' => "#include <openssl/evp.h>\n"),
     qr/belongs in crypto/, 'fence');
like(layers('core/hpf_x.c' => "#include <ngx_core.h>\n"), qr/belongs in shm/,
     'fence of nginx');
like(layers('core/hpf_x.c' => $GOOD =~ s/hpf_x_two/hpf_two/r),
     qr/hpf_two\(\) does not begin/, 'prefix of a function');
like(layers('http/hpf_x.c' => ''), qr/begins with ngx_http_hpf_/,
     'prefix of a file');
like(layers('core/hpf_x.h' => "#include \"hpf_y.h\"\n",
            'core/hpf_y.h' => "#include \"hpf_x.h\"\n"), qr/circle/, 'circle');

done_testing();
