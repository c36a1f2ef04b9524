/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Circuits by name, of all workers of a node; see core/hpf_circuit.h.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "hpf_hash.h"
#include "ngx_hpf_zone.h"


#define NGX_HPF_CIRCUIT_NAMES  64


typedef struct {
    hpf_circuit_t           circuit;
    u_char                  name[HPF_HASH_LEN];
} __attribute__((aligned(64))) ngx_hpf_circuit_row_t;


struct ngx_hpf_circuit_table_s {
    hpf_set_lock_t          lock;
    uint32_t                n;
    ngx_hpf_circuit_row_t   rows[NGX_HPF_CIRCUIT_NAMES];
};


size_t
ngx_hpf_circuit_bytes(void)
{
    return sizeof(ngx_hpf_circuit_table_t);
}


hpf_circuit_t *
ngx_hpf_circuit_get(ngx_hpf_zone_t *zone, ngx_str_t *name)
{
    u_char                    key[HPF_HASH_LEN];
    ngx_uint_t                i;
    ngx_hpf_circuit_table_t  *table;

    table = zone->circuits;

    hpf_hash(key, name->data, name->len, 0);

    (void) hpf_set_spin(&table->lock);

    for (i = 0; i < table->n; i++) {
        if (ngx_memcmp(table->rows[i].name, key, HPF_HASH_LEN) == 0) {
            break;
        }
    }

    if (i == table->n && i < NGX_HPF_CIRCUIT_NAMES) {
        ngx_memcpy(table->rows[i].name, key, HPF_HASH_LEN);
        table->n++;
    }

    hpf_set_release(&table->lock);

    return i < NGX_HPF_CIRCUIT_NAMES ? &table->rows[i].circuit : NULL;
}
