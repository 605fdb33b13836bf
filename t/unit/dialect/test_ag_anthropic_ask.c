/*
 * Copyright (C) ngx_agent authors
 *
 * Messages requests: turns in their order, and requests that want to break
 * something.
 */


#include "anthropic_ask_test.h"


static void
reads_turns_in_their_order(void **state)
{
    asking_t  a;

    (void) state;

    ask(&a, "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},"
            "{\"role\":\"assistant\",\"content\":\"b\"},"
            "{\"role\":\"system\",\"content\":\"c\"},"
            "{\"role\":\"user\",\"content\":[{\"type\":\"text\","
            "\"text\":\"d\"}]}],\"system\":\"s\"}");

    assert_string_equal(asked(&a), "S(t:s) U(t:a) A(t:b) S(t:c) U(t:d)");
    assert_string_equal(a.n.list, "messages");
    assert_int_equal(a.n.include_usage, 1);
    assert_int_equal(a.n.turns->next->next->next->index, 2);
    asking_free(&a);
}


static void
reads_system_blocks_as_one_turn(void **state)
{
    asking_t  a;

    (void) state;

    ask(&a, "{\"system\":[{\"type\":\"text\",\"text\":\"a\"},"
            "{\"type\":\"text\",\"text\":\"b\",\"cache_control\":"
            "{\"type\":\"ephemeral\"}}],\"messages\":[]}");
    assert_string_equal(asked(&a), "S(t:a t:b*)");
    asking_free(&a);

    ask(&a, "{\"system\":\"\",\"messages\":[]}");
    assert_string_equal(asked(&a), "");
    asking_free(&a);

    ask(&a, "{\"system\":[],\"messages\":[]}");
    assert_string_equal(asked(&a), "");
    asking_free(&a);

    ask(&a, "{\"system\":null,\"messages\":[]}");
    assert_string_equal(asked(&a), "");
    asking_free(&a);
}


static void
refuses_messages_that_are_none(void **state)
{
    (void) state;

    assert_refused("{}", "messages");
    assert_refused("[]", "messages");
    assert_refused("{\"messages\":{}}", "messages");
    assert_refused("{\"messages\":null}", "messages");
    assert_refused("{\"messages\":[1]}", "messages[0].role");
    assert_refused("{\"messages\":[{\"content\":\"\"}]}", "messages[0].role");
    assert_refused("{\"messages\":[{\"role\":\"user\",\"content\":\"\"},"
                   "{\"role\":\"developer\",\"content\":\"x\"}]}",
                   "messages[1].role");
    assert_refused("{\"messages\":[{\"role\":\"user\"}]}",
                   "messages[0].content");
    assert_refused("{\"messages\":[],\"system\":1}", "system");
    assert_refused("{\"messages\":[],\"system\":[1]}", "system");
    assert_refused("{\"messages\":[],\"system\":[{\"type\":\"image\"}]}",
                   "system");
    assert_refused("{\"messages\":[],\"system\":[{\"type\":\"new\"}]}",
                   "system");
}


/* A request of n messages. */
static void
ask_many(asking_t *a, const char *message, size_t n, size_t arena_max)
{
    ag_buf_t  b;

    ag_buf_init(&b, SIZE_MAX);
    (void) ag_buf_add_string(&b, "{\"messages\":[");

    while (n-- > 0) {
        (void) ag_buf_add_string(&b, message);
        (void) ag_buf_add_string(&b, (n > 0) ? "," : "]}");
    }

    ask_in(a, ag_buf_str(&b), arena_max);
    ag_buf_free(&b);
}


static void
takes_no_more_turns_than_its_cap(void **state)
{
    asking_t     a;
    const char  *message = "{\"role\":\"user\",\"content\":\"a\"}";

    (void) state;

    ask_many(&a, message, AG_TURNS_MAX, AG_TRANSLATE_ARENA_MAX);
    assert_int_equal(a.rc, AG_OK);
    asking_free(&a);

    ask_many(&a, message, AG_TURNS_MAX + 1, AG_TRANSLATE_ARENA_MAX);
    assert_int_equal(a.rc, AG_LIMIT);
    asking_free(&a);
}


static void
takes_no_more_memory_than_its_cap(void **state)
{
    int       rc;
    size_t    max;
    asking_t  a;

    (void) state;

    rc = AG_LIMIT;

    for (max = 0; max < 40000; max += 500) {
        ask_many(&a, "{\"role\":\"user\",\"content\":\"a\"}", 40, max);
        assert_true(a.rc == AG_OK || (a.rc == AG_LIMIT && rc == AG_LIMIT));
        assert_true(a.rc == AG_LIMIT || max > 8000);
        rc = a.rc;
        asking_free(&a);
    }

    assert_int_equal(rc, AG_OK);
}


/* Any type in any place: every answer but a crash will do. */
static void
survives_any_type_in_any_place(void **state)
{
    char         json[512];
    size_t       i, j;
    asking_t     a;
    const char  *const values[] = {
        "null", "true", "-1", "1e999", "\"\"", "\"x\"", "[]", "[[]]", "{}",
        "[null]", "[{}]", "[{\"type\":1}]", "{\"type\":\"x\"}",
        "99999999999999999999999999"
    };
    const char  *const places[] = {
        "%s", "{\"messages\":%s}", "{\"messages\":[{\"role\":%s}]}",
        "{\"messages\":[],\"system\":%s}", "{\"messages\":[],\"tools\":%s}",
        "{\"messages\":[],\"tools\":[%s]}",
        "{\"messages\":[],\"tools\":[{\"name\":\"f\",\"input_schema\":%s}]}",
        "{\"messages\":[],\"tools\":[{\"name\":\"f\",\"strict\":%s}]}",
        "{\"messages\":[],\"tool_choice\":%s}",
        "{\"messages\":[],\"tool_choice\":{\"type\":%s}}",
        "{\"messages\":[],\"thinking\":%s}",
        "{\"messages\":[],\"thinking\":{\"type\":\"enabled\","
        "\"budget_tokens\":%s}}",
        "{\"messages\":[],\"output_config\":%s}",
        "{\"messages\":[],\"output_config\":{\"effort\":%s}}",
        "{\"messages\":[],\"output_config\":{\"format\":%s}}",
        "{\"messages\":[],\"stop_sequences\":%s}",
        "{\"messages\":[],\"metadata\":%s}",
        "{\"messages\":[],\"service_tier\":%s}",
        "{\"messages\":[],\"max_tokens\":%s}",
        "{\"messages\":[],\"temperature\":%s}",
        "{\"messages\":[],\"cache_control\":%s}",
        "{\"messages\":[{\"role\":\"user\",\"content\":%s}]}",
        "{\"messages\":[{\"role\":\"user\",\"content\":[%s]}]}",
        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\","
        "\"text\":%s}]}]}",
        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\","
        "\"source\":%s}]}]}",
        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
        "\"document\",\"source\":{\"type\":\"content\",\"content\":%s}}]}]}",
        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
        "\"search_result\",\"content\":%s}]}]}",
        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
        "\"tool_result\",\"tool_use_id\":\"a\",\"content\":%s}]}]}",
        "{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":"
        "\"tool_use\",\"id\":\"a\",\"name\":\"f\",\"input\":%s}]}]}",
        "{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":"
        "\"thinking\",\"thinking\":%s,\"signature\":\"s\"}]}]}",
        "{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":"
        "\"redacted_thinking\",\"data\":%s}]}]}"
    };

    (void) state;

    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        for (j = 0; j < sizeof(values) / sizeof(values[0]); j++) {
            snprintf(json, sizeof(json), places[i], values[j]);
            ask_in(&a, text(json), 1 << 20);

            if (a.rc == AG_OK) {
                (void) asked(&a);

            } else {
                assert_int_equal(a.rc, AG_INVALID);
                assert_true(a.error.message.len > 0);
            }

            asking_free(&a);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(reads_turns_in_their_order),
        cmocka_unit_test(reads_system_blocks_as_one_turn),
        cmocka_unit_test(refuses_messages_that_are_none),
        cmocka_unit_test(takes_no_more_turns_than_its_cap),
        cmocka_unit_test(takes_no_more_memory_than_its_cap),
        cmocka_unit_test(survives_any_type_in_any_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
