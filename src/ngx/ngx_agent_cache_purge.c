/*
 * Copyright (C) ngx_agent authors
 *
 * Purges: of this node at once, of all nodes by a list in Redis, which one
 * worker of each node looks at once a second.
 *
 * Redis gives purges their numbers; here they are the upper half of an epoch.
 * A purge that Redis has not numbered yet is the next number of the lower
 * half: so it comes after all that this node knew, and before all that others
 * will do, and no two nodes ever have to agree.  It waits in shared memory
 * until Redis knows it, however long that is away.
 */


#include "ngx/ngx_agent_cache.h"
#include "core/ag_redis_cache.h"


#define NGX_AGENT_CACHE_PURGE_EVERY  1000   /* ms */
#define NGX_AGENT_CACHE_PURGE_BATCH  256    /* answers looked at while the lock
                                               is held */

#define ngx_agent_cache_purge_epoch(number)  ((uint64_t) (number) << 32)


/* Of this process. */
typedef struct {
    ngx_agent_main_conf_t    *main;
    ngx_event_t               event;
    ngx_agent_redis_query_t   query;
    uint64_t                  known;        /* as it was asked */
    ag_cache_purged_t         told;         /* to Redis; number 0: none */
    ngx_uint_t                waiting;
} ngx_agent_cache_purge_t;


static void ngx_agent_cache_purge_put_off(ngx_agent_cache_zone_t *zone,
    uint64_t number, const ag_cache_purge_t *what);
static void ngx_agent_cache_purge_told(ngx_agent_cache_zone_t *zone,
    uint64_t number);
static ngx_uint_t ngx_agent_cache_purge_sweep(ngx_agent_cache_zone_t *zone,
    const ag_cache_purge_t *what);
static void ngx_agent_cache_purge_on_timer(ngx_event_t *ev);
static ngx_uint_t ngx_agent_cache_purge_is_ours(ngx_agent_cache_zone_t *zone);
static ngx_uint_t ngx_agent_cache_purge_may_tell(
    ngx_agent_main_conf_t *amcf);
static void ngx_agent_cache_purge_silent(ngx_agent_cache_zone_t *zone);
static void ngx_agent_cache_purge_on_reply(ngx_agent_redis_query_t *query,
    const ag_redis_value_t *values, ngx_uint_t count);
static void ngx_agent_cache_purge_follow(ngx_agent_cache_zone_t *zone,
    const ag_redis_cache_purged_t *purged);
static void ngx_agent_cache_purge_all(ngx_agent_cache_zone_t *zone,
    uint64_t number);


static ngx_agent_cache_purge_t  ngx_agent_cache_purges;


ngx_int_t
ngx_agent_cache_purge_init_process(ngx_cycle_t *cycle,
    ngx_agent_main_conf_t *amcf)
{
    static ngx_connection_t  dummy;     /* nginx's debug log asks for one */

    ngx_memzero(&ngx_agent_cache_purges, sizeof(ngx_agent_cache_purge_t));

    if (amcf->cache == NULL || amcf->redis_link == NULL) {
        return NGX_OK;
    }

    dummy.fd = (ngx_socket_t) -1;

    ngx_agent_cache_purges.main = amcf;
    ngx_agent_cache_purges.event.handler = ngx_agent_cache_purge_on_timer;
    ngx_agent_cache_purges.event.data = &dummy;
    ngx_agent_cache_purges.event.log = cycle->log;
    ngx_agent_cache_purges.event.cancelable = 1;
    ngx_agent_cache_purges.query.handler = ngx_agent_cache_purge_on_reply;

    ngx_add_timer(&ngx_agent_cache_purges.event, NGX_AGENT_CACHE_PURGE_EVERY);

    return NGX_OK;
}


void
ngx_agent_cache_purge_exit_process(void)
{
    if (ngx_agent_cache_purges.event.timer_set) {
        ngx_del_timer(&ngx_agent_cache_purges.event);
    }

    ngx_agent_redis_cancel(&ngx_agent_cache_purges.query);
}


/* ---- of this node ---- */


/*
 * The number first: what is being written for questions that were asked
 * before is not kept from now on.  Whoever dies in between is followed by the
 * same purge out of Redis.
 */
ngx_uint_t
ngx_agent_cache_purge(ngx_agent_main_conf_t *amcf,
    const ag_cache_purge_t *what)
{
    uint64_t                 number;
    ngx_uint_t               n;
    ngx_agent_cache_zone_t  *zone;

    zone = amcf->cache;

    if (zone == NULL) {
        return 0;
    }

    (void) ngx_agent_cache_lock(zone);

    number = zone->purges.last + 1;

    if (amcf->redis != NULL) {
        ngx_agent_cache_purge_put_off(zone, number, what);
    }

    (void) ag_cache_purges_add(&zone->purges, number, what);

    ngx_agent_cache_unlock(zone);

    n = ngx_agent_cache_purge_sweep(zone, what);

    ngx_agent_cache_purge_poll(amcf);

    return n;
}


static void
ngx_agent_cache_purge_put_off(ngx_agent_cache_zone_t *zone,
    uint64_t number, const ag_cache_purge_t *what)
{
    ag_cache_purged_t  *untold;

    if (zone->untold_count == NGX_AGENT_CACHE_UNTOLD) {
        ngx_memzero(&zone->untold[0].what, sizeof(ag_cache_purge_t));
        zone->untold[0].number = number;
        zone->untold_count = 1;
        return;
    }

    untold = &zone->untold[zone->untold_count];
    untold->number = number;
    untold->what = *what;
    zone->untold_count++;
}


/* Another worker may have told it, too. */
static void
ngx_agent_cache_purge_told(ngx_agent_cache_zone_t *zone,
    uint64_t number)
{
    ngx_uint_t  i;

    for (i = 0; i < zone->untold_count; i++) {
        if (zone->untold[i].number == number) {
            zone->untold[i] = zone->untold[zone->untold_count - 1];
            zone->untold_count--;
            return;
        }
    }
}


static ngx_uint_t
ngx_agent_cache_purge_sweep(ngx_agent_cache_zone_t *zone,
    const ag_cache_purge_t *what)
{
    uint32_t    cursor;
    ngx_uint_t  n;

    n = 0;
    cursor = 0;

    do {
        n += ag_cache_purge(ngx_agent_cache_lock(zone), what, &cursor,
                            NGX_AGENT_CACHE_PURGE_BATCH);
        ngx_agent_cache_unlock(zone);

    } while (cursor != 0);

    return n;
}


/*
 * Whoever stored it may have heard of more purges than this node, or of less.
 * Where Redis tells of some that this node has not heard of, what was asked
 * before the last of them is not believed.
 */
ngx_int_t
ngx_agent_cache_purge_accept(ngx_agent_cache_zone_t *zone,
    const ag_cache_item_t *item, uint64_t sealed, uint64_t last,
    uint64_t *epoch)
{
    unsigned  covered;

    if (sealed > AG_REDIS_CACHE_NUMBER_MAX) {
        return NGX_DECLINED;
    }

    (void) ngx_agent_cache_lock(zone);

    *epoch = ngx_min(ngx_agent_cache_purge_epoch(sealed), zone->purges.last);

    covered = (last != zone->heard && sealed < ngx_max(last, zone->heard))
              || ag_cache_purges_cover(&zone->purges, *epoch, item->owner,
                                       item->model);

    ngx_agent_cache_unlock(zone);

    return covered ? NGX_DECLINED : NGX_OK;
}


/* ---- of all nodes ---- */


static void
ngx_agent_cache_purge_on_timer(ngx_event_t *ev)
{
    ngx_agent_main_conf_t  *amcf;

    amcf = ngx_agent_cache_purges.main;

    if (ngx_agent_cache_purge_is_ours(amcf->cache)) {
        ngx_agent_cache_purge_poll(amcf);
    }

    ngx_add_timer(ev, NGX_AGENT_CACHE_PURGE_EVERY);
}


/* One of the workers asks for all. */
static ngx_uint_t
ngx_agent_cache_purge_is_ours(ngx_agent_cache_zone_t *zone)
{
    ngx_atomic_uint_t  seen;

    seen = zone->polled;

    return (ngx_msec_t) (ngx_current_msec - seen)
           >= NGX_AGENT_CACHE_PURGE_EVERY / 2
           && ngx_atomic_cmp_set(&zone->polled, seen, ngx_current_msec);
}


void
ngx_agent_cache_purge_poll(ngx_agent_main_conf_t *amcf)
{
    ag_redis_command_t        command;
    ngx_agent_cache_zone_t   *zone;
    ngx_agent_cache_purge_t  *purges;

    purges = &ngx_agent_cache_purges;
    zone = amcf->cache;

    if (purges->main == NULL || purges->waiting) {
        return;
    }

    (void) ngx_agent_cache_lock(zone);

    purges->known = zone->heard;
    purges->told.number = 0;

    if (zone->untold_count != 0 && ngx_agent_cache_purge_may_tell(amcf)) {
        purges->told = zone->untold[0];
    }

    ngx_agent_cache_unlock(zone);

    if (ag_redis_cache_purge_write(&command,
                                   ngx_agent_str(&amcf->redis->prefix),
                                   purges->known,
                                   purges->told.number ? &purges->told.what
                                                       : NULL)
        == AG_OK
        && ngx_agent_redis_eval(amcf, &purges->query, AG_REDIS_CACHE_PURGE,
                                &command)
           == NGX_OK)
    {
        purges->waiting = 1;
        return;
    }

    ngx_agent_cache_purge_silent(zone);
}


/* One worker tells, so that no purge gets two numbers; unless it has not been
 * heard of for long. */
static ngx_uint_t
ngx_agent_cache_purge_may_tell(ngx_agent_main_conf_t *amcf)
{
    ngx_agent_cache_zone_t  *zone;

    zone = amcf->cache;

    if (zone->teller != 0 && zone->teller != (ngx_atomic_uint_t) ngx_pid
        && (ngx_msec_t) (ngx_current_msec - zone->telling)
           < amcf->redis->timeout + NGX_AGENT_CACHE_PURGE_EVERY)
    {
        return 0;
    }

    zone->teller = ngx_pid;
    zone->telling = ngx_current_msec;

    return 1;
}


static void
ngx_agent_cache_purge_silent(ngx_agent_cache_zone_t *zone)
{
    (void) ngx_atomic_cmp_set(&zone->teller, ngx_pid, 0);
}


/* One that Redis knows by now is not told again, unless its reply was lost:
 * then it has two numbers, and is carried out twice. */
static void
ngx_agent_cache_purge_on_reply(ngx_agent_redis_query_t *query,
    const ag_redis_value_t *values, ngx_uint_t count)
{
    ngx_uint_t                more;
    ngx_agent_cache_zone_t   *zone;
    ag_redis_cache_purged_t   purged;
    ngx_agent_cache_purge_t  *purges;

    purges = &ngx_agent_cache_purges;
    zone = purges->main->cache;
    purges->waiting = 0;

    if (ag_redis_cache_purge_read(values, count, purges->known, &purged)
        != AG_OK)
    {
        ngx_agent_cache_purge_silent(zone);
        return;
    }

    ngx_agent_cache_purge_follow(zone, &purged);

    (void) ngx_agent_cache_lock(zone);

    zone->heard = ngx_max(zone->heard, purged.last);

    ngx_agent_cache_purge_told(zone, purges->told.number);

    ngx_agent_cache_purge_silent(zone);
    more = (zone->untold_count != 0);

    ngx_agent_cache_unlock(zone);

    if (more) {
        ngx_agent_cache_purge_poll(purges->main);
    }
}


static void
ngx_agent_cache_purge_follow(ngx_agent_cache_zone_t *zone,
    const ag_redis_cache_purged_t *purged)
{
    ngx_uint_t                i;
    const ag_cache_purged_t  *row;

    if (!purged->complete) {
        ngx_agent_cache_purge_all(zone, purged->last);
        return;
    }

    for (i = 0; i < purged->count; i++) {
        row = &purged->rows[i];

        (void) ngx_agent_cache_lock(zone);
        (void) ag_cache_purges_add(&zone->purges,
                                   ngx_agent_cache_purge_epoch(row->number),
                                   &row->what);
        ngx_agent_cache_unlock(zone);

        (void) ngx_agent_cache_purge_sweep(zone, &row->what);
    }
}


/* Some of them are not told any more: this node was away, or is new, or Redis
 * has lost them. */
static void
ngx_agent_cache_purge_all(ngx_agent_cache_zone_t *zone, uint64_t number)
{
    ngx_uint_t        n;
    uint64_t          epoch;
    ag_cache_purge_t  all;

    epoch = ngx_agent_cache_purge_epoch(number);

    (void) ngx_agent_cache_lock(zone);

    if (epoch > zone->purges.last) {
        ag_cache_purges_restart(&zone->purges, epoch);
    }

    ngx_agent_cache_unlock(zone);

    ngx_memzero(&all, sizeof(ag_cache_purge_t));
    n = ngx_agent_cache_purge_sweep(zone, &all);

    if (n != 0) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "agent: purges of other nodes were missed, all answers "
                      "were dropped, number: %ui", n);
    }
}
