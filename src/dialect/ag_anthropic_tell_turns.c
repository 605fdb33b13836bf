/*
 * Copyright (C) ngx_agent authors
 *
 * The order of a conversation as Anthropic wants it: what the system says
 * first and apart, then messages of the user and the assistant in turns, the
 * user's first.  Turns of one role in a row become one message, so that the
 * results of a round of calls stand together, before anything else.
 *
 * Source: Anthropic's API reference, "Messages", messages and system.
 */


#include "dialect/ag_anthropic_tell_parts.h"


/* Which parts of a turn are written. */
typedef enum {
    AG_ANTHROPIC_ALL = 0,
    AG_ANTHROPIC_RESULTS,
    AG_ANTHROPIC_THOUGHT,
    AG_ANTHROPIC_SAID
} ag_anthropic_pick_t;


static unsigned ag_anthropic_tell_is_system(const ag_turn_t *turn);
static void ag_anthropic_tell_turn_texts(ag_anthropic_tell_t *t);
static const ag_turn_t *ag_anthropic_tell_turn_next(const ag_turn_t *turn);
static const ag_turn_t *ag_anthropic_tell_turn_end(const ag_turn_t *turn);
static void ag_anthropic_tell_turn_lead(ag_anthropic_tell_t *t);
static int ag_anthropic_tell_turn_prefill(ag_anthropic_tell_t *t,
    const ag_turn_t *turn);
static int ag_anthropic_tell_turn_user(ag_anthropic_tell_t *t,
    const ag_turn_t *turn, const ag_turn_t *end);
static int ag_anthropic_tell_turn_assistant(ag_anthropic_tell_t *t,
    const ag_turn_t *turn, const ag_turn_t *end);
static unsigned ag_anthropic_tell_turn_is_mute(const ag_turn_t *turn,
    const ag_turn_t *end);
static unsigned ag_anthropic_tell_turn_is_ordered(ag_anthropic_tell_t *t,
    const ag_turn_t *turn, const ag_turn_t *end);
static int ag_anthropic_tell_turn_blocks(ag_anthropic_tell_t *t,
    const ag_turn_t *turn, const ag_turn_t *end, ag_anthropic_pick_t pick);
static unsigned ag_anthropic_tell_turn_picks(ag_anthropic_pick_t pick,
    const ag_part_t *part);


/* A stand-in where nothing was said: an empty text is refused. */
static const ag_str_t  ag_anthropic_nothing = ag_string(".");


/* Blocks, not one text: marks for the cache stay where they were. */
void
ag_anthropic_tell_system(ag_anthropic_tell_t *t)
{
    unsigned          asks;
    const ag_turn_t  *turn;

    asks = (t->form == AG_ANTHROPIC_WORDS || t->form == AG_ANTHROPIC_OFFERED);

    turn = t->n->turns;

    if (ag_anthropic_tell_turn_next(turn) == NULL) {
        turn = NULL;        /* alone, it becomes the user's message */
    }

    while (turn != NULL && !ag_anthropic_tell_is_system(turn)) {
        turn = turn->next;
    }

    if (turn == NULL && !asks) {
        return;
    }

    ag_put_open(&t->put, "system", '[');

    if (turn != NULL) {
        ag_anthropic_tell_turn_texts(t);
    }

    ag_anthropic_tell_instruct(t);
    ag_put_close(&t->put, ']');
}


/* Has it a text?  Nothing else belongs into a system's turn. */
static unsigned
ag_anthropic_tell_is_system(const ag_turn_t *turn)
{
    const ag_part_t  *part;

    if (turn->role != AG_ROLE_SYSTEM && turn->role != AG_ROLE_DEVELOPER) {
        return 0;
    }

    for (part = turn->parts; part != NULL; part = part->next) {

        if (part->kind == AG_PART_TEXT
            && !ag_anthropic_tell_is_blank(part->text))
        {
            return 1;
        }
    }

    return 0;
}


static void
ag_anthropic_tell_turn_texts(ag_anthropic_tell_t *t)
{
    const ag_part_t  *part;
    const ag_turn_t  *turn;

    for (turn = t->n->turns; turn != NULL; turn = turn->next) {

        if (!ag_anthropic_tell_is_system(turn)) {
            continue;
        }

        for (part = turn->parts; part != NULL; part = part->next) {

            if (part->kind != AG_PART_TEXT) {
                ag_outbound_drop(t->to, t->n->list);

            } else if (!ag_anthropic_tell_is_blank(part->text)) {
                ag_anthropic_tell_text(t, part->text, part->cache_control);
            }
        }
    }
}


int
ag_anthropic_tell_turns(ag_anthropic_tell_t *t)
{
    int               rc;
    const ag_turn_t  *turn, *end;

    ag_put_open(&t->put, "messages", '[');

    turn = ag_anthropic_tell_turn_next(t->n->turns);

    if (turn == NULL || turn->role == AG_ROLE_ASSISTANT) {
        ag_anthropic_tell_turn_lead(t);
    }

    while (turn != NULL) {
        end = ag_anthropic_tell_turn_end(turn);

        if (turn->role == AG_ROLE_USER) {
            rc = ag_anthropic_tell_turn_user(t, turn, end);

        } else if (end == NULL && ag_facts_refuses(t->to->facts, PREFILL)) {
            rc = ag_anthropic_tell_turn_prefill(t, turn);

        } else {
            rc = ag_anthropic_tell_turn_assistant(t, turn, end);
        }

        if (rc != AG_OK) {
            return rc;
        }

        turn = end;
    }

    ag_put_close(&t->put, ']');

    return AG_OK;
}


/* An assistant that said nothing is passed over: its neighbours are one. */
unsigned
ag_anthropic_tell_speaks(const ag_turn_t *turn)
{
    const ag_part_t  *part;

    if (turn->role != AG_ROLE_ASSISTANT) {
        return turn->role == AG_ROLE_USER;
    }

    for (part = turn->parts; part != NULL; part = part->next) {

        if (ag_anthropic_tell_says(part)) {
            return 1;
        }
    }

    return 0;
}


static const ag_turn_t *
ag_anthropic_tell_turn_next(const ag_turn_t *turn)
{
    while (turn != NULL && !ag_anthropic_tell_speaks(turn)) {
        turn = turn->next;
    }

    return turn;
}


/* The first turn of the next message; NULL: there is none. */
static const ag_turn_t *
ag_anthropic_tell_turn_end(const ag_turn_t *turn)
{
    ag_role_t  role;

    role = turn->role;

    do {
        turn = ag_anthropic_tell_turn_next(turn->next);
    } while (turn != NULL && turn->role == role);

    return turn;
}


/* The first message is the user's: what the system said, if it is alone. */
static void
ag_anthropic_tell_turn_lead(ag_anthropic_tell_t *t)
{
    size_t  len;

    ag_put_open(&t->put, NULL, '{');
    ag_put_word(&t->put, "role", "user");
    ag_put_open(&t->put, "content", '[');

    len = t->put.out->len;

    if (ag_anthropic_tell_turn_next(t->n->turns) == NULL) {
        ag_anthropic_tell_turn_texts(t);
    }

    if (t->put.out->len == len) {
        ag_anthropic_tell_text(t, ag_anthropic_nothing, NULL);
    }

    ag_put_close(&t->put, ']');
    ag_put_close(&t->put, '}');
}


/* A message that the model should go on with, and cannot. */
static int
ag_anthropic_tell_turn_prefill(ag_anthropic_tell_t *t, const ag_turn_t *turn)
{
    if (t->to->drop_params) {
        ag_outbound_drop(t->to, t->n->list);
        return AG_OK;
    }

    return ag_outbound_unsupported(t->n, t->to, t->error,
                                   ag_anthropic_tell_name(t, "messages[%u]",
                                                          "input[%u]"),
                                   turn->index,
                                   "an assistant message at the end");
}


/*
 * Results first: text before them is refused.  A document is refused without
 * a text beside it.
 */
static int
ag_anthropic_tell_turn_user(ag_anthropic_tell_t *t, const ag_turn_t *turn,
    const ag_turn_t *end)
{
    int     rc;
    size_t  len;

    ag_put_open(&t->put, NULL, '{');
    ag_put_word(&t->put, "role", "user");
    ag_put_open(&t->put, "content", '[');

    len = t->put.out->len;
    rc = ag_anthropic_tell_turn_blocks(t, turn, end, AG_ANTHROPIC_RESULTS);

    if (rc == AG_OK) {
        rc = ag_anthropic_tell_turn_blocks(t, turn, end, AG_ANTHROPIC_SAID);
    }

    if (t->put.out->len == len || ag_anthropic_tell_turn_is_mute(turn, end)) {
        ag_anthropic_tell_text(t, ag_anthropic_nothing, NULL);
    }

    ag_put_close(&t->put, ']');
    ag_put_close(&t->put, '}');

    return rc;
}


/* Does it show a document without a word? */
static unsigned
ag_anthropic_tell_turn_is_mute(const ag_turn_t *turn, const ag_turn_t *end)
{
    unsigned          document;
    const ag_part_t  *part;

    document = 0;

    for ( /* void */ ; turn != end; turn = turn->next) {

        if (turn->role != AG_ROLE_USER) {
            continue;
        }

        for (part = turn->parts; part != NULL; part = part->next) {
            document |= (part->kind == AG_PART_FILE);

            if (part->kind == AG_PART_TEXT
                && !ag_anthropic_tell_is_blank(part->text))
            {
                return 0;
            }
        }
    }

    return document;
}


static int
ag_anthropic_tell_turn_assistant(ag_anthropic_tell_t *t,
    const ag_turn_t *turn, const ag_turn_t *end)
{
    int       rc;
    unsigned  ordered;

    ordered = ag_anthropic_tell_turn_is_ordered(t, turn, end);

    if (end != NULL) {
        t->last = NULL;
    }

    ag_put_open(&t->put, NULL, '{');
    ag_put_word(&t->put, "role", "assistant");
    ag_put_open(&t->put, "content", '[');

    if (ordered) {
        rc = ag_anthropic_tell_turn_blocks(t, turn, end, AG_ANTHROPIC_ALL);

    } else {
        rc = ag_anthropic_tell_turn_blocks(t, turn, end,
                                           AG_ANTHROPIC_THOUGHT);
        if (rc == AG_OK) {
            rc = ag_anthropic_tell_turn_blocks(t, turn, end,
                                               AG_ANTHROPIC_SAID);
        }
    }

    ag_put_close(&t->put, ']');
    ag_put_close(&t->put, '}');

    return rc;
}


/*
 * What was thought must lead the message, and may not end it.  Does it do so
 * by itself?  Then the order is the model's own and stays.  Finds the last
 * part that says something, too.
 */
static unsigned
ag_anthropic_tell_turn_is_ordered(ag_anthropic_tell_t *t,
    const ag_turn_t *turn, const ag_turn_t *end)
{
    unsigned          leads, ends;
    const ag_part_t  *part;

    leads = 0;
    ends = 0;
    t->last = NULL;

    for ( /* void */ ; turn != end; turn = turn->next) {

        if (turn->role != AG_ROLE_ASSISTANT) {
            continue;
        }

        for (part = turn->parts; part != NULL; part = part->next) {

            if (ag_anthropic_tell_says(part)) {
                t->last = part;
                ends = 0;

            } else if (ag_anthropic_tell_reasons(part)) {
                leads |= (t->last == NULL);
                ends = 1;
            }
        }
    }

    return leads && !ends;
}


static int
ag_anthropic_tell_turn_blocks(ag_anthropic_tell_t *t, const ag_turn_t *turn,
    const ag_turn_t *end, ag_anthropic_pick_t pick)
{
    int               rc;
    ag_role_t         role;
    const ag_part_t  *part;

    role = turn->role;

    for ( /* void */ ; turn != end; turn = turn->next) {

        if (turn->role != role) {
            continue;
        }

        for (part = turn->parts; part != NULL; part = part->next) {

            if (!ag_anthropic_tell_turn_picks(pick, part)) {
                continue;
            }

            rc = ag_anthropic_tell_block(t, turn, part);

            if (rc != AG_OK) {
                return rc;
            }
        }
    }

    return AG_OK;
}


static unsigned
ag_anthropic_tell_turn_picks(ag_anthropic_pick_t pick, const ag_part_t *part)
{
    switch (pick) {

    case AG_ANTHROPIC_RESULTS:
        return part->kind == AG_PART_TOOL_RESULT;

    case AG_ANTHROPIC_THOUGHT:
        return part->kind == AG_PART_REASONING;

    case AG_ANTHROPIC_SAID:
        return part->kind != AG_PART_TOOL_RESULT
               && part->kind != AG_PART_REASONING;

    default:
        return 1;
    }
}
