/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A Lua plugin: its file runs once, as it does in each worker, within the
 * same limits and with the same libraries.
 */


#include "check.h"
#include "check_lua.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <luajit.h>
#include <lualib.h>

#include "hpf_plugin.h"


#define CHECK_LUA_HOOK     1000        /* instructions between two looks */
#define CHECK_LUA_STRETCH  500         /* ms of CPU time */


typedef struct {
    const hpf_manifest_t  *manifest;
    const check_file_t    *file;
    size_t                 used;       /* bytes */
    uint64_t               left;       /* instructions */
    uint64_t               until;      /* CPU time, ms */
} check_lua_vm_t;


static int check_lua_run(lua_State *L);
static void check_lua_open(lua_State *L);
static void check_lua_remove(lua_State *L, const char *library,
    const char **names);
static void check_lua_lock(lua_State *L, const char *library);
static int check_lua_read_only(lua_State *L);
static check_lua_vm_t *check_lua_vm(lua_State *L);
static void check_lua_hook(lua_State *L, lua_Debug *ar);
static uint64_t check_lua_cpu(void);
static void *check_lua_alloc(void *ud, void *p, size_t old, size_t size);


int
check_lua(const hpf_manifest_t *mf, const check_file_t *file)
{
    int              rc;
    lua_State       *L;
    const char      *text;
    check_lua_vm_t   vm;

    vm.manifest = mf;
    vm.file = file;
    vm.used = 0;
    vm.left = mf->resources.instructions;
    vm.until = check_lua_cpu() + CHECK_LUA_STRETCH;

    L = lua_newstate(check_lua_alloc, &vm);

    if (L == NULL) {
        check_fault(file, "no memory for a VM");
        return HPF_ERROR;
    }

    (void) luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE|LUAJIT_MODE_OFF);
    (void) lua_sethook(L, check_lua_hook, LUA_MASKCOUNT, CHECK_LUA_HOOK);

    rc = lua_cpcall(L, check_lua_run, NULL);

    if (rc != 0) {
        text = lua_isstring(L, -1) ? lua_tostring(L, -1)
                                   : "an error that is no text";

        if (strncmp(text, file->name, strlen(file->name)) == 0) {
            (void) fprintf(stderr, "%s\n", text);

        } else {
            check_fault(file, "%s", text);
        }
    }

    lua_close(L);

    return (rc == 0) ? HPF_OK : HPF_ERROR;
}


static int
check_lua_run(lua_State *L)
{
    const check_file_t  *file;

    file = check_lua_vm(L)->file;

    check_lua_open(L);

    /* "t": text; bytecode could do anything */

    lua_pushfstring(L, "@%s", file->name);

    if (luaL_loadbufferx(L, file->text, file->len, lua_tostring(L, -1), "t")
        != 0)
    {
        return lua_error(L);
    }

    lua_call(L, 0, 1);

    if (!lua_istable(L, -1)) {
        return luaL_error(L, "it must return a table with \"handle\"");
    }

    lua_getfield(L, -1, "handle");

    if (!lua_isfunction(L, -1)) {
        return luaL_error(L, "\"handle\" of its table must be a function");
    }

    lua_getfield(L, -2, "reconcile");

    if (check_lua_vm(L)->manifest->mode == HPF_MANIFEST_APPLICATION
        && !lua_isfunction(L, -1))
    {
        (void) fprintf(stderr, "%s: warning: an application without "
                       "\"reconcile\": nobody asks what became of a case "
                       "that is pending-backend\n", file->name);
    }

    return 0;
}


/* ngx_hpf_lua_sandbox.c has the same; a test compares what plugins see */

static void
check_lua_open(lua_State *L)
{
    const char     **name;
    const luaL_Reg  *library;

    static const luaL_Reg  libraries[] = {
        { "", luaopen_base },
        { LUA_TABLIBNAME, luaopen_table },
        { LUA_STRLIBNAME, luaopen_string },
        { LUA_MATHLIBNAME, luaopen_math },
        { LUA_BITLIBNAME, luaopen_bit },
        { LUA_OSLIBNAME, luaopen_os },
        { NULL, NULL }
    };

    static const char  *base[] = {
        "dofile", "load", "loadfile", "loadstring", "getfenv", "setfenv",
        "newproxy", "print", "collectgarbage", "coroutine", "gcinfo",
        "module", "require", "rawset", "package", NULL
    };

    static const char  *string[] = { "dump", "gfind", NULL };

    static const char  *os[] = {
        "execute", "remove", "rename", "tmpname", "getenv", "exit",
        "setlocale", "difftime", NULL
    };

    static const char  *locked[] = {
        "string", "table", "math", "bit", "os", "hpf", NULL
    };

    for (library = libraries; library->func; library++) {
        lua_pushcfunction(L, library->func);
        lua_pushstring(L, library->name);
        lua_call(L, 1, 0);
    }

    check_lua_hpf(L);

    check_lua_remove(L, "_G", base);
    check_lua_remove(L, LUA_STRLIBNAME, string);
    check_lua_remove(L, LUA_OSLIBNAME, os);

    lua_pushliteral(L, "");
    (void) lua_getmetatable(L, -1);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);

    for (name = locked; *name; name++) {
        check_lua_lock(L, *name);
    }
}


static void
check_lua_remove(lua_State *L, const char *library, const char **names)
{
    lua_getglobal(L, library);

    for ( /* void */ ; *names; names++) {
        lua_pushnil(L);
        lua_setfield(L, -2, *names);
    }

    lua_pop(L, 1);
}


/* an empty table in its place, behind which it can be read only */

static void
check_lua_lock(lua_State *L, const char *library)
{
    lua_newtable(L);
    lua_createtable(L, 0, 3);

    lua_getglobal(L, library);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, check_lua_read_only);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");

    (void) lua_setmetatable(L, -2);
    lua_setglobal(L, library);
}


static int
check_lua_read_only(lua_State *L)
{
    return luaL_error(L, "\"%s\" cannot be set here: libraries are read only",
                      lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2)
                                                    : luaL_typename(L, 2));
}


static check_lua_vm_t *
check_lua_vm(lua_State *L)
{
    void  *vm;

    (void) lua_getallocf(L, &vm);

    return vm;
}


/* from the first error on at every instruction, that pcall() swallows none */

static void
check_lua_hook(lua_State *L, lua_Debug *ar)
{
    check_lua_vm_t  *vm;

    vm = check_lua_vm(L);

    if (vm->left > CHECK_LUA_HOOK && check_lua_cpu() < vm->until) {
        vm->left -= CHECK_LUA_HOOK;
        return;
    }

    vm->left = 0;

    (void) lua_sethook(L, check_lua_hook, LUA_MASKCOUNT, 1);

    (void) lua_getinfo(L, "Sl", ar);
    (void) lua_pushfstring(L, "%s:%d: the limit of instructions is reached",
                           ar->short_src, ar->currentline);
    (void) lua_error(L);
}


static uint64_t
check_lua_cpu(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);

    return (uint64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


static void *
check_lua_alloc(void *ud, void *p, size_t old, size_t size)
{
    check_lua_vm_t *vm = ud;

    void  *n;

    if (size == 0) {
        vm->used -= old;
        free(p);
        return NULL;
    }

    if (size > old && vm->used + (size - old) > vm->manifest->resources.memory)
    {
        return NULL;
    }

    n = realloc(p, size);

    if (n) {
        vm->used += size - old;
    }

    return n;
}
