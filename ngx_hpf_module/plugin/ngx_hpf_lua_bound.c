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
static int ngx_hpf_lua_bound_shift(lua_State *L);
static void ngx_hpf_lua_bound_check(lua_State *L, int anchor);
static double ngx_hpf_lua_bound_steps(const char *p, size_t len, double n,
    int anchor);
static int ngx_hpf_lua_bound_call(lua_State *L);
static void ngx_hpf_lua_charge(lua_State *L, double n);


/* With the string library on the stack. */

void
ngx_hpf_lua_bound(lua_State *L)
{
    ngx_hpf_lua_bound_wrap(L, "find", ngx_hpf_lua_bound_find);
    ngx_hpf_lua_bound_wrap(L, "match", ngx_hpf_lua_bound_match);
    ngx_hpf_lua_bound_wrap(L, "gmatch", ngx_hpf_lua_bound_gmatch);
    ngx_hpf_lua_bound_wrap(L, "gsub", ngx_hpf_lua_bound_match);

    /* the former name of gmatch, the same function */

    lua_pushnil(L);
    lua_setfield(L, -2, "gfind");

    lua_getglobal(L, LUA_TABLIBNAME);
    ngx_hpf_lua_bound_wrap(L, "insert", ngx_hpf_lua_bound_shift);
    ngx_hpf_lua_bound_wrap(L, "remove", ngx_hpf_lua_bound_shift);
    ngx_hpf_lua_bound_wrap(L, "concat", ngx_hpf_lua_bound_shift);
    ngx_hpf_lua_bound_wrap(L, "sort", ngx_hpf_lua_bound_shift);
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

    ngx_hpf_lua_charge(L, (double) n * (double) m / 100);

    return ngx_hpf_lua_bound_call(L);
}


static int
ngx_hpf_lua_bound_match(lua_State *L)
{
    ngx_hpf_lua_bound_check(L, 1);

    return ngx_hpf_lua_bound_call(L);
}


/* "^" is a character like any other there. */

static int
ngx_hpf_lua_bound_gmatch(lua_State *L)
{
    ngx_hpf_lua_bound_check(L, 0);

    return ngx_hpf_lua_bound_call(L);
}


static int
ngx_hpf_lua_bound_shift(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);

    ngx_hpf_lua_charge(L, (double) lua_objlen(L, 1));

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

    ngx_hpf_lua_charge(L, steps);
}


/* The most that a match can take. */

static double
ngx_hpf_lua_bound_steps(const char *p, size_t len, double n, int anchor)
{
    size_t  i;
    double  steps;

    i = (anchor && len && p[0] == '^');
    steps = i ? 1 : n;

    for ( /* void */ ; i < len && steps <= NGX_HPF_LUA_STEPS; i++) {

        switch (p[i]) {

        case '[':
            i += 1 + (i + 1 < len && p[i + 1] == '^');

            for (i++; i < len && p[i] != ']'; i++) {
                i += (p[i] == '%');
            }
            break;

        case '%':

            /* %b and a back reference look at all that follows */

            i++;

            if (i < len && (p[i] == 'b' || (p[i] >= '0' && p[i] <= '9'))) {
                steps *= n;
            }
            break;

        case '*':
        case '+':
        case '-':
            steps *= n;
            break;

        case '?':
            steps *= 2;
            break;
        }
    }

    return steps;
}


/* The function itself with the arguments as they are. */

static int
ngx_hpf_lua_bound_call(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);

    return lua_gettop(L);
}


static void
ngx_hpf_lua_charge(lua_State *L, double n)
{
    uint64_t           cost;
    ngx_hpf_lua_vm_t  *vm;

    vm = ngx_hpf_lua_vm(L);
    cost = (uint64_t) (n / NGX_HPF_LUA_MOVES);

    vm->left -= ngx_min(vm->left, cost);
}
