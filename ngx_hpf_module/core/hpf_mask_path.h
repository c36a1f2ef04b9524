/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Rules for places in a JSON text, by JSON Pointer (RFC 6901).  A component
 * that is a star is for one member of any name or one element of any index; a
 * number is for that index, or for a member of that name.  Names are compared
 * as they are, unlike those of rules for keys.
 *
 * Which rules may still come true at a place is a set of bits: it begins at
 * the root, and what does not match a member or element falls out of it.  No
 * state is changed, so the set of each depth can be kept or made again.
 */

#ifndef _HPF_MASK_PATH_H_INCLUDED_
#define _HPF_MASK_PATH_H_INCLUDED_


#include "hpf_mask_rules.h"


#define HPF_MASK_PATHS       64    /* bits of a set */
#define HPF_MASK_PATH_DEPTH  16    /* components */


/* What keeps it from being a path, or NULL. */
const char *hpf_mask_path_fault(const char *path, size_t len);

/*
 * A path, copied; it takes the place of an equal one.  HPF_OK, HPF_ERROR: no
 * memory, HPF_DECLINED: it is no path, or one too many.
 */
int hpf_mask_path_add(hpf_mask_rules_t *rules, const char *path, size_t len,
    const hpf_mask_shape_t *shape);

/*
 * A scope: what is withheld goes, whatever other rules say, unless it is
 * granted as well; then these decide as if there were no scope.  Returns as
 * the last.
 */

typedef enum {
    HPF_MASK_PATH_RULE = 0,
    HPF_MASK_PATH_WITHHELD,
    HPF_MASK_PATH_GRANTED
} hpf_mask_path_scope_e;

int hpf_mask_path_scope(hpf_mask_rules_t *rules, const char *path, size_t len,
    unsigned scope);

/* For hpf_mask_rules_create(), and _compile(): 1 when a member may go. */
int hpf_mask_path_copy(hpf_mask_rules_t *rules, const hpf_mask_rules_t *base);
unsigned hpf_mask_path_compile(hpf_mask_rules_t *rules);

/* All rules: the set at the root. */
static inline uint64_t
hpf_mask_path_start(const hpf_mask_rules_t *rules)
{
    return (rules->npaths < HPF_MASK_PATHS)
           ? ((uint64_t) 1 << rules->npaths) - 1
           : ~(uint64_t) 0;
}


/*
 * Those of the set of an object that are left at its member (UTF-8 without
 * escapes).  Members and elements of the root are at depth 0.
 */
uint64_t hpf_mask_path_key(const hpf_mask_rules_t *rules, uint64_t alive,
    unsigned depth, const unsigned char *name, size_t len);

/* Those of the set of an array that are left at its element. */
uint64_t hpf_mask_path_index(const hpf_mask_rules_t *rules, uint64_t alive,
    unsigned depth, size_t index);

/*
 * The form for the value of the member or element that alive was made for,
 * with the same depth: of the rules that end there, the one added last.
 */
const hpf_mask_shape_t *hpf_mask_path_shape(const hpf_mask_rules_t *rules,
    uint64_t alive, unsigned depth);


#endif /* _HPF_MASK_PATH_H_INCLUDED_ */
