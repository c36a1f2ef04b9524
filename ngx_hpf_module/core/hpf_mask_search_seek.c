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

/* A block: four vectors, and where their first bytes are. */

typedef struct {
    __m128i   v[4];
    unsigned  at[4];
} hpf_mask_block_t;


static inline unsigned hpf_mask_search_seek_in(const hpf_mask_part_t *t,
    const hpf_mask_block_t *b, size_t len, unsigned *found);
static inline uint64_t hpf_mask_search_seek_escapes(const hpf_mask_part_t *t,
    const hpf_mask_block_t *b, uint64_t digit, uint64_t rest);
static inline uint64_t hpf_mask_search_seek_wide(const hpf_mask_block_t *b,
    uint64_t digit, uint64_t rest);
static inline uint64_t hpf_mask_search_seek_runs(uint64_t run, unsigned least);


static inline uint64_t
hpf_mask_search_seek_bits(const hpf_mask_block_t *b, const __m128i *v)
{
    return (uint64_t) (unsigned) _mm_movemask_epi8(v[0])
           | (uint64_t) (unsigned) _mm_movemask_epi8(v[1]) << b->at[1]
           | (uint64_t) (unsigned) _mm_movemask_epi8(v[2]) << b->at[2]
           | (uint64_t) (unsigned) _mm_movemask_epi8(v[3]) << b->at[3];
}


static inline uint64_t
hpf_mask_search_seek_byte(const hpf_mask_block_t *b, unsigned char c)
{
    unsigned  i;
    __m128i   v[4];

    for (i = 0; i < 4; i++) {
        v[i] = _mm_cmpeq_epi8(b->v[i], _mm_set1_epi8((char) c));
    }

    return hpf_mask_search_seek_bits(b, v);
}


/* Bytes from first to first + n. */

static inline __m128i
hpf_mask_search_seek_range(__m128i v, unsigned char first, unsigned char n)
{
    v = _mm_sub_epi8(v, _mm_set1_epi8((char) first));

    return _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8((char) n)), v);
}


static inline uint64_t
hpf_mask_search_seek_digits(const hpf_mask_block_t *b)
{
    unsigned  i;
    __m128i   v[4];

    for (i = 0; i < 4; i++) {
        v[i] = hpf_mask_search_seek_range(b->v[i], '0', 9);
    }

    return hpf_mask_search_seek_bits(b, v);
}


/* Whether the whole block has nothing that may matter. */

static inline unsigned
hpf_mask_search_seek_none(const hpf_mask_part_t *t, const hpf_mask_block_t *b)
{
    unsigned  i;
    __m128i   v, any;

    any = _mm_setzero_si128();

    for (i = 0; i < 4; i++) {
        v = b->v[i];

        any = _mm_or_si128(any, hpf_mask_search_seek_range(v, '0', 9));
        any = _mm_or_si128(any, _mm_cmpeq_epi8(v, _mm_set1_epi8('@')));
        any = _mm_or_si128(any, _mm_cmpeq_epi8(v, _mm_set1_epi8((char) 0xef)));
        any = _mm_or_si128(any, _mm_cmpeq_epi8(v,
                                          _mm_set1_epi8((char) t->escape)));
    }

    return _mm_movemask_epi8(any) == 0;
}


static inline void
hpf_mask_search_seek_load(hpf_mask_block_t *b, const unsigned char *p, size_t len)
{
    unsigned  i, last;

    last = (unsigned) len - 16;

    for (i = 0; i < 4; i++) {
        b->at[i] = (i * 16 < last) ? i * 16 : last;
        b->v[i] = _mm_loadu_si128((const __m128i *) (p + b->at[i]));
    }
}


/* Less than a vector, filled with zeros. */

static inline void
hpf_mask_search_seek_short(hpf_mask_block_t *b, const unsigned char *p, size_t len)
{
    size_t         i;
    uint64_t       low, high;

    low = 0;
    high = 0;

    if (len >= 8) {
        memcpy(&low, p, 8);

        if (len > 8) {
            memcpy(&high, p + len - 8, 8);
            high >>= 8 * (16 - len);
        }

    } else {

        for (i = 0; i < len; i++) {
            low |= (uint64_t) p[i] << (8 * i);
        }
    }

    for (i = 0; i < 4; i++) {
        b->at[i] = 0;
        b->v[i] = _mm_set_epi64x((long long) high, (long long) low);
    }
}


const unsigned char *
hpf_mask_search_seek(const hpf_mask_part_t *t, const unsigned char *p)
{
    size_t            len;
    unsigned          found;
    hpf_mask_block_t  b;

    while (t->end - p >= HPF_MASK_BLOCK) {
        hpf_mask_search_seek_load(&b, p, HPF_MASK_BLOCK);

        if (hpf_mask_search_seek_none(t, &b)) {
            p += HPF_MASK_BLOCK;
            continue;
        }

        p += hpf_mask_search_seek_in(t, &b, (size_t) (t->end - p), &found);

        if (found) {
            return p;
        }
    }

    len = (size_t) (t->end - p);

    if (len == 0) {
        return p;
    }

    if (len >= 16) {
        hpf_mask_search_seek_load(&b, p, len);

    } else {
        hpf_mask_search_seek_short(&b, p, len);
    }

    return p + hpf_mask_search_seek_in(t, &b, len, &found);
}


/*
 * Where to go on in a block of the len bytes that are left: *found says that
 * it is a place of interest, otherwise it is the end of the block or a run
 * that crosses it.
 */

static inline unsigned
hpf_mask_search_seek_in(const hpf_mask_part_t *t, const hpf_mask_block_t *b,
    size_t len, unsigned *found)
{
    unsigned  n;
    uint64_t  digit, gap, run, may, rest, cross;

    n = (len < HPF_MASK_BLOCK) ? (unsigned) len : HPF_MASK_BLOCK;
    rest = ~(uint64_t) 0 << (n - 1);
    cross = (len > HPF_MASK_BLOCK) ? (uint64_t) 1 << 63 : 0;

    digit = hpf_mask_search_seek_digits(b);
    may = t->email ? hpf_mask_search_seek_byte(b, '@') : 0;
    run = 0;

    if (t->run) {
        gap = digit << 1 & digit << 2 & digit << 3 & (digit >> 1 | cross);

        if (gap) {
            gap &= hpf_mask_search_seek_byte(b, ' ') | hpf_mask_search_seek_byte(b, '-')
                   | (t->escape == '%' ? hpf_mask_search_seek_byte(b, '+') : 0);
        }

        run = digit | gap;
        may |= hpf_mask_search_seek_runs(run, t->run);
        may |= hpf_mask_search_seek_wide(b, digit, rest);
    }

    if (t->escape) {
        may |= hpf_mask_search_seek_escapes(t, b, digit, rest);
    }

    *found = 1;

    if (may) {
        return (unsigned) __builtin_ctzll(may);
    }

    *found = 0;

    return (run & cross) ? 64 - (unsigned) __builtin_clzll(~run) : n;
}


/* Where least bits in a row begin: 6, 7 or 11. */

static inline uint64_t
hpf_mask_search_seek_runs(uint64_t run, unsigned least)
{
    run &= run >> 1;
    run &= run >> 2;

    if (least == 6) {
        return run & run >> 2;
    }

    if (least == 7) {
        return run & run >> 3;
    }

    run &= run >> 4;

    return run & run >> 3;
}


/*
 * Full-width digits, and wide separators between digits.  What would be in
 * the next block is taken to be there.
 */

static inline uint64_t
hpf_mask_search_seek_wide(const hpf_mask_block_t *b, uint64_t digit, uint64_t rest)
{
    unsigned  i;
    uint64_t  lead, found, three, ahead;
    __m128i   v[4];

    found = 0;
    lead = hpf_mask_search_seek_byte(b, 0xef);
    ahead = rest | rest >> 1;

    if (lead) {

        for (i = 0; i < 4; i++) {
            v[i] = hpf_mask_search_seek_range(b->v[i], 0x90, 9);
        }

        found = lead
                & (hpf_mask_search_seek_byte(b, 0xbc) >> 1 | rest)
                & (hpf_mask_search_seek_bits(b, v) >> 2 | ahead);
    }

    three = digit << 1 & digit << 2 & digit << 3;

    if (three == 0) {
        return found;
    }

    lead |= hpf_mask_search_seek_byte(b, 0xe3);
    ahead |= rest >> 2;

    return found
           | (lead & three & (digit >> 3 | ahead))
           | (hpf_mask_search_seek_byte(b, 0xc2) & three & (digit >> 2 | ahead));
}


/* Escapes that may be digits, or come after digits. */

static inline uint64_t
hpf_mask_search_seek_escapes(const hpf_mask_part_t *t, const hpf_mask_block_t *b,
    uint64_t digit, uint64_t rest)
{
    uint64_t  escape, may, one, two, four;

    escape = hpf_mask_search_seek_byte(b, t->escape);

    if (escape == 0) {
        return 0;
    }

    may = digit << 1 & digit << 2 & digit << 3;

    switch (t->escape) {

    case '\\':
        may |= (hpf_mask_search_seek_byte(b, 'u') >> 1 | rest)
               & ((hpf_mask_search_seek_byte(b, '0') | hpf_mask_search_seek_byte(b, 'f')
                   | hpf_mask_search_seek_byte(b, 'F')) >> 2 | rest | rest >> 1);
        break;

    case '&':
        may |= hpf_mask_search_seek_byte(b, '#') >> 1 | rest;
        break;

    default:
        one = hpf_mask_search_seek_byte(b, '3') >> 1 & digit >> 2;
        two = (hpf_mask_search_seek_byte(b, 'e') | hpf_mask_search_seek_byte(b, 'E')) >> 1
              & (hpf_mask_search_seek_byte(b, 'f') | hpf_mask_search_seek_byte(b, 'F')) >> 2;
        four = hpf_mask_search_seek_byte(b, '4') >> 1 & hpf_mask_search_seek_byte(b, '0') >> 2;

        may |= one | two | rest | rest >> 1 | (t->email ? four : 0);
        break;
    }

    return escape & may;
}

#else

static unsigned hpf_mask_search_seek_run(const hpf_mask_part_t *t,
    const unsigned char *p);


const unsigned char *
hpf_mask_search_seek(const hpf_mask_part_t *t, const unsigned char *p)
{
    for ( /* void */ ; p < t->end; p++) {

        if (hpf_mask_search_is_digit(*p)) {

            if (hpf_mask_search_seek_run(t, p)) {
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
hpf_mask_search_seek_run(const hpf_mask_part_t *t, const unsigned char *p)
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
