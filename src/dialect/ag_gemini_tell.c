/*
 * Copyright (C) ngx_agent authors
 *
 * A request to Gemini: where it goes, and its body from the outside.  What
 * the client said and Gemini has no word for is named here, one by one.
 */


#include "dialect/ag_gemini_parts.h"


static ag_str_t ag_gemini_tell_prefix(ag_str_t model);
static int ag_gemini_tell_segment(ag_buf_t *path, ag_str_t text);
static int ag_gemini_tell_count(ag_gemini_tell_t *t);
static int ag_gemini_tell_generate(ag_gemini_tell_t *t);
static int ag_gemini_tell_drops(ag_gemini_tell_t *t);
static void ag_gemini_tell_hints(ag_gemini_tell_t *t);
static unsigned ag_gemini_tell_has_cache(const ag_neutral_t *n);


/* Models and tuned models have resource names of their own. */
static const ag_str_t  ag_gemini_prefixes[] = {
    ag_string("models/"),
    ag_string("tunedModels/"),
    ag_null_string
};


int
ag_gemini_tell_path(const ag_outbound_t *to, ag_buf_t *path, ag_buf_t *args)
{
    int          rc;
    ag_str_t     prefix, name;
    const char  *method;

    switch (to->endpoint) {

    case AG_ENDPOINT_EMBEDDINGS:
        method = ":batchEmbedContents";
        break;

    case AG_ENDPOINT_COUNT_TOKENS:
        method = ":countTokens";
        break;

    default:
        method = to->stream ? ":streamGenerateContent" : ":generateContent";
    }

    prefix = ag_gemini_tell_prefix(to->model);
    name = to->model;

    if (prefix.len > 0) {
        name = ag_str(name.data + prefix.len, name.len - prefix.len);

    } else {
        prefix = ag_gemini_prefixes[0];
    }

    rc = ag_buf_add(path, prefix.data, prefix.len);

    if (rc == AG_OK) {
        rc = ag_gemini_tell_segment(path, name);
    }

    if (rc == AG_OK) {
        rc = ag_buf_add_string(path, method);
    }

    /* without it the stream is one JSON array */

    if (rc == AG_OK && strcmp(method, ":streamGenerateContent") == 0) {
        rc = ag_buf_add_string(args, "alt=sse");
    }

    return rc;
}


int
ag_gemini_tell(const ag_neutral_t *n, ag_outbound_t *to, ag_buf_t *out,
    ag_error_t *error)
{
    int               rc;
    ag_gemini_tell_t  t;

    memset(&t, 0, sizeof(ag_gemini_tell_t));

    t.n = n;
    t.to = to;
    t.error = error;
    ag_put_init(&t.put, out);

    switch (n->endpoint) {

    case AG_ENDPOINT_EMBEDDINGS:
        rc = ag_gemini_embed_tell(&t);
        break;

    case AG_ENDPOINT_COUNT_TOKENS:
        rc = ag_gemini_tell_count(&t);
        break;

    default:
        rc = ag_gemini_tell_generate(&t);
    }

    return (rc != AG_OK) ? rc : t.put.rc;
}


const char *
ag_gemini_tell_name(const ag_gemini_tell_t *t, ag_gemini_name_t name)
{
    if (t->n->client == &ag_anthropic) {
        return name.anthropic;
    }

    return (t->n->client == &ag_responses) ? name.responses : name.openai;
}


void
ag_gemini_tell_model(ag_gemini_tell_t *t, const char *name)
{
    ag_put_text_open(&t->put, name);

    if (ag_gemini_tell_prefix(t->to->model).len == 0) {
        ag_put_text_add(&t->put, ag_gemini_prefixes[0]);
    }

    ag_put_text_add(&t->put, t->to->model);
    ag_put_text_close(&t->put);
}


void
ag_gemini_tell_undo(ag_gemini_tell_t *t, ag_put_t before, size_t len)
{
    if (t->put.rc == AG_OK) {
        t->put = before;
        t->put.out->len = len;
    }
}


/* The prefix that the model's name has; empty: none. */
static ag_str_t
ag_gemini_tell_prefix(ag_str_t model)
{
    const ag_str_t  *prefix;

    for (prefix = ag_gemini_prefixes; prefix->len > 0; prefix++) {
        if (model.len > prefix->len
            && memcmp(model.data, prefix->data, prefix->len) == 0)
        {
            break;
        }
    }

    return *prefix;
}


/* RFC 3986, 2.3: unreserved characters stand for themselves. */
static int
ag_gemini_tell_segment(ag_buf_t *path, ag_str_t text)
{
    int        rc;
    size_t     i;
    ag_char_t  c, letter, escape[3];

    static const char  digits[] = "0123456789ABCDEF";

    for (i = 0; i < text.len; i++) {
        c = text.data[i];
        letter = (ag_char_t) (c | 0x20);

        if ((letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9')
            || c == '-' || c == '.' || c == '_' || c == '~')
        {
            rc = ag_buf_add(path, &c, 1);

        } else {
            escape[0] = '%';
            escape[1] = (ag_char_t) digits[c >> 4];
            escape[2] = (ag_char_t) digits[c & 15];
            rc = ag_buf_add(path, escape, 3);
        }

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


/* Only a whole request counts system and tools, too. */
static int
ag_gemini_tell_count(ag_gemini_tell_t *t)
{
    int  rc;

    ag_put_open(&t->put, NULL, '{');
    ag_put_open(&t->put, "generateContentRequest", '{');
    ag_gemini_tell_model(t, "model");

    rc = ag_gemini_tell_turns(t);

    if (rc == AG_OK) {
        rc = ag_gemini_tell_tools(t);
    }

    ag_put_close(&t->put, '}');
    ag_put_close(&t->put, '}');

    return rc;
}


static int
ag_gemini_tell_generate(ag_gemini_tell_t *t)
{
    int  rc;

    ag_put_open(&t->put, NULL, '{');

    rc = ag_gemini_tell_turns(t);

    if (rc == AG_OK) {
        rc = ag_gemini_tell_tools(t);
    }

    if (rc == AG_OK) {
        rc = ag_gemini_tell_config(t);
    }

    if (rc == AG_OK) {
        rc = ag_gemini_tell_drops(t);
    }

    ag_put_close(&t->put, '}');

    return rc;
}


static int
ag_gemini_tell_drops(ag_gemini_tell_t *t)
{
    uint32_t             i;
    const ag_neutral_t  *n;

    n = t->n;

    if (n->logit_bias != NULL
        && ag_outbound_refuse(t->to, t->error, "logit_bias") != AG_OK)
    {
        return AG_INVALID;
    }

    if (n->user.len > 0) {
        ag_outbound_drop(t->to, n->client == &ag_anthropic ? "metadata"
                                : yyjson_obj_get(n->root, "user") != NULL
                                  ? "user" : "safety_identifier");
    }

    ag_gemini_tell_hints(t);

    for (i = 0; i < n->unknown_count; i++) {
        ag_outbound_drop_text(t->to, n->unknown[i]);
    }

    return AG_OK;
}


/* Nothing is stored, so only a "true" is not heeded. */
static void
ag_gemini_tell_hints(ag_gemini_tell_t *t)
{
    const ag_neutral_t  *n;

    n = t->n;

    if (n->metadata != NULL) {
        ag_outbound_drop(t->to, "metadata");
    }

    if (yyjson_is_true(n->store)) {
        ag_outbound_drop(t->to, "store");
    }

    if (n->verbosity.len > 0) {
        ag_outbound_drop(t->to, n->client == &ag_responses ? "text.verbosity"
                                                           : "verbosity");
    }

    if (n->prompt_cache_key.len > 0) {
        ag_outbound_drop(t->to, "prompt_cache_key");
    }

    if (ag_gemini_tell_has_cache(n)) {
        ag_outbound_drop(t->to, "cache_control");
    }

    if (n->prediction != NULL) {
        ag_outbound_drop(t->to, "prediction");
    }
}


static unsigned
ag_gemini_tell_has_cache(const ag_neutral_t *n)
{
    const ag_part_t  *part;
    const ag_tool_t  *tool;
    const ag_turn_t  *turn;

    if (n->cache_control != NULL) {
        return 1;
    }

    for (tool = n->tools; tool != NULL; tool = tool->next) {
        if (tool->cache_control != NULL) {
            return 1;
        }
    }

    for (turn = n->turns; turn != NULL; turn = turn->next) {
        for (part = turn->parts; part != NULL; part = part->next) {
            if (part->cache_control != NULL) {
                return 1;
            }
        }
    }

    return 0;
}
