/*
 * Copyright (C) ngx_agent authors
 *
 * Regular expressions under limits that hold.
 *
 * PCRE2's own match limit begins anew at every place of the text where a
 * match may start, and does not see how far one item of a pattern runs: a
 * text of 1 MiB may keep a worker busy for over a minute below it.  So every
 * pattern is compiled with a callout before each of its items, and that one
 * counts: items tried, bytes passed, and what an item may look at without
 * being seen.  It costs a quarter of the speed, and JIT, which knows no limit
 * of depth or heap.
 */


#define PCRE2_CODE_UNIT_WIDTH  8

#include <stdlib.h>

#include <pcre2.h>

#include "core/ag_caps.h"
#include "core/ag_regex_parts.h"


#define AG_REGEX_STRETCH  16384     /* bytes of text for which the match limit
                                       is meant; longer texts have more */

#define AG_REGEX_OPTIONS                                                      \
    (PCRE2_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C                    \
     | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX | PCRE2_ALLOW_EMPTY_CLASS        \
     | PCRE2_MATCH_UNSET_BACKREF | PCRE2_AUTO_CALLOUT)


struct ag_regex_s {
    pcre2_code  *code;
    uint64_t     base;      /* steps of trying an item: frames are copied */
    uint64_t     weight;    /* of 64 bytes passed: classes may be long */
    uint64_t     unseen;    /* bytes an item may compare before it fails */
};


/* The count of one match. */
typedef struct {
    const ag_regex_t  *regex;
    uint64_t           left;    /* steps */
    size_t             last;    /* where the last item was tried */
} ag_regex_count_t;


typedef struct {
    int          code;
    const char  *sentence;
} ag_regex_error_t;


static ag_regex_t *ag_regex_make(const ag_regex_read_t *read, int *code,
    size_t *at);
static const char *ag_regex_sentence(int code);
static int ag_regex_run(ag_regex_count_t *count, ag_str_t text,
    pcre2_match_data *data, pcre2_match_context *context);
static uint32_t ag_regex_most(ag_str_t text);
static int ag_regex_count(pcre2_callout_block *block, void *data);
static int ag_regex_spend(ag_regex_count_t *count, uint64_t steps);


static const ag_regex_error_t  ag_regex_errors[] = {
    { PCRE2_ERROR_END_BACKSLASH, "ends with a backslash" },
    { PCRE2_ERROR_UNKNOWN_ESCAPE, "has an escape that does not exist" },
    { PCRE2_ERROR_QUANTIFIER_OUT_OF_ORDER,
      "repeats at least more often than at most" },
    { PCRE2_ERROR_QUANTIFIER_TOO_BIG, "repeats too often" },
    { PCRE2_ERROR_MISSING_SQUARE_BRACKET, "has a class without its end" },
    { PCRE2_ERROR_CLASS_RANGE_ORDER, "has a range of the wrong order" },
    { PCRE2_ERROR_QUANTIFIER_INVALID, "repeats nothing" },
    { PCRE2_ERROR_MISSING_CLOSING_PARENTHESIS,
      "has a group without its end" },
    { PCRE2_ERROR_UNMATCHED_CLOSING_PARENTHESIS,
      "has an end without its group" },
    { PCRE2_ERROR_BAD_SUBPATTERN_REFERENCE,
      "refers to a group that does not exist" },
    { PCRE2_ERROR_PARENTHESES_NEST_TOO_DEEP, "has groups nested too deep" },
    { PCRE2_ERROR_PATTERN_TOO_LARGE, "becomes too large" },
    { PCRE2_ERROR_LOOKBEHIND_NOT_FIXED_LENGTH,
      "looks behind by no fixed length" },
#ifdef PCRE2_ERROR_MAX_VAR_LOOKBEHIND_EXCEEDED
    { PCRE2_ERROR_MAX_VAR_LOOKBEHIND_EXCEEDED,
      "looks behind by no fixed length" },
#endif
    { PCRE2_ERROR_UNKNOWN_UNICODE_PROPERTY,
      "names a property of characters that does not exist" },
};


ag_regex_t *
ag_regex_compile(ag_str_t pattern, const char **error, size_t *error_at)
{
    int              code;
    size_t           at;
    ag_regex_t      *regex;
    const char      *sentence;
    ag_regex_read_t  read;

    memset(&read, 0, sizeof(read));
    read.pattern = (pattern.len > 0) ? pattern : ag_str("", 0);

    regex = NULL;

    if (ag_regex_read(&read) != AG_OK) {
        sentence = read.error;
        at = read.at;

    } else {
        code = PCRE2_ERROR_HEAP_FAILED;
        at = 0;
        regex = ag_regex_make(&read, &code, &at);
        sentence = (regex == NULL) ? ag_regex_sentence(code) : NULL;
    }

    if (error != NULL) {
        *error = sentence;
    }

    if (error_at != NULL) {
        *error_at = (at < pattern.len) ? at : pattern.len;
    }

    return regex;
}


int
ag_regex_match(const ag_regex_t *regex, ag_str_t text)
{
    uint64_t  steps;

    steps = UINT64_MAX;

    return ag_regex_match_within(regex, text, &steps);
}


/*
 * What PCRE2 needs for a match is made anew each time: it would keep up to
 * AG_REGEX_HEAP_MAX of frames for every pattern that was ever used.
 */
int
ag_regex_match_within(const ag_regex_t *regex, ag_str_t text,
    uint64_t *steps)
{
    int                   rc;
    uint64_t              most;
    pcre2_match_data     *data;
    ag_regex_count_t      count;
    pcre2_match_context  *context;

    most = ag_regex_most(text);
    most = (*steps < most) ? *steps : most;

    count.regex = regex;
    count.left = most;
    count.last = 0;

    data = pcre2_match_data_create(1, NULL);
    context = pcre2_match_context_create(NULL);
    rc = AG_LIMIT;

    if (data != NULL && context != NULL) {
        rc = ag_regex_run(&count, (text.len > 0) ? text : ag_str("", 0), data,
                          context);
    }

    pcre2_match_data_free(data);
    pcre2_match_context_free(context);

    *steps -= most - count.left;

    return rc;
}


size_t
ag_regex_size(const ag_regex_t *regex)
{
    size_t  size;

    (void) pcre2_pattern_info(regex->code, PCRE2_INFO_SIZE, &size);

    return size;
}


void
ag_regex_free(ag_regex_t *regex)
{
    if (regex != NULL) {
        pcre2_code_free(regex->code);
        free(regex);
    }
}


/* *code is as it was when there is no memory. */
static ag_regex_t *
ag_regex_make(const ag_regex_read_t *read, int *code, size_t *at)
{
    uint32_t                captures;
    ag_regex_t             *regex;
    pcre2_compile_context  *context;

    regex = malloc(sizeof(*regex));
    context = pcre2_compile_context_create(NULL);

    if (regex == NULL || context == NULL) {
        free(regex);
        pcre2_compile_context_free(context);
        return NULL;
    }

    (void) pcre2_set_compile_extra_options(context, PCRE2_EXTRA_ALT_BSUX);
    (void) pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF);

#if (PCRE2_MAJOR > 10 || PCRE2_MINOR > 42)

    /* what an older one refuses is refused everywhere */

    (void) pcre2_set_max_varlookbehind(context, 0);

#endif

    /* nobody asks what a group held, and it costs in every frame */

    regex->code = pcre2_compile(read->pattern.data, read->pattern.len,
                                AG_REGEX_OPTIONS
                                | (read->captures ? 0
                                                  : PCRE2_NO_AUTO_CAPTURE),
                                code, at, context);

    pcre2_compile_context_free(context);

    if (regex->code == NULL) {
        free(regex);
        return NULL;
    }

    (void) pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT,
                              &captures);

    regex->base = 1 + captures / 8;
    regex->weight = 1 + read->pattern.len / 64;
    regex->unseen = read->unseen;

    return regex;
}


/* PCRE2's own words would need a buffer, and may change. */
static const char *
ag_regex_sentence(int code)
{
    size_t  i;

    for (i = 0; i < sizeof(ag_regex_errors) / sizeof(ag_regex_errors[0]); i++)
    {
        if (ag_regex_errors[i].code == code) {
            return ag_regex_errors[i].sentence;
        }
    }

    if (code < 0) {
        return (code >= PCRE2_ERROR_UTF8_ERR21) ? "is not UTF-8"
                                                : "needs too much memory";
    }

    return "is no regular expression";
}


static int
ag_regex_run(ag_regex_count_t *count, ag_str_t text, pcre2_match_data *data,
    pcre2_match_context *context)
{
    int  rc;

    /* once for the memory of the match, and UTF-8 is checked */

    if (ag_regex_spend(count, 16 + text.len / 64) != AG_OK) {
        return AG_LIMIT;
    }

    (void) pcre2_set_match_limit(context, ag_regex_most(text));
    (void) pcre2_set_depth_limit(context, AG_REGEX_DEPTH_MAX);
    (void) pcre2_set_heap_limit(context, AG_REGEX_HEAP_MAX);
    (void) pcre2_set_callout(context, ag_regex_count, count);

    rc = pcre2_match(count->regex->code, text.data, text.len, 0, 0, data,
                     context);

    if (rc >= 0) {
        return AG_OK;
    }

    /* what is not UTF-8 is matched by nothing */

    if (rc == PCRE2_ERROR_NOMATCH
        || (rc <= PCRE2_ERROR_UTF8_ERR1 && rc >= PCRE2_ERROR_UTF8_ERR21))
    {
        return AG_NONE;
    }

    return AG_LIMIT;
}


/* The steps that a text may take, by its length. */
static uint32_t
ag_regex_most(ag_str_t text)
{
    uint64_t  most;

    most = (uint64_t) AG_REGEX_MATCH_MAX * (1 + text.len / AG_REGEX_STRETCH);

    return (most < UINT32_MAX) ? (uint32_t) most : UINT32_MAX;
}


/* Called by PCRE2 before it tries an item of the pattern. */
static int
ag_regex_count(pcre2_callout_block *block, void *data)
{
    uint64_t           rest, passed;
    ag_regex_count_t  *count;
    const ag_regex_t  *regex;

    count = data;
    regex = count->regex;

    /* what the last item ran over, and what this one may before it fails */

    passed = (block->current_position > count->last)
             ? block->current_position - count->last
             : count->last - block->current_position;

    count->last = block->current_position;
    rest = block->subject_length - block->current_position;
    passed += (rest < regex->unseen) ? rest : regex->unseen;

    if (ag_regex_spend(count, regex->base + regex->weight * passed / 64)
        != AG_OK)
    {
        return PCRE2_ERROR_CALLOUT;
    }

    return 0;
}


/* When there are too few, none are left: nothing cheaper may follow. */
static int
ag_regex_spend(ag_regex_count_t *count, uint64_t steps)
{
    if (count->left < steps) {
        count->left = 0;
        return AG_LIMIT;
    }

    count->left -= steps;

    return AG_OK;
}
