/* links: mask -ljansson */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Several JSON texts in a body: one a line, one an event, or a sequence with
 * separators.  What one of them leaves open ends before the next one.
 */

#include "mask_test.h"


static void
test_keys(void)
{
    mask_test_json("{\"a\":1,\n\"name\"\n:\"abc\"}",
                   "{\"a\":1,\n\"name\"\n:\"a*c\"}");
    mask_test_json("\n\"name\"\n:\"abc\"", "\n\"name\"\n:\"a*c\"");
}


int
main(void)
{
    plan(0);

    mask_test_rules(HPF_MASK_TYPE_JSON_LINES);
    mask_test_ready();

    test_keys();

    return mask_test_done();
}
