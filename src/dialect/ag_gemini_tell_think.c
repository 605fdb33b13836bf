/*
 * Copyright (C) ngx_agent authors
 *
 * How long the model thinks, and whether one may read it.  Gemini 3 takes a
 * level, Gemini 2.5 a number of tokens, and each refuses the other's.
 */


#include "dialect/ag_gemini_parts.h"


#define AG_GEMINI_BUDGET_LEAST   128    /* tokens, of a model that must
                                           reason */
#define AG_GEMINI_BUDGET_LOW     1024
#define AG_GEMINI_BUDGET_MEDIUM  8192
#define AG_GEMINI_BUDGET_HIGH    24576  /* the most that every model takes */


static void ag_gemini_tell_level(ag_gemini_tell_t *t);
static void ag_gemini_tell_budget(ag_gemini_tell_t *t);
static unsigned ag_gemini_tell_is_read(const ag_neutral_t *n);


static const ag_gemini_name_t  ag_gemini_effort = {
    "reasoning_effort", "thinking", "reasoning"
};


void
ag_gemini_tell_thinking(ag_gemini_tell_t *t)
{
    size_t               len, empty;
    ag_put_t             before;
    const ag_neutral_t  *n;

    n = t->n;
    before = t->put;
    len = t->put.out->len;

    ag_put_open(&t->put, "thinkingConfig", '{');
    empty = t->put.out->len;

    switch (t->to->facts->thinking) {

    case AG_THINKING_LEVEL:
        ag_gemini_tell_level(t);
        break;

    case AG_THINKING_BUDGET:
        ag_gemini_tell_budget(t);
        break;

    default:

        if (n->effort != AG_EFFORT_UNSET || n->budget_tokens > 0
            || n->adaptive)
        {
            ag_outbound_drop(t->to, ag_gemini_tell_name(t, ag_gemini_effort));
        }

        ag_gemini_tell_undo(t, before, len);

        return;
    }

    if (ag_gemini_tell_is_read(n)) {
        ag_put_bool(&t->put, "includeThoughts", 1);
    }

    if (t->put.out->len == empty) {
        ag_gemini_tell_undo(t, before, len);
        return;
    }

    ag_put_close(&t->put, '}');
}


/* "low" is the least that every model of the kind knows. */
static void
ag_gemini_tell_level(ag_gemini_tell_t *t)
{
    uint64_t     tokens;
    const char  *level;

    level = NULL;
    tokens = t->n->budget_tokens;

    switch (t->n->effort) {

    case AG_EFFORT_NONE:
        level = ag_facts_refuses(t->to->facts, THINKING_OFF) ? "LOW"
                                                             : "MINIMAL";
        break;

    case AG_EFFORT_MINIMAL:
        level = "MINIMAL";
        break;

    case AG_EFFORT_LOW:
        level = "LOW";
        break;

    case AG_EFFORT_MEDIUM:
        level = "MEDIUM";
        break;

    case AG_EFFORT_HIGH:
    case AG_EFFORT_XHIGH:
    case AG_EFFORT_MAX:
        level = "HIGH";
        break;

    default:

        if (tokens > 0) {
            level = (tokens <= 2 * AG_GEMINI_BUDGET_LOW) ? "LOW"
                    : (tokens <= AG_GEMINI_BUDGET_MEDIUM) ? "MEDIUM" : "HIGH";
        }
    }

    if (level != NULL) {
        ag_put_word(&t->put, "thinkingLevel", level);
    }
}


static void
ag_gemini_tell_budget(ag_gemini_tell_t *t)
{
    uint64_t  tokens, least;

    least = ag_facts_refuses(t->to->facts, THINKING_OFF)
            ? AG_GEMINI_BUDGET_LEAST : 0;

    switch (t->n->effort) {

    case AG_EFFORT_NONE:
        tokens = 0;
        break;

    case AG_EFFORT_MINIMAL:
    case AG_EFFORT_LOW:
        tokens = AG_GEMINI_BUDGET_LOW;
        break;

    case AG_EFFORT_MEDIUM:
        tokens = AG_GEMINI_BUDGET_MEDIUM;
        break;

    case AG_EFFORT_HIGH:
    case AG_EFFORT_XHIGH:
    case AG_EFFORT_MAX:
        tokens = AG_GEMINI_BUDGET_HIGH;
        break;

    default:

        /* as long as the model likes is what it does unasked */

        if (t->n->budget_tokens == 0) {
            return;
        }

        tokens = t->n->budget_tokens;
    }

    if (t->n->budget_tokens > 0 && t->n->effort != AG_EFFORT_NONE) {
        tokens = t->n->budget_tokens;
    }

    tokens = (tokens > AG_GEMINI_BUDGET_HIGH) ? AG_GEMINI_BUDGET_HIGH
                                              : tokens;

    ag_put_number(&t->put, "thinkingBudget",
                  (tokens < least) ? least : tokens);
}


/* Does the client want to read what the model thinks? */
static unsigned
ag_gemini_tell_is_read(const ag_neutral_t *n)
{
    if (n->effort == AG_EFFORT_NONE) {
        return 0;
    }

    if (n->summary) {
        return 1;
    }

    if (n->client == &ag_responses) {
        return 0;
    }

    return n->budget_tokens > 0 || n->adaptive
           || (n->client == &ag_openai && n->effort != AG_EFFORT_UNSET);
}
