/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A circuit: what has failed so many times in a row is not tried for a while,
 * then by one at a time until it succeeds.
 *
 * It lives in memory that processes share and takes no lock: the worst of two
 * at the same moment is one try more.  One who tries and is never heard of
 * again, since its process died, is followed by another after the same while.
 */

#ifndef _HPF_CIRCUIT_H_INCLUDED_
#define _HPF_CIRCUIT_H_INCLUDED_


#include <stdint.h>


/* All zero: closed, as it should be. */

typedef struct {
    uint64_t     until;                /* ms; not 0: open */
    uint32_t     failures;             /* in a row */
} hpf_circuit_t;

typedef struct {
    uint32_t     failures;             /* open it; 0: it never opens */
    uint32_t     pause;                /* ms */
} hpf_circuit_conf_t;

typedef enum {
    HPF_CIRCUIT_SAME = 0,
    HPF_CIRCUIT_OPENED,
    HPF_CIRCUIT_CLOSED
} hpf_circuit_edge_e;


/* 1: go; 0: it is open.  now: ms of a clock that does not go back, above 0. */
int hpf_circuit_enter(hpf_circuit_t *circuit, const hpf_circuit_conf_t *conf,
    uint64_t now);
/* How it went: what this has changed. */
hpf_circuit_edge_e hpf_circuit_succeed(hpf_circuit_t *circuit);
hpf_circuit_edge_e hpf_circuit_fail(hpf_circuit_t *circuit,
    const hpf_circuit_conf_t *conf, uint64_t now);
int hpf_circuit_is_open(const hpf_circuit_t *circuit);


#endif /* _HPF_CIRCUIT_H_INCLUDED_ */
