/*
 * Copyright (C) ngx_agent authors
 *
 * A look at a few members of JSON that was scanned before, without a tree: a
 * tree costs five times the reading, and a long text is passed over here as
 * fast as a quote is found in it.
 *
 * Of bytes that are no JSON it may find anything, within them.
 */


#include "dialect/ag_replay_parts.h"


#define AG_REPLAY_LOOK_ESCAPED  (6 * AG_REPLAY_LOOK_MAX + 2)    /* bytes: all
                                           of them as \u0061 */

#define AG_REPLAY_LOOK_SHORT    16      /* bytes */


static ag_str_t ag_replay_look_decode(ag_str_t value, ag_char_t *room);
static const ag_char_t *ag_replay_look_object(const ag_char_t *p,
    const ag_char_t *end, const char *const *names, ag_str_t *values);
static const ag_char_t *ag_replay_look_member(const ag_char_t *p,
    const ag_char_t *end, const char *const *names, ag_str_t *values);
static const ag_char_t *ag_replay_look_skip(const ag_char_t *p,
    const ag_char_t *end);
static const ag_char_t *ag_replay_look_bracket(const ag_char_t *p,
    const ag_char_t *end);
static const ag_char_t *ag_replay_look_string(const ag_char_t *p,
    const ag_char_t *end);
static inline const ag_char_t *ag_replay_look_space(const ag_char_t *p,
    const ag_char_t *end);


/* What counts between the brackets of a value. */
static const unsigned char  ag_replay_look_marks[256] = {
    ['"'] = 1, ['{'] = 1, ['['] = 1, ['}'] = 1, [']'] = 1
};


int
ag_replay_look(ag_str_t object, const char *const *names, ag_str_t *values)
{
    const ag_char_t  *p, *end;

    if (object.len == 0) {
        object = ag_str("", 0);     /* of no data there is no end */
    }

    end = object.data + object.len;
    p = ag_replay_look_space(object.data, end);
    p = ag_replay_look_object(p, end, names, values);

    return (p != NULL && ag_replay_look_space(p, end) == end) ? AG_OK
                                                              : AG_NONE;
}


int
ag_replay_look_next(ag_str_t *array, const char *const *names,
    ag_str_t *values)
{
    const ag_char_t  *p, *next, *end;

    if (array->len == 0 || (*array->data != '[' && *array->data != ',')) {
        return AG_NONE;
    }

    end = array->data + array->len;
    p = ag_replay_look_space(array->data + 1, end);

    if (p == end || *p == ']') {
        return AG_NONE;
    }

    next = ag_replay_look_object(p, end, names, values);

    if (next == NULL) {
        next = ag_replay_look_skip(p, end);
    }

    next = ag_replay_look_space(next, end);
    *array = ag_str(next, (size_t) (end - next));

    return AG_OK;
}


ag_str_t
ag_replay_look_text(ag_str_t value, ag_char_t *room)
{
    size_t  len;

    if (value.len < 2 || *value.data != '"') {
        return ag_str(NULL, 0);
    }

    len = value.len - 2;

    if (memchr(value.data + 1, '\\', len) == NULL) {
        return ag_str(value.data + 1, len);
    }

    return ag_replay_look_decode(value, room);
}


/* With its quotes it is no word that we know. */
static ag_str_t
ag_replay_look_decode(ag_str_t value, ag_char_t *room)
{
    size_t     len;
    ag_json_t  json;

    if (value.len > AG_REPLAY_LOOK_ESCAPED
        || ag_json_scan(&json, value) != AG_OK)
    {
        return value;
    }

    len = ag_json_decode(value, room, AG_REPLAY_LOOK_MAX);

    return (len == (size_t) -1) ? value : ag_str(room, len);
}


/* Past an object; NULL: it is none, or not whole. */
static const ag_char_t *
ag_replay_look_object(const ag_char_t *p, const ag_char_t *end,
    const char *const *names, ag_str_t *values)
{
    size_t  i;

    for (i = 0; names[i] != NULL; i++) {
        values[i] = ag_str(NULL, 0);
    }

    if (p == end || *p != '{') {
        return NULL;
    }

    p = ag_replay_look_space(p + 1, end);

    while (p < end && *p == '"') {
        p = ag_replay_look_member(p, end, names, values);

        if (p < end && *p == ',') {
            p = ag_replay_look_space(p + 1, end);
        }
    }

    return (p < end && *p == '}') ? p + 1 : NULL;
}


/* Reads a member and its value, up to the comma or bracket behind it. */
static const ag_char_t *
ag_replay_look_member(const ag_char_t *p, const ag_char_t *end,
    const char *const *names, ag_str_t *values)
{
    size_t            i;
    ag_str_t          key;
    ag_char_t         room[AG_REPLAY_LOOK_MAX];
    const ag_char_t  *value, *first;

    for (first = ++p; p < end && *p != '"' && *p != '\\'; p++) {
        /* void */
    }

    key = ag_str(first, (size_t) (p - first));

    if (p < end && *p == '\\') {
        p = ag_replay_look_string(first - 1, end);
        key = ag_replay_look_decode(ag_str(first - 1,
                                           (size_t) (p - first + 1)), room);

    } else {
        p += (p < end);
    }

    p = ag_replay_look_space(p, end);

    if (p == end || *p != ':') {
        return end;
    }

    value = ag_replay_look_space(p + 1, end);
    p = ag_replay_look_skip(value, end);

    for (i = 0; names[i] != NULL; i++) {
        if (key.len > 0 && *key.data == (ag_char_t) *names[i]
            && values[i].data == NULL && ag_str_is(key, names[i]))
        {
            values[i] = ag_str(value, (size_t) (p - value));
            break;
        }
    }

    return ag_replay_look_space(p, end);
}


/* Past a value; past the end of no text. */
static const ag_char_t *
ag_replay_look_skip(const ag_char_t *p, const ag_char_t *end)
{
    if (p == end) {
        return end;
    }

    if (*p == '"') {
        return ag_replay_look_string(p, end);
    }

    if (*p == '{' || *p == '[') {
        return ag_replay_look_bracket(p, end);
    }

    while (p < end && *p != ',' && *p != ']' && *p != '}' && *p > ' ') {
        p++;
    }

    return p;
}


static const ag_char_t *
ag_replay_look_bracket(const ag_char_t *p, const ag_char_t *end)
{
    size_t  depth;

    depth = 0;

    while (p < end) {

        if (!ag_replay_look_marks[*p]) {
            p++;
            continue;
        }

        if (*p == '"') {
            p = ag_replay_look_string(p, end);
            continue;
        }

        depth += (*p == '{' || *p == '[') ? (size_t) 1 : (size_t) -1;
        p++;

        if (depth == 0) {
            break;
        }
    }

    return p;
}


/* Past a string, from its first quote on; "end" if it has no second one. */
static const ag_char_t *
ag_replay_look_string(const ag_char_t *p, const ag_char_t *end)
{
    const ag_char_t  *first, *slash;

    first = ++p;

    /* most are short, and not worth a call */

    while (p < end && p - first < AG_REPLAY_LOOK_SHORT && *p != '"'
           && *p != '\\')
    {
        p++;
    }

    if (p < end && *p == '"') {
        return p + 1;
    }

    while (p < end
           && (p = memchr(p, '"', (size_t) (end - p))) != NULL)
    {
        for (slash = p; slash > first && slash[-1] == '\\'; slash--) {
            /* void */
        }

        p++;

        if (((p - 1 - slash) & 1) == 0) {
            return p;
        }
    }

    return end;
}


static inline const ag_char_t *
ag_replay_look_space(const ag_char_t *p, const ag_char_t *end)
{
    while (p < end
           && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
    {
        p++;
    }

    return p;
}
