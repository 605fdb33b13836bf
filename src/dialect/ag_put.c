/*
 * Copyright (C) ngx_agent authors
 *
 * A writer of JSON that cannot lose a comma.
 *
 * A member is one piece of memory: its comma, name and value are written
 * together where their length is known before, since a streamed token is
 * little else.
 */


#include "dialect/ag_translate.h"


#define AG_PUT_NUMBER_MAX  20   /* digits of UINT64_MAX */


static ag_char_t *ag_put_room(ag_put_t *p, const char *name, size_t len);
static void ag_put_bytes(ag_put_t *p, const char *name, const void *data,
    size_t len);
static void ag_put_escape(ag_put_t *p, ag_str_t text);
static char ag_put_letter(ag_char_t c);
static const ag_char_t *ag_put_plain(const ag_char_t *at,
    const ag_char_t *end);
static const ag_char_t *ag_put_special(const ag_char_t *at,
    const ag_char_t *end);
static unsigned ag_put_is_plain(ag_char_t c);


void
ag_put_init(ag_put_t *p, ag_buf_t *out)
{
    p->out = out;
    p->rc = AG_OK;
    p->comma = 0;
}


void
ag_put_open(ag_put_t *p, const char *name, char bracket)
{
    ag_put_bytes(p, name, &bracket, 1);
    p->comma = 0;
}


void
ag_put_close(ag_put_t *p, char bracket)
{
    if (p->rc == AG_OK) {
        p->rc = ag_buf_add(p->out, &bracket, 1);
    }

    p->comma = 1;
}


/*
 * Most texts are pieces of a few letters: one look, one copy.  A text with
 * escapes is looked at twice up to the first of them.
 */
void
ag_put_text(ag_put_t *p, const char *name, ag_str_t text)
{
    ag_char_t  *at;

    if (text.len > 0
        && ag_put_plain(text.data, text.data + text.len)
           < text.data + text.len)
    {
        ag_put_text_open(p, name);
        ag_put_escape(p, text);
        ag_put_text_close(p);
        return;
    }

    at = ag_put_room(p, name, text.len + 2);

    if (at == NULL) {
        return;
    }

    *at++ = '"';

    if (text.len > 0) {
        memcpy(at, text.data, text.len);
    }

    at[text.len] = '"';
}


void
ag_put_word(ag_put_t *p, const char *name, const char *word)
{
    ag_put_text(p, name, ag_str(word, strlen(word)));
}


void
ag_put_number(ag_put_t *p, const char *name, uint64_t number)
{
    ag_char_t  digits[AG_PUT_NUMBER_MAX], *first, *end;

    end = digits + AG_PUT_NUMBER_MAX;
    first = end;

    do {
        *--first = (ag_char_t) ('0' + number % 10);
        number /= 10;
    } while (number != 0);

    ag_put_bytes(p, name, first, (size_t) (end - first));
}


void
ag_put_bool(ag_put_t *p, const char *name, unsigned value)
{
    ag_put_bytes(p, name, value ? "true" : "false", value ? 4 : 5);
}


void
ag_put_null(ag_put_t *p, const char *name)
{
    ag_put_bytes(p, name, "null", 4);
}


/* Texts go our way, which is the faster one for long ones; no value is null. */
void
ag_put_value(ag_put_t *p, const char *name, const yyjson_val *value)
{
    if (yyjson_is_str((yyjson_val *) value)) {
        ag_put_text(p, name, ag_json_text((yyjson_val *) value));
        return;
    }

    ag_put_bytes(p, name, "", 0);

    if (p->rc == AG_OK) {
        p->rc = ag_json_add(p->out, value);
    }
}


/* No text at all would leave a name without its value. */
void
ag_put_json(ag_put_t *p, const char *name, ag_str_t json)
{
    if (json.len == 0) {
        ag_put_null(p, name);
        return;
    }

    ag_put_bytes(p, name, json.data, json.len);
}


void
ag_put_raw(ag_put_t *p, const char *bytes)
{
    if (p->rc == AG_OK) {
        p->rc = ag_buf_add_string(p->out, bytes);
    }

    p->comma = 0;
}


/* A text is an element, until a colon follows it. */
void
ag_put_key(ag_put_t *p, ag_str_t key)
{
    ag_put_text(p, NULL, key);
    ag_put_raw(p, ":");
}


/* Between these two nothing but pieces may be put. */
void
ag_put_text_open(ag_put_t *p, const char *name)
{
    ag_put_bytes(p, name, "\"", 1);
}


void
ag_put_text_add(ag_put_t *p, ag_str_t text)
{
    ag_put_escape(p, text);
}


void
ag_put_text_close(ag_put_t *p)
{
    ag_put_close(p, '"');
}


/*
 * Writes the comma, the name and the colon, and takes "len" bytes behind
 * them, which the caller fills.  NULL after an error.
 */
static ag_char_t *
ag_put_room(ag_put_t *p, const char *name, size_t len)
{
    size_t      n, head;
    ag_char_t  *at;

    if (p->rc != AG_OK) {
        return NULL;
    }

    n = (name != NULL) ? strlen(name) : 0;
    head = p->comma + ((name != NULL) ? n + 3 : 0);

    p->rc = ag_buf_reserve(p->out, head + len);

    if (p->rc != AG_OK) {
        return NULL;
    }

    at = p->out->data + p->out->len;
    p->out->len += head + len;

    if (p->comma) {
        *at++ = ',';
    }

    p->comma = 1;

    if (name != NULL) {
        *at++ = '"';
        memcpy(at, name, n);
        at += n;
        *at++ = '"';
        *at++ = ':';
    }

    return at;
}


static void
ag_put_bytes(ag_put_t *p, const char *name, const void *data, size_t len)
{
    ag_char_t  *at;

    at = ag_put_room(p, name, len);

    if (at != NULL && len > 0) {
        memcpy(at, data, len);
    }
}


/*
 * Adds a text as the inside of a string.  Most bytes of most texts stand for
 * themselves and are copied in runs: an image is megabytes of them.
 */
static void
ag_put_escape(ag_put_t *p, ag_str_t text)
{
    char              letter;
    size_t            n;
    ag_char_t        *to;
    const ag_char_t  *at, *from, *end;

    if (text.len == 0) {
        return;
    }

    at = text.data;
    end = at + text.len;

    while (at < end && p->rc == AG_OK) {
        from = at;
        at = ag_put_plain(at, end);
        n = (size_t) (at - from);
        letter = (at < end) ? ag_put_letter(*at) : '\0';

        if (letter != '\0') {

            /* one quote or line end among words: with them, at once */

            p->rc = ag_buf_reserve(p->out, n + 2);

            if (p->rc == AG_OK) {
                to = p->out->data + p->out->len;
                memcpy(to, from, n);
                to[n] = '\\';
                to[n + 1] = (ag_char_t) letter;
                p->out->len += n + 2;
                at++;
            }

            continue;
        }

        p->rc = ag_buf_add(p->out, from, n);

        if (at < end && p->rc == AG_OK) {
            from = at;
            at = ag_put_special(at, end);
            p->rc = ag_buf_add_json(p->out, ag_str(from,
                                                   (size_t) (at - from)));
        }
    }
}


/* Of the escapes that most texts have; '\0': another one, or none. */
static char
ag_put_letter(ag_char_t c)
{
    switch (c) {

    case '"':
    case '\\':
        return (char) c;

    case '\n':
        return 'n';

    case '\t':
        return 't';

    default:
        return '\0';
    }
}


/*
 * Skips ASCII that needs no escape, eight bytes a step: a wrongly borrowed
 * mark can only stand behind a true one, and the first is taken.
 */
static const ag_char_t *
ag_put_plain(const ag_char_t *at, const ag_char_t *end)
{
    uint64_t  word, marks;

    while (end - at >= 8) {
        word = ag_word(at);
        marks = ((word - ag_word_of(0x20))
                 | ((word ^ ag_word_of('"')) - ag_word_of(1))
                 | ((word ^ ag_word_of('\\')) - ag_word_of(1))
                 | word)
                & ag_word_of(0x80);

        if (marks != 0) {
            return at + ag_word_first(marks);
        }

        at += 8;
    }

    while (at < end && ag_put_is_plain(*at)) {
        at++;
    }

    return at;
}


/* Skips the rest; no byte of a longer character is plain. */
static const ag_char_t *
ag_put_special(const ag_char_t *at, const ag_char_t *end)
{
    while (at < end && !ag_put_is_plain(*at)) {
        at++;
    }

    return at;
}


static unsigned
ag_put_is_plain(ag_char_t c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}
