/*
 * Copyright (C) ngx_agent authors
 *
 * Thoughts and signatures in a conversation of the Responses API.
 */


#include "dialect/responses_test.h"


static void
joins_a_summarys_parts_as_paragraphs(void **state)
{
    asked_t           a;
    const ag_part_t  *part;

    (void) state;

    ask(&a, "{\"input\":[{\"type\":\"reasoning\",\"id\":\"rs_1\","
            "\"summary\":[{\"text\":\"a\"},{\"text\":\"\"},7,"
            "{\"text\":\"bc\"},{}],\"encrypted_content\":\"x\"}]}");

    assert_int_equal(a.rc, AG_OK);

    part = a.n.turns->parts;
    assert_text(part->text, "a\n\nbc");
    assert_text(part->id, "rs_1");
    assert_text(part->signature, "x");
    assert_int_equal(part->signer, AG_SIGNER_RESPONSES);

    ask_free(&a);
}


static void
passes_over_thoughts_of_nothing(void **state)
{
    asked_t  a;

    (void) state;

    ask(&a, "{\"input\":[{\"type\":\"reasoning\",\"id\":\"rs_1\","
            "\"summary\":[],\"encrypted_content\":null}]}");

    assert_int_equal(a.rc, AG_OK);
    assert_null(a.n.turns->parts);

    ask_free(&a);
}


static void
gives_no_signature_to_another_turns_part(void **state)
{
    asked_t  a;

    (void) state;

    ask(&a, "{\"input\":[{\"role\":\"assistant\",\"content\":\"a\"},"
            "{\"role\":\"user\",\"content\":\"b\"},"
            "{\"type\":\"reasoning\","
            "\"encrypted_content\":\"ag1.gemini.x\"},"
            "{\"role\":\"user\",\"content\":\"c\"},"
            "{\"role\":\"assistant\",\"content\":\"d\"}]}");

    assert_int_equal(a.rc, AG_OK);
    assert_int_equal(a.n.turns->parts->signature.len, 0);
    assert_int_equal(a.n.turns->next->parts->signature.len, 0);

    ask_free(&a);
}


static void
signs_no_refusal_and_no_part_twice(void **state)
{
    asked_t           a;
    const ag_part_t  *part;

    (void) state;

    ask(&a, "{\"input\":["
            "{\"type\":\"reasoning\","
            "\"encrypted_content\":\"ag1.gemini.x\"},"
            "{\"role\":\"assistant\",\"content\":[{\"type\":\"refusal\","
            "\"refusal\":\"a\"}]},"
            "{\"type\":\"function_call\",\"call_id\":\"1\",\"name\":\"f\"},"
            "{\"type\":\"reasoning\","
            "\"encrypted_content\":\"ag1.gemini.y\"}]}");

    assert_int_equal(a.rc, AG_OK);

    part = a.n.turns->parts;
    assert_int_equal(part->signature.len, 0);
    assert_text(part->next->signature, "x");
    assert_int_equal(part->next->signer, AG_SIGNER_GEMINI);

    ask_free(&a);
}


static void
takes_any_value_or_refuses_it_by_name(void **state)
{
    (void) state;

    ask_odd("{\"input\":[{\"type\":\"reasoning\",\"summary\":%s}]}");
    ask_odd("{\"input\":[{\"type\":\"reasoning\",\"content\":%s}]}");
    ask_odd("{\"input\":[{\"type\":\"reasoning\",\"id\":%s,"
            "\"encrypted_content\":\"x\"}]}");
    ask_odd("{\"input\":[{\"type\":\"reasoning\","
            "\"encrypted_content\":%s}]}");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(joins_a_summarys_parts_as_paragraphs),
        cmocka_unit_test(passes_over_thoughts_of_nothing),
        cmocka_unit_test(gives_no_signature_to_another_turns_part),
        cmocka_unit_test(signs_no_refusal_and_no_part_twice),
        cmocka_unit_test(takes_any_value_or_refuses_it_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
