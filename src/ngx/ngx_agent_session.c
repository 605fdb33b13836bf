/*
 * Copyright (C) ngx_agent authors
 *
 * Sessions of agents: their headers, and the operator's stop.  Who stops one
 * marks its entry and counts the stops of the zone up; every worker looks at
 * that number a few times a second, and at its own calls when it has changed.
 */


#include "ngx/ngx_agent_limit.h"
#include "core/ag_tokens.h"


#define NGX_AGENT_SESSION_LOOK  250     /* ms; a stop takes effect within a
                                           second */
#define NGX_AGENT_SESSION_KEEP  (UINT64_C(86400) * 1000000)     /* us; of one
                                           without a lifetime, unused */


static ngx_uint_t ngx_agent_session_is_idle(ngx_agent_entry_t *entry,
    uint64_t now_us);
static void ngx_agent_session_on_timer(ngx_event_t *ev);
static void ngx_agent_session_look(ngx_agent_main_conf_t *amcf);
static ngx_uint_t ngx_agent_session_mark(ngx_agent_main_conf_t *amcf,
    ngx_agent_tenant_t *tenant, ngx_str_t *session);


static const ag_str_t  ngx_agent_session_bad_id =
    ag_string("The session's id (x-agent-session) is not 1 to 128 visible "
              "ASCII characters without / ? # % \" \\.");
static const ag_str_t  ngx_agent_session_bad_depth =
    ag_string("The header x-agent-depth is not a number from 0 to 1000.");


/* Of this process. */
static ngx_event_t  ngx_agent_session_event;
static ngx_queue_t  ngx_agent_session_calls;
static ngx_atomic_uint_t  ngx_agent_session_seen;


/* ---- of a call ---- */


ngx_int_t
ngx_agent_session_read(ngx_agent_call_t *call)
{
    ngx_str_t            value;
    ag_session_call_t    asked;
    ag_session_guard_t  *guard;

    guard = &call->tenant->guard;

    if (call->background) {
        return NGX_OK;
    }

    if (call->conf->session_id != NULL) {

        if (ngx_http_complex_value(call->r, call->conf->session_id, &value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (value.len != 0) {
            call->session = value;
        }
    }

    ngx_memzero(&asked, sizeof(ag_session_call_t));

    if (call->session.len != 0
        && !ag_session_id_valid(ngx_agent_str(&call->session)))
    {
        call->session.len = 0;

        if (call->error.class == AG_E_NONE
            && (call->tenant->session_at.line != 0
                || (call->tenant->by & (1u << NGX_AGENT_BY_SESSION))))
        {
            call->error.class = AG_E_BAD_REQUEST;
            call->error.message = ngx_agent_session_bad_id;
        }
    }

    if (call->tenant->session_at.line == 0) {
        return NGX_OK;
    }

    if (call->depth.len != 0
        && ag_session_depth_read(ngx_agent_str(&call->depth), &asked.depth)
           != AG_OK
        && call->error.class == AG_E_NONE)
    {
        call->error.class = AG_E_BAD_REQUEST;
        call->error.message = ngx_agent_session_bad_depth;
    }

    /* an agent need not say which session it is of to be too deep */

    if (guard->depth != 0 && asked.depth > guard->depth
        && call->session.len == 0 && call->error.class == AG_E_NONE)
    {
        call->error.class = AG_E_SESSION_DEPTH;
    }

    return NGX_OK;
}


void
ngx_agent_session_ask(ngx_agent_call_t *call, ag_session_call_t *asked)
{
    (void) ag_session_depth_read(ngx_agent_str(&call->depth), &asked->depth);

    if (call->tenant->guard.repeats != 0 && !call->raw) {
        asked->fingerprint = ag_tokens_fingerprint(ngx_agent_str(&call->body))
                             + (uint64_t) call->endpoint;
    }
}


void
ngx_agent_session_id(uint64_t id[2], ngx_agent_tenant_t *tenant,
    ngx_str_t *session)
{
    ngx_agent_table_id(id, tenant->hash[0], session->data, session->len);
    id[0] ^= tenant->hash[1];
    id[1] ^= NGX_AGENT_ENTRY_SESSION;
}


void
ngx_agent_session_watch(ngx_agent_call_t *call)
{
    ngx_agent_session_entry_t  *data;

    ngx_queue_insert_tail(&ngx_agent_session_calls, &call->limits->sessions);
    call->limits->watched = 1;

    /* maybe while the call waited for Redis */

    data = (ngx_agent_session_entry_t *) call->limits->session->data;

    if (data->session.stopped) {
        call->stopped = 1;
        ngx_post_event(&call->wake, &ngx_posted_events);
    }
}


void
ngx_agent_session_leave(ngx_agent_call_t *call)
{
    if (call->limits->watched) {
        ngx_queue_remove(&call->limits->sessions);
        call->limits->watched = 0;
    }
}


/* ---- stops ---- */


ngx_uint_t
ngx_agent_session_stop(ngx_agent_main_conf_t *amcf, ngx_str_t *session,
    ngx_str_t *name)
{
    ngx_uint_t            i, n;
    ngx_agent_tenant_t    other, **tenant;

    n = 0;
    tenant = amcf->tenants.elts;

    if (name->len != 0) {

        /* maybe one of Redis, which is nowhere but in its calls */

        ngx_memzero(&other, sizeof(ngx_agent_tenant_t));
        other.name = *name;
        ngx_agent_claim_tenant(&other);

        n = ngx_agent_session_mark(amcf, &other, session);

    } else {
        for (i = 0; i < amcf->tenants.nelts; i++) {
            if (tenant[i]->session_at.line != 0) {
                n += ngx_agent_session_mark(amcf, tenant[i], session);
            }
        }
    }

    if (n != 0) {
        (void) ngx_atomic_fetch_add(&amcf->shared->stops, 1);
        ngx_agent_session_look(amcf);
    }

    return n;
}


static ngx_uint_t
ngx_agent_session_mark(ngx_agent_main_conf_t *amcf,
    ngx_agent_tenant_t *tenant, ngx_str_t *session)
{
    uint64_t                    id[2];
    ngx_agent_entry_t          *entry;
    ag_redis_command_t          command;
    ngx_agent_session_entry_t  *data;

    ngx_agent_session_id(id, tenant, session);

    ngx_agent_step_begin(amcf, tenant->id, NULL);

    entry = ngx_agent_table_peek(amcf, id);

    if (entry != NULL) {
        data = (ngx_agent_session_entry_t *) entry->data;
        data->session.stopped = 1;
    }

    ngx_agent_step_end(amcf, tenant->id, NULL);

    if (amcf->redis != NULL && amcf->redis->share
        && ag_redis_stop_write(&command, ngx_agent_str(&amcf->redis->prefix),
                               tenant->id, id)
           == AG_OK)
    {
        if (ngx_agent_redis_eval(amcf, NULL, AG_REDIS_STOP, &command)
            == NGX_OK)
        {
            return 1;       /* another node may know it */
        }
    }

    return entry != NULL;
}


ngx_int_t
ngx_agent_session_init_process(ngx_cycle_t *cycle,
    ngx_agent_main_conf_t *amcf)
{
    ngx_uint_t            i, any;
    ngx_agent_tenant_t  **tenant;

    static ngx_connection_t  dummy;     /* nginx's debug log asks for one */

    ngx_queue_init(&ngx_agent_session_calls);
    ngx_agent_table_idle(NGX_AGENT_ENTRY_SESSION, ngx_agent_session_is_idle);
    ngx_agent_table_idle(NGX_AGENT_ENTRY_TENANT, ngx_agent_tenants_is_idle);

    any = (amcf->tenants_redis != 0);
    tenant = amcf->tenants.elts;

    for (i = 0; i < amcf->tenants.nelts; i++) {
        any |= (tenant[i]->session_at.line != 0);
    }

    if (!any || amcf->shared == NULL) {
        return NGX_OK;
    }

    dummy.fd = (ngx_socket_t) -1;

    ngx_memzero(&ngx_agent_session_event, sizeof(ngx_event_t));
    ngx_agent_session_event.handler = ngx_agent_session_on_timer;
    ngx_agent_session_event.data = &dummy;
    ngx_agent_session_event.log = cycle->log;
    ngx_agent_session_event.cancelable = 1;

    dummy.data = amcf;
    ngx_agent_session_seen = amcf->shared->stops;

    ngx_add_timer(&ngx_agent_session_event, NGX_AGENT_SESSION_LOOK);

    return NGX_OK;
}


static void
ngx_agent_session_on_timer(ngx_event_t *ev)
{
    ngx_connection_t  *dummy = ev->data;

    ngx_agent_session_look(dummy->data);
    ngx_add_timer(ev, NGX_AGENT_SESSION_LOOK);
}


static void
ngx_agent_session_look(ngx_agent_main_conf_t *amcf)
{
    ngx_queue_t                *q;
    ngx_agent_limits_t         *limits;
    ngx_agent_session_entry_t  *data;

    if (amcf->shared->stops == ngx_agent_session_seen) {
        return;
    }

    ngx_agent_session_seen = amcf->shared->stops;

    for (q = ngx_queue_head(&ngx_agent_session_calls);
         q != ngx_queue_sentinel(&ngx_agent_session_calls);
         q = ngx_queue_next(q))
    {
        limits = ngx_queue_data(q, ngx_agent_limits_t, sessions);
        data = (ngx_agent_session_entry_t *) limits->session->data;

        if (data->session.stopped) {
            limits->call->stopped = 1;
            ngx_post_event(&limits->call->wake, &ngx_posted_events);
        }
    }
}


/* One that was stopped is remembered as long as it could go on. */
static ngx_uint_t
ngx_agent_session_is_idle(ngx_agent_entry_t *entry, uint64_t now_us)
{
    uint64_t                    keep;
    ngx_agent_session_entry_t  *data;

    data = (ngx_agent_session_entry_t *) entry->data;
    keep = data->lifetime ? data->lifetime : NGX_AGENT_SESSION_KEEP;

    return entry->used + keep < now_us;
}
