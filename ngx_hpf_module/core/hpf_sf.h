/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Structured fields (RFC 8941, and dates of RFC 9651; no display strings):
 * dictionaries are read one member after the other, without allocating.  All
 * texts are places in the input.  What is not of the grammar is an error.
 *
 *     hpf_sf_init(&sf, text, len);
 *
 *     while ((rc = hpf_sf_member(&sf, &key, &item)) == HPF_OK) {
 *         if (item.type == HPF_SF_LIST) {
 *             hpf_sf_init_list(&list, &item);
 *             while (hpf_sf_list_item(&list, &element) == HPF_OK) { … }
 *         }
 *
 *         hpf_sf_init_params(&params, &item);
 *         while (hpf_sf_param(&params, &key, &value) == HPF_OK) { … }
 *     }
 *
 *     if (rc == HPF_ERROR) { … }
 */

#ifndef _HPF_SF_H_INCLUDED_
#define _HPF_SF_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


#define HPF_SF_INT_MAX  INT64_C(999999999999999)
#define HPF_SF_INT_LEN  (sizeof("-999999999999999") - 1)


typedef enum {
    HPF_SF_INTEGER = 0,
    HPF_SF_DECIMAL,
    HPF_SF_STRING,
    HPF_SF_TOKEN,
    HPF_SF_BYTES,
    HPF_SF_BOOLEAN,
    HPF_SF_DATE,
    HPF_SF_LIST
} hpf_sf_type_e;

typedef struct {
    const char      *data;
    size_t           len;
} hpf_sf_text_t;

typedef struct {
    hpf_sf_type_e    type;

    /* of an integer, boolean or date; thousandths of a decimal */
    int64_t          integer;

    /*
     * What stands between the quotes (with its escapes), colons (base64) or
     * parentheses; the token or number itself.
     */
    hpf_sf_text_t    text;

    hpf_sf_text_t    params;           /* from the first semicolon on */
    hpf_sf_text_t    raw;              /* all of it, parameters included */
} hpf_sf_item_t;

typedef struct {
    const char      *pos;
    const char      *last;
    unsigned         started:1;
} hpf_sf_t;


void hpf_sf_init(hpf_sf_t *sf, const char *text, size_t len);

/* HPF_OK, HPF_DECLINED at the end, or HPF_ERROR. */
int hpf_sf_member(hpf_sf_t *sf, hpf_sf_text_t *key, hpf_sf_item_t *item);

/* The same for what an item of hpf_sf_member() or _list_item() holds. */
void hpf_sf_init_list(hpf_sf_t *sf, const hpf_sf_item_t *list);
int hpf_sf_list_item(hpf_sf_t *sf, hpf_sf_item_t *item);

void hpf_sf_init_params(hpf_sf_t *sf, const hpf_sf_item_t *item);
int hpf_sf_param(hpf_sf_t *sf, hpf_sf_text_t *key, hpf_sf_item_t *value);

/* A field whose value is one item; HPF_OK or HPF_ERROR. */
int hpf_sf_item(const char *text, size_t len, hpf_sf_item_t *item);

/* 1: the text is this word. */
int hpf_sf_is(const hpf_sf_text_t *text, const char *word);


/*
 * Writing, for what is sent.  Each returns where it ended and NULL when it
 * does not fit before last, or p is NULL already: check the last one only.
 */

/* The quotes and escapes too; NULL as well for what is not ASCII. */
char *hpf_sf_put_string(char *p, char *last, const char *text, size_t len);
/* NULL as well beyond +-HPF_SF_INT_MAX. */
char *hpf_sf_put_param(char *p, char *last, const char *key, int64_t value);
/* A parameter that was read, in the one spelling that is written. */
char *hpf_sf_put_item(char *p, char *last, const hpf_sf_text_t *key,
    const hpf_sf_item_t *value);


#endif /* _HPF_SF_H_INCLUDED_ */
