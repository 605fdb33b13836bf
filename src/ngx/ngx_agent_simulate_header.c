/*
 * Copyright (C) ngx_agent authors
 *
 * The headers of the simulator's answers: those that a provider's clients
 * look at, no more.
 */


#include "ngx/ngx_agent_simulate.h"


static ngx_int_t ngx_agent_simulate_header_all(ngx_agent_simulate_ctx_t *ctx);
static ngx_int_t ngx_agent_simulate_header_add(ngx_agent_simulate_ctx_t *ctx,
    const char *name, const char *value);


ngx_int_t
ngx_agent_simulate_header_send(ngx_agent_simulate_ctx_t *ctx)
{
    ag_simulate_t       *answer;
    ngx_http_request_t  *r;

    r = ctx->r;
    answer = &ctx->answer;

    r->headers_out.status = answer->status;
    r->headers_out.content_length_n = answer->stream ? -1
                                                     : (off_t) answer->length;
    r->headers_out.content_type.data = (u_char *) answer->content_type;
    r->headers_out.content_type.len = ngx_strlen(answer->content_type);
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    if (ngx_agent_simulate_header_all(ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    /* small packets would wait for an acknowledgement of the one before */

    if (answer->stream && r->http_version < NGX_HTTP_VERSION_20
        && ngx_tcp_nodelay(r->connection) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_send_header(r);
}


static ngx_int_t
ngx_agent_simulate_header_all(ngx_agent_simulate_ctx_t *ctx)
{
    ngx_str_t       id;
    ag_simulate_t  *answer;

    answer = &ctx->answer;
    id.data = answer->request_id;
    id.len = AG_SIMULATE_ID_LEN;

    if (answer->options->dialect == AG_SIMULATE_ANTHROPIC) {
        if (ngx_agent_request_add_header(ctx->r, "request-id", &id)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

    } else {
        *ngx_sprintf(ctx->elapsed, "%M", ngx_current_msec - ctx->started) = 0;

        if (ngx_agent_request_add_header(ctx->r, "x-request-id", &id)
            != NGX_OK
            || ngx_agent_simulate_header_add(ctx, "openai-processing-ms",
                                         (char *) ctx->elapsed)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (answer->retry_after >= 0) {
        *ngx_sprintf(ctx->retry_after, "%L", answer->retry_after) = 0;

        if (ngx_agent_simulate_header_add(ctx, "retry-after",
                                      (char *) ctx->retry_after)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (answer->allow != NULL
        && ngx_agent_simulate_header_add(ctx, "allow", answer->allow) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (answer->stream) {
        return ngx_agent_simulate_header_add(ctx, "cache-control", "no-cache");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_simulate_header_add(ngx_agent_simulate_ctx_t *ctx, const char *name,
    const char *value)
{
    ngx_str_t  text;

    text.data = (u_char *) value;
    text.len = ngx_strlen(value);

    return ngx_agent_request_add_header(ctx->r, name, &text);
}
