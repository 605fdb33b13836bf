/*
 * Copyright (C) ngx_agent authors
 *
 * Results of calls: very many in any order, ids that begin alike, and what a
 * result is made of.
 */


#include "gemini_test.h"


#define MANY  20000


/* The calls' numbers must come out in their order, each with its result. */
static void
answers_many_calls_in_their_order(void **state)
{
    int      i;
    char    *ids, *at, expected[128];
    asked_t  a;

    (void) state;

    ask(&a);
    ids = malloc(MANY * 32);
    assert_non_null(ids);

    for (i = 0; i < MANY; i++) {
        sprintf(ids + i * 32, "call_%d", i);
    }

    add_turn(&a, AG_ROLE_ASSISTANT);

    for (i = 0; i < MANY; i++) {
        add_call(&a, ids + i * 32, "f", "{}");
    }

    add_turn(&a, AG_ROLE_USER);

    for (i = MANY - 1; i >= 0; i--) {
        add_result(&a, ids + i * 32, ids + i * 32);
    }

    told(&a, "");
    at = strstr((char *) a.out.data, "{\"functionResponse\"");
    assert_non_null(at);

    for (i = 0; i < MANY; i++) {
        sprintf(expected, "{\"functionResponse\":{\"id\":\"call_%d\","
                "\"name\":\"f\",\"response\":{\"output\":\"call_%d\"}}}%s",
                i, i, i + 1 < MANY ? "," : "]}]}");
        assert_memory_equal(at, expected, strlen(expected));
        at += strlen(expected);
    }

    assert_int_equal(*at, '\0');

    free(ids);
    ask_free(&a);
}


static void
tells_ids_apart(void **state)
{
    asked_t  a;

    (void) state;

    ask(&a);
    add_turn(&a, AG_ROLE_ASSISTANT);
    add_call(&a, "a", "f", "");
    add_call(&a, "aa", "g", "");
    add_turn(&a, AG_ROLE_USER);
    add_result(&a, "aa", "2");
    told(&a, "\"id\":\"a\",\"name\":\"f\","
             "\"response\":{\"error\":\"no result\"}");
    told(&a, "\"id\":\"aa\",\"name\":\"g\",\"response\":{\"output\":\"2\"}");

    add_result(&a, "ab", "3");
    refused(&a, AG_E_INVALID_VALUE, "messages[2]");

    ask_free(&a);
}


static void
knows_functions_without_ids_by_their_names(void **state)
{
    asked_t  a;

    (void) state;

    ask(&a);
    add_turn(&a, AG_ROLE_ASSISTANT);
    add_call(&a, "", "f", "");
    add_call(&a, "", "g", "");
    add_turn(&a, AG_ROLE_USER);
    add_result(&a, "", "of g")->name = text("g");
    add_result(&a, "", "of f")->name = text("f");
    told(&a, "{\"name\":\"f\",\"response\":{\"output\":\"of f\"}}},"
             "{\"functionResponse\":{\"name\":\"g\","
             "\"response\":{\"output\":\"of g\"}}}");

    ask_free(&a);
}


static void
refuses_media_of_a_result(void **state)
{
    asked_t     a;
    ag_part_t  *result, **last, *image;

    (void) state;

    ask(&a);
    add_turn(&a, AG_ROLE_ASSISTANT);
    add_call(&a, "a", "f", "");
    add_turn(&a, AG_ROLE_USER);
    result = add_result(&a, "a", "");

    last = &result->parts->next;
    image = ag_neutral_part(&a.n, &last, AG_PART_IMAGE);
    image->data = text("AA==");
    told(&a, "\"response\":{\"output\":\"\"}}},{\"inlineData\"");

    a.facts.thinking = AG_THINKING_LEVEL;
    told(&a, "\"parts\":[{\"inlineData\"");

    a.facts.refuses = 1u << AG_REFUSAL_IMAGES;
    refused(&a, AG_E_UNSUPPORTED_PARAMETER, "messages[2].content");

    ask_free(&a);
}


static void
keeps_an_object_that_is_plain(void **state)
{
    int         i;
    char       *wide, *at;
    asked_t     a;
    ag_part_t  *result;

    (void) state;

    ask(&a);
    add_turn(&a, AG_ROLE_ASSISTANT);
    add_call(&a, "a", "f", "");
    add_turn(&a, AG_ROLE_USER);
    result = add_result(&a, "a", "{\"n\":1}");
    told(&a, "\"response\":{\"n\":1}");

    result->error = 1;
    told(&a, "\"response\":{\"error\":\"{\\\"n\\\":1}\"}");
    result->error = 0;

    wide = malloc(AG_JSON_MEMBERS_MAX * 16 + 32);
    assert_non_null(wide);
    at = wide + sprintf(wide, "{\"a\":1");

    for (i = 0; i < AG_JSON_MEMBERS_MAX; i++) {
        at += sprintf(at, ",\"m%d\":1", i);
    }

    strcpy(at, "}");
    result->parts->text = text(wide);
    told(&a, "\"response\":{\"output\":\"{");

    result->parts->text = text("{\"a\":1,\"a\":2}");
    told(&a, "\"response\":{\"output\":\"{");

    free(wide);
    ask_free(&a);
}


static void
ends_with_its_memory(void **state)
{
    asked_t  a;

    (void) state;

    ask(&a);
    add_turn(&a, AG_ROLE_ASSISTANT);
    add_call(&a, "a", "f", "");
    add_turn(&a, AG_ROLE_USER);
    add_result(&a, "a", "1");

    a.arena.max = a.arena.used;
    assert_int_equal(tell(&a), AG_NOMEM);

    ask_free(&a);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_many_calls_in_their_order),
        cmocka_unit_test(tells_ids_apart),
        cmocka_unit_test(knows_functions_without_ids_by_their_names),
        cmocka_unit_test(refuses_media_of_a_result),
        cmocka_unit_test(keeps_an_object_that_is_plain),
        cmocka_unit_test(ends_with_its_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
