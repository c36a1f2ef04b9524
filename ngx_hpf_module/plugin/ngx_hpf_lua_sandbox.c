/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What Lua code of a plugin finds: base, string, table, math, bit and "hpf",
 * without all that reaches out of the VM (io, os but for the time, package,
 * ffi, debug), loads code (load, string.dump, bytecode), or runs where the
 * host cannot stop it (coroutine, newproxy with __gc).  Libraries are
 * proxies that can only be read, and so are the plugin's own globals once
 * its file has run: no request leaves anything for the next by mistake.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_lua.h"


static void ngx_hpf_lua_sandbox_own(lua_State *L);
static int ngx_hpf_lua_sandbox_error(lua_State *L);
static int ngx_hpf_lua_sandbox_table(lua_State *L);
static void ngx_hpf_lua_sandbox_open(lua_State *L, const char *name,
    lua_CFunction open);
static void ngx_hpf_lua_sandbox_remove(lua_State *L, const char **names);
static void ngx_hpf_lua_sandbox_os(lua_State *L);
static void ngx_hpf_lua_sandbox_lock(lua_State *L, const char *name);
static void ngx_hpf_lua_sandbox_proxy(lua_State *L);


static const char  *ngx_hpf_lua_sandbox_base[] = {
    "dofile", "load", "loadfile", "loadstring", "getfenv", "setfenv",
    "newproxy", "print", "collectgarbage", "coroutine", "gcinfo", "module",
    "require", "rawset", "package", NULL
};

static const char  *ngx_hpf_lua_sandbox_string[] = { "dump", NULL };

/* names of the plugin's own are set over these and found first */

static const char  *ngx_hpf_lua_sandbox_locked[] = {
    "string", "table", "math", "bit", "os", "hpf", NULL
};

/*
 * pcall() and xpcall() of the library build their frames without a look at the
 * end of the stack, and the handler of xpcall() runs with the hook off: here
 * the frames are of Lua, and the handler runs after the error.  pairs() sees
 * what is behind a proxy.
 */

static const char  ngx_hpf_lua_sandbox_text[] =
    "local locked, pcall, pairs, next, select = ...\n"
    "local function ended(handler, ok, ...)\n"
    "    if ok then return true, ... end\n"
    "    return false, select(2, pcall(handler, ...))\n"
    "end\n"
    "return function(f, ...) return pcall(f, ...) end,\n"
    "    function(f, handler, ...)\n"
    "        return ended(handler, pcall(f, ...))\n"
    "    end,\n"
    "    function(t)\n"
    "        local behind = locked[t]\n"
    "        if not behind then return pairs(t) end\n"
    "        return function(_, key) return next(behind, key) end, t\n"
    "    end\n";

#define NGX_HPF_LUA_LOCKED  "hpf.locked"       /* what is behind a proxy */


int
ngx_hpf_lua_sandbox(lua_State *L)
{
    const char  **name;

    ngx_hpf_lua_sandbox_open(L, "", luaopen_base);
    ngx_hpf_lua_sandbox_open(L, LUA_TABLIBNAME, luaopen_table);
    ngx_hpf_lua_sandbox_open(L, LUA_STRLIBNAME, luaopen_string);
    ngx_hpf_lua_sandbox_open(L, LUA_MATHLIBNAME, luaopen_math);
    ngx_hpf_lua_sandbox_open(L, LUA_BITLIBNAME, luaopen_bit);
    ngx_hpf_lua_sandbox_open(L, LUA_OSLIBNAME, luaopen_os);

    lua_pushvalue(L, LUA_GLOBALSINDEX);
    ngx_hpf_lua_sandbox_remove(L, ngx_hpf_lua_sandbox_base);
    lua_pop(L, 1);

    lua_getglobal(L, LUA_STRLIBNAME);
    ngx_hpf_lua_sandbox_remove(L, ngx_hpf_lua_sandbox_string);
    lua_pop(L, 1);

    ngx_hpf_lua_bound(L);

    ngx_hpf_lua_sandbox_os(L);

    ngx_hpf_lua_api(L);
    lua_setglobal(L, "hpf");

    /* ("x"):rep(2) looks into the library itself, behind the proxy */

    lua_pushliteral(L, "");
    (void) lua_getmetatable(L, -1);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);

    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, NGX_HPF_LUA_LOCKED);

    for (name = ngx_hpf_lua_sandbox_locked; *name; name++) {
        ngx_hpf_lua_sandbox_lock(L, *name);
    }

    ngx_hpf_lua_sandbox_own(L);

    return 0;
}


static void
ngx_hpf_lua_sandbox_own(lua_State *L)
{
    if (luaL_loadbuffer(L, ngx_hpf_lua_sandbox_text,
                        sizeof(ngx_hpf_lua_sandbox_text) - 1, "=hpf") != 0)
    {
        (void) lua_error(L);
    }

    lua_getfield(L, LUA_REGISTRYINDEX, NGX_HPF_LUA_LOCKED);
    lua_getglobal(L, "pcall");
    lua_getglobal(L, "pairs");
    lua_getglobal(L, "next");
    lua_getglobal(L, "select");

    lua_call(L, 5, 3);

    lua_setglobal(L, "pairs");
    lua_setglobal(L, "xpcall");
    lua_setglobal(L, "pcall");
}


/*
 * The globals move into a table behind the environment, which is left empty:
 * __newindex then sees every assignment.
 */

int
ngx_hpf_lua_freeze(lua_State *L)
{
    lua_newtable(L);

    lua_pushnil(L);

    while (lua_next(L, LUA_GLOBALSINDEX) != 0) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -4);
    }

    lua_pushnil(L);

    while (lua_next(L, -2) != 0) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushnil(L);
        lua_rawset(L, LUA_GLOBALSINDEX);
    }

    (void) ngx_hpf_lua_sandbox_table(L);
    lua_pushvalue(L, LUA_GLOBALSINDEX);
    lua_insert(L, -2);
    (void) lua_setmetatable(L, -2);
    lua_pop(L, 1);

    return 0;
}


/* A metatable on the stack instead of the table that is to be read only. */

static int
ngx_hpf_lua_sandbox_table(lua_State *L)
{
    lua_createtable(L, 0, 3);

    lua_insert(L, -2);
    lua_setfield(L, -2, "__index");

    lua_pushcfunction(L, ngx_hpf_lua_sandbox_error);
    lua_setfield(L, -2, "__newindex");

    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");

    return 1;
}


ngx_uint_t
ngx_hpf_lua_is_locked(lua_State *L, int index)
{
    ngx_uint_t  locked;

    if (!luaL_getmetafield(L, index, "__newindex")) {
        return 0;
    }

    locked = (lua_tocfunction(L, -1) == ngx_hpf_lua_sandbox_error);
    lua_pop(L, 1);

    return locked;
}


static int
ngx_hpf_lua_sandbox_error(lua_State *L)
{
    return luaL_error(L, "\"%s\" cannot be set here: globals are read only "
                      "while requests run, use a local",
                      lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2)
                                                    : luaL_typename(L, 2));
}


static void
ngx_hpf_lua_sandbox_open(lua_State *L, const char *name, lua_CFunction open)
{
    lua_pushcfunction(L, open);
    lua_pushstring(L, name);
    lua_call(L, 1, 0);
}


static void
ngx_hpf_lua_sandbox_remove(lua_State *L, const char **names)
{
    for ( /* void */ ; *names; names++) {
        lua_pushnil(L);
        lua_setfield(L, -2, *names);
    }
}


/* time, date and clock are what remains of os. */

static void
ngx_hpf_lua_sandbox_os(lua_State *L)
{
    const char  **name;

    static const char  *names[] = { "time", "date", "clock", NULL };

    lua_getglobal(L, LUA_OSLIBNAME);
    lua_createtable(L, 0, 3);

    for (name = names; *name; name++) {
        lua_getfield(L, -2, *name);
        lua_setfield(L, -2, *name);
    }

    lua_setglobal(L, LUA_OSLIBNAME);
    lua_pop(L, 1);
}


/* A library and the tables in it. */

static void
ngx_hpf_lua_sandbox_lock(lua_State *L, const char *name)
{
    lua_getglobal(L, name);

    lua_pushnil(L);

    while (lua_next(L, -2) != 0) {

        if (!lua_istable(L, -1)) {
            lua_pop(L, 1);
            continue;
        }

        ngx_hpf_lua_sandbox_proxy(L);
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -4);
    }

    ngx_hpf_lua_sandbox_proxy(L);
    lua_setglobal(L, name);
}


/* On the stack instead of the table. */

static void
ngx_hpf_lua_sandbox_proxy(lua_State *L)
{
    lua_newtable(L);
    lua_insert(L, -2);

    lua_getfield(L, LUA_REGISTRYINDEX, NGX_HPF_LUA_LOCKED);
    lua_pushvalue(L, -3);
    lua_pushvalue(L, -3);
    lua_rawset(L, -3);
    lua_pop(L, 1);

    (void) ngx_hpf_lua_sandbox_table(L);
    (void) lua_setmetatable(L, -2);
}
