/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A hash that grows while a configuration is read.  ngx_hash needs all names
 * at once, and a tree of ten thousand costs as many waits for memory as it is
 * deep.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_http_hpf_names.h"


#define NGX_HTTP_HPF_NAMES_MIN  16


struct ngx_http_hpf_name_s {
    uint32_t              hash;
    ngx_uint_t            number;
    ngx_str_t             name;
    ngx_http_hpf_name_t  *next;
};


static ngx_int_t ngx_http_hpf_names_grow(ngx_http_hpf_names_t *names);


void
ngx_http_hpf_names_init(ngx_http_hpf_names_t *names, ngx_pool_t *pool)
{
    ngx_memzero(names, sizeof(ngx_http_hpf_names_t));

    names->pool = pool;
}


ngx_int_t
ngx_http_hpf_names_add(ngx_http_hpf_names_t *names, ngx_str_t *name,
    ngx_uint_t number)
{
    ngx_http_hpf_name_t  *entry, **slot;

    if (ngx_http_hpf_names_find(names, name) != NGX_DECLINED) {
        return NGX_DECLINED;
    }

    if (names->n == names->size && ngx_http_hpf_names_grow(names) != NGX_OK) {
        return NGX_ERROR;
    }

    entry = ngx_palloc(names->pool, sizeof(ngx_http_hpf_name_t));
    if (entry == NULL) {
        return NGX_ERROR;
    }

    entry->hash = ngx_crc32_long(name->data, name->len);
    entry->number = number;
    entry->name = *name;

    slot = &names->slots[entry->hash & (names->size - 1)];

    entry->next = *slot;
    *slot = entry;

    names->n++;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_names_grow(ngx_http_hpf_names_t *names)
{
    ngx_uint_t            i, size;
    ngx_http_hpf_name_t  *entry, *next, **slots, **slot;

    size = names->size ? names->size * 2 : NGX_HTTP_HPF_NAMES_MIN;

    slots = ngx_pcalloc(names->pool, size * sizeof(ngx_http_hpf_name_t *));
    if (slots == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < names->size; i++) {

        for (entry = names->slots[i]; entry; entry = next) {
            next = entry->next;
            slot = &slots[entry->hash & (size - 1)];

            entry->next = *slot;
            *slot = entry;
        }
    }

    if (names->slots) {
        (void) ngx_pfree(names->pool, names->slots);
    }

    names->slots = slots;
    names->size = size;

    return NGX_OK;
}


ngx_int_t
ngx_http_hpf_names_find(ngx_http_hpf_names_t *names, ngx_str_t *name)
{
    uint32_t              hash;
    ngx_http_hpf_name_t  *entry;

    /* of most there is none at all */

    if (names->n == 0) {
        return NGX_DECLINED;
    }

    hash = ngx_crc32_long(name->data, name->len);

    for (entry = names->slots[hash & (names->size - 1)];
         entry;
         entry = entry->next)
    {
        if (entry->hash == hash && entry->name.len == name->len
            && ngx_memcmp(entry->name.data, name->data, name->len) == 0)
        {
            return entry->number;
        }
    }

    return NGX_DECLINED;
}
