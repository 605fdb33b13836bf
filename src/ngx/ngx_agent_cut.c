/*
 * Copyright (C) ngx_agent authors
 *
 * "cut on": a stream that passes what was reserved for it ends there, as if
 * the model had come to the bound of its output; its provider is told to stop
 * by the end of the connection.
 */


#include "ngx/ngx_agent_limit.h"
#include "core/ag_tokens.h"


static ngx_uint_t ngx_agent_cut_is_over(ngx_agent_attempt_t *attempt);
static uint64_t ngx_agent_cut_ratio(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_cut_end(ngx_agent_attempt_t *attempt);


ngx_int_t
ngx_agent_cut_init(ngx_agent_call_t *call)
{
    if (!call->streaming || call->raw || call->limits == NULL
        || !call->tenant->cut)
    {
        return NGX_OK;
    }

    call->cutting = ngx_pcalloc(call->pool, sizeof(ag_cut_t));

    return call->cutting ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_agent_cut(ngx_agent_attempt_t *attempt)
{
    if (attempt->call->cutting == NULL || attempt->ended
        || !ngx_agent_cut_is_over(attempt))
    {
        return NGX_OK;
    }

    if (ngx_agent_cut_end(attempt) != NGX_OK) {
        return NGX_ERROR;
    }

    attempt->ended = 1;
    attempt->shortened = 1;

    return NGX_OK;
}


static ngx_uint_t
ngx_agent_cut_is_over(ngx_agent_attempt_t *attempt)
{
    ngx_uint_t           i;
    ag_claim_t          *claim;
    ag_charge_t          charge;
    ag_charge_end_t      end;
    ngx_agent_limits_t  *limits;

    limits = attempt->call->limits;

    ngx_memzero(&end, sizeof(ag_charge_end_t));

    end.asked = 1;
    end.said = attempt->said;
    end.ratio = ngx_agent_cut_ratio(attempt->call);

    if (attempt->call->request.max_output_tokens != 0) {

        /*
         * Its provider counts better than we do, and knows when to stop: only
         * who does not is stopped.
         */

        end.ratio = AG_TOKENS_RATIO_MAX;
        end.said = attempt->said / 2;
    }
    end.estimate = limits->request.input;
    end.price = limits->request.price;

    ag_charge_settle(&end, &charge);

    for (i = 0; i < limits->count; i++) {
        claim = &limits->claims[i];

        if (claim->limit->resource == AG_RESOURCE_REQUESTS
            || claim->limit->resource == AG_RESOURCE_CONCURRENCY
            || claim->limit->dry_run)
        {
            continue;
        }

        if (ag_charge_of(&charge, claim->limit->resource) > claim->taken) {
            return 1;
        }
    }

    return 0;
}


static uint64_t
ngx_agent_cut_ratio(ngx_agent_call_t *call)
{
    return call->model->series ? call->model->series->ratio : 0;
}


/* Behind what the client gets anyway; it is told what is known by now. */
static ngx_int_t
ngx_agent_cut_end(ngx_agent_attempt_t *attempt)
{
    int                rc;
    uint64_t           said;
    ag_usage_t        *usage;
    ngx_agent_call_t  *call;

    call = attempt->call;
    usage = &attempt->usage;
    said = ag_tokens_of(attempt->said, ngx_agent_cut_ratio(call));

    if (usage->input_tokens == 0) {
        usage->input_tokens = call->limits->request.input;
    }

    usage->output_tokens = ngx_max(usage->output_tokens, said);
    usage->known = 1;

    if (attempt->translated) {
        rc = ag_translate_cut(&attempt->translation->answer);
        attempt->parsed = attempt->translation->out.len;

        return rc == AG_OK ? NGX_OK : NGX_ERROR;
    }

    attempt->answer.len = attempt->parsed;

    rc = ag_cut_write(&attempt->answer, call->cutting, call->endpoint, usage,
                      call->request.include_usage);
    attempt->parsed = attempt->answer.len;

    return rc == AG_OK ? NGX_OK : NGX_ERROR;
}
