/*
 * Copyright (C) ngx_agent authors
 *
 * What the two pages of ag_render.h share; nobody else includes this.
 */


#ifndef _AG_RENDER_PARTS_H_INCLUDED_
#define _AG_RENDER_PARTS_H_INCLUDED_


#include "core/ag_render.h"


#define AG_RENDER_NUMBER_MAX  24    /* bytes of a number, "." and "\0" too */


/* After the first failure nothing more is added. */
typedef struct {
    ag_buf_t  *out;
    int        rc;
    int        comma;       /* JSON: a member stands before this one */
} ag_render_t;


/* Adds text as it is. */
void ag_render_add(ag_render_t *w, const char *text);
void ag_render_add_bytes(ag_render_t *w, const void *data, size_t len);

/* Adds a number; milliseconds as seconds, without zeros at the end. */
void ag_render_value(ag_render_t *w, ag_nature_t nature, uint64_t value);

/*
 * The upper bound of a histogram's bucket, "+Inf" for the last.  May be
 * written into "out" of AG_RENDER_NUMBER_MAX bytes.
 */
const char *ag_render_bound(ag_nature_t nature, size_t bucket, char *out);


#endif /* _AG_RENDER_PARTS_H_INCLUDED_ */
