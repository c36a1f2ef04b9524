/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The Lua host: one VM for each generation and worker, with memory and
 * instructions of its own.  The only files that see lua.h.
 */

#ifndef _NGX_HPF_LUA_H_INCLUDED_
#define _NGX_HPF_LUA_H_INCLUDED_


#include "ngx_hpf_plugin_int.h"

#include <lua.h>
#include <lauxlib.h>
#include <luajit.h>
#include <lualib.h>


#define NGX_HPF_LUA_OPS    10000       /* operations of one request */
#define NGX_HPF_LUA_BACKEND_OPS  20    /* one back end counts as so many */
#define NGX_HPF_LUA_LINES  100         /* in the log, of one request */

#define NGX_HPF_LUA_SPENT  "the limit of instructions is reached"
#define NGX_HPF_LUA_DEEP   "calls are nested too deeply"

/* The largest integer that a number holds with all below it, 2^53. */

#define NGX_HPF_LUA_INTEGER  9007199254740992.0


typedef struct {
    lua_State           *L;
    ngx_hpf_plugin_t    *plugin;
    ngx_str_t            text;         /* of its file */
    size_t               used;         /* bytes */
    size_t               limit;
    ngx_uint_t           exempt;       /* from it: the host at work */
    int                  handle;       /* references of functions */
    int                  reconcile;
    ngx_uint_t           lines;        /* in the log while it was loaded */

    ngx_hpf_call_t      *call;         /* that runs now */
    uint64_t             left;         /* instructions of this stretch */
    char                *stack;        /* of the worker, at its beginning */
    volatile sig_atomic_t  late;       /* its CPU time is over */
} ngx_hpf_lua_vm_t;


typedef enum {
    NGX_HPF_LUA_BACKEND = 0,
    NGX_HPF_LUA_VALUE,                 /* a string, or nil */
    NGX_HPF_LUA_DONE,                  /* true, or nil and why */
    NGX_HPF_LUA_NUMBER,
    NGX_HPF_LUA_TREE                   /* JSON, or nil */
} ngx_hpf_lua_kind_e;


/* One of the operations that a coroutine waits for. */

typedef struct {
    int32_t              op;
    ngx_hpf_lua_kind_e   kind;
    const hpf_result_t  *result;       /* NULL: not yet */
    hpf_result_t         copy;
} ngx_hpf_lua_wait_t;


/* A run: a coroutine. */

typedef struct {
    lua_State           *co;
    int                  ref;          /* keeps it alive */
    int                  function;     /* reference: what runs */
    ngx_uint_t           nwaits;
    ngx_uint_t           left;         /* of them not ended */
    ngx_uint_t           together;     /* hpf.all() calls, and waits later */
    ngx_uint_t           all;          /* it waits */
    ngx_uint_t           ops;          /* of the request so far */
    size_t               bytes;
    ngx_uint_t           lines;
    ngx_hpf_lua_wait_t   waits[NGX_HPF_CALL_OPS];
} ngx_hpf_lua_run_t;


/* _limit.c */
ngx_int_t ngx_hpf_lua_limit_init(ngx_log_t *log);
ngx_hpf_lua_vm_t *ngx_hpf_lua_vm(lua_State *L);
void *ngx_hpf_lua_alloc(void *ud, void *p, size_t old, size_t size);

/* Around a stretch. */
void ngx_hpf_lua_enter(ngx_hpf_lua_vm_t *vm, ngx_hpf_call_t *call);
void ngx_hpf_lua_leave(ngx_hpf_lua_vm_t *vm);

/* These raise an error when the limit is reached. */
void ngx_hpf_lua_charge(lua_State *L, double instructions);
void ngx_hpf_lua_deep(lua_State *L);
void ngx_hpf_lua_count_ops(lua_State *L, ngx_uint_t n);
void ngx_hpf_lua_count_bytes(lua_State *L, size_t n);
/* 0: the request has written too much into the log. */
ngx_uint_t ngx_hpf_lua_count_line(ngx_hpf_lua_vm_t *vm);

/* _sandbox.c: fills the empty state; as a lua_CFunction. */
int ngx_hpf_lua_sandbox(lua_State *L);
/* What the plugin's file has made global can be read only from now on. */
int ngx_hpf_lua_freeze(lua_State *L);
/* Whether a table may only be read. */
ngx_uint_t ngx_hpf_lua_is_locked(lua_State *L, int index);

/* _bound.c */
void ngx_hpf_lua_bound(lua_State *L);

/* _api.c: the table "hpf" on the stack. */
void ngx_hpf_lua_api(lua_State *L);
/* The request's table on the stack. */
void ngx_hpf_lua_request(lua_State *L, ngx_hpf_call_t *call);

/* _ops.c, with the table "hpf" on the stack */
void ngx_hpf_lua_ops_init(lua_State *L);
/* The call that runs; raises an error when there is none. */
ngx_hpf_call_t *ngx_hpf_lua_call(lua_State *L, const char *name);
/* The results of what was waited for on the stack; their number. */
int ngx_hpf_lua_results(lua_State *L, ngx_hpf_lua_run_t *run);

/* _crypto.c, _metric.c, with the table "hpf" on the stack */
void ngx_hpf_lua_crypto_init(lua_State *L);
void ngx_hpf_lua_metric_init(lua_State *L);

/* _json.c */
void ngx_hpf_lua_json_init(lua_State *L);       /* hpf.array, hpf.null */
void ngx_hpf_lua_push_json(lua_State *L, const json_t *node);
/* A new tree; raises an error for what JSON cannot hold. */
json_t *ngx_hpf_lua_to_json(lua_State *L, int index);
/* Raises an error for a string that is no UTF-8. */
void ngx_hpf_lua_check_text(lua_State *L, int index);


#endif /* _NGX_HPF_LUA_H_INCLUDED_ */
