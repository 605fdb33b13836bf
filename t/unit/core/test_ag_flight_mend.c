/*
 * Copyright (C) ngx_agent authors
 *
 * Death within the lock: a child goes through each operation instruction by
 * instruction, and whenever the table has changed it is mended as if the
 * child had died there.  Where nobody may be traced there is nothing to see.
 */


#define _GNU_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/ag_flight_parts.h"


#define ROWS       6
#define WORKERS    10               /* whose bits and processes are used */
#define STEPS_MAX  200000
#define UNTRACED   77               /* exit status */


typedef enum {
    LED = 0,                        /* by 1, followed by 2, 3 */
    LONELY,                         /* by 4; of the same bucket */
    OPEN,                           /* followed by 5, 6; of the same bucket */
    FAILED,                         /* followed by 7 */
    LAST,                           /* as LED, its last leader */
    HOLDS
} hold_t;


/* What can be learned of a flight. */
typedef struct {
    ag_flight_state_t    state;
    uint64_t             leader;
    unsigned             followed;
    ag_flight_failure_t  failure;
} seen_t;


static size_t                size;
static ag_flights_t         *shared;        /* with the child */
static ag_flights_t         *grave;         /* a copy of it, mended */
static ag_flights_t         *flights;       /* one of these */
static ag_char_t            *last, *again;
static ag_flight_t           holds[HOLDS];
static ag_flight_workers_t   told;
static seen_t                before[HOLDS], after[HOLDS];
static unsigned              deaths;


static ag_flight_part_t
join(unsigned key, unsigned worker, ag_flight_t *flight)
{
    ag_char_t  bytes[AG_FLIGHT_KEY];

    memset(bytes, 0, sizeof(bytes));
    bytes[0] = (ag_char_t) key;
    bytes[9] = (ag_char_t) (key >> 8);

    return ag_flight_join(flights, bytes, worker, 1000 + worker, flight);
}


static void
lead_fails(const ag_flight_t *flight, unsigned shares)
{
    ag_flight_failure_t  failure;

    memset(&failure, 'f', sizeof(failure));
    failure.error = 40 + shares;
    failure.shared = shares & 1;
    failure.len = 100;

    ag_flight_fail(flights, flight, &failure, &told);
}


static void
make_world(void)
{
    unsigned     i;
    ag_flight_t  f;

    ag_flight_init(flights, ROWS);

    join(0x001, 1, &holds[LED]);
    join(0x001, 2, &f);
    join(0x001, 3, &f);

    join(0x101, 4, &holds[LONELY]);

    join(0x201, 1, &holds[OPEN]);
    join(0x201, 5, &f);
    join(0x201, 6, &f);
    lead_fails(&holds[OPEN], 0);

    join(0x002, 1, &holds[FAILED]);
    join(0x002, 7, &f);
    lead_fails(&holds[FAILED], 1);

    join(0x004, 1, &holds[LAST]);
    join(0x004, 2, &f);
    join(0x004, 3, &f);

    for (i = 1; i < AG_FLIGHT_ROUNDS; i++) {
        lead_fails(&holds[LAST], 0);
        ag_flight_take_over(flights, &holds[LAST], 3, 1003);
    }

    assert_int_equal(ag_flight_count(flights), HOLDS);
    assert_null(ag_flight_check(flights));
}


static void
see(seen_t *seen)
{
    unsigned  i;

    memset(seen, 0, HOLDS * sizeof(seen_t));

    for (i = 0; i < HOLDS; i++) {
        seen[i].state = ag_flight_look(flights, &holds[i], &seen[i].failure);
        seen[i].leader = ag_flight_leader(flights, &holds[i]);
        seen[i].followed = ag_flight_others(flights, &holds[i],
                                            AG_FLIGHT_WORKERS);
    }
}


/* Mended, each flight is as before or as after, and all can go on. */
static void
die(const ag_char_t *table, unsigned step)
{
    unsigned     i;
    const char  *wrong;
    seen_t       now[HOLDS];
    ag_flight_t  flight;

    deaths++;
    memcpy(grave, table, size);
    flights = grave;

    ag_flight_mend(grave);
    memcpy(again, grave, size);
    ag_flight_mend(grave);
    assert_memory_equal(again, grave, size);

    wrong = ag_flight_check(grave);

    if (wrong != NULL) {
        fail_msg("step %u: %s", step, wrong);
    }

    see(now);

    for (i = 0; i < HOLDS; i++) {
        if ((now[i].state != before[i].state
             && now[i].state != after[i].state)
            || (now[i].leader != before[i].leader
                && now[i].leader != after[i].leader)
            || (now[i].followed != before[i].followed
                && now[i].followed != after[i].followed)
            || (memcmp(&now[i].failure, &before[i].failure,
                       sizeof(ag_flight_failure_t)) != 0
                && memcmp(&now[i].failure, &after[i].failure,
                          sizeof(ag_flight_failure_t)) != 0))
        {
            fail_msg("step %u, flight %u: state %u, leader %u, followed %u",
                     step, i, now[i].state, (unsigned) now[i].leader,
                     now[i].followed);
        }
    }

    /* a number is not given to two */

    if (join(0x77, 8, &flight) == AG_FLIGHT_LEADS) {
        for (i = 0; i < ROWS; i++) {
            assert_true(i == flight.row
                        || ag_flight_row(grave, i)->number < flight.number);
        }
    }

    for (i = 0; i < WORKERS; i++) {
        ag_flight_bury(grave, i, 1000 + i, &told);
    }

    assert_int_equal(ag_flight_count(grave), 0);
    assert_null(ag_flight_check(grave));

    for (i = 0; i < ROWS; i++) {
        assert_int_equal(join(i, i, &flight), AG_FLIGHT_LEADS);
    }

    assert_int_equal(join(i, i, &flight), AG_FLIGHT_ALONE);
    assert_null(ag_flight_check(grave));
}


static void
child(void (*operation)(void))
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
        _exit(UNTRACED);
    }

    flights = shared;

    kill(getpid(), SIGSTOP);
    operation();
    kill(getpid(), SIGUSR1);
    _exit(0);
}


/* Until the signal that says that the operation is over. */
static void
trace(pid_t pid)
{
    int       status;
    unsigned  step;

    if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) {
        skip();
    }

    for (step = 0; step < STEPS_MAX; step++) {
        if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0
            || waitpid(pid, &status, 0) != pid
            || !WIFSTOPPED(status)
            || WSTOPSIG(status) != SIGTRAP)
        {
            break;
        }

        if (memcmp(last, shared, size) != 0) {
            memcpy(last, shared, size);
            die(last, step);
        }
    }

    kill(pid, SIGKILL);
    assert_true(WIFSTOPPED(status) && WSTOPSIG(status) == SIGUSR1);
    waitpid(pid, &status, 0);
}


/* "prepare" (or NULL) is done before, and "operation" is died in. */
static void
die_in(void (*prepare)(void), void (*operation)(void), unsigned least)
{
    pid_t  pid;

    flights = shared;
    make_world();
    see(before);

    memcpy(grave, shared, size);
    flights = grave;

    if (prepare != NULL) {
        prepare();
    }

    operation();
    assert_null(ag_flight_check(grave));
    see(after);

    flights = shared;

    if (prepare != NULL) {
        prepare();
    }

    memcpy(last, shared, size);
    deaths = 0;

    pid = fork();
    assert_true(pid >= 0);

    if (pid == 0) {
        child(operation);
    }

    trace(pid);

    /* or else it was not watched at all */

    assert_true(deaths >= least);
    assert_memory_equal(last, shared, size);
}


static void
do_begin(void)
{
    ag_flight_t  f;

    join(0x301, 9, &f);
}


static void
do_follow(void)
{
    ag_flight_t  f;

    join(0x101, 9, &f);
}


static void
do_lead_open(void)
{
    ag_flight_t  f;

    join(0x201, 9, &f);
}


static void
do_begin_after_failure(void)
{
    ag_flight_t  f;

    join(0x002, 9, &f);
}


static void
do_take_over(void)
{
    ag_flight_t  f;

    f = holds[OPEN];
    ag_flight_take_over(flights, &f, 6, 1006);
}


static void
do_land(void)
{
    ag_flight_land(flights, &holds[LED], &told);
}


static void
do_land_lonely(void)
{
    ag_flight_land(flights, &holds[LONELY], &told);
}


static void
do_fail(void)
{
    lead_fails(&holds[LED], 0);
}


static void
do_fail_shared(void)
{
    lead_fails(&holds[LED], 1);
}


static void
do_fail_last(void)
{
    lead_fails(&holds[LAST], 0);
}


static void
do_fail_lonely(void)
{
    lead_fails(&holds[LONELY], 0);
}


static void
do_lose(void)
{
    ag_flight_lost(flights, &holds[LED], 1001, &told);
}


static void
do_lose_lonely(void)
{
    ag_flight_lost(flights, &holds[LONELY], 1004, &told);
}


static void
do_leave_open(void)
{
    ag_flight_leave(flights, &holds[OPEN], 5);
    ag_flight_leave(flights, &holds[OPEN], 6);
}


static void
do_leave_failed(void)
{
    ag_flight_leave(flights, &holds[FAILED], 7);
}


static void
do_bury(void)
{
    ag_flight_bury(flights, 3, 1003, &told);
}


static void
do_bury_leader(void)
{
    ag_flight_bury(flights, 1, 1001, &told);
}


/* All that is not in the rows is lost. */
static void
scramble(void)
{
    unsigned  i;

    for (i = 0; i < flights->buckets; i++) {
        *ag_flight_bucket(flights, i) = i;
    }

    for (i = 0; i < ROWS; i++) {
        ag_flight_row(flights, i)->next = 3;
    }

    flights->vacant = 1;
    flights->count = 99;
}


static void
do_mend(void)
{
    ag_flight_mend(flights);
}


static void
who_joins_may_die(void **state)
{
    (void) state;

    die_in(NULL, do_begin, 5);
    die_in(NULL, do_follow, 1);
    die_in(NULL, do_lead_open, 3);
    die_in(NULL, do_begin_after_failure, 5);
    die_in(NULL, do_take_over, 3);
}


static void
who_ends_may_die(void **state)
{
    (void) state;

    die_in(NULL, do_land, 4);
    die_in(NULL, do_land_lonely, 4);
    die_in(NULL, do_fail, 20);
    die_in(NULL, do_fail_shared, 20);
    die_in(NULL, do_fail_last, 2);
    die_in(NULL, do_fail_lonely, 4);
}


static void
who_leaves_or_buries_may_die(void **state)
{
    (void) state;

    die_in(NULL, do_lose, 1);
    die_in(NULL, do_lose_lonely, 4);
    die_in(NULL, do_leave_open, 5);
    die_in(NULL, do_leave_failed, 4);
    die_in(NULL, do_bury, 3);
    die_in(NULL, do_bury_leader, 1);
}


static void
who_mends_may_die(void **state)
{
    (void) state;

    die_in(scramble, do_mend, 10);
}


static int
setup(void **state)
{
    int        cpu;
    void      *memory;
    cpu_set_t  one;

    (void) state;

    /* two processes that wait for each other run better on one CPU */

    cpu = sched_getcpu();

    if (cpu >= 0) {
        CPU_ZERO(&one);
        CPU_SET((unsigned) cpu, &one);
        (void) sched_setaffinity(0, sizeof(one), &one);
    }

    size = ag_flight_size(ROWS);
    memory = mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS,
                  -1, 0);

    if (memory == MAP_FAILED) {
        return -1;
    }

    shared = memory;
    grave = malloc(size);
    last = malloc(size);
    again = malloc(size);

    return (grave != NULL && last != NULL && again != NULL) ? 0 : -1;
}


static int
teardown(void **state)
{
    (void) state;

    munmap(shared, size);
    free(grave);
    free(last);
    free(again);

    return 0;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(who_joins_may_die),
        cmocka_unit_test(who_ends_may_die),
        cmocka_unit_test(who_leaves_or_buries_may_die),
        cmocka_unit_test(who_mends_may_die),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
