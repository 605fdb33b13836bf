/*
 * Copyright (C) ngx_agent authors
 */


#include "core/simulated.h"


static void
the_list_holds_a_plain_name_and_every_fault(void **state)
{
    simulated_t  t;
    yyjson_doc  *doc;

    (void) state;
    simulated_init(&t);

    simulated_run(&t, "GET", "models", NULL);
    assert_int_equal(t.s.status, 200);

    doc = simulated_json(&t);
    assert_string_equal(simulated_string(doc, "/object"), "list");
    assert_string_equal(simulated_string(doc, "/data/0/id"), "sim");
    assert_string_equal(simulated_string(doc, "/data/0/object"), "model");
    assert_int_equal(yyjson_arr_size(yyjson_doc_ptr_get(doc, "/data")),
                     2 + AG_FAULT_MAX - 1);
    yyjson_doc_free(doc);

    simulated_free(&t);
}


static void
anthropics_list_has_its_own_shape(void **state)
{
    simulated_t  t;
    yyjson_doc  *doc;

    (void) state;
    simulated_init(&t);
    t.options.dialect = AG_SIMULATE_ANTHROPIC;

    simulated_run(&t, "GET", "models", NULL);
    doc = simulated_json(&t);
    assert_string_equal(simulated_string(doc, "/data/0/type"), "model");
    assert_string_equal(simulated_string(doc, "/data/0/display_name"), "sim");
    assert_string_equal(simulated_string(doc, "/first_id"), "sim");
    assert_string_equal(simulated_string(doc, "/last_id"), "sim-policy");
    assert_true(yyjson_is_false(yyjson_doc_ptr_get(doc, "/has_more")));
    yyjson_doc_free(doc);

    simulated_free(&t);
}


static void
any_model_exists(void **state)
{
    simulated_t  t;
    yyjson_doc  *doc;

    (void) state;
    simulated_init(&t);

    simulated_run(&t, "GET", "models/meta/\"llama\"", NULL);
    doc = simulated_json(&t);
    assert_string_equal(simulated_string(doc, "/id"), "meta/\"llama\"");
    assert_string_equal(simulated_string(doc, "/owned_by"), "simulator");
    yyjson_doc_free(doc);

    simulated_run(&t, "GET", "models/sim-error-404", NULL);
    assert_int_equal(t.s.status, 404);

    simulated_free(&t);
}


static void
an_empty_list_is_a_list(void **state)
{
    simulated_t  t;
    yyjson_doc  *doc;

    (void) state;
    simulated_init(&t);
    t.options.fault.id = AG_FAULT_EMPTY;

    simulated_run(&t, "GET", "models", NULL);
    doc = simulated_json(&t);
    assert_int_equal(yyjson_arr_size(yyjson_doc_ptr_get(doc, "/data")), 0);
    yyjson_doc_free(doc);

    simulated_free(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_list_holds_a_plain_name_and_every_fault),
        cmocka_unit_test(anthropics_list_has_its_own_shape),
        cmocka_unit_test(any_model_exists),
        cmocka_unit_test(an_empty_list_is_a_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
