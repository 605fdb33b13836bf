/*
 * Copyright (C) ngx_agent authors
 *
 * What the files of ag_standing share: how its texts are put together.
 */


#ifndef _AG_STANDING_PARTS_H_INCLUDED_
#define _AG_STANDING_PARTS_H_INCLUDED_


#include "core/ag_standing.h"


#define AG_STANDING_MS      1000        /* us */
#define AG_STANDING_SECOND  1000000     /* us */


/* Adds until something does not fit; "rc" is then the reason. */
typedef struct {
    ag_buf_t  *buf;
    int        rc;
} ag_standing_writer_t;


void ag_standing_put(ag_standing_writer_t *writer, const char *text);
void ag_standing_put_text(ag_standing_writer_t *writer, ag_str_t text);
void ag_standing_put_number(ag_standing_writer_t *writer, uint64_t number);

/* What is before a JSON string and the string; for an empty text "empty". */
void ag_standing_put_json(ag_standing_writer_t *writer, const char *before,
    ag_str_t text, const char *empty);

/* Money in USD, without zeroes at its end and without a bare point. */
void ag_standing_put_amount(ag_standing_writer_t *writer,
    ag_resource_t resource, uint64_t amount);

/* Seconds, rounded up to ms, without zeroes at their end. */
void ag_standing_put_seconds(ag_standing_writer_t *writer, uint64_t us);

/* As ag_standing_time(). */
void ag_standing_put_time(ag_standing_writer_t *writer, uint64_t us);

/* How many units hold so many us. */
uint64_t ag_standing_up(uint64_t us, uint64_t unit);


#endif /* _AG_STANDING_PARTS_H_INCLUDED_ */
