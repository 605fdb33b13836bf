/*
 * Copyright (C) ngx_agent authors
 *
 * Calls that ask the same at the same time, as one worker sees them: who of
 * them leads, who follows, who wakes whom.  Decided in core/ag_flight.h for
 * all workers.
 */


#include "ngx/ngx_agent_cache.h"
#include "ngx/ngx_agent_curl.h"


#define NGX_AGENT_FLIGHT_BUCKETS  256


/* Of this process. */
typedef struct {
    ngx_agent_main_conf_t    *main;
    ngx_event_t               poll;
    ngx_uint_t                count;        /* flights in the buckets */
    ngx_queue_t               buckets[NGX_AGENT_FLIGHT_BUCKETS];
} ngx_agent_flights_t;


static ngx_agent_flight_t *ngx_agent_flight_find(ngx_agent_cached_t *cached,
    ag_flight_t *shared);
static void ngx_agent_flight_drop(ngx_agent_flight_t *flight);
static void ngx_agent_flight_follow(ngx_agent_call_t *call);
static void ngx_agent_flight_deserters(void);
static void ngx_agent_flight_on_poll(ngx_event_t *ev);


static ngx_agent_flights_t  ngx_agent_flights;


ngx_int_t
ngx_agent_flight_init_process(ngx_cycle_t *cycle, ngx_agent_main_conf_t *amcf)
{
    ngx_uint_t  i;

    static ngx_connection_t  dummy;     /* nginx's debug log asks for one */

    ngx_memzero(&ngx_agent_flights, sizeof(ngx_agent_flights_t));

    for (i = 0; i < NGX_AGENT_FLIGHT_BUCKETS; i++) {
        ngx_queue_init(&ngx_agent_flights.buckets[i]);
    }

    dummy.fd = (ngx_socket_t) -1;

    ngx_agent_flights.main = amcf;
    ngx_agent_flights.poll.handler = ngx_agent_flight_on_poll;
    ngx_agent_flights.poll.data = &dummy;
    ngx_agent_flights.poll.log = cycle->log;
    ngx_agent_flights.poll.cancelable = 1;

    return NGX_OK;
}


void
ngx_agent_flight_exit_process(void)
{
    if (ngx_agent_flights.poll.timer_set) {
        ngx_del_timer(&ngx_agent_flights.poll);
    }
}


/* ---- this worker's flights ---- */


static ngx_agent_flight_t *
ngx_agent_flight_find(ngx_agent_cached_t *cached, ag_flight_t *shared)
{
    ngx_queue_t         *q, *bucket;
    ngx_agent_flight_t  *flight;

    bucket = &ngx_agent_flights.buckets[cached->key[0]];

    for (q = ngx_queue_head(bucket); q != ngx_queue_sentinel(bucket);
         q = ngx_queue_next(q))
    {
        flight = ngx_queue_data(q, ngx_agent_flight_t, link);

        if (flight->shared.row == shared->row
            && flight->shared.number == shared->number)
        {
            return flight;
        }
    }

    return NULL;
}


ngx_agent_flight_t *
ngx_agent_flight_create(const ag_char_t *key, ag_flight_t *shared)
{
    ngx_agent_flight_t  *flight;

    flight = ngx_calloc(sizeof(ngx_agent_flight_t), ngx_cycle->log);
    if (flight == NULL) {
        return NULL;
    }

    ngx_memcpy(flight->key, key, AG_CACHE_KEY);
    ngx_queue_init(&flight->followers);
    ag_buf_init(&flight->record, NGX_AGENT_RECORD_MAX + AG_STREAM_HELD_MAX
                                  + AG_SSE_EVENT_MAX);

    if (shared == NULL) {
        flight->alone = 1;
        return flight;
    }

    flight->shared = *shared;
    flight->linked = 1;
    ngx_queue_insert_tail(&ngx_agent_flights.buckets[key[0]], &flight->link);
    ngx_agent_flights.count++;

    if (!ngx_agent_flights.poll.timer_set) {
        ngx_add_timer(&ngx_agent_flights.poll, NGX_AGENT_FLIGHT_POLL);
    }

    return flight;
}


void
ngx_agent_flight_unlink(ngx_agent_flight_t *flight)
{
    if (flight->linked) {
        ngx_queue_remove(&flight->link);
        ngx_agent_flights.count--;
        flight->linked = 0;
    }
}


static void
ngx_agent_flight_drop(ngx_agent_flight_t *flight)
{
    if (--flight->references != 0) {
        return;
    }

    ngx_agent_flight_unlink(flight);
    ag_buf_free(&flight->record);
    ag_buf_free(&flight->answer);
    ngx_free(flight);
}


void
ngx_agent_flight_wake(ngx_agent_flight_t *flight, ngx_uint_t attached)
{
    ngx_queue_t         *q;
    ngx_agent_cached_t  *cached;

    for (q = ngx_queue_head(&flight->followers);
         q != ngx_queue_sentinel(&flight->followers);
         q = ngx_queue_next(q))
    {
        cached = ngx_queue_data(q, ngx_agent_cached_t, link);

        if (!attached || cached->attached) {
            ngx_post_event(&cached->call->wake, &ngx_posted_events);
        }
    }
}


/* ---- in and out ---- */


ngx_int_t
ngx_agent_flight_join(ngx_agent_call_t *call)
{
    ag_flight_t              shared;
    ag_flight_part_t         part;
    ngx_agent_cached_t      *cached;
    ngx_agent_flight_t      *flight;
    ag_flight_workers_t      told;
    ngx_agent_cache_zone_t  *zone;

    cached = call->cached;
    zone = call->main->cache;

    if (ngx_agent_cache_worker() == AG_FLIGHT_WORKERS) {
        return NGX_OK;
    }

    part = ag_flight_join(ngx_agent_cache_lock_flights(zone), cached->key,
                          (unsigned) ngx_agent_cache_worker(), ngx_pid,
                          &shared);
    ngx_agent_cache_unlock_flights(zone);

    if (part == AG_FLIGHT_ALONE) {
        return NGX_OK;
    }

    flight = ngx_agent_flight_find(cached, &shared);

    if (flight == NULL) {
        flight = ngx_agent_flight_create(cached->key, &shared);
    }

    if (flight == NULL) {
        ag_flight_lost(ngx_agent_cache_lock_flights(zone), &shared, ngx_pid,
                       &told);
        ngx_agent_cache_unlock_flights(zone);

        return NGX_ERROR;
    }

    flight->shared = shared;
    flight->references++;
    cached->flight = flight;

    if (part == AG_FLIGHT_LEADS) {
        ngx_agent_flight_lead(call);

    } else {
        ngx_agent_flight_follow(call);
    }

    return NGX_OK;
}


ngx_int_t
ngx_agent_flight_alone(ngx_agent_call_t *call)
{
    ngx_uint_t           state;
    ngx_agent_cached_t  *cached;

    cached = call->cached;
    state = cached->state;

    cached->flight = ngx_agent_flight_create(cached->key, NULL);
    if (cached->flight == NULL) {
        return NGX_ERROR;
    }

    cached->flight->references = 1;
    ngx_agent_flight_lead(call);
    cached->state = state;

    return NGX_OK;
}


void
ngx_agent_flight_lead(ngx_agent_call_t *call)
{
    ag_str_t             options;
    ngx_agent_cached_t  *cached;
    ngx_agent_flight_t  *flight;

    cached = call->cached;
    flight = cached->flight;

    if (cached->follows) {
        ngx_queue_remove(&cached->link);
        cached->follows = 0;
    }

    cached->leads = 1;
    cached->attached = 0;
    cached->valued = 0;
    cached->state = NGX_AGENT_CACHE_MISS;

    flight->leader = call;
    flight->epoch = cached->epoch;
    flight->recording = call->streaming;
    options = call->request.stream_options_span;
    flight->options_len = options.len;

    if (options.len > NGX_AGENT_FLIGHT_OPTIONS) {
        flight->options_len = (size_t) -1;      /* as nobody else's */

    } else if (options.len != 0) {
        ngx_memcpy(flight->options, options.data, options.len);
    }
}


static void
ngx_agent_flight_follow(ngx_agent_call_t *call)
{
    ngx_agent_cached_t  *cached;

    cached = call->cached;
    cached->follows = 1;
    cached->joins++;
    cached->state = NGX_AGENT_CACHE_JOINED;
    ngx_queue_insert_tail(&cached->flight->followers, &cached->link);

    if (cached->flight->leader != NULL) {

        /* its provider may be waiting for a slow client */

        ngx_post_event(&cached->flight->leader->wake, &ngx_posted_events);
    }
}


ngx_uint_t
ngx_agent_flight_flies(ngx_agent_call_t *call)
{
    ngx_queue_t         *q, *bucket;
    ngx_agent_flight_t  *flight;

    bucket = &ngx_agent_flights.buckets[call->cached->key[0]];

    for (q = ngx_queue_head(bucket); q != ngx_queue_sentinel(bucket);
         q = ngx_queue_next(q))
    {
        flight = ngx_queue_data(q, ngx_agent_flight_t, link);

        if (ngx_memcmp(flight->key, call->cached->key, AG_CACHE_KEY) == 0) {
            return 1;
        }
    }

    return 0;
}


void
ngx_agent_flight_leave(ngx_agent_call_t *call)
{
    ngx_agent_cached_t      *cached;
    ngx_agent_flight_t      *flight;
    ngx_agent_cache_zone_t  *zone;

    cached = call->cached;
    flight = cached->flight;
    zone = call->main->cache;

    if (cached->follows) {
        ngx_queue_remove(&cached->link);

        if (flight->linked && ngx_queue_empty(&flight->followers)) {
            ag_flight_leave(ngx_agent_cache_lock_flights(zone),
                            &flight->shared,
                            (unsigned) ngx_agent_cache_worker());
            ngx_agent_cache_unlock_flights(zone);
        }

        if (flight->leader != NULL && flight->leader->gone) {
            ngx_post_event(&flight->leader->wake, &ngx_posted_events);
        }
    }

    cached->follows = 0;
    cached->leads = 0;
    cached->attached = 0;
    cached->flight = NULL;

    ngx_agent_flight_drop(flight);
}


ngx_uint_t
ngx_agent_flight_needed(ngx_agent_call_t *call)
{
    ngx_uint_t               others;
    ngx_agent_cached_t      *cached;
    ngx_agent_flight_t      *flight;
    ngx_agent_cache_zone_t  *zone;

    cached = call->cached;

    if (cached == NULL || !cached->leads || cached->flight->alone
        || cached->flight->leader != call)
    {
        return 0;
    }

    flight = cached->flight;
    zone = call->main->cache;

    if (!ngx_queue_empty(&flight->followers)) {
        return 1;
    }

    others = ag_flight_others(ngx_agent_cache_lock_flights(zone),
                              &flight->shared,
                              (unsigned) ngx_agent_cache_worker());
    ngx_agent_cache_unlock_flights(zone);

    return others;
}


ngx_uint_t
ngx_agent_flight_deserted(ngx_agent_call_t *call)
{
    ngx_http_request_t  *r;

    if (call->gone) {
        return 1;
    }

    if (call->phase >= NGX_AGENT_PHASE_REPLY
        || !ngx_agent_flight_needed(call))
    {
        return 0;
    }

    /* its request stays until the answer is there, as with
     * proxy_ignore_client_abort */

    r = call->r;
    call->gone = 1;
    call->blocked = 0;

    r->connection->error = 1;
    r->keepalive = 0;
    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (r->connection->write->timer_set) {
        ngx_del_timer(r->connection->write);
    }

    if (call->transfer != NULL) {
        call->transfer->blocked = 0;
    }

    ngx_post_event(&call->wake, &ngx_posted_events);

    return 1;
}


/* ---- who is told ---- */


void
ngx_agent_flight_told(void)
{
    ngx_uint_t           i;
    ngx_queue_t         *q, *bucket;
    ngx_agent_flight_t  *flight;

    if (ngx_agent_flights.count == 0) {
        return;
    }

    for (i = 0; i < NGX_AGENT_FLIGHT_BUCKETS; i++) {
        bucket = &ngx_agent_flights.buckets[i];

        for (q = ngx_queue_head(bucket); q != ngx_queue_sentinel(bucket);
             q = ngx_queue_next(q))
        {
            flight = ngx_queue_data(q, ngx_agent_flight_t, link);

            if (flight->leader == NULL
                && ag_flight_look(ngx_agent_flights.main->cache->flights,
                                  &flight->shared, NULL)
                   != AG_FLIGHT_RUNS)
            {
                ngx_agent_flight_wake(flight, 0);
            }
        }
    }
}


/* Leaders without a client ask themselves whether they are needed. */
static void
ngx_agent_flight_deserters(void)
{
    ngx_uint_t           i;
    ngx_queue_t         *q, *bucket;
    ngx_agent_flight_t  *flight;

    for (i = 0; i < NGX_AGENT_FLIGHT_BUCKETS; i++) {
        bucket = &ngx_agent_flights.buckets[i];

        for (q = ngx_queue_head(bucket); q != ngx_queue_sentinel(bucket);
             q = ngx_queue_next(q))
        {
            flight = ngx_queue_data(q, ngx_agent_flight_t, link);

            if (flight->leader != NULL && flight->leader->gone) {
                ngx_post_event(&flight->leader->wake, &ngx_posted_events);
            }
        }
    }
}


/* Should a word have been lost, or who would have spoken it.  Nobody tells a
 * leader that the last follower of another worker has left. */
static void
ngx_agent_flight_on_poll(ngx_event_t *ev)
{
    ngx_agent_cache_reap(ngx_agent_flights.main);
    ngx_agent_flight_told();
    ngx_agent_flight_deserters();

    if (ngx_agent_flights.count != 0) {
        ngx_add_timer(ev, NGX_AGENT_FLIGHT_POLL);
    }
}
