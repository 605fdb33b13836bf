/*
 * Copyright (C) ngx_agent authors
 *
 * Spoilt texts as models write them, and exactly which JSON they become.
 */


#include "core/repaired.h"


static void expect_all(const row_t *rows, size_t n);


static void
expect_all(const row_t *rows, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        expect(str(rows[i].text), rows[i].json);
    }
}


static void
leaves_json_as_it_is(void **state)
{
    static const row_t  rows[] = {
        { "{}", "{}" },
        { " {\"a\":1}\r\n", "{\"a\":1}" },
        { "{ \"a\" :\n1.0e+2 }", "{ \"a\" :\n1.0e+2 }" },
        { "42", "42" },
        { "null", "null" },
        { "\"text\"", "\"text\"" },
        { "[\"'a',\",\"// b\",\"True\",\"{c:1,}\"]",
          "[\"'a',\",\"// b\",\"True\",\"{c:1,}\"]" },
        { "{\"a\":\"" OPEN "1" CLOSE "\"}",
          "{\"a\":\"" OPEN "1" CLOSE "\"}" },
        { "{\"md\":\"" FENCE "json\\n[1,]\\n" FENCE "\"}",
          "{\"md\":\"" FENCE "json\\n[1,]\\n" FENCE "\"}" },
        { FENCE "json\n{ \"a\": 1 }\n" FENCE, "{ \"a\": 1 }" },
        { OPEN " {\"a\" : 1} " CLOSE, "{\"a\" : 1}" },
        { FENCE "json\n[1]\n" FENCE "\nNo:\n" FENCE "json\n[2]\n" FENCE,
          "[2]" },
        { MARK "{\"a\":1}", "{\"a\":1}" },
        { MARK " 42 ", "42" },
        { MARK FENCE "json\n{\"a\":1}\n" FENCE, "{\"a\":1}" }
    };

    (void) state;

    expect_all(rows, countof(rows));
}


static void
takes_the_prose_away(void **state)
{
    static const row_t  rows[] = {
        { "Sure! Here is the JSON you asked for: {\"a\":1}", "{\"a\":1}" },
        { "{\"a\":1}\n\nLet me know if you need anything else!",
          "{\"a\":1}" },
        { "Result:\n\n[\n  1,\n  2\n]\n\nDone.", "[\n  1,\n  2\n]" },
        { "json\n{\"a\":1}", "{\"a\":1}" },
        { "JSON: {\"a\":[{\"b\":[]}]}.", "{\"a\":[{\"b\":[]}]}" },
        { "<json>{\"a\":1}</json>", "{\"a\":1}" },
        { "<think>Easy.</think>\n{\"a\":1}", "{\"a\":1}" },
        { "**{\"a\":1}**", "{\"a\":1}" },
        { "`{\"a\":1}`", "{\"a\":1}" },
        { "'{\"a\":1}'", "{\"a\":1}" },
        { "\xe7\xad\x94\xe6\xa1\x88{\"a\":1}\xe3\x80\x82", "{\"a\":1}" },
        { "It's what you'd expect: {\"a\":\"it's\"} - isn't it?",
          "{\"a\":\"it's\"}" },
        { "assistant\n\n{\"a\":\"}]{[\"}", "{\"a\":\"}]{[\"}" },
        { "data: {\"a\":1}\n\ndata: [DONE]", "{\"a\":1}" },
        { "{\"a\":1},", "{\"a\":1}" },
        { "{\"a\":1};", "{\"a\":1}" },
        { "The set {x, y} and [the link](u) with items[0]: {\"items\":[0,1]}",
          "{\"items\":[0,1]}" },
        { "[INFO] started\n[INFO] {done}\n{\"status\":\"done\"}",
          "{\"status\":\"done\"}" },
        { "Fill in {\"name\": ..., \"age\": ...}: {\"name\":\"A. Person\","
          "\"age\":30}", "{\"name\":\"A. Person\",\"age\":30}" },
        { "It is {name: string}, so {\"name\":\"Ann Example\"}",
          "{\"name\":\"Ann Example\"}" },
        { "Mind `items[0]`, `b[]` and x[1][0]: {\"b\":[0],\"c\":true}",
          "{\"b\":[0],\"c\":true}" },
        { "{a: {b, c}, d: [e]} is how {\"a\":{\"b\":1},\"d\":[2,3]} looks",
          "{\"a\":{\"b\":1},\"d\":[2,3]}" },
        { ":{\"a\":1}", "{\"a\":1}" },
        { "42 is {\"a\":42} and \"b\" is null", "{\"a\":42}" }
    };

    (void) state;

    expect_all(rows, countof(rows));
}


static void
opens_fences_of_any_kind(void **state)
{
    static const row_t  rows[] = {
        { FENCE "json\n{\"a\":1}", "{\"a\":1}" },
        { FENCE "json\n{\"a\":1}\n", "{\"a\":1}" },
        { FENCE "json\n{\"a\":1}\n``", "{\"a\":1}" },
        { FENCE "\n{\"a\":1}", "{\"a\":1}" },
        { FENCE "json{\"a\":1}" FENCE, "{\"a\":1}" },
        { FENCE "json {\"a\":1} " FENCE, "{\"a\":1}" },
        { FENCE "{\"a\":1}" FENCE, "{\"a\":1}" },
        { FENCE "json\n{\"a\":1}" FENCE, "{\"a\":1}" },
        { "{\"a\":1}\n" FENCE, "{\"a\":1}" },
        { "~~~json\n{\"a\":1,}\n~~~", "{\"a\":1}" },
        { "Sure: " FENCE "json\n{\"a\":1}\n" FENCE "\nThat is all.",
          "{\"a\":1}" },
        { FENCE "json\nHere it is: {\"a\":1}\n" FENCE, "{\"a\":1}" },
        { FENCE "json title=\"a.json\"\n{\"a\":1}\n" FENCE, "{\"a\":1}" },
        { FENCE "json\r\n{\r\n\"a\":1,\r\n}\r\n" FENCE "\r\n",
          "{\r\n\"a\":1\r\n}" },
        { OPEN "\n" FENCE "json\n{'a':1,}\n" FENCE "\n" CLOSE, "{\"a\":1}" },
        { OPEN "{\"a\":1}", "{\"a\":1}" },
        { "{\"a\":1}" CLOSE, "{\"a\":1}" },
        { OPEN CLOSE " holds {\"a\":1,}", "{\"a\":1}" },
        { OPEN "Here: {\"a\":1}" CLOSE, "{\"a\":1}" },

        /* fenced comes before prose */

        { "Not [0], not {\"b\":2}.\n" FENCE "json\n{\"a\":1,}\n" FENCE
          "\nNor [3].", "{\"a\":1}" },
        { "A range [0, 1) or (0, 1].\n" FENCE "json\n{\"a\":1,}\n" FENCE,
          "{\"a\":1}" },
        { "A range [0, 1).\n" FENCE "json\n{\"a\":1,}\n" FENCE,
          "{\"a\":1}" },
        { "Example: [1].\n" FENCE "json\n{\"a\":1,}", "{\"a\":1}" },
        { FENCE "\n[ -f x ]\n" FENCE "\nprints {\"a\":\"as it should\",}",
          "{\"a\":\"as it should\"}" },

        /* a block of code is none of ours */

        { FENCE "python\nx = [1, 2][0] }\n" FENCE "\nprints {\"a\":1,}",
          "{\"a\":1}" },

        { FENCE "sh\nls\n" FENCE "\n" FENCE "sh\n[1,2]\n" FENCE
          "\nprints {\"a\":1,}", "{\"a\":1}" },

        /* a fence in a string closes nothing */

        { FENCE "json\n{\n\"md\": \"So:\n" FENCE "sh\nls\n" FENCE
          "\nOk\",\n}\n" FENCE,
          "{\n\"md\": \"So:\\n" FENCE "sh\\nls\\n" FENCE "\\nOk\"\n}" },
        { "{\"md\":\"\n" FENCE "json\n[1]\n" FENCE "\n\",}",
          "{\"md\":\"\\n" FENCE "json\\n[1]\\n" FENCE "\\n\"}" },
        { "So {\"md\":\"\n" FENCE "\n[1]\n" FENCE "\n\"} it is",
          "{\"md\":\"\\n" FENCE "\\n[1]\\n" FENCE "\\n\"}" },

        /* nor does a tag in a string */

        { "{\"a\":\"" OPEN "1" CLOSE "\",}",
          "{\"a\":\"" OPEN "1" CLOSE "\"}" },

        /* the second is not JSON as it stands, but says the same */

        { FENCE "json\n{\"a\":1}\n" FENCE "\n" FENCE "json\nSo: {\"a\": 1}\n"
          FENCE, "{\"a\": 1}" }
    };

    (void) state;

    expect_all(rows, countof(rows));
}


static void
mends_what_is_in_the_brackets(void **state)
{
    static const row_t  rows[] = {
        { "{\"a\":1,}", "{\"a\":1}" },
        { "[1,2,\n]", "[1,2\n]" },
        { "{\"a\":[1,],\"b\":{\"c\":2,},}", "{\"a\":[1],\"b\":{\"c\":2}}" },
        { "{\n  // the id\n  \"id\": 7\n}", "{\n  \n  \"id\": 7\n}" },
        { "{\"id\": 7 /* fixed */}", "{\"id\": 7 }" },
        { "{'id': 7, # fixed\n 'on': True}", "{\"id\": 7, \n \"on\": true}" },
        { "{'name': 'O\\'Neil', 'tags': ['a', 'b']}",
          "{\"name\": \"O'Neil\", \"tags\": [\"a\", \"b\"]}" },
        { "{'quote': 'He said \"no\".'}",
          "{\"quote\": \"He said \\\"no\\\".\"}" },
        { "{\xe2\x80\x9cname\xe2\x80\x9d: \xe2\x80\x9c" "Ann\xe2\x80\x9d}",
          "{\"name\": \"Ann\"}" },
        { "{\xe2\x80\x98name\xe2\x80\x99: \"it\xe2\x80\x99s\"}",
          "{\"name\": \"it\xe2\x80\x99s\"}" },
        { "{name: \"Ann\", age: 30}", "{\"name\": \"Ann\", \"age\": 30}" },
        { "{\"a\": None, \"b\": [True, False]}",
          "{\"a\": null, \"b\": [true, false]}" },
        { "{\"text\": \"one\ntwo\r\nthree\"}",
          "{\"text\": \"one\\ntwo\\r\\nthree\"}" },
        { "{\"code\": \"if:\n\tgo()\"}", "{\"code\": \"if:\\n\\tgo()\"}" },
        { MARK "{\"a\":1,}", "{\"a\":1}" },
        { "I'd say: {'is_spam': False, 'why': None,}\nOk?",
          "{\"is_spam\": false, \"why\": null}" },
        { "{\"url\": \"https://example.com/#a\", // home\n}",
          "{\"url\": \"https://example.com/#a\" \n}" },
        { "[{'a': 1}, {'a': 2},]", "[{\"a\": 1}, {\"a\": 2}]" },
        { "{\"n\": 12345678901234567890123, }",
          "{\"n\": 12345678901234567890123 }" },
        { "{ }", "{ }" },
        { "[ // none\n]", "[ \n]" },
        { "{\"\xc3\xa9\": '\xe6\x97\xa5\xe6\x9c\xac',}",
          "{\"\xc3\xa9\": \"\xe6\x97\xa5\xe6\x9c\xac\"}" }
    };

    (void) state;

    expect_all(rows, countof(rows));
}


static void
forgives_values_that_say_the_same(void **state)
{
    static const row_t  rows[] = {
        { "{\"a\":1}{\"a\":1}", "{\"a\":1}" },
        { "{\"a\":1}\nor, pretty:\n{\n  \"a\": 1\n}", "{\n  \"a\": 1\n}" },
        { "{\"tags\": [ \"x\" , \"y\" ], \"n\": []}\nI chose "
          "[\"x\",\"y\"]; n is [].",
          "{\"tags\": [ \"x\" , \"y\" ], \"n\": []}" },
        { "The part {\"b\":2} of {\"a\":{\"b\":2},\"c\":3}",
          "{\"a\":{\"b\":2},\"c\":3}" },
        { FENCE "\n[1,]\n" FENCE "\n" FENCE "\n[1, ]\n" FENCE, "[1 ]" },
        { "[1 ,2] [1, 2]", "[1 ,2]" },
        { "[[1],0] [1]", "[[1],0]" }
    };

    (void) state;

    expect_all(rows, countof(rows));
}


static void
forgives_only_few_and_short_quotes(void **state)
{
    char    text[2000];
    int     i, n;
    char    json[400];

    (void) state;

    n = snprintf(json, sizeof(json), "{\"a\":[[0],[1],[2],[3],[4],[5],[6],"
                                     "[7],[8]],\"b\":[\"%060d\"],\"c\":"
                                     "\"%060d\"}", 0, 0);
    assert_true(n < (int) sizeof(json));

    n = snprintf(text, sizeof(text), "%s", json);

    for (i = 0; i < 8; i++) {
        n += snprintf(text + n, sizeof(text) - (size_t) n, " [%d]", i);
    }

    expect(str(text), json);
    (void) snprintf(text + n, sizeof(text) - (size_t) n, " [8]");
    refuse(str(text), AG_INVALID);

    (void) snprintf(text, sizeof(text), "%s [ \"%060d\" ]", json, 0);
    expect(str(text), json);

    n = snprintf(json, sizeof(json), "{\"a\":0,\"b\":[\"%061d\"],\"c\":"
                                     "\"%060d\"}", 0, 0);
    (void) snprintf(text, sizeof(text), "%s [\"%061d\"]", json, 0);
    refuse(str(text), AG_INVALID);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(leaves_json_as_it_is),
        cmocka_unit_test(takes_the_prose_away),
        cmocka_unit_test(opens_fences_of_any_kind),
        cmocka_unit_test(mends_what_is_in_the_brackets),
        cmocka_unit_test(forgives_values_that_say_the_same),
        cmocka_unit_test(forgives_only_few_and_short_quotes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
