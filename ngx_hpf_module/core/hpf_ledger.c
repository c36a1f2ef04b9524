/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Entries of the ledger, see the header.  An entry has one spelling: what was
 * read is written again and compared.
 */


#include <string.h>

#include "hpf_plugin.h"
#include "hpf_base64.h"
#include "hpf_hex.h"
#include "hpf_json.h"
#include "hpf_json_out.h"
#include "hpf_ledger.h"
#include "hpf_time.h"


#define HPF_LEDGER_SIG_TEXT  HPF_BASE64_URL_LEN(HPF_LEDGER_SIG)


static void hpf_ledger_hash(hpf_json_out_t *out, const char *name,
    const unsigned char *hash);
static int hpf_ledger_members(json_t *json, hpf_ledger_entry_t *entry);
static int hpf_ledger_event(json_t *json, hpf_ledger_entry_t *entry);
static int hpf_ledger_copy(json_t *json, const char *name, char *to,
    size_t min, size_t max);
static int hpf_ledger_unhex(json_t *json, const char *name,
    unsigned char *hash);
static int hpf_ledger_number(json_t *json, const char *name, uint64_t *n);


static const char  *hpf_ledger_events[] = {
    "opened", "checkpoint", "closed", "recovered"
};

static const char  *hpf_ledger_mds[] = { "sha256", "sm3" };


const char *
hpf_ledger_event_name(hpf_ledger_event_e event)
{
    return hpf_ledger_events[event];
}


const char *
hpf_ledger_md_name(unsigned md)
{
    return hpf_ledger_mds[md];
}


int
hpf_ledger_md(const char *name, size_t len, unsigned *md)
{
    unsigned  i;

    for (i = 0; i < HPF_CHAIN_ALGS; i++) {

        if (strlen(hpf_ledger_mds[i]) == len
            && memcmp(hpf_ledger_mds[i], name, len) == 0)
        {
            *md = i;
            return HPF_OK;
        }
    }

    return HPF_DECLINED;
}


size_t
hpf_ledger_text(const hpf_ledger_entry_t *entry, unsigned char *line)
{
    char            time[HPF_TIME_LEN];
    hpf_json_out_t  out;

    hpf_json_out_init(&out, line,
                      HPF_LEDGER_LINE - HPF_LEDGER_SIG_TEXT
                      - sizeof(",\"sig\":\"\"}"));

    hpf_json_out_begin_object(&out);

    hpf_json_out_key(&out, "time");
    hpf_json_out_string(&out, time, hpf_time_rfc3339(time, entry->time));
    hpf_json_out_key(&out, "event");
    hpf_json_out_cstring(&out, hpf_ledger_events[entry->event]);
    hpf_json_out_key(&out, "node");
    hpf_json_out_cstring(&out, entry->node);
    hpf_json_out_key(&out, "alg");
    hpf_json_out_cstring(&out, hpf_ledger_mds[entry->md]);
    hpf_json_out_key(&out, "chain");
    hpf_json_out_cstring(&out, entry->chain);
    hpf_json_out_key(&out, "segment");
    hpf_json_out_uint(&out, entry->segment);
    hpf_json_out_key(&out, "seq");
    hpf_json_out_uint(&out, entry->end.seq);
    hpf_ledger_hash(&out, "hash", entry->end.hash);
    hpf_json_out_key(&out, "n");
    hpf_json_out_uint(&out, entry->n);
    hpf_ledger_hash(&out, "prev", entry->prev);
    hpf_json_out_key(&out, "key");
    hpf_json_out_cstring(&out, entry->key);

    return hpf_json_out_failed(&out) ? 0 : hpf_json_out_len(&out);
}


size_t
hpf_ledger_sign(unsigned char *line, size_t len, const unsigned char *sig)
{
    char            text[HPF_LEDGER_SIG_TEXT];
    hpf_json_out_t  out;

    hpf_json_out_init(&out, line + len, HPF_LEDGER_LINE - len);

    hpf_json_out_raw(&out, ",\"sig\":", sizeof(",\"sig\":") - 1);
    hpf_json_out_string(&out, text,
                        hpf_base64_url_encode(text, sig, HPF_LEDGER_SIG));
    hpf_json_out_end_object(&out);
    hpf_json_out_raw(&out, "\n", 1);

    return len + hpf_json_out_len(&out);
}


int
hpf_ledger_read(const unsigned char *line, size_t len,
    hpf_ledger_entry_t *entry, size_t *signed_len)
{
    int                rc;
    size_t             n;
    json_t            *json;
    unsigned char      again[HPF_LEDGER_LINE];
    hpf_json_error_t   error;

    if (len >= HPF_LEDGER_LINE) {
        return HPF_DECLINED;
    }

    json = hpf_json_parse(line, len, &error);
    if (json == NULL) {
        return HPF_DECLINED;
    }

    rc = hpf_ledger_members(json, entry);

    json_decref(json);

    if (rc != HPF_OK) {
        return rc;
    }

    n = hpf_ledger_text(entry, again);

    if (n == 0) {
        return HPF_DECLINED;
    }

    *signed_len = n;

    n = hpf_ledger_sign(again, n, entry->sig);

    return n == len + 1 && memcmp(line, again, len) == 0 ? HPF_OK
                                                         : HPF_DECLINED;
}


static void
hpf_ledger_hash(hpf_json_out_t *out, const char *name,
    const unsigned char *hash)
{
    char  hex[HPF_CHAIN_HEX];

    hpf_json_out_key(out, name);
    hpf_json_out_string(out, hex, hpf_hex_encode(hex, hash, HPF_CHAIN_HASH));
}


static int
hpf_ledger_members(json_t *json, hpf_ledger_entry_t *entry)
{
    size_t       len;
    json_t      *time, *alg, *sig;
    const char  *text;

    time = json_object_get(json, "time");
    alg = json_object_get(json, "alg");
    sig = json_object_get(json, "sig");

    text = json_string_value(sig);
    len = json_string_length(sig);

    if (!json_is_string(time) || !json_is_string(alg)
        || len != HPF_LEDGER_SIG_TEXT
        || hpf_time_parse(json_string_value(time), json_string_length(time),
                          &entry->time)
           != HPF_OK
        || hpf_ledger_md(json_string_value(alg), json_string_length(alg),
                         &entry->md)
           != HPF_OK
        || hpf_base64_url_decode(entry->sig, text, len) != HPF_LEDGER_SIG)
    {
        return HPF_DECLINED;
    }

    if (hpf_ledger_event(json, entry) != HPF_OK
        || hpf_ledger_copy(json, "node", entry->node, 1, HPF_LEDGER_NODE)
           != HPF_OK
        || hpf_ledger_copy(json, "chain", entry->chain, HPF_CHAIN_ID,
                           HPF_CHAIN_ID)
           != HPF_OK
        || hpf_ledger_copy(json, "key", entry->key, HPF_LEDGER_KEY,
                           HPF_LEDGER_KEY)
           != HPF_OK
        || hpf_ledger_number(json, "segment", &entry->segment) != HPF_OK
        || hpf_ledger_number(json, "seq", &entry->end.seq) != HPF_OK
        || hpf_ledger_number(json, "n", &entry->n) != HPF_OK
        || hpf_ledger_unhex(json, "hash", entry->end.hash) != HPF_OK
        || hpf_ledger_unhex(json, "prev", entry->prev) != HPF_OK)
    {
        return HPF_DECLINED;
    }

    return HPF_OK;
}


static int
hpf_ledger_event(json_t *json, hpf_ledger_entry_t *entry)
{
    unsigned     i;
    const char  *name;

    name = json_string_value(json_object_get(json, "event"));

    for (i = HPF_LEDGER_OPENED; name && i <= HPF_LEDGER_RECOVERED; i++) {

        if (strcmp(name, hpf_ledger_events[i]) == 0) {
            entry->event = (hpf_ledger_event_e) i;
            return HPF_OK;
        }
    }

    return HPF_DECLINED;
}


static int
hpf_ledger_copy(json_t *json, const char *name, char *to, size_t min,
    size_t max)
{
    size_t   len;
    json_t  *value;

    value = json_object_get(json, name);
    len = json_string_length(value);

    if (len < min || len > max) {
        return HPF_DECLINED;
    }

    memcpy(to, json_string_value(value), len);
    to[len] = '\0';

    return HPF_OK;
}


static int
hpf_ledger_unhex(json_t *json, const char *name, unsigned char *hash)
{
    json_t  *value;

    value = json_object_get(json, name);

    return json_string_length(value) == HPF_CHAIN_HEX
           && hpf_hex_decode(json_string_value(value), HPF_CHAIN_HEX, hash)
              == HPF_OK
           ? HPF_OK : HPF_DECLINED;
}


static int
hpf_ledger_number(json_t *json, const char *name, uint64_t *n)
{
    json_t  *value;

    value = json_object_get(json, name);

    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        return HPF_DECLINED;
    }

    *n = (uint64_t) json_integer_value(value);

    return HPF_OK;
}
