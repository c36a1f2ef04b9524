/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Rules of masking in a JSON file:
 *
 *     {"keys":   [{"names": ["idNo"], "kind": "id-card", "keep": [3, 4]}],
 *      "paths":  [{"paths": ["/data/rows/0"], "kind": "name", "reveal": 2}],
 *      "values": [{"kind": "mobile", "on": true, "char": "#"}]}
 *
 * All of it is checked when it is read.  It may then be added to any rules.
 */

#ifndef _HPF_MASK_RULEFILE_H_INCLUDED_
#define _HPF_MASK_RULEFILE_H_INCLUDED_


#include "hpf_mask_rules.h"


#define HPF_MASK_RULEFILE_SIZE    16777216     /* bytes */
#define HPF_MASK_RULEFILE_FAULTS  20           /* that are told */


typedef struct hpf_mask_rulefile_s  hpf_mask_rulefile_t;

/* column is from 1, or 0: of the line as a whole. */
typedef void (*hpf_mask_rulefile_fault_pt)(void *data, unsigned line,
    unsigned column, const char *text);

typedef struct {
    hpf_mask_rulefile_fault_pt   fault;
    void                        *data;
} hpf_mask_rulefile_conf_t;


/* NULL: faults were told.  The text is not needed any more. */
hpf_mask_rulefile_t *hpf_mask_rulefile_parse(const unsigned char *text,
    size_t len, const hpf_mask_rulefile_conf_t *conf);
void hpf_mask_rulefile_free(hpf_mask_rulefile_t *file);

/* 1: there is a rule of the kind. */
unsigned hpf_mask_rulefile_has(const hpf_mask_rulefile_t *file,
    unsigned kind);

/* HPF_OK, HPF_ERROR: no memory, HPF_DECLINED: these are too many. */
int hpf_mask_rulefile_apply(const hpf_mask_rulefile_t *file,
    hpf_mask_rules_t *rules);


#endif /* _HPF_MASK_RULEFILE_H_INCLUDED_ */
