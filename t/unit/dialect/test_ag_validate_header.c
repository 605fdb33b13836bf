/*
 * Copyright (C) ngx_agent authors
 *
 * A client may ask for more than the operator, never for less.
 */


#include "validate_test.h"


static void
asks(const char *value, ag_validate_rule_t *rule)
{
    if (ag_validate_header(text(value), rule) != AG_OK) {
        fail_msg("refused: %s", value);
    }
}


static void
refused(const char *value)
{
    ag_validate_rule_t  rule, before;

    memset(&rule, 0, sizeof(rule));
    rule.request = 1;
    rule.min_length = 3;
    before = rule;

    if (ag_validate_header(text(value), &rule) != AG_INVALID) {
        fail_msg("accepted: %s", value);
    }

    assert_memory_equal(&rule, &before, sizeof(rule));
}


static void
one_option_is_set(void **state)
{
    ag_validate_rule_t  rule;

    (void) state;

    rule = nothing;
    asks("json", &rule);
    assert_true(rule.json);
    assert_false(rule.request);

    rule = nothing;
    asks("request", &rule);
    assert_true(rule.request);
    assert_false(rule.json);

    rule = nothing;
    asks("tag=final_output", &rule);
    assert_text(rule.tag, "final_output");

    rule = nothing;
    asks("min_length=20", &rule);
    assert_int_equal(rule.min_length, 20);
}


static void
several_options_are_set(void **state)
{
    ag_validate_rule_t  rule;

    (void) state;

    rule = nothing;
    asks(" json ,\ttag=az-B.1\t , min_length=0,request", &rule);

    assert_true(rule.json);
    assert_true(rule.request);
    assert_text(rule.tag, "az-B.1");
    assert_int_equal(rule.min_length, 0);
}


static void
the_operator_keeps_what_he_asks_for(void **state)
{
    ag_validate_rule_t  rule;

    (void) state;

    rule = nothing;
    rule.min_length = 30;
    rule.tag = text("answer");
    rule.json = 1;
    rule.request = 1;
    rule.again = 1;
    rule.schema = (void *) &rule;
    rule.regex = (void *) &rule;

    asks("min_length=20,tag=answer,off", &rule);

    assert_int_equal(rule.min_length, 30);
    assert_text(rule.tag, "answer");
    assert_true(rule.json);
    assert_true(rule.again);
    assert_ptr_equal(rule.schema, &rule);
    assert_ptr_equal(rule.regex, &rule);

    asks("min_length=40", &rule);
    assert_int_equal(rule.min_length, 40);
}


static void
off_is_off_for_the_request_alone(void **state)
{
    ag_validate_rule_t  rule;

    (void) state;

    rule = by_request;
    asks("off", &rule);
    assert_false(rule.request);

    rule = by_request;
    asks("off,json", &rule);
    assert_false(rule.request);
    assert_true(rule.json);
}


static void
an_equal_tag_stays_the_operators(void **state)
{
    ag_str_t            tag;
    ag_validate_rule_t  rule;

    (void) state;

    rule = nothing;
    tag = text("answer");
    rule.tag = tag;

    asks("tag=answer", &rule);
    assert_ptr_equal(rule.tag.data, tag.data);
}


static void
a_second_tag_is_refused(void **state)
{
    ag_validate_rule_t  rule;

    (void) state;

    refused("tag=a,tag=b");

    rule = nothing;
    rule.tag = text("answer");
    assert_int_equal(ag_validate_header(text("json,tag=other"), &rule),
                     AG_INVALID);
    assert_text(rule.tag, "answer");
    assert_false(rule.json);
}


static void
what_is_not_known_is_refused(void **state)
{
    size_t  i;

    static const char *const  values[] = {
        "", " ", ",", "json,", ",json", "json,,off", "JSON", "jsonx", "json=1",
        "schema=/etc/passwd", "regex=.*", "again", "tag", "tag=", "tag=a b",
        "tag=<a>", "tag=1a", "tag=-a", "tag=a/b", "tag=\xc3\xa4",
        "min_length", "min_length=", "min_length=-1", "min_length=1.5",
        "min_length=x", "min_length=99999999999999999999",
        "min_length=16777217", "json;off", "json off"
    };

    (void) state;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        refused(values[i]);
    }

    assert_int_equal(AG_ANSWER_MAX, 16777216);
}


static void
a_zero_byte_is_no_part_of_a_tag(void **state)
{
    ag_validate_rule_t  rule;

    (void) state;

    rule = nothing;
    assert_int_equal(ag_validate_header(ag_str("tag=a\0b", 7), &rule),
                     AG_INVALID);
    assert_int_equal(ag_validate_header(ag_str(NULL, 0), &rule), AG_INVALID);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(one_option_is_set),
        cmocka_unit_test(several_options_are_set),
        cmocka_unit_test(the_operator_keeps_what_he_asks_for),
        cmocka_unit_test(off_is_off_for_the_request_alone),
        cmocka_unit_test(an_equal_tag_stays_the_operators),
        cmocka_unit_test(a_second_tag_is_refused),
        cmocka_unit_test(what_is_not_known_is_refused),
        cmocka_unit_test(a_zero_byte_is_no_part_of_a_tag)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
