/*
 * Copyright (C) ngx_agent authors
 *
 * READ: the client's body, into capped memory and never to disk, then the
 * fields of it that admission and routing need.
 */


#include "ngx/ngx_agent_cache.h"


static ngx_int_t ngx_agent_read_begin(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_read_more(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_read_take(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_read_rc(int rc);
static ngx_int_t ngx_agent_read_file(ngx_agent_call_t *call, ngx_buf_t *b);
static ngx_int_t ngx_agent_read_failed(ngx_agent_call_t *call, ngx_int_t rc);
static ngx_int_t ngx_agent_read_parse(ngx_agent_call_t *call);
static void ngx_agent_read_on_body(ngx_http_request_t *r);
static void ngx_agent_read_on_event(ngx_http_request_t *r);
static void ngx_agent_read_on_close(ngx_http_request_t *r);
static ngx_uint_t ngx_agent_read_is_closed(ngx_http_request_t *r);


ngx_int_t
ngx_agent_call_read(ngx_agent_call_t *call)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    if (call->background) {
        return ngx_agent_read_parse(call);
    }

    r = call->r;

    rc = (r->request_body == NULL || !call->reading)
         ? ngx_agent_read_begin(call) : ngx_agent_read_more(call);

    if (rc == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    if (rc != NGX_OK) {
        return ngx_agent_read_failed(call, rc);
    }

    /* from now on a client that leaves ends the call */

    if (r->connection->read->timer_set) {
        ngx_del_timer(r->connection->read);
    }

    r->read_event_handler = ngx_agent_read_on_close;

    /* it may have left already: that event came together with the body */

    if (r->connection->read->ready) {
        ngx_post_event(r->connection->read, &ngx_posted_events);
    }

    return ngx_agent_read_parse(call);
}


static ngx_int_t
ngx_agent_read_begin(ngx_agent_call_t *call)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = call->r;
    call->reading = 1;
    r->request_body_no_buffering = 1;

    rc = ngx_http_read_client_request_body(r, ngx_agent_read_on_body);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    /* the call's own count keeps the request */
    r->main->count--;

    if (r->headers_in.content_length_n > 0 && r->reading_body) {

        /* of a chunked body it is what has come so far */

        rc = ngx_agent_read_rc(ag_buf_reserve(&call->upload,
                                 (size_t) r->headers_in.content_length_n));
        if (rc != NGX_OK) {
            return rc;
        }
    }

    return ngx_agent_read_more(call);
}


static ngx_int_t
ngx_agent_read_rc(int rc)
{
    return (rc == AG_OK) ? NGX_OK
           : (rc == AG_LIMIT) ? NGX_HTTP_REQUEST_ENTITY_TOO_LARGE
                              : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static ngx_int_t
ngx_agent_read_more(ngx_agent_call_t *call)
{
    ngx_int_t             rc;
    ngx_buf_t            *b;
    ngx_chain_t          *cl;
    ngx_http_request_t   *r;

    r = call->r;
    cl = r->request_body->bufs;

    if (!r->reading_body && call->upload.len == 0 && cl != NULL
        && cl->next == NULL && ngx_buf_in_memory(cl->buf))
    {
        /* all of it is in one buffer of the request: no copy */

        b = cl->buf;
        call->body.data = b->pos;
        call->body.len = (size_t) (b->last - b->pos);

        return (call->body.len > call->upload.max)
               ? NGX_HTTP_REQUEST_ENTITY_TOO_LARGE : NGX_OK;
    }

    for ( ;; ) {
        cl = r->request_body->bufs;

        rc = ngx_agent_read_take(call);

        if (rc != NGX_OK) {
            return rc;
        }

        if (!r->reading_body) {
            break;
        }

        rc = ngx_http_read_unbuffered_request_body(r);

        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            return rc;
        }

        if (rc == NGX_AGAIN && r->request_body->bufs == NULL) {
            r->read_event_handler = ngx_agent_read_on_event;
            return NGX_AGAIN;
        }
    }

    call->body.data = call->upload.data;
    call->body.len = call->upload.len;

    return NGX_OK;
}


/* Moves what has come to our own memory; nginx reads into its again. */
static ngx_int_t
ngx_agent_read_take(ngx_agent_call_t *call)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t  *cl, *next;

    for (cl = call->r->request_body->bufs; cl != NULL; cl = next) {
        next = cl->next;
        b = cl->buf;

        if (b->in_file && !ngx_buf_in_memory(b)) {
            rc = ngx_agent_read_file(call, b);

            if (rc != NGX_OK) {
                return rc;
            }

        } else if (ngx_buf_in_memory(b)) {
            rc = ngx_agent_read_rc(ag_buf_add(&call->upload, b->pos,
                                              (size_t) (b->last - b->pos)));
            if (rc != NGX_OK) {
                return rc;
            }

            b->pos = b->last;
        }

        ngx_free_chain(call->r->pool, cl);
    }

    call->r->request_body->bufs = NULL;

    return NGX_OK;
}


/* Another module has read the body before us, to a temporary file. */
static ngx_int_t
ngx_agent_read_file(ngx_agent_call_t *call, ngx_buf_t *b)
{
    size_t     size;
    ssize_t    n;
    ngx_int_t  rc;

    size = (size_t) (b->file_last - b->file_pos);
    rc = ngx_agent_read_rc(ag_buf_reserve(&call->upload, size));

    if (rc != NGX_OK) {
        return rc;
    }

    n = ngx_read_file(b->file, call->upload.data + call->upload.len, size,
                      b->file_pos);

    if (n != (ssize_t) size) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    call->upload.len += size;

    return NGX_OK;
}


static ngx_int_t
ngx_agent_read_failed(ngx_agent_call_t *call, ngx_int_t rc)
{
    ngx_http_request_t  *r;

    r = call->r;

    if (r->connection->error) {
        return ngx_agent_call_fail(call, AG_E_CLIENT_GONE);
    }

    r->keepalive = 0;

    if (rc < NGX_HTTP_SPECIAL_RESPONSE) {
        return NGX_ERROR;
    }

    return ngx_agent_call_fail(call, ag_error_of_nginx((unsigned) rc));
}


static ngx_int_t
ngx_agent_read_parse(ngx_agent_call_t *call)
{
    call->error.class = AG_E_NONE;

    if (call->raw) {
        call->streaming = 1;
        ngx_agent_call_goto(call, NGX_AGENT_PHASE_LOOKUP);

        return NGX_OK;
    }

    /* what cannot be read is refused there: it counts as a request */

    if (ag_request_read(&call->request, call->endpoint,
                        ngx_agent_str(&call->body), &call->error)
        == AG_OK)
    {
        call->streaming = call->request.stream;
    }

    ngx_agent_call_goto(call, NGX_AGENT_PHASE_LOOKUP);

    return NGX_OK;
}


/* Runs within ngx_http_read_client_request_body(): nothing to do yet. */
static void
ngx_agent_read_on_body(ngx_http_request_t *r)
{
    r->read_event_handler = ngx_agent_read_on_event;
}


static void
ngx_agent_read_on_event(ngx_http_request_t *r)
{
    ngx_agent_call_t  *call;

    call = ngx_agent_call_of(r);

    ngx_post_event(&call->wake, &ngx_posted_events);
}


/* A client that leaves takes its call along, unless others wait for what that
 * gets. */
static void
ngx_agent_read_on_close(ngx_http_request_t *r)
{
    ngx_agent_call_t  *call;

    call = ngx_agent_call_of(r);

    if (call == NULL || !ngx_agent_flight_needed(call)) {
        ngx_http_test_reading(r);

    } else if (ngx_agent_read_is_closed(r)) {
        (void) ngx_agent_flight_deserted(call);
    }
}


/* As ngx_http_test_reading() finds out. */
static ngx_uint_t
ngx_agent_read_is_closed(ngx_http_request_t *r)
{
    ssize_t            n;
    u_char             buf[1];
    ngx_event_t       *rev;
    ngx_connection_t  *c;

    c = r->connection;
    rev = c->read;

#if (NGX_HTTP_V2)
    if (r->stream) {
        return c->error;
    }
#endif

#if (NGX_HAVE_EPOLLRDHUP)
    if ((ngx_event_flags & NGX_USE_EPOLL_EVENT) && ngx_use_epoll_rdhup) {
        return rev->pending_eof;
    }
#endif

    n = recv(c->fd, buf, 1, MSG_PEEK);

    return n == 0 || (n == -1 && ngx_socket_errno != NGX_EAGAIN);
}
