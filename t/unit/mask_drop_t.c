/* links: mask -ljansson */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Members with the rule "drop" go with their comma, and what is left is JSON.
 * Where a member cannot go, null comes in place of its value.
 */

#include "mask_test.h"


static void
test_member(void)
{
    mask_test_json("{\"d\":1}", "{}");
    mask_test_json("{\"d\":1,\"a\":2}", "{\"a\":2}");
    mask_test_json("{\"a\":2,\"d\":1}", "{\"a\":2}");
    mask_test_json("{\"a\":2,\"d\":1,\"b\":3}", "{\"a\":2,\"b\":3}");
    mask_test_json("{\"D\":1,\"a\":2,\"D\":1}", "{\"a\":2}");
    mask_test_json("{\"\\u0064\":1,\"a\":2}", "{\"a\":2}");
    mask_test_stays("{\"a\":\"d\",\"b\":[\"d\",1],\"dd\":1}");
    mask_test_json("{\"d\":1,\"name\":\"abc\"}", "{\"name\":\"a*c\"}");
    mask_test_json("{\"name\":\"abc\",\"d\":1}", "{\"name\":\"a*c\"}");
}


static void
test_values(void)
{
    mask_test_json("{\"d\":\"a\\\"}\\\\\",\"a\":2}", "{\"a\":2}");
    mask_test_json("{\"d\":\"\",\"a\":2}", "{\"a\":2}");
    mask_test_json("{\"d\":null}", "{}");
    mask_test_json("{\"d\":true,\"a\":2}", "{\"a\":2}");
    mask_test_json("{\"a\":2,\"d\":-1.5e3}", "{\"a\":2}");
    mask_test_json("{\"d\":{},\"a\":2}", "{\"a\":2}");
    mask_test_json("{\"d\":[],\"a\":2}", "{\"a\":2}");
    mask_test_json("{\"d\":{\"x\":[1,{\"y\":\"}]\"}],\"d\":2},\"a\":2}",
                   "{\"a\":2}");
    mask_test_json("{\"a\":2,\"d\":[[\"]\",{\"d\":[]}],13800138000]}",
                   "{\"a\":2}");
    mask_test_json("{\"d\":{\"name\":\"abc\"},\"name\":\"abc\"}",
                   "{\"name\":\"a*c\"}");
}


static void
test_several(void)
{
    mask_test_json("{\"d\":1,\"d\":2,\"d\":3}", "{}");
    mask_test_json("{\"d\":1,\"d\":2,\"a\":3}", "{\"a\":3}");
    mask_test_json("{\"a\":3,\"d\":1,\"d\":2}", "{\"a\":3}");
    mask_test_json("{\"a\":3,\"d\":1,\"d\":2,\"b\":4,\"d\":5}",
                   "{\"a\":3,\"b\":4}");
    mask_test_json("{\"d\":1,\"a\":{\"d\":2,\"b\":{\"d\":3}},\"d\":4}",
                   "{\"a\":{\"b\":{}}}");
    mask_test_json("[{\"d\":1},{\"a\":1,\"d\":2},{\"d\":3,\"a\":1}]",
                   "[{},{\"a\":1},{\"a\":1}]");
    mask_test_json("{\"x\":[{\"d\":1},1],\"d\":1}", "{\"x\":[{},1]}");
}


static void
test_space(void)
{
    body_t             in;
    static hpf_mask_t  m;

    mask_test_json("{ \"d\" : 1 , \"a\" : 2 }", "{  \"a\" : 2 }");
    mask_test_json("{ \"a\" : 2 , \"d\" : 1 }", "{ \"a\" : 2  }");
    mask_test_json("{\n  \"d\": 1,\n  \"a\": 2\n}", "{\n  \n  \"a\": 2\n}");
    mask_test_json("{\n  \"a\": 2,\n  \"d\": {\n    \"x\": 1\n  }\n}",
                   "{\n  \"a\": 2\n}");
    mask_test_json("{\r\n\t\"d\"\t:\r\n\t[\r\n\t]\r\n}",
                   "{\r\n\t\r\n}");

    /* more of it than is waited for: the comma behind the first member */

    memset(&in, 0, sizeof(in));
    body_text(&in, "{\"d\":1");
    body_fill(&in, ' ', 300);
    body_text(&in, ",\"a\":2}");

    body_whole(in.p, in.n, &m);
    ok(mask_test_valid(body_out.p, body_out.n), "JSON with much space");
    ok(mask_test_kernels(in.p, in.n, &m), "in any split");

    /* before a name: the member cannot go any more */

    in.n = 0;
    body_text(&in, "{\"a\":2,");
    body_fill(&in, ' ', 300);
    body_text(&in, "\"d\":[\"x\",{\"y\":1}],\"b\":3}");

    body_whole(in.p, in.n, &m);
    is_str(body_out.p + 307, body_out.n - 307, "\"d\":null,\"b\":3}",
           "null in its place");
    ok(mask_test_kernels(in.p, in.n, &m), "in any split");

    free(in.p);
}


int
main(void)
{
    plan(0);

    mask_test_rules(HPF_MASK_TYPE_JSON);
    body_rule("d", HPF_MASK_DROP, 0);
    mask_test_ready();

    test_member();
    test_values();
    test_several();
    test_space();

    return mask_test_done();
}
