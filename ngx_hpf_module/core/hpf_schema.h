/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * JSON Schema 2020-12 for forms: compiled once, then only read.  Supported:
 * type, enum, const, pattern, format, lengths, ranges, multipleOf, items,
 * prefixItems, contains, uniqueItems, properties and their kin, required,
 * dependentRequired, dependentSchemas, if/then/else, allOf, anyOf, oneOf,
 * not, $ref within the document, and annotations.  Anything else is refused
 * when it is compiled, so that no form is checked less than it says.
 */

#ifndef _HPF_SCHEMA_H_INCLUDED_
#define _HPF_SCHEMA_H_INCLUDED_


#include <stddef.h>

#include <jansson.h>


#define HPF_SCHEMA_FAULTS  100         /* reported of one form, at most */


typedef struct hpf_schema_s  hpf_schema_t;


/* A format: 1 valid, 0 not.  data: of hpf_schema_formats_t. */

typedef struct {
    const char  *name;
    int        (*check)(void *data, const unsigned char *p, size_t len);
} hpf_schema_format_t;

typedef struct {
    const hpf_schema_format_t  *formats;         /* name NULL: the end */
    void                       *data;
} hpf_schema_formats_t;


/* Why a schema was refused. */

typedef struct {
    char         pointer[256];         /* RFC 6901, into the schema */
    char         text[256];
} hpf_schema_error_t;


/*
 * schema is referenced as long as the result lives; formats must live as
 * long.  NULL: refused, or no memory; *error is filled.
 */
hpf_schema_t *hpf_schema_compile(json_t *schema,
    const hpf_schema_formats_t *formats, hpf_schema_error_t *error);
void hpf_schema_free(hpf_schema_t *schema);

/*
 * HPF_OK: valid.  HPF_DECLINED: *faults is a new array of {"pointer", "rule",
 * "message"}, in English when en is not 0, else in Chinese; the rule "limit"
 * is last when the instance asks for more work than a form may.  HPF_ERROR:
 * no memory.
 */
int hpf_schema_check(const hpf_schema_t *schema, const json_t *instance,
    int en, json_t **faults);


#endif /* _HPF_SCHEMA_H_INCLUDED_ */
