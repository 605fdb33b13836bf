/*
 * Copyright (C) ngx_agent authors
 *
 * A snapshot as Prometheus's text.  Walks the metric table: a new row of it
 * appears here without a line of code.  Rows without observations are shown
 * too, so that a rate has its first point before something happens.
 */


#include "core/ag_render_parts.h"


static void ag_render_prometheus_head(ag_render_t *w,
    const ag_metric_row_t *row);
static void ag_render_prometheus_histogram(ag_render_t *w,
    const ag_metric_row_t *row, ag_str_t name, const uint64_t *cells);
static void ag_render_prometheus_sample(ag_render_t *w,
    const ag_metric_row_t *row, ag_str_t name, const char *suffix,
    const char *bound, uint64_t value);
static void ag_render_prometheus_label(ag_render_t *w, ag_str_t value);


int
ag_render_prometheus(ag_buf_t *out, const ag_snapshot_t *snapshot)
{
    size_t                    i, cell;
    ag_str_t                  name = ag_null_string;
    ag_render_t               w;
    ag_metric_id_t            id;
    const uint64_t           *cells;
    const ag_metric_row_t    *row;
    const ag_scope_series_t  *scope;

    w.out = out;
    w.rc = AG_OK;

    for (id = 0; id < AG_M_MAX; id++) {
        row = ag_metric_row(id);
        cell = ag_metric_cell(id);
        scope = &snapshot->scopes[row->scope];

        ag_render_prometheus_head(&w, row);

        if (row->nature == AG_NATURE_GAUGE) {
            ag_render_prometheus_sample(&w, row, name, "", NULL,
                                        snapshot->gauges[cell]);
            continue;
        }

        for (i = 0; i < scope->count; i++) {
            name = scope->series[i].name;
            cells = scope->series[i].cells + cell;

            if (ag_metric_bounds(row->nature) != NULL) {
                ag_render_prometheus_histogram(&w, row, name, cells);

            } else {
                ag_render_prometheus_sample(&w, row, name, "", NULL, *cells);
            }
        }
    }

    return w.rc;
}


static void
ag_render_prometheus_head(ag_render_t *w, const ag_metric_row_t *row)
{
    ag_render_add(w, "# HELP ");
    ag_render_add(w, row->name);
    ag_render_add(w, " ");
    ag_render_add(w, row->help);
    ag_render_add(w, "\n# TYPE ");
    ag_render_add(w, row->name);

    if (row->nature == AG_NATURE_COUNTER) {
        ag_render_add(w, " counter\n");

    } else if (ag_metric_bounds(row->nature) != NULL) {
        ag_render_add(w, " histogram\n");

    } else {
        ag_render_add(w, " gauge\n");
    }
}


static void
ag_render_prometheus_histogram(ag_render_t *w, const ag_metric_row_t *row,
    ag_str_t name, const uint64_t *cells)
{
    char             bound[AG_RENDER_NUMBER_MAX];
    size_t           i;
    uint64_t         below;
    ag_metric_row_t  plain;

    /* only the sum has the metric's unit, the rest are numbers of calls */

    plain = *row;
    plain.nature = AG_NATURE_COUNTER;
    below = 0;

    for (i = 0; i <= AG_BUCKETS_MAX; i++) {
        below += cells[i];
        ag_render_prometheus_sample(w, &plain, name, "_bucket",
                                    ag_render_bound(row->nature, i, bound),
                                    below);
    }

    ag_render_prometheus_sample(w, row, name, "_sum", NULL,
                                cells[AG_BUCKETS_MAX + 1]);
    ag_render_prometheus_sample(w, &plain, name, "_count", NULL, below);
}


/* One line; "bound" is the label of a histogram's bucket. */
static void
ag_render_prometheus_sample(ag_render_t *w, const ag_metric_row_t *row,
    ag_str_t name, const char *suffix, const char *bound, uint64_t value)
{
    const char  *label;

    label = ag_scope_label(row->scope);

    ag_render_add(w, row->name);
    ag_render_add(w, suffix);

    if (label[0] != '\0') {
        ag_render_add(w, "{");
        ag_render_add(w, label);
        ag_render_add(w, "=\"");
        ag_render_prometheus_label(w, name);
    }

    if (bound != NULL) {
        ag_render_add(w, (label[0] != '\0') ? "\",le=\"" : "{le=\"");
        ag_render_add(w, bound);
    }

    if (label[0] != '\0' || bound != NULL) {
        ag_render_add(w, "\"}");
    }

    ag_render_add(w, " ");
    ag_render_value(w, row->nature, value);
    ag_render_add(w, "\n");
}


/*
 * The inside of a label's value.  A byte that is not UTF-8 becomes "?": one
 * of them would make Prometheus refuse the whole page.
 */
static void
ag_render_prometheus_label(ag_render_t *w, ag_str_t value)
{
    size_t            n;
    const ag_char_t  *p, *plain, *end;

    p = plain = value.data;
    end = value.data + value.len;

    while (p < end) {
        n = ag_utf8_length(p, end);

        if (n > 0 && *p != '\\' && *p != '"' && *p != '\n') {
            p += n;
            continue;
        }

        ag_render_add_bytes(w, plain, (size_t) (p - plain));
        ag_render_add(w, (n == 0) ? "?" : (*p == '\\') ? "\\\\"
                         : (*p == '"') ? "\\\"" : "\\n");
        plain = ++p;
    }

    ag_render_add_bytes(w, plain, (size_t) (end - plain));
}
