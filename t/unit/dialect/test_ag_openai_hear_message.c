/*
 * Copyright (C) ngx_agent authors
 *
 * Blocks of text and reasoning begin and end as they take turns, in each
 * choice on its own; parts of a tree that are told as text stay whole.
 */


#include "dialect/openai_provider_test.h"


static void
blocks_take_turns_in_each_choice_on_its_own(void **state)
{
    static const char *const  data[] = {
        "{\"choices\":[{\"index\":0,\"delta\":{\"reasoning\":\"a\"}}]}",
        "{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"b\"}}]}",
        "{\"choices\":[{\"index\":0,\"delta\":{\"reasoning\":\"c\"}}]}",
        "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"d\"}}]}",
        "{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"e\"}}]}",
        "{\"choices\":[{\"index\":0,\"delta\":{\"refusal\":\"f\"}}]}",
        "[DONE]",
        NULL
    };

    (void) state;

    expect_heard(data, " start open0:0(reasoning,) add0:0(a)"
                       " open1:0(text,) add1:0(b)"
                       " add0:0(c) close0:0() open0:1(text,) add0:1(d)"
                       " add1:0(e)"
                       " close0:1() open0:2(refusal,) add0:2(f)"
                       " close0:2() finish0(stop)"
                       " close1:0() finish1(stop) end");
}


static void
sources_belong_to_the_text_that_runs(void **state)
{
    static const char *const  data[] = {
        "{\"choices\":[{\"delta\":{\"annotations\":[{\"url_citation\":"
            "{\"url\":\"early\"}}]}}]}",
        "{\"choices\":[{\"delta\":{\"content\":\"a\",\"annotations\":["
            "{\"url_citation\":{\"url\":\"u\"}},{\"file_citation\":{}}]}}]}",
        "[DONE]",
        NULL
    };

    (void) state;

    expect_heard(data, " start open0:0(text,) add0:0(a) cite0:0()"
                       " close0:0() finish0(stop) end");
}


static void
log_probabilities_lose_their_brackets_only(void **state)
{
    static const char *const  data[] = {
        "{\"choices\":[{\"delta\":{\"content\":\"a\"},\"logprobs\":"
            "{\"content\":[{\"token\":\"a\"},{\"token\":\"]\"}]}}]}",
        "{\"choices\":[{\"delta\":{\"content\":\"b\"},\"logprobs\":"
            "{\"content\":[]}}]}",
        "[DONE]",
        NULL
    };

    (void) state;

    expect_heard(data, " start open0:0(text,) add0:0(a)"
                       " logprobs0:0({\"token\":\"a\"},{\"token\":\"]\"})"
                       " add0:0(b) close0:0() finish0(stop) end");
}


static void
images_are_blocks_of_their_own(void **state)
{
    static const char *const  data[] = {
        "{\"choices\":[{\"delta\":{\"content\":\"a\",\"images\":["
            "{\"image_url\":{\"url\":\"data:image/png;base64,QQ==\"}},"
            "{\"image_url\":{\"url\":\"http://a.example/\"}},"
            "{\"image_url\":{\"url\":\"data:image/gif;base64,Qg==\"}}]}}]}",
        "{\"choices\":[{\"delta\":{\"content\":\"b\"}}]}",
        "[DONE]",
        NULL
    };

    (void) state;

    expect_heard(data, " start open0:0(text,) add0:0(a) close0:0()"
                       " open0:1(image,image/png) add0:1(QQ==) close0:1()"
                       " open0:2(image,image/gif) add0:2(Qg==) close0:2()"
                       " open0:3(text,) add0:3(b) close0:3()"
                       " finish0(stop) end");
}


static void
sealed_thoughts_stand_alone(void **state)
{
    static const char *const  data[] = {
        "{\"choices\":[{\"delta\":{\"reasoning_details\":["
            "{\"type\":\"reasoning.text\",\"text\":\"a\"},"
            "{\"type\":\"reasoning.encrypted\",\"data\":\"b\","
            "\"format\":\"anthropic-claude-v1\"}]}}]}",
        "{\"choices\":[{\"delta\":{\"reasoning_details\":["
            "{\"type\":\"reasoning.encrypted\",\"data\":\"c\","
            "\"format\":\"anthropic-claude-v1\"}]}}]}",
        "{\"choices\":[{\"delta\":{\"reasoning\":\"d\"}}]}",
        "{\"choices\":[{\"delta\":{\"reasoning_details\":["
            "{\"type\":\"reasoning.encrypted\",\"data\":\"e\","
            "\"format\":\"xai-responses-v1\"}]}}]}",
        "[DONE]",
        NULL
    };

    (void) state;

    expect_heard(data, " start open0:0(reasoning,) add0:0(a) close0:0()"
                       " open0:1(reasoning,) sign0:1(b) close0:1()"
                       " open0:2(reasoning,) sign0:2(c) close0:2()"
                       " open0:3(reasoning,) add0:3(d) sign0:3(e)"
                       " close0:3() finish0(stop) end");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(blocks_take_turns_in_each_choice_on_its_own),
        cmocka_unit_test(sources_belong_to_the_text_that_runs),
        cmocka_unit_test(log_probabilities_lose_their_brackets_only),
        cmocka_unit_test(images_are_blocks_of_their_own),
        cmocka_unit_test(sealed_thoughts_stand_alone)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
