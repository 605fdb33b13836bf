/*
 * Copyright (C) ngx_agent authors
 *
 * What a provider cannot take: dropped and named, or refused.
 *
 * Names go into a response header, and some are the client's: one that is
 * not made of a name's letters is dropped without being named.
 */


#include "dialect/ag_neutral_parts.h"
#include "dialect/ag_translate.h"


#define AG_OUTBOUND_NAME_MAX  64    /* bytes; the longest known has 30 */


static unsigned ag_outbound_is_offer(const ag_neutral_t *n,
    const ag_tool_t *tool, ag_str_t type);
static unsigned ag_outbound_is_name(ag_str_t param);


static const ag_str_t  ag_outbound_web_search = ag_string("web_search");


void
ag_outbound_drop(ag_outbound_t *to, const char *param)
{
    ag_outbound_drop_text(to, ag_str(param, strlen(param)));
}


/* Twice the same, in two messages, is one loss to a reader of the header. */
void
ag_outbound_drop_text(ag_outbound_t *to, ag_str_t param)
{
    uint32_t  i;

    if (!ag_outbound_is_name(param)) {
        return;
    }

    for (i = 0; i < to->drop_count; i++) {
        if (ag_str_equal(to->drops[i], param)) {
            return;
        }
    }

    if (i < AG_DROPS_MAX) {
        to->drops[i] = param;
        to->drop_count++;
    }
}


/*
 * The provider's dialect is named, not the provider: that is the operator's
 * affair, and says as much about what works.
 */
int
ag_outbound_refuse(ag_outbound_t *to, ag_error_t *error, const char *param)
{
    if (to->drop_params) {
        ag_outbound_drop(to, param);
        return AG_OK;
    }

    memset(error, 0, sizeof(ag_error_t));

    error->class = AG_E_UNSUPPORTED_PARAMETER;
    error->param = ag_str(param, strlen(param));
    error->message = ag_neutral_sentence(to->arena, "\"", param,
                                         "\" is not supported by this "
                                         "model's provider (",
                                         to->provider->name, "); with "
                                         "drop_params the gateway leaves it "
                                         "out.", NULL);

    return AG_INVALID;
}


/* Agents offer what the model they know has: most calls never need it. */
int
ag_outbound_tool(const ag_neutral_t *n, ag_outbound_t *to, ag_error_t *error,
    const ag_tool_t *tool)
{
    char         name[AG_OUTBOUND_NAME_MAX + 1];
    ag_str_t     type;

    type = ag_json_text(yyjson_obj_get(tool->value, "type"));

    if (tool->kind == AG_TOOL_WEB_SEARCH && n->web_search == NULL) {
        type = ag_outbound_web_search;
    }

    if (ag_outbound_is_offer(n, tool, type)) {
        ag_outbound_drop_text(to, type);
        return AG_OK;
    }

    if (ag_outbound_refuse(to, error, "tools") == AG_OK) {
        return AG_OK;
    }

    if (ag_outbound_is_name(type)) {
        memcpy(name, type.data, type.len);
        name[type.len] = '\0';

        error->message = ag_neutral_sentence(to->arena, "The tool \"", name,
                                             "\" is not supported by this "
                                             "model's provider (",
                                             to->provider->name, "); with "
                                             "drop_params the gateway leaves "
                                             "it out.", NULL);
    }

    return AG_INVALID;
}


static unsigned
ag_outbound_is_offer(const ag_neutral_t *n, const ag_tool_t *tool,
    ag_str_t type)
{
    const ag_tool_t  *other;

    if ((tool->kind != AG_TOOL_WEB_SEARCH || n->web_search != NULL)
        && !ag_str_is(type, "tool_search"))
    {
        return 0;
    }

    if (n->choose == AG_CHOOSE_TOOL && ag_str_equal(n->tool, type)) {
        return 0;
    }

    for (other = n->tools; other != NULL; other = other->next) {
        if (other->kind == AG_TOOL_FUNCTION || other->kind == AG_TOOL_CUSTOM)
        {
            return 1;
        }
    }

    return 0;
}


/* drop_params is no excuse: a message without its image means another. */
int
ag_outbound_unsupported(const ag_neutral_t *n, ag_outbound_t *to,
    ag_error_t *error, const char *param, uint32_t index, const char *what)
{
    char        first[2];
    const char  *list;

    memset(error, 0, sizeof(ag_error_t));

    list = (n->list != NULL) ? n->list : "messages";

    error->class = AG_E_UNSUPPORTED_PARAMETER;
    error->param = ag_neutral_path(to->arena, list, param, index);

    first[0] = *what;
    first[1] = '\0';

    if (first[0] >= 'a' && first[0] <= 'z') {
        first[0] = (char) (first[0] - 'a' + 'A');
    }

    error->message = ag_neutral_sentence(to->arena, first,
                                         (*what != '\0') ? what + 1 : "",
                                         " is not supported by this model's "
                                         "provider (", to->provider->name,
                                         ").", NULL);

    return AG_INVALID;
}


static unsigned
ag_outbound_is_name(ag_str_t param)
{
    size_t     i;
    ag_char_t  c, letter;

    if (param.len == 0 || param.len > AG_OUTBOUND_NAME_MAX) {
        return 0;
    }

    for (i = 0; i < param.len; i++) {
        c = param.data[i];
        letter = (ag_char_t) (c | 0x20);

        if ((letter < 'a' || letter > 'z') && (c < '0' || c > '9')
            && c != '_' && c != '-' && c != '.' && c != '[' && c != ']')
        {
            return 0;
        }
    }

    return 1;
}
