/*
 * Copyright (C) ngx_agent authors
 *
 * Decides where a provider's answer begins and ends.  Lines are used in place
 * when they are whole; only a line that a read has split is copied.
 */


#include "core/ag_http.h"


static int ag_http_line(ag_http_t *http, ag_str_t *bytes, ag_str_t *line);
static int ag_http_trim(ag_http_t *http, ag_str_t *line);
static int ag_http_status(ag_http_t *http, ag_str_t line,
    ag_http_part_t *part);
static int ag_http_header(ag_http_t *http, ag_str_t line,
    ag_http_part_t *part);
static int ag_http_split(ag_str_t line, ag_http_part_t *part);
static int ag_http_trailer(ag_http_t *http, ag_str_t line,
    ag_http_part_t *part);
static int ag_http_framing(ag_http_t *http, const ag_http_part_t *part);
static int ag_http_length(ag_http_t *http, ag_str_t value);
static int ag_http_headers_end(ag_http_t *http, ag_http_part_t *part);
static int ag_http_chunk_size(ag_http_t *http, ag_str_t line);
static int ag_http_body(ag_http_t *http, ag_str_t *bytes,
    ag_http_part_t *part);
static int ag_http_step(ag_http_t *http, ag_str_t line, ag_http_part_t *part);
static int ag_http_is(ag_str_t text, const char *lower);
static int ag_http_holds(ag_str_t list, const char *lower);
static int ag_http_is_token(ag_char_t c);


#define AG_HTTP_MORE  (-1)      /* within this file: a line without a part */


void
ag_http_init(ag_http_t *http)
{
    memset(http, 0, sizeof(ag_http_t));

    http->keep_alive = 1;
    ag_buf_init(&http->line, AG_HEADERS_MAX);
}


void
ag_http_free(ag_http_t *http)
{
    ag_buf_free(&http->line);
}


int
ag_http_next(ag_http_t *http, ag_str_t *bytes, ag_http_part_t *part)
{
    int       rc;
    ag_str_t  line;

    for ( ;; ) {

        switch (http->state) {

        case AG_HTTP_DEAD:
            return AG_INVALID;

        case AG_HTTP_AT_END:
            return AG_AGAIN;

        case AG_HTTP_IN_LENGTH:
        case AG_HTTP_IN_CHUNK:
        case AG_HTTP_IN_REST:
            rc = ag_http_body(http, bytes, part);
            break;

        default:
            rc = ag_http_line(http, bytes, &line);

            if (rc == AG_OK) {
                rc = ag_http_step(http, line, part);
                http->line.len = 0;
            }
        }

        if (rc == AG_HTTP_MORE) {
            continue;
        }

        if (rc != AG_OK && rc != AG_AGAIN) {
            http->state = AG_HTTP_DEAD;
            http->keep_alive = 0;
        }

        return rc;
    }
}


int
ag_http_close(ag_http_t *http)
{
    http->keep_alive = 0;

    if (http->state == AG_HTTP_IN_REST || http->state == AG_HTTP_AT_END) {
        http->state = AG_HTTP_AT_END;
        return AG_OK;
    }

    http->state = AG_HTTP_DEAD;

    return AG_INVALID;
}


/* ---- lines ---- */


/*
 * A whole line, without its end.  The part's spans may point into
 * http->line: it is emptied, not freed, after use, and grows only when the
 * next split line comes.
 */
static int
ag_http_line(ag_http_t *http, ag_str_t *bytes, ag_str_t *line)
{
    int               rc;
    size_t            len;
    const ag_char_t  *lf;

    if (bytes->len == 0) {
        return AG_AGAIN;
    }

    lf = memchr(bytes->data, '\n', bytes->len);
    len = lf ? (size_t) (lf - bytes->data) + 1 : bytes->len;

    http->head_bytes += len;

    if (http->head_bytes > AG_HEADERS_MAX) {
        return AG_LIMIT;
    }

    line->data = bytes->data;
    line->len = len;

    if (lf == NULL || http->line.len != 0) {
        rc = ag_buf_add(&http->line, bytes->data, len);

        if (rc != AG_OK) {
            return rc;
        }

        *line = ag_buf_str(&http->line);
    }

    bytes->data += len;
    bytes->len -= len;

    return lf ? ag_http_trim(http, line) : AG_AGAIN;
}


/*
 * A line ends with CR LF; a lone LF is taken for it in the head, as RFC 9112
 * allows, but not around chunks, where readers have differed.
 */
static int
ag_http_trim(ag_http_t *http, ag_str_t *line)
{
    line->len--;

    if (line->len != 0 && line->data[line->len - 1] == '\r') {
        line->len--;

    } else if (http->state == AG_HTTP_IN_CHUNK_SIZE
               || http->state == AG_HTTP_IN_CHUNK_END)
    {
        return AG_INVALID;
    }

    if (memchr(line->data, '\r', line->len) != NULL
        || memchr(line->data, '\0', line->len) != NULL)
    {
        return AG_INVALID;
    }

    return AG_OK;
}


static int
ag_http_step(ag_http_t *http, ag_str_t line, ag_http_part_t *part)
{
    switch (http->state) {

    case AG_HTTP_IN_STATUS:
        return ag_http_status(http, line, part);

    case AG_HTTP_IN_HEADERS:
        return line.len ? ag_http_header(http, line, part)
                        : ag_http_headers_end(http, part);

    case AG_HTTP_IN_CHUNK_SIZE:
        return ag_http_chunk_size(http, line);

    case AG_HTTP_IN_CHUNK_END:
        http->state = AG_HTTP_IN_CHUNK_SIZE;
        http->head_bytes = 0;
        return line.len == 0 ? AG_HTTP_MORE : AG_INVALID;

    default: /* AG_HTTP_IN_TRAILERS */
        return ag_http_trailer(http, line, part);
    }
}


/* "HTTP/1.1 200 OK" */
static int
ag_http_status(ag_http_t *http, ag_str_t line, ag_http_part_t *part)
{
    size_t            i;
    const ag_char_t  *p;

    p = line.data;

    if (line.len < sizeof("HTTP/1.1 200") - 1
        || memcmp(p, "HTTP/1.", 7) != 0
        || (p[7] != '0' && p[7] != '1') || p[8] != ' '
        || (line.len > 12 && p[12] != ' '))
    {
        return AG_INVALID;
    }

    http->status = 0;

    for (i = 9; i < 12; i++) {
        if (p[i] < '0' || p[i] > '9') {
            return AG_INVALID;
        }

        http->status = http->status * 10 + (unsigned) (p[i] - '0');
    }

    /* nobody asked to switch protocols */

    if (http->status < 100 || http->status == 101) {
        return AG_INVALID;
    }

    http->version_10 = (p[7] == '0');
    http->keep_alive = !http->version_10 && !http->closes;
    http->has_length = 0;
    http->chunked = 0;
    http->left = 0;
    http->state = AG_HTTP_IN_HEADERS;

    part->kind = AG_HTTP_STATUS;
    part->status = http->status;

    return AG_OK;
}


static int
ag_http_header(ag_http_t *http, ag_str_t line, ag_http_part_t *part)
{
    if (++http->lines > AG_HEADER_LINES_MAX) {
        return AG_LIMIT;
    }

    if (ag_http_split(line, part) != AG_OK) {
        return AG_INVALID;
    }

    part->kind = AG_HTTP_HEADER;

    return ag_http_framing(http, part);
}


/* A folded line begins with white space, which no name holds. */
static int
ag_http_split(ag_str_t line, ag_http_part_t *part)
{
    size_t  i;

    for (i = 0; i < line.len && ag_http_is_token(line.data[i]); i++) {
        /* void */
    }

    if (i == 0 || i == line.len || line.data[i] != ':') {
        return AG_INVALID;
    }

    part->name = ag_str(line.data, i);
    i++;

    while (i < line.len && (line.data[i] == ' ' || line.data[i] == '\t')) {
        i++;
    }

    while (line.len > i && (line.data[line.len - 1] == ' '
                            || line.data[line.len - 1] == '\t'))
    {
        line.len--;
    }

    part->value = ag_str(line.data + i, line.len - i);

    return AG_OK;
}


/* Read, counted, dropped: nothing behind a body changes its framing. */
static int
ag_http_trailer(ag_http_t *http, ag_str_t line, ag_http_part_t *part)
{
    if (line.len == 0) {
        http->state = AG_HTTP_AT_END;
        part->kind = AG_HTTP_END;
        return AG_OK;
    }

    if (++http->lines > AG_HEADER_LINES_MAX) {
        return AG_LIMIT;
    }

    return ag_http_split(line, part) == AG_OK ? AG_HTTP_MORE : AG_INVALID;
}


/* ---- framing ---- */


static int
ag_http_framing(ag_http_t *http, const ag_http_part_t *part)
{
    switch (part->name.len) {

    case sizeof("connection") - 1:
        if (ag_http_is(part->name, "connection")) {

            if (ag_http_holds(part->value, "close")) {
                http->closes = 1;
                http->keep_alive = 0;

            } else if (ag_http_holds(part->value, "keep-alive")) {
                http->keep_alive = !http->closes;
            }
        }
        break;

    case sizeof("content-length") - 1:
        if (ag_http_is(part->name, "content-length")) {
            return ag_http_length(http, part->value);
        }
        break;

    case sizeof("transfer-encoding") - 1:
        if (ag_http_is(part->name, "transfer-encoding")) {

            if (http->chunked || http->version_10
                || !ag_http_is(part->value, "chunked"))
            {
                return AG_INVALID;
            }

            http->chunked = 1;
        }
        break;
    }

    return AG_OK;
}


static int
ag_http_length(ag_http_t *http, ag_str_t value)
{
    size_t    i;
    uint64_t  length;

    length = 0;

    if (value.len == 0 || value.len > 18) {
        return AG_INVALID;
    }

    for (i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9') {
            return AG_INVALID;
        }

        length = length * 10 + (uint64_t) (value.data[i] - '0');
    }

    if (http->has_length && http->left != length) {
        return AG_INVALID;
    }

    http->has_length = 1;
    http->left = length;

    return AG_OK;
}


/*
 * An answer that cannot have a body may still announce one.  Behind an
 * interim answer its bytes would be read as the real answer: refused.  Behind
 * a 204 or 304 they may come late, to the next request: never reused.
 */
static int
ag_http_headers_end(ag_http_t *http, ag_http_part_t *part)
{
    unsigned  announced;

    if (http->chunked && http->has_length) {
        return AG_INVALID;
    }

    announced = http->chunked || http->left != 0;

    if (http->status < 200) {

        if (announced) {
            return AG_INVALID;
        }

        http->state = AG_HTTP_IN_STATUS;
        return ++http->interim > AG_INTERIM_MAX ? AG_LIMIT : AG_HTTP_MORE;
    }

    part->kind = AG_HTTP_START;
    http->head_bytes = 0;

    if (http->status == 204 || http->status == 304) {
        http->keep_alive = http->keep_alive && !announced;
        http->has_length = 1;
        http->left = 0;
        http->state = AG_HTTP_IN_LENGTH;

    } else if (http->chunked) {
        http->state = AG_HTTP_IN_CHUNK_SIZE;

    } else if (http->has_length) {
        http->state = AG_HTTP_IN_LENGTH;

    } else {
        http->state = AG_HTTP_IN_REST;
        http->keep_alive = 0;
    }

    return AG_OK;
}


/* Hexadecimal digits; an extension behind ";" is dropped. */
static int
ag_http_chunk_size(ag_http_t *http, ag_str_t line)
{
    size_t     i;
    ag_char_t  c;

    http->left = 0;

    for (i = 0; i < line.len; i++) {
        c = line.data[i];

        if (c >= '0' && c <= '9') {
            c = (ag_char_t) (c - '0');

        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            c = (ag_char_t) ((c | 0x20) - 'a' + 10);

        } else {
            break;
        }

        if (i == 15) {
            return AG_INVALID;
        }

        http->left = http->left * 16 + c;
    }

    if (i == 0) {
        return AG_INVALID;
    }

    while (i < line.len && (line.data[i] == ' ' || line.data[i] == '\t')) {
        i++;
    }

    if (i < line.len && line.data[i] != ';') {
        return AG_INVALID;
    }

    http->state = http->left ? AG_HTTP_IN_CHUNK : AG_HTTP_IN_TRAILERS;

    return AG_HTTP_MORE;
}


static int
ag_http_body(ag_http_t *http, ag_str_t *bytes, ag_http_part_t *part)
{
    size_t  len;

    if (http->state == AG_HTTP_IN_LENGTH && http->left == 0) {
        http->state = AG_HTTP_AT_END;
        part->kind = AG_HTTP_END;
        return AG_OK;
    }

    if (bytes->len == 0) {
        return AG_AGAIN;
    }

    len = bytes->len;

    if (http->state != AG_HTTP_IN_REST) {

        if (len > http->left) {
            len = (size_t) http->left;
        }

        http->left -= len;

        if (http->state == AG_HTTP_IN_CHUNK && http->left == 0) {
            http->state = AG_HTTP_IN_CHUNK_END;
        }
    }

    part->kind = AG_HTTP_BODY;
    part->value = ag_str(bytes->data, len);
    bytes->data += len;
    bytes->len -= len;

    return AG_OK;
}


/* ---- words ---- */


static int
ag_http_is(ag_str_t text, const char *lower)
{
    size_t     i;
    ag_char_t  c;

    for (i = 0; i < text.len && lower[i] != '\0'; i++) {
        c = text.data[i];

        if (c >= 'A' && c <= 'Z') {
            c = (ag_char_t) (c | 0x20);
        }

        if (c != (ag_char_t) lower[i]) {
            return 0;
        }
    }

    return i == text.len && lower[i] == '\0';
}


/* Is the word in the comma-separated list? */
static int
ag_http_holds(ag_str_t list, const char *lower)
{
    size_t    i, start;
    ag_str_t  word;

    for (i = 0, start = 0; i <= list.len; i++) {

        if (i < list.len && list.data[i] != ',') {
            continue;
        }

        word = ag_str(list.data + start, i - start);

        while (word.len && (*word.data == ' ' || *word.data == '\t')) {
            word.data++;
            word.len--;
        }

        while (word.len && (word.data[word.len - 1] == ' '
                            || word.data[word.len - 1] == '\t'))
        {
            word.len--;
        }

        if (ag_http_is(word, lower)) {
            return 1;
        }

        start = i + 1;
    }

    return 0;
}


/* RFC 9110, "tchar". */
static int
ag_http_is_token(ag_char_t c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9'))
    {
        return 1;
    }

    return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}
