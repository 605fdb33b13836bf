/*
 * Copyright (C) ngx_agent authors
 *
 * What stands in a message of the Responses API.
 */


#include "dialect/responses_test.h"


static const ag_part_t *
only_part(asked_t *a, const char *part)
{
    char  body[1024];

    snprintf(body, sizeof(body),
             "{\"input\":[{\"role\":\"user\",\"content\":[%s]}]}", part);
    ask(a, body);

    assert_int_equal(a->rc, AG_OK);
    assert_null(a->n.turns->parts->next);

    return a->n.turns->parts;
}


static void
takes_data_and_urls_apart(void **state)
{
    asked_t           a;
    const ag_part_t  *part;

    (void) state;

    part = only_part(&a, "{\"type\":\"input_image\",\"detail\":\"low\","
                         "\"image_url\":\"data:image/gif;base64,QUJD\"}");
    assert_text(part->media_type, "image/gif");
    assert_text(part->data, "QUJD");
    assert_text(part->detail, "low");
    assert_int_equal(part->url.len, 0);
    ask_free(&a);

    part = only_part(&a, "{\"type\":\"input_image\","
                         "\"image_url\":\"https://h/a.webp\"}");
    assert_text(part->url, "https://h/a.webp");
    assert_text(part->media_type, "image/webp");
    ask_free(&a);

    part = only_part(&a, "{\"type\":\"input_image\",\"file_id\":\"f\"}");
    assert_text(part->file_id, "f");
    ask_free(&a);
}


static void
knows_the_type_of_a_file(void **state)
{
    asked_t           a;
    const ag_part_t  *part;

    (void) state;

    part = only_part(&a, "{\"type\":\"input_file\",\"file_data\":\"QUJD\","
                         "\"filename\":\"a.csv\"}");
    assert_text(part->media_type, "text/csv");
    assert_text(part->name, "a.csv");
    ask_free(&a);

    part = only_part(&a, "{\"type\":\"input_file\","
                         "\"file_data\":\"QUJD\"}");
    assert_text(part->media_type, "application/pdf");
    assert_text(part->data, "QUJD");
    ask_free(&a);

    part = only_part(&a, "{\"type\":\"input_file\","
                         "\"file_url\":\"https://h/b.txt\"}");
    assert_text(part->media_type, "text/plain");
    ask_free(&a);
}


static void
marks_parts_for_the_cache_with_one_tree(void **state)
{
    asked_t           a;
    const ag_part_t  *part;

    (void) state;

    ask(&a, "{\"input\":[{\"role\":\"user\",\"content\":["
            "{\"type\":\"text\",\"text\":\"a\","
            "\"prompt_cache_breakpoint\":{\"mode\":\"explicit\"}},"
            "{\"type\":\"text\",\"text\":\"b\","
            "\"prompt_cache_breakpoint\":null},"
            "{\"type\":\"text\",\"text\":\"c\","
            "\"prompt_cache_breakpoint\":{}}]}]}");

    assert_int_equal(a.rc, AG_OK);

    part = a.n.turns->parts;
    assert_true(yyjson_equals_str(yyjson_obj_get(part->cache_control, "type"),
                                  "ephemeral"));
    assert_null(part->next->cache_control);
    assert_ptr_equal(part->next->next->cache_control, part->cache_control);

    ask_free(&a);
}


static void
takes_any_value_or_refuses_it_by_name(void **state)
{
    size_t  i;
    char    body[256];

    static const char *const  members[] = {
        "\"input_text\",\"text\"", "\"refusal\",\"refusal\"",
        "\"input_image\",\"image_url\"", "\"input_image\",\"file_id\"",
        "\"input_image\",\"file_id\":\"f\",\"detail\"",
        "\"input_file\",\"file_data\"", "\"input_file\",\"file_url\"",
        "\"input_file\",\"file_id\"",
        "\"input_file\",\"file_id\":\"f\",\"filename\"",
        "\"input_audio\",\"input_audio\"",
        "\"input_text\",\"text\":\"x\",\"prompt_cache_breakpoint\""
    };

    (void) state;

    ask_odd("{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":%s}]}]}");
    ask_odd("{\"input\":[{\"role\":\"user\",\"content\":["
            "{\"type\":\"input_audio\",\"input_audio\":"
            "{\"data\":\"x\",\"format\":%s}}]}]}");

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        snprintf(body, sizeof(body), "{\"input\":[{\"role\":\"user\","
                 "\"content\":[{\"type\":%s:%%s}]}]}", members[i]);
        ask_odd(body);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(takes_data_and_urls_apart),
        cmocka_unit_test(knows_the_type_of_a_file),
        cmocka_unit_test(marks_parts_for_the_cache_with_one_tree),
        cmocka_unit_test(takes_any_value_or_refuses_it_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
