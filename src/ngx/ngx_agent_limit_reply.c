/*
 * Copyright (C) ngx_agent authors
 *
 * What clients are told of their limits: headers of every answer, the words
 * of a refusal, GET /v1/usage.
 */


#include "ngx/ngx_agent_limit.h"


typedef struct {
    const char  *limit;
    const char  *remaining;
    const char  *reset;
} ngx_agent_limit_names_t;


static ngx_int_t ngx_agent_limit_tightest(ngx_agent_limits_t *limits,
    ngx_uint_t tokens);
static ngx_int_t ngx_agent_limit_told(ngx_agent_call_t *call, ngx_int_t n,
    const ngx_agent_limit_names_t *names);
static ngx_int_t ngx_agent_limit_page(ngx_agent_call_t *call);
static void ngx_agent_usage_rows(ngx_agent_call_t *call,
    ag_standing_row_t *rows);
static void ngx_agent_usage_row(ngx_agent_call_t *call,
    ngx_agent_quota_t *quota, ag_now_t *now, ag_standing_row_t *row);


static const ngx_agent_limit_names_t  ngx_agent_limit_requests = {
    "x-ratelimit-limit-requests",
    "x-ratelimit-remaining-requests",
    "x-ratelimit-reset-requests"
};

static const ngx_agent_limit_names_t  ngx_agent_limit_tokens = {
    "x-ratelimit-limit-tokens",
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-reset-tokens"
};


ngx_int_t
ngx_agent_limit_refuse(ngx_agent_call_t *call)
{
    u_char              *text;
    ag_limit_t           limit;
    ag_verdict_t        *verdict;
    ag_error_class_t     class;
    ngx_agent_quota_t   *quota;
    ngx_agent_limits_t  *limits;

    limits = call->limits;
    verdict = &limits->verdict;
    quota = limits->quotas[verdict->refused];

    text = ngx_pnalloc(call->pool, AG_STANDING_TEXT);
    if (text == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&call->error, sizeof(ag_error_t));

    call->error.message.data = text;
    limit = quota->limit;
    limit.max = limits->claims[verdict->refused].max;   /* a node's share */

    call->error.message.len =
        ag_standing_refusal(text, &limit, ngx_agent_str(&quota->name),
                            verdict->result,
                            limits->claims[verdict->refused].least,
                            verdict->wait);

    if (verdict->result == AG_LIMIT_NEVER) {
        return ngx_agent_call_fail(call, AG_E_EXCEEDS_LIMIT);
    }

    call->chain.wait_ms = ag_standing_wait_ms(verdict->wait) + 1;
    class = AG_E_TENANT_TOKENS;

    switch (quota->limit.resource) {

    case AG_RESOURCE_REQUESTS:
    case AG_RESOURCE_CONCURRENCY:
        class = AG_E_TENANT_REQUESTS;
        break;

    case AG_RESOURCE_MONEY:
        class = AG_E_BUDGET;
        call->error.status = (unsigned) quota->status;
        break;

    default:
        break;
    }

    return ngx_agent_call_fail(call, class);
}


ngx_int_t
ngx_agent_limit_headers(ngx_agent_call_t *call)
{
    ngx_agent_limits_t  *limits;

    static ngx_str_t  local = ngx_string("local");

    if (ngx_agent_call_lists(call) && ngx_agent_limit_page(call) != NGX_OK) {
        return NGX_ERROR;
    }

    limits = call->limits;

    if (limits == NULL || !limits->told) {
        return NGX_OK;
    }

    if (ngx_agent_limit_told(call, ngx_agent_limit_tightest(limits, 0),
                             &ngx_agent_limit_requests)
        != NGX_OK
        || ngx_agent_limit_told(call, ngx_agent_limit_tightest(limits, 1),
                                &ngx_agent_limit_tokens)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (limits->local
        && ngx_agent_header_add(call, "x-ratelimit-mode", &local) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (limits->session_verdict == AG_SESSION_GOES_ON
        && limits->verdict.result != AG_LIMIT_TAKEN)
    {
        return ngx_agent_header_add(call, "x-agent-limit",
                                    &limits->quotas[limits->verdict.refused]
                                    ->name);
    }

    return NGX_OK;
}


ngx_str_t *
ngx_agent_limit_named(ngx_agent_call_t *call)
{
    ag_verdict_t        *verdict;
    ngx_agent_limits_t  *limits;

    limits = call->limits;

    if (limits == NULL
        || limits->session_verdict != AG_SESSION_GOES_ON)
    {
        return NULL;
    }

    verdict = &limits->verdict;

    if (verdict->result != AG_LIMIT_TAKEN) {
        return &limits->quotas[verdict->refused]->name;
    }

    return verdict->dry
           ? &limits->quotas[ag_bit_first(verdict->dry)]->name : NULL;
}


/* Nothing counts a page of our own, but its caller may want to know. */
static ngx_int_t
ngx_agent_limit_page(ngx_agent_call_t *call)
{
    ngx_uint_t           i;
    ngx_agent_quota_t   *quota;
    ag_standing_row_t    rows[AG_LIMITS_MAX];
    ngx_agent_limits_t  *limits;

    if (call->tenant == NULL || call->tenant->quotas.nelts == 0) {
        return NGX_OK;
    }

    limits = ngx_agent_claim_create(call);
    if (limits == NULL) {
        return NGX_ERROR;
    }

    call->limits = limits;
    quota = call->tenant->quotas.elts;

    (void) ngx_agent_usage_rows(call, rows);

    for (i = 0; i < call->tenant->quotas.nelts; i++) {

        if (rows[i].limit == NULL || quota[i].model.len != 0) {
            continue;
        }

        limits->quotas[limits->count] = &quota[i];
        limits->claims[limits->count].limit = &quota[i].limit;
        limits->standings[limits->count] = rows[i].standing;
        limits->count++;
    }

    limits->told = 1;

    return NGX_OK;
}


/* The limit of which least is left; -1: none of the kind. */
static ngx_int_t
ngx_agent_limit_tightest(ngx_agent_limits_t *limits, ngx_uint_t tokens)
{
    ngx_int_t      found;
    ngx_uint_t     i;
    ag_resource_t  resource;

    found = -1;

    for (i = 0; i < limits->count; i++) {
        resource = limits->claims[i].limit->resource;

        if (limits->claims[i].limit->dry_run
            || (tokens ? (resource != AG_RESOURCE_TOKENS
                          && resource != AG_RESOURCE_INPUT_TOKENS
                          && resource != AG_RESOURCE_OUTPUT_TOKENS)
                       : resource != AG_RESOURCE_REQUESTS))
        {
            continue;
        }

        if (found < 0
            || limits->standings[i].remaining
               < limits->standings[found].remaining)
        {
            found = (ngx_int_t) i;
        }
    }

    return found;
}


static ngx_int_t
ngx_agent_limit_told(ngx_agent_call_t *call, ngx_int_t n,
    const ngx_agent_limit_names_t *names)
{
    u_char              *p;
    ngx_str_t            limit, remaining, reset;
    ag_standing_t       *standing;
    ngx_agent_limits_t  *limits;

    if (n < 0) {
        return NGX_OK;
    }

    limits = call->limits;
    standing = &limits->standings[n];

    p = ngx_pnalloc(call->pool, 2 * NGX_INT64_LEN + AG_STANDING_TIME);
    if (p == NULL) {
        return NGX_ERROR;
    }

    /* the number is written in the configuration, unless it is a share */

    limit = limits->quotas[n]->shown;

    if (standing->limit != limits->quotas[n]->limit.max) {
        limit.data = p;
        p = ngx_sprintf(p, "%uL", standing->limit);
        limit.len = (size_t) (p - limit.data);
    }

    remaining.data = p;
    p = ngx_sprintf(p, "%uL", standing->remaining);
    remaining.len = (size_t) (p - remaining.data);

    reset.data = p;
    reset.len = ag_standing_time(p, standing->reset);

    if (ngx_agent_header_add(call, names->limit, &limit) != NGX_OK
        || ngx_agent_header_add(call, names->remaining, &remaining) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_agent_header_add(call, names->reset, &reset);
}


/* ---- GET /v1/usage ---- */


ngx_int_t
ngx_agent_usage_write(ngx_agent_call_t *call, ag_buf_t *out)
{
    ag_str_t           key;
    ngx_uint_t         i, n;
    ag_standing_row_t  row[AG_LIMITS_MAX];

    ngx_agent_usage_rows(call, row);

    n = 0;

    for (i = 0; i < call->tenant->quotas.nelts; i++) {
        if (row[i].limit != NULL) {
            row[n++] = row[i];
        }
    }

    key = (call->key != NULL)
          ? ag_str(call->key->name.data, call->key->name.len)
          : ag_str(NULL, 0);

    return ag_standing_page(out, ngx_agent_str(&call->tenant->name), key,
                            row, n)
           == AG_OK ? NGX_OK : NGX_ERROR;
}


/*
 * A row for each quota, as this node sees its window; one that nobody has used
 * yet is empty.  No limit: it counts by session, and there is none.
 */
static void
ngx_agent_usage_rows(ngx_agent_call_t *call, ag_standing_row_t *rows)
{
    ag_now_t            now;
    ngx_uint_t          i;
    ngx_agent_quota_t  *quota;

    quota = call->tenant->quotas.elts;

    ngx_agent_step_begin(call->main, call->tenant->id, NULL);
    ngx_agent_limit_now(&now);

    for (i = 0; i < call->tenant->quotas.nelts; i++) {
        rows[i].limit = NULL;

        if (quota[i].by != NGX_AGENT_BY_SESSION || call->session.len != 0) {
            ngx_agent_usage_row(call, &quota[i], &now, &rows[i]);
        }
    }

    ngx_agent_step_end(call->main, call->tenant->id, NULL);
}


static void
ngx_agent_usage_row(ngx_agent_call_t *call, ngx_agent_quota_t *quota,
    ag_now_t *now, ag_standing_row_t *row)
{
    static const ag_str_t  by[] = {
        ag_string("tenant"), ag_string("key"), ag_string("session")
    };

    uint64_t            id[2];
    ag_window_t        *window;
    ngx_agent_entry_t  *entry;

    ngx_agent_claim_id(id, call->tenant, quota, call->key, &call->session);
    entry = ngx_agent_table_peek(call->main, id);

    row->limit = &quota->limit;
    row->name = ngx_agent_str(&quota->name);
    row->model = ngx_agent_str(&quota->model);
    row->by = by[quota->by];

    row->standing.limit = quota->limit.max;
    row->standing.remaining = quota->limit.max;
    row->standing.reset = 0;

    if (entry == NULL) {
        return;
    }

    window = ngx_agent_entry_window(entry);

    if (window->kind != 0 || window->capacity != 0) {
        ag_window_standing(window, quota->limit.max, now, &row->standing);
    }
}
