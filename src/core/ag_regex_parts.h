/*
 * Copyright (C) ngx_agent authors
 *
 * What ag_schema needs of a regular expression and nobody else: matches that
 * share one budget, and how large a pattern has become.  And what the two
 * files of ag_regex share.
 */


#ifndef _AG_REGEX_PARTS_H_INCLUDED_
#define _AG_REGEX_PARTS_H_INCLUDED_


#include "core/ag_regex.h"


/*
 * The same as ag_regex_match(), which takes what it does from "*steps" as
 * well: AG_LIMIT when those end, or its own do.  A step is some 30 ns.
 */
int ag_regex_match_within(const ag_regex_t *regex, ag_str_t text,
    uint64_t *steps);

/* Bytes that the compiled pattern takes; a short one may take 64 KiB. */
size_t ag_regex_size(const ag_regex_t *regex);


/* A pattern that is looked at; all but the pattern starts at 0. */
typedef struct {
    ag_str_t     pattern;
    size_t       at;            /* what was wrong is here */
    uint64_t     unseen;        /* bytes an item may compare before it fails */
    const char  *error;
    unsigned     captures:1;    /* plain groups are referred to */
} ag_regex_read_t;


/* ag_regex_read.c.  AG_OK, or AG_LIMIT or AG_INVALID with the error. */
int ag_regex_read(ag_regex_read_t *read);


#endif /* _AG_REGEX_PARTS_H_INCLUDED_ */
