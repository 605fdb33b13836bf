/*
 * Copyright (C) ngx_agent authors
 *
 * Counting, and reading what was counted.  A counter is one atomic addition
 * to a row that all workers share; a gauge is a plain one to a row of this
 * process, and readers add up the rows of the processes that live: a worker
 * that was killed takes its calls in flight with it.  No lock anywhere, so a
 * snapshot is not of one instant: a call may be in one of its numbers and not
 * yet in another.
 */


#include "ngx/ngx_agent_cache.h"
#include "ngx/ngx_agent_table.h"
#include "core/ag_share.h"


static ngx_int_t ngx_agent_metric_copy(ngx_agent_shm_scope_t *all,
    ag_scope_t scope, ngx_pool_t *pool, ag_scope_series_t *out);
static ngx_uint_t ngx_agent_metric_unused(ngx_agent_series_t *series);
static ngx_int_t ngx_agent_metric_providers(ngx_agent_main_conf_t *amcf,
    ngx_pool_t *pool, ag_scope_series_t *out);
static void ngx_agent_metric_cache(ngx_agent_main_conf_t *amcf);
static uint64_t ngx_agent_metric_gauges(ngx_agent_zone_t *shared,
    uint64_t *gauges);


void
ngx_agent_metric_add(ngx_agent_series_t *series, ag_metric_id_t id,
    uint64_t n)
{
    if (series != NULL) {
        (void) ngx_atomic_fetch_add(&series->cells[ag_metric_cell(id)], n);
    }
}


void
ngx_agent_metric_observe(ngx_agent_series_t *series, ag_metric_id_t id,
    uint64_t value)
{
    ngx_atomic_t  *cells;

    if (series == NULL) {
        return;
    }

    cells = &series->cells[ag_metric_cell(id)];

    (void) ngx_atomic_fetch_add(&cells[ag_metric_bucket(id, value)], 1);
    (void) ngx_atomic_fetch_add(&cells[AG_BUCKETS_MAX + 1], value);
}


void
ngx_agent_metric_set(ngx_agent_series_t *series, ag_metric_id_t id,
    uint64_t value)
{
    if (series != NULL) {
        series->cells[ag_metric_cell(id)] = value;
    }
}


ngx_int_t
ngx_agent_metric_take(ngx_agent_series_t *series)
{
    uint64_t           after;
    ngx_atomic_uint_t  seen;

    if (series == NULL) {
        return NGX_OK;
    }

    do {
        seen = series->share;

        if (ag_share_take(seen, &after) != AG_OK) {
            return NGX_BUSY;
        }

    } while (!ngx_atomic_cmp_set(&series->share, seen, after));

    return NGX_OK;
}


/* Nothing is written where nothing was used: the healthy path. */
void
ngx_agent_metric_deposit(ngx_agent_series_t *series, ngx_uint_t share)
{
    ngx_atomic_uint_t  seen;

    if (series == NULL) {
        return;
    }

    do {
        seen = series->share;

        if (seen == 0) {
            return;
        }

    } while (!ngx_atomic_cmp_set(&series->share, seen,
                                 ag_share_deposit(seen, share)));
}


void
ngx_agent_gauge_add(ngx_agent_main_conf_t *amcf, ag_metric_id_t id,
    ngx_int_t delta)
{
    if (amcf->gauges != NULL) {
        amcf->gauges[ag_metric_cell(id)] += delta;
    }
}


void
ngx_agent_gateway_add(ngx_agent_main_conf_t *amcf, ag_metric_id_t id,
    uint64_t n)
{
    ngx_agent_metric_add(amcf->gateway, id, n);
}


/*
 * Three stores without a lock: a reader may see one failure's class with
 * another's status, for a moment.
 */
void
ngx_agent_target_failed(ngx_agent_series_t *target, ag_error_class_t class,
    ngx_uint_t provider_status)
{
    if (target == NULL) {
        return;
    }

    target->error_status = provider_status;
    target->error = class;
    target->cells[ag_metric_cell(AG_M_TARGET_FAILED_AT)] = ngx_time();
}


/* Numbers of agent_cache_zone; nobody has to wait for them. */
static void
ngx_agent_metric_cache(ngx_agent_main_conf_t *amcf)
{
    ag_cache_stat_t      stat;
    ngx_agent_series_t  *gateway;

    gateway = amcf->gateway;
    ag_cache_stat(amcf->cache->cache, &stat);

    ngx_agent_metric_set(gateway, AG_M_CACHE_ANSWERS, stat.entries);
    ngx_agent_metric_set(gateway, AG_M_CACHE_BYTES,
                         stat.used * AG_CACHE_BLOCK);
    ngx_agent_metric_set(gateway, AG_M_CACHE_SIZE,
                         stat.blocks * AG_CACHE_BLOCK);
    ngx_agent_metric_set(gateway, AG_M_CACHE_EVICTED, stat.evicted);
    ngx_agent_metric_set(gateway, AG_M_CACHE_FLIGHTS,
                         ag_flight_count(amcf->cache->flights));
}


ngx_int_t
ngx_agent_metric_snapshot(ngx_agent_main_conf_t *amcf, ngx_pool_t *pool,
    ag_snapshot_t *snapshot)
{
    uint64_t                *gauges;
    ag_scope_t               scope;
    ag_scope_series_t       *out;
    ngx_agent_table_stat_t   stat;

    gauges = ngx_pcalloc(pool, (ag_gauges() + 1) * sizeof(uint64_t));
    if (gauges == NULL) {
        return NGX_ERROR;
    }

    ngx_agent_table_stat(amcf->shared, &stat);
    ngx_agent_metric_set(amcf->gateway, AG_M_ZONE_ENTRIES, stat.entries);
    ngx_agent_metric_set(amcf->gateway, AG_M_ZONE_BYTES, stat.used);

    if (amcf->cache != NULL) {
        ngx_agent_metric_cache(amcf);
    }

    snapshot->version = NGX_AGENT_VERSION;
    snapshot->time = ngx_time();
    snapshot->workers = ngx_agent_metric_gauges(amcf->shared, gauges);
    snapshot->gauges = gauges;

    for (scope = 0; scope < AG_SCOPE_MAX; scope++) {
        out = &snapshot->scopes[scope];

        if (scope == AG_SCOPE_PROVIDER) {
            continue;
        }

        if (ngx_agent_metric_copy(&amcf->shared->scopes[scope], scope, pool,
                                  out)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_agent_metric_providers(amcf, pool,
                                      &snapshot->scopes[AG_SCOPE_PROVIDER]);
}


static ngx_int_t
ngx_agent_metric_copy(ngx_agent_shm_scope_t *all, ag_scope_t scope,
    ngx_pool_t *pool, ag_scope_series_t *out)
{
    size_t               n, width;
    uint64_t            *cells;
    ngx_uint_t           i, count;
    ag_series_t         *to;
    ngx_agent_series_t  *from;

    count = all->count;     /* may rise while we read */

    ngx_memory_barrier();

    width = ag_scope_cells(scope);
    to = ngx_pcalloc(pool, count * sizeof(ag_series_t));
    cells = ngx_palloc(pool, count * width * sizeof(uint64_t));

    if (to == NULL || cells == NULL) {
        return NGX_ERROR;
    }

    out->series = to;

    for (i = 0; i < count; i++) {
        from = all->series[i];

        if (i == 0 && ngx_agent_metric_unused(from)) {
            continue;
        }

        to->name = ag_str(from->name, from->name_len);
        to->cells = cells;
        to->error = (ag_error_class_t) from->error;
        to->error_status = (unsigned) from->error_status;

        for (n = 0; n < width; n++) {
            *cells++ = from->cells[n];
        }

        to++;
    }

    out->count = to - out->series;

    return NGX_OK;
}


/* "other" is a row of every scope, and shown only where it was needed. */
static ngx_uint_t
ngx_agent_metric_unused(ngx_agent_series_t *series)
{
    size_t  n;

    if (series->scope == AG_SCOPE_GATEWAY) {
        return 0;
    }

    for (n = 0; n < ag_scope_cells(series->scope); n++) {
        if (series->cells[n] != 0) {
            return 0;
        }
    }

    return 1;
}


/* Providers have no row: this worker's configuration tells all of them. */
static ngx_int_t
ngx_agent_metric_providers(ngx_agent_main_conf_t *amcf, ngx_pool_t *pool,
    ag_scope_series_t *out)
{
    size_t                   width;
    uint64_t                *cells;
    ngx_uint_t               i, count;
    ag_series_t             *to;
    ngx_agent_provider_t   **providers;

    providers = amcf->providers.elts;
    count = amcf->providers.nelts;
    width = ag_scope_cells(AG_SCOPE_PROVIDER);

    to = ngx_pcalloc(pool, (count + 1) * sizeof(ag_series_t));
    cells = ngx_pcalloc(pool, (count + 1) * width * sizeof(uint64_t));

    if (to == NULL || cells == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < count; i++) {
        cells[ag_metric_cell(AG_M_PROVIDER_DISABLED)] = providers[i]->disabled;

        to[i].name = ngx_agent_str(&providers[i]->name);
        to[i].dialect = providers[i]->dialect->name;
        to[i].cells = cells;
        cells += width;
    }

    out->series = to;
    out->count = count;

    return NGX_OK;
}


/* Adds up the gauges of all live processes; returns how many those are. */
static uint64_t
ngx_agent_metric_gauges(ngx_agent_zone_t *shared, uint64_t *gauges)
{
    size_t                    n;
    uint64_t                  live;
    ngx_pid_t                 pid;
    ngx_uint_t                i;
    ngx_agent_shm_process_t  *process;

    live = 0;

    for (i = 0; i < NGX_MAX_PROCESSES; i++) {
        process = ngx_agent_shm_process(shared, i);
        pid = (ngx_pid_t) process->pid;

        if (pid == 0 || (kill(pid, 0) == -1 && ngx_errno == NGX_ESRCH)) {
            continue;
        }

        live++;

        for (n = 0; n < ag_gauges(); n++) {
            gauges[n] += process->cells[n];
        }
    }

    return live;
}
