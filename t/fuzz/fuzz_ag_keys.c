/*
 * Copyright (C) ngx_agent authors
 *
 * ag_keys with any bytes against a naive reader of the same grammar: each
 * line is taken by both or by neither, and what was taken, written again in
 * the one form that is canonical, reads the same.  The C library is the one
 * that knows dates.
 */


#define _DEFAULT_SOURCE

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/ag_calendar.h"
#include "core/ag_keys.h"


#define FUZZ_BLANKS  " \t"
#define FUZZ_DIGITS  "0123456789"
#define FUZZ_HEX     FUZZ_DIGITS "abcdefABCDEF"
#define FUZZ_NAME    FUZZ_DIGITS "abcdefghijklmnopqrstuvwxyz"                 \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ" "._:@+-"

#define FUZZ_YEAR_10000  INT64_C(253402300800)


/* A line as the naive reader sees it. */
typedef struct {
    const char  *digest;
    const char  *name;
    size_t       name_len;
    int64_t      until;
} fuzz_key_t;


typedef enum {
    FUZZ_NOTHING = 0,
    FUZZ_KEY,
    FUZZ_BAD
} fuzz_line_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static char *fuzz_line(const uint8_t **data, const uint8_t *end);
static fuzz_line_t fuzz_read(const char *p, fuzz_key_t *key);
static fuzz_line_t fuzz_until(const char **p, int64_t *until);
static void fuzz_same(const ag_keys_line_t *key, const fuzz_key_t *naive);
static void fuzz_again(const ag_keys_line_t *key);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int              rc;
    char            *copy, *naive;
    size_t           line, number;
    ag_str_t         text;
    fuzz_key_t       expected;
    fuzz_line_t      what;
    const char      *why;
    const uint8_t   *p, *end;
    ag_keys_line_t   key;

    copy = malloc(size + (size == 0));
    assert(copy != NULL);
    memcpy(copy, data, size);

    text = ag_str(copy, size);
    line = 0;
    number = 0;
    p = data;
    end = data + size;

    if (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
        p += 3;
    }

    while (p < end) {
        number++;
        naive = fuzz_line(&p, end);
        what = fuzz_read(naive, &expected);

        if (what != FUZZ_NOTHING) {
            why = NULL;
            rc = ag_keys_next(&text, &line, &key, &why);
            assert(line == number);
            assert(rc == ((what == FUZZ_KEY) ? AG_OK : AG_INVALID));
            assert(text.len == (size_t) (end - p));

            if (rc == AG_OK) {
                fuzz_same(&key, &expected);
                fuzz_again(&key);

            } else {
                assert(why != NULL && why[0] != '\0');
            }
        }

        free(naive);
    }

    assert(ag_keys_next(&text, &line, &key, &why) == AG_NONE);
    assert(text.len == 0);

    free(copy);

    return 0;
}


/* Copies a line, with a zero for its end; zeroes in it become ones. */
static char *
fuzz_line(const uint8_t **data, const uint8_t *end)
{
    char           *copy;
    size_t          i, len;
    const uint8_t  *p;

    for (p = *data; p < end && *p != '\n'; p++) {
        /* void */
    }

    len = (size_t) (p - *data);
    copy = malloc(len + 1);
    assert(copy != NULL);
    memcpy(copy, *data, len);

    *data = p + (p < end);

    while (len > 0 && copy[len - 1] == '\r') {
        len--;
    }

    copy[len] = '\0';

    for (i = 0; i < len; i++) {
        copy[i] = (copy[i] != '\0') ? copy[i] : '\1';
    }

    return copy;
}


static fuzz_line_t
fuzz_read(const char *p, fuzz_key_t *key)
{
    size_t  blanks;

    p += strspn(p, FUZZ_BLANKS);

    if (*p == '\0' || *p == '#') {
        return FUZZ_NOTHING;
    }

    if (strncmp(p, "sha256:", 7) == 0) {
        p += 7;
    }

    key->digest = p;

    if (strspn(p, FUZZ_HEX) != 2 * AG_KEY_DIGEST) {
        return FUZZ_BAD;
    }

    p += 2 * AG_KEY_DIGEST;
    blanks = strspn(p, FUZZ_BLANKS);
    p += blanks;

    key->name = p;
    key->name_len = strspn(p, FUZZ_NAME);
    key->until = 0;
    p += key->name_len;

    if (blanks == 0 || key->name_len == 0 || key->name_len > 64) {
        return FUZZ_BAD;
    }

    blanks = strspn(p, FUZZ_BLANKS);
    p += blanks;

    if (blanks > 0 && *p >= '0' && *p <= '9') {

        if (fuzz_until(&p, &key->until) == FUZZ_BAD) {
            return FUZZ_BAD;
        }

        blanks = strspn(p, FUZZ_BLANKS);
        p += blanks;
    }

    return (*p == '\0' || (blanks > 0 && *p == '#')) ? FUZZ_KEY : FUZZ_BAD;
}


static fuzz_line_t
fuzz_until(const char **p, int64_t *until)
{
    char        text[32];
    size_t      i, len;
    time_t      moment;
    struct tm   parts;

    static const char  form[] = "0000-00-00T00:00:00Z";

    len = strcspn(*p, FUZZ_BLANKS);

    if (len != 10 && len != 20) {
        return FUZZ_BAD;
    }

    for (i = 0; i < len; i++) {
        if (((*p)[i] >= '0' && (*p)[i] <= '9') ? form[i] != '0'
                                               : form[i] != (*p)[i])
        {
            return FUZZ_BAD;
        }
    }

    memset(&parts, 0, sizeof(parts));
    sscanf(*p, "%4d-%2d-%2dT%2d:%2d:%2dZ", &parts.tm_year, &parts.tm_mon,
           &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec);
    parts.tm_year -= 1900;
    parts.tm_mon--;

    /* of what does not exist it makes something else */

    moment = timegm(&parts);
    assert(strftime(text, sizeof(text), "-%m-%dT%H:%M:%SZ", &parts) > 0);

    if (strncmp(*p + 4, text, len - 4) != 0) {
        return FUZZ_BAD;
    }

    *until = (int64_t) moment + ((len == 10) ? 86400 : 0);
    *p += len;

    return (*until > 0) ? FUZZ_KEY : FUZZ_BAD;
}


static void
fuzz_same(const ag_keys_line_t *key, const fuzz_key_t *naive)
{
    unsigned  i, byte;

    for (i = 0; i < AG_KEY_DIGEST; i++) {
        assert(sscanf(naive->digest + 2 * i, "%2x", &byte) == 1);
        assert(key->digest[i] == byte);
    }

    assert(key->name.len == naive->name_len);
    assert(memcmp(key->name.data, naive->name, naive->name_len) == 0);
    assert(key->until == naive->until);
}


static void
fuzz_again(const ag_keys_line_t *key)
{
    char             text[200], *p;
    size_t           i, line;
    ag_str_t         rest;
    const char      *why;
    ag_keys_line_t   same;

    p = text;

    for (i = 0; i < AG_KEY_DIGEST; i++) {
        p += sprintf(p, "%02x", key->digest[i]);
    }

    p += sprintf(p, " %.*s", (int) key->name.len,
                 (const char *) key->name.data);

    if (key->until == FUZZ_YEAR_10000) {
        p += sprintf(p, " 9999-12-31");

    } else if (key->until != 0) {
        *p++ = ' ';
        p += ag_calendar_write((ag_char_t *) p, key->until);
    }

    *p++ = '\n';

    rest = ag_str(text, (size_t) (p - text));
    line = 0;

    assert(ag_keys_next(&rest, &line, &same, &why) == AG_OK);
    assert(memcmp(same.digest, key->digest, AG_KEY_DIGEST) == 0);
    assert(ag_str_equal(same.name, key->name));
    assert(same.until == key->until);
    assert(rest.len == 0);
}
