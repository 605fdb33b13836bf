/*
 * Copyright (C) ngx_agent authors
 *
 * Messages of every role.
 */


#include "dialect/openai_ask_test.h"


static void
knows_roles(void **state)
{
    (void) state;

    expect_turns("{\"role\":\"system\",\"content\":\"S\"},"
                 "{\"role\":\"developer\",\"content\":[{\"type\":\"text\","
                 "\"text\":\"D\"}]},"
                 "{\"role\":\"user\",\"content\":\"U\",\"name\":\"ann\"},"
                 "{\"role\":\"assistant\",\"content\":\"A\"}",
                 "system: \"S\" / developer: \"D\" / user=ann: \"U\" / "
                 "assistant: \"A\"");
}


static void
counts_messages_in_their_places(void **state)
{
    asked_t  a;

    (void) state;

    ask_of(&a, "{\"messages\":[{\"role\":\"user\",\"content\":\"A\"},"
               "{\"role\":\"user\",\"content\":\"B\"}]}", AG_ENDPOINT_CHAT);
    assert_int_equal(a.n.turns->index, 0);
    assert_int_equal(a.n.turns->next->index, 1);
    asked_free(&a);
}


static void
orders_the_assistants_parts(void **state)
{
    (void) state;

    expect_turns("{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\","
                 "\"type\":\"function\",\"function\":{\"name\":\"f\","
                 "\"arguments\":\"{}\"}}],\"refusal\":\"No\","
                 "\"content\":[{\"type\":\"text\",\"text\":\"A\"},"
                 "{\"type\":\"refusal\",\"refusal\":\"Never\"}],"
                 "\"audio\":{\"id\":\"au\"},\"reasoning_content\":\"R\"}",
                 "assistant: thought( R) \"A\" refusal( Never) refusal( No) "
                 "audio(file:au) call(f#c {})");
}


static void
needs_no_content_of_the_assistant(void **state)
{
    (void) state;

    expect_turns("{\"role\":\"assistant\",\"content\":null,\"audio\":null,"
                 "\"refusal\":null,\"tool_calls\":null,"
                 "\"function_call\":null}", "assistant:");
    expect_turns("{\"role\":\"assistant\",\"content\":\"\"}", "assistant:");
    expect_turns("{\"role\":\"assistant\"}", "assistant:");
    expect_turns("{\"role\":\"user\",\"content\":[]}", "user:");
}


static void
takes_a_messages_own_mark_of_the_cache(void **state)
{
    (void) state;

    expect_turns("{\"role\":\"system\",\"content\":\"S\",\"cache_control\":"
                 "{\"a\":1}}",
                 "system: \"S\"!{\"a\":1}");
    expect_turns("{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":"
                 "\"A\"},{\"type\":\"text\",\"text\":\"B\"}],"
                 "\"cache_control\":{\"a\":1}}",
                 "user: \"A\" \"B\"!{\"a\":1}");
    expect_turns("{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":"
                 "\"A\",\"cache_control\":{\"b\":2}}],"
                 "\"cache_control\":{\"a\":1}}",
                 "user: \"A\"!{\"b\":2}");
    expect_turns("{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":"
                 "\"R\",\"cache_control\":{\"a\":1}}",
                 "user: result(#c \"R\")!{\"a\":1}");
    expect_turns("{\"role\":\"assistant\",\"content\":null,"
                 "\"cache_control\":{\"a\":1}}", "assistant:");
    expect_turns("{\"role\":\"assistant\",\"content\":\"A\","
                 "\"cache_control\":{\"a\":1}}",
                 "assistant: \"A\"!{\"a\":1}");
}


static void
refuses_messages(void **state)
{
    size_t   i;
    asked_t  a;

    static const char  *bad[][2] = {
        { "", "messages" },
        { "1", "messages[0].role" },
        { "{\"content\":\"x\"}", "messages[0].role" },
        { "{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"model\"}",
          "messages[1].role" },
        { "{\"role\":\"user\"}", "messages[0].content" },
        { "{\"role\":\"system\",\"content\":null}", "messages[0].content" },
        { "{\"role\":\"user\",\"content\":7}", "messages[0].content" },
        { "{\"role\":\"assistant\",\"content\":{}}", "messages[0].content" },
        { "{\"role\":\"system\",\"content\":[{\"type\":\"image_url\","
          "\"image_url\":{\"url\":\"https://x/\"}}]}",
          "messages[0].content" },
        { "{\"role\":\"assistant\",\"content\":[{\"type\":\"file\",\"file\":"
          "{\"file_id\":\"f\"}}]}", "messages[0].content" },
        { "{\"role\":\"user\",\"content\":[{\"type\":\"refusal\","
          "\"refusal\":\"x\"}]}", "messages[0].content" }
    };

    (void) state;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        expect_bad_turns(bad[i][0], bad[i][1]);
    }

    ask_of(&a, "{\"messages\":\"Hi\"}", AG_ENDPOINT_CHAT);
    expect_refused(&a, "messages");
}


static void
takes_so_many_messages_and_no_more(void **state)
{
    size_t     i, more;
    asked_t    a;
    ag_buf_t   json;

    (void) state;

    for (more = 0; more < 2; more++) {
        ag_buf_init(&json, SIZE_MAX);
        ag_buf_add_string(&json, "{\"messages\":[{\"role\":\"assistant\"}");

        for (i = 1; i < AG_TURNS_MAX + more; i++) {
            ag_buf_add_string(&json, ",{\"role\":\"assistant\"}");
        }

        ag_buf_add(&json, "]}", 3);
        ask_of(&a, (const char *) json.data, AG_ENDPOINT_CHAT);
        assert_int_equal(a.rc, more ? AG_LIMIT : AG_OK);
        asked_free(&a);
        ag_buf_free(&json);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(knows_roles),
        cmocka_unit_test(counts_messages_in_their_places),
        cmocka_unit_test(orders_the_assistants_parts),
        cmocka_unit_test(needs_no_content_of_the_assistant),
        cmocka_unit_test(takes_a_messages_own_mark_of_the_cache),
        cmocka_unit_test(refuses_messages),
        cmocka_unit_test(takes_so_many_messages_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
