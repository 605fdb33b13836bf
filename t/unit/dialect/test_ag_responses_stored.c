/*
 * Copyright (C) ngx_agent authors
 *
 * Nothing that a provider has stored is referred to, however it is written.
 */


#include "dialect_test.h"


static void
refuses(const char *fields, const char *param)
{
    char        body[512];
    ag_error_t  error;

    snprintf(body, sizeof(body), "{\"model\":\"m\",%s}", fields);
    error = refuse(AG_ENDPOINT_RESPONSES, body);

    assert_int_equal(error.class, AG_E_UNSUPPORTED_PARAMETER);
    assert_text(error.param, param);
    assert_true(error.message.len > 40);
}


static void
accepts(const char *fields)
{
    char          body[512];
    ag_request_t  request;

    snprintf(body, sizeof(body), "{\"model\":\"m\",%s}", fields);
    accept(&request, AG_ENDPOINT_RESPONSES, body);
}


static void
refuses_fields_of_the_store(void **state)
{
    (void) state;

    refuses("\"previous_response_id\":\"resp_1\"", "previous_response_id");
    refuses("\"previous\\u005fresponse_id\":\"x\"", "previous_response_id");
    refuses("\"conversation\":\"conv_1\"", "conversation");
    refuses("\"conversation\":{\"id\":\"conv_1\"}", "conversation");
    refuses("\"prompt\":{\"id\":\"p\"}", "prompt");
    refuses("\"background\":true", "background");

    accepts("\"previous_response_id\":null,\"conversation\":null,"
            "\"prompt\":null,\"background\":false,\"store\":true");
}


static void
refuses_references_among_the_items(void **state)
{
    (void) state;

    refuses("\"input\":[{\"type\":\"item_reference\",\"id\":\"m\"}]",
            "input");
    refuses("\"input\":[{\"role\":\"user\",\"content\":\"x\"},"
            "{\"id\":\"m\",\"type\":\"item\\u005freference\"}]", "input");
    refuses("\"input\":[{\"id\":\"m\"}]", "input");
    refuses("\"input\":[{\"id\":\"m\",\"type\":null}]", "input");

    accepts("\"input\":\"item_reference\"");
    accepts("\"input\":[]");
    accepts("\"input\":[{\"role\":\"user\",\"content\":"
            "\"{\\\"type\\\":\\\"item_reference\\\"}\"}]");
    accepts("\"input\":[{\"id\":\"m\",\"type\":\"message\","
            "\"role\":\"assistant\",\"content\":[]}]");
    accepts("\"input\":[{\"id\":\"m\",\"role\":\"assistant\","
            "\"content\":\"x\"}, \"item_reference\", 1]");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(refuses_fields_of_the_store),
        cmocka_unit_test(refuses_references_among_the_items)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
