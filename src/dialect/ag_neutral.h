/*
 * Copyright (C) ngx_agent authors
 *
 * The neutral form: what a client of any dialect asks, and what a provider of
 * any dialect answers, in words that belong to none of them.  A client's
 * dialect reads a request into it and writes answers from it; a provider's
 * does the reverse.  So N dialects are N files.
 *
 * A request is a tree of structs in an arena, an answer is a sequence of
 * events; a whole answer is the same sequence at once.
 */


#ifndef _AG_NEUTRAL_H_INCLUDED_
#define _AG_NEUTRAL_H_INCLUDED_


#include "core/ag_arena.h"
#include "dialect/ag_dialect.h"


/* ---- requests ---- */


typedef enum {
    AG_ROLE_SYSTEM = 0,
    AG_ROLE_DEVELOPER,
    AG_ROLE_USER,
    AG_ROLE_ASSISTANT
} ag_role_t;


typedef enum {
    AG_PART_TEXT = 0,
    AG_PART_REFUSAL,            /* of the assistant */
    AG_PART_IMAGE,
    AG_PART_FILE,               /* a PDF or a text */
    AG_PART_AUDIO,
    AG_PART_REASONING,
    AG_PART_TOOL_CALL,          /* of the assistant */
    AG_PART_TOOL_RESULT,        /* of the user: in turns of role USER, never in
                                   a role of its own */
    AG_PART_FOREIGN             /* a block that only its own dialect knows:
                                   what a server's own tool said; "value" */
} ag_part_kind_t;


/* Who can check a signature; nobody else gets it. */
typedef enum {
    AG_SIGNER_NONE = 0,
    AG_SIGNER_ANTHROPIC,
    AG_SIGNER_GEMINI,
    AG_SIGNER_RESPONSES,        /* encrypted_content of OpenAI */
    AG_SIGNER_OTHER
} ag_signer_t;


typedef struct ag_part_s  ag_part_t;
typedef struct ag_turn_s  ag_turn_t;
typedef struct ag_tool_s  ag_tool_t;


/*
 * Strings are decoded, and live in the client's tree or in the arena; an
 * empty one is absent.  Trees live as long as the request.
 */
struct ag_part_s {
    ag_part_kind_t  kind;
    ag_part_t      *next;

    ag_str_t        text;           /* TEXT, REFUSAL; REASONING: what may be
                                       read of it; TOOL_CALL: arguments as a
                                       JSON text, or a custom tool's input;
                                       FILE: a plain text instead of data */

    ag_str_t        media_type;     /* IMAGE, FILE, AUDIO: "image/png",
                                       "application/pdf", "audio/wav" */
    ag_str_t        data;           /* base64, or */
    ag_str_t        url;            /* http, https or gs, never data:, or */
    ag_str_t        file_id;
    ag_str_t        detail;         /* IMAGE: "low", ... */

    ag_str_t        name;           /* TOOL_CALL; TOOL_RESULT: as its call's
                                       if that is known; FILE: its name */
    ag_str_t        id;             /* TOOL_CALL, TOOL_RESULT: of the call;
                                       REASONING: of the item (responses) */
    yyjson_val     *input;          /* TOOL_CALL: an object, instead of text */

    ag_str_t        signature;      /* REASONING; TOOL_CALL, TEXT: Gemini's */
    ag_signer_t     signer;

    ag_part_t      *parts;          /* TOOL_RESULT: its content: TEXT, IMAGE,
                                       FILE, FOREIGN */
    yyjson_val     *cache_control;  /* as Anthropic has it; NULL: none */
    yyjson_val     *value;          /* FOREIGN: the block itself; FILE: the
                                       block of its own dialect, for
                                       "citations" and "context"; or NULL */

    unsigned        redacted:1;     /* REASONING: signature is all there is */
    unsigned        custom:1;       /* TOOL_CALL, TOOL_RESULT: of a custom
                                       tool */
    unsigned        error:1;        /* TOOL_RESULT: the tool failed */
};


struct ag_turn_s {
    ag_role_t   role;
    ag_turn_t  *next;
    ag_part_t  *parts;
    ag_str_t    name;           /* of a participant; a hint */
    uint32_t    index;          /* of the client's list, for an error */
};


typedef enum {
    AG_TOOL_FUNCTION = 0,
    AG_TOOL_CUSTOM,             /* takes a text; OpenAI's */
    AG_TOOL_WEB_SEARCH,         /* the provider's own */
    AG_TOOL_FOREIGN             /* another of the provider's own; "value" */
} ag_tool_kind_t;


struct ag_tool_s {
    ag_tool_kind_t  kind;
    ag_tool_t      *next;
    ag_str_t        name;
    ag_str_t        description;
    yyjson_val     *parameters;     /* JSON Schema; NULL: no arguments */
    yyjson_val     *cache_control;
    yyjson_val     *value;          /* as the client sent it */
    int             strict;         /* 1, 0; -1: not said */
    unsigned        wrapped:1;      /* was CUSTOM, see ag_custom.h */
};


typedef enum {
    AG_CHOOSE_UNSET = 0,
    AG_CHOOSE_AUTO,
    AG_CHOOSE_NONE,
    AG_CHOOSE_REQUIRED,         /* any of them, but one */
    AG_CHOOSE_TOOL              /* the one called "tool" */
} ag_choose_t;


typedef enum {
    AG_FORMAT_TEXT = 0,
    AG_FORMAT_JSON,             /* an object, no schema */
    AG_FORMAT_SCHEMA
} ag_format_t;


/* X(id, word on the OpenAI surfaces), in rising order */
#define AG_EFFORTS(X)                                                         \
    X(UNSET, "")                                                              \
    X(NONE, "none")                                                           \
    X(MINIMAL, "minimal")                                                     \
    X(LOW, "low")                                                             \
    X(MEDIUM, "medium")                                                       \
    X(HIGH, "high")                                                           \
    X(XHIGH, "xhigh")                                                         \
    X(MAX, "max")


typedef enum {
#define AG_EFFORT_ID(id, word)  AG_EFFORT_##id,
    AG_EFFORTS(AG_EFFORT_ID)
#undef AG_EFFORT_ID
    AG_EFFORT_END
} ag_effort_t;


typedef enum {
    AG_TIER_UNSET = 0,
    AG_TIER_AUTO,
    AG_TIER_DEFAULT,            /* Anthropic: standard */
    AG_TIER_PRIORITY,
    AG_TIER_FLEX,
    AG_TIER_BATCH,
    AG_TIER_OTHER
} ag_tier_t;


#define AG_STOPS_MAX    64      /* stop sequences of one request */
#define AG_ALLOWED_MAX  128     /* names in a list of allowed tools */


/*
 * A request.  A yyjson_val is NULL where the client gave nothing, or null.
 * The client's reader checks types and ranges where a wrong one would break
 * the translation; what a provider refuses in its own words is left to it.
 */
typedef struct {
    ag_arena_t          *arena;         /* for all that is made here */
    const ag_dialect_t  *client;
    ag_endpoint_t        endpoint;
    const char          *list;          /* "messages" or "input" */

    ag_turn_t           *turns;
    ag_tool_t           *tools;
    ag_choose_t          choose;
    ag_str_t             tool;          /* AG_CHOOSE_TOOL */
    ag_str_t            *allowed;       /* only these tools; NULL: all */
    uint32_t             allowed_count;
    int                  parallel;      /* 1, 0; -1: not said */

    ag_format_t          format;
    ag_str_t             schema_name;
    ag_str_t             schema_description;
    yyjson_val          *schema;
    int                  schema_strict; /* 1, 0; -1: not said */

    ag_effort_t          effort;
    uint64_t             budget_tokens; /* of reasoning; 0: not said */
    unsigned             adaptive:1;    /* the model decides how long */
    unsigned             summary:1;     /* the client wants to read it */

    uint64_t             max_tokens;    /* 0: not said */
    yyjson_val          *temperature;   /* a number, as all up to top_k */
    yyjson_val          *top_p;
    yyjson_val          *top_k;
    yyjson_val          *frequency_penalty;
    yyjson_val          *presence_penalty;
    yyjson_val          *seed;          /* an integer */
    uint64_t             choices;       /* n, 1 or more */
    ag_str_t            *stops;
    uint32_t             stop_count;
    unsigned             logprobs:1;
    uint64_t             top_logprobs;
    yyjson_val          *logit_bias;
    ag_tier_t            tier;
    ag_str_t             user;          /* user, safety_identifier,
                                           metadata.user_id */

    /* hints and extensions that some dialect has, as they came */

    ag_str_t             verbosity;
    ag_str_t             prompt_cache_key;
    yyjson_val          *cache_control; /* Anthropic's top-level one */
    yyjson_val          *metadata;
    yyjson_val          *store;
    yyjson_val          *prediction;
    yyjson_val          *modalities;
    yyjson_val          *audio;
    yyjson_val          *web_search;    /* web_search_options */

    ag_str_t            *unknown;       /* names of other top-level fields */
    uint32_t             unknown_count;

    yyjson_val          *root;          /* the whole, as it came */
    yyjson_val          *custom;        /* parameters of wrapped tools; NULL:
                                           there are none */
    unsigned             stream:1;
    unsigned             include_usage:1;
} ag_neutral_t;


/* Appends to a list in the arena; NULL: no memory.  "last" is the end of the
 * list: &n->turns at first, then what this sets it to. */
ag_turn_t *ag_neutral_turn(ag_neutral_t *n, ag_turn_t ***last,
    ag_role_t role, uint32_t index);
ag_part_t *ag_neutral_part(ag_neutral_t *n, ag_part_t ***last,
    ag_part_kind_t kind);
ag_tool_t *ag_neutral_tool(ag_neutral_t *n, ag_tool_t ***last,
    ag_tool_kind_t kind);

/*
 * Fills *error (INVALID_VALUE) about a field: "param" is its path, a format
 * of printf() with "index" for its only "%u" if it has one; "expected" ends
 * the sentence "Invalid value for "PARAM": expected ...".
 * Returns AG_INVALID.
 */
int ag_neutral_invalid(const ag_neutral_t *n, ag_error_t *error,
    const char *param, uint32_t index, const char *expected);

/*
 * Takes a data: URL apart (RFC 2397): media type without parameters, base64.
 * AG_OK; AG_NONE: it is no data: URL; AG_INVALID: it is one, but not base64.
 */
int ag_neutral_data_url(ag_str_t url, ag_str_t *media_type, ag_str_t *data);

/* The media type of a file's name or of a URL's path by its ending: images,
 * PDF, text, audio; empty: unknown. */
ag_str_t ag_neutral_media_type(ag_str_t name);

/* Is the tool one that this request may use (allowed lists)? */
unsigned ag_neutral_allows(const ag_neutral_t *n, ag_str_t tool);

/* Is there a tool call or a tool result in the turns? */
unsigned ag_neutral_has_tools(const ag_neutral_t *n);

ag_effort_t ag_effort_find(ag_str_t word);      /* AG_EFFORT_END: unknown */
const char *ag_effort_word(ag_effort_t effort);
ag_tier_t ag_tier_find(ag_str_t word);          /* OpenAI's and Anthropic's
                                                   words; OTHER: unknown */
const char *ag_tier_word(ag_tier_t tier);       /* OpenAI's; NULL: UNSET */


#define AG_SIGNATURE_MARK  "ag1."

/*
 * A signature on a surface that is not its signer's carries the signer's name
 * in front ("ag1.gemini."), so that it finds its way back.  ag_signature_add()
 * writes one for a surface whose own signer is "native"; ag_signature_read()
 * takes one apart: no known prefix means the native signer.
 */
int ag_signature_add(ag_buf_t *out, ag_str_t signature, ag_signer_t signer,
    unsigned redacted, ag_signer_t native);
ag_str_t ag_signature_read(ag_str_t text, ag_signer_t native,
    ag_signer_t *signer, unsigned *redacted);


/*
 * A tool call's id in the letters a dialect allows.  ag_tool_id_plain(): bytes
 * other than [a-zA-Z0-9_-] become "_" and a hash of the whole follows, so
 * that two ids never become one; an id that is fine stays as it is; at most 64
 * bytes.  ag_tool_id_short(): exactly 9 letters and digits (Mistral); an id
 * of that form stays.  Same id, same result: calls and results still match.
 */
ag_str_t ag_tool_id_plain(ag_arena_t *arena, ag_str_t id);
ag_str_t ag_tool_id_short(ag_arena_t *arena, ag_str_t id);

/* OpenAI's ids of calls and of users: 64 bytes at most, of any letters.  A
 * longer one becomes ag_tool_id_plain()'s; data is NULL without memory. */
ag_str_t ag_tool_id_capped(ag_arena_t *arena, ag_str_t id);


/* ---- answers ---- */


typedef enum {
    AG_FINISH_NONE = 0,
    AG_FINISH_STOP,
    AG_FINISH_LENGTH,
    AG_FINISH_TOOL_CALLS,
    AG_FINISH_CONTENT_FILTER
} ag_finish_t;


typedef enum {
    AG_EVENT_START = 0,     /* the first, once: id, model */
    AG_EVENT_OPEN,          /* a block begins */
    AG_EVENT_ADD,           /* some more of it: "text", never empty */
    AG_EVENT_SIGN,          /* its signature: "text", "signer" */
    AG_EVENT_CITE,          /* a source of a text block: url, title */
    AG_EVENT_CLOSE,
    AG_EVENT_LOGPROBS,      /* of a choice: "text" are elements of OpenAI's
                               logprobs.content, without brackets */
    AG_EVENT_FINISH,        /* of a choice: its blocks are closed */
    AG_EVENT_END            /* the last, once; the usage is final */
} ag_event_kind_t;


typedef enum {
    AG_BLOCK_TEXT = 0,
    AG_BLOCK_REASONING,
    AG_BLOCK_REFUSAL,
    AG_BLOCK_TOOL,          /* what is added are its arguments, JSON */
    AG_BLOCK_CUSTOM,        /* a custom tool; what is added is its input */
    AG_BLOCK_IMAGE          /* what is added is base64; "name" is its media
                               type */
} ag_block_kind_t;


/*
 * Several blocks of a choice may be open at once (a provider may write two
 * calls in turns).  Numbers count from 0 within the choice, in the order of
 * OPEN.  Texts live until the sink returns.
 */
typedef struct {
    ag_event_kind_t   kind;
    uint32_t          choice;
    uint32_t          block;        /* OPEN to CLOSE: its number */
    ag_block_kind_t   type;         /* the same: of the block */
    uint32_t          tool;         /* TOOL, CUSTOM: number among the choice's
                                       calls */
    ag_str_t          id;           /* START: of the answer; OPEN: of the call,
                                       never empty */
    ag_str_t          name;         /* START: the model; OPEN: the tool */
    ag_str_t          text;
    ag_signer_t       signer;       /* SIGN */
    unsigned          redacted:1;   /* SIGN: the block has no text */
    unsigned          whole:1;      /* part of a whole answer: texts live until
                                       END was handled */
    ag_str_t          url;          /* CITE */
    ag_str_t          title;
    ag_finish_t       finish;       /* FINISH */
    ag_tier_t         tier;         /* END */
} ag_event_t;


typedef int (*ag_sink_pt)(void *data, const ag_event_t *event);


/* A whole answer, gathered from its events. */
typedef struct ag_gathered_s  ag_gathered_t;
typedef struct ag_cited_s     ag_cited_t;


struct ag_cited_s {
    ag_cited_t  *next;
    ag_str_t     url;
    ag_str_t     title;
};


struct ag_gathered_s {
    ag_gathered_t    *next;
    uint32_t          choice;
    uint32_t          number;
    ag_block_kind_t   type;
    ag_str_t          text;
    ag_str_t          id;
    ag_str_t          name;
    ag_str_t          signature;
    ag_signer_t       signer;
    unsigned          redacted:1;
    ag_cited_t       *cited;
    ag_cited_t       *last_cited;
    ag_buf_t         *more;         /* text of several pieces */
};


typedef struct {
    ag_gathered_t    *blocks;       /* in their order */
    ag_gathered_t    *last;
    ag_finish_t       finish;
    ag_str_t          logprobs;     /* elements; empty: none */
    ag_buf_t         *more;         /* holds them */
} ag_gathered_choice_t;


typedef struct {
    ag_str_t               id;
    ag_str_t               model;
    ag_tier_t              tier;
    ag_gathered_choice_t  *choices;
    uint32_t               count;
} ag_reply_t;


#endif /* _AG_NEUTRAL_H_INCLUDED_ */
