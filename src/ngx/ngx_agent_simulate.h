/*
 * Copyright (C) ngx_agent authors
 *
 * What the files of the simulator's glue share.
 */


#ifndef _NGX_AGENT_SIMULATE_H_INCLUDED_
#define _NGX_AGENT_SIMULATE_H_INCLUDED_


#include "ngx/ngx_agent.h"
#include "core/ag_simulate.h"


/* What agent_simulate says; "options" is made from the rest. */
struct ngx_agent_simulate_conf_s {
    ngx_uint_t                dialect;      /* ag_simulate_dialect_t */
    ngx_msec_t                latency;
    ngx_uint_t                tokens;
    ngx_uint_t                rate;
    ngx_uint_t                seed;
    ngx_str_t                 fault;
    ag_simulate_options_t     options;
};


/*
 * One request that is being answered.  Lives in the request's pool; found
 * again by its pool cleanup, since the module's context of a request is the
 * gateway's.
 */
typedef struct {
    ngx_http_request_t       *r;
    ngx_event_t               wake;         /* never cancelable: a reload must
                                               not cut a stream */
    ngx_msec_t                started;      /* when the request came */
    ngx_msec_t                began;        /* when the answer may begin */
    ag_simulate_t             answer;
    ag_buf_t                  body;         /* one that came in pieces */
    ag_buf_t                  sending;      /* what nginx's filters read */
    ngx_buf_t                 out;
    ngx_chain_t               link;
    u_char                    elapsed[NGX_INT_T_LEN];
    u_char                    retry_after[NGX_INT_T_LEN];
} ngx_agent_simulate_ctx_t;


/*
 * Reads the body into memory, then calls ngx_agent_simulate_begin(), perhaps
 * before it returns.  Returns NGX_DONE, or a status: then it calls nothing.
 */
ngx_int_t ngx_agent_simulate_read(ngx_agent_simulate_ctx_t *ctx);

/* The body is there: ngx_agent_simulate.c. */
void ngx_agent_simulate_begin(ngx_agent_simulate_ctx_t *ctx, ag_str_t body);

/* Sends the headers; as ngx_http_send_header(). */
ngx_int_t ngx_agent_simulate_header_send(ngx_agent_simulate_ctx_t *ctx);

/* Of a request that the simulator answers. */
ngx_agent_simulate_ctx_t *ngx_agent_simulate_of(ngx_http_request_t *r);


#endif /* _NGX_AGENT_SIMULATE_H_INCLUDED_ */
