/*
 * Copyright (C) ngx_agent authors
 *
 * Has the answer the form that was asked for?  ag_validate decides; an answer
 * that was mended takes the place of the one that came.
 */


#include "ngx/ngx_agent.h"


static ngx_int_t ngx_agent_validate_done(ngx_agent_attempt_t *attempt,
    int rc, ag_validate_result_t *result);


ngx_int_t
ngx_agent_validate_whole(ngx_agent_attempt_t *attempt)
{
    int                    rc;
    ag_buf_t               mended;
    ngx_agent_call_t      *call;
    ag_validate_result_t   result;

    call = attempt->call;
    ag_buf_init(&mended, AG_ANSWER_MAX);
    ngx_memzero(&result, sizeof(ag_validate_result_t));

    rc = ag_validate(&call->validate, call->endpoint,
                     ngx_agent_str(&call->body),
                     ag_buf_str(&attempt->answer), &mended, &result);

    if (rc == AG_OK && result.repaired) {
        ag_buf_free(&attempt->answer);
        attempt->answer = mended;
        attempt->repaired = 1;

        ngx_agent_metric_add(call->model->series, AG_M_MODEL_REPAIRED, 1);

    } else {
        ag_buf_free(&mended);
    }

    return ngx_agent_validate_done(attempt, rc, &result);
}


ngx_int_t
ngx_agent_validate_stream(ngx_agent_attempt_t *attempt)
{
    int                    rc;
    ag_buf_t              *events;
    ngx_agent_call_t      *call;
    ag_validate_result_t   result;

    call = attempt->call;
    events = attempt->translated ? &attempt->translation->out
                                 : &attempt->answer;
    ngx_memzero(&result, sizeof(ag_validate_result_t));

    rc = ag_validate_stream(&call->validate, call->endpoint,
                            ngx_agent_str(&call->body),
                            ag_str(events->data, attempt->parsed), &result);

    return ngx_agent_validate_done(attempt, rc, &result);
}


static ngx_int_t
ngx_agent_validate_done(ngx_agent_attempt_t *attempt, int rc,
    ag_validate_result_t *result)
{
    ngx_agent_call_t  *call;

    if (rc == AG_OK) {
        return NGX_OK;
    }

    if (rc == AG_NOMEM) {
        return NGX_ERROR;
    }

    call = attempt->call;

    ngx_log_error(NGX_LOG_INFO, call->log, 0,
                  "agent: answer is not valid, target: \"%V\", reason: %s, "
                  "id: %V", &attempt->peer->name,
                  result->reason ? result->reason : "too large to validate",
                  &call->request_id);

    ngx_agent_metric_add(call->model->series, AG_M_MODEL_INVALID, 1);

    return ngx_agent_attempt_decline(attempt, AG_E_INVALID_OUTPUT);
}
