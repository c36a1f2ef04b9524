/*
 * Copyright (C) the HPF gateway authors
 */

/* What somebody may have meant: for "did you mean". */

#ifndef _HPF_SPELL_H_INCLUDED_
#define _HPF_SPELL_H_INCLUDED_


#include <stddef.h>


#define HPF_SPELL_LEN  32              /* of longer words nothing is said */


typedef struct {
    const char  *word;
    const char  *nearest;              /* NULL: nothing is near enough */
    size_t       distance;
} hpf_spell_t;


void hpf_spell_begin(hpf_spell_t *spell, const char *word);

/* candidate must live as long as nearest is used */
void hpf_spell_try(hpf_spell_t *spell, const char *candidate);


#endif /* _HPF_SPELL_H_INCLUDED_ */
