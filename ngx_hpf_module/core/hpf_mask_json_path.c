/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Rules by path: for each container that is open, which of them may still end
 * in it.  Deeper than the longest path there are none.
 */

#include "hpf_mask_json_int.h"


static unsigned hpf_mask_json_path_in(const hpf_mask_json_path_t *path);


void
hpf_mask_json_path_init(hpf_mask_t *m)
{
    hpf_mask_json_path_t  *path;

    path = &m->u.json.path;

    path->level = 0;
    path->arrays = 0;
    path->named = 0;
    path->next = hpf_mask_path_start(m->rules);
}


/* 1: in a container that a path may lead into. */

static unsigned
hpf_mask_json_path_in(const hpf_mask_json_path_t *path)
{
    return path->level > 0 && path->level < HPF_MASK_JSON_LEVELS;
}


void
hpf_mask_json_path_open(hpf_mask_t *m, unsigned array)
{
    hpf_mask_json_path_t  *path;

    path = &m->u.json.path;

    path->level++;
    path->named = 0;

    if (hpf_mask_json_path_in(path)) {
        path->alive[path->level] = path->next;
        path->index[path->level] = 0;
        path->arrays &= ~((uint32_t) 1 << path->level);
        path->arrays |= (uint32_t) array << path->level;
    }

    path->next = 0;
}


void
hpf_mask_json_path_close(hpf_mask_t *m)
{
    hpf_mask_json_path_t  *path;

    path = &m->u.json.path;

    if (path->level) {
        path->level--;
    }

    path->named = 0;
    path->next = 0;

    if (path->level == 0) {

        /* another text may follow */

        path->next = hpf_mask_path_start(m->rules);
    }
}


/* A name that is too long for all but a star is given by its length alone. */

void
hpf_mask_json_path_name(hpf_mask_t *m, const unsigned char *name, size_t len)
{
    hpf_mask_json_path_t  *path;

    path = &m->u.json.path;

    path->named = 0;

    if (hpf_mask_json_path_in(path)
        && !((path->arrays >> path->level) & 1))
    {
        path->named = hpf_mask_path_key(m->rules, path->alive[path->level],
                                        path->level - 1, name, len);
    }
}


const hpf_mask_shape_t *
hpf_mask_json_path_value(hpf_mask_t *m)
{
    hpf_mask_json_path_t  *path;

    path = &m->u.json.path;

    path->next = path->named;
    path->named = 0;

    if (path->next == 0) {
        return NULL;
    }

    return hpf_mask_path_shape(m->rules, path->next, path->level - 1);
}


const hpf_mask_shape_t *
hpf_mask_json_path_element(hpf_mask_t *m, unsigned first)
{
    hpf_mask_json_path_t  *path;

    path = &m->u.json.path;

    path->next = 0;

    if (!hpf_mask_json_path_in(path)
        || !((path->arrays >> path->level) & 1))
    {
        return NULL;
    }

    if (!first) {
        path->index[path->level]++;
    }

    path->next = hpf_mask_path_index(m->rules, path->alive[path->level],
                                     path->level - 1,
                                     path->index[path->level]);
    if (path->next == 0) {
        return NULL;
    }

    return hpf_mask_path_shape(m->rules, path->next, path->level - 1);
}


const hpf_mask_shape_t *
hpf_mask_json_path_member(hpf_mask_t *m, const unsigned char *name, size_t len)
{
    uint64_t               named;
    hpf_mask_json_path_t  *path;

    path = &m->u.json.path;

    hpf_mask_json_path_name(m, name, len);

    named = path->named;
    path->named = 0;

    if (named == 0) {
        return NULL;
    }

    return hpf_mask_path_shape(m->rules, named, path->level - 1);
}
