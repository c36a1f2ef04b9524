/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Sixteen bytes at a time with SSE2, which every x86-64 has; byte by byte
 * elsewhere.  Both stop at the same bytes.
 */

#include "hpf_mask_scan.h"

#if (__SSE2__)
#include <emmintrin.h>
#define HPF_MASK_SCAN_BLOCK  16
#endif


#define hpf_mask_scan_is_digit(c)  ((unsigned) (c) - '0' <= 9)
#define hpf_mask_scan_is_quote(c)  ((c) == '"' || (c) == '\\')


#if (__SSE2__)

/* What a block holds, a bit for a byte. */

typedef struct {
    unsigned  quote;
    unsigned  slash;
    unsigned  digit;
} hpf_mask_scan_t;


static inline __m128i
hpf_mask_scan_load(const unsigned char *p)
{
    return _mm_loadu_si128((const __m128i *) p);
}


static inline unsigned
hpf_mask_scan_bytes(__m128i v, char c)
{
    return (unsigned) _mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8(c)));
}


static inline unsigned
hpf_mask_scan_digits(__m128i v)
{
    v = _mm_sub_epi8(v, _mm_set1_epi8('0'));
    v = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(9)), v);

    return (unsigned) _mm_movemask_epi8(v);
}


/*
 * Where to go on in the block: *found says that it is a byte of interest,
 * otherwise a run of digits begins there and crosses the end of the block.
 */

static inline unsigned
hpf_mask_scan_block(const hpf_mask_scan_t *s, unsigned *found)
{
    unsigned  i, n, digit, stop;

    digit = s->digit;
    stop = s->quote | s->slash;
    *found = 1;

    while (stop | digit) {
        i = (unsigned) __builtin_ctz(stop | digit);

        if ((stop >> i) & 1) {
            return i;
        }

        n = (unsigned) __builtin_ctz(~(digit >> i));

        if (i + n >= HPF_MASK_SCAN_BLOCK) {
            *found = (i == 0);
            return i;
        }

        if (n >= HPF_MASK_SCAN_RUN || ((s->slash >> (i + n)) & 1)) {
            return i;
        }

        digit &= ~0u << (i + n);
    }

    *found = 0;

    return HPF_MASK_SCAN_BLOCK;
}

#endif


static const unsigned char *
hpf_mask_scan_tail(const unsigned char *p, const unsigned char *end,
    unsigned json)
{
    const unsigned char  *run;

    while (p < end) {

        if (json && hpf_mask_scan_is_quote(*p)) {
            return p;
        }

        if (!hpf_mask_scan_is_digit(*p)) {
            p++;
            continue;
        }

        run = p;

        do {
            p++;
        } while (p < end && hpf_mask_scan_is_digit(*p));

        if (p == end
            || p - run >= HPF_MASK_SCAN_RUN
            || (json && *p == '\\'))
        {
            return run;
        }
    }

    return end;
}


const unsigned char *
hpf_mask_scan_string(const unsigned char *p, const unsigned char *end)
{
#if (__SSE2__)

    __m128i          v;
    unsigned         found;
    hpf_mask_scan_t  s;

    while (end - p >= HPF_MASK_SCAN_BLOCK) {
        v = hpf_mask_scan_load(p);

        s.quote = hpf_mask_scan_bytes(v, '"');
        s.slash = hpf_mask_scan_bytes(v, '\\');
        s.digit = hpf_mask_scan_digits(v);

        p += hpf_mask_scan_block(&s, &found);

        if (found) {
            return p;
        }
    }

#endif

    return hpf_mask_scan_tail(p, end, 1);
}


const unsigned char *
hpf_mask_scan_text(const unsigned char *p, const unsigned char *end)
{
#if (__SSE2__)

    unsigned         found;
    hpf_mask_scan_t  s;

    s.quote = 0;
    s.slash = 0;

    while (end - p >= HPF_MASK_SCAN_BLOCK) {
        s.digit = hpf_mask_scan_digits(hpf_mask_scan_load(p));

        p += hpf_mask_scan_block(&s, &found);

        if (found) {
            return p;
        }
    }

#endif

    return hpf_mask_scan_tail(p, end, 0);
}


const unsigned char *
hpf_mask_scan_quote(const unsigned char *p, const unsigned char *end)
{
#if (__SSE2__)

    __m128i   v;
    unsigned  stop;

    while (end - p >= HPF_MASK_SCAN_BLOCK) {
        v = hpf_mask_scan_load(p);
        stop = hpf_mask_scan_bytes(v, '"') | hpf_mask_scan_bytes(v, '\\');

        if (stop) {
            return p + __builtin_ctz(stop);
        }

        p += HPF_MASK_SCAN_BLOCK;
    }

#endif

    while (p < end && !hpf_mask_scan_is_quote(*p)) {
        p++;
    }

    return p;
}


const unsigned char *
hpf_mask_scan_space(const unsigned char *p, const unsigned char *end)
{
#if (__SSE2__)

    __m128i   v, floor;
    unsigned  stop;

    floor = _mm_set1_epi8(' ' + 1);

    while (end - p >= HPF_MASK_SCAN_BLOCK) {
        v = hpf_mask_scan_load(p);
        v = _mm_cmpeq_epi8(_mm_max_epu8(v, floor), v);
        stop = (unsigned) _mm_movemask_epi8(v);

        if (stop) {
            return p + __builtin_ctz(stop);
        }

        p += HPF_MASK_SCAN_BLOCK;
    }

#endif

    while (p < end && *p <= ' ') {
        p++;
    }

    return p;
}
