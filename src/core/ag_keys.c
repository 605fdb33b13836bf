/*
 * Copyright (C) ngx_agent authors
 *
 * Reads files of keys.  A line that is not quite right is refused, never
 * taken for what it might have meant: the mistake would be a key that nobody
 * gave out, or one that never ends.  Refuses to repeat what a line holds, in
 * case somebody wrote a key where its digest belongs.
 */


#include "core/ag_calendar.h"
#include "core/ag_keys.h"
#include "core/ag_name.h"


#define AG_KEYS_WORDS   3           /* of a line */
#define AG_KEYS_PREFIX  "sha256:"

#define AG_KEYS_TEXT(number)    AG_KEYS_DIGITS(number)
#define AG_KEYS_DIGITS(number)  #number


static ag_str_t ag_keys_line(ag_str_t *text);
static int ag_keys_words(ag_str_t line, ag_str_t words[AG_KEYS_WORDS + 1]);
static const char *ag_keys_read(ag_str_t *words, int count,
    ag_keys_line_t *key);
static int ag_keys_digest(ag_str_t word,
    unsigned char digest[AG_KEY_DIGEST]);
static int ag_keys_blank(ag_char_t c);


int
ag_keys_next(ag_str_t *text, size_t *line, ag_keys_line_t *key,
    const char **why)
{
    int             count;
    ag_str_t        words[AG_KEYS_WORDS + 1];
    ag_keys_line_t  found;

    if (*line == 0 && text->len >= 3
        && memcmp(text->data, "\xef\xbb\xbf", 3) == 0)
    {
        *text = ag_str(text->data + 3, text->len - 3);
    }

    /* a line that is refused is left behind too: there may be more to tell */

    while (text->len > 0) {
        (*line)++;

        count = ag_keys_words(ag_keys_line(text), words);

        if (count == 0) {
            continue;
        }

        *why = ag_keys_read(words, count, &found);

        if (*why != NULL) {
            return AG_INVALID;
        }

        *key = found;

        return AG_OK;
    }

    return AG_NONE;
}


/* Cuts the first line off; without its end, CRs before it too. */
static ag_str_t
ag_keys_line(ag_str_t *text)
{
    size_t            len;
    ag_str_t          line;
    const ag_char_t  *end;

    end = memchr(text->data, '\n', text->len);
    len = (end != NULL) ? (size_t) (end - text->data) : text->len;

    line = ag_str(text->data, len);
    len += (end != NULL);
    *text = ag_str(text->data + len, text->len - len);

    while (line.len > 0 && line.data[line.len - 1] == '\r') {
        line.len--;
    }

    return line;
}


/*
 * Finds the words up to a comment, and counts one more at most than a line
 * may have.  A comment begins where a word could: in "alice#2 2026-12-31" it
 * would swallow the end of the key's life, so that is a bad name.
 */
static int
ag_keys_words(ag_str_t line, ag_str_t words[AG_KEYS_WORDS + 1])
{
    int               count;
    const ag_char_t  *p, *end, *start;

    p = line.data;
    end = line.data + line.len;

    for (count = 0; count <= AG_KEYS_WORDS; count++) {

        while (p < end && ag_keys_blank(*p)) {
            p++;
        }

        if (p == end || *p == '#') {
            break;
        }

        start = p;

        while (p < end && !ag_keys_blank(*p)) {
            p++;
        }

        words[count] = ag_str(start, (size_t) (p - start));
    }

    return count;
}


/* Returns NULL, or what is wrong. */
static const char *
ag_keys_read(ag_str_t *words, int count, ag_keys_line_t *key)
{
    if (ag_keys_digest(words[0], key->digest) != AG_OK) {
        return "a line begins with a key's SHA-256 in 64 hex digits, with or "
               "without \"" AG_KEYS_PREFIX "\" before them";
    }

    if (count == 1) {
        return "a name must stand behind the digest";
    }

    if (words[1].len > AG_KEYS_NAME_MAX
        || ag_name_refuse(words[1], AG_NAME_PLAIN) != NULL)
    {
        return "in a name allowed are 1 to " AG_KEYS_TEXT(AG_KEYS_NAME_MAX)
               " characters of A-Z a-z 0-9 . _ : @ + -";
    }

    key->name = words[1];
    key->until = 0;

    if (count == 2) {
        return NULL;
    }

    if (ag_calendar_read(words[2], &key->until) != AG_OK) {
        return "behind the name stands nothing, a date as 2026-12-31, a time "
               "in UTC as 2026-12-31T12:00:00Z, or a comment that begins "
               "with #";
    }

    /* 0 is "for ever", and nobody means that by a time long ago */

    if (key->until <= 0) {
        return "a key cannot have ended before 1970-01-01T00:00:01Z";
    }

    return (count == AG_KEYS_WORDS)
           ? NULL : "behind the date or time stands nothing but a comment "
                    "that begins with #";
}


static int
ag_keys_digest(ag_str_t word, unsigned char digest[AG_KEY_DIGEST])
{
    size_t  prefix;

    prefix = sizeof(AG_KEYS_PREFIX) - 1;

    if (word.len > prefix && memcmp(word.data, AG_KEYS_PREFIX, prefix) == 0) {
        word = ag_str(word.data + prefix, word.len - prefix);
    }

    return ag_key_read_hex(word, digest);
}


static int
ag_keys_blank(ag_char_t c)
{
    return c == ' ' || c == '\t';
}
