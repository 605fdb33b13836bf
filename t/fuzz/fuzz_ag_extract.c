/*
 * Copyright (C) ngx_agent authors
 *
 * ag_extract with any bytes: what is found is a piece of the text, what is
 * found or mended is one JSON value for ag_json_scan() and for yyjson, JSON
 * stays as it is, and nothing is written that the text does not say.
 *
 * A text that is JSON is also cut short and put into prose: a piece of it is
 * never taken for whole, and the prose goes away again.  Short texts are
 * repeated up to 64 KB: none may take long.
 *
 * The first byte of the input chooses where to cut, and one text in eight to
 * repeat; the rest is the text.
 */


#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "core/ag_extract.h"
#include "core/ag_json.h"


#define FUZZ_SHORT  12              /* bytes that are repeated */
#define FUZZ_LONG   (64 * 1024)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void fuzz_tag(ag_str_t text);
static void fuzz_find(ag_str_t text);
static void fuzz_repair(ag_str_t text);
static void fuzz_whole(ag_str_t text, unsigned where);
static void fuzz_cut(ag_str_t text, unsigned where);
static void fuzz_wrapped(ag_str_t text);
static void fuzz_long(ag_str_t text);
static int fuzz_run(ag_str_t text, ag_buf_t *out);
static void fuzz_is_json(ag_str_t text);
static void fuzz_is_said(ag_str_t json, ag_str_t text);
static unsigned fuzz_lies_in(ag_str_t part, ag_str_t text);
static unsigned fuzz_has_tag(ag_str_t text);
static ag_str_t fuzz_trim(ag_str_t text);
static int fuzz_scan(ag_str_t text);


static const ag_str_t  fuzz_name = ag_string("final_output");


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ag_str_t    text;
    ag_char_t  *copy;

    if (size == 0) {
        return 0;
    }

    /* a block of its own: reading past its end is seen */

    copy = malloc(size - 1 + (size == 1));
    assert(copy != NULL);
    memcpy(copy, data + 1, size - 1);
    text = ag_str(copy, size - 1);

    fuzz_tag(text);
    fuzz_find(text);
    fuzz_repair(text);
    fuzz_whole(fuzz_trim(text), data[0]);

    if (text.len > 0 && text.len <= FUZZ_SHORT && data[0] % 8 == 0) {
        fuzz_long(text);
    }

    free(copy);

    return 0;
}


static void
fuzz_tag(ag_str_t text)
{
    ag_str_t  inside, trimmed;

    if (ag_extract_tag(text, fuzz_name, &inside) != AG_OK) {
        return;
    }

    assert(fuzz_lies_in(inside, text));

    trimmed = fuzz_trim(inside);
    assert(trimmed.data == inside.data && trimmed.len == inside.len);

    assert(inside.data >= text.data + fuzz_name.len + 2);
    assert(inside.data + inside.len + fuzz_name.len + 3
           <= text.data + text.len);
}


static void
fuzz_find(ag_str_t text)
{
    ag_str_t  json;

    if (ag_extract_json(text, &json) != AG_OK) {
        assert(fuzz_scan(text) != AG_OK);
        return;
    }

    assert(fuzz_lies_in(json, text));
    fuzz_is_json(json);
}


static void
fuzz_repair(ag_str_t text)
{
    int       rc;
    ag_buf_t  out, again;

    rc = fuzz_run(text, &out);

    if (rc == AG_OK) {
        fuzz_is_json(ag_buf_str(&out));
        fuzz_is_said(ag_buf_str(&out), text);

        assert(fuzz_run(ag_buf_str(&out), &again) == AG_OK);
        assert(ag_str_equal(ag_buf_str(&out), ag_buf_str(&again)));
        ag_buf_free(&again);
    }

    ag_buf_free(&out);
}


/* JSON without white space around it. */
static void
fuzz_whole(ag_str_t text, unsigned where)
{
    ag_str_t  json;
    ag_buf_t  out;

    if (text.len == 0 || fuzz_scan(text) != AG_OK) {
        return;
    }

    assert(ag_extract_json(text, &json) == AG_OK);
    assert(json.data == text.data && json.len == text.len);

    assert(fuzz_run(text, &out) == AG_OK);
    assert(ag_str_equal(ag_buf_str(&out), text));
    ag_buf_free(&out);

    if (text.data[0] == '{' || text.data[0] == '[') {
        fuzz_cut(text, where);
        fuzz_wrapped(text);
    }
}


static void
fuzz_cut(ag_str_t text, unsigned where)
{
    ag_buf_t  out;

    text.len = text.len * where / 256;

    if (!fuzz_has_tag(text)) {
        assert(fuzz_run(text, &out) == AG_INVALID);
        ag_buf_free(&out);
    }
}


static void
fuzz_wrapped(ag_str_t text)
{
    ag_buf_t  wrapped, out;

    if (fuzz_has_tag(text)) {
        return;
    }

    ag_buf_init(&wrapped, SIZE_MAX);
    assert(ag_buf_add_string(&wrapped, "It's JSON: ") == AG_OK);
    assert(ag_buf_add(&wrapped, text.data, text.len) == AG_OK);
    assert(ag_buf_add_string(&wrapped, "\n```\n...isn't it?") == AG_OK);

    assert(fuzz_run(ag_buf_str(&wrapped), &out) == AG_OK);
    assert(ag_str_equal(ag_buf_str(&out), text));

    ag_buf_free(&wrapped);
    ag_buf_free(&out);
}


/* One pass takes a millisecond, a square of it would take minutes. */
static void
fuzz_long(ag_str_t text)
{
    clock_t   start;
    ag_str_t  span;
    ag_buf_t  repeated, out;

    ag_buf_init(&repeated, SIZE_MAX);

    while (repeated.len < FUZZ_LONG) {
        assert(ag_buf_add(&repeated, text.data, text.len) == AG_OK);
    }

    start = clock();

    (void) ag_extract_tag(ag_buf_str(&repeated), fuzz_name, &span);
    (void) ag_extract_json(ag_buf_str(&repeated), &span);

    ag_buf_init(&out, SIZE_MAX);
    (void) ag_extract_repair(ag_buf_str(&repeated), &out);

    assert(clock() - start < CLOCKS_PER_SEC);

    ag_buf_free(&repeated);
    ag_buf_free(&out);
}


/* Mends into a buffer that holds something, which must stay. */
static int
fuzz_run(ag_str_t text, ag_buf_t *out)
{
    int  rc;

    ag_buf_init(out, SIZE_MAX);
    assert(ag_buf_add_string(out, "before") == AG_OK);

    rc = ag_extract_repair(text, out);

    assert(rc == AG_OK || rc == AG_INVALID || rc == AG_LIMIT);
    assert(out->len >= 6 && memcmp(out->data, "before", 6) == 0);
    assert((rc == AG_OK) == (out->len > 6));
    ag_buf_shift(out, 6);

    return rc;
}


static void
fuzz_is_json(ag_str_t text)
{
    ag_str_t     trimmed;
    yyjson_doc  *doc;

    trimmed = fuzz_trim(text);
    assert(text.len > 0 && trimmed.len == text.len);
    assert(fuzz_scan(text) == AG_OK);

    doc = yyjson_read((const char *) text.data, text.len,
                      YYJSON_READ_NUMBER_AS_RAW);
    assert(doc != NULL);
    yyjson_doc_free(doc);
}


/*
 * Every byte of the JSON stands in the text, in that order, but for those
 * that mending may write: quotes, backslashes, "n", "r" and "t" behind them,
 * and the words of JSON.
 */
static void
fuzz_is_said(ag_str_t json, ag_str_t text)
{
    size_t  i, at;

    at = 0;

    for (i = 0; i < json.len; i++) {

        if (strchr("\"\\nrtful", json.data[i]) != NULL) {
            continue;
        }

        while (at < text.len && text.data[at] != json.data[i]) {
            at++;
        }

        /* the last letters of "true" and "false" are those of the text */

        assert(at < text.len);
        at++;
    }
}


static unsigned
fuzz_lies_in(ag_str_t part, ag_str_t text)
{
    return part.data >= text.data && part.len <= text.len
           && (size_t) (part.data - text.data) <= text.len - part.len;
}


static unsigned
fuzz_has_tag(ag_str_t text)
{
    ag_str_t  inside;

    return ag_extract_tag(text, fuzz_name, &inside) == AG_OK;
}


static ag_str_t
fuzz_trim(ag_str_t text)
{
    while (text.len > 0 && memchr(" \t\r\n", text.data[0], 4) != NULL) {
        text.data++;
        text.len--;
    }

    while (text.len > 0
           && memchr(" \t\r\n", text.data[text.len - 1], 4) != NULL)
    {
        text.len--;
    }

    return text;
}


static int
fuzz_scan(ag_str_t text)
{
    int         rc;
    ag_json_t  *json;

    json = malloc(sizeof(*json));
    assert(json != NULL);

    rc = ag_json_scan(json, text);
    free(json);

    return rc;
}
