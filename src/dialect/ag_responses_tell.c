/*
 * Copyright (C) ngx_agent authors
 *
 * A request for a provider of the Responses API.
 *
 * Nothing is stored there: the whole conversation comes with every request,
 * and the model's reasoning comes back encrypted.
 *
 * Source: OpenAI, API reference, "Create a model response".
 */


#include "dialect/ag_responses_tell_parts.h"


#define AG_RESPONSES_TOKENS_MIN  16     /* the least that may be asked for */


static void ag_responses_tell_limits(ag_responses_tell_t *t);
static void ag_responses_tell_sampling(ag_responses_tell_t *t);
static int ag_responses_tell_refusals(ag_responses_tell_t *t);
static unsigned ag_responses_tell_is_set(yyjson_val *value);
static int ag_responses_tell_voice(ag_responses_tell_t *t);
static void ag_responses_tell_hints(ag_responses_tell_t *t);
static void ag_responses_tell_metadata(ag_responses_tell_t *t);


int
ag_responses_tell_path(const ag_outbound_t *to, ag_buf_t *path,
    ag_buf_t *args)
{
    int  rc;

    rc = ag_buf_add_string(path, "responses");

    if (rc == AG_OK && to->api_version.len > 0) {
        rc = ag_buf_add_string(args, "api-version=");
    }

    return (rc == AG_OK) ? ag_buf_add(args, to->api_version.data,
                                      to->api_version.len)
                         : rc;
}


int
ag_responses_tell(const ag_neutral_t *n, ag_outbound_t *to, ag_buf_t *out,
    ag_error_t *error)
{
    int                  rc;
    ag_responses_tell_t  t;

    memset(&t, 0, sizeof(t));

    t.n = n;
    t.to = to;
    t.error = error;

    ag_buf_init(&t.written, AG_TRANSLATE_MAX);
    ag_put_init(&t.put, out);

    ag_put_open(&t.put, NULL, '{');
    ag_put_text(&t.put, "model", to->model);

    rc = ag_responses_tell_refusals(&t);

    if (rc == AG_OK) {
        rc = ag_responses_tell_input(&t);
    }

    if (rc == AG_OK) {
        rc = ag_responses_tell_tools(&t);
    }

    if (rc == AG_OK) {
        rc = ag_responses_tell_form(&t);
    }

    if (rc == AG_OK) {
        ag_responses_tell_limits(&t);
        ag_responses_tell_sampling(&t);
        ag_responses_tell_hints(&t);
    }

    ag_put_close(&t.put, '}');
    ag_buf_free(&t.written);

    return (rc == AG_OK) ? t.put.rc : rc;
}


const char *
ag_responses_tell_name(const ag_responses_tell_t *t, const char *chat,
    const char *messages)
{
    return (t->n->client == &ag_anthropic) ? messages : chat;
}


static void
ag_responses_tell_limits(ag_responses_tell_t *t)
{
    uint64_t  tokens;

    tokens = ag_facts_most(t->to->facts, t->n->max_tokens);

    if (tokens > 0) {
        ag_put_number(&t->put, "max_output_tokens",
                      (tokens < AG_RESPONSES_TOKENS_MIN)
                      ? AG_RESPONSES_TOKENS_MIN : tokens);
    }

    if (t->to->stream) {
        ag_put_bool(&t->put, "stream", 1);
    }

    ag_put_bool(&t->put, "store", 0);
}


static void
ag_responses_tell_sampling(ag_responses_tell_t *t)
{
    unsigned  refused;

    refused = ag_facts_refuses(t->to->facts, SAMPLING) != 0;

    if (t->n->temperature != NULL && !refused) {
        ag_put_value(&t->put, "temperature", t->n->temperature);

    } else if (t->n->temperature != NULL) {
        ag_outbound_drop(t->to, "temperature");
    }

    refused = refused || (t->n->temperature != NULL
                          && ag_facts_refuses(t->to->facts, BOTH_SAMPLING));

    if (t->n->top_p != NULL && !refused) {
        ag_put_value(&t->put, "top_p", t->n->top_p);

    } else if (t->n->top_p != NULL) {
        ag_outbound_drop(t->to, "top_p");
    }

    if (t->n->top_k != NULL) {
        ag_outbound_drop(t->to, "top_k");
    }

    if (t->n->seed != NULL) {
        ag_outbound_drop(t->to, "seed");
    }
}


/* What would change the answer and has no place there. */
static int
ag_responses_tell_refusals(ag_responses_tell_t *t)
{
    unsigned             i, asked[5];
    const char          *names[5];
    const ag_neutral_t  *n;

    n = t->n;

    names[0] = "n";
    asked[0] = (n->choices > 1);

    names[1] = ag_responses_tell_name(t, "stop", "stop_sequences");
    asked[1] = (n->stop_count > 0);

    names[2] = "frequency_penalty";
    asked[2] = ag_responses_tell_is_set(n->frequency_penalty);

    names[3] = "presence_penalty";
    asked[3] = ag_responses_tell_is_set(n->presence_penalty);

    names[4] = "logit_bias";
    asked[4] = (yyjson_obj_size(n->logit_bias) > 0);

    for (i = 0; i < 5; i++) {
        if (asked[i]
            && ag_outbound_refuse(t->to, t->error, names[i]) != AG_OK)
        {
            return AG_INVALID;
        }
    }

    return ag_responses_tell_voice(t);
}


static unsigned
ag_responses_tell_is_set(yyjson_val *value)
{
    return value != NULL && yyjson_get_num(value) != 0;
}


static int
ag_responses_tell_voice(ag_responses_tell_t *t)
{
    size_t       i, max;
    yyjson_val  *word;

    yyjson_arr_foreach(t->n->modalities, i, max, word) {
        if (!yyjson_equals_str(word, "text")
            && ag_outbound_refuse(t->to, t->error, "modalities") != AG_OK)
        {
            return AG_INVALID;
        }
    }

    if (t->n->audio != NULL) {
        ag_outbound_drop(t->to, "audio");
    }

    return AG_OK;
}


static void
ag_responses_tell_hints(ag_responses_tell_t *t)
{
    uint32_t             i;
    const char          *tier;
    const ag_neutral_t  *n;

    n = t->n;
    tier = ag_tier_word(n->tier);

    if (tier != NULL) {
        ag_put_word(&t->put, "service_tier", tier);

    } else if (n->tier != AG_TIER_UNSET) {
        ag_outbound_drop(t->to, "service_tier");
    }

    if (n->user.len > 0 && t->to->quirks->user != NULL) {
        ag_put_text(&t->put, t->to->quirks->user,
                    ag_responses_tell_id(t, n->user));

    } else if (n->user.len > 0) {
        ag_outbound_drop(t->to, ag_responses_tell_name(t, "user",
                                                       "metadata"));
    }

    if (n->prompt_cache_key.len > 0) {
        ag_put_text(&t->put, "prompt_cache_key", n->prompt_cache_key);
    }

    if (n->cache_control != NULL) {
        ag_outbound_drop(t->to, "cache_control");
    }

    if (n->prediction != NULL) {
        ag_outbound_drop(t->to, "prediction");
    }

    if (yyjson_is_true(n->store)) {
        ag_outbound_drop(t->to, "store");
    }

    ag_responses_tell_metadata(t);

    for (i = 0; i < n->unknown_count; i++) {
        ag_outbound_drop_text(t->to, n->unknown[i]);
    }
}


/* Another dialect's metadata mean something else: what is refused here. */
static void
ag_responses_tell_metadata(ag_responses_tell_t *t)
{
    if (t->n->metadata != NULL && t->n->client->surface == AG_SURFACE_OPENAI) {
        ag_put_value(&t->put, "metadata", t->n->metadata);
    }
}
