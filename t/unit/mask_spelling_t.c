/* links: mask -ljansson */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Spellings of values in JSON: the kernel stops at each of them, so that it
 * changes nothing, wherever they stand and whatever is between their groups.
 */

#include "mask_test.h"


int
main(void)
{
    plan(0);

    mask_test_rules(HPF_MASK_TYPE_JSON);
    mask_test_ready();

    mask_test_json("\"13800138000\"", "\"138****8000\"");
    mask_test_json("\"138 0013 8000\"", "\"138 **** 8000\"");
    mask_test_json("\"138-0013-8000\"", "\"138-****-8000\"");
    mask_test_json("\"138　0013　8000\"", "\"138　****　8000\"");
    mask_test_json("\"138\xc2\xa0" "0013\xc2\xa0" "8000\"",
                   "\"138\xc2\xa0****\xc2\xa0" "8000\"");
    mask_test_json("\"138－0013－8000\"", "\"138－****－8000\"");
    mask_test_json("\"１３８００１３８０００\"", "\"１３８****８０００\"");

    mask_test_json("\"138\\u30000013\\u30008000\"",
                   "\"138\\u3000****\\u30008000\"");
    mask_test_json("\"138\\u00A00013\\u00a08000\"",
                   "\"138\\u00A0****\\u00a08000\"");
    mask_test_json("\"138\\uFF0D0013\\uff0d8000\"",
                   "\"138\\uFF0D****\\uff0d8000\"");
    mask_test_json("\"\\u0031380013800\\u0030\"",
                   "\"\\u003138****800\\u0030\"");

    mask_test_json("\"110105 19491231 002X\"", "\"110105 ******** 002X\"");
    mask_test_json("\"call 13800138000, please\"",
                   "\"call 138****8000, please\"");
    mask_test_json("\"a.b@example.cn\"", "\"a***@example.cn\"");

    mask_test_stays("\"一、二。三　四\"");
    mask_test_stays("\"\\u4e00\\u3001\\u4e8c\\u3002\"");

    return mask_test_done();
}
