/*
 * Copyright (C) ngx_agent authors
 *
 * Cuts the thoughts of other dialects' providers out of a native request.
 */


#include "dialect/ag_foreign.h"
#include "dialect/ag_neutral.h"
#include "dialect/ag_validate_parts.h"


#define AG_FOREIGN_SIGNATURE  "\"signature\""


typedef unsigned (*ag_foreign_is_pt)(ag_str_t element);


typedef struct {
    ag_buf_t         *out;
    const ag_char_t  *from;     /* what comes here is not written yet */
    int               rc;
    unsigned          cut:1;
} ag_foreign_t;


static unsigned ag_foreign_messages(ag_endpoint_t endpoint);
static unsigned ag_foreign_starts(const ag_char_t *p, const ag_char_t *end,
    const char *literal);
static unsigned ag_foreign_unsigned(const ag_char_t *p, const ag_char_t *end);
static const ag_char_t *ag_foreign_blank(const ag_char_t *p,
    const ag_char_t *end);
static void ag_foreign_array(ag_foreign_t *foreign, ag_str_t array,
    ag_foreign_is_pt is);
static void ag_foreign_drop(ag_foreign_t *foreign, const ag_char_t *p,
    const ag_char_t *end);
static unsigned ag_foreign_message(ag_str_t message);
static unsigned ag_foreign_block(ag_str_t block);
static unsigned ag_foreign_item(ag_str_t item);
static unsigned ag_foreign_is_array(ag_str_t value);
static unsigned ag_foreign_is_marked(ag_str_t string);
static ag_char_t ag_foreign_char(const ag_char_t **at, const ag_char_t *end);


unsigned
ag_foreign_has(ag_endpoint_t endpoint, ag_str_t body)
{
    unsigned          messages;
    const ag_char_t  *p, *end;

    messages = ag_foreign_messages(endpoint);

    if (body.len == 0 || (!messages && endpoint != AG_ENDPOINT_RESPONSES)) {
        return 0;
    }

    p = body.data;
    end = p + body.len;

    for ( ;; ) {
        p = memchr(p, '"', (size_t) (end - p));

        if (p == NULL) {
            return 0;
        }

        if (ag_foreign_starts(p, end, "\"" AG_SIGNATURE_MARK)
            || (messages && ag_foreign_unsigned(p, end)))
        {
            return 1;
        }

        p++;
    }
}


int
ag_foreign_cut(ag_endpoint_t endpoint, ag_str_t body, ag_buf_t *out)
{
    ag_foreign_t  foreign;

    foreign.out = out;
    foreign.from = body.data;
    foreign.rc = AG_OK;
    foreign.cut = 0;

    if (ag_foreign_messages(endpoint)) {
        ag_foreign_array(&foreign, ag_validate_json_member(body, "messages"),
                         ag_foreign_message);

    } else if (endpoint == AG_ENDPOINT_RESPONSES) {
        ag_foreign_array(&foreign, ag_validate_json_member(body, "input"),
                         ag_foreign_item);
    }

    if (!foreign.cut) {
        return AG_NONE;
    }

    /* the rest: nothing is dropped at the end */

    ag_foreign_drop(&foreign, body.data + body.len, body.data + body.len);

    if (foreign.rc != AG_OK) {
        ag_buf_free(out);
    }

    return foreign.rc;
}


static unsigned
ag_foreign_messages(ag_endpoint_t endpoint)
{
    return endpoint == AG_ENDPOINT_MESSAGES
           || endpoint == AG_ENDPOINT_COUNT_TOKENS;
}


static unsigned
ag_foreign_starts(const ag_char_t *p, const ag_char_t *end,
    const char *literal)
{
    size_t  n;

    n = strlen(literal);

    return (size_t) (end - p) >= n && memcmp(p, literal, n) == 0;
}


/* Is it a signature's key, and what follows the empty string? */
static unsigned
ag_foreign_unsigned(const ag_char_t *p, const ag_char_t *end)
{
    if (!ag_foreign_starts(p, end, AG_FOREIGN_SIGNATURE)) {
        return 0;
    }

    p = ag_foreign_blank(p + sizeof(AG_FOREIGN_SIGNATURE) - 1, end);

    if (p == end || *p != ':') {
        return 0;
    }

    return ag_foreign_starts(ag_foreign_blank(p + 1, end), end, "\"\"");
}


static const ag_char_t *
ag_foreign_blank(const ag_char_t *p, const ag_char_t *end)
{
    while (p < end
           && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
    {
        p++;
    }

    return p;
}


/*
 * Drops the elements that are foreign.  Behind one that stays, the comma in
 * front goes with them; at the array's beginning it is the one behind.
 */
static void
ag_foreign_array(ag_foreign_t *foreign, ag_str_t array, ag_foreign_is_pt is)
{
    ag_str_t            key, element;
    const ag_char_t    *kept, *first, *end;
    ag_validate_walk_t  walk;

    if (!ag_foreign_is_array(array)) {
        return;
    }

    kept = NULL;        /* the end of the last that stays */
    first = NULL;       /* the array begins with foreign ones */
    end = NULL;

    ag_validate_json_walk(&walk, array);

    while (ag_validate_json_next(&walk, &key, &element)) {
        end = element.data + element.len;

        if (is(element)) {

            if (kept != NULL) {
                ag_foreign_drop(foreign, kept, end);
                kept = end;

            } else if (first == NULL) {
                first = element.data;
            }

            continue;
        }

        if (first != NULL) {
            ag_foreign_drop(foreign, first, element.data);
            first = NULL;
        }

        kept = end;

        if (is == ag_foreign_message && ag_validate_json_is_object(element)) {
            ag_foreign_array(foreign,
                             ag_validate_json_member(element, "content"),
                             ag_foreign_block);
        }
    }

    if (first != NULL) {
        ag_foreign_drop(foreign, first, end);
    }
}


/* Writes what comes before, and goes on behind. */
static void
ag_foreign_drop(ag_foreign_t *foreign, const ag_char_t *p,
    const ag_char_t *end)
{
    if (foreign->rc == AG_OK) {
        foreign->rc = ag_buf_add(foreign->out, foreign->from,
                                 (size_t) (p - foreign->from));
    }

    foreign->from = end;
    foreign->cut = 1;
}


/* An assistant's message of foreign blocks alone; one without any stays. */
static unsigned
ag_foreign_message(ag_str_t message)
{
    unsigned            all;
    ag_str_t            key, block, values[2];
    ag_validate_walk_t  walk;

    static const char *const  names[] = { "role", "content", NULL };

    if (!ag_validate_json_is_object(message)) {
        return 0;
    }

    ag_validate_json_members(message, names, values);

    if (!ag_validate_json_is(values[0], "assistant")
        || !ag_foreign_is_array(values[1]))
    {
        return 0;
    }

    all = 0;
    ag_validate_json_walk(&walk, values[1]);

    while (ag_validate_json_next(&walk, &key, &block)) {
        all = ag_foreign_block(block);

        if (!all) {
            break;
        }
    }

    return all;
}


/* Null is what some clients write for a signature that they did not get. */
static unsigned
ag_foreign_block(ag_str_t block)
{
    ag_str_t  values[3];

    static const char *const  names[] = { "type", "signature", "data", NULL };

    if (!ag_validate_json_is_object(block)) {
        return 0;
    }

    ag_validate_json_members(block, names, values);

    if (ag_validate_json_is(values[0], "thinking")) {
        return values[1].data == NULL || ag_str_is(values[1], "null")
               || ag_str_is(values[1], "\"\"")
               || ag_foreign_is_marked(values[1]);
    }

    /* the mark may stand in either */

    return ag_validate_json_is(values[0], "redacted_thinking")
           && (ag_foreign_is_marked(values[1])
               || ag_foreign_is_marked(values[2]));
}


static unsigned
ag_foreign_item(ag_str_t item)
{
    ag_str_t  values[2];

    static const char *const  names[] = { "type", "encrypted_content", NULL };

    if (!ag_validate_json_is_object(item)) {
        return 0;
    }

    ag_validate_json_members(item, names, values);

    return ag_validate_json_is(values[0], "reasoning")
           && ag_foreign_is_marked(values[1]);
}


static unsigned
ag_foreign_is_array(ag_str_t value)
{
    return value.len > 0 && value.data[0] == '[';
}


/* A signature may be long: only its beginning is decoded. */
static unsigned
ag_foreign_is_marked(ag_str_t string)
{
    size_t            i;
    const ag_char_t  *p, *end;

    if (!ag_validate_json_is_string(string)) {
        return 0;
    }

    p = string.data + 1;
    end = string.data + string.len - 1;

    for (i = 0; i < sizeof(AG_SIGNATURE_MARK) - 1; i++) {
        if (ag_foreign_char(&p, end) != (ag_char_t) AG_SIGNATURE_MARK[i]) {
            return 0;
        }
    }

    return 1;
}


/* The next character; 0 at the end and for any that no mark has. */
static ag_char_t
ag_foreign_char(const ag_char_t **at, const ag_char_t *end)
{
    ag_char_t         decoded[1];
    ag_char_t         string[8];
    const ag_char_t  *p;

    p = *at;

    if (p == end) {
        return 0;
    }

    if (*p != '\\') {
        *at = p + 1;
        return *p;
    }

    /* of all escapes only \u00XX can be one */

    if (end - p < 6 || p[1] != 'u' || p[2] != '0' || p[3] != '0') {
        return 0;
    }

    string[0] = '"';
    memcpy(string + 1, p, 6);
    string[7] = '"';
    *at = p + 6;

    if (ag_json_decode(ag_str(string, sizeof(string)), decoded, 1) != 1) {
        return 0;
    }

    return decoded[0];
}
