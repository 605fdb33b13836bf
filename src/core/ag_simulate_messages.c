/*
 * Copyright (C) ngx_agent authors
 *
 * The simulator's Anthropic dialect: messages, whole and streamed, and the
 * count of their tokens.  Every version of the API is answered alike.
 */


#include "core/ag_simulate_parts.h"


/* What makes ids of one answer differ. */
#define AG_SIMULATE_MESSAGES_ANSWER  1
#define AG_SIMULATE_MESSAGES_CALL    100


static void ag_simulate_messages_read(ag_simulate_t *s, const ag_json_t *json);
static void ag_simulate_messages_whole(ag_simulate_t *s);
static void ag_simulate_messages_open(ag_simulate_t *s);
static void ag_simulate_messages_piece(ag_simulate_t *s, uint64_t i);
static void ag_simulate_messages_close(ag_simulate_t *s);
static void ag_simulate_messages_error(ag_simulate_t *s);
static void ag_simulate_count_tokens_whole(ag_simulate_t *s);
static void ag_simulate_messages_begin(ag_simulate_t *s);
static void ag_simulate_messages_block(ag_simulate_t *s);
static void ag_simulate_messages_usage(ag_simulate_t *s, uint64_t output);
static const char *ag_simulate_messages_reason(const ag_simulate_t *s);


static const ag_simulate_tool_words_t  ag_simulate_messages_words = {
    NULL, "input_schema", { "output_config", "format", "schema" }
};


const ag_simulate_endpoint_t  ag_simulate_messages = {
    "POST", "messages", AG_SIMULATE_ANTHROPIC,
    "messages", { "max_tokens", NULL }, "content_block_delta",
    ag_simulate_messages_read,
    ag_simulate_messages_whole,
    ag_simulate_messages_open,
    ag_simulate_messages_piece,
    ag_simulate_messages_close,
    ag_simulate_messages_error
};


const ag_simulate_endpoint_t  ag_simulate_count_tokens = {
    "POST", "messages/count_tokens", AG_SIMULATE_ANTHROPIC,
    "messages", { NULL, NULL }, NULL,
    NULL, ag_simulate_count_tokens_whole, NULL, NULL, NULL, NULL
};


static void
ag_simulate_messages_read(ag_simulate_t *s, const ag_json_t *json)
{
    if (s->limit == UINT64_MAX) {
        ag_simulate_error_set(s, 400, NULL, "max_tokens",
                              "max_tokens: Field required");
        return;
    }

    ag_simulate_tool_read(s, json, &ag_simulate_messages_words);
}


static void
ag_simulate_messages_whole(ag_simulate_t *s)
{
    ag_simulate_put(s, "{");
    ag_simulate_messages_begin(s);

    if (s->choices > 0 && s->mode == AG_SIMULATE_TOOL) {
        ag_simulate_messages_block(s);
        ag_simulate_put_bytes(s, ag_buf_str(&s->payload));
        ag_simulate_put(s, "}");

    } else if (s->choices > 0) {
        ag_simulate_messages_block(s);
        ag_simulate_put(s, "\"");
        ag_simulate_put_pieces(s, 0);
        ag_simulate_put(s, "\"}");
    }

    ag_simulate_put(s, "],\"stop_reason\":\"");
    ag_simulate_put(s, ag_simulate_messages_reason(s));
    ag_simulate_put(s, "\",\"stop_sequence\":null");

    if (s->fault.id != AG_FAULT_NO_USAGE) {
        ag_simulate_messages_usage(s, s->tokens);
    }

    ag_simulate_put(s, "}");
}


/* The usage of message_start is there in any case: SDKs fail without it. */
static void
ag_simulate_messages_open(ag_simulate_t *s)
{
    ag_simulate_put_event(s, "message_start");
    ag_simulate_put(s, "{\"type\":\"message_start\",\"message\":{");
    ag_simulate_messages_begin(s);
    ag_simulate_put(s, "],\"stop_reason\":null,\"stop_sequence\":null");
    ag_simulate_messages_usage(s, 1);
    ag_simulate_put(s, "}}");
    ag_simulate_put_end(s);

    ag_simulate_put_event(s, "content_block_start");
    ag_simulate_put(s, "{\"type\":\"content_block_start\",\"index\":0,"
                       "\"content_block\":");
    ag_simulate_messages_block(s);
    ag_simulate_put(s, s->mode == AG_SIMULATE_TOOL ? "{}}}" : "\"\"}}");
    ag_simulate_put_end(s);

    ag_simulate_put_event(s, "ping");
    ag_simulate_put(s, "{\"type\":\"ping\"}");
    ag_simulate_put_end(s);
}


static void
ag_simulate_messages_piece(ag_simulate_t *s, uint64_t i)
{
    ag_simulate_put_event(s, "content_block_delta");
    ag_simulate_put(s, "{\"type\":\"content_block_delta\",\"index\":0,"
                       "\"delta\":{\"type\":");
    ag_simulate_put(s, s->mode == AG_SIMULATE_TOOL
                       ? "\"input_json_delta\",\"partial_json\":\""
                       : "\"text_delta\",\"text\":\"");
    ag_simulate_put_piece(s, 0, i);
    ag_simulate_put(s, "\"}}");
    ag_simulate_put_end(s);
}


static void
ag_simulate_messages_close(ag_simulate_t *s)
{
    ag_simulate_put_event(s, "content_block_stop");
    ag_simulate_put(s, "{\"type\":\"content_block_stop\",\"index\":0}");
    ag_simulate_put_end(s);

    ag_simulate_put_event(s, "message_delta");
    ag_simulate_put(s, "{\"type\":\"message_delta\",\"delta\":"
                       "{\"stop_reason\":\"");
    ag_simulate_put(s, ag_simulate_messages_reason(s));
    ag_simulate_put(s, "\",\"stop_sequence\":null}");

    if (s->fault.id != AG_FAULT_NO_USAGE) {
        ag_simulate_put(s, ",\"usage\":{\"output_tokens\":");
        ag_simulate_put_number(s, s->tokens);
        ag_simulate_put(s, "}");
    }

    ag_simulate_put(s, "}");
    ag_simulate_put_end(s);

    if (s->fault.id != AG_FAULT_NO_DONE) {
        ag_simulate_put_event(s, "message_stop");
        ag_simulate_put(s, "{\"type\":\"message_stop\"}");
        ag_simulate_put_end(s);
    }
}


static void
ag_simulate_messages_error(ag_simulate_t *s)
{
    ag_simulate_put_event(s, "error");
    ag_simulate_error_write(s);
}


static void
ag_simulate_count_tokens_whole(ag_simulate_t *s)
{
    ag_simulate_put(s, "{\"input_tokens\":");
    ag_simulate_put_number(s, s->input_tokens);
    ag_simulate_put(s, "}");
}


/* A message up to its content. */
static void
ag_simulate_messages_begin(ag_simulate_t *s)
{
    ag_simulate_put(s, "\"id\":\"");
    ag_simulate_put_id(s, "msg_", AG_SIMULATE_MESSAGES_ANSWER);
    ag_simulate_put(s, "\",\"type\":\"message\",\"role\":\"assistant\","
                       "\"model\":");
    ag_simulate_put_bytes(s, s->model);
    ag_simulate_put(s, ",\"content\":[");
}


/* A content block up to what it holds. */
static void
ag_simulate_messages_block(ag_simulate_t *s)
{
    if (s->mode != AG_SIMULATE_TOOL) {
        ag_simulate_put(s, "{\"type\":\"text\",\"text\":");
        return;
    }

    ag_simulate_put(s, "{\"type\":\"tool_use\",\"id\":\"");
    ag_simulate_put_id(s, "toolu_", AG_SIMULATE_MESSAGES_CALL);
    ag_simulate_put(s, "\",\"name\":\"");
    ag_simulate_put_text(s, ag_buf_str(&s->tool));
    ag_simulate_put(s, "\",\"input\":");
}


static void
ag_simulate_messages_usage(ag_simulate_t *s, uint64_t output)
{
    ag_simulate_put(s, ",\"usage\":{\"input_tokens\":");
    ag_simulate_put_number(s, s->input_tokens);
    ag_simulate_put(s, ",\"cache_creation_input_tokens\":0,"
                       "\"cache_read_input_tokens\":0,\"cache_creation\":"
                       "{\"ephemeral_5m_input_tokens\":0,"
                       "\"ephemeral_1h_input_tokens\":0},\"output_tokens\":");
    ag_simulate_put_number(s, output);
    ag_simulate_put(s, ",\"service_tier\":\"standard\"}");
}


static const char *
ag_simulate_messages_reason(const ag_simulate_t *s)
{
    if (s->mode == AG_SIMULATE_TOOL) {
        return "tool_use";
    }

    return s->limited ? "max_tokens" : "end_turn";
}
