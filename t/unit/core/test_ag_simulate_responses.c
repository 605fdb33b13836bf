/*
 * Copyright (C) ngx_agent authors
 */


#include "core/simulated.h"


#define TOOL                                                                  \
    "\"tools\":[{\"type\":\"web_search\"},{\"type\":\"function\","            \
    "\"name\":\"f\",\"parameters\":{\"type\":\"object\",\"properties\":"      \
    "{\"long_name\":{\"const\":\"long value\"}},"                             \
    "\"required\":[\"long_name\"]}}],"


static void
respond(simulated_t *t, const char *rest)
{
    char  body[1024];

    snprintf(body, sizeof(body), "{\"model\":\"m\",%s\"input\":\"hi\"}", rest);
    simulated_post(t, "responses", body);
    assert_int_equal(t->s.status, 200);
}


static void
a_response_is_whole(void **state)
{
    simulated_t  t;
    yyjson_doc  *doc;

    (void) state;
    simulated_init(&t);

    respond(&t, "");
    doc = simulated_json(&t);
    assert_memory_equal(simulated_string(doc, "/id"), "resp_", 5);
    assert_string_equal(simulated_string(doc, "/object"), "response");
    assert_string_equal(simulated_string(doc, "/status"), "completed");
    assert_int_equal(simulated_number(doc, "/created_at"), SIMULATED_CREATED);
    assert_string_equal(simulated_string(doc, "/output/0/type"), "message");
    assert_string_equal(simulated_string(doc, "/output/0/content/0/type"),
                        "output_text");
    assert_int_equal(simulated_number(doc, "/usage/output_tokens"), 5);
    yyjson_doc_free(doc);

    respond(&t, "\"max_output_tokens\":2,");
    doc = simulated_json(&t);
    assert_string_equal(simulated_string(doc, "/status"), "incomplete");
    assert_string_equal(simulated_string(doc, "/incomplete_details/reason"),
                        "max_output_tokens");
    yyjson_doc_free(doc);

    simulated_free(&t);
}


static void
events(simulated_t *t, const char *const *types, unsigned count)
{
    unsigned     i;
    yyjson_doc  *doc;

    for (i = 0; i < count; i++) {
        doc = simulated_event(t, i);
        assert_string_equal(simulated_string(doc, "/type"), types[i]);
        assert_int_equal(simulated_number(doc, "/sequence_number"), i);
        yyjson_doc_free(doc);
    }

    assert_int_equal(simulated_count(t, "data: "), count);
    assert_int_equal(simulated_count(t, "event: "), count);
}


static void
a_stream_has_every_event_in_order(void **state)
{
    char                      text[256];
    simulated_t               t;
    yyjson_doc               *doc;
    static const char *const  types[] = {
        "response.created", "response.in_progress",
        "response.output_item.added", "response.content_part.added",
        "response.output_text.delta", "response.output_text.delta",
        "response.output_text.delta", "response.output_text.delta",
        "response.output_text.delta", "response.output_text.done",
        "response.content_part.done", "response.output_item.done",
        "response.completed"
    };

    (void) state;
    simulated_init(&t);

    respond(&t, "\"stream\":true,");
    events(&t, types, sizeof(types) / sizeof(types[0]));

    simulated_join(&t, "/delta", text, sizeof(text));
    doc = simulated_event(&t, 12);
    assert_string_equal(simulated_string(doc, "/response/output/0/content/0"
                                              "/text"), text);
    assert_int_equal(simulated_number(doc, "/response/usage/output_tokens"),
                     5);
    yyjson_doc_free(doc);

    simulated_free(&t);
}


static void
a_function_is_called(void **state)
{
    char                      arguments[256];
    simulated_t               t;
    yyjson_doc               *doc;
    static const char *const  types[] = {
        "response.created", "response.in_progress",
        "response.output_item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done", "response.completed"
    };

    (void) state;
    simulated_init(&t);

    respond(&t, TOOL);
    doc = simulated_json(&t);
    assert_string_equal(simulated_string(doc, "/output/0/type"),
                        "function_call");
    assert_string_equal(simulated_string(doc, "/output/0/name"), "f");
    assert_string_equal(simulated_string(doc, "/output/0/arguments"),
                        "{\"long_name\":\"long value\"}");
    yyjson_doc_free(doc);

    respond(&t, "\"stream\":true," TOOL);
    events(&t, types, sizeof(types) / sizeof(types[0]));
    simulated_join(&t, "/delta", arguments, sizeof(arguments));
    assert_string_equal(arguments, "{\"long_name\":\"long value\"}");

    simulated_free(&t);
}


static void
a_stream_breaks_off_with_its_own_error_event(void **state)
{
    simulated_t  t;

    (void) state;
    simulated_init(&t);

    simulated_post(&t, "responses",
                   "{\"model\":\"sim-error-mid\",\"stream\":true,"
                   "\"input\":\"x\"}");
    assert_true(simulated_has(&t, "event: error\ndata: {\"type\":\"error\","
                                  "\"sequence_number\":6,\"code\":"
                                  "\"server_error\""));
    assert_false(simulated_has(&t, "response.completed"));

    simulated_free(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_response_is_whole),
        cmocka_unit_test(a_stream_has_every_event_in_order),
        cmocka_unit_test(a_function_is_called),
        cmocka_unit_test(a_stream_breaks_off_with_its_own_error_event),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
