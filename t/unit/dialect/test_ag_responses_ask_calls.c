/*
 * Copyright (C) ngx_agent authors
 *
 * Calls of tools in a conversation of the Responses API.
 */


#include "dialect/responses_test.h"


#define COLLIDING  70       /* more than slots that are looked at */


static void
finds_the_name_of_an_outputs_call(void **state)
{
    asked_t           a;
    const ag_part_t  *part;

    (void) state;

    ask(&a, "{\"input\":[{\"type\":\"function_call\",\"call_id\":\"1\","
            "\"name\":\"f\",\"arguments\":\"{}\"},"
            "{\"type\":\"custom_tool_call\",\"call_id\":\"2\","
            "\"name\":\"g\",\"input\":\"[\"},"
            "{\"type\":\"custom_tool_call_output\",\"call_id\":\"2\","
            "\"output\":\"x\"},"
            "{\"type\":\"function_call_output\",\"call_id\":\"1\","
            "\"output\":\"\"},"
            "{\"type\":\"function_call_output\",\"call_id\":\"3\","
            "\"namespace\":\"n\",\"name\":\"h\",\"output\":[]}]}");

    assert_int_equal(a.rc, AG_OK);

    part = a.n.turns->parts;
    assert_text(part->text, "{}");
    assert_int_equal(part->custom, 0);
    assert_text(part->next->text, "[");
    assert_int_equal(part->next->custom, 1);

    part = a.n.turns->next->parts;
    assert_text(part->name, "g");
    assert_int_equal(part->custom, 1);
    assert_text(part->parts->text, "x");
    assert_text(part->next->name, "f");
    assert_null(part->next->parts);
    assert_text(part->next->next->name, "n__h");

    ask_free(&a);
}


static void
gives_up_on_ids_that_collide(void **state)
{
    char               body[32 * 1024], id[16];
    size_t             len;
    asked_t            a;
    unsigned           i, found, named;
    const ag_part_t   *part;

    (void) state;

    /* all of them in one slot of the smallest table for so many */

    len = (size_t) sprintf(body, "{\"input\":[");

    for (i = 0, found = 0; found < COLLIDING; i++) {
        snprintf(id, sizeof(id), "%u", i);

        if ((ag_json_hash(text(id)) & 511) == 0) {
            found++;
            len += (size_t) sprintf(body + len,
                                    "{\"type\":\"function_call\","
                                    "\"call_id\":\"%s\",\"name\":\"f\"},"
                                    "{\"type\":\"function_call_output\","
                                    "\"call_id\":\"%s\",\"output\":\"x\"},",
                                    id, id);
        }
    }

    sprintf(body + len - 1, "]}");
    ask(&a, body);
    assert_int_equal(a.rc, AG_OK);

    named = 0;

    while (a.n.turns != NULL) {
        part = a.n.turns->parts;
        named += (part->kind == AG_PART_TOOL_RESULT && part->name.len > 0);
        a.n.turns = a.n.turns->next;
    }

    assert_int_equal(named, 64);

    ask_free(&a);
}


static void
takes_any_value_or_refuses_it_by_name(void **state)
{
    (void) state;

    ask_odd("{\"input\":[{\"type\":\"function_call\",\"call_id\":%s,"
            "\"name\":\"f\"}]}");
    ask_odd("{\"input\":[{\"type\":\"function_call\",\"call_id\":\"1\","
            "\"name\":%s}]}");
    ask_odd("{\"input\":[{\"type\":\"function_call\",\"call_id\":\"1\","
            "\"name\":\"f\",\"namespace\":%s}]}");
    ask_odd("{\"input\":[{\"type\":\"function_call\",\"call_id\":\"1\","
            "\"name\":\"f\",\"arguments\":%s}]}");
    ask_odd("{\"input\":[{\"type\":\"custom_tool_call\",\"call_id\":\"1\","
            "\"name\":\"f\",\"input\":%s}]}");
    ask_odd("{\"input\":[{\"type\":\"function_call_output\","
            "\"call_id\":%s,\"output\":\"x\"}]}");
    ask_odd("{\"input\":[{\"type\":\"function_call_output\","
            "\"call_id\":\"1\",\"output\":%s}]}");
    ask_odd("{\"input\":[{\"type\":\"custom_tool_call_output\","
            "\"call_id\":\"1\",\"name\":%s,\"output\":\"x\"}]}");
}


static void
refuses_arguments_that_are_no_object(void **state)
{
    char     body[512];
    size_t   i;
    asked_t  a;

    static const char *const  bad[] = {
        "{", "[]", "7", "x", "{}{}", " ", "{\\\"a\\\":}"
    };

    (void) state;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(body, sizeof(body),
                 "{\"input\":[{\"type\":\"function_call\","
                 "\"call_id\":\"1\",\"name\":\"f\","
                 "\"arguments\":\"%s\"}]}", bad[i]);
        ask(&a, body);

        assert_int_equal(a.rc, AG_INVALID);
        assert_text(a.error.param, "input[0].arguments");

        ask_free(&a);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(finds_the_name_of_an_outputs_call),
        cmocka_unit_test(gives_up_on_ids_that_collide),
        cmocka_unit_test(takes_any_value_or_refuses_it_by_name),
        cmocka_unit_test(refuses_arguments_that_are_no_object),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
