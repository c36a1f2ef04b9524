/*
 * Copyright (C) the HPF gateway authors
 */

/* The first line of CSV, see the header. */

#include <string.h>

#include "hpf_mask_csv_head.h"
#include "hpf_mask_int.h"
#include "hpf_mask_key.h"


#define HPF_MASK_CSV_HEAD   1024    /* bytes that tell what divides fields */
#define HPF_MASK_CSV_LINES  8       /* of a title */


static const hpf_mask_shape_t *hpf_mask_csv_rule(
    const hpf_mask_rules_t *rules, const unsigned char *p, size_t n);
static void hpf_mask_csv_remember(hpf_mask_t *m,
    const hpf_mask_shape_t *shape);
static unsigned hpf_mask_csv_place(const hpf_mask_csv_t *c,
    const hpf_mask_shape_t *shape);


/* In columns with a rule that there is no room for. */

static const hpf_mask_shape_t  hpf_mask_csv_hidden = {
    .kind = HPF_MASK_ALL, .nch = 1, .ch = "*"
};


unsigned
hpf_mask_csv_divider(const unsigned char *p, const unsigned char *end,
    unsigned more)
{
    unsigned              quoted, sep;
    const unsigned char  *q, *to;

    to = (end - p > HPF_MASK_CSV_HEAD) ? p + HPF_MASK_CSV_HEAD : end;
    quoted = 0;
    sep = 0;

    if (to - p > 5 && memcmp(p, "sep=", 4) == 0) {
        return (p[4] >= ' ') ? p[4] : ',';
    }

    if (to - p < 6 && more) {
        return 0;
    }

    for (q = p; q < to; q++) {

        if (*q == '"') {
            quoted = !quoted;

        } else if (quoted) {
            continue;

        } else if (*q == ',') {
            return ',';

        } else if (*q == ';' || (*q == '\t' && sep == 0)) {
            sep = *q;

        } else if (*q == '\n' && sep) {
            return sep;
        }
    }

    if (to == end && end - p < HPF_MASK_CSV_HEAD && more) {
        return 0;
    }

    return sep ? sep : ',';
}


void
hpf_mask_csv_column(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    size_t                n;
    unsigned char         name[HPF_MASK_CSV_NAME];
    hpf_mask_csv_t       *c;
    const unsigned char  *q;

    c = &m->u.csv;
    n = 0;

    if (end > p && end[-1] == '\r') {
        end--;
    }

    if (p < end && *p == '"') {
        p++;
        end -= (end > p && end[-1] == '"');
    }

    hpf_mask_csv_trim(&p, &end);

    for (q = p; q < end; q++) {
        name[n++] = *q;
        q += (*q == '"' && q + 1 < end && q[1] == '"');
    }

    if (n == 0) {
        return;
    }

    c->cells += (c->cells < 2);

    hpf_mask_csv_remember(m, hpf_mask_csv_rule(m->rules, name, n));
}


/* A name may have a star before it and a remark in brackets behind it. */

static const hpf_mask_shape_t *
hpf_mask_csv_rule(const hpf_mask_rules_t *rules, const unsigned char *p,
    size_t n)
{
    size_t                   i;
    const hpf_mask_shape_t  *shape;

    shape = hpf_mask_key_find(rules, p, n);

    if (shape != NULL) {
        return shape;
    }

    if (*p == '*') {
        p++;
        n--;
    }

    for (i = 0; i < n; i++) {

        if (p[i] == '(' || (n - i > 2 && memcmp(p + i, "（", 3) == 0)) {
            break;
        }
    }

    while (i > 0 && p[i - 1] == ' ') {
        i--;
    }

    return hpf_mask_key_find(rules, p, i);
}


/* Beyond the last column all are as that one; and so with the last form. */

static void
hpf_mask_csv_remember(hpf_mask_t *m, const hpf_mask_shape_t *shape)
{
    unsigned         i;
    hpf_mask_csv_t  *c;

    c = &m->u.csv;

    if (shape == NULL) {
        return;
    }

    i = hpf_mask_csv_place(c, shape);

    if (c->column == HPF_MASK_CSV_COLUMNS || i >= HPF_MASK_CSV_SHAPES - 1) {

        if (hpf_mask_is_shown(m, shape)) {
            return;
        }

        shape = &hpf_mask_csv_hidden;
        i = hpf_mask_csv_place(c, shape);
    }

    if (i == c->nshapes) {
        c->shapes[c->nshapes++] = shape;
    }

    c->columns[c->column] = (unsigned char) (i + 1);
}


/* Of rules with the same form. */

static unsigned
hpf_mask_csv_place(const hpf_mask_csv_t *c, const hpf_mask_shape_t *shape)
{
    unsigned  i;

    for (i = 0; i < c->nshapes; i++) {

        if (memcmp(c->shapes[i], shape, sizeof(hpf_mask_shape_t)) == 0) {
            break;
        }
    }

    return i;
}


void
hpf_mask_csv_line(hpf_mask_csv_t *c)
{
    if (c->nshapes) {
        c->header = 0;
        return;
    }

    if (c->cells > 1 || c->lines == HPF_MASK_CSV_LINES) {
        c->state = HPF_MASK_CSV_OTHER;
        return;
    }

    c->lines++;
    c->cells = 0;
}


void
hpf_mask_csv_trim(const unsigned char **p, const unsigned char **end)
{
    while (*p < *end && (**p == ' ' || **p == '\t')) {
        (*p)++;
    }

    while (*p < *end && ((*end)[-1] == ' ' || (*end)[-1] == '\t')) {
        (*end)--;
    }
}
