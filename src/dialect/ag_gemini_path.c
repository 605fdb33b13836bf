/*
 * Copyright (C) ngx_agent authors
 *
 * Paths to values (RFC 9535), as far as a call's arguments have them: names
 * and numbers, no search.
 */


#include "dialect/ag_gemini_parts.h"


static unsigned ag_gemini_path_index(ag_str_t *path, ag_gemini_step_t *step);
static unsigned ag_gemini_path_quoted(ag_arena_t *arena, ag_str_t *path,
    ag_gemini_step_t *step);


/* ".name", "[3]", "['name']" or "["name"]"; also ".['name']". */
unsigned
ag_gemini_path_step(ag_arena_t *arena, ag_str_t *path, ag_gemini_step_t *step)
{
    size_t  len;

    memset(step, 0, sizeof(ag_gemini_step_t));

    if (path->data[0] == '.') {
        *path = ag_str(path->data + 1, path->len - 1);

        if (path->len == 0 || path->data[0] != '[') {

            for (len = 0; len < path->len; len++) {
                if (path->data[len] == '.' || path->data[len] == '[') {
                    break;
                }
            }

            step->name = ag_str(path->data, len);
            *path = ag_str(path->data + len, path->len - len);

            return len > 0;
        }
    }

    if (path->len < 3 || path->data[0] != '[') {
        return 0;
    }

    *path = ag_str(path->data + 1, path->len - 1);

    return (path->data[0] == '\'' || path->data[0] == '"')
           ? ag_gemini_path_quoted(arena, path, step)
           : ag_gemini_path_index(path, step);
}


static unsigned
ag_gemini_path_index(ag_str_t *path, ag_gemini_step_t *step)
{
    size_t  i;

    step->is_index = 1;

    for (i = 0; i < path->len && path->data[i] != ']'; i++) {

        if (path->data[i] < '0' || path->data[i] > '9'
            || step->index > AG_GEMINI_NODES_MAX)
        {
            return 0;
        }

        step->index = step->index * 10 + (path->data[i] - (uint32_t) '0');
    }

    if (i == 0 || i == path->len) {
        return 0;
    }

    *path = ag_str(path->data + i + 1, path->len - i - 1);

    return 1;
}


/* A backslash makes the quote behind it a part of the name. */
static unsigned
ag_gemini_path_quoted(ag_arena_t *arena, ag_str_t *path, ag_gemini_step_t *step)
{
    size_t      i, len;
    unsigned    escaped;
    ag_char_t   quote, *name;

    quote = path->data[0];
    escaped = 0;

    for (i = 1; i < path->len && path->data[i] != quote; i++) {
        if (path->data[i] == '\\') {
            escaped = 1;
            i++;
        }
    }

    if (i + 1 >= path->len || path->data[i + 1] != ']') {
        return 0;
    }

    step->name = ag_str(path->data + 1, i - 1);
    *path = ag_str(path->data + i + 2, path->len - i - 2);

    if (!escaped) {
        return 1;
    }

    name = ag_arena_alloc(arena, step->name.len);

    if (name == NULL) {
        return 0;
    }

    len = 0;

    for (i = 0; i < step->name.len; i++) {
        i += (step->name.data[i] == '\\');
        name[len++] = step->name.data[i];
    }

    step->name = ag_str(name, len);

    return 1;
}
