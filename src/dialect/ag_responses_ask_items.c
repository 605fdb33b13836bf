/*
 * Copyright (C) ngx_agent authors
 *
 * A conversation as the Responses API has it, a list of items, to turns.
 *
 * Items of one role in a row are one turn: the model's reasoning, its words
 * and its calls were one answer, and other dialects want them back as one.
 */


#include "dialect/ag_responses_parts.h"


typedef struct {
    const char  *type;
    int        (*read)(ag_responses_asker_t *a, yyjson_val *item);
} ag_responses_kind_t;


static int ag_responses_item(ag_responses_asker_t *a, yyjson_val *item);
static int ag_responses_message(ag_responses_asker_t *a, yyjson_val *item);
static int ag_responses_more_tools(ag_responses_asker_t *a,
    yyjson_val *item);
static int ag_responses_reference(ag_responses_asker_t *a, yyjson_val *item);
static int ag_responses_foreign(ag_responses_asker_t *a, yyjson_val *item,
    ag_str_t type);
static unsigned ag_responses_ends(ag_str_t text, const char *with);


static const ag_responses_kind_t  ag_responses_kinds[] = {
    { "message", ag_responses_message },
    { "function_call", ag_responses_ask_function_call },
    { "function_call_output", ag_responses_ask_function_output },
    { "reasoning", ag_responses_ask_thought },
    { "custom_tool_call", ag_responses_ask_custom_call },
    { "custom_tool_call_output", ag_responses_ask_custom_output },
    { "additional_tools", ag_responses_more_tools },
    { "item_reference", ag_responses_reference },
    { NULL, NULL }
};


int
ag_responses_ask_input(ag_responses_asker_t *a, yyjson_val *value,
    const ag_responses_field_t *field)
{
    int          rc;
    size_t       i, max;
    yyjson_val  *item;

    (void) field;

    if (yyjson_is_str(value)) {
        if (yyjson_get_len(value) == 0) {
            return AG_OK;
        }

        rc = ag_responses_ask_turn(a, AG_ROLE_USER);

        return (rc != AG_OK) ? rc
               : ag_responses_ask_content(a, &a->last_part, value, "input");
    }

    if (!yyjson_is_arr(value)) {
        return ag_responses_ask_invalid(a, "input",
                                        "a string or an array of items");
    }

    if (yyjson_arr_size(value) > AG_TURNS_MAX) {
        return AG_LIMIT;
    }

    rc = ag_responses_ask_calls(a, yyjson_arr_size(value));

    if (rc != AG_OK) {
        return rc;
    }

    yyjson_arr_foreach(value, i, max, item) {
        a->index = (uint32_t) i;
        rc = ag_responses_item(a, item);

        if (rc != AG_OK) {
            return rc;
        }
    }

    ag_responses_ask_settle(a);

    return AG_OK;
}


int
ag_responses_ask_turn(ag_responses_asker_t *a, ag_role_t role)
{
    if (a->turn != NULL && a->turn->role == role) {
        return AG_OK;
    }

    ag_responses_ask_settle(a);
    a->unsigned_part = NULL;

    a->turn = ag_neutral_turn(a->n, &a->last_turn, role, a->index);

    if (a->turn == NULL) {
        return AG_NOMEM;
    }

    a->last_part = &a->turn->parts;

    return AG_OK;
}


ag_part_t *
ag_responses_ask_part(ag_responses_asker_t *a, ag_part_kind_t kind)
{
    return ag_neutral_part(a->n, &a->last_part, kind);
}


static int
ag_responses_item(ag_responses_asker_t *a, yyjson_val *item)
{
    ag_str_t                    type;
    const ag_responses_kind_t  *kind;

    type = ag_json_text(yyjson_obj_get(item, "type"));

    if (type.len == 0) {

        /* a message may go without; so may a reference */

        if (yyjson_is_str(yyjson_obj_get(item, "role"))) {
            return ag_responses_message(a, item);
        }

        return yyjson_is_str(yyjson_obj_get(item, "id"))
               ? ag_responses_reference(a, item)
               : ag_responses_ask_invalid(a, "input[%u]",
                                          "an item with a \"type\" or a "
                                          "\"role\"");
    }

    for (kind = ag_responses_kinds; kind->type != NULL; kind++) {
        if (ag_str_is(type, kind->type)) {
            return kind->read(a, item);
        }
    }

    return ag_responses_foreign(a, item, type);
}


static int
ag_responses_message(ag_responses_asker_t *a, yyjson_val *item)
{
    int          rc;
    ag_str_t     role;
    ag_role_t    known;
    ag_part_t  **first;

    role = ag_json_text(yyjson_obj_get(item, "role"));

    if (ag_str_is(role, "user")) {
        known = AG_ROLE_USER;

    } else if (ag_str_is(role, "assistant")) {
        known = AG_ROLE_ASSISTANT;

    } else if (ag_str_is(role, "system")) {
        known = AG_ROLE_SYSTEM;

    } else if (ag_str_is(role, "developer")) {
        known = AG_ROLE_DEVELOPER;

    } else {
        return ag_responses_ask_invalid(a, "input[%u].role",
                                        "\"user\", \"assistant\", "
                                        "\"system\" or \"developer\"");
    }

    rc = ag_responses_ask_turn(a, known);

    if (rc != AG_OK) {
        return rc;
    }

    first = a->last_part;
    rc = ag_responses_ask_content(a, &a->last_part,
                                  yyjson_obj_get(item, "content"),
                                  "input[%u].content");

    if (rc == AG_OK && known == AG_ROLE_ASSISTANT && *first != NULL) {
        ag_responses_ask_sign(a, *first);
    }

    return rc;
}


/* ---- other items ---- */


/* Tools that became known on the way; they are as good as the others. */
static int
ag_responses_more_tools(ag_responses_asker_t *a, yyjson_val *item)
{
    return ag_responses_ask_tools(a, yyjson_obj_get(item, "tools"),
                                  "input[%u].tools");
}


static int
ag_responses_reference(ag_responses_asker_t *a, yyjson_val *item)
{
    (void) item;

    return ag_responses_ask_invalid(a, "input[%u].type",
                                    "the item itself, since nothing is "
                                    "stored that a reference could mean");
}


/* Calls of the provider's own tools are the model's, their outputs are not. */
static int
ag_responses_foreign(ag_responses_asker_t *a, yyjson_val *item,
    ag_str_t type)
{
    int         rc;
    unsigned    answers;
    ag_part_t  *part;

    answers = ag_responses_ends(type, "_output")
              || ag_responses_ends(type, "_response");

    rc = ag_responses_ask_turn(a, answers ? AG_ROLE_USER
                                          : AG_ROLE_ASSISTANT);
    if (rc != AG_OK) {
        return rc;
    }

    part = ag_responses_ask_part(a, AG_PART_FOREIGN);

    if (part == NULL) {
        return AG_NOMEM;
    }

    part->value = item;

    return AG_OK;
}


static unsigned
ag_responses_ends(ag_str_t text, const char *with)
{
    size_t  len;

    len = strlen(with);

    return text.len >= len
           && memcmp(text.data + text.len - len, with, len) == 0;
}
