/* links: core/hpf_slot.c */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Slots of keys as Redis Cluster reckons them: the check value of CRC16
 * XMODEM, keys of the specification's examples, and its rules for tags.
 */


#include <string.h>

#include "tap.h"
#include "hpf_slot.h"


static void
slot_is(const char *key, int expected)
{
    is_int(hpf_slot(key, strlen(key)), expected, "%s", key);
}


static void
same(const char *one, const char *two)
{
    is_int(hpf_slot(one, strlen(one)), hpf_slot(two, strlen(two)), "%s", one);
}


int
main(void)
{
    plan(0);

    /* 0x31c3, the check value of XMODEM */

    slot_is("123456789", 0x31c3);

    /* as CLUSTER KEYSLOT of a server answers */

    slot_is("", 0);
    slot_is("foo", 12182);
    slot_is("bar", 5061);
    slot_is("hello", 866);
    slot_is("\xe4\xbd\x8f\xe6\x88\xbf", 7583);

    same("{user1000}.following", "user1000");
    same("hpf:idle:{s:0123}", "s:0123");
    same("hpf:{s:0123}", "s:0123");

    /* the first "{" and the first "}" behind it; nothing between: the key */

    same("foo{{bar}}zap", "{bar");
    same("foo{bar}{zap}", "bar");
    ok(hpf_slot("foo{}{bar}", 10) != hpf_slot("bar", 3), "foo{}{bar}");
    ok(hpf_slot("foo{bar", 7) != hpf_slot("bar", 3), "foo{bar");

    return done();
}
