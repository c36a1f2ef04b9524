/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * hpf-plugin-check DIR: reads the manifest and the code in DIR as a gateway
 * does.  On success one line "ID VERSION LANGUAGE DIGEST"; else every fault,
 * and the exit status is 1.
 */


#include "check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hpf_crypto.h"
#include "hpf_form_formats.h"
#include "hpf_hex.h"
#include "hpf_plugin.h"
#include "hpf_time.h"


static int check_main_plugin(const char *dir, const char *id);
static int check_main_code(const hpf_manifest_t *mf,
    const check_file_t *manifest, const char *dir);
static int check_main_digest(const check_file_t *manifest,
    const check_file_t *code, const char *suffix, char *digest);
static int check_main_read(check_file_t *file, const char *dir,
    const char *name, const char *suffix);
static char *check_main_slurp(FILE *f, size_t *len);
static void check_main_forget(check_file_t *file);
static void check_main_manifest_fault(void *data, unsigned line,
    const char *text);
static hpf_date_t check_main_today(void);


int
main(int argc, char **argv)
{
    int    rc;
    char  *dir;

    if (argc != 2) {
        (void) fprintf(stderr, "usage: hpf-plugin-check DIR\n");
        return 2;
    }

    dir = realpath(argv[1], NULL);

    if (dir == NULL) {
        (void) fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
        return 1;
    }

    rc = check_main_plugin(argv[1], strrchr(dir, '/') + 1);

    free(dir);

    return (rc == HPF_OK) ? 0 : 1;
}


static int
check_main_plugin(const char *dir, const char *id)
{
    int                   rc;
    check_file_t          file;
    hpf_manifest_t       *mf;
    hpf_manifest_conf_t   conf;

    if (check_main_read(&file, dir, "manifest", "json") != HPF_OK) {
        check_main_forget(&file);
        return HPF_ERROR;
    }

    conf.folder = id;
    conf.formats = hpf_form_formats(check_main_today);
    conf.keyed = 1;
    conf.fault = check_main_manifest_fault;
    conf.data = &file;

    mf = hpf_manifest_parse(file.text, file.len, &conf);

    rc = mf ? check_main_code(mf, &file, dir) : HPF_ERROR;

    hpf_manifest_free(mf);
    check_main_forget(&file);

    return rc;
}


static int
check_main_code(const hpf_manifest_t *mf, const check_file_t *manifest,
    const char *dir)
{
    int            rc;
    char           digest[2 * HPF_CRYPTO_LEN + 1];
    const char    *suffix;
    check_file_t   code;

    suffix = (mf->language == HPF_MANIFEST_C) ? "so" : "lua";

    rc = check_main_read(&code, dir, mf->id, suffix);

    if (rc == HPF_OK) {
        rc = (mf->language == HPF_MANIFEST_C) ? check_library(mf, &code)
                                              : check_lua(mf, &code);
    }

    if (rc == HPF_OK) {
        rc = check_main_digest(manifest, &code, suffix, digest);
    }

    if (rc == HPF_OK) {
        (void) printf("%s %s %s %s\n", mf->id, mf->version,
                      (mf->language == HPF_MANIFEST_C) ? "c" : "lua", digest);
    }

    check_main_forget(&code);

    return rc;
}


/* that of ngx_hpf_source.c, which the gateway's log has */

static int
check_main_digest(const check_file_t *manifest, const check_file_t *code,
    const char *suffix, char *digest)
{
    int                 rc;
    uint64_t            len;
    hpf_crypto_t       *crypto;
    unsigned char       hash[HPF_CRYPTO_LEN];
    hpf_crypto_part_t   parts[4];

    len = manifest->len;

    parts[0].data = &len;
    parts[0].len = sizeof(len);
    parts[1].data = manifest->text;
    parts[1].len = manifest->len;
    parts[2].data = suffix;
    parts[2].len = strlen(suffix);
    parts[3].data = code->text;
    parts[3].len = code->len;

    crypto = hpf_crypto_create();

    rc = crypto ? hpf_crypto_digest_parts(crypto, HPF_CRYPTO_SHA256, parts, 4,
                                          hash)
                : HPF_ERROR;

    hpf_crypto_destroy(crypto);

    if (rc != 0) {
        check_fault(code, "no digest");
        return HPF_ERROR;
    }

    digest[hpf_hex_encode(digest, hash, sizeof(hash))] = '\0';

    return HPF_OK;
}


static int
check_main_read(check_file_t *file, const char *dir, const char *name,
    const char *suffix)
{
    FILE    *f;
    size_t   size;

    size = strlen(dir) + strlen(name) + strlen(suffix) + sizeof("/.");

    file->text = NULL;
    file->name = malloc(size);

    if (file->name == NULL) {
        return HPF_ERROR;
    }

    (void) snprintf(file->name, size, "%s/%s.%s", dir, name, suffix);

    f = fopen(file->name, "rb");

    if (f != NULL) {
        file->text = check_main_slurp(f, &file->len);
        (void) fclose(f);
    }

    if (file->text == NULL) {
        check_fault(file, "%s", strerror(errno));
        return HPF_ERROR;
    }

    return HPF_OK;
}


static char *
check_main_slurp(FILE *f, size_t *len)
{
    char    *text, *more;
    size_t   n, size;

    text = NULL;
    *len = 0;
    size = 65536;

    for ( ;; ) {
        more = realloc(text, size);

        if (more == NULL) {
            break;
        }

        text = more;
        n = fread(text + *len, 1, size - *len, f);
        *len += n;

        if (*len < size) {
            if (ferror(f)) {
                break;
            }

            return text;
        }

        size *= 2;
    }

    free(text);

    return NULL;
}


static void
check_main_forget(check_file_t *file)
{
    free(file->name);
    free(file->text);
}


void
check_fault(const check_file_t *file, const char *fmt, ...)
{
    va_list  args;

    (void) fprintf(stderr, "%s: ", file->name);

    va_start(args, fmt);
    (void) vfprintf(stderr, fmt, args);
    va_end(args);

    (void) fputc('\n', stderr);
}


static void
check_main_manifest_fault(void *data, unsigned line, const char *text)
{
    check_file_t *file = data;

    (void) fprintf(stderr, "%s:%u: %s\n", file->name, line, text);
}


static hpf_date_t
check_main_today(void)
{
    hpf_date_t       today;
    hpf_time_date_t  date;

    date = hpf_time_date_of(hpf_time_day((int64_t) time(NULL) * 1000));

    today.year = date.year;
    today.month = date.month;
    today.day = date.day;

    return today;
}
