/*
 * Copyright (C) ngx_agent authors
 *
 * Requests and answers over established connections.  Bytes go through
 * libcurl (which knows whether there is TLS), their meaning is ag_http's.
 * Events are level-triggered: what is left in a socket comes again; what
 * OpenSSL has read already is asked for again by an event of our own.
 */


#include "ngx/ngx_agent_libcurl.h"
#include "ngx/ngx_agent_transfer.h"


static ngx_int_t ngx_agent_curl_feed(ngx_agent_handle_t *h, u_char *bytes,
    size_t n);
static ngx_int_t ngx_agent_curl_part(ngx_agent_handle_t *h,
    ag_http_part_t *part);
static ngx_uint_t ngx_agent_curl_full(ngx_agent_handle_t *h);
static void ngx_agent_curl_lost(ngx_agent_handle_t *h, ngx_uint_t properly);
static ngx_uint_t ngx_agent_curl_silent(ngx_agent_handle_t *h);
static void ngx_agent_curl_fail(ngx_agent_handle_t *h,
    ag_error_class_t class);
static void ngx_agent_curl_idle(ngx_agent_handle_t *h);
static void ngx_agent_curl_readable(ngx_event_t *ev);
static void ngx_agent_curl_writable(ngx_event_t *ev);
static void ngx_agent_curl_read(ngx_agent_handle_t *h);
static void ngx_agent_curl_done(ngx_agent_handle_t *h);
static void ngx_agent_curl_on_timer(ngx_event_t *ev);
static void ngx_agent_curl_on_more(ngx_event_t *ev);
static ag_error_class_t ngx_agent_curl_error(ngx_agent_handle_t *h,
    CURLcode code);


/* ---- from a connection to a request ---- */


void
ngx_agent_curl_connected(ngx_agent_handle_t *h, CURLcode code)
{
    curl_socket_t      fd;
    ngx_connection_t  *c;

    fd = CURL_SOCKET_BAD;
    c = NULL;

    if (code == CURLE_OK) {
        ngx_agent_curl_forget(h, 1);
        (void) curl_easy_getinfo(h->easy, CURLINFO_ACTIVESOCKET, &fd);

        if (fd != CURL_SOCKET_BAD) {
            c = ngx_agent_curl.sockets[fd].connection;
        }
    }

    if (c == NULL) {
        ngx_log_error(NGX_LOG_INFO, ngx_agent_curl.log, 0,
                      "agent: connection failed, provider: \"%V\", curl: %d "
                      "(%s)", &h->upstream->provider->name, (int) code,
                      curl_easy_strerror(code));

        ngx_agent_curl_fail(h, ngx_agent_curl_error(h, code));
        return;
    }

    c->data = h;
    c->read->handler = ngx_agent_curl_readable;
    c->write->handler = ngx_agent_curl_writable;
    h->connection = c;

    h->timer.data = h;
    h->timer.handler = ngx_agent_curl_on_timer;
    h->timer.log = ngx_agent_curl.log;
    h->timer.cancelable = 1;

    h->more.data = h;
    h->more.handler = ngx_agent_curl_on_more;
    h->more.log = ngx_agent_curl.log;

    ngx_agent_curl_send(h);
}


static ag_error_class_t
ngx_agent_curl_error(ngx_agent_handle_t *h, CURLcode code)
{
    if (h->exhausted) {
        return AG_E_OVERLOADED;
    }

    switch (code) {

    case CURLE_OUT_OF_MEMORY:
        return AG_E_INTERNAL;

    case CURLE_OPERATION_TIMEDOUT:
        return AG_E_TIMEOUT_CONNECT;

    default:
        return AG_E_NETWORK;
    }
}


void
ngx_agent_curl_send(ngx_agent_handle_t *h)
{
    size_t      n;
    CURLcode    code;
    ngx_str_t  *out;

    out = h->out;

    while (out < h->out + 2) {

        if (out->len == 0) {
            out++;
            continue;
        }

        code = curl_easy_send(h->easy, out->data, out->len, &n);

        if (code == CURLE_AGAIN) {
            break;
        }

        if (code != CURLE_OK) {

            /* it may have said why: the read side decides */

            h->broken = 1;
            ngx_str_null(&h->out[0]);
            ngx_str_null(&h->out[1]);
            out = h->out + 2;
            break;
        }

        out->data += n;
        out->len -= n;
    }

    ngx_agent_curl_clear();

    if (ngx_agent_curl_watch(h->connection,
                             h->transfer == NULL || !h->transfer->paused,
                             out < h->out + 2)
        != NGX_OK)
    {
        ngx_agent_curl_fail(h, AG_E_INTERNAL);
    }
}


ngx_int_t
ngx_agent_curl_watch(ngx_connection_t *c, ngx_uint_t in, ngx_uint_t out)
{
    if (in && !c->read->active
        && ngx_add_event(c->read, NGX_READ_EVENT, NGX_LEVEL_EVENT) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (!in && c->read->active
        && ngx_del_event(c->read, NGX_READ_EVENT, 0) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (out && !c->write->active) {
        return ngx_add_event(c->write, NGX_WRITE_EVENT, NGX_LEVEL_EVENT);
    }

    if (!out && c->write->active) {
        return ngx_del_event(c->write, NGX_WRITE_EVENT, 0);
    }

    return NGX_OK;
}


static void
ngx_agent_curl_readable(ngx_event_t *ev)
{
    ngx_connection_t    *c;
    ngx_agent_handle_t  *h;

    c = ev->data;
    h = c->data;

    if (c->close) {
        return;     /* nginx ends: the calls end their transfers */
    }

    if (h->idling) {
        ngx_agent_curl_close(h);    /* the provider leaves, or talks unasked */
        return;
    }

    ngx_agent_curl_read(h);
}


static void
ngx_agent_curl_writable(ngx_event_t *ev)
{
    ngx_connection_t  *c;

    c = ev->data;

    if (!c->close) {
        ngx_agent_curl_send(c->data);
    }
}


/* ---- answers ---- */


/*
 * One read per event, so that no stream starves a worker; over TLS a second
 * one waits for the next turn, since the socket may be empty by then.
 */
static void
ngx_agent_curl_read(ngx_agent_handle_t *h)
{
    size_t             n;
    CURLcode           code;
    u_char             bytes[NGX_AGENT_CURL_READ];
    ngx_agent_url_t   *url;

    if (ngx_agent_curl_full(h)) {
        h->transfer->paused = 1;
        (void) ngx_agent_curl_watch(h->connection, 0,
                                    h->connection->write->active);
        ngx_post_event(h->transfer->wake, &ngx_posted_events);
        return;
    }

    n = 0;
    code = curl_easy_recv(h->easy, bytes, sizeof(bytes), &n);
    ngx_agent_curl_clear();

    if (code == CURLE_AGAIN) {
        return;
    }

    if (code != CURLE_OK || n == 0) {
        ngx_agent_curl_lost(h, code == CURLE_OK);
        return;
    }

    h->heard = 1;
    url = &h->upstream->replica->url;

    if (ngx_agent_curl_feed(h, bytes, n) == NGX_OK && url->tls) {
        ngx_post_event(&h->more, &ngx_posted_next_events);
    }
}


static void
ngx_agent_curl_on_more(ngx_event_t *ev)
{
    ngx_agent_curl_read(ev->data);
}


/* One half of what a stream may hold is here, the other with nginx. */
#define NGX_AGENT_CURL_HELD  (AG_STREAM_HELD_MAX / 2 - NGX_AGENT_CURL_READ)


/* Is there more than the call, or its client, has taken? */
static ngx_uint_t
ngx_agent_curl_full(ngx_agent_handle_t *h)
{
    ngx_agent_transfer_t  *t;

    t = h->transfer;

    return t != NULL && t->stream
           && (t->burst > NGX_AGENT_CURL_HELD
               || (t->blocked
                   && t->sink->len + t->held > NGX_AGENT_CURL_HELD));
}


/* NGX_OK: read on; else the handle is idle, or closed. */
static ngx_int_t
ngx_agent_curl_feed(ngx_agent_handle_t *h, u_char *bytes, size_t n)
{
    int             rc;
    ag_str_t        left;
    ag_http_part_t  part;

    left = ag_str(bytes, n);

    for ( ;; ) {
        rc = ag_http_next(&h->http, &left, &part);

        if (rc == AG_AGAIN) {
            return NGX_OK;
        }

        if (rc != AG_OK || ngx_agent_curl_part(h, &part) != NGX_OK) {
            ngx_agent_curl_fail(h, AG_E_BAD_RESPONSE);
            return NGX_DONE;
        }

        if (part.kind == AG_HTTP_END) {

            if (left.len != 0) {
                h->http.keep_alive = 0;     /* it said more than it should */
            }

            ngx_agent_curl_done(h);
            return NGX_DONE;
        }
    }
}


static ngx_int_t
ngx_agent_curl_part(ngx_agent_handle_t *h, ag_http_part_t *part)
{
    ngx_int_t              rc;
    ngx_agent_transfer_t  *t;

    t = h->transfer;

    if (t == NULL) {

        if (part->kind == AG_HTTP_BODY) {
            h->drained += part->value.len;
        }

        return h->drained > NGX_AGENT_CURL_DRAIN_BYTES ? NGX_ERROR : NGX_OK;
    }

    switch (part->kind) {

    case AG_HTTP_STATUS:
        t->status = part->status;
        t->headers.nelts = 0;
        return NGX_OK;

    case AG_HTTP_HEADER:
        return ngx_agent_transfer_header(t, &part->name, &part->value);

    case AG_HTTP_START:
        rc = ngx_agent_transfer_start(t);
        break;

    case AG_HTTP_BODY:
        rc = ngx_agent_transfer_body(t, (u_char *) part->value.data,
                                     part->value.len);
        break;

    default:
        return NGX_OK;
    }

    ngx_post_event(t->wake, &ngx_posted_events);

    return rc;
}


/* ---- ends ---- */


/* The connection was closed, properly or not. */
static void
ngx_agent_curl_lost(ngx_agent_handle_t *h, ngx_uint_t properly)
{
    ngx_agent_transfer_t  *t;

    t = h->transfer;

    if (properly && ag_http_close(&h->http) == AG_OK) {
        ngx_agent_curl_done(h);
        return;
    }

    if (t != NULL) {
        t->redial = (h->used && !h->heard);
    }

    ngx_agent_curl_fail(h, h->heard ? AG_E_BAD_RESPONSE : AG_E_NETWORK);
}


static void
ngx_agent_curl_fail(ngx_agent_handle_t *h, ag_error_class_t class)
{
    ngx_agent_transfer_t  *t;

    t = h->transfer;

    if (t != NULL) {
        t->error = class;
        t->done = 1;
        t->handle = NULL;
        ngx_post_event(t->wake, &ngx_posted_events);

        ngx_log_error(NGX_LOG_INFO, t->log, 0,
                      "agent: transfer failed, provider: \"%V\", class: %s, "
                      "status: %ui", &h->upstream->provider->name,
                      ag_error_row(class)->name, t->status);
    }

    ngx_agent_curl_close(h);
}


static void
ngx_agent_curl_done(ngx_agent_handle_t *h)
{
    ngx_agent_transfer_t  *t;

    t = h->transfer;

    if (t != NULL) {
        t->error = AG_E_NONE;
        t->done = 1;
        t->handle = NULL;
        h->transfer = NULL;
        ngx_post_event(t->wake, &ngx_posted_events);
    }

    /* an answer that came before the request was sent ends the connection */

    if (h->http.keep_alive && !h->broken && !ngx_exiting
        && h->out[0].len == 0 && h->out[1].len == 0
        && ngx_agent_curl_silent(h))
    {
        ngx_agent_curl_idle(h);
        return;
    }

    ngx_agent_curl_close(h);
}


/*
 * OpenSSL may hold bytes behind the answer, which no event would tell of:
 * they would be the begin of the next one.
 */
static ngx_uint_t
ngx_agent_curl_silent(ngx_agent_handle_t *h)
{
    size_t            n;
    u_char            byte;
    CURLcode          code;
    ngx_agent_url_t  *url;

    url = &h->upstream->replica->url;

    if (!url->tls) {
        return 1;
    }

    code = curl_easy_recv(h->easy, &byte, 1, &n);
    ngx_agent_curl_clear();

    return code == CURLE_AGAIN;
}


/*
 * The read event stays: a provider that closes is noticed at once.  So does
 * the timer, which looks at "since" when it fires.
 */
static void
ngx_agent_curl_idle(ngx_agent_handle_t *h)
{
    if (h->more.posted) {
        ngx_delete_posted_event(&h->more);
    }

    if (ngx_agent_curl_watch(h->connection, 1, 0) != NGX_OK) {
        ngx_agent_curl_close(h);
        return;
    }

    ag_http_free(&h->http);

    if (h->queued) {
        ngx_queue_remove(&h->queue);
    }

    h->used = 1;
    h->idling = 1;
    h->queued = 1;
    h->since = ngx_current_msec;
    ngx_queue_insert_head(&h->upstream->idle, &h->queue);

    if (!h->timer.timer_set) {
        ngx_add_timer(&h->timer, NGX_AGENT_CURL_IDLE);
    }
}


static void
ngx_agent_curl_on_timer(ngx_event_t *ev)
{
    ngx_msec_t           age;
    ngx_agent_handle_t  *h;

    h = ev->data;

    if (h->transfer != NULL) {
        return;     /* it is busy; the timer is set again when it is idle */
    }

    age = ngx_current_msec - h->since;

    if (h->idling && age < NGX_AGENT_CURL_IDLE) {
        ngx_add_timer(&h->timer, NGX_AGENT_CURL_IDLE - age);
        return;
    }

    ngx_agent_curl_close(h);    /* idle for too long, or never ended */
}
