/*
 * Copyright (C) ngx_agent authors
 *
 * agent_shed: refuses new calls at once when there is too much to do already.
 * Calls in flight are read when a call comes; the event loop's lag and the
 * worker's memory are looked at now and then by a timer, which exists only if
 * they are bounded and holds back no worker that leaves.
 */


#include "ngx/ngx_agent_shm.h"

#include <signal.h>


#define NGX_AGENT_SHED_INTERVAL  100    /* ms between two looks */
#define NGX_AGENT_SHED_STATM     64     /* bytes of /proc/self/statm */


typedef struct {
    ngx_event_t               timer;
    ngx_agent_main_conf_t    *main;
    ngx_msec_t                due;      /* when the timer should fire */
    ngx_msec_t                lag;      /* ms that it was late */
    size_t                    memory;   /* bytes, resident */
    ngx_fd_t                  statm;
} ngx_agent_shed_watch_t;


static void ngx_agent_shed_on_timer(ngx_event_t *ev);
static size_t ngx_agent_shed_memory(ngx_fd_t statm);
static void ngx_agent_shed_close(void *data);
static ngx_uint_t ngx_agent_shed_calls(ngx_agent_main_conf_t *amcf,
    ngx_uint_t alive);


ngx_int_t
ngx_agent_shed_init_process(ngx_cycle_t *cycle, ngx_agent_main_conf_t *amcf)
{
    ngx_pool_cleanup_t      *cln;
    ngx_agent_shed_watch_t  *watch;

    if (amcf->shed.lag == 0 && amcf->shed.memory == 0) {
        return NGX_OK;
    }

    watch = ngx_pcalloc(cycle->pool, sizeof(ngx_agent_shed_watch_t));
    cln = ngx_pool_cleanup_add(cycle->pool, 0);

    if (watch == NULL || cln == NULL) {
        return NGX_ERROR;
    }

    watch->main = amcf;
    watch->statm = ngx_open_file("/proc/self/statm", NGX_FILE_RDONLY,
                                 NGX_FILE_OPEN, 0);

    if (watch->statm == NGX_INVALID_FILE && amcf->shed.memory != 0) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, ngx_errno,
                      "agent: cannot read /proc/self/statm, \"agent_shed "
                      "memory\" is off");
    }

    cln->handler = ngx_agent_shed_close;
    cln->data = watch;

    watch->timer.data = watch;
    watch->timer.handler = ngx_agent_shed_on_timer;
    watch->timer.log = cycle->log;
    watch->timer.cancelable = 1;
    watch->due = ngx_current_msec + NGX_AGENT_SHED_INTERVAL;
    watch->memory = ngx_agent_shed_memory(watch->statm);

    amcf->watch = watch;
    ngx_add_timer(&watch->timer, NGX_AGENT_SHED_INTERVAL);

    return NGX_OK;
}


/*
 * The lag is what the loop does between two waits: a timer that is late by
 * that much waited for other work.
 */
static void
ngx_agent_shed_on_timer(ngx_event_t *ev)
{
    ngx_msec_int_t           late;
    ngx_agent_shed_watch_t  *watch;

    watch = ev->data;

    ngx_time_update();

    late = (ngx_msec_int_t) (ngx_current_msec - watch->due);
    watch->lag = ngx_max(late, 0);
    watch->memory = ngx_agent_shed_memory(watch->statm);
    watch->due = ngx_current_msec + NGX_AGENT_SHED_INTERVAL;

    if (!ngx_exiting) {
        ngx_add_timer(ev, NGX_AGENT_SHED_INTERVAL);
    }
}


/* The second number is the resident pages; see proc(5).  0: not known. */
static size_t
ngx_agent_shed_memory(ngx_fd_t statm)
{
    u_char    text[NGX_AGENT_SHED_STATM], *p, *last;
    size_t    pages;
    ssize_t   n;

    if (statm == NGX_INVALID_FILE) {
        return 0;
    }

    n = pread(statm, text, sizeof(text), 0);

    if (n <= 0) {
        return 0;
    }

    pages = 0;
    last = text + n;

    for (p = text; p < last && *p != ' '; p++) { /* void */ }

    for (p++; p < last && *p >= '0' && *p <= '9'; p++) {
        pages = pages * 10 + (size_t) (*p - '0');
    }

    return pages * ngx_pagesize;
}


static void
ngx_agent_shed_close(void *data)
{
    ngx_agent_shed_watch_t *watch = data;

    if (watch->statm != NGX_INVALID_FILE) {
        (void) ngx_close_file(watch->statm);
    }
}


ngx_uint_t
ngx_agent_shed(ngx_agent_main_conf_t *amcf)
{
    ngx_agent_shed_t        *shed;
    ngx_agent_shed_watch_t  *watch;

    shed = &amcf->shed;
    watch = amcf->watch;

    if (watch != NULL
        && ((shed->lag != 0 && watch->lag > shed->lag)
            || (shed->memory != 0 && watch->memory > shed->memory)))
    {
        return 1;
    }

    /* whether they live is asked only if that many calls are told */

    return shed->calls != 0
           && ngx_agent_shed_calls(amcf, 0) >= shed->calls
           && ngx_agent_shed_calls(amcf, 1) >= shed->calls;
}


/* Of all workers: gauges of those that live. */
static ngx_uint_t
ngx_agent_shed_calls(ngx_agent_main_conf_t *amcf, ngx_uint_t alive)
{
    ngx_uint_t                i, calls;
    ngx_agent_shm_process_t  *process;

    calls = 0;

    for (i = 0; i < amcf->shared->slots; i++) {
        process = ngx_agent_shm_process(amcf->shared, i);

        if (process->pid != 0
            && (!alive || kill((ngx_pid_t) process->pid, 0) == 0
                || ngx_errno != ESRCH))
        {
            calls += process->cells[ag_metric_cell(AG_M_IN_FLIGHT)];
        }
    }

    return calls;
}
