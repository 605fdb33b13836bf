/*
 * Copyright (C) ngx_agent authors
 *
 * The messages of a chat completion become turns.  A tool's result is a turn
 * of the user: every other dialect has it there.  Turns of the same role that
 * follow each other stay apart; who needs them merged knows how.
 */


#include "dialect/ag_openai_ask_parts.h"


typedef int (*ag_openai_message_pt)(ag_openai_ask_t *a, ag_turn_t *turn,
    yyjson_val *message);


typedef struct {
    const char            *word;
    ag_role_t              role;
    ag_openai_message_pt   read;
} ag_openai_role_t;


static int ag_openai_ask_message(ag_openai_ask_t *a, yyjson_val *message);
static int ag_openai_ask_message_system(ag_openai_ask_t *a, ag_turn_t *turn,
    yyjson_val *message);
static int ag_openai_ask_message_user(ag_openai_ask_t *a, ag_turn_t *turn,
    yyjson_val *message);
static int ag_openai_ask_message_spoken(ag_openai_ask_t *a, ag_turn_t *turn,
    yyjson_val *message, unsigned allowed);
static int ag_openai_ask_message_assistant(ag_openai_ask_t *a,
    ag_turn_t *turn, yyjson_val *message);
static int ag_openai_ask_message_audio(ag_openai_ask_t *a,
    ag_part_t ***last, yyjson_val *value);
static int ag_openai_ask_message_tool(ag_openai_ask_t *a, ag_turn_t *turn,
    yyjson_val *message);
static int ag_openai_ask_message_function(ag_openai_ask_t *a,
    ag_turn_t *turn, yyjson_val *message);
static int ag_openai_ask_message_cache(ag_openai_ask_t *a, ag_part_t *parts,
    yyjson_val *message);


static const ag_openai_role_t  ag_openai_roles[] = {
    { "user", AG_ROLE_USER, ag_openai_ask_message_user },
    { "assistant", AG_ROLE_ASSISTANT, ag_openai_ask_message_assistant },
    { "tool", AG_ROLE_USER, ag_openai_ask_message_tool },
    { "system", AG_ROLE_SYSTEM, ag_openai_ask_message_system },
    { "developer", AG_ROLE_DEVELOPER, ag_openai_ask_message_system },
    { "function", AG_ROLE_USER, ag_openai_ask_message_function }
};


int
ag_openai_ask_messages(ag_openai_ask_t *a, yyjson_val *value)
{
    int          rc;
    size_t       i, count;
    yyjson_val  *message;

    if (yyjson_arr_size(value) == 0) {
        return ag_openai_ask_invalid(a, "messages", "a non-empty array");
    }

    if (yyjson_arr_size(value) > AG_TURNS_MAX) {
        return AG_LIMIT;
    }

    yyjson_arr_foreach(value, i, count, message) {
        a->index = (uint32_t) i;
        rc = ag_openai_ask_message(a, message);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


static int
ag_openai_ask_message(ag_openai_ask_t *a, yyjson_val *message)
{
    size_t      i;
    ag_str_t    word;
    ag_turn_t  *turn;

    word = ag_json_text(yyjson_obj_get(message, "role"));

    for (i = 0; i < sizeof(ag_openai_roles) / sizeof(ag_openai_role_t); i++) {

        if (!ag_str_is(word, ag_openai_roles[i].word)) {
            continue;
        }

        turn = ag_neutral_turn(a->n, &a->turns, ag_openai_roles[i].role,
                               a->index);
        if (turn == NULL) {
            return ag_openai_ask_full(a, sizeof(ag_turn_t));
        }

        return ag_openai_roles[i].read(a, turn, message);
    }

    return ag_openai_ask_invalid(a, "messages[%u].role",
                                 "system, developer, user, assistant, tool "
                                 "or function");
}


/* Instructions are texts in every dialect. */
static int
ag_openai_ask_message_system(ag_openai_ask_t *a, ag_turn_t *turn,
    yyjson_val *message)
{
    return ag_openai_ask_message_spoken(a, turn, message, AG_OPENAI_TEXT);
}


static int
ag_openai_ask_message_user(ag_openai_ask_t *a, ag_turn_t *turn,
    yyjson_val *message)
{
    return ag_openai_ask_message_spoken(a, turn, message,
                                        AG_OPENAI_TEXT | AG_OPENAI_MEDIA
                                        | AG_OPENAI_AUDIO);
}


/* An empty string is a content, if not much of one; null is a mistake. */
static int
ag_openai_ask_message_spoken(ag_openai_ask_t *a, ag_turn_t *turn,
    yyjson_val *message, unsigned allowed)
{
    int           rc;
    ag_part_t   **last;
    yyjson_val   *content;

    turn->name = ag_json_text(yyjson_obj_get(message, "name"));
    content = yyjson_obj_get(message, "content");
    last = &turn->parts;

    if (content == NULL || yyjson_is_null(content)) {
        return ag_openai_ask_invalid(a, "messages[%u].content",
                                     "a string or an array of parts");
    }

    rc = ag_openai_ask_part_content(a, &last, content, allowed);

    return (rc != AG_OK) ? rc
           : ag_openai_ask_message_cache(a, turn->parts, message);
}


/* Reasoning leads, calls end: other dialects insist on that order. */
static int
ag_openai_ask_message_assistant(ag_openai_ask_t *a, ag_turn_t *turn,
    yyjson_val *message)
{
    int           rc;
    ag_str_t      refusal;
    ag_part_t   **last;

    turn->name = ag_json_text(yyjson_obj_get(message, "name"));
    refusal = ag_json_text(yyjson_obj_get(message, "refusal"));
    last = &turn->parts;

    rc = ag_openai_ask_reasoning(a, &last, message);

    if (rc == AG_OK) {
        rc = ag_openai_ask_part_content(a, &last,
                                        yyjson_obj_get(message, "content"),
                                        AG_OPENAI_TEXT | AG_OPENAI_REFUSAL);
    }

    if (rc == AG_OK) {
        rc = ag_openai_ask_part_text(a, &last, AG_PART_REFUSAL, refusal);
    }

    if (rc == AG_OK) {
        rc = ag_openai_ask_message_audio(a, &last,
                                         yyjson_obj_get(message, "audio"));
    }

    if (rc == AG_OK) {
        rc = ag_openai_ask_calls(a, &last,
                                 yyjson_obj_get(message, "tool_calls"));
    }

    if (rc == AG_OK) {
        rc = ag_openai_ask_call_function(a, &last,
                                         yyjson_obj_get(message,
                                                        "function_call"));
    }

    if (rc == AG_OK) {
        ag_openai_ask_reason_signatures(a, turn->parts, message);
        rc = ag_openai_ask_message_cache(a, turn->parts, message);
    }

    return rc;
}


/* What was spoken before, by its id: only its own provider has it. */
static int
ag_openai_ask_message_audio(ag_openai_ask_t *a, ag_part_t ***last,
    yyjson_val *value)
{
    ag_part_t  *part;

    if (!yyjson_is_obj(value)) {
        return AG_OK;
    }

    part = ag_neutral_part(a->n, last, AG_PART_AUDIO);

    if (part == NULL) {
        return ag_openai_ask_full(a, sizeof(ag_part_t));
    }

    part->file_id = ag_json_text(yyjson_obj_get(value, "id"));

    return AG_OK;
}


static int
ag_openai_ask_message_tool(ag_openai_ask_t *a, ag_turn_t *turn,
    yyjson_val *message)
{
    int           rc;
    ag_part_t   **last;

    last = &turn->parts;
    rc = ag_openai_ask_call_result(a, &last, message);

    return (rc != AG_OK) ? rc
           : ag_openai_ask_message_cache(a, turn->parts, message);
}


/* The deprecated form of a tool's message. */
static int
ag_openai_ask_message_function(ag_openai_ask_t *a, ag_turn_t *turn,
    yyjson_val *message)
{
    ag_part_t  **last;

    last = &turn->parts;

    return ag_openai_ask_call_function_result(a, &last, message);
}


/* A content that is a string has no part to carry the mark: the message
 * does, for its end. */
static int
ag_openai_ask_message_cache(ag_openai_ask_t *a, ag_part_t *parts,
    yyjson_val *message)
{
    ag_part_t  *part;

    if (parts == NULL) {
        return AG_OK;
    }

    for (part = parts; part->next != NULL; part = part->next) {
        /* void */
    }

    return (part->cache_control != NULL)
           ? AG_OK : ag_openai_ask_part_cache(a, part, message);
}
