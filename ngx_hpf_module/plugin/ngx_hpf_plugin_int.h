/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What the files of the plugin layer share.
 */

#ifndef _NGX_HPF_PLUGIN_INT_H_INCLUDED_
#define _NGX_HPF_PLUGIN_INT_H_INCLUDED_


#include <ngx_event.h>

#include "ngx_hpf_plugin.h"


#define NGX_HPF_PLUGIN_MAGIC  0x48504647           /* a generation */
#define NGX_HPF_CALL_MAGIC    0x4850434c           /* a call under way */

#define NGX_HPF_CALL_OPS      32                   /* under way at once */


/*
 * A host runs plugins of one language.  load: NGX_OK or NGX_ERROR, logged.
 * start, resume and reconcile return as the functions of hpf_plugin_def_t.
 * memory: bytes that the generation has in this worker; NULL: not known.
 */

typedef struct {
    ngx_int_t  (*load)(ngx_hpf_plugin_t *plugin, const char *file);
    void       (*unload)(ngx_hpf_plugin_t *plugin);
    int        (*start)(ngx_hpf_call_t *call);
    int        (*reconcile)(ngx_hpf_call_t *call);
    int        (*resume)(ngx_hpf_call_t *call, const hpf_result_t *result);
    void       (*cancel)(ngx_hpf_call_t *call);
    size_t     (*memory)(ngx_hpf_plugin_t *plugin);
} ngx_hpf_host_t;

extern const ngx_hpf_host_t  ngx_hpf_plugin_c_host;
extern const ngx_hpf_host_t  ngx_hpf_lua_host;


typedef struct ngx_hpf_ledger_entry_s  ngx_hpf_ledger_entry_t;


struct hpf_plugin_s {
    uint32_t                 magic;
    ngx_uint_t               refs;
    ngx_uint_t               calls;         /* since it was loaded */

    ngx_str_t                id;
    ngx_str_t                digest;
    ngx_pool_t              *pool;
    ngx_log_t               *log;
    hpf_manifest_t          *manifest;
    const ngx_hpf_host_t    *host;
    ngx_hpf_plugins_t       *plugins;
    ngx_hpf_ledger_entry_t  *entry;         /* what all workers know of it */
    void                    *data;          /* of the http layer */
    unsigned                 loaded:1;      /* its code is there */

    /* of the C host */
    void                    *handle;
    const hpf_plugin_def_t  *def;

    /* of the Lua host */
    void                    *vm;

    ngx_queue_t              queue;         /* of the worker's generations */
};


struct hpf_call_s {
    uint32_t                 magic;
    ngx_hpf_plugin_t        *plugin;
    ngx_pool_t              *pool;
    ngx_log_t               *log;
    json_t                  *form;
    const ngx_hpf_call_ops_t *ops;
    void                    *data;          /* of the http layer */

    ngx_event_t              timer;         /* all of it has a limit */
    int32_t                  last;          /* operation number */
    ngx_uint_t               pending;       /* operations */
    ngx_hpf_answer_t         answer;
    ngx_array_t              nodes;         /* json_t *, owned */

    void                    *user;          /* of a C plugin */
    void                    *run;           /* of the Lua host */

    unsigned                 answered:1;
    unsigned                 failed:1;      /* the plugin did */
    unsigned                 fault:2;       /* ngx_hpf_fault_e */
    unsigned                 counted:1;     /* among those under way */
    unsigned                 cancelled:1;
    unsigned                 done:1;        /* told to the http layer */
};


/* _call.c, for both hosts */

/* Begin an operation; its number, or HPF_ERROR. */
int32_t ngx_hpf_call_backend(ngx_hpf_call_t *call,
    ngx_hpf_backend_args_t *args);

typedef ngx_int_t (*ngx_hpf_call_case_pt)(ngx_hpf_call_t *call, int32_t op,
    ngx_hpf_case_args_t *args);
int32_t ngx_hpf_call_case(ngx_hpf_call_t *call, ngx_hpf_call_case_pt begin,
    ngx_hpf_case_args_t *args);

int32_t ngx_hpf_call_kv(ngx_hpf_call_t *call, ngx_hpf_kv_args_t *args);
int32_t ngx_hpf_call_sleep(ngx_hpf_call_t *call, ngx_msec_t ms);

int ngx_hpf_call_reply(ngx_hpf_call_t *call, int status, json_t *result);
int ngx_hpf_call_fail(ngx_hpf_call_t *call, const char *code,
    const char *detail, json_t *extra);
/* The call takes the node over; NULL: it was NULL, or there is no memory. */
json_t *ngx_hpf_call_own(ngx_hpf_call_t *call, json_t *node);

/* A line of the plugin's own, without control characters. */
void ngx_hpf_plugin_log(ngx_hpf_plugin_t *plugin, ngx_log_t *log, int level,
    const char *text, size_t len);


#endif /* _NGX_HPF_PLUGIN_INT_H_INCLUDED_ */
