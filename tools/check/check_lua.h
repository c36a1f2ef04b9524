/*
 * Copyright (C) the HPF gateway authors
 */

/* What a plugin in Lua finds in "hpf" while it is checked. */

#ifndef _CHECK_LUA_H_INCLUDED_
#define _CHECK_LUA_H_INCLUDED_


#include <lua.h>
#include <lauxlib.h>


/* Sets the global "hpf"; what needs no more than the file works. */
void check_lua_hpf(lua_State *L);

/* With the table "hpf" on the stack. */
void check_lua_crypto(lua_State *L);


#endif /* _CHECK_LUA_H_INCLUDED_ */
