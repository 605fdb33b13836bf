/*
 * Copyright (C) ngx_agent authors
 *
 * What Gemini answers: whole, or chunks of the very same form.  A stream has
 * no mark at its end, and its finish reason says "stop" of calls, too, often
 * in a later chunk than theirs: so it is remembered, and the stream is whole
 * where its bytes end behind one.
 */


#include "dialect/ag_gemini_parts.h"


typedef struct {
    const char   *reason;
    ag_finish_t   finish;       /* NONE: the answer is of no use */
} ag_gemini_reason_t;


static void ag_gemini_hear_root(ag_reader_t *r, yyjson_val *root);
static void ag_gemini_hear_failed(ag_reader_t *r, yyjson_val *root);
static void ag_gemini_hear_candidate(ag_reader_t *r, uint32_t choice,
    yyjson_val *value);
static void ag_gemini_hear_reason(ag_reader_t *r, uint32_t choice,
    yyjson_val *value);
static void ag_gemini_hear_blocked(ag_reader_t *r, yyjson_val *root);
static void ag_gemini_hear_counted(ag_reader_t *r, yyjson_val *root);
static void ag_gemini_hear_tier(ag_reader_t *r, yyjson_val *value);
static unsigned ag_gemini_hear_is_whole(const ag_gemini_heard_t *heard);


/* What is not here, OTHER and those still unknown, is "stop". */
static const ag_gemini_reason_t  ag_gemini_reasons[] = {
    { "STOP", AG_FINISH_STOP },
    { "MAX_TOKENS", AG_FINISH_LENGTH },
    { "CONTINUATION", AG_FINISH_LENGTH },

    { "SAFETY", AG_FINISH_CONTENT_FILTER },
    { "RECITATION", AG_FINISH_CONTENT_FILTER },
    { "LANGUAGE", AG_FINISH_CONTENT_FILTER },
    { "BLOCKLIST", AG_FINISH_CONTENT_FILTER },
    { "PROHIBITED_CONTENT", AG_FINISH_CONTENT_FILTER },
    { "SPII", AG_FINISH_CONTENT_FILTER },
    { "IMAGE_SAFETY", AG_FINISH_CONTENT_FILTER },
    { "IMAGE_PROHIBITED_CONTENT", AG_FINISH_CONTENT_FILTER },
    { "IMAGE_RECITATION", AG_FINISH_CONTENT_FILTER },
    { "MODEL_ARMOR", AG_FINISH_CONTENT_FILTER },

    { "MALFORMED_FUNCTION_CALL", AG_FINISH_NONE },
    { "MALFORMED_RESPONSE", AG_FINISH_NONE },
    { "UNEXPECTED_TOOL_CALL", AG_FINISH_NONE },
    { "TOO_MANY_TOOL_CALLS", AG_FINISH_NONE },
    { "MISSING_THOUGHT_SIGNATURE", AG_FINISH_NONE },

    { NULL, AG_FINISH_STOP }
};


void
ag_gemini_hear_event(ag_reader_t *r, const ag_sse_event_t *event)
{
    ag_char_t    scratch[AG_DIALECT_SCRATCH];
    yyjson_doc  *doc;
    yyjson_val  *root;

    doc = ag_json_tree(event->data, scratch, sizeof(scratch));
    root = yyjson_doc_get_root(doc);

    if (yyjson_is_arr(root) && yyjson_is_obj(yyjson_arr_get_first(root))
        && yyjson_obj_get(yyjson_arr_get_first(root), "error") != NULL)
    {
        ag_gemini_hear_failed(r, root);

    } else if (yyjson_is_obj(root)) {
        ag_gemini_hear_root(r, root);

    } else {
        r->delta->malformed = 1;
    }

    yyjson_doc_free(doc);
}


void
ag_gemini_hear_eof(ag_reader_t *r)
{
    if (r->state != NULL && ag_gemini_hear_is_whole(r->state)) {
        ag_reader_end(r);
    }
}


void
ag_gemini_hear_answer(ag_reader_t *r, yyjson_val *root)
{
    uint32_t  i;

    if (!yyjson_is_obj(root) || yyjson_obj_get(root, "error") != NULL) {
        ag_gemini_hear_failed(r, root);
        return;
    }

    if (r->endpoint == AG_ENDPOINT_EMBEDDINGS) {
        ag_gemini_embed_hear(r, root);
        return;
    }

    if (r->endpoint == AG_ENDPOINT_COUNT_TOKENS) {
        ag_gemini_hear_counted(r, root);
        return;
    }

    ag_gemini_hear_root(r, root);

    if (r->delta->failed || r->rc != AG_OK) {
        return;
    }

    if (r->state == NULL || r->choice_count == 0) {
        ag_gemini_hear_failed(r, root);
        return;
    }

    for (i = 0; i < r->choice_count; i++) {
        ag_gemini_hear_call_end(r, i);
    }

    ag_reader_end(r);
}


yyjson_val *
ag_gemini_get(yyjson_val *object, const char *camel, const char *snake)
{
    yyjson_val  *value;

    value = yyjson_obj_get(object, camel);

    return (value != NULL) ? value : yyjson_obj_get(object, snake);
}


/* Texts of a whole answer must all live to its end; a stream's may be
 * forgotten one by one. */
ag_buf_t *
ag_gemini_hear_buf(ag_reader_t *r)
{
    ag_buf_t           *buf;
    ag_gemini_heard_t  *heard;

    heard = r->state;
    buf = (heard != NULL && !r->whole) ? heard->buf : NULL;

    if (buf != NULL) {
        buf->len = 0;
        return buf;
    }

    buf = ag_arena_buf(r->arena, AG_ANSWER_MAX);

    if (buf == NULL) {
        r->rc = AG_NOMEM;
        return NULL;
    }

    if (heard != NULL && !r->whole) {
        heard->buf = buf;
    }

    return buf;
}


/* Numbers are of the whole so far: the last ones count. */
unsigned
ag_gemini_hear_usage(ag_reader_t *r, yyjson_val *value)
{
    uint64_t     input, output, total;
    ag_usage_t  *usage;
    yyjson_val  *prompt, *said;

    prompt = ag_gemini_get(value, "promptTokenCount", "prompt_token_count");
    said = ag_gemini_get(value, "candidatesTokenCount",
                         "candidates_token_count");

    ag_gemini_hear_tier(r, value);

    if (!ag_usage_is_number(prompt) && !ag_usage_is_number(said)) {
        return 0;
    }

    usage = r->usage;
    memset(usage, 0, sizeof(ag_usage_t));

    input = ag_json_count(prompt, AG_TOKENS_MAX)
            + ag_json_count(ag_gemini_get(value, "toolUsePromptTokenCount",
                                          "tool_use_prompt_token_count"),
                            AG_TOKENS_MAX);

    usage->reasoning_tokens =
        ag_json_count(ag_gemini_get(value, "thoughtsTokenCount",
                                    "thoughts_token_count"),
                      AG_TOKENS_MAX);

    output = ag_json_count(said, AG_TOKENS_MAX) + usage->reasoning_tokens;

    /* some say all but this number */

    total = ag_json_count(ag_gemini_get(value, "totalTokenCount",
                                        "total_token_count"),
                          AG_TOKENS_MAX);

    if (said == NULL && total > input && total - input > output) {
        output = total - input;
    }

    usage->known = 1;
    usage->input_tokens = input;
    usage->output_tokens = output;
    usage->cached_tokens =
        ag_json_count(ag_gemini_get(value, "cachedContentTokenCount",
                                    "cached_content_token_count"),
                      AG_TOKENS_MAX);

    ag_usage_clamp(usage);

    return 1;
}


static void
ag_gemini_hear_root(ag_reader_t *r, yyjson_val *root)
{
    size_t       i, count;
    unsigned     known;
    uint64_t     choice;
    yyjson_val  *candidates, *value, *index;

    if (yyjson_obj_get(root, "error") != NULL) {
        ag_gemini_hear_failed(r, root);
        return;
    }

    if (r->state == NULL) {
        r->state = ag_arena_alloc(r->arena, sizeof(ag_gemini_heard_t));

        if (r->state == NULL) {
            r->rc = AG_NOMEM;
            return;
        }
    }

    ag_reader_start(r, ag_json_text(ag_gemini_get(root, "responseId",
                                                  "response_id")),
                    ag_json_text(ag_gemini_get(root, "modelVersion",
                                               "model_version")));

    known = ag_gemini_hear_usage(r, ag_gemini_get(root, "usageMetadata",
                                                  "usage_metadata"));

    candidates = yyjson_obj_get(root, "candidates");

    yyjson_arr_foreach(candidates, i, count, value) {
        index = yyjson_obj_get(value, "index");
        choice = (index != NULL) ? ag_json_count(index, AG_CHOICES_MAX) : i;

        if (yyjson_is_obj(value) && choice < AG_CHOICES_MAX) {
            ag_gemini_hear_candidate(r, (uint32_t) choice, value);
        }

        if (r->delta->failed || r->rc != AG_OK) {
            return;
        }
    }

    if (yyjson_arr_size(candidates) == 0) {
        ag_gemini_hear_blocked(r, root);
        r->delta->usage_only = known && !r->delta->content;
    }
}


static void
ag_gemini_hear_failed(ag_reader_t *r, yyjson_val *root)
{
    r->delta->failed = 1;
    r->delta->error = ag_error_classify_tree(0, root);
}


static void
ag_gemini_hear_candidate(ag_reader_t *r, uint32_t choice, yyjson_val *value)
{
    size_t              i, count;
    yyjson_val         *parts, *part, *detail;
    ag_gemini_heard_t  *heard;

    heard = r->state;
    heard->choices[choice].seen = 1;

    parts = yyjson_obj_get(yyjson_obj_get(value, "content"), "parts");

    yyjson_arr_foreach(parts, i, count, part) {
        ag_gemini_hear_part(r, choice, part);

        if (r->rc != AG_OK) {
            return;
        }
    }

    detail = ag_gemini_get(value, "groundingMetadata", "grounding_metadata");

    if (detail != NULL) {
        ag_gemini_hear_grounding(r, choice, detail);
    }

    detail = ag_gemini_get(value, "logprobsResult", "logprobs_result");

    if (detail != NULL) {
        ag_gemini_hear_logprobs(r, choice, detail);
    }

    detail = ag_gemini_get(value, "finishReason", "finish_reason");

    if (yyjson_is_str(detail)) {
        ag_gemini_hear_reason(r, choice, detail);

    } else if (r->whole) {
        ag_reader_finish(r, choice, AG_FINISH_STOP);
    }
}


static void
ag_gemini_hear_reason(ag_reader_t *r, uint32_t choice, yyjson_val *value)
{
    ag_str_t                   word;
    ag_gemini_heard_t         *heard;
    const ag_gemini_reason_t  *reason;

    heard = r->state;
    word = ag_json_text(value);

    if (word.len == 0 || ag_str_is(word, "FINISH_REASON_UNSPECIFIED")) {
        return;
    }

    for (reason = ag_gemini_reasons; reason->reason != NULL; reason++) {
        if (ag_str_is(word, reason->reason)) {
            break;
        }
    }

    if (reason->finish == AG_FINISH_NONE) {
        r->delta->failed = 1;
        r->delta->error = AG_E_BAD_RESPONSE;
        return;
    }

    ag_gemini_hear_call_end(r, choice);
    ag_reader_finish(r, choice, reason->finish);
    heard->choices[choice].finished = 1;
}


/* A refused prompt has no candidates but a reason. */
static void
ag_gemini_hear_blocked(ag_reader_t *r, yyjson_val *root)
{
    ag_str_t            reason;
    yyjson_val         *feedback;
    ag_open_block_t    *block;
    ag_gemini_heard_t  *heard;

    static const ag_str_t  none = ag_null_string;

    heard = r->state;
    feedback = ag_gemini_get(root, "promptFeedback", "prompt_feedback");
    reason = ag_json_text(ag_gemini_get(feedback, "blockReason",
                                        "block_reason"));

    if (reason.len == 0 || heard->choices[0].seen) {
        return;
    }

    heard->choices[0].seen = 1;
    heard->choices[0].finished = 1;

    block = ag_reader_open(r, 0, 0, AG_BLOCK_REFUSAL, none, none);
    ag_reader_add(r, block, reason);
    ag_reader_close(r, block);
    ag_reader_finish(r, 0, AG_FINISH_CONTENT_FILTER);
}


static void
ag_gemini_hear_counted(ag_reader_t *r, yyjson_val *root)
{
    yyjson_val  *total;

    total = ag_gemini_get(root, "totalTokens", "total_tokens");

    if (!ag_usage_is_number(total)) {
        ag_gemini_hear_failed(r, root);
        return;
    }

    memset(r->usage, 0, sizeof(ag_usage_t));

    r->usage->known = 1;
    r->usage->input_tokens = ag_json_count(total, AG_TOKENS_MAX);

    ag_reader_end(r);
}


/* The developers' API has a word for it, the cloud's has another. */
static void
ag_gemini_hear_tier(ag_reader_t *r, yyjson_val *value)
{
    ag_str_t  word;

    word = ag_json_text(ag_gemini_get(value, "trafficType", "traffic_type"));

    if (ag_str_is(word, "ON_DEMAND_PRIORITY")) {
        r->tier = AG_TIER_PRIORITY;

    } else if (ag_str_is(word, "ON_DEMAND_FLEX")) {
        r->tier = AG_TIER_FLEX;
    }

    word = ag_json_text(ag_gemini_get(value, "serviceTier", "service_tier"));

    if (word.len > 0) {
        r->tier = ag_tier_find(word);
    }
}


/* Has every candidate that said something said why it ended? */
static unsigned
ag_gemini_hear_is_whole(const ag_gemini_heard_t *heard)
{
    uint32_t  i, finished;

    finished = 0;

    for (i = 0; i < AG_CHOICES_MAX; i++) {

        if (heard->choices[i].finished) {
            finished++;

        } else if (heard->choices[i].seen) {
            return 0;
        }
    }

    return finished > 0;
}
