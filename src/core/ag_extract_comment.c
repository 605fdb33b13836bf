/*
 * Copyright (C) ngx_agent authors
 *
 * Comments in JSON: // and # up to the end of the line, and those between
 * slashes with stars.  Refuses one that begins with an ellipsis: a model
 * writes it in place of what it left out, and then the value is not whole.
 */


#include "core/ag_extract_parts.h"


static unsigned ag_extract_comment_is_elided(const ag_char_t *p,
    const ag_char_t *end, unsigned block);


int
ag_extract_comment(const ag_char_t *p, const ag_char_t *end, size_t *len)
{
    unsigned          block;
    const ag_char_t  *q;

    *len = 0;

    /* a "#" right behind something is no comment: [#12] */

    if (p == end
        || (*p != '/' && (*p != '#' || !ag_extract_is_space(p[-1]))))
    {
        return AG_OK;
    }

    if (*p == '/' && end - p == 1) {
        return AG_AGAIN;
    }

    block = (*p == '/' && p[1] == '*');

    if (*p == '/' && !block && p[1] != '/') {
        return AG_OK;
    }

    q = (*p == '/') ? p + 2 : p + 1;

    if (ag_extract_comment_is_elided(q, end, block)) {
        return AG_INVALID;
    }

    while (q < end) {

        if (block ? (*q == '*' && end - q > 1 && q[1] == '/')
                  : (*q == '\n' || *q == '\r'))
        {
            *len = (size_t) (q - p) + (block ? 2 : 0);
            return AG_OK;
        }

        q++;
    }

    return AG_AGAIN;
}


/*
 * Does the inside of a comment begin with three dots or an ellipsis?  Never
 * looks behind the comment: there may be very many.
 */
static unsigned
ag_extract_comment_is_elided(const ag_char_t *p, const ag_char_t *end,
    unsigned block)
{
    while (p < end
           && (*p == ' ' || *p == '\t' || *p == '*'
               || (block ? ag_extract_is_space(*p) : (*p == '/' || *p == '#'))))
    {
        p++;
    }

    return end - p >= 3
           && (memcmp(p, "...", 3) == 0 || memcmp(p, "\xe2\x80\xa6", 3) == 0);
}
