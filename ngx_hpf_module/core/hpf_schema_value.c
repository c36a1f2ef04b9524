/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * JSON values as JSON Schema sees them: 1 and 1.0 are equal and integers,
 * the order of members does not matter, and length is in characters.
 */

#include "hpf_schema_node.h"

#include <string.h>

#include "hpf_plugin.h"


/* where every long double is still an integer of int64_t */

#define HPF_SCHEMA_VALUE_MAX  9.2e18L
#define HPF_SCHEMA_VALUE_FNV  0x100000001b3u


static const char  *hpf_schema_value_types[] = {
    "null", "boolean", "integer", "number", "string", "array", "object"
};


static uint64_t hpf_schema_value_mix(uint64_t hash, const void *data,
    size_t len);
static int hpf_schema_value_compare_mixed(int64_t i, double x);
static int hpf_schema_value_is_integral(long double x);
static int hpf_schema_value_equal_arrays(hpf_schema_ctx_t *ctx,
    const json_t *a, const json_t *b);
static int hpf_schema_value_equal_objects(hpf_schema_ctx_t *ctx,
    const json_t *a, const json_t *b);


/* all the bits of types that the value is of */

unsigned
hpf_schema_value_type(const json_t *value)
{
    switch (json_typeof(value)) {

    case JSON_NULL:
        return HPF_SCHEMA_NULL;

    case JSON_TRUE:
    case JSON_FALSE:
        return HPF_SCHEMA_BOOLEAN;

    case JSON_INTEGER:
        return HPF_SCHEMA_INTEGER|HPF_SCHEMA_NUMBER;

    case JSON_REAL:
        if (hpf_schema_value_is_integral(json_real_value(value))) {
            return HPF_SCHEMA_INTEGER|HPF_SCHEMA_NUMBER;
        }

        return HPF_SCHEMA_NUMBER;

    case JSON_STRING:
        return HPF_SCHEMA_STRING;

    case JSON_ARRAY:
        return HPF_SCHEMA_ARRAY;

    default: /* JSON_OBJECT */
        return HPF_SCHEMA_OBJECT;
    }
}


unsigned
hpf_schema_value_type_named(const char *name)
{
    size_t  i;

    for (i = 0; i < 7; i++) {
        if (strcmp(hpf_schema_value_types[i], name) == 0) {
            return 1u << i;
        }
    }

    return 0;
}


const char *
hpf_schema_value_type_name(unsigned bit)
{
    size_t  i;

    for (i = 0; i < 6 && !(bit & (1u << i)); i++) { /* void */ }

    return hpf_schema_value_types[i];
}


/*
 * Of numbers: less than, equal to or greater than zero.  Exact, also where
 * an integer has no double and long double is no wider.
 */

int
hpf_schema_value_compare(const json_t *a, const json_t *b)
{
    double      x, y;
    json_int_t  i, j;

    if (json_is_integer(a) && json_is_integer(b)) {
        i = json_integer_value(a);
        j = json_integer_value(b);

        return (i > j) - (i < j);
    }

    if (json_is_integer(a)) {
        return hpf_schema_value_compare_mixed(json_integer_value(a),
                                              json_real_value(b));
    }

    if (json_is_integer(b)) {
        return -hpf_schema_value_compare_mixed(json_integer_value(b),
                                               json_real_value(a));
    }

    x = json_real_value(a);
    y = json_real_value(b);

    return (x > y) - (x < y);
}


static int
hpf_schema_value_compare_mixed(int64_t i, double x)
{
    int64_t  whole;

    if (!(x < 0x1p63)) {
        return -1;
    }

    if (x < -0x1p63) {
        return 1;
    }

    whole = (int64_t) x;

    if (i != whole) {
        return (i > whole) ? 1 : -1;
    }

    return ((double) whole < x) ? -1 : ((double) whole > x);
}


/*
 * Decimal fractions such as 0.01 have no exact double, so the quotient may
 * be off an integer by what the two roundings make.
 */

int
hpf_schema_value_multiple(const json_t *value, const json_t *factor)
{
    int64_t      n;
    long double  x, y, q, off;

    if (json_is_integer(value) && json_is_integer(factor)) {
        return json_integer_value(value) % json_integer_value(factor) == 0;
    }

    x = json_is_integer(value) ? (long double) json_integer_value(value)
                               : json_real_value(value);
    y = json_number_value(factor);
    q = x / y;

    if (!(q > -HPF_SCHEMA_VALUE_MAX && q < HPF_SCHEMA_VALUE_MAX)) {
        return 0;
    }

    n = (int64_t) (q < 0 ? q - 0.5L : q + 0.5L);
    off = q - (long double) n;

    if (off < 0) {
        off = -off;
    }

    if (q < 0) {
        q = -q;
    }

    return off <= q * 4e-16L;
}


static int
hpf_schema_value_is_integral(long double x)
{
    if (!(x > -HPF_SCHEMA_VALUE_MAX && x < HPF_SCHEMA_VALUE_MAX)) {

        /* no double of that size has a fraction */

        return 1;
    }

    return (long double) (int64_t) x == x;
}


/* 1, 0, or -1: the work limit was reached */

int
hpf_schema_value_equal(hpf_schema_ctx_t *ctx, const json_t *a,
    const json_t *b)
{
    size_t  len;

    if (hpf_schema_check_work(ctx, 1) != HPF_OK) {
        return -1;
    }

    if (json_is_number(a) && json_is_number(b)) {
        return hpf_schema_value_compare(a, b) == 0;
    }

    if (json_typeof(a) != json_typeof(b)) {
        return 0;
    }

    switch (json_typeof(a)) {

    case JSON_STRING:
        len = json_string_length(a);

        return len == json_string_length(b)
               && memcmp(json_string_value(a), json_string_value(b), len) == 0;

    case JSON_ARRAY:
        return hpf_schema_value_equal_arrays(ctx, a, b);

    case JSON_OBJECT:
        return hpf_schema_value_equal_objects(ctx, a, b);

    default:
        return 1;
    }
}


static int
hpf_schema_value_equal_arrays(hpf_schema_ctx_t *ctx, const json_t *a,
    const json_t *b)
{
    int     rc;
    size_t  i, n;

    n = json_array_size(a);

    if (n != json_array_size(b)) {
        return 0;
    }

    for (i = 0; i < n; i++) {
        rc = hpf_schema_value_equal(ctx, json_array_get(a, i),
                                    json_array_get(b, i));
        if (rc != 1) {
            return rc;
        }
    }

    return 1;
}


static int
hpf_schema_value_equal_objects(hpf_schema_ctx_t *ctx, const json_t *a,
    const json_t *b)
{
    int            rc;
    void          *it;
    const json_t  *other;

    if (json_object_size(a) != json_object_size(b)) {
        return 0;
    }

    for (it = json_object_iter((json_t *) a);
         it != NULL;
         it = json_object_iter_next((json_t *) a, it))
    {
        other = json_object_get(b, json_object_iter_key(it));
        if (other == NULL) {
            return 0;
        }

        rc = hpf_schema_value_equal(ctx, json_object_iter_value(it), other);
        if (rc != 1) {
            return rc;
        }
    }

    return 1;
}


/* equal values have the same: a number by its double, members in any order */

uint64_t
hpf_schema_value_hash(const json_t *value)
{
    void      *it;
    size_t     i;
    double     x;
    uint64_t   hash;

    hash = json_is_number(value) ? JSON_REAL : json_typeof(value);

    switch (json_typeof(value)) {

    case JSON_INTEGER:
    case JSON_REAL:
        x = json_number_value(value) + 0.0;
        return hpf_schema_value_mix(hash, &x, sizeof(double));

    case JSON_STRING:
        return hpf_schema_value_mix(hash, json_string_value(value),
                                    json_string_length(value));

    case JSON_ARRAY:
        for (i = 0; i < json_array_size(value); i++) {
            hash = hash * HPF_SCHEMA_VALUE_FNV
                   + hpf_schema_value_hash(json_array_get(value, i));
        }

        return hash;

    case JSON_OBJECT:
        for (it = json_object_iter((json_t *) value);
             it != NULL;
             it = json_object_iter_next((json_t *) value, it))
        {
            hash += hpf_schema_value_mix(
                        hpf_schema_value_hash(json_object_iter_value(it)),
                        json_object_iter_key(it),
                        strlen(json_object_iter_key(it)));
        }

        return hash;

    default:
        return hash;
    }
}


/* FNV-1a, going on from another hash */

static uint64_t
hpf_schema_value_mix(uint64_t hash, const void *data, size_t len)
{
    const unsigned char *p = data;

    size_t  i;

    hash ^= 0xcbf29ce484222325u;

    for (i = 0; i < len; i++) {
        hash = (hash ^ p[i]) * HPF_SCHEMA_VALUE_FNV;
    }

    return hash;
}


size_t
hpf_schema_value_characters(const char *p, size_t len)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < len; i++) {
        n += (p[i] & 0xc0) != 0x80;
    }

    return n;
}
