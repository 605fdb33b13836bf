/*
 * Copyright (C) ngx_agent authors
 *
 * What a window should remember, slowly: a list of all amounts with their
 * times, which is added up for every question.  Knows nothing of slots but
 * how long a sub-window is.
 *
 * After a death nobody knows whether the last change was made: an entry has
 * an amount that counts surely and one that may.
 */


#ifndef _LIMIT_MODEL_H_INCLUDED_
#define _LIMIT_MODEL_H_INCLUDED_


#include <time.h>

#include "core/ag_limit.h"


#define MODEL_ENTRIES  1024         /* that may count at once */


typedef struct {
    uint64_t       at;              /* us; of a calendar: number of the
                                       period */
    uint64_t       low;             /* what counts surely */
    uint64_t       high;            /* what may count */
} model_entry_t;


typedef struct {
    ag_limit_t     limit;
    ag_window_t   *window;          /* the one that is tested */
    model_entry_t  entries[MODEL_ENTRIES];  /* n is in n % MODEL_ENTRIES */
    uint64_t       first;
    uint64_t       next;
    uint64_t       sure;            /* marks from this entry on are good */
    int64_t        period;          /* where the calendar's began */
    int64_t        period_end;
    uint64_t       periods;         /* how many there were */
} model_t;


typedef struct {
    uint64_t       low;
    uint64_t       high;
    uint64_t       strict;          /* low, in exactly one window */
} model_sums_t;


static inline model_entry_t *
model_entry(model_t *m, uint64_t number)
{
    return &m->entries[number % MODEL_ENTRIES];
}


static inline uint64_t
model_length(const model_t *m)
{
    return (m->limit.window + AG_SUBWINDOWS - 1) / AG_SUBWINDOWS;
}


/* Time as the window sees it; "last" is not for us to doubt. */
static inline uint64_t
model_us(const model_t *m, const ag_now_t *now)
{
    return (now->us > m->window->last) ? now->us : m->window->last;
}


static inline unsigned
model_is_calendar(const model_t *m)
{
    return m->limit.kind == AG_WINDOW_DAY || m->limit.kind == AG_WINDOW_MONTH;
}


static inline void
model_begin_period(model_t *m, int64_t wall)
{
    time_t     moment;
    struct tm  parts;

    moment = (time_t) wall;
    (void) gmtime_r(&moment, &parts);

    parts.tm_sec = 0;
    parts.tm_min = 0;
    parts.tm_hour = 0;
    parts.tm_mday = (m->limit.kind == AG_WINDOW_DAY) ? parts.tm_mday : 1;
    m->period = (int64_t) timegm(&parts);

    parts.tm_mday += (m->limit.kind == AG_WINDOW_DAY);
    parts.tm_mon += (m->limit.kind == AG_WINDOW_MONTH);
    m->period_end = (int64_t) timegm(&parts);

    m->periods++;
}


/* Does the entry count at "us", as the kind has it? */
static inline unsigned
model_counts(const model_t *m, const model_entry_t *entry, uint64_t us)
{
    switch (m->limit.kind) {

    case AG_WINDOW_LOG:
        return us < entry->at || us - entry->at < m->limit.window;

    case AG_WINDOW_RING:
        return us / model_length(m)
               <= entry->at / model_length(m) + AG_SUBWINDOWS;

    case AG_WINDOW_COUNT:
        return 1;

    default:
        return entry->at == m->periods;
    }
}


static inline model_sums_t
model_sums(model_t *m, const ag_now_t *now)
{
    uint64_t              i, us;
    model_sums_t          sums;
    const model_entry_t  *entry;

    us = model_us(m, now);
    memset(&sums, 0, sizeof(sums));

    if (model_is_calendar(m) && now->wall >= m->period_end) {
        return sums;
    }

    for (i = m->first; i < m->next; i++) {
        entry = model_entry(m, i);

        if (model_counts(m, entry, us)) {
            sums.low += entry->low;
            sums.high += entry->high;
        }

        if (m->limit.window == 0 || us - entry->at < m->limit.window) {
            sums.strict += entry->low;
        }
    }

    return sums;
}


/* Forgets what does not count at "us", which is behind all clocks. */
static inline void
model_prune(model_t *m, uint64_t us)
{
    const model_entry_t  *entry;

    while (m->first < m->next) {
        entry = model_entry(m, m->first);

        if (entry->high > 0 && model_counts(m, entry, us)) {
            break;
        }

        m->first++;
    }
}


static inline unsigned
model_is_full(const model_t *m)
{
    return m->next - m->first >= MODEL_ENTRIES;
}


/* It may have left, but nothing lies in its place. */
static inline unsigned
model_has(const model_t *m, uint64_t number)
{
    return m->next - number <= MODEL_ENTRIES;
}


/* Returns the number of the entry. */
static inline uint64_t
model_add(model_t *m, uint64_t us, const ag_now_t *now, uint64_t low,
    uint64_t high)
{
    model_entry_t  *entry;

    if (model_is_calendar(m) && now->wall >= m->period_end) {
        model_begin_period(m, now->wall);
    }

    entry = model_entry(m, m->next);
    entry->at = model_is_calendar(m) ? m->periods : us;
    entry->low = low;
    entry->high = high;

    return m->next++;
}


/*
 * Did whoever died at that time leave the window in its old period?  Then all
 * is there as it was, and counts again for a clock that steps back.
 */
static inline unsigned
model_stayed(const model_t *m, const ag_now_t *now)
{
    return model_is_calendar(m) && now->wall >= m->period_end
           && m->window->head == (uint64_t) m->period;
}


/* Is nothing that may count younger than the entry? */
static inline unsigned
model_is_last(model_t *m, uint64_t number)
{
    uint64_t  i;

    for (i = number + 1; i < m->next; i++) {

        if (model_entry(m, i)->high > 0) {
            return 0;
        }
    }

    return 1;
}


/* Something that surely counts is younger. */
static inline unsigned
model_is_covered(model_t *m, uint64_t number)
{
    uint64_t  i;

    for (i = number + 1; i < m->next; i++) {

        if (model_entry(m, i)->low > 0) {
            return 1;
        }
    }

    return 0;
}


/* A log knows no more than its last "known" admissions. */
static inline void
model_forget(model_t *m, uint64_t known)
{
    uint64_t        i;
    model_entry_t  *entry;

    for (i = m->next; i > m->first; i--) {
        entry = model_entry(m, i - 1);

        if (entry->high == 0) {
            continue;
        }

        if (known == 0) {
            entry->low = 0;

        } else {
            known--;
        }
    }
}


#endif /* _LIMIT_MODEL_H_INCLUDED_ */
