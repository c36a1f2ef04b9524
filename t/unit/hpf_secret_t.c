/* links: crypto/hpf_secret.c core/hpf_base64.c core/hpf_hex.c -lcrypto */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Secret files: what is read, and the reason for each file that is not.
 */


#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"
#include "hpf_secret.h"


#define HEX   "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define B64   "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

#define ZERO16  "0000000000000000"


static char  file[] = "/tmp/hpf-secret-XXXXXX";


static ssize_t
try(const char *text, int mode, unsigned char *out, char *error)
{
    int      fd;
    ssize_t  n;

    (void) chmod(file, 0600);

    fd = open(file, O_WRONLY|O_TRUNC);
    n = write(fd, text, strlen(text));
    (void) fchmod(fd, mode);
    close(fd);

    if (n != (ssize_t) strlen(text)) {
        return -2;
    }

    strncpy(error, "none", 64);

    return hpf_secret_read(file, out, 64, error, 64);
}


static void
refused(const char *text, int mode, const char *reason)
{
    char           error[64];
    unsigned char  out[64];

    is_int(try(text, mode, out, error), -1, "refused: %s", reason);
    ok(strstr(error, reason) != NULL, "and said so: %s", error);
}


int
main(void)
{
    int            i, fd;
    char           error[64], small[4], longer[1400];
    unsigned char  out[64], want[32];

    plan(0);

    fd = mkstemp(file);
    if (fd == -1) {
        return EXIT_FAILURE;
    }

    close(fd);

    for (i = 0; i < 32; i++) {
        want[i] = i;
    }

    is_int(try(HEX, 0600, out, error), 32, "hex");
    ok(memcmp(out, want, 32) == 0, "its bytes");
    is_int(try(HEX "\n", 0400, out, error), 32, "hex, newline, 0400");
    is_int(try(B64 "\r\n", 0600, out, error), 32, "base64 with CR LF");
    ok(memcmp(out, want, 32) == 0, "its bytes");

    refused(B64, 0640, "group or others");
    refused(B64, 0602, "group or others");
    refused("", 0600, "less than 32");
    refused("AAECAwQ=\n", 0600, "less than 32");
    refused(B64 "\n\n", 0600, "neither base64 nor");
    refused("not a key at all, but a long enough line of text", 0600,
            "neither base64 nor");
    refused(HEX HEX HEX, 0600, "too long");

    /* what nobody's generator has made, and what everybody can read */

    refused(ZERO16 ZERO16 ZERO16 ZERO16, 0600, "not random");
    refused("0001020304050600" ZERO16 ZERO16 ZERO16, 0600, "not random");
    refused("c2Vjb25kLXNlY29uZC1zZWNvbmQtc2Vjb25kLXNlY29uZA==\n", 0600,
            "not random");
    refused("YW4tZXhhbXBsZS1rZXktb2YtMzItYnl0ZXMtMTIzNDU=\n", 0600,
            "example");
    is_int(try("0001020304050607" ZERO16 ZERO16 ZERO16, 0600, out, error), 32,
           "eight different bytes may be random");

    memset(longer, 'a', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    refused(longer, 0600, "too long");

    unlink(file);

    is_int(hpf_secret_read(file, out, 64, error, 64), -1, "no file");
    is_str(error, strlen(error), "No such file or directory", "its reason");
    is_int(hpf_secret_read("/tmp", out, 64, error, 64), -1, "a directory");
    ok(strstr(error, "regular") != NULL, "its reason");
    is_int(hpf_secret_read(file, out, 64, small, 4), -1, "a short buffer");
    is_str(small, strlen(small), "No ", "cuts the reason");

    return done();
}
