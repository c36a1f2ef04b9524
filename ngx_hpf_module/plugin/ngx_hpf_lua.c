/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The Lua host: a VM with an allocator that has a limit and without the JIT
 * compiler, whose code runs no hooks; a call is a coroutine; instructions are
 * counted by a hook that a loop of pcall() cannot swallow, since from its
 * first error on it comes at every instruction.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_lua.h"
#include "ngx_hpf_plugins.h"


static ngx_int_t ngx_hpf_lua_load(ngx_hpf_plugin_t *plugin, const char *file);
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
static void ngx_hpf_lua_enter(ngx_hpf_lua_vm_t *vm, ngx_hpf_call_t *call);
static void ngx_hpf_lua_leave(ngx_hpf_lua_vm_t *vm);
static void ngx_hpf_lua_hook(lua_State *L, lua_Debug *ar);
static uint64_t ngx_hpf_lua_cpu(void);
static void *ngx_hpf_lua_alloc(void *ud, void *p, size_t old, size_t size);
static void ngx_hpf_lua_log(ngx_hpf_lua_vm_t *vm, lua_State *L,
    const char *what);


const ngx_hpf_host_t  ngx_hpf_lua_host = {
    ngx_hpf_lua_load,
    ngx_hpf_lua_unload,
    ngx_hpf_lua_start,
    ngx_hpf_lua_reconcile,
    ngx_hpf_lua_resume,
    ngx_hpf_lua_cancel
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
    run->left = function;              /* for prepare */
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

    lua_rawgeti(L, LUA_REGISTRYINDEX, (int) run->left);
    ngx_hpf_lua_request(L, call);
    lua_xmove(L, run->co, 2);

    run->ref = luaL_ref(L, LUA_REGISTRYINDEX);
    run->left = 0;

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
        ngx_hpf_lua_log(vm, vm->L, "failed");
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


static int
ngx_hpf_lua_push_results(lua_State *L)
{
    int                 n;
    ngx_hpf_call_t     *call;
    ngx_hpf_lua_run_t  *run;

    call = lua_touserdata(L, 1);
    run = call->run;

    n = ngx_hpf_lua_results(L, run);

    luaL_checkstack(run->co, n, "results");
    lua_settop(run->co, 0);
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
        luaL_unref(vm->L, LUA_REGISTRYINDEX, run->ref);
        run->ref = LUA_NOREF;
    }
}


/*
 * The budget is of one stretch between two waits.  Time is the last resort:
 * an instruction may work on strings that are long.
 */

static void
ngx_hpf_lua_enter(ngx_hpf_lua_vm_t *vm, ngx_hpf_call_t *call)
{
    vm->call = call;
    vm->left = vm->plugin->manifest->resources.instructions;
    vm->until = ngx_hpf_lua_cpu() + NGX_HPF_LUA_STRETCH;

    (void) lua_sethook(vm->L, ngx_hpf_lua_hook, LUA_MASKCOUNT,
                       NGX_HPF_LUA_HOOK);
}


static void
ngx_hpf_lua_leave(ngx_hpf_lua_vm_t *vm)
{
    (void) lua_sethook(vm->L, NULL, 0, 0);

    vm->call = NULL;
}


static void
ngx_hpf_lua_hook(lua_State *L, lua_Debug *ar)
{
    ngx_hpf_lua_vm_t  *vm;

    vm = ngx_hpf_lua_vm(L);

    if (vm->left > NGX_HPF_LUA_HOOK && ngx_hpf_lua_cpu() < vm->until) {
        vm->left -= NGX_HPF_LUA_HOOK;
        return;
    }

    vm->left = 0;

    (void) lua_sethook(L, ngx_hpf_lua_hook, LUA_MASKCOUNT, 1);

    (void) lua_getinfo(L, "Sl", ar);
    (void) lua_pushfstring(L, "%s:%d: the limit of instructions is reached",
                           ar->short_src, ar->currentline);
    (void) lua_error(L);
}


/* ms of the worker: what others take of the machine is not the plugin's */

static uint64_t
ngx_hpf_lua_cpu(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);

    return (uint64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


static void *
ngx_hpf_lua_alloc(void *ud, void *p, size_t old, size_t size)
{
    ngx_hpf_lua_vm_t *vm = ud;

    void  *n;

    if (size == 0) {
        vm->used -= old;
        free(p);
        return NULL;
    }

    if (size > old && vm->used + (size - old) > vm->limit) {
        return NULL;
    }

    n = realloc(p, size);

    if (n) {
        vm->used += size - old;

        /* one instruction can make a long string: its length counts too */

        vm->left -= ngx_min(vm->left, size / NGX_HPF_LUA_BYTES);
    }

    return n;
}


ngx_hpf_lua_vm_t *
ngx_hpf_lua_vm(lua_State *L)
{
    void  *vm;

    (void) lua_getallocf(L, &vm);

    return vm;
}


/*
 * The message has file and line, and the callers' lines follow; it goes to the
 * log and nowhere else.
 */

static void
ngx_hpf_lua_log(ngx_hpf_lua_vm_t *vm, lua_State *L, const char *what)
{
    int          level;
    u_char      *p, *last, buf[1024];
    lua_Debug    ar;
    const char  *text;

    text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1)
                                          : "an error that is no text";

    last = buf + sizeof(buf);
    p = ngx_snprintf(buf, sizeof(buf), "%s: %s", what, text);

    for (level = 0; level < 8 && lua_getstack(L, level, &ar); level++) {

        if (lua_getinfo(L, "Sl", &ar) && ar.currentline > 0) {
            p = ngx_slprintf(p, last, ", %s:%d", ar.short_src,
                             ar.currentline);
        }
    }

    ngx_hpf_plugin_log(vm->plugin, vm->call ? vm->call->log : vm->plugin->log,
                       HPF_LOG_ERR, (char *) buf, p - buf);

    if (L == vm->L) {
        lua_settop(L, 0);
    }
}
