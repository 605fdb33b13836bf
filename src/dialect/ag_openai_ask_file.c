/*
 * Copyright (C) ngx_agent authors
 *
 * Where images and files of a chat completion are.  This surface has no field
 * for a media type: a data: URL says it, or the file's name does.  A text is
 * decoded, since no two dialects carry a text file in the same way.
 */


#include "dialect/ag_openai_ask_parts.h"


static int ag_openai_ask_file_data(ag_openai_ask_t *a, ag_part_t *part);
static int ag_openai_ask_file_plain(ag_openai_ask_t *a, ag_part_t *part,
    ag_str_t url);
static int ag_openai_ask_file_bare(ag_openai_ask_t *a, ag_part_t *part,
    ag_str_t data);
static unsigned ag_openai_ask_file_begins(ag_str_t text, const char *word);
static size_t ag_openai_ask_file_base64(ag_str_t text, ag_char_t *out);
static size_t ag_openai_ask_file_percent(ag_str_t text, ag_char_t *out);
static int ag_openai_ask_file_digit(ag_char_t c);
static int ag_openai_ask_file_hex(ag_char_t c);


/* An image's type behind a URL is left to its provider, who fetches it; a
 * file's is not, since it decides how the file is sent. */
int
ag_openai_ask_file_source(ag_openai_ask_t *a, ag_part_t *part, ag_str_t url,
    unsigned bare)
{
    int  rc;

    rc = ag_neutral_data_url(url, &part->media_type, &part->data);

    if (rc == AG_OK) {
        return ag_openai_ask_file_data(a, part);
    }

    if (rc == AG_INVALID) {
        return ag_openai_ask_file_plain(a, part, url);
    }

    if (ag_openai_ask_file_begins(url, "https://")
        || ag_openai_ask_file_begins(url, "http://")
        || ag_openai_ask_file_begins(url, "gs://"))
    {
        part->url = url;

        if (part->kind == AG_PART_FILE) {
            part->media_type = ag_neutral_media_type(
                                   (part->name.len > 0) ? part->name : url);
        }

        return AG_OK;
    }

    if (bare) {
        return ag_openai_ask_file_bare(a, part, url);
    }

    return ag_openai_ask_invalid(a, "messages[%u].content",
                                 "images as URLs that begin with https:, "
                                 "http: or data:");
}


/* What the URL says of itself counts, not the part that it came in. */
static int
ag_openai_ask_file_data(ag_openai_ask_t *a, ag_part_t *part)
{
    size_t      size;
    ag_str_t    type;
    ag_char_t  *p;

    type = part->media_type;

    if (part->data.len == 0) {
        return ag_openai_ask_invalid(a, "messages[%u].content",
                                     "images and files that are not empty");
    }

    if (ag_openai_ask_file_begins(type, "image/")) {
        part->kind = AG_PART_IMAGE;
        return AG_OK;
    }

    part->kind = AG_PART_FILE;

    if (!ag_openai_ask_file_begins(type, "text/")) {
        return AG_OK;
    }

    size = part->data.len / 4 * 3 + 3;
    p = ag_arena_alloc(a->n->arena, size);

    if (p == NULL) {
        return ag_openai_ask_full(a, size);
    }

    part->text = ag_str(p, ag_openai_ask_file_base64(part->data, p));
    part->data = ag_str(NULL, 0);

    return (part->text.len > 0) ? AG_OK
           : ag_openai_ask_invalid(a, "messages[%u].content",
                                   "text in a data: URL to be base64");
}


/* RFC 2397 without ";base64": a text, percent-encoded. */
static int
ag_openai_ask_file_plain(ag_openai_ask_t *a, ag_part_t *part, ag_str_t url)
{
    size_t            len;
    ag_char_t        *p;
    const ag_char_t  *comma, *end;

    end = url.data + url.len;
    comma = memchr(url.data, ',', url.len);

    if (comma == NULL || comma + 1 == end
        || (comma - url.data != 5
            && !ag_openai_ask_file_begins(url, "data:text/")))
    {
        return ag_openai_ask_invalid(a, "messages[%u].content",
                                     "images and files as data: URLs in "
                                     "base64");
    }

    len = (size_t) (end - comma - 1);
    p = ag_arena_alloc(a->n->arena, len);

    if (p == NULL) {
        return ag_openai_ask_full(a, len);
    }

    part->kind = AG_PART_FILE;
    part->text = ag_str(p, ag_openai_ask_file_percent(ag_str(comma + 1, len),
                                                      p));

    url = ag_str(url.data + 5, (size_t) (comma - url.data) - 5);
    end = (url.len > 0) ? memchr(url.data, ';', url.len) : NULL;
    url.len = (end != NULL) ? (size_t) (end - url.data) : url.len;

    part->media_type = (url.len > 0) ? url : ag_str("text/plain", 10);

    return AG_OK;
}


/* Base64 alone: the file's name says what it is, and most are PDFs. */
static int
ag_openai_ask_file_bare(ag_openai_ask_t *a, ag_part_t *part, ag_str_t data)
{
    ag_str_t  type;

    type = ag_neutral_media_type(part->name);

    part->data = data;
    part->media_type = (type.len > 0) ? type
                                      : ag_str("application/pdf", 15);

    return ag_openai_ask_file_data(a, part);
}


/* Schemes and media types know no case. */
static unsigned
ag_openai_ask_file_begins(ag_str_t text, const char *word)
{
    size_t     i;
    ag_char_t  c;

    for (i = 0; word[i] != '\0'; i++) {

        if (i == text.len) {
            return 0;
        }

        c = text.data[i];
        c = (ag_char_t) ((c >= 'A' && c <= 'Z') ? c | 0x20 : c);

        if (c != (ag_char_t) word[i]) {
            return 0;
        }
    }

    return 1;
}


/*
 * Decodes base64 of either alphabet up to its padding, passing over white
 * space; "out" has room for three bytes of every four.  Returns the length, 0
 * for what is no base64.
 */
static size_t
ag_openai_ask_file_base64(ag_str_t text, ag_char_t *out)
{
    int        digit;
    size_t     i, len;
    uint32_t   bits;
    unsigned   count;

    len = 0;
    bits = 0;
    count = 0;

    for (i = 0; i < text.len && text.data[i] != '='; i++) {

        if (text.data[i] == '\n' || text.data[i] == '\r'
            || text.data[i] == ' ')
        {
            continue;
        }

        digit = ag_openai_ask_file_digit(text.data[i]);

        if (digit < 0) {
            return 0;
        }

        bits = bits << 6 | (uint32_t) digit;
        count += 6;

        if (count >= 8) {
            count -= 8;
            out[len++] = (ag_char_t) (bits >> count);
        }
    }

    return len;
}


/* Never longer than the text; a "%" that begins nothing stands for itself. */
static size_t
ag_openai_ask_file_percent(ag_str_t text, ag_char_t *out)
{
    int     high, low;
    size_t  i, len;

    len = 0;

    for (i = 0; i < text.len; i++) {

        if (text.data[i] == '%' && text.len - i > 2) {
            high = ag_openai_ask_file_hex(text.data[i + 1]);
            low = ag_openai_ask_file_hex(text.data[i + 2]);

            if (high >= 0 && low >= 0) {
                out[len++] = (ag_char_t) (high * 16 + low);
                i += 2;
                continue;
            }
        }

        out[len++] = text.data[i];
    }

    return len;
}


/* RFC 4648, 4 and 5; -1: no digit. */
static int
ag_openai_ask_file_digit(ag_char_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }

    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }

    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }

    return (c == '+' || c == '-') ? 62 : (c == '/' || c == '_') ? 63 : -1;
}


/* -1: no digit. */
static int
ag_openai_ask_file_hex(ag_char_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c = (ag_char_t) (c | 0x20);

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}
