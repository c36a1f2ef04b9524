/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The formats that a form may name: id-card, uscc, mobile (also with spaces,
 * hyphens and +86), bank-card, money (yuan, two decimals), date, month,
 * date-time (RFC 3339) and email.
 */

#ifndef _HPF_FORM_FORMATS_H_INCLUDED_
#define _HPF_FORM_FORMATS_H_INCLUDED_


#include "hpf_ident.h"
#include "hpf_schema.h"


/*
 * today says what day it is, for birth dates, each time that a form is
 * checked; it is kept for the whole process.  The result is static: never
 * NULL, never freed, the same on each call.
 */
const hpf_schema_formats_t *hpf_form_formats(hpf_date_t (*today)(void));


#endif /* _HPF_FORM_FORMATS_H_INCLUDED_ */
