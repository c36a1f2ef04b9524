/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Configuration of the masking filter, and what its files need of each other.
 */

#ifndef _NGX_HTTP_HPF_MASK_CONF_H_INCLUDED_
#define _NGX_HTTP_HPF_MASK_CONF_H_INCLUDED_


#include "hpf_mask.h"
#include "ngx_http_hpf_mask_filter.h"
#include "ngx_http_hpf_mask_hash.h"
#include "ngx_http_hpf_mask_http_conf.h"
#include "ngx_http_hpf_mask_layer.h"


#define NGX_HTTP_HPF_MASK_REFUSE  0
#define NGX_HTTP_HPF_MASK_PASS    1

/* blocks that a worker keeps; of memory that is checked, none */

#if (NGX_DEBUG_PALLOC)
#define NGX_HTTP_HPF_MASK_BLOCKS  0
#else
#define NGX_HTTP_HPF_MASK_BLOCKS  256
#endif


#define NGX_HTTP_HPF_MASK_TYPE_MAX  128   /* no type that long is in a list */


typedef struct ngx_http_hpf_mask_block_s  ngx_http_hpf_mask_block_t;


typedef struct {
    ngx_http_hpf_mask_set_t    *base;     /* of the http block */
    ngx_http_hpf_mask_layers_t  all;
    ngx_http_hpf_mask_hash_t    hash;

    ngx_pool_t                 *pool;
    ngx_http_hpf_mask_block_t  *blocks;   /* free, of this worker */
    ngx_uint_t                  nblocks;  /* that it may yet get */
} ngx_http_hpf_mask_main_conf_t;


/* What a Content-Type says. */

typedef struct {
    ngx_uint_t    type;                   /* hpf_mask_type_e */
    unsigned      tabs:1;                 /* of CSV */
    unsigned      headless:1;
} ngx_http_hpf_mask_type_t;


/* The last one of a location, of which most answers have the same. */

typedef struct {
    ngx_http_hpf_mask_type_t  type;
    size_t                    len;
    u_char                    text[NGX_HTTP_HPF_MASK_TYPE_MAX];
} ngx_http_hpf_mask_memo_t;


typedef struct {
    ngx_flag_t                enable;
    ngx_uint_t                unscannable;

    ngx_hash_t                types;
    ngx_array_t              *types_keys;

    ngx_array_t              *own;        /* rules of this level */
    ngx_http_hpf_mask_set_t  *set;        /* and of the levels above */

    unsigned                  all_text:1;      /* text/ and a star */
    unsigned                  all_json:1;      /* application/ *+json */
    unsigned                  all_xml:1;       /* application/ *+xml */

    ngx_http_hpf_mask_http_conf_t   http;
    ngx_http_hpf_mask_memo_t  memo;
} ngx_http_hpf_mask_loc_conf_t;


extern ngx_command_t  ngx_http_hpf_mask_commands[];

void *ngx_http_hpf_mask_create_main_conf(ngx_conf_t *cf);
char *ngx_http_hpf_mask_init_main_conf(ngx_conf_t *cf, void *conf);
void *ngx_http_hpf_mask_create_loc_conf(ngx_conf_t *cf);
char *ngx_http_hpf_mask_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);

/* After the merge: the rules of the http block, and whether all fit. */
ngx_int_t ngx_http_hpf_mask_conf_base(ngx_conf_t *cf);

/* Asks the back end for a whole and uncoded body.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_hpf_mask_request_prepare(ngx_http_request_t *r);

/* The preaccess handler. */
ngx_int_t ngx_http_hpf_mask_request_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_HPF_MASK_CONF_H_INCLUDED_ */
