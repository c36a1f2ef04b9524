/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * abi-tables: uses the tables of 1.1.  "do" of the form is "crypto", "text",
 * "open" (of "sealed"), "audit" (of "key" and "note"), "log", "metric", or
 * "redis": then "argv" is sent with "ttl", and the reply is the answer.
 */

#include "hpf_plugin.h"

#include <string.h>


#define WORDS  80


static hpf_plugin_t              *self;
static const hpf_iface_call_t    *call_iface;
static const hpf_iface_json_t    *json_iface;
static const hpf_iface_log_t     *log_iface;
static const hpf_iface_text_t    *text_iface;
static const hpf_iface_crypto_t  *crypto_iface;
static const hpf_iface_metric_t  *metric_iface;
static const hpf_iface_audit_t   *audit_iface;
static const hpf_iface_redis_t   *redis_iface;

static int                        done_metric, core_metric;


static hpf_str_t
abi_tables_str(const char *text)
{
    hpf_str_t  s;

    s.data = text;
    s.len = strlen(text);

    return s;
}


static int
abi_tables_event(hpf_plugin_t *plugin, int event, const hpf_host_t *host)
{
    int   i, n;
    char  name[] = "more_a";

    if (event != HPF_EVENT_LOAD) {
        return HPF_OK;
    }

    self = plugin;

    call_iface = host->iface(HPF_IFACE_CALL, 1);
    json_iface = host->iface(HPF_IFACE_JSON, 2);
    log_iface = host->iface(HPF_IFACE_LOG, 1);
    text_iface = host->iface(HPF_IFACE_TEXT, 1);
    crypto_iface = host->iface(HPF_IFACE_CRYPTO, 1);
    metric_iface = host->iface(HPF_IFACE_METRIC, 1);
    audit_iface = host->iface(HPF_IFACE_AUDIT, 1);
    redis_iface = host->iface(HPF_IFACE_REDIS, 1);

    if (call_iface == NULL || json_iface == NULL || log_iface == NULL
        || text_iface == NULL || crypto_iface == NULL || metric_iface == NULL
        || audit_iface == NULL || redis_iface == NULL)
    {
        return HPF_ERROR;
    }

    done_metric = metric_iface->counter(plugin, "done");
    core_metric = metric_iface->histogram(plugin, "core");

    if (metric_iface->counter(plugin, "Done") != HPF_ERROR
        || metric_iface->counter(plugin, "") != HPF_ERROR
        || metric_iface->counter(plugin, "a\"b") != HPF_ERROR)
    {
        return HPF_ERROR;
    }

    for (i = 0, n = 0; i < 16; i++, name[5]++) {
        n += metric_iface->counter(plugin, name) > 0;
    }

    return done_metric > 0 && core_metric > 0 && n == 14 ? HPF_OK : HPF_ERROR;
}


static void
abi_tables_set(hpf_call_t *call, hpf_json_t *answer, const char *key,
    hpf_str_t value)
{
    json_iface->set(answer, key, json_iface->new_string(call, value));
}


static void
abi_tables_text(hpf_call_t *call, hpf_json_t *answer)
{
    char       buf[HPF_TEXT_ESCAPE(64)];
    size_t     i;
    int64_t    fen;
    hpf_str_t  s;

    static const char  *sums[] = {
        "1024.00", "-0.01", "-0.00", "1e3", "1.5", ""
    };

    for (i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
        s = abi_tables_str(sums[i]);

        if (text_iface->fen(s, &fen) == HPF_OK) {
            json_iface->set(answer, sums[i],
                            json_iface->new_integer(call, fen));
        }
    }

    s.data = buf;
    s.len = text_iface->yuan(buf, -102405);
    abi_tables_set(call, answer, "yuan", s);

    s.len = text_iface->escape(buf, abi_tables_str("a b/\xe5\x85\xac?&"));
    abi_tables_set(call, answer, "escape", s);
}


static void
abi_tables_crypto(hpf_call_t *call, hpf_json_t *answer)
{
    int        n;
    char       text[HPF_HEX_LEN(HPF_DIGEST_LEN)];
    char       sealed[HPF_SEALED_LEN(6)];
    hpf_str_t  s, abc, bytes;

    unsigned char  out[HPF_DIGEST_LEN];

    abc = abi_tables_str("abc");
    bytes.data = (char *) out;
    bytes.len = sizeof(out);
    s.data = text;

    n = crypto_iface->digest(self, HPF_DIGEST_SHA256, abc, out);
    s.len = crypto_iface->hex(text, bytes);
    abi_tables_set(call, answer, "sha256", s);

    n += crypto_iface->digest(self, HPF_DIGEST_SM3, abc, out);
    s.len = crypto_iface->hex(text, bytes);
    abi_tables_set(call, answer, "sm3", s);

    n += crypto_iface->hmac(self, HPF_DIGEST_SHA256, abi_tables_str("key"),
                            abc, out);
    s.len = crypto_iface->base64url(text, bytes);
    abi_tables_set(call, answer, "hmac", s);

    s.len = crypto_iface->base64(text, abi_tables_str("ab"));
    abi_tables_set(call, answer, "base64", s);

    bytes.len = (size_t) crypto_iface->unbase64(out, s);
    abi_tables_set(call, answer, "unbase64", bytes);

    n += crypto_iface->unbase64(out, abi_tables_str("a")) != HPF_ERROR;
    n += crypto_iface->unbase64url(out, abi_tables_str("Z+==")) != HPF_ERROR;
    n += crypto_iface->unhex(out, abi_tables_str("0g")) != HPF_ERROR;
    n += crypto_iface->unhex(out, abi_tables_str("00fF")) != 2;
    n += crypto_iface->digest(self, 7, abc, out) != HPF_ERROR;
    n += crypto_iface->random(out, 16) != HPF_OK;
    n += crypto_iface->equal(abc, abi_tables_str("abd"));
    n += crypto_iface->equal(abc, abi_tables_str("abcd"));
    n += !crypto_iface->equal(abc, abi_tables_str("abc"));

    json_iface->set(answer, "wrong", json_iface->new_integer(call, n));

    s.data = sealed;
    s.len = (size_t) crypto_iface->seal(self, abi_tables_str("note"),
                                        abi_tables_str("secret"), sealed);
    abi_tables_set(call, answer, "sealed", s);
}


static void
abi_tables_open(hpf_call_t *call, hpf_json_t *form, hpf_json_t *answer)
{
    char       *out;
    int64_t     n;
    hpf_str_t   s, text;

    text = json_iface->string(json_iface->get(form, "sealed"));
    out = call_iface->alloc(call, text.len);

    n = crypto_iface->open(self, abi_tables_str("note"), text, out);

    s.data = n < 0 ? "" : out;
    s.len = n < 0 ? 0 : (size_t) n;
    abi_tables_set(call, answer, "opened", s);

    json_iface->set(answer, "elsewhere",
                    json_iface->new_integer(call,
                        crypto_iface->open(self, abi_tables_str("other"),
                                           text, out)));
}


static int
abi_tables_redis(hpf_call_t *call, hpf_json_t *form)
{
    size_t       i, n;
    hpf_str_t    argv[WORDS];
    hpf_json_t  *words;

    words = json_iface->get(form, "argv");
    n = json_iface->count(words);

    for (i = 0; i < n && i < WORDS; i++) {
        argv[i] = json_iface->string(json_iface->at(words, i));
    }

    if (redis_iface->command(call, argv, n,
                             (uint32_t) json_iface->integer(
                                 json_iface->get(form, "ttl"), 0))
        > 0)
    {
        return HPF_AGAIN;
    }

    return call_iface->fail(call, "bad-request", NULL, NULL);
}


static int
abi_tables_start(hpf_call_t *call)
{
    int          rc;
    hpf_str_t    what, key;
    hpf_json_t  *form, *answer, *sum;

    form = call_iface->form(call);
    answer = json_iface->new_object(call);
    what = json_iface->string(json_iface->get(form, "do"));
    rc = 0;

    switch (what.len ? what.data[0] : 0) {

    case 'c':
        abi_tables_crypto(call, answer);
        break;

    case 't':
        abi_tables_text(call, answer);
        break;

    case 'o':
        abi_tables_open(call, form, answer);
        break;

    case 'a':
        key = json_iface->string(json_iface->get(form, "key"));
        rc = audit_iface->add(call, key.data,
                              json_iface->string(json_iface->get(form,
                                                                 "note")));
        break;

    case 'l':
        log_iface->write(call, HPF_LOG_NOTICE,
                         abi_tables_str("one line,\nnot two"));
        rc = log_iface->enabled(call, HPF_LOG_ERR);
        break;

    case 'm':
        metric_iface->add(self, done_metric, 3);
        metric_iface->observe(self, core_metric, 1500);

        rc = metric_iface->add(self, core_metric, 1)
             + metric_iface->observe(self, done_metric, 1)
             + metric_iface->add(self, 99, 1)
             + metric_iface->counter(self, "late");
        break;

    case 'j':
        sum = json_iface->new_real(call,
                  json_iface->real(json_iface->get(form, "n"), 0) / 2);
        key = json_iface->key(form, 1);

        json_iface->set(answer, "half", sum);
        abi_tables_set(call, answer, "second", key);
        abi_tables_set(call, answer, "third", json_iface->key(form, 2));
        abi_tables_set(call, answer, "form", json_iface->dump(call, form));
        break;

    default:
        return abi_tables_redis(call, form);
    }

    json_iface->set(answer, "rc", json_iface->new_integer(call, rc));

    return call_iface->reply(call, 200, answer);
}


static int
abi_tables_resume(hpf_call_t *call, const hpf_result_t *result)
{
    hpf_json_t  *answer;

    answer = json_iface->new_object(call);

    json_iface->set(answer, "outcome",
                    json_iface->new_integer(call, result->outcome));
    json_iface->set(answer, "status",
                    json_iface->new_integer(call, result->status));

    if (result->json) {
        json_iface->set(answer, "reply", result->json);
    }

    return call_iface->reply(call, 200, answer);
}


static const hpf_plugin_def_t  abi_tables = {
    .size = sizeof(hpf_plugin_def_t),
    .abi_major = HPF_ABI_MAJOR,
    .abi_minor = HPF_ABI_MINOR,
    .id = "abi-tables",
    .version = "1.0.0",
    .event = abi_tables_event,
    .start = abi_tables_start,
    .resume = abi_tables_resume
};


const hpf_plugin_def_t *
hpf_plugin_entry(uint32_t host_abi)
{
    return &abi_tables;
}
