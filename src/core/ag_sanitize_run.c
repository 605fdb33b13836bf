/*
 * Copyright (C) ngx_agent authors
 *
 * Keys and tokens that nothing announces: runs of 20 or more that mix
 * letters and digits, and PEM blocks.
 *
 * Names ("text_editor_20250124") and ids of requests mix them, too, and stay.
 * What hangs on a key with a "-", "." or "/" and looks random goes with it.
 */


#include "core/ag_sanitize_parts.h"


#define AG_SANITIZE_RUN_MIN    20   /* characters */
#define AG_SANITIZE_PIECE_MIN  6    /* of what hangs on such a run */
#define AG_SANITIZE_BACK_MAX   64   /* of that before the run */
#define AG_SANITIZE_ID_MAX     40   /* of a request's id */
#define AG_SANITIZE_ID_TAIL    32   /* of it behind the prefix: a UUID */


static const ag_char_t *ag_sanitize_run_end(const ag_char_t *p,
    const ag_char_t *limit, unsigned *kinds);
static const ag_char_t *ag_sanitize_run_put(ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);
static const ag_char_t *ag_sanitize_run_start(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static const ag_char_t *ag_sanitize_dashes(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static unsigned ag_sanitize_joins(ag_char_t c);
static unsigned ag_sanitize_is_id(const ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);
static unsigned ag_sanitize_is_id_name(const ag_sanitize_scan_t *s,
    const ag_char_t *p);


/* What ids of requests, answers and the like start with. */
static const char *const  ag_sanitize_ids[] = {
    "req_", "req-", "request_", "request-", "chatcmpl-tool-", "chatcmpl-",
    "chatcmpl_", "cmpl-", "embd-", "modr-", "msg_", "resp_", "resp-",
    "call_", "toolu_", "srvtoolu_", "fc_", "rs_", "ws_", "run_", "step_",
    "thread_", "asst_", "conv_", "batch_", "batch-", "file-", "file_",
    "vs_", "gen-", "ftjob-", "ftckpt-", "eval_", "evalrun_", "item_",
    "event_", "sess_", "resp_bdrk_", "trace-", "trace_", "error-", "err_",
    "container_", "cntr_", "image-", "img-", "video_", NULL
};


/* What stands before an id that has no prefix. */
static const char *const  ag_sanitize_id_names[128] = {
    ['d'] = "requestid traceid correlationid responseid spanid "
            "transactionid messageid eventid operationid referenceid "
            "reqid",
    ['r'] = "cfray",
    ['y'] = "cfray"
};


/*
 * "-" and "." end a run, so "gpt-4o-mini-2024-07-18" has none: its longest
 * piece has four characters.
 */
const ag_char_t *
ag_sanitize_run(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e, const ag_char_t *limit)
{
    unsigned          kinds;
    const ag_char_t  *q, *end;

    for (q = p; q < e; q = end) {

        if (!ag_sanitize_is(*q, AG_SANITIZE_RUN)) {
            end = q + 1;
            continue;
        }

        /* a "+" joins names to one run: it was judged at the first */

        if (q < s->runless) {
            end = s->runless;
            continue;
        }

        end = ag_sanitize_run_end(q, limit, &kinds);

        if (end - q < AG_SANITIZE_RUN_MIN) {
            continue;
        }

        if ((kinds & AG_SANITIZE_DIGIT) && (kinds & AG_SANITIZE_LETTER)
            && !ag_sanitize_is_identifier(ag_str(q, (size_t) (end - q)))
            && !ag_sanitize_is_id(s, p, e))
        {
            return ag_sanitize_run_put(s, q, end);
        }

        s->runless = end;
    }

    return NULL;
}


static const ag_char_t *
ag_sanitize_run_end(const ag_char_t *p, const ag_char_t *limit,
    unsigned *kinds)
{
    *kinds = 0;

    while (p < limit && ag_sanitize_is(*p, AG_SANITIZE_RUN)) {
        *kinds |= ag_sanitize_kinds[*p++];
    }

    return p;
}


/*
 * Takes out a run and what hangs on it: the three parts of a token, the
 * pieces between the slashes of base64.
 */
static const ag_char_t *
ag_sanitize_run_put(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    unsigned          kinds;
    const ag_char_t  *q;

    p = ag_sanitize_run_start(s, p);

    while (ag_sanitize_joins(ag_sanitize_at(s, e))) {
        q = ag_sanitize_run_end(e + 1, s->end, &kinds);

        if (!ag_sanitize_is_random(ag_str(e + 1, (size_t) (q - e - 1)),
                                   AG_SANITIZE_PIECE_MIN))
        {
            break;
        }

        e = q;
    }

    for (q = e; ag_sanitize_at(s, q) == '='; q++) {
        /* void */
    }

    /* padding, unless it assigns something */

    if (!ag_sanitize_is(ag_sanitize_at(s, q), AG_SANITIZE_START)) {
        e = q;
    }

    return ag_sanitize_put(s, p, e, AG_SANITIZE_REDACTED);
}


/*
 * Where a key starts that has its first run of 20 at "p".  This looks back,
 * but only where a run goes, and over no more bytes than are constant.
 */
static const ag_char_t *
ag_sanitize_run_start(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    const ag_char_t  *q, *end, *least;

    least = (p - s->plain > AG_SANITIZE_BACK_MAX) ? p - AG_SANITIZE_BACK_MAX
                                                  : s->plain;

    while (p > least && ag_sanitize_joins(p[-1])) {
        end = p - 1;
        q = end;

        while (q > least && ag_sanitize_is(q[-1], AG_SANITIZE_RUN)) {
            q--;
        }

        if (!ag_sanitize_is_random(ag_str(q, (size_t) (end - q)),
                                   AG_SANITIZE_PIECE_MIN))
        {
            break;
        }

        p = q;
    }

    return p;
}


/* Does a key go on behind that byte? */
static unsigned
ag_sanitize_joins(ag_char_t c)
{
    return c == '-' || c == '.' || c == '/' || c == '~';
}


/* Is the name p..e the id of a request? */
static unsigned
ag_sanitize_is_id(const ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    size_t  i, n, len;

    len = (size_t) (e - p);

    /* "=" and "+" would be parts of the run, but not of an id */

    if (ag_sanitize_at(s, e) == '+') {
        return 0;
    }

    for (i = 0; ag_sanitize_ids[i] != NULL; i++) {
        n = strlen(ag_sanitize_ids[i]);

        if (n < len && memcmp(p, ag_sanitize_ids[i], n) == 0) {
            return len <= AG_SANITIZE_ID_MAX
                   || len - n <= AG_SANITIZE_ID_TAIL;
        }
    }

    return len <= AG_SANITIZE_ID_MAX && ag_sanitize_is_id_name(s, p);
}


/* Does "request id: " or its like stand before "p"? */
static unsigned
ag_sanitize_is_id_name(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    size_t            n;
    ag_str_t          name;
    const ag_char_t  *end;

    name = s->last;
    end = name.data + name.len;

    if (name.len == 0 || p - end > 6) {
        return 0;
    }

    for ( /* void */ ; end < p; end++) {
        if (strchr(" :=\"'`(\\#", *end) == NULL || *end == '\0') {
            return 0;
        }
    }

    /* "request id" is two names */

    n = s->older.len;

    if (n > 0 && s->older.data + n + 1 == name.data
        && ag_sanitize_at(s, s->older.data + n) == ' ')
    {
        name = ag_str(s->older.data, n + 1 + name.len);
    }

    return ag_sanitize_ends_listed(ag_sanitize_id_names, name, NULL) > 0;
}


/*
 * From "-----BEGIN" to the dashes of "-----END", or to the end of the text if
 * that is missing.  A line must end behind the first: a message may name it.
 */
const ag_char_t *
ag_sanitize_pem(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    ag_char_t         c;
    const ag_char_t  *q;

    if (!ag_sanitize_starts(s, e, "BEGIN ")) {
        return NULL;
    }

    q = ag_sanitize_dashes(s, e + sizeof("BEGIN"));

    if (q == NULL) {
        return NULL;
    }

    c = ag_sanitize_at(s, q);

    if (c != '\n' && c != '\r' && c != '\\' && c != ' ') {
        return NULL;
    }

    q += (c == ' ');

    if (c == ' ' && ag_sanitize_skip(s, q, AG_SANITIZE_RUN) - q
                    < AG_SANITIZE_RUN_MIN)
    {
        return NULL;
    }

    while (q < s->end) {
        if (*q == '-' && ag_sanitize_starts(s, q, "-----END ")) {
            q = ag_sanitize_dashes(s, q + sizeof("-----END"));

            return ag_sanitize_put(s, p, (q != NULL) ? q : s->end,
                                   AG_SANITIZE_REDACTED);
        }

        q++;
    }

    return ag_sanitize_put(s, p, s->end, AG_SANITIZE_REDACTED);
}


/* Behind the dashes that end a label at "p". */
static const ag_char_t *
ag_sanitize_dashes(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    while (p < s->end
           && (ag_sanitize_is(*p, AG_SANITIZE_UPPER | AG_SANITIZE_DIGIT)
               || *p == ' '))
    {
        p++;
    }

    return ag_sanitize_starts(s, p, "-----") ? p + 5 : NULL;
}
