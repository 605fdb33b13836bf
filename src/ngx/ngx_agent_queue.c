/*
 * Copyright (C) ngx_agent authors
 *
 * "limit concurrency= queue= wait=": who finds no place at a provider waits
 * for one, so that a slow provider cannot take the gateway.  The queue is of
 * one worker, the places are of all: a place that another worker frees is
 * looked for now and then.
 */


#include "ngx/ngx_agent_state.h"


#define NGX_AGENT_QUEUE_POLL  5     /* ms; a place that another worker frees
                                       is noticed so late, by the first */


static void ngx_agent_queue_show(ngx_agent_main_conf_t *amcf,
    ngx_agent_provider_t *provider);
static void ngx_agent_queue_skip(ngx_agent_call_t *call, uint32_t set,
    ngx_agent_provider_t *provider);


/*
 * A place is for who has waited longest, in whichever worker.  Who comes new
 * gets one only if there are more than others wait for.
 */
ngx_uint_t
ngx_agent_queue_full(ngx_agent_call_t *call, ngx_agent_provider_t *provider)
{
    ngx_uint_t  busy, ticket;

    if (provider->limit.concurrency == 0) {
        return 0;
    }

    busy = ngx_agent_state_count(call->main, provider->state->places);

    if (busy >= provider->limit.concurrency) {
        return 1;
    }

    ticket = 0;

    if (!ngx_queue_empty(&provider->waiting)) {

        if (ngx_queue_head(&provider->waiting) != &call->queue) {
            return 1;
        }

        ticket = call->ticket;
    }

    return ngx_agent_state_older(call->main, provider->state->waiting, ticket)
           >= provider->limit.concurrency - busy;
}


ngx_int_t
ngx_agent_queue_wait(ngx_agent_call_t *call, uint32_t set)
{
    ngx_int_t              rc;
    ngx_msec_t             until, limit;
    ngx_agent_target_t    *target;
    ngx_agent_provider_t  *provider;

    target = call->model->targets.elts;
    provider = target[ag_bit_first(set)].provider;

    ngx_agent_state_reap(call->main);

    if (call->queued != provider) {
        ngx_agent_queue_leave(call);

        if (provider->limit.queue == 0
            || ngx_agent_state_take(call->main, provider->state->waiting,
                                    provider->limit.queue)
               != NGX_OK)
        {
            ngx_agent_queue_skip(call, set, provider);
            return NGX_DECLINED;
        }

        call->queued = provider;
        call->queued_at = ngx_current_msec;
        call->ticket = ngx_atomic_fetch_add(&provider->state->tickets, 1) + 1;
        call->held |= NGX_AGENT_HELD_QUEUE;
        ngx_queue_insert_tail(&provider->waiting, &call->queue);
        ngx_agent_queue_show(call->main, provider);
        ngx_agent_gateway_add(call->main, AG_M_QUEUED, 1);
    }

    until = call->queued_at + provider->limit.wait;

    if (call->plan.within_ms != 0) {
        limit = call->at.started + (ngx_msec_t) call->plan.within_ms + 1;

        if ((ngx_msec_int_t) (limit - until) < 0) {
            until = limit;
        }
    }

    if ((ngx_msec_int_t) (until - ngx_current_msec) > 0) {

        if (ngx_queue_head(&provider->waiting) == &call->queue) {
            until = ngx_min(until, ngx_current_msec + NGX_AGENT_QUEUE_POLL);
        }

        rc = ngx_agent_route_wait(call, until);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    ngx_agent_queue_leave(call);
    ngx_agent_queue_skip(call, set, provider);

    return NGX_DECLINED;
}


static void
ngx_agent_queue_skip(ngx_agent_call_t *call, uint32_t set,
    ngx_agent_provider_t *provider)
{
    ngx_uint_t           i;
    ngx_agent_target_t  *target;

    target = call->model->targets.elts;
    call->saturated = 1;

    for (i = 0; i < call->model->targets.nelts; i++) {
        if ((set & (1u << i)) && target[i].provider == provider) {
            ag_chain_skip(&call->chain, (uint32_t) i);
        }
    }
}


void
ngx_agent_queue_leave(ngx_agent_call_t *call)
{
    ngx_agent_provider_t  *provider;

    if (call->queued == NULL) {
        return;
    }

    provider = call->queued;

    ngx_queue_remove(&call->queue);
    ngx_agent_state_give(call->main, provider->state->waiting);

    call->held &= ~NGX_AGENT_HELD_QUEUE;
    call->queued = NULL;

    ngx_agent_queue_show(call->main, provider);
    ngx_agent_queue_wake(provider);
}


/* Tells the other workers who is first here. */
static void
ngx_agent_queue_show(ngx_agent_main_conf_t *amcf,
    ngx_agent_provider_t *provider)
{
    ngx_uint_t         ticket;
    ngx_queue_t       *q;
    ngx_agent_call_t  *first;

    ticket = 0;

    if (!ngx_queue_empty(&provider->waiting)) {
        q = ngx_queue_head(&provider->waiting);
        first = ngx_queue_data(q, ngx_agent_call_t, queue);
        ticket = first->ticket;
    }

    ngx_agent_state_head(amcf, provider->state->waiting, ticket);
}


void
ngx_agent_queue_wake(ngx_agent_provider_t *provider)
{
    ngx_queue_t       *q;
    ngx_agent_call_t  *first;

    if (!ngx_queue_empty(&provider->waiting)) {
        q = ngx_queue_head(&provider->waiting);
        first = ngx_queue_data(q, ngx_agent_call_t, queue);
        ngx_post_event(&first->wake, &ngx_posted_events);
    }
}
