/*
 * Copyright (C) the HPF gateway authors
 */

#include <string.h>

#include "hpf_slot.h"


/* Of a half byte: thirty-two bytes stay in the cache. */

static const uint16_t  hpf_slot_crc[16] = {
    0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5, 0x60c6, 0x70e7,
    0x8108, 0x9129, 0xa14a, 0xb16b, 0xc18c, 0xd1ad, 0xe1ce, 0xf1ef
};


uint16_t
hpf_slot(const void *key, size_t len)
{
    uint16_t              crc;
    const unsigned char  *p, *end, *tag, *last;

    p = key;
    end = p + len;

    tag = memchr(p, '{', len);

    if (tag) {
        tag++;
        last = memchr(tag, '}', end - tag);

        if (last && last != tag) {
            p = tag;
            end = last;
        }
    }

    for (crc = 0; p < end; p++) {
        crc = (crc << 4) ^ hpf_slot_crc[(crc >> 12) ^ (*p >> 4)];
        crc = (crc << 4) ^ hpf_slot_crc[(crc >> 12) ^ (*p & 15)];
    }

    return crc % HPF_SLOTS;
}
