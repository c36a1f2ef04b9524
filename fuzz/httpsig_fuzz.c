/* links: core/hpf_httpsig.c core/hpf_sf.c core/hpf_base64.c */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Message signatures: the input is Signature-Input, Signature and the value
 * of every component, with zeroes between them.  A base that comes out has a
 * line for each component and one more, so that no value can forge one.
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hpf_plugin.h"
#include "hpf_httpsig.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static hpf_sf_text_t
part(const uint8_t **data, size_t *size)
{
    const uint8_t  *end;
    hpf_sf_text_t   text;

    text.data = (const char *) *data;

    end = *size ? memchr(*data, 0, *size) : NULL;

    if (end == NULL) {
        text.len = *size;
        *data += *size;
        *size = 0;

    } else {
        text.len = end - *data;
        *data = end + 1;
        *size -= text.len + 1;
    }

    return text;
}


static int
value(void *data, const hpf_sf_text_t *name, hpf_httpsig_base_t *base)
{
    const hpf_sf_text_t  *text;

    text = data;

    hpf_httpsig_add(base, text->data, text->len);

    /* a field may have more lines, a derived component may not */

    if (name->data[0] != '@' && text->len % 2) {
        hpf_httpsig_add(base, text->data, text->len / 2);
    }

    return HPF_OK;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char                  text[512];
    char                 *p;
    size_t                lines;
    hpf_sf_text_t         input, signature, rest;
    hpf_httpsig_t         sig;
    hpf_httpsig_base_t    base;
    hpf_httpsig_policy_t  policy;

    input = part(&data, &size);
    signature = part(&data, &size);
    rest = part(&data, &size);

    if (hpf_httpsig_parse(&sig, "hpf", &input, &signature) != HPF_HTTPSIG_OK) {

        if (sig.why == NULL) {
            abort();
        }

        return 0;
    }

    if (sig.signature_len == 0 || sig.signature_len > sizeof(sig.signature)) {
        abort();
    }

    memset(&policy, 0, sizeof(policy));
    policy.now = 1000;
    policy.window = 300;

    if (hpf_httpsig_check(&sig, &policy) == HPF_HTTPSIG_OK
        && (sig.nonce.len == 0 || sig.channel.len == 0 || sig.key.len == 0
            || sig.created < 700 || sig.created > 1300))
    {
        abort();
    }

    base.start = text;
    base.last = text + sizeof(text);

    if (hpf_httpsig_base(&sig, &base, value, &rest) != HPF_HTTPSIG_OK) {
        return 0;
    }

    lines = 0;

    for (p = base.start; p < base.pos; p++) {
        lines += *p == '\n';
    }

    if (lines != sig.ncomponents) {
        abort();
    }

    return 0;
}
