/*
 * Copyright (C) ngx_agent authors
 *
 * Mends texts for the tests.  Every text stands in memory of its exact size.
 * What comes out must be JSON for us and for yyjson, and come out again as it
 * is; what was in the buffer before stays, and nothing is added where nothing
 * was mended.
 */


#ifndef _REPAIRED_H_INCLUDED_
#define _REPAIRED_H_INCLUDED_


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ag_extract.h"
#include "core/ag_json.h"


#define countof(array)  (sizeof(array) / sizeof((array)[0]))

#define FENCE  "```"
#define OPEN   "<final_output>"
#define CLOSE  "</final_output>"
#define MARK   "\xef\xbb\xbf"


typedef struct {
    const char  *text;
    const char  *json;
} row_t;


static inline ag_str_t
str(const char *text)
{
    return ag_str(text, strlen(text));
}


static inline int
repair(ag_str_t text, ag_buf_t *out)
{
    int    rc;
    char  *copy;

    copy = malloc(text.len + (text.len == 0));
    memcpy(copy, text.data, text.len);

    ag_buf_init(out, SIZE_MAX);
    assert_int_equal(ag_buf_add_string(out, "before"), AG_OK);

    rc = ag_extract_repair(ag_str(copy, text.len), out);

    free(copy);

    assert_true(out->len >= 6);
    assert_memory_equal(out->data, "before", 6);
    ag_buf_shift(out, 6);

    return rc;
}


static inline void
expect(ag_str_t text, const char *json)
{
    int          rc;
    ag_buf_t     out, again;
    ag_json_t    scanned;
    yyjson_doc  *doc;

    rc = repair(text, &out);

    if (rc != AG_OK || !ag_str_is(ag_buf_str(&out), json)) {
        fail_msg("%d, mended to \"%.*s\", not \"%s\", from: %.*s", rc,
                 (int) out.len, out.data, json, (int) text.len, text.data);
    }

    assert_int_equal(ag_json_scan(&scanned, ag_buf_str(&out)), AG_OK);

    doc = yyjson_read((const char *) out.data, out.len,
                      YYJSON_READ_NUMBER_AS_RAW);
    assert_non_null(doc);
    yyjson_doc_free(doc);

    assert_int_equal(repair(ag_buf_str(&out), &again), AG_OK);
    assert_true(ag_str_equal(ag_buf_str(&out), ag_buf_str(&again)));

    ag_buf_free(&out);
    ag_buf_free(&again);
}


static inline void
refuse(ag_str_t text, int expected)
{
    int       rc;
    ag_buf_t  out;

    rc = repair(text, &out);

    if (rc != expected || out.len != 0) {
        fail_msg("%d, \"%.*s\", from: %.*s", rc, (int) out.len, out.data,
                 (int) text.len, text.data);
    }

    ag_buf_free(&out);
}


#endif /* _REPAIRED_H_INCLUDED_ */
