/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Where the demo's people and units get their names from, and the generator
 * that chooses: a hash of (index, salt), so that everything about a person
 * follows from the index alone, at any time and in any order.
 */

#ifndef _DEMO_NAMES_H_INCLUDED_
#define _DEMO_NAMES_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


typedef struct {
    const char  *code;                 /* GB/T 2260, six digits */
    const char  *city;
    const char  *district;
} demo_place_t;


/* 64 well mixed bits; one salt for each thing that is chosen. */
uint64_t demo_names_hash(uint64_t index, unsigned salt);
/* The same in 0 .. n - 1. */
unsigned demo_names_pick(uint64_t index, unsigned salt, unsigned n);

void demo_names_person(char *out, size_t size, uint64_t index, int male);
/* Different for each index below 500. */
void demo_names_unit(char *out, size_t size, unsigned index);
void demo_names_address(char *out, size_t size, uint64_t index,
    const demo_place_t *place);

const demo_place_t *demo_names_place(uint64_t index, unsigned salt);


#endif /* _DEMO_NAMES_H_INCLUDED_ */
