/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The Lua host: a VM with limits and without the JIT compiler, whose code runs
 * no hooks; a call is a coroutine.  Everything that may raise an error runs in
 * lua_cpcall() or lua_resume(): one that nobody catches would end the worker.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_lua.h"
#include "ngx_hpf_plugins.h"


static ngx_int_t ngx_hpf_lua_load(ngx_hpf_plugin_t *plugin, const char *file);
static ngx_int_t ngx_hpf_lua_check(const char *id, const char *file,
    char *why);
static int ngx_hpf_lua_load_text(lua_State *L);
static void ngx_hpf_lua_unload(ngx_hpf_plugin_t *plugin);
static int ngx_hpf_lua_start(ngx_hpf_call_t *call);
static int ngx_hpf_lua_reconcile(ngx_hpf_call_t *call);
static int ngx_hpf_lua_run(ngx_hpf_call_t *call, int function);
static int ngx_hpf_lua_prepare(lua_State *L);
static int ngx_hpf_lua_resume(ngx_hpf_call_t *call,
    const hpf_result_t *result);
static int ngx_hpf_lua_continue(ngx_hpf_call_t *call, int nargs);
static int ngx_hpf_lua_finish(lua_State *L);
static int ngx_hpf_lua_push_results(lua_State *L);
static void ngx_hpf_lua_cancel(ngx_hpf_call_t *call);
static size_t ngx_hpf_lua_memory(ngx_hpf_plugin_t *plugin);
static int ngx_hpf_lua_collect(lua_State *L);
static void ngx_hpf_lua_log(ngx_hpf_lua_vm_t *vm, lua_State *L,
    const char *what);
static u_char *ngx_hpf_lua_log_lines(ngx_hpf_lua_vm_t *vm, lua_State *L,
    u_char *p, u_char *last);


const ngx_hpf_host_t  ngx_hpf_lua_host = {
    ngx_hpf_lua_load,
    ngx_hpf_lua_unload,
    ngx_hpf_lua_start,
    ngx_hpf_lua_reconcile,
    ngx_hpf_lua_resume,
    ngx_hpf_lua_cancel,
    ngx_hpf_lua_memory,
    NULL,
    ngx_hpf_lua_check
};


static ngx_int_t
ngx_hpf_lua_load(ngx_hpf_plugin_t *plugin, const char *file)
{
    int                rc;
    ngx_hpf_lua_vm_t  *vm;

    vm = ngx_pcalloc(plugin->pool, sizeof(ngx_hpf_lua_vm_t));
    if (vm == NULL) {
        return NGX_ERROR;
    }

    vm->text = ngx_hpf_source_file(plugin->pool, file, plugin->log);
    if (vm->text.data == NULL) {
        return NGX_ERROR;
    }

    if (ngx_hpf_lua_limit_init(plugin->log) != NGX_OK) {
        return NGX_ERROR;
    }

    vm->plugin = plugin;
    vm->limit = plugin->manifest->resources.memory;
    vm->handle = LUA_NOREF;
    vm->reconcile = LUA_NOREF;

    plugin->vm = vm;

    vm->L = lua_newstate(ngx_hpf_lua_alloc, vm);

    if (vm->L == NULL) {
        ngx_log_error(NGX_LOG_ERR, plugin->log, 0,
                      "hpf plugin: \"%V\" not loaded: no memory for a VM",
                      &plugin->id);
        return NGX_ERROR;
    }

    (void) luaJIT_setmode(vm->L, 0, LUAJIT_MODE_ENGINE|LUAJIT_MODE_OFF);

    ngx_hpf_lua_enter(vm, NULL);

    rc = lua_cpcall(vm->L, ngx_hpf_lua_load_text, NULL);

    ngx_hpf_lua_leave(vm);

    if (rc != 0) {
        ngx_hpf_lua_log(vm, vm->L, "not loaded");
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* Compiled, and let go. */

static ngx_int_t
ngx_hpf_lua_check(const char *id, const char *file, char *why)
{
    u_char       name[HPF_MANIFEST_ID + sizeof("@.lua")];
    ngx_int_t    rc;
    ngx_str_t    text;
    lua_State   *L;
    ngx_pool_t  *pool;

    pool = ngx_create_pool(4096, ngx_cycle->log);
    L = luaL_newstate();

    rc = NGX_OK;
    ngx_str_null(&text);

    if (pool && L) {
        text = ngx_hpf_source_file(pool, file, ngx_cycle->log);
    }

    (void) ngx_sprintf(name, "@%s.lua%Z", id);

    if (text.data
        && luaL_loadbufferx(L, (char *) text.data, text.len, (char *) name,
                            "t")
           != 0)
    {
        (void) ngx_cpystrn((u_char *) why, (u_char *) lua_tostring(L, -1),
                           NGX_HPF_WHY);
        rc = NGX_DECLINED;
    }

    if (L) {
        lua_close(L);
    }

    if (pool) {
        ngx_destroy_pool(pool);
    }

    return rc;
}


/* The file returns { handle = function, reconcile = function or nil }. */

static int
ngx_hpf_lua_load_text(lua_State *L)
{
    const char        *name;
    ngx_hpf_lua_vm_t  *vm;

    vm = ngx_hpf_lua_vm(L);

    lua_pushcfunction(L, ngx_hpf_lua_sandbox);
    lua_call(L, 0, 0);

    /* "t": text; bytecode could do anything */

    name = lua_pushfstring(L, "@%s.lua", vm->plugin->manifest->id);

    if (luaL_loadbufferx(L, (char *) vm->text.data, vm->text.len, name, "t")
        != 0)
    {
        return lua_error(L);
    }

    lua_call(L, 0, 1);

    if (!lua_istable(L, -1)) {
        return luaL_error(L, "it must return a table with \"handle\"");
    }

    lua_getfield(L, -1, "handle");

    if (!lua_isfunction(L, -1)) {
        return luaL_error(L, "\"handle\" of its table must be a function");
    }

    vm->handle = luaL_ref(L, LUA_REGISTRYINDEX);

    lua_getfield(L, -1, "reconcile");

    if (lua_isfunction(L, -1)) {
        vm->reconcile = luaL_ref(L, LUA_REGISTRYINDEX);
    }

    lua_pushcfunction(L, ngx_hpf_lua_freeze);
    lua_call(L, 0, 0);

    return 0;
}


static void
ngx_hpf_lua_unload(ngx_hpf_plugin_t *plugin)
{
    ngx_hpf_lua_vm_t  *vm;

    vm = plugin->vm;

    if (vm && vm->L) {
        vm->exempt = 1;
        lua_close(vm->L);
    }
}


static int
ngx_hpf_lua_start(ngx_hpf_call_t *call)
{
    ngx_hpf_lua_vm_t  *vm;

    vm = call->plugin->vm;

    return ngx_hpf_lua_run(call, vm->handle);
}


static int
ngx_hpf_lua_reconcile(ngx_hpf_call_t *call)
{
    ngx_hpf_lua_vm_t  *vm;

    vm = call->plugin->vm;

    return vm->reconcile == LUA_NOREF ? HPF_DECLINED
                                      : ngx_hpf_lua_run(call, vm->reconcile);
}


static int
ngx_hpf_lua_run(ngx_hpf_call_t *call, int function)
{
    int                 rc;
    ngx_hpf_lua_vm_t   *vm;
    ngx_hpf_lua_run_t  *run;

    vm = call->plugin->vm;

    run = ngx_pcalloc(call->pool, sizeof(ngx_hpf_lua_run_t));
    if (run == NULL) {
        return HPF_ERROR;
    }

    run->ref = LUA_NOREF;
    run->function = function;
    call->run = run;

    ngx_hpf_lua_enter(vm, call);

    rc = lua_cpcall(vm->L, ngx_hpf_lua_prepare, call);

    if (rc != 0) {
        ngx_hpf_lua_log(vm, vm->L, "failed");
        ngx_hpf_lua_leave(vm);

        return HPF_ERROR;
    }

    rc = ngx_hpf_lua_continue(call, 1);

    ngx_hpf_lua_leave(vm);

    return rc;
}


/* A coroutine with the function and the request on its stack. */

static int
ngx_hpf_lua_prepare(lua_State *L)
{
    ngx_hpf_call_t     *call;
    ngx_hpf_lua_run_t  *run;

    call = lua_touserdata(L, 1);
    run = call->run;

    run->co = lua_newthread(L);

    lua_rawgeti(L, LUA_REGISTRYINDEX, run->function);
    ngx_hpf_lua_request(L, call);
    lua_xmove(L, run->co, 2);

    run->ref = luaL_ref(L, LUA_REGISTRYINDEX);

    return 0;
}


/* Runs until the coroutine waits, ends or fails. */

static int
ngx_hpf_lua_continue(ngx_hpf_call_t *call, int nargs)
{
    int                 rc;
    ngx_hpf_lua_vm_t   *vm;
    ngx_hpf_lua_run_t  *run;

    vm = call->plugin->vm;
    run = call->run;

    rc = lua_resume(run->co, nargs);

    if (rc == LUA_YIELD) {

        if (run->left) {
            return HPF_AGAIN;
        }

        ngx_log_error(NGX_LOG_ERR, call->log, 0,
                      "hpf plugin: \"%V\" failed: it yielded for nothing",
                      &call->plugin->id);
        return HPF_ERROR;
    }

    if (rc != 0) {

        if (call->answered) {

            /* hpf.fail() ends the call by an error */

            return HPF_OK;
        }

        ngx_hpf_lua_log(vm, run->co, "failed");

        return HPF_ERROR;
    }

    if (call->answered) {
        return HPF_OK;
    }

    if (lua_cpcall(vm->L, ngx_hpf_lua_finish, call) != 0) {
        ngx_hpf_lua_log(vm, vm->L, "failed: what it returns");
        return HPF_ERROR;
    }

    return HPF_OK;
}


/* What the function returned is the result. */

static int
ngx_hpf_lua_finish(lua_State *L)
{
    int                 status;
    json_t             *tree;
    ngx_hpf_call_t     *call;
    ngx_hpf_lua_run_t  *run;

    call = lua_touserdata(L, 1);
    run = call->run;

    tree = NULL;

    if (lua_gettop(run->co) > 0) {
        lua_settop(run->co, 1);
        lua_xmove(run->co, L, 1);

        if (!lua_isnil(L, -1)) {
            tree = ngx_hpf_lua_to_json(L, lua_gettop(L));
        }
    }

    status = call->plugin->manifest->mode == HPF_MANIFEST_QUERY ? 200 : 201;

    (void) ngx_hpf_call_reply(call, status, tree);

    json_decref(tree);

    return 0;
}


static int
ngx_hpf_lua_resume(ngx_hpf_call_t *call, const hpf_result_t *result)
{
    int                  n, rc;
    ngx_uint_t           i;
    ngx_hpf_lua_vm_t    *vm;
    ngx_hpf_lua_run_t   *run;
    ngx_hpf_lua_wait_t  *wait;

    vm = call->plugin->vm;
    run = call->run;

    for (i = 0; i < run->nwaits; i++) {
        wait = &run->waits[i];

        if (wait->op == result->op && wait->result == NULL) {
            wait->copy = *result;
            wait->result = &wait->copy;
            run->left--;
        }
    }

    if (run->left) {
        return HPF_AGAIN;
    }

    ngx_hpf_lua_enter(vm, call);

    if (lua_cpcall(vm->L, ngx_hpf_lua_push_results, call) != 0) {
        ngx_hpf_lua_log(vm, vm->L, "failed");
        ngx_hpf_lua_leave(vm);

        return HPF_ERROR;
    }

    /* a failure has two values: nil, and why */

    n = lua_gettop(run->co);
    run->nwaits = 0;

    rc = ngx_hpf_lua_continue(call, n);

    ngx_hpf_lua_leave(vm);

    return rc;
}


/* The coroutine does not run: an error of its own would be caught by nobody. */

static int
ngx_hpf_lua_push_results(lua_State *L)
{
    int                 n, rc;
    ngx_hpf_call_t     *call;
    ngx_hpf_lua_vm_t   *vm;
    ngx_hpf_lua_run_t  *run;

    call = lua_touserdata(L, 1);
    run = call->run;
    vm = call->plugin->vm;

    n = ngx_hpf_lua_results(L, run);

    lua_settop(run->co, 0);

    vm->exempt = 1;
    rc = lua_checkstack(run->co, n);
    vm->exempt = 0;

    if (!rc) {
        return luaL_error(L, "stack overflow");
    }

    lua_xmove(L, run->co, n);

    return 0;
}


static void
ngx_hpf_lua_cancel(ngx_hpf_call_t *call)
{
    ngx_hpf_lua_vm_t   *vm;
    ngx_hpf_lua_run_t  *run;

    vm = call->plugin->vm;
    run = call->run;

    if (run && run->ref != LUA_NOREF) {
        vm->exempt = 1;
        luaL_unref(vm->L, LUA_REGISTRYINDEX, run->ref);

        if (call->failed) {

            /* what filled the VM is no reason to refuse the next request */

            (void) lua_cpcall(vm->L, ngx_hpf_lua_collect, NULL);
            lua_settop(vm->L, 0);
        }

        vm->exempt = 0;
        run->ref = LUA_NOREF;
    }
}


static size_t
ngx_hpf_lua_memory(ngx_hpf_plugin_t *plugin)
{
    ngx_hpf_lua_vm_t  *vm;

    vm = plugin->vm;

    return vm->used;
}


static int
ngx_hpf_lua_collect(lua_State *L)
{
    (void) lua_gc(L, LUA_GCCOLLECT, 0);

    return 0;
}


/*
 * The message has file and line, and the callers' lines follow; it goes to the
 * log and nowhere else.
 */

static void
ngx_hpf_lua_log(ngx_hpf_lua_vm_t *vm, lua_State *L, const char *what)
{
    u_char  *p, buf[1024];

    p = lua_type(L, -1) == LUA_TSTRING
        ? ngx_snprintf(buf, sizeof(buf), "%s: %s", what, lua_tostring(L, -1))
        : ngx_snprintf(buf, sizeof(buf), "%s: an error that is a %s, no text",
                       what, luaL_typename(L, -1));

    p = ngx_hpf_lua_log_lines(vm, L, p, buf + sizeof(buf));

    ngx_hpf_plugin_log(vm->plugin, vm->call ? vm->call->log : vm->plugin->log,
                       HPF_LOG_ERR, (char *) buf, p - buf);

    if (L == vm->L) {
        lua_settop(L, 0);
    }
}


/*
 * Out of memory there is no line but that of the function, and a function
 * that was left by "return f()" is not there: then it is the one that was
 * called for the request.
 */

static u_char *
ngx_hpf_lua_log_lines(ngx_hpf_lua_vm_t *vm, lua_State *L, u_char *p,
    u_char *last)
{
    int                 level;
    u_char             *begin;
    lua_Debug           ar;
    ngx_hpf_lua_run_t  *run;

    begin = p;

    for (level = 0; level < 8 && lua_getstack(L, level, &ar); level++) {

        if (!lua_getinfo(L, "Sl", &ar)) {
            continue;
        }

        if (ar.currentline > 0) {
            p = ngx_slprintf(p, last, ", %s:%d", ar.short_src,
                             ar.currentline);

        } else if (ar.linedefined > 0) {
            p = ngx_slprintf(p, last, ", in the function of %s:%d",
                             ar.short_src, ar.linedefined);
        }
    }

    if (p != begin) {
        return p;
    }

    if (vm->call == NULL) {
        return ngx_slprintf(p, last, ", in %V.lua", &vm->plugin->id);
    }

    run = vm->call->run;

    lua_rawgeti(vm->L, LUA_REGISTRYINDEX, run->function);
    (void) lua_getinfo(vm->L, ">S", &ar);

    return ngx_slprintf(p, last, ", in the function of %s:%d", ar.short_src,
                        ar.linedefined);
}
