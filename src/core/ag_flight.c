/*
 * Copyright (C) ngx_agent authors
 *
 * Who leads a flight, who follows it, and when it is over.  A row of the table
 * is a flight's until its answer is there, or until it has neither a leader
 * nor followers.
 *
 * A flight that FAILED cannot be found by its key any more: who asks next
 * begins another one, while those who followed it learn how it failed, each
 * in its own time.
 *
 * The order of stores matters twice: for who looks without the lock, and for
 * who finds the table of a process that died, see ag_flight_parts.h.
 */


#include "core/ag_flight_parts.h"


static ag_flight_part_t ag_flight_begin(ag_flights_t *f,
    const ag_char_t *key, unsigned worker, uint64_t pid, ag_flight_t *flight);
static uint32_t ag_flight_find(const ag_flights_t *f, const ag_char_t *key);
static void ag_flight_lead(ag_flight_row_t *row, unsigned worker,
    uint64_t pid);
static void ag_flight_lose(ag_flights_t *f, ag_flight_row_t *row,
    ag_flight_workers_t *told);
static void ag_flight_follow(ag_flight_row_t *row, unsigned worker);
static void ag_flight_forget(ag_flights_t *f, ag_flight_row_t *row,
    unsigned worker);
static void ag_flight_end(ag_flights_t *f, ag_flight_row_t *row);
static void ag_flight_unlink(ag_flights_t *f, ag_flight_row_t *row);

static ag_flight_row_t *ag_flight_of(const ag_flights_t *f,
    const ag_flight_t *flight);
static ag_flight_row_t *ag_flight_led(const ag_flights_t *f,
    const ag_flight_t *flight);


ag_flight_part_t
ag_flight_join(ag_flights_t *f, const ag_char_t key[AG_FLIGHT_KEY],
    unsigned worker, uint64_t pid, ag_flight_t *flight)
{
    uint32_t          i;
    ag_flight_part_t  part;
    ag_flight_row_t  *row;

    flight->row = AG_FLIGHT_NOWHERE;
    flight->round = 0;
    flight->number = 0;

    /* who cannot be told asks alone */

    if (worker >= AG_FLIGHT_WORKERS) {
        return AG_FLIGHT_ALONE;
    }

    i = ag_flight_find(f, key);

    if (i == AG_FLIGHT_NOWHERE) {
        return ag_flight_begin(f, key, worker, pid, flight);
    }

    row = ag_flight_row(f, i);

    if (ag_flight_state(row) == AG_FLIGHT_OPEN) {
        ag_flight_lead(row, worker, pid);
        part = AG_FLIGHT_LEADS;

    } else {
        ag_flight_follow(row, worker);
        part = AG_FLIGHT_FOLLOWS;
    }

    flight->row = i;
    flight->round = row->round;
    flight->number = row->number;

    return part;
}


ag_flight_state_t
ag_flight_look(const ag_flights_t *f, const ag_flight_t *flight,
    ag_flight_failure_t *failure)
{
    uint32_t          state;
    ag_flight_row_t  *row;

    row = ag_flight_of(f, flight);

    if (row == NULL) {
        return AG_FLIGHT_LANDED;
    }

    state = ag_flight_state(row);

    /*
     * Without the lock the row may have become another flight's.  If the
     * state is that one's, the number is gone, too: the state is loaded before
     * and was stored behind it.
     */

    if (ag_flight_of(f, flight) == NULL) {
        return AG_FLIGHT_LANDED;
    }

    if (state == AG_FLIGHT_FAILED && failure != NULL) {
        *failure = row->failure;
    }

    return (ag_flight_state_t) state;
}


ag_flight_part_t
ag_flight_take_over(ag_flights_t *f, ag_flight_t *flight, unsigned worker,
    uint64_t pid)
{
    ag_flight_row_t  *row;

    row = ag_flight_of(f, flight);

    if (row == NULL
        || ag_flight_state(row) != AG_FLIGHT_OPEN
        || worker >= AG_FLIGHT_WORKERS)
    {
        return AG_FLIGHT_FOLLOWS;
    }

    ag_flight_lead(row, worker, pid);
    flight->round = row->round;

    return AG_FLIGHT_LEADS;
}


void
ag_flight_land(ag_flights_t *f, const ag_flight_t *flight,
    ag_flight_workers_t *told)
{
    ag_flight_row_t  *row;

    memset(told, 0, sizeof(ag_flight_workers_t));

    row = ag_flight_led(f, flight);

    if (row == NULL) {
        return;
    }

    *told = row->followers;

    ag_flight_end(f, row);
}


void
ag_flight_fail(ag_flights_t *f, const ag_flight_t *flight,
    const ag_flight_failure_t *failure, ag_flight_workers_t *told)
{
    ag_flight_row_t  *row;

    memset(told, 0, sizeof(ag_flight_workers_t));

    row = ag_flight_led(f, flight);

    if (row == NULL) {
        return;
    }

    *told = row->followers;

    /* who comes next is the first of a new flight, and told nothing of this */

    if (!ag_flight_any(told)) {
        ag_flight_end(f, row);
        return;
    }

    row->failure = *failure;

    if (row->failure.len > AG_FLIGHT_MESSAGE) {
        row->failure.len = AG_FLIGHT_MESSAGE;
    }

    row->failures++;

    /* not ==: who died behind the count was counted, and lost */

    if (failure->shared || row->failures >= AG_FLIGHT_ROUNDS) {
        ag_flight_unlink(f, row);
        ag_flight_turn(row, AG_FLIGHT_FAILED);

    } else {
        ag_flight_turn(row, AG_FLIGHT_OPEN);
    }
}


uint64_t
ag_flight_leader(const ag_flights_t *f, const ag_flight_t *flight)
{
    ag_flight_row_t  *row;

    row = ag_flight_of(f, flight);

    if (row == NULL || ag_flight_state(row) != AG_FLIGHT_RUNS) {
        return 0;
    }

    return row->pid;
}


void
ag_flight_lost(ag_flights_t *f, const ag_flight_t *flight, uint64_t pid,
    ag_flight_workers_t *told)
{
    ag_flight_row_t  *row;

    memset(told, 0, sizeof(ag_flight_workers_t));

    row = ag_flight_of(f, flight);

    if (row == NULL
        || ag_flight_state(row) != AG_FLIGHT_RUNS
        || row->pid != pid)
    {
        return;
    }

    ag_flight_lose(f, row, told);
}


void
ag_flight_leave(ag_flights_t *f, const ag_flight_t *flight, unsigned worker)
{
    ag_flight_row_t  *row;

    row = ag_flight_of(f, flight);

    if (row != NULL) {
        ag_flight_forget(f, row, worker);
    }
}


unsigned
ag_flight_others(const ag_flights_t *f, const ag_flight_t *flight,
    unsigned worker)
{
    ag_flight_row_t      *row;
    ag_flight_workers_t   others;

    row = ag_flight_of(f, flight);

    if (row == NULL) {
        return 0;
    }

    others = row->followers;

    if (worker < AG_FLIGHT_WORKERS) {
        others.bits[worker / 64] &= ~(UINT64_C(1) << worker % 64);
    }

    return ag_flight_any(&others);
}


void
ag_flight_bury(ag_flights_t *f, unsigned worker, uint64_t pid,
    ag_flight_workers_t *told)
{
    uint32_t          i;
    ag_flight_row_t  *row;

    memset(told, 0, sizeof(ag_flight_workers_t));

    for (i = 0; i < f->rows; i++) {
        row = ag_flight_row(f, i);

        if (row->number == 0) {
            continue;
        }

        ag_flight_forget(f, row, worker);

        if (row->number != 0
            && pid != 0
            && ag_flight_state(row) == AG_FLIGHT_RUNS
            && row->pid == pid)
        {
            ag_flight_lose(f, row, told);
        }
    }
}


uint32_t
ag_flight_count(const ag_flights_t *f)
{
    return f->count;
}


static ag_flight_part_t
ag_flight_begin(ag_flights_t *f, const ag_char_t *key, unsigned worker,
    uint64_t pid, ag_flight_t *flight)
{
    uint32_t          i, *bucket;
    ag_flight_row_t  *row;

    i = f->vacant;

    if (i == AG_FLIGHT_NOWHERE) {
        return AG_FLIGHT_ALONE;
    }

    row = ag_flight_row(f, i);

    f->vacant = row->next;
    f->count++;
    f->numbers++;

    /* nobody knows the row before it has its number */

    memcpy(row->key, key, AG_FLIGHT_KEY);
    memset(&row->followers, 0, sizeof(ag_flight_workers_t));

    row->failures = 0;
    row->round = 0;

    ag_flight_lead(row, worker, pid);
    ag_flight_name(row, f->numbers);

    bucket = ag_flight_bucket_of(f, key);
    row->next = *bucket;
    *bucket = i;

    flight->row = i;
    flight->round = row->round;
    flight->number = row->number;

    return AG_FLIGHT_LEADS;
}


/* Of RUNS or OPEN: those that FAILED are in no bucket. */
static uint32_t
ag_flight_find(const ag_flights_t *f, const ag_char_t *key)
{
    uint32_t          i;
    ag_flight_row_t  *row;

    for (i = *ag_flight_bucket_of(f, key);
         i != AG_FLIGHT_NOWHERE;
         i = row->next)
    {
        row = ag_flight_row(f, i);

        if (memcmp(row->key, key, AG_FLIGHT_KEY) == 0) {
            break;
        }
    }

    return i;
}


/* A new round: the hold of the leader before is worth nothing from now on. */
static void
ag_flight_lead(ag_flight_row_t *row, unsigned worker, uint64_t pid)
{
    row->round++;
    row->worker = worker;
    row->pid = pid;

    ag_flight_turn(row, AG_FLIGHT_RUNS);
}


/* Adds to "told": who is buried may have led several. */
static void
ag_flight_lose(ag_flights_t *f, ag_flight_row_t *row,
    ag_flight_workers_t *told)
{
    size_t  i;

    if (!ag_flight_any(&row->followers)) {
        ag_flight_end(f, row);
        return;
    }

    for (i = 0; i < AG_FLIGHT_WORKERS / 64; i++) {
        told->bits[i] |= row->followers.bits[i];
    }

    ag_flight_turn(row, AG_FLIGHT_OPEN);
}


static void
ag_flight_follow(ag_flight_row_t *row, unsigned worker)
{
    row->followers.bits[worker / 64] |= UINT64_C(1) << worker % 64;
}


/* A leader alone keeps a flight that RUNS: who asks the same meanwhile joins
 * it. */
static void
ag_flight_forget(ag_flights_t *f, ag_flight_row_t *row, unsigned worker)
{
    if (worker >= AG_FLIGHT_WORKERS) {
        return;
    }

    row->followers.bits[worker / 64] &= ~(UINT64_C(1) << worker % 64);

    if (ag_flight_state(row) != AG_FLIGHT_RUNS
        && !ag_flight_any(&row->followers))
    {
        ag_flight_end(f, row);
    }
}


/* Holds on it are worth nothing from now on: their number is gone. */
static void
ag_flight_end(ag_flights_t *f, ag_flight_row_t *row)
{
    if (ag_flight_state(row) != AG_FLIGHT_FAILED) {
        ag_flight_unlink(f, row);
    }

    ag_flight_name(row, 0);

    row->next = f->vacant;
    f->vacant = (uint32_t) (row - ag_flight_row(f, 0));
    f->count--;
}


static void
ag_flight_unlink(ag_flights_t *f, ag_flight_row_t *row)
{
    uint32_t          i, *link;

    i = (uint32_t) (row - ag_flight_row(f, 0));

    link = ag_flight_bucket_of(f, row->key);

    while (*link != i) {
        link = &ag_flight_row(f, *link)->next;
    }

    *link = row->next;
}


/* The row of a flight that is not over, or NULL. */
static ag_flight_row_t *
ag_flight_of(const ag_flights_t *f, const ag_flight_t *flight)
{
    ag_flight_row_t  *row;

    if (flight->number == 0 || flight->row >= f->rows) {
        return NULL;
    }

    row = ag_flight_row(f, flight->row);

    if (__atomic_load_n(&row->number, __ATOMIC_ACQUIRE) != flight->number) {
        return NULL;
    }

    return row;
}


/* The same of its leader; NULL, too, for one that was taken for dead. */
static ag_flight_row_t *
ag_flight_led(const ag_flights_t *f, const ag_flight_t *flight)
{
    ag_flight_row_t  *row;

    row = ag_flight_of(f, flight);

    if (row == NULL
        || ag_flight_state(row) != AG_FLIGHT_RUNS
        || row->round != flight->round)
    {
        return NULL;
    }

    return row;
}
