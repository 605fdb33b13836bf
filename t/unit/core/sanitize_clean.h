/*
 * Copyright (C) ngx_agent authors
 *
 * What the tests of the sanitizer share.
 */


#ifndef _SANITIZE_CLEAN_H_INCLUDED_
#define _SANITIZE_CLEAN_H_INCLUDED_


#include "core/ag_sanitize.h"


#define COUNT(table)  (sizeof(table) / sizeof((table)[0]))


/* Inline, since not every test needs them all. */
static inline ag_str_t str(const char *text);
static inline unsigned holds(ag_str_t text, ag_str_t piece);
static inline void clean(ag_buf_t *out, ag_str_t text,
    ag_sanitize_mode_t mode);
static inline void stays(const char *text);
static inline void expect(const char *text, const char *expected);
static inline void expect_as(ag_sanitize_mode_t mode, const char *text,
    const char *expected);


static inline ag_str_t
str(const char *text)
{
    return ag_str(text, strlen(text));
}


static inline unsigned
holds(ag_str_t text, ag_str_t piece)
{
    size_t  i;

    for (i = 0; i + piece.len <= text.len; i++) {
        if (memcmp(text.data + i, piece.data, piece.len) == 0) {
            return 1;
        }
    }

    return 0;
}


/*
 * Sanitizes a copy of the exact size.  What came out must be UTF-8, not too
 * long, and stay as it is the second time.
 */
static inline void
clean(ag_buf_t *out, ag_str_t text, ag_sanitize_mode_t mode)
{
    size_t      i, n, characters;
    unsigned    changed, again;
    ag_buf_t    twice;
    ag_char_t  *copy;

    copy = malloc(text.len);
    memcpy(copy, text.data, text.len);

    ag_buf_init(out, SIZE_MAX);
    ag_buf_init(&twice, SIZE_MAX);

    assert_int_equal(ag_sanitize(out, ag_str(copy, text.len), mode, &changed),
                     AG_OK);
    assert_int_equal(changed, !ag_str_equal(ag_buf_str(out), text));

    characters = 0;

    for (i = 0; i < out->len; i += n) {
        n = ag_utf8_length(out->data + i, out->data + out->len);
        assert_true(n > 0);
        characters++;
    }

    assert_true(mode != AG_SANITIZE_MESSAGE || characters <= AG_SANITIZE_MAX);

    assert_int_equal(ag_sanitize(&twice, ag_buf_str(out), mode, &again),
                     AG_OK);

    if (again || !ag_str_equal(ag_buf_str(&twice), ag_buf_str(out))) {
        fail_msg("\"%.*s\" becomes \"%.*s\"", (int) out->len, out->data,
                 (int) twice.len, twice.data);
    }

    ag_buf_free(&twice);
    free(copy);
}


static inline void
stays(const char *text)
{
    expect(text, text);
}


static inline void
expect(const char *text, const char *expected)
{
    expect_as(AG_SANITIZE_MESSAGE, text, expected);
    expect_as(AG_SANITIZE_VALUE, text, expected);
}


static inline void
expect_as(ag_sanitize_mode_t mode, const char *text, const char *expected)
{
    ag_buf_t  out;

    clean(&out, str(text), mode);

    if (!ag_str_equal(ag_buf_str(&out), str(expected))) {
        fail_msg("\"%s\" became \"%.*s\", not \"%s\"", text, (int) out.len,
                 out.data, expected);
    }

    ag_buf_free(&out);
}


#endif /* _SANITIZE_CLEAN_H_INCLUDED_ */
