/* links: core/hpf_time.c core/hpf_due.c */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Times and due dates: known instants, every day of eight centuries there and
 * back, refused texts, and the examples of the deadline rule.
 */


#include "tap.h"
#include "hpf_due.h"
#include "hpf_time.h"


static void
formats(void)
{
    char  out[HPF_TIME_LEN];

    is_str(out, hpf_time_rfc3339(out, 0), "1970-01-01T08:00:00.000+08:00",
           "the epoch");
    is_str(out, hpf_time_rfc3339(out, -1), "1970-01-01T07:59:59.999+08:00",
           "before it");
    is_str(out, hpf_time_rfc3339(out, 1790697599007),
           "2026-09-29T23:59:59.007+08:00", "the end of a day");
    is_str(out, hpf_time_rfc3339_seconds(out, 1790697600999),
           "2026-09-30T00:00:00+08:00", "the start of the next");
    is_str(out, hpf_time_rfc3339(out, INT64_MAX),
           "9999-12-31T23:59:59.999+08:00", "the greatest");
    is_str(out, hpf_time_rfc3339(out, INT64_MIN),
           "0000-01-01T00:00:00.000+08:00", "the least");
    is_str(out, hpf_time_date(out, INT32_MAX), "9999-12-31", "the last day");
}


static void
parses(const char *text, int64_t want)
{
    int64_t  ms;

    ms = -1;
    is_int(hpf_time_parse(text, strlen(text), &ms), 0, "\"%s\"", text);
    is_int(ms, want, "its instant");
}


static void
texts(void)
{
    size_t   i;
    int32_t  day;
    int64_t  ms;

    static const char  *bad[] = {
        "", "2026", "2026-09-30", "2026-09-30T00:00:00",
        "2026-09-30 00:00:00Z", "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-04-31T00:00:00Z", "2026-04-00T00:00:00Z",
        "2026-04-01T24:00:00Z", "2026-04-01T00:60:00Z",
        "2026-04-01T00:00:61Z", "2026-04-01T00:00:00.Z",
        "2026-04-01T00:00:00ZZ", "2026-04-01T00:00:00+0800",
        "2026-04-01T00:00:00+08:0", "2026-04-01T00:00:00+08:60",
        "2026-04-01T00:00:00+24:00", "2026-04-01T00:00:00+08:00 ",
        "2026-4-01T00:00:00+08:00 ", "+026-04-01T00:00:00Z",
        "2026-04-01T00:00:00.123", "1900-02-29T00:00:00Z",
        "2016-12-31T23:58:60Z", "2016-12-31T23:59:60+08:00",
        "1969-12-31T22:59:60Z"
    };

    parses("1970-01-01T00:00:00Z", 0);
    parses("1970-01-01T08:00:00+08:00", 0);
    parses("1969-12-31T16:30:00.25-07:30", 250);
    parses("2000-02-29t12:00:00.123999z", 951825600123);
    parses("2016-12-31T23:59:60Z", 1483228800000);
    parses("2017-01-01T07:59:60.5+08:00", 1483228800500);

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        is_int(hpf_time_parse(bad[i], strlen(bad[i]), &ms), -1,
               "\"%s\" refused", bad[i]);
    }

    is_int(hpf_time_parse_date("2026-09-30", 10, &day), 0, "a date");
    is_int(day, 20726, "its day");
    is_int(hpf_time_parse_date("2026-09-31", 10, &day), -1, "no such date");
    is_int(hpf_time_parse_date("2026-9-030", 10, &day), -1, "no date");
    is_int(hpf_time_parse_date("2026-09-30T", 11, &day), -1, "too long");
}


static void
days(void)
{
    int              bad, weekday;
    char             a[16], b[16];
    int32_t          day, back;
    hpf_time_date_t  date, last;

    bad = 0;
    last = hpf_time_date_of(-135141);
    weekday = hpf_time_weekday(-135141);

    for (day = -135140; day < 160000; day++) {
        date = hpf_time_date_of(day);
        weekday = (weekday + 1) % 7;

        bad += hpf_time_day_of(&date) != day;
        bad += hpf_time_weekday(day) != weekday;
        bad += hpf_time_day(hpf_time_day_start(day)) != day;
        bad += hpf_time_day(hpf_time_day_start(day) - 1) != day - 1;

        /* the next day, or the first of the next month or year */

        bad += !(date.day == last.day + 1
                 || (date.day == 1 && last.day >= 28
                     && (date.month == last.month + 1
                         || (date.month == 1 && date.year == last.year + 1))));

        hpf_time_date(a, day);
        bad += hpf_time_parse_date(a, 10, &back) != 0 || back != day;

        last = date;
    }

    is_int(bad, 0, "eight centuries");

    hpf_time_date(b, 0);
    is_str(b, 10, "1970-01-01", "day zero");
    is_int(hpf_time_weekday(0), 4, "a Thursday");
}


static int32_t
day_of(const char *text)
{
    int32_t  day;

    return hpf_time_parse_date(text, 10, &day) == 0 ? day : -1;
}


static void
dues(void)
{
    int                 i;
    char                text[16];
    int32_t             due;
    hpf_due_day_t       table[12], never[800];
    hpf_due_calendar_t  cal;

    static const char  *fixture[] = {
        "2026-09-20", "2026-09-25", "2026-09-26", "2026-09-27", "2026-10-01",
        "2026-10-02", "2026-10-03", "2026-10-04", "2026-10-05", "2026-10-06",
        "2026-10-07", "2026-10-10"
    };

    static const struct {
        const char  *accepted;
        int          limit;
        int          working;
        const char  *due;
    } v[] = {
        { "2026-09-30", 3, 0, "2026-10-08" },
        { "2026-09-30", 3, 1, "2026-10-10" },
        { "2026-09-19", 15, 0, "2026-10-08" },
        { "2026-09-20", 10, 0, "2026-09-30" },
        { "2026-11-20", 3, 0, "2026-11-23" },
        { "2026-09-24", 1, 1, "2026-09-28" },
        { "2026-09-24", 0, 1, "2026-09-24" },
        { "2026-09-26", 0, 0, "2026-09-28" }
    };

    for (i = 0; i < 12; i++) {
        table[i].day = day_of(fixture[i]);
        table[i].off = i != 0 && i != 11;
    }

    cal.days = table;
    cal.n = 12;

    for (i = 0; i < (int) (sizeof(v) / sizeof(v[0])); i++) {
        due = 0;

        is_int((v[i].working ? hpf_due_working : hpf_due_natural)
                   (&cal, day_of(v[i].accepted), v[i].limit, &due), 0,
               "%s and %d days", v[i].accepted, v[i].limit);
        is_str(text, hpf_time_date(text, due), v[i].due, "are due");
    }

    ok(!hpf_due_is_off(&cal, day_of("2026-09-20")), "a Sunday that is worked");
    ok(hpf_due_is_off(&cal, day_of("2026-11-22")), "a Sunday");
    ok(hpf_due_is_off(&cal, day_of("2026-11-21")), "a Saturday");
    ok(!hpf_due_is_off(&cal, day_of("2026-11-20")), "a Friday");

    for (i = 0; i < 800; i++) {
        never[i].day = i;
        never[i].off = 1;
    }

    cal.days = never;
    cal.n = 800;

    is_int(hpf_due_natural(&cal, 1, 1, &due), -1, "no working day in a year");
    is_int(hpf_due_working(&cal, 1, 1, &due), -1, "the same");
    is_int(hpf_due_working(&cal, 900, -1, &due), -1, "a limit below zero");
    is_int(hpf_due_natural(&cal, 900, 3661, &due), -1, "too long a limit");
}


int
main(void)
{
    plan(0);

    formats();
    texts();
    days();
    dues();

    return done();
}
