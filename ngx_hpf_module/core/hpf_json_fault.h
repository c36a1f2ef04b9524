/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Where a faulty text stops being JSON.
 */

#ifndef _HPF_JSON_FAULT_H_INCLUDED_
#define _HPF_JSON_FAULT_H_INCLUDED_


#include <stddef.h>


/*
 * The first byte, from 0, that no JSON text has at its place.  When there is
 * none: len, or, if token is set, where the last token begins.
 */
size_t hpf_json_fault(const unsigned char *text, size_t len, int token);


#endif /* _HPF_JSON_FAULT_H_INCLUDED_ */
