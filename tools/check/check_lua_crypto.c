/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * hpf.crypto but for seal() and open(), which want the keys of a gateway.
 */


#include "check_lua.h"

#include <sys/types.h>

#include "hpf_base64.h"
#include "hpf_crypto.h"
#include "hpf_hex.h"
#include "hpf_plugin.h"


#define CHECK_CRYPTO_MAX     1048576
#define CHECK_CRYPTO_RANDOM  4096


typedef size_t (*check_encode_pt)(char *out, const void *data, size_t len);
typedef ssize_t (*check_decode_pt)(unsigned char *out, const void *text,
    size_t len);


static int check_crypto_digest(lua_State *L);
static int check_crypto_hmac(lua_State *L);
static int check_crypto_random(lua_State *L);
static int check_crypto_equal(lua_State *L);
static int check_crypto_hex(lua_State *L);
static int check_crypto_unhex(lua_State *L);
static int check_crypto_base64(lua_State *L);
static int check_crypto_unbase64(lua_State *L);
static int check_crypto_base64url(lua_State *L);
static int check_crypto_unbase64url(lua_State *L);


static const luaL_Reg  check_crypto_functions[] = {
    { "digest", check_crypto_digest },
    { "hmac", check_crypto_hmac },
    { "random", check_crypto_random },
    { "equal", check_crypto_equal },
    { "hex", check_crypto_hex },
    { "unhex", check_crypto_unhex },
    { "base64", check_crypto_base64 },
    { "unbase64", check_crypto_unbase64 },
    { "base64url", check_crypto_base64url },
    { "unbase64url", check_crypto_unbase64url },
    { NULL, NULL }
};


void
check_lua_crypto(lua_State *L)
{
    lua_newtable(L);
    luaL_register(L, NULL, check_crypto_functions);
    lua_setfield(L, -2, "crypto");
}


static hpf_crypto_part_t
check_crypto_arg(lua_State *L, int index)
{
    hpf_crypto_part_t  part;

    part.data = luaL_checklstring(L, index, &part.len);

    luaL_argcheck(L, part.len <= CHECK_CRYPTO_MAX, index,
                  "at most a mebibyte is expected");

    return part;
}


static int
check_crypto_name(lua_State *L)
{
    static const int    digests[] = { HPF_CRYPTO_SHA256, HPF_CRYPTO_SM3 };
    static const char  *names[] = { "sha256", "sm3", NULL };

    return digests[luaL_checkoption(L, 1, NULL, names)];
}


static int
check_crypto_digest(lua_State *L)
{
    int                md, rc;
    hpf_crypto_t      *c;
    unsigned char      out[HPF_CRYPTO_LEN];
    hpf_crypto_part_t  data;

    md = check_crypto_name(L);
    data = check_crypto_arg(L, 2);

    c = hpf_crypto_create();
    rc = c ? hpf_crypto_digest(c, md, data.data, data.len, out) : HPF_ERROR;
    hpf_crypto_destroy(c);

    if (rc != HPF_OK) {
        return luaL_error(L, "no memory");
    }

    lua_pushlstring(L, (char *) out, sizeof(out));

    return 1;
}


static int
check_crypto_hmac(lua_State *L)
{
    int                md, rc;
    hpf_crypto_t      *c;
    unsigned char      out[HPF_CRYPTO_LEN];
    hpf_crypto_part_t  key, data;

    md = check_crypto_name(L);
    key = check_crypto_arg(L, 2);
    data = check_crypto_arg(L, 3);

    c = hpf_crypto_create();
    rc = c ? hpf_crypto_hmac_once(c, md, &key, &data, out) : HPF_ERROR;
    hpf_crypto_destroy(c);

    if (rc != HPF_OK) {
        return luaL_error(L, "no memory");
    }

    lua_pushlstring(L, (char *) out, sizeof(out));

    return 1;
}


static int
check_crypto_random(lua_State *L)
{
    void        *out;
    lua_Number   n;

    n = luaL_checknumber(L, 1);

    luaL_argcheck(L, n >= 1 && n <= CHECK_CRYPTO_RANDOM, 1,
                  "1 to 4096 bytes are expected");

    out = lua_newuserdata(L, (size_t) n);

    if (hpf_crypto_random(out, (size_t) n) != HPF_OK) {
        return luaL_error(L, "there are no random numbers");
    }

    lua_pushlstring(L, out, (size_t) n);

    return 1;
}


static int
check_crypto_equal(lua_State *L)
{
    hpf_crypto_part_t  a, b;

    a = check_crypto_arg(L, 1);
    b = check_crypto_arg(L, 2);

    lua_pushboolean(L, a.len == b.len
                       && hpf_crypto_equal(a.data, b.data, a.len));
    return 1;
}


/* No text is longer than twice its bytes and some. */

static int
check_crypto_encode(lua_State *L, check_encode_pt encode)
{
    char              *out;
    hpf_crypto_part_t  data;

    data = check_crypto_arg(L, 1);
    out = lua_newuserdata(L, 2 * data.len + 4);

    lua_pushlstring(L, out, encode(out, data.data, data.len));

    return 1;
}


static int
check_crypto_decode(lua_State *L, check_decode_pt decode)
{
    ssize_t            n;
    unsigned char     *out;
    hpf_crypto_part_t  text;

    text = check_crypto_arg(L, 1);
    out = lua_newuserdata(L, text.len + 4);

    n = decode(out, text.data, text.len);

    if (n < 0) {
        lua_pushnil(L);

    } else {
        lua_pushlstring(L, (char *) out, (size_t) n);
    }

    return 1;
}


static ssize_t
check_crypto_hex_decode(unsigned char *out, const void *text, size_t len)
{
    return hpf_hex_decode(text, len, out) == HPF_OK ? (ssize_t) len / 2
                                                    : HPF_ERROR;
}


static int
check_crypto_hex(lua_State *L)
{
    return check_crypto_encode(L, hpf_hex_encode);
}


static int
check_crypto_unhex(lua_State *L)
{
    return check_crypto_decode(L, check_crypto_hex_decode);
}


static int
check_crypto_base64(lua_State *L)
{
    return check_crypto_encode(L, hpf_base64_encode);
}


static int
check_crypto_unbase64(lua_State *L)
{
    return check_crypto_decode(L, hpf_base64_decode);
}


static int
check_crypto_base64url(lua_State *L)
{
    return check_crypto_encode(L, hpf_base64_url_encode);
}


static int
check_crypto_unbase64url(lua_State *L)
{
    return check_crypto_decode(L, hpf_base64_url_decode);
}
