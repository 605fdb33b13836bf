/*
 * Copyright (C) ngx_agent authors
 *
 * Embeddings: vectors as they are, and packed.
 */


#include "dialect/openai_say_test.h"


static void expect_vector(const char *request, const char *vector,
    const char *expected);


/* "expected" is what follows "embedding":. */
static void
expect_vector(const char *request, const char *vector, const char *expected)
{
    char                  wanted[1024];
    said_t                s;
    ag_reply_t            reply;
    ag_gathered_t         blocks[2];
    ag_gathered_choice_t  choice;

    memset(&reply, 0, sizeof(reply));
    memset(&choice, 0, sizeof(choice));
    memset(blocks, 0, sizeof(blocks));

    reply.choices = &choice;
    reply.count = 1;
    choice.blocks = blocks;
    blocks[0].type = AG_BLOCK_REASONING;    /* none of the vectors */
    blocks[0].next = &blocks[1];
    blocks[1].type = AG_BLOCK_TEXT;
    blocks[1].text = of(vector);

    say_init(&s, request, SIZE_MAX / 2, SIZE_MAX / 2);
    s.w.endpoint = AG_ENDPOINT_EMBEDDINGS;
    s.usage.input_tokens = 5;
    assert_int_equal(ag_openai_say_answer(&s.w, &reply), AG_OK);

    sprintf(wanted, "{\"object\":\"list\",\"data\":[{\"object\":"
                    "\"embedding\",\"index\":0,\"embedding\":%s}],"
                    "\"model\":\"m\",\"usage\":{\"prompt_tokens\":5,"
                    "\"total_tokens\":5}}", expected);

    if (!ag_str_is(ag_buf_str(&s.out), wanted)) {
        fail_msg("\n     got %.*s\nexpected %s", (int) s.out.len, s.out.data,
                 wanted);
    }

    say_free(&s);
}


static void
gives_numbers(void **state)
{
    (void) state;

    expect_vector("{}", "[0.1,-2e-3]", "[0.1,-2e-3]");
    expect_vector("{\"encoding_format\":\"float\"}", "[1]", "[1]");
    expect_vector("{\"encoding_format\":null}", "[]", "[]");
}


/* Checked with Python: base64.b64encode(struct.pack("<3f", ...)) */
static void
packs_numbers(void **state)
{
    (void) state;

    expect_vector("{\"encoding_format\":\"base64\"}", "[0.1]",
                  "\"zczMPQ==\"");
    expect_vector("{\"encoding_format\":\"base64\"}", "[0.1,-2]",
                  "\"zczMPQAAAMA=\"");
    expect_vector("{\"encoding_format\":\"base64\"}", "[0.1,-2,3e-4]",
                  "\"zczMPQAAAMBSSZ05\"");
    expect_vector("{\"encoding_format\":\"base64\"}", "[0.1,-2,3e-4,5]",
                  "\"zczMPQAAAMBSSZ05AACgQA==\"");
    expect_vector("{\"encoding_format\":\"base64\"}", "[]", "\"\"");
}


static void
packs_what_no_float_holds(void **state)
{
    (void) state;

    expect_vector("{\"encoding_format\":\"base64\"}", "[1e300,-1e300,1e999]",
                  "\"//9/f///f/8AAAAA\"");
    expect_vector("{\"encoding_format\":\"base64\"}", "[null,\"a\",[1]]",
                  "\"AAAAAAAAAAAAAAAA\"");
    expect_vector("{\"encoding_format\":\"base64\"}", "{", "\"\"");
    expect_vector("{\"encoding_format\":\"base64\"}", "", "\"\"");
}


static void
says_no_vectors(void **state)
{
    said_t      s;
    ag_reply_t  reply;

    (void) state;

    memset(&reply, 0, sizeof(reply));
    say_init(&s, "{}", SIZE_MAX / 2, SIZE_MAX / 2);
    s.w.endpoint = AG_ENDPOINT_EMBEDDINGS;
    assert_int_equal(ag_openai_say_answer(&s.w, &reply), AG_OK);
    assert_memory_equal(s.out.data, "{\"object\":\"list\",\"data\":[],", 27);
    say_free(&s);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(gives_numbers),
        cmocka_unit_test(packs_numbers),
        cmocka_unit_test(packs_what_no_float_holds),
        cmocka_unit_test(says_no_vectors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
