/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The zone that the workers of a node share, and its division.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_zone.h"


#define NGX_HPF_ZONE_ALIGN  64


static ngx_int_t ngx_hpf_zone_init(ngx_shm_zone_t *shm_zone, void *data);
static void ngx_hpf_zone_advise(ngx_shm_t *shm);
static ngx_int_t ngx_hpf_zone_divide(ngx_hpf_zone_t *zone, size_t size);
static size_t ngx_hpf_zone_table(ngx_hpf_zone_head_t *head, size_t *offset,
    size_t bytes, void (*shape)(uint32_t *ways, uint32_t *size));
static void ngx_hpf_zone_attach(ngx_hpf_zone_t *zone);


static ngx_uint_t  ngx_hpf_zone_tag;


ngx_hpf_zone_t *
ngx_hpf_zone_create(ngx_conf_t *cf, ngx_hpf_zone_conf_t *conf)
{
    ngx_hpf_zone_t  *zone;

    zone = ngx_pcalloc(cf->pool, sizeof(ngx_hpf_zone_t));
    if (zone == NULL) {
        return NULL;
    }

    zone->conf = *conf;

    zone->shm_zone = ngx_shared_memory_add(cf, &zone->conf.name,
                                           zone->conf.size,
                                           &ngx_hpf_zone_tag);
    if (zone->shm_zone == NULL) {
        return NULL;
    }

    if (zone->shm_zone->data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "zone \"%V\" is duplicate",
                           &zone->conf.name);
        return NULL;
    }

    zone->shm_zone->init = ngx_hpf_zone_init;
    zone->shm_zone->data = zone;

    return zone;
}


static ngx_int_t
ngx_hpf_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_hpf_zone_t *ozone = data;

    ngx_hpf_zone_t   *zone;
    ngx_slab_pool_t  *shpool;

    zone = shm_zone->data;
    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (ozone || shm_zone->shm.exists) {

        zone->head = ozone ? ozone->head : shpool->data;

        if (zone->head == NULL || zone->head->magic != NGX_HPF_ZONE_MAGIC
            || zone->head->version != NGX_HPF_ZONE_VERSION)
        {
            ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                          "hpf zone: \"%V\" has another layout, a new name "
                          "is needed", &shm_zone->shm.name);
            return NGX_ERROR;
        }

        ngx_hpf_zone_attach(zone);

        return NGX_OK;
    }

    ngx_hpf_zone_advise(&shm_zone->shm);

    /* all of it in one piece: the allocator is not needed after this */

    return ngx_hpf_zone_divide(zone, shpool->end - shpool->start);
}


/*
 * A session is anywhere in it: where the system gives shared memory huge pages
 * to whom asks for them, it is found without a walk through tables of pages.
 */

static void
ngx_hpf_zone_advise(ngx_shm_t *shm)
{
#ifdef MADV_HUGEPAGE
    (void) madvise(shm->addr, shm->size, MADV_HUGEPAGE);
#endif
}


/*
 * Of the zone sessions get a half; buckets and nonces an eighth each, leases
 * and statistics a sixteenth each, known non-sessions half of that, switches
 * and loads a quarter; the record has a part of the rest.
 */

static ngx_int_t
ngx_hpf_zone_divide(ngx_hpf_zone_t *zone, size_t size)
{
    size_t                offset;
    ngx_slab_pool_t      *shpool;
    ngx_hpf_zone_head_t  *head;

    shpool = (ngx_slab_pool_t *) zone->shm_zone->shm.addr;

    size = size - size / 64 - 4 * ngx_pagesize;
    head = ngx_slab_calloc(shpool, size);

    if (head == NULL) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm_zone->shm.log, 0,
                      "hpf zone: \"%V\" cannot be divided",
                      &zone->shm_zone->shm.name);
        return NGX_ERROR;
    }

    shpool->data = head;
    zone->head = head;

    head->size = size;
    offset = ngx_align(sizeof(ngx_hpf_zone_head_t), NGX_HPF_ZONE_ALIGN);

    head->switches = offset;
    offset += ngx_align(size / 64, NGX_HPF_ZONE_ALIGN);

    head->loads = offset;
    offset += ngx_align(size / 64, NGX_HPF_ZONE_ALIGN);

    head->circuits = offset;
    offset += ngx_align(ngx_hpf_circuit_bytes(), NGX_HPF_ZONE_ALIGN);

    head->stats = offset;
    head->stats_size = size / 16;
    offset += ngx_align(head->stats_size, NGX_HPF_ZONE_ALIGN);

    head->sessions = ngx_hpf_zone_table(head, &offset, size / 2,
                                        hpf_session_shape);
    head->nones = ngx_hpf_zone_table(head, &offset, size / 32,
                                     ngx_hpf_session_none_shape);
    head->buckets = ngx_hpf_zone_table(head, &offset, size / 8,
                                       ngx_hpf_bucket_shape);
    head->leases = ngx_hpf_zone_table(head, &offset, size / 16,
                                      ngx_hpf_lease_shape);
    head->nonces = ngx_hpf_zone_table(head, &offset, size / 8,
                                      ngx_hpf_nonce_shape);

    head->records = offset;

    if (offset <= size) {
        offset += ngx_hpf_record_init((ngx_hpf_record_table_t *)
                                      ((u_char *) head + offset),
                                      size - offset);
    }

    if (offset > size) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm_zone->shm.log, 0,
                      "hpf zone: \"%V\" is too small",
                      &zone->shm_zone->shm.name);
        return NGX_ERROR;
    }

    ngx_hpf_switch_init((ngx_hpf_switch_table_t *) ((u_char *) head
                                                    + head->switches),
                        size / 64);
    ngx_hpf_load_init((ngx_hpf_load_table_t *) ((u_char *) head
                                                + head->loads),
                      size / 64);
    ngx_hpf_stat_init((ngx_hpf_stat_table_t *) ((u_char *) head
                                                + head->stats),
                      head->stats_size);

    head->version = NGX_HPF_ZONE_VERSION;
    head->magic = NGX_HPF_ZONE_MAGIC;

    ngx_hpf_zone_attach(zone);

    return NGX_OK;
}


static size_t
ngx_hpf_zone_table(ngx_hpf_zone_head_t *head, size_t *offset, size_t bytes,
    void (*shape)(uint32_t *ways, uint32_t *size))
{
    size_t    at;
    uint32_t  ways, size;

    shape(&ways, &size);

    at = *offset;
    bytes = hpf_set_bytes(bytes, ways, size);

    hpf_set_init((hpf_set_table_t *) ((u_char *) head + at), bytes, ways,
                 size);

    *offset = ngx_align(at + bytes, NGX_HPF_ZONE_ALIGN);

    return at;
}


static void
ngx_hpf_zone_attach(ngx_hpf_zone_t *zone)
{
    u_char               *base;
    ngx_hpf_zone_head_t  *head;

    head = zone->head;
    base = (u_char *) head;

    zone->sessions = (hpf_set_table_t *) (base + head->sessions);
    zone->nones = (hpf_set_table_t *) (base + head->nones);
    zone->buckets = (hpf_set_table_t *) (base + head->buckets);
    zone->leases = (hpf_set_table_t *) (base + head->leases);
    zone->nonces = (hpf_set_table_t *) (base + head->nonces);
    zone->switches = (ngx_hpf_switch_table_t *) (base + head->switches);
    zone->loads = (ngx_hpf_load_table_t *) (base + head->loads);
    zone->circuits = (ngx_hpf_circuit_table_t *) (base + head->circuits);
    zone->stats = (ngx_hpf_stat_table_t *) (base + head->stats);
    zone->records = (ngx_hpf_record_table_t *) (base + head->records);
}
