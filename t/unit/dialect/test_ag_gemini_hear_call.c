/*
 * Copyright (C) ngx_agent authors
 *
 * Calls of a stream: many of them, and halves that never become a whole.
 */


#include "gemini_test.h"


static void
uses_its_memory_again(void **state)
{
    int      i;
    size_t   used;
    heard_t  h;

    (void) state;

    hear(&h);
    used = 0;

    for (i = 0; i < 2000; i++) {
        (void) parts(&h, "{\"functionCall\":{\"id\":\"i\",\"name\":\"f\","
                         "\"args\":{\"x\":1}}}");
        assert_int_equal(h.reader.rc, AG_OK);
        h.lines.len = 0;
        used = (i == 0) ? h.arena.used : used;
    }

    assert_int_equal(h.arena.used, used);
    assert_int_equal(h.reader.choices[0].tools, 2000);

    heard_free(&h);
}


static void
survives_wrong_types(void **state)
{
    heard_t  h;

    (void) state;

    hear(&h);
    (void) parts(&h, "{\"functionCall\":null},{\"functionCall\":[]},"
                     "{\"functionCall\":{}},{\"functionCall\":{\"name\":1}},"
                     "{\"functionCall\":{\"name\":\"\"}},"
                     "{\"functionCall\":{\"args\":{\"x\":1}}},"
                     "{\"functionCall\":{\"willContinue\":true}}");
    heard(&h, "start  asked\n");

    (void) parts(&h, "{\"functionCall\":{\"name\":\"f\",\"id\":7,"
                     "\"args\":\"{}\"},\"thoughtSignature\":[]}");
    assert_non_null(strstr((char *) h.lines.data, "add 0.0 tool {}\n"));
    h.lines.len = 0;

    (void) parts(&h, "{\"functionCall\":{\"name\":\"f\",\"id\":\"i\","
                     "\"partialArgs\":{\"a\":1},\"willContinue\":1}}");
    heard(&h, "open 0.1 tool i f\nadd 0.1 tool {}\nclose 0.1 tool\n");

    heard_free(&h);
}


static void
ends_a_call_that_goes_on(void **state)
{
    heard_t  h;

    (void) state;

    hear(&h);
    (void) parts(&h, "{\"functionCall\":{\"name\":\"f\",\"id\":\"i\","
                     "\"willContinue\":true}}");
    assert_true(h.delta.content);
    heard(&h, "start  asked\nopen 0.0 tool i f\n");

    /* no reason: half a call is not made a whole one */

    assert_false(ended(&h).done);
    heard(&h, "");

    (void) chunk(&h, "{\"candidates\":[{\"finishReason\":\"MAX_TOKENS\"}]}");
    assert_true(ended(&h).done);
    heard(&h, "add 0.0 tool {}\nclose 0.0 tool\nfinish 0 length\nend \n");

    heard_free(&h);
}


static void
ends_with_its_memory(void **state)
{
    heard_t  h;

    (void) state;

    hear(&h);
    (void) parts(&h, "{\"text\":\"A\"}");
    h.arena.max = h.arena.used;
    (void) parts(&h, "{\"functionCall\":{\"name\":\"f\",\"id\":\"i\"}}");
    assert_int_equal(h.reader.rc, AG_NOMEM);
    heard_free(&h);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uses_its_memory_again),
        cmocka_unit_test(survives_wrong_types),
        cmocka_unit_test(ends_a_call_that_goes_on),
        cmocka_unit_test(ends_with_its_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
