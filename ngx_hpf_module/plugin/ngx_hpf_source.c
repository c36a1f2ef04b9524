/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What is on disk: the folders of plugins, their digests, and private copies.
 * Everything that others may be reading is made under another name and
 * renamed.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "hpf_crypto.h"
#include "hpf_hash.h"
#include "hpf_hex.h"
#include "ngx_hpf_plugins.h"


/* two changes within it may look the same; watches take longer to settle */
#define NGX_HPF_SOURCE_TICK  20        /* ms, of the file system's clock */


/* What ends "nginx -t" is only an error while requests go on. */

#define ngx_hpf_source_level()                                               \
    (ngx_process == NGX_PROCESS_WORKER ? NGX_LOG_ERR : NGX_LOG_EMERG)


typedef struct {
    ngx_str_t    manifest;
    ngx_str_t    code;
    const char  *suffix;               /* "so" or "lua" */
} ngx_hpf_source_files_t;


static ngx_int_t ngx_hpf_source_one(ngx_hpf_plugins_t *plugins,
    ngx_pool_t *pool, ngx_uint_t copy, ngx_hpf_source_t *source);
static ngx_int_t ngx_hpf_source_read(ngx_hpf_plugins_t *plugins,
    ngx_pool_t *pool, const char *dir, ngx_hpf_source_t *source,
    ngx_hpf_source_files_t *files);
static ngx_int_t ngx_hpf_source_digest(ngx_hpf_source_files_t *files,
    ngx_hpf_source_t *source);
static ngx_int_t ngx_hpf_source_copy(ngx_hpf_plugins_t *plugins,
    ngx_hpf_source_t *source, ngx_hpf_source_files_t *files);
static ngx_hpf_seen_t *ngx_hpf_source_seen(ngx_hpf_plugins_t *plugins,
    const u_char *id);
static void ngx_hpf_source_remember(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *source, uint64_t look);
static uint64_t ngx_hpf_source_look_one(ngx_hpf_plugins_t *plugins,
    ngx_str_t *id, uint64_t *changed);
static uint64_t ngx_hpf_source_look_file(const char *name, uint64_t *changed);
static uint64_t ngx_hpf_source_now(void);
static ngx_uint_t ngx_hpf_source_is_id(ngx_str_t *name);
static void ngx_hpf_source_keep(ngx_hpf_source_t *list, ngx_int_t *n,
    const ngx_hpf_source_t *old, ngx_uint_t nold, const u_char *id);
static void ngx_hpf_source_fault(void *data, unsigned line,
    const char *text);


typedef struct {
    const char  *file;
    ngx_log_t   *log;
} ngx_hpf_source_fault_t;


ngx_int_t
ngx_hpf_source_scan(ngx_hpf_plugins_t *plugins, ngx_uint_t copy,
    ngx_hpf_source_t *list, const ngx_hpf_source_t *old, ngx_uint_t nold)
{
    ngx_int_t     n, rc;
    ngx_dir_t     dir;
    ngx_str_t     name;
    ngx_uint_t    bad;
    ngx_pool_t   *pool;

    if (ngx_open_dir(&plugins->conf.dir, &dir) == NGX_ERROR) {
        ngx_log_error(ngx_hpf_source_level(), plugins->log, ngx_errno,
                      "hpf plugin: " ngx_open_dir_n " \"%V\" failed",
                      &plugins->conf.dir);
        return NGX_ERROR;
    }

    n = 0;
    bad = 0;

    while (ngx_read_dir(&dir) == NGX_OK) {

        name.data = ngx_de_name(&dir);
        name.len = ngx_de_namelen(&dir);

        if (!ngx_hpf_source_is_id(&name)) {
            continue;
        }

        if (n == NGX_HPF_PLUGINS_MAX) {
            ngx_log_error(ngx_hpf_source_level(), plugins->log, 0,
                          "hpf plugin: more than %d plugins in \"%V\"",
                          NGX_HPF_PLUGINS_MAX, &plugins->conf.dir);
            bad = 1;
            break;
        }

        pool = ngx_create_pool(4096, plugins->log);
        if (pool == NULL) {
            bad = 1;
            break;
        }

        ngx_memzero(&list[n], sizeof(ngx_hpf_source_t));
        (void) ngx_cpystrn(list[n].id, name.data, name.len + 1);

        rc = ngx_hpf_source_one(plugins, pool, copy, &list[n]);

        if (rc == NGX_OK) {
            n++;

        } else if (rc == NGX_ERROR) {
            bad = 1;
            ngx_hpf_source_keep(list, &n, old, nold, list[n].id);
        }

        ngx_destroy_pool(pool);
    }

    (void) ngx_close_dir(&dir);

    ngx_hpf_list_sort(list, n);

    /* at configuration time one bad plugin is an error */

    return (bad && !copy) ? NGX_ERROR : n;
}


/* NGX_DECLINED: there is no plugin in this folder. */

static ngx_int_t
ngx_hpf_source_one(ngx_hpf_plugins_t *plugins, ngx_pool_t *pool,
    ngx_uint_t copy, ngx_hpf_source_t *source)
{
    u_char                  dir[NGX_MAX_PATH];
    uint64_t                look, changed;
    ngx_int_t               rc;
    ngx_str_t               id;
    ngx_hpf_seen_t         *seen;
    ngx_hpf_source_files_t  files;

    id.data = source->id;
    id.len = ngx_strlen(source->id);
    changed = 0;

    /* before it is read: a change meanwhile looks different the next time */

    look = copy ? ngx_hpf_source_look_one(plugins, &id, &changed) : 0;
    seen = copy ? ngx_hpf_source_seen(plugins, source->id) : NULL;

    if (seen && seen->look == look
        && ngx_hpf_source_is_copied(plugins, &seen->source)
        && !ngx_hpf_source_is_bad(plugins, &seen->source))
    {
        *source = seen->source;
        return NGX_OK;
    }

    (void) ngx_snprintf(dir, sizeof(dir), "%V/%s%Z", &plugins->conf.dir,
                        source->id);

    rc = ngx_hpf_source_read(plugins, pool, (char *) dir, source, &files);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_hpf_source_digest(&files, source) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!copy) {
        return NGX_OK;
    }

    if (ngx_hpf_source_is_bad(plugins, source)) {
        return NGX_ERROR;
    }

    rc = ngx_hpf_source_copy(plugins, source, &files);

    if (rc == NGX_OK
        && changed + NGX_HPF_SOURCE_TICK * 1000000 < ngx_hpf_source_now())
    {
        ngx_hpf_source_remember(plugins, source, look);
    }

    return rc;
}


static ngx_hpf_seen_t *
ngx_hpf_source_seen(ngx_hpf_plugins_t *plugins, const u_char *id)
{
    ngx_uint_t  i;

    for (i = 0; i < plugins->nseen; i++) {

        if (ngx_strcmp(plugins->seen[i].source.id, id) == 0) {
            return &plugins->seen[i];
        }
    }

    return NULL;
}


static void
ngx_hpf_source_remember(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *source, uint64_t look)
{
    ngx_hpf_seen_t  *seen;

    if (plugins->seen == NULL) {
        plugins->seen = ngx_calloc(NGX_HPF_PLUGINS_MAX
                                   * sizeof(ngx_hpf_seen_t), plugins->log);
        if (plugins->seen == NULL) {
            return;
        }
    }

    seen = ngx_hpf_source_seen(plugins, source->id);

    if (seen == NULL) {

        /* with those that have gone: all are read once more */

        if (plugins->nseen == NGX_HPF_PLUGINS_MAX) {
            plugins->nseen = 0;
        }

        seen = &plugins->seen[plugins->nseen++];
    }

    seen->source = *source;
    seen->look = look;
}


static uint64_t
ngx_hpf_source_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_REALTIME, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


void
ngx_hpf_source_set_bad(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *source)
{
    ngx_hpf_plugins_shm_t  *shm;

    shm = plugins->shm;

    (void) hpf_set_spin(&shm->lock);

    if (!ngx_hpf_source_is_bad(plugins, source)) {
        ngx_memcpy(shm->bad[shm->nbad % NGX_HPF_PLUGINS_BAD], source->digest,
                   NGX_HPF_DIGEST_LEN);
        shm->nbad++;
    }

    hpf_set_release(&shm->lock);
}


ngx_uint_t
ngx_hpf_source_is_bad(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *source)
{
    ngx_uint_t              i;
    ngx_hpf_plugins_shm_t  *shm;

    shm = plugins->shm;

    for (i = 0; i < ngx_min(shm->nbad, NGX_HPF_PLUGINS_BAD); i++) {

        if (ngx_memcmp(shm->bad[i], source->digest, NGX_HPF_DIGEST_LEN) == 0) {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_hpf_source_read(ngx_hpf_plugins_t *plugins, ngx_pool_t *pool,
    const char *dir, ngx_hpf_source_t *source, ngx_hpf_source_files_t *files)
{
    u_char            file[NGX_MAX_PATH];
    hpf_manifest_t   *mf;
    ngx_file_info_t   fi;

    (void) ngx_snprintf(file, sizeof(file), "%s/manifest.json%Z", dir);

    if (ngx_file_info(file, &fi) == NGX_FILE_ERROR) {

        if (ngx_errno == NGX_ENOENT || ngx_errno == NGX_ENOTDIR) {
            return NGX_DECLINED;
        }
    }

    files->manifest = ngx_hpf_source_file(pool, (char *) file, plugins->log);

    if (files->manifest.data == NULL) {
        return NGX_ERROR;
    }

    mf = ngx_hpf_source_manifest(plugins, &files->manifest, (char *) file,
                                 (char *) source->id, plugins->log);
    if (mf == NULL) {
        return NGX_ERROR;
    }

    files->suffix = mf->language == HPF_MANIFEST_C ? "so" : "lua";

    hpf_manifest_free(mf);

    (void) ngx_snprintf(file, sizeof(file), "%s/%s.%s%Z", dir, source->id,
                        files->suffix);

    files->code = ngx_hpf_source_file(pool, (char *) file, plugins->log);

    return files->code.data ? NGX_OK : NGX_ERROR;
}


hpf_manifest_t *
ngx_hpf_source_manifest(ngx_hpf_plugins_t *plugins, ngx_str_t *text,
    const char *file, const char *id, ngx_log_t *log)
{
    hpf_manifest_conf_t     conf;
    ngx_hpf_source_fault_t  fault;

    fault.file = file;
    fault.log = log;

    conf.folder = id;
    conf.formats = plugins->conf.formats;
    conf.keyed = plugins->conf.keyed;
    conf.fault = ngx_hpf_source_fault;
    conf.data = &fault;

    return hpf_manifest_parse(text->data, text->len, &conf);
}


static void
ngx_hpf_source_fault(void *data, unsigned line, const char *text)
{
    ngx_hpf_source_fault_t *fault = data;

    ngx_log_error(ngx_hpf_source_level(), fault->log, 0,
                  "hpf plugin: %s in %s:%ui", text, fault->file,
                  (ngx_uint_t) line);
}


/* Lengths go in as well, so that no two pairs of files look the same. */

static ngx_int_t
ngx_hpf_source_digest(ngx_hpf_source_files_t *files, ngx_hpf_source_t *source)
{
    int                 rc;
    u_char              hash[HPF_CRYPTO_LEN];
    uint64_t            len;
    hpf_crypto_t       *crypto;
    hpf_crypto_part_t   parts[4];

    len = files->manifest.len;

    parts[0].data = &len;
    parts[0].len = sizeof(len);
    parts[1].data = files->manifest.data;
    parts[1].len = files->manifest.len;
    parts[2].data = files->suffix;
    parts[2].len = ngx_strlen(files->suffix);
    parts[3].data = files->code.data;
    parts[3].len = files->code.len;

    crypto = hpf_crypto_create();
    if (crypto == NULL) {
        return NGX_ERROR;
    }

    rc = hpf_crypto_digest_parts(crypto, HPF_CRYPTO_SHA256, parts, 4, hash);

    hpf_crypto_destroy(crypto);

    if (rc != 0) {
        return NGX_ERROR;
    }

    (void) hpf_hex_encode((char *) source->digest, hash, sizeof(hash));
    source->digest[NGX_HPF_DIGEST_LEN] = '\0';

    return NGX_OK;
}


ngx_int_t
ngx_hpf_source_verify(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *source)
{
    u_char                  dir[NGX_MAX_PATH];
    ngx_int_t               rc;
    ngx_pool_t             *pool;
    ngx_hpf_source_t        copy;
    ngx_hpf_source_files_t  files;

    pool = ngx_create_pool(4096, plugins->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    copy = *source;

    (void) ngx_snprintf(dir, sizeof(dir), "%V/%s%Z", &plugins->conf.cache,
                        source->digest);

    rc = ngx_hpf_source_read(plugins, pool, (char *) dir, &copy, &files);

    if (rc == NGX_OK) {
        rc = ngx_hpf_source_digest(&files, &copy);
    }

    ngx_destroy_pool(pool);

    if (rc == NGX_OK && ngx_strcmp(copy.digest, source->digest) == 0) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_CRIT, plugins->log, 0,
                  "hpf plugin: the copy of \"%s\" in the cache is not what it "
                  "was, digest %s", source->id, source->digest);

    return NGX_ERROR;
}


ngx_uint_t
ngx_hpf_source_is_copied(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *source)
{
    u_char           dir[NGX_MAX_PATH];
    ngx_file_info_t  fi;

    (void) ngx_snprintf(dir, sizeof(dir), "%V/%s%Z", &plugins->conf.cache,
                        source->digest);

    return ngx_file_info(dir, &fi) != NGX_FILE_ERROR;
}


/* cache/DIGEST/, complete or not there at all. */

static ngx_int_t
ngx_hpf_source_copy(ngx_hpf_plugins_t *plugins, ngx_hpf_source_t *source,
    ngx_hpf_source_files_t *files)
{
    u_char           dir[NGX_MAX_PATH], tmp[NGX_MAX_PATH], file[NGX_MAX_PATH];
    ngx_uint_t       there;
    ngx_file_info_t  fi;

    (void) ngx_snprintf(dir, sizeof(dir), "%V/%s%Z", &plugins->conf.cache,
                        source->digest);

    there = ngx_file_info(dir, &fi) != NGX_FILE_ERROR;

    /* what was left in the cache is looked at when nginx starts */

    if (there
        && (plugins->shm->active
            || ngx_hpf_source_verify(plugins, source) == NGX_OK))
    {
        return NGX_OK;
    }

    (void) ngx_snprintf(tmp, sizeof(tmp), "%V/%s.%P%Z", &plugins->conf.cache,
                        source->digest, ngx_pid);

    if (ngx_create_dir(tmp, 0700) == NGX_FILE_ERROR
        && ngx_errno != NGX_EEXIST)
    {
        ngx_log_error(NGX_LOG_CRIT, plugins->log, ngx_errno,
                      "hpf plugin: " ngx_create_dir_n " \"%s\" failed", tmp);
        return NGX_ERROR;
    }

    (void) ngx_snprintf(file, sizeof(file), "%s/manifest.json%Z", tmp);

    if (ngx_hpf_source_write((char *) file, &files->manifest, plugins->log)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    (void) ngx_snprintf(file, sizeof(file), "%s/%s.%s%Z", tmp, source->id,
                        files->suffix);

    if (ngx_hpf_source_write((char *) file, &files->code, plugins->log)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (there) {
        ngx_hpf_cache_delete(plugins, (char *) dir);
    }

    if (ngx_rename_file(tmp, dir) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_CRIT, plugins->log, ngx_errno,
                      "hpf plugin: " ngx_rename_file_n " \"%s\" failed", dir);
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_hpf_source_write(const char *name, ngx_str_t *text, ngx_log_t *log)
{
    ssize_t   n;
    ngx_fd_t  fd;

    fd = ngx_open_file((u_char *) name, NGX_FILE_WRONLY, NGX_FILE_TRUNCATE,
                       0600);

    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_CRIT, log, ngx_errno,
                      "hpf plugin: " ngx_open_file_n " \"%s\" failed", name);
        return NGX_ERROR;
    }

    n = ngx_write_fd(fd, text->data, text->len);

    if (n != (ssize_t) text->len) {
        ngx_log_error(NGX_LOG_CRIT, log, n == -1 ? ngx_errno : 0,
                      "hpf plugin: \"%s\" not written", name);
    }

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        n = -1;
    }

    return n == (ssize_t) text->len ? NGX_OK : NGX_ERROR;
}


ngx_str_t
ngx_hpf_source_file(ngx_pool_t *pool, const char *name, ngx_log_t *log)
{
    ssize_t           n;
    ngx_fd_t          fd;
    ngx_str_t         text;
    ngx_file_info_t   fi;

    ngx_str_null(&text);

    fd = ngx_open_file((u_char *) name, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE || ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        ngx_log_error(ngx_hpf_source_level(), log, ngx_errno,
                      "hpf plugin: " ngx_open_file_n " \"%s\" failed", name);

        if (fd != NGX_INVALID_FILE) {
            (void) ngx_close_file(fd);
        }

        return text;
    }

    text.len = ngx_file_size(&fi);
    text.data = ngx_pnalloc(pool, text.len + 1);

    if (text.data) {
        n = ngx_read_fd(fd, text.data, text.len);

        if (n != (ssize_t) text.len) {
            ngx_log_error(ngx_hpf_source_level(), log, n == -1 ? ngx_errno : 0,
                          "hpf plugin: \"%s\" not read", name);
            ngx_str_null(&text);
        }
    }

    (void) ngx_close_file(fd);

    return text;
}


static ngx_uint_t
ngx_hpf_source_is_id(ngx_str_t *name)
{
    u_char      c;
    ngx_uint_t  i;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if (!((c >= 'a' && c <= 'z')
              || (i && ((c >= '0' && c <= '9') || c == '-'))))
        {
            return 0;
        }
    }

    return name->len > 0 && name->len <= HPF_MANIFEST_ID
           && ngx_strncmp(name->data, "include", 8) != 0;
}


/* A plugin whose folder is bad stays as it was. */

static void
ngx_hpf_source_keep(ngx_hpf_source_t *list, ngx_int_t *n,
    const ngx_hpf_source_t *old, ngx_uint_t nold, const u_char *id)
{
    ngx_uint_t  i;

    for (i = 0; i < nold; i++) {

        if (ngx_strcmp(old[i].id, id) == 0) {
            list[(*n)++] = old[i];
            return;
        }
    }
}


uint64_t
ngx_hpf_source_look(ngx_hpf_plugins_t *plugins)
{
    uint64_t   hash;
    ngx_dir_t  dir;
    ngx_str_t  name;

    hash = 0;

    if (ngx_open_dir(&plugins->conf.dir, &dir) == NGX_ERROR) {
        return hash;
    }

    /* a sum, since the order of a folder may be any */

    while (ngx_read_dir(&dir) == NGX_OK) {

        name.data = ngx_de_name(&dir);
        name.len = ngx_de_namelen(&dir);

        if (ngx_hpf_source_is_id(&name)) {
            hash += ngx_hpf_source_look_one(plugins, &name, NULL);
        }
    }

    (void) ngx_close_dir(&dir);

    return hash;
}


/* changed, or NULL: becomes when the last of the files was changed, if later */

static uint64_t
ngx_hpf_source_look_one(ngx_hpf_plugins_t *plugins, ngx_str_t *id,
    uint64_t *changed)
{
    u_char    file[NGX_MAX_PATH];
    uint64_t  hash;

    (void) ngx_snprintf(file, sizeof(file), "%V/%V/manifest.json%Z",
                        &plugins->conf.dir, id);
    hash = ngx_hpf_source_look_file((char *) file, changed);

    (void) ngx_snprintf(file, sizeof(file), "%V/%V/%V.lua%Z",
                        &plugins->conf.dir, id, id);
    hash += ngx_hpf_source_look_file((char *) file, changed);

    (void) ngx_snprintf(file, sizeof(file), "%V/%V/%V.so%Z",
                        &plugins->conf.dir, id, id);

    return hash + ngx_hpf_source_look_file((char *) file, changed);
}


static uint64_t
ngx_hpf_source_look_file(const char *name, uint64_t *changed)
{
    u_char           hash[HPF_HASH_LEN];
    uint64_t         n, facts[6];
    ngx_file_info_t  fi;

    if (ngx_file_info(name, &fi) == NGX_FILE_ERROR) {
        return 0;
    }

    facts[0] = fi.st_ino;
    facts[1] = fi.st_size;
    facts[2] = fi.st_mtim.tv_sec;
    facts[3] = fi.st_mtim.tv_nsec;
    facts[4] = fi.st_ctim.tv_sec;
    facts[5] = fi.st_ctim.tv_nsec;

    if (changed) {
        n = (uint64_t) fi.st_ctim.tv_sec * 1000000000 + fi.st_ctim.tv_nsec;
        *changed = ngx_max(*changed, n);
    }

    hpf_hash(hash, name, ngx_strlen(name), 0);
    hpf_hash_more(hash, facts, sizeof(facts));

    ngx_memcpy(&n, hash, sizeof(n));

    return n;
}
