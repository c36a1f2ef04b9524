/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Hot loading: a worker notices a change (inotify, or a look once a second
 * where that is not to be had or not wanted), waits until it has settled,
 * publishes a candidate, and all workers take it together or none does.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <sys/inotify.h>

#include "ngx_hpf_plugins.h"


#define NGX_HPF_WATCH_LOOK    1000     /* ms, without a reason */
#define NGX_HPF_WATCH_BUSY    5        /* ms, while a candidate is prepared */
#define NGX_HPF_WATCH_SETTLE  60       /* ms after the last change */
#define NGX_HPF_WATCH_GIVE_UP 10000    /* ms for all to prepare */
#define NGX_HPF_WATCH_SWEEP   30       /* looks between two sweeps */

#define NGX_HPF_WATCH_MASK                                                   \
    (IN_CLOSE_WRITE|IN_MOVED_TO|IN_MOVED_FROM|IN_CREATE|IN_DELETE            \
     |IN_DELETE_SELF|IN_ONLYDIR)


static ngx_int_t ngx_hpf_watch_first(ngx_hpf_plugins_t *plugins);
static ngx_int_t ngx_hpf_watch_inotify(ngx_hpf_plugins_t *plugins,
    ngx_cycle_t *cycle);
static void ngx_hpf_watch_folders(ngx_hpf_plugins_t *plugins);
static ngx_int_t ngx_hpf_watch_folder(ngx_hpf_plugins_t *plugins,
    const char *name);
static void ngx_hpf_watch_poll(ngx_hpf_plugins_t *plugins);
static void ngx_hpf_watch_read(ngx_event_t *ev);
static void ngx_hpf_watch_settled(ngx_event_t *ev);
static ngx_uint_t ngx_hpf_watch_was_refused(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *list, ngx_int_t n);
static void ngx_hpf_watch_look(ngx_event_t *ev);
static void ngx_hpf_watch_publish(ngx_hpf_plugins_t *plugins);
static void ngx_hpf_watch_prepare(ngx_hpf_plugins_t *plugins,
    uint32_t candidate);
static void ngx_hpf_watch_agree(ngx_hpf_plugins_t *plugins,
    uint32_t candidate);
static void ngx_hpf_watch_catch_up(ngx_hpf_plugins_t *plugins,
    uint32_t active);
static ngx_hpf_plugin_row_t *ngx_hpf_watch_row(ngx_hpf_plugins_shm_t *shm);
static void ngx_hpf_watch_resign(ngx_hpf_plugins_t *plugins);


ngx_int_t
ngx_hpf_watch_init(ngx_hpf_plugins_t *plugins, ngx_cycle_t *cycle)
{
    if (ngx_create_dir(plugins->conf.cache.data, 0700) == NGX_FILE_ERROR
        && ngx_errno != NGX_EEXIST)
    {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_errno,
                      "hpf plugin: " ngx_create_dir_n " \"%V\" failed",
                      &plugins->conf.cache);
        return NGX_ERROR;
    }

    (void) hpf_set_spin(&plugins->shm->lock);

    plugins->row = ngx_hpf_watch_row(plugins->shm);

    if (plugins->row == NULL
        || (plugins->shm->active == 0
            && ngx_hpf_watch_first(plugins) != NGX_OK))
    {
        hpf_set_release(&plugins->shm->lock);
        return NGX_ERROR;
    }

    hpf_set_release(&plugins->shm->lock);

    plugins->active = ngx_hpf_generation_catalogue(plugins,
                                                   plugins->shm->active, 0);

    if (plugins->active == NULL) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, 0,
                      "hpf plugin: catalogue %ud cannot be loaded, no item is "
                      "served", plugins->shm->active);
    }

    plugins->timer.handler = ngx_hpf_watch_look;
    plugins->timer.data = plugins;
    plugins->timer.log = cycle->log;
    plugins->timer.cancelable = 1;

    plugins->settle.handler = ngx_hpf_watch_settled;
    plugins->settle.data = plugins;
    plugins->settle.log = cycle->log;
    plugins->settle.cancelable = 1;

    plugins->litter = NGX_HPF_WATCH_SWEEP;

    /* what changed while no worker looked */

    ngx_add_timer(&plugins->settle, NGX_HPF_WATCH_SETTLE);
    ngx_add_timer(&plugins->timer, NGX_HPF_WATCH_LOOK);

    return ngx_hpf_watch_inotify(plugins, cycle);
}


/* The first worker of a new zone: what is in the folder, or was approved. */

static ngx_int_t
ngx_hpf_watch_first(ngx_hpf_plugins_t *plugins)
{
    ngx_int_t          n, rc;
    ngx_hpf_source_t  *list;

    list = ngx_alloc(NGX_HPF_PLUGINS_MAX * sizeof(ngx_hpf_source_t),
                     plugins->log);
    if (list == NULL) {
        return NGX_ERROR;
    }

    rc = NGX_ERROR;

    ngx_hpf_approval_read_locked(plugins);

    n = ngx_hpf_approval_wanted_locked(plugins, list, NULL, 0);

    if (n != NGX_ERROR
        && ngx_hpf_list_save_catalogue(plugins, 1, list, n) == NGX_OK)
    {
        plugins->shm->last = 1;
        plugins->shm->candidate = 1;
        __atomic_store_n(&plugins->shm->active, 1, __ATOMIC_RELEASE);

        rc = NGX_OK;
    }

    ngx_free(list);

    return rc;
}


static ngx_int_t
ngx_hpf_watch_inotify(ngx_hpf_plugins_t *plugins, ngx_cycle_t *cycle)
{
    int                fd;
    ngx_connection_t  *c;

    plugins->looked = ngx_hpf_source_look(plugins);

    if (plugins->conf.poll) {
        return NGX_OK;
    }

    fd = inotify_init1(IN_NONBLOCK|IN_CLOEXEC);

    if (fd == -1) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, ngx_errno,
                      "hpf plugin: inotify_init1() failed, changes are looked "
                      "for once a second");
        return NGX_OK;
    }

    c = ngx_get_connection(fd, cycle->log);

    if (c == NULL) {
        (void) close(fd);
        return NGX_ERROR;
    }

    c->data = plugins;
    c->log = cycle->log;
    c->read->handler = ngx_hpf_watch_read;
    c->read->log = cycle->log;
    c->read->cancelable = 1;
    c->idle = 1;

    /* nginx counts what is not a channel as an open socket at exit */

    c->read->channel = 1;

    plugins->notify = c;

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_hpf_watch_folders(plugins);

    return NGX_OK;
}


/* A watch that is there already is only told again. */

static void
ngx_hpf_watch_folders(ngx_hpf_plugins_t *plugins)
{
    u_char     name[NGX_MAX_PATH];
    ngx_int_t  rc;
    ngx_dir_t  dir;

    if (plugins->notify == NULL
        || ngx_open_dir(&plugins->conf.dir, &dir) == NGX_ERROR)
    {
        return;
    }

    rc = ngx_hpf_watch_folder(plugins, (char *) plugins->conf.dir.data);

    if (rc == NGX_OK) {
        rc = ngx_hpf_watch_folder(plugins, (char *) plugins->conf.cache.data);
    }

    while (rc == NGX_OK && ngx_read_dir(&dir) == NGX_OK) {

        if (ngx_de_name(&dir)[0] == '.') {
            continue;
        }

        (void) ngx_snprintf(name, sizeof(name), "%V/%s%Z", &plugins->conf.dir,
                            ngx_de_name(&dir));

        rc = ngx_hpf_watch_folder(plugins, (char *) name);
    }

    (void) ngx_close_dir(&dir);

    if (rc == NGX_OK) {
        return;
    }

    /* half a watch would miss changes without a word */

    ngx_log_error(NGX_LOG_WARN, plugins->log, ngx_errno,
                  "hpf plugin: inotify_add_watch() failed, changes are looked "
                  "for once a second");

    ngx_close_connection(plugins->notify);
    plugins->notify = NULL;
}


/* What has gone meanwhile, or is no folder, is nothing to be watched. */

static ngx_int_t
ngx_hpf_watch_folder(ngx_hpf_plugins_t *plugins, const char *name)
{
    uint32_t  mask;

    mask = name == (char *) plugins->conf.cache.data ? IN_MOVED_TO|IN_ONLYDIR
                                                     : NGX_HPF_WATCH_MASK;

    return inotify_add_watch(plugins->notify->fd, name, mask) != -1
           || ngx_errno == ENOENT || ngx_errno == ENOTDIR
           ? NGX_OK : NGX_ERROR;
}


/* Without inotify: what was seen last is compared, and nothing is read. */

static void
ngx_hpf_watch_poll(ngx_hpf_plugins_t *plugins)
{
    uint64_t  now;

    now = ngx_hpf_source_look(plugins);

    if (now != plugins->looked) {
        plugins->looked = now;
        plugins->dirty = 1;

        ngx_add_timer(&plugins->settle, NGX_HPF_WATCH_SETTLE);
    }
}


static void
ngx_hpf_watch_read(ngx_event_t *ev)
{
    char                         buf[4096]
                __attribute__((aligned(__alignof__(struct inotify_event))));
    char                        *p;
    ssize_t                      n;
    ngx_connection_t            *c;
    ngx_hpf_plugins_t           *plugins;
    const struct inotify_event  *event;

    c = ev->data;
    plugins = c->data;

    if (c->close) {
        ngx_hpf_watch_exit(plugins);
        return;
    }

    for ( ;; ) {
        n = read(c->fd, buf, sizeof(buf));

        if (n <= 0) {
            break;
        }

        for (p = buf; p < buf + n; p += sizeof(*event) + event->len) {

            event = (const struct inotify_event *) p;

            if (event->len
                && ngx_strncmp(event->name, "catalogue-", 10) == 0)
            {
                /* another worker has a candidate */

                ngx_add_timer(&plugins->timer, 0);

            } else {
                plugins->dirty = 1;
            }
        }
    }

    if (plugins->dirty) {
        ngx_add_timer(&plugins->settle, NGX_HPF_WATCH_SETTLE);
    }

    if (ngx_handle_read_event(ev, 0) != NGX_OK) {
        ngx_log_error(NGX_LOG_ALERT, ev->log, 0,
                      "hpf plugin: inotify events are lost");
    }
}


static void
ngx_hpf_watch_settled(ngx_event_t *ev)
{
    ngx_hpf_plugins_t  *plugins;

    plugins = ev->data;

    if (ngx_exiting) {
        return;
    }

    if (plugins->notify == NULL) {
        ngx_hpf_watch_poll(plugins);

        if (ev->timer_set) {
            return;
        }
    }

    plugins->dirty = 0;

    ngx_hpf_watch_folders(plugins);
    ngx_hpf_watch_publish(plugins);

    ngx_add_timer(&plugins->timer, 0);
}


/* Whoever comes first publishes; the others find that nothing is new. */

static void
ngx_hpf_watch_publish(ngx_hpf_plugins_t *plugins)
{
    ngx_int_t               n, nold;
    ngx_hpf_source_t       *list, *old;
    ngx_hpf_plugins_shm_t  *shm;

    shm = plugins->shm;

    list = ngx_calloc(2 * NGX_HPF_PLUGINS_MAX * sizeof(ngx_hpf_source_t),
                      plugins->log);
    if (list == NULL) {
        return;
    }

    old = list + NGX_HPF_PLUGINS_MAX;

    (void) hpf_set_spin(&shm->lock);

    if (shm->candidate == shm->active || shm->candidate == shm->refused) {

        nold = ngx_hpf_list_catalogue(plugins, shm->active, old);
        n = ngx_hpf_approval_wanted_locked(plugins, list, old,
                                           ngx_max(nold, 0));

        if (n >= 0
            && (n != nold
                || ngx_memcmp(list, old, n * sizeof(ngx_hpf_source_t)) != 0)
            && !ngx_hpf_watch_was_refused(plugins, list, n)
            && ngx_hpf_list_save_catalogue(plugins, shm->last + 1, list, n)
               == NGX_OK)
        {
            shm->last++;
            __atomic_store_n(&shm->candidate, shm->last, __ATOMIC_RELEASE);

            ngx_log_error(NGX_LOG_NOTICE, plugins->log, 0,
                          "hpf plugin: catalogue %ud with %i plugins is being "
                          "prepared", shm->last, n);
        }

    } else {

        /* one at a time: look again when that is decided */

        ngx_add_timer(&plugins->settle, NGX_HPF_WATCH_SETTLE);
    }

    hpf_set_release(&shm->lock);

    ngx_free(list);
}


/* The same again would be refused again. */

static ngx_uint_t
ngx_hpf_watch_was_refused(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *list, ngx_int_t n)
{
    ngx_int_t          nold;
    ngx_uint_t         same;
    ngx_hpf_source_t  *old;

    if (plugins->shm->refused == 0) {
        return 0;
    }

    old = ngx_calloc(NGX_HPF_PLUGINS_MAX * sizeof(ngx_hpf_source_t),
                     plugins->log);
    if (old == NULL) {
        return 0;
    }

    nold = ngx_hpf_list_catalogue(plugins, plugins->shm->refused, old);
    same = n == nold
           && ngx_memcmp(list, old, n * sizeof(ngx_hpf_source_t)) == 0;

    ngx_free(old);

    return same;
}


static void
ngx_hpf_watch_look(ngx_event_t *ev)
{
    uint32_t                candidate, active;
    ngx_msec_t              next;
    ngx_hpf_plugins_t      *plugins;
    ngx_hpf_plugins_shm_t  *shm;

    plugins = ev->data;
    shm = plugins->shm;
    next = NGX_HPF_WATCH_LOOK;

    if (ngx_exiting) {
        ngx_hpf_watch_resign(plugins);
        return;
    }

    active = __atomic_load_n(&shm->active, __ATOMIC_ACQUIRE);
    candidate = __atomic_load_n(&shm->candidate, __ATOMIC_ACQUIRE);

    if (candidate != active && candidate != shm->refused) {

        if (plugins->row->prepared < candidate) {
            ngx_hpf_watch_prepare(plugins, candidate);
        }

        if (plugins->row->prepared >= candidate) {
            ngx_hpf_watch_agree(plugins, candidate);
        }

        next = NGX_HPF_WATCH_BUSY;

    } else {
        ngx_hpf_watch_catch_up(plugins, active);

        if (plugins->notify == NULL && !plugins->dirty) {
            ngx_hpf_watch_poll(plugins);
        }

        if (plugins->litter && --plugins->litter == 0
            && ngx_hpf_cache_sweep(plugins))
        {
            plugins->litter = NGX_HPF_WATCH_SWEEP;
        }
    }

    /* an idle worker lets the old catalogue go all the same */

    (void) ngx_hpf_plugins_version(plugins);

    ngx_hpf_mark_look(plugins);

    ngx_add_timer(ev, next);
}


/* What came in force while this worker was not asked. */

static void
ngx_hpf_watch_catch_up(ngx_hpf_plugins_t *plugins, uint32_t active)
{
    if ((plugins->active && plugins->active->number == active)
        || (plugins->next && plugins->next->number == active))
    {
        return;
    }

    if (plugins->next) {
        ngx_hpf_generation_catalogue_free(plugins->next);
    }

    plugins->next = ngx_hpf_generation_catalogue(plugins, active, 0);
}


static void
ngx_hpf_watch_prepare(ngx_hpf_plugins_t *plugins, uint32_t candidate)
{
    ngx_hpf_catalogue_t  *catalogue;

    catalogue = ngx_hpf_generation_catalogue(plugins, candidate, 1);

    if (catalogue == NULL) {
        ngx_log_error(NGX_LOG_ERR, plugins->log, 0,
                      "hpf plugin: catalogue %ud is refused, the one before "
                      "stays in force", candidate);

        __atomic_store_n(&plugins->shm->refused, candidate, __ATOMIC_RELEASE);

        /* the others of it are tried without the one that did not load */

        ngx_add_timer(&plugins->settle, 0);

        return;
    }

    if (plugins->next) {
        ngx_hpf_generation_catalogue_free(plugins->next);
    }

    plugins->next = catalogue;
    plugins->preparing = ngx_current_msec;

    __atomic_store_n(&plugins->row->prepared, candidate, __ATOMIC_RELEASE);
}


/* All workers that live have it: one store, and it is in force for all. */

static void
ngx_hpf_watch_agree(ngx_hpf_plugins_t *plugins, uint32_t candidate)
{
    uint32_t                active;
    ngx_uint_t              i;
    ngx_hpf_plugin_row_t   *row;
    ngx_hpf_plugins_shm_t  *shm;

    shm = plugins->shm;

    for (i = 0; i < NGX_HPF_PLUGIN_ROWS; i++) {

        row = &shm->rows[i];

        if (row->pid == 0
            || __atomic_load_n(&row->prepared, __ATOMIC_ACQUIRE) >= candidate)
        {
            continue;
        }

        if (kill((ngx_pid_t) row->pid, 0) == -1 && ngx_errno == ESRCH) {
            row->pid = 0;
            continue;
        }

        if (ngx_current_msec - plugins->preparing > NGX_HPF_WATCH_GIVE_UP) {
            ngx_log_error(NGX_LOG_ERR, plugins->log, 0,
                          "hpf plugin: catalogue %ud is refused, worker %ud "
                          "did not prepare it", candidate, row->pid);

            __atomic_store_n(&shm->refused, candidate, __ATOMIC_RELEASE);
        }

        return;
    }

    active = __atomic_load_n(&shm->active, __ATOMIC_ACQUIRE);

    if (shm->refused != candidate && active < candidate
        && __atomic_compare_exchange_n(&shm->active, &active, candidate, 0,
                                       __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
    {
        ngx_log_error(NGX_LOG_NOTICE, plugins->log, 0,
                      "hpf plugin: catalogue %ud is in force", candidate);

        /* the one before goes when the workers have let it go */

        plugins->litter = 2;
    }
}


static ngx_hpf_plugin_row_t *
ngx_hpf_watch_row(ngx_hpf_plugins_shm_t *shm)
{
    ngx_uint_t             i;
    ngx_hpf_plugin_row_t  *row;

    for (i = 0; i < NGX_HPF_PLUGIN_ROWS; i++) {

        row = &shm->rows[i];

        if (row->pid == 0
            || (kill((ngx_pid_t) row->pid, 0) == -1 && ngx_errno == ESRCH))
        {
            row->prepared = shm->active;
            row->pid = (uint32_t) ngx_pid;

            return row;
        }
    }

    return NULL;
}


/*
 * A worker that leaves has no say any more; its row may be another's before
 * it has gone.
 */

static void
ngx_hpf_watch_resign(ngx_hpf_plugins_t *plugins)
{
    if (plugins->row) {
        __atomic_store_n(&plugins->row->pid, 0, __ATOMIC_RELEASE);
        plugins->row = NULL;
    }
}


void
ngx_hpf_watch_exit(ngx_hpf_plugins_t *plugins)
{
    ngx_hpf_watch_resign(plugins);

    if (plugins->notify) {
        ngx_close_connection(plugins->notify);
        plugins->notify = NULL;
    }

    if (plugins->timer.timer_set) {
        ngx_del_timer(&plugins->timer);
    }

    if (plugins->settle.timer_set) {
        ngx_del_timer(&plugins->settle);
    }
}
