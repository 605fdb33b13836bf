/*
 * Copyright (C) ngx_agent authors
 *
 * Changes a client's body on its way to a provider by naming the places that
 * differ.  Everything else is copied byte for byte, unknown fields, spacing
 * and escapes included: nothing is parsed and written again.
 */


#include "dialect/ag_rule.h"


#define AG_PATCH_AMENDED  2     /* fields: model, bound of output */
#define AG_PATCH_NUMBER   20    /* bytes of a number */


typedef struct {
    const ag_request_t  *request;
    ag_patch_t          *patches;
    size_t               count;
} ag_patcher_t;


static void ag_patch_usage(ag_patcher_t *p);
static size_t ag_patch_theirs(const ag_field_t *fields, size_t count,
    ag_field_t *theirs);
static const char *ag_patch_bound(const ag_request_t *request,
    const char *max_tokens);
static size_t ag_patch_fields(ag_patcher_t *p, const ag_field_t *fields,
    size_t count);
static int ag_patch_is_ours(const ag_field_t *field);
static const ag_json_member_t *ag_patch_find(const ag_json_t *json,
    ag_str_t key);
static void ag_patch_replace(ag_patcher_t *p, ag_str_t span,
    ag_str_t insert);
static void ag_patch_insert(ag_patcher_t *p, const ag_char_t *where,
    ag_str_t insert);
static void ag_patch_add(ag_patcher_t *p, const ag_char_t *where, size_t cut,
    ag_str_t insert);


static const ag_str_t  ag_patch_true = ag_string("true");
static const ag_str_t  ag_patch_option = ag_string("{\"include_usage\":true}");
static const ag_str_t  ag_patch_only = ag_string("\"include_usage\":true");
static const ag_str_t  ag_patch_first = ag_string("\"include_usage\":true,");
static const ag_str_t  ag_patch_whole =
    ag_string(",\"stream_options\":{\"include_usage\":true}");

static const ag_str_t  ag_patch_quote = ag_string("\"");
static const ag_str_t  ag_patch_comma_quote = ag_string(",\"");
static const ag_str_t  ag_patch_quote_colon = ag_string("\":");
static const ag_str_t  ag_patch_comma = ag_string(",");


size_t
ag_request_patch(const ag_request_t *request, ag_str_t model, int usage,
    const ag_field_t *fields, size_t count, ag_patch_t *patches)
{
    ag_field_t    theirs[AG_FIELDS_MAX];
    ag_patcher_t  p;

    p.request = request;
    p.patches = patches;
    p.count = 0;

    if (model.len > 0 && request->model_span.data != NULL
        && !ag_str_equal(model, request->model_span))
    {
        ag_patch_replace(&p, request->model_span, model);
    }

    if (usage && request->stream && !request->include_usage
        && (request->endpoint == AG_ENDPOINT_CHAT
            || request->endpoint == AG_ENDPOINT_COMPLETIONS))
    {
        ag_patch_usage(&p);
    }

    count = ag_patch_theirs(fields, count, theirs);

    if (count > 0) {
        (void) ag_patch_fields(&p, theirs, count);
    }

    return p.count;
}


int
ag_request_amend(ag_buf_t *out, const ag_request_t *request, ag_str_t model,
    int64_t max_output_tokens, const char *max_tokens)
{
    int           rc;
    size_t        count, len;
    ag_buf_t      number;
    ag_field_t    fields[AG_PATCH_AMENDED];
    ag_patch_t    patches[4 * AG_PATCH_AMENDED + 1];
    const char   *bound;
    ag_patcher_t  p;

    count = 0;
    ag_buf_init(&number, AG_PATCH_NUMBER);

    if (model.len > 0) {
        fields[count].key = ag_str("model", 5);
        fields[count++].value = model;
    }

    bound = ag_patch_bound(request, max_tokens);

    if (max_output_tokens > 0 && bound != NULL) {
        rc = ag_buf_add_number(&number, (uint64_t) max_output_tokens);

        if (rc != AG_OK) {
            return rc;
        }

        fields[count].key = ag_str(bound, strlen(bound));
        fields[count++].value = ag_buf_str(&number);
    }

    p.request = request;
    p.patches = patches;
    p.count = 0;

    rc = AG_LIMIT;

    if (ag_patch_fields(&p, fields, count) <= AG_JSON_MEMBERS_MAX) {
        len = ag_patch_len(request->body, patches, p.count);
        rc = ag_buf_reserve(out, len);

        if (rc == AG_OK) {
            ag_patch_write(request->body, patches, p.count,
                           out->data + out->len);
            out->len += len;
        }
    }

    ag_buf_free(&number);

    return rc;
}


/* What bounds the output at the request's endpoint; NULL: nothing does, or
 * the client has said it. */
static const char *
ag_patch_bound(const ag_request_t *request, const char *max_tokens)
{
    if (request->max_output_name != NULL) {
        return NULL;
    }

    switch (request->endpoint) {

    case AG_ENDPOINT_CHAT:
        return max_tokens;

    case AG_ENDPOINT_COMPLETIONS:
    case AG_ENDPOINT_MESSAGES:
        return "max_tokens";

    case AG_ENDPOINT_RESPONSES:
        return "max_output_tokens";

    default:
        return NULL;
    }
}


size_t
ag_patch_len(ag_str_t body, const ag_patch_t *patches, size_t count)
{
    size_t  i, len;

    len = body.len;

    for (i = 0; i < count; i++) {
        len = len - patches[i].cut + patches[i].insert.len;
    }

    return len;
}


void
ag_patch_write(ag_str_t body, const ag_patch_t *patches, size_t count,
    ag_char_t *out)
{
    size_t             i, from;
    const ag_patch_t  *patch;

    from = 0;

    for (i = 0; i < count; i++) {
        patch = &patches[i];

        memcpy(out, body.data + from, patch->at - from);
        out += patch->at - from;

        memcpy(out, patch->insert.data, patch->insert.len);
        out += patch->insert.len;

        from = patch->at + patch->cut;
    }

    memcpy(out, body.data + from, body.len - from);
}


/* Makes stream_options.include_usage true, whatever the client wrote there. */
static void
ag_patch_usage(ag_patcher_t *p)
{
    size_t    space;
    ag_str_t  options, option, stream;

    options = p->request->stream_options_span;
    option = p->request->include_usage_span;
    stream = p->request->stream_span;

    if (options.data == NULL) {
        ag_patch_insert(p, stream.data + stream.len, ag_patch_whole);
        return;
    }

    if (options.data[0] != '{') {
        ag_patch_replace(p, options, ag_patch_option);
        return;
    }

    if (option.data != NULL) {
        ag_patch_replace(p, option, ag_patch_true);
        return;
    }

    for (space = 1; strchr(" \t\r\n", options.data[space]); space++) {
        /* void */
    }

    ag_patch_insert(p, options.data + 1, (options.data[space] == '}')
                                         ? ag_patch_only : ag_patch_first);
}


/* The operator's fields but for those that are the gateway's own. */
static size_t
ag_patch_theirs(const ag_field_t *fields, size_t count, ag_field_t *theirs)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < count && i < AG_FIELDS_MAX; i++) {
        if (!ag_patch_is_ours(&fields[i])) {
            theirs[n++] = fields[i];
        }
    }

    return n;
}


/*
 * An absent field goes in front of all others, where a comma behind it is
 * right if there is any other.  Returns the members that the body will have.
 */
static size_t
ag_patch_fields(ag_patcher_t *p, const ag_field_t *fields, size_t count)
{
    size_t                   i, inserted;
    ag_json_t                json;
    const ag_char_t         *start;
    const ag_json_member_t  *member;

    (void) ag_json_scan(&json, p->request->body);

    start = memchr(p->request->body.data, '{', p->request->body.len);
    start++;
    inserted = 0;

    for (i = 0; i < count; i++) {
        member = ag_patch_find(&json, fields[i].key);

        if (member != NULL) {
            ag_patch_replace(p, member->value, fields[i].value);
            continue;
        }

        ag_patch_insert(p, start, (inserted++ == 0) ? ag_patch_quote
                                                    : ag_patch_comma_quote);
        ag_patch_insert(p, start, fields[i].key);
        ag_patch_insert(p, start, ag_patch_quote_colon);
        ag_patch_insert(p, start, fields[i].value);
    }

    if (inserted > 0 && json.count > 0) {
        ag_patch_insert(p, start, ag_patch_comma);
    }

    return json.count + inserted;
}


static int
ag_patch_is_ours(const ag_field_t *field)
{
    return ag_str_is(field->key, "model") || ag_str_is(field->key, "stream")
           || ag_str_is(field->key, "stream_options");
}


static const ag_json_member_t *
ag_patch_find(const ag_json_t *json, ag_str_t key)
{
    uint32_t  i;

    for (i = 0; i < json->count; i++) {
        if (ag_rule_names(key, &json->members[i])) {
            return &json->members[i];
        }
    }

    return NULL;
}


static void
ag_patch_replace(ag_patcher_t *p, ag_str_t span, ag_str_t insert)
{
    ag_patch_add(p, span.data, span.len, insert);
}


static void
ag_patch_insert(ag_patcher_t *p, const ag_char_t *where, ag_str_t insert)
{
    ag_patch_add(p, where, 0, insert);
}


/* Keeps the patches in order; those of one place stay as they were added. */
static void
ag_patch_add(ag_patcher_t *p, const ag_char_t *where, size_t cut,
    ag_str_t insert)
{
    size_t  at, i;

    at = (size_t) (where - p->request->body.data);

    for (i = p->count; i > 0 && p->patches[i - 1].at > at; i--) {
        p->patches[i] = p->patches[i - 1];
    }

    p->patches[i].at = at;
    p->patches[i].cut = cut;
    p->patches[i].insert = insert;
    p->count++;
}
