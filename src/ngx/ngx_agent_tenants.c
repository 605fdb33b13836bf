/*
 * Copyright (C) ngx_agent authors
 *
 * "agent_tenants redis": tenants that come and go without a reload.  A key
 * that no configuration knows is looked up in Redis; what was found is kept in
 * shared memory, is fresh for a second, and stands in for up to an hour while
 * Redis is away.  A call makes itself a tenant of it and of its plan: nothing
 * of it outlives the call.
 */


#include "ngx/ngx_agent_limit.h"
#include "core/ag_key.h"
#include "core/ag_tenant_record.h"


#define NGX_AGENT_TENANTS_FRESH  UINT64_C(1000000)      /* us */
#define NGX_AGENT_TENANTS_STALE  UINT64_C(3600000000)   /* us */
#define NGX_AGENT_TENANTS_TOLD   60     /* s between two complaints */


/* What is kept of a key. */
typedef struct {
    uint64_t                  fetched;      /* us; 0: never, or it is gone */
    ag_tenant_record_t        record;
} ngx_agent_tenants_entry_t;


/* A call's question. */
typedef struct {
    ngx_agent_redis_query_t   query;
    ngx_agent_call_t         *call;
    u_char                    digest[AG_KEY_DIGEST];
    ag_tenant_record_t        record;
    int                       rc;           /* of the record */
    const char               *why;
    unsigned                  waiting:1;
    unsigned                  answered:1;
    unsigned                  failed:1;
} ngx_agent_tenants_query_t;


static ngx_int_t ngx_agent_tenants_ask(ngx_agent_call_t *call,
    ngx_agent_tenants_query_t *asked);
static void ngx_agent_tenants_on_reply(ngx_agent_redis_query_t *query,
    const ag_redis_value_t *values, ngx_uint_t count);
static ngx_int_t ngx_agent_tenants_answered(ngx_agent_call_t *call,
    ngx_agent_tenants_query_t *asked);
static ngx_int_t ngx_agent_tenants_cached(ngx_agent_call_t *call,
    ngx_agent_tenants_query_t *asked, uint64_t age_us);
static void ngx_agent_tenants_keep(ngx_agent_call_t *call,
    ngx_agent_tenants_query_t *asked);
static uint64_t ngx_agent_tenants_lock(ngx_agent_tenants_query_t *asked,
    uint64_t id[2]);
static ngx_int_t ngx_agent_tenants_make(ngx_agent_call_t *call,
    ngx_agent_tenants_query_t *asked);
static ngx_int_t ngx_agent_tenants_models(ngx_agent_call_t *call,
    ngx_agent_tenant_t *tenant, ag_tenant_record_t *record);
static ngx_int_t ngx_agent_tenants_limits(ngx_agent_call_t *call,
    ngx_agent_tenant_t *tenant, ag_tenant_record_t *record);
static ngx_int_t ngx_agent_tenants_limit(ngx_agent_call_t *call,
    ngx_agent_quota_t *quotas, ngx_uint_t count, ag_tenant_record_t *record,
    ag_record_limit_t *limit);
static ngx_int_t ngx_agent_tenants_text(ngx_agent_call_t *call,
    ag_str_t text, ngx_str_t *copy);
static void ngx_agent_tenants_complain(ngx_agent_call_t *call,
    ag_tenant_record_t *record, const char *why);


ngx_int_t
ngx_agent_tenants_find(ngx_agent_call_t *call, u_char *digest)
{
    ngx_int_t                   rc;
    ngx_agent_tenants_query_t  *asked;

    asked = call->lookup;

    if (asked != NULL) {
        return ngx_agent_tenants_answered(call, asked);
    }

    asked = ngx_pcalloc(call->pool, sizeof(ngx_agent_tenants_query_t));
    if (asked == NULL) {
        return NGX_ERROR;
    }

    asked->call = call;
    ngx_memcpy(asked->digest, digest, AG_KEY_DIGEST);
    call->lookup = asked;

    rc = ngx_agent_tenants_cached(call, asked, NGX_AGENT_TENANTS_FRESH);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (ngx_agent_tenants_ask(call, asked) == NGX_OK) {
        return NGX_AGAIN;
    }

    asked->failed = 1;

    return ngx_agent_tenants_answered(call, asked);
}


void
ngx_agent_tenants_leave(ngx_agent_call_t *call)
{
    ngx_agent_tenants_query_t  *asked;

    asked = call->lookup;

    if (asked != NULL && asked->waiting) {
        ngx_agent_redis_cancel(&asked->query);
        asked->waiting = 0;
    }
}


ngx_uint_t
ngx_agent_tenants_is_idle(ngx_agent_entry_t *entry, uint64_t now_us)
{
    ngx_agent_tenants_entry_t  *kept;

    kept = (ngx_agent_tenants_entry_t *) entry->data;

    return kept->fetched + NGX_AGENT_TENANTS_STALE < now_us;
}


/* ---- Redis ---- */


static ngx_int_t
ngx_agent_tenants_ask(ngx_agent_call_t *call,
    ngx_agent_tenants_query_t *asked)
{
    u_char              *p;
    u_char               key[AG_REDIS_PREFIX_MAX + 2 * AG_KEY_DIGEST + 8];
    ngx_str_t           *prefix;
    ag_redis_command_t   command;

    prefix = &call->main->redis->prefix;

    p = ngx_slprintf(key, key + sizeof(key), "%V:key:", prefix);
    p = ngx_hex_dump(p, asked->digest, AG_KEY_DIGEST);

    command.count = 2;
    command.used = 0;
    command.args[0] = ag_str("HGETALL", 7);
    command.args[1] = ag_str(key, (size_t) (p - key));

    asked->query.handler = ngx_agent_tenants_on_reply;
    asked->query.data = asked;

    if (ngx_agent_redis_send(call->main, &asked->query, &command) != NGX_OK) {
        return NGX_DECLINED;
    }

    asked->waiting = 1;
    ngx_agent_call_wake_at(call, ngx_current_msec
                                 + 2 * call->main->redis->timeout + 1000);

    return NGX_OK;
}


static void
ngx_agent_tenants_on_reply(ngx_agent_redis_query_t *query,
    const ag_redis_value_t *values, ngx_uint_t count)
{
    ngx_agent_tenants_query_t *asked = query->data;

    asked->waiting = 0;

    if (count == 0 && values == NULL) {
        asked->failed = 1;

    } else {
        asked->answered = 1;
        asked->rc = ag_tenant_record_read(&asked->record, values, count,
                                          &asked->why);
    }

    ngx_post_event(&asked->call->wake, &ngx_posted_events);
}


/* NGX_OK: call->tenant, unless there is none; NGX_AGAIN; NGX_DECLINED:
 * call->error; NGX_ERROR. */
static ngx_int_t
ngx_agent_tenants_answered(ngx_agent_call_t *call,
    ngx_agent_tenants_query_t *asked)
{
    ngx_int_t  rc;

    if (asked->failed) {
        rc = ngx_agent_tenants_cached(call, asked, NGX_AGENT_TENANTS_STALE);

        if (rc == NGX_DECLINED) {
            call->error.class = AG_E_STORE;
        }

        return rc;
    }

    if (!asked->answered) {
        return NGX_AGAIN;
    }

    if (asked->rc != AG_OK && asked->rc != AG_NONE) {
        ngx_agent_tenants_complain(call, &asked->record, asked->why);
    }

    ngx_agent_tenants_keep(call, asked);

    return (asked->rc == AG_OK) ? ngx_agent_tenants_make(call, asked)
                                : NGX_OK;
}


/* ---- what is kept ---- */


static ngx_int_t
ngx_agent_tenants_cached(ngx_agent_call_t *call,
    ngx_agent_tenants_query_t *asked, uint64_t age_us)
{
    uint64_t                    id[2], lock, now;
    ngx_uint_t                  found;
    ngx_agent_entry_t          *entry;
    ngx_agent_tenants_entry_t  *kept;

    found = 0;
    lock = ngx_agent_tenants_lock(asked, id);

    ngx_agent_step_begin(call->main, lock, NULL);

    now = ngx_agent_table_now();
    entry = ngx_agent_table_peek(call->main, id);

    if (entry != NULL) {
        kept = (ngx_agent_tenants_entry_t *) entry->data;

        if (kept->fetched != 0 && now - kept->fetched <= age_us) {
            asked->record = kept->record;
            found = 1;
        }
    }

    ngx_agent_step_end(call->main, lock, NULL);

    return found ? ngx_agent_tenants_make(call, asked) : NGX_DECLINED;
}


/* A key that is not there is not kept: whoever guesses would fill the zone. */
static void
ngx_agent_tenants_keep(ngx_agent_call_t *call,
    ngx_agent_tenants_query_t *asked)
{
    uint64_t                    id[2], lock;
    ngx_uint_t                  created;
    ngx_agent_entry_t          *entry;
    ngx_agent_ticket_t         *ticket;
    ngx_agent_tenants_entry_t  *kept;

    ticket = NULL;
    lock = ngx_agent_tenants_lock(asked, id);

    if (asked->rc == AG_OK) {
        ticket = ngx_agent_ticket_take(call->main, lock);

        if (ticket == NULL
            || ngx_agent_table_find(call->main, ticket, id,
                                    NGX_AGENT_ENTRY_TENANT,
                                    sizeof(ngx_agent_tenants_entry_t),
                                    ngx_agent_table_now(), &entry, &created)
               != NGX_OK)
        {
            if (ticket != NULL) {
                ngx_agent_ticket_give(call->main, ticket);
            }

            return;     /* it works without, a little slower */
        }
    }

    ngx_agent_step_begin(call->main, lock, ticket);

    entry = ngx_agent_table_peek(call->main, id);

    if (entry != NULL) {
        kept = (ngx_agent_tenants_entry_t *) entry->data;
        kept->fetched = 0;

        /* who dies in between leaves nothing that looks fresh */

        ngx_memory_barrier();

        if (asked->rc == AG_OK) {
            kept->record = asked->record;
            ngx_memory_barrier();
            kept->fetched = ngx_agent_table_now();
        }
    }

    ngx_agent_step_end(call->main, lock, ticket);

    if (ticket != NULL) {
        ngx_agent_ticket_give(call->main, ticket);
    }
}


static uint64_t
ngx_agent_tenants_lock(ngx_agent_tenants_query_t *asked, uint64_t id[2])
{
    uint64_t  lock;

    ngx_memcpy(&lock, asked->digest, sizeof(uint64_t));
    ngx_agent_table_id(id, NGX_AGENT_ENTRY_TENANT, asked->digest,
                       AG_KEY_DIGEST);

    return lock;
}


/* ---- a tenant for one call ---- */


static ngx_int_t
ngx_agent_tenants_make(ngx_agent_call_t *call,
    ngx_agent_tenants_query_t *asked)
{
    ngx_int_t                rc;
    ngx_str_t                name;
    ag_tenant_record_t      *record;
    ngx_agent_tenant_t      *tenant, *plan;
    ngx_agent_tenant_key_t  *key;

    record = &asked->record;

    if (record->until != 0 && record->until <= ngx_time()) {
        return NGX_OK;
    }

    name.data = record->text + record->plan.at;
    name.len = record->plan.len;

    plan = ngx_agent_conf_plan_named(call->main, &name);

    if (plan == NULL) {
        ngx_agent_tenants_complain(call, record,
                                   "its plan is not one of \"agent_plan\"");
        return NGX_OK;
    }

    tenant = ngx_palloc(call->pool, sizeof(ngx_agent_tenant_t));
    key = ngx_pcalloc(call->pool, sizeof(ngx_agent_tenant_key_t));

    if (tenant == NULL || key == NULL) {
        return NGX_ERROR;
    }

    *tenant = *plan;
    tenant->plan = plan;
    tenant->windows = NULL;

    if (ngx_agent_tenants_text(call, ag_record_str(record, record->tenant),
                               &tenant->name)
        != NGX_OK
        || ngx_agent_tenants_text(call, ag_record_str(record, record->name),
                                  &key->name)
           != NGX_OK
        || ngx_agent_tenants_models(call, tenant, record) != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = ngx_agent_tenants_limits(call, tenant, record);

    if (rc != NGX_OK) {
        return (rc == NGX_DECLINED) ? NGX_OK : NGX_ERROR;
    }

    ngx_agent_claim_tenant(tenant);
    tenant->series = call->main->other_tenant;

    ngx_memcpy(key->digest, asked->digest, AG_KEY_DIGEST);
    key->tenant = tenant;
    key->until = (time_t) record->until;

    call->key = key;
    call->tenant = tenant;

    return NGX_OK;
}


static ngx_int_t
ngx_agent_tenants_models(ngx_agent_call_t *call, ngx_agent_tenant_t *tenant,
    ag_tenant_record_t *record)
{
    uint32_t    i;
    ngx_str_t  *name;

    if (record->model_count == 0) {
        return NGX_OK;
    }

    if (ngx_array_init(&tenant->models, call->pool, record->model_count,
                       sizeof(ngx_str_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < record->model_count; i++) {
        name = ngx_array_push(&tenant->models);

        if (ngx_agent_tenants_text(call,
                                   ag_record_str(record, record->models[i]),
                                   name)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_tenants_limits(ngx_agent_call_t *call, ngx_agent_tenant_t *tenant,
    ag_tenant_record_t *record)
{
    uint32_t            i;
    ngx_int_t           rc;
    ngx_uint_t          n;
    ngx_agent_quota_t  *quotas;

    if (record->limit_count == 0) {
        return NGX_OK;
    }

    n = tenant->quotas.nelts;
    quotas = ngx_palloc(call->pool, n * sizeof(ngx_agent_quota_t) + 1);

    if (quotas == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(quotas, tenant->quotas.elts, n * sizeof(ngx_agent_quota_t));
    tenant->quotas.elts = quotas;

    rc = NGX_OK;

    for (i = 0; i < record->limit_count && rc == NGX_OK; i++) {
        rc = ngx_agent_tenants_limit(call, quotas, n, record,
                                     &record->limits[i]);
    }

    return rc;
}


/* Another number for one of the plan's limits.  NGX_DECLINED: it has none of
 * that name: a limit that was meant must not be missing. */
static ngx_int_t
ngx_agent_tenants_limit(ngx_agent_call_t *call, ngx_agent_quota_t *quotas,
    ngx_uint_t count, ag_tenant_record_t *record, ag_record_limit_t *limit)
{
    uint64_t     max;
    ngx_uint_t   i;

    for (i = 0; i < count; i++) {

        if (!ag_str_equal(ngx_agent_str(&quotas[i].name),
                          ag_record_str(record, limit->name)))
        {
            continue;
        }

        max = (quotas[i].limit.resource == AG_RESOURCE_MONEY)
              ? limit->money : limit->number;

        if (max == 0) {
            break;
        }

        quotas[i].limit.max = max;

        if (quotas[i].limit.kind == AG_WINDOW_LOG
            || quotas[i].limit.kind == AG_WINDOW_RING)
        {
            ag_limit_init(&quotas[i].limit);
        }

        quotas[i].shown.data = ngx_pnalloc(call->pool, NGX_INT64_LEN);
        if (quotas[i].shown.data == NULL) {
            return NGX_ERROR;
        }

        quotas[i].shown.len = ngx_sprintf(quotas[i].shown.data, "%uL", max)
                              - quotas[i].shown.data;

        return NGX_OK;
    }

    ngx_agent_tenants_complain(call, record,
                               "a \"limit.\" of it is none of its plan's");

    return NGX_DECLINED;
}


static ngx_int_t
ngx_agent_tenants_text(ngx_agent_call_t *call, ag_str_t text, ngx_str_t *copy)
{
    copy->len = text.len;
    copy->data = ngx_pnalloc(call->pool, text.len + 1);

    if (copy->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(copy->data, text.data, text.len);
    copy->data[text.len] = '\0';

    return NGX_OK;
}


/* Somebody wrote what cannot be; once a minute is often enough. */
static void
ngx_agent_tenants_complain(ngx_agent_call_t *call, ag_tenant_record_t *record,
    const char *why)
{
    ag_str_t  name;

    static time_t  told;

    if (ngx_time() - told < NGX_AGENT_TENANTS_TOLD) {
        return;
    }

    told = ngx_time();
    name = ag_record_str(record, record->tenant);

    ngx_log_error(NGX_LOG_ERR, call->log, 0,
                  "agent: a tenant in Redis, \"%*s\", cannot be used: %s, "
                  "id: %V", name.len, name.data, why, &call->request_id);
}
