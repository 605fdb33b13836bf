/*
 * Copyright (C) ngx_agent authors
 *
 * A schema and a value as texts, for the tests of ag_schema.  Every verdict
 * is asked for twice, and of three schemas that must agree: as it is, inside
 * of allOf, and (the other way round) inside of not.
 */


#ifndef _SCHEMA_CHECK_H_INCLUDED_
#define _SCHEMA_CHECK_H_INCLUDED_


#include <stdio.h>
#include <stdlib.h>

#include "core/ag_schema.h"


/* One row of a table; "keyword" is what says no, NULL if nothing does. */
typedef struct {
    const char  *schema;
    const char  *value;
    const char  *keyword;
} schema_row_t;


static inline ag_str_t
schema_text(const char *text)
{
    return ag_str(text, strlen(text));
}


/* The verdict; *error is filled.  The schema must be one, the value JSON. */
static inline int
schema_verdict(const char *schema, const char *value,
    ag_schema_error_t *error)
{
    int           rc, again;
    yyjson_doc   *doc;
    ag_schema_t  *compiled;

    compiled = ag_schema_compile(schema_text(schema), error);

    if (compiled == NULL) {
        fail_msg("%s is refused: %s %s", schema, error->keyword,
                 error->reason);
    }

    doc = ag_json_tree(schema_text(value), NULL, 0);
    assert_non_null(doc);

    again = ag_schema_check(compiled, yyjson_doc_get_root(doc), error);
    rc = ag_schema_check(compiled, yyjson_doc_get_root(doc), error);
    assert_int_equal(rc, again);

    assert_non_null(error->keyword);
    assert_int_equal(error->reason[0] == '\0', rc == AG_OK);

    ag_schema_free(compiled);
    yyjson_doc_free(doc);

    return rc;
}


/* The same with the schema put in the place of "%s". */
static inline int
schema_wrapped(const char *format, const char *schema, const char *value)
{
    int                 rc;
    char               *text;
    size_t              size;
    ag_schema_error_t   error;

    size = strlen(format) + strlen(schema) + 1;
    text = malloc(size);
    assert_non_null(text);

    snprintf(text, size, format, schema);
    rc = schema_verdict(text, value, &error);
    free(text);

    return rc;
}


static inline void
schema_row(const schema_row_t *row)
{
    int                rc;
    ag_schema_error_t  error;

    rc = schema_verdict(row->schema, row->value, &error);

    if (rc != (row->keyword == NULL ? AG_OK : AG_INVALID)) {
        fail_msg("%s of %s: %d (%s %s)", row->schema, row->value, rc,
                 error.keyword, error.reason);
    }

    if (row->keyword != NULL && strcmp(row->keyword, error.keyword) != 0) {
        fail_msg("%s of %s: \"%s\" says no, not \"%s\"", row->schema,
                 row->value, error.keyword, row->keyword);
    }

    /* references would mean something else inside of another schema */

    if (strstr(row->schema, "Ref\"") != NULL
        || strstr(row->schema, "$ref") != NULL)
    {
        return;
    }

    assert_int_equal(schema_wrapped("{\"allOf\":[%s]}", row->schema,
                                    row->value), rc);
    assert_int_equal(schema_wrapped("{\"not\":%s}", row->schema, row->value),
                     rc == AG_OK ? AG_INVALID : AG_OK);
}


#define schema_rows(rows)                                                     \
    do {                                                                      \
        size_t  row_;                                                         \
        for (row_ = 0; row_ < sizeof(rows) / sizeof(rows[0]); row_++) {       \
            schema_row(&rows[row_]);                                          \
        }                                                                     \
    } while (0)


/* The keyword for which the schema is refused; NULL: it is not. */
static inline const char *
schema_refused(const char *schema)
{
    ag_schema_t        *compiled;
    ag_schema_error_t   error;

    compiled = ag_schema_compile(schema_text(schema), &error);

    if (compiled != NULL) {
        ag_schema_free(compiled);
        return NULL;
    }

    assert_non_null(error.keyword);
    assert_true(error.reason[0] != '\0');

    return error.keyword;
}


static inline void
schema_refuse(const char *schema, const char *keyword)
{
    const char  *found;

    found = schema_refused(schema);

    if (found == NULL || strcmp(found, keyword) != 0) {
        fail_msg("%s is refused for \"%s\", not \"%s\"", schema,
                 found ? found : "nothing", keyword);
    }
}


#endif /* _SCHEMA_CHECK_H_INCLUDED_ */
