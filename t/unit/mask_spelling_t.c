/* links: mask -ljansson */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Spellings of values in JSON: the kernel stops at each of them, so that it
 * changes nothing, wherever they stand and whatever is between their groups.
 */

#include "mask_test.h"


#define LONG  "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"          \
              "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"


int
main(void)
{
    hpf_mask_shape_t  shape;

    plan(0);

    mask_test_rules(HPF_MASK_TYPE_JSON);
    hpf_mask_shape_init(&shape, HPF_MASK_ALL);
    (void) hpf_mask_rules_key(body_rules, "b" LONG, sizeof("b" LONG) - 1,
                              &shape);
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

    /* a single escape, in what cannot be a key, at the end of a block too */

    mask_test_json("[\"1380013800\\u0030\",1]",
                   "[\"138****800\\u0030\",1]");
    mask_test_json("[\"a.b\\u0040example.cn\",1]",
                   "[\"a***\\u0040example.cn\",1]");

    mask_test_json("\"110105 19491231 002X\"", "\"110105 ******** 002X\"");
    mask_test_json("\"call 13800138000, please\"",
                   "\"call 138****8000, please\"");
    mask_test_json("\"a.b@example.cn\"", "\"a***@example.cn\"");

    mask_test_json("\"a\\u0040example.cn\"", "\"*\\u0040example.cn\"");
    mask_test_json("\"138\\u00200013\\u002D8000\"",
                   "\"138\\u00200013\\u002D8000\"");
    mask_test_json("\"138\\u00200013\\u00208000\"",
                   "\"138\\u0020****\\u00208000\"");
    mask_test_json("\"138\\u002d0013\\u002D8000\"",
                   "\"138\\u002d****\\u002D8000\"");
    mask_test_json("\"\\uff11\\uFF13\\uff1800138000\"",
                   "\"\\uff11\\uFF13\\uff18****8000\"");

    mask_test_json("{\"\\u0078m\":\"12\"}", "{\"\\u0078m\":\"1*\"}");
    mask_test_json("{\"b" LONG "\":\"12\"}", "{\"b" LONG "\":\"***\"}");
    mask_test_json("{\"\\u0062" LONG "\":\"12\"}",
                   "{\"\\u0062" LONG "\":\"***\"}");
    mask_test_stays("{\"\\u0063" LONG "\":\"12\"}");
    mask_test_stays("{\"c" LONG "\":\"12\"}");
    mask_test_stays("{\"a\\\\\\\"b\":\"\\u003c12\\u003e\"}");

    /* of a code with a letter in the second place six digits are the most */

    mask_test_stays("\"8T202700M000100Y43\"");

    mask_test_rules(HPF_MASK_TYPE_JSON);
    hpf_mask_shape_init(&shape, HPF_MASK_USCC);
    (void) hpf_mask_rules_value(body_rules, &shape, 1);
    mask_test_ready();

    mask_test_json("\"8T202700M000100Y43\"", "\"8T20**********0Y43\"");
    mask_test_json("\"91350100M000100Y43\"", "\"9135**********0Y43\"");

    mask_test_rules(HPF_MASK_TYPE_JSON);
    mask_test_ready();

    mask_test_stays("\"一、二。三　四\"");
    mask_test_stays("\"\\u4e00\\u3001\\u4e8c\\u3002\"");

    return mask_test_done();
}
