/*
 * Copyright (C) ngx_agent authors
 *
 * What translation costs without a gateway around it: CPU time of a call of
 * 1 KB and of a streamed chunk, for each client and each provider that does
 * not speak its dialect, beside what the native path does instead.  Caches
 * are warm and the best of many batches counts: a lower bound, but one that
 * comes out the same on a busy machine.
 *
 *   only    one pair, such as chat-anthropic
 *   part    of it: read, native, request, tell, answer, whole, native_chunk,
 *           chunk, native_stream, stream
 *   count   with both: how often it is done, without a clock, for a profiler
 *   batches (100)
 *
 * Prints one JSON object, times in ns.  "whole" is request, tell and answer
 * as the gateway does them, with their memory; "read" comes before it on
 * either path.  "stream" is what begins and ends one.
 */

#define _GNU_SOURCE

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "calls.h"
#include "measure.h"
#include "dialect/ag_translate.h"


#define TRANSLATE_BYTES   1024      /* of a request, of a whole answer */
#define TRANSLATE_BATCH   256       /* times between two looks at the clock */


typedef struct {
    ag_sse_event_t  begin[CALLS_EVENTS];
    ag_sse_event_t  chunk;
    ag_sse_event_t  end[CALLS_EVENTS];
    size_t          begins;
    size_t          ends;
} translate_stream_t;


/* What the gateway keeps for an attempt that is translated. */
typedef struct {
    ag_outbound_t   to;
    ag_arena_t      arena;
    ag_translate_t  answer;
    ag_buf_t        path;
    ag_buf_t        args;
    ag_buf_t        body;
    ag_buf_t        out;
} translate_attempt_t;


/* A client, a provider of another dialect, and one of its own. */
typedef struct {
    char                  name[64];
    const ag_dialect_t   *client;
    const ag_dialect_t   *provider;
    const ag_quirks_t    *quirks;
    const ag_facts_t     *facts;
    ag_str_t              model;
    ag_endpoint_t         endpoint;
    ag_str_t              body;
    ag_str_t              answer;
    ag_str_t              native_answer;
    translate_stream_t    stream;
    translate_stream_t    native;

    uint64_t              random[2];
    ag_request_t          request;
    ag_usage_t            usage;
    ag_arena_t            arena;
    ag_neutral_t          neutral;
    yyjson_doc           *doc;
    translate_attempt_t  *attempt;
} translate_pair_t;


typedef void (*translate_pt)(translate_pair_t *p);


static unsigned translate_pair(translate_pair_t *p, const calls_client_t *c,
    const calls_provider_t *to);
static const calls_provider_t *translate_own(const calls_client_t *c);
static ag_str_t translate_text(const char *template, size_t size);
static void translate_stream(translate_stream_t *s,
    const calls_provider_t *provider);
static ag_sse_event_t translate_event(const calls_event_t *event);
static void translate_check(translate_pair_t *p);
static void translate_holds(const translate_pair_t *p, const ag_buf_t *text,
    const char *words);
static void translate_must(const translate_pair_t *p, int ok,
    const char *what);
static void translate_print(translate_pair_t *p, long batches,
    unsigned first);
static double translate_cost(translate_pair_t *p, size_t part, long batches);
static uint64_t translate_clock(void);
static int translate_repeat(translate_pair_t *p, const char *part,
    long count);

static void translate_read(translate_pair_t *p);
static void translate_native(translate_pair_t *p);
static void translate_ask(translate_pair_t *p);
static void translate_ask_end(translate_pair_t *p);
static void translate_request(translate_pair_t *p);
static void translate_begin(translate_pair_t *p);
static void translate_tell(translate_pair_t *p);
static void translate_answer(translate_pair_t *p);
static void translate_attempt_end(translate_pair_t *p);
static void translate_whole(translate_pair_t *p);
static void translate_native_event(translate_pair_t *p,
    const ag_sse_event_t *event);
static void translate_native_chunk(translate_pair_t *p);
static void translate_native_stream(translate_pair_t *p);
static void translate_hear(translate_pair_t *p, const ag_sse_event_t *event,
    ag_delta_t *delta);
static void translate_stream_begin(translate_pair_t *p);
static void translate_stream_whole(translate_pair_t *p);
static void translate_chunk(translate_pair_t *p);


/* Each with what has to be there before a batch, and goes after it. */
static const struct {
    const char    *name;
    translate_pt   before;
    translate_pt   run;
} translate_parts[] = {
    { "read", NULL, translate_read },
    { "native", NULL, translate_native },
    { "request", NULL, translate_request },
    { "tell", translate_begin, translate_tell },
    { "answer", translate_begin, translate_answer },
    { "whole", NULL, translate_whole },
    { "native_chunk", NULL, translate_native_chunk },
    { "chunk", translate_stream_begin, translate_chunk },
    { "native_stream", NULL, translate_native_stream },
    { "stream", translate_begin, translate_stream_whole },
};

#define TRANSLATE_PARTS  (sizeof(translate_parts) / sizeof(translate_parts[0]))


int
main(int argc, char **argv)
{
    long                     batches, count;
    unsigned                 found;
    const char              *only, *part;
    const calls_client_t    *c;
    const calls_provider_t  *to;

    static translate_pair_t  pair;

    only = measure_text(argc, argv, "only");
    part = measure_text(argc, argv, "part");
    count = measure_number(argc, argv, "count", 0);
    batches = measure_number(argc, argv, "batches", 100);
    found = 0;

    for (c = calls_clients; c->name != NULL; c++) {
        for (to = calls_providers; to->name != NULL; to++) {

            if (!translate_pair(&pair, c, to)
                || (only != NULL && strcmp(only, pair.name) != 0))
            {
                continue;
            }

            translate_check(&pair);

            if (count != 0) {
                return translate_repeat(&pair, part, count);
            }

            translate_print(&pair, batches, found == 0);
            found++;
        }
    }

    printf("%s}\n", found ? "\n" : "{");

    return found ? 0 : 1;
}


/* 0: the provider speaks the client's dialect, or nobody has such a pair. */

static unsigned
translate_pair(translate_pair_t *p, const calls_client_t *c,
    const calls_provider_t *to)
{
    const calls_provider_t  *own;

    memset(p, 0, sizeof(translate_pair_t));

    own = translate_own(c);
    p->endpoint = ag_endpoint_find(ag_str(c->path, strlen(c->path)));
    p->client = ag_endpoint_dialect(p->endpoint);
    p->provider = ag_dialect_find(ag_str(to->dialect, strlen(to->dialect)));
    p->quirks = ag_quirks_find(ag_str(to->quirks, strlen(to->quirks)));

    if (ag_translate_native(p->provider, p->quirks, p->endpoint)
        || (p->provider == &ag_openai
            && p->quirks->responses == (p->endpoint == AG_ENDPOINT_RESPONSES)))
    {
        return 0;
    }

    snprintf(p->name, sizeof(p->name), "%s-%s", c->name, to->name);

    p->model = ag_str(to->model, strlen(to->model));
    p->facts = ag_facts_find(NULL, p->model, p->provider);
    p->body = translate_text(c->body, TRANSLATE_BYTES);
    p->answer = translate_text(to->answer, TRANSLATE_BYTES);
    p->native_answer = translate_text(own->answer, TRANSLATE_BYTES);
    p->random[0] = 1;

    translate_stream(&p->stream, to);
    translate_stream(&p->native, own);
    translate_read(p);

    return 1;
}


/* The provider that speaks the client's dialect. */

static const calls_provider_t *
translate_own(const calls_client_t *c)
{
    const char              *name;
    const calls_provider_t  *to;

    name = (strcmp(c->name, "messages") == 0) ? "anthropic"
           : (strcmp(c->name, "responses") == 0) ? "responses" : "openai";

    for (to = calls_providers; strcmp(to->name, name) != 0; to++) { /* void */ }

    return to;
}


static ag_str_t
translate_text(const char *template, size_t size)
{
    char      *text;
    ag_str_t   result;

    text = calls_text(template, size, &result.len);
    result.data = (const ag_char_t *) text;

    return result;
}


static void
translate_stream(translate_stream_t *s, const calls_provider_t *provider)
{
    size_t  i;

    s->chunk = translate_event(&provider->chunk);

    for (i = 0; provider->begin[i].data != NULL; i++) {
        s->begin[s->begins++] = translate_event(&provider->begin[i]);
    }

    for (i = 0; provider->end[i].data != NULL; i++) {
        s->end[s->ends++] = translate_event(&provider->end[i]);
    }
}


static ag_sse_event_t
translate_event(const calls_event_t *event)
{
    ag_sse_event_t  found;

    memset(&found, 0, sizeof(found));
    found.data = translate_text(event->data, 0);
    found.has_data = 1;

    if (event->type != NULL) {
        found.type = ag_str(event->type, strlen(event->type));
    }

    return found;
}


/* What is measured is worth it: the words have come through. */

static void
translate_check(translate_pair_t *p)
{
    translate_begin(p);
    translate_tell(p);
    translate_holds(p, &p->attempt->body, CALLS_SAYS);
    translate_answer(p);
    translate_holds(p, &p->attempt->out, CALLS_SAYS);
    translate_stream_begin(p);
    translate_chunk(p);
    translate_holds(p, &p->attempt->out, CALLS_CHUNK);
    translate_attempt_end(p);
    translate_ask_end(p);
}


static void
translate_holds(const translate_pair_t *p, const ag_buf_t *text,
    const char *words)
{
    translate_must(p, memmem(text->data, text->len, words, strlen(words))
                   != NULL, "words lost");
}


static void
translate_must(const translate_pair_t *p, int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "translate: %s: %s\n", p->name, what);
        exit(1);
    }
}


/* ---- the clock ---- */


static void
translate_print(translate_pair_t *p, long batches, unsigned first)
{
    size_t  i;

    printf("%s\"%s\": {", first ? "{\n" : ",\n", p->name);

    for (i = 0; i < TRANSLATE_PARTS; i++) {
        printf("%s\"%s\": %.1f", i ? ", " : "", translate_parts[i].name,
               translate_cost(p, i, batches));
    }

    printf("}");
}


/* The least mean of a batch: others can only make it more. */

static double
translate_cost(translate_pair_t *p, size_t part, long batches)
{
    long      i, n;
    double    cost, best;
    uint64_t  begin;

    best = 0;

    for (i = 0; i < batches; i++) {

        if (translate_parts[part].before != NULL) {
            translate_parts[part].before(p);
        }

        begin = translate_clock();

        for (n = 0; n < TRANSLATE_BATCH; n++) {
            translate_parts[part].run(p);
        }

        cost = (double) (translate_clock() - begin) / TRANSLATE_BATCH;
        best = (i == 0 || cost < best) ? cost : best;

        if (translate_parts[part].before != NULL) {
            translate_attempt_end(p);
            translate_ask_end(p);
        }
    }

    return best;
}


static uint64_t
translate_clock(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + (uint64_t) ts.tv_nsec;
}


static int
translate_repeat(translate_pair_t *p, const char *part, long count)
{
    size_t  i;

    for (i = 0; i < TRANSLATE_PARTS; i++) {

        if (part == NULL || strcmp(part, translate_parts[i].name) != 0) {
            continue;
        }

        if (translate_parts[i].before != NULL) {
            translate_parts[i].before(p);
        }

        while (count--) {
            translate_parts[i].run(p);
        }

        return 0;
    }

    return 1;
}


/* ---- a call ---- */


static void
translate_read(translate_pair_t *p)
{
    ag_error_t  error;

    translate_must(p, ag_request_read(&p->request, p->endpoint, p->body,
                                      &error) == AG_OK, "request refused");
}


/* What the native path does instead of all that follows. */

static void
translate_native(translate_pair_t *p)
{
    size_t        count, len;
    ag_char_t    *out;
    ag_patch_t    patches[AG_PATCHES_MAX];
    ag_answer_t   answer;

    static const ag_str_t  model = ag_string("\"upstream-model\"");

    count = ag_request_patch(&p->request, model, 1, NULL, 0, patches);
    len = ag_patch_len(p->body, patches, count);
    out = malloc(len);
    translate_must(p, out != NULL, "no memory");
    ag_patch_write(p->body, patches, count, out);
    free(out);

    p->client->read_answer(p->endpoint, p->native_answer, &answer);
    translate_must(p, answer.error == AG_E_NONE && answer.usage.known,
                   "native answer not read");
}


static void
translate_ask(translate_pair_t *p)
{
    ag_error_t  error;

    memset(&p->neutral, 0, sizeof(ag_neutral_t));
    ag_arena_init(&p->arena, AG_TRANSLATE_ARENA_MAX);
    p->neutral.arena = &p->arena;

    translate_must(p, ag_translate_request(&p->neutral, &p->request, &p->doc,
                                           &error) == AG_OK,
                   "request not read");
}


static void
translate_ask_end(translate_pair_t *p)
{
    ag_arena_free(&p->arena);
    yyjson_doc_free(p->doc);
    p->doc = NULL;
}


static void
translate_request(translate_pair_t *p)
{
    translate_ask(p);
    translate_ask_end(p);
}


static void
translate_begin(translate_pair_t *p)
{
    translate_attempt_t  *a;

    if (p->doc == NULL) {
        translate_ask(p);
    }

    p->attempt = a = calloc(1, sizeof(translate_attempt_t));
    translate_must(p, a != NULL, "no memory");

    ag_arena_init(&a->arena, AG_TRANSLATE_ARENA_MAX);
    ag_buf_init(&a->path, AG_PATH_MAX);
    ag_buf_init(&a->args, AG_PATH_MAX);
    ag_buf_init(&a->body, 2 * AG_REQUEST_MAX);
    ag_buf_init(&a->out, AG_ANSWER_MAX);

    a->to.arena = &a->arena;
    a->to.provider = p->provider;
    a->to.quirks = p->quirks;
    a->to.facts = p->facts;
    a->to.model = p->model;
    a->to.endpoint = p->endpoint;
}


static void
translate_tell(translate_pair_t *p)
{
    int                   rc;
    ag_error_t            error;
    translate_attempt_t  *a;

    a = p->attempt;
    a->path.len = 0;
    a->args.len = 0;
    a->body.len = 0;
    ag_arena_free(&a->arena);

    rc = p->provider->translator->tell_path(&a->to, &a->path, &a->args);
    translate_must(p, rc == AG_OK, "path not told");

    rc = ag_translate_tell(&p->neutral, &a->to, &a->body, &error);
    translate_must(p, rc == AG_OK && a->body.len > TRANSLATE_BYTES / 2
                   && a->to.drop_count == 0, "request not told");
}


static void
translate_answer(translate_pair_t *p)
{
    int                   rc;
    ag_answer_t           answer;
    translate_attempt_t  *a;

    a = p->attempt;
    a->out.len = 0;
    ag_translate_init(&a->answer, &p->neutral, &a->to, p->random, 1763600000,
                      &p->usage, &a->out);

    rc = ag_translate_answer(&a->answer, p->answer, &answer);
    translate_must(p, rc == AG_OK && answer.error == AG_E_NONE
                   && answer.usage.output_tokens == 150
                   && a->out.len > TRANSLATE_BYTES / 4, "answer not read");

    ag_translate_free(&a->answer);
}


static void
translate_attempt_end(translate_pair_t *p)
{
    translate_attempt_t  *a;

    a = p->attempt;

    ag_translate_free(&a->answer);
    ag_arena_free(&a->arena);
    ag_buf_free(&a->path);
    ag_buf_free(&a->args);
    ag_buf_free(&a->body);
    ag_buf_free(&a->out);
    free(a);
    p->attempt = NULL;
}


static void
translate_whole(translate_pair_t *p)
{
    translate_begin(p);
    translate_tell(p);
    translate_answer(p);
    translate_attempt_end(p);
    translate_ask_end(p);
}


/* ---- a stream ---- */


static void
translate_native_event(translate_pair_t *p, const ag_sse_event_t *event)
{
    ag_delta_t  delta;

    p->client->read_event(p->endpoint, event, &delta, &p->usage);
    translate_must(p, !delta.failed && !delta.malformed
                   && delta.content >= (event == &p->native.chunk),
                   "native event not read");
}


static void
translate_native_chunk(translate_pair_t *p)
{
    translate_native_event(p, &p->native.chunk);
}


static void
translate_native_stream(translate_pair_t *p)
{
    size_t  i;

    for (i = 0; i < p->native.begins; i++) {
        translate_native_event(p, &p->native.begin[i]);
    }

    for (i = 0; i < p->native.ends; i++) {
        translate_native_event(p, &p->native.end[i]);
    }
}


static void
translate_hear(translate_pair_t *p, const ag_sse_event_t *event,
    ag_delta_t *delta)
{
    int                   rc;
    translate_attempt_t  *a;

    a = p->attempt;
    a->out.len = 0;
    rc = ag_translate_event(&a->answer, event, delta);

    translate_must(p, rc == AG_OK && !delta->failed && !delta->malformed,
                   "event not read");
}


static void
translate_stream_begin(translate_pair_t *p)
{
    size_t      i;
    ag_delta_t  delta;

    if (p->attempt == NULL) {
        translate_begin(p);
    }

    ag_translate_init(&p->attempt->answer, &p->neutral, &p->attempt->to,
                      p->random, 1763600000, &p->usage, &p->attempt->out);

    for (i = 0; i < p->stream.begins; i++) {
        translate_hear(p, &p->stream.begin[i], &delta);
    }
}


/* All of a stream but its chunks. */

static void
translate_stream_whole(translate_pair_t *p)
{
    size_t      i;
    ag_delta_t  delta;

    translate_stream_begin(p);

    for (i = 0; i < p->stream.ends; i++) {
        translate_hear(p, &p->stream.end[i], &delta);
    }

    if (!delta.done) {
        translate_must(p, ag_translate_eof(&p->attempt->answer, &delta)
                       == AG_OK && delta.done, "no end of the stream");
    }

    ag_translate_free(&p->attempt->answer);
}


static void
translate_chunk(translate_pair_t *p)
{
    ag_delta_t  delta;

    translate_hear(p, &p->stream.chunk, &delta);
    translate_must(p, delta.content && p->attempt->out.len > 0,
                   "chunk not said");
}
