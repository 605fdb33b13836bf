/*
 * Copyright (C) ngx_agent authors
 *
 * How the answer shall be made: generationConfig and the tier.
 */


#include "dialect/ag_gemini_parts.h"


#define AG_GEMINI_STOPS_MAX  5      /* the API's */


static void ag_gemini_tell_sampling(ag_gemini_tell_t *t);
static int ag_gemini_tell_choices(ag_gemini_tell_t *t);
static int ag_gemini_tell_penalty(ag_gemini_tell_t *t, const char *param,
    const char *name, yyjson_val *value);
static int ag_gemini_tell_stops(ag_gemini_tell_t *t);
static void ag_gemini_tell_seed(ag_gemini_tell_t *t);
static void ag_gemini_tell_limits(ag_gemini_tell_t *t);
static int ag_gemini_tell_format(ag_gemini_tell_t *t);
static int ag_gemini_tell_modalities(ag_gemini_tell_t *t);
static int ag_gemini_tell_tier(ag_gemini_tell_t *t);


static const ag_gemini_name_t  ag_gemini_stop = {
    "stop", "stop_sequences", "stop"
};

static const ag_gemini_name_t  ag_gemini_format = {
    "response_format", "output_config.format", "text.format"
};


int
ag_gemini_tell_config(ag_gemini_tell_t *t)
{
    int       rc;
    size_t    len, empty;
    ag_put_t  before;

    before = t->put;
    len = t->put.out->len;

    ag_put_open(&t->put, "generationConfig", '{');
    empty = t->put.out->len;

    ag_gemini_tell_limits(t);
    ag_gemini_tell_sampling(t);
    rc = ag_gemini_tell_choices(t);

    if (rc == AG_OK) {
        rc = ag_gemini_tell_stops(t);
    }

    if (rc == AG_OK) {
        rc = ag_gemini_tell_format(t);
    }

    if (rc == AG_OK) {
        rc = ag_gemini_tell_modalities(t);
    }

    if (rc != AG_OK) {
        return rc;
    }

    ag_gemini_tell_thinking(t);

    if (t->put.out->len == empty) {
        ag_gemini_tell_undo(t, before, len);

    } else {
        ag_put_close(&t->put, '}');
    }

    return ag_gemini_tell_tier(t);
}


/* More than the model can say is no wish but an error there; the name of
 * facts that are only assumed is empty. */
static void
ag_gemini_tell_limits(ag_gemini_tell_t *t)
{
    uint64_t           most;
    const ag_facts_t  *facts;

    facts = t->to->facts;

    if (t->n->max_tokens > 0) {
        most = (facts->name.len > 0) ? facts->max_output_tokens : 0;

        ag_put_number(&t->put, "maxOutputTokens",
                      (most > 0 && t->n->max_tokens > most)
                      ? most : t->n->max_tokens);
    }

    ag_gemini_tell_seed(t);
}


/* 32 bits there: a longer one is folded, the same always to the same. */
static void
ag_gemini_tell_seed(ag_gemini_tell_t *t)
{
    int64_t   value;
    uint64_t  seed;

    if (t->n->seed == NULL) {
        return;
    }

    if (!yyjson_is_int(t->n->seed)) {
        ag_outbound_drop(t->to, "seed");
        return;
    }

    value = yyjson_get_sint(t->n->seed);
    seed = yyjson_get_uint(t->n->seed);

    if (yyjson_is_uint(t->n->seed) ? seed <= INT32_MAX
                                   : (value >= INT32_MIN && value <= 0))
    {
        ag_put_value(&t->put, "seed", t->n->seed);
        return;
    }

    ag_put_number(&t->put, "seed", (seed ^ (seed >> 32)) & INT32_MAX);
}


/* Refused, they are wishes that are not heeded. */
static void
ag_gemini_tell_sampling(ag_gemini_tell_t *t)
{
    size_t    i;
    unsigned  refused, both;

    const struct {
        const char  *param;
        const char  *name;
        yyjson_val  *value;
    } numbers[] = {
        { "temperature", "temperature", t->n->temperature },
        { "top_p", "topP", t->n->top_p },
        { "top_k", "topK", t->n->top_k }
    };

    refused = ag_facts_refuses(t->to->facts, SAMPLING) != 0;
    both = ag_facts_refuses(t->to->facts, BOTH_SAMPLING) != 0;

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {

        if (numbers[i].value == NULL) {
            continue;
        }

        if (refused || (i == 1 && both && numbers[0].value != NULL)) {
            ag_outbound_drop(t->to, numbers[i].param);
            continue;
        }

        ag_put_value(&t->put, numbers[i].name, numbers[i].value);
    }
}


static int
ag_gemini_tell_choices(ag_gemini_tell_t *t)
{
    const ag_neutral_t  *n;

    n = t->n;

    if (n->choices > 1) {

        if (!ag_facts_refuses(t->to->facts, CHOICES)) {
            ag_put_number(&t->put, "candidateCount", n->choices);

        } else if (ag_outbound_refuse(t->to, t->error, "n") != AG_OK) {
            return AG_INVALID;
        }
    }

    if (n->logprobs) {
        ag_put_bool(&t->put, "responseLogprobs", 1);

        if (n->top_logprobs > 0) {
            ag_put_number(&t->put, "logprobs", n->top_logprobs);
        }
    }

    if (ag_gemini_tell_penalty(t, "presence_penalty", "presencePenalty",
                               n->presence_penalty) != AG_OK)
    {
        return AG_INVALID;
    }

    return ag_gemini_tell_penalty(t, "frequency_penalty", "frequencyPenalty",
                                  n->frequency_penalty);
}


static int
ag_gemini_tell_penalty(ag_gemini_tell_t *t, const char *param,
    const char *name, yyjson_val *value)
{
    if (value == NULL) {
        return AG_OK;
    }

    if (ag_facts_refuses(t->to->facts, PENALTIES)) {
        return ag_outbound_refuse(t->to, t->error, param);
    }

    ag_put_value(&t->put, name, value);

    return AG_OK;
}


/* Where some may be dropped, the first ones are still heeded. */
static int
ag_gemini_tell_stops(ag_gemini_tell_t *t)
{
    uint32_t  i, count, most;

    count = t->n->stop_count;
    most = ag_facts_refuses(t->to->facts, STOP) ? 0 : AG_GEMINI_STOPS_MAX;

    if (count > most) {

        if (ag_outbound_refuse(t->to, t->error,
                               ag_gemini_tell_name(t, ag_gemini_stop))
            != AG_OK)
        {
            return AG_INVALID;
        }

        count = most;
    }

    if (count == 0) {
        return AG_OK;
    }

    ag_put_open(&t->put, "stopSequences", '[');

    for (i = 0; i < count; i++) {
        ag_put_text(&t->put, NULL, t->n->stops[i]);
    }

    ag_put_close(&t->put, ']');

    return AG_OK;
}


static int
ag_gemini_tell_format(ag_gemini_tell_t *t)
{
    if (t->n->format == AG_FORMAT_TEXT) {
        return AG_OK;
    }

    if (t->n->format == AG_FORMAT_SCHEMA
        && ag_facts_refuses(t->to->facts, JSON_SCHEMA))
    {
        return ag_outbound_refuse(t->to, t->error,
                                  ag_gemini_tell_name(t, ag_gemini_format));
    }

    ag_put_word(&t->put, "responseMimeType", "application/json");

    if (t->n->format == AG_FORMAT_SCHEMA && t->n->schema != NULL) {
        ag_put_value(&t->put, "responseJsonSchema", t->n->schema);
    }

    return AG_OK;
}


static int
ag_gemini_tell_modalities(ag_gemini_tell_t *t)
{
    size_t       i, count;
    unsigned     image, other;
    ag_str_t     word;
    yyjson_val  *value;

    image = 0;
    other = 0;

    yyjson_arr_foreach(t->n->modalities, i, count, value) {
        word = ag_json_text(value);

        if (ag_str_is(word, "image")) {
            image = 1;

        } else if (!ag_str_is(word, "text")) {
            other = 1;
        }
    }

    /* sound that is answered has no place on any surface of ours */

    if (other
        && ag_outbound_refuse(t->to, t->error, "modalities") != AG_OK)
    {
        return AG_INVALID;
    }

    if (image) {
        ag_put_open(&t->put, "responseModalities", '[');
        ag_put_word(&t->put, NULL, "TEXT");
        ag_put_word(&t->put, NULL, "IMAGE");
        ag_put_close(&t->put, ']');
    }

    if (t->n->audio != NULL) {
        ag_outbound_drop(t->to, "audio");
    }

    return AG_OK;
}


static int
ag_gemini_tell_tier(ag_gemini_tell_t *t)
{
    const char  *word;

    switch (t->n->tier) {

    case AG_TIER_UNSET:
    case AG_TIER_AUTO:
    case AG_TIER_DEFAULT:
        return AG_OK;

    case AG_TIER_PRIORITY:
        word = "priority";
        break;

    case AG_TIER_FLEX:
        word = "flex";
        break;

    default:
        return ag_outbound_refuse(t->to, t->error, "service_tier");
    }

    ag_put_word(&t->put, "serviceTier", word);

    return AG_OK;
}
