/*
 * Copyright (C) ngx_agent authors
 *
 * A window as a list of what it remembers, and back.  Reading does not fill
 * in slots: it lets an empty window live through everything again, so that it
 * is one that could have been, whatever stands in the file.  It is never less
 * strict than it was: of a sub-window only the last moment is told.
 */


#include "core/ag_state_file_parts.h"


static int ag_state_file_limit(ag_str_t body, ag_limit_t *limit);
static void ag_state_file_again(ag_window_t *window, const ag_limit_t *limit,
    const ag_state_file_entry_t *entry, const ag_now_t *now,
    uint64_t elapsed_us);
static void ag_state_file_take(ag_window_t *window, const ag_limit_t *limit,
    uint64_t amount, const ag_now_t *now);
static uint64_t ag_state_file_part(uint64_t window_us);
static uint64_t ag_state_file_reach(uint32_t kind, uint64_t window_us);


uint32_t
ag_state_file_entries(uint32_t kind, uint32_t capacity)
{
    return (kind == AG_WINDOW_DAY || kind == AG_WINDOW_MONTH) ? 1 : capacity;
}


size_t
ag_state_file_entry_size(uint32_t kind)
{
    switch (kind) {

    case AG_WINDOW_LOG:
        return 8;

    case AG_WINDOW_RING:
    case AG_WINDOW_DAY:
    case AG_WINDOW_MONTH:
        return 16;
    }

    return 0;
}


int
ag_state_file_entry(const ag_window_t *window, uint32_t number,
    const ag_now_t *now, ag_state_file_entry_t *entry)
{
    uint64_t  back, n, us;

    if (window->kind == AG_WINDOW_DAY || window->kind == AG_WINDOW_MONTH) {
        entry->age = window->head;
        entry->amount = window->sum;

        return window->sum > 0;
    }

    /* "head" is the next admission's number, but the last sub-window's */

    back = window->capacity - number;
    n = window->head + (window->kind == AG_WINDOW_RING);

    if (n < back) {
        return 0;
    }

    n -= back;
    us = window->slots[n % window->capacity];
    entry->amount = 1;

    if (window->kind == AG_WINDOW_RING) {
        entry->amount = us;
        us = (n + 1) * ag_state_file_part(window->window) - 1;
    }

    entry->age = (now->us > us) ? now->us - us : 0;

    return entry->amount > 0
           && entry->age <= ag_state_file_reach(window->kind, window->window);
}


int
ag_state_file_window(ag_str_t body, ag_window_t *window, size_t size,
    const ag_now_t *now, uint64_t elapsed_us)
{
    size_t                 i, step;
    ag_limit_t             limit;
    ag_state_file_entry_t  entry;

    if (ag_state_file_limit(body, &limit) != AG_OK) {
        return AG_INVALID;
    }

    if (size < ag_window_size(&limit)) {
        return AG_LIMIT;
    }

    ag_window_init(window, &limit);
    step = ag_state_file_entry_size(limit.kind);

    for (i = AG_STATE_FILE_BODY; i < body.len; i += step) {
        entry.age = ag_word(body.data + i);
        entry.amount = (step > 8) ? ag_word(body.data + i + 8) : 1;

        ag_state_file_again(window, &limit, &entry, now, elapsed_us);
    }

    /* nothing more now: sub-windows and periods that are over leave */

    if (limit.kind != AG_WINDOW_LOG) {
        ag_state_file_take(window, &limit, 0, now);
    }

    window->epoch = ag_word(body.data + 32);
    window->behind = ag_word(body.data + 40);

    return AG_OK;
}


/* A limit whose windows look as the record's, if there is one. */
static int
ag_state_file_limit(ag_str_t body, ag_limit_t *limit)
{
    size_t    size, entries;
    uint32_t  kind, capacity;

    kind = ag_state_file_get32(body.data + 16);
    capacity = ag_state_file_get32(body.data + 20);
    size = ag_state_file_entry_size(kind);
    entries = body.len - AG_STATE_FILE_BODY;

    if (size == 0
        || entries % size != 0
        || entries / size > ag_state_file_entries(kind, capacity))
    {
        return AG_INVALID;
    }

    memset(limit, 0, sizeof(*limit));
    limit->kind = (ag_window_kind_t) kind;
    limit->max = capacity;
    limit->window = ag_word(body.data + 24);

    if (kind == AG_WINDOW_DAY || kind == AG_WINDOW_MONTH) {
        return (capacity == 0 && limit->window == 0) ? AG_OK : AG_INVALID;
    }

    if (limit->window == 0 || limit->window > AG_WINDOW_MAX_US) {
        return AG_INVALID;
    }

    if (kind == AG_WINDOW_RING) {
        return (capacity == AG_SUBWINDOWS + 1) ? AG_OK : AG_INVALID;
    }

    return (capacity > 0 && capacity <= AG_LIMIT_LOG_MAX) ? AG_OK
                                                          : AG_INVALID;
}


/*
 * Time may have begun after the entry did: then it counts from the beginning
 * of time, which is longer than it should.
 */
static void
ag_state_file_again(ag_window_t *window, const ag_limit_t *limit,
    const ag_state_file_entry_t *entry, const ag_now_t *now,
    uint64_t elapsed_us)
{
    uint64_t  age;
    ag_now_t  then;

    then = *now;

    if (limit->kind == AG_WINDOW_DAY || limit->kind == AG_WINDOW_MONTH) {
        then.wall = (entry->age < INT64_MAX) ? (int64_t) entry->age
                                             : INT64_MAX;

    } else {
        age = (entry->age < UINT64_MAX - elapsed_us) ? entry->age + elapsed_us
                                                     : UINT64_MAX;

        if (age > ag_state_file_reach(limit->kind, limit->window)) {
            return;
        }

        then.us = (age < now->us) ? now->us - age : 0;
    }

    ag_state_file_take(window, limit, entry->amount, &then);
}


/* Whether it fits or not: it was decided in another life. */
static void
ag_state_file_take(ag_window_t *window, const ag_limit_t *limit,
    uint64_t amount, const ag_now_t *now)
{
    ag_claim_t  claim;

    memset(&claim, 0, sizeof(claim));
    claim.limit = limit;
    claim.window = window;
    claim.max = UINT64_MAX;
    claim.amount = amount;

    ag_limit_record(&claim, 1, now);
}


/* The length of a sub-window, as ag_window_ring.c has it. */
static uint64_t
ag_state_file_part(uint64_t window_us)
{
    return window_us / AG_SUBWINDOWS + (window_us % AG_SUBWINDOWS != 0);
}


/*
 * The largest age that counts.  All parts together may be a bit longer than
 * the window: what the window itself counts is not forgotten here.
 */
static uint64_t
ag_state_file_reach(uint32_t kind, uint64_t window_us)
{
    return (kind == AG_WINDOW_RING)
           ? AG_SUBWINDOWS * ag_state_file_part(window_us) : window_us - 1;
}
