/*
 * Copyright (C) ngx_agent authors
 *
 * Reads the texts and tool calls of the Responses API.  Its streams say all
 * things twice, as deltas and done; what is done is believed, and deltas
 * where a server sends nothing else.
 */


#include "dialect/ag_validate_parts.h"


static void ag_validate_responses_response(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t text, unsigned items);
static void ag_validate_responses_item(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t item, uint64_t index);
static void ag_validate_responses_message(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t content, uint64_t index);
static void ag_validate_responses_call(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t name, ag_str_t arguments,
    uint64_t index);
static void ag_validate_responses_text(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t delta, ag_str_t text);
static void ag_validate_responses_arguments(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t delta, ag_str_t arguments,
    uint64_t index);


/* Items that wait for the client; others are the work of the server. */
static const char *const  ag_validate_responses_waits[] = {
    "function_call",
    "custom_tool_call",
    "computer_call",
    "local_shell_call",
    "shell_call",
    "apply_patch_call",
    "mcp_approval_request",
    "tool_search_call",
    NULL
};


/* Of an answer that is made in the background. */
static const char *const  ag_validate_responses_unfinished[] = {
    "queued",
    "in_progress",
    NULL
};


void
ag_validate_responses_read(ag_validate_answer_t *answer, ag_str_t text)
{
    ag_validate_choice_t  *choice;

    choice = ag_validate_answer_choice(answer, 0);

    if (choice != NULL) {
        ag_validate_responses_response(answer, choice, text, 1);
    }
}


void
ag_validate_responses_event(ag_validate_answer_t *answer, ag_str_t type,
    ag_str_t text)
{
    uint64_t               index;
    ag_str_t               values[7];
    ag_validate_choice_t  *choice;

    static const char *const  names[] = {
        "output_index", "item", "delta", "text", "arguments", "response", NULL
    };

    choice = ag_validate_answer_choice(answer, 0);

    if (choice == NULL) {
        return;
    }

    ag_validate_json_members(text, names, values);
    index = ag_validate_json_index(values[0], 0);

    if (ag_str_is(type, "response.output_item.added")
        || ag_str_is(type, "response.output_item.done"))
    {
        ag_validate_responses_item(answer, choice, values[1], index);

    } else if (ag_str_is(type, "response.output_text.delta")
               || ag_str_is(type, "response.output_text.done"))
    {
        ag_validate_responses_text(answer, choice, values[2], values[3]);

    } else if (ag_str_is(type, "response.function_call_arguments.delta")
               || ag_str_is(type, "response.function_call_arguments.done"))
    {
        ag_validate_responses_arguments(answer, choice, values[2], values[4],
                                        index);

    } else if (ag_str_is(type, "response.refusal.delta")) {
        choice->refused = 1;

    } else if (ag_str_is(type, "response.completed")
               || ag_str_is(type, "response.incomplete"))
    {
        ag_validate_responses_response(answer, choice, values[5],
                                       choice->piece.text.len == 0
                                       && answer->call_count == 0);
    }
}


/* Reads a response; its items only where they were not told before. */
static void
ag_validate_responses_response(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t text, unsigned items)
{
    uint64_t            position;
    ag_str_t            none, item, values[3];
    ag_validate_walk_t  walk;

    static const char *const  names[] = { "output", "status", NULL };

    ag_validate_json_members(text, names, values);

    if (items) {
        position = 0;
        ag_validate_json_walk(&walk, values[0]);

        while (ag_validate_json_next(&walk, &none, &item)) {
            ag_validate_responses_item(answer, choice, item, position++);
        }
    }

    if (ag_validate_json_is(values[1], "incomplete")) {
        choice->cut = 1;

    } else if (ag_validate_json_is_one_of(values[1],
                                          ag_validate_responses_unfinished))
    {
        choice->waits = 1;
    }
}


/* Reads an item, of which an earlier event may have told less. */
static void
ag_validate_responses_item(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t item, uint64_t index)
{
    ag_str_t  values[5];

    static const char *const  names[] = {
        "type", "content", "name", "arguments", NULL
    };

    ag_validate_json_members(item, names, values);

    if (ag_validate_json_is(values[0], "message")) {
        ag_validate_responses_message(answer, choice, values[1], index);
        return;
    }

    if (ag_validate_json_is_one_of(values[0], ag_validate_responses_waits)) {
        choice->waits = 1;
    }

    if (ag_validate_json_is(values[0], "function_call")) {
        ag_validate_responses_call(answer, choice, values[2], values[3],
                                   index);
    }
}


/*
 * A message is a text of its own: another one before it is commentary.  One
 * that is told again replaces what its deltas said, unless it says nothing.
 */
static void
ag_validate_responses_message(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t content, uint64_t index)
{
    size_t              len;
    ag_str_t            none, part, values[4];
    ag_validate_walk_t  walk;

    static const char *const  names[] = { "type", "text", "refusal", NULL };

    len = choice->piece.text.len;

    if (answer->streamed && answer->open == index) {
        choice->piece.text.len = choice->last_at;

    } else {
        answer->open = index;
        choice->last_at = len;
        choice->waits = 0;
    }

    ag_validate_json_walk(&walk, content);

    while (ag_validate_json_next(&walk, &none, &part)) {
        ag_validate_json_members(part, names, values);

        if (ag_validate_json_is(values[0], "output_text")) {
            ag_validate_answer_add(answer, &choice->piece, values[1]);
        }

        if (ag_validate_json_is_filled(values[2])) {
            choice->refused = 1;
        }
    }

    if (choice->piece.text.len == choice->last_at) {
        choice->piece.text.len = len;
    }
}


static void
ag_validate_responses_call(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t name, ag_str_t arguments,
    uint64_t index)
{
    ag_validate_call_t  *call;

    call = answer->streamed ? ag_validate_answer_find(answer, choice, index)
                            : NULL;

    if (call == NULL) {
        call = ag_validate_answer_call(answer, choice, index);
    }

    if (call == NULL) {
        return;
    }

    ag_validate_answer_name(answer, call, name);

    if (ag_validate_json_is_filled(arguments)) {
        call->piece.text.len = 0;
    }

    if (ag_validate_json_is_string(arguments)
        || ag_str_is(arguments, "null"))
    {
        ag_validate_answer_add(answer, &call->piece, arguments);
    }
}


/* One of both is there; some servers send no delta. */
static void
ag_validate_responses_text(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t delta, ag_str_t text)
{
    if (delta.data != NULL) {
        ag_validate_answer_add(answer, &choice->piece, delta);

    } else if (choice->piece.text.len == choice->last_at) {
        ag_validate_answer_add(answer, &choice->piece, text);
    }
}


static void
ag_validate_responses_arguments(ag_validate_answer_t *answer,
    ag_validate_choice_t *choice, ag_str_t delta, ag_str_t arguments,
    uint64_t index)
{
    ag_validate_call_t  *call;

    call = ag_validate_answer_find(answer, choice, index);

    if (call == NULL) {
        return;
    }

    if (ag_validate_json_is_filled(arguments)) {
        call->piece.text.len = 0;
        ag_validate_answer_add(answer, &call->piece, arguments);

    } else {
        ag_validate_answer_add(answer, &call->piece, delta);
    }
}
