/*
 * Copyright (C) ngx_agent authors
 *
 * Reads the texts and tool calls of messages.  Only text and tool_use are
 * looked into; thoughts, and what a server's own tools do, end a text and
 * are nothing else here.
 */


#include "dialect/ag_validate_parts.h"


static void ag_validate_anthropic_block(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t block, uint64_t index);
static void ag_validate_anthropic_call(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t name, ag_str_t input,
    uint64_t index);
static void ag_validate_anthropic_delta(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t delta, uint64_t index);


void
ag_validate_anthropic_read(ag_validate_answer_t *answer, ag_str_t text)
{
    ag_str_t               none, block, values[3];
    ag_validate_walk_t     walk;
    ag_validate_choice_t  *choice;

    static const char *const  names[] = { "content", "stop_reason", NULL };

    choice = ag_validate_answer_choice(answer, 0);

    if (choice == NULL) {
        return;
    }

    ag_validate_json_members(text, names, values);
    ag_validate_json_walk(&walk, values[0]);

    while (ag_validate_json_next(&walk, &none, &block)) {
        ag_validate_anthropic_block(answer, choice, block,
                                    AG_VALIDATE_CLOSED);
    }

    ag_validate_answer_finish(choice, values[1]);
}


void
ag_validate_anthropic_event(ag_validate_answer_t *answer, ag_str_t type,
    ag_str_t text)
{
    uint64_t               index;
    ag_str_t               values[5];
    ag_validate_choice_t  *choice;

    static const char *const  names[] = {
        "index", "message", "content_block", "delta", NULL
    };

    choice = ag_validate_answer_choice(answer, 0);

    if (choice == NULL) {
        return;
    }

    ag_validate_json_members(text, names, values);
    index = ag_validate_json_index(values[0], 0);

    if (ag_str_is(type, "message_start")) {

        /* a server that runs code streams a message for each of its steps */

        ag_validate_answer_close(answer);
        ag_validate_anthropic_read(answer, values[1]);

    } else if (ag_str_is(type, "content_block_start")) {
        ag_validate_anthropic_block(answer, choice, values[2], index);

    } else if (ag_str_is(type, "content_block_delta")) {
        ag_validate_anthropic_delta(answer, choice, values[3], index);

    } else if (ag_str_is(type, "message_delta")) {
        ag_validate_answer_finish(choice,
                                  ag_validate_json_member(values[3],
                                                          "stop_reason"));
    }
}


static void
ag_validate_anthropic_block(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t block, uint64_t index)
{
    ag_str_t  values[5];

    static const char *const  names[] = {
        "type", "text", "name", "input", NULL
    };

    ag_validate_json_members(block, names, values);

    if (ag_validate_json_is(values[0], "text")) {
        choice->waits = 0;
        ag_validate_answer_block(choice, 1);
        ag_validate_answer_add(answer, &choice->piece, values[1]);
        return;
    }

    ag_validate_answer_block(choice, 0);

    if (ag_validate_json_is(values[0], "tool_use")) {
        choice->waits = 1;
        ag_validate_anthropic_call(answer, choice, values[2], values[3],
                                   index);
    }
}


/* The input is JSON as it stands, and so no string that could be mended. */
static void
ag_validate_anthropic_call(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t name, ag_str_t input,
    uint64_t index)
{
    ag_validate_call_t  *call;

    call = ag_validate_answer_call(answer, choice, index);

    if (call == NULL) {
        return;
    }

    call->object = 1;
    call->start = 1;
    ag_validate_answer_name(answer, call, name);

    if (answer->rc == AG_OK) {
        answer->rc = ag_buf_add(&call->piece.text, input.data, input.len);
    }
}


/*
 * Pieces of input take the place of the one that the block began with, but
 * a tool without arguments has none that says anything.
 */
static void
ag_validate_anthropic_delta(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t delta, uint64_t index)
{
    ag_str_t             values[3];
    ag_validate_call_t  *call;

    static const char *const  names[] = { "text", "partial_json", NULL };

    ag_validate_json_members(delta, names, values);

    if (values[0].data != NULL) {
        ag_validate_answer_block(choice, 1);
        ag_validate_answer_add(answer, &choice->piece, values[0]);
        return;
    }

    call = ag_validate_answer_find(answer, choice, index);

    if (call == NULL || !ag_validate_json_is_filled(values[1])) {
        return;
    }

    if (call->start) {
        call->start = 0;
        call->piece.text.len = 0;
    }

    ag_validate_answer_add(answer, &call->piece, values[1]);
}
