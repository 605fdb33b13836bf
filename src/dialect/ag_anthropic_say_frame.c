/*
 * Copyright (C) ngx_agent authors
 *
 * The events of a stream of the Messages API.  Each says its type twice, for
 * some clients read the one and some the other.
 */


#include "dialect/ag_anthropic_say_parts.h"


static void ag_anthropic_say_frame_open(ag_put_t *p, const char *type);
static void ag_anthropic_say_frame_block(ag_put_t *p, const char *type,
    uint32_t index);
static void ag_anthropic_say_frame_delta(ag_put_t *p, uint32_t index,
    const char *type);
static void ag_anthropic_say_frame_close(ag_put_t *p);


void
ag_anthropic_say_frame_message(ag_put_t *p, ag_writer_t *w)
{
    ag_anthropic_say_frame_open(p, "message_start");
    ag_put_open(p, "message", '{');
    ag_anthropic_say_put_head(p, w, w->id, w->model);
    ag_put_open(p, "content", '[');
    ag_put_close(p, ']');
    ag_put_null(p, "stop_reason");
    ag_put_null(p, "stop_sequence");
    ag_anthropic_say_put_usage(p, w->usage, AG_TIER_UNSET);
    ag_put_close(p, '}');
    ag_anthropic_say_frame_close(p);
}


void
ag_anthropic_say_frame_start(ag_put_t *p, uint32_t index,
    const ag_anthropic_block_t *block)
{
    const ag_str_t  none = ag_string("");

    ag_anthropic_say_frame_block(p, "content_block_start", index);

    switch (block->type) {

    case AG_BLOCK_REASONING:
        ag_anthropic_say_put_thinking(p, "content_block", none, none,
                                      AG_SIGNER_NONE, 0);
        break;

    case AG_BLOCK_TOOL:
        ag_anthropic_say_put_tool(p, "content_block", block->id, block->name);
        ag_put_open(p, "input", '{');
        ag_put_close(p, '}');
        ag_put_close(p, '}');
        break;

    default:
        ag_anthropic_say_put_text(p, "content_block", none);
        ag_put_close(p, '}');
    }

    ag_anthropic_say_frame_close(p);
}


void
ag_anthropic_say_frame_text(ag_put_t *p, uint32_t index,
    ag_block_kind_t type, ag_str_t text)
{
    switch (type) {

    case AG_BLOCK_REASONING:
        ag_anthropic_say_frame_delta(p, index, "thinking_delta");
        ag_put_text(p, "thinking", text);
        break;

    case AG_BLOCK_TOOL:
        ag_anthropic_say_frame_delta(p, index, "input_json_delta");
        ag_put_text(p, "partial_json", text);
        break;

    default:
        ag_anthropic_say_frame_delta(p, index, "text_delta");
        ag_put_text(p, "text", text);
    }

    ag_put_close(p, '}');
    ag_anthropic_say_frame_close(p);
}


void
ag_anthropic_say_frame_signature(ag_put_t *p, uint32_t index,
    ag_str_t signature, ag_signer_t signer, unsigned redacted)
{
    ag_anthropic_say_frame_delta(p, index, "signature_delta");
    ag_anthropic_say_put_signature(p, "signature", signature, signer,
                                   redacted);
    ag_put_close(p, '}');
    ag_anthropic_say_frame_close(p);
}


void
ag_anthropic_say_frame_citation(ag_put_t *p, uint32_t index, ag_str_t url,
    ag_str_t title)
{
    ag_anthropic_say_frame_delta(p, index, "citations_delta");
    ag_anthropic_say_put_citation(p, "citation", url, title);
    ag_put_close(p, '}');
    ag_anthropic_say_frame_close(p);
}


void
ag_anthropic_say_frame_stop(ag_put_t *p, uint32_t index)
{
    ag_anthropic_say_frame_block(p, "content_block_stop", index);
    ag_anthropic_say_frame_close(p);
}


/* A whole block: there are no deltas of what nobody can read. */
void
ag_anthropic_say_frame_redacted(ag_put_t *p, uint32_t index,
    ag_str_t signature, ag_signer_t signer)
{
    ag_anthropic_say_frame_block(p, "content_block_start", index);
    ag_anthropic_say_put_thinking(p, "content_block", ag_str(NULL, 0),
                                  signature, signer, 1);
    ag_anthropic_say_frame_close(p);

    ag_anthropic_say_frame_stop(p, index);
}


/*
 * A whole block without a thought, for a signature of Gemini's.  Nothing of
 * it can be redacted: that mark is free to say that it comes late, behind
 * the block that it signs.  The signature is a delta, for many clients read
 * it nowhere else.
 */
void
ag_anthropic_say_frame_mark(ag_put_t *p, uint32_t index, ag_str_t signature,
    unsigned late)
{
    const ag_str_t  none = ag_string("");

    ag_anthropic_say_frame_block(p, "content_block_start", index);
    ag_anthropic_say_put_thinking(p, "content_block", none, none,
                                  AG_SIGNER_NONE, 0);
    ag_anthropic_say_frame_close(p);

    ag_anthropic_say_frame_signature(p, index, signature, AG_SIGNER_GEMINI,
                                     late);
    ag_anthropic_say_frame_stop(p, index);
}


void
ag_anthropic_say_frame_end(ag_put_t *p, ag_finish_t finish,
    unsigned called, const ag_usage_t *usage)
{
    ag_anthropic_say_frame_open(p, "message_delta");
    ag_put_open(p, "delta", '{');
    ag_anthropic_say_put_stop(p, finish, called);
    ag_put_close(p, '}');
    ag_anthropic_say_put_usage_delta(p, usage);
    ag_anthropic_say_frame_close(p);

    ag_anthropic_say_frame_open(p, "message_stop");
    ag_anthropic_say_frame_close(p);
}


static void
ag_anthropic_say_frame_open(ag_put_t *p, const char *type)
{
    ag_put_raw(p, "event: ");
    ag_put_raw(p, type);
    ag_put_raw(p, "\ndata: ");
    ag_put_open(p, NULL, '{');
    ag_put_word(p, "type", type);
}


static void
ag_anthropic_say_frame_block(ag_put_t *p, const char *type, uint32_t index)
{
    ag_anthropic_say_frame_open(p, type);
    ag_put_number(p, "index", index);
}


/* The object of the delta is left open. */
static void
ag_anthropic_say_frame_delta(ag_put_t *p, uint32_t index, const char *type)
{
    ag_anthropic_say_frame_block(p, "content_block_delta", index);
    ag_put_open(p, "delta", '{');
    ag_put_word(p, "type", type);
}


static void
ag_anthropic_say_frame_close(ag_put_t *p)
{
    ag_put_close(p, '}');
    ag_put_raw(p, "\n\n");
}
