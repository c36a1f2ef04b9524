/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Names of persons and units: what may stand in one, and the one spelling of
 * the dot in the names of some peoples (阿不都热依木·买买提).
 */

#ifndef _HPF_NAME_H_INCLUDED_
#define _HPF_NAME_H_INCLUDED_


#include <stddef.h>


/* bytes that hpf_name_spell() may write for a name of len bytes */
#define HPF_NAME_LEN(len)  (2 * (len))


/*
 * 1: a name that can be read as it stands: no control characters, none that
 * is not seen or turns the direction of writing, no blank at its ends.
 */
int hpf_name_is(const unsigned char *p, size_t len);

/*
 * Between Chinese characters each of the dots that keyboards have becomes the
 * middle dot.  The text is UTF-8.  Returns the length.
 */
size_t hpf_name_spell(unsigned char *dst, const unsigned char *p, size_t len);


#endif /* _HPF_NAME_H_INCLUDED_ */
