/*
 * Copyright (C) ngx_agent authors
 *
 * The numbers in shared memory: one row per name, allocated while a
 * configuration is loaded and never freed, so that a counter is a pointer in
 * the configuration and counting is one atomic addition.
 *
 * The master adds rows while workers of an older configuration count and
 * list them: a row is complete before the number of rows says that it is
 * there.  Nothing is removed: a name that leaves the configuration keeps its
 * row, or its counters would go back when it returns.  A zone of another size
 * starts with a copy of the old one's numbers (what old workers count after
 * that is lost); after a binary upgrade, or with another metric table, it
 * starts from zero.
 *
 * Refuses to count without a configured name: labels are bounded.
 */


#include "ngx/ngx_agent_limit.h"
#include "ngx/ngx_agent_state.h"
#include "ngx/ngx_agent_table.h"


#define NGX_AGENT_SHM_MAGIC  0x61676e74     /* "agnt" */
#define NGX_AGENT_SHM_LINE   64     /* bytes; gauges of two processes never
                                       share a cache line */


static ngx_agent_zone_t *ngx_agent_shm_create(ngx_shm_zone_t *zone);
static void ngx_agent_shm_inherit(ngx_shm_zone_t *zone,
    ngx_agent_zone_t *shared);
static ngx_agent_zone_t *ngx_agent_shm_old(ngx_shm_zone_t *zone);
static ngx_agent_series_t *ngx_agent_shm_series(ngx_shm_zone_t *zone,
    ag_scope_t scope, ngx_str_t *name);
static ngx_agent_series_t *ngx_agent_shm_find(ngx_agent_shm_scope_t *all,
    ngx_str_t *name);
static ngx_agent_series_t *ngx_agent_shm_add(ngx_slab_pool_t *pool,
    ngx_agent_zone_t *shared, ag_scope_t scope, ngx_str_t *name);
static void ngx_agent_shm_peers(ngx_shm_zone_t *zone, ngx_array_t *peers);
static uint32_t ngx_agent_shm_layout(void);


static ngx_str_t  ngx_agent_shm_other = ngx_string("other");
static ngx_str_t  ngx_agent_shm_unnamed = ngx_string("");


/* "data" is the older configuration's if the memory is its, too. */
ngx_int_t
ngx_agent_shm_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_slab_pool_t        *pool;
    ngx_agent_zone_t       *shared;
    ngx_agent_main_conf_t  *amcf;

    amcf = zone->data;
    pool = (ngx_slab_pool_t *) zone->shm.addr;
    shared = pool->data;

    if (data != NULL) {

        if (shared->magic != NGX_AGENT_SHM_MAGIC
            || shared->layout != ngx_agent_shm_layout())
        {
            ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                          "agent: zone \"%V\" is of another version, give it "
                          "another name or restart nginx", &zone->shm.name);
            return NGX_ERROR;
        }

    } else {
        shared = ngx_agent_shm_create(zone);

        if (shared == NULL) {
            ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                          "agent: zone \"%V\" is too small", &zone->shm.name);
            return NGX_ERROR;
        }

        pool->data = shared;
    }

    if (data == NULL && ngx_agent_shm_old(zone) == NULL) {
        ngx_agent_state_file_read(amcf, shared, zone->shm.log);
    }

    if (ngx_agent_shm_connect(amcf) != NGX_OK
        || ngx_agent_state_connect(amcf) != NGX_OK
        || ngx_agent_limit_connect(amcf, shared) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "agent: zone \"%V\" has no room for the configured "
                      "targets and tenants' limits beside those of earlier "
                      "configurations: give it a larger size, or restart "
                      "nginx",
                      &zone->shm.name);
        return NGX_ERROR;
    }

    if (data == NULL) {

        /* behind connect: configured names come first if room is short */

        ngx_agent_shm_inherit(zone, shared);
    }

    amcf->shared = shared;
    amcf->generation = ++shared->loaded;

    return NGX_OK;
}


/* An empty zone: the fixed parts, and the rows that need no configuration. */
static ngx_agent_zone_t *
ngx_agent_shm_create(ngx_shm_zone_t *zone)
{
    ag_scope_t              i;
    ngx_slab_pool_t        *pool;
    ngx_agent_zone_t       *shared, *old;
    ngx_agent_shm_scope_t  *scope;

    pool = (ngx_slab_pool_t *) zone->shm.addr;
    pool->log_nomem = 0;    /* a full zone is said once, in our words */

    shared = ngx_slab_calloc(pool, sizeof(ngx_agent_zone_t));
    if (shared == NULL) {
        return NULL;
    }

    shared->magic = NGX_AGENT_SHM_MAGIC;
    shared->layout = ngx_agent_shm_layout();
    shared->node = ((uint64_t) ngx_random() << 32) ^ (uint64_t) ngx_random()
                   ^ ngx_agent_table_now();

    shared->processes = ngx_slab_calloc(pool,
                              NGX_MAX_PROCESSES * ngx_agent_shm_process_size());
    shared->states = ngx_slab_calloc(pool, ngx_agent_state_size());

    if (shared->processes == NULL || shared->states == NULL) {
        return NULL;
    }

    for (i = 0; i < AG_SCOPE_MAX; i++) {
        scope = &shared->scopes[i];
        scope->max = ngx_agent_shm_max(i);

        if (scope->max == 0) {
            continue;
        }

        scope->series = ngx_slab_calloc(pool,
                                  scope->max * sizeof(ngx_agent_series_t *));

        /* the last resort of all names is there before them */

        if (scope->series == NULL
            || ngx_agent_shm_add(pool, shared, i,
                                 (i == AG_SCOPE_GATEWAY)
                                 ? &ngx_agent_shm_unnamed
                                 : &ngx_agent_shm_other)
               == NULL)
        {
            return NULL;
        }
    }

    if (ngx_agent_table_create(pool, shared, zone->shm.size) != NGX_OK) {
        return NULL;
    }

    old = ngx_agent_shm_old(zone);

    if (old != NULL) {

        /* entries bear the number of the configuration that named them */

        shared->loaded = old->loaded;
        ngx_agent_table_inherit(pool, shared, old);
    }

    return shared;
}


/* A zone of another size or name goes on where the old one is. */
static void
ngx_agent_shm_inherit(ngx_shm_zone_t *zone, ngx_agent_zone_t *shared)
{
    ngx_str_t            name;
    ag_scope_t           scope;
    ngx_uint_t           i, n;
    ngx_slab_pool_t     *pool;
    ngx_agent_zone_t    *old;
    ngx_agent_series_t  *from, *to;

    pool = (ngx_slab_pool_t *) zone->shm.addr;
    old = ngx_agent_shm_old(zone);

    if (old == NULL) {
        return;
    }

    ngx_agent_state_inherit(shared->states, old->states);

    for (scope = 0; scope < AG_SCOPE_MAX; scope++) {
        for (i = 0; i < old->scopes[scope].count; i++) {
            from = old->scopes[scope].series[i];
            name.data = from->name;
            name.len = from->name_len;

            to = ngx_agent_shm_find(&shared->scopes[scope], &name);

            if (to == NULL) {
                to = ngx_agent_shm_add(pool, shared, scope, &name);
            }

            if (to == NULL) {
                continue;       /* no room for a name that is gone */
            }

            to->error = from->error;
            to->error_status = from->error_status;
            to->share = from->share;
            to->ratio = from->ratio;

            for (n = 0; n < ag_scope_cells(scope); n++) {
                to->cells[n] += from->cells[n];
            }
        }
    }
}


/* The older configuration's zone, if its rows are of our form; else NULL. */
static ngx_agent_zone_t *
ngx_agent_shm_old(ngx_shm_zone_t *zone)
{
    ngx_uint_t         i;
    ngx_shm_zone_t    *old;
    ngx_list_part_t   *part;
    ngx_agent_zone_t  *shared;

    /* while the master loads a configuration this is still the older one */

    part = (ngx_list_part_t *) &ngx_cycle->shared_memory.part;
    old = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NULL;
            }

            part = part->next;
            old = part->elts;
            i = 0;
        }

        if (old[i].init != ngx_agent_shm_init || old[i].shm.addr == NULL) {
            continue;
        }

        shared = ((ngx_slab_pool_t *) old[i].shm.addr)->data;

        if (shared != NULL
            && old[i].shm.addr != zone->shm.addr
            && shared->magic == NGX_AGENT_SHM_MAGIC
            && shared->layout == ngx_agent_shm_layout())
        {
            return shared;
        }
    }
}


ngx_int_t
ngx_agent_shm_connect(ngx_agent_main_conf_t *amcf)
{
    ngx_str_t              name;
    ngx_uint_t             i, n;
    ngx_shm_zone_t        *zone;
    ngx_agent_zone_t      *shared;
    ngx_agent_model_t    **models;
    ngx_agent_tenant_t   **tenants;
    ngx_agent_target_t    *targets;

    zone = amcf->zone;
    shared = ((ngx_slab_pool_t *) zone->shm.addr)->data;

    for (i = 0; i < AG_SCOPE_MAX; i++) {
        shared->scopes[i].full = 0;     /* each configuration is told */
    }

    amcf->gateway = ngx_agent_shm_series(zone, AG_SCOPE_GATEWAY,
                                         &ngx_agent_shm_unnamed);
    amcf->other_tenant = ngx_agent_shm_series(zone, AG_SCOPE_TENANT,
                                              &ngx_agent_shm_other);
    amcf->other_model = ngx_agent_shm_series(zone, AG_SCOPE_MODEL,
                                             &ngx_agent_shm_other);

    /* class 0 is no error: it has no row, and counting it does nothing */

    for (i = 1; i < AG_E_MAX; i++) {
        name.data = (u_char *) ag_error_row(i)->name;
        name.len = ngx_strlen(name.data);
        amcf->error_series[i] = ngx_agent_shm_series(zone, AG_SCOPE_ERROR,
                                                     &name);
    }

    tenants = amcf->tenants.elts;

    for (i = 0; i < amcf->tenants.nelts; i++) {
        tenants[i]->series = ngx_agent_shm_series(zone, AG_SCOPE_TENANT,
                                                  &tenants[i]->name);
    }

    models = amcf->models.elts;

    for (i = 0; i < amcf->models.nelts; i++) {
        models[i]->series = ngx_agent_shm_series(zone, AG_SCOPE_MODEL,
                                                 &models[i]->name);
        targets = models[i]->targets.elts;

        for (n = 0; n < models[i]->targets.nelts; n++) {
            ngx_agent_shm_peers(zone, &targets[n].peers);
        }
    }

    return NGX_OK;
}


static void
ngx_agent_shm_peers(ngx_shm_zone_t *zone, ngx_array_t *peers)
{
    ngx_uint_t         i;
    ngx_agent_peer_t  *peer;

    peer = peers->elts;

    for (i = 0; i < peers->nelts; i++) {
        peer[i].series = ngx_agent_shm_series(zone, AG_SCOPE_TARGET,
                                              &peer[i].name);
    }
}


void
ngx_agent_shm_init_process(ngx_agent_main_conf_t *amcf)
{
    ngx_atomic_t             *newest;
    ngx_atomic_uint_t         seen;
    ngx_agent_shm_process_t  *process;

    if (amcf->shared == NULL) {
        return;
    }

    /* who had the slot before is dead, whatever it still held */

    process = ngx_agent_shm_process(amcf->shared, ngx_process_slot);
    ngx_memzero((void *) process->cells, ag_gauges() * sizeof(ngx_atomic_t));
    process->pid = ngx_pid;
    amcf->gauges = process->cells;

    do {
        seen = amcf->shared->slots;

    } while (seen <= (ngx_atomic_uint_t) ngx_process_slot
             && !ngx_atomic_cmp_set(&amcf->shared->slots, seen,
                                    ngx_process_slot + 1));

    /* the first worker of a configuration tells that it runs */

    newest = &amcf->gateway->cells[ag_metric_cell(AG_M_GENERATION)];

    do {
        seen = *newest;

        if (seen >= amcf->generation) {
            return;
        }

    } while (!ngx_atomic_cmp_set(newest, seen, amcf->generation));

    ngx_agent_gateway_add(amcf, AG_M_RELOADS, 1);
}


/* The row of a name: found, else added, else that of all other names. */
static ngx_agent_series_t *
ngx_agent_shm_series(ngx_shm_zone_t *zone, ag_scope_t scope, ngx_str_t *name)
{
    ngx_str_t               cut;
    ngx_slab_pool_t        *pool;
    ngx_agent_zone_t       *shared;
    ngx_agent_series_t     *series;
    ngx_agent_shm_scope_t  *all;

    pool = (ngx_slab_pool_t *) zone->shm.addr;
    shared = pool->data;
    all = &shared->scopes[scope];

    cut.data = name->data;
    cut.len = ngx_min(name->len, AG_SERIES_NAME_MAX);

    series = ngx_agent_shm_find(all, &cut);

    if (series == NULL) {
        series = ngx_agent_shm_add(pool, shared, scope, &cut);
    }

    if (series != NULL) {
        return series;
    }

    if (!all->full) {
        all->full = 1;
        ngx_log_error(NGX_LOG_WARN, zone->shm.log, 0,
                      "agent: zone \"%V\" has no room for more names, scope: "
                      "\"%s\", rows: %uA; \"%V\" and later ones are counted "
                      "as \"other\"", &zone->shm.name, ag_scope_plural(scope),
                      all->count, name);
    }

    return all->series[0];
}


static ngx_agent_series_t *
ngx_agent_shm_find(ngx_agent_shm_scope_t *all, ngx_str_t *name)
{
    ngx_uint_t           i;
    ngx_agent_series_t  *series;

    for (i = 0; i < all->count; i++) {
        series = all->series[i];

        if (series->name_len == name->len
            && ngx_memcmp(series->name, name->data, name->len) == 0)
        {
            return series;
        }
    }

    return NULL;
}


static ngx_agent_series_t *
ngx_agent_shm_add(ngx_slab_pool_t *pool, ngx_agent_zone_t *shared,
    ag_scope_t scope, ngx_str_t *name)
{
    ngx_agent_series_t     *series;
    ngx_agent_shm_scope_t  *all;

    all = &shared->scopes[scope];

    if (all->count == all->max) {
        return NULL;
    }

    series = ngx_slab_calloc(pool, ngx_agent_shm_series_size(scope));
    if (series == NULL) {
        return NULL;
    }

    series->scope = scope;
    series->name_len = (u_char) name->len;
    ngx_memcpy(series->name, name->data, name->len);

    all->series[all->count] = series;

    ngx_memory_barrier();

    all->count++;

    return series;
}


/* Rows of a scope, "other" included. */
size_t
ngx_agent_shm_max(ag_scope_t scope)
{
    switch (scope) {

    case AG_SCOPE_GATEWAY:
        return 1;

    case AG_SCOPE_ERROR:
        return AG_E_MAX;

    case AG_SCOPE_PROVIDER:
        return 0;       /* told by the configuration */

    default:
        return AG_SERIES_MAX + 1;
    }
}


size_t
ngx_agent_shm_series_size(ag_scope_t scope)
{
    return sizeof(ngx_agent_series_t)
           + ag_scope_cells(scope) * sizeof(ngx_atomic_t);
}


size_t
ngx_agent_shm_process_size(void)
{
    return ngx_align(sizeof(ngx_agent_shm_process_t)
                     + ag_gauges() * sizeof(ngx_atomic_t),
                     NGX_AGENT_SHM_LINE);
}


/* A number that changes with the metric table: what a cell means. */
static uint32_t
ngx_agent_shm_layout(void)
{
    size_t                  size;
    uint32_t                hash;
    ag_metric_id_t          id;
    const ag_metric_row_t  *row;

    ngx_crc32_init(hash);

    size = sizeof(ngx_agent_peer_state_t) << 16
           | sizeof(ngx_agent_entry_t) << 8
           | sizeof(ngx_agent_ticket_t);
    ngx_crc32_update(&hash, (u_char *) &size, sizeof(size));

    for (id = 0; id < AG_M_MAX; id++) {
        row = ag_metric_row(id);

        ngx_crc32_update(&hash, (u_char *) row->name, ngx_strlen(row->name));
        ngx_crc32_update(&hash, (u_char *) &row->nature, sizeof(ag_nature_t));
        ngx_crc32_update(&hash, (u_char *) &row->scope, sizeof(ag_scope_t));
    }

    ngx_crc32_final(hash);

    return hash;
}


ngx_agent_shm_process_t *
ngx_agent_shm_process(ngx_agent_zone_t *shared, ngx_uint_t slot)
{
    return (ngx_agent_shm_process_t *)
               (shared->processes + slot * ngx_agent_shm_process_size());
}
