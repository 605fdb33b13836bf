/*
 * Copyright (C) ngx_agent authors
 *
 * What a client reads about its request: paths of fields, and sentences of
 * our own words.  Nothing of the client's text is repeated.
 */


#include <stdarg.h>

#include "dialect/ag_neutral_parts.h"


/* Without memory the class alone must do: its row has words too. */
int
ag_neutral_invalid(const ag_neutral_t *n, ag_error_t *error, const char *param,
    uint32_t index, const char *expected)
{
    const char  *path;

    memset(error, 0, sizeof(ag_error_t));

    error->class = AG_E_INVALID_VALUE;
    error->param = ag_neutral_path(n->arena, NULL, param, index);

    path = (error->param.len > 0) ? (const char *) error->param.data : "";

    error->message = ag_neutral_sentence(n->arena, "Invalid value for \"",
                                         path, "\": expected ", expected,
                                         ".", NULL);

    return AG_INVALID;
}


/*
 * The format is taken apart by hand: nothing but one number may stand in it,
 * whatever a caller writes.
 */
ag_str_t
ag_neutral_path(ag_arena_t *arena, const char *list, const char *format,
    uint32_t index)
{
    int          rc;
    ag_buf_t    *path;
    const char  *at;

    path = ag_arena_buf(arena, AG_NEUTRAL_SENTENCE_MAX);

    if (path == NULL) {
        return ag_str(NULL, 0);
    }

    rc = AG_OK;

    if (list != NULL) {

        if (strncmp(format, "messages[", 9) == 0) {
            format += 8;
        }

        if (*format == '[') {
            rc = ag_buf_add_string(path, list);
        }
    }

    at = strstr(format, "%u");

    if (at == NULL) {
        at = format + strlen(format);
    }

    if (rc == AG_OK) {
        rc = ag_buf_add(path, format, (size_t) (at - format));
    }

    if (rc == AG_OK && *at != '\0') {
        rc = ag_buf_add_number(path, index);
        at += 2;
    }

    /* with its zero, for ag_neutral_sentence() */

    if (rc == AG_OK) {
        rc = ag_buf_add(path, at, strlen(at) + 1);
    }

    return (rc == AG_OK) ? ag_str(path->data, path->len - 1)
                         : ag_str(NULL, 0);
}


ag_str_t
ag_neutral_sentence(ag_arena_t *arena, const char *words, ...)
{
    int        rc;
    va_list    rest;
    ag_buf_t  *out;

    out = ag_arena_buf(arena, AG_NEUTRAL_SENTENCE_MAX);

    if (out == NULL) {
        return ag_str(NULL, 0);
    }

    rc = AG_OK;
    va_start(rest, words);

    while (words != NULL && rc == AG_OK) {
        rc = ag_buf_add_string(out, words);
        words = va_arg(rest, const char *);
    }

    va_end(rest);

    return (rc == AG_OK) ? ag_buf_str(out) : ag_str(NULL, 0);
}
