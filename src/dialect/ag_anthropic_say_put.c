/*
 * Copyright (C) ngx_agent authors
 *
 * The objects of the Messages API, the same in streams and in whole answers.
 */


#include "dialect/ag_anthropic_say_parts.h"


#define AG_ANTHROPIC_SAY_ID  "msg_"


static void ag_anthropic_say_put_counts(ag_put_t *p, const ag_usage_t *usage);


void
ag_anthropic_say_put_head(ag_put_t *p, ag_writer_t *w, ag_str_t id,
    ag_str_t model)
{
    size_t  len;

    len = sizeof(AG_ANTHROPIC_SAY_ID) - 1;

    if (id.len <= len || memcmp(id.data, AG_ANTHROPIC_SAY_ID, len) != 0) {
        id = ag_writer_mint(w, AG_ANTHROPIC_SAY_ID);

        if (id.data == NULL) {
            p->rc = AG_NOMEM;
        }
    }

    ag_put_text(p, "id", id);
    ag_put_word(p, "type", "message");
    ag_put_word(p, "role", "assistant");
    ag_put_text(p, "model", model);
}


void
ag_anthropic_say_put_text(ag_put_t *p, const char *name, ag_str_t text)
{
    ag_put_open(p, name, '{');
    ag_put_word(p, "type", "text");
    ag_put_text(p, "text", text);
}


void
ag_anthropic_say_put_tool(ag_put_t *p, const char *name, ag_str_t id,
    ag_str_t tool)
{
    ag_put_open(p, name, '{');
    ag_put_word(p, "type", "tool_use");
    ag_put_text(p, "id", id);
    ag_put_text(p, "name", tool);
}


void
ag_anthropic_say_put_thinking(ag_put_t *p, const char *name, ag_str_t text,
    ag_str_t signature, ag_signer_t signer, unsigned redacted)
{
    ag_put_open(p, name, '{');

    if (redacted) {
        ag_put_word(p, "type", "redacted_thinking");
        ag_anthropic_say_put_signature(p, "data", signature, signer, 1);

    } else {
        ag_put_word(p, "type", "thinking");
        ag_put_text(p, "thinking", text);
        ag_anthropic_say_put_signature(p, "signature", signature, signer, 0);
    }

    ag_put_close(p, '}');
}


void
ag_anthropic_say_put_signature(ag_put_t *p, const char *name,
    ag_str_t signature, ag_signer_t signer, unsigned redacted)
{
    ag_buf_t  b;

    ag_buf_init(&b, AG_ANSWER_MAX);

    if (signature.len > 0 && p->rc == AG_OK) {
        p->rc = ag_signature_add(&b, signature, signer, redacted,
                                 AG_SIGNER_ANTHROPIC);
    }

    ag_put_text(p, name, ag_buf_str(&b));
    ag_buf_free(&b);
}


/* What a provider of another dialect cites was found in the web. */
void
ag_anthropic_say_put_citation(ag_put_t *p, const char *name, ag_str_t url,
    ag_str_t title)
{
    ag_put_open(p, name, '{');
    ag_put_word(p, "type", "web_search_result_location");
    ag_put_text(p, "url", url);

    if (title.len > 0) {
        ag_put_text(p, "title", title);

    } else {
        ag_put_null(p, "title");
    }

    ag_put_word(p, "encrypted_index", "");
    ag_put_word(p, "cited_text", "");
    ag_put_close(p, '}');
}


/*
 * Calls of tools that take a text were left out, and some of them are tools
 * of the provider's own: an agent that is told "tool_use" and finds no call
 * would wait for ever.
 */
void
ag_anthropic_say_put_stop(ag_put_t *p, ag_finish_t finish, unsigned called)
{
    const char  *reason;

    reason = "end_turn";

    switch (finish) {

    case AG_FINISH_LENGTH:
        reason = "max_tokens";
        break;

    case AG_FINISH_TOOL_CALLS:
        reason = called ? "tool_use" : "end_turn";
        break;

    case AG_FINISH_CONTENT_FILTER:
        reason = "refusal";
        break;

    case AG_FINISH_NONE:
    case AG_FINISH_STOP:
        break;
    }

    ag_put_word(p, "stop_reason", reason);
    ag_put_null(p, "stop_sequence");
}


/*
 * Complete from the first event on: agents fail on a message_start whose
 * usage lacks a member.  Other dialects do not say how long a cache holds:
 * what was written counts as Anthropic's default of five minutes.
 */
void
ag_anthropic_say_put_usage(ag_put_t *p, const ag_usage_t *usage,
    ag_tier_t tier)
{
    const char  *word;

    word = (tier == AG_TIER_PRIORITY) ? "priority"
           : (tier == AG_TIER_BATCH) ? "batch" : "standard";

    ag_put_open(p, "usage", '{');
    ag_anthropic_say_put_counts(p, usage);

    ag_put_open(p, "cache_creation", '{');
    ag_put_number(p, "ephemeral_5m_input_tokens", usage->written_tokens);
    ag_put_number(p, "ephemeral_1h_input_tokens", 0);
    ag_put_close(p, '}');

    ag_put_word(p, "service_tier", word);
    ag_put_close(p, '}');
}


void
ag_anthropic_say_put_usage_delta(ag_put_t *p, const ag_usage_t *usage)
{
    ag_put_open(p, "usage", '{');
    ag_anthropic_say_put_counts(p, usage);
    ag_put_close(p, '}');
}


unsigned
ag_anthropic_say_put_hides(const ag_writer_t *w)
{
    const ag_neutral_t  *n;

    n = w->request;

    return (n->adaptive || n->budget_tokens > 0) && !n->summary;
}


/* Input is told without what a cache gave or took; no part is larger than
 * the whole, or a client would read a number of 20 digits. */
static void
ag_anthropic_say_put_counts(ag_put_t *p, const ag_usage_t *usage)
{
    uint64_t  cached;

    cached = usage->cached_tokens + usage->written_tokens;

    ag_put_number(p, "input_tokens", (usage->input_tokens > cached)
                                     ? usage->input_tokens - cached : 0);
    ag_put_number(p, "cache_creation_input_tokens", usage->written_tokens);
    ag_put_number(p, "cache_read_input_tokens", usage->cached_tokens);
    ag_put_number(p, "output_tokens", usage->output_tokens);

    if (usage->reasoning_tokens > 0) {
        ag_put_open(p, "output_tokens_details", '{');
        ag_put_number(p, "thinking_tokens", usage->reasoning_tokens);
        ag_put_close(p, '}');
    }
}
