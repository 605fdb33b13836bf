/*
 * Copyright (C) ngx_agent authors
 *
 * "agent_redis share=on": a breaker that opens on one node opens on all.  Who
 * opens one writes a key that lives as long as it stays open; each node looks
 * for such keys once a second.  Probes are every node's own.
 */


#include "ngx/ngx_agent_limit.h"
#include "ngx/ngx_agent_state.h"


#define NGX_AGENT_SHARE_EVERY  1000     /* ms */
#define NGX_AGENT_SHARE_BATCH  100      /* keys of one question */
#define NGX_AGENT_SHARE_KEY    (AG_REDIS_PREFIX_MAX + sizeof(":{breakers}:") \
                                + 16)


/* A breaker, once, however many models have it. */
typedef struct {
    ngx_agent_peer_t         *peer;
    ngx_agent_provider_t     *provider;
} ngx_agent_share_peer_t;


/* Of this process. */
typedef struct {
    ngx_agent_main_conf_t    *main;
    ngx_event_t               event;
    ngx_array_t               peers;        /* of ngx_agent_share_peer_t */
    ngx_uint_t                next;         /* of them, to be asked for */
    ngx_uint_t                asked;        /* number in the question */
    ngx_agent_redis_query_t   query;
    ngx_uint_t                waiting;
} ngx_agent_share_t;


static ngx_int_t ngx_agent_share_collect(ngx_cycle_t *cycle,
    ngx_agent_main_conf_t *amcf);
static ngx_int_t ngx_agent_share_add(ngx_agent_target_t *target);
static void ngx_agent_share_on_timer(ngx_event_t *ev);
static ngx_uint_t ngx_agent_share_is_ours(ngx_agent_main_conf_t *amcf);
static void ngx_agent_share_ask(ngx_agent_main_conf_t *amcf);
static void ngx_agent_share_on_reply(ngx_agent_redis_query_t *query,
    const ag_redis_value_t *values, ngx_uint_t count);
static void ngx_agent_share_follow(ngx_agent_share_peer_t *shared);
static ag_str_t ngx_agent_share_key(ngx_agent_main_conf_t *amcf,
    ngx_agent_peer_t *peer, u_char *out);


static ngx_agent_share_t  ngx_agent_share;


ngx_int_t
ngx_agent_share_init_process(ngx_cycle_t *cycle, ngx_agent_main_conf_t *amcf)
{
    static ngx_connection_t  dummy;     /* nginx's debug log asks for one */

    ngx_memzero(&ngx_agent_share, sizeof(ngx_agent_share_t));

    if (amcf->redis == NULL || !amcf->redis->share || amcf->shared == NULL) {
        return NGX_OK;
    }

    if (ngx_agent_share_collect(cycle, amcf) != NGX_OK) {
        return NGX_ERROR;
    }

    dummy.fd = (ngx_socket_t) -1;

    ngx_agent_share.main = amcf;
    ngx_agent_share.event.handler = ngx_agent_share_on_timer;
    ngx_agent_share.event.data = &dummy;
    ngx_agent_share.event.log = cycle->log;
    ngx_agent_share.event.cancelable = 1;
    ngx_agent_share.query.handler = ngx_agent_share_on_reply;

    ngx_add_timer(&ngx_agent_share.event, NGX_AGENT_SHARE_EVERY);

    return NGX_OK;
}


static ngx_int_t
ngx_agent_share_collect(ngx_cycle_t *cycle, ngx_agent_main_conf_t *amcf)
{
    ngx_uint_t            i, n;
    ngx_agent_model_t   **model;
    ngx_agent_target_t   *target;

    if (ngx_array_init(&ngx_agent_share.peers, cycle->pool, 16,
                       sizeof(ngx_agent_share_peer_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    model = amcf->models.elts;

    for (i = 0; i < amcf->models.nelts; i++) {
        target = model[i]->targets.elts;

        for (n = 0; n < model[i]->targets.nelts; n++) {
            if (!target[n].provider->breaker_off
                && ngx_agent_share_add(&target[n]) != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_share_add(ngx_agent_target_t *target)
{
    ngx_uint_t               i, n;
    ngx_agent_peer_t        *peer;
    ngx_agent_share_peer_t  *known;

    peer = target->peers.elts;

    for (i = 0; i < target->peers.nelts; i++) {
        known = ngx_agent_share.peers.elts;

        for (n = 0; n < ngx_agent_share.peers.nelts; n++) {
            if (known[n].peer->state == peer[i].state) {
                break;
            }
        }

        if (n < ngx_agent_share.peers.nelts) {
            continue;
        }

        known = ngx_array_push(&ngx_agent_share.peers);
        if (known == NULL) {
            return NGX_ERROR;
        }

        known->peer = &peer[i];
        known->provider = target->provider;
    }

    return NGX_OK;
}


void
ngx_agent_share_changed(ngx_agent_attempt_t *attempt,
    ag_breaker_change_t change)
{
    u_char                  key[NGX_AGENT_SHARE_KEY];
    u_char                  open[NGX_INT64_LEN];
    ag_redis_command_t      command;
    ngx_agent_main_conf_t  *amcf;

    amcf = attempt->call->main;

    if (amcf->redis == NULL || !amcf->redis->share || attempt->forced) {
        return;
    }

    command.used = 0;
    command.args[1] = ngx_agent_share_key(amcf, attempt->peer, key);

    if (change == AG_BREAKER_RECOVERED) {
        command.count = 2;
        command.args[0] = ag_str("DEL", 3);

    } else if (change == AG_BREAKER_OPENED || change == AG_BREAKER_REOPENED) {
        command.count = 5;
        command.args[0] = ag_str("SET", 3);
        command.args[2] = ag_str("open", 4);
        command.args[3] = ag_str("PX", 2);
        command.args[4] = ag_str(open, (size_t)
            (ngx_sprintf(open, "%uL",
                         attempt->target->provider->breaker.open_ms)
             - open));

    } else {
        return;
    }

    (void) ngx_agent_redis_send(amcf, NULL, &command);
}


/* ---- the other nodes' ---- */


static void
ngx_agent_share_on_timer(ngx_event_t *ev)
{
    ngx_agent_main_conf_t  *amcf;

    amcf = ngx_agent_share.main;

    if (!ngx_agent_share.waiting && ngx_agent_share_is_ours(amcf)) {
        ngx_agent_share.next = 0;
        ngx_agent_share_ask(amcf);
    }

    ngx_add_timer(ev, NGX_AGENT_SHARE_EVERY);
}


/* One of the workers asks for all. */
static ngx_uint_t
ngx_agent_share_is_ours(ngx_agent_main_conf_t *amcf)
{
    ngx_atomic_uint_t  seen;

    seen = amcf->shared->looked;

    return (ngx_msec_t) (ngx_current_msec - seen) >= NGX_AGENT_SHARE_EVERY / 2
           && ngx_atomic_cmp_set(&amcf->shared->looked, seen,
                                 ngx_current_msec);
}


static void
ngx_agent_share_ask(ngx_agent_main_conf_t *amcf)
{
    u_char                   keys[NGX_AGENT_SHARE_BATCH][NGX_AGENT_SHARE_KEY];
    ngx_uint_t               i, n;
    ag_redis_command_t       command;
    ngx_agent_share_peer_t  *peer;

    peer = ngx_agent_share.peers.elts;
    n = ngx_agent_share.peers.nelts - ngx_agent_share.next;
    n = ngx_min(n, NGX_AGENT_SHARE_BATCH);

    if (n == 0) {
        return;
    }

    command.used = 0;
    command.count = (unsigned) n + 1;
    command.args[0] = ag_str("MGET", 4);

    for (i = 0; i < n; i++) {
        command.args[i + 1] =
            ngx_agent_share_key(amcf, peer[ngx_agent_share.next + i].peer,
                                keys[i]);
    }

    ngx_agent_share.asked = n;
    ngx_agent_share.waiting =
        (ngx_agent_redis_send(amcf, &ngx_agent_share.query, &command)
         == NGX_OK);
}


static void
ngx_agent_share_on_reply(ngx_agent_redis_query_t *query,
    const ag_redis_value_t *values, ngx_uint_t count)
{
    ngx_uint_t               i;
    ngx_agent_share_peer_t  *peer;

    ngx_agent_share.waiting = 0;

    if (count != ngx_agent_share.asked) {
        return;
    }

    peer = ngx_agent_share.peers.elts;

    for (i = 0; i < count; i++) {
        if (values[i].kind == AG_REDIS_TEXT) {
            ngx_agent_share_follow(&peer[ngx_agent_share.next + i]);
        }
    }

    ngx_agent_share.next += count;
    ngx_agent_share_ask(ngx_agent_share.main);
}


static void
ngx_agent_share_follow(ngx_agent_share_peer_t *shared)
{
    ag_breaker_change_t      change;
    ngx_agent_peer_state_t  *state;

    state = shared->peer->state;

    if (state->breaker.state != AG_BREAKER_CLOSED) {
        return;
    }

    (void) ngx_agent_state_lock(&state->lock);
    change = ag_breaker_follow(&state->breaker, ngx_current_msec);
    ngx_agent_state_unlock(&state->lock);

    if (change == AG_BREAKER_OPENED) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "agent: breaker opened as on another node, target: "
                      "\"%V\"", &shared->peer->name);
        ngx_agent_metric_add(shared->peer->series, AG_M_TARGET_OPENED, 1);
        ngx_agent_metric_set(shared->peer->series, AG_M_TARGET_BREAKER,
                             AG_BREAKER_OPEN);
    }
}


static ag_str_t
ngx_agent_share_key(ngx_agent_main_conf_t *amcf, ngx_agent_peer_t *peer,
    u_char *out)
{
    u_char  *p;

    p = ngx_slprintf(out, out + NGX_AGENT_SHARE_KEY, "%V:{breakers}:%016xL",
                     &amcf->redis->prefix, peer->state->id);

    return ag_str(out, (size_t) (p - out));
}
