/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Approval, see ngx_hpf_approval.h.
 *
 * A version that is in the folder and was not approved is copied and looked
 * at, and none of its code is run.  What is approved and cannot be had here
 * leaves its plugin as it was: a node may get its files after another.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_plugins.h"


#define NGX_HPF_APPROVAL_FILE  "approved"


static ngx_uint_t ngx_hpf_approval_is_here(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *source);
static void ngx_hpf_approval_wait_locked(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *found, ngx_uint_t nfound);
static void ngx_hpf_approval_add(ngx_hpf_plugins_t *plugins,
    ngx_hpf_approval_t *next, const ngx_hpf_source_t *source,
    ngx_hpf_state_e state);
static void ngx_hpf_approval_look(ngx_hpf_plugins_t *plugins,
    ngx_hpf_waiting_t *waiting);
static void ngx_hpf_approval_tell(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_waiting_t *waiting);
static ngx_uint_t ngx_hpf_approval_serves(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *source);
static void ngx_hpf_approval_write_locked(ngx_hpf_plugins_t *plugins);


ngx_int_t
ngx_hpf_approval_wanted_locked(ngx_hpf_plugins_t *plugins,
    ngx_hpf_source_t *list, const ngx_hpf_source_t *old, ngx_uint_t nold)
{
    ngx_int_t                n, nfound;
    ngx_uint_t               i;
    ngx_hpf_source_t        *found;
    ngx_hpf_approval_t      *approval;
    const ngx_hpf_source_t  *one;

    approval = &plugins->shm->approval;

    if (!plugins->conf.approve) {
        approval->nwaiting = 0;
        return ngx_hpf_source_scan(plugins, 1, list, old, nold);
    }

    if (!approval->known) {
        return plugins->shm->active ? NGX_DECLINED : 0;
    }

    found = ngx_alloc(NGX_HPF_PLUGINS_MAX * sizeof(ngx_hpf_source_t),
                      plugins->log);
    if (found == NULL) {
        return NGX_ERROR;
    }

    /* one that cannot be read counts as it was approved */

    nfound = ngx_hpf_source_scan(plugins, 1, found, approval->list,
                                 approval->n);

    if (nfound == NGX_ERROR) {
        ngx_free(found);
        return NGX_ERROR;
    }

    n = 0;

    for (i = 0; i < approval->n; i++) {
        one = &approval->list[i];

        if (!ngx_hpf_approval_is_here(plugins, one)) {
            one = ngx_hpf_list_find(old, nold, one->id);
        }

        if (one) {
            list[n++] = *one;
        }
    }

    ngx_hpf_approval_wait_locked(plugins, found, nfound);

    ngx_free(found);

    return n;
}


static ngx_uint_t
ngx_hpf_approval_is_here(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *source)
{
    return !ngx_hpf_source_is_bad(plugins, source)
           && ngx_hpf_source_is_copied(plugins, source);
}


/* What differs between the folder and what was approved. */

static void
ngx_hpf_approval_wait_locked(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *found, ngx_uint_t nfound)
{
    ngx_uint_t               i;
    ngx_hpf_approval_t      *approval, *next;
    const ngx_hpf_source_t  *one;

    approval = &plugins->shm->approval;

    next = ngx_calloc(sizeof(ngx_hpf_approval_t), plugins->log);
    if (next == NULL) {
        return;
    }

    for (i = 0; i < nfound; i++) {
        one = ngx_hpf_list_find(approval->list, approval->n, found[i].id);

        if (one == NULL || ngx_strcmp(one->digest, found[i].digest) != 0) {
            ngx_hpf_approval_add(plugins, next, &found[i],
                                 NGX_HPF_STATE_AWAITING);
        }
    }

    for (i = 0; i < approval->n; i++) {
        one = &approval->list[i];

        if (ngx_hpf_approval_is_here(plugins, one)) {

            if (ngx_hpf_list_find(found, nfound, one->id) == NULL) {
                ngx_hpf_approval_add(plugins, next, one,
                                     NGX_HPF_STATE_LEAVING);
            }

        } else if (!ngx_hpf_source_is_bad(plugins, one)) {
            ngx_hpf_approval_add(plugins, next, one, NGX_HPF_STATE_MISSING);
        }
    }

    ngx_memcpy(approval->waiting, next->waiting,
               next->nwaiting * sizeof(ngx_hpf_waiting_t));
    approval->nwaiting = next->nwaiting;

    ngx_free(next);
}


/* One that waited before was looked at, and told of. */

static void
ngx_hpf_approval_add(ngx_hpf_plugins_t *plugins, ngx_hpf_approval_t *next,
    const ngx_hpf_source_t *source, ngx_hpf_state_e state)
{
    ngx_hpf_waiting_t  *waiting, *before;

    if (next->nwaiting == NGX_HPF_PLUGINS_MAX) {
        return;
    }

    waiting = &next->waiting[next->nwaiting++];

    before = ngx_hpf_approval_waiting_locked(plugins, source->id,
                                             source->digest);

    if (before && before->state == (uint32_t) state) {
        *waiting = *before;
        return;
    }

    waiting->source = *source;
    waiting->state = state;

    if (state == NGX_HPF_STATE_AWAITING) {
        ngx_hpf_approval_look(plugins, waiting);
    }

    ngx_hpf_approval_tell(plugins, waiting);
}


static void
ngx_hpf_approval_look(ngx_hpf_plugins_t *plugins, ngx_hpf_waiting_t *waiting)
{
    u_char                 file[NGX_MAX_PATH];
    ngx_str_t              text;
    ngx_pool_t            *pool;
    hpf_manifest_t        *mf;
    const ngx_hpf_host_t  *host;

    pool = ngx_create_pool(4096, plugins->log);
    if (pool == NULL) {
        return;
    }

    (void) ngx_snprintf(file, sizeof(file), "%V/%s/manifest.json%Z",
                        &plugins->conf.cache, waiting->source.digest);

    text = ngx_hpf_source_file(pool, (char *) file, plugins->log);

    mf = text.data
         ? ngx_hpf_source_manifest(plugins, &text, (char *) file,
                                   (char *) waiting->source.id, plugins->log)
         : NULL;

    ngx_destroy_pool(pool);

    if (mf == NULL) {
        return;
    }

    waiting->language = mf->language;
    waiting->kind = mf->kind;

    host = mf->language == HPF_MANIFEST_C ? &ngx_hpf_plugin_c_host
                                          : &ngx_hpf_lua_host;

    (void) ngx_snprintf(file, sizeof(file), "%V/%s/%s.%s%Z",
                        &plugins->conf.cache, waiting->source.digest,
                        waiting->source.id,
                        mf->language == HPF_MANIFEST_C ? "so" : "lua");

    (void) host->check(mf->id, (char *) file, (char *) waiting->why);

    hpf_manifest_free(mf);
}


static void
ngx_hpf_approval_tell(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_waiting_t *waiting)
{
    ngx_uint_t   level;
    const char  *what;

    level = NGX_LOG_NOTICE;

    if (waiting->why[0]) {
        level = NGX_LOG_WARN;
        what = "awaits approval, and would not load";

    } else if (waiting->state == NGX_HPF_STATE_AWAITING) {
        what = "awaits approval";

    } else if (waiting->state == NGX_HPF_STATE_LEAVING) {
        what = "is not in the folder any more, its removal awaits approval";

    } else {
        level = NGX_LOG_WARN;
        what = "was approved in a version that is not here";
    }

    ngx_log_error(level, plugins->log, 0,
                  "hpf plugin: \"%s\" %s%s%s, digest %s", waiting->source.id,
                  what, waiting->why[0] ? ": " : "", waiting->why,
                  waiting->source.digest);
}


ngx_hpf_waiting_t *
ngx_hpf_approval_waiting_locked(ngx_hpf_plugins_t *plugins, const u_char *id,
    const u_char *digest)
{
    ngx_uint_t           i;
    ngx_hpf_approval_t  *approval;

    approval = &plugins->shm->approval;

    for (i = 0; i < approval->nwaiting; i++) {

        if (ngx_strcmp(approval->waiting[i].source.id, id) == 0
            && ngx_strcmp(approval->waiting[i].source.digest, digest) == 0)
        {
            return &approval->waiting[i];
        }
    }

    return NULL;
}


ngx_int_t
ngx_hpf_approval_find(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *source)
{
    ngx_int_t                rc;
    ngx_uint_t               here;
    ngx_hpf_approval_t      *approval;
    const ngx_hpf_source_t  *one;

    rc = NGX_DECLINED;
    approval = &plugins->shm->approval;
    here = !plugins->conf.approve && ngx_hpf_approval_serves(plugins, source);

    (void) hpf_set_spin(&plugins->shm->lock);

    one = ngx_hpf_list_find(approval->list, approval->n, source->id);

    if (one && ngx_strcmp(one->digest, source->digest) == 0) {
        rc = NGX_DONE;

    } else if ((here || ngx_hpf_approval_waiting_locked(plugins, source->id,
                                                        source->digest))
               && (one || approval->n < NGX_HPF_PLUGINS_MAX))
    {
        rc = NGX_OK;
    }

    hpf_set_release(&plugins->shm->lock);

    return rc;
}


/* Where all is served what is served may be approved, for later. */

static ngx_uint_t
ngx_hpf_approval_serves(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *source)
{
    ngx_str_t          id;
    ngx_uint_t         same;
    ngx_hpf_plugin_t  *plugin;

    id.data = (u_char *) source->id;
    id.len = ngx_strlen(source->id);

    plugin = ngx_hpf_plugins_find(plugins, &id);
    if (plugin == NULL) {
        return 0;
    }

    same = ngx_strcmp(plugin->digest.data, source->digest) == 0;

    ngx_hpf_plugin_unref(plugin);

    return same;
}


uint64_t
ngx_hpf_approval_number(ngx_hpf_plugins_t *plugins)
{
    return __atomic_load_n(&plugins->shm->approval.number, __ATOMIC_RELAXED);
}


uint64_t
ngx_hpf_approval_copy(ngx_hpf_plugins_t *plugins, ngx_hpf_source_t *list,
    ngx_uint_t *n)
{
    uint64_t             number;
    ngx_hpf_approval_t  *approval;

    approval = &plugins->shm->approval;

    (void) hpf_set_spin(&plugins->shm->lock);

    number = approval->number;
    *n = approval->n;
    ngx_memcpy(list, approval->list, approval->n * sizeof(ngx_hpf_source_t));

    hpf_set_release(&plugins->shm->lock);

    return number;
}


ngx_int_t
ngx_hpf_approval_take(ngx_hpf_plugins_t *plugins, uint64_t number,
    ngx_hpf_source_t *list, ngx_uint_t n)
{
    ngx_int_t            rc;
    ngx_hpf_approval_t  *approval;

    approval = &plugins->shm->approval;

    ngx_hpf_list_sort(list, n);

    (void) hpf_set_spin(&plugins->shm->lock);

    rc = number < approval->number ? NGX_DECLINED : NGX_OK;

    if (rc == NGX_OK
        && (number != approval->number || n != approval->n
            || ngx_memcmp(list, approval->list, n * sizeof(ngx_hpf_source_t))
               != 0))
    {
        approval->number = number;
        approval->n = n;
        ngx_memcpy(approval->list, list, n * sizeof(ngx_hpf_source_t));

        ngx_hpf_approval_write_locked(plugins);
    }

    approval->known = 1;

    hpf_set_release(&plugins->shm->lock);

    /* each of the workers does: one that took it may end before it does */

    if (!ngx_exiting) {
        ngx_add_timer(&plugins->settle, 0);
    }

    return rc;
}


static void
ngx_hpf_approval_write_locked(ngx_hpf_plugins_t *plugins)
{
    u_char               first[NGX_INT64_LEN + 2];
    ngx_hpf_approval_t  *approval;

    approval = &plugins->shm->approval;

    (void) ngx_sprintf(first, "%uL\n%Z", approval->number);

    if (ngx_hpf_list_save(plugins, NGX_HPF_APPROVAL_FILE, (char *) first,
                          approval->list, approval->n)
        != NGX_OK)
    {
        ngx_log_error(NGX_LOG_CRIT, plugins->log, 0,
                      "hpf plugin: what was approved is not written, a start "
                      "without Redis has what was approved before");
    }
}


void
ngx_hpf_approval_read_locked(ngx_hpf_plugins_t *plugins)
{
    u_char               file[NGX_MAX_PATH], *p, *last;
    ngx_int_t            n, number;
    ngx_str_t            text;
    ngx_pool_t          *pool;
    ngx_file_info_t      fi;
    ngx_hpf_approval_t  *approval;

    approval = &plugins->shm->approval;

    (void) ngx_snprintf(file, sizeof(file), "%V/" NGX_HPF_APPROVAL_FILE "%Z",
                        &plugins->conf.cache);

    if (ngx_file_info(file, &fi) == NGX_FILE_ERROR) {
        return;
    }

    pool = ngx_create_pool(4096, plugins->log);
    if (pool == NULL) {
        return;
    }

    text = ngx_hpf_source_file(pool, (char *) file, plugins->log);

    n = NGX_ERROR;
    number = NGX_ERROR;
    last = text.data + text.len;
    p = text.data ? ngx_strlchr(text.data, last, '\n') : NULL;

    if (p) {
        number = ngx_atoi(text.data, p - text.data);
        n = ngx_hpf_list_parse(p + 1, last, approval->list);
    }

    ngx_destroy_pool(pool);

    if (number == NGX_ERROR || n == NGX_ERROR) {
        ngx_log_error(NGX_LOG_CRIT, plugins->log, 0,
                      "hpf plugin: \"%s\" cannot be read, nothing is served "
                      "until Redis has told what was approved", file);
        return;
    }

    ngx_hpf_list_sort(approval->list, n);

    approval->number = number;
    approval->n = n;
    approval->known = 1;
}
