/*
 * Copyright (C) ngx_agent authors
 *
 * Tells OpenAI, Azure or a compatible server: the path and the body of a chat
 * completion, its form and its hints.  What a server has no place for is
 * dropped if it was a hint, refused if the answer would mean something else
 * without it; the row of its quirks and the facts of the model say which.
 *
 * Source: OpenAI, API reference, "Create chat completion".
 */


#include "dialect/ag_openai_tell_parts.h"




typedef int (*ag_openai_tell_pt)(ag_openai_tell_t *t);


static unsigned ag_openai_tell_in_words(const ag_openai_tell_t *t);
static int ag_openai_tell_format(ag_openai_tell_t *t);
static void ag_openai_tell_schema(ag_openai_tell_t *t);
static int ag_openai_tell_sound(ag_openai_tell_t *t);
static int ag_openai_tell_hints(ag_openai_tell_t *t);
static void ag_openai_tell_user(ag_openai_tell_t *t);
static void ag_openai_tell_kept(ag_openai_tell_t *t);
static void ag_openai_tell_extra(ag_openai_tell_t *t, const char *name,
    yyjson_val *value);
static int ag_openai_tell_stream(ag_openai_tell_t *t);


static const ag_openai_tell_pt  ag_openai_tellers[] = {
    ag_openai_tell_turns,
    ag_openai_tell_tools,
    ag_openai_tell_limits,
    ag_openai_tell_stops,
    ag_openai_tell_sampling,
    ag_openai_tell_penalties,
    ag_openai_tell_logprobs,
    ag_openai_tell_effort,
    ag_openai_tell_format,
    ag_openai_tell_sound,
    ag_openai_tell_hints,
    ag_openai_tell_stream
};


int
ag_openai_tell_path(const ag_outbound_t *to, ag_buf_t *path, ag_buf_t *args)
{
    (void) args;

    switch (to->endpoint) {

    case AG_ENDPOINT_EMBEDDINGS:
        return ag_buf_add_string(path, "embeddings");

    case AG_ENDPOINT_COMPLETIONS:
        return ag_buf_add_string(path, "completions");

    default:
        return ag_buf_add_string(path, "chat/completions");
    }
}


int
ag_openai_tell(const ag_neutral_t *n, ag_outbound_t *to, ag_buf_t *out,
    ag_error_t *error)
{
    int               rc;
    size_t            i;
    ag_openai_tell_t  t;

    memset(&t, 0, sizeof(t));

    t.n = n;
    t.to = to;
    t.quirks = to->quirks;
    t.error = error;
    t.own = ag_openai_tell_is(&t, "openai") || ag_openai_tell_is(&t, "azure");
    t.schema_line = ag_openai_tell_in_words(&t) & 1;

    ag_buf_init(&t.written, AG_TRANSLATE_MAX);
    ag_put_init(&t.put, out);

    ag_put_open(&t.put, NULL, '{');
    ag_put_text(&t.put, "model", to->model);

    rc = AG_OK;

    for (i = 0; i < sizeof(ag_openai_tellers) / sizeof(ag_openai_tell_pt)
                && rc == AG_OK; i++)
    {
        rc = ag_openai_tellers[i](&t);
    }

    ag_put_close(&t.put, '}');
    ag_buf_free(&t.written);

    return (rc == AG_OK) ? t.put.rc : rc;
}


const char *
ag_openai_tell_name(const ag_openai_tell_t *t, const char *chat,
    const char *messages, const char *responses)
{
    if (t->n->client == &ag_anthropic) {
        return messages;
    }

    return (t->n->client == &ag_responses) ? responses : chat;
}


unsigned
ag_openai_tell_is(const ag_openai_tell_t *t, const char *quirks)
{
    return strcmp(t->quirks->name, quirks) == 0;
}


void
ag_openai_tell_written(ag_openai_tell_t *t, const char *name,
    const yyjson_val *value)
{
    int  rc;

    t->written.len = 0;
    rc = ag_json_add(&t->written, value);

    if (rc != AG_OK) {
        t->put.rc = rc;
        return;
    }

    ag_put_text(&t->put, name, ag_buf_str(&t->written));
}


static unsigned
ag_openai_tell_in_words(const ag_openai_tell_t *t)
{
    return t->n->format == AG_FORMAT_SCHEMA
           && (!t->quirks->json_schema
               || ag_facts_refuses(t->to->facts, JSON_SCHEMA) != 0);
}


static int
ag_openai_tell_format(ag_openai_tell_t *t)
{
    if (t->n->format == AG_FORMAT_TEXT) {
        return AG_OK;
    }

    ag_put_open(&t->put, "response_format", '{');

    if (t->n->format == AG_FORMAT_SCHEMA && !ag_openai_tell_in_words(t)) {
        ag_openai_tell_schema(t);

    } else {
        ag_put_word(&t->put, "type", "json_object");
    }

    ag_put_close(&t->put, '}');

    return AG_OK;
}


static void
ag_openai_tell_schema(ag_openai_tell_t *t)
{
    ag_str_t             name;
    const ag_neutral_t  *n;

    static const ag_str_t  unnamed = ag_string("response");

    n = t->n;
    name = (n->schema_name.len > 0) ? n->schema_name : unnamed;

    ag_put_word(&t->put, "type", "json_schema");
    ag_put_open(&t->put, "json_schema", '{');
    ag_put_text(&t->put, "name", name);

    if (n->schema_description.len > 0) {
        ag_put_text(&t->put, "description", n->schema_description);
    }

    if (n->schema != NULL) {
        ag_put_value(&t->put, "schema", n->schema);
    }

    if (n->schema_strict >= 0) {
        ag_put_bool(&t->put, "strict", n->schema_strict == 1);
    }

    ag_put_close(&t->put, '}');
}


/* To ask for text alone is to ask for nothing. */
static int
ag_openai_tell_sound(ag_openai_tell_t *t)
{
    int                  rc;
    const ag_neutral_t  *n;

    rc = AG_OK;
    n = t->n;

    if (t->own) {

        if (n->modalities != NULL) {
            ag_put_value(&t->put, "modalities", n->modalities);
        }

        if (n->audio != NULL) {
            ag_put_value(&t->put, "audio", n->audio);
        }

        return AG_OK;
    }

    if (yyjson_arr_size(n->modalities) > 1
        || (yyjson_arr_size(n->modalities) == 1
            && !yyjson_equals_str(yyjson_arr_get_first(n->modalities),
                                  "text")))
    {
        rc = ag_outbound_refuse(t->to, t->error, "modalities");
    }

    if (n->audio != NULL && rc == AG_OK) {
        rc = ag_outbound_refuse(t->to, t->error, "audio");
    }

    return rc;
}


static int
ag_openai_tell_hints(ag_openai_tell_t *t)
{
    uint32_t             i;
    const char          *tier;
    const ag_neutral_t  *n;

    n = t->n;
    tier = ag_tier_word(n->tier);

    if (tier != NULL && t->quirks->service_tier) {
        ag_put_word(&t->put, "service_tier", tier);

    } else if (n->tier != AG_TIER_UNSET) {
        ag_outbound_drop(t->to, "service_tier");
    }

    if (n->user.len > 0) {
        ag_openai_tell_user(t);
    }

    ag_openai_tell_kept(t);
    ag_openai_tell_extra(t, "prediction", n->prediction);

    if (n->verbosity.len > 0 && t->quirks->extras) {
        ag_put_text(&t->put, "verbosity", n->verbosity);

    } else if (n->verbosity.len > 0) {
        ag_outbound_drop(t->to, ag_openai_tell_name(t, "verbosity",
                                                    "verbosity",
                                                    "text.verbosity"));
    }

    if (n->prompt_cache_key.len > 0 && t->quirks->extras) {
        ag_put_text(&t->put, "prompt_cache_key", n->prompt_cache_key);

    } else if (n->prompt_cache_key.len > 0) {
        ag_outbound_drop(t->to, "prompt_cache_key");
    }

    if (n->cache_control != NULL && t->quirks->cache_control) {
        ag_put_value(&t->put, "cache_control", n->cache_control);

    } else if (n->cache_control != NULL) {
        ag_outbound_drop(t->to, "cache_control");
    }

    for (i = 0; i < n->unknown_count; i++) {
        ag_outbound_drop_text(t->to, n->unknown[i]);
    }

    return AG_OK;
}


/* An id that is too long becomes a shorter one that is as good: the same user
 * has the same. */
static void
ag_openai_tell_user(ag_openai_tell_t *t)
{
    ag_str_t  user;

    if (t->quirks->user == NULL) {
        ag_outbound_drop(t->to, ag_openai_tell_name(t, "user", "metadata",
                                                    "user"));
        return;
    }

    user = ag_tool_id_capped(t->to->arena, t->n->user);

    if (user.data == NULL && t->n->user.len > 0) {
        t->put.rc = AG_NOMEM;
        return;
    }

    ag_put_text(&t->put, t->quirks->user, user);
}


/*
 * Metadata belong to a completion that is stored, else they are a 400; those
 * of an Anthropic client are a user's id, which went its own way.
 */
static void
ag_openai_tell_kept(ag_openai_tell_t *t)
{
    unsigned             stored;
    const ag_neutral_t  *n;

    n = t->n;
    stored = yyjson_is_true(n->store);

    ag_openai_tell_extra(t, "store", n->store);

    if (n->client == &ag_anthropic) {
        return;
    }

    if (stored) {
        ag_openai_tell_extra(t, "metadata", n->metadata);

    } else if (n->metadata != NULL) {
        ag_outbound_drop(t->to, "metadata");
    }
}


static void
ag_openai_tell_extra(ag_openai_tell_t *t, const char *name,
    yyjson_val *value)
{
    ag_openai_tell_sample(t, name, value, !t->quirks->extras);
}


static int
ag_openai_tell_stream(ag_openai_tell_t *t)
{
    if (!t->to->stream) {
        return AG_OK;
    }

    ag_put_bool(&t->put, "stream", 1);

    if (t->quirks->stream_options) {
        ag_put_open(&t->put, "stream_options", '{');
        ag_put_bool(&t->put, "include_usage", 1);
        ag_put_close(&t->put, '}');
    }

    return AG_OK;
}
