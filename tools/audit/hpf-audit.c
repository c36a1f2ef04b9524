/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * hpf-audit: looks whether the record of a node is as it was written.
 *
 *     hpf-audit verify [--key FILE]... [--from N] [--expect N:HASH]
 *                      [--ledger FILE] DIR
 *     hpf-audit head [--ledger FILE] DIR
 *     hpf-audit key FILE
 *
 * It needs nothing but the files.  0: all is as it was written; 1: it is not;
 * 2: it could not be looked at.
 */


#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "hpf_crypto.h"
#include "hpf_hex.h"
#include "hpf_ledger.h"
#include "hpf_plugin.h"
#include "hpf_secret.h"
#include "hpf_sign.h"
#include "hpf_signer.h"
#include "hpf_verify.h"


#define AUDIT_KEYS   16
#define AUDIT_STAMP  32                /* of the first line: its time */
#define AUDIT_PEM    4096


typedef struct {
    char              id[HPF_SIGNER_ID + 1];
    hpf_sign_key_t   *key;
} audit_key_t;

typedef struct {
    char             *name;
    char              stamp[AUDIT_STAMP];
} audit_file_t;

typedef struct {
    hpf_crypto_t       *crypto;
    hpf_verify_conf_t   conf;

    audit_key_t         keys[AUDIT_KEYS];
    int                 nkeys;

    audit_file_t       *files;
    size_t              nfiles;

    char               *dir;
    char               *ledger;
} audit_t;

typedef struct {
    const char         *name;
    FILE               *f;
    uint64_t            lines;         /* that were read */
} audit_text_t;

typedef int (*audit_line_pt)(hpf_verify_t *v, const unsigned char *line,
    size_t len, int whole);


static int audit_verify(audit_t *audit);
static int audit_head(audit_t *audit);
static int audit_public(const char *file);


static const char  audit_usage[] =
    "usage: hpf-audit verify --key FILE [--key FILE]... [--from N]\n"
    "                        [--expect N:HASH] [--ledger FILE] DIR\n"
    "       hpf-audit head [--ledger FILE] DIR\n"
    "       hpf-audit key FILE\n"
    "\n"
    "verify  looks whether the record in DIR is as it was written; --key is a\n"
    "        public key that its ledger is signed with; --from: segments that\n"
    "        were closed before entry N of the ledger need not be there;\n"
    "        --expect: an entry that has to be there, as \"head\" printed it\n"
    "head    prints N:HASH of the last entry of the ledger, to be kept\n"
    "        elsewhere\n"
    "key     prints the public key of a private one\n";

static int  audit_mds[] = { HPF_CRYPTO_SHA256, HPF_CRYPTO_SM3 };


static int
audit_fail(const char *what, const char *why)
{
    fprintf(stderr, "hpf-audit: %s: %s\n", what, why);

    return 2;
}


static void *
audit_alloc(void *p, size_t size)
{
    p = realloc(p, size);

    if (p == NULL) {
        exit(audit_fail("memory", "there is none"));
    }

    return p;
}


static char *
audit_path(const char *dir, const char *name)
{
    char    *path;
    size_t   len;

    len = strlen(dir) + strlen(name) + 2;
    path = audit_alloc(NULL, len);

    (void) snprintf(path, len, "%s/%s", dir, name);

    return path;
}


static int
audit_digest(void *data, const unsigned char *prev, const void *text,
    size_t len, unsigned char *out)
{
    hpf_crypto_part_t  parts[2];

    static hpf_crypto_t  *crypto;

    if (crypto == NULL) {
        crypto = hpf_crypto_create();

        if (crypto == NULL) {
            return HPF_ERROR;
        }
    }

    parts[0].data = prev;
    parts[0].len = prev ? HPF_CHAIN_HASH : 0;
    parts[1].data = text;
    parts[1].len = len;

    return hpf_crypto_digest_parts(crypto, *(int *) data, parts, 2, out);
}


static int
audit_signature(void *data, const char *id, const void *text, size_t len,
    const unsigned char *sig)
{
    int                 i;
    audit_t            *audit;
    hpf_crypto_part_t   what, signature;

    audit = data;

    what.data = text;
    what.len = len;
    signature.data = sig;
    signature.len = HPF_LEDGER_SIG;

    for (i = 0; i < audit->nkeys; i++) {

        if (strcmp(audit->keys[i].id, id) == 0) {
            return hpf_sign_verify(audit->keys[i].key, &what, &signature)
                   == HPF_OK
                   ? HPF_OK : HPF_DECLINED;
        }
    }

    return HPF_ERROR;
}


static void
audit_report(void *data, hpf_verify_kind_e kind, const char *file,
    uint64_t line, const char *text)
{
    (void) data;

    if (kind == HPF_VERIFY_NOTE) {
        printf("note: ");
    }

    if (file && line) {
        printf("%s:%" PRIu64 ": ", file, line);

    } else if (file) {
        printf("%s: ", file);
    }

    printf("%s\n", text);
}


/* A public key; 0: it was read. */

static int
audit_key(audit_t *audit, const char *file)
{
    char                text[AUDIT_PEM];
    mode_t              mode;
    ssize_t             n;
    const char         *why, *alg;
    audit_key_t        *key;
    hpf_crypto_part_t   pem;

    if (audit->nkeys == AUDIT_KEYS) {
        return audit_fail(file, "too many keys");
    }

    n = hpf_secret_load(file, text, sizeof(text), &mode, &why);

    if (n < 0) {
        return audit_fail(file, why);
    }

    pem.data = text;
    pem.len = (size_t) n;

    key = &audit->keys[audit->nkeys];
    alg = hpf_sign_pem_alg(&pem, &why);

    if (alg) {
        key->key = hpf_sign_key_create(audit->crypto, alg, &pem, &why);
    }

    if (key->key == NULL || hpf_signer_public_id(&pem, key->id) != HPF_OK) {
        return audit_fail(file, why);
    }

    audit->nkeys++;

    return 0;
}


/* N:HASH */

static int
audit_expect(audit_t *audit, const char *text)
{
    char  *end;

    audit->conf.expect = strtoull(text, &end, 10);

    if (end == text || *end != ':' || audit->conf.expect == 0
        || strlen(end + 1) != HPF_CHAIN_HEX
        || hpf_hex_decode(end + 1, HPF_CHAIN_HEX, audit->conf.expect_hash)
           != HPF_OK)
    {
        return audit_fail(text, "is not N:HASH, as \"hpf-audit head\" prints");
    }

    return 0;
}


static int
audit_options(audit_t *audit, int argc, char **argv)
{
    int    c, rc;
    char  *end;

    static const struct option  options[] = {
        { "key", required_argument, NULL, 'k' },
        { "from", required_argument, NULL, 'f' },
        { "expect", required_argument, NULL, 'e' },
        { "ledger", required_argument, NULL, 'l' },
        { NULL, 0, NULL, 0 }
    };

    rc = 0;

    while (rc == 0
           && (c = getopt_long(argc, argv, "", options, NULL)) != -1)
    {
        switch (c) {

        case 'k':
            rc = audit_key(audit, optarg);
            break;

        case 'f':
            audit->conf.from = strtoull(optarg, &end, 10);
            rc = *end ? audit_fail(optarg, "is no number") : 0;
            break;

        case 'e':
            rc = audit_expect(audit, optarg);
            break;

        case 'l':
            audit->ledger = optarg;
            break;

        default:
            rc = 2;
        }
    }

    if (rc == 0 && optind != argc - 1) {
        fputs(audit_usage, stderr);
        rc = 2;
    }

    if (rc == 0) {
        audit->dir = argv[optind];

        if (audit->ledger == NULL) {
            audit->ledger = audit_path(audit->dir, "ledger.jsonl");
        }
    }

    return rc;
}


static int
audit_order(const void *one, const void *two)
{
    int                  rc;
    const audit_file_t  *a, *b;

    a = one;
    b = two;
    rc = strcmp(a->stamp, b->stamp);

    return rc ? rc : strcmp(a->name, b->name);
}


/* A file of the folder; those that begin later come later. */

static int
audit_add(audit_t *audit, const char *name)
{
    FILE          *f;
    char          *path;
    size_t         n;
    struct stat    st, ledger;
    audit_file_t  *file;

    path = audit_path(audit->dir, name);

    if (stat(path, &st) == -1) {
        return audit_fail(path, strerror(errno));
    }

    if (name[0] == '.' || !S_ISREG(st.st_mode) || st.st_size == 0
        || (stat(audit->ledger, &ledger) == 0 && ledger.st_ino == st.st_ino
            && ledger.st_dev == st.st_dev)
        || (strlen(name) > 4 && strcmp(name + strlen(name) - 4, ".pub") == 0))
    {
        free(path);
        return 0;
    }

    f = fopen(path, "r");
    if (f == NULL) {
        return audit_fail(path, strerror(errno));
    }

    audit->files = audit_alloc(audit->files,
                               (audit->nfiles + 1) * sizeof(audit_file_t));
    file = &audit->files[audit->nfiles++];
    file->name = path;

    n = fread(file->stamp, 1, sizeof(file->stamp) - 1, f);
    file->stamp[n] = '\0';

    fclose(f);

    return 0;
}


static int
audit_folder(audit_t *audit)
{
    int             rc;
    DIR            *dir;
    struct dirent  *entry;

    dir = opendir(audit->dir);
    if (dir == NULL) {
        return audit_fail(audit->dir, strerror(errno));
    }

    rc = 0;

    while (rc == 0 && (entry = readdir(dir))) {
        rc = audit_add(audit, entry->d_name);
    }

    closedir(dir);

    if (audit->nfiles) {
        qsort(audit->files, audit->nfiles, sizeof(audit_file_t), audit_order);
    }

    return rc;
}


static int
audit_open(audit_text_t *text, const char *name)
{
    text->name = name;
    text->lines = 0;
    text->f = fopen(name, "r");

    return text->f ? 0 : audit_fail(name, strerror(errno));
}


/* What there is of it from here on; half a line is only taken as the last. */

static int
audit_lines(hpf_verify_t *v, audit_text_t *text, audit_line_pt handler,
    int last)
{
    int       rc, whole;
    char     *line;
    size_t    size;
    ssize_t   len;

    hpf_verify_file(v, text->name, text->lines);

    rc = 0;
    line = NULL;
    size = 0;

    while (rc == 0 && (len = getline(&line, &size, text->f)) != -1) {
        whole = line[len - 1] == '\n';

        if (!whole && !last) {
            (void) fseek(text->f, -len, SEEK_CUR);
            break;
        }

        text->lines++;

        if (handler(v, (unsigned char *) line, (size_t) (len - whole), whole)
            != HPF_OK)
        {
            rc = audit_fail(text->name, "out of memory");
        }
    }

    if (ferror(text->f)) {
        rc = audit_fail(text->name, strerror(errno));
    }

    free(line);

    return rc;
}


static int
audit_record(hpf_verify_t *v, const char *name)
{
    int            rc;
    audit_text_t   text;

    if (audit_open(&text, name)) {
        return 2;
    }

    rc = audit_lines(v, &text, hpf_verify_record, 1);

    fclose(text.f);

    return rc;
}


/* The ledger, the files, and what the ledger has more by then. */

static int
audit_all(audit_t *audit, hpf_verify_t *v)
{
    int            rc;
    size_t         i;
    audit_text_t   text;

    if (audit_open(&text, audit->ledger)) {
        return 2;
    }

    rc = audit_lines(v, &text, hpf_verify_entry, 0);

    for (i = 0; rc == 0 && i < audit->nfiles; i++) {
        rc = audit_record(v, audit->files[i].name);
    }

    clearerr(text.f);

    rc = rc ? rc : audit_lines(v, &text, hpf_verify_entry, 1);

    fclose(text.f);

    return rc;
}


static int
audit_verify(audit_t *audit)
{
    int                   rc;
    hpf_verify_t         *v;
    hpf_verify_result_t   result;

    if (audit->nkeys == 0) {
        return audit_fail("verify", "needs --key, see \"hpf-audit key\"");
    }

    rc = audit_folder(audit);
    v = rc ? NULL : hpf_verify_create(&audit->conf);

    if (v == NULL) {
        return 2;
    }

    rc = audit_all(audit, v);

    if (rc == 0) {
        hpf_verify_end(v, &result);

        printf("%" PRIu64 " records of %" PRIu64 " chains in %zu files, "
               "%" PRIu64 " entries in the ledger; %" PRIu64 " records after "
               "the last checkpoint: %s\n",
               result.records, result.chains, audit->nfiles, result.entries,
               result.open, result.faults ? "NOT as they were written"
                                          : "as they were written");

        rc = result.faults ? 1 : 0;
    }

    hpf_verify_destroy(v);

    return rc;
}


static int
audit_head(audit_t *audit)
{
    FILE                *f;
    char                *line, hex[HPF_CHAIN_HEX + 1];
    size_t               size, n;
    ssize_t              len;
    unsigned char        hash[HPF_CHAIN_HASH];
    hpf_ledger_entry_t   entry;

    f = fopen(audit->ledger, "r");
    if (f == NULL) {
        return audit_fail(audit->ledger, strerror(errno));
    }

    memset(&entry, 0, sizeof(entry));

    line = NULL;
    size = 0;

    while ((len = getline(&line, &size, f)) > 0 && line[len - 1] == '\n') {

        if (hpf_ledger_read((unsigned char *) line, (size_t) len - 1, &entry,
                            &n)
            != HPF_OK
            || audit_digest(&audit_mds[entry.md], NULL, line,
                            (size_t) len - 1, hash)
               != HPF_OK)
        {
            entry.n = 0;
            break;
        }
    }

    free(line);
    fclose(f);

    if (entry.n == 0) {
        return audit_fail(audit->ledger, "is no ledger, or an empty one");
    }

    hex[hpf_hex_encode(hex, hash, sizeof(hash))] = '\0';

    printf("%" PRIu64 ":%s\n", entry.n, hex);

    return 0;
}


static int
audit_public(const char *file)
{
    char           pem[HPF_SIGNER_PEM];
    size_t         n;
    const char    *why;
    hpf_signer_t  *signer;

    signer = hpf_signer_read(file, &why);
    if (signer == NULL) {
        return audit_fail(file, why ? why : "out of memory");
    }

    n = hpf_signer_public(signer, pem);

    hpf_signer_destroy(signer);

    return n && fwrite(pem, 1, n, stdout) == n ? 0 : 2;
}


int
main(int argc, char **argv)
{
    int      i, rc;
    audit_t  audit;

    memset(&audit, 0, sizeof(audit));

    audit.crypto = hpf_crypto_create();
    audit.conf.signature = audit_signature;
    audit.conf.report = audit_report;
    audit.conf.data = &audit;

    for (i = 0; i < HPF_CHAIN_ALGS; i++) {
        audit.conf.algs[i].digest = audit_digest;
        audit.conf.algs[i].data = &audit_mds[i];
    }

    if (argc == 3 && strcmp(argv[1], "key") == 0) {
        return audit_public(argv[2]);
    }

    rc = 2;

    if (argc > 2 && strcmp(argv[1], "verify") == 0) {
        rc = audit_options(&audit, argc - 1, argv + 1);
        rc = rc ? rc : audit_verify(&audit);

    } else if (argc > 2 && strcmp(argv[1], "head") == 0) {
        rc = audit_options(&audit, argc - 1, argv + 1);
        rc = rc ? rc : audit_head(&audit);

    } else {
        fputs(audit_usage, stderr);
    }

    for (i = 0; i < audit.nkeys; i++) {
        hpf_sign_key_destroy(audit.keys[i].key);
    }

    for (i = 0; (size_t) i < audit.nfiles; i++) {
        free(audit.files[i].name);
    }

    free(audit.files);
    hpf_crypto_destroy(audit.crypto);

    return rc;
}
