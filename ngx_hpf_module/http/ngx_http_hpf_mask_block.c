/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Memory for output, which a worker keeps for the requests to come.  An answer
 * of 64 KiB takes nine blocks beside the buffers of the back end.  Freed
 * together at its end, they are more than malloc() keeps: it gave them back to
 * the system, and got them with a page fault for each page, for every request.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_mask_body.h"
#include "ngx_http_hpf_mask_conf.h"


struct ngx_http_hpf_mask_block_s {
    ngx_http_hpf_mask_block_t  *next;
    u_char                      data[NGX_HTTP_HPF_MASK_BUFFER];
};


u_char *
ngx_http_hpf_mask_block_get(ngx_http_hpf_mask_ctx_t *ctx)
{
    ngx_http_hpf_mask_block_t      *block;
    ngx_http_hpf_mask_main_conf_t  *hmmcf;

    hmmcf = ngx_http_get_module_main_conf(ctx->request,
                                          ngx_http_hpf_mask_filter_module);

    block = hmmcf->blocks;

    if (block != NULL) {
        hmmcf->blocks = block->next;

    } else if (hmmcf->nblocks) {

        block = ngx_palloc(hmmcf->pool, sizeof(ngx_http_hpf_mask_block_t));
        if (block == NULL) {
            return NULL;
        }

        hmmcf->nblocks--;

    } else {
        return ngx_palloc(ctx->request->pool, NGX_HTTP_HPF_MASK_BUFFER);
    }

    block->next = ctx->blocks;
    ctx->blocks = block;

    return block->data;
}


void
ngx_http_hpf_mask_block_free(ngx_http_hpf_mask_ctx_t *ctx)
{
    ngx_http_hpf_mask_block_t      *block;
    ngx_http_hpf_mask_main_conf_t  *hmmcf;

    hmmcf = ngx_http_get_module_main_conf(ctx->request,
                                          ngx_http_hpf_mask_filter_module);

    while (ctx->blocks != NULL) {
        block = ctx->blocks;
        ctx->blocks = block->next;

        block->next = hmmcf->blocks;
        hmmcf->blocks = block;
    }
}
