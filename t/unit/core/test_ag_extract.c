/*
 * Copyright (C) ngx_agent authors
 *
 * What is found in a model's text, and what is not.  Every text stands in
 * memory of its exact size, so that a byte read too many is seen; what is
 * found must be a piece of it, JSON for us and for yyjson, and the mender must
 * leave it as it is.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_extract.h"
#include "core/ag_json.h"


#define countof(array)  (sizeof(array) / sizeof((array)[0]))

#define FENCE  "```"
#define OPEN   "<final_output>"
#define CLOSE  "</final_output>"


typedef struct {
    const char  *text;
    const char  *json;      /* NULL if there is none */
} row_t;


static ag_str_t copy(const char *text);
static void expect(const char *text, const char *json);
static void expect_all(const row_t *rows, size_t n);
static void expect_repaired(ag_str_t text, const char *json);
static void expect_tag(const char *text, const char *name,
    const char *inside);


static ag_str_t
copy(const char *text)
{
    size_t  len;
    char   *p;

    len = strlen(text);
    p = malloc(len + (len == 0));
    memcpy(p, text, len);

    return ag_str(p, len);
}


static void
expect(const char *text, const char *json)
{
    int          rc;
    ag_str_t     all, found;
    ag_json_t    scanned;
    yyjson_doc  *doc;

    all = copy(text);
    rc = ag_extract_json(all, &found);

    if (rc != (json ? AG_OK : AG_NONE)
        || (json != NULL && !ag_str_is(found, json)))
    {
        fail_msg("%d, found \"%.*s\", not \"%s\", in: %s", rc,
                 rc == AG_OK ? (int) found.len : 0, found.data,
                 json ? json : "(none)", text);
    }

    if (rc == AG_OK) {
        assert_true(found.data >= all.data);
        assert_true(found.data + found.len <= all.data + all.len);
        assert_int_equal(ag_json_scan(&scanned, found), AG_OK);

        doc = yyjson_read((const char *) found.data, found.len,
                          YYJSON_READ_NUMBER_AS_RAW);
        assert_non_null(doc);
        yyjson_doc_free(doc);
    }

    free((void *) all.data);
}


static void
expect_all(const row_t *rows, size_t n)
{
    size_t    i;
    ag_str_t  text;

    for (i = 0; i < n; i++) {
        expect(rows[i].text, rows[i].json);

        if (rows[i].json != NULL) {
            text = copy(rows[i].text);
            expect_repaired(text, rows[i].json);
            free((void *) text.data);
        }
    }
}


static void
expect_repaired(ag_str_t text, const char *json)
{
    int       rc;
    ag_buf_t  out;

    ag_buf_init(&out, SIZE_MAX);
    rc = ag_extract_repair(text, &out);

    if (rc != AG_OK || !ag_str_is(ag_buf_str(&out), json)) {
        fail_msg("%d, mended to \"%.*s\", not \"%s\"", rc, (int) out.len,
                 out.data, json);
    }

    ag_buf_free(&out);
}


static void
expect_tag(const char *text, const char *name, const char *inside)
{
    int       rc;
    ag_str_t  all, found;

    all = copy(text);
    rc = ag_extract_tag(all, ag_str(name, strlen(name)), &found);

    if (rc != (inside ? AG_OK : AG_NONE)
        || (inside != NULL && !ag_str_is(found, inside)))
    {
        fail_msg("%d, between <%s> is \"%.*s\", not \"%s\", in: %s", rc, name,
                 rc == AG_OK ? (int) found.len : 0, found.data,
                 inside ? inside : "(none)", text);
    }

    if (rc == AG_OK) {
        assert_true(found.data >= all.data);
        assert_true(found.data + found.len <= all.data + all.len);
    }

    free((void *) all.data);
}


static void
finds_what_is_between_tags(void **state)
{
    (void) state;

    expect_tag("<a>1</a>", "a", "1");
    expect_tag("think <a>\n one two \r\n\t</a> done", "a", "one two");
    expect_tag("<a></a>", "a", "");
    expect_tag("<a> \n </a>", "a", "");
    expect_tag("<answer>42</answer>", "answer", "42");
    expect_tag("<a>1</a> no, <a>2</a>", "a", "2");
    expect_tag("<a>1</a> no, <a>2", "a", "1");
    expect_tag("I write <a>, <a> and <a>: <a>x</a>", "a", "x");
    expect_tag("<a>x</a> ends with </a>", "a", "x</a> ends with");
    expect_tag("<a>{\"x\":\"</a>\"}</a>", "a", "{\"x\":\"</a>\"}");
    expect_tag("<ab>1</ab><a>2</a>", "ab", "1");
    expect_tag("<a><b>1</b></a>", "a", "<b>1</b>");
    expect_tag("<a><b>1</b></a>", "b", "1");
    expect_tag("<a>\xc3\xa9</a>", "a", "\xc3\xa9");
    expect_tag("<>x</>", "", "x");
}


static void
finds_no_tags_that_make_no_pair(void **state)
{
    (void) state;

    expect_tag("", "a", NULL);
    expect_tag("a", "a", NULL);
    expect_tag("<a>", "a", NULL);
    expect_tag("</a>", "a", NULL);
    expect_tag("<a>1", "a", NULL);
    expect_tag("1</a>", "a", NULL);
    expect_tag("</a>1<a>", "a", NULL);
    expect_tag("<a>1</A>", "a", NULL);
    expect_tag("<A>1</A>", "a", NULL);
    expect_tag("<a>1</ a>", "a", NULL);
    expect_tag("<a>1</a", "a", NULL);
    expect_tag("<a x=\"1\">1</a>", "a", NULL);
    expect_tag("<ab>1</ab>", "a", NULL);
    expect_tag("<a>1</b>", "a", NULL);
    expect_tag("&lt;a&gt;1&lt;/a&gt;", "a", NULL);
}


static void
takes_a_text_that_is_json(void **state)
{
    static const row_t  rows[] = {
        { "{}", "{}" },
        { "[]", "[]" },
        { "{\"a\":1}", "{\"a\":1}" },
        { " \r\n\t{ \"a\" : [ 1 , 2 ] }\n\n", "{ \"a\" : [ 1 , 2 ] }" },
        { "{\r\n  \"a\": 1\r\n}\r\n", "{\r\n  \"a\": 1\r\n}" },
        { "42", "42" },
        { "-1.50e+3 ", "-1.50e+3" },
        { "true", "true" },
        { " null", "null" },
        { "\"text\"", "\"text\"" },
        { "\"{\\\"a\\\":1}\"", "\"{\\\"a\\\":1}\"" },
        { "{\"n\":123456789012345678901234567890}",
          "{\"n\":123456789012345678901234567890}" },

        /* what stands in its strings is not searched */

        { "{\"a\":\"" OPEN "1" CLOSE "\"}",
          "{\"a\":\"" OPEN "1" CLOSE "\"}" },
        { "\"" OPEN "[1]" CLOSE "\"", "\"" OPEN "[1]" CLOSE "\"" },
        { "{\"a\":\"" FENCE "json\\n{\\\"b\\\":1}\\n" FENCE "\"}",
          "{\"a\":\"" FENCE "json\\n{\\\"b\\\":1}\\n" FENCE "\"}" },
        { "{\"a\":\"}{][\",\"b\":\"'\"}", "{\"a\":\"}{][\",\"b\":\"'\"}" },
        { "[\"\xe2\x80\x9cquoted\xe2\x80\x9d\"]",
          "[\"\xe2\x80\x9cquoted\xe2\x80\x9d\"]" },
        { "[\"// none\",\"/* none */\",\"# none\"]",
          "[\"// none\",\"/* none */\",\"# none\"]" }
    };

    (void) state;

    expect_all(rows, countof(rows));
}


static void
takes_json_between_the_tags(void **state)
{
    static const row_t  rows[] = {
        { OPEN "{\"a\":1}" CLOSE, "{\"a\":1}" },
        { "First I read it.\n" OPEN "\n{\"a\":1}\n" CLOSE "\nDone.",
          "{\"a\":1}" },
        { OPEN "7" CLOSE, "7" },
        { "Is {\"a\":0} right? No.\n" OPEN "{\"a\":1}" CLOSE, "{\"a\":1}" },
        { FENCE "json\n{\"draft\":1}\n" FENCE "\n" OPEN "[2]" CLOSE,
          "[2]" },
        { OPEN "[1]" CLOSE "\n" FENCE "json\n[2]\n" FENCE, "[1]" },
        { "[0] is " OPEN "[1]" CLOSE, "[1]" },
        { "{'draft':1,}\n" OPEN "[1]" CLOSE, "[1]" },
        { "[0, 1) and " OPEN "[1]" CLOSE, "[1]" },
        { OPEN "[1]" CLOSE " or better " OPEN "[2]" CLOSE, "[2]" },
        { OPEN "{\"a\":\"ends with " CLOSE "\"}" CLOSE,
          "{\"a\":\"ends with " CLOSE "\"}" },
        { OPEN "{\"a\":\"begins with " OPEN "\"}" CLOSE,
          "{\"a\":\"begins with " OPEN "\"}" },
        { "In " OPEN ":\n" OPEN "{\"a\":\"" OPEN OPEN "1" CLOSE "\"}" CLOSE,
          "{\"a\":\"" OPEN OPEN "1" CLOSE "\"}" },
        { OPEN "\n" FENCE "json\n{\"a\":1}\n" FENCE "\n" CLOSE,
          "{\"a\":1}" },
        { FENCE "\n[0]\n" FENCE "\n" OPEN FENCE "\n[1]\n" FENCE "\n" CLOSE,
          "[1]" },

        /* if none was meant to be there, it is elsewhere */

        { OPEN "See above." CLOSE "\n" FENCE "json\n{\"a\":1}\n" FENCE,
          "{\"a\":1}" },
        { "The tags are " OPEN CLOSE ".\n" FENCE "\n[1]\n" FENCE, "[1]" },

        /* if one was, but is not there, what was tried before is not it */

        { FENCE "json\n{\"draft\":1}\n" FENCE "\n" OPEN "{\"a\":1" CLOSE,
          NULL },
        { FENCE "json\n{\"draft\":1}\n" FENCE "\n" OPEN "{\"a\":1,}" CLOSE,
          NULL },
        { OPEN "{\"a\":1}", NULL },
        { "{\"a\":1}" CLOSE, NULL },
        { OPEN "I cannot do that." CLOSE, NULL },
        { OPEN CLOSE, NULL },
        { OPEN "{\"a\":1} {\"b\":2}" CLOSE, NULL },

        /* nor is a piece of a spoilt value */

        { "{\"a\":\"" OPEN "1" CLOSE "\",}", NULL },
        { "[\"" OPEN "1" CLOSE "\",]", NULL },
        { "{\"a\":\"" OPEN "1" CLOSE, NULL }
    };

    (void) state;

    expect_all(rows, countof(rows));
}


static void
takes_the_last_fenced_block_that_is_json(void **state)
{
    static const row_t  rows[] = {
        { FENCE "json\n{\"a\":1}\n" FENCE, "{\"a\":1}" },
        { FENCE "\n{\"a\":1}\n" FENCE, "{\"a\":1}" },
        { FENCE "JSON\n{\"a\":1}\n" FENCE, "{\"a\":1}" },
        { FENCE "jsonc\n{\"a\":1}\n" FENCE, "{\"a\":1}" },
        { FENCE "json5\n{\"a\":1}\n" FENCE, "{\"a\":1}" },
        { FENCE " json \n{\"a\":1}\n" FENCE, "{\"a\":1}" },
        { FENCE "json\r\n{\r\n\"a\":1\r\n}\r\n" FENCE "\r\n",
          "{\r\n\"a\":1\r\n}" },
        { "~~~json\n{\"a\":1}\n~~~", "{\"a\":1}" },
        { "~~~\n{\"a\":1}\n~~~\n", "{\"a\":1}" },
        { "````json\n{\"a\":\"" FENCE "\"}\n````", "{\"a\":\"" FENCE "\"}" },
        { "````\n[1]\n`````", "[1]" },
        { "  " FENCE "json\n  {\"a\":1}\n  " FENCE, "{\"a\":1}" },
        { "1. Here:\n\t" FENCE "json\n\t[1]\n\t" FENCE "\n2. Done.", "[1]" },
        { "Here is the JSON:\n\n" FENCE "json\n{\"a\":1}\n" FENCE
          "\n\nTell me if you need more!", "{\"a\":1}" },
        { FENCE "json\n\n\n[1]\n\n" FENCE, "[1]" },
        { FENCE "json {\"a\":1}\n" FENCE, "{\"a\":1}" },
        { FENCE "{\"a\":1}\n" FENCE, "{\"a\":1}" },
        { FENCE "json\n\"text\"\n" FENCE, "\"text\"" },
        { FENCE "\n42\n" FENCE, "42" },
        { FENCE "json\n[1]\n" FENCE "\nNo:\n" FENCE "json\n[2]\n" FENCE,
          "[2]" },
        { FENCE "json\n[1]\n" FENCE "\nRun:\n" FENCE "\nmake all\n" FENCE,
          "[1]" },
        { FENCE "json\n[1]\n" FENCE "\n" FENCE "python\nx = [2]\n" FENCE,
          "[1]" },
        { FENCE "python\nprint({'a': 1}[0])\n" FENCE "\n"
          FENCE "json\n{\"a\":1}\n" FENCE, "{\"a\":1}" },
        { "A range [0, 1) and {x | x > 1}, a link [here](u), [ ].\n"
          FENCE "json\n{\"a\":1}\n" FENCE, "{\"a\":1}" },
        { "A range [0, 1).\n" FENCE "\n[1]\n" FENCE "\n[ [", "[1]" },
        { "A range [0, 1).\n" FENCE "\n[1]\n" FENCE "\n[", "[1]" },
        { "Not {\"a\":0} but:\n" FENCE "json\n{\"a\":1}\n" FENCE,
          "{\"a\":1}" },
        { FENCE "json\n{\"a\":[1,\n" FENCE "\nAgain:\n" FENCE
          "json\n[1]\n" FENCE, "[1]" },
        { "Use " FENCE "code" FENCE " here.\n" FENCE "\n[1]\n" FENCE, "[1]" },
        { FENCE "code" FENCE " is a word.\n" FENCE "\n[1]\n" FENCE, "[1]" },
        { "``\n[0]\n``\n" FENCE "\n[1]\n" FENCE, "[1]" },
        { "~~~\n" FENCE "\n~~~\n" FENCE "\n[1]\n" FENCE, "[1]" }
    };

    (void) state;

    expect_all(rows, countof(rows));
}


static void
takes_no_block_that_is_not_json_as_it_stands(void **state)
{
    static const row_t  rows[] = {
        { FENCE "json\n{\"a\":1,}\n" FENCE, NULL },
        { FENCE "json\n{\"a\":1\n" FENCE, NULL },
        { FENCE "json\n{\"a\":1}\n", NULL },
        { FENCE "json\n{\"a\":1}\n``", NULL },
        { FENCE "json\n{\"a\":1}\n~~~", NULL },
        { "````json\n{\"a\":1}\n" FENCE, NULL },
        { FENCE "json\n{\"a\":1}" FENCE, NULL },
        { FENCE "json {\"a\":1}" FENCE, NULL },
        { "Here: " FENCE "json\n{\"a\":1}\n" FENCE, NULL },
        { FENCE "json\nHere: {\"a\":1}\n" FENCE, NULL },
        { FENCE "json\n{\"a\":1}\n{\"a\":2}\n" FENCE, NULL },
        { FENCE "python\n{\"a\":1}\n" FENCE, NULL },
        { FENCE "jsonl\n{\"a\":1}\n" FENCE, NULL },
        { FENCE "jso\n{\"a\":1}\n" FENCE, NULL },
        { FENCE "text {\n{\"a\":1}\n" FENCE, NULL },
        { FENCE "\n" FENCE, NULL },
        { FENCE "json\n  \n" FENCE, NULL },
        { FENCE FENCE, NULL },
        { FENCE, NULL },
        { "~~~", NULL },
        { "`", NULL },

        /* these are pieces of strings */

        { "{\"a\":\"\n" FENCE "json\n[1]\n" FENCE "\n\",}", NULL },
        { "{\"a\":\"\n" FENCE "json\n[1]\n" FENCE "\nand", NULL },
        { "So:\n[\"\n" FENCE "\n{\"a\":1}\n" FENCE "\n\"]", NULL },
        { "[\"a\" b\n" FENCE "\n[1]\n" FENCE, NULL },
        { "['a' b\n" FENCE "\n[1]\n" FENCE, NULL },
        { "{ \xe2\x80\x9c" "a\xe2\x80\x9d b\n" FENCE "\n[1]\n" FENCE, NULL },
        { "[{a\n" FENCE "\n[1]\n" FENCE, NULL },
        { "[\n[a\n" FENCE "\n[1]\n" FENCE, NULL },
        { "So [0,\"\n" FENCE "\n{\"a\":1}\n" FENCE "\n\",]", NULL },
        { "{a:\"\n" FENCE "json\n[1]\n" FENCE "\n\" /* { */}", NULL },
        { "{a:\"\n" FENCE "json\n[1]\n" FENCE "\n\",b:\"}", NULL },
        { "{a:\"}\",b:\"\n" FENCE "json\n[1]\n" FENCE "\n\",}", NULL },
        { "{a:\"}" OPEN "1" CLOSE "\",}", NULL },
        { FENCE "\n{'a':[\"" FENCE "\n" FENCE "\n\",\"\n" FENCE
          "json\n[1]\n" FENCE "\n\"],}", NULL },
        { FENCE "json\n{a:[\"\n" FENCE "json\n" FENCE "\n,\"\n" FENCE
          "json\n[1]\n" FENCE "\n\"],}\n" FENCE, NULL }
    };

    (void) state;

    expect_all(rows, countof(rows));
}


static void
takes_nothing_from_prose_and_nothing_spoilt(void **state)
{
    static const row_t  rows[] = {
        { "", NULL },
        { " \r\n\t", NULL },
        { "I'm sorry, but I can't help with that.", NULL },
        { "The answer is 42.", NULL },
        { "Here it is: {\"a\":1}", NULL },
        { "{\"a\":1} is the answer", NULL },
        { "{\"a\":1}\n{\"b\":2}", NULL },
        { "{\"a\":1}{\"a\":1}", NULL },
        { "{\"a\":1,}", NULL },
        { "{'a':1}", NULL },
        { "{a:1}", NULL },
        { "{\"a\":True}", NULL },
        { "[1] // one", NULL },
        { "{\"a\":\"x\ny\"}", NULL },
        { "\xef\xbb\xbf{\"a\":1}", NULL },
        { "{\"a\":1", NULL },
        { "{\"a\":1}}", NULL },
        { "{\"a\":1,\"a\":2}", NULL },
        { "{\\\"a\\\":1}", NULL },
        { "[\"\xff\"]", NULL },
        { "NaN", NULL },
        { "True", NULL },
        { "None", NULL },
        { "<html><body>502 Bad Gateway</body></html>", NULL },
        { "data: {\"a\":1}", NULL }
    };

    (void) state;

    expect_all(rows, countof(rows));
}


/* Our own caps are those of ag_json_scan(). */
static void
takes_nothing_deeper_than_the_cap(void **state)
{
    char    text[2 * AG_JSON_DEPTH_MAX + 3];
    size_t  n;

    (void) state;

    n = AG_JSON_DEPTH_MAX;
    memset(text, '[', n);
    memset(text + n, ']', n);
    text[2 * n] = '\0';
    expect(text, text);

    n = AG_JSON_DEPTH_MAX + 1;
    memset(text, '[', n);
    memset(text + n, ']', n);
    text[2 * n] = '\0';
    expect(text, NULL);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(finds_what_is_between_tags),
        cmocka_unit_test(finds_no_tags_that_make_no_pair),
        cmocka_unit_test(takes_a_text_that_is_json),
        cmocka_unit_test(takes_json_between_the_tags),
        cmocka_unit_test(takes_the_last_fenced_block_that_is_json),
        cmocka_unit_test(takes_no_block_that_is_not_json_as_it_stands),
        cmocka_unit_test(takes_nothing_from_prose_and_nothing_spoilt),
        cmocka_unit_test(takes_nothing_deeper_than_the_cap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
