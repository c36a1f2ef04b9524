package HPF::Plugin::NewFactor;

# hpf-plugin new --kind factor: whether a department knows the person of a
# number that is sent, asked of the back end "register".

use warnings;
use strict;


sub manifest { <<'EOT' }
{
  "id": "@ID@",
  "version": "1.0.0",
  "kind": "factor",
  "language": "@LANGUAGE@",
  "name": {"zh": "登记号核验", "en": "Register number"},
  "person": ["id_no"],
  "backends": ["register"],
  "form": {
    "type": "object",
    "additionalProperties": false,
    "required": ["number"],
    "properties": {
      "number": {
        "title": "登记号",
        "x-title-en": "Number",
        "type": "string",
        "pattern": "^[0-9]{6,20}$"
      }
    }
  }
}
EOT


sub tests { <<'EOT' }
{
  "tests": [
    {
      "name": "the number is his",
      "form": {"number": "123456"},
      "calls": [
        {
          "backend": "register",
          "path": "/match",
          "json": {"id_no": "11010519491231002X", "number": "123456"},
          "answer": {"json": {"match": true}}
        }
      ],
      "answer": {"status": 200}
    },
    {
      "name": "it is not",
      "form": {"number": "123456"},
      "calls": [{"backend": "register", "answer": {"json": {"match": false}}}],
      "answer": {"status": 401, "body": {"code": "factor-failed"}}
    },
    {
      "name": "a register that does not answer",
      "form": {"number": "123456"},
      "calls": [{"backend": "register", "answer": "none"}],
      "answer": {
        "status": 502,
        "body": {"code": "backend-unavailable", "backend": "register"}
      }
    },
    {
      "name": "a number that is none",
      "form": {"number": "x"},
      "answer": {
        "status": 422,
        "body": {
          "errors": [{"pointer": "/factors/0/number", "rule": "pattern"}]
        }
      }
    }
  ]
}
EOT


sub code_lua { <<'EOT' }
-- @ID@: whether the register has this number for this person.

local function handle(request)
    local answer = hpf.backend("register", {
        path = "/match",
        json = {
            id_no = request.person.id_no,
            number = request.form.number,
        },
    })

    -- what comes from a back end is looked at by nobody else

    if not answer.ok or type(answer.json) ~= "table"
       or type(answer.json.match) ~= "boolean"
    then
        hpf.fail("backend-unavailable")
    end

    return answer.json.match
end


return { handle = handle }
EOT


sub code_c { <<'EOT' }
/* @ID@: whether the register has this number for this person. */

#include "hpf_plugin.h"


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


static int
@SYMBOL@_start(hpf_call_t *call)
{
    hpf_json_t  *body, *id_no, *number;

    static const hpf_str_t  path = { "/match", 6 };

    id_no = json_iface->new_string(call, call_iface->fact(call, "id_no"));
    number = json_iface->copy(call, json_iface->get(call_iface->form(call),
                                                    "number"));
    body = json_iface->new_object(call);

    if (json_iface->set(body, "id_no", id_no) != HPF_OK
        || json_iface->set(body, "number", number) != HPF_OK)
    {
        return HPF_ERROR;
    }

    return http_iface->call(call, "register", "POST", path, body) > 0
           ? HPF_AGAIN : HPF_ERROR;
}


static int
@SYMBOL@_resume(hpf_call_t *call, const hpf_result_t *result)
{
    hpf_json_t  *match;

    match = json_iface->get(result->json, "match");

    /* what comes from a back end is looked at by nobody else */

    if (result->outcome != HPF_DONE || result->status != 200
        || json_iface->type(match) != HPF_JSON_BOOL)
    {
        return call_iface->fail(call, "backend-unavailable", NULL, NULL);
    }

    return call_iface->reply(call, 200, json_iface->copy(call, match));
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


const hpf_plugin_def_t *
hpf_plugin_entry(uint32_t host_abi)
{
    return &@SYMBOL@;
}
EOT


1;
