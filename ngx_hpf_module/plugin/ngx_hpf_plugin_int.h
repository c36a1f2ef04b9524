/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What the files of the plugin layer share.
 */

#ifndef _NGX_HPF_PLUGIN_INT_H_INCLUDED_
#define _NGX_HPF_PLUGIN_INT_H_INCLUDED_


#include <ngx_event.h>

#include "hpf_mask_rules.h"
#include "ngx_hpf_plugin.h"


#define NGX_HPF_PLUGIN_MAGIC  0x48504647           /* a generation */
#define NGX_HPF_CALL_MAGIC    0x4850434c           /* a call under way */

#define NGX_HPF_CALL_OPS      32                   /* under way at once */
#define NGX_HPF_COMMAND_ARGS  64                   /* words to Redis */
#define NGX_HPF_METRICS       16                   /* of a plugin */
#define NGX_HPF_REFUSALS      8                    /* of them, in the log */


/*
 * A host runs plugins of one language.  load and warm: NGX_OK or NGX_ERROR,
 * logged.  start, resume and reconcile return as the functions of
 * hpf_plugin_def_t.  memory: bytes that the generation has in this worker.
 */

typedef struct {
    ngx_int_t  (*load)(ngx_hpf_plugin_t *plugin, const char *file);
    void       (*unload)(ngx_hpf_plugin_t *plugin);
    int        (*start)(ngx_hpf_call_t *call);
    int        (*reconcile)(ngx_hpf_call_t *call);
    int        (*resume)(ngx_hpf_call_t *call, const hpf_result_t *result);
    void       (*cancel)(ngx_hpf_call_t *call);
    /* may be NULL */
    size_t     (*memory)(ngx_hpf_plugin_t *plugin);
    ngx_int_t  (*warm)(ngx_hpf_plugin_t *plugin, const char *file);
    /* Without running any of it; NGX_DECLINED: why it would not load. */
    ngx_int_t  (*check)(const char *id, const char *file, char *why);
} ngx_hpf_host_t;

extern const ngx_hpf_host_t  ngx_hpf_plugin_c_host;
extern const ngx_hpf_host_t  ngx_hpf_lua_host;

/* After the last plugin: takes away what a worker has for those in Lua. */
void ngx_hpf_lua_exit_worker(void);


typedef struct ngx_hpf_ledger_entry_s  ngx_hpf_ledger_entry_t;


typedef struct {
    ngx_hpf_stat_type_e      type;
    ngx_int_t                slot;          /* in the zone */
} ngx_hpf_metric_t;


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
    ngx_fd_t                 hold;          /* of its copy */
    unsigned                 loaded:1;      /* its code is there */

    /* of the C host */
    void                    *handle;
    const hpf_plugin_def_t  *def;
    ngx_rbtree_t             blocks;        /* of its memory */
    ngx_rbtree_node_t        sentinel;
    size_t                   used;          /* bytes of them */

    /* of the Lua host */
    void                    *vm;

    ngx_hpf_metric_t         metrics[NGX_HPF_METRICS];
    ngx_uint_t               nmetrics;
    ngx_uint_t               refusals;      /* of them, logged */
    unsigned                 loading:1;     /* it may register them */

    ngx_queue_t              queue;         /* of the worker's generations */
};


struct ngx_hpf_call_s {
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
    json_t                  *notes;         /* for the record */

    hpf_call_t              *handle;        /* of a C plugin */
    ngx_rbtree_node_t        node;          /* by handle */
    void                    *user;          /* data of the same */
    void                    *run;           /* of the Lua host */

    unsigned                 answered:1;
    unsigned                 failed:1;      /* the plugin did */
    unsigned                 fault:2;       /* ngx_hpf_fault_e */
    unsigned                 counted:1;     /* among those under way */
    unsigned                 cancelled:1;
    unsigned                 done:1;        /* told to the http layer */
    unsigned                 refused:1;     /* an operation was, logged */
    unsigned                 unnoted:1;     /* a note was, logged */
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
/* The words are looked at; the key in args becomes that of Redis. */
int32_t ngx_hpf_call_redis(ngx_hpf_call_t *call, ngx_hpf_redis_args_t *args);
int32_t ngx_hpf_call_sleep(ngx_hpf_call_t *call, ngx_msec_t ms);

int ngx_hpf_call_reply(ngx_hpf_call_t *call, int status, json_t *result);
int ngx_hpf_call_fail(ngx_hpf_call_t *call, const char *code,
    const char *detail, json_t *extra);
/* The call takes the node over; NULL: it was NULL, or there is no memory. */
json_t *ngx_hpf_call_own(ngx_hpf_call_t *call, json_t *node);

/* A line of the plugin's own, without control characters. */
void ngx_hpf_plugin_log(ngx_hpf_plugin_t *plugin, ngx_log_t *log, int level,
    const char *text, size_t len);
/* The same with the id of the request. */
void ngx_hpf_call_log(ngx_hpf_call_t *call, int level, const char *text,
    size_t len);


/* _handle.c: what a C plugin holds of a call */

void ngx_hpf_handle_open(ngx_hpf_call_t *call);
void ngx_hpf_handle_close(ngx_hpf_call_t *call);
/* NULL: it has ended; logged. */
ngx_hpf_call_t *ngx_hpf_handle_call(hpf_call_t *handle);


/* _memory.c: memory of a C plugin that outlives a call */

void ngx_hpf_memory_init(ngx_hpf_plugin_t *plugin);
void *ngx_hpf_memory_alloc(ngx_hpf_plugin_t *plugin, size_t size);
void ngx_hpf_memory_free(ngx_hpf_plugin_t *plugin, void *p);
void ngx_hpf_memory_end(ngx_hpf_plugin_t *plugin);


/* _command.c: NULL: a plugin may send it; else why not. */

const char *ngx_hpf_command_check(const ngx_hpf_redis_args_t *args);


/* _note.c: what a plugin adds to the record */

/* Rules by which personal data is found; NULL: no memory. */
hpf_mask_rules_t *ngx_hpf_note_rules(ngx_pool_t *pool);
/* HPF_OK, or HPF_ERROR, logged. */
int ngx_hpf_note_add(ngx_hpf_call_t *call, const char *key,
    const char *value, size_t len);


/* _metric.c: 1: a name of a metric, or key of a note. */

ngx_uint_t ngx_hpf_metric_is_name(const char *name);
/* Its number, or HPF_ERROR, logged. */
int ngx_hpf_metric_create(ngx_hpf_plugin_t *plugin, ngx_hpf_stat_type_e type,
    const char *name);
/* NULL: there is none of this kind. */
ngx_hpf_metric_t *ngx_hpf_metric_find(ngx_hpf_plugin_t *plugin, int number,
    ngx_hpf_stat_type_e type);


#endif /* _NGX_HPF_PLUGIN_INT_H_INCLUDED_ */
