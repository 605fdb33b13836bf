/*
 * Copyright (C) ngx_agent authors
 *
 * Decides which value of a spoilt text is meant.
 *
 * A text that holds JSON as it stands is not mended.  Else only what is
 * between the tags is looked at, if there are any, and there the outermost
 * brackets: what is inside of others is never taken by itself, for it would
 * be a piece of a value that was cut off or cannot be mended.
 *
 *   - The largest is meant.  If it cannot be mended, nothing is.
 *   - One in a fenced block comes before one in the prose.
 *   - Another value of the same kind of place makes it a guess, and the text
 *     is invalid; unless it says the same again, or is a small quote of the
 *     one that is meant: at most half of it and AG_EXTRACT_REPAIR_QUOTE_MAX
 *     bytes, and written there in the same way, white space apart.
 *   - Brackets that do not match make the prose invalid, and a value that
 *     the end of the text cuts off makes the whole text invalid.
 *
 * Bare scalars are no values here.  Refuses code: blocks of other languages,
 * and brackets right behind a word, "(", "=" or a quoted key with its colon.
 *
 * Linear: no byte is read for two pairs of outermost brackets, and a value is
 * compared with a few others only.
 */


#include "core/ag_extract_parts.h"


#define AG_EXTRACT_REPAIR_QUOTE_MAX   64    /* bytes without white space; a
                                               bit of a word for each */
#define AG_EXTRACT_REPAIR_QUOTES_MAX  8     /* each takes another pass */


typedef struct {
    ag_str_t  text;
    unsigned  fenced;
} ag_extract_value_t;


/* Of two numbers the first is of the prose, the second of fenced blocks. */
typedef struct {
    ag_buf_t            *out;       /* gets the first value, as most texts
                                       have no other */
    size_t               before;    /* bytes in it at the start */
    const ag_char_t     *start;
    const ag_char_t     *p;
    const ag_char_t     *end;
    ag_extract_fence_t   fence;     /* the last one that may hold JSON */
    const ag_char_t     *fence_end;
    unsigned             trusted;   /* it is certain where it ends */
    unsigned             torn[2];   /* brackets do not match */
    size_t               broken[2]; /* bytes of the largest pair of brackets
                                       that is no value */
    size_t               count;     /* values */
    ag_extract_value_t   values[AG_EXTRACT_TRIES_MAX];
} ag_extract_repair_t;


static int ag_extract_repair_text(ag_str_t text, ag_buf_t *out);
static int ag_extract_repair_walk(ag_extract_repair_t *r);
static unsigned ag_extract_repair_fence(ag_extract_repair_t *r);
static int ag_extract_repair_bracket(ag_extract_repair_t *r);
static unsigned ag_extract_repair_is_fenced(const ag_extract_repair_t *r);
static unsigned ag_extract_repair_is_code(const ag_extract_repair_t *r);
static int ag_extract_repair_value(ag_extract_repair_t *r, size_t len,
    int rc);
static int ag_extract_repair_pass(ag_extract_repair_t *r, size_t used,
    size_t depth);
static int ag_extract_repair_choose(ag_extract_repair_t *r, ag_str_t *best);
static unsigned ag_extract_repair_is_same(ag_str_t a, ag_str_t b);
static unsigned ag_extract_repair_is_quote(ag_str_t part, ag_str_t whole);


int
ag_extract_repair(ag_str_t text, ag_buf_t *out)
{
    int                     rc;
    size_t                  before;
    ag_str_t                json;
    unsigned                doubt;
    static const ag_char_t  mark[] = { 0xef, 0xbb, 0xbf };

    if (text.len >= sizeof(mark)
        && memcmp(text.data, mark, sizeof(mark)) == 0)
    {
        text.data += sizeof(mark);
        text.len -= sizeof(mark);
    }

    if (ag_extract_find(text, &json, &doubt) == AG_OK && !doubt) {
        return ag_buf_add(out, json.data, json.len);
    }

    if (ag_extract_answer(text, &json) == AG_OK && json.len > 0) {
        text = json;
    }

    before = out->len;
    rc = ag_extract_repair_text(text, out);

    if (rc != AG_OK) {
        out->len = before;
    }

    return rc;
}


static int
ag_extract_repair_text(ag_str_t text, ag_buf_t *out)
{
    int                  rc;
    size_t               used, depth;
    ag_str_t             best;
    ag_extract_repair_t  r;

    if (text.len == 0) {
        return AG_INVALID;
    }

    memset(&r, 0, sizeof(r));
    r.out = out;
    r.before = out->len;
    r.start = text.data;
    r.p = text.data;
    r.end = text.data + text.len;
    r.fence_end = text.data;

    rc = ag_extract_repair_walk(&r);

    if (rc == AG_OK) {
        rc = ag_extract_repair_choose(&r, &best);
    }

    if (rc != AG_OK || best.data == r.values[0].text.data) {
        return rc;
    }

    out->len = r.before;

    return ag_extract_mend(best, out, &used, &depth);
}


/* Looks at all outermost brackets. */
static int
ag_extract_repair_walk(ag_extract_repair_t *r)
{
    int  rc;

    while (r->p < r->end) {

        if (ag_extract_repair_fence(r)) {
            continue;
        }

        switch (*r->p) {

        case '{':
        case '[':
            rc = ag_extract_repair_bracket(r);

            if (rc != AG_OK) {
                return rc;
            }

            break;

        case '}':
        case ']':
            r->torn[ag_extract_repair_is_fenced(r)] = 1;
            r->p++;
            break;

        default:
            r->p++;
        }
    }

    return AG_OK;
}


/*
 * Steps over a line that opens or closes a fenced block, and over the whole
 * of a block that cannot hold JSON.
 */
static unsigned
ag_extract_repair_fence(ag_extract_repair_t *r)
{
    ag_extract_fence_t  *fence;

    fence = &r->fence;

    if (r->p == r->fence_end && r->p > r->start) {
        r->fence_end = r->start;
        r->p = fence->next;
        return 1;
    }

    if (r->p < r->fence_end
        || (r->p > r->start && r->p[-1] != '\n')
        || !ag_extract_fence(r->p, r->end, fence))
    {
        return 0;
    }

    if (!fence->json) {
        r->p = fence->next;
        return 1;
    }

    r->p = fence->inside.data;
    r->fence_end = r->p + fence->inside.len;

    /* a fence that was not seen to open turns all that follow inside out */

    r->trusted = (fence->closed || fence->labelled)
                 && !ag_extract_fence_is_in(fence->inside);

    return 1;
}


/* Reads an outermost bracket and what it holds. */
static int
ag_extract_repair_bracket(ag_extract_repair_t *r)
{
    int        rc;
    size_t     used, depth, before;
    ag_json_t  json;

    if (r->torn[ag_extract_repair_is_fenced(r)]) {
        r->p++;
        return AG_OK;
    }

    before = r->out->len;
    used = 1;
    depth = 1;
    rc = AG_INVALID;

    if (!ag_extract_repair_is_code(r)) {
        rc = ag_extract_mend(ag_str(r->p, (size_t) (r->end - r->p)), r->out,
                             &used, &depth);
    }

    if (rc == AG_OK) {
        rc = ag_json_scan(&json, ag_str(r->out->data + before,
                                        r->out->len - before));
        rc = ag_extract_repair_value(r, used, rc);

    } else if (rc == AG_INVALID) {
        rc = ag_extract_repair_pass(r, used, depth);

    } else if (rc == AG_AGAIN) {
        rc = AG_INVALID;
    }

    if (r->count != 1 || before > r->before) {
        r->out->len = before;
    }

    return rc;
}


/* Is the walk within a fenced block? */
static unsigned
ag_extract_repair_is_fenced(const ag_extract_repair_t *r)
{
    return r->p < r->fence_end && r->trusted;
}


/* Does a bracket belong to code, or to an object that began earlier? */
static unsigned
ag_extract_repair_is_code(const ag_extract_repair_t *r)
{
    const ag_char_t  *p;

    p = r->p;

    while (p > r->start
           && (p[-1] == '_' || p[-1] == '$'
               || (p[-1] >= '0' && p[-1] <= '9')
               || ((p[-1] | 0x20) >= 'a' && (p[-1] | 0x20) <= 'z')))
    {
        p--;
    }

    if (p < r->p) {

        /* ```json{ is no code */

        return p - r->start < 3 || memcmp(p - 3, "```", 3) != 0;
    }

    if (p > r->start && p[-1] == '(') {
        return 1;
    }

    while (p > r->start && (p[-1] == ' ' || p[-1] == '\t')) {
        p--;
    }

    if (p > r->start && p[-1] == '=') {
        return 1;
    }

    return p - r->start > 1 && p[-1] == ':'
           && (p[-2] == '"' || p[-2] == '\'');
}


/* Keeps the value of "len" bytes that begins here, if it is one. */
static int
ag_extract_repair_value(ag_extract_repair_t *r, size_t len, int rc)
{
    unsigned             fenced;
    ag_extract_value_t  *value;

    fenced = ag_extract_repair_is_fenced(r);

    if (rc == AG_LIMIT
        || (rc == AG_OK && r->count == AG_EXTRACT_TRIES_MAX))
    {
        return AG_LIMIT;
    }

    if (rc == AG_OK) {
        value = &r->values[r->count++];
        value->text = ag_str(r->p, len);
        value->fenced = fenced;

    } else if (len > r->broken[fenced]) {
        r->broken[fenced] = len;
    }

    r->p += len;

    return AG_OK;
}


/*
 * Passes over brackets that are no value: "depth" of them are open "used"
 * bytes on.
 */
static int
ag_extract_repair_pass(ag_extract_repair_t *r, size_t used, size_t depth)
{
    int               rc;
    const ag_char_t  *after;

    rc = ag_extract_pass_on(r->p, r->p + used, r->end, depth, &after);

    if (rc == AG_OK) {
        return ag_extract_repair_value(r, (size_t) (after - r->p),
                                       AG_INVALID);
    }

    /* what else would be found may be a piece of it */

    if (rc == AG_AGAIN) {
        return AG_INVALID;
    }

    r->torn[ag_extract_repair_is_fenced(r)] = 1;
    r->p++;

    return AG_OK;
}


static int
ag_extract_repair_choose(ag_extract_repair_t *r, ag_str_t *best)
{
    size_t               i, quotes;
    unsigned             fenced;
    ag_extract_value_t  *value;

    fenced = 0;

    for (i = 0; i < r->count; i++) {
        fenced |= r->values[i].fenced;
    }

    *best = ag_str(r->start, 0);

    for (i = 0; i < r->count; i++) {
        value = &r->values[i];

        if (value->fenced == fenced && value->text.len > best->len) {
            *best = value->text;
        }
    }

    if (r->torn[1] || r->broken[1] >= best->len
        || (!fenced && (r->torn[0] || r->broken[0] >= best->len)))
    {
        return AG_INVALID;
    }

    quotes = 0;

    for (i = 0; i < r->count; i++) {
        value = &r->values[i];

        if (value->fenced != fenced
            || ag_extract_repair_is_same(value->text, *best))
        {
            continue;
        }

        if (quotes++ == AG_EXTRACT_REPAIR_QUOTES_MAX
            || !ag_extract_repair_is_quote(value->text, *best))
        {
            return AG_INVALID;
        }
    }

    return AG_OK;
}


/* White space apart. */
static unsigned
ag_extract_repair_is_same(ag_str_t a, ag_str_t b)
{
    const ag_char_t  *p, *q, *p_end, *q_end;

    p_end = a.data + a.len;
    q_end = b.data + b.len;
    p = ag_extract_space(a.data, p_end);
    q = ag_extract_space(b.data, q_end);

    while (p < p_end && q < q_end && *p == *q) {
        p = ag_extract_space(p + 1, p_end);
        q = ag_extract_space(q + 1, q_end);
    }

    return p == p_end && q == q_end;
}


/*
 * Is "part" written in "whole", and small beside it?  A bit of "state" for
 * each place in "part" that the bytes read so far lead up to.
 */
static unsigned
ag_extract_repair_is_quote(ag_str_t part, ag_str_t whole)
{
    size_t            n;
    uint64_t          state, places[256];
    const ag_char_t  *p, *end;

    if (part.len > whole.len / 2) {
        return 0;
    }

    memset(places, 0, sizeof(places));
    end = part.data + part.len;
    n = 0;

    for (p = part.data; p < end; p++) {

        if (ag_extract_is_space(*p)) {
            continue;
        }

        if (n == AG_EXTRACT_REPAIR_QUOTE_MAX) {
            return 0;
        }

        places[*p] |= UINT64_C(1) << n++;
    }

    end = whole.data + whole.len;
    state = 0;

    for (p = whole.data; p < end; p++) {

        if (ag_extract_is_space(*p)) {
            continue;
        }

        state = (state << 1 | 1) & places[*p];

        if (state & UINT64_C(1) << (n - 1)) {
            return 1;
        }
    }

    return 0;
}
