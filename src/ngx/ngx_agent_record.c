/*
 * Copyright (C) ngx_agent authors
 *
 * A stream that others may want is recorded while it runs.  Whoever asked for
 * the same one reads the record from its beginning, the leader's own client
 * among them, each at its own pace.
 */


#include "ngx/ngx_agent_cache.h"


static void ngx_agent_record_describe(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_record_overflow(ngx_agent_call_t *call);


ngx_int_t
ngx_agent_record_add(ngx_agent_call_t *call, ag_buf_t *ready, size_t len)
{
    ngx_uint_t           first;
    ngx_agent_flight_t  *flight;

    flight = call->cached->flight;

    if (len == 0) {
        return NGX_OK;
    }

    if (flight->record.len + len > NGX_AGENT_RECORD_MAX && !flight->cut
        && ngx_agent_record_overflow(call) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (flight->cut) {
        ag_buf_shift(&flight->record, call->cached->read);
        call->cached->read = 0;
    }

    if (ag_buf_add(&flight->record, ready->data, len) != AG_OK) {
        return NGX_ERROR;
    }

    ag_buf_shift(ready, len);

    first = !flight->live && !flight->cut;
    flight->live = !flight->cut;

    if (first) {
        ngx_agent_record_describe(call);
    }

    ngx_agent_flight_wake(flight, !first);

    return NGX_OK;
}


/* For those who read it, too: who gives it, and in the end what it is worth.
 * The leader may be gone before them. */
static void
ngx_agent_record_describe(ngx_agent_call_t *call)
{
    ag_cache_value_t    *value;
    ngx_agent_flight_t  *flight;

    flight = call->cached->flight;
    value = &flight->value;

    ngx_agent_cache_describe(call, value);

    value->model.len = ngx_min(value->model.len, AG_CACHE_NAME_MAX);
    ngx_memcpy(flight->model, value->model.data, value->model.len);
    value->model.data = flight->model;
}


/* Longer than anything we keep: it is its own client's alone from now on.
 * Those who read it get what there is, and then the error. */
static ngx_int_t
ngx_agent_record_overflow(ngx_agent_call_t *call)
{
    ngx_agent_flight_t  *flight;

    flight = call->cached->flight;
    flight->cut = 1;
    flight->live = 0;

    return ngx_agent_flight_shed(call);
}


void
ngx_agent_record_end(ngx_agent_call_t *call)
{
    ngx_agent_cached_t  *cached;
    ngx_agent_flight_t  *flight;

    cached = call->cached;
    flight = cached->flight;

    flight->whole = !flight->cut;
    ngx_agent_record_describe(call);

    if (flight->whole
        && (cached->may.store || cached->locked
            || ngx_agent_flight_needed(call))
        && ag_replay_whole(&cached->whole, call->endpoint,
                           ag_buf_str(&flight->record), &call->usage)
           == AG_OK)
    {
        ngx_agent_cache_keep(call, ag_buf_str(&cached->whole));
        ag_buf_free(&cached->whole);
        return;
    }

    ngx_agent_flight_land(call);
}


ngx_int_t
ngx_agent_record_read(ngx_agent_call_t *call)
{
    size_t               len;
    ngx_int_t            rc;
    ngx_agent_cached_t  *cached;
    ngx_agent_flight_t  *flight;

    cached = call->cached;
    flight = cached->flight;

    for ( ;; ) {

        if (call->gone) {
            cached->read = flight->record.len;
            return NGX_OK;
        }

        if (call->sending.len != 0) {
            return NGX_AGAIN;
        }

        len = ngx_min(flight->record.len - cached->read, AG_STREAM_HELD_MAX);

        if (len == 0) {
            return NGX_OK;
        }

        if ((!call->opened && ngx_agent_reply_open(call) != NGX_OK)
            || ag_buf_add(&call->sending, flight->record.data + cached->read,
                          len)
               != AG_OK)
        {
            return NGX_ERROR;
        }

        cached->read += len;

        rc = ngx_agent_reply_write(call, flight->whole
                                         && cached->read
                                            == flight->record.len);
        if (rc != NGX_OK) {
            return rc;
        }
    }
}
