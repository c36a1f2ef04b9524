/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What one rule of masking says, wherever it is written: in nginx.conf, in a
 * file of rules or in a manifest.  All of these say what is wrong in the same
 * words: a function returns them, to stand after the value that it was given,
 * or NULL.
 */

#ifndef _HPF_MASK_RULE_H_INCLUDED_
#define _HPF_MASK_RULE_H_INCLUDED_


#include "hpf_mask_rules.h"


#define HPF_MASK_LEVEL_MAX  3


typedef struct {
    hpf_mask_shape_t  shape;
    unsigned          values;    /* of a rule for values: a bit for a kind */
    unsigned          on:1;
    unsigned          kept:1;    /* keep was given */
    unsigned          drawn:1;   /* char was given */
} hpf_mask_rule_t;


/* These begin a rule: for keys or paths, or for values of a kind or "all". */
const char *hpf_mask_rule_kind(hpf_mask_rule_t *rule, const char *name,
    size_t len);
const char *hpf_mask_rule_values(hpf_mask_rule_t *rule, const char *name,
    size_t len);

/* A number that is none is given as one below zero. */
const char *hpf_mask_rule_keep(hpf_mask_rule_t *rule, int64_t left,
    int64_t right);
const char *hpf_mask_rule_char(hpf_mask_rule_t *rule, const char *ch,
    size_t len);
const char *hpf_mask_rule_reveal(hpf_mask_rule_t *rule, int64_t level);

/* A rule for values: what it does not say stays as the rules have it. */
void hpf_mask_rule_apply(const hpf_mask_rule_t *rule,
    hpf_mask_rules_t *rules);


#endif /* _HPF_MASK_RULE_H_INCLUDED_ */
