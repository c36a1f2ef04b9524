/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Segments of a worker's chain: what it writes until the file is opened again,
 * or has become long, or until it ends.  The ledger knows of a segment before
 * there is a line of it, and of its end when that is on the disk.  The chain
 * goes on from one to the next, and from a worker to its successor.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "hpf_hex.h"
#include "hpf_plugin.h"
#include "hpf_verify.h"
#include "ngx_hpf_audit_int.h"


#define NGX_HPF_AUDIT_TAKE  (256 * 1024)   /* bytes of the file's end */
#define NGX_HPF_AUDIT_SUM   (HPF_CHAIN_HEX + sizeof("\"}\n") - 1)


static ngx_int_t ngx_hpf_audit_segment_begin(ngx_hpf_audit_t *audit);
static size_t ngx_hpf_audit_segment_head(ngx_hpf_audit_t *audit);
static void ngx_hpf_audit_segment_event(hpf_json_out_t *out,
    ngx_hpf_audit_t *audit, const char *event);
static size_t ngx_hpf_audit_segment_found(ngx_str_t *kept, u_char *end,
    size_t len);


ngx_int_t
ngx_hpf_audit_segment_open(ngx_hpf_audit_t *audit)
{
    size_t  len;

    if (ngx_hpf_audit_room(audit) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_hpf_audit_segment_begin(audit) != NGX_OK) {
        ngx_hpf_audit_failing(audit, 1);
        return NGX_ERROR;
    }

    len = ngx_hpf_audit_segment_head(audit);

    len = hpf_chain_seal(&audit->algs[audit->chain.md], audit->chain.id,
                         &audit->chain.end, audit->line, len);

    if (len == 0
        || ngx_hpf_audit_ledger_add(audit, HPF_LEDGER_OPENED, &audit->chain)
           != NGX_OK)
    {
        ngx_hpf_audit_failing(audit, 1);
        return NGX_ERROR;
    }

    audit->chain.bytes = len;

    ngx_hpf_record_keep(audit->zone, len, &audit->chain);

    return NGX_OK;
}


static ngx_int_t
ngx_hpf_audit_segment_begin(ngx_hpf_audit_t *audit)
{
    u_char  id[HPF_CHAIN_ID / 2];

    if (audit->chain.id[0] == '\0') {

        if (hpf_crypto_random(id, sizeof(id)) != HPF_OK) {
            return NGX_ERROR;
        }

        (void) hpf_hex_encode(audit->chain.id, id, sizeof(id));
        audit->chain.id[HPF_CHAIN_ID] = '\0';
    }

    audit->chain.segment++;
    audit->chain.md = audit->ledger->conf.md;
    audit->chain.open = 1;

    return NGX_OK;
}


static size_t
ngx_hpf_audit_segment_head(ngx_hpf_audit_t *audit)
{
    char            hex[HPF_CHAIN_HEX];
    hpf_json_out_t  out;

    ngx_hpf_audit_segment_event(&out, audit, HPF_VERIFY_OPENED);

    hpf_json_out_key(&out, "node");
    hpf_json_out_string(&out, audit->ledger->conf.node.data,
                        audit->ledger->conf.node.len);
    hpf_json_out_key(&out, "alg");
    hpf_json_out_cstring(&out, hpf_ledger_md_name(audit->chain.md));
    hpf_json_out_key(&out, "prev");
    hpf_json_out_string(&out, hex,
                        hpf_hex_encode(hex, audit->chain.end.hash,
                                       HPF_CHAIN_HASH));
    hpf_json_out_end_object(&out);

    return hpf_json_out_len(&out);
}


/* Its last line has been written when the ledger says so. */

void
ngx_hpf_audit_segment_close(ngx_hpf_audit_t *audit, const char *why)
{
    hpf_json_out_t  out;

    if (ngx_hpf_record_chain(audit->zone, &audit->chain) != NGX_OK
        || !audit->chain.open
        || ngx_hpf_audit_room(audit) != NGX_OK)
    {
        return;
    }

    ngx_hpf_audit_segment_event(&out, audit, HPF_VERIFY_CLOSED);

    hpf_json_out_key(&out, "why");
    hpf_json_out_cstring(&out, why);
    hpf_json_out_end_object(&out);

    audit->chain.open = 0;

    if (ngx_hpf_audit_segment_add(audit, hpf_json_out_len(&out)) == NGX_OK
        && ngx_hpf_audit_flush(audit) == NGX_OK)
    {
        ngx_hpf_audit_ledger_vouch(audit, HPF_LEDGER_CLOSED, &audit->chain);
    }
}


static void
ngx_hpf_audit_segment_event(hpf_json_out_t *out, ngx_hpf_audit_t *audit,
    const char *event)
{
    hpf_json_out_init(out, audit->line, NGX_HPF_AUDIT_LINE);
    hpf_json_out_begin_object(out);
    ngx_hpf_audit_time(out);
    hpf_json_out_key(out, "event");
    hpf_json_out_cstring(out, event);
    hpf_json_out_key(out, "segment");
    hpf_json_out_uint(out, audit->chain.segment);
}


ngx_int_t
ngx_hpf_audit_segment_add(ngx_hpf_audit_t *audit, size_t len)
{
    len = hpf_chain_seal(&audit->algs[audit->chain.md], audit->chain.id,
                         &audit->chain.end, audit->line, len);

    if (len == 0) {
        return NGX_ERROR;
    }

    audit->chain.bytes += len;

    ngx_hpf_record_keep(audit->zone, len, &audit->chain);

    return NGX_OK;
}


/*
 * A worker that was killed may have written lines without having said so in
 * the zone.  They are not written again.
 */

void
ngx_hpf_audit_segment_take(ngx_hpf_audit_t *audit)
{
    u_char      *end;
    ssize_t      n;
    ngx_fd_t     fd;
    ngx_str_t    kept;
    struct stat  st;

    ngx_hpf_record_kept(audit->zone, &kept);

    if (kept.len == 0) {
        return;
    }

    end = ngx_alloc(NGX_HPF_AUDIT_TAKE, ngx_cycle->log);
    fd = ngx_open_file(audit->file->name.data,
                       NGX_FILE_RDONLY|NGX_FILE_NONBLOCK, NGX_FILE_OPEN, 0);

    if (end && fd != NGX_INVALID_FILE && ngx_fd_info(fd, &st) == 0
        && S_ISREG(st.st_mode))
    {
        n = pread(fd, end, NGX_HPF_AUDIT_TAKE,
                  ngx_max(st.st_size - NGX_HPF_AUDIT_TAKE, 0));

        if (n > 0) {
            ngx_hpf_record_written(audit->zone,
                                   ngx_hpf_audit_segment_found(&kept, end, n));
            audit->torn = end[n - 1] != '\n';
        }
    }

    if (fd != NGX_INVALID_FILE) {
        (void) ngx_close_file(fd);
    }

    ngx_free(end);
}


/* The lines of kept, from the first on, whose hashes are there. */

static size_t
ngx_hpf_audit_segment_found(ngx_str_t *kept, u_char *end, size_t len)
{
    u_char  *p, *last, *next;

    p = kept->data;
    last = kept->data + kept->len;

    while (p < last) {
        next = ngx_strlchr(p, last, '\n');

        if (next == NULL || (size_t) (++next - p) < NGX_HPF_AUDIT_SUM
            || memmem(end, len, next - NGX_HPF_AUDIT_SUM, NGX_HPF_AUDIT_SUM)
               == NULL)
        {
            break;
        }

        p = next;
    }

    return p - kept->data;
}
