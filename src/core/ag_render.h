/*
 * Copyright (C) ngx_agent authors
 *
 * From a snapshot of the numbers to the pages that show them.
 */


#ifndef _AG_RENDER_H_INCLUDED_
#define _AG_RENDER_H_INCLUDED_


#include "core/ag_base.h"
#include "core/ag_buf.h"
#include "core/ag_error.h"
#include "core/ag_metric.h"


/* One labelled row of a scope. */
typedef struct {
    ag_str_t           name;
    const uint64_t    *cells;           /* ag_scope_cells() of its scope */
    ag_error_class_t   error;           /* TARGET: how the last request that
                                           failed did; NONE: none has */
    unsigned           error_status;    /* TARGET: the provider's HTTP status
                                           then, 0: there was no answer */
    const char        *dialect;         /* PROVIDER */
} ag_series_t;


typedef struct {
    const ag_series_t  *series;
    size_t              count;
} ag_scope_series_t;


/*
 * All numbers at one moment.  Every page is made of this, so that no two
 * pages can tell different truths.
 */
typedef struct {
    const char         *version;
    uint64_t            time;           /* unix seconds */
    uint64_t            workers;        /* processes that take requests */
    const uint64_t     *gauges;         /* ag_gauges() of them, summed */
    ag_scope_series_t   scopes[AG_SCOPE_MAX];   /* GATEWAY: exactly one */
} ag_snapshot_t;


/*
 * Adds the JSON form: {"version","generation","time","workers","gateway":
 * {METRIC:n},"tenants":{NAME:{METRIC:n}},"models","targets","errors",
 * "providers"}.  A histogram is {"count","sum","p50","p90","p99","buckets":
 * {UPPER BOUND:count up to it}}; times are seconds.
 *
 * Returns AG_OK, AG_LIMIT or AG_NOMEM; after an error "out" holds a part.
 */
int ag_render_json(ag_buf_t *out, const ag_snapshot_t *snapshot);

/*
 * Adds the text form that Prometheus scrapes, version 0.0.4.  Errors as
 * ag_render_json().
 *
 * Source: prometheus.io, "Exposition formats", "Text-based format".
 */
int ag_render_prometheus(ag_buf_t *out, const ag_snapshot_t *snapshot);


#endif /* _AG_RENDER_H_INCLUDED_ */
