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


static int hpf_content_digest_get(unsigned char *out,
    const hpf_sf_item_t *item);


int
hpf_content_digest_parse(hpf_content_digest_t *digest, const char *text,
    size_t len)
{
    int             rc;
    hpf_sf_t        sf;
    hpf_sf_text_t   key;
    hpf_sf_item_t   item;

    memset(digest, 0, sizeof(hpf_content_digest_t));

    hpf_sf_init(&sf, text, len);

    while ((rc = hpf_sf_member(&sf, &key, &item)) == HPF_OK) {

        /* one that is there twice would leave open which of them counts */

        if (hpf_sf_is(&key, "sha-256")) {
            rc = digest->has_sha256 ? HPF_ERROR
                 : hpf_content_digest_get(digest->sha256, &item);
            digest->has_sha256 = 1;

        } else if (hpf_sf_is(&key, "sm3")) {
            rc = digest->has_sm3 ? HPF_ERROR
                 : hpf_content_digest_get(digest->sm3, &item);
            digest->has_sm3 = 1;
        }

        if (rc != HPF_OK) {
            return HPF_ERROR;
        }
    }

    if (rc == HPF_ERROR) {
        return HPF_ERROR;
    }

    return digest->has_sha256 || digest->has_sm3 ? HPF_OK : HPF_DECLINED;
}


static int
hpf_content_digest_get(unsigned char *out, const hpf_sf_item_t *item)
{
    if (item->type != HPF_SF_BYTES
        || item->text.len != HPF_BASE64_LEN(HPF_CONTENT_DIGEST_LEN)
        || item->text.data[item->text.len - 1] != '='
        || hpf_base64_decode(out, item->text.data, item->text.len)
           != HPF_CONTENT_DIGEST_LEN)
    {
        return HPF_ERROR;
    }

    return HPF_OK;
}
