/*
 * Copyright (C) ngx_agent authors
 *
 * The inside of the binding to libcurl, for ngx_agent_curl*.c alone: the
 * only place that includes curl.h.
 *
 * libcurl makes connections: addresses, TCP, TLS, proxies, certificates.
 * What goes over them is ours (CURLOPT_CONNECT_ONLY): the request is one
 * block, the answer is read by ag_http, and a connection that is kept alive
 * waits in a list of its provider.  So a request costs no walk, no timer and
 * no poll of libcurl's, and nothing is ever sent twice behind our back.
 */


#ifndef _NGX_AGENT_LIBCURL_H_INCLUDED_
#define _NGX_AGENT_LIBCURL_H_INCLUDED_


#include "ngx/ngx_agent_curl.h"

#include <curl/curl.h>
#include <openssl/err.h>

#include "core/ag_http.h"


#define NGX_AGENT_CURL_SHARDS         256
#define NGX_AGENT_CURL_SHARD_MAX      64      /* connections of a multi before
                                                 the next is filled: libcurl
                                                 walks them to find one */
#define NGX_AGENT_CURL_READ           16384   /* bytes; one read, and the most
                                                 of a TLS record */
#define NGX_AGENT_CURL_IDLE           60000   /* ms that a connection is kept
                                                 without a request */
#define NGX_AGENT_CURL_DRAIN          2000    /* ms that a complete answer may
                                                 take to end its framing */
#define NGX_AGENT_CURL_DRAIN_BYTES    16384


/* A multi handle. */
typedef struct {
    CURLM                    *multi;
    ngx_event_t               timer;
    ngx_event_t               kick;         /* a timeout of 0 ms */
    ngx_uint_t                count;        /* handles in it */
} ngx_agent_shard_t;


typedef struct ngx_agent_handle_s  ngx_agent_handle_t;


/* What nginx knows of a descriptor that libcurl asked us to open. */
typedef struct {
    ngx_connection_t         *connection;   /* NULL: not ours */
    ngx_agent_shard_t        *shard;        /* whose socket it is, or was */
    int                       wanted;       /* CURL_POLL_IN, _OUT: what that
                                               libcurl believes to watch */
    unsigned                  connected:1;  /* libcurl has it established */
} ngx_agent_socket_t;


/* One of a provider's URLs in this worker. */
typedef struct {
    ngx_agent_provider_t     *provider;
    ngx_agent_replica_t      *replica;
    ngx_agent_resolve_t       resolve;
    ngx_agent_handle_t       *free;         /* easy handles, unconnected */
    ngx_queue_t               idle;         /* of handles, latest first */
    ngx_queue_t               draining;     /* of handles that were let go */
    CURLSH                   *share;        /* addresses, TLS sessions: of one
                                               provider, so of one trust */
    CURLU                    *url;          /* scheme, host, port */
    ngx_str_t                *lines;        /* constant header lines, for each
                                               key; at least one */
    struct curl_slist        *entry;        /* for CURLOPT_RESOLVE */
} ngx_agent_upstream_t;


/* An easy handle: one connection, or none yet. */
struct ngx_agent_handle_s {
    CURL                     *easy;
    ngx_agent_handle_t       *next;         /* in upstream->free */
    ngx_queue_t               queue;        /* in upstream->idle, draining */
    ngx_agent_upstream_t     *upstream;
    ngx_agent_shard_t        *shard;        /* NULL: not in a multi */
    ngx_connection_t         *connection;   /* NULL: not connected yet */
    ngx_agent_transfer_t     *transfer;     /* NULL: idle, or let go of */
    ag_http_t                 http;         /* the answer under way */
    ngx_str_t                 out[2];       /* not sent yet */
    ngx_event_t               timer;        /* idle, or let go of */
    ngx_event_t               more;         /* reads on in the next turn */
    ngx_msec_t                since;        /* idle since */
    size_t                    drained;      /* bytes after it was let go of */
    ngx_msec_t                connect;      /* CURLOPT_CONNECTTIMEOUT_MS */
    curl_socket_t             opened[NGX_AGENT_ADDRESSES_MAX];
    ngx_uint_t                opened_count; /* not connected yet */
    unsigned                  used:1;       /* has served an answer before */
    unsigned                  heard:1;      /* a byte of this answer came */
    unsigned                  broken:1;     /* the provider takes no more */
    unsigned                  idling:1;     /* may take a request */
    unsigned                  queued:1;     /* is in one of the queues */
    unsigned                  exhausted:1;  /* nginx had no connection */
    unsigned                  resolving:1;  /* has CURLOPT_RESOLVE set */
};


typedef struct {
    ngx_agent_shard_t         shards[NGX_AGENT_CURL_SHARDS];
    ngx_uint_t                shard_count;
    ngx_agent_socket_t       *sockets;      /* by descriptor */
    ngx_uint_t                socket_count;
    ngx_log_t                *log;
    unsigned                  ready:1;      /* init_process was here */
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


/* handles: ngx_agent_curl_handle.c */

/* An unconnected handle of the provider, old or new; NULL: no memory. */
ngx_agent_handle_t *ngx_agent_curl_handle(ngx_agent_upstream_t *up);

/* Lets libcurl connect it; ngx_agent_curl_connected() is called later. */
ngx_int_t ngx_agent_curl_connect(ngx_agent_handle_t *h, ngx_msec_t timeout);

/* Closes its connection, whatever is on it, and keeps the handle. */
void ngx_agent_curl_close(ngx_agent_handle_t *h);


/* the wire: ngx_agent_curl_wire.c */

/* libcurl has connected the handle, or given up: "code" says. */
void ngx_agent_curl_connected(ngx_agent_handle_t *h, CURLcode code);

/* Sends the transfer's request over its connection. */
void ngx_agent_curl_send(ngx_agent_handle_t *h);

/*
 * Sets which events of a socket are looked for.  Level-triggered always:
 * libcurl and OpenSSL may leave bytes in it.
 */
ngx_int_t ngx_agent_curl_watch(ngx_connection_t *c, ngx_uint_t in,
    ngx_uint_t out);


/* events of libcurl: ngx_agent_curl_event.c */

/* A multi with room; NULL: no memory. */
ngx_agent_shard_t *ngx_agent_curl_shard(void);

/* Lets libcurl work, then collects what has connected or failed. */
void ngx_agent_curl_action(ngx_agent_shard_t *shard, curl_socket_t fd,
    int events);

/*
 * A connection that libcurl gives up before it is established is closed by
 * libcurl itself, without a word.  Forgets those of the handle's sockets that
 * are gone; "connected": those that are not are established.
 */
void ngx_agent_curl_forget(ngx_agent_handle_t *h, ngx_uint_t connected);

curl_socket_t ngx_agent_curl_on_open(void *data, curlsocktype purpose,
    struct curl_sockaddr *address);
int ngx_agent_curl_on_close(void *data, curl_socket_t fd);


#endif /* _NGX_AGENT_LIBCURL_H_INCLUDED_ */
