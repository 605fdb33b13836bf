/*
 * Copyright (C) ngx_agent authors
 *
 * What a client of OpenAI's chat completions or embeddings asks, in the
 * neutral form: the top-level fields are one table.  Types are checked where
 * a wrong one would be misread; what is only out of range is left to the
 * provider, who knows its ranges.
 *
 * A value that says what holds anyway (a penalty of 0, no biases) is as good
 * as absent: clients send them always, and no provider should refuse them.
 *
 * Source: OpenAI's API reference, "Create chat completion".
 */


#include "dialect/ag_openai_ask_parts.h"


typedef struct ag_openai_field_s  ag_openai_field_t;

typedef int (*ag_openai_field_pt)(ag_openai_ask_t *a,
    const ag_openai_field_t *field, yyjson_val *value);

typedef int (*ag_openai_value_pt)(ag_openai_ask_t *a, yyjson_val *value);


struct ag_openai_field_s {
    const char          *name;
    ag_openai_field_pt   read;      /* NULL: known, read elsewhere */
    size_t               offset;    /* of ag_neutral_t */
    ag_openai_value_pt   value;     /* of ag_openai_ask_special() */
};


static int ag_openai_ask_chat(ag_openai_ask_t *a, yyjson_val *root);
static int ag_openai_ask_field(ag_openai_ask_t *a, yyjson_val *key,
    yyjson_val *value);
static int ag_openai_ask_keep(ag_openai_ask_t *a,
    const ag_openai_field_t *field, yyjson_val *value);
static int ag_openai_ask_number(ag_openai_ask_t *a,
    const ag_openai_field_t *field, yyjson_val *value);
static int ag_openai_ask_penalty(ag_openai_ask_t *a,
    const ag_openai_field_t *field, yyjson_val *value);
static int ag_openai_ask_integer(ag_openai_ask_t *a,
    const ag_openai_field_t *field, yyjson_val *value);
static int ag_openai_ask_string(ag_openai_ask_t *a,
    const ag_openai_field_t *field, yyjson_val *value);
static int ag_openai_ask_special(ag_openai_ask_t *a,
    const ag_openai_field_t *field, yyjson_val *value);


#define AG_OPENAI_KNOWN(name)                                                 \
    { name, NULL, 0, NULL }

#define AG_OPENAI_PLAIN(name, read, member)                                   \
    { name, ag_openai_ask_##read, offsetof(ag_neutral_t, member), NULL }

#define AG_OPENAI_SPECIAL(name, value)                                        \
    { name, ag_openai_ask_special, 0, ag_openai_ask_##value }


static const ag_openai_field_t  ag_openai_fields[] = {

    /* the gateway's own */

    AG_OPENAI_KNOWN("model"),
    AG_OPENAI_KNOWN("stream"),
    AG_OPENAI_KNOWN("stream_options"),

    AG_OPENAI_SPECIAL("messages", messages),
    AG_OPENAI_SPECIAL("max_completion_tokens", field_max_completion),
    AG_OPENAI_SPECIAL("max_tokens", field_max_tokens),
    AG_OPENAI_PLAIN("temperature", number, temperature),
    AG_OPENAI_PLAIN("top_p", number, top_p),
    AG_OPENAI_PLAIN("top_k", number, top_k),
    AG_OPENAI_PLAIN("frequency_penalty", penalty, frequency_penalty),
    AG_OPENAI_PLAIN("presence_penalty", penalty, presence_penalty),
    AG_OPENAI_PLAIN("seed", integer, seed),
    AG_OPENAI_SPECIAL("n", field_choices),
    AG_OPENAI_SPECIAL("stop", field_stop),
    AG_OPENAI_SPECIAL("logprobs", field_logprobs),
    AG_OPENAI_SPECIAL("top_logprobs", field_top_logprobs),
    AG_OPENAI_SPECIAL("logit_bias", field_logit_bias),

    AG_OPENAI_SPECIAL("tools", tools),
    AG_OPENAI_SPECIAL("tool_choice", tool_choice),
    AG_OPENAI_SPECIAL("parallel_tool_calls", field_parallel),
    AG_OPENAI_SPECIAL("functions", tool_functions),
    AG_OPENAI_SPECIAL("function_call", tool_function_call),
    AG_OPENAI_SPECIAL("web_search_options", tool_web_search),

    AG_OPENAI_SPECIAL("response_format", field_format),
    AG_OPENAI_SPECIAL("reasoning_effort", field_effort),
    AG_OPENAI_SPECIAL("thinking", field_thinking),
    AG_OPENAI_SPECIAL("modalities", field_modalities),
    AG_OPENAI_PLAIN("audio", keep, audio),

    AG_OPENAI_SPECIAL("service_tier", field_tier),
    AG_OPENAI_PLAIN("safety_identifier", string, user),
    AG_OPENAI_SPECIAL("user", field_user),
    AG_OPENAI_PLAIN("verbosity", string, verbosity),
    AG_OPENAI_PLAIN("prompt_cache_key", string, prompt_cache_key),
    AG_OPENAI_PLAIN("cache_control", keep, cache_control),
    AG_OPENAI_PLAIN("metadata", keep, metadata),
    AG_OPENAI_PLAIN("store", keep, store),
    AG_OPENAI_PLAIN("prediction", keep, prediction)
};


int
ag_openai_ask(ag_neutral_t *n, yyjson_val *root, ag_error_t *error)
{
    ag_openai_ask_t  a;

    memset(&a, 0, sizeof(ag_openai_ask_t));

    a.n = n;
    a.error = error;
    a.turns = &n->turns;
    a.tools = &n->tools;

    n->root = root;
    n->choices = 1;
    n->parallel = -1;
    n->schema_strict = -1;

    return (n->endpoint == AG_ENDPOINT_EMBEDDINGS)
           ? ag_openai_ask_embeddings(&a, root)
           : ag_openai_ask_chat(&a, root);
}


int
ag_openai_ask_invalid(ag_openai_ask_t *a, const char *param,
    const char *expected)
{
    return ag_neutral_invalid(a->n, a->error, param, a->index, expected);
}


/* Too large a request is its client's to mend, no memory is ours. */
int
ag_openai_ask_full(const ag_openai_ask_t *a, size_t size)
{
    const ag_arena_t  *arena;

    arena = a->n->arena;

    return (size > arena->max - arena->used) ? AG_LIMIT : AG_NOMEM;
}


static int
ag_openai_ask_chat(ag_openai_ask_t *a, yyjson_val *root)
{
    int          rc;
    size_t       i, count;
    yyjson_val  *key, *value;

    a->n->list = "messages";

    if (!yyjson_is_arr(yyjson_obj_get(root, "messages"))) {
        return ag_openai_ask_messages(a, NULL);
    }

    yyjson_obj_foreach(root, i, count, key, value) {

        if (yyjson_is_null(value)) {
            continue;
        }

        a->index = 0;
        rc = ag_openai_ask_field(a, key, value);

        if (rc != AG_OK) {
            return rc;
        }
    }

    /* the answer's place for a call has room for one */

    if (a->functions && a->n->parallel < 0) {
        a->n->parallel = 0;
    }

    return AG_OK;
}


/* A search in some forty names, once per field of one request. */
static int
ag_openai_ask_field(ag_openai_ask_t *a, yyjson_val *key, yyjson_val *value)
{
    size_t                    i;
    const ag_openai_field_t  *field;

    for (i = 0; i < sizeof(ag_openai_fields) / sizeof(ag_openai_field_t); i++)
    {
        field = &ag_openai_fields[i];

        if (yyjson_equals_str(key, field->name)) {
            return (field->read != NULL) ? field->read(a, field, value)
                                         : AG_OK;
        }
    }

    return ag_openai_ask_unknown(a, key);
}


/* Room for all fields at once: a request has few that nobody knows. */
int
ag_openai_ask_unknown(ag_openai_ask_t *a, yyjson_val *key)
{
    size_t         size;
    ag_neutral_t  *n;

    n = a->n;

    if (n->unknown == NULL) {
        size = yyjson_obj_size(n->root) * sizeof(ag_str_t);
        n->unknown = ag_arena_alloc(n->arena, size);

        if (n->unknown == NULL) {
            return ag_openai_ask_full(a, size);
        }
    }

    n->unknown[n->unknown_count++] = ag_json_text(key);

    return AG_OK;
}


/* ---- fields that only change their place ---- */


static int
ag_openai_ask_keep(ag_openai_ask_t *a, const ag_openai_field_t *field,
    yyjson_val *value)
{
    *(yyjson_val **) (void *) ((char *) a->n + field->offset) = value;

    return AG_OK;
}


static int
ag_openai_ask_number(ag_openai_ask_t *a, const ag_openai_field_t *field,
    yyjson_val *value)
{
    if (!yyjson_is_num(value)) {
        return ag_openai_ask_invalid(a, field->name, "a number");
    }

    return ag_openai_ask_keep(a, field, value);
}


static int
ag_openai_ask_penalty(ag_openai_ask_t *a, const ag_openai_field_t *field,
    yyjson_val *value)
{
    double  number;

    number = yyjson_get_num(value);

    if (yyjson_is_num(value) && !(number < 0) && !(number > 0)) {
        return AG_OK;
    }

    return ag_openai_ask_number(a, field, value);
}


/* Past 64 bits a number is raw, and no provider's seed. */
static int
ag_openai_ask_integer(ag_openai_ask_t *a, const ag_openai_field_t *field,
    yyjson_val *value)
{
    if (!yyjson_is_int(value)) {
        return ag_openai_ask_invalid(a, field->name, "an integer");
    }

    return ag_openai_ask_keep(a, field, value);
}


/* An empty text is as good as none, and must not hide an older name's. */
static int
ag_openai_ask_string(ag_openai_ask_t *a, const ag_openai_field_t *field,
    yyjson_val *value)
{
    ag_str_t  text;

    if (!yyjson_is_str(value)) {
        return ag_openai_ask_invalid(a, field->name, "a string");
    }

    text = ag_json_text(value);

    if (text.len > 0) {
        *(ag_str_t *) (void *) ((char *) a->n + field->offset) = text;
    }

    return AG_OK;
}


/* ---- fields of their own kind ---- */


static int
ag_openai_ask_special(ag_openai_ask_t *a, const ag_openai_field_t *field,
    yyjson_val *value)
{
    return field->value(a, value);
}
