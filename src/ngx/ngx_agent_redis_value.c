/*
 * Copyright (C) ngx_agent authors
 *
 * What hiredis's reader finds in a reply: not a tree, but values in a row, in
 * memory of the link.  A reply with more than there is room for is read to its
 * end and is none; one long text has room where its query says so.
 */


#include "ngx/ngx_agent_hiredis.h"


static void *ngx_agent_redis_on_text(const redisReadTask *task, char *text,
    size_t len);
static void *ngx_agent_redis_on_array(const redisReadTask *task,
    ngx_agent_redis_size_t count);
static void *ngx_agent_redis_on_integer(const redisReadTask *task,
    long long integer);
static void *ngx_agent_redis_on_nil(const redisReadTask *task);
static ag_redis_value_t *ngx_agent_redis_value(ngx_agent_redis_link_t *link,
    ag_redis_kind_t kind);
static ngx_int_t ngx_agent_redis_copy(ngx_agent_redis_link_t *link,
    ag_str_t text, ag_str_t *copy);
static void ngx_agent_redis_on_free(void *reply);


/* What they return is the reply, for the reader: NULL would be no memory. */

static redisReplyObjectFunctions  ngx_agent_redis_functions = {
    .createString = ngx_agent_redis_on_text,
    .createArray = ngx_agent_redis_on_array,
    .createInteger = ngx_agent_redis_on_integer,
    .createNil = ngx_agent_redis_on_nil,
    .freeObject = ngx_agent_redis_on_free
};


void
ngx_agent_redis_values(ngx_agent_redis_link_t *link, redisReader *reader)
{
    reader->fn = &ngx_agent_redis_functions;
    reader->privdata = link;

    ngx_agent_redis_values_reset(link);
}


void
ngx_agent_redis_values_reset(ngx_agent_redis_link_t *link)
{
    link->count = 0;
    link->used = 0;
    link->flooded = 0;
    ag_buf_free(&link->bulk);
}


static void *
ngx_agent_redis_on_text(const redisReadTask *task, char *text, size_t len)
{
    ag_redis_kind_t          kind;
    ag_redis_value_t        *value;
    ngx_agent_redis_link_t  *link;

    link = task->privdata;

    kind = (task->type == REDIS_REPLY_ERROR) ? AG_REDIS_ERROR
           : (task->type == REDIS_REPLY_STATUS) ? AG_REDIS_STATUS
           : AG_REDIS_TEXT;

    value = ngx_agent_redis_value(link, kind);

    if (value == NULL
        || ngx_agent_redis_copy(link, ag_str(text, len), &value->text)
           != NGX_OK)
    {
        link->flooded = 1;
    }

    return link;
}


/* hiredis moves its own.  What nobody waits for any more is not copied. */
static ngx_int_t
ngx_agent_redis_copy(ngx_agent_redis_link_t *link, ag_str_t text,
    ag_str_t *copy)
{
    ngx_queue_t                *q;
    ngx_agent_redis_pending_t  *pending;

    if (text.len <= NGX_AGENT_REDIS_TEXT - link->used) {
        ngx_memcpy(link->text + link->used, text.data, text.len);
        *copy = ag_str(link->text + link->used, text.len);
        link->used += text.len;

        return NGX_OK;
    }

    if (text.len > ngx_agent_redis_bulk(link) || link->bulk.len != 0) {
        return NGX_ERROR;
    }

    q = ngx_queue_head(&link->pending);
    pending = ngx_queue_data(q, ngx_agent_redis_pending_t, queue);

    if (pending->query == NULL) {
        return NGX_OK;
    }

    if (ag_buf_add(&link->bulk, text.data, text.len) != AG_OK) {
        return NGX_ERROR;
    }

    *copy = ag_buf_str(&link->bulk);

    return NGX_OK;
}


static void *
ngx_agent_redis_on_array(const redisReadTask *task,
    ngx_agent_redis_size_t count)
{
    return (count > NGX_AGENT_REDIS_ELEMENTS) ? NULL : task->privdata;
}


static void *
ngx_agent_redis_on_integer(const redisReadTask *task, long long integer)
{
    ag_redis_value_t        *value;
    ngx_agent_redis_link_t  *link;

    link = task->privdata;
    value = ngx_agent_redis_value(link, AG_REDIS_INTEGER);

    if (value != NULL) {
        value->integer = integer;
    }

    return link;
}


static void *
ngx_agent_redis_on_nil(const redisReadTask *task)
{
    ngx_agent_redis_link_t  *link;

    link = task->privdata;
    (void) ngx_agent_redis_value(link, AG_REDIS_NIL);

    return link;
}


static ag_redis_value_t *
ngx_agent_redis_value(ngx_agent_redis_link_t *link, ag_redis_kind_t kind)
{
    ag_redis_value_t  *value;

    if (link->count == AG_REDIS_VALUES_MAX) {
        link->flooded = 1;
        return NULL;
    }

    value = &link->values[link->count++];
    value->kind = kind;
    value->integer = 0;
    value->text = ag_str(NULL, 0);

    return value;
}


static void
ngx_agent_redis_on_free(void *reply)
{
    /* void: it is the link */
}
