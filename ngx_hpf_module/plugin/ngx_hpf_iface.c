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
static ngx_int_t ngx_hpf_iface_stale(hpf_call_t *call);

static hpf_str_t ngx_hpf_iface_fact(hpf_call_t *call, const char *name);
static hpf_json_t *ngx_hpf_iface_form(hpf_call_t *call);
static void *ngx_hpf_iface_alloc(hpf_call_t *call, size_t n);
static void ngx_hpf_iface_set_data(hpf_call_t *call, void *data);
static void *ngx_hpf_iface_data(hpf_call_t *call);
static hpf_plugin_t *ngx_hpf_iface_plugin(hpf_call_t *call);
static int ngx_hpf_iface_reply(hpf_call_t *call, int status,
    hpf_json_t *result);
static int ngx_hpf_iface_fail(hpf_call_t *call, const char *code,
    const char *detail, hpf_json_t *extra);
static int32_t ngx_hpf_iface_sleep(hpf_call_t *call, uint32_t ms);

static int32_t ngx_hpf_iface_http(hpf_call_t *call, const char *backend,
    const char *method, hpf_str_t path, hpf_json_t *body);

static int32_t ngx_hpf_iface_kv(hpf_call_t *call, ngx_hpf_kv_args_t *args);
static int32_t ngx_hpf_iface_get(hpf_call_t *call, hpf_str_t key);
static int32_t ngx_hpf_iface_set(hpf_call_t *call, hpf_str_t key,
    hpf_str_t value, uint32_t ttl);
static int32_t ngx_hpf_iface_add(hpf_call_t *call, hpf_str_t key,
    hpf_str_t value, uint32_t ttl);
static int32_t ngx_hpf_iface_del(hpf_call_t *call, hpf_str_t key);
static int32_t ngx_hpf_iface_incr(hpf_call_t *call, hpf_str_t key, int64_t by,
    uint32_t ttl);

static int32_t ngx_hpf_iface_case_open(hpf_call_t *call, const char *status,
    hpf_json_t *data);
static int32_t ngx_hpf_iface_case_set(hpf_call_t *call, const char *status,
    hpf_str_t note, hpf_json_t *result);
static hpf_json_t *ngx_hpf_iface_case_data(hpf_call_t *call);


const hpf_host_t  ngx_hpf_iface_host = {
    sizeof(hpf_host_t),
    HPF_ABI_VERSION,
    ngx_hpf_iface,
    ngx_hpf_iface_log,
    ngx_hpf_iface_now
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


static const struct {
    const char  *name;
    uint32_t     version;
    const void  *table;
} ngx_hpf_ifaces[] = {
    { HPF_IFACE_CALL, 1, &ngx_hpf_iface_call },
    { HPF_IFACE_HTTP, 1, &ngx_hpf_iface_http_table },
    { HPF_IFACE_KV, 1, &ngx_hpf_iface_kv_table },
    { HPF_IFACE_CASE, 1, &ngx_hpf_iface_case_table },
    { HPF_IFACE_JSON, 1, &ngx_hpf_iface_json }
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


static ngx_int_t
ngx_hpf_iface_stale(hpf_call_t *call)
{
    if (call && call->magic == NGX_HPF_CALL_MAGIC) {
        return 0;
    }

    ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                  "hpf plugin: a call that has ended was used");

    return 1;
}


static hpf_str_t
ngx_hpf_iface_fact(hpf_call_t *call, const char *name)
{
    ngx_str_t  s;
    hpf_str_t  fact;

    fact.data = "";
    fact.len = 0;

    if (ngx_hpf_iface_stale(call)) {
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
ngx_hpf_iface_form(hpf_call_t *call)
{
    return ngx_hpf_iface_stale(call) ? NULL : (hpf_json_t *) call->form;
}


static void *
ngx_hpf_iface_alloc(hpf_call_t *call, size_t n)
{
    return ngx_hpf_iface_stale(call) ? NULL : ngx_pcalloc(call->pool, n);
}


static void
ngx_hpf_iface_set_data(hpf_call_t *call, void *data)
{
    if (!ngx_hpf_iface_stale(call)) {
        call->user = data;
    }
}


static void *
ngx_hpf_iface_data(hpf_call_t *call)
{
    return ngx_hpf_iface_stale(call) ? NULL : call->user;
}


static hpf_plugin_t *
ngx_hpf_iface_plugin(hpf_call_t *call)
{
    return ngx_hpf_iface_stale(call) ? NULL : call->plugin;
}


static int
ngx_hpf_iface_reply(hpf_call_t *call, int status, hpf_json_t *result)
{
    return ngx_hpf_iface_stale(call)
           ? HPF_ERROR : ngx_hpf_call_reply(call, status, (json_t *) result);
}


static int
ngx_hpf_iface_fail(hpf_call_t *call, const char *code, const char *detail,
    hpf_json_t *extra)
{
    return ngx_hpf_iface_stale(call)
           ? HPF_ERROR
           : ngx_hpf_call_fail(call, code, detail, (json_t *) extra);
}


static int32_t
ngx_hpf_iface_sleep(hpf_call_t *call, uint32_t ms)
{
    return ngx_hpf_iface_stale(call) ? HPF_ERROR
                                     : ngx_hpf_call_sleep(call, ms);
}


static int32_t
ngx_hpf_iface_http(hpf_call_t *call, const char *backend, const char *method,
    hpf_str_t path, hpf_json_t *body)
{
    ngx_hpf_backend_args_t  args;

    if (ngx_hpf_iface_stale(call)) {
        return HPF_ERROR;
    }

    args.backend.data = (u_char *) backend;
    args.backend.len = ngx_strlen(backend);
    args.method.data = (u_char *) method;
    args.method.len = ngx_strlen(method);
    args.path.data = (u_char *) path.data;
    args.path.len = path.len;
    args.body = (json_t *) body;

    return ngx_hpf_call_backend(call, &args);
}


static int32_t
ngx_hpf_iface_kv(hpf_call_t *call, ngx_hpf_kv_args_t *args)
{
    if (ngx_hpf_iface_stale(call) || args->key.len == 0
        || (args->ttl == 0 && args->verb != NGX_HPF_KV_GET
            && args->verb != NGX_HPF_KV_DEL))
    {
        return HPF_ERROR;
    }

    return ngx_hpf_call_kv(call, args);
}


static int32_t
ngx_hpf_iface_get(hpf_call_t *call, hpf_str_t key)
{
    ngx_hpf_kv_args_t  args;

    ngx_memzero(&args, sizeof(ngx_hpf_kv_args_t));

    args.verb = NGX_HPF_KV_GET;
    args.key.data = (u_char *) key.data;
    args.key.len = key.len;

    return ngx_hpf_iface_kv(call, &args);
}


static int32_t
ngx_hpf_iface_set(hpf_call_t *call, hpf_str_t key, hpf_str_t value,
    uint32_t ttl)
{
    ngx_hpf_kv_args_t  args;

    ngx_memzero(&args, sizeof(ngx_hpf_kv_args_t));

    args.verb = NGX_HPF_KV_SET;
    args.key.data = (u_char *) key.data;
    args.key.len = key.len;
    args.value.data = (u_char *) value.data;
    args.value.len = value.len;
    args.ttl = ttl;

    return ngx_hpf_iface_kv(call, &args);
}


static int32_t
ngx_hpf_iface_add(hpf_call_t *call, hpf_str_t key, hpf_str_t value,
    uint32_t ttl)
{
    ngx_hpf_kv_args_t  args;

    ngx_memzero(&args, sizeof(ngx_hpf_kv_args_t));

    args.verb = NGX_HPF_KV_ADD;
    args.key.data = (u_char *) key.data;
    args.key.len = key.len;
    args.value.data = (u_char *) value.data;
    args.value.len = value.len;
    args.ttl = ttl;

    return ngx_hpf_iface_kv(call, &args);
}


static int32_t
ngx_hpf_iface_del(hpf_call_t *call, hpf_str_t key)
{
    ngx_hpf_kv_args_t  args;

    ngx_memzero(&args, sizeof(ngx_hpf_kv_args_t));

    args.verb = NGX_HPF_KV_DEL;
    args.key.data = (u_char *) key.data;
    args.key.len = key.len;

    return ngx_hpf_iface_kv(call, &args);
}


static int32_t
ngx_hpf_iface_incr(hpf_call_t *call, hpf_str_t key, int64_t by, uint32_t ttl)
{
    ngx_hpf_kv_args_t  args;

    ngx_memzero(&args, sizeof(ngx_hpf_kv_args_t));

    args.verb = NGX_HPF_KV_INCR;
    args.key.data = (u_char *) key.data;
    args.key.len = key.len;
    args.by = by;
    args.ttl = ttl;

    return ngx_hpf_iface_kv(call, &args);
}


static int32_t
ngx_hpf_iface_case_open(hpf_call_t *call, const char *status,
    hpf_json_t *data)
{
    ngx_hpf_case_args_t  args;

    if (ngx_hpf_iface_stale(call)) {
        return HPF_ERROR;
    }

    ngx_memzero(&args, sizeof(ngx_hpf_case_args_t));

    args.status.data = (u_char *) status;
    args.status.len = ngx_strlen(status);
    args.tree = (json_t *) data;

    return ngx_hpf_call_case(call, call->ops->case_open, &args);
}


static int32_t
ngx_hpf_iface_case_set(hpf_call_t *call, const char *status, hpf_str_t note,
    hpf_json_t *result)
{
    ngx_hpf_case_args_t  args;

    if (ngx_hpf_iface_stale(call)) {
        return HPF_ERROR;
    }

    args.status.data = (u_char *) status;
    args.status.len = ngx_strlen(status);
    args.note.data = (u_char *) note.data;
    args.note.len = note.len;
    args.tree = (json_t *) result;

    return ngx_hpf_call_case(call, call->ops->case_set, &args);
}


static hpf_json_t *
ngx_hpf_iface_case_data(hpf_call_t *call)
{
    return ngx_hpf_iface_stale(call)
           ? NULL : (hpf_json_t *) call->ops->case_data(call);
}
