/*
 * Copyright (C) ngx_agent authors
 *
 * Answers from the cache, and calls that wait for each other's: what the
 * workers share, and what a call knows of it.  Decided in core/ag_cache*.h and
 * core/ag_flight.h, told again by dialect/ag_replay.h.
 */


#ifndef _NGX_AGENT_CACHE_H_INCLUDED_
#define _NGX_AGENT_CACHE_H_INCLUDED_


#include "ngx/ngx_agent.h"
#include "ngx/ngx_agent_state.h"
#include "ngx/ngx_agent_redis.h"
#include "core/ag_cache_purges.h"
#include "core/ag_cache_value.h"
#include "core/ag_flight.h"
#include "dialect/ag_replay.h"


#define NGX_AGENT_CACHE_LINE     64     /* bytes of a cache line */
#define NGX_AGENT_RECORD_MAX     AG_ANSWER_MAX  /* bytes of a stream that is
                                           kept while it runs */
#define NGX_AGENT_PASSING        10000  /* ms that an answer that may not be
                                           kept is there for who waited */
#define NGX_AGENT_FLIGHT_POLL    250    /* ms between two looks at a leader in
                                           another worker, should its word have
                                           been lost */
#define NGX_AGENT_REMOTE_POLL    100    /* ms between two looks at what another
                                           node is getting */
#define NGX_AGENT_FLIGHT_OPTIONS 64     /* bytes of stream_options; a record
                                           with longer ones is nobody else's
                                           */
#define NGX_AGENT_FLIGHT_IDLE    3600000    /* ms; something else wakes the
                                           call before */
#define NGX_AGENT_CACHE_UNTOLD   64     /* purges that wait for Redis; if there
                                           are more they become one of all */
#define NGX_AGENT_FLIGHT_JOINS   2      /* flights that one call follows; then
                                           it asks for itself */


/* In shared memory: agent_cache_zone. */
struct ngx_agent_cache_zone_s {
    uint32_t                  magic;
    uint32_t                  layout;
    ag_cache_t               *cache;
    ag_flights_t             *flights;
    size_t                    size;         /* bytes of the zone */
    ngx_atomic_t              looked;       /* ms, when dead processes were
                                               last looked for */

    ngx_agent_lock_t          cache_lock  __attribute__((aligned(64)));
    ngx_agent_lock_t          flight_lock __attribute__((aligned(64)));

    ag_cache_purges_t         purges;       /* cache_lock */
    uint64_t                  heard;        /* cache_lock: Redis's number of
                                               the newest purge of all nodes
                                               that was carried out here */
    ag_cache_purged_t         untold[NGX_AGENT_CACHE_UNTOLD];
    ngx_atomic_t              teller;       /* process that tells Redis of
                                               one; 0: nobody */
    ngx_msec_t                telling;      /* since when */
    ngx_uint_t                untold_count; /* cache_lock: of purges that Redis
                                               does not know */
    ngx_atomic_t              polled;       /* ms, when a worker last asked
                                               Redis for purges */

    ngx_atomic_t              pids[AG_FLIGHT_WORKERS]; /* of each worker's
                                               number; 0: nobody's */
};


/* A flight as one worker sees it. */
typedef struct {
    ngx_queue_t               link;         /* in its bucket */
    ag_char_t                 key[AG_CACHE_KEY];
    ag_flight_t               shared;
    ngx_agent_call_t         *leader;       /* NULL: in another worker, or it
                                               has ended */
    ngx_queue_t               followers;    /* of ngx_agent_cached_t */
    ngx_uint_t                references;   /* leader and followers */

    ag_buf_t                  record;       /* the stream so far, as it goes to
                                               clients */
    uint64_t                  epoch;        /* of who leads it */
    ag_buf_t                  answer;       /* head and body, where the zone
                                               has no place for it */
    u_char                    options[NGX_AGENT_FLIGHT_OPTIONS];
    size_t                    options_len;  /* stream_options of the record */
    ag_cache_value_t          value;        /* of the record, but its body */
    u_char                    model[AG_CACHE_NAME_MAX];
    unsigned                  linked:1;
    unsigned                  alone:1;      /* it is not in the table that the
                                               workers share */
    unsigned                  recording:1;  /* record is the whole so far */
    unsigned                  live:1;       /* others may read it, too */
    unsigned                  whole:1;      /* and it is complete */
    unsigned                  cut:1;        /* its beginning is gone */
    unsigned                  failed:1;
    ag_error_class_t          error;
} ngx_agent_flight_t;


typedef enum {
    NGX_AGENT_CACHE_BYPASS = 0, /* this call is not for the cache */
    NGX_AGENT_CACHE_MISS,
    NGX_AGENT_CACHE_HIT,
    NGX_AGENT_CACHE_STALE,
    NGX_AGENT_CACHE_JOINED
} ngx_agent_cache_state_t;


/* What a call knows; there is none where its model and its tenant have no
 * cache. */
struct ngx_agent_cached_s {
    ngx_agent_call_t         *call;
    const ag_cache_rule_t    *rule;
    ag_cache_control_t        control;
    ag_cache_may_t            may;
    ngx_uint_t                state;        /* ngx_agent_cache_state_t */
    uint64_t                  owner;        /* id of who has a share */
    uint64_t                  model;        /* id of what it asks for */
    uint64_t                  epoch;        /* of the zone's purges, when it
                                               began */
    ag_char_t                 key[AG_CACHE_KEY];

    ag_cache_item_t           item;         /* the answer that was found */
    ag_cache_value_t          value;        /* the same taken apart */
    ag_buf_t                  bytes;        /* the same as it lay there */
    ag_buf_t                  whole;        /* it as a stream, if its client
                                               wants one; or its own stream as
                                               a whole */
    uint64_t                  age;          /* ms */

    ngx_agent_flight_t       *flight;       /* NULL: in none */
    ngx_queue_t               link;         /* in its followers */
    size_t                    read;         /* bytes of its record */
    ngx_uint_t                joins;

    ngx_agent_redis_query_t   query;
    uint64_t                  lock;         /* what it is known by in Redis; 0:
                                               it has asked for no lock */
    ngx_queue_t               locks;        /* of calls with a lock */
    ngx_msec_t                asked;        /* Redis, ms */
    ag_error_class_t          excused;      /* an old answer is better than
                                               this; NONE: no */

    unsigned                  keyed:1;      /* "key" is there */
    unsigned                  answered:1;   /* "value" is the answer */
    unsigned                  valued:1;     /* it tells what the client got */
    unsigned                  leads:1;
    unsigned                  follows:1;
    unsigned                  attached:1;   /* reads the record */
    unsigned                  waiting:1;    /* for Redis */
    unsigned                  told:1;       /* Redis has answered */
    unsigned                  found:1;      /* and this is the answer */
    unsigned                  busy:1;       /* or another node has the lock */
    unsigned                  locked:1;     /* its lock is held, or may be */
    unsigned                  remote:1;     /* another node gets the answer */
    unsigned                  again:1;      /* it has followed, and asks for
                                               itself now */
    unsigned                  refresh:1;    /* it is old, and a new one is to be
                                               asked for */
};


/* zone: ngx_agent_cache_zone.c */

ngx_int_t ngx_agent_cache_init_zone(ngx_shm_zone_t *zone, void *data);

/* Before workers are forked: the descriptors by which they wake each other. */
ngx_int_t ngx_agent_cache_init_module(ngx_cycle_t *cycle);

ngx_int_t ngx_agent_cache_init_process(ngx_cycle_t *cycle,
    ngx_agent_main_conf_t *amcf);
void ngx_agent_cache_exit_process(ngx_agent_main_conf_t *amcf);

/* Locks that outlive their owner; what it was changing is mended. */
ag_cache_t *ngx_agent_cache_lock(ngx_agent_cache_zone_t *zone);
void ngx_agent_cache_unlock(ngx_agent_cache_zone_t *zone);
ag_flights_t *ngx_agent_cache_lock_flights(ngx_agent_cache_zone_t *zone);
void ngx_agent_cache_unlock_flights(ngx_agent_cache_zone_t *zone);

/* This worker's number, or AG_FLIGHT_WORKERS: it has none, and nobody could
 * wake it. */
ngx_uint_t ngx_agent_cache_worker(void);

/* Wakes those workers; this one by a call of ngx_agent_flight_told(). */
void ngx_agent_cache_tell(ngx_agent_cache_zone_t *zone,
    ag_flight_workers_t *told);

/* Gives back what dead workers were writing and leading; looks once in
 * NGX_AGENT_FLIGHT_POLL at most. */
void ngx_agent_cache_reap(ngx_agent_main_conf_t *amcf);

/* cache: ngx_agent_cache.c */

/* What a call knows, zeroed but for its memory; NULL: none left. */
ngx_agent_cached_t *ngx_agent_cache_alloc(ngx_agent_call_t *call);

/* Wall-clock time, ms. */
uint64_t ngx_agent_cache_now(void);

/* Looks it up: NGX_OK: cached->bytes, ->item and ->value are filled, whatever
 * the age; NGX_DECLINED; NGX_ERROR. */
ngx_int_t ngx_agent_cache_fetch(ngx_agent_call_t *call,
    ngx_uint_t passing);

/* Is there an answer that is too old, and better than the error?  Takes it. */
ngx_uint_t ngx_agent_cache_excuse(ngx_agent_call_t *call,
    ag_error_class_t error);

/* The call ends, whatever has come of it. */
void ngx_agent_cache_end(ngx_agent_call_t *call);

/* Frees its memory. */
void ngx_agent_cache_free(ngx_agent_call_t *call);

/* keep: ngx_agent_cache_keep.c */

/* The whole answer of a call that asked for itself: it is stored if it may
 * be, and its flight lands. */
void ngx_agent_cache_keep(ngx_agent_call_t *call, ag_str_t whole);

/* Puts an answer into shared memory whose question was asked at that epoch of
 * purges.  NGX_OK; NGX_DECLINED: it has no place there. */
ngx_int_t ngx_agent_cache_put(ngx_agent_main_conf_t *amcf,
    const ag_cache_item_t *item, uint64_t epoch, ag_str_t head,
    ag_str_t body);

/* Who gives the answer and what it is worth, of a call that asked for it. */
void ngx_agent_cache_describe(ngx_agent_call_t *call,
    ag_cache_value_t *value);

/* reply: ngx_agent_cache_reply.c */

/* What was fetched is the answer, and that is how: NGX_OK; NGX_DECLINED: this
 * client cannot have it; NGX_ERROR. */
ngx_int_t ngx_agent_cache_take(ngx_agent_call_t *call, ngx_uint_t state);

/* Answers from cached->value, as a phase's REPLY. */
ngx_int_t ngx_agent_cache_reply(ngx_agent_call_t *call);

/* What the cache did, in a word. */
ngx_str_t *ngx_agent_cache_word(ngx_agent_call_t *call);

/* x-agent-cache and what else is told of an answer that is not new. */
ngx_int_t ngx_agent_cache_headers(ngx_agent_call_t *call);

/* Is it answered for a request at most, without tokens and money? */
ngx_uint_t ngx_agent_cache_is_cheap(ngx_agent_call_t *call);

/* Does the call count there? */
ngx_uint_t ngx_agent_cache_counts(ngx_agent_call_t *call,
    ag_resource_t resource);

/* Where its limits lead to. */
ngx_agent_phase_t ngx_agent_cache_next(ngx_agent_call_t *call);

/* question: ngx_agent_question.c: the key of a call.  NGX_OK, NGX_DECLINED:
 * it has none, NGX_ERROR. */
ngx_int_t ngx_agent_question(ngx_agent_call_t *call);

/* redis: ngx_agent_cache_redis.c: the second level, which several nodes
 * share */

/* Is there one for the call? */
ngx_uint_t ngx_agent_cache_redis_is(ngx_agent_call_t *call);

/* Asks for the answer and, if it is not there, for the right to get it: a
 * lock.  NGX_AGAIN: the call will be waked; NGX_DECLINED: Redis is down. */
ngx_int_t ngx_agent_cache_redis_look(ngx_agent_call_t *call);

/* NGX_OK: the answer, in cached->bytes, ->item, ->value and ->age, and in
 * shared memory from now on; NGX_AGAIN: Redis has not answered; NGX_BUSY:
 * another node is getting it; NGX_DECLINED: it is this call's to get. */
ngx_int_t ngx_agent_cache_redis_looked(ngx_agent_call_t *call);

/* Puts an answer there and gives the lock back.  "bytes" are head and body. */
void ngx_agent_cache_redis_keep(ngx_agent_call_t *call,
    const ag_cache_item_t *item, ag_str_t bytes);

/* The call ends or waits no longer: gives back what it has there. */
void ngx_agent_cache_redis_leave(ngx_agent_call_t *call);

ngx_int_t ngx_agent_cache_redis_init_process(ngx_cycle_t *cycle,
    ngx_agent_main_conf_t *amcf);
void ngx_agent_cache_redis_exit_process(void);

/* purge: ngx_agent_cache_purge.c */

/* Removes answers on this node, and on all others if they have Redis in
 * common.  The number of those removed here. */
ngx_uint_t ngx_agent_cache_purge(ngx_agent_main_conf_t *amcf,
    const ag_cache_purge_t *what);

/* Asks Redis now for purges of other nodes. */
void ngx_agent_cache_purge_poll(ngx_agent_main_conf_t *amcf);

/* An answer from Redis bears the number there of the newest purge when it was
 * asked for ("sealed"); "last" is that of now.  NGX_OK: its epoch on this node;
 * NGX_DECLINED: it has been purged, or may have been. */
ngx_int_t ngx_agent_cache_purge_accept(ngx_agent_cache_zone_t *zone,
    const ag_cache_item_t *item, uint64_t sealed, uint64_t last,
    uint64_t *epoch);

/* A call's epoch as other nodes understand it. */
#define ngx_agent_cache_purge_number(epoch)  ((epoch) >> 32)

ngx_int_t ngx_agent_cache_purge_init_process(ngx_cycle_t *cycle,
    ngx_agent_main_conf_t *amcf);
void ngx_agent_cache_purge_exit_process(void);

/* refresh: ngx_agent_refresh.c */

/* Asks again for what the call was told from the cache.  As good as it can:
 * nobody waits for it. */
void ngx_agent_refresh_start(ngx_agent_call_t *from);

/* Ends the request of such a call. */
void ngx_agent_refresh_end(ngx_http_request_t *r);

/* flight: ngx_agent_flight.c */

/* One of this worker, that nobody refers to yet; "shared" NULL: it is not in
 * the table of all workers.  NULL: no memory. */
ngx_agent_flight_t *ngx_agent_flight_create(const ag_char_t *key,
    ag_flight_t *shared);

/* Nobody finds it any more. */
void ngx_agent_flight_unlink(ngx_agent_flight_t *flight);

/* Takes part in the key's flight, sets leads or follows. */
ngx_int_t ngx_agent_flight_join(ngx_agent_call_t *call);

/* A flight of nobody else: for its record. */
ngx_int_t ngx_agent_flight_alone(ngx_agent_call_t *call);

/* Is somebody of this worker at it? */
ngx_uint_t ngx_agent_flight_flies(ngx_agent_call_t *call);

/* A follower leads from now on. */
void ngx_agent_flight_lead(ngx_agent_call_t *call);

/* Posts its followers: all, or those who read the record. */
void ngx_agent_flight_wake(ngx_agent_flight_t *flight, ngx_uint_t attached);

/* Wakes who waits for flights of other workers. */
void ngx_agent_flight_told(void);

/* Is it recorded? */
#define ngx_agent_flight_records(call)                                        \
    ((call)->cached != NULL && (call)->cached->flight != NULL                 \
     && (call)->cached->leads && (call)->cached->flight->recording)

/* The call goes out of its flight. */
void ngx_agent_flight_leave(ngx_agent_call_t *call);

/* Does anybody else wait for what this call is getting? */
ngx_uint_t ngx_agent_flight_needed(ngx_agent_call_t *call);

/* The call's client is gone.  1: the call goes on without it. */
ngx_uint_t ngx_agent_flight_deserted(ngx_agent_call_t *call);

/* landing: ngx_agent_landing.c */

/* The leader's answer is where answers are, or it failed. */
void ngx_agent_flight_land(ngx_agent_call_t *call);
void ngx_agent_flight_fail(ngx_agent_call_t *call);

/* Those who read the record keep it as it is, and fail at its end. */
ngx_int_t ngx_agent_flight_shed(ngx_agent_call_t *call);

/* record: ngx_agent_record.c */

/* The leader's stream has more to be told: [0, len) of "ready" is recorded
 * and dropped, and goes on to who reads it.  NGX_OK, NGX_ERROR. */
ngx_int_t ngx_agent_record_add(ngx_agent_call_t *call, ag_buf_t *ready,
    size_t len);

/* Its provider has said it all: it is put together, kept, and lands. */
void ngx_agent_record_end(ngx_agent_call_t *call);

/* Sends what the client has not read of the record.  NGX_OK: all that is
 * there; NGX_AGAIN: it reads slowly; NGX_ERROR: it is gone. */
ngx_int_t ngx_agent_record_read(ngx_agent_call_t *call);

ngx_int_t ngx_agent_flight_init_process(ngx_cycle_t *cycle,
    ngx_agent_main_conf_t *amcf);
void ngx_agent_flight_exit_process(void);


#endif /* _NGX_AGENT_CACHE_H_INCLUDED_ */
