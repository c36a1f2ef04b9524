/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Rules of masking: an open hash of exact names behind a table that refuses
 * most keys by their first byte and length, and a list of patterns.
 */

#include <string.h>

#include "hpf_mask_rules.h"


#define HPF_MASK_RULES_MAX    4096

#define hpf_mask_fold(c)  ((unsigned char)                                    \
    (((c) >= 'A' && (c) <= 'Z') ? ((c) | 0x20) : (c)))


struct hpf_mask_key_s {
    const unsigned char  *name;           /* folded */
    size_t                len;
    unsigned              pattern;
    hpf_mask_shape_t      shape;
};


typedef struct {
    unsigned              kind;
    const char           *names;          /* separated by spaces */
} hpf_mask_default_t;


static void *hpf_mask_rules_alloc(hpf_mask_rules_t *rules, size_t size);
static int hpf_mask_rules_grow(hpf_mask_rules_t *rules);
static void hpf_mask_rules_insert(hpf_mask_rules_t *rules, size_t i);
static size_t hpf_mask_rules_hash(const unsigned char *p, size_t len);
static unsigned hpf_mask_rules_same(const hpf_mask_key_t *key,
    const unsigned char *p, size_t len);
static unsigned hpf_mask_rules_match(const hpf_mask_key_t *key,
    const unsigned char *p, size_t len);


/*
 * The spellings that are met: camel case and snake case in English, initials
 * of pinyin, and the field codes of JGJ/T 320.
 */

static const hpf_mask_default_t  hpf_mask_defaults[] = {

    { HPF_MASK_NAME,
      "name xm userName user_name realName real_name fullName full_name "
      "custName cust_name customerName customer_name personName person_name "
      "handlerName handler_name applicantName applicant_name spouseName "
      "spouse_name contactName contact_name xingming jkrxm gtjkrxm jbrxm "
      "dwfrdbxm poxm lxr lxrxm 姓名 联系人 经办人" },

    { HPF_MASK_ID_CARD,
      "idNo id_no idCard id_card idCardNo id_card_no idNumber id_number "
      "idCode id_code certNo cert_no certNum cert_num certificateNo "
      "certificate_no identityNo identity_no identityCard identity_card "
      "sfz sfzh sfzhm sfzjhm zjhm jkrzjh jkrzjhm gtjkrzjhm jbrzjhm "
      "dwfrdbzjhm pozjhm 身份证 身份证号 身份证号码 证件号码" },

    { HPF_MASK_MOBILE,
      "mobile mobileNo mobile_no mobilePhone mobile_phone mobileNumber "
      "mobile_number cellphone cell_phone phone phoneNo phone_no phoneNum "
      "phone_num phoneNumber phone_number tel telNo tel_no telephone "
      "contactPhone contact_phone sj sjh sjhm lxdh jbrsjhm gddhhm "
      "手机 手机号 手机号码 电话 联系电话" },

    { HPF_MASK_BANK_CARD,
      "bankCard bank_card bankCardNo bank_card_no cardNo card_no cardNumber "
      "card_number bankAccount bank_account bankAccountNo bank_account_no "
      "bankNo bank_no yhkh yhkhm yhzh grckzhhm hkzh sfrzhhm "
      "银行卡 银行卡号 银行账号" },

    { HPF_MASK_ACCOUNT,
      "account accountNo account_no accountNumber account_number acctNo "
      "acct_no grzh dkzh 个人账号 公积金账号" },

    { HPF_MASK_ADDRESS,
      "address addr dz jtzz jtdz lxdz txdz hjdz homeAddress home_address "
      "houseAddress house_address fwzl 地址 住址 家庭住址 房屋坐落" },

    { HPF_MASK_EMAIL,
      "email e_mail mail emailAddress email_address dzyx yx dwdzxx "
      "邮箱 电子邮箱" },

    { HPF_MASK_ALL,
      "password passwd pwd" }
};


hpf_mask_rules_t *
hpf_mask_rules_create(const hpf_mask_alloc_t *alloc,
    const hpf_mask_rules_t *base)
{
    unsigned           kind;
    hpf_mask_rules_t  *rules;

    rules = alloc->alloc(alloc->data, sizeof(hpf_mask_rules_t));
    if (rules == NULL) {
        return NULL;
    }

    memset(rules, 0, sizeof(hpf_mask_rules_t));
    rules->alloc = *alloc;

    if (base == NULL) {

        for (kind = 0; kind < HPF_MASK_KINDS; kind++) {
            hpf_mask_shape_init(&rules->value[kind], kind);
        }

        return rules;
    }

    rules->values = base->values;
    memcpy(rules->value, base->value, sizeof(rules->value));

    if (base->nkeys == 0) {
        return rules;
    }

    rules->keys = hpf_mask_rules_alloc(rules,
                                       base->nkeys * sizeof(hpf_mask_key_t));
    if (rules->keys == NULL) {
        return NULL;
    }

    memcpy(rules->keys, base->keys, base->nkeys * sizeof(hpf_mask_key_t));
    rules->nkeys = base->nkeys;
    rules->size = base->nkeys;

    return rules;
}


int
hpf_mask_rules_defaults(hpf_mask_rules_t *rules)
{
    int                        rc;
    size_t                     i, n;
    const char                *p;
    hpf_mask_shape_t           shape;
    const hpf_mask_default_t  *d;

    for (i = 0; i < sizeof(hpf_mask_defaults) / sizeof(*d); i++) {
        d = &hpf_mask_defaults[i];
        hpf_mask_shape_init(&shape, d->kind);

        for (p = d->names; *p != '\0'; p += n + (p[n] == ' ')) {
            n = strcspn(p, " ");

            rc = hpf_mask_rules_key(rules, p, n, &shape);
            if (rc != HPF_OK) {
                return rc;
            }
        }
    }

    rules->values = 1u << HPF_MASK_ID_CARD
                    | 1u << HPF_MASK_MOBILE
                    | 1u << HPF_MASK_BANK_CARD
                    | 1u << HPF_MASK_EMAIL;

    return HPF_OK;
}


int
hpf_mask_rules_key(hpf_mask_rules_t *rules, const char *name, size_t len,
    const hpf_mask_shape_t *shape)
{
    size_t           i;
    unsigned char   *p;
    hpf_mask_key_t  *key;

    if (len == 0
        || len > HPF_MASK_KEY_MAX
        || rules->nkeys == HPF_MASK_RULES_MAX)
    {
        return HPF_DECLINED;
    }

    if (rules->nkeys == rules->size && hpf_mask_rules_grow(rules) != HPF_OK) {
        return HPF_ERROR;
    }

    p = hpf_mask_rules_alloc(rules, len);
    if (p == NULL) {
        return HPF_ERROR;
    }

    key = &rules->keys[rules->nkeys];

    key->name = p;
    key->len = len;
    key->pattern = 0;
    key->shape = *shape;

    for (i = 0; i < len; i++) {
        p[i] = hpf_mask_fold((unsigned char) name[i]);

        if (p[i] == '*') {
            key->pattern = 1;
        }
    }

    rules->nkeys++;

    return HPF_OK;
}


int
hpf_mask_rules_value(hpf_mask_rules_t *rules, const hpf_mask_shape_t *shape,
    unsigned on)
{
    switch (shape->kind) {

    case HPF_MASK_ID_CARD:
    case HPF_MASK_MOBILE:
    case HPF_MASK_BANK_CARD:
    case HPF_MASK_EMAIL:
    case HPF_MASK_PASSPORT:
    case HPF_MASK_USCC:
    case HPF_MASK_ID_CARD_15:
        break;

    default:
        return HPF_DECLINED;
    }

    rules->value[shape->kind] = *shape;

    if (on) {
        rules->values |= 1u << shape->kind;

    } else {
        rules->values &= ~(1u << shape->kind);
    }

    return HPF_OK;
}


int
hpf_mask_rules_compile(hpf_mask_rules_t *rules)
{
    size_t           i, n, size;
    hpf_mask_key_t  *key;

    size = 16;

    while (size < rules->nkeys * 2) {
        size *= 2;
    }

    rules->slots = hpf_mask_rules_alloc(rules, size * sizeof(uint16_t));
    rules->patterns = hpf_mask_rules_alloc(rules,
                                   (rules->nkeys + 1) * sizeof(uint16_t));

    if (rules->slots == NULL || rules->patterns == NULL) {
        return HPF_ERROR;
    }

    memset(rules->slots, 0, size * sizeof(uint16_t));
    memset(rules->lens, 0, sizeof(rules->lens));

    rules->mask = size - 1;
    rules->npatterns = 0;

    for (i = 0; i < rules->nkeys; i++) {
        key = &rules->keys[i];

        if (!key->pattern) {
            n = (key->len < 63) ? key->len : 63;
            rules->lens[key->name[0]] |= (uint64_t) 1 << n;
            hpf_mask_rules_insert(rules, i);
        }
    }

    while (i-- > 0) {

        if (rules->keys[i].pattern) {
            rules->patterns[rules->npatterns++] = (uint16_t) i;
        }
    }

    return HPF_OK;
}


const hpf_mask_shape_t *
hpf_mask_rules_find(const hpf_mask_rules_t *rules, const unsigned char *name,
    size_t len)
{
    size_t           i, n;
    hpf_mask_key_t  *key;

    if (len == 0 || len > HPF_MASK_KEY_MAX) {
        return NULL;
    }

    n = (len < 63) ? len : 63;

    if ((rules->lens[hpf_mask_fold(name[0])] >> n) & 1) {

        i = hpf_mask_rules_hash(name, len) & rules->mask;

        while (rules->slots[i]) {
            key = &rules->keys[rules->slots[i] - 1];

            if (hpf_mask_rules_same(key, name, len)) {
                return &key->shape;
            }

            i = (i + 1) & rules->mask;
        }
    }

    for (i = 0; i < rules->npatterns; i++) {
        key = &rules->keys[rules->patterns[i]];

        if (hpf_mask_rules_match(key, name, len)) {
            return &key->shape;
        }
    }

    return NULL;
}


static void *
hpf_mask_rules_alloc(hpf_mask_rules_t *rules, size_t size)
{
    return rules->alloc.alloc(rules->alloc.data, size);
}


static int
hpf_mask_rules_grow(hpf_mask_rules_t *rules)
{
    size_t           size;
    hpf_mask_key_t  *keys;

    size = (rules->size < 16) ? 32 : rules->size * 2;

    keys = hpf_mask_rules_alloc(rules, size * sizeof(hpf_mask_key_t));
    if (keys == NULL) {
        return HPF_ERROR;
    }

    if (rules->nkeys) {
        memcpy(keys, rules->keys, rules->nkeys * sizeof(hpf_mask_key_t));
    }

    rules->keys = keys;
    rules->size = size;

    return HPF_OK;
}


/* A later rule takes the place of an earlier one of the same name. */

static void
hpf_mask_rules_insert(hpf_mask_rules_t *rules, size_t k)
{
    size_t           i;
    hpf_mask_key_t  *key;

    key = &rules->keys[k];
    i = hpf_mask_rules_hash(key->name, key->len) & rules->mask;

    while (rules->slots[i]) {

        if (hpf_mask_rules_same(&rules->keys[rules->slots[i] - 1], key->name,
                                key->len))
        {
            break;
        }

        i = (i + 1) & rules->mask;
    }

    rules->slots[i] = (uint16_t) (k + 1);
}


/* FNV-1a of the folded name. */

static size_t
hpf_mask_rules_hash(const unsigned char *p, size_t len)
{
    size_t    i;
    uint32_t  hash;

    hash = 2166136261u;

    for (i = 0; i < len; i++) {
        hash = (hash ^ hpf_mask_fold(p[i])) * 16777619u;
    }

    return hash ^ hash >> 15;
}


static unsigned
hpf_mask_rules_same(const hpf_mask_key_t *key, const unsigned char *p,
    size_t len)
{
    size_t  i;

    if (key->len != len) {
        return 0;
    }

    for (i = 0; i < len; i++) {

        if (key->name[i] != hpf_mask_fold(p[i])) {
            return 0;
        }
    }

    return 1;
}


/* Each star takes as little as it can, and more when the rest fails. */

static unsigned
hpf_mask_rules_match(const hpf_mask_key_t *key, const unsigned char *p,
    size_t len)
{
    size_t  i, k, star, from;

    i = 0;
    k = 0;
    star = key->len;
    from = 0;

    while (i < len) {

        if (k < key->len && key->name[k] == '*') {
            star = k++;
            from = i;

        } else if (k < key->len && key->name[k] == hpf_mask_fold(p[i])) {
            k++;
            i++;

        } else if (star < key->len) {
            k = star + 1;
            i = ++from;

        } else {
            return 0;
        }
    }

    while (k < key->len && key->name[k] == '*') {
        k++;
    }

    return k == key->len;
}
