/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Serial numbers of revoked certificates: one array of 24 bytes an entry,
 * sorted once and then searched by halves.  An issuer is a small number that
 * the caller gives.
 */

#ifndef _HPF_REVOKED_H_INCLUDED_
#define _HPF_REVOKED_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


#define HPF_REVOKED_SERIAL  21         /* RFC 5280: 20; and a zero in front */


typedef struct {
    uint16_t       issuer;
    unsigned char  len;
    unsigned char  serial[HPF_REVOKED_SERIAL];
} hpf_revoked_entry_t;

typedef struct {
    hpf_revoked_entry_t  *entries;
    size_t                n;
    size_t                room;
} hpf_revoked_t;


/* All zeros is an empty one.  room is what will come at most, or a guess. */
int hpf_revoked_init(hpf_revoked_t *set, size_t room);
void hpf_revoked_free(hpf_revoked_t *set);

/* The content of a DER INTEGER.  HPF_DECLINED: too long; HPF_ERROR: memory. */
int hpf_revoked_add(hpf_revoked_t *set, unsigned issuer,
    const unsigned char *serial, size_t len);

/* When all have been added. */
void hpf_revoked_sort(hpf_revoked_t *set);

/* 1: it is there. */
int hpf_revoked_has(const hpf_revoked_t *set, unsigned issuer,
    const unsigned char *serial, size_t len);


#endif /* _HPF_REVOKED_H_INCLUDED_ */
