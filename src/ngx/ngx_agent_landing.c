/*
 * Copyright (C) ngx_agent authors
 *
 * How a flight ends for its leader, and what becomes of those who follow it
 * in this worker.
 */


#include "ngx/ngx_agent_cache.h"


static uint32_t ngx_agent_landing_message(ag_char_t *out, ag_str_t message);
static ngx_uint_t ngx_agent_landing_part(ngx_agent_flight_t *flight);


void
ngx_agent_flight_land(ngx_agent_call_t *call)
{
    ngx_agent_cached_t      *cached;
    ngx_agent_flight_t      *flight;
    ag_flight_workers_t      told;
    ngx_agent_cache_zone_t  *zone;

    cached = call->cached;

    if (!cached->leads || cached->flight->leader == NULL
        || cached->flight->alone)
    {
        return;
    }

    flight = cached->flight;
    zone = call->main->cache;

    ag_flight_land(ngx_agent_cache_lock_flights(zone), &flight->shared,
                   &told);
    ngx_agent_cache_unlock_flights(zone);

    flight->leader = NULL;
    ngx_agent_flight_unlink(flight);
    ngx_agent_flight_wake(flight, 0);
    ngx_agent_cache_tell(zone, &told);
}


/*
 * What went wrong for this call alone (its limits, its deadline, its client)
 * says nothing about the question.
 */
void
ngx_agent_flight_fail(ngx_agent_call_t *call)
{
    ag_flights_t            *f;
    ag_error_class_t         class;
    ngx_agent_cached_t      *cached;
    ngx_agent_flight_t      *flight;
    ag_flight_failure_t      failure;
    ag_flight_workers_t      told;
    ngx_agent_cache_zone_t  *zone;

    cached = call->cached;
    flight = cached->flight;
    zone = call->main->cache;

    if (flight->leader == NULL || flight->alone) {
        return;
    }

    class = (cached->excused != AG_E_NONE) ? cached->excused
                                           : call->error.class;

    ngx_memzero(&failure, sizeof(ag_flight_failure_t));
    failure.error = class;
    failure.status = call->error.status;
    failure.shared = ag_cache_repeats(class);
    failure.len = ngx_agent_landing_message(failure.message,
                                           call->error.message);

    f = ngx_agent_cache_lock_flights(zone);

    if (failure.shared || (ag_cache_excuses(class) && call->patience == 0)) {
        ag_flight_fail(f, &flight->shared, &failure, &told);

    } else {
        ag_flight_lost(f, &flight->shared, ngx_pid, &told);
    }

    ngx_agent_cache_unlock_flights(zone);

    flight->leader = NULL;
    flight->failed = 1;
    flight->error = class;

    if (!ngx_agent_landing_part(flight)) {

        /* nobody here waits for another leader */

        ag_flight_leave(ngx_agent_cache_lock_flights(zone), &flight->shared,
                        (unsigned) ngx_agent_cache_worker());
        ngx_agent_cache_unlock_flights(zone);
    }

    ngx_agent_cache_tell(zone, &told);
}


/* As much of it as there is room for, no character in two. */
static uint32_t
ngx_agent_landing_message(ag_char_t *out, ag_str_t message)
{
    size_t  len;

    len = message.len;

    if (len > AG_FLIGHT_MESSAGE) {
        len = AG_FLIGHT_MESSAGE;

        while (len != 0 && (message.data[len] & 0xc0) == 0x80) {
            len--;
        }
    }

    if (len != 0) {
        ngx_memcpy(out, message.data, len);
    }

    return (uint32_t) len;
}


/* Those who have read some of its stream fail with it; the others go on in a
 * flight that has no record yet.  Are there any? */
static ngx_uint_t
ngx_agent_landing_part(ngx_agent_flight_t *flight)
{
    ngx_queue_t         *q, *next;
    ngx_agent_cached_t  *cached;
    ngx_agent_flight_t  *fresh;

    ngx_agent_flight_unlink(flight);
    fresh = NULL;

    for (q = ngx_queue_head(&flight->followers);
         q != ngx_queue_sentinel(&flight->followers);
         q = next)
    {
        next = ngx_queue_next(q);
        cached = ngx_queue_data(q, ngx_agent_cached_t, link);
        ngx_post_event(&cached->call->wake, &ngx_posted_events);

        if (cached->read != 0) {
            continue;
        }

        if (fresh == NULL) {
            fresh = ngx_agent_flight_create(flight->key, &flight->shared);

            if (fresh == NULL) {
                return 1;       /* they will look, and ask for themselves */
            }
        }

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&fresh->followers, q);
        cached->flight = fresh;
        cached->attached = 0;
        fresh->references++;
        flight->references--;   /* the leader's is left */
    }

    return fresh != NULL;
}


ngx_int_t
ngx_agent_flight_shed(ngx_agent_call_t *call)
{
    size_t                   read;
    ag_buf_t                 record;
    ngx_queue_t             *q, *next;
    ngx_agent_cached_t      *cached;
    ngx_agent_flight_t      *flight, *old;
    ngx_agent_cache_zone_t  *zone;

    old = NULL;
    flight = call->cached->flight;
    zone = call->main->cache;

    for (q = ngx_queue_head(&flight->followers);
         q != ngx_queue_sentinel(&flight->followers);
         q = next)
    {
        next = ngx_queue_next(q);
        cached = ngx_queue_data(q, ngx_agent_cached_t, link);

        if (!cached->attached) {
            continue;
        }

        if (old == NULL) {
            old = ngx_agent_flight_create(flight->key, NULL);

            if (old == NULL) {
                return NGX_ERROR;
            }
        }

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&old->followers, q);
        cached->flight = old;
        old->references++;
        flight->references--;
    }

    if (old == NULL) {
        return NGX_OK;
    }

    old->failed = 1;
    old->error = AG_E_BAD_RESPONSE;
    old->value = flight->value;
    ngx_memcpy(old->model, flight->model, AG_CACHE_NAME_MAX);
    old->value.model.data = old->model;

    record = flight->record;
    flight->record = old->record;
    old->record = record;

    ngx_agent_flight_wake(old, 1);

    if (flight->linked && ngx_queue_empty(&flight->followers)) {
        ag_flight_leave(ngx_agent_cache_lock_flights(zone), &flight->shared,
                        (unsigned) ngx_agent_cache_worker());
        ngx_agent_cache_unlock_flights(zone);
    }

    /* its own client has not read that */

    read = call->cached->read;
    call->cached->read = 0;

    return ag_buf_add(&flight->record, record.data + read, record.len - read)
           == AG_OK ? NGX_OK : NGX_ERROR;
}
