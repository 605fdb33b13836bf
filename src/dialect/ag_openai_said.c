/*
 * Copyright (C) ngx_agent authors
 *
 * Looks whether a message of OpenAI's form says anything, and how much: its
 * members are walked once for both.
 */


#include "dialect/ag_openai_said.h"


static unsigned ag_openai_said_is_thought(yyjson_val *key);
static size_t ag_openai_said_in(yyjson_val *key, yyjson_val *value);
static size_t ag_openai_said_call(yyjson_val *call);
static size_t ag_openai_said_parts(yyjson_val *parts);


size_t
ag_openai_said_answer(yyjson_val *root)
{
    size_t       i, count, said;
    yyjson_val  *choice;

    said = 0;

    yyjson_arr_foreach(yyjson_obj_get(root, "choices"), i, count, choice) {
        said += ag_json_text(yyjson_obj_get(choice, "text")).len;
        (void) ag_openai_said_message(yyjson_obj_get(choice, "message"),
                                      &said);
    }

    return said;
}


/* Some servers say a thought under two names: the longest of them counts. */
unsigned
ag_openai_said_message(yyjson_val *message, size_t *said)
{
    size_t       i, count, len, thought;
    unsigned     content;
    yyjson_val  *key, *value;

    if (!yyjson_is_obj(message)) {
        return 0;
    }

    content = 0;
    thought = 0;

    yyjson_obj_foreach(message, i, count, key, value) {

        if (!(yyjson_is_str(value) || yyjson_is_ctn(value))
            || yyjson_get_len(value) == 0
            || yyjson_equals_str(key, "role"))
        {
            continue;
        }

        content = 1;
        len = yyjson_get_len(value);

        if (!yyjson_is_str(value)) {
            *said += ag_openai_said_in(key, value);

        } else if (!ag_openai_said_is_thought(key)) {
            *said += len;

        } else if (len > thought) {
            thought = len;
        }
    }

    *said += thought;

    return content;
}


/* "reasoning", "reasoning_content", "reasoning_text" */
static unsigned
ag_openai_said_is_thought(yyjson_val *key)
{
    return yyjson_get_len(key) >= 9
           && memcmp(yyjson_get_str(key), "reasoning", 9) == 0;
}


static size_t
ag_openai_said_in(yyjson_val *key, yyjson_val *value)
{
    size_t       i, count, said;
    yyjson_val  *call;

    if (yyjson_equals_str(key, "content")) {
        return ag_openai_said_parts(value);
    }

    if (yyjson_equals_str(key, "function_call")) {
        return ag_openai_said_call(value);
    }

    if (!yyjson_equals_str(key, "tool_calls")) {
        return 0;
    }

    said = 0;

    yyjson_arr_foreach(value, i, count, call) {
        said += ag_openai_said_call(yyjson_obj_get(call, "function"))
                + ag_openai_said_call(yyjson_obj_get(call, "custom"));
    }

    return said;
}


static size_t
ag_openai_said_call(yyjson_val *call)
{
    return ag_json_text(yyjson_obj_get(call, "name")).len
           + ag_json_text(yyjson_obj_get(call, "arguments")).len
           + ag_json_text(yyjson_obj_get(call, "input")).len;
}


/* Mistral's: texts, and thoughts that are lists of texts themselves. */
static size_t
ag_openai_said_parts(yyjson_val *parts)
{
    size_t       i, j, count, texts, said;
    yyjson_val  *part, *text;

    said = 0;

    yyjson_arr_foreach(parts, i, count, part) {
        said += ag_json_text(yyjson_obj_get(part, "text")).len;

        yyjson_arr_foreach(yyjson_obj_get(part, "thinking"), j, texts, text) {
            said += ag_json_text(yyjson_obj_get(text, "text")).len;
        }
    }

    return said;
}
