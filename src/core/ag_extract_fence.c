/*
 * Copyright (C) ngx_agent authors
 *
 * Fenced code blocks, as models write them: indented as deep as they like,
 * and with the first of the content on the opening line.  The closing line
 * stands alone.  Refuses a fence that is opened and closed on one line: that
 * is a word of the prose.
 *
 * Source: CommonMark 0.31, "Fenced code blocks".
 */


#include "core/ag_extract_parts.h"


#define AG_EXTRACT_FENCE_MIN  3     /* characters of a fence */


static void ag_extract_fence_end(const ag_char_t *p, const ag_char_t *end,
    ag_str_t mark, ag_extract_fence_t *fence);
static unsigned ag_extract_fence_is_label(ag_str_t word);
static unsigned ag_extract_fence_has(ag_str_t text, ag_char_t c);
static const ag_char_t *ag_extract_fence_indent(const ag_char_t *p,
    const ag_char_t *end);
static const ag_char_t *ag_extract_fence_line(const ag_char_t *p,
    const ag_char_t *end);


unsigned
ag_extract_fence(const ag_char_t *p, const ag_char_t *end,
    ag_extract_fence_t *fence)
{
    ag_str_t          mark, word;
    const ag_char_t  *line;

    p = ag_extract_fence_indent(p, end);

    if (p == end || (*p != '`' && *p != '~')) {
        return 0;
    }

    mark = ag_str(p, 0);

    while (p < end && *p == *mark.data) {
        p++;
    }

    mark.len = (size_t) (p - mark.data);
    p = ag_extract_fence_indent(p, end);
    word = ag_str(p, 0);

    /* the JSON itself may begin right behind the word */

    while (p < end && *p > ' ' && *p != '{' && *p != '[' && *p != '"'
           && *p != *mark.data)
    {
        p++;
    }

    word.len = (size_t) (p - word.data);
    line = ag_extract_fence_line(p, end);

    /* opened and closed on one line, it is a word of that line */

    if (mark.len < AG_EXTRACT_FENCE_MIN
        || ag_extract_fence_has(ag_str(p, (size_t) (line - p)), *mark.data))
    {
        return 0;
    }

    fence->labelled = (word.len > 0);
    fence->json = (word.len == 0 || ag_extract_fence_is_label(word));
    fence->inside = ag_str(p, 0);
    ag_extract_fence_end(line, end, mark, fence);

    return 1;
}


/* Of both kinds, since a text that has one of the other is as doubtful. */
unsigned
ag_extract_fence_is_in(ag_str_t text)
{
    return ag_extract_fence_has(text, '`') || ag_extract_fence_has(text, '~');
}


/* Looks for the closing line of a block from the line at "p" on. */
static void
ag_extract_fence_end(const ag_char_t *p, const ag_char_t *end,
    ag_str_t mark, ag_extract_fence_t *fence)
{
    size_t            n;
    const ag_char_t  *q, *line;

    fence->closed = 0;
    fence->next = end;

    for ( /* void */ ; p < end; p = line) {
        line = ag_extract_fence_line(p, end);
        q = ag_extract_fence_indent(p, line);

        for (n = 0; q < line && *q == *mark.data; n++) {
            q++;
        }

        if (n >= mark.len && ag_extract_space(q, line) == line) {
            fence->closed = 1;
            fence->next = line;
            break;
        }
    }

    fence->inside.len = (size_t) (p - fence->inside.data);
}


/* The words for JSON, with comments or without; in any case. */
static unsigned
ag_extract_fence_is_label(ag_str_t word)
{
    size_t               i, j;
    static const char   *labels[] = { "json", "jsonc", "json5" };

    for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {

        if (word.len != strlen(labels[i])) {
            continue;
        }

        for (j = 0; j < word.len; j++) {
            if ((word.data[j] | 0x20) != labels[i][j]) {
                break;
            }
        }

        if (j == word.len) {
            return 1;
        }
    }

    return 0;
}


/* Do three or more of a character stand somewhere?  Most texts have none. */
static unsigned
ag_extract_fence_has(ag_str_t text, ag_char_t c)
{
    size_t            n;
    const ag_char_t  *p, *end;

    p = text.data;
    end = text.data + text.len;

    while (p < end) {
        p = memchr(p, c, (size_t) (end - p));

        if (p == NULL) {
            return 0;
        }

        for (n = 0; p < end && *p == c; n++) {
            p++;
        }

        if (n >= AG_EXTRACT_FENCE_MIN) {
            return 1;
        }
    }

    return 0;
}


static const ag_char_t *
ag_extract_fence_indent(const ag_char_t *p, const ag_char_t *end)
{
    while (p < end && (*p == ' ' || *p == '\t')) {
        p++;
    }

    return p;
}


/* The start of the next line. */
static const ag_char_t *
ag_extract_fence_line(const ag_char_t *p, const ag_char_t *end)
{
    p = memchr(p, '\n', (size_t) (end - p));

    return (p != NULL) ? p + 1 : end;
}
