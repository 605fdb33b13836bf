/*
 * Copyright (C) ngx_agent authors
 *
 * Numbers of JSON as JSON Schema sees them: 1.0 is 1 and an integer, 64 bits
 * are exact, and 0.3 is a multiple of 0.1 as it is on paper.
 */


#ifndef _AG_SCHEMA_NUMBER_H_INCLUDED_
#define _AG_SCHEMA_NUMBER_H_INCLUDED_


#include <yyjson.h>

#include "core/ag_base.h"


typedef enum {
    AG_SCHEMA_NUMBER_INTEGER = 0,   /* of up to 64 bits and a sign */
    AG_SCHEMA_NUMBER_REAL,
    AG_SCHEMA_NUMBER_LONG           /* neither holds it: as it was written */
} ag_schema_number_kind_t;


typedef struct {
    ag_schema_number_kind_t  kind;
    unsigned                 negative:1;    /* never of 0 */
    uint64_t                 magnitude;     /* INTEGER */
    double                   real;          /* REAL */
    ag_str_t                 text;          /* LONG; ends with a 0 byte */
} ag_schema_number_t;


/* Reads a number, which may be raw. */
void ag_schema_number_read(yyjson_val *value, ag_schema_number_t *number);

/*
 * Less than 0, 0, or more, as a is to b.  Exact but where a number past 64
 * bits meets one with a fraction or an exponent: then as long double.
 */
int ag_schema_number_compare(const ag_schema_number_t *a,
    const ag_schema_number_t *b);

unsigned ag_schema_number_is_integer(const ag_schema_number_t *number);

/*
 * The number as "mantissa" times 10 to the "exponent", which its shortest
 * decimal form says.  AG_INVALID unless it is above 0 and the mantissa fits.
 */
int ag_schema_number_decimal(const ag_schema_number_t *number,
    uint64_t *mantissa, int64_t *exponent);

/* Is it a multiple of that? */
unsigned ag_schema_number_is_multiple(const ag_schema_number_t *number,
    uint64_t mantissa, int64_t exponent);


#endif /* _AG_SCHEMA_NUMBER_H_INCLUDED_ */
