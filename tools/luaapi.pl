#!/usr/bin/perl

# luaapi.pl [write]: run in the project's folder.  What "hpf" has in Lua is
# described once, in plugins/include/hpf-api.json.  With "write" it becomes
#
#   plugins/include/hpf.lua   annotations for editors that know LuaLS
#   docs/plugins-lua.md       the reference
#
# and without it whoever differs from that is told.

use warnings;
use strict;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP;
use Text::Wrap;

use HPF::Source;

my $API = 'plugins/include/hpf-api.json';
my $write = @ARGV && $ARGV[0] eq 'write';

my $api = JSON::PP->new->utf8->decode(load($API)->{text});

result('plugins/include/hpf.lua', stubs());
result('docs/plugins-lua.md', reference());

exit faults();


sub result {
    my ($file, $text) = @_;

    utf8::encode($text);

    if ($write) {
        open my $f, '>:raw', $file or die "cannot write $file: $!\n";
        print $f $text;
        close $f or die "cannot write $file: $!\n";
        return;
    }

    fault($file, 1, "is not what $API says: tools/luaapi.pl write")
        unless -e $file && load($file)->{text} eq $text;
}


# annotations: https://luals.github.io/wiki/annotations/

sub stubs {
    my @lines = ('---@meta', '-- luacheck: ignore', '',
                 "-- made of $API by tools/luaapi.pl", '');
    my %made;

    for my $type (@{ $api->{types} }) {
        push @lines, "-- $type->{text}", "---\@class $type->{name}";
        push @lines, map { "---\@field $_->[0] $_->[1] $_->[2]" }
                     @{ $type->{fields} };
        push @lines, '';
    }

    push @lines, 'hpf = {}', '';

    for my $value (@{ $api->{values} }) {
        push @lines, "--- $value->[2]", "---\@type $value->[1]",
             "$value->[0] = nil", '';
    }

    for my $function (@{ $api->{functions} }) {
        my ($table) = $function->{name} =~ /^(hpf\.\w+)\./;

        push @lines, "$table = {}", '' if $table && !$made{$table}++;
        push @lines, stub($function), '';
    }

    pop @lines;

    return join '', map { "$_\n" } @lines;
}


sub stub {
    my ($function) = @_;
    my $text = "$function->{text} " . ucfirst(when($function)) . '.';
    my @lines = split /\n/, wrap('--- ', '--- ', $text);
    my @names;

    for my $param (@{ $function->{params} }) {
        push @lines, "---\@param $param->[0] $param->[1] $param->[2]";
        push @names, $param->[0] =~ s/\?$//r;
    }

    push @lines, map { "---\@return $_->[0] # $_->[1]" }
                 @{ $function->{returns} || [] };

    return @lines, "function $function->{name}(" . join(', ', @names) . ') end';
}


sub when {
    my ($function) = @_;

    return $function->{ends} ? 'does not return'
           : $function->{waits} ? 'waits' : 'returns at once';
}


sub reference {
    my $text = <<EOF;
# The table hpf

Made of [hpf-api.json](../$API) by
\`tools/luaapi.pl write\`; [plugins.md](plugins.md#lua) tells how it is used.
For completion and types in an editor with the Lua language server, add
\`plugins/include\` to its \`workspace.library\`.

A function that *waits* lets other requests run meanwhile, and cannot be called
while the file is loaded, nor inside of functions that are written in C. The
others *return at once*.

| function | | returns | |
| --- | --- | --- | --- |
EOF

    for my $function (@{ $api->{functions} }) {
        my @params = map { $_->[0] } @{ $function->{params} };
        my @returns = map { $_->[0] } @{ $function->{returns} || [] };

        $text .= '| ' . join(' | ',
            "`$function->{name}(" . join(', ', @params) . ')`',
            when($function), join(', ', map { "`$_`" } @returns) || 'nothing',
            $function->{text}) . " |\n";
    }

    for my $value (@{ $api->{values} }) {
        $text .= '| ' . join(' | ', "`$value->[0]`", 'is a value',
                             "`$value->[1]`", $value->[2]) . " |\n";
    }

    $text .= "\nA name with `?` may be left out, a value may be nil.\n";

    for my $function (@{ $api->{functions} }) {
        $text .= "\n## $function->{name}\n\n$function->{text}\n\n"
                 . "| | | |\n| --- | --- | --- |\n"
                 . join '', map({ "| `$_->[0]` | `$_->[1]` | $_->[2] |\n" }
                                @{ $function->{params} }),
                            map({ "| returns | `$_->[0]` | $_->[1] |\n" }
                                @{ $function->{returns} || [] });
    }

    for my $type (@{ $api->{types} }) {
        $text .= "\n## $type->{name}\n\n$type->{text}\n\n"
                 . "| member | | |\n| --- | --- | --- |\n"
                 . join '', map { "| `$_->[0]` | `$_->[1]` | $_->[2] |\n" }
                            @{ $type->{fields} };
    }

    return $text;
}
