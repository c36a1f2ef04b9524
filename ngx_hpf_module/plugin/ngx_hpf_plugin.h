/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Plugins as the http layer sees them: a registry of generations, and calls.
 * This layer knows nginx but no HTTP request; what a plugin needs of one it
 * gets through the table of operations below, which serves the C host and the
 * Lua host alike.
 */

#ifndef _NGX_HPF_PLUGIN_H_INCLUDED_
#define _NGX_HPF_PLUGIN_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <jansson.h>

#include "hpf_crypto.h"
#include "hpf_manifest.h"
#include "hpf_plugin.h"
#include "hpf_seal.h"
#include "ngx_hpf_shm.h"


#define NGX_HPF_PLUGINS_MAX   512
#define NGX_HPF_DIGEST_LEN    64       /* hex */
#define NGX_HPF_WHY           128      /* bytes of a reason */


typedef struct ngx_hpf_plugins_s  ngx_hpf_plugins_t;     /* of a cycle */
typedef struct hpf_plugin_s       ngx_hpf_plugin_t;      /* a generation */
typedef struct ngx_hpf_call_s     ngx_hpf_call_t;        /* one run */


/* A version of a plugin. */

typedef struct {
    u_char                      id[HPF_MANIFEST_ID + 1];
    u_char                      digest[NGX_HPF_DIGEST_LEN + 1];
} ngx_hpf_source_t;


/*
 * Called in a worker when a generation has been loaded, before it is
 * published, and before it goes: what http/ makes of a manifest (rules,
 * limits) hangs on ngx_hpf_plugin_data().  NGX_ERROR refuses the generation.
 */

typedef ngx_int_t (*ngx_hpf_plugin_load_pt)(ngx_hpf_plugin_t *plugin,
    void *data);
typedef void (*ngx_hpf_plugin_unload_pt)(ngx_hpf_plugin_t *plugin,
    void *data);


/* Where in a plugin a worker was, and how it ended there. */

typedef enum {
    NGX_HPF_MARK_LOAD = 0,
    NGX_HPF_MARK_CALL,
    NGX_HPF_MARK_UNLOAD
} ngx_hpf_mark_e;

typedef enum {
    NGX_HPF_END_KILLED = 0,            /* from outside, or by _exit() */
    NGX_HPF_END_CRASHED,
    NGX_HPF_END_STUCK,                 /* by the watchdog */
    NGX_HPF_END_EXITED,                /* the plugin called exit() */
    NGX_HPF_ENDS
} ngx_hpf_end_e;

typedef struct {
    ngx_pid_t                   pid;
    ngx_hpf_mark_e              where;
    ngx_hpf_end_e               end;
    ngx_uint_t                  quarantined;   /* because of this one */
    u_char                      id[HPF_MANIFEST_ID + 1];
    u_char                      digest[NGX_HPF_DIGEST_LEN + 1];
} ngx_hpf_crash_t;

/* Called once for each worker of the node that a plugin has ended. */

typedef void (*ngx_hpf_plugin_crashed_pt)(const ngx_hpf_crash_t *crash,
    void *data);

typedef struct {
    ngx_str_t                   dir;           /* the folder of folders */
    ngx_str_t                   cache;         /* of private copies */
    const hpf_schema_formats_t *formats;       /* of forms */
    ngx_uint_t                  approve;       /* only what was approved */
    ngx_uint_t                  poll;          /* without inotify */
    ngx_uint_t                  keyed;         /* values may be hashed */
    ngx_msec_t                  watchdog;      /* 0: none */
    ngx_uint_t                  crashes;       /* 0: no quarantine */
    ngx_msec_t                  crash_time;    /* of so many crashes */
    hpf_crypto_t               *crypto;
    hpf_seal_t                 *seal;          /* NULL: there are no keys */
    ngx_hpf_zone_t             *zone;          /* of metrics, or NULL */
    ngx_hpf_plugin_load_pt      load;
    ngx_hpf_plugin_unload_pt    unload;
    ngx_hpf_plugin_crashed_pt   crashed;
    void                       *data;
} ngx_hpf_plugins_conf_t;


/*
 * At configuration time: every manifest in the folder is read and validated;
 * NULL: one was not, logged with its file, line and reason.
 */
ngx_hpf_plugins_t *ngx_hpf_plugins_create(ngx_conf_t *cf,
    ngx_hpf_plugins_conf_t *conf);

/* In init_process and exit_process of a worker: loads, watches, lets go. */
ngx_int_t ngx_hpf_plugins_init_worker(ngx_hpf_plugins_t *plugins,
    ngx_cycle_t *cycle);
void ngx_hpf_plugins_exit_worker(ngx_hpf_plugins_t *plugins);

/*
 * The published generation, with a reference for the caller to give back by
 * ngx_hpf_plugin_unref(); NULL: there is none.
 */
ngx_hpf_plugin_t *ngx_hpf_plugins_find(ngx_hpf_plugins_t *plugins,
    ngx_str_t *id);
void ngx_hpf_plugin_unref(ngx_hpf_plugin_t *plugin);

/* By number, in order of ids, for lists; no reference.  NULL: the end. */
ngx_hpf_plugin_t *ngx_hpf_plugins_nth(ngx_hpf_plugins_t *plugins,
    ngx_uint_t n);

/* Grows whenever something was published or withdrawn. */
ngx_uint_t ngx_hpf_plugins_version(ngx_hpf_plugins_t *plugins);


/* Of a generation, all workers of the node together. */

typedef enum {
    NGX_HPF_STATE_SERVING = 0,
    NGX_HPF_STATE_QUARANTINED,
    NGX_HPF_STATE_PREPARING,           /* before it is in force */
    NGX_HPF_STATE_DRAINING,            /* not in force; calls are under way */
    NGX_HPF_STATE_KEPT,                /* a worker has not let it go yet */
    NGX_HPF_STATE_REFUSED,             /* it did not load */
    NGX_HPF_STATE_AWAITING,            /* its approval; not loaded */
    NGX_HPF_STATE_LEAVING,             /* in force; not in the folder */
    NGX_HPF_STATE_MISSING              /* approved, and not on this node */
} ngx_hpf_state_e;

typedef struct {
    u_char                      id[HPF_MANIFEST_ID + 1];
    u_char                      digest[NGX_HPF_DIGEST_LEN + 1];
    u_char                      why[NGX_HPF_WHY];   /* it would not load */
    uint64_t                    number;        /* in order of coming */
    hpf_manifest_language_e     language;
    hpf_manifest_kind_e         kind;
    uint32_t                    abi;           /* of a C plugin */
    ngx_hpf_state_e             state;
    ngx_uint_t                  in_force;
    ngx_uint_t                  served;        /* a version of its id is */
    ngx_uint_t                  shut;          /* its item: quarantined */
    ngx_uint_t                  workers;       /* that have it loaded */
    ngx_uint_t                  running;       /* calls */
    ngx_uint_t                  inside;        /* workers, this moment ... */
    uint64_t                    inside_ms;     /* ... and the longest */
    size_t                      memory;        /* of VMs, and of alloc() */
    uint64_t                    started;       /* calls, ever */
    uint64_t                    failed;        /* of them */
    uint64_t                    ended[NGX_HPF_ENDS];       /* workers */
} ngx_hpf_report_t;

/* By number from 0: NGX_OK; NGX_DECLINED: none there; NGX_DONE: the end. */
ngx_int_t ngx_hpf_plugin_report(ngx_hpf_plugins_t *plugins, ngx_uint_t n,
    ngx_hpf_report_t *report);

/* What is quarantined of an id may be called again; how many were. */
ngx_uint_t ngx_hpf_plugin_release(ngx_hpf_plugins_t *plugins, ngx_str_t *id);


/*
 * The set of approved versions, sorted here; number grows with each change.
 * NGX_OK: it is what holds now; NGX_DECLINED: the node knows a newer one.
 */
ngx_int_t ngx_hpf_approval_take(ngx_hpf_plugins_t *plugins, uint64_t number,
    ngx_hpf_source_t *list, ngx_uint_t n);

/* The number of the set that the node knows. */
uint64_t ngx_hpf_approval_number(ngx_hpf_plugins_t *plugins);
/* All of it; list has room for NGX_HPF_PLUGINS_MAX. */
uint64_t ngx_hpf_approval_copy(ngx_hpf_plugins_t *plugins,
    ngx_hpf_source_t *list, ngx_uint_t *n);

/* NGX_OK: it waits for approval here; NGX_DONE: it is approved already. */
ngx_int_t ngx_hpf_approval_find(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *source);


const hpf_manifest_t *ngx_hpf_plugin_manifest(const ngx_hpf_plugin_t *plugin);
ngx_str_t *ngx_hpf_plugin_id(ngx_hpf_plugin_t *plugin);
ngx_str_t *ngx_hpf_plugin_digest(ngx_hpf_plugin_t *plugin);     /* hex */
ngx_pool_t *ngx_hpf_plugin_pool(ngx_hpf_plugin_t *plugin);
void *ngx_hpf_plugin_data(ngx_hpf_plugin_t *plugin);
void ngx_hpf_plugin_set_data(ngx_hpf_plugin_t *plugin, void *data);


/*
 * Operations: what a plugin asks of the gateway.  Each begins something that
 * ends by ngx_hpf_call_complete() with the same number, exactly once, in a
 * later turn of the loop and never from inside the function; or returns
 * NGX_ERROR, and nothing will be told.  Trees belong to the caller, strings
 * are copied when they are needed later.
 */

typedef enum {
    NGX_HPF_KV_GET = 0,
    NGX_HPF_KV_SET,
    NGX_HPF_KV_ADD,
    NGX_HPF_KV_DEL,
    NGX_HPF_KV_INCR
} ngx_hpf_kv_e;

typedef struct {
    ngx_str_t                   backend;
    ngx_str_t                   method;
    ngx_str_t                   path;
    json_t                     *body;          /* NULL: none */
} ngx_hpf_backend_args_t;

typedef struct {
    ngx_hpf_kv_e                verb;
    ngx_str_t                   key;
    ngx_str_t                   value;
    int64_t                     by;
    ngx_uint_t                  ttl;           /* s */
} ngx_hpf_kv_args_t;

typedef struct {
    ngx_uint_t                  argc;
    ngx_str_t                  *argv;          /* the command, its key, ... */
    ngx_uint_t                  ttl;           /* s; 0: as it is */
} ngx_hpf_redis_args_t;

typedef struct {
    ngx_str_t                   status;
    ngx_str_t                   note;
    json_t                     *tree;          /* data of open, result of set */
} ngx_hpf_case_args_t;

typedef struct {
    ngx_int_t (*backend)(ngx_hpf_call_t *call, int32_t op,
        ngx_hpf_backend_args_t *args);
    ngx_int_t (*kv)(ngx_hpf_call_t *call, int32_t op,
        ngx_hpf_kv_args_t *args);
    ngx_int_t (*redis)(ngx_hpf_call_t *call, int32_t op,
        ngx_hpf_redis_args_t *args);
    ngx_int_t (*case_open)(ngx_hpf_call_t *call, int32_t op,
        ngx_hpf_case_args_t *args);
    ngx_int_t (*case_set)(ngx_hpf_call_t *call, int32_t op,
        ngx_hpf_case_args_t *args);
    ngx_int_t (*sleep)(ngx_hpf_call_t *call, int32_t op, ngx_msec_t ms);

    /* A fact of the request by name; len 0: there is none. */
    ngx_str_t (*fact)(ngx_hpf_call_t *call, const char *name);

    /* The case's data for reconcile(), NULL: none; owned by http/. */
    json_t *(*case_data)(ngx_hpf_call_t *call);

    /* A call that had returned NGX_AGAIN has its answer. */
    void (*done)(ngx_hpf_call_t *call);
} ngx_hpf_call_ops_t;


typedef struct {
    ngx_hpf_plugin_t           *plugin;        /* a reference is taken */
    ngx_pool_t                 *pool;          /* lives as long as the call */
    ngx_log_t                  *log;
    json_t                     *form;          /* an object; borrowed */
    const ngx_hpf_call_ops_t   *ops;
    void                       *data;          /* of http/ */
} ngx_hpf_call_conf_t;


/* How a call ended. */

typedef struct {
    ngx_uint_t                  failed;        /* by fail() */
    ngx_uint_t                  status;        /* of reply() */
    json_t                     *tree;          /* result, or extra of fail() */
    ngx_str_t                   code;          /* of fail() */
    ngx_str_t                   detail;
} ngx_hpf_answer_t;


ngx_hpf_call_t *ngx_hpf_call_create(ngx_hpf_call_conf_t *conf);
void *ngx_hpf_call_data(ngx_hpf_call_t *call);
ngx_hpf_plugin_t *ngx_hpf_call_plugin(ngx_hpf_call_t *call);

/*
 * NGX_OK: there is an answer; NGX_AGAIN: ops->done() will be called;
 * NGX_ERROR: the plugin failed, logged with file and line where there are
 * any; NGX_DECLINED: the plugin has no reconcile().
 */
ngx_int_t ngx_hpf_call_start(ngx_hpf_call_t *call);
ngx_int_t ngx_hpf_call_reconcile(ngx_hpf_call_t *call);

/* Valid until the call is destroyed; NULL: the plugin failed. */
ngx_hpf_answer_t *ngx_hpf_call_answer(ngx_hpf_call_t *call);

/* Why there is no answer. */

typedef enum {
    NGX_HPF_FAULT_FAILED = 0,
    NGX_HPF_FAULT_QUARANTINED,
    NGX_HPF_FAULT_BUSY,                /* too many calls under way */
    NGX_HPF_FAULT_LATE                 /* it took too long */
} ngx_hpf_fault_e;

ngx_hpf_fault_e ngx_hpf_call_fault(ngx_hpf_call_t *call);

/* What the plugin wants in the record: strings by key; NULL: nothing. */
json_t *ngx_hpf_call_notes(ngx_hpf_call_t *call);

/*
 * An operation has ended: the plugin goes on, and may end its call by
 * ops->done().  result->json is taken over; where there is none, body is
 * parsed here.
 */
void ngx_hpf_call_complete(ngx_hpf_call_t *call, int32_t op,
    hpf_result_t *result);

/*
 * The request goes.  What is still under way must not be completed any more;
 * the plugin is told by cancel() when it had not answered.
 */
void ngx_hpf_call_destroy(ngx_hpf_call_t *call);


#endif /* _NGX_HPF_PLUGIN_H_INCLUDED_ */
