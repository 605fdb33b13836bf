/*
 * Copyright (C) ngx_agent authors
 *
 * Blocks of messages: texts, calls, results, thinking and its signatures.
 */


#include "anthropic_ask_test.h"


#define CALL(id)                                                              \
    "{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"f_" id "\","         \
    "\"input\":{}}"

#define RESULT(id)                                                            \
    "{\"type\":\"tool_result\",\"tool_use_id\":\"" id "\",\"content\":\"r\"}"

#define THINKING(text, signature)                                             \
    "{\"type\":\"thinking\",\"thinking\":\"" text "\",\"signature\":\""       \
    signature "\"}"

#define TEXT(text)  "{\"type\":\"text\",\"text\":\"" text "\"}"


static void
reads_texts(void **state)
{
    (void) state;

    assert_blocks("user", "\"\"", "U()");
    assert_blocks("user", "[" TEXT("") "," TEXT("a") "]", "U(t:a)");
    assert_blocks("assistant",
                  "[{\"type\":\"text\",\"text\":\"a\",\"citations\":[{}],"
                  "\"cache_control\":{\"type\":\"ephemeral\"}}]", "A(t:a*)");
    assert_blocks("user",
                  "[{\"type\":\"text\",\"text\":\"a\",\"cache_control\":"
                  "null}]", "U(t:a)");
}


static void
reads_calls_and_names_their_results(void **state)
{
    (void) state;

    assert_asked("[{\"role\":\"assistant\",\"content\":[" TEXT("x") ","
                 CALL("a") "," CALL("b") "]},"
                 "{\"role\":\"user\",\"content\":[" RESULT("b") ","
                 RESULT("a") "," RESULT("c") "," TEXT("y") "]}]",
                 "A(t:x c:a|f_a|{} c:b|f_b|{}) "
                 "U(o:b|f_b{t:r} o:a|f_a{t:r} o:c|{t:r} t:y)");

    assert_blocks("assistant",
                  "[{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"f\","
                  "\"input\":{\"b\":[1,2.5]}},{\"type\":\"tool_use\","
                  "\"id\":\"b\",\"name\":\"g\"},{\"type\":\"tool_use\","
                  "\"id\":\"c\",\"name\":\"g\",\"input\":null}]",
                  "A(c:a|f|{\"b\":[1,2.5]} c:b|g|{} c:c|g|{})");
}


static void
reads_results_of_every_form(void **state)
{
    (void) state;

    assert_blocks("user",
                  "[{\"type\":\"tool_result\",\"tool_use_id\":\"a\"},"
                  "{\"type\":\"tool_result\",\"tool_use_id\":\"b\","
                  "\"content\":null},"
                  "{\"type\":\"tool_result\",\"tool_use_id\":\"c\","
                  "\"content\":\"x\",\"is_error\":true,\"cache_control\":"
                  "{\"type\":\"ephemeral\"}},"
                  "{\"type\":\"tool_result\",\"tool_use_id\":\"d\","
                  "\"is_error\":false,\"content\":[" TEXT("x") ","
                  "{\"type\":\"image\",\"source\":{\"type\":\"base64\","
                  "\"media_type\":\"image/png\",\"data\":\"AA==\"}},"
                  "{\"type\":\"tool_reference\",\"tool_name\":\"g\"}]}]",
                  "U(o:a|{} o:b|{} o:c|{t:x}*! "
                  "o:d|{t:x i:image/png|AA==|| t:Tool available: g})");
}


/* Results beyond the calls that are looked at have no name; nobody makes the
 * gateway search for hours. */
static void
searches_calls_for_a_bounded_time(void **state)
{
    size_t      i;
    ag_buf_t    b;
    asking_t    a;
    ag_part_t  *part;

    (void) state;

    ag_buf_init(&b, SIZE_MAX);
    (void) ag_buf_add_string(&b, "{\"messages\":[{\"role\":\"assistant\","
                                 "\"content\":[" CALL("0"));

    for (i = 1; i < 40000; i++) {
        (void) ag_buf_add_string(&b, ",{\"type\":\"tool_use\",\"id\":\"");
        (void) ag_buf_add_number(&b, i);
        (void) ag_buf_add_string(&b, "\",\"name\":\"f\"}");
    }

    (void) ag_buf_add_string(&b, "]},{\"role\":\"user\",\"content\":["
                                 RESULT("0"));

    for (i = 1; i < 40000; i++) {
        (void) ag_buf_add_string(&b, ",{\"type\":\"tool_result\","
                                     "\"tool_use_id\":\"x");
        (void) ag_buf_add_number(&b, i);
        (void) ag_buf_add_string(&b, "\"}");
    }

    (void) ag_buf_add_string(&b, "," RESULT("1") "]}]}");

    ask_in(&a, ag_buf_str(&b), AG_TRANSLATE_ARENA_MAX);
    assert_int_equal(a.rc, AG_OK);

    part = a.n.turns->next->parts;
    assert_text(part->name, "f_0");

    while (part->next != NULL) {
        part = part->next;
    }

    assert_text(part->name, "f");
    asking_free(&a);
    ag_buf_free(&b);
}


static void
reads_thinking_with_its_signer(void **state)
{
    (void) state;

    assert_blocks("assistant", "[" THINKING("hm", "S") "]", "A(r:hm~1/S)");
    assert_blocks("assistant", "[" THINKING("", "S") "]", "A(r:~1/S)");
    assert_blocks("assistant", "[" THINKING("hm", "") "]", "A(r:hm)");
    assert_blocks("assistant", "[" THINKING("", "") "]", "A()");
    assert_blocks("assistant", "[{\"type\":\"thinking\",\"thinking\":\"x\"}]",
                  "A(r:x)");
    assert_blocks("assistant", "[" THINKING("hm", "ag1.responses.S") "]",
                  "A(r:hm~3/S)");
    assert_blocks("assistant", "[" THINKING("hm", "ag1.gemini.S") "]",
                  "A(r:hm~2/S)");

    assert_blocks("assistant",
                  "[{\"type\":\"redacted_thinking\",\"data\":\"D\"},"
                  "{\"type\":\"redacted_thinking\",\"data\":"
                  "\"ag1.responses-redacted.E\"},"
                  "{\"type\":\"redacted_thinking\"}]",
                  "A(r:#~1/D r:#~3/E)");
}


static void
gives_signatures_of_gemini_back_to_their_parts(void **state)
{
    (void) state;

    assert_blocks("assistant",
                  "[" THINKING("hm", "") "," THINKING("", "ag1.gemini.E") ","
                  CALL("a") "," CALL("b") "]",
                  "A(r:hm c:a|f_a|{}~2/E c:b|f_b|{})");

    assert_blocks("assistant",
                  "[" THINKING("", "ag1.gemini.E") "," TEXT("") ","
                  TEXT("x") "," THINKING("", "ag1.gemini-redacted.L") ","
                  CALL("a") "," THINKING("", "ag1.gemini-redacted.M") "]",
                  "A(t:x~2/L c:a|f_a|{}~2/M)");

    /* nothing to sign, and nothing of another turn */

    assert_asked("[{\"role\":\"assistant\",\"content\":["
                 THINKING("", "ag1.gemini-redacted.L") ","
                 THINKING("", "ag1.gemini.E") "]},"
                 "{\"role\":\"user\",\"content\":\"x\"},"
                 "{\"role\":\"assistant\",\"content\":\"y\"}]",
                 "A() U(t:x) A(t:y)");
    assert_asked("[{\"role\":\"assistant\",\"content\":[" CALL("a") "]},"
                 "{\"role\":\"assistant\",\"content\":["
                 THINKING("", "ag1.gemini-redacted.L") "]}]",
                 "A(c:a|f_a|{}) A()");
}


static void
keeps_what_it_does_not_know(void **state)
{
    (void) state;

    assert_blocks("assistant",
                  "[{\"type\":\"server_tool_use\",\"id\":\"a\"},"
                  "{\"type\":\"web_search_tool_result\"}," TEXT("x") "]",
                  "A(x:server_tool_use x:web_search_tool_result t:x)");
    assert_blocks("user", "[{\"type\":\"container_upload\"}]",
                  "U(x:container_upload)");
}


static void
refuses_blocks_in_a_wrong_place_or_form(void **state)
{
    (void) state;

    assert_refused_blocks("user", "[" CALL("a") "]");
    assert_refused_blocks("user", "[" THINKING("a", "b") "]");
    assert_refused_blocks("assistant", "[" RESULT("a") "]");
    assert_refused_blocks("system", "[{\"type\":\"image\"}]");
    assert_refused_blocks("user",
                          "[{\"type\":\"tool_result\",\"tool_use_id\":\"a\","
                          "\"content\":[" RESULT("b") "]}]");

    assert_refused_blocks("user", "{}");
    assert_refused_blocks("user", "[\"x\"]");
    assert_refused_blocks("user", "[{\"text\":\"x\"}]");
    assert_refused_blocks("user", "[{\"type\":\"text\"}]");
    assert_refused_blocks("user", "[{\"type\":\"tool_result\"}]");
    assert_refused_blocks("user", "[{\"type\":\"tool_result\","
                                  "\"tool_use_id\":\"a\",\"content\":1}]");
    assert_refused_blocks("assistant", "[{\"type\":\"tool_use\","
                                       "\"id\":\"a\",\"input\":{}}]");
    assert_refused_blocks("assistant", "[{\"type\":\"tool_use\","
                                       "\"name\":\"f\",\"input\":{}}]");
    assert_refused_blocks("assistant", "[{\"type\":\"tool_use\",\"id\":\"a\","
                                       "\"name\":\"f\",\"input\":\"\"}]");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(reads_texts),
        cmocka_unit_test(reads_calls_and_names_their_results),
        cmocka_unit_test(reads_results_of_every_form),
        cmocka_unit_test(searches_calls_for_a_bounded_time),
        cmocka_unit_test(reads_thinking_with_its_signer),
        cmocka_unit_test(gives_signatures_of_gemini_back_to_their_parts),
        cmocka_unit_test(keeps_what_it_does_not_know),
        cmocka_unit_test(refuses_blocks_in_a_wrong_place_or_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
