/*
 * Copyright (C) ngx_agent authors
 *
 * A conversation for a provider of the Responses API.
 */


#include "dialect/responses_test.h"


static void
leaves_out_what_is_empty(void **state)
{
    int     i;
    told_t  t;

    static const ag_role_t  roles[] = {
        AG_ROLE_SYSTEM, AG_ROLE_DEVELOPER, AG_ROLE_USER, AG_ROLE_ASSISTANT
    };

    (void) state;

    for (i = 0; i < 4; i++) {
        tell_init(&t, roles[i], AG_PART_TEXT);

        assert_int_equal(tell(&t), AG_OK);
        assert_true(told(&t, "\"type\":\"message\""));

        t.part.text = text("");
        assert_int_equal(tell(&t), AG_INVALID);

        t.turn.parts = NULL;
        assert_int_equal(tell(&t), AG_INVALID);

        tell_free(&t);
    }
}


static void
gives_thoughts_only_to_their_signer(void **state)
{
    int     i;
    told_t  t;

    (void) state;

    tell_init(&t, AG_ROLE_ASSISTANT, AG_PART_REASONING);
    t.part.signature = text("s");
    t.part.id = text("rs_1");

    for (i = AG_SIGNER_NONE; i <= AG_SIGNER_OTHER; i++) {
        t.part.signer = (ag_signer_t) i;
        assert_int_equal(tell(&t), (i == AG_SIGNER_RESPONSES) ? AG_OK
                                                              : AG_INVALID);
        assert_int_equal(told(&t, "\"input\":[{\"type\":\"reasoning\","
                                  "\"id\":\"rs_1\",\"summary\":["
                                  "{\"type\":\"summary_text\","
                                  "\"text\":\"x\"}],"
                                  "\"encrypted_content\":\"s\"}]"),
                         i == AG_SIGNER_RESPONSES);
    }

    t.part.signer = AG_SIGNER_RESPONSES;
    t.part.signature = text("");
    assert_int_equal(tell(&t), AG_INVALID);

    tell_free(&t);
}


static void
names_a_call_the_same_on_both_sides(void **state)
{
    char       id[80];
    told_t     t;
    ag_part_t  result;
    ag_turn_t  turn;

    (void) state;

    memset(id, 'i', sizeof(id));

    tell_init(&t, AG_ROLE_ASSISTANT, AG_PART_TOOL_CALL);
    t.part.id = ag_str(id, 64);
    t.part.name = text("f");
    t.part.text = text("");

    memset(&result, 0, sizeof(result));
    result.kind = AG_PART_TOOL_RESULT;
    result.id = ag_str(id, 64);
    memset(&turn, 0, sizeof(turn));
    turn.role = AG_ROLE_USER;
    turn.parts = &result;
    t.turn.next = &turn;

    assert_int_equal(tell(&t), AG_OK);
    assert_true(told(&t, "iiii\",\"name\":\"f\",\"arguments\":\"{}\""));
    assert_true(told(&t, "iiii\",\"output\":\"\""));

    t.part.id.len = 65;
    result.id.len = 65;
    assert_int_equal(tell(&t), AG_OK);
    assert_false(told(&t, "iiii\","));
    assert_true(told(&t, "iii_"));

    /* a custom tool's input stays what it is */

    t.part.custom = 1;
    assert_int_equal(tell(&t), AG_OK);
    assert_true(told(&t, "\"input\":\"\""));

    tell_free(&t);
}


static void
writes_a_calls_tree_as_a_text(void **state)
{
    told_t       t;
    yyjson_doc  *doc;

    (void) state;

    doc = ag_json_tree(text("{\"a\":\"\\\"\"}"), NULL, 0);

    tell_init(&t, AG_ROLE_ASSISTANT, AG_PART_TOOL_CALL);
    t.part.input = yyjson_doc_get_root(doc);
    t.part.id = text("c");

    assert_int_equal(tell(&t), AG_OK);
    assert_true(told(&t, "\"arguments\":"
                         "\"{\\\"a\\\":\\\"\\\\\\\"\\\"}\""));

    tell_free(&t);
    yyjson_doc_free(doc);
}


static void
drops_what_is_foreign_and_names_the_list(void **state)
{
    told_t  t;

    (void) state;

    tell_init(&t, AG_ROLE_USER, AG_PART_FOREIGN);
    assert_int_equal(tell(&t), AG_INVALID);
    assert_text(t.to.drops[0], "messages");
    tell_free(&t);

    tell_init(&t, AG_ROLE_ASSISTANT, AG_PART_FOREIGN);
    assert_int_equal(tell(&t), AG_INVALID);
    assert_int_equal(t.to.drop_count, 1);
    tell_free(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(leaves_out_what_is_empty),
        cmocka_unit_test(gives_thoughts_only_to_their_signer),
        cmocka_unit_test(names_a_call_the_same_on_both_sides),
        cmocka_unit_test(writes_a_calls_tree_as_a_text),
        cmocka_unit_test(drops_what_is_foreign_and_names_the_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
