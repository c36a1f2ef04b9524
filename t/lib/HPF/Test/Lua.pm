package HPF::Test::Lua;

# Plugins in Lua that a test writes, and what happens when they run.  These are
# methods of HPF::Test.
#
# lua_plugin(ID, CODE, %manifest): puts it into the folder, whole
# lua_handle(ID, BODY, %manifest): the same, CODE being a handle() around BODY
# lua_run(ID, FORM): one request to it
# lua_attack(ID): runs what is hostile; what there is to complain about: the
#   request must end soon, with a problem that tells nothing of the inside, and
#   with a line of the log that tells the file and the line of the code

use warnings;
use strict;

use JSON::PP ();

# CPU time has a limit of half a second; a busy machine takes longer

my $SOON = 15;


sub lua_plugin {
    my ($self, $id, $code, %manifest) = @_;

    $self->write_file("plugins/.$id/manifest.json",
        JSON::PP->new->utf8->canonical->encode({
            id => $id, version => '1.0.0', language => 'lua', name => $id,
            users => [ 'anyone' ], level => 0, channels => [ '*' ],
            backends => [ 'core' ], form => { type => 'object' }, %manifest,
        }));
    $self->write_file("plugins/.$id/$id.lua", $code);

    rename $self->path("plugins/.$id"), $self->path("plugins/$id")
        or die "rename: $!\n";
}


sub lua_handle {
    my ($self, $id, $body, %manifest) = @_;

    $self->lua_plugin($id, "return { handle = function(request)\n$body\nend }",
                      %manifest);
}


sub lua_run {
    my ($self, $id, $form) = @_;

    return $self->call('POST', "/v1/items/$id", body => $form || {},
                       timeout => 30);
}


sub lua_attack {
    my ($self, $id) = @_;
    my $begin = $self->began;
    my $r = eval { $self->lua_run($id) };
    my $time = $self->took($begin);

    return "no answer after $time s: $@" unless $r;

    my $body = $r->body;

    return "an answer: $body"
        unless $r->status == 500 && $r->json->{code} eq 'plugin-failed';
    return "it took $time s" if $time > $SOON;
    return "it tells: $body" if $body =~ /\.lua|limit|memory|stack|nil/;
    return 'no line in the log'
        unless $self->log_text =~ /"\Q$id\E": failed: .*\b\Q$id\E\.lua:\d+/;

    return '';
}


1;
