/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Files with a secret, see the header.  The permissions are looked at on the
 * open file, so that it cannot be exchanged in between.
 */


#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "hpf_plugin.h"
#include "hpf_base64.h"
#include "hpf_hex.h"
#include "hpf_secret.h"


/* that are different, of all; 32 random ones have about 30 */
#define HPF_SECRET_DIFFERENT  8

/* docs/api.md shows signatures by it */
#define HPF_SECRET_EXAMPLE    "an-example-key-of-32-bytes-12345"


static const char *hpf_secret_stat(int fd, mode_t *mode);
static const char *hpf_secret_weak(const unsigned char *bytes, size_t len);


ssize_t
hpf_secret_read(const char *file, unsigned char *buf, size_t max, char *error,
    size_t size)
{
    char            text[HPF_SECRET_TEXT];
    mode_t          mode;
    size_t          len;
    ssize_t         n;
    const char     *reason;
    unsigned char   bytes[HPF_SECRET_TEXT];

    reason = NULL;
    n = hpf_secret_load(file, text, sizeof(text), &mode, &reason);

    if (n >= 0) {
        reason = hpf_secret_check(mode);
    }

    if (reason == NULL) {
        n = hpf_secret_decode(text, n, bytes, &reason);
    }

    if (reason == NULL) {

        if ((size_t) n > max) {
            reason = "is too long";

        } else {
            memcpy(buf, bytes, n);
        }
    }

    OPENSSL_cleanse(text, sizeof(text));
    OPENSSL_cleanse(bytes, sizeof(bytes));

    if (reason == NULL) {
        return n;
    }

    if (size) {
        len = strlen(reason);
        len = len < size ? len : size - 1;

        memcpy(error, reason, len);
        error[len] = '\0';
    }

    return HPF_ERROR;
}


ssize_t
hpf_secret_load(const char *file, char *text, size_t max, mode_t *mode,
    const char **reason)
{
    int      fd;
    size_t   len;
    ssize_t  n;

    /* a pipe must not hang the configuration: it is refused below */

    fd = open(file, O_RDONLY|O_CLOEXEC|O_NONBLOCK|O_NOCTTY);

    if (fd == -1) {
        *reason = strerror(errno);
        return HPF_ERROR;
    }

    *reason = hpf_secret_stat(fd, mode);
    len = 0;
    n = HPF_ERROR;

    while (*reason == NULL && len < max) {
        n = read(fd, text + len, max - len);

        if (n == 0) {
            break;
        }

        if (n == -1 && errno != EINTR) {
            *reason = strerror(errno);

        } else if (n > 0) {
            len += n;
        }
    }

    (void) close(fd);

    if (*reason == NULL && n != 0) {
        *reason = "is too long";
    }

    return *reason ? HPF_ERROR : (ssize_t) len;
}


static const char *
hpf_secret_stat(int fd, mode_t *mode)
{
    struct stat  st;

    if (fstat(fd, &st) == -1) {
        return strerror(errno);
    }

    if (!S_ISREG(st.st_mode)) {
        return "is not a regular file";
    }

    *mode = st.st_mode;

    return NULL;
}


const char *
hpf_secret_check(mode_t mode)
{
    return mode & (S_IRWXG|S_IRWXO)
           ? "may be read or changed by group or others (use mode 0600)"
           : NULL;
}


/* no base64 of a random secret consists of hexadecimal digits alone */

ssize_t
hpf_secret_decode(const char *text, size_t len, unsigned char *out,
    const char **reason)
{
    ssize_t  n;

    if (len && text[len - 1] == '\n') {
        len--;
    }

    if (len && text[len - 1] == '\r') {
        len--;
    }

    n = hpf_hex_decode(text, len, out) == HPF_OK
        ? (ssize_t) len / 2 : hpf_base64_decode(out, text, len);

    *reason = n < 0 ? "neither base64 nor hexadecimal"
              : n < HPF_SECRET_MIN ? "has less than 32 bytes"
              : n > HPF_SECRET_MAX ? "is too long"
              : hpf_secret_weak(out, n);

    return *reason ? HPF_ERROR : n;
}


static const char *
hpf_secret_weak(const unsigned char *bytes, size_t len)
{
    char      seen[256];
    size_t    i;
    unsigned  n;

    if (len == sizeof(HPF_SECRET_EXAMPLE) - 1
        && memcmp(bytes, HPF_SECRET_EXAMPLE, len) == 0)
    {
        return "is the example of the documents";
    }

    memset(seen, 0, sizeof(seen));
    n = 0;

    for (i = 0; i < len; i++) {
        n += !seen[bytes[i]];
        seen[bytes[i]] = 1;
    }

    OPENSSL_cleanse(seen, sizeof(seen));

    return n < HPF_SECRET_DIFFERENT ? "is not random" : NULL;
}
