/*
 * Copyright (C) ngx_agent authors
 *
 * The second level: answers in Redis, which several nodes share, and locks, so
 * that one of them gets what all of them are asked for.  A lock lives as long
 * as its worker renews it.  Redis that is late or away is a miss.
 *
 * Nothing from Redis is believed that is not sealed with the nodes' secret.
 */


#include "ngx/ngx_agent_cache.h"
#include "core/ag_redis_cache.h"


#define NGX_AGENT_CACHE_REDIS_HOLD  1000    /* ms between two renewals */


/* Of this process. */
typedef struct {
    ngx_agent_main_conf_t    *main;         /* NULL: without Redis */
    ngx_event_t               event;
    ngx_queue_t               locks;        /* of ngx_agent_cached_t */
} ngx_agent_cache_redis_t;


static ngx_int_t ngx_agent_cache_redis_send(ngx_agent_call_t *call,
    ag_redis_cache_mode_t mode);
static void ngx_agent_cache_redis_on_reply(ngx_agent_redis_query_t *query,
    const ag_redis_value_t *values, ngx_uint_t count);
static ngx_int_t ngx_agent_cache_redis_open(ngx_agent_call_t *call,
    const ag_redis_cache_found_t *found, ag_redis_cache_mode_t *mode);
static void ngx_agent_cache_redis_lock(ngx_agent_cached_t *cached);
static void ngx_agent_cache_redis_free(ngx_agent_call_t *call);
static ngx_uint_t ngx_agent_cache_redis_covers(ngx_agent_call_t *call,
    const ag_cache_item_t *item);
static void ngx_agent_cache_redis_on_timer(ngx_event_t *ev);
static void ngx_agent_cache_redis_hold(const ag_char_t **keys,
    uint64_t *owners, ngx_uint_t n);


static ngx_agent_cache_redis_t  ngx_agent_cache_redis;


ngx_int_t
ngx_agent_cache_redis_init_process(ngx_cycle_t *cycle,
    ngx_agent_main_conf_t *amcf)
{
    static ngx_connection_t  dummy;     /* nginx's debug log asks for one */

    ngx_memzero(&ngx_agent_cache_redis, sizeof(ngx_agent_cache_redis_t));
    ngx_queue_init(&ngx_agent_cache_redis.locks);

    dummy.fd = (ngx_socket_t) -1;

    ngx_agent_cache_redis.main = amcf;
    ngx_agent_cache_redis.event.handler = ngx_agent_cache_redis_on_timer;
    ngx_agent_cache_redis.event.data = &dummy;
    ngx_agent_cache_redis.event.log = cycle->log;
    ngx_agent_cache_redis.event.cancelable = 1;

    return ngx_agent_cache_purge_init_process(cycle, amcf);
}


void
ngx_agent_cache_redis_exit_process(void)
{
    if (ngx_agent_cache_redis.event.timer_set) {
        ngx_del_timer(&ngx_agent_cache_redis.event);
    }

    ngx_agent_cache_purge_exit_process();
}


ngx_uint_t
ngx_agent_cache_redis_is(ngx_agent_call_t *call)
{
    ngx_agent_cached_t  *cached;

    cached = call->cached;

    return cached != NULL && cached->keyed && cached->rule->redis
           && call->main->redis != NULL && call->main->cache != NULL
           && call->main->cache_secret.len != 0;
}


/* ---- the way out ---- */


ngx_int_t
ngx_agent_cache_redis_look(ngx_agent_call_t *call)
{
    ngx_agent_cached_t  *cached;

    cached = call->cached;

    if (cached->waiting && !cached->told) {
        return NGX_AGAIN;
    }

    cached->waiting = 0;
    cached->told = 0;
    cached->found = 0;
    cached->busy = 0;

    if (cached->lock == 0) {
        cached->lock = ngx_agent_request_random(call->main);

        if (cached->lock == 0) {
            return NGX_DECLINED;
        }
    }

    return ngx_agent_cache_redis_send(call, AG_REDIS_CACHE_READ);
}


/* The lock may be ours from the moment it is asked for. */
static ngx_int_t
ngx_agent_cache_redis_send(ngx_agent_call_t *call, ag_redis_cache_mode_t mode)
{
    ngx_agent_cached_t  *cached;
    ag_redis_command_t   command;

    cached = call->cached;

    cached->query.handler = ngx_agent_cache_redis_on_reply;
    cached->query.data = call;
    cached->query.bulk = AG_REDIS_BULK_MAX;

    if (ag_redis_cache_look_write(&command,
                                  ngx_agent_str(&call->main->redis->prefix),
                                  cached->key, cached->lock, mode)
        != AG_OK
        || ngx_agent_redis_eval(call->main, &cached->query,
                                AG_REDIS_CACHE_LOOK, &command)
           != NGX_OK)
    {
        ngx_agent_cache_redis_free(call);
        return NGX_DECLINED;
    }

    cached->asked = ngx_current_msec;
    cached->waiting = 1;
    cached->locked = 1;

    /* Redis's own timer wakes us; this one keeps a leaving worker alive */

    ngx_agent_call_wake_at(call, ngx_current_msec
                                 + 2 * call->main->redis->timeout + 1000);

    return NGX_AGAIN;
}


/* An answer that is not for this call is asked past, once: then nothing but
 * the lock is told. */
static void
ngx_agent_cache_redis_on_reply(ngx_agent_redis_query_t *query,
    const ag_redis_value_t *values, ngx_uint_t count)
{
    ngx_agent_call_t *call = query->data;

    ngx_agent_cached_t      *cached;
    ag_redis_cache_mode_t    mode;
    ag_redis_cache_found_t   found;

    cached = call->cached;

    if (ag_redis_cache_look_read(values, count, &found) != AG_OK) {
        cached->told = 1;
        ngx_agent_cache_redis_free(call);
        ngx_post_event(&call->wake, &ngx_posted_events);
        return;
    }

    if (found.epoch != call->main->cache->heard) {
        ngx_agent_cache_purge_poll(call->main);
    }

    if (found.state != AG_REDIS_CACHE_LOCKED && cached->locks.next == NULL) {
        cached->locked = 0;
    }

    if (found.state == AG_REDIS_CACHE_FOUND) {

        if (ngx_agent_cache_redis_open(call, &found, &mode) == NGX_OK) {
            cached->found = 1;
            ngx_agent_cache_redis_free(call);

        } else if (ngx_agent_cache_redis_send(call, mode) == NGX_AGAIN) {
            return;
        }

    } else if (found.state == AG_REDIS_CACHE_LOCKED) {
        ngx_agent_cache_redis_lock(cached);

    } else {
        cached->busy = 1;
        ngx_agent_cache_redis_free(call);
    }

    cached->told = 1;
    ngx_post_event(&call->wake, &ngx_posted_events);
}


/* NGX_OK: it is the answer, and others of this node need not ask Redis.
 * NGX_DECLINED: it is not for this call, and that is what becomes of it. */
static ngx_int_t
ngx_agent_cache_redis_open(ngx_agent_call_t *call,
    const ag_redis_cache_found_t *found, ag_redis_cache_mode_t *mode)
{
    uint64_t             now, sealed, epoch;
    ag_str_t             bytes;
    ag_cache_item_t      item;
    ngx_agent_cached_t  *cached;

    cached = call->cached;
    now = ngx_agent_cache_now();
    *mode = AG_REDIS_CACHE_DROP;

    if (ag_cache_unseal(found->sealed, cached->key,
                        ngx_agent_str(&call->main->cache_secret), &item,
                        &sealed, &bytes)
        != AG_OK)
    {
        ngx_log_error(NGX_LOG_WARN, call->log, 0,
                      "agent: an answer in Redis has a wrong seal, bytes: %uz",
                      found->sealed.len);
        return NGX_DECLINED;
    }

    if (item.expires_ms <= now
        || ngx_agent_cache_purge_accept(call->main->cache, &item, sealed,
                                        found->epoch, &epoch)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (item.passing && !cached->remote) {
        *mode = AG_REDIS_CACHE_PASS;
        return NGX_DECLINED;
    }

    cached->bytes.len = 0;

    if (ag_buf_add(&cached->bytes, bytes.data, bytes.len) != AG_OK
        || ag_cache_value_read(ag_buf_str(&cached->bytes), &cached->value)
           != AG_OK)
    {
        return NGX_DECLINED;
    }

    cached->item = item;
    cached->age = (now > item.stored_ms) ? now - item.stored_ms : 0;

    (void) ngx_agent_cache_put(call->main, &item, epoch,
                               ag_buf_str(&cached->bytes), ag_str("", 0));

    return NGX_OK;
}


ngx_int_t
ngx_agent_cache_redis_looked(ngx_agent_call_t *call)
{
    ngx_agent_cached_t  *cached;

    cached = call->cached;

    if (cached->waiting && !cached->told) {
        return NGX_AGAIN;
    }

    cached->waiting = 0;

    return cached->found ? NGX_OK : cached->busy ? NGX_BUSY : NGX_DECLINED;
}


/* ---- the way in ---- */


void
ngx_agent_cache_redis_keep(ngx_agent_call_t *call, const ag_cache_item_t *item,
    ag_str_t bytes)
{
    uint64_t             now;
    ag_buf_t             sealed;
    ngx_agent_cached_t  *cached;
    ag_redis_command_t   command;

    cached = call->cached;
    now = ngx_agent_cache_now();

    if (item->expires_ms <= now || !ngx_agent_redis_is_up(call->main)
        || ngx_agent_cache_redis_covers(call, item))
    {
        ngx_agent_cache_redis_free(call);
        return;
    }

    ag_buf_init(&sealed, AG_REDIS_BULK_MAX);

    /* who waits on other nodes finds it before the lock is gone */

    if (ag_cache_seal(&sealed, item,
                      ngx_agent_cache_purge_number(cached->epoch), bytes,
                      ngx_agent_str(&call->main->cache_secret))
        == AG_OK
        && ag_redis_cache_keep_write(&command,
                                     ngx_agent_str(&call->main->redis->prefix),
                                     cached->key, ag_buf_str(&sealed),
                                     item->expires_ms - now)
           == AG_OK)
    {
        (void) ngx_agent_redis_send(call->main, NULL, &command);
    }

    ag_buf_free(&sealed);
    ngx_agent_cache_redis_free(call);
}


static ngx_uint_t
ngx_agent_cache_redis_covers(ngx_agent_call_t *call,
    const ag_cache_item_t *item)
{
    ngx_uint_t               covered;
    ngx_agent_cache_zone_t  *zone;

    zone = call->main->cache;

    (void) ngx_agent_cache_lock(zone);
    covered = ag_cache_purges_cover(&zone->purges, call->cached->epoch,
                                    item->owner, item->model);
    ngx_agent_cache_unlock(zone);

    return covered;
}


void
ngx_agent_cache_redis_leave(ngx_agent_call_t *call)
{
    ngx_agent_cached_t  *cached;

    cached = call->cached;

    if (cached->waiting) {
        ngx_agent_redis_cancel(&cached->query);
        cached->waiting = 0;
    }

    ngx_agent_cache_redis_free(call);
}


/* ---- locks ---- */


static void
ngx_agent_cache_redis_lock(ngx_agent_cached_t *cached)
{
    if (cached->locks.next != NULL) {
        return;
    }

    ngx_queue_insert_tail(&ngx_agent_cache_redis.locks, &cached->locks);

    if (!ngx_agent_cache_redis.event.timer_set) {
        ngx_add_timer(&ngx_agent_cache_redis.event,
                      NGX_AGENT_CACHE_REDIS_HOLD);
    }
}


/* Whether it has the lock, may have it, or will: commands keep their order. */
static void
ngx_agent_cache_redis_free(ngx_agent_call_t *call)
{
    ngx_agent_cached_t  *cached;
    ag_redis_command_t   command;

    cached = call->cached;

    if (cached->locks.next != NULL) {
        ngx_queue_remove(&cached->locks);
        cached->locks.next = NULL;
    }

    if (!cached->locked) {
        return;
    }

    cached->locked = 0;

    if (ag_redis_cache_free_write(&command,
                                  ngx_agent_str(&call->main->redis->prefix),
                                  cached->key, cached->lock)
        == AG_OK)
    {
        (void) ngx_agent_redis_eval(call->main, NULL, AG_REDIS_CACHE_FREE,
                                    &command);
    }
}


static void
ngx_agent_cache_redis_on_timer(ngx_event_t *ev)
{
    uint64_t             owners[AG_REDIS_CACHE_HOLD_MAX];
    ngx_uint_t           n;
    ngx_queue_t         *q;
    const ag_char_t     *keys[AG_REDIS_CACHE_HOLD_MAX];
    ngx_agent_cached_t  *cached;

    n = 0;

    for (q = ngx_queue_head(&ngx_agent_cache_redis.locks);
         q != ngx_queue_sentinel(&ngx_agent_cache_redis.locks);
         q = ngx_queue_next(q))
    {
        cached = ngx_queue_data(q, ngx_agent_cached_t, locks);
        keys[n] = cached->key;
        owners[n++] = cached->lock;

        if (n == AG_REDIS_CACHE_HOLD_MAX) {
            ngx_agent_cache_redis_hold(keys, owners, n);
            n = 0;
        }
    }

    ngx_agent_cache_redis_hold(keys, owners, n);

    if (!ngx_queue_empty(&ngx_agent_cache_redis.locks)) {
        ngx_add_timer(ev, NGX_AGENT_CACHE_REDIS_HOLD);
    }
}


static void
ngx_agent_cache_redis_hold(const ag_char_t **keys, uint64_t *owners,
    ngx_uint_t n)
{
    ngx_agent_main_conf_t  *amcf;
    ag_redis_command_t      command;

    amcf = ngx_agent_cache_redis.main;

    if (n != 0
        && ag_redis_cache_hold_write(&command,
                                     ngx_agent_str(&amcf->redis->prefix),
                                     keys, owners, (unsigned) n)
           == AG_OK)
    {
        (void) ngx_agent_redis_eval(amcf, NULL, AG_REDIS_CACHE_HOLD,
                                    &command);
    }
}
