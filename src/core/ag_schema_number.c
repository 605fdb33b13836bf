/*
 * Copyright (C) ngx_agent authors
 *
 * Numbers of JSON as JSON Schema sees them.
 *
 * Whether one number is a multiple of another is asked of their decimal
 * digits, not of their doubles: 0.0075 is no multiple of 0.0001 in binary,
 * and 1e308 divided by a fraction is infinite.
 */


#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/ag_schema_number.h"


#define AG_SCHEMA_NUMBER_TEXT      40       /* bytes of a number of 64 bits */
#define AG_SCHEMA_NUMBER_EXPONENT  1000000000   /* larger ones are this */
#define AG_SCHEMA_NUMBER_2_64      18446744073709551616.0


/* The digits of a number: those of the text up to the last that is not 0. */
typedef struct {
    ag_str_t  digits;       /* may hold a point */
    int64_t   exponent;     /* of the last digit */
} ag_schema_number_digits_t;


static void ag_schema_number_read_raw(const char *text, size_t len,
    ag_schema_number_t *number);
static int ag_schema_number_order(uint64_t a, uint64_t b);
static int ag_schema_number_magnitudes(const ag_schema_number_t *a,
    const ag_schema_number_t *b);
static int ag_schema_number_mixed(uint64_t integer, double real);
static int ag_schema_number_long(const ag_schema_number_t *a,
    const ag_schema_number_t *b);
static int ag_schema_number_texts(ag_str_t a, ag_str_t b);
static unsigned ag_schema_number_is_whole(ag_str_t text);
static long double ag_schema_number_wide(const ag_schema_number_t *number);
static ag_str_t ag_schema_number_text(const ag_schema_number_t *number,
    char *buffer);
static void ag_schema_number_digits(ag_str_t text,
    ag_schema_number_digits_t *digits);
static uint64_t ag_schema_number_append(uint64_t rest, unsigned digit,
    uint64_t modulus);


void
ag_schema_number_read(yyjson_val *value, ag_schema_number_t *number)
{
    int64_t  integer;

    memset(number, 0, sizeof(*number));

    if (yyjson_is_raw(value)) {
        ag_schema_number_read_raw(yyjson_get_raw(value),
                                  yyjson_get_len(value), number);

    } else if (yyjson_is_real(value)) {
        number->kind = AG_SCHEMA_NUMBER_REAL;
        number->real = yyjson_get_real(value);
        number->negative = (number->real < 0);

    } else if (yyjson_is_sint(value)) {
        integer = yyjson_get_sint(value);
        number->negative = (integer < 0);
        number->magnitude = (integer < 0) ? 0 - (uint64_t) integer
                                          : (uint64_t) integer;

    } else {
        number->magnitude = yyjson_get_uint(value);
    }
}


/* Signs first: all else is about magnitudes, where nothing can overflow. */
int
ag_schema_number_compare(const ag_schema_number_t *a,
    const ag_schema_number_t *b)
{
    int  order;

    if (a->negative != b->negative) {
        return a->negative ? -1 : 1;
    }

    order = ag_schema_number_magnitudes(a, b);

    return a->negative ? -order : order;
}


unsigned
ag_schema_number_is_integer(const ag_schema_number_t *number)
{
    ag_schema_number_digits_t  digits;

    switch (number->kind) {

    case AG_SCHEMA_NUMBER_INTEGER:
        return 1;

    case AG_SCHEMA_NUMBER_REAL:
        return floor(number->real) == number->real && !isinf(number->real);

    default:
        ag_schema_number_digits(number->text, &digits);
        return digits.exponent >= 0;
    }
}


/* A double has at most 17 digits, so that only a raw number may not fit. */
int
ag_schema_number_decimal(const ag_schema_number_t *number,
    uint64_t *mantissa, int64_t *exponent)
{
    char                       buffer[AG_SCHEMA_NUMBER_TEXT];
    size_t                     i;
    ag_schema_number_digits_t  digits;

    if (number->negative || number->kind == AG_SCHEMA_NUMBER_LONG) {
        return AG_INVALID;
    }

    ag_schema_number_digits(ag_schema_number_text(number, buffer), &digits);

    if (digits.digits.len == 0) {
        return AG_INVALID;
    }

    *mantissa = 0;
    *exponent = digits.exponent;

    for (i = 0; i < digits.digits.len; i++) {
        if (digits.digits.data[i] >= '0' && digits.digits.data[i] <= '9') {
            *mantissa = *mantissa * 10 + (digits.digits.data[i] - '0');
        }
    }

    return AG_OK;
}


/*
 * With both as digits times a power of ten: divides the one by the other, as
 * one does on paper, and keeps only the rest.
 */
unsigned
ag_schema_number_is_multiple(const ag_schema_number_t *number,
    uint64_t mantissa, int64_t exponent)
{
    char                       buffer[AG_SCHEMA_NUMBER_TEXT];
    size_t                     i;
    int64_t                    zeros;
    uint64_t                   rest;
    ag_schema_number_digits_t  digits;

    ag_schema_number_digits(ag_schema_number_text(number, buffer), &digits);

    if (digits.digits.len == 0) {
        return 1;
    }

    zeros = digits.exponent - exponent;

    if (zeros < 0) {

        /* a multiple would end with a 0 in the place of the last digit */

        return 0;
    }

    rest = 0;

    for (i = 0; i < digits.digits.len; i++) {
        if (digits.digits.data[i] >= '0' && digits.digits.data[i] <= '9') {
            rest = ag_schema_number_append(rest,
                                           digits.digits.data[i] - '0',
                                           mantissa);
        }
    }

    /* 64 zeros divide by all twos and fives that 64 bits can hold */

    for (i = 0; rest != 0 && i < 64 && (int64_t) i < zeros; i++) {
        rest = ag_schema_number_append(rest, 0, mantissa);
    }

    return rest == 0;
}


/* A raw number may still be one that fits. */
static void
ag_schema_number_read_raw(const char *text, size_t len,
    ag_schema_number_t *number)
{
    size_t    i;
    uint64_t  digit;

    number->negative = (len > 0 && text[0] == '-');
    number->text = ag_str(text, len);

    if (ag_schema_number_is_whole(number->text)) {

        for (i = number->negative; i < len; i++) {
            digit = (uint64_t) (text[i] - '0');

            if (number->magnitude > (UINT64_MAX - digit) / 10) {
                number->kind = AG_SCHEMA_NUMBER_LONG;
                return;
            }

            number->magnitude = number->magnitude * 10 + digit;
        }

        number->negative = number->negative && number->magnitude > 0;

        return;
    }

    number->real = strtod(text, NULL);
    number->negative = (number->real < 0);
    number->kind = isfinite(number->real) ? AG_SCHEMA_NUMBER_REAL
                                          : AG_SCHEMA_NUMBER_LONG;
}


static int
ag_schema_number_order(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}


/* Compares what the numbers are without their sign. */
static int
ag_schema_number_magnitudes(const ag_schema_number_t *a,
    const ag_schema_number_t *b)
{
    if (a->kind == AG_SCHEMA_NUMBER_LONG || b->kind == AG_SCHEMA_NUMBER_LONG) {
        return ag_schema_number_long(a, b);
    }

    if (a->kind == AG_SCHEMA_NUMBER_INTEGER) {
        return (b->kind == AG_SCHEMA_NUMBER_INTEGER)
               ? ag_schema_number_order(a->magnitude, b->magnitude)
               : ag_schema_number_mixed(a->magnitude, fabs(b->real));
    }

    if (b->kind == AG_SCHEMA_NUMBER_INTEGER) {
        return -ag_schema_number_mixed(b->magnitude, fabs(a->real));
    }

    return (fabs(a->real) > fabs(b->real)) - (fabs(a->real) < fabs(b->real));
}


/* Exact: no integer is made a double, which has 53 bits for it. */
static int
ag_schema_number_mixed(uint64_t integer, double real)
{
    uint64_t  whole;

    if (!(real < AG_SCHEMA_NUMBER_2_64)) {
        return -1;
    }

    whole = (uint64_t) real;

    if (integer != whole) {
        return ag_schema_number_order(integer, whole);
    }

    return (real > floor(real)) ? -1 : 0;
}


/* At least one of them is LONG. */
static int
ag_schema_number_long(const ag_schema_number_t *a,
    const ag_schema_number_t *b)
{
    int          order;
    long double  x, y;

    if (a->kind == b->kind && ag_schema_number_is_whole(a->text)
        && ag_schema_number_is_whole(b->text))
    {
        /* both have the same sign, and JSON no zeros in front */

        return ag_schema_number_texts(a->text, b->text);
    }

    x = ag_schema_number_wide(a);
    y = ag_schema_number_wide(b);
    order = (x > y) - (x < y);

    if (order == 0 && a->kind == b->kind && isinf(x)) {

        /* nothing can tell them apart but how they are written */

        order = ag_schema_number_texts(a->text, b->text);
    }

    return order;
}


/* Longer ones are more. */
static int
ag_schema_number_texts(ag_str_t a, ag_str_t b)
{
    int  order;

    if (a.len != b.len) {
        return (a.len > b.len) ? 1 : -1;
    }

    order = memcmp(a.data, b.data, a.len);

    return (order > 0) - (order < 0);
}


/* Is the number written without a fraction and an exponent? */
static unsigned
ag_schema_number_is_whole(ag_str_t text)
{
    size_t  i;

    i = (text.len > 0 && text.data[0] == '-');

    if (i == text.len) {
        return 0;
    }

    for ( /* void */ ; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return 0;
        }
    }

    return 1;
}


/* The magnitude; infinite from some 1e4932 on, or earlier. */
static long double
ag_schema_number_wide(const ag_schema_number_t *number)
{
    switch (number->kind) {

    case AG_SCHEMA_NUMBER_INTEGER:
        return (long double) number->magnitude;

    case AG_SCHEMA_NUMBER_REAL:
        return (long double) fabs(number->real);

    default:
        return fabsl(strtold((const char *) number->text.data, NULL));
    }
}


/* The shortest text that is this number and no other. */
static ag_str_t
ag_schema_number_text(const ag_schema_number_t *number, char *buffer)
{
    int  len, precision;

    if (number->kind == AG_SCHEMA_NUMBER_LONG) {
        return number->text;
    }

    if (number->kind == AG_SCHEMA_NUMBER_INTEGER) {
        len = snprintf(buffer, AG_SCHEMA_NUMBER_TEXT, "%llu",
                       (unsigned long long) number->magnitude);

        return ag_str(buffer, (size_t) len);
    }

    precision = DBL_DIG - 1;

    do {
        len = snprintf(buffer, AG_SCHEMA_NUMBER_TEXT, "%.*e", precision,
                       number->real);
        precision++;
    } while (precision <= DBL_DIG + 1 && strtod(buffer, NULL) != number->real);

    return ag_str(buffer, (size_t) len);
}


/* Finds the digits that count; none: the number is 0. */
static void
ag_schema_number_digits(ag_str_t text, ag_schema_number_digits_t *digits)
{
    size_t   i, first, last, point, end;
    int64_t  exponent;

    first = (text.len > 0 && text.data[0] == '-');
    last = first;
    point = text.len;

    for (i = first; i < text.len && text.data[i] != 'e'
                    && text.data[i] != 'E'; i++)
    {
        if (text.data[i] < '0' || text.data[i] > '9') {
            point = i;

        } else if (text.data[i] != '0') {
            last = i + 1;
        }
    }

    end = i;
    point = (point < end) ? point : end;
    exponent = 0;

    for (i = end + 1; i < text.len; i++) {
        if (text.data[i] >= '0' && text.data[i] <= '9'
            && exponent < AG_SCHEMA_NUMBER_EXPONENT)
        {
            exponent = exponent * 10 + (text.data[i] - '0');
        }
    }

    if (end + 1 < text.len && text.data[end + 1] == '-') {
        exponent = -exponent;
    }

    /* "last" stands behind the last digit: 12.5 ends one behind the point */

    exponent += (last <= point) ? (int64_t) (point - last)
                                : -(int64_t) (last - point - 1);

    digits->digits = ag_str(text.data + first, last - first);
    digits->exponent = exponent;
}


/* (rest * 10 + digit) % modulus, where rest < modulus. */
static uint64_t
ag_schema_number_append(uint64_t rest, unsigned digit, uint64_t modulus)
{
    int       i;
    uint64_t  sum, add;

    if (modulus <= (UINT64_MAX - 9) / 10) {
        return (rest * 10 + digit) % modulus;
    }

    /* more than 60 bits: ten times the rest is added where it may wrap */

    sum = digit;
    add = rest;

    for (i = 0; i < 10; i++) {
        sum = (sum >= modulus - add) ? sum - (modulus - add) : sum + add;
    }

    return sum;
}
