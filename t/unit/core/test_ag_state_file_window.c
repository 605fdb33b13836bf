/*
 * Copyright (C) ngx_agent authors
 *
 * Windows in state files: what they remember is what they remembered, older
 * by the time that went by, and never less strict.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/state_file_test.h"


static ag_buf_t      file;
static uint64_t      room[AG_STATE_FILE_RECORD_MAX / 8];
static ag_window_t  *window;
static unsigned      dice;


static const uint64_t  id[2] = { 1, 2 };


static int
setup(void **state)
{
    (void) state;
    ag_buf_init(&file, AG_STATE_FILE_RECORD_MAX);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;
    ag_buf_free(&file);
    free(window);
    window = NULL;

    return 0;
}


static unsigned
chance(unsigned below)
{
    dice = dice * 1103515245u + 12345u;

    return (dice >> 16) % below;
}


/* Writes the window at one time and reads it at another. */
static ag_window_t *
again(ag_now_t written, ag_now_t read, uint64_t elapsed)
{
    uint64_t      same[2];
    ag_str_t      text;
    ag_window_t  *other;

    file.len = 0;
    assert_int_equal(ag_state_file_write(&file, id, window, &written), AG_OK);

    other = (ag_window_t *) room;
    memset(room, 0xcc, sizeof(room));
    text = ag_buf_str(&file);
    assert_int_equal(ag_state_file_read(&text, same, other, sizeof(room),
                                        &read, elapsed), AG_OK);
    assert_int_equal(text.len, 0);

    return other;
}


/* Is the window all right?  Then there is nothing to mend. */
static void
consistent(ag_window_t *other, const ag_limit_t *limit)
{
    ag_window_t  *mended;

    mended = malloc(ag_window_size(limit));
    memcpy(mended, other, ag_window_size(limit));
    ag_window_mend(mended);
    assert_memory_equal(mended, other, ag_window_size(limit));
    free(mended);

    assert_true(ag_window_suits(other, limit));
}


static void
an_admission_leaves_when_it_would_have(void **state)
{
    ag_limit_t    limit;
    ag_window_t  *other;

    (void) state;

    limit = limit_of(AG_WINDOW_LOG, 3, HOUR);
    window = window_of(&limit);
    take(window, &limit, 1, after(0));
    take(window, &limit, 1, after(20 * MINUTE));

    /* written at half past, read 10 minutes later on another machine's clock */

    other = again(after(30 * MINUTE), at(5 * DAY, NOON + 2400), 10 * MINUTE);
    consistent(other, &limit);
    assert_int_equal(used(other, at(5 * DAY, 0)), 2);
    assert_int_equal(used(other, at(5 * DAY + 20 * MINUTE - 1, 0)), 2);
    assert_int_equal(used(other, at(5 * DAY + 20 * MINUTE, 0)), 1);
    assert_int_equal(used(other, at(5 * DAY + 40 * MINUTE - 1, 0)), 1);
    assert_int_equal(used(other, at(5 * DAY + 40 * MINUTE, 0)), 0);

    /* what has left is not there */

    other = again(after(30 * MINUTE), at(5 * DAY, 0), 30 * MINUTE - 1);
    assert_int_equal(other->head, 2);
    other = again(after(30 * MINUTE), at(5 * DAY, 0), 30 * MINUTE);
    assert_int_equal(other->head, 1);
    other = again(after(30 * MINUTE), at(5 * DAY, 0), DAY);
    assert_int_equal(other->head, 0);
    consistent(other, &limit);
    other = again(after(30 * MINUTE), at(5 * DAY, 0), UINT64_MAX);
    assert_int_equal(other->head, 0);
}


static void
what_has_left_is_not_written(void **state)
{
    unsigned    i;
    size_t      empty;
    ag_limit_t  limit;

    (void) state;

    empty = AG_STATE_FILE_MARK + AG_STATE_FILE_BODY;

    for (i = 0; i < 2; i++) {
        limit = limit_of((i == 0) ? AG_WINDOW_LOG : AG_WINDOW_RING, 3, HOUR);
        free(window);
        window = window_of(&limit);
        take(window, &limit, 1, after(0));
        take(window, &limit, 1, after(20 * MINUTE));

        (void) again(after(30 * MINUTE), after(0), 0);
        assert_int_equal(file.len, empty + 2 * 8 * (i + 1));
        (void) again(after(70 * MINUTE), after(0), 0);
        assert_int_equal(file.len, empty + 8 * (i + 1));
        (void) again(after(90 * MINUTE), after(0), 0);
        assert_int_equal(file.len, empty);
    }
}


static void
a_log_is_filled_from_its_oldest(void **state)
{
    unsigned      i, count;
    ag_claim_t    claim;
    ag_verdict_t  verdict;
    ag_now_t      now;
    ag_limit_t    limit;
    ag_window_t  *other;

    (void) state;

    limit = limit_of(AG_WINDOW_LOG, 4, HOUR);

    for (count = 0; count < 12; count++) {
        free(window);
        window = window_of(&limit);

        for (i = 0; i < count; i++) {
            take(window, &limit, 1, after(i * MINUTE));
        }

        now = after(count * MINUTE);
        other = again(now, now, 0);
        consistent(other, &limit);
        assert_int_equal(used(other, now), (count < 4) ? count : 4);

        /* the next is refused exactly as long as it would have been */

        if (count >= 4) {
            memset(&claim, 0, sizeof(claim));
            claim.limit = &limit;
            claim.window = other;
            claim.max = 4;
            claim.amount = 1;

            ag_limit_take(&claim, 1, &now, &verdict);
            assert_int_equal(verdict.result, AG_LIMIT_FULL);
            assert_true(verdict.wait == HOUR - 4 * MINUTE);
        }
    }
}


static void
a_sum_is_the_same_at_any_time(void **state)
{
    unsigned      i, j, k;
    uint64_t      later;
    ag_now_t      now;
    ag_limit_t    limit;
    ag_window_t  *other;

    static const uint64_t  lengths[] = { HOUR, HOUR + 1, DAY, 30 * DAY, 601 };

    (void) state;

    for (i = 0; i < 50; i++) {
        limit = limit_of(AG_WINDOW_RING, 0, lengths[i % 5]);
        free(window);
        window = window_of(&limit);
        later = 0;

        for (j = 0; j < 200; j++) {
            later += limit.window / 100 * chance(3) + chance(50);
            take(window, &limit, chance(1000), after(later));
        }

        later += limit.window / 1000 * chance(900);
        now = after(later);
        other = again(now, now, 0);
        consistent(other, &limit);

        for (k = 0; k < 1300; k++) {
            now = after(later + k * (limit.window / 1200 + 1));
            assert_true(used(other, now) == used(window, now));
        }
    }
}


/* Its parts begin at other times than before. */
static void
a_sum_never_leaves_too_early(void **state)
{
    unsigned      i, j, k;
    uint64_t      later, elapsed, part, shift, amounts[200], times[200], us,
                  there, least, most;
    ag_limit_t    limit;
    ag_window_t  *other;

    (void) state;

    limit = limit_of(AG_WINDOW_RING, 0, HOUR);
    part = HOUR / AG_SUBWINDOWS;

    for (i = 0; i < 50; i++) {
        free(window);
        window = window_of(&limit);
        later = 0;

        for (j = 0; j < 200; j++) {
            later += part * chance(5) + chance(1000000);
            times[j] = later;
            amounts[j] = 1 + chance(1000);
            take(window, &limit, amounts[j], after(later));
        }

        later += chance(9000000);
        elapsed = part * chance(200) + chance(6000000);
        shift = 400 * DAY + chance(6000000);

        other = again(after(later), at(shift, 0), elapsed);
        consistent(other, &limit);

        for (k = 0; k < 700; k++) {
            us = k * part + chance(6000000);
            there = used(other, at(shift + us, 0));
            us += later + elapsed;
            least = most = 0;

            /* a part later, and another one as its bounds have moved */

            for (j = 0; j < 200; j++) {
                least += (us - times[j] < HOUR) ? amounts[j] : 0;
                most += (us - times[j] < HOUR + 2 * part) ? amounts[j] : 0;
            }

            assert_true(there >= least);
            assert_true(there <= most);
        }
    }
}


static void
a_period_is_over_when_the_calendar_says_so(void **state)
{
    ag_limit_t    limit;
    ag_window_t  *other;

    (void) state;

    limit = limit_of(AG_WINDOW_DAY, 10, 0);
    window = window_of(&limit);
    take(window, &limit, 7, at(UPTIME, NOON));

    other = again(at(UPTIME, NOON), at(5, NOON + 43199), 43199 * SECOND);
    consistent(other, &limit);
    assert_int_equal(used(other, at(5, NOON + 43199)), 7);
    assert_int_equal(other->sum, 7);
    assert_true(other->head == (uint64_t) NOON - 43200);
    assert_int_equal(used(other, at(5, NOON + 43200)), 0);

    other = again(at(UPTIME, NOON), at(5, NOON + 43200), 43200 * SECOND);
    consistent(other, &limit);
    assert_int_equal(other->sum, 0);

    /* a clock that went back begins nothing anew */

    other = again(at(UPTIME, NOON), at(5, 0), 0);
    assert_int_equal(used(other, at(5, 0)), 7);
    assert_int_equal(used(other, at(5, NOON)), 7);
    assert_int_equal(used(other, at(5, NOON + 43200)), 0);
}


static void
a_month_is_a_month(void **state)
{
    ag_limit_t    limit;
    ag_window_t  *other;

    (void) state;

    limit = limit_of(AG_WINDOW_MONTH, 10, 0);
    window = window_of(&limit);
    take(window, &limit, UINT64_MAX, at(UPTIME, NOON));

    other = again(at(UPTIME, NOON), at(5, NOON + 10 * 86400), 0);
    consistent(other, &limit);
    assert_true(used(other, at(5, NOON + 10 * 86400)) == UINT64_MAX);
    assert_int_equal(used(other, at(5, NOON + 11 * 86400)), 0);
}


static void
an_empty_window_is_empty(void **state)
{
    unsigned      i;
    ag_limit_t    limit;
    ag_window_t  *other;

    static const ag_window_kind_t  kinds[] = {
        AG_WINDOW_LOG, AG_WINDOW_RING, AG_WINDOW_DAY, AG_WINDOW_MONTH
    };

    (void) state;

    for (i = 0; i < 4; i++) {
        limit = limit_of(kinds[i], 5, (i < 2) ? HOUR : 0);
        free(window);
        window = window_of(&limit);

        other = again(after(0), after(0), 0);
        assert_int_equal(file.len, AG_STATE_FILE_MARK + AG_STATE_FILE_BODY);
        consistent(other, &limit);
        assert_int_equal(used(other, after(0)), 0);
    }
}


/* They belong to others. */
static void
epoch_and_behind_are_kept(void **state)
{
    ag_limit_t    limit;
    ag_window_t  *other;

    (void) state;

    limit = limit_of(AG_WINDOW_RING, 0, HOUR);
    window = window_of(&limit);
    window->epoch = UINT64_MAX - 1;
    window->behind = UINT64_C(0x123456789abcdef0);

    other = again(after(0), after(0), 0);
    assert_true(other->epoch == UINT64_MAX - 1);
    assert_true(other->behind == UINT64_C(0x123456789abcdef0));
}


/* Another process had read a later time than the one who writes. */
static void
what_is_yet_to_come_is_of_now(void **state)
{
    ag_limit_t    limit;
    ag_window_t  *other;

    (void) state;

    limit = limit_of(AG_WINDOW_LOG, 3, HOUR);
    window = window_of(&limit);
    take(window, &limit, 1, after(MINUTE));

    other = again(after(0), at(5 * DAY, 0), 0);
    assert_int_equal(used(other, at(5 * DAY + HOUR - 1, 0)), 1);
    assert_int_equal(used(other, at(5 * DAY + HOUR, 0)), 0);

    free(window);
    limit = limit_of(AG_WINDOW_RING, 3, HOUR);
    window = window_of(&limit);
    take(window, &limit, 9, after(MINUTE));

    other = again(after(0), at(5 * DAY, 0), 0);
    assert_int_equal(used(other, at(5 * DAY + HOUR - 1, 0)), 9);
    assert_int_equal(used(other, at(5 * DAY + HOUR + 6 * SECOND, 0)), 0);
}


/* Monotonic time has just begun: it counts from there, rather than not. */
static void
before_the_beginning_of_time_is_its_beginning(void **state)
{
    ag_limit_t    limit;
    ag_window_t  *other;

    (void) state;

    limit = limit_of(AG_WINDOW_LOG, 3, HOUR);
    window = window_of(&limit);
    take(window, &limit, 1, after(0));

    other = again(after(30 * MINUTE), at(MINUTE, 0), 0);
    consistent(other, &limit);
    assert_int_equal(used(other, at(MINUTE, 0)), 1);
    assert_int_equal(used(other, at(HOUR - 1, 0)), 1);
    assert_int_equal(used(other, at(HOUR, 0)), 0);

    free(window);
    limit = limit_of(AG_WINDOW_RING, 3, HOUR);
    window = window_of(&limit);
    take(window, &limit, 9, after(0));

    other = again(after(30 * MINUTE), at(MINUTE, 0), 0);
    consistent(other, &limit);
    assert_int_equal(used(other, at(MINUTE, 0)), 9);
    assert_int_equal(used(other, at(HOUR - 1, 0)), 9);
    assert_int_equal(used(other, at(HOUR + 6 * SECOND, 0)), 0);
}


/* ---- bodies that nobody wrote */

static int
read_body(uint32_t kind, uint32_t capacity, uint64_t length,
    const uint64_t *numbers, size_t count)
{
    size_t     i;
    ag_now_t   now;
    ag_char_t  body[AG_STATE_FILE_BODY + 64];

    memset(body, 0, sizeof(body));
    ag_state_file_set32(body + 16, kind);
    ag_state_file_set32(body + 20, capacity);
    ag_state_file_set64(body + 24, length);

    for (i = 0; i < count; i++) {
        ag_state_file_set64(body + AG_STATE_FILE_BODY + 8 * i, numbers[i]);
    }

    now = after(0);

    return ag_state_file_window(ag_str(body, AG_STATE_FILE_BODY + 8 * count),
                                (ag_window_t *) room, sizeof(room), &now, 0);
}


static void
no_window_looks_like_that(void **state)
{
    uint64_t  numbers[8];

    (void) state;

    memset(numbers, 0, sizeof(numbers));

    assert_int_equal(read_body(AG_WINDOW_LOG, 2, HOUR, numbers, 2), AG_OK);
    assert_int_equal(read_body(AG_WINDOW_LOG, 2, HOUR, numbers, 3),
                     AG_INVALID);
    assert_int_equal(read_body(AG_WINDOW_LOG, 0, HOUR, numbers, 0),
                     AG_INVALID);
    assert_int_equal(read_body(AG_WINDOW_LOG, AG_LIMIT_LOG_MAX, HOUR, numbers,
                               0), AG_OK);
    assert_int_equal(read_body(AG_WINDOW_LOG, AG_LIMIT_LOG_MAX + 1, HOUR,
                               numbers, 0), AG_INVALID);
    assert_int_equal(read_body(AG_WINDOW_LOG, 2, 0, numbers, 0), AG_INVALID);
    assert_int_equal(read_body(AG_WINDOW_LOG, 2, AG_WINDOW_MAX_US, numbers,
                               0), AG_OK);
    assert_int_equal(read_body(AG_WINDOW_LOG, 2, AG_WINDOW_MAX_US + 1,
                               numbers, 0), AG_INVALID);

    assert_int_equal(read_body(AG_WINDOW_RING, 601, HOUR, numbers, 2), AG_OK);
    assert_int_equal(read_body(AG_WINDOW_RING, 601, HOUR, numbers, 3),
                     AG_INVALID);
    assert_int_equal(read_body(AG_WINDOW_RING, 600, HOUR, numbers, 2),
                     AG_INVALID);
    assert_int_equal(read_body(AG_WINDOW_RING, 601, 0, numbers, 0),
                     AG_INVALID);

    assert_int_equal(read_body(AG_WINDOW_DAY, 0, 0, numbers, 0), AG_OK);
    assert_int_equal(read_body(AG_WINDOW_DAY, 0, 0, numbers, 2), AG_OK);
    assert_int_equal(read_body(AG_WINDOW_DAY, 0, 0, numbers, 1), AG_INVALID);
    assert_int_equal(read_body(AG_WINDOW_DAY, 0, 0, numbers, 4), AG_INVALID);
    assert_int_equal(read_body(AG_WINDOW_DAY, 1, 0, numbers, 0), AG_INVALID);
    assert_int_equal(read_body(AG_WINDOW_MONTH, 0, HOUR, numbers, 0),
                     AG_INVALID);

    assert_int_equal(read_body(AG_WINDOW_COUNT, 0, 0, numbers, 0),
                     AG_INVALID);
    assert_int_equal(read_body(UINT32_MAX, 0, 0, numbers, 0), AG_INVALID);
}


static void
sums_and_times_do_not_wrap(void **state)
{
    uint64_t      numbers[8];
    ag_limit_t    limit;
    ag_window_t  *other;

    (void) state;

    other = (ag_window_t *) room;

    numbers[0] = 5;
    numbers[1] = UINT64_MAX;
    numbers[2] = 5;
    numbers[3] = UINT64_MAX;
    numbers[4] = UINT64_MAX;
    numbers[5] = 1;

    limit = limit_of(AG_WINDOW_RING, 0, HOUR);
    assert_int_equal(read_body(AG_WINDOW_RING, 601, HOUR, numbers, 6), AG_OK);
    consistent(other, &limit);
    assert_true(other->sum == UINT64_MAX);

    /* in another order than time's */

    numbers[0] = 0;
    numbers[1] = 30 * MINUTE;
    numbers[2] = UINT64_MAX;

    limit = limit_of(AG_WINDOW_LOG, 5, HOUR);
    assert_int_equal(read_body(AG_WINDOW_LOG, 5, HOUR, numbers, 3), AG_OK);
    consistent(other, &limit);
    assert_int_equal(used(other, after(HOUR - 1)), 2);
    assert_int_equal(used(other, after(HOUR)), 0);

    numbers[0] = UINT64_MAX;
    numbers[1] = 3;

    limit = limit_of(AG_WINDOW_DAY, 0, 0);
    assert_int_equal(read_body(AG_WINDOW_DAY, 0, 0, numbers, 2), AG_OK);
    consistent(other, &limit);
    assert_int_equal(used(other, after(0)), 3);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(an_admission_leaves_when_it_would_have,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_has_left_is_not_written, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_log_is_filled_from_its_oldest,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_sum_is_the_same_at_any_time, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_sum_never_leaves_too_early, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            a_period_is_over_when_the_calendar_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(a_month_is_a_month, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_window_is_empty, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(epoch_and_behind_are_kept, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_yet_to_come_is_of_now, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            before_the_beginning_of_time_is_its_beginning, setup, teardown),
        cmocka_unit_test(no_window_looks_like_that),
        cmocka_unit_test(sums_and_times_do_not_wrap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
