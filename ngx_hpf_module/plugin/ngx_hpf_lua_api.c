/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The table "hpf" and the request, as Lua sees them.  Programming errors
 * raise; what may happen to a right program is returned, as nil and why.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_iface.h"
#include "ngx_hpf_lua.h"


static int ngx_hpf_lua_api_fail(lua_State *L);
static int ngx_hpf_lua_api_escape(lua_State *L);
static int ngx_hpf_lua_api_fen(lua_State *L);
static int ngx_hpf_lua_api_yuan(lua_State *L);
static void ngx_hpf_lua_api_log(lua_State *L);
static int ngx_hpf_lua_api_log_write(lua_State *L);
static void ngx_hpf_lua_api_user(lua_State *L, ngx_hpf_call_t *call);
static void ngx_hpf_lua_api_person(lua_State *L, ngx_hpf_call_t *call);
static int ngx_hpf_lua_api_fact(lua_State *L, ngx_hpf_call_t *call,
    const char *name, const char *field);


static const luaL_Reg  ngx_hpf_lua_api_functions[] = {
    { "fail", ngx_hpf_lua_api_fail },
    { "escape", ngx_hpf_lua_api_escape },
    { "fen", ngx_hpf_lua_api_fen },
    { "yuan", ngx_hpf_lua_api_yuan },
    { NULL, NULL }
};


void
ngx_hpf_lua_api(lua_State *L)
{
    lua_newtable(L);

    luaL_register(L, NULL, ngx_hpf_lua_api_functions);

    ngx_hpf_lua_json_init(L);
    ngx_hpf_lua_ops_init(L);
    ngx_hpf_lua_crypto_init(L);
    ngx_hpf_lua_metric_init(L);
    ngx_hpf_lua_api_log(L);
}


/* hpf.fail(code [, detail [, extra]]): does not return. */

static int
ngx_hpf_lua_api_fail(lua_State *L)
{
    json_t          *extra;
    const char      *code, *detail;
    ngx_hpf_call_t  *call;

    call = ngx_hpf_lua_call(L, "fail");

    code = luaL_checkstring(L, 1);
    detail = NULL;
    extra = NULL;

    if (!lua_isnoneornil(L, 2)) {
        ngx_hpf_lua_check_text(L, 2);
        detail = lua_tostring(L, 2);
    }

    if (!lua_isnoneornil(L, 3)) {
        luaL_checktype(L, 3, LUA_TTABLE);
        extra = ngx_hpf_lua_to_json(L, 3);
    }

    (void) ngx_hpf_call_fail(call, code, detail, extra);

    json_decref(extra);

    return luaL_error(L, "%s", code);
}


/* hpf.escape(text): for a part of a path or a query. */

static int
ngx_hpf_lua_api_escape(lua_State *L)
{
    char       *buf;
    hpf_str_t   s;

    s.data = luaL_checklstring(L, 1, &s.len);
    buf = lua_newuserdata(L, HPF_TEXT_ESCAPE(s.len) + 1);

    lua_pushlstring(L, buf, ngx_hpf_iface_text.escape(buf, s));

    return 1;
}


/* hpf.fen("1024.00") is 102400, nil for what is no money. */

static int
ngx_hpf_lua_api_fen(lua_State *L)
{
    int64_t    fen;
    hpf_str_t  s;

    s.data = luaL_checklstring(L, 1, &s.len);

    if (ngx_hpf_iface_text.fen(s, &fen) != HPF_OK
        || fen > NGX_HPF_LUA_INTEGER || fen < -NGX_HPF_LUA_INTEGER)
    {
        lua_pushnil(L);

    } else {
        lua_pushnumber(L, (lua_Number) fen);
    }

    return 1;
}


/* hpf.yuan(102400) is "1024.00". */

static int
ngx_hpf_lua_api_yuan(lua_State *L)
{
    char        buf[HPF_TEXT_YUAN];
    lua_Number  fen;

    fen = luaL_checknumber(L, 1);

    if (!(fen >= -NGX_HPF_LUA_INTEGER && fen <= NGX_HPF_LUA_INTEGER)
        || fen != (lua_Number) (int64_t) fen)
    {
        return luaL_argerror(L, 1, "a whole number of fen is expected");
    }

    lua_pushlstring(L, buf, ngx_hpf_iface_text.yuan(buf, (int64_t) fen));

    return 1;
}


/* hpf.log.err(text), warn, notice, info, debug */

static void
ngx_hpf_lua_api_log(lua_State *L)
{
    int  level;

    static const char  *names[] = { "err", "warn", "notice", "info", "debug" };

    lua_newtable(L);

    for (level = HPF_LOG_ERR; level <= HPF_LOG_DEBUG; level++) {
        lua_pushinteger(L, level);
        lua_pushcclosure(L, ngx_hpf_lua_api_log_write, 1);
        lua_setfield(L, -2, names[level - HPF_LOG_ERR]);
    }

    lua_setfield(L, -2, "log");
}


static int
ngx_hpf_lua_api_log_write(lua_State *L)
{
    int                level;
    size_t             len;
    const char        *s;
    ngx_hpf_lua_vm_t  *vm;

    s = luaL_checklstring(L, 1, &len);
    vm = ngx_hpf_lua_vm(L);
    level = (int) lua_tointeger(L, lua_upvalueindex(1));

    if (!ngx_hpf_lua_count_line(vm)) {
        return 0;
    }

    if (vm->call) {
        ngx_hpf_call_log(vm->call, level, s, len);

    } else {
        ngx_hpf_plugin_log(vm->plugin, vm->plugin->log, level, s, len);
    }

    return 0;
}


void
ngx_hpf_lua_request(lua_State *L, ngx_hpf_call_t *call)
{
    json_t  *data;

    luaL_checkstack(L, 6, "request");
    lua_createtable(L, 0, 10);

    ngx_hpf_lua_push_json(L, call->form);
    lua_setfield(L, -2, "form");

    (void) ngx_hpf_lua_api_fact(L, call, "request_id", "request_id");
    (void) ngx_hpf_lua_api_fact(L, call, "channel", "channel");
    (void) ngx_hpf_lua_api_fact(L, call, "item", "item");
    (void) ngx_hpf_lua_api_fact(L, call, "language", "language");
    (void) ngx_hpf_lua_api_fact(L, call, "case_no", "case_no");
    (void) ngx_hpf_lua_api_fact(L, call, "idempotency_key",
                                "idempotency_key");

    if (call->plugin->manifest->kind == HPF_MANIFEST_FACTOR) {
        ngx_hpf_lua_api_person(L, call);
        return;
    }

    ngx_hpf_lua_api_user(L, call);

    data = call->ops->case_data(call);

    if (data) {
        ngx_hpf_lua_push_json(L, data);
        lua_setfield(L, -2, "data");
    }
}


/* request.user is nil when nobody is logged in. */

static void
ngx_hpf_lua_api_user(lua_State *L, ngx_hpf_call_t *call)
{
    lua_createtable(L, 0, 6);

    if (!ngx_hpf_lua_api_fact(L, call, "user_id", "id")) {
        lua_pop(L, 1);
        return;
    }

    (void) ngx_hpf_lua_api_fact(L, call, "user_type", "type");
    (void) ngx_hpf_lua_api_fact(L, call, "id_no", "id_no");
    (void) ngx_hpf_lua_api_fact(L, call, "uscc", "uscc");
    (void) ngx_hpf_lua_api_fact(L, call, "handler", "handler");

    if (ngx_hpf_lua_api_fact(L, call, "level", "level")) {
        lua_getfield(L, -1, "level");
        lua_pushinteger(L, lua_tointeger(L, -1));
        lua_setfield(L, -3, "level");
        lua_pop(L, 1);
    }

    lua_setfield(L, -2, "user");
}


/* Of whom it is asked, as far as the manifest of a factor wants to know. */

static void
ngx_hpf_lua_api_person(lua_State *L, ngx_hpf_call_t *call)
{
    lua_createtable(L, 0, 3);

    (void) ngx_hpf_lua_api_fact(L, call, "name", "name");
    (void) ngx_hpf_lua_api_fact(L, call, "id_no", "id_no");
    (void) ngx_hpf_lua_api_fact(L, call, "mobile", "mobile");

    lua_setfield(L, -2, "person");
}


static int
ngx_hpf_lua_api_fact(lua_State *L, ngx_hpf_call_t *call, const char *name,
    const char *field)
{
    ngx_str_t  s;

    s = call->ops->fact(call, name);

    if (s.len == 0) {
        return 0;
    }

    lua_pushlstring(L, (char *) s.data, s.len);
    lua_setfield(L, -2, field);

    return 1;
}
