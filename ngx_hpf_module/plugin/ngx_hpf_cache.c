/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The folder of private copies and catalogues, and what is removed from it.
 * Another nginx may use the same folder, such as the one that a new binary
 * replaces: what it has loaded is held, and what it is about to load is young.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <sys/file.h>

#include "ngx_hpf_plugins.h"


#define NGX_HPF_CACHE_YOUNG  60        /* s */


typedef enum {
    NGX_HPF_CACHE_OTHER = 0,           /* not made here */
    NGX_HPF_CACHE_COPY,                /* DIGEST */
    NGX_HPF_CACHE_CATALOGUE,           /* catalogue-N */
    NGX_HPF_CACHE_PART                 /* any of them, with .PID: unfinished */
} ngx_hpf_cache_e;


static ngx_uint_t ngx_hpf_cache_sweep_locked(ngx_hpf_plugins_t *plugins,
    ngx_hpf_source_t *list);
static ngx_int_t ngx_hpf_cache_names_locked(ngx_hpf_plugins_t *plugins,
    ngx_hpf_source_t *list);
static ngx_uint_t ngx_hpf_cache_is_used(ngx_hpf_plugins_t *plugins,
    ngx_str_t *name, const ngx_hpf_source_t *list, ngx_uint_t n);
static ngx_hpf_cache_e ngx_hpf_cache_kind(ngx_str_t *name);
static ngx_uint_t ngx_hpf_cache_is_young(const char *file);
static ngx_int_t ngx_hpf_cache_drop(ngx_hpf_plugins_t *plugins,
    ngx_str_t *name);


ngx_fd_t
ngx_hpf_cache_hold(ngx_hpf_plugins_t *plugins, const char *name)
{
    u_char    file[NGX_MAX_PATH];
    ngx_fd_t  fd;

    (void) ngx_snprintf(file, sizeof(file), "%V/%s%Z", &plugins->conf.cache,
                        name);

    fd = open((char *) file, O_RDONLY|O_CLOEXEC);

    if (fd == NGX_INVALID_FILE) {
        return NGX_INVALID_FILE;
    }

    /* a file system without locks has no copies removed either */

    if (flock(fd, LOCK_SH|LOCK_NB) == -1 && ngx_errno == EWOULDBLOCK) {
        (void) close(fd);
        return NGX_INVALID_FILE;
    }

    return fd;
}


void
ngx_hpf_cache_release(ngx_fd_t hold)
{
    if (hold > 0) {
        (void) close(hold);
    }
}


ngx_uint_t
ngx_hpf_cache_sweep(ngx_hpf_plugins_t *plugins)
{
    ngx_uint_t         left;
    ngx_hpf_source_t  *list;

    list = ngx_alloc(4 * NGX_HPF_PLUGINS_MAX * sizeof(ngx_hpf_source_t),
                     plugins->log);
    if (list == NULL) {
        return 1;
    }

    /* nobody publishes meanwhile */

    (void) hpf_set_spin(&plugins->shm->lock);

    left = ngx_hpf_cache_sweep_locked(plugins, list);

    hpf_set_release(&plugins->shm->lock);

    ngx_free(list);

    return left;
}


static ngx_uint_t
ngx_hpf_cache_sweep_locked(ngx_hpf_plugins_t *plugins, ngx_hpf_source_t *list)
{
    ngx_int_t   n;
    ngx_dir_t   dir;
    ngx_str_t   name;
    ngx_uint_t  left;

    left = 0;
    n = ngx_hpf_cache_names_locked(plugins, list);

    if (n == NGX_ERROR
        || (plugins->conf.approve && !plugins->shm->approval.known)
        || ngx_open_dir(&plugins->conf.cache, &dir) == NGX_ERROR)
    {
        return 1;
    }

    while (ngx_read_dir(&dir) == NGX_OK) {

        name.data = ngx_de_name(&dir);
        name.len = ngx_de_namelen(&dir);

        if (ngx_hpf_cache_kind(&name) != NGX_HPF_CACHE_OTHER
            && !ngx_hpf_cache_is_used(plugins, &name, list, n)
            && ngx_hpf_cache_drop(plugins, &name) != NGX_OK)
        {
            left++;
        }
    }

    (void) ngx_close_dir(&dir);

    return left;
}


/* All that is in force or may come to be, from this folder. */

static ngx_int_t
ngx_hpf_cache_names_locked(ngx_hpf_plugins_t *plugins, ngx_hpf_source_t *list)
{
    ngx_int_t               n, more;
    ngx_uint_t              i;
    ngx_hpf_approval_t     *approval;
    ngx_hpf_plugins_shm_t  *shm;

    shm = plugins->shm;
    approval = &shm->approval;

    n = ngx_hpf_list_catalogue(plugins, shm->active, list);

    if (n == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (shm->candidate != shm->active) {
        more = ngx_hpf_list_catalogue(plugins, shm->candidate, list + n);

        if (more == NGX_ERROR) {
            return NGX_ERROR;
        }

        n += more;
    }

    ngx_memcpy(list + n, approval->list,
               approval->n * sizeof(ngx_hpf_source_t));
    n += approval->n;

    for (i = 0; i < approval->nwaiting; i++) {
        list[n++] = approval->waiting[i].source;
    }

    return n;
}


static ngx_uint_t
ngx_hpf_cache_is_used(ngx_hpf_plugins_t *plugins, ngx_str_t *name,
    const ngx_hpf_source_t *list, ngx_uint_t n)
{
    ngx_int_t               number;
    ngx_uint_t              i;
    ngx_hpf_plugins_shm_t  *shm;

    switch (ngx_hpf_cache_kind(name)) {

    case NGX_HPF_CACHE_COPY:

        for (i = 0; i < n; i++) {

            if (ngx_strcmp(list[i].digest, name->data) == 0) {
                return 1;
            }
        }

        return 0;

    case NGX_HPF_CACHE_CATALOGUE:

        shm = plugins->shm;
        number = ngx_atoi(name->data + 10, name->len - 10);

        return number == (ngx_int_t) shm->active
               || number == (ngx_int_t) shm->candidate
               || number == (ngx_int_t) shm->refused;

    default:

        return 0;
    }
}


static ngx_hpf_cache_e
ngx_hpf_cache_kind(ngx_str_t *name)
{
    u_char      *dot;
    ngx_str_t    whole;
    ngx_uint_t   i;

    whole = *name;
    dot = ngx_strlchr(name->data, name->data + name->len, '.');

    if (dot) {
        whole.len = dot - name->data;

        if (ngx_atoi(dot + 1, name->data + name->len - dot - 1) == NGX_ERROR) {
            return NGX_HPF_CACHE_OTHER;
        }
    }

    if (whole.len == 8 && ngx_strncmp(whole.data, "approved", 8) == 0) {
        return dot ? NGX_HPF_CACHE_PART : NGX_HPF_CACHE_OTHER;
    }

    if (whole.len > 10 && ngx_strncmp(whole.data, "catalogue-", 10) == 0
        && ngx_atoi(whole.data + 10, whole.len - 10) != NGX_ERROR)
    {
        return dot ? NGX_HPF_CACHE_PART : NGX_HPF_CACHE_CATALOGUE;
    }

    if (whole.len != NGX_HPF_DIGEST_LEN) {
        return NGX_HPF_CACHE_OTHER;
    }

    for (i = 0; i < whole.len; i++) {

        if (ngx_strchr("0123456789abcdef", whole.data[i]) == NULL) {
            return NGX_HPF_CACHE_OTHER;
        }
    }

    return dot ? NGX_HPF_CACHE_PART : NGX_HPF_CACHE_COPY;
}


/* NGX_DECLINED: somebody has it, or may be about to. */

static ngx_int_t
ngx_hpf_cache_drop(ngx_hpf_plugins_t *plugins, ngx_str_t *name)
{
    u_char    file[NGX_MAX_PATH];
    ngx_fd_t  fd;

    (void) ngx_snprintf(file, sizeof(file), "%V/%V%Z", &plugins->conf.cache,
                        name);

    fd = open((char *) file, O_RDONLY|O_CLOEXEC);

    if (fd == NGX_INVALID_FILE) {
        return NGX_DECLINED;
    }

    if (ngx_hpf_cache_is_young((char *) file)
        || flock(fd, LOCK_EX|LOCK_NB) == -1)
    {
        (void) close(fd);
        return NGX_DECLINED;
    }

    ngx_hpf_cache_delete(plugins, (char *) file);

    (void) close(fd);

    return NGX_OK;
}


static ngx_uint_t
ngx_hpf_cache_is_young(const char *file)
{
    ngx_file_info_t  fi;

    return ngx_file_info(file, &fi) == NGX_FILE_ERROR
           || ngx_time() - ngx_file_mtime(&fi) < NGX_HPF_CACHE_YOUNG;
}


void
ngx_hpf_cache_delete(ngx_hpf_plugins_t *plugins, const char *file)
{
    u_char     part[NGX_MAX_PATH];
    ngx_dir_t  dir;
    ngx_str_t  name;

    name.data = (u_char *) file;
    name.len = ngx_strlen(file);

    if (ngx_open_dir(&name, &dir) == NGX_OK) {

        while (ngx_read_dir(&dir) == NGX_OK) {
            (void) ngx_snprintf(part, sizeof(part), "%s/%s%Z", file,
                                ngx_de_name(&dir));
            (void) ngx_delete_file(part);
        }

        (void) ngx_close_dir(&dir);

        if (ngx_delete_dir(file) != NGX_FILE_ERROR) {
            return;
        }

    } else if (ngx_delete_file(file) != NGX_FILE_ERROR) {
        return;
    }

    ngx_log_error(NGX_LOG_WARN, plugins->log, ngx_errno,
                  "hpf plugin: \"%s\" not removed", file);
}
