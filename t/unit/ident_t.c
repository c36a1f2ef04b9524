/* links: core/hpf_ident.c */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Identifiers: the standards' own examples, valid check digits on invalid
 * dates, and one fault of each kind.
 */

#include "hpf_ident.h"
#include "tap.h"


static const hpf_date_t  today = { 2026, 11, 23 };


static int
id_card(const char *s)
{
    return hpf_ident_is_id_card((const unsigned char *) s, strlen(s), &today);
}


static int
of(int (*f)(const unsigned char *p, size_t len), const char *s)
{
    return f((const unsigned char *) s, strlen(s));
}


static void
test_id_card(void)
{
    size_t         i;
    hpf_date_t     eve;
    unsigned char  id[HPF_IDENT_ID_LEN];

    static const char  *valid[] = {
        "11010519491231002X", "11010519491231002x", "440524188001010014",
        "110101200002290018", "810000199408230021", "830000199201300022",
        "931156198102281118"
    };

    static const char  *invalid[] = {
        "110105194912310021", "110101190002290011", "110101199002300014",
        "", "11010519491231002", "11010519491231002X1", "1101051949123100aX",
        "510105194912310021", "X10105194912310021"
    };

    for (i = 0; i < sizeof(valid) / sizeof(valid[0]); i++) {
        ok(id_card(valid[i]), "%s is an ID card", valid[i]);
    }

    for (i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
        ok(!id_card(invalid[i]), "\"%s\" is none", invalid[i]);
    }

    eve.year = 2000;
    eve.month = 2;
    eve.day = 28;

    ok(!hpf_ident_is_id_card((const unsigned char *) "110101200002290018", 18,
                             &eve),
       "nobody was born tomorrow");

    eve.day = 29;

    ok(hpf_ident_is_id_card((const unsigned char *) "110101200002290018", 18,
                            &eve),
       "born today");

    is_int(hpf_ident_id_card(id,
                             (const unsigned char *) "11010519491231002x", 18,
                             &today),
           HPF_OK, "x is accepted");
    is_str(id, 18, "11010519491231002X", "and normalised");

    ok(hpf_ident_is_old_id_card((const unsigned char *) "110105491231002", 15,
                                &today),
       "fifteen digits");
    ok(!hpf_ident_is_old_id_card((const unsigned char *) "110105490231002",
                                 15, &today),
       "not on 31 February");
}


static void
test_uscc(void)
{
    ok(of(hpf_ident_is_uscc, "91350100M000100Y43"), "credit code");
    ok(of(hpf_ident_is_uscc, "91110000600037341L"), "credit code, L");
    ok(!of(hpf_ident_is_uscc, "91350100M000100Y44"), "check character");
    ok(!of(hpf_ident_is_uscc, "91350100I000100Y43"), "no I");
    ok(!of(hpf_ident_is_uscc, "91350100O000100Y43"), "no O");
    ok(!of(hpf_ident_is_uscc, "91350100S000100Y43"), "no S");
    ok(!of(hpf_ident_is_uscc, "91350100V000100Y43"), "no V");
    ok(!of(hpf_ident_is_uscc, "91350100Z000100Y43"), "no Z");
    ok(!of(hpf_ident_is_uscc, "91350100m000100y43"), "upper case");
    ok(!of(hpf_ident_is_uscc, "91350100M000100Y4"), "seventeen");
    ok(of(hpf_ident_is_org_code, "M000100Y4"), "organisation code");
    ok(of(hpf_ident_is_org_code, "600037341"), "organisation code, digits");
    ok(!of(hpf_ident_is_org_code, "600037342"), "its check digit");
}


static void
is_mobile(const char *s, const char *expected)
{
    int            rc;
    unsigned char  mobile[HPF_IDENT_MOBILE_LEN];

    rc = hpf_ident_mobile(mobile, (const unsigned char *) s, strlen(s));

    if (expected == NULL) {
        is_int(rc, HPF_DECLINED, "\"%s\" is no mobile number", s);
        return;
    }

    ok(rc == HPF_OK && memcmp(mobile, expected, sizeof(mobile)) == 0,
       "\"%s\" is %s", s, expected);
}


static void
test_numbers(void)
{
    ok(of(hpf_ident_is_mobile, "13800138000"), "mobile");
    ok(of(hpf_ident_is_mobile, "17012345678"), "virtual operator");
    ok(of(hpf_ident_is_mobile, "16212345678"), "virtual operator, 162");
    ok(!of(hpf_ident_is_mobile, "10012345678"), "1[3-9]");
    ok(!of(hpf_ident_is_mobile, "138001380001"), "twelve digits");
    ok(!of(hpf_ident_is_mobile, "+8613800138000"), "strict");
    ok(!of(hpf_ident_is_mobile, "1064812345678"), "of a thing");

    is_mobile("13800138000", "13800138000");
    is_mobile("+8613800138000", "13800138000");
    is_mobile("+86 138-0013-8000", "13800138000");
    is_mobile("008613800138000", "13800138000");
    is_mobile("138 0013 8000 ", "13800138000");
    is_mobile("+8513800138000", NULL);
    is_mobile("12329", NULL);
    is_mobile("138001380001", NULL);
    is_mobile("", NULL);
    is_mobile("+", NULL);
    is_mobile("\xef\xbc\x91" "3800138000", NULL);

    ok(of(hpf_ident_is_bank_card, "6222020000000000000"), "bank card");
    ok(of(hpf_ident_is_bank_card, "6217000010012345677"), "bank card, 19");
    ok(!of(hpf_ident_is_bank_card, "6222021234567890123"), "Luhn");
    ok(!of(hpf_ident_is_bank_card, "62220200000000000000"), "twenty");
    ok(!of(hpf_ident_is_bank_card, "622202000000"), "twelve");

    ok(of(hpf_ident_is_issued_card, "6217000010012345677"), "of UnionPay");
    ok(of(hpf_ident_is_issued_card, "4111111111111111"), "of Visa");
    ok(of(hpf_ident_is_issued_card, "378282246310005"), "of fifteen digits");
    ok(!of(hpf_ident_is_issued_card, "1234567812345670"), "of nobody");
}


static void
is_fen(const char *s, int64_t expected)
{
    int64_t  fen;

    fen = -1;

    if (expected < 0) {
        is_int(hpf_ident_money((const unsigned char *) s, strlen(s), &fen),
               HPF_DECLINED, "\"%s\" is no sum of money", s);
        return;
    }

    (void) hpf_ident_money((const unsigned char *) s, strlen(s), &fen);

    is_int(fen, expected, "fen of \"%s\"", s);
}


static void
is_yuan(int64_t fen, const char *expected)
{
    size_t         n;
    unsigned char  text[HPF_IDENT_MONEY_LEN];

    n = hpf_ident_money_text(text, fen);

    is_str(text, n, expected, "%lld fen", (long long) fen);
}


static void
test_money(void)
{
    is_fen("0.01", 1);
    is_fen("0.00", 0);
    is_fen("1024.00", 102400);
    is_fen("9999999999999999.99", 999999999999999999);
    is_fen("10000000000000000.00", -1);
    is_fen("1e3", -1);
    is_fen("-1", -1);
    is_fen("-1.00", -1);
    is_fen("1.005", -1);
    is_fen("NaN", -1);
    is_fen("1,000.00", -1);
    is_fen("01.00", -1);
    is_fen(".50", -1);
    is_fen("1.0", -1);
    is_fen("", -1);

    is_yuan(0, "0.00");
    is_yuan(5, "0.05");
    is_yuan(102400, "1024.00");
    is_yuan(-199, "-1.99");
    is_yuan(INT64_MAX, "92233720368547758.07");
    is_yuan(INT64_MIN, "-92233720368547758.08");
}


static void
is_date(const char *s, int rc)
{
    hpf_date_t  date;

    is_int(hpf_ident_date((const unsigned char *) s, strlen(s), &date), rc,
           "date \"%s\"", s);
}


static void
is_month(const char *s, int rc)
{
    hpf_date_t  date;

    is_int(hpf_ident_month((const unsigned char *) s, strlen(s), &date), rc,
           "month \"%s\"", s);
}


static void
test_dates(void)
{
    hpf_date_t  date;

    is_date("2024-02-29", HPF_OK);
    is_date("2023-02-29", HPF_DECLINED);
    is_date("1900-02-29", HPF_DECLINED);
    is_date("2000-02-29", HPF_OK);
    is_date("2024-13-01", HPF_DECLINED);
    is_date("2024-00-01", HPF_DECLINED);
    is_date("2024-04-31", HPF_DECLINED);
    is_date("2024-04-00", HPF_DECLINED);
    is_date("2024/04/01", HPF_DECLINED);
    is_date("2024-4-1", HPF_DECLINED);
    is_date("", HPF_DECLINED);

    is_month("2024-12", HPF_OK);
    is_month("2024-13", HPF_DECLINED);
    is_month("202412", HPF_DECLINED);

    (void) hpf_ident_date((const unsigned char *) "2024-02-29", 10, &date);

    is_int(date.year * 10000 + date.month * 100 + date.day, 20240229,
           "the parts of a date");
    ok(hpf_ident_date_cmp(&date, &today) < 0, "before");
    is_int(hpf_ident_date_cmp(&today, &today), 0, "on");
}


int
main(void)
{
    plan(0);

    test_id_card();
    test_uscc();
    test_numbers();
    test_money();
    test_dates();

    return done();
}
