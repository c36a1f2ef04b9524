/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Plugins as the operators see them.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_hpf_audit.h"
#include "ngx_http_hpf_approval.h"
#include "ngx_http_hpf_plugins.h"


#define NGX_HTTP_HPF_PLUGINS_WATCHDOG  100     /* ms, at least */
#define NGX_HTTP_HPF_PLUGINS_CRASHES   16      /* at most */


static ngx_uint_t ngx_http_hpf_plugins_ended(const ngx_hpf_report_t *report);
static ngx_int_t ngx_http_hpf_plugins_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_hpf_plugins_change(ngx_http_request_t *r,
    ngx_http_hpf_main_conf_t *hmcf);
static json_t *ngx_http_hpf_plugins_list(ngx_http_request_t *r,
    ngx_http_hpf_main_conf_t *hmcf);
static int ngx_libc_cdecl ngx_http_hpf_plugins_cmp(const void *one,
    const void *two);
static json_t *ngx_http_hpf_plugins_one(ngx_http_hpf_main_conf_t *hmcf,
    const ngx_hpf_report_t *report);
static ngx_int_t ngx_http_hpf_plugins_send(ngx_http_request_t *r,
    json_t *list);


/* hpf_plugin_watchdog TIME|0 */

char *
ngx_http_hpf_plugins_watchdog(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    ngx_int_t   ms;
    ngx_str_t  *value;

    value = cf->args->elts;

    if (hmcf->plugin_watchdog != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    ms = ngx_parse_time(&value[1], 0);

    if (ms == NGX_ERROR || (ms && ms < NGX_HTTP_HPF_PLUGINS_WATCHDOG)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid time \"%V\": 100ms or more, or 0 expected",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    hmcf->plugin_watchdog = ms;

    return NGX_CONF_OK;
}


/* hpf_plugin_quarantine NUMBER TIME|off */

char *
ngx_http_hpf_plugins_quarantine(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    ngx_int_t   n, ms;
    ngx_str_t  *value;

    value = cf->args->elts;

    if (hmcf->plugin_crashes != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        hmcf->plugin_crashes = 0;
        return NGX_CONF_OK;
    }

    n = ngx_atoi(value[1].data, value[1].len);
    ms = cf->args->nelts == 3 ? ngx_parse_time(&value[2], 0) : 0;

    if (n < 1 || n > NGX_HTTP_HPF_PLUGINS_CRASHES || ms < 1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number or time: \"off\", or 1 to 16 and a "
                           "time expected");
        return NGX_CONF_ERROR;
    }

    hmcf->plugin_crashes = n;
    hmcf->plugin_crash_time = ms;

    return NGX_CONF_OK;
}


void
ngx_http_hpf_plugins_crashed(const ngx_hpf_crash_t *crash, void *data)
{
    ngx_http_hpf_main_conf_t *hmcf = data;

    ngx_str_t  id;

    static const char  *ends[] = { "killed", "crashed", "stuck", "exited" };
    static const char  *events[] = {
        "plugin-killed", "plugin-crashed", "plugin-stuck", "plugin-exited"
    };

    id.data = (u_char *) crash->id;
    id.len = ngx_strlen(crash->id);

    ngx_http_hpf_metrics_crashed(hmcf, crash->id, ends[crash->end]);
    ngx_http_hpf_audit_event(hmcf, events[crash->end], &id, crash->digest,
                             NULL);

    if (crash->quarantined) {
        ngx_http_hpf_audit_event(hmcf, "plugin-quarantined", &id,
                                 crash->digest, NULL);
    }
}


/*
 * Quarantine only of items that have ever ended a worker.  Memory of the
 * version in force.
 */

void
ngx_http_hpf_plugins_measure(ngx_http_hpf_main_conf_t *hmcf)
{
    ngx_int_t         rc;
    ngx_uint_t        n;
    ngx_hpf_report_t  report;

    for (n = 0; /* void */ ; n++) {
        rc = ngx_hpf_plugin_report(hmcf->plugins, n, &report);

        if (rc == NGX_DONE) {
            break;
        }

        if (rc == NGX_OK && ngx_http_hpf_plugins_ended(&report)) {
            ngx_http_hpf_metrics_item(hmcf, "hpf_plugin_quarantined",
                                      report.id, report.shut);
        }

        if (report.in_force || (report.id[0] && !report.served)) {
            ngx_http_hpf_metrics_item(hmcf, "hpf_plugin_memory_bytes",
                                      report.id,
                                      report.in_force ? report.memory : 0);
        }
    }
}


static ngx_uint_t
ngx_http_hpf_plugins_ended(const ngx_hpf_report_t *report)
{
    ngx_uint_t  i, n;

    n = 0;

    for (i = 0; i < NGX_HPF_ENDS; i++) {
        n += report->ended[i];
    }

    return n;
}


/* hpf_plugin_status: a content handler. */

char *
ngx_http_hpf_plugins_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_hpf_plugins_handler;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_hpf_plugins_handler(ngx_http_request_t *r)
{
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    if (hmcf->plugins == NULL) {
        return NGX_HTTP_NOT_FOUND;
    }

    if (r->method == NGX_HTTP_POST) {
        return ngx_http_hpf_plugins_change(r, hmcf);
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_hpf_route_allow(r, NGX_HTTP_GET|NGX_HTTP_POST)
               == NGX_OK
               ? NGX_HTTP_NOT_ALLOWED : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_hpf_plugins_send(r, ngx_http_hpf_plugins_list(r, hmcf));
}


/*
 * POST ?release=ID, or what is approved.  Nobody is logged in here; but a page
 * that an operator looks at cannot make his browser send such a header.
 */

static ngx_int_t
ngx_http_hpf_plugins_change(ngx_http_request_t *r,
    ngx_http_hpf_main_conf_t *hmcf)
{
    ngx_str_t  id, *by;

    by = ngx_http_hpf_operator(r);

    if (by == NULL) {
        return NGX_HTTP_BAD_REQUEST;
    }

    if (hmcf->audit && ngx_hpf_audit_writable(hmcf->audit) != NGX_OK) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    if (ngx_http_arg(r, (u_char *) "release", 7, &id) != NGX_OK) {
        return ngx_http_hpf_approval_request(r, by);
    }

    if (ngx_hpf_plugin_release(hmcf->plugins, &id) == 0) {
        return NGX_HTTP_NOT_FOUND;
    }

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "hpf plugin: \"%V\" is released from quarantine by \"%V\"",
                  &id, by);

    ngx_http_hpf_audit_event(hmcf, "plugin-released", &id, NULL, by);

    return NGX_HTTP_NO_CONTENT;
}


/* By id, and those of one id as they came. */

static json_t *
ngx_http_hpf_plugins_list(ngx_http_request_t *r,
    ngx_http_hpf_main_conf_t *hmcf)
{
    json_t            *list;
    ngx_int_t          rc;
    ngx_uint_t         i, n;
    ngx_array_t        reports;
    ngx_hpf_report_t  *report;

    if (ngx_array_init(&reports, r->pool, 64, sizeof(ngx_hpf_report_t))
        != NGX_OK)
    {
        return NULL;
    }

    rc = NGX_OK;

    for (n = 0; rc != NGX_DONE; n++) {

        report = ngx_array_push(&reports);
        if (report == NULL) {
            return NULL;
        }

        rc = ngx_hpf_plugin_report(hmcf->plugins, n, report);

        if (rc != NGX_OK) {
            reports.nelts--;
        }
    }

    ngx_qsort(reports.elts, reports.nelts, sizeof(ngx_hpf_report_t),
              ngx_http_hpf_plugins_cmp);

    list = json_array();
    report = reports.elts;

    for (i = 0; i < reports.nelts; i++) {

        if (json_array_append_new(list, ngx_http_hpf_plugins_one(hmcf,
                                                                 &report[i]))
            != 0)
        {
            json_decref(list);
            return NULL;
        }
    }

    return list;
}


static int ngx_libc_cdecl
ngx_http_hpf_plugins_cmp(const void *one, const void *two)
{
    int                      rc;
    const ngx_hpf_report_t  *a, *b;

    a = one;
    b = two;

    rc = ngx_strcmp(a->id, b->id);

    return rc ? rc : a->number < b->number ? -1 : 1;
}


static json_t *
ngx_http_hpf_plugins_one(ngx_http_hpf_main_conf_t *hmcf,
    const ngx_hpf_report_t *report)
{
    u_char   path[NGX_MAX_PATH], abi[sizeof("65535.65535")];
    json_t  *one;

    static const char  *states[] = {
        "serving", "quarantined", "preparing", "draining", "kept", "refused",
        "awaiting-approval", "awaiting-removal", "missing"
    };
    static const char  *reasons[] = {
        NULL,
        "it has ended workers",
        "not all workers have loaded it yet",
        "calls are under way",
        "a worker has not let it go yet",
        "it did not load, see the error log",
        "this version was not approved",
        "it is not in the folder any more",
        "it was approved, and is not on this node"
    };

    (void) ngx_snprintf(path, sizeof(path), "%V/%s/%s.%s%Z",
                        &hmcf->plugin_cache, report->digest, report->id,
                        report->language == HPF_MANIFEST_C ? "so" : "lua");
    (void) ngx_snprintf(abi, sizeof(abi), "%uD.%uD%Z", report->abi >> 16,
                        report->abi & 0xffff);

    one = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s?,s:b,s:s,"
                    "s:I,s:I,s:I,s:I,s:I,s:I}",
                    "id", report->id,
                    "digest", report->digest,
                    "kind", report->kind == HPF_MANIFEST_FACTOR ? "factor"
                                                                : "item",
                    "language", report->language == HPF_MANIFEST_C ? "c"
                                                                   : "lua",
                    "state", states[report->state],
                    "reason", reasons[report->state],
                    "in_force", (int) report->in_force,
                    "path", path,
                    "workers", (json_int_t) report->workers,
                    "running", (json_int_t) report->running,
                    "inside", (json_int_t) report->inside,
                    "inside_ms", (json_int_t) report->inside_ms,
                    "calls", (json_int_t) report->started,
                    "errors", (json_int_t) report->failed);

    if (one == NULL
        || (report->abi
            && json_object_set_new(one, "abi", json_string((char *) abi))
               != 0)
        || (report->why[0]
            && json_object_set_new(one, "fault",
                                   json_string((char *) report->why))
               != 0)
        || json_object_set_new(one, "memory", json_integer(report->memory))
           != 0
        || json_object_set_new(one, "ended", json_pack("{s:I,s:I,s:I,s:I}",
               "crashed", (json_int_t) report->ended[NGX_HPF_END_CRASHED],
               "stuck", (json_int_t) report->ended[NGX_HPF_END_STUCK],
               "exited", (json_int_t) report->ended[NGX_HPF_END_EXITED],
               "killed", (json_int_t) report->ended[NGX_HPF_END_KILLED]))
           != 0)
    {
        json_decref(one);
        return NULL;
    }

    return one;
}


/* Takes the list over. */

static ngx_int_t
ngx_http_hpf_plugins_send(ngx_http_request_t *r, json_t *list)
{
    size_t   len;
    json_t  *tree;
    u_char  *text;

    tree = list ? json_pack("{s:o}", "plugins", list) : NULL;
    len = tree ? json_dumpb(tree, NULL, 0, JSON_COMPACT) : 0;
    text = len ? ngx_pnalloc(r->pool, len) : NULL;

    if (text) {
        len = json_dumpb(tree, (char *) text, len, JSON_COMPACT);
    }

    json_decref(tree);

    return text ? ngx_http_hpf_metrics_text(r, NGX_HTTP_OK, text, len)
                : NGX_HTTP_INTERNAL_SERVER_ERROR;
}
