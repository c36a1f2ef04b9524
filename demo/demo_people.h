/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The demo's individuals and units: pure functions of an index.  Numbers are
 * unique and their check digits are right.
 */

#ifndef _DEMO_PEOPLE_H_INCLUDED_
#define _DEMO_PEOPLE_H_INCLUDED_


#include "demo_names.h"


#define DEMO_PEOPLE_N        10000
#define DEMO_PEOPLE_UNITS    500
#define DEMO_PEOPLE_HOUSES   2         /* of one person, at most */


typedef struct {
    unsigned             index;
    unsigned             unit;
    int                  male;
    int                  born;         /* the year */

    char                 name[32];
    char                 id_no[19];
    char                 mobile[12];
    char                 bank_card[20];
    char                 account_no[13];
    char                 address[128];

    const demo_place_t  *place;
} demo_person_t;

typedef struct {
    unsigned             index;
    unsigned             handler;      /* a person of this unit */
    char                 name[96];
    char                 uscc[19];
} demo_unit_t;

typedef struct {
    char                 city[16];
    char                 address[128];
    char                 area[8];      /* square metres */
    char                 registered[11];
} demo_house_t;


void demo_people_get(demo_person_t *p, unsigned index);
void demo_people_unit(demo_unit_t *u, unsigned index);

/* The index of whom the person is married to since then, or -1. */
int demo_people_spouse(unsigned index, char since[11]);

/* What the real-estate register has; returns how many houses. */
unsigned demo_people_houses(unsigned index,
    demo_house_t houses[DEMO_PEOPLE_HOUSES]);


#endif /* _DEMO_PEOPLE_H_INCLUDED_ */
