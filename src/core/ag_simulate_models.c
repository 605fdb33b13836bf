/*
 * Copyright (C) ngx_agent authors
 *
 * The simulator's list of models, in the shape of its dialect: a plain name,
 * and one that asks for each fault.  Any other name is answered as well.
 */


#include "core/ag_simulate_parts.h"


#define AG_SIMULATE_MODELS_CREATED  "1767225600"    /* the same instant */
#define AG_SIMULATE_MODELS_DATE     "2026-01-01T00:00:00Z"


static void ag_simulate_models_whole(ag_simulate_t *s);
static void ag_simulate_models_name(ag_simulate_t *s, const ag_json_t *json);
static void ag_simulate_models_one(ag_simulate_t *s);
static void ag_simulate_models_item(ag_simulate_t *s, ag_str_t name);


static const char *const  ag_simulate_models_plain[] = {
    "sim", "sim-embedding"
};


const ag_simulate_endpoint_t  ag_simulate_models[] = {
    { "GET", "models", AG_SIMULATE_OPENAI,
      NULL, { NULL, NULL }, NULL,
      NULL, ag_simulate_models_whole, NULL, NULL, NULL, NULL },

    { "GET", "models", AG_SIMULATE_ANTHROPIC,
      NULL, { NULL, NULL }, NULL,
      NULL, ag_simulate_models_whole, NULL, NULL, NULL, NULL }
};


const ag_simulate_endpoint_t  ag_simulate_model[] = {
    { "GET", "models/", AG_SIMULATE_OPENAI,
      NULL, { NULL, NULL }, NULL,
      ag_simulate_models_name, ag_simulate_models_one,
      NULL, NULL, NULL, NULL },

    { "GET", "models/", AG_SIMULATE_ANTHROPIC,
      NULL, { NULL, NULL }, NULL,
      ag_simulate_models_name, ag_simulate_models_one,
      NULL, NULL, NULL, NULL }
};


static void
ag_simulate_models_whole(ag_simulate_t *s)
{
    size_t       i, plain;
    const char  *name;

    plain = sizeof(ag_simulate_models_plain) / sizeof(char *);
    name = "";

    ag_simulate_put(s, s->options->dialect == AG_SIMULATE_ANTHROPIC
                       ? "{\"data\":[" : "{\"object\":\"list\",\"data\":[");

    for (i = 0; s->choices > 0 && i < plain + AG_FAULT_MAX - 1; i++) {
        name = (i < plain) ? ag_simulate_models_plain[i]
                           : ag_simulate_fault_example(
                                         (ag_fault_id_t) (i - plain + 1));

        ag_simulate_put(s, i > 0 ? "," : "");
        ag_simulate_models_item(s, ag_str(name, strlen(name)));
    }

    ag_simulate_put(s, "]");

    if (s->options->dialect == AG_SIMULATE_ANTHROPIC) {
        ag_simulate_put(s, ",\"has_more\":false,\"first_id\":\"");
        ag_simulate_put(s, ag_simulate_models_plain[0]);
        ag_simulate_put(s, "\",\"last_id\":\"");
        ag_simulate_put(s, name);
        ag_simulate_put(s, "\"");
    }

    ag_simulate_put(s, "}");
}


static void
ag_simulate_models_name(ag_simulate_t *s, const ag_json_t *json)
{
    ag_fault_t  fault;

    (void) json;

    if (ag_simulate_fault(s->rest, 0, &fault) == AG_OK) {
        s->fault = fault;
    }
}


static void
ag_simulate_models_one(ag_simulate_t *s)
{
    ag_simulate_models_item(s, s->rest);
}


static void
ag_simulate_models_item(ag_simulate_t *s, ag_str_t name)
{
    ag_simulate_put(s, "{\"id\":\"");
    ag_simulate_put_text(s, name);

    if (s->options->dialect == AG_SIMULATE_ANTHROPIC) {
        ag_simulate_put(s, "\",\"type\":\"model\",\"display_name\":\"");
        ag_simulate_put_text(s, name);
        ag_simulate_put(s, "\",\"created_at\":\"" AG_SIMULATE_MODELS_DATE
                           "\"}");
        return;
    }

    ag_simulate_put(s, "\",\"object\":\"model\",\"created\":"
                       AG_SIMULATE_MODELS_CREATED
                       ",\"owned_by\":\"simulator\"}");
}
