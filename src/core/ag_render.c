/*
 * Copyright (C) ngx_agent authors
 *
 * What both pages share: text and numbers added until the first failure.
 */


#include "core/ag_render_parts.h"


static const char *ag_render_format(ag_nature_t nature, uint64_t value,
    char *out);


void
ag_render_add(ag_render_t *w, const char *text)
{
    ag_render_add_bytes(w, text, strlen(text));
}


void
ag_render_add_bytes(ag_render_t *w, const void *data, size_t len)
{
    if (w->rc == AG_OK) {
        w->rc = ag_buf_add(w->out, data, len);
    }
}


void
ag_render_value(ag_render_t *w, ag_nature_t nature, uint64_t value)
{
    char  number[AG_RENDER_NUMBER_MAX];

    ag_render_add(w, ag_render_format(nature, value, number));
}


const char *
ag_render_bound(ag_nature_t nature, size_t bucket, char *out)
{
    if (bucket == AG_BUCKETS_MAX) {
        return "+Inf";
    }

    return ag_render_format(nature, ag_metric_bounds(nature)[bucket], out);
}


/*
 * A number as both pages show it, milliseconds as seconds without zeros at
 * the end.  Written backwards into "out" of AG_RENDER_NUMBER_MAX bytes;
 * returns where it begins.
 */
static const char *
ag_render_format(ag_nature_t nature, uint64_t value, char *out)
{
    size_t    at;
    unsigned  digits;

    at = AG_RENDER_NUMBER_MAX - 1;
    out[at] = '\0';
    digits = (nature == AG_NATURE_SECONDS) ? 3 : 0;

    while (digits > 0 && value % 10 == 0) {
        value /= 10;
        digits--;
    }

    while (digits > 0) {
        out[--at] = (char) ('0' + value % 10);
        value /= 10;

        if (--digits == 0) {
            out[--at] = '.';
        }
    }

    do {
        out[--at] = (char) ('0' + value % 10);
        value /= 10;
    } while (value != 0);

    return &out[at];
}
