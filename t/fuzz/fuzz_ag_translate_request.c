/*
 * Copyright (C) ngx_agent authors
 *
 * A client's request of any bytes, told to any provider: what is told is JSON
 * in which no member of the root is there twice, the same each time; what is
 * refused has a reason; a tool's result still belongs to a call, and none is
 * lost.
 *
 * The first three bytes of the input choose the endpoint, the provider and
 * its quirks, and the model and the rest of how it is asked.
 */


#include <assert.h>

#include "fuzz_mutate.h"
#include "../unit/dialect/golden_run.h"


#define FUZZ_ENDPOINTS  5
#define FUZZ_PROVIDERS  5
#define FUZZ_MODELS     8
#define FUZZ_IDS        512     /* looked at */


/* Ids of calls and of results, of a neutral request or of a told one. */
typedef struct {
    ag_str_t  calls[FUZZ_IDS];
    ag_str_t  results[FUZZ_IDS];
    size_t    call_count;
    size_t    result_count;
    unsigned  odd:1;            /* too many, empty, twice, without a call */
    unsigned  custom:1;         /* some may be dropped, with their results */
} fuzz_ids_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
    unsigned seed);
static void fuzz_how(golden_how_t *how, const uint8_t *data);
static void fuzz_refused(const golden_asked_t *a);
static void fuzz_told(const golden_asked_t *a);
static void fuzz_pairs(const golden_asked_t *a, yyjson_val *root);
static void fuzz_asked_ids(fuzz_ids_t *ids, const ag_neutral_t *n);
static void fuzz_told_ids(fuzz_ids_t *ids, const ag_dialect_t *provider,
    yyjson_val *root);
static void fuzz_openai_ids(fuzz_ids_t *ids, yyjson_val *message);
static void fuzz_anthropic_ids(fuzz_ids_t *ids, yyjson_val *message);
static void fuzz_responses_ids(fuzz_ids_t *ids, yyjson_val *item);
static void fuzz_gemini_ids(fuzz_ids_t *ids, yyjson_val *content);
static void fuzz_call(fuzz_ids_t *ids, ag_str_t id);
static void fuzz_result(fuzz_ids_t *ids, ag_str_t id);
static unsigned fuzz_has(const ag_str_t *list, size_t count, ag_str_t id);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void            *body;
    golden_how_t     how;
    golden_asked_t  *one, *two;

    if (size < 3) {
        return 0;
    }

    fuzz_how(&how, data);

    /* a block of its own: reading past its end is seen */

    size -= 3;
    body = malloc(size + (size == 0));
    memcpy(body, data + 3, size);

    one = malloc(sizeof(golden_asked_t));
    two = malloc(sizeof(golden_asked_t));

    golden_ask(one, &how, ag_str(body, size));
    golden_ask(two, &how, ag_str(body, size));

    assert(one->rc == two->rc);
    assert(one->error.class == two->error.class);
    assert(ag_str_equal(one->error.param, two->error.param));
    assert(ag_str_equal(ag_buf_str(&one->path), ag_buf_str(&two->path)));
    assert(one->rc != AG_OK
           || ag_str_equal(ag_buf_str(&one->body), ag_buf_str(&two->body)));

    golden_ask_free(two);

    if (one->rc == AG_OK) {
        fuzz_told(one);

    } else {
        fuzz_refused(one);
    }

    golden_ask_free(one);

    free(one);
    free(two);
    free(body);

    return 0;
}


size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
    unsigned seed)
{
    return fuzz_mutate(data, size, max, seed, 3);
}


static void
fuzz_how(golden_how_t *how, const uint8_t *data)
{
    const char  *name;

    static const ag_endpoint_t  endpoints[FUZZ_ENDPOINTS] = {
        AG_ENDPOINT_CHAT, AG_ENDPOINT_MESSAGES, AG_ENDPOINT_RESPONSES,
        AG_ENDPOINT_EMBEDDINGS, AG_ENDPOINT_COUNT_TOKENS
    };

    static const ag_dialect_t *const  providers[FUZZ_PROVIDERS] = {
        &ag_openai, &ag_azure, &ag_anthropic, &ag_gemini, &ag_responses
    };

    static const char *const  quirks[] = {
        "openai", "mistral", "openrouter", "deepseek", "ollama", "groq"
    };

    static const char *const  models[FUZZ_MODELS] = {
        "claude-opus-4-6", "claude-3-5-haiku-20241022", "claude-sonnet-4-5",
        "gemini-2.5-flash", "gemini-3-pro", "gpt-5", "gpt-4o", "other"
    };

    memset(how, 0, sizeof(golden_how_t));

    how->endpoint = endpoints[data[0] % FUZZ_ENDPOINTS];
    how->provider = providers[data[1] % FUZZ_PROVIDERS];
    how->drop_params = data[2] & 1;
    how->stream = (data[2] & 2) != 0;

    name = models[(data[2] >> 2) % FUZZ_MODELS];
    how->model = ag_str(name, strlen(name));

    name = quirks[(data[1] / FUZZ_PROVIDERS)
                  % (sizeof(quirks) / sizeof(quirks[0]))];
    how->quirks = ag_quirks_find(ag_str(name, strlen(name)));

    if (how->quirks == NULL) {
        how->quirks = ag_quirks_of_host(ag_str("", 0));
    }

    /* the gateway asks first; these two have one way only */

    if (!ag_translate_can(how->provider, how->endpoint)) {
        how->endpoint = AG_ENDPOINT_CHAT;
    }
}


static void
fuzz_refused(const golden_asked_t *a)
{
    assert(a->rc == AG_INVALID || a->rc == AG_LIMIT || a->rc == AG_NOMEM);
    assert(a->rc != AG_INVALID || a->error.class != AG_E_NONE);
    assert(ag_error_row(a->error.class)->status < 500
           || a->error.class == AG_E_INTERNAL || a->rc != AG_INVALID);
}


static void
fuzz_told(const golden_asked_t *a)
{
    uint32_t     i;
    ag_json_t    json;
    yyjson_doc  *doc;

    assert(a->path.len > 0);
    assert(a->n.choices >= 1);
    assert(a->to.drop_count <= AG_DROPS_MAX);

    for (i = 0; i < a->to.drop_count; i++) {
        assert(a->to.drops[i].len > 0);
        assert(memchr(a->to.drops[i].data, '\n', a->to.drops[i].len) == NULL);
    }

    /* a schema may stand some levels deeper than it did */

    assert(ag_json_scan(&json, ag_buf_str(&a->body)) != AG_INVALID);

    doc = yyjson_read((const char *) a->body.data, a->body.len,
                      YYJSON_READ_BIGNUM_AS_RAW);
    assert(doc != NULL);
    assert(yyjson_is_obj(yyjson_doc_get_root(doc)));

    fuzz_pairs(a, yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);
}


static void
fuzz_pairs(const golden_asked_t *a, yyjson_val *root)
{
    size_t              i;
    static fuzz_ids_t   asked, told;

    fuzz_asked_ids(&asked, &a->n);

    if (asked.odd) {
        return;
    }

    fuzz_told_ids(&told, a->to.provider, root);

    if (!asked.custom && asked.call_count == asked.result_count) {
        assert(told.call_count >= asked.call_count);
        assert(told.result_count >= asked.result_count);
    }

    if (a->to.provider == &ag_gemini) {
        return;         /* goes by order, not by ids */
    }

    assert(!told.odd);

    for (i = 0; i < told.result_count; i++) {
        assert(fuzz_has(told.calls, told.call_count, told.results[i]));
    }
}


/*
 * What cannot be paired in the first place is left to the provider; a call
 * that nobody answered may be dropped with its turn.
 */
static void
fuzz_asked_ids(fuzz_ids_t *ids, const ag_neutral_t *n)
{
    const ag_part_t  *part;
    const ag_turn_t  *turn;

    ids->call_count = 0;
    ids->result_count = 0;
    ids->odd = 0;
    ids->custom = 0;

    for (turn = n->turns; turn != NULL; turn = turn->next) {

        for (part = turn->parts; part != NULL; part = part->next) {

            if (part->kind == AG_PART_TOOL_CALL) {
                fuzz_call(ids, part->id);
                ids->odd |= (part->name.len == 0);
                ids->custom |= part->custom;

            } else if (part->kind == AG_PART_TOOL_RESULT) {
                ids->odd |= !fuzz_has(ids->calls, ids->call_count, part->id);
                fuzz_result(ids, part->id);
            }
        }
    }
}


static void
fuzz_told_ids(fuzz_ids_t *ids, const ag_dialect_t *provider,
    yyjson_val *root)
{
    size_t       i, max;
    const char  *list;
    yyjson_val  *value;

    ids->call_count = 0;
    ids->result_count = 0;
    ids->odd = 0;

    value = yyjson_obj_get(root, "generateContentRequest");
    root = (value != NULL) ? value : root;

    list = (provider == &ag_gemini) ? "contents"
           : (provider == &ag_responses) ? "input" : "messages";

    yyjson_arr_foreach(yyjson_obj_get(root, list), i, max, value) {

        if (provider == &ag_gemini) {
            fuzz_gemini_ids(ids, value);

        } else if (provider == &ag_responses) {
            fuzz_responses_ids(ids, value);

        } else if (provider == &ag_anthropic) {
            fuzz_anthropic_ids(ids, value);

        } else {
            fuzz_openai_ids(ids, value);
        }
    }
}


static void
fuzz_openai_ids(fuzz_ids_t *ids, yyjson_val *message)
{
    size_t       i, max;
    yyjson_val  *call;

    yyjson_arr_foreach(yyjson_obj_get(message, "tool_calls"), i, max, call) {
        fuzz_call(ids, ag_json_text(yyjson_obj_get(call, "id")));
    }

    if (yyjson_equals_str(yyjson_obj_get(message, "role"), "tool")) {
        fuzz_result(ids,
                    ag_json_text(yyjson_obj_get(message, "tool_call_id")));
    }
}


static void
fuzz_anthropic_ids(fuzz_ids_t *ids, yyjson_val *message)
{
    size_t       i, max;
    yyjson_val  *block, *type;

    yyjson_arr_foreach(yyjson_obj_get(message, "content"), i, max, block) {
        type = yyjson_obj_get(block, "type");

        if (yyjson_equals_str(type, "tool_use")) {
            fuzz_call(ids, ag_json_text(yyjson_obj_get(block, "id")));

        } else if (yyjson_equals_str(type, "tool_result")) {
            fuzz_result(ids,
                        ag_json_text(yyjson_obj_get(block, "tool_use_id")));
        }
    }
}


static void
fuzz_responses_ids(fuzz_ids_t *ids, yyjson_val *item)
{
    ag_str_t     id;
    yyjson_val  *type;

    type = yyjson_obj_get(item, "type");
    id = ag_json_text(yyjson_obj_get(item, "call_id"));

    if (yyjson_equals_str(type, "function_call")
        || yyjson_equals_str(type, "custom_tool_call"))
    {
        fuzz_call(ids, id);

    } else if (yyjson_equals_str(type, "function_call_output")
               || yyjson_equals_str(type, "custom_tool_call_output"))
    {
        fuzz_result(ids, id);
    }
}


/* Has no ids: a number stands for one. */
static void
fuzz_gemini_ids(fuzz_ids_t *ids, yyjson_val *content)
{
    size_t       i, max;
    yyjson_val  *part;

    yyjson_arr_foreach(yyjson_obj_get(content, "parts"), i, max, part) {
        ids->call_count += (yyjson_obj_get(part, "functionCall") != NULL);
        ids->result_count += (yyjson_obj_get(part, "functionResponse")
                              != NULL);
    }
}


static void
fuzz_call(fuzz_ids_t *ids, ag_str_t id)
{
    if (id.len == 0 || ids->call_count == FUZZ_IDS
        || fuzz_has(ids->calls, ids->call_count, id))
    {
        ids->odd = 1;
        return;
    }

    ids->calls[ids->call_count++] = id;
}


static void
fuzz_result(fuzz_ids_t *ids, ag_str_t id)
{
    if (id.len == 0 || ids->result_count == FUZZ_IDS
        || fuzz_has(ids->results, ids->result_count, id))
    {
        ids->odd = 1;
        return;
    }

    ids->results[ids->result_count++] = id;
}


static unsigned
fuzz_has(const ag_str_t *list, size_t count, ag_str_t id)
{
    size_t  i;

    for (i = 0; i < count; i++) {
        if (ag_str_equal(list[i], id)) {
            return 1;
        }
    }

    return 0;
}
