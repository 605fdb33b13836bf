/*
 * Copyright (C) ngx_agent authors
 *
 * What the files that tell an answer again share.
 *
 *   ag_replay_piece.c        a text cut into pieces
 *   ag_replay_merge.c        JSON that grows of its pieces
 *   ag_replay_list.c         the lists in it
 *   ag_replay_put.c          writes what it has become
 *   ag_replay_fits.c         would a value come out of that as it is?
 *
 * and what chats and completions share:
 *
 *   ag_replay_choices.c      a stream becomes a whole
 *   ag_replay_choices_end.c  how complete that is
 *   ag_replay_chunk.c        the frame of each event of a stream
 *   ag_replay_chat.c         a message in it
 *   ag_replay_calls.c        the calls of a message
 */


#ifndef _AG_REPLAY_PARTS_H_INCLUDED_
#define _AG_REPLAY_PARTS_H_INCLUDED_


#include "core/ag_arena.h"
#include "dialect/ag_replay.h"
#include "dialect/ag_translate.h"


#define AG_REPLAY_MEMBERS_MAX  256      /* of an object that grows, or is
                                           told member by member; messages
                                           have 12 */
#define AG_REPLAY_ENTRIES_MAX  512      /* entries of a list that have a
                                           number; they are looked for one by
                                           one */


/* ---- ag_replay_piece.c ---- */


/*
 * Takes about AG_REPLAY_PIECE bytes off the front of "rest": up to a word's
 * end where there is one near, never within a UTF-8 character, never nothing
 * unless "rest" is.  The space before a word goes with the word, as tokens
 * have it.
 */
ag_str_t ag_replay_piece(ag_str_t *rest);


/* ---- ag_replay_merge.c ---- */


typedef struct ag_replay_node_s  ag_replay_node_t;


typedef enum {
    AG_REPLAY_NULL = 0,
    AG_REPLAY_TEXT,
    AG_REPLAY_VALUE,            /* a number or a boolean */
    AG_REPLAY_JSON,             /* anything, replaced as a whole */
    AG_REPLAY_RUN,              /* entries of a list, without numbers */
    AG_REPLAY_OBJECT,
    AG_REPLAY_LIST
} ag_replay_kind_t;


struct ag_replay_node_s {
    ag_replay_node_t  *next;        /* of the same object or list */
    ag_replay_node_t  *first;       /* members or entries */
    ag_replay_node_t  *last;
    ag_str_t           key;         /* of a member */
    ag_str_t           text;        /* the first piece */
    ag_buf_t          *more;        /* all of it, once there is more */
    uint64_t           index;
    uint32_t           count;       /* members or entries */
    uint32_t           stamp;       /* of the delta that said it last */
    ag_replay_kind_t   kind;
    unsigned           numbered:1;  /* an entry with an index */
    unsigned           varied:1;    /* its pieces were not all the same */
};


typedef struct {
    ag_arena_t        *arena;
    ag_replay_node_t  *message;     /* the object whose "tool_calls" are
                                       known by number or id; may be NULL */
    unsigned           plain:1;     /* entries of lists have no numbers */
    uint32_t           stamp;
} ag_replay_merge_t;


/* An empty object; NULL: no memory. */
ag_replay_node_t *ag_replay_merge_object(ag_arena_t *arena);

/*
 * Adds the members of a delta: texts grow, objects are merged, entries of
 * lists are merged by their "index" and "type" or else added.  What names
 * something ("id", "name", "type") is said once.
 *
 * AG_OK; AG_NONE: two readers could put it together in two ways; AG_LIMIT,
 * AG_NOMEM.  After an error the object is of no use.
 */
int ag_replay_merge(ag_replay_merge_t *m, ag_replay_node_t *object,
    yyjson_val *delta);

/* The same of one member. */
int ag_replay_merge_member(ag_replay_merge_t *m, ag_replay_node_t *object,
    ag_str_t key, yyjson_val *value);

/*
 * Sets a member: the last that says something wins over those before, null
 * and empty values say nothing where there is one already.  AG_OK, AG_LIMIT,
 * AG_NOMEM; AG_NONE: another list, which may be the rest of the first.
 */
int ag_replay_merge_set(ag_replay_merge_t *m, ag_replay_node_t *object,
    ag_str_t key, yyjson_val *value);

/* A member, or NULL. */
ag_replay_node_t *ag_replay_merge_find(const ag_replay_node_t *object,
    const char *key);

/* Was the member said, and not as null? */
unsigned ag_replay_merge_has(const ag_replay_node_t *object,
    const char *key);

void ag_replay_merge_append(ag_replay_node_t *parent,
    ag_replay_node_t *node);

/* Is the key one of the names, which NULL ends? */
unsigned ag_replay_merge_named(const char *const *names, ag_str_t key);


/* ---- ag_replay_list.c ---- */


/* Merges a list into another, which may be new; "calls": it is a message's
 * "tool_calls".  As ag_replay_merge(). */
int ag_replay_list(ag_replay_merge_t *m, ag_replay_node_t *list,
    yyjson_val *value, unsigned calls);

/* Takes the numbers off the entries of a list. */
void ag_replay_list_unnumber(ag_replay_node_t *list);


/* ---- ag_replay_put.c ---- */


/*
 * Writes a node (NULL: null), or the members of an object but for those named
 * in "without" (may be NULL).  p->rc is AG_NONE if what it says is not sure.
 */
void ag_replay_put(ag_put_t *p, const char *name,
    const ag_replay_node_t *node);
void ag_replay_put_members(ag_put_t *p, const ag_replay_node_t *object,
    const char *const *without);


/* ---- ag_replay_fits.c ---- */


/* Does a value that is said at once come out of a merge as it is?  AG_OK;
 * AG_NONE: a key or a number twice; AG_LIMIT: too many of them. */
int ag_replay_fits(yyjson_val *value);

/* Is it an object that may be told member by member?  The same, but looks at
 * its own keys only; AG_NONE also if it is no object. */
int ag_replay_fits_distinct(yyjson_val *object);


/* ---- ag_replay_choices.c ---- */


/* How chats and completions differ. */
typedef struct {
    const char  *whole;         /* "object" of the whole answer */
    const char  *chunk;         /* and how that of a chunk begins */
    const char  *said;          /* the member with what a choice says */
    void       (*put)(ag_put_t *p, ag_replay_node_t *said);
} ag_replay_form_t;


/* As ag_replay_whole(); on an error there may be more in "out". */
int ag_replay_choices_whole(ag_buf_t *out, ag_str_t stream,
    const ag_usage_t *usage, const ag_replay_form_t *form);


/* ---- ag_replay_choices_end.c ---- */


/* Of both surfaces. */
ag_replay_end_t ag_replay_choices_end(ag_str_t whole);


/* ---- ag_replay_look.c ---- */


#define AG_REPLAY_LOOK_MAX  32  /* bytes; a name or a word that we know is
                                   shorter */

/*
 * The values of the first members of these names (NULL ends) of an object;
 * one without data: not there.  AG_OK; AG_NONE: it is no object, or not whole.
 */
int ag_replay_look(ag_str_t object, const char *const *names,
    ag_str_t *values);

/* The same of the next element of an array, of which the rest is left; of one
 * that is no object nothing is there.  AG_OK; AG_NONE: it is no array, or
 * there is no other. */
int ag_replay_look_next(ag_str_t *array, const char *const *names,
    ag_str_t *values);

/* What a string says; empty: it is none.  Longer than AG_REPLAY_LOOK_MAX and
 * escaped: something that is no word.  "room" has AG_REPLAY_LOOK_MAX bytes. */
ag_str_t ag_replay_look_text(ag_str_t value, ag_char_t *room);

/* Is it there, and not null? */
#define ag_replay_look_is(value)     ((value).len > 0 && *(value).data != 'n')
#define ag_replay_look_array(value)  ((value).len > 0 && *(value).data == '[')



/* ---- ag_replay_chunk.c ---- */


/* A stream that is being written. */
typedef struct {
    ag_put_t     put;
    ag_buf_t     head;          /* an event up to its choices */
    yyjson_val  *root;          /* the whole answer */
    yyjson_val  *choice;        /* that is being told */
    size_t       index;
    yyjson_val  *logprobs;      /* of it, not told yet; or NULL */
    unsigned     begun:1;       /* an event was written */
    unsigned     include_usage:1;
} ag_replay_chunk_t;


/*
 * Begins the stream of "root", whose "object" must be "whole".  AG_OK;
 * AG_NONE: it is no such answer; AG_LIMIT, AG_NOMEM.  To be ended with
 * ag_replay_chunk_free().
 */
int ag_replay_chunk_init(ag_replay_chunk_t *c, ag_buf_t *out,
    yyjson_val *root, const char *whole, const char *chunk,
    const ag_replay_options_t *options);

/* The whole of it: "tell" tells a choice.  As ag_replay_chunk_init(). */
typedef int (*ag_replay_choice_pt)(ag_replay_chunk_t *c, yyjson_val *choice,
    size_t index);

int ag_replay_chunk_stream(ag_buf_t *out, yyjson_val *root,
    const char *whole, const char *chunk, const ag_replay_options_t *options,
    ag_replay_choice_pt tell);

/* Goes on to the choice at "index".  As ag_replay_chunk_init(). */
int ag_replay_chunk_choice(ag_replay_chunk_t *c, yyjson_val *choice,
    size_t index);

/* An event of the choice: up to its "index", and from behind its delta on. */
void ag_replay_chunk_open(ag_replay_chunk_t *c);
void ag_replay_chunk_close(ag_replay_chunk_t *c, unsigned with_logprobs);

/* The same of its last: "without" are members that were told, NULL ends. */
void ag_replay_chunk_finish(ag_replay_chunk_t *c,
    const char *const *without);

/* The events behind the last choice. */
void ag_replay_chunk_end(ag_replay_chunk_t *c);

void ag_replay_chunk_free(ag_replay_chunk_t *c);


/* ---- ag_replay_chat.c ---- */


/* Both sides of what a delta says. */
void ag_replay_chat_open(ag_replay_chunk_t *c);
void ag_replay_chat_close(ag_replay_chunk_t *c, unsigned with_logprobs);


/* ---- ag_replay_calls.c ---- */


/* Can each of a list of calls be told?  As ag_replay_fits(). */
int ag_replay_calls_check(yyjson_val *calls);

/* The events of a message's "tool_calls", and of its "function_call"; what is
 * no list, or no object, has none. */
void ag_replay_calls(ag_replay_chunk_t *c, yyjson_val *calls);
void ag_replay_calls_function(ag_replay_chunk_t *c, yyjson_val *function);


#endif /* _AG_REPLAY_PARTS_H_INCLUDED_ */
