/*
 * Copyright (C) ngx_agent authors
 *
 * ag_message with any bytes: what is said is no longer than the body, and has
 * no control characters but line feeds; without a message, or without room
 * for it, the buffer stays as it was.
 *
 * Every input is also the message of an error in each shape in which one
 * comes: the same is said of all.
 */


#include <assert.h>
#include <stdlib.h>

#include "dialect/ag_message.h"


#define FUZZ_MAX     (64 * 1024)    /* bytes of a message */
#define FUZZ_SHAPES  (sizeof(fuzz_shapes) / sizeof(fuzz_shapes[0]))


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void fuzz_shapes_agree(ag_str_t text);
static void fuzz_is_said(ag_str_t said, ag_str_t text);
static int fuzz_read(ag_str_t text, ag_buf_t *out);
static void fuzz_narrow(ag_str_t body, size_t len);
static void fuzz_check(ag_str_t said);


static const char *const  fuzz_shapes[][2] = {
    { "{\"error\":{\"message\":\"", "\",\"type\":\"x\"}}" },
    { "{\"type\":\"error\",\"error\":{\"type\":\"x\",\"message\":\"", "\"}}" },
    { "[{\"error\":{\"code\":400,\"message\":\"", "\"}}]" },
    { "{\"object\":\"error\",\"message\":\"", "\",\"code\":400}" },
    { "{\"error\":\"", "\"}" },
    { "{\"detail\":\"", "\"}" }
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ag_buf_t  out;

    if (size > FUZZ_MAX) {
        return 0;
    }

    (void) fuzz_read(ag_str(data, size), &out);
    ag_buf_free(&out);

    fuzz_shapes_agree(ag_str(data, size));

    return 0;
}


static void
fuzz_shapes_agree(ag_str_t text)
{
    int       rc;
    size_t    i;
    ag_buf_t  body, first, out;

    for (i = 0; i < FUZZ_SHAPES; i++) {
        ag_buf_init(&body, SIZE_MAX);
        assert(ag_buf_add_string(&body, fuzz_shapes[i][0]) == AG_OK);
        assert(ag_buf_add_json(&body, text) == AG_OK);
        assert(ag_buf_add_string(&body, fuzz_shapes[i][1]) == AG_OK);

        rc = fuzz_read(ag_buf_str(&body), &out);
        assert(rc == ((text.len > 0) ? AG_OK : AG_NONE));
        ag_buf_free(&body);

        if (i == 0) {
            first = out;
            fuzz_is_said(ag_buf_str(&first), text);
            continue;
        }

        assert(ag_str_equal(ag_buf_str(&first), ag_buf_str(&out)));
        ag_buf_free(&out);
    }

    ag_buf_free(&first);
}


/* Every character of the text, unless it is a control character or none. */
static void
fuzz_is_said(ag_str_t said, ag_str_t text)
{
    size_t     i;
    ag_char_t  c;

    for (i = 0; i < text.len && text.data[i] < 0x80; i++) {
        c = text.data[i];
        c = ((c < 0x20 && c != '\n') || c == 0x7f) ? ' ' : c;

        assert(i < said.len && said.data[i] == c);
    }

    assert(i < text.len || said.len == text.len);
}


/* Reads into a buffer that holds something, which must stay. */
static int
fuzz_read(ag_str_t text, ag_buf_t *out)
{
    int         rc;
    ag_str_t    body;
    ag_char_t  *copy;

    /* a block of its own: reading past its end is seen */

    copy = malloc(text.len + (text.len == 0));
    assert(copy != NULL);
    memcpy(copy, text.data, text.len);
    body = ag_str(copy, text.len);

    ag_buf_init(out, SIZE_MAX);
    assert(ag_buf_add_string(out, "\x1b\t\x7f") == AG_OK);

    rc = ag_message_read(body, out);

    assert(rc == AG_OK || rc == AG_NONE);
    assert(out->len >= 3 && memcmp(out->data, "\x1b\t\x7f", 3) == 0);
    ag_buf_shift(out, 3);

    assert((rc == AG_OK) == (out->len > 0));
    assert(out->len <= body.len);
    fuzz_check(ag_buf_str(out));

    if (rc == AG_OK) {
        fuzz_narrow(body, out->len);
    }

    free(copy);

    return rc;
}


/* The same with a buffer that ends a byte too early. */
static void
fuzz_narrow(ag_str_t body, size_t len)
{
    ag_buf_t  out;

    ag_buf_init(&out, len - 1);
    assert(ag_message_read(body, &out) == AG_LIMIT);
    assert(out.len == 0);
    ag_buf_free(&out);
}


static void
fuzz_check(ag_str_t said)
{
    size_t  i;

    for (i = 0; i < said.len; i++) {
        assert((said.data[i] >= 0x20 || said.data[i] == '\n')
               && said.data[i] != 0x7f);
    }
}
