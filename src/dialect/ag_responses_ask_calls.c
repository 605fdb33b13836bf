/*
 * Copyright (C) ngx_agent authors
 *
 * Calls of tools in a conversation of the Responses API, and what came of
 * them.
 *
 * An output names its call by an id alone, others want the tool's name
 * beside it: names are kept in a table, hashed by id.
 */


#include "dialect/ag_responses_parts.h"


#define AG_RESPONSES_PROBES  64     /* slots that are looked at for a call:
                                       ids can be made to collide */


static int ag_responses_call(ag_responses_asker_t *a, yyjson_val *item,
    const char *param, ag_part_t **part);
static int ag_responses_call_names(ag_responses_asker_t *a,
    yyjson_val *item, ag_responses_call_t *names);
static int ag_responses_call_id(ag_responses_asker_t *a, yyjson_val *item,
    ag_str_t *id);
static int ag_responses_check_arguments(ag_responses_asker_t *a,
    ag_str_t text);
static int ag_responses_output(ag_responses_asker_t *a, yyjson_val *item,
    unsigned custom);
static int ag_responses_name(ag_responses_asker_t *a, yyjson_val *item,
    ag_str_t *name);
static ag_responses_call_t *ag_responses_slot(ag_responses_asker_t *a,
    ag_str_t id);


int
ag_responses_ask_calls(ag_responses_asker_t *a, size_t items)
{
    uint32_t  size;

    for (size = 16; size < 2 * items; size *= 2) {
        /* void */
    }

    a->calls_mask = size - 1;
    a->calls = ag_arena_alloc(a->n->arena,
                              size * sizeof(ag_responses_call_t));

    return (a->calls != NULL) ? AG_OK : AG_NOMEM;
}


int
ag_responses_ask_function_call(ag_responses_asker_t *a, yyjson_val *item)
{
    int         rc;
    ag_part_t  *part;

    rc = ag_responses_call(a, item, "input[%u].arguments", &part);

    return (rc != AG_OK) ? rc : ag_responses_check_arguments(a, part->text);
}


int
ag_responses_ask_custom_call(ag_responses_asker_t *a, yyjson_val *item)
{
    int         rc;
    ag_part_t  *part;

    rc = ag_responses_call(a, item, "input[%u].input", &part);

    if (rc == AG_OK) {
        part->custom = 1;
    }

    return rc;
}


/* "param" ends with the member that holds what the tool is given. */
static int
ag_responses_call(ag_responses_asker_t *a, yyjson_val *item,
    const char *param, ag_part_t **part)
{
    int                   rc;
    yyjson_val           *given;
    ag_responses_call_t   names, *call;

    given = yyjson_obj_get(item, strchr(param, '.') + 1);

    if (given != NULL && !yyjson_is_null(given) && !yyjson_is_str(given)) {
        return ag_responses_ask_invalid(a, param, "a string");
    }

    rc = ag_responses_call_names(a, item, &names);

    if (rc == AG_OK) {
        rc = ag_responses_ask_turn(a, AG_ROLE_ASSISTANT);
    }

    if (rc != AG_OK) {
        return rc;
    }

    *part = ag_responses_ask_part(a, AG_PART_TOOL_CALL);

    if (*part == NULL) {
        return AG_NOMEM;
    }

    (*part)->id = names.id;
    (*part)->name = names.name;
    (*part)->text = ag_json_text(given);

    call = ag_responses_slot(a, names.id);

    if (call != NULL) {
        *call = names;
    }

    ag_responses_ask_sign(a, *part);

    return AG_OK;
}


static int
ag_responses_call_names(ag_responses_asker_t *a, yyjson_val *item,
    ag_responses_call_t *names)
{
    int  rc;

    rc = ag_responses_call_id(a, item, &names->id);

    if (rc == AG_OK) {
        rc = ag_responses_name(a, item, &names->name);
    }

    if (rc == AG_OK && names->name.len == 0) {
        return ag_responses_ask_invalid(a, "input[%u].name",
                                        "a string, not empty");
    }

    return rc;
}


static int
ag_responses_call_id(ag_responses_asker_t *a, yyjson_val *item, ag_str_t *id)
{
    *id = ag_json_text(yyjson_obj_get(item, "call_id"));

    return (id->len > 0) ? AG_OK
           : ag_responses_ask_invalid(a, "input[%u].call_id",
                                      "a string, not empty");
}


/* Others have no place for arguments that are none; no text means none. */
static int
ag_responses_check_arguments(ag_responses_asker_t *a, ag_str_t text)
{
    unsigned     object;
    yyjson_doc  *doc;

    if (text.len == 0) {
        return AG_OK;
    }

    doc = ag_json_tree_large(text, AG_TRANSLATE_MAX, NULL);
    object = yyjson_is_obj(yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);

    return object ? AG_OK
           : ag_responses_ask_invalid(a, "input[%u].arguments",
                                      "a JSON object in a string");
}


int
ag_responses_ask_function_output(ag_responses_asker_t *a, yyjson_val *item)
{
    return ag_responses_output(a, item, 0);
}


int
ag_responses_ask_custom_output(ag_responses_asker_t *a, yyjson_val *item)
{
    return ag_responses_output(a, item, 1);
}


static int
ag_responses_output(ag_responses_asker_t *a, yyjson_val *item,
    unsigned custom)
{
    int                   rc;
    ag_str_t              id, name;
    ag_part_t            *part, **last;
    ag_responses_call_t  *call;

    rc = ag_responses_call_id(a, item, &id);

    if (rc != AG_OK) {
        return rc;
    }

    call = ag_responses_slot(a, id);

    if (call != NULL && call->id.len > 0) {
        name = call->name;

    } else {
        rc = ag_responses_name(a, item, &name);

        if (rc != AG_OK) {
            return rc;
        }
    }

    rc = ag_responses_ask_turn(a, AG_ROLE_USER);

    if (rc != AG_OK) {
        return rc;
    }

    part = ag_responses_ask_part(a, AG_PART_TOOL_RESULT);

    if (part == NULL) {
        return AG_NOMEM;
    }

    part->id = id;
    part->name = name;
    part->custom = custom & 1;
    last = &part->parts;

    return ag_responses_ask_content(a, &last, yyjson_obj_get(item, "output"),
                                    "input[%u].output");
}


static int
ag_responses_name(ag_responses_asker_t *a, yyjson_val *item, ag_str_t *name)
{
    *name = ag_responses_flat_name(a->n->arena,
                                   ag_json_text(yyjson_obj_get(item,
                                                               "namespace")),
                                   ag_json_text(yyjson_obj_get(item,
                                                               "name")));

    return (name->data == NULL && name->len > 0) ? AG_NOMEM : AG_OK;
}


/* The call's slot, or an empty one; NULL: too many collide. */
static ag_responses_call_t *
ag_responses_slot(ag_responses_asker_t *a, ag_str_t id)
{
    uint32_t              i, at;
    ag_responses_call_t  *call;

    at = ag_json_hash(id);

    for (i = 0; i < AG_RESPONSES_PROBES; i++) {
        call = &a->calls[(at + i) & a->calls_mask];

        if (call->id.len == 0 || ag_str_equal(call->id, id)) {
            return call;
        }
    }

    return NULL;
}
