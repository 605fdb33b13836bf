/*
 * Copyright (C) ngx_agent authors
 *
 * Regular expressions of an operator or of a JSON Schema, over PCRE2 and
 * under its limits of matching, depth and heap.  The only file that includes
 * pcre2.h.  Never used on an error text.
 */


#ifndef _AG_REGEX_H_INCLUDED_
#define _AG_REGEX_H_INCLUDED_


#include "core/ag_base.h"


typedef struct ag_regex_s  ag_regex_t;


/*
 * Compiles a pattern of at most AG_REGEX_MAX bytes: UTF-8, ECMA-262 as far as
 * PCRE2 does it (\d is ASCII as there, \p{...} works, "$" is the very end),
 * no look-behind of variable length, no callouts, no \C.  NULL: refused;
 * *error is a constant or a static sentence without the pattern and *error_at
 * its byte (both may be NULL).
 */
ag_regex_t *ag_regex_compile(ag_str_t pattern, const char **error,
    size_t *error_at);

/*
 * Does it match anywhere in the text?  AG_OK, AG_NONE, or AG_LIMIT: it would
 * take too long or too much memory; a caller treats that as no match.
 */
int ag_regex_match(const ag_regex_t *regex, ag_str_t text);

void ag_regex_free(ag_regex_t *regex);


#endif /* _AG_REGEX_H_INCLUDED_ */
