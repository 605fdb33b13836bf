/*
 * Copyright (C) ngx_agent authors
 *
 * The inside of the binding to libcurl, for ngx_agent_curl*.c alone: the
 * only place that includes curl.h.
 */


#ifndef _NGX_AGENT_LIBCURL_H_INCLUDED_
#define _NGX_AGENT_LIBCURL_H_INCLUDED_


#include "ngx/ngx_agent_curl.h"

#include <curl/curl.h>
#include <openssl/err.h>


#define NGX_AGENT_CURL_SHARDS         64
#define NGX_AGENT_CURL_SHARD_ACTIVE   128     /* transfers before the next
                                                 shard is filled */
#define NGX_AGENT_CURL_SHARD_IDLE     512     /* connections kept by a shard */
#define NGX_AGENT_CURL_STREAM_BUFFER  4064    /* bytes; a stream's read, a
                                                 block of 4 KB with its head */
#define NGX_AGENT_CURL_WHOLE_BUFFER   16352   /* bytes; other reads */
#define NGX_AGENT_CURL_DRAIN          2000    /* ms that a complete answer may
                                                 take to end its framing */
#define NGX_AGENT_CURL_DRAIN_BYTES    16384
#define NGX_AGENT_CURL_OPENED_MAX     8       /* addresses that one transfer
                                                 may be connecting to */
#define NGX_AGENT_CURL_TRUSTS         64      /* CA files that may be in use */


/*
 * A multi handle.  libcurl cannot see whom our CA stores trust: connections
 * must not be shared between providers that trust differently, so that each
 * trust has shards of its own.
 */
typedef struct {
    CURLM                    *multi;
    void                     *trust;        /* provider's ca_store */
    ngx_event_t               timer;
    ngx_event_t               kick;         /* a timeout of 0 ms */
    ngx_uint_t                active;
} ngx_agent_shard_t;


typedef struct {
    ngx_connection_t         *connection;   /* NULL: not ours */
    unsigned                  reads:1;      /* libcurl waits for input */
    unsigned                  connected:1;  /* a request was sent on it */
} ngx_agent_socket_t;


typedef struct ngx_agent_handle_s  ngx_agent_handle_t;

typedef struct {
    ngx_agent_provider_t     *provider;
    ngx_agent_resolve_t       resolve;
    ngx_agent_handle_t       *free;
    CURLSH                   *share;        /* addresses, TLS sessions: of one
                                               provider, so of one trust */
    CURLU                    *urls[AG_ENDPOINT_MAX];
    struct curl_slist        *headers;      /* constant: key, set_header */
    struct curl_slist        *entry;        /* for CURLOPT_RESOLVE */
} ngx_agent_upstream_t;


struct ngx_agent_handle_s {
    CURL                     *easy;
    ngx_agent_handle_t       *next;
    ngx_agent_upstream_t     *upstream;
    ngx_agent_shard_t        *shard;        /* NULL: idle */
    ngx_agent_transfer_t     *transfer;     /* NULL: released or idle */
    ngx_event_t               drain;        /* deadline of a released one */
    size_t                    drained;
    ngx_uint_t                requests;     /* sent within this transfer */
    long                      buffer;       /* CURLOPT_BUFFERSIZE in force */
    ngx_msec_t                connect;      /* the same of the timeout */
    curl_socket_t             opened[NGX_AGENT_CURL_OPENED_MAX];
    ngx_uint_t                opened_count; /* not connected yet */
    unsigned                  vetoed:1;     /* libcurl wanted to send again */
    unsigned                  exhausted:1;  /* nginx had no connection */
    unsigned                  fresh:1;
    unsigned                  resolving:1;  /* has CURLOPT_RESOLVE set */
};


typedef struct {
    ngx_agent_shard_t         shards[NGX_AGENT_CURL_SHARDS
                                     + NGX_AGENT_CURL_TRUSTS];
    ngx_uint_t                shard_count;
    unsigned                  ready:1;      /* init_process was here */
    ngx_agent_socket_t       *sockets;      /* by descriptor */
    ngx_uint_t                socket_count;
    ngx_log_t                *log;
    unsigned                  tls:1;        /* some provider is https */
} ngx_agent_curl_t;


extern ngx_agent_curl_t  ngx_agent_curl;


/*
 * After each entry to libcurl: nginx would log the errors that OpenSSL may
 * have left queued as alerts of its own.
 */
static ngx_inline void
ngx_agent_curl_clear(void)
{
    if (ngx_agent_curl.tls) {
        ERR_clear_error();
    }
}


/* memory: ngx_agent_curl_memory.c: curl_global_init(). */
ngx_int_t ngx_agent_curl_memory_init(void);


/* handles: ngx_agent_curl_handle.c */

/* An idle handle of the provider, or a new one; NULL: no memory. */
ngx_agent_handle_t *ngx_agent_curl_handle(ngx_agent_upstream_t *up);

/* Sets what differs from request to request. */
CURLcode ngx_agent_curl_prepare(ngx_agent_handle_t *h, ngx_agent_transfer_t *t,
    ngx_agent_curl_request_t *request);


/* events: ngx_agent_curl_event.c */

/* The first shard of that trust with room: connections stay together and are
 * used again.  NULL: no memory. */
ngx_agent_shard_t *ngx_agent_curl_shard(void *trust);

/* Lets libcurl work, then collects what has ended. */
void ngx_agent_curl_action(ngx_agent_shard_t *shard, curl_socket_t fd,
    int events);

/*
 * A connection that libcurl gives up before it is established is closed by
 * libcurl itself, without a word.  Called when the handle's transfer ends, or
 * with "connected" when it sends: forgets those of its sockets that are gone.
 */
void ngx_agent_curl_forget(ngx_agent_handle_t *h, ngx_uint_t connected);

curl_socket_t ngx_agent_curl_on_open(void *data, curlsocktype purpose,
    struct curl_sockaddr *address);
int ngx_agent_curl_on_close(void *data, curl_socket_t fd);


/* transfers: ngx_agent_curl.c */

/*
 * Takes the handle out of its multi and keeps it for the provider's next
 * request.  A transfer that is not over loses its connection.
 */
void ngx_agent_curl_park(ngx_agent_handle_t *h);


#endif /* _NGX_AGENT_LIBCURL_H_INCLUDED_ */
