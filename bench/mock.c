/*
 * Copyright (C) ngx_agent authors
 *
 * A provider for the benchmark: answers every POST with a completion, whole or
 * streamed, and does as little else as possible.  One thread, one
 * epoll, HTTP/1.1 with keep-alive.
 *
 * What it answers is set by "GET /mock?name=value&..." between two windows,
 * because nothing in a call may depend on what a gateway lets through:
 *
 *   dialect   0: OpenAI's, 1: Anthropic's
 *   stream    0: one JSON answer, 1: a stream of events
 *   size      bytes of the JSON answer
 *   delay_us  time before the answer, or before the first delta
 *   deltas    content chunks of a stream
 *   pace_us   time between two writes of a stream
 *   burst     content chunks in one write
 *   spin      1: never sleeps, so that nobody has to wake it up
 *
 * The answer to that are the counters since the last one.  "GET /last" shows
 * the last POST as it came.
 *
 * It has three ports, printed when it listens: two that do the same, and one
 * that answers every POST with a 503 at once.  A GET of anything else is
 * answered with 200 and counted nowhere.
 *
 * It refuses to be a web server: no pipelining, no chunked requests, no
 * answer to a POST that depends on the path.
 */

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "answers.h"
#include "measure.h"
#include "timers.h"


#define MOCK_EVENTS   512
#define MOCK_READ     (256 * 1024)    /* bytes per read */
#define MOCK_HEAD     8192            /* bytes; a request's head */
#define MOCK_BURST    64              /* content chunks in one write */
#define MOCK_PORTS    3
#define MOCK_REFUSES  2               /* the port of the 503 */


typedef struct {
    timers_node_t  timer;             /* first: a timer is its connection */
    int            fd;

    char        *head;                /* a head that came in pieces */
    size_t       head_len;
    uint64_t     body_left;           /* bytes of the request still to come */
    unsigned     busy:1;              /* a request is being answered */
    unsigned     refuses:1;           /* came to the port of the 503 */
    unsigned     watched:1;           /* for room in the socket */

    const char  *out;                 /* what the socket did not take */
    size_t       out_len;
    char        *rest;                /* owned copy behind "out" */

    long         deltas;              /* content chunks still to send */
    long         seq;
} mock_conn_t;


typedef struct {
    int           epoll;
    int           listeners[MOCK_PORTS];

    long          dialect;
    long          stream;
    long          size;
    long          delay_us;
    long          deltas;
    long          pace_us;
    long          burst;
    long          spin;

    uint64_t      requests;           /* that are not refused */
    uint64_t      refused;
    uint64_t      aborted;            /* connections closed before the end */
    uint64_t      late;               /* ns, worst delay of a timer */
    uint64_t      streams;            /* opened so far */

    answers_t     dialects[ANSWERS_DIALECTS];
    answers_t    *answers;            /* of the one that is set */

    char          last[2 * MOCK_HEAD];
    size_t        last_len;

    timers_t      timers;
} mock_t;


static int mock_listen(int port);
static void mock_run(void);
static void mock_accept(int port);
static void mock_event(mock_conn_t *c, uint32_t events);
static void mock_close(mock_conn_t *c);
static int mock_read(mock_conn_t *c);
static int mock_feed(mock_conn_t *c, char *p, size_t n);
static int mock_request(mock_conn_t *c, char *head, size_t len, size_t more);
static void mock_keep(const char *p, size_t n);
static void mock_answer(mock_conn_t *c);
static void mock_control(mock_conn_t *c, const char *uri);
static void mock_counters(mock_conn_t *c);
static void mock_set(const char *uri);
static void mock_last(mock_conn_t *c);
static void mock_send(mock_conn_t *c, const char *p, size_t n);
static void mock_send_copy(mock_conn_t *c, const char *p, size_t n);
static void mock_flush(mock_conn_t *c);
static void mock_stream_open(mock_conn_t *c);
static void mock_stream_next(mock_conn_t *c);
static void mock_stream_write(mock_conn_t *c);
static void mock_timers_run(void);


static mock_t  mock;
static char    mock_buffer[MOCK_READ];


int
main(void)
{
    int  i;

    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);

    mock.size = 1024;
    mock.deltas = 50;
    mock.pace_us = 20000;
    mock.burst = 1;
    mock.epoll = epoll_create1(EPOLL_CLOEXEC);

    for (i = 0; i < ANSWERS_DIALECTS; i++) {
        answers_init(&mock.dialects[i], i);
    }

    mock.answers = &mock.dialects[ANSWERS_OPENAI];

    for (i = 0; i < MOCK_PORTS; i++) {
        if (mock_listen(i) != 0) {
            perror("mock");
            return 1;
        }
    }

    printf("\n");
    fflush(stdout);

    mock_run();

    return 0;
}


/* Takes a free port, and prints it. */

static int
mock_listen(int port)
{
    int                 fd;
    socklen_t           len;
    struct sockaddr_in  sin;
    struct epoll_event  event;

    fd = socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);
    mock.listeners[port] = fd;

    memset(&sin, 0, sizeof(sin));
    sin.sin_family = AF_INET;
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    len = sizeof(sin);

    if (bind(fd, (struct sockaddr *) &sin, sizeof(sin)) != 0
        || listen(fd, 4096) != 0
        || getsockname(fd, (struct sockaddr *) &sin, &len) != 0)
    {
        return -1;
    }

    printf("%s%d", port ? " " : "", ntohs(sin.sin_port));

    event.events = EPOLLIN;
    event.data.ptr = &mock.listeners[port];

    return epoll_ctl(mock.epoll, EPOLL_CTL_ADD, fd, &event);
}


static void
mock_run(void)
{
    int                 i, n, *listener;
    uint64_t            now, due, wait;
    struct timespec     ts, *timeout;
    struct epoll_event  events[MOCK_EVENTS];

    for ( ;; ) {
        timeout = NULL;

        if (mock.timers.count) {
            now = measure_now();
            due = mock.timers.nodes[1]->due;
            wait = due > now ? due - now : 0;
            ts.tv_sec = wait / 1000000000;
            ts.tv_nsec = wait % 1000000000;
            timeout = &ts;
        }

        if (mock.spin) {
            sched_yield();
            ts.tv_sec = 0;
            ts.tv_nsec = 0;
            timeout = &ts;
        }

        n = epoll_pwait2(mock.epoll, events, MOCK_EVENTS, timeout, NULL);

        for (i = 0; i < n; i++) {
            listener = events[i].data.ptr;

            if (listener >= mock.listeners
                && listener < mock.listeners + MOCK_PORTS)
            {
                mock_accept(listener - mock.listeners);

            } else {
                mock_event(events[i].data.ptr, events[i].events);
            }
        }

        mock_timers_run();
    }
}


static void
mock_accept(int port)
{
    int                 fd, on;
    mock_conn_t        *c;
    struct epoll_event  event;

    on = 1;

    for ( ;; ) {
        fd = accept4(mock.listeners[port], NULL, NULL,
                     SOCK_NONBLOCK|SOCK_CLOEXEC);
        if (fd == -1) {
            return;
        }

        c = calloc(1, sizeof(mock_conn_t));
        if (c == NULL) {
            close(fd);
            return;
        }

        c->fd = fd;
        c->refuses = (port == MOCK_REFUSES);
        event.events = EPOLLIN;
        event.data.ptr = c;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        epoll_ctl(mock.epoll, EPOLL_CTL_ADD, fd, &event);
    }
}


static void
mock_event(mock_conn_t *c, uint32_t events)
{
    if (events & EPOLLOUT) {
        mock_flush(c);
    }

    if (events & (EPOLLIN|EPOLLERR|EPOLLHUP) && mock_read(c) != 0) {
        mock_close(c);
    }
}


static void
mock_close(mock_conn_t *c)
{
    if (c->busy || c->body_left || c->head_len) {
        mock.aborted++;
    }

    timers_delete(&mock.timers, &c->timer);
    close(c->fd);
    free(c->head);
    free(c->rest);
    free(c);
}


/* Returns -1 if the connection has to be closed. */

static int
mock_read(mock_conn_t *c)
{
    ssize_t  n;

    n = recv(c->fd, mock_buffer, MOCK_READ, 0);

    if (n > 0) {
        return mock_feed(c, mock_buffer, n);
    }

    return (n < 0 && (errno == EAGAIN || errno == EINTR)) ? 0 : -1;
}


static int
mock_feed(mock_conn_t *c, char *p, size_t n)
{
    char    *end;
    size_t   len;

    if (c->body_left) {
        if (n > c->body_left) {
            return -1;
        }

        c->body_left -= n;
        mock_keep(p, n);

        if (c->body_left == 0) {
            mock_answer(c);
        }

        return 0;
    }

    if (c->busy) {
        return -1;
    }

    if (c->head_len) {
        if (c->head_len + n > MOCK_HEAD) {
            return -1;
        }

        memcpy(c->head + c->head_len, p, n);
        n += c->head_len;
        p = c->head;
        c->head_len = 0;
    }

    end = memmem(p, n, "\r\n\r\n", 4);
    if (end != NULL) {
        len = end + 4 - p;
        return mock_request(c, p, len, n - len);
    }

    if (c->head == NULL) {
        c->head = malloc(MOCK_HEAD);
    }

    if (c->head == NULL || n > MOCK_HEAD) {
        return -1;
    }

    memmove(c->head, p, n);
    c->head_len = n;

    return 0;
}


/* "more" bytes of the body follow the head in the same buffer. */

static int
mock_request(mock_conn_t *c, char *head, size_t len, size_t more)
{
    char      *length;
    uint64_t   body;

    head[len - 1] = '\0';

    if (strncmp(head, "GET ", 4) == 0) {
        mock_control(c, head + 4);
        return 0;
    }

    length = strcasestr(head, "\ncontent-length:");
    head[len - 1] = '\n';

    if (length == NULL) {
        return -1;
    }

    body = strtoull(length + sizeof("\ncontent-length:") - 1, NULL, 10);

    if (more > body) {
        return -1;
    }

    c->busy = 1;
    mock.requests += !c->refuses;
    mock.refused += c->refuses;
    mock.last_len = 0;
    mock_keep(head, len + more);

    c->body_left = body - more;

    if (c->body_left == 0) {
        mock_answer(c);
    }

    return 0;
}


/* Keeps the last call as far as there is room. */

static void
mock_keep(const char *p, size_t n)
{
    size_t  room;

    room = sizeof(mock.last) - mock.last_len;
    n = n < room ? n : room;
    memcpy(mock.last + mock.last_len, p, n);
    mock.last_len += n;
}


static void
mock_answer(mock_conn_t *c)
{
    if (c->refuses) {
        mock_send(c, mock.answers->refusal, mock.answers->refusal_len);
        c->busy = 0;

    } else if (mock.stream) {
        c->seq = 0;
        c->deltas = mock.deltas;
        mock_stream_open(c);

    } else if (mock.delay_us) {
        c->deltas = 0;
        timers_add(&mock.timers, &c->timer,
                   measure_now() + mock.delay_us * 1000);

    } else {
        mock_send(c, mock.answers->json, mock.answers->json_len);
        c->busy = 0;
    }
}


static void
mock_control(mock_conn_t *c, const char *uri)
{
    static const char  healthy[] = "HTTP/1.1 200 OK\r\n"
                                   "Content-Length: 0\r\n\r\n";

    if (strncmp(uri, "/last", 5) == 0) {
        mock_last(c);

    } else if (strncmp(uri, "/mock", 5) == 0) {
        mock_counters(c);
        mock_set(uri);

    } else {
        mock_send(c, healthy, sizeof(healthy) - 1);
    }
}


static void
mock_counters(mock_conn_t *c)
{
    int   len;
    char  body[160], answer[256];

    len = snprintf(body, sizeof(body),
                   "{\"requests\": %lu, \"refused\": %lu, "
                   "\"aborted\": %lu, \"late_ns\": %lu}",
                   (unsigned long) mock.requests,
                   (unsigned long) mock.refused,
                   (unsigned long) mock.aborted, (unsigned long) mock.late);

    len = snprintf(answer, sizeof(answer),
                   "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s",
                   len, body);

    mock.requests = 0;
    mock.refused = 0;
    mock.aborted = 0;
    mock.late = 0;

    mock_send_copy(c, answer, len);
}


static void
mock_set(const char *uri)
{
    size_t       i, len;
    const char  *p;

    static const struct {
        const char  *name;
        long        *value;
    } settings[] = {
        { "dialect=", &mock.dialect },
        { "stream=", &mock.stream },
        { "size=", &mock.size },
        { "delay_us=", &mock.delay_us },
        { "deltas=", &mock.deltas },
        { "pace_us=", &mock.pace_us },
        { "burst=", &mock.burst },
        { "spin=", &mock.spin },
    };

    for (p = uri; *p != '\0' && *p != ' '; p++) {
        if (*p != '?' && *p != '&') {
            continue;
        }

        for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
            len = strlen(settings[i].name);

            if (strncmp(p + 1, settings[i].name, len) == 0) {
                *settings[i].value = atol(p + 1 + len);
            }
        }
    }

    if (mock.dialect < 0 || mock.dialect >= ANSWERS_DIALECTS) {
        mock.dialect = ANSWERS_OPENAI;
    }

    if (mock.burst < 1 || mock.burst > MOCK_BURST) {
        mock.burst = 1;
    }

    mock.answers = &mock.dialects[mock.dialect];
    answers_json(mock.answers, mock.size);
}


static void
mock_last(mock_conn_t *c)
{
    int   len;
    char  head[128];

    len = snprintf(head, sizeof(head),
                   "HTTP/1.1 200 OK\r\nContent-Length: %lu\r\n\r\n",
                   (unsigned long) mock.last_len);

    mock_send_copy(c, head, len);
    mock_send_copy(c, mock.last, mock.last_len);
}


/* The bytes live as long as the process. */

static void
mock_send(mock_conn_t *c, const char *p, size_t n)
{
    c->out = p;
    c->out_len = n;
    mock_flush(c);
}


/*
 * The bytes may go after the call.  What the socket does not take is kept
 * behind what it did not take before: a reader that stalls for long holds
 * its whole stream here, which is the mock's memory and nobody else's.
 */

static void
mock_send_copy(mock_conn_t *c, const char *p, size_t n)
{
    char     *rest;
    ssize_t   sent;

    sent = c->out_len ? 0 : send(c->fd, p, n, MSG_NOSIGNAL);

    if (sent == (ssize_t) n) {
        return;
    }

    if (sent < 0) {
        sent = 0;
    }

    rest = malloc(c->out_len + n - sent);
    if (rest == NULL) {
        return;
    }

    if (c->out_len) {
        memcpy(rest, c->out, c->out_len);
    }

    memcpy(rest + c->out_len, p + sent, n - sent);

    free(c->rest);
    c->rest = rest;
    c->out_len += n - sent;
    c->out = rest;

    mock_flush(c);
}


static void
mock_flush(mock_conn_t *c)
{
    ssize_t             n;
    struct epoll_event  event;

    n = send(c->fd, c->out, c->out_len, MSG_NOSIGNAL);

    if (n > 0) {
        c->out += n;
        c->out_len -= n;
    }

    if (n < 0 && errno != EAGAIN) {
        c->out_len = 0;               /* the next read tells why */
    }

    if (c->out_len == 0) {
        free(c->rest);
        c->rest = NULL;
    }

    if (c->watched == (c->out_len != 0)) {
        return;
    }

    c->watched = (c->out_len != 0);
    event.events = c->watched ? EPOLLIN|EPOLLOUT : EPOLLIN;
    event.data.ptr = c;
    epoll_ctl(mock.epoll, EPOLL_CTL_MOD, c->fd, &event);
}


/*
 * The role and the first delta are two writes, as most providers make them:
 * a gateway that waits for an ACK between them shows it here.
 */

static void
mock_stream_open(mock_conn_t *c)
{
    uint64_t  now, phase;

    mock_send_copy(c, mock.answers->open, mock.answers->open_len);

    now = measure_now();

    if (mock.delay_us) {
        timers_add(&mock.timers, &c->timer, now + mock.delay_us * 1000);
        return;
    }

    mock_stream_write(c);

    /*
     * Multiples of the golden ratio spread the streams evenly over the pace;
     * only the first gap of a stream is shorter or longer than the others.
     */

    phase = (++mock.streams * 618034) % 1000000;
    timers_add(&mock.timers, &c->timer,
               now + mock.pace_us * 500 + mock.pace_us * phase / 1000);
}


static void
mock_stream_next(mock_conn_t *c)
{
    uint64_t  due;

    if (c->deltas == 0) {
        mock_send_copy(c, mock.answers->end, mock.answers->end_len);
        c->busy = 0;
        return;
    }

    due = c->timer.due;
    mock_stream_write(c);
    timers_add(&mock.timers, &c->timer, due + mock.pace_us * 1000);
}


static void
mock_stream_write(mock_conn_t *c)
{
    long   i;
    char  *p;
    char   chunks[MOCK_BURST * ANSWERS_EVENT];

    p = chunks;

    for (i = 0; i < mock.burst && c->deltas; i++) {
        p += answers_delta(mock.answers, p, measure_now(), c->seq++);
        c->deltas--;
    }

    mock_send_copy(c, chunks, p - chunks);
}


static void
mock_timers_run(void)
{
    uint64_t      now;
    mock_conn_t  *c;

    if (mock.timers.count == 0) {
        return;
    }

    now = measure_now();

    while ((c = (mock_conn_t *) timers_expired(&mock.timers, now)) != NULL) {

        if (now - c->timer.due > mock.late) {
            mock.late = now - c->timer.due;
        }

        if (mock.stream) {
            mock_stream_next(c);

        } else {
            mock_send(c, mock.answers->json, mock.answers->json_len);
            c->busy = 0;
        }
    }
}
