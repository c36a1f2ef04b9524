/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Devices that are known: each log-in gives one a token to show the next time.
 * It proves nothing but that somebody has logged in there before, so that he
 * is not kept out by what others try elsewhere.  Nothing of it is stored.
 *
 *     base64url(day on which it ends 2 | random 14 | HMAC-SHA-256, 16 of it)
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_base64.h"
#include "ngx_http_hpf_lock.h"
#include "ngx_http_hpf_store.h"


#define NGX_HTTP_HPF_DEVICE_DAYS  180
#define NGX_HTTP_HPF_DEVICE_ID    16       /* bytes, with the day */
#define NGX_HTTP_HPF_DEVICE_MAC   16
#define NGX_HTTP_HPF_DEVICE       (NGX_HTTP_HPF_DEVICE_ID                    \
                                   + NGX_HTTP_HPF_DEVICE_MAC)


static ngx_int_t ngx_http_hpf_device_mac(ngx_http_hpf_ctx_t *ctx,
    const u_char *id, u_char *mac);
static ngx_uint_t ngx_http_hpf_device_today(void);


ngx_str_t
ngx_http_hpf_device_make(ngx_http_hpf_ctx_t *ctx)
{
    u_char      device[NGX_HTTP_HPF_DEVICE_ID + HPF_CRYPTO_LEN];
    ngx_str_t   text;
    ngx_uint_t  day;

    day = ngx_http_hpf_device_today() + NGX_HTTP_HPF_DEVICE_DAYS;

    device[0] = (u_char) (day >> 8);
    device[1] = (u_char) day;

    text.len = 0;
    text.data = ngx_pnalloc(ctx->request->pool,
                            HPF_BASE64_URL_LEN(NGX_HTTP_HPF_DEVICE));

    if (text.data == NULL
        || hpf_crypto_random_private(device + 2, NGX_HTTP_HPF_DEVICE_ID - 2)
               != 0
        || ngx_http_hpf_device_mac(ctx, device,
                                   device + NGX_HTTP_HPF_DEVICE_ID)
               != NGX_OK)
    {
        ngx_str_null(&text);
        return text;
    }

    text.len = hpf_base64_url_encode((char *) text.data, device,
                                     NGX_HTTP_HPF_DEVICE);

    return text;
}


ngx_str_t
ngx_http_hpf_device_check(ngx_http_hpf_ctx_t *ctx)
{
    u_char                  device[HPF_BASE64_BYTES(
                                   HPF_BASE64_URL_LEN(NGX_HTTP_HPF_DEVICE))];
    u_char                  mac[HPF_CRYPTO_LEN];
    ngx_str_t               none = ngx_null_string;
    ngx_table_elt_t        *h;
    ngx_http_hpf_person_t  *person;

    static ngx_str_t  name = ngx_string("x-hpf-device");

    person = ctx->data;
    h = ngx_http_hpf_header_in(ctx->request, &name);

    if (h == NULL
        || h->value.len != HPF_BASE64_URL_LEN(NGX_HTTP_HPF_DEVICE)
        || hpf_base64_url_decode(device, h->value.data, h->value.len)
           != NGX_HTTP_HPF_DEVICE
        || ngx_http_hpf_device_mac(ctx, device, mac) != NGX_OK
        || !hpf_crypto_equal(mac, device + NGX_HTTP_HPF_DEVICE_ID,
                             NGX_HTTP_HPF_DEVICE_MAC)
        || person->uid.len == 0
        || (ngx_uint_t) (device[0] << 8 | device[1])
           < ngx_http_hpf_device_today())
    {
        return none;
    }

    return ngx_http_hpf_store_hex(ctx, device, NGX_HTTP_HPF_DEVICE_ID);
}


/* Of a unit it is the handler's. */

static ngx_int_t
ngx_http_hpf_device_mac(ngx_http_hpf_ctx_t *ctx, const u_char *id,
    u_char *mac)
{
    hpf_crypto_part_t          parts[7];
    ngx_http_hpf_person_t     *person;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);
    person = ctx->data;

    parts[0].data = "device";
    parts[0].len = sizeof("device");
    parts[1].data = person->uid.data;
    parts[1].len = person->uid.len;
    parts[2].data = "";
    parts[2].len = 1;
    parts[3].data = person->handler.data;
    parts[3].len = person->unit ? person->handler.len : 0;
    parts[4].data = "";
    parts[4].len = 1;
    parts[5].data = person->epoch.data;
    parts[5].len = person->epoch.len;
    parts[6].data = id;
    parts[6].len = NGX_HTTP_HPF_DEVICE_ID;

    return hpf_crypto_hmac_parts(hmcf->token_hmac, parts, 7, mac) == 0
           ? NGX_OK : NGX_ERROR;
}


static ngx_uint_t
ngx_http_hpf_device_today(void)
{
    return ngx_time() / 86400;
}
