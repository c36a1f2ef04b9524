/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What code of a plugin may take: memory, instructions and CPU time between
 * two waits, the worker's stack, and what one request may make of the world
 * outside of the VM.
 *
 * Instructions are counted by a hook.  A loop of pcall() cannot swallow its
 * error, since from the first one on the hook comes at every instruction.  A
 * timer of the worker's CPU time is for instructions that work on strings that
 * are long: its signal makes the hook come at the next instruction.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include <sys/syscall.h>

#include "ngx_hpf_lua.h"


#define NGX_HPF_LUA_HOOK     1000      /* instructions between two looks */
#define NGX_HPF_LUA_BYTES    64        /* allocated for one instruction */
#define NGX_HPF_LUA_STRETCH  500       /* ms of CPU time without a wait */
#define NGX_HPF_LUA_STACK    (256 * 1024)      /* bytes of the worker's */

#define NGX_HPF_LUA_SIGNAL   SIGVTALRM         /* nginx has no use for it */


static ngx_int_t ngx_hpf_lua_timer_create(ngx_log_t *log);
static void ngx_hpf_lua_timer_start(void);
static void ngx_hpf_lua_late(int signo);
static void ngx_hpf_lua_hook(lua_State *L, lua_Debug *ar);
static ngx_uint_t ngx_hpf_lua_is_deep(ngx_hpf_lua_vm_t *vm);
static void ngx_hpf_lua_spent(ngx_hpf_lua_vm_t *vm);


static timer_t                     ngx_hpf_lua_timer;
static ngx_pid_t                   ngx_hpf_lua_timer_pid;   /* who has it */
static ngx_hpf_lua_vm_t *volatile  ngx_hpf_lua_running;


ngx_int_t
ngx_hpf_lua_limit_init(ngx_log_t *log)
{
    if (ngx_hpf_lua_timer_pid == ngx_pid) {
        return NGX_OK;
    }

    return ngx_hpf_lua_timer_create(log);
}


static ngx_int_t
ngx_hpf_lua_timer_create(ngx_log_t *log)
{
    struct sigevent   event;
    struct sigaction  sa;

    ngx_memzero(&sa, sizeof(struct sigaction));
    sa.sa_handler = ngx_hpf_lua_late;
    sa.sa_flags = SA_RESTART;
    sigemptyset(&sa.sa_mask);

    ngx_memzero(&event, sizeof(struct sigevent));
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = NGX_HPF_LUA_SIGNAL;
    event._sigev_un._tid = (pid_t) syscall(SYS_gettid);

    if (sigaction(NGX_HPF_LUA_SIGNAL, &sa, NULL) == -1
        || timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &ngx_hpf_lua_timer)
           == -1)
    {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      "hpf plugin: no timer for the CPU time of Lua code");
        return NGX_ERROR;
    }

    ngx_hpf_lua_timer_pid = ngx_pid;

    return NGX_OK;
}


/*
 * The signal may come later than nginx unmaps the module, which is long before
 * the process has ended.
 */

void
ngx_hpf_lua_exit_worker(void)
{
    if (ngx_hpf_lua_timer_pid != ngx_pid) {
        return;
    }

    (void) timer_delete(ngx_hpf_lua_timer);
    (void) signal(NGX_HPF_LUA_SIGNAL, SIG_IGN);

    ngx_hpf_lua_timer_pid = 0;
}


/*
 * Anew for each stretch.  It is not stopped behind one: that would be a system
 * call for each, against a signal now and then that finds nothing running.
 */

static void
ngx_hpf_lua_timer_start(void)
{
    struct itimerspec  its;

    ngx_memzero(&its, sizeof(struct itimerspec));
    its.it_value.tv_nsec = NGX_HPF_LUA_STRETCH * 1000000L;

    (void) timer_settime(ngx_hpf_lua_timer, 0, &its, NULL);
}


/* lua_sethook() is made for handlers of signals: it sets a few numbers. */

static void
ngx_hpf_lua_late(int signo)
{
    ngx_hpf_lua_vm_t  *vm;

    vm = ngx_hpf_lua_running;

    if (vm) {
        vm->late = 1;
        (void) lua_sethook(vm->L, ngx_hpf_lua_hook, LUA_MASKCOUNT, 1);
    }
}


void
ngx_hpf_lua_enter(ngx_hpf_lua_vm_t *vm, ngx_hpf_call_t *call)
{
    vm->call = call;
    vm->left = vm->plugin->manifest->resources.instructions;
    vm->late = 0;
    vm->stack = __builtin_frame_address(0);

    (void) lua_sethook(vm->L, ngx_hpf_lua_hook, LUA_MASKCOUNT,
                       NGX_HPF_LUA_HOOK);

    /* in this order: the end of the stretch before is not of this one */

    ngx_hpf_lua_timer_start();
    ngx_hpf_lua_running = vm;
}


void
ngx_hpf_lua_leave(ngx_hpf_lua_vm_t *vm)
{
    ngx_hpf_lua_running = NULL;

    (void) lua_sethook(vm->L, NULL, 0, 0);

    vm->call = NULL;
}


static void
ngx_hpf_lua_hook(lua_State *L, lua_Debug *ar)
{
    ngx_uint_t         deep;
    ngx_hpf_lua_vm_t  *vm;

    vm = ngx_hpf_lua_vm(L);
    deep = ngx_hpf_lua_is_deep(vm);

    if (vm->left > NGX_HPF_LUA_HOOK && !vm->late && !deep) {
        vm->left -= NGX_HPF_LUA_HOOK;
        return;
    }

    if (!deep) {
        ngx_hpf_lua_spent(vm);
    }

    (void) lua_getinfo(L, "Sl", ar);
    (void) lua_pushfstring(L, "%s:%d: %s", ar->short_src, ar->currentline,
                           deep ? NGX_HPF_LUA_DEEP : NGX_HPF_LUA_SPENT);
    (void) lua_error(L);
}


/*
 * A function of C that calls Lua that calls it again uses up the stack of the
 * worker long before that of Lua.
 */

void
ngx_hpf_lua_deep(lua_State *L)
{
    if (ngx_hpf_lua_is_deep(ngx_hpf_lua_vm(L))) {
        (void) luaL_error(L, NGX_HPF_LUA_DEEP);
    }
}


static ngx_uint_t
ngx_hpf_lua_is_deep(ngx_hpf_lua_vm_t *vm)
{
    return vm->stack - (char *) __builtin_frame_address(0)
           > NGX_HPF_LUA_STACK;
}


/* What one call of C is going to cost: not begun when it is too much. */

void
ngx_hpf_lua_charge(lua_State *L, double instructions)
{
    ngx_hpf_lua_vm_t  *vm;

    vm = ngx_hpf_lua_vm(L);

    if (instructions < (double) vm->left) {
        vm->left -= (uint64_t) instructions;
        return;
    }

    ngx_hpf_lua_spent(vm);
    (void) luaL_error(L, NGX_HPF_LUA_SPENT);
}


static void
ngx_hpf_lua_spent(ngx_hpf_lua_vm_t *vm)
{
    vm->left = 0;

    (void) lua_sethook(vm->L, ngx_hpf_lua_hook, LUA_MASKCOUNT, 1);
}


/*
 * What the request does outside of its VM: operations, and bytes that stay as
 * long as it does.
 */

void
ngx_hpf_lua_count_ops(lua_State *L, ngx_uint_t n)
{
    ngx_hpf_lua_run_t  *run;

    run = ngx_hpf_lua_vm(L)->call->run;
    run->ops += n;

    if (run->ops > NGX_HPF_LUA_OPS) {
        (void) luaL_error(L, "too many operations in one request");
    }
}


void
ngx_hpf_lua_count_bytes(lua_State *L, size_t n)
{
    ngx_hpf_lua_vm_t   *vm;
    ngx_hpf_lua_run_t  *run;

    vm = ngx_hpf_lua_vm(L);
    run = vm->call->run;
    run->bytes += n;

    if (run->bytes > vm->limit) {
        (void) luaL_error(L, "too much JSON in one request");
    }
}


/* Whether there may be another line in the log. */

ngx_uint_t
ngx_hpf_lua_count_line(ngx_hpf_lua_vm_t *vm)
{
    ngx_uint_t         *lines;
    ngx_hpf_lua_run_t  *run;

    run = vm->call ? vm->call->run : NULL;
    lines = run ? &run->lines : &vm->lines;

    if (++*lines == NGX_HPF_LUA_LINES) {
        ngx_log_error(NGX_LOG_ERR, vm->call ? vm->call->log : vm->plugin->log,
                      0, "hpf plugin: \"%V\" writes no more lines here: it "
                      "has written too many", &vm->plugin->id);
    }

    return *lines < NGX_HPF_LUA_LINES;
}


/*
 * What the host does by itself, outside of a protected call, is not refused
 * memory: there is nobody who could catch the error.
 */

void *
ngx_hpf_lua_alloc(void *ud, void *p, size_t old, size_t size)
{
    ngx_hpf_lua_vm_t *vm = ud;

    void  *n;

    if (size == 0) {
        vm->used -= old;
        free(p);
        return NULL;
    }

    if (size > old && vm->used + (size - old) > vm->limit && !vm->exempt) {
        return NULL;
    }

    n = realloc(p, size);

    if (n) {
        vm->used += size - old;

        /* one instruction can make a long string: its length counts too */

        vm->left -= ngx_min(vm->left, size / NGX_HPF_LUA_BYTES);
    }

    return n;
}


ngx_hpf_lua_vm_t *
ngx_hpf_lua_vm(lua_State *L)
{
    void  *vm;

    (void) lua_getallocf(L, &vm);

    return vm;
}
