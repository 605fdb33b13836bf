/*
 * Copyright (C) ngx_agent authors
 *
 * Whole items and answers of providers of the Responses API.
 */


#include "dialect/responses_test.h"


static void
answer(heard_t *h, const char *json)
{
    yyjson_doc  *doc;

    doc = ag_json_tree(text(json), NULL, 0);
    assert_non_null(doc);

    hear(h);
    h->reader.whole = 1;
    ag_responses_hear_answer(&h->reader, yyjson_doc_get_root(doc));

    yyjson_doc_free(doc);
}


/* Do the words stand in what was heard? */
static unsigned
has(heard_t *h, const char *words)
{
    assert_int_equal(ag_buf_add(&h->lines, "", 1), AG_OK);
    h->lines.len--;

    return strstr((char *) h->lines.data, words) != NULL;
}


static void
hears_the_items_of_an_answer(void **state)
{
    heard_t  h;

    (void) state;

    answer(&h, "{\"id\":\"resp_1\",\"model\":\"m\",\"output\":["
               "{\"type\":\"reasoning\",\"summary\":[{\"text\":\"a\"},"
               "{\"text\":\"\"},{\"text\":\"b\"}],"
               "\"encrypted_content\":\"s\"},"
               "{\"type\":\"message\",\"content\":["
               "{\"type\":\"output_text\",\"text\":\"c\",\"annotations\":["
               "{\"url\":\"u\",\"title\":\"t\"}]},"
               "{\"type\":\"refusal\",\"refusal\":\"d\"}]},"
               "{\"type\":\"function_call\",\"call_id\":\"1\","
               "\"name\":\"f\",\"arguments\":\"\"},"
               "{\"type\":\"unknown\"}]}");

    heard(&h, "start resp_1 m\n"
              "open 0.0 reasoning\nadd 0.0 reasoning a\n"
              "add 0.0 reasoning \n\n\nadd 0.0 reasoning b\n"
              "sign 0.0 reasoning s\nclose 0.0 reasoning\n"
              "open 0.1 text\nadd 0.1 text c\ncite 0.1 text u\n"
              "close 0.1 text\n"
              "open 0.2 refusal\nadd 0.2 refusal d\nclose 0.2 refusal\n"
              "open 0.3 tool 1 f\nadd 0.3 tool {}\nclose 0.3 tool\n"
              "finish 0 tool_calls\nend \n");
    assert_int_equal(h.delta.done, 1);

    heard_free(&h);
}


static void
mints_the_id_of_a_call_that_has_none(void **state)
{
    heard_t  h;

    (void) state;

    answer(&h, "{\"output\":[{\"type\":\"function_call\",\"name\":\"f\"},"
               "{\"type\":\"function_call\",\"call_id\":\"1\"}]}");

    assert_true(has(&h, "open 0.0 tool call_"));
    assert_false(has(&h, "0.1"));

    heard_free(&h);
}


static void
takes_items_of_any_shape(void **state)
{
    char     json[512];
    size_t   i, j;
    heard_t  h;

    static const char *const  items[] = {
        "%s", "{\"type\":%s}", "{\"type\":\"message\",\"content\":%s}",
        "{\"type\":\"message\",\"content\":[{\"text\":%s}]}",
        "{\"type\":\"message\",\"content\":[{\"text\":\"x\","
        "\"annotations\":%s}]}",
        "{\"type\":\"message\",\"content\":[{\"text\":\"x\","
        "\"annotations\":[{\"url\":%s}]}]}",
        "{\"type\":\"message\",\"content\":[{\"text\":\"x\","
        "\"logprobs\":%s}]}",
        "{\"type\":\"reasoning\",\"summary\":%s}",
        "{\"type\":\"reasoning\",\"content\":%s}",
        "{\"type\":\"reasoning\",\"encrypted_content\":%s}",
        "{\"type\":\"function_call\",\"name\":%s}",
        "{\"type\":\"function_call\",\"name\":\"f\",\"arguments\":%s}",
        "{\"type\":\"custom_tool_call\",\"name\":\"f\",\"input\":%s}",
        "{\"type\":\"image_generation_call\",\"result\":%s}",
        "{\"type\":\"image_generation_call\",\"result\":\"x\","
        "\"output_format\":%s}"
    };

    (void) state;

    for (i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
        for (j = 0; j < ODD; j++) {
            strcpy(json, "{\"output\":[");
            snprintf(json + strlen(json), 256, items[i], odd[j]);
            strcat(json, "]}");

            answer(&h, json);
            assert_int_equal(h.reader.rc, AG_OK);
            assert_int_equal(h.delta.failed, 0);
            assert_int_equal(h.delta.done, 1);
            heard_free(&h);
        }
    }
}


static void
tells_what_is_no_answer(void **state)
{
    size_t   i;
    heard_t  h;

    static const struct {
        const char        *json;
        ag_error_class_t   class;
    } bad[] = {
        { "{}", AG_E_BAD_RESPONSE },
        { "{\"output\":null}", AG_E_BAD_RESPONSE },
        { "{\"output\":{}}", AG_E_BAD_RESPONSE },
        { "{\"output\":[],\"status\":\"failed\"}", AG_E_BAD_RESPONSE },
        { "{\"output\":[],\"status\":\"cancelled\"}",
          AG_E_PROVIDER_ERROR },
        { "{\"output\":[],\"status\":\"failed\",\"error\":"
          "{\"code\":\"rate_limit_exceeded\"}}", AG_E_RATE_LIMIT }
    };

    (void) state;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        answer(&h, bad[i].json);
        assert_int_equal(h.delta.failed, 1);
        assert_int_equal(h.delta.error, bad[i].class);
        assert_int_equal(h.delta.done, 0);
        heard_free(&h);
    }

    answer(&h, "{\"output\":[]}");
    assert_int_equal(h.delta.failed, 0);
    heard(&h, "start  asked\nfinish 0 stop\nend \n");
    heard_free(&h);
}


static void
keeps_so_many_parts_of_a_message(void **state)
{
    int       i;
    ag_buf_t  b;
    heard_t   h;

    (void) state;

    ag_buf_init(&b, 65536);
    assert_int_equal(ag_buf_add_string(&b, "{\"output\":[{\"type\":"
                                           "\"message\",\"content\":[7"),
                     AG_OK);

    for (i = 1; i < 300; i++) {
        assert_int_equal(ag_buf_add_string(&b, ",{\"text\":\"x\"}"), AG_OK);
    }

    assert_int_equal(ag_buf_add(&b, "]}]}", 5), AG_OK);
    answer(&h, (char *) b.data);

    assert_int_equal(h.reader.rc, AG_OK);
    assert_true(has(&h, "open 0.254 text\n"));
    assert_false(has(&h, "open 0.255 text\n"));

    heard_free(&h);
    ag_buf_free(&b);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(hears_the_items_of_an_answer),
        cmocka_unit_test(mints_the_id_of_a_call_that_has_none),
        cmocka_unit_test(takes_items_of_any_shape),
        cmocka_unit_test(tells_what_is_no_answer),
        cmocka_unit_test(keeps_so_many_parts_of_a_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
