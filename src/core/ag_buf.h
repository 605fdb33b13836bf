/*
 * Copyright (C) ngx_agent authors
 *
 * A growing buffer that cannot exist without its maximum.
 */


#ifndef _AG_BUF_H_INCLUDED_
#define _AG_BUF_H_INCLUDED_


#include "core/ag_base.h"


typedef struct {
    ag_char_t  *data;
    size_t      len;        /* bytes in use */
    size_t      size;       /* bytes allocated */
    size_t      max;        /* bytes it may ever hold */
} ag_buf_t;


/* Makes an empty buffer of at most "max" bytes; allocates nothing. */
void ag_buf_init(ag_buf_t *b, size_t max);

/*
 * Makes room for "len" more bytes.  Grows by doubling, never past the
 * maximum.  Returns AG_OK, AG_LIMIT (nothing changed) or AG_NOMEM.
 */
int ag_buf_reserve(ag_buf_t *b, size_t len);

/* Adds bytes at the end.  Errors as ag_buf_reserve(). */
int ag_buf_add(ag_buf_t *b, const void *data, size_t len);
int ag_buf_add_string(ag_buf_t *b, const char *string);

/* Adds a decimal number. */
int ag_buf_add_number(ag_buf_t *b, uint64_t number);

/*
 * Adds text as the inside of a JSON string: quotes, backslashes and control
 * characters escaped, bytes that are not UTF-8 replaced by U+FFFD.
 */
int ag_buf_add_json(ag_buf_t *b, ag_str_t text);

/* Drops the first "len" bytes; the rest moves to the front. */
void ag_buf_shift(ag_buf_t *b, size_t len);

/* Frees the memory; the buffer is empty and usable again. */
void ag_buf_free(ag_buf_t *b);


static inline ag_str_t
ag_buf_str(const ag_buf_t *b)
{
    return ag_str(b->data, b->len);
}


#endif /* _AG_BUF_H_INCLUDED_ */
