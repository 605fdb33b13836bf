/*
 * Copyright (C) ngx_agent authors
 *
 * A client's Messages request in the neutral form: its messages; the other
 * fields, the blocks of content and the tools have files of their own.
 *
 * Refuses what cannot be translated because it makes no sense.  What only
 * Anthropic's servers could judge (an odd order of roles, a budget that is too
 * small) passes: the provider that answers has rules of its own.
 */


#include "dialect/ag_anthropic_ask_parts.h"


static int ag_anthropic_ask_messages(ag_neutral_t *n, yyjson_val *root,
    ag_error_t *error);
static int ag_anthropic_ask_system(ag_anthropic_ask_t *ask,
    yyjson_val *system);
static int ag_anthropic_ask_message(ag_anthropic_ask_t *ask,
    yyjson_val *message);
static int ag_anthropic_ask_turn(ag_anthropic_ask_t *ask, ag_role_t role,
    yyjson_val *content, unsigned place);


int
ag_anthropic_ask(ag_neutral_t *n, yyjson_val *root, ag_error_t *error)
{
    int  rc;

    n->list = "messages";
    n->include_usage = 1;       /* every stream of this dialect tells it */

    rc = ag_anthropic_ask_fields(n, root, error);

    return (rc != AG_OK) ? rc : ag_anthropic_ask_messages(n, root, error);
}


int
ag_anthropic_ask_part(ag_anthropic_ask_t *ask, ag_part_t **part,
    ag_part_kind_t kind, yyjson_val *block)
{
    yyjson_val  *cache;

    *part = ag_neutral_part(ask->n, &ask->parts, kind);

    if (*part == NULL) {
        return ag_anthropic_ask_full(ask->n);
    }

    cache = yyjson_obj_get(block, "cache_control");
    (*part)->cache_control = yyjson_is_obj(cache) ? cache : NULL;

    return AG_OK;
}


int
ag_anthropic_ask_invalid(ag_anthropic_ask_t *ask, const char *expected)
{
    return ag_neutral_invalid(ask->n, ask->error, ask->param, ask->index,
                              expected);
}


int
ag_anthropic_ask_full(const ag_neutral_t *n)
{
    /* no piece is larger than this */

    return (n->arena->max - n->arena->used < AG_JSON_MEMBERS_MAX
                                             * sizeof(ag_str_t))
           ? AG_LIMIT : AG_NOMEM;
}


static int
ag_anthropic_ask_messages(ag_neutral_t *n, yyjson_val *root,
    ag_error_t *error)
{
    int                 rc;
    size_t              i, max;
    yyjson_val         *messages, *message;
    ag_anthropic_ask_t  ask;

    memset(&ask, 0, sizeof(ask));
    ask.n = n;
    ask.error = error;
    ask.turns = &n->turns;

    messages = yyjson_obj_get(root, "messages");

    if (!yyjson_is_arr(messages)) {
        return ag_neutral_invalid(n, error, "messages", 0, "an array");
    }

    if (yyjson_arr_size(messages) > AG_TURNS_MAX) {
        return AG_LIMIT;
    }

    rc = ag_anthropic_ask_system(&ask, yyjson_obj_get(root, "system"));

    if (rc != AG_OK) {
        return rc;
    }

    yyjson_arr_foreach(messages, i, max, message) {
        ask.index = (uint32_t) i;
        rc = ag_anthropic_ask_message(&ask, message);

        if (rc != AG_OK) {
            return rc;
        }
    }

    return AG_OK;
}


static int
ag_anthropic_ask_system(ag_anthropic_ask_t *ask, yyjson_val *system)
{
    if (system == NULL || yyjson_is_null(system)
        || ((yyjson_is_str(system) || yyjson_is_arr(system))
            && yyjson_get_len(system) == 0))
    {
        return AG_OK;
    }

    ask->param = "system";

    return ag_anthropic_ask_turn(ask, AG_ROLE_SYSTEM, system,
                                 AG_ANTHROPIC_ASK_SYSTEM);
}


static int
ag_anthropic_ask_message(ag_anthropic_ask_t *ask, yyjson_val *message)
{
    ag_str_t     role;
    yyjson_val  *content;

    ask->param = "messages[%u].content";
    role = ag_json_text(yyjson_obj_get(message, "role"));
    content = yyjson_obj_get(message, "content");

    if (ag_str_is(role, "user")) {
        return ag_anthropic_ask_turn(ask, AG_ROLE_USER, content,
                                     AG_ANTHROPIC_ASK_USER);
    }

    if (ag_str_is(role, "system")) {
        return ag_anthropic_ask_turn(ask, AG_ROLE_SYSTEM, content,
                                     AG_ANTHROPIC_ASK_SYSTEM);
    }

    if (!ag_str_is(role, "assistant")) {
        return ag_neutral_invalid(ask->n, ask->error, "messages[%u].role",
                                  ask->index,
                                  "\"user\", \"assistant\" or \"system\"");
    }

    return ag_anthropic_ask_turn(ask, AG_ROLE_ASSISTANT, content,
                                 AG_ANTHROPIC_ASK_ASSISTANT);
}


static int
ag_anthropic_ask_turn(ag_anthropic_ask_t *ask, ag_role_t role,
    yyjson_val *content, unsigned place)
{
    int         rc;
    ag_turn_t  *turn;

    turn = ag_neutral_turn(ask->n, &ask->turns, role, ask->index);

    if (turn == NULL) {
        return ag_anthropic_ask_full(ask->n);
    }

    ask->parts = &turn->parts;
    ask->said = NULL;
    ask->signature = ag_str(NULL, 0);

    rc = ag_anthropic_ask_blocks(ask, content, place);

    if (place == AG_ANTHROPIC_ASK_ASSISTANT) {
        ask->calls = turn->parts;
        ask->call = turn->parts;
    }

    return rc;
}
