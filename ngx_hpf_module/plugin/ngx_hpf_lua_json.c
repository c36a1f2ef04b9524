/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Between JSON and Lua.  null is hpf.null; an array has the metatable of
 * hpf.array(), so that an empty one stays one; integers that a Lua number
 * cannot hold become strings.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_lua.h"


#define NGX_HPF_LUA_DEPTH    64
#define NGX_HPF_LUA_NODE     64        /* bytes of a value, about */
#define NGX_HPF_LUA_ARRAY    "hpf.array"


static int ngx_hpf_lua_array(lua_State *L);
static json_t *ngx_hpf_lua_value(lua_State *L, int index, int depth);
static json_t *ngx_hpf_lua_table(lua_State *L, int index, int depth);
static int ngx_hpf_lua_is_array(lua_State *L, int index, size_t *n);
static int ngx_hpf_lua_is_marked(lua_State *L, int index);
static int ngx_hpf_lua_tree_gc(lua_State *L);


/* With the table "hpf" on the stack. */

void
ngx_hpf_lua_json_init(lua_State *L)
{
    (void) luaL_newmetatable(L, NGX_HPF_LUA_ARRAY);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");         /* all requests have it */
    lua_pop(L, 1);

    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "null");

    lua_pushcfunction(L, ngx_hpf_lua_array);
    lua_setfield(L, -2, "array");
}


static int
ngx_hpf_lua_array(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_newtable(L);

    } else {
        luaL_checktype(L, 1, LUA_TTABLE);
        lua_settop(L, 1);

        luaL_argcheck(L, ngx_hpf_lua_is_marked(L, 1) || !lua_getmetatable(L, 1),
                      1, "it has a metatable of its own");
    }

    luaL_getmetatable(L, NGX_HPF_LUA_ARRAY);
    (void) lua_setmetatable(L, -2);

    return 1;
}


void
ngx_hpf_lua_push_json(lua_State *L, const json_t *node)
{
    u_char      *p, buf[NGX_INT64_LEN];
    size_t       i;
    json_t      *value;
    const char  *key;

    luaL_checkstack(L, 4, "JSON");

    if (node == NULL) {
        lua_pushnil(L);
        return;
    }

    switch (json_typeof(node)) {

    case JSON_TRUE:
    case JSON_FALSE:
        lua_pushboolean(L, json_is_true(node));
        return;

    case JSON_INTEGER:
        if (json_integer_value(node) <= (json_int_t) NGX_HPF_LUA_INTEGER
            && json_integer_value(node) >= -(json_int_t) NGX_HPF_LUA_INTEGER)
        {
            lua_pushnumber(L, (lua_Number) json_integer_value(node));

        } else {
            p = ngx_snprintf(buf, sizeof(buf), "%L",
                             (int64_t) json_integer_value(node));
            lua_pushlstring(L, (char *) buf, p - buf);
        }
        return;

    case JSON_REAL:
        lua_pushnumber(L, json_real_value(node));
        return;

    case JSON_STRING:
        lua_pushlstring(L, json_string_value(node), json_string_length(node));
        return;

    case JSON_ARRAY:
        lua_createtable(L, (int) json_array_size(node), 0);
        luaL_getmetatable(L, NGX_HPF_LUA_ARRAY);
        (void) lua_setmetatable(L, -2);

        json_array_foreach(node, i, value) {
            ngx_hpf_lua_push_json(L, value);
            lua_rawseti(L, -2, (int) i + 1);
        }
        return;

    case JSON_OBJECT:
        lua_createtable(L, 0, (int) json_object_size(node));

        json_object_foreach((json_t *) node, key, value) {
            lua_pushstring(L, key);
            ngx_hpf_lua_push_json(L, value);
            lua_rawset(L, -3);
        }
        return;

    default:
        lua_pushlightuserdata(L, NULL);
    }
}


json_t *
ngx_hpf_lua_to_json(lua_State *L, int index)
{
    return ngx_hpf_lua_value(L, index, 0);
}


void
ngx_hpf_lua_check_text(lua_State *L, int index)
{
    size_t       len;
    json_t      *node;
    const char  *s;

    s = luaL_checklstring(L, index, &len);

    node = json_stringn(s, len);
    luaL_argcheck(L, node, index, "a text in UTF-8 is expected");
    json_decref(node);
}


static int
ngx_hpf_lua_tree_gc(lua_State *L)
{
    json_t  **box;

    box = lua_touserdata(L, 1);

    json_decref(*box);
    *box = NULL;

    return 0;
}


static json_t *
ngx_hpf_lua_value(lua_State *L, int index, int depth)
{
    size_t       len;
    json_t      *node;
    lua_Number   n;
    const char  *s;

    node = NULL;

    /* tables that have one another in them can be much more than they are */

    len = lua_type(L, index) == LUA_TSTRING ? lua_objlen(L, index) : 0;
    ngx_hpf_lua_count_bytes(L, NGX_HPF_LUA_NODE + len);

    switch (lua_type(L, index)) {

    case LUA_TBOOLEAN:
        return json_boolean(lua_toboolean(L, index));

    case LUA_TNUMBER:
        n = lua_tonumber(L, index);

        if (n <= NGX_HPF_LUA_INTEGER && n >= -NGX_HPF_LUA_INTEGER
            && n == (lua_Number) (int64_t) n)
        {
            return json_integer((json_int_t) n);
        }

        node = json_real(n);
        break;

    case LUA_TSTRING:
        s = lua_tolstring(L, index, &len);
        node = json_stringn(s, len);
        break;

    case LUA_TLIGHTUSERDATA:
        return json_null();

    case LUA_TTABLE:
        return ngx_hpf_lua_table(L, index, depth + 1);
    }

    if (node == NULL) {
        (void) luaL_error(L, "a %s cannot be put into JSON",
                          luaL_typename(L, index));
    }

    return node;
}


/*
 * An error in the middle leaves the function by a jump: until a tree is whole
 * it hangs on an object of Lua, and children are added to it at once.
 */

static json_t *
ngx_hpf_lua_table(lua_State *L, int index, int depth)
{
    int          rc;
    size_t       i, n, len;
    json_t      *node, **box;
    const char  *key;

    if (depth > NGX_HPF_LUA_DEPTH) {
        (void) luaL_error(L, "tables are nested too deeply for JSON");
    }

    luaL_checkstack(L, 6, "JSON");

    box = lua_newuserdata(L, sizeof(json_t *));
    *box = NULL;

    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, ngx_hpf_lua_tree_gc);
    lua_setfield(L, -2, "__gc");
    (void) lua_setmetatable(L, -2);

    if (ngx_hpf_lua_is_array(L, index, &n)) {

        node = *box = json_array();

        for (i = 1; i <= n; i++) {
            lua_rawgeti(L, index, (int) i);
            rc = json_array_append_new(node,
                              ngx_hpf_lua_value(L, lua_gettop(L), depth));
            lua_pop(L, 1);

            if (rc != 0) {
                (void) luaL_error(L, "no memory for JSON");
            }
        }

        *box = NULL;
        lua_pop(L, 1);

        return node;
    }

    node = *box = json_object();

    lua_pushnil(L);

    while (lua_next(L, index) != 0) {

        if (lua_type(L, -2) != LUA_TSTRING) {
            (void) luaL_error(L, "a key of a JSON object must be a string");
        }

        key = lua_tolstring(L, -2, &len);
        ngx_hpf_lua_count_bytes(L, len);

        rc = strlen(key) == len
             ? json_object_set_new(node, key,
                                   ngx_hpf_lua_value(L, lua_gettop(L), depth))
             : -1;

        lua_pop(L, 1);

        if (rc != 0) {
            (void) luaL_error(L, "\"%s\" cannot be a key of JSON", key);
        }
    }

    *box = NULL;
    lua_pop(L, 1);

    return node;
}


/* Marked as one, or with the keys 1 to n and no others. */

static int
ngx_hpf_lua_is_array(lua_State *L, int index, size_t *n)
{
    size_t  count;

    *n = lua_objlen(L, index);

    if (ngx_hpf_lua_is_marked(L, index)) {
        return 1;
    }

    if (*n == 0) {
        return 0;
    }

    count = 0;
    lua_pushnil(L);

    while (lua_next(L, index) != 0) {
        lua_pop(L, 1);
        count++;
    }

    return count == *n;
}


static int
ngx_hpf_lua_is_marked(lua_State *L, int index)
{
    int  marked;

    if (!lua_getmetatable(L, index)) {
        return 0;
    }

    luaL_getmetatable(L, NGX_HPF_LUA_ARRAY);
    marked = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);

    return marked;
}
