/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Of "hpf" there is what needs no request; all else may be named and not
 * called.  Metrics count nothing.
 */


#include "check_lua.h"

#include "hpf_ident.h"
#include "hpf_plugin.h"


static int check_lua_fen(lua_State *L);
static int check_lua_yuan(lua_State *L);


static const char  check_lua_prelude[] =
    "local hpf = ...\n"
    "local function later(name)\n"
    "    return function()\n"
    "        error('hpf.' .. name .. '() is for a request, not for the time '"
    "              .. 'of loading', 2)\n"
    "    end\n"
    "end\n"
    "local function group(name, t)\n"
    "    return setmetatable(t or {}, { __index = function(_, key)\n"
    "        return later(name .. '.' .. key)\n"
    "    end })\n"
    "end\n"
    "local function quiet() end\n"
    "hpf.log = { err = quiet, warn = quiet, notice = quiet, info = quiet,\n"
    "            debug = quiet }\n"
    "hpf.kv, hpf.case = group('kv'), group('case')\n"
    "group('crypto', hpf.crypto)\n"
    "local metrics = 0\n"
    "local function metric(name)\n"
    "    if type(name) ~= 'string' or #name > 29\n"
    "       or not name:find('^[a-z][a-z0-9_]*$') then\n"
    "        error('it cannot be a metric: its name is none', 2)\n"
    "    elseif metrics == 16 then\n"
    "        error('it cannot be a metric: there are 16 already', 2)\n"
    "    end\n"
    "    metrics = metrics + 1\n"
    "    return quiet\n"
    "end\n"
    "hpf.metric = { counter = metric, histogram = metric }\n"
    "function hpf.array(t) return t or {} end\n"
    "function hpf.escape(s)\n"
    "    return (s:gsub('[^%w._~-]', function(c)\n"
    "        return ('%%%02X'):format(c:byte())\n"
    "    end))\n"
    "end\n"
    "setmetatable(hpf, { __index = function(_, key) return later(key) end })\n";


void
check_lua_hpf(lua_State *L)
{
    lua_newtable(L);

    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "null");
    lua_pushcfunction(L, check_lua_fen);
    lua_setfield(L, -2, "fen");
    lua_pushcfunction(L, check_lua_yuan);
    lua_setfield(L, -2, "yuan");

    check_lua_crypto(L);

    lua_pushvalue(L, -1);
    lua_setglobal(L, "hpf");

    if (luaL_loadstring(L, check_lua_prelude) != 0) {
        (void) lua_error(L);
    }

    lua_insert(L, -2);
    lua_call(L, 1, 0);
}


static int
check_lua_fen(lua_State *L)
{
    size_t       len, minus;
    int64_t      fen;
    const char  *s;

    s = luaL_checklstring(L, 1, &len);
    minus = (len > 0 && s[0] == '-');

    if (hpf_ident_money((const unsigned char *) s + minus, len - minus, &fen)
        != HPF_OK)
    {
        return 0;
    }

    lua_pushnumber(L, (lua_Number) (minus ? -fen : fen));

    return 1;
}


static int
check_lua_yuan(lua_State *L)
{
    size_t         len;
    unsigned char  buf[HPF_IDENT_MONEY_LEN];

    len = hpf_ident_money_text(buf, (int64_t) luaL_checknumber(L, 1));
    lua_pushlstring(L, (char *) buf, len);

    return 1;
}
