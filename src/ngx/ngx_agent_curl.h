/*
 * Copyright (C) ngx_agent authors
 *
 * Transfers: one HTTP request to a provider, driven by nginx's events.
 * What stands here needs no curl.h; libcurl is known to ngx_agent_curl*.c
 * alone.
 */


#ifndef _NGX_AGENT_CURL_H_INCLUDED_
#define _NGX_AGENT_CURL_H_INCLUDED_


#include "ngx/ngx_agent.h"


#define NGX_AGENT_ADDRESSES_MAX  16     /* of one name; libcurl tries them
                                           all */


/* What a transfer needs; everything lives until the transfer is stopped. */
typedef struct {
    ngx_agent_provider_t  *provider;
    ngx_agent_replica_t   *replica;
    ngx_uint_t             key;         /* its number */
    ngx_str_t              method;      /* empty: POST */
    ngx_str_t              content_type;    /* empty: application/json, or
                                           none if there is a method */
    ngx_str_t              path;        /* under the provider's URL, "/x" */
    ngx_str_t              args;        /* query without "?", may be empty */
    ngx_str_t              body;        /* as the client sent it */
    ag_patch_t            *patches;     /* made while it is written */
    size_t                 patch_count;
    ngx_array_t           *headers;     /* of ngx_keyval_t, beside the
                                           provider's own; may be NULL */
    ngx_msec_t             connect;     /* ms, handshake included */
    unsigned               stream:1;    /* paused when too much is held */
    unsigned               fresh:1;     /* on no kept-alive connection */
    unsigned               get:1;       /* no body, and the path is the whole
                                           of it: a health check */
} ngx_agent_curl_request_t;


/*
 * A request under way.  The transfer records what happens and posts "wake";
 * it never calls its owner.
 */
struct ngx_agent_transfer_s {
    ngx_event_t           *wake;
    ngx_pool_t            *pool;
    ngx_log_t             *log;
    ag_buf_t              *sink;        /* body bytes are added here */
    void                  *handle;      /* libcurl's side, NULL: over */
    void                  *copy;        /* of a large body, patched; in the
                                           pool; NULL: none */
    const char            *prefix;      /* headers to keep beside ours */

    ngx_uint_t             status;      /* 0: no header line yet */
    ngx_array_t            headers;     /* of ngx_keyval_t; names lower case,
                                           zero-terminated */
    size_t                 content_length;  /* announced, 0: not */
    size_t                 held;        /* bytes made of the sink's, which the
                                           owner keeps elsewhere */
    size_t                 burst;       /* bytes since the owner looked */

    ag_error_class_t       error;       /* valid when done */

    unsigned               started:1;   /* the final headers are complete */
    unsigned               done:1;      /* over, complete or failed */
    unsigned               paused:1;
    unsigned               blocked:1;   /* the owner's client reads slowly */
    unsigned               redial:1;    /* a kept-alive connection was dead:
                                           nothing of an answer came */
    unsigned               stream:1;
    unsigned               cut:1;       /* the sink has not all of an error */
};


/* Loads the CA stores: end of configuration. */
ngx_int_t ngx_agent_curl_conf(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf);

ngx_int_t ngx_agent_curl_init_process(ngx_cycle_t *cycle);
void ngx_agent_curl_exit_process(ngx_cycle_t *cycle);

/*
 * Starts a transfer.  Fills "t" (zeroed by the caller but for wake, pool,
 * log, sink and prefix).  Returns NGX_OK, or NGX_ERROR with t->error set.
 */
ngx_int_t ngx_agent_curl_start(ngx_agent_transfer_t *t,
    ngx_agent_curl_request_t *request);

/* The owner has looked at the sink: reads on if it was paused. */
void ngx_agent_curl_resume(ngx_agent_transfer_t *t);

/* Ends it at once; the provider sees its connection closed. */
void ngx_agent_curl_stop(ngx_agent_transfer_t *t);

/*
 * Lets go of a transfer whose answer is complete but for the end of its
 * framing, so that the connection can be kept alive.  "t" may be freed.
 */
void ngx_agent_curl_release(ngx_agent_transfer_t *t);

/* A kept header of the answer, or NULL. */
ngx_str_t *ngx_agent_curl_header(ngx_agent_transfer_t *t, const char *name);


/* ---- addresses of providers: ngx_agent_resolve.c ---- */


typedef struct {
    ngx_agent_url_t       *url;         /* what is connected to: the proxy's
                                           or the replica's */
    ngx_str_t              name;        /* of the provider, for the log */
    ngx_uint_t             generation;  /* rises with each new address list;
                                           0: none yet */
    u_char                *entry;       /* "host:port:address,...", libcurl's
                                           form, zero-terminated */
    ngx_uint_t             loaded;      /* generation that libcurl knows */
    time_t                 valid;       /* ask again after this second */
    ngx_resolver_ctx_t    *query;       /* under way */
    ngx_queue_t            waiting;     /* of ngx_agent_waiter_t */
    unsigned               allow_private:1;
} ngx_agent_resolve_t;


typedef struct {
    ngx_queue_t            queue;
    ngx_event_t           *wake;        /* posted when an answer came */
    unsigned               queued:1;
} ngx_agent_waiter_t;


ngx_int_t ngx_agent_resolve_init(ngx_agent_resolve_t *resolve,
    ngx_agent_provider_t *provider, ngx_agent_replica_t *replica,
    ngx_log_t *log);

/*
 * Makes sure that an address is known.  NGX_OK: go on (a stale one is
 * renewed in the background); NGX_AGAIN: the waiter's event is posted later,
 * ask again then; NGX_ERROR: the name does not resolve.
 */
ngx_int_t ngx_agent_resolve(ngx_agent_resolve_t *resolve,
    ngx_agent_waiter_t *waiter, ngx_resolver_t *resolver, ngx_msec_t timeout);

/* The waiter does not care any more. */
void ngx_agent_resolve_leave(ngx_agent_waiter_t *waiter);

/* The address state of a replica in this worker. */
ngx_agent_resolve_t *ngx_agent_curl_resolve(ngx_agent_replica_t *replica);


#endif /* _NGX_AGENT_CURL_H_INCLUDED_ */
