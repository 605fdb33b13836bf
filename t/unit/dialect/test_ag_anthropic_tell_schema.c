/*
 * Copyright (C) ngx_agent authors
 *
 * A schema as it is written for Anthropic: whatever its members are, the
 * result is JSON, and writing it again changes nothing.
 */


#include "dialect/anthropic_tell_test.h"
#include "dialect/ag_anthropic_tell_parts.h"


static void write_schema(ag_buf_t *out, ag_str_t text);
static void expect(const char *text, const char *written);


static void
write_schema(ag_buf_t *out, ag_str_t text)
{
    yyjson_doc           *doc;
    ag_anthropic_tell_t   t;

    memset(&t, 0, sizeof(t));
    ag_buf_init(out, GOLDEN_BODY_MAX);
    ag_put_init(&t.put, out);

    doc = ag_json_tree_large(text, GOLDEN_BODY_MAX, NULL);
    assert_non_null(doc);

    ag_anthropic_tell_schema(&t, NULL, yyjson_doc_get_root(doc));
    assert_int_equal(t.put.rc, AG_OK);

    yyjson_doc_free(doc);
}


static void
expect(const char *text, const char *written)
{
    ag_buf_t  out;

    write_schema(&out, ag_str(text, strlen(text)));

    if (out.len != strlen(written)
        || memcmp(out.data, written, out.len) != 0)
    {
        fail_msg("%s became %.*s, not %s", text, (int) out.len,
                 (const char *) out.data, written);
    }

    ag_buf_free(&out);
}


static void
test_what_is_told_in_words(void **state)
{
    (void) state;

    expect("{\"minimum\":1}", "{\"description\":\"minimum: 1.\"}");
    expect("{\"description\":\"A\",\"minimum\":1e3,\"not\":{\"a\":\"b\"}}",
           "{\"description\":\"A\\nminimum: 1000.0; "
           "not: {\\\"a\\\":\\\"b\\\"}.\"}");
    expect("{\"uniqueItems\":false,\"pattern\":null}", "{}");
    expect("{\"maximum\":123456789012345678901}",
           "{\"description\":\"maximum: 123456789012345678901.\"}");
    expect("{\"format\":\"email\"}", "{\"format\":\"email\"}");
    expect("{\"format\":\"e-mail\"}",
           "{\"description\":\"format: e-mail.\"}");
    expect("{\"description\":7}", "{}");
}


static void
test_members_of_the_wrong_type(void **state)
{
    (void) state;

    expect("{\"properties\":[]}", "{}");
    expect("{\"properties\":7,\"type\":\"object\"}",
           "{\"type\":\"object\",\"additionalProperties\":false}");
    expect("{\"items\":7}", "{\"items\":7}");
    expect("{\"anyOf\":{}}", "{\"anyOf\":{}}");
    expect("{\"$defs\":[]}", "{}");
    expect("{\"format\":7}", "{\"description\":\"format: 7.\"}");
}


static void
test_names_of_any_letters(void **state)
{
    (void) state;

    expect("{\"properties\":{\"\":{},\"a\\\"b\":{\"x\":1},\"$ref\":true}}",
           "{\"properties\":{\"\":{},\"a\\\"b\":{},\"$ref\":true},"
           "\"additionalProperties\":false}");
}


static void
test_one_of_two_lists_of_choices(void **state)
{
    (void) state;

    expect("{\"oneOf\":[{\"x\":1}],\"anyOf\":[{\"type\":\"string\"}]}",
           "{\"anyOf\":[{\"type\":\"string\"}]}");
}


/* What is written fits no less, and says no more. */
static void
test_writing_it_again_changes_nothing(void **state)
{
    size_t      i;
    ag_buf_t    once, twice;

    static const char *const  schemas[] = {
        "{\"$ref\":\"#/$defs/a\",\"x\":1,\"$defs\":{\"a\":{\"minLength\":1}}}",
        "{\"type\":\"object\",\"properties\":{\"a\":{\"oneOf\":[{\"const\":1}"
        ",{\"type\":\"array\",\"items\":{\"format\":\"x\"}}]}},"
        "\"additionalProperties\":true,\"required\":[\"a\"]}",
        "{\"allOf\":[{\"title\":\"t\",\"default\":null}],\"definitions\":{}}"
    };

    (void) state;

    for (i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++) {
        write_schema(&once, ag_str(schemas[i], strlen(schemas[i])));
        write_schema(&twice, ag_buf_str(&once));

        assert_int_equal(once.len, twice.len);
        assert_memory_equal(once.data, twice.data, once.len);

        ag_buf_free(&once);
        ag_buf_free(&twice);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_what_is_told_in_words),
        cmocka_unit_test(test_members_of_the_wrong_type),
        cmocka_unit_test(test_names_of_any_letters),
        cmocka_unit_test(test_one_of_two_lists_of_choices),
        cmocka_unit_test(test_writing_it_again_changes_nothing)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
