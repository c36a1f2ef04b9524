/*
 * Copyright (C) the HPF gateway authors
 */

/* From a form's format to the function that knows it. */

#include "hpf_form_formats.h"

#include <string.h>

#include "hpf_name.h"
#include "hpf_time.h"


#define HPF_FORM_FORMATS_EMAIL  254    /* RFC 5321, 4.5.3.1 with erratum 1690 */
#define HPF_FORM_FORMATS_LOCAL  64
#define HPF_FORM_FORMATS_LABEL  63


typedef struct {
    hpf_date_t  (*today)(void);
} hpf_form_formats_clock_t;


static int hpf_form_formats_id_card(void *data, const unsigned char *p,
    size_t len);
static int hpf_form_formats_uscc(void *data, const unsigned char *p,
    size_t len);
static int hpf_form_formats_mobile(void *data, const unsigned char *p,
    size_t len);
static int hpf_form_formats_bank_card(void *data, const unsigned char *p,
    size_t len);
static int hpf_form_formats_money(void *data, const unsigned char *p,
    size_t len);
static int hpf_form_formats_date(void *data, const unsigned char *p,
    size_t len);
static int hpf_form_formats_month(void *data, const unsigned char *p,
    size_t len);
static int hpf_form_formats_date_time(void *data, const unsigned char *p,
    size_t len);
static int hpf_form_formats_email(void *data, const unsigned char *p,
    size_t len);
static int hpf_form_formats_name(void *data, const unsigned char *p,
    size_t len);
static int hpf_form_formats_domain(const unsigned char *p, size_t len);
static int hpf_form_formats_is_alnum(unsigned char ch);


static const hpf_schema_format_t  hpf_form_formats_table[] = {
    { "id-card", hpf_form_formats_id_card },
    { "uscc", hpf_form_formats_uscc },
    { "mobile", hpf_form_formats_mobile },
    { "bank-card", hpf_form_formats_bank_card },
    { "money", hpf_form_formats_money },
    { "date", hpf_form_formats_date },
    { "month", hpf_form_formats_month },
    { "date-time", hpf_form_formats_date_time },
    { "email", hpf_form_formats_email },
    { "name", hpf_form_formats_name },
    { NULL, NULL }
};


const hpf_schema_formats_t *
hpf_form_formats(hpf_date_t (*today)(void))
{
    static hpf_schema_formats_t      formats;
    static hpf_form_formats_clock_t  clock;

    clock.today = today;

    formats.formats = hpf_form_formats_table;
    formats.data = &clock;

    return &formats;
}


static int
hpf_form_formats_id_card(void *data, const unsigned char *p, size_t len)
{
    hpf_form_formats_clock_t *clock = data;

    hpf_date_t  today;

    today = clock->today();

    return hpf_ident_is_id_card(p, len, &today);
}


static int
hpf_form_formats_uscc(void *data, const unsigned char *p, size_t len)
{
    (void) data;

    return hpf_ident_is_uscc(p, len);
}


static int
hpf_form_formats_mobile(void *data, const unsigned char *p, size_t len)
{
    unsigned char  mobile[HPF_IDENT_MOBILE_LEN];

    (void) data;

    return hpf_ident_mobile(mobile, p, len) == HPF_OK;
}


static int
hpf_form_formats_bank_card(void *data, const unsigned char *p, size_t len)
{
    (void) data;

    return hpf_ident_is_bank_card(p, len);
}


static int
hpf_form_formats_money(void *data, const unsigned char *p, size_t len)
{
    int64_t  fen;

    (void) data;

    return hpf_ident_money(p, len, &fen) == HPF_OK;
}


static int
hpf_form_formats_date(void *data, const unsigned char *p, size_t len)
{
    hpf_date_t  date;

    (void) data;

    return hpf_ident_date(p, len, &date) == HPF_OK;
}


static int
hpf_form_formats_month(void *data, const unsigned char *p, size_t len)
{
    hpf_date_t  date;

    (void) data;

    return hpf_ident_month(p, len, &date) == HPF_OK;
}


static int
hpf_form_formats_date_time(void *data, const unsigned char *p, size_t len)
{
    int64_t  ms;

    (void) data;

    return hpf_time_parse((const char *) p, len, &ms) == HPF_OK;
}


/* a dot-atom at a domain name, RFC 5321 without quoting and literals */

static int
hpf_form_formats_email(void *data, const unsigned char *p, size_t len)
{
    size_t                i, local;
    const unsigned char  *at;

    (void) data;

    at = len ? memchr(p, '@', len) : NULL;

    if (at == NULL || len > HPF_FORM_FORMATS_EMAIL) {
        return 0;
    }

    local = at - p;

    if (local == 0 || local > HPF_FORM_FORMATS_LOCAL
        || p[0] == '.' || p[local - 1] == '.')
    {
        return 0;
    }

    for (i = 0; i < local; i++) {

        if (p[i] == '.') {
            if (p[i + 1] == '.') {
                return 0;
            }

        } else if (p[i] == '\0'
                   || (!hpf_form_formats_is_alnum(p[i])
                       && strchr("!#$%&'*+-/=?^_`{|}~", p[i]) == NULL))
        {
            return 0;
        }
    }

    return hpf_form_formats_domain(at + 1, len - local - 1);
}


/* that there is none is minLength's to say */

static int
hpf_form_formats_name(void *data, const unsigned char *p, size_t len)
{
    (void) data;

    return len == 0 || hpf_name_is(p, len);
}


static int
hpf_form_formats_domain(const unsigned char *p, size_t len)
{
    size_t  i, dots, start;

    dots = 0;
    start = 0;

    for (i = 0; i <= len; i++) {

        if (i < len && (hpf_form_formats_is_alnum(p[i]) || p[i] == '-')) {
            continue;
        }

        if (i < len && p[i] != '.') {
            return 0;
        }

        if (i == start || i - start > HPF_FORM_FORMATS_LABEL
            || p[start] == '-' || p[i - 1] == '-')
        {
            return 0;
        }

        dots += (i < len);
        start = i + 1;
    }

    return dots > 0;
}


static int
hpf_form_formats_is_alnum(unsigned char ch)
{
    return (ch >= '0' && ch <= '9')
           || ((ch | 0x20) >= 'a' && (ch | 0x20) <= 'z');
}
