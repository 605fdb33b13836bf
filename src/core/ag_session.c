/*
 * Copyright (C) ngx_agent authors
 *
 * Decides whether an agent's session goes on.  Knows nothing of whose it is
 * and where it is kept; refuses to guess what an agent is after: it counts,
 * and whoever pays has said how far it may go.
 */


#include "core/ag_session.h"


static void ag_session_remember(ag_session_t *session, uint64_t fingerprint,
    uint64_t now_us);
static uint64_t ag_session_sum(uint64_t a, uint64_t b);


ag_session_verdict_t
ag_session_check(const ag_session_t *session, const ag_session_guard_t *guard,
    const ag_session_call_t *call, uint64_t now_us)
{
    if (session->stopped) {
        return AG_SESSION_STOPPED;
    }

    if (guard->lifetime > 0
        && session->started > 0
        && now_us > session->started
        && now_us - session->started >= guard->lifetime)
    {
        return AG_SESSION_EXPIRED;
    }

    if (guard->depth > 0 && call->depth > guard->depth) {
        return AG_SESSION_DEPTH;
    }

    if (guard->calls > 0 && session->calls >= guard->calls) {
        return AG_SESSION_CALLS;
    }

    if (guard->repeats > 0
        && call->fingerprint != 0
        && call->fingerprint == session->fingerprint
        && session->repeats >= guard->repeats)
    {
        return AG_SESSION_LOOP;
    }

    if (guard->cost > 0
        && (session->spent >= guard->cost
            || call->cost > guard->cost - session->spent))
    {
        return AG_SESSION_COST;
    }

    return AG_SESSION_GOES_ON;
}


void
ag_session_take(ag_session_t *session, const ag_session_call_t *call,
    uint64_t now_us)
{
    if (session->started == 0) {

        /* 0 would be a session that has not begun */

        session->started = (now_us > 0) ? now_us : 1;
    }

    session->calls = ag_session_sum(session->calls, 1);
    session->spent = ag_session_sum(session->spent, call->cost);

    ag_session_remember(session, call->fingerprint, now_us);
}


void
ag_session_undo(ag_session_t *session, const ag_session_call_t *call)
{
    session->calls -= (session->calls > 0);
    ag_session_settle(session, call->cost, 0);
}


void
ag_session_refused(ag_session_t *session, const ag_session_call_t *call,
    uint64_t now_us)
{
    ag_session_remember(session, call->fingerprint, now_us);
}


void
ag_session_settle(ag_session_t *session, uint64_t reserved, uint64_t cost)
{
    /* a session that was forgotten meanwhile owes nothing of before */

    session->spent -= (reserved < session->spent) ? reserved : session->spent;
    session->spent = ag_session_sum(session->spent, cost);
}


int
ag_session_id_valid(ag_str_t id)
{
    size_t  i;

    if (id.len == 0 || id.len > AG_SESSION_ID_MAX) {
        return 0;
    }

    for (i = 0; i < id.len; i++) {
        if (id.data[i] <= ' ' || id.data[i] >= 0x7f) {
            return 0;
        }

        if (strchr("/?#%\"'\\", id.data[i]) != NULL) {
            return 0;
        }
    }

    /* a path loses these: the session could be had, and never be shown */

    return !ag_str_is(id, ".") && !ag_str_is(id, "..");
}


int
ag_session_depth_read(ag_str_t text, uint64_t *depth)
{
    size_t    i;
    uint64_t  n;

    n = 0;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return AG_INVALID;
        }

        n = n * 10 + (uint64_t) (text.data[i] - '0');

        if (n > AG_SESSION_DEPTH_MAX) {
            return AG_INVALID;
        }
    }

    if (text.len == 0) {
        return AG_INVALID;
    }

    *depth = n;

    return AG_OK;
}


/*
 * A call without a fingerprint neither goes on with a row nor ends it: nobody
 * has looked at what it asks.
 */
static void
ag_session_remember(ag_session_t *session, uint64_t fingerprint,
    uint64_t now_us)
{
    if (now_us > session->used) {
        session->used = now_us;
    }

    if (fingerprint == 0) {
        return;
    }

    if (fingerprint != session->fingerprint) {
        session->fingerprint = fingerprint;
        session->repeats = 0;
    }

    session->repeats = ag_session_sum(session->repeats, 1);
}


/* Without a way around to 0: a guard that has stopped a session stays so. */
static uint64_t
ag_session_sum(uint64_t a, uint64_t b)
{
    return (b < UINT64_MAX - a) ? a + b : UINT64_MAX;
}
