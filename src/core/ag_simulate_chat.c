/*
 * Copyright (C) ngx_agent authors
 *
 * The simulator's chat completions and legacy completions: whole answers and
 * streams, up to four choices, words, JSON or a tool's call.
 *
 * Several prompts of a legacy completion are one prompt here.
 */


#include "core/ag_simulate_parts.h"


/* What makes ids of one answer differ. */
#define AG_SIMULATE_CHAT_ANSWER  1
#define AG_SIMULATE_CHAT_CALL    100    /* and the choice's number */


static void ag_simulate_chat_read(ag_simulate_t *s, const ag_json_t *json);
static void ag_simulate_chat_read_choices(ag_simulate_t *s,
    const ag_json_t *json);
static void ag_simulate_chat_whole(ag_simulate_t *s);
static void ag_simulate_chat_message(ag_simulate_t *s, uint64_t choice);
static void ag_simulate_chat_open(ag_simulate_t *s);
static void ag_simulate_chat_piece(ag_simulate_t *s, uint64_t i);
static void ag_simulate_chat_close(ag_simulate_t *s);
static void ag_simulate_completions_whole(ag_simulate_t *s);
static void ag_simulate_completions_open(ag_simulate_t *s);
static void ag_simulate_completions_piece(ag_simulate_t *s, uint64_t i);
static void ag_simulate_completions_close(ag_simulate_t *s);
static void ag_simulate_chat_tool(ag_simulate_t *s, uint64_t choice);
static void ag_simulate_chat_begin(ag_simulate_t *s, const char *prefix,
    const char *object);
static void ag_simulate_chat_usage(ag_simulate_t *s);
static void ag_simulate_chat_head(ag_simulate_t *s, const char *prefix,
    const char *object);
static void ag_simulate_chat_chunk(ag_simulate_t *s, uint64_t choice);
static void ag_simulate_chat_end(ag_simulate_t *s, const char *finish);
static void ag_simulate_chat_done(ag_simulate_t *s);
static const char *ag_simulate_chat_finish(const ag_simulate_t *s);


static const ag_simulate_tool_words_t  ag_simulate_chat_words = {
    "function", "parameters", { "response_format", "json_schema", "schema" }
};


const ag_simulate_endpoint_t  ag_simulate_chat = {
    "POST", "chat/completions", AG_SIMULATE_OPENAI,
    "messages", { "max_tokens", "max_completion_tokens" }, NULL,
    ag_simulate_chat_read,
    ag_simulate_chat_whole,
    ag_simulate_chat_open,
    ag_simulate_chat_piece,
    ag_simulate_chat_close,
    NULL
};


const ag_simulate_endpoint_t  ag_simulate_completions = {
    "POST", "completions", AG_SIMULATE_OPENAI,
    "prompt", { "max_tokens", NULL }, NULL,
    ag_simulate_chat_read_choices,
    ag_simulate_completions_whole,
    ag_simulate_completions_open,
    ag_simulate_completions_piece,
    ag_simulate_completions_close,
    NULL
};


static void
ag_simulate_chat_read(ag_simulate_t *s, const ag_json_t *json)
{
    ag_simulate_chat_read_choices(s, json);
    ag_simulate_tool_read(s, json, &ag_simulate_chat_words);
}


static void
ag_simulate_chat_read_choices(ag_simulate_t *s, const ag_json_t *json)
{
    int64_t                  choices;
    const ag_json_member_t  *member;

    member = ag_json_find(json, "n");

    if (member == NULL || member->type == AG_JSON_NULL) {
        return;
    }

    if (ag_json_integer(member->value, 1, AG_SIMULATE_CHOICES_MAX, &choices)
        != AG_OK)
    {
        ag_simulate_error_set(s, 400, "invalid_value", "n", "The simulator "
                              "gives 1 to 4 choices.");
        return;
    }

    s->choices = (uint64_t) choices;
}


static void
ag_simulate_chat_whole(ag_simulate_t *s)
{
    uint64_t  i;

    ag_simulate_chat_begin(s, "chatcmpl-", "chat.completion");
    ag_simulate_put(s, ",\"choices\":[");

    for (i = 0; i < s->choices; i++) {
        ag_simulate_put(s, i > 0 ? ",{\"index\":" : "{\"index\":");
        ag_simulate_put_number(s, i);
        ag_simulate_put(s, ",\"message\":{\"role\":\"assistant\",\"content\":");
        ag_simulate_chat_message(s, i);
        ag_simulate_put(s, "},\"logprobs\":null,\"finish_reason\":\"");
        ag_simulate_put(s, ag_simulate_chat_finish(s));
        ag_simulate_put(s, "\"}");
    }

    ag_simulate_put(s, "]");
    ag_simulate_chat_usage(s);
    ag_simulate_put(s, ",\"service_tier\":\"default\","
                       "\"system_fingerprint\":\"fp_sim\"}");
}


static void
ag_simulate_chat_message(ag_simulate_t *s, uint64_t choice)
{
    if (s->mode != AG_SIMULATE_TOOL) {
        ag_simulate_put(s, "\"");
        ag_simulate_put_pieces(s, choice);
        ag_simulate_put(s, "\",\"refusal\":null,\"annotations\":[]");
        return;
    }

    ag_simulate_put(s, "null,\"tool_calls\":[{");
    ag_simulate_chat_tool(s, choice);
    ag_simulate_put_pieces(s, choice);
    ag_simulate_put(s, "\"}}],\"refusal\":null,\"annotations\":[]");
}


static void
ag_simulate_chat_open(ag_simulate_t *s)
{
    uint64_t  i;

    ag_simulate_chat_head(s, "chatcmpl-", "chat.completion.chunk");

    for (i = 0; i < s->choices; i++) {
        ag_simulate_chat_chunk(s, i);
        ag_simulate_put(s, ",\"delta\":{\"role\":\"assistant\",\"content\":");
        ag_simulate_put(s, s->mode == AG_SIMULATE_TOOL ? "null" : "\"\"");
        ag_simulate_put(s, ",\"refusal\":null}");
        ag_simulate_chat_end(s, NULL);

        if (s->mode == AG_SIMULATE_TOOL) {
            ag_simulate_chat_chunk(s, i);
            ag_simulate_put(s, ",\"delta\":{\"tool_calls\":[{\"index\":0,");
            ag_simulate_chat_tool(s, i);
            ag_simulate_put(s, "\"}}]}");
            ag_simulate_chat_end(s, NULL);
        }
    }
}


static void
ag_simulate_chat_piece(ag_simulate_t *s, uint64_t i)
{
    uint64_t     choice;
    const char  *before, *after;

    before = ",\"delta\":{\"content\":\"";
    after = "\"}";

    if (s->mode == AG_SIMULATE_TOOL) {
        before = ",\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":"
                 "{\"arguments\":\"";
        after = "\"}}]}";
    }

    for (choice = 0; choice < s->choices; choice++) {
        ag_simulate_chat_chunk(s, choice);
        ag_simulate_put(s, before);
        ag_simulate_put_piece(s, choice, i);
        ag_simulate_put(s, after);
        ag_simulate_chat_end(s, NULL);
    }
}


static void
ag_simulate_chat_close(ag_simulate_t *s)
{
    uint64_t  i;

    for (i = 0; i < s->choices; i++) {
        ag_simulate_chat_chunk(s, i);
        ag_simulate_put(s, ",\"delta\":{}");
        ag_simulate_chat_end(s, ag_simulate_chat_finish(s));
    }

    ag_simulate_chat_done(s);
}


static void
ag_simulate_completions_whole(ag_simulate_t *s)
{
    uint64_t  i;

    ag_simulate_chat_begin(s, "cmpl-", "text_completion");
    ag_simulate_put(s, ",\"choices\":[");

    for (i = 0; i < s->choices; i++) {
        ag_simulate_put(s, i > 0 ? ",{\"index\":" : "{\"index\":");
        ag_simulate_put_number(s, i);
        ag_simulate_put(s, ",\"text\":\"");
        ag_simulate_put_pieces(s, i);
        ag_simulate_put(s, "\",\"logprobs\":null,\"finish_reason\":\"");
        ag_simulate_put(s, ag_simulate_chat_finish(s));
        ag_simulate_put(s, "\"}");
    }

    ag_simulate_put(s, "]");
    ag_simulate_chat_usage(s);
    ag_simulate_put(s, "}");
}


/* There is no role to tell: an empty text says that the stream is open. */
static void
ag_simulate_completions_open(ag_simulate_t *s)
{
    uint64_t  i;

    ag_simulate_chat_head(s, "cmpl-", "text_completion");

    for (i = 0; i < s->choices; i++) {
        ag_simulate_chat_chunk(s, i);
        ag_simulate_put(s, ",\"text\":\"\"");
        ag_simulate_chat_end(s, NULL);
    }
}


static void
ag_simulate_completions_piece(ag_simulate_t *s, uint64_t i)
{
    uint64_t  choice;

    for (choice = 0; choice < s->choices; choice++) {
        ag_simulate_chat_chunk(s, choice);
        ag_simulate_put(s, ",\"text\":\"");
        ag_simulate_put_piece(s, choice, i);
        ag_simulate_put(s, "\"");
        ag_simulate_chat_end(s, NULL);
    }
}


static void
ag_simulate_completions_close(ag_simulate_t *s)
{
    uint64_t  i;

    for (i = 0; i < s->choices; i++) {
        ag_simulate_chat_chunk(s, i);
        ag_simulate_put(s, ",\"text\":\"\"");
        ag_simulate_chat_end(s, ag_simulate_chat_finish(s));
    }

    ag_simulate_chat_done(s);
}


/* A call up to its arguments. */
static void
ag_simulate_chat_tool(ag_simulate_t *s, uint64_t choice)
{
    ag_simulate_put(s, "\"id\":\"");
    ag_simulate_put_id(s, "call_", AG_SIMULATE_CHAT_CALL + choice);
    ag_simulate_put(s, "\",\"type\":\"function\",\"function\":{\"name\":\"");
    ag_simulate_put_text(s, ag_buf_str(&s->tool));
    ag_simulate_put(s, "\",\"arguments\":\"");
}


/* How an answer and its chunks begin. */
static void
ag_simulate_chat_begin(ag_simulate_t *s, const char *prefix,
    const char *object)
{
    ag_simulate_put(s, "{\"id\":\"");
    ag_simulate_put_id(s, prefix, AG_SIMULATE_CHAT_ANSWER);
    ag_simulate_put(s, "\",\"object\":\"");
    ag_simulate_put(s, object);
    ag_simulate_put(s, "\",\"created\":");
    ag_simulate_put_number(s, s->created);
    ag_simulate_put(s, ",\"model\":");
    ag_simulate_put_bytes(s, s->model);
}


static void
ag_simulate_chat_usage(ag_simulate_t *s)
{
    uint64_t  choices;

    if (s->fault.id == AG_FAULT_NO_USAGE) {
        return;
    }

    choices = (s->choices > 0) ? s->choices : 1;

    ag_simulate_put(s, ",\"usage\":{\"prompt_tokens\":");
    ag_simulate_put_number(s, s->input_tokens);
    ag_simulate_put(s, ",\"completion_tokens\":");
    ag_simulate_put_number(s, s->tokens * choices);
    ag_simulate_put(s, ",\"total_tokens\":");
    ag_simulate_put_number(s, s->input_tokens + s->tokens * choices);
    ag_simulate_put(s, ",\"prompt_tokens_details\":{\"cached_tokens\":0,"
                       "\"cache_write_tokens\":0,\"audio_tokens\":0},"
                       "\"completion_tokens_details\":"
                       "{\"reasoning_tokens\":0,\"audio_tokens\":0,"
                       "\"accepted_prediction_tokens\":0,"
                       "\"rejected_prediction_tokens\":0}}");
}


/* Made once: every chunk begins with it, and a chunk is copied from it. */
static void
ag_simulate_chat_head(ag_simulate_t *s, const char *prefix,
    const char *object)
{
    ag_buf_t  *out;

    out = ag_simulate_put_to(s, &s->head);
    ag_simulate_put_event(s, NULL);
    ag_simulate_chat_begin(s, prefix, object);
    ag_simulate_put(s, ",\"service_tier\":\"default\","
                       "\"system_fingerprint\":\"fp_sim\","
                       "\"choices\":[");
    (void) ag_simulate_put_to(s, out);
}


static void
ag_simulate_chat_chunk(ag_simulate_t *s, uint64_t choice)
{
    ag_simulate_put_bytes(s, ag_buf_str(&s->head));
    ag_simulate_put(s, "{\"index\":");
    ag_simulate_put_number(s, choice);
}


static void
ag_simulate_chat_end(ag_simulate_t *s, const char *finish)
{
    if (finish == NULL) {
        ag_simulate_put(s, ",\"logprobs\":null,\"finish_reason\":null}]");

    } else {
        ag_simulate_put(s, ",\"logprobs\":null,\"finish_reason\":\"");
        ag_simulate_put(s, finish);
        ag_simulate_put(s, "\"}]");
    }

    ag_simulate_put(s, s->include_usage ? ",\"usage\":null}" : "}");
    ag_simulate_put_end(s);
}


/* What follows the finish chunks. */
static void
ag_simulate_chat_done(ag_simulate_t *s)
{
    if (s->include_usage && s->fault.id != AG_FAULT_NO_USAGE) {
        ag_simulate_put_bytes(s, ag_buf_str(&s->head));
        ag_simulate_put(s, "]");
        ag_simulate_chat_usage(s);
        ag_simulate_put(s, "}");
        ag_simulate_put_end(s);
    }

    if (s->fault.id != AG_FAULT_NO_DONE) {
        ag_simulate_put_event(s, NULL);
        ag_simulate_put(s, "[DONE]");
        ag_simulate_put_end(s);
    }
}


static const char *
ag_simulate_chat_finish(const ag_simulate_t *s)
{
    if (s->mode == AG_SIMULATE_TOOL) {
        return "tool_calls";
    }

    return s->limited ? "length" : "stop";
}
