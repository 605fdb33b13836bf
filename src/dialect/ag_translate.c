/*
 * Copyright (C) ngx_agent authors
 *
 * The way of a translated call: the client's request becomes neutral once,
 * each attempt's answer goes from its provider's dialect to the client's.
 * Knows no dialect.
 */


#include "dialect/ag_translate.h"
#include "core/ag_id.h"
#include "dialect/ag_custom.h"


static unsigned ag_translate_has_custom(const ag_outbound_t *to);
static int ag_translate_say(void *data, const ag_event_t *event);
static int ag_translate_gather(void *data, const ag_event_t *event);
static int ag_translate_started(ag_translate_t *t, const ag_event_t *event);
static ag_str_t ag_translate_kept(ag_arena_t *arena, ag_str_t text);


unsigned
ag_translate_native(const ag_dialect_t *provider, const ag_quirks_t *quirks,
    ag_endpoint_t endpoint)
{
    if (!ag_dialect_serves(provider, endpoint)) {
        return 0;
    }

    return endpoint != AG_ENDPOINT_RESPONSES || provider == &ag_responses
           || quirks->responses;
}


unsigned
ag_translate_can(const ag_dialect_t *provider, ag_endpoint_t endpoint)
{
    switch (endpoint) {

    case AG_ENDPOINT_CHAT:
    case AG_ENDPOINT_MESSAGES:
    case AG_ENDPOINT_RESPONSES:
        return provider->translator->tell != NULL;

    case AG_ENDPOINT_EMBEDDINGS:
    case AG_ENDPOINT_COUNT_TOKENS:
        return provider == &ag_gemini;

    default:
        return 0;
    }
}


int
ag_translate_request(ag_neutral_t *n, const ag_request_t *request,
    yyjson_doc **doc, ag_error_t *error)
{
    int       rc;
    unsigned  limit;

    limit = 0;
    *doc = ag_json_tree_large(request->body, AG_TRANSLATE_MAX, &limit);

    if (*doc == NULL) {
        error->class = AG_E_REQUEST_TOO_LARGE;
        return limit ? AG_LIMIT : AG_NOMEM;
    }

    n->client = ag_endpoint_dialect(request->endpoint);
    n->endpoint = request->endpoint;
    n->root = yyjson_doc_get_root(*doc);
    n->choices = 1;
    n->parallel = -1;
    n->schema_strict = -1;
    n->stream = request->stream;
    n->include_usage = request->include_usage;

    rc = n->client->translator->ask(n, n->root, error);

    if (rc == AG_LIMIT) {
        error->class = AG_E_REQUEST_TOO_LARGE;
    }

    return rc;
}


int
ag_translate_tell(ag_neutral_t *n, ag_outbound_t *to, ag_buf_t *out,
    ag_error_t *error)
{
    int  rc;

    rc = ag_translate_has_custom(to) ? AG_OK : ag_custom_wrap(n);

    return (rc == AG_OK) ? to->provider->translator->tell(n, to, out, error)
                         : rc;
}


/* OpenAI's own. */
static unsigned
ag_translate_has_custom(const ag_outbound_t *to)
{
    return to->provider == &ag_responses
           || ((to->provider == &ag_openai || to->provider == &ag_azure)
               && to->quirks->custom);
}


void
ag_translate_init(ag_translate_t *t, const ag_neutral_t *n,
    const ag_outbound_t *to, uint64_t random[2], int64_t created,
    ag_usage_t *usage, ag_buf_t *out)
{
    memset(t, 0, sizeof(ag_translate_t));

    ag_arena_init(&t->arena, AG_TRANSLATE_ARENA_MAX);
    t->gather.arena = &t->arena;

    t->reader.provider = to->provider;
    t->reader.endpoint = n->endpoint;
    t->reader.to = to;
    t->reader.request = n;
    t->reader.sink = ag_translate_say;
    t->reader.sink_data = t;
    t->reader.arena = &t->arena;
    t->reader.random = random;
    t->reader.usage = usage;
    t->reader.delta = &t->delta;

    t->writer.client = n->client;
    t->writer.endpoint = n->endpoint;
    t->writer.request = n;
    t->writer.out = out;
    t->writer.arena = &t->arena;
    t->writer.created = created;
    t->writer.random = random;
    t->writer.usage = usage;
}


int
ag_translate_event(ag_translate_t *t, const ag_sse_event_t *event,
    ag_delta_t *delta)
{
    memset(delta, 0, sizeof(ag_delta_t));

    if (event->data.len == 0 || t->reader.ended) {
        return AG_OK;
    }

    t->reader.delta = delta;
    t->reader.provider->translator->hear_event(&t->reader, event);
    t->reader.delta = &t->delta;

    return t->reader.rc;
}


int
ag_translate_eof(ag_translate_t *t, ag_delta_t *delta)
{
    memset(delta, 0, sizeof(ag_delta_t));

    if (t->reader.provider->translator->hear_eof != NULL) {
        t->reader.delta = delta;
        t->reader.provider->translator->hear_eof(&t->reader);
        t->reader.delta = &t->delta;
    }

    return t->reader.rc;
}


int
ag_translate_cut(ag_translate_t *t)
{
    uint32_t      choice, count;
    ag_reader_t  *r;

    r = &t->reader;
    count = (r->choice_count > 0) ? r->choice_count : 1;

    for (choice = 0; choice < count && !r->ended; choice++) {
        if (r->choices[choice].finish == AG_FINISH_NONE) {
            ag_reader_finish(r, choice, AG_FINISH_LENGTH);
        }
    }

    ag_reader_end(r);

    return r->rc;
}


int
ag_translate_answer(ag_translate_t *t, ag_str_t body, ag_answer_t *answer)
{
    size_t       len;
    unsigned     limit;
    yyjson_doc  *doc;

    memset(answer, 0, sizeof(ag_answer_t));

    limit = 0;
    len = t->writer.out->len;
    doc = ag_json_tree_large(body, AG_ANSWER_MAX, &limit);

    if (!yyjson_is_obj(yyjson_doc_get_root(doc))) {
        yyjson_doc_free(doc);
        answer->error = ag_error_classify(0, body);

        return AG_OK;
    }

    t->reader.whole = 1;
    t->reader.sink = ag_translate_gather;

    t->reader.provider->translator->hear_answer(&t->reader,
                                                yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);

    answer->usage = *t->reader.usage;
    answer->said = answer->usage.known ? 0 : t->delta.said;

    if (t->delta.failed) {
        answer->error = t->delta.error;

    } else if (!t->reader.ended) {
        answer->error = AG_E_BAD_RESPONSE;
    }

    if (answer->error != AG_E_NONE || t->reader.rc != AG_OK) {
        t->writer.out->len = len;
    }

    return t->reader.rc;
}


int
ag_translate_failure(ag_translate_t *t, const ag_error_t *error,
    ag_str_t request_id)
{
    const ag_translator_t  *client;

    client = t->writer.client->translator;

    return client->say_failure != NULL
           ? client->say_failure(&t->writer, error, request_id)
           : ag_error_write_event(t->writer.out, error,
                                  t->writer.client->surface, request_id);
}


void
ag_translate_free(ag_translate_t *t)
{
    ag_arena_free(&t->arena);
}


/* ---- sinks ---- */


static int
ag_translate_say(void *data, const ag_event_t *event)
{
    int              rc;
    ag_translate_t  *t;

    t = data;
    rc = ag_translate_started(t, event);

    return (rc != AG_OK) ? rc
           : t->writer.client->translator->say_event(&t->writer, event);
}


/* Texts of a whole answer live until this returns from its END. */
static int
ag_translate_gather(void *data, const ag_event_t *event)
{
    int              rc;
    ag_translate_t  *t;

    t = data;
    rc = ag_translate_started(t, event);

    if (rc == AG_OK) {
        rc = ag_gather_event(&t->gather, event);
    }

    if (rc != AG_OK || event->kind != AG_EVENT_END || t->delta.failed) {
        return rc;
    }

    return t->writer.client->translator->say_answer(&t->writer,
                                                    &t->gather.reply);
}


static int
ag_translate_started(ag_translate_t *t, const ag_event_t *event)
{
    if (event->kind != AG_EVENT_START) {
        return AG_OK;
    }

    t->writer.id = ag_translate_kept(&t->arena, event->id);
    t->writer.model = ag_translate_kept(&t->arena, event->name);

    return (t->writer.id.data == NULL || t->writer.model.data == NULL)
           ? AG_NOMEM : AG_OK;
}


static ag_str_t
ag_translate_kept(ag_arena_t *arena, ag_str_t text)
{
    text.len = (text.len > AG_ANSWER_ID_MAX) ? AG_ANSWER_ID_MAX : text.len;

    return ag_arena_copy(arena, text);
}


/* ---- ids ---- */


ag_str_t
ag_mint(ag_arena_t *arena, uint64_t random[2], const char *prefix)
{
    size_t      i, len;
    uint64_t    bits;
    ag_char_t  *p;

    static const char  letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ab";

    len = strlen(prefix);
    p = ag_arena_alloc(arena, len + AG_MINTED_LEN);

    if (p == NULL) {
        return ag_str(NULL, 0);
    }

    memcpy(p, prefix, len);
    bits = 0;

    for (i = 0; i < AG_MINTED_LEN; i++) {
        bits = (i % 10 == 0) ? ag_id_random(random) : bits >> 6;
        p[len + i] = (ag_char_t) letters[bits & 63];
    }

    return ag_str(p, len + AG_MINTED_LEN);
}


ag_str_t
ag_writer_mint(ag_writer_t *w, const char *prefix)
{
    return ag_mint(w->arena, w->random, prefix);
}
