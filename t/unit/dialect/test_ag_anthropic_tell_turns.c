/*
 * Copyright (C) ngx_agent authors
 *
 * The order of a conversation: whatever a client sends, what Anthropic gets
 * keeps Anthropic's rules, and no word is lost on the way.
 */


#include "dialect/anthropic_tell_test.h"


#define TRIES     3000
#define MESSAGES  12


static char *make_request(uint32_t *seed, uint32_t *words);
static void check_message(yyjson_val *message, unsigned user);
static void check_rules(const golden_asked_t *a, uint32_t words);


/* Messages of any role in any order; each word is a number of its own. */
static char *
make_request(uint32_t *seed, uint32_t *words)
{
    char      *request, *at;
    uint32_t   i, count;

    request = malloc(MESSAGES * 400 + 200);
    at = request + sprintf(request, "{\"model\":\"m\",\"messages\":[");
    count = 1 + next_of(seed) % MESSAGES;
    *words = 0;

    for (i = 0; i < count; i++) {
        at += sprintf(at, "%s", i ? "," : "");

        switch (next_of(seed) % 8) {

        case 0:
            at += sprintf(at, "{\"role\":\"system\",\"content\":\"w%u.\"}",
                          (*words)++);
            break;

        case 1:
            at += sprintf(at, "{\"role\":\"assistant\",\"content\":\"\"}");
            break;

        case 2:
            at += sprintf(at, "{\"role\":\"assistant\",\"content\":\"w%u.\","
                          "\"reasoning_details\":[{\"type\":"
                          "\"reasoning.text\",\"text\":\"w%u.\","
                          "\"signature\":\"S\","
                          "\"format\":\"anthropic-claude-v1\"}]}",
                          *words, *words + 1);
            *words += 2;
            break;

        case 3:
            at += sprintf(at, "{\"role\":\"assistant\",\"content\":\"w%u.\","
                          "\"tool_calls\":[{\"id\":\"t%u\",\"type\":"
                          "\"function\",\"function\":{\"name\":\"f\","
                          "\"arguments\":\"{\\\"a\\\":\\\"w%u.\\\"}\"}}]}",
                          *words, i, *words + 1);
            *words += 2;
            break;

        case 4:
        case 5:
            at += sprintf(at, "{\"role\":\"tool\",\"tool_call_id\":\"t%u\","
                          "\"content\":\"w%u.\"}", i, (*words)++);
            break;

        case 6:
            at += sprintf(at, "{\"role\":\"user\",\"content\":\" \"}");
            break;

        default:
            at += sprintf(at, "{\"role\":\"user\",\"content\":\"w%u.\"}",
                          (*words)++);
        }
    }

    sprintf(at, "]}");

    return request;
}


static void
check_message(yyjson_val *message, unsigned user)
{
    size_t       i, count;
    unsigned     rest, thought, leads;
    ag_str_t     type;
    yyjson_val  *content, *block;

    assert_true(yyjson_equals_str(yyjson_obj_get(message, "role"),
                                  user ? "user" : "assistant"));

    content = yyjson_obj_get(message, "content");
    assert_true(yyjson_arr_size(content) > 0);
    rest = 0;
    leads = 0;
    thought = 0;

    yyjson_arr_foreach(content, i, count, block) {
        type = ag_json_text(yyjson_obj_get(block, "type"));

        if (ag_str_is(type, "tool_result")) {
            assert_true(user && !rest);

        } else if (ag_str_is(type, "thinking")) {
            assert_true(!user && i + 1 < yyjson_arr_size(content));
            thought = 1;
            leads |= (i == 0);

        } else {
            rest = 1;
            assert_true(ag_str_is(type, "text")
                        || (!user && ag_str_is(type, "tool_use")));
        }

        assert_false(ag_str_is(type, "text")
                     && yyjson_get_len(yyjson_obj_get(block, "text")) == 0);
    }

    assert_true(user || rest);
    assert_int_equal(thought, leads);
}


static void
check_rules(const golden_asked_t *a, uint32_t words)
{
    char         word[20];
    size_t       i, count;
    yyjson_doc  *doc;
    yyjson_val  *messages, *message;

    doc = told(a);
    messages = yyjson_obj_get(yyjson_doc_get_root(doc), "messages");
    assert_true(yyjson_arr_size(messages) > 0);

    yyjson_arr_foreach(messages, i, count, message) {
        check_message(message, i % 2 == 0);
    }

    while (words-- > 0) {
        snprintf(word, sizeof(word), "w%u.", words);
        assert_true(told_has(a, word));
    }

    yyjson_doc_free(doc);
}


static void
test_the_rules_hold_for_any_order(void **state)
{
    int             i;
    char           *request;
    uint32_t        seed, words;
    golden_asked_t  a;

    (void) state;

    seed = 1;

    for (i = 0; i < TRIES; i++) {
        request = make_request(&seed, &words);
        tell(&a, OLDER, request);

        if (a.rc != AG_OK) {
            fail_msg("refused: %s", request);
        }

        check_rules(&a, words);
        golden_ask_free(&a);
        free(request);
    }
}


static void
test_a_system_of_pictures_says_nothing(void **state)
{
    golden_asked_t  a;

    (void) state;

    tell(&a, OLDER, "{\"model\":\"m\",\"messages\":[{\"role\":\"system\","
         "\"content\":\"x\"},{\"role\":\"user\",\"content\":\"Hi\"}]}");

    a.n.turns->parts->kind = AG_PART_IMAGE;
    a.body.len = 0;
    a.rc = ag_anthropic.translator->tell(&a.n, &a.to, &a.body, &a.error);

    assert_false(told_has(&a, "\"system\""));
    golden_ask_free(&a);
}


static void
test_no_turns_at_all(void **state)
{
    golden_asked_t  a;

    (void) state;

    tell_with(&a, OLDER, "");
    a.n.turns = NULL;
    a.body.len = 0;
    a.rc = ag_anthropic.translator->tell(&a.n, &a.to, &a.body, &a.error);

    assert_true(told_has(&a, "\"messages\":[{\"role\":\"user\",\"content\":"
                         "[{\"type\":\"text\",\"text\":\".\"}]}]"));
    golden_ask_free(&a);
}


/* As many messages as a request may have, without a word between them. */
static void
test_many_turns_take_no_time(void **state)
{
    int             i;
    char           *request, *at;
    golden_asked_t  a;

    (void) state;

    request = malloc(2 * 1000 * 1000);
    at = request + sprintf(request, "{\"model\":\"m\",\"messages\":[");

    for (i = 0; i < 19999; i++) {
        at += sprintf(at, "{\"role\":\"%s\",\"content\":\"%s\"},",
                      i % 2 ? "assistant" : "system", i % 2 ? " " : "x");
    }

    sprintf(at, "{\"role\":\"user\",\"content\":\"Hi\"}]}");

    tell(&a, OLDER, request);
    yyjson_doc_free(told(&a));
    golden_ask_free(&a);
    free(request);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_the_rules_hold_for_any_order),
        cmocka_unit_test(test_a_system_of_pictures_says_nothing),
        cmocka_unit_test(test_no_turns_at_all),
        cmocka_unit_test(test_many_turns_take_no_time)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
