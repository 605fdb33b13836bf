/*
 * Copyright (C) ngx_agent authors
 *
 * What is known of models: windows, limits, prices, and which parameters they
 * refuse.  Read from a file; a dated table of the project's own stands in for
 * what no file says.
 */


#ifndef _AG_FACTS_H_INCLUDED_
#define _AG_FACTS_H_INCLUDED_


#include "core/ag_arena.h"
#include "core/ag_price.h"
#include "dialect/ag_dialect.h"


#define AG_FACTS_FILE_MAX  (1024 * 1024)    /* bytes */


/* How the length of reasoning is asked for. */
typedef enum {
    AG_THINKING_UNKNOWN = 0,
    AG_THINKING_NONE,           /* the model does not reason */
    AG_THINKING_BUDGET,         /* tokens: Claude up to 4.5, Gemini 2.5 */
    AG_THINKING_ADAPTIVE,       /* Claude from 4.6: effort */
    AG_THINKING_LEVEL,          /* Gemini 3 */
    AG_THINKING_EFFORT          /* OpenAI's reasoning_effort */
} ag_thinking_t;


/*
 * X(id, word in the file)
 *
 *   sampling        refuses temperature, top_p, top_k
 *   both_sampling   refuses temperature and top_p together
 *   forced_tool     refuses tool_choice any and tool
 *   prefill         refuses an assistant's message at the end
 *   thinking_off    cannot do without reasoning
 *   penalties       refuses frequency_penalty and presence_penalty
 *   choices         refuses n above 1
 *   json_schema     has no structured output of its own
 *   parallel_off    refuses parallel_tool_calls
 *   system_turn     refuses a system message after the first turn
 *   images, files, audio    does not read them
 *   tools           has no tools
 *   stop            refuses stop sequences
 */
#define AG_REFUSALS(X)                                                        \
    X(SAMPLING, "sampling")                                                   \
    X(BOTH_SAMPLING, "both_sampling")                                         \
    X(FORCED_TOOL, "forced_tool")                                             \
    X(PREFILL, "prefill")                                                     \
    X(THINKING_OFF, "thinking_off")                                           \
    X(PENALTIES, "penalties")                                                 \
    X(CHOICES, "choices")                                                     \
    X(JSON_SCHEMA, "json_schema")                                             \
    X(PARALLEL_OFF, "parallel_off")                                           \
    X(SYSTEM_TURN, "system_turn")                                             \
    X(IMAGES, "images")                                                       \
    X(FILES, "files")                                                         \
    X(AUDIO, "audio")                                                         \
    X(TOOLS, "tools")                                                         \
    X(STOP, "stop")


typedef enum {
#define AG_REFUSAL_ID(id, word)  AG_REFUSAL_##id,
    AG_REFUSALS(AG_REFUSAL_ID)
#undef AG_REFUSAL_ID
    AG_REFUSAL_MAX
} ag_refusal_t;


#define ag_facts_refuses(facts, id)                                           \
    ((facts)->refuses & (1u << AG_REFUSAL_##id))


typedef struct {
    ag_str_t        name;               /* "claude-opus-4-5*": a prefix */
    uint64_t        context_window;     /* tokens; 0: unknown */
    uint64_t        max_output_tokens;  /* 0: unknown */
    ag_thinking_t   thinking;
    uint32_t        refuses;            /* bits of ag_refusal_t */
    ag_price_t      price;
} ag_facts_t;


typedef struct {
    ag_facts_t  *rows;
    uint32_t     count;
    ag_str_t     dated;         /* "2026-11-20" */
    ag_arena_t  *arena;
} ag_facts_table_t;


/*
 * Reads a file's text (the form is in docs/models.md) into the arena.  AG_OK;
 * AG_INVALID with "error" (of "size" bytes, terminated) naming the row, the
 * member, the value and the allowed ones; AG_LIMIT; AG_NOMEM.
 */
int ag_facts_read(ag_facts_table_t *table, ag_arena_t *arena, ag_str_t text,
    char *error, size_t size);

/*
 * The facts of a model: of "table" (may be NULL), else of the project's own
 * table, each by exact name, then by the longest prefix; both also without a
 * vendor's prefix ("anthropic/", "models/", "us.anthropic.").  A row of the
 * table stands for itself: nothing is merged.  Else what is assumed of the
 * dialect's newest models.  Never NULL.
 */
const ag_facts_t *ag_facts_find(const ag_facts_table_t *table, ag_str_t model,
    const ag_dialect_t *provider);

/* No more output tokens than the model writes, as far as it is known: agents
 * ask for what another model could write. */
static inline uint64_t
ag_facts_most(const ag_facts_t *facts, uint64_t tokens)
{
    return (facts->name.len > 0 && facts->max_output_tokens > 0
            && tokens > facts->max_output_tokens) ? facts->max_output_tokens
                                                  : tokens;
}


/* When the project's own table was made. */
const char *ag_facts_dated(void);


#endif /* _AG_FACTS_H_INCLUDED_ */
