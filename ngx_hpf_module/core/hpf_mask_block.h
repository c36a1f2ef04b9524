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

#include "hpf_word.h"

#if (__x86_64__)
#include <immintrin.h>
#endif


#define HPF_MASK_BLOCK  64

#define HPF_MASK_BLOCK_INLINE static inline __attribute__((always_inline))


/*
 * What a block holds, a bit for a byte.  A bit of "after" may be set for a
 * hyphen.  One of "wide" is set for the first byte of a full-width digit or of
 * a separator that is not ASCII, and may be for others.
 */

typedef struct {
    uint64_t              quote;
    uint64_t              digit;
    uint64_t              between;      /* space and hyphen */
    uint64_t              after;        /* colon and white space */
    uint64_t              feed;         /* line feed, when it is asked for */
    uint64_t              slash;
    uint64_t              lead;         /* of 03fF; more when it is plain */
    uint64_t              at;
    uint64_t              wide;
} hpf_mask_block_t;


/*
 * Of the bytes 0xef, 0xe3 and 0xc2 those with one behind the next that a
 * full-width digit (EF BC 90 to 99) ends with, a hyphen (EF BC 8D), a space
 * (E3 80 80), or a digit, which may be behind a space (C2 A0).  What the last
 * two have there is not known.
 */

#define hpf_mask_block_wide(first, third)                                     \
    ((first) & ((third) >> 2 | (uint64_t) 3 << 62))


/*
 * Classes of bytes.  The first ones are nearest to the sign bit, of which
 * AVX2 makes words.
 */

#define HPF_MASK_QUOTE    0x80
#define HPF_MASK_DIGIT    0x40
#define HPF_MASK_BETWEEN  0x20
#define HPF_MASK_COLON    0x10
#define HPF_MASK_BLANK    0x08      /* up to 0x1f */
#define HPF_MASK_SLASH    0x04
#define HPF_MASK_AT       0x02
#define HPF_MASK_WIDE     0x01      /* 0xc2, 0xe3, 0xef; vectors: more */

#define HPF_MASK_RARE     (HPF_MASK_SLASH|HPF_MASK_AT|HPF_MASK_WIDE)


static const unsigned char  hpf_mask_classes[256] = {
    [0x00 ... 0x1f] = HPF_MASK_BLANK,
    [' '] = HPF_MASK_BETWEEN, ['-'] = HPF_MASK_BETWEEN,
    ['"'] = HPF_MASK_QUOTE, ['0' ... '9'] = HPF_MASK_DIGIT,
    [':'] = HPF_MASK_COLON, ['@'] = HPF_MASK_AT, ['\\'] = HPF_MASK_SLASH,
    [0xc2] = HPF_MASK_WIDE, [0xe3] = HPF_MASK_WIDE, [0xef] = HPF_MASK_WIDE
};


/* A bit of each of eight bytes, the first one lowest. */

#define hpf_mask_plain_bits(bytes, class)                                     \
    ((((bytes) / (class)) & 0x0101010101010101) * 0x0102040810204080 >> 56)


HPF_MASK_BLOCK_INLINE void
hpf_mask_block_plain(hpf_mask_block_t *b, const unsigned char *p,
    unsigned lines)
{
    unsigned  i, k;
    uint64_t  bytes;

    memset(b, 0, sizeof(hpf_mask_block_t));

    for (i = 0; i < HPF_MASK_BLOCK; i += 8) {

        bytes = 0;

        for (k = 0; k < 8; k++) {
            bytes |= (uint64_t) hpf_mask_classes[p[i + k]] << 8 * k;
        }

        b->quote |= hpf_mask_plain_bits(bytes, HPF_MASK_QUOTE) << i;
        b->digit |= hpf_mask_plain_bits(bytes, HPF_MASK_DIGIT) << i;
        b->between |= hpf_mask_plain_bits(bytes, HPF_MASK_BETWEEN) << i;

        /* the colon is beside the blanks, and a byte has but one class */

        b->after |= hpf_mask_plain_bits(bytes | bytes >> 1, HPF_MASK_BLANK)
                    << i;

        if (bytes & HPF_WORD_ONES * HPF_MASK_RARE) {
            b->slash |= hpf_mask_plain_bits(bytes, HPF_MASK_SLASH) << i;
            b->at |= hpf_mask_plain_bits(bytes, HPF_MASK_AT) << i;
            b->wide |= hpf_mask_plain_bits(bytes, HPF_MASK_WIDE) << i;
        }
    }

    b->after |= b->between;
    b->lead = ~(uint64_t) 0;

    for (i = 0; lines && i < HPF_MASK_BLOCK; i++) {
        b->feed |= (uint64_t) (p[i] == '\n') << i;
    }
}


#if (__x86_64__)

#define HPF_MASK_AVX2    __attribute__((target("avx2,popcnt,bmi,bmi2,lzcnt")))
#define HPF_MASK_AVX512                                                       \
    __attribute__((target("avx512f,avx512bw,avx2,popcnt,bmi,bmi2,lzcnt")))


HPF_MASK_BLOCK_INLINE uint64_t
hpf_mask_sse2_bits(const __m128i v[4])
{
    return (uint64_t) (unsigned) _mm_movemask_epi8(v[0])
           | (uint64_t) (unsigned) _mm_movemask_epi8(v[1]) << 16
           | (uint64_t) (unsigned) _mm_movemask_epi8(v[2]) << 32
           | (uint64_t) (unsigned) _mm_movemask_epi8(v[3]) << 48;
}


HPF_MASK_BLOCK_INLINE uint64_t
hpf_mask_sse2_equal(const __m128i v[4], char c)
{
    __m128i   d[4];
    unsigned  i;

    for (i = 0; i < 4; i++) {
        d[i] = _mm_cmpeq_epi8(v[i], _mm_set1_epi8(c));
    }

    return hpf_mask_sse2_bits(d);
}


/* Bytes from c on, n of them behind it. */

HPF_MASK_BLOCK_INLINE uint64_t
hpf_mask_sse2_range(const __m128i v[4], char c, char n)
{
    __m128i   d[4];
    unsigned  i;

    for (i = 0; i < 4; i++) {
        d[i] = _mm_sub_epi8(v[i], _mm_set1_epi8(c));
        d[i] = _mm_cmpeq_epi8(_mm_min_epu8(d[i], _mm_set1_epi8(n)), d[i]);
    }

    return hpf_mask_sse2_bits(d);
}


HPF_MASK_BLOCK_INLINE void
hpf_mask_block_sse2(hpf_mask_block_t *b, const unsigned char *p,
    unsigned lines)
{
    __m128i   v[4], rare;
    unsigned  i;
    uint64_t  first, third;

    rare = _mm_setzero_si128();

    for (i = 0; i < 4; i++) {
        v[i] = _mm_loadu_si128((const __m128i *) (p + 16 * i));

        /* from 0xc2 on: a bit that no ASCII has */
        rare = _mm_or_si128(rare, v[i]);
        rare = _mm_or_si128(rare, _mm_cmpeq_epi8(v[i], _mm_set1_epi8('@')));
        rare = _mm_or_si128(rare, _mm_cmpeq_epi8(v[i], _mm_set1_epi8('\\')));
    }

    b->quote = hpf_mask_sse2_equal(v, '"');
    b->digit = hpf_mask_sse2_range(v, '0', 9);
    b->between = hpf_mask_sse2_equal(v, ' ') | hpf_mask_sse2_equal(v, '-');
    b->after = hpf_mask_sse2_equal(v, ':') | hpf_mask_sse2_range(v, 0, ' ');
    b->feed = lines ? hpf_mask_sse2_equal(v, '\n') : 0;
    b->slash = 0;
    b->lead = 0;
    b->at = 0;
    b->wide = 0;

    if (_mm_movemask_epi8(rare)) {
        b->slash = hpf_mask_sse2_equal(v, '\\');
        b->lead = hpf_mask_sse2_equal(v, '0') | hpf_mask_sse2_equal(v, '3')
                  | hpf_mask_sse2_equal(v, 'f') | hpf_mask_sse2_equal(v, 'F');
        b->at = hpf_mask_sse2_equal(v, '@');
        first = hpf_mask_sse2_equal(v, (char) 0xef)
                | hpf_mask_sse2_equal(v, (char) 0xe3)
                | hpf_mask_sse2_equal(v, (char) 0xc2);
        third = hpf_mask_sse2_equal(v, (char) 0x80)
                | hpf_mask_sse2_equal(v, (char) 0x8d)
                | hpf_mask_sse2_range(v, (char) 0x90, 9);
        b->wide = hpf_mask_block_wide(first, third | b->digit);
    }
}


/*
 * By a table for each half of a byte: both have the bit of a class.  The first
 * is by the low half, the second by the high one.
 */

#define hpf_mask_classes_low                                                  \
    _mm_setr_epi8(                                                            \
        HPF_MASK_DIGIT|HPF_MASK_BETWEEN|HPF_MASK_BLANK|HPF_MASK_AT,           \
        HPF_MASK_DIGIT|HPF_MASK_BLANK,                                        \
        (char) (HPF_MASK_QUOTE|HPF_MASK_DIGIT|HPF_MASK_BLANK|HPF_MASK_WIDE),  \
        HPF_MASK_DIGIT|HPF_MASK_BLANK|HPF_MASK_WIDE,                          \
        HPF_MASK_DIGIT|HPF_MASK_BLANK,                                        \
        HPF_MASK_DIGIT|HPF_MASK_BLANK,                                        \
        HPF_MASK_DIGIT|HPF_MASK_BLANK,                                        \
        HPF_MASK_DIGIT|HPF_MASK_BLANK,                                        \
        HPF_MASK_DIGIT|HPF_MASK_BLANK,                                        \
        HPF_MASK_DIGIT|HPF_MASK_BLANK,                                        \
        HPF_MASK_COLON|HPF_MASK_BLANK,                                        \
        HPF_MASK_BLANK,                                                       \
        HPF_MASK_SLASH|HPF_MASK_BLANK,                                        \
        HPF_MASK_BETWEEN|HPF_MASK_BLANK,                                      \
        HPF_MASK_BLANK,                                                       \
        HPF_MASK_BLANK|HPF_MASK_WIDE)

#define hpf_mask_classes_high                                                 \
    _mm_setr_epi8(                                                            \
        HPF_MASK_BLANK, HPF_MASK_BLANK,                                       \
        (char) (HPF_MASK_QUOTE|HPF_MASK_BETWEEN),                             \
        HPF_MASK_DIGIT|HPF_MASK_COLON,                                        \
        HPF_MASK_AT, HPF_MASK_SLASH, 0, 0, 0, 0, 0, 0,                        \
        HPF_MASK_WIDE, 0, HPF_MASK_WIDE, 0)


HPF_MASK_AVX2 HPF_MASK_BLOCK_INLINE __m256i
hpf_mask_avx2_classes(__m256i v)
{
    __m256i  low, high, half;

    low = _mm256_broadcastsi128_si256(hpf_mask_classes_low);
    high = _mm256_broadcastsi128_si256(hpf_mask_classes_high);
    half = _mm256_set1_epi8(0x0f);

    return _mm256_and_si256(
        _mm256_shuffle_epi8(low, _mm256_and_si256(v, half)),
        _mm256_shuffle_epi8(high,
                            _mm256_and_si256(_mm256_srli_epi16(v, 4), half)));
}


HPF_MASK_AVX2 HPF_MASK_BLOCK_INLINE uint64_t
hpf_mask_avx2_bits(__m256i low, __m256i high)
{
    return (uint64_t) (unsigned) _mm256_movemask_epi8(low)
           | (uint64_t) (unsigned) _mm256_movemask_epi8(high) << 32;
}


/* The third byte of a wide digit or separator. */

HPF_MASK_AVX2 HPF_MASK_BLOCK_INLINE __m256i
hpf_mask_avx2_third(__m256i v)
{
    __m256i  digit;

    digit = _mm256_sub_epi8(v, _mm256_set1_epi8((char) 0x90));
    digit = _mm256_cmpeq_epi8(_mm256_min_epu8(digit, _mm256_set1_epi8(9)),
                              digit);

    return _mm256_or_si256(
               digit,
               _mm256_or_si256(
                   _mm256_cmpeq_epi8(v, _mm256_set1_epi8((char) 0x80)),
                   _mm256_cmpeq_epi8(v, _mm256_set1_epi8((char) 0x8d))));
}


/* The first digit of an escape that may be of interest. */

HPF_MASK_AVX2 HPF_MASK_BLOCK_INLINE __m256i
hpf_mask_avx2_lead(__m256i v)
{
    __m256i  f;

    f = _mm256_or_si256(v, _mm256_set1_epi8(0x20));

    return _mm256_or_si256(
               _mm256_cmpeq_epi8(f, _mm256_set1_epi8('f')),
               _mm256_or_si256(
                   _mm256_cmpeq_epi8(v, _mm256_set1_epi8('0')),
                   _mm256_cmpeq_epi8(v, _mm256_set1_epi8('3'))));
}


/* The class that is so many bits below the sign. */

#define hpf_mask_avx2_class(low, high, n)                                     \
    hpf_mask_avx2_bits(_mm256_slli_epi16(low, n), _mm256_slli_epi16(high, n))


HPF_MASK_AVX2 HPF_MASK_BLOCK_INLINE uint64_t
hpf_mask_avx2_any(__m256i low, __m256i high, char classes)
{
    __m256i  any, most;

    any = _mm256_set1_epi8(classes);
    most = _mm256_set1_epi8(0x7f);

    return hpf_mask_avx2_bits(
               _mm256_adds_epu8(_mm256_and_si256(low, any), most),
               _mm256_adds_epu8(_mm256_and_si256(high, any), most));
}


HPF_MASK_AVX2 HPF_MASK_BLOCK_INLINE void
hpf_mask_block_avx2(hpf_mask_block_t *b, const unsigned char *p,
    unsigned lines)
{
    __m256i  v[2], low, high, feed;

    v[0] = _mm256_loadu_si256((const __m256i *) p);
    v[1] = _mm256_loadu_si256((const __m256i *) (p + 32));

    low = hpf_mask_avx2_classes(v[0]);
    high = hpf_mask_avx2_classes(v[1]);

    b->quote = hpf_mask_avx2_bits(low, high);
    b->digit = hpf_mask_avx2_class(low, high, 1);
    b->between = hpf_mask_avx2_class(low, high, 2);
    b->after = hpf_mask_avx2_any(low, high, HPF_MASK_COLON|HPF_MASK_BLANK
                                            |HPF_MASK_BETWEEN);
    b->feed = 0;
    b->slash = 0;
    b->lead = 0;
    b->at = 0;
    b->wide = 0;

    if (lines) {
        feed = _mm256_set1_epi8('\n');
        b->feed = hpf_mask_avx2_bits(_mm256_cmpeq_epi8(v[0], feed),
                                     _mm256_cmpeq_epi8(v[1], feed));
    }

    if (!_mm256_testz_si256(_mm256_or_si256(low, high),
                            _mm256_set1_epi8(HPF_MASK_RARE)))
    {
        b->slash = hpf_mask_avx2_class(low, high, 5);
        b->lead = hpf_mask_avx2_bits(hpf_mask_avx2_lead(v[0]),
                                     hpf_mask_avx2_lead(v[1]));
        b->at = hpf_mask_avx2_class(low, high, 6);
        b->wide = hpf_mask_block_wide(
                      hpf_mask_avx2_class(low, high, 7),
                      hpf_mask_avx2_bits(hpf_mask_avx2_third(v[0]),
                                         hpf_mask_avx2_third(v[1]))
                      | b->digit);
    }
}


HPF_MASK_AVX512 HPF_MASK_BLOCK_INLINE uint64_t
hpf_mask_avx512_equal(__m512i v, char c)
{
    return _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(c));
}


HPF_MASK_AVX512 HPF_MASK_BLOCK_INLINE uint64_t
hpf_mask_avx512_range(__m512i v, char c, char n)
{
    return _mm512_cmple_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8(c)),
                                  _mm512_set1_epi8(n));
}


HPF_MASK_AVX512 HPF_MASK_BLOCK_INLINE __m512i
hpf_mask_avx512_classes(__m512i v)
{
    __m512i  low, high, half;

    low = _mm512_broadcast_i32x4(hpf_mask_classes_low);
    high = _mm512_broadcast_i32x4(hpf_mask_classes_high);
    half = _mm512_set1_epi8(0x0f);

    return _mm512_and_si512(
        _mm512_shuffle_epi8(low, _mm512_and_si512(v, half)),
        _mm512_shuffle_epi8(high,
                            _mm512_and_si512(_mm512_srli_epi16(v, 4), half)));
}


HPF_MASK_AVX512 HPF_MASK_BLOCK_INLINE uint64_t
hpf_mask_avx512_any(__m512i v, int classes)
{
    return _mm512_test_epi8_mask(v, _mm512_set1_epi8((char) classes));
}


HPF_MASK_AVX512 HPF_MASK_BLOCK_INLINE void
hpf_mask_block_avx512(hpf_mask_block_t *b, const unsigned char *p,
    unsigned lines)
{
    __m512i   v, c;
    uint64_t  third;

    v = _mm512_loadu_si512((const void *) p);
    c = hpf_mask_avx512_classes(v);

    b->quote = hpf_mask_avx512_any(c, HPF_MASK_QUOTE);
    b->digit = hpf_mask_avx512_any(c, HPF_MASK_DIGIT);
    b->between = hpf_mask_avx512_any(c, HPF_MASK_BETWEEN);
    b->after = hpf_mask_avx512_any(c, HPF_MASK_COLON|HPF_MASK_BLANK
                                      |HPF_MASK_BETWEEN);
    b->feed = lines ? hpf_mask_avx512_equal(v, '\n') : 0;
    b->slash = 0;
    b->lead = 0;
    b->at = 0;
    b->wide = 0;

    if (hpf_mask_avx512_any(c, HPF_MASK_RARE)) {
        b->slash = hpf_mask_avx512_any(c, HPF_MASK_SLASH);
        b->lead = hpf_mask_avx512_equal(v, '0')
                  | hpf_mask_avx512_equal(v, '3')
                  | hpf_mask_avx512_equal(v, 'f')
                  | hpf_mask_avx512_equal(v, 'F');
        b->at = hpf_mask_avx512_any(c, HPF_MASK_AT);
        third = hpf_mask_avx512_equal(v, (char) 0x80)
                | hpf_mask_avx512_equal(v, (char) 0x8d)
                | hpf_mask_avx512_range(v, (char) 0x90, 9);
        b->wide = hpf_mask_block_wide(hpf_mask_avx512_any(c, HPF_MASK_WIDE),
                                      third | b->digit);
    }
}

#endif


#endif /* _HPF_MASK_BLOCK_H_INCLUDED_ */
