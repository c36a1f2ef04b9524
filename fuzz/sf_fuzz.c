/* links: core/hpf_sf.c core/hpf_content_digest.c core/hpf_base64.c */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Structured fields: whatever comes in, texts lie in the input, what holds
 * parts is read to its end, and a member that is taken alone reads the same.
 */


#include <stdint.h>
#include <stdlib.h>

#include "hpf_plugin.h"
#include "hpf_content_digest.h"
#include "hpf_sf.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
inside(const hpf_sf_text_t *text, const uint8_t *data, size_t size)
{
    if (text->data < (const char *) data
        || text->data + text->len > (const char *) data + size)
    {
        abort();
    }
}


static void
check(const hpf_sf_item_t *item, const uint8_t *data, size_t size)
{
    int            rc;
    hpf_sf_t       sf;
    hpf_sf_text_t  key;
    hpf_sf_item_t  inner;

    inside(&item->text, data, size);
    inside(&item->raw, data, size);
    inside(&item->params, data, size);

    hpf_sf_init_params(&sf, item);

    while ((rc = hpf_sf_param(&sf, &key, &inner)) == HPF_OK) {
        inside(&key, data, size);
        inside(&inner.text, data, size);
    }

    if (rc != HPF_DECLINED || sf.pos != sf.last) {
        abort();
    }

    if (item->type == HPF_SF_LIST) {
        hpf_sf_init_list(&sf, item);

        while ((rc = hpf_sf_list_item(&sf, &inner)) == HPF_OK) {
            check(&inner, data, size);
        }

        if (rc != HPF_DECLINED || sf.pos != sf.last) {
            abort();
        }

    } else if (item->raw.len
               && hpf_sf_item(item->raw.data, item->raw.len, &inner) == HPF_OK
               && (inner.type != item->type
                   || inner.integer != item->integer))
    {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                   rc;
    hpf_sf_t              sf;
    hpf_sf_text_t         key;
    hpf_sf_item_t         item;
    hpf_content_digest_t  digest;

    hpf_sf_init(&sf, (const char *) data, size);

    while ((rc = hpf_sf_member(&sf, &key, &item)) == HPF_OK) {
        inside(&key, data, size);
        check(&item, data, size);
    }

    if (rc != HPF_DECLINED && rc != HPF_ERROR) {
        abort();
    }

    (void) hpf_content_digest_parse(&digest, (const char *) data, size);

    return 0;
}
