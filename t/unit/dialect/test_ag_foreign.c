/*
 * Copyright (C) ngx_agent authors
 *
 * Foreign thoughts are cut out of a native request, and nothing else is.
 */


#include "dialect_test.h"
#include "dialect/ag_foreign.h"


#define FOREIGN  "{\"type\":\"thinking\",\"thinking\":\"x, ]}\","             \
                 "\"signature\":\"ag1.gemini.abc\"}"
#define BARE     "{\"type\":\"thinking\",\"thinking\":\"\"}"
#define EMPTY    "{\"signature\" :\t\"\",\"type\":\"thinking\"}"
#define HIDDEN   "{\"type\":\"redacted_thinking\",\"data\":\"ag1.other.x\"}"
#define NATIVE   "{\"type\":\"thinking\",\"thinking\":\"\","                  \
                 "\"signature\":\"EqQB\\/ag1.\"}"
#define SAID     "{\"type\":\"text\", \"text\":\"\\\"ag1.\\\\\"}"
#define ITEM     "{\"type\":\"reasoning\",\"summary\":[],"                    \
                 "\"encrypted_content\":\"ag1.anthropic.x\"}"
#define OWN      "{\"type\":\"reasoning\",\"summary\":[],"                    \
                 "\"encrypted_content\":\"gAAA\"}"
#define USER     "{\"role\":\"user\",\"content\":\"hi\"}"

#define ASSISTANT(blocks)  "{\"content\":[" blocks "],\"role\":\"assistant\"}"
#define MESSAGES(list)     " {\"a\" : 1,\"messages\":[" list "], \"z\":[ ] }\n"
#define INPUT(list)        "{\"input\":[" list "],\"x\" : {}}"
#define BLOCKS(blocks)     MESSAGES(USER " , " ASSISTANT(blocks) " ," USER)


/* From memory of its exact size; "expected" is NULL if nothing is cut. */
static void
cuts(ag_endpoint_t endpoint, const char *body, const char *expected)
{
    char       *copy;
    size_t      len;
    ag_buf_t    out;
    ag_json_t   json;

    len = strlen(body);
    copy = malloc(len);
    assert_non_null(copy);
    memcpy(copy, body, len);

    assert_int_equal(ag_json_scan(&json, ag_str(copy, len)), AG_OK);
    ag_buf_init(&out, len);

    if (expected == NULL) {
        assert_int_equal(ag_foreign_cut(endpoint, ag_str(copy, len), &out),
                         AG_NONE);
        assert_int_equal(out.len, 0);

    } else {
        assert_int_equal(ag_foreign_cut(endpoint, ag_str(copy, len), &out),
                         AG_OK);
        assert_text(ag_buf_str(&out), expected);
        assert_int_equal(ag_json_scan(&json, ag_buf_str(&out)), AG_OK);
    }

    ag_buf_free(&out);
    free(copy);
}


static void
messages(const char *body, const char *expected)
{
    cuts(AG_ENDPOINT_MESSAGES, body, expected);
    cuts(AG_ENDPOINT_COUNT_TOKENS, body, expected);
    cuts(AG_ENDPOINT_RESPONSES, body, NULL);
    cuts(AG_ENDPOINT_CHAT, body, NULL);
}


static void
input(const char *body, const char *expected)
{
    cuts(AG_ENDPOINT_RESPONSES, body, expected);
    cuts(AG_ENDPOINT_MESSAGES, body, NULL);
    cuts(AG_ENDPOINT_CHAT, body, NULL);
}


static void
cuts_blocks_wherever_they_stand(void **state)
{
    (void) state;

    messages(BLOCKS(FOREIGN "," SAID), BLOCKS(SAID));
    messages(BLOCKS(" " FOREIGN " , " SAID " "), BLOCKS(" " SAID " "));
    messages(BLOCKS(SAID " ,\n" FOREIGN " , " NATIVE),
             BLOCKS(SAID " , " NATIVE));
    messages(BLOCKS(SAID " , " HIDDEN " "), BLOCKS(SAID " "));
    messages(BLOCKS(FOREIGN "," HIDDEN "," SAID), BLOCKS(SAID));
    messages(BLOCKS(SAID "," EMPTY "," BARE), BLOCKS(SAID));
    messages(BLOCKS(BARE "," SAID "," EMPTY "," FOREIGN ", " NATIVE ","
                    HIDDEN),
             BLOCKS(SAID ", " NATIVE));
    messages(MESSAGES(ASSISTANT(FOREIGN "," SAID) "," USER ","
                      ASSISTANT(SAID "," BARE)),
             MESSAGES(ASSISTANT(SAID) "," USER "," ASSISTANT(SAID)));
}


static void
cuts_a_message_that_would_be_empty(void **state)
{
    (void) state;

    messages(BLOCKS(" " FOREIGN " "), MESSAGES(USER " ," USER));
    messages(BLOCKS(FOREIGN "," HIDDEN), MESSAGES(USER " ," USER));
    messages(MESSAGES(ASSISTANT(BARE)), MESSAGES(""));
    messages(MESSAGES(" " ASSISTANT(BARE) ", " ASSISTANT(EMPTY) " "),
             MESSAGES("  "));
    messages(MESSAGES(ASSISTANT(BARE) ", " USER), MESSAGES(USER));
    messages(MESSAGES(ASSISTANT(BARE) "," ASSISTANT(FOREIGN "," SAID)),
             MESSAGES(ASSISTANT(SAID)));
    messages(MESSAGES(ASSISTANT(SAID "," FOREIGN) "," ASSISTANT(BARE)),
             MESSAGES(ASSISTANT(SAID)));

    /* who is not the assistant keeps the message; one that was empty stays */

    messages(MESSAGES("{\"role\":\"user\",\"content\":[" BARE "]}"),
             MESSAGES("{\"role\":\"user\",\"content\":[]}"));
    messages(MESSAGES(ASSISTANT("") "," USER), NULL);
}


static void
cuts_items(void **state)
{
    (void) state;

    input(INPUT(ITEM "," USER), INPUT(USER));
    input(INPUT(USER " , " ITEM "\n," OWN), INPUT(USER "\n," OWN));
    input(INPUT(USER "," ITEM), INPUT(USER));
    input(INPUT(ITEM), INPUT(""));
    input(INPUT(ITEM "," ITEM "," USER "," ITEM "," ITEM), INPUT(USER));
    input(INPUT(OWN "," USER ",{\"type\":\"reasoning\"},"
                "{\"type\":\"reasoning\",\"encrypted_content\":\"\"},"
                "{\"type\":\"other\",\"encrypted_content\":\"ag1.x\"}"), NULL);
}


static void
knows_escapes(void **state)
{
    (void) state;

    messages(BLOCKS(SAID ",{\"t\\u0079pe\":\"thin\\u006Bing\",\"signature\":"
                    "\"\\u0061g\\u0031\\u002e\"}"), BLOCKS(SAID));
    messages("{\"messa\\u0067es\":[" ASSISTANT(BARE "," SAID) "]}",
             "{\"messa\\u0067es\":[" ASSISTANT(SAID) "]}");
    input(INPUT(USER ",{\"type\":\"\\u0072easoning\","
                "\"encrypted\\u005fcontent\":\"ag1\\u002eother.\"}"),
          INPUT(USER));
    messages(BLOCKS("{\"type\":\"thinking\",\"signature\":\"ag\\u01311.\"},"
                    "{\"type\":\"thinking\",\"signature\":\"ag1\\n.\"},"
                    "{\"type\":\"thinking\",\"signature\":\"ag1\\\\u002e\"},"
                    "{\"type\":\"thinking\",\"signature\":\"\\u0161g1.\"},"
                    "{\"type\":\"thinking\",\"signature\":\"ag1\"}"), NULL);

    /* of members that are there twice the last counts */

    messages(BLOCKS(SAID ",{\"type\":\"thinking\",\"signature\":\"ag1.\","
                    "\"signature\":\"x\"}"), NULL);
}


static void
leaves_everything_else(void **state)
{
    (void) state;

    messages(BLOCKS(NATIVE "," SAID), NULL);
    messages(BLOCKS("{\"type\":\"redacted_thinking\",\"data\":\"\"},"
                    "{\"type\":\"redacted_thinking\"},"
                    "{\"type\":\"text\",\"signature\":\"ag1.x\"}"), NULL);
    messages(BLOCKS("1,\"ag1.x\",null,[" FOREIGN "],{},{\"type\":[]},"
                    "{\"type\":\"thinking\",\"signature\":{}},"
                    "{\"type\":\"tool_result\",\"content\":[" FOREIGN "]}"),
             NULL);
    messages(MESSAGES("1,[],[" FOREIGN "]," FOREIGN ",{\"content\":{\"a\":"
                      FOREIGN "},\"role\":\"assistant\"}"), NULL);
    messages("{\"messages\":{\"a\":" ASSISTANT(BARE) "}}", NULL);
    messages("{\"messages\":\"" "ag1." "\"}", NULL);
    messages("{\"a\":{\"messages\":[" ASSISTANT(BARE) "]}}", NULL);
    messages("{}", NULL);
    messages(BLOCKS("1 , " FOREIGN " , [ ]"), BLOCKS("1 , [ ]"));
    messages(BLOCKS("{\"type\":\"thinking\",\"signature\":null}, 2"),
             BLOCKS("2"));

    input("{\"input\":\"ag1.\"}", NULL);
    input("{\"input\":{\"a\":" ITEM "}}", NULL);
    input(INPUT("1,[" ITEM "],{\"content\":[" ITEM "]}"), NULL);
}


static void
is_bounded(void **state)
{
    size_t       max, len;
    ag_buf_t     out;
    const char  *body, *expected;

    (void) state;

    body = BLOCKS(FOREIGN "," SAID "," BARE "," NATIVE);
    expected = BLOCKS(SAID "," NATIVE);
    len = strlen(expected);

    for (max = 1; max < len; max++) {
        ag_buf_init(&out, max);
        assert_int_equal(ag_foreign_cut(AG_ENDPOINT_MESSAGES, text(body),
                                        &out), AG_LIMIT);
        assert_int_equal(out.len, 0);
        ag_buf_free(&out);
    }

    ag_buf_init(&out, len);
    assert_int_equal(ag_foreign_cut(AG_ENDPOINT_MESSAGES, text(body), &out),
                     AG_OK);
    assert_text(ag_buf_str(&out), expected);
    ag_buf_free(&out);
}


/* From memory of its exact size: nothing may be read behind it. */
static unsigned
has(ag_endpoint_t endpoint, const char *body)
{
    char      *copy;
    size_t     len;
    unsigned   found;

    len = strlen(body);
    copy = malloc(len + (len == 0));
    assert_non_null(copy);
    memcpy(copy, body, len);

    found = ag_foreign_has(endpoint, ag_str(copy, len));
    free(copy);

    return found;
}


static void
searches_bytes(void **state)
{
    size_t       i;
    const char  *unsigned_one;
    char         part[32];

    (void) state;

    assert_true(has(AG_ENDPOINT_MESSAGES, BLOCKS(FOREIGN)));
    assert_true(has(AG_ENDPOINT_COUNT_TOKENS, BLOCKS(HIDDEN)));
    assert_true(has(AG_ENDPOINT_MESSAGES, BLOCKS(EMPTY)));
    assert_true(has(AG_ENDPOINT_COUNT_TOKENS, "\"signature\":\"\""));
    assert_true(has(AG_ENDPOINT_RESPONSES, INPUT(ITEM)));
    assert_true(has(AG_ENDPOINT_RESPONSES, "\"ag1."));

    assert_false(has(AG_ENDPOINT_RESPONSES, BLOCKS(EMPTY)));
    assert_false(has(AG_ENDPOINT_CHAT, BLOCKS(FOREIGN EMPTY)));
    assert_false(has(AG_ENDPOINT_MESSAGES, BLOCKS(NATIVE)));
    assert_false(has(AG_ENDPOINT_RESPONSES, INPUT(OWN)));
    assert_false(has(AG_ENDPOINT_MESSAGES, ""));
    assert_false(ag_foreign_has(AG_ENDPOINT_MESSAGES, ag_str(NULL, 0)));
    assert_false(has(AG_ENDPOINT_MESSAGES, "\"ag1"));
    assert_false(has(AG_ENDPOINT_MESSAGES, "\"signature\",\"\""));

    unsigned_one = "\"signature\" \n: \r\t\"\"";

    for (i = 0; i < strlen(unsigned_one); i++) {
        memcpy(part, unsigned_one, i);
        part[i] = '\0';
        assert_false(has(AG_ENDPOINT_MESSAGES, part));
    }

    assert_true(has(AG_ENDPOINT_MESSAGES, unsigned_one));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(cuts_blocks_wherever_they_stand),
        cmocka_unit_test(cuts_a_message_that_would_be_empty),
        cmocka_unit_test(cuts_items),
        cmocka_unit_test(knows_escapes),
        cmocka_unit_test(leaves_everything_else),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(searches_bytes)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
