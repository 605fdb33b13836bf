/*
 * Copyright (C) ngx_agent authors
 *
 * What cases of JSON cannot say of telling a server: limits, and that a long
 * id of a user becomes the same short one each time.
 */


#include "dialect/openai_provider_test.h"


static void
a_long_id_of_a_user_is_made_shorter_the_same_each_time(void **state)
{
    const char      *name;
    char            fields[512], user[2][128];
    size_t          i;
    yyjson_doc     *doc;
    golden_asked_t  a;

    (void) state;

    snprintf(fields, sizeof(fields), "\"messages\":[{\"role\":\"user\","
             "\"content\":\"x\"}],\"metadata\":{\"user_id\":\"%0100d@a\"}", 7);

    for (i = 0; i < 2; i++) {
        tell(&a, "openai", fields);
        assert_int_equal(a.rc, AG_OK);

        doc = yyjson_read((const char *) a.body.data, a.body.len, 0);
        assert_non_null(doc);

        name = yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(doc),
                                             "safety_identifier"));
        assert_non_null(name);
        snprintf(user[i], sizeof(user[i]), "%s", name ? name : "");
        assert_in_range(strlen(user[i]), 16, 64);

        yyjson_doc_free(doc);
        golden_ask_free(&a);
    }

    assert_string_equal(user[0], user[1]);

    /* 64 bytes still fit as they are */

    snprintf(fields, sizeof(fields), "\"messages\":[{\"role\":\"user\","
             "\"content\":\"x\"}],\"metadata\":{\"user_id\":\"%063d@\"}", 7);

    tell(&a, "openai", fields);
    assert_true(told(&a, "00000007@\""));
    golden_ask_free(&a);
}


static void
a_body_that_does_not_fit_is_a_limit(void **state)
{
    int             rc;
    size_t          max, whole;
    ag_buf_t        out;
    golden_asked_t  a;

    static const char  fields[] =
        "\"system\":\"s\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"},"
        "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\","
        "\"id\":\"t\",\"name\":\"f\",\"input\":{\"a\":1}}]},"
        "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
        "\"tool_use_id\":\"t\",\"content\":\"r\"}]}],"
        "\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}],"
        "\"output_config\":{\"format\":{\"type\":\"json_schema\","
        "\"schema\":{\"type\":\"object\"}}}";

    (void) state;

    tell(&a, "deepseek", fields);
    assert_int_equal(a.rc, AG_OK);
    whole = a.body.len;

    for (max = 0; max < whole; max++) {
        ag_buf_init(&out, max);
        rc = ag_openai_tell(&a.n, &a.to, &out, &a.error);
        assert_int_equal(rc, AG_LIMIT);
        ag_buf_free(&out);
    }

    ag_buf_init(&out, whole);
    assert_int_equal(ag_openai_tell(&a.n, &a.to, &out, &a.error), AG_OK);
    assert_int_equal(out.len, whole);
    ag_buf_free(&out);

    golden_ask_free(&a);
}


static void
any_number_of_unknown_fields_is_dropped(void **state)
{
    char            fields[4096];
    size_t          i, len;
    golden_asked_t  a;

    (void) state;

    len = (size_t) snprintf(fields, sizeof(fields), "\"messages\":"
                            "[{\"role\":\"user\",\"content\":\"x\"}]");

    for (i = 0; i < 100; i++) {
        len += (size_t) snprintf(fields + len, sizeof(fields) - len,
                                 ",\"x_%zu\":[1]", i);
    }

    tell(&a, "vllm", fields);
    assert_int_equal(a.rc, AG_OK);
    assert_int_equal(a.to.drop_count, AG_DROPS_MAX);
    assert_false(told(&a, "\"x_"));
    golden_ask_free(&a);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(
            a_long_id_of_a_user_is_made_shorter_the_same_each_time),
        cmocka_unit_test(a_body_that_does_not_fit_is_a_limit),
        cmocka_unit_test(any_number_of_unknown_fields_is_dropped)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
