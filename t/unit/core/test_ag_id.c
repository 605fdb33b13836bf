/*
 * Copyright (C) ngx_agent authors
 */


#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_id.h"


static int
valid(const char *id)
{
    return ag_id_is_valid(ag_str(id, strlen(id)));
}


static void
test_takes_what_tracing_tools_send(void **state)
{
    (void) state;

    assert_true(valid("a"));
    assert_true(valid("0f8fad5b-d9cb-469f-a165-70867728950e"));
    assert_true(valid("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
    assert_true(valid("req_011CSHoEeqs5C35K2UUqR7Fy"));
    assert_true(valid("Root:AZaz09._:-"));
}


static void
test_refuses_what_could_hurt_a_log(void **state)
{
    int          c, letter, digit;
    ag_char_t    byte;
    static char  text[AG_REQUEST_ID_MAX + 2];

    (void) state;

    assert_false(valid(""));
    assert_false(valid("a b"));
    assert_false(valid("a\r\nset-cookie: x"));
    assert_false(valid("\"}"));

    for (c = 0; c < 256; c++) {
        byte = (ag_char_t) c;
        letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        digit = c >= '0' && c <= '9';

        assert_int_equal(ag_id_is_valid(ag_str(&byte, 1)),
                         letter || digit
                         || (c != 0 && strchr("._:-", c) != NULL));
    }

    memset(text, 'x', AG_REQUEST_ID_MAX);
    assert_true(valid(text));
    text[AG_REQUEST_ID_MAX] = 'x';
    assert_false(valid(text));
}


/* The first outputs of the authors' program for the state 1, 2. */
static void
test_makes_what_the_generator_defines(void **state)
{
    uint64_t   seed[2] = { 1, 2 };
    ag_char_t  id[AG_ID_LEN];

    (void) state;

    ag_id_make(seed, id);
    assert_memory_equal(id, "req_0000000000060001" "000260c000660007",
                        AG_ID_LEN);
}


static void
test_makes_valid_ids_that_differ(void **state)
{
    size_t     i, n;
    uint64_t   seed[2] = { 7, 0 }, other[2] = { 8, 0 };
    ag_char_t  ids[200][AG_ID_LEN];

    (void) state;

    for (i = 0; i < 200; i++) {
        ag_id_make((i % 2) ? seed : other, ids[i]);
        assert_true(ag_id_is_valid(ag_str(ids[i], AG_ID_LEN)));

        for (n = 0; n < i; n++) {
            assert_memory_not_equal(ids[n], ids[i], AG_ID_LEN);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_takes_what_tracing_tools_send),
        cmocka_unit_test(test_refuses_what_could_hurt_a_log),
        cmocka_unit_test(test_makes_what_the_generator_defines),
        cmocka_unit_test(test_makes_valid_ids_that_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
