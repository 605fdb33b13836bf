/*
 * Copyright (C) ngx_agent authors
 *
 * An attempt has failed: ag_chain says what next, its key rests, and what the
 * client will be told is put aside in case nobody does better.
 */


#include "ngx/ngx_agent_curl.h"
#include "ngx/ngx_agent_state.h"
#include "core/ag_sanitize.h"
#include "core/ag_wait.h"
#include "dialect/ag_message.h"


#define NGX_AGENT_SAID_MAX  300     /* bytes of a provider's text in the log */


static void ngx_agent_failure_ask(ngx_agent_attempt_t *attempt,
    ag_chain_step_t *step);
static ngx_uint_t ngx_agent_failure_may_retry(ngx_agent_attempt_t *attempt,
    ag_chain_step_t *step);
static uint64_t ngx_agent_failure_wait(ngx_agent_attempt_t *attempt);
static void ngx_agent_failure_rest(ngx_agent_attempt_t *attempt,
    uint64_t asked);
static void ngx_agent_failure_keep(ngx_agent_attempt_t *attempt);
static void ngx_agent_failure_words(ngx_agent_attempt_t *attempt,
    ag_buf_t *message);
static void ngx_agent_failure_copy(ngx_agent_call_t *call, ag_str_t *to,
    ag_str_t text);
static ngx_uint_t ngx_agent_failure_as_sent(ngx_agent_attempt_t *attempt);
static void ngx_agent_failure_mask(ngx_agent_provider_t *provider,
    ag_buf_t *said);
static void ngx_agent_failure_log(ngx_agent_attempt_t *attempt,
    ag_chain_step_t *step);


static const char  *ngx_agent_failure_actions[] = {
    "give up", "retry", "another key", "next target"
};


ngx_int_t
ngx_agent_attempt_failed(ngx_agent_attempt_t *attempt)
{
    ngx_uint_t         i;
    ag_chain_step_t    step;
    ngx_agent_call_t  *call;

    call = attempt->call;

    ngx_agent_failure_ask(attempt, &step);

    if (call->chain.error == attempt->error
        && call->chain.error_target == attempt->number)
    {
        ngx_agent_failure_keep(attempt);
    }

    ngx_agent_failure_log(attempt, &step);

    for (i = 0; i < NGX_AGENT_ATTEMPTS; i++) {
        if (call->attempts[i] != NULL && call->attempts[i]->running) {
            call->attempt = call->attempts[i];
            return NGX_OK;
        }
    }

    if (step.action == AG_CHAIN_GIVE_UP) {
        return ngx_agent_attempt_give_up(call);
    }

    if (step.action != AG_CHAIN_NEXT) {
        ngx_agent_metric_add(call->model->series, AG_M_MODEL_RETRIES, 1);
    }

    call->route_at = 0;

    if (step.wait_ms != 0) {
        call->route_at = ngx_current_msec + (ngx_msec_t) step.wait_ms;
    }

    ngx_agent_call_goto(call, NGX_AGENT_PHASE_ROUTE);

    return NGX_OK;
}


/* What next; a retry that the tenant may not make becomes the next target. */
static void
ngx_agent_failure_ask(ngx_agent_attempt_t *attempt, ag_chain_step_t *step)
{
    ngx_agent_call_t    *call;
    ag_chain_failure_t   failure;

    call = attempt->call;

    ngx_memzero(&failure, sizeof(ag_chain_failure_t));

    failure.target = (uint32_t) attempt->number;
    failure.class = attempt->error;
    failure.wait_ms = ngx_agent_failure_wait(attempt);
    failure.elapsed_ms = ngx_agent_route_elapsed(call);
    failure.random = ngx_agent_request_random(call->main);
    failure.may_retry = 1;

    failure.another_key = (ngx_agent_peer_keys(attempt->target->provider,
                                                 attempt->peer)
                           & ~(1u << attempt->key)) != 0;

    ngx_agent_failure_rest(attempt, failure.wait_ms);

    failure.another_replica = ngx_agent_peer_elsewhere(attempt);

    *step = ag_chain_fail(&call->chain, &call->plan, &failure);

    if ((step->action == AG_CHAIN_RETRY
         || (step->action == AG_CHAIN_KEY && !failure.another_replica
             && attempt->error == AG_E_RATE_LIMIT))
        && !ngx_agent_failure_may_retry(attempt, step))
    {
        ag_chain_skip(&call->chain, (uint32_t) attempt->number);
        step->action = AG_CHAIN_NEXT;
        step->wait_ms = 0;
    }
}


/* Not in vain, and not more than the tenant's share. */
static ngx_uint_t
ngx_agent_failure_may_retry(ngx_agent_attempt_t *attempt,
    ag_chain_step_t *step)
{
    ngx_agent_call_t  *call;

    call = attempt->call;

    if (!ngx_agent_peer_returns(attempt, (ngx_msec_t) step->wait_ms)) {
        return 0;
    }

    if (ngx_agent_metric_take(call->tenant->series) == NGX_OK) {
        return 1;
    }

    ngx_agent_metric_add(call->tenant->series, AG_M_TENANT_RETRIES_REFUSED, 1);

    return 0;
}


/* Milliseconds that the provider asks for, + 1; 0: it does not. */
static uint64_t
ngx_agent_failure_wait(ngx_agent_attempt_t *attempt)
{
    uint64_t               wait;
    ngx_uint_t             i, n;
    ngx_keyval_t          *header;
    ag_wait_header_t      *headers;
    ngx_agent_transfer_t  *t;

    t = attempt->transfer;

    if (t == NULL || t->status < NGX_HTTP_BAD_REQUEST) {
        return 0;
    }

    n = t->headers.nelts;
    header = t->headers.elts;
    headers = ngx_palloc(attempt->call->pool,
                         (n + 1) * sizeof(ag_wait_header_t));
    if (headers == NULL) {
        return 0;
    }

    for (i = 0; i < n; i++) {
        headers[i].name = ngx_agent_str(&header[i].key);
        headers[i].value = ngx_agent_str(&header[i].value);
    }

    return ag_wait_read(headers, n, ag_buf_str(&attempt->answer),
                        (int64_t) ngx_time(), &wait)
           == AG_OK ? wait + 1 : 0;
}


/*
 * A key that was limited rests at its target as long as the provider asks
 * ("asked", + 1); not at a target of many models, of which one has a limit.
 * A key that was refused rests everywhere.
 */
static void
ngx_agent_failure_rest(ngx_agent_attempt_t *attempt, uint64_t asked)
{
    ngx_msec_t             time;
    ngx_agent_rest_t      *rest;
    ngx_agent_provider_t  *provider;

    provider = attempt->target->provider;

    if (attempt->error == AG_E_RATE_LIMIT) {

        if (asked == 0 || attempt->target->any) {
            return;
        }

        time = (ngx_msec_t) ngx_min(asked - 1, AG_REST_MAX_MS);
        rest = &attempt->peer->state->rests[attempt->key];

    } else if (ag_error_row(attempt->error)->breaker == AG_BREAKER_key) {
        time = (ngx_msec_t) provider->breaker.open_ms;
        rest = &provider->state->rests[attempt->key];

        ngx_log_error(NGX_LOG_ERR, attempt->call->log, 0,
                      "agent: key refused, provider: \"%V\", key: %ui, "
                      "status: %ui", &provider->name, attempt->key + 1,
                      attempt->transfer ? attempt->transfer->status : 0);

    } else {
        return;
    }

    ngx_agent_metric_add(attempt->peer->series, AG_M_TARGET_RESTED, 1);

    /* never shortened by a later and smaller wish */

    if ((ngx_msec_int_t) (rest->until - (ngx_current_msec + time)) < 0) {
        rest->until = ngx_current_msec + time;
    }
}


/* ---- what the client will be told ---- */


/*
 * The client's own mistake goes out in the provider's words, since clients
 * match them; but for what must not be seen.
 */
static void
ngx_agent_failure_keep(ngx_agent_attempt_t *attempt)
{
    ag_buf_t               said, message;
    ngx_agent_call_t      *call;
    ngx_agent_failure_t   *failure;

    call = attempt->call;
    failure = &call->failure;

    failure->target = attempt->target;
    failure->transfer = attempt->transfer;
    failure->status = attempt->transfer ? attempt->transfer->status : 0;
    failure->body.len = 0;
    failure->message = ag_str(NULL, 0);
    failure->param = ag_str(NULL, 0);
    failure->code = ag_str(NULL, 0);

    if (attempt->refusal.class != AG_E_NONE) {
        ngx_agent_failure_copy(call, &failure->message,
                               attempt->refusal.message);
        ngx_agent_failure_copy(call, &failure->param, attempt->refusal.param);
        return;
    }

    if (!ngx_agent_failure_as_sent(attempt)) {
        return;
    }

    ag_buf_init(&said, AG_ERROR_BODY_MAX);
    ag_buf_init(&message, AG_ERROR_BODY_MAX);

    if (ag_message_read(ag_buf_str(&failure->body), &said) == AG_OK
        && ag_sanitize(&message, ag_buf_str(&said), AG_SANITIZE_MESSAGE, NULL)
           == AG_OK)
    {
        ngx_agent_failure_copy(call, &failure->message, ag_buf_str(&message));
    }

    if (attempt->translated) {
        ngx_agent_failure_words(attempt, &message);
        failure->body.len = 0;      /* its shape is not the client's */
    }

    ag_buf_free(&said);
    ag_buf_free(&message);
}


/*
 * What is left of a refusal in another shape: its code and parameter where
 * both sides have such, and the words by which Anthropic's clients know that
 * they must make room.
 */
static void
ngx_agent_failure_words(ngx_agent_attempt_t *attempt, ag_buf_t *message)
{
    ag_buf_t               code, param;
    ngx_agent_call_t      *call;
    ngx_agent_failure_t   *failure;

    call = attempt->call;
    failure = &call->failure;

    if (attempt->error == AG_E_CONTEXT_LENGTH
        && call->client == &ag_anthropic)
    {
        code = *message;
        ag_buf_init(message, AG_ERROR_BODY_MAX);

        if (ag_buf_add_string(message, "prompt is too long: ") == AG_OK
            && ag_buf_add(message, code.data, code.len) == AG_OK)
        {
            ngx_agent_failure_copy(call, &failure->message,
                                   ag_buf_str(message));
        }

        ag_buf_free(&code);
        return;
    }

    if (attempt->error != AG_E_INVALID_REQUEST) {
        return;
    }

    ag_buf_init(&code, AG_ERROR_BODY_MAX);
    ag_buf_init(&param, AG_ERROR_BODY_MAX);

    if (ag_message_read_words(ag_buf_str(&failure->body), &code, &param)
        == AG_OK)
    {
        ngx_agent_failure_copy(call, &failure->code, ag_buf_str(&code));
        ngx_agent_failure_copy(call, &failure->param, ag_buf_str(&param));
    }

    ag_buf_free(&code);
    ag_buf_free(&param);
}


static void
ngx_agent_failure_copy(ngx_agent_call_t *call, ag_str_t *to, ag_str_t text)
{
    u_char  *p;

    p = (text.len != 0) ? ngx_pnalloc(call->pool, text.len) : NULL;

    if (p != NULL) {
        *to = ag_str(p, text.len);
        ngx_memcpy(p, text.data, text.len);
    }
}


/* Puts the body to be sent into failure.body; 0: the table's words do. */
static ngx_uint_t
ngx_agent_failure_as_sent(ngx_agent_attempt_t *attempt)
{
    ag_str_t               secrets[AG_PROVIDER_KEYS_MAX], body;
    unsigned               changed;
    ngx_uint_t             i;
    ngx_agent_key_t       *key;
    ngx_agent_failure_t   *failure;
    ngx_agent_provider_t  *provider;

    if (!ag_message_forwards(attempt->error) || attempt->transfer == NULL
        || attempt->transfer->cut || attempt->transfer->status < 400
        || attempt->transfer->status >= 500)
    {
        return 0;
    }

    failure = &attempt->call->failure;
    provider = attempt->target->provider;
    key = provider->keys.elts;

    for (i = 0; i < provider->keys.nelts; i++) {
        secrets[i] = ngx_agent_str(&key[i].value);
    }

    if (failure->body.max == 0) {
        ag_buf_init(&failure->body, 2 * AG_ERROR_BODY_MAX);
    }

    body = ag_buf_str(&attempt->answer);

    if (ag_sanitize_json(&failure->body, body, secrets,
                         provider->keys.nelts, &changed)
        != AG_OK)
    {
        failure->body.len = 0;
        return 0;
    }

    if (!changed
        && ag_buf_add(&failure->body, body.data, body.len) != AG_OK)
    {
        return 0;
    }

    return 1;
}


ngx_int_t
ngx_agent_attempt_give_up(ngx_agent_call_t *call)
{
    call->target = call->failure.target;
    call->transfer = call->failure.transfer;
    call->provider_status = call->failure.status;
    call->error.message = call->failure.message;
    call->error.param = call->failure.param;
    call->error.code = call->failure.code;

    /* 413, 422: the status says something even where the body may not */

    if (call->chain.error == AG_E_INVALID_REQUEST && call->failure.status >= 400
        && call->failure.status < 500)
    {
        call->error.status = (unsigned) call->failure.status;

        if (call->failure.status == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE
            && call->failure.body.len == 0)
        {
            return ngx_agent_call_fail(call, AG_E_REQUEST_TOO_LARGE);
        }
    }

    return ngx_agent_call_fail(call, call->chain.error);
}


/*
 * A provider's words about itself are logged without secrets; those about the
 * request may hold a piece of it and are not.
 */
static void
ngx_agent_failure_log(ngx_agent_attempt_t *attempt, ag_chain_step_t *step)
{
    size_t                 i;
    ag_buf_t               said, text;
    ngx_uint_t             level;
    ngx_agent_call_t      *call;
    ngx_agent_transfer_t  *t;

    if (attempt->error == AG_E_CLIENT_GONE) {
        return;
    }

    call = attempt->call;
    t = attempt->transfer;

    ag_buf_init(&said, AG_ERROR_BODY_MAX);
    ag_buf_init(&text, AG_ERROR_BODY_MAX);

    if (t != NULL && t->status >= 400 && ag_message_is_own(attempt->error)
        && ag_message_read(ag_buf_str(&attempt->answer), &said) == AG_OK)
    {
        ngx_agent_failure_mask(attempt->target->provider, &said);
        (void) ag_sanitize(&text, ag_buf_str(&said), AG_SANITIZE_SECRETS,
                           NULL);
    }

    text.len = ngx_min(text.len, NGX_AGENT_SAID_MAX);

    for (i = 0; i < text.len; i++) {
        text.data[i] = (text.data[i] == '\n') ? ' ' : text.data[i];
    }

    level = (attempt->refusal.class != AG_E_NONE
             || ag_message_forwards(attempt->error)) ? NGX_LOG_INFO
                                                     : NGX_LOG_WARN;

    ngx_log_error(level, call->log, 0,
                  "agent: attempt failed, target: \"%V\", class: %s, "
                  "status: %ui, try: %uD, next: %s, wait: %uL ms, said: "
                  "\"%*s\", id: %V", &attempt->peer->name,
                  ag_error_row(attempt->error)->name,
                  t ? t->status : (ngx_uint_t) 0, call->chain.attempts,
                  ngx_agent_failure_actions[step->action], step->wait_ms,
                  text.len, text.data ? text.data : (u_char *) "",
                  &call->request_id);

    ag_buf_free(&said);
    ag_buf_free(&text);
}


/* The provider's own keys, whatever they look like. */
static void
ngx_agent_failure_mask(ngx_agent_provider_t *provider, ag_buf_t *said)
{
    u_char           *p, *last;
    ngx_uint_t        i;
    ngx_agent_key_t  *key;

    key = provider->keys.elts;

    for (i = 0; i < provider->keys.nelts; i++) {
        last = said->data + said->len;
        p = said->data;

        while (p != NULL) {
            p = memmem(p, (size_t) (last - p), key[i].value.data,
                       key[i].value.len);

            if (p != NULL) {
                ngx_memset(p, '*', key[i].value.len);
                p += key[i].value.len;
            }
        }
    }
}
