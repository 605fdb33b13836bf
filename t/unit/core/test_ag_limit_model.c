/*
 * Copyright (C) ngx_agent authors
 *
 * Limits against a list of all that was taken: random calls, the same in
 * every run.  The files of windows are included to die between their stores.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define world_check(w, what)                                                  \
    do {                                                                      \
        if (!(what)) {                                                        \
            fail_msg("sequence %u, step %u, line %d: %s", (w)->sequence,      \
                     (w)->step, __LINE__, #what);                             \
        }                                                                     \
    } while (0)

#include "core/limit_steps.h"
#include "core/ag_window_parts.h"


static void maybe_die(void);


#define ag_window_order  maybe_die

#include "core/ag_limit.c"
#include "core/ag_window.c"
#include "core/ag_window_calendar.c"
#include "core/ag_window_count.c"
#include "core/ag_window_log.c"
#include "core/ag_window_ring.c"


static jmp_buf   death;
static unsigned  stores_to_live;        /* 0: for ever */


static void
maybe_die(void)
{
    if (stores_to_live > 0 && --stores_to_live == 0) {
        longjmp(death, 1);
    }
}


static uint64_t
any(world_t *w, uint64_t n)
{
    uint64_t  x;

    w->seed += UINT64_C(0x9e3779b97f4a7c15);
    x = w->seed;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);

    return (x ^ (x >> 31)) % n;
}


static unsigned
call_and_die(world_t *w, world_op_t op, ag_claim_t *claims, unsigned count,
    const ag_now_t *now, ag_verdict_t *verdict)
{
    if (any(w, 8) > 0) {
        return world_call(w, op, claims, count, now, verdict);
    }

    stores_to_live = 1 + (unsigned) any(w, 6 * count);

    if (setjmp(death)) {
        return 1;
    }

    (void) world_call(w, op, claims, count, now, verdict);
    stores_to_live = 0;

    return 0;
}


static void
run(unsigned sequences, unsigned steps, unsigned mortal)
{
    static world_t  w;

    unsigned  i;

    memset(&w, 0, sizeof(w));

    for (w.sequence = 1; w.sequence <= sequences; w.sequence++) {
        w.seed = w.sequence;
        w.chance = any;
        w.call = mortal ? call_and_die : world_call;

        world_begin(&w);

        for (w.step = 0; w.step < steps; w.step++) {
            world_step(&w);
        }

        world_end(&w);
    }

    for (i = 0; i <= AG_LIMIT_NEVER; i++) {
        assert_true(w.verdicts[i] > sequences);
    }

    assert_true(w.waits > sequences);
    assert_true((w.deaths > sequences) == mortal);
}


static void
limits_do_what_a_list_would(void **state)
{
    (void) state;

    run(1250, 400, 0);
}


static void
a_death_leaves_no_window_too_wide(void **state)
{
    (void) state;

    run(1250, 400, 1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(limits_do_what_a_list_would),
        cmocka_unit_test(a_death_leaves_no_window_too_wide)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
