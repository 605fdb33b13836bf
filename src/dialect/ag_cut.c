/*
 * Copyright (C) ngx_agent authors
 *
 * Ends a stream in the middle, in the words of its endpoint, so that clients
 * take it for an answer that came to the bound of its output: SDKs know that
 * end and hand out what was said, where a broken connection would be retried
 * and paid for again.
 *
 * Sources: OpenAI, API reference, "The chat completion chunk object" and
 * "response.incomplete"; Anthropic, "Streaming messages".
 */


#include "dialect/ag_anthropic_say_parts.h"
#include "dialect/ag_openai_say_parts.h"
#include "dialect/ag_responses_say_parts.h"


static void ag_cut_root(ag_cut_t *cut, ag_endpoint_t endpoint,
    yyjson_val *root, ag_str_t type);
static void ag_cut_chunk(ag_cut_t *cut, yyjson_val *root);
static void ag_cut_message(ag_cut_t *cut, yyjson_val *root, ag_str_t type);
static void ag_cut_response(ag_cut_t *cut, yyjson_val *root);
static void ag_cut_keep(ag_char_t *kept, unsigned *kept_len, size_t size,
    yyjson_val *value);
static void ag_cut_write_choices(ag_put_t *p, const ag_cut_t *cut,
    ag_endpoint_t endpoint);
static void ag_cut_write_choice(ag_put_t *p, const ag_cut_t *cut,
    ag_endpoint_t endpoint, uint32_t choice);
static void ag_cut_write_head(ag_put_t *p, const ag_cut_t *cut,
    ag_endpoint_t endpoint);
static void ag_cut_write_message(ag_put_t *p, const ag_cut_t *cut,
    const ag_usage_t *usage);
static void ag_cut_write_response(ag_put_t *p, const ag_cut_t *cut,
    const ag_usage_t *usage);


void
ag_cut_event(ag_cut_t *cut, ag_endpoint_t endpoint,
    const ag_sse_event_t *event)
{
    ag_str_t     type;
    ag_char_t    scratch[AG_DIALECT_SCRATCH];
    yyjson_doc  *doc;
    yyjson_val  *root;

    if (event->data.len == 0 || event->data.data[0] != '{') {
        return;
    }

    doc = ag_json_tree(event->data, scratch, sizeof(scratch));
    root = yyjson_doc_get_root(doc);
    type = ag_json_text(yyjson_obj_get(root, "type"));

    ag_cut_root(cut, endpoint, root, (type.len > 0) ? type : event->type);

    yyjson_doc_free(doc);
}


static void
ag_cut_root(ag_cut_t *cut, ag_endpoint_t endpoint, yyjson_val *root,
    ag_str_t type)
{
    switch (endpoint) {

    case AG_ENDPOINT_CHAT:
    case AG_ENDPOINT_COMPLETIONS:
        ag_cut_chunk(cut, root);
        break;

    case AG_ENDPOINT_MESSAGES:
        ag_cut_message(cut, root, type);
        break;

    case AG_ENDPOINT_RESPONSES:
        ag_cut_response(cut, root);
        break;

    default:
        break;
    }
}


/*
 * The last id counts: what was held back of an attempt that failed has passed
 * here too, and never went out.
 */
static void
ag_cut_chunk(ag_cut_t *cut, yyjson_val *root)
{
    size_t       i, count;
    uint64_t     index, bit;
    yyjson_val  *choice;

    ag_cut_keep(cut->id, &cut->id_len, sizeof(cut->id),
                yyjson_obj_get(root, "id"));
    ag_cut_keep(cut->model, &cut->model_len, sizeof(cut->model),
                yyjson_obj_get(root, "model"));

    if (yyjson_is_uint(yyjson_obj_get(root, "created"))) {
        cut->created = (int64_t) ag_json_count(yyjson_obj_get(root, "created"),
                                               INT64_MAX);
    }

    yyjson_arr_foreach(yyjson_obj_get(root, "choices"), i, count, choice) {

        index = ag_json_count(yyjson_obj_get(choice, "index"),
                              AG_CHOICES_MAX);

        if (index == AG_CHOICES_MAX) {
            continue;
        }

        bit = UINT64_C(1) << index % 64;
        cut->begun[index / 64] |= bit;

        if (ag_json_text(yyjson_obj_get(choice, "finish_reason")).len > 0) {
            cut->finished[index / 64] |= bit;
        }
    }
}


static void
ag_cut_message(ag_cut_t *cut, yyjson_val *root, ag_str_t type)
{
    if (ag_str_is(type, "content_block_start")) {
        cut->open = 1 + (uint32_t) ag_json_count(yyjson_obj_get(root, "index"),
                                                 UINT32_MAX - 1);

    } else if (ag_str_is(type, "content_block_stop")
               || ag_str_is(type, "message_start"))
    {
        cut->open = 0;
    }
}


static void
ag_cut_response(ag_cut_t *cut, yyjson_val *root)
{
    yyjson_val  *response, *value;

    value = yyjson_obj_get(root, "sequence_number");

    if (yyjson_is_uint(value)) {
        cut->sequence = (uint32_t) ag_json_count(value, UINT32_MAX - 1);
    }

    cut->sequence++;

    response = yyjson_obj_get(root, "response");

    ag_cut_keep(cut->id, &cut->id_len, sizeof(cut->id),
                yyjson_obj_get(response, "id"));
    ag_cut_keep(cut->model, &cut->model_len, sizeof(cut->model),
                yyjson_obj_get(response, "model"));

    value = yyjson_obj_get(response, "created_at");

    if (yyjson_is_num(value)) {
        cut->created = (int64_t) ag_json_count(value, INT64_MAX);
    }
}


/* A longer one is cut: what matters is known from the stream's begin. */
static void
ag_cut_keep(ag_char_t *kept, unsigned *kept_len, size_t size,
    yyjson_val *value)
{
    ag_str_t  text;

    text = ag_json_text(value);

    if (text.len == 0) {
        return;
    }

    text.len = (text.len < size) ? text.len : size;
    memcpy(kept, text.data, text.len);
    *kept_len = (unsigned) text.len;
}


int
ag_cut_write(ag_buf_t *out, ag_cut_t *cut, ag_endpoint_t endpoint,
    const ag_usage_t *usage, int wanted)
{
    size_t    len;
    ag_put_t  p;

    len = out->len;
    ag_put_init(&p, out);

    switch (endpoint) {

    case AG_ENDPOINT_CHAT:
    case AG_ENDPOINT_COMPLETIONS:
        ag_cut_write_choices(&p, cut, endpoint);

        if (wanted) {
            ag_cut_write_head(&p, cut, endpoint);
            ag_put_close(&p, ']');
            ag_openai_say_extra_usage(&p, usage);
            ag_put_raw(&p, "}\n\n");
        }

        ag_put_raw(&p, "data: [DONE]\n\n");
        break;

    case AG_ENDPOINT_MESSAGES:
        ag_cut_write_message(&p, cut, usage);
        break;

    case AG_ENDPOINT_RESPONSES:
        ag_cut_write_response(&p, cut, usage);
        break;

    default:
        break;
    }

    if (p.rc != AG_OK) {
        out->len = len;
    }

    return p.rc;
}


/* ---- chats and completions ---- */


static void
ag_cut_write_choices(ag_put_t *p, const ag_cut_t *cut,
    ag_endpoint_t endpoint)
{
    uint32_t  i;
    uint64_t  open, any;

    any = 0;

    for (i = 0; i < AG_CHOICES_MAX; i++) {
        open = cut->begun[i / 64] & ~cut->finished[i / 64];
        any |= cut->begun[i / 64];

        if (open >> i % 64 & 1) {
            ag_cut_write_choice(p, cut, endpoint, i);
        }
    }

    if (any == 0) {
        ag_cut_write_choice(p, cut, endpoint, 0);
    }
}


static void
ag_cut_write_choice(ag_put_t *p, const ag_cut_t *cut, ag_endpoint_t endpoint,
    uint32_t choice)
{
    ag_cut_write_head(p, cut, endpoint);
    ag_put_open(p, NULL, '{');
    ag_put_number(p, "index", choice);

    if (endpoint == AG_ENDPOINT_CHAT) {
        ag_put_open(p, "delta", '{');
        ag_put_close(p, '}');

    } else {
        ag_put_word(p, "text", "");
        ag_put_null(p, "logprobs");
    }

    ag_put_word(p, "finish_reason", "length");
    ag_put_close(p, '}');
    ag_put_close(p, ']');
    ag_put_raw(p, "}\n\n");
}


/* Up to the first choice. */
static void
ag_cut_write_head(ag_put_t *p, const ag_cut_t *cut, ag_endpoint_t endpoint)
{
    ag_put_raw(p, "data: ");
    ag_put_open(p, NULL, '{');
    ag_put_text(p, "id", ag_str(cut->id, cut->id_len));
    ag_put_word(p, "object", (endpoint == AG_ENDPOINT_CHAT)
                             ? "chat.completion.chunk" : "text_completion");
    ag_put_number(p, "created", (uint64_t) cut->created);
    ag_put_text(p, "model", ag_str(cut->model, cut->model_len));
    ag_put_open(p, "choices", '[');
}


/* ---- messages ---- */


static void
ag_cut_write_message(ag_put_t *p, const ag_cut_t *cut,
    const ag_usage_t *usage)
{
    if (cut->open > 0) {
        ag_anthropic_say_frame_stop(p, cut->open - 1);
    }

    ag_anthropic_say_frame_end(p, AG_FINISH_LENGTH, 0, usage);
}


/* ---- responses ---- */


/* The request's fields are not at hand: clients' types are given what a
 * request without them has. */
static void
ag_cut_write_response(ag_put_t *p, const ag_cut_t *cut,
    const ag_usage_t *usage)
{
    ag_put_raw(p, "event: response.incomplete\ndata: ");
    ag_put_open(p, NULL, '{');
    ag_put_word(p, "type", "response.incomplete");
    ag_put_number(p, "sequence_number", cut->sequence);

    ag_put_open(p, "response", '{');
    ag_put_text(p, "id", ag_str(cut->id, cut->id_len));
    ag_put_word(p, "object", "response");
    ag_put_number(p, "created_at", (uint64_t) cut->created);
    ag_put_word(p, "status", "incomplete");
    ag_put_bool(p, "background", 0);
    ag_put_null(p, "error");
    ag_put_open(p, "incomplete_details", '{');
    ag_put_word(p, "reason", "max_output_tokens");
    ag_put_close(p, '}');
    ag_put_null(p, "instructions");
    ag_put_null(p, "max_output_tokens");
    ag_put_open(p, "metadata", '{');
    ag_put_close(p, '}');
    ag_put_text(p, "model", ag_str(cut->model, cut->model_len));
    ag_put_open(p, "output", '[');
    ag_put_close(p, ']');
    ag_put_bool(p, "parallel_tool_calls", 1);
    ag_put_null(p, "previous_response_id");
    ag_put_null(p, "temperature");
    ag_put_word(p, "tool_choice", "auto");
    ag_put_open(p, "tools", '[');
    ag_put_close(p, ']');
    ag_put_null(p, "top_p");
    ag_responses_put_usage(p, usage);
    ag_put_close(p, '}');
    ag_put_close(p, '}');
    ag_put_raw(p, "\n\n");
}
