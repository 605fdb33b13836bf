/*
 * Copyright (C) ngx_agent authors
 *
 * Where images and files are: data: URLs are taken apart, and an ending
 * stands for a media type that nobody said.
 */


#include "dialect/ag_neutral.h"


#define AG_NEUTRAL_ENDING_MAX  5    /* bytes of the longest in the table */


static ag_str_t ag_neutral_url_path(ag_str_t url);
static unsigned ag_neutral_url_has(ag_str_t text, const char *word);
static const ag_char_t *ag_neutral_url_find(ag_str_t text, ag_char_t c);


/* Sources: the IANA registry of media types, and what providers document. */
static const struct {
    const char  *ending;
    const char  *media_type;
} ag_neutral_url_types[] = {
    { "png", "image/png" },
    { "jpg", "image/jpeg" },
    { "jpeg", "image/jpeg" },
    { "gif", "image/gif" },
    { "webp", "image/webp" },
    { "heic", "image/heic" },
    { "heif", "image/heif" },
    { "bmp", "image/bmp" },
    { "tif", "image/tiff" },
    { "tiff", "image/tiff" },
    { "avif", "image/avif" },
    { "svg", "image/svg+xml" },
    { "pdf", "application/pdf" },
    { "txt", "text/plain" },
    { "log", "text/plain" },
    { "md", "text/markdown" },
    { "csv", "text/csv" },
    { "htm", "text/html" },
    { "html", "text/html" },
    { "css", "text/css" },
    { "xml", "text/xml" },
    { "js", "text/javascript" },
    { "json", "application/json" },
    { "wav", "audio/wav" },
    { "mp3", "audio/mpeg" },
    { "aac", "audio/aac" },
    { "flac", "audio/flac" },
    { "ogg", "audio/ogg" },
    { "opus", "audio/opus" },
    { "m4a", "audio/mp4" },
    { "aiff", "audio/aiff" },
};


/*
 * The data are not looked at: they are megabytes, and the provider decodes
 * them anyway.  Percent escapes in base64 are nobody's habit.
 */
int
ag_neutral_data_url(ag_str_t url, ag_str_t *media_type, ag_str_t *data)
{
    ag_str_t          head;
    const ag_char_t  *comma, *semicolon;

    *media_type = ag_str(NULL, 0);
    *data = ag_str(NULL, 0);

    if (url.len < 5 || !ag_neutral_url_has(ag_str(url.data, 5), "data:")) {
        return AG_NONE;
    }

    url = ag_str(url.data + 5, url.len - 5);
    comma = ag_neutral_url_find(url, ',');

    if (comma == NULL) {
        return AG_INVALID;
    }

    head = ag_str(url.data, (size_t) (comma - url.data));

    if (head.len < 7
        || !ag_neutral_url_has(ag_str(comma - 7, 7), ";base64"))
    {
        return AG_INVALID;
    }

    *data = ag_str(comma + 1, url.len - head.len - 1);

    semicolon = ag_neutral_url_find(head, ';');
    head.len = (size_t) (semicolon - head.data);

    /* RFC 2397, 2: what an empty one stands for */

    *media_type = (head.len > 0) ? head : ag_str("text/plain", 10);

    return AG_OK;
}


/* From the end, and not far: a URL may be as long as a body. */
ag_str_t
ag_neutral_media_type(ag_str_t name)
{
    size_t    i, len;
    ag_str_t  ending;

    name = ag_neutral_url_path(name);

    for (len = 0; len < name.len; len++) {
        if (name.data[name.len - len - 1] == '.') {
            break;
        }

        if (len == AG_NEUTRAL_ENDING_MAX) {
            return ag_str(NULL, 0);
        }
    }

    if (len == name.len) {
        return ag_str(NULL, 0);
    }

    ending = ag_str(name.data + name.len - len, len);

    for (i = 0; i < sizeof(ag_neutral_url_types)
                    / sizeof(ag_neutral_url_types[0]); i++)
    {
        if (ag_neutral_url_has(ending, ag_neutral_url_types[i].ending)) {
            return ag_str(ag_neutral_url_types[i].media_type,
                          strlen(ag_neutral_url_types[i].media_type));
        }
    }

    return ag_str(NULL, 0);
}


/*
 * The path of a URL; a file's name is one already.  ".com" of a host is no
 * ending, and what follows the path is not of the file.
 */
static ag_str_t
ag_neutral_url_path(ag_str_t url)
{
    const ag_char_t  *at;

    at = ag_neutral_url_find(url, ':');

    if (at == NULL || (size_t) (at - url.data) + 3 > url.len
        || at[1] != '/' || at[2] != '/')
    {
        return url;
    }

    url.len -= (size_t) (at + 3 - url.data);
    url.data = at + 3;

    at = ag_neutral_url_find(url, '#');
    url.len = (at != NULL) ? (size_t) (at - url.data) : url.len;

    at = ag_neutral_url_find(url, '?');
    url.len = (at != NULL) ? (size_t) (at - url.data) : url.len;

    at = ag_neutral_url_find(url, '/');

    if (at == NULL) {
        return ag_str(NULL, 0);
    }

    return ag_str(at, url.len - (size_t) (at - url.data));
}


/* Is it the word, in letters of any case? */
static unsigned
ag_neutral_url_has(ag_str_t text, const char *word)
{
    size_t     i;
    ag_char_t  c;

    if (text.len != strlen(word)) {
        return 0;
    }

    for (i = 0; i < text.len; i++) {
        c = text.data[i];

        if (c >= 'A' && c <= 'Z') {
            c = (ag_char_t) (c | 0x20);
        }

        if (c != (ag_char_t) word[i]) {
            return 0;
        }
    }

    return 1;
}


static const ag_char_t *
ag_neutral_url_find(ag_str_t text, ag_char_t c)
{
    return (text.len > 0) ? memchr(text.data, c, text.len) : NULL;
}
