/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Personal numbers at rest, see the header.  A key holds contexts that know
 * it already, so that a text costs one nonce and no key schedule.
 */


#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "hpf_plugin.h"
#include "hpf_seal.h"


#define HPF_SEAL_VERSION     1
#define HPF_SEAL_HEAD        2         /* head and key id */
#define HPF_SEAL_NONCE       12
#define HPF_SEAL_TAG         16
#define HPF_SEAL_MASTER_MIN  32
#define HPF_SEAL_IDS         256


typedef struct {
    EVP_CIPHER_CTX     *gcm_seal;
    EVP_CIPHER_CTX     *gcm_open;
    EVP_CIPHER_CTX     *sm4;
    hpf_crypto_hmac_t  *mac;
} hpf_seal_key_t;

struct hpf_seal_s {
    hpf_crypto_t       *crypto;
    int                 suite;
    int                 current;       /* -1: no key yet */
    hpf_seal_key_t     *keys[HPF_SEAL_IDS];
};


static hpf_seal_key_t *hpf_seal_key_create(hpf_crypto_t *c,
    const hpf_crypto_part_t *master);
static void hpf_seal_key_destroy(hpf_seal_key_t *key);
static EVP_CIPHER_CTX *hpf_seal_cipher(const void *cipher,
    const unsigned char *secret, int enc);
static int hpf_seal_gcm_seal(hpf_seal_key_t *key,
    const hpf_crypto_part_t *ad, unsigned char *box, size_t len);
static int hpf_seal_gcm_open(hpf_seal_key_t *key,
    const hpf_crypto_part_t *ad, unsigned char *box, size_t len);
static int hpf_seal_sm_seal(hpf_seal_key_t *key, const hpf_crypto_part_t *ad,
    unsigned char *box, size_t len);
static int hpf_seal_sm_open(hpf_seal_key_t *key, const hpf_crypto_part_t *ad,
    unsigned char *box, size_t len);
static int hpf_seal_sm_crypt(hpf_seal_key_t *key, unsigned char *box,
    size_t len);
static int hpf_seal_sm_mac(hpf_seal_key_t *key, const hpf_crypto_part_t *ad,
    const unsigned char *box, size_t len, unsigned char *mac);
static ssize_t hpf_seal_unpack(const hpf_crypto_part_t *text,
    unsigned char *box);


hpf_seal_t *
hpf_seal_create(hpf_crypto_t *c, int suite)
{
    hpf_seal_t  *s;

    if (suite != HPF_SEAL_AES && suite != HPF_SEAL_SM) {
        return NULL;
    }

    s = calloc(1, sizeof(hpf_seal_t));
    if (s == NULL) {
        return NULL;
    }

    s->crypto = c;
    s->suite = suite;
    s->current = -1;

    return s;
}


void
hpf_seal_destroy(hpf_seal_t *s)
{
    int  i;

    if (s == NULL) {
        return;
    }

    for (i = 0; i < HPF_SEAL_IDS; i++) {
        hpf_seal_key_destroy(s->keys[i]);
    }

    free(s);
}


int
hpf_seal_add_key(hpf_seal_t *s, unsigned id, const hpf_crypto_part_t *master)
{
    if (id >= HPF_SEAL_IDS || s->keys[id]
        || master->len < HPF_SEAL_MASTER_MIN)
    {
        return HPF_ERROR;
    }

    s->keys[id] = hpf_seal_key_create(s->crypto, master);
    if (s->keys[id] == NULL) {
        return HPF_ERROR;
    }

    s->current = id;

    return HPF_OK;
}


ssize_t
hpf_seal_seal(hpf_seal_t *s, const hpf_crypto_part_t *ad,
    const hpf_crypto_part_t *plain, char *out)
{
    int              rc;
    size_t           n;
    unsigned char   *box;
    hpf_seal_key_t  *key;

    if (s->current == -1 || plain->len > HPF_SEAL_MAX) {
        return HPF_ERROR;
    }

    key = s->keys[s->current];

    /*
     * The binary form is made at the end of out: encoding it from there to
     * the front writes four bytes after it has read three, and the room in
     * front has one byte for each group of them.
     */

    n = plain->len + HPF_SEAL_OVERHEAD;
    box = (unsigned char *) out + HPF_BASE64_URL_LEN(n) - n;

    box[0] = (unsigned char) (HPF_SEAL_VERSION << 4 | s->suite);
    box[1] = (unsigned char) s->current;

    if (hpf_crypto_random(box + HPF_SEAL_HEAD, HPF_SEAL_NONCE) != HPF_OK) {
        return HPF_ERROR;
    }

    if (plain->len) {
        memcpy(box + HPF_SEAL_HEAD + HPF_SEAL_NONCE, plain->data, plain->len);
    }

    if (s->suite == HPF_SEAL_AES) {
        rc = hpf_seal_gcm_seal(key, ad, box, plain->len);

    } else {
        rc = hpf_seal_sm_seal(key, ad, box, plain->len);
    }

    if (rc != HPF_OK) {
        OPENSSL_cleanse(box, n);
        return HPF_ERROR;
    }

    return hpf_base64_url_encode(out, box, n);
}


ssize_t
hpf_seal_open(hpf_seal_t *s, const hpf_crypto_part_t *ad,
    const hpf_crypto_part_t *text, unsigned char *out)
{
    int              rc;
    size_t           len;
    ssize_t          n;
    hpf_seal_key_t  *key;

    n = hpf_seal_unpack(text, out);
    if (n < 0) {
        return HPF_ERROR;
    }

    key = s->keys[out[1]];
    if (key == NULL) {
        return HPF_DECLINED;
    }

    len = n - HPF_SEAL_OVERHEAD;

    if ((out[0] & 0xf) == HPF_SEAL_AES) {
        rc = hpf_seal_gcm_open(key, ad, out, len);

    } else {
        rc = hpf_seal_sm_open(key, ad, out, len);
    }

    if (rc != HPF_OK) {
        OPENSSL_cleanse(out, n);
        return HPF_ERROR;
    }

    memmove(out, out + HPF_SEAL_HEAD + HPF_SEAL_NONCE, len);

    return len;
}


int
hpf_seal_is_old(const hpf_seal_t *s, const hpf_crypto_part_t *text)
{
    unsigned char  head[3];

    /* four characters are three bytes, of which two are the head */

    return text->len < 4 || hpf_base64_url_decode(head, text->data, 4) != 3
           || head[0] != (HPF_SEAL_VERSION << 4 | s->suite)
           || head[1] != s->current;
}


int
hpf_seal_suite(const char *name)
{
    if (strcmp(name, "aes-256-gcm") == 0) {
        return HPF_SEAL_AES;
    }

    if (strcmp(name, "sm4-ctr-hmac-sm3") == 0) {
        return HPF_SEAL_SM;
    }

    return HPF_ERROR;
}


static hpf_seal_key_t *
hpf_seal_key_create(hpf_crypto_t *c, const hpf_crypto_part_t *master)
{
    unsigned char    aes[HPF_CRYPTO_LEN], sm4[HPF_CRYPTO_LEN];
    unsigned char    mac[HPF_CRYPTO_LEN];
    hpf_seal_key_t  *key;

    key = calloc(1, sizeof(hpf_seal_key_t));
    if (key == NULL) {
        return NULL;
    }

    if (hpf_crypto_derive(c, HPF_CRYPTO_SHA256, master,
                          "hpf seal 1 aes-256-gcm", aes)
        == HPF_OK
        && hpf_crypto_derive(c, HPF_CRYPTO_SM3, master,
                             "hpf seal 1 sm4-ctr", sm4)
           == HPF_OK
        && hpf_crypto_derive(c, HPF_CRYPTO_SM3, master,
                             "hpf seal 1 hmac-sm3", mac)
           == HPF_OK)
    {
        key->gcm_seal = hpf_seal_cipher(hpf_crypto_aes_256_gcm(c), aes, 1);
        key->gcm_open = hpf_seal_cipher(hpf_crypto_aes_256_gcm(c), aes, 0);
        key->sm4 = hpf_seal_cipher(hpf_crypto_sm4_ctr(c), sm4, 1);
        key->mac = hpf_crypto_hmac_create(c, HPF_CRYPTO_SM3, mac,
                                          sizeof(mac));
    }

    OPENSSL_cleanse(aes, sizeof(aes));
    OPENSSL_cleanse(sm4, sizeof(sm4));
    OPENSSL_cleanse(mac, sizeof(mac));

    if (key->gcm_seal == NULL || key->gcm_open == NULL || key->sm4 == NULL
        || key->mac == NULL)
    {
        hpf_seal_key_destroy(key);
        return NULL;
    }

    return key;
}


static void
hpf_seal_key_destroy(hpf_seal_key_t *key)
{
    if (key == NULL) {
        return;
    }

    EVP_CIPHER_CTX_free(key->gcm_seal);
    EVP_CIPHER_CTX_free(key->gcm_open);
    EVP_CIPHER_CTX_free(key->sm4);
    hpf_crypto_hmac_destroy(key->mac);

    free(key);
}


/* GCM's nonce has 12 bytes by default; CTR's block is set with each text */

static EVP_CIPHER_CTX *
hpf_seal_cipher(const void *cipher, const unsigned char *secret, int enc)
{
    EVP_CIPHER_CTX  *ctx;

    ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL) {
        return NULL;
    }

    if (EVP_CipherInit_ex2(ctx, cipher, secret, NULL, enc, NULL) != 1) {
        EVP_CIPHER_CTX_free(ctx);
        return NULL;
    }

    return ctx;
}


static int
hpf_seal_gcm_seal(hpf_seal_key_t *key, const hpf_crypto_part_t *ad,
    unsigned char *box, size_t len)
{
    int              n;
    unsigned char   *text;
    EVP_CIPHER_CTX  *ctx;

    ctx = key->gcm_seal;
    text = box + HPF_SEAL_HEAD + HPF_SEAL_NONCE;

    if (EVP_EncryptInit_ex2(ctx, NULL, NULL, box + HPF_SEAL_HEAD, NULL) != 1
        || EVP_EncryptUpdate(ctx, NULL, &n, box, HPF_SEAL_HEAD) != 1
        || EVP_EncryptUpdate(ctx, NULL, &n, ad->data, (int) ad->len) != 1
        || (len && EVP_EncryptUpdate(ctx, text, &n, text, (int) len) != 1)
        || EVP_EncryptFinal_ex(ctx, text + len, &n) != 1
        || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, HPF_SEAL_TAG,
                               text + len)
           != 1)
    {
        return HPF_ERROR;
    }

    return HPF_OK;
}


static int
hpf_seal_gcm_open(hpf_seal_key_t *key, const hpf_crypto_part_t *ad,
    unsigned char *box, size_t len)
{
    int              n;
    unsigned char   *text, rest[HPF_SEAL_TAG];
    EVP_CIPHER_CTX  *ctx;

    ctx = key->gcm_open;
    text = box + HPF_SEAL_HEAD + HPF_SEAL_NONCE;

    if (EVP_DecryptInit_ex2(ctx, NULL, NULL, box + HPF_SEAL_HEAD, NULL) != 1
        || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, HPF_SEAL_TAG,
                               text + len)
           != 1
        || EVP_DecryptUpdate(ctx, NULL, &n, box, HPF_SEAL_HEAD) != 1
        || EVP_DecryptUpdate(ctx, NULL, &n, ad->data, (int) ad->len) != 1
        || (len && EVP_DecryptUpdate(ctx, text, &n, text, (int) len) != 1)
        || EVP_DecryptFinal_ex(ctx, rest, &n) != 1)
    {
        return HPF_ERROR;
    }

    return HPF_OK;
}


static int
hpf_seal_sm_seal(hpf_seal_key_t *key, const hpf_crypto_part_t *ad,
    unsigned char *box, size_t len)
{
    unsigned char  mac[HPF_CRYPTO_LEN];

    if (hpf_seal_sm_crypt(key, box, len) != HPF_OK
        || hpf_seal_sm_mac(key, ad, box, len, mac) != HPF_OK)
    {
        return HPF_ERROR;
    }

    memcpy(box + HPF_SEAL_HEAD + HPF_SEAL_NONCE + len, mac, HPF_SEAL_TAG);

    return HPF_OK;
}


static int
hpf_seal_sm_open(hpf_seal_key_t *key, const hpf_crypto_part_t *ad,
    unsigned char *box, size_t len)
{
    unsigned char  mac[HPF_CRYPTO_LEN];

    if (hpf_seal_sm_mac(key, ad, box, len, mac) != HPF_OK
        || !hpf_crypto_equal(mac, box + HPF_SEAL_HEAD + HPF_SEAL_NONCE + len,
                             HPF_SEAL_TAG))
    {
        return HPF_ERROR;
    }

    return hpf_seal_sm_crypt(key, box, len);
}


/* the counter's block is the nonce and a number of 32 bits from zero */

static int
hpf_seal_sm_crypt(hpf_seal_key_t *key, unsigned char *box, size_t len)
{
    int             n;
    unsigned char  *text, block[16];

    memset(block, 0, sizeof(block));
    memcpy(block, box + HPF_SEAL_HEAD, HPF_SEAL_NONCE);

    text = box + HPF_SEAL_HEAD + HPF_SEAL_NONCE;

    if (EVP_EncryptInit_ex2(key->sm4, NULL, NULL, block, NULL) != 1
        || (len && EVP_EncryptUpdate(key->sm4, text, &n, text, (int) len)
                   != 1))
    {
        return HPF_ERROR;
    }

    return HPF_OK;
}


/* the length of ad goes first, so that no byte changes sides */

static int
hpf_seal_sm_mac(hpf_seal_key_t *key, const hpf_crypto_part_t *ad,
    const unsigned char *box, size_t len, unsigned char *mac)
{
    unsigned char      size[4];
    hpf_crypto_part_t  parts[3];

    size[0] = (unsigned char) (ad->len >> 24);
    size[1] = (unsigned char) (ad->len >> 16);
    size[2] = (unsigned char) (ad->len >> 8);
    size[3] = (unsigned char) ad->len;

    parts[0].data = size;
    parts[0].len = sizeof(size);
    parts[1] = *ad;
    parts[2].data = box;
    parts[2].len = HPF_SEAL_HEAD + HPF_SEAL_NONCE + len;

    return hpf_crypto_hmac_parts(key->mac, parts, 3, mac);
}


/* the binary form and its length; HPF_ERROR: not of this format */

static ssize_t
hpf_seal_unpack(const hpf_crypto_part_t *text, unsigned char *box)
{
    ssize_t  n;

    if (text->len > HPF_SEAL_LEN(HPF_SEAL_MAX)) {
        return HPF_ERROR;
    }

    n = hpf_base64_url_decode(box, text->data, text->len);

    if (n < HPF_SEAL_OVERHEAD || box[0] >> 4 != HPF_SEAL_VERSION
        || ((box[0] & 0xf) != HPF_SEAL_AES && (box[0] & 0xf) != HPF_SEAL_SM))
    {
        return HPF_ERROR;
    }

    return n;
}
