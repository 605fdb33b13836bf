/*
 * Copyright (C) ngx_agent authors
 *
 * Reads resolv.conf(5) as far as nginx's resolver needs it.  Search lists
 * and options are not looked at: provider names are complete.
 */


#include "core/ag_resolv.h"


static ag_str_t ag_resolv_line(ag_str_t *text);
static ag_str_t ag_resolv_word(ag_str_t *line);
static int ag_resolv_is_blank(ag_char_t c);


size_t
ag_resolv_servers(ag_str_t text, ag_str_t *servers, size_t max)
{
    size_t    n;
    ag_str_t  line, word;

    n = 0;

    while (text.len != 0 && n < max) {
        line = ag_resolv_line(&text);

        if (!ag_str_is(ag_resolv_word(&line), "nameserver")) {
            continue;
        }

        word = ag_resolv_word(&line);

        if (word.len != 0 && memchr(word.data, '%', word.len) == NULL) {
            servers[n++] = word;
        }
    }

    return n;
}


static ag_str_t
ag_resolv_line(ag_str_t *text)
{
    size_t            n;
    ag_str_t          line;
    const ag_char_t  *lf;

    lf = memchr(text->data, '\n', text->len);
    n = (lf == NULL) ? text->len : (size_t) (lf - text->data);

    line = ag_str(text->data, n);

    if (lf != NULL) {
        n++;
    }

    *text = ag_str(text->data + n, text->len - n);

    return line;
}


static ag_str_t
ag_resolv_word(ag_str_t *line)
{
    size_t    from, to;
    ag_str_t  word;

    for (from = 0; from < line->len; from++) {
        if (!ag_resolv_is_blank(line->data[from])) {
            break;
        }
    }

    for (to = from; to < line->len; to++) {
        if (ag_resolv_is_blank(line->data[to])) {
            break;
        }
    }

    word = ag_str(line->data + from, to - from);
    *line = ag_str(line->data + to, line->len - to);

    return word;
}


static int
ag_resolv_is_blank(ag_char_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}
