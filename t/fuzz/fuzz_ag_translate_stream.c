/*
 * Copyright (C) ngx_agent authors
 *
 * A provider's stream of any bytes, said to a client of any dialect: however
 * it is cut, the client reads the same; that is events whose data are JSON,
 * one start and one end at most; blocks of the Anthropic surface are never
 * nested, items of the Responses surface are numbered; a stream that went
 * well is whole.  The same bytes are a whole answer too: that is JSON, or
 * nothing and an error.
 *
 * The first three bytes of the input choose the endpoint, the provider, and
 * what was asked; a fourth, where the stream is cut.
 */


#include <assert.h>

#include "fuzz_mutate.h"
#include "../unit/dialect/golden_run.h"


#define FUZZ_ENDPOINTS  3
#define FUZZ_PROVIDERS  5
#define FUZZ_REQUESTS   3
#define FUZZ_OPEN_MAX   (AG_CHOICES_MAX * 4)


/* What a client has read so far. */
typedef struct {
    unsigned  started:1;
    unsigned  ended:1;
    unsigned  failed:1;     /* an error event was the last */
    unsigned  open:1;       /* a block of messages */
    unsigned  told:1;       /* its message_delta */
    int64_t   block;        /* the next or open one's number */
    int64_t   sequence;
    int64_t   items;        /* added and not done */
    int64_t   tools[AG_CHOICES_MAX];
} fuzz_client_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
    unsigned seed);
static void fuzz_how(golden_how_t *how, const uint8_t *data);
static const char *fuzz_request(ag_endpoint_t endpoint, unsigned which);
static void fuzz_stream(const golden_asked_t *a, ag_str_t bytes, size_t cut);
static void fuzz_whole(const golden_asked_t *a, ag_str_t bytes);
static void fuzz_read(const golden_asked_t *a, const golden_heard_t *h);
static void fuzz_event(fuzz_client_t *c, const golden_asked_t *a,
    const ag_sse_event_t *event);
static void fuzz_chat(fuzz_client_t *c, yyjson_val *root);
static void fuzz_chat_choice(fuzz_client_t *c, yyjson_val *choice);
static void fuzz_messages(fuzz_client_t *c, yyjson_val *root);
static void fuzz_responses(fuzz_client_t *c, yyjson_val *root);
static unsigned fuzz_is(yyjson_val *value, const char *word);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void            *bytes;
    const char      *request;
    golden_how_t     how;
    golden_asked_t  *asked;

    if (size < 4) {
        return 0;
    }

    fuzz_how(&how, data);
    request = fuzz_request(how.endpoint, data[2] % FUZZ_REQUESTS);

    asked = malloc(sizeof(golden_asked_t));
    golden_ask(asked, &how, ag_str(request, strlen(request)));

    assert(asked->rc == AG_OK);

    /* a block of its own: reading past its end is seen */

    size -= 4;
    bytes = malloc(size + (size == 0));
    memcpy(bytes, data + 4, size);

    fuzz_stream(asked, ag_str(bytes, size), data[3]);
    fuzz_whole(asked, ag_str(bytes, size));

    golden_ask_free(asked);

    free(asked);
    free(bytes);

    return 0;
}


size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
    unsigned seed)
{
    return fuzz_mutate(data, size, max, seed, 4);
}


static void
fuzz_how(golden_how_t *how, const uint8_t *data)
{
    static const ag_endpoint_t  endpoints[FUZZ_ENDPOINTS] = {
        AG_ENDPOINT_CHAT, AG_ENDPOINT_MESSAGES, AG_ENDPOINT_RESPONSES
    };

    static const struct {
        const ag_dialect_t  *dialect;
        const char          *models[2];     /* new; old */
    } providers[FUZZ_PROVIDERS] = {
        { &ag_openai, { "gpt-5", "gpt-4o" } },
        { &ag_azure, { "gpt-5", "gpt-4o" } },
        { &ag_anthropic, { "claude-opus-4-6",
                           "claude-3-5-haiku-20241022" } },
        { &ag_gemini, { "gemini-3-pro", "gemini-2.5-flash" } },
        { &ag_responses, { "gpt-5", "gpt-4o" } }
    };

    const char  *model;

    memset(how, 0, sizeof(golden_how_t));

    model = providers[data[1] % FUZZ_PROVIDERS].models[data[2] >> 7];

    how->endpoint = endpoints[data[0] % FUZZ_ENDPOINTS];
    how->provider = providers[data[1] % FUZZ_PROVIDERS].dialect;
    how->model = ag_str(model, strlen(model));
    how->quirks = ag_quirks_of_host(ag_str("", 0));
    how->drop_params = 1;
    how->stream = 1;
}


/* A plain one; one with tools; one for JSON, and usage in every chunk. */
static const char *
fuzz_request(ag_endpoint_t endpoint, unsigned which)
{
    static const char *const  chat[FUZZ_REQUESTS] = {
        "{\"model\":\"m\",\"stream\":true,"
        "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
        "{\"model\":\"m\",\"stream\":true,\"n\":2,"
        "\"stream_options\":{\"include_usage\":true},"
        "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],"
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\","
        "\"parameters\":{\"type\":\"object\",\"properties\":{}}}}]}",
        "{\"model\":\"m\",\"stream\":true,"
        "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],"
        "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{"
        "\"name\":\"s\",\"schema\":{\"type\":\"object\",\"properties\":{"
        "\"a\":{\"type\":\"string\"}}}}},\"reasoning_effort\":\"low\"}"
    };

    static const char *const  messages[FUZZ_REQUESTS] = {
        "{\"model\":\"m\",\"stream\":true,\"max_tokens\":100,"
        "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
        "{\"model\":\"m\",\"stream\":true,\"max_tokens\":100,"
        "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],"
        "\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}],"
        "\"tool_choice\":{\"type\":\"auto\"}}",
        "{\"model\":\"m\",\"stream\":true,\"max_tokens\":4000,"
        "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],"
        "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000}}"
    };

    static const char *const  responses[FUZZ_REQUESTS] = {
        "{\"model\":\"m\",\"stream\":true,\"input\":\"Hi\"}",
        "{\"model\":\"m\",\"stream\":true,\"input\":\"Hi\","
        "\"tools\":[{\"type\":\"function\",\"name\":\"f\","
        "\"parameters\":{\"type\":\"object\",\"properties\":{}}}]}",
        "{\"model\":\"m\",\"stream\":true,\"input\":\"Hi\","
        "\"reasoning\":{\"effort\":\"low\",\"summary\":\"auto\"},"
        "\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"s\","
        "\"schema\":{\"type\":\"object\",\"properties\":{"
        "\"a\":{\"type\":\"string\"}}}}}}"
    };

    switch (endpoint) {

    case AG_ENDPOINT_CHAT:
        return chat[which];

    case AG_ENDPOINT_MESSAGES:
        return messages[which];

    default:
        return responses[which];
    }
}


static void
fuzz_stream(const golden_asked_t *a, ag_str_t bytes, size_t cut)
{
    size_t          i;
    golden_heard_t  whole, cut_up;

    golden_hear_init(&whole);
    whole.tell = 1;
    golden_hear(&whole, a, bytes, bytes.len, 1);

    for (i = 0; i < 2; i++) {
        golden_hear_init(&cut_up);
        cut_up.tell = 1;

        if (i == 0) {
            golden_hear(&cut_up, a, bytes, 1, 1 + bytes.len / 1024);

        } else {
            golden_hear(&cut_up, a, bytes, 1 + cut, bytes.len + 1);
        }

        assert(cut_up.failed == whole.failed);
        assert(cut_up.done == whole.done);
        assert(cut_up.content == whole.content);
        assert(cut_up.malformed == whole.malformed);
        assert(memcmp(&cut_up.usage, &whole.usage, sizeof(ag_usage_t)) == 0);
        assert(ag_str_equal(ag_buf_str(&cut_up.out),
                            ag_buf_str(&whole.out)));

        ag_buf_free(&cut_up.out);
    }

    assert(whole.usage.cached_tokens + whole.usage.written_tokens
           <= 2 * whole.usage.input_tokens);
    assert(whole.usage.reasoning_tokens <= whole.usage.output_tokens);
    assert(whole.usage.input_tokens <= AG_TOKENS_MAX);
    assert(whole.usage.output_tokens <= AG_TOKENS_MAX);

    fuzz_read(a, &whole);
    ag_buf_free(&whole.out);
}


static void
fuzz_whole(const golden_asked_t *a, ag_str_t bytes)
{
    yyjson_doc      *doc;
    golden_heard_t   h;

    golden_hear_init(&h);
    golden_hear_answer(&h, a, bytes);

    if (h.failed != AG_E_NONE) {
        assert(h.out.len == 0);

    } else {
        doc = yyjson_read((const char *) h.out.data, h.out.len,
                          YYJSON_READ_BIGNUM_AS_RAW);
        assert(doc != NULL);
        assert(yyjson_is_obj(yyjson_doc_get_root(doc)));
        yyjson_doc_free(doc);
    }

    ag_buf_free(&h.out);
}


static void
fuzz_read(const golden_asked_t *a, const golden_heard_t *h)
{
    ag_str_t               bytes;
    ag_sse_t               sse;
    ag_sse_event_t         event;
    static fuzz_client_t   c;

    memset(&c, 0, sizeof(fuzz_client_t));
    c.sequence = -1;

    ag_sse_init(&sse);
    bytes = ag_buf_str(&h->out);

    while (bytes.len > 0) {
        assert(ag_sse_next(&sse, bytes, &event) == AG_OK);
        assert(event.data.len > 0);
        assert(!c.ended && !c.failed);

        bytes = ag_str(bytes.data + event.raw.len,
                       bytes.len - event.raw.len);

        fuzz_event(&c, a, &event);
    }

    ag_sse_free(&sse);

    assert(c.ended == (h->failed == AG_E_NONE));
    assert(c.failed == (h->failed != AG_E_NONE && h->content));
    assert(!c.ended || c.items == 0);
}


static void
fuzz_event(fuzz_client_t *c, const golden_asked_t *a,
    const ag_sse_event_t *event)
{
    ag_str_t     type;
    yyjson_doc  *doc;
    yyjson_val  *root;

    if (ag_str_is(event->data, "[DONE]")) {
        assert(a->n.endpoint == AG_ENDPOINT_CHAT);
        assert(c->started);
        c->ended = 1;
        return;
    }

    doc = yyjson_read((const char *) event->data.data, event->data.len,
                      YYJSON_READ_BIGNUM_AS_RAW);
    root = yyjson_doc_get_root(doc);
    assert(yyjson_is_obj(root));

    type = ag_json_text(yyjson_obj_get(root, "type"));

    switch (a->n.endpoint) {

    case AG_ENDPOINT_CHAT:
        assert(event->type.len == 0);
        fuzz_chat(c, root);
        break;

    case AG_ENDPOINT_MESSAGES:
        assert(ag_str_equal(event->type, type));
        fuzz_messages(c, root);
        break;

    default:
        assert(ag_str_equal(event->type, type));
        fuzz_responses(c, root);
    }

    yyjson_doc_free(doc);
}


static void
fuzz_chat(fuzz_client_t *c, yyjson_val *root)
{
    size_t       i, max;
    yyjson_val  *choice;

    if (yyjson_obj_get(root, "error") != NULL) {
        c->failed = 1;
        return;
    }

    assert(fuzz_is(yyjson_obj_get(root, "object"), "chat.completion.chunk"));
    assert(ag_json_text(yyjson_obj_get(root, "id")).len > 0);
    assert(yyjson_is_arr(yyjson_obj_get(root, "choices")));

    c->started = 1;

    yyjson_arr_foreach(yyjson_obj_get(root, "choices"), i, max, choice) {
        fuzz_chat_choice(c, choice);
    }
}


/* A call begins with its id and name, and the next number of its choice. */
static void
fuzz_chat_choice(fuzz_client_t *c, yyjson_val *choice)
{
    size_t       i, max;
    int64_t     *tools, index;
    yyjson_val  *call, *function;

    assert(yyjson_is_uint(yyjson_obj_get(choice, "index")));
    assert(yyjson_get_uint(yyjson_obj_get(choice, "index"))
           < AG_CHOICES_MAX);

    tools = &c->tools[yyjson_get_uint(yyjson_obj_get(choice, "index"))];

    yyjson_arr_foreach(ag_json_path(choice, "delta", "tool_calls", NULL), i,
                       max, call)
    {
        assert(yyjson_is_uint(yyjson_obj_get(call, "index")));
        index = (int64_t) yyjson_get_uint(yyjson_obj_get(call, "index"));
        function = yyjson_obj_get(call, "function");

        if (index == *tools) {
            assert(ag_json_text(yyjson_obj_get(call, "id")).len > 0);
            ++*tools;

        } else {
            assert(index < *tools);
            assert(yyjson_obj_get(call, "id") == NULL);
            assert(yyjson_obj_get(function, "name") == NULL);
        }
    }
}


static void
fuzz_messages(fuzz_client_t *c, yyjson_val *root)
{
    yyjson_val  *type, *index;

    type = yyjson_obj_get(root, "type");
    index = yyjson_obj_get(root, "index");

    if (fuzz_is(type, "error")) {
        c->failed = 1;
        return;
    }

    if (fuzz_is(type, "message_start")) {
        assert(!c->started);
        c->started = 1;
        return;
    }

    assert(c->started);

    if (fuzz_is(type, "ping")) {
        return;
    }

    assert(!c->told || fuzz_is(type, "message_stop"));

    if (fuzz_is(type, "content_block_start")) {
        assert(!c->open);
        assert(yyjson_get_sint(index) == c->block);
        c->open = 1;

    } else if (fuzz_is(type, "content_block_delta")) {
        assert(c->open);
        assert(yyjson_get_sint(index) == c->block);

    } else if (fuzz_is(type, "content_block_stop")) {
        assert(c->open);
        assert(yyjson_get_sint(index) == c->block);
        c->open = 0;
        c->block++;

    } else if (fuzz_is(type, "message_delta")) {
        assert(!c->open);
        c->told = 1;

    } else {
        assert(fuzz_is(type, "message_stop"));
        assert(c->told);
        c->ended = 1;
    }
}


static void
fuzz_responses(fuzz_client_t *c, yyjson_val *root)
{
    yyjson_val  *type, *sequence;

    type = yyjson_obj_get(root, "type");
    sequence = yyjson_obj_get(root, "sequence_number");

    if (fuzz_is(type, "error") || fuzz_is(type, "response.failed")) {
        c->failed = 1;
        return;
    }

    assert(yyjson_is_uint(sequence));
    assert(yyjson_get_sint(sequence) == c->sequence + 1);
    c->sequence++;

    if (fuzz_is(type, "response.created")) {
        assert(!c->started);
        c->started = 1;
    }

    assert(c->started);

    if (fuzz_is(type, "response.output_item.added")) {
        c->items++;

    } else if (fuzz_is(type, "response.output_item.done")) {
        assert(c->items > 0);
        c->items--;

    } else if (fuzz_is(type, "response.completed")
               || fuzz_is(type, "response.incomplete"))
    {
        c->ended = 1;
    }
}


static unsigned
fuzz_is(yyjson_val *value, const char *word)
{
    return yyjson_equals_str(value, word);
}
