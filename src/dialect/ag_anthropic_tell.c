/*
 * Copyright (C) ngx_agent authors
 *
 * The frame of a request for Anthropic's Messages API: what is decided before
 * the first byte, the plain parameters, and what has no place there.  A
 * parameter whose loss would change the answer is refused; a hint is dropped.
 */


#include "dialect/ag_anthropic_tell_parts.h"


#define AG_ANTHROPIC_TOKENS     4096    /* max_tokens is required; where
                                           nobody knows one */
#define AG_ANTHROPIC_USER_MAX   256     /* bytes of metadata.user_id */
#define AG_ANTHROPIC_PHONE_MIN  7       /* digits */


static int ag_anthropic_tell_body(ag_anthropic_tell_t *t);
static int ag_anthropic_tell_decide(ag_anthropic_tell_t *t);
static int ag_anthropic_tell_refuse(ag_anthropic_tell_t *t);
static void ag_anthropic_tell_never(ag_anthropic_tell_t *t, int *rc,
    unsigned given, const char *name);
static unsigned ag_anthropic_tell_is_zero(yyjson_val *number);
static unsigned ag_anthropic_tell_hears(const ag_neutral_t *n);
static void ag_anthropic_tell_drop(ag_anthropic_tell_t *t);
static void ag_anthropic_tell_hint(ag_anthropic_tell_t *t, unsigned given,
    const char *name);
static void ag_anthropic_tell_sampling(ag_anthropic_tell_t *t);
static void ag_anthropic_tell_sample(ag_anthropic_tell_t *t,
    const char *name, yyjson_val *value, unsigned refused);
static int ag_anthropic_tell_stops(ag_anthropic_tell_t *t);
static void ag_anthropic_tell_user(ag_anthropic_tell_t *t);
static unsigned ag_anthropic_tell_is_personal(ag_str_t user);
static void ag_anthropic_tell_tier(ag_anthropic_tell_t *t);


int
ag_anthropic_tell_path(const ag_outbound_t *to, ag_buf_t *path,
    ag_buf_t *args)
{
    (void) to;
    (void) args;

    return ag_buf_add_string(path, "messages");
}


int
ag_anthropic_tell(const ag_neutral_t *n, ag_outbound_t *to, ag_buf_t *out,
    ag_error_t *error)
{
    int                  rc;
    size_t               len;
    ag_anthropic_tell_t  t;

    memset(&t, 0, sizeof(ag_anthropic_tell_t));

    t.n = n;
    t.to = to;
    t.error = error;
    len = out->len;

    ag_put_init(&t.put, out);

    rc = ag_anthropic_tell_decide(&t);

    if (rc == AG_OK) {
        rc = ag_anthropic_tell_body(&t);
    }

    if (rc != AG_OK) {
        out->len = len;
    }

    return rc;
}


/*
 * What caches of prompts compare stands in one order: the system, then
 * messages, and tools behind them in the client's own.
 */
static int
ag_anthropic_tell_body(ag_anthropic_tell_t *t)
{
    int  rc;

    ag_put_open(&t->put, NULL, '{');
    ag_put_text(&t->put, "model", t->to->model);
    ag_put_number(&t->put, "max_tokens", t->max_tokens);
    ag_anthropic_tell_system(t);

    rc = ag_anthropic_tell_turns(t);

    if (rc == AG_OK) {
        rc = ag_anthropic_tell_tools(t);
    }

    if (rc == AG_OK) {
        rc = ag_anthropic_tell_stops(t);
    }

    if (rc != AG_OK) {
        return rc;
    }

    ag_anthropic_tell_thinking(t);
    ag_anthropic_tell_output(t);
    ag_anthropic_tell_sampling(t);
    ag_anthropic_tell_user(t);
    ag_anthropic_tell_tier(t);
    ag_anthropic_tell_cache(t, t->n->cache_control);

    if (t->to->stream) {
        ag_put_bool(&t->put, "stream", 1);
    }

    ag_put_close(&t->put, '}');

    return t->put.rc;
}


const char *
ag_anthropic_tell_name(const ag_anthropic_tell_t *t, const char *chat,
    const char *responses)
{
    return (t->n->endpoint == AG_ENDPOINT_RESPONSES) ? responses : chat;
}


/*
 * Each step stands on the one before: a budget is a part of max_tokens, who
 * thinks is not forced to a form, and a forced form takes the choice.  The
 * limit is required, so a client that names none gets all there is.
 */
static int
ag_anthropic_tell_decide(ag_anthropic_tell_t *t)
{
    int       rc;
    uint64_t  most;

    most = t->to->facts->max_output_tokens;
    t->max_tokens = t->n->max_tokens;

    if (t->max_tokens == 0) {
        t->max_tokens = (most > 0) ? most : AG_ANTHROPIC_TOKENS;

    } else if (t->to->facts->name.len > 0 && most > 0
               && t->max_tokens > most)
    {
        /* of an unknown model the client may know more */

        t->max_tokens = most;
    }

    rc = ag_anthropic_tell_refuse(t);

    if (rc != AG_OK) {
        return rc;
    }

    ag_anthropic_tell_drop(t);
    ag_anthropic_tell_think(t);

    rc = ag_anthropic_tell_form(t);

    return (rc == AG_OK) ? ag_anthropic_tell_choose(t) : rc;
}


/*
 * What changes the answer, and has no place there.  Audio as an answer is
 * asked for by modalities; its options alone ask for nothing.
 */
static int
ag_anthropic_tell_refuse(ag_anthropic_tell_t *t)
{
    int                  rc;
    const ag_neutral_t  *n;

    n = t->n;
    rc = AG_OK;

    ag_anthropic_tell_never(t, &rc, n->choices > 1, "n");
    ag_anthropic_tell_never(t, &rc, n->logprobs,
                            ag_anthropic_tell_name(t, "logprobs", "include"));
    ag_anthropic_tell_never(t, &rc, n->top_logprobs > 0, "top_logprobs");
    ag_anthropic_tell_never(t, &rc, yyjson_get_len(n->logit_bias) > 0,
                            "logit_bias");
    ag_anthropic_tell_never(t, &rc,
                            !ag_anthropic_tell_is_zero(n->frequency_penalty),
                            "frequency_penalty");
    ag_anthropic_tell_never(t, &rc,
                            !ag_anthropic_tell_is_zero(n->presence_penalty),
                            "presence_penalty");
    ag_anthropic_tell_never(t, &rc, ag_anthropic_tell_hears(n), "modalities");

    return rc;
}


static void
ag_anthropic_tell_never(ag_anthropic_tell_t *t, int *rc, unsigned given,
    const char *name)
{
    if (given && *rc == AG_OK) {
        *rc = ag_outbound_refuse(t->to, t->error, name);
    }
}


/* Clients send their defaults: a penalty of 0 asks for nothing. */
static unsigned
ag_anthropic_tell_is_zero(yyjson_val *number)
{
    double  value;

    value = yyjson_get_num(number);

    return number == NULL || (yyjson_is_num(number) && value >= 0
                              && value <= 0);
}


/* Does the client want anything but text? */
static unsigned
ag_anthropic_tell_hears(const ag_neutral_t *n)
{
    size_t       i, count;
    yyjson_val  *value;

    yyjson_arr_foreach(n->modalities, i, count, value) {
        if (!ag_str_is(ag_json_text(value), "text")) {
            return 1;
        }
    }

    return 0;
}


/* Hints: the answer is one without them, too.  "store" is off there. */
static void
ag_anthropic_tell_drop(ag_anthropic_tell_t *t)
{
    uint32_t             i;
    const ag_neutral_t  *n;

    n = t->n;

    ag_anthropic_tell_hint(t, n->seed != NULL, "seed");
    ag_anthropic_tell_hint(t, n->prediction != NULL, "prediction");
    ag_anthropic_tell_hint(t, yyjson_is_true(n->store), "store");
    ag_anthropic_tell_hint(t, n->metadata != NULL, "metadata");
    ag_anthropic_tell_hint(t, n->audio != NULL, "audio");
    ag_anthropic_tell_hint(t, n->prompt_cache_key.len > 0,
                           "prompt_cache_key");
    ag_anthropic_tell_hint(t, n->verbosity.len > 0,
                           ag_anthropic_tell_name(t, "verbosity",
                                                  "text.verbosity"));

    for (i = 0; i < n->unknown_count; i++) {
        ag_outbound_drop_text(t->to, n->unknown[i]);
    }
}


static void
ag_anthropic_tell_hint(ag_anthropic_tell_t *t, unsigned given,
    const char *name)
{
    if (given) {
        ag_outbound_drop(t->to, name);
    }
}


/* A model that thinks refuses them all, as the newest ones do anyway. */
static void
ag_anthropic_tell_sampling(ag_anthropic_tell_t *t)
{
    unsigned             refused, both;
    const ag_neutral_t  *n;

    n = t->n;
    refused = ag_facts_refuses(t->to->facts, SAMPLING) != 0
              || ag_anthropic_tell_thinks(t);
    both = n->temperature != NULL
           && ag_facts_refuses(t->to->facts, BOTH_SAMPLING) != 0;

    if (!refused && yyjson_get_num(n->temperature) > 1) {

        /* OpenAI's goes to 2, Anthropic's to 1 */

        ag_put_number(&t->put, "temperature", 1);

    } else {
        ag_anthropic_tell_sample(t, "temperature", n->temperature, refused);
    }

    ag_anthropic_tell_sample(t, "top_p", n->top_p, refused || both);
    ag_anthropic_tell_sample(t, "top_k", n->top_k, refused);
}


static void
ag_anthropic_tell_sample(ag_anthropic_tell_t *t, const char *name,
    yyjson_val *value, unsigned refused)
{
    if (value == NULL) {
        return;
    }

    if (refused) {
        ag_outbound_drop(t->to, name);

    } else {
        ag_put_value(&t->put, name, value);
    }
}


/* One without a visible character is refused there, and stops little. */
static int
ag_anthropic_tell_stops(ag_anthropic_tell_t *t)
{
    unsigned   open;
    uint32_t   i;
    ag_str_t  *stops;

    open = 0;
    stops = t->n->stops;

    if (t->n->stop_count > 0 && ag_facts_refuses(t->to->facts, STOP)) {
        return ag_outbound_refuse(t->to, t->error, "stop");
    }

    for (i = 0; i < t->n->stop_count; i++) {
        if (ag_anthropic_tell_is_blank(stops[i])) {
            continue;
        }

        if (!open) {
            ag_put_open(&t->put, "stop_sequences", '[');
            open = 1;
        }

        ag_put_text(&t->put, NULL, stops[i]);
    }

    if (open) {
        ag_put_close(&t->put, ']');
    }

    return AG_OK;
}


/* An id that is refused would fail the call, and is only for statistics. */
static void
ag_anthropic_tell_user(ag_anthropic_tell_t *t)
{
    ag_str_t  user;

    user = t->n->user;

    if (user.len == 0) {
        return;
    }

    if (user.len > AG_ANTHROPIC_USER_MAX
        || ag_anthropic_tell_is_personal(user))
    {
        ag_outbound_drop(t->to, "user");
        return;
    }

    ag_put_open(&t->put, "metadata", '{');
    ag_put_text(&t->put, "user_id", user);
    ag_put_close(&t->put, '}');
}


/* Mail addresses and telephone numbers are refused as a user's id. */
static unsigned
ag_anthropic_tell_is_personal(ag_str_t user)
{
    size_t  i, digits;

    if (memchr(user.data, '@', user.len) != NULL) {
        return 1;
    }

    digits = 0;

    for (i = 0; i < user.len; i++) {
        if (user.data[i] >= '0' && user.data[i] <= '9') {
            digits++;

        } else if (memchr("+-. ()", user.data[i], 6) == NULL) {
            return 0;
        }
    }

    return digits >= AG_ANTHROPIC_PHONE_MIN && digits < user.len;
}


/* There, "auto" uses what priority was bought, and falls back. */
static void
ag_anthropic_tell_tier(ag_anthropic_tell_t *t)
{
    switch (t->n->tier) {

    case AG_TIER_UNSET:
        return;

    case AG_TIER_AUTO:
    case AG_TIER_PRIORITY:
        ag_put_word(&t->put, "service_tier", "auto");
        return;

    case AG_TIER_DEFAULT:
        ag_put_word(&t->put, "service_tier", "standard_only");
        return;

    default:
        ag_outbound_drop(t->to, "service_tier");
    }
}
