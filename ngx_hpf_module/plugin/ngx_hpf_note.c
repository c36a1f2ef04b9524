/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Notes: what a plugin adds to the audit record of its request.  The record is
 * kept for years and read by many, so what looks like a number of a person
 * does not get into it.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "hpf_mask_search.h"
#include "ngx_hpf_plugins.h"


#define NGX_HPF_NOTES       8
#define NGX_HPF_NOTE_VALUE  64


static const char *ngx_hpf_note_check(ngx_hpf_call_t *call, const char *key,
    const json_t *text);
static ngx_uint_t ngx_hpf_note_personal(ngx_hpf_call_t *call,
    const u_char *value, size_t len);
static void *ngx_hpf_note_alloc(void *data, size_t size);


hpf_mask_rules_t *
ngx_hpf_note_rules(ngx_pool_t *pool)
{
    hpf_mask_alloc_t   alloc;
    hpf_mask_rules_t  *rules;

    alloc.alloc = ngx_hpf_note_alloc;
    alloc.data = pool;

    rules = hpf_mask_rules_create(&alloc, NULL);

    if (rules == NULL || hpf_mask_rules_defaults(rules) != HPF_OK
        || hpf_mask_rules_compile(rules) != HPF_OK)
    {
        return NULL;
    }

    return rules;
}


int
ngx_hpf_note_add(ngx_hpf_call_t *call, const char *key, const char *value,
    size_t len)
{
    json_t      *text;
    const char  *why;

    text = json_stringn(value, len);
    why = ngx_hpf_note_check(call, key, text);

    if (why) {

        /* told once of a call: a plugin may try without end */

        if (!call->unnoted) {
            ngx_log_error(NGX_LOG_ERR, call->log, 0,
                          "hpf plugin: \"%V\" may not add this to the "
                          "record: %s", &call->plugin->id, why);
        }

        call->unnoted = 1;
        json_decref(text);

        return HPF_ERROR;
    }

    if (call->notes == NULL) {
        call->notes = json_object();
    }

    return json_object_set_new(call->notes, key, text) == 0 ? HPF_OK
                                                            : HPF_ERROR;
}


/* NULL: it may be added; else why not. */

static const char *
ngx_hpf_note_check(ngx_hpf_call_t *call, const char *key, const json_t *text)
{
    size_t         i, len;
    const u_char  *value;

    if (!ngx_hpf_metric_is_name(key)) {
        return "the key is none";
    }

    if (text == NULL) {
        return "the value is not UTF-8";
    }

    value = (const u_char *) json_string_value(text);
    len = json_string_length(text);

    if (len > NGX_HPF_NOTE_VALUE) {
        return "the value is longer than 64 bytes";
    }

    for (i = 0; i < len; i++) {
        if (value[i] < ' ' || value[i] == 0x7f) {
            return "there is a control character in the value";
        }
    }

    if (ngx_hpf_note_personal(call, value, len)) {
        return "the value looks like a number of a person";
    }

    if (json_object_size(call->notes) >= NGX_HPF_NOTES
        && json_object_get(call->notes, key) == NULL)
    {
        return "it has 8 notes already";
    }

    return NULL;
}


static ngx_uint_t
ngx_hpf_note_personal(ngx_hpf_call_t *call, const u_char *value, size_t len)
{
    ngx_tm_t           tm;
    hpf_mask_hit_t     hit;
    hpf_mask_search_t  search;

    ngx_gmtime(ngx_time(), &tm);

    ngx_memzero(&search, sizeof(hpf_mask_search_t));

    search.rules = call->plugin->plugins->personal;
    search.today.year = tm.ngx_tm_year;
    search.today.month = tm.ngx_tm_mon;
    search.today.day = tm.ngx_tm_mday;

    return hpf_mask_search(&search, value, value + len, 0, &hit) == HPF_OK;
}


static void *
ngx_hpf_note_alloc(void *data, size_t size)
{
    return ngx_pcalloc(data, size);
}
