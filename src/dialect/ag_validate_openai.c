/*
 * Copyright (C) ngx_agent authors
 *
 * Reads the texts and tool calls of chat completions and completions.  A
 * chunk of a stream differs from an answer in a name ("delta") and in that
 * its parts say where they belong; both are read by the same functions.
 */


#include "dialect/ag_validate_parts.h"


static void ag_validate_openai_choice(ag_validate_answer_t *answer,
    ag_str_t value, uint64_t position);
static void ag_validate_openai_message(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t message);
static void ag_validate_openai_content(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t content);
static void ag_validate_openai_call(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t function, uint64_t index);


void
ag_validate_openai_read(ag_validate_answer_t *answer, ag_str_t text)
{
    uint64_t            position;
    ag_str_t            none, choice;
    ag_validate_walk_t  walk;

    position = 0;
    ag_validate_json_walk(&walk, ag_validate_json_member(text, "choices"));

    while (ag_validate_json_next(&walk, &none, &choice)) {
        ag_validate_openai_choice(answer, choice, position++);
    }
}


void
ag_validate_openai_event(ag_validate_answer_t *answer, ag_str_t type,
    ag_str_t text)
{
    (void) type;

    ag_validate_openai_read(answer, text);
}


static void
ag_validate_openai_choice(ag_validate_answer_t *answer, ag_str_t value,
    uint64_t position)
{
    uint64_t               index;
    ag_str_t               values[6];
    ag_validate_choice_t  *choice;

    static const char *const  names[] = {
        "index", "text", "message", "delta", "finish_reason", NULL
    };

    ag_validate_json_members(value, names, values);

    /* in a whole answer the place is surer than what a server numbers it */

    index = answer->streamed ? ag_validate_json_index(values[0], 0) : position;
    choice = ag_validate_answer_choice(answer, index);

    if (choice == NULL) {
        return;
    }

    ag_validate_answer_add(answer, &choice->piece, values[1]);
    ag_validate_openai_message(answer, choice, values[2]);
    ag_validate_openai_message(answer, choice, values[3]);
    ag_validate_answer_finish(choice, values[4]);
}


static void
ag_validate_openai_message(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t message)
{
    uint64_t            index;
    ag_str_t            none, call, values[5];
    ag_validate_walk_t  walk;

    static const char *const  names[] = {
        "content", "refusal", "tool_calls", "function_call", NULL
    };

    ag_validate_json_members(message, names, values);

    ag_validate_openai_content(answer, choice, values[0]);

    if (ag_validate_json_is_filled(values[1])) {
        choice->refused = 1;
    }

    ag_validate_json_walk(&walk, values[2]);

    while (ag_validate_json_next(&walk, &none, &call)) {
        choice->waits = 1;
        index = ag_validate_json_index(ag_validate_json_member(call, "index"),
                                       AG_VALIDATE_CLOSED);
        ag_validate_openai_call(answer, choice,
                                ag_validate_json_member(call, "function"),
                                index);
    }

    if (ag_validate_json_is_object(values[3])) {
        choice->waits = 1;
        ag_validate_openai_call(answer, choice, values[3], 0);
    }
}


/* Text, or parts of which some are (Mistral's are, where it thinks). */
static void
ag_validate_openai_content(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t content)
{
    unsigned            is_text;
    ag_str_t            none, part;
    ag_validate_walk_t  walk;

    if (ag_validate_json_is_string(content)) {
        ag_validate_answer_block(choice, 1);
        ag_validate_answer_add(answer, &choice->piece, content);
        return;
    }

    ag_validate_json_walk(&walk, content);

    while (ag_validate_json_next(&walk, &none, &part)) {
        is_text = ag_validate_json_is(ag_validate_json_member(part, "type"),
                                      "text");
        ag_validate_answer_block(choice, is_text);

        if (is_text) {
            ag_validate_answer_add(answer, &choice->piece,
                                   ag_validate_json_member(part, "text"));
        }
    }
}


/*
 * A call of a stream goes on by its index.  Servers that send none send the
 * name once, with the first piece.  A custom tool has no function.
 */
static void
ag_validate_openai_call(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t function, uint64_t index)
{
    ag_str_t             values[3];
    ag_validate_call_t  *call;

    static const char *const  names[] = { "name", "arguments", NULL };

    if (!ag_validate_json_is_object(function)) {
        return;
    }

    ag_validate_json_members(function, names, values);
    call = NULL;

    if (answer->streamed
        && (index != AG_VALIDATE_CLOSED
            || !ag_validate_json_is_filled(values[0])))
    {
        call = ag_validate_answer_find(answer, choice, index);
    }

    if (call == NULL) {
        call = ag_validate_answer_call(answer, choice, index);
    }

    if (call != NULL) {
        ag_validate_answer_name(answer, call, values[0]);

        if (ag_validate_json_is_string(values[1])
            || ag_str_is(values[1], "null"))
        {
            ag_validate_answer_add(answer, &call->piece, values[1]);
        }
    }
}
