/*
 * Copyright (C) ngx_agent authors
 *
 * data: URLs in all their forms.
 */


#include "dialect/openai_ask_test.h"


static void expect_file(const char *name, const char *data,
    const char *expected);
static void expect_bad_file(const char *data);


static void
expect_file(const char *name, const char *data, const char *expected)
{
    char  part[512];

    sprintf(part, "{\"type\":\"file\",\"file\":{\"filename\":\"%s\","
                  "\"file_data\":\"%s\"}}", name, data);
    expect_parts(part, expected);
}


static void
expect_bad_file(const char *data)
{
    char  message[512];

    sprintf(message, "{\"role\":\"user\",\"content\":[{\"type\":\"file\","
                     "\"file\":{\"file_data\":\"%s\"}}]}", data);
    expect_bad_turns(message, "messages[0].content");
}


static void
goes_by_what_the_url_says(void **state)
{
    (void) state;

    expect_parts("{\"type\":\"image_url\",\"image_url\":{\"url\":"
                 "\"data:application/pdf;base64,JVBE\"}}",
                 "file(<application/pdf>JVBE)");
    expect_file("a", "data:image/png;base64,AAAA",
                "image(a<image/png>AAAA)");
    expect_file("a", "DATA:image/png;name=x;BASE64,AAAA",
                "image(a<image/png>AAAA)");
}


static void
decodes_texts(void **state)
{
    (void) state;

    expect_file("a", "data:text/plain;base64,SGk=", "file(a<text/plain Hi)");
    expect_file("a", "data:text/csv;charset=utf-8;base64,YSxiCg==",
                "file(a<text/csv a,b\n)");
    expect_file("a", "data:;base64,SGkh", "file(a<text/plain Hi!)");
    expect_file("a", "data:TEXT/plain;base64,SGk", "file(a<TEXT/plain Hi)");
    expect_file("a", "data:text/plain;base64,S\\nGk =",
                "file(a<text/plain Hi)");
    expect_file("a", "data:text/plain;base64,Pz8_Pj4-",
                "file(a<text/plain ??\?>>>)");
    expect_file("a", "data:text/plain;base64,Pz8/Pj4+",
                "file(a<text/plain ??\?>>>)");
}


static void
decodes_percents(void **state)
{
    (void) state;

    expect_file("a", "data:text/plain,a%20b%2Cc,d",
                "file(a<text/plain a b,c,d)");
    expect_file("a", "data:text/html;charset=utf-8,%c3%A4",
                "file(a<text/html \303\244)");
    expect_file("a", "data:,100%", "file(a<text/plain 100%)");
    expect_file("a", "data:,%zz%4z%z4%4", "file(a<text/plain %zz%4z%z4%4)");
}


static void
knows_a_bare_file_by_its_name(void **state)
{
    (void) state;

    expect_file("a.png", "AAAA", "image(a.png<image/png>AAAA)");
    expect_file("a.txt", "SGk=", "file(a.txt<text/plain Hi)");
    expect_file("a", "JVBE", "file(a<application/pdf>JVBE)");
    expect_file("", "JVBE", "file(<application/pdf>JVBE)");
}


static void
keeps_urls(void **state)
{
    (void) state;

    expect_file("a.pdf", "https://h/x", "file(a.pdf<application/pdf"
                                        "@https://h/x)");
    expect_file("", "gs://b/x.txt", "file(<text/plain@gs://b/x.txt)");
    expect_file("", "HTTP://h/x", "file(@HTTP://h/x)");
}


static void
refuses_what_is_no_file(void **state)
{
    (void) state;

    expect_bad_file("");
    expect_bad_file("data:");
    expect_bad_file("data:,");
    expect_bad_file("data:text/plain");
    expect_bad_file("data:text/plain,");
    expect_bad_file("data:text/plain;base64,");
    expect_bad_file("data:text/plain;base64,$$$$");
    expect_bad_file("data:text/plain;base64,====");
    expect_bad_file("data:image/png,AAAA");
    expect_bad_file("data:application/pdf;base64,");
}


/* A text of megabytes costs no more than its own length. */
static void
decodes_large_texts(void **state)
{
    char     *json;
    size_t    len;
    asked_t   a;

    static const char  head[] =
        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"file\","
        "\"file\":{\"file_data\":\"data:text/plain;base64,";

    (void) state;

    len = 4 * 1024 * 1024;
    json = malloc(len + sizeof(head) + 16);
    assert_non_null(json);
    strcpy(json, head);
    memset(json + sizeof(head) - 1, 'A', len);
    strcpy(json + sizeof(head) - 1 + len, "\"}}]}]}");

    ask_of(&a, json, AG_ENDPOINT_CHAT);
    assert_int_equal(a.rc, AG_OK);
    assert_int_equal(a.n.turns->parts->text.len, len / 4 * 3);
    asked_free(&a);
    free(json);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(goes_by_what_the_url_says),
        cmocka_unit_test(decodes_texts),
        cmocka_unit_test(decodes_percents),
        cmocka_unit_test(knows_a_bare_file_by_its_name),
        cmocka_unit_test(keeps_urls),
        cmocka_unit_test(refuses_what_is_no_file),
        cmocka_unit_test(decodes_large_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
