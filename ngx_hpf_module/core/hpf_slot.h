/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Hash slots of Redis Cluster: CRC16 (XMODEM, polynomial 0x1021) of the key,
 * or of its hash tag, what is between the first "{" and the next "}" if that
 * is not empty, modulo 16384.
 */

#ifndef _HPF_SLOT_H_INCLUDED_
#define _HPF_SLOT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


#define HPF_SLOTS  16384


uint16_t hpf_slot(const void *key, size_t len);


#endif /* _HPF_SLOT_H_INCLUDED_ */
