/*
 * Copyright (C) ngx_agent authors
 *
 * Streams of providers, event by event, before the commit and after it.
 *
 * "answer" of an attempt holds [events to be sent | bytes not yet
 * understood], the border is "parsed".  Nothing goes out before the commit;
 * what came before it goes out with it.  After it an error is an event.
 */


#include "ngx/ngx_agent_cache.h"
#include "ngx/ngx_agent_curl.h"


static ngx_uint_t ngx_agent_stream_holds(ngx_agent_attempt_t *attempt);
static ngx_int_t ngx_agent_stream_events(ngx_agent_attempt_t *attempt);
static ngx_int_t ngx_agent_stream_bytes(ngx_agent_attempt_t *attempt);
static ngx_int_t ngx_agent_stream_understand(ngx_agent_attempt_t *attempt,
    size_t *at);
static ngx_int_t ngx_agent_stream_event(ngx_agent_attempt_t *attempt,
    ag_sse_event_t *event, size_t *at);
static void ngx_agent_stream_drop(ag_buf_t *b, size_t at, size_t len);
static ngx_int_t ngx_agent_stream_malformed(ngx_agent_attempt_t *attempt,
    size_t bytes);
static ngx_int_t ngx_agent_stream_end(ngx_agent_attempt_t *attempt);
static ngx_int_t ngx_agent_stream_translated_end(
    ngx_agent_attempt_t *attempt);
static ngx_int_t ngx_agent_stream_recorded(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_stream_pass(ngx_agent_call_t *call);


ngx_int_t
ngx_agent_stream_begun(ngx_agent_attempt_t *attempt)
{
    ngx_int_t          rc;
    ngx_agent_call_t  *call;

    call = attempt->call;
    rc = ngx_agent_stream_events(attempt);

    if (rc == NGX_AGAIN && !attempt->ended && attempt->transfer->done) {
        rc = ngx_agent_stream_end(attempt);
    }

    if (rc != NGX_AGAIN) {
        return rc;
    }

    if (ngx_agent_stream_holds(attempt)) {
        ngx_agent_curl_resume(attempt->transfer);
        return NGX_AGAIN;
    }

    return (call->validating && attempt->ended)
           ? ngx_agent_validate_stream(attempt) : NGX_OK;
}


/* May a cut still be answered by another target? */
static ngx_uint_t
ngx_agent_stream_holds(ngx_agent_attempt_t *attempt)
{
    size_t  buffer;

    buffer = attempt->call->model->buffer;

    if (!attempt->content) {
        return 1;
    }

    return !attempt->ended && attempt->parsed < buffer;
}


/* After it. */
ngx_int_t
ngx_agent_stream_rest(ngx_agent_call_t *call)
{
    ngx_int_t             rc;
    ngx_agent_attempt_t  *attempt;

    attempt = call->attempt;

    if (attempt->ended && ngx_agent_flight_records(call)) {
        return ngx_agent_stream_recorded(call);     /* its client is behind */
    }

    rc = ngx_agent_stream_events(attempt);

    if (rc == NGX_AGAIN && !attempt->ended && attempt->transfer->done) {
        rc = ngx_agent_stream_end(attempt);
    }

    if (rc != NGX_AGAIN) {
        return rc == NGX_ERROR ? NGX_ERROR : ngx_agent_stream_cut(call);
    }

    if (ngx_agent_cut(attempt) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_agent_flight_records(call)) {
        return ngx_agent_stream_recorded(call);
    }

    rc = ngx_agent_stream_pass(call);

    if (rc != NGX_OK || call->phase != NGX_AGENT_PHASE_RECEIVE) {
        return rc;
    }

    if (attempt->ended && attempt->parsed == 0) {

        /* nginx has all of it, and sends on after us */

        call->usage = attempt->usage;
        call->ended = 1;
        ngx_agent_attempt_end(attempt, attempt->shortened ? AG_E_CLIENT_GONE
                                                          : AG_E_NONE);
        ngx_agent_call_goto(call, NGX_AGENT_PHASE_REPLY);

        return NGX_OK;
    }

    if (!attempt->ended) {
        ngx_agent_curl_resume(attempt->transfer);
    }

    return ngx_agent_receive_wait(call);
}


/*
 * The stream is recorded, and its own client reads the record as others do:
 * its provider waits for a slow one only while there are no others.
 */
static ngx_int_t
ngx_agent_stream_recorded(ngx_agent_call_t *call)
{
    ag_buf_t             *ready;
    ngx_int_t             rc;
    ngx_agent_flight_t   *flight;
    ngx_agent_attempt_t  *attempt;

    attempt = call->attempt;
    flight = call->cached->flight;
    ready = attempt->translated ? &attempt->translation->out
                                : &attempt->answer;

    if (ngx_agent_record_add(call, ready, attempt->parsed) != NGX_OK) {
        return NGX_ERROR;
    }

    attempt->parsed = 0;

    if (attempt->ended && attempt->running) {
        call->usage = attempt->usage;
        ngx_agent_attempt_end(attempt, attempt->shortened ? AG_E_CLIENT_GONE
                                                          : AG_E_NONE);

        /* its client may read for long, or not at all */

        ngx_agent_curl_release(attempt->transfer);
        ngx_agent_record_end(call);
    }

    rc = ngx_agent_record_read(call);

    if (rc == NGX_ERROR) {
        return ngx_agent_call_fail(call, AG_E_CLIENT_GONE);
    }

    call->blocked = (rc == NGX_AGAIN);

    if (attempt->ended && call->cached->read == flight->record.len) {

        /* nginx has all of it, and sends on after us */

        call->ended = 1;
        ngx_agent_call_goto(call, NGX_AGENT_PHASE_REPLY);

        return NGX_OK;
    }

    if (attempt->ended) {
        ngx_agent_call_wake_at(call, ngx_current_msec
                                     + NGX_AGENT_FLIGHT_IDLE);
        return NGX_AGAIN;
    }

    attempt->transfer->held = flight->record.len - call->cached->read;
    attempt->transfer->blocked =
        attempt->transfer->held > AG_STREAM_HELD_MAX
        && (flight->cut || !ngx_agent_flight_needed(call));
    ngx_agent_curl_resume(attempt->transfer);

    return ngx_agent_receive_wait(call);
}


/* Too late for anybody else: what it has used counts, and the error. */
ngx_int_t
ngx_agent_stream_cut(ngx_agent_call_t *call)
{
    ngx_agent_attempt_t  *attempt;

    attempt = call->attempt;
    call->usage = attempt->usage;

    ngx_agent_attempt_end(attempt, attempt->error);

    return ngx_agent_call_fail(call, attempt->error);
}


/* NGX_AGAIN: all that has come is understood; NGX_DECLINED. */
static ngx_int_t
ngx_agent_stream_events(ngx_agent_attempt_t *attempt)
{
    size_t           at;
    ngx_int_t        rc;

    if (attempt->call->raw) {
        return ngx_agent_stream_bytes(attempt);
    }

    at = attempt->translated ? 0 : attempt->parsed;
    rc = ngx_agent_stream_understand(attempt, &at);

    if (attempt->translated) {
        ag_buf_shift(&attempt->answer, at);
        attempt->parsed = attempt->translation->out.len;
        attempt->transfer->held = attempt->parsed;
    }

    return rc;
}


/* Of agent_passthrough: whatever comes goes on. */
static ngx_int_t
ngx_agent_stream_bytes(ngx_agent_attempt_t *attempt)
{
    ngx_agent_transfer_t  *t;

    t = attempt->transfer;

    if (t->done && t->error != AG_E_NONE) {
        return ngx_agent_attempt_decline(attempt, t->error);
    }

    if (attempt->parsed != attempt->answer.len || t->done) {

        if (!attempt->content) {
            attempt->content = 1;
            attempt->first = ngx_current_msec;
        }

        attempt->heard = ngx_current_msec;
        attempt->parsed = attempt->answer.len;
        attempt->ended = t->done;
    }

    return NGX_AGAIN;
}


/*
 * The events from "at" on; it moves behind those that are done with.  What
 * has been translated stands elsewhere, and is dropped by the caller.
 */
static ngx_int_t
ngx_agent_stream_understand(ngx_agent_attempt_t *attempt, size_t *at)
{
    int                  rc;
    ag_buf_t            *b;
    ngx_int_t            failed;
    ag_sse_event_t       event;
    const ag_dialect_t  *dialect;

    b = &attempt->answer;
    dialect = attempt->target->provider->dialect;

    while (!attempt->ended) {
        rc = dialect->next_event(&attempt->sse,
                                 ag_str(b->data + *at, b->len - *at), &event);

        if (rc == AG_AGAIN) {
            break;
        }

        if (rc != AG_OK) {
            return ngx_agent_attempt_decline(attempt, AG_E_BAD_RESPONSE);
        }

        attempt->heard = ngx_current_msec;

        failed = ngx_agent_stream_event(attempt, &event, at);

        if (failed != NGX_OK) {
            return ngx_agent_attempt_decline(attempt,
                                             (ag_error_class_t) failed);
        }
    }

    return NGX_AGAIN;
}


/* NGX_OK, or the class of the failure. */
static ngx_int_t
ngx_agent_stream_event(ngx_agent_attempt_t *attempt, ag_sse_event_t *event,
    size_t *at)
{
    int                rc;
    size_t             len;
    ag_delta_t         delta;
    ngx_agent_call_t  *call;

    call = attempt->call;
    len = event->raw.len;
    ngx_memzero(&delta, sizeof(ag_delta_t));

    if (attempt->translated) {
        rc = ag_translate_event(&attempt->translation->answer, event, &delta);

        if (rc != AG_OK) {
            return AG_E_BAD_RESPONSE;
        }

    } else {
        call->client->read_event(call->endpoint, event, &delta,
                                 &attempt->usage);
    }

    if (delta.failed) {
        return delta.error;
    }

    if (delta.malformed
        && ngx_agent_stream_malformed(attempt, len) != NGX_OK)
    {
        return AG_E_BAD_RESPONSE;
    }

    if ((delta.content || delta.finish) && !attempt->content) {
        attempt->content = 1;
        attempt->first = ngx_current_msec;
    }

    attempt->finished |= delta.finish;
    attempt->said += delta.said;

    if (delta.done) {

        if (!attempt->content) {
            return AG_E_BAD_RESPONSE;       /* an empty answer */
        }

        attempt->ended = 1;
    }

    if (attempt->translated) {
        if (!delta.malformed && event->data.len != 0) {
            attempt->malformed = 0;
        }

        *at += len;

        return NGX_OK;
    }

    /* what has no data is no event; clients have stumbled over it */

    if (delta.malformed || (delta.usage_only && attempt->hide_usage)
        || (event->data.len == 0 && !event->has_comment))
    {
        ngx_agent_stream_drop(&attempt->answer, *at, len);
        return NGX_OK;
    }

    if (call->cutting != NULL) {
        ag_cut_event(call->cutting, call->endpoint, event);
    }

    attempt->malformed = 0;
    *at += len;
    attempt->parsed = *at;

    if (attempt->parsed > AG_STREAM_HELD_MAX && !attempt->content) {
        attempt->content = 1;   /* more than we hold back for an error */
    }

    return NGX_OK;
}


static void
ngx_agent_stream_drop(ag_buf_t *b, size_t at, size_t len)
{
    b->len -= len;
    ngx_memmove(b->data + at, b->data + at + len, b->len - at);
}


/* One event that cannot be read is left out, a run of them ends the stream. */
static ngx_int_t
ngx_agent_stream_malformed(ngx_agent_attempt_t *attempt, size_t bytes)
{
    ngx_agent_call_t  *call;

    call = attempt->call;

    attempt->lossy = 1;
    ngx_agent_metric_add(attempt->peer->series, AG_M_TARGET_MALFORMED, 1);

    ngx_log_error(NGX_LOG_WARN, call->log, 0,
                  "agent: event left out that is not JSON, provider: \"%V\", "
                  "bytes: %uz, id: %V", &attempt->target->provider->name, bytes,
                  &call->request_id);

    return ++attempt->malformed < AG_STREAM_MALFORMED_MAX ? NGX_OK : NGX_ERROR;
}


/*
 * The provider has ended its stream without the last event.  NGX_AGAIN: that
 * was all the same the end of a whole answer.
 */
static ngx_int_t
ngx_agent_stream_end(ngx_agent_attempt_t *attempt)
{
    size_t      read;
    ngx_int_t   rc;

    static const char  blank[] = "\n\n", done[] = "data: [DONE]\n\n";

    read = attempt->translated ? 0 : attempt->parsed;

    if (attempt->transfer->error != AG_E_NONE) {
        return ngx_agent_attempt_decline(attempt, attempt->transfer->error);
    }

    if (read != attempt->answer.len) {

        /* its last event may lack no more than its end */

        if (ag_buf_add(&attempt->answer, blank, sizeof(blank) - 1) != AG_OK) {
            return NGX_ERROR;
        }

        rc = ngx_agent_stream_events(attempt);

        if (rc != NGX_AGAIN || attempt->ended) {
            return rc;
        }
    }

    if (attempt->translated) {
        return ngx_agent_stream_translated_end(attempt);
    }

    if (!attempt->finished || !attempt->call->client->done_needed) {
        return ngx_agent_attempt_decline(attempt, AG_E_BAD_RESPONSE);
    }

    /* it has finished its answer and forgot to say so */

    attempt->answer.len = attempt->parsed;

    if (ag_buf_add(&attempt->answer, done, sizeof(done) - 1) != AG_OK) {
        return NGX_ERROR;
    }

    attempt->parsed = attempt->answer.len;
    attempt->ended = 1;

    return NGX_AGAIN;
}


/* Some dialects end a stream with no more than its end. */
static ngx_int_t
ngx_agent_stream_translated_end(ngx_agent_attempt_t *attempt)
{
    ag_delta_t  delta;

    if (ag_translate_eof(&attempt->translation->answer, &delta) != AG_OK
        || !delta.done || !attempt->content)
    {
        return ngx_agent_attempt_decline(attempt, AG_E_BAD_RESPONSE);
    }

    attempt->parsed = attempt->translation->out.len;
    attempt->ended = 1;

    return NGX_AGAIN;
}


/*
 * Gives nginx the events that may go out.  While the client is still busy
 * with the last ones they wait, and the transfer with them.
 */
static ngx_int_t
ngx_agent_stream_pass(ngx_agent_call_t *call)
{
    size_t                rest;
    ag_buf_t              swap, *ready;
    ngx_int_t             rc;
    ngx_agent_attempt_t  *attempt;

    attempt = call->attempt;
    ready = attempt->translated ? &attempt->translation->out
                                : &attempt->answer;

    if (attempt->parsed == 0 || call->sending.len != 0) {
        return NGX_OK;
    }

    if (!call->opened && ngx_agent_reply_open(call) != NGX_OK) {
        return ngx_agent_call_fail(call, AG_E_CLIENT_GONE);
    }

    rest = ready->len - attempt->parsed;

    if (ag_buf_add(&call->sending, ready->data + attempt->parsed, rest)
        != AG_OK)
    {
        return NGX_ERROR;
    }

    swap = call->sending;
    call->sending = *ready;
    *ready = swap;

    call->sending.len = attempt->parsed;
    attempt->parsed = 0;

    rc = ngx_agent_reply_write(call, attempt->ended);

    if (rc == NGX_ERROR) {
        return ngx_agent_call_fail(call, AG_E_CLIENT_GONE);
    }

    call->blocked = (rc == NGX_AGAIN);
    call->transfer->blocked = call->blocked;

    return NGX_OK;
}
