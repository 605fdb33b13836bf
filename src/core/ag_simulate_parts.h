/*
 * Copyright (C) ngx_agent authors
 *
 * What the simulator's files share and nobody else needs: an endpoint's
 * vtable, and functions that write pieces of an answer.
 */


#ifndef _AG_SIMULATE_PARTS_H_INCLUDED_
#define _AG_SIMULATE_PARTS_H_INCLUDED_


#include "core/ag_json.h"
#include "core/ag_simulate.h"


/*
 * An endpoint.  A stream is open(), piece(0) to piece(tokens - 1), close();
 * those are its chunks.  An endpoint without open() does not stream.
 */
struct ag_simulate_endpoint_s {
    const char             *method;
    const char             *path;       /* one that ends with "/" takes what
                                           follows as a model's name */
    ag_simulate_dialect_t   dialect;
    const char             *input;      /* the field that it answers to */
    const char             *limit[2];   /* fields that limit the tokens */
    const char             *event;      /* type of a piece's event */

    /* Reads the endpoint's own fields; may call ag_simulate_error_set(). */
    void                  (*read)(ag_simulate_t *s, const ag_json_t *json);

    void                  (*whole)(ag_simulate_t *s);
    void                  (*open)(ag_simulate_t *s);
    void                  (*piece)(ag_simulate_t *s, uint64_t i);
    void                  (*close)(ag_simulate_t *s);

    /* An error as an event of the stream; NULL: OpenAI's. */
    void                  (*error)(ag_simulate_t *s);
};


/* How a dialect spells its tools. */
typedef struct {
    const char  *nest;          /* a tool's name stands inside of it; NULL: at
                                   the top */
    const char  *schema;        /* field of a tool: its arguments' schema */
    const char  *format[3];     /* path to the schema that a text must fit */
} ag_simulate_tool_words_t;


extern const ag_simulate_endpoint_t  ag_simulate_chat;
extern const ag_simulate_endpoint_t  ag_simulate_completions;
extern const ag_simulate_endpoint_t  ag_simulate_embeddings;
extern const ag_simulate_endpoint_t  ag_simulate_responses;
extern const ag_simulate_endpoint_t  ag_simulate_messages;
extern const ag_simulate_endpoint_t  ag_simulate_count_tokens;
extern const ag_simulate_endpoint_t  ag_simulate_models[2];
extern const ag_simulate_endpoint_t  ag_simulate_model[2];


/* ag_simulate_read.c */

/* Reads the body; what is wrong with it becomes the call's error. */
void ag_simulate_read_body(ag_simulate_t *s, ag_str_t body);


/* ag_simulate_error.c */

/*
 * Makes the answer an error, unless it is one already.  Without a message
 * type, code and message are those of the status.
 */
void ag_simulate_error_set(ag_simulate_t *s, unsigned status,
    const char *code, const char *param, const char *message);

/* Writes the error in the shape of the dialect. */
void ag_simulate_error_write(ag_simulate_t *s);

/* Writes its message alone, as the inside of a JSON string. */
void ag_simulate_error_message(ag_simulate_t *s);


/* ag_simulate_fault.c */

/* Makes the answer an error if the call's fault is one. */
void ag_simulate_fault_apply(ag_simulate_t *s);

/* Makes the error that breaks off an answer of status 200. */
void ag_simulate_fault_break(ag_simulate_t *s);


/*
 * ag_simulate_put.c: writing to s->out.  The first failure stays in s->rc and
 * the rest does nothing, so that callers need not ask.
 */

void ag_simulate_put(ag_simulate_t *s, const char *text);
void ag_simulate_put_bytes(ag_simulate_t *s, ag_str_t bytes);
void ag_simulate_put_number(ag_simulate_t *s, uint64_t number);

/* The inside of a JSON string. */
void ag_simulate_put_text(ag_simulate_t *s, ag_str_t text);

/* An id that the seed and "salt" make: the prefix and 24 characters. */
void ag_simulate_put_id(ag_simulate_t *s, const char *prefix, uint64_t salt);

/* "event: TYPE" and the beginning of "data:"; without a type only that. */
void ag_simulate_put_event(ag_simulate_t *s, const char *type);

/* The end of an event. */
void ag_simulate_put_end(ag_simulate_t *s);

/* Piece "i" of a choice's text, as the inside of a JSON string. */
void ag_simulate_put_piece(ag_simulate_t *s, uint64_t choice, uint64_t i);

/* All pieces of a choice. */
void ag_simulate_put_pieces(ag_simulate_t *s, uint64_t choice);

/* The number of pieces of an answer that nothing cuts short. */
uint64_t ag_simulate_put_count(const ag_simulate_t *s);

/* Some words that the seed and "salt" make, without quotes. */
void ag_simulate_put_words(ag_simulate_t *s, uint64_t salt, unsigned count);

/* Everything from here on goes to "to"; returns where it went before. */
ag_buf_t *ag_simulate_put_to(ag_simulate_t *s, ag_buf_t *to);


/* ag_simulate_seed.c */

#define AG_SIMULATE_ID_CHARS  24    /* of an id, without its prefix */

/* A number without pattern, made from two; the source of all randomness. */
uint64_t ag_simulate_seed_mix(uint64_t a, uint64_t b);

/* A number that stands for the seed and these bytes. */
uint64_t ag_simulate_seed_hash(uint64_t seed, ag_str_t bytes);

/* AG_SIMULATE_ID_CHARS letters and digits that "salt" makes, to "out". */
void ag_simulate_seed_id(uint64_t salt, ag_char_t *out);


/* ag_simulate_tool.c */

/*
 * Decides what the answer is: a tool's call, JSON of a schema, or words.
 * Calls a tool if the request has one, tool_choice is not "none" and the last
 * message is no tool's result (or an agent would never come to an end).
 */
void ag_simulate_tool_read(ag_simulate_t *s, const ag_json_t *json,
    const ag_simulate_tool_words_t *words);


/* ag_simulate_fit.c */

/*
 * Writes JSON that fits "schema", roughly.  $ref is looked up in it.  Stops
 * with AG_LIMIT when the payload is full, which bounds the work as well.
 */
void ag_simulate_fit(ag_simulate_t *s, yyjson_val *schema);


#endif /* _AG_SIMULATE_PARTS_H_INCLUDED_ */
