/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Structured fields.  The functions follow the algorithms of RFC 8941 section
 * 4.2; each takes what it reads from the front of sf->pos .. sf->last.
 */


#include <string.h>

#include "hpf_digits.h"
#include "hpf_plugin.h"
#include "hpf_sf.h"


#define HPF_SF_DIGITS      15          /* of an integer, at most */
#define HPF_SF_WHOLE       12          /* before the point of a decimal */

#define hpf_sf_is_digit(c)  ((unsigned) (c) - '0' < 10)
#define hpf_sf_is_lower(c)  ((unsigned) (c) - 'a' < 26)
#define hpf_sf_is_alpha(c)  ((((unsigned) (c)) | 0x20) - 'a' < 26)


static int hpf_sf_key(hpf_sf_t *sf, hpf_sf_text_t *key);
static int hpf_sf_value(hpf_sf_t *sf, hpf_sf_item_t *item);
static int hpf_sf_list(hpf_sf_t *sf, hpf_sf_item_t *item);
static int hpf_sf_bare(hpf_sf_t *sf, hpf_sf_item_t *item);
static int hpf_sf_number(hpf_sf_t *sf, hpf_sf_item_t *item);
static int hpf_sf_date(hpf_sf_t *sf, hpf_sf_item_t *item);
static int hpf_sf_string(hpf_sf_t *sf, hpf_sf_item_t *item);
static int hpf_sf_token(hpf_sf_t *sf, hpf_sf_item_t *item);
static int hpf_sf_bytes(hpf_sf_t *sf, hpf_sf_item_t *item);
static int hpf_sf_boolean(hpf_sf_t *sf, hpf_sf_item_t *item);
static void hpf_sf_true(hpf_sf_t *sf, hpf_sf_item_t *item);
static int hpf_sf_params(hpf_sf_t *sf, hpf_sf_item_t *item);
static int hpf_sf_at(const hpf_sf_t *sf, char c);
static void hpf_sf_skip(hpf_sf_t *sf, int tabs);
static char *hpf_sf_put(char *p, char *last, const char *text, size_t len);
static char *hpf_sf_put_integer(char *p, char *last, int64_t value);
static char *hpf_sf_put_decimal(char *p, char *last, int64_t value);
static char *hpf_sf_put_between(char *p, char *last, const char *mark,
    const hpf_sf_text_t *text);


void
hpf_sf_init(hpf_sf_t *sf, const char *text, size_t len)
{
    sf->pos = text;
    sf->last = len ? text + len : text;
    sf->started = 0;

    while (sf->last > sf->pos && sf->last[-1] == ' ') {
        sf->last--;
    }

    hpf_sf_skip(sf, 0);
}


int
hpf_sf_member(hpf_sf_t *sf, hpf_sf_text_t *key, hpf_sf_item_t *item)
{
    if (sf->started) {
        hpf_sf_skip(sf, 1);

        if (sf->pos == sf->last) {
            return HPF_DECLINED;
        }

        if (!hpf_sf_at(sf, ',')) {
            return HPF_ERROR;
        }

        sf->pos++;
        hpf_sf_skip(sf, 1);

    } else if (sf->pos == sf->last) {
        return HPF_DECLINED;
    }

    sf->started = 1;

    if (hpf_sf_key(sf, key) != HPF_OK) {
        return HPF_ERROR;
    }

    if (hpf_sf_at(sf, '=')) {
        sf->pos++;
        return hpf_sf_value(sf, item);
    }

    hpf_sf_true(sf, item);

    return hpf_sf_params(sf, item);
}


void
hpf_sf_init_list(hpf_sf_t *sf, const hpf_sf_item_t *list)
{
    sf->pos = list->text.data;
    sf->last = list->text.data + list->text.len;
    sf->started = 0;
}


int
hpf_sf_list_item(hpf_sf_t *sf, hpf_sf_item_t *item)
{
    if (sf->started && sf->pos < sf->last && !hpf_sf_at(sf, ' ')) {
        return HPF_ERROR;
    }

    hpf_sf_skip(sf, 0);

    if (sf->pos == sf->last) {
        return HPF_DECLINED;
    }

    sf->started = 1;

    if (hpf_sf_bare(sf, item) != HPF_OK) {
        return HPF_ERROR;
    }

    return hpf_sf_params(sf, item);
}


void
hpf_sf_init_params(hpf_sf_t *sf, const hpf_sf_item_t *item)
{
    sf->pos = item->params.data;
    sf->last = item->params.data + item->params.len;
    sf->started = 0;
}


int
hpf_sf_param(hpf_sf_t *sf, hpf_sf_text_t *key, hpf_sf_item_t *value)
{
    if (!hpf_sf_at(sf, ';')) {
        return HPF_DECLINED;
    }

    sf->pos++;
    hpf_sf_skip(sf, 0);

    if (hpf_sf_key(sf, key) != HPF_OK) {
        return HPF_ERROR;
    }

    if (!hpf_sf_at(sf, '=')) {
        hpf_sf_true(sf, value);
        return HPF_OK;
    }

    sf->pos++;

    return hpf_sf_bare(sf, value);
}


int
hpf_sf_item(const char *text, size_t len, hpf_sf_item_t *item)
{
    hpf_sf_t  sf;

    hpf_sf_init(&sf, text, len);

    if (hpf_sf_bare(&sf, item) != HPF_OK
        || hpf_sf_params(&sf, item) != HPF_OK)
    {
        return HPF_ERROR;
    }

    return sf.pos == sf.last ? HPF_OK : HPF_ERROR;
}


int
hpf_sf_is(const hpf_sf_text_t *text, const char *word)
{
    return text->len == strlen(word)
           && memcmp(text->data, word, text->len) == 0;
}


static int
hpf_sf_key(hpf_sf_t *sf, hpf_sf_text_t *key)
{
    const char  *p;

    p = sf->pos;

    if (p == sf->last || (!hpf_sf_is_lower(*p) && *p != '*')) {
        return HPF_ERROR;
    }

    while (p < sf->last
           && (hpf_sf_is_lower(*p) || hpf_sf_is_digit(*p) || *p == '_'
               || *p == '-' || *p == '.' || *p == '*'))
    {
        p++;
    }

    key->data = sf->pos;
    key->len = p - sf->pos;
    sf->pos = p;

    return HPF_OK;
}


static int
hpf_sf_value(hpf_sf_t *sf, hpf_sf_item_t *item)
{
    int  rc;

    rc = hpf_sf_at(sf, '(') ? hpf_sf_list(sf, item) : hpf_sf_bare(sf, item);

    return rc == HPF_OK ? hpf_sf_params(sf, item) : rc;
}


/* goes through the items of an inner list, so that it is known to be one */

static int
hpf_sf_list(hpf_sf_t *sf, hpf_sf_item_t *item)
{
    const char     *start;
    hpf_sf_item_t   element;

    start = sf->pos++;

    for ( ;; ) {
        hpf_sf_skip(sf, 0);

        if (hpf_sf_at(sf, ')')) {
            break;
        }

        if (hpf_sf_bare(sf, &element) != HPF_OK
            || hpf_sf_params(sf, &element) != HPF_OK)
        {
            return HPF_ERROR;
        }

        if (!hpf_sf_at(sf, ' ') && !hpf_sf_at(sf, ')')) {
            return HPF_ERROR;
        }
    }

    item->type = HPF_SF_LIST;
    item->integer = 0;
    item->text.data = start + 1;
    item->text.len = sf->pos - start - 1;
    item->raw.data = start;

    sf->pos++;

    return HPF_OK;
}


static int
hpf_sf_bare(hpf_sf_t *sf, hpf_sf_item_t *item)
{
    char  c;

    if (sf->pos == sf->last) {
        return HPF_ERROR;
    }

    memset(item, 0, sizeof(hpf_sf_item_t));

    item->raw.data = sf->pos;
    c = *sf->pos;

    switch (c) {

    case '"':
        return hpf_sf_string(sf, item);

    case ':':
        return hpf_sf_bytes(sf, item);

    case '?':
        return hpf_sf_boolean(sf, item);

    case '@':
        return hpf_sf_date(sf, item);

    default:
        if (c == '-' || hpf_sf_is_digit(c)) {
            return hpf_sf_number(sf, item);
        }

        return hpf_sf_token(sf, item);
    }
}


static int
hpf_sf_number(hpf_sf_t *sf, hpf_sf_item_t *item)
{
    int          whole, fraction, minus;
    int64_t      v;
    const char  *p;

    p = sf->pos;
    v = 0;
    minus = (*p == '-');
    p += minus;

    for (whole = 0; p < sf->last && hpf_sf_is_digit(*p); p++) {
        if (++whole > HPF_SF_DIGITS) {
            return HPF_ERROR;
        }

        v = v * 10 + (*p - '0');
    }

    if (whole == 0) {
        return HPF_ERROR;
    }

    item->type = HPF_SF_INTEGER;

    if (p < sf->last && *p == '.') {

        for (p++, fraction = 0; p < sf->last && hpf_sf_is_digit(*p); p++) {
            if (++fraction > 3) {
                return HPF_ERROR;
            }

            v = v * 10 + (*p - '0');
        }

        if (fraction == 0 || whole > HPF_SF_WHOLE) {
            return HPF_ERROR;
        }

        for ( /* void */ ; fraction < 3; fraction++) {
            v *= 10;
        }

        item->type = HPF_SF_DECIMAL;
    }

    item->integer = minus ? -v : v;
    item->text.data = sf->pos;
    item->text.len = p - sf->pos;
    sf->pos = p;

    return HPF_OK;
}


static int
hpf_sf_date(hpf_sf_t *sf, hpf_sf_item_t *item)
{
    sf->pos++;

    if (sf->pos == sf->last || hpf_sf_number(sf, item) != HPF_OK
        || item->type != HPF_SF_INTEGER)
    {
        return HPF_ERROR;
    }

    item->type = HPF_SF_DATE;

    return HPF_OK;
}


static int
hpf_sf_string(hpf_sf_t *sf, hpf_sf_item_t *item)
{
    const char  *p;

    for (p = sf->pos + 1; p < sf->last && *p != '"'; p++) {

        if (*p < 0x20 || *p > 0x7e) {
            return HPF_ERROR;
        }

        if (*p == '\\') {
            p++;

            if (p == sf->last || (*p != '"' && *p != '\\')) {
                return HPF_ERROR;
            }
        }
    }

    if (p == sf->last) {
        return HPF_ERROR;
    }

    item->type = HPF_SF_STRING;
    item->text.data = sf->pos + 1;
    item->text.len = p - sf->pos - 1;
    sf->pos = p + 1;

    return HPF_OK;
}


static int
hpf_sf_token(hpf_sf_t *sf, hpf_sf_item_t *item)
{
    const char  *p;

    p = sf->pos;

    if (!hpf_sf_is_alpha(*p) && *p != '*') {
        return HPF_ERROR;
    }

    while (p < sf->last && *p
           && (hpf_sf_is_alpha(*p) || hpf_sf_is_digit(*p)
               || strchr("!#$%&'*+-.^_`|~:/", *p)))
    {
        p++;
    }

    item->type = HPF_SF_TOKEN;
    item->text.data = sf->pos;
    item->text.len = p - sf->pos;
    sf->pos = p;

    return HPF_OK;
}


/* whether it is base64 is seen when it is decoded */

static int
hpf_sf_bytes(hpf_sf_t *sf, hpf_sf_item_t *item)
{
    const char  *p;

    for (p = sf->pos + 1; p < sf->last && *p != ':'; p++) {
        if (!hpf_sf_is_alpha(*p) && !hpf_sf_is_digit(*p) && *p != '+'
            && *p != '/' && *p != '=')
        {
            return HPF_ERROR;
        }
    }

    if (p == sf->last) {
        return HPF_ERROR;
    }

    item->type = HPF_SF_BYTES;
    item->text.data = sf->pos + 1;
    item->text.len = p - sf->pos - 1;
    sf->pos = p + 1;

    return HPF_OK;
}


static int
hpf_sf_boolean(hpf_sf_t *sf, hpf_sf_item_t *item)
{
    const char  *p;

    p = sf->pos + 1;

    if (p == sf->last || (*p != '0' && *p != '1')) {
        return HPF_ERROR;
    }

    item->type = HPF_SF_BOOLEAN;
    item->integer = *p - '0';
    item->text.data = p;
    item->text.len = 1;
    sf->pos = p + 1;

    return HPF_OK;
}


/* a key without a value */

static void
hpf_sf_true(hpf_sf_t *sf, hpf_sf_item_t *item)
{
    memset(item, 0, sizeof(hpf_sf_item_t));

    item->type = HPF_SF_BOOLEAN;
    item->integer = 1;
    item->text.data = sf->pos;
    item->raw.data = sf->pos;
}


static int
hpf_sf_params(hpf_sf_t *sf, hpf_sf_item_t *item)
{
    int             rc;
    hpf_sf_text_t   key;
    hpf_sf_item_t   value;

    item->params.data = sf->pos;

    do {
        rc = hpf_sf_param(sf, &key, &value);
    } while (rc == HPF_OK);

    item->params.len = sf->pos - item->params.data;
    item->raw.len = sf->pos - item->raw.data;

    return rc == HPF_DECLINED ? HPF_OK : HPF_ERROR;
}


static int
hpf_sf_at(const hpf_sf_t *sf, char c)
{
    return sf->pos < sf->last && *sf->pos == c;
}


static void
hpf_sf_skip(hpf_sf_t *sf, int tabs)
{
    while (hpf_sf_at(sf, ' ') || (tabs && hpf_sf_at(sf, '\t'))) {
        sf->pos++;
    }
}


char *
hpf_sf_put_string(char *p, char *last, const char *text, size_t len)
{
    size_t  i;

    p = hpf_sf_put(p, last, "\"", 1);

    for (i = 0; i < len; i++) {

        if (text[i] < 0x20 || text[i] > 0x7e) {
            return NULL;
        }

        if (text[i] == '"' || text[i] == '\\') {
            p = hpf_sf_put(p, last, "\\", 1);
        }

        p = hpf_sf_put(p, last, &text[i], 1);
    }

    return hpf_sf_put(p, last, "\"", 1);
}


char *
hpf_sf_put_param(char *p, char *last, const char *key, int64_t value)
{
    p = hpf_sf_put(p, last, ";", 1);
    p = hpf_sf_put(p, last, key, strlen(key));
    p = hpf_sf_put(p, last, "=", 1);

    return hpf_sf_put_integer(p, last, value);
}


char *
hpf_sf_put_item(char *p, char *last, const hpf_sf_text_t *key,
    const hpf_sf_item_t *value)
{
    p = hpf_sf_put(p, last, ";", 1);
    p = hpf_sf_put(p, last, key->data, key->len);

    if (value->type == HPF_SF_BOOLEAN) {
        return value->integer ? p : hpf_sf_put(p, last, "=?0", 3);
    }

    p = hpf_sf_put(p, last, "=", 1);

    switch (value->type) {

    case HPF_SF_INTEGER:
        return hpf_sf_put_integer(p, last, value->integer);

    case HPF_SF_DECIMAL:
        return hpf_sf_put_decimal(p, last, value->integer);

    case HPF_SF_DATE:
        return hpf_sf_put_integer(hpf_sf_put(p, last, "@", 1), last,
                                  value->integer);

    case HPF_SF_STRING:
        return hpf_sf_put_between(p, last, "\"", &value->text);

    case HPF_SF_BYTES:
        return hpf_sf_put_between(p, last, ":", &value->text);

    default:
        return hpf_sf_put(p, last, value->text.data, value->text.len);
    }
}


static char *
hpf_sf_put(char *p, char *last, const char *text, size_t len)
{
    if (p == NULL || (size_t) (last - p) < len) {
        return NULL;
    }

    memcpy(p, text, len);

    return p + len;
}


/* NULL: more digits than an integer may have */

static char *
hpf_sf_put_integer(char *p, char *last, int64_t value)
{
    size_t         n;
    unsigned char  digits[HPF_DIGITS_SIGNED];

    if (value > HPF_SF_INT_MAX || value < -HPF_SF_INT_MAX) {
        return NULL;
    }

    n = hpf_digits_signed(digits, value);

    return hpf_sf_put(p, last, (char *) digits + sizeof(digits) - n, n);
}


/* of thousandths; one digit at least stands behind the point */

static char *
hpf_sf_put_decimal(char *p, char *last, int64_t value)
{
    int   n;
    char  fraction[4];

    if (value < 0) {
        p = hpf_sf_put(p, last, "-", 1);
        value = -value;
    }

    fraction[0] = '.';
    fraction[1] = (char) ('0' + value / 100 % 10);
    fraction[2] = (char) ('0' + value / 10 % 10);
    fraction[3] = (char) ('0' + value % 10);

    for (n = 4; n > 2 && fraction[n - 1] == '0'; n--) { /* void */ }

    p = hpf_sf_put_integer(p, last, value / 1000);

    return hpf_sf_put(p, last, fraction, n);
}


static char *
hpf_sf_put_between(char *p, char *last, const char *mark,
    const hpf_sf_text_t *text)
{
    p = hpf_sf_put(p, last, mark, 1);
    p = hpf_sf_put(p, last, text->data, text->len);

    return hpf_sf_put(p, last, mark, 1);
}
