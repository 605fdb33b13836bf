/*
 * Copyright (C) ngx_agent authors
 *
 * The pieces of what is said of limits: numbers, amounts, times.  All are
 * written out: a reader of JSON may take 1e-7, a person does not.
 */


#include "core/ag_price.h"
#include "core/ag_standing_parts.h"


void
ag_standing_put(ag_standing_writer_t *writer, const char *text)
{
    ag_standing_put_text(writer, ag_str(text, strlen(text)));
}


void
ag_standing_put_text(ag_standing_writer_t *writer, ag_str_t text)
{
    if (writer->rc == AG_OK) {
        writer->rc = ag_buf_add(writer->buf, text.data, text.len);
    }
}


void
ag_standing_put_number(ag_standing_writer_t *writer, uint64_t number)
{
    if (writer->rc == AG_OK) {
        writer->rc = ag_buf_add_number(writer->buf, number);
    }
}


void
ag_standing_put_json(ag_standing_writer_t *writer, const char *before,
    ag_str_t text, const char *empty)
{
    ag_standing_put(writer, before);

    if (text.len == 0) {
        ag_standing_put(writer, empty);
        return;
    }

    ag_standing_put(writer, "\"");

    if (writer->rc == AG_OK) {
        writer->rc = ag_buf_add_json(writer->buf, text);
    }

    ag_standing_put(writer, "\"");
}


void
ag_standing_put_amount(ag_standing_writer_t *writer, ag_resource_t resource,
    uint64_t amount)
{
    size_t     len;
    ag_char_t  usd[32];

    if (resource != AG_RESOURCE_MONEY) {
        ag_standing_put_number(writer, amount);
        return;
    }

    len = ag_price_write(usd, amount);

    while (usd[len - 1] == '0') {
        len--;
    }

    if (usd[len - 1] == '.') {
        len--;
    }

    ag_standing_put_text(writer, ag_str(usd, len));
}


void
ag_standing_put_seconds(ag_standing_writer_t *writer, uint64_t us)
{
    size_t     len;
    uint64_t   ms;
    ag_char_t  rest[4];

    ms = ag_standing_up(us, AG_STANDING_MS);

    ag_standing_put_number(writer, ms / 1000);

    if (ms % 1000 == 0) {
        return;
    }

    rest[0] = '.';
    rest[1] = (ag_char_t) ('0' + ms / 100 % 10);
    rest[2] = (ag_char_t) ('0' + ms / 10 % 10);
    rest[3] = (ag_char_t) ('0' + ms % 10);

    len = sizeof(rest);

    while (rest[len - 1] == '0') {
        len--;
    }

    ag_standing_put_text(writer, ag_str(rest, len));
}


void
ag_standing_put_time(ag_standing_writer_t *writer, uint64_t us)
{
    uint64_t  ms, seconds;

    ms = ag_standing_up(us, AG_STANDING_MS);

    if (ms > 0 && ms < 1000) {
        ag_standing_put_number(writer, ms);
        ag_standing_put(writer, "ms");
        return;
    }

    if (ms < 60 * 1000) {
        ag_standing_put_seconds(writer, us);
        ag_standing_put(writer, "s");
        return;
    }

    seconds = ag_standing_up(us, AG_STANDING_SECOND);

    if (seconds >= 3600) {
        ag_standing_put_number(writer, seconds / 3600);
        ag_standing_put(writer, "h");
    }

    ag_standing_put_number(writer, seconds / 60 % 60);
    ag_standing_put(writer, "m");
    ag_standing_put_number(writer, seconds % 60);
    ag_standing_put(writer, "s");
}


uint64_t
ag_standing_up(uint64_t us, uint64_t unit)
{
    return us / unit + (us % unit != 0);
}
