/*
 * Copyright (C) ngx_agent authors
 *
 * Which form the answer shall have, how long the model shall think, and what
 * shall come beside the answer.
 */


#include "dialect/ag_responses_tell_parts.h"


#define AG_RESPONSES_LOW     2048   /* tokens of thought that are little */
#define AG_RESPONSES_MEDIUM  8192


static void ag_responses_tell_text(ag_responses_tell_t *t);
static void ag_responses_tell_schema(ag_responses_tell_t *t);
static unsigned ag_responses_tell_reasoning(ag_responses_tell_t *t);
static const char *ag_responses_tell_effort(const ag_responses_tell_t *t);
static void ag_responses_tell_include(ag_responses_tell_t *t,
    unsigned reasons);


int
ag_responses_tell_form(ag_responses_tell_t *t)
{
    unsigned  reasons;

    ag_responses_tell_text(t);
    reasons = ag_responses_tell_reasoning(t);
    ag_responses_tell_include(t, reasons);

    return AG_OK;
}


static void
ag_responses_tell_text(ag_responses_tell_t *t)
{
    if (t->n->format == AG_FORMAT_TEXT && t->n->verbosity.len == 0) {
        return;
    }

    ag_put_open(&t->put, "text", '{');

    if (t->n->format == AG_FORMAT_JSON) {
        ag_put_open(&t->put, "format", '{');
        ag_put_word(&t->put, "type", "json_object");
        ag_put_close(&t->put, '}');

    } else if (t->n->format == AG_FORMAT_SCHEMA) {
        ag_responses_tell_schema(t);
    }

    if (t->n->verbosity.len > 0) {
        ag_put_text(&t->put, "verbosity", t->n->verbosity);
    }

    ag_put_close(&t->put, '}');
}


static void
ag_responses_tell_schema(ag_responses_tell_t *t)
{
    const ag_neutral_t  *n;

    static const ag_str_t  name = ag_string("response");

    n = t->n;

    ag_put_open(&t->put, "format", '{');
    ag_put_word(&t->put, "type", "json_schema");
    ag_put_text(&t->put, "name", (n->schema_name.len > 0) ? n->schema_name
                                                          : name);

    if (n->schema_description.len > 0) {
        ag_put_text(&t->put, "description", n->schema_description);
    }

    if (n->schema != NULL) {
        ag_put_value(&t->put, "schema", n->schema);

    } else {
        ag_put_open(&t->put, "schema", '{');
        ag_put_close(&t->put, '}');
    }

    if (n->schema_strict >= 0) {
        ag_put_bool(&t->put, "strict", n->schema_strict == 1);
    }

    ag_put_close(&t->put, '}');
}


/*
 * Does the model reason, as far as is known?  The encrypted form of it is an
 * error with those that do not.
 */
static unsigned
ag_responses_tell_reasoning(ag_responses_tell_t *t)
{
    unsigned     asked, reasons;
    const char  *effort;

    effort = ag_responses_tell_effort(t);
    asked = (effort != NULL || t->n->summary || t->n->adaptive);

    if (t->to->facts->thinking == AG_THINKING_NONE) {

        if (effort != NULL) {
            ag_outbound_drop(t->to, ag_responses_tell_name(t,
                                                           "reasoning_effort",
                                                           "thinking"));
        }

        return 0;
    }

    reasons = (t->to->facts->thinking == AG_THINKING_EFFORT || asked)
              && t->n->effort != AG_EFFORT_NONE;

    if (effort == NULL && !(t->n->summary && reasons)) {
        return reasons;
    }

    ag_put_open(&t->put, "reasoning", '{');

    if (effort != NULL) {
        ag_put_word(&t->put, "effort", effort);
    }

    if (t->n->summary && reasons) {
        ag_put_word(&t->put, "summary", "auto");
    }

    ag_put_close(&t->put, '}');

    return reasons;
}


static const char *
ag_responses_tell_effort(const ag_responses_tell_t *t)
{
    uint64_t  tokens;

    if (t->n->effort != AG_EFFORT_UNSET) {
        return ag_effort_word(t->n->effort);
    }

    tokens = t->n->budget_tokens;

    return (tokens == 0) ? NULL
           : (tokens <= AG_RESPONSES_LOW) ? "low"
           : (tokens <= AG_RESPONSES_MEDIUM) ? "medium" : "high";
}


static void
ag_responses_tell_include(ag_responses_tell_t *t, unsigned reasons)
{
    if (t->n->top_logprobs > 0) {
        ag_put_number(&t->put, "top_logprobs", t->n->top_logprobs);
    }

    if (!reasons && !t->n->logprobs) {
        return;
    }

    ag_put_open(&t->put, "include", '[');

    if (reasons) {
        ag_put_word(&t->put, NULL, "reasoning.encrypted_content");
    }

    if (t->n->logprobs) {
        ag_put_word(&t->put, NULL, "message.output_text.logprobs");
    }

    ag_put_close(&t->put, ']');
}
