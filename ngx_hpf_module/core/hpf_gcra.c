/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The generic cell rate algorithm, see the header.  The interval is a day and
 * the burst a million at most, so that no product leaves 64 bits.
 */


#include <string.h>

#include "hpf_plugin.h"
#include "hpf_gcra.h"


#define HPF_GCRA_SECOND  1000000LL


static const char *hpf_gcra_number(const char *p, const char *last,
    int64_t *number);
static int64_t hpf_gcra_period(char unit);


int
hpf_gcra_parse(hpf_gcra_t *rate, const char *text, size_t len)
{
    int64_t      n, period;
    const char  *p, *last;

    static const char  burst[] = "burst=";

    last = text + len;

    p = hpf_gcra_number(text, last, &n);

    if (p == NULL || n == 0 || last - p < 3 || p[0] != 'r' || p[1] != '/') {
        return HPF_ERROR;
    }

    period = hpf_gcra_period(p[2]);

    /* no more than one a microsecond, by which 0 is refused too */

    if (n > period) {
        return HPF_ERROR;
    }

    p += 3;

    rate->interval = period / n;
    rate->burst = 0;

    if (p == last) {
        return HPF_OK;
    }

    if (*p != ' ') {
        return HPF_ERROR;
    }

    while (p < last && *p == ' ') {
        p++;
    }

    if ((size_t) (last - p) < sizeof(burst) - 1
        || memcmp(p, burst, sizeof(burst) - 1) != 0)
    {
        return HPF_ERROR;
    }

    p = hpf_gcra_number(p + sizeof(burst) - 1, last, &rate->burst);

    if (p != last || rate->burst > HPF_GCRA_BURST_MAX) {
        return HPF_ERROR;
    }

    return HPF_OK;
}


int
hpf_gcra_take(int64_t *tat, int64_t now, const hpf_gcra_t *rate, int64_t cost,
    hpf_gcra_result_t *result)
{
    int64_t  capacity, used, more;

    capacity = (rate->burst + 1) * rate->interval;

    /* how much of the capacity is in use: all of it, or less */

    used = 0;

    if (*tat > now) {
        used = *tat - now;
        used = used < capacity ? used : capacity;
    }

    if (cost < 0 || cost > rate->burst + 1) {
        result->remaining = (capacity - used) / rate->interval;
        result->retry_after = capacity;
        result->reset = used;

        return HPF_ERROR;
    }

    more = used + cost * rate->interval;

    if (more > capacity) {
        result->remaining = (capacity - used) / rate->interval;
        result->retry_after = more - capacity;
        result->reset = used;

        return HPF_DECLINED;
    }

    *tat = now + more;

    result->remaining = (capacity - more) / rate->interval;
    result->retry_after = 0;
    result->reset = more;

    return HPF_OK;
}


static const char *
hpf_gcra_number(const char *p, const char *last, int64_t *number)
{
    int64_t      n;
    const char  *start;

    n = 0;

    for (start = p; p < last && *p >= '0' && *p <= '9'; p++) {
        if (p - start > 11) {
            return NULL;
        }

        n = n * 10 + (*p - '0');
    }

    *number = n;

    return p > start ? p : NULL;
}


static int64_t
hpf_gcra_period(char unit)
{
    switch (unit) {

    case 's':
        return HPF_GCRA_SECOND;

    case 'm':
        return 60 * HPF_GCRA_SECOND;

    case 'h':
        return 3600 * HPF_GCRA_SECOND;

    case 'd':
        return 86400 * HPF_GCRA_SECOND;

    default:
        return 0;
    }
}
