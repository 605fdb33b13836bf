/*
 * Copyright (C) ngx_agent authors
 *
 * ag_replay with any bytes, as a whole answer and as a stream, on every
 * surface: an answer that is told again and put together once more says the
 * same, and on an error the buffer is as it was.
 *
 * The first byte is the surface.
 */


#include <assert.h>

#include "dialect/ag_replay.h"
#include "fuzz_mutate.h"


#define FUZZ_MAX        (256 * 1024)    /* bytes of an answer */
#define FUZZ_ENDPOINTS  (sizeof(fuzz_endpoints) / sizeof(fuzz_endpoints[0]))


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
    unsigned seed);
static void fuzz_as_stream(ag_endpoint_t endpoint, ag_str_t bytes);
static void fuzz_as_whole(ag_endpoint_t endpoint, ag_str_t bytes);
static int fuzz_whole(ag_buf_t *out, ag_endpoint_t endpoint,
    ag_str_t stream);
static int fuzz_stream(ag_buf_t *out, ag_endpoint_t endpoint,
    ag_str_t whole);
static void fuzz_begin(ag_buf_t *out);
static void fuzz_end(ag_buf_t *out, int rc);
static unsigned fuzz_is_clear(ag_str_t whole);
static unsigned fuzz_is_once(yyjson_val *value);
static void fuzz_same(ag_str_t a, ag_str_t b);
static void fuzz_within(yyjson_val *a, yyjson_val *b,
    const char *const *without);
static yyjson_val *fuzz_member(yyjson_val *object, yyjson_val *key);
static unsigned fuzz_is_nothing(yyjson_val *value);
static unsigned fuzz_is_without(yyjson_val *key,
    const char *const *without);


static const char  fuzz_before[] = "before";

static const ag_endpoint_t  fuzz_endpoints[] = {
    AG_ENDPOINT_CHAT, AG_ENDPOINT_COMPLETIONS, AG_ENDPOINT_MESSAGES,
    AG_ENDPOINT_RESPONSES, AG_ENDPOINT_EMBEDDINGS
};

/* What says nothing, or something about the form only: padding, the name of
 * the form, a number that says what the order does. */
static const char *const  fuzz_form[] = {
    "obfuscation", "object", "index", "role", NULL
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ag_str_t       bytes;
    ag_endpoint_t  endpoint;

    if (size < 2 || size > FUZZ_MAX) {
        return 0;
    }

    endpoint = fuzz_endpoints[data[0] % FUZZ_ENDPOINTS];
    bytes = ag_str(data + 1, size - 1);

    fuzz_as_stream(endpoint, bytes);
    fuzz_as_whole(endpoint, bytes);

    return 0;
}


size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
    unsigned seed)
{
    return fuzz_mutate(data, size, max, seed, 1);
}


static void
fuzz_as_stream(ag_endpoint_t endpoint, ag_str_t bytes)
{
    ag_buf_t  whole;

    if (fuzz_whole(&whole, endpoint, bytes) == AG_OK) {
        fuzz_as_whole(endpoint, ag_buf_str(&whole));
    }

    ag_buf_free(&whole);
}


static void
fuzz_as_whole(ag_endpoint_t endpoint, ag_str_t bytes)
{
    ag_buf_t         stream, whole;
    ag_replay_end_t  end;

    end = ag_replay_end(endpoint, bytes);
    assert(end <= AG_REPLAY_OTHER);

    if (fuzz_stream(&stream, endpoint, bytes) == AG_OK
        && fuzz_is_clear(bytes))
    {
        assert(fuzz_whole(&whole, endpoint, ag_buf_str(&stream)) == AG_OK);
        assert(ag_replay_end(endpoint, ag_buf_str(&whole)) == end);

        fuzz_same(bytes, ag_buf_str(&whole));
        ag_buf_free(&whole);
    }

    ag_buf_free(&stream);
}


static int
fuzz_whole(ag_buf_t *out, ag_endpoint_t endpoint, ag_str_t stream)
{
    int         rc;
    ag_usage_t  usage;

    memset(&usage, 0, sizeof(usage));
    fuzz_begin(out);

    rc = ag_replay_whole(out, endpoint, stream, &usage);
    fuzz_end(out, rc);

    return rc;
}


static int
fuzz_stream(ag_buf_t *out, ag_endpoint_t endpoint, ag_str_t whole)
{
    int                  rc;
    ag_replay_options_t  options;

    memset(&options, 0, sizeof(options));
    options.include_usage = 1;
    fuzz_begin(out);

    rc = ag_replay_stream(out, endpoint, whole, &options);
    fuzz_end(out, rc);

    return rc;
}


static void
fuzz_begin(ag_buf_t *out)
{
    ag_buf_init(out, SIZE_MAX);
    assert(ag_buf_add_string(out, fuzz_before) == AG_OK);
}


static void
fuzz_end(ag_buf_t *out, int rc)
{
    assert(out->len >= strlen(fuzz_before)
           && memcmp(out->data, fuzz_before, strlen(fuzz_before)) == 0);
    assert(rc == AG_OK || rc == AG_NONE || rc == AG_LIMIT);

    if (rc != AG_OK) {
        assert(out->len == strlen(fuzz_before));
    }

    ag_buf_shift(out, strlen(fuzz_before));
}


/* An answer with a key twice says what its reader makes of it. */
static unsigned
fuzz_is_clear(ag_str_t whole)
{
    unsigned     clear;
    yyjson_doc  *doc;

    doc = ag_json_tree_large(whole, AG_ANSWER_MAX, NULL);
    assert(doc != NULL);

    clear = fuzz_is_once(yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);

    return clear;
}


static unsigned
fuzz_is_once(yyjson_val *value)
{
    size_t       i, max;
    yyjson_val  *key, *member;

    yyjson_obj_foreach(value, i, max, key, member) {
        if (fuzz_member(value, key) != member || !fuzz_is_once(member)) {
            return 0;
        }
    }

    yyjson_arr_foreach(value, i, max, member) {
        if (!fuzz_is_once(member)) {
            return 0;
        }
    }

    return 1;
}


static void
fuzz_same(ag_str_t a, ag_str_t b)
{
    yyjson_doc  *one, *two;

    one = ag_json_tree_large(a, AG_ANSWER_MAX, NULL);
    two = ag_json_tree_large(b, AG_ANSWER_MAX, NULL);
    assert(one != NULL && two != NULL);

    fuzz_within(yyjson_doc_get_root(one), yyjson_doc_get_root(two),
                fuzz_form);
    fuzz_within(yyjson_doc_get_root(two), yyjson_doc_get_root(one),
                fuzz_form);

    yyjson_doc_free(one);
    yyjson_doc_free(two);
}


/* Is all that "a" says in "b" too?  null says nothing, nor does "". */
static void
fuzz_within(yyjson_val *a, yyjson_val *b, const char *const *without)
{
    size_t       i, max;
    yyjson_val  *key, *value;

    if (fuzz_is_nothing(a)) {
        return;
    }

    assert(b != NULL && yyjson_get_type(a) == yyjson_get_type(b));

    if (yyjson_is_obj(a)) {

        yyjson_obj_foreach(a, i, max, key, value) {
            if (!fuzz_is_without(key, without)) {
                fuzz_within(value, fuzz_member(b, key), without);
            }
        }

        return;
    }

    if (yyjson_is_arr(a)) {
        assert(yyjson_arr_size(a) == yyjson_arr_size(b));

        yyjson_arr_foreach(a, i, max, value) {
            fuzz_within(value, yyjson_arr_get(b, i), without);
        }

        return;
    }

    assert(yyjson_is_raw(a) || yyjson_equals(a, b));
}


static yyjson_val *
fuzz_member(yyjson_val *object, yyjson_val *key)
{
    return yyjson_obj_getn(object, yyjson_get_str(key), yyjson_get_len(key));
}


static unsigned
fuzz_is_nothing(yyjson_val *value)
{
    return value == NULL || yyjson_is_null(value)
           || (yyjson_is_str(value) && yyjson_get_len(value) == 0)
           || (yyjson_is_ctn(value) && yyjson_get_len(value) == 0);
}


static unsigned
fuzz_is_without(yyjson_val *key, const char *const *without)
{
    for ( /* void */ ; *without != NULL; without++) {
        if (yyjson_equals_str(key, *without)) {
            return 1;
        }
    }

    return 0;
}
