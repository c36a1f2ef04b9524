/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The manifest of a plugin: what a service item is, for its users, for the
 * gateway and for the plugin's host.  docs/manifest.md has its members.
 */

#ifndef _HPF_MANIFEST_H_INCLUDED_
#define _HPF_MANIFEST_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "hpf_mask_kind.h"
#include "hpf_schema.h"


#define HPF_MANIFEST_ID  64            /* characters of an id, at most */

/* users */

#define HPF_MANIFEST_INDIVIDUAL  0x1
#define HPF_MANIFEST_UNIT        0x2
#define HPF_MANIFEST_ANYONE      0x4

/* person: what a factor gets */

#define HPF_MANIFEST_NAME        0x1
#define HPF_MANIFEST_ID_NO       0x2
#define HPF_MANIFEST_MOBILE      0x4

typedef enum {
    HPF_MANIFEST_ITEM = 0,
    HPF_MANIFEST_FACTOR
} hpf_manifest_kind_e;

typedef enum {
    HPF_MANIFEST_LUA = 0,
    HPF_MANIFEST_C
} hpf_manifest_language_e;

typedef enum {
    HPF_MANIFEST_QUERY = 0,            /* 200 {result} */
    HPF_MANIFEST_APPLICATION           /* 201, a case */
} hpf_manifest_mode_e;

typedef enum {
    HPF_MANIFEST_BY_ADDRESS = 0,
    HPF_MANIFEST_BY_CHANNEL,
    HPF_MANIFEST_BY_ITEM,
    HPF_MANIFEST_BY_USER
} hpf_manifest_by_e;

typedef enum {
    HPF_MANIFEST_OF_NODE = 0,
    HPF_MANIFEST_OF_CLUSTER,
    HPF_MANIFEST_LEASED
} hpf_manifest_scope_e;

typedef struct {
    hpf_manifest_by_e        by;
    uint64_t                 quota;    /* requests ... */
    uint64_t                 period;   /* ... in so many seconds */
    int64_t                  burst;    /* -1: not given */
    hpf_manifest_scope_e     scope;
} hpf_manifest_limit_t;

typedef struct {
    const char             **keys;     /* nkeys of them */
    size_t                   nkeys;
    const char             **paths;
    size_t                   npaths;
    hpf_mask_shape_t         shape;
} hpf_manifest_mask_t;

/* Fields that may be agreed to together: JSON Pointers below the result. */

#define HPF_MANIFEST_SCOPES  8

typedef struct {
    const char              *name;
    const char             **fields;
    size_t                   nfields;
} hpf_manifest_scope_t;

typedef struct {
    size_t                   memory;         /* bytes of a Lua VM */
    uint64_t                 instructions;   /* of one run, Lua */
    uint32_t                 time;           /* ms of one call, all in all */
    uint32_t                 concurrency;    /* calls at once on a node */
} hpf_manifest_resources_t;


/* Strings end with a zero and live as long as the manifest. */

typedef struct {
    const char              *id;
    const char              *version;
    hpf_manifest_kind_e      kind;
    hpf_manifest_language_e  language;
    hpf_manifest_mode_e      mode;
    unsigned                 users;
    unsigned                 level;
    unsigned                 person;   /* of a factor */

    const char              *category;
    const char              *name_zh;
    const char              *name_en;  /* the Chinese one when not given */

    const char             **channels; /* nchannels; "*" alone: all */
    size_t                   nchannels;
    const char             **backends;
    size_t                   nbackends;

    unsigned                 days;     /* time limit; 0: at once */
    unsigned                 working;  /* 1: working days, 0: natural */

    hpf_manifest_limit_t    *limits;
    size_t                   nlimits;
    hpf_manifest_mask_t     *mask;
    size_t                   nmask;
    hpf_manifest_resources_t resources;

    hpf_manifest_scope_t     scopes[HPF_MANIFEST_SCOPES];
    size_t                   nscopes;
    unsigned                 sharing;  /* 1: without the person's session */
    const char             **fresh;    /* factors, one of which was proved */
    size_t                   nfresh;
    unsigned                 within;   /* so many seconds ago at most */

    hpf_schema_t            *form;     /* never NULL: {} accepts {} only */
    json_t                  *json;     /* the whole, for the guide */
} hpf_manifest_t;


/*
 * Every fault is told, as "line N: what, at /pointer"; file is left to the
 * caller.  NULL when there was one.  folder: the id must equal it.
 */
typedef void (*hpf_manifest_fault_pt)(void *data, unsigned line,
    const char *text);

typedef struct {
    const char                  *folder;
    const hpf_schema_formats_t  *formats;
    unsigned                     keyed;    /* there is a key for hashes */
    hpf_manifest_fault_pt        fault;
    void                        *data;
} hpf_manifest_conf_t;

hpf_manifest_t *hpf_manifest_parse(const void *text, size_t len,
    const hpf_manifest_conf_t *conf);
void hpf_manifest_free(hpf_manifest_t *mf);      /* NULL is taken, too */

/* 1: the item is offered on this channel. */
int hpf_manifest_on_channel(const hpf_manifest_t *mf, const char *channel,
    size_t len);

/* 1: the plugin may call this back end. */
int hpf_manifest_may_call(const hpf_manifest_t *mf, const char *backend,
    size_t len);


#endif /* _HPF_MANIFEST_H_INCLUDED_ */
