/*
 * Copyright (C) ngx_agent authors
 *
 * The endpoints, the dialects by name, and the way that every body takes:
 * scanned or made a tree once, then read by its dialect.  Knows the fields of
 * none but "usage" and "type".
 */


#include "dialect/ag_dialect.h"


#define AG_REQUEST_WORD_MAX   15    /* bytes of "response_format" */
#define AG_REQUEST_WORDS_MAX  2     /* of one length */


/* A field that means the same in all dialects. */
typedef struct {
    const char  *name;              /* NULL: no more */
    size_t       span;              /* where it goes in ag_request_t; 0: it
                                       promises a form */
} ag_request_word_t;


static void ag_request_words(ag_request_t *request, const ag_json_t *json);
static void ag_request_word(ag_request_t *request,
    const ag_json_member_t *member);
static const ag_request_word_t *ag_request_word_find(ag_str_t name);
static int ag_request_refused(const ag_json_t *json, ag_str_t body,
    ag_error_t *error);
static ag_str_t ag_request_twice(const ag_json_t *json, ag_str_t body);


typedef struct {
    ag_str_t             path;
    const char          *method;
    const ag_dialect_t  *dialect;
} ag_endpoint_row_t;


static const ag_endpoint_row_t  ag_endpoints[] = {
#define AG_ENDPOINT_ROW(id, path, method, dialect)                            \
    { ag_string(path), #method, &ag_##dialect },
    AG_ENDPOINTS(AG_ENDPOINT_ROW)
#undef AG_ENDPOINT_ROW
};


static const ag_dialect_t *const  ag_dialects[] = {
    &ag_openai,
    &ag_azure,
    &ag_responses,
    &ag_anthropic,
    &ag_gemini
};


/* By the length of their names. */
static const ag_request_word_t
ag_request_words_of[AG_REQUEST_WORD_MAX + 1][AG_REQUEST_WORDS_MAX] = {
    [1] = { { "n", offsetof(ag_request_t, cache.n) } },
    [4] = { { "text", 0 } },
    [5] = { { "tools", 0 },
            { "store", offsetof(ag_request_t, cache.store) } },
    [7] = { { "best_of", offsetof(ag_request_t, cache.best_of) } },
    [9] = { { "functions", 0 },
            { "container", offsetof(ag_request_t, cache.container) } },
    [10] = { { "background", offsetof(ag_request_t, cache.background) } },
    [11] = { { "temperature", offsetof(ag_request_t, cache.temperature) } },
    [12] = { { "conversation", offsetof(ag_request_t, cache.conversation) } },
    [13] = { { "output_format", 0 }, { "output_config", 0 } },
    [15] = { { "response_format", 0 } }
};


static const ag_str_t  ag_request_empty =
    ag_string("The request body is empty.");

static const ag_str_t  ag_request_no_object =
    ag_string("The request body must be a JSON object.");


ag_endpoint_t
ag_endpoint_find(ag_str_t path)
{
    unsigned  i;
    ag_str_t  models;

    for (i = 0; i < AG_ENDPOINT_MAX; i++) {
        if (i != AG_ENDPOINT_MODEL
            && ag_str_equal(path, ag_endpoints[i].path))
        {
            return (ag_endpoint_t) i;
        }
    }

    models = ag_endpoints[AG_ENDPOINT_MODEL].path;

    if (path.len > models.len
        && memcmp(path.data, models.data, models.len) == 0)
    {
        return AG_ENDPOINT_MODEL;
    }

    return AG_ENDPOINT_MAX;
}


const char *
ag_endpoint_method(ag_endpoint_t endpoint)
{
    return ag_endpoints[endpoint].method;
}


ag_str_t
ag_endpoint_path(ag_endpoint_t endpoint)
{
    return ag_endpoints[endpoint].path;
}


const ag_dialect_t *
ag_endpoint_dialect(ag_endpoint_t endpoint)
{
    return ag_endpoints[endpoint].dialect;
}


const ag_dialect_t *
ag_dialect_find(ag_str_t name)
{
    size_t  i;

    for (i = 0; i < sizeof(ag_dialects) / sizeof(ag_dialects[0]); i++) {
        if (ag_str_is(name, ag_dialects[i]->name)) {
            return ag_dialects[i];
        }
    }

    return NULL;
}


const char *
ag_dialect_names(void)
{
    return "openai, azure, responses, anthropic, gemini";
}


int
ag_dialect_serves(const ag_dialect_t *provider, ag_endpoint_t endpoint)
{
    switch (endpoint) {

    case AG_ENDPOINT_CHAT:
    case AG_ENDPOINT_COMPLETIONS:
    case AG_ENDPOINT_EMBEDDINGS:
        return provider == &ag_openai || provider == &ag_azure;

    case AG_ENDPOINT_RESPONSES:
        return provider == &ag_openai || provider == &ag_azure
               || provider == &ag_responses;

    case AG_ENDPOINT_MESSAGES:
    case AG_ENDPOINT_COUNT_TOKENS:
        return provider == &ag_anthropic;

    default:
        return 0;
    }
}


int
ag_request_read(ag_request_t *request, ag_endpoint_t endpoint, ag_str_t body,
    ag_error_t *error)
{
    ag_json_t  json;

    memset(request, 0, sizeof(ag_request_t));
    memset(error, 0, sizeof(ag_error_t));

    request->endpoint = endpoint;
    request->body = body;
    request->choices = 1;

    if (body.len == 0) {
        error->class = AG_E_INVALID_JSON;
        error->message = ag_request_empty;

        return AG_INVALID;
    }

    if (ag_json_scan(&json, body) != AG_OK) {
        return ag_request_refused(&json, body, error);
    }

    if (json.type != AG_JSON_OBJECT) {
        error->class = AG_E_INVALID_JSON;
        error->message = ag_request_no_object;

        return AG_INVALID;
    }

    ag_request_words(request, &json);

    return ag_endpoint_dialect(endpoint)->read_request(request, &json, error);
}


/*
 * One walk for all of them.  Most requests promise nothing, and are not to be
 * read again to learn that; what such a field says is ag_validate's to read.
 */
static void
ag_request_words(ag_request_t *request, const ag_json_t *json)
{
    uint32_t  i;

    for (i = 0; i < json->count; i++) {
        ag_request_word(request, &json->members[i]);
    }
}


static void
ag_request_word(ag_request_t *request, const ag_json_member_t *member)
{
    ag_str_t                  name;
    ag_char_t                 decoded[AG_JSON_KEY_MAX];
    const ag_request_word_t  *word;

    name = member->key;

    if (member->escaped) {
        name = ag_str(decoded,
                      ag_json_decode(ag_str(name.data - 1, name.len + 2),
                                     decoded, sizeof(decoded)));
    }

    word = ag_request_word_find(name);

    if (word == NULL) {
        return;
    }

    if (word->span == 0) {
        request->promises = 1;

    } else if (member->type != AG_JSON_NULL) {
        *(ag_str_t *) ((char *) request + word->span) = member->value;
    }
}


static const ag_request_word_t *
ag_request_word_find(ag_str_t name)
{
    size_t                    i;
    const ag_request_word_t  *words;

    if (name.len > AG_REQUEST_WORD_MAX) {
        return NULL;
    }

    words = ag_request_words_of[name.len];

    for (i = 0; i < AG_REQUEST_WORDS_MAX && words[i].name != NULL; i++) {
        if (memcmp(words[i].name, name.data, name.len) == 0) {
            return &words[i];
        }
    }

    return NULL;
}


int
ag_answer_scan(ag_answer_t *answer, ag_json_t *json, ag_str_t body)
{
    memset(answer, 0, sizeof(ag_answer_t));

    if (ag_json_scan(json, body) != AG_OK) {
        answer->error = AG_E_BAD_RESPONSE;
        return AG_INVALID;
    }

    return AG_OK;
}


void
ag_answer_read_usage(ag_answer_t *answer, const ag_json_t *json,
    ag_usage_pt read)
{
    ag_char_t                scratch[AG_DIALECT_SCRATCH];
    yyjson_doc              *doc;
    const ag_json_member_t  *member;

    member = ag_json_find(json, "usage");

    if (member == NULL) {
        return;
    }

    doc = ag_json_tree(member->value, scratch, sizeof(scratch));

    (void) read(&answer->usage, yyjson_doc_get_root(doc));

    yyjson_doc_free(doc);
}


void
ag_answer_read_said(ag_answer_t *answer, ag_str_t body, ag_said_pt count)
{
    yyjson_doc  *doc;

    if (answer->usage.known) {
        return;
    }

    doc = ag_json_tree(body, NULL, 0);
    answer->said = (doc != NULL) ? count(yyjson_doc_get_root(doc)) : body.len;

    yyjson_doc_free(doc);
}


void
ag_event_read_typed(const ag_sse_event_t *event, ag_delta_t *delta,
    ag_usage_t *usage, ag_event_pt read)
{
    ag_str_t     type;
    ag_char_t    scratch[AG_DIALECT_SCRATCH];
    yyjson_doc  *doc;
    yyjson_val  *root;

    memset(delta, 0, sizeof(ag_delta_t));

    if (event->data.len == 0) {
        return;
    }

    /* no event of these dialects, but compatible servers end with it */

    if (ag_str_is(event->data, "[DONE]")) {
        delta->done = 1;
        return;
    }

    doc = ag_json_tree(event->data, scratch, sizeof(scratch));
    root = yyjson_doc_get_root(doc);
    type = ag_json_text(yyjson_obj_get(root, "type"));

    if (type.len == 0) {
        type = event->type;
    }

    if (yyjson_is_obj(root)) {
        read(root, type, delta, usage);

    } else if (ag_str_is(type, "error")) {
        delta->failed = 1;
        delta->error = AG_E_BAD_RESPONSE;

    } else {
        delta->malformed = 1;
    }

    yyjson_doc_free(doc);
}


static int
ag_request_refused(const ag_json_t *json, ag_str_t body, ag_error_t *error)
{
    error->class = AG_E_INVALID_JSON;
    error->param = ag_request_twice(json, body);
    error->reason = json->error;
    error->at = json->error_at;

    return AG_INVALID;
}


/*
 * The key at which the scan stopped, if it is one that was there before; a
 * client's text is repeated only where it is plain and short.
 */
static ag_str_t
ag_request_twice(const ag_json_t *json, ag_str_t body)
{
    size_t     len;
    uint32_t   i;
    ag_str_t   rest;
    ag_char_t  c;

    rest = ag_str(body.data + json->error_at, body.len - json->error_at);

    for (len = 0; len < rest.len && rest.data[len] != '"'; len++) {
        c = rest.data[len];

        if (c <= ' ' || c >= 0x7f || c == '\\'
            || len == AG_MODEL_NAME_SHOWN_MAX)
        {
            return ag_str(NULL, 0);
        }
    }

    rest.len = len;

    for (i = 0; i < json->count; i++) {
        if (len > 0 && ag_str_equal(rest, json->members[i].key)) {
            return rest;
        }
    }

    return ag_str(NULL, 0);
}
