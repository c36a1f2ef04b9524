/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * hpf.metric and hpf.audit: what others shall see of a plugin's work.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_iface.h"
#include "ngx_hpf_lua.h"


static int ngx_hpf_lua_metric_counter(lua_State *L);
static int ngx_hpf_lua_metric_histogram(lua_State *L);
static int ngx_hpf_lua_metric_new(lua_State *L, int number,
    lua_CFunction function);
static int ngx_hpf_lua_metric_add(lua_State *L);
static int ngx_hpf_lua_metric_observe(lua_State *L);
static int ngx_hpf_lua_metric_audit(lua_State *L);


static const luaL_Reg  ngx_hpf_lua_metric_functions[] = {
    { "counter", ngx_hpf_lua_metric_counter },
    { "histogram", ngx_hpf_lua_metric_histogram },
    { NULL, NULL }
};


/* With the table "hpf" on the stack. */

void
ngx_hpf_lua_metric_init(lua_State *L)
{
    lua_newtable(L);
    luaL_register(L, NULL, ngx_hpf_lua_metric_functions);
    lua_setfield(L, -2, "metric");

    lua_pushcfunction(L, ngx_hpf_lua_metric_audit);
    lua_setfield(L, -2, "audit");
}


/* hpf.metric.counter(name): a function that adds n, or 1. */

static int
ngx_hpf_lua_metric_counter(lua_State *L)
{
    return ngx_hpf_lua_metric_new(L,
               ngx_hpf_iface_metric.counter(ngx_hpf_lua_vm(L)->plugin,
                                            luaL_checkstring(L, 1)),
               ngx_hpf_lua_metric_add);
}


/* hpf.metric.histogram(name): a function that takes seconds. */

static int
ngx_hpf_lua_metric_histogram(lua_State *L)
{
    return ngx_hpf_lua_metric_new(L,
               ngx_hpf_iface_metric.histogram(ngx_hpf_lua_vm(L)->plugin,
                                              luaL_checkstring(L, 1)),
               ngx_hpf_lua_metric_observe);
}


static int
ngx_hpf_lua_metric_new(lua_State *L, int number, lua_CFunction function)
{
    if (number < 0) {
        return luaL_error(L, "it cannot be a metric, the log says why");
    }

    lua_pushinteger(L, number);
    lua_pushcclosure(L, function, 1);

    return 1;
}


static int
ngx_hpf_lua_metric_add(lua_State *L)
{
    lua_Number  n;

    n = luaL_optnumber(L, 1, 1);

    luaL_argcheck(L, n >= 0 && n <= UINT32_MAX
                  && n == (lua_Number) (uint32_t) n, 1,
                  "a whole number from 0 is expected");

    (void) ngx_hpf_iface_metric.add(ngx_hpf_lua_vm(L)->plugin,
                                    (int) lua_tointeger(L,
                                                        lua_upvalueindex(1)),
                                    (uint32_t) n);
    return 0;
}


static int
ngx_hpf_lua_metric_observe(lua_State *L)
{
    lua_Number  seconds;

    seconds = luaL_checknumber(L, 1);

    luaL_argcheck(L, seconds >= 0 && seconds <= 86400, 1,
                  "0 to 86400 seconds are expected");

    (void) ngx_hpf_iface_metric.observe(ngx_hpf_lua_vm(L)->plugin,
                                        (int) lua_tointeger(L,
                                                  lua_upvalueindex(1)),
                                        (uint64_t) (seconds * 1e6));
    return 0;
}


/* hpf.audit(key, value): true; nil when it was refused, the log says why. */

static int
ngx_hpf_lua_metric_audit(lua_State *L)
{
    size_t           len;
    const char      *key, *value;
    ngx_hpf_call_t  *call;

    call = ngx_hpf_lua_call(L, "audit");

    key = luaL_checkstring(L, 1);
    value = luaL_checklstring(L, 2, &len);

    if (ngx_hpf_note_add(call, key, value, len) == HPF_OK) {
        lua_pushboolean(L, 1);

    } else {
        lua_pushnil(L);
    }

    return 1;
}
