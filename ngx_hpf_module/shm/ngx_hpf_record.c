/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Lines of the record on their way to its file.  Each worker keeps those of a
 * turn of the event loop in a row of its own, and one write takes them all; a
 * worker that takes the place of one that died takes its row with what is in
 * it.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_zone.h"


#define NGX_HPF_RECORD_ROWS  64        /* workers, old ones included */
#define NGX_HPF_RECORD_ROW   65536     /* bytes of one, at the most */


typedef struct {
    uint32_t              pid;
    uint32_t              len;
} ngx_hpf_record_row_t;


struct ngx_hpf_record_table_s {
    hpf_set_lock_t        lock;
    size_t                size;        /* of a row */
    ngx_hpf_record_row_t  rows[NGX_HPF_RECORD_ROWS];
    u_char                text[];
};


static ngx_hpf_record_row_t *ngx_hpf_record_row(ngx_hpf_zone_t *zone,
    u_char **text);
static ngx_hpf_record_row_t *ngx_hpf_record_take(
    ngx_hpf_record_table_t *table);


/* It gets what the other sections leave: perhaps less than a line. */

size_t
ngx_hpf_record_init(ngx_hpf_record_table_t *table, size_t bytes)
{
    size_t  size;

    if (bytes < sizeof(ngx_hpf_record_table_t)) {
        return bytes + 1;
    }

    size = (bytes - sizeof(ngx_hpf_record_table_t)) / NGX_HPF_RECORD_ROWS;

    table->size = ngx_min(size, NGX_HPF_RECORD_ROW);

    return sizeof(ngx_hpf_record_table_t) + NGX_HPF_RECORD_ROWS * table->size;
}


ngx_int_t
ngx_hpf_record_keep(ngx_hpf_zone_t *zone, u_char *line, size_t len)
{
    u_char                *text;
    ngx_hpf_record_row_t  *row;

    row = ngx_hpf_record_row(zone, &text);

    if (row == NULL || zone->records->size - row->len < len) {
        return NGX_DECLINED;
    }

    ngx_memcpy(text + row->len, line, len);

    /* whoever takes the row sees no line that is not whole */

    __atomic_store_n(&row->len, row->len + len, __ATOMIC_RELEASE);

    return NGX_OK;
}


void
ngx_hpf_record_kept(ngx_hpf_zone_t *zone, ngx_str_t *kept)
{
    ngx_hpf_record_row_t  *row;

    row = ngx_hpf_record_row(zone, &kept->data);

    kept->len = row ? row->len : 0;
}


void
ngx_hpf_record_written(ngx_hpf_zone_t *zone, size_t n)
{
    u_char                *text;
    size_t                 left;
    ngx_hpf_record_row_t  *row;

    row = ngx_hpf_record_row(zone, &text);

    if (row == NULL) {
        return;
    }

    left = row->len - n;

    if (left) {
        ngx_memmove(text, text + n, left);
    }

    __atomic_store_n(&row->len, left, __ATOMIC_RELEASE);
}


/* The row of this process, which takes one when it is first asked for. */

static ngx_hpf_record_row_t *
ngx_hpf_record_row(ngx_hpf_zone_t *zone, u_char **text)
{
    ngx_hpf_record_table_t  *table;

    static ngx_pid_t                owner;
    static ngx_hpf_record_row_t    *row;
    static ngx_hpf_record_table_t  *of;

    table = zone->records;

    if (owner != ngx_pid || of != table) {
        owner = ngx_pid;
        of = table;
        row = ngx_hpf_record_take(table);
    }

    if (row) {
        *text = table->text + (row - table->rows) * table->size;
    }

    return row;
}


/* One that has something in it is the first choice. */

static ngx_hpf_record_row_t *
ngx_hpf_record_take(ngx_hpf_record_table_t *table)
{
    ngx_uint_t             i;
    ngx_hpf_record_row_t  *row, *found;

    found = NULL;

    (void) hpf_set_spin(&table->lock);

    for (i = 0; i < NGX_HPF_RECORD_ROWS; i++) {
        row = &table->rows[i];

        if (row->pid && (kill(row->pid, 0) == 0 || ngx_errno != ESRCH)) {
            continue;
        }

        if (found == NULL || (found->len == 0 && row->len)) {
            found = row;
        }
    }

    if (found) {
        found->pid = ngx_pid;
    }

    hpf_set_release(&table->lock);

    return found;
}
