/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The table of statistics, for its two files.
 */

#ifndef _NGX_HPF_STAT_H_INCLUDED_
#define _NGX_HPF_STAT_H_INCLUDED_


#include "hpf_hash.h"
#include "ngx_hpf_zone.h"


#define NGX_HPF_STAT_BOUNDS  14
#define NGX_HPF_STAT_NAME    48
#define NGX_HPF_STAT_LABELS  144


typedef struct {
    u_char            key[HPF_HASH_LEN];
    uint32_t          used;
    uint16_t          type;
    uint8_t           name_len;
    uint8_t           labels_len;
    u_char            name[NGX_HPF_STAT_NAME];
    u_char            labels[NGX_HPF_STAT_LABELS];
    int64_t           value;           /* of a histogram: the sum, us */
    uint64_t          buckets[NGX_HPF_STAT_BOUNDS + 1];
} ngx_hpf_series_t;


struct ngx_hpf_stat_table_s {
    hpf_set_lock_t    lock;
    uint64_t          size;            /* a power of two */
    uint64_t          count;
    uint64_t          dropped;         /* series that found no room */
    ngx_hpf_series_t  series[];
};


extern const uint64_t  ngx_hpf_stat_bounds[NGX_HPF_STAT_BOUNDS];


#endif /* _NGX_HPF_STAT_H_INCLUDED_ */
