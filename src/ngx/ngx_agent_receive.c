/*
 * Copyright (C) ngx_agent authors
 *
 * RECEIVE: the provider's bytes, event by event or as a whole.
 *
 * "answer" holds [events to be sent | bytes not yet understood], the border
 * is "parsed".  Nothing goes out before the commit, the first content; what
 * came before it goes out with it.  After it an error is an event.
 */


#include "ngx/ngx_agent.h"
#include "ngx/ngx_agent_curl.h"


static ngx_int_t ngx_agent_receive_failed(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_receive_refused(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_receive_whole(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_receive_stream(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_receive_events(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_receive_event(ngx_agent_call_t *call,
    ag_sse_event_t *event);
static void ngx_agent_receive_drop(ag_buf_t *b, size_t at, size_t len);
static ngx_int_t ngx_agent_receive_malformed(ngx_agent_call_t *call,
    size_t bytes);
static ngx_int_t ngx_agent_receive_end(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_receive_pass(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_receive_heartbeat(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_receive_wait(ngx_agent_call_t *call);
static ngx_uint_t ngx_agent_receive_is(ngx_agent_transfer_t *t,
    const char *type);


ngx_int_t
ngx_agent_call_receive(ngx_agent_call_t *call)
{
    ngx_int_t              rc;
    ngx_agent_transfer_t  *t;

    t = call->transfer;

    if (call->opened) {

        if (t->blocked) {
            call->at.heard = ngx_current_msec;  /* we did not listen */
        }

        rc = ngx_agent_reply_flush(call);

        if (rc == NGX_ERROR) {
            return ngx_agent_call_fail(call, AG_E_CLIENT_GONE);
        }

        t->blocked = (rc == NGX_AGAIN);
    }

    if (!t->started) {
        return t->done ? ngx_agent_receive_failed(call)
                       : ngx_agent_receive_wait(call);
    }

    call->provider_status = t->status;

    if (t->status < 200 || t->status >= 300) {
        return t->done ? ngx_agent_receive_refused(call)
                       : ngx_agent_receive_wait(call);
    }

    if (call->streaming && ngx_agent_receive_is(t, "text/event-stream")) {
        return ngx_agent_receive_stream(call);
    }

    return t->done ? ngx_agent_receive_whole(call)
                   : ngx_agent_receive_wait(call);
}


/* No answer.  A dead kept-alive connection is tried again once, by us. */
static ngx_int_t
ngx_agent_receive_failed(ngx_agent_call_t *call)
{
    ngx_agent_transfer_t  *t;

    t = call->transfer;

    if (t->redial && call->redials == 0) {
        call->redials = 1;
        ngx_agent_gateway_add(call->main, AG_M_REDIALS, 1);
        ngx_agent_call_goto(call, NGX_AGENT_PHASE_SEND);

        return NGX_OK;
    }

    return ngx_agent_call_fail(call, t->error == AG_E_NONE
                                     ? AG_E_BAD_RESPONSE : t->error);
}


/* An answer that is not 2xx. */
static ngx_int_t
ngx_agent_receive_refused(ngx_agent_call_t *call)
{
    ag_str_t          body;
    ag_error_class_t  class;

    body = ag_buf_str(&call->answer);
    class = ag_error_classify((unsigned) call->transfer->status, body);

    if (class == AG_E_NONE) {
        class = AG_E_BAD_RESPONSE;
    }

    /* the client's own mistake, in the provider's words */

    call->as_sent = (call->transfer->error == AG_E_NONE
                     && !call->opened
                     && ngx_agent_reply_forwards(call, class));

    return ngx_agent_call_fail(call, class);
}


static ngx_int_t
ngx_agent_receive_whole(ngx_agent_call_t *call)
{
    ag_answer_t            answer;
    ngx_agent_transfer_t  *t;

    t = call->transfer;

    if (t->error != AG_E_NONE) {
        return ngx_agent_call_fail(call, t->error);
    }

    ngx_memzero(&answer, sizeof(ag_answer_t));

    call->client->read_answer(call->endpoint, ag_buf_str(&call->answer),
                              &answer);

    if (answer.error == AG_E_NONE && call->streaming) {
        answer.error = AG_E_BAD_RESPONSE;   /* a stream was asked for */
    }

    if (answer.error != AG_E_NONE) {
        return ngx_agent_call_fail(call, answer.error);
    }

    call->usage = answer.usage;
    call->at.first = ngx_current_msec;
    call->ended = 1;

    ngx_agent_call_goto(call, NGX_AGENT_PHASE_REPLY);

    return NGX_OK;
}


/* ---- streams ---- */


static ngx_int_t
ngx_agent_receive_stream(ngx_agent_call_t *call)
{
    ngx_int_t              rc;
    ngx_agent_transfer_t  *t;

    t = call->transfer;

    rc = ngx_agent_receive_events(call);

    if (rc != NGX_AGAIN) {
        return rc;
    }

    if (!call->ended && t->done) {
        rc = ngx_agent_receive_end(call);

        if (rc != NGX_AGAIN) {
            return rc;
        }
    }

    rc = ngx_agent_receive_pass(call);

    if (rc != NGX_OK) {
        return rc;
    }

    if (call->ended && call->parsed == 0) {
        /* nginx has all of it, and sends on after us */
        ngx_agent_call_goto(call, NGX_AGENT_PHASE_REPLY);
        return NGX_OK;
    }

    if (!call->ended) {
        ngx_agent_curl_resume(t);
    }

    return ngx_agent_receive_wait(call);
}


/* NGX_AGAIN: all that has come is understood. */
static ngx_int_t
ngx_agent_receive_events(ngx_agent_call_t *call)
{
    int              rc;
    ag_buf_t        *b;
    ngx_int_t        failed;
    ag_sse_event_t   event;

    b = &call->answer;

    while (!call->ended) {
        rc = ag_sse_next(&call->sse, ag_str(b->data + call->parsed,
                                            b->len - call->parsed), &event);
        if (rc == AG_AGAIN) {
            break;
        }

        if (rc != AG_OK) {
            return ngx_agent_call_fail(call, AG_E_BAD_RESPONSE);
        }

        call->at.heard = ngx_current_msec;

        failed = ngx_agent_receive_event(call, &event);

        if (failed != NGX_OK) {
            return ngx_agent_call_fail(call, (ag_error_class_t) failed);
        }
    }

    return NGX_AGAIN;
}


/* NGX_OK, or the class of the failure. */
static ngx_int_t
ngx_agent_receive_event(ngx_agent_call_t *call, ag_sse_event_t *event)
{
    size_t      len;
    ag_delta_t  delta;

    len = event->raw.len;
    ngx_memzero(&delta, sizeof(ag_delta_t));

    call->client->read_event(call->endpoint, event, &delta, &call->usage);

    if (delta.failed) {
        return delta.error;
    }

    if (delta.malformed && ngx_agent_receive_malformed(call, len) != NGX_OK) {
        return AG_E_BAD_RESPONSE;
    }

    if ((delta.content || delta.finish) && !call->committed) {
        call->committed = 1;
        call->at.first = ngx_current_msec;
    }

    call->finished |= delta.finish;

    if (delta.done) {

        if (!call->committed) {
            return AG_E_BAD_RESPONSE;       /* an empty answer */
        }

        call->ended = 1;
    }

    /* what has no data is no event; clients have stumbled over it */

    if (delta.malformed || (delta.usage_only && call->hide_usage)
        || (event->data.len == 0 && !event->has_comment))
    {
        ngx_agent_receive_drop(&call->answer, call->parsed, len);
        return NGX_OK;
    }

    call->malformed = 0;
    call->parsed += len;

    if (call->parsed > AG_STREAM_HELD_MAX && !call->committed) {
        call->committed = 1;    /* more than we hold back for an error */
    }

    return NGX_OK;
}


static void
ngx_agent_receive_drop(ag_buf_t *b, size_t at, size_t len)
{
    b->len -= len;
    ngx_memmove(b->data + at, b->data + at + len, b->len - at);
}


/* One event that cannot be read is left out, a run of them ends the stream. */
static ngx_int_t
ngx_agent_receive_malformed(ngx_agent_call_t *call, size_t bytes)
{
    ngx_log_error(NGX_LOG_WARN, call->log, 0,
                  "agent: event left out that is not JSON, provider: \"%V\", "
                  "bytes: %uz, id: %V", &call->target->provider->name, bytes,
                  &call->request_id);

    return ++call->malformed < AG_STREAM_MALFORMED_MAX ? NGX_OK : NGX_ERROR;
}


/*
 * The provider has ended its stream without the last event.  NGX_AGAIN: that
 * was all the same the end of a whole answer.
 */
static ngx_int_t
ngx_agent_receive_end(ngx_agent_call_t *call)
{
    ngx_int_t  rc;

    static const char  blank[] = "\n\n", done[] = "data: [DONE]\n\n";

    if (call->transfer->error != AG_E_NONE) {
        return ngx_agent_call_fail(call, call->transfer->error);
    }

    if (call->parsed != call->answer.len) {

        /* its last event may lack no more than its end */

        if (ag_buf_add(&call->answer, blank, sizeof(blank) - 1) != AG_OK) {
            return NGX_ERROR;
        }

        rc = ngx_agent_receive_events(call);

        if (rc != NGX_AGAIN || call->ended) {
            return rc;
        }
    }

    if (!call->finished || !call->client->done_needed) {
        return ngx_agent_call_fail(call, AG_E_BAD_RESPONSE);
    }

    /* it has finished its answer and forgot to say so */

    call->answer.len = call->parsed;

    if (ag_buf_add(&call->answer, done, sizeof(done) - 1) != AG_OK) {
        return NGX_ERROR;
    }

    call->parsed = call->answer.len;
    call->ended = 1;

    return NGX_AGAIN;
}


/*
 * Gives nginx the events that may go out.  While the client is still busy
 * with the last ones they wait, and the transfer with them.
 */
static ngx_int_t
ngx_agent_receive_pass(ngx_agent_call_t *call)
{
    size_t     rest;
    ag_buf_t   swap;
    ngx_int_t  rc;

    if (!call->committed || call->parsed == 0 || call->sending.len != 0) {
        return NGX_OK;
    }

    if (!call->opened && ngx_agent_reply_open(call) != NGX_OK) {
        return ngx_agent_call_fail(call, AG_E_CLIENT_GONE);
    }

    rest = call->answer.len - call->parsed;

    if (ag_buf_add(&call->sending, call->answer.data + call->parsed, rest)
        != AG_OK)
    {
        return NGX_ERROR;
    }

    swap = call->sending;
    call->sending = call->answer;
    call->answer = swap;

    call->sending.len = call->parsed;
    call->parsed = 0;

    rc = ngx_agent_reply_write(call, call->ended);

    if (rc == NGX_ERROR) {
        return ngx_agent_call_fail(call, AG_E_CLIENT_GONE);
    }

    call->transfer->blocked = (rc == NGX_AGAIN);

    return NGX_OK;
}


/* ---- waiting ---- */


/*
 * Nothing to do now: looks which deadline has passed and is waked at the
 * next.  A silent stream gets a heartbeat; its headers go out with the first
 * one, which is no commit: an error is then an event, but only for us.
 */
static ngx_int_t
ngx_agent_receive_wait(ngx_agent_call_t *call)
{
    ngx_int_t    rc;
    ngx_msec_t   at, limit;

    rc = ngx_agent_receive_heartbeat(call);

    if (rc != NGX_OK) {
        return rc;
    }

    at = call->at.started + call->timeout.total;
    call->error.class = AG_E_TIMEOUT_TOTAL;

    if (call->streaming && !call->transfer->blocked) {
        limit = call->committed ? call->at.heard + call->timeout.idle
                                : call->at.sent + call->timeout.first_token;

        if ((ngx_msec_int_t) (limit - at) < 0) {
            at = limit;
            call->error.class = call->committed ? AG_E_TIMEOUT_IDLE
                                                : AG_E_TIMEOUT_FIRST_TOKEN;
        }
    }

    if ((ngx_msec_int_t) (at - ngx_current_msec) <= 0) {
        return ngx_agent_call_fail(call, call->error.class);
    }

    call->error.class = AG_E_NONE;

    if (call->streaming && call->conf->heartbeat) {
        limit = call->at.spoke + call->conf->heartbeat;

        if ((ngx_msec_int_t) (limit - at) < 0) {
            at = limit;
        }
    }

    ngx_agent_call_wake_at(call, at);

    return NGX_AGAIN;
}


static ngx_int_t
ngx_agent_receive_heartbeat(ngx_agent_call_t *call)
{
    const ag_str_t  *heartbeat;

    if (!call->streaming || call->conf->heartbeat == 0
        || (ngx_msec_t) (ngx_current_msec - call->at.spoke)
           < call->conf->heartbeat)
    {
        return NGX_OK;
    }

    if (call->sending.len != 0) {
        call->at.spoke = ngx_current_msec;  /* it has enough to read */
        return NGX_OK;
    }

    heartbeat = &call->client->heartbeat;

    if ((!call->opened && ngx_agent_reply_open(call) != NGX_OK)
        || ag_buf_add(&call->sending, heartbeat->data, heartbeat->len)
           != AG_OK
        || ngx_agent_reply_write(call, 0) == NGX_ERROR)
    {
        return ngx_agent_call_fail(call, AG_E_CLIENT_GONE);
    }

    return NGX_OK;
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
