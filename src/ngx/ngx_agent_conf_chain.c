/*
 * Copyright (C) ngx_agent authors
 *
 * A model's targets have their providers: what ag_chain.h reads is made of
 * them, and the peers that have a breaker each.
 */


#include "ngx/ngx_agent_conf.h"


static void ngx_agent_conf_chain_endpoints(ngx_conf_t *cf,
    ngx_agent_model_t *model);
static ngx_uint_t ngx_agent_conf_chain_served(const ag_dialect_t *dialect);
static ngx_int_t ngx_agent_conf_chain_targets(ngx_conf_t *cf,
    ngx_agent_model_t *model);
static void ngx_agent_conf_chain_lease(ngx_agent_model_t *model,
    ngx_agent_provider_t *provider);
static ngx_int_t ngx_agent_conf_chain_peers(ngx_conf_t *cf,
    ngx_agent_target_t *target);
static ngx_int_t ngx_agent_conf_chain_name(ngx_conf_t *cf,
    ngx_agent_target_t *target, ngx_agent_peer_t *peer);


ngx_int_t
ngx_agent_conf_chain(ngx_conf_t *cf, ngx_agent_model_t *model)
{
    ngx_uint_t           i;
    ngx_agent_target_t  *target;

    ngx_agent_conf_chain_endpoints(cf, model);

    if (ngx_agent_conf_chain_targets(cf, model) != NGX_OK) {
        return NGX_ERROR;
    }

    target = model->targets.elts;

    for (i = 0; i < model->targets.nelts; i++) {

        ngx_agent_conf_chain_lease(model, target[i].provider);

        if (ngx_agent_conf_chain_peers(cf, &target[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/*
 * A target that can answer no call of the others never helps them; it may
 * still serve clients of its own dialect.
 */

static void
ngx_agent_conf_chain_endpoints(ngx_conf_t *cf, ngx_agent_model_t *model)
{
    ngx_uint_t           i, served;
    ngx_agent_target_t  *target;

    served = (ngx_uint_t) -1;
    target = model->targets.elts;

    for (i = 0; i < model->targets.nelts; i++) {

        served &= ngx_agent_conf_chain_served(target[i].provider->dialect);

        if (served == 0) {
            ngx_agent_conf_warn(cf, NGX_LOG_WARN, &target[i].place,
                                "\"%V\" with dialect \"%s\" serves no "
                                "endpoint that the targets before it in "
                                "model \"%V\" serve, so it does not stand "
                                "in for them", &target[i].name,
                                target[i].provider->dialect->name,
                                &model->name);
            return;
        }
    }
}


/* A bit for each endpoint. */

static ngx_uint_t
ngx_agent_conf_chain_served(const ag_dialect_t *dialect)
{
    ngx_uint_t  i, served;

    served = 0;

    for (i = 0; i < AG_ENDPOINT_MAX; i++) {
        if (ag_dialect_serves(dialect, i)) {
            served |= (ngx_uint_t) 1 << i;
        }
    }

    return served;
}


static ngx_int_t
ngx_agent_conf_chain_targets(ngx_conf_t *cf, ngx_agent_model_t *model)
{
    ngx_uint_t           i;
    ag_chain_conf_t     *chain;
    ag_chain_target_t   *targets;
    ngx_agent_retry_t   *retry;
    ngx_agent_target_t  *target;

    targets = ngx_pcalloc(cf->pool, model->targets.nelts
                                    * sizeof(ag_chain_target_t));
    if (targets == NULL) {
        return NGX_ERROR;
    }

    target = model->targets.elts;

    for (i = 0; i < model->targets.nelts; i++) {
        retry = &target[i].provider->retry;

        targets[i].tier = (uint32_t) target[i].tier;
        targets[i].on = (uint32_t) target[i].on;
        targets[i].attempts = (uint32_t) retry->attempts;
        targets[i].base_ms = (uint32_t) retry->base;
        targets[i].factor_percent = (uint32_t) retry->factor;
        targets[i].max_ms = (uint32_t) retry->max;
    }

    chain = &model->chain;

    chain->targets = targets;
    chain->count = (uint32_t) model->targets.nelts;
    chain->attempts = (uint32_t) model->attempts;
    chain->within_ms = model->within;
    chain->again = model->validate.again;

    return NGX_OK;
}


/* A model may give its calls more time than the provider itself says. */

static void
ngx_agent_conf_chain_lease(ngx_agent_model_t *model,
    ngx_agent_provider_t *provider)
{
    ngx_agent_timeout_t  timeout;

    timeout = model->timeout;

    ngx_conf_init_msec_value(timeout.connect, provider->timeout.connect);
    ngx_conf_init_msec_value(timeout.total, provider->timeout.total);
    ngx_conf_init_msec_value(timeout.total_whole,
                             provider->timeout.total_whole);

    ngx_agent_conf_resilience_lease(provider, &timeout);
}


static ngx_int_t
ngx_agent_conf_chain_peers(ngx_conf_t *cf, ngx_agent_target_t *target)
{
    ngx_uint_t            i, n;
    ngx_agent_peer_t     *peer;
    ngx_agent_replica_t  *replica;

    n = target->provider->replicas.nelts;
    replica = target->provider->replicas.elts;

    if (ngx_array_init(&target->peers, cf->pool, n, sizeof(ngx_agent_peer_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {

        peer = ngx_array_push(&target->peers);
        if (peer == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(peer, sizeof(ngx_agent_peer_t));

        peer->name = target->name;
        peer->replica = &replica[i];

        if (n > 1 && ngx_agent_conf_chain_name(cf, target, peer) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_conf_chain_name(ngx_conf_t *cf, ngx_agent_target_t *target,
    ngx_agent_peer_t *peer)
{
    u_char  *p;

    p = ngx_pnalloc(cf->pool, target->name.len + 1 + NGX_INT_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    peer->name.data = p;
    peer->name.len = ngx_sprintf(p, "%V#%ui", &target->name,
                                 peer->replica->number + 1) - p;

    return NGX_OK;
}
