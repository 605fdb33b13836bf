/*
 * Copyright (C) ngx_agent authors
 *
 * What a provider's dialect finds in an answer becomes a proper sequence of
 * events here, whatever the order in which it is found: every rule that holds
 * for all dialects is kept in this one place.
 */


#include "dialect/ag_custom.h"


static void ag_reader_send(ag_reader_t *r, const ag_event_t *event);
static void ag_reader_begin(ag_reader_t *r, ag_event_t *event,
    ag_event_kind_t kind, uint32_t choice);
static void ag_reader_block(ag_reader_t *r, ag_event_t *event,
    ag_event_kind_t kind, const ag_open_block_t *block);
static ag_reader_choice_t *ag_reader_choice(ag_reader_t *r, uint32_t choice);
static void ag_reader_release(ag_reader_t *r, ag_open_block_t *block);
static ag_open_block_t *ag_reader_slot(ag_reader_t *r);
static ag_open_block_t *ag_reader_at(ag_reader_t *r, uint32_t i);
static unsigned ag_reader_is_exact(ag_reader_t *r);
static unsigned ag_reader_is_call(ag_block_kind_t type);


void
ag_reader_start(ag_reader_t *r, ag_str_t id, ag_str_t model)
{
    ag_event_t  event;

    if (r->started) {
        return;
    }

    r->started = 1;

    ag_reader_begin(r, &event, AG_EVENT_START, 0);
    event.id = id;
    event.name = (model.len > 0) ? model : r->to->model;

    ag_reader_send(r, &event);
}


ag_open_block_t *
ag_reader_open(ag_reader_t *r, uint32_t choice, uint32_t key,
    ag_block_kind_t type, ag_str_t id, ag_str_t name)
{
    ag_event_t           event;
    ag_open_block_t     *block;
    ag_reader_choice_t  *owner;

    block = ag_reader_find(r, choice, key, type);

    if (block != NULL) {
        return block;
    }

    ag_reader_start(r, ag_str(NULL, 0), ag_str(NULL, 0));

    owner = ag_reader_choice(r, choice);
    block = (owner != NULL) ? ag_reader_slot(r) : NULL;

    if (block == NULL) {
        return NULL;
    }

    block->key = key;
    block->choice = choice;
    block->block = owner->blocks++;
    block->type = type;
    block->used = 1;
    block->filled = 0;
    block->held = NULL;

    if (type == AG_BLOCK_TOOL && r->request != NULL
        && ag_custom_is_wrapped(r->request, name))
    {
        block->held = ag_arena_buf(r->arena, AG_ANSWER_MAX);

        if (block->held == NULL) {
            r->rc = AG_NOMEM;
        }
    }

    if (ag_reader_is_call(type)) {
        block->tool = owner->tools++;
        r->delta->content = 1;

        if (id.len == 0) {
            id = ag_mint(r->arena, r->random, "call_");
        }
    }

    ag_reader_block(r, &event, AG_EVENT_OPEN, block);
    event.id = id;
    event.name = name;

    ag_reader_send(r, &event);

    return (r->rc == AG_OK) ? block : NULL;
}


ag_open_block_t *
ag_reader_find(ag_reader_t *r, uint32_t choice, uint32_t key,
    ag_block_kind_t type)
{
    uint32_t          i;
    ag_open_block_t  *block;

    for (i = 0; i < r->open_count; i++) {
        block = ag_reader_at(r, i);

        if (block->used && block->key == key && block->choice == choice
            && block->type == type)
        {
            return block;
        }
    }

    return NULL;
}


void
ag_reader_add(ag_reader_t *r, ag_open_block_t *block, ag_str_t text)
{
    ag_event_t  event;

    if (block == NULL || text.len == 0) {
        return;
    }

    block->filled = 1;
    r->delta->content = 1;

    if (block->type != AG_BLOCK_IMAGE) {
        r->delta->said += text.len;     /* base64 is nobody's words */
    }

    if (block->held != NULL) {
        if (r->rc == AG_OK) {
            r->rc = ag_buf_add(block->held, text.data, text.len);
        }

        return;
    }

    ag_reader_block(r, &event, AG_EVENT_ADD, block);
    event.text = text;

    ag_reader_send(r, &event);
}


void
ag_reader_sign(ag_reader_t *r, ag_open_block_t *block, ag_str_t signature,
    ag_signer_t signer, unsigned redacted)
{
    ag_event_t  event;

    if (block == NULL || signature.len == 0) {
        return;
    }

    ag_reader_block(r, &event, AG_EVENT_SIGN, block);
    event.text = signature;
    event.signer = signer;
    event.redacted = redacted & 1;

    ag_reader_send(r, &event);
}


void
ag_reader_cite(ag_reader_t *r, ag_open_block_t *block, ag_str_t url,
    ag_str_t title)
{
    ag_event_t  event;

    if (block == NULL || url.len == 0) {
        return;
    }

    ag_reader_block(r, &event, AG_EVENT_CITE, block);
    event.url = url;
    event.title = title;

    ag_reader_send(r, &event);
}


/* Clients parse the arguments of a call: no word at all would break them. */
void
ag_reader_close(ag_reader_t *r, ag_open_block_t *block)
{
    ag_event_t  event;

    static const ag_str_t  none = ag_string("{}");

    if (block == NULL) {
        return;
    }

    if (block->held != NULL) {
        ag_reader_release(r, block);

    } else if (block->type == AG_BLOCK_TOOL && !block->filled) {
        ag_reader_add(r, block, none);
    }

    ag_reader_block(r, &event, AG_EVENT_CLOSE, block);
    ag_reader_send(r, &event);

    block->used = 0;
}


/* A custom tool's input is known when all of its wrapping is. */
static void
ag_reader_release(ag_reader_t *r, ag_open_block_t *block)
{
    ag_str_t    input;
    ag_event_t  event;

    input = ag_custom_unwrap(r->arena, ag_buf_str(block->held));

    if (input.data == NULL) {
        r->rc = AG_NOMEM;
        return;
    }

    if (input.len > 0) {
        ag_reader_block(r, &event, AG_EVENT_ADD, block);
        event.text = input;
        ag_reader_send(r, &event);
    }
}


void
ag_reader_close_type(ag_reader_t *r, uint32_t choice, ag_block_kind_t type)
{
    uint32_t          i;
    ag_open_block_t  *block;

    for (i = 0; i < r->open_count; i++) {
        block = ag_reader_at(r, i);

        if (block->used && block->choice == choice && block->type == type) {
            ag_reader_close(r, block);
        }
    }
}


void
ag_reader_logprobs(ag_reader_t *r, uint32_t choice, ag_str_t elements)
{
    ag_event_t  event;

    if (elements.len == 0 || ag_reader_choice(r, choice) == NULL) {
        return;
    }

    ag_reader_start(r, ag_str(NULL, 0), ag_str(NULL, 0));

    ag_reader_begin(r, &event, AG_EVENT_LOGPROBS, choice);
    event.text = elements;

    ag_reader_send(r, &event);
}


void
ag_reader_finish(ag_reader_t *r, uint32_t choice, ag_finish_t finish)
{
    ag_reader_choice_t  *owner;

    owner = ag_reader_choice(r, choice);

    if (owner != NULL && finish != AG_FINISH_NONE) {
        owner->finish = finish;
        r->delta->finish = 1;
    }
}


/*
 * Most providers that say "stop" of an answer with calls wait for their
 * results all the same, and agents' loops would end.
 */
void
ag_reader_end(ag_reader_t *r)
{
    uint32_t             i, choice;
    ag_event_t           event;
    ag_open_block_t     *block;
    ag_reader_choice_t  *owner;

    if (r->ended) {
        return;
    }

    ag_reader_start(r, ag_str(NULL, 0), ag_str(NULL, 0));
    (void) ag_reader_choice(r, 0);

    for (choice = 0; choice < r->choice_count; choice++) {
        owner = &r->choices[choice];

        for (i = 0; i < r->open_count; i++) {
            block = ag_reader_at(r, i);

            if (block->used && block->choice == choice) {
                ag_reader_close(r, block);
            }
        }

        ag_reader_begin(r, &event, AG_EVENT_FINISH, choice);

        event.finish = (owner->finish == AG_FINISH_NONE) ? AG_FINISH_STOP
                                                         : owner->finish;

        if (event.finish == AG_FINISH_STOP && owner->tools > 0
            && !ag_reader_is_exact(r))
        {
            event.finish = AG_FINISH_TOOL_CALLS;
        }

        ag_reader_send(r, &event);
    }

    ag_reader_begin(r, &event, AG_EVENT_END, 0);
    event.tier = r->tier;
    ag_reader_send(r, &event);

    r->ended = 1;
    r->delta->done = 1;
}


static void
ag_reader_send(ag_reader_t *r, const ag_event_t *event)
{
    if (r->rc == AG_OK && !r->ended) {
        r->rc = r->sink(r->sink_data, event);
    }
}


static void
ag_reader_begin(ag_reader_t *r, ag_event_t *event, ag_event_kind_t kind,
    uint32_t choice)
{
    memset(event, 0, sizeof(ag_event_t));

    event->kind = kind;
    event->choice = choice;
    event->whole = r->whole;
}


static void
ag_reader_block(ag_reader_t *r, ag_event_t *event, ag_event_kind_t kind,
    const ag_open_block_t *block)
{
    ag_reader_begin(r, event, kind, block->choice);

    event->block = block->block;
    event->type = (block->held != NULL) ? AG_BLOCK_CUSTOM : block->type;
    event->tool = block->tool;
}


static ag_reader_choice_t *
ag_reader_choice(ag_reader_t *r, uint32_t choice)
{
    if (choice >= AG_CHOICES_MAX) {
        r->rc = AG_LIMIT;
    }

    if (r->rc != AG_OK) {
        return NULL;
    }

    if (choice >= r->choice_count) {
        r->choice_count = choice + 1;
    }

    return &r->choices[choice];
}


static ag_open_block_t *
ag_reader_slot(ag_reader_t *r)
{
    uint32_t          i;
    ag_open_block_t  *block;

    for (i = 0; i < r->open_count; i++) {
        block = ag_reader_at(r, i);

        if (!block->used) {
            return block;
        }
    }

    if (i == AG_OPEN_BLOCKS_MAX) {
        r->rc = AG_LIMIT;
        return NULL;
    }

    if (i % AG_OPEN_BLOCKS_CHUNK == 0) {
        r->open[i / AG_OPEN_BLOCKS_CHUNK] =
            ag_arena_alloc(r->arena,
                           AG_OPEN_BLOCKS_CHUNK * sizeof(ag_open_block_t));

        if (r->open[i / AG_OPEN_BLOCKS_CHUNK] == NULL) {
            r->rc = AG_NOMEM;
            return NULL;
        }
    }

    r->open_count++;

    return ag_reader_at(r, i);
}


static ag_open_block_t *
ag_reader_at(ag_reader_t *r, uint32_t i)
{
    return &r->open[i / AG_OPEN_BLOCKS_CHUNK][i % AG_OPEN_BLOCKS_CHUNK];
}


static unsigned
ag_reader_is_exact(ag_reader_t *r)
{
    return r->provider != NULL && r->provider->translator->exact_finish;
}


static unsigned
ag_reader_is_call(ag_block_kind_t type)
{
    return type == AG_BLOCK_TOOL || type == AG_BLOCK_CUSTOM;
}
