/*
 * Copyright (C) ngx_agent authors
 *
 * Names and patterns of names.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_caps.h"
#include "core/ag_name.h"


static ag_str_t
text(const char *string)
{
    return ag_str(string, strlen(string));
}


static int
matches(const char *pattern, const char *name)
{
    return ag_name_matches(text(pattern), text(name));
}


static int
overlap(const char *a, const char *b)
{
    int  rc;

    rc = ag_name_overlaps(text(a), text(b));

    assert_int_equal(ag_name_overlaps(text(b), text(a)), rc);

    return rc;
}


static void
takes_names_of_providers_and_models(void **state)
{
    (void) state;

    assert_null(ag_name_refuse(text("openai"), AG_NAME_PLAIN));
    assert_null(ag_name_refuse(text("azure-eu_2.x:y@z+"), AG_NAME_PLAIN));
    assert_null(ag_name_refuse(text("meta-llama/Llama-3.3:free"),
                               AG_NAME_MODEL));
    assert_null(ag_name_refuse(text("@cf/meta/llama"), AG_NAME_MODEL));
    assert_null(ag_name_refuse(text("gpt-5*"), AG_NAME_PATTERN));
    assert_null(ag_name_refuse(text("*"), AG_NAME_PATTERN));
    assert_null(ag_name_refuse(text("gpt-5"), AG_NAME_PATTERN));
}


static void
says_what_is_allowed_instead(void **state)
{
    const char  *allowed;

    (void) state;

    allowed = ag_name_refuse(text("a b"), AG_NAME_PLAIN);

    assert_non_null(strstr(allowed, "allowed are 1 to 64 characters"));
    assert_null(strchr(allowed, '/'));
    assert_null(strchr(allowed, '*'));

    allowed = ag_name_refuse(text("a b"), AG_NAME_PATTERN);

    assert_non_null(strstr(allowed, "allowed are 1 to 256 characters"));
    assert_non_null(strchr(allowed, '/'));
    assert_non_null(strchr(allowed, '*'));
}


static void
refuses_other_characters(void **state)
{
    int   c;
    char  name[1];

    (void) state;

    for (c = 0; c < 256; c++) {
        name[0] = (char) c;

        if (c != '\0' && strchr("abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789._:@+-", c))
        {
            assert_null(ag_name_refuse(ag_str(name, 1), AG_NAME_PLAIN));
            assert_null(ag_name_refuse(ag_str(name, 1), AG_NAME_MODEL));
            continue;
        }

        assert_non_null(ag_name_refuse(ag_str(name, 1), AG_NAME_PLAIN));

        if (c != '/') {
            assert_non_null(ag_name_refuse(ag_str(name, 1), AG_NAME_MODEL));
        }
    }
}


static void
refuses_a_star_inside(void **state)
{
    (void) state;

    assert_non_null(ag_name_refuse(text("*a"), AG_NAME_PATTERN));
    assert_non_null(ag_name_refuse(text("a*b"), AG_NAME_PATTERN));
    assert_non_null(ag_name_refuse(text("a**"), AG_NAME_PATTERN));
    assert_non_null(ag_name_refuse(text("a*"), AG_NAME_MODEL));
    assert_non_null(ag_name_refuse(text("a*"), AG_NAME_PLAIN));
}


static void
refuses_other_lengths(void **state)
{
    char  name[AG_MODEL_NAME_MAX + 1];

    (void) state;

    memset(name, 'n', sizeof(name));

    assert_non_null(ag_name_refuse(ag_str(name, 0), AG_NAME_PLAIN));
    assert_null(ag_name_refuse(ag_str(name, AG_MODEL_NAME_SHOWN_MAX),
                               AG_NAME_PLAIN));
    assert_non_null(ag_name_refuse(ag_str(name, AG_MODEL_NAME_SHOWN_MAX + 1),
                                   AG_NAME_PLAIN));
    assert_null(ag_name_refuse(ag_str(name, AG_MODEL_NAME_MAX),
                               AG_NAME_MODEL));
    assert_non_null(ag_name_refuse(ag_str(name, AG_MODEL_NAME_MAX + 1),
                                   AG_NAME_MODEL));
}


static void
matches_exactly_or_by_prefix(void **state)
{
    (void) state;

    assert_true(matches("gpt-5", "gpt-5"));
    assert_false(matches("gpt-5", "gpt-5-mini"));
    assert_false(matches("gpt-5", "gpt-"));
    assert_false(matches("gpt-5", ""));

    assert_true(matches("gpt-5*", "gpt-5"));
    assert_true(matches("gpt-5*", "gpt-5-mini"));
    assert_false(matches("gpt-5*", "gpt-4"));
    assert_false(matches("gpt-5*", "gpt-"));

    assert_true(matches("*", "anything"));
    assert_true(matches("*", ""));
    assert_false(matches("gpt", "GPT"));
}


static void
overlaps_where_a_name_fits_both(void **state)
{
    (void) state;

    assert_true(overlap("a", "a"));
    assert_false(overlap("a", "b"));
    assert_true(overlap("claude-*", "claude-opus"));
    assert_false(overlap("claude-*", "claude"));
    assert_true(overlap("claude-*", "claude-opus-*"));
    assert_true(overlap("claude-*", "claude-*"));
    assert_false(overlap("claude-*", "gpt-*"));
    assert_true(overlap("*", "gpt-*"));
    assert_true(overlap("*", "*"));
    assert_true(overlap("*", "x"));
}


static void
hashes_names_apart(void **state)
{
    (void) state;

    /* test vectors of FNV-1a */

    assert_int_equal(ag_name_hash(text("")), UINT32_C(0x811c9dc5));
    assert_int_equal(ag_name_hash(text("a")), UINT32_C(0xe40c292c));
    assert_int_equal(ag_name_hash(text("foobar")), UINT32_C(0xbf9cf968));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(takes_names_of_providers_and_models),
        cmocka_unit_test(says_what_is_allowed_instead),
        cmocka_unit_test(refuses_other_characters),
        cmocka_unit_test(refuses_a_star_inside),
        cmocka_unit_test(refuses_other_lengths),
        cmocka_unit_test(matches_exactly_or_by_prefix),
        cmocka_unit_test(overlaps_where_a_name_fits_both),
        cmocka_unit_test(hashes_names_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
