/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * "hpf.text": money and percent-encoding.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "hpf_ident.h"
#include "ngx_hpf_iface.h"


static int ngx_hpf_iface_text_fen(hpf_str_t yuan, int64_t *fen);
static size_t ngx_hpf_iface_text_yuan(char *out, int64_t fen);
static size_t ngx_hpf_iface_text_escape(char *out, hpf_str_t text);


const hpf_iface_text_t  ngx_hpf_iface_text = {
    sizeof(hpf_iface_text_t), 1,
    ngx_hpf_iface_text_fen,
    ngx_hpf_iface_text_yuan,
    ngx_hpf_iface_text_escape
};


/* There is no "-0.00". */

static int
ngx_hpf_iface_text_fen(hpf_str_t yuan, int64_t *fen)
{
    size_t  minus;

    minus = (yuan.len > 0 && yuan.data[0] == '-');

    if (hpf_ident_money((const unsigned char *) yuan.data + minus,
                        yuan.len - minus, fen)
            != HPF_OK
        || (minus && *fen == 0))
    {
        return HPF_DECLINED;
    }

    if (minus) {
        *fen = -*fen;
    }

    return HPF_OK;
}


static size_t
ngx_hpf_iface_text_yuan(char *out, int64_t fen)
{
    return hpf_ident_money_text((unsigned char *) out, fen);
}


static size_t
ngx_hpf_iface_text_escape(char *out, hpf_str_t text)
{
    u_char  *last;

    last = (u_char *) ngx_escape_uri((u_char *) out, (u_char *) text.data,
                                     text.len, NGX_ESCAPE_URI_COMPONENT);

    return last - (u_char *) out;
}
