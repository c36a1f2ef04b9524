/*
 * Copyright (C) the HPF gateway authors
 */

/* Private to the reading of files of rules. */

#ifndef _HPF_MASK_RULEFILE_INT_H_INCLUDED_
#define _HPF_MASK_RULEFILE_INT_H_INCLUDED_


#include <jansson.h>

#include "hpf_mask_rule.h"
#include "hpf_mask_rulefile.h"


#define HPF_MASK_RULEFILE_TEXT     512     /* of a fault */
#define HPF_MASK_RULEFILE_POINTER  160


typedef enum {
    HPF_MASK_RULEFILE_KEYS = 0,
    HPF_MASK_RULEFILE_PATHS,
    HPF_MASK_RULEFILE_VALUES
} hpf_mask_rulefile_part_e;


typedef struct {
    hpf_mask_rulefile_part_e         part;
    const json_t                    *names;      /* of keys or paths */
    hpf_mask_rule_t                  rule;
} hpf_mask_rulefile_entry_t;


struct hpf_mask_rulefile_s {
    json_t                          *json;
    size_t                           n;
    hpf_mask_rulefile_entry_t       *entries;
};


typedef struct {
    const unsigned char             *text;
    size_t                           len;
    unsigned                         faults;
    const hpf_mask_rulefile_conf_t  *conf;
    hpf_mask_rulefile_t             *file;
    char                             at[HPF_MASK_RULEFILE_POINTER];
} hpf_mask_rulefile_in_t;


/* One rule, an object; part is set.  What is wrong is told. */
void hpf_mask_rulefile_rule(hpf_mask_rulefile_in_t *in,
    hpf_mask_rulefile_entry_t *entry, json_t *json);

/* Where: what in->at points to, or a member of it. */
void hpf_mask_rulefile_fault(hpf_mask_rulefile_in_t *in, const char *member,
    const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));


#endif /* _HPF_MASK_RULEFILE_INT_H_INCLUDED_ */
