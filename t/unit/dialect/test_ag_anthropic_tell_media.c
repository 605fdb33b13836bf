/*
 * Copyright (C) ngx_agent authors
 *
 * Pictures and files in every combination of what a part may hold: either a
 * whole block or an error that says where.
 */


#include "dialect/anthropic_tell_test.h"


static void
test_every_combination(void **state)
{
    size_t          i, k;
    ag_error_t      error;
    ag_part_t      *part;
    golden_asked_t  a;

    static const char *const  types[] = {
        "", "image/png", "IMAGE/JPEG", "image/jpg", "image/svg+xml", "image/",
        "application/pdf", "text/plain", "audio/wav", "i"
    };

    (void) state;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {

        for (k = 0; k < 32; k++) {
            tell_with(&a, OLDER, "");
            part = a.n.turns->parts;

            part->kind = (k & 1) ? AG_PART_IMAGE : AG_PART_FILE;
            part->media_type = ag_str(types[i], strlen(types[i]));
            part->text = ag_str("words", (k & 2) ? 5 : 0);
            part->data = ag_str("AAAA", (k & 4) ? 4 : 0);
            part->url = (k & 8) ? ag_str("ftp://e.com", (k & 16) ? 11 : 0)
                                : ag_str("HTTPS://e.com", (k & 16) ? 13 : 0);
            a.body.len = 0;
            memset(&error, 0, sizeof(error));

            a.rc = ag_anthropic.translator->tell(&a.n, &a.to, &a.body,
                                                 &error);

            if (a.rc == AG_OK) {
                yyjson_doc_free(told(&a));
                assert_true(told_has(&a, "\"source\":{\"type\":"));
                assert_false(told_has(&a, "ftp:"));
                assert_false(told_has(&a, "svg"));

            } else {
                assert_int_equal(a.rc, AG_INVALID);
                assert_int_equal(error.class, AG_E_UNSUPPORTED_PARAMETER);
                assert_memory_equal(error.param.data, "messages[0].content",
                                    19);
            }

            golden_ask_free(&a);
        }
    }
}


/* Ten megabytes pass through as they are. */
static void
test_a_large_picture(void **state)
{
    char           *request, *at;
    size_t          size;
    golden_asked_t  a;

    static const char  head[] =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
        "[{\"type\":\"image_url\",\"image_url\":{\"url\":"
        "\"data:image/png;base64,";

    (void) state;

    size = 10 * 1000 * 1000;
    request = malloc(size + 400);
    at = request + sprintf(request, "%s", head);
    memset(at, 'A', size);
    strcpy(at + size, "\"}}]}]}");

    tell(&a, OLDER, request);
    assert_int_equal(a.rc, AG_OK);
    assert_true(a.body.len > size);
    golden_ask_free(&a);
    free(request);
}


static void
test_a_text_of_nothing(void **state)
{
    ag_part_t      *part;
    golden_asked_t  a;

    (void) state;

    tell_with(&a, OLDER, "");
    part = a.n.turns->parts;
    part->kind = AG_PART_FILE;
    part->text = ag_str(" \n", 2);
    a.body.len = 0;
    a.rc = ag_anthropic.translator->tell(&a.n, &a.to, &a.body, &a.error);

    assert_false(told_has(&a, "document"));
    assert_true(told_has(&a, "\"text\":\".\""));
    golden_ask_free(&a);
}


static void
test_a_model_that_sees_nothing(void **state)
{
    ag_error_t      error;
    ag_facts_t      facts;
    golden_asked_t  a;

    (void) state;

    tell(&a, OLDER, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\","
         "\"content\":[{\"type\":\"image_url\",\"image_url\":"
         "{\"url\":\"https://e.com/a.png\"}}]}]}");

    facts = *a.to.facts;
    facts.refuses |= 1u << AG_REFUSAL_IMAGES;
    a.to.facts = &facts;
    a.body.len = 0;

    assert_int_equal(ag_anthropic.translator->tell(&a.n, &a.to, &a.body,
                                                   &error), AG_INVALID);
    assert_int_equal(error.class, AG_E_UNSUPPORTED_PARAMETER);
    golden_ask_free(&a);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_every_combination),
        cmocka_unit_test(test_a_large_picture),
        cmocka_unit_test(test_a_text_of_nothing),
        cmocka_unit_test(test_a_model_that_sees_nothing)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
