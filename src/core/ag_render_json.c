/*
 * Copyright (C) ngx_agent authors
 *
 * A snapshot as JSON.  Walks the metric table: a new row of it appears here
 * without a line of code.  Computes nothing but a histogram's count and
 * quantiles.
 */


#include "core/ag_render_parts.h"


static void ag_render_json_scope(ag_render_t *w,
    const ag_snapshot_t *snapshot, ag_scope_t scope);
static void ag_render_json_series(ag_render_t *w,
    const ag_snapshot_t *snapshot, ag_scope_t scope,
    const ag_series_t *series);
static void ag_render_json_metric(ag_render_t *w,
    const ag_snapshot_t *snapshot, ag_metric_id_t id,
    const ag_series_t *series);
static void ag_render_json_histogram(ag_render_t *w, ag_nature_t nature,
    const uint64_t *cells);
static void ag_render_json_target(ag_render_t *w, const ag_series_t *series);
static void ag_render_json_provider(ag_render_t *w,
    const ag_series_t *series);
static void ag_render_json_member(ag_render_t *w, ag_str_t key);
static void ag_render_json_key(ag_render_t *w, const char *key);
static void ag_render_json_word(ag_render_t *w, const char *key,
    const char *word);
static void ag_render_json_number(ag_render_t *w, const char *key,
    ag_nature_t nature, uint64_t value);
static void ag_render_json_open(ag_render_t *w);
static void ag_render_json_close(ag_render_t *w);


int
ag_render_json(ag_buf_t *out, const ag_snapshot_t *snapshot)
{
    ag_scope_t          scope;
    ag_render_t         w;
    const ag_series_t  *gateway;

    w.out = out;
    w.rc = AG_OK;
    gateway = snapshot->scopes[AG_SCOPE_GATEWAY].series;

    ag_render_json_open(&w);
    ag_render_json_word(&w, "version", snapshot->version);
    ag_render_json_number(&w, "generation", AG_NATURE_VALUE,
                          gateway->cells[ag_metric_cell(AG_M_GENERATION)]);
    ag_render_json_number(&w, "time", AG_NATURE_VALUE, snapshot->time);
    ag_render_json_number(&w, "workers", AG_NATURE_VALUE, snapshot->workers);

    for (scope = 0; scope < AG_SCOPE_MAX; scope++) {
        ag_render_json_key(&w, ag_scope_plural(scope));

        if (scope == AG_SCOPE_GATEWAY) {
            ag_render_json_series(&w, snapshot, scope, gateway);

        } else {
            ag_render_json_scope(&w, snapshot, scope);
        }
    }

    ag_render_json_close(&w);

    return w.rc;
}


static void
ag_render_json_scope(ag_render_t *w, const ag_snapshot_t *snapshot,
    ag_scope_t scope)
{
    size_t                    i;
    const ag_scope_series_t  *all;

    all = &snapshot->scopes[scope];

    ag_render_json_open(w);

    for (i = 0; i < all->count; i++) {
        ag_render_json_member(w, all->series[i].name);
        ag_render_json_series(w, snapshot, scope, &all->series[i]);
    }

    ag_render_json_close(w);
}


static void
ag_render_json_series(ag_render_t *w, const ag_snapshot_t *snapshot,
    ag_scope_t scope, const ag_series_t *series)
{
    ag_metric_id_t  id;

    ag_render_json_open(w);

    if (scope == AG_SCOPE_PROVIDER) {
        ag_render_json_provider(w, series);
    }

    for (id = 0; id < AG_M_MAX; id++) {
        if (ag_metric_row(id)->scope == scope) {
            ag_render_json_metric(w, snapshot, id, series);
        }
    }

    if (scope == AG_SCOPE_TARGET) {
        ag_render_json_target(w, series);
    }

    ag_render_json_close(w);
}


static void
ag_render_json_metric(ag_render_t *w, const ag_snapshot_t *snapshot,
    ag_metric_id_t id, const ag_series_t *series)
{
    size_t                  cell;
    const ag_metric_row_t  *row;

    row = ag_metric_row(id);
    cell = ag_metric_cell(id);

    ag_render_json_key(w, row->name);

    if (row->nature == AG_NATURE_GAUGE) {
        ag_render_value(w, row->nature, snapshot->gauges[cell]);

    } else if (ag_metric_bounds(row->nature) != NULL) {
        ag_render_json_histogram(w, row->nature, series->cells + cell);

    } else {
        ag_render_value(w, row->nature, series->cells[cell]);
    }
}


static void
ag_render_json_histogram(ag_render_t *w, ag_nature_t nature,
    const uint64_t *cells)
{
    char      bound[AG_RENDER_NUMBER_MAX];
    size_t    i;
    uint64_t  below;

    ag_render_json_open(w);
    ag_render_json_number(w, "count", AG_NATURE_COUNTER,
                          ag_metric_count(cells));
    ag_render_json_number(w, "sum", nature, cells[AG_BUCKETS_MAX + 1]);
    ag_render_json_number(w, "p50", nature,
                          ag_metric_quantile(nature, cells, 50));
    ag_render_json_number(w, "p90", nature,
                          ag_metric_quantile(nature, cells, 90));
    ag_render_json_number(w, "p99", nature,
                          ag_metric_quantile(nature, cells, 99));
    ag_render_json_key(w, "buckets");
    ag_render_json_open(w);

    below = 0;

    for (i = 0; i <= AG_BUCKETS_MAX; i++) {
        below += cells[i];
        ag_render_json_key(w, ag_render_bound(nature, i, bound));
        ag_render_value(w, AG_NATURE_COUNTER, below);
    }

    ag_render_json_close(w);
    ag_render_json_close(w);
}


static void
ag_render_json_target(ag_render_t *w, const ag_series_t *series)
{
    ag_render_json_key(w, "last_error");

    if (series->error == AG_E_NONE) {
        ag_render_add(w, "null");
        return;
    }

    ag_render_json_open(w);
    ag_render_json_word(w, "class", ag_error_row(series->error)->name);

    if (series->error_status == 0) {
        ag_render_json_key(w, "status");
        ag_render_add(w, "null");

    } else {
        ag_render_json_number(w, "status", AG_NATURE_VALUE,
                              series->error_status);
    }

    ag_render_json_number(w, "at", AG_NATURE_VALUE,
                          series->cells[ag_metric_cell(AG_M_TARGET_FAILED_AT)]);
    ag_render_json_close(w);
}


static void
ag_render_json_provider(ag_render_t *w, const ag_series_t *series)
{
    uint64_t  disabled;

    disabled = series->cells[ag_metric_cell(AG_M_PROVIDER_DISABLED)];

    ag_render_json_word(w, "dialect", series->dialect);
    ag_render_json_key(w, "disabled");
    ag_render_add(w, disabled ? "true" : "false");
}


/* Begins a member of an object; its name may hold anything. */
static void
ag_render_json_member(ag_render_t *w, ag_str_t key)
{
    ag_render_add(w, w->comma ? ",\"" : "\"");

    if (w->rc == AG_OK) {
        w->rc = ag_buf_add_json(w->out, key);
    }

    ag_render_add(w, "\":");
    w->comma = 1;
}


static void
ag_render_json_key(ag_render_t *w, const char *key)
{
    ag_render_json_member(w, ag_str(key, strlen(key)));
}


static void
ag_render_json_word(ag_render_t *w, const char *key, const char *word)
{
    ag_render_json_key(w, key);
    ag_render_add(w, "\"");
    ag_render_add(w, word);
    ag_render_add(w, "\"");
}


static void
ag_render_json_number(ag_render_t *w, const char *key, ag_nature_t nature,
    uint64_t value)
{
    ag_render_json_key(w, key);
    ag_render_value(w, nature, value);
}


static void
ag_render_json_open(ag_render_t *w)
{
    ag_render_add(w, "{");
    w->comma = 0;
}


static void
ag_render_json_close(ag_render_t *w)
{
    ag_render_add(w, "}");
    w->comma = 1;
}
