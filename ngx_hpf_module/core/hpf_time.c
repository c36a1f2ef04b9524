/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Times of RFC 3339.  Dates are counted in years that begin with March, so
 * that the day of a leap year is their last; an era has 400 of them.
 */


#include <string.h>

#include "hpf_plugin.h"
#include "hpf_time.h"


#define HPF_TIME_OFFSET    (8 * 3600000LL)
#define HPF_TIME_OF_DAY    86400000LL
#define HPF_TIME_ERA       146097      /* days of 400 years */
#define HPF_TIME_EPOCH     719468      /* days from 0000-03-01 to 1970-01-01 */
#define HPF_TIME_FIRST     (-719528)   /* 0000-01-01 */
#define HPF_TIME_LAST      2932896     /* 9999-12-31 */


static char *hpf_time_put(char *p, unsigned v, int digits);
static char *hpf_time_put_day(char *p, int32_t day);
static const char *hpf_time_get(const char *p, const char *form, int *v);
static const char *hpf_time_get_zone(const char *p, const char *last,
    int64_t *ms);
static int hpf_time_date_valid(const hpf_time_date_t *date);


size_t
hpf_time_rfc3339(char *out, int64_t ms)
{
    char     *p;
    int32_t   day;
    unsigned  rest;

    day = hpf_time_day(ms);

    if (ms < hpf_time_day_start(HPF_TIME_FIRST)) {
        day = HPF_TIME_FIRST;
        rest = 0;

    } else if (ms >= hpf_time_day_start(HPF_TIME_LAST + 1)) {
        day = HPF_TIME_LAST;
        rest = HPF_TIME_OF_DAY - 1;

    } else {
        rest = (unsigned) (ms - hpf_time_day_start(day));
    }

    p = hpf_time_put_day(out, day);
    *p++ = 'T';
    p = hpf_time_put(p, rest / 3600000, 2);
    *p++ = ':';
    p = hpf_time_put(p, rest / 60000 % 60, 2);
    *p++ = ':';
    p = hpf_time_put(p, rest / 1000 % 60, 2);
    *p++ = '.';
    p = hpf_time_put(p, rest % 1000, 3);
    memcpy(p, "+08:00", 6);

    return HPF_TIME_LEN;
}


size_t
hpf_time_rfc3339_seconds(char *out, int64_t ms)
{
    char  text[HPF_TIME_LEN];

    (void) hpf_time_rfc3339(text, ms);

    memcpy(out, text, 19);
    memcpy(out + 19, "+08:00", 6);

    return HPF_TIME_LEN - 4;
}


int
hpf_time_parse(const char *text, size_t len, int64_t *ms)
{
    int               v[6], scale;
    int64_t           t;
    const char       *p, *last;
    hpf_time_date_t   date;

    if (len < sizeof("1970-01-01T00:00:00Z") - 1 || len > 64) {
        return HPF_ERROR;
    }

    p = hpf_time_get(text, "9999-99-99T99:99:99", v);
    if (p == NULL) {
        return HPF_ERROR;
    }

    last = text + len;

    date.year = v[0];
    date.month = v[1];
    date.day = v[2];

    if (!hpf_time_date_valid(&date) || v[3] > 23 || v[4] > 59 || v[5] > 60) {
        return HPF_ERROR;
    }

    t = hpf_time_day_of(&date) * HPF_TIME_OF_DAY
        + ((v[3] * 60 + v[4]) * 60 + v[5]) * 1000LL;

    if (*p == '.') {
        p++;

        if (p == last || *p < '0' || *p > '9') {
            return HPF_ERROR;
        }

        for (scale = 100; p < last && *p >= '0' && *p <= '9'; p++) {
            t += (*p - '0') * scale;
            scale /= 10;
        }
    }

    p = hpf_time_get_zone(p, last, &t);
    if (p != last) {
        return HPF_ERROR;
    }

    /* a leap second ends a day of UTC, RFC 3339, 5.7 */

    if (v[5] == 60 && t % HPF_TIME_OF_DAY / 1000 != 0) {
        return HPF_ERROR;
    }

    *ms = t;

    return HPF_OK;
}


int32_t
hpf_time_day(int64_t ms)
{
    int64_t  day;

    /* first the division, so that no instant overflows */

    day = ms / HPF_TIME_OF_DAY;
    ms = ms % HPF_TIME_OF_DAY + HPF_TIME_OFFSET;

    if (ms < 0) {
        day--;

    } else if (ms >= HPF_TIME_OF_DAY) {
        day++;
    }

    if (day > INT32_MAX) {
        return INT32_MAX;
    }

    return day < INT32_MIN ? INT32_MIN : (int32_t) day;
}


int64_t
hpf_time_day_start(int32_t day)
{
    return day * HPF_TIME_OF_DAY - HPF_TIME_OFFSET;
}


int
hpf_time_weekday(int32_t day)
{
    int  n;

    n = (day % 7 + 4) % 7;             /* 1970-01-01 was a Thursday */

    return n < 0 ? n + 7 : n;
}


size_t
hpf_time_date(char *out, int32_t day)
{
    if (day < HPF_TIME_FIRST) {
        day = HPF_TIME_FIRST;

    } else if (day > HPF_TIME_LAST) {
        day = HPF_TIME_LAST;
    }

    (void) hpf_time_put_day(out, day);

    return HPF_TIME_DATE_LEN;
}


int
hpf_time_parse_date(const char *text, size_t len, int32_t *day)
{
    int              v[3];
    hpf_time_date_t  date;

    if (len != HPF_TIME_DATE_LEN
        || hpf_time_get(text, "9999-99-99", v) == NULL)
    {
        return HPF_ERROR;
    }

    date.year = v[0];
    date.month = v[1];
    date.day = v[2];

    if (!hpf_time_date_valid(&date)) {
        return HPF_ERROR;
    }

    *day = hpf_time_day_of(&date);

    return HPF_OK;
}


hpf_time_date_t
hpf_time_date_of(int32_t day)
{
    int64_t          n, era, years, month;
    hpf_time_date_t  date;

    n = (int64_t) day + HPF_TIME_EPOCH;

    era = (n >= 0 ? n : n - (HPF_TIME_ERA - 1)) / HPF_TIME_ERA;
    n -= era * HPF_TIME_ERA;

    years = (n - n / 1460 + n / 36524 - n / 146096) / 365;
    n -= 365 * years + years / 4 - years / 100;

    /* months of March to January have 153 days in each five */

    month = (5 * n + 2) / 153;

    date.day = (int) (n - (153 * month + 2) / 5 + 1);
    date.month = (int) (month < 10 ? month + 3 : month - 9);
    date.year = (int) (era * 400 + years + (date.month <= 2));

    return date;
}


int32_t
hpf_time_day_of(const hpf_time_date_t *date)
{
    int64_t  year, era, n;

    year = (int64_t) date->year - (date->month <= 2);
    era = (year >= 0 ? year : year - 399) / 400;
    year -= era * 400;

    n = (153 * ((date->month + 9) % 12) + 2) / 5 + date->day - 1;
    n += 365 * year + year / 4 - year / 100;

    return (int32_t) (era * HPF_TIME_ERA + n - HPF_TIME_EPOCH);
}


static char *
hpf_time_put(char *p, unsigned v, int digits)
{
    int  i;

    for (i = digits - 1; i >= 0; i--) {
        p[i] = (char) ('0' + v % 10);
        v /= 10;
    }

    return p + digits;
}


static char *
hpf_time_put_day(char *p, int32_t day)
{
    hpf_time_date_t  date;

    date = hpf_time_date_of(day);

    p = hpf_time_put(p, date.year, 4);
    *p++ = '-';
    p = hpf_time_put(p, date.month, 2);
    *p++ = '-';

    return hpf_time_put(p, date.day, 2);
}


/* reads numbers where the form has nines; other characters must be equal */

static const char *
hpf_time_get(const char *p, const char *form, int *v)
{
    int  n, digits;

    n = 0;
    digits = 0;

    for ( /* void */ ; *form; form++, p++) {

        if (*form == '9') {
            if (*p < '0' || *p > '9') {
                return NULL;
            }

            n = n * 10 + *p - '0';
            digits = 1;
            continue;
        }

        if (*p != *form && !(*form == 'T' && *p == 't')) {
            return NULL;
        }

        *v++ = n;
        n = 0;
        digits = 0;
    }

    if (digits) {
        *v = n;
    }

    return p;
}


/* takes the offset from *ms; returns where it ends, NULL: there is none */

static const char *
hpf_time_get_zone(const char *p, const char *last, int64_t *ms)
{
    int  v[2], sign;

    if (p < last && (*p == 'Z' || *p == 'z')) {
        return p + 1;
    }

    if (last - p < 6 || (*p != '+' && *p != '-')) {
        return NULL;
    }

    sign = *p == '+' ? 1 : -1;

    p = hpf_time_get(p + 1, "99:99", v);

    if (p == NULL || v[0] > 23 || v[1] > 59) {
        return NULL;
    }

    *ms -= sign * (v[0] * 60 + v[1]) * 60000LL;

    return p;
}


static int
hpf_time_date_valid(const hpf_time_date_t *date)
{
    hpf_time_date_t  back;

    if (date->month < 1 || date->month > 12 || date->day < 1) {
        return 0;
    }

    /* a 30th of February comes back as another date */

    back = hpf_time_date_of(hpf_time_day_of(date));

    return back.day == date->day && back.month == date->month;
}
