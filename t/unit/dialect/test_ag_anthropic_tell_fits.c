/*
 * Copyright (C) ngx_agent authors
 *
 * Which schemas fit: that none, however it is made, takes long to judge, and
 * that what several take together is counted.
 */


#include "dialect/anthropic_tell_test.h"
#include "dialect/ag_anthropic_tell_parts.h"


static unsigned fits(const char *text, ag_anthropic_schemas_t *taken);
static unsigned fits_alone(const char *text);
static unsigned fits_repeated(const char *head, const char *piece, int count,
    const char *tail);


static unsigned
fits(const char *text, ag_anthropic_schemas_t *taken)
{
    unsigned     is;
    yyjson_doc  *doc;

    doc = ag_json_tree_large(ag_str(text, strlen(text)), GOLDEN_BODY_MAX,
                             NULL);
    assert_non_null(doc);

    is = ag_anthropic_tell_fits(yyjson_doc_get_root(doc), taken);
    yyjson_doc_free(doc);

    return is;
}


static unsigned
fits_alone(const char *text)
{
    ag_anthropic_schemas_t  taken;

    memset(&taken, 0, sizeof(taken));

    return fits(text, &taken);
}


static void
test_schemas_of_any_type(void **state)
{
    (void) state;

    assert_true(fits_alone("{}"));
    assert_true(fits_alone("{\"items\":true}"));
    assert_true(fits_alone("{\"type\":7}"));
    assert_true(fits_alone("{\"items\":[{\"type\":\"string\"}]}"));
    assert_true(fits_alone("{\"anyOf\":[]}"));

    assert_false(fits_alone("[]"));
    assert_false(fits_alone("true"));
    assert_false(fits_alone("\"object\""));
    assert_false(fits_alone("{\"items\":7}"));
    assert_false(fits_alone("{\"anyOf\":[7]}"));
    assert_false(fits_alone("{\"$ref\":7}"));
    assert_false(fits_alone("{\"$ref\":\"#/$defs/\",\"$defs\":{\"\":{}}}"));
    assert_false(fits_alone("{\"type\":\"object\",\"properties\":[]}"));
    assert_false(fits_alone("{\"type\":[\"null\",\"object\"]}"));
    assert_false(fits_alone("{\"properties\":{\"a\":\"b\"}}"));
}


static void
test_what_several_take_is_counted(void **state)
{
    int                      i;
    ag_anthropic_schemas_t   taken;

    static const char  optional[] = "{\"type\":\"object\",\"properties\":"
                                    "{\"a\":{},\"b\":{\"type\":"
                                    "[\"string\",\"null\"]},\"c\":{}},"
                                    "\"required\":[\"c\",\"x\"]}";

    (void) state;

    memset(&taken, 0, sizeof(taken));

    for (i = 1; i <= 12; i++) {
        assert_true(fits(optional, &taken));
        assert_int_equal(taken.optional, 2 * i);
        assert_int_equal(taken.unions, i);
    }

    assert_false(fits(optional, &taken));
    assert_int_equal(taken.optional, 24);
    assert_int_equal(taken.unions, 12);

    assert_true(fits("{\"type\":[\"string\",\"null\"]}", &taken));
    assert_true(fits("{\"type\":[\"string\"]}", &taken));
    assert_int_equal(taken.unions, 13);
}


/* Each definition refers twice to the next: 2^100 ways. */
static void
test_definitions_are_walked_once(void **state)
{
    int    i, len;
    char   schema[16384];

    (void) state;

    len = snprintf(schema, sizeof(schema), "{\"$ref\":\"#/$defs/d0\","
                   "\"$defs\":{\"d100\":{\"type\":\"string\"}");

    for (i = 0; i < 100; i++) {
        len += snprintf(schema + len, sizeof(schema) - (size_t) len,
                        ",\"d%d\":{\"allOf\":[{\"$ref\":\"#/$defs/d%d\"},"
                        "{\"$ref\":\"#/$defs/d%d\"}]}", i, i + 1, i + 1);
    }

    snprintf(schema + len, sizeof(schema) - (size_t) len, "}}");

    /* fits or not: it is deep, and comes back at once */

    assert_false(fits_alone(schema));

    len = snprintf(schema, sizeof(schema), "{\"$ref\":\"#/$defs/d0\","
                   "\"$defs\":{\"d20\":{\"type\":\"string\"}");

    for (i = 0; i < 20; i++) {
        len += snprintf(schema + len, sizeof(schema) - (size_t) len,
                        ",\"d%d\":{\"allOf\":[{\"$ref\":\"#/$defs/d%d\"},"
                        "{\"$ref\":\"#/$defs/d%d\"}]}", i, i + 1, i + 1);
    }

    snprintf(schema + len, sizeof(schema) - (size_t) len, "}}");
    assert_true(fits_alone(schema));
}


static void
test_a_definition_that_does_not_fit_never_does(void **state)
{
    (void) state;

    assert_false(fits_alone("{\"anyOf\":[{\"$ref\":\"#/$defs/m\"}],"
                            "\"$defs\":{\"m\":{\"type\":\"object\"}}}"));

    assert_false(fits_alone("{\"$ref\":\"#/$defs/m\","
                            "\"$defs\":{\"m\":{\"$ref\":\"#/$defs/m\"}}}"));
}


/* So many names, of which none is there, are not compared with all. */
static void
test_large_schemas_do_not_fit(void **state)
{
    int      i;
    char    *schema, *at, *end;
    size_t   size;

    (void) state;

    size = 32 * 1000 * 1000;
    schema = malloc(size);
    end = schema + size;

    at = schema + snprintf(schema, size, "{\"type\":\"object\","
                           "\"properties\":{\"a\":{}");

    for (i = 0; i < 200000; i++) {
        at += snprintf(at, (size_t) (end - at), ",\"p%d\":{}", i);
    }

    at += snprintf(at, (size_t) (end - at), "},\"required\":[\"a\"");

    for (i = 0; i < 200000; i++) {
        at += snprintf(at, (size_t) (end - at), ",\"q%d\"", i);
    }

    snprintf(at, (size_t) (end - at), "]}");

    assert_false(fits_alone(schema));
    free(schema);
}


/* "head", so many pieces with commas between them, "tail". */
static unsigned
fits_repeated(const char *head, const char *piece, int count,
    const char *tail)
{
    int        i;
    char      *schema, *at;
    unsigned   is;

    schema = malloc(strlen(head) + strlen(tail)
                    + (size_t) count * (strlen(piece) + 1) + 1);
    at = schema + sprintf(schema, "%s", head);

    for (i = 0; i < count; i++) {
        at += sprintf(at, "%s%s", i ? "," : "", piece);
    }

    strcpy(at, tail);
    is = fits_alone(schema);
    free(schema);

    return is;
}


static void
test_the_most_nodes_that_fit(void **state)
{
    (void) state;

    assert_true(fits_repeated("{\"anyOf\":[", "{}", 1999, "]}"));
    assert_false(fits_repeated("{\"anyOf\":[", "{}", 2000, "]}"));

    assert_true(fits_repeated("{\"properties\":{\"a\":{}},\"required\":[",
                              "\"a\"", 1998, "]}"));
    assert_false(fits_repeated("{\"properties\":{\"a\":{}},\"required\":[",
                               "\"a\"", 2000, "]}"));
}


static void
test_every_place_of_a_schema_is_looked_at(void **state)
{
    (void) state;

    assert_false(fits_alone("{\"oneOf\":[{\"type\":\"object\"}]}"));
    assert_false(fits_alone("{\"anyOf\":[{\"type\":\"object\"}]}"));
    assert_false(fits_alone("{\"allOf\":[{\"type\":\"object\"}]}"));
    assert_false(fits_alone("{\"items\":{\"type\":\"object\"}}"));
    assert_false(fits_alone("{\"items\":[{},{\"type\":\"object\"}]}"));
    assert_false(fits_alone("{\"properties\":{\"a\":"
                            "{\"type\":\"object\"}}}"));
}


static void
test_many_definitions_do_not_fit(void **state)
{
    int   i, len, count;
    char  schema[8192];

    (void) state;

    for (count = 128; count <= 129; count++) {
        len = snprintf(schema, sizeof(schema), "{\"type\":\"string\","
                       "\"$defs\":{");

        for (i = 0; i < count; i++) {
            len += snprintf(schema + len, sizeof(schema) - (size_t) len,
                            "%s\"d%d\":{}", i ? "," : "", i);
        }

        snprintf(schema + len, sizeof(schema) - (size_t) len, "}}");
        assert_int_equal(fits_alone(schema), count == 128);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_schemas_of_any_type),
        cmocka_unit_test(test_what_several_take_is_counted),
        cmocka_unit_test(test_definitions_are_walked_once),
        cmocka_unit_test(test_a_definition_that_does_not_fit_never_does),
        cmocka_unit_test(test_large_schemas_do_not_fit),
        cmocka_unit_test(test_the_most_nodes_that_fit),
        cmocka_unit_test(test_every_place_of_a_schema_is_looked_at),
        cmocka_unit_test(test_many_definitions_do_not_fit)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
