/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Times of RFC 3339 in Asia/Shanghai, which has been +08:00 without summer
 * time since 1991, so that no time zone table is needed.  Instants are
 * milliseconds since 1970 UTC; days are days since 1970-01-01 in Shanghai.
 */

#ifndef _HPF_TIME_H_INCLUDED_
#define _HPF_TIME_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


#define HPF_TIME_LEN       29          /* 2026-09-30T08:00:00.000+08:00 */
#define HPF_TIME_DATE_LEN  10


typedef struct {
    int  year;
    int  month;                        /* 1 .. 12 */
    int  day;                          /* 1 .. 31 */
} hpf_time_date_t;


/*
 * Years 0 to 9999, what lies outside is put at the end.  No zero is written;
 * returns the length, HPF_TIME_LEN at most.  _seconds leaves out the fraction.
 */
size_t hpf_time_rfc3339(char *out, int64_t ms);
size_t hpf_time_rfc3339_seconds(char *out, int64_t ms);

/*
 * Any offset; digits after the third of a fraction are dropped; a leap second
 * is the first of the next minute.  HPF_OK or HPF_ERROR.
 */
int hpf_time_parse(const char *text, size_t len, int64_t *ms);


/* The day in Shanghai that an instant lies in. */
int32_t hpf_time_day(int64_t ms);
/* 00:00 of a day; that of day + 1 is 24:00. */
int64_t hpf_time_day_start(int32_t day);
/* 0: Sunday. */
int hpf_time_weekday(int32_t day);

/* "2026-09-30"; HPF_TIME_DATE_LEN bytes, no zero. */
size_t hpf_time_date(char *out, int32_t day);
int hpf_time_parse_date(const char *text, size_t len, int32_t *day);

hpf_time_date_t hpf_time_date_of(int32_t day);
int32_t hpf_time_day_of(const hpf_time_date_t *date);


#endif /* _HPF_TIME_H_INCLUDED_ */
