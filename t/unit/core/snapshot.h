/*
 * Copyright (C) ngx_agent authors
 *
 * A snapshot for the tests of both pages: "count" series per scope, all with
 * the same name, every number 0 until a test changes it.
 */


#ifndef _SNAPSHOT_H_INCLUDED_
#define _SNAPSHOT_H_INCLUDED_


#include "core/ag_render.h"


typedef struct {
    ag_snapshot_t   snapshot;
    ag_series_t    *series[AG_SCOPE_MAX];
    uint64_t       *cells[AG_SCOPE_MAX];    /* of the first series */
    uint64_t        gauges[AG_M_MAX];
} sample_t;


static inline void
sample_init(sample_t *s, size_t count, ag_str_t name)
{
    size_t      i, n;
    ag_scope_t  scope;

    memset(s, 0, sizeof(sample_t));

    s->snapshot.version = "1.2.3";
    s->snapshot.time = 1800000000;
    s->snapshot.workers = 2;
    s->snapshot.gauges = s->gauges;

    for (scope = 0; scope < AG_SCOPE_MAX; scope++) {
        n = (scope == AG_SCOPE_GATEWAY) ? 1 : count;

        s->cells[scope] = calloc(ag_scope_cells(scope) + 1, sizeof(uint64_t));
        s->series[scope] = calloc(n + 1, sizeof(ag_series_t));

        for (i = 0; i < n; i++) {
            s->series[scope][i].name = name;
            s->series[scope][i].cells = s->cells[scope];
            s->series[scope][i].dialect = "openai";
        }

        s->snapshot.scopes[scope].series = s->series[scope];
        s->snapshot.scopes[scope].count = n;
    }
}


static inline void
sample_set(sample_t *s, ag_metric_id_t id, size_t at, uint64_t value)
{
    s->cells[ag_metric_row(id)->scope][ag_metric_cell(id) + at] = value;
}


static inline void
sample_free(sample_t *s)
{
    ag_scope_t  scope;

    for (scope = 0; scope < AG_SCOPE_MAX; scope++) {
        free(s->cells[scope]);
        free(s->series[scope]);
    }
}


#endif /* _SNAPSHOT_H_INCLUDED_ */
