/*
 * Copyright (C) ngx_agent authors
 *
 * The chain of attempts: which targets may be asked now, and after an attempt
 * what next: the same target in n ms, another key, another target, or give
 * up.  THE place where that is decided; everything else obeys.  Pure: time,
 * randomness and the targets' states are arguments.
 *
 * One budget of attempts and of time counts over retries, keys, fallbacks and
 * hedges, so failures never multiply.
 */


#ifndef _AG_CHAIN_H_INCLUDED_
#define _AG_CHAIN_H_INCLUDED_


#include "core/ag_base.h"
#include "core/ag_error.h"


#define AG_CHAIN_TARGETS_MAX  32        /* targets of one model: a bit set */
#define AG_CHAIN_PATIENCE_MS  2000      /* a longer wait that a provider asks
                                           for is not waited for */


/* Why a fallback may be asked; X(id, name in nginx.conf). */
#define AG_CAUSES(X)                                                          \
    X(ERROR, "error")                                                         \
    X(TIMEOUT, "timeout")                                                     \
    X(RATE_LIMIT, "rate_limit")                                               \
    X(CONTEXT_LENGTH, "context_length")                                       \
    X(CONTENT_POLICY, "content_policy")                                       \
    X(VALIDATION, "validation")


typedef enum {
#define AG_CAUSE_NUMBER(id, name)  AG_CAUSE_NUMBER_##id,
    AG_CAUSES(AG_CAUSE_NUMBER)
#undef AG_CAUSE_NUMBER
    AG_CAUSE_MAX
} ag_cause_number_t;


/* Bits of "on". */
#define AG_CAUSE_ERROR           (1u << AG_CAUSE_NUMBER_ERROR)
#define AG_CAUSE_TIMEOUT         (1u << AG_CAUSE_NUMBER_TIMEOUT)
#define AG_CAUSE_RATE_LIMIT      (1u << AG_CAUSE_NUMBER_RATE_LIMIT)
#define AG_CAUSE_CONTEXT_LENGTH  (1u << AG_CAUSE_NUMBER_CONTEXT_LENGTH)
#define AG_CAUSE_CONTENT_POLICY  (1u << AG_CAUSE_NUMBER_CONTENT_POLICY)
#define AG_CAUSE_VALIDATION      (1u << AG_CAUSE_NUMBER_VALIDATION)

/* A fallback without "on": all but a refusal by content policy. */
#define AG_CAUSES_DEFAULT                                                     \
    (((1u << AG_CAUSE_MAX) - 1) & ~AG_CAUSE_CONTENT_POLICY)


/* A target as configured. */
typedef struct {
    uint32_t  tier;             /* 0: first; never falls from one target to
                                   the next */
    uint32_t  on;               /* causes that lead to it; not read in tier
                                   0 */
    uint32_t  attempts;         /* at it, in one call; 1 or more */
    uint32_t  base_ms;          /* backoff before the second attempt */
    uint32_t  factor_percent;   /* of the next one: 200 doubles it */
    uint32_t  max_ms;
    uint64_t  window;           /* tokens of context; 0: unknown */
} ag_chain_target_t;


/* A model as configured. */
typedef struct {
    const ag_chain_target_t  *targets;
    uint32_t                  count;        /* 1 to AG_CHAIN_TARGETS_MAX */
    uint32_t                  attempts;     /* over all targets */
    uint64_t                  within_ms;    /* no attempt starts later; 0: no
                                               bound */
    unsigned                  again:1;      /* invalid output is asked for
                                               once more */
} ag_chain_conf_t;


/* A target at this moment, told by the caller. */
typedef enum {
    AG_TARGET_READY = 0,
    AG_TARGET_BUSY,             /* its provider has no free place */
    AG_TARGET_OPEN,             /* its breaker is open */
    AG_TARGET_RESTING,          /* until a Retry-After, or all keys rest */
    AG_TARGET_OUT               /* not for this call: down, disabled, no
                                   such endpoint, a tag is missing */
} ag_target_state_t;


/* One call; zeroed is a new one. */
typedef struct {
    uint32_t          attempts;     /* that were started */
    uint32_t          spent;        /* bit set: not to be asked again */
    uint32_t          tries[AG_CHAIN_TARGETS_MAX];
    uint32_t          tier;         /* of the moment */
    uint32_t          same;         /* a target that is asked again, its
                                       number + 1; 0: none */
    uint32_t          last;         /* target of the last attempt, + 1 */
    ag_error_class_t  error;        /* the last useful one; NONE: no failure
                                       yet */
    uint32_t          error_target; /* whose it is */
    uint64_t          wait_ms;      /* the smallest that a target asked for,
                                       + 1; 0: none did */
    unsigned          failed_tier:1;    /* "error" is of tier 0 */
    uint32_t          cause;        /* of the last failure; 0: none */
} ag_chain_t;


/* An attempt that failed. */
typedef struct {
    uint32_t          target;
    ag_error_class_t  class;
    uint64_t          wait_ms;      /* that the provider asks for, + 1; 0:
                                       it does not */
    uint64_t          elapsed_ms;   /* of the call */
    uint64_t          random;       /* 64 random bits */
    unsigned          another_key:1;    /* the provider has a key that does
                                           not rest, beside the one used */
    unsigned          another_replica:1;    /* the target is READY at another
                                               URL than the one used */
    unsigned          may_retry:1;  /* the tenant's retry budget allows it */
} ag_chain_failure_t;


typedef enum {
    AG_CHAIN_GIVE_UP = 0,       /* chain->error is the answer */
    AG_CHAIN_RETRY,             /* the same target, in wait_ms */
    AG_CHAIN_KEY,               /* the same target with another key or at
                                   another replica, now */
    AG_CHAIN_NEXT               /* ag_chain_route() says whom, if anybody */
} ag_chain_action_t;


typedef struct {
    ag_chain_action_t  action;
    uint64_t           wait_ms;
} ag_chain_step_t;


typedef enum {
    AG_ROUTE_NONE = 0,          /* nobody is left: chain->error, or no_target
                                   if there is none */
    AG_ROUTE_ASK,               /* any of "set" */
    AG_ROUTE_WAIT,              /* for a free place at any of "set"; who has
                                   waited in vain calls ag_chain_skip() */
    AG_ROUTE_FORCE              /* nobody was asked yet and all are out of
                                   order: any of "set" may be tried as one
                                   forced probe; if that is refused too,
                                   nobody is left */
} ag_chain_verdict_t;


typedef struct {
    ag_chain_verdict_t  verdict;
    uint32_t            set;        /* bit set of targets of one tier */
} ag_chain_route_t;


/* The cause that an error class is; 0: no fallback is for it. */
uint32_t ag_chain_cause(ag_error_class_t class);

/*
 * Whom to ask now.  "states" holds count of them; OUT is never in a set, nor
 * is a spent target.  A target that is asked again comes alone, if it is
 * READY; it is waited for if it is BUSY; else it is spent.  Else the first
 * tier, from the present one on, with a READY target: all its READY ones; if
 * it has only BUSY ones, WAIT for them.  Tiers above the present one are
 * asked only if their targets' "on" holds the cause; where nothing has failed
 * yet, what is out of order counts as AG_CAUSE_ERROR.  Within the tier of the
 * failure others are asked after every class whose row says next: yes, but
 * not after CONTEXT_LENGTH: they are presumed alike, unless their windows are
 * known; nobody is asked whose window is known to be no larger.
 *
 * FORCE only while nothing was attempted: the OPEN ones of the first tier
 * that has any.  Past the budget of attempts or of time: NONE.
 */
ag_chain_route_t ag_chain_route(ag_chain_t *chain,
    const ag_chain_conf_t *conf, const ag_target_state_t *states,
    uint64_t elapsed_ms);

/* An attempt at the target starts (a hedge too): it is counted. */
void ag_chain_start(ag_chain_t *chain, uint32_t target);

/* The attempt that was started last at the target was none: nobody was asked.
 * Its failure is told to ag_chain_fail() all the same. */
void ag_chain_unstart(ag_chain_t *chain, uint32_t target);

/* Not this target in this call: waited in vain, or taken away by others. */
void ag_chain_skip(ag_chain_t *chain, uint32_t target);

/*
 * An attempt has failed.  By the error table's columns retry and next:
 *
 * RETRY while the target has attempts left, the tenant may retry, the time
 * suffices, and the wait (the larger of the backoff and what the provider
 * asks for, never less) is at most AG_CHAIN_PATIENCE_MS where the provider
 * asked.  The backoff before try n is uniform in [0, min(max_ms, base_ms *
 * factor^(n-2))] ("full jitter", AWS Architecture Blog 2015).  KEY after 429
 * and refused credentials if there is another key; it needs no retry budget
 * after refused credentials.  Else NEXT, if the class allows it; else
 * GIVE_UP.
 *
 * Where the class allows the next target and the target is READY at another
 * replica, that one comes first (KEY): it is another server, so it needs no
 * retry budget and no backoff, but it is one of the target's attempts.  Not
 * after what every replica would answer: CONTEXT_LENGTH, CONTENT_POLICY,
 * NOT_FOUND, INVALID_OUTPUT, CREDENTIALS.
 *
 * chain->error becomes the last useful error: one that the client can mend
 * (INVALID_REQUEST, CONTEXT_LENGTH, CONTENT_POLICY) is never replaced, and
 * never taken from a fallback after an earlier failure (its dialect or its
 * window may be the reason); CREDENTIALS, NOT_FOUND and UNSUPPORTED_PARAMETER
 * never replace another.
 */
ag_chain_step_t ag_chain_fail(ag_chain_t *chain, const ag_chain_conf_t *conf,
    const ag_chain_failure_t *failure);

/*
 * May a second attempt start beside the running one ("running" is its
 * target)?  Returns the READY targets of the present tier and, if there are
 * none but "running", of the later tiers with AG_CAUSE_TIMEOUT; 0: no.
 */
uint32_t ag_chain_hedge(const ag_chain_t *chain, const ag_chain_conf_t *conf,
    const ag_target_state_t *states, uint32_t running, uint64_t elapsed_ms);

/*
 * May the second attempt be at another replica of the running target?  It is
 * one of the call's attempts, but no repetition: those of the target do not
 * bind it.
 */
unsigned ag_chain_hedge_replica(const ag_chain_t *chain,
    const ag_chain_conf_t *conf, uint32_t running, uint64_t elapsed_ms);


#endif /* _AG_CHAIN_H_INCLUDED_ */
