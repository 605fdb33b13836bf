/*
 * Copyright (C) ngx_agent authors
 *
 * From a client of one dialect to a provider of another, through the neutral
 * form.  The gateway's glue calls ag_translate_*(); the dialects implement
 * ag_translator_t.
 */


#ifndef _AG_TRANSLATE_H_INCLUDED_
#define _AG_TRANSLATE_H_INCLUDED_


#include "dialect/ag_facts.h"
#include "dialect/ag_neutral.h"
#include "dialect/ag_quirks.h"


#define AG_DROPS_MAX        32      /* names in the header, the rest goes
                                       unnamed */
#define AG_OPEN_BLOCKS_MAX  256     /* at once, over all choices */
#define AG_OPEN_BLOCKS_CHUNK  8
#define AG_ANSWER_ID_MAX    256     /* bytes of an answer's id that are kept */
#define AG_MINTED_LEN       24      /* letters and digits behind a prefix */


/* ---- a provider's request ---- */


/* To whom a request is written, and what came of it. */
typedef struct {
    ag_arena_t          *arena;         /* of the attempt; for errors too */
    const ag_dialect_t  *provider;
    ag_str_t             model;         /* as the provider knows it */
    const ag_facts_t    *facts;         /* of the model, never NULL */
    const ag_quirks_t   *quirks;        /* of the provider, never NULL */
    ag_str_t             api_version;   /* Azure's; empty: its default */
    ag_endpoint_t        endpoint;      /* the client's */
    unsigned             drop_params:1; /* refuse nothing, drop it */
    unsigned             stream:1;

    /* what the writer says */

    unsigned             json_tool:1;   /* the schema became a forced tool
                                           called AG_JSON_TOOL: its input is
                                           the answer's text */
    ag_str_t             drops[AG_DROPS_MAX];   /* client's names */
    uint32_t             drop_count;
} ag_outbound_t;


#define AG_JSON_TOOL  "json_response"


/* A hint that this provider has no place for: dropped, and named. */
void ag_outbound_drop(ag_outbound_t *to, const char *param);
void ag_outbound_drop_text(ag_outbound_t *to, ag_str_t param);

/*
 * A parameter whose loss would change the meaning.  With drop_params: dropped
 * and AG_OK.  Else AG_INVALID, *error is UNSUPPORTED_PARAMETER about it.
 */
int ag_outbound_refuse(ag_outbound_t *to, ag_error_t *error,
    const char *param);

/*
 * A tool of the provider's own that this provider has not.  One that is only
 * offered beside functions (web search, tool search) is a hint, dropped and
 * named by its type; any other is refused.  AG_OK, or AG_INVALID with *error.
 */
int ag_outbound_tool(const ag_neutral_t *n, ag_outbound_t *to,
    ag_error_t *error, const ag_tool_t *tool);

/* Something that cannot be dropped, such as a kind of content: AG_INVALID,
 * *error is UNSUPPORTED_PARAMETER; "param" as in ag_neutral_invalid();
 * "what" begins a sentence: "audio input" -> "Audio input is not ...". */
int ag_outbound_unsupported(const ag_neutral_t *n, ag_outbound_t *to,
    ag_error_t *error, const char *param, uint32_t index, const char *what);


/* ---- JSON that we write ---- */


/*
 * A writer of JSON that cannot lose a comma.  Errors stick: look at rc once
 * at the end.  Names are constants that need no escapes.
 */
typedef struct {
    ag_buf_t  *out;
    int        rc;              /* AG_OK, AG_LIMIT, AG_NOMEM */
    unsigned   comma:1;
} ag_put_t;


void ag_put_init(ag_put_t *p, ag_buf_t *out);
void ag_put_open(ag_put_t *p, const char *name, char bracket);  /* '{', '[';
                                   name NULL: an element, or the root */
void ag_put_close(ag_put_t *p, char bracket);                   /* '}', ']' */
void ag_put_text(ag_put_t *p, const char *name, ag_str_t text);
void ag_put_word(ag_put_t *p, const char *name, const char *word);
void ag_put_number(ag_put_t *p, const char *name, uint64_t number);
void ag_put_bool(ag_put_t *p, const char *name, unsigned value);
void ag_put_null(ag_put_t *p, const char *name);
void ag_put_value(ag_put_t *p, const char *name, const yyjson_val *value);
void ag_put_json(ag_put_t *p, const char *name, ag_str_t json);  /* as it is */
void ag_put_raw(ag_put_t *p, const char *bytes);    /* no comma is kept: SSE
                                   frames; the next member has no comma */
void ag_put_key(ag_put_t *p, ag_str_t key);         /* a name of any bytes; its
                                   value follows with name NULL */
/* A string made of pieces: open, add any number of texts, close. */
void ag_put_text_open(ag_put_t *p, const char *name);
void ag_put_text_add(ag_put_t *p, ag_str_t text);
void ag_put_text_close(ag_put_t *p);


/* ---- reading a provider's answer ---- */


/*
 * Turns what a provider's dialect finds into a proper sequence of events:
 * one START, numbers, "{}" for a tool call without arguments, blocks closed
 * before FINISH, a FINISH of STOP becomes TOOL_CALLS if there was a call, one
 * END.  One per attempt.
 */
typedef struct {
    uint32_t         key;       /* the provider's own number */
    uint32_t         choice;
    uint32_t         block;
    uint32_t         tool;
    ag_block_kind_t  type;
    unsigned         used:1;
    unsigned         filled:1;  /* something was added */
    ag_buf_t        *held;      /* arguments of a wrapped custom tool; NULL:
                                   it is none */
} ag_open_block_t;


typedef struct {
    uint32_t         blocks;    /* opened so far */
    uint32_t         tools;
    ag_finish_t      finish;
} ag_reader_choice_t;


typedef struct {
    const ag_dialect_t   *provider;
    ag_endpoint_t         endpoint;     /* the client's */
    const ag_outbound_t  *to;           /* what was asked */
    const ag_neutral_t   *request;      /* the same; NULL: no custom tools */
    ag_sink_pt            sink;
    void                 *sink_data;
    ag_arena_t           *arena;        /* of the attempt */
    uint64_t             *random;       /* state[2] of ag_id_random() */
    ag_usage_t           *usage;        /* hear_event() and hear_answer()
                                           overwrite it */
    ag_delta_t           *delta;        /* of this event: content, finish,
                                           done, failed, malformed and error
                                           are hear_event()'s to set; the
                                           functions below set content and
                                           finish too */
    ag_tier_t             tier;         /* the last that was said */
    void                 *state;        /* the dialect's, in the arena; NULL
                                           at first */
    int                   rc;           /* sticks: AG_OK, AG_LIMIT, AG_NOMEM */
    ag_reader_choice_t    choices[AG_CHOICES_MAX];
    ag_open_block_t      *open[AG_OPEN_BLOCKS_MAX / AG_OPEN_BLOCKS_CHUNK];
                                        /* made as they are needed */
    uint32_t              open_count;   /* slots ever used */
    uint32_t              choice_count; /* choices seen */
    unsigned              started:1;
    unsigned              ended:1;
    unsigned              whole:1;
} ag_reader_t;


/* The first call wins; others call it for us if need be. */
void ag_reader_start(ag_reader_t *r, ag_str_t id, ag_str_t model);

/*
 * Opens a block under the provider's own number.  An empty id of a tool is
 * minted ("call_" and 24 letters).  A block of the same choice, key and type
 * that is open is returned as it is.  NULL after an error.
 */
ag_open_block_t *ag_reader_open(ag_reader_t *r, uint32_t choice, uint32_t key,
    ag_block_kind_t type, ag_str_t id, ag_str_t name);

/* The open block, or NULL. */
ag_open_block_t *ag_reader_find(ag_reader_t *r, uint32_t choice, uint32_t key,
    ag_block_kind_t type);

/* All but open accept a NULL block and do nothing; an empty text is nothing. */
void ag_reader_add(ag_reader_t *r, ag_open_block_t *block, ag_str_t text);
void ag_reader_sign(ag_reader_t *r, ag_open_block_t *block, ag_str_t signature,
    ag_signer_t signer, unsigned redacted);
void ag_reader_cite(ag_reader_t *r, ag_open_block_t *block, ag_str_t url,
    ag_str_t title);
void ag_reader_close(ag_reader_t *r, ag_open_block_t *block);
void ag_reader_close_type(ag_reader_t *r, uint32_t choice,
    ag_block_kind_t type);      /* all open ones of it */
void ag_reader_logprobs(ag_reader_t *r, uint32_t choice, ag_str_t elements);

/* Remembers why; FINISH goes out with ag_reader_end(), once the last word has
 * been said.  A second reason of the same choice overwrites the first. */
void ag_reader_finish(ag_reader_t *r, uint32_t choice, ag_finish_t finish);

/* Closes what is open, sends each choice's FINISH (a choice without a reason
 * gets STOP) and END.  Sets delta->done. */
void ag_reader_end(ag_reader_t *r);


/* ---- writing a client's answer ---- */


typedef struct {
    const ag_dialect_t   *client;
    ag_endpoint_t         endpoint;
    const ag_neutral_t   *request;
    ag_buf_t             *out;          /* bytes for the client */
    ag_arena_t           *arena;        /* of the attempt */
    int64_t               created;      /* Unix seconds */
    uint64_t             *random;
    const ag_usage_t     *usage;        /* the latest; final at END */
    ag_str_t              id;           /* set at START, kept */
    ag_str_t              model;
    void                 *state;        /* the dialect's, in the arena */
} ag_writer_t;


/* "prefix" and 24 letters and digits, in the arena. */
ag_str_t ag_writer_mint(ag_writer_t *w, const char *prefix);
ag_str_t ag_mint(ag_arena_t *arena, uint64_t random[2], const char *prefix);


/* ---- what a dialect implements; NULL: it is not on that side ---- */


struct ag_translator_s {

    /* a client's */

    /* Fills *n from a JSON object.  AG_OK, AG_INVALID with *error, AG_LIMIT
     * or AG_NOMEM. */
    int (*ask)(ag_neutral_t *n, yyjson_val *root, ag_error_t *error);

    /* Adds what this event means to w->out, framed for the stream. */
    int (*say_event)(ag_writer_t *w, const ag_event_t *event);

    /* Adds a whole answer to w->out. */
    int (*say_answer)(ag_writer_t *w, const ag_reply_t *reply);

    /* The last event of a stream that broke, w->state may be NULL: adds it to
     * w->out.  NULL: ag_error_write_event() does. */
    int (*say_failure)(ag_writer_t *w, const ag_error_t *error,
        ag_str_t request_id);

    /* a provider's */

    /* The path under the provider's URL without a leading slash, and the
     * query without "?". */
    int (*tell_path)(const ag_outbound_t *to, ag_buf_t *path,
        ag_buf_t *args);

    /* The body.  AG_OK, AG_INVALID with *error, AG_LIMIT or AG_NOMEM. */
    int (*tell)(const ag_neutral_t *n, ag_outbound_t *to,
        ag_buf_t *out, ag_error_t *error);

    /* One event of a stream, its data not empty; r->delta is zeroed. */
    void (*hear_event)(ag_reader_t *r, const ag_sse_event_t *event);

    /* The stream ended at a complete event: ag_reader_end() if that is how
     * this dialect ends one, else nothing.  NULL: it never does. */
    void (*hear_eof)(ag_reader_t *r);

    /* A whole answer of status 2xx, up to ag_reader_end(); delta->failed and
     * delta->error if it is none. */
    void (*hear_answer)(ag_reader_t *r, yyjson_val *root);

    /* A finish reason of "stop" beside tool calls is meant so: those were
     * answered by the provider itself. */
    unsigned  exact_finish:1;
};


typedef struct ag_translator_s  ag_translator_t;

extern const ag_translator_t  ag_openai_translator;
extern const ag_translator_t  ag_anthropic_translator;
extern const ag_translator_t  ag_responses_translator;
extern const ag_translator_t  ag_gemini_translator;
extern const ag_translator_t  ag_azure_translator;


/* ---- what the glue calls ---- */


/* Does the provider serve the endpoint itself, byte for byte? */
unsigned ag_translate_native(const ag_dialect_t *provider,
    const ag_quirks_t *quirks, ag_endpoint_t endpoint);

/* Can a provider of that dialect stand in for the endpoint by translation? */
unsigned ag_translate_can(const ag_dialect_t *provider,
    ag_endpoint_t endpoint);

/*
 * A client's request in the neutral form; once per call.  "n" is zeroed by
 * the caller but for arena; the tree is made here, the caller frees *doc
 * after the arena's last use.  AG_OK, AG_INVALID with *error, AG_LIMIT (more
 * than a translation may hold: error is REQUEST_TOO_LARGE) or AG_NOMEM.
 */
int ag_translate_request(ag_neutral_t *n, const ag_request_t *request,
    yyjson_doc **doc, ag_error_t *error);


/* A whole answer in the making. */
typedef struct {
    ag_arena_t     *arena;
    ag_reply_t      reply;
    ag_gathered_t  *last;           /* the block that was looked at last */
} ag_gather_t;


/*
 * The provider's request: as its tell(), custom tools wrapped first where the
 * provider has none.
 */
int ag_translate_tell(ag_neutral_t *n, ag_outbound_t *to, ag_buf_t *out,
    ag_error_t *error);

/* One attempt's translation of an answer. */
typedef struct {
    ag_reader_t   reader;
    ag_writer_t   writer;
    ag_arena_t    arena;
    ag_gather_t   gather;       /* of a whole answer */
    ag_delta_t    delta;        /* where nobody asks for one */
} ag_translate_t;


/*
 * Prepares it.  "n", "to", "random" and "usage" must live as long; "out" gets
 * the client's bytes.
 */
void ag_translate_init(ag_translate_t *t, const ag_neutral_t *n,
    const ag_outbound_t *to, uint64_t random[2], int64_t created,
    ag_usage_t *usage, ag_buf_t *out);

/* One event of the provider's stream; *delta says what it was.  AG_OK,
 * AG_LIMIT or AG_NOMEM. */
int ag_translate_event(ag_translate_t *t, const ag_sse_event_t *event,
    ag_delta_t *delta);

/* The provider closed its stream: delta->done if that is its proper end. */
int ag_translate_eof(ag_translate_t *t, ag_delta_t *delta);

/*
 * Ends the stream before its provider has, as if the model had come to the
 * bound of its output: every choice that has not said why it ended says so,
 * what is open is closed.  AG_OK, AG_LIMIT or AG_NOMEM.
 */
int ag_translate_cut(ag_translate_t *t);

/* A whole answer of status 2xx.  answer->usage and ->error are set; "out"
 * gets the client's answer unless there is an error. */
int ag_translate_answer(ag_translate_t *t, ag_str_t body,
    ag_answer_t *answer);

/* The last event of a stream that broke, in the client's dialect. */
int ag_translate_failure(ag_translate_t *t, const ag_error_t *error,
    ag_str_t request_id);

/* Frees all; zeroed memory is fine too. */
void ag_translate_free(ag_translate_t *t);


/*
 * Gathers a whole answer of its events.  Returns AG_OK, or AG_NOMEM.  Texts
 * that live are not copied, those of several pieces are put together.
 */
int ag_gather_event(ag_gather_t *gather, const ag_event_t *event);


#endif /* _AG_TRANSLATE_H_INCLUDED_ */
