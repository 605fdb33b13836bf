/*
 * Copyright (C) ngx_agent authors
 *
 * What the files of ag_extract share: where JSON may stand in a text, and
 * how one value is mended.  Nobody else includes this.
 */


#ifndef _AG_EXTRACT_PARTS_H_INCLUDED_
#define _AG_EXTRACT_PARTS_H_INCLUDED_


#include "core/ag_extract.h"
#include "core/ag_json.h"


/* A fenced code block.  One that is not closed goes on to the text's end. */
typedef struct {
    ag_str_t          inside;       /* behind the word, up to the closing
                                       line; with white space */
    const ag_char_t  *next;         /* the line behind the block */
    unsigned          json:1;       /* its word is "json", or it has none */
    unsigned          labelled:1;   /* it has a word */
    unsigned          closed:1;
} ag_extract_fence_t;


/*
 * ag_extract_json(), and whether there is doubt: a fenced block behind the
 * one that was found holds brackets, but is not JSON as it stands.
 */
int ag_extract_find(ag_str_t text, ag_str_t *json, unsigned *doubt);

/*
 * The pair of <final_output> in which the answer stands.  AG_NONE also when
 * the text is a value itself and the pair is part of one of its strings.
 */
int ag_extract_answer(ag_str_t text, ag_str_t *inside);

/* Reads the fenced block that the line at "p" opens; 0 if it opens none. */
unsigned ag_extract_fence(const ag_char_t *p, const ag_char_t *end,
    ag_extract_fence_t *fence);

/* Does a fence stand somewhere, at the start of a line or not? */
unsigned ag_extract_fence_is_in(ag_str_t text);

/*
 * Passes over what the bracket at "p" opens, mendable or not.
 *
 * AG_OK       *after is behind it
 * AG_AGAIN    the text ends inside of it, and it is a value
 * AG_INVALID  the same, but it is prose as far as one can tell
 */
int ag_extract_pass(const ag_char_t *p, const ag_char_t *end,
    const ag_char_t **after);

/*
 * Goes on with that from "from" on, where it is no JSON any more and "depth"
 * brackets are open: they are counted, and quotes are not minded.
 */
int ag_extract_pass_on(const ag_char_t *p, const ag_char_t *from,
    const ag_char_t *end, size_t depth, const ag_char_t **after);

/*
 * Adds to "out" the value at the start of "text", which is a bracket, mended.
 * The form is right then, the rest is for ag_json_scan() to judge.
 *
 *   used   bytes of the value; if it is refused, those in front of what
 *          cannot be JSON
 *   depth  brackets that are open there
 *   out    may be NULL
 *
 * AG_OK, AG_AGAIN (the text ends inside the value), AG_INVALID, AG_LIMIT
 * (nested too deeply, or "out" is full) or AG_NOMEM.  Unless AG_OK, a part of
 * the value may be in "out".  One pass, without recursion.
 */
int ag_extract_mend(ag_str_t text, ag_buf_t *out, size_t *used,
    size_t *depth);

/*
 * The length of the comment at "p", 0 if there is none; a byte is in front of
 * "p".  AG_OK, AG_AGAIN (it does not end) or AG_INVALID (it stands for what
 * was left out).
 */
int ag_extract_comment(const ag_char_t *p, const ag_char_t *end,
    size_t *len);


/* White space of JSON. */
static inline unsigned
ag_extract_is_space(ag_char_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}


static inline const ag_char_t *
ag_extract_space(const ag_char_t *p, const ag_char_t *end)
{
    while (p < end && ag_extract_is_space(*p)) {
        p++;
    }

    return p;
}


#endif /* _AG_EXTRACT_PARTS_H_INCLUDED_ */
