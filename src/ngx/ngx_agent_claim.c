/*
 * Copyright (C) ngx_agent authors
 *
 * Which of a tenant's limits count a call, and how much each of them is asked
 * for before anybody has counted.
 */


#include "ngx/ngx_agent_cache.h"
#include "ngx/ngx_agent_limit.h"
#include "core/ag_name.h"
#include "core/ag_tokens.h"
#include "dialect/ag_estimate.h"


#define ngx_agent_claim_counts(tenant, resource)                              \
    ((tenant)->resources & (1u << AG_RESOURCE_##resource))


static ngx_uint_t ngx_agent_claim_matches(ngx_agent_call_t *call,
    ngx_agent_quota_t *quota);
static ngx_int_t ngx_agent_claim_request(ngx_agent_call_t *call);
static uint64_t ngx_agent_claim_input(ngx_agent_call_t *call);
static ngx_uint_t ngx_agent_claim_has_files(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_claim_price(ngx_agent_call_t *call);
static void ngx_agent_claim_dearer(uint64_t *price, uint64_t other);
static void ngx_agent_claim_convert(ag_window_t *window,
    const ag_limit_t *limit);
static ngx_int_t ngx_agent_claim_windows(ngx_agent_call_t *call);
static ngx_int_t ngx_agent_claim_window(ngx_agent_call_t *call,
    ngx_uint_t n);


ngx_int_t
ngx_agent_claim(ngx_agent_call_t *call)
{
    ngx_int_t            rc;
    ngx_uint_t           i;
    ag_claim_t          *claim;
    ngx_agent_quota_t   *quota;
    ngx_agent_limits_t  *limits;

    rc = ngx_agent_session_read(call);

    if (rc != NGX_OK) {
        return rc;
    }

    if (call->tenant->quotas.nelts == 0
        && (call->tenant->session_at.line == 0 || call->session.len == 0))
    {
        return NGX_DECLINED;
    }

    limits = ngx_agent_claim_create(call);
    if (limits == NULL) {
        return NGX_ERROR;
    }

    call->limits = limits;
    limits->call = call;
    limits->requests_only = (call->error.class != AG_E_NONE);

    quota = call->tenant->quotas.elts;

    for (i = 0; i < call->tenant->quotas.nelts; i++) {
        if (ngx_agent_claim_matches(call, &quota[i])) {
            limits->quotas[limits->count++] = &quota[i];
        }
    }

    if (!limits->requests_only) {
        rc = ngx_agent_claim_request(call);

        if (rc != NGX_OK) {
            limits->count = 0;
            return rc;
        }
    }

    for (i = 0; i < limits->count; i++) {
        claim = &limits->claims[i];
        claim->limit = &limits->quotas[i]->limit;
        claim->max = claim->limit->max;

        ag_charge_reserve(&limits->request, claim->limit->resource,
                          &claim->amount, &claim->least);
    }

    return ngx_agent_claim_windows(call);
}


ngx_agent_limits_t *
ngx_agent_claim_create(ngx_agent_call_t *call)
{
    u_char              *p;
    ngx_uint_t           n;
    ngx_agent_limits_t  *limits;

    n = call->tenant->quotas.nelts;

    p = ngx_pcalloc(call->pool,
                    sizeof(ngx_agent_limits_t)
                    + n * (sizeof(ag_claim_t) + sizeof(ngx_agent_quota_t *)
                           + 2 * sizeof(uint64_t) + sizeof(ag_standing_t)
                           + 2 * sizeof(uint64_t)));
    if (p == NULL) {
        return NULL;
    }

    limits = (ngx_agent_limits_t *) p;
    p += sizeof(ngx_agent_limits_t);

    limits->claims = (ag_claim_t *) p;
    p += n * sizeof(ag_claim_t);

    limits->quotas = (ngx_agent_quota_t **) p;
    p += n * sizeof(ngx_agent_quota_t *);

    limits->ids = (uint64_t (*)[2]) p;
    p += n * 2 * sizeof(uint64_t);

    limits->standings = (ag_standing_t *) p;
    p += n * sizeof(ag_standing_t);

    limits->epochs = (uint64_t *) p;
    limits->marks = limits->epochs + n;

    return limits;
}


/* A path of agent_passthrough says nothing of tokens, nor does a call that is
 * refused for its form. */
static ngx_uint_t
ngx_agent_claim_matches(ngx_agent_call_t *call, ngx_agent_quota_t *quota)
{
    if (call->raw || call->error.class != AG_E_NONE) {

        if (quota->model.len != 0
            || (quota->limit.resource != AG_RESOURCE_REQUESTS
                && (!call->raw
                    || quota->limit.resource != AG_RESOURCE_CONCURRENCY)))
        {
            return 0;
        }
    }

    if (quota->by == NGX_AGENT_BY_SESSION && call->session.len == 0) {
        return 0;
    }

    if (!ngx_agent_cache_counts(call, quota->limit.resource)) {
        return 0;
    }

    return quota->model.len == 0
           || ag_name_matches(ngx_agent_str(&quota->model),
                              call->asked);
}


static ngx_int_t
ngx_agent_claim_request(ngx_agent_call_t *call)
{
    uint64_t              least;
    ngx_agent_tenant_t   *tenant;
    ag_charge_request_t  *request;

    tenant = call->tenant;
    request = &call->limits->request;

    if (call->raw || call->endpoint == AG_ENDPOINT_COUNT_TOKENS
        || ngx_agent_cache_is_cheap(call))
    {
        return NGX_OK;      /* nobody is billed for these by the token */
    }

    if (ngx_agent_claim_counts(tenant, TOKENS)
        || ngx_agent_claim_counts(tenant, INPUT_TOKENS)
        || ngx_agent_claim_counts(tenant, OUTPUT_TOKENS)
        || ngx_agent_claim_counts(tenant, MONEY)
        || tenant->guard.cost != 0)
    {
        request->input = ngx_agent_claim_input(call);
    }

    if (call->endpoint != AG_ENDPOINT_EMBEDDINGS) {
        request->output = (uint64_t) call->request.max_output_tokens
                          * (uint64_t) call->request.choices;
        request->assumed = AG_TOKENS_OUTPUT
                           * (uint64_t) call->request.choices;
    }

    if (!ngx_agent_claim_counts(tenant, MONEY)
        && (tenant->guard.cost == 0 || call->session.len == 0))
    {
        return NGX_OK;
    }

    if (ngx_agent_claim_price(call) != NGX_OK) {
        call->error.class = AG_E_NO_PRICE;
        return NGX_ABORT;
    }

    request->price = &call->limits->price;

    if (tenant->guard.cost != 0 && call->session.len != 0) {
        ag_charge_reserve(request, AG_RESOURCE_MONEY,
                          &call->limits->asked.cost, &least);
    }

    return NGX_OK;
}


/* Tokens of the request, estimated. */
static uint64_t
ngx_agent_claim_input(ngx_agent_call_t *call)
{
    uint64_t    ratio;
    ag_error_t  error;

    ratio = call->model->series ? call->model->series->ratio : 0;

    if (call->body.len > NGX_AGENT_CLAIM_LARGE
        && ngx_agent_claim_has_files(call))
    {
        ngx_memzero(&error, sizeof(ag_error_t));

        if (ngx_agent_translate_read(call, &error) == AG_OK) {
            return ag_estimate_tokens(call->neutral);
        }
    }

    return ag_tokens_of(call->body.len, ratio);
}


/* Images and documents in base64 are not read by the byte. */
static ngx_uint_t
ngx_agent_claim_has_files(ngx_agent_call_t *call)
{
    static const char  *marks[] = {
        ";base64,", "\"base64\"", "\"file_data\"", "\"input_audio\"", NULL
    };

    ngx_uint_t  i;

    for (i = 0; marks[i] != NULL; i++) {
        if (memmem(call->body.data, call->body.len, marks[i],
                   ngx_strlen(marks[i]))
            != NULL)
        {
            return 1;
        }
    }

    return 0;
}


/* The dearest that could answer: a fallback must not escape a budget. */
static ngx_int_t
ngx_agent_claim_price(ngx_agent_call_t *call)
{
    ngx_str_t            name;
    ngx_uint_t           i;
    ag_price_t          *most;
    const ag_price_t    *price;
    ngx_agent_target_t  *target;

    most = &call->limits->price;
    ngx_memzero(most, sizeof(ag_price_t));

    name.data = (u_char *) call->request.model.data;
    name.len = call->request.model.len;
    target = call->model->targets.elts;

    for (i = 0; i < call->model->targets.nelts; i++) {

        if (target[i].provider->disabled || target[i].provider->down) {
            continue;
        }

        price = target[i].model.len
                ? target[i].price
                : ngx_agent_conf_price_of(call->main, target[i].provider,
                                          &name);

        if (price == NULL || !ag_price_known(price)) {
            return NGX_DECLINED;
        }

        ngx_agent_claim_dearer(&most->input, price->input);
        ngx_agent_claim_dearer(&most->output, price->output);

        if (price->written != AG_PRICE_UNKNOWN) {
            ngx_agent_claim_dearer(&most->input, price->written);
        }
    }

    most->cached = AG_PRICE_UNKNOWN;
    most->written = AG_PRICE_UNKNOWN;

    return NGX_OK;
}


static void
ngx_agent_claim_dearer(uint64_t *price, uint64_t other)
{
    if (other > *price) {
        *price = other;
    }
}


/* ---- windows ---- */


static ngx_int_t
ngx_agent_claim_windows(ngx_agent_call_t *call)
{
    ngx_int_t            rc;
    ngx_uint_t           i, created;
    ngx_agent_limits_t  *limits;

    limits = call->limits;
    limits->ticket = ngx_agent_ticket_take(call->main, call->tenant->id);

    if (limits->ticket == NULL) {
        return NGX_BUSY;
    }

    for (i = 0; i < limits->count; i++) {
        rc = ngx_agent_claim_window(call, i);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (call->tenant->session_at.line == 0 || call->session.len == 0
        || limits->requests_only)
    {
        return NGX_OK;
    }

    ngx_agent_session_id(limits->session_id, call->tenant, &call->session);
    ngx_agent_session_ask(call, &limits->asked);

    return ngx_agent_table_find(call->main, limits->ticket,
                                limits->session_id, NGX_AGENT_ENTRY_SESSION,
                                sizeof(ngx_agent_session_entry_t),
                                ngx_agent_table_now(), &limits->session,
                                &created);
}


static ngx_int_t
ngx_agent_claim_window(ngx_agent_call_t *call, ngx_uint_t n)
{
    ngx_int_t            rc;
    ngx_uint_t           created, number;
    ngx_agent_entry_t   *entry, **windows;
    ngx_agent_quota_t   *quota;
    ngx_agent_limits_t  *limits;

    limits = call->limits;
    quota = limits->quotas[n];
    windows = call->tenant->windows;
    number = (ngx_uint_t) (quota
                           - (ngx_agent_quota_t *) call->tenant->quotas.elts);

    if (windows != NULL && windows[number] != NULL) {
        entry = ngx_agent_ticket_pin(limits->ticket, windows[number]);
        windows[number] = entry;    /* it may have moved */

        limits->claims[n].window = ngx_agent_entry_window(entry);

        /* Redis has a window of its own for each kind */

        limits->ids[n][0] = entry->id[0] + quota->limit.kind;
        limits->ids[n][1] = entry->id[1];

        return NGX_OK;
    }

    ngx_agent_claim_id(limits->ids[n], call->tenant, quota, call->key,
                       &call->session);

    rc = ngx_agent_table_find(call->main, limits->ticket, limits->ids[n],
                              NGX_AGENT_ENTRY_WINDOW,
                              ag_window_size(&quota->limit),
                              ngx_agent_table_now(), &entry, &created);
    if (rc != NGX_OK) {
        return rc;
    }

    limits->claims[n].window = ngx_agent_entry_window(entry);
    limits->ids[n][0] += quota->limit.kind;

    return NGX_OK;
}


void
ngx_agent_claim_tenant(ngx_agent_tenant_t *tenant)
{
    ngx_uint_t          i;
    ngx_agent_quota_t  *quota;

    ngx_agent_table_id(tenant->hash, 0, tenant->name.data, tenant->name.len);
    tenant->id = tenant->hash[0];
    tenant->by = 0;
    quota = tenant->quotas.elts;

    for (i = 0; i < tenant->quotas.nelts; i++) {
        tenant->by |= (ngx_uint_t) 1 << quota[i].by;
    }
}


/*
 * Of hashes of all that it is made of.  Logs and rings take over what the
 * other remembers when a limit changes its number, so they have one id; other
 * kinds have nothing in common.
 */
void
ngx_agent_claim_id(uint64_t id[2], ngx_agent_tenant_t *tenant,
    ngx_agent_quota_t *quota, const ngx_agent_tenant_key_t *key,
    ngx_str_t *session)
{
    uint64_t          digest[2];
    ag_window_kind_t  kind;

    kind = quota->limit.kind;

    if (kind == AG_WINDOW_RING) {
        kind = AG_WINDOW_LOG;
    }

    id[0] = tenant->hash[0] ^ quota->id;
    id[1] = tenant->hash[1] + quota->id + kind;

    if (quota->by == NGX_AGENT_BY_KEY && key != NULL) {
        ngx_memcpy(digest, key->digest, sizeof(digest));
        id[0] ^= digest[0];
        id[1] ^= digest[1];

    } else if (quota->by == NGX_AGENT_BY_SESSION) {
        ngx_agent_table_id(digest, id[0], session->data, session->len);
        id[0] ^= digest[0];
        id[1] ^= digest[1];
    }
}


void
ngx_agent_claim_open(ag_claim_t *claim)
{
    ag_window_t        *window;
    ngx_agent_entry_t  *entry;

    entry = ngx_agent_entry_of(claim->window);

    while (entry->moved != NULL) {
        entry = entry->moved;
    }

    window = ngx_agent_entry_window(entry);
    claim->window = window;

    if (window->kind == 0 && window->capacity == 0) {
        ag_window_init(window, claim->limit);

    } else if (window->kind != (uint32_t) claim->limit->kind
               && entry->size >= ag_window_size(claim->limit))
    {
        ngx_agent_claim_convert(window, claim->limit);
    }
}


/* Of a key, a session or a tenant of Redis, whose limit crossed
 * AG_LIMIT_LOG_MAX. */
static void
ngx_agent_claim_convert(ag_window_t *window, const ag_limit_t *limit)
{
    size_t  size;

    static uint64_t  copy[AG_LIMIT_LOG_MAX + sizeof(ag_window_t)];

    size = sizeof(ag_window_t) + window->capacity * sizeof(uint64_t);

    if (size > sizeof(copy)) {
        return;
    }

    ngx_memcpy(copy, window, size);
    ag_window_init(window, limit);
    ag_window_convert(window, (ag_window_t *) copy);
}
