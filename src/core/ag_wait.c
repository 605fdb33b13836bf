/*
 * Copyright (C) ngx_agent authors
 *
 * Which header, or which part of the body, says when a provider wants to be
 * asked again.  What a single text means is read in ag_wait_time.c.  Judges
 * nothing by the status, and does not read sentences ("try again in 6.5s"):
 * who writes them sends a header too.
 */


#include "core/ag_json.h"
#include "core/ag_wait_parts.h"


#define AG_WAIT_LIMITS_MAX  16          /* limits of one family; a provider
                                           has four, and for each of them all
                                           headers are walked */
#define AG_WAIT_SCRATCH     (16 * 1024) /* bytes of stack for the tree of a
                                           body: enough for 1.2 KB of it */


/* Whose headers describe a limit. */
typedef enum {
    AG_WAIT_NOBODY = 0,
    AG_WAIT_OPENAI,         /* x-ratelimit-reset, -reset-tokens */
    AG_WAIT_ANTHROPIC       /* anthropic-ratelimit-tokens-reset */
} ag_wait_family_t;


typedef struct {
    const ag_wait_header_t  *headers;
    size_t                   count;
    int64_t                  now;       /* by the answer's own clock */
} ag_wait_answer_t;


static int64_t ag_wait_clock(const ag_wait_answer_t *answer);
static uint64_t ag_wait_after(const ag_wait_answer_t *answer);
static uint64_t ag_wait_named(const ag_wait_answer_t *answer,
    const char *name, uint64_t unit_us);
static uint64_t ag_wait_date(ag_str_t text, int64_t now);
static uint64_t ag_wait_info(ag_str_t body);
static uint64_t ag_wait_detail(yyjson_val *root);
static uint64_t ag_wait_limits(const ag_wait_answer_t *answer,
    ag_wait_family_t family);
static unsigned ag_wait_is_spent(const ag_wait_answer_t *answer,
    ag_wait_family_t family, ag_str_t limit);
static ag_wait_family_t ag_wait_limit(ag_str_t name, const char *word,
    ag_str_t *limit);
static unsigned ag_wait_cut(ag_str_t *text, const char *prefix);
static unsigned ag_wait_cut_end(ag_str_t *text, const char *suffix);


unsigned
ag_wait_reads(ag_str_t name)
{
    ag_str_t  limit;

    return ag_str_is(name, "retry-after")
           || ag_str_is(name, "retry-after-ms")
           || ag_str_is(name, "x-ms-retry-after-ms")
           || ag_str_is(name, "date")
           || ag_wait_limit(name, "reset", &limit) != AG_WAIT_NOBODY
           || ag_wait_limit(name, "remaining", &limit) != AG_WAIT_NOBODY;
}


int
ag_wait_read(const ag_wait_header_t *headers, size_t count, ag_str_t body,
    int64_t now, uint64_t *wait_ms)
{
    uint64_t          wait;
    ag_wait_answer_t  answer;

    answer.headers = headers;
    answer.count = count;
    answer.now = (now < 0) ? 0 : (now > AG_WAIT_NOW_MAX) ? AG_WAIT_NOW_MAX
                                                         : now;
    answer.now = ag_wait_clock(&answer);

    wait = ag_wait_after(&answer);

    if (wait == 0) {
        wait = ag_wait_info(body);
    }

    if (wait == 0) {
        wait = ag_wait_limits(&answer, AG_WAIT_OPENAI);
    }

    if (wait == 0) {
        wait = ag_wait_limits(&answer, AG_WAIT_ANTHROPIC);
    }

    /* never a little too early */

    *wait_ms = (wait + 999) / 1000;

    return (wait > 0) ? AG_OK : AG_NONE;
}


/* Both clocks differ; what the provider says is meant by its own. */
static int64_t
ag_wait_clock(const ag_wait_answer_t *answer)
{
    size_t   i;
    int64_t  seconds;

    for (i = 0; i < answer->count; i++) {
        if (ag_str_is(answer->headers[i].name, "date")
            && ag_wait_http_date(answer->headers[i].value, answer->now,
                                 &seconds) == AG_OK
            && seconds >= 0)
        {
            return seconds;
        }
    }

    return answer->now;
}


static uint64_t
ag_wait_after(const ag_wait_answer_t *answer)
{
    uint64_t  wait;

    wait = ag_wait_named(answer, "retry-after-ms", 1000);

    if (wait == 0) {
        wait = ag_wait_named(answer, "x-ms-retry-after-ms", 1000);
    }

    if (wait == 0) {
        wait = ag_wait_named(answer, "retry-after", AG_WAIT_SECOND);
    }

    return wait;
}


/* The first header of that name that makes sense. */
static uint64_t
ag_wait_named(const ag_wait_answer_t *answer, const char *name,
    uint64_t unit_us)
{
    size_t    i;
    uint64_t  wait;
    ag_str_t  value;

    for (i = 0; i < answer->count; i++) {
        if (!ag_str_is(answer->headers[i].name, name)) {
            continue;
        }

        value = answer->headers[i].value;
        wait = ag_wait_number(value, unit_us);

        if (wait == 0 && unit_us == AG_WAIT_SECOND) {
            wait = ag_wait_date(value, answer->now);
        }

        if (wait > 0) {
            return wait;
        }
    }

    return 0;
}


static uint64_t
ag_wait_date(ag_str_t text, int64_t now)
{
    int64_t  seconds;

    if (ag_wait_http_date(text, now, &seconds) != AG_OK) {
        return 0;
    }

    return ag_wait_until(seconds, 0, now);
}


static uint64_t
ag_wait_info(ag_str_t body)
{
    uint64_t     wait;
    ag_char_t    scratch[AG_WAIT_SCRATCH];
    yyjson_doc  *doc;

    if (body.len == 0 || body.len > AG_ERROR_BODY_MAX) {
        return 0;
    }

    doc = ag_json_tree(body, scratch, sizeof(scratch));
    wait = ag_wait_detail(yyjson_doc_get_root(doc));

    yyjson_doc_free(doc);

    return wait;
}


/* Gemini's RetryInfo; its streams that are no SSE wrap it into an array. */
static uint64_t
ag_wait_detail(yyjson_val *root)
{
    size_t       i, count;
    uint64_t     wait;
    ag_str_t     type;
    yyjson_val  *details, *detail;

    if (yyjson_is_arr(root)) {
        root = yyjson_arr_get_first(root);
    }

    details = ag_json_path(root, "error", "details", NULL);

    yyjson_arr_foreach(details, i, count, detail) {
        type = ag_json_text(yyjson_obj_get(detail, "@type"));

        if (!ag_wait_cut_end(&type, "google.rpc.RetryInfo")) {
            continue;
        }

        wait = ag_wait_duration(ag_json_text(yyjson_obj_get(detail,
                                                            "retryDelay")));

        if (wait > 0) {
            return wait;
        }
    }

    return 0;
}


/*
 * When the family's limits allow the next request: the last of those that
 * are spent.  A limit that does not say what remains counts as spent; if
 * something remains of all, one of them was too small for this request, and
 * we ask again as soon as the first is full.
 */
static uint64_t
ag_wait_limits(const ag_wait_answer_t *answer, ag_wait_family_t family)
{
    size_t    i, found;
    uint64_t  wait, first, last;
    ag_str_t  limit;

    found = 0;
    first = 0;
    last = 0;

    for (i = 0; i < answer->count && found < AG_WAIT_LIMITS_MAX; i++) {

        if (ag_wait_limit(answer->headers[i].name, "reset", &limit)
            != family)
        {
            continue;
        }

        found++;
        wait = ag_wait_reset(answer->headers[i].value, answer->now);

        if (wait == 0) {
            continue;
        }

        if (first == 0 || wait < first) {
            first = wait;
        }

        if (wait > last && ag_wait_is_spent(answer, family, limit)) {
            last = wait;
        }
    }

    return (last > 0) ? last : first;
}


/* Nothing remains, or that is not said in a way that we understand. */
static unsigned
ag_wait_is_spent(const ag_wait_answer_t *answer, ag_wait_family_t family,
    ag_str_t limit)
{
    size_t    i;
    ag_str_t  name;

    for (i = 0; i < answer->count; i++) {
        if (ag_wait_limit(answer->headers[i].name, "remaining", &name)
            == family
            && ag_str_equal(name, limit))
        {
            return ag_wait_number(answer->headers[i].value, 1) == 0;
        }
    }

    return 1;
}


/*
 * Whose header of a limit it is, if it is one: "word" is "reset" or
 * "remaining", "*limit" gets what is limited and is empty where all is.
 */
static ag_wait_family_t
ag_wait_limit(ag_str_t name, const char *word, ag_str_t *limit)
{
    *limit = name;

    if (ag_wait_cut(limit, "x-ratelimit-")) {
        return (ag_wait_cut(limit, word)
                && (limit->len == 0 || ag_str_is(*limit, "-requests")
                    || ag_str_is(*limit, "-tokens")))
               ? AG_WAIT_OPENAI : AG_WAIT_NOBODY;
    }

    return (ag_wait_cut(limit, "anthropic-ratelimit-")
            && ag_wait_cut_end(limit, word)
            && ag_wait_cut_end(limit, "-") && limit->len > 0)
           ? AG_WAIT_ANTHROPIC : AG_WAIT_NOBODY;
}


static unsigned
ag_wait_cut(ag_str_t *text, const char *prefix)
{
    size_t  n;

    n = strlen(prefix);

    if (text->len < n || memcmp(text->data, prefix, n) != 0) {
        return 0;
    }

    text->data += n;
    text->len -= n;

    return 1;
}


static unsigned
ag_wait_cut_end(ag_str_t *text, const char *suffix)
{
    size_t  n;

    n = strlen(suffix);

    if (text->len < n
        || memcmp(text->data + text->len - n, suffix, n) != 0)
    {
        return 0;
    }

    text->len -= n;

    return 1;
}
