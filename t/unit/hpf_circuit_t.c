/* links: core/hpf_circuit.c */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A circuit: what opens it, who may try, and what closes it.
 */


#include "tap.h"
#include "hpf_circuit.h"


static const hpf_circuit_conf_t  conf = { 3, 1000 };


static void
opening(void)
{
    hpf_circuit_t  c = { 0, 0 };

    ok(hpf_circuit_enter(&c, &conf, 1), "at first it is closed");
    is_int(hpf_circuit_fail(&c, &conf, 1), HPF_CIRCUIT_SAME, "one failure");
    is_int(hpf_circuit_fail(&c, &conf, 2), HPF_CIRCUIT_SAME, "two");
    is_int(hpf_circuit_succeed(&c), HPF_CIRCUIT_SAME, "one that went well");
    is_int(hpf_circuit_fail(&c, &conf, 3), HPF_CIRCUIT_SAME,
           "makes them begin anew");
    is_int(hpf_circuit_fail(&c, &conf, 4), HPF_CIRCUIT_SAME, "two");
    ok(hpf_circuit_enter(&c, &conf, 5), "are allowed");
    is_int(hpf_circuit_fail(&c, &conf, 5), HPF_CIRCUIT_OPENED,
           "three in a row are too many");
    ok(!hpf_circuit_enter(&c, &conf, 5), "it is open");
    ok(!hpf_circuit_enter(&c, &conf, 1004), "for all of the pause");
}


static void
trying(void)
{
    hpf_circuit_t  c = { 1000, 3 };

    is_int(hpf_circuit_fail(&c, &conf, 900), HPF_CIRCUIT_SAME,
           "a failure of before is nothing new");
    ok(!hpf_circuit_enter(&c, &conf, 999), "nor does it end the pause");
    ok(hpf_circuit_enter(&c, &conf, 1000), "after the pause one may try");
    ok(!hpf_circuit_enter(&c, &conf, 1000), "and one only");
    is_int(hpf_circuit_fail(&c, &conf, 1100), HPF_CIRCUIT_SAME, "it fails");
    ok(!hpf_circuit_enter(&c, &conf, 1999), "a second pause");
    ok(hpf_circuit_enter(&c, &conf, 2000), "a second try");
    ok(hpf_circuit_enter(&c, &conf, 3000),
       "one that is not heard of is followed by another");
    is_int(hpf_circuit_succeed(&c), HPF_CIRCUIT_CLOSED, "which goes well");
    is_int(hpf_circuit_succeed(&c), HPF_CIRCUIT_SAME, "that is told once");
    ok(hpf_circuit_enter(&c, &conf, 3000), "it is closed");
    is_int(hpf_circuit_fail(&c, &conf, 3001), HPF_CIRCUIT_SAME,
           "and three are needed again");
}


static void
without(void)
{
    int                 i, bad;
    hpf_circuit_t       c = { 0, 0 };
    hpf_circuit_conf_t  never = { 0, 1000 };

    bad = 0;

    for (i = 1; i < 1000; i++) {
        bad += hpf_circuit_fail(&c, &never, i) != HPF_CIRCUIT_SAME
               || !hpf_circuit_enter(&c, &never, i);
    }

    is_int(bad, 0, "without a number it never opens");

    c.until = 5000;
    ok(hpf_circuit_enter(&c, &never, 1),
       "also when it was open under another configuration");
}


int
main(void)
{
    plan(0);

    opening();
    trying();
    without();

    return done();
}
