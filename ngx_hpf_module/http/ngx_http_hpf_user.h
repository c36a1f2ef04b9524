/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Users and the proofs of who they are, for the files of identity.
 *
 * A user is hpf:{u:UID}:profile, a hash: type, real (1: real-name), m and i
 * (keyed hashes of mobile and ID number), name, mobile and id_no (sealed).
 * hpf:{i:HASH} and hpf:{m:HASH}:uid lead from a number to the user.
 *
 * Of a unit, i and id_no are its USCC, and name is its name.  Whoever acts for
 * it is hpf:{u:UID}:handler:HID, a hash with the same members of that person;
 * hpf:{u:UID}:handlers leads from the keyed hash of a mobile to HID.
 */

#ifndef _NGX_HTTP_HPF_USER_H_INCLUDED_
#define _NGX_HTTP_HPF_USER_H_INCLUDED_


#include "hpf_ident.h"
#include "ngx_http_hpf.h"
#include "ngx_http_hpf_session.h"


/* Factors, as bits of a session or an attempt. */

#define NGX_HTTP_HPF_F_SMS        0x01
#define NGX_HTTP_HPF_F_ID_CARD    0x02
#define NGX_HTTP_HPF_F_PASSWORD   0x04
#define NGX_HTTP_HPF_F_BANK_CARD  0x08
#define NGX_HTTP_HPF_F_FACE       0x10
#define NGX_HTTP_HPF_F_CERT       0x20
#define NGX_HTTP_HPF_F_BINDING    0x40
#define NGX_HTTP_HPF_F_PROVIDER   0x80     /* of identity: is never sent */

/* What others may know as well. */

#define NGX_HTTP_HPF_F_KNOWN                                                 \
    (NGX_HTTP_HPF_F_ID_CARD|NGX_HTTP_HPF_F_BANK_CARD)


/* Those that are proved here, if set up, and those that plugins may prove. */

#define NGX_HTTP_HPF_F_BUILT_IN(hmcf)                                        \
    (NGX_HTTP_HPF_F_SMS | NGX_HTTP_HPF_F_PASSWORD | NGX_HTTP_HPF_F_BINDING   \
     | ((hmcf)->cert ? NGX_HTTP_HPF_F_CERT : 0))
#define NGX_HTTP_HPF_F_PLUGINS                                               \
    (NGX_HTTP_HPF_F_ID_CARD|NGX_HTTP_HPF_F_BANK_CARD|NGX_HTTP_HPF_F_FACE)

/* Name and ID number belong together: a registration under the real name. */

#define NGX_HTTP_HPF_F_REAL       NGX_HTTP_HPF_F_PLUGINS


/*
 * JSON Schema of one of factors[]: what each that is built in needs.  Which
 * there are, and what those of plugins need, is checked by _factor_form.c.
 */

#define NGX_HTTP_HPF_FACTOR_NEEDS(name, members)                             \
    "{\"if\":{\"required\":[\"factor\"],"                                    \
    "\"properties\":{\"factor\":{\"const\":\"" name "\"}}},"                  \
    "\"then\":{\"required\":[" members "]}}"

#define NGX_HTTP_HPF_FACTOR_CHALLENGE_ID                                     \
    "\"challenge_id\":{\"type\":\"string\","                                \
    "\"pattern\":\"^[A-Za-z0-9_-]{1,64}$\"}"

#define NGX_HTTP_HPF_FACTOR_CERT                                             \
    "\"certificate\":{\"type\":\"string\",\"minLength\":1,"                 \
    "\"maxLength\":32768},"                                                 \
    "\"signature\":{\"type\":\"string\",\"maxLength\":2048,"                \
    "\"pattern\":\"^[A-Za-z0-9+/]+={0,2}$\"}"

/* A channel's own account, as a WeChat openid. */

#define NGX_HTTP_HPF_SUBJECT_FORM                                            \
    "{\"type\":\"string\",\"pattern\":\"^[!-~]{1,128}$\"}"

/* as many as there are that a client may send */

#define NGX_HTTP_HPF_FACTORS_MAX  "7"

#define NGX_HTTP_HPF_FACTOR_FORM                                             \
    "{\"type\":\"object\",\"required\":[\"factor\"],\"properties\":{"       \
    "\"factor\":{\"type\":\"string\"},"                                     \
    "\"password\":{\"type\":\"string\",\"maxLength\":1000},"                 \
    NGX_HTTP_HPF_FACTOR_CHALLENGE_ID ","                                     \
    "\"code\":{\"type\":\"string\",\"pattern\":\"^[0-9]{6}$\"},"             \
    NGX_HTTP_HPF_FACTOR_CERT ","                                             \
    "\"subject\":" NGX_HTTP_HPF_SUBJECT_FORM "},"                           \
    "\"allOf\":["                                                           \
    NGX_HTTP_HPF_FACTOR_NEEDS("sms", "\"challenge_id\",\"code\"") ","        \
    NGX_HTTP_HPF_FACTOR_NEEDS("password", "\"password\"") ","                \
    NGX_HTTP_HPF_FACTOR_NEEDS("binding", "\"subject\"") ","                   \
    NGX_HTTP_HPF_FACTOR_NEEDS("cert", "\"challenge_id\",\"certificate\","    \
                              "\"signature\"")                              \
    "]}"

/*
 * The stages that prove what was asked.  The cheap ones come first, those that
 * ask somebody else last.
 */

#define NGX_HTTP_HPF_FACTOR_STAGES                                           \
    ngx_http_hpf_binding_stage,                                             \
    ngx_http_hpf_factor_sms_stage,                                          \
    ngx_http_hpf_password_stage,                                            \
    ngx_http_hpf_cert_factor_stage,                                         \
    ngx_http_hpf_cert_factor_check_stage,                                   \
    ngx_http_hpf_cert_factor_bound_stage,                                   \
    ngx_http_hpf_factor_plugin_stage


typedef struct ngx_http_hpf_cert_shown_s  ngx_http_hpf_cert_shown_t;
typedef struct ngx_http_hpf_retake_s      ngx_http_hpf_retake_t;


/* Factors that were proved before, and when (s, by the store's clock). */

typedef struct {
    ngx_uint_t   factors;
    time_t       at[HPF_SESSION_FACTORS];
} ngx_http_hpf_proofs_t;


/* A role is the first character of a session's handler. */

#define NGX_HTTP_HPF_HANDLER_ADMIN    'a'  /* changes the other handlers */
#define NGX_HTTP_HPF_HANDLER_ANY      'h'
#define NGX_HTTP_HPF_HANDLER_LIMITED  'l'  /* to some items */


/*
 * The work of one call of identity: ctx->data.  The numbers are those of the
 * person who is there: of a unit, of its handler.
 */

typedef struct {
    ngx_str_t    uid;                  /* empty: there is no such user */
    ngx_uint_t   present;              /* he has a session, by which he goes */
    ngx_str_t    m;                    /* keyed hash of the mobile, hex */
    ngx_str_t    i;                    /* keyed hash of the ID number, hex */
    ngx_str_t    name;
    ngx_str_t    mobile;
    ngx_str_t    id_no;
    ngx_uint_t   real;                 /* registered under his real name */
    u_char       type;
    ngx_str_t    epoch;                /* changes when sessions are to end */

    ngx_str_t    read;                 /* key of the record */
    ngx_str_t    pw;                   /* records of passwords: the present, */
    ngx_str_t    pw_before;            /* those before it, */
    ngx_str_t    pw_new;               /* and one that is to be set */

    ngx_uint_t   unit;                 /* a unit is asked for, or acts */
    ngx_uint_t   unit_real;
    ngx_str_t    unit_name;
    ngx_str_t    uscc;
    ngx_str_t    admin;                /* its first handler */
    ngx_str_t    handler;              /* HID of the one who acts */
    u_char       role;

    ngx_str_t    new_uid;              /* the id that a new user would get */
    ngx_str_t    claim;                /* the number that he is found by */
    ngx_str_t    given_m;              /* as m and i: of a form */
    ngx_str_t    given_i;
    ngx_str_t    was;                  /* the mobile before a change */
    json_t      *items;                /* that a new handler is limited to */

    const char  *purpose;              /* of the code */
    ngx_uint_t   registers;            /* a password is set */
    ngx_uint_t   retakes;              /* from who has named the number */
    ngx_http_hpf_retake_t  *retake;
    ngx_uint_t   asked;                /* factors in the body */
    ngx_uint_t   proved;               /* factors found true */
    ngx_http_hpf_proofs_t  kept;       /* of them those of another session */
    ngx_str_t    challenge;            /* of a code that is sent */
    ngx_str_t    code;
    ngx_uint_t   attempts_left;
    const char  *proving;              /* the factor that is looked at */

    ngx_str_t    guessed;              /* keyed hash of the number given */
    ngx_str_t    device;               /* known to be his, hex */
    ngx_array_t *taken;                /* of _lock.c */
    ngx_uint_t   limited;
    ngx_uint_t   limit_left;

    ngx_http_hpf_cert_shown_t  *cert;  /* NULL: none was shown */
    ngx_str_t    relies;               /* on it, or that of another session */

    ngx_uint_t   vouched;              /* level of a provider's word, or of
                                          the session that a ticket is of */
    ngx_uint_t   fresh;                /* who is new by that word */

    ngx_str_t    token;                /* of the new session */
    u_char       token_hash[HPF_SESSION_KEY];
    ngx_uint_t   level;
    ngx_uint_t   life;                 /* s, what is left of that; 0: all */
    ngx_str_t    source;               /* hash of that, of a ticket */
    ngx_uint_t   stepped;              /* a present session steps up */
} ngx_http_hpf_person_t;


/* Makes ctx->data. */
ngx_http_hpf_person_t *ngx_http_hpf_person(ngx_http_hpf_ctx_t *ctx);

/*
 * A string member of an object, in the pool or static: data of the tree, which
 * lives as long as the request.  len 0: there is none.
 */
ngx_str_t ngx_http_hpf_person_member(json_t *object, const char *name);

/* Normalised in the pool; data NULL: it is no such number. */
ngx_str_t ngx_http_hpf_person_mobile(ngx_http_hpf_ctx_t *ctx, ngx_str_t *s);
ngx_str_t ngx_http_hpf_person_name(ngx_http_hpf_ctx_t *ctx, ngx_str_t *s);
ngx_str_t ngx_http_hpf_person_id_no(ngx_http_hpf_ctx_t *ctx, ngx_str_t *s);

ngx_uint_t ngx_http_hpf_person_equal(const ngx_str_t *a, const ngx_str_t *b);

/* Today in Asia/Shanghai. */
hpf_date_t ngx_http_hpf_person_today(void);

/* Keyed hash of a personal number for an index: 32 characters of hex. */
ngx_str_t ngx_http_hpf_person_index(ngx_http_hpf_ctx_t *ctx, const char *kind,
    ngx_str_t *number);

/* _person.c: a value as it may go out, by a kind of hpf_mask_kind.h. */
ngx_int_t ngx_http_hpf_person_mask(ngx_pool_t *pool, ngx_uint_t kind,
    ngx_str_t *s);

/*
 * _person.c, stages: the person from hpf:{u:UID}:profile of person->uid, and
 * of a unit from hpf:{u:UID}:handler:HID of person->handler.
 */
ngx_int_t ngx_http_hpf_person_profile_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_person_handler_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
/* The answer of an index, for a stage: person->uid, empty when it has none. */
void ngx_http_hpf_person_found(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
/* The key of what the last stage has read. */
ngx_str_t ngx_http_hpf_person_key(ngx_http_hpf_ctx_t *ctx);
/* Who is there, for what is bound to him: UID, or of a unit UID/HID. */
ngx_str_t ngx_http_hpf_person_owner(ngx_http_hpf_ctx_t *ctx);
/* The person of the request's session, to be read. */
ngx_http_hpf_person_t *ngx_http_hpf_person_session(ngx_http_hpf_ctx_t *ctx);

/* _factor.c: reads factors[] of the form; as a step. */
ngx_int_t ngx_http_hpf_factor_read(ngx_http_hpf_ctx_t *ctx);
/* In the order of their bits; an empty one is the end. */
extern ngx_str_t  ngx_http_hpf_factors[];
/* One of F_, or 0. */
ngx_uint_t ngx_http_hpf_factor_find(ngx_str_t *name);
/* What was sent with one of F_, or NULL when it was not asked for. */
json_t *ngx_http_hpf_factor_sent(ngx_http_hpf_ctx_t *ctx, ngx_uint_t factor);
/* Stages: prove what was asked; a factor that fails ends the call. */
ngx_int_t ngx_http_hpf_factor_sms_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
/* _factor_plugin.c: the same, of those that are plugins. */
ngx_int_t ngx_http_hpf_factor_plugin_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
/* _cert_factor.c, the same: what was signed, by whom, and whose it is. */
ngx_int_t ngx_http_hpf_cert_factor_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_cert_factor_check_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_cert_factor_bound_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
/* _password.c */
ngx_int_t ngx_http_hpf_password_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_password_put_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
/* The one answer to any proof that fails. */
ngx_int_t ngx_http_hpf_factor_failed(ngx_http_hpf_ctx_t *ctx);
/* Keyed hash of a code, bound to its challenge: hex. */
ngx_str_t ngx_http_hpf_factor_code_hash(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *challenge, ngx_str_t *code);


/* _proof.c: factors as a session has them, "sms=1795449600,id-card=...". */
void ngx_http_hpf_proof_read(ngx_http_hpf_proofs_t *proofs, ngx_str_t *text);
/* Of the session that is made: what was proved by this call has "=now". */
ngx_str_t ngx_http_hpf_proof_text(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_person_t *person);


/* _ticket.c: stages that find the user of a ticket. */
ngx_int_t ngx_http_hpf_ticket_take_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_ticket_source_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);


/* _binding.c: the user whom a subject of the calling channel leads to. */
ngx_int_t ngx_http_hpf_binding_find_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
/* A stage of the factor "binding". */
ngx_int_t ngx_http_hpf_binding_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);


/* _sessions.c: a stage: of too many sessions on a channel the oldest end. */
ngx_int_t ngx_http_hpf_sessions_crowd_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);


/* _login.c, a stage: tells the person of the session. */
ngx_int_t ngx_http_hpf_login_answer(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);

/*
 * _mobile.c, a stage: the number given_m leads to the user no more, unless it
 * is his present one.
 */
ngx_int_t ngx_http_hpf_mobile_drop_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);

/* _fresh.c, a stage: step-up-required unless it was proved just now. */
ngx_int_t ngx_http_hpf_fresh_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);

/* _tell.c: a message of that kind, best effort; as a stage. */
ngx_int_t ngx_http_hpf_tell(ngx_http_hpf_ctx_t *ctx, ngx_str_t *mobile,
    const char *kind, const char *text);

/* _user.c: what other registrations share. */
ngx_int_t ngx_http_hpf_user_person(ngx_http_hpf_ctx_t *ctx, json_t *form);
/* As a step: stores the profile of a person who is new. */
ngx_int_t ngx_http_hpf_user_write(ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_user_claim_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_uint_t ngx_http_hpf_user_is_new(ngx_http_hpf_person_t *person);
ngx_int_t ngx_http_hpf_user_real(ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_user_answer_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);

/* _unit.c: POST /v1/users of a unit. */
ngx_int_t ngx_http_hpf_unit_register(ngx_http_hpf_ctx_t *ctx);

/* _handler.c: a random id; a stage that puts person->handler into the store. */
ngx_int_t ngx_http_hpf_handler_id(ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_handler_put_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);


/*
 * _revoke.c: ends the sessions whose hashes are told, but for that of the
 * request when keep.  NGX_OK: there are none; NGX_AGAIN: the flow goes on when
 * they have ended.
 */
ngx_int_t ngx_http_hpf_revoke(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *hashes, ngx_uint_t keep);
/* A stage: the other sessions of the user, or of the handler of a unit. */
ngx_int_t ngx_http_hpf_revoke_others_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);


/* _token.c: stages that make a session of the person. */
ngx_int_t ngx_http_hpf_token_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_token_index_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_token_create_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
/* Whoever was removed or changed meanwhile gets no session. */
ngx_int_t ngx_http_hpf_token_still_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);


/* _acting.c, stages: who acts for the unit that is asked for. */
ngx_int_t ngx_http_hpf_acting_challenge_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_acting_find_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
/* _acting.c, of the conditions: may this handler do the item; as a step. */
ngx_int_t ngx_http_hpf_acting_may(ngx_http_hpf_ctx_t *ctx);


#endif /* _NGX_HTTP_HPF_USER_H_INCLUDED_ */
