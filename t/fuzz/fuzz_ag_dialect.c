/*
 * Copyright (C) ngx_agent authors
 *
 * The dialects with any bytes: a request that is accepted is, patched or
 * amended, the same request but for what was changed; answers, events and
 * errors of providers give a verdict that holds together, whatever they are;
 * a stream that is cut behind any event has one end, and a model has said no
 * more than the bytes that came.
 *
 * The first byte of the input chooses the endpoint, the second the provider's
 * status and the operator's fields; the rest is the body.
 */


#include <assert.h>
#include <stdlib.h>

#include "dialect/ag_dialect.h"


#define FUZZ_FIELDS  3


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void fuzz_request(ag_endpoint_t endpoint, ag_str_t body,
    size_t fields);
static void fuzz_amended(const ag_request_t *request, const char *model,
    int64_t bound, const char *name);
static unsigned fuzz_is_bounded(const ag_request_t *request);
static void fuzz_refused(const ag_error_t *error);
static void fuzz_patched(const ag_request_t *request, ag_str_t out,
    size_t fields);
static void fuzz_members(const ag_request_t *request, ag_str_t before,
    ag_str_t after, size_t fields);
static const ag_json_member_t *fuzz_find(const ag_json_t *json,
    ag_str_t key);
static unsigned fuzz_is_changed(const ag_request_t *request,
    const ag_json_t *json, const ag_json_member_t *member, size_t fields);
static void fuzz_answer(ag_endpoint_t endpoint, ag_str_t body);
static void fuzz_event(const ag_dialect_t *dialect, ag_str_t type,
    ag_str_t data);
static void fuzz_cut(ag_endpoint_t endpoint, ag_str_t data);
static void fuzz_usage(const ag_usage_t *usage);
static void fuzz_classify(unsigned status, ag_str_t body);


static const ag_field_t  fuzz_fields[FUZZ_FIELDS] = {
    { ag_string("seed"), ag_string("7") },
    { ag_string("x"), ag_string("{\"y\":[]}") },
    { ag_string("temperature"), ag_string("0.5") }
};


static const unsigned  fuzz_statuses[] = {
    0, 101, 200, 302, 400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500,
    503
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                 fields;
    unsigned               status;
    ag_str_t               body;
    ag_char_t             *copy;
    ag_endpoint_t          endpoint;
    static const ag_str_t  none = ag_null_string;
    static const ag_str_t  error = ag_string("error");

    if (size < 2) {
        return 0;
    }

    endpoint = (ag_endpoint_t) (data[0] % AG_ENDPOINT_MAX);
    status = fuzz_statuses[data[1] % 16];
    fields = data[1] / 16 % (FUZZ_FIELDS + 1);

    /* a block of its own: reading past its end is seen */

    copy = malloc(size - 2 + (size == 2));
    assert(copy != NULL);
    memcpy(copy, data + 2, size - 2);
    body = ag_str(copy, size - 2);

    fuzz_request(endpoint, body, fields);
    fuzz_answer(endpoint, body);
    fuzz_classify(status, body);

    fuzz_event(&ag_openai, none, body);
    fuzz_event(&ag_openai, error, body);
    fuzz_event(&ag_responses, none, body);
    fuzz_event(&ag_anthropic, none, body);
    fuzz_cut(endpoint, body);

    free(copy);

    return 0;
}


static void
fuzz_request(ag_endpoint_t endpoint, ag_str_t body, size_t fields)
{
    size_t                 count, i, len;
    ag_char_t             *out;
    ag_error_t             error;
    ag_patch_t             patches[AG_PATCHES_MAX];
    ag_request_t           request;
    static const ag_str_t  model = ag_string("\"patched\"");

    if (ag_request_read(&request, endpoint, body, &error) != AG_OK) {
        fuzz_refused(&error);
        return;
    }

    assert(error.class == AG_E_NONE);
    assert(request.model.len <= AG_MODEL_NAME_MAX);
    assert((request.model.len > 0) == (request.model_span.data != NULL));
    assert(request.choices >= 1 && request.choices <= AG_CHOICES_MAX);
    assert(request.max_output_tokens >= 0
           && request.max_output_tokens <= AG_OUTPUT_TOKENS_MAX);
    assert(request.max_output_tokens == 0 || request.max_output_name != NULL);

    fuzz_amended(&request, "\"amended\"", 4321, "max_tokens");
    fuzz_amended(&request, "\"amended\"", 0, "max_completion_tokens");
    fuzz_amended(&request, "", 4321, "max_completion_tokens");

    count = ag_request_patch(&request, model, 1, fuzz_fields, fields,
                             patches);

    assert(count <= AG_PATCHES_MAX);

    for (i = 1; i < count; i++) {
        assert(patches[i].at >= patches[i - 1].at + patches[i - 1].cut);
    }

    len = ag_patch_len(body, patches, count);
    out = malloc(len);
    assert(out != NULL);

    ag_patch_write(body, patches, count, out);
    fuzz_patched(&request, ag_str(out, len), fields);

    free(out);
}


static void
fuzz_amended(const ag_request_t *request, const char *model, int64_t bound,
    const char *name)
{
    int                      rc;
    uint32_t                 i;
    ag_buf_t                 out;
    ag_json_t               *before, *after;
    ag_error_t               error;
    ag_request_t             again;
    const ag_json_member_t  *member, *twin;

    ag_buf_init(&out, 2 * AG_REQUEST_MAX);
    rc = ag_request_amend(&out, request, ag_str(model, strlen(model)), bound,
                          name);

    before = malloc(sizeof(*before));
    after = malloc(sizeof(*after));
    assert(before != NULL && after != NULL);
    assert(ag_json_scan(before, request->body) == AG_OK);

    if (rc != AG_OK) {
        assert(rc == AG_LIMIT && before->count + 2 > AG_JSON_MEMBERS_MAX);
        goto done;
    }

    assert(ag_request_read(&again, request->endpoint, ag_buf_str(&out),
                           &error) == AG_OK);
    assert(ag_json_scan(after, ag_buf_str(&out)) == AG_OK);

    if (model[0] != '\0') {
        assert(ag_str_is(again.model, "amended"));

    } else {
        assert(ag_str_equal(again.model, request->model));
    }

    if (bound > 0 && request->max_output_name == NULL
        && fuzz_is_bounded(request))
    {
        assert(again.max_output_tokens == bound);
        assert(request->endpoint != AG_ENDPOINT_CHAT
               || strcmp(again.max_output_name, name) == 0);

    } else {
        assert(again.max_output_tokens == request->max_output_tokens);
        assert(again.max_output_name == request->max_output_name);
    }

    for (i = 0; i < before->count; i++) {
        member = &before->members[i];
        twin = fuzz_find(after, member->key);
        assert(twin != NULL);

        if (twin->value.data != again.model_span.data
            && (member->type != AG_JSON_NULL || twin->type == AG_JSON_NULL))
        {
            assert(ag_str_equal(member->value, twin->value));
        }
    }

    assert(after->count <= before->count + 2);

done:

    free(before);
    free(after);
    ag_buf_free(&out);
}


static unsigned
fuzz_is_bounded(const ag_request_t *request)
{
    return request->endpoint == AG_ENDPOINT_CHAT
           || request->endpoint == AG_ENDPOINT_COMPLETIONS
           || request->endpoint == AG_ENDPOINT_RESPONSES
           || request->endpoint == AG_ENDPOINT_MESSAGES;
}


/* A refusal can be written down, whatever the client sent. */
static void
fuzz_refused(const ag_error_t *error)
{
    ag_buf_t               out;
    yyjson_doc            *doc;
    static const ag_str_t  id = ag_string("id");

    assert(error->class != AG_E_NONE && error->class < AG_E_MAX);
    assert(ag_error_row(error->class)->status < 500);

    ag_buf_init(&out, 4096);
    assert(ag_error_write(&out, error, AG_SURFACE_OPENAI, id) == AG_OK);

    doc = yyjson_read((const char *) out.data, out.len, 0);
    assert(doc != NULL);

    yyjson_doc_free(doc);
    ag_buf_free(&out);
}


static void
fuzz_patched(const ag_request_t *request, ag_str_t out, size_t fields)
{
    int           rc;
    ag_json_t    *json;
    ag_error_t    error;
    ag_request_t  again;

    json = malloc(sizeof(*json));
    assert(json != NULL);

    rc = ag_json_scan(json, out);

    /* what was added may be one member too many for our own cap */

    if (rc == AG_LIMIT) {
        assert(json->count == AG_JSON_MEMBERS_MAX);
        free(json);
        return;
    }

    assert(rc == AG_OK);
    free(json);

    if (ag_request_read(&again, request->endpoint, out, &error) != AG_OK) {
        assert(error.reason != NULL
               && strstr(error.reason, "too many") != NULL);
        return;
    }

    assert(ag_str_is(again.model, (request->model.len > 0) ? "patched" : ""));
    assert(again.stream == request->stream);
    assert(again.choices == request->choices);
    assert(again.max_output_tokens == request->max_output_tokens);

    if (request->stream && (request->endpoint == AG_ENDPOINT_CHAT
                            || request->endpoint == AG_ENDPOINT_COMPLETIONS))
    {
        assert(again.include_usage);
    }

    fuzz_members(request, request->body, out, fields);

    if (again.stream_options_span.len > 4
        && request->stream_options_span.len > 4)
    {
        fuzz_members(request, request->stream_options_span,
                     again.stream_options_span, 0);
    }
}


/* Every member of "before" is in "after", and only ours are different. */
static void
fuzz_members(const ag_request_t *request, ag_str_t before, ag_str_t after,
    size_t fields)
{
    uint32_t                 i;
    ag_json_t               *a, *b;
    const ag_json_member_t  *member, *twin;

    a = malloc(sizeof(*a));
    b = malloc(sizeof(*b));
    assert(a != NULL && b != NULL);

    assert(ag_json_scan(a, before) == AG_OK);

    if (ag_json_scan(b, after) == AG_OK) {
        assert(b->count >= a->count);

        for (i = 0; i < a->count; i++) {
            member = &a->members[i];
            twin = fuzz_find(b, member->key);

            assert(twin != NULL);

            if (!fuzz_is_changed(request, a, member, fields)) {
                assert(ag_str_equal(member->value, twin->value));
            }
        }
    }

    free(a);
    free(b);
}


static const ag_json_member_t *
fuzz_find(const ag_json_t *json, ag_str_t key)
{
    uint32_t  i;

    for (i = 0; i < json->count; i++) {
        if (ag_str_equal(json->members[i].key, key)) {
            return &json->members[i];
        }
    }

    return NULL;
}


static unsigned
fuzz_is_changed(const ag_request_t *request, const ag_json_t *json,
    const ag_json_member_t *member, size_t fields)
{
    size_t  i;

    if (member->value.data == request->model_span.data
        || member->value.data == request->stream_options_span.data
        || member->value.data == request->include_usage_span.data)
    {
        return 1;
    }

    for (i = 0; i < fields; i++) {
        if (ag_json_find(json, (const char *) fuzz_fields[i].key.data)
            == member)
        {
            return 1;
        }
    }

    return 0;
}


static void
fuzz_answer(ag_endpoint_t endpoint, ag_str_t body)
{
    ag_answer_t  answer;

    memset(&answer, 0xff, sizeof(answer));

    ag_endpoint_dialect(endpoint)->read_answer(endpoint, body, &answer);

    assert(answer.error < AG_E_MAX);
    assert(answer.said <= 4 * body.len);    /* of JSON it is estimated */
    assert(answer.said == 0 || !answer.usage.known);
    fuzz_usage(&answer.usage);
}


static void
fuzz_event(const ag_dialect_t *dialect, ag_str_t type, ag_str_t data)
{
    ag_delta_t      delta;
    ag_usage_t      usage;
    ag_sse_event_t  event;

    memset(&usage, 0, sizeof(usage));
    memset(&delta, 0xff, sizeof(delta));
    memset(&event, 0, sizeof(event));

    event.type = type;
    event.data = data;
    event.has_data = 1;

    dialect->read_event(AG_ENDPOINT_CHAT, &event, &delta, &usage);
    fuzz_usage(&usage);

    assert(delta.failed == (delta.error != AG_E_NONE));
    assert(delta.error < AG_E_MAX);

    assert(delta.said <= 4 * data.len);

    if (delta.failed || delta.malformed) {
        assert(!delta.content && !delta.finish && !delta.done
               && !delta.usage_only);
        assert(!(delta.failed && delta.malformed));
    }

    if (delta.usage_only) {
        assert(usage.known && !delta.content && !delta.finish);
    }

    /* what was read once is read again, and never added */

    dialect->read_event(AG_ENDPOINT_CHAT, &event, &delta, &usage);
    fuzz_usage(&usage);
}


/* Behind any event the end is a whole one that says nothing more. */
static void
fuzz_cut(ag_endpoint_t endpoint, ag_str_t data)
{
    size_t          at;
    ag_buf_t        out;
    ag_cut_t        cut;
    ag_sse_t        sse;
    unsigned        ends;
    ag_delta_t      delta;
    ag_usage_t      usage;
    ag_sse_event_t  event;

    if (endpoint > AG_ENDPOINT_MESSAGES || endpoint == AG_ENDPOINT_EMBEDDINGS)
    {
        return;
    }

    memset(&cut, 0, sizeof(cut));
    memset(&usage, 0, sizeof(usage));
    memset(&event, 0, sizeof(event));

    event.data = data;
    event.has_data = 1;
    ag_cut_event(&cut, endpoint, &event);
    ag_cut_event(&cut, endpoint, &event);

    assert(cut.id_len <= sizeof(cut.id) && cut.model_len <= sizeof(cut.model));
    assert(cut.created >= 0);

    ag_buf_init(&out, 1024 * 1024);
    assert(ag_cut_write(&out, &cut, endpoint, &usage, 1) == AG_OK);

    ag_sse_init(&sse);
    ends = 0;

    for (at = 0; at < out.len; at += event.raw.len) {
        assert(ends == 0);
        assert(ag_sse_next(&sse, ag_str(out.data + at, out.len - at), &event)
               == AG_OK);

        ag_endpoint_dialect(endpoint)->read_event(endpoint, &event, &delta,
                                                  &usage);

        assert(!delta.failed && !delta.malformed && !delta.content);
        assert(delta.said == 0);
        ends += delta.done;
    }

    assert(ends == 1);

    ag_sse_free(&sse);
    ag_buf_free(&out);
}


static void
fuzz_usage(const ag_usage_t *usage)
{
    assert(usage->input_tokens <= AG_TOKENS_MAX);
    assert(usage->output_tokens <= AG_TOKENS_MAX);
    assert(usage->cached_tokens + usage->written_tokens
           <= usage->input_tokens);
    assert(usage->reasoning_tokens <= usage->output_tokens);
    assert(usage->known
           || usage->input_tokens + usage->output_tokens == 0);
}


static void
fuzz_classify(unsigned status, ag_str_t body)
{
    ag_error_class_t  class;

    class = ag_error_classify(status, body);

    assert(class != AG_E_NONE && class < AG_E_MAX);

    /* it is always the provider's: never one of our own refusals */

    assert(class <= AG_E_INVALID_REQUEST);
}
