/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Sessions in a table that processes share: fixed-size records, found by a
 * keyed hash of the token.  A record may be in either of two sets, which the
 * hash names; a new one goes into the emptier of them, so that nearly all of
 * the table is used before any is pushed out, and then the one goes of both
 * that was not used for the longest time.
 *
 * Only one set is locked at a time.  What two processes put at once may so be
 * in both: the first is found, and a drop looks into both.
 *
 * Times are seconds of a clock that does not go back.  When the caller goes on
 * with another epoch, all records are out of use at once: the store has to say
 * again.  Those of an epoch that ended because changes may have been missed
 * are not known to be wrong; when the store cannot say, they are the best that
 * is known, and the caller may go on with them for a while.
 */

#ifndef _HPF_SESSION_H_INCLUDED_
#define _HPF_SESSION_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "hpf_set.h"


#define HPF_SESSION_KEY   32           /* bytes of the keyed hash */
#define HPF_SESSION_UID   24           /* characters of a user id, at most */
#define HPF_SESSION_SUBJ  48           /* bytes of a sealed subject, at most */
#define HPF_SESSION_ACTS  9            /* who acts for it */
#define HPF_SESSION_FACTORS  8         /* the caller's, at most */
#define HPF_SESSION_LONG_AGO  65535    /* s, or longer */


/* Small, so that there is room for many. */

typedef struct {
    unsigned char       uid[HPF_SESSION_UID];
    unsigned char       subj[HPF_SESSION_SUBJ];
    uint8_t             uid_len;
    uint8_t             subj_len;
    uint8_t             level;
    uint8_t             user_type;     /* the caller's, as the next four */
    unsigned char       acts[HPF_SESSION_ACTS];  /* the first is 0: nobody */
    uint8_t             factors;       /* a bit for each that was proved */
    uint16_t            idle;          /* idle time */
    uint16_t            proved[HPF_SESSION_FACTORS];  /* before fresh_until */
    uint32_t            channel;       /* the only one, 0: any */
    uint32_t            idle_at;       /* ends when not used until then */
    uint32_t            ends_at;       /* ends absolutely */
    uint32_t            fresh_until;   /* then the store is asked again */
    uint32_t            touched_at;    /* use was last told to the store */
} hpf_session_t;


/* For hpf_set_bytes() and hpf_set_init(). */
void hpf_session_shape(uint32_t *ways, uint32_t *size);

/*
 * HPF_OK: *session is a copy, its idle time begins anew in the table.
 * HPF_DECLINED: not there, or ended, or the store is to be asked again.
 */
int hpf_session_get(hpf_set_table_t *table, const unsigned char *key,
    uint32_t epoch, uint32_t now, hpf_session_t *session);

/*
 * A ring: an epoch's place in it has the time from which on changes were
 * missed that ended it; 0: all of it is void.
 */

#define HPF_SESSION_EPOCHS  128

typedef struct {
    const uint32_t     *since;         /* HPF_SESSION_EPOCHS of them */
    uint32_t            epoch;         /* now */
    uint32_t            stale;         /* s, so long after it what is in doubt
                                          may be used */
} hpf_session_doubt_t;

/*
 * The same when the store could not be asked: also what was put before the
 * epoch ended.  Of the ring only the newer half is believed, what is beyond
 * may be written anew at this moment.
 */
int hpf_session_get_doubted(hpf_set_table_t *table, const unsigned char *key,
    uint32_t now, const hpf_session_doubt_t *doubt, hpf_session_t *session);

/* What was known when the store was asked for a session. */

typedef struct {
    const uint64_t     *drops;         /* counts the sessions dropped, ever */
    uint64_t            mark;          /* what it was */
    uint32_t            epoch;
} hpf_session_mark_t;

/*
 * HPF_DECLINED: not kept, for sessions were dropped since, and this may be one
 * of them.
 */
int hpf_session_put(hpf_set_table_t *table, const unsigned char *key,
    uint32_t now, const hpf_session_t *session,
    const hpf_session_mark_t *mark);

void hpf_session_touched(hpf_set_table_t *table, const unsigned char *key,
    uint32_t epoch, uint32_t now);
void hpf_session_drop(hpf_set_table_t *table, const unsigned char *key);


#endif /* _HPF_SESSION_H_INCLUDED_ */
