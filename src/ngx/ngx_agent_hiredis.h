/*
 * Copyright (C) ngx_agent authors
 *
 * hiredis, 0.14 or 1.x, and what those files share that know it.
 */


#ifndef _NGX_AGENT_HIREDIS_H_INCLUDED_
#define _NGX_AGENT_HIREDIS_H_INCLUDED_


#include "ngx/ngx_agent_redis_parts.h"

#include <hiredis/hiredis.h>

#if (NGX_AGENT_REDIS_TLS)
#include <hiredis/hiredis_ssl.h>
#endif


#if (HIREDIS_MAJOR < 1)
typedef int  ngx_agent_redis_size_t;
#else
typedef size_t  ngx_agent_redis_size_t;
#endif


/* values: ngx_agent_redis_value.c: what the reader finds becomes values of the
 * link; each reply is followed by a reset. */
void ngx_agent_redis_values(ngx_agent_redis_link_t *link, redisReader *reader);
void ngx_agent_redis_values_reset(ngx_agent_redis_link_t *link);

/* TLS: ngx_agent_redis_tls.c.  The first write or read makes the handshake. */
ngx_int_t ngx_agent_redis_tls_init(ngx_agent_redis_link_t *link);
ngx_int_t ngx_agent_redis_tls_start(ngx_agent_redis_link_t *link);

/* Does a write that was cut short wait for the socket to take more?  It may
 * wait for something to be read. */
ngx_uint_t ngx_agent_redis_tls_writes(ngx_agent_redis_link_t *link);

/* Is there more that the socket does not tell of? */
ngx_uint_t ngx_agent_redis_tls_more(ngx_agent_redis_link_t *link);

/* Was it TLS that failed?  Then link->cause is set. */
ngx_uint_t ngx_agent_redis_tls_failed(ngx_agent_redis_link_t *link);


#endif /* _NGX_AGENT_HIREDIS_H_INCLUDED_ */
