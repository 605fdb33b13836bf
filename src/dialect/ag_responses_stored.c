/*
 * Copyright (C) ngx_agent authors
 *
 * What a request of the Responses API may refer to in the provider's store.
 * That belongs to the provider's account, which all tenants share: who could
 * name another's response could read it.  So nothing stored is referred to.
 */


#include "dialect/ag_responses_stored.h"
#include "dialect/ag_validate_parts.h"


static unsigned ag_responses_stored_item(ag_str_t item);


static const ag_str_t  ag_responses_stored_input = ag_string("input");

static const ag_str_t  ag_responses_stored_items =
    ag_string("Items of \"input\" must be given whole: references to stored "
              "items are not available through this gateway.");


int
ag_responses_stored_rule(ag_request_t *request,
    const ag_json_member_t *member, const ag_rule_t *rule, ag_error_t *error)
{
    (void) request;

    if (member->type == AG_JSON_FALSE) {
        return AG_OK;       /* "background" */
    }

    error->class = AG_E_UNSUPPORTED_PARAMETER;
    error->message = rule->invalid;
    error->param = rule->name;

    return AG_INVALID;
}


int
ag_responses_stored(const ag_json_t *json, ag_error_t *error)
{
    ag_str_t                 key, item;
    ag_validate_walk_t       walk;
    const ag_json_member_t  *input;

    input = ag_json_find(json, "input");

    if (input == NULL || input->type != AG_JSON_ARRAY) {
        return AG_OK;
    }

    ag_validate_json_walk(&walk, input->value);

    while (ag_validate_json_next(&walk, &key, &item)) {

        if (ag_responses_stored_item(item)) {
            error->class = AG_E_UNSUPPORTED_PARAMETER;
            error->message = ag_responses_stored_items;
            error->param = ag_responses_stored_input;

            return AG_INVALID;
        }
    }

    return AG_OK;
}


/* A reference's type may be left out; then an id is all that it has. */
static unsigned
ag_responses_stored_item(ag_str_t item)
{
    ag_str_t  values[3];

    static const char *const  names[] = { "type", "role", "id", NULL };

    if (!ag_validate_json_is_object(item)) {
        return 0;
    }

    ag_validate_json_members(item, names, values);

    if (ag_validate_json_is(values[0], "item_reference")) {
        return 1;
    }

    return !ag_validate_json_is_string(values[0]) && values[1].data == NULL
           && values[2].data != NULL;
}
