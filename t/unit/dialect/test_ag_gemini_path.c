/*
 * Copyright (C) ngx_agent authors
 *
 * Paths, taken apart from memory of their exact size.
 */


#include "gemini_test.h"


/* "expected" has the steps: names in "<>", numbers in "[]", "!" at a step
 * that is none. */
static void
steps(const char *path, const char *expected)
{
    char              *copy, got[256];
    ag_str_t           rest;
    ag_arena_t         arena;
    ag_gemini_step_t   step;

    copy = malloc(strlen(path));
    assert_non_null(copy);
    memcpy(copy, path, strlen(path));
    rest = ag_str(copy, strlen(path));
    ag_arena_init(&arena, 4096);
    got[0] = '\0';

    while (rest.len > 0) {

        if (!ag_gemini_path_step(&arena, &rest, &step)) {
            strcat(got, "!");
            break;
        }

        if (step.is_index) {
            sprintf(got + strlen(got), "[%u]", step.index);

        } else {
            sprintf(got + strlen(got), "<%.*s>", (int) step.name.len,
                    step.name.data);
        }
    }

    if (strcmp(got, expected) != 0) {
        fail_msg("%s: %s, not %s", path, got, expected);
    }

    ag_arena_free(&arena);
    free(copy);
}


static void
takes_paths_apart(void **state)
{
    (void) state;

    steps(".a", "<a>");
    steps(".a.bc[0].d[12]", "<a><bc>[0]<d>[12]");
    steps("['a']", "<a>");
    steps("[\"a\"]", "<a>");
    steps(".['a.b'][\"c[d\"]", "<a.b><c[d>");
    steps("['']", "<>");
    steps("['a\\'b\\\\']", "<a'b\\>");
    steps("['a\"b']", "<a\"b>");
    steps(".\xc3\xa4 b", "<\xc3\xa4 b>");
}


static void
refuses_what_is_none(void **state)
{
    (void) state;

    steps(".", "!");
    steps("..a", "!");
    steps("a", "!");
    steps(".a.", "<a>!");
    steps("[", "!");
    steps("[]", "!");
    steps("[ ]", "!");
    steps("[-1]", "!");
    steps("[1", "!");
    steps("[1x]", "!");
    steps("[99999999999999999999]", "!");
    steps("['a", "!");
    steps("['a'", "!");
    steps("['a'x]", "!");
    steps("['a\\", "!");
    steps("['a\\'", "!");
    steps("['", "!");
    steps(".[", "!");
    steps("[*]", "!");
    steps("[?(@.a)]", "!");
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_paths_apart),
        cmocka_unit_test(refuses_what_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
