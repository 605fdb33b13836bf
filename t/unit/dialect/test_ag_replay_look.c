/*
 * Copyright (C) ngx_agent authors
 *
 * A look at members: what it finds is what a tree has, and bytes that are no
 * JSON are never left.
 */


#include "dialect_test.h"
#include "dialect/ag_replay_parts.h"


static const char *const  names[] = { "a", "reason", NULL };


/* In a block of its own, so that nothing behind it is read. */
static int
look(const char *json, size_t len, ag_str_t values[2], void **copy)
{
    *copy = malloc(len > 0 ? len : 1);
    assert_non_null(*copy);
    memcpy(*copy, json, len);

    return ag_replay_look(ag_str(*copy, len), names, values);
}


static void
finds(const char *json, int rc, const char *a, const char *reason)
{
    void      *copy;
    ag_str_t   values[2];

    assert_int_equal(look(json, strlen(json), values, &copy), rc);
    assert_text(values[0], a);
    assert_text(values[1], reason);
    free(copy);
}


static void
members_are_found_as_they_stand(void **state)
{
    (void) state;

    finds("{}", AG_OK, "", "");
    finds(" { } ", AG_OK, "", "");
    finds("{\"a\":1,\"reason\":\"x\"}", AG_OK, "1", "\"x\"");
    finds("\n{ \"a\" : 1 , \"reason\" : \"x\" }\t", AG_OK, "1", "\"x\"");
    finds("{\"reason\":-1.5e3,\"a\":null}", AG_OK, "null", "-1.5e3");
    finds("{\"a\":{\"a\":[\"}\",{}]},\"reason\":[ [ ] , {\"reason\":2}]}",
          AG_OK, "{\"a\":[\"}\",{}]}", "[ [ ] , {\"reason\":2}]");
    finds("{\"a\":\"\\\\\",\"b\":\"\\\"\",\"reason\":\"]\\\\\\\"}\"}", AG_OK,
          "\"\\\\\"", "\"]\\\\\\\"}\"");
    finds("{\"\":0,\"A\":1,\"aa\":2,\"reaso\":3,\"reasons\":4}", AG_OK, "",
          "");
    finds("{\"a\":1,\"a\":2}", AG_OK, "1", "");
    finds("{\"a\":\"a text that is longer than what is looked at in short\","
          "\"reason\":\"a text with a quote behind its beginning: \\\"\"}",
          AG_OK,
          "\"a text that is longer than what is looked at in short\"",
          "\"a text with a quote behind its beginning: \\\"\"");
}


static void
names_may_be_escaped(void **state)
{
    (void) state;

    finds("{\"\\u0061\":1,\"r\\u0065ason\":2}", AG_OK, "1", "2");
    finds("{\"\\u0072\\u0065\\u0061\\u0073\\u006f\\u006e\":2}", AG_OK, "",
          "2");
    finds("{\"\\u0061\\u0000\":1,\"re\\nason\":2}", AG_OK, "", "");
    finds("{\"\\\\a\":1,\"\\\"\":1,\"a\":3}", AG_OK, "3", "");
}


static void
what_is_no_object_has_none(void **state)
{
    (void) state;

    finds("", AG_NONE, "", "");
    finds("[]", AG_NONE, "", "");
    finds("1", AG_NONE, "", "");
    finds("\"{}\"", AG_NONE, "", "");
    finds("{\"a\":1} 2", AG_NONE, "1", "");
    finds("{\"a\":1", AG_NONE, "1", "");
    finds("{\"a\"}", AG_NONE, "", "");
    finds("{1}", AG_NONE, "", "");
}


static void
elements_are_looked_at_in_turn(void **state)
{
    ag_str_t  array, values[2];

    (void) state;

    array = text("[{\"a\":1}, 2 ,\"{\",[{\"a\":5}],{\"x\":[1,2],"
                 "\"reason\":\"r\"} ] ");

    assert_int_equal(ag_replay_look_next(&array, names, values), AG_OK);
    assert_text(values[0], "1");
    assert_int_equal(ag_replay_look_next(&array, names, values), AG_OK);
    assert_int_equal(values[0].len, 0);
    assert_int_equal(ag_replay_look_next(&array, names, values), AG_OK);
    assert_int_equal(values[0].len, 0);
    assert_int_equal(ag_replay_look_next(&array, names, values), AG_OK);
    assert_int_equal(values[0].len, 0);
    assert_int_equal(ag_replay_look_next(&array, names, values), AG_OK);
    assert_int_equal(values[0].len, 0);
    assert_text(values[1], "\"r\"");
    assert_int_equal(ag_replay_look_next(&array, names, values), AG_NONE);
    assert_int_equal(ag_replay_look_next(&array, names, values), AG_NONE);

    array = text("[ ]");
    assert_int_equal(ag_replay_look_next(&array, names, values), AG_NONE);
    array = text("{}");
    assert_int_equal(ag_replay_look_next(&array, names, values), AG_NONE);
    array = ag_str(NULL, 0);
    assert_int_equal(ag_replay_look_next(&array, names, values), AG_NONE);
}


static void
words_are_decoded(void **state)
{
    ag_char_t  room[AG_REPLAY_LOOK_MAX];

    (void) state;

    assert_text(ag_replay_look_text(text("\"stop\""), room), "stop");
    assert_text(ag_replay_look_text(text("\"st\\u006fp\""), room), "stop");
    assert_text(ag_replay_look_text(text("\"\""), room), "");
    assert_text(ag_replay_look_text(text("\""), room), "");
    assert_text(ag_replay_look_text(text("null"), room), "");
    assert_text(ag_replay_look_text(text("12"), room), "");
    assert_text(ag_replay_look_text(ag_str(NULL, 0), room), "");

    /* no words: too long, or no JSON */

    assert_true(ag_replay_look_text(text("\"\\u0061aaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                         "aaaaaaaaaaaaaaaaaaaaaa\""),
                                    room).len > AG_REPLAY_LOOK_MAX);
    assert_text(ag_replay_look_text(text("\"\\u00\""), room), "\"\\u00\"");
    assert_text(ag_replay_look_text(text("\"\\\""), room), "\"\\\"");
}


/* Cut anywhere, and with any byte changed: it ends, within the bytes. */
static void
bytes_that_are_no_json_are_not_left(void **state)
{
    size_t      i, j;
    char        json[128];
    void       *copy;
    ag_str_t    values[2], array;

    static const char  whole[] =
        "{\"a\":[{\"re\\u0061son\":\"\\\"x\\\\\"},[1,-2e5]],\"b\\u00e9\":"
        "{\"c\":null},\"reason\":\"st\\u006fp\"}";
    static const char  bytes[] = "\"\\{}[],:u \t0n";

    (void) state;

    for (i = 0; i < sizeof(whole); i++) {
        (void) look(whole, i, values, &copy);
        array = values[0];

        while (ag_replay_look_next(&array, names, values) == AG_OK) {
            /* void */
        }

        free(copy);

        for (j = 0; j < sizeof(bytes) - 1 && i < sizeof(whole) - 1; j++) {
            memcpy(json, whole, sizeof(whole));
            json[i] = bytes[j];
            (void) look(json, sizeof(whole) - 1, values, &copy);
            array = values[0];

            while (ag_replay_look_next(&array, names, values) == AG_OK) {
                assert_true(values[0].len < sizeof(whole));
            }

            free(copy);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(members_are_found_as_they_stand),
        cmocka_unit_test(names_may_be_escaped),
        cmocka_unit_test(what_is_no_object_has_none),
        cmocka_unit_test(elements_are_looked_at_in_turn),
        cmocka_unit_test(words_are_decoded),
        cmocka_unit_test(bytes_that_are_no_json_are_not_left)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
