/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Marks of workers that are inside of a plugin, and who looks after them.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_plugins.h"


static ngx_int_t ngx_hpf_mark_take(ngx_hpf_plugins_t *plugins,
    ngx_uint_t seat, ngx_hpf_crash_t *crash);
static void ngx_hpf_mark_tell(ngx_hpf_plugins_t *plugins,
    ngx_hpf_crash_t *crash);
static void ngx_hpf_mark_catch(ngx_hpf_plugins_t *plugins);
static void ngx_hpf_mark_exited(void);
static void ngx_hpf_mark_crashed(int signo, siginfo_t *info, void *context);


#define NGX_HPF_MARK_STACK  (32 * 1024)


/* Of this worker, for what runs when it is about to end. */

static ngx_hpf_mark_t  *ngx_hpf_mark_own;

/* A plugin may have none left of its own. */

static u_char           ngx_hpf_mark_stack[NGX_HPF_MARK_STACK];


ngx_int_t
ngx_hpf_mark_init(ngx_hpf_plugins_t *plugins)
{
    ngx_hpf_mark_t   *mark;
    ngx_hpf_crash_t   crash;

    if (ngx_process_slot >= NGX_HPF_LEDGER_SEATS) {
        ngx_log_error(NGX_LOG_EMERG, plugins->log, 0,
                      "hpf plugin: there are too many workers");
        return NGX_ERROR;
    }

    plugins->seat = ngx_process_slot;
    mark = &plugins->shm->marks[plugins->seat];

    /* two processes never have a slot of the master's table at a time */

    if (ngx_hpf_mark_take(plugins, plugins->seat, &crash) == NGX_OK) {
        ngx_hpf_mark_tell(plugins, &crash);
    }

    mark->inside = 0;
    mark->end = NGX_HPF_END_KILLED;
    __atomic_store_n(&mark->pid, (uint32_t) ngx_pid, __ATOMIC_RELEASE);

    plugins->mark = mark;

    ngx_hpf_mark_own = mark;

    ngx_hpf_mark_catch(plugins);
    ngx_hpf_mark_look(plugins);

    return NGX_OK;
}


void
ngx_hpf_mark_exit(ngx_hpf_plugins_t *plugins)
{
    ngx_hpf_crash_t  crash;

    if (plugins->mark) {
        (void) ngx_hpf_mark_take(plugins, plugins->seat, &crash);

        ngx_hpf_mark_own = NULL;
    }
}


/* A sanitizer's handlers stay. */

static void
ngx_hpf_mark_catch(ngx_hpf_plugins_t *plugins)
{
    stack_t           stack;
    ngx_uint_t        i;
    struct sigaction  sa, old;

    static const int  signals[] = {
        SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT
    };

    if (sigaltstack(NULL, &stack) == 0 && (stack.ss_flags & SS_DISABLE)) {
        ngx_memzero(&stack, sizeof(stack_t));
        stack.ss_sp = ngx_hpf_mark_stack;
        stack.ss_size = sizeof(ngx_hpf_mark_stack);

        (void) sigaltstack(&stack, NULL);
    }

    ngx_memzero(&sa, sizeof(struct sigaction));
    sa.sa_sigaction = ngx_hpf_mark_crashed;
    sa.sa_flags = SA_SIGINFO|SA_ONSTACK|SA_RESETHAND;
    (void) sigfillset(&sa.sa_mask);

    for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {

        if (sigaction(signals[i], NULL, &old) == 0
            && !(old.sa_flags & SA_SIGINFO) && old.sa_handler == SIG_DFL
            && sigaction(signals[i], &sa, NULL) != 0)
        {
            ngx_log_error(NGX_LOG_ALERT, plugins->log, ngx_errno,
                          "hpf plugin: sigaction(%d) failed", signals[i]);
        }
    }

    if (atexit(ngx_hpf_mark_exited) != 0) {
        ngx_log_error(NGX_LOG_ALERT, plugins->log, 0,
                      "hpf plugin: atexit() failed");
    }
}


/*
 * The handler is gone by now: what made a fault makes it again and ends the
 * process as if there had been none; what was sent is sent again.
 */

static void
ngx_hpf_mark_crashed(int signo, siginfo_t *info, void *context)
{
    if (ngx_hpf_mark_own && ngx_hpf_mark_own->end == NGX_HPF_END_KILLED) {
        ngx_hpf_mark_own->end = NGX_HPF_END_CRASHED;
    }

    if (info->si_code <= 0) {
        (void) raise(signo);
    }
}


/*
 * exit() of a plugin is no end of a worker: and the master would not start
 * another after exit(2).
 */

static void
ngx_hpf_mark_exited(void)
{
    if (ngx_hpf_mark_own && ngx_hpf_mark_own->inside) {
        ngx_hpf_mark_own->end = NGX_HPF_END_EXITED;
        _exit(1);
    }
}


void
ngx_hpf_mark_enter(ngx_hpf_plugin_t *plugin, ngx_hpf_mark_e where)
{
    ngx_hpf_mark_t     *mark;
    ngx_hpf_plugins_t  *plugins;

    plugins = plugin->plugins;
    mark = plugins->mark;

    mark->where = where;
    mark->since = ngx_current_msec;
    mark->entered++;

    __atomic_store_n(&mark->inside,
                     (uint32_t) (plugin->entry - plugins->shm->ledger.entries)
                     + 1, __ATOMIC_RELEASE);
}


void
ngx_hpf_mark_leave(ngx_hpf_plugin_t *plugin)
{
    __atomic_store_n(&plugin->plugins->mark->inside, 0, __ATOMIC_RELEASE);
}


void
ngx_hpf_mark_look(ngx_hpf_plugins_t *plugins)
{
    uint32_t          pid;
    ngx_uint_t        seat;
    ngx_hpf_crash_t   crash;

    for (seat = 0; seat < NGX_HPF_LEDGER_SEATS; seat++) {

        pid = __atomic_load_n(&plugins->shm->marks[seat].pid,
                              __ATOMIC_ACQUIRE);

        if (pid && pid != (uint32_t) ngx_pid
            && kill((ngx_pid_t) pid, 0) == -1 && ngx_errno == ESRCH
            && ngx_hpf_mark_take(plugins, seat, &crash) == NGX_OK)
        {
            ngx_hpf_mark_tell(plugins, &crash);
        }
    }
}


/*
 * The seat of a process that has gone is cleared, by one only.  NGX_OK: it was
 * inside of a plugin.
 */

static ngx_int_t
ngx_hpf_mark_take(ngx_hpf_plugins_t *plugins, ngx_uint_t seat,
    ngx_hpf_crash_t *crash)
{
    ngx_int_t                rc;
    ngx_hpf_mark_t          *mark;
    ngx_hpf_ledger_t        *ledger;
    ngx_hpf_ledger_entry_t  *entry;

    rc = NGX_DECLINED;
    ledger = &plugins->shm->ledger;
    mark = &plugins->shm->marks[seat];

    (void) hpf_set_spin(&ledger->lock);

    if (mark->pid == 0) {
        hpf_set_release(&ledger->lock);
        return NGX_DECLINED;
    }

    if (mark->inside) {
        rc = NGX_OK;
        entry = &ledger->entries[mark->inside - 1];

        crash->pid = (ngx_pid_t) mark->pid;
        crash->where = mark->where;
        crash->end = mark->end;

        ngx_memcpy(crash->id, entry->id, sizeof(crash->id));
        ngx_memcpy(crash->digest, entry->digest, sizeof(crash->digest));

        crash->quarantined = ngx_hpf_ledger_crash_locked(plugins, entry,
                                                         crash);
    }

    ngx_hpf_ledger_vacate_locked(ledger, seat);

    mark->inside = 0;
    mark->pid = 0;

    hpf_set_release(&ledger->lock);

    return rc;
}


static void
ngx_hpf_mark_tell(ngx_hpf_plugins_t *plugins, ngx_hpf_crash_t *crash)
{
    ngx_uint_t  level;

    static const char  *ends[] = {
        "was killed inside", "died inside", "was ended, stuck inside",
        "was ended by exit() of"
    };

    level = crash->end == NGX_HPF_END_KILLED ? NGX_LOG_WARN : NGX_LOG_ALERT;

    ngx_log_error(level, plugins->log, 0,
                  "hpf plugin: worker %P %s \"%s\", %s, digest %s", crash->pid,
                  ends[crash->end], crash->id,
                  ngx_hpf_mark_where(crash->where), crash->digest);

    if (crash->quarantined) {
        ngx_log_error(NGX_LOG_ALERT, plugins->log, 0,
                      "hpf plugin: \"%s\" is quarantined until another "
                      "version of it comes or it is released, digest %s",
                      crash->id, crash->digest);
    }

    if (plugins->conf.crashed) {
        plugins->conf.crashed(crash, plugins->conf.data);
    }
}


const char *
ngx_hpf_mark_where(uint32_t where)
{
    static const char  *names[] = { "loading", "calling", "unloading" };

    return names[where];
}
