/*
 * Copyright (C) ngx_agent authors
 *
 * A whole answer out of its events.
 */


#include "dialect/ag_translate.h"


static int ag_gather_open(ag_gather_t *g, const ag_event_t *event);
static int ag_gather_add(ag_gather_t *g, const ag_event_t *event);
static int ag_gather_cite(ag_gather_t *g, const ag_event_t *event);
static int ag_gather_logprobs(ag_gather_t *g, const ag_event_t *event);
static ag_gathered_choice_t *ag_gather_choice(ag_gather_t *g,
    uint32_t choice);
static ag_gathered_t *ag_gather_find(ag_gather_t *g,
    const ag_event_t *event);
static int ag_gather_keep(ag_gather_t *g, const ag_event_t *event,
    ag_str_t text, ag_str_t *kept);


int
ag_gather_event(ag_gather_t *g, const ag_event_t *event)
{
    ag_gathered_t         *block;
    ag_gathered_choice_t  *choice;

    switch (event->kind) {

    case AG_EVENT_START:
        if (ag_gather_keep(g, event, event->id, &g->reply.id) != AG_OK) {
            return AG_NOMEM;
        }

        return ag_gather_keep(g, event, event->name, &g->reply.model);

    case AG_EVENT_OPEN:
        return ag_gather_open(g, event);

    case AG_EVENT_ADD:
        return ag_gather_add(g, event);

    case AG_EVENT_SIGN:
        block = ag_gather_find(g, event);

        if (block == NULL) {
            return AG_OK;
        }

        block->signer = event->signer;
        block->redacted = event->redacted;

        return ag_gather_keep(g, event, event->text, &block->signature);

    case AG_EVENT_CITE:
        return ag_gather_cite(g, event);

    case AG_EVENT_LOGPROBS:
        return ag_gather_logprobs(g, event);

    case AG_EVENT_FINISH:
        choice = ag_gather_choice(g, event->choice);

        if (choice == NULL) {
            return AG_NOMEM;
        }

        choice->finish = event->finish;
        break;

    case AG_EVENT_END:
        g->reply.tier = event->tier;
        break;

    case AG_EVENT_CLOSE:
        break;
    }

    return AG_OK;
}


static int
ag_gather_open(ag_gather_t *g, const ag_event_t *event)
{
    ag_gathered_t         *block;
    ag_gathered_choice_t  *choice;

    choice = ag_gather_choice(g, event->choice);
    block = ag_arena_alloc(g->arena, sizeof(ag_gathered_t));

    if (choice == NULL || block == NULL) {
        return AG_NOMEM;
    }

    block->choice = event->choice;
    block->number = event->block;
    block->type = event->type;

    if (choice->last != NULL) {
        choice->last->next = block;

    } else {
        choice->blocks = block;
    }

    choice->last = block;
    g->last = block;

    if (ag_gather_keep(g, event, event->id, &block->id) != AG_OK) {
        return AG_NOMEM;
    }

    return ag_gather_keep(g, event, event->name, &block->name);
}


static int
ag_gather_add(ag_gather_t *g, const ag_event_t *event)
{
    int             rc;
    ag_gathered_t  *block;

    block = ag_gather_find(g, event);

    if (block == NULL) {
        return AG_OK;
    }

    if (block->text.len == 0) {
        return ag_gather_keep(g, event, event->text, &block->text);
    }

    if (block->more == NULL) {
        block->more = ag_arena_buf(g->arena, AG_ANSWER_MAX);

        if (block->more == NULL) {
            return AG_NOMEM;
        }

        rc = ag_buf_add(block->more, block->text.data, block->text.len);

        if (rc != AG_OK) {
            return rc;
        }
    }

    rc = ag_buf_add(block->more, event->text.data, event->text.len);
    block->text = ag_buf_str(block->more);

    return rc;
}


static int
ag_gather_cite(ag_gather_t *g, const ag_event_t *event)
{
    ag_cited_t     *cited;
    ag_gathered_t  *block;

    block = ag_gather_find(g, event);

    if (block == NULL) {
        return AG_OK;
    }

    cited = ag_arena_alloc(g->arena, sizeof(ag_cited_t));

    if (cited == NULL
        || ag_gather_keep(g, event, event->url, &cited->url) != AG_OK
        || ag_gather_keep(g, event, event->title, &cited->title) != AG_OK)
    {
        return AG_NOMEM;
    }

    if (block->last_cited != NULL) {
        block->last_cited->next = cited;

    } else {
        block->cited = cited;
    }

    block->last_cited = cited;

    return AG_OK;
}


static int
ag_gather_logprobs(ag_gather_t *g, const ag_event_t *event)
{
    int                    rc;
    ag_gathered_choice_t  *choice;

    choice = ag_gather_choice(g, event->choice);

    if (choice != NULL && choice->more == NULL) {
        choice->more = ag_arena_buf(g->arena, AG_ANSWER_MAX);
    }

    if (choice == NULL || choice->more == NULL) {
        return AG_NOMEM;
    }

    rc = (choice->more->len > 0) ? ag_buf_add(choice->more, ",", 1) : AG_OK;

    if (rc == AG_OK) {
        rc = ag_buf_add(choice->more, event->text.data, event->text.len);
    }

    choice->logprobs = ag_buf_str(choice->more);

    return rc;
}


/* The array doubles when its length is a power of two. */
static ag_gathered_choice_t *
ag_gather_choice(ag_gather_t *g, uint32_t choice)
{
    uint32_t               room;
    ag_gathered_choice_t  *choices;

    if (choice < g->reply.count) {
        return &g->reply.choices[choice];
    }

    for (room = 1; room <= choice; room *= 2) {
        /* void */
    }

    if (g->reply.count == 0 || room > g->reply.count) {
        choices = ag_arena_alloc(g->arena,
                                 room * sizeof(ag_gathered_choice_t));
        if (choices == NULL) {
            return NULL;
        }

        if (g->reply.count > 0) {
            memcpy(choices, g->reply.choices,
                   g->reply.count * sizeof(ag_gathered_choice_t));
        }

        g->reply.choices = choices;
    }

    g->reply.count = choice + 1;

    return &g->reply.choices[choice];
}


static ag_gathered_t *
ag_gather_find(ag_gather_t *g, const ag_event_t *event)
{
    ag_gathered_t  *block;

    block = g->last;

    if (block != NULL && block->choice == event->choice
        && block->number == event->block)
    {
        return block;
    }

    if (event->choice >= g->reply.count) {
        return NULL;
    }

    for (block = g->reply.choices[event->choice].blocks;
         block != NULL;
         block = block->next)
    {
        if (block->number == event->block) {
            g->last = block;
            return block;
        }
    }

    return NULL;
}


static int
ag_gather_keep(ag_gather_t *g, const ag_event_t *event, ag_str_t text,
    ag_str_t *kept)
{
    *kept = event->whole ? text : ag_arena_copy(g->arena, text);

    return (kept->data == NULL && text.len > 0) ? AG_NOMEM : AG_OK;
}
