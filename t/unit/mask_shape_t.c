/* links: mask -ljansson */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * How a value is shown, by its kind, and what a rule can change about that.
 */

#include "mask_test.h"


static void
test_forms(void)
{
    mask_test_json("{\"name\":\"张三\"}", "{\"name\":\"张*\"}");
    mask_test_json("{\"name\":\"张小三\"}", "{\"name\":\"张*三\"}");
    mask_test_json("{\"name\":\"欧阳震华\"}", "{\"name\":\"欧阳**\"}");
    mask_test_json("{\"name\":\"张\"}", "{\"name\":\"*\"}");
    mask_test_json("{\"name\":\"\"}", "{\"name\":\"\"}");
    mask_test_json("{\"name\":\"𠮷野\"}", "{\"name\":\"𠮷*\"}");
    mask_test_json("{\"name\":\"阿不都热依木·买买提\"}",
                   "{\"name\":\"阿*********\"}");
    mask_test_json("{\"name\":\"John Smith\"}", "{\"name\":\"J*********\"}");
    mask_test_json("{\"name\":\"\\u5f20\\u4e09\"}", "{\"name\":\"\\u5f20*\"}");
    mask_test_json("{\"name\":\"\\ud842\\udfb7\\u91ce\"}",
                   "{\"name\":\"\\ud842\\udfb7*\"}");

    mask_test_json("{\"id_no\":\"11010519491231002X\"}",
                   "{\"id_no\":\"110105********002X\"}");
    mask_test_json("{\"id_no\":\"110105491231002\"}",
                   "{\"id_no\":\"110105*****1002\"}");
    mask_test_json("{\"id_no\":\"12345\"}", "{\"id_no\":\"1****\"}");
    mask_test_json("{\"id_no\":\"1\"}", "{\"id_no\":\"*\"}");
    mask_test_json("{\"mobile\":\"13800138000\"}",
                   "{\"mobile\":\"138****8000\"}");
    mask_test_json("{\"mobile\":\"+8613800138000\"}",
                   "{\"mobile\":\"+86138****8000\"}");
    mask_test_json("{\"bank_card\":\"6222020000000000000\"}",
                   "{\"bank_card\":\"***************0000\"}");
    mask_test_json("{\"account_no\":\"850012345678\"}",
                   "{\"account_no\":\"********5678\"}");
    mask_test_json("{\"email\":\"zhangsan@example.cn\"}",
                   "{\"email\":\"z***@example.cn\"}");
    mask_test_json("{\"email\":\"a@example.cn\"}",
                   "{\"email\":\"*@example.cn\"}");
    mask_test_json("{\"email\":\"nobody\"}", "{\"email\":\"n*****\"}");
    mask_test_json("{\"password\":\"secret\"}", "{\"password\":\"***\"}");

    mask_test_json("{\"address\":\"北京市朝阳区某路1号\"}",
                   "{\"address\":\"北京市朝阳区***\"}");
    mask_test_json("{\"address\":\"贵州省毕节市七星关区洪山街道1号2单元"
                   "301室\"}",
                   "{\"address\":\"贵州省毕节市七星关区***\"}");
    mask_test_json("{\"address\":\"广西壮族自治区南宁市青秀区民族大道1号\"}",
                   "{\"address\":\"广西壮族自治区南宁市青秀区***\"}");
    mask_test_json("{\"address\":\"广东省东莞市人民路1号幸福小区\"}",
                   "{\"address\":\"广东省东莞市***\"}");
    mask_test_json("{\"address\":\"幸福小区1号楼\"}",
                   "{\"address\":\"***\"}");
    mask_test_json("{\"address\":\"北京市朝阳区\"}",
                   "{\"address\":\"北京市***\"}");
    mask_test_json("{\"address\":\"10 Downing Street\"}",
                   "{\"address\":\"***\"}");
}


static void
test_rules(void)
{
    hpf_mask_shape_t  shape;

    mask_test_rules(HPF_MASK_TYPE_JSON);

    hpf_mask_shape_init(&shape, HPF_MASK_ID_CARD);
    is_int(hpf_mask_shape_keep(&shape, 3, 4), HPF_OK, "keep 3 and 4");
    is_int(hpf_mask_shape_char(&shape, "×", 2), HPF_OK, "another character");
    is_int(hpf_mask_shape_char(&shape, "\"", 1), HPF_ERROR, "not a quote");
    is_int(hpf_mask_shape_char(&shape, "ab", 2), HPF_ERROR, "not two");
    is_int(hpf_mask_rules_key(body_rules, "zjhm", 4, &shape), HPF_OK, "a key");
    is_int(hpf_mask_rules_value(body_rules, &shape, 1), HPF_OK, "a value");

    hpf_mask_shape_init(&shape, HPF_MASK_MOBILE);
    is_int(hpf_mask_rules_value(body_rules, &shape, 0), HPF_OK, "a value off");

    hpf_mask_shape_init(&shape, HPF_MASK_NAME);
    is_int(hpf_mask_rules_value(body_rules, &shape, 1), HPF_DECLINED,
           "names are not looked for");
    is_int(hpf_mask_shape_keep(&shape, 1, 1), HPF_ERROR, "nor counted");
    is_int(hpf_mask_rules_key(body_rules, "", 0, &shape), HPF_DECLINED,
           "no key");
    is_int(hpf_mask_rules_key(body_rules, "a*c", 3, &shape), HPF_OK,
           "a pattern");
    is_int(hpf_mask_rules_compile(body_rules), HPF_OK, "compiled");

    mask_test_json("{\"ZJHM\":\"11010519491231002X\","
                   "\"x\":\"11010519491231002X\","
                   "\"y\":\"13800138000\",\"abbc\":\"abc\",\"abb\":\"abc\"}",
                   "{\"ZJHM\":\"110×××××××××××002X\","
                   "\"x\":\"110×××××××××××002X\","
                   "\"y\":\"13800138000\",\"abbc\":\"a*c\",\"abb\":\"abc\"}");

    /* the rules below are as they were */

    mask_test_rules(HPF_MASK_TYPE_JSON);
    mask_test_ready();

    mask_test_json("{\"zjhm\":\"11010519491231002X\"}",
                   "{\"zjhm\":\"110105********002X\"}");
}


static void
test_names(void)
{
    unsigned     i;
    const char  *name;

    for (i = 0; i < HPF_MASK_KINDS; i++) {
        name = hpf_mask_kind_name(i);
        is_int(hpf_mask_kind_find(name, strlen(name)), i, "kind %s", name);
    }
}


int
main(void)
{
    plan(0);

    mask_test_rules(HPF_MASK_TYPE_JSON);
    mask_test_ready();

    test_forms();
    test_rules();
    test_names();

    return mask_test_done();
}
