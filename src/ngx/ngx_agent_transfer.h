/*
 * Copyright (C) ngx_agent authors
 *
 * What a transfer makes of a provider's bytes, apart from libcurl.
 */


#ifndef _NGX_AGENT_TRANSFER_H_INCLUDED_
#define _NGX_AGENT_TRANSFER_H_INCLUDED_


#include "ngx/ngx_agent_curl.h"


/*
 * The header lines that every request to the URL carries, the provider's key
 * of that number among them, as they stand on the wire.  They live in "pool".
 */
ngx_int_t ngx_agent_transfer_constants(ngx_agent_provider_t *provider,
    ngx_agent_url_t *url, ngx_uint_t key, ngx_pool_t *pool, ngx_str_t *lines);

/*
 * Writes the request into the transfer's pool: out[0] is the head, and the
 * body behind it unless it is large; then out[1] is the body where it lies.
 */
ngx_int_t ngx_agent_transfer_write(ngx_agent_transfer_t *t,
    ngx_agent_curl_request_t *request, ngx_str_t *lines, ngx_str_t out[2]);

/* Records a header of the answer, if anybody wants it. */
ngx_int_t ngx_agent_transfer_header(ngx_agent_transfer_t *t, ag_str_t *name,
    ag_str_t *value);

/* The headers are complete.  NGX_ERROR: the answer cannot be used. */
ngx_int_t ngx_agent_transfer_start(ngx_agent_transfer_t *t);

/* Adds bytes to the sink.  NGX_ERROR: more than the cap. */
ngx_int_t ngx_agent_transfer_body(ngx_agent_transfer_t *t, u_char *bytes,
    size_t len);

/* Is that an address that needs "private on"? */
ngx_uint_t ngx_agent_transfer_is_private(struct sockaddr *sockaddr);


#endif /* _NGX_AGENT_TRANSFER_H_INCLUDED_ */
