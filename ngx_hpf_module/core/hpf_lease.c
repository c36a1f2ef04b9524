/*
 * Copyright (C) the HPF gateway authors
 */

#include "hpf_plugin.h"
#include "hpf_lease.h"


#define HPF_LEASE_PARTS     100        /* of the quota */
#define HPF_LEASE_PATIENCE  1000000    /* us, for the bank's answer */
#define HPF_LEASE_ALONE     500000     /* us, without the bank */


static int64_t hpf_lease_portion(const hpf_gcra_t *rate);
static int hpf_lease_pending(const hpf_lease_t *lease, int64_t now);


int
hpf_lease_take(hpf_lease_t *lease, int64_t now, const hpf_gcra_t *rate,
    hpf_lease_result_t *result)
{
    int64_t  portion;

    portion = hpf_lease_portion(rate);

    result->want = 0;
    result->limit.retry_after = 0;
    result->limit.remaining = lease->remaining + lease->tokens;
    result->limit.reset = lease->reset - (now - lease->told);

    if (result->limit.reset < 0) {
        result->limit.reset = 0;
    }

    if (lease->tokens > 0) {
        lease->tokens--;
        result->limit.remaining--;

        if (lease->tokens < portion / 4
            && now >= lease->closed
            && now >= lease->alone
            && !hpf_lease_pending(lease, now))
        {
            result->want = portion - lease->tokens;
            lease->asked = now;
        }

        return HPF_OK;
    }

    if (now < lease->closed) {
        result->limit.retry_after = lease->closed - now;

        return HPF_DECLINED;
    }

    if (now < lease->alone) {
        return HPF_ERROR;
    }

    if (!hpf_lease_pending(lease, now)) {
        result->want = portion;
        lease->asked = now;

        return HPF_AGAIN;
    }

    if (lease->told && lease->remaining == 0) {

        /* it had nothing a moment ago, and the next is spoken for */

        result->limit.retry_after = rate->interval;

        return HPF_DECLINED;
    }

    result->want = 1;

    return HPF_AGAIN;
}


static int64_t
hpf_lease_portion(const hpf_gcra_t *rate)
{
    int64_t  portion;

    portion = (rate->burst + 1) / HPF_LEASE_PARTS;

    return portion ? portion : 1;
}


/* Somebody has asked for all, and the answer may come yet. */

static int
hpf_lease_pending(const hpf_lease_t *lease, int64_t now)
{
    return lease->asked && now - lease->asked < HPF_LEASE_PATIENCE;
}


void
hpf_lease_grant(hpf_lease_t *lease, int64_t now, const hpf_gcra_t *rate,
    const hpf_lease_grant_t *grant)
{
    int64_t  portion, pause;

    portion = hpf_lease_portion(rate);

    if (grant->want > 1 || portion == 1) {
        lease->asked = 0;
    }

    lease->alone = 0;
    lease->told = now;
    lease->reset = grant->limit.reset;
    lease->remaining = grant->limit.remaining;

    lease->tokens += grant->granted;

    if (lease->tokens > portion) {
        lease->tokens = portion;
    }

    if (lease->remaining > 0) {
        lease->closed = 0;
        return;
    }

    /* until a portion has come back, that asking be worth it */

    pause = portion * rate->interval;

    if (pause < grant->limit.retry_after) {
        pause = grant->limit.retry_after;
    }

    lease->closed = now + pause;
}


void
hpf_lease_fail(hpf_lease_t *lease, int64_t now)
{
    lease->asked = 0;
    lease->alone = now + HPF_LEASE_ALONE;
}
