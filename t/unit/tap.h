/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The unit tests' way to say what they found, in TAP, for prove.
 *
 *     plan(3);
 *     ok(x == 1, "x is one");
 *     is_int(hpf_f(), HPF_OK, "returns %s", "ok");
 *     is_str(p, len, "expected", "the text");
 *     return done();
 */

#ifndef _TAP_H_INCLUDED_
#define _TAP_H_INCLUDED_


#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


static int  tap_planned;
static int  tap_run;
static int  tap_failed;


#define plan(n)           tap_plan(n)
#define ok(cond, ...)     tap_ok((cond) ? 1 : 0, __FILE__, __LINE__,          \
                                 __VA_ARGS__)
#define is_int(got, expected, ...)                                            \
    tap_is_int((long long) (got), (long long) (expected), __FILE__, __LINE__, \
               __VA_ARGS__)
#define is_str(got, len, expected, ...)                                       \
    tap_is_str((const char *) (got), (size_t) (len), (expected), __FILE__,    \
               __LINE__, __VA_ARGS__)
#define done()            tap_done()

#define TAP_FORMAT(n)     __attribute__((format(printf, n, n + 1), unused))


/* zero: the number of tests is told at the end */

static inline void
tap_plan(int n)
{
    tap_planned = n;

    if (n) {
        printf("1..%d\n", n);
        fflush(stdout);
    }
}


static inline int
tap_result(int passed, const char *file, int line, const char *fmt,
    va_list args)
{
    tap_run++;

    printf("%sok %d - ", passed ? "" : "not ", tap_run);
    vprintf(fmt, args);
    printf("\n");

    if (!passed) {
        tap_failed++;
        printf("# failed at %s line %d\n", file, line);
    }

    fflush(stdout);

    return passed;
}


TAP_FORMAT(4) static int
tap_ok(int passed, const char *file, int line, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    tap_result(passed, file, line, fmt, args);
    va_end(args);

    return passed;
}


TAP_FORMAT(5) static int
tap_is_int(long long got, long long expected, const char *file, int line,
    const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    tap_result(got == expected, file, line, fmt, args);
    va_end(args);

    if (got != expected) {
        printf("#      got: %lld\n# expected: %lld\n", got, expected);
    }

    return got == expected;
}


TAP_FORMAT(6) static int
tap_is_str(const char *got, size_t len, const char *expected, const char *file,
    int line, const char *fmt, ...)
{
    int      passed;
    va_list  args;

    passed = (got != NULL && len == strlen(expected)
              && memcmp(got, expected, len) == 0);

    va_start(args, fmt);
    tap_result(passed, file, line, fmt, args);
    va_end(args);

    if (!passed) {
        printf("#      got: \"%.*s\"\n# expected: \"%s\"\n",
               got ? (int) len : 0, got ? got : "", expected);
    }

    return passed;
}


/* the exit status of main() */

static inline int
tap_done(void)
{
    if (tap_planned == 0) {
        printf("1..%d\n", tap_run);

    } else if (tap_planned != tap_run) {
        printf("# planned %d tests but ran %d\n", tap_planned, tap_run);
        return EXIT_FAILURE;
    }

    return tap_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}


#endif /* _TAP_H_INCLUDED_ */
