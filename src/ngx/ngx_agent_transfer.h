/*
 * Copyright (C) ngx_agent authors
 *
 * What a transfer makes of a provider's bytes, apart from libcurl.
 */


#ifndef _NGX_AGENT_TRANSFER_H_INCLUDED_
#define _NGX_AGENT_TRANSFER_H_INCLUDED_


#include "ngx/ngx_agent_curl.h"


/*
 * The lines that every request to the provider carries, zero-terminated, in
 * "pool"; an empty one ends the list.  NULL: no memory.
 */
ngx_str_t *ngx_agent_transfer_constants(ngx_agent_provider_t *provider,
    ngx_pool_t *pool);

/* Records a header line.  NGX_ERROR: the answer cannot be used. */
ngx_int_t ngx_agent_transfer_header(ngx_agent_transfer_t *t, u_char *line,
    size_t len);

/*
 * Adds bytes to the sink.  NGX_AGAIN: not taken, pause; NGX_ERROR: more than
 * the cap.
 */
ngx_int_t ngx_agent_transfer_body(ngx_agent_transfer_t *t, u_char *bytes,
    size_t len);

/* Is that an address that needs "private on"? */
ngx_uint_t ngx_agent_transfer_is_private(struct sockaddr *sockaddr);


#endif /* _NGX_AGENT_TRANSFER_H_INCLUDED_ */
