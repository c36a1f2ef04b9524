/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What the files of the http layer share: configuration, the context of a
 * request, and the steps of its one line:
 *
 *     request id -> channel -> switch -> limit & capacity -> session
 *         -> item's conditions -> consent -> form -> idempotency
 *         -> plugin or handler
 *
 * and after the answer: mask, audit, metrics.
 */

#ifndef _NGX_HTTP_HPF_H_INCLUDED_
#define _NGX_HTTP_HPF_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <jansson.h>

#include "hpf_content_digest.h"
#include "hpf_crypto.h"
#include "hpf_hash.h"
#include "hpf_seal.h"
#include "hpf_sign.h"
#include "ngx_hpf_shm.h"
#include "ngx_hpf_redis.h"
#include "ngx_hpf_plugin.h"
#include "ngx_http_hpf_mask_layer.h"
#include "ngx_http_hpf_names.h"


struct ngx_thread_pool_s;

typedef struct ngx_http_hpf_ctx_s      ngx_http_hpf_ctx_t;
typedef struct ngx_http_hpf_channel_s  ngx_http_hpf_channel_t;
typedef struct ngx_http_hpf_route_s    ngx_http_hpf_route_t;
typedef struct ngx_http_hpf_limit_s    ngx_http_hpf_limit_t;
typedef struct ngx_http_hpf_limit_ask_s  ngx_http_hpf_limit_ask_t;
typedef struct ngx_http_hpf_idem_s     ngx_http_hpf_idem_t;
typedef struct ngx_http_hpf_nonce_s    ngx_http_hpf_nonce_t;
typedef struct ngx_http_hpf_signer_s   ngx_http_hpf_signer_t;
typedef struct ngx_http_hpf_cert_conf_s  ngx_http_hpf_cert_conf_t;
typedef struct ngx_http_hpf_call_op_s  ngx_http_hpf_call_op_t;
typedef struct ngx_http_hpf_factor_plugins_s  ngx_http_hpf_factor_plugins_t;
typedef struct ngx_http_hpf_password_s  ngx_http_hpf_password_t;
typedef struct ngx_http_hpf_lock_s    ngx_http_hpf_lock_t;
typedef struct ngx_http_hpf_walk_s     ngx_http_hpf_walk_t;


/* A name in the two languages of messages. */

typedef struct {
    ngx_str_t                     zh;
    ngx_str_t                     en;
} ngx_http_hpf_text_t;


/* The problems of the wire contract; the table is in _problem.c. */

typedef enum {
    NGX_HTTP_HPF_CHANNEL_UNKNOWN = 0,
    NGX_HTTP_HPF_CHANNEL_SIGNATURE,
    NGX_HTTP_HPF_CHANNEL_STOPPED,
    NGX_HTTP_HPF_ITEM_UNKNOWN,
    NGX_HTTP_HPF_ITEM_STOPPED,
    NGX_HTTP_HPF_ITEM_NOT_ON_CHANNEL,
    NGX_HTTP_HPF_RATE_LIMITED,
    NGX_HTTP_HPF_DIVERTED,
    NGX_HTTP_HPF_SESSION_REQUIRED,
    NGX_HTTP_HPF_SESSION_EXPIRED,
    NGX_HTTP_HPF_CSRF,
    NGX_HTTP_HPF_STEP_UP_REQUIRED,
    NGX_HTTP_HPF_USER_TYPE,
    NGX_HTTP_HPF_HANDLER_REFUSED,
    NGX_HTTP_HPF_CONSENT_REQUIRED,
    NGX_HTTP_HPF_FACTOR_FAILED,
    NGX_HTTP_HPF_FACTOR_LOCKED,
    NGX_HTTP_HPF_BODY_TOO_LARGE,
    NGX_HTTP_HPF_JSON_MALFORMED,
    NGX_HTTP_HPF_FORM_INVALID,
    NGX_HTTP_HPF_IDEMPOTENCY_CONFLICT,
    NGX_HTTP_HPF_CASE_UNKNOWN,
    NGX_HTTP_HPF_CASE_STATE,
    NGX_HTTP_HPF_STORE_UNAVAILABLE,
    NGX_HTTP_HPF_BACKEND_UNAVAILABLE,
    NGX_HTTP_HPF_BACKEND_TIMEOUT,
    NGX_HTTP_HPF_PLUGIN_FAILED,
    NGX_HTTP_HPF_PLUGIN_QUARANTINED,
    NGX_HTTP_HPF_NOT_FOUND,
    NGX_HTTP_HPF_METHOD_NOT_ALLOWED,
    NGX_HTTP_HPF_BAD_REQUEST,
    NGX_HTTP_HPF_INTERNAL,
    NGX_HTTP_HPF_CODES
} ngx_http_hpf_code_e;


typedef enum {
    NGX_HTTP_HPF_PUBLIC = 0,
    NGX_HTTP_HPF_SIGNED,
    NGX_HTTP_HPF_MTLS
} ngx_http_hpf_channel_kind_e;


#define NGX_HTTP_HPF_KEYS  2       /* of a channel, valid at a time */

#define NGX_HTTP_HPF_KEY_ID  64    /* characters of an id, at most */

typedef struct {
    ngx_str_t                     id;           /* the KEY of CHANNEL:KEY */
    ngx_str_t                     file;
    const char                   *alg;          /* NULL: as the file says */
    hpf_sign_key_t               *sign;         /* NULL: there is none now */
    ngx_file_info_t               info;         /* of what was read last */
    u_char                        name[NGX_HTTP_HPF_KEY_ID];   /* the id */
} ngx_http_hpf_key_t;

struct ngx_http_hpf_channel_s {
    ngx_str_t                     id;
    ngx_http_hpf_text_t           name;
    ngx_str_t                     entry;        /* URL or telephone number */
    ngx_uint_t                    kind;         /* _channel_kind_e */
    ngx_uint_t                    capacity;     /* requests at once; 0: any */
    ngx_array_t                   limits;       /* ngx_http_hpf_limit_t */
    ngx_array_t                   origins;      /* ngx_str_t */
    ngx_http_hpf_key_t            keys[NGX_HTTP_HPF_KEYS];
    ngx_uint_t                    nkeys;
    ngx_str_t                     key_folder;   /* empty: they are named */
    ngx_array_t                   certificates; /* of its clients */
    ngx_uint_t                    key_complained;
    ngx_http_hpf_mask_layer_t    *mask;         /* its rules, or NULL */
    ngx_uint_t                    mask_request; /* what it sends as well */
    ngx_uint_t                    open;         /* as configured */
    ngx_uint_t                    session_idle; /* seconds */
    ngx_uint_t                    session_life; /* seconds */
    ngx_uint_t                    session_max;  /* of a user; 0: any */
    ngx_uint_t                    session_level;    /* at most */
    ngx_uint_t                    consent;      /* of the user is needed */
    ngx_array_t                  *sharing;      /* scopes, ngx_str_t; NULL */

    ngx_str_t                     switch_name;  /* "channel:ID" */
    ngx_int_t                     load;         /* slot in the zone, or -1 */

    u_char                       *file;         /* for errors found late */
    ngx_uint_t                    line;
};


typedef struct {
    ngx_str_t                     name;
    ngx_str_t                     uri;          /* of an internal location */
    hpf_circuit_conf_t            circuit_conf;
    hpf_circuit_t                *circuit;      /* in the zone, or NULL */
} ngx_http_hpf_backend_t;


#define NGX_HTTP_HPF_LEVELS  3

/* Switches that are closed by configuration ("hpf_closed item:ID ..."). */

typedef struct {
    ngx_str_t                     name;
    ngx_str_t                     reason;
} ngx_http_hpf_closed_t;


/* _openapi.c: the description of the interface, of what is loaded now. */

typedef struct {
    ngx_str_t                     text;
    ngx_uint_t                    version;      /* of the plugins */
} ngx_http_hpf_openapi_t;


typedef struct {
    ngx_hpf_zone_conf_t           zone_conf;
    ngx_hpf_zone_t               *zone;

    ngx_hpf_redis_conf_t          redis_conf;
    ngx_hpf_redis_t              *redis;

    ngx_str_t                     plugin_dir;
    ngx_str_t                     plugin_cache;
    ngx_msec_t                    plugin_watchdog;   /* 0: none */
    ngx_uint_t                    plugin_crashes;    /* 0: no quarantine */
    ngx_msec_t                    plugin_crash_time;
    ngx_uint_t                    plugin_approve;    /* what was approved */
    ngx_uint_t                    plugin_poll;       /* without inotify */
    ngx_hpf_plugins_t            *plugins;

    ngx_array_t                   channels;     /* ngx_http_hpf_channel_t */
    ngx_http_hpf_names_t          channel_ids;
    ngx_http_hpf_names_t          channel_marks;    /* in sessions */
    ngx_http_hpf_names_t          origins;      /* of channels */
    ngx_http_hpf_names_t          certificates; /* of channels of kind mtls */
    ngx_array_t                   backends;     /* ngx_http_hpf_backend_t */
    ngx_array_t                   closed;       /* ngx_http_hpf_closed_t */
    ngx_http_hpf_names_t          closed_names;
    ngx_array_t                   idps;         /* ngx_http_hpf_idp_t */
    ngx_array_t                  *level_rules[NGX_HTTP_HPF_LEVELS + 1];
    ngx_int_t                     real_name;    /* needed from this level on */

    hpf_seal_t                   *seal;         /* personal numbers at rest */
    ngx_str_t                     seal_keys[256];   /* masters, by their id */
    ngx_int_t                     seal_suite;
    ngx_uint_t                    seal_with;    /* id of the one that seals */
    ngx_str_t                     index_key;    /* keyed hash of the same */
    ngx_str_t                     token_key;    /* keyed hash of tokens */

    struct ngx_hpf_audit_s       *audit;
    void                         *audit_ledger; /* NULL: there is none */
    ngx_http_hpf_cert_conf_t     *cert;         /* NULL: not in use */

    ngx_http_hpf_text_t           notice;       /* the reminder at log-in */

    ngx_http_hpf_password_t      *password;
    ngx_http_hpf_lock_t          *lock;         /* against guessing */

    time_t                        session_idle;
    time_t                        session_life;
    time_t                        session_cache; /* s; 0: Redis each time */
    time_t                        session_stale; /* s, without the link */

    hpf_schema_t                **forms;        /* of the fixed calls */
    ngx_uint_t                    nforms;

    ngx_uint_t                    nonce_scope;
    struct ngx_thread_pool_s     *sign_threads; /* NULL: none is needed */

    hpf_crypto_t                 *crypto;
    hpf_crypto_hmac_t            *token_hmac;
    hpf_crypto_hmac_t            *index_hmac;
    hpf_crypto_hmac_t            *csrf_hmac;

    ngx_http_hpf_openapi_t        openapi[2];   /* in Chinese, in English */
} ngx_http_hpf_main_conf_t;


#define NGX_HTTP_HPF_BY_ADDRESS  0
#define NGX_HTTP_HPF_BY_CHANNEL  1
#define NGX_HTTP_HPF_BY_ITEM     2
#define NGX_HTTP_HPF_BY_USER     3

#define NGX_HTTP_HPF_LIMIT_POLICY  128          /* bytes of the header */

typedef enum {
    NGX_HTTP_HPF_OF_NODE = 0,                   /* each node has it all */
    NGX_HTTP_HPF_OF_CLUSTER,                    /* the store decides */
    NGX_HTTP_HPF_LEASED                         /* tokens ahead of need */
} ngx_http_hpf_scope_e;

struct ngx_http_hpf_limit_s {
    ngx_str_t                     name;         /* unique; in the headers */
    ngx_uint_t                    by;
    ngx_http_hpf_scope_e          scope;
    hpf_gcra_t                    rate;
    uint64_t                      quota;        /* of the window, for headers */
    uint64_t                      window;       /* seconds */
    u_char                        hash[HPF_HASH_LEN];  /* of name and rate */
    ngx_int_t                     slots[6];     /* of metrics; 0: not known */
    ngx_flag_t                    dry_run;
    char                          policy[NGX_HTTP_HPF_LIMIT_POLICY];
    size_t                        policy_len;   /* 0: to be made */
    size_t                        policy_name;  /* bytes of it */
};


/* What a location does of the line. */

#define NGX_HTTP_HPF_OFF    0
#define NGX_HTTP_HPF_GATE   1      /* the line before nginx's own content */
#define NGX_HTTP_HPF_API    2      /* the line and the fixed calls */

typedef struct {
    ngx_flag_t                    gate;
    ngx_flag_t                    api;
    ngx_flag_t                    audit;
    ngx_flag_t                    limit_dry_run;
    ngx_str_t                     item;
    ngx_uint_t                    level;        /* of a gate without item */
    size_t                        body_max;
    ngx_array_t                  *limits;       /* ngx_http_hpf_limit_t */
} ngx_http_hpf_loc_conf_t;


/* The steps of the line, in their order. */

typedef enum {
    NGX_HTTP_HPF_STEP_ID = 0,
    NGX_HTTP_HPF_STEP_CORS,
    NGX_HTTP_HPF_STEP_ROUTE,
    NGX_HTTP_HPF_STEP_CHANNEL,
    NGX_HTTP_HPF_STEP_SWITCH,
    NGX_HTTP_HPF_STEP_AUDIT,
    NGX_HTTP_HPF_STEP_LIMIT,
    NGX_HTTP_HPF_STEP_SESSION,
    NGX_HTTP_HPF_STEP_USER_LIMIT,
    NGX_HTTP_HPF_STEP_CONDITIONS,
    NGX_HTTP_HPF_STEP_CONSENT,
    NGX_HTTP_HPF_STEP_FORM,
    NGX_HTTP_HPF_STEP_NONCE,
    NGX_HTTP_HPF_STEP_IDEMPOTENCY,
    NGX_HTTP_HPF_STEP_END
} ngx_http_hpf_step_e;

/*
 * A step: NGX_OK: go on; NGX_AGAIN: it waits and will call
 * ngx_http_hpf_resume(), which runs the same step again; NGX_ABORT: a problem
 * was set by ngx_http_hpf_refuse(); NGX_ERROR: logged, answered with 500;
 * NGX_DONE: as NGX_AGAIN, but the step has run the phases by itself already.
 */

typedef ngx_int_t (*ngx_http_hpf_step_pt)(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);


/* A fixed call. */

#define NGX_HTTP_HPF_R_CHANNEL     0x0001   /* needs a channel */
#define NGX_HTTP_HPF_R_SESSION     0x0002   /* needs a session */
#define NGX_HTTP_HPF_R_BODY        0x0004   /* has a JSON object as its body */
#define NGX_HTTP_HPF_R_ITEM        0x0008   /* {id} is a service item to run */
#define NGX_HTTP_HPF_R_IDEMPOTENT  0x0010   /* honours Idempotency-Key */
#define NGX_HTTP_HPF_R_STORE       0x0020   /* cannot be done without Redis */
#define NGX_HTTP_HPF_R_MASK        0x0040   /* what goes out is masked */
#define NGX_HTTP_HPF_R_FACTORS     0x0080   /* the body has factors[] */
#define NGX_HTTP_HPF_R_ACCOUNT     0x0100   /* not for third parties */
#define NGX_HTTP_HPF_R_SECRET      0x0200   /* a digest of it would tell */
#define NGX_HTTP_HPF_R_ALWAYS      0x0400   /* also when it leaves no record */

/*
 * handler: runs in the content phase after the line.  NGX_OK: the answer is
 * in ctx (ngx_http_hpf_answer()); NGX_AGAIN: it will call
 * ngx_http_hpf_finish() later, once; NGX_ABORT and NGX_ERROR as for steps.
 */

struct ngx_http_hpf_route_s {
    ngx_uint_t                    method;
    const char                   *pattern;      /* "/v1/items/{}" */
    ngx_uint_t                    flags;
    const char                   *name;         /* in audit and metrics */
    ngx_http_hpf_step_pt          handler;
    const char                   *form;         /* JSON Schema of the body */
};


#define NGX_HTTP_HPF_ID_LEN     32
#define NGX_HTTP_HPF_DETAIL     256

struct ngx_http_hpf_ctx_s {
    ngx_http_request_t           *request;
    ngx_http_hpf_step_e           step;
    ngx_uint_t                    runs;         /* what of the line, _gate.c */
    ngx_http_hpf_loc_conf_t      *gate;         /* which it has passed */

    u_char                        id[NGX_HTTP_HPF_ID_LEN];   /* hex */
    ngx_str_t                     span;         /* of a valid traceparent */

    const ngx_http_hpf_route_t   *route;
    ngx_str_t                     arg;          /* {} of the pattern */
    ngx_str_t                     arg2;

    ngx_http_hpf_channel_t       *channel;
    ngx_str_t                     key_id;       /* or of the certificate */
    ngx_http_hpf_signer_t        *signer;       /* of a signed request */
    ngx_http_hpf_nonce_t         *nonce;        /* of which Redis is asked */

    ngx_str_t                     origin;       /* one of the channel's */

    ngx_hpf_plugin_t             *item;         /* generation, referenced */
    ngx_str_t                     item_id;

    hpf_session_t         session;
    u_char                        token_hash[HPF_SESSION_KEY];
    uint64_t                      session_mark; /* when Redis was asked */

    /* The tightest limit that applied, for the headers. */
    ngx_http_hpf_limit_t         *limit;
    hpf_gcra_result_t             bucket;
    ngx_http_hpf_limit_ask_t     *asks;         /* of limits, to the store */
    ngx_uint_t                    asked;        /* answers to come */
    ngx_int_t                     limits_rc;    /* of the user's */

    ngx_str_t                     body;         /* whole, in memory */
    json_t                       *form;

    ngx_http_hpf_idem_t          *idem;         /* of an Idempotency-Key */
    ngx_str_t                     idem_store;   /* its key in Redis */
    u_char                        digest[32];   /* SHA-256 of the body */
    hpf_content_digest_t         *digest_want;  /* the one that was signed */

    ngx_hpf_redis_op_t           *op;           /* the one under way */
    void                        (*store_handler)(ngx_http_hpf_ctx_t *ctx,
                                      const ngx_hpf_redis_reply_t *reply);
    ngx_int_t                     op_rc;        /* what it came to */
    const ngx_http_hpf_step_pt   *stages;       /* still to come */
    ngx_http_hpf_walk_t          *walk;         /* through sessions */
    ngx_queue_t                   ended;        /* calls to back ends */
    void                         *data;         /* of the step or handler */
    ngx_hpf_call_t               *call;         /* of the plugin */
    ngx_int_t                   (*call_end)(ngx_http_hpf_ctx_t *ctx);
    ngx_str_t                     backend;      /* to name when it fails */
    ngx_http_hpf_call_op_t       *backend_ops;  /* the last one first */
    ngx_http_hpf_factor_plugins_t *factors;     /* NULL: none was asked */
    json_t                       *case_data;    /* for reconcile */
    json_t                       *case_result;  /* borrowed of the call */
    ngx_str_t                     case_status;
    time_t                        case_due;

    /* The answer. */
    ngx_uint_t                    status;
    ngx_str_t                     answer;       /* JSON text */
    ngx_str_t                     location;
    ngx_str_t                     set_cookie;
    ngx_http_hpf_code_e           code;         /* when problem */
    ngx_str_t                     detail;
    ngx_str_t                     extra;        /* ,"member":value ... */
    time_t                        retry_after;

    /* For the record. */
    ngx_str_t                     case_no;
    ngx_str_t                     event;        /* a word on what was done */
    const char                   *caller;       /* how the channel was told */
    const char                   *reason;       /* why it was refused */
    ngx_str_t                     operator;     /* who did it, not a user */
    ngx_str_t                     subject;      /* and to whom */
    ngx_str_t                     ended_session; /* its hash */
    const char                   *ending;       /* why sessions end now */
    ngx_str_t                     party;        /* whom a consent is for */
    json_t                       *scope;        /* what was shown to it */

    /* Of data that is shared without its person's session. */
    ngx_str_t                     person;       /* ID number */
    ngx_str_t                     person_hash;
    ngx_str_t                     purpose;
    ngx_str_t                     matter;       /* the caller's file number */

    unsigned                      en:1;         /* English was asked for */
    unsigned                      has_session:1;
    unsigned                      by_cookie:1;  /* the session is a browser's */
    unsigned                      cors:1;       /* it is told of origins */
    unsigned                      origin_other:1; /* not one of the channel's */
    unsigned                      shared:1;     /* about a person, no user */
    unsigned                      personal:1;   /* no-store */
    unsigned                      problem:1;
    unsigned                      passed:1;     /* the line has no objection */
    unsigned                      waiting:1;    /* a step or handler waits */
    unsigned                      resumed:1;    /* op_rc is for the step */
    unsigned                      content:1;    /* the handler runs */
    unsigned                      answered:1;
    unsigned                      body_read:1;
    unsigned                      digest_set:1;
    unsigned                      loaded:1;     /* counted in channel load */
    unsigned                      idem_mine:1;  /* to be stored or undone */
    unsigned                      case_created:1; /* 201 when it is shown */
    unsigned                      idem_case:1;  /* case_no was opened before */
    unsigned                      ours:1;       /* the answer is made here */
    unsigned                      quiet:1;      /* no record, no count */
    unsigned                      limit_dry_run:1; /* would refuse */
    unsigned                      limits_taken:1;  /* the user's, by Redis */
    unsigned                      posted:1;     /* it runs as a posted one */
    unsigned                      backend_fault:2; /* how badly it did */
    unsigned                      backend_timeout:1;
    unsigned                      store_trip:1; /* Redis was asked */
    unsigned                      store_gone:1; /* and could not say */
};


extern ngx_module_t  ngx_http_hpf_module;


/*
 * The context of a main request; NULL: there is none.  _begin() makes one
 * with a request id when there is none.
 */
ngx_http_hpf_ctx_t *ngx_http_hpf_gate_begin(ngx_http_request_t *r);
ngx_http_hpf_ctx_t *ngx_http_hpf_get_ctx(ngx_http_request_t *r);

/* _gate.c: goes on with the line, or the handler, from an event. */
void ngx_http_hpf_resume(ngx_http_request_t *r);

/* Ends a handler that had returned NGX_AGAIN; rc as it would have returned. */
void ngx_http_hpf_finish(ngx_http_request_t *r, ngx_int_t rc);


/* _problem.c: sets the problem of the answer; returns NGX_ABORT. */
ngx_int_t ngx_http_hpf_refuse(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_code_e code);
/* The same with a detail for the developer of a channel (copied). */
ngx_int_t ngx_http_hpf_refuse_detail(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_code_e code, const char *zh, const char *en);
/* A member is added to the problem; value is JSON text. */
ngx_int_t ngx_http_hpf_extra(ngx_http_hpf_ctx_t *ctx, const char *name,
    const ngx_str_t *value);
ngx_int_t ngx_http_hpf_extra_string(ngx_http_hpf_ctx_t *ctx,
    const char *name, const ngx_str_t *value);
ngx_int_t ngx_http_hpf_extra_int(ngx_http_hpf_ctx_t *ctx, const char *name,
    int64_t value);
ngx_int_t ngx_http_hpf_extra_json(ngx_http_hpf_ctx_t *ctx, const char *name,
    json_t *value);
/* The problem as JSON text in the request's pool. */
ngx_int_t ngx_http_hpf_problem_text(ngx_http_hpf_ctx_t *ctx, ngx_str_t *text);
ngx_uint_t ngx_http_hpf_problem_status(ngx_http_hpf_code_e code);
/* The code of a name, NGX_HTTP_HPF_CODES when there is none. */
ngx_http_hpf_code_e ngx_http_hpf_problem_find(const char *name, size_t len);
const char *ngx_http_hpf_problem_name(ngx_http_hpf_code_e code);
/* The nearest code for a status that nginx itself has chosen. */
ngx_http_hpf_code_e ngx_http_hpf_problem_of_status(ngx_uint_t status);
/* The text of the request's language. */
ngx_str_t *ngx_http_hpf_text(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_text_t *text);


/*
 * How a tree is written; of a number the 15 digits that a double keeps, or
 * 0.0005 would be 0.00050000000000000001.
 */
#define NGX_HTTP_HPF_JSON  (JSON_COMPACT|JSON_REAL_PRECISION(15))

/* _answer.c: sends what is in ctx; the body is read or discarded. */
ngx_int_t ngx_http_hpf_send(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx);
/* The answer of a handler: a tree (taken over) or JSON text.  NGX_OK. */
ngx_int_t ngx_http_hpf_answer(ngx_http_hpf_ctx_t *ctx, ngx_uint_t status,
    json_t *tree);
/* A member of a tree made of bytes; the tree takes the value over. */
ngx_int_t ngx_http_hpf_set_str(json_t *object, const char *key,
    const ngx_str_t *value);
/* RFC 3339 with +08:00 as a JSON string. */
json_t *ngx_http_hpf_json_time(time_t t);
json_t *ngx_http_hpf_json_str(const ngx_str_t *value);


/* The steps, each in the file of its subject. */
ngx_int_t ngx_http_hpf_id_step(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_cors_step(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_route_step(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_channel_step(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_audit_step(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_switch_step(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_limit_step(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_session_step(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_user_limit_step(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_conditions_step(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_consent_step(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_form_step(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_nonce_step(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_idempotency_step(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);


/* _channel.c */
ngx_http_hpf_channel_t *ngx_http_hpf_channel_find(
    ngx_http_hpf_main_conf_t *hmcf, ngx_str_t *id);
char *ngx_http_hpf_channel_block(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_hpf_channel_init(ngx_conf_t *cf,
    ngx_http_hpf_main_conf_t *hmcf);
/* _channel_user.c: members that are about users. */
char *ngx_http_hpf_channel_session(ngx_conf_t *cf,
    ngx_http_hpf_channel_t *ch);
char *ngx_http_hpf_channel_consent(ngx_conf_t *cf,
    ngx_http_hpf_channel_t *ch);
char *ngx_http_hpf_channel_sharing(ngx_conf_t *cf,
    ngx_http_hpf_channel_t *ch);

/* _switch.c: 1: open.  alternatives[] of a problem: see _divert.c. */
ngx_uint_t ngx_http_hpf_switch_open(ngx_http_hpf_main_conf_t *hmcf,
    ngx_str_t *name, ngx_hpf_switch_t *sw);
ngx_uint_t ngx_http_hpf_channel_open(ngx_http_hpf_main_conf_t *hmcf,
    ngx_http_hpf_channel_t *ch);
ngx_uint_t ngx_http_hpf_item_open(ngx_http_hpf_main_conf_t *hmcf,
    ngx_str_t *item, ngx_http_hpf_channel_t *ch, ngx_hpf_switch_t *sw);
ngx_int_t ngx_http_hpf_switch_init_worker(ngx_http_hpf_main_conf_t *hmcf);

/* _sharing.c: 1: it is about a person who has no session here. */
ngx_uint_t ngx_http_hpf_sharing(ngx_http_hpf_ctx_t *ctx);
/* As a step: why it is asked for, and what is shown. */
ngx_int_t ngx_http_hpf_sharing_check(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
/* As a step: the person, who is taken out of the form. */
ngx_int_t ngx_http_hpf_sharing_person(ngx_http_hpf_ctx_t *ctx);

/* _consent_check.c: consent-required; scope: the names, taken over. */
ngx_int_t ngx_http_hpf_consent_refuse(ngx_http_hpf_ctx_t *ctx, json_t *scope);
/* The names of scopes of the item, a bit each. */
json_t *ngx_http_hpf_consent_names(ngx_http_hpf_ctx_t *ctx,
    ngx_uint_t scopes);

/* _divert.c: open channels that carry the item, least loaded first. */
json_t *ngx_http_hpf_alternatives(ngx_http_hpf_ctx_t *ctx);
/* Load of a channel, 0..1 of its capacity. */
double ngx_http_hpf_channel_load(ngx_http_hpf_main_conf_t *hmcf,
    ngx_http_hpf_channel_t *ch);

/* _limit_conf.c */
char *ngx_http_hpf_limit_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
/* Of the directive's arguments behind its name. */
char *ngx_http_hpf_limit_parse(ngx_conf_t *cf, ngx_http_hpf_limit_t *limit);
/* Fills in what follows from name, rate, quota and burst (-1: unset). */
void ngx_http_hpf_limit_complete(ngx_http_hpf_limit_t *limit);

char *ngx_http_hpf_switch_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* _item.c: what was made of the manifest when the generation was loaded. */
ngx_int_t ngx_http_hpf_item_load(ngx_hpf_plugin_t *item, void *data);
void ngx_http_hpf_item_unload(ngx_hpf_plugin_t *item, void *data);
ngx_array_t *ngx_http_hpf_item_limits(ngx_hpf_plugin_t *item);
ngx_uint_t ngx_http_hpf_item_on_channel(ngx_hpf_plugin_t *item,
    ngx_str_t *channel);
/* Of the answer only these scopes of the item, a bit each, are shown. */
ngx_int_t ngx_http_hpf_item_scopes(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx, ngx_uint_t scopes);
/* Ids of the configured channels that carry the item. */
json_t *ngx_http_hpf_item_channels(ngx_hpf_plugin_t *item,
    ngx_http_hpf_main_conf_t *hmcf);

/* _idempotency.c: NGX_OK: go on; NGX_AGAIN: ngx_http_hpf_finish() follows. */
ngx_int_t ngx_http_hpf_idempotency_end(ngx_http_hpf_ctx_t *ctx);
/* Of the attempt that this request is; empty: there is no key. */
ngx_str_t ngx_http_hpf_idempotency_token(ngx_http_hpf_ctx_t *ctx);

/* _route.c: the header of a 405, which names these methods. */
ngx_int_t ngx_http_hpf_route_allow(ngx_http_request_t *r, ngx_uint_t methods);

/* _util.c: the first field of that lower-case name; NULL: there is none. */
ngx_table_elt_t *ngx_http_hpf_header_in(ngx_http_request_t *r,
    ngx_str_t *name);
/* The one behind prev of the same name; NULL: there is no other. */
ngx_table_elt_t *ngx_http_hpf_header_next(ngx_http_request_t *r,
    ngx_str_t *name, ngx_table_elt_t *prev);
/* An argument of the query, decoded. NGX_DECLINED: there is none, or it says
   nothing. */
ngx_int_t ngx_http_hpf_arg(ngx_http_request_t *r, const char *name,
    ngx_str_t *value);
/* 1: a body is announced, or may come (HTTP/2 without a length). */
ngx_uint_t ngx_http_hpf_has_body(ngx_http_request_t *r);
/* The longest whole characters of UTF-8 text within max bytes. */
size_t ngx_http_hpf_utf8_cut(const u_char *p, size_t len, size_t max);
/* The same word, which ends with a zero. */
ngx_uint_t ngx_http_hpf_is(ngx_str_t *s, const char *word);
/* Who says that he does it; NULL: nobody, or nothing for a line. */
ngx_str_t *ngx_http_hpf_operator(ngx_http_request_t *r);
/* Random bytes for ids, from a buffer of the worker. */
ngx_int_t ngx_http_hpf_random(u_char *p, size_t n);

/* _body.c: the whole body in ctx->body; as a step. */
ngx_int_t ngx_http_hpf_read_body(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);

/* _identity.c: what a back end behind the gate is told of the caller. */
ngx_int_t ngx_http_hpf_identity_set(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);

/* _secret.c: hpf_secrets, and a file of 32 bytes or more in base64, which
 * others may not read. */
char *ngx_http_hpf_secret_file(ngx_conf_t *cf, ngx_str_t *file,
    ngx_str_t *secret);
char *ngx_http_hpf_secret_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* _form.c: what a schema cannot know; returns NGX_ABORT. */
ngx_int_t ngx_http_hpf_refuse_form(ngx_http_hpf_ctx_t *ctx,
    const char *pointer, const char *zh, const char *en);
char *ngx_http_hpf_form_init(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf);
const hpf_schema_formats_t *ngx_http_hpf_form_formats(void);

/* _audit.c, _metrics.c: the log phase. */
char *ngx_http_hpf_audit_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_hpf_audit_conf_ledger(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_hpf_audit_conf_check(ngx_conf_t *cf,
    ngx_http_hpf_main_conf_t *hmcf);
void ngx_http_hpf_audit_write(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
/* For the record alone: why what failed; copied, in one line. */
ngx_int_t ngx_http_hpf_audit_reason(ngx_http_hpf_ctx_t *ctx,
    const char *what, const char *why);
/*
 * What is no request: of an item, the digest of its plugin and by whom; the
 * last two may be NULL.
 */
void ngx_http_hpf_audit_event(ngx_http_hpf_main_conf_t *hmcf,
    const char *event, ngx_str_t *item, const u_char *digest, ngx_str_t *by);
void ngx_http_hpf_metrics_count(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
/* A worker was ended by a plugin. */
void ngx_http_hpf_metrics_crashed(ngx_http_hpf_main_conf_t *hmcf,
    const u_char *item, const char *end);
/* The series of a limit's decisions, for ngx_hpf_stat_add(). */
ngx_int_t ngx_http_hpf_metrics_limit(ngx_http_hpf_main_conf_t *hmcf,
    const ngx_str_t *rule, const char *result, const char *source);
/* Of one back end: set, or added to. */
void ngx_http_hpf_metrics_backend(ngx_http_hpf_main_conf_t *hmcf,
    ngx_hpf_stat_type_e type, const char *name, ngx_str_t *backend,
    int64_t value);
/* A gauge of one item. */
void ngx_http_hpf_metrics_item(ngx_http_hpf_main_conf_t *hmcf,
    const char *name, const u_char *item, int64_t value);
/* The answer of a page: JSON in memory of the request. */
void ngx_http_hpf_metrics_reseal(ngx_http_hpf_main_conf_t *hmcf,
    ngx_uint_t records, ngx_uint_t texts);
ngx_int_t ngx_http_hpf_metrics_text(ngx_http_request_t *r, ngx_uint_t status,
    u_char *text, size_t len);
char *ngx_http_hpf_metrics_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* _gate.c: handlers of the phases. */
ngx_int_t ngx_http_hpf_gate_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_hpf_gate_content(ngx_http_request_t *r);


#endif /* _NGX_HTTP_HPF_H_INCLUDED_ */
