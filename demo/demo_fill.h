/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Puts the synthetic people and units into the tables, and shows the first
 * of them in files.
 */

#ifndef _DEMO_FILL_H_INCLUDED_
#define _DEMO_FILL_H_INCLUDED_


#include "hpf_json_out.h"


/* Within a transaction of the caller: HPF_OK, HPF_ERROR. */
int demo_fill_all(void);

/* people.jsonl and units.jsonl of a folder, each replaced at once. */
int demo_fill_export(const char *dir);

/* One line of people.jsonl, as the tables have it now. */
int demo_fill_person(hpf_json_out_t *out, unsigned index);


#endif /* _DEMO_FILL_H_INCLUDED_ */
