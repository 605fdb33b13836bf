/*
 * Copyright (C) ngx_agent authors
 *
 * SEND, and the life of an attempt: its start, its end, and its report to
 * whoever keeps count of targets.
 */


#include "ngx/ngx_agent_curl.h"
#include "ngx/ngx_agent_state.h"

static ngx_int_t ngx_agent_attempt_send(ngx_agent_attempt_t *attempt);
static ngx_int_t ngx_agent_attempt_raw(ngx_agent_call_t *call,
    ngx_agent_curl_request_t *request);
static void ngx_agent_attempt_patch(ngx_agent_attempt_t *attempt,
    ngx_agent_curl_request_t *request);
static ngx_int_t ngx_agent_attempt_resolve(ngx_agent_attempt_t *attempt);
static void ngx_agent_attempt_stop(ngx_agent_attempt_t *attempt);
static void ngx_agent_attempt_report(ngx_agent_attempt_t *attempt,
    ag_breaker_outcome_t outcome);
static void ngx_agent_attempt_give(ngx_agent_attempt_t *attempt);
static void ngx_agent_attempt_count(ngx_agent_attempt_t *attempt);


ngx_agent_attempt_t *
ngx_agent_attempt_create(ngx_agent_call_t *call, ngx_agent_attempt_t *memory)
{
    ngx_agent_attempt_t  *attempt;

    attempt = memory;

    if (attempt == NULL) {
        attempt = ngx_pcalloc(call->pool, sizeof(ngx_agent_attempt_t));
        if (attempt == NULL) {
            return NULL;
        }
    }

    attempt->call = call;
    ag_buf_init(&attempt->answer, AG_ANSWER_MAX);
    ag_sse_init(&attempt->sse);

    return attempt;
}


/* ---- start ---- */


ngx_int_t
ngx_agent_call_send(ngx_agent_call_t *call)
{
    ngx_int_t   rc;
    ngx_msec_t  at, next;

    rc = ngx_agent_attempt_start(call->attempt);

    if (rc == NGX_OK) {
        ngx_agent_call_goto(call, NGX_AGENT_PHASE_RECEIVE);
        return NGX_OK;
    }

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED) {
        ngx_agent_attempt_end(call->attempt, call->attempt->error);
        return ngx_agent_attempt_failed(call->attempt);
    }

    if (ngx_agent_reply_heartbeat(call) == NGX_ERROR) {
        return ngx_agent_call_fail(call, AG_E_CLIENT_GONE);
    }

    at = ngx_agent_attempt_resolve_by(call->attempt);
    next = ngx_agent_reply_heartbeat_at(call);

    if (next != 0 && (ngx_msec_int_t) (next - at) < 0) {
        at = next;
    }

    ngx_agent_call_wake_at(call, at);

    return NGX_AGAIN;
}


ngx_int_t
ngx_agent_attempt_start(ngx_agent_attempt_t *attempt)
{
    ngx_int_t              rc;
    ngx_agent_call_t      *call;
    ngx_agent_transfer_t  *t;

    call = attempt->call;
    rc = ngx_agent_attempt_resolve(attempt);

    if (rc == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    if (rc != NGX_OK) {
        attempt->error = (rc != NGX_DECLINED) ? AG_E_NETWORK
                         : attempt->impatient ? AG_E_TIMEOUT_TOTAL
                                              : AG_E_TIMEOUT_CONNECT;
        return NGX_DECLINED;
    }

    ngx_agent_attempt_stop(attempt);    /* a connection that was dead */

    t = ngx_pcalloc(call->pool, sizeof(ngx_agent_transfer_t));
    if (t == NULL) {
        return NGX_ERROR;
    }

    t->wake = &call->wake;
    t->pool = call->pool;
    t->log = call->log;
    t->sink = &attempt->answer;

    attempt->transfer = t;
    attempt->sent = ngx_current_msec;
    attempt->heard = ngx_current_msec;

    if (!attempt->hedge) {
        call->transfer = t;
    }

    return ngx_agent_attempt_send(attempt);
}


static ngx_int_t
ngx_agent_attempt_send(ngx_agent_attempt_t *attempt)
{
    ngx_int_t                  rc;
    ag_patch_t                 patches[AG_PATCHES_MAX];
    ngx_agent_call_t          *call;
    ngx_agent_curl_request_t   request;

    rc = ngx_agent_translate_request(attempt);

    if (rc != NGX_OK) {
        return rc;
    }

    call = attempt->call;

    ngx_memzero(&request, sizeof(ngx_agent_curl_request_t));

    if (ngx_agent_forward_headers(attempt, &request.headers) != NGX_OK) {
        return NGX_ERROR;
    }

    request.patches = patches;

    if (call->raw) {
        if (ngx_agent_attempt_raw(call, &request) != NGX_OK) {
            return NGX_ERROR;
        }

    } else {
        ngx_agent_attempt_patch(attempt, &request);
    }

    if (!attempt->translated) {
        attempt->transfer->prefix = call->client->forward_prefix;
    }

    request.provider = attempt->target->provider;
    request.replica = attempt->peer->replica;
    request.key = attempt->key;
    request.connect = attempt->timeout.connect;
    request.stream = call->streaming;
    request.fresh = (attempt->redials != 0);

    if (ngx_agent_curl_start(attempt->transfer, &request) != NGX_OK) {
        attempt->error = attempt->transfer->error;
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* A path of agent_passthrough: all of it as it came. */
static ngx_int_t
ngx_agent_attempt_raw(ngx_agent_call_t *call,
    ngx_agent_curl_request_t *request)
{
    ngx_table_elt_t  *type;

    type = call->r->headers_in.content_type;

    request->method = call->r->method_name;
    request->args = call->r->args;
    request->body = call->body;

    if (type != NULL) {
        request->content_type = type->value;
    }

    return ngx_agent_passthrough_path(call, &request->path);
}


/* What is asked: the client's own body, path and query, or the translated. */
static void
ngx_agent_attempt_patch(ngx_agent_attempt_t *attempt,
    ngx_agent_curl_request_t *request)
{
    ag_request_t               translated, *asked;
    ngx_agent_call_t          *call;
    ngx_agent_provider_t      *provider;
    ngx_agent_translation_t   *t;

    t = attempt->translation;
    call = attempt->call;
    provider = attempt->target->provider;

    if (attempt->translated || provider->dialect == &ag_azure) {
        request->path.data = t->path.data;
        request->path.len = t->path.len;
        request->args.data = t->args.data;
        request->args.len = t->args.len;

    } else {
        request->path.data = call->path.data - 1;
        request->path.len = call->path.len + 1;
        request->args = call->r->args;
    }

    attempt->hide_usage = provider->usage_chunk
                          && !call->request.include_usage;

    if (!attempt->translated) {
        asked = attempt->cut ? &t->cut : &call->request;

        request->body.data = (u_char *) asked->body.data;
        request->body.len = asked->body.len;
        request->patch_count = ag_request_patch(asked,
                                  ngx_agent_str(&attempt->target->model_json),
                                  provider->usage_chunk,
                                  provider->fields.elts,
                                  provider->fields.nelts, request->patches);
        return;
    }

    request->body.data = t->body.data;
    request->body.len = t->body.len;

    if (provider->fields.nelts != 0) {
        ngx_memzero(&translated, sizeof(ag_request_t));
        translated.endpoint = call->endpoint;
        translated.body = ag_buf_str(&t->body);

        request->patch_count = ag_request_patch(&translated, ag_str(NULL, 0),
                                                0, provider->fields.elts,
                                                provider->fields.nelts,
                                                request->patches);
    }
}


ngx_int_t
ngx_agent_attempt_decline(ngx_agent_attempt_t *attempt,
    ag_error_class_t class)
{
    attempt->error = class;

    return NGX_DECLINED;
}


/* NGX_DECLINED: no address in time. */
static ngx_int_t
ngx_agent_attempt_resolve(ngx_agent_attempt_t *attempt)
{
    ngx_int_t                  rc;
    ngx_resolver_t            *resolver;
    ngx_agent_call_t          *call;
    ngx_agent_waiter_t        *waiter;
    ngx_agent_resolve_t       *resolve;
    ngx_http_core_loc_conf_t  *clcf;

    resolve = ngx_agent_curl_resolve(attempt->peer->replica);

    if (resolve->url->literal) {
        return NGX_OK;
    }

    call = attempt->call;
    waiter = attempt->waiter;

    if (waiter == NULL) {
        waiter = ngx_pcalloc(call->pool, sizeof(ngx_agent_waiter_t));
        if (waiter == NULL) {
            return NGX_ERROR;
        }

        waiter->wake = &call->wake;
        attempt->waiter = waiter;
    }

    clcf = ngx_http_get_module_loc_conf(call->r, ngx_http_core_module);

    resolver = (clcf->resolver && clcf->resolver->connections.nelts)
               ? clcf->resolver : call->main->resolver;

    rc = ngx_agent_resolve(resolve, waiter, resolver,
                           attempt->timeout.connect);

    if (rc == NGX_AGAIN
        && (ngx_msec_int_t) (ngx_agent_attempt_resolve_by(attempt)
                             - ngx_current_msec) <= 0)
    {
        return NGX_DECLINED;
    }

    return rc;
}


ngx_msec_t
ngx_agent_attempt_resolve_by(ngx_agent_attempt_t *attempt)
{
    ngx_msec_t         at, limit;
    ngx_agent_call_t  *call;

    call = attempt->call;
    at = attempt->sent + attempt->timeout.connect;

    if (call->patience != 0) {
        limit = call->at.started + call->patience;
        attempt->impatient = ((ngx_msec_int_t) (limit - at) < 0);

        if (attempt->impatient) {
            return limit;
        }
    }

    return at;
}


/* ---- end ---- */


void
ngx_agent_attempt_end(ngx_agent_attempt_t *attempt, ag_error_class_t class)
{
    ag_breaker_outcome_t  outcome;

    if (!attempt->running) {
        return;
    }

    /* a client that waits for a moment only says nothing of a provider */

    outcome = (class == AG_E_NONE) ? AG_BREAKER_SUCCESS
              : (ag_error_row(class)->breaker == AG_BREAKER_yes
                 && !(class == AG_E_TIMEOUT_TOTAL && attempt->impatient))
              ? AG_BREAKER_FAILURE : AG_BREAKER_NEUTRAL;

    attempt->running = 0;
    attempt->error = class;

    if (class != AG_E_NONE) {
        ngx_agent_attempt_stop(attempt);
    }

    if (attempt->waiter != NULL) {
        ngx_agent_resolve_leave(attempt->waiter);
    }

    ngx_agent_attempt_report(attempt, outcome);
    ngx_agent_attempt_give(attempt);

    if (attempt->refusal.class != AG_E_NONE) {

        /* we refused it ourselves: its provider was never asked */

        ag_chain_unstart(&attempt->call->chain, (uint32_t) attempt->number);
        return;
    }

    ngx_agent_attempt_count(attempt);
}


/* The next transfer makes its own copy of the body, and bodies are large. */
static void
ngx_agent_attempt_stop(ngx_agent_attempt_t *attempt)
{
    ngx_agent_transfer_t  *t;

    t = attempt->transfer;

    if (t == NULL) {
        return;
    }

    ngx_agent_curl_stop(t);

    if (t->copy != NULL) {
        (void) ngx_pfree(attempt->call->pool, t->copy);
        t->copy = NULL;
    }
}


void
ngx_agent_attempt_commit(ngx_agent_attempt_t *attempt)
{
    if (attempt->ticket.probe != 0) {
        ngx_agent_attempt_report(attempt, AG_BREAKER_SUCCESS);
    }
}


/*
 * A probe is good from its first content on, or it would last as long as its
 * stream; if that breaks later, it is one failure more.
 */
static void
ngx_agent_attempt_report(ngx_agent_attempt_t *attempt,
    ag_breaker_outcome_t outcome)
{
    ag_breaker_t            *breaker;
    ag_breaker_conf_t       *conf;
    ag_breaker_change_t      change;
    ag_breaker_ticket_t      late;
    ngx_agent_peer_state_t  *state;

    state = attempt->peer->state;
    breaker = &state->breaker;
    conf = &attempt->target->provider->breaker;

    if (!(attempt->held & NGX_AGENT_HELD_TICKET)) {

        if (outcome != AG_BREAKER_FAILURE) {
            return;
        }

        late.generation = breaker->generation;
        late.probe = 0;
        attempt->ticket = late;
    }

    attempt->held &= ~NGX_AGENT_HELD_TICKET;

    if (attempt->target->provider->breaker_off) {
        return;
    }

    if (outcome != AG_BREAKER_FAILURE && attempt->ticket.probe == 0
        && ag_breaker_quiet(breaker, conf))
    {
        return;
    }

    ngx_agent_state_lock(&state->lock);

    change = ag_breaker_report(breaker, conf, ngx_current_msec,
                               &attempt->ticket, outcome);

    ngx_agent_state_unlock(&state->lock);

    ngx_agent_peer_changed(attempt, change);
}


static void
ngx_agent_attempt_give(ngx_agent_attempt_t *attempt)
{
    ngx_agent_call_t      *call;
    ngx_agent_provider_t  *provider;

    call = attempt->call;
    provider = attempt->target->provider;

    if (attempt->held & NGX_AGENT_HELD_BUSY) {
        ngx_agent_state_give(call->main, attempt->peer->state->counter);
    }

    if (attempt->held & NGX_AGENT_HELD_PLACE) {
        ngx_agent_state_give(call->main, provider->state->places);
        ngx_agent_queue_wake(provider);
    }

    attempt->held = 0;
}


static void
ngx_agent_attempt_count(ngx_agent_attempt_t *attempt)
{
    ngx_msec_t               time;
    ngx_agent_series_t      *series;
    ngx_agent_peer_state_t  *state;

    series = attempt->peer->series;
    time = ngx_current_msec - attempt->sent;

    ngx_agent_metric_add(series, AG_M_TARGET_ATTEMPTS, 1);
    ngx_agent_metric_observe(series, AG_M_TARGET_DURATION, time);

    if (attempt->first != 0) {
        time = attempt->first - attempt->sent;
        ngx_agent_metric_observe(series, AG_M_TARGET_FIRST_TOKEN, time);
    }

    if (attempt->error == AG_E_NONE) {

        /* two workers may both read the old value: an average bears that */

        state = attempt->peer->state;
        state->latency = ag_balance_latency((uint32_t) state->latency,
                                            (uint64_t) time * 1000);
        return;
    }

    if (attempt->error != AG_E_CLIENT_GONE) {
        ngx_agent_metric_add(series, AG_M_TARGET_FAILED, 1);
        ngx_agent_target_failed(series, attempt->error,
                                attempt->transfer ? attempt->transfer->status
                                                  : 0);
    }
}
