/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Individuals 2k (a man) and 2k + 1 (a woman) may be married to each other.
 * What must be unique comes from the index by a multiplication without a
 * common factor; check characters are found by asking which one is right.
 */


#include <stdio.h>
#include <string.h>

#include "hpf_ident.h"
#include "demo_people.h"


#define DEMO_PEOPLE_LAST_YEAR  2025    /* the newest facts */


enum {
    DEMO_PEOPLE_PLACE = 1,
    DEMO_PEOPLE_BIRTH,
    DEMO_PEOPLE_PREFIX,
    DEMO_PEOPLE_BANK,
    DEMO_PEOPLE_HANDLER,
    DEMO_PEOPLE_MARRIED,
    DEMO_PEOPLE_SINCE,
    DEMO_PEOPLE_OWNS,
    DEMO_PEOPLE_OWNER,
    DEMO_PEOPLE_HOUSE
};

typedef int (*demo_people_valid_pt)(const unsigned char *p, size_t len);


static int demo_people_born(unsigned index);
static int demo_people_is_id(const unsigned char *p, size_t len);
static void demo_people_check(char *p, size_t len, const char *alphabet,
    demo_people_valid_pt valid);
static void demo_people_house(demo_house_t *house, unsigned index,
    unsigned n);


void
demo_people_get(demo_person_t *p, unsigned index)
{
    static const char  *prefixes[] = {
        "130", "133", "135", "136", "137", "138", "139", "150",
        "151", "158", "159", "176", "180", "186", "188", "189"
    };
    static const char  *banks[] = { "622202", "622848", "621700", "621661" };

    uint64_t            n, birth;

    memset(p, 0, sizeof(demo_person_t));

    n = index;
    p->index = index;
    p->male = (index % 2 == 0);
    p->unit = index % DEMO_PEOPLE_UNITS;
    p->born = demo_people_born(index);
    p->place = demo_names_place(index, DEMO_PEOPLE_PLACE);

    demo_names_person(p->name, sizeof(p->name), index, p->male);
    demo_names_address(p->address, sizeof(p->address), index, p->place);

    /* the sequence number is odd for men */

    birth = demo_names_hash(index, DEMO_PEOPLE_BIRTH);

    (void) snprintf(p->id_no, sizeof(p->id_no), "%s%04d%02u%02u%03u",
                    p->place->code, p->born, (unsigned) (birth % 12) + 1,
                    (unsigned) (birth / 12 % 28) + 1,
                    index / 2 % 500 * 2 + (p->male ? 1 : 0));

    demo_people_check(p->id_no, HPF_IDENT_ID_LEN, "0123456789X",
                      demo_people_is_id);

    (void) snprintf(p->mobile, sizeof(p->mobile), "%s%08u",
                    prefixes[demo_names_pick(index, DEMO_PEOPLE_PREFIX, 16)],
                    (unsigned) ((n * 61803399 + 20231) % 100000000));

    (void) snprintf(p->bank_card, sizeof(p->bank_card), "%s%012llu",
                    banks[demo_names_pick(index, DEMO_PEOPLE_BANK, 4)],
                    (unsigned long long) ((n * 618033988749ULL
                                           + 123456789012ULL)
                                          % 1000000000000ULL));

    demo_people_check(p->bank_card, HPF_IDENT_CARD_MAX, "0123456789",
                      hpf_ident_is_bank_card);

    (void) snprintf(p->account_no, sizeof(p->account_no), "2008%08u",
                    (unsigned) ((n * 14142137 + 33) % 100000000));
}


/*
 * Of those with the same sequence number each is born in another four years,
 * so that no two numbers are the same.
 */

static int
demo_people_born(unsigned index)
{
    unsigned  pair;

    pair = index / 2;

    return 1962 + (int) ((pair / 500 + pair % 500) % 10 * 4
                         + demo_names_pick(index, DEMO_PEOPLE_BIRTH, 4));
}


void
demo_people_unit(demo_unit_t *u, unsigned index)
{
    char                 org[HPF_IDENT_ORG_LEN + 1];
    const demo_place_t  *place;

    memset(u, 0, sizeof(demo_unit_t));

    u->index = index;
    u->handler = index + DEMO_PEOPLE_UNITS
                 * (1 + demo_names_pick(index, DEMO_PEOPLE_HANDLER,
                                   DEMO_PEOPLE_N / DEMO_PEOPLE_UNITS - 1));

    demo_names_unit(u->name, sizeof(u->name), index);

    place = demo_names_place(index, DEMO_PEOPLE_PLACE);

    (void) snprintf(org, sizeof(org), "MA%06u",
                    (index * 314159 + 271) % 1000000);

    demo_people_check(org, HPF_IDENT_ORG_LEN, "0123456789X",
                      hpf_ident_is_org_code);

    (void) snprintf(u->uscc, sizeof(u->uscc), "91%s%s", place->code, org);

    demo_people_check(u->uscc, HPF_IDENT_USCC_LEN,
                      "0123456789ABCDEFGHJKLMNPQRTUWXY", hpf_ident_is_uscc);
}


static int
demo_people_is_id(const unsigned char *p, size_t len)
{
    static const hpf_date_t  today = { DEMO_PEOPLE_LAST_YEAR, 12, 31 };

    return hpf_ident_is_id_card(p, len, &today);
}


static void
demo_people_check(char *p, size_t len, const char *alphabet,
    demo_people_valid_pt valid)
{
    p[len] = '\0';

    for ( /* void */ ; *alphabet; alphabet++) {
        p[len - 1] = *alphabet;

        if (valid((const unsigned char *) p, len)) {
            return;
        }
    }
}


/* The first pair is single and owns nothing: the examples begin with it. */

int
demo_people_spouse(unsigned index, char since[11])
{
    int       year, other;
    unsigned  day, pair;

    pair = index / 2;

    if (pair == 0 || demo_names_pick(pair, DEMO_PEOPLE_MARRIED, 100) >= 60) {
        return -1;
    }

    year = demo_people_born(2 * pair);
    other = demo_people_born(2 * pair + 1);

    if (year < other) {
        year = other;
    }

    year += 23 + (int) demo_names_pick(pair, DEMO_PEOPLE_SINCE, 8);

    if (year > DEMO_PEOPLE_LAST_YEAR) {
        return -1;
    }

    if (since) {
        day = demo_names_pick(pair, DEMO_PEOPLE_SINCE, 12 * 28);
        (void) snprintf(since, 11, "%04u-%02u-%02u",
                        (unsigned) year % 10000,
                        day % 12 + 1, day / 12 % 28 + 1);
    }

    return (int) (index ^ 1);
}


unsigned
demo_people_houses(unsigned index, demo_house_t houses[DEMO_PEOPLE_HOUSES])
{
    unsigned  i, n, owner, household, owns;

    if (index < 2) {
        return 0;
    }

    if (demo_people_spouse(index, NULL) < 0) {

        if (demo_names_pick(index, DEMO_PEOPLE_OWNS, 100) >= 35) {
            return 0;
        }

        demo_people_house(&houses[0], index, 0);

        return 1;
    }

    /* a couple's houses belong to both of them or to one */

    household = index / 2 * 2;
    owns = demo_names_pick(household, DEMO_PEOPLE_OWNS, 100);
    n = 0;

    for (i = 0; i < DEMO_PEOPLE_HOUSES; i++) {

        if (owns >= (i == 0 ? 70 : 12)) {
            break;
        }

        owner = demo_names_pick(household, DEMO_PEOPLE_OWNER + 1000 * i, 4);

        if (owner >= 2 || owner == index % 2) {
            demo_people_house(&houses[n++], household, i);
        }
    }

    return n;
}


static void
demo_people_house(demo_house_t *house, unsigned index, unsigned n)
{
    uint64_t             h;
    const demo_place_t  *place;

    h = demo_names_hash(index, DEMO_PEOPLE_HOUSE + n * 1000);
    place = demo_names_place(index, DEMO_PEOPLE_PLACE);

    (void) snprintf(house->city, sizeof(house->city), "%s", place->city);

    demo_names_address(house->address, sizeof(house->address),
                       index + DEMO_PEOPLE_N * (n + 1), place);

    (void) snprintf(house->area, sizeof(house->area), "%u.%u",
                    55 + (unsigned) (h % 95), 1 + (unsigned) (h / 95 % 9));

    (void) snprintf(house->registered, sizeof(house->registered),
                    "%04u-%02u-%02u", 2008 + (unsigned) (h / 1000 % 17),
                    1 + (unsigned) (h / 20000 % 12),
                    1 + (unsigned) (h / 300000 % 28));
}
