/*
 * Copyright (C) ngx_agent authors
 *
 * Images, documents and search results of messages.
 */


#include "anthropic_ask_test.h"


#define SOURCE(type, members)                                                 \
    "[{\"type\":\"" type "\",\"source\":{" members "}}]"


static void
reads_images_of_every_source(void **state)
{
    (void) state;

    assert_blocks("user",
                  SOURCE("image", "\"type\":\"base64\",\"media_type\":"
                         "\"image/png\",\"data\":\"AA==\""),
                  "U(i:image/png|AA==||)");
    assert_blocks("user",
                  SOURCE("image", "\"type\":\"url\",\"url\":"
                         "\"https://h/a.webp?x\""),
                  "U(i:image/webp||https://h/a.webp?x|)");
    assert_blocks("user",
                  SOURCE("image", "\"type\":\"url\",\"url\":\"https://h/a\""),
                  "U(i:||https://h/a|)");
    assert_blocks("user",
                  SOURCE("image", "\"type\":\"url\",\"url\":"
                         "\"data:image/gif;base64,AA==\""),
                  "U(i:image/gif|AA==||)");
    assert_blocks("user",
                  SOURCE("image", "\"type\":\"file\",\"file_id\":\"file_1\""),
                  "U(i:|||file_1)");
}


static void
reads_documents_of_every_source(void **state)
{
    asking_t  a;

    (void) state;

    assert_blocks("user",
                  "[{\"type\":\"document\",\"title\":\"T\",\"source\":"
                  "{\"type\":\"base64\",\"media_type\":\"application/pdf\","
                  "\"data\":\"AA==\"},\"cache_control\":{}}]",
                  "U(f:T|application/pdf|AA==|||*)");
    assert_blocks("user",
                  SOURCE("document", "\"type\":\"text\",\"media_type\":"
                         "\"text/plain\",\"data\":\"abc\""),
                  "U(f:|text/plain||||abc)");
    assert_blocks("user",
                  SOURCE("document", "\"type\":\"url\",\"url\":"
                         "\"https://h/a.pdf\""),
                  "U(f:|application/pdf||https://h/a.pdf||)");
    assert_blocks("user",
                  SOURCE("document", "\"type\":\"file\",\"file_id\":\"i\""),
                  "U(f:||||i|)");
    assert_blocks("user",
                  SOURCE("document", "\"type\":\"content\",\"content\":"
                         "\"abc\""),
                  "U(f:|text/plain||||abc)");
    assert_blocks("user",
                  SOURCE("document", "\"type\":\"content\",\"content\":["
                         "{\"type\":\"text\",\"text\":\"a\"},"
                         "{\"type\":\"image\",\"source\":{\"type\":\"file\","
                         "\"file_id\":\"i\"}},{\"type\":\"text\"},"
                         "{\"type\":\"text\",\"text\":\"b\"}]"),
                  "U(f:|text/plain||||a\nb i:|||i)");

    ask(&a, "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
            "\"document\",\"context\":\"c\",\"source\":{\"type\":\"text\","
            "\"data\":\"x\"}}]}]}");
    assert_non_null(yyjson_obj_get(a.n.turns->parts->value, "context"));
    asking_free(&a);
}


static void
reads_search_results_as_texts(void **state)
{
    (void) state;

    assert_blocks("user",
                  "[{\"type\":\"tool_result\",\"tool_use_id\":\"a\","
                  "\"content\":[{\"type\":\"search_result\",\"title\":\"T\","
                  "\"source\":\"https://h/\",\"content\":[{\"type\":\"text\","
                  "\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]}]}]",
                  "U(o:a|{t:T\nhttps://h/\na\nb})");
}


static void
refuses_sources_that_are_none(void **state)
{
    (void) state;

    assert_refused_blocks("user", "[{\"type\":\"image\"}]");
    assert_refused_blocks("user", "[{\"type\":\"document\"}]");
    assert_refused_blocks("user", SOURCE("image", "\"type\":\"ftp\""));
    assert_refused_blocks("user", SOURCE("image", "\"type\":\"url\""));
    assert_refused_blocks("user", SOURCE("image", "\"type\":\"file\""));
    assert_refused_blocks("user", SOURCE("image", "\"type\":\"text\","
                                         "\"data\":\"x\""));
    assert_refused_blocks("user", SOURCE("image", "\"type\":\"base64\","
                                         "\"data\":\"AA==\""));
    assert_refused_blocks("user", SOURCE("image", "\"type\":\"base64\","
                                         "\"media_type\":\"image/png\""));
    assert_refused_blocks("user", SOURCE("image", "\"type\":\"url\",\"url\":"
                                         "\"data:image/png,x\""));
    assert_refused_blocks("user", SOURCE("image", "\"type\":\"url\",\"url\":"
                                         "\"data:image/png;base64,\""));
    assert_refused_blocks("user", SOURCE("document", "\"type\":\"content\""));
    assert_refused_blocks("user", SOURCE("document", "\"type\":\"content\","
                                         "\"content\":[{\"type\":\"image\"}]"
                                         ));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(reads_images_of_every_source),
        cmocka_unit_test(reads_documents_of_every_source),
        cmocka_unit_test(reads_search_results_as_texts),
        cmocka_unit_test(refuses_sources_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
