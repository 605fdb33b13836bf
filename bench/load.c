/*
 * Copyright (C) ngx_agent authors
 *
 * A load generator: "c" connections, each with one call at a time.  One
 * thread, one epoll.  Arguments, all as name=value:
 *
 *   port       where to, on the loopback
 *   file       the request, head and body
 *   c          connections
 *   status     the status that is right (200)
 *   size       bytes of the body that is right, 0: any
 *   deltas     content chunks that a stream has to hold
 *   words      1: their content is no stream's of the provider, but an answer
 *              of its own that was cut into words
 *   keys       numbers that take the place of "#######" in the request, a
 *              different one in each call (0: none)
 *   key_from   those of their shuffled order from here (0)
 *   key_to     to before here (all; the order goes round); then from
 *              "key_from" anew
 *   repeat     1: call again after each answer, 0: one call a connection
 *   ramp_ms    time over which the connections are opened
 *   warm_ms    least time between that and the window
 *   window_ms  the time that is measured
 *   spin       1: never sleeps, so that nobody has to wake it up
 *   pids       processes under test, whose CPU time is measured
 *   helpers    other processes of the benchmark, besides this one
 *   cores      the cores that both run on
 *
 * Every answer is checked, within the window and outside of it.  Prints one
 * JSON object, times in ns.  It ends by itself: what has no answer DRAIN
 * after the window is counted as wrong.
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

#include "measure.h"
#include "reader.h"
#include "request.h"


#define LOAD_EVENTS  512
#define LOAD_READ    (256 * 1024)             /* bytes per read */
#define LOAD_MS      ((uint64_t) 1000000)     /* ns */
#define LOAD_DRAIN   (30000 * LOAD_MS)        /* after the window */


typedef enum {
    LOAD_WARM,
    LOAD_WINDOW,
    LOAD_DRAINING
} load_phase_e;


typedef struct {
    int       fd;                     /* -1: not open */
    unsigned  connecting:1;
    unsigned  reused:1;               /* has carried an answer */
    unsigned  warm:1;                 /* has ever got what it is for */
    size_t    sent;                   /* bytes of the request */
    uint64_t  key;                    /* number of its key */
    uint64_t  start;                  /* ns, first byte of the request */
    reader_t  reader;
} load_conn_t;


typedef struct {
    struct sockaddr_in  to;
    request_t           request;
    long                c;
    unsigned            status;
    uint64_t            size;
    uint64_t            deltas;
    long                repeat;
    long                spin;
    long                words;
    uint64_t            ramp;         /* ns, as the next two */
    uint64_t            warm;
    uint64_t            window;

    int                 epoll;
    uint64_t            begin;        /* ns */
    uint64_t            now;          /* ns, of the bytes being read */
    load_phase_e        phase;
    measure_usage_t     usage[2];     /* at the window's two ends */
    measure_usage_t     helpers[2];   /* likewise: provider and load */
    long                open_at[2];   /* likewise: calls in flight */

    load_conn_t        *conns;
    long                started;
    long                open;         /* connections */
    long                ready;        /* connections that are warm */
    uint64_t            opened;       /* ns, the window */
    uint64_t            memory;       /* bytes, of the first process */

    uint64_t            sent;         /* calls, all phases */
    uint64_t            answers;      /* likewise */
    uint64_t            window_answers;
    uint64_t            window_chunks;
    uint64_t            window_reads;
    uint64_t            reconnects;
    uint64_t            wrong;
    const char         *why;          /* the first thing that was wrong */

    measure_hist_t      latency;
    measure_hist_t      first;        /* call to first content chunk */
    measure_hist_t      transit;      /* provider's write to our read */
} load_t;


static int load_init(int argc, char **argv);
static void load_run(void);
static void load_tick(uint64_t now);
static uint64_t load_edge(void);
static void load_window_edge(int end);
static void load_wait(uint64_t until);
static void load_connect(load_conn_t *c);
static void load_event(load_conn_t *c, uint32_t events);
static void load_connected(load_conn_t *c);
static void load_call(load_conn_t *c);
static void load_send(load_conn_t *c);
static void load_read(load_conn_t *c, int closed);
static void load_delta(void *data, uint64_t stamp, uint64_t seq);
static void load_answered(load_conn_t *c);
static void load_warm(load_conn_t *c);
static void load_lost(load_conn_t *c);
static void load_wrong(load_conn_t *c, const char *why);
static void load_close(load_conn_t *c);
static void load_print(void);


static load_t  load;
static char    load_buffer[LOAD_READ];


int
main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);

    if (load_init(argc, argv) != 0) {
        fprintf(stderr, "load: cannot start: %s\n", strerror(errno));
        return 1;
    }

    load_run();
    load_print();

    return 0;
}


static int
load_init(int argc, char **argv)
{
    long  i;

    load.to.sin_family = AF_INET;
    load.to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    load.to.sin_port = htons(measure_number(argc, argv, "port", 80));

    load.c = measure_number(argc, argv, "c", 1);
    load.status = measure_number(argc, argv, "status", 200);
    load.size = measure_number(argc, argv, "size", 0);
    load.deltas = measure_number(argc, argv, "deltas", 0);
    load.request.keys = measure_number(argc, argv, "keys", 0);
    load.request.from = measure_number(argc, argv, "key_from", 0);
    load.request.to = measure_number(argc, argv, "key_to",
                                     load.request.keys);
    load.repeat = measure_number(argc, argv, "repeat", 1);
    load.spin = measure_number(argc, argv, "spin", 0);
    load.words = measure_number(argc, argv, "words", 0);
    load.ramp = LOAD_MS * measure_number(argc, argv, "ramp_ms", 0);
    load.warm = LOAD_MS * measure_number(argc, argv, "warm_ms", 200);
    load.window = LOAD_MS * measure_number(argc, argv, "window_ms", 1000);

    if (measure_usage_init(&load.usage[0], measure_text(argc, argv, "pids"),
                           measure_text(argc, argv, "cores"))
        != 0
        || measure_usage_init(&load.helpers[0],
                              measure_text(argc, argv, "helpers"), NULL)
           != 0)
    {
        return -1;
    }

    if (load.helpers[0].npids < MEASURE_PIDS) {
        load.helpers[0].pids[load.helpers[0].npids++] = getpid();
    }

    load.usage[1] = load.usage[0];
    load.helpers[1] = load.helpers[0];
    load.epoll = epoll_create1(EPOLL_CLOEXEC);
    load.conns = calloc(load.c, sizeof(load_conn_t));

    if (load.epoll == -1 || load.conns == NULL) {
        return -1;
    }

    for (i = 0; i < load.c; i++) {
        load.conns[i].fd = -1;
    }

    return request_read(&load.request, measure_text(argc, argv, "file"));
}


static void
load_run(void)
{
    uint64_t  end;

    load.begin = measure_now();
    end = load.begin + load.ramp + load.warm + load.window + LOAD_DRAIN;

    for ( ;; ) {
        load.now = measure_now();
        load_tick(load.now);

        if (load.phase == LOAD_DRAINING && load.open == 0) {
            return;
        }

        if (load.now > end) {
            load.wrong += load.open;
            load.why = load.why ? load.why : "no end of an answer";
            return;
        }

        load_wait(load_edge());
    }
}


/*
 * What is due by the clock: new connections, the window's two ends.  The
 * window waits for a connection that has no answer yet, or it would measure
 * the handshakes of a machine that is late.
 */

static void
load_tick(uint64_t now)
{
    while (load.started < load.c
           && load.begin + load.ramp * load.started / load.c <= now)
    {
        load_connect(&load.conns[load.started++]);
    }

    if (load.phase == LOAD_WARM && load.ready == load.c
        && now >= load.begin + load.ramp + load.warm)
    {
        load_window_edge(0);
        load.opened = now;

    } else if (load.phase == LOAD_WINDOW && now >= load.opened + load.window) {
        load_window_edge(1);

        /* while what is open is still open, and not within the window */

        if (load.usage[1].npids) {
            load.memory = measure_memory(load.usage[1].pids[0]);
        }
    }
}


/* The next time that load_tick() waits for. */

static uint64_t
load_edge(void)
{
    uint64_t  edge;

    if (load.started < load.c) {
        return load.begin + load.ramp * load.started / load.c;
    }

    switch (load.phase) {

    case LOAD_WARM:
        edge = load.begin + load.ramp + load.warm;
        return edge > load.now ? edge : load.now + LOAD_MS;

    case LOAD_WINDOW:
        return load.opened + load.window;

    default:
        return load.now + LOAD_DRAIN;
    }
}


static void
load_window_edge(int end)
{
    if (measure_usage_read(&load.usage[end]) != 0
        || measure_usage_read(&load.helpers[end]) != 0)
    {
        load.wrong++;
        load.why = load.why ? load.why : "a process has ended";
    }

    load.open_at[end] = load.open;
    load.phase++;
}


static void
load_wait(uint64_t until)
{
    int                 i, n;
    uint64_t            now;
    struct timespec     ts;
    struct epoll_event  events[LOAD_EVENTS];

    if (load.spin) {
        sched_yield();
        until = 0;
    }

    now = measure_now();
    until = until > now ? until - now : 0;
    ts.tv_sec = until / 1000000000;
    ts.tv_nsec = until % 1000000000;

    n = epoll_pwait2(load.epoll, events, LOAD_EVENTS, &ts, NULL);

    for (i = 0; i < n; i++) {
        load_event(events[i].data.ptr, events[i].events);
    }
}


static void
load_connect(load_conn_t *c)
{
    int                 on;
    struct epoll_event  event;

    on = 1;

    c->fd = socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);
    if (c->fd == -1) {
        load_wrong(c, "no socket");
        return;
    }

    load.open++;
    c->connecting = 1;
    c->reused = 0;

    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));

    event.events = EPOLLIN|EPOLLOUT|EPOLLRDHUP|EPOLLET;
    event.data.ptr = c;

    if (epoll_ctl(load.epoll, EPOLL_CTL_ADD, c->fd, &event) != 0
        || (connect(c->fd, (struct sockaddr *) &load.to, sizeof(load.to)) != 0
            && errno != EINPROGRESS))
    {
        load_wrong(c, "cannot connect");
    }
}


static void
load_event(load_conn_t *c, uint32_t events)
{
    if (c->fd == -1) {
        return;
    }

    if (c->connecting && events & (EPOLLOUT|EPOLLERR|EPOLLHUP)) {
        load_connected(c);
        return;
    }

    if (events & EPOLLOUT && c->sent < load.request.len) {
        load_send(c);
    }

    if (events & (EPOLLIN|EPOLLERR|EPOLLHUP|EPOLLRDHUP) && c->fd != -1) {
        load_read(c, events & (EPOLLERR|EPOLLHUP|EPOLLRDHUP));
    }
}


static void
load_connected(load_conn_t *c)
{
    int        error;
    socklen_t  len;

    len = sizeof(error);
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);

    if (error) {
        load_wrong(c, "connection refused");
        return;
    }

    c->connecting = 0;
    load_call(c);
}


static void
load_call(load_conn_t *c)
{
    reader_start(&c->reader);

    c->sent = 0;
    c->key = request_next(&load.request);
    c->start = measure_now();
    load.sent++;

    load_send(c);
}


static void
load_send(load_conn_t *c)
{
    ssize_t  n;

    request_set(&load.request, c->key);

    while (c->sent < load.request.len) {
        n = send(c->fd, load.request.text + c->sent,
                 load.request.len - c->sent, MSG_NOSIGNAL);

        if (n < 0) {
            /* an error that is not "later" is seen again by the read */
            return;
        }

        c->sent += n;
    }
}


/* The events are edges: all there is has to be read, the end as well. */

static void
load_read(load_conn_t *c, int closed)
{
    ssize_t        n;
    reader_sink_t  sink;

    sink.data = c;
    sink.delta = load.words ? NULL : load_delta;

    do {
        n = recv(c->fd, load_buffer, LOAD_READ, 0);

        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }

        if (n <= 0) {
            load_lost(c);
            return;
        }

        load.now = measure_now();
        load.window_reads += (load.phase == LOAD_WINDOW);

        switch (reader_feed(&c->reader, load_buffer, n, &sink)) {

        case READER_WRONG:
            load_wrong(c, c->reader.why);
            return;

        case READER_DONE:
            load_answered(c);
            return;

        default:
            break;
        }

    } while (closed || n == LOAD_READ);
}


static void
load_delta(void *data, uint64_t stamp, uint64_t seq)
{
    load_conn_t  *c = data;

    if (!load.repeat) {
        load_warm(c);
    }

    if (load.phase != LOAD_WINDOW) {
        return;
    }

    load.window_chunks++;
    measure_hist_add(&load.transit, load.now > stamp ? load.now - stamp : 0);

    if (seq == 0) {
        measure_hist_add(&load.first, load.now - c->start);
    }
}


static void
load_answered(load_conn_t *c)
{
    if (c->reader.status != load.status) {
        load_wrong(c, "wrong status");
        return;
    }

    if ((load.size && c->reader.body != load.size)
        || (load.deltas && c->reader.seq != load.deltas))
    {
        load_wrong(c, "answer too short or too long");
        return;
    }

    load.answers++;
    load_warm(c);

    if (load.phase == LOAD_WINDOW) {
        load.window_answers++;
        measure_hist_add(&load.latency, load.now - c->start);
    }

    if (!load.repeat || load.phase == LOAD_DRAINING) {
        load_close(c);
        return;
    }

    if (c->reader.closing) {
        load.reconnects++;
        load_close(c);
        load_connect(c);
        return;
    }

    c->reused = 1;
    load_call(c);
}


static void
load_warm(load_conn_t *c)
{
    if (!c->warm) {
        c->warm = 1;
        load.ready++;
    }
}


/*
 * A kept-alive connection may be closed between two answers, any other one
 * may not.
 */

static void
load_lost(load_conn_t *c)
{
    if (c->reused && c->reader.state == READER_HEAD && c->reader.held == 0) {
        load.reconnects++;
        load.sent--;
        load_close(c);
        load_connect(c);
        return;
    }

    load_wrong(c, "connection closed within an answer");
}


static void
load_wrong(load_conn_t *c, const char *why)
{
    load.wrong++;
    load.why = load.why ? load.why : why;
    load_warm(c);

    if (c->fd != -1) {
        load_close(c);
    }
}


static void
load_close(load_conn_t *c)
{
    close(c->fd);
    c->fd = -1;
    load.open--;
}


static void
load_print(void)
{
    printf("{");
    measure_usage_print(&load.usage[0], &load.usage[1]);
    printf(", \"helpers_ns\": %lu, ",
           (unsigned long) (load.helpers[1].cpu - load.helpers[0].cpu));
    measure_hist_print(&load.latency, "latency");
    printf(", ");
    measure_hist_print(&load.first, "first");
    printf(", ");
    measure_hist_print(&load.transit, "transit");

    printf(", \"answers\": %lu, \"chunks\": %lu, \"reads\": %lu, "
           "\"open\": [%ld, %ld], \"memory\": %lu, "
           "\"calls\": %lu, \"complete\": %lu, \"reconnects\": %lu, "
           "\"wrong\": %lu, \"why\": \"%s\"}\n",
           (unsigned long) load.window_answers,
           (unsigned long) load.window_chunks,
           (unsigned long) load.window_reads,
           load.open_at[0], load.open_at[1], (unsigned long) load.memory,
           (unsigned long) load.sent, (unsigned long) load.answers,
           (unsigned long) load.reconnects, (unsigned long) load.wrong,
           load.why ? load.why : "");
}
