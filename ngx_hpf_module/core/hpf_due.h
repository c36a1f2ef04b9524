/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Due dates.  The day of acceptance does not count.  Natural days: a last day
 * that is a rest day moves to the next working day; working days: rest days
 * do not count.  Which days are rest days is told by a table for what differs
 * from the week: holidays, and week-end days that are worked instead.
 */

#ifndef _HPF_DUE_H_INCLUDED_
#define _HPF_DUE_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


#define HPF_DUE_MAX  3660              /* days of a limit, at most */


typedef struct {
    int32_t    day;                    /* as of hpf_time_day() */
    int        off;                    /* 1: a rest day, 0: a working day */
} hpf_due_day_t;

typedef struct {
    const hpf_due_day_t  *days;        /* ascending, each day once */
    size_t                n;
} hpf_due_calendar_t;


/* 1: a rest day.  cal may have no days: then Saturdays and Sundays are. */
int hpf_due_is_off(const hpf_due_calendar_t *cal, int32_t day);

/*
 * The last day, which ends at 24:00 (hpf_time_day_start(*due + 1)).
 * HPF_ERROR: limit is not in 0 .. HPF_DUE_MAX, or the table has no working
 * day within a year.
 */
int hpf_due_natural(const hpf_due_calendar_t *cal, int32_t accepted,
    int limit, int32_t *due);
int hpf_due_working(const hpf_due_calendar_t *cal, int32_t accepted,
    int limit, int32_t *due);


#endif /* _HPF_DUE_H_INCLUDED_ */
