/*
 * Copyright (C) the HPF gateway authors
 */

/* Passwords at rest, see the header. */

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "hpf_plugin.h"
#include "hpf_base64.h"
#include "hpf_password.h"


#define HPF_PASSWORD_SALT_LEN  HPF_BASE64_URL_LEN(HPF_PASSWORD_SALT)
#define HPF_PASSWORD_HASH_LEN  HPF_BASE64_URL_LEN(HPF_PASSWORD_HASH)


int
hpf_password_cost_check(const hpf_password_cost_t *cost)
{
    return cost->log_n >= 10 && cost->log_n <= 20 && cost->r >= 1
           && cost->r <= 32 && cost->p >= 1 && cost->p <= 16 ? HPF_OK
                                                             : HPF_ERROR;
}


int
hpf_password_derive(hpf_password_t *password, const hpf_crypto_part_t *text)
{
    uint64_t              n, max;
    hpf_password_cost_t  *cost;

    cost = &password->cost;
    n = (uint64_t) 1 << cost->log_n;

    /* RFC 7914, section 5 and 6: V, B and X, and some room */

    max = 128 * cost->r * (n + cost->p + 2) + 65536;

    return EVP_PBE_scrypt(text->data, text->len, password->salt,
                          HPF_PASSWORD_SALT, n, cost->r, cost->p, max,
                          password->hash, HPF_PASSWORD_HASH)
           == 1 ? HPF_OK : HPF_ERROR;
}


int
hpf_password_key(hpf_password_t *password, hpf_crypto_hmac_t *pepper)
{
    return hpf_crypto_hmac(pepper, password->hash, HPF_PASSWORD_HASH,
                           password->hash);
}


int
hpf_password_read(hpf_password_t *password, const hpf_crypto_part_t *text)
{
    int                   n;
    char                  record[HPF_PASSWORD_RECORD + 1];
    const char           *p;
    hpf_password_cost_t  *cost;

    if (text->len > HPF_PASSWORD_RECORD) {
        return HPF_ERROR;
    }

    memcpy(record, text->data, text->len);
    record[text->len] = '\0';

    cost = &password->cost;
    n = 0;

    (void) sscanf(record, "scrypt$%2u$%2u$%2u$%n", &cost->log_n, &cost->r,
                  &cost->p, &n);

    if (n == 0 || hpf_password_cost_check(cost) != HPF_OK) {
        return HPF_ERROR;
    }

    p = record + n;

    if (strlen(p) != HPF_PASSWORD_SALT_LEN + 1 + HPF_PASSWORD_HASH_LEN
        || p[HPF_PASSWORD_SALT_LEN] != '$')
    {
        return HPF_ERROR;
    }

    if (hpf_base64_url_decode(password->salt, p, HPF_PASSWORD_SALT_LEN)
            != HPF_PASSWORD_SALT
        || hpf_base64_url_decode(password->hash, p + HPF_PASSWORD_SALT_LEN + 1,
                                 HPF_PASSWORD_HASH_LEN)
               != HPF_PASSWORD_HASH)
    {
        return HPF_ERROR;
    }

    return HPF_OK;
}


size_t
hpf_password_write(const hpf_password_t *password,
    char out[HPF_PASSWORD_RECORD])
{
    size_t  n;

    n = snprintf(out, HPF_PASSWORD_RECORD, "scrypt$%u$%u$%u$",
                 password->cost.log_n, password->cost.r, password->cost.p);

    n += hpf_base64_url_encode(out + n, password->salt, HPF_PASSWORD_SALT);
    out[n++] = '$';

    return n + hpf_base64_url_encode(out + n, password->hash,
                                     HPF_PASSWORD_HASH);
}
