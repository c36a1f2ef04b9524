/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Private to hpf_mask_skip.c: 64 bytes as words with a bit for each byte, in
 * the instructions that there are.  All give the same.
 */

#ifndef _HPF_MASK_BLOCK_H_INCLUDED_
#define _HPF_MASK_BLOCK_H_INCLUDED_


#include <stdint.h>
#include <string.h>

#if (__x86_64__)
#include <immintrin.h>
#endif


#define HPF_MASK_BLOCK  64


/* What a block holds, a bit for a byte. */

typedef struct {
    uint64_t              quote;
    uint64_t              slash;
    uint64_t              digit;
    uint64_t              between;      /* space and hyphen */
    uint64_t              after;        /* colon and white space */
    uint64_t              wide;         /* first bytes of full-width digits,
                                           and of such separators */
    uint64_t              at;
    uint64_t              feed;         /* line feed */
} hpf_mask_block_t;


static inline void
hpf_mask_block_plain(hpf_mask_block_t *b, const unsigned char *p)
{
    unsigned       i;
    uint64_t       bit;
    unsigned char  c;

    memset(b, 0, sizeof(hpf_mask_block_t));

    for (i = 0; i < HPF_MASK_BLOCK; i++) {
        c = p[i];
        bit = (uint64_t) 1 << i;

        b->quote |= (c == '"') ? bit : 0;
        b->slash |= (c == '\\') ? bit : 0;
        b->digit |= (c >= '0' && c <= '9') ? bit : 0;
        b->between |= (c == ' ' || c == '-') ? bit : 0;
        b->after |= (c == ':' || c <= ' ') ? bit : 0;
        b->wide |= (c == 0xef || c == 0xe3 || c == 0xc2) ? bit : 0;
        b->at |= (c == '@') ? bit : 0;
        b->feed |= (c == '\n') ? bit : 0;
    }
}


#if (__x86_64__)

#define HPF_MASK_AVX2    __attribute__((target("avx2,popcnt,bmi,lzcnt")))
#define HPF_MASK_AVX512                                                       \
    __attribute__((target("avx512f,avx512bw,avx2,popcnt,bmi,lzcnt")))


static inline uint64_t
hpf_mask_sse2_equal(const __m128i v[4], char c)
{
    unsigned  i;
    uint64_t  bits;

    bits = 0;

    for (i = 0; i < 4; i++) {
        bits |= (uint64_t) (unsigned)
                _mm_movemask_epi8(_mm_cmpeq_epi8(v[i], _mm_set1_epi8(c)))
                << 16 * i;
    }

    return bits;
}


/* Bytes from c on, n of them behind it. */

static inline uint64_t
hpf_mask_sse2_range(const __m128i v[4], char c, char n)
{
    __m128i   d;
    unsigned  i;
    uint64_t  bits;

    bits = 0;

    for (i = 0; i < 4; i++) {
        d = _mm_sub_epi8(v[i], _mm_set1_epi8(c));
        d = _mm_cmpeq_epi8(_mm_min_epu8(d, _mm_set1_epi8(n)), d);
        bits |= (uint64_t) (unsigned) _mm_movemask_epi8(d) << 16 * i;
    }

    return bits;
}


static inline void
hpf_mask_block_sse2(hpf_mask_block_t *b, const unsigned char *p)
{
    __m128i   v[4];
    unsigned  i;

    for (i = 0; i < 4; i++) {
        v[i] = _mm_loadu_si128((const __m128i *) (p + 16 * i));
    }

    b->quote = hpf_mask_sse2_equal(v, '"');
    b->slash = hpf_mask_sse2_equal(v, '\\');
    b->digit = hpf_mask_sse2_range(v, '0', 9);
    b->between = hpf_mask_sse2_equal(v, ' ') | hpf_mask_sse2_equal(v, '-');
    b->after = hpf_mask_sse2_equal(v, ':') | hpf_mask_sse2_range(v, 0, ' ');
    b->wide = hpf_mask_sse2_equal(v, (char) 0xef)
              | hpf_mask_sse2_equal(v, (char) 0xe3)
              | hpf_mask_sse2_equal(v, (char) 0xc2);
    b->at = hpf_mask_sse2_equal(v, '@');
    b->feed = hpf_mask_sse2_equal(v, '\n');
}


HPF_MASK_AVX2 static inline uint64_t
hpf_mask_avx2_bits(__m256i low, __m256i high)
{
    return (uint64_t) (unsigned) _mm256_movemask_epi8(low)
           | (uint64_t) (unsigned) _mm256_movemask_epi8(high) << 32;
}


HPF_MASK_AVX2 static inline uint64_t
hpf_mask_avx2_equal(const __m256i v[2], char c)
{
    return hpf_mask_avx2_bits(_mm256_cmpeq_epi8(v[0], _mm256_set1_epi8(c)),
                              _mm256_cmpeq_epi8(v[1], _mm256_set1_epi8(c)));
}


HPF_MASK_AVX2 static inline uint64_t
hpf_mask_avx2_range(const __m256i v[2], char c, char n)
{
    __m256i  d[2], most;

    most = _mm256_set1_epi8(n);

    d[0] = _mm256_sub_epi8(v[0], _mm256_set1_epi8(c));
    d[1] = _mm256_sub_epi8(v[1], _mm256_set1_epi8(c));

    return hpf_mask_avx2_bits(
               _mm256_cmpeq_epi8(_mm256_min_epu8(d[0], most), d[0]),
               _mm256_cmpeq_epi8(_mm256_min_epu8(d[1], most), d[1]));
}


HPF_MASK_AVX2 static inline void
hpf_mask_block_avx2(hpf_mask_block_t *b, const unsigned char *p)
{
    __m256i  v[2];

    v[0] = _mm256_loadu_si256((const __m256i *) p);
    v[1] = _mm256_loadu_si256((const __m256i *) (p + 32));

    b->quote = hpf_mask_avx2_equal(v, '"');
    b->slash = hpf_mask_avx2_equal(v, '\\');
    b->digit = hpf_mask_avx2_range(v, '0', 9);
    b->between = hpf_mask_avx2_equal(v, ' ') | hpf_mask_avx2_equal(v, '-');
    b->after = hpf_mask_avx2_equal(v, ':') | hpf_mask_avx2_range(v, 0, ' ');
    b->wide = hpf_mask_avx2_equal(v, (char) 0xef)
              | hpf_mask_avx2_equal(v, (char) 0xe3)
              | hpf_mask_avx2_equal(v, (char) 0xc2);
    b->at = hpf_mask_avx2_equal(v, '@');
    b->feed = hpf_mask_avx2_equal(v, '\n');
}


HPF_MASK_AVX512 static inline uint64_t
hpf_mask_avx512_equal(__m512i v, char c)
{
    return _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(c));
}


HPF_MASK_AVX512 static inline uint64_t
hpf_mask_avx512_range(__m512i v, char c, char n)
{
    return _mm512_cmple_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8(c)),
                                  _mm512_set1_epi8(n));
}


HPF_MASK_AVX512 static inline void
hpf_mask_block_avx512(hpf_mask_block_t *b, const unsigned char *p)
{
    __m512i  v;

    v = _mm512_loadu_si512((const void *) p);

    b->quote = hpf_mask_avx512_equal(v, '"');
    b->slash = hpf_mask_avx512_equal(v, '\\');
    b->digit = hpf_mask_avx512_range(v, '0', 9);
    b->between = hpf_mask_avx512_equal(v, ' ') | hpf_mask_avx512_equal(v, '-');
    b->after = hpf_mask_avx512_equal(v, ':')
               | hpf_mask_avx512_range(v, 0, ' ');
    b->wide = hpf_mask_avx512_equal(v, (char) 0xef)
              | hpf_mask_avx512_equal(v, (char) 0xe3)
              | hpf_mask_avx512_equal(v, (char) 0xc2);
    b->at = hpf_mask_avx512_equal(v, '@');
    b->feed = hpf_mask_avx512_equal(v, '\n');
}

#endif


#endif /* _HPF_MASK_BLOCK_H_INCLUDED_ */
