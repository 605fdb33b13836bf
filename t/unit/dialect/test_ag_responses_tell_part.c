/*
 * Copyright (C) ngx_agent authors
 *
 * Parts of a message for a provider of the Responses API.
 */


#include "dialect/responses_test.h"


static void
writes_images_and_files_of_every_source(void **state)
{
    told_t  t;

    (void) state;

    tell_init(&t, AG_ROLE_USER, AG_PART_IMAGE);
    t.part.data = text("QUJD");
    assert_int_equal(tell(&t), AG_OK);
    assert_true(told(&t, "\"image_url\":"
                         "\"data:application/octet-stream;base64,QUJD\","
                         "\"detail\":\"auto\""));

    t.part.data = text("");
    t.part.file_id = text("f");
    t.part.detail = text("high");
    assert_int_equal(tell(&t), AG_OK);
    assert_true(told(&t, "\"file_id\":\"f\",\"detail\":\"high\""));

    t.part.kind = AG_PART_FILE;
    assert_int_equal(tell(&t), AG_OK);
    assert_true(told(&t, "{\"type\":\"input_text\",\"text\":\"x\"}"));

    t.part.text = text("");
    assert_int_equal(tell(&t), AG_OK);
    assert_true(told(&t, "{\"type\":\"input_file\",\"file_id\":\"f\"}"));

    t.part.url = text("https://h/a.pdf");
    assert_int_equal(tell(&t), AG_OK);
    assert_true(told(&t, "\"file_url\":\"https://h/a.pdf\""));

    tell_free(&t);
}


static void
refuses_what_the_model_does_not_read(void **state)
{
    size_t  i;
    told_t  t;

    static const struct {
        ag_part_kind_t  kind;
        uint32_t        refuses;
        const char     *message;
    } parts[] = {
        { AG_PART_AUDIO, 0, "Audio input" },
        { AG_PART_IMAGE, 1u << AG_REFUSAL_IMAGES, "Image input" },
        { AG_PART_FILE, 1u << AG_REFUSAL_FILES, "File input" }
    };

    (void) state;

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        tell_init(&t, AG_ROLE_USER, parts[i].kind);
        t.part.text = text("");
        t.facts.refuses = parts[i].refuses;
        t.to.drop_params = 1;

        assert_int_equal(tell(&t), AG_INVALID);
        assert_int_equal(t.error.class, AG_E_UNSUPPORTED_PARAMETER);
        assert_text(t.error.param, "messages[7].content");
        assert_memory_equal(t.error.message.data, parts[i].message,
                            strlen(parts[i].message));

        tell_free(&t);
    }
}


static void
refuses_them_within_a_tools_output(void **state)
{
    told_t     t;
    ag_part_t  inner;

    (void) state;

    memset(&inner, 0, sizeof(inner));
    inner.kind = AG_PART_AUDIO;

    tell_init(&t, AG_ROLE_USER, AG_PART_TOOL_RESULT);
    t.part.id = text("c");
    t.part.parts = &inner;

    assert_int_equal(tell(&t), AG_INVALID);
    assert_text(t.error.param, "messages[7].content");

    inner.kind = AG_PART_FOREIGN;
    assert_int_equal(tell(&t), AG_OK);
    assert_true(told(&t, "\"output\":[]"));
    assert_text(t.to.drops[0], "messages");

    tell_free(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(writes_images_and_files_of_every_source),
        cmocka_unit_test(refuses_what_the_model_does_not_read),
        cmocka_unit_test(refuses_them_within_a_tools_output),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
