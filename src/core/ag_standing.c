/*
 * Copyright (C) ngx_agent authors
 *
 * How limits are told: what a person reads in a refusal and a program in a
 * header or on the page says the same, in the same units.  Decides nothing:
 * what is left and how long to wait was found by ag_limit.
 */


#include "core/ag_standing_parts.h"


#define AG_STANDING_UNKNOWN_US  AG_STANDING_SECOND  /* to wait if nobody knows:
                                               a call may end at any moment */
#define AG_STANDING_PERIOD_MAX  16          /* bytes of "1m" in a name */


static void ag_standing_over(ag_standing_writer_t *writer, ag_buf_t *buf,
    ag_char_t *out, size_t size);
static void ag_standing_full(ag_standing_writer_t *writer,
    const ag_limit_t *limit, ag_str_t name, uint64_t wait_us);
static void ag_standing_spent(ag_standing_writer_t *writer,
    const ag_limit_t *limit, ag_str_t name);
static void ag_standing_never(ag_standing_writer_t *writer,
    const ag_limit_t *limit, ag_str_t name, uint64_t amount);
static void ag_standing_per(ag_standing_writer_t *writer,
    const ag_limit_t *limit, ag_str_t name);
static ag_str_t ag_standing_period(ag_str_t name);
static void ag_standing_window(ag_standing_writer_t *writer, uint64_t us);


/* In the order of ag_resource_t. */
static const struct {
    const char  *words;
    const char  *word;          /* for one of them */
} ag_standing_resources[] = {
    { " requests", " request" },
    { " tokens", " token" },
    { " input tokens", " input token" },
    { " output tokens", " output token" },
    { " calls at once", " call at once" },
    { " USD", " USD" }
};


/* Units of a window's length, the largest first. */
static const struct {
    uint64_t     us;
    const char  *name;
} ag_standing_units[] = {
    { UINT64_C(86400) * AG_STANDING_SECOND, "d" },
    { UINT64_C(3600) * AG_STANDING_SECOND, "h" },
    { 60 * AG_STANDING_SECOND, "m" },
    { AG_STANDING_SECOND, "s" },
    { AG_STANDING_MS, "ms" }
};


size_t
ag_standing_time(ag_char_t out[AG_STANDING_TIME], uint64_t us)
{
    ag_buf_t              buf;
    ag_standing_writer_t  writer;

    ag_standing_over(&writer, &buf, out, AG_STANDING_TIME);
    ag_standing_put_time(&writer, us);

    return buf.len;
}


size_t
ag_standing_refusal(ag_char_t out[AG_STANDING_TEXT], const ag_limit_t *limit,
    ag_str_t name, ag_limit_result_t result, uint64_t amount,
    uint64_t wait_us)
{
    ag_buf_t              buf;
    ag_standing_writer_t  writer;

    ag_standing_over(&writer, &buf, out, AG_STANDING_TEXT);

    switch (result) {

    case AG_LIMIT_FULL:
        ag_standing_full(&writer, limit, name, wait_us);
        break;

    case AG_LIMIT_NEVER:
        ag_standing_never(&writer, limit, name, amount);
        break;

    case AG_LIMIT_TAKEN:
        break;
    }

    return buf.len;
}


uint64_t
ag_standing_wait_ms(uint64_t wait_us)
{
    if (wait_us == 0) {
        return AG_STANDING_UNKNOWN_US / AG_STANDING_MS;
    }

    return ag_standing_up(wait_us, AG_STANDING_MS) + 1;
}


/*
 * A buffer over memory that it never grows out of, nor frees.  A piece that
 * does not fit is left out, and all behind it.
 */
static void
ag_standing_over(ag_standing_writer_t *writer, ag_buf_t *buf, ag_char_t *out,
    size_t size)
{
    ag_buf_init(buf, size);
    buf->data = out;
    buf->size = size;

    writer->buf = buf;
    writer->rc = AG_OK;
}


/*
 * What the request wanted is not told: there was no room for it, but there is
 * no smaller one either that should try at once.
 */
static void
ag_standing_full(ag_standing_writer_t *writer, const ag_limit_t *limit,
    ag_str_t name, uint64_t wait_us)
{
    switch (limit->resource) {

    case AG_RESOURCE_CONCURRENCY:
        ag_standing_put(writer, "Too many calls at once (limit ");
        ag_standing_put_number(writer, limit->max);
        ag_standing_put(writer, ").");
        break;

    case AG_RESOURCE_MONEY:
        ag_standing_spent(writer, limit, name);

        /* a budget is nothing to try again after a second for */

        if (wait_us == 0) {
            return;
        }

        break;

    default:
        ag_standing_put(writer, "Rate limit reached for");
        ag_standing_put(writer, ag_standing_resources[limit->resource].words);
        ag_standing_put(writer, " (");
        ag_standing_put_number(writer, limit->max);
        ag_standing_per(writer, limit, name);
        ag_standing_put(writer, ").");
    }

    ag_standing_put(writer, " Please try again in ");
    ag_standing_put_time(writer, (wait_us > 0) ? wait_us
                                               : AG_STANDING_UNKNOWN_US);
    ag_standing_put(writer, ".");
}


/* The wait is exact, but who counts 263 hours? */
static void
ag_standing_spent(ag_standing_writer_t *writer, const ag_limit_t *limit,
    ag_str_t name)
{
    ag_standing_put(writer, "The budget of ");
    ag_standing_put_amount(writer, AG_RESOURCE_MONEY, limit->max);
    ag_standing_put(writer, " USD");
    ag_standing_per(writer, limit, name);
    ag_standing_put(writer, " is spent.");

    if (limit->kind == AG_WINDOW_DAY) {
        ag_standing_put(writer, " It begins anew with the next day (UTC).");

    } else if (limit->kind == AG_WINDOW_MONTH) {
        ag_standing_put(writer, " It begins anew with the next month (UTC).");
    }
}


/* No wait is told: it would not help, and SDKs would take it for one. */
static void
ag_standing_never(ag_standing_writer_t *writer, const ag_limit_t *limit,
    ag_str_t name, uint64_t amount)
{
    int  money;

    money = (limit->resource == AG_RESOURCE_MONEY);

    ag_standing_put(writer, money ? "This request may cost "
                                  : "This request needs ");
    ag_standing_put_amount(writer, limit->resource, amount);
    ag_standing_put(writer, (amount == 1)
                            ? ag_standing_resources[limit->resource].word
                            : ag_standing_resources[limit->resource].words);
    ag_standing_put(writer, money ? ", the budget is " : ", the limit is ");
    ag_standing_put_amount(writer, limit->resource, limit->max);
    ag_standing_put(writer, money ? " USD" : "");
    ag_standing_per(writer, limit, name);
    ag_standing_put(writer, ".");
}


/* " per 1m", in the words of whoever wrote the limit if its name has them. */
static void
ag_standing_per(ag_standing_writer_t *writer, const ag_limit_t *limit,
    ag_str_t name)
{
    ag_str_t  period;

    if (limit->kind == AG_WINDOW_COUNT) {
        return;
    }

    ag_standing_put(writer, " per ");
    period = ag_standing_period(name);

    if (period.len > 0) {
        ag_standing_put_text(writer, period);

    } else if (limit->kind == AG_WINDOW_DAY) {
        ag_standing_put(writer, "day");

    } else if (limit->kind == AG_WINDOW_MONTH) {
        ag_standing_put(writer, "month");

    } else {
        ag_standing_window(writer, limit->window);
    }
}


/* The letters and digits behind the slash of "requests/1m"; may be none. */
static ag_str_t
ag_standing_period(ag_str_t name)
{
    size_t            len;
    ag_char_t         c;
    const ag_char_t  *slash;

    slash = (name.len > 0) ? memchr(name.data, '/', name.len) : NULL;

    if (slash == NULL) {
        return ag_str(NULL, 0);
    }

    name.len -= (size_t) (slash + 1 - name.data);
    name.data = slash + 1;

    for (len = 0; len < name.len; len++) {
        c = name.data[len];

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) {
            break;
        }
    }

    return ag_str(name.data, (len <= AG_STANDING_PERIOD_MAX) ? len : 0);
}


/* In the largest unit that leaves no rest: "90s", "1h", "30d". */
static void
ag_standing_window(ag_standing_writer_t *writer, uint64_t us)
{
    size_t  i, last;

    last = sizeof(ag_standing_units) / sizeof(ag_standing_units[0]) - 1;

    for (i = 0; i < last; i++) {
        if (us % ag_standing_units[i].us == 0) {
            break;
        }
    }

    ag_standing_put_number(writer, ag_standing_up(us,
                                                  ag_standing_units[i].us));
    ag_standing_put(writer, ag_standing_units[i].name);
}
