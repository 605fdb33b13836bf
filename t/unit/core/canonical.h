/*
 * Copyright (C) ngx_agent authors
 *
 * What tests of the canonical form expect.  Texts are read from memory of
 * their own size, so that a byte read past their end is noticed.
 */


#ifndef _CANONICAL_H_INCLUDED_
#define _CANONICAL_H_INCLUDED_


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_canon.h"


typedef struct {
    const char  *text;
    const char  *form;
} canonical_t;


static inline int
canonical_bytes(ag_buf_t *out, const void *data, size_t len)
{
    int    rc;
    char  *copy;

    copy = malloc(len + 1);
    assert_non_null(copy);
    memcpy(copy + 1, data, len);

    rc = ag_canon(out, ag_str(copy + 1, len), NULL, 0);

    free(copy);

    return rc;
}


static inline void
expect_form(const char *text, const char *form)
{
    ag_buf_t  out;

    ag_buf_init(&out, AG_REQUEST_MAX);

    assert_int_equal(canonical_bytes(&out, text, strlen(text)), AG_OK);
    assert_int_equal(ag_buf_add(&out, "", 1), AG_OK);
    assert_string_equal(out.data, form);

    ag_buf_free(&out);
}


static inline void
expect_forms(const canonical_t *cases, size_t count)
{
    size_t  i;

    for (i = 0; i < count; i++) {
        expect_form(cases[i].text, cases[i].form);
        expect_form(cases[i].form, cases[i].form);
    }
}


static inline void
expect_refused(const char *text, int expected)
{
    int       rc;
    ag_buf_t  out;

    ag_buf_init(&out, AG_REQUEST_MAX);
    assert_int_equal(ag_buf_add_string(&out, "before"), AG_OK);

    rc = canonical_bytes(&out, text, strlen(text));

    if (rc != expected) {
        fail_msg("%s: %d, not %d", text, rc, expected);
    }

    assert_true(ag_str_is(ag_buf_str(&out), "before"));

    ag_buf_free(&out);
}


#endif /* _CANONICAL_H_INCLUDED_ */
