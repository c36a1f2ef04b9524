/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The masking engine: what is the same for all types of bodies.  A type sees
 * contiguous bytes.  What it cannot judge before more comes is held, and read
 * again in front of what came.
 */

#include <string.h>

#include "hpf_mask.h"
#include "hpf_mask_int.h"


#define HPF_MASK_JOIN  64          /* bytes read behind what was held */


typedef void (*hpf_mask_init_pt)(hpf_mask_t *m, const hpf_mask_conf_t *conf);


typedef struct {
    hpf_mask_init_pt  init;
    hpf_mask_run_pt   run;
} hpf_mask_type_t;


static const unsigned char *hpf_mask_join(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end);
static const unsigned char *hpf_mask_run(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);
static void hpf_mask_pass(hpf_mask_t *m, const unsigned char *p);


/* By hpf_mask_type_e. */

static const hpf_mask_type_t  hpf_mask_types[HPF_MASK_TYPES] = {
    { NULL, hpf_mask_text_run },
    { hpf_mask_json_init, hpf_mask_json_run },
    { hpf_mask_json_init, hpf_mask_json_run },
    { hpf_mask_markup_init, hpf_mask_markup_run },
    { hpf_mask_csv_init, hpf_mask_csv_run },
    { hpf_mask_form_init, hpf_mask_form_run }
};


void
hpf_mask_init(hpf_mask_t *m, const hpf_mask_conf_t *conf)
{
    const hpf_mask_type_t  *type;

    /* the buffers at the end need no clearing */

    memset(m, 0, offsetof(hpf_mask_t, u));

    type = &hpf_mask_types[conf->type];

    m->rules = conf->rules;
    m->run = type->run;
    m->level = conf->level;
    m->copies = conf->copy;
    m->nhold = 0;

    m->search.rules = conf->rules;
    m->search.today = conf->today;

    m->out.out = conf->out;
    m->out.data = conf->data;
    m->out.hash = conf->hash;
    m->out.hash_data = conf->hash_data;
    m->out.rc = HPF_OK;
    m->out.n = 0;

    if (type->init) {
        type->init(m, conf);
    }
}


int
hpf_mask_feed(hpf_mask_t *m, const unsigned char *p, size_t len)
{
    const unsigned char  *end;

    end = p + len;

    if (m->nhold) {
        p = hpf_mask_join(m, p, end);
    }

    if (p < end) {
        p = hpf_mask_run(m, p, end, 1);

        m->nhold = (size_t) (end - p);
        memcpy(m->hold, p, m->nhold);
    }

    /* what is decided is not kept until more comes: that may be long */

    hpf_mask_flush(&m->out);

    return m->out.rc;
}


/* Reads what is held with enough behind it; returns where to go on. */

static const unsigned char *
hpf_mask_join(hpf_mask_t *m, const unsigned char *p, const unsigned char *end)
{
    size_t                n, size, used;
    const unsigned char  *q;

    m->window = 1;

    for (size = HPF_MASK_JOIN; p < end; size *= 2) {

        n = sizeof(m->hold) - m->nhold;
        n = (size < n) ? size : n;
        n = ((size_t) (end - p) < n) ? (size_t) (end - p) : n;

        memcpy(m->hold + m->nhold, p, n);

        q = hpf_mask_run(m, m->hold, m->hold + m->nhold + n, 1);

        used = (size_t) (q - m->hold);

        if (used >= m->nhold) {
            p += used - m->nhold;
            m->nhold = 0;
            break;
        }

        p += n;
        m->nhold += n - used;

        memmove(m->hold, q, m->nhold);
    }

    m->window = 0;

    return p;
}


int
hpf_mask_finish(hpf_mask_t *m)
{
    m->window = 1;

    (void) hpf_mask_run(m, m->hold, m->hold + m->nhold, 0);

    m->nhold = 0;
    hpf_mask_flush(&m->out);

    return m->out.rc;
}


static const unsigned char *
hpf_mask_run(hpf_mask_t *m, const unsigned char *p, const unsigned char *end,
    unsigned more)
{
    m->pass = p;

    p = m->run(m, p, end, more);

    hpf_mask_pass(m, p);

    return p;
}


static void
hpf_mask_pass(hpf_mask_t *m, const unsigned char *p)
{
    size_t  n;

    n = (size_t) (p - m->pass);

    if (n == 0) {
        return;
    }

    if (m->window) {
        hpf_mask_put(&m->out, m->pass, n);

    } else {
        hpf_mask_flush(&m->out);

        if (m->out.rc == HPF_OK) {
            m->out.rc = m->out.out(m->out.data, m->pass, n, !m->copies);
        }
    }

    m->pass = p;
}


void
hpf_mask_replace(hpf_mask_t *m, const unsigned char *from,
    const unsigned char *to)
{
    hpf_mask_pass(m, from);

    m->pass = to;
}


unsigned
hpf_mask_shown(hpf_mask_t *m, const hpf_mask_shape_t *shape)
{
    if (!hpf_mask_is_shown(m, shape)) {
        return 0;
    }

    if (shape->kind != HPF_MASK_NONE) {
        m->revealed++;
        m->reveals |= (uint32_t) 1 << shape->kind;
    }

    return 1;
}


void
hpf_mask_value(hpf_mask_t *m, const hpf_mask_shape_t *shape,
    const unsigned char *p, const unsigned char *end, unsigned style)
{
    hpf_mask_kept_t  kept;

    if (p == end || shape->kind >= HPF_MASK_HASH) {
        hpf_mask_replace(m, p, end);
        hpf_mask_apply(shape, &m->out, p, end, style);

    } else {

        /* what stays is passed on as it is, with what is around it */

        hpf_mask_keep(shape, p, end, style, &kept);
        hpf_mask_replace(m, kept.from, kept.to);
        hpf_mask_stars_as(shape, &m->out, kept.stars, style);
    }

    hpf_mask_count(m, shape->kind);
}


void
hpf_mask_long_value(hpf_mask_t *m, const hpf_mask_shape_t *shape,
    const unsigned char *p, const unsigned char *end)
{
    hpf_mask_replace(m, p, end);

    if (shape->kind != HPF_MASK_DROP) {
        hpf_mask_stars(shape, &m->out, HPF_MASK_FIXED);
    }

    hpf_mask_count(m, shape->kind);
}


const unsigned char *
hpf_mask_values(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    int             rc;
    hpf_mask_hit_t  hit;

    if (m->rules->values == 0) {
        return end;
    }

    for ( ;; ) {
        rc = hpf_mask_search(&m->search, p, end, more, &hit);

        if (rc != HPF_OK) {
            return (rc == HPF_AGAIN) ? hit.start : end;
        }

        hpf_mask_replace(m, hit.start, hit.end);
        hpf_mask_search_put(&m->search, &hit, &m->out);
        hpf_mask_count(m, hit.kind);

        p = hit.end;
    }
}


void
hpf_mask_count(hpf_mask_t *m, unsigned kind)
{
    m->count++;
    m->counts[kind]++;
}


const unsigned char *
hpf_mask_text_run(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    return hpf_mask_values(m, p, end, more);
}
