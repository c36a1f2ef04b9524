/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Problem documents, RFC 9457: the table of codes, and the text of one.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_json_out.h"
#include "ngx_http_hpf.h"


typedef struct {
    const char  *name;
    ngx_uint_t   status;
    const char  *zh;
    const char  *en;
} ngx_http_hpf_problem_t;


/* In the order of ngx_http_hpf_code_e. */

static const ngx_http_hpf_problem_t  ngx_http_hpf_problems[] = {

    { "channel-unknown", 401,
      "无法识别请求来自哪个渠道", "The channel of this request is not known" },
    { "channel-signature", 401,
      "请求签名未通过验证", "The signature of this request was not accepted" },
    { "channel-stopped", 503,
      "该渠道暂停服务", "This channel is out of service" },
    { "item-unknown", 404,
      "没有这个服务事项", "There is no such service item" },
    { "item-stopped", 503,
      "该服务事项暂停办理", "This service item is out of service" },
    { "item-not-on-channel", 403,
      "该服务事项不在此渠道办理",
      "This service item is not offered on this channel" },
    { "rate-limited", 429,
      "请求过于频繁，请稍后再试", "Too many requests, please try again later" },
    { "diverted", 503,
      "当前渠道办理人数较多，建议改用其他渠道",
      "This channel is busy, please use another one" },
    { "session-required", 401,
      "请先登录", "Please log in first" },
    { "session-expired", 401,
      "登录已失效，请重新登录", "The session has ended, please log in again" },
    { "csrf", 403,
      "请求不是由本渠道的页面发出的",
      "The request was not made by a page of the channel" },
    { "step-up-required", 403,
      "办理此事项需要进一步核验身份",
      "This service item needs a stronger proof of identity" },
    { "user-type", 403,
      "该服务事项不面向此类用户",
      "This service item is not for this kind of user" },
    { "handler-refused", 403,
      "该经办人无权办理", "This handler of the unit may not do that" },
    { "consent-required", 403,
      "需要本人授权", "The consent of the user is required" },
    { "factor-failed", 401,
      "身份核验未通过", "The proof of identity was not accepted" },
    { "factor-locked", 429,
      "尝试次数过多，请稍后再试", "Too many attempts, please try again later" },
    { "body-too-large", 413,
      "请求内容过大", "The body of the request is too large" },
    { "json-malformed", 400,
      "请求内容不是有效的 JSON", "The body is not well-formed JSON" },
    { "form-invalid", 422,
      "所填内容有误", "The form has faults" },
    { "idempotency-conflict", 409,
      "该幂等键已用于另一个请求",
      "The idempotency key was used with another request" },
    { "case-unknown", 404,
      "没有这个办件", "There is no such case" },
    { "case-state", 409,
      "办件当前状态不允许此操作",
      "The status of the case does not allow this" },
    { "store-unavailable", 503,
      "系统繁忙，请稍后再试", "The service is busy, please try again later" },
    { "backend-unavailable", 502,
      "业务系统暂时无法连接，请稍后再试",
      "A business system cannot be reached, please try again later" },
    { "backend-unavailable", 504,
      "业务系统响应超时，请稍后再试",
      "A business system did not answer in time, please try again later" },
    { "plugin-failed", 500,
      "该服务事项处理出错", "The service item failed" },
    { "plugin-quarantined", 503,
      "该服务事项已被隔离", "The service item has been quarantined" },
    { "not-found", 404,
      "没有这个地址", "There is nothing at this address" },
    { "method-not-allowed", 405,
      "该地址不支持此方法", "This address does not take this method" },
    { "bad-request", 400,
      "请求有误", "The request is faulty" },
    { "internal", 500,
      "系统内部错误", "An internal error" }
};


static ngx_int_t ngx_http_hpf_problem_extra_add(ngx_http_hpf_ctx_t *ctx,
    const char *name, const u_char *value, size_t len);


ngx_int_t
ngx_http_hpf_refuse(ngx_http_hpf_ctx_t *ctx, ngx_http_hpf_code_e code)
{
    ctx->problem = 1;
    ctx->code = code;
    ctx->status = ngx_http_hpf_problems[code].status;

    ngx_str_null(&ctx->detail);
    ngx_str_null(&ctx->extra);

    if (ctx->status == NGX_HTTP_SERVICE_UNAVAILABLE
        || ctx->status == NGX_HTTP_TOO_MANY_REQUESTS)
    {
        ctx->retry_after = ngx_max(ctx->retry_after, 1);
    }

    return NGX_ABORT;
}


ngx_int_t
ngx_http_hpf_refuse_detail(ngx_http_hpf_ctx_t *ctx, ngx_http_hpf_code_e code,
    const char *zh, const char *en)
{
    const char  *text;

    (void) ngx_http_hpf_refuse(ctx, code);

    text = ctx->en ? en : zh;

    ctx->detail.data = (u_char *) text;
    ctx->detail.len = ngx_strlen(text);

    return NGX_ABORT;
}


static ngx_int_t
ngx_http_hpf_problem_extra_add(ngx_http_hpf_ctx_t *ctx, const char *name,
    const u_char *value, size_t len)
{
    u_char  *p;
    size_t   n;

    n = ngx_strlen(name);

    p = ngx_pnalloc(ctx->request->pool,
                    ctx->extra.len + sizeof(",\"\":") - 1 + n + len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    n = ngx_sprintf(p, "%V,\"%s\":", &ctx->extra, name) - p;
    ngx_memcpy(p + n, value, len);

    ctx->extra.data = p;
    ctx->extra.len = n + len;

    return NGX_OK;
}


ngx_int_t
ngx_http_hpf_extra(ngx_http_hpf_ctx_t *ctx, const char *name,
    const ngx_str_t *value)
{
    return ngx_http_hpf_problem_extra_add(ctx, name, value->data, value->len);
}


ngx_int_t
ngx_http_hpf_extra_string(ngx_http_hpf_ctx_t *ctx, const char *name,
    const ngx_str_t *value)
{
    return ngx_http_hpf_extra_json(ctx, name, ngx_http_hpf_json_str(value));
}


ngx_int_t
ngx_http_hpf_extra_int(ngx_http_hpf_ctx_t *ctx, const char *name,
    int64_t value)
{
    u_char  buf[NGX_INT64_LEN];

    return ngx_http_hpf_problem_extra_add(ctx, name, buf,
                                  ngx_sprintf(buf, "%L", value) - buf);
}


/* Takes the tree over. */

ngx_int_t
ngx_http_hpf_extra_json(ngx_http_hpf_ctx_t *ctx, const char *name,
    json_t *value)
{
    char       *text;
    ngx_int_t   rc;

    if (value == NULL) {
        return NGX_ERROR;
    }

    text = json_dumps(value, NGX_HTTP_HPF_JSON|JSON_ENCODE_ANY);
    json_decref(value);

    if (text == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_http_hpf_problem_extra_add(ctx, name, (u_char *) text,
                                ngx_strlen(text));
    free(text);

    return rc;
}


ngx_int_t
ngx_http_hpf_problem_text(ngx_http_hpf_ctx_t *ctx, ngx_str_t *text)
{
    size_t                         len;
    u_char                        *p;
    const char                    *title;
    hpf_json_out_t                 out;
    const ngx_http_hpf_problem_t  *pr;

    pr = &ngx_http_hpf_problems[ctx->code];
    title = ctx->en ? pr->en : pr->zh;

    /* a detail may grow by escapes */

    len = 512 + 6 * ctx->detail.len + ctx->extra.len;

    p = ngx_pnalloc(ctx->request->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    hpf_json_out_init(&out, p, len);
    hpf_json_out_begin_object(&out);

    hpf_json_out_key(&out, "type");
    hpf_json_out_string2(&out, "urn:hpf:problem:", pr->name);
    hpf_json_out_key(&out, "title");
    hpf_json_out_cstring(&out, title);
    hpf_json_out_key(&out, "status");
    hpf_json_out_int(&out, ctx->status);

    hpf_json_out_key(&out, "detail");

    if (ctx->detail.len) {
        hpf_json_out_string(&out, ctx->detail.data, ctx->detail.len);

    } else {
        hpf_json_out_cstring(&out, title);
    }

    hpf_json_out_key(&out, "instance");
    hpf_json_out_string(&out, ctx->id, NGX_HTTP_HPF_ID_LEN);
    hpf_json_out_key(&out, "code");
    hpf_json_out_cstring(&out, pr->name);

    hpf_json_out_raw(&out, ctx->extra.data, ctx->extra.len);
    hpf_json_out_end_object(&out);

    if (hpf_json_out_failed(&out)) {
        return NGX_ERROR;
    }

    text->data = p;
    text->len = hpf_json_out_len(&out);

    return NGX_OK;
}


ngx_uint_t
ngx_http_hpf_problem_status(ngx_http_hpf_code_e code)
{
    return ngx_http_hpf_problems[code].status;
}


ngx_http_hpf_code_e
ngx_http_hpf_problem_of_status(ngx_uint_t status)
{
    switch (status) {

    case NGX_HTTP_NOT_FOUND:
        return NGX_HTTP_HPF_NOT_FOUND;

    case NGX_HTTP_NOT_ALLOWED:
        return NGX_HTTP_HPF_METHOD_NOT_ALLOWED;

    case NGX_HTTP_REQUEST_ENTITY_TOO_LARGE:
        return NGX_HTTP_HPF_BODY_TOO_LARGE;

    case NGX_HTTP_TOO_MANY_REQUESTS:
        return NGX_HTTP_HPF_RATE_LIMITED;

    case NGX_HTTP_BAD_GATEWAY:
    case NGX_HTTP_SERVICE_UNAVAILABLE:
        return NGX_HTTP_HPF_BACKEND_UNAVAILABLE;

    case NGX_HTTP_GATEWAY_TIME_OUT:
        return NGX_HTTP_HPF_BACKEND_TIMEOUT;

    case NGX_HTTP_NOT_IMPLEMENTED:
    case NGX_HTTP_VERSION_NOT_SUPPORTED:
        return NGX_HTTP_HPF_BAD_REQUEST;
    }

    return status < NGX_HTTP_INTERNAL_SERVER_ERROR ? NGX_HTTP_HPF_BAD_REQUEST
                                                   : NGX_HTTP_HPF_INTERNAL;
}


const char *
ngx_http_hpf_problem_name(ngx_http_hpf_code_e code)
{
    return ngx_http_hpf_problems[code].name;
}


ngx_http_hpf_code_e
ngx_http_hpf_problem_find(const char *name, size_t len)
{
    ngx_uint_t   i;
    const char  *s;

    for (i = 0; i < NGX_HTTP_HPF_CODES; i++) {
        s = ngx_http_hpf_problems[i].name;

        if (ngx_strlen(s) == len && ngx_strncmp(s, name, len) == 0) {
            break;
        }
    }

    return i;
}


ngx_str_t *
ngx_http_hpf_text(ngx_http_hpf_ctx_t *ctx, ngx_http_hpf_text_t *text)
{
    return (ctx->en && text->en.len) ? &text->en : &text->zh;
}
