/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Lists of versions, "ID DIGEST" in a line each: catalogues, and what was
 * approved.  A file is made under another name and renamed.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_plugins.h"


static int ngx_libc_cdecl ngx_hpf_list_cmp(const void *one, const void *two);


void
ngx_hpf_list_sort(ngx_hpf_source_t *list, ngx_uint_t n)
{
    ngx_qsort(list, n, sizeof(ngx_hpf_source_t), ngx_hpf_list_cmp);
}


static int ngx_libc_cdecl
ngx_hpf_list_cmp(const void *one, const void *two)
{
    const ngx_hpf_source_t  *a, *b;

    a = one;
    b = two;

    return ngx_memn2cmp((u_char *) a->id, (u_char *) b->id,
                        ngx_strlen(a->id), ngx_strlen(b->id));
}


const ngx_hpf_source_t *
ngx_hpf_list_find(const ngx_hpf_source_t *list, ngx_uint_t n,
    const u_char *id)
{
    ngx_uint_t  i;

    for (i = 0; i < n; i++) {

        if (ngx_strcmp(list[i].id, id) == 0) {
            return &list[i];
        }
    }

    return NULL;
}


ngx_int_t
ngx_hpf_list_save(ngx_hpf_plugins_t *plugins, const char *name,
    const char *first, const ngx_hpf_source_t *list, ngx_uint_t n)
{
    u_char      *p, file[NGX_MAX_PATH], tmp[NGX_MAX_PATH];
    ngx_int_t    rc;
    ngx_str_t    text;
    ngx_uint_t   i;

    text.data = ngx_alloc(ngx_strlen(first)
                          + (n + 1) * sizeof(ngx_hpf_source_t),
                          plugins->log);
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(text.data, first, ngx_strlen(first));

    for (i = 0; i < n; i++) {
        p = ngx_sprintf(p, "%s %s\n", list[i].id, list[i].digest);
    }

    text.len = p - text.data;

    (void) ngx_snprintf(file, sizeof(file), "%V/%s%Z", &plugins->conf.cache,
                        name);
    (void) ngx_snprintf(tmp, sizeof(tmp), "%s.%P%Z", file, ngx_pid);

    rc = ngx_hpf_source_write((char *) tmp, &text, plugins->log);

    ngx_free(text.data);

    if (rc == NGX_OK && ngx_rename_file(tmp, file) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_CRIT, plugins->log, ngx_errno,
                      "hpf plugin: " ngx_rename_file_n " \"%s\" failed", file);
        rc = NGX_ERROR;
    }

    return rc;
}


ngx_int_t
ngx_hpf_list_parse(u_char *p, u_char *last, ngx_hpf_source_t *list)
{
    u_char      *q;
    ngx_uint_t   n;

    for (n = 0; n < NGX_HPF_PLUGINS_MAX && p < last; n++) {

        q = ngx_strlchr(p, last, ' ');

        if (q == NULL || q - p > HPF_MANIFEST_ID
            || last - q < NGX_HPF_DIGEST_LEN + 2)
        {
            return NGX_ERROR;
        }

        ngx_memzero(&list[n], sizeof(ngx_hpf_source_t));
        (void) ngx_cpystrn(list[n].id, p, q - p + 1);
        (void) ngx_cpystrn(list[n].digest, q + 1, NGX_HPF_DIGEST_LEN + 1);

        p = q + NGX_HPF_DIGEST_LEN + 2;
    }

    return n;
}


ngx_int_t
ngx_hpf_list_catalogue(ngx_hpf_plugins_t *plugins, uint32_t number,
    ngx_hpf_source_t *list)
{
    u_char       name[NGX_MAX_PATH];
    ngx_int_t    n;
    ngx_str_t    text;
    ngx_pool_t  *pool;

    pool = ngx_create_pool(4096, plugins->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_snprintf(name, sizeof(name), "%V/catalogue-%ud%Z",
                        &plugins->conf.cache, number);

    text = ngx_hpf_source_file(pool, (char *) name, plugins->log);

    n = text.data ? ngx_hpf_list_parse(text.data, text.data + text.len, list)
                  : NGX_ERROR;

    ngx_destroy_pool(pool);

    return n;
}


ngx_int_t
ngx_hpf_list_save_catalogue(ngx_hpf_plugins_t *plugins, uint32_t number,
    const ngx_hpf_source_t *list, ngx_uint_t n)
{
    u_char  name[sizeof("catalogue-") + NGX_INT32_LEN];

    (void) ngx_sprintf(name, "catalogue-%uD%Z", number);

    return ngx_hpf_list_save(plugins, (char *) name, "", list, n);
}
