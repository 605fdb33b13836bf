/*
 * Copyright (C) ngx_agent authors
 *
 * Usage is believed within bounds, in each of the ways in which providers
 * count reasoning.
 */


#include "dialect_test.h"


static ag_usage_t
usage_of(const char *fields)
{
    char         body[1024];
    ag_answer_t  answer;

    snprintf(body, sizeof(body), "{\"choices\":[{}],\"usage\":{%s}}", fields);
    answer = answer_of(&ag_openai, AG_ENDPOINT_CHAT, body);
    assert_int_equal(answer.error, AG_E_NONE);

    return answer.usage;
}


static void
reasoning_is_part_of_the_output(void **state)
{
    ag_usage_t  usage;

    (void) state;

    usage = usage_of("\"prompt_tokens\":12,\"completion_tokens\":322,"
                     "\"total_tokens\":334,\"completion_tokens_details\":"
                     "{\"reasoning_tokens\":320}");

    assert_int_equal(usage.output_tokens, 322);
    assert_int_equal(usage.reasoning_tokens, 320);
}


static void
reasoning_beside_the_output_is_added_to_it(void **state)
{
    ag_usage_t  usage;

    (void) state;

    usage = usage_of("\"prompt_tokens\":12,\"completion_tokens\":2,"
                     "\"total_tokens\":334,\"completion_tokens_details\":"
                     "{\"reasoning_tokens\":320}");

    assert_int_equal(usage.output_tokens, 322);
    assert_int_equal(usage.reasoning_tokens, 320);
}


static void
a_total_that_counts_something_else_changes_nothing(void **state)
{
    ag_usage_t  usage;

    (void) state;

    usage = usage_of("\"prompt_tokens\":5,\"completion_tokens\":1,"
                     "\"total_tokens\":116");

    assert_int_equal(usage.input_tokens, 5);
    assert_int_equal(usage.output_tokens, 1);
}


static void
parts_are_never_larger_than_their_whole(void **state)
{
    ag_usage_t  usage;

    (void) state;

    usage = usage_of("\"prompt_tokens\":5,\"completion_tokens\":1,"
                     "\"prompt_tokens_details\":{\"cached_tokens\":4,"
                     "\"cache_write_tokens\":4},"
                     "\"completion_tokens_details\":"
                     "{\"reasoning_tokens\":9}");

    assert_int_equal(usage.cached_tokens, 4);
    assert_int_equal(usage.written_tokens, 1);
    assert_int_equal(usage.reasoning_tokens, 1);
}


static void
numbers_beyond_the_cap_are_clamped(void **state)
{
    ag_usage_t  usage;

    (void) state;

    usage = usage_of("\"prompt_tokens\":10000000000,"
                     "\"completion_tokens\":99999999999999999999999,"
                     "\"total_tokens\":18446744073709551615");

    assert_int_equal(usage.input_tokens, AG_TOKENS_MAX);
    assert_int_equal(usage.output_tokens, AG_TOKENS_MAX);
}


static void
other_types_count_as_nothing(void **state)
{
    ag_usage_t  usage;

    (void) state;

    usage = usage_of("\"prompt_tokens\":-1,\"completion_tokens\":1.5,"
                     "\"prompt_tokens_details\":[1],"
                     "\"completion_tokens_details\":null");

    assert_int_equal(usage.known, 1);
    assert_int_equal(usage.input_tokens, 0);
    assert_int_equal(usage.output_tokens, 0);

    usage = usage_of("\"prompt_tokens\":\"1\",\"completion_tokens\":null");

    assert_int_equal(usage.known, 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(reasoning_is_part_of_the_output),
        cmocka_unit_test(reasoning_beside_the_output_is_added_to_it),
        cmocka_unit_test(a_total_that_counts_something_else_changes_nothing),
        cmocka_unit_test(parts_are_never_larger_than_their_whole),
        cmocka_unit_test(numbers_beyond_the_cap_are_clamped),
        cmocka_unit_test(other_types_count_as_nothing)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
