/*
 * Copyright (C) ngx_agent authors
 *
 * How an answer gets the form that its client asked for: by the decoding of
 * the provider where the model and the schema allow it, else as the input of
 * a tool that the model must call, else by asking for it.  Asking alone is
 * no promise, so it stands in only for "some JSON", or where the client's
 * gateway may drop what a provider cannot do.
 */


#include "dialect/ag_anthropic_tell_parts.h"


static unsigned ag_anthropic_tell_form_is_native(ag_anthropic_tell_t *t);
static unsigned ag_anthropic_tell_form_is_tool(const ag_anthropic_tell_t *t);
static void ag_anthropic_tell_form_words(ag_anthropic_tell_t *t);


int
ag_anthropic_tell_form(ag_anthropic_tell_t *t)
{
    int                  rc;
    const ag_neutral_t  *n;

    n = t->n;

    if (n->format == AG_FORMAT_TEXT) {
        return AG_OK;
    }

    if (n->format == AG_FORMAT_JSON || !yyjson_is_obj(n->schema)) {
        t->form = AG_ANTHROPIC_WORDS;
        return AG_OK;
    }

    if (ag_anthropic_tell_form_is_native(t)) {
        t->form = AG_ANTHROPIC_NATIVE;
        return AG_OK;
    }

    /* the answer will be a call, which has a form of its own */

    if (n->tools != NULL && ag_anthropic_tell_forces(t)) {
        return AG_OK;
    }

    if (ag_anthropic_tell_form_is_tool(t)) {
        t->form = ag_anthropic_tell_thinks(t) ? AG_ANTHROPIC_OFFERED
                                              : AG_ANTHROPIC_FORCED;
        t->to->json_tool = 1;

        return AG_OK;
    }

    rc = ag_outbound_refuse(t->to, t->error,
                            ag_anthropic_tell_name(t, "response_format",
                                                   "text.format"));
    t->form = AG_ANTHROPIC_WORDS;

    return rc;
}


static unsigned
ag_anthropic_tell_form_is_native(ag_anthropic_tell_t *t)
{
    return !ag_facts_refuses(t->to->facts, JSON_SCHEMA)
           && ag_anthropic_tell_fits(t->n->schema, &t->schemas);
}


/* A tool's input is an object, and its name must be its own. */
static unsigned
ag_anthropic_tell_form_is_tool(const ag_anthropic_tell_t *t)
{
    ag_str_t          type;
    const ag_tool_t  *tool;

    type = ag_json_text(yyjson_obj_get(t->n->schema, "type"));

    if (!ag_str_is(type, "object") || ag_facts_refuses(t->to->facts, TOOLS)
        || ag_facts_refuses(t->to->facts, FORCED_TOOL))
    {
        return 0;
    }

    for (tool = t->n->tools; tool != NULL; tool = tool->next) {

        if (ag_str_is(tool->name, AG_JSON_TOOL)) {
            return 0;
        }
    }

    return 1;
}


/* Models like to wrap JSON: the words forbid what they usually do. */
void
ag_anthropic_tell_instruct(ag_anthropic_tell_t *t)
{
    ag_put_t  *p;

    p = &t->put;

    if (t->form != AG_ANTHROPIC_WORDS && t->form != AG_ANTHROPIC_OFFERED) {
        return;
    }

    ag_put_open(p, NULL, '{');
    ag_put_word(p, "type", "text");

    if (t->form == AG_ANTHROPIC_OFFERED) {
        ag_put_word(p, "text", "Give your final answer by calling the tool "
                    AG_JSON_TOOL ", and without any text beside it.");

    } else if (!yyjson_is_obj(t->n->schema)) {
        ag_put_word(p, "text", "Respond only with a JSON object, without any "
                    "text or code fence around it.");

    } else {
        ag_anthropic_tell_form_words(t);
    }

    ag_put_close(p, '}');
}


static void
ag_anthropic_tell_form_words(ag_anthropic_tell_t *t)
{
    ag_put_t  *p;
    ag_buf_t  *schema;

    static const ag_str_t  words = ag_string(
        "Respond only with JSON that is valid against this JSON Schema, "
        "without any text or code fence around it: ");

    p = &t->put;
    schema = ag_arena_buf(t->to->arena, AG_TRANSLATE_MAX);

    if (schema == NULL) {
        p->rc = AG_NOMEM;
        return;
    }

    if (p->rc == AG_OK) {
        p->rc = ag_json_add(schema, t->n->schema);
    }

    ag_put_text_open(p, "text");
    ag_put_text_add(p, words);
    ag_put_text_add(p, ag_buf_str(schema));
    ag_put_text_close(p);
}


void
ag_anthropic_tell_output(ag_anthropic_tell_t *t)
{
    if (t->form != AG_ANTHROPIC_NATIVE && t->effort == NULL) {
        return;
    }

    ag_put_open(&t->put, "output_config", '{');

    if (t->effort != NULL) {
        ag_put_word(&t->put, "effort", t->effort);
    }

    if (t->form == AG_ANTHROPIC_NATIVE) {
        ag_put_open(&t->put, "format", '{');
        ag_put_word(&t->put, "type", "json_schema");
        ag_anthropic_tell_schema(t, "schema", t->n->schema);
        ag_put_close(&t->put, '}');
    }

    ag_put_close(&t->put, '}');
}
