/*
 * Copyright (C) ngx_agent authors
 *
 * What the limits of a tenant are to one of its calls.  Decided in
 * core/ag_limit.h and core/ag_session.h; counted here in shared memory or,
 * for several nodes, in Redis, with this node's share in shared memory as the
 * second best.
 */


#ifndef _NGX_AGENT_LIMIT_H_INCLUDED_
#define _NGX_AGENT_LIMIT_H_INCLUDED_


#include "ngx/ngx_agent_redis.h"
#include "ngx/ngx_agent_table.h"
#include "core/ag_charge.h"
#include "core/ag_standing.h"


#define NGX_AGENT_CLAIM_LARGE  16384    /* bytes; a longer body with files in
                                           it is not measured by its length */


/*
 * One call's.  Arrays are parallel: of each quota of the tenant that counts
 * this call.
 */
struct ngx_agent_limits_s {
    ngx_agent_call_t         *call;
    ngx_agent_ticket_t       *ticket;       /* NULL: nothing is held */
    ngx_uint_t                count;
    ag_claim_t               *claims;
    ngx_agent_quota_t       **quotas;
    uint64_t                (*ids)[2];
    ag_standing_t            *standings;
    uint64_t                 *epochs;       /* Redis's, of the windows */
    uint64_t                 *marks;        /* Redis's, of the claims */

    uint64_t                  session_id[2];    /* 0, 0: none */
    ngx_agent_entry_t        *session;      /* NULL: none */
    ag_session_call_t         asked;

    ag_charge_request_t       request;
    ag_price_t                price;        /* the dearest of its targets' */
    uint64_t                  admitted;     /* us; 0: was not */

    ag_verdict_t              verdict;
    ag_session_verdict_t      session_verdict;

    ngx_agent_redis_query_t   query;
    uint64_t                  lease;
    ngx_queue_t               queue;        /* of calls with leases */
    ngx_msec_t                renewed;      /* its leases */
    ngx_queue_t               sessions;     /* of calls with a session */

    unsigned                  told:1;       /* "standings" are known */
    unsigned                  taken:1;
    unsigned                  in_session:1; /* its session has counted it */
    unsigned                  waiting:1;    /* for Redis */
    unsigned                  answered:1;   /* Redis said yes or no */
    unsigned                  failed:1;     /* Redis said nothing */
    unsigned                  shared:1;     /* taken in Redis, too */
    unsigned                  local:1;      /* by this node's share */
    unsigned                  leased:1;     /* in the queue of leases */
    unsigned                  watched:1;    /* in the queue of sessions */
    unsigned                  requests_only:1;  /* it will be refused anyway */
};


/* What a session's entry holds. */
typedef struct {
    ag_session_t              session;
    uint64_t                  lifetime;     /* us, of its guard; 0: none */
} ngx_agent_session_entry_t;


/* Postconfiguration: memory for the pointers to windows. */
ngx_int_t ngx_agent_limit_init(ngx_conf_t *cf);

/* While a configuration is loaded: finds or makes the windows of all tenants'
 * quotas that a configuration can name. */
ngx_int_t ngx_agent_limit_connect(ngx_agent_main_conf_t *amcf,
    ngx_agent_zone_t *shared);

/* The time, for windows and sessions. */
void ngx_agent_limit_now(ag_now_t *now);

/* Within a step: the session has not counted the call after all. */
void ngx_agent_limit_unsession(ngx_agent_limits_t *limits);

/* claim: ngx_agent_claim.c */

/* Which quotas count the call, and how much of each.  NGX_OK; NGX_DECLINED:
 * none, and no session; NGX_BUSY: no memory in the zone; NGX_ERROR;
 * NGX_ABORT: call->error says why not. */
ngx_int_t ngx_agent_claim(ngx_agent_call_t *call);

/* Memory for all quotas of the call's tenant; NULL: none. */
ngx_agent_limits_t *ngx_agent_claim_create(ngx_agent_call_t *call);

/* What follows from a tenant's name and quotas. */
void ngx_agent_claim_tenant(ngx_agent_tenant_t *tenant);

/* The window's id of a quota. */
void ngx_agent_claim_id(uint64_t id[2], ngx_agent_tenant_t *tenant,
    ngx_agent_quota_t *quota, const ngx_agent_tenant_key_t *key,
    ngx_str_t *session);

/* Within a step, before the claim's window is used: makes it of zeroed memory,
 * and goes on to the successor of one that became too small. */
void ngx_agent_claim_open(ag_claim_t *claim);

/* reply: ngx_agent_limit_reply.c: what a refusal says; as a phase. */
ngx_int_t ngx_agent_limit_refuse(ngx_agent_call_t *call);

/* The limit that refused the call, or would have; NULL: none. */
ngx_str_t *ngx_agent_limit_named(ngx_agent_call_t *call);

/* session: ngx_agent_session.c */

/* Reads and checks x-agent-session and x-agent-depth where a guard or a quota
 * asks for them; what is wrong goes to call->error.  NGX_OK, NGX_ERROR. */
ngx_int_t ngx_agent_session_read(ngx_agent_call_t *call);

/* What its guards look at. */
void ngx_agent_session_ask(ngx_agent_call_t *call, ag_session_call_t *asked);

/* The id of a session's entry. */
void ngx_agent_session_id(uint64_t id[2], ngx_agent_tenant_t *tenant,
    ngx_str_t *session);

/* Watches the call until it ends: its session may be stopped. */
void ngx_agent_session_watch(ngx_agent_call_t *call);
void ngx_agent_session_leave(ngx_agent_call_t *call);

/* POST .../sessions/ID/stop: marks it in that tenant, or, without a name, in
 * all of nginx.conf that know it; the number of them.  A shared one is marked
 * in any case. */
ngx_uint_t ngx_agent_session_stop(ngx_agent_main_conf_t *amcf,
    ngx_str_t *session, ngx_str_t *name);

ngx_int_t ngx_agent_session_init_process(ngx_cycle_t *cycle,
    ngx_agent_main_conf_t *amcf);

/* tenants: ngx_agent_tenants.c: those of Redis */

/* NGX_OK: call->tenant and call->key are set if there is one; NGX_AGAIN;
 * NGX_DECLINED: call->error; NGX_ERROR. */
ngx_int_t ngx_agent_tenants_find(ngx_agent_call_t *call, u_char *digest);

/* The call ends. */
void ngx_agent_tenants_leave(ngx_agent_call_t *call);

/* Of the table's entries. */
ngx_uint_t ngx_agent_tenants_is_idle(ngx_agent_entry_t *entry,
    uint64_t now_us);

/* state file: ngx_agent_state_file.c */

/* Into a zone that was made anew. */
void ngx_agent_state_file_read(ngx_agent_main_conf_t *amcf,
    ngx_agent_zone_t *shared, ngx_log_t *log);

ngx_int_t ngx_agent_state_file_init_process(ngx_cycle_t *cycle,
    ngx_agent_main_conf_t *amcf);
void ngx_agent_state_file_exit_process(ngx_agent_main_conf_t *amcf);

/* Writes it a last time, when all workers are gone. */
void ngx_agent_state_file_exit_master(ngx_cycle_t *cycle,
    ngx_agent_main_conf_t *amcf);

/* manage: ngx_agent_manage.c: a POST below agent_status: NGX_OK and a body;
 * NGX_DECLINED and the body of a 404; NGX_ABORT and that of a 400; or what the
 * handler returns. */
ngx_int_t ngx_agent_manage(ngx_http_request_t *r, ngx_str_t *body);

/* store: ngx_agent_store.c: limits in Redis */

/* Asks Redis.  NGX_AGAIN: the call will be waked; NGX_DECLINED: it is down. */
ngx_int_t ngx_agent_store_take(ngx_agent_call_t *call);

/* Has it answered: NGX_OK: verdict is there, NGX_AGAIN, NGX_DECLINED: late or
 * down. */
ngx_int_t ngx_agent_store_taken(ngx_agent_call_t *call);

/* Its answer will not be waited for. */
void ngx_agent_store_forget(ngx_agent_call_t *call);

/* Within a step: writes down what Redis allowed, and tells it what it does not
 * know; or, of a call that this node admitted alone, that it has to. */
void ngx_agent_store_record(ngx_agent_call_t *call, const ag_now_t *now);

/* Tells it what was used, gives its places back. */
void ngx_agent_store_settle(ngx_agent_call_t *call, uint64_t session_cost);

/* share: ngx_agent_share.c: breakers of several nodes */
ngx_int_t ngx_agent_share_init_process(ngx_cycle_t *cycle,
    ngx_agent_main_conf_t *amcf);
void ngx_agent_share_changed(ngx_agent_attempt_t *attempt,
    ag_breaker_change_t change);

/* Renews leases: init_process. */
ngx_int_t ngx_agent_store_init_process(ngx_cycle_t *cycle,
    ngx_agent_main_conf_t *amcf);

void ngx_agent_store_exit_process(void);

/* The share of a limit that this node may give out alone. */
uint64_t ngx_agent_store_share(ngx_agent_main_conf_t *amcf, uint64_t max);


#endif /* _NGX_AGENT_LIMIT_H_INCLUDED_ */
