/*
 * Copyright (C) ngx_agent authors
 *
 * Limits of several nodes: Redis decides, and this node's own windows keep
 * what it admitted, so that it can go on with its share when Redis is away
 * and tell Redis what it missed or lost.
 */


#include "ngx/ngx_agent_limit.h"


#define NGX_AGENT_STORE_RENEW     (AG_REDIS_LEASE_US / 3000)   /* ms */
#define NGX_AGENT_STORE_LOOK      250  /* ms */
#define NGX_AGENT_STORE_SOME      128  /* of these at once */
#define NGX_AGENT_STORE_KEPT_MAX  8192  /* settlements of one outage */
#define NGX_AGENT_STORE_SET       1000000   /* us that only somebody who sets
                                               a clock moves it */


/* A command's words, to be sent when Redis is back. */
typedef struct {
    ngx_queue_t               queue;
    unsigned                  count;
    ag_str_t                  args[];
} ngx_agent_store_kept_t;


static void ngx_agent_store_step(ngx_agent_call_t *call,
    ag_redis_step_t *step);
static uint64_t ngx_agent_store_by(ngx_agent_main_conf_t *amcf);
static void ngx_agent_store_ask_time(ngx_agent_main_conf_t *amcf);
static void ngx_agent_store_on_time(ngx_agent_redis_query_t *query,
    const ag_redis_value_t *values, ngx_uint_t count);
static void ngx_agent_store_clock(uint64_t clock);
static void ngx_agent_store_keep(const ag_redis_command_t *command);
static void ngx_agent_store_send_kept(ngx_agent_main_conf_t *amcf);
static void ngx_agent_store_on_reply(ngx_agent_redis_query_t *query,
    const ag_redis_value_t *values, ngx_uint_t count);
static ngx_uint_t ngx_agent_store_behind(ag_claim_t *claim, uint64_t epoch,
    const ag_now_t *now, uint64_t *since);
static void ngx_agent_store_seed(ngx_agent_call_t *call, ngx_uint_t n,
    uint64_t since, const ag_now_t *now);
static void ngx_agent_store_lease(ngx_agent_call_t *call);
static void ngx_agent_store_on_timer(ngx_event_t *ev);
static void ngx_agent_store_renew(ngx_agent_call_t *call);


/* Of this process. */
static ngx_event_t  ngx_agent_store_event;
static ngx_queue_t  ngx_agent_store_leases;
static ngx_queue_t  ngx_agent_store_settles;    /* that could not be sent */
static ngx_uint_t   ngx_agent_store_kept;       /* number of them */
static uint64_t     ngx_agent_store_ahead;      /* us, Redis's clock of ours;
                                                   0: not known */
static ngx_uint_t   ngx_agent_store_was_up;
static ngx_msec_t   ngx_agent_store_back;       /* Redis was, ms */


/* ---- before ---- */


ngx_int_t
ngx_agent_store_take(ngx_agent_call_t *call)
{
    ngx_int_t            rc;
    ag_redis_step_t      step;
    ngx_agent_limits_t  *limits;
    ag_redis_command_t   command;

    limits = call->limits;

    if (!ngx_agent_redis_is_up(call->main)) {
        return NGX_DECLINED;
    }

    limits->lease = ngx_agent_request_random(call->main);
    ngx_agent_store_step(call, &step);
    step.by = ngx_agent_store_by(call->main);

    if (ag_redis_take_write(&command, &step) != AG_OK) {
        return NGX_DECLINED;
    }

    limits->query.handler = ngx_agent_store_on_reply;
    limits->query.data = call;

    rc = ngx_agent_redis_eval(call->main, &limits->query, AG_REDIS_TAKE,
                              &command);
    if (rc != NGX_OK) {
        return NGX_DECLINED;
    }

    limits->waiting = 1;

    /* Redis's own timer wakes us; this one keeps a leaving worker alive */

    ngx_agent_call_wake_at(call, ngx_current_msec
                                 + 2 * call->main->redis->timeout + 1000);

    return NGX_AGAIN;
}


/*
 * A script that runs when nobody waits for it any more must not take what
 * nobody would give back.  Until when somebody waits is told on Redis's clock:
 * as it was seen in replies, of which the fastest tell it best.
 */
static uint64_t
ngx_agent_store_by(ngx_agent_main_conf_t *amcf)
{
    if (ngx_agent_store_ahead == 0) {
        return 0;
    }

    /* its reply has a way to go, too: 7/8 of the time are the script's */

    return ngx_agent_table_now() + ngx_agent_store_ahead
           + (uint64_t) amcf->redis->timeout * 875;
}


/* Before the first call: its script, too, may come late. */
static void
ngx_agent_store_ask_time(ngx_agent_main_conf_t *amcf)
{
    ag_redis_command_t  command;

    static ngx_agent_redis_query_t  query;

    command.used = 0;
    command.count = 1;
    command.args[0] = ag_str("TIME", 4);

    query.handler = ngx_agent_store_on_time;

    (void) ngx_agent_redis_send(amcf, &query, &command);
}


/* Seconds and microseconds. */
static void
ngx_agent_store_on_time(ngx_agent_redis_query_t *query,
    const ag_redis_value_t *values, ngx_uint_t count)
{
    ngx_int_t  s, us;

    if (count != 2) {
        return;
    }

    s = ngx_atoi((u_char *) values[0].text.data, values[0].text.len);
    us = ngx_atoi((u_char *) values[1].text.data, values[1].text.len);

    if (s != NGX_ERROR && us != NGX_ERROR) {
        ngx_agent_store_clock((uint64_t) s * 1000000 + (uint64_t) us);
    }
}


static void
ngx_agent_store_clock(uint64_t clock)
{
    uint64_t  now, ahead;

    now = ngx_agent_table_now();
    ahead = (clock > now) ? clock - now : 1;

    if (ahead > ngx_agent_store_ahead
        || ngx_agent_store_ahead - ahead > NGX_AGENT_STORE_SET)
    {
        ngx_agent_store_ahead = ahead;

    } else {
        ngx_agent_store_ahead -= (ngx_agent_store_ahead - ahead) / 64;
    }
}


static void
ngx_agent_store_step(ngx_agent_call_t *call, ag_redis_step_t *step)
{
    ngx_agent_limits_t  *limits;

    limits = call->limits;
    ngx_memzero(step, sizeof(ag_redis_step_t));

    step->prefix = ngx_agent_str(&call->main->redis->prefix);
    step->tenant = call->tenant->id;
    step->lease = limits->lease;
    step->count = (unsigned) limits->count;
    step->claims = limits->claims;
    step->ids = limits->ids;
    step->epochs = limits->epochs;
    step->standings = limits->standings;

    if (call->main->redis->share && limits->session != NULL) {
        step->session_id[0] = limits->session_id[0];
        step->session_id[1] = limits->session_id[1];
        step->guard = &call->tenant->guard;
        step->session = &limits->asked;
    }
}


static void
ngx_agent_store_on_reply(ngx_agent_redis_query_t *query,
    const ag_redis_value_t *values, ngx_uint_t count)
{
    ngx_agent_call_t *call = query->data;

    int                  rc;
    ag_redis_step_t      step;
    ngx_agent_limits_t  *limits;

    limits = call->limits;
    ngx_agent_store_step(call, &step);

    rc = (count != 0)
         ? ag_redis_take_read(values, count, &step, &limits->verdict)
         : AG_INVALID;

    if (rc != AG_INVALID) {
        ngx_agent_store_clock(step.clock);
    }

    if (rc == AG_OK) {
        limits->session_verdict = step.session_verdict;
        limits->answered = 1;
        limits->told = 1;

    } else {
        limits->failed = 1;
    }

    ngx_post_event(&call->wake, &ngx_posted_events);
}


ngx_int_t
ngx_agent_store_taken(ngx_agent_call_t *call)
{
    ngx_agent_limits_t  *limits;

    limits = call->limits;

    if (limits->answered) {
        return NGX_OK;
    }

    if (!limits->failed) {
        return NGX_AGAIN;
    }

    ngx_agent_store_forget(call);

    return NGX_DECLINED;
}


/* Nobody knows whether Redis took the call: at least its places come back. */
void
ngx_agent_store_forget(ngx_agent_call_t *call)
{
    ngx_uint_t           i, held;
    ag_redis_step_t      step;
    ngx_agent_limits_t  *limits;
    ag_redis_command_t   command;

    held = 0;
    limits = call->limits;

    if (limits->leased) {
        ngx_queue_remove(&limits->queue);
        limits->leased = 0;
    }

    for (i = 0; i < limits->count; i++) {
        limits->claims[i].taken = 0;
        limits->claims[i].used = 0;
        limits->claims[i].mark = 0;
        held |= (limits->claims[i].limit->resource
                 == AG_RESOURCE_CONCURRENCY);
    }

    if (!held) {
        return;
    }

    ngx_agent_store_step(call, &step);

    if (ag_redis_settle_write(&command, &step, 0, 0) == AG_OK) {
        (void) ngx_agent_redis_eval(call->main, NULL, AG_REDIS_SETTLE,
                                    &command);
    }
}


uint64_t
ngx_agent_store_share(ngx_agent_main_conf_t *amcf, uint64_t max)
{
    uint64_t  share;

    share = max / ngx_max(amcf->redis->nodes, 1);

    return ngx_max(share, 1);
}


/* ---- what both know ---- */


void
ngx_agent_store_record(ngx_agent_call_t *call, const ag_now_t *now)
{
    uint64_t             since;
    ngx_uint_t           i;
    ag_claim_t          *claim;
    ngx_agent_limits_t  *limits;

    limits = call->limits;

    if (limits->local) {

        for (i = 0; i < limits->count; i++) {
            claim = &limits->claims[i];

            if (claim->window->behind == 0) {
                claim->window->behind = now->us;
            }
        }

        /* Redis learns of its places when it is back */

        if (limits->lease == 0) {
            limits->lease = ngx_agent_request_random(call->main);
        }

        ngx_agent_store_lease(call);

        return;
    }

    for (i = 0; i < limits->count; i++) {
        claim = &limits->claims[i];

        if (ngx_agent_store_behind(claim, limits->epochs[i], now, &since)) {
            ngx_agent_store_seed(call, i, since, now);
        }

        limits->marks[i] = claim->mark;
        claim->amount = claim->taken;
    }

    ag_limit_record(limits->claims, (unsigned) limits->count, now);
    ngx_agent_store_lease(call);
}


/* Does Redis not know what this window remembers?  All of it if it is a new
 * one there, else what was admitted while Redis was away. */
static ngx_uint_t
ngx_agent_store_behind(ag_claim_t *claim, uint64_t epoch,
    const ag_now_t *now, uint64_t *since)
{
    uint64_t      behind;
    ag_window_t  *window;

    window = claim->window;
    behind = window->behind;
    window->behind = 0;

    if (claim->limit->resource == AG_RESOURCE_CONCURRENCY) {
        return 0;       /* leases are renewed */
    }

    *since = behind;

    if (window->epoch != epoch) {
        window->epoch = epoch;
        *since = 0;

        return ag_window_used(window, now) != 0;
    }

    return behind != 0;
}


static void
ngx_agent_store_seed(ngx_agent_call_t *call, ngx_uint_t n, uint64_t since,
    const ag_now_t *now)
{
    ag_claim_t          *claim;
    ag_redis_command_t   command;

    claim = &call->limits->claims[n];

    if (ag_redis_seed_write(&command,
                            ngx_agent_str(&call->main->redis->prefix),
                            call->tenant->id, call->limits->ids[n],
                            claim->limit, claim->window,
                            call->limits->epochs[n],
                            call->main->shared->node, now->us, since, now)
        == AG_OK)
    {
        (void) ngx_agent_redis_eval(call->main, NULL, AG_REDIS_SEED,
                                    &command);
    }
}


/* ---- after ---- */


void
ngx_agent_store_settle(ngx_agent_call_t *call, uint64_t session_cost)
{
    ngx_uint_t           i, due;
    ag_redis_step_t      step;
    ngx_agent_limits_t  *limits;
    ag_redis_command_t   command;

    limits = call->limits;
    due = (limits->asked.cost != 0 && call->main->redis->share);

    if (limits->leased) {
        ngx_queue_remove(&limits->queue);
        limits->leased = 0;
    }

    for (i = 0; i < limits->count; i++) {
        limits->claims[i].mark = limits->marks[i];
        due |= (limits->claims[i].limit->resource != AG_RESOURCE_REQUESTS);
    }

    if (!due) {
        return;
    }

    ngx_agent_store_step(call, &step);

    if (ag_redis_settle_write(&command, &step, limits->asked.cost,
                              session_cost)
        == AG_OK
        && ngx_agent_redis_eval(call->main, NULL, AG_REDIS_SETTLE, &command)
           != NGX_OK)
    {
        ngx_agent_store_keep(&command);
    }
}


/* Redis is away: a budget of a month would keep the reservation that long. */
static void
ngx_agent_store_keep(const ag_redis_command_t *command)
{
    u_char                  *p;
    size_t                   len;
    unsigned                 i;
    ngx_agent_store_kept_t  *kept;

    if (ngx_agent_store_kept == NGX_AGENT_STORE_KEPT_MAX) {
        return;
    }

    len = 0;

    for (i = 0; i < command->count; i++) {
        len += command->args[i].len;
    }

    kept = ngx_alloc(sizeof(ngx_agent_store_kept_t)
                     + command->count * sizeof(ag_str_t) + len,
                     ngx_cycle->log);
    if (kept == NULL) {
        return;
    }

    kept->count = command->count;
    p = (u_char *) &kept->args[command->count];

    for (i = 0; i < command->count; i++) {
        kept->args[i] = ag_str(p, command->args[i].len);
        p = ngx_cpymem(p, command->args[i].data, command->args[i].len);
    }

    ngx_queue_insert_tail(&ngx_agent_store_settles, &kept->queue);
    ngx_agent_store_kept++;
}


static void
ngx_agent_store_send_kept(ngx_agent_main_conf_t *amcf)
{
    ngx_uint_t               n;
    ngx_queue_t             *q;
    ag_redis_command_t       command;
    ngx_agent_store_kept_t  *kept;

    for (n = 0; n < NGX_AGENT_STORE_SOME; n++) {

        if (ngx_queue_empty(&ngx_agent_store_settles)) {
            return;
        }

        q = ngx_queue_head(&ngx_agent_store_settles);
        kept = ngx_queue_data(q, ngx_agent_store_kept_t, queue);

        command.count = kept->count;
        command.used = 0;
        ngx_memcpy(command.args, kept->args, kept->count * sizeof(ag_str_t));

        if (ngx_agent_redis_eval(amcf, NULL, AG_REDIS_SETTLE, &command)
            != NGX_OK)
        {
            return;
        }

        ngx_queue_remove(q);
        ngx_free(kept);
        ngx_agent_store_kept--;
    }
}


void
ngx_agent_store_exit_process(void)
{
    ngx_queue_t  *q;

    if (ngx_agent_store_settles.next == NULL) {
        return;
    }

    while (!ngx_queue_empty(&ngx_agent_store_settles)) {
        q = ngx_queue_head(&ngx_agent_store_settles);
        ngx_queue_remove(q);
        ngx_free(ngx_queue_data(q, ngx_agent_store_kept_t, queue));
    }
}


static void
ngx_agent_store_lease(ngx_agent_call_t *call)
{
    ngx_uint_t           i;
    ngx_agent_limits_t  *limits;

    limits = call->limits;

    for (i = 0; i < limits->count; i++) {
        if (limits->claims[i].limit->resource == AG_RESOURCE_CONCURRENCY) {
            ngx_queue_insert_tail(&ngx_agent_store_leases, &limits->queue);
            limits->renewed = ngx_current_msec;
            limits->leased = 1;
            return;
        }
    }
}


ngx_int_t
ngx_agent_store_init_process(ngx_cycle_t *cycle, ngx_agent_main_conf_t *amcf)
{
    static ngx_connection_t  dummy;     /* nginx's debug log asks for one */

    ngx_queue_init(&ngx_agent_store_leases);
    ngx_queue_init(&ngx_agent_store_settles);
    ngx_agent_store_kept = 0;
    ngx_agent_store_ahead = 0;

    if (amcf->redis == NULL) {
        return NGX_OK;
    }

    dummy.fd = (ngx_socket_t) -1;

    ngx_memzero(&ngx_agent_store_event, sizeof(ngx_event_t));
    ngx_agent_store_event.handler = ngx_agent_store_on_timer;
    ngx_agent_store_event.data = &dummy;
    ngx_agent_store_event.log = cycle->log;
    ngx_agent_store_event.cancelable = 1;

    dummy.data = amcf;
    ngx_agent_store_was_up = 0;

    ngx_add_timer(&ngx_agent_store_event, NGX_AGENT_STORE_LOOK);

    return NGX_OK;
}


/*
 * Each now and then, and all when Redis is back: it may have come back empty.
 * Some at a time, the longest ago first: calls wait behind them.
 */
static void
ngx_agent_store_on_timer(ngx_event_t *ev)
{
    ngx_uint_t              n, up;
    ngx_queue_t            *q;
    ngx_connection_t       *dummy;
    ngx_agent_limits_t     *limits;

    dummy = ev->data;
    up = ngx_agent_redis_is_up(dummy->data);

    if (up && !ngx_agent_store_was_up) {
        ngx_agent_store_back = ngx_current_msec;
        ngx_agent_store_ask_time(dummy->data);
    }

    ngx_agent_store_was_up = up;

    if (up) {
        ngx_agent_store_send_kept(dummy->data);
    }

    for (n = 0; up && n < NGX_AGENT_STORE_SOME; n++) {

        if (ngx_queue_empty(&ngx_agent_store_leases)) {
            break;
        }

        q = ngx_queue_head(&ngx_agent_store_leases);
        limits = ngx_queue_data(q, ngx_agent_limits_t, queue);

        if ((ngx_msec_int_t) (limits->renewed - ngx_agent_store_back) >= 0
            && (ngx_msec_t) (ngx_current_msec - limits->renewed)
               < NGX_AGENT_STORE_RENEW)
        {
            break;
        }

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&ngx_agent_store_leases, q);

        limits->renewed = ngx_current_msec;
        ngx_agent_store_renew(limits->call);
    }

    ngx_add_timer(ev, NGX_AGENT_STORE_LOOK);
}


static void
ngx_agent_store_renew(ngx_agent_call_t *call)
{
    uint64_t             ids[AG_LIMITS_MAX][2], leases[AG_LIMITS_MAX];
    unsigned             n;
    ngx_uint_t           i;
    ngx_agent_limits_t  *limits;
    ag_redis_command_t   command;

    n = 0;
    limits = call->limits;

    for (i = 0; i < limits->count; i++) {
        if (limits->claims[i].limit->resource == AG_RESOURCE_CONCURRENCY) {
            ids[n][0] = limits->ids[i][0];
            ids[n][1] = limits->ids[i][1];
            leases[n] = limits->lease;
            n++;
        }
    }

    if (ag_redis_renew_write(&command,
                             ngx_agent_str(&call->main->redis->prefix),
                             call->tenant->id, ids, leases, n)
        == AG_OK)
    {
        (void) ngx_agent_redis_eval(call->main, NULL, AG_REDIS_RENEW,
                                    &command);
    }
}
