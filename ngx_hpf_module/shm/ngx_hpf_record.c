/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Lines of the record on their way to its file.  Each worker keeps those of a
 * turn of the event loop in a row of its own, and one write takes them all; a
 * worker that takes the place of one that died takes its row with what is in
 * it, and with the chain that it belongs to.
 *
 * A row's chain is there twice: a change is made in the copy that does not
 * count, and one store makes it count, together with where the lines begin and
 * end.  So there is no moment at which a process could die and leave a line
 * that is not in the chain, or the reverse.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_zone.h"


#define NGX_HPF_RECORD_ROWS   128      /* workers, old ones included */
#define NGX_HPF_RECORD_ROW    65536    /* bytes of one, at the most */

/* 31 bits of where the lines end, 32 of where they begin, one of the copy */

#define ngx_hpf_record_mark(start, end, copy)                                 \
    ((uint64_t) (end) << 33 | (uint64_t) (start) << 1 | (copy))
#define ngx_hpf_record_start(mark)  ((size_t) ((mark) >> 1 & 0xffffffff))
#define ngx_hpf_record_end(mark)    ((size_t) ((mark) >> 33))
#define ngx_hpf_record_copy(mark)   ((mark) & 1)


typedef struct {
    uint64_t                 mark;
    uint32_t                 pid;
    ngx_hpf_record_chain_t   chains[2];
} ngx_hpf_record_row_t;


struct ngx_hpf_record_table_s {
    hpf_set_lock_t           lock;
    size_t                   size;     /* of a row */
    ngx_hpf_record_row_t     rows[NGX_HPF_RECORD_ROWS];
    u_char                   text[];
};


static ngx_hpf_record_row_t *ngx_hpf_record_row(ngx_hpf_zone_t *zone,
    u_char **text);
static ngx_hpf_record_row_t *ngx_hpf_record_take(
    ngx_hpf_record_table_t *table);
static ngx_uint_t ngx_hpf_record_left(ngx_hpf_record_row_t *row);


static ngx_pid_t                ngx_hpf_record_owner;
static ngx_hpf_record_row_t    *ngx_hpf_record_own;
static ngx_hpf_record_table_t  *ngx_hpf_record_of;


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


u_char *
ngx_hpf_record_room(ngx_hpf_zone_t *zone, size_t *size)
{
    size_t                 end;
    u_char                *text;
    ngx_hpf_record_row_t  *row;

    row = ngx_hpf_record_row(zone, &text);

    if (row == NULL) {
        return NULL;
    }

    end = ngx_hpf_record_end(row->mark);

    *size = zone->records->size - end;

    return text + end;
}


ngx_int_t
ngx_hpf_record_chain(ngx_hpf_zone_t *zone, ngx_hpf_record_chain_t *chain)
{
    u_char                *text;
    ngx_hpf_record_row_t  *row;

    row = ngx_hpf_record_row(zone, &text);

    if (row == NULL) {
        return NGX_DECLINED;
    }

    *chain = row->chains[ngx_hpf_record_copy(row->mark)];

    return NGX_OK;
}


void
ngx_hpf_record_keep(ngx_hpf_zone_t *zone, size_t len,
    const ngx_hpf_record_chain_t *chain)
{
    u_char                *text;
    uint64_t               mark, copy;
    ngx_hpf_record_row_t  *row;

    row = ngx_hpf_record_row(zone, &text);

    if (row == NULL) {
        return;
    }

    mark = row->mark;
    copy = !ngx_hpf_record_copy(mark);

    row->chains[copy] = *chain;

    __atomic_store_n(&row->mark,
                     ngx_hpf_record_mark(ngx_hpf_record_start(mark),
                                         ngx_hpf_record_end(mark) + len, copy),
                     __ATOMIC_RELEASE);
}


void
ngx_hpf_record_kept(ngx_hpf_zone_t *zone, ngx_str_t *kept)
{
    size_t                 start;
    ngx_hpf_record_row_t  *row;

    row = ngx_hpf_record_row(zone, &kept->data);

    if (row == NULL) {
        kept->len = 0;
        return;
    }

    start = ngx_hpf_record_start(row->mark);

    kept->data += start;
    kept->len = ngx_hpf_record_end(row->mark) - start;
}


/*
 * What is left is not moved to the front, which would take more than a store:
 * the room in front of it is used again when all is written.
 */

void
ngx_hpf_record_written(ngx_hpf_zone_t *zone, size_t n)
{
    size_t                 start, end;
    u_char                *text;
    ngx_hpf_record_row_t  *row;

    row = ngx_hpf_record_row(zone, &text);

    if (row == NULL) {
        return;
    }

    start = ngx_hpf_record_start(row->mark) + n;
    end = ngx_hpf_record_end(row->mark);

    if (start == end) {
        start = 0;
        end = 0;
    }

    __atomic_store_n(&row->mark,
                     ngx_hpf_record_mark(start, end,
                                         ngx_hpf_record_copy(row->mark)),
                     __ATOMIC_RELEASE);
}


void
ngx_hpf_record_leave(ngx_hpf_zone_t *zone)
{
    u_char                *text;
    ngx_hpf_record_row_t  *row;

    row = ngx_hpf_record_row(zone, &text);

    if (row) {
        __atomic_store_n(&row->pid, 0, __ATOMIC_RELEASE);
        ngx_hpf_record_own = NULL;
    }
}


/* The row of this process, which takes one when it is first asked for. */

static ngx_hpf_record_row_t *
ngx_hpf_record_row(ngx_hpf_zone_t *zone, u_char **text)
{
    ngx_hpf_record_row_t    *row;
    ngx_hpf_record_table_t  *table;

    table = zone->records;

    if (ngx_hpf_record_owner != ngx_pid || ngx_hpf_record_of != table) {
        ngx_hpf_record_owner = ngx_pid;
        ngx_hpf_record_of = table;
        ngx_hpf_record_own = ngx_hpf_record_take(table);
    }

    row = ngx_hpf_record_own;

    if (row) {
        *text = table->text + (row - table->rows) * table->size;
    }

    return row;
}


/* One that was left in the midst is the first choice. */

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

        if (found == NULL
            || (!ngx_hpf_record_left(found) && ngx_hpf_record_left(row)))
        {
            found = row;
        }
    }

    if (found) {
        found->pid = ngx_pid;
    }

    hpf_set_release(&table->lock);

    return found;
}


static ngx_uint_t
ngx_hpf_record_left(ngx_hpf_record_row_t *row)
{
    return ngx_hpf_record_end(row->mark)
           || row->chains[ngx_hpf_record_copy(row->mark)].open;
}
