/*
 * Copyright (C) ngx_agent authors
 *
 * Spoilt texts that must not become JSON: what is missing would be guessed,
 * or what is meant.  And that no text takes long.
 */


#include <time.h>

#include "core/repaired.h"


#define LARGE  (256 * 1024)


static void refuse_all(const char **texts, size_t n);
static void expect_quick(const char *first, const char *again,
    const char *last);


static void
refuse_all(const char **texts, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        refuse(str(texts[i]), AG_INVALID);
    }
}


static void
refuses_a_text_without_a_value(void **state)
{
    static const char  *texts[] = {
        "", " ", "\n\r\n\t", MARK, MARK " ",
        "I'm sorry, but I can't assist with that request.",
        "The answer is 42.", "42 apples", "True", "None", "undefined",
        "'text'", "\xe2\x80\x9ctext\xe2\x80\x9d", "\"a\nb\"", "1,",
        "<html><body><h1>502 Bad Gateway</h1></body></html>",
        "name: Ann\nage: 30\n", "- a\n- b\n", "a,b\n1,2\n",
        "\"a\": 1, \"b\": 2", "\"items\": [1, 2, 3]", "'a': {\"b\": 1}",
        FENCE "\n" FENCE, FENCE "json\nnothing\n" FENCE,
        OPEN CLOSE, OPEN "Sorry." CLOSE, OPEN "\n" CLOSE,
        OPEN "Sorry." CLOSE " But {\"a\":1}?",
        "{\\\"a\\\": 1}", "{{\"a\": 1}}", "(1, 2)", "set()",
        "[see above]", "{name, age}", "{\"a\", \"b\"}"
    };

    (void) state;

    refuse_all(texts, countof(texts));
}


static void
refuses_a_text_that_was_cut_off(void **state)
{
    static const char  *texts[] = {
        "{", "[", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":1",
        "{\"a\":1,", "[{\"a\":1},{\"b\":2}", "[{\"a\":1}, {\"b\":",
        "{\"a\":[1,2,3],\"b\":\"it was",
        "{\"a\":{\"b\":1},\"code\":\"if (x) { y(); }",
        "{\"a\":\"x}", "{'a': 'x}", "{\"a\":1 /* more }",
        "{\"a\":1 // }", "{\"a\":1} {\"b\":", "{\"a\":1}\n[",
        "[\"]\", {\"a\":1}, tru", "[\"]\", {\"a\":1}, oops",
        "Here:\n" FENCE "json\n{\"a\":[{\"b\":1},",
        FENCE "json\n{\"a\":[{\"b\":1},\n" FENCE,
        FENCE "json\n{\"a\":1}\n" FENCE "\nBetter:\n" FENCE "json\n{\"a\":",
        FENCE "json\n{\"a\":1}\n" FENCE "\nBetter:\n" OPEN "{\"a\":" CLOSE,
        "{\"a\":1}\n" OPEN "{\"a\":[1,2" CLOSE,
        "{\"a\":\"see " OPEN "1" CLOSE,
        "{\"a\":\"see\n" FENCE "json\n[1]\n" FENCE "\nand",
        "{\"a\":1, ... }", "{\"a\":[1, 2, ...]}", "[{\"a\":1}, ...]",
        "[{\"a\":1}, // ... 8 more\n]", "[1, /* ... */ 9]",
        "[1, # \xe2\x80\xa6\n]", "{\"a\":1, \xe2\x80\xa6}"
    };

    (void) state;

    refuse_all(texts, countof(texts));
}


static void
refuses_two_values(void **state)
{
    static const char  *texts[] = {
        "{\"a\":1}{\"a\":2}", "{\"a\":1}\n{\"b\":2}\n", "[1] [2]",
        "Either {\"a\":1} or {\"a\":2}.", "{\"a\":1}, {\"a\":2}",
        "Not {\"a\":0} but {\"a\":1}", "As shown in [1]: {\"a\":2}",
        "{\"answer\":\"yes\"} because of [1, 2]",
        "{\"a\":1} and {\"a\":1,}", "[] or {}",
        "- [ ] check\n{\"a\":1}",
        FENCE "json\n{\"a\":1,}\n" FENCE "\n" FENCE "json\n{\"b\":2,}\n"
        FENCE,
        FENCE "json\n{\"a\":1}\n" FENCE "\n" FENCE "json\n{\"b\":2,}\n"
        FENCE,
        FENCE "json\n{\"a\":1}\n{\"b\":2}\n" FENCE,
        FENCE "jsonl\n{\"a\":1}\n{\"b\":2}\n" FENCE,
        "A: " FENCE "json\n{\"a\":1}\n" FENCE "\nB: " FENCE
        "json\n{\"b\":2}\n" FENCE,
        "Sure: " FENCE "json\n{\"a\":1}\n" FENCE "\nNote [1].",
        OPEN "{\"a\":1} {\"a\":2}" CLOSE,

        /* the part is too large to be a quote */

        "[[1]] [1]",
        "[\"first\",\"second\"] in {\"a\":[\"first\",\"second\"]}"
    };

    (void) state;

    refuse_all(texts, countof(texts));
}


static void
refuses_a_value_that_cannot_be_mended(void **state)
{
    static const char  *texts[] = {
        "{\"a\":1}}", "[1]]", "{\"a\":1]", "}{\"a\":1}", "]",
        "{\"a\":1 \"b\":2}", "{\"a\" 1}", "{\"a\":1;\"b\":2}", "[1;2]",
        "[1 2]", "{\"a\"=1}", "{\"a\":}", "{:1}", "{,}", "[,]", "[1,,2]",
        "{\"a\":1,,}", "{\"a\":\"say \"hi\" now\"}", "{'a':'it's'}",
        "{\"a\":'x\"}", "{\"a\":undefined}", "{\"a\":NaN}",
        "{\"a\":TRUE}", "{\"a\":yes}", "{\"a\":01}", "{\"a\":.5}",
        "{\"a\":+1}", "{\"a\":1.}", "{\"a\":0x1F}", "{\"a\":1_000}",
        "{\"a\":2024-01-02}", "{\"a\":\"\\x41\"}", "{\"a\":\"\\d+\"}",
        "{\"a\":\"\\ud800\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\x01\"}",
        "{\"a\":\"\xff\"}", "{\"a\":\"\xc3\"}", "{\"a\":1,\"a\":2}",
        "{\"a\":\"one\" + \"two\"}", "{\"a\":`x`}", "{\"a\":\"x\\\ny\"}",
        "{\"a\":(1,2)}", "{\"a\":{1,2}}", "[1,2,3] + 4]",
        "{\"a\":oops,\"b\":[1,2,3]}", "{\"b\":[1,2,3],\"a\":oops}",
        "{\"a\":oops,\"b\":[]} Note: b is []",
        "{\xe2\x80\x9c" "a\": 1}", "{\"a\xe2\x80\x9d: 1}",
        "[Note: it is {\"a\":1}]", "[x] [1]", "So {\"a\" [1]",
        "A range [0, 1) and {\"a\":1}", "Smile :] {\"a\":1}",
        FENCE "json\n[x] [1]\n" FENCE,
        FENCE "json\n{\"a\":1,}\n]\n" FENCE,
        "So {\"a\" b\n" FENCE "json\n[1,]\n" FENCE
    };

    (void) state;

    refuse_all(texts, countof(texts));
}


static void
refuses_code(void **state)
{
    static const char  *texts[] = {
        "x = {\"a\": 1}", "x={\"a\":1}", "const x = [1, 2, 3];",
        "print({\"a\": 1})", "foo([1,2])", "json.loads(\"[1]\")[0]",
        "int a[3];", "a[0]", "z[0]", "A[0]", "Z[0]",
        "a0[0]", "a9[0]", "function f() { return 1; }",
        "for (i in x) { go(); }", "p { color: red; }",
        "struct s { int a; };", "$x[1]", "items_[2]",
        FENCE "python\nx = {\"a\": 1}\n" FENCE,
        FENCE "python\n{\"a\": 1}\n" FENCE,
        FENCE "javascript\nconst x = {a: 1};\n" FENCE,
        FENCE "sh\necho '{\"a\":1}'\n" FENCE,
        FENCE "python\nx = {\"a\": 1}",
        FENCE "c\nint a[] = {1, 2};\n" FENCE "\nThat is all."
    };

    (void) state;

    refuse_all(texts, countof(texts));
}


/* Every piece of a spoilt value that lacks its end stays invalid. */
static void
refuses_a_value_cut_at_any_byte(void **state)
{
    size_t              i, n;
    ag_str_t            text;
    static const char  *texts[] = {
        "{'a': [1, {'b': None,},], \"c\": \"x\ny }]\", /* d */ e: True, }",
        "[{\"id\": 1, \"t\": \"[]{}\"}, {\"id\": 2, \"t\": \"'\"}, ]",
        "{\"md\": \"\n" FENCE "json\n{\\\"a\\\": 1}\n" FENCE "\n\", }",
        "{\"a\": \"" OPEN "[1]" CLOSE "\", \xe2\x80\x98z\xe2\x80\x99: 0, }",
        FENCE "json\n{\"a\": {\"b\": [\"c\", \"d\"]}, # e\n}",
        "{a: '\n" FENCE "json\n[1]\n" FENCE "\n}', \xe2\x80\x9c" "b]"
        "\xe2\x80\x9d: [], // {\n c: \"}\", }",
        "So [0, '\n" FENCE "\n{}\n" FENCE "\n]', \xe2\x80\x9c\xe2\x80\x9d, ]",
        "Well, {\"items\": [{\"a\": [1]}, {\"b\": [2]}], 'ok': True}"
    };

    (void) state;

    for (i = 0; i < countof(texts); i++) {
        text = str(texts[i]);

        for (n = 0; n < text.len; n++) {
            refuse(ag_str(text.data, n), AG_INVALID);
        }
    }
}


static void
stops_at_the_caps(void **state)
{
    char      text[8 * AG_EXTRACT_TRIES_MAX + 80 * AG_JSON_MEMBERS_MAX];
    size_t    i, n;
    ag_buf_t  out;

    (void) state;

    /* levels */

    n = AG_JSON_DEPTH_MAX + 1;
    memset(text, '[', n);
    memset(text + n, ']', n);
    refuse(ag_str(text, 2 * n), AG_LIMIT);
    refuse(ag_str(text, n), AG_LIMIT);
    text[2 * n - 1] = '\0';
    expect(str(text + 1), text + 1);

    /* members */

    n = (size_t) snprintf(text, sizeof(text), "{");

    for (i = 0; i <= AG_JSON_MEMBERS_MAX; i++) {
        n += (size_t) snprintf(text + n, sizeof(text) - n, "'%d':1,",
                               (int) i);
    }

    text[n++] = '}';
    refuse(ag_str(text, n), AG_LIMIT);

    /* values */

    for (n = 0, i = 0; i <= AG_EXTRACT_TRIES_MAX; i++) {
        n += (size_t) snprintf(text + n, sizeof(text) - n, "[1]\n");
    }

    expect(ag_str(text, n - 4), "[1]");
    refuse(ag_str(text, n), AG_LIMIT);

    /* bytes */

    for (n = 8; n < 10; n++) {
        ag_buf_init(&out, n);
        assert_int_equal(ag_buf_add_string(&out, "ab"), AG_OK);
        assert_int_equal(ag_extract_repair(str("['1',2,]"), &out),
                         n == 8 ? AG_LIMIT : AG_OK);
        assert_true(ag_str_is(ag_buf_str(&out),
                              n == 8 ? "ab" : "ab[\"1\",2]"));
        ag_buf_free(&out);
    }
}


/* One pass is a few milliseconds; a square of it would be many minutes. */
static void
expect_quick(const char *first, const char *again, const char *last)
{
    int       rc;
    size_t    n, len;
    clock_t   start;
    ag_str_t  span;
    ag_buf_t  text, out;

    ag_buf_init(&text, SIZE_MAX);
    assert_int_equal(ag_buf_add_string(&text, first), AG_OK);
    len = strlen(again);

    for (n = 0; n < LARGE; n += len) {
        assert_int_equal(ag_buf_add(&text, again, len), AG_OK);
    }

    assert_int_equal(ag_buf_add_string(&text, last), AG_OK);

    start = clock();

    ag_buf_init(&out, SIZE_MAX);
    rc = ag_extract_repair(ag_buf_str(&text), &out);
    (void) ag_extract_json(ag_buf_str(&text), &span);
    (void) ag_extract_tag(ag_buf_str(&text), str("final_output"), &span);

    if (clock() - start > 2 * CLOCKS_PER_SEC) {
        fail_msg("%d after %d ms: %s", rc,
                 (int) ((clock() - start) / (CLOCKS_PER_SEC / 1000)), again);
    }

    ag_buf_free(&text);
    ag_buf_free(&out);
}


static void
takes_a_time_that_grows_with_the_text(void **state)
{
    size_t              i;
    static const char  *texts[] = {
        "{", "[", "}", "]", "[,", "{\"", "[\"", "{'", "['", "[x", "[x]",
        "[1]", "[{", "{a:", "{\"a\":", "\"", "'", "\xe2\x80\x9c", "`",
        FENCE, FENCE "\n", FENCE "json\n", FENCE "json\n[", "~~~\n", "\\",
        "/*", "[/*", "[/* ", "[//", "[//\n", "[#", " #", "[ #\n", "/",
        "/**/", OPEN, CLOSE, OPEN CLOSE, OPEN "[", OPEN "\"", OPEN "[\"",
        CLOSE OPEN, "<", "\n", " ", "\t[", "1,", "a", "a[", "=[", ":", "\":",
        "[']", "[\"]", "[/*]", "[1] ", "[] {} ", "\xef\xbb\xbf", "\xff", ""
        "," , "...", "// ...\n"
    };

    (void) state;

    for (i = 0; i < countof(texts); i++) {
        expect_quick("", texts[i], "");
        expect_quick("[", texts[i], "]");
        expect_quick("{\"a\":[1],'b':\"", texts[i], "\"}");
        expect_quick("{\"a\":\"x\" ", texts[i], "*/,}");
        expect_quick(FENCE "json\n", texts[i], "\n" FENCE "\n");
        expect_quick(OPEN, texts[i], CLOSE);
        expect_quick("[1] [2] [3] [1,2,3,", texts[i], "1]");
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(refuses_a_text_without_a_value),
        cmocka_unit_test(refuses_a_text_that_was_cut_off),
        cmocka_unit_test(refuses_two_values),
        cmocka_unit_test(refuses_a_value_that_cannot_be_mended),
        cmocka_unit_test(refuses_code),
        cmocka_unit_test(refuses_a_value_cut_at_any_byte),
        cmocka_unit_test(stops_at_the_caps),
        cmocka_unit_test(takes_a_time_that_grows_with_the_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
