/*
 * Copyright (C) ngx_agent authors
 *
 * Decimal counts as an operator writes them.
 */


#ifndef _AG_COUNT_H_INCLUDED_
#define _AG_COUNT_H_INCLUDED_


#include "core/ag_base.h"


/*
 * Reads a count: decimal digits and perhaps k, m or g for thousand, million
 * or billion, so that "200k" is 200000 (nginx's sizes say 204800).
 *
 * Returns AG_OK, AG_INVALID (not a count) or AG_LIMIT (past UINT64_MAX);
 * *count is changed on AG_OK only.
 */
int ag_count_read(ag_str_t text, uint64_t *count);


#endif /* _AG_COUNT_H_INCLUDED_ */
