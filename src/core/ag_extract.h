/*
 * Copyright (C) ngx_agent authors
 *
 * Finds the JSON in a model's text, and mends the ways in which models spoil
 * it.  Deterministic: the same text gives the same JSON, and nothing is ever
 * guessed that is not written there.
 */


#ifndef _AG_EXTRACT_H_INCLUDED_
#define _AG_EXTRACT_H_INCLUDED_


#include "core/ag_base.h"
#include "core/ag_buf.h"


/*
 * What stands between <NAME> and the last </NAME> behind it; the last such
 * pair of the text, since models think aloud first.  Without white space
 * around it.  AG_OK, or AG_NONE.
 */
int ag_extract_tag(ag_str_t text, ag_str_t name, ag_str_t *inside);

/*
 * The JSON that a text holds: inside <final_output>...</final_output>, else
 * in a fenced code block (the last one that is JSON; ``` or ~~~, with or
 * without "json"), else the whole text without the white space around it.
 * Each must be one JSON value as it stands; the first that is, is it.
 * AG_OK with *json a span of the text, or AG_NONE.
 */
int ag_extract_json(ag_str_t text, ag_str_t *json);

/*
 * The same of a text that was spoilt; adds the mended JSON to "out".  Mends:
 * a fence that is not closed, prose before and behind (the largest balanced
 * object or array is taken), trailing commas, comments, single or curly
 * quotes around strings, unquoted keys, True, False and None, raw line breaks
 * inside strings, a byte order mark.  Never closes what is left open: a text
 * that was cut off stays invalid, and so does one with two values that could
 * both be meant.
 *
 * Returns AG_OK, AG_INVALID (cannot be mended), AG_LIMIT or AG_NOMEM.  Linear
 * but for at most AG_EXTRACT_TRIES_MAX places where a value may begin.
 */
int ag_extract_repair(ag_str_t text, ag_buf_t *out);


#endif /* _AG_EXTRACT_H_INCLUDED_ */
