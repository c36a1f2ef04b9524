/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * How a value is shown: the kinds of personal data and the masked form of
 * each.  A form keeps characters at both ends as they are written (escapes
 * too) and puts mask characters between them; it counts characters, not
 * bytes, and never shows a value whole.
 */

#ifndef _HPF_MASK_KIND_H_INCLUDED_
#define _HPF_MASK_KIND_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "hpf_mask_char.h"
#include "hpf_plugin.h"


typedef enum {
    HPF_MASK_NONE = 0,      /* shown, the value rules do not apply either */
    HPF_MASK_NAME,
    HPF_MASK_ID_CARD,
    HPF_MASK_MOBILE,
    HPF_MASK_BANK_CARD,
    HPF_MASK_ACCOUNT,
    HPF_MASK_ADDRESS,
    HPF_MASK_EMAIL,
    HPF_MASK_PASSPORT,      /* and permits */
    HPF_MASK_USCC,          /* unified social credit code */
    HPF_MASK_ID_CARD_15,    /* the old number, as a value only */
    HPF_MASK_AMOUNT,
    HPF_MASK_ALL,
    HPF_MASK_HASH,          /* keyed and stable */
    HPF_MASK_DROP,          /* the member goes */
    HPF_MASK_KINDS
} hpf_mask_kind_e;


#define HPF_MASK_KEEP_MAX   64      /* characters at either end */
#define HPF_MASK_CHAR_MAX   4       /* bytes of a mask character */
#define HPF_MASK_FIXED      3       /* mask characters that hide the length */


/* A kind with its parameters; left and right are for the kinds that count. */

typedef struct {
    unsigned char   kind;           /* hpf_mask_kind_e */
    unsigned char   left;
    unsigned char   right;
    unsigned char   reveal;         /* shown from this level on; 0: never */
    unsigned char   nch;
    unsigned char   ch[HPF_MASK_CHAR_MAX];
} hpf_mask_shape_t;


/* left characters, mask characters, right characters. */

typedef struct {
    size_t          left;
    size_t          stars;
    size_t          right;
} hpf_mask_cut_t;


/* The same of a text: [from, to) goes, for so many mask characters. */

typedef struct {
    const unsigned char  *from;
    const unsigned char  *to;
    size_t                stars;
} hpf_mask_kept_t;


/*
 * Takes output: pass is 1 when p points into the input that is being fed, 0
 * when the bytes are the engine's and must be copied.  HPF_OK, or anything
 * else to stop.
 */
typedef int (*hpf_mask_out_pt)(void *data, const unsigned char *p,
    size_t len, unsigned pass);

#define HPF_MASK_OUT_LEN  256
#define HPF_MASK_HASH_LEN 16

/* The keyed digest of a value's characters, in UTF-8, for HPF_MASK_HASH. */
typedef void (*hpf_mask_hash_pt)(void *data, const unsigned char *p,
    size_t len, unsigned char digest[HPF_MASK_HASH_LEN]);

typedef struct {
    hpf_mask_out_pt  out;
    void            *data;
    hpf_mask_hash_pt hash;          /* NULL: hidden as HPF_MASK_ALL does */
    void            *hash_data;
    int              rc;            /* of the first out() that failed */
    size_t           n;
    unsigned char    buf[HPF_MASK_OUT_LEN];
} hpf_mask_sink_t;


/* The name in configuration and metrics, "id-card". */
const char *hpf_mask_kind_name(unsigned kind);

/* The kind of a name, HPF_MASK_KINDS when there is none. */
unsigned hpf_mask_kind_find(const char *name, size_t len);

/* The usual form of a kind, with "*". */
void hpf_mask_shape_init(hpf_mask_shape_t *shape, unsigned kind);

/* Keeps left and right instead.  HPF_OK or HPF_ERROR: kind does not count. */
int hpf_mask_shape_keep(hpf_mask_shape_t *shape, unsigned left,
    unsigned right);

/* Another mask character: HPF_ERROR unless it is one that JSON may hold. */
int hpf_mask_shape_char(hpf_mask_shape_t *shape, const char *ch, size_t len);

/* Keeps left and right of n characters, fewer when that would show all. */
void hpf_mask_cut(hpf_mask_cut_t *cut, size_t n, size_t left, size_t right);

/* Puts the masked form of [p, end), a whole value in that style, to out. */
void hpf_mask_apply(const hpf_mask_shape_t *shape, hpf_mask_sink_t *out,
    const unsigned char *p, const unsigned char *end, unsigned style);

/* What stays of it, unless that is nothing (HPF_MASK_HASH, HPF_MASK_DROP). */
void hpf_mask_keep(const hpf_mask_shape_t *shape, const unsigned char *p,
    const unsigned char *end, unsigned style, hpf_mask_kept_t *kept);

/* Mask characters and plain bytes, buffered until hpf_mask_flush(). */
void hpf_mask_stars(const hpf_mask_shape_t *shape, hpf_mask_sink_t *out,
    size_t n);
void hpf_mask_stars_as(const hpf_mask_shape_t *shape, hpf_mask_sink_t *out,
    size_t n, unsigned style);
void hpf_mask_put(hpf_mask_sink_t *out, const unsigned char *p, size_t len);
void hpf_mask_flush(hpf_mask_sink_t *out);


#endif /* _HPF_MASK_KIND_H_INCLUDED_ */
