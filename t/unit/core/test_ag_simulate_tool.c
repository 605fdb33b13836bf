/*
 * Copyright (C) ngx_agent authors
 */


#include "core/simulated.h"


#define F(name)                                                               \
    "{\"type\":\"function\",\"function\":{\"name\":\"" name "\"}}"
#define TOOLS  "{\"model\":\"m\",\"tools\":[" F("f") "," F("g") "],"


/* The call's answer calls that tool; NULL: none. */
static void
calls(const char *body, const char *tool)
{
    simulated_t  t;
    yyjson_doc  *doc;
    yyjson_val  *name;

    simulated_init(&t);
    simulated_post(&t, "chat/completions", body);
    assert_int_equal(t.s.status, 200);

    doc = simulated_json(&t);
    name = yyjson_doc_ptr_get(doc, "/choices/0/message/tool_calls/0/function"
                                   "/name");

    if (tool == NULL) {
        assert_null(name);
        assert_true(simulated_string(doc, "/choices/0/message/content")[0]
                    != '\0');

    } else {
        assert_string_equal(yyjson_get_str(name), tool);
    }

    yyjson_doc_free(doc);
    simulated_free(&t);
}


static void
the_first_tool_is_called_or_the_one_that_is_asked_for(void **state)
{
    (void) state;

    calls(TOOLS CHAT "}", "f");
    calls(TOOLS "\"tool_choice\":\"auto\"," CHAT "}", "f");
    calls(TOOLS "\"tool_choice\":\"required\"," CHAT "}", "f");
    calls(TOOLS "\"tool_choice\":" F("g") "," CHAT "}", "g");
    calls(TOOLS "\"tool_choice\":{\"type\":\"allowed_tools\","
          "\"allowed_tools\":{\"mode\":\"auto\",\"tools\":[" F("g") "]}},"
          CHAT "}", "g");
}


static void
no_tool_is_called_where_none_can_be(void **state)
{
    (void) state;

    calls("{\"model\":\"m\",\"tools\":[]," CHAT "}", NULL);
    calls("{\"model\":\"m\",\"tools\":7," CHAT "}", NULL);
    calls("{\"model\":\"m\",\"tools\":[7,{},{\"function\":{}}]," CHAT "}",
          NULL);
    calls("{\"model\":\"m\",\"tools\":[{\"type\":\"custom\","
          "\"custom\":{\"name\":\"c\"}}]," CHAT "}", NULL);
    calls(TOOLS "\"tool_choice\":\"none\"," CHAT "}", NULL);
    calls(TOOLS "\"tool_choice\":" F("unknown") "," CHAT "}", NULL);
}


/* Or an agent would call it for ever. */
static void
after_a_tools_result_comes_text(void **state)
{
    simulated_t  t;

    (void) state;

    calls(TOOLS "\"messages\":[{\"role\":\"user\",\"content\":\"x\"},"
          "{\"role\":\"tool\",\"content\":\"x\"}]}", NULL);
    calls(TOOLS "\"messages\":[{\"role\":\"tool\",\"content\":\"x\"},"
          "{\"role\":\"user\",\"content\":\"x\"}]}", "f");

    simulated_init(&t);
    simulated_post(&t, "responses",
                   "{\"model\":\"m\",\"tools\":[{\"type\":\"function\","
                   "\"name\":\"f\",\"parameters\":{}}],\"input\":"
                   "[{\"type\":\"function_call_output\",\"call_id\":\"c\","
                   "\"output\":\"x\"}]}");
    assert_false(simulated_has(&t, "\"function_call\""));

    t.options.dialect = AG_SIMULATE_ANTHROPIC;
    simulated_post(&t, "messages",
                   "{\"model\":\"m\",\"max_tokens\":9,\"tools\":"
                   "[{\"name\":\"f\",\"input_schema\":{}}],\"messages\":"
                   "[{\"role\":\"user\",\"content\":[{\"type\":"
                   "\"tool_result\",\"tool_use_id\":\"t\"}]}]}");
    assert_false(simulated_has(&t, "\"tool_use\""));

    simulated_free(&t);
}


static void
arguments_are_always_an_object(void **state)
{
    size_t                    i;
    char                      body[512];
    simulated_t               t;
    static const char *const  schemas[] = {
        "null", "7", "{}", "{\"type\":\"string\"}", "{\"const\":[]}",
        "{\"type\":\"array\",\"items\":{\"$ref\":\"#\"},\"minItems\":8}"
    };

    (void) state;
    simulated_init(&t);

    for (i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++) {
        snprintf(body, sizeof(body),
                 "{\"model\":\"m\",\"tools\":[{\"type\":\"function\","
                 "\"function\":{\"name\":\"f\",\"parameters\":%s}}]," CHAT "}",
                 schemas[i]);
        simulated_post(&t, "chat/completions", body);
        assert_true(simulated_has(&t, "\"arguments\":\"{}\""));
    }

    simulated_free(&t);
}


static void
max_tokens_cuts_no_arguments(void **state)
{
    simulated_t  t;

    (void) state;
    simulated_init(&t);

    simulated_post(&t, "chat/completions",
                   "{\"model\":\"m\",\"max_tokens\":1,\"tools\":[{\"type\":"
                   "\"function\",\"function\":{\"name\":\"f\",\"parameters\":"
                   "{\"properties\":{\"a_property\":{\"const\":\"of some "
                   "length\"}},\"required\":[\"a_property\"]}}}]," CHAT "}");
    assert_true(simulated_has(&t, "of some length\\\"}\""));
    assert_true(simulated_has(&t, "\"finish_reason\":\"tool_calls\""));

    simulated_free(&t);
}


static void
text_is_json_when_it_is_asked_for(void **state)
{
    simulated_t  t;
    yyjson_doc  *doc, *inner;
    const char  *content;

    (void) state;
    simulated_init(&t);

    simulated_post(&t, "chat/completions",
                   "{\"model\":\"m\",\"response_format\":{\"type\":"
                   "\"json_schema\",\"json_schema\":{\"name\":\"x\","
                   "\"schema\":{\"type\":\"object\",\"properties\":{\"a\":"
                   "{\"type\":\"integer\"}},\"required\":[\"a\"]}}}," CHAT "}");
    doc = simulated_json(&t);
    assert_string_equal(simulated_string(doc, "/choices/0/message/content"),
                        "{\"a\":7}");
    yyjson_doc_free(doc);

    simulated_post(&t, "chat/completions",
                   "{\"model\":\"m\",\"response_format\":{\"type\":"
                   "\"json_object\"}," CHAT "}");
    doc = simulated_json(&t);
    content = simulated_string(doc, "/choices/0/message/content");
    inner = yyjson_read(content, strlen(content), 0);
    assert_true(yyjson_is_obj(yyjson_doc_get_root(inner)));
    yyjson_doc_free(inner);
    yyjson_doc_free(doc);

    simulated_post(&t, "responses",
                   "{\"model\":\"m\",\"input\":\"x\",\"text\":{\"format\":"
                   "{\"type\":\"json_schema\",\"name\":\"x\",\"schema\":"
                   "{\"const\":\"constant\"}}}}");
    assert_true(simulated_has(&t, "\"text\":\"\\\"constant\\\"\""));

    simulated_free(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(
            the_first_tool_is_called_or_the_one_that_is_asked_for),
        cmocka_unit_test(no_tool_is_called_where_none_can_be),
        cmocka_unit_test(after_a_tools_result_comes_text),
        cmocka_unit_test(arguments_are_always_an_object),
        cmocka_unit_test(max_tokens_cuts_no_arguments),
        cmocka_unit_test(text_is_json_when_it_is_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
