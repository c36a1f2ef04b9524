package HPF::Plugin::New;

# hpf-plugin new: a folder with a plugin that works and has tests: the balance
# of the user's account, from the back end "core".

use warnings;
use strict;

use HPF::Plugin;
use HPF::Plugin::NewFactor;


sub create {
    my ($opts, $id) = @_;
    my $language = $opts->{c} ? 'c' : 'lua';
    my $kind = $opts->{kind} || 'item';
    my $of = $kind eq 'factor' ? 'HPF::Plugin::NewFactor' : __PACKAGE__;

    fault('new takes --lua or --c, not both') if $opts->{c} && $opts->{lua};
    fault("--kind is item or factor, not \"$kind\"")
        unless $kind =~ /^(?:item|factor)$/;
    fault("\"$id\" is no factor: id-card, bank-card or face")
        unless $kind eq 'item' || $id =~ /^(?:id-card|bank-card|face)$/;
    fault("\"$id\" is no id: words of a-z and 0-9 with - between them, "
          . 'beginning with a letter, at most 64 characters')
        unless $id =~ /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/ && length $id <= 64
               && $id ne 'include';
    fault("$id is already there") if -e $id;

    mkdir $id or fault("$id: $!");
    mkdir "$id/tests" or fault("$id/tests: $!");

    my $code = "code_$language";
    my %files = ('manifest.json' => $of->manifest,
                 "tests/$id.json" => $of->tests,
                 "$id.$language" => $of->$code);

    for my $name (sort keys %files) {
        my $text = $files{$name};
        my $symbol = $id =~ s/-/_/gr;

        $text =~ s/\@ID\@/$id/g;
        $text =~ s/\@SYMBOL\@/$symbol/g;
        $text =~ s/\@LANGUAGE\@/$language/g;

        write_file("$id/$name", $text);
        say("$id/$name");
    }

    say('next: hpf-plugin', $language eq 'c' ? "build $id," : "check $id,",
        "hpf-plugin test $id");

    return 0;
}


sub manifest { <<'EOT' }
{
  "id": "@ID@",
  "version": "1.0.0",
  "language": "@LANGUAGE@",
  "name": {"zh": "账户余额查询", "en": "Account balance"},
  "category": "query",
  "users": ["individual"],
  "level": 1,
  "channels": ["*"],
  "backends": ["core"],
  "form": {
    "type": "object",
    "additionalProperties": false,
    "properties": {
      "month": {
        "title": "月份",
        "x-title-en": "Month",
        "type": "string",
        "format": "month"
      }
    }
  },
  "fees": {"zh": "不收费", "en": "None"}
}
EOT


sub tests { <<'EOT' }
{
  "tests": [
    {
      "name": "the balance of today",
      "calls": [
        {
          "backend": "core",
          "path": "/account?id_no=11010519491231002X",
          "answer": {"json": {"balance": "1024.00", "status": "normal"}}
        }
      ],
      "answer": {"status": 200, "body": {"result": {"balance": "1024.00"}}}
    },
    {
      "name": "the balance of a month",
      "form": {"month": "2026-10"},
      "calls": [
        {
          "backend": "core",
          "path": "/account?id_no=11010519491231002X&month=2026-10",
          "answer": {"json": {"balance": "512.00", "status": "normal"}}
        }
      ],
      "answer": {"status": 200, "body": {"result": {"balance": "512.00"}}}
    },
    {
      "name": "somebody without an account",
      "calls": [{"backend": "core", "answer": {"status": 404}}],
      "answer": {"status": 404, "body": {"code": "not-found"}}
    },
    {
      "name": "a core that does not answer",
      "calls": [{"backend": "core", "answer": "none"}],
      "answer": {
        "status": 502,
        "body": {"code": "backend-unavailable", "backend": "core"}
      }
    },
    {
      "name": "a month that is none",
      "form": {"month": "2026-13"},
      "answer": {
        "status": 422,
        "body": {"errors": [{"pointer": "/month", "rule": "format"}]}
      }
    },
    {
      "name": "nobody is logged in",
      "user": null,
      "answer": {"status": 401, "body": {"code": "session-required"}}
    }
  ]
}
EOT


sub code_lua { <<'EOT' }
-- @ID@: the balance of the user's account.

local function handle(request)
    local path = "/account?id_no=" .. hpf.escape(request.user.id_no)

    if request.form.month then
        path = path .. "&month=" .. hpf.escape(request.form.month)
    end

    local answer = hpf.backend("core", { path = path })

    if answer.status == 404 then
        hpf.fail("not-found")
    end

    -- what comes from a back end is looked at by nobody else

    if not answer.ok or type(answer.json) ~= "table"
       or type(answer.json.balance) ~= "string"
    then
        hpf.fail("backend-unavailable")
    end

    return { balance = answer.json.balance }
end


return { handle = handle }
EOT


sub code_c { <<'EOT' }
/* @ID@: the balance of the user's account. */

#include "hpf_plugin.h"

#include <string.h>


static const hpf_iface_call_t  *call_iface;
static const hpf_iface_http_t  *http_iface;
static const hpf_iface_json_t  *json_iface;


static int
@SYMBOL@_event(hpf_plugin_t *plugin, int event, const hpf_host_t *host)
{
    if (event != HPF_EVENT_LOAD) {
        return HPF_OK;
    }

    call_iface = host->iface(HPF_IFACE_CALL, 1);
    http_iface = host->iface(HPF_IFACE_HTTP, 1);
    json_iface = host->iface(HPF_IFACE_JSON, 1);

    return call_iface && http_iface && json_iface ? HPF_OK : HPF_ERROR;
}


static char *
@SYMBOL@_put(char *p, const char *text, size_t len)
{
    memcpy(p, text, len);

    return p + len;
}


static int
@SYMBOL@_start(hpf_call_t *call)
{
    char       *p, *path;
    hpf_str_t   id_no, month, at;

    static const char  account[] = "/account?id_no=";
    static const char  of_month[] = "&month=";

    /* both have been checked, there is nothing to escape in them */

    id_no = call_iface->fact(call, "id_no");
    month = json_iface->string(json_iface->get(call_iface->form(call),
                                               "month"));

    path = call_iface->alloc(call, sizeof(account) + sizeof(of_month)
                                   + id_no.len + month.len);
    if (path == NULL) {
        return HPF_ERROR;
    }

    p = @SYMBOL@_put(path, account, sizeof(account) - 1);
    p = @SYMBOL@_put(p, id_no.data, id_no.len);

    if (month.len > 0) {
        p = @SYMBOL@_put(p, of_month, sizeof(of_month) - 1);
        p = @SYMBOL@_put(p, month.data, month.len);
    }

    at.data = path;
    at.len = p - path;

    return http_iface->call(call, "core", "GET", at, NULL) > 0 ? HPF_AGAIN
                                                               : HPF_ERROR;
}


static int
@SYMBOL@_resume(hpf_call_t *call, const hpf_result_t *result)
{
    hpf_json_t  *answer, *balance;

    if (result->outcome == HPF_DONE && result->status == 404) {
        return call_iface->fail(call, "not-found", NULL, NULL);
    }

    balance = json_iface->get(result->json, "balance");

    /* what comes from a back end is looked at by nobody else */

    if (result->outcome != HPF_DONE || result->status != 200
        || json_iface->type(balance) != HPF_JSON_STRING)
    {
        return call_iface->fail(call, "backend-unavailable", NULL, NULL);
    }

    answer = json_iface->new_object(call);

    if (json_iface->set(answer, "balance", json_iface->copy(call, balance))
        != HPF_OK)
    {
        return HPF_ERROR;
    }

    return call_iface->reply(call, 200, answer);
}


static const hpf_plugin_def_t  @SYMBOL@ = {
    .size = sizeof(hpf_plugin_def_t),
    .abi_major = HPF_ABI_MAJOR,
    .abi_minor = HPF_ABI_MINOR,
    .id = "@ID@",
    .version = "1.0.0",
    .event = @SYMBOL@_event,
    .start = @SYMBOL@_start,
    .resume = @SYMBOL@_resume
};


__attribute__((visibility("default")))
const hpf_plugin_def_t *
hpf_plugin_entry(uint32_t host_abi)
{
    return &@SYMBOL@;
}
EOT


1;
