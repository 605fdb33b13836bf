/*
 * Copyright (C) ngx_agent authors
 *
 * Finds the JSON in a model's text: as a whole, between tags, in a fenced
 * block.
 *
 * A text that is JSON is never searched: tags and fences in it are parts of
 * its strings.  The same goes for what stands inside of brackets that are
 * still open, so that a quoted example is not taken for the answer when the
 * answer around it is spoilt.  Between tags JSON is meant if there is a
 * bracket; then what the model wrote before, thinking aloud, is not looked
 * at.  Refuses to mend anything: that is ag_extract_repair().
 *
 * Every search is linear.  That holds for the many tags that may stand before
 * a last closing one, too: a scan ends at a "<" outside of strings, and where
 * one is inside of a string, another that began at a later tag is outside.
 */


#include "core/ag_extract_parts.h"


static int ag_extract_tagged(ag_str_t *text, ag_str_t *json);
static int ag_extract_fenced(ag_str_t text, ag_str_t *json, unsigned *doubt);
static const ag_char_t *ag_extract_step(const ag_char_t *p,
    const ag_char_t *end, unsigned *torn);
static const ag_char_t *ag_extract_last(const ag_char_t *start,
    const ag_char_t *end, const char *mark, ag_str_t name);
static unsigned ag_extract_is_within(ag_str_t text, const ag_char_t *p);
static unsigned ag_extract_begins(const ag_char_t *p, const ag_char_t *end);
static unsigned ag_extract_is_json(ag_str_t text);
static unsigned ag_extract_has_bracket(ag_str_t text);
static ag_str_t ag_extract_trim(ag_str_t text);


static const ag_str_t  ag_extract_answer_name = ag_string("final_output");


int
ag_extract_tag(ag_str_t text, ag_str_t name, ag_str_t *inside)
{
    const ag_char_t  *open, *close;

    if (text.len == 0) {
        return AG_NONE;
    }

    close = ag_extract_last(text.data, text.data + text.len, "</", name);

    if (close == NULL) {
        return AG_NONE;
    }

    open = ag_extract_last(text.data, close, "<", name);

    if (open == NULL) {
        return AG_NONE;
    }

    open += name.len + 2;
    *inside = ag_extract_trim(ag_str(open, (size_t) (close - open)));

    return AG_OK;
}


int
ag_extract_json(ag_str_t text, ag_str_t *json)
{
    unsigned  doubt;

    return ag_extract_find(text, json, &doubt);
}


int
ag_extract_find(ag_str_t text, ag_str_t *json, unsigned *doubt)
{
    *doubt = 0;
    text = ag_extract_trim(text);

    if (text.len == 0) {
        return AG_NONE;
    }

    if (ag_extract_is_json(text)) {
        *json = text;
        return AG_OK;
    }

    if (ag_extract_tagged(&text, json) == AG_OK) {
        return AG_OK;
    }

    if (!ag_extract_fence_is_in(text)) {
        return AG_NONE;
    }

    return ag_extract_fenced(text, json, doubt);
}


int
ag_extract_answer(ag_str_t text, ag_str_t *inside)
{
    text = ag_extract_trim(text);

    if (ag_extract_tag(text, ag_extract_answer_name, inside) != AG_OK
        || ag_extract_is_within(text, inside->data))
    {
        return AG_NONE;
    }

    return AG_OK;
}


int
ag_extract_pass(const ag_char_t *p, const ag_char_t *end,
    const ag_char_t **after)
{
    int     rc;
    size_t  used, depth;

    rc = ag_extract_mend(ag_str(p, (size_t) (end - p)), NULL, &used, &depth);
    *after = p + used;

    if (rc == AG_OK || rc == AG_AGAIN) {
        return rc;
    }

    return ag_extract_pass_on(p, p + used, end, depth, after);
}


int
ag_extract_pass_on(const ag_char_t *p, const ag_char_t *from,
    const ag_char_t *end, size_t depth, const ag_char_t **after)
{
    for ( /* void */ ; from < end && depth > 0; from++) {
        depth += (*from == '{' || *from == '[');
        depth -= (*from == '}' || *from == ']');
    }

    *after = from;

    if (depth == 0) {
        return AG_OK;
    }

    return ag_extract_begins(p, end) ? AG_AGAIN : AG_INVALID;
}


/*
 * Looks for JSON between the tags.  If it was meant to be there, but is not
 * JSON as it stands, *text becomes what is between them.
 */
static int
ag_extract_tagged(ag_str_t *text, ag_str_t *json)
{
    ag_str_t          inside;
    const ag_char_t  *open, *p, *end;

    if (ag_extract_answer(*text, &inside) != AG_OK || inside.len == 0) {
        return AG_NONE;
    }

    open = inside.data;
    end = inside.data + inside.len;

    /* from the last one on backwards: a string may hold the tag itself */

    for ( ;; ) {
        open = ag_extract_last(text->data, open, "<", ag_extract_answer_name);

        if (open == NULL) {
            break;
        }

        p = open + ag_extract_answer_name.len + 2;
        *json = ag_extract_trim(ag_str(p, (size_t) (end - p)));

        if (ag_extract_is_json(*json)) {
            return AG_OK;
        }
    }

    if (ag_extract_has_bracket(inside)) {
        *text = inside;
    }

    return AG_NONE;
}


/* Looks for the last fenced block that is JSON. */
static int
ag_extract_fenced(ag_str_t text, ag_str_t *json, unsigned *doubt)
{
    int                  rc;
    ag_str_t             inside;
    unsigned             torn;
    const ag_char_t     *p, *end, *after;
    ag_extract_fence_t   fence;

    rc = AG_NONE;
    torn = 0;
    p = text.data;
    end = text.data + text.len;

    while (p < end) {

        if ((p > text.data && p[-1] != '\n')
            || !ag_extract_fence(p, end, &fence))
        {
            p = ag_extract_step(p, end, &torn);
            continue;
        }

        p = fence.next;
        inside = ag_extract_trim(fence.inside);

        if (!fence.json || inside.len == 0) {
            continue;
        }

        if (fence.closed && ag_extract_is_json(inside)) {
            *json = inside;
            *doubt = 0;
            rc = AG_OK;
            continue;
        }

        if (ag_extract_has_bracket(inside)) {
            *doubt = 1;
        }

        /* a fence inside of a string may have closed the block too early */

        if (ag_extract_fence_is_in(inside)) {
            after = ag_extract_step(inside.data, end, &torn);
            p = (after > p) ? after : p;
        }
    }

    return rc;
}


/*
 * Steps over a byte of prose, or over all of a value that stands there; to
 * the end if that is not closed.  *torn is kept between two steps.
 */
static const ag_char_t *
ag_extract_step(const ag_char_t *p, const ag_char_t *end, unsigned *torn)
{
    int               rc;
    const ag_char_t  *after;

    /* behind a bracket of the prose that nothing closes, nothing can */

    if ((*p != '{' && *p != '[') || (*torn && !ag_extract_begins(p, end))) {
        return p + 1;
    }

    rc = ag_extract_pass(p, end, &after);

    if (rc == AG_INVALID) {
        *torn = 1;
        return p + 1;
    }

    return (rc == AG_OK) ? after : end;
}


/*
 * The last tag that ends at "end" or before; "mark" is "<" or "</".  A name
 * holds no "<", so no byte is compared twice.
 */
static const ag_char_t *
ag_extract_last(const ag_char_t *start, const ag_char_t *end,
    const char *mark, ag_str_t name)
{
    size_t            n, len;
    const ag_char_t  *p;

    n = strlen(mark);
    len = n + name.len + 1;

    if ((size_t) (end - start) < len) {
        return NULL;
    }

    for (p = end - len; /* void */ ; p--) {

        if (*p == '<'
            && memcmp(p, mark, n) == 0
            && ag_str_equal(ag_str(p + n, name.len), name)
            && p[len - 1] == '>')
        {
            return p;
        }

        if (p == start) {
            return NULL;
        }
    }
}


/* Is the text a value itself, and the place "p" inside of its brackets? */
static unsigned
ag_extract_is_within(ag_str_t text, const ag_char_t *p)
{
    int               rc;
    const ag_char_t  *after;

    if (*text.data != '{' && *text.data != '[') {
        return 0;
    }

    rc = ag_extract_pass(text.data, text.data + text.len, &after);

    return rc == AG_AGAIN || (rc == AG_OK && p < after);
}


/* Does the bracket begin what hardly anything but JSON begins with? */
static unsigned
ag_extract_begins(const ag_char_t *p, const ag_char_t *end)
{
    p = ag_extract_space(p + 1, end);

    /* 0xe2 is the first byte of a curly quote */

    return p < end && (*p == '"' || *p == '\'' || *p == 0xe2 || *p == '{'
                       || *p == '[');
}


static unsigned
ag_extract_is_json(ag_str_t text)
{
    ag_json_t  json;

    return ag_json_scan(&json, text) == AG_OK;
}


static unsigned
ag_extract_has_bracket(ag_str_t text)
{
    return text.len > 0
           && (memchr(text.data, '{', text.len) != NULL
               || memchr(text.data, '[', text.len) != NULL);
}


static ag_str_t
ag_extract_trim(ag_str_t text)
{
    while (text.len > 0 && ag_extract_is_space(text.data[0])) {
        text.data++;
        text.len--;
    }

    while (text.len > 0 && ag_extract_is_space(text.data[text.len - 1])) {
        text.len--;
    }

    return text;
}
