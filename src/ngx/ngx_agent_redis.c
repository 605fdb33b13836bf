/*
 * Copyright (C) ngx_agent authors
 *
 * The wire to Redis: a socket of ours, hiredis on it, nginx's events around
 * it.
 *
 * hiredis is used without its asynchronous layer, which ends the process when
 * a reply comes that nobody asked for.  Events are level-triggered, since
 * hiredis reads once for each of them.
 */


#include "ngx/ngx_agent_hiredis.h"

#include <netinet/tcp.h>
#include <poll.h>


static ngx_int_t ngx_agent_redis_socket(ngx_agent_redis_link_t *link,
    struct sockaddr *address);
static ngx_int_t ngx_agent_redis_context(ngx_agent_redis_link_t *link);
static ngx_int_t ngx_agent_redis_connected(ngx_agent_redis_link_t *link);
static void ngx_agent_redis_on_write(ngx_event_t *ev);
static void ngx_agent_redis_on_read(ngx_event_t *ev);
static void ngx_agent_redis_on_flush(ngx_event_t *ev);
static ngx_int_t ngx_agent_redis_flush(ngx_agent_redis_link_t *link);
static ngx_int_t ngx_agent_redis_watch(ngx_connection_t *c, ngx_uint_t out);
static ngx_int_t ngx_agent_redis_read(ngx_agent_redis_link_t *link);
static ngx_int_t ngx_agent_redis_replies(ngx_agent_redis_link_t *link);
static ngx_int_t ngx_agent_redis_broken(ngx_agent_redis_link_t *link);


ngx_int_t
ngx_agent_redis_wire(ngx_agent_redis_link_t *link)
{
    link->flush.data = link;
    link->flush.handler = ngx_agent_redis_on_flush;
    link->flush.log = link->log;

    return link->conf->tls ? ngx_agent_redis_tls_init(link) : NGX_OK;
}


ngx_int_t
ngx_agent_redis_open(ngx_agent_redis_link_t *link, struct sockaddr *address,
    socklen_t length)
{
    ngx_int_t  rc;

    if (link->conf->tls && link->tls == NULL) {
        return ngx_agent_redis_refuse(link, "its TLS cannot be set up");
    }

    rc = ngx_agent_redis_socket(link, address);

    if (rc == NGX_OK) {
        rc = ngx_agent_redis_context(link);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    link->connecting = 1;

    if (connect(link->connection->fd, address, length) == -1) {

        if (ngx_socket_errno == NGX_EINPROGRESS) {
            return ngx_agent_redis_watch(link->connection, 1);
        }

        return ngx_agent_redis_because(link, "connect() failed: %s",
                                       strerror(ngx_socket_errno));
    }

    return ngx_agent_redis_connected(link);
}


static ngx_int_t
ngx_agent_redis_socket(ngx_agent_redis_link_t *link, struct sockaddr *address)
{
    int                on;
    ngx_socket_t       fd;
    ngx_connection_t  *c;

    fd = ngx_socket(address->sa_family,
                    SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);

    if (fd == (ngx_socket_t) -1) {
        return ngx_agent_redis_because(link, ngx_socket_n " failed: %s",
                                       strerror(ngx_socket_errno));
    }

    c = ngx_get_connection(fd, link->log);

    if (c == NULL) {
        (void) ngx_close_socket(fd);
        return ngx_agent_redis_because(link, "no connection is left, see "
                                             "worker_connections");
    }

    on = 1;

    if (address->sa_family != AF_UNIX) {
        (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        (void) setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    }

    c->log = link->log;
    c->read->log = link->log;
    c->write->log = link->log;
    c->read->handler = ngx_agent_redis_on_read;
    c->write->handler = ngx_agent_redis_on_write;
    c->data = link;

    link->connection = c;

    return NGX_OK;
}


static ngx_int_t
ngx_agent_redis_context(ngx_agent_redis_link_t *link)
{
    redisContext  *context;

    context = redisConnectFd(link->connection->fd);
    link->context = context;

    if (context == NULL || context->err) {
        return ngx_agent_redis_because(link, "no memory");
    }

    context->flags &= ~REDIS_BLOCK;
    ngx_agent_redis_values(link, context->reader);

    return NGX_OK;
}


static ngx_int_t
ngx_agent_redis_connected(ngx_agent_redis_link_t *link)
{
    link->connecting = 0;

    if (link->tls != NULL && ngx_agent_redis_tls_start(link) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_post_event(&link->flush, &ngx_posted_events);

    return ngx_agent_redis_watch(link->connection, 0);
}


void
ngx_agent_redis_shut(ngx_agent_redis_link_t *link)
{
    if (link->flush.posted) {
        ngx_delete_posted_event(&link->flush);
    }

    if (link->context != NULL) {
        (void) redisFreeKeepFd(link->context);
    }

    if (link->connection != NULL) {
        ngx_close_connection(link->connection);
    }

    link->context = NULL;
    link->connection = NULL;
    link->ssl = NULL;                   /* the context's */
    link->connecting = 0;
    link->asked = 0;
}


ngx_int_t
ngx_agent_redis_append(ngx_agent_redis_link_t *link, ag_str_t bytes)
{
    if (redisAppendFormattedCommand(link->context, (const char *) bytes.data,
                                    bytes.len)
        != REDIS_OK)
    {
        return NGX_ERROR;
    }

    if (!link->connecting) {
        ngx_post_event(&link->flush, &ngx_posted_events);
    }

    return NGX_OK;
}


static void
ngx_agent_redis_on_flush(ngx_event_t *ev)
{
    ngx_agent_redis_link_t *link = ev->data;

    if (link->context == NULL || link->connecting) {
        return;
    }

    if (ngx_agent_redis_flush(link) == NGX_ERROR) {
        ngx_agent_redis_lost(link);
        return;
    }

    ngx_agent_redis_written(link);
}


/* Writes what is queued.  NGX_AGAIN: some of it is left. */

static ngx_int_t
ngx_agent_redis_flush(ngx_agent_redis_link_t *link)
{
    int         done;
    ngx_uint_t  out;

    done = 0;

    if (redisBufferWrite(link->context, &done) != REDIS_OK) {
        return ngx_agent_redis_broken(link);
    }

    if (done && !link->asked) {
        link->asked = 1;

        /* from now on it is Redis that is waited for */

        if (link->attempt.timer_set) {
            ngx_del_timer(&link->attempt);
        }

        ngx_add_timer(&link->attempt, link->conf->timeout);
    }

    out = !done && (link->ssl == NULL || ngx_agent_redis_tls_writes(link));

    if (ngx_agent_redis_watch(link->connection, out) != NGX_OK) {
        return ngx_agent_redis_because(link, "its socket cannot be watched");
    }

    return done ? NGX_OK : NGX_AGAIN;
}


static ngx_int_t
ngx_agent_redis_watch(ngx_connection_t *c, ngx_uint_t out)
{
    if (!c->read->active
        && ngx_add_event(c->read, NGX_READ_EVENT, NGX_LEVEL_EVENT) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (out && !c->write->active) {
        return ngx_add_event(c->write, NGX_WRITE_EVENT, NGX_LEVEL_EVENT);
    }

    if (!out && c->write->active) {
        return ngx_del_event(c->write, NGX_WRITE_EVENT, 0);
    }

    return NGX_OK;
}


static void
ngx_agent_redis_on_write(ngx_event_t *ev)
{
    int                      error;
    socklen_t                len;
    ngx_int_t                rc;
    ngx_connection_t        *c;
    ngx_agent_redis_link_t  *link;

    c = ev->data;
    link = c->data;

    if (c->close) {
        return;     /* nginx ends: exit_process() closes it */
    }

    if (link->connecting) {
        error = 0;
        len = sizeof(error);

        if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1) {
            error = ngx_socket_errno;
        }

        rc = error ? ngx_agent_redis_because(link, "connect() failed: %s",
                                             strerror(error))
                   : ngx_agent_redis_connected(link);
    } else {
        link->moved_at = ngx_current_msec;
        rc = ngx_agent_redis_flush(link);
    }

    if (rc == NGX_ERROR) {
        ngx_agent_redis_lost(link);
    }
}


static void
ngx_agent_redis_on_read(ngx_event_t *ev)
{
    ngx_connection_t        *c;
    ngx_agent_redis_link_t  *link;

    c = ev->data;
    link = c->data;

    if (c->close) {
        return;     /* nginx ends: exit_process() closes it */
    }

    if (link->connecting) {
        ngx_agent_redis_on_write(c->write);
        return;
    }

    if (ngx_agent_redis_read(link) != NGX_OK) {
        ngx_agent_redis_lost(link);
    }
}


static ngx_int_t
ngx_agent_redis_read(ngx_agent_redis_link_t *link)
{
    redisContext  *context;

    context = link->context;
    link->moved_at = ngx_current_msec;

    do {
        if (redisBufferRead(context) != REDIS_OK) {
            return ngx_agent_redis_broken(link);
        }

        if (ngx_agent_redis_replies(link) != NGX_OK) {
            return NGX_ERROR;
        }

        if (context->reader->len - context->reader->pos
            > NGX_AGENT_REDIS_REPLY + ngx_agent_redis_bulk(link))
        {
            return ngx_agent_redis_because(link, "a reply of it is too long");
        }

    } while (link->ssl != NULL && ngx_agent_redis_tls_more(link));

    /* what was read may be what the writing side waited for */

    if (link->ssl != NULL && ngx_agent_redis_flush(link) == NGX_ERROR) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_redis_replies(ngx_agent_redis_link_t *link)
{
    void       *reply;
    ngx_int_t   rc;

    for ( ;; ) {
        reply = NULL;

        if (redisGetReplyFromReader(link->context, &reply) != REDIS_OK) {
            return ngx_agent_redis_because(link, "it does not speak Redis's "
                                                 "protocol");
        }

        if (reply == NULL) {
            return NGX_OK;
        }

        rc = ngx_agent_redis_reply(link);

        ngx_agent_redis_values_reset(link);

        if (rc != NGX_OK) {
            return rc;
        }
    }
}


/* errno is that of the call that has just failed. */

static ngx_int_t
ngx_agent_redis_broken(ngx_agent_redis_link_t *link)
{
    ngx_err_t      err;
    redisContext  *context;

    err = ngx_socket_errno;
    context = link->context;

    if (link->ssl != NULL && ngx_agent_redis_tls_failed(link)) {
        return NGX_ERROR;
    }

    switch (context->err) {

    case REDIS_ERR_EOF:
        return ngx_agent_redis_because(link, "it closed the connection");

    case REDIS_ERR_IO:
        return ngx_agent_redis_because(link, "the connection broke: %s",
                                       strerror(err));

    default:
        return ngx_agent_redis_because(link, "the connection failed");
    }
}


/*
 * Nobody waits for what is still to come, but what was said before, as what
 * calls have used, should arrive.  Unread replies would make close() a reset.
 */

void
ngx_agent_redis_drain(ngx_agent_redis_link_t *link, ngx_msec_t timeout)
{
    ngx_int_t       rc;
    ngx_msec_t      until;
    struct pollfd   wait;

    ngx_time_update();
    until = ngx_current_msec + timeout;

    while (link->pending_count != 0) {

        rc = ngx_agent_redis_flush(link);

        if (rc == NGX_ERROR || (ngx_msec_int_t) (until - ngx_current_msec) <= 0)
        {
            return;
        }

        wait.fd = link->connection->fd;
        wait.events = POLLIN | ((rc == NGX_AGAIN) ? POLLOUT : 0);
        wait.revents = 0;

        if (poll(&wait, 1, (int) (until - ngx_current_msec)) == -1
            && ngx_errno != NGX_EINTR)
        {
            return;
        }

        if ((wait.revents & (POLLIN|POLLERR|POLLHUP))
            && ngx_agent_redis_read(link) != NGX_OK)
        {
            return;
        }

        ngx_time_update();
    }
}
