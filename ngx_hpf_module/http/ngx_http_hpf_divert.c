/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Diversion: which open channels carry the same item, least loaded first.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf.h"


typedef struct {
    ngx_http_hpf_channel_t  *channel;
    double                   load;
} ngx_http_hpf_alternative_t;


static int ngx_libc_cdecl ngx_http_hpf_divert_cmp(const void *one,
    const void *two);


json_t *
ngx_http_hpf_alternatives(ngx_http_hpf_ctx_t *ctx)
{
    json_t                      *list, *member;
    ngx_uint_t                   i, n;
    ngx_hpf_switch_t             sw;
    ngx_http_hpf_channel_t      *ch;
    ngx_http_hpf_main_conf_t    *hmcf;
    ngx_http_hpf_alternative_t  *alt;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    list = json_array();
    alt = ngx_pnalloc(ctx->request->pool, hmcf->channels.nelts
                                  * sizeof(ngx_http_hpf_alternative_t));
    if (list == NULL || alt == NULL) {
        json_decref(list);
        return NULL;
    }

    ch = hmcf->channels.elts;
    n = 0;

    for (i = 0; i < hmcf->channels.nelts; i++) {

        if (&ch[i] == ctx->channel
            || !ngx_http_hpf_channel_open(hmcf, &ch[i])
            || (ctx->item
                && (!ngx_http_hpf_item_on_channel(ctx->item, &ch[i].id)
                    || !ngx_http_hpf_item_open(hmcf, &ctx->item_id, &ch[i],
                                               &sw))))
        {
            continue;
        }

        alt[n].channel = &ch[i];
        alt[n].load = ngx_http_hpf_channel_load(hmcf, &ch[i]);

        if (alt[n].load < 1) {
            n++;
        }
    }

    ngx_qsort(alt, n, sizeof(ngx_http_hpf_alternative_t),
              ngx_http_hpf_divert_cmp);

    for (i = 0; i < n; i++) {

        ch = alt[i].channel;

        member = json_object();

        if (member == NULL
            || ngx_http_hpf_set_str(member, "channel", &ch->id) != NGX_OK
            || ngx_http_hpf_set_str(member, "name",
                                    ngx_http_hpf_text(ctx, &ch->name))
               != NGX_OK
            || ngx_http_hpf_set_str(member, "entry", &ch->entry) != NGX_OK
            || json_object_set_new(member, "load", json_real(alt[i].load)) != 0
            || json_array_append(list, member) != 0)
        {
            json_decref(member);
            json_decref(list);
            return NULL;
        }

        json_decref(member);
    }

    return list;
}


/* In ten-thousandths, as it is shown; without a capacity 0. */

double
ngx_http_hpf_channel_load(ngx_http_hpf_main_conf_t *hmcf,
    ngx_http_hpf_channel_t *ch)
{
    ngx_uint_t  n;

    if (ch->capacity == 0 || ch->load < 0) {
        return 0;
    }

    n = ngx_hpf_load_get(hmcf->zone, ch->load) * 10000 / ch->capacity;

    return (double) ngx_min(n, 10000) / 10000;
}


static int ngx_libc_cdecl
ngx_http_hpf_divert_cmp(const void *one, const void *two)
{
    const ngx_http_hpf_alternative_t  *a, *b;

    a = one;
    b = two;

    if (a->load != b->load) {
        return a->load < b->load ? -1 : 1;
    }

    /* as configured */

    return a->channel < b->channel ? -1 : 1;
}


/* GET /v1/channels */

ngx_int_t
ngx_http_hpf_divert_handler(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    json_t                    *list, *member;
    ngx_uint_t                 i;
    ngx_http_hpf_channel_t    *ch;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    list = json_array();
    ch = hmcf->channels.elts;

    for (i = 0; i < hmcf->channels.nelts; i++) {

        member = json_object();

        if (ngx_http_hpf_set_str(member, "id", &ch[i].id) != NGX_OK
            || ngx_http_hpf_set_str(member, "name",
                                    ngx_http_hpf_text(ctx, &ch[i].name))
               != NGX_OK
            || json_object_set_new(member, "open",
                   json_boolean(ngx_http_hpf_channel_open(hmcf, &ch[i]))) != 0
            || json_object_set_new(member, "load",
                   json_real(ngx_http_hpf_channel_load(hmcf, &ch[i]))) != 0
            || ngx_http_hpf_set_str(member, "entry", &ch[i].entry) != NGX_OK
            || json_array_append(list, member) != 0)
        {
            json_decref(member);
            json_decref(list);
            return NGX_ERROR;
        }

        json_decref(member);
    }

    return ngx_http_hpf_answer(ctx, NGX_HTTP_OK,
                               json_pack("{s:o}", "channels", list));
}
