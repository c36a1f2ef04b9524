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
