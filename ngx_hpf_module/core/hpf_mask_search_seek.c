/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The vector part of the search for values: 64 bytes at a time with SSE2,
 * which every x86-64 has, byte by byte elsewhere.  It stops where a value
 * may be, and too often rather than too seldom; what it stops at does not
 * decide the result.
 *
 * In a block each byte is a bit.  Digits, and a separator after three digits
 * and before a digit, make runs; one of eleven may be a number in groups or
 * in one piece.  A run that reaches the end of a block is the start of the
 * next one, so that nothing needs to be known of the block before.
 */

#include <string.h>

#include "hpf_mask_search_part.h"

#if (__SSE2__ && !HPF_MASK_PORTABLE)
#include <emmintrin.h>
#define HPF_MASK_BLOCK   64
#endif


#if (HPF_MASK_BLOCK)

/*
 * A block: four vectors, and where their first bytes are.  In a block of
 * fewer bytes the vectors overlap, which makes no bit another one.
 */

typedef struct {
    __m128i   v0;
    __m128i   v1;
    __m128i   v2;
    __m128i   v3;
    unsigned  at1;
    unsigned  at2;
    unsigned  at3;
    unsigned  next;         /* the byte after the block, when there is one */
} hpf_mask_block_t;


/* What is known of a block, and the bits where the next block decides. */

typedef struct {
    uint64_t  digit;
    uint64_t  three;        /* after three digits */
    uint64_t  may;
    uint64_t  open;
    uint64_t  cross1;       /* the last byte, when the text goes on */
    uint64_t  cross2;       /* the last two bytes */
    uint64_t  cross3;
} hpf_mask_seen_t;


static inline unsigned hpf_mask_search_block(const hpf_mask_part_t *t,
    const hpf_mask_block_t *b, size_t len, unsigned *found);
static void hpf_mask_search_escapes(const hpf_mask_part_t *t,
    const hpf_mask_block_t *b, hpf_mask_seen_t *seen);
static void hpf_mask_search_wides(const hpf_mask_block_t *b,
    hpf_mask_seen_t *seen);
static uint64_t hpf_mask_search_gaps(const hpf_mask_part_t *t,
    const hpf_mask_block_t *b, uint64_t gap);
static inline unsigned hpf_mask_search_is_open(const hpf_mask_part_t *t,
    unsigned c);
static inline uint64_t hpf_mask_search_long(uint64_t run, unsigned least);


static inline uint64_t
hpf_mask_search_bits(const hpf_mask_block_t *b, const hpf_mask_block_t *v)
{
    return (uint64_t) (unsigned) _mm_movemask_epi8(v->v0)
           | (uint64_t) (unsigned) _mm_movemask_epi8(v->v1) << b->at1
           | (uint64_t) (unsigned) _mm_movemask_epi8(v->v2) << b->at2
           | (uint64_t) (unsigned) _mm_movemask_epi8(v->v3) << b->at3;
}


static inline uint64_t
hpf_mask_search_equal(const hpf_mask_block_t *b, unsigned char c)
{
    __m128i           k;
    hpf_mask_block_t  v;

    k = _mm_set1_epi8((char) c);

    v.v0 = _mm_cmpeq_epi8(b->v0, k);
    v.v1 = _mm_cmpeq_epi8(b->v1, k);
    v.v2 = _mm_cmpeq_epi8(b->v2, k);
    v.v3 = _mm_cmpeq_epi8(b->v3, k);

    return hpf_mask_search_bits(b, &v);
}


static inline __m128i
hpf_mask_search_between(__m128i v, unsigned char first, unsigned char last)
{
    v = _mm_sub_epi8(v, _mm_set1_epi8((char) first));

    return _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8((char) (last - first))),
                          v);
}


/* Bytes from first to last. */

static inline uint64_t
hpf_mask_search_range(const hpf_mask_block_t *b, unsigned char first,
    unsigned char last)
{
    hpf_mask_block_t  v;

    v.v0 = hpf_mask_search_between(b->v0, first, last);
    v.v1 = hpf_mask_search_between(b->v1, first, last);
    v.v2 = hpf_mask_search_between(b->v2, first, last);
    v.v3 = hpf_mask_search_between(b->v3, first, last);

    return hpf_mask_search_bits(b, &v);
}


static inline __m128i
hpf_mask_search_either(__m128i v, __m128i x, __m128i y, __m128i z)
{
    return _mm_or_si128(_mm_cmpeq_epi8(v, x),
                        _mm_or_si128(_mm_cmpeq_epi8(v, y),
                                     _mm_cmpeq_epi8(v, z)));
}


/* Any of three bytes. */

static inline uint64_t
hpf_mask_search_any(const hpf_mask_block_t *b, unsigned char x,
    unsigned char y, unsigned char z)
{
    __m128i           vx, vy, vz;
    hpf_mask_block_t  v;

    vx = _mm_set1_epi8((char) x);
    vy = _mm_set1_epi8((char) y);
    vz = _mm_set1_epi8((char) z);

    v.v0 = hpf_mask_search_either(b->v0, vx, vy, vz);
    v.v1 = hpf_mask_search_either(b->v1, vx, vy, vz);
    v.v2 = hpf_mask_search_either(b->v2, vx, vy, vz);
    v.v3 = hpf_mask_search_either(b->v3, vx, vy, vz);

    return hpf_mask_search_bits(b, &v);
}


static inline __m128i
hpf_mask_search_load(const unsigned char *p)
{
    return _mm_loadu_si128((const __m128i *) p);
}


/* Less than a vector, filled with zeros. */

static inline void
hpf_mask_search_load_few(hpf_mask_block_t *b, const unsigned char *p,
    size_t len)
{
    uint32_t  half;
    uint64_t  low, high;

    low = 0;
    high = 0;

    if (len >= 8) {
        memcpy(&low, p, 8);

        if (len > 8) {
            memcpy(&high, p + len - 8, 8);
            high >>= 8 * (16 - len);
        }

    } else if (len >= 4) {
        memcpy(&half, p, 4);
        low = half;
        memcpy(&half, p + len - 4, 4);
        low |= (uint64_t) half << (8 * (len - 4));

    } else {
        low = p[0]
              | (uint64_t) p[len / 2] << (8 * (len / 2))
              | (uint64_t) p[len - 1] << (8 * (len - 1));
    }

    b->v0 = _mm_set_epi64x((long long) high, (long long) low);
    b->v1 = b->v0;
    b->v2 = b->v0;
    b->v3 = b->v0;
    b->at1 = 0;
    b->at2 = 0;
    b->at3 = 0;
}


static inline void
hpf_mask_search_load_some(hpf_mask_block_t *b, const unsigned char *p,
    size_t len)
{
    unsigned  last;

    last = (unsigned) len - 16;

    b->at1 = (last < 16) ? last : 16;
    b->at2 = (last < 32) ? last : 32;
    b->at3 = last;

    b->v0 = hpf_mask_search_load(p);
    b->v1 = hpf_mask_search_load(p + b->at1);
    b->v2 = hpf_mask_search_load(p + b->at2);
    b->v3 = hpf_mask_search_load(p + b->at3);
}


const unsigned char *
hpf_mask_search_seek(const hpf_mask_part_t *t, const unsigned char *p)
{
    size_t            len;
    unsigned          found;
    hpf_mask_block_t  b;

    b.at1 = 16;
    b.at2 = 32;
    b.at3 = 48;

    while (t->end - p >= HPF_MASK_BLOCK) {
        b.v0 = hpf_mask_search_load(p);
        b.v1 = hpf_mask_search_load(p + 16);
        b.v2 = hpf_mask_search_load(p + 32);
        b.v3 = hpf_mask_search_load(p + 48);

        len = (size_t) (t->end - p);
        b.next = (len > HPF_MASK_BLOCK) ? p[HPF_MASK_BLOCK] : 0;
        p += hpf_mask_search_block(t, &b, len, &found);

        if (found) {
            return p;
        }
    }

    len = (size_t) (t->end - p);

    if (len == 0) {
        return p;
    }

    if (len >= 16) {
        hpf_mask_search_load_some(&b, p, len);

    } else {
        hpf_mask_search_load_few(&b, p, len);
    }

    return p + hpf_mask_search_block(t, &b, len, &found);
}


/*
 * Where to go on in a block of the len bytes that are left: *found says that
 * it is a place of interest, otherwise it is the end of the block or what the
 * next block has to begin with.
 */

static inline unsigned
hpf_mask_search_block(const hpf_mask_part_t *t, const hpf_mask_block_t *b,
    size_t len, unsigned *found)
{
    unsigned         n, at;
    uint64_t         gap, run, other;
    hpf_mask_seen_t  seen;

    n = (len < HPF_MASK_BLOCK) ? (unsigned) len : HPF_MASK_BLOCK;
    *found = 0;

    seen.digit = hpf_mask_search_range(b, '0', '9');
    other = hpf_mask_search_any(b, t->at, t->mark, 0xef);

    if ((seen.digit | other) == 0) {
        return n;
    }

    seen.three = seen.digit << 1 & seen.digit << 2 & seen.digit << 3;
    seen.may = 0;
    seen.open = 0;
    seen.cross1 = (len > HPF_MASK_BLOCK) ? (uint64_t) 1 << 63 : 0;
    seen.cross2 = seen.cross1 | seen.cross1 >> 1;
    seen.cross3 = seen.cross1 | seen.cross2 >> 1;

    if (t->run) {
        gap = seen.three & (seen.digit >> 1 | seen.cross1) & ~seen.digit;

        if (gap) {
            gap = hpf_mask_search_gaps(t, b, gap);
        }

        if (other || (seen.three & hpf_mask_search_bits(b, b))) {
            hpf_mask_search_wides(b, &seen);
        }

        run = seen.digit | gap;
        seen.may |= hpf_mask_search_long(run, t->run);

        if ((run & seen.cross1) && hpf_mask_search_is_open(t, b->next)) {
            at = (~run == 0) ? 0 : 64 - (unsigned) __builtin_clzll(~run);
            seen.open |= (uint64_t) 1 << at;
        }
    }

    if (other) {

        if (t->email) {
            seen.may |= hpf_mask_search_equal(b, '@');
        }

        if (t->escape) {
            hpf_mask_search_escapes(t, b, &seen);
        }
    }

    if ((seen.may | seen.open) == 0) {
        return n;
    }

    at = (unsigned) __builtin_ctzll(seen.may | seen.open);
    *found = (seen.may >> at) & 1;

    return at;
}


/* Whether a run may go on with c. */

static inline unsigned
hpf_mask_search_is_open(const hpf_mask_part_t *t, unsigned c)
{
    return c >= 0x80 || c == t->mark || c == '+'
           || hpf_mask_search_is_digit(c) || hpf_mask_search_is_gap(c);
}


/* The bits of gap that are separators. */

static uint64_t
hpf_mask_search_gaps(const hpf_mask_part_t *t, const hpf_mask_block_t *b,
    uint64_t gap)
{
    return gap & hpf_mask_search_any(b, ' ', '-', t->escape == '%' ? '+' : '-');
}


/* Where least bits in a row begin: 6, 7 or 11. */

static inline uint64_t
hpf_mask_search_long(uint64_t run, unsigned least)
{
    run &= run >> 1;
    run &= run >> 2;

    if (least == HPF_IDENT_MOBILE_LEN) {
        run &= run >> 4;
        return run & run >> 3;
    }

    return run & run >> (least - 4);
}


/* Full-width digits, and wide separators after and before digits. */

static void
hpf_mask_search_wides(const hpf_mask_block_t *b, hpf_mask_seen_t *seen)
{
    uint64_t  ef, lead, next, last;

    ef = hpf_mask_search_equal(b, 0xef);

    if (ef) {
        next = ef & (hpf_mask_search_equal(b, 0xbc) >> 1);
        last = next & (hpf_mask_search_range(b, 0x90, 0x99) >> 2);

        seen->may |= last;
        seen->open |= (ef & seen->cross1) | (next & seen->cross2);
    }

    if (seen->three == 0) {
        return;
    }

    lead = (ef | hpf_mask_search_any(b, 0xe3, 0xc2, 0xe3)) & seen->three;

    /* a block that began with it would not have the three digits before it */

    seen->may |= lead & (seen->digit >> 2 | seen->digit >> 3);
    seen->open |= (lead & seen->cross3) >> 3;
}


/* Escapes that may be digits, or come after digits. */

static void
hpf_mask_search_escapes(const hpf_mask_part_t *t, const hpf_mask_block_t *b,
    hpf_mask_seen_t *seen)
{
    uint64_t  escape, next, may;

    escape = hpf_mask_search_equal(b, t->escape);

    if (escape == 0) {
        return;
    }

    seen->may |= escape & seen->three;
    seen->open |= escape & seen->cross2;

    switch (t->escape) {

    case '\\':
        next = escape & hpf_mask_search_equal(b, 'u') >> 1;

        if (next) {
            seen->may |= next & hpf_mask_search_any(b, '0', 'f', 'F') >> 2;
        }

        return;

    case '&':
        seen->may |= escape & hpf_mask_search_equal(b, '#') >> 1;
        return;

    default:
        may = hpf_mask_search_equal(b, '3') >> 1 & seen->digit >> 2;
        may |= hpf_mask_search_any(b, 'e', 'E', 'E') >> 1
               & hpf_mask_search_any(b, 'f', 'F', 'F') >> 2;

        if (t->email) {
            may |= hpf_mask_search_equal(b, '4') >> 1
                   & hpf_mask_search_equal(b, '0') >> 2;
        }

        seen->may |= escape & may;
        return;
    }
}

#else

static unsigned hpf_mask_search_may_run(const hpf_mask_part_t *t,
    const unsigned char *p);


const unsigned char *
hpf_mask_search_seek(const hpf_mask_part_t *t, const unsigned char *p)
{
    for ( /* void */ ; p < t->end; p++) {

        if (hpf_mask_search_is_digit(*p)) {

            if (hpf_mask_search_may_run(t, p)) {
                return p;
            }

        } else if (*p == 0xef || *p == 0xe3 || *p == 0xc2
                   || (*p == '@' && t->email)
                   || (*p == t->escape && *p != 0))
        {
            return p;
        }
    }

    return p;
}


static unsigned
hpf_mask_search_may_run(const hpf_mask_part_t *t, const unsigned char *p)
{
    unsigned  n;

    for (n = 0; n < t->run && p + n < t->end; n++) {

        if (!hpf_mask_search_is_digit(p[n])
            && !hpf_mask_search_is_gap(p[n])
            && (p[n] != '+' || t->escape != '%'))
        {
            return 0;
        }
    }

    return n > 0 && n == t->run;
}

#endif
