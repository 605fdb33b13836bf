/*
 * Copyright (C) ngx_agent authors
 *
 * The way into the cache: what a call got by asking for itself is kept if it
 * may be, in shared memory and in Redis.
 */


#include "ngx/ngx_agent_cache.h"


static ngx_uint_t ngx_agent_cache_is_valid(ngx_agent_call_t *call,
    ag_str_t whole);
static void ngx_agent_cache_store(ngx_agent_call_t *call, ag_str_t whole,
    ngx_uint_t passing);


/*
 * What may not be kept is there for a moment all the same where others wait
 * for it: they have asked the same at the same time.
 */
void
ngx_agent_cache_keep(ngx_agent_call_t *call, ag_str_t whole)
{
    ngx_uint_t           kept;
    ngx_agent_cached_t  *cached;

    cached = call->cached;

    kept = cached->may.store && whole.len <= cached->rule->max_size
           && !call->attempt->repaired && !call->attempt->lossy
           && ag_replay_end(call->endpoint, whole) == AG_REPLAY_COMPLETE
           && ngx_agent_cache_is_valid(call, whole);

    if (kept) {
        ngx_agent_cache_store(call, whole, 0);

    } else if (cached->locked || ngx_agent_flight_needed(call)) {
        ngx_agent_cache_store(call, whole, 1);
    }

    ngx_agent_flight_land(call);
}


/* A stream goes out before anybody has seen the whole of it. */
static ngx_uint_t
ngx_agent_cache_is_valid(ngx_agent_call_t *call, ag_str_t whole)
{
    int                   rc;
    ag_buf_t              mended;
    ag_validate_result_t  result;

    if (!call->streaming
        || !ag_validate_needed(&call->validate, call->endpoint,
                               ngx_agent_str(&call->body)))
    {
        return 1;
    }

    ag_buf_init(&mended, AG_ANSWER_MAX);
    ngx_memzero(&result, sizeof(ag_validate_result_t));

    rc = ag_validate(&call->validate, call->endpoint,
                     ngx_agent_str(&call->body), whole, &mended, &result);
    ag_buf_free(&mended);

    return rc == AG_OK && !result.repaired;
}


static void
ngx_agent_cache_store(ngx_agent_call_t *call, ag_str_t whole,
    ngx_uint_t passing)
{
    ag_buf_t             head;
    ngx_int_t            rc;
    ag_cache_item_t      item;
    ag_cache_value_t     value;
    ngx_agent_cached_t  *cached;

    cached = call->cached;

    if (!cached->keyed) {
        return;
    }

    ngx_memzero(&value, sizeof(ag_cache_value_t));
    ngx_agent_cache_describe(call, &value);

    ag_buf_init(&head, AG_CACHE_HEAD_MAX + AG_ANSWER_MAX);

    if (ag_cache_value_head(&head, &value) != AG_OK) {
        ag_buf_free(&head);
        return;
    }

    ngx_memzero(&item, sizeof(ag_cache_item_t));
    ngx_memcpy(item.key, cached->key, AG_CACHE_KEY);
    item.owner = cached->owner;
    item.model = cached->model;
    item.stored_ms = ngx_agent_cache_now();
    item.expires_ms = item.stored_ms
                      + (passing ? NGX_AGENT_PASSING
                                 : ag_cache_lifetime(cached->rule));
    item.len = (uint32_t) (head.len + whole.len);
    item.passing = (passing != 0);

    rc = ngx_agent_cache_put(call->main, &item, cached->epoch,
                             ag_buf_str(&head), whole);

    if (rc == NGX_OK && !passing) {
        ngx_agent_metric_add(call->model->series, AG_M_MODEL_CACHE_STORED, 1);
    }

    if ((rc == NGX_OK && !ngx_agent_cache_redis_is(call))
        || ag_buf_add(&head, whole.data, whole.len) != AG_OK)
    {
        ag_buf_free(&head);
        return;
    }

    if (ngx_agent_cache_redis_is(call)) {
        ngx_agent_cache_redis_keep(call, &item, ag_buf_str(&head));
    }

    if (rc != NGX_OK && cached->leads) {
        cached->flight->answer = head;      /* from hand to hand */

    } else {
        ag_buf_free(&head);
    }
}


ngx_int_t
ngx_agent_cache_put(ngx_agent_main_conf_t *amcf, const ag_cache_item_t *item,
    uint64_t epoch, ag_str_t head, ag_str_t body)
{
    int                      rc;
    ngx_uint_t               purged;
    ag_cache_place_t         place;
    ngx_agent_cache_zone_t  *zone;

    zone = amcf->cache;

    rc = ag_cache_begin(ngx_agent_cache_lock(zone), item, ngx_pid, &place);
    ngx_agent_cache_unlock(zone);

    if (rc != AG_OK) {
        ngx_agent_gateway_add(amcf, AG_M_CACHE_REFUSED, 1);
        return NGX_DECLINED;
    }

    ag_cache_write(zone->cache, &place, 0, head.data, head.len);
    ag_cache_write(zone->cache, &place, head.len, body.data, body.len);

    (void) ngx_agent_cache_lock(zone);

    purged = ag_cache_purges_cover(&zone->purges, epoch, item->owner,
                                   item->model);

    if (purged) {
        ag_cache_abort(zone->cache, &place);

    } else {
        ag_cache_commit(zone->cache, &place);
    }

    ngx_agent_cache_unlock(zone);

    return purged ? NGX_DECLINED : NGX_OK;
}


void
ngx_agent_cache_describe(ngx_agent_call_t *call, ag_cache_value_t *value)
{
    ag_usage_t  *usage;

    usage = &call->usage;

    value->provider = ngx_agent_str(&call->target->provider->name);
    value->model = ngx_agent_str(ngx_agent_model_told(call));
    value->attempts = call->chain.attempts;
    value->input_tokens = usage->input_tokens;
    value->cached_tokens = usage->cached_tokens;
    value->written_tokens = usage->written_tokens;
    value->output_tokens = usage->output_tokens;
    value->reasoning_tokens = usage->reasoning_tokens;
    value->usage_known = usage->known;
    value->fallback = (call->target->tier != 0);
    value->repaired = call->attempt->repaired;
    value->cost_known = (ngx_agent_settle_cost(call, &value->cost) == NGX_OK);
}
