/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Keys of signed channels: each is a file, named in the configuration or lying
 * in a folder.  Every worker looks at them once a second and has a thread read
 * what has changed, since it takes milliseconds to see that a key of RSA is
 * sound.  A file that is gone ends its key, and one that cannot be used leaves
 * the key as it was.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_thread_pool.h>

#include "hpf_sign_file.h"
#include "ngx_http_hpf_key.h"
#include "ngx_http_hpf_verify.h"


#define NGX_HTTP_HPF_KEY_PAUSE  1000       /* ms between looks at a channel */
#define NGX_HTTP_HPF_KEY_AT_ONCE  64       /* channels; then others go on */


/* What a thread reads; no key comes or goes before it has ended. */

typedef struct {
    ngx_http_hpf_channel_t    *channel;
    ngx_http_hpf_key_t        *key;
    ngx_file_info_t            info;
    hpf_sign_key_t            *sign;
    const char                *why;
} ngx_http_hpf_key_read_t;

/* Of this worker. */

typedef struct {
    ngx_event_t                timer;
    ngx_http_hpf_main_conf_t  *hmcf;
    ngx_thread_task_t         *task;
    ngx_array_t                reads;      /* ngx_http_hpf_key_read_t */
    ngx_uint_t                 next;       /* channel */
    ngx_msec_t                 pause;      /* until the next channels */
} ngx_http_hpf_key_look_t;


static ngx_uint_t ngx_http_hpf_key_id_valid(ngx_str_t *id);
static ngx_http_hpf_key_t *ngx_http_hpf_key_get(ngx_http_hpf_channel_t *ch,
    ngx_str_t *id);
static void ngx_http_hpf_key_look(ngx_event_t *ev);
static void ngx_http_hpf_key_look_channel(ngx_http_hpf_key_look_t *look,
    ngx_http_hpf_channel_t *ch);
static void ngx_http_hpf_key_thread(void *data, ngx_log_t *log);
static void ngx_http_hpf_key_read(ngx_event_t *ev);
static void ngx_http_hpf_key_replace(ngx_http_hpf_key_read_t *read);
static ngx_uint_t ngx_http_hpf_key_is_gone(ngx_http_hpf_key_t *key);
static ngx_uint_t ngx_http_hpf_key_changed(ngx_http_hpf_key_t *key,
    ngx_file_info_t *fi);
static void ngx_http_hpf_key_end(ngx_http_hpf_channel_t *ch,
    ngx_http_hpf_key_t *key);
static const char *ngx_http_hpf_key_list(ngx_http_hpf_channel_t *ch);
static const char *ngx_http_hpf_key_add(ngx_http_hpf_channel_t *ch,
    u_char *name, size_t len);
static void ngx_http_hpf_key_complain(ngx_http_hpf_channel_t *ch,
    ngx_str_t *what, const char *why);


static ngx_http_hpf_key_look_t  *ngx_http_hpf_key_looking;


/* key ID FILE [ALG] */

char *
ngx_http_hpf_key_line(ngx_conf_t *cf, ngx_http_hpf_channel_t *ch)
{
    ngx_str_t           *value;
    ngx_http_hpf_key_t  *key;

    value = cf->args->elts;

    if (ch->key_folder.len) {
        return "is not used together with \"keys\"";
    }

    if (ch->nkeys == NGX_HTTP_HPF_KEYS) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "channel \"%V\" has more than %d keys",
                           &ch->id, NGX_HTTP_HPF_KEYS);
        return NGX_CONF_ERROR;
    }

    if (!ngx_http_hpf_key_id_valid(&value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid key id \"%V\" of channel \"%V\": 1 to %d "
                           "visible characters of ASCII but \" and \\ "
                           "expected", &value[1], &ch->id,
                           NGX_HTTP_HPF_KEY_ID);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_hpf_key_get(ch, &value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "key \"%V\" of channel \"%V\" is duplicate",
                           &value[1], &ch->id);
        return NGX_CONF_ERROR;
    }

    key = &ch->keys[ch->nkeys++];

    key->id.len = value[1].len;
    key->id.data = key->name;
    ngx_memcpy(key->name, value[1].data, value[1].len);

    key->file = value[2];

    if (cf->args->nelts == 4) {
        key->alg = (char *) value[3].data;
    }

    return ngx_conf_full_name(cf->cycle, &key->file, 1) == NGX_OK
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* keys DIRECTORY */

char *
ngx_http_hpf_key_folder(ngx_conf_t *cf, ngx_http_hpf_channel_t *ch)
{
    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;

    if (ch->key_folder.len) {
        return "is duplicate";
    }

    if (ch->nkeys) {
        return "is not used together with \"key\"";
    }

    ch->key_folder = value[1];

    if (ngx_conf_full_name(cf->cycle, &ch->key_folder, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    /* names of files are filled in as they come and go */

    for (i = 0; i < NGX_HTTP_HPF_KEYS; i++) {

        ch->keys[i].file.data = ngx_pnalloc(cf->pool, ch->key_folder.len
                                            + sizeof("/")
                                            + NGX_HTTP_HPF_KEY_ID);
        if (ch->keys[i].file.data == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* It stands in keyid="CHANNEL:KEY". */

static ngx_uint_t
ngx_http_hpf_key_id_valid(ngx_str_t *id)
{
    u_char      c;
    ngx_uint_t  i;

    for (i = 0; i < id->len; i++) {
        c = id->data[i];

        if (c <= ' ' || c > '~' || c == '"' || c == '\\') {
            return 0;
        }
    }

    return id->len > 0 && id->len <= NGX_HTTP_HPF_KEY_ID;
}


static ngx_http_hpf_key_t *
ngx_http_hpf_key_get(ngx_http_hpf_channel_t *ch, ngx_str_t *id)
{
    ngx_uint_t  i;

    for (i = 0; i < ch->nkeys; i++) {

        if (ch->keys[i].id.len == id->len
            && ngx_strncmp(ch->keys[i].id.data, id->data, id->len) == 0)
        {
            return &ch->keys[i];
        }
    }

    return NULL;
}


ngx_http_hpf_key_t *
ngx_http_hpf_key_find(ngx_http_hpf_channel_t *ch, ngx_str_t *id)
{
    ngx_http_hpf_key_t  *key;

    key = ngx_http_hpf_key_get(ch, id);

    return (key && key->sign) ? key : NULL;
}


char *
ngx_http_hpf_key_init(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf)
{
    ngx_uint_t               i, j;
    const char              *why;
    ngx_http_hpf_key_t      *key;
    ngx_http_hpf_channel_t  *ch;

    ch = hmcf->channels.elts;

    for (i = 0; i < hmcf->channels.nelts; i++) {

        if (ch[i].kind == NGX_HTTP_HPF_SIGNED
            && ngx_http_hpf_verify_threads(cf, hmcf) != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }

        why = ngx_http_hpf_key_list(&ch[i]);

        if (why == NULL && ch[i].key_folder.len && ch[i].nkeys == 0) {
            why = "there is no key in it";
        }

        if (why) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "folder \"%V\" with keys of channel \"%V\" cannot "
                          "be used: %s in %s:%ui", &ch[i].key_folder,
                          &ch[i].id, why, ch[i].file, ch[i].line);
            return NGX_CONF_ERROR;
        }

        for (j = 0; j < ch[i].nkeys; j++) {

            key = &ch[i].keys[j];

            (void) ngx_file_info(key->file.data, &key->info);

            key->sign = hpf_sign_file_read(hmcf->crypto,
                                           (char *) key->file.data, key->alg,
                                           &why);

            if (key->sign == NULL) {
                ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                              "key \"%V\" of channel \"%V\" cannot be used: "
                              "\"%V\" %s in %s:%ui", &key->id, &ch[i].id,
                              &key->file, why, ch[i].file, ch[i].line);
                return NGX_CONF_ERROR;
            }
        }
    }

    return NGX_CONF_OK;
}


void
ngx_http_hpf_key_free(ngx_http_hpf_main_conf_t *hmcf)
{
    ngx_uint_t               i, j;
    ngx_http_hpf_channel_t  *ch;

    ch = hmcf->channels.elts;

    for (i = 0; i < hmcf->channels.nelts; i++) {
        for (j = 0; j < ch[i].nkeys; j++) {
            hpf_sign_key_destroy(ch[i].keys[j].sign);
        }
    }
}


ngx_int_t
ngx_http_hpf_key_init_worker(ngx_http_hpf_main_conf_t *hmcf,
    ngx_cycle_t *cycle)
{
    ngx_http_hpf_key_look_t  *look;

    /* where there is one process only, that of the old configuration */

    if (ngx_http_hpf_key_looking && ngx_http_hpf_key_looking->timer.timer_set) {
        ngx_del_timer(&ngx_http_hpf_key_looking->timer);
    }

    ngx_http_hpf_key_looking = NULL;

    if (hmcf->sign_threads == NULL) {
        return NGX_OK;
    }

    look = ngx_pcalloc(cycle->pool, sizeof(ngx_http_hpf_key_look_t));
    if (look == NULL) {
        return NGX_ERROR;
    }

    look->hmcf = hmcf;
    look->task = ngx_thread_task_alloc(cycle->pool, 0);

    if (look->task == NULL
        || ngx_array_init(&look->reads, cycle->pool,
                          NGX_HTTP_HPF_KEYS * hmcf->channels.nelts,
                          sizeof(ngx_http_hpf_key_read_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    look->task->ctx = look;
    look->task->handler = ngx_http_hpf_key_thread;
    look->task->event.handler = ngx_http_hpf_key_read;
    look->task->event.data = look;

    look->timer.data = look;
    look->timer.handler = ngx_http_hpf_key_look;
    look->timer.log = cycle->log;
    look->timer.cancelable = 1;

    ngx_http_hpf_key_looking = look;

    ngx_add_timer(&look->timer, NGX_HTTP_HPF_KEY_PAUSE);

    return NGX_OK;
}


static void
ngx_http_hpf_key_look(ngx_event_t *ev)
{
    ngx_uint_t                 i, n;
    ngx_http_hpf_channel_t    *ch;
    ngx_http_hpf_key_look_t   *look;
    ngx_http_hpf_main_conf_t  *hmcf;

    look = ev->data;
    hmcf = look->hmcf;

    if (ngx_exiting) {
        return;
    }

    look->reads.nelts = 0;
    ch = hmcf->channels.elts;
    n = ngx_min(hmcf->channels.nelts, NGX_HTTP_HPF_KEY_AT_ONCE);
    look->pause = NGX_HTTP_HPF_KEY_PAUSE * n / hmcf->channels.nelts;

    for (i = 0; i < n; i++) {

        if (ch[look->next].kind == NGX_HTTP_HPF_SIGNED) {
            ngx_http_hpf_key_look_channel(look, &ch[look->next]);
        }

        look->next = (look->next + 1) % hmcf->channels.nelts;
    }

    /* the timer goes on when the thread has ended */

    if (look->reads.nelts
        && ngx_thread_task_post(hmcf->sign_threads, look->task) == NGX_OK)
    {
        return;
    }

    ngx_add_timer(ev, look->pause);
}


static void
ngx_http_hpf_key_look_channel(ngx_http_hpf_key_look_t *look,
    ngx_http_hpf_channel_t *ch)
{
    ngx_uint_t                i;
    const char               *why;
    ngx_file_info_t           fi;
    ngx_http_hpf_key_read_t  *read;

    for (i = ch->nkeys; i > 0; i--) {

        if (ngx_http_hpf_key_is_gone(&ch->keys[i - 1])) {
            ngx_http_hpf_key_end(ch, &ch->keys[i - 1]);
        }
    }

    why = ngx_http_hpf_key_list(ch);

    if (why && !ch->key_complained) {
        ngx_http_hpf_key_complain(ch, &ch->key_folder, why);
    }

    ch->key_complained = (why != NULL);

    for (i = 0; i < ch->nkeys; i++) {

        if (!ngx_http_hpf_key_changed(&ch->keys[i], &fi)) {
            continue;
        }

        read = ngx_array_push(&look->reads);

        if (read) {
            read->channel = ch;
            read->key = &ch->keys[i];
            read->info = fi;
        }
    }
}


static void
ngx_http_hpf_key_thread(void *data, ngx_log_t *log)
{
    ngx_http_hpf_key_look_t *look = data;

    ngx_uint_t                i;
    ngx_http_hpf_key_read_t  *read;

    read = look->reads.elts;

    for (i = 0; i < look->reads.nelts; i++) {
        read[i].sign = hpf_sign_file_read(look->hmcf->crypto,
                                          (char *) read[i].key->file.data,
                                          read[i].key->alg, &read[i].why);
    }
}


static void
ngx_http_hpf_key_read(ngx_event_t *ev)
{
    ngx_uint_t                i;
    ngx_http_hpf_key_read_t  *read;
    ngx_http_hpf_key_look_t  *look;

    look = ev->data;
    read = look->reads.elts;

    for (i = 0; i < look->reads.nelts; i++) {
        ngx_http_hpf_key_replace(&read[i]);
    }

    ngx_add_timer(&look->timer, look->pause);
}


static void
ngx_http_hpf_key_replace(ngx_http_hpf_key_read_t *read)
{
    ngx_http_hpf_key_t  *key;

    key = read->key;

    /* what cannot be read now is told once, and read when it changes again */

    key->info = read->info;

    if (read->sign == NULL) {
        ngx_http_hpf_key_complain(read->channel, &key->file, read->why);
        return;
    }

    hpf_sign_key_destroy(key->sign);
    key->sign = read->sign;

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "hpf key: \"%V:%V\" was read, %s", &read->channel->id,
                  &key->id, hpf_sign_key_alg(key->sign));
}


static ngx_uint_t
ngx_http_hpf_key_is_gone(ngx_http_hpf_key_t *key)
{
    ngx_file_info_t  fi;

    return ngx_file_info(key->file.data, &fi) == NGX_FILE_ERROR
           && (ngx_errno == NGX_ENOENT || ngx_errno == NGX_ENOTDIR);
}


static ngx_uint_t
ngx_http_hpf_key_changed(ngx_http_hpf_key_t *key, ngx_file_info_t *fi)
{
    ngx_file_info_t  *old;

    old = &key->info;

    if (ngx_file_info(key->file.data, fi) == NGX_FILE_ERROR) {
        ngx_memzero(fi, sizeof(ngx_file_info_t));
    }

    return old->st_ino != fi->st_ino || old->st_dev != fi->st_dev
           || old->st_size != fi->st_size || old->st_mode != fi->st_mode
           || old->st_mtim.tv_sec != fi->st_mtim.tv_sec
           || old->st_mtim.tv_nsec != fi->st_mtim.tv_nsec
           || old->st_ctim.tv_sec != fi->st_ctim.tv_sec
           || old->st_ctim.tv_nsec != fi->st_ctim.tv_nsec;
}


/* One of a folder gives its place to others. */

static void
ngx_http_hpf_key_end(ngx_http_hpf_channel_t *ch, ngx_http_hpf_key_t *key)
{
    u_char              *data;
    ngx_http_hpf_key_t  *last;

    if (key->sign) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "hpf key: \"%V:%V\" is gone, and not accepted any more",
                      &ch->id, &key->id);

        hpf_sign_key_destroy(key->sign);
        key->sign = NULL;
    }

    ngx_memzero(&key->info, sizeof(ngx_file_info_t));

    if (ch->key_folder.len == 0) {
        return;
    }

    last = &ch->keys[--ch->nkeys];

    if (last != key) {
        data = key->file.data;

        *key = *last;
        key->id.data = key->name;
        last->file.data = data;
    }
}


/* Takes up what is new in the folder; NULL, or what is wrong with it. */

static const char *
ngx_http_hpf_key_list(ngx_http_hpf_channel_t *ch)
{
    u_char      *name;
    size_t       len;
    ngx_dir_t    dir;
    const char  *why, *wrong;

    if (ch->key_folder.len == 0) {
        return NULL;
    }

    if (ngx_open_dir(&ch->key_folder, &dir) == NGX_ERROR) {
        return strerror(ngx_errno);
    }

    why = NULL;

    while (ngx_read_dir(&dir) == NGX_OK) {

        name = ngx_de_name(&dir);
        len = ngx_de_namelen(&dir);

        if (name[0] == '.' || len <= 4
            || (ngx_strcmp(name + len - 4, ".key") != 0
                && ngx_strcmp(name + len - 4, ".pem") != 0))
        {
            continue;
        }

        wrong = ngx_http_hpf_key_add(ch, name, len);

        if (wrong) {
            why = wrong;
        }
    }

    (void) ngx_close_dir(&dir);

    return why;
}


static const char *
ngx_http_hpf_key_add(ngx_http_hpf_channel_t *ch, u_char *name, size_t len)
{
    u_char              *p;
    ngx_str_t            id;
    ngx_http_hpf_key_t  *key;

    id.data = name;
    id.len = len - 4;

    if (len > NGX_HTTP_HPF_KEY_ID || !ngx_http_hpf_key_id_valid(&id)) {
        return "the name of a file in it is no id of a key";
    }

    key = ngx_http_hpf_key_get(ch, &id);

    if (key) {
        return ngx_strncmp(key->file.data + key->file.len - len, name, len)
               == 0 ? NULL : "a key is in it twice, as .key and as .pem";
    }

    if (ch->nkeys == NGX_HTTP_HPF_KEYS) {
        return "there are more than two keys in it";
    }

    key = &ch->keys[ch->nkeys++];

    ngx_memzero(&key->info, sizeof(ngx_file_info_t));

    key->sign = NULL;
    key->id.len = id.len;
    key->id.data = key->name;
    ngx_memcpy(key->name, id.data, id.len);

    p = ngx_sprintf(key->file.data, "%V/%s", &ch->key_folder, name);
    *p = '\0';

    key->file.len = p - key->file.data;

    return NULL;
}


static void
ngx_http_hpf_key_complain(ngx_http_hpf_channel_t *ch, ngx_str_t *what,
    const char *why)
{
    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "hpf key: \"%V\" of channel \"%V\" cannot be used, all "
                  "stays as it was: %s", what, &ch->id, why);
}
