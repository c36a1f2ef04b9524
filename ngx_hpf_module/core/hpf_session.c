/*
 * Copyright (C) the HPF gateway authors
 */

#include <string.h>

#include "hpf_plugin.h"
#include "hpf_session.h"


/*
 * With its lock a set of fifteen fills 34 cache lines, 145 bytes a session.
 * With two choices of so many, nine tenths of the table are in use before one
 * in a thousand finds no place; of eight it is one in a hundred.
 */
#define HPF_SESSION_WAYS  15
#define HPF_SESSION_NAME  16           /* bytes of the key that are kept */


typedef struct {
    uint32_t               epoch;
    unsigned char          name[HPF_SESSION_NAME];
    hpf_session_t          session;
} hpf_session_entry_t;


/* What a search reads comes first: one entry is touched, not all. */

typedef struct {
    uint32_t               tag[HPF_SESSION_WAYS];    /* of name; 0: free */
    uint32_t               used[HPF_SESSION_WAYS];   /* when, at last */
    hpf_session_entry_t    entry[HPF_SESSION_WAYS];
} hpf_session_set_t;


/* Who looks, for what, and when. */

typedef struct {
    const unsigned char         *key;
    uint32_t                     tag;
    uint32_t                     epoch;
    uint32_t                     now;
    const hpf_session_doubt_t   *doubt;  /* what is in doubt will do, or NULL */
} hpf_session_look_t;


static void hpf_session_look(hpf_session_look_t *look,
    const unsigned char *key, uint32_t epoch, uint32_t now);
static int hpf_session_take(hpf_set_table_t *table,
    const hpf_session_look_t *look, hpf_session_t *session);
static hpf_session_set_t *hpf_session_lock(hpf_set_table_t *table,
    const unsigned char *key, unsigned choice);
static int hpf_session_find(const hpf_session_set_t *set,
    const hpf_session_look_t *look);
static int hpf_session_ended(const hpf_session_t *session, uint32_t now);
static int hpf_session_good(const hpf_session_entry_t *entry,
    const hpf_session_look_t *look);
static unsigned hpf_session_room(hpf_session_set_t *set,
    const hpf_session_look_t *look);
static int hpf_session_oldest(const hpf_session_set_t *set, uint32_t epoch);
static int hpf_session_older(const hpf_session_set_t *set, int i, int than,
    uint32_t epoch);
static void hpf_session_write(hpf_session_set_t *set, int i,
    const hpf_session_look_t *look, const hpf_session_t *session);
static unsigned hpf_session_choose(hpf_set_table_t *table,
    const hpf_session_look_t *look);


void
hpf_session_shape(uint32_t *ways, uint32_t *size)
{
    *ways = 1;
    *size = sizeof(hpf_session_set_t);
}


int
hpf_session_get(hpf_set_table_t *table, const unsigned char *key,
    uint32_t epoch, uint32_t now, hpf_session_t *session)
{
    hpf_session_look_t  look;

    hpf_session_look(&look, key, epoch, now);

    return hpf_session_take(table, &look, session);
}


int
hpf_session_get_doubted(hpf_set_table_t *table, const unsigned char *key,
    uint32_t now, const hpf_session_doubt_t *doubt, hpf_session_t *session)
{
    hpf_session_look_t  look;

    hpf_session_look(&look, key, doubt->epoch, now);
    look.doubt = doubt;

    return hpf_session_take(table, &look, session);
}


/* What is in doubt stays: the store may say the same again, or nothing. */

static int
hpf_session_take(hpf_set_table_t *table, const hpf_session_look_t *look,
    hpf_session_t *session)
{
    int                  i;
    unsigned             choice;
    hpf_session_t       *s;
    hpf_session_set_t   *set;

    for (choice = 0; choice < 2; choice++) {

        set = hpf_session_lock(table, look->key, choice);
        i = hpf_session_find(set, look);

        if (i >= 0) {
            s = &set->entry[i].session;

            if (hpf_session_ended(s, look->now)
                || s->fresh_until <= look->now)
            {
                set->tag[i] = 0;

            } else if (hpf_session_good(&set->entry[i], look)) {
                s->idle_at = look->now + s->idle;
                set->used[i] = look->now;
                *session = *s;

                hpf_set_unlock(table, set);

                return HPF_OK;
            }
        }

        hpf_set_unlock(table, set);
    }

    return HPF_DECLINED;
}


static void
hpf_session_look(hpf_session_look_t *look, const unsigned char *key,
    uint32_t epoch, uint32_t now)
{
    look->key = key;
    look->epoch = epoch;
    look->now = now;
    look->doubt = NULL;

    memcpy(&look->tag, key, sizeof(look->tag));

    if (look->tag == 0) {
        look->tag = 1;
    }
}


/* The key is a keyed hash: what its first half does not name, the rest does. */

static hpf_session_set_t *
hpf_session_lock(hpf_set_table_t *table, const unsigned char *key,
    unsigned choice)
{
    uint64_t  hash;

    memcpy(&hash, key + HPF_SESSION_NAME + choice * sizeof(hash),
           sizeof(hash));

    return hpf_set_lock(table, hash);
}


static int
hpf_session_find(const hpf_session_set_t *set, const hpf_session_look_t *look)
{
    int  i;

    for (i = 0; i < HPF_SESSION_WAYS; i++) {

        if (set->tag[i] == look->tag
            && memcmp(set->entry[i].name, look->key, HPF_SESSION_NAME) == 0)
        {
            return i;
        }
    }

    return -1;
}


static int
hpf_session_ended(const hpf_session_t *session, uint32_t now)
{
    return session->idle_at <= now || session->ends_at <= now;
}


/* Or good enough. */

static int
hpf_session_good(const hpf_session_entry_t *entry,
    const hpf_session_look_t *look)
{
    uint32_t                    epoch, since;
    const hpf_session_doubt_t  *doubt;

    doubt = look->doubt;

    if (entry->epoch == look->epoch) {
        return 1;
    }

    if (doubt == NULL
        || look->epoch - entry->epoch > HPF_SESSION_EPOCHS / 2)
    {
        return 0;
    }

    /* one that was void took with it all that was there */

    for (epoch = entry->epoch; epoch != look->epoch; epoch++) {

        since = __atomic_load_n(&doubt->since[epoch % HPF_SESSION_EPOCHS],
                                __ATOMIC_RELAXED);

        if (since == 0) {
            return 0;
        }

        if (epoch == entry->epoch && look->now - since > doubt->stale) {
            return 0;
        }
    }

    return 1;
}


int
hpf_session_put(hpf_set_table_t *table, const unsigned char *key,
    uint32_t now, const hpf_session_t *session, const hpf_session_mark_t *mark)
{
    int                  i;
    unsigned             choice;
    hpf_session_set_t   *set;
    hpf_session_look_t   look;

    hpf_session_look(&look, key, mark->epoch, now);

    choice = hpf_session_choose(table, &look);
    set = hpf_session_lock(table, key, choice);

    if (__atomic_load_n(mark->drops, __ATOMIC_ACQUIRE) != mark->mark) {
        hpf_set_unlock(table, set);
        return HPF_DECLINED;
    }

    i = hpf_session_find(set, &look);

    if (i < 0) {
        (void) hpf_session_room(set, &look);
        i = hpf_session_oldest(set, look.epoch);
    }

    hpf_session_write(set, i, &look, session);

    hpf_set_unlock(table, set);

    return HPF_OK;
}


/* Where it is, or there is more room, or what is older. */

static unsigned
hpf_session_choose(hpf_set_table_t *table, const hpf_session_look_t *look)
{
    int                 found;
    unsigned            choice, room[2];
    uint32_t            oldest[2];
    hpf_session_set_t  *set;

    for (choice = 0; choice < 2; choice++) {

        set = hpf_session_lock(table, look->key, choice);

        found = hpf_session_find(set, look);
        room[choice] = hpf_session_room(set, look);
        oldest[choice] = set->used[hpf_session_oldest(set, look->epoch)];

        hpf_set_unlock(table, set);

        if (found >= 0) {
            return choice;
        }
    }

    if (room[0] != room[1]) {
        return room[1] > room[0];
    }

    return oldest[1] < oldest[0];
}


/* Frees what has ended, and counts what is free or no loss. */

static unsigned
hpf_session_room(hpf_session_set_t *set, const hpf_session_look_t *look)
{
    int       i;
    unsigned  room;

    room = 0;

    for (i = 0; i < HPF_SESSION_WAYS; i++) {

        if (set->tag[i] == 0
            || hpf_session_ended(&set->entry[i].session, look->now))
        {
            set->tag[i] = 0;
            room++;

        } else if (set->entry[i].epoch != look->epoch) {
            room++;
        }
    }

    return room;
}


/* A free one is older than any, and one of another epoch than any of this. */

static int
hpf_session_oldest(const hpf_session_set_t *set, uint32_t epoch)
{
    int  i, oldest;

    oldest = 0;

    for (i = 0; i < HPF_SESSION_WAYS; i++) {

        if (set->tag[i] == 0) {
            return i;
        }

        if (hpf_session_older(set, i, oldest, epoch)) {
            oldest = i;
        }
    }

    return oldest;
}


static int
hpf_session_older(const hpf_session_set_t *set, int i, int than,
    uint32_t epoch)
{
    int  past, than_past;

    past = (set->entry[i].epoch != epoch);
    than_past = (set->entry[than].epoch != epoch);

    return past != than_past ? past : set->used[i] < set->used[than];
}


static void
hpf_session_write(hpf_session_set_t *set, int i,
    const hpf_session_look_t *look, const hpf_session_t *session)
{
    set->tag[i] = look->tag;
    set->used[i] = look->now;
    set->entry[i].epoch = look->epoch;
    set->entry[i].session = *session;

    memcpy(set->entry[i].name, look->key, HPF_SESSION_NAME);
}


void
hpf_session_touched(hpf_set_table_t *table, const unsigned char *key,
    uint32_t epoch, uint32_t now)
{
    int                  i;
    unsigned             choice;
    hpf_session_set_t   *set;
    hpf_session_look_t   look;

    hpf_session_look(&look, key, epoch, now);

    for (choice = 0; choice < 2; choice++) {

        set = hpf_session_lock(table, key, choice);
        i = hpf_session_find(set, &look);

        if (i >= 0) {
            set->entry[i].session.touched_at = now;
        }

        hpf_set_unlock(table, set);
    }
}


/* What is dropped is not left to be read: a subject, though sealed. */

void
hpf_session_drop(hpf_set_table_t *table, const unsigned char *key)
{
    int                  i;
    unsigned             choice;
    hpf_session_set_t   *set;
    hpf_session_look_t   look;

    hpf_session_look(&look, key, 0, 0);

    for (choice = 0; choice < 2; choice++) {

        set = hpf_session_lock(table, key, choice);
        i = hpf_session_find(set, &look);

        if (i >= 0) {
            set->tag[i] = 0;
            memset(&set->entry[i], 0, sizeof(hpf_session_entry_t));
        }

        hpf_set_unlock(table, set);
    }
}
