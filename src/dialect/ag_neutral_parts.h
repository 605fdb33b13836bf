/*
 * Copyright (C) ngx_agent authors
 *
 * What the files of the neutral form share.
 */


#ifndef _AG_NEUTRAL_PARTS_H_INCLUDED_
#define _AG_NEUTRAL_PARTS_H_INCLUDED_


#include "dialect/ag_neutral.h"


#define AG_NEUTRAL_SENTENCE_MAX  1024   /* bytes of an error's path or text */


/*
 * A path in the arena: "format" with "index" for its "%u".  "list" (may be
 * NULL) is put before a format that begins with "[", and instead of a leading
 * "messages".  Empty: no memory.
 */
ag_str_t ag_neutral_path(ag_arena_t *arena, const char *list,
    const char *format, uint32_t index);

/* Words one behind the other, in the arena; NULL ends them.  Empty: no
 * memory. */
ag_str_t ag_neutral_sentence(ag_arena_t *arena, const char *words, ...);


#endif /* _AG_NEUTRAL_PARTS_H_INCLUDED_ */
