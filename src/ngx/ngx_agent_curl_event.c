/*
 * Copyright (C) ngx_agent authors
 *
 * libcurl, while it connects, driven by nginx's events and timers.
 *
 * Connections are spread over several multi handles ("shards"), since libcurl
 * walks a multi's connections to find one.  Descriptors are ours: they are
 * opened and closed here, and always level-triggered.
 */


#include "ngx/ngx_agent_libcurl.h"
#include "ngx/ngx_agent_transfer.h"


static ngx_int_t ngx_agent_curl_open_shard(ngx_agent_shard_t *shard);
static int ngx_agent_curl_on_socket(CURL *easy, curl_socket_t fd, int what,
    void *data,
    void *socket);
static void ngx_agent_curl_adopt(ngx_agent_handle_t *h, ngx_connection_t *c);
static void ngx_agent_curl_want(ngx_connection_t *c, int wanted);
static void ngx_agent_curl_drop(curl_socket_t fd);
static int ngx_agent_curl_on_timer(CURLM *multi, long timeout, void *data);
static void ngx_agent_curl_timeout(ngx_event_t *ev);
static void ngx_agent_curl_on_event(ngx_event_t *ev);


ngx_agent_shard_t *
ngx_agent_curl_shard(void)
{
    ngx_uint_t          i;
    ngx_agent_shard_t  *least, *shard;

    least = NULL;

    for (i = 0; i < ngx_agent_curl.shard_count; i++) {
        shard = &ngx_agent_curl.shards[i];

        if (shard->count < NGX_AGENT_CURL_SHARD_MAX) {
            return shard;
        }

        if (least == NULL || shard->count < least->count) {
            least = shard;
        }
    }

    if (i == NGX_AGENT_CURL_SHARDS) {
        return least;
    }

    if (ngx_agent_curl_open_shard(&ngx_agent_curl.shards[i]) != NGX_OK) {
        return least;
    }

    ngx_agent_curl.shard_count++;

    return &ngx_agent_curl.shards[i];
}


static ngx_int_t
ngx_agent_curl_open_shard(ngx_agent_shard_t *shard)
{
    CURLM  *m;

    m = curl_multi_init();
    if (m == NULL) {
        return NGX_ERROR;
    }

    shard->multi = m;

    (void) curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION,
                             ngx_agent_curl_on_socket);
    (void) curl_multi_setopt(m, CURLMOPT_SOCKETDATA, shard);
    (void) curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION,
                             ngx_agent_curl_on_timer);
    (void) curl_multi_setopt(m, CURLMOPT_TIMERDATA, shard);
    (void) curl_multi_setopt(m, CURLMOPT_MAXCONNECTS,
                             (long) INT_MAX / 2);
    (void) curl_multi_setopt(m, CURLMOPT_PIPELINING, (long) CURLPIPE_NOTHING);

    shard->timer.data = shard;
    shard->timer.handler = ngx_agent_curl_timeout;
    shard->timer.log = ngx_agent_curl.log;
    shard->timer.cancelable = 1;

    shard->kick.data = shard;
    shard->kick.handler = ngx_agent_curl_timeout;
    shard->kick.log = ngx_agent_curl.log;

    return NGX_OK;
}


/* Lets libcurl work, then collects what has ended. */
void
ngx_agent_curl_action(ngx_agent_shard_t *shard, curl_socket_t fd, int events)
{
    int                  n;
    CURLcode             code;
    CURLMsg             *msg;
    ngx_agent_handle_t  *h;

    (void) curl_multi_socket_action(shard->multi, fd, events, &n);

    for ( ;; ) {
        msg = curl_multi_info_read(shard->multi, &n);
        if (msg == NULL) {
            break;
        }

        if (msg->msg != CURLMSG_DONE) {
            continue;
        }

        code = msg->data.result;
        h = NULL;
        (void) curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &h);

        ngx_agent_curl_connected(h, code);
    }

    ngx_agent_curl_clear();
}


curl_socket_t
ngx_agent_curl_on_open(void *data, curlsocktype purpose,
    struct curl_sockaddr *address)
{
    ngx_agent_handle_t  *h = data;

    ngx_err_t            err;
    ngx_socket_t         fd;
    ngx_connection_t    *c;

    if (!h->upstream->resolve.allow_private
        && ngx_agent_transfer_is_private(&address->addr))
    {
        ngx_log_error(NGX_LOG_WARN, ngx_agent_curl.log, 0,
                      "agent: connection to a private address refused, "
                      "provider: \"%V\"", &h->upstream->provider->name);
        return CURL_SOCKET_BAD;
    }

    fd = ngx_socket(address->family,
                    address->socktype|SOCK_NONBLOCK|SOCK_CLOEXEC,
                    address->protocol);

    if (fd == (ngx_socket_t) -1) {
        err = ngx_socket_errno;
        ngx_log_error(NGX_LOG_ERR, ngx_agent_curl.log, err,
                      "agent: " ngx_socket_n " failed");

        /* a machine without IPv6 has not run out of anything */

        h->exhausted = (err == NGX_EMFILE || err == NGX_ENFILE
                        || err == NGX_ENOMEM || err == ENOBUFS);

        return CURL_SOCKET_BAD;
    }

    if ((ngx_uint_t) fd >= ngx_agent_curl.socket_count
        || h->opened_count == NGX_AGENT_ADDRESSES_MAX)
    {
        h->exhausted = (h->opened_count != NGX_AGENT_ADDRESSES_MAX);
        (void) ngx_close_socket(fd);
        return CURL_SOCKET_BAD;
    }

    /* the number may be that of a socket which libcurl has closed */

    ngx_agent_curl_drop(fd);

    c = ngx_get_connection(fd, ngx_agent_curl.log);

    if (c == NULL) {
        h->exhausted = 1;
        (void) ngx_close_socket(fd);
        return CURL_SOCKET_BAD;
    }

    ngx_agent_curl_adopt(h, c);

    return fd;
}


/*
 * The number may be that of an address that failed a moment ago: libcurl,
 * which did not say that it closed it, does not ask to watch it once more.
 */
static void
ngx_agent_curl_adopt(ngx_agent_handle_t *h, ngx_connection_t *c)
{
    ngx_agent_socket_t  *entry;

    c->read->log = ngx_agent_curl.log;
    c->write->log = ngx_agent_curl.log;
    c->read->handler = ngx_agent_curl_on_event;
    c->write->handler = ngx_agent_curl_on_event;
    c->log = ngx_agent_curl.log;
    c->data = h->shard;

    entry = &ngx_agent_curl.sockets[c->fd];
    entry->connection = c;
    entry->connected = 0;

    if (entry->shard != h->shard) {
        entry->shard = h->shard;
        entry->wanted = 0;
    }

    if (entry->wanted != 0) {
        ngx_agent_curl_want(c, entry->wanted);
    }

    h->opened[h->opened_count++] = c->fd;
}


void
ngx_agent_curl_forget(ngx_agent_handle_t *h, ngx_uint_t connected)
{
    ngx_uint_t           i;
    curl_socket_t        fd;
    ngx_agent_socket_t  *socket;

    for (i = 0; i < h->opened_count; i++) {
        fd = h->opened[i];
        socket = &ngx_agent_curl.sockets[fd];

        if (socket->connection == NULL || socket->connected) {
            continue;
        }

        if (fcntl(fd, F_GETFD) == -1) {
            ngx_agent_curl_drop(fd);

        } else if (connected) {
            socket->connected = 1;
        }
    }

    h->opened_count = 0;
}


/* The descriptor is closed already: nginx's side of it goes, silently. */
static void
ngx_agent_curl_drop(curl_socket_t fd)
{
    ngx_connection_t  *c;

    c = ngx_agent_curl.sockets[fd].connection;

    if (c == NULL) {
        return;
    }

    ngx_agent_curl.sockets[fd].connection = NULL;

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    if (c->write->posted) {
        ngx_delete_posted_event(c->write);
    }

    c->read->active = 0;
    c->write->active = 0;
    c->read->closed = 1;
    c->write->closed = 1;

    ngx_free_connection(c);
    c->fd = (ngx_socket_t) -1;
}


int
ngx_agent_curl_on_close(void *data, curl_socket_t fd)
{
    ngx_connection_t  *c;

    c = ngx_agent_curl.sockets[fd].connection;
    ngx_agent_curl.sockets[fd].connection = NULL;

    if (c == NULL) {
        return close(fd);
    }

    /* deletes both events, then closes the descriptor */
    ngx_close_connection(c);

    return 0;
}


static int
ngx_agent_curl_on_socket(CURL *easy, curl_socket_t fd, int what, void *data,
    void *socket)
{
    ngx_connection_t    *c;
    ngx_agent_socket_t  *entry;

    if (what == CURL_POLL_REMOVE && !ngx_agent_curl.sockets[fd].connected
        && fcntl(fd, F_GETFD) == -1)
    {
        ngx_agent_curl_drop(fd);
    }

    entry = &ngx_agent_curl.sockets[fd];

    if (entry->shard != data) {
        return 0;       /* the number is somebody else's by now */
    }

    entry->wanted = (what == CURL_POLL_REMOVE) ? 0 : what;
    c = entry->connection;

    if (c != NULL && !entry->connected) {
        c->data = data;
        ngx_agent_curl_want(c, entry->wanted);
    }

    return 0;
}


static void
ngx_agent_curl_want(ngx_connection_t *c, int wanted)
{
    if (ngx_agent_curl_watch(c, wanted & CURL_POLL_IN, wanted & CURL_POLL_OUT)
        != NGX_OK)
    {
        /* -1 would end all of the shard: this one times out */
        ngx_log_error(NGX_LOG_ALERT, ngx_agent_curl.log, 0,
                      "agent: socket %d cannot be watched", (int) c->fd);
    }
}


static int
ngx_agent_curl_on_timer(CURLM *multi, long timeout, void *data)
{
    ngx_agent_shard_t  *shard = data;

    /* nginx ignores a change of less than 300 ms: delete first */

    if (shard->timer.timer_set) {
        ngx_del_timer(&shard->timer);
    }

    if (shard->kick.posted) {
        ngx_delete_posted_event(&shard->kick);
    }

    if (timeout == 0) {
        ngx_post_event(&shard->kick, &ngx_posted_events);

    } else if (timeout > 0) {
        ngx_add_timer(&shard->timer, (ngx_msec_t) timeout);
    }

    return 0;
}


static void
ngx_agent_curl_timeout(ngx_event_t *ev)
{
    ngx_agent_curl_action(ev->data, CURL_SOCKET_TIMEOUT, 0);
}


static void
ngx_agent_curl_on_event(ngx_event_t *ev)
{
    ngx_connection_t  *c;

    c = ev->data;

    if (c->close || c->data == NULL) {
        return;
    }

    ngx_agent_curl_action(c->data, c->fd,
                          ev->write ? CURL_CSELECT_OUT : CURL_CSELECT_IN);
}
