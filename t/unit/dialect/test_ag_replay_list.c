/*
 * Copyright (C) ngx_agent authors
 *
 * Lists that grow of their pieces.
 */


#include "replay_chat_test.h"


#define CHAT  AG_ENDPOINT_CHAT

#define CALLS(entries)  DELTA("\"tool_calls\":[" entries "]")


static void
calls_are_known_by_their_number(void **state)
{
    (void) state;

    becomes(CHAT,
            CALLS("{\"index\":1,\"id\":\"b\",\"type\":\"function\","
                  "\"function\":{\"name\":\"g\",\"arguments\":\"\"}}")
            CALLS("{\"index\":0,\"id\":\"a\",\"type\":\"function\","
                  "\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}")
            CALLS("{\"index\":1,\"function\":{\"arguments\":\"[]\"}},"
                  "{\"index\":0,\"id\":\"a\",\"type\":\"function\","
                  "\"function\":{\"name\":\"f\",\"arguments\":\"}\"}}")
            FINISH("stop"),
            MESSAGE("\"content\":null,\"tool_calls\":["
                    "{\"id\":\"a\",\"type\":\"function\","
                    "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},"
                    "{\"id\":\"b\",\"type\":\"function\","
                    "\"function\":{\"name\":\"g\",\"arguments\":\"[]\"}}]"));
}


/* Some providers send every call whole, and without a number. */
static void
or_by_their_id(void **state)
{
    (void) state;

    becomes(CHAT,
            CALLS("{\"id\":\"a\",\"function\":{\"name\":\"f\","
                  "\"arguments\":\"{\"}}")
            CALLS("{\"id\":\"b\",\"function\":{\"name\":\"f\","
                  "\"arguments\":\"1\"}}")
            CALLS("{\"id\":\"a\",\"function\":{\"arguments\":\"}\"}},"
                  "{\"id\":\"\",\"function\":{\"name\":\"f\","
                  "\"arguments\":\"2\"}},"
                  "{\"custom\":{\"name\":\"g\",\"input\":\"3\"}}")
            FINISH("stop"),
            MESSAGE("\"content\":null,\"tool_calls\":["
                    "{\"id\":\"a\",\"function\":{\"name\":\"f\","
                    "\"arguments\":\"{}\"}},"
                    "{\"id\":\"b\",\"function\":{\"name\":\"f\","
                    "\"arguments\":\"1\"}},"
                    "{\"id\":\"\",\"function\":{\"name\":\"f\","
                    "\"arguments\":\"2\"}},"
                    "{\"custom\":{\"name\":\"g\",\"input\":\"3\"}}]"));
}


static void
calls_that_may_be_two_are_not_sure(void **state)
{
    (void) state;

    /* two of one number */

    becomes_nothing(CHAT, CALLS("{\"index\":0,\"id\":\"a\"}")
                    CALLS("{\"index\":0,\"id\":\"b\"}") FINISH("stop"));
    becomes_nothing(CHAT,
                    CALLS("{\"index\":0,\"function\":{\"name\":\"f\","
                          "\"arguments\":\"{}\"}}")
                    CALLS("{\"index\":0,\"function\":{\"name\":\"f\","
                          "\"arguments\":\"{}\"}}") FINISH("stop"));

    /* the rest of which? */

    becomes_nothing(CHAT,
                    CALLS("{\"id\":\"a\",\"function\":{\"name\":\"f\","
                          "\"arguments\":\"{\"}}")
                    CALLS("{\"function\":{\"arguments\":\"}\"}}")
                    FINISH("stop"));
    becomes_nothing(CHAT, CALLS("\"a\"") FINISH("stop"));
}


static void
entries_are_known_by_number_and_type(void **state)
{
    (void) state;

    becomes(CHAT,
            DELTA("\"reasoning_details\":[{\"index\":0,\"type\":\"t\","
                  "\"text\":\"a\",\"format\":\"x\"}]")
            DELTA("\"reasoning_details\":[{\"index\":0,\"type\":\"t\","
                  "\"text\":\"a\",\"format\":\"x\"},"
                  "{\"index\":0,\"type\":\"e\",\"data\":\"d\"}]")
            DELTA("\"reasoning_details\":[{\"index\":0,\"signature\":\"s\"},"
                  "{\"index\":1,\"type\":\"t\",\"text\":\"b\"}]")
            FINISH("stop"),
            MESSAGE("\"content\":null,\"reasoning_details\":["
                    "{\"index\":0,\"type\":\"t\",\"text\":\"aa\","
                    "\"format\":\"x\",\"signature\":\"s\"},"
                    "{\"index\":0,\"type\":\"e\",\"data\":\"d\"},"
                    "{\"index\":1,\"type\":\"t\",\"text\":\"b\"}]"));
}


static void
other_entries_are_added(void **state)
{
    (void) state;

    becomes(CHAT,
            DELTA("\"annotations\":[]")
            DELTA("\"annotations\":[{\"url\":\"a\"}]")
            DELTA("\"annotations\":[{\"url\":\"b\"},1,\"\\\"\",[2]]")
            FINISH("stop"),
            MESSAGE("\"content\":null,\"annotations\":[{\"url\":\"a\"},"
                    "{\"url\":\"b\"},1,\"\\\"\",[2]]"));
}


static void
two_images_of_one_number_are_not_sure(void **state)
{
    (void) state;

    becomes_nothing(CHAT,
                    DELTA("\"images\":[{\"index\":0,\"type\":\"image_url\","
                          "\"image_url\":{\"url\":\"a\"}}]")
                    DELTA("\"images\":[{\"index\":0,\"type\":\"image_url\","
                          "\"image_url\":{\"url\":\"b\"}}]")
                    FINISH("stop"));
}


/* Whether the second part goes on with the first nobody knows. */
static void
a_content_of_parts_comes_once(void **state)
{
    (void) state;

    becomes(CHAT,
            DELTA("\"content\":[{\"type\":\"text\",\"text\":\"a\"}]")
            DELTA("\"content\":[]") FINISH("stop"),
            MESSAGE("\"content\":[{\"type\":\"text\",\"text\":\"a\"}]"));
    becomes_nothing(CHAT,
                    DELTA("\"content\":[{\"type\":\"text\"}]")
                    DELTA("\"content\":[{\"type\":\"text\"}]")
                    FINISH("stop"));
}


static void
too_many_entries_are_a_limit(void **state)
{
    char      line[200];
    size_t    i;
    ag_buf_t  lines, out;

    (void) state;

    ag_buf_init(&lines, SIZE_MAX);

    for (i = 0; i <= AG_REPLAY_ENTRIES_MAX; i++) {

        if (i == AG_REPLAY_ENTRIES_MAX) {
            assert_int_equal(whole_of(&out, CHAT, ag_buf_str(&lines), NULL),
                             AG_NONE);
            ag_buf_free(&out);
        }

        snprintf(line, sizeof(line), "{\"choices\":[{\"index\":0,\"delta\":"
                 "{\"x\":[{\"index\":%zu}]}}]}\n", i);
        assert_int_equal(ag_buf_add_string(&lines, line), AG_OK);
    }

    assert_int_equal(whole_of(&out, CHAT, ag_buf_str(&lines), NULL),
                     AG_LIMIT);
    ag_buf_free(&out);
    ag_buf_free(&lines);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(calls_are_known_by_their_number),
        cmocka_unit_test(or_by_their_id),
        cmocka_unit_test(calls_that_may_be_two_are_not_sure),
        cmocka_unit_test(entries_are_known_by_number_and_type),
        cmocka_unit_test(other_entries_are_added),
        cmocka_unit_test(two_images_of_one_number_are_not_sure),
        cmocka_unit_test(a_content_of_parts_comes_once),
        cmocka_unit_test(too_many_entries_are_a_limit)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
