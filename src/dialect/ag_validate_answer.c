/*
 * Copyright (C) ngx_agent authors
 *
 * An answer without its dialect: choices with their text, and tool calls.
 * The dialects fill it, whole or delta by delta; after the first failure
 * nothing more is added, so that they need not ask at every step.
 */


#include <stdlib.h>

#include "dialect/ag_validate_parts.h"


static void *ag_validate_answer_grow(ag_validate_answer_t *answer,
    void *items, size_t count, size_t *size, size_t one, size_t max);


/* Why an answer stopped before its end: a token limit, a filter. */
static const char *const  ag_validate_answer_cuts[] = {
    "length",                           /* OpenAI */
    "model_length",                     /* Mistral */
    "content_filter",
    "max_tokens",                       /* Anthropic */
    "model_context_window_exceeded",
    NULL
};


/* The provider will go on when it is called again. */
static const char *const  ag_validate_answer_pauses[] = {
    "pause_turn",
    "compaction",
    NULL
};


void
ag_validate_answer_init(ag_validate_answer_t *answer, unsigned streamed)
{
    memset(answer, 0, sizeof(*answer));

    answer->streamed = streamed & 1;
}


void
ag_validate_answer_free(ag_validate_answer_t *answer)
{
    size_t  i;

    for (i = 0; i < answer->choice_count; i++) {
        ag_buf_free(&answer->choices[i].piece.text);
    }

    for (i = 0; i < answer->call_count; i++) {
        ag_buf_free(&answer->calls[i].piece.text);
        ag_buf_free(&answer->calls[i].name);
    }

    free(answer->choices);
    free(answer->calls);
}


ag_validate_choice_t *
ag_validate_answer_choice(ag_validate_answer_t *answer, uint64_t index)
{
    size_t                 i;
    ag_validate_choice_t  *choices;

    for (i = 0; i < answer->choice_count; i++) {
        if (answer->choices[i].index == index) {
            return &answer->choices[i];
        }
    }

    choices = ag_validate_answer_grow(answer, answer->choices,
                                      answer->choice_count,
                                      &answer->choice_size, sizeof(*choices),
                                      AG_CHOICES_MAX);
    if (choices == NULL) {
        return NULL;
    }

    answer->choices = choices;
    answer->choice_count++;

    memset(&choices[i], 0, sizeof(*choices));
    choices[i].index = index;
    ag_buf_init(&choices[i].piece.text, AG_ANSWER_MAX);

    return &choices[i];
}


ag_validate_call_t *
ag_validate_answer_call(ag_validate_answer_t *answer,
    const ag_validate_choice_t *choice, uint64_t index)
{
    ag_validate_call_t  *calls, *call;

    calls = ag_validate_answer_grow(answer, answer->calls, answer->call_count,
                                    &answer->call_size, sizeof(*calls),
                                    AG_VALIDATE_CALLS_MAX);
    if (calls == NULL) {
        return NULL;
    }

    answer->calls = calls;
    call = &calls[answer->call_count++];

    memset(call, 0, sizeof(*call));
    call->index = index;
    call->choice = (size_t) (choice - answer->choices);
    ag_buf_init(&call->name, AG_ANSWER_MAX);
    ag_buf_init(&call->piece.text, AG_ANSWER_MAX);

    return call;
}


ag_validate_call_t *
ag_validate_answer_find(ag_validate_answer_t *answer,
    const ag_validate_choice_t *choice, uint64_t index)
{
    size_t               i;
    ag_validate_call_t  *call;

    for (i = answer->call_count; i > 0; i--) {
        call = &answer->calls[i - 1];

        if (call->choice == (size_t) (choice - answer->choices)
            && (call->index == index || index == AG_VALIDATE_CLOSED))
        {
            return call;
        }
    }

    return NULL;
}


void
ag_validate_answer_close(ag_validate_answer_t *answer)
{
    size_t  i;

    for (i = 0; i < answer->call_count; i++) {
        answer->calls[i].index = AG_VALIDATE_CLOSED;
    }
}


void
ag_validate_answer_block(ag_validate_choice_t *choice, unsigned text)
{
    if (text && !choice->in_text) {
        choice->last_at = choice->piece.text.len;
    }

    choice->in_text = text & 1;
}


void
ag_validate_answer_add(ag_validate_answer_t *answer,
    ag_validate_piece_t *piece, ag_str_t string)
{
    if (answer->rc != AG_OK || string.data == NULL) {
        return;
    }

    if (!answer->streamed) {
        piece->string = string;
        piece->string_at = piece->text.len;
    }

    answer->rc = ag_validate_json_add(&piece->text, string);
}


void
ag_validate_answer_name(ag_validate_answer_t *answer,
    ag_validate_call_t *call, ag_str_t name)
{
    if (answer->rc == AG_OK && call->name.len == 0) {
        answer->rc = ag_validate_json_add(&call->name, name);
    }
}


void
ag_validate_answer_finish(ag_validate_choice_t *choice, ag_str_t reason)
{
    if (ag_validate_json_is_one_of(reason, ag_validate_answer_cuts)) {
        choice->cut = 1;

    } else if (ag_validate_json_is(reason, "refusal")) {
        choice->refused = 1;

    } else if (ag_validate_json_is_one_of(reason, ag_validate_answer_pauses)) {
        choice->waits = 1;
    }
}


/* Makes room for one more; "items" stay as they are where it fails. */
static void *
ag_validate_answer_grow(ag_validate_answer_t *answer, void *items,
    size_t count, size_t *size, size_t one, size_t max)
{
    size_t   wanted;
    void    *grown;

    if (answer->rc != AG_OK) {
        return NULL;
    }

    if (count < *size) {
        return items;
    }

    if (count == max) {
        answer->rc = AG_LIMIT;
        return NULL;
    }

    wanted = (*size == 0) ? 4 : *size * 2;
    grown = realloc(items, wanted * one);

    if (grown == NULL) {
        answer->rc = AG_NOMEM;
        return NULL;
    }

    *size = wanted;

    return grown;
}
