/*
 * Copyright (C) ngx_agent authors
 *
 * What the streams of Messages and of Responses have in common: events that
 * say their type twice, with a JSON object each; and objects that come out
 * as they went in, but for a few members.
 */


#ifndef _AG_REPLAY_EVENTS_H_INCLUDED_
#define _AG_REPLAY_EVENTS_H_INCLUDED_


#include "core/ag_arena.h"
#include "dialect/ag_replay_parts.h"


/*
 * One event of a stream: its text, its type and its tree, which live as long
 * as the call.  Returns AG_OK, or what ends the reading.
 */
typedef int (*ag_replay_event_pt)(void *data, ag_str_t text, ag_str_t type,
    yyjson_val *root);


/* A member that comes out otherwise. */
typedef struct {
    const char  *name;
    ag_str_t     json;      /* in its stead; data NULL: the member is left
                               out */
    unsigned     add:1;     /* also where there was no such member */
} ag_replay_change_t;


#define ag_replay_changes(table)  table, sizeof(table) / sizeof(table[0])


/*
 * Calls "handler" for each event of the stream.  Comments, "[DONE]" and
 * events without data are left out.  AG_OK; AG_NONE: an event is not whole, is
 * not an object, has a member twice or says two types; AG_LIMIT, AG_NOMEM; or
 * what the handler returned.
 */
int ag_replay_events_read(ag_str_t stream, ag_replay_event_pt handler,
    void *data);

/* The frame of an event; between them its members but "type" are put. */
void ag_replay_events_open(ag_put_t *p, const char *type);
void ag_replay_events_close(ag_put_t *p);

/* Puts the members of an object, changed, in their order. */
void ag_replay_events_members(ag_put_t *p, yyjson_val *object,
    const ag_replay_change_t *changes, size_t count);

/* The same in braces. */
void ag_replay_events_object(ag_put_t *p, const char *name,
    yyjson_val *object, const ag_replay_change_t *changes, size_t count);

/* A copy of a text that lives as long as the arena; *rc is AG_NOMEM or
 * AG_LIMIT if there was no room. */
ag_str_t ag_replay_events_keep(ag_arena_t *arena, ag_str_t text, int *rc);


#endif /* _AG_REPLAY_EVENTS_H_INCLUDED_ */
