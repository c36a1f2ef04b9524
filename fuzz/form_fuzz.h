/*
 * Copyright (C) the HPF gateway authors
 */

/* What fuzzers of forms expect of every check. */

#ifndef _FORM_FUZZ_H_INCLUDED_
#define _FORM_FUZZ_H_INCLUDED_


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hpf_plugin.h"
#include "hpf_form_formats.h"
#include "hpf_json.h"
#include "hpf_schema.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static hpf_date_t
today(void)
{
    hpf_date_t  date;

    date.year = 2026;
    date.month = 11;
    date.day = 23;

    return date;
}


static void
must(int cond)
{
    if (!cond) {
        abort();
    }
}


static const char *
member(const json_t *fault, const char *name)
{
    const char  *text;

    text = json_string_value(json_object_get(fault, name));
    must(text != NULL);

    return text;
}


/* the language changes the messages and nothing else */

static void
compare(const json_t *zh, const json_t *en)
{
    size_t         i;
    const json_t  *a, *b;

    must(json_array_size(zh) == json_array_size(en));
    must(json_array_size(zh) > 0);
    must(json_array_size(zh) <= HPF_SCHEMA_FAULTS + 1);

    for (i = 0; i < json_array_size(zh); i++) {
        a = json_array_get(zh, i);
        b = json_array_get(en, i);

        must(strcmp(member(a, "pointer"), member(b, "pointer")) == 0);
        must(strcmp(member(a, "rule"), member(b, "rule")) == 0);
        must(member(a, "pointer")[0] == '/' || !member(a, "pointer")[0]);
        must(member(a, "message")[0] && member(b, "message")[0]);
    }
}


static int
is_limit(const json_t *faults)
{
    size_t  i;

    for (i = 0; i < json_array_size(faults); i++) {
        if (strcmp(member(json_array_get(faults, i), "rule"), "limit") == 0) {
            return 1;
        }
    }

    return 0;
}


/* 1: accepts, 0: does not, -1: a limit was reached */

static int
check(const hpf_schema_t *schema, const json_t *instance)
{
    int      rc;
    json_t  *zh, *en;

    rc = hpf_schema_check(schema, instance, 0, &zh);
    must(hpf_schema_check(schema, instance, 1, &en) == rc);
    must(rc == HPF_OK || rc == HPF_DECLINED);

    if (rc == HPF_OK) {
        must(zh == NULL && en == NULL);
        rc = 1;

    } else {
        compare(zh, en);
        rc = is_limit(zh) ? -1 : 0;
    }

    json_decref(zh);
    json_decref(en);

    return rc;
}


#endif /* _FORM_FUZZ_H_INCLUDED_ */
