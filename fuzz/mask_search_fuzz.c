/* links: mask */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The search for values: the first byte is the style and which kinds are on,
 * the second how to cut the rest.  Every way of cutting gives what the whole
 * gives, and a second time shows nothing again.  It may hide more: of numbers
 * that share a group the first one is found, which leaves another to be seen.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hpf_mask_search.h"


#define SEARCH_FUZZ_MAX  4096


typedef struct {
    size_t          n;
    unsigned char   p[SEARCH_FUZZ_MAX * 4];
} search_fuzz_text_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static hpf_mask_rules_t     rules;
static search_fuzz_text_t   whole, parts, twice;


static int
collect(void *data, const unsigned char *p, size_t len, unsigned pass)
{
    search_fuzz_text_t  *text;

    (void) pass;
    text = data;

    if (len > sizeof(text->p) - text->n) {
        abort();
    }

    memcpy(text->p + text->n, p, len);
    text->n += len;

    return HPF_OK;
}


/* Puts what is found in [p, end); returns how much of its end is kept. */

static size_t
part(hpf_mask_search_t *s, hpf_mask_sink_t *sink, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    int             rc;
    size_t          kept;
    hpf_mask_hit_t  hit;

    for ( ;; ) {
        rc = hpf_mask_search(s, p, end, more, &hit);

        if (rc != HPF_OK) {
            break;
        }

        if (hit.start < p
            || hit.end <= hit.start
            || hit.end > end
            || hit.left + hit.right >= hit.n)
        {
            abort();
        }

        hpf_mask_put(sink, p, (size_t) (hit.start - p));
        hpf_mask_search_put(s, &hit, sink);
        p = hit.end;
    }

    kept = 0;

    if (rc == HPF_AGAIN) {

        if (!more
            || hit.start < p
            || hit.start >= end
            || end - hit.start > HPF_MASK_SEARCH_TAIL)
        {
            abort();
        }

        kept = (size_t) (end - hit.start);
    }

    hpf_mask_put(sink, p, (size_t) (end - p) - kept);

    return kept;
}


/* A step of 0 is the whole; otherwise the parts' sizes vary about it. */

static void
mask(search_fuzz_text_t *text, const uint8_t *data, size_t size,
    unsigned style, unsigned step)
{
    size_t              n, kept;
    unsigned char      *copy;
    hpf_mask_sink_t     sink;
    hpf_mask_search_t   s;

    memset(&s, 0x5a, sizeof(s));
    s.rules = &rules;
    s.today.year = 2026;
    s.today.month = 11;
    s.today.day = 23;
    s.style = style;
    hpf_mask_search_reset(&s);

    memset(&sink, 0, sizeof(sink));
    sink.out = collect;
    sink.data = text;
    text->n = 0;
    kept = 0;

    do {
        n = step ? 1 + (step * 7 + size * 13) % step : size;
        n = (n < size) ? n : size;

        copy = malloc(kept + n + (kept + n == 0));
        memcpy(copy, data - kept, kept + n);

        data += n;
        size -= n;

        kept = part(&s, &sink, copy, copy + kept + n, size > 0);
        free(copy);
    } while (size);

    hpf_mask_flush(&sink);
}


static void
equal(const search_fuzz_text_t *text)
{
    if (whole.n != text->n || memcmp(whole.p, text->p, whole.n) != 0) {
        abort();
    }
}


static void
hides(const search_fuzz_text_t *text)
{
    size_t  i;

    if (whole.n != text->n) {
        abort();
    }

    for (i = 0; i < whole.n; i++) {

        if (whole.p[i] != text->p[i] && text->p[i] != '*') {
            abort();
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned  kind, style;

    if (size < 2 || size > SEARCH_FUZZ_MAX) {
        return 0;
    }

    for (kind = 0; kind < HPF_MASK_KINDS; kind++) {
        hpf_mask_shape_init(&rules.value[kind], kind);
    }

    style = (data[0] & 0x0f) % (HPF_MASK_CSV_TEXT + 1);
    rules.values = 1u << HPF_MASK_MOBILE | 1u << HPF_MASK_BANK_CARD
                   | 1u << HPF_MASK_ID_CARD_15;
    rules.values |= (data[0] & 0x10) ? 0 : 1u << HPF_MASK_EMAIL;
    rules.values |= (data[0] & 0x20) ? 0 : 1u << HPF_MASK_ID_CARD;
    rules.values |= (data[0] & 0x40) ? 0 : 1u << HPF_MASK_PASSPORT;
    rules.values |= (data[0] & 0x80) ? 0 : 1u << HPF_MASK_USCC;

    mask(&whole, data + 2, size - 2, style, 0);
    mask(&parts, data + 2, size - 2, style, data[1] | 1);
    equal(&parts);

    mask(&parts, data + 2, size - 2, style, 1);
    equal(&parts);

    mask(&twice, whole.p, whole.n, style, 0);
    hides(&twice);

    return 0;
}
