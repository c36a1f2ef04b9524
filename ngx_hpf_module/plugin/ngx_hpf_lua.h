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


#define NGX_HPF_LUA_HOOK   1000        /* instructions between two looks */
#define NGX_HPF_LUA_BYTES  64          /* allocated for one instruction */
#define NGX_HPF_LUA_STRETCH  500       /* ms of CPU time without a wait */

/* The largest integer that a number holds with all below it, 2^53. */

#define NGX_HPF_LUA_INTEGER  9007199254740992.0


typedef struct {
    lua_State           *L;
    ngx_hpf_plugin_t    *plugin;
    ngx_str_t            text;         /* of its file */
    size_t               used;         /* bytes */
    size_t               limit;
    int                  handle;       /* references of functions */
    int                  reconcile;

    ngx_hpf_call_t      *call;         /* that runs now */
    uint64_t             left;         /* instructions of this stretch */
    uint64_t             until;        /* CPU time, ms */
} ngx_hpf_lua_vm_t;


typedef enum {
    NGX_HPF_LUA_BACKEND = 0,
    NGX_HPF_LUA_VALUE,                 /* a string, or nil */
    NGX_HPF_LUA_DONE,                  /* true, or nil and why */
    NGX_HPF_LUA_NUMBER
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
    ngx_uint_t           nwaits;
    ngx_uint_t           left;         /* of them not ended */
    ngx_hpf_lua_wait_t   waits[NGX_HPF_CALL_OPS];
} ngx_hpf_lua_run_t;


ngx_hpf_lua_vm_t *ngx_hpf_lua_vm(lua_State *L);

/* _sandbox.c: fills the empty state; as a lua_CFunction. */
int ngx_hpf_lua_sandbox(lua_State *L);
/* What the plugin's file has made global can be read only from now on. */
int ngx_hpf_lua_freeze(lua_State *L);

/* _bound.c, with the string library on the stack */
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

/* _json.c */
void ngx_hpf_lua_json_init(lua_State *L);       /* hpf.array, hpf.null */
void ngx_hpf_lua_push_json(lua_State *L, const json_t *node);
/* A new tree; raises an error for what JSON cannot hold. */
json_t *ngx_hpf_lua_to_json(lua_State *L, int index);


#endif /* _NGX_HPF_LUA_H_INCLUDED_ */
