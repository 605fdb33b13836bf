/*
 * Copyright (C) ngx_agent authors
 *
 * What every dialect answers: how to read a client's request, a provider's
 * whole answer, one event of its stream and its errors.  One file per
 * dialect behind one vtable; where both sides speak the same dialect the
 * bytes are forwarded as they came and only patched in place.
 */


#ifndef _AG_DIALECT_H_INCLUDED_
#define _AG_DIALECT_H_INCLUDED_


#include "core/ag_base.h"
#include "core/ag_buf.h"
#include "core/ag_cache_rule.h"
#include "core/ag_caps.h"
#include "core/ag_error.h"
#include "core/ag_json.h"
#include "core/ag_sse.h"


#define AG_FIELDS_MAX   8       /* set_field lines of one provider */
#define AG_PATCHES_MAX  (2 + 4 * AG_FIELDS_MAX + 1)
                                /* model, stream_options; an absent field is
                                   four pieces, and one comma ends them */

#define AG_DIALECT_SCRATCH  (16 * 1024) /* bytes of stack for the tree of one
                                   event: enough for 1.2 KB of it, a longer
                                   one takes a malloc() */


typedef struct ag_dialect_s  ag_dialect_t;

struct ag_translator_s;     /* ag_translate.h */


/*
 * The endpoints of the client surface.
 * X(id, path under the gateway location, method, dialect)
 */
#define AG_ENDPOINTS(X)                                                       \
    X(CHAT, "chat/completions", POST, openai)                                 \
    X(COMPLETIONS, "completions", POST, openai)                               \
    X(EMBEDDINGS, "embeddings", POST, openai)                                 \
    X(RESPONSES, "responses", POST, responses)                                \
    X(MESSAGES, "messages", POST, anthropic)                                  \
    X(COUNT_TOKENS, "messages/count_tokens", POST, anthropic)                 \
    X(MODELS, "models", GET, openai)                                          \
    X(MODEL, "models/", GET, openai)                                          \
    X(USAGE, "usage", GET, openai)


typedef enum {
#define AG_ENDPOINT_ID(id, path, method, dialect)  AG_ENDPOINT_##id,
    AG_ENDPOINTS(AG_ENDPOINT_ID)
#undef AG_ENDPOINT_ID
    AG_ENDPOINT_MAX
} ag_endpoint_t;


/* Tokens as billed; input includes cached and written ones. */
typedef struct {
    uint64_t  input_tokens;
    uint64_t  cached_tokens;        /* of the input, read from a cache */
    uint64_t  written_tokens;       /* of the input, written to a cache */
    uint64_t  output_tokens;
    uint64_t  reasoning_tokens;     /* of the output */
    unsigned  known:1;              /* a provider reported it */
} ag_usage_t;


/* A change of the body: "cut" bytes at "at" make place for "insert". */
typedef struct {
    size_t    at;
    size_t    cut;
    ag_str_t  insert;
} ag_patch_t;


/*
 * A top-level field that the operator sets in every request.  "model",
 * "stream" and "stream_options" are the gateway's own and are passed over.
 */
typedef struct {
    ag_str_t  key;      /* without quotes; needs no escapes; once only */
    ag_str_t  value;    /* JSON */
} ag_field_t;


/*
 * A client's request: what admission, routing and patching need.  Spans
 * point into the body; a span without data means that the field is absent
 * or null.  "model" may point into the struct itself: do not copy it.
 */
typedef struct {
    ag_endpoint_t  endpoint;
    ag_str_t       body;
    ag_str_t       model;               /* decoded; in the body, or in
                                           model_name if it had escapes */
    ag_str_t       model_span;          /* the value with its quotes */
    ag_str_t       stream_span;         /* the value of "stream" */
    ag_str_t       stream_options_span; /* the value, null included */
    ag_str_t       include_usage_span;  /* its value within stream_options,
                                           null included */
    int64_t        max_output_tokens;   /* the larger of two; 0: not given */
    const char    *max_output_name;     /* the field that gave it; NULL: none */
    int64_t        choices;             /* the larger of "n" and "best_of", 1
                                           if not given */
    unsigned       stream:1;
    unsigned       include_usage:1;     /* the client asked for usage */
    unsigned       promises:1;          /* a field is there that may promise
                                           a form of the answer */
    ag_char_t      model_name[AG_MODEL_NAME_MAX];

    ag_cache_words_t  cache;
} ag_request_t;


/* One event of a provider's stream. */
typedef struct {
    unsigned          content:1;    /* tokens, tool calls, a refusal: what a
                                       client waits for; also an event of a
                                       type that we do not know */
    unsigned          finish:1;     /* a finish reason: the answer is whole */
    unsigned          done:1;       /* the last event; nothing follows */
    unsigned          usage_only:1; /* carries usage and nothing else */
    unsigned          failed:1;     /* an error event; "error" is set */
    unsigned          malformed:1;  /* its data is not JSON, or has not the
                                       shape of the dialect's events */
    size_t            said;         /* bytes of text, reasoning and arguments
                                       in it */
    ag_error_class_t  error;
} ag_delta_t;


/* A provider's whole answer with status 2xx. */
typedef struct {
    ag_usage_t        usage;
    size_t            said;         /* as of a delta; 0 if usage is known */
    ag_error_class_t  error;        /* NONE, BAD_RESPONSE (not JSON, empty),
                                       or the class of an error in a 200 */
} ag_answer_t;


/*
 * A dialect on the wire.  All functions are pure; none keeps a pointer.
 */
struct ag_dialect_s {
    const char    *name;
    ag_surface_t   surface;         /* shape of errors towards clients */
    const char    *key_header;      /* "authorization" gets "Bearer KEY",
                                       any other name the bare key */
    const char    *forward_prefix;  /* request and answer headers with this
                                       prefix pass on the native surface */
    const char    *request_id;      /* answer header with the provider's id */
    ag_str_t       heartbeat;       /* bytes that keep a silent stream open */
    unsigned       done_needed:1;   /* the stream must end with "[DONE]" */

    /*
     * Checks the scanned body and fills *request (endpoint and body are set
     * by the caller).  Returns AG_OK, or AG_INVALID with *error saying what
     * is wrong and error->param naming the field.
     */
    int (*read_request)(ag_request_t *request, const ag_json_t *json,
        ag_error_t *error);

    /* Reads a whole answer of status 2xx. */
    void (*read_answer)(ag_endpoint_t endpoint, ag_str_t body,
        ag_answer_t *answer);

    /*
     * Reads one event; usage is overwritten by what it reports (the values
     * are cumulative in every dialect).
     */
    void (*read_event)(ag_endpoint_t endpoint, const ag_sse_event_t *event,
        ag_delta_t *delta, ag_usage_t *usage);

    /* From and to the other dialects. */
    const struct ag_translator_s  *translator;

    /* Finds the next event of a stream; ag_sse_next() but for a dialect that
     * frames its streams otherwise. */
    int (*next_event)(ag_sse_t *sse, ag_str_t bytes, ag_sse_event_t *event);
};


extern const ag_dialect_t  ag_openai;
extern const ag_dialect_t  ag_responses;
extern const ag_dialect_t  ag_anthropic;
extern const ag_dialect_t  ag_gemini;
extern const ag_dialect_t  ag_azure;


/*
 * The endpoint of a path (what follows the gateway location, without a
 * leading slash; the query is not part of it), or AG_ENDPOINT_MAX.  For
 * AG_ENDPOINT_MODEL the rest of the path is the model's name; "models/"
 * with nothing behind it is no endpoint.
 */
ag_endpoint_t ag_endpoint_find(ag_str_t path);

/* "POST" or "GET". */
const char *ag_endpoint_method(ag_endpoint_t endpoint);

/* The path under the gateway location and under a provider's URL. */
ag_str_t ag_endpoint_path(ag_endpoint_t endpoint);

/* The dialect that the endpoint's clients speak. */
const ag_dialect_t *ag_endpoint_dialect(ag_endpoint_t endpoint);

/* A provider's dialect by its name in the configuration, or NULL. */
const ag_dialect_t *ag_dialect_find(ag_str_t name);

/* The allowed names, for an error: "openai, azure, ...". */
const char *ag_dialect_names(void);

/*
 * Does a provider of that dialect serve the endpoint without translation?
 * openai and azure: CHAT, COMPLETIONS, EMBEDDINGS and RESPONSES; responses:
 * RESPONSES; anthropic: MESSAGES and COUNT_TOKENS.
 */
int ag_dialect_serves(const ag_dialect_t *provider, ag_endpoint_t endpoint);

/*
 * Reads a client's body from the first byte to the last check: scans it and
 * calls the dialect's read_request().  "error" is filled unless AG_OK.
 */
int ag_request_read(ag_request_t *request, ag_endpoint_t endpoint,
    ag_str_t body, ag_error_t *error);

/* A request may leave its model to the gateway's operator: it is read without
 * an error.  This is the error where there is no such choice. */
void ag_request_no_model(ag_error_t *error);

/*
 * Writes the request's body again with another model ("model" is a JSON
 * string with quotes; empty: keep) and with a bound of its output where it
 * gives none itself ("max_output_tokens" 0: none; "max_tokens" is the name
 * that the provider of a chat knows it by).  The result reads as a request of
 * the same endpoint.  AG_OK, AG_LIMIT, AG_NOMEM.
 */
int ag_request_amend(ag_buf_t *out, const ag_request_t *request,
    ag_str_t model, int64_t max_output_tokens, const char *max_tokens);

/*
 * Fills "patches" in rising order of "at" with what must change: the model's
 * name ("model" is a JSON string with quotes, empty: keep; where there is
 * none, ag_request_amend() comes first), and, where "usage" says so and the
 * client of a streamed chat or completion did not,
 * stream_options.include_usage.  "fields", at most AG_FIELDS_MAX, are set at
 * the top level, replacing what the client sent (the body is scanned again
 * for them: rare).  Inserted pieces point to "model", "fields" and constants.
 *
 * Returns the number of patches, at most AG_PATCHES_MAX.  Several may insert
 * at the same place, in their order.
 */
size_t ag_request_patch(const ag_request_t *request, ag_str_t model,
    int usage, const ag_field_t *fields, size_t count, ag_patch_t *patches);

/*
 * A stream that is ended before its provider has: what must be remembered of
 * its events.  Zeroed memory is a stream that has not begun.
 */
typedef struct {
    uint64_t   begun[AG_CHOICES_MAX / 64];  /* chats, completions: bits of
                                   choices that were seen, and */
    uint64_t   finished[AG_CHOICES_MAX / 64];   /* that said why they ended */
    uint32_t   open;            /* anthropic: 1 + index of the open block; 0:
                                   none */
    uint32_t   sequence;        /* responses: next sequence_number */
    ag_char_t  id[80];          /* chats and responses: of the answer */
    ag_char_t  model[80];
    int64_t    created;
    unsigned   id_len;
    unsigned   model_len;
} ag_cut_t;

/* Takes notice of an event that goes out to a client of that endpoint. */
void ag_cut_event(ag_cut_t *cut, ag_endpoint_t endpoint,
    const ag_sse_event_t *event);

/*
 * Writes events that end the stream as if the model had come to the bound of
 * its output: finish_reason length and [DONE]; stop_reason max_tokens;
 * response.incomplete.  "usage" is told where clients expect it ("wanted": a
 * chat's client asked for it).  AG_OK, AG_LIMIT, AG_NOMEM.
 */
int ag_cut_write(ag_buf_t *out, ag_cut_t *cut, ag_endpoint_t endpoint,
    const ag_usage_t *usage, int wanted);

/* Length of the patched body. */
size_t ag_patch_len(ag_str_t body, const ag_patch_t *patches, size_t count);

/* Writes the patched body; "out" has ag_patch_len() bytes. */
void ag_patch_write(ag_str_t body, const ag_patch_t *patches, size_t count,
    ag_char_t *out);

/*
 * The class of a provider's error: what its body says where that is sharper
 * than the status (context_length, content_policy, an unknown model, a key or
 * an account that is refused), else the status.  Knows the shapes of OpenAI,
 * Azure, Anthropic, Gemini (in an array too), vLLM, llama.cpp, xAI.
 *
 * "status" 0 for an error event or an error in a 200: then numbers and words
 * of the body stand for it, and BAD_RESPONSE for none.  A body that is not
 * JSON or larger than AG_ERROR_BODY_MAX is judged by its status alone.
 */
ag_error_class_t ag_error_classify(unsigned status, ag_str_t body);

/* The same of a tree, for a dialect that has it at hand. */
ag_error_class_t ag_error_classify_tree(unsigned status, yyjson_val *root);


/* ---- shared by the dialects ---- */


/* How a dialect of OpenAI's family names the numbers of its usage. */
typedef struct {
    const char  *input;
    const char  *input_details;
    const char  *output;
    const char  *output_details;
} ag_usage_names_t;


/* Reads a usage object; returns 0, *usage untouched, if it says nothing. */
typedef unsigned (*ag_usage_pt)(ag_usage_t *usage, yyjson_val *value);

/* Reads an event whose data is an object; "type" may be empty. */
typedef void (*ag_event_pt)(yyjson_val *root, ag_str_t type,
    ag_delta_t *delta, ag_usage_t *usage);


/* Overwrites *usage as ag_usage_pt does, by the names of a dialect. */
unsigned ag_usage_read(ag_usage_t *usage, yyjson_val *value,
    const ag_usage_names_t *names);

/* Bytes that a model has said in a whole answer. */
typedef size_t (*ag_said_pt)(yyjson_val *root);

/*
 * Sets answer->said where no usage is known: the whole body's length if it is
 * too large to be looked through.
 */
void ag_answer_read_said(ag_answer_t *answer, ag_str_t body,
    ag_said_pt count);

/* Is there a number? */
unsigned ag_usage_is_number(yyjson_val *value);

/* Makes the parts at most their whole, and the whole AG_TOKENS_MAX. */
void ag_usage_clamp(ag_usage_t *usage);

/*
 * Clears *answer and scans the body.  Returns AG_OK, or AG_INVALID with
 * answer->error BAD_RESPONSE.
 */
int ag_answer_scan(ag_answer_t *answer, ag_json_t *json, ag_str_t body);

/* Reads the top-level member "usage", if there is one. */
void ag_answer_read_usage(ag_answer_t *answer, const ag_json_t *json,
    ag_usage_pt read);

/*
 * Reads an event of a dialect whose data say their type (else the event's
 * name does): clears *delta, makes the tree, leaves the rest to "read".
 */
void ag_event_read_typed(const ag_sse_event_t *event, ag_delta_t *delta,
    ag_usage_t *usage, ag_event_pt read);


#endif /* _AG_DIALECT_H_INCLUDED_ */
