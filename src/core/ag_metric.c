/*
 * Copyright (C) ngx_agent authors
 *
 * Where each number of the metric table stands, and what a histogram's
 * numbers mean.  Every answer is a constant or a short walk over constants,
 * since calls pass here many times.  Knows neither the memory that the cells
 * live in nor how they are shown.
 */


#include "core/ag_metric.h"


#define AG_WIDTH_COUNTER  1
#define AG_WIDTH_GAUGE    0     /* its cell is the process's, not the row's */
#define AG_WIDTH_VALUE    1
#define AG_WIDTH_SECONDS  (AG_BUCKETS_MAX + 2)
#define AG_WIDTH_TOKENS   (AG_BUCKETS_MAX + 2)


/*
 * One walk over the table per scope, and one over the gauges.  AT is where
 * the metric stands if the walk counts it; LAST is the last cell that is taken
 * then (-1 before the first), and the next AT is one more since an enum
 * counts by itself.  So rows may stand in any order and nothing is computed
 * at run time.
 */
#define AG_WALK(walk, id, width)                                              \
    AG_AT_##walk##_##id,                                                      \
    AG_LAST_##walk##_##id = AG_AT_##walk##_##id + (width) - 1,

#define AG_WALK_SCOPE(walk, id, nature, scope)                                \
    AG_WALK(walk, id,                                                         \
            AG_SCOPE_##scope == AG_SCOPE_##walk ? AG_WIDTH_##nature : 0)

#define AG_WALK_GATEWAY(id, name, nature, scope, help)                        \
    AG_WALK_SCOPE(GATEWAY, id, nature, scope)
#define AG_WALK_TENANT(id, name, nature, scope, help)                         \
    AG_WALK_SCOPE(TENANT, id, nature, scope)
#define AG_WALK_MODEL(id, name, nature, scope, help)                          \
    AG_WALK_SCOPE(MODEL, id, nature, scope)
#define AG_WALK_TARGET(id, name, nature, scope, help)                         \
    AG_WALK_SCOPE(TARGET, id, nature, scope)
#define AG_WALK_ERROR(id, name, nature, scope, help)                          \
    AG_WALK_SCOPE(ERROR, id, nature, scope)
#define AG_WALK_PROVIDER(id, name, nature, scope, help)                       \
    AG_WALK_SCOPE(PROVIDER, id, nature, scope)
#define AG_WALK_GAUGES(id, name, nature, scope, help)                         \
    AG_WALK(GAUGES, id, AG_NATURE_##nature == AG_NATURE_GAUGE ? 1 : 0)

enum { AG_METRICS(AG_WALK_GATEWAY) AG_CELLS_GATEWAY };
enum { AG_METRICS(AG_WALK_TENANT) AG_CELLS_TENANT };
enum { AG_METRICS(AG_WALK_MODEL) AG_CELLS_MODEL };
enum { AG_METRICS(AG_WALK_TARGET) AG_CELLS_TARGET };
enum { AG_METRICS(AG_WALK_ERROR) AG_CELLS_ERROR };
enum { AG_METRICS(AG_WALK_PROVIDER) AG_CELLS_PROVIDER };
enum { AG_METRICS(AG_WALK_GAUGES) AG_CELLS_GAUGES };


static const ag_metric_row_t  ag_metric_rows[] = {
#define AG_METRIC_ROW(id, name, nature, scope, help)                          \
    { name, AG_NATURE_##nature, AG_SCOPE_##scope, help },
    AG_METRICS(AG_METRIC_ROW)
#undef AG_METRIC_ROW
};


static const size_t  ag_metric_cells[] = {
#define AG_METRIC_CELL(id, name, nature, scope, help)                         \
    (AG_NATURE_##nature == AG_NATURE_GAUGE) ? AG_AT_GAUGES_##id               \
                                            : AG_AT_##scope##_##id,
    AG_METRICS(AG_METRIC_CELL)
#undef AG_METRIC_CELL
};


static const struct {
    const char  *plural;
    const char  *label;
    size_t       cells;
} ag_scopes[] = {
#define AG_SCOPE_ROW(id, plural, label)  { plural, label, AG_CELLS_##id },
    AG_SCOPES(AG_SCOPE_ROW)
#undef AG_SCOPE_ROW
};


/*
 * Milliseconds.  The bounds that OpenTelemetry recommends for
 * gen_ai.server.request.duration, and two more doublings: agents wait long.
 */
static const uint64_t  ag_metric_seconds[AG_BUCKETS_MAX] = {
    10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10240, 20480, 40960,
    81920, 163840, 327680
};


/*
 * OpenTelemetry's powers of four up to a million, for gen_ai.client.token
 * .usage, and the powers of two between 256 and 262,144: most calls lie there.
 */
static const uint64_t  ag_metric_tokens[AG_BUCKETS_MAX] = {
    1, 4, 16, 64, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536,
    131072, 262144, 1048576
};


const ag_metric_row_t *
ag_metric_row(ag_metric_id_t id)
{
    return &ag_metric_rows[id];
}


const char *
ag_scope_plural(ag_scope_t scope)
{
    return ag_scopes[scope].plural;
}


const char *
ag_scope_label(ag_scope_t scope)
{
    return ag_scopes[scope].label;
}


size_t
ag_metric_cell(ag_metric_id_t id)
{
    return ag_metric_cells[id];
}


size_t
ag_scope_cells(ag_scope_t scope)
{
    return ag_scopes[scope].cells;
}


size_t
ag_gauges(void)
{
    return AG_CELLS_GAUGES;
}


size_t
ag_metric_bucket(ag_metric_id_t id, uint64_t value)
{
    size_t           i, n;
    const uint64_t  *bounds;

    bounds = ag_metric_bounds(ag_metric_rows[id].nature);

    if (bounds == NULL) {
        return 0;
    }

    /* no early exit: without a branch to guess, 16 comparisons are cheaper */

    n = 0;

    for (i = 0; i < AG_BUCKETS_MAX; i++) {
        n += (value > bounds[i]);
    }

    return n;
}


const uint64_t *
ag_metric_bounds(ag_nature_t nature)
{
    switch (nature) {

    case AG_NATURE_SECONDS:
        return ag_metric_seconds;

    case AG_NATURE_TOKENS:
        return ag_metric_tokens;

    default:
        return NULL;
    }
}


uint64_t
ag_metric_count(const uint64_t *cells)
{
    size_t    i;
    uint64_t  count;

    count = 0;

    for (i = 0; i <= AG_BUCKETS_MAX; i++) {
        count += cells[i];
    }

    return count;
}


uint64_t
ag_metric_quantile(ag_nature_t nature, const uint64_t *cells,
    unsigned percent)
{
    size_t           i;
    double           rank, width;
    uint64_t         below, lower;
    const uint64_t  *bounds;

    bounds = ag_metric_bounds(nature);
    rank = (double) ag_metric_count(cells) * percent / 100;

    if (bounds == NULL || rank <= 0) {
        return 0;
    }

    below = 0;
    lower = 0;

    for (i = 0; i < AG_BUCKETS_MAX; i++) {

        if (cells[i] > 0 && (double) (below + cells[i]) >= rank) {
            width = (double) (bounds[i] - lower);
            width *= (rank - (double) below) / (double) cells[i];
            return lower + (uint64_t) width;
        }

        below += cells[i];
        lower = bounds[i];
    }

    return bounds[AG_BUCKETS_MAX - 1];
}
