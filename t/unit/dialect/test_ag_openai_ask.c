/*
 * Copyright (C) ngx_agent authors
 *
 * The table of fields, and what no table helps against: fields of any type,
 * any depth, and an arena of any size.
 */


#include "dialect/openai_ask_test.h"


#define FORMS  10       /* that a value is given */


static unsigned twist(size_t place, unsigned form, yyjson_doc **doc);
static yyjson_mut_val *twist_find(yyjson_mut_val *value, size_t *place);


/* Something of everything. */
static const char  rich[] =
    "{\"messages\":["
    "{\"role\":\"developer\",\"content\":\"D\",\"name\":\"n\"},"
    "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"T\","
    "\"cache_control\":{\"type\":\"ephemeral\"}},"
    "{\"type\":\"text\",\"text\":\"U\","
    "\"prompt_cache_breakpoint\":{\"mode\":\"explicit\"}},"
    "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,"
    "AAAA\",\"detail\":\"low\"}},"
    "{\"type\":\"file\",\"file\":{\"filename\":\"a.txt\",\"file_data\":"
    "\"data:text/plain;base64,SGk=\"}},"
    "{\"type\":\"file\",\"file\":{\"file_data\":\"data:,Hi\"}},"
    "{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AAAA\","
    "\"format\":\"wav\"}}]},"
    "{\"role\":\"assistant\",\"content\":null,\"refusal\":\"No\","
    "\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"A\"},"
    "{\"type\":\"reasoning.text\",\"text\":\"B\",\"signature\":\"S\"},"
    "{\"type\":\"reasoning.encrypted\",\"data\":\"E\",\"id\":\"c1\","
    "\"format\":\"google-gemini-v1\"}],"
    "\"tool_calls\":[{\"id\":\"c1\",\"type\":\"function\",\"function\":"
    "{\"name\":\"f\",\"arguments\":\"{}\"},\"extra_content\":{\"google\":"
    "{\"thought_signature\":\"G\"}}},{\"id\":\"c2\",\"type\":\"custom\","
    "\"custom\":{\"name\":\"g\",\"input\":\"i\"}}]},"
    "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":[{\"type\":"
    "\"text\",\"text\":\"R\"}]},"
    "{\"role\":\"assistant\",\"function_call\":{\"name\":\"h\","
    "\"arguments\":\"\"},\"thinking_blocks\":[{\"type\":\"thinking\","
    "\"thinking\":\"t\",\"signature\":\"s\"},"
    "{\"type\":\"redacted_thinking\",\"data\":\"d\"}],"
    "\"reasoning_content\":\"r\",\"audio\":{\"id\":\"a\"}},"
    "{\"role\":\"function\",\"name\":\"h\",\"content\":\"R\"}],"
    "\"max_tokens\":5,\"max_completion_tokens\":6,\"n\":2,"
    "\"stop\":[\"a\",\"b\"],\"logprobs\":true,\"top_logprobs\":2,"
    "\"logit_bias\":{\"1\":2},\"tools\":[{\"type\":\"function\","
    "\"function\":{\"name\":\"f\",\"parameters\":{},\"strict\":true}},"
    "{\"type\":\"custom\",\"custom\":{\"name\":\"g\"}},"
    "{\"type\":\"web_search\",\"name\":\"w\"}],"
    "\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":"
    "{\"mode\":\"auto\",\"tools\":[{\"type\":\"function\",\"function\":"
    "{\"name\":\"f\"}}]}},\"functions\":[{\"name\":\"h\"}],"
    "\"function_call\":{\"name\":\"h\"},\"parallel_tool_calls\":true,"
    "\"web_search_options\":{},\"response_format\":{\"type\":"
    "\"json_schema\",\"json_schema\":{\"name\":\"s\",\"schema\":{},"
    "\"strict\":true}},\"reasoning_effort\":\"low\",\"thinking\":"
    "{\"type\":\"enabled\",\"budget_tokens\":2000},"
    "\"modalities\":[\"text\",\"audio\"],\"service_tier\":\"flex\","
    "\"user\":\"u\",\"unknown\":1}";


/* The rich request with one of its values another; 0 after the last. */
static unsigned
twist(size_t place, unsigned form, yyjson_doc **doc)
{
    yyjson_doc      *read;
    yyjson_mut_val  *found;
    yyjson_mut_doc  *made;

    read = yyjson_read(rich, strlen(rich), 0);
    assert_non_null(read);
    made = yyjson_doc_mut_copy(read, NULL);
    yyjson_doc_free(read);

    found = twist_find(yyjson_mut_doc_get_root(made), &place);

    switch ((found != NULL) ? form : FORMS) {
    case 0: yyjson_mut_set_null(found); break;
    case 1: yyjson_mut_set_bool(found, 1); break;
    case 2: yyjson_mut_set_sint(found, -1); break;
    case 3: yyjson_mut_set_real(found, 1e300); break;
    case 4: yyjson_mut_set_uint(found, UINT64_MAX); break;
    case 5: yyjson_mut_set_str(found, ""); break;
    case 6: yyjson_mut_set_str(found, "{"); break;
    case 7: yyjson_mut_set_str(found, "data:,"); break;
    case 8: yyjson_mut_set_arr(found); break;
    case 9: yyjson_mut_set_obj(found); break;
    }

    *doc = (found != NULL) ? yyjson_mut_doc_imut_copy(made, NULL) : NULL;
    yyjson_mut_doc_free(made);

    return found != NULL;
}


/* The value at that place, as the text has them; the root has none. */
static yyjson_mut_val *
twist_find(yyjson_mut_val *value, size_t *place)
{
    size_t           i, max;
    yyjson_mut_val  *key, *inner, *found;

    if (yyjson_mut_is_arr(value)) {
        yyjson_mut_arr_foreach(value, i, max, inner) {
            found = ((*place)-- == 0) ? inner : twist_find(inner, place);

            if (found != NULL) {
                return found;
            }
        }
    }

    if (yyjson_mut_is_obj(value)) {
        yyjson_mut_obj_foreach(value, i, max, key, inner) {
            found = ((*place)-- == 0) ? inner : twist_find(inner, place);

            if (found != NULL) {
                return found;
            }
        }
    }

    return NULL;
}


static void
takes_fields_as_they_are(void **state)
{
    asked_t  a;

    (void) state;

    ask_fields(&a, "\"model\":\"m\",\"stream\":true,"
                   "\"stream_options\":{\"include_usage\":true},"
                   "\"temperature\":0.5,\"top_p\":1,\"top_k\":40,"
                   "\"frequency_penalty\":-1,\"presence_penalty\":0.5,"
                   "\"seed\":-7,\"verbosity\":\"low\","
                   "\"prompt_cache_key\":\"k\",\"audio\":{\"voice\":\"v\"},"
                   "\"cache_control\":{\"type\":\"ephemeral\"},"
                   "\"metadata\":{\"a\":\"b\"},\"store\":true,"
                   "\"prediction\":{\"type\":\"content\"}");

    assert_int_equal(a.rc, AG_OK);
    assert_string_equal(a.n.list, "messages");
    assert_int_equal(a.n.unknown_count, 0);
    assert_int_equal(a.n.choices, 1);
    assert_int_equal(a.n.parallel, -1);
    assert_int_equal(a.n.schema_strict, -1);
    assert_true(yyjson_get_num(a.n.temperature) > 0.4);
    assert_int_equal(yyjson_get_uint(a.n.top_p), 1);
    assert_int_equal(yyjson_get_uint(a.n.top_k), 40);
    assert_int_equal(yyjson_get_int(a.n.frequency_penalty), -1);
    assert_true(yyjson_get_num(a.n.presence_penalty) > 0.4);
    assert_int_equal(yyjson_get_sint(a.n.seed), -7);
    assert_true(ag_str_is(a.n.verbosity, "low"));
    assert_true(ag_str_is(a.n.prompt_cache_key, "k"));
    assert_true(yyjson_is_obj(a.n.audio));
    assert_true(yyjson_is_obj(a.n.cache_control));
    assert_true(yyjson_is_obj(a.n.metadata));
    assert_true(yyjson_is_true(a.n.store));
    assert_true(yyjson_is_obj(a.n.prediction));

    asked_free(&a);
}


static void
knows_null_as_nothing(void **state)
{
    asked_t  a;

    (void) state;

    ask_fields(&a, "\"temperature\":null,\"stop\":null,\"tools\":null,"
                   "\"tool_choice\":null,\"functions\":null,\"n\":null,"
                   "\"function_call\":null,\"response_format\":null,"
                   "\"logit_bias\":null,\"reasoning_effort\":null,"
                   "\"user\":null,\"modalities\":null,\"audio\":null,"
                   "\"web_search_options\":null,\"novelty\":null,"
                   "\"thinking\":null,\"service_tier\":null");

    assert_int_equal(a.rc, AG_OK);
    assert_null(a.n.temperature);
    assert_null(a.n.stops);
    assert_null(a.n.tools);
    assert_null(a.n.audio);
    assert_int_equal(a.n.choose, AG_CHOOSE_UNSET);
    assert_int_equal(a.n.unknown_count, 0);
    assert_int_equal(a.n.parallel, -1);

    asked_free(&a);
}


static void
knows_a_penalty_of_0_as_nothing(void **state)
{
    asked_t  a;

    (void) state;

    ask_fields(&a, "\"frequency_penalty\":0,\"presence_penalty\":0.0");

    assert_int_equal(a.rc, AG_OK);
    assert_null(a.n.frequency_penalty);
    assert_null(a.n.presence_penalty);

    asked_free(&a);
}


static void
names_what_it_does_not_know(void **state)
{
    asked_t  a;

    (void) state;

    ask_fields(&a, "\"min_p\":0.1,\"prompt_cache_retention\":\"24h\","
                   "\"\":1,\"moderation\":{}");

    assert_int_equal(a.rc, AG_OK);
    assert_int_equal(a.n.unknown_count, 4);
    assert_true(ag_str_is(a.n.unknown[0], "min_p"));
    assert_true(ag_str_is(a.n.unknown[1], "prompt_cache_retention"));
    assert_true(ag_str_is(a.n.unknown[2], ""));
    assert_true(ag_str_is(a.n.unknown[3], "moderation"));

    asked_free(&a);
}


static void
refuses_wrong_types(void **state)
{
    size_t   i;
    asked_t  a;

    static const char  *fields[][2] = {
        { "\"temperature\":\"1\"", "temperature" },
        { "\"top_k\":[]", "top_k" },
        { "\"frequency_penalty\":\"0\"", "frequency_penalty" },
        { "\"seed\":1.5", "seed" },
        { "\"seed\":99999999999999999999", "seed" },
        { "\"verbosity\":1", "verbosity" },
        { "\"safety_identifier\":[]", "safety_identifier" },
        { "\"prompt_cache_key\":{}", "prompt_cache_key" }
    };

    (void) state;

    for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        expect_bad_fields(fields[i][0], fields[i][1]);
    }

    ask_of(&a, "{}", AG_ENDPOINT_CHAT);
    expect_refused(&a, "messages");
    ask_of(&a, "{\"messages\":null}", AG_ENDPOINT_CHAT);
    expect_refused(&a, "messages");
}


/* One value after the other becomes something else. */
static void
survives_any_type_anywhere(void **state)
{
    size_t       i;
    asked_t      a;
    yyjson_doc  *doc;

    (void) state;

    for (i = 0; twist(i / FORMS, i % FORMS, &doc); i++) {
        ask_tree(&a, yyjson_doc_get_root(doc), AG_ENDPOINT_CHAT, ASKED_MAX);

        if (a.rc != AG_OK) {
            assert_int_equal(a.rc, AG_INVALID);
            assert_true(a.error.param.len > 0);
        }

        ag_arena_free(&a.arena);
        yyjson_doc_free(doc);
    }

    assert_true(i > 1000);
}


static void
stops_where_the_arena_ends(void **state)
{
    int          limits;
    size_t       max;
    asked_t      a;
    yyjson_doc  *doc;

    (void) state;

    doc = yyjson_read(rich, strlen(rich), 0);
    assert_non_null(doc);
    limits = 0;

    for (max = 0; ; max += 8) {
        ask_tree(&a, yyjson_doc_get_root(doc), AG_ENDPOINT_CHAT, max);
        ag_arena_free(&a.arena);

        if (a.rc == AG_OK) {
            break;
        }

        assert_int_equal(a.rc, AG_LIMIT);
        limits++;
    }

    assert_true(limits > 100);
    yyjson_doc_free(doc);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(takes_fields_as_they_are),
        cmocka_unit_test(knows_null_as_nothing),
        cmocka_unit_test(knows_a_penalty_of_0_as_nothing),
        cmocka_unit_test(names_what_it_does_not_know),
        cmocka_unit_test(refuses_wrong_types),
        cmocka_unit_test(survives_any_type_anywhere),
        cmocka_unit_test(stops_where_the_arena_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
