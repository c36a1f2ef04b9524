/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Content-Digest, see the header.  "sm3" is this gateway's own key: the
 * registry of RFC 9530 has none for it.
 */


#include <string.h>

#include "hpf_plugin.h"
#include "hpf_base64.h"
#include "hpf_content_digest.h"
#include "hpf_sf.h"


static int hpf_content_digest_add(hpf_content_digest_t *digest, unsigned alg,
    const hpf_sf_item_t *item);


static const struct {
    const char  *name;
    size_t       len;
} hpf_content_digest_list[] = {
    { "sha-256", 32 },
    { "sha-512", 64 },
    { "sm3", 32 }
};


int
hpf_content_digest_parse(hpf_content_digest_t *digest, const char *text,
    size_t len)
{
    int             rc;
    unsigned        i;
    hpf_sf_t        sf;
    hpf_sf_text_t   key;
    hpf_sf_item_t   item;

    memset(digest, 0, sizeof(hpf_content_digest_t));

    hpf_sf_init(&sf, text, len);

    while ((rc = hpf_sf_member(&sf, &key, &item)) == HPF_OK) {

        for (i = 0; i < HPF_CONTENT_DIGEST_N; i++) {

            if (hpf_sf_is(&key, hpf_content_digest_list[i].name)
                && hpf_content_digest_add(digest, i, &item) != HPF_OK)
            {
                return HPF_ERROR;
            }
        }
    }

    if (rc == HPF_ERROR) {
        return HPF_ERROR;
    }

    return digest->has ? HPF_OK : HPF_DECLINED;
}


size_t
hpf_content_digest_len(hpf_content_digest_e alg)
{
    return hpf_content_digest_list[alg].len;
}


/* One that is there twice would leave open which of them counts. */

static int
hpf_content_digest_add(hpf_content_digest_t *digest, unsigned alg,
    const hpf_sf_item_t *item)
{
    size_t         len;
    unsigned char  bytes[HPF_BASE64_BYTES(
                             HPF_BASE64_LEN(HPF_CONTENT_DIGEST_MAX))];

    len = hpf_content_digest_list[alg].len;

    if ((digest->has & (1u << alg)) || item->type != HPF_SF_BYTES
        || item->text.len != HPF_BASE64_LEN(len)
        || hpf_base64_decode(bytes, item->text.data, item->text.len)
           != (ssize_t) len)
    {
        return HPF_ERROR;
    }

    memcpy(digest->bytes[alg], bytes, len);
    digest->has |= 1u << alg;

    return HPF_OK;
}
