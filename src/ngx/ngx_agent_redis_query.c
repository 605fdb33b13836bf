/*
 * Copyright (C) ngx_agent authors
 *
 * Queries to Redis: commands are queued and leave together, replies come in
 * their order, and each query has an end: its reply, or none when its time is
 * up.  A reply that comes later still takes its command's place, and goes.
 */


#include "ngx/ngx_agent_redis_parts.h"


static ngx_int_t ngx_agent_redis_words(ag_buf_t *out, const ag_str_t *words,
    unsigned count);
static ngx_int_t ngx_agent_redis_word(ag_buf_t *out, ag_str_t word);
static ngx_int_t ngx_agent_redis_begin(ag_buf_t *out, unsigned count);
static ngx_int_t ngx_agent_redis_begin_script(ag_buf_t *out, const char *verb,
    const char *script, unsigned count);
static ngx_agent_redis_pending_t *ngx_agent_redis_pending(size_t len,
    ngx_log_t *log);
static ngx_int_t ngx_agent_redis_enqueue(ngx_agent_redis_link_t *link,
    ngx_agent_redis_pending_t *pending);
static ngx_int_t ngx_agent_redis_ask(ngx_agent_redis_link_t *link,
    ngx_agent_redis_query_t *query, ngx_agent_redis_pending_t *pending);
static ngx_uint_t ngx_agent_redis_moves(ngx_agent_redis_link_t *link,
    ngx_agent_redis_pending_t *pending);
static ngx_int_t ngx_agent_redis_answer(ngx_agent_redis_link_t *link,
    ngx_agent_redis_pending_t *pending);
static ngx_int_t ngx_agent_redis_again(ngx_agent_redis_link_t *link,
    ngx_agent_redis_pending_t *pending);
static void ngx_agent_redis_complain(ngx_agent_redis_link_t *link,
    ag_str_t error);


static const ag_str_t  ngx_agent_redis_flood =
    ag_string("ERR the reply is too long");


ngx_int_t
ngx_agent_redis_send(ngx_agent_main_conf_t *amcf,
    ngx_agent_redis_query_t *query, ag_redis_command_t *command)
{
    ngx_agent_redis_link_t     *link;
    ngx_agent_redis_pending_t  *pending;

    if (!ngx_agent_redis_is_up(amcf)) {
        return NGX_DECLINED;
    }

    link = amcf->redis_link;

    if (ngx_agent_redis_words(&link->scratch, command->args, command->count)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    pending = ngx_agent_redis_pending(0, link->log);

    return ngx_agent_redis_ask(link, query, pending);
}


ngx_int_t
ngx_agent_redis_eval(ngx_agent_main_conf_t *amcf,
    ngx_agent_redis_query_t *query, ag_redis_script_t script,
    ag_redis_command_t *command)
{
    size_t                      head, len;
    ag_buf_t                   *out;
    unsigned                    i;
    ngx_agent_redis_link_t     *link;
    ngx_agent_redis_pending_t  *pending;

    if (!ngx_agent_redis_is_up(amcf)) {
        return NGX_DECLINED;
    }

    link = amcf->redis_link;
    out = &link->scratch;

    if (ngx_agent_redis_begin_script(out, "EVALSHA",
                                     ag_redis_script_sha1(script),
                                     command->count)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    head = out->len;

    for (i = 0; i < command->count; i++) {
        if (ngx_agent_redis_word(out, command->args[i]) != NGX_OK) {
            return NGX_DECLINED;
        }
    }

    len = out->len - head;
    pending = ngx_agent_redis_pending(len, link->log);

    if (pending != NULL) {
        pending->script = script;
        pending->again = 1;
        pending->words = command->count;
        ngx_memcpy(pending->rest, out->data + head, len);
    }

    return ngx_agent_redis_ask(link, query, pending);
}


ngx_int_t
ngx_agent_redis_tell(ngx_agent_redis_link_t *link,
    ngx_agent_redis_step_t step, const ag_str_t *words, unsigned count)
{
    ngx_agent_redis_pending_t  *pending;

    if (ngx_agent_redis_words(&link->scratch, words, count) != NGX_OK) {
        return NGX_ERROR;
    }

    pending = ngx_agent_redis_pending(0, link->log);

    if (pending != NULL) {
        pending->step = step;
    }

    return ngx_agent_redis_enqueue(link, pending);
}


static ngx_int_t
ngx_agent_redis_words(ag_buf_t *out, const ag_str_t *words, unsigned count)
{
    unsigned  i;

    if (ngx_agent_redis_begin(out, count) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < count; i++) {
        if (ngx_agent_redis_word(out, words[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_redis_begin(ag_buf_t *out, unsigned count)
{
    out->len = 0;

    return (ag_buf_add(out, "*", 1) == AG_OK
            && ag_buf_add_number(out, count) == AG_OK
            && ag_buf_add(out, "\r\n", 2) == AG_OK) ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_agent_redis_word(ag_buf_t *out, ag_str_t word)
{
    return (ag_buf_add(out, "$", 1) == AG_OK
            && ag_buf_add_number(out, word.len) == AG_OK
            && ag_buf_add(out, "\r\n", 2) == AG_OK
            && ag_buf_add(out, word.data, word.len) == AG_OK
            && ag_buf_add(out, "\r\n", 2) == AG_OK) ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_agent_redis_begin_script(ag_buf_t *out, const char *verb,
    const char *script, unsigned count)
{
    return (ngx_agent_redis_begin(out, count + 2) == NGX_OK
            && ngx_agent_redis_word(out, ag_str(verb, ngx_strlen(verb)))
               == NGX_OK
            && ngx_agent_redis_word(out, ag_str(script, ngx_strlen(script)))
               == NGX_OK) ? NGX_OK : NGX_ERROR;
}


/* "len": bytes of words that are kept for a second time. */

static ngx_agent_redis_pending_t *
ngx_agent_redis_pending(size_t len, ngx_log_t *log)
{
    ngx_agent_redis_pending_t  *pending;

    pending = ngx_alloc(sizeof(ngx_agent_redis_pending_t) + len, log);
    if (pending == NULL) {
        return NULL;
    }

    ngx_memzero(pending, sizeof(ngx_agent_redis_pending_t));
    pending->len = len;

    return pending;
}


/* What is in the scratch buffer leaves; frees "pending" if it cannot. */

static ngx_int_t
ngx_agent_redis_enqueue(ngx_agent_redis_link_t *link,
    ngx_agent_redis_pending_t *pending)
{
    if (pending == NULL) {
        return NGX_ERROR;
    }

    if (link->pending_count == NGX_AGENT_REDIS_PENDING_MAX
        || ngx_agent_redis_append(link, ag_buf_str(&link->scratch)) != NGX_OK)
    {
        ngx_free(pending);
        return NGX_ERROR;
    }

    link->pending_count++;
    ngx_queue_insert_tail(&link->pending, &pending->queue);

    if (link->scratch.size > NGX_AGENT_REDIS_SCRATCH) {
        ag_buf_free(&link->scratch);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_redis_ask(ngx_agent_redis_link_t *link,
    ngx_agent_redis_query_t *query, ngx_agent_redis_pending_t *pending)
{
    if (ngx_agent_redis_enqueue(link, pending) != NGX_OK) {
        return NGX_DECLINED;
    }

    ngx_agent_gateway_add(link->main, AG_M_REDIS_QUERIES, 1);

    if (query == NULL || query->handler == NULL) {
        return NGX_OK;
    }

    pending->query = query;
    pending->bulk = query->bulk;
    query->pending = pending;
    query->by = ngx_current_msec + link->conf->timeout;
    ngx_queue_insert_tail(&link->waiting, &query->queue);

    /* one timer for all: they have one timeout, so the first is the oldest */

    if (!link->timer.timer_set) {
        ngx_add_timer(&link->timer, link->conf->timeout);
    }

    return NGX_OK;
}


/*
 * A turn of the loop that was long, as when the machine has no time for us,
 * must not look like a Redis that is late.
 */

void
ngx_agent_redis_written(ngx_agent_redis_link_t *link)
{
    ngx_queue_t              *q;
    ngx_agent_redis_query_t  *query;

    ngx_time_update();

    for (q = ngx_queue_last(&link->waiting);
         q != ngx_queue_sentinel(&link->waiting);
         q = ngx_queue_prev(q))
    {
        query = ngx_queue_data(q, ngx_agent_redis_query_t, queue);

        if (((ngx_agent_redis_pending_t *) query->pending)->written) {
            return;
        }

        ((ngx_agent_redis_pending_t *) query->pending)->written = 1;
        query->by = ngx_current_msec + link->conf->timeout;
    }
}


void
ngx_agent_redis_cancel(ngx_agent_redis_query_t *query)
{
    ngx_agent_redis_pending_t  *pending;

    pending = query->pending;

    if (pending == NULL) {
        return;
    }

    pending->query = NULL;
    pending->again = 0;

    query->pending = NULL;
    ngx_queue_remove(&query->queue);
}


/* A handler may cancel other queries: the head is looked at anew. */

void
ngx_agent_redis_expire(ngx_event_t *ev)
{
    ngx_agent_redis_link_t *link = ev->data;

    ngx_queue_t                *q;
    ngx_msec_int_t              left;
    ngx_agent_redis_query_t    *query;
    ngx_agent_redis_pending_t  *pending;

    while (!ngx_queue_empty(&link->waiting)) {

        q = ngx_queue_head(&link->waiting);
        query = ngx_queue_data(q, ngx_agent_redis_query_t, queue);
        left = (ngx_msec_int_t) (query->by - ngx_current_msec);

        if (left > 0) {
            ngx_add_timer(&link->timer, (ngx_msec_t) left);
            return;
        }

        pending = query->pending;
        pending->late = 1;
        ngx_agent_redis_cancel(query);
        ngx_agent_gateway_add(link->main, AG_M_REDIS_LATE, 1);

        if (!ngx_agent_redis_moves(link, pending)) {
            (void) ngx_agent_redis_because(link, "no reply within the "
                                                 "timeout");

            if (ngx_agent_redis_failed(link) != NGX_OK) {
                ngx_agent_redis_drop(link);
            }
        }

        query->handler(query, NULL, 0);
    }
}


/* Does it wait behind something long that is on its way?  That is no fault of
 * the link. */
static ngx_uint_t
ngx_agent_redis_moves(ngx_agent_redis_link_t *link,
    ngx_agent_redis_pending_t *pending)
{
    return (!pending->written || ngx_agent_redis_bulk(link) != 0)
           && (ngx_msec_t) (ngx_current_msec - link->moved_at)
              < link->conf->timeout;
}


size_t
ngx_agent_redis_bulk(ngx_agent_redis_link_t *link)
{
    ngx_queue_t                *q;
    ngx_agent_redis_pending_t  *pending;

    if (ngx_queue_empty(&link->pending)) {
        return 0;
    }

    q = ngx_queue_head(&link->pending);
    pending = ngx_queue_data(q, ngx_agent_redis_pending_t, queue);

    return pending->bulk;
}


ngx_int_t
ngx_agent_redis_reply(ngx_agent_redis_link_t *link)
{
    ngx_int_t                   rc;
    ngx_queue_t                *q;
    ngx_agent_redis_pending_t  *pending;

    if (ngx_queue_empty(&link->pending)) {
        return ngx_agent_redis_because(link, "a reply that nobody asked for");
    }

    q = ngx_queue_head(&link->pending);
    pending = ngx_queue_data(q, ngx_agent_redis_pending_t, queue);

    ngx_queue_remove(q);
    link->pending_count--;

    if (pending->step != NGX_AGENT_REDIS_QUERY) {
        rc = ngx_agent_redis_heard(link, pending->step);
        ngx_free(pending);
        return rc;
    }

    return ngx_agent_redis_answer(link, pending);
}


static ngx_int_t
ngx_agent_redis_answer(ngx_agent_redis_link_t *link,
    ngx_agent_redis_pending_t *pending)
{
    ag_str_t                  code;
    ngx_int_t                 rc;
    ngx_uint_t                late;
    ag_redis_error_t          error;
    ag_redis_value_t         *values;
    ngx_agent_redis_query_t  *query;

    rc = NGX_OK;
    values = link->values;
    late = pending->late;

    if (link->flooded) {

        /* somebody wrote what is too long for us: no fault of the link */

        link->count = 1;
        values[0].kind = AG_REDIS_ERROR;
        values[0].text = ngx_agent_redis_flood;
    }

    if (link->count == 1 && link->values[0].kind == AG_REDIS_ERROR) {

        error = ag_redis_classify(link->values[0].text);

        if (error == AG_REDIS_E_NOSCRIPT && pending->again) {
            return ngx_agent_redis_again(link, pending);
        }

        ngx_agent_gateway_add(link->main, AG_M_REDIS_ERRORS, 1);

        if (error != AG_REDIS_E_OTHER && error != AG_REDIS_E_NOSCRIPT) {
            values = NULL;
            code = ngx_agent_redis_code(link->values[0].text);

            (void) ngx_agent_redis_because(link, "it answers %*s", code.len,
                                           code.data);
            rc = ngx_agent_redis_failed(link);

        } else {
            ngx_agent_redis_complain(link, link->values[0].text);
        }

    } else if (!late) {
        link->failures = 0;
        link->attempts = 0;
    }

    query = pending->query;

    if (query != NULL) {
        ngx_agent_redis_cancel(query);
    }

    ngx_free(pending);

    if (query != NULL) {
        query->handler(query, values, values ? link->count : 0);
    }

    return rc;
}


/* Redis was restarted, or its scripts were flushed. */

static ngx_int_t
ngx_agent_redis_again(ngx_agent_redis_link_t *link,
    ngx_agent_redis_pending_t *pending)
{
    ngx_agent_redis_query_t  *query;

    query = pending->query;
    pending->again = 0;

    if (ngx_agent_redis_begin_script(&link->scratch, "EVAL",
                                     ag_redis_script(pending->script),
                                     pending->words)
        == NGX_OK
        && ag_buf_add(&link->scratch, pending->rest, pending->len) == AG_OK
        && ngx_agent_redis_append(link, ag_buf_str(&link->scratch)) == NGX_OK)
    {
        link->pending_count++;
        ngx_queue_insert_tail(&link->pending, &pending->queue);
        return NGX_OK;
    }

    if (query != NULL) {
        ngx_agent_redis_cancel(query);
    }

    ngx_free(pending);

    if (query != NULL) {
        query->handler(query, NULL, 0);
    }

    return NGX_OK;
}


void
ngx_agent_redis_forget(ngx_agent_redis_link_t *link)
{
    ngx_queue_t              *q;
    ngx_agent_redis_query_t  *query;

    while (!ngx_queue_empty(&link->waiting)) {
        q = ngx_queue_head(&link->waiting);
        query = ngx_queue_data(q, ngx_agent_redis_query_t, queue);
        ngx_agent_redis_cancel(query);
    }
}


/* A handler may send: there is no connection, so it is declined. */

void
ngx_agent_redis_give_up(ngx_agent_redis_link_t *link)
{
    ngx_queue_t                *q;
    ngx_agent_redis_query_t    *query;
    ngx_agent_redis_pending_t  *pending;

    while (!ngx_queue_empty(&link->pending)) {

        q = ngx_queue_head(&link->pending);
        pending = ngx_queue_data(q, ngx_agent_redis_pending_t, queue);
        query = pending->query;

        ngx_queue_remove(q);
        link->pending_count--;

        if (pending->step == NGX_AGENT_REDIS_QUERY && !pending->late) {
            ngx_agent_gateway_add(link->main, AG_M_REDIS_ERRORS, 1);
        }

        if (query != NULL) {
            ngx_agent_redis_cancel(query);
        }

        ngx_free(pending);

        if (query != NULL) {
            query->handler(query, NULL, 0);
        }
    }
}


/* It works, and somebody wrote what our commands cannot read; once a minute is
 * often enough. */
static void
ngx_agent_redis_complain(ngx_agent_redis_link_t *link, ag_str_t error)
{
    ag_str_t  code;

    static time_t  told;

    if (ngx_time() - told < NGX_AGENT_REDIS_TOLD) {
        return;
    }

    told = ngx_time();
    code = ngx_agent_redis_code(error);

    ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                  "agent: Redis refuses a command, address: \"%V\", code: %*s",
                  &link->main->redis->address, code.len, code.data);
}


/* "WRONGPASS invalid username..." is WRONGPASS; garbage is nothing. */

ag_str_t
ngx_agent_redis_code(ag_str_t error)
{
    size_t  n;

    for (n = 0; n < error.len && n < NGX_AGENT_REDIS_CODE; n++) {
        if (error.data[n] < 'A' || error.data[n] > 'Z') {
            break;
        }
    }

    return (n != 0) ? ag_str(error.data, n) : ag_str("an error", 8);
}
