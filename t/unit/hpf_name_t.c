/* links: core/hpf_name.c */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Names: of many languages, with what nobody sees in them, and the dots of
 * keyboards between Chinese characters.
 */

#include "hpf_name.h"
#include "tap.h"


static void
is_spelt(const char *name, const char *want)
{
    size_t         n;
    unsigned char  out[256];

    n = hpf_name_spell(out, (const unsigned char *) name, strlen(name));

    is_str((char *) out, n, want, "%s", name);
    ok(n <= HPF_NAME_LEN(strlen(name)), "in its room");
}


int
main(void)
{
    size_t  i;

    static const char  *names[] = {
        "张三", "欧阳娜娜", "阿不都热依木·买买提", "𠮷野家", "㐂", "〇一",
        "John Smith", "O'Brien", "Müller", "김철수", "ཚེ་རིང", "ئابدۇرېھىم",
        "张三（小）", "深圳市启明信息技术有限公司", "a"
    };

    static const char  *others[] = {
        "", " ", "  ", " 张三", "张三 ", "\xe3\x80\x80张三", "张三\xe3\x80\x80",
        "张\n三", "张\t三", "张\x7f三", "张\xc2\x85三", "张\xe2\x80\x8b三",
        "张\xe2\x80\x8d三", "张\xe2\x80\xae三", "张\xe2\x81\xa6三",
        "张\xef\xbb\xbf三", "张\xe2\x80\xa8三", "张\xc2\xad三",
        "\xe3\x85\xa4", "张\xef\xbf\xbf三", "张\xf3\xa0\x81\x81三"
    };

    plan(0);

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        ok(hpf_name_is((const unsigned char *) names[i], strlen(names[i])),
           "a name: %s", names[i]);
    }

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        ok(!hpf_name_is((const unsigned char *) others[i], strlen(others[i])),
           "no name: %d", (int) i);
    }

    is_spelt("张三", "张三");
    is_spelt("买买提·艾力", "买买提·艾力");
    is_spelt("买买提•艾力", "买买提·艾力");
    is_spelt("买买提‧艾力", "买买提·艾力");
    is_spelt("买买提・艾力", "买买提·艾力");
    is_spelt("买买提．艾力", "买买提·艾力");
    is_spelt("买.买.提", "买·买·提");
    is_spelt("𠮷.𠮷", "𠮷·𠮷");
    is_spelt("John F. Kennedy", "John F. Kennedy");
    is_spelt("J.R.R. Tolkien", "J.R.R. Tolkien");
    is_spelt(".张.", ".张.");
    is_spelt("张\xe4\xb8", "张\xe4\xb8");
    is_spelt("", "");

    return done();
}
