/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The tables that a C plugin is given, but for JSON.  A handle that is not,
 * or not any more, that of a call is refused.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_iface.h"
#include "ngx_hpf_plugin_int.h"


static const void *ngx_hpf_iface(const char *name, uint32_t min_version);
static void ngx_hpf_iface_log(hpf_plugin_t *plugin, int level,
    const char *text, size_t len);
static int64_t ngx_hpf_iface_now(void);
static ngx_str_t ngx_hpf_iface_words(const char *text);
static ngx_str_t ngx_hpf_iface_bytes(hpf_str_t s);

static hpf_str_t ngx_hpf_iface_fact(hpf_call_t *handle, const char *name);
static hpf_json_t *ngx_hpf_iface_form(hpf_call_t *handle);
static void *ngx_hpf_iface_alloc(hpf_call_t *handle, size_t n);
static void ngx_hpf_iface_set_data(hpf_call_t *handle, void *data);
static void *ngx_hpf_iface_data(hpf_call_t *handle);
static hpf_plugin_t *ngx_hpf_iface_plugin(hpf_call_t *handle);
static int ngx_hpf_iface_reply(hpf_call_t *handle, int status,
    hpf_json_t *result);
static int ngx_hpf_iface_fail(hpf_call_t *handle, const char *code,
    const char *detail, hpf_json_t *extra);
static int32_t ngx_hpf_iface_sleep(hpf_call_t *handle, uint32_t ms);

static int32_t ngx_hpf_iface_http(hpf_call_t *handle, const char *backend,
    const char *method, hpf_str_t path, hpf_json_t *body);

static int32_t ngx_hpf_iface_kv(hpf_call_t *handle, hpf_str_t key,
    ngx_hpf_kv_args_t *args);
static int32_t ngx_hpf_iface_get(hpf_call_t *handle, hpf_str_t key);
static int32_t ngx_hpf_iface_set(hpf_call_t *handle, hpf_str_t key,
    hpf_str_t value, uint32_t ttl);
static int32_t ngx_hpf_iface_add(hpf_call_t *handle, hpf_str_t key,
    hpf_str_t value, uint32_t ttl);
static int32_t ngx_hpf_iface_del(hpf_call_t *handle, hpf_str_t key);
static int32_t ngx_hpf_iface_incr(hpf_call_t *handle, hpf_str_t key, int64_t by,
    uint32_t ttl);

static int32_t ngx_hpf_iface_case_open(hpf_call_t *handle, const char *status,
    hpf_json_t *data);
static int32_t ngx_hpf_iface_case_set(hpf_call_t *handle, const char *status,
    hpf_str_t note, hpf_json_t *result);
static hpf_json_t *ngx_hpf_iface_case_data(hpf_call_t *handle);

static void ngx_hpf_iface_log_write(hpf_call_t *handle, int level,
    hpf_str_t text);
static int ngx_hpf_iface_log_enabled(hpf_call_t *handle, int level);

static int ngx_hpf_iface_audit_add(hpf_call_t *handle, const char *key,
    hpf_str_t value);

static int32_t ngx_hpf_iface_command(hpf_call_t *handle,
    const hpf_str_t *argv, size_t argc, uint32_t ttl);


const hpf_host_t  ngx_hpf_iface_host = {
    sizeof(hpf_host_t),
    HPF_ABI_VERSION,
    ngx_hpf_iface,
    ngx_hpf_iface_log,
    ngx_hpf_iface_now,
    ngx_hpf_memory_alloc,
    ngx_hpf_memory_free
};


static const hpf_iface_call_t  ngx_hpf_iface_call = {
    sizeof(hpf_iface_call_t), 1,
    ngx_hpf_iface_fact,
    ngx_hpf_iface_form,
    ngx_hpf_iface_alloc,
    ngx_hpf_iface_set_data,
    ngx_hpf_iface_data,
    ngx_hpf_iface_plugin,
    ngx_hpf_iface_reply,
    ngx_hpf_iface_fail,
    ngx_hpf_iface_sleep
};


static const hpf_iface_http_t  ngx_hpf_iface_http_table = {
    sizeof(hpf_iface_http_t), 1,
    ngx_hpf_iface_http
};


static const hpf_iface_kv_t  ngx_hpf_iface_kv_table = {
    sizeof(hpf_iface_kv_t), 1,
    ngx_hpf_iface_get,
    ngx_hpf_iface_set,
    ngx_hpf_iface_add,
    ngx_hpf_iface_del,
    ngx_hpf_iface_incr
};


static const hpf_iface_case_t  ngx_hpf_iface_case_table = {
    sizeof(hpf_iface_case_t), 1,
    ngx_hpf_iface_case_open,
    ngx_hpf_iface_case_set,
    ngx_hpf_iface_case_data
};


static const hpf_iface_log_t  ngx_hpf_iface_log_table = {
    sizeof(hpf_iface_log_t), 1,
    ngx_hpf_iface_log_write,
    ngx_hpf_iface_log_enabled
};


static const hpf_iface_audit_t  ngx_hpf_iface_audit_table = {
    sizeof(hpf_iface_audit_t), 1,
    ngx_hpf_iface_audit_add
};


static const hpf_iface_redis_t  ngx_hpf_iface_redis_table = {
    sizeof(hpf_iface_redis_t), 1,
    ngx_hpf_iface_command
};


static const struct {
    const char  *name;
    uint32_t     version;
    const void  *table;
} ngx_hpf_ifaces[] = {
    { HPF_IFACE_CALL, 1, &ngx_hpf_iface_call },
    { HPF_IFACE_HTTP, 1, &ngx_hpf_iface_http_table },
    { HPF_IFACE_KV, 1, &ngx_hpf_iface_kv_table },
    { HPF_IFACE_CASE, 1, &ngx_hpf_iface_case_table },
    { HPF_IFACE_JSON, 2, &ngx_hpf_iface_json },
    { HPF_IFACE_LOG, 1, &ngx_hpf_iface_log_table },
    { HPF_IFACE_TEXT, 1, &ngx_hpf_iface_text },
    { HPF_IFACE_CRYPTO, 1, &ngx_hpf_iface_crypto },
    { HPF_IFACE_METRIC, 1, &ngx_hpf_iface_metric },
    { HPF_IFACE_AUDIT, 1, &ngx_hpf_iface_audit_table },
    { HPF_IFACE_REDIS, 1, &ngx_hpf_iface_redis_table }
};


static const void *
ngx_hpf_iface(const char *name, uint32_t min_version)
{
    ngx_uint_t  i;

    for (i = 0; i < sizeof(ngx_hpf_ifaces) / sizeof(ngx_hpf_ifaces[0]); i++) {

        if (ngx_strcmp(ngx_hpf_ifaces[i].name, name) == 0
            && ngx_hpf_ifaces[i].version >= min_version)
        {
            return ngx_hpf_ifaces[i].table;
        }
    }

    return NULL;
}


/* The text of a plugin goes into one line, whatever is in it. */

static void
ngx_hpf_iface_log(hpf_plugin_t *plugin, int level, const char *text,
    size_t len)
{
    ngx_hpf_plugin_log(plugin, plugin->log, level, text, len);
}


static int64_t
ngx_hpf_iface_now(void)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (int64_t) tp->sec * 1000 + tp->msec;
}


static ngx_str_t
ngx_hpf_iface_words(const char *text)
{
    ngx_str_t  s;

    s.data = (u_char *) text;
    s.len = ngx_strlen(text);

    return s;
}


static ngx_str_t
ngx_hpf_iface_bytes(hpf_str_t bytes)
{
    ngx_str_t  s;

    s.data = (u_char *) bytes.data;
    s.len = bytes.len;

    return s;
}


static hpf_str_t
ngx_hpf_iface_fact(hpf_call_t *handle, const char *name)
{
    ngx_str_t        s;
    hpf_str_t        fact;
    ngx_hpf_call_t  *call;

    fact.data = "";
    fact.len = 0;

    call = ngx_hpf_handle_call(handle);

    if (call == NULL) {
        return fact;
    }

    s = call->ops->fact(call, name);

    if (s.len) {
        fact.data = (char *) s.data;
        fact.len = s.len;
    }

    return fact;
}


static hpf_json_t *
ngx_hpf_iface_form(hpf_call_t *handle)
{
    ngx_hpf_call_t  *call;

    call = ngx_hpf_handle_call(handle);

    return call ? (hpf_json_t *) call->form : NULL;
}


static void *
ngx_hpf_iface_alloc(hpf_call_t *handle, size_t n)
{
    ngx_hpf_call_t  *call;

    call = ngx_hpf_handle_call(handle);

    return call ? ngx_pcalloc(call->pool, n) : NULL;
}


static void
ngx_hpf_iface_set_data(hpf_call_t *handle, void *data)
{
    ngx_hpf_call_t  *call;

    call = ngx_hpf_handle_call(handle);

    if (call) {
        call->user = data;
    }
}


static void *
ngx_hpf_iface_data(hpf_call_t *handle)
{
    ngx_hpf_call_t  *call;

    call = ngx_hpf_handle_call(handle);

    return call ? call->user : NULL;
}


static hpf_plugin_t *
ngx_hpf_iface_plugin(hpf_call_t *handle)
{
    ngx_hpf_call_t  *call;

    call = ngx_hpf_handle_call(handle);

    return call ? call->plugin : NULL;
}


static int
ngx_hpf_iface_reply(hpf_call_t *handle, int status, hpf_json_t *result)
{
    ngx_hpf_call_t  *call;

    call = ngx_hpf_handle_call(handle);

    return call ? ngx_hpf_call_reply(call, status, (json_t *) result)
                : HPF_ERROR;
}


static int
ngx_hpf_iface_fail(hpf_call_t *handle, const char *code, const char *detail,
    hpf_json_t *extra)
{
    ngx_hpf_call_t  *call;

    call = ngx_hpf_handle_call(handle);

    return call ? ngx_hpf_call_fail(call, code, detail, (json_t *) extra)
                : HPF_ERROR;
}


static int32_t
ngx_hpf_iface_sleep(hpf_call_t *handle, uint32_t ms)
{
    ngx_hpf_call_t  *call;

    call = ngx_hpf_handle_call(handle);

    return call ? ngx_hpf_call_sleep(call, ms) : HPF_ERROR;
}


static int32_t
ngx_hpf_iface_http(hpf_call_t *handle, const char *backend,
    const char *method, hpf_str_t path, hpf_json_t *body)
{
    ngx_hpf_call_t          *call;
    ngx_hpf_backend_args_t   args;

    call = ngx_hpf_handle_call(handle);

    if (call == NULL) {
        return HPF_ERROR;
    }

    args.backend = ngx_hpf_iface_words(backend);
    args.method = ngx_hpf_iface_words(method);
    args.path = ngx_hpf_iface_bytes(path);
    args.body = (json_t *) body;

    return ngx_hpf_call_backend(call, &args);
}


static int32_t
ngx_hpf_iface_kv(hpf_call_t *handle, hpf_str_t key, ngx_hpf_kv_args_t *args)
{
    ngx_hpf_call_t  *call;

    call = ngx_hpf_handle_call(handle);

    if (call == NULL || key.len == 0
        || (args->ttl == 0 && args->verb != NGX_HPF_KV_GET
            && args->verb != NGX_HPF_KV_DEL))
    {
        return HPF_ERROR;
    }

    args->key = ngx_hpf_iface_bytes(key);

    return ngx_hpf_call_kv(call, args);
}


static int32_t
ngx_hpf_iface_get(hpf_call_t *handle, hpf_str_t key)
{
    ngx_hpf_kv_args_t  args;

    ngx_memzero(&args, sizeof(ngx_hpf_kv_args_t));
    args.verb = NGX_HPF_KV_GET;

    return ngx_hpf_iface_kv(handle, key, &args);
}


static int32_t
ngx_hpf_iface_set(hpf_call_t *handle, hpf_str_t key, hpf_str_t value,
    uint32_t ttl)
{
    ngx_hpf_kv_args_t  args;

    ngx_memzero(&args, sizeof(ngx_hpf_kv_args_t));
    args.verb = NGX_HPF_KV_SET;
    args.value = ngx_hpf_iface_bytes(value);
    args.ttl = ttl;

    return ngx_hpf_iface_kv(handle, key, &args);
}


static int32_t
ngx_hpf_iface_add(hpf_call_t *handle, hpf_str_t key, hpf_str_t value,
    uint32_t ttl)
{
    ngx_hpf_kv_args_t  args;

    ngx_memzero(&args, sizeof(ngx_hpf_kv_args_t));
    args.verb = NGX_HPF_KV_ADD;
    args.value = ngx_hpf_iface_bytes(value);
    args.ttl = ttl;

    return ngx_hpf_iface_kv(handle, key, &args);
}


static int32_t
ngx_hpf_iface_del(hpf_call_t *handle, hpf_str_t key)
{
    ngx_hpf_kv_args_t  args;

    ngx_memzero(&args, sizeof(ngx_hpf_kv_args_t));
    args.verb = NGX_HPF_KV_DEL;

    return ngx_hpf_iface_kv(handle, key, &args);
}


static int32_t
ngx_hpf_iface_incr(hpf_call_t *handle, hpf_str_t key, int64_t by,
    uint32_t ttl)
{
    ngx_hpf_kv_args_t  args;

    ngx_memzero(&args, sizeof(ngx_hpf_kv_args_t));
    args.verb = NGX_HPF_KV_INCR;
    args.by = by;
    args.ttl = ttl;

    return ngx_hpf_iface_kv(handle, key, &args);
}


static int32_t
ngx_hpf_iface_case_open(hpf_call_t *handle, const char *status,
    hpf_json_t *data)
{
    ngx_hpf_call_t       *call;
    ngx_hpf_case_args_t   args;

    call = ngx_hpf_handle_call(handle);

    if (call == NULL) {
        return HPF_ERROR;
    }

    ngx_memzero(&args, sizeof(ngx_hpf_case_args_t));

    args.status = ngx_hpf_iface_words(status);
    args.tree = (json_t *) data;

    return ngx_hpf_call_case(call, call->ops->case_open, &args);
}


static int32_t
ngx_hpf_iface_case_set(hpf_call_t *handle, const char *status,
    hpf_str_t note, hpf_json_t *result)
{
    ngx_hpf_call_t       *call;
    ngx_hpf_case_args_t   args;

    call = ngx_hpf_handle_call(handle);

    if (call == NULL) {
        return HPF_ERROR;
    }

    args.status = ngx_hpf_iface_words(status);
    args.note = ngx_hpf_iface_bytes(note);
    args.tree = (json_t *) result;

    return ngx_hpf_call_case(call, call->ops->case_set, &args);
}


static hpf_json_t *
ngx_hpf_iface_case_data(hpf_call_t *handle)
{
    ngx_hpf_call_t  *call;

    call = ngx_hpf_handle_call(handle);

    return call ? (hpf_json_t *) call->ops->case_data(call) : NULL;
}


static void
ngx_hpf_iface_log_write(hpf_call_t *handle, int level, hpf_str_t text)
{
    ngx_hpf_call_t  *call;

    call = ngx_hpf_handle_call(handle);

    if (call) {
        ngx_hpf_call_log(call, level, text.data, text.len);
    }
}


static int
ngx_hpf_iface_log_enabled(hpf_call_t *handle, int level)
{
    ngx_hpf_call_t  *call;

    call = ngx_hpf_handle_call(handle);

    return call && call->log->log_level >= (ngx_uint_t) level;
}


static int
ngx_hpf_iface_audit_add(hpf_call_t *handle, const char *key, hpf_str_t value)
{
    ngx_hpf_call_t  *call;

    call = ngx_hpf_handle_call(handle);

    return call ? ngx_hpf_note_add(call, key, value.data, value.len)
                : HPF_ERROR;
}


static int32_t
ngx_hpf_iface_command(hpf_call_t *handle, const hpf_str_t *argv, size_t argc,
    uint32_t ttl)
{
    size_t                 i;
    ngx_str_t              words[NGX_HPF_COMMAND_ARGS];
    ngx_hpf_call_t        *call;
    ngx_hpf_redis_args_t   args;

    call = ngx_hpf_handle_call(handle);

    if (call == NULL) {
        return HPF_ERROR;
    }

    for (i = 0; i < ngx_min(argc, NGX_HPF_COMMAND_ARGS); i++) {
        words[i] = ngx_hpf_iface_bytes(argv[i]);
    }

    args.argc = argc;
    args.argv = words;
    args.ttl = ttl;

    return ngx_hpf_call_redis(call, &args);
}
