/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Due dates by natural and by working days, see the header.
 */


#include "hpf_plugin.h"
#include "hpf_due.h"
#include "hpf_time.h"


#define HPF_DUE_YEAR  366


static int hpf_due_next(const hpf_due_calendar_t *cal, int32_t *day);


int
hpf_due_is_off(const hpf_due_calendar_t *cal, int32_t day)
{
    int     weekday;
    size_t  lo, hi, mid;

    lo = 0;
    hi = cal->n;

    while (lo < hi) {
        mid = lo + (hi - lo) / 2;

        if (cal->days[mid].day == day) {
            return cal->days[mid].off;
        }

        if (cal->days[mid].day < day) {
            lo = mid + 1;

        } else {
            hi = mid;
        }
    }

    weekday = hpf_time_weekday(day);

    return weekday == 0 || weekday == 6;
}


int
hpf_due_natural(const hpf_due_calendar_t *cal, int32_t accepted, int limit,
    int32_t *due)
{
    if (limit < 0 || limit > HPF_DUE_MAX) {
        return HPF_ERROR;
    }

    *due = accepted + limit;

    return hpf_due_next(cal, due);
}


int
hpf_due_working(const hpf_due_calendar_t *cal, int32_t accepted, int limit,
    int32_t *due)
{
    if (limit < 0 || limit > HPF_DUE_MAX) {
        return HPF_ERROR;
    }

    *due = accepted;

    while (limit--) {
        (*due)++;

        if (hpf_due_next(cal, due) != HPF_OK) {
            return HPF_ERROR;
        }
    }

    return HPF_OK;
}


/* moves to the first working day that is not before *day */

static int
hpf_due_next(const hpf_due_calendar_t *cal, int32_t *day)
{
    int  i;

    for (i = 0; i < HPF_DUE_YEAR; i++) {
        if (!hpf_due_is_off(cal, *day)) {
            return HPF_OK;
        }

        (*day)++;
    }

    return HPF_ERROR;
}
