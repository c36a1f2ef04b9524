/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The zone's sections, for the files of this layer.
 */

#ifndef _NGX_HPF_ZONE_H_INCLUDED_
#define _NGX_HPF_ZONE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "hpf_set.h"
#include "ngx_hpf_shm.h"


#define NGX_HPF_ZONE_MAGIC     0x4850465a           /* HPFZ */
#define NGX_HPF_ZONE_VERSION   7

typedef struct ngx_hpf_switch_table_s  ngx_hpf_switch_table_t;
typedef struct ngx_hpf_load_table_s    ngx_hpf_load_table_t;
typedef struct ngx_hpf_stat_table_s    ngx_hpf_stat_table_t;
typedef struct ngx_hpf_circuit_table_s ngx_hpf_circuit_table_t;
typedef struct ngx_hpf_record_table_s  ngx_hpf_record_table_t;


/* First in the zone; offsets are from its beginning. */

typedef struct {
    uint32_t                 magic;
    uint32_t                 version;
    uint64_t                 size;
    uint64_t                 drops;        /* of sessions, ever */
    uint32_t                 epoch;        /* of sessions, see there */
    uint32_t                 since[HPF_SESSION_EPOCHS];
    hpf_set_lock_t           turn;         /* of the epoch */
    size_t                   sessions;
    size_t                   nones;
    size_t                   buckets;
    size_t                   leases;
    size_t                   nonces;
    size_t                   switches;
    size_t                   loads;
    size_t                   circuits;
    size_t                   stats;
    size_t                   stats_size;
    size_t                   records;
} ngx_hpf_zone_head_t;


struct ngx_hpf_zone_s {
    ngx_shm_zone_t          *shm_zone;
    ngx_hpf_zone_conf_t      conf;

    ngx_hpf_zone_head_t     *head;
    hpf_set_table_t         *sessions;
    hpf_set_table_t         *nones;        /* tokens known not to exist */
    hpf_set_table_t         *buckets;
    hpf_set_table_t         *leases;
    hpf_set_table_t         *nonces;
    ngx_hpf_switch_table_t  *switches;
    ngx_hpf_load_table_t    *loads;
    ngx_hpf_circuit_table_t *circuits;
    ngx_hpf_stat_table_t    *stats;
    ngx_hpf_record_table_t  *records;
};


/* Shapes of the tables. */

void ngx_hpf_session_none_shape(uint32_t *ways, uint32_t *size);
void ngx_hpf_bucket_shape(uint32_t *ways, uint32_t *size);
void ngx_hpf_lease_shape(uint32_t *ways, uint32_t *size);
void ngx_hpf_nonce_shape(uint32_t *ways, uint32_t *size);

void ngx_hpf_switch_init(ngx_hpf_switch_table_t *table, size_t bytes);
void ngx_hpf_load_init(ngx_hpf_load_table_t *table, size_t bytes);
size_t ngx_hpf_circuit_bytes(void);
void ngx_hpf_stat_init(ngx_hpf_stat_table_t *table, size_t bytes);
/* What it takes of the bytes that there are; more than these: not enough. */
size_t ngx_hpf_record_init(ngx_hpf_record_table_t *table, size_t bytes);


#endif /* _NGX_HPF_ZONE_H_INCLUDED_ */
