/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Library functions whose time grows beyond their input, where the count of
 * instructions sees one call only.  Matching backtracks: with q repetitions
 * in a pattern it takes up to n^q steps at each of n places, and each "?"
 * doubles them.  A call beyond the limit is refused, and what it may cost
 * is taken from the budget of instructions, as is what table functions move.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_lua.h"


#define NGX_HPF_LUA_STEPS    4e7       /* of one match: about 0.1 s */
#define NGX_HPF_LUA_MOVES    32        /* bytes or slots an instruction */
#define NGX_HPF_LUA_PATTERN  256       /* characters */


static void ngx_hpf_lua_bound_wrap(lua_State *L, const char *name,
    lua_CFunction wrapper);
static int ngx_hpf_lua_bound_find(lua_State *L);
static int ngx_hpf_lua_bound_match(lua_State *L);
static int ngx_hpf_lua_bound_gmatch(lua_State *L);
static int ngx_hpf_lua_bound_next(lua_State *L);
static int ngx_hpf_lua_bound_insert(lua_State *L);
static int ngx_hpf_lua_bound_concat(lua_State *L);
static int ngx_hpf_lua_bound_sort(lua_State *L);
static size_t ngx_hpf_lua_bound_longest(lua_State *L, int n);
static int ngx_hpf_lua_bound_tostring(lua_State *L);
static void ngx_hpf_lua_bound_check(lua_State *L, int anchor);
static double ngx_hpf_lua_bound_steps(const char *p, size_t len, double n,
    int anchor);
static const char *ngx_hpf_lua_bound_set(const char *p, const char *last);
static int ngx_hpf_lua_bound_call(lua_State *L);


void
ngx_hpf_lua_bound(lua_State *L)
{
    lua_getglobal(L, LUA_STRLIBNAME);
    ngx_hpf_lua_bound_wrap(L, "find", ngx_hpf_lua_bound_find);
    ngx_hpf_lua_bound_wrap(L, "match", ngx_hpf_lua_bound_match);
    ngx_hpf_lua_bound_wrap(L, "gmatch", ngx_hpf_lua_bound_gmatch);
    ngx_hpf_lua_bound_wrap(L, "gsub", ngx_hpf_lua_bound_match);

    /* the former name of gmatch, the same function */

    lua_pushnil(L);
    lua_setfield(L, -2, "gfind");
    lua_pop(L, 1);

    lua_getglobal(L, LUA_TABLIBNAME);
    ngx_hpf_lua_bound_wrap(L, "insert", ngx_hpf_lua_bound_insert);
    ngx_hpf_lua_bound_wrap(L, "concat", ngx_hpf_lua_bound_concat);
    ngx_hpf_lua_bound_wrap(L, "sort", ngx_hpf_lua_bound_sort);
    lua_pop(L, 1);

    lua_pushvalue(L, LUA_GLOBALSINDEX);
    ngx_hpf_lua_bound_wrap(L, "tostring", ngx_hpf_lua_bound_tostring);
    lua_pop(L, 1);
}


static void
ngx_hpf_lua_bound_wrap(lua_State *L, const char *name, lua_CFunction wrapper)
{
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, wrapper, 1);
    lua_setfield(L, -2, name);
}


static int
ngx_hpf_lua_bound_find(lua_State *L)
{
    size_t  n, m;

    if (!lua_toboolean(L, 4)) {
        return ngx_hpf_lua_bound_match(L);
    }

    (void) luaL_checklstring(L, 1, &n);
    (void) luaL_checklstring(L, 2, &m);

    if ((double) n * (double) m > NGX_HPF_LUA_STEPS * 10) {
        return luaL_error(L, "the strings are too long for find()");
    }

    ngx_hpf_lua_charge(L, (double) n * (double) m / 100 / NGX_HPF_LUA_MOVES);

    return ngx_hpf_lua_bound_call(L);
}


static int
ngx_hpf_lua_bound_match(lua_State *L)
{
    ngx_hpf_lua_bound_check(L, 1);

    return ngx_hpf_lua_bound_call(L);
}


/*
 * "^" is a character like any other there.  An iterator that finds nothing
 * has come to its end: it would search the same again, at no charge.
 */

static int
ngx_hpf_lua_bound_gmatch(lua_State *L)
{
    ngx_hpf_lua_bound_check(L, 0);

    (void) ngx_hpf_lua_bound_call(L);

    lua_settop(L, 1);
    lua_pushcclosure(L, ngx_hpf_lua_bound_next, 1);

    return 1;
}


static int
ngx_hpf_lua_bound_next(lua_State *L)
{
    lua_settop(L, 0);

    if (lua_isnil(L, lua_upvalueindex(1))) {
        return 0;
    }

    (void) ngx_hpf_lua_bound_call(L);

    if (lua_isnoneornil(L, 1)) {
        lua_pushnil(L);
        lua_replace(L, lua_upvalueindex(1));
    }

    return lua_gettop(L);
}


/* It writes past metamethods, and moves whatever lies behind the place. */

static int
ngx_hpf_lua_bound_insert(lua_State *L)
{
    lua_Number  n, pos;

    luaL_checktype(L, 1, LUA_TTABLE);

    if (ngx_hpf_lua_is_locked(L, 1)) {
        return luaL_error(L, "the table can only be read");
    }

    n = (lua_Number) lua_objlen(L, 1);

    if (lua_gettop(L) > 2) {
        pos = luaL_checknumber(L, 2);
        luaL_argcheck(L, pos >= 1 && pos <= n + 1, 2, "position out of bounds");

        ngx_hpf_lua_charge(L, (n + 1 - pos) / NGX_HPF_LUA_MOVES);
    }

    return ngx_hpf_lua_bound_call(L);
}


static int
ngx_hpf_lua_bound_concat(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);

    ngx_hpf_lua_charge(L, (double) lua_objlen(L, 1) / NGX_HPF_LUA_MOVES);

    return ngx_hpf_lua_bound_call(L);
}


/* Without a function of Lua, strings are compared with no instruction. */

static int
ngx_hpf_lua_bound_sort(lua_State *L)
{
    size_t  n, i;
    double  each, compared;

    luaL_checktype(L, 1, LUA_TTABLE);

    n = lua_objlen(L, 1);
    each = 1;

    if (lua_isnoneornil(L, 2)) {
        each += (double) ngx_hpf_lua_bound_longest(L, (int) n);
    }

    compared = 0;

    for (i = n; i; i /= 2) {
        compared += (double) n;
    }

    ngx_hpf_lua_charge(L, compared * each / NGX_HPF_LUA_MOVES);

    return ngx_hpf_lua_bound_call(L);
}


static size_t
ngx_hpf_lua_bound_longest(lua_State *L, int n)
{
    int     i;
    size_t  longest;

    longest = 0;

    for (i = 1; i <= n; i++) {
        lua_rawgeti(L, 1, i);

        if (lua_type(L, -1) == LUA_TSTRING) {
            longest = ngx_max(longest, lua_objlen(L, -1));
        }

        lua_pop(L, 1);
    }

    return longest;
}


/*
 * The library's own calls __tostring in a loop without an instruction, when
 * that is tostring().
 */

static int
ngx_hpf_lua_bound_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    ngx_hpf_lua_deep(L);

    if (luaL_callmeta(L, 1, "__tostring")) {
        return 1;
    }

    return ngx_hpf_lua_bound_call(L);
}


static void
ngx_hpf_lua_bound_check(lua_State *L, int anchor)
{
    size_t       n, len;
    double       steps;
    const char  *p;

    (void) luaL_checklstring(L, 1, &n);
    p = luaL_checklstring(L, 2, &len);

    if (len > NGX_HPF_LUA_PATTERN) {
        (void) luaL_error(L, "the pattern is longer than %d characters",
                          NGX_HPF_LUA_PATTERN);
    }

    steps = ngx_hpf_lua_bound_steps(p, len, (double) n + 1, anchor);

    if (steps > NGX_HPF_LUA_STEPS) {
        (void) luaL_error(L, "the pattern is too costly for a string of "
                          "%d characters", (int) n);
    }

    ngx_hpf_lua_charge(L, steps / NGX_HPF_LUA_MOVES);
}


/*
 * The most that a match can take.  The pattern is read as the library does,
 * item by item: nothing that repeats may be taken for a part of a set.
 */

static double
ngx_hpf_lua_bound_steps(const char *p, size_t len, double n, int anchor)
{
    size_t       widest;
    double       steps;
    const char  *last, *set;

    last = p + len;
    widest = 0;
    steps = n;

    if (anchor && len && *p == '^') {
        steps = 1;
        p++;
    }

    while (p < last && steps <= NGX_HPF_LUA_STEPS) {

        switch (*p++) {

        case '(':
        case ')':
            continue;

        case '%':
            if (p == last) {
                continue;
            }

            /* a back reference and %bxy look at all that follows */

            if (*p == 'b') {
                steps *= n;
                p += ngx_min(3, last - p);
                continue;
            }

            if (*p >= '0' && *p <= '9') {
                steps *= n;
            }

            p++;
            break;

        case '[':
            set = p;
            p = ngx_hpf_lua_bound_set(p, last);
            widest = ngx_max(widest, (size_t) (p - set));
            break;
        }

        if (p < last && (*p == '*' || *p == '+' || *p == '-')) {
            steps *= n;
            p++;

        } else if (p < last && *p == '?') {
            steps *= 2;
            p++;
        }
    }

    /* a character is looked for in all of a set */

    return steps * (1 + (double) widest / 2);
}


/* What follows a set, whose first character may be "]". */

static const char *
ngx_hpf_lua_bound_set(const char *p, const char *last)
{
    p += (p < last && *p == '^');

    do {
        if (p < last && *p++ == '%' && p < last) {
            p++;
        }

    } while (p < last && *p != ']');

    return p + (p < last);
}


/* The function itself with the arguments as they are. */

static int
ngx_hpf_lua_bound_call(lua_State *L)
{
    ngx_hpf_lua_deep(L);

    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);

    return lua_gettop(L);
}
