/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Claims, see the header.
 */


#include <string.h>

#include "hpf_plugin.h"
#include "hpf_jwt.h"


#define HPF_JWT_TIME_MAX  253402300799.0   /* the end of the year 9999 */


static int hpf_jwt_audience(const json_t *aud, const char *audience);
static int hpf_jwt_time(const json_t *claims, const char *name,
    int64_t *time);


int
hpf_jwt_check(const json_t *claims, const hpf_jwt_rules_t *rules, int64_t now,
    hpf_jwt_t *jwt, const char **why)
{
    int          rc;
    json_t      *jti;
    int64_t      exp, nbf, iat;
    const char  *iss;

    *why = "another issuer";
    iss = json_string_value(json_object_get(claims, "iss"));

    if (iss == NULL || strcmp(iss, rules->issuer) != 0) {
        return HPF_DECLINED;
    }

    *why = "for another audience";

    if (hpf_jwt_audience(json_object_get(claims, "aud"), rules->audience)
        != HPF_OK)
    {
        return HPF_DECLINED;
    }

    *why = "a time is missing or bad";

    if (hpf_jwt_time(claims, "exp", &exp) != HPF_OK
        || hpf_jwt_time(claims, "iat", &iat) != HPF_OK)
    {
        return HPF_DECLINED;
    }

    rc = hpf_jwt_time(claims, "nbf", &nbf);

    if (rc == HPF_ERROR) {
        return HPF_DECLINED;
    }

    *why = "expired";

    if (exp + rules->leeway <= now) {
        return HPF_DECLINED;
    }

    *why = "from the future";

    if (iat - rules->leeway > now
        || (rc == HPF_OK && nbf - rules->leeway > now))
    {
        return HPF_DECLINED;
    }

    *why = "it holds too long";

    if (exp - iat > rules->life) {
        return HPF_DECLINED;
    }

    *why = "no jti";
    jti = json_object_get(claims, "jti");

    if (!json_is_string(jti) || json_string_length(jti) == 0
        || json_string_length(jti) > HPF_JWT_JTI)
    {
        return HPF_DECLINED;
    }

    jwt->jti = json_string_value(jti);
    jwt->ends = exp + rules->leeway;

    return HPF_OK;
}


/* RFC 7519, section 4.1.3: one, or a list that has it. */

static int
hpf_jwt_audience(const json_t *aud, const char *audience)
{
    size_t       i;
    const char  *text;

    text = json_string_value(aud);

    if (text) {
        return strcmp(text, audience) == 0 ? HPF_OK : HPF_DECLINED;
    }

    for (i = 0; i < json_array_size(aud); i++) {
        text = json_string_value(json_array_get(aud, i));

        if (text && strcmp(text, audience) == 0) {
            return HPF_OK;
        }
    }

    return HPF_DECLINED;
}


/* HPF_DECLINED: it is not there; HPF_ERROR: it is no NumericDate. */

static int
hpf_jwt_time(const json_t *claims, const char *name, int64_t *time)
{
    double   value;
    json_t  *member;

    member = json_object_get(claims, name);

    if (member == NULL) {
        return HPF_DECLINED;
    }

    value = json_number_value(member);

    if (!json_is_number(member) || !(value >= 0 && value <= HPF_JWT_TIME_MAX))
    {
        return HPF_ERROR;
    }

    *time = value;

    return HPF_OK;
}
