/*
 * Copyright (C) ngx_agent authors
 *
 * What the workers share about providers; see ngx_agent_state.h.  Decides
 * nothing: breakers are ag_breaker's, rests are times that others set.
 *
 * States are found by a hash of what they are about, so that a reload finds
 * them again, whatever its order.  They stay when their target leaves the
 * configuration: it may come back, and old workers still use it.
 */


#include "ngx/ngx_agent_state.h"
#include "ngx/ngx_agent_table.h"
#include "core/ag_balance.h"

#include <signal.h>


#define NGX_AGENT_REAP_INTERVAL  1000   /* ms */
#define NGX_AGENT_LOCK_SPINS  1000      /* tries before the owner is looked
                                           at, and the processor given up */


static uint64_t ngx_agent_state_id(ngx_str_t *first, ngx_str_t *second,
    ngx_str_t *third);
static ngx_int_t ngx_agent_state_provider(ngx_slab_pool_t *pool,
    ngx_agent_states_t *states, ngx_agent_provider_t *provider);
static ngx_int_t ngx_agent_state_replica(ngx_slab_pool_t *pool,
    ngx_agent_states_t *states, ngx_agent_provider_t *provider,
    ngx_agent_replica_t *replica);
static ngx_int_t ngx_agent_state_peer(ngx_slab_pool_t *pool,
    ngx_agent_states_t *states, ngx_agent_target_t *target,
    ngx_agent_peer_t *peer);
static void ngx_agent_state_keys(ngx_agent_provider_t *provider,
    ngx_agent_rest_t *rests);
static void ngx_agent_state_show(ngx_agent_main_conf_t *amcf);
static void ngx_agent_state_rests(ngx_agent_rest_t *to,
    ngx_agent_rest_t *from);
static void ngx_agent_state_renew(ngx_slab_pool_t *pool,
    ngx_agent_states_t *states, ngx_uint_t slot);
static void ngx_agent_state_bury(ngx_agent_states_t *states);
static void ngx_agent_state_mend(ngx_agent_states_t *states, ngx_uint_t slot);
static void ngx_agent_state_subtract(ngx_atomic_t *total, ngx_uint_t n);


/* ---- while a configuration is loaded ---- */


ngx_int_t
ngx_agent_state_connect(ngx_agent_main_conf_t *amcf)
{
    ngx_uint_t               i, n, p;
    ngx_slab_pool_t         *pool;
    ngx_agent_peer_t        *peer;
    ngx_agent_model_t      **model;
    ngx_agent_states_t      *states;
    ngx_agent_target_t      *target;
    ngx_agent_replica_t     *replica;
    ngx_agent_provider_t   **provider;

    pool = (ngx_slab_pool_t *) amcf->zone->shm.addr;
    states = ((ngx_agent_zone_t *) pool->data)->states;
    provider = amcf->providers.elts;

    for (i = 0; i < amcf->providers.nelts; i++) {
        replica = provider[i]->replicas.elts;

        if (ngx_agent_state_provider(pool, states, provider[i]) != NGX_OK) {
            return NGX_ERROR;
        }

        for (n = 0; n < provider[i]->replicas.nelts; n++) {
            if (ngx_agent_state_replica(pool, states, provider[i],
                                        &replica[n])
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    model = amcf->models.elts;

    for (i = 0; i < amcf->models.nelts; i++) {
        target = model[i]->targets.elts;

        for (n = 0; n < model[i]->targets.nelts; n++) {
            peer = target[n].peers.elts;

            for (p = 0; p < target[n].peers.nelts; p++) {
                if (ngx_agent_state_peer(pool, states, &target[n], &peer[p])
                    != NGX_OK)
                {
                    return NGX_ERROR;
                }
            }
        }
    }

    return NGX_OK;
}


static uint64_t
ngx_agent_state_id(ngx_str_t *first, ngx_str_t *second, ngx_str_t *third)
{
    uint64_t  id;

    id = ag_balance_hash(ngx_agent_str(first));
    id = id * 31 + ag_balance_hash(ngx_agent_str(second));

    return id * 31 + ag_balance_hash(ngx_agent_str(third));
}


static ngx_int_t
ngx_agent_state_provider(ngx_slab_pool_t *pool, ngx_agent_states_t *states,
    ngx_agent_provider_t *provider)
{
    uint64_t                     id;
    ngx_str_t                    none;
    ngx_agent_provider_state_t  *state;

    ngx_str_null(&none);
    id = ngx_agent_state_id(&provider->name, &none, &none);

    for (state = states->providers; state != NULL; state = state->next) {
        if (state->id == id) {
            break;
        }
    }

    if (state == NULL) {

        if (states->counters + 2 > NGX_AGENT_COUNTERS_MAX) {
            return NGX_ERROR;
        }

        state = ngx_slab_calloc(pool, sizeof(ngx_agent_provider_state_t));
        if (state == NULL) {
            return NGX_ERROR;
        }

        state->id = id;
        state->places = states->counters++;
        state->waiting = states->counters++;
        state->next = states->providers;
        states->providers = state;
    }

    ngx_agent_state_keys(provider, state->rests);
    provider->state = state;

    return NGX_OK;
}


static ngx_int_t
ngx_agent_state_replica(ngx_slab_pool_t *pool, ngx_agent_states_t *states,
    ngx_agent_provider_t *provider, ngx_agent_replica_t *replica)
{
    uint64_t                    id;
    ngx_str_t                   none;
    ngx_agent_replica_state_t  *state;

    ngx_str_null(&none);
    id = ngx_agent_state_id(&provider->name, &replica->url.url, &none);

    for (state = states->replicas; state != NULL; state = state->next) {
        if (state->id == id) {
            break;
        }
    }

    if (state == NULL) {
        state = ngx_slab_calloc(pool, sizeof(ngx_agent_replica_state_t));
        if (state == NULL) {
            return NGX_ERROR;
        }

        state->id = id;
        state->next = states->replicas;
        states->replicas = state;
    }

    replica->state = state;

    return NGX_OK;
}


static ngx_int_t
ngx_agent_state_peer(ngx_slab_pool_t *pool, ngx_agent_states_t *states,
    ngx_agent_target_t *target, ngx_agent_peer_t *peer)
{
    uint64_t                 id;
    ngx_agent_peer_state_t  *state;

    id = ngx_agent_state_id(&target->name, &target->provider_name,
                            &peer->replica->url.url);

    for (state = states->peers; state != NULL; state = state->next) {
        if (state->id == id) {
            break;
        }
    }

    if (state == NULL) {

        if (states->counters == NGX_AGENT_COUNTERS_MAX) {
            return NGX_ERROR;
        }

        state = ngx_slab_calloc(pool, sizeof(ngx_agent_peer_state_t));
        if (state == NULL) {
            return NGX_ERROR;
        }

        state->id = id;
        state->counter = states->counters++;
        state->next = states->peers;
        states->peers = state;
    }

    ngx_agent_state_keys(target->provider, state->rests);
    peer->state = state;

    return NGX_OK;
}


/* A key that took another's place has not been refused yet. */
static void
ngx_agent_state_keys(ngx_agent_provider_t *provider, ngx_agent_rest_t *rests)
{
    ngx_uint_t        i;
    ngx_agent_key_t  *key;

    key = provider->keys.elts;

    for (i = 0; i < provider->keys.nelts; i++) {
        if (rests[i].key != key[i].hash) {
            rests[i].until = 0;
            rests[i].key = key[i].hash;
        }
    }
}


size_t
ngx_agent_state_size(void)
{
    return sizeof(ngx_agent_states_t);
}


/* ---- counters ---- */


ngx_int_t
ngx_agent_state_init_process(ngx_agent_main_conf_t *amcf)
{
    ngx_uint_t           i;
    ngx_slab_pool_t     *pool;
    ngx_agent_states_t  *states;

    if (amcf->shared == NULL) {
        return NGX_OK;
    }

    pool = (ngx_slab_pool_t *) amcf->zone->shm.addr;
    states = amcf->shared->states;

    ngx_shmtx_lock(&pool->mutex);

    i = ngx_process_slot;

    ngx_agent_state_mend(states, i);
    ngx_agent_state_bury(states);

    if (states->held[i] == NULL || states->held_count[i] < states->counters) {
        ngx_agent_state_renew(pool, states, i);
    }

    ngx_agent_state_show(amcf);

    amcf->held = states->held[i];
    states->held_by[i] = ngx_pid;

    ngx_shmtx_unlock(&pool->mutex);

    if (amcf->held == NULL) {
        return NGX_ERROR;
    }

    return ngx_agent_table_init_process(amcf);
}


/*
 * The metric tells the state of what is configured now: a target that left
 * is not open any more, nor is one whose breaker is off.
 */
static void
ngx_agent_state_show(ngx_agent_main_conf_t *amcf)
{
    ngx_uint_t              i, n, p;
    ngx_agent_peer_t       *peer;
    ngx_agent_model_t     **model;
    ngx_agent_target_t     *target;
    ngx_agent_shm_scope_t  *all;

    all = &amcf->shared->scopes[AG_SCOPE_TARGET];

    for (i = 0; i < all->count; i++) {
        ngx_agent_metric_set(all->series[i], AG_M_TARGET_BREAKER,
                             AG_BREAKER_CLOSED);
    }

    model = amcf->models.elts;

    for (i = 0; i < amcf->models.nelts; i++) {
        target = model[i]->targets.elts;

        for (n = 0; n < model[i]->targets.nelts; n++) {
            peer = target[n].peers.elts;

            for (p = 0; p < target[n].peers.nelts; p++) {
                if (!target[n].provider->breaker_off) {
                    ngx_agent_metric_set(peer[p].series, AG_M_TARGET_BREAKER,
                                         peer[p].state->breaker.state);
                }
            }
        }
    }
}


void
ngx_agent_state_inherit(ngx_agent_states_t *states, ngx_agent_states_t *old)
{
    ngx_agent_peer_state_t      *peer, *from;
    ngx_agent_provider_state_t  *provider, *before;

    for (peer = states->peers; peer != NULL; peer = peer->next) {
        for (from = old->peers; from != NULL; from = from->next) {
            if (from->id == peer->id) {
                peer->latency = from->latency;
                peer->breaker = from->breaker;
                ngx_agent_state_rests(peer->rests, from->rests);

                /* who holds a probe reports to the old zone */

                ngx_memzero(peer->breaker.probes,
                            sizeof(peer->breaker.probes));
                break;
            }
        }
    }

    for (provider = states->providers; provider != NULL;
         provider = provider->next)
    {
        for (before = old->providers; before != NULL; before = before->next) {
            if (before->id == provider->id) {
                ngx_agent_state_rests(provider->rests, before->rests);
                break;
            }
        }
    }
}


static void
ngx_agent_state_rests(ngx_agent_rest_t *to, ngx_agent_rest_t *from)
{
    ngx_uint_t  i, n;

    for (i = 0; i < AG_PROVIDER_KEYS_MAX; i++) {
        for (n = 0; n < AG_PROVIDER_KEYS_MAX; n++) {
            if (from[n].key == to[i].key && from[n].until != 0) {
                to[i].until = from[n].until;
            }
        }
    }
}


/*
 * Both arrays in one block.  Others may read "heads" while it is given back:
 * its count is 0 first, and what they still read is no ticket or an old one.
 */
static void
ngx_agent_state_renew(ngx_slab_pool_t *pool, ngx_agent_states_t *states,
    ngx_uint_t slot)
{
    ngx_uint_t  n;

    states->held_count[slot] = 0;

    ngx_memory_barrier();

    if (states->heads[slot] != NULL) {
        ngx_slab_free_locked(pool, (void *) states->heads[slot]);
    }

    n = states->counters + 1;

    states->held[slot] = NULL;
    states->heads[slot] = ngx_slab_calloc_locked(pool,
                              n * (sizeof(ngx_atomic_t) + sizeof(uint32_t)));

    if (states->heads[slot] != NULL) {
        states->held[slot] = (uint32_t *) (states->heads[slot] + n);

        ngx_memory_barrier();

        states->held_count[slot] = states->counters;
    }
}


void
ngx_agent_state_reap(ngx_agent_main_conf_t *amcf)
{
    ngx_slab_pool_t  *pool;

    if ((ngx_msec_int_t) (amcf->reap_at - ngx_current_msec) > 0) {
        return;
    }

    amcf->reap_at = ngx_current_msec + NGX_AGENT_REAP_INTERVAL;
    pool = (ngx_slab_pool_t *) amcf->zone->shm.addr;

    ngx_shmtx_lock(&pool->mutex);
    ngx_agent_state_bury(amcf->shared->states);
    ngx_shmtx_unlock(&pool->mutex);

    ngx_agent_table_bury(amcf);
}


static void
ngx_agent_state_bury(ngx_agent_states_t *states)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_MAX_PROCESSES; i++) {
        if (ngx_agent_state_is_dead(states->held_by[i])) {
            ngx_agent_state_mend(states, i);
        }
    }
}


/* Who had the slot is gone: so are its places and its probes. */
static void
ngx_agent_state_mend(ngx_agent_states_t *states, ngx_uint_t slot)
{
    ngx_uint_t               i;
    ngx_agent_peer_state_t  *peer;

    if (states->held_by[slot] == 0) {
        return;
    }

    for (i = 0; states->held[slot] && i < states->held_count[slot]; i++) {
        ngx_agent_state_subtract(&states->busy[i], states->held[slot][i]);
        states->held[slot][i] = 0;
        states->heads[slot][i] = 0;
    }

    for (peer = states->peers; peer != NULL; peer = peer->next) {
        ngx_agent_state_lock(&peer->lock);
        ag_breaker_reclaim(&peer->breaker, states->held_by[slot]);
        ngx_agent_state_unlock(&peer->lock);
    }

    states->held_by[slot] = 0;
}


/* Never below zero: a process may die between its two counts. */
static void
ngx_agent_state_subtract(ngx_atomic_t *total, ngx_uint_t n)
{
    ngx_atomic_uint_t  seen;

    do {
        seen = *total;

    } while (!ngx_atomic_cmp_set(total, seen, seen > n ? seen - n : 0));
}


ngx_int_t
ngx_agent_state_take(ngx_agent_main_conf_t *amcf, ngx_uint_t counter,
    ngx_uint_t max)
{
    ngx_atomic_t       *total;
    ngx_atomic_uint_t   seen;

    total = &amcf->shared->states->busy[counter];
    amcf->held[counter]++;

    do {
        seen = *total;

        if (max != 0 && seen >= max) {
            amcf->held[counter]--;
            return NGX_BUSY;
        }

    } while (!ngx_atomic_cmp_set(total, seen, seen + 1));

    return NGX_OK;
}


void
ngx_agent_state_give(ngx_agent_main_conf_t *amcf, ngx_uint_t counter)
{
    ngx_agent_state_subtract(&amcf->shared->states->busy[counter], 1);
    amcf->held[counter]--;
}


ngx_uint_t
ngx_agent_state_count(ngx_agent_main_conf_t *amcf, ngx_uint_t counter)
{
    return amcf->shared->states->busy[counter];
}


void
ngx_agent_state_head(ngx_agent_main_conf_t *amcf, ngx_uint_t counter,
    ngx_uint_t ticket)
{
    amcf->shared->states->heads[ngx_process_slot][counter] = ticket;
}


ngx_uint_t
ngx_agent_state_older(ngx_agent_main_conf_t *amcf, ngx_uint_t counter,
    ngx_uint_t ticket)
{
    ngx_uint_t           i, n, head;
    ngx_agent_states_t  *states;

    n = 0;
    states = amcf->shared->states;

    for (i = 0; i < amcf->shared->slots; i++) {

        if (counter >= states->held_count[i]) {
            continue;       /* it is older than the provider */
        }

        head = states->heads[i][counter];

        if (head != 0
            && (ticket == 0 || (ngx_int_t) (head - ticket) < 0))
        {
            n++;
        }
    }

    return n;
}


/* ---- locks ---- */


/*
 * Held for some hundred nanoseconds.  An owner that died in the middle
 * leaves a breaker that is half changed, which ag_breaker bears; who guards
 * something else with it mends that.
 */
ngx_uint_t
ngx_agent_state_lock(ngx_agent_lock_t *lock)
{
    ngx_uint_t         n;
    ngx_atomic_uint_t  owner;

    for (n = 1; /* void */ ; n++) {

        if (lock->owner == 0 && ngx_atomic_cmp_set(&lock->owner, 0, ngx_pid)) {
            return 0;
        }

        if (n % NGX_AGENT_LOCK_SPINS != 0) {
            ngx_cpu_pause();
            continue;
        }

        owner = lock->owner;

        if (ngx_agent_state_is_dead(owner)
            && ngx_atomic_cmp_set(&lock->owner, owner, ngx_pid))
        {
            return 1;
        }

        ngx_sched_yield();
    }
}


/*
 * The master learns of dead workers when a configuration is loaded, not while
 * it is; what they held must not stop it meanwhile, so it asks.
 */
ngx_uint_t
ngx_agent_state_is_dead(ngx_atomic_uint_t pid)
{
    siginfo_t  info;

    if (pid == 0 || pid == (ngx_atomic_uint_t) ngx_pid) {
        return 0;
    }

    if (kill((ngx_pid_t) pid, 0) == -1) {
        return ngx_errno == ESRCH;
    }

    ngx_memzero(&info, sizeof(siginfo_t));

    return waitid(P_PID, (id_t) pid, &info, WEXITED|WNOHANG|WNOWAIT) == 0
           && info.si_pid == (ngx_pid_t) pid;
}


void
ngx_agent_state_unlock(ngx_agent_lock_t *lock)
{
    (void) ngx_atomic_cmp_set(&lock->owner, ngx_pid, 0);
}
