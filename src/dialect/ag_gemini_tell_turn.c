/*
 * Copyright (C) ngx_agent authors
 *
 * A conversation as Gemini wants it: what the system says apart, and the rest
 * in contents of "user" and "model" that take turns.  A content is opened by
 * its first part, so one without parts, which is refused, cannot be.
 */


#include "dialect/ag_gemini_parts.h"


static void ag_gemini_tell_system(ag_gemini_tell_t *t);
static unsigned ag_gemini_tell_system_parts(ag_gemini_tell_t *t);
static unsigned ag_gemini_tell_has_others(const ag_neutral_t *n);
static int ag_gemini_tell_runs(ag_gemini_tell_t *t);
static const ag_turn_t *ag_gemini_tell_run(const ag_turn_t *turn,
    unsigned *model);
static int ag_gemini_tell_model_run(ag_gemini_tell_t *t,
    const ag_turn_t *turn, const ag_turn_t *end);
static int ag_gemini_tell_user_run(ag_gemini_tell_t *t,
    const ag_turn_t *turn, const ag_turn_t *end);
static void ag_gemini_tell_blank(ag_gemini_tell_t *t);
static void ag_gemini_tell_close(ag_gemini_tell_t *t);


int
ag_gemini_tell_turns(ag_gemini_tell_t *t)
{
    int       rc;
    unsigned  others;

    rc = AG_OK;
    others = ag_gemini_tell_has_others(t->n);

    if (others) {
        ag_gemini_tell_system(t);
    }

    ag_put_open(&t->put, "contents", '[');

    if (others) {
        rc = ag_gemini_tell_runs(t);

    } else {

        /* nothing but a system's words: the user says them */

        ag_gemini_tell_content(t, "user");

        if (!ag_gemini_tell_system_parts(t)) {
            ag_gemini_tell_blank(t);
        }
    }

    if (t->contents == 0) {
        ag_gemini_tell_content(t, "user");
        ag_gemini_tell_blank(t);
    }

    ag_gemini_tell_close(t);
    ag_put_close(&t->put, ']');

    return rc;
}


void
ag_gemini_tell_content(ag_gemini_tell_t *t, const char *role)
{
    if (t->role != NULL && strcmp(t->role, role) == 0) {
        return;
    }

    /* a conversation that begins with the model is refused by some */

    if (t->contents == 0 && strcmp(role, "model") == 0) {
        ag_gemini_tell_content(t, "user");
        ag_gemini_tell_blank(t);
    }

    ag_gemini_tell_close(t);

    ag_put_open(&t->put, NULL, '{');
    ag_put_word(&t->put, "role", role);
    ag_put_open(&t->put, "parts", '[');

    t->role = role;
    t->contents++;
}


/* Later turns, too: there is no other place for them. */
static void
ag_gemini_tell_system(ag_gemini_tell_t *t)
{
    size_t    len;
    ag_put_t  before;

    before = t->put;
    len = t->put.out->len;

    ag_put_open(&t->put, "systemInstruction", '{');
    ag_put_open(&t->put, "parts", '[');

    if (!ag_gemini_tell_system_parts(t)) {
        ag_gemini_tell_undo(t, before, len);
        return;
    }

    ag_put_close(&t->put, ']');
    ag_put_close(&t->put, '}');
}


/* Returns 0 if there was no text. */
static unsigned
ag_gemini_tell_system_parts(ag_gemini_tell_t *t)
{
    unsigned          found;
    const ag_part_t  *part;
    const ag_turn_t  *turn;

    found = 0;

    for (turn = t->n->turns; turn != NULL; turn = turn->next) {

        if (!ag_gemini_is_system(turn)) {
            continue;
        }

        for (part = turn->parts; part != NULL; part = part->next) {

            if (part->text.len == 0) {
                continue;
            }

            ag_put_open(&t->put, NULL, '{');
            ag_put_text(&t->put, "text", part->text);
            ag_put_close(&t->put, '}');

            found = 1;
        }
    }

    return found;
}


static unsigned
ag_gemini_tell_has_others(const ag_neutral_t *n)
{
    const ag_turn_t  *turn;

    for (turn = n->turns; turn != NULL; turn = turn->next) {
        if (!ag_gemini_is_system(turn)) {
            return 1;
        }
    }

    return 0;
}


static int
ag_gemini_tell_runs(ag_gemini_tell_t *t)
{
    int               rc;
    unsigned          model;
    const ag_turn_t  *turn, *end, *caller;

    rc = AG_OK;
    caller = NULL;

    for (turn = t->n->turns; turn != NULL && rc == AG_OK; turn = end) {
        end = ag_gemini_tell_run(turn, &model);

        if (model) {
            rc = ag_gemini_tell_model_run(t, turn, end);
            caller = turn;
            continue;
        }

        rc = ag_gemini_tell_results(t, caller, turn, end);
        caller = NULL;

        if (rc == AG_OK) {
            rc = ag_gemini_tell_user_run(t, turn, end);
        }
    }

    if (rc == AG_OK && caller != NULL) {
        rc = ag_gemini_tell_results(t, caller, NULL, NULL);
    }

    return rc;
}


/* The turn behind all turns of one side that begin here; the system's are of
 * no side. */
static const ag_turn_t *
ag_gemini_tell_run(const ag_turn_t *turn, unsigned *model)
{
    unsigned  own, known;

    known = 0;
    *model = 0;

    for ( /* void */ ; turn != NULL; turn = turn->next) {

        if (ag_gemini_is_system(turn)) {
            continue;
        }

        own = (turn->role == AG_ROLE_ASSISTANT);

        if (known && own != *model) {
            break;
        }

        *model = own;
        known = 1;
    }

    return turn;
}


static int
ag_gemini_tell_model_run(ag_gemini_tell_t *t, const ag_turn_t *turn,
    const ag_turn_t *end)
{
    int               rc;
    const ag_part_t  *part;

    t->calls = 0;

    for ( /* void */ ; turn != end; turn = turn->next) {

        if (ag_gemini_is_system(turn)) {
            continue;
        }

        for (part = turn->parts; part != NULL; part = part->next) {
            rc = ag_gemini_tell_part(t, turn, part);

            if (rc != AG_OK) {
                return rc;
            }
        }
    }

    return AG_OK;
}


static int
ag_gemini_tell_user_run(ag_gemini_tell_t *t, const ag_turn_t *turn,
    const ag_turn_t *end)
{
    int               rc;
    const ag_part_t  *part;

    for ( /* void */ ; turn != end; turn = turn->next) {

        if (ag_gemini_is_system(turn)) {
            continue;
        }

        for (part = turn->parts; part != NULL; part = part->next) {

            if (part->kind == AG_PART_TOOL_RESULT) {
                continue;
            }

            rc = ag_gemini_tell_part(t, turn, part);

            if (rc != AG_OK) {
                return rc;
            }
        }
    }

    return AG_OK;
}


/* Something must be said, and an empty text is refused. */
static void
ag_gemini_tell_blank(ag_gemini_tell_t *t)
{
    ag_put_open(&t->put, NULL, '{');
    ag_put_word(&t->put, "text", " ");
    ag_put_close(&t->put, '}');
}


static void
ag_gemini_tell_close(ag_gemini_tell_t *t)
{
    if (t->role != NULL) {
        ag_put_close(&t->put, ']');
        ag_put_close(&t->put, '}');
        t->role = NULL;
    }
}
