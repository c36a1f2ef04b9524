/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The optimal string alignment distance: letters put in, left out, changed
 * and swapped with their neighbour.  Up to a third of a word may be wrong.
 */

#include <string.h>

#include "hpf_spell.h"


static size_t hpf_spell_distance(const char *a, size_t alen, const char *b,
    size_t blen);
static size_t hpf_spell_min(size_t a, size_t b);


void
hpf_spell_begin(hpf_spell_t *spell, const char *word)
{
    size_t  len;

    len = strlen(word);

    spell->word = word;
    spell->nearest = NULL;
    spell->distance = (len > HPF_SPELL_LEN) ? 0 : (len + 2) / 3 + 1;
}


void
hpf_spell_try(hpf_spell_t *spell, const char *candidate)
{
    size_t  len, n, distance;

    len = strlen(spell->word);
    n = strlen(candidate);

    if (len > HPF_SPELL_LEN || n > HPF_SPELL_LEN || len == 0) {
        return;
    }

    /* what differs in length needs so many letters at least */

    if ((len > n ? len - n : n - len) >= spell->distance) {
        return;
    }

    distance = hpf_spell_distance(spell->word, len, candidate, n);

    if (distance < spell->distance && distance < n) {
        spell->nearest = candidate;
        spell->distance = distance;
    }
}


static size_t
hpf_spell_distance(const char *a, size_t alen, const char *b, size_t blen)
{
    size_t  i, j, cost;
    size_t  d[HPF_SPELL_LEN + 1][HPF_SPELL_LEN + 1];

    for (i = 0; i <= alen; i++) {
        d[i][0] = i;
    }

    for (j = 0; j <= blen; j++) {
        d[0][j] = j;
    }

    for (i = 1; i <= alen; i++) {
        for (j = 1; j <= blen; j++) {
            cost = (a[i - 1] != b[j - 1]);

            d[i][j] = hpf_spell_min(d[i - 1][j - 1] + cost,
                                    hpf_spell_min(d[i - 1][j],
                                                  d[i][j - 1]) + 1);

            if (i > 1 && j > 1
                && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
            {
                d[i][j] = hpf_spell_min(d[i][j], d[i - 2][j - 2] + 1);
            }
        }
    }

    return d[alen][blen];
}


static size_t
hpf_spell_min(size_t a, size_t b)
{
    return (a < b) ? a : b;
}
