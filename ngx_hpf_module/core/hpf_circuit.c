/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Circuits, see hpf_circuit.h.
 */


#include "hpf_circuit.h"


int
hpf_circuit_enter(hpf_circuit_t *circuit, const hpf_circuit_conf_t *conf,
    uint64_t now)
{
    uint64_t  until;

    until = __atomic_load_n(&circuit->until, __ATOMIC_RELAXED);

    if (until == 0 || conf->failures == 0) {
        return 1;
    }

    /* whoever moves the end of the pause is the one that tries */

    return now >= until
           && __atomic_compare_exchange_n(&circuit->until, &until,
                                          now + conf->pause, 0,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}


hpf_circuit_edge_e
hpf_circuit_succeed(hpf_circuit_t *circuit)
{
    /* no store that is not needed: all workers read this */

    if (__atomic_load_n(&circuit->failures, __ATOMIC_RELAXED)) {
        __atomic_store_n(&circuit->failures, 0, __ATOMIC_RELAXED);
    }

    if (!hpf_circuit_is_open(circuit)) {
        return HPF_CIRCUIT_SAME;
    }

    return __atomic_exchange_n(&circuit->until, 0, __ATOMIC_RELAXED)
           ? HPF_CIRCUIT_CLOSED : HPF_CIRCUIT_SAME;
}


/* What was begun before it opened and fails now does not prolong the pause. */

hpf_circuit_edge_e
hpf_circuit_fail(hpf_circuit_t *circuit, const hpf_circuit_conf_t *conf,
    uint64_t now)
{
    uint32_t  n;
    uint64_t  closed;

    n = __atomic_add_fetch(&circuit->failures, 1, __ATOMIC_RELAXED);

    if (conf->failures == 0 || n < conf->failures) {
        return HPF_CIRCUIT_SAME;
    }

    closed = 0;

    return __atomic_compare_exchange_n(&circuit->until, &closed,
                                       now + conf->pause, 0,
                                       __ATOMIC_RELAXED, __ATOMIC_RELAXED)
           ? HPF_CIRCUIT_OPENED : HPF_CIRCUIT_SAME;
}


int
hpf_circuit_is_open(const hpf_circuit_t *circuit)
{
    return __atomic_load_n(&circuit->until, __ATOMIC_RELAXED) != 0;
}
