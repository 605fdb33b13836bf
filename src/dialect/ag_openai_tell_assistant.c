/*
 * Copyright (C) ngx_agent authors
 *
 * Writes what the assistant said before: text, refusals, calls of tools, and
 * its reasoning where the server wants to have it back.  A signature goes to
 * a server that can have it checked, and to nobody else.
 */


#include "dialect/ag_openai_tell_parts.h"


/* What a message is made of. */
typedef struct {
    unsigned  text:1;
    unsigned  cached:1;
    unsigned  refusal:1;
    unsigned  calls:1;
    unsigned  reasoning:1;      /* that the server wants */
} ag_openai_said_t;


static ag_openai_said_t ag_openai_tell_said(ag_openai_tell_t *t,
    const ag_turn_t *first, const ag_turn_t *end);
static unsigned ag_openai_tell_thought(const ag_openai_tell_t *t,
    const ag_part_t *part);
static void ag_openai_tell_words(ag_openai_tell_t *t, const ag_turn_t *first,
    const ag_turn_t *end, ag_openai_said_t said);
static void ag_openai_tell_joined(ag_openai_tell_t *t, const char *name,
    const ag_turn_t *first, const ag_turn_t *end, unsigned kinds);
static void ag_openai_tell_elements(ag_openai_tell_t *t,
    const ag_turn_t *first, const ag_turn_t *end);
static void ag_openai_tell_details(ag_openai_tell_t *t,
    const ag_turn_t *first, const ag_turn_t *end);
static void ag_openai_tell_detail(ag_openai_tell_t *t,
    const ag_part_t *part);
static const char *ag_openai_tell_signer(ag_signer_t signer);
static int ag_openai_tell_calls(ag_openai_tell_t *t, const ag_turn_t *first,
    const ag_turn_t *end);
static int ag_openai_tell_call(ag_openai_tell_t *t, const ag_part_t *part,
    const ag_turn_t *turn);


#define AG_OPENAI_KIND(kind)  (1u << AG_PART_##kind)


int
ag_openai_tell_assistant(ag_openai_tell_t *t, const ag_turn_t *first,
    const ag_turn_t *end)
{
    int               rc;
    ag_openai_said_t  said;

    said = ag_openai_tell_said(t, first, end);

    if (!said.text && !said.refusal && !said.calls && !said.reasoning) {
        return AG_OK;
    }

    ag_put_open(&t->put, NULL, '{');
    ag_put_word(&t->put, "role", "assistant");

    if (first->name.len > 0 && t->own) {
        ag_put_text(&t->put, "name", first->name);
    }

    ag_openai_tell_words(t, first, end, said);

    if (said.refusal && t->own) {
        ag_openai_tell_joined(t, "refusal", first, end,
                              AG_OPENAI_KIND(REFUSAL));
    }

    if (said.reasoning && t->quirks->reasoning == AG_REASONING_CONTENT) {
        ag_openai_tell_joined(t, "reasoning_content", first, end,
                              AG_OPENAI_KIND(REASONING));

    } else if (said.reasoning) {
        ag_openai_tell_details(t, first, end);
    }

    rc = said.calls ? ag_openai_tell_calls(t, first, end) : AG_OK;

    if (end == NULL && !said.calls && ag_openai_tell_is(t, "mistral")) {

        /* words to go on from; else it wants the user to be the last */

        ag_put_bool(&t->put, "prefix", 1);
    }

    ag_put_close(&t->put, '}');

    return rc;
}


static ag_openai_said_t
ag_openai_tell_said(ag_openai_tell_t *t, const ag_turn_t *first,
    const ag_turn_t *end)
{
    const ag_part_t   *part;
    ag_openai_said_t   said;

    memset(&said, 0, sizeof(said));

    for ( /* void */ ; first != end; first = first->next) {
        for (part = first->parts; part != NULL; part = part->next) {

            switch (part->kind) {

            case AG_PART_TEXT:
            case AG_PART_FILE:
                if (ag_openai_tell_is_text(part) && part->text.len > 0) {
                    said.text = 1;
                    said.cached |= (part->cache_control != NULL);
                }

                break;

            case AG_PART_REFUSAL:
                said.refusal |= (part->text.len > 0);
                break;

            case AG_PART_TOOL_CALL:
                said.calls = 1;
                said.reasoning |= ag_openai_tell_thought(t, part) & 1;
                break;

            case AG_PART_REASONING:
                said.reasoning |= ag_openai_tell_thought(t, part) & 1;
                break;

            case AG_PART_FOREIGN:
                ag_outbound_drop(t->to, t->n->list);
                break;

            default:
                break;
            }
        }
    }

    return said;
}


/* Is it reasoning, or a call's signature, that this server wants back? */
static unsigned
ag_openai_tell_thought(const ag_openai_tell_t *t, const ag_part_t *part)
{
    switch (t->quirks->reasoning) {

    case AG_REASONING_CONTENT:
        return part->kind == AG_PART_REASONING && part->text.len > 0;

    case AG_REASONING_DETAILS:
        return part->signature.len > 0
               || (part->kind == AG_PART_REASONING && part->text.len > 0);

    default:
        return 0;
    }
}


static void
ag_openai_tell_words(ag_openai_tell_t *t, const ag_turn_t *first,
    const ag_turn_t *end, ag_openai_said_t said)
{
    unsigned  kinds;

    kinds = AG_OPENAI_KIND(TEXT) | AG_OPENAI_KIND(FILE);

    if (said.refusal && !t->own) {
        kinds |= AG_OPENAI_KIND(REFUSAL);
        said.text = 1;
    }

    if (said.text && said.cached && t->quirks->cache_control) {
        ag_openai_tell_elements(t, first, end);

    } else if (said.text) {
        ag_openai_tell_joined(t, "content", first, end, kinds);

    } else if (said.calls || said.refusal) {
        ag_put_null(&t->put, "content");

    } else {
        ag_put_word(&t->put, "content", "");
    }
}


/* Parts in a row are pieces of one text, cut by its sources; what stands
 * between two others, or in another turn, is another text. */
static void
ag_openai_tell_joined(ag_openai_tell_t *t, const char *name,
    const ag_turn_t *first, const ag_turn_t *end, unsigned kinds)
{
    unsigned          any, cut;
    const ag_part_t  *part;

    static const ag_str_t  gap = ag_string("\n\n");

    any = 0;
    cut = 0;
    ag_put_text_open(&t->put, name);

    for ( /* void */ ; first != end; first = first->next) {

        for (part = first->parts; part != NULL; part = part->next) {

            if (!(kinds & (1u << part->kind)) || part->text.len == 0) {
                cut = 1;
                continue;
            }

            if (any && cut) {
                ag_put_text_add(&t->put, gap);
            }

            ag_put_text_add(&t->put, part->text);
            any = 1;
            cut = 0;
        }

        cut = 1;
    }

    ag_put_text_close(&t->put);
}


static void
ag_openai_tell_elements(ag_openai_tell_t *t, const ag_turn_t *first,
    const ag_turn_t *end)
{
    const ag_part_t  *part;

    ag_put_open(&t->put, "content", '[');

    for ( /* void */ ; first != end; first = first->next) {
        for (part = first->parts; part != NULL; part = part->next) {
            if (ag_openai_tell_is_text(part) && part->text.len > 0) {
                ag_openai_tell_text(t, part);
            }
        }
    }

    ag_put_close(&t->put, ']');
}


static void
ag_openai_tell_details(ag_openai_tell_t *t, const ag_turn_t *first,
    const ag_turn_t *end)
{
    const ag_part_t  *part;

    ag_put_open(&t->put, "reasoning_details", '[');

    for ( /* void */ ; first != end; first = first->next) {
        for (part = first->parts; part != NULL; part = part->next) {
            if ((part->kind == AG_PART_REASONING
                 || part->kind == AG_PART_TOOL_CALL)
                && ag_openai_tell_thought(t, part))
            {
                ag_openai_tell_detail(t, part);
            }
        }
    }

    ag_put_close(&t->put, ']');
}


/* A text with Anthropic's signature is one detail, with others' two. */
static void
ag_openai_tell_detail(ag_openai_tell_t *t, const ag_part_t *part)
{
    unsigned     sealed;
    const char  *format;

    format = ag_openai_tell_signer(part->signer);

    sealed = part->signature.len > 0
             && (part->signer != AG_SIGNER_ANTHROPIC || part->redacted
                 || part->kind == AG_PART_TOOL_CALL);

    if (part->kind == AG_PART_REASONING
        && (part->text.len > 0 || !sealed))
    {
        ag_put_open(&t->put, NULL, '{');
        ag_put_word(&t->put, "type", "reasoning.text");
        ag_put_text(&t->put, "text", part->text);

        if (part->signature.len > 0 && !sealed) {
            ag_put_text(&t->put, "signature", part->signature);
        }

        ag_put_word(&t->put, "format", format);
        ag_put_close(&t->put, '}');
    }

    if (sealed) {
        ag_put_open(&t->put, NULL, '{');
        ag_put_word(&t->put, "type", "reasoning.encrypted");
        ag_put_text(&t->put, "data", part->signature);

        if (part->id.len > 0) {
            ag_put_text(&t->put, "id", (part->kind == AG_PART_TOOL_CALL)
                                       ? ag_openai_tell_id(t, part->id)
                                       : part->id);
        }

        ag_put_word(&t->put, "format", format);
        ag_put_close(&t->put, '}');
    }
}


static const char *
ag_openai_tell_signer(ag_signer_t signer)
{
    switch (signer) {

    case AG_SIGNER_ANTHROPIC:
        return "anthropic-claude-v1";

    case AG_SIGNER_GEMINI:
        return "google-gemini-v1";

    case AG_SIGNER_RESPONSES:
        return "openai-responses-v1";

    default:
        return "unknown";
    }
}


static int
ag_openai_tell_calls(ag_openai_tell_t *t, const ag_turn_t *first,
    const ag_turn_t *end)
{
    int               rc;
    const ag_part_t  *part;

    ag_put_open(&t->put, "tool_calls", '[');

    for ( /* void */ ; first != end; first = first->next) {
        for (part = first->parts; part != NULL; part = part->next) {

            if (part->kind != AG_PART_TOOL_CALL) {
                continue;
            }

            rc = ag_openai_tell_call(t, part, first);

            if (rc != AG_OK) {
                return rc;
            }
        }
    }

    ag_put_close(&t->put, ']');

    return AG_OK;
}


static int
ag_openai_tell_call(ag_openai_tell_t *t, const ag_part_t *part,
    const ag_turn_t *turn)
{
    if (part->custom && !t->quirks->custom) {
        return ag_outbound_unsupported(t->n, t->to, t->error,
                                       "messages[%u]", turn->index,
                                       "a call of a custom tool");
    }

    ag_put_open(&t->put, NULL, '{');
    ag_put_text(&t->put, "id", ag_openai_tell_id(t, part->id));
    ag_put_word(&t->put, "type", part->custom ? "custom" : "function");

    ag_put_open(&t->put, part->custom ? "custom" : "function", '{');
    ag_put_text(&t->put, "name", part->name);

    if (part->custom) {
        ag_put_text(&t->put, "input", part->text);

    } else if (part->input != NULL) {
        ag_openai_tell_written(t, "arguments", part->input);

    } else if (part->text.len > 0) {
        ag_put_text(&t->put, "arguments", part->text);

    } else {
        ag_put_word(&t->put, "arguments", "{}");
    }

    ag_put_close(&t->put, '}');

    if (part->signature.len > 0 && part->signer == AG_SIGNER_GEMINI
        && ag_openai_tell_is(t, "gemini"))
    {
        ag_put_open(&t->put, "extra_content", '{');
        ag_put_open(&t->put, "google", '{');
        ag_put_text(&t->put, "thought_signature", part->signature);
        ag_put_close(&t->put, '}');
        ag_put_close(&t->put, '}');
    }

    ag_put_close(&t->put, '}');

    return AG_OK;
}
