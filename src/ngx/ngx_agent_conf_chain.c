/*
 * Copyright (C) ngx_agent authors
 *
 * A model's targets have their providers: what ag_chain.h reads is made of
 * them, and the peers that have a breaker each.
 */


#include "ngx/ngx_agent_conf.h"


static ngx_int_t ngx_agent_conf_chain_targets(ngx_conf_t *cf,
    ngx_agent_model_t *model);
static void ngx_agent_conf_chain_facts(ngx_conf_t *cf,
    ngx_agent_target_t *target);
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

    target = model->targets.elts;

    for (i = 0; i < model->targets.nelts; i++) {
        ngx_agent_conf_chain_facts(cf, &target[i]);
    }

    if (ngx_agent_conf_chain_targets(cf, model) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < model->targets.nelts; i++) {

        ngx_agent_conf_chain_lease(model, target[i].provider);

        if (ngx_agent_conf_chain_peers(cf, &target[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* A target that is asked for whatever name has those of the name; the same
 * holds for its price. */

static void
ngx_agent_conf_chain_facts(ngx_conf_t *cf, ngx_agent_target_t *target)
{
    ngx_agent_main_conf_t  *amcf;

    amcf = ngx_http_conf_get_module_main_conf(cf, ngx_agent_module);

    if (target->model.len != 0) {
        target->facts = ag_facts_find(&amcf->facts,
                                      ngx_agent_str(&target->model),
                                      target->provider->dialect);
        target->price = ngx_agent_conf_price_of(amcf, target->provider,
                                                &target->model);
    }
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
        targets[i].window = (target[i].facts != NULL)
                            ? target[i].facts->context_window : 0;
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
