/*
 * Copyright (C) ngx_agent authors
 *
 * The simulator: answers like a provider, without a model, a network or a
 * clock.  The same seed and request give the same bytes (but for "created",
 * which the caller hands in, and the id of the request).
 *
 * A call is init(), then read() once the body is there, then next() until it
 * says that the answer is over, then free().
 */


#ifndef _AG_SIMULATE_H_INCLUDED_
#define _AG_SIMULATE_H_INCLUDED_


#include "core/ag_base.h"
#include "core/ag_buf.h"


#define AG_SIMULATE_TOKENS_MAX      100000  /* tokens of an answer */
#define AG_SIMULATE_RATE_MAX        100000  /* tokens per second */
#define AG_SIMULATE_LATENCY_MAX     600000  /* ms; longer than any client
                                               waits for a first byte */
#define AG_SIMULATE_CHOICES_MAX     4       /* n */
#define AG_SIMULATE_DIMENSIONS      1536    /* of an embedding, if not given */
#define AG_SIMULATE_DIMENSIONS_MAX  4096
#define AG_SIMULATE_BATCH           (32 * 1024)     /* bytes after which a
                                               stream waits for its client */
#define AG_SIMULATE_PAYLOAD_MAX     (64 * 1024)     /* bytes of JSON made for
                                               a tool's schema */
#define AG_SIMULATE_SLOW_MS         10000   /* of silence before a token */
#define AG_SIMULATE_FAULT_CHUNK     3       /* chunks before a stream fails */
#define AG_SIMULATE_ID_LEN          28      /* bytes: "req_" and 24 more */


/*
 * THE fault table.  X(id, name, example, meaning)
 *
 *   name     N stands for a digit; one N alone for one to four digits.  A
 *            model's name asks for a fault if it begins with such a name and
 *            ends there or goes on with neither letter nor digit; the longest
 *            name wins.  A model's fault comes before the directive's.
 *   example  a name that GET models lists
 */
#define AG_FAULTS(X)                                                          \
    X(ERROR_200, "sim-error-200", "sim-error-200",                            \
      "An error object with status 200.")                                     \
    X(ERROR_EVENT, "sim-error-event", "sim-error-event",                      \
      "A stream whose first event is an error; whole: as sim-error-200.")     \
    X(ERROR_MID, "sim-error-mid", "sim-error-mid",                            \
      "A stream that ends with an error event after 3 chunks; whole: as "     \
      "sim-error-200.")                                                       \
    X(STATUS, "sim-error-NNN", "sim-error-503",                               \
      "Status NNN, 400 to 599, with the error body of the dialect.")          \
    X(RATE_LIMIT, "sim-429-Ns", "sim-429-2s",                                 \
      "429 with \"retry-after: N\" and N in the message.")                    \
    X(SLOW, "sim-slow", "sim-slow",                                           \
      "10 s of silence before the first token; the stream's headers and "     \
      "its first event come at once.")                                        \
    X(HANG, "sim-hang", "sim-hang",                                           \
      "The request is taken and never answered.")                             \
    X(HANG_STREAM, "sim-hang-stream", "sim-hang-stream",                      \
      "Silence for ever after 3 chunks; whole: after half of the body.")      \
    X(CUT, "sim-cut", "sim-cut",                                              \
      "The connection closes after 3 chunks; whole: after half of the body.") \
    X(CUT_CLEAN, "sim-cut-clean", "sim-cut-clean",                            \
      "The stream ends cleanly after 3 chunks, without a finish reason; "     \
      "whole: as sim-bad-json.")                                              \
    X(BAD_JSON, "sim-bad-json", "sim-bad-json",                               \
      "The fourth chunk is not JSON; whole: the body is cut in half, its "    \
      "length is right.")                                                     \
    X(HTML, "sim-html", "sim-html",                                           \
      "200 with a page of HTML, for a stream too.")                           \
    X(EMPTY, "sim-empty", "sim-empty",                                        \
      "200 without an event; whole: without choices, content or data.")       \
    X(NO_DONE, "sim-no-done", "sim-no-done",                                  \
      "A stream without its last event ([DONE], message_stop).")              \
    X(NO_USAGE, "sim-no-usage", "sim-no-usage",                               \
      "An answer without a usage report.")                                    \
    X(FENCED, "sim-fenced", "sim-fenced",                                     \
      "Where JSON was asked for: words, a code fence, a comma too many.")     \
    X(CRLF, "sim-crlf", "sim-crlf",                                           \
      "A stream whose lines end with CR LF.")                                 \
    X(CONTEXT, "sim-context", "sim-context",                                  \
      "400: the input is longer than the context window.")                    \
    X(POLICY, "sim-policy", "sim-policy",                                     \
      "400: the content policy was violated.")


typedef enum {
    AG_FAULT_NONE = 0,
#define AG_FAULT_ID(id, name, example, meaning)  AG_FAULT_##id,
    AG_FAULTS(AG_FAULT_ID)
#undef AG_FAULT_ID
    AG_FAULT_MAX
} ag_fault_id_t;


typedef struct {
    ag_fault_id_t  id;
    unsigned       number;      /* NNN or N of its name */
} ag_fault_t;


typedef enum {
    AG_SIMULATE_OPENAI = 0,
    AG_SIMULATE_ANTHROPIC
} ag_simulate_dialect_t;


/* What the directive says. */
typedef struct {
    ag_simulate_dialect_t  dialect;
    uint64_t               latency_ms;  /* before anything is sent */
    uint64_t               tokens;      /* of an answer, unless the request
                                           wants fewer */
    uint64_t               rate;        /* tokens per second of a stream; 0:
                                           all at once */
    uint64_t               seed;
    ag_fault_t             fault;
} ag_simulate_options_t;


/* An error answer; the texts are constants, "type" and "code" OpenAI's. */
typedef struct {
    unsigned     status;        /* 200: no error */
    const char  *type;
    const char  *code;          /* NULL: null */
    const char  *param;         /* NULL: null */
    const char  *message;       /* "#" stands for the number */
    uint64_t     number;
} ag_simulate_error_t;


/* What the answer's text is made of. */
typedef enum {
    AG_SIMULATE_WORDS = 0,      /* seeded words */
    AG_SIMULATE_JSON,           /* the payload: what response_format wants */
    AG_SIMULATE_TOOL            /* the payload: a tool's arguments */
} ag_simulate_mode_t;


typedef enum {
    AG_SIMULATE_WAIT = 0,       /* call again after wait_ms */
    AG_SIMULATE_FULL,           /* call again when "out" was sent */
    AG_SIMULATE_END,            /* the answer is complete */
    AG_SIMULATE_CUT,            /* send "out", close the connection */
    AG_SIMULATE_HANG,           /* send "out" if there is any, then nothing */
    AG_SIMULATE_FAILED          /* no memory */
} ag_simulate_verdict_t;


typedef struct ag_simulate_endpoint_s  ag_simulate_endpoint_t;


/* One call.  What the caller reads stands first. */
typedef struct {
    const char                   *content_type;     /* after read() */
    uint64_t                      delay_ms;         /* before the first
                                                       next() */
    unsigned                      stream:1;         /* no content-length */
    uint64_t                      length;           /* content-length, after
                                                       the first next() */
    unsigned                      status;           /* after the first
                                                       next() */
    const char                   *allow;            /* of a 405, else NULL */
    int64_t                       retry_after;      /* s; -1: none */
    ag_char_t                     request_id[AG_SIMULATE_ID_LEN];

    const ag_simulate_options_t  *options;
    const ag_simulate_endpoint_t *endpoint;
    ag_simulate_verdict_t         verdict;
    ag_simulate_error_t           error;
    ag_fault_t                    fault;
    ag_str_t                      model;            /* with quotes, as sent */
    ag_str_t                      input;            /* messages, prompt, input:
                                                       JSON */
    ag_str_t                      rest;             /* of the path: a name */
    uint64_t                      created;          /* unix seconds */
    uint64_t                      seed;             /* of this request */
    uint64_t                      input_tokens;
    uint64_t                      tokens;           /* of each choice */
    uint64_t                      limit;            /* max_tokens */
    uint64_t                      choices;
    uint64_t                      chunk;            /* of the stream: 0 opens
                                                       it, then the tokens */
    uint64_t                      fault_at;         /* chunk */
    uint64_t                      sequence;         /* of responses' events */
    uint64_t                      dimensions;       /* of an embedding */
    ag_simulate_mode_t            mode;
    unsigned                      limited:1;        /* max_tokens cuts it */
    unsigned                      include_usage:1;
    unsigned                      base64:1;         /* embeddings */

    ag_buf_t                      head;             /* how chunks begin */
    ag_buf_t                      tool;             /* name, not JSON */
    ag_buf_t                      payload;
    ag_buf_t                     *out;              /* where the put functions
                                                       write */
    int                           rc;               /* their first failure */
} ag_simulate_t;


/*
 * Begins a call.
 *
 *   options  must outlive the call
 *   method   "POST", "GET" (or "HEAD")
 *   path     what follows the location, without a leading slash; lives as
 *            long as the call
 *
 * Returns 1 if the request's body must be handed to read(), 0 if it may be
 * discarded (then read() gets an empty one).  Never fails: an unknown path is
 * answered with 404, a wrong method with 405.
 */
int ag_simulate_init(ag_simulate_t *s, const ag_simulate_options_t *options,
    ag_str_t method, ag_str_t path);

/*
 * Reads the request.
 *
 *   body     lives as long as the call
 *   created  unix seconds
 *   unique   any number that other calls do not have: makes request_id
 */
void ag_simulate_read(ag_simulate_t *s, ag_str_t body, uint64_t created,
    uint64_t unique);

/*
 * Adds to "out" what is due: the whole answer, or the chunks of a stream up
 * to "elapsed_ms" after the first call, at most AG_SIMULATE_BATCH bytes and
 * one chunk.  An answer that does not fit into "out" becomes an error.
 *
 * Any verdict but WAIT and FULL is given again for ever.
 */
ag_simulate_verdict_t ag_simulate_next(ag_simulate_t *s, uint64_t elapsed_ms,
    ag_buf_t *out, uint64_t *wait_ms);

/* Frees the call's memory; safe after init() at any time. */
void ag_simulate_free(ag_simulate_t *s);

/*
 * Finds a fault by its name.
 *
 *   whole  the name is nothing else; or else it may be a model's name that
 *          begins with the fault's
 *
 * Returns AG_OK or AG_NONE (then *fault is AG_FAULT_NONE).
 */
int ag_simulate_fault(ag_str_t name, int whole, ag_fault_t *fault);

/* All names, for an error of the configuration: "sim-error-200, ...". */
const char *ag_simulate_fault_names(void);

/* A name that asks for the fault. */
const char *ag_simulate_fault_example(ag_fault_id_t id);


#endif /* _AG_SIMULATE_H_INCLUDED_ */
