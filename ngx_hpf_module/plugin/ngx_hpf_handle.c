/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Handles: what a C plugin holds of a call is no address but a number that is
 * given once.  One of a call that has ended is not found and so not followed,
 * and cannot be taken for a later call at the same address, which may be
 * another person's.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_plugin_int.h"


static ngx_rbtree_node_t *ngx_hpf_handle_find(ngx_rbtree_key_t number);


/* Of the worker: a handle has nothing by which a cycle could be found. */

static ngx_rbtree_t       ngx_hpf_handles;
static ngx_rbtree_node_t  ngx_hpf_handle_sentinel;
static ngx_rbtree_key_t   ngx_hpf_handle_last;


void
ngx_hpf_handle_open(ngx_hpf_call_t *call)
{
    if (ngx_hpf_handles.root == NULL) {
        ngx_rbtree_init(&ngx_hpf_handles, &ngx_hpf_handle_sentinel,
                        ngx_rbtree_insert_value);
    }

    call->node.key = ++ngx_hpf_handle_last;

    ngx_rbtree_insert(&ngx_hpf_handles, &call->node);

    call->handle = (hpf_call_t *) call->node.key;
}


void
ngx_hpf_handle_close(ngx_hpf_call_t *call)
{
    if (call->handle) {
        ngx_rbtree_delete(&ngx_hpf_handles, &call->node);
        call->handle = NULL;
    }
}


ngx_hpf_call_t *
ngx_hpf_handle_call(hpf_call_t *handle)
{
    ngx_rbtree_node_t  *node;

    node = ngx_hpf_handle_find((ngx_rbtree_key_t) handle);

    if (node) {
        return ngx_rbtree_data(node, ngx_hpf_call_t, node);
    }

    ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                  "hpf plugin: call %p was used, which has ended", handle);

    return NULL;
}


static ngx_rbtree_node_t *
ngx_hpf_handle_find(ngx_rbtree_key_t number)
{
    ngx_rbtree_node_t  *node;

    node = ngx_hpf_handles.root;

    while (node && node != &ngx_hpf_handle_sentinel) {

        if (node->key == number) {
            return node;
        }

        node = number < node->key ? node->left : node->right;
    }

    return NULL;
}
