/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * DER, see the header.
 */


#include "hpf_plugin.h"
#include "hpf_der.h"


int
hpf_der_next(hpf_der_t *der, hpf_der_item_t *item)
{
    size_t                len, left;
    unsigned              n;
    const unsigned char  *p;

    p = der->p;
    left = der->last - p;

    if (left == 0) {
        return HPF_DECLINED;
    }

    if (left < 2 || (p[0] & 0x1f) == 0x1f) {
        return HPF_ERROR;
    }

    item->all = p;
    item->tag = p[0];

    len = p[1];
    p += 2;
    left -= 2;

    if (len & 0x80) {
        n = len & 0x7f;

        /* the shortest form: not for a length below 128, no zero in front */

        if (n == 0 || n > 4 || left < n || p[0] == 0) {
            return HPF_ERROR;
        }

        left -= n;

        for (len = 0; n; n--) {
            len = len << 8 | *p++;
        }

        if (len < 0x80) {
            return HPF_ERROR;
        }
    }

    if (len > left) {
        return HPF_ERROR;
    }

    item->data = p;
    item->len = len;
    item->size = p + len - item->all;

    der->p = p + len;

    return HPF_OK;
}


int
hpf_der_take(hpf_der_t *der, unsigned tag, hpf_der_item_t *item)
{
    hpf_der_t       rest;
    hpf_der_item_t  next;

    rest = *der;

    if (hpf_der_next(&rest, &next) != HPF_OK || next.tag != tag) {
        return HPF_DECLINED;
    }

    *der = rest;
    *item = next;

    return HPF_OK;
}


void
hpf_der_enter(hpf_der_t *der, const hpf_der_item_t *item)
{
    der->p = item->data;
    der->last = item->data + item->len;
}


size_t
hpf_der_head(unsigned char *out, unsigned tag, uint32_t len)
{
    int             shift;
    unsigned char  *p;

    p = out;

    *p++ = tag;

    if (len < 0x80) {
        *p++ = len;
        return p - out;
    }

    for (shift = 24; (len >> shift) == 0; shift -= 8) { /* void */ }

    *p++ = 0x80 | (shift / 8 + 1);

    for ( /* void */ ; shift >= 0; shift -= 8) {
        *p++ = len >> shift;
    }

    return p - out;
}
