/*
 * Copyright (C) ngx_agent authors
 *
 * Hedges: a second attempt beside a slow one, once in a call, as often as the
 * model's share allows.  Who answers first wins.
 */


#include "ngx/ngx_agent_curl.h"
#include "core/ag_share.h"


#define NGX_AGENT_HEDGE_SAMPLES  20     /* answers that a percentile needs */


static ngx_msec_t ngx_agent_hedge_after(ngx_agent_call_t *call);


ngx_msec_t
ngx_agent_hedge_at(ngx_agent_call_t *call)
{
    ngx_msec_t            after;
    ngx_agent_attempt_t  *attempt;

    attempt = call->attempt;

    if (call->model->hedge.share == 0 || call->hedges != 0
        || call->committed || attempt->content)
    {
        return 0;
    }

    after = ngx_agent_hedge_after(call);

    if (after == 0) {
        return 0;
    }

    after += attempt->sent;

    return after != 0 ? after : 1;
}


static ngx_msec_t
ngx_agent_hedge_after(ngx_agent_call_t *call)
{
    uint64_t             cells[AG_BUCKETS_MAX + 2];
    ngx_uint_t           i;
    ngx_atomic_t        *from;
    ngx_agent_hedge_t   *hedge;
    ngx_agent_series_t  *series;

    hedge = &call->model->hedge;
    series = call->model->series;

    if (hedge->percentile == 0 || series == NULL) {
        return hedge->after;
    }

    from = &series->cells[ag_metric_cell(AG_M_MODEL_FIRST_TOKEN)];

    for (i = 0; i < AG_BUCKETS_MAX + 2; i++) {
        cells[i] = from[i];
    }

    return ag_metric_count(cells) < NGX_AGENT_HEDGE_SAMPLES
           ? 0 : (ngx_msec_t) ag_metric_quantile(AG_NATURE_SECONDS, cells,
                                                 (unsigned) hedge->percentile);
}


ngx_int_t
ngx_agent_hedge_start(ngx_agent_call_t *call)
{
    ngx_int_t             rc;
    ngx_uint_t            i;
    ngx_agent_attempt_t  *second;

    call->hedges = 1;
    i = (call->attempt == call->attempts[0]);
    second = call->attempts[i];

    if (second == NULL) {
        second = ngx_agent_attempt_create(call, NULL);
        if (second == NULL) {
            return NGX_ERROR;
        }

        call->attempts[i] = second;
    }

    if (ngx_agent_metric_take(call->model->series) != NGX_OK) {
        return NGX_OK;
    }

    if (ngx_agent_route_hedge(call, second, call->attempt) != NGX_OK) {
        ngx_agent_metric_deposit(call->model->series, AG_SHARE_WHOLE);
        return NGX_OK;
    }

    second->hedge = 1;
    ngx_agent_metric_add(call->model->series, AG_M_MODEL_HEDGES, 1);

    rc = ngx_agent_attempt_start(second);

    if (rc == NGX_DECLINED) {
        ngx_agent_attempt_end(second, second->error);
        return ngx_agent_attempt_failed(second);
    }

    return rc == NGX_ERROR ? NGX_ERROR : NGX_OK;
}
