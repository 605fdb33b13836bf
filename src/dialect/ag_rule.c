/*
 * Copyright (C) ngx_agent authors
 *
 * Reads the fields of a client's request by a table of rules.  Only types and
 * bounds of what we act upon are checked: whether a request makes sense is
 * for its provider to say.
 */


#include "dialect/ag_rule.h"


static int ag_rules_missing(const ag_rule_t *rules, size_t count,
    uint32_t seen, ag_error_t *error);
static const ag_rule_t *ag_rule_find(const ag_rule_t *rules, size_t count,
    const ag_json_member_t *member);
static int ag_rule_invalid(const ag_rule_t *rule, ag_error_t *error);
static int ag_rule_larger(int64_t *largest, const ag_json_member_t *member,
    const ag_rule_t *rule);
static int ag_rule_model_unknown(ag_error_t *error);
static int ag_rule_has_control(ag_str_t text);
static int ag_rule_is_empty(const ag_json_member_t *member);


static const ag_str_t  ag_rule_model_name = ag_string("model");

static const ag_str_t  ag_rule_model_missing =
    ag_string("Missing required parameter: \"model\".");

static const ag_str_t  ag_rule_usage_name =
    ag_string("stream_options.include_usage");

static const ag_str_t  ag_rule_usage_invalid =
    ag_string("Invalid type for \"stream_options.include_usage\": "
              "expected a boolean or null.");


int
ag_rules_read(ag_request_t *request, const ag_json_t *json,
    const ag_rule_t *rules, size_t count, ag_error_t *error)
{
    size_t                   i;
    uint32_t                 seen;
    const ag_rule_t         *rule;
    const ag_json_member_t  *member;

    seen = 0;

    for (i = 0; i < json->count; i++) {
        member = &json->members[i];
        rule = ag_rule_find(rules, count, member);

        if (rule == NULL
            || (member->type == AG_JSON_NULL && !rule->null_too))
        {
            continue;
        }

        if (rule->read(request, member, rule, error) != AG_OK) {
            return ag_rule_invalid(rule, error);
        }

        seen |= UINT32_C(1) << (rule - rules);
    }

    return ag_rules_missing(rules, count, seen, error);
}


/* A model that alone is missing may be the operator's to name. */
static int
ag_rules_missing(const ag_rule_t *rules, size_t count, uint32_t seen,
    ag_error_t *error)
{
    size_t            i;
    unsigned          others;
    const ag_rule_t  *first;

    first = NULL;
    others = 0;

    for (i = 0; i < count; i++) {
        if (!rules[i].required || (seen & UINT32_C(1) << i)) {
            continue;
        }

        first = (first == NULL) ? &rules[i] : first;
        others |= (rules[i].read != ag_rule_model);
    }

    if (!others) {
        return AG_OK;
    }

    error->class = AG_E_MISSING_VALUE;
    error->message = first->missing;
    error->param = first->name;

    return AG_INVALID;
}


void
ag_request_no_model(ag_error_t *error)
{
    error->class = AG_E_MISSING_VALUE;
    error->message = ag_rule_model_missing;
    error->param = ag_rule_model_name;
}


int
ag_rule_names(ag_str_t name, const ag_json_member_t *member)
{
    size_t     len;
    ag_char_t  decoded[AG_JSON_KEY_MAX];

    if (!member->escaped) {
        return ag_str_equal(name, member->key);
    }

    len = ag_json_decode(ag_str(member->key.data - 1, member->key.len + 2),
                         decoded, sizeof(decoded));

    return len == name.len && memcmp(decoded, name.data, len) == 0;
}


int
ag_rule_model(ag_request_t *request, const ag_json_member_t *member,
    const ag_rule_t *rule, ag_error_t *error)
{
    size_t    len;
    ag_str_t  name;

    (void) rule;

    if (member->type != AG_JSON_STRING) {
        return AG_INVALID;
    }

    name = ag_str(member->value.data + 1, member->value.len - 2);

    if (memchr(name.data, '\\', name.len) != NULL) {
        len = ag_json_decode(member->value, request->model_name,
                             sizeof(request->model_name));

        if (len == (size_t) -1) {
            return ag_rule_model_unknown(error);
        }

        name = ag_str(request->model_name, len);
    }

    if (name.len == 0 || name.len > AG_MODEL_NAME_MAX
        || ag_rule_has_control(name))
    {
        return ag_rule_model_unknown(error);
    }

    request->model = name;
    request->model_span = member->value;

    return AG_OK;
}


int
ag_rule_stream(ag_request_t *request, const ag_json_member_t *member,
    const ag_rule_t *rule, ag_error_t *error)
{
    (void) rule;
    (void) error;

    if (member->type != AG_JSON_TRUE && member->type != AG_JSON_FALSE) {
        return AG_INVALID;
    }

    request->stream = (member->type == AG_JSON_TRUE);
    request->stream_span = member->value;

    return AG_OK;
}


int
ag_rule_stream_options(ag_request_t *request, const ag_json_member_t *member,
    const ag_rule_t *rule, ag_error_t *error)
{
    ag_json_t                json;
    const ag_json_member_t  *usage;

    (void) rule;

    request->stream_options_span = member->value;

    if (member->type == AG_JSON_NULL) {
        return AG_OK;
    }

    if (member->type != AG_JSON_OBJECT) {
        return AG_INVALID;
    }

    /* a key twice would let us and the provider read different values */

    if (ag_json_scan(&json, member->value) != AG_OK) {
        error->reason = json.error;
        error->at = (size_t) (member->value.data - request->body.data)
                    + json.error_at;

        return AG_INVALID;
    }

    usage = ag_json_find(&json, "include_usage");

    if (usage == NULL) {
        return AG_OK;
    }

    request->include_usage_span = usage->value;
    request->include_usage = (usage->type == AG_JSON_TRUE);

    if (usage->type > AG_JSON_TRUE) {
        error->class = AG_E_INVALID_VALUE;
        error->message = ag_rule_usage_invalid;
        error->param = ag_rule_usage_name;

        return AG_INVALID;
    }

    return AG_OK;
}


int
ag_rule_tokens(ag_request_t *request, const ag_json_member_t *member,
    const ag_rule_t *rule, ag_error_t *error)
{
    int64_t  before;

    (void) error;

    before = request->max_output_tokens;

    if (ag_rule_larger(&request->max_output_tokens, member, rule) != AG_OK) {
        return AG_INVALID;
    }

    /* a 0 was given as well: nobody else's bound takes its place */

    if (request->max_output_tokens > before
        || request->max_output_name == NULL)
    {
        request->max_output_name = (const char *) rule->name.data;
    }

    return AG_OK;
}


int
ag_rule_choices(ag_request_t *request, const ag_json_member_t *member,
    const ag_rule_t *rule, ag_error_t *error)
{
    (void) error;

    return ag_rule_larger(&request->choices, member, rule);
}


int
ag_rule_list(ag_request_t *request, const ag_json_member_t *member,
    const ag_rule_t *rule, ag_error_t *error)
{
    (void) request;
    (void) rule;
    (void) error;

    return (member->type == AG_JSON_ARRAY && !ag_rule_is_empty(member))
           ? AG_OK : AG_INVALID;
}


int
ag_rule_text(ag_request_t *request, const ag_json_member_t *member,
    const ag_rule_t *rule, ag_error_t *error)
{
    (void) request;
    (void) rule;
    (void) error;

    return (member->type == AG_JSON_STRING || member->type == AG_JSON_ARRAY)
           ? AG_OK : AG_INVALID;
}


int
ag_rule_input(ag_request_t *request, const ag_json_member_t *member,
    const ag_rule_t *rule, ag_error_t *error)
{
    if (member->type == AG_JSON_STRING) {
        return AG_OK;
    }

    return ag_rule_list(request, member, rule, error);
}


static const ag_rule_t *
ag_rule_find(const ag_rule_t *rules, size_t count,
    const ag_json_member_t *member)
{
    size_t  i;

    for (i = 0; i < count; i++) {
        if (ag_rule_names(rules[i].name, member)) {
            return &rules[i];
        }
    }

    return NULL;
}


/* The row's own text, unless the reader of the value has set a better one. */
static int
ag_rule_invalid(const ag_rule_t *rule, ag_error_t *error)
{
    if (error->class == AG_E_NONE) {
        error->class = AG_E_INVALID_VALUE;
        error->message = rule->invalid;
        error->param = rule->name;
    }

    return AG_INVALID;
}


static int
ag_rule_larger(int64_t *largest, const ag_json_member_t *member,
    const ag_rule_t *rule)
{
    int64_t  number;

    if (member->type != AG_JSON_NUMBER
        || ag_json_integer(member->value, rule->min, rule->max, &number)
           != AG_OK)
    {
        return AG_INVALID;
    }

    if (number > *largest) {
        *largest = number;
    }

    return AG_OK;
}


/* A name that cannot exist is answered as one that does not. */
static int
ag_rule_model_unknown(ag_error_t *error)
{
    error->class = AG_E_UNKNOWN_MODEL;
    error->param = ag_rule_model_name;

    return AG_INVALID;
}


/* C0, DEL and C1 (0xC2 0x80 to 0xC2 0x9F in UTF-8). */
static int
ag_rule_has_control(ag_str_t text)
{
    size_t  i;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] < 0x20 || text.data[i] == 0x7f
            || (text.data[i] == 0xc2 && i + 1 < text.len
                && text.data[i + 1] < 0xa0))
        {
            return 1;
        }
    }

    return 0;
}


/* Is there nothing but space between the brackets? */
static int
ag_rule_is_empty(const ag_json_member_t *member)
{
    size_t  i;

    for (i = 1; i < member->value.len - 1; i++) {
        if (strchr(" \t\r\n", member->value.data[i]) == NULL) {
            return 0;
        }
    }

    return 1;
}
