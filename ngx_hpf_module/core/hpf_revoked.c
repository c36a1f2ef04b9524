/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Revoked serial numbers, see the header.
 */


#include <stdlib.h>
#include <string.h>

#include "hpf_plugin.h"
#include "hpf_revoked.h"


static int hpf_revoked_entry(hpf_revoked_entry_t *entry, unsigned issuer,
    const unsigned char *serial, size_t len);
static int hpf_revoked_compare(const void *one, const void *two);


int
hpf_revoked_init(hpf_revoked_t *set, size_t room)
{
    memset(set, 0, sizeof(hpf_revoked_t));

    if (room == 0) {
        return HPF_OK;
    }

    set->entries = calloc(room, sizeof(hpf_revoked_entry_t));
    if (set->entries == NULL) {
        return HPF_ERROR;
    }

    set->room = room;

    return HPF_OK;
}


void
hpf_revoked_free(hpf_revoked_t *set)
{
    free(set->entries);
    memset(set, 0, sizeof(hpf_revoked_t));
}


int
hpf_revoked_add(hpf_revoked_t *set, unsigned issuer,
    const unsigned char *serial, size_t len)
{
    size_t                room;
    hpf_revoked_entry_t  *entries;

    if (set->n == set->room) {
        room = set->room ? set->room * 2 : 16;

        entries = realloc(set->entries, room * sizeof(hpf_revoked_entry_t));
        if (entries == NULL) {
            return HPF_ERROR;
        }

        set->entries = entries;
        set->room = room;
    }

    if (hpf_revoked_entry(&set->entries[set->n], issuer, serial, len)
        != HPF_OK)
    {
        return HPF_DECLINED;
    }

    set->n++;

    return HPF_OK;
}


static int
hpf_revoked_entry(hpf_revoked_entry_t *entry, unsigned issuer,
    const unsigned char *serial, size_t len)
{
    if (len == 0 || len > HPF_REVOKED_SERIAL || issuer > UINT16_MAX) {
        return HPF_DECLINED;
    }

    memset(entry, 0, sizeof(hpf_revoked_entry_t));

    entry->issuer = issuer;
    entry->len = len;
    memcpy(entry->serial, serial, len);

    return HPF_OK;
}


/* Any order will do that is one. */

static int
hpf_revoked_compare(const void *one, const void *two)
{
    return memcmp(one, two, sizeof(hpf_revoked_entry_t));
}


/* Most authorities list them in an order of their own: by date, or by none. */

void
hpf_revoked_sort(hpf_revoked_t *set)
{
    if (set->n) {
        qsort(set->entries, set->n, sizeof(hpf_revoked_entry_t),
              hpf_revoked_compare);
    }
}


int
hpf_revoked_has(const hpf_revoked_t *set, unsigned issuer,
    const unsigned char *serial, size_t len)
{
    hpf_revoked_entry_t  entry;

    if (set->n == 0
        || hpf_revoked_entry(&entry, issuer, serial, len) != HPF_OK)
    {
        return 0;
    }

    return bsearch(&entry, set->entries, set->n, sizeof(hpf_revoked_entry_t),
                   hpf_revoked_compare) != NULL;
}
