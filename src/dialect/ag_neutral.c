/*
 * Copyright (C) ngx_agent authors
 *
 * Making and asking of neutral requests: lists in their order, what is known
 * of tools, the words for effort and tier.
 */


#include "dialect/ag_neutral.h"


static const char *const  ag_neutral_efforts[] = {
#define AG_EFFORT_WORD(id, word)  word,
    AG_EFFORTS(AG_EFFORT_WORD)
#undef AG_EFFORT_WORD
};


/* A reader of answers asks for the words, a writer takes the first. */
static const struct {
    const char  *word;
    ag_tier_t    tier;
} ag_neutral_tiers[] = {
    { "auto", AG_TIER_AUTO },
    { "default", AG_TIER_DEFAULT },
    { "standard", AG_TIER_DEFAULT },
    { "standard_only", AG_TIER_DEFAULT },
    { "priority", AG_TIER_PRIORITY },
    { "flex", AG_TIER_FLEX },
    { "batch", AG_TIER_BATCH },
};

#define AG_NEUTRAL_TIERS                                                      \
    (sizeof(ag_neutral_tiers) / sizeof(ag_neutral_tiers[0]))


/*
 * Lists are made in the order in which the client wrote them: whoever appends
 * holds on to where the next one goes.
 */
ag_turn_t *
ag_neutral_turn(ag_neutral_t *n, ag_turn_t ***last, ag_role_t role,
    uint32_t index)
{
    ag_turn_t  *turn;

    turn = ag_arena_alloc(n->arena, sizeof(ag_turn_t));

    if (turn == NULL) {
        return NULL;
    }

    turn->role = role;
    turn->index = index;

    **last = turn;
    *last = &turn->next;

    return turn;
}


ag_part_t *
ag_neutral_part(ag_neutral_t *n, ag_part_t ***last, ag_part_kind_t kind)
{
    ag_part_t  *part;

    part = ag_arena_alloc(n->arena, sizeof(ag_part_t));

    if (part == NULL) {
        return NULL;
    }

    part->kind = kind;

    **last = part;
    *last = &part->next;

    return part;
}


ag_tool_t *
ag_neutral_tool(ag_neutral_t *n, ag_tool_t ***last, ag_tool_kind_t kind)
{
    ag_tool_t  *tool;

    tool = ag_arena_alloc(n->arena, sizeof(ag_tool_t));

    if (tool == NULL) {
        return NULL;
    }

    tool->kind = kind;
    tool->strict = -1;

    **last = tool;
    *last = &tool->next;

    return tool;
}


/* Lists are short, AG_ALLOWED_MAX: no order is worth the memory. */
unsigned
ag_neutral_allows(const ag_neutral_t *n, ag_str_t tool)
{
    uint32_t  i;

    if (n->allowed == NULL) {
        return 1;
    }

    for (i = 0; i < n->allowed_count; i++) {
        if (ag_str_equal(n->allowed[i], tool)) {
            return 1;
        }
    }

    return 0;
}


/* Some providers refuse such turns where no tools are declared. */
unsigned
ag_neutral_has_tools(const ag_neutral_t *n)
{
    const ag_part_t  *part;
    const ag_turn_t  *turn;

    for (turn = n->turns; turn != NULL; turn = turn->next) {

        for (part = turn->parts; part != NULL; part = part->next) {

            if (part->kind == AG_PART_TOOL_CALL
                || part->kind == AG_PART_TOOL_RESULT)
            {
                return 1;
            }
        }
    }

    return 0;
}


/* No word at all is not a word for UNSET: the caller knows whether it is
 * there. */
ag_effort_t
ag_effort_find(ag_str_t word)
{
    int  i;

    for (i = AG_EFFORT_UNSET + 1; i < AG_EFFORT_END; i++) {
        if (ag_str_is(word, ag_neutral_efforts[i])) {
            return (ag_effort_t) i;
        }
    }

    return AG_EFFORT_END;
}


const char *
ag_effort_word(ag_effort_t effort)
{
    return ((unsigned) effort < AG_EFFORT_END) ? ag_neutral_efforts[effort]
                                               : "";
}


ag_tier_t
ag_tier_find(ag_str_t word)
{
    size_t  i;

    if (word.len == 0) {
        return AG_TIER_UNSET;
    }

    for (i = 0; i < AG_NEUTRAL_TIERS; i++) {
        if (ag_str_is(word, ag_neutral_tiers[i].word)) {
            return ag_neutral_tiers[i].tier;
        }
    }

    return AG_TIER_OTHER;
}


/* A batch's price has no word there, and what is unknown has none at all. */
const char *
ag_tier_word(ag_tier_t tier)
{
    size_t  i;

    if (tier == AG_TIER_BATCH) {
        tier = AG_TIER_DEFAULT;
    }

    for (i = 0; i < AG_NEUTRAL_TIERS; i++) {
        if (ag_neutral_tiers[i].tier == tier) {
            return ag_neutral_tiers[i].word;
        }
    }

    return NULL;
}
