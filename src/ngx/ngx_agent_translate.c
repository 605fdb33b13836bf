/*
 * Copyright (C) ngx_agent authors
 *
 * An attempt at a provider that does not speak the client's dialect: its
 * request is written out of the neutral form, its answer is read into it.
 * What is decided is decided in src/dialect.
 */


#include "ngx/ngx_agent.h"
#include "dialect/ag_estimate.h"
#include "dialect/ag_foreign.h"


static ngx_agent_translation_t *ngx_agent_translate_create(
    ngx_agent_attempt_t *attempt);
static ngx_uint_t ngx_agent_translate_is_foreign(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_translate_cut(ngx_agent_attempt_t *attempt);
static void ngx_agent_translate_clear(ngx_agent_translation_t *t);
static void ngx_agent_translate_to(ngx_agent_attempt_t *attempt);
static ngx_int_t ngx_agent_translate_path(ngx_agent_attempt_t *attempt);
static ngx_int_t ngx_agent_translate_body(ngx_agent_attempt_t *attempt);
static ngx_int_t ngx_agent_translate_result(ngx_agent_attempt_t *attempt,
    int rc);


ngx_uint_t
ngx_agent_translate_native(ngx_agent_provider_t *provider,
    ag_endpoint_t endpoint)
{
    return ag_translate_native(provider->dialect, provider->quirks, endpoint);
}


ngx_uint_t
ngx_agent_translate_serves(ngx_agent_provider_t *provider,
    ag_endpoint_t endpoint)
{
    return ngx_agent_translate_native(provider, endpoint)
           || ag_translate_can(provider->dialect, endpoint);
}


/* ---- requests ---- */


ngx_int_t
ngx_agent_translate_request(ngx_agent_attempt_t *attempt)
{
    int                    rc;
    ngx_agent_call_t      *call;
    ngx_agent_provider_t  *provider;

    call = attempt->call;
    provider = attempt->target->provider;
    ngx_memzero(&attempt->refusal, sizeof(ag_error_t));

    if (call->raw) {
        return NGX_OK;
    }

    attempt->translated = !ngx_agent_translate_native(provider,
                                                      call->endpoint);

    attempt->cut = !attempt->translated
                   && ngx_agent_translate_is_foreign(call);

    if (!attempt->translated && !attempt->cut
        && provider->dialect != &ag_azure)
    {
        return NGX_OK;
    }

    if (attempt->translation == NULL) {
        attempt->translation = ngx_agent_translate_create(attempt);

        if (attempt->translation == NULL) {
            return NGX_ERROR;
        }
    }

    ngx_agent_translate_clear(attempt->translation);
    ngx_agent_translate_to(attempt);

    if (ngx_agent_translate_path(attempt) != NGX_OK) {
        return NGX_ERROR;
    }

    if (attempt->cut) {
        return ngx_agent_translate_cut(attempt);
    }

    if (!attempt->translated) {
        return NGX_OK;
    }

    rc = ngx_agent_translate_read(call, &attempt->refusal);

    return (rc == AG_OK) ? ngx_agent_translate_body(attempt)
                         : ngx_agent_translate_result(attempt, rc);
}


/*
 * Has another dialect's provider left something in the conversation?  Most
 * bodies hold neither mark, and are not looked through.
 */
static ngx_uint_t
ngx_agent_translate_is_foreign(ngx_agent_call_t *call)
{
    if (call->client == &ag_openai
        || (memmem(call->body.data, call->body.len, AG_SIGNATURE_MARK,
                   sizeof(AG_SIGNATURE_MARK) - 1)
            == NULL
            && memmem(call->body.data, call->body.len, AG_FOREIGN_HINT,
                      sizeof(AG_FOREIGN_HINT) - 1)
               == NULL))
    {
        return 0;
    }

    return ag_foreign_has(call->endpoint, ngx_agent_str(&call->body));
}


/* The client's own body without what its provider could not check. */
static ngx_int_t
ngx_agent_translate_cut(ngx_agent_attempt_t *attempt)
{
    int                       rc;
    ag_error_t                error;
    ngx_agent_call_t         *call;
    ngx_agent_translation_t  *t;

    t = attempt->translation;
    call = attempt->call;

    rc = ag_foreign_cut(call->endpoint, ngx_agent_str(&call->body), &t->body);

    if (rc == AG_OK) {
        rc = ag_request_read(&t->cut, call->endpoint, ag_buf_str(&t->body),
                             &error);
    }

    attempt->cut = (rc == AG_OK);

    /* nothing else is left of it: its provider is asked as it came */

    return (rc == AG_NOMEM) ? NGX_ERROR : NGX_OK;
}


static ngx_agent_translation_t *
ngx_agent_translate_create(ngx_agent_attempt_t *attempt)
{
    ngx_agent_translation_t  *t;

    t = ngx_pcalloc(attempt->call->pool, sizeof(ngx_agent_translation_t));
    if (t == NULL) {
        return NULL;
    }

    ag_arena_init(&t->arena, AG_TRANSLATE_ARENA_MAX);
    ag_buf_init(&t->path, AG_PATH_MAX);
    ag_buf_init(&t->args, AG_PATH_MAX);
    ag_buf_init(&t->body, 2 * AG_REQUEST_MAX);
    ag_buf_init(&t->out, AG_ANSWER_MAX);

    return t;
}


/* What the last attempt left. */
static void
ngx_agent_translate_clear(ngx_agent_translation_t *t)
{
    ag_translate_free(&t->answer);
    ag_arena_free(&t->arena);

    t->path.len = 0;
    t->args.len = 0;
    t->body.len = 0;
    t->out.len = 0;
}


static void
ngx_agent_translate_to(ngx_agent_attempt_t *attempt)
{
    ngx_str_t                *model;
    ag_outbound_t            *to;
    ngx_agent_call_t         *call;
    ngx_agent_target_t       *target;
    ngx_agent_provider_t     *provider;
    ngx_agent_translation_t  *t;

    t = attempt->translation;
    call = attempt->call;
    target = attempt->target;
    provider = target->provider;
    to = &t->to;
    model = &target->model;

    ngx_memzero(to, sizeof(ag_outbound_t));

    to->arena = &t->arena;
    to->provider = provider->dialect;
    to->quirks = provider->quirks;
    to->model = model->len ? ngx_agent_str(model) : call->request.model;
    to->facts = target->facts;
    to->api_version = ngx_agent_str(&provider->api_version);
    to->endpoint = call->endpoint;
    to->drop_params = (provider->drop_params != 0);
    to->stream = call->streaming;

    if (to->facts == NULL) {
        to->facts = ag_facts_find(&call->main->facts, to->model,
                                  provider->dialect);
    }
}


static ngx_int_t
ngx_agent_translate_path(ngx_agent_attempt_t *attempt)
{
    ngx_agent_translation_t  *t;

    t = attempt->translation;

    if (ag_buf_add(&t->path, "/", 1) != AG_OK
        || t->to.provider->translator->tell_path(&t->to, &t->path, &t->args)
           != AG_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* Once for all attempts of a call. */
int
ngx_agent_translate_read(ngx_agent_call_t *call, ag_error_t *error)
{
    int            rc;
    ag_neutral_t  *neutral;

    if (call->neutral != NULL) {
        return AG_OK;
    }

    neutral = ngx_pcalloc(call->pool, sizeof(ag_neutral_t));
    if (neutral == NULL) {
        return AG_NOMEM;
    }

    ag_arena_free(&call->arena);        /* a try before this one */
    yyjson_doc_free(call->tree);

    ag_arena_init(&call->arena, AG_TRANSLATE_ARENA_MAX);
    neutral->arena = &call->arena;

    rc = ag_translate_request(neutral, &call->request, &call->tree, error);

    if (rc == AG_OK) {
        call->neutral = neutral;
    }

    return rc;
}


static ngx_int_t
ngx_agent_translate_body(ngx_agent_attempt_t *attempt)
{
    int                       rc;
    ngx_agent_call_t         *call;
    ngx_agent_translation_t  *t;

    t = attempt->translation;
    call = attempt->call;

    rc = ag_translate_tell(call->neutral, &t->to, &t->body,
                           &attempt->refusal);
    if (rc != AG_OK) {
        return ngx_agent_translate_result(attempt, rc);
    }

    ag_translate_init(&t->answer, call->neutral, &t->to, call->main->id_state,
                      (int64_t) ngx_time(), &attempt->usage, &t->out);

    return NGX_OK;
}


static ngx_int_t
ngx_agent_translate_result(ngx_agent_attempt_t *attempt, int rc)
{
    switch (rc) {

    case AG_OK:
        return NGX_OK;

    case AG_LIMIT:
        attempt->refusal.class = AG_E_REQUEST_TOO_LARGE;
        break;

    case AG_INVALID:
        break;

    default:
        return NGX_ERROR;
    }

    return ngx_agent_attempt_decline(attempt, attempt->refusal.class);
}


/* Claude Code and its like plan with this number, and need no exact one. */
ngx_int_t
ngx_agent_translate_count(ngx_agent_call_t *call)
{
    int  rc;

    static ngx_str_t  estimated = ngx_string("estimated");

    rc = ngx_agent_translate_read(call, &call->error);

    if (rc == AG_INVALID || rc == AG_LIMIT) {
        return ngx_agent_call_fail(call, call->error.class);
    }

    if (rc != AG_OK
        || ag_buf_add_string(&call->page, "{\"input_tokens\":") != AG_OK
        || ag_buf_add_number(&call->page, ag_estimate_tokens(call->neutral))
           != AG_OK
        || ag_buf_add_string(&call->page, "}") != AG_OK
        || ngx_agent_header_add(call, "x-agent-degraded", &estimated)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    call->estimated = 1;
    ngx_agent_call_goto(call, NGX_AGENT_PHASE_REPLY);

    return NGX_OK;
}


/* ---- answers ---- */


ngx_int_t
ngx_agent_translate_answer(ngx_agent_attempt_t *attempt, ag_answer_t *answer)
{
    int                       rc;
    ag_buf_t                  swap;
    ngx_agent_translation_t  *t;

    t = attempt->translation;

    rc = ag_translate_answer(&t->answer, ag_buf_str(&attempt->answer), answer);

    if (rc == AG_NOMEM) {
        return NGX_ERROR;
    }

    if (rc != AG_OK) {
        answer->error = AG_E_BAD_RESPONSE;
    }

    if (answer->error == AG_E_NONE) {
        swap = attempt->answer;
        attempt->answer = t->out;
        t->out = swap;
        t->out.len = 0;
    }

    return NGX_OK;
}


ngx_int_t
ngx_agent_translate_failure(ngx_agent_attempt_t *attempt)
{
    ngx_agent_call_t         *call;
    ngx_agent_translation_t  *t;

    t = attempt->translation;
    call = attempt->call;

    if (!call->committed) {

        /* what it has said is not for the client any more */

        t->out.len = 0;
        ag_translate_free(&t->answer);
        ag_translate_init(&t->answer, call->neutral, &t->to,
                          call->main->id_state, (int64_t) ngx_time(),
                          &attempt->usage, &t->out);
    }

    return ag_translate_failure(&t->answer, &call->error,
                                ngx_agent_str(&call->request_id))
           == AG_OK ? NGX_OK : NGX_ERROR;
}


void
ngx_agent_translate_end(ngx_agent_call_t *call)
{
    ngx_uint_t                i;
    ngx_agent_translation_t  *t;

    for (i = 0; i < NGX_AGENT_ATTEMPTS; i++) {

        t = (call->attempts[i] != NULL) ? call->attempts[i]->translation
                                        : NULL;
        if (t == NULL) {
            continue;
        }

        ngx_agent_translate_clear(t);

        ag_buf_free(&t->path);
        ag_buf_free(&t->args);
        ag_buf_free(&t->body);
        ag_buf_free(&t->out);
    }

    ag_arena_free(&call->arena);
    yyjson_doc_free(call->tree);
    call->tree = NULL;
}
