/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What the fixed calls answer, for their description: the status of success,
 * JSON Schema of the body, and the parameters of a query.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_api.h"


#define TEXT       "{\"type\":\"string\"}"
#define TIME       "{\"type\":\"string\",\"format\":\"date-time\"}"
#define DUE        "{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}"
#define NUMBER     "{\"type\":\"integer\"}"
#define SWITCH     "{\"type\":\"boolean\"}"
#define LOAD       "{\"type\":\"number\",\"minimum\":0,\"maximum\":1}"
#define LIST(of)   "{\"type\":\"array\",\"items\":" of "}"
#define OBJECT(m)  "{\"type\":\"object\",\"properties\":{" m "}}"

#define ITEM                                                                  \
    "\"id\":" TEXT ",\"name\":" TEXT ",\"category\":" TEXT                    \
    ",\"users\":" LIST(TEXT) ",\"level\":" NUMBER                             \
    ",\"channels\":" LIST(TEXT) ",\"open\":" SWITCH ",\"time_limit\":"        \
    OBJECT("\"days\":" NUMBER ",\"unit\":{\"enum\":[\"working\","             \
           "\"natural\"]}")

#define STATUS                                                                \
    "{\"enum\":[\"received\",\"checking\",\"supplement\",\"approved\","       \
    "\"rejected\",\"cancelled\",\"pending-backend\"]}"

#define CASE                                                                  \
    OBJECT("\"case_no\":" TEXT ",\"item\":" TEXT ",\"status\":" STATUS        \
           ",\"due\":" DUE ",\"overdue\":" SWITCH ",\"steps\":"              \
           LIST(OBJECT("\"at\":" TIME ",\"status\":" STATUS                   \
                       ",\"by\":" TEXT ",\"note\":" TEXT))                    \
           ",\"missing_documents\":" LIST(TEXT) ",\"result\":{}"             \
           ",\"reason\":" TEXT ",\"evaluation\":"                              \
           OBJECT("\"score\":" NUMBER ",\"tags\":" LIST(TEXT)               \
                  ",\"comment\":" TEXT ",\"at\":" TIME))

#define CONSENT                                                               \
    OBJECT("\"party\":" TEXT ",\"scope\":" LIST(TEXT) ",\"purpose\":" TEXT   \
           ",\"text_version\":{},\"channel\":" TEXT ",\"given_at\":" TIME     \
           ",\"expires_at\":" TIME)

#define USER(more)                                                            \
    OBJECT("\"user_id\":" TEXT ",\"user_type\":" TEXT more)

#define CERTIFICATE                                                           \
    OBJECT("\"id\":" TEXT ",\"subject\":" TEXT ",\"issuer\":" TEXT            \
           ",\"serial\":" TEXT ",\"until\":" TIME ",\"bound_at\":" TIME)

/* of a browser, csrf_token and a cookie instead of the token */

#define TOKEN                                                                 \
    OBJECT("\"token\":" TEXT ",\"token_type\":{\"const\":\"Bearer\"}"         \
           ",\"csrf_token\":" TEXT ",\"expires_in\":" NUMBER                  \
           ",\"level\":" NUMBER ",\"user\":"                                  \
           USER(",\"name\":" TEXT ",\"mobile\":" TEXT                         \
                ",\"unit_name\":" TEXT ",\"handler\":" TEXT)                  \
           ",\"device\":" TEXT ",\"notice\":" TEXT)


static const ngx_http_hpf_openapi_answer_t  ngx_http_hpf_openapi_answers[] = {

    { "item-list", "200",
      OBJECT("\"version\":" TEXT ",\"items\":" LIST(OBJECT(ITEM))),
      { "category", "user_type" } },

    { "item-guide", "200",
      OBJECT(ITEM ",\"version\":" TEXT ",\"form\":{\"type\":\"object\"}"
             ",\"documents\":" LIST("{}") ",\"checks\":" LIST("{}")
             ",\"tolerates\":" LIST("{}") ",\"basis\":" LIST("{}")
             ",\"commitment\":{},\"fees\":{}"), { NULL, NULL } },

    { "item", "200", OBJECT("\"result\":{}"), { NULL, NULL } },

    { "case-list", "200", OBJECT("\"cases\":" LIST(CASE)),
      { "status", NULL } },

    { "case", "200", CASE, { NULL, NULL } },
    { "case-cancel", "200", CASE, { NULL, NULL } },
    { "case-evaluate", "201", CASE, { NULL, NULL } },

    { "channel-list", "200",
      OBJECT("\"channels\":"
             LIST(OBJECT("\"id\":" TEXT ",\"name\":" TEXT ",\"open\":" SWITCH
                         ",\"load\":" LOAD ",\"entry\":" TEXT))),
      { NULL, NULL } },

    { "openapi", "200", "{\"type\":\"object\"}", { NULL, NULL } },

    { "challenge-create", "201",
      OBJECT("\"challenge_id\":" TEXT ",\"expires_in\":" NUMBER
             ",\"resend_after\":" NUMBER ",\"nonce\":" TEXT),
      { NULL, NULL } },

    { "user-create", "201",
      OBJECT("\"user_id\":" TEXT ",\"level\":" NUMBER), { NULL, NULL } },

    { "session-create", "201", TOKEN, { NULL, NULL } },

    { "session", "200",
      OBJECT("\"csrf_token\":" TEXT ",\"level\":" NUMBER
             ",\"expires_in\":" NUMBER ",\"user\":"
             USER(",\"handler\":" TEXT)), { NULL, NULL } },

    { "session-end", "204", NULL, { NULL, NULL } },
    { "session-step-up", "200", TOKEN, { NULL, NULL } },
    { "session-end-all", "204", NULL, { NULL, NULL } },

    { "certificate-list", "200",
      OBJECT("\"certificates\":" LIST(CERTIFICATE)), { NULL, NULL } },
    { "certificate-bind", "201", CERTIFICATE, { NULL, NULL } },
    { "certificate-end", "204", NULL, { NULL, NULL } },

    { "session-list", "200",
      OBJECT("\"sessions\":"
             LIST(OBJECT("\"id\":" TEXT ",\"channel\":" TEXT
                         ",\"level\":" NUMBER ",\"created_at\":" TIME
                         ",\"last_used\":" TIME ",\"ends_at\":" TIME
                         ",\"current\":" SWITCH))), { NULL, NULL } },

    { "session-end-one", "204", NULL, { NULL, NULL } },

    { "ticket-create", "201",
      OBJECT("\"ticket\":" TEXT ",\"expires_in\":" NUMBER),
      { NULL, NULL } },

    { "binding-list", "200",
      OBJECT("\"bindings\":"
             LIST(OBJECT("\"channel\":" TEXT ",\"subject\":" TEXT
                         ",\"bound_at\":" TIME))), { NULL, NULL } },

    { "binding-put", "204", NULL, { NULL, NULL } },
    { "binding-end", "204", NULL, { NULL, NULL } },

    { "consent-list", "200", OBJECT("\"consents\":" LIST(CONSENT)),
      { NULL, NULL } },

    { "consent", "200", CONSENT, { NULL, NULL } },
    { "consent-put", "200", CONSENT, { NULL, NULL } },
    { "consent-end", "204", NULL, { NULL, NULL } },

    { "password-set", "200", OBJECT("\"device\":" TEXT), { NULL, NULL } },

    { "mobile-set", "200", OBJECT("\"mobile\":" TEXT ",\"device\":" TEXT),
      { NULL, NULL } },

    { "user-close", "204", NULL, { NULL, NULL } },

    { "handler-list", "200",
      OBJECT("\"handlers\":"
             LIST(OBJECT("\"id\":" TEXT ",\"administrator\":" SWITCH
                         ",\"real_name\":" SWITCH ",\"since\":" TIME
                         ",\"name\":" TEXT ",\"mobile\":" TEXT
                         ",\"items\":{\"type\":[\"array\",\"null\"]}"))),
      { NULL, NULL } },

    { "handler-add", "201", OBJECT("\"id\":" TEXT ",\"real_name\":" SWITCH),
      { NULL, NULL } },

    { "handler-set", "204", NULL, { NULL, NULL } },
    { "handler-remove", "204", NULL, { NULL, NULL } },

    /* of any other item, by its mode */

    { "query", "200", OBJECT("\"result\":{}"), { NULL, NULL } },

    { "application", "201",
      OBJECT("\"case_no\":" TEXT ",\"status\":" STATUS ",\"due\":" DUE
             ",\"result\":{}"), { NULL, NULL } },

    { NULL, "200", "{\"type\":\"object\"}", { NULL, NULL } }
};


const ngx_http_hpf_openapi_answer_t *
ngx_http_hpf_openapi_answer(const char *name)
{
    const ngx_http_hpf_openapi_answer_t  *answer;

    for (answer = ngx_http_hpf_openapi_answers; answer->name; answer++) {

        if (ngx_strcmp(answer->name, name) == 0) {
            break;
        }
    }

    return answer;
}
