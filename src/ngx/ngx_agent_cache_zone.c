/*
 * Copyright (C) ngx_agent authors
 *
 * agent_cache_zone: the memory that workers share for answers and flights, its
 * locks, and how one worker wakes another: by an eventfd that the master made
 * before it forked them, one for each worker's number.
 *
 * A number belongs to a process until it ends; old workers of a reload keep
 * theirs.  Who gets none neither leads nor follows.
 */


#include "ngx/ngx_agent_cache.h"

#include <sys/eventfd.h>


#define NGX_AGENT_CACHE_MAGIC  0x61676361       /* "agca" */

#define NGX_AGENT_CACHE_ROW    (16 * 1024)      /* bytes of a zone for each
                                                   flight */
#define NGX_AGENT_CACHE_ROWS_MIN  256
#define NGX_AGENT_CACHE_ROWS_MAX  16384

#define NGX_AGENT_CACHE_SPARE  32   /* numbers beside four generations of
                                       workers */


static ngx_int_t ngx_agent_cache_create(ngx_shm_zone_t *zone);
static uint32_t ngx_agent_cache_layout(void);
static ngx_uint_t ngx_agent_cache_enlist(ngx_agent_cache_zone_t *zone);
static ngx_int_t ngx_agent_cache_listen(ngx_cycle_t *cycle);
static void ngx_agent_cache_on_event(ngx_event_t *ev);
static unsigned ngx_agent_cache_is_dead(uint64_t pid);


/* Of the master, and copied to its workers. */
static int                ngx_agent_cache_fds[AG_FLIGHT_WORKERS];
static ngx_uint_t         ngx_agent_cache_fd_count;

/* Of this worker. */
static ngx_uint_t         ngx_agent_cache_number = AG_FLIGHT_WORKERS;
static ngx_connection_t  *ngx_agent_cache_ear;


/* ---- while a configuration is loaded ---- */


ngx_int_t
ngx_agent_cache_init_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_slab_pool_t         *pool;
    ngx_agent_main_conf_t   *amcf;
    ngx_agent_cache_zone_t  *shared;

    amcf = zone->data;
    pool = (ngx_slab_pool_t *) zone->shm.addr;

    if (data == NULL && ngx_agent_cache_create(zone) != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "agent: zone \"%V\" is too small", &zone->shm.name);
        return NGX_ERROR;
    }

    shared = pool->data;

    if (shared->magic != NGX_AGENT_CACHE_MAGIC
        || shared->layout != ngx_agent_cache_layout())
    {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "agent: zone \"%V\" is of another version, give it "
                      "another name or restart nginx", &zone->shm.name);
        return NGX_ERROR;
    }

    amcf->cache = shared;

    return NGX_OK;
}


/* Two pieces of pages: the flights, and all that is left for answers. */
static ngx_int_t
ngx_agent_cache_create(ngx_shm_zone_t *zone)
{
    void                    *memory;
    size_t                   size;
    uint32_t                 rows;
    ngx_slab_pool_t         *pool;
    ngx_agent_cache_zone_t  *shared;

    pool = (ngx_slab_pool_t *) zone->shm.addr;
    pool->log_nomem = 0;

    rows = (uint32_t) ngx_min(zone->shm.size / NGX_AGENT_CACHE_ROW,
                              NGX_AGENT_CACHE_ROWS_MAX);
    rows = ngx_max(rows, NGX_AGENT_CACHE_ROWS_MIN);

    /* pages, so that locks have cache lines of their own */

    size = ngx_align(sizeof(ngx_agent_cache_zone_t), ngx_pagesize);
    shared = ngx_slab_calloc(pool, size);
    memory = ngx_slab_alloc(pool, ngx_align(ag_flight_size(rows),
                                            ngx_pagesize));

    if (shared == NULL || memory == NULL) {
        return NGX_ERROR;
    }

    shared->flights = ag_flight_init(memory, rows);

    size = pool->pfree * ngx_pagesize;
    memory = ngx_slab_alloc(pool, size);

    if (memory == NULL) {
        return NGX_ERROR;
    }

    shared->cache = ag_cache_init(memory, size);

    if (shared->cache == NULL || shared->flights == NULL) {
        return NGX_ERROR;
    }

    shared->size = zone->shm.size;
    shared->layout = ngx_agent_cache_layout();
    shared->magic = NGX_AGENT_CACHE_MAGIC;
    pool->data = shared;

    return NGX_OK;
}


/* A number that differs where a binary reads the memory in another way. */
static uint32_t
ngx_agent_cache_layout(void)
{
    return (uint32_t) (sizeof(ngx_agent_cache_zone_t) * 31
                       + ag_cache_size(AG_CACHE_PART) * 17
                       + ag_flight_size(1));
}


ngx_int_t
ngx_agent_cache_init_module(ngx_cycle_t *cycle)
{
    int                     fd;
    ngx_uint_t              n;
    ngx_core_conf_t        *ccf;
    ngx_agent_main_conf_t  *amcf;

    amcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_agent_module);

    if (amcf == NULL || amcf->cache_zone == NULL) {
        return NGX_OK;
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    n = 4 * (ngx_uint_t) ngx_max(ccf->worker_processes, 1)
        + NGX_AGENT_CACHE_SPARE;
    n = ngx_min(n, AG_FLIGHT_WORKERS);

    while (ngx_agent_cache_fd_count < n) {
        fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

        if (fd == -1) {
            ngx_log_error(NGX_LOG_WARN, cycle->log, ngx_errno,
                          "agent: eventfd() failed, calls of some workers "
                          "will not wait for each other's answers");
            break;
        }

        ngx_agent_cache_fds[ngx_agent_cache_fd_count++] = fd;
    }

    return NGX_OK;
}


/* ---- in a worker ---- */


ngx_int_t
ngx_agent_cache_init_process(ngx_cycle_t *cycle, ngx_agent_main_conf_t *amcf)
{
    if (amcf->cache == NULL) {
        return NGX_OK;
    }

    ngx_agent_cache_number = ngx_agent_cache_enlist(amcf->cache);

    if (ngx_agent_cache_number == AG_FLIGHT_WORKERS) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "agent: more workers than can wait for each other's "
                      "answers");
        return NGX_OK;
    }

    return ngx_agent_cache_listen(cycle);
}


/* A number that nobody has, or who had it is dead. */
static ngx_uint_t
ngx_agent_cache_enlist(ngx_agent_cache_zone_t *zone)
{
    ngx_uint_t           i;
    ngx_atomic_uint_t    pid;
    ag_flight_workers_t  told;

    for (i = 0; i < ngx_agent_cache_fd_count; i++) {
        pid = zone->pids[i];

        if ((pid != 0 && !ngx_agent_state_is_dead(pid))
            || !ngx_atomic_cmp_set(&zone->pids[i], pid, ngx_pid))
        {
            continue;
        }

        ag_flight_bury(ngx_agent_cache_lock_flights(zone), (unsigned) i, pid,
                       &told);
        ngx_agent_cache_unlock_flights(zone);
        ngx_agent_cache_tell(zone, &told);

        if (pid != 0) {
            (void) ag_cache_reap(ngx_agent_cache_lock(zone),
                                 ngx_agent_cache_is_dead);
            ngx_agent_cache_unlock(zone);
        }

        return i;
    }

    return AG_FLIGHT_WORKERS;
}


static ngx_int_t
ngx_agent_cache_listen(ngx_cycle_t *cycle)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(ngx_agent_cache_fds[ngx_agent_cache_number],
                           cycle->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    c->read->handler = ngx_agent_cache_on_event;
    c->read->log = cycle->log;
    c->read->channel = 1;       /* it is not a client's */
    ngx_agent_cache_ear = c;

    return ngx_handle_read_event(c->read, 0);
}


void
ngx_agent_cache_exit_process(ngx_agent_main_conf_t *amcf)
{
    ag_flight_workers_t      told;
    ngx_agent_cache_zone_t  *zone;

    zone = amcf->cache;

    if (ngx_agent_cache_ear != NULL) {

        /* the descriptor is for who has the number next */

        ngx_del_event(ngx_agent_cache_ear->read, NGX_READ_EVENT, 0);
        ngx_free_connection(ngx_agent_cache_ear);
        ngx_agent_cache_ear->fd = (ngx_socket_t) -1;
        ngx_agent_cache_ear = NULL;
    }

    if (zone == NULL || ngx_agent_cache_number == AG_FLIGHT_WORKERS) {
        return;
    }

    ag_flight_bury(ngx_agent_cache_lock_flights(zone),
                   (unsigned) ngx_agent_cache_number, ngx_pid, &told);
    ngx_agent_cache_unlock_flights(zone);
    ngx_agent_cache_tell(zone, &told);

    (void) ngx_atomic_cmp_set(&zone->pids[ngx_agent_cache_number], ngx_pid,
                              0);
    ngx_agent_cache_number = AG_FLIGHT_WORKERS;
}


ngx_uint_t
ngx_agent_cache_worker(void)
{
    return ngx_agent_cache_number;
}


static void
ngx_agent_cache_on_event(ngx_event_t *ev)
{
    uint64_t           n;
    ngx_connection_t  *c;

    c = ev->data;

    /*
     * Its number says nothing: whoever was told looks at all it waits for.
     * Where each write is an event of its own it is not even read: after a
     * reload that made the zone anew an old worker may listen, too.
     */

    if (!(ngx_event_flags & NGX_USE_CLEAR_EVENT)) {
        while (read(c->fd, &n, sizeof(n)) > 0) { /* void */ }
    }

    ev->ready = 0;
    (void) ngx_handle_read_event(ev, 0);

    ngx_agent_flight_told();
}


void
ngx_agent_cache_tell(ngx_agent_cache_zone_t *zone, ag_flight_workers_t *told)
{
    uint64_t    one;
    ngx_uint_t  i;

    one = 1;

    for (i = 0; i < ngx_agent_cache_fd_count; i++) {

        if ((told->bits[i / 64] & (UINT64_C(1) << (i % 64))) == 0) {
            continue;
        }

        if (i == ngx_agent_cache_number) {
            ngx_agent_flight_told();

        } else if (write(ngx_agent_cache_fds[i], &one, sizeof(one)) == -1) {
            continue;       /* full of words that it has not read: it will
                               look */
        }
    }
}


/* ---- locks ---- */


ag_cache_t *
ngx_agent_cache_lock(ngx_agent_cache_zone_t *zone)
{
    if (ngx_agent_state_lock(&zone->cache_lock)) {
        ag_cache_mend(zone->cache);
    }

    return zone->cache;
}


void
ngx_agent_cache_unlock(ngx_agent_cache_zone_t *zone)
{
    ngx_agent_state_unlock(&zone->cache_lock);
}


ag_flights_t *
ngx_agent_cache_lock_flights(ngx_agent_cache_zone_t *zone)
{
    if (ngx_agent_state_lock(&zone->flight_lock)) {
        ag_flight_mend(zone->flights);
    }

    return zone->flights;
}


void
ngx_agent_cache_unlock_flights(ngx_agent_cache_zone_t *zone)
{
    ngx_agent_state_unlock(&zone->flight_lock);
}


/* ---- the dead ---- */


void
ngx_agent_cache_reap(ngx_agent_main_conf_t *amcf)
{
    ngx_uint_t               i;
    ngx_atomic_uint_t        pid, seen;
    ag_flight_workers_t      told;
    ngx_agent_cache_zone_t  *zone;

    zone = amcf->cache;
    seen = zone->looked;

    if ((ngx_msec_t) (ngx_current_msec - seen) < NGX_AGENT_FLIGHT_POLL
        || !ngx_atomic_cmp_set(&zone->looked, seen, ngx_current_msec))
    {
        return;
    }

    for (i = 0; i < AG_FLIGHT_WORKERS; i++) {
        pid = zone->pids[i];

        if (pid == 0 || !ngx_agent_state_is_dead(pid)
            || !ngx_atomic_cmp_set(&zone->pids[i], pid, ngx_pid))
        {
            continue;
        }

        /* the number is ours while we bury who had it */

        ag_flight_bury(ngx_agent_cache_lock_flights(zone), (unsigned) i, pid,
                       &told);
        ngx_agent_cache_unlock_flights(zone);
        ngx_agent_cache_tell(zone, &told);

        (void) ag_cache_reap(ngx_agent_cache_lock(zone),
                             ngx_agent_cache_is_dead);
        ngx_agent_cache_unlock(zone);

        zone->pids[i] = 0;
    }
}


static unsigned
ngx_agent_cache_is_dead(uint64_t pid)
{
    return (unsigned) ngx_agent_state_is_dead((ngx_atomic_uint_t) pid);
}
