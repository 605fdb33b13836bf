/*
 * Copyright (C) ngx_agent authors
 *
 * Writes how the model is to go about its answer: how long, how many, how
 * random, and how hard to think.
 */


#include "dialect/ag_openai_tell_parts.h"


#define AG_OPENAI_STOPS_MAX   4     /* stop sequences; five are a 400 */

#define AG_OPENAI_LOW_MAX     2048  /* tokens to think with that are a low */
#define AG_OPENAI_MEDIUM_MAX  8192  /* ... and a medium effort */


static ag_effort_t ag_openai_tell_wanted(const ag_openai_tell_t *t);


int
ag_openai_tell_limits(ag_openai_tell_t *t)
{
    if (t->n->max_tokens > 0) {
        ag_put_number(&t->put, t->quirks->max_tokens,
                      ag_facts_most(t->to->facts, t->n->max_tokens));
    }

    if (t->n->choices < 2) {
        return AG_OK;
    }

    if (!t->quirks->choices || ag_facts_refuses(t->to->facts, CHOICES)) {
        return ag_outbound_refuse(t->to, t->error, "n");
    }

    ag_put_number(&t->put, "n", t->n->choices);

    return AG_OK;
}


int
ag_openai_tell_stops(ag_openai_tell_t *t)
{
    int          rc;
    uint32_t     i, count;
    const char  *name;

    rc = AG_OK;
    count = t->n->stop_count;
    name = ag_openai_tell_name(t, "stop", "stop_sequences", "stop");

    if (count > 0 && ag_facts_refuses(t->to->facts, STOP)) {
        return ag_outbound_refuse(t->to, t->error, name);
    }

    if (count > AG_OPENAI_STOPS_MAX) {
        rc = ag_outbound_refuse(t->to, t->error, name);
        count = AG_OPENAI_STOPS_MAX;
    }

    if (count > 0) {
        ag_put_open(&t->put, "stop", '[');

        for (i = 0; i < count; i++) {
            ag_put_text(&t->put, NULL, t->n->stops[i]);
        }

        ag_put_close(&t->put, ']');
    }

    return rc;
}


int
ag_openai_tell_sampling(ag_openai_tell_t *t)
{
    unsigned             refused, both;
    const ag_neutral_t  *n;

    n = t->n;

    refused = ag_facts_refuses(t->to->facts, SAMPLING) != 0;
    both = n->temperature != NULL
           && ag_facts_refuses(t->to->facts, BOTH_SAMPLING) != 0;

    ag_openai_tell_sample(t, "temperature", n->temperature, refused);
    ag_openai_tell_sample(t, "top_p", n->top_p, refused || both);
    ag_openai_tell_sample(t, "top_k", n->top_k,
                          refused || !t->quirks->top_k);

    if (n->seed != NULL && t->quirks->seed != NULL) {
        ag_put_value(&t->put, t->quirks->seed, n->seed);

    } else if (n->seed != NULL) {
        ag_outbound_drop(t->to, "seed");
    }

    return AG_OK;
}


void
ag_openai_tell_sample(ag_openai_tell_t *t, const char *name,
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


int
ag_openai_tell_penalties(ag_openai_tell_t *t)
{
    int          rc;
    unsigned     i, refused;
    yyjson_val  *values[2];

    static const char *const  names[] = {
        "frequency_penalty", "presence_penalty"
    };

    rc = AG_OK;
    values[0] = t->n->frequency_penalty;
    values[1] = t->n->presence_penalty;

    refused = !t->quirks->penalties
              || ag_facts_refuses(t->to->facts, PENALTIES) != 0;

    for (i = 0; i < 2 && rc == AG_OK; i++) {

        if (values[i] == NULL) {
            continue;
        }

        if (!refused) {
            ag_put_value(&t->put, names[i], values[i]);

        } else if (yyjson_get_num(values[i]) != 0) {
            rc = ag_outbound_refuse(t->to, t->error, names[i]);
        }
    }

    return rc;
}


int
ag_openai_tell_logprobs(ag_openai_tell_t *t)
{
    int                  rc;
    const ag_neutral_t  *n;

    n = t->n;

    if (n->logprobs || n->top_logprobs > 0) {

        if (!t->quirks->logprobs) {
            rc = ag_outbound_refuse(t->to, t->error,
                                    ag_openai_tell_name(t, "logprobs",
                                                        "logprobs",
                                                        "top_logprobs"));
            if (rc != AG_OK) {
                return rc;
            }

        } else {
            ag_put_bool(&t->put, "logprobs", 1);
            ag_put_number(&t->put, "top_logprobs", n->top_logprobs);
        }
    }

    if (n->logit_bias != NULL && !t->quirks->extras) {
        return ag_outbound_refuse(t->to, t->error, "logit_bias");
    }

    if (n->logit_bias != NULL) {
        ag_put_value(&t->put, "logit_bias", n->logit_bias);
    }

    return AG_OK;
}


/* "reasoning.effort" is a member of an object. */
int
ag_openai_tell_effort(ag_openai_tell_t *t)
{
    size_t        len;
    const char   *field;
    ag_effort_t   effort;

    effort = ag_openai_tell_wanted(t);
    field = t->quirks->effort;

    if (effort == AG_EFFORT_UNSET) {
        return AG_OK;
    }

    if (field == NULL || t->to->facts->thinking == AG_THINKING_NONE
        || (effort == AG_EFFORT_NONE
            && ag_facts_refuses(t->to->facts, THINKING_OFF)))
    {
        ag_outbound_drop(t->to,
                         ag_openai_tell_name(t, "reasoning_effort",
                                             (t->n->effort > AG_EFFORT_NONE)
                                             ? "output_config.effort"
                                             : "thinking",
                                             "reasoning.effort"));
        return AG_OK;
    }

    len = strcspn(field, ".");

    if (field[len] == '\0') {
        ag_put_word(&t->put, field, ag_effort_word(effort));
        return AG_OK;
    }

    ag_put_key(&t->put, ag_str(field, len));
    ag_put_open(&t->put, NULL, '{');
    ag_put_word(&t->put, field + len + 1, ag_effort_word(effort));
    ag_put_close(&t->put, '}');

    return AG_OK;
}


/*
 * The newest words are OpenAI's, whose models say themselves which they know;
 * DeepSeek and OpenRouter map what comes.  Others know three.
 */
static ag_effort_t
ag_openai_tell_wanted(const ag_openai_tell_t *t)
{
    uint64_t     budget;
    ag_effort_t  effort;

    effort = t->n->effort;
    budget = t->n->budget_tokens;

    if (effort == AG_EFFORT_UNSET) {

        if (budget == 0) {
            return AG_EFFORT_UNSET;
        }

        return (budget <= AG_OPENAI_LOW_MAX) ? AG_EFFORT_LOW
               : (budget <= AG_OPENAI_MEDIUM_MAX) ? AG_EFFORT_MEDIUM
               : AG_EFFORT_HIGH;
    }

    if (t->own || ag_openai_tell_is(t, "deepseek")
        || ag_openai_tell_is(t, "openrouter"))
    {
        return effort;
    }

    if (effort == AG_EFFORT_MINIMAL) {
        return AG_EFFORT_LOW;
    }

    return (effort > AG_EFFORT_HIGH) ? AG_EFFORT_HIGH : effort;
}
