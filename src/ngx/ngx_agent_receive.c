/*
 * Copyright (C) ngx_agent authors
 *
 * RECEIVE: the answers of the attempts that run, one or two, until one of
 * them may be sent: that is the commit.  Also: until when to wait.
 */


#include "ngx/ngx_agent_cache.h"
#include "ngx/ngx_agent_curl.h"


static ngx_int_t ngx_agent_receive_attempts(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_receive_try(ngx_agent_attempt_t *attempt);
static ngx_int_t ngx_agent_receive_broken(ngx_agent_attempt_t *attempt);
static ngx_int_t ngx_agent_receive_refused(ngx_agent_attempt_t *attempt);
static ngx_int_t ngx_agent_receive_whole(ngx_agent_attempt_t *attempt);
static ngx_int_t ngx_agent_receive_won(ngx_agent_attempt_t *attempt);
static ngx_msec_t ngx_agent_receive_deadline(ngx_agent_attempt_t *attempt,
    ag_error_class_t *class);
static ngx_uint_t ngx_agent_receive_is(ngx_agent_transfer_t *t,
    const char *type);


ngx_int_t
ngx_agent_call_receive(ngx_agent_call_t *call)
{
    ngx_int_t  rc;

    if (call->opened) {

        if (call->blocked && call->committed
            && !ngx_agent_flight_records(call))
        {
            call->attempt->heard = ngx_current_msec;    /* we did not listen */
        }

        rc = ngx_agent_reply_flush(call);

        if (rc == NGX_ERROR) {
            return ngx_agent_call_fail(call, AG_E_CLIENT_GONE);
        }

        call->blocked = (rc == NGX_AGAIN);

        if (call->committed && !ngx_agent_flight_records(call)) {
            call->transfer->blocked = call->blocked;
        }
    }

    if (call->patience != 0 && !call->gone
        && ngx_current_msec - call->at.started >= call->patience
        && ngx_agent_flight_needed(call))
    {
        ngx_agent_reply_late(call);
    }

    return call->committed ? ngx_agent_stream_rest(call)
                           : ngx_agent_receive_attempts(call);
}


/* ---- until the commit ---- */


static ngx_int_t
ngx_agent_receive_attempts(ngx_agent_call_t *call)
{
    ngx_int_t             rc;
    ngx_uint_t            i;
    ngx_agent_attempt_t  *attempt;

    for (i = 0; i < NGX_AGENT_ATTEMPTS; i++) {
        attempt = call->attempts[i];

        if (attempt == NULL || !attempt->running) {
            continue;
        }

        rc = ngx_agent_receive_try(attempt);

        if (rc == NGX_OK) {
            return ngx_agent_receive_won(attempt);
        }

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_DECLINED) {
            ngx_agent_attempt_end(attempt, attempt->error);
            rc = ngx_agent_attempt_failed(attempt);

            if (rc != NGX_OK || call->phase != NGX_AGENT_PHASE_RECEIVE) {
                return rc;
            }
        }
    }

    return ngx_agent_receive_wait(call);
}


/* NGX_OK: it may be sent; NGX_AGAIN; NGX_DECLINED: attempt->error. */
static ngx_int_t
ngx_agent_receive_try(ngx_agent_attempt_t *attempt)
{
    ngx_int_t              rc;
    ag_error_class_t       class;
    ngx_agent_transfer_t  *t;

    t = attempt->transfer;
    rc = NGX_AGAIN;

    if (t == NULL) {
        rc = ngx_agent_attempt_start(attempt);      /* a hedge's address */

        if (rc == NGX_ERROR || rc == NGX_DECLINED) {
            return rc;
        }

        rc = NGX_AGAIN;

    } else if (!t->started) {
        rc = t->done ? ngx_agent_receive_broken(attempt) : NGX_AGAIN;

    } else if (t->status < 200 || t->status >= 300) {
        rc = t->done ? ngx_agent_receive_refused(attempt) : NGX_AGAIN;

    } else if (attempt->call->raw
               || (attempt->call->streaming
                   && ngx_agent_receive_is(t, "text/event-stream")))
    {
        rc = ngx_agent_stream_begun(attempt);

    } else if (t->done) {
        rc = ngx_agent_receive_whole(attempt);
    }

    if (rc == NGX_AGAIN && attempt->transfer != NULL) {

        /* a stream was asked for, and what comes may be none: caps bind it */

        ngx_agent_curl_resume(attempt->transfer);
    }

    if (rc == NGX_AGAIN
        && (ngx_msec_int_t) (ngx_agent_receive_deadline(attempt, &class)
                             - ngx_current_msec) <= 0)
    {
        return ngx_agent_attempt_decline(attempt, class);
    }

    return rc;
}


/* No answer.  A dead kept-alive connection is tried again once, for free. */
static ngx_int_t
ngx_agent_receive_broken(ngx_agent_attempt_t *attempt)
{
    ngx_int_t              rc;
    ngx_agent_transfer_t  *t;

    t = attempt->transfer;

    if (t->redial && attempt->redials == 0) {
        attempt->redials = 1;
        ngx_agent_gateway_add(attempt->call->main, AG_M_REDIALS, 1);

        rc = ngx_agent_attempt_start(attempt);

        return rc == NGX_OK ? NGX_AGAIN : rc;
    }

    return ngx_agent_attempt_decline(attempt, t->error == AG_E_NONE
                                           ? AG_E_BAD_RESPONSE : t->error);
}


/* An answer that is not 2xx. */
static ngx_int_t
ngx_agent_receive_refused(ngx_agent_attempt_t *attempt)
{
    ag_error_class_t       class;
    ngx_agent_transfer_t  *t;

    t = attempt->transfer;
    class = ag_error_classify((unsigned) t->status,
                              ag_buf_str(&attempt->answer));

    if (class == AG_E_NONE) {
        class = AG_E_BAD_RESPONSE;
    }

    if (attempt->call->raw
        && (class == AG_E_NOT_FOUND || t->status == 402 || t->status == 403
            || t->status == NGX_HTTP_CONFLICT))
    {
        /* about a file or a batch: neither a model nor the key is at fault */

        class = AG_E_INVALID_REQUEST;
    }

    if (t->error != AG_E_NONE && ag_error_row(class)->status < 500) {
        class = t->error;       /* half a refusal is none */
    }

    return ngx_agent_attempt_decline(attempt, class);
}


static ngx_int_t
ngx_agent_receive_whole(ngx_agent_attempt_t *attempt)
{
    ag_answer_t        answer;
    ngx_agent_call_t  *call;

    call = attempt->call;

    if (attempt->transfer->error != AG_E_NONE) {
        return ngx_agent_attempt_decline(attempt, attempt->transfer->error);
    }

    ngx_memzero(&answer, sizeof(ag_answer_t));

    if (attempt->translated) {
        if (ngx_agent_translate_answer(attempt, &answer) != NGX_OK) {
            return NGX_ERROR;
        }

    } else {
        call->client->read_answer(call->endpoint,
                                  ag_buf_str(&attempt->answer), &answer);
    }

    if (answer.error == AG_E_NONE && call->streaming) {
        answer.error = AG_E_BAD_RESPONSE;   /* a stream was asked for */
    }

    if (answer.error != AG_E_NONE) {
        return ngx_agent_attempt_decline(attempt, answer.error);
    }

    attempt->usage = answer.usage;
    attempt->said = answer.said;
    attempt->first = ngx_current_msec;
    attempt->ended = 1;

    return call->validating ? ngx_agent_validate_whole(attempt) : NGX_OK;
}


/* The commit: this attempt's answer is the client's. */
static ngx_int_t
ngx_agent_receive_won(ngx_agent_attempt_t *attempt)
{
    ngx_uint_t             i;
    ngx_agent_call_t      *call;
    ngx_agent_attempt_t   *loser;

    call = attempt->call;

    for (i = 0; i < NGX_AGENT_ATTEMPTS; i++) {
        loser = call->attempts[i];

        if (loser != NULL && loser != attempt && loser->running) {
            call->lost = loser->usage;
            call->losers += !loser->usage.known && loser->transfer != NULL;
            ngx_agent_attempt_end(loser, AG_E_CLIENT_GONE);
        }
    }

    call->attempt = attempt;
    call->target = attempt->target;
    call->transfer = attempt->transfer;
    call->provider_status = attempt->transfer->status;
    call->at.first = attempt->first;
    call->usage = attempt->usage;
    call->committed = 1;

    if (!call->streaming) {
        call->ended = 1;
        ngx_agent_attempt_end(attempt, AG_E_NONE);

        if (call->cached != NULL) {
            ngx_agent_cache_keep(call, ag_buf_str(&attempt->answer));
        }

        ngx_agent_call_goto(call, NGX_AGENT_PHASE_REPLY);

        return NGX_OK;
    }

    ngx_agent_attempt_commit(attempt);

    return ngx_agent_stream_rest(call);
}


/* ---- waiting ---- */


/*
 * Nothing to do now: waked at the next deadline, which is looked at again
 * then.  A silent stream gets a heartbeat; its headers go out with the first
 * one, which is no commit: an error is then an event, but only for us.
 */
ngx_int_t
ngx_agent_receive_wait(ngx_agent_call_t *call)
{
    ngx_int_t             rc;
    ngx_uint_t            i;
    ngx_msec_t            at, limit;
    ag_error_class_t      class;
    ngx_agent_attempt_t  *attempt;

    if (ngx_agent_reply_heartbeat(call) == NGX_ERROR) {
        return ngx_agent_call_fail(call, AG_E_CLIENT_GONE);
    }

    at = ngx_agent_hedge_at(call);

    if (at != 0 && (ngx_msec_int_t) (at - ngx_current_msec) <= 0) {
        rc = ngx_agent_hedge_start(call);

        if (rc != NGX_OK || call->phase != NGX_AGENT_PHASE_RECEIVE) {
            return rc;
        }

        at = 0;
    }

    for (i = 0; i < NGX_AGENT_ATTEMPTS; i++) {
        attempt = call->attempts[i];

        if (attempt == NULL || !attempt->running) {
            continue;
        }

        limit = ngx_agent_receive_deadline(attempt, &class);

        if (call->committed
            && (ngx_msec_int_t) (limit - ngx_current_msec) <= 0)
        {
            call->attempt->error = class;
            return ngx_agent_stream_cut(call);
        }

        if (at == 0 || (ngx_msec_int_t) (limit - at) < 0) {
            at = limit;
        }
    }

    limit = ngx_agent_reply_heartbeat_at(call);

    if (limit != 0 && (ngx_msec_int_t) (limit - at) < 0) {
        at = limit;
    }

    ngx_agent_call_wake_at(call, at);

    return NGX_AGAIN;
}


/* When the attempt is too late, and for what. */
static ngx_msec_t
ngx_agent_receive_deadline(ngx_agent_attempt_t *attempt,
    ag_error_class_t *class)
{
    ngx_msec_t             at, limit;
    ngx_agent_call_t      *call;
    ngx_agent_timeout_t   *timeout;

    call = attempt->call;
    timeout = &attempt->timeout;

    *class = AG_E_TIMEOUT_TOTAL;
    at = attempt->sent + timeout->total;

    if (call->patience != 0 && !call->gone) {
        limit = call->at.started + call->patience;

        attempt->impatient = ((ngx_msec_int_t) (limit - at) < 0);

        if (attempt->impatient) {
            at = limit;
        }
    }

    if (!call->committed && call->plan.within_ms != 0) {
        limit = call->at.started + (ngx_msec_t) call->plan.within_ms + 1;

        if ((ngx_msec_int_t) (limit - at) < 0) {
            at = limit;

            /* who came late is not to blame */

            attempt->impatient |= (call->chain.attempts > 1);
        }
    }

    if (attempt->transfer == NULL) {
        limit = ngx_agent_attempt_resolve_by(attempt);

        if ((ngx_msec_int_t) (limit - at) < 0) {
            *class = AG_E_TIMEOUT_CONNECT;
            at = limit;
        }

    } else if (call->streaming && !attempt->transfer->blocked) {
        limit = attempt->content ? attempt->heard + timeout->idle
                : call->raw ? at : attempt->sent + timeout->first_token;

        if ((ngx_msec_int_t) (limit - at) < 0) {
            *class = attempt->content ? AG_E_TIMEOUT_IDLE
                                      : AG_E_TIMEOUT_FIRST_TOKEN;
            at = limit;
        }
    }

    return at;
}


static ngx_uint_t
ngx_agent_receive_is(ngx_agent_transfer_t *t, const char *type)
{
    size_t      len;
    ngx_str_t  *value;

    len = ngx_strlen(type);
    value = ngx_agent_curl_header(t, "content-type");

    return value != NULL && value->len >= len
           && ngx_strncasecmp(value->data, (u_char *) type, len) == 0;
}
