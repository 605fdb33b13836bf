/*
 * Copyright (C) ngx_agent authors
 *
 * Single flight as many workers live it: calls come, lead, land, fail and
 * give up, processes die and are replaced, in an order that is random and the
 * same in every run.  A slow list of flights knows what the table must say.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_flight.h"


#define WORKERS    7
#define CALLS      24               /* at once */
#define KEYS       6
#define SEQUENCES  60
#define STEPS      1500
#define MODELS     (CALLS + 1)


typedef enum {
    IDLE = 0,
    LEADS,
    FOLLOWS
} part_t;


/* What a flight must be. */
typedef struct {
    uint64_t            number;     /* 0: none */
    unsigned            key;
    ag_flight_state_t   state;
    uint64_t            leader;     /* while it RUNS */
    unsigned            followers;  /* a bit each */
    unsigned            failures;
    unsigned            error;
} model_t;


typedef struct {
    part_t              part;
    unsigned            worker;
    unsigned            key;
    ag_flight_t         flight;
} call_t;


typedef struct {
    uint64_t            seed;
    unsigned            rows;
    uint64_t            pids[WORKERS];
    uint64_t            last_pid;
    uint64_t            last_number;
    unsigned            told;       /* workers that have not looked since */
    unsigned            errors;
    call_t              calls[CALLS];
    model_t             models[MODELS];

    unsigned            led;        /* how often things happened at all */
    unsigned            alone;
    unsigned            failed;
    unsigned            lost;
    unsigned            over;
} world_t;


/* The numbers that the workers have. */
static const unsigned  numbers[WORKERS] = { 0, 1, 63, 64, 127, 128, 255 };

static ag_flights_t    *flights;


static unsigned
any(world_t *w, unsigned n)
{
    uint64_t  x;

    w->seed += UINT64_C(0x9e3779b97f4a7c15);
    x = w->seed;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);

    return (unsigned) ((x ^ (x >> 31)) % n);
}


static model_t *
model_of(world_t *w, uint64_t number)
{
    unsigned  i;

    for (i = 0; i < MODELS; i++) {
        if (number != 0 && w->models[i].number == number) {
            return &w->models[i];
        }
    }

    return NULL;
}


/* The one that who asks for that key gets a part in. */
static model_t *
model_by_key(world_t *w, unsigned key)
{
    unsigned  i;
    model_t  *m, *found;

    found = NULL;

    for (i = 0; i < MODELS; i++) {
        m = &w->models[i];

        if (m->number != 0 && m->key == key && m->state != AG_FLIGHT_FAILED) {
            assert_null(found);
            found = m;
        }
    }

    return found;
}


static unsigned
model_count(world_t *w)
{
    unsigned  i, n;

    n = 0;

    for (i = 0; i < MODELS; i++) {
        n += (w->models[i].number != 0);
    }

    return n;
}


/* Workers of the set as the table has it. */
static unsigned
set_of(const ag_flight_workers_t *told)
{
    unsigned             i, set;
    ag_flight_workers_t  rest;

    rest = *told;
    set = 0;

    for (i = 0; i < WORKERS; i++) {
        if ((rest.bits[numbers[i] / 64] >> numbers[i] % 64) & 1) {
            set |= 1u << i;
            rest.bits[numbers[i] / 64] &= ~(UINT64_C(1) << numbers[i] % 64);
        }
    }

    for (i = 0; i < AG_FLIGHT_WORKERS / 64; i++) {
        assert_true(rest.bits[i] == 0);
    }

    return set;
}


static void
tell(world_t *w, const ag_flight_workers_t *told, unsigned expected)
{
    assert_int_equal(set_of(told), expected);
    w->told |= expected;
}


static unsigned
follows(world_t *w, unsigned worker, uint64_t number)
{
    unsigned  i, n;

    n = 0;

    for (i = 0; i < CALLS; i++) {
        n += (w->calls[i].part == FOLLOWS
              && w->calls[i].worker == worker
              && w->calls[i].flight.number == number);
    }

    return n;
}


/* Nobody leads it any more. */
static void
model_lose(model_t *m, ag_flight_state_t state)
{
    m->state = state;
    m->leader = 0;

    if (m->followers == 0) {
        m->number = 0;
    }
}


static void
model_leave(model_t *m, unsigned worker)
{
    m->followers &= ~(1u << worker);

    if (m->state != AG_FLIGHT_RUNS && m->followers == 0) {
        m->number = 0;
    }
}


/* The whole table against the list. */
static void
check(world_t *w)
{
    unsigned             i, j;
    call_t              *c, *other;
    model_t             *m;
    const char          *wrong;
    ag_flight_state_t    state;
    ag_flight_failure_t  failure;

    wrong = ag_flight_check(flights);

    if (wrong != NULL) {
        fail_msg("%s", wrong);
    }

    assert_int_equal(ag_flight_count(flights), model_count(w));

    for (i = 0; i < CALLS; i++) {
        c = &w->calls[i];

        if (c->part == IDLE) {
            continue;
        }

        m = model_of(w, c->flight.number);
        state = ag_flight_look(flights, &c->flight, &failure);

        assert_int_equal(state, m == NULL ? AG_FLIGHT_LANDED : m->state);
        assert_true(ag_flight_leader(flights, &c->flight)
                    == (m == NULL ? 0 : m->leader));
        assert_int_equal(ag_flight_others(flights, &c->flight,
                                          numbers[c->worker]),
                         m != NULL
                         && (m->followers & ~(1u << c->worker)) != 0);

        if (state == AG_FLIGHT_FAILED) {
            assert_int_equal(failure.error, m->error);
        }

        if (c->part != LEADS) {
            continue;
        }

        assert_true(m != NULL && m->leader == w->pids[c->worker]);

        for (j = 0; j < i; j++) {
            other = &w->calls[j];
            assert_false(other->part == LEADS && other->key == c->key);
        }
    }
}


static void
come(world_t *w, call_t *c)
{
    model_t           *m, *free;
    ag_char_t          key[AG_FLIGHT_KEY];
    ag_flight_part_t   part;

    c->worker = any(w, WORKERS);
    c->key = any(w, KEYS);

    /* some are of one bucket */

    memset(key, 7, sizeof(key));
    key[0] = (ag_char_t) (c->key % 3);
    key[20] = (ag_char_t) c->key;

    m = model_by_key(w, c->key);

    part = ag_flight_join(flights, key, numbers[c->worker],
                          w->pids[c->worker], &c->flight);

    if (m == NULL && model_count(w) == w->rows) {
        assert_int_equal(part, AG_FLIGHT_ALONE);
        w->alone++;
        return;
    }

    if (m != NULL && m->state == AG_FLIGHT_RUNS) {
        assert_int_equal(part, AG_FLIGHT_FOLLOWS);
        assert_true(c->flight.number == m->number);
        c->part = FOLLOWS;
        m->followers |= 1u << c->worker;
        return;
    }

    assert_int_equal(part, AG_FLIGHT_LEADS);
    c->part = LEADS;
    w->led++;

    if (m == NULL) {
        for (free = w->models; free->number != 0; free++) { /* void */ }

        m = free;
        assert_true(c->flight.number > w->last_number);
        w->last_number = c->flight.number;

        memset(m, 0, sizeof(*m));
        m->number = c->flight.number;
        m->key = c->key;
    }

    assert_true(c->flight.number == m->number);
    m->state = AG_FLIGHT_RUNS;
    m->leader = w->pids[c->worker];
}


static void
land(world_t *w, call_t *c)
{
    model_t              *m;
    ag_flight_workers_t   told;

    m = model_of(w, c->flight.number);

    ag_flight_land(flights, &c->flight, &told);
    tell(w, &told, m->followers);

    m->number = 0;
    c->part = IDLE;
}


static void
lead_fails(world_t *w, call_t *c, unsigned shares)
{
    unsigned              final;
    model_t              *m;
    ag_flight_failure_t   failure;
    ag_flight_workers_t   told;

    m = model_of(w, c->flight.number);

    memset(&failure, 0, sizeof(failure));
    failure.error = ++w->errors;
    failure.shared = shares & 1;

    ag_flight_fail(flights, &c->flight, &failure, &told);
    tell(w, &told, m->followers);

    m->failures++;
    m->error = failure.error;
    assert_true(m->failures <= AG_FLIGHT_ROUNDS);

    final = shares || m->failures == AG_FLIGHT_ROUNDS;
    w->failed += final && m->followers != 0;

    model_lose(m, final ? AG_FLIGHT_FAILED : AG_FLIGHT_OPEN);
    c->part = IDLE;
}


/* A follower's client is gone, or it has been told enough. */
static void
leave(world_t *w, call_t *c)
{
    model_t  *m;

    c->part = IDLE;

    if (follows(w, c->worker, c->flight.number) > 0) {
        return;
    }

    m = model_of(w, c->flight.number);
    ag_flight_leave(flights, &c->flight, numbers[c->worker]);

    if (m != NULL) {
        model_leave(m, c->worker);
    }
}


static unsigned
is_alive(world_t *w, uint64_t pid)
{
    unsigned  i;

    for (i = 0; i < WORKERS; i++) {
        if (w->pids[i] == pid) {
            return 1;
        }
    }

    return 0;
}


/* A follower looks what has become of its flight. */
static void
look(world_t *w, call_t *c)
{
    uint64_t              leader;
    model_t              *m;
    ag_flight_part_t      part;
    ag_flight_workers_t   told;

    m = model_of(w, c->flight.number);

    switch (ag_flight_look(flights, &c->flight, NULL)) {

    case AG_FLIGHT_RUNS:
        leader = ag_flight_leader(flights, &c->flight);

        part = ag_flight_take_over(flights, &c->flight, numbers[c->worker],
                                   w->pids[c->worker]);
        assert_int_equal(part, AG_FLIGHT_FOLLOWS);

        if (is_alive(w, leader)) {
            ag_flight_lost(flights, &c->flight, w->last_pid + 1, &told);
            tell(w, &told, 0);
            return;
        }

        ag_flight_lost(flights, &c->flight, leader, &told);
        tell(w, &told, m->followers);
        model_lose(m, AG_FLIGHT_OPEN);
        w->lost++;
        return;

    case AG_FLIGHT_OPEN:
        part = ag_flight_take_over(flights, &c->flight, numbers[c->worker],
                                   w->pids[c->worker]);
        assert_int_equal(part, AG_FLIGHT_LEADS);

        m->state = AG_FLIGHT_RUNS;
        m->leader = w->pids[c->worker];
        c->part = LEADS;

        if (follows(w, c->worker, c->flight.number) == 0) {
            ag_flight_leave(flights, &c->flight, numbers[c->worker]);
            model_leave(m, c->worker);
        }

        return;

    default:
        leave(w, c);
        w->over++;
        return;
    }
}


/* Its calls are gone without a word; the next process buries it, or the one
 * that has its number later. */
static void
die(world_t *w, unsigned worker, unsigned is_buried)
{
    unsigned              i, expected;
    model_t              *m;
    uint64_t              pid;
    ag_flight_workers_t   told;

    pid = w->pids[worker];
    expected = 0;

    for (i = 0; i < CALLS; i++) {
        if (w->calls[i].part != IDLE && w->calls[i].worker == worker) {
            w->calls[i].part = IDLE;
        }
    }

    w->pids[worker] = ++w->last_pid;
    w->told &= ~(1u << worker);

    ag_flight_bury(flights, numbers[worker], is_buried ? pid : 0, &told);

    for (i = 0; i < MODELS; i++) {
        m = &w->models[i];

        if (m->number == 0) {
            continue;
        }

        model_leave(m, worker);

        if (m->number != 0 && is_buried && m->state == AG_FLIGHT_RUNS
            && m->leader == pid)
        {
            expected |= m->followers;
            model_lose(m, AG_FLIGHT_OPEN);
        }
    }

    tell(w, &told, expected);
}


static void
step(world_t *w)
{
    unsigned  chance;
    call_t   *c;

    if (any(w, 60) == 0) {
        die(w, any(w, WORKERS), any(w, 3) > 0);
        return;
    }

    c = &w->calls[any(w, CALLS)];
    chance = any(w, 12);

    switch (c->part) {

    case IDLE:
        come(w, c);
        break;

    case LEADS:
        if (chance < 2) {
            land(w, c);

        } else if (chance < 6) {
            lead_fails(w, c, chance == 2);
        }

        break;

    default:
        if (chance == 0) {
            leave(w, c);

        } else if (chance < 6 || (w->told >> c->worker & 1)) {
            look(w, c);
        }
    }
}


/*
 * No call comes any more: leaders end, the told look, and sometimes all who
 * still wait look whether their leader is alive.  All must end.
 */
static void
end(world_t *w)
{
    unsigned  i, round, left;

    left = 1;

    for (round = 0; left > 0; round++) {
        assert_true(round < CALLS * (AG_FLIGHT_ROUNDS + 3));
        left = 0;

        for (i = 0; i < CALLS; i++) {
            if (w->calls[i].part == LEADS) {
                if (any(w, 2)) {
                    lead_fails(w, &w->calls[i], 0);

                } else {
                    land(w, &w->calls[i]);
                }

            } else if (w->calls[i].part == FOLLOWS
                       && (round % 2 || (w->told >> w->calls[i].worker & 1)))
            {
                look(w, &w->calls[i]);
            }

            left += (w->calls[i].part != IDLE);
        }

        check(w);
    }
}


static void
run(world_t *w, unsigned rows)
{
    void      *memory;
    unsigned   i, n;
    model_t   *m;

    w->rows = rows;
    memory = malloc(ag_flight_size(rows));
    assert_non_null(memory);
    flights = ag_flight_init(memory, rows);

    for (i = 0; i < WORKERS; i++) {
        w->pids[i] = ++w->last_pid;
    }

    w->last_number = 0;

    for (n = 0; n < STEPS; n++) {
        step(w);
        check(w);

        if (any(w, 300) == 0) {
            ag_flight_mend(flights);
            check(w);
        }
    }

    end(w);

    /* what is left was led by dead processes that nobody follows */

    for (i = 0; i < MODELS; i++) {
        m = &w->models[i];

        if (m->number != 0) {
            assert_int_equal(m->state, AG_FLIGHT_RUNS);
            assert_int_equal(m->followers, 0);
            assert_false(is_alive(w, m->leader));
        }
    }

    for (i = 1; i <= w->last_pid; i++) {
        ag_flight_workers_t  told;

        ag_flight_bury(flights, numbers[0], i, &told);
    }

    memset(w->models, 0, sizeof(w->models));
    check(w);
    assert_int_equal(ag_flight_count(flights), 0);

    free(memory);
}


static void
workers_live_with_it(void **state)
{
    unsigned  i;
    world_t   w;

    (void) state;

    memset(&w, 0, sizeof(w));

    for (i = 0; i < SEQUENCES; i++) {
        w.seed = i;
        run(&w, 1 + i % 9);
    }

    /* all of it was tried */

    assert_true(w.led > 1000);
    assert_true(w.alone > 1000);
    assert_true(w.failed > 100);
    assert_true(w.lost > 100);
    assert_true(w.over > 1000);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(workers_live_with_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
