/*
 * Copyright (C) ngx_agent authors
 *
 * The simulator's Responses API: one output item, a message or a function
 * call, whole and streamed.  Nothing is stored and nothing can be continued.
 */


#include "core/ag_simulate_parts.h"


/* What makes ids of one answer differ. */
#define AG_SIMULATE_RESPONSES_ANSWER  1
#define AG_SIMULATE_RESPONSES_ITEM    2
#define AG_SIMULATE_RESPONSES_CALL    100

#define AG_SIMULATE_RESPONSES_PART                                            \
    ",\"part\":{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],"  \
    "\"text\":\""


static void ag_simulate_responses_read(ag_simulate_t *s,
    const ag_json_t *json);
static void ag_simulate_responses_whole(ag_simulate_t *s);
static void ag_simulate_responses_open(ag_simulate_t *s);
static void ag_simulate_responses_piece(ag_simulate_t *s, uint64_t i);
static void ag_simulate_responses_close(ag_simulate_t *s);
static void ag_simulate_responses_error(ag_simulate_t *s);
static void ag_simulate_responses_event(ag_simulate_t *s, const char *type);
static void ag_simulate_responses_place(ag_simulate_t *s);
static void ag_simulate_responses_object(ag_simulate_t *s, int done);
static void ag_simulate_responses_item(ag_simulate_t *s, int done);
static void ag_simulate_responses_call(ag_simulate_t *s, int done);
static void ag_simulate_responses_usage(ag_simulate_t *s);


static const ag_simulate_tool_words_t  ag_simulate_responses_words = {
    NULL, "parameters", { "text", "format", "schema" }
};


const ag_simulate_endpoint_t  ag_simulate_responses = {
    "POST", "responses", AG_SIMULATE_OPENAI,
    "input", { "max_output_tokens", NULL }, "response.output_text.delta",
    ag_simulate_responses_read,
    ag_simulate_responses_whole,
    ag_simulate_responses_open,
    ag_simulate_responses_piece,
    ag_simulate_responses_close,
    ag_simulate_responses_error
};


static void
ag_simulate_responses_read(ag_simulate_t *s, const ag_json_t *json)
{
    ag_simulate_tool_read(s, json, &ag_simulate_responses_words);
}


static void
ag_simulate_responses_whole(ag_simulate_t *s)
{
    ag_simulate_responses_object(s, 1);
}


static void
ag_simulate_responses_open(ag_simulate_t *s)
{
    size_t                    i;
    static const char *const  types[] = {
        "response.created", "response.in_progress"
    };

    for (i = 0; i < 2; i++) {
        ag_simulate_responses_event(s, types[i]);
        ag_simulate_put(s, ",\"response\":");
        ag_simulate_responses_object(s, 0);
        ag_simulate_put(s, "}");
        ag_simulate_put_end(s);
    }

    ag_simulate_responses_event(s, "response.output_item.added");
    ag_simulate_put(s, ",\"output_index\":0,\"item\":");
    ag_simulate_responses_item(s, 0);
    ag_simulate_put(s, "}");
    ag_simulate_put_end(s);

    if (s->mode != AG_SIMULATE_TOOL) {
        ag_simulate_responses_event(s, "response.content_part.added");
        ag_simulate_responses_place(s);
        ag_simulate_put(s, AG_SIMULATE_RESPONSES_PART "\"}}");
        ag_simulate_put_end(s);
    }
}


static void
ag_simulate_responses_piece(ag_simulate_t *s, uint64_t i)
{
    ag_simulate_responses_event(s, s->mode == AG_SIMULATE_TOOL
                                   ? "response.function_call_arguments.delta"
                                   : "response.output_text.delta");
    ag_simulate_responses_place(s);

    if (s->mode != AG_SIMULATE_TOOL) {
        ag_simulate_put(s, ",\"logprobs\":[]");
    }

    ag_simulate_put(s, ",\"delta\":\"");
    ag_simulate_put_piece(s, 0, i);
    ag_simulate_put(s, "\"}");
    ag_simulate_put_end(s);
}


static void
ag_simulate_responses_close(ag_simulate_t *s)
{
    if (s->mode == AG_SIMULATE_TOOL) {
        ag_simulate_responses_event(s,
                                    "response.function_call_arguments.done");
        ag_simulate_responses_place(s);
        ag_simulate_put(s, ",\"name\":\"");
        ag_simulate_put_text(s, ag_buf_str(&s->tool));
        ag_simulate_put(s, "\",\"arguments\":\"");
        ag_simulate_put_pieces(s, 0);
        ag_simulate_put(s, "\"}");

    } else {
        ag_simulate_responses_event(s, "response.output_text.done");
        ag_simulate_responses_place(s);
        ag_simulate_put(s, ",\"logprobs\":[],\"text\":\"");
        ag_simulate_put_pieces(s, 0);
        ag_simulate_put(s, "\"}");
        ag_simulate_put_end(s);

        ag_simulate_responses_event(s, "response.content_part.done");
        ag_simulate_responses_place(s);
        ag_simulate_put(s, AG_SIMULATE_RESPONSES_PART);
        ag_simulate_put_pieces(s, 0);
        ag_simulate_put(s, "\"}}");
    }

    ag_simulate_put_end(s);

    ag_simulate_responses_event(s, "response.output_item.done");
    ag_simulate_put(s, ",\"output_index\":0,\"item\":");
    ag_simulate_responses_item(s, 1);
    ag_simulate_put(s, "}");
    ag_simulate_put_end(s);

    if (s->fault.id == AG_FAULT_NO_DONE) {
        return;
    }

    ag_simulate_responses_event(s, s->limited ? "response.incomplete"
                                              : "response.completed");
    ag_simulate_put(s, ",\"response\":");
    ag_simulate_responses_object(s, 1);
    ag_simulate_put(s, "}");
    ag_simulate_put_end(s);
}


static void
ag_simulate_responses_error(ag_simulate_t *s)
{
    ag_simulate_responses_event(s, "error");
    ag_simulate_put(s, ",\"code\":\"server_error\",\"message\":\"");
    ag_simulate_error_message(s);
    ag_simulate_put(s, "\",\"param\":null}");
}


/* The beginning of an event, numbered. */
static void
ag_simulate_responses_event(ag_simulate_t *s, const char *type)
{
    ag_simulate_put_event(s, type);
    ag_simulate_put(s, "{\"type\":\"");
    ag_simulate_put(s, type);
    ag_simulate_put(s, "\",\"sequence_number\":");
    ag_simulate_put_number(s, s->sequence++);
}


/* Which part of the answer an event is about. */
static void
ag_simulate_responses_place(ag_simulate_t *s)
{
    ag_simulate_put(s, ",\"item_id\":\"");
    ag_simulate_put_id(s, s->mode == AG_SIMULATE_TOOL ? "fc_" : "msg_",
                       AG_SIMULATE_RESPONSES_ITEM);
    ag_simulate_put(s, s->mode == AG_SIMULATE_TOOL
                       ? "\",\"output_index\":0"
                       : "\",\"output_index\":0,\"content_index\":0");
}


static void
ag_simulate_responses_object(ag_simulate_t *s, int done)
{
    const char  *status;

    status = !done ? "in_progress" : s->limited ? "incomplete" : "completed";

    ag_simulate_put(s, "{\"id\":\"");
    ag_simulate_put_id(s, "resp_", AG_SIMULATE_RESPONSES_ANSWER);
    ag_simulate_put(s, "\",\"object\":\"response\",\"created_at\":");
    ag_simulate_put_number(s, s->created);
    ag_simulate_put(s, ",\"status\":\"");
    ag_simulate_put(s, status);
    ag_simulate_put(s, "\",\"model\":");
    ag_simulate_put_bytes(s, s->model);
    ag_simulate_put(s, ",\"output\":[");

    if (done && s->choices > 0) {
        ag_simulate_responses_item(s, 1);
    }

    ag_simulate_put(s, "],\"error\":null,\"incomplete_details\":");
    ag_simulate_put(s, done && s->limited
                       ? "{\"reason\":\"max_output_tokens\"}" : "null");
    ag_simulate_put(s, ",\"instructions\":null,\"max_output_tokens\":null,"
                       "\"metadata\":{},\"parallel_tool_calls\":true,"
                       "\"previous_response_id\":null,\"reasoning\":"
                       "{\"effort\":null,\"summary\":null},\"store\":false,"
                       "\"temperature\":1.0,\"text\":{\"format\":"
                       "{\"type\":\"text\"}},\"tool_choice\":\"auto\","
                       "\"tools\":[],\"top_p\":1.0,\"truncation\":"
                       "\"disabled\",\"usage\":");

    if (done && s->fault.id != AG_FAULT_NO_USAGE) {
        ag_simulate_responses_usage(s);

    } else {
        ag_simulate_put(s, "null");
    }

    ag_simulate_put(s, "}");
}


static void
ag_simulate_responses_item(ag_simulate_t *s, int done)
{
    if (s->mode == AG_SIMULATE_TOOL) {
        ag_simulate_responses_call(s, done);
        return;
    }

    ag_simulate_put(s, "{\"id\":\"");
    ag_simulate_put_id(s, "msg_", AG_SIMULATE_RESPONSES_ITEM);
    ag_simulate_put(s, "\",\"type\":\"message\",\"role\":\"assistant\","
                       "\"status\":\"");

    if (!done) {
        ag_simulate_put(s, "in_progress\",\"content\":[]}");
        return;
    }

    ag_simulate_put(s, s->limited ? "incomplete" : "completed");
    ag_simulate_put(s, "\",\"content\":[{\"type\":\"output_text\","
                       "\"annotations\":[],\"logprobs\":[],\"text\":\"");
    ag_simulate_put_pieces(s, 0);
    ag_simulate_put(s, "\"}]}");
}


static void
ag_simulate_responses_call(ag_simulate_t *s, int done)
{
    ag_simulate_put(s, "{\"id\":\"");
    ag_simulate_put_id(s, "fc_", AG_SIMULATE_RESPONSES_ITEM);
    ag_simulate_put(s, "\",\"type\":\"function_call\",\"status\":\"");
    ag_simulate_put(s, done ? "completed" : "in_progress");
    ag_simulate_put(s, "\",\"call_id\":\"");
    ag_simulate_put_id(s, "call_", AG_SIMULATE_RESPONSES_CALL);
    ag_simulate_put(s, "\",\"name\":\"");
    ag_simulate_put_text(s, ag_buf_str(&s->tool));
    ag_simulate_put(s, "\",\"arguments\":\"");

    if (done) {
        ag_simulate_put_pieces(s, 0);
    }

    ag_simulate_put(s, "\"}");
}


static void
ag_simulate_responses_usage(ag_simulate_t *s)
{
    ag_simulate_put(s, "{\"input_tokens\":");
    ag_simulate_put_number(s, s->input_tokens);
    ag_simulate_put(s, ",\"input_tokens_details\":{\"cached_tokens\":0,"
                       "\"cache_write_tokens\":0},\"output_tokens\":");
    ag_simulate_put_number(s, s->tokens);
    ag_simulate_put(s, ",\"output_tokens_details\":{\"reasoning_tokens\":0},"
                       "\"total_tokens\":");
    ag_simulate_put_number(s, s->input_tokens + s->tokens);
    ag_simulate_put(s, "}");
}
