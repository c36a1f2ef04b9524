/* links: crypto/hpf_password.c crypto/hpf_crypto.c core/hpf_base64.c core/hpf_hex.c core/hpf_password_rule.c -lcrypto */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Passwords: scrypt, records that say what they were made
 * with, and what a password has to be.
 */


#include <string.h>

#include "tap.h"
#include "hpf_hex.h"
#include "hpf_password.h"
#include "hpf_password_rule.h"
#include "hpf_plugin.h"


static unsigned
faults(const char *text)
{
    hpf_password_text_t  own[3], password;

    own[0].data = (const unsigned char *) "张三";
    own[0].len = strlen("张三");
    own[1].data = (const unsigned char *) "11010519491231002X";
    own[1].len = 18;
    own[2].data = (const unsigned char *) "13800138000";
    own[2].len = 11;

    password.data = (const unsigned char *) text;
    password.len = strlen(text);

    return hpf_password_rule_check(&password, 8, own, 3);
}


static void
rules(void)
{
    int   i;
    char  longest[HPF_PASSWORD_MAX + 2];

    is_int(faults("Tr0ubadour&3"), 0, "a good one");
    is_int(faults("correct horse battery"), 0, "a phrase of one class");
    is_int(faults("我家的小猫爱吃鱼Xy"), 0, "characters of other scripts");
    is_int(faults("Kx7#mQ2"), HPF_PASSWORD_LENGTH, "seven characters");
    is_int(faults("Kx7#mQ2w"), 0, "eight");
    is_int(faults("猫猫猫狗狗狗Aa7"), 0, "characters are counted, not bytes");
    is_int(faults("kxq7mq2w"), HPF_PASSWORD_CLASSES, "two classes");
    is_int(faults("kxqwmq#w"), HPF_PASSWORD_CLASSES, "two others");
    is_int(faults("kxqwmqAw7"), 0, "three");
    is_int(faults("Aa123456"), HPF_PASSWORD_COMMON, "a common one");
    is_int(faults("P@ssw0rd!!"), HPF_PASSWORD_COMMON, "and signs behind it");
    is_int(faults("aaaaaaaaaaaaaaaaaa"), HPF_PASSWORD_COMMON,
           "one character many times");
    is_int(faults("Zz!138001380"), HPF_PASSWORD_OWN, "his mobile");
    is_int(faults("Zz!19491231q"), HPF_PASSWORD_OWN, "his birthday");
    is_int(faults("Zz!31002x"), HPF_PASSWORD_OWN, "the end of his number");
    is_int(faults("Zz7!张三wqe"), HPF_PASSWORD_OWN, "his name");
    is_int(faults("Zz7!张wqe4r"), 0, "a part of it");
    is_int(faults("Kx7#mQ2\tw"), HPF_PASSWORD_CONTROL, "a tabulator");
    is_int(faults("Kx7#mQ2\xc2\x85w"), HPF_PASSWORD_CONTROL, "NEL");
    is_int(faults("Kx7#mQ2\xff\x85w"), HPF_PASSWORD_CONTROL, "no UTF-8");
    is_int(faults("Kx7#mQ2w\xe5\xbc"), HPF_PASSWORD_CONTROL, "cut off");
    is_int(faults(""), HPF_PASSWORD_LENGTH | HPF_PASSWORD_CLASSES
                       | HPF_PASSWORD_COMMON, "nothing");

    for (i = 0; i < HPF_PASSWORD_MAX + 1; i++) {
        longest[i] = "aB3#x-Q9"[i % 8];
    }

    longest[i] = '\0';
    is_int(faults(longest), HPF_PASSWORD_LENGTH, "too long");

    longest[i - 1] = '\0';
    is_int(faults(longest), 0, "the longest");
}


/* Against another implementation: Python's hashlib.scrypt(). */

static void
records(void)
{
    char                text[HPF_PASSWORD_RECORD], again[HPF_PASSWORD_RECORD];
    size_t              n, i;
    hpf_crypto_t       *c;
    hpf_password_t      one, two;
    hpf_crypto_part_t   part;
    hpf_crypto_hmac_t  *pepper, *other;

    static const char  *wrong[] = {
        "", "scrypt$10$8$1$", "scrypt$9$8$1$AAAAAAAAAAAAAAAAAAAAAA$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "scrypt$21$8$1$AAAAAAAAAAAAAAAAAAAAAA$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "scrypt$10$8$1$AAAAAAAAAAAAAAAAAAAAAA*"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "scrypt$10$8$1$AAAAAAAAAAAAAAAAAAAAA!$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "bcrypt$10$8$1$AAAAAAAAAAAAAAAAAAAAAA$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };

    c = hpf_crypto_create();
    pepper = hpf_crypto_hmac_create(c, HPF_CRYPTO_SHA256, "one", 3);
    other = hpf_crypto_hmac_create(c, HPF_CRYPTO_SHA256, "two", 3);

    memset(&one, 0, sizeof(one));
    one.cost.log_n = 10;
    one.cost.r = 8;
    one.cost.p = 2;
    memcpy(one.salt, "0123456789abcdef", HPF_PASSWORD_SALT);

    part.data = "pleaseletmein";
    part.len = 13;

    ok(hpf_password_derive(&one, &part) == HPF_OK, "derived");
    n = hpf_hex_encode(text, one.hash, HPF_PASSWORD_HASH);
    is_str(text, n, "347a2339bf86f99b85a57e768d01893e"
           "0fc0690a6f21b92eae6c0b31d088517b", "scrypt");
    two = one;

    ok(hpf_password_key(&one, pepper) == HPF_OK, "with a key");
    ok(memcmp(one.hash, two.hash, HPF_PASSWORD_HASH) != 0, "is another");
    ok(hpf_password_key(&two, other) == HPF_OK
       && memcmp(one.hash, two.hash, HPF_PASSWORD_HASH) != 0,
       "with another key as well");

    n = hpf_password_write(&one, text);
    ok(n <= HPF_PASSWORD_RECORD, "a record");
    ok(memcmp(text, "scrypt$10$8$2$MDEyMzQ1Njc4OWFiY2RlZg$", 37) == 0,
       "says what it was made with");

    part.data = text;
    part.len = n;

    memset(&two, 0, sizeof(two));
    ok(hpf_password_read(&two, &part) == HPF_OK, "is read");
    ok(memcmp(&one, &two, sizeof(one)) == 0, "as it was written");
    is_int(hpf_password_write(&two, again), n, "and written");
    ok(memcmp(text, again, n) == 0, "as it was read");

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        part.data = wrong[i];
        part.len = strlen(wrong[i]);
        ok(hpf_password_read(&two, &part) == HPF_ERROR, "no record %d",
           (int) i);
    }

    one.cost.log_n = 20;
    one.cost.r = 32;
    one.cost.p = 16;
    ok(hpf_password_cost_check(&one.cost) == HPF_OK, "the greatest cost");
    one.cost.p = 17;
    ok(hpf_password_cost_check(&one.cost) == HPF_ERROR, "and beyond it");

    memset(&one, 255, sizeof(one));
    one.cost.log_n = 20;
    one.cost.r = 32;
    one.cost.p = 16;
    ok(hpf_password_write(&one, text) <= HPF_PASSWORD_RECORD,
       "the longest record");

    hpf_crypto_hmac_destroy(pepper);
    hpf_crypto_hmac_destroy(other);
    hpf_crypto_destroy(c);
}


int
main(void)
{
    unsigned  i;

    plan(50);

    rules();
    records();

    for (i = 0; i < HPF_PASSWORD_FAULTS; i++) {
        ok(hpf_password_rule_name(i) && *hpf_password_rule_text(i, 0)
           && *hpf_password_rule_text(i, 1), "fault %u is told", i);
    }

    return done();
}
