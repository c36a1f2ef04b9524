/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * JSON for C plugins: jansson's trees behind opaque nodes.  Every node that is
 * made is the call's, and goes with it, so that a plugin that forgets one
 * leaks nothing.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_iface.h"
#include "ngx_hpf_plugin_int.h"


static int ngx_hpf_iface_json_type(const hpf_json_t *node);
static hpf_json_t *ngx_hpf_iface_json_get(const hpf_json_t *object,
    const char *key);
static hpf_json_t *ngx_hpf_iface_json_at(const hpf_json_t *array, size_t i);
static size_t ngx_hpf_iface_json_count(const hpf_json_t *node);
static hpf_str_t ngx_hpf_iface_json_string(const hpf_json_t *node);
static int64_t ngx_hpf_iface_json_integer(const hpf_json_t *node,
    int64_t otherwise);
static int ngx_hpf_iface_json_boolean(const hpf_json_t *node, int otherwise);
static hpf_json_t *ngx_hpf_iface_json_own(hpf_call_t *handle, json_t *node);
static hpf_json_t *ngx_hpf_iface_json_parse(hpf_call_t *call, hpf_str_t text);
static hpf_json_t *ngx_hpf_iface_json_new_object(hpf_call_t *call);
static hpf_json_t *ngx_hpf_iface_json_new_array(hpf_call_t *call);
static hpf_json_t *ngx_hpf_iface_json_new_string(hpf_call_t *call,
    hpf_str_t s);
static hpf_json_t *ngx_hpf_iface_json_new_integer(hpf_call_t *call,
    int64_t n);
static hpf_json_t *ngx_hpf_iface_json_new_boolean(hpf_call_t *call, int b);
static hpf_json_t *ngx_hpf_iface_json_new_null(hpf_call_t *call);
static hpf_json_t *ngx_hpf_iface_json_copy(hpf_call_t *call,
    const hpf_json_t *node);
static int ngx_hpf_iface_json_set(hpf_json_t *object, const char *key,
    hpf_json_t *value);
static int ngx_hpf_iface_json_append(hpf_json_t *array, hpf_json_t *value);
static double ngx_hpf_iface_json_real(const hpf_json_t *node,
    double otherwise);
static hpf_str_t ngx_hpf_iface_json_key(const hpf_json_t *object, size_t i);
static hpf_json_t *ngx_hpf_iface_json_new_real(hpf_call_t *call, double n);
static hpf_str_t ngx_hpf_iface_json_dump(hpf_call_t *handle,
    const hpf_json_t *node);


const hpf_iface_json_t  ngx_hpf_iface_json = {
    sizeof(hpf_iface_json_t), 2,
    ngx_hpf_iface_json_type,
    ngx_hpf_iface_json_get,
    ngx_hpf_iface_json_at,
    ngx_hpf_iface_json_count,
    ngx_hpf_iface_json_string,
    ngx_hpf_iface_json_integer,
    ngx_hpf_iface_json_boolean,
    ngx_hpf_iface_json_parse,
    ngx_hpf_iface_json_new_object,
    ngx_hpf_iface_json_new_array,
    ngx_hpf_iface_json_new_string,
    ngx_hpf_iface_json_new_integer,
    ngx_hpf_iface_json_new_boolean,
    ngx_hpf_iface_json_new_null,
    ngx_hpf_iface_json_copy,
    ngx_hpf_iface_json_set,
    ngx_hpf_iface_json_append,
    ngx_hpf_iface_json_real,
    ngx_hpf_iface_json_key,
    ngx_hpf_iface_json_new_real,
    ngx_hpf_iface_json_dump
};


static int
ngx_hpf_iface_json_type(const hpf_json_t *node)
{
    if (node == NULL) {
        return -1;
    }

    switch (json_typeof((const json_t *) node)) {

    case JSON_TRUE:
    case JSON_FALSE:
        return HPF_JSON_BOOL;

    case JSON_INTEGER:
        return HPF_JSON_INTEGER;

    case JSON_REAL:
        return HPF_JSON_REAL;

    case JSON_STRING:
        return HPF_JSON_STRING;

    case JSON_ARRAY:
        return HPF_JSON_ARRAY;

    case JSON_OBJECT:
        return HPF_JSON_OBJECT;

    default:
        return HPF_JSON_NULL;
    }
}


static hpf_json_t *
ngx_hpf_iface_json_get(const hpf_json_t *object, const char *key)
{
    return (hpf_json_t *) json_object_get((const json_t *) object, key);
}


static hpf_json_t *
ngx_hpf_iface_json_at(const hpf_json_t *array, size_t i)
{
    return (hpf_json_t *) json_array_get((const json_t *) array, i);
}


static size_t
ngx_hpf_iface_json_count(const hpf_json_t *node)
{
    const json_t  *json;

    json = (const json_t *) node;

    return json_is_object(json) ? json_object_size(json)
                                : json_array_size(json);
}


static hpf_str_t
ngx_hpf_iface_json_string(const hpf_json_t *node)
{
    hpf_str_t  s;

    s.data = json_string_value((const json_t *) node);
    s.len = json_string_length((const json_t *) node);

    if (s.data == NULL) {
        s.data = "";
    }

    return s;
}


static int64_t
ngx_hpf_iface_json_integer(const hpf_json_t *node, int64_t otherwise)
{
    const json_t  *json;

    json = (const json_t *) node;

    return json_is_integer(json) ? json_integer_value(json) : otherwise;
}


static int
ngx_hpf_iface_json_boolean(const hpf_json_t *node, int otherwise)
{
    const json_t  *json;

    json = (const json_t *) node;

    return json_is_boolean(json) ? json_is_true(json) : otherwise;
}


static hpf_json_t *
ngx_hpf_iface_json_own(hpf_call_t *handle, json_t *node)
{
    ngx_hpf_call_t  *call;

    call = ngx_hpf_handle_call(handle);

    if (call == NULL) {
        json_decref(node);
        return NULL;
    }

    return (hpf_json_t *) ngx_hpf_call_own(call, node);
}


static hpf_json_t *
ngx_hpf_iface_json_parse(hpf_call_t *call, hpf_str_t text)
{
    return ngx_hpf_iface_json_own(call, json_loadb(text.data, text.len,
                                                   JSON_DECODE_ANY, NULL));
}


static hpf_json_t *
ngx_hpf_iface_json_new_object(hpf_call_t *call)
{
    return ngx_hpf_iface_json_own(call, json_object());
}


static hpf_json_t *
ngx_hpf_iface_json_new_array(hpf_call_t *call)
{
    return ngx_hpf_iface_json_own(call, json_array());
}


static hpf_json_t *
ngx_hpf_iface_json_new_string(hpf_call_t *call, hpf_str_t s)
{
    return ngx_hpf_iface_json_own(call, json_stringn(s.data, s.len));
}


static hpf_json_t *
ngx_hpf_iface_json_new_integer(hpf_call_t *call, int64_t n)
{
    return ngx_hpf_iface_json_own(call, json_integer(n));
}


static hpf_json_t *
ngx_hpf_iface_json_new_boolean(hpf_call_t *call, int b)
{
    return ngx_hpf_iface_json_own(call, json_boolean(b));
}


static hpf_json_t *
ngx_hpf_iface_json_new_null(hpf_call_t *call)
{
    return ngx_hpf_iface_json_own(call, json_null());
}


static hpf_json_t *
ngx_hpf_iface_json_copy(hpf_call_t *call, const hpf_json_t *node)
{
    return ngx_hpf_iface_json_own(call, json_deep_copy((const json_t *) node));
}


/* Both keep the call's own reference to the value. */

static int
ngx_hpf_iface_json_set(hpf_json_t *object, const char *key,
    hpf_json_t *value)
{
    return json_object_set((json_t *) object, key, (json_t *) value) == 0
           ? HPF_OK : HPF_ERROR;
}


static int
ngx_hpf_iface_json_append(hpf_json_t *array, hpf_json_t *value)
{
    return json_array_append((json_t *) array, (json_t *) value) == 0
           ? HPF_OK : HPF_ERROR;
}


static double
ngx_hpf_iface_json_real(const hpf_json_t *node, double otherwise)
{
    const json_t  *json;

    json = (const json_t *) node;

    return json_is_number(json) ? json_number_value(json) : otherwise;
}


static hpf_str_t
ngx_hpf_iface_json_key(const hpf_json_t *object, size_t i)
{
    void       *iter;
    json_t     *json;
    hpf_str_t   s;

    json = (json_t *) object;
    iter = json_object_iter(json);

    while (iter && i--) {
        iter = json_object_iter_next(json, iter);
    }

    s.data = iter ? json_object_iter_key(iter) : "";
    s.len = ngx_strlen(s.data);

    return s;
}


static hpf_json_t *
ngx_hpf_iface_json_new_real(hpf_call_t *call, double n)
{
    return ngx_hpf_iface_json_own(call, json_real(n));
}


static hpf_str_t
ngx_hpf_iface_json_dump(hpf_call_t *handle, const hpf_json_t *node)
{
    char            *p;
    size_t           n;
    hpf_str_t        s;
    ngx_hpf_call_t  *call;

    s.data = "";
    s.len = 0;

    call = ngx_hpf_handle_call(handle);
    n = json_dumpb((const json_t *) node, NULL, 0,
                   JSON_COMPACT|JSON_ENCODE_ANY);

    if (call == NULL || n == 0) {
        return s;
    }

    p = ngx_pnalloc(call->pool, n);

    if (p) {
        s.data = p;
        s.len = json_dumpb((const json_t *) node, p, n,
                           JSON_COMPACT|JSON_ENCODE_ANY);
    }

    return s;
}
