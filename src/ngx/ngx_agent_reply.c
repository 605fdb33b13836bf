/*
 * Copyright (C) ngx_agent authors
 *
 * REPLY: what the client gets.  Headers are an allow-list, an error is the
 * table's, a stream that broke ends with an error event and never cleanly.
 */


#include "ngx/ngx_agent_cache.h"
#include "ngx/ngx_agent_curl.h"


static ngx_int_t ngx_agent_reply_page(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_reply_error(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_reply_as_sent(ngx_agent_call_t *call);
static ngx_uint_t ngx_agent_reply_is_as_sent(ngx_agent_call_t *call);
static ngx_uint_t ngx_agent_reply_status(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_reply_lost(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_reply_event(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_reply_last(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_reply_stream_end(ngx_agent_call_t *call);
static void ngx_agent_reply_early(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_reply_body(ngx_agent_call_t *call,
    ngx_uint_t status, ngx_str_t *type, ag_buf_t *body);
static ngx_int_t ngx_agent_reply_wait(ngx_agent_call_t *call,
    ngx_uint_t progress);
static void ngx_agent_reply_on_write(ngx_http_request_t *r);


static ngx_str_t  ngx_agent_reply_json = ngx_string("application/json");
static ngx_str_t  ngx_agent_reply_nobody = ngx_string("-");


ngx_int_t
ngx_agent_call_reply(ngx_agent_call_t *call)
{
    ngx_int_t  rc;

    if (call->gone && !call->background && call->error.class == AG_E_NONE) {
        call->error.class = call->parted ? call->parted : AG_E_CLIENT_GONE;
    }

    if (call->error.class == AG_E_CLIENT_GONE || call->gone) {
        rc = NGX_OK;

    } else if (call->error.class != AG_E_NONE) {
        rc = call->opened ? ngx_agent_reply_event(call)
             : ngx_agent_reply_is_as_sent(call) ? ngx_agent_reply_as_sent(call)
             : ngx_agent_reply_error(call);

    } else if (ngx_agent_call_lists(call)) {
        rc = ngx_agent_reply_page(call);

    } else if (call->estimated) {
        rc = ngx_agent_reply_body(call, NGX_HTTP_OK, &ngx_agent_reply_json,
                                  &call->page);

    } else if (call->cached != NULL && call->cached->answered) {
        rc = ngx_agent_cache_reply(call);

    } else if (call->opened) {
        rc = ngx_agent_reply_stream_end(call);

    } else {
        rc = ngx_agent_reply_body(call, ngx_agent_reply_status(call),
                                  call->attempt->translated
                                  ? &ngx_agent_reply_json : NULL,
                                  &call->attempt->answer);
    }

    if (rc != NGX_OK || call->phase != NGX_AGENT_PHASE_REPLY) {
        return rc;
    }

    ngx_agent_call_goto(call, NGX_AGENT_PHASE_SETTLE);

    return NGX_OK;
}


/* A created file is 201, a chat is 200 whatever the provider calls it. */
static ngx_uint_t
ngx_agent_reply_status(ngx_agent_call_t *call)
{
    return call->raw ? call->transfer->status : NGX_HTTP_OK;
}


/* Is the error the one whose body was put aside? */
static ngx_uint_t
ngx_agent_reply_is_as_sent(ngx_agent_call_t *call)
{
    return call->failure.body.len != 0
           && call->error.class == call->chain.error;
}


static ngx_int_t
ngx_agent_reply_page(ngx_agent_call_t *call)
{
    ngx_int_t  rc;

    rc = (call->endpoint == AG_ENDPOINT_USAGE)
         ? ngx_agent_usage_write(call, &call->page)
         : ngx_agent_models_write(call, &call->page);

    if (rc == NGX_DECLINED) {
        call->error.class = AG_E_UNKNOWN_MODEL;
        return ngx_agent_reply_error(call);
    }

    if (rc != NGX_OK || ngx_http_discard_request_body(call->r) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_agent_reply_body(call, NGX_HTTP_OK, NULL, &call->page);
}


/* ---- errors ---- */


static ngx_int_t
ngx_agent_reply_error(ngx_agent_call_t *call)
{
    ngx_uint_t             level, status;
    const ag_error_row_t  *row;

    row = ag_error_row(call->error.class);
    status = call->error.status ? call->error.status : row->status;

    if (status >= NGX_HTTP_INTERNAL_SERVER_ERROR) {

        /* of a full zone and of Redis the log has heard already; who asked
         * for nothing but the cache knew why */

        level = (call->error.class == AG_E_CAPACITY
                 || call->error.class == AG_E_STORE
                 || call->error.class == AG_E_NOT_CACHED)
                ? NGX_LOG_INFO : NGX_LOG_ERR;

        ngx_log_error(level, call->log, 0,
                      "agent: call failed, class: %s, provider: \"%V\", "
                      "provider status: %ui, id: %V", row->name,
                      call->target ? &call->target->provider->name
                                   : &ngx_agent_reply_nobody,
                      call->provider_status, &call->request_id);
    }

    ngx_agent_reply_early(call);

    if (ngx_agent_header_error(call) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ag_error_write(&call->page, &call->error, call->client->surface,
                       ngx_agent_str(&call->request_id))
        != AG_OK)
    {
        return NGX_ERROR;
    }

    return ngx_agent_reply_body(call, status, &ngx_agent_reply_json,
                                &call->page);
}


/*
 * An answer before the body was read: no "100 Continue", the body is thrown
 * away, and the connection is closed, since the body could be anything.
 */
static void
ngx_agent_reply_early(ngx_agent_call_t *call)
{
    ngx_http_request_t  *r;

    r = call->r;

    if (r->request_body != NULL && !r->reading_body) {
        return;
    }

    if (r->headers_in.content_length_n > 0 || r->headers_in.chunked
        || r->reading_body)
    {
        r->keepalive = 0;
    }

    if (r->reading_body) {
        return;
    }

    r->expect_tested = 1;

    if (ngx_http_discard_request_body(r) != NGX_OK) {
        r->keepalive = 0;
    }
}


static ngx_int_t
ngx_agent_reply_as_sent(ngx_agent_call_t *call)
{
    ngx_str_t  *type;

    if (ngx_agent_header_error(call) != NGX_OK) {
        return NGX_ERROR;
    }

    /* it is JSON, whatever it is called */

    type = ngx_agent_curl_header(call->transfer, "content-type");

    if (type == NULL || type->len < ngx_agent_reply_json.len
        || ngx_strncasecmp(type->data, ngx_agent_reply_json.data,
                           ngx_agent_reply_json.len)
           != 0)
    {
        type = &ngx_agent_reply_json;
    }

    return ngx_agent_reply_body(call, call->transfer->status, type,
                                &call->failure.body);
}


/* ---- streams ---- */


ngx_int_t
ngx_agent_reply_open(ngx_agent_call_t *call)
{
    ngx_int_t            rc;
    ngx_str_t           *type;
    ngx_http_request_t  *r;

    static ngx_str_t  stream = ngx_string("text/event-stream; charset=utf-8");
    static ngx_str_t  no_cache = ngx_string("no-cache");
    static ngx_str_t  no = ngx_string("no");

    if (call->gone) {
        return NGX_OK;
    }

    r = call->r;
    type = (call->committed && !call->attempt->translated)
           ? ngx_agent_curl_header(call->transfer, "content-type") : NULL;

    if (type == NULL) {
        type = &stream;
    }

    r->headers_out.status = ngx_agent_reply_status(call);
    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.content_length_n = -1;
    r->disable_not_modified = 1;

#if (NGX_HTTP_GZIP)
    r->gzip_tested = 1;
    r->gzip_ok = 0;
#endif

    if (ngx_agent_header_answer(call) != NGX_OK
        || ngx_agent_header_add(call, "cache-control", &no_cache) != NGX_OK
        || ngx_agent_header_add(call, "x-accel-buffering", &no) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (r->connection->tcp_nodelay != NGX_TCP_NODELAY_DISABLED
        && r->http_version < NGX_HTTP_VERSION_20
        && ngx_tcp_nodelay(r->connection) != NGX_OK)
    {
        return NGX_ERROR;
    }

    call->opened = 1;
    call->held |= NGX_AGENT_HELD_STREAM;
    ngx_agent_gauge_add(call->main, AG_M_STREAMS, 1);

    rc = ngx_http_send_header(r);

    return (rc == NGX_ERROR || rc > NGX_OK) ? ngx_agent_reply_lost(call)
                                            : NGX_OK;
}


/* Nothing can be sent any more; all the same the call may go on for others. */
static ngx_int_t
ngx_agent_reply_lost(ngx_agent_call_t *call)
{
    return ngx_agent_flight_deserted(call) ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_agent_reply_heartbeat(ngx_agent_call_t *call)
{
    const ag_str_t  *heartbeat;

    if (!call->streaming || call->raw || call->conf->heartbeat == 0
        || call->gone
        || (ngx_msec_t) (ngx_current_msec - call->at.spoke)
           < call->conf->heartbeat)
    {
        return NGX_OK;
    }

    if (call->sending.len != 0) {
        call->at.spoke = ngx_current_msec;  /* it has enough to read */
        return ngx_agent_reply_flush(call);
    }

    heartbeat = &call->client->heartbeat;

    if ((!call->opened && ngx_agent_reply_open(call) != NGX_OK)
        || ag_buf_add(&call->sending, heartbeat->data, heartbeat->len)
           != AG_OK)
    {
        return NGX_ERROR;
    }

    return ngx_agent_reply_write(call, 0);
}


ngx_msec_t
ngx_agent_reply_heartbeat_at(ngx_agent_call_t *call)
{
    ngx_msec_t  at;

    if (!call->streaming || call->raw || call->conf->heartbeat == 0
        || call->gone)
    {
        return 0;
    }

    at = call->at.spoke + call->conf->heartbeat;

    return at != 0 ? at : 1;
}


ngx_int_t
ngx_agent_reply_write(ngx_agent_call_t *call, ngx_uint_t last)
{
    ngx_buf_t  *b;

    if (call->gone) {
        return NGX_OK;
    }

    b = &call->out;
    ngx_memzero(b, sizeof(ngx_buf_t));

    b->start = call->sending.data;
    b->pos = call->sending.data;
    b->last = call->sending.data + call->sending.len;
    b->end = b->last;
    b->memory = 1;
    b->flush = 1;
    b->last_buf = last;
    call->last = last;
    b->last_in_chain = 1;

    call->link.buf = b;
    call->link.next = NULL;
    call->at.spoke = ngx_current_msec;

    if (ngx_http_output_filter(call->r, &call->link) == NGX_ERROR) {
        return ngx_agent_reply_lost(call);
    }

    return ngx_agent_reply_flush(call);
}


ngx_int_t
ngx_agent_reply_flush(ngx_agent_call_t *call)
{
    u_char               *pos;
    ngx_event_t          *wev;
    ngx_http_request_t   *r;

    if (call->gone) {
        return NGX_OK;
    }

    r = call->r;
    wev = r->connection->write;

    if (wev->timedout) {
        r->connection->timedout = 1;
        return ngx_agent_reply_lost(call);
    }

    pos = call->out.pos;

    if (call->sending.len != 0 && pos != call->out.last
        && ngx_http_output_filter(r, NULL) == NGX_ERROR)
    {
        return ngx_agent_reply_lost(call);
    }

    if (call->out.pos != call->out.last) {
        return ngx_agent_reply_wait(call, call->out.pos != pos);
    }

    call->sending.len = 0;

    if (wev->timer_set) {
        ngx_del_timer(wev);
    }

    return NGX_OK;
}


/* The client reads slowly; send_timeout counts from its last progress. */
static ngx_int_t
ngx_agent_reply_wait(ngx_agent_call_t *call, ngx_uint_t progress)
{
    ngx_event_t               *wev;
    ngx_http_request_t        *r;
    ngx_http_core_loc_conf_t  *clcf;

    r = call->r;
    wev = r->connection->write;
    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    r->write_event_handler = ngx_agent_reply_on_write;

    if (progress || !wev->timer_set) {
        ngx_add_timer(wev, clcf->send_timeout);
    }

    if (ngx_handle_write_event(wev, clcf->send_lowat) != NGX_OK) {
        return NGX_ERROR;
    }

    return NGX_AGAIN;
}


static void
ngx_agent_reply_on_write(ngx_http_request_t *r)
{
    ngx_agent_call_t  *call;

    call = ngx_agent_call_of(r);

    ngx_post_event(&call->wake, &ngx_posted_events);
}


/*
 * The stream has begun and cannot be answered otherwise: its last event is
 * the error, behind what is still on its way.
 */
static ngx_int_t
ngx_agent_reply_event(ngx_agent_call_t *call)
{
    ngx_int_t  rc;

    rc = ngx_agent_reply_flush(call);

    if (rc == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    ngx_log_error(NGX_LOG_ERR, call->log, 0,
                  "agent: stream broken off, class: %s, provider: \"%V\", "
                  "id: %V", ag_error_row(call->error.class)->name,
                  call->target ? &call->target->provider->name
                               : &ngx_agent_reply_nobody,
                  &call->request_id);

    if (call->raw) {
        return NGX_OK;      /* bytes of any kind: cut, not ended */
    }

    if (ngx_agent_flight_records(call)) {
        rc = ngx_agent_record_read(call);

        if (rc != NGX_OK) {
            return rc;      /* what came before the error */
        }
    }

    if (ngx_agent_reply_last(call) != NGX_OK
        || ngx_agent_reply_write(call, 1) == NGX_ERROR)
    {
        return NGX_ERROR;
    }

    call->ended = 1;

    return NGX_OK;
}


void
ngx_agent_reply_late(ngx_agent_call_t *call)
{
    call->parted = AG_E_TIMEOUT_TOTAL;
    call->error.class = AG_E_TIMEOUT_TOTAL;

    if (!call->opened) {
        call->r->keepalive = 0;
        (void) ngx_agent_reply_error(call);

    } else if (call->sending.len == 0
               && call->cached->read == call->cached->flight->record.len
               && ag_error_write_event(&call->sending, &call->error,
                                       call->client->surface,
                                       ngx_agent_str(&call->request_id))
                  == AG_OK)
    {
        (void) ngx_agent_reply_write(call, 1);
    }

    ngx_memzero(&call->error, sizeof(ag_error_t));
    call->ended = 0;
    call->plan.within_ms = call->model->within;     /* not its client's */

    (void) ngx_agent_flight_deserted(call);
}


/* Events that are complete still go out, what is behind them not. */
static ngx_int_t
ngx_agent_reply_last(ngx_agent_call_t *call)
{
    ag_buf_t             *ready;
    ngx_agent_attempt_t  *attempt;

    attempt = call->attempt;

    if (attempt == NULL) {
        return ag_error_write_event(&call->sending, &call->error,
                                    call->client->surface,
                                    ngx_agent_str(&call->request_id))
               == AG_OK ? NGX_OK : NGX_ERROR;
    }

    if (attempt->translated && call->neutral != NULL) {
        ready = &attempt->translation->out;

        if (ngx_agent_translate_failure(attempt) != NGX_OK) {
            return NGX_ERROR;
        }

        return ag_buf_add(&call->sending, ready->data, ready->len) == AG_OK
               ? NGX_OK : NGX_ERROR;
    }

    attempt->answer.len = call->committed ? attempt->parsed : 0;

    if (ag_buf_add(&call->sending, attempt->answer.data, attempt->answer.len)
        != AG_OK)
    {
        return NGX_ERROR;
    }

    return ag_error_write_event(&call->sending, &call->error,
                                call->client->surface,
                                ngx_agent_str(&call->request_id))
           == AG_OK ? NGX_OK : NGX_ERROR;
}


/*
 * All is with nginx; the connection to the provider may be kept.  An end that
 * came alone, behind the last bytes, is still to be told.
 */
static ngx_int_t
ngx_agent_reply_stream_end(ngx_agent_call_t *call)
{
    if (call->transfer != NULL) {
        ngx_agent_curl_release(call->transfer);
    }

    if (call->last) {
        return NGX_OK;
    }

    call->last = 1;

    return ngx_http_send_special(call->r, NGX_HTTP_LAST) == NGX_ERROR
           ? NGX_ERROR : NGX_OK;
}


/* ---- whole answers ---- */


ngx_int_t
ngx_agent_reply_whole(ngx_agent_call_t *call, ag_buf_t *body)
{
    return ngx_agent_reply_body(call, NGX_HTTP_OK, &ngx_agent_reply_json,
                                body);
}


static ngx_int_t
ngx_agent_reply_body(ngx_agent_call_t *call, ngx_uint_t status,
    ngx_str_t *type, ag_buf_t *body)
{
    ngx_int_t            rc;
    ngx_buf_t           *b;
    ngx_http_request_t  *r;

    r = call->r;

    if (type == NULL && call->transfer != NULL) {
        type = ngx_agent_curl_header(call->transfer, "content-type");
    }

    if (type == NULL) {
        type = &ngx_agent_reply_json;
    }

    r->headers_out.status = status;
    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.content_length_n = (off_t) body->len;
    r->disable_not_modified = 1;

    if (ngx_agent_header_answer(call) != NGX_OK) {
        return NGX_ERROR;
    }

    call->opened = 1;
    call->ended = 1;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc == NGX_ERROR ? NGX_ERROR : NGX_OK;
    }

    b = &call->out;
    ngx_memzero(b, sizeof(ngx_buf_t));

    b->pos = body->data;
    b->last = body->data + body->len;
    b->memory = (body->len != 0);
    b->last_buf = 1;
    b->last_in_chain = 1;

    call->link.buf = b;
    call->link.next = NULL;

    return ngx_http_output_filter(r, &call->link) == NGX_ERROR ? NGX_ERROR
                                                               : NGX_OK;
}
