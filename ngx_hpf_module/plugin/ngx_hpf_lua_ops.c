/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The functions of "hpf" that wait: each begins an operation, notes it in
 * the run and yields; what ngx_hpf_lua_results() pushes when all of them
 * have ended is what the function returns.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include <math.h>

#include "ngx_hpf_lua.h"


#define NGX_HPF_LUA_KEY        512     /* bytes in kv */
#define NGX_HPF_LUA_VALUE_LEN  (256 * 1024)


static int ngx_hpf_lua_ops_backend(lua_State *L);
static int ngx_hpf_lua_ops_all(lua_State *L);
static void ngx_hpf_lua_ops_one(lua_State *L, int index);
static int32_t ngx_hpf_lua_ops_request(lua_State *L, ngx_hpf_call_t *call,
    int name, int options);
static int ngx_hpf_lua_ops_case_open(lua_State *L);
static int ngx_hpf_lua_ops_case_set(lua_State *L);
static int ngx_hpf_lua_ops_get(lua_State *L);
static int ngx_hpf_lua_ops_set(lua_State *L);
static int ngx_hpf_lua_ops_add(lua_State *L);
static int ngx_hpf_lua_ops_del(lua_State *L);
static int ngx_hpf_lua_ops_incr(lua_State *L);
static int ngx_hpf_lua_ops_kv(lua_State *L, ngx_hpf_kv_args_t *args,
    ngx_hpf_lua_kind_e kind);
static int ngx_hpf_lua_ops_redis(lua_State *L);
static int ngx_hpf_lua_ops_sleep(lua_State *L);
static void ngx_hpf_lua_ops_string(lua_State *L, int index, ngx_str_t *s);
static void ngx_hpf_lua_ops_key(lua_State *L, ngx_str_t *key);
static void ngx_hpf_lua_ops_value(lua_State *L, ngx_str_t *value);
static ngx_uint_t ngx_hpf_lua_ops_ttl(lua_State *L, int index);
static void ngx_hpf_lua_ops_note(lua_State *L, ngx_hpf_call_t *call,
    int32_t op, ngx_hpf_lua_kind_e kind);
static ngx_hpf_call_t *ngx_hpf_lua_ops_begin(lua_State *L, const char *name);
static int ngx_hpf_lua_ops_wait(lua_State *L, ngx_hpf_call_t *call);
static void ngx_hpf_lua_ops_push(lua_State *L, ngx_hpf_lua_wait_t *wait);
static void ngx_hpf_lua_ops_answer(lua_State *L, const hpf_result_t *result);
static void ngx_hpf_lua_ops_nil(lua_State *L, const hpf_result_t *result);


static const luaL_Reg  ngx_hpf_lua_ops_functions[] = {
    { "backend", ngx_hpf_lua_ops_backend },
    { "redis", ngx_hpf_lua_ops_redis },
    { "all", ngx_hpf_lua_ops_all },
    { "sleep", ngx_hpf_lua_ops_sleep },
    { NULL, NULL }
};

static const luaL_Reg  ngx_hpf_lua_ops_case[] = {
    { "open", ngx_hpf_lua_ops_case_open },
    { "set", ngx_hpf_lua_ops_case_set },
    { NULL, NULL }
};

static const luaL_Reg  ngx_hpf_lua_ops_kvs[] = {
    { "get", ngx_hpf_lua_ops_get },
    { "set", ngx_hpf_lua_ops_set },
    { "add", ngx_hpf_lua_ops_add },
    { "del", ngx_hpf_lua_ops_del },
    { "incr", ngx_hpf_lua_ops_incr },
    { NULL, NULL }
};

/* What hpf.all() takes. */

static const lua_CFunction  ngx_hpf_lua_ops_together[] = {
    ngx_hpf_lua_ops_backend,
    ngx_hpf_lua_ops_redis,
    ngx_hpf_lua_ops_sleep,
    ngx_hpf_lua_ops_get,
    ngx_hpf_lua_ops_set,
    ngx_hpf_lua_ops_add,
    ngx_hpf_lua_ops_del,
    ngx_hpf_lua_ops_incr,
    NULL
};

static const char  *ngx_hpf_lua_ops_outcome[] = {
    "done", "unavailable", "unknown", "timeout", "refused"
};


/* With the table "hpf" on the stack. */

void
ngx_hpf_lua_ops_init(lua_State *L)
{
    luaL_register(L, NULL, ngx_hpf_lua_ops_functions);

    lua_newtable(L);
    luaL_register(L, NULL, ngx_hpf_lua_ops_case);
    lua_setfield(L, -2, "case");

    lua_newtable(L);
    luaL_register(L, NULL, ngx_hpf_lua_ops_kvs);
    lua_setfield(L, -2, "kv");
}


ngx_hpf_call_t *
ngx_hpf_lua_call(lua_State *L, const char *name)
{
    ngx_hpf_lua_vm_t  *vm;

    vm = ngx_hpf_lua_vm(L);

    if (vm->call == NULL) {
        (void) luaL_error(L, "hpf.%s() is for a request, not for the time of "
                          "loading", name);
    }

    if (vm->call->answered) {
        (void) luaL_error(L, "hpf.%s() comes after hpf.fail()", name);
    }

    return vm->call;
}


/*
 * hpf.backend(name, { method =, path =, json = }): one answer,
 * { ok =, status =, outcome =, json =, body = }
 */

static int
ngx_hpf_lua_ops_backend(lua_State *L)
{
    int32_t          op;
    ngx_hpf_call_t  *call;

    call = ngx_hpf_lua_ops_begin(L, "backend");

    op = ngx_hpf_lua_ops_request(L, call, 1, 2);
    ngx_hpf_lua_ops_note(L, call, op, NGX_HPF_LUA_BACKEND);

    return ngx_hpf_lua_ops_wait(L, call);
}


/*
 * hpf.all({ name, { … } }, { hpf.kv.get, key }, …): as many values, of
 * operations that are under way at once.  Each function is called, and returns
 * without having waited.
 */

static int
ngx_hpf_lua_ops_all(lua_State *L)
{
    int                 i, n, rc;
    ngx_hpf_call_t     *call;
    ngx_hpf_lua_run_t  *run;

    call = ngx_hpf_lua_ops_begin(L, "all");
    run = call->run;
    n = lua_gettop(L);

    luaL_argcheck(L, n > 0, 1, "a table with an operation is expected");
    luaL_argcheck(L, n <= NGX_HPF_CALL_OPS, n, "too many at once");
    luaL_checkstack(L, 8, "all");

    for (i = 1; i <= n; i++) {
        luaL_checktype(L, i, LUA_TTABLE);
        ngx_hpf_lua_ops_one(L, i);

        run->together = 1;
        rc = lua_pcall(L, 3, 0, 0);
        run->together = 0;

        if (rc != 0) {
            return lua_error(L);
        }
    }

    run->all = 1;

    return ngx_hpf_lua_ops_wait(L, call);
}


/*
 * The function and three arguments on the stack.  A name in its place is that
 * of a back end.
 */

static void
ngx_hpf_lua_ops_one(lua_State *L, int index)
{
    int                   i, backend;
    const lua_CFunction  *known;

    lua_rawgeti(L, index, 1);

    backend = lua_type(L, -1) == LUA_TSTRING;

    if (backend) {
        lua_pushcfunction(L, ngx_hpf_lua_ops_backend);
        lua_insert(L, -2);

    } else {
        known = ngx_hpf_lua_ops_together;

        while (*known && *known != lua_tocfunction(L, -1)) {
            known++;
        }

        luaL_argcheck(L, *known, index, "it is nothing that can run together "
                      "with others");
    }

    for (i = 2; i <= 4 - backend; i++) {
        lua_rawgeti(L, index, i);
    }
}


static int32_t
ngx_hpf_lua_ops_request(lua_State *L, ngx_hpf_call_t *call, int name,
    int options)
{
    int32_t                 op;
    ngx_hpf_backend_args_t  args;

    if (lua_type(L, name) != LUA_TSTRING || !lua_istable(L, options)) {
        (void) luaL_error(L, "the name of a back end and a table with "
                          "\"method\", \"path\" and \"json\" are expected");
    }

    ngx_hpf_lua_count_ops(L, NGX_HPF_LUA_BACKEND_OPS);

    ngx_memzero(&args, sizeof(ngx_hpf_backend_args_t));

    /* no code of Lua runs here; strings stay on the stack while needed */

    ngx_hpf_lua_ops_string(L, name, &args.backend);

    lua_pushliteral(L, "path");
    lua_rawget(L, options);

    if (lua_type(L, -1) != LUA_TSTRING) {
        (void) luaL_error(L, "\"path\" of a call to back end \"%s\" must be "
                          "a string", lua_tostring(L, name));
    }

    ngx_hpf_lua_ops_string(L, -1, &args.path);

    lua_pushliteral(L, "method");
    lua_rawget(L, options);

    if (lua_type(L, -1) == LUA_TSTRING) {
        ngx_hpf_lua_ops_string(L, -1, &args.method);
    }

    lua_pushliteral(L, "json");
    lua_rawget(L, options);

    if (!lua_isnil(L, -1)) {
        args.body = ngx_hpf_lua_to_json(L, lua_gettop(L));
    }

    if (args.method.len == 0) {
        args.method.data = (u_char *) (args.body ? "POST" : "GET");
        args.method.len = ngx_strlen(args.method.data);
    }

    op = ngx_hpf_call_backend(call, &args);

    json_decref(args.body);
    lua_pop(L, 3);

    return op;
}


/* hpf.case.open(status [, data]): the case number. */

static int
ngx_hpf_lua_ops_case_open(lua_State *L)
{
    int32_t               op;
    ngx_hpf_call_t       *call;
    ngx_hpf_case_args_t   args;

    call = ngx_hpf_lua_ops_begin(L, "case.open");

    ngx_memzero(&args, sizeof(ngx_hpf_case_args_t));

    ngx_hpf_lua_ops_string(L, 1, &args.status);

    if (!lua_isnoneornil(L, 2)) {
        args.tree = ngx_hpf_lua_to_json(L, 2);
    }

    op = ngx_hpf_call_case(call, call->ops->case_open, &args);

    json_decref(args.tree);

    ngx_hpf_lua_ops_note(L, call, op, NGX_HPF_LUA_VALUE);

    return ngx_hpf_lua_ops_wait(L, call);
}


/* hpf.case.set(status [, note [, result]]): true. */

static int
ngx_hpf_lua_ops_case_set(lua_State *L)
{
    int32_t               op;
    ngx_hpf_call_t       *call;
    ngx_hpf_case_args_t   args;

    call = ngx_hpf_lua_ops_begin(L, "case.set");

    ngx_memzero(&args, sizeof(ngx_hpf_case_args_t));

    ngx_hpf_lua_ops_string(L, 1, &args.status);

    if (!lua_isnoneornil(L, 2)) {
        ngx_hpf_lua_check_text(L, 2);
        ngx_hpf_lua_ops_string(L, 2, &args.note);
    }

    if (!lua_isnoneornil(L, 3)) {
        args.tree = ngx_hpf_lua_to_json(L, 3);
    }

    op = ngx_hpf_call_case(call, call->ops->case_set, &args);

    json_decref(args.tree);

    ngx_hpf_lua_ops_note(L, call, op, NGX_HPF_LUA_DONE);

    return ngx_hpf_lua_ops_wait(L, call);
}


/* hpf.kv.get(key): a string, nil for none. */

static int
ngx_hpf_lua_ops_get(lua_State *L)
{
    ngx_hpf_kv_args_t  args;

    ngx_memzero(&args, sizeof(ngx_hpf_kv_args_t));
    args.verb = NGX_HPF_KV_GET;

    return ngx_hpf_lua_ops_kv(L, &args, NGX_HPF_LUA_VALUE);
}


/* hpf.kv.set(key, value, ttl): true. */

static int
ngx_hpf_lua_ops_set(lua_State *L)
{
    ngx_hpf_kv_args_t  args;

    ngx_memzero(&args, sizeof(ngx_hpf_kv_args_t));
    args.verb = NGX_HPF_KV_SET;
    ngx_hpf_lua_ops_value(L, &args.value);
    args.ttl = ngx_hpf_lua_ops_ttl(L, 3);

    return ngx_hpf_lua_ops_kv(L, &args, NGX_HPF_LUA_DONE);
}


/* hpf.kv.add(key, value, ttl): true, or nil and "exists". */

static int
ngx_hpf_lua_ops_add(lua_State *L)
{
    ngx_hpf_kv_args_t  args;

    ngx_memzero(&args, sizeof(ngx_hpf_kv_args_t));
    args.verb = NGX_HPF_KV_ADD;
    ngx_hpf_lua_ops_value(L, &args.value);
    args.ttl = ngx_hpf_lua_ops_ttl(L, 3);

    return ngx_hpf_lua_ops_kv(L, &args, NGX_HPF_LUA_DONE);
}


/* hpf.kv.del(key): true. */

static int
ngx_hpf_lua_ops_del(lua_State *L)
{
    ngx_hpf_kv_args_t  args;

    ngx_memzero(&args, sizeof(ngx_hpf_kv_args_t));
    args.verb = NGX_HPF_KV_DEL;

    return ngx_hpf_lua_ops_kv(L, &args, NGX_HPF_LUA_DONE);
}


/* hpf.kv.incr(key, by, ttl): the new number. */

static int
ngx_hpf_lua_ops_incr(lua_State *L)
{
    lua_Number         by;
    ngx_hpf_kv_args_t  args;

    by = luaL_checknumber(L, 2);

    luaL_argcheck(L, by >= -NGX_HPF_LUA_INTEGER && by <= NGX_HPF_LUA_INTEGER
                  && by == (lua_Number) (int64_t) by, 2,
                  "a whole number is expected");

    ngx_memzero(&args, sizeof(ngx_hpf_kv_args_t));
    args.verb = NGX_HPF_KV_INCR;
    args.by = (int64_t) by;
    args.ttl = ngx_hpf_lua_ops_ttl(L, 3);

    return ngx_hpf_lua_ops_kv(L, &args, NGX_HPF_LUA_NUMBER);
}


static int
ngx_hpf_lua_ops_kv(lua_State *L, ngx_hpf_kv_args_t *args,
    ngx_hpf_lua_kind_e kind)
{
    int32_t          op;
    ngx_hpf_call_t  *call;

    call = ngx_hpf_lua_ops_begin(L, "kv");

    ngx_hpf_lua_ops_key(L, &args->key);

    op = ngx_hpf_call_kv(call, args);
    ngx_hpf_lua_ops_note(L, call, op, kind);

    return ngx_hpf_lua_ops_wait(L, call);
}


/* hpf.redis({ command, key, …, ttl = seconds }): the reply, nil for none. */

static int
ngx_hpf_lua_ops_redis(lua_State *L)
{
    int                    i;
    int32_t                op;
    ngx_str_t              argv[NGX_HPF_COMMAND_ARGS];
    ngx_hpf_call_t        *call;
    ngx_hpf_redis_args_t   args;

    call = ngx_hpf_lua_ops_begin(L, "redis");

    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkstack(L, NGX_HPF_COMMAND_ARGS + 4, "redis");
    lua_settop(L, 1);

    args.argc = lua_objlen(L, 1);
    args.argv = argv;
    args.ttl = 0;

    luaL_argcheck(L, args.argc <= NGX_HPF_COMMAND_ARGS, 1, "too many words");

    lua_pushliteral(L, "ttl");
    lua_rawget(L, 1);

    if (!lua_isnil(L, 2)) {
        args.ttl = ngx_hpf_lua_ops_ttl(L, 2);
    }

    /* the words stay on the stack while they are needed */

    for (i = 1; i <= (int) args.argc; i++) {
        lua_rawgeti(L, 1, i);

        if (!lua_isstring(L, -1)) {
            return luaL_error(L, "word %d of a command is no string", i);
        }

        ngx_hpf_lua_ops_string(L, i + 2, &argv[i - 1]);
    }

    op = ngx_hpf_call_redis(call, &args);
    ngx_hpf_lua_ops_note(L, call, op, NGX_HPF_LUA_TREE);

    return ngx_hpf_lua_ops_wait(L, call);
}


/* hpf.sleep(ms) */

static int
ngx_hpf_lua_ops_sleep(lua_State *L)
{
    int32_t          op;
    lua_Number       ms;
    ngx_hpf_call_t  *call;

    call = ngx_hpf_lua_ops_begin(L, "sleep");
    ms = luaL_checknumber(L, 1);

    luaL_argcheck(L, ms >= 0 && ms <= 60000, 1, "0 to 60000 ms are expected");

    op = ngx_hpf_call_sleep(call, (ngx_msec_t) ms);
    ngx_hpf_lua_ops_note(L, call, op, NGX_HPF_LUA_DONE);

    return ngx_hpf_lua_ops_wait(L, call);
}


static void
ngx_hpf_lua_ops_string(lua_State *L, int index, ngx_str_t *s)
{
    s->data = (u_char *) luaL_checklstring(L, index, &s->len);
}


static void
ngx_hpf_lua_ops_key(lua_State *L, ngx_str_t *key)
{
    ngx_hpf_lua_ops_string(L, 1, key);

    luaL_argcheck(L, key->len > 0 && key->len <= NGX_HPF_LUA_KEY
                  && memchr(key->data, '\0', key->len) == NULL,
                  1, "a key of 1 to 512 bytes without a zero is expected");
}


static void
ngx_hpf_lua_ops_value(lua_State *L, ngx_str_t *value)
{
    ngx_hpf_lua_ops_string(L, 2, value);

    luaL_argcheck(L, value->len <= NGX_HPF_LUA_VALUE_LEN, 2,
                  "a value has at most 262144 bytes");
}


static ngx_uint_t
ngx_hpf_lua_ops_ttl(lua_State *L, int index)
{
    lua_Number  ttl;

    ttl = luaL_checknumber(L, index);

    luaL_argcheck(L, ttl >= 1 && ttl <= 366 * 86400, index,
                  "1 s to 366 days are expected");

    return (ngx_uint_t) ttl;
}


static void
ngx_hpf_lua_ops_note(lua_State *L, ngx_hpf_call_t *call, int32_t op,
    ngx_hpf_lua_kind_e kind)
{
    ngx_hpf_lua_run_t   *run;
    ngx_hpf_lua_wait_t  *wait;

    run = call->run;

    if (op <= 0) {

        /* each has a line in the log */

        if (!ngx_hpf_lua_count_line(ngx_hpf_lua_vm(L))) {
            ngx_hpf_lua_charge(L, HUGE_VAL);
        }

        (void) luaL_error(L, "the operation was refused, the log says why");
    }

    wait = &run->waits[run->nwaits++];

    wait->op = op;
    wait->kind = kind;
    wait->result = NULL;

    run->left++;
}


/* hpf.all() waits for what it has called. */

static int
ngx_hpf_lua_ops_wait(lua_State *L, ngx_hpf_call_t *call)
{
    ngx_hpf_lua_run_t  *run;

    run = call->run;

    return run->together ? 0 : lua_yield(L, 0);
}


/*
 * Nothing is begun that could not be waited for.  What an error left behind
 * in an earlier function is not waited for.
 */

static ngx_hpf_call_t *
ngx_hpf_lua_ops_begin(lua_State *L, const char *name)
{
    ngx_hpf_call_t     *call;
    ngx_hpf_lua_run_t  *run;

    call = ngx_hpf_lua_call(L, name);
    run = call->run;

    if (!run->together) {
        run->all = 0;
        run->nwaits = 0;
        run->left = 0;

        if (!lua_isyieldable(L)) {
            (void) luaL_error(L, "hpf.%s() cannot wait inside of a function "
                              "of C", name);
        }
    }

    ngx_hpf_lua_count_ops(L, 1);

    return call;
}


int
ngx_hpf_lua_results(lua_State *L, ngx_hpf_lua_run_t *run)
{
    int         top;
    ngx_uint_t  i;

    luaL_checkstack(L, (int) run->nwaits + 4, "results");

    top = lua_gettop(L);

    for (i = 0; i < run->nwaits; i++) {
        ngx_hpf_lua_ops_push(L, &run->waits[i]);

        /* hpf.all() has no place for why a value is nil */

        if (run->all) {
            lua_settop(L, top + (int) i + 1);
        }
    }

    return lua_gettop(L) - top;
}


static void
ngx_hpf_lua_ops_push(lua_State *L, ngx_hpf_lua_wait_t *wait)
{
    char                *end;
    const hpf_result_t  *result;

    result = wait->result;

    if (wait->kind == NGX_HPF_LUA_BACKEND) {
        ngx_hpf_lua_ops_answer(L, result);
        return;
    }

    if (result->outcome != HPF_DONE || result->status >= 400) {
        ngx_hpf_lua_ops_nil(L, result);
        return;
    }

    switch (wait->kind) {

    case NGX_HPF_LUA_VALUE:
        lua_pushlstring(L, result->value.data, result->value.len);
        break;

    case NGX_HPF_LUA_NUMBER:
        lua_pushlstring(L, result->value.data, result->value.len);
        lua_pushnumber(L, strtod(lua_tostring(L, -1), &end));
        lua_remove(L, -2);
        break;

    case NGX_HPF_LUA_TREE:
        ngx_hpf_lua_push_json(L, (const json_t *) result->json);
        break;

    default:
        lua_pushboolean(L, 1);
    }
}


static void
ngx_hpf_lua_ops_answer(lua_State *L, const hpf_result_t *result)
{
    ngx_hpf_lua_count_bytes(L, result->body.len);

    lua_createtable(L, 0, 5);

    lua_pushboolean(L, result->outcome == HPF_DONE && result->status >= 200
                       && result->status < 300);
    lua_setfield(L, -2, "ok");

    lua_pushinteger(L, result->status);
    lua_setfield(L, -2, "status");

    lua_pushstring(L, ngx_hpf_lua_ops_outcome[result->outcome]);
    lua_setfield(L, -2, "outcome");

    lua_pushlstring(L, result->body.data, result->body.len);
    lua_setfield(L, -2, "body");

    ngx_hpf_lua_push_json(L, (json_t *) result->json);
    lua_setfield(L, -2, "json");
}


/* A value that is not there is nil alone. */

static void
ngx_hpf_lua_ops_nil(lua_State *L, const hpf_result_t *result)
{
    lua_pushnil(L);

    if (result->outcome != HPF_DONE) {
        lua_pushstring(L, ngx_hpf_lua_ops_outcome[result->outcome]);

    } else if (result->status == 409) {
        lua_pushliteral(L, "exists");
    }
}
