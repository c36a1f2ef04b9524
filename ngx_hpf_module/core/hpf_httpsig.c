/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * HTTP Message Signatures, see the header.  Two requests that differ in what
 * is covered never share a base: a component stands there once, no value has
 * a line break in it, and the list of the components is its last line.
 */


#include <string.h>

#include "hpf_plugin.h"
#include "hpf_base64.h"
#include "hpf_httpsig.h"


#define HPF_HTTPSIG_LOWER  0x01        /* the value is case-insensitive */


typedef struct {
    const char      *name;
    unsigned         bit;              /* of covered */
    unsigned         flags;
} hpf_httpsig_component_t;


static int hpf_httpsig_find(const hpf_sf_text_t *field, const char *label,
    hpf_sf_item_t *item, const char **why);
static int hpf_httpsig_components(hpf_httpsig_t *sig,
    const hpf_sf_item_t *list);
static int hpf_httpsig_component(hpf_httpsig_t *sig,
    const hpf_sf_item_t *item);
static int hpf_httpsig_is_field(const hpf_sf_text_t *name);
static int hpf_httpsig_params(hpf_httpsig_t *sig, const hpf_sf_item_t *list);
static int hpf_httpsig_param_int(int64_t *field, const hpf_sf_item_t *value);
static int hpf_httpsig_param_text(hpf_sf_text_t *field,
    const hpf_sf_item_t *value);
static int hpf_httpsig_signature(hpf_httpsig_t *sig,
    const hpf_sf_item_t *item);
static int hpf_httpsig_keyid(hpf_httpsig_t *sig);
static hpf_httpsig_reason_e hpf_httpsig_covers(hpf_httpsig_t *sig,
    const hpf_httpsig_policy_t *policy);
static const hpf_httpsig_component_t *hpf_httpsig_known(
    const hpf_sf_text_t *name);
static int hpf_httpsig_line(hpf_httpsig_base_t *base, const char *p,
    size_t len);
static void hpf_httpsig_value(hpf_httpsig_base_t *base, const char *p,
    size_t len);
static void hpf_httpsig_put(hpf_httpsig_base_t *base, const char *p,
    size_t len);
static void hpf_httpsig_put_params(hpf_httpsig_base_t *base,
    const hpf_httpsig_t *sig);
static int hpf_httpsig_refuse(hpf_httpsig_t *sig, const char *why);


static const hpf_httpsig_component_t  hpf_httpsig_list[] = {
    { "@method", HPF_HTTPSIG_METHOD, 0 },
    { "@authority", HPF_HTTPSIG_AUTHORITY, HPF_HTTPSIG_LOWER },
    { "@path", HPF_HTTPSIG_PATH, 0 },
    { "@query", HPF_HTTPSIG_QUERY, 0 },
    { "@target-uri", 0, 0 },
    { "@scheme", 0, HPF_HTTPSIG_LOWER },
    { "@request-target", 0, 0 },
    { "content-digest", HPF_HTTPSIG_CONTENT_DIGEST, 0 },
    { "authorization", HPF_HTTPSIG_AUTHORIZATION, 0 },
    { "x-hpf-purpose", HPF_HTTPSIG_PURPOSE, 0 },
    { "x-hpf-case", HPF_HTTPSIG_CASE, 0 },
    { NULL, 0, 0 }
};


hpf_httpsig_reason_e
hpf_httpsig_parse(hpf_httpsig_t *sig, const char *label,
    const hpf_sf_text_t *input, const hpf_sf_text_t *signature)
{
    int            rc;
    hpf_sf_item_t  list, bytes;

    memset(sig, 0, offsetof(hpf_httpsig_t, signature));

    sig->signature_len = 0;
    sig->why = NULL;
    sig->created = -1;
    sig->expires = -1;

    rc = hpf_httpsig_find(input, label, &list, &sig->why);

    if (rc == HPF_OK) {
        rc = hpf_httpsig_find(signature, label, &bytes, &sig->why);
    }

    if (rc == HPF_DECLINED) {
        sig->why = "there is no signature with the label";
        return HPF_HTTPSIG_MISSING;
    }

    if (rc == HPF_ERROR || hpf_httpsig_components(sig, &list) != HPF_OK
        || hpf_httpsig_params(sig, &list) != HPF_OK
        || hpf_httpsig_signature(sig, &bytes) != HPF_OK)
    {
        return HPF_HTTPSIG_MISMATCH;
    }

    return HPF_HTTPSIG_OK;
}


int
hpf_httpsig_has(const char *label, const hpf_sf_text_t *input)
{
    const char     *why;
    hpf_sf_item_t   item;

    return hpf_httpsig_find(input, label, &item, &why) != HPF_DECLINED;
}


hpf_httpsig_reason_e
hpf_httpsig_check(hpf_httpsig_t *sig, const hpf_httpsig_policy_t *policy)
{
    hpf_httpsig_reason_e  reason;

    if (sig->created == -1 || sig->nonce.data == NULL
        || sig->keyid.data == NULL)
    {
        sig->why = "created, nonce and keyid must be given";
        return HPF_HTTPSIG_MISSING;
    }

    if (sig->nonce.len == 0 || sig->nonce.len > HPF_HTTPSIG_NONCE) {
        sig->why = "nonce is empty or too long";
        return HPF_HTTPSIG_MISMATCH;
    }

    if (hpf_httpsig_keyid(sig) != HPF_OK) {
        sig->why = "keyid is not CHANNEL:KEY";
        return HPF_HTTPSIG_MISMATCH;
    }

    reason = hpf_httpsig_covers(sig, policy);

    if (reason != HPF_HTTPSIG_OK) {
        return reason;
    }

    /* integers of the fields have 15 digits: no sum overflows */

    if (sig->created < policy->now - policy->window
        || sig->created > policy->now + policy->window)
    {
        sig->why = "created is too far from the clock";
        return HPF_HTTPSIG_EXPIRED;
    }

    if (sig->expires != -1 && sig->expires <= policy->now) {
        sig->why = "expires has passed";
        return HPF_HTTPSIG_EXPIRED;
    }

    return HPF_HTTPSIG_OK;
}


hpf_httpsig_reason_e
hpf_httpsig_base(hpf_httpsig_t *sig, hpf_httpsig_base_t *base,
    hpf_httpsig_value_pt value, void *data)
{
    int     rc;
    size_t  i;

    base->pos = base->start;
    base->failed = 0;

    for (i = 0; i < sig->ncomponents; i++) {
        base->name = &sig->components[i];
        base->lines = 0;

        hpf_httpsig_put(base, "\"", 1);
        hpf_httpsig_put(base, base->name->data, base->name->len);
        hpf_httpsig_put(base, "\": ", 3);

        rc = value(data, base->name, base);

        if (rc == HPF_OK && base->lines == 0) {

            if (hpf_sf_is(base->name, "@query")) {
                hpf_httpsig_put(base, "?", 1);

            } else {
                rc = HPF_DECLINED;
            }
        }

        if (rc != HPF_OK) {
            sig->why = "a covered component is not in the request";
            return HPF_HTTPSIG_MISMATCH;
        }

        hpf_httpsig_put(base, "\n", 1);
    }

    hpf_httpsig_put_params(base, sig);

    if (base->failed) {
        sig->why = "a covered component is too long or not ASCII";
        return HPF_HTTPSIG_MISMATCH;
    }

    return HPF_HTTPSIG_OK;
}


void
hpf_httpsig_add(hpf_httpsig_base_t *base, const void *text, size_t len)
{
    base->lines++;

    if (len == 0) {
        text = "";
    }

    if (base->name->data[0] == '@') {

        if (base->lines > 1) {
            base->failed = 1;
            return;
        }

        if (hpf_sf_is(base->name, "@query")) {
            hpf_httpsig_put(base, "?", 1);

        } else if (hpf_sf_is(base->name, "@path") && len == 0) {
            hpf_httpsig_put(base, "/", 1);
        }

        hpf_httpsig_value(base, text, len);
        return;
    }

    if (base->lines > 1) {
        hpf_httpsig_put(base, ", ", 2);
    }

    if (hpf_httpsig_line(base, text, len) != HPF_OK) {
        base->failed = 1;
    }
}


const char *
hpf_httpsig_reason(hpf_httpsig_reason_e reason)
{
    static const char  *names[] = {
        "ok", "missing", "expired", "replayed", "mismatch", "digest"
    };

    return names[reason];
}


/* HPF_DECLINED: there is no member of that name */

static int
hpf_httpsig_find(const hpf_sf_text_t *field, const char *label,
    hpf_sf_item_t *item, const char **why)
{
    int             rc, found;
    hpf_sf_t        sf;
    hpf_sf_text_t   key;
    hpf_sf_item_t   member;

    hpf_sf_init(&sf, field->data, field->len);

    found = 0;

    while ((rc = hpf_sf_member(&sf, &key, &member)) == HPF_OK) {

        if (!hpf_sf_is(&key, label)) {
            continue;
        }

        if (found) {
            *why = "the label is there twice";
            return HPF_ERROR;
        }

        *item = member;
        found = 1;
    }

    if (rc == HPF_ERROR) {
        *why = "Signature-Input or Signature is malformed";
        return HPF_ERROR;
    }

    return found ? HPF_OK : HPF_DECLINED;
}


static int
hpf_httpsig_components(hpf_httpsig_t *sig, const hpf_sf_item_t *list)
{
    int            rc;
    hpf_sf_t       sf;
    hpf_sf_item_t  item;

    if (list->type != HPF_SF_LIST) {
        return hpf_httpsig_refuse(sig, "Signature-Input has no list");
    }

    hpf_sf_init_list(&sf, list);

    while ((rc = hpf_sf_list_item(&sf, &item)) == HPF_OK) {
        if (hpf_httpsig_component(sig, &item) != HPF_OK) {
            return HPF_ERROR;
        }
    }

    sig->list = *list;

    return rc == HPF_DECLINED ? HPF_OK : HPF_ERROR;
}


static int
hpf_httpsig_component(hpf_httpsig_t *sig, const hpf_sf_item_t *item)
{
    size_t                          i;
    hpf_sf_text_t                  *c;
    const hpf_httpsig_component_t  *known;

    if (item->type != HPF_SF_STRING) {
        return hpf_httpsig_refuse(sig, "a component is not a string");
    }

    if (item->params.len) {
        return hpf_httpsig_refuse(sig, "parameters of components (sf, bs, "
                                       "key, req, tr) are not supported");
    }

    known = hpf_httpsig_known(&item->text);

    if (known == NULL && !hpf_httpsig_is_field(&item->text)) {
        return hpf_httpsig_refuse(sig, "a component is not known");
    }

    if (sig->ncomponents == HPF_HTTPSIG_COMPONENTS) {
        return hpf_httpsig_refuse(sig, "too many components");
    }

    for (i = 0; i < sig->ncomponents; i++) {
        c = &sig->components[i];

        if (c->len == item->text.len
            && memcmp(c->data, item->text.data, c->len) == 0)
        {
            return hpf_httpsig_refuse(sig, "a component is there twice");
        }
    }

    sig->components[sig->ncomponents++] = item->text;
    sig->covered |= known ? known->bit : 0;

    return HPF_OK;
}


/* a field's name, which is in lower case here (RFC 9421 section 2.1) */

static int
hpf_httpsig_is_field(const hpf_sf_text_t *name)
{
    size_t         i;
    unsigned char  c;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if ((unsigned) c - 'a' >= 26 && (unsigned) c - '0' >= 10
            && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL))
        {
            return 0;
        }
    }

    return name->len > 0;
}


static int
hpf_httpsig_params(hpf_httpsig_t *sig, const hpf_sf_item_t *list)
{
    int             rc;
    hpf_sf_t        sf;
    hpf_sf_text_t   key;
    hpf_sf_item_t   value;

    hpf_sf_init_params(&sf, list);

    while (hpf_sf_param(&sf, &key, &value) == HPF_OK) {

        if (hpf_sf_is(&key, "created")) {
            rc = hpf_httpsig_param_int(&sig->created, &value);

        } else if (hpf_sf_is(&key, "expires")) {
            rc = hpf_httpsig_param_int(&sig->expires, &value);

        } else if (hpf_sf_is(&key, "nonce")) {
            rc = hpf_httpsig_param_text(&sig->nonce, &value);

        } else if (hpf_sf_is(&key, "keyid")) {
            rc = hpf_httpsig_param_text(&sig->keyid, &value);

        } else if (hpf_sf_is(&key, "alg")) {
            rc = hpf_httpsig_param_text(&sig->alg, &value);

        } else if (hpf_sf_is(&key, "tag")) {
            rc = hpf_httpsig_param_text(&sig->tag, &value);

        } else {

            /* signed as well, and means nothing here */

            rc = HPF_OK;
        }

        if (rc != HPF_OK) {
            return hpf_httpsig_refuse(sig, "a parameter of the signature is "
                                           "malformed or repeated");
        }
    }

    return HPF_OK;
}


static int
hpf_httpsig_param_int(int64_t *field, const hpf_sf_item_t *value)
{
    if (*field != -1 || value->type != HPF_SF_INTEGER || value->integer < 0) {
        return HPF_ERROR;
    }

    *field = value->integer;

    return HPF_OK;
}


static int
hpf_httpsig_param_text(hpf_sf_text_t *field, const hpf_sf_item_t *value)
{
    if (field->data != NULL || value->type != HPF_SF_STRING) {
        return HPF_ERROR;
    }

    *field = value->text;

    return HPF_OK;
}


static int
hpf_httpsig_signature(hpf_httpsig_t *sig, const hpf_sf_item_t *item)
{
    ssize_t  n;

    if (item->type != HPF_SF_BYTES) {
        return hpf_httpsig_refuse(sig, "the signature is not a byte sequence");
    }

    if (HPF_BASE64_BYTES(item->text.len) > sizeof(sig->signature)) {
        return hpf_httpsig_refuse(sig, "the signature is too long");
    }

    n = hpf_base64_decode(sig->signature, item->text.data, item->text.len);

    if (n <= 0) {
        return hpf_httpsig_refuse(sig, "the signature is not base64");
    }

    sig->signature_len = n;

    return HPF_OK;
}


static int
hpf_httpsig_keyid(hpf_httpsig_t *sig)
{
    const char  *p;

    p = memchr(sig->keyid.data, ':', sig->keyid.len);

    if (p == NULL || memchr(sig->keyid.data, '\\', sig->keyid.len)) {
        return HPF_ERROR;
    }

    sig->channel.data = sig->keyid.data;
    sig->channel.len = p - sig->keyid.data;
    sig->key.data = p + 1;
    sig->key.len = sig->keyid.len - sig->channel.len - 1;

    return sig->channel.len && sig->key.len ? HPF_OK : HPF_ERROR;
}


static hpf_httpsig_reason_e
hpf_httpsig_covers(hpf_httpsig_t *sig, const hpf_httpsig_policy_t *policy)
{
    unsigned  missing;

    missing = HPF_HTTPSIG_METHOD|HPF_HTTPSIG_AUTHORITY|HPF_HTTPSIG_PATH;

    if (policy->has_query) {
        missing |= HPF_HTTPSIG_QUERY;
    }

    if (policy->has_body) {
        missing |= HPF_HTTPSIG_CONTENT_DIGEST;
    }

    if (policy->has_authorization) {
        missing |= HPF_HTTPSIG_AUTHORIZATION;
    }

    missing &= ~sig->covered;

    if (missing == 0) {
        return HPF_HTTPSIG_OK;
    }

    sig->why = missing & HPF_HTTPSIG_METHOD ? "@method is not covered"
               : missing & HPF_HTTPSIG_AUTHORITY ? "@authority is not covered"
               : missing & HPF_HTTPSIG_PATH ? "@path is not covered"
               : missing & HPF_HTTPSIG_QUERY ? "@query is not covered"
               : missing & HPF_HTTPSIG_CONTENT_DIGEST
                 ? "content-digest is not covered"
               : "authorization is not covered";

    return HPF_HTTPSIG_MISSING;
}


static const hpf_httpsig_component_t *
hpf_httpsig_known(const hpf_sf_text_t *name)
{
    const hpf_httpsig_component_t  *known;

    for (known = hpf_httpsig_list; known->name; known++) {
        if (hpf_sf_is(name, known->name)) {
            return known;
        }
    }

    return NULL;
}


/*
 * A line of a field without white space at its ends; a fold of the old kind
 * (a line break and white space) becomes one space.
 */

static int
hpf_httpsig_line(hpf_httpsig_base_t *base, const char *p, size_t len)
{
    const char  *last, *end, *next;

    last = p + len;

    for ( ;; ) {

        while (p < last && (*p == ' ' || *p == '\t')) {
            p++;
        }

        next = p < last ? memchr(p, '\n', last - p) : NULL;
        end = next ? next : last;

        if (next && end > p && end[-1] == '\r') {
            end--;
        }

        while (end > p && (end[-1] == ' ' || end[-1] == '\t')) {
            end--;
        }

        hpf_httpsig_value(base, p, end - p);

        if (next == NULL) {
            return HPF_OK;
        }

        p = next + 1;

        if (p == last || (*p != ' ' && *p != '\t')) {
            return HPF_ERROR;
        }

        hpf_httpsig_put(base, " ", 1);
    }
}


static void
hpf_httpsig_value(hpf_httpsig_base_t *base, const char *p, size_t len)
{
    char                           *start;
    size_t                          i;
    const hpf_httpsig_component_t  *known;

    for (i = 0; i < len; i++) {
        if ((p[i] < 0x20 && p[i] != '\t') || p[i] > 0x7e) {
            base->failed = 1;
            return;
        }
    }

    start = base->pos;

    hpf_httpsig_put(base, p, len);

    known = hpf_httpsig_known(base->name);

    if (known == NULL || !(known->flags & HPF_HTTPSIG_LOWER)) {
        return;
    }

    for ( /* void */ ; start < base->pos; start++) {
        if (*start >= 'A' && *start <= 'Z') {
            *start |= 0x20;
        }
    }
}


static void
hpf_httpsig_put(hpf_httpsig_base_t *base, const char *p, size_t len)
{
    if (base->failed || (size_t) (base->last - base->pos) < len) {
        base->failed = 1;
        return;
    }

    if (len) {
        memcpy(base->pos, p, len);
        base->pos += len;
    }
}


/*
 * RFC 9421, section 3.2: not as they were received, but as structured fields
 * are written.
 */

static void
hpf_httpsig_put_params(hpf_httpsig_base_t *base, const hpf_httpsig_t *sig)
{
    char           *p;
    size_t          i;
    hpf_sf_t        sf;
    hpf_sf_text_t   key;
    hpf_sf_item_t   value;

    hpf_httpsig_put(base, "\"@signature-params\": (", 22);

    for (i = 0; i < sig->ncomponents; i++) {
        hpf_httpsig_put(base, i ? " \"" : "\"", i ? 2 : 1);
        hpf_httpsig_put(base, sig->components[i].data,
                        sig->components[i].len);
        hpf_httpsig_put(base, "\"", 1);
    }

    hpf_httpsig_put(base, ")", 1);

    hpf_sf_init_params(&sf, &sig->list);

    while (hpf_sf_param(&sf, &key, &value) == HPF_OK) {
        p = base->failed ? NULL : base->pos;
        p = hpf_sf_put_item(p, base->last, &key, &value);

        if (p == NULL) {
            base->failed = 1;
            return;
        }

        base->pos = p;
    }
}


static int
hpf_httpsig_refuse(hpf_httpsig_t *sig, const char *why)
{
    sig->why = why;

    return HPF_ERROR;
}
