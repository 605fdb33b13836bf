/*
 * Copyright (C) ngx_agent authors
 *
 * JSON as spans of its text: the right bytes, and never one outside of it.
 */


#include "validate_test.h"


/* The values of an array, or the members of an object, with commas between. */
static void
walked(const char *value, const char *expected)
{
    char                words[512];
    size_t              at;
    ag_str_t            json, key, one;
    ag_validate_walk_t  walk;

    json = quoted(value);
    at = 0;
    words[0] = '\0';

    ag_validate_json_walk(&walk, json);

    while (ag_validate_json_next(&walk, &key, &one)) {
        at += (size_t) snprintf(words + at, sizeof(words) - at, "%s%.*s%s%.*s",
                                at > 0 ? "," : "", (int) key.len,
                                (char *) key.data, key.len > 0 ? "=" : "",
                                (int) one.len, (char *) one.data);
    }

    released(json);
    json = quoted(expected);
    assert_int_equal(strlen(words), json.len);
    assert_memory_equal(words, json.data, json.len);
    released(json);
}


static void
values_of_an_array_are_found(void **state)
{
    (void) state;

    walked("[]", "");
    walked(" [ ] ", "");
    walked("[1]", "1");
    walked(" [ 1 , -2.5e3,true ,null, 'a' ]", "1,-2.5e3,true,null,'a'");
    walked("[[1,[2]],{'a':[3,{}]},[]]", "[1,[2]],{'a':[3,{}]},[]");
    walked("['a,b]','\\\\','\\'',',']", "'a,b]','\\\\','\\'',','");
    walked("['\\\\\\'x',1]", "'\\\\\\'x',1");
    walked("['aaaaaaaaaaaaaa\\\\',1]", "'aaaaaaaaaaaaaa\\\\',1");
    walked("['aaaaaaaaaaaaaaa\\',',1]", "'aaaaaaaaaaaaaaa\\',',1");
    walked("['aaaaaaaaaaaaaaaaaaaa\\\\',1]",
           "'aaaaaaaaaaaaaaaaaaaa\\\\',1");
    walked("['aaaaaaaaaaaaaaaaaaaa\\\\\\',',1]",
           "'aaaaaaaaaaaaaaaaaaaa\\\\\\',',1");
}


static void
members_of_an_object_are_found(void **state)
{
    (void) state;

    walked("{}", "");
    walked("{'a':1}", "'a'=1");
    walked("{ 'a' : { 'b' : '}' } , 'c'\n:\t[ ']' ] }",
           "'a'={ 'b' : '}' },'c'=[ ']' ]");
    walked("{'':'','a\\'b':0}", "''='','a\\'b'=0");
}


static void
what_is_no_array_or_object_has_no_values(void **state)
{
    (void) state;

    walked("", "");
    walked("1", "");
    walked("'[1]'", "");
    walked("null", "");
    walked("   ", "");
}


static void
a_member_is_found_by_its_name(void **state)
{
    ag_str_t  json;

    (void) state;

    json = quoted("{'ab':0,'a':{'b':1},'b':2,'\\u0063':3,'d\\n':4}");

    assert_text(ag_validate_json_member(json, "a"), "{\"b\":1}");
    assert_text(ag_validate_json_member(json, "b"), "2");
    assert_text(ag_validate_json_member(json, "c"), "3");
    assert_text(ag_validate_json_member(json, "d\n"), "4");
    assert_null(ag_validate_json_member(json, "d").data);
    assert_null(ag_validate_json_member(json, "").data);
    assert_null(ag_validate_json_member(ag_str(NULL, 0), "a").data);

    released(json);
}


static void
the_last_of_two_members_counts(void **state)
{
    ag_str_t  json;

    (void) state;

    json = quoted("{'a':1,'b':2,'\\u0061':3}");
    assert_text(ag_validate_json_member(json, "a"), "3");
    released(json);
}


static void
several_members_are_found_at_once(void **state)
{
    ag_str_t  json, values[3];

    static const char *const  names[] = { "c", "a", "x", NULL };

    (void) state;

    json = quoted("{'a':'1','b':2,'c':[3]}");
    ag_validate_json_members(json, names, values);

    assert_text(values[0], "[3]");
    assert_text(values[1], "\"1\"");
    assert_null(values[2].data);

    released(json);
}


static void
types_are_told_by_the_value(void **state)
{
    (void) state;

    assert_true(ag_validate_json_is_string(text("\"\"")));
    assert_false(ag_validate_json_is_string(text("\"")));
    assert_false(ag_validate_json_is_string(text("1")));
    assert_false(ag_validate_json_is_string(ag_str(NULL, 0)));

    assert_true(ag_validate_json_is_object(text("{}")));
    assert_false(ag_validate_json_is_object(text("[]")));
    assert_false(ag_validate_json_is_object(text("null")));

    assert_true(ag_validate_json_is_filled(text("\"a\"")));
    assert_true(ag_validate_json_is_filled(text("[0]")));
    assert_true(ag_validate_json_is_filled(text("{\"a\":0}")));
    assert_false(ag_validate_json_is_filled(text("\"\"")));
    assert_false(ag_validate_json_is_filled(text("[ ]")));
    assert_false(ag_validate_json_is_filled(text("{ }")));
    assert_false(ag_validate_json_is_filled(text("null")));
    assert_false(ag_validate_json_is_filled(text("true")));
}


static void
strings_are_compared_decoded(void **state)
{
    char               longer[80];
    static const char  letter_u[] = "\"\\u0061\\u0062\"";

    (void) state;

    assert_true(ag_validate_json_is(text("\"ab\""), "ab"));
    assert_true(ag_validate_json_is(text(letter_u), "ab"));
    assert_false(ag_validate_json_is(text("\"abc\""), "ab"));
    assert_false(ag_validate_json_is(text("\"a\""), "ab"));
    assert_false(ag_validate_json_is(text("ab"), "ab"));
    assert_false(ag_validate_json_is(text("xabx"), "ab"));
    assert_false(ag_validate_json_is(text("\"\\x\""), "x"));
    assert_false(ag_validate_json_is(text("\"\\u00\""), ""));

    memset(longer, 'a', sizeof(longer));
    longer[0] = longer[sizeof(longer) - 1] = '"';
    longer[1] = '\\';
    longer[2] = 'n';
    assert_false(ag_validate_json_is(ag_str(longer, sizeof(longer)), "a"));
}


static void
an_index_is_a_whole_number(void **state)
{
    (void) state;

    assert_int_equal(ag_validate_json_index(text("0"), 7), 0);
    assert_int_equal(ag_validate_json_index(text("12"), 7), 12);
    assert_int_equal(ag_validate_json_index(text("-1"), 7), 7);
    assert_int_equal(ag_validate_json_index(text("1.0"), 7), 7);
    assert_int_equal(ag_validate_json_index(text("\"1\""), 7), 7);
    assert_int_equal(ag_validate_json_index(text("null"), 7), 7);
    assert_int_equal(ag_validate_json_index(ag_str(NULL, 0), 7), 7);
}


static void
what_a_string_says_is_added(void **state)
{
    ag_buf_t  out;

    (void) state;

    ag_buf_init(&out, 64);

    assert_int_equal(ag_validate_json_add(&out, text("\"a\"")), AG_OK);
    assert_int_equal(ag_validate_json_add(&out, text("\"\"")), AG_OK);
    assert_int_equal(ag_validate_json_add(&out, text("\"\\n\\u00e4\"")),
                     AG_OK);
    assert_int_equal(ag_validate_json_add(&out, text("12")), AG_OK);
    assert_int_equal(ag_validate_json_add(&out, text("null")), AG_OK);
    assert_int_equal(ag_validate_json_add(&out, text("\"\\u12\"")), AG_OK);
    assert_int_equal(ag_validate_json_add(&out, text("\"\\\"")), AG_OK);
    assert_text(ag_buf_str(&out), "a\n\xc3\xa4");

    ag_buf_free(&out);

    ag_buf_init(&out, 5);
    assert_int_equal(ag_validate_json_add(&out, text("\"ab\\nc\"")), AG_OK);
    assert_text(ag_buf_str(&out), "ab\nc");
    ag_buf_free(&out);

    ag_buf_init(&out, 2);
    assert_int_equal(ag_validate_json_add(&out, text("\"abc\"")), AG_LIMIT);
    assert_int_equal(ag_validate_json_add(&out, text("\"a\\nc\"")), AG_LIMIT);
    ag_buf_free(&out);
}


/* Walks through all that is there, and reads every string. */
static void
walked_through(ag_str_t value, unsigned depth)
{
    ag_buf_t            out;
    ag_str_t            key, one;
    ag_validate_walk_t  walk;

    ag_buf_init(&out, 4096);
    (void) ag_validate_json_add(&out, value);
    (void) ag_validate_json_is(value, "x");
    (void) ag_validate_json_index(value, 0);
    ag_buf_free(&out);

    ag_validate_json_walk(&walk, value);

    while (depth < 8 && ag_validate_json_next(&walk, &key, &one)) {
        assert_true(one.data >= value.data
                    && one.data + one.len <= value.data + value.len);
        walked_through(key, depth + 1);
        walked_through(one, depth + 1);
    }
}


static void
broken_json_is_never_left(void **state)
{
    char               *copy;
    size_t              i, len;
    uint32_t            chance;
    static const char   some[] =
        " { \"a\\u00e4\" : [ \"\\ud83d\\ude00\\\\\", {\"b\":[[1],-2]}, null ]"
        " , \"c\" : {\"d\":\"\\\"\"} } ";
    static const char   letters[] = "{}[]\",:\\u0a ";

    (void) state;

    for (len = 0; len <= strlen(some); len++) {
        copy = malloc(len + 1);
        assert_non_null(copy);
        memcpy(copy + 1, some, len);

        /* every end, and then every start */

        walked_through(ag_str(copy + 1, len), 0);
        memcpy(copy + 1, some + strlen(some) - len, len);
        walked_through(ag_str(copy + 1, len), 0);
        free(copy);
    }

    chance = 1;

    for (i = 0; i < 20000; i++) {
        len = i % 40;
        copy = malloc(len + 1);
        assert_non_null(copy);

        while (len > 0) {
            chance = chance * 1103515245 + 12345;
            copy[len--] = letters[(chance >> 16) % (sizeof(letters) - 1)];
        }

        walked_through(ag_str(copy + 1, i % 40), 0);
        free(copy);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(values_of_an_array_are_found),
        cmocka_unit_test(members_of_an_object_are_found),
        cmocka_unit_test(what_is_no_array_or_object_has_no_values),
        cmocka_unit_test(a_member_is_found_by_its_name),
        cmocka_unit_test(the_last_of_two_members_counts),
        cmocka_unit_test(several_members_are_found_at_once),
        cmocka_unit_test(types_are_told_by_the_value),
        cmocka_unit_test(strings_are_compared_decoded),
        cmocka_unit_test(an_index_is_a_whole_number),
        cmocka_unit_test(what_a_string_says_is_added),
        cmocka_unit_test(broken_json_is_never_left)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
