/*
 * Copyright (C) ngx_agent authors
 *
 * Custom tools, which take a text, at providers that know functions only.
 */


#ifndef _AG_CUSTOM_H_INCLUDED_
#define _AG_CUSTOM_H_INCLUDED_


#include "dialect/ag_translate.h"


/*
 * Makes every custom tool of the request a function with one argument, a
 * string called AG_CUSTOM_INPUT, and every call of one in the history a call
 * of that; tool->wrapped tells them.  A grammar becomes a sentence of the
 * description.  Once: a second call changes nothing.
 * Returns AG_OK, AG_LIMIT or AG_NOMEM.
 */
int ag_custom_wrap(ag_neutral_t *n);

/* Was that tool a custom one? */
unsigned ag_custom_is_wrapped(const ag_neutral_t *n, ag_str_t name);

/*
 * What the client's tool gets of a call's arguments; they themselves, if
 * they are not of that form.  In the arena; data is NULL without memory.
 */
ag_str_t ag_custom_unwrap(ag_arena_t *arena, ag_str_t arguments);


#define AG_CUSTOM_INPUT  "input"


#endif /* _AG_CUSTOM_H_INCLUDED_ */
