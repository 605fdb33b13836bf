/*
 * Copyright (C) ngx_agent authors
 *
 * What an answer of OpenAI's surface has beside its text, written alike in a
 * stream and in a whole: usage, sources, log probabilities, images, and
 * signatures that their provider wants back.
 *
 * Signatures have no field of OpenAI's own.  They are written as OpenRouter's
 * reasoning_details, whose "format" says who made them.
 */


#include "dialect/ag_openai_say_parts.h"


static void ag_openai_say_extra_entry(ag_put_t *p, const char *type,
    const char *format, uint32_t index);


unsigned
ag_openai_say_extra_functions(const ag_neutral_t *request)
{
    return yyjson_arr_size(yyjson_obj_get(request->root, "functions")) > 0
           && yyjson_arr_size(yyjson_obj_get(request->root, "tools")) == 0;
}


/* One that nobody can name would come back to nobody. */
unsigned
ag_openai_say_extra_signs(ag_signer_t signer)
{
    return signer == AG_SIGNER_ANTHROPIC || signer == AG_SIGNER_GEMINI
           || signer == AG_SIGNER_RESPONSES;
}


uint32_t
ag_openai_say_extra_detail(ag_put_t *p, const ag_openai_detail_t *detail)
{
    uint32_t     index;
    const char  *format;

    index = detail->index;

    if (detail->signer == AG_SIGNER_ANTHROPIC && !detail->redacted) {
        ag_openai_say_extra_entry(p, "reasoning.text", "anthropic-claude-v1",
                                  index);
        ag_put_text(p, "text", detail->text);
        ag_put_text(p, "signature", detail->signature);
        ag_put_close(p, '}');

        return 1;
    }

    format = (detail->signer == AG_SIGNER_ANTHROPIC) ? "anthropic-claude-v1"
             : (detail->signer == AG_SIGNER_GEMINI) ? "google-gemini-v1"
             : "openai-responses-v1";

    if (detail->signer == AG_SIGNER_RESPONSES && detail->text.len > 0) {
        ag_openai_say_extra_entry(p, "reasoning.summary", format, index++);
        ag_put_text(p, "summary", detail->text);
        ag_put_close(p, '}');
    }

    ag_openai_say_extra_entry(p, "reasoning.encrypted", format, index++);
    ag_put_text(p, "data", detail->signature);

    if (detail->id.len > 0) {
        ag_put_text(p, "id", detail->id);
    }

    ag_put_close(p, '}');

    return index - detail->index;
}


static void
ag_openai_say_extra_entry(ag_put_t *p, const char *type, const char *format,
    uint32_t index)
{
    ag_put_open(p, NULL, '{');
    ag_put_word(p, "type", type);
    ag_put_word(p, "format", format);
    ag_put_number(p, "index", index);
}


/* Numbers are for those who put a stream's lists together by them. */
void
ag_openai_say_extra_cited(ag_put_t *p, const ag_cited_t *cited,
    uint64_t start, uint64_t end, int64_t index)
{
    ag_put_open(p, NULL, '{');
    ag_put_word(p, "type", "url_citation");

    if (index >= 0) {
        ag_put_number(p, "index", (uint64_t) index);
    }

    ag_put_open(p, "url_citation", '{');
    ag_put_text(p, "url", cited->url);
    ag_put_text(p, "title", cited->title);
    ag_put_number(p, "start_index", start);
    ag_put_number(p, "end_index", end);
    ag_put_close(p, '}');
    ag_put_close(p, '}');
}


void
ag_openai_say_extra_image(ag_put_t *p, uint32_t index, ag_str_t media_type,
    ag_str_t data)
{
    ag_put_open(p, NULL, '{');
    ag_put_word(p, "type", "image_url");
    ag_put_number(p, "index", index);
    ag_put_open(p, "image_url", '{');

    ag_put_text_open(p, "url");
    ag_put_text_add(p, ag_str("data:", 5));
    ag_put_text_add(p, media_type);
    ag_put_text_add(p, ag_str(";base64,", 8));
    ag_put_text_add(p, data);
    ag_put_text_close(p);

    ag_put_close(p, '}');
    ag_put_close(p, '}');
}


void
ag_openai_say_extra_logprobs(ag_put_t *p, ag_str_t elements)
{
    if (elements.len == 0) {
        ag_put_null(p, "logprobs");
        return;
    }

    ag_put_open(p, "logprobs", '{');
    ag_put_open(p, "content", '[');
    ag_put_json(p, NULL, elements);
    ag_put_close(p, ']');
    ag_put_null(p, "refusal");
    ag_put_close(p, '}');
}


/* Details that no provider but OpenAI counts are 0: SDKs' types have them. */
void
ag_openai_say_extra_usage(ag_put_t *p, const ag_usage_t *usage)
{
    ag_put_open(p, "usage", '{');
    ag_put_number(p, "prompt_tokens", usage->input_tokens);
    ag_put_number(p, "completion_tokens", usage->output_tokens);
    ag_put_number(p, "total_tokens",
                  usage->input_tokens + usage->output_tokens);

    ag_put_open(p, "prompt_tokens_details", '{');
    ag_put_number(p, "cached_tokens", usage->cached_tokens);
    ag_put_number(p, "audio_tokens", 0);
    ag_put_number(p, "cache_write_tokens", usage->written_tokens);
    ag_put_close(p, '}');

    ag_put_open(p, "completion_tokens_details", '{');
    ag_put_number(p, "reasoning_tokens", usage->reasoning_tokens);
    ag_put_number(p, "audio_tokens", 0);
    ag_put_number(p, "accepted_prediction_tokens", 0);
    ag_put_number(p, "rejected_prediction_tokens", 0);
    ag_put_close(p, '}');

    ag_put_close(p, '}');
}


void
ag_openai_say_extra_tier(ag_put_t *p, ag_tier_t tier)
{
    const char  *word;

    word = ag_tier_word(tier);

    if (word != NULL) {
        ag_put_word(p, "service_tier", word);
    }
}


const char *
ag_openai_say_extra_finish(ag_finish_t finish, unsigned functions)
{
    switch (finish) {

    case AG_FINISH_LENGTH:
        return "length";

    case AG_FINISH_TOOL_CALLS:
        return functions ? "function_call" : "tool_calls";

    case AG_FINISH_CONTENT_FILTER:
        return "content_filter";

    default:
        return "stop";
    }
}


uint64_t
ag_openai_say_extra_characters(ag_str_t text)
{
    size_t    i;
    uint64_t  word, count;

    count = 0;

    for (i = 0; i + 8 <= text.len; i += 8) {
        word = ag_word(text.data + i);
        word = (word >> 7) & ~(word >> 6) & ag_word_of(1);
        count += 8 - ((word * ag_word_of(1)) >> 56);
    }

    for ( /* void */ ; i < text.len; i++) {
        count += ((text.data[i] & 0xc0) != 0x80);
    }

    return count;
}
