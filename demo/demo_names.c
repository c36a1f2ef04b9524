/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Names of people, units, places and streets.  All are common ones; that
 * somebody is really called so is chance.
 */


#include <stdio.h>

#include "demo_names.h"


#define DEMO_NAMES_SEED  0x48504664656d6f31ULL

#define demo_names_of(table)  (sizeof(table) / sizeof((table)[0]))


enum {
    DEMO_NAMES_SURNAME = 1000,
    DEMO_NAMES_GIVEN,
    DEMO_NAMES_SECOND,
    DEMO_NAMES_LENGTH,
    DEMO_NAMES_TRADE,
    DEMO_NAMES_STREET,
    DEMO_NAMES_HOUSE
};


static const char  *demo_names_surnames[] = {
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周",
    "徐", "孙", "马", "朱", "胡", "郭", "何", "林", "高", "罗",
    "郑", "梁", "谢", "宋", "唐", "许", "韩", "邓", "冯", "曹",
    "彭", "曾", "萧", "田", "董", "潘", "袁", "蔡", "余", "于",
    "欧阳", "上官", "司马", "诸葛"
};

static const char  *demo_names_male[] = {
    "伟", "强", "军", "磊", "勇", "杰", "涛", "明", "超", "辉",
    "刚", "平", "鹏", "浩", "宇", "建", "国", "文", "志", "海",
    "波", "峰", "龙", "斌", "成", "亮", "毅", "俊", "翔", "松"
};

static const char  *demo_names_female[] = {
    "芳", "娜", "敏", "静", "丽", "艳", "娟", "霞", "秀", "玲",
    "燕", "红", "梅", "莉", "兰", "洁", "慧", "颖", "婷", "雪",
    "琳", "倩", "丹", "萍", "欣", "怡", "佳", "璐", "蕾", "云"
};

static const char  *demo_names_first[] = {
    "启", "华", "中", "恒", "安", "瑞", "宏", "鼎", "嘉", "盛",
    "远", "新", "天", "金", "博", "凯", "德", "信", "万", "正",
    "永", "泰", "东", "海", "长"
};

static const char  *demo_names_last[] = {
    "明", "达", "诚", "通", "源", "邦", "联", "创", "兴", "腾",
    "和", "美", "科", "锐", "康", "隆", "润", "城", "越", "丰"
};

static const char  *demo_names_trades[] = {
    "科技", "建筑工程", "商贸", "物流", "医药", "机械制造", "信息技术",
    "餐饮管理", "文化传媒", "环保", "纺织", "电子"
};

static const char  *demo_names_streets[] = {
    "人民路", "解放路", "中山路", "建设路", "和平路", "新华路", "文化路",
    "胜利路", "长江路", "黄河路", "学府街", "幸福街", "朝阳街", "滨河路"
};

static const demo_place_t  demo_names_places[] = {
    { "110101", "北京市", "东城区" },
    { "110105", "北京市", "朝阳区" },
    { "110108", "北京市", "海淀区" },
    { "120101", "天津市", "和平区" },
    { "210102", "沈阳市", "和平区" },
    { "310104", "上海市", "徐汇区" },
    { "310115", "上海市", "浦东新区" },
    { "320102", "南京市", "玄武区" },
    { "320106", "南京市", "鼓楼区" },
    { "330106", "杭州市", "西湖区" },
    { "340102", "合肥市", "瑶海区" },
    { "350102", "福州市", "鼓楼区" },
    { "370102", "济南市", "历下区" },
    { "420102", "武汉市", "江岸区" },
    { "420106", "武汉市", "武昌区" },
    { "430102", "长沙市", "芙蓉区" },
    { "440103", "广州市", "荔湾区" },
    { "440106", "广州市", "天河区" },
    { "440305", "深圳市", "南山区" },
    { "500103", "重庆市", "渝中区" },
    { "510104", "成都市", "锦江区" },
    { "510107", "成都市", "武侯区" },
    { "530102", "昆明市", "五华区" },
    { "610102", "西安市", "新城区" }
};


/* splitmix64, started where index and salt say */

uint64_t
demo_names_hash(uint64_t index, unsigned salt)
{
    uint64_t  z;

    z = DEMO_NAMES_SEED + (index * 4096 + salt + 1) * 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;

    return z ^ (z >> 31);
}


unsigned
demo_names_pick(uint64_t index, unsigned salt, unsigned n)
{
    return (unsigned) (demo_names_hash(index, salt) % n);
}


void
demo_names_person(char *out, size_t size, uint64_t index, int male)
{
    unsigned            n;
    const char         *second;
    const char        **given;

    given = male ? demo_names_male : demo_names_female;
    n = male ? demo_names_of(demo_names_male)
             : demo_names_of(demo_names_female);

    second = demo_names_pick(index, DEMO_NAMES_LENGTH, 4) == 0
             ? "" : given[demo_names_pick(index, DEMO_NAMES_SECOND, n)];

    (void) snprintf(out, size, "%s%s%s",
        demo_names_surnames[demo_names_pick(index, DEMO_NAMES_SURNAME,
                                         demo_names_of(demo_names_surnames))],
        given[demo_names_pick(index, DEMO_NAMES_GIVEN, n)], second);
}


void
demo_names_unit(char *out, size_t size, unsigned index)
{
    unsigned             last, first, trade;
    const demo_place_t  *place;

    first = index % demo_names_of(demo_names_first);
    last = index / demo_names_of(demo_names_first)
           % demo_names_of(demo_names_last);
    trade = demo_names_pick(index, DEMO_NAMES_TRADE,
                            demo_names_of(demo_names_trades));
    place = demo_names_place(index, DEMO_NAMES_TRADE);

    (void) snprintf(out, size, "%s%s%s%s有限公司", place->city,
                    demo_names_first[first], demo_names_last[last],
                    demo_names_trades[trade]);
}


void
demo_names_address(char *out, size_t size, uint64_t index,
    const demo_place_t *place)
{
    unsigned  house, street;

    street = demo_names_pick(index, DEMO_NAMES_STREET,
                             demo_names_of(demo_names_streets));
    house = demo_names_pick(index, DEMO_NAMES_HOUSE, 4000);

    (void) snprintf(out, size, "%s%s%s%u号%u栋%u%02u室", place->city,
                    place->district, demo_names_streets[street],
                    house % 199 + 1, house % 17 + 1, house % 23 + 1,
                    house % 4 + 1);
}


const demo_place_t *
demo_names_place(uint64_t index, unsigned salt)
{
    return &demo_names_places[demo_names_pick(index, salt,
                                           demo_names_of(demo_names_places))];
}
