/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The watchdog of a worker.
 *
 * It looks a few times within the limit whether the worker is still inside of
 * the same call.  What counts is the time between two looks, and at most twice
 * what it should have been: a debugger stops both threads.  The time in which
 * the worker was ready to run and had no processor does not count, or a busy
 * machine would end workers whose plugins do nothing wrong.
 *
 * The worker may be inside of anything, malloc() and localtime() with their
 * locks included: the thread allocates nothing, takes no lock but its own, and
 * writes to the log by itself.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <pthread.h>

#include "ngx_hpf_plugins.h"


#define NGX_HPF_WATCHDOG_LOOKS  8      /* within the limit */
#define NGX_HPF_WATCHDOG_STACK  (128 * 1024)


typedef struct {
    pthread_t           thread;
    pthread_mutex_t     mutex;
    pthread_cond_t      cond;
    ngx_uint_t          stop;
    ngx_msec_t          limit;
    ngx_fd_t            schedstat;     /* of the worker's own thread */
    ngx_hpf_mark_t     *mark;
    ngx_hpf_ledger_t   *ledger;
    ngx_log_t          *log;
} ngx_hpf_watchdog_t;


static ngx_int_t ngx_hpf_watchdog_create(ngx_hpf_watchdog_t *dog);
static void *ngx_hpf_watchdog_run(void *data);
static ngx_uint_t ngx_hpf_watchdog_wait(ngx_hpf_watchdog_t *dog,
    uint64_t ns);
static void ngx_hpf_watchdog_end(ngx_hpf_watchdog_t *dog, uint32_t inside);
static uint64_t ngx_hpf_watchdog_now(void);
static uint64_t ngx_hpf_watchdog_waited(ngx_hpf_watchdog_t *dog);


static ngx_hpf_watchdog_t   ngx_hpf_watchdog_one;
static ngx_hpf_watchdog_t  *ngx_hpf_watchdog;      /* NULL: it does not run */


void
ngx_hpf_watchdog_start(ngx_hpf_plugins_t *plugins)
{
    ngx_hpf_watchdog_t  *dog;

    /* without a master nobody would start another worker */

    if (plugins->conf.watchdog == 0 || ngx_process == NGX_PROCESS_SINGLE) {
        return;
    }

    dog = &ngx_hpf_watchdog_one;

    dog->stop = 0;
    dog->limit = plugins->conf.watchdog;
    dog->mark = plugins->mark;
    dog->ledger = &plugins->shm->ledger;
    dog->log = plugins->log;
    dog->schedstat = open("/proc/self/schedstat", O_RDONLY|O_CLOEXEC);

    if (ngx_hpf_watchdog_create(dog) != NGX_OK) {
        ngx_log_error(NGX_LOG_ALERT, plugins->log, 0,
                      "hpf plugin: no thread for the watchdog, a plugin that "
                      "blocks stops worker %P", ngx_pid);
        return;
    }

    ngx_hpf_watchdog = dog;
}


/* The thread takes no signal: they are the worker's. */

static ngx_int_t
ngx_hpf_watchdog_create(ngx_hpf_watchdog_t *dog)
{
    int                  rc;
    sigset_t             all, old;
    pthread_attr_t       attr;
    pthread_condattr_t   condattr;

    if (pthread_mutex_init(&dog->mutex, NULL) != 0
        || pthread_condattr_init(&condattr) != 0
        || pthread_condattr_setclock(&condattr, CLOCK_MONOTONIC) != 0
        || pthread_cond_init(&dog->cond, &condattr) != 0
        || pthread_attr_init(&attr) != 0)
    {
        return NGX_ERROR;
    }

    (void) pthread_attr_setstacksize(&attr, NGX_HPF_WATCHDOG_STACK);

    (void) sigfillset(&all);
    (void) pthread_sigmask(SIG_SETMASK, &all, &old);

    rc = pthread_create(&dog->thread, &attr, ngx_hpf_watchdog_run, dog);

    (void) pthread_sigmask(SIG_SETMASK, &old, NULL);
    (void) pthread_attr_destroy(&attr);
    (void) pthread_condattr_destroy(&condattr);

    return rc == 0 ? NGX_OK : NGX_ERROR;
}


void
ngx_hpf_watchdog_stop(void)
{
    ngx_hpf_watchdog_t  *dog;

    dog = ngx_hpf_watchdog;

    if (dog == NULL) {
        return;
    }

    (void) pthread_mutex_lock(&dog->mutex);
    dog->stop = 1;
    (void) pthread_cond_signal(&dog->cond);
    (void) pthread_mutex_unlock(&dog->mutex);

    (void) pthread_join(dog->thread, NULL);

    (void) pthread_cond_destroy(&dog->cond);
    (void) pthread_mutex_destroy(&dog->mutex);

    if (dog->schedstat != NGX_INVALID_FILE) {
        (void) ngx_close_file(dog->schedstat);
    }

    ngx_hpf_watchdog = NULL;
}


static void *
ngx_hpf_watchdog_run(void *data)
{
    ngx_hpf_watchdog_t *dog = data;

    uint32_t    inside, entered, seen;
    uint64_t    step, last, now, ran;

    step = (uint64_t) dog->limit * 1000000 / NGX_HPF_WATCHDOG_LOOKS;
    last = 0;
    seen = 0;
    ran = 0;

    while (!ngx_hpf_watchdog_wait(dog, step)) {

        inside = __atomic_load_n(&dog->mark->inside, __ATOMIC_ACQUIRE);
        entered = __atomic_load_n(&dog->mark->entered, __ATOMIC_RELAXED);

        if (inside == 0) {
            seen = entered - 1;
            continue;
        }

        now = ngx_hpf_watchdog_now() - ngx_hpf_watchdog_waited(dog);

        if (entered != seen) {
            seen = entered;
            ran = 0;

        } else if (now > last) {
            ran += ngx_min(now - last, 2 * step);
        }

        last = now;

        if (ran >= (uint64_t) dog->limit * 1000000) {
            ngx_hpf_watchdog_end(dog, inside);
        }
    }

    return NULL;
}


/* 1: the worker exits. */

static ngx_uint_t
ngx_hpf_watchdog_wait(ngx_hpf_watchdog_t *dog, uint64_t ns)
{
    ngx_uint_t       stop;
    struct timespec  until;

    (void) clock_gettime(CLOCK_MONOTONIC, &until);

    until.tv_sec += ns / 1000000000;
    until.tv_nsec += ns % 1000000000;

    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }

    (void) pthread_mutex_lock(&dog->mutex);

    while (!dog->stop
           && pthread_cond_timedwait(&dog->cond, &dog->mutex, &until) == 0)
    {
        /* void */
    }

    stop = dog->stop;

    (void) pthread_mutex_unlock(&dog->mutex);

    return stop;
}


/*
 * SIGABRT leaves a core that shows where the plugin is.  The time in the line
 * is that of the worker's last turn, when the call began.
 */

static void
ngx_hpf_watchdog_end(ngx_hpf_watchdog_t *dog, uint32_t inside)
{
    u_char           *p, line[NGX_MAX_ERROR_STR];
    sigset_t          set;
    ngx_log_t        *log;
    ngx_hpf_mark_t   *mark;

    mark = dog->mark;
    mark->end = NGX_HPF_END_STUCK;

    p = ngx_snprintf(line, sizeof(line) - 1,
                     "%*s [alert] %P#0: hpf plugin: \"%s\" has not come back "
                     "for %Mms, %s: worker %P is ended",
                     ngx_cached_err_log_time.len,
                     ngx_cached_err_log_time.data, ngx_pid,
                     dog->ledger->entries[inside - 1].id, dog->limit,
                     ngx_hpf_mark_where(mark->where), ngx_pid);
    *p++ = '\n';

    for (log = dog->log; log; log = log->next) {

        if (log->file && log->log_level >= NGX_LOG_ALERT) {
            (void) ngx_write_fd(log->file->fd, line, p - line);
        }
    }

    (void) signal(SIGABRT, SIG_DFL);

    (void) sigemptyset(&set);
    (void) sigaddset(&set, SIGABRT);
    (void) pthread_sigmask(SIG_UNBLOCK, &set, NULL);

    (void) raise(SIGABRT);
}


/* Nanoseconds. */

static uint64_t
ngx_hpf_watchdog_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


/* The second number: nanoseconds that the worker waited for a processor. */

static uint64_t
ngx_hpf_watchdog_waited(ngx_hpf_watchdog_t *dog)
{
    char       *p, *last, text[128];
    ssize_t     n;
    uint64_t    ns;

    n = pread(dog->schedstat, text, sizeof(text), 0);

    if (n <= 0) {
        return 0;
    }

    ns = 0;
    last = text + n;

    for (p = text; p < last && *p != ' '; p++) { /* void */ }

    for (p++; p < last && *p >= '0' && *p <= '9'; p++) {
        ns = ns * 10 + (*p - '0');
    }

    return ns;
}
