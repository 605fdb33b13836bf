/*
 * Copyright (C) ngx_agent authors
 *
 * The body of a request to the simulator: in nginx's own buffer if it came
 * with the headers, else moved to memory of ours, never to a file.
 */


#include "ngx/ngx_agent_simulate.h"


static void ngx_agent_simulate_on_body(ngx_http_request_t *r);
static ngx_int_t ngx_agent_simulate_take(ngx_agent_simulate_ctx_t *ctx);
static ngx_int_t ngx_agent_simulate_take_file(ngx_agent_simulate_ctx_t *ctx,
    ngx_buf_t *b);


ngx_int_t
ngx_agent_simulate_read(ngx_agent_simulate_ctx_t *ctx)
{
    ngx_int_t  rc;

    ctx->r->request_body_no_buffering = 1;

    rc = ngx_http_read_client_request_body(ctx->r,
                                           ngx_agent_simulate_on_body);

    return (rc >= NGX_HTTP_SPECIAL_RESPONSE) ? rc : NGX_DONE;
}


/* Called by nginx when some of the body, or all of it, has come. */
static void
ngx_agent_simulate_on_body(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_chain_t               *cl;
    ngx_agent_simulate_ctx_t  *ctx;

    ctx = ngx_agent_simulate_of(r);
    cl = r->request_body->bufs;

    if (!r->reading_body && ctx->body.len == 0 && cl != NULL
        && cl->next == NULL && ngx_buf_in_memory(cl->buf))
    {
        ngx_agent_simulate_begin(ctx, ag_str(cl->buf->pos,
                                             cl->buf->last - cl->buf->pos));
        return;
    }

    for ( ;; ) {
        rc = ngx_agent_simulate_take(ctx);

        if (rc == NGX_OK && r->reading_body) {
            rc = ngx_http_read_unbuffered_request_body(r);
        }

        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            ngx_http_finalize_request(r, rc);
            return;
        }

        if (r->request_body->bufs != NULL) {
            continue;
        }

        if (!r->reading_body) {
            break;
        }

        r->read_event_handler = ngx_agent_simulate_on_body;
        return;
    }

    if (r->connection->read->timer_set) {
        ngx_del_timer(r->connection->read);
    }

    ngx_agent_simulate_begin(ctx, ag_buf_str(&ctx->body));
}


/* Moves what has come; nginx reads into the same buffers again. */
static ngx_int_t
ngx_agent_simulate_take(ngx_agent_simulate_ctx_t *ctx)
{
    int           rc;
    off_t         length;
    ngx_buf_t    *b;
    ngx_chain_t  *cl, *next;

    length = ctx->r->headers_in.content_length_n;

    if (ctx->body.size == 0 && length > 0
        && ag_buf_reserve(&ctx->body, (size_t) length) == AG_LIMIT)
    {
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    for (cl = ctx->r->request_body->bufs; cl != NULL; cl = next) {
        next = cl->next;
        b = cl->buf;

        if (b->in_file && !ngx_buf_in_memory(b)) {
            rc = ngx_agent_simulate_take_file(ctx, b);

        } else {
            rc = ag_buf_add(&ctx->body, b->pos, b->last - b->pos);
            b->pos = b->last;
        }

        if (rc != AG_OK) {
            return (rc == AG_LIMIT) ? NGX_HTTP_REQUEST_ENTITY_TOO_LARGE
                                    : NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ngx_free_chain(ctx->r->pool, cl);
    }

    ctx->r->request_body->bufs = NULL;

    return NGX_OK;
}


/* Another module has read the body before us, into a temporary file. */
static ngx_int_t
ngx_agent_simulate_take_file(ngx_agent_simulate_ctx_t *ctx, ngx_buf_t *b)
{
    int        rc;
    size_t     size;
    ag_buf_t  *body;

    body = &ctx->body;
    size = (size_t) (b->file_last - b->file_pos);
    rc = ag_buf_reserve(body, size);

    if (rc != AG_OK) {
        return rc;
    }

    if (ngx_read_file(b->file, body->data + body->len, size, b->file_pos)
        != (ssize_t) size)
    {
        return AG_INVALID;
    }

    body->len += size;

    return AG_OK;
}
