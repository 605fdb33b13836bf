/*
 * Copyright (C) ngx_agent authors
 *
 * What the files of the link to Redis share among themselves: the wire
 * (ngx_agent_redis.c; it, _value.c and _tls.c know hiredis), the link's life
 * and its breaker (_link.c), its first words (_hello.c), queries (_query.c).
 */


#ifndef _NGX_AGENT_REDIS_PARTS_H_INCLUDED_
#define _NGX_AGENT_REDIS_PARTS_H_INCLUDED_


#include "ngx/ngx_agent_redis.h"


#define NGX_AGENT_REDIS_FAILURES     3      /* in a row open the breaker */
#define NGX_AGENT_REDIS_ADDRESSES    8      /* of its name */
#define NGX_AGENT_REDIS_TEXT         16384  /* bytes of text in a reply that
                                               are kept; ours have some
                                               thousand */
#define NGX_AGENT_REDIS_REPLY        (4 * 1024 * 1024)  /* bytes of a reply
                                               beside its long text; a longer
                                               one breaks the link */
#define NGX_AGENT_REDIS_SCRATCH      (256 * 1024)   /* bytes of memory that are
                                               kept for the next command */
#define NGX_AGENT_REDIS_ELEMENTS     65536  /* of an array, the same */
#define NGX_AGENT_REDIS_PENDING_MAX  16384  /* commands without a reply */
#define NGX_AGENT_REDIS_TOLD         60     /* s between two complaints */
#define NGX_AGENT_REDIS_CAUSE        160    /* bytes */
#define NGX_AGENT_REDIS_CODE         32     /* bytes of an error's code that
                                               are shown */


/* What a command on its way is. */
typedef enum {
    NGX_AGENT_REDIS_QUERY = 0,
    NGX_AGENT_REDIS_AUTH,
    NGX_AGENT_REDIS_SELECT,
    NGX_AGENT_REDIS_INFO,
    NGX_AGENT_REDIS_PROBE,          /* the last one that is waited for */
    NGX_AGENT_REDIS_LOAD
} ngx_agent_redis_step_t;


/* A command whose reply has not come; replies come in this order. */
typedef struct {
    ngx_queue_t               queue;
    ngx_agent_redis_query_t  *query;        /* NULL: nobody waits */
    ngx_agent_redis_step_t    step;
    ag_redis_script_t         script;
    unsigned                  again:1;      /* EVAL may follow: "rest" is what
                                               comes after the script */
    unsigned                  late:1;
    unsigned                  written:1;
    unsigned                  words;
    size_t                    bulk;         /* the query's */
    size_t                    len;
    u_char                    rest[];
} ngx_agent_redis_pending_t;


typedef struct {
    ngx_agent_main_conf_t    *main;
    ngx_agent_redis_conf_t   *conf;
    ngx_log_t                *log;

    ngx_connection_t         *connection;   /* NULL: there is none */
    void                     *context;      /* hiredis's */
    void                     *tls;          /* SSL_CTX; NULL: in the clear */
    void                     *ssl;          /* of the connection */

    ngx_queue_t               pending;
    ngx_uint_t                pending_count;
    ngx_queue_t               waiting;      /* queries, the oldest first */
    ag_buf_t                  scratch;      /* a command while it is made */

    ngx_event_t               timer;        /* of the oldest query */
    ngx_event_t               attempt;      /* next connection, or the bound of
                                               the one that is being made */
    ngx_event_t               flush;        /* posted: writes what is queued */

    ngx_sockaddr_t            addresses[NGX_AGENT_REDIS_ADDRESSES];
    socklen_t                 lengths[NGX_AGENT_REDIS_ADDRESSES];
    ngx_uint_t                address_count;
    ngx_uint_t                turn;
    ngx_resolver_t           *resolver;
    ngx_resolver_ctx_t       *resolving;

    ngx_uint_t                failures;     /* in a row */
    ngx_uint_t                attempts;     /* since it was of use */
    ngx_msec_t                ready_at;
    ngx_msec_t                moved_at;     /* bytes went in or out */
    ngx_msec_t                said_at;

    unsigned                  connecting:1;
    unsigned                  asked:1;      /* the hello is on the wire */
    unsigned                  ready:1;      /* ... and was answered */
    unsigned                  named:1;      /* its address is a name */
    unsigned                  stale:1;      /* which should be resolved */
    unsigned                  grave:1;      /* the cause is the operator's */
    unsigned                  said:1;       /* the log knows that it is lost */
    unsigned                  said_grave:1;
    unsigned                  flooded:1;    /* the reply has too many values */

    u_char                    cause[NGX_AGENT_REDIS_CAUSE];
    ngx_uint_t                count;        /* of the reply that is read */
    size_t                    used;
    ag_redis_value_t          values[AG_REDIS_VALUES_MAX];
    u_char                   *text;
    ag_buf_t                  bulk;         /* its long text */
} ngx_agent_redis_link_t;


/* ---- the wire: ngx_agent_redis.c ---- */


/* What all of its connections need.  NGX_ERROR: there will be none. */
ngx_int_t ngx_agent_redis_wire(ngx_agent_redis_link_t *link);
void ngx_agent_redis_wire_free(ngx_agent_redis_link_t *link);

/* NGX_ERROR: link->cause. */
ngx_int_t ngx_agent_redis_open(ngx_agent_redis_link_t *link,
    struct sockaddr *address, socklen_t length);

/* Closes it; pending commands stay. */
void ngx_agent_redis_shut(ngx_agent_redis_link_t *link);

/* Queues bytes; they are written at the end of this turn of the loop. */
ngx_int_t ngx_agent_redis_append(ngx_agent_redis_link_t *link, ag_str_t bytes);

/* Writes and reads until nothing is pending, at most so long: a worker that
 * exits. */
void ngx_agent_redis_drain(ngx_agent_redis_link_t *link, ngx_msec_t timeout);


/* ---- the link: ngx_agent_redis_link.c ---- */


/* The hello was answered. */
void ngx_agent_redis_ready(ngx_agent_redis_link_t *link);

/* Why the link will be dropped; returns NGX_ERROR. */
ngx_int_t ngx_agent_redis_because(ngx_agent_redis_link_t *link,
    const char *cause, ...);

/* The same, and that people must do something about it. */
ngx_int_t ngx_agent_redis_refuse(ngx_agent_redis_link_t *link,
    const char *cause, ...);

/* One failure more, the cause is set: NGX_ERROR if it was one too many, and
 * the link must be dropped. */
ngx_int_t ngx_agent_redis_failed(ngx_agent_redis_link_t *link);

/* Drops the connection, gives up all queries, plans the next attempt. */
void ngx_agent_redis_drop(ngx_agent_redis_link_t *link);

/* A failure, and the connection is of no use any more. */
void ngx_agent_redis_lost(ngx_agent_redis_link_t *link);


/* ---- first words: ngx_agent_redis_hello.c ---- */


ngx_int_t ngx_agent_redis_hello(ngx_agent_redis_link_t *link);

/* Its replies.  NGX_ERROR: link->cause. */
ngx_int_t ngx_agent_redis_heard(ngx_agent_redis_link_t *link,
    ngx_agent_redis_step_t step);


/* ---- queries: ngx_agent_redis_query.c ---- */


/* Sends words as a command of the link itself. */
ngx_int_t ngx_agent_redis_tell(ngx_agent_redis_link_t *link,
    ngx_agent_redis_step_t step, const ag_str_t *words, unsigned count);

/* A reply is in link->values.  NGX_ERROR: link->cause. */
ngx_int_t ngx_agent_redis_reply(ngx_agent_redis_link_t *link);

/* Bytes of a long text in the reply that comes next; 0: it has none. */
size_t ngx_agent_redis_bulk(ngx_agent_redis_link_t *link);

/* Nobody waits for replies any more. */
void ngx_agent_redis_forget(ngx_agent_redis_link_t *link);

/* No reply comes any more: takes all pending commands away. */
void ngx_agent_redis_give_up(ngx_agent_redis_link_t *link);

/* What was asked is written: its time begins. */
void ngx_agent_redis_written(ngx_agent_redis_link_t *link);

/* The event of link->timer. */
void ngx_agent_redis_expire(ngx_event_t *ev);

/* The code of an error, as far as it may be shown: "WRONGPASS". */
ag_str_t ngx_agent_redis_code(ag_str_t error);


#endif /* _NGX_AGENT_REDIS_PARTS_H_INCLUDED_ */
