/*
 * Copyright (C) ngx_agent authors
 *
 * How long a model of Anthropic's may think.  Up to Claude 4.5 that is a
 * budget of tokens, from 4.6 on the model decides within an effort.  Effort
 * is a hint: where a request cannot have it, it goes without.
 *
 * Source: Anthropic's guides "Extended thinking" and "Adaptive thinking".
 */


#include "dialect/ag_anthropic_tell_parts.h"


#define AG_ANTHROPIC_BUDGET_MIN  1024   /* tokens; less is refused */
#define AG_ANTHROPIC_BUDGET_LOW     2048
#define AG_ANTHROPIC_BUDGET_MEDIUM  8192


static unsigned ag_anthropic_tell_think_off(ag_anthropic_tell_t *t);
static void ag_anthropic_tell_think_budget(ag_anthropic_tell_t *t);
static unsigned ag_anthropic_tell_think_fits(const ag_anthropic_tell_t *t);
static const char *ag_anthropic_tell_think_effort(const ag_neutral_t *n);
static void ag_anthropic_tell_think_drop(ag_anthropic_tell_t *t);


/* Tokens of an effort; without one, of "as you like". */
static const uint64_t  ag_anthropic_budgets[AG_EFFORT_END] = {
    AG_ANTHROPIC_BUDGET_MEDIUM,     /* UNSET */
    0,                              /* NONE */
    AG_ANTHROPIC_BUDGET_MIN,        /* MINIMAL */
    AG_ANTHROPIC_BUDGET_LOW,        /* LOW */
    AG_ANTHROPIC_BUDGET_MEDIUM,     /* MEDIUM */
    16384,                          /* HIGH */
    24576,                          /* XHIGH */
    32768                           /* MAX */
};


void
ag_anthropic_tell_think(ag_anthropic_tell_t *t)
{
    const ag_neutral_t  *n;

    n = t->n;

    if (ag_anthropic_tell_think_off(t)) {
        return;
    }

    if (n->effort == AG_EFFORT_UNSET && n->budget_tokens == 0
        && !n->adaptive)
    {
        return;
    }

    switch (t->to->facts->thinking) {

    case AG_THINKING_NONE:
        ag_anthropic_tell_think_drop(t);
        return;

    case AG_THINKING_BUDGET:
        ag_anthropic_tell_think_budget(t);
        return;

    default:
        t->thinking = AG_ANTHROPIC_ADAPTIVE;
        t->effort = ag_anthropic_tell_think_effort(n);
    }
}


/* A model that cannot do without gets no word about it, nor one that never
 * thinks. */
static unsigned
ag_anthropic_tell_think_off(ag_anthropic_tell_t *t)
{
    if (t->n->effort != AG_EFFORT_NONE) {
        return 0;
    }

    if (ag_facts_refuses(t->to->facts, THINKING_OFF)) {
        ag_anthropic_tell_think_drop(t);

    } else if (t->to->facts->thinking != AG_THINKING_NONE) {
        t->thinking = AG_ANTHROPIC_OFF;
    }

    return 1;
}


/* An effort leaves a quarter for the answer, a budget is the client's own
 * sum; both are of max_tokens. */
static void
ag_anthropic_tell_think_budget(ag_anthropic_tell_t *t)
{
    uint64_t  most, budget;

    budget = t->n->budget_tokens;

    if (budget > 0) {
        most = t->max_tokens - 1;

    } else {
        most = t->max_tokens - t->max_tokens / 4;
        budget = ag_anthropic_budgets[t->n->effort];
    }

    if (most < AG_ANTHROPIC_BUDGET_MIN || !ag_anthropic_tell_think_fits(t)) {
        ag_anthropic_tell_think_drop(t);
        return;
    }

    budget = (budget < most) ? budget : most;

    t->thinking = AG_ANTHROPIC_BUDGET;
    t->budget = (budget > AG_ANTHROPIC_BUDGET_MIN) ? budget
                                                   : AG_ANTHROPIC_BUDGET_MIN;
}


/*
 * With a budget, a message that is to be continued is refused, and so is one
 * of calls that does not begin with what was thought before: clients that
 * keep no reasoning could not think twice in a row.
 */
static unsigned
ag_anthropic_tell_think_fits(const ag_anthropic_tell_t *t)
{
    unsigned          last, calls, thought;
    const ag_part_t  *part;
    const ag_turn_t  *turn;

    last = 0;
    calls = 0;
    thought = 0;

    for (turn = t->n->turns; turn != NULL; turn = turn->next) {

        if (!ag_anthropic_tell_speaks(turn)) {
            continue;
        }

        if (turn->role != AG_ROLE_ASSISTANT) {
            last = 0;
            continue;
        }

        if (!last) {
            calls = 0;
            thought = 0;
        }

        last = 1;

        for (part = turn->parts; part != NULL; part = part->next) {
            calls |= (part->kind == AG_PART_TOOL_CALL);
            thought |= ag_anthropic_tell_reasons(part);
        }
    }

    return !last && (!calls || thought);
}


/* Budgets are no longer taken: the effort that stands nearest. */
static const char *
ag_anthropic_tell_think_effort(const ag_neutral_t *n)
{
    ag_effort_t  effort;

    effort = n->effort;

    if (effort == AG_EFFORT_UNSET && n->budget_tokens > 0) {
        effort = (n->budget_tokens <= AG_ANTHROPIC_BUDGET_LOW) ? AG_EFFORT_LOW
                 : (n->budget_tokens <= AG_ANTHROPIC_BUDGET_MEDIUM)
                   ? AG_EFFORT_MEDIUM : AG_EFFORT_HIGH;
    }

    if (effort == AG_EFFORT_UNSET) {
        return NULL;
    }

    return ag_effort_word((effort == AG_EFFORT_MINIMAL) ? AG_EFFORT_LOW
                                                        : effort);
}


static void
ag_anthropic_tell_think_drop(ag_anthropic_tell_t *t)
{
    if (t->n->effort == AG_EFFORT_UNSET) {
        ag_outbound_drop(t->to, "thinking");
        return;
    }

    ag_outbound_drop(t->to, ag_anthropic_tell_name(t, "reasoning_effort",
                                                   "reasoning.effort"));
}


unsigned
ag_anthropic_tell_thinks(const ag_anthropic_tell_t *t)
{
    return t->thinking == AG_ANTHROPIC_BUDGET
           || t->thinking == AG_ANTHROPIC_ADAPTIVE;
}


/* The newest models keep to themselves what they think unless asked. */
void
ag_anthropic_tell_thinking(ag_anthropic_tell_t *t)
{
    if (t->thinking == AG_ANTHROPIC_UNSAID) {
        return;
    }

    ag_put_open(&t->put, "thinking", '{');

    if (t->thinking == AG_ANTHROPIC_OFF) {
        ag_put_word(&t->put, "type", "disabled");

    } else if (t->thinking == AG_ANTHROPIC_BUDGET) {
        ag_put_word(&t->put, "type", "enabled");
        ag_put_number(&t->put, "budget_tokens", t->budget);

    } else {
        ag_put_word(&t->put, "type", "adaptive");

        if (t->n->summary) {
            ag_put_word(&t->put, "display", "summarized");
        }
    }

    ag_put_close(&t->put, '}');
}
