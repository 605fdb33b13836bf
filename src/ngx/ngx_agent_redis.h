/*
 * Copyright (C) ngx_agent authors
 *
 * One connection of each worker to Redis, on nginx's events: commands are
 * pipelined, and nobody waits longer than agent_redis's timeout.  hiredis
 * is behind ngx_agent_hiredis.h.
 */


#ifndef _NGX_AGENT_REDIS_H_INCLUDED_
#define _NGX_AGENT_REDIS_H_INCLUDED_


#include "ngx/ngx_agent.h"
#include "core/ag_redis.h"


typedef struct ngx_agent_redis_query_s  ngx_agent_redis_query_t;

/*
 * Called once for each query that was sent, from the event loop and never from
 * within ngx_agent_redis_send().
 *
 *   values  of the reply, valid for the call; NULL: there is none: it is late,
 *           the connection broke, or Redis answered that it is of no use now
 *   count   0, too, of an array without elements, as HGETALL's of a key that
 *           is not there: then values is not NULL
 *
 * An error that is the command's own is one value.  As wakers do, the handler
 * should record and post.
 */
typedef void (*ngx_agent_redis_pt)(ngx_agent_redis_query_t *query,
    const ag_redis_value_t *values, ngx_uint_t count);


/* Memory of the asker's; zeroed but for handler, data and bulk. */
struct ngx_agent_redis_query_s {
    ngx_agent_redis_pt        handler;      /* NULL: nobody waits for the
                                               reply; the query is then not
                                               used after _send() */
    void                     *data;
    size_t                    bulk;         /* bytes of the one long text that
                                               its reply may have; 0: none */

    ngx_queue_t               queue;        /* redis.c's, from here on */
    ngx_msec_t                by;
    void                     *pending;
};


/* Starts connecting: init_process.  A Redis that is not there is no error. */
ngx_int_t ngx_agent_redis_init_process(ngx_cycle_t *cycle,
    ngx_agent_main_conf_t *amcf);
void ngx_agent_redis_exit_process(ngx_agent_main_conf_t *amcf);

/*
 * Sends a command; its words are copied.  NGX_OK: the handler will be called;
 * NGX_DECLINED: Redis is known to be down, or there is none.  "query" may be
 * NULL: nobody wants the reply.
 */
ngx_int_t ngx_agent_redis_send(ngx_agent_main_conf_t *amcf,
    ngx_agent_redis_query_t *query, ag_redis_command_t *command);

/* The same of a script: EVALSHA, and once EVAL if Redis does not know it.
 * "command" holds what follows the SHA-1. */
ngx_int_t ngx_agent_redis_eval(ngx_agent_main_conf_t *amcf,
    ngx_agent_redis_query_t *query, ag_redis_script_t script,
    ag_redis_command_t *command);

/* The asker goes away: the handler is not called any more. */
void ngx_agent_redis_cancel(ngx_agent_redis_query_t *query);

/* Would a query be sent? */
ngx_uint_t ngx_agent_redis_is_up(ngx_agent_main_conf_t *amcf);


#endif /* _NGX_AGENT_REDIS_H_INCLUDED_ */
