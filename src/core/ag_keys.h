/*
 * Copyright (C) ngx_agent authors
 *
 * "keys FILE": digests of a tenant's keys, who has them, until when.
 */


#ifndef _AG_KEYS_H_INCLUDED_
#define _AG_KEYS_H_INCLUDED_


#include "core/ag_key.h"


#define AG_KEYS_FILE_MAX  (256 * 1024 * 1024)   /* bytes; a million keys take
                                                   a third of it */
#define AG_KEYS_NAME_MAX  64                    /* bytes of a key's name */


typedef struct {
    unsigned char  digest[AG_KEY_DIGEST];
    ag_str_t       name;        /* in the text */
    int64_t        until;       /* Unix time; 0: for ever */
} ag_keys_line_t;


/*
 * Takes the next key from "text", which is moved on.  A line is "DIGEST NAME
 * [VALID-UNTIL]", parted by blanks: 64 hex digits with or without "sha256:"
 * before them, a name as ag_name.h's AG_NAME_PLAIN, a date or a time as
 * ag_calendar_read() reads.  '#' begins a comment; empty lines, a byte order
 * mark and CR are nothing.  *line counts lines from 1 on (the caller starts
 * with 0).
 *
 * AG_OK; AG_NONE: no more; AG_INVALID: *why says what is wrong with the line,
 * in constant words without the line's text.
 */
int ag_keys_next(ag_str_t *text, size_t *line, ag_keys_line_t *key,
    const char **why);


#endif /* _AG_KEYS_H_INCLUDED_ */
