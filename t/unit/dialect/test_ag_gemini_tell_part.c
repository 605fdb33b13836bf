/*
 * Copyright (C) ngx_agent authors
 *
 * Parts: media that a model does not read, arguments that are none.
 */


#include "gemini_test.h"


static void
refuse_media(ag_part_kind_t kind, ag_refusal_t refusal)
{
    asked_t     a;
    ag_part_t  *part;

    ask(&a);
    part = add_part(&a, kind);
    part->data = text("AA==");
    told(&a, "\"inlineData\"");

    a.facts.refuses = 1u << refusal;
    refused(&a, AG_E_UNSUPPORTED_PARAMETER, "messages[0].content");

    /* content cannot be dropped */

    a.to.drop_params = 1;
    refused(&a, AG_E_UNSUPPORTED_PARAMETER, "messages[0].content");

    a.facts.refuses = ~(1u << refusal);
    a.n.list = "input";
    told(&a, "\"inlineData\"");

    part->data.len = 0;
    part->file_id = text("file-1");
    refused(&a, AG_E_UNSUPPORTED_PARAMETER, "input[0].content");

    ask_free(&a);
}


static void
refuses_what_the_model_does_not_read(void **state)
{
    (void) state;

    refuse_media(AG_PART_IMAGE, AG_REFUSAL_IMAGES);
    refuse_media(AG_PART_FILE, AG_REFUSAL_FILES);
    refuse_media(AG_PART_AUDIO, AG_REFUSAL_AUDIO);
}


static void
finds_a_media_type(void **state)
{
    asked_t     a;
    ag_part_t  *part;

    (void) state;

    ask(&a);
    part = add_part(&a, AG_PART_FILE);
    part->data = text("AA==");
    told(&a, "\"mimeType\":\"application/pdf\"");

    part->name = text("a.csv");
    told(&a, "\"mimeType\":\"text/csv\"");

    part->media_type = text("text/x");
    told(&a, "\"mimeType\":\"text/x\"");

    part->text = text("words");
    told(&a, "{\"text\":\"words\"}");

    part = add_part(&a, AG_PART_AUDIO);
    part->url = text("gs://b/a");
    told(&a, "{\"fileData\":{\"mimeType\":\"audio/wav\","
             "\"fileUri\":\"gs://b/a\"}}");

    ask_free(&a);
}


static void
refuses_arguments_that_are_no_object(void **state)
{
    size_t      i;
    asked_t     a;
    ag_part_t  *call;

    static const char *const  wrong[] = {
        "[]", "1", "null", "{", "{}x", " ", "\"{}\"", "{\"a\":}"
    };

    (void) state;

    ask(&a);
    add_turn(&a, AG_ROLE_ASSISTANT);
    call = add_call(&a, "c1", "f",
                    "{\"a\":1e999,\"b\":12345678901234567890123}");
    told(&a, "\"args\":{\"a\":1e999,\"b\":12345678901234567890123}");

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        call->text = text(wrong[i]);
        a.n.client = &ag_openai;
        refused(&a, AG_E_INVALID_VALUE, "messages[1].tool_calls");
        a.n.client = &ag_anthropic;
        refused(&a, AG_E_INVALID_VALUE, "messages[1].content");
        a.n.client = &ag_responses;
        refused(&a, AG_E_INVALID_VALUE, "input[1]");
    }

    ask_free(&a);
}


static void
keeps_signatures_to_their_signer(void **state)
{
    asked_t     a;
    ag_part_t  *part;

    (void) state;

    ask(&a);
    add_turn(&a, AG_ROLE_ASSISTANT);
    part = add_part(&a, AG_PART_REASONING);
    part->text = text("Hm");
    part->signature = text("c2ln");
    part->signer = AG_SIGNER_ANTHROPIC;
    told_without(&a, "c2ln");
    told_without(&a, "Hm");

    part->signer = AG_SIGNER_GEMINI;
    told(&a, "{\"text\":\"Hm\",\"thought\":true,"
             "\"thoughtSignature\":\"c2ln\"}");

    part->text.len = 0;
    told(&a, "{\"text\":\"\",\"thoughtSignature\":\"c2ln\"}");

    part = add_text(&a, "T");
    part->signature = text("other");
    part->signer = AG_SIGNER_RESPONSES;
    told_without(&a, "other");

    ask_free(&a);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_the_model_does_not_read),
        cmocka_unit_test(finds_a_media_type),
        cmocka_unit_test(refuses_arguments_that_are_no_object),
        cmocka_unit_test(keeps_signatures_to_their_signer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
