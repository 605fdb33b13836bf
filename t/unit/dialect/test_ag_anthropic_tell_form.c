/*
 * Copyright (C) ngx_agent authors
 *
 * The form of an answer: that its reader is told when a tool stands for it,
 * and only then.
 */


#include "dialect/anthropic_tell_test.h"


#define FORM(schema)                                                          \
    "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"          \
    "{\"name\":\"s\",\"schema\":" schema "}}"

#define OBJECT  "{\"type\":\"object\",\"properties\":{\"a\":{}},"             \
                "\"required\":[\"a\"]}"

#define TOOL(name)                                                            \
    ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"" name       \
    "\"}}]"


static void expect(const char *model, const char *members,
    unsigned json_tool, const char *piece);


static void
expect(const char *model, const char *members, unsigned json_tool,
    const char *piece)
{
    golden_asked_t  a;

    tell_with(&a, model, members);
    assert_true(told_has(&a, piece));
    assert_int_equal(a.to.json_tool, json_tool);
    golden_ask_free(&a);
}


static void
test_the_reader_knows_of_the_tool(void **state)
{
    (void) state;

    expect(OLDEST, FORM(OBJECT), 1, "\"name\":\"json_response\"");
    expect(OLDEST, FORM(OBJECT) ",\"reasoning_effort\":\"low\"", 1,
           "calling the tool json_response");
    expect(OLDER, FORM("{\"type\":\"object\"}"), 1,
           "\"name\":\"json_response\"");
}


static void
test_the_reader_knows_that_there_is_none(void **state)
{
    (void) state;

    expect(OLDER, FORM(OBJECT), 0, "output_config");
    expect(NEWEST, FORM(OBJECT), 0, "output_config");
    expect(OLDEST, FORM(OBJECT) TOOL("f") ",\"tool_choice\":\"required\"", 0,
           "\"type\":\"any\"");
    expect(OLDEST, "\"response_format\":{\"type\":\"json_object\"}", 0,
           "JSON object");
    expect(OLDEST, TOOL("json_response") + 1, 0, "json_response");
}


static void
test_a_choice_that_cannot_be_forced_leaves_the_form(void **state)
{
    golden_how_t    how;
    golden_asked_t  a;

    static const char  request[] =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
        "\"Hi\"}]," FORM(OBJECT) TOOL("f") ",\"tool_choice\":\"required\","
        "\"reasoning_effort\":\"low\"}";

    (void) state;

    memset(&how, 0, sizeof(how));
    how.provider = &ag_anthropic;
    how.quirks = ag_quirks_of_host(ag_str("", 0));
    how.endpoint = AG_ENDPOINT_CHAT;
    how.model = ag_str(OLDEST, strlen(OLDEST));
    how.drop_params = 1;

    golden_ask(&a, &how, ag_str(request, strlen(request)));

    assert_true(told_has(&a, "calling the tool json_response"));
    assert_true(told_has(&a, "\"tool_choice\":{\"type\":\"auto\"}"));
    assert_int_equal(a.to.json_tool, 1);
    golden_ask_free(&a);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_the_reader_knows_of_the_tool),
        cmocka_unit_test(test_the_reader_knows_that_there_is_none),
        cmocka_unit_test(test_a_choice_that_cannot_be_forced_leaves_the_form)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
