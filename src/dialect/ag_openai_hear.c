/*
 * Copyright (C) ngx_agent authors
 *
 * Hears chat completions, whole and in chunks, from OpenAI, Azure and the many
 * compatible servers.  What a chunk has to hold by the letter is often not
 * there, or elsewhere: everything here is looked for, nothing is relied on.
 * An answer that a server itself calls broken never ends like a whole one.
 */


#include "dialect/ag_openai_hear_parts.h"


typedef struct {
    const char   *word;
    ag_finish_t   finish;
} ag_openai_reason_t;


typedef struct {
    const char        *word;
    ag_error_class_t   error;
} ag_openai_broken_t;


static void ag_openai_hear_done(ag_reader_t *r);
static void ag_openai_hear_chunk(ag_reader_t *r, yyjson_val *root);
static yyjson_val *ag_openai_hear_error(yyjson_val *root);
static unsigned ag_openai_hear_usage(ag_reader_t *r, yyjson_val *root);
static void ag_openai_hear_choices(ag_reader_t *r, yyjson_val *root,
    yyjson_val *choices);
static void ag_openai_hear_choice(ag_reader_t *r, yyjson_val *choice,
    size_t at);
static void ag_openai_hear_logprobs(ag_reader_t *r, uint32_t choice,
    yyjson_val *logprobs);
static void ag_openai_hear_reason(ag_reader_t *r, uint32_t choice,
    yyjson_val *value);
static unsigned ag_openai_hear_same(ag_str_t text, const char *word);
static unsigned ag_openai_hear_finished(const ag_reader_t *r);
static unsigned ag_openai_hear_silent(const ag_reader_t *r);


/* Any other reason is a stop: new ones are invented every year. */
static const ag_openai_reason_t  ag_openai_reasons[] = {
    { "stop", AG_FINISH_STOP },
    { "tool_calls", AG_FINISH_TOOL_CALLS },
    { "length", AG_FINISH_LENGTH },
    { "content_filter", AG_FINISH_CONTENT_FILTER },
    { "function_call", AG_FINISH_TOOL_CALLS },
    { "tool_use", AG_FINISH_TOOL_CALLS },
    { "model_length", AG_FINISH_LENGTH },
    { "max_tokens", AG_FINISH_LENGTH },
    { "max_output_tokens", AG_FINISH_LENGTH },
    { "model_context_window_exceeded", AG_FINISH_LENGTH },
    { "safety", AG_FINISH_CONTENT_FILTER },
    { "recitation", AG_FINISH_CONTENT_FILTER },
    { "prohibited_content", AG_FINISH_CONTENT_FILTER },
    { "sensitive", AG_FINISH_CONTENT_FILTER },
    { "refusal", AG_FINISH_CONTENT_FILTER }
};


/* The server gave up in the middle: Mistral and OpenRouter, DeepSeek, vLLM,
 * Zhipu. */
static const ag_openai_broken_t  ag_openai_broken[] = {
    { "error", AG_E_PROVIDER_ERROR },
    { "insufficient_system_resource", AG_E_UNAVAILABLE },
    { "abort", AG_E_PROVIDER_ERROR },
    { "network_error", AG_E_UNAVAILABLE }
};


void
ag_openai_hear_event(ag_reader_t *r, const ag_sse_event_t *event)
{
    ag_char_t    scratch[AG_DIALECT_SCRATCH];
    yyjson_doc  *doc;

    if (r->ended) {
        return;
    }

    if (ag_str_is(event->type, "error")) {
        ag_openai_hear_fail(r, ag_error_classify(0, event->data));
        return;
    }

    if (event->data.len >= 6 && memcmp(event->data.data, "[DONE]", 6) == 0) {
        ag_openai_hear_done(r);
        return;
    }

    doc = ag_json_tree(event->data, scratch, sizeof(scratch));

    if (doc == NULL) {
        r->delta->malformed = 1;
        return;
    }

    ag_openai_hear_chunk(r, yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);
}


/* Some servers send no "[DONE]"; a reason for each choice is as good. */
void
ag_openai_hear_eof(ag_reader_t *r)
{
    if (!r->ended && ag_openai_hear_finished(r)) {
        ag_reader_end(r);
    }
}


void
ag_openai_hear_answer(ag_reader_t *r, yyjson_val *root)
{
    yyjson_val  *choices;

    choices = yyjson_obj_get(root, "choices");

    if (ag_openai_hear_error(root) != NULL
        || !yyjson_is_obj(yyjson_arr_get_first(choices)))
    {
        ag_openai_hear_fail(r, ag_error_classify_tree(0, root));
        return;
    }

    ag_openai_hear_usage(r, root);
    ag_openai_hear_choices(r, root, choices);

    if (!r->delta->failed && r->rc == AG_OK) {
        ag_openai_hear_done(r);
    }
}


ag_openai_hear_t *
ag_openai_hear_state(ag_reader_t *r)
{
    if (r->state == NULL) {
        r->state = ag_arena_alloc(r->arena, sizeof(ag_openai_hear_t));

        if (r->state == NULL) {
            r->rc = AG_NOMEM;
        }
    }

    return r->state;
}


void
ag_openai_hear_fail(ag_reader_t *r, ag_error_class_t error)
{
    r->delta->failed = 1;
    r->delta->error = error;
}


/* A stream that said nothing and gave no reason is no answer. */
static void
ag_openai_hear_done(ag_reader_t *r)
{
    if (ag_openai_hear_silent(r)) {
        ag_openai_hear_fail(r, AG_E_BAD_RESPONSE);

    } else {
        ag_reader_end(r);
    }
}


static void
ag_openai_hear_chunk(ag_reader_t *r, yyjson_val *root)
{
    unsigned     known;
    yyjson_val  *error, *choices;

    error = ag_openai_hear_error(root);

    if (error != NULL) {
        ag_openai_hear_fail(r, ag_error_classify_tree(0, error));
        return;
    }

    if (!yyjson_is_obj(root)) {
        r->delta->malformed = 1;
        return;
    }

    known = ag_openai_hear_usage(r, root);
    choices = yyjson_obj_get(root, "choices");

    if (choices == NULL || yyjson_is_null(choices)
        || (yyjson_is_arr(choices) && yyjson_arr_size(choices) == 0))
    {
        /* the last chunk, or Azure's first one about the prompt */

        r->delta->usage_only = known & 1;
        return;
    }

    if (!yyjson_is_arr(choices)) {
        r->delta->malformed = 1;
        return;
    }

    ag_openai_hear_choices(r, root, choices);
}


/*
 * The tree to classify, or NULL: {"error":...}, vLLM's {"object":"error",...},
 * Gemini's [{"error":...}], Groq's {"x_groq":{"error":...}}.
 */
static yyjson_val *
ag_openai_hear_error(yyjson_val *root)
{
    yyjson_val  *error, *inside, *groq;

    inside = yyjson_is_arr(root) ? yyjson_arr_get_first(root) : root;
    error = yyjson_obj_get(inside, "error");

    if (yyjson_is_obj(error) || ag_json_text(error).len > 0
        || yyjson_equals_str(yyjson_obj_get(inside, "object"), "error"))
    {
        return root;
    }

    groq = yyjson_obj_get(inside, "x_groq");
    error = yyjson_obj_get(groq, "error");

    return (yyjson_is_obj(error) || ag_json_text(error).len > 0) ? groq
                                                                 : NULL;
}


static unsigned
ag_openai_hear_usage(ag_reader_t *r, yyjson_val *root)
{
    ag_str_t     tier;
    yyjson_val  *groq;

    tier = ag_json_text(yyjson_obj_get(root, "service_tier"));

    if (tier.len > 0) {
        r->tier = ag_tier_find(tier);
    }

    if (ag_usage_read(r->usage, yyjson_obj_get(root, "usage"),
                      &ag_openai_usage))
    {
        return 1;
    }

    groq = yyjson_obj_get(root, "x_groq");

    return ag_usage_read(r->usage, yyjson_obj_get(groq, "usage"),
                         &ag_openai_usage);
}


static void
ag_openai_hear_choices(ag_reader_t *r, yyjson_val *root, yyjson_val *choices)
{
    size_t       i, count;
    yyjson_val  *choice;

    if (!r->started) {
        ag_reader_start(r, ag_json_text(yyjson_obj_get(root, "id")),
                        ag_json_text(yyjson_obj_get(root, "model")));
    }

    yyjson_arr_foreach(choices, i, count, choice) {

        ag_openai_hear_choice(r, choice, i);

        if (r->delta->failed || r->rc != AG_OK) {
            return;
        }
    }
}


static void
ag_openai_hear_choice(ag_reader_t *r, yyjson_val *choice, size_t at)
{
    uint64_t     number;
    yyjson_val  *value;

    value = yyjson_obj_get(choice, "index");
    number = yyjson_is_uint(value) ? yyjson_get_uint(value) : at;

    if (number >= AG_CHOICES_MAX || !yyjson_is_obj(choice)) {
        r->delta->malformed = 1;
        return;
    }

    value = yyjson_obj_get(choice, "delta");

    if (!yyjson_is_obj(value)) {
        value = yyjson_obj_get(choice, "message");
    }

    ag_openai_hear_message(r, (uint32_t) number, value);

    if (r->delta->failed) {
        return;
    }

    ag_openai_hear_logprobs(r, (uint32_t) number,
                            yyjson_obj_get(choice, "logprobs"));

    value = yyjson_obj_get(choice, "error");

    if (yyjson_is_obj(value) || ag_json_text(value).len > 0) {
        ag_openai_hear_fail(r, ag_error_classify_tree(0, choice));
        return;
    }

    /* Moonshot's usage stands here */

    (void) ag_usage_read(r->usage, yyjson_obj_get(choice, "usage"),
                         &ag_openai_usage);

    ag_openai_hear_reason(r, (uint32_t) number,
                          yyjson_obj_get(choice, "finish_reason"));
}


static void
ag_openai_hear_logprobs(ag_reader_t *r, uint32_t choice, yyjson_val *logprobs)
{
    ag_str_t     text;
    yyjson_val  *content;

    content = yyjson_obj_get(logprobs, "content");

    if (!yyjson_is_arr(content) || yyjson_arr_size(content) == 0) {
        return;
    }

    text = ag_openai_hear_written(r, content);

    if (text.len > 2) {
        ag_reader_logprobs(r, choice, ag_str(text.data + 1, text.len - 2));
    }
}


static void
ag_openai_hear_reason(ag_reader_t *r, uint32_t choice, yyjson_val *value)
{
    size_t       i;
    ag_str_t     text;
    ag_finish_t  finish;

    text = ag_json_text(value);

    if (text.len == 0) {
        return;
    }

    for (i = 0; i < sizeof(ag_openai_broken) / sizeof(ag_openai_broken[0]);
         i++)
    {
        if (ag_openai_hear_same(text, ag_openai_broken[i].word)) {
            ag_openai_hear_fail(r, ag_openai_broken[i].error);
            return;
        }
    }

    finish = AG_FINISH_STOP;

    for (i = 0; i < sizeof(ag_openai_reasons) / sizeof(ag_openai_reasons[0]);
         i++)
    {
        if (ag_openai_hear_same(text, ag_openai_reasons[i].word)) {
            finish = ag_openai_reasons[i].finish;
            break;
        }
    }

    /* a client that waits for calls which never come is stuck */

    if (finish == AG_FINISH_TOOL_CALLS && r->choices[choice].tools == 0) {
        finish = AG_FINISH_STOP;
    }

    ag_reader_finish(r, choice, finish);
}


/* Letters of either case are the same. */
static unsigned
ag_openai_hear_same(ag_str_t text, const char *word)
{
    size_t     i;
    ag_char_t  c;

    for (i = 0; i < text.len; i++) {
        c = text.data[i];

        if (c >= 'A' && c <= 'Z') {
            c |= 0x20;
        }

        if (word[i] == '\0' || c != (ag_char_t) word[i]) {
            return 0;
        }
    }

    return word[i] == '\0';
}


/* Has every choice that was begun given its reason, and is there one? */
static unsigned
ag_openai_hear_finished(const ag_reader_t *r)
{
    uint32_t  i;
    unsigned  found;

    found = 0;

    for (i = 0; i < r->choice_count; i++) {

        if (r->choices[i].finish != AG_FINISH_NONE) {
            found = 1;

        } else if (r->choices[i].blocks > 0) {
            return 0;
        }
    }

    return found;
}


static unsigned
ag_openai_hear_silent(const ag_reader_t *r)
{
    uint32_t  i;

    for (i = 0; i < r->choice_count; i++) {
        if (r->choices[i].finish != AG_FINISH_NONE
            || r->choices[i].blocks > 0)
        {
            return 0;
        }
    }

    return 1;
}
