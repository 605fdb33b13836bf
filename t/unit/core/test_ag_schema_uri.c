/*
 * Copyright (C) ngx_agent authors
 *
 * References against their base: the examples of RFC 3986, 5.4, without the
 * fragments, and what schemas use besides.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_schema_parts.h"


static ag_str_t
str(const char *text)
{
    return ag_str(text, strlen(text));
}


static void
resolve(const char *base, const char *reference, const char *expected)
{
    ag_buf_t  out;

    ag_buf_init(&out, AG_PATH_MAX);

    assert_int_equal(ag_schema_uri_resolve(str(base), str(reference), &out),
                     AG_OK);

    if (!ag_str_equal(ag_buf_str(&out), str(expected))) {
        fail_msg("%s at %s is %.*s, not %s", reference, base, (int) out.len,
                 out.data, expected);
    }

    ag_buf_free(&out);
}


static void
resolves_the_examples_of_the_standard(void **state)
{
    size_t             i;
    static const char  base[] = "http://a/b/c/d;p?q";
    static const char  *examples[][2] = {
        { "g:h", "g:h" }, { "g", "http://a/b/c/g" },
        { "./g", "http://a/b/c/g" }, { "g/", "http://a/b/c/g/" },
        { "/g", "http://a/g" }, { "//g", "http://g" },
        { "?y", "http://a/b/c/d;p?y" }, { "g?y", "http://a/b/c/g?y" },
        { "#s", "http://a/b/c/d;p?q" }, { "g#s", "http://a/b/c/g" },
        { "g?y#s", "http://a/b/c/g?y" }, { ";x", "http://a/b/c/;x" },
        { "g;x", "http://a/b/c/g;x" }, { "g;x?y#s", "http://a/b/c/g;x?y" },
        { "", "http://a/b/c/d;p?q" }, { ".", "http://a/b/c/" },
        { "./", "http://a/b/c/" }, { "..", "http://a/b/" },
        { "../", "http://a/b/" }, { "../g", "http://a/b/g" },
        { "../..", "http://a/" }, { "../../", "http://a/" },
        { "../../g", "http://a/g" }, { "../../../g", "http://a/g" },
        { "../../../../g", "http://a/g" }, { "/./g", "http://a/g" },
        { "/../g", "http://a/g" }, { "g.", "http://a/b/c/g." },
        { ".g", "http://a/b/c/.g" }, { "g..", "http://a/b/c/g.." },
        { "..g", "http://a/b/c/..g" }, { "./../g", "http://a/b/g" },
        { "./g/.", "http://a/b/c/g/" }, { "g/./h", "http://a/b/c/g/h" },
        { "g/../h", "http://a/b/c/h" },
        { "g;x=1/./y", "http://a/b/c/g;x=1/y" },
        { "g;x=1/../y", "http://a/b/c/y" },
        { "g?y/./x", "http://a/b/c/g?y/./x" },
        { "g?y/../x", "http://a/b/c/g?y/../x" },
        { "g#s/../x", "http://a/b/c/g" }, { "http:g", "http:g" },
    };

    (void) state;

    for (i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        resolve(base, examples[i][0], examples[i][1]);
    }
}


static void
resolves_what_schemas_use_besides(void **state)
{
    (void) state;

    resolve("", "", "");
    resolve("", "#/x", "");
    resolve("", "item.json", "item.json");
    resolve("", "a/../b", "b");
    resolve("", "../b", "b");
    resolve("item.json", "other.json", "other.json");
    resolve("a/b", "c", "a/c");
    resolve("http://a", "b", "http://a/b");
    resolve("http://a?q", "b", "http://a/b");
    resolve("urn:uuid:1-2", "#x", "urn:uuid:1-2");
    resolve("urn:uuid:1-2", "urn:uuid:3", "urn:uuid:3");
    resolve("urn:example:a?+r?=q", "", "urn:example:a?+r?=q");
    resolve("http://a/b#x", "c", "http://a/c");
    resolve("file:///c:/a/b", "d", "file:///c:/a/d");
    resolve("http://a/b", "1:2", "http://a/1:2");
    resolve("http://a/b", ":x", "http://a/:x");
    resolve("http://a/b", "x_y:z", "http://a/x_y:z");
    resolve("http://a/b", "x/y:z", "http://a/x/y:z");
    resolve("http://a/b", "//", "http://");
    resolve("http://a/b", "about:x", "about:x");
    resolve("http://a/b", "Zz:x", "Zz:x");
    resolve("http://a/b", "x+y-1.z:w", "x+y-1.z:w");
}


static void
refuses_what_is_too_long(void **state)
{
    char      text[AG_PATH_MAX + 1];
    ag_buf_t  out;

    (void) state;

    memset(text, 'a', sizeof(text));
    ag_buf_init(&out, AG_PATH_MAX);

    assert_int_equal(ag_schema_uri_resolve(str(""),
                                           ag_str(text, AG_PATH_MAX), &out),
                     AG_OK);
    ag_buf_free(&out);

    assert_int_equal(ag_schema_uri_resolve(str(""),
                                           ag_str(text, AG_PATH_MAX + 1),
                                           &out), AG_LIMIT);
    ag_buf_free(&out);

    assert_int_equal(ag_schema_uri_resolve(str("http://a/b/"),
                                           ag_str(text, AG_PATH_MAX), &out),
                     AG_LIMIT);
    ag_buf_free(&out);
}


static void
finds_fragments(void **state)
{
    (void) state;

    assert_true(ag_str_is(ag_schema_uri_fragment(str("a#b#c")), "b#c"));
    assert_true(ag_str_is(ag_schema_uri_fragment(str("#")), ""));
    assert_true(ag_str_is(ag_schema_uri_fragment(str("a")), ""));
    assert_true(ag_str_is(ag_schema_uri_fragment(ag_str(NULL, 0)), ""));
}


static void
decodes_percent(void **state)
{
    size_t             i;
    ag_buf_t           out;
    static const char  *wrong[] = { "%", "a%2", "%2g", "%g2", "%%20" };

    (void) state;

    ag_buf_init(&out, AG_PATH_MAX);
    assert_int_equal(ag_schema_uri_decode(str("/a%25b%7Ec%7e%C3%a9%20+"),
                                          &out),
                     AG_OK);
    assert_true(ag_str_is(ag_buf_str(&out), "/a%b~c~\xc3\xa9 +"));
    ag_buf_free(&out);

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(ag_schema_uri_decode(str(wrong[i]), &out),
                         AG_INVALID);
        ag_buf_free(&out);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(resolves_the_examples_of_the_standard),
        cmocka_unit_test(resolves_what_schemas_use_besides),
        cmocka_unit_test(refuses_what_is_too_long),
        cmocka_unit_test(finds_fragments),
        cmocka_unit_test(decodes_percent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
