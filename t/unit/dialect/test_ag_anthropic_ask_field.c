/*
 * Copyright (C) ngx_agent authors
 *
 * The fields of a Messages request beside its messages.
 */


#include "anthropic_ask_test.h"


static void
reads_numbers_as_they_are(void **state)
{
    asking_t  a;

    (void) state;

    ask_with(&a, "\"max_tokens\":100,\"temperature\":0.5,\"top_p\":1,"
                 "\"top_k\":40");
    assert_int_equal(a.n.max_tokens, 100);
    assert_true(a.n.temperature == yyjson_obj_get(a.n.root, "temperature"));
    assert_true(a.n.top_p == yyjson_obj_get(a.n.root, "top_p"));
    assert_true(a.n.top_k == yyjson_obj_get(a.n.root, "top_k"));
    assert_int_equal(a.n.unknown_count, 0);
    asking_free(&a);

    ask_with(&a, "\"temperature\":null,\"top_p\":null,\"top_k\":null");
    assert_null(a.n.temperature);
    assert_null(a.n.top_p);
    assert_null(a.n.top_k);
    assert_int_equal(a.n.max_tokens, 0);
    asking_free(&a);

    assert_refused_with("\"temperature\":\"1\"", "temperature");
    assert_refused_with("\"top_p\":[]", "top_p");
    assert_refused_with("\"top_k\":{}", "top_k");
}


static void
reads_stop_sequences(void **state)
{
    asking_t  a;
    char      json[512];
    size_t    i, len;

    (void) state;

    ask_with(&a, "\"stop_sequences\":[\"a\",\"\",\"b\\n\"]");
    assert_int_equal(a.n.stop_count, 2);
    assert_text(a.n.stops[0], "a");
    assert_text(a.n.stops[1], "b\n");
    asking_free(&a);

    assert_refused_with("\"stop_sequences\":\"a\"", "stop_sequences");
    assert_refused_with("\"stop_sequences\":[\"a\",1]", "stop_sequences[1]");

    len = (size_t) snprintf(json, sizeof(json), "\"stop_sequences\":[\"x\"");

    for (i = 1; i < AG_STOPS_MAX; i++) {
        len += (size_t) snprintf(json + len, sizeof(json) - len, ",\"x\"");
    }

    snprintf(json + len, sizeof(json) - len, "]");
    ask_with(&a, json);
    assert_int_equal(a.n.stop_count, AG_STOPS_MAX);
    asking_free(&a);

    snprintf(json + len, sizeof(json) - len, ",\"x\"]");
    assert_refused_with(json, "stop_sequences");
}


static void
reads_how_long_to_think(void **state)
{
    asking_t  a;

    (void) state;

    ask_with(&a, "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048}");
    assert_int_equal(a.n.budget_tokens, 2048);
    assert_int_equal(a.n.summary, 1);
    assert_int_equal(a.n.adaptive, 0);
    assert_int_equal(a.n.effort, AG_EFFORT_UNSET);
    asking_free(&a);

    ask_with(&a, "\"thinking\":{\"type\":\"adaptive\",\"display\":"
                 "\"omitted\"},\"output_config\":{\"effort\":\"xhigh\"}");
    assert_int_equal(a.n.adaptive, 1);
    assert_int_equal(a.n.summary, 0);
    assert_int_equal(a.n.budget_tokens, 0);
    assert_int_equal(a.n.effort, AG_EFFORT_XHIGH);
    asking_free(&a);

    ask_with(&a, "\"thinking\":{\"type\":\"adaptive\",\"display\":"
                 "\"summarized\"}");
    assert_int_equal(a.n.summary, 1);
    asking_free(&a);

    ask_with(&a, "\"thinking\":{\"type\":\"between_tools\"}");
    assert_int_equal(a.n.adaptive, 1);
    asking_free(&a);

    ask_with(&a, "\"thinking\":{\"type\":\"disabled\"},"
                 "\"output_config\":{\"effort\":\"high\"}");
    assert_int_equal(a.n.effort, AG_EFFORT_NONE);
    assert_int_equal(a.n.summary, 0);
    asking_free(&a);

    assert_refused_with("\"thinking\":{}", "thinking.type");
    assert_refused_with("\"thinking\":{\"type\":\"on\"}", "thinking.type");
    assert_refused_with("\"thinking\":{\"type\":\"enabled\"}",
                        "thinking.budget_tokens");
    assert_refused_with("\"thinking\":{\"type\":\"enabled\","
                        "\"budget_tokens\":-5}", "thinking.budget_tokens");
    assert_refused_with("\"output_config\":[]", "output_config");
    assert_refused_with("\"output_config\":{\"effort\":\"huge\"}",
                        "output_config.effort");
    assert_refused_with("\"output_config\":{\"effort\":\"\"}",
                        "output_config.effort");
    assert_refused_with("\"output_config\":{\"effort\":3}",
                        "output_config.effort");
}


static void
reads_the_form_of_the_output(void **state)
{
    asking_t  a;

    (void) state;

    ask_with(&a, "\"output_config\":{\"format\":{\"type\":\"json_schema\","
                 "\"schema\":{\"type\":\"object\"}}}");
    assert_int_equal(a.n.format, AG_FORMAT_SCHEMA);
    assert_true(yyjson_is_obj(a.n.schema));
    assert_int_equal(a.n.schema_strict, -1);
    asking_free(&a);

    ask_with(&a, "\"output_format\":{\"type\":\"json_schema\","
                 "\"schema\":{\"type\":\"object\"}}");
    assert_int_equal(a.n.format, AG_FORMAT_SCHEMA);
    assert_int_equal(a.n.unknown_count, 0);
    asking_free(&a);

    ask_with(&a, "\"output_config\":{\"format\":null,\"effort\":null}");
    assert_int_equal(a.n.format, AG_FORMAT_TEXT);
    asking_free(&a);

    assert_refused_with("\"output_config\":{\"format\":{\"type\":\"json\"}}",
                        "output_config.format");
    assert_refused_with("\"output_config\":{\"format\":{\"type\":"
                        "\"json_schema\"}}", "output_config.format");
    assert_refused_with("\"output_format\":\"json\"", "output_format");
}


static void
reads_who_asks_and_at_what_price(void **state)
{
    asking_t  a;

    (void) state;

    ask_with(&a, "\"metadata\":{\"user_id\":\"u1\",\"other\":1},"
                 "\"service_tier\":\"auto\","
                 "\"cache_control\":{\"type\":\"ephemeral\"}");
    assert_text(a.n.user, "u1");
    assert_null(a.n.metadata);
    assert_int_equal(a.n.tier, AG_TIER_AUTO);
    assert_non_null(a.n.cache_control);
    asking_free(&a);

    ask_with(&a, "\"service_tier\":\"standard_only\",\"metadata\":"
                 "{\"user_id\":null}");
    assert_int_equal(a.n.tier, AG_TIER_DEFAULT);
    assert_int_equal(a.n.user.len, 0);
    asking_free(&a);

    assert_refused_with("\"service_tier\":\"priority\"", "service_tier");
    assert_refused_with("\"cache_control\":\"ephemeral\"", "cache_control");
}


static void
names_what_it_does_not_know(void **state)
{
    asking_t  a;

    (void) state;

    ask_with(&a, "\"stream\":true,\"context_management\":{\"edits\":[]},"
                 "\"mcp_servers\":[],\"container\":null,\"speed\":\"fast\"");
    assert_int_equal(a.n.unknown_count, 3);
    assert_text(a.n.unknown[0], "context_management");
    assert_text(a.n.unknown[1], "mcp_servers");
    assert_text(a.n.unknown[2], "speed");
    asking_free(&a);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(reads_numbers_as_they_are),
        cmocka_unit_test(reads_stop_sequences),
        cmocka_unit_test(reads_how_long_to_think),
        cmocka_unit_test(reads_the_form_of_the_output),
        cmocka_unit_test(reads_who_asks_and_at_what_price),
        cmocka_unit_test(names_what_it_does_not_know),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
