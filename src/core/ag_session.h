/*
 * Copyright (C) ngx_agent authors
 *
 * Guards of an agent's session: how many calls, how deep, the same request
 * again and again, for how long, for how much.  Agents that lost their way
 * are stopped by whoever pays for them.
 */


#ifndef _AG_SESSION_H_INCLUDED_
#define _AG_SESSION_H_INCLUDED_


#include "core/ag_limit.h"


#define AG_SESSION_ID_MAX     128       /* bytes of x-agent-session */
#define AG_SESSION_DEPTH_MAX  1000      /* of x-agent-depth */


/* What the configuration says; 0: no such guard. */
typedef struct {
    uint64_t  calls;
    uint64_t  depth;            /* the deepest x-agent-depth; top is 0 */
    uint64_t  repeats;          /* times that the same request may come in a
                                   row */
    uint64_t  lifetime;         /* us from the first call on */
    uint64_t  cost;             /* nano-USD */
} ag_session_guard_t;


/* What is remembered; zeroed memory is a session that has not begun. */
typedef struct {
    uint64_t  started;          /* us */
    uint64_t  used;             /* us; last call */
    uint64_t  calls;            /* that were admitted */
    uint64_t  fingerprint;      /* of the last request */
    uint64_t  repeats;          /* of it in a row */
    uint64_t  spent;            /* nano-USD, reserved ones too */
    uint64_t  stopped;          /* by an operator */
} ag_session_t;


typedef enum {
    AG_SESSION_GOES_ON = 0,
    AG_SESSION_STOPPED,
    AG_SESSION_EXPIRED,
    AG_SESSION_DEPTH,
    AG_SESSION_CALLS,
    AG_SESSION_LOOP,
    AG_SESSION_COST
} ag_session_verdict_t;


/* One more call of the session. */
typedef struct {
    uint64_t  depth;
    uint64_t  fingerprint;      /* 0: not asked for */
    uint64_t  cost;             /* nano-USD, estimated: reserved */
} ag_session_call_t;


/*
 * May it go on?  Changes nothing.  In the order of the enum; a session that
 * has spent all of its cost is refused, as is a call that would pass it.
 */
ag_session_verdict_t ag_session_check(const ag_session_t *session,
    const ag_session_guard_t *guard, const ag_session_call_t *call,
    uint64_t now_us);

/* It does: counts the call and reserves its cost. */
void ag_session_take(ag_session_t *session, const ag_session_call_t *call,
    uint64_t now_us);

/* It was taken, and refused for another reason: as if it had not come, but
 * for its fingerprint. */
void ag_session_undo(ag_session_t *session, const ag_session_call_t *call);

/* The fingerprint of a refused call counts as well: a loop goes on when the
 * agent tries again. */
void ag_session_refused(ag_session_t *session, const ag_session_call_t *call,
    uint64_t now_us);

/* What was reserved becomes what it cost. */
void ag_session_settle(ag_session_t *session, uint64_t reserved,
    uint64_t cost);

/* "x-agent-session": 1 to AG_SESSION_ID_MAX visible ASCII characters, no
 * slash, question mark, '#', '%', quote or backslash (it is a part of a path
 * and of logs). */
int ag_session_id_valid(ag_str_t id);

/* "x-agent-depth": a decimal number up to AG_SESSION_DEPTH_MAX.  AG_OK or
 * AG_INVALID. */
int ag_session_depth_read(ag_str_t text, uint64_t *depth);


#endif /* _AG_SESSION_H_INCLUDED_ */
