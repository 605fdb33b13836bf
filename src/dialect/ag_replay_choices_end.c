/*
 * Copyright (C) ngx_agent authors
 *
 * How complete a chat or a completion is.
 */


#include "dialect/ag_replay_parts.h"


static ag_replay_end_t ag_replay_choices_end_of(const ag_str_t *choice);


/* Why a choice may end, but for a filter's reason. */
static const char *const  ag_replay_choices_ends[] = {
    "stop", "tool_calls", "function_call", "eos", "stop_sequence", "length",
    "max_tokens", NULL
};


/* The worst of all choices: what is not known may be half an answer. */
ag_replay_end_t
ag_replay_choices_end(ag_str_t whole)
{
    ag_str_t          values[2], choice[3];
    ag_replay_end_t   end, one;

    static const char *const  names[] = { "choices", "error", NULL };
    static const char *const  said[] = {
        "finish_reason", "error", "message", NULL
    };

    if (ag_replay_look(whole, names, values) != AG_OK
        || ag_replay_look_is(values[1])
        || ag_replay_look_next(&values[0], said, choice) != AG_OK)
    {
        return AG_REPLAY_OTHER;
    }

    end = AG_REPLAY_COMPLETE;

    do {
        one = ag_replay_choices_end_of(choice);
        end = (one > end) ? one : end;

    } while (ag_replay_look_next(&values[0], said, choice) == AG_OK);

    return end;
}


/* Its finish_reason, error and message. */
static ag_replay_end_t
ag_replay_choices_end_of(const ag_str_t *choice)
{
    ag_str_t   refusal, reason;
    ag_char_t  room[AG_REPLAY_LOOK_MAX];

    static const char *const  names[] = { "refusal", NULL };

    reason = ag_replay_look_text(choice[0], room);

    if (ag_replay_look_is(choice[1])) {
        return AG_REPLAY_OTHER;
    }

    if (ag_str_is(reason, "content_filter")) {
        return AG_REPLAY_REFUSED;
    }

    if (!ag_replay_merge_named(ag_replay_choices_ends, reason)) {
        return AG_REPLAY_OTHER;
    }

    (void) ag_replay_look(choice[2], names, &refusal);

    /* a string, and not the empty one */

    if (refusal.len > 2 && *refusal.data == '"') {
        return AG_REPLAY_REFUSED;
    }

    return (ag_str_is(reason, "length") || ag_str_is(reason, "max_tokens"))
           ? AG_REPLAY_TRUNCATED : AG_REPLAY_COMPLETE;
}
