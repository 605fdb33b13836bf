/*
 * Copyright (C) ngx_agent authors
 *
 * Writes the conversation.  The results of tools are messages of their own
 * there, which must follow the calls at once: so between two words of the
 * assistant all results come first, whatever stood between them.  They are
 * text only: images and files of a result follow as the user's.
 */


#include "dialect/ag_openai_tell_parts.h"




static int ag_openai_tell_head(ag_openai_tell_t *t);
static const ag_turn_t *ag_openai_tell_run(const ag_turn_t *turn,
    unsigned assistant);
static unsigned ag_openai_tell_has_calls(const ag_turn_t *first,
    const ag_turn_t *end);
static int ag_openai_tell_others(ag_openai_tell_t *t, const ag_turn_t *first,
    const ag_turn_t *end);
static void ag_openai_tell_results(ag_openai_tell_t *t,
    const ag_turn_t *turn);
static void ag_openai_tell_result(ag_openai_tell_t *t,
    const ag_part_t *result);
static int ag_openai_tell_message(ag_openai_tell_t *t,
    const ag_turn_t *turn);
static void ag_openai_tell_rule(ag_openai_tell_t *t);


int
ag_openai_tell_turns(ag_openai_tell_t *t)
{
    int               rc;
    const ag_turn_t  *turn, *end, *next;

    ag_put_open(&t->put, "messages", '[');

    rc = ag_openai_tell_head(t);

    for (turn = t->n->turns; turn != NULL && rc == AG_OK; turn = end) {

        if (turn->role != AG_ROLE_ASSISTANT) {
            end = ag_openai_tell_run(turn, 0);
            rc = ag_openai_tell_others(t, turn, end);
            continue;
        }

        /* calls that are answered together have to stand together */

        end = ag_openai_tell_run(turn, 1);

        if (ag_openai_tell_has_calls(turn, end)) {
            rc = ag_openai_tell_assistant(t, turn, end);
            continue;
        }

        for ( /* void */ ; turn != end && rc == AG_OK; turn = next) {
            next = turn->next;
            rc = ag_openai_tell_assistant(t, turn, next);
        }
    }

    if (rc == AG_OK && !t->put.comma) {
        return ag_neutral_invalid(t->n, t->error,
                                  t->n->list ? t->n->list : "messages", 0,
                                  "content that is not empty");
    }

    ag_put_close(&t->put, ']');

    return rc;
}


ag_str_t
ag_openai_tell_id(ag_openai_tell_t *t, ag_str_t id)
{
    ag_str_t  told;

    told = t->quirks->short_ids ? ag_tool_id_short(t->to->arena, id)
                                : ag_tool_id_capped(t->to->arena, id);

    if (told.data == NULL && id.len > 0) {
        t->put.rc = AG_NOMEM;
    }

    return told;
}


/*
 * What has to come first: all that the system says if the model takes it
 * nowhere else, and the schema if it is told in words and nobody else speaks
 * for the system at the beginning.
 */
static int
ag_openai_tell_head(ag_openai_tell_t *t)
{
    int               rc;
    const ag_turn_t  *turn;

    if (ag_facts_refuses(t->to->facts, SYSTEM_TURN)) {

        for (turn = t->n->turns; turn != NULL; turn = turn->next) {

            if (turn->role > AG_ROLE_DEVELOPER) {
                continue;
            }

            rc = ag_openai_tell_message(t, turn);

            if (rc != AG_OK) {
                return rc;
            }
        }

    } else if (t->n->turns != NULL
               && t->n->turns->role <= AG_ROLE_DEVELOPER
               && ag_openai_tell_speaks(t->n->turns))
    {
        return AG_OK;
    }

    if (t->schema_line) {
        ag_put_open(&t->put, NULL, '{');
        ag_put_word(&t->put, "role", "system");
        ag_put_text_open(&t->put, "content");
        ag_openai_tell_rule(t);
        ag_put_text_close(&t->put);
        ag_put_close(&t->put, '}');
    }

    return AG_OK;
}


/* The end of a run of the assistant's turns, or of others'. */
static const ag_turn_t *
ag_openai_tell_run(const ag_turn_t *turn, unsigned assistant)
{
    while (turn != NULL
           && (turn->role == AG_ROLE_ASSISTANT) == (assistant != 0))
    {
        turn = turn->next;
    }

    return turn;
}


static unsigned
ag_openai_tell_has_calls(const ag_turn_t *first, const ag_turn_t *end)
{
    const ag_part_t  *part;

    for ( /* void */ ; first != end; first = first->next) {
        for (part = first->parts; part != NULL; part = part->next) {
            if (part->kind == AG_PART_TOOL_CALL) {
                return 1;
            }
        }
    }

    return 0;
}


static int
ag_openai_tell_others(ag_openai_tell_t *t, const ag_turn_t *first,
    const ag_turn_t *end)
{
    int               rc;
    unsigned          head;
    const ag_turn_t  *turn;

    for (turn = first; turn != end; turn = turn->next) {
        ag_openai_tell_results(t, turn);
    }

    head = ag_facts_refuses(t->to->facts, SYSTEM_TURN) != 0;
    rc = AG_OK;

    for (turn = first; turn != end && rc == AG_OK; turn = turn->next) {
        if (!head || turn->role > AG_ROLE_DEVELOPER) {
            rc = ag_openai_tell_message(t, turn);
        }
    }

    return rc;
}


static void
ag_openai_tell_results(ag_openai_tell_t *t, const ag_turn_t *turn)
{
    const ag_part_t  *part;

    for (part = turn->parts; part != NULL; part = part->next) {
        if (part->kind == AG_PART_TOOL_RESULT) {
            ag_openai_tell_result(t, part);
        }
    }
}


static void
ag_openai_tell_result(ag_openai_tell_t *t, const ag_part_t *result)
{
    unsigned          texts, others;
    const ag_part_t  *part;

    static const ag_str_t  failed = ag_string("Error: ");
    static const ag_str_t  gap = ag_string("\n");
    static const ag_str_t  below = ag_string("The result follows in the next "
                                             "message of the user.");

    ag_put_open(&t->put, NULL, '{');
    ag_put_word(&t->put, "role", "tool");
    ag_put_text(&t->put, "tool_call_id", ag_openai_tell_id(t, result->id));
    ag_put_text_open(&t->put, "content");

    if (result->error) {
        ag_put_text_add(&t->put, failed);
    }

    texts = 0;
    others = 0;

    for (part = result->parts; part != NULL; part = part->next) {

        if (part->kind == AG_PART_FOREIGN) {
            ag_outbound_drop(t->to, t->n->list);

        } else if (!ag_openai_tell_is_text(part)) {
            others++;

        } else if (part->text.len > 0) {

            if (texts++ > 0) {
                ag_put_text_add(&t->put, gap);
            }

            ag_put_text_add(&t->put, part->text);
        }
    }

    if (texts == 0 && others > 0) {
        ag_put_text_add(&t->put, below);
    }

    ag_put_text_close(&t->put);
    ag_put_close(&t->put, '}');
}


/* One of the user or of the system. */
static int
ag_openai_tell_message(ag_openai_tell_t *t, const ag_turn_t *turn)
{
    int          rc;
    const char  *role;

    if (!ag_openai_tell_speaks(turn)) {
        return AG_OK;
    }

    role = (turn->role == AG_ROLE_USER) ? "user"
           : (turn->role == AG_ROLE_DEVELOPER && t->quirks->developer)
           ? "developer" : "system";

    ag_put_open(&t->put, NULL, '{');
    ag_put_word(&t->put, "role", role);

    if (turn->name.len > 0 && t->own) {
        ag_put_text(&t->put, "name", turn->name);
    }

    if (t->schema_line && turn->role <= AG_ROLE_DEVELOPER) {
        ag_put_text_open(&t->put, "content");
        ag_openai_tell_join(t, turn);
        ag_openai_tell_rule(t);
        ag_put_text_close(&t->put);
        rc = AG_OK;

    } else {
        rc = ag_openai_tell_content(t, turn);
    }

    ag_put_close(&t->put, '}');

    return rc;
}


/* Servers without schemas have JSON at least, if they are told in words. */
static void
ag_openai_tell_rule(ag_openai_tell_t *t)
{
    int  rc;

    static const ag_str_t  words =
        ag_string("Answer with one JSON object that is valid against this "
                  "JSON Schema, and with nothing else: ");

    t->schema_line = 0;
    t->written.len = 0;
    rc = ag_json_add(&t->written, t->n->schema);

    if (rc != AG_OK) {
        t->put.rc = rc;
        return;
    }

    ag_put_text_add(&t->put, words);
    ag_put_text_add(&t->put, ag_buf_str(&t->written));
}
