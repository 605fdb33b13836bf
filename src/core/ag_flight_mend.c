/*
 * Copyright (C) ngx_agent authors
 *
 * Makes a table of flights, and makes it whole again after a death within the
 * lock: from its rows alone, whatever buckets and lists hold.  It may itself
 * be died in, and begun again.  A leader that is dead still leads afterwards:
 * to find that out is up to those who follow, or to who buries it.
 */


#include "core/ag_flight_parts.h"


static uint32_t ag_flight_mend_buckets(uint32_t rows);
static void ag_flight_mend_row(ag_flights_t *f, uint32_t i);
static const char *ag_flight_check_row(const ag_flights_t *f,
    const ag_flight_row_t *row);
static const char *ag_flight_check_chain(const ag_flights_t *f, uint32_t b,
    uint32_t *linked);


size_t
ag_flight_size(uint32_t rows)
{
    return ag_flight_rows_at(ag_flight_mend_buckets(rows))
           + (size_t) rows * sizeof(ag_flight_row_t);
}


ag_flights_t *
ag_flight_init(void *memory, uint32_t rows)
{
    uint32_t       i;
    ag_flights_t  *f;

    f = memory;

    f->numbers = 0;
    f->rows = rows;
    f->buckets = ag_flight_mend_buckets(rows);

    for (i = 0; i < rows; i++) {
        memset(ag_flight_row(f, i), 0, sizeof(ag_flight_row_t));
    }

    ag_flight_mend(f);

    return f;
}


static uint32_t
ag_flight_mend_buckets(uint32_t rows)
{
    uint32_t  buckets;

    buckets = 1;

    while (buckets < rows && buckets <= UINT32_MAX / 2) {
        buckets *= 2;
    }

    return buckets;
}


void
ag_flight_mend(ag_flights_t *f)
{
    uint32_t  i;

    for (i = 0; i < f->buckets; i++) {
        *ag_flight_bucket(f, i) = AG_FLIGHT_NOWHERE;
    }

    f->vacant = AG_FLIGHT_NOWHERE;
    f->count = 0;

    /* backwards, so that free rows come in their order */

    for (i = f->rows; i > 0; i--) {
        ag_flight_mend_row(f, i - 1);
    }
}


static void
ag_flight_mend_row(ag_flights_t *f, uint32_t i)
{
    uint32_t         *bucket;
    ag_flight_row_t  *row;

    row = ag_flight_row(f, i);

    /* the last of its followers left, and there it ended */

    if (row->state != AG_FLIGHT_RUNS && !ag_flight_any(&row->followers)) {
        ag_flight_name(row, 0);
    }

    if (row->number == 0) {
        row->next = f->vacant;
        f->vacant = i;
        return;
    }

    f->count++;

    if (row->state == AG_FLIGHT_FAILED) {
        return;
    }

    bucket = ag_flight_bucket_of(f, row->key);
    row->next = *bucket;
    *bucket = i;
}


const char *
ag_flight_check(const ag_flights_t *f)
{
    uint32_t                i, vacant, failed, linked;
    const char             *wrong;
    const ag_flight_row_t  *row;

    failed = 0;
    linked = 0;

    for (i = 0; i < f->rows; i++) {
        row = ag_flight_row(f, i);
        failed += (row->number != 0 && row->state == AG_FLIGHT_FAILED);
        wrong = ag_flight_check_row(f, row);

        if (wrong != NULL) {
            return wrong;
        }
    }

    for (i = 0; i < f->buckets; i++) {
        wrong = ag_flight_check_chain(f, i, &linked);

        if (wrong != NULL) {
            return wrong;
        }
    }

    vacant = 0;

    for (i = f->vacant; i != AG_FLIGHT_NOWHERE; i = row->next) {
        if (i >= f->rows || vacant == f->rows) {
            return "the list of free rows leads astray";
        }

        row = ag_flight_row(f, i);
        vacant++;

        if (row->number != 0) {
            return "a row is free and a flight's";
        }
    }

    if (linked + failed != f->count) {
        return "the count is wrong, or a flight cannot be found";
    }

    return (f->count + vacant == f->rows) ? NULL : "a row is lost";
}


static const char *
ag_flight_check_row(const ag_flights_t *f, const ag_flight_row_t *row)
{
    if (row->number == 0) {
        return NULL;
    }

    if (row->number > f->numbers) {
        return "a flight has a number of the future";
    }

    if (row->state != AG_FLIGHT_RUNS
        && row->state != AG_FLIGHT_OPEN
        && row->state != AG_FLIGHT_FAILED)
    {
        return "a flight has no state";
    }

    if (row->state != AG_FLIGHT_RUNS && !ag_flight_any(&row->followers)) {
        return "nobody waits for a flight without a leader";
    }

    if (row->failures > AG_FLIGHT_ROUNDS || row->failures > row->round) {
        return "more leaders have failed than may";
    }

    if (row->worker >= AG_FLIGHT_WORKERS) {
        return "a leader has no worker";
    }

    return (row->failure.len <= AG_FLIGHT_MESSAGE) ? NULL
           : "a failure is longer than its sentence";
}


static const char *
ag_flight_check_chain(const ag_flights_t *f, uint32_t b, uint32_t *linked)
{
    uint32_t                i, j;
    const ag_flight_row_t  *row, *other;

    for (i = *ag_flight_bucket(f, b); i != AG_FLIGHT_NOWHERE; i = row->next) {
        if (i >= f->rows || *linked == f->rows) {
            return "a bucket leads astray";
        }

        row = ag_flight_row(f, i);
        *linked += 1;

        if (row->number == 0 || row->state == AG_FLIGHT_FAILED) {
            return "a bucket holds what is over";
        }

        if (ag_flight_bucket_of(f, row->key) != ag_flight_bucket(f, b)) {
            return "a flight is in another bucket";
        }

        for (j = *ag_flight_bucket(f, b); j != i; j = other->next) {
            other = ag_flight_row(f, j);

            if (memcmp(other->key, row->key, AG_FLIGHT_KEY) == 0) {
                return "two flights have one key";
            }
        }
    }

    return NULL;
}
