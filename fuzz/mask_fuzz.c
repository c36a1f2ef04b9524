/* links: mask */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The masking engine over JSON and text with the usual rules: the first byte
 * says how to split the rest and whether it is text.  Every split gives what
 * the whole gives, and masking that once more changes nothing.
 */

#include "mask_fuzz.h"


static hpf_mask_rules_t  *rules;
static mask_fuzz_text_t   whole, parts, twice;


/*
 * A card in groups is taken for a line of numbers when groups of its size are
 * behind it, and for a card when these are masked: digits of it go then, and
 * nothing else, before mask characters that are a group.
 */

static int
cards(void)
{
    size_t         i, groups;
    unsigned char  c;

    groups = 0;

    if (whole.n != twice.n) {
        return 0;
    }

    for (i = 0; i < whole.n; i++) {
        c = whole.p[i];

        if (c != twice.p[i]
            && (twice.p[i] != '*' || c < '0' || c > '9'))
        {
            return 0;
        }

        /* a space: as it is, U+00A0, U+3000, or an escape that ends so */

        if (c == '*' && i > 0 && memchr(" 0\xa0\x80", whole.p[i - 1], 4)) {
            groups++;
        }
    }

    return groups > 0;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hpf_mask_conf_t  conf;

    if (rules == NULL) {
        rules = mask_fuzz_rules();

        /* no pattern: a name with a value in it is another one afterwards */

        mask_fuzz_key(rules, "x", HPF_MASK_NONE, 0);
        hpf_mask_rules_compile(rules);
    }

    if (size == 0 || size > MASK_FUZZ_MAX) {
        return 0;
    }

    memset(&conf, 0, sizeof(conf));
    conf.rules = rules;
    conf.type = (data[0] & 0x80) ? HPF_MASK_TYPE_TEXT : HPF_MASK_TYPE_JSON;

    mask_fuzz_run(&whole, &conf, data + 1, size - 1, 0);

    mask_fuzz_run(&parts, &conf, data + 1, size - 1, (data[0] & 0x3f) | 1);
    mask_fuzz_equal(&whole, &parts, "in parts");

    mask_fuzz_run(&parts, &conf, data + 1, size - 1, 1);
    mask_fuzz_equal(&whole, &parts, "in bytes");

    mask_fuzz_run(&twice, &conf, whole.p, whole.n, 0);
    twice.count = whole.count;
    twice.revealed = whole.revealed;

    if (!cards()) {
        mask_fuzz_equal(&whole, &twice, "twice");
    }

    return 0;
}
