/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The handlers of the fixed calls and the JSON Schemas of their bodies, each
 * in the file of its subject.
 */

#ifndef _NGX_HTTP_HPF_API_H_INCLUDED_
#define _NGX_HTTP_HPF_API_H_INCLUDED_


#include "ngx_http_hpf.h"


#define NGX_HTTP_HPF_HANDLER(name)                                           \
    ngx_int_t ngx_http_hpf_ ## name ## _handler(ngx_http_request_t *r,       \
        ngx_http_hpf_ctx_t *ctx)

/* _items.c, _divert.c, _openapi.c */
NGX_HTTP_HPF_HANDLER(items);
NGX_HTTP_HPF_HANDLER(items_guide);
NGX_HTTP_HPF_HANDLER(divert);
NGX_HTTP_HPF_HANDLER(openapi);

/* _call.c */
NGX_HTTP_HPF_HANDLER(call);

/* _case_view.c */
NGX_HTTP_HPF_HANDLER(case_list);
NGX_HTTP_HPF_HANDLER(case);

/* _case_change.c */
NGX_HTTP_HPF_HANDLER(case_cancel);
NGX_HTTP_HPF_HANDLER(case_evaluation);
extern const char  ngx_http_hpf_case_cancel_form[];
extern const char  ngx_http_hpf_case_evaluation_form[];

/* _challenge.c */
NGX_HTTP_HPF_HANDLER(challenge);
extern const char  ngx_http_hpf_challenge_form[];

/* _user.c */
NGX_HTTP_HPF_HANDLER(user);
extern const char  ngx_http_hpf_user_form[];

/* _login.c */
NGX_HTTP_HPF_HANDLER(login);
NGX_HTTP_HPF_HANDLER(login_step_up);
extern const char  ngx_http_hpf_login_form[];
extern const char  ngx_http_hpf_step_up_form[];

/* _cert_bind.c */
NGX_HTTP_HPF_HANDLER(cert_bind);
NGX_HTTP_HPF_HANDLER(cert_list);
NGX_HTTP_HPF_HANDLER(cert_release);
extern const char  ngx_http_hpf_cert_form[];

/* _password_change.c */
NGX_HTTP_HPF_HANDLER(password);
extern const char  ngx_http_hpf_password_form[];

/* _mobile.c, _close.c */
NGX_HTTP_HPF_HANDLER(mobile);
NGX_HTTP_HPF_HANDLER(close);
extern const char  ngx_http_hpf_mobile_form[];

/* _handler.c */
NGX_HTTP_HPF_HANDLER(handler_list);
NGX_HTTP_HPF_HANDLER(handler_add);
NGX_HTTP_HPF_HANDLER(handler_set);
NGX_HTTP_HPF_HANDLER(handler_remove);
extern const char  ngx_http_hpf_handler_form[];
extern const char  ngx_http_hpf_handler_set_form[];

/* _session.c, _logout.c */
NGX_HTTP_HPF_HANDLER(session);
NGX_HTTP_HPF_HANDLER(logout);
NGX_HTTP_HPF_HANDLER(logout_all);

/* _session_list.c, _ticket.c, _binding.c, _bindings.c, _consent.c */
NGX_HTTP_HPF_HANDLER(session_list);
NGX_HTTP_HPF_HANDLER(session_list_end);
NGX_HTTP_HPF_HANDLER(ticket);
extern const char  ngx_http_hpf_ticket_form[];
NGX_HTTP_HPF_HANDLER(bindings);
NGX_HTTP_HPF_HANDLER(binding_put);
NGX_HTTP_HPF_HANDLER(binding_end);
extern const char  ngx_http_hpf_binding_form[];
NGX_HTTP_HPF_HANDLER(consent_list);
NGX_HTTP_HPF_HANDLER(consent);
NGX_HTTP_HPF_HANDLER(consent_put);
NGX_HTTP_HPF_HANDLER(consent_end);
extern const char  ngx_http_hpf_consent_form[];


/* _openapi_answer.c: of a fixed call, or "query" or "application". */

typedef struct {
    const char  *name;
    const char  *status;               /* of success */
    const char  *answer;               /* JSON Schema; NULL: no body */
    const char  *query[2];             /* parameters */
} ngx_http_hpf_openapi_answer_t;

const ngx_http_hpf_openapi_answer_t *ngx_http_hpf_openapi_answer(
    const char *name);


const ngx_http_hpf_route_t *ngx_http_hpf_route_table(void);


#endif /* _NGX_HTTP_HPF_API_H_INCLUDED_ */
