/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Memory of a C plugin that outlives a call: counted against the limit of its
 * manifest, and given back when the generation goes.  A block is found by its
 * address, so that nothing is read of what is none.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_plugin_int.h"


typedef struct {
    ngx_rbtree_node_t    node;         /* key: the address given out */
    size_t               size;
} ngx_hpf_memory_block_t;

/* what is given out is aligned as malloc()'s is */

#define NGX_HPF_MEMORY_HEAD                                                  \
    ngx_align(sizeof(ngx_hpf_memory_block_t), 2 * sizeof(void *))


static ngx_hpf_memory_block_t *ngx_hpf_memory_find(ngx_hpf_plugin_t *plugin,
    void *p);


void
ngx_hpf_memory_init(ngx_hpf_plugin_t *plugin)
{
    ngx_rbtree_init(&plugin->blocks, &plugin->sentinel,
                    ngx_rbtree_insert_value);
}


/* Zeroed; NULL: the system has none, or the limit is reached. */

void *
ngx_hpf_memory_alloc(ngx_hpf_plugin_t *plugin, size_t size)
{
    u_char                  *p;
    ngx_hpf_memory_block_t  *block;

    if (size > plugin->manifest->resources.memory - plugin->used) {
        ngx_log_error(NGX_LOG_ERR, plugin->log, 0,
                      "hpf plugin: \"%V\" wants %uz bytes of memory, with %uz "
                      "it has that is too much", &plugin->id, size,
                      plugin->used);
        return NULL;
    }

    block = ngx_calloc(NGX_HPF_MEMORY_HEAD + size, plugin->log);
    if (block == NULL) {
        return NULL;
    }

    p = (u_char *) block + NGX_HPF_MEMORY_HEAD;

    block->node.key = (ngx_rbtree_key_t) p;
    block->size = size;

    ngx_rbtree_insert(&plugin->blocks, &block->node);

    plugin->used += size;

    return p;
}


void
ngx_hpf_memory_free(ngx_hpf_plugin_t *plugin, void *p)
{
    ngx_hpf_memory_block_t  *block;

    if (p == NULL) {
        return;
    }

    block = ngx_hpf_memory_find(plugin, p);

    if (block == NULL) {
        ngx_log_error(NGX_LOG_ALERT, plugin->log, 0,
                      "hpf plugin: \"%V\" gives back memory that it does not "
                      "have: %p", &plugin->id, p);
        return;
    }

    plugin->used -= block->size;

    ngx_rbtree_delete(&plugin->blocks, &block->node);
    ngx_free(block);
}


void
ngx_hpf_memory_end(ngx_hpf_plugin_t *plugin)
{
    ngx_rbtree_node_t  *node;

    if (plugin->used) {
        ngx_log_error(NGX_LOG_WARN, plugin->log, 0,
                      "hpf plugin: \"%V\" has not given back %uz bytes of "
                      "memory", &plugin->id, plugin->used);
    }

    while (plugin->blocks.root != &plugin->sentinel) {
        node = plugin->blocks.root;

        ngx_rbtree_delete(&plugin->blocks, node);
        ngx_free(ngx_rbtree_data(node, ngx_hpf_memory_block_t, node));
    }
}


static ngx_hpf_memory_block_t *
ngx_hpf_memory_find(ngx_hpf_plugin_t *plugin, void *p)
{
    ngx_rbtree_key_t    key;
    ngx_rbtree_node_t  *node;

    key = (ngx_rbtree_key_t) p;
    node = plugin->blocks.root;

    while (node != &plugin->sentinel) {

        if (key == node->key) {
            return ngx_rbtree_data(node, ngx_hpf_memory_block_t, node);
        }

        node = key < node->key ? node->left : node->right;
    }

    return NULL;
}
