/*
 * Copyright (C) the HPF gateway authors
 */

/* Private to the files of the manifest. */

#ifndef _HPF_MANIFEST_INT_H_INCLUDED_
#define _HPF_MANIFEST_INT_H_INCLUDED_


#include "hpf_manifest.h"


typedef struct {
    const unsigned char        *text;
    size_t                      len;
    const hpf_manifest_conf_t  *conf;
    unsigned                    faults;
} hpf_manifest_in_t;


/* One more fault, at pointer. */
void hpf_manifest_fault(hpf_manifest_in_t *in, const char *pointer,
    const char *text);

/* Strings of a list, which stay its own.  HPF_OK or HPF_ERROR. */
int hpf_manifest_list(const char ***list, size_t *n, json_t *from);

const char *hpf_manifest_string(const json_t *object, const char *key,
    const char *otherwise);
int64_t hpf_manifest_integer(const json_t *object, const char *key,
    int64_t otherwise);

/* Tells what has no place in a factor, or in an item. */
void hpf_manifest_factor(hpf_manifest_in_t *in, json_t *json);

/*
 * The rules of masking: what is wrong with them is told.  HPF_ERROR: no
 * memory.
 */
int hpf_manifest_mask(hpf_manifest_in_t *in, hpf_manifest_t *mf);
void hpf_manifest_mask_free(hpf_manifest_t *mf);

/* Scopes, sharing and fresh, in the same way. */
int hpf_manifest_scopes(hpf_manifest_in_t *in, hpf_manifest_t *mf);
void hpf_manifest_scopes_free(hpf_manifest_t *mf);


#endif /* _HPF_MANIFEST_INT_H_INCLUDED_ */
