/*
 * Copyright (C) ngx_agent authors
 *
 * The frame of state files: heads, records, what is torn.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/state_file_test.h"


#define FILE_MAX  (1024 * 1024)


static ag_buf_t      file;
static ag_limit_t    ring, log_of_5, month;
static ag_window_t  *windows[3];
static uint64_t      room[AG_STATE_FILE_RECORD_MAX / 8];


static const uint64_t  ids[3][2] = {
    { 1, UINT64_MAX }, { UINT64_C(0x1122334455667788), 0 }, { 7, 7 }
};


/* Three windows of which something counts. */
static int
setup(void **state)
{
    (void) state;

    ag_buf_init(&file, FILE_MAX);

    ring = limit_of(AG_WINDOW_RING, 0, HOUR);
    windows[0] = window_of(&ring);
    take(windows[0], &ring, 500, after(0));
    take(windows[0], &ring, 70, after(10 * MINUTE));

    log_of_5 = limit_of(AG_WINDOW_LOG, 5, HOUR);
    windows[1] = window_of(&log_of_5);
    take(windows[1], &log_of_5, 1, after(0));
    take(windows[1], &log_of_5, 1, after(MINUTE));

    month = limit_of(AG_WINDOW_MONTH, 1000, 0);
    windows[2] = window_of(&month);
    take(windows[2], &month, 33, after(0));

    return 0;
}


static int
teardown(void **state)
{
    unsigned  i;

    (void) state;

    ag_buf_free(&file);

    for (i = 0; i < 3; i++) {
        free(windows[i]);
    }

    return 0;
}


static void
write_all(ag_now_t now)
{
    unsigned  i;

    assert_int_equal(ag_state_file_head(&file, UINT64_C(1795176000123456)),
                     AG_OK);

    for (i = 0; i < 3; i++) {
        assert_int_equal(ag_state_file_write(&file, ids[i], windows[i], &now),
                         AG_OK);
    }
}


static int
read_one(ag_str_t *text, uint64_t id[2], size_t size, ag_now_t now)
{
    return ag_state_file_read(text, id, (ag_window_t *) room, size, &now, 0);
}


/* How many records a file has, in memory of its own. */
static unsigned
records(const ag_char_t *data, size_t len, size_t *rest)
{
    unsigned    count;
    uint64_t    id[2], wall;
    ag_str_t    text;
    ag_char_t  *copy;

    copy = malloc(len + (len == 0));
    memcpy(copy, data, len);
    text = ag_str(copy, len);
    count = 0;

    if (ag_state_file_read_head(&text, &wall) == AG_OK) {
        while (read_one(&text, id, sizeof(room), after(HOUR / 2)) == AG_OK) {
            assert_true(id[0] == ids[count][0] && id[1] == ids[count][1]);
            count++;
        }
    }

    *rest = text.len;
    free(copy);

    return count;
}


static void
long_windows_are_kept_while_they_count(void **state)
{
    unsigned      i;
    ag_now_t      now, late;
    ag_limit_t    limit;
    ag_window_t  *window;

    static const struct {
        ag_window_kind_t  kind;
        uint64_t          window;
        int               kept;
    } cases[] = {
        { AG_WINDOW_LOG, HOUR, 1 },
        { AG_WINDOW_LOG, HOUR - 1, 0 },
        { AG_WINDOW_LOG, DAY, 1 },
        { AG_WINDOW_RING, HOUR, 1 },
        { AG_WINDOW_RING, HOUR - 1, 0 },
        { AG_WINDOW_DAY, 0, 1 },
        { AG_WINDOW_MONTH, 0, 1 },
        { AG_WINDOW_COUNT, 0, 0 }
    };

    (void) state;

    now = after(0);
    late = after(62 * DAY);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        limit = limit_of(cases[i].kind, 5, cases[i].window);
        window = window_of(&limit);

        assert_false(ag_state_file_keeps(window, &now));
        take(window, &limit, 1, now);
        assert_int_equal(!!ag_state_file_keeps(window, &now), cases[i].kept);
        assert_false(ag_state_file_keeps(window, &late));

        free(window);
    }
}


static void
a_head_is_a_line(void **state)
{
    uint64_t  wall;
    ag_str_t  text;

    (void) state;

    assert_int_equal(ag_state_file_head(&file, UINT64_C(1795176000123456)),
                     AG_OK);
    assert_int_equal(file.len, 35);
    assert_memory_equal(file.data, "ngx_agent state 1 1795176000123456\n", 35);

    assert_int_equal(ag_buf_add(&file, "rest", 4), AG_OK);
    text = ag_buf_str(&file);
    assert_int_equal(ag_state_file_read_head(&text, &wall), AG_OK);
    assert_true(wall == UINT64_C(1795176000123456));
    assert_int_equal(text.len, 4);
    assert_memory_equal(text.data, "rest", 4);

    text = ag_str("ngx_agent state 1 18446744073709551615\n", 39);
    assert_int_equal(ag_state_file_read_head(&text, &wall), AG_OK);
    assert_true(wall == UINT64_MAX);
    assert_int_equal(text.len, 0);
}


static void
another_head_is_another_file(void **state)
{
    size_t              i;
    uint64_t            wall;
    ag_str_t            text, before;
    static const char  *heads[] = {
        "", "\n", "ngx_agent state 1 ", "ngx_agent state 1 5",
        "ngx_agent state 1 \n", "ngx_agent state 2 5\n",
        "ngx_agent state 1  5\n", "ngx_agent state 1 5 \n",
        "ngx_agent state 1 5\r\n", "ngx_agent state 1 -5\n",
        "ngx_agent state 1 0x5\n", "ngx_agent state 1 5a\n",
        "ngx_agent state 1 18446744073709551616\n",
        "ngx_agent state 1 000000000000000000005\n",
        "ngx_agent state 1\n", "Ngx_agent state 1 5\n",
        " ngx_agent state 1 5\n", "ngx_agent state 11 5\n"
    };

    (void) state;

    for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        wall = 42;
        text = ag_str(heads[i], strlen(heads[i]));
        before = text;

        assert_int_equal(ag_state_file_read_head(&text, &wall), AG_INVALID);
        assert_int_equal(wall, 42);
        assert_ptr_equal(text.data, before.data);
        assert_int_equal(text.len, before.len);
    }
}


static void
what_was_written_is_read(void **state)
{
    unsigned       i;
    uint64_t       id[2], wall;
    ag_str_t       text;
    ag_now_t       now;
    ag_window_t   *window;

    (void) state;

    now = after(HOUR / 2);
    write_all(now);

    text = ag_buf_str(&file);
    assert_int_equal(ag_state_file_read_head(&text, &wall), AG_OK);

    window = (ag_window_t *) room;

    for (i = 0; i < 3; i++) {
        assert_int_equal(read_one(&text, id, sizeof(room), now), AG_OK);
        assert_true(id[0] == ids[i][0] && id[1] == ids[i][1]);
        assert_int_equal(window->kind, windows[i]->kind);
        assert_true(window->window == windows[i]->window);
        assert_int_equal(window->capacity, windows[i]->capacity);
        assert_true(used(window, now) == used(windows[i], now));
        assert_true(used(window, now) > 0);
    }

    assert_int_equal(read_one(&text, id, sizeof(room), now), AG_NONE);
    assert_int_equal(text.len, 0);
}


/* Other versions will read these bytes. */
static void
a_record_is_these_bytes(void **state)
{
    ag_now_t               now;
    static const uint64_t  id[2] = { UINT64_C(0x0807060504030201), 255 };
    static const unsigned char  bytes[] = {
        0x40, 0, 0, 0,                      /* length of the body */
        0, 0, 0, 0,                         /* CRC-32C */
        1, 2, 3, 4, 5, 6, 7, 8,             /* id */
        0xff, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0,                         /* kind: LOG */
        5, 0, 0, 0,                         /* capacity */
        0, 0xa4, 0x93, 0xd6, 0, 0, 0, 0,    /* an hour */
        9, 0, 0, 0, 0, 0, 0, 0,             /* epoch */
        0, 1, 0, 0, 0, 0, 0, 0,             /* behind */
        0x80, 0xd1, 0xf0, 0x08, 0, 0, 0, 0, /* ages: 2 m 30 s */
        0x80, 0x4a, 0x5d, 0x05, 0, 0, 0, 0  /* and 1 m 30 s */
    };

    (void) state;

    now = after(150 * SECOND);
    windows[1]->epoch = 9;
    windows[1]->behind = 256;

    assert_int_equal(ag_state_file_write(&file, id, windows[1], &now), AG_OK);
    assert_int_equal(file.len, sizeof(bytes));
    assert_memory_equal(file.data, bytes, 4);
    assert_memory_equal(file.data + 8, bytes + 8, sizeof(bytes) - 8);
    assert_int_equal(ag_state_file_get32(file.data + 4),
                     ag_state_file_crc(ag_str(bytes + 8, sizeof(bytes) - 8)));
}


static void
a_torn_file_gives_what_is_whole(void **state)
{
    size_t    len, rest, ends[4];
    unsigned  i, count;
    ag_now_t  now;

    (void) state;

    now = after(HOUR / 2);
    assert_int_equal(ag_state_file_head(&file, 1), AG_OK);

    for (i = 0; i < 3; i++) {
        ends[i] = file.len;
        assert_int_equal(ag_state_file_write(&file, ids[i], windows[i], &now),
                         AG_OK);
    }

    ends[3] = file.len;

    for (len = ends[0]; len <= file.len; len++) {
        for (count = 0; count < 3 && ends[count + 1] <= len; count++) {
            /* void */
        }

        assert_int_equal(records(file.data, len, &rest), count);
        assert_int_equal(rest, len - ends[count]);
    }
}


static void
a_changed_byte_ends_it(void **state)
{
    size_t    i, rest;
    unsigned  bit, count, first;

    (void) state;

    write_all(after(HOUR / 2));
    first = 35 + AG_STATE_FILE_MARK + AG_STATE_FILE_BODY + 2 * 16;

    for (i = 35; i < file.len; i++) {
        for (bit = 0; bit < 8; bit++) {
            file.data[i] ^= (ag_char_t) (1u << bit);

            count = records(file.data, file.len, &rest);
            assert_true(count == ((i < first) ? 0
                                  : (i < first + 72) ? 1 : 2));
            assert_true(rest > 0);

            file.data[i] ^= (ag_char_t) (1u << bit);
        }
    }

    assert_int_equal(records(file.data, file.len, &rest), 3);
}


/* As a file system leaves the end of a file after a crash. */
static void
zeroes_are_no_records(void **state)
{
    size_t  rest;

    (void) state;

    write_all(after(HOUR / 2));
    assert_int_equal(ag_buf_reserve(&file, 4096), AG_OK);
    memset(file.data + file.len, 0, 4096);
    file.len += 4096;

    assert_int_equal(records(file.data, file.len, &rest), 3);
    assert_int_equal(rest, 4096);
}


/* Whole it is, but nothing that we would have written. */
static void
what_is_no_window_is_left_out(void **state)
{
    size_t     i, rest;
    ag_char_t  body[AG_STATE_FILE_MARK + AG_STATE_FILE_BODY];

    (void) state;

    memset(body, 0xee, sizeof(body));
    ag_state_file_set32(body, AG_STATE_FILE_BODY);
    ag_state_file_set32(body + 4,
                        ag_state_file_crc(ag_str(body + AG_STATE_FILE_MARK,
                                                 AG_STATE_FILE_BODY)));

    assert_int_equal(ag_state_file_head(&file, 1), AG_OK);

    for (i = 0; i < 10; i++) {
        assert_int_equal(ag_buf_add(&file, body, sizeof(body)), AG_OK);
    }

    assert_int_equal(records(file.data, file.len, &rest), 0);
    assert_int_equal(rest, 0);

    /* one, then those of a file without its head */

    file.len -= 9 * sizeof(body);
    i = file.len;
    write_all(after(HOUR / 2));
    memmove(file.data + i, file.data + i + 35, file.len - i - 35);
    file.len -= 35;

    assert_int_equal(records(file.data, file.len, &rest), 3);
    assert_int_equal(rest, 0);
}


static void
what_is_too_large_is_passed_over(void **state)
{
    size_t    size;
    unsigned  i;
    uint64_t  id[2], wall;
    ag_str_t  text;
    ag_now_t  now;

    (void) state;

    now = after(HOUR / 2);
    write_all(now);

    /* room for the log and the month, not for the ring */

    size = ag_window_size(&log_of_5);
    memset(room, 0xcc, sizeof(room));
    text = ag_buf_str(&file);
    assert_int_equal(ag_state_file_read_head(&text, &wall), AG_OK);

    for (i = 0; i < 3; i++) {
        assert_int_equal(read_one(&text, id, size, now),
                         (i == 0) ? AG_LIMIT : AG_OK);
        assert_true(id[0] == ids[i][0] && id[1] == ids[i][1]);
        assert_true(room[size / 8] == UINT64_C(0xcccccccccccccccc));
    }

    assert_int_equal(read_one(&text, id, size, now), AG_NONE);

    /* for none */

    text = ag_buf_str(&file);
    assert_int_equal(ag_state_file_read_head(&text, &wall), AG_OK);

    for (i = 0; i < 3; i++) {
        assert_int_equal(read_one(&text, id, sizeof(ag_window_t) - 1, now),
                         AG_LIMIT);
    }

    assert_int_equal(read_one(&text, id, 0, now), AG_NONE);
}


static void
a_buffer_that_is_full_stays_as_it_was(void **state)
{
    int       rc;
    size_t    len, max;
    ag_now_t  now;

    (void) state;

    now = after(HOUR / 2);
    write_all(now);
    len = file.len;

    for (max = 0; max < len; max++) {
        ag_buf_free(&file);
        ag_buf_init(&file, max);
        rc = ag_state_file_head(&file, UINT64_C(1795176000123456));
        assert_int_equal(rc, (max < 35) ? AG_LIMIT : AG_OK);

        if (rc != AG_OK) {
            assert_int_equal(file.len, 0);
            continue;
        }

        rc = ag_state_file_write(&file, ids[0], windows[0], &now);

        if (rc != AG_OK) {
            assert_int_equal(rc, AG_LIMIT);
            assert_int_equal(file.len, 35);
        }
    }
}


static void
the_largest_window_is_a_record(void **state)
{
    unsigned      i;
    uint64_t      id[2];
    ag_str_t      text;
    ag_now_t      now;
    ag_limit_t    limit;
    ag_window_t  *window;

    (void) state;

    limit = limit_of(AG_WINDOW_LOG, AG_LIMIT_LOG_MAX, HOUR);
    window = window_of(&limit);

    for (i = 0; i < AG_LIMIT_LOG_MAX + 100; i++) {
        take(window, &limit, 1, after(i));
    }

    now = after(MINUTE);
    assert_int_equal(ag_state_file_write(&file, ids[0], window, &now), AG_OK);
    assert_true(file.len <= AG_STATE_FILE_RECORD_MAX);

    text = ag_buf_str(&file);
    assert_int_equal(read_one(&text, id, sizeof(room), now), AG_OK);
    assert_int_equal(used((ag_window_t *) room, now), AG_LIMIT_LOG_MAX);

    free(window);
}


static void
calls_in_flight_are_not_written(void **state)
{
    ag_now_t      now;
    ag_limit_t    limit;
    ag_window_t  *window;

    (void) state;

    now = after(0);
    limit = limit_of(AG_WINDOW_COUNT, 5, 0);
    window = window_of(&limit);
    take(window, &limit, 1, now);

    assert_int_equal(ag_state_file_write(&file, ids[0], window, &now),
                     AG_INVALID);
    assert_int_equal(file.len, 0);

    free(window);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(long_windows_are_kept_while_they_count,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_head_is_a_line, setup, teardown),
        cmocka_unit_test_setup_teardown(another_head_is_another_file, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_was_written_is_read, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_record_is_these_bytes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_torn_file_gives_what_is_whole,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_changed_byte_ends_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(zeroes_are_no_records, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_no_window_is_left_out, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_too_large_is_passed_over,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_buffer_that_is_full_stays_as_it_was,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(the_largest_window_is_a_record, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(calls_in_flight_are_not_written,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
