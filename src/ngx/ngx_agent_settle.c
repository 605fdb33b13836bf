/*
 * Copyright (C) ngx_agent authors
 *
 * The end of what was taken: a call is charged for what it used, places are
 * given back, and the model's bytes per token are learned.
 */


#include "ngx/ngx_agent_cache.h"
#include "ngx/ngx_agent_limit.h"
#include "core/ag_tokens.h"


static void ngx_agent_settle_cached(ngx_agent_call_t *call,
    ag_charge_t *charge);
static void ngx_agent_settle_charge(ngx_agent_call_t *call,
    ag_charge_t *charge);
static void ngx_agent_settle_end(ngx_agent_call_t *call,
    ag_charge_end_t *end);
static void ngx_agent_settle_most(ngx_agent_call_t *call,
    ag_charge_end_t *end);
static void ngx_agent_settle_learn(ngx_agent_call_t *call);
static void ngx_agent_settle_give(ngx_agent_call_t *call,
    ag_charge_t *charge);


void
ngx_agent_settle(ngx_agent_call_t *call)
{
    ag_charge_t          charge;
    ngx_agent_limits_t  *limits;

    limits = call->limits;
    ngx_memzero(&charge, sizeof(ag_charge_t));

    if (call->committed) {
        call->usage = call->attempt->usage;     /* its client may have left */
    }

    if (call->cached != NULL && call->cached->valued) {
        ngx_agent_settle_cached(call, &charge);

    } else if (call->model != NULL && !call->raw
               && call->endpoint != AG_ENDPOINT_COUNT_TOKENS)
    {
        ngx_agent_settle_charge(call, &charge);
    }

    if (limits == NULL) {
        return;
    }

    if (limits->waiting) {
        ngx_agent_redis_cancel(&limits->query);
        ngx_agent_store_forget(call);
        limits->waiting = 0;
    }

    ngx_agent_session_leave(call);

    if (limits->taken) {
        ngx_agent_settle_give(call, &charge);

    } else if (limits->in_session) {
        ngx_agent_step_begin(call->main, call->tenant->id, limits->ticket);
        ngx_agent_limit_unsession(limits);
        ngx_agent_step_end(call->main, call->tenant->id, limits->ticket);
    }

    if (limits->ticket != NULL) {
        ngx_agent_ticket_give(call->main, limits->ticket);
        limits->ticket = NULL;
    }
}


void
ngx_agent_settle_cheap(ngx_agent_call_t *call)
{
    ag_charge_t          nothing;
    ngx_agent_limits_t  *limits;

    limits = call->limits;
    ngx_memzero(&nothing, sizeof(ag_charge_t));

    if (limits == NULL) {
        return;
    }

    ngx_agent_session_leave(call);

    if (limits->taken) {
        ngx_agent_settle_give(call, &nothing);
    }

    if (limits->in_session) {
        ngx_agent_step_begin(call->main, call->tenant->id, limits->ticket);
        ngx_agent_limit_unsession(limits);
        ngx_agent_step_end(call->main, call->tenant->id, limits->ticket);
    }

    if (limits->ticket != NULL) {
        ngx_agent_ticket_give(call->main, limits->ticket);
    }

    call->limits = NULL;
}


/* An answer from the cache costs nobody anything, unless "hit_cost=full" says
 * that it is charged as if it did. */
static void
ngx_agent_settle_cached(ngx_agent_call_t *call, ag_charge_t *charge)
{
    ag_cache_value_t  *value;

    if (call->cached->rule->hit_cost != AG_CACHE_COST_FULL) {
        return;
    }

    value = &call->cached->value;
    charge->input = value->input_tokens;
    charge->output = value->output_tokens;
    charge->cost = value->cost;
}


ngx_int_t
ngx_agent_settle_cost(ngx_agent_call_t *call, uint64_t *cost)
{
    ag_charge_t      charge;
    ag_charge_end_t  end;

    ngx_memzero(&end, sizeof(ag_charge_end_t));
    ngx_memzero(&charge, sizeof(ag_charge_t));

    ngx_agent_settle_end(call, &end);
    ag_charge_settle(&end, &charge);
    *cost = charge.cost;

    return (end.price != NULL && ag_price_known(end.price)) ? NGX_OK
                                                            : NGX_DECLINED;
}


/* What the call owes; where nothing is limited, only what it cost. */
static void
ngx_agent_settle_charge(ngx_agent_call_t *call, ag_charge_t *charge)
{
    ag_charge_end_t  end;

    ngx_memzero(&end, sizeof(ag_charge_end_t));
    ngx_agent_settle_end(call, &end);

    ag_charge_settle(&end, charge);

    if (end.price != NULL && ag_price_known(end.price)) {
        call->cost = charge->cost;
        call->priced = (call->committed || charge->cost != 0);

        ngx_agent_metric_add(call->tenant->series, AG_M_TENANT_COST,
                             charge->cost);
    }

    if (charge->clamped) {
        ngx_agent_metric_add(call->model->series, AG_M_MODEL_CLAMPED, 1);
    }

    if (call->usage.known && !charge->clamped && !end.torn) {
        ngx_agent_settle_learn(call);
    }
}


static void
ngx_agent_settle_end(ngx_agent_call_t *call, ag_charge_end_t *end)
{
    ngx_str_t             name;
    ag_usage_t           *usage;
    ngx_agent_target_t   *target;
    ngx_agent_limits_t   *limits;
    ngx_agent_attempt_t  *attempt;

    limits = call->limits;
    target = call->target;
    attempt = call->attempt;
    usage = &call->usage;

    end->input = usage->input_tokens;
    end->cached = usage->cached_tokens;
    end->written = usage->written_tokens;
    end->output = usage->output_tokens;
    end->known = usage->known;

    end->ratio = call->model->series ? call->model->series->ratio : 0;
    end->estimate = limits ? limits->request.input : 0;

    if (attempt != NULL && attempt->transfer != NULL) {
        end->said = (call->streaming || attempt->said != 0 || !call->committed
                     || call->endpoint == AG_ENDPOINT_EMBEDDINGS)
                    ? attempt->said : attempt->answer.len;
        end->torn = call->streaming && !attempt->finished;

        /* who was cut off has worked, who failed before that has not */

        end->asked = call->committed || attempt->error == AG_E_CLIENT_GONE;
    }

    end->extra_input = call->lost.input_tokens
                       + call->losers
                         * (usage->known ? usage->input_tokens
                                         : end->estimate);
    end->extra_output = call->lost.output_tokens;

    if (target == NULL) {
        return;
    }

    name.data = (u_char *) call->request.model.data;
    name.len = call->request.model.len;

    end->price = target->model.len
                 ? target->price
                 : call->main->priced
                 ? ngx_agent_conf_price_of(call->main, target->provider,
                                           &name)
                 : NULL;

    ngx_agent_settle_most(call, end);
}


/* What one prompt may have and its answer: several of them have no bound. */
static void
ngx_agent_settle_most(ngx_agent_call_t *call, ag_charge_end_t *end)
{
    uint64_t           choices;
    const ag_facts_t  *facts;

    if (call->endpoint == AG_ENDPOINT_EMBEDDINGS
        || call->endpoint == AG_ENDPOINT_COMPLETIONS)
    {
        return;
    }

    facts = call->target->facts;
    choices = (uint64_t) call->request.choices;

    if (facts != NULL && facts->name.len != 0) {
        end->most_input = facts->context_window;
        end->most_output = facts->max_output_tokens * choices;
    }

    if (call->request.max_output_tokens != 0) {
        end->most_output = (uint64_t) call->request.max_output_tokens
                           * choices;
    }
}


/* Two workers may both read the old value: an average bears that. */
static void
ngx_agent_settle_learn(ngx_agent_call_t *call)
{
    ngx_agent_series_t  *series;

    series = call->model->series;

    if (series == NULL || call->usage.input_tokens == 0
        || call->tenant->resources == 0 || call->attempt->shortened
        || call->body.len > NGX_AGENT_CLAIM_LARGE)
    {
        return;         /* a large one may hold files */
    }

    series->ratio = ag_tokens_learn(series->ratio, call->body.len,
                                    call->usage.input_tokens);
}


static void
ngx_agent_settle_give(ngx_agent_call_t *call, ag_charge_t *charge)
{
    ag_now_t                    now;
    ngx_uint_t                  i, due;
    ag_claim_t                 *claim;
    ngx_agent_limits_t         *limits;
    ngx_agent_session_entry_t  *session;

    limits = call->limits;
    due = (limits->asked.cost != 0);

    for (i = 0; i < limits->count; i++) {
        claim = &limits->claims[i];
        claim->used = ag_charge_of(charge, claim->limit->resource);
        due |= (claim->limit->resource != AG_RESOURCE_REQUESTS);
    }

    if (!due) {
        return;         /* requests are settled when they are admitted */
    }

    ngx_agent_step_begin(call->main, call->tenant->id, limits->ticket);
    ngx_agent_limit_now(&now);

    for (i = 0; i < limits->count; i++) {
        ngx_agent_claim_open(&limits->claims[i]);
    }

    ag_limit_settle(limits->claims, limits->count, &now);
    limits->ticket->held = 0;

    if (limits->in_session) {
        session = (ngx_agent_session_entry_t *) limits->session->data;
        ag_session_settle(&session->session, limits->asked.cost,
                          charge->cost);
    }

    ngx_agent_step_end(call->main, call->tenant->id, limits->ticket);

    if (limits->shared) {
        ngx_agent_store_settle(call, charge->cost);

    } else if (limits->leased) {
        ngx_agent_store_forget(call);
    }
}
