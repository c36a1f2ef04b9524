/*
 * Copyright (C) the HPF gateway authors
 */

/* What a password has to be, see the header. */

#include <string.h>

#include "hpf_password_rule.h"


#define HPF_PASSWORD_RUN        6      /* of a number of one's own */
#define HPF_PASSWORD_DIFFERENT  5      /* characters, at least */


static size_t hpf_password_rule_count(const hpf_password_text_t *s,
    unsigned *classes, unsigned *faults);
static size_t hpf_password_rule_char(const unsigned char *p,
    const unsigned char *last);
static unsigned hpf_password_rule_class(unsigned char ch);
static int hpf_password_rule_common(const hpf_password_text_t *s);
static size_t hpf_password_rule_different(const hpf_password_text_t *s);
static int hpf_password_rule_is_number(const hpf_password_text_t *s);
static int hpf_password_rule_holds(const hpf_password_text_t *s,
    const unsigned char *p, size_t len);
static int hpf_password_rule_own(const hpf_password_text_t *s,
    const hpf_password_text_t *own);
static unsigned char hpf_password_rule_lower(unsigned char ch);


/*
 * In lower case, as they are used where three classes are asked for: what
 * remains of a password without the signs at its end.
 */

static const char  *hpf_password_rule_commons[] = {
    "123456a", "123456aa", "123456ab", "123456abc", "123456qq", "12345678a",
    "12345678aa", "123456789a", "123qwe", "123qweasd", "1q2w3e", "1q2w3e4r",
    "1q2w3e4r5t", "1qaz2wsx", "1qaz2wsx3edc", "1qaz@wsx", "!qaz2wsx",
    "a12345678", "a123456", "a1234567", "a123456789", "aa112233", "aa123123",
    "aa123456", "aa1234567", "aa12345678", "aa123456789", "aaa111", "aaaa1111",
    "abc123", "abc12345", "abc123456", "abc1234567", "abcd1234", "abcd123456",
    "admin123", "admin1234", "admin12345", "admin123456", "admin@123",
    "asd12345", "asd123456", "asdf1234", "changeme1", "gongjijin1",
    "gongjijin123", "gjj12329", "gjj123456", "hello123", "iloveyou1",
    "iloveyou123", "letmein1", "p@ssw0rd", "p@ssw0rd1", "p@ssword1",
    "p@ssword123", "pass1234", "pass@123", "pass@word1", "passw0rd",
    "passw0rd1", "password1", "password12", "password123", "password1234",
    "q1w2e3r4", "q1w2e3r4t5", "qaz123456", "qazwsx123", "qq123456",
    "qq123456789", "qwe12345", "qwe123456", "qwer1234", "qwer123456",
    "qwerty1", "qwerty12", "qwerty123", "qwerty1234", "qwerty12345",
    "qwerty123456", "root1234", "test1234", "test@123", "wang123456",
    "welcome1", "welcome123", "welcome@123", "woaini123", "woaini1314",
    "woaini520", "woaini521", "woaini5201314", "zaq12wsx", "zxc12345",
    "zxc123456", "zxcv1234", "zxcvbnm1", "zxcvbnm123", NULL
};


static const struct {
    const char  *name;
    const char  *zh;
    const char  *en;
} hpf_password_rule_faults[HPF_PASSWORD_FAULTS] = {
    { "length", "密码长度不符合要求（至少 8 个字符，最多 128 个字符）",
      "is too short or too long: 8 characters at least, 128 at most" },
    { "control", "密码不能包含控制字符",
      "must have no control characters" },
    { "classes", "密码须包含大写字母、小写字母、数字、符号中的三种，"
      "或不少于 15 个字符",
      "needs three of capitals, small letters, digits and other characters, "
      "or 15 characters" },
    { "common", "密码过于常见，容易被猜到",
      "is one of those that are guessed first" },
    { "own", "密码不能包含本人的姓名、证件号码或手机号码",
      "must not contain your name or your numbers" }
};


unsigned
hpf_password_rule_check(const hpf_password_text_t *password, size_t min,
    const hpf_password_text_t *own, size_t n)
{
    size_t    i, len;
    unsigned  classes, faults;

    faults = 0;
    classes = 0;

    len = hpf_password_rule_count(password, &classes, &faults);

    if (len < min || len > HPF_PASSWORD_MAX) {
        faults |= HPF_PASSWORD_LENGTH;
    }

    /* of four bits three, when one is left after two were taken away */

    classes &= classes - 1;
    classes &= classes - 1;

    if (classes == 0 && len < HPF_PASSWORD_PHRASE) {
        faults |= HPF_PASSWORD_CLASSES;
    }

    if (hpf_password_rule_common(password)
        || hpf_password_rule_different(password) < HPF_PASSWORD_DIFFERENT)
    {
        faults |= HPF_PASSWORD_COMMON;
    }

    for (i = 0; i < n; i++) {

        if (hpf_password_rule_own(password, &own[i])) {
            faults |= HPF_PASSWORD_OWN;
        }
    }

    return faults;
}


/* Characters; what is no UTF-8 counts as control characters. */

static size_t
hpf_password_rule_count(const hpf_password_text_t *s, unsigned *classes,
    unsigned *faults)
{
    size_t                n, len;
    const unsigned char  *p, *last;

    p = s->data;
    last = p + s->len;

    for (n = 0; p < last; n++) {

        len = hpf_password_rule_char(p, last);

        if (len == 0 || *p < 0x20 || *p == 0x7f
            || (*p == 0xc2 && p[1] < 0xa0))
        {
            *faults |= HPF_PASSWORD_CONTROL;
        }

        *classes |= hpf_password_rule_class(*p);
        p += len ? len : 1;
    }

    return n;
}


/* The bytes of a character, 0: it is none. */

static size_t
hpf_password_rule_char(const unsigned char *p, const unsigned char *last)
{
    size_t  i, len;

    if (*p < 0x80) {
        return 1;
    }

    len = *p >= 0xf0 && *p < 0xf5 ? 4 : *p >= 0xe0 && *p < 0xf0 ? 3
          : *p >= 0xc2 && *p < 0xe0 ? 2 : 0;

    if (len > (size_t) (last - p)) {
        return 0;
    }

    for (i = 1; i < len; i++) {

        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }

    return len;
}


static unsigned
hpf_password_rule_class(unsigned char ch)
{
    if (ch >= '0' && ch <= '9') {
        return 1;
    }

    if (ch >= 'a' && ch <= 'z') {
        return 2;
    }

    return ch >= 'A' && ch <= 'Z' ? 4 : 8;
}


static int
hpf_password_rule_common(const hpf_password_text_t *s)
{
    size_t        i, n, len;
    const char  **word;

    len = s->len;

    while (len && hpf_password_rule_class(s->data[len - 1]) == 8) {
        len--;
    }

    for (word = hpf_password_rule_commons; *word; word++) {

        n = strlen(*word);

        for (i = 0; n == len && i < n; i++) {

            if (hpf_password_rule_lower(s->data[i])
                != (unsigned char) (*word)[i])
            {
                break;
            }
        }

        if (n == len && i == n) {
            return 1;
        }
    }

    return 0;
}


/* Bytes are good enough: characters of several have several. */

static size_t
hpf_password_rule_different(const hpf_password_text_t *s)
{
    size_t         i, n;
    unsigned char  seen[256];

    memset(seen, 0, sizeof(seen));

    n = 0;

    for (i = 0; i < s->len; i++) {
        n += !seen[s->data[i]];
        seen[s->data[i]] = 1;
    }

    return n;
}


static int
hpf_password_rule_own(const hpf_password_text_t *s,
    const hpf_password_text_t *own)
{
    size_t  i;

    if (!hpf_password_rule_is_number(own)) {

        /* one character is in too many words */

        return own->len > 3 && hpf_password_rule_holds(s, own->data, own->len);
    }

    for (i = 0; i + HPF_PASSWORD_RUN <= own->len; i++) {

        if (hpf_password_rule_holds(s, own->data + i, HPF_PASSWORD_RUN)) {
            return 1;
        }
    }

    return 0;
}


/* It may have letters, as an X at the end. */

static int
hpf_password_rule_is_number(const hpf_password_text_t *s)
{
    size_t  i, digits;

    digits = 0;

    for (i = 0; i < s->len; i++) {
        digits += hpf_password_rule_class(s->data[i]) == 1;
    }

    return digits >= HPF_PASSWORD_RUN;
}


static int
hpf_password_rule_holds(const hpf_password_text_t *s, const unsigned char *p,
    size_t len)
{
    size_t  i, j;

    for (i = 0; i + len <= s->len; i++) {

        for (j = 0; j < len; j++) {

            if (hpf_password_rule_lower(s->data[i + j])
                != hpf_password_rule_lower(p[j]))
            {
                break;
            }
        }

        if (j == len) {
            return 1;
        }
    }

    return 0;
}


static unsigned char
hpf_password_rule_lower(unsigned char ch)
{
    return hpf_password_rule_class(ch) == 4 ? ch | 0x20 : ch;
}


const char *
hpf_password_rule_name(unsigned fault)
{
    return hpf_password_rule_faults[fault].name;
}


const char *
hpf_password_rule_text(unsigned fault, int en)
{
    return en ? hpf_password_rule_faults[fault].en
              : hpf_password_rule_faults[fault].zh;
}
