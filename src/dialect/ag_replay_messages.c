/*
 * Copyright (C) ngx_agent authors
 *
 * The Messages API: a message becomes the stream that Anthropic would have
 * sent.
 *
 * The counts of message_start are the final ones but for the output, which
 * message_delta tells; there is no ping, as nothing has to be waited for.
 */


#include "dialect/ag_replay_messages_parts.h"


static int ag_replay_messages_stream(ag_buf_t *out, yyjson_val *root,
    const ag_replay_options_t *options);
static void ag_replay_messages_start(ag_put_t *p, yyjson_val *root);
static void ag_replay_messages_block(ag_put_t *p, uint64_t index,
    yyjson_val *block);
static void ag_replay_messages_words(ag_put_t *p, uint64_t index,
    yyjson_val *block, ag_replay_block_kind_t kind);
static void ag_replay_messages_input(ag_put_t *p, uint64_t index,
    yyjson_val *input);
static void ag_replay_messages_pieces(ag_put_t *p, uint64_t index,
    const char *type, const char *name, ag_str_t text);
static void ag_replay_messages_delta(ag_put_t *p, uint64_t index,
    const char *type);
static void ag_replay_messages_end_delta(ag_put_t *p);
static void ag_replay_messages_ending(ag_put_t *p, yyjson_val *root);
static void ag_replay_messages_put_some(ag_put_t *p, yyjson_val *object,
    const char *const *names, size_t count);
static unsigned ag_replay_messages_is(yyjson_val *root);
static unsigned ag_replay_messages_is_text(yyjson_val *block,
    const char *name);
static ag_replay_end_t ag_replay_messages_end(ag_str_t whole);


const ag_replay_surface_t  ag_replay_messages = {
    ag_replay_messages_whole,
    ag_replay_messages_stream,
    ag_replay_messages_end
};


/* The usage that is known before the first word. */
static const ag_replay_change_t  ag_replay_messages_usage[] = {
    { "output_tokens", ag_string("1"), 0 },
    { "output_tokens_details", ag_null_string, 0 },
    { "server_tool_use", ag_null_string, 0 },
    { "iterations", ag_null_string, 0 },
    { "fallback_credit", ag_null_string, 0 }
};


/* The counts that message_delta tells; clients take no others from it. */
static const char *const  ag_replay_messages_counts[] = {
    "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens",
    "output_tokens", "output_tokens_details", "server_tool_use",
    "iterations", "fallback_credit"
};


/* The members of a message that message_delta tells: in its delta, and
 * beside it. */
static const char *const  ag_replay_messages_endings[] = {
    "stop_reason", "stop_sequence", "stop_details", "container"
};

static const char *const  ag_replay_messages_beside[] = {
    "context_management"
};


/* A block before its first delta. */
static const ag_replay_change_t  ag_replay_messages_text[] = {
    { "text", ag_string("\"\""), 1 }
};

static const ag_replay_change_t  ag_replay_messages_cited[] = {
    { "citations", ag_string("[]"), 1 },
    { "text", ag_string("\"\""), 1 }
};

static const ag_replay_change_t  ag_replay_messages_thinking[] = {
    { "thinking", ag_string("\"\""), 1 },
    { "signature", ag_string("\"\""), 1 }
};

static const ag_replay_change_t  ag_replay_messages_tool[] = {
    { "input", ag_string("{}"), 1 }
};


static const struct {
    const char       *reason;
    ag_replay_end_t   end;
} ag_replay_messages_reasons[] = {
    { "end_turn", AG_REPLAY_COMPLETE },
    { "stop_sequence", AG_REPLAY_COMPLETE },
    { "tool_use", AG_REPLAY_COMPLETE },
    { "max_tokens", AG_REPLAY_TRUNCATED },
    { "model_context_window_exceeded", AG_REPLAY_TRUNCATED },
    { "pause_turn", AG_REPLAY_TRUNCATED },
    { "refusal", AG_REPLAY_REFUSED }
};


static int
ag_replay_messages_stream(ag_buf_t *out, yyjson_val *root,
    const ag_replay_options_t *options)
{
    size_t       i, max, len;
    ag_put_t     p;
    yyjson_val  *block;

    (void) options;

    if (!ag_replay_messages_is(root)) {
        return AG_NONE;
    }

    len = out->len;
    ag_put_init(&p, out);

    ag_replay_messages_start(&p, root);

    yyjson_arr_foreach(yyjson_obj_get(root, "content"), i, max, block) {
        ag_replay_messages_block(&p, i, block);
    }

    ag_replay_messages_ending(&p, root);

    if (p.rc != AG_OK) {
        out->len = len;
    }

    return p.rc;
}


/* A message whose stream could be told to every client. */
static unsigned
ag_replay_messages_is(yyjson_val *root)
{
    size_t       i, max;
    ag_str_t     type;
    yyjson_val  *content, *block, *usage, *output;

    content = yyjson_obj_get(root, "content");

    usage = yyjson_obj_get(root, "usage");
    output = yyjson_obj_get(usage, "output_tokens");

    if (!ag_str_is(ag_json_text(yyjson_obj_get(root, "type")), "message")
        || !yyjson_is_arr(content) || !yyjson_is_obj(usage)
        || (output != NULL && !yyjson_is_num(output)))
    {
        return 0;
    }

    yyjson_arr_foreach(content, i, max, block) {
        type = ag_json_text(yyjson_obj_get(block, "type"));

        /* a block "fallback" would change the message around it */

        if (type.len == 0 || ag_str_is(type, "fallback")
            || !ag_replay_messages_is_text(block, "text")
            || !ag_replay_messages_is_text(block, "thinking")
            || !ag_replay_messages_is_text(block, "signature"))
        {
            return 0;
        }
    }

    return 1;
}


/* What is told in pieces is a text, where it is there; a block of another kind
 * is told as it is. */
static unsigned
ag_replay_messages_is_text(yyjson_val *block, const char *name)
{
    yyjson_val              *value;
    ag_replay_block_kind_t   kind;

    kind = ag_replay_block_kind(ag_json_text(yyjson_obj_get(block, "type")));
    value = yyjson_obj_get(block, name);

    return value == NULL || yyjson_is_str(value)
           || (kind != AG_REPLAY_BLOCK_TEXT
               && kind != AG_REPLAY_BLOCK_THINKING);
}


static void
ag_replay_messages_start(ag_put_t *p, yyjson_val *root)
{
    ag_buf_t            usage;
    ag_put_t            counts;
    ag_replay_change_t  changes[] = {
        { "content", ag_string("[]"), 1 },
        { "stop_reason", ag_string("null"), 1 },
        { "stop_sequence", ag_string("null"), 1 },
        { "stop_details", ag_string("null"), 0 },
        { "container", ag_null_string, 0 },
        { "context_management", ag_null_string, 0 },
        { "usage", ag_null_string, 0 }
    };

    ag_buf_init(&usage, AG_ANSWER_MAX);
    ag_put_init(&counts, &usage);
    ag_replay_events_object(&counts, NULL, yyjson_obj_get(root, "usage"),
                            ag_replay_changes(ag_replay_messages_usage));

    if (counts.rc != AG_OK) {
        p->rc = counts.rc;
    }

    changes[6].json = ag_buf_str(&usage);

    ag_replay_events_open(p, "message_start");
    ag_replay_events_object(p, "message", root, ag_replay_changes(changes));
    ag_replay_events_close(p);

    ag_buf_free(&usage);
}


static void
ag_replay_messages_block(ag_put_t *p, uint64_t index, yyjson_val *block)
{
    ag_replay_block_kind_t  kind;

    kind = ag_replay_block_kind(ag_json_text(yyjson_obj_get(block, "type")));

    ag_replay_events_open(p, "content_block_start");
    ag_put_number(p, "index", index);

    switch (kind) {

    case AG_REPLAY_BLOCK_TEXT:

        if (yyjson_is_arr(yyjson_obj_get(block, "citations"))) {
            ag_replay_events_object(p, "content_block", block,
                                ag_replay_changes(ag_replay_messages_cited));
            break;
        }

        ag_replay_events_object(p, "content_block", block,
                                ag_replay_changes(ag_replay_messages_text));
        break;

    case AG_REPLAY_BLOCK_THINKING:
        ag_replay_events_object(p, "content_block", block,
                             ag_replay_changes(ag_replay_messages_thinking));
        break;

    case AG_REPLAY_BLOCK_TOOL:
        ag_replay_events_object(p, "content_block", block,
                                ag_replay_changes(ag_replay_messages_tool));
        break;

    case AG_REPLAY_BLOCK_OTHER:
        ag_put_value(p, "content_block", block);
        break;
    }

    ag_replay_events_close(p);
    ag_replay_messages_words(p, index, block, kind);

    ag_replay_events_open(p, "content_block_stop");
    ag_put_number(p, "index", index);
    ag_replay_events_close(p);
}


/* Citations stand before the text they are of, as Anthropic has it. */
static void
ag_replay_messages_words(ag_put_t *p, uint64_t index, yyjson_val *block,
    ag_replay_block_kind_t kind)
{
    size_t       i, max;
    ag_str_t     signature;
    yyjson_val  *citation;

    switch (kind) {

    case AG_REPLAY_BLOCK_TEXT:

        yyjson_arr_foreach(yyjson_obj_get(block, "citations"), i, max,
                           citation)
        {
            ag_replay_messages_delta(p, index, "citations_delta");
            ag_put_value(p, "citation", citation);
            ag_replay_messages_end_delta(p);
        }

        ag_replay_messages_pieces(p, index, "text_delta", "text",
                                ag_json_text(yyjson_obj_get(block, "text")));
        break;

    case AG_REPLAY_BLOCK_THINKING:
        ag_replay_messages_pieces(p, index, "thinking_delta", "thinking",
                            ag_json_text(yyjson_obj_get(block, "thinking")));
        signature = ag_json_text(yyjson_obj_get(block, "signature"));

        if (signature.len > 0) {
            ag_replay_messages_delta(p, index, "signature_delta");
            ag_put_text(p, "signature", signature);
            ag_replay_messages_end_delta(p);
        }

        break;

    case AG_REPLAY_BLOCK_TOOL:
        ag_replay_messages_input(p, index, yyjson_obj_get(block, "input"));
        break;

    case AG_REPLAY_BLOCK_OTHER:
        break;
    }
}


/* An input begins with nothing, and that is all of an empty one. */
static void
ag_replay_messages_input(ag_put_t *p, uint64_t index, yyjson_val *input)
{
    int       rc;
    ag_buf_t  json;

    ag_replay_messages_delta(p, index, "input_json_delta");
    ag_put_text(p, "partial_json", ag_str("", 0));
    ag_replay_messages_end_delta(p);

    if (input == NULL
        || (yyjson_is_obj(input) && yyjson_obj_size(input) == 0))
    {
        return;
    }

    ag_buf_init(&json, AG_ANSWER_MAX);
    rc = ag_json_add(&json, input);

    if (rc == AG_OK) {
        ag_replay_messages_pieces(p, index, "input_json_delta",
                                  "partial_json", ag_buf_str(&json));

    } else {
        p->rc = rc;
    }

    ag_buf_free(&json);
}


static void
ag_replay_messages_pieces(ag_put_t *p, uint64_t index, const char *type,
    const char *name, ag_str_t text)
{
    ag_str_t  piece;

    while (text.len > 0 && p->rc == AG_OK) {
        piece = ag_replay_piece(&text);

        ag_replay_messages_delta(p, index, type);
        ag_put_text(p, name, piece);
        ag_replay_messages_end_delta(p);
    }
}


static void
ag_replay_messages_delta(ag_put_t *p, uint64_t index, const char *type)
{
    ag_replay_events_open(p, "content_block_delta");
    ag_put_number(p, "index", index);
    ag_put_open(p, "delta", '{');
    ag_put_word(p, "type", type);
}


static void
ag_replay_messages_end_delta(ag_put_t *p)
{
    ag_put_close(p, '}');
    ag_replay_events_close(p);
}


static void
ag_replay_messages_ending(ag_put_t *p, yyjson_val *root)
{
    ag_replay_events_open(p, "message_delta");

    ag_put_open(p, "delta", '{');
    ag_replay_messages_put_some(p, root,
                              ag_replay_changes(ag_replay_messages_endings));
    ag_put_close(p, '}');

    ag_put_open(p, "usage", '{');
    ag_replay_messages_put_some(p, yyjson_obj_get(root, "usage"),
                               ag_replay_changes(ag_replay_messages_counts));
    ag_put_close(p, '}');

    ag_replay_messages_put_some(p, root,
                               ag_replay_changes(ag_replay_messages_beside));
    ag_replay_events_close(p);

    ag_replay_events_open(p, "message_stop");
    ag_replay_events_close(p);
}


static void
ag_replay_messages_put_some(ag_put_t *p, yyjson_val *object,
    const char *const *names, size_t count)
{
    size_t       i;
    yyjson_val  *value;

    for (i = 0; i < count; i++) {
        value = yyjson_obj_get(object, names[i]);

        if (value != NULL) {
            ag_put_value(p, names[i], value);
        }
    }
}


static ag_replay_end_t
ag_replay_messages_end(ag_str_t whole)
{
    size_t     i;
    ag_str_t   values[3], reason;
    ag_char_t  room[AG_REPLAY_LOOK_MAX];

    static const char *const  names[] = {
        "type", "content", "stop_reason", NULL
    };

    if (ag_replay_look(whole, names, values) != AG_OK
        || !ag_str_is(ag_replay_look_text(values[0], room), "message")
        || !ag_replay_look_array(values[1]))
    {
        return AG_REPLAY_OTHER;
    }

    reason = ag_replay_look_text(values[2], room);

    for (i = 0; i < sizeof(ag_replay_messages_reasons)
                    / sizeof(ag_replay_messages_reasons[0]); i++)
    {
        if (ag_str_is(reason, ag_replay_messages_reasons[i].reason)) {
            return ag_replay_messages_reasons[i].end;
        }
    }

    return AG_REPLAY_OTHER;
}
