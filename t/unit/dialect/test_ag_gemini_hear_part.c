/*
 * Copyright (C) ngx_agent authors
 *
 * Parts: which of them are one block, and which are of no type at all.
 */


#include "gemini_test.h"


static void
joins_and_parts_texts(void **state)
{
    heard_t  h;

    (void) state;

    hear(&h);
    (void) parts(&h, "{\"text\":\"A\"},{\"text\":\"\"},{\"text\":\"B\"}");
    heard(&h, "start  asked\nopen 0.0 text\nadd 0.0 text A\nadd 0.0 text B\n");

    (void) parts(&h, "{\"text\":\"C\",\"thought\":true}");
    heard(&h, "close 0.0 text\nopen 0.1 reasoning\nadd 0.1 reasoning C\n");

    (void) parts(&h, "{\"text\":\"D\",\"thought\":true,"
                     "\"thoughtSignature\":\"s\"}");
    heard(&h, "add 0.1 reasoning D\nsign 0.1 reasoning s\n");

    (void) parts(&h, "{\"text\":\"E\",\"thought\":true}");
    heard(&h, "close 0.1 reasoning\nopen 0.2 reasoning\n"
              "add 0.2 reasoning E\n");

    (void) parts(&h, "{\"text\":\"F\",\"thought\":\"true\"}");
    heard(&h, "close 0.2 reasoning\nopen 0.3 text\nadd 0.3 text F\n");

    heard_free(&h);
}


static void
finds_what_a_signature_is_of(void **state)
{
    heard_t  h;

    (void) state;

    hear(&h);
    (void) parts(&h, "{\"text\":\"\",\"thoughtSignature\":\"1\"}");
    heard(&h, "start  asked\nopen 0.0 reasoning\nsign 0.0 reasoning 1\n"
              "close 0.0 reasoning\n");

    (void) parts(&h, "{\"text\":\"A\",\"thought\":true}");
    (void) parts(&h, "{\"text\":\"\",\"thoughtSignature\":\"2\"}");
    heard(&h, "open 0.1 reasoning\nadd 0.1 reasoning A\n"
              "sign 0.1 reasoning 2\n");

    (void) parts(&h, "{\"text\":\"\",\"thoughtSignature\":\"3\"}");
    heard(&h, "close 0.1 reasoning\nopen 0.2 reasoning\n"
              "sign 0.2 reasoning 3\nclose 0.2 reasoning\n");

    (void) parts(&h, "{\"text\":\"B\",\"thoughtSignature\":4}");
    (void) parts(&h, "{\"text\":\"\",\"thoughtSignature\":\"5\"}");
    heard(&h, "open 0.3 text\nadd 0.3 text B\nsign 0.3 text 5\n");

    heard_free(&h);
}


static void
shows_images_only(void **state)
{
    heard_t  h;

    (void) state;

    hear(&h);
    (void) parts(&h, "{\"inlineData\":{\"mimeType\":\"image/png\"}},"
                     "{\"inlineData\":{\"data\":\"AA==\"}},"
                     "{\"inlineData\":{\"mimeType\":\"audio/wav\","
                     "\"data\":\"AA==\"}},"
                     "{\"inlineData\":[]},{\"inlineData\":null},"
                     "{\"inlineData\":{\"mimeType\":1,\"data\":1}},"
                     "{\"fileData\":{}},{\"executableCode\":{}}");
    heard(&h, "start  asked\n");

    (void) parts(&h, "{\"inline_data\":{\"mime_type\":\"image/webp\","
                     "\"data\":\"AA==\"}}");
    heard(&h, "open 0.0 image image/webp\nadd 0.0 image AA==\n"
              "close 0.0 image\n");

    heard_free(&h);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_and_parts_texts),
        cmocka_unit_test(finds_what_a_signature_is_of),
        cmocka_unit_test(shows_images_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
