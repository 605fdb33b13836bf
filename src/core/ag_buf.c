/*
 * Copyright (C) ngx_agent authors
 *
 * A growing buffer that cannot exist without its maximum.
 *
 * An addition that does not fit changes nothing, so a caller may stop at any
 * error with a buffer that still makes sense.  Refuses to print formats and
 * to hand out its memory for keeping: both ended in overruns elsewhere.
 */


#include <stdlib.h>

#include "core/ag_buf.h"


#define AG_BUF_SIZE_MIN     256     /* bytes of the first allocation */
#define AG_BUF_NUMBER_MAX   20      /* digits of UINT64_MAX */


static int ag_buf_add_special(ag_buf_t *b, ag_char_t c);


/* What a byte that is not UTF-8 becomes: U+FFFD. */
static const ag_char_t  ag_buf_replacement[] = { 0xef, 0xbf, 0xbd };


void
ag_buf_init(ag_buf_t *b, size_t max)
{
    b->data = NULL;
    b->len = 0;
    b->size = 0;
    b->max = max;
}


int
ag_buf_reserve(ag_buf_t *b, size_t len)
{
    size_t      size;
    ag_char_t  *data;

    if (len > b->max - b->len) {
        return AG_LIMIT;
    }

    if (len <= b->size - b->len) {
        return AG_OK;
    }

    size = (b->size < AG_BUF_SIZE_MIN) ? AG_BUF_SIZE_MIN : b->size;

    /* doubling must not pass the maximum, nor wrap when there is none */

    while (size < b->len + len) {
        size = (size > b->max / 2) ? b->max : size * 2;
    }

    if (size > b->max) {
        size = b->max;
    }

    data = realloc(b->data, size);
    if (data == NULL) {
        return AG_NOMEM;
    }

    b->data = data;
    b->size = size;

    return AG_OK;
}


int
ag_buf_add(ag_buf_t *b, const void *data, size_t len)
{
    int  rc;

    if (len == 0) {
        return AG_OK;
    }

    rc = ag_buf_reserve(b, len);
    if (rc != AG_OK) {
        return rc;
    }

    memcpy(b->data + b->len, data, len);
    b->len += len;

    return AG_OK;
}


int
ag_buf_add_string(ag_buf_t *b, const char *string)
{
    return ag_buf_add(b, string, strlen(string));
}


int
ag_buf_add_number(ag_buf_t *b, uint64_t number)
{
    ag_char_t  digits[AG_BUF_NUMBER_MAX], *p;

    p = digits + AG_BUF_NUMBER_MAX;

    do {
        *--p = (ag_char_t) ('0' + number % 10);
        number /= 10;
    } while (number != 0);

    return ag_buf_add(b, p, (size_t) (digits + AG_BUF_NUMBER_MAX - p));
}


int
ag_buf_add_json(ag_buf_t *b, ag_str_t text)
{
    int               rc;
    size_t            n, before;
    const ag_char_t  *p, *plain, *end;

    if (text.len == 0) {
        return AG_OK;
    }

    before = b->len;
    rc = AG_OK;
    p = plain = text.data;
    end = text.data + text.len;

    while (p < end && rc == AG_OK) {
        n = ag_utf8_length(p, end);

        if (n > 0 && *p >= ' ' && *p != '"' && *p != '\\') {
            p += n;
            continue;
        }

        rc = ag_buf_add(b, plain, (size_t) (p - plain));

        if (rc == AG_OK) {
            rc = ag_buf_add_special(b, *p);
        }

        plain = ++p;
    }

    if (rc == AG_OK) {
        rc = ag_buf_add(b, plain, (size_t) (end - plain));
    }

    if (rc != AG_OK) {
        b->len = before;
    }

    return rc;
}


void
ag_buf_shift(ag_buf_t *b, size_t len)
{
    if (len >= b->len) {
        b->len = 0;
        return;
    }

    if (len > 0) {
        memmove(b->data, b->data + len, b->len - len);
        b->len -= len;
    }
}


void
ag_buf_free(ag_buf_t *b)
{
    free(b->data);
    ag_buf_init(b, b->max);
}


/* Adds a byte that cannot stand in a JSON string as it is. */
static int
ag_buf_add_special(ag_buf_t *b, ag_char_t c)
{
    char               escape[6] = "\\u00";
    const char        *at;
    static const char  hex[] = "0123456789abcdef";
    static const char  from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";

    if (c >= 0x80) {
        return ag_buf_add(b, ag_buf_replacement, sizeof(ag_buf_replacement));
    }

    at = (c == '\0') ? NULL : strchr(from, c);

    if (at != NULL) {
        escape[1] = to[at - from];
        return ag_buf_add(b, escape, 2);
    }

    escape[4] = hex[c >> 4];
    escape[5] = hex[c & 15];

    return ag_buf_add(b, escape, 6);
}
