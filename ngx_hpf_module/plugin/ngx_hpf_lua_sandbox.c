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


static int ngx_hpf_lua_sandbox_error(lua_State *L);
static int ngx_hpf_lua_sandbox_table(lua_State *L);
static void ngx_hpf_lua_sandbox_open(lua_State *L, const char *name,
    lua_CFunction open);
static void ngx_hpf_lua_sandbox_remove(lua_State *L, const char **names);
static void ngx_hpf_lua_sandbox_os(lua_State *L);
static void ngx_hpf_lua_sandbox_lock(lua_State *L, const char *name);


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
    ngx_hpf_lua_bound(L);
    lua_pop(L, 1);

    ngx_hpf_lua_sandbox_os(L);

    ngx_hpf_lua_api(L);
    lua_setglobal(L, "hpf");

    /* ("x"):rep(2) looks into the library itself, behind the proxy */

    lua_pushliteral(L, "");
    (void) lua_getmetatable(L, -1);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);

    for (name = ngx_hpf_lua_sandbox_locked; *name; name++) {
        ngx_hpf_lua_sandbox_lock(L, *name);
    }

    return 0;
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


static void
ngx_hpf_lua_sandbox_lock(lua_State *L, const char *name)
{
    lua_newtable(L);
    lua_getglobal(L, name);
    (void) ngx_hpf_lua_sandbox_table(L);
    (void) lua_setmetatable(L, -2);
    lua_setglobal(L, name);
}
