/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Rules for names that say where they belong: user[mobile], user.mobile,
 * ns:mobile, form:mobile, list[0].mobile, mobile[].
 */

#ifndef _HPF_MASK_KEY_H_INCLUDED_
#define _HPF_MASK_KEY_H_INCLUDED_


#include <stddef.h>

#include "hpf_mask_rules.h"


/*
 * The form for a name, or NULL.  When the whole name (HPF_MASK_KEY_MAX bytes
 * at most) has no rule, it is its last part that is no number.
 */
const hpf_mask_shape_t *hpf_mask_key_find(const hpf_mask_rules_t *rules,
    const unsigned char *name, size_t len);


#endif /* _HPF_MASK_KEY_H_INCLUDED_ */
