/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * hpf.crypto: the table of C plugins, with strings of bytes for buffers.  One
 * call takes no more than a mebibyte, and is charged as the instructions that
 * it may take the time of.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_iface.h"
#include "ngx_hpf_lua.h"


#define NGX_HPF_LUA_CRYPTO_MAX     1048576
#define NGX_HPF_LUA_CRYPTO_RANDOM  4096
#define NGX_HPF_LUA_CRYPTO_COST    8           /* bytes an instruction */


typedef size_t (*ngx_hpf_lua_crypto_encode_pt)(char *out, hpf_str_t data);
typedef int64_t (*ngx_hpf_lua_crypto_decode_pt)(void *out, hpf_str_t text);


static int ngx_hpf_lua_crypto_digest(lua_State *L);
static int ngx_hpf_lua_crypto_hmac(lua_State *L);
static int ngx_hpf_lua_crypto_random(lua_State *L);
static int ngx_hpf_lua_crypto_equal(lua_State *L);
static int ngx_hpf_lua_crypto_hex(lua_State *L);
static int ngx_hpf_lua_crypto_unhex(lua_State *L);
static int ngx_hpf_lua_crypto_base64(lua_State *L);
static int ngx_hpf_lua_crypto_unbase64(lua_State *L);
static int ngx_hpf_lua_crypto_base64url(lua_State *L);
static int ngx_hpf_lua_crypto_unbase64url(lua_State *L);
static int ngx_hpf_lua_crypto_seal(lua_State *L);
static int ngx_hpf_lua_crypto_open(lua_State *L);
static int ngx_hpf_lua_crypto_name(lua_State *L);
static hpf_str_t ngx_hpf_lua_crypto_arg(lua_State *L, int index);
static int ngx_hpf_lua_crypto_bytes(lua_State *L, int rc,
    const unsigned char *out);
static int ngx_hpf_lua_crypto_encode(lua_State *L,
    ngx_hpf_lua_crypto_encode_pt encode);
static int ngx_hpf_lua_crypto_decode(lua_State *L,
    ngx_hpf_lua_crypto_decode_pt decode);


static const luaL_Reg  ngx_hpf_lua_crypto_functions[] = {
    { "digest", ngx_hpf_lua_crypto_digest },
    { "hmac", ngx_hpf_lua_crypto_hmac },
    { "random", ngx_hpf_lua_crypto_random },
    { "equal", ngx_hpf_lua_crypto_equal },
    { "hex", ngx_hpf_lua_crypto_hex },
    { "unhex", ngx_hpf_lua_crypto_unhex },
    { "base64", ngx_hpf_lua_crypto_base64 },
    { "unbase64", ngx_hpf_lua_crypto_unbase64 },
    { "base64url", ngx_hpf_lua_crypto_base64url },
    { "unbase64url", ngx_hpf_lua_crypto_unbase64url },
    { "seal", ngx_hpf_lua_crypto_seal },
    { "open", ngx_hpf_lua_crypto_open },
    { NULL, NULL }
};


/* With the table "hpf" on the stack. */

void
ngx_hpf_lua_crypto_init(lua_State *L)
{
    lua_newtable(L);
    luaL_register(L, NULL, ngx_hpf_lua_crypto_functions);
    lua_setfield(L, -2, "crypto");
}


/* hpf.crypto.digest("sha256" or "sm3", data): 32 bytes. */

static int
ngx_hpf_lua_crypto_digest(lua_State *L)
{
    int            rc;
    unsigned char  out[HPF_DIGEST_LEN];

    rc = ngx_hpf_iface_crypto.digest(ngx_hpf_lua_vm(L)->plugin,
                                     ngx_hpf_lua_crypto_name(L),
                                     ngx_hpf_lua_crypto_arg(L, 2), out);

    return ngx_hpf_lua_crypto_bytes(L, rc, out);
}


/* hpf.crypto.hmac("sha256" or "sm3", key, data): 32 bytes. */

static int
ngx_hpf_lua_crypto_hmac(lua_State *L)
{
    int            rc;
    unsigned char  out[HPF_DIGEST_LEN];

    rc = ngx_hpf_iface_crypto.hmac(ngx_hpf_lua_vm(L)->plugin,
                                   ngx_hpf_lua_crypto_name(L),
                                   ngx_hpf_lua_crypto_arg(L, 2),
                                   ngx_hpf_lua_crypto_arg(L, 3), out);

    return ngx_hpf_lua_crypto_bytes(L, rc, out);
}


/* hpf.crypto.random(n): as many bytes. */

static int
ngx_hpf_lua_crypto_random(lua_State *L)
{
    void        *out;
    lua_Number   n;

    n = luaL_checknumber(L, 1);

    luaL_argcheck(L, n >= 1 && n <= NGX_HPF_LUA_CRYPTO_RANDOM, 1,
                  "1 to 4096 bytes are expected");

    out = lua_newuserdata(L, (size_t) n);

    if (ngx_hpf_iface_crypto.random(out, (size_t) n) != HPF_OK) {
        return luaL_error(L, "there are no random numbers");
    }

    lua_pushlstring(L, out, (size_t) n);

    return 1;
}


/* hpf.crypto.equal(a, b): in a time that tells nothing. */

static int
ngx_hpf_lua_crypto_equal(lua_State *L)
{
    lua_pushboolean(L, ngx_hpf_iface_crypto.equal(
                           ngx_hpf_lua_crypto_arg(L, 1),
                           ngx_hpf_lua_crypto_arg(L, 2)));
    return 1;
}


/* Texts of bytes, and back: nil for what is no such text. */

static int
ngx_hpf_lua_crypto_hex(lua_State *L)
{
    return ngx_hpf_lua_crypto_encode(L, ngx_hpf_iface_crypto.hex);
}


static int
ngx_hpf_lua_crypto_unhex(lua_State *L)
{
    return ngx_hpf_lua_crypto_decode(L, ngx_hpf_iface_crypto.unhex);
}


static int
ngx_hpf_lua_crypto_base64(lua_State *L)
{
    return ngx_hpf_lua_crypto_encode(L, ngx_hpf_iface_crypto.base64);
}


static int
ngx_hpf_lua_crypto_unbase64(lua_State *L)
{
    return ngx_hpf_lua_crypto_decode(L, ngx_hpf_iface_crypto.unbase64);
}


static int
ngx_hpf_lua_crypto_base64url(lua_State *L)
{
    return ngx_hpf_lua_crypto_encode(L, ngx_hpf_iface_crypto.base64url);
}


static int
ngx_hpf_lua_crypto_unbase64url(lua_State *L)
{
    return ngx_hpf_lua_crypto_decode(L, ngx_hpf_iface_crypto.unbase64url);
}


/* hpf.crypto.seal(context, text): a text. */

static int
ngx_hpf_lua_crypto_seal(lua_State *L)
{
    char       *out;
    int64_t     n;
    hpf_str_t   context, plain;

    context = ngx_hpf_lua_crypto_arg(L, 1);
    plain = ngx_hpf_lua_crypto_arg(L, 2);

    out = lua_newuserdata(L, HPF_SEALED_LEN(plain.len));

    n = ngx_hpf_iface_crypto.seal(ngx_hpf_lua_vm(L)->plugin, context, plain,
                                  out);

    if (n < 0) {
        return luaL_error(L, "it cannot be sealed");
    }

    lua_pushlstring(L, out, (size_t) n);

    return 1;
}


/* hpf.crypto.open(context, text): what was sealed, or nil and why. */

static int
ngx_hpf_lua_crypto_open(lua_State *L)
{
    char       *out;
    int64_t     n;
    hpf_str_t   context, text;

    context = ngx_hpf_lua_crypto_arg(L, 1);
    text = ngx_hpf_lua_crypto_arg(L, 2);

    out = lua_newuserdata(L, text.len + 1);

    n = ngx_hpf_iface_crypto.open(ngx_hpf_lua_vm(L)->plugin, context, text,
                                  out);

    if (n < 0) {
        lua_pushnil(L);
        lua_pushstring(L, n == HPF_DECLINED ? "no key" : "changed");
        return 2;
    }

    lua_pushlstring(L, out, (size_t) n);

    return 1;
}


static int
ngx_hpf_lua_crypto_name(lua_State *L)
{
    static const int    digests[] = { HPF_DIGEST_SHA256, HPF_DIGEST_SM3 };
    static const char  *names[] = { "sha256", "sm3", NULL };

    return digests[luaL_checkoption(L, 1, NULL, names)];
}


/* Time is charged before it is taken: a loop around an error pays, too. */

static hpf_str_t
ngx_hpf_lua_crypto_arg(lua_State *L, int index)
{
    hpf_str_t  s;

    s.data = luaL_checklstring(L, index, &s.len);

    luaL_argcheck(L, s.len <= NGX_HPF_LUA_CRYPTO_MAX, index,
                  "at most a mebibyte is expected");

    ngx_hpf_lua_charge(L, (double) s.len / NGX_HPF_LUA_CRYPTO_COST);

    return s;
}


static int
ngx_hpf_lua_crypto_bytes(lua_State *L, int rc, const unsigned char *out)
{
    if (rc != HPF_OK) {
        return luaL_error(L, "there is no memory for a digest");
    }

    lua_pushlstring(L, (const char *) out, HPF_DIGEST_LEN);

    return 1;
}


static int
ngx_hpf_lua_crypto_encode(lua_State *L, ngx_hpf_lua_crypto_encode_pt encode)
{
    char       *out;
    hpf_str_t   data;

    data = ngx_hpf_lua_crypto_arg(L, 1);

    /* the longest of them is that in hexadecimal digits, or of a few bytes */

    out = lua_newuserdata(L, HPF_HEX_LEN(data.len) + 4);

    lua_pushlstring(L, out, encode(out, data));

    return 1;
}


static int
ngx_hpf_lua_crypto_decode(lua_State *L, ngx_hpf_lua_crypto_decode_pt decode)
{
    char       *out;
    int64_t     n;
    hpf_str_t   text;

    text = ngx_hpf_lua_crypto_arg(L, 1);
    out = lua_newuserdata(L, HPF_BYTES_ROOM(text.len) + 1);

    n = decode(out, text);

    if (n < 0) {
        lua_pushnil(L);

    } else {
        lua_pushlstring(L, out, (size_t) n);
    }

    return 1;
}
